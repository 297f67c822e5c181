package control_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"net/http"
	"os"
	"regexp"
	"strings"
	"testing"

	"github.com/dockwright/dockwright/hosttest"
	"github.com/dockwright/dockwright/internal/store/storetest"
)

const annsToken = "whole-test-token-of-ann"

// told are lists and objects by which an app sees all that a file can say of
// records.
var told = []string{
	"/api/v2/persons?limit=500&include_fields=followers_count,files_count,notes_count,activities_count", "/api/v2/organizations?limit=500&include_fields=followers_count",
	"/api/v2/deals?limit=500&include_fields=followers_count,participants_count,first_won_time", "/api/v2/deals/archived?limit=500", "/api/v2/deals?filter_id=0&status=won",
	"/api/v2/pipelines", "/api/v2/stages", "/api/v2/activities?limit=500&include_fields=attendees", "/v1/activityTypes",
	"/v1/persons", "/v1/organizations", "/v1/deals", "/v1/leads", "/v1/leads/archived", "/v1/leadLabels", "/v1/notes", "/v1/files", "/v1/callLogs", "/v1/users",
	"/v1/notes/1/comments", "/v1/deals/1/participants", "/api/v2/persons/1/followers", "/api/v2/organizations/1/followers", "/v1/files/1/download",
	"/v1/webhooks",
	"/api/v2/personFields?limit=500", "/api/v2/organizationFields?limit=500", "/api/v2/dealFields?limit=500",
}

// made are times of making that a file does not say: of definitions and users.
var made = regexp.MustCompile(`"(created|modified|last_login|add_time|update_time|icon_url)":("[^"]*"|null)`)

// addresses of pictures cannot be guessed, so they differ.
var addresses = regexp.MustCompile(`profile-pictures/[0-9]+-[0-9a-f]{40}/`)

// seen is what an app is told, without what differs between two companies that a
// file made: the company's id, and the times of what has none in a file.
func seen(t testing.TB, h *hosttest.Host, company int64) map[string]string {
	t.Helper()
	out := map[string]string{}
	for _, path := range told {
		r, err := http.NewRequestWithContext(t.Context(), http.MethodGet, h.URL+path, nil)
		if err != nil {
			t.Fatal(err)
		}
		r.Header.Set("x-api-token", annsToken)
		answer, err := http.DefaultTransport.RoundTrip(r)
		if err != nil {
			t.Fatal(err)
		}
		var b bytes.Buffer
		_, err = b.ReadFrom(answer.Body)
		answer.Body.Close()
		if err != nil || answer.StatusCode >= 500 && answer.StatusCode != http.StatusNotImplemented {
			t.Fatalf("GET %s: %d %s (%v)", path, answer.StatusCode, b.Bytes(), err)
		}
		text := fmt.Sprint(answer.StatusCode, " ", b.String())
		text = addresses.ReplaceAllString(text, "profile-pictures/key/")
		text = strings.ReplaceAll(text, fmt.Sprintf(`"company_id":%d`, company), `"company_id":0`)
		for _, defined := range []string{"Fields", "pipelines", "stages", "Types", "Labels", "users", "followers", "participants"} {
			if strings.Contains(path, defined) {
				text = made.ReplaceAllString(text, "")
			}
		}
		out[path] = text
	}
	return out
}

// Whatever an app could read of a company it reads again after an export, a reset
// and an import: a field that the file forgets is noticed here.
// spec: control.export, control.import
func TestEverythingComesBack(t *testing.T) {
	t.Parallel()
	everythingComesBack(t, hosttest.New(t))
}

func everythingComesBack(t *testing.T, h *hosttest.Host) {
	raw, err := os.ReadFile("testdata/whole.yaml")
	if err != nil {
		t.Fatal(err)
	}
	var first seeded
	ask(t, h, "POST", "/_dockwright/seed", raw, &first)
	before := seen(t, h, first.Companies[0].ID)
	_, file := ask(t, h, "GET", "/_dockwright/export?company=whole&secrets=1", nil, nil)
	ask(t, h, "POST", "/_dockwright/reset", []byte(`{"company":"whole"}`), nil)
	again := strings.Replace(file, "email: ann@whole.example\n", "email: ann@whole.example\n        api_token: "+annsToken+"\n", 1)
	var second seeded
	if status, body := ask(t, h, "POST", "/_dockwright/import", []byte(again), &second); status != http.StatusOK {
		t.Fatalf("import: %d %s\n%s", status, body, again)
	}
	after := seen(t, h, second.Companies[0].ID)
	for path, want := range before {
		if got := after[path]; got != want {
			t.Errorf("GET %s before:\n%s\nand after:\n%s", path, want, got)
		}
		if !strings.HasPrefix(want, "200 ") {
			t.Errorf("GET %s: %s", path, want)
		}
	}
	if _, third := ask(t, h, "GET", "/_dockwright/export?company=whole&secrets=1", nil, nil); third != file {
		t.Errorf("exported again:\n%s\nwant\n%s", third, file)
	}
}

