package appkit_test

import (
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"reflect"
	"strings"
	"testing"

	"github.com/dockwright/dockwright/appkit"
	"github.com/dockwright/dockwright/internal/browsertest"
	"github.com/dockwright/dockwright/pipedrive/surfaceapi"
)

func TestSurfaceScriptIsServed(t *testing.T) {
	t.Parallel()
	get := func(header, value string) *httptest.ResponseRecorder {
		r := httptest.NewRequest(http.MethodGet, "/surface.js", nil)
		r.Header.Set(header, value)
		w := httptest.NewRecorder()
		appkit.SurfaceScript().ServeHTTP(w, r)
		return w
	}
	w := get("Accept", "*/*")
	if w.Code != http.StatusOK || w.Body.String() != string(appkit.SurfaceScriptFile()) || w.Header().Get("Content-Type") != "text/javascript; charset=utf-8" {
		t.Errorf("%d %v", w.Code, w.Header())
	}
	if again := get("If-None-Match", w.Header().Get("ETag")); again.Code != http.StatusNotModified {
		t.Errorf("again: %d", again.Code)
	}
}

// frame and its parent live on two sites, as an app and its host do.
func framed(t *testing.T) (parent string) {
	t.Helper()
	file := func(name, kind string) http.HandlerFunc {
		return func(w http.ResponseWriter, _ *http.Request) {
			raw, err := os.ReadFile("testdata/" + name)
			if err != nil {
				t.Error(err)
			}
			w.Header().Set("Content-Type", kind)
			_, _ = w.Write(raw)
		}
	}
	mux := http.NewServeMux()
	mux.Handle("GET /surface.js", appkit.SurfaceScript())
	mux.HandleFunc("GET /app", file("app.html", "text/html; charset=utf-8"))
	mux.HandleFunc("GET /app.js", file("app.js", "text/javascript"))
	mux.HandleFunc("GET /parent", file("parent.html", "text/html; charset=utf-8"))
	mux.HandleFunc("GET /parent.js", file("parent.js", "text/javascript"))
	srv := httptest.NewServer(mux)
	t.Cleanup(srv.Close)
	u, err := url.Parse(srv.URL)
	if err != nil {
		t.Fatal(err)
	}
	return fmt.Sprintf("http://localhost:%s/parent?app=%s", u.Port(), url.QueryEscape(srv.URL+"/app"))
}

