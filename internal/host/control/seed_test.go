package control_test

import (
	"encoding/json"
	"net/http"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/dockwright/dockwright/hosttest"
)

func acme(t *testing.T) []byte {
	t.Helper()
	raw, err := os.ReadFile("testdata/acme.yaml")
	if err != nil {
		t.Fatal(err)
	}
	return raw
}

// seeded is what the desk tells after seeding.
type seeded struct {
	Companies []struct {
		ID    int64
		Users []struct {
			Ref      string
			ID       int64
			APIToken string `json:"api_token"`
		}
		Apps []struct {
			ClientID     string `json:"client_id"`
			ClientSecret string `json:"client_secret"`
			Installed    []struct {
				UserID       int64  `json:"user_id"`
				AccessToken  string `json:"access_token"`
				RefreshToken string `json:"refresh_token"`
			}
		}
		Refs map[string]map[string]any
	}
}

// spec: control.seed
func TestSeedMakesWhatTheFileSays(t *testing.T) {
	t.Parallel()
	h := hosttest.New(t)
	var told seeded
	ask(t, h, "POST", "/_dockwright/seed", acme(t), &told)
	c := told.Companies[0]
	if len(c.Users) != 2 || len(c.Apps) != 1 || len(c.Apps[0].Installed) != 2 || c.Refs["deals"]["lobby"] != 1.0 {
		t.Fatalf("told %+v", told)
	}
	if got := me(t, h, "acme-test-token-of-ann"); got.Email != "ann@acme.example" || got.CompanyDomain != "acme" {
		t.Errorf("the chosen token stands for %+v", got)
	}
	for i, in := range c.Apps[0].Installed {
		if got := me(t, h, in.AccessToken); got.ID != in.UserID || got.ID != c.Users[i].ID {
			t.Errorf("the app's token stands for user %d, want %d", got.ID, in.UserID)
		}
	}
	// As a company that is there the file is refused, and nothing of it is done.
	if status, body := ask(t, h, "POST", "/_dockwright/seed", acme(t), nil); status != http.StatusBadRequest || !strings.Contains(body, "existing: true") {
		t.Errorf("a second time: %d %s", status, body)
	}
}

type person struct {
	ID            int64
	Email         string
	CompanyDomain string `json:"company_domain"`
}

func me(t *testing.T, h *hosttest.Host, token string) person {
	t.Helper()
	status, _, body := h.Do("GET", "/v1/users/me", token, nil)
	var got struct{ Data person }
	if err := json.Unmarshal(body, &got); err != nil || status != http.StatusOK {
		t.Fatalf("GET /v1/users/me: %d %s (%v)", status, body, err)
	}
	return got.Data
}

// spec: control.seed
func TestSeedAddsToACompany(t *testing.T) {
	t.Parallel()
	h := hosttest.New(t)
	ask(t, h, "POST", "/_dockwright/seed", acme(t), nil)
	more := `{"companies":[{"domain":"acme","existing":true,"users":[{"ref":"bob","name":"Bob","email":"BOB@acme.example"},
		{"ref":"eve","name":"Eve","email":"eve@acme.example"}],
		"pipelines":[{"name":"Sales","stages":[{"ref":"o","name":"Offer sent"}]}],
		"deals":[{"ref":"more","title":"More lamps","stage":"o","owner":"bob"}]}]}`
	var told seeded
	ask(t, h, "POST", "/_dockwright/seed", []byte(more), &told)
	c := told.Companies[0]
	if c.Refs["deals"]["more"] != 3.0 || c.Refs["stages"]["o"] != 2.0 || c.Users[0].ID != 2 || c.Users[0].APIToken != "" || c.Users[1].ID != 3 || c.Users[1].APIToken == "" {
		t.Errorf("told %+v", c)
	}
	for _, bad := range []string{
		`{"companies":[{"domain":"nobody","existing":true}]}`,
		`{"companies":[{"domain":"acme","existing":true,"name":"Acme"}]}`,
		`{"companies":[{"domain":"acme","existing":true,"pipelines":[{"name":"Sales","stages":[{"name":"Elsewhere"}]}]}]}`,
	} {
		if status, body := ask(t, h, "POST", "/_dockwright/seed", []byte(bad), nil); status != http.StatusBadRequest {
			t.Errorf("%s: %d %s", bad, status, body)
		}
	}
}

