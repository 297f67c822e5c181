package web_test

import (
	"net/http"
	"strings"
	"testing"
)

// What the scripts of the dock and of windows send: each wrong body is refused in
// words, and what is right is there on the next page.
// spec: surface.dock
// spec: surface.floating.place
func TestPinsAndPlacesOverHTTP(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	s.get("/persons") // signs in
	ringo := s.softphone("Ringo", false)
	id := ringo.ClientID
	for _, c := range []struct {
		path, body string
		status     int
		want       string
	}{
		{"place", `{"client_id": "` + id + `", "x": 700, "y": 90, "width": 300, "height": 400}`, http.StatusOK, "{}"},
		{"pin", `{"client_id": "` + id + `", "pinned": false}`, http.StatusOK, "{}"},
		{"place", `{"client_id": "` + id + `", "x": -7, "y": 90, "width": 300, "height": 400}`, http.StatusBadRequest, "Expected 0 to 100000 pixels, got -7."},
		{"place", `{"client_id": "` + id + `", "x": 1.5}`, http.StatusBadRequest, "Expected a JSON object"},
		{"place", `{"client_id": "nobody", "y": 90}`, http.StatusNotFound, "with a floating window"},
		{"pin", `{"client_id": "nobody", "pinned": true}`, http.StatusNotFound, "with a floating window"},
		{"pin", `{"app": "` + id + `"}`, http.StatusBadRequest, "unknown field"},
		{"pin", `[]`, http.StatusBadRequest, "Expected a JSON object"},
		{"pin", ``, http.StatusBadRequest, "Expected a JSON object"},
	} {
		status, text := s.postJSON("/_dockwright/surfaces/"+c.path, c.body)
		if status != c.status || !strings.Contains(text, c.want) {
			t.Errorf("%s %s: got %d %s, want %d with %q", c.path, c.body, status, text, c.status, c.want)
		}
	}
	_, body := s.get("/_dockwright/shell", "app-dock")
	for _, want := range []string{`data-x="700" data-y="90" data-width="300" data-height="400"`, `aria-pressed="false" aria-label="Pin Ringo to the top bar"`} {
		if !strings.Contains(body, want) {
			t.Errorf("the dock lacks %s", want)
		}
	}
	if strings.Contains(body, "dock-pinned") {
		t.Error("the app is still pinned")
	}
}
