package control_test

import (
	"encoding/json"
	"io"
	"net/http"
	"net/url"
	"os"
	"strings"
	"testing"

	"github.com/dockwright/dockwright/hosttest"
	"github.com/dockwright/dockwright/internal/store/storetest"
)

const annsPassword = "a long password of ann"

// withPassword lets Ann of a file sign in, and use her token: an export has neither.
func withPassword(t *testing.T, file string) []byte {
	t.Helper()
	const line = "email: ann@whole.example"
	if strings.Count(file, line) != 1 {
		t.Fatalf("the file does not say %q once:\n%s", line, file)
	}
	if strings.Contains(file, line+", ") { // as people write it
		return []byte(strings.Replace(file, line, line+", password: "+annsPassword, 1))
	}
	return []byte(strings.Replace(file, line, line+"\n        password: "+annsPassword+"\n        api_token: "+annsToken, 1))
}

// visitor returns what reads pages as Ann.
func visitor(t *testing.T, h *hosttest.Host) func(path string) string {
	t.Helper()
	send := func(method, path, cookie string, form url.Values) *http.Response {
		r, err := http.NewRequestWithContext(t.Context(), method, h.URL+path, strings.NewReader(form.Encode()))
		if err != nil {
			t.Fatal(err)
		}
		r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
		r.Header.Set("Sec-Fetch-Site", "same-origin")
		r.Header.Set("Cookie", cookie)
		answer, err := http.DefaultTransport.RoundTrip(r)
		if err != nil {
			t.Fatal(err)
		}
		return answer
	}
	in := send(http.MethodPost, "/login", "", url.Values{"email": {"ann@whole.example"}, "password": {annsPassword}})
	in.Body.Close()
	cookie := ""
	for _, c := range in.Cookies() {
		cookie = c.Name + "=" + c.Value
	}
	if cookie == "" {
		t.Fatalf("Ann cannot sign in: %s", in.Status)
	}
	return func(path string) string {
		answer := send(http.MethodGet, path, cookie, nil)
		defer answer.Body.Close()
		raw, err := io.ReadAll(answer.Body)
		if err != nil || answer.StatusCode != http.StatusOK {
			t.Fatalf("GET %s: %s %s (%v)", path, answer.Status, raw, err)
		}
		return string(raw)
	}
}

// hooks are the webhooks that a token is shown, without their ids.
func hooks(t *testing.T, h *hosttest.Host, token string) (out []string) {
	t.Helper()
	status, _, raw := h.Do("GET", "/v1/webhooks", token, nil)
	var told struct {
		Data []struct {
			URL    string `json:"subscription_url"`
			Action string `json:"event_action"`
			Object string `json:"event_object"`
			Name   string
			User   string `json:"http_auth_user"`
			Pass   string `json:"http_auth_password"`
		}
	}
	if err := json.Unmarshal(raw, &told); err != nil || status != http.StatusOK {
		t.Fatalf("GET /v1/webhooks: %d %s (%v)", status, raw, err)
	}
	for _, w := range told.Data {
		out = append(out, strings.Join([]string{w.URL, w.Action, w.Object, w.Name, w.User, w.Pass}, " "))
	}
	return out
}

// Apps come back with their listing, extensions, manifests and webhooks, and with
// the secrets if those were asked for.
// spec: control.export, control.import
func TestAppsComeBack(t *testing.T) {
	t.Parallel()
	t.Run("sqlite", func(t *testing.T) {
		t.Parallel()
		appsComeBack(t, hosttest.New(t))
	})
	t.Run("postgres", func(t *testing.T) {
		t.Parallel()
		appsComeBack(t, hosttest.New(t, hosttest.Postgres(storetest.PostgresURL(t))))
	})
}