// The script posts what the official SDK was seen to post, and takes answers as
// it does; testdata/app.js asks, testdata/parent.js answers.
// spec: appkit.surface-script
func TestSurfaceScript(t *testing.T) {
	t.Parallel()
	b := browsertest.New(t)
	b.Allow("Cannot read properties of null") // as the official one does for an answer of null
	b.Open(framed(t))
	b.Wait(`window.outcome !== undefined`)
	var outcome map[string]any
	if err := json.Unmarshal([]byte(browsertest.Eval[string](b, `JSON.stringify(window.outcome)`)), &outcome); err != nil {
		t.Fatal(err)
	}
	for what, want := range map[string]string{
		"constructed without id":         `"Missing custom UI identifier"`,
		"constructed with an empty id":   `"Missing custom UI identifier"`,
		"constructed with an id":         `"rt_other"`,
		"theme":                          `{"theme":"dark"}`,
		"executed too early":             `"thrown: SDK is not initialized"`,
		"initialize refused":             `"rejected: not now"`,
		"executed after a refusal":       `"thrown: SDK is not initialized"`,
		"initialize":                     `true`,
		"unknown command":                `"thrown: Invalid command"`,
		"unknown event":                  `"thrown: Invalid event"`,
		"answer":                         `{"confirmed":true}`,
		"void":                           `"undefined"`,
		"refused":                        `"rejected: boom"`,
		"refused with data":              `"rejected: e"`,
		"refused with no words":          `"undefined"`,
		"refused with an object":         `"rejected: [object Object]"`,
		"answered twice":                 `1`,
		"answered with null":             `"pending"`,
		"a function in the arguments":    `"rejected: DataCloneError"`,
		"pushes":                         `[{"data":{"is_visible":true,"context":{"invoker":"user"}}},{},{"error":"denied"}]`,
		"pushes after stop":              `1`,
		"settings pushed":                `{"data":{"theme":"light"},"theme":"light"}`,
		"settings afterwards":            `{"data":{"theme":"light"},"theme":"light"}`,
		"page visibility":                `[{"data":{"state":"visible"}}]`,
		"page visibility after stop":     `1`,
		"another target window":          `true`,
		"settled by the set-back parent": `{"windowHeight":900,"windowWidth":1280}`,
	} {
		got, err := json.Marshal(outcome[what])
		if err != nil {
			t.Fatal(err)
		}
		var w any
		if err := json.Unmarshal([]byte(want), &w); err != nil {
			t.Fatal(err)
		}
		if !reflect.DeepEqual(outcome[what], w) {
			t.Errorf("%s: got %s, want %s", what, got, want)
		}
	}

	heard := strings.Split(browsertest.Eval[string](b, `window.heard.join('\n')`), "\n")
	for _, want := range []string{
		`{"payload":{"command":"initialize","args":{"reply":[{"error":"not now"}]},"type":"command"},"id":"rt_7f31c0"} 1 port`,
		`{"payload":{"command":"initialize","args":{},"type":"command"},"id":"rt_7f31c0"} 1 port`,
		`{"payload":{"command":"set_focus_mode","args":true,"type":"command"},"id":"rt_7f31c0"} 1 port`,
		`{"payload":{"command":"get_metadata","args":"(undefined)","type":"command"},"id":"rt_7f31c0"} 1 port`,
		`{"payload":{"type":"listener","event":"visibility"},"id":"rt_7f31c0"} 1 port`,
		`{"payload":{"type":"track","event":"focused"},"id":"rt_7f31c0"} 0 ports`,
	} {
		if n := count(heard, want); n < 1 {
			t.Errorf("not heard: %s", want)
		}
	}
	if n := count(heard, `{"payload":{"type":"track","event":"focused"},"id":"rt_7f31c0"} 0 ports`); n != 2 {
		t.Errorf("two focuses with a blur between them, the first told twice by the browser: %d tracks", n)
	}
	for _, line := range heard {
		if strings.Contains(line, "page_visibility_state") {
			t.Errorf("an event of the page's own was asked for: %s", line)
		}
	}
	checkWords(t, b)
}

func count(all []string, one string) (n int) {
	for _, s := range all {
		if s == one {
			n++
		}
	}
	return n
}

// checkWords holds the words of the script against those of the contract.
func checkWords(t *testing.T, b *browsertest.Tab) {
	t.Helper()
	words := browsertest.Eval[map[string][]string](b, `window.outcome.words`)
	var commands, events, views []string
	for _, c := range surfaceapi.Commands() {
		commands = append(commands, string(c))
	}
	for _, e := range surfaceapi.Events() {
		events = append(events, string(e))
	}
	for _, v := range surfaceapi.Views() {
		views = append(views, string(v))
	}
	for name, want := range map[string][]string{
		"Command": commands, "Event": events, "View": views,
		"MessageType": {"command", "listener", "track"}, "TrackingEvent": {surfaceapi.TrackFocused},
		"Color": {"primary", "secondary", "negative"}, "ModalStatus": {"closed", "submitted"},
		"Modal":                  {"deal", "organization", "person", "activity", "json_modal", "custom_modal"},
		"VisibilityEventInvoker": {"user", "command"},
	} {
		if !sameWords(words[name], want) {
			t.Errorf("%s: got %q, want %q", name, words[name], want)
		}
	}
}

func sameWords(a, b []string) bool {
	seen := map[string]int{}
	for _, s := range a {
		seen[s]++
	}
	for _, s := range b {
		seen[s]--
	}
	for _, n := range seen {
		if n != 0 {
			return false
		}
	}
	return true
}
