package web_test

import (
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/dockwright/dockwright/internal/host/devhub"
	"github.com/dockwright/dockwright/internal/host/journal"
)

// postJSON asks as the scripts of a page do.
func (s *site) postJSON(path, body string) (int, string) {
	s.t.Helper()
	r, err := http.NewRequestWithContext(s.t.Context(), http.MethodPost, s.url+path, strings.NewReader(body))
	s.ok(err)
	r.Header.Set("Content-Type", "application/json")
	res, text := s.do(r, []string{"data"})
	return res.StatusCode, text
}

// messages are what the Inspector of the first company keeps of SDK messages.
func (s *site) messages(f journal.Filter) []journal.Exchange {
	s.t.Helper()
	s.ok(s.said.Flush(s.t.Context()))
	f.Viewer, f.Direction = journal.Viewer{Company: 1}, journal.SDK
	p, err := s.said.List(s.t.Context(), f)
	s.ok(err)
	return p.Exchanges
}

func report(entries ...map[string]any) string {
	raw, _ := json.Marshal(map[string]any{"now": 1000, "dropped": 0, "entries": entries}) // maps of texts and numbers always marshal
	return string(raw)
}

// What pages report stands in the Inspector: whose app, which surface, what came
// and what was answered, without secrets.
// spec: surface.inspector
func TestSDKMessagesInTheInspector(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	app := s.newSurfaceApp("Quotes",
		devhub.NewExtension{Kind: devhub.CustomPanel, Name: "Quotes of a deal", URL: "/panel", Views: []devhub.View{devhub.DealDetails}},
		devhub.NewExtension{Kind: devhub.FloatingWindow, Name: "Phone", Description: "A softphone", URL: "/window"},
	)
	other := s.newSurfaceApp("Other", devhub.NewExtension{Kind: devhub.AppSettings, URL: "/settings"})
	s.get("/leads")
	panel, window := app.Extensions[0].UUID, app.Extensions[1].UUID
	status, body := s.postJSON("/_dockwright/surfaces/log", report(
		map[string]any{"at": 400, "extension": panel, "frame": "f1", "view": "deal-details", "type": "command", "name": "show_snackbar", "payload": `{"message":"Saved"}`, "payload_size": 19, "ms": 3},
		map[string]any{"at": 500, "extension": panel, "type": "command", "name": "get_signed_token", "reply": `{"token":"eyJ.s3cret.x"}`, "reply_size": 24},
		map[string]any{"at": 600, "extension": window, "type": "command", "name": "set_focus_mode", "payload": `{"enabled":true}`, "payload_size": 16, "error": "expected true or false"},
		map[string]any{"at": 700, "extension": window, "type": "event", "name": "visibility", "payload": `{"data":{"is_visible":false}}`, "payload_size": 29, "by_hand": true},
		map[string]any{"at": 800, "extension": window, "type": "command", "name": "open_modal", "payload": `{"type":"cus`, "payload_size": 90_000},
		map[string]any{"at": 900, "extension": window, "type": "note", "name": "too many messages", "error": "7 messages were refused"},
	))
	if status != http.StatusOK || body != `{"foreign":0,"kept":6}`+"\n" {
		t.Fatalf("%d %s", status, body)
	}
	all := s.messages(journal.Filter{})
	if len(all) != 6 {
		t.Fatalf("%d messages", len(all))
	}
	first := all[5]
	if first.Surface != "deal panel" || first.ClientID != app.ClientID || first.Requirement != "surface.command.show-snackbar" || first.Company != 1 || first.User != 1 || first.Duration != 3*time.Millisecond {
		t.Errorf("kept %+v", first)
	}
	if age := all[0].At.Sub(first.At); age != 500*time.Millisecond {
		t.Errorf("half a second between them became %s", age)
	}
	for i, want := range []string{"surface.flood", "surface.command.open-modal", "surface.event.visibility", "surface.command.set-focus-mode", "surface.command.get-signed-token"} {
		if all[i].Requirement != want {
			t.Errorf("%s %s falls under %q, want %q", all[i].Method, all[i].Path, all[i].Requirement, want)
		}
	}
	page := func(path string, has, lacks []string) {
		t.Helper()
		res, body := s.get(path)
		if res.StatusCode != http.StatusOK {
			t.Fatalf("%s: %d", path, res.StatusCode)
		}
		for _, x := range has {
			if !strings.Contains(body, x) {
				t.Errorf("%s: no %q on the page", path, x)
			}
		}
		for _, x := range lacks {
			if strings.Contains(body, x) {
				t.Errorf("%s: %q is on the page", path, x)
			}
		}
	}
	list := "/_dockwright/inspector?direction=sdk"
	page(list, []string{"deal panel →", "show_snackbar", "answered", "refused", "expected true or false", "Page to app", "App to page", "SDK messages"}, []string{"s3cret", "no answer"})
	page(list+"&app="+other.ClientID, []string{"No exchange is like that"}, []string{"show_snackbar"})
	page(list+"&q="+url.QueryEscape("floating window → visib"), []string{"visibility"}, []string{"show_snackbar"})
	page("/_dockwright/inspector?status=none", nil, []string{"show_snackbar"})
	at := func(e journal.Exchange) string { return fmt.Sprintf("/_dockwright/inspector/%d", e.ID) }
	page(at(first), []string{"deal panel → ", "Saved", "Arguments", "Reply", "Deal details", "surface.command.show-snackbar", "f1"}, []string{"Replay", "curl", "Headers"})
	page(at(all[4]), []string{"***"}, []string{"s3cret"})
	page(at(all[2]), []string{"Sent by hand", "is_visible"}, []string{"Reply"})
	page(at(all[1]), []string{"The end is missing"}, nil)
	if res, body := s.get(at(first) + "/replay"); res.StatusCode != http.StatusConflict || !strings.Contains(body, "SDK console") {
		t.Errorf("a replay of a message: %d", res.StatusCode)
	}
}