func appsComeBack(t *testing.T, h *hosttest.Host) {
	raw, err := os.ReadFile("testdata/whole.yaml")
	if err != nil {
		t.Fatal(err)
	}
	var made seeded
	ask(t, h, "POST", "/_dockwright/seed", withPassword(t, string(raw)), &made)
	showsParcels(t, h, made)
	const export = "/_dockwright/export?company=whole&secrets=1"
	_, first := ask(t, h, "GET", export, nil, nil)
	for _, secret := range []string{"jwt_secret: an-own-secret", "http_password: a:b", "http_auth_password: s3cret", "client_secret: "} {
		if !strings.Contains(first, secret) {
			t.Errorf("the export with secrets does not have %q:\n%s", secret, first)
		}
	}
	if _, open := ask(t, h, "GET", "/_dockwright/export?company=whole", nil, nil); strings.Contains(open, "s3cret") || strings.Contains(open, "an-own-secret") || strings.Contains(open, "a:b") {
		t.Errorf("the export tells secrets that nobody asked for:\n%s", open)
	}
	ask(t, h, "POST", "/_dockwright/reset", []byte(`{"company":"whole"}`), nil)
	var again seeded
	ask(t, h, "POST", "/_dockwright/import", withPassword(t, first), &again)
	showsParcels(t, h, again)
	if _, second := ask(t, h, "GET", export, nil, nil); second != first {
		t.Errorf("exported again:\n%s\nwant\n%s", second, first)
	}
}

// showsParcels looks at the app of whole.yaml, and at a picture, as people and the
// app do.
func showsParcels(t *testing.T, h *hosttest.Host, made seeded) {
	t.Helper()
	app := made.Companies[0].Apps[0]
	if n := len(made.Companies[0].Refs["extensions"]); n < 4 {
		t.Errorf("the answer tells the UUIDs of %d extensions", n)
	}
	see := visitor(t, h)
	for path, wants := range map[string][]string{
		"/marketplace/app/" + app.ClientID: {
			"Labels, pick-ups and tracking.", "Documents and contracts", "help@parcels.example", "private, live", "/app-icons/" + app.ClientID,
			"/app-images/" + app.ClientID, "A parcel beside its deal", "The way of a parcel", "https://www.youtube.com/watch?v=parcels",
			"Tracking", "Depot", "Customs form", "Parcels", "Send a parcel", "Track it", "at the field weight", `href="https://parcels.example/settings" target="_blank"`, "Video calls",
		},
		"/developer-hub/app/" + app.ClientID + "/extensions": {"Tracking", "Depot", "Customs form", "Send a parcel", "Track it", "Weigh it", "https://parcels.example/settings"},
		"/developer-hub/app/" + app.ClientID + "/oauth":      {"127.0.0.1:9/links/:linkId/meetings", "127.0.0.1:9/declared", "s3cret"},
		"/persons/1": {`<img src="/profile-pictures/`},
	} {
		page := see(path)
		for _, want := range wants {
			if !strings.Contains(page, want) {
				t.Errorf("GET %s does not show %q", path, want)
			}
		}
	}
	const declared = "http://127.0.0.1:9/declared create deal New deals hook s3cret"
	for i, want := range [][]string{{declared}, {declared, "http://127.0.0.1:9/asked delete person Gone people  "}} {
		if got := hooks(t, h, app.Installed[i].AccessToken); strings.Join(got, "\n") != strings.Join(want, "\n") {
			t.Errorf("installation %d has the webhooks %q, want %q", i, got, want)
		}
	}
	if got := hooks(t, h, annsToken); len(got) != 2 {
		t.Errorf("Ann has the webhooks %q", got)
	}
}