// Whatever is wrong is refused with its line, and nothing of the file is done.
// spec: control.seed, control.seed.strict
func TestSeedRefusesWithTheLine(t *testing.T) {
	t.Parallel()
	h := hosttest.New(t)
	const head = "companies:\n  - domain: acme\n    name: Acme\n    users:\n      - {ref: ann, name: Ann, email: ann@acme.example, admin: true}\n"
	for _, c := range []struct{ name, text, line, says string }{
		{"an unknown key", head + "    colour: red\n", "Line 6", `no key \"colour\"`},
		{"an unknown key below", head + "    persons:\n      - name: Mia\n        age: 3\n", "Line 8", `no key \"age\"`},
		{"a key twice", head + "    name: Other\n", "Line 6", "comes twice"},
		{"a list as text", head + "    persons: Mia\n", "Line 6", "Expected a list"},
		{"text as a list", head + "    persons:\n      - name: [Mia]\n", "Line 7", "single value"},
		{"a number as text", head + "    persons:\n      - name: Mia\n        phones: [372555]\n", "Line 8", "in quotes"},
		{"nothing as text", head + "    persons:\n      - name:\n", "Line 7", "got nothing"},
		{"text as yes", head + "    leads:\n      - {title: A, seen: maybe}\n", "Line 7", "true or false"},
		{"text as a number", head + "    pipelines:\n      - name: Sales\n        stages: [{name: New, probability: high}]\n", "Line 8", "whole number"},
		{"a value of no field", head + "    persons:\n      - {name: Mia, custom: {size: L}}\n", "Line 7", "no field of persons"},
		{"a field of another list", head + "    fields: [{ref: a, of: deal, name: A, type: text}]\n    persons:\n      - {name: Mia, custom: {a: x}}\n", "Line 8", "no field of persons"},
		{"an unknown option", head + "    fields: [{ref: a, of: person, name: A, type: enum, options: [S]}]\n    persons:\n      - {name: Mia, custom: {a: L}}\n", "Line 8", "Expected one of S"},
		{"a wrong value", head + "    fields: [{ref: a, of: person, name: A, type: date}]\n    persons:\n      - {name: Mia, custom: {a: soon}}\n", "Line 8", "soon"},
		{"a wrong type", head + "    fields: [{ref: a, of: person, name: A, type: colour}]\n", "Line 6", "colour"},
		{"a wrong key", head + "    fields: [{ref: a, of: person, name: A, type: text, key: abc}]\n", "Line 6", "40 hex"},
		{"a wrong status", head + "    persons:\n      - {name: Mia, emails: [a@b.example], marketing_status: maybe}\n", "Line 7", "maybe"},
		{"an unknown ref", head + "    persons:\n      - {name: Mia, organization: hotel}\n", "Line 7", "none of the organizations"},
		{"a ref twice", head + "    persons:\n      - {ref: a, name: Mia}\n      - {ref: a, name: Leo}\n", "Line 8", "own"},
		{"a wrong ref", head + "    persons:\n      - {ref: a b, name: Mia}\n", "Line 7", "dashes"},
		{"an unknown owner", head + "    persons:\n      - {name: Mia, owner: bob}\n", "Line 7", "none of the users"},
		{"no name", head + "    persons:\n      - {job_title: Buyer}\n", "Line 7", "1 to 255"},
		{"a wrong day", head + "    pipelines: [{name: S, stages: [{ref: n, name: N}]}]\n    deals:\n      - {title: A, stage: n, expected_close_date: soon}\n", "Line 8", "a day"},
		{"a wrong instant", head + "    persons:\n      - {name: Mia, added: yesterday}\n", "Line 7", "an instant"},
		{"a wrong amount", head + "    pipelines: [{name: S, stages: [{ref: n, name: N}]}]\n    deals:\n      - {title: A, stage: n, value: much}\n", "Line 8", "amount"},
		{"a deal without a stage", head + "    deals:\n      - {title: A}\n", "Line 7", "stage"},
		{"a wrong UUID", head + "    lead_labels:\n      - {id: 7, name: A}\n", "Line 7", "quotes"},
		{"a wrong UUID as text", head + "    lead_labels:\n      - {id: x7, name: A}\n", "Line 7", "UUID"},
		{"a note on nothing", head + "    notes:\n      - {content: A}\n", "Line 7", "the note is on"},
		{"an unknown scope", head + "    apps:\n      - {name: A, scopes: [everything]}\n", "Line 7", "no scope"},
		{"a short secret", head + "    apps:\n      - {name: A, client_secret: short}\n", "Line 7", "20 to 200"},
		{"a wrong client id", head + "    apps:\n      - {name: A, client_id: app}\n", "Line 7", "hex digits"},
		{"a manifest without its scope", head + "    apps:\n      - {name: A, manifest: {version: v202101}}\n", "Line 7", "needs the scope"},
		{"an installation by nobody", head + "    apps:\n      - name: A\n        installed:\n          - {user: bob}\n", "Line 9", "none of the users"},
		{"sharing that is not asked for", head + "    apps:\n      - name: A\n        installed:\n          - {user: ann, shared: true}\n", "Line 9", "sharing: true"},
		{"a channel of no app", head + "    channels:\n      - {name: A, app: x, user: ann, provider_channel_id: c}\n", "Line 7", "none of the apps"},
		{"a short token", "companies:\n  - domain: acme\n    name: Acme\n    users:\n      - {name: Ann, email: a@b.example, admin: true, api_token: x}\n", "Line 5", "16 to 200"},
		{"no admin", "companies:\n  - domain: acme\n    name: Acme\n    users:\n      - {name: Ann, email: a@b.example}\n", "Line 2", "an admin"},
		{"a wrong email", "companies:\n  - domain: acme\n    name: Acme\n    users:\n      - {name: Ann, email: ann, admin: true}\n", "Line 5", "an address"},
		{"no users", "companies:\n  - domain: acme\n    name: Acme\n", "Line 2", "users"},
		{"no domain", "companies:\n  - name: Acme\n", "Line 2", "domain"},
		{"a domain twice", head + "  - domain: acme\n    name: Acme\n    users: [{name: Ann, email: ann@acme.example, admin: true}]\n", "Line 6", "twice"},
		{"no companies", "companies: []\n", "", "list of companies"},
		{"nothing", "# nothing\n", "", "list of companies"},
		{"two documents", head + "---\ncompanies: []\n", "", "one document"},
		{"no YAML", "companies: [\n", "line 1", "YAML or JSON"},
		// Half of it is good: nothing of it may stay.
		{"a good company before", head + "  - domain: zeta\n    name: Zeta\n    users: [{ref: z, name: Zoe, email: zoe@zeta.example, admin: true}]\n    persons: [{name: Z, owner: y}]\n", "Line 9", "none of the users"},
	} {
		status, body := ask(t, h, "POST", "/_dockwright/seed", []byte(c.text), nil)
		if status != http.StatusBadRequest || !strings.Contains(body, c.line) || !strings.Contains(body, c.says) {
			t.Errorf("%s: %d %s; want %q and %q", c.name, status, body, c.line, c.says)
		}
	}
	var now state
	if ask(t, h, "GET", "/_dockwright/state", nil, &now); len(now.Companies) != 1 {
		t.Errorf("%d companies, want the test's own: %+v", len(now.Companies), now.Companies)
	}
}

