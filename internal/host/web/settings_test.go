package web

import (
	"net/http"
	"regexp"
	"testing"
)

// A personal API token is shown once, works at once, and ends when it is replaced
// or removed.
// spec: rest.personal-token-page
// spec: rest.personal-token
func TestPersonalTokenPage(t *testing.T) {
	t.Parallel()
	g := newGatePages(t, true)
	g.be("2")
	g.shows(g.get("/settings/api"), 200, "You have no personal API token", "Make a token")
	make := func() string {
		t.Helper()
		if a := g.post("/settings/api"); a.status != 303 || a.location != "/settings/api" {
			t.Fatalf("got %d to %q", a.status, a.location)
		}
		a := g.get("/settings/api")
		g.shows(a, 200, "Copy it now")
		token := regexp.MustCompile(`value="([0-9a-f]{40})"`).FindStringSubmatch(a.body)
		if token == nil || a.header.Get("Cache-Control") != "private, no-store" {
			t.Fatalf("no token: %v", a.header)
		}
		again := g.get("/settings/api")
		g.shows(again, 200, "Regenerate")
		g.lacks(again, token[1])
		return token[1]
	}
	works := func(token string) bool {
		t.Helper()
		ways := 0
		for _, way := range []struct{ query, header string }{{"", token}, {"?api_token=" + token, ""}} {
			req, err := http.NewRequestWithContext(t.Context(), http.MethodGet, g.base+"/v1/users/me"+way.query, nil)
			g.ok(err)
			if way.header != "" {
				req.Header.Set("x-api-token", way.header)
			}
			switch a := g.do(req); a.status {
			case 200:
				g.shows(a, 200, `"id":2,`)
				ways++
			case 401:
			default:
				t.Errorf("%+v: %d", way, a.status)
			}
		}
		if ways == 1 {
			t.Error("header and query differ")
		}
		return ways == 2
	}
	first := make()
	if !works(first) {
		t.Error("a new token does not work")
	}
	second := make()
	if works(first) || !works(second) {
		t.Error("a new token does not replace the old one")
	}
	if a := g.post("/settings/api/remove"); a.status != 303 {
		t.Errorf("removing got %d", a.status)
	}
	g.shows(g.get("/settings/api"), 200, "You have no personal API token")
	if works(second) {
		t.Error("a removed token works")
	}
}