// The answers really hold what the file said.
// spec: control.seed
func TestTheWholeFileIsSeen(t *testing.T) {
	t.Parallel()
	h := hosttest.New(t)
	raw, err := os.ReadFile("testdata/whole.yaml")
	if err != nil {
		t.Fatal(err)
	}
	var made seeded
	ask(t, h, "POST", "/_dockwright/seed", raw, &made)
	answers := seen(t, h, made.Companies[0].ID)
	for path, wants := range map[string][]string{
		"/v1/notes":                {`"pinned_to_deal_flag":true`, "Likes brass."},
		"/v1/notes/1/comments":     {"And the bar?", "The bar too"},
		"/v1/files":                {"plan_1.PDF", "The floor plan", "googledrive"},
		"/v1/files/1/download":     {"%PDF-1.7"},
		"/v1/leads":                {`"channel_id":"chat"`, `"source_name":"Web"`},
		"/v1/activityTypes":        {`"fitting"`, "Long lunch"},
		"/v1/deals/1/participants": {"Olav Berg", "Mia Tamm"},
		"/api/v2/activities?limit=500&include_fields=attendees": {"guest@aurora.example", "meet.example", "01:15:00", `"locality":"Tallinn"`},
		"/v1/persons":  {`"item_type":"person"`, "profile-pictures/"},
		"/v1/callLogs": {"left_voicemail", `"has_recording":true`},
		"/api/v2/deals?limit=500&include_fields=followers_count,participants_count,first_won_time": {`"probability":0`, `"origin_id":"77"`, "2026-01-20T10:00:00Z", "Lamps for the lobby"},
	} {
		for _, want := range wants {
			if !strings.Contains(answers[path], want) {
				t.Errorf("GET %s does not have %q: %s", path, want, answers[path])
			}
		}
	}
}

// What is wrong in the lists of doings is refused with its line.
// spec: control.seed.strict
func TestSeedRefusesWrongDoings(t *testing.T) {
	t.Parallel()
	h := hosttest.New(t)
	for says, entry := range map[string]string{
		"no key":               `"activities":[{"subject":"x","wen":"now"}]`,
		"ref":                  `"activities":[{"subject":"x","deal":"none"}]`,
		"key_string":           `"activities":[{"subject":"x","type":"swim"}]`,
		"instant":              `"activities":[{"subject":"x","updated":"soon"}]`,
		"base64":               `"files":[{"name":"a","content":"%%"}]`,
		"no content":           `"files":[{"name":"a","content":"YQ==","remote_location":"googledrive"}]`,
		"outcome":              `"calls":[{"outcome":"shrug","to":"1","started":"2026-01-01T00:00:00Z","ended":"2026-01-01T00:00:00Z"}]`,
		"32 hex digits":        `"calls":[{"id":"1","outcome":"busy","to":"1","started":"2026-01-01T00:00:00Z","ended":"2026-01-01T00:00:00Z"}]`,
		"media type":           `"calls":[{"outcome":"busy","to":"1","started":"2026-01-01T00:00:00Z","ended":"2026-01-01T00:00:00Z","recording":{"content":"YQ=="}}]`,
		"organization or deal": `"labels":[{"of":"lead","name":"x"}]`,
		"no label":             `"persons":[{"name":"Mia","labels":["none"]}]`,
		"person, organization": `"persons":[{"ref":"m","name":"Mia"}],"notes":[{"content":"x","person":"m","pinned":["desk"]}]`,
		"GIF, JPG or PNG":      `"persons":[{"name":"Mia","picture":"YQ=="}]`,
		"users with the ref":   `"persons":[{"name":"Mia","followers":["nobody"]}]`,
		"Expected the key":     `"activity_types":[{"name":"x"}]`,
	} {
		body := `{"companies":[{"domain":"acme","name":"Acme","users":[{"name":"Ann","email":"ann@acme.example","admin":true}],` + "\n" + entry + `}]}`
		status, told := ask(t, h, "POST", "/_dockwright/seed", []byte(body), nil)
		var e struct{ Error string }
		if err := json.Unmarshal([]byte(told), &e); err != nil || status != http.StatusBadRequest || !strings.Contains(e.Error, says) || !strings.Contains(e.Error, "Line 2") {
			t.Errorf("%s: %d %s", entry, status, told)
		}
	}
}

// spec: control.export, control.import
func TestEverythingComesBackOnPostgres(t *testing.T) {
	t.Parallel()
	everythingComesBack(t, hosttest.New(t, hosttest.Postgres(storetest.PostgresURL(t))))
}