// spec: control.export, control.import
func TestExportComesBack(t *testing.T) {
	t.Parallel()
	h := hosttest.New(t)
	ask(t, h, "POST", "/_dockwright/seed", acme(t), nil)
	export := func() string {
		t.Helper()
		status, text := ask(t, h, "GET", "/_dockwright/export?company=acme", nil, nil)
		if status != http.StatusOK {
			t.Fatalf("export: %d %s", status, text)
		}
		return text
	}
	first := export()
	for _, want := range []string{"name: Mia Tamm", "value: 1200.5\n", "shared: true", "+372 5550 0100", "person: person-1", "employee_count: 40",
		"field-1: Large", "- Brass\n", "field-3: user-2", "value: 300\n", "field-5: 120.5\n", "key: 0123456789abcdef0123456789abcdef01234567", "added: \"2026-01-05T09:00:00Z\""} {
		if !strings.Contains(first, want) {
			t.Errorf("the export does not say %q:\n%s", want, first)
		}
	}
	for _, secret := range []string{"client_secret", "api_token", "password"} {
		if strings.Contains(first, secret) {
			t.Errorf("the export tells a %s", secret)
		}
	}
	h.Advance(time.Hour)
	ask(t, h, "POST", "/_dockwright/reset", map[string]string{"company": "acme"}, &struct{}{})
	ask(t, h, "POST", "/_dockwright/seed", []byte(first), &struct{}{})
	if again := export(); again != first {
		t.Errorf("after a reset and a seed:\n%s\nwant\n%s", again, first)
	}
	// Over what is there, with more in it than the file has.
	ask(t, h, "POST", "/_dockwright/seed", []byte(`{"companies":[{"domain":"acme","existing":true,"persons":[{"name":"Leo"}]}]}`), &struct{}{})
	if export() == first {
		t.Fatal("the added person is not in the export")
	}
	ask(t, h, "POST", "/_dockwright/import", []byte(first), &struct{}{})
	if again := export(); again != first {
		t.Errorf("after an import over it:\n%s\nwant\n%s", again, first)
	}
	if status, body := ask(t, h, "GET", "/_dockwright/export?company=nobody", nil, nil); status != http.StatusNotFound {
		t.Errorf("an unknown company: %d %s", status, body)
	}
	if _, with := ask(t, h, "GET", "/_dockwright/export?company=acme&secrets=1", nil, nil); !strings.Contains(with, "client_secret: ") {
		t.Error("the secrets were asked for and are not told")
	}
}