// Nobody writes messages of apps that they do not have, and what no page reports
// is refused with its place.
// spec: surface.inspector
func TestBadReportsOfMessages(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	app := s.newSurfaceApp("Quotes", devhub.NewExtension{Kind: devhub.AppSettings, URL: "/one"}, devhub.NewExtension{Kind: devhub.LinkAction, Name: "Link", URL: "/link", Views: []devhub.View{devhub.DealsList}})
	s.get("/leads")
	good := func(more map[string]any) map[string]any {
		e := map[string]any{"at": 1, "extension": app.Extensions[0].UUID, "type": "command", "name": "resize"}
		for k, v := range more {
			e[k] = v
		}
		return e
	}
	many := make([]map[string]any, 201)
	for i := range many {
		many[i] = good(nil)
	}
	for name, c := range map[string]struct {
		body   string
		status int
		says   string
	}{
		"nothing":          {``, 400, "Expected a JSON object"},
		"not JSON":         {`{`, 400, "Expected a JSON object"},
		"an array":         {`[]`, 400, "Expected a JSON object"},
		"two":              {`{} {}`, 400, "nothing after it"},
		"unknown field":    {`{"entry":[]}`, 400, "entry"},
		"too many":         {report(many...), 413, "Expected at most 200 messages, got 201."},
		"too large":        {`{"entries":[{"payload":"` + strings.Repeat("x", 1<<20) + `"}]}`, 413, "Expected at most"},
		"dropped":          {`{"dropped":-1}`, 400, `"field":"dropped"`},
		"type":             {report(good(nil), good(map[string]any{"type": "shout"})), 400, `"field":"entries.1.type"`},
		"no name":          {report(good(map[string]any{"name": ""})), 400, `"field":"entries.0.name"`},
		"long name":        {report(good(map[string]any{"name": strings.Repeat("ä", 101)})), 400, `"field":"entries.0.name"`},
		"view":             {report(good(map[string]any{"view": "kitchen"})), 400, `"field":"entries.0.view"`},
		"time":             {report(good(map[string]any{"ms": -1})), 400, `"field":"entries.0.ms"`},
		"long payload":     {report(good(map[string]any{"payload": strings.Repeat("x", 16<<10+1)})), 413, `"field":"entries.0.payload"`},
		"negative size":    {report(good(map[string]any{"reply_size": -5})), 400, `"field":"entries.0.reply_size"`},
		"long error":       {report(good(map[string]any{"error": strings.Repeat("x", 20_000)})), 413, `"field":"entries.0.error"`},
		"long frame":       {report(good(map[string]any{"frame": strings.Repeat("x", 101)})), 413, `"field":"entries.0.frame"`},
		"unknown frame":    {report(good(map[string]any{"extension": "00000000-0000-4000-8000-000000000000"})), 200, `"kept":0`},
		"not an iframe":    {report(good(map[string]any{"extension": app.Extensions[1].UUID})), 200, `"kept":0`},
		"no extension":     {report(good(map[string]any{"extension": ""})), 200, `"foreign":1`},
		"odd but harmless": {report(good(map[string]any{"at": -1e15, "payload": "\x00\xff{", "name": "<script>"})), 200, `"kept":1`},
	} {
		if status, body := s.postJSON("/_dockwright/surfaces/log", c.body); status != c.status || !strings.Contains(body, c.says) {
			t.Errorf("%s: %d %s, want %d %s", name, status, body, c.status, c.says)
		}
	}
	if got := s.messages(journal.Filter{}); len(got) != 1 || got[0].Path != "<script>" {
		t.Errorf("kept %+v", got)
	}
	if status, body := s.postJSON("/_dockwright/surfaces/log", `{"dropped":12}`); status != http.StatusOK {
		t.Errorf("%d %s", status, body)
	}
	if got := s.messages(journal.Filter{Text: "12 messages of apps"}); len(got) != 1 || got[0].Requirement != "surface.flood" {
		t.Errorf("what was dropped is not said: %+v", got)
	}

	// A colleague who has not installed the app.
	s.post("/_dockwright/switch-user", url.Values{"user": {"2"}})
	if status, body := s.postJSON("/_dockwright/surfaces/log", report(good(nil))); status != http.StatusOK || !strings.Contains(body, `"kept":0`) {
		t.Errorf("a colleague wrote: %d %s", status, body)
	}
	if res, _ := s.get("/_dockwright/inspector"); res.StatusCode != http.StatusForbidden {
		t.Errorf("a colleague reads: %d", res.StatusCode)
	}
}