// What is wrong with an app is refused with the line it stands on.
// spec: control.seed.strict
func TestSeedRefusesWrongApps(t *testing.T) {
	t.Parallel()
	h := hosttest.New(t)
	app := func(keys string) string {
		return `"apps":[{"name":"Parcels","callback_url":"http://127.0.0.1:9/cb","scopes":["base"],` + "\n" + keys + `}]`
	}
	extension := func(keys string) string {
		return app(`"extensions":[{"url":"http://127.0.0.1:9/x","name":"X",` + keys + `}]`)
	}
	for _, c := range []struct{ entry, line, says string }{
		{app(`"colour":"red"`), "Line 3", "no key"},
		{app(`"status":"sold"`), "Line 2", "draft, live"},
		{app(`"status":"in_review"`), "Line 2", "draft, live"},
		{`"apps":[{"name":"Parcels","status":"live"}]`, "Line 2", "callback URL"},
		{app(`"category":"Toys"`), "Line 2", "no category"},
		{app(`"icon":"%"`), "Line 2", "base64"},
		{app(`"icon":"YQ=="`), "Line 2", "PNG or JPG"},
		{app(`"video_url":"https://video.example/1"`), "Line 2", "YouTube"},
		{app(`"images":[{"content":"YQ==","alt":"x"}]`), "Line 3", "PNG or JPG"},
		{app(`"images":[{"content":"YQ=="}]`), "Line 3", "1 to 150"},
		{app(`"video_manifest":{"version":"v202049"}`), "Line 2", "video-calls"},
		{app(`"webhooks":[{"subscription_url":"http://127.0.0.1:9/","event_action":"create","event_object":"deal"}]`), "Line 2", "webhooks:full"},
		{extension(`"type":"carpet"`), "Line 3", "no extension of the type"},
		{extension(`"type":"panel"`), "Line 3", "location"},
		{extension(`"type":"panel","views":["attic"]`), "Line 3", "attic"},
		{extension(`"type":"panel","views":["deal-details"],"colour":"red"`), "Line 3", "no key"},
		{extension(`"type":"panel","views":["deal-details"],"call_entry":true`), "Line 3", "call_entry"},
		{extension(`"type":"panel","views":["deal-details"],"uuid":"7"`), "Line 3", "UUID"},
		{extension(`"type":"json_panel","views":["deal-details"]`), "Line 3", "JSON file"},
		{extension(`"type":"json_panel","views":["deal-details"],"schema":{"type":"object","properties":{"x":{"$ref":"#/definitions/carpet"}}}`), "Line 3", "carpet"},
		{extension(`"type":"json_panel","views":["deal-details"],"schema":{"type":"object","type":"object"}`), "Line 3", "once"},
		{extension(`"type":"link_action","panel":"none"`), "Line 3", `none of the extensions`},
		{extension(`"type":"link_action","views":["deal-details"],"field":"x"`), "Line 3", "field"},
		{extension(`"type":"panel","views":["deal-details"]},` + "\n" + `{"url":"http://127.0.0.1:9/x","name":"X","type":"panel","views":["deal-details"]`), "Line 3", "panel of this app already"},
		{extension(`"ref":"x","type":"panel","views":["deal-details"]},` + "\n" + `{"ref":"x","url":"http://127.0.0.1:9/x","name":"X","type":"panel","views":["person-details"]`), "Line 4", "the ref"},
		{`"webhooks":[{"subscription_url":"ftp://x","event_action":"create","event_object":"deal"}]`, "Line 2", "ftp"},
		{`"webhooks":[{"subscription_url":"http://127.0.0.1:9/","event_action":"sing","event_object":"deal"}]`, "Line 2", "sing"},
		{`"webhooks":[{"app":"none","subscription_url":"http://127.0.0.1:9/","event_action":"create","event_object":"deal"}]`, "Line 2", "none of the apps"},
		{`"webhooks":[{"owner":"none","subscription_url":"http://127.0.0.1:9/","event_action":"create","event_object":"deal"}]`, "Line 2", "none of the users"},
		{app(`"ref":"p"`) + `,"webhooks":[{"app":"p","subscription_url":"http://127.0.0.1:9/","event_action":"create","event_object":"deal"}]`, "Line 3", "not installed"},
	} {
		body := `{"companies":[{"domain":"acme","name":"Acme","users":[{"name":"Ann","email":"ann@acme.example","admin":true}],` + "\n" + c.entry + `}]}`
		status, told := ask(t, h, "POST", "/_dockwright/seed", []byte(body), nil)
		var e struct{ Error string }
		if err := json.Unmarshal([]byte(told), &e); err != nil || status < 400 || status >= 500 || !strings.Contains(e.Error, c.says) || !strings.HasPrefix(e.Error, c.line+":") {
			t.Errorf("%s: %d %s", c.entry, status, told)
		}
	}
}

// Two hosts' worth of the same extension cannot stand on one.
// spec: control.seed.strict
func TestExtensionsKeepTheirUUIDs(t *testing.T) {
	t.Parallel()
	h := hosttest.New(t)
	seed := func(domain string) (int, string) {
		return ask(t, h, "POST", "/_dockwright/seed", []byte(`{"companies":[{"domain":"`+domain+`","name":"Acme","users":[{"name":"Ann","email":"ann@`+domain+`.example","admin":true}],
			"apps":[{"name":"A","extensions":[{"type":"panel","views":["deal-details"],
			"uuid":"43333333-2222-4333-8444-555555555555","name":"X","url":"http://127.0.0.1:9/x"}]}]}]}`), nil)
	}
	if status, told := seed("acme"); status != http.StatusOK {
		t.Fatalf("the first: %d %s", status, told)
	}
	if status, told := seed("bolt"); status != http.StatusConflict && status != http.StatusBadRequest || !strings.Contains(told, "Line 2") || !strings.Contains(told, "43333333") {
		t.Errorf("the second: %d %s", status, told)
	}
}
