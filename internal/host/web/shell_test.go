package web_test

import (
	"encoding/json"
	"net/http"
	"net/url"
	"regexp"
	"strconv"
	"strings"
	"testing"

	"golang.org/x/net/html"

	"github.com/dockwright/dockwright/internal/host/records"
	"github.com/dockwright/dockwright/internal/host/route"
)

func TestEveryPageIsWholeAndNothingIsInline(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	for path, want := range map[string]int{
		"/leads": 200, "/leads?archived=1": 200, "/deals": 200, "/deals/list": 200, "/deals/list?status=won": 200, "/deals/1": 200,
		"/persons": 200, "/persons/1": 200, "/organizations": 200, "/organizations/3": 200, "/search": 200, "/search?term=camille": 200,
		"/settings": 200, "/settings/webhooks": 200, "/_dockwright/storybook": 200, "/activities": 200, "/activities/calendar": 200, "/activities/new": 200, "/deals/4711": 404, "/persons/x": 404, "/persons?after=%00": 400,
	} {
		res, body := s.get(path)
		if res.StatusCode != want {
			t.Errorf("GET %s: %s, want %d", path, res.Status, want)
		}
		checkHeaders(t, path, res.Header)
		checkMarkup(t, path, body)
		if n := strings.Count(body, `<main id="main"`); n != 1 {
			t.Errorf("GET %s: %d elements main, want 1", path, n)
		}
	}
}

// spec: web.csp
func checkHeaders(t *testing.T, path string, h http.Header) {
	t.Helper()
	csp := h.Get("Content-Security-Policy")
	for _, want := range []string{"default-src 'none'", "script-src 'self';", "style-src 'self';", "frame-ancestors 'none'", "base-uri 'none'"} {
		if !strings.Contains(csp, want) {
			t.Errorf("%s: policy lacks %s: %s", path, want, csp)
		}
	}
	if strings.Contains(csp, "unsafe") {
		t.Errorf("%s: policy is %s", path, csp)
	}
	for name, want := range map[string]string{
		"X-Content-Type-Options": "nosniff", "Referrer-Policy": "strict-origin-when-cross-origin", "Cache-Control": "private, no-store",
	} {
		if got := h.Get(name); got != want && (name != "Cache-Control" || got != "no-store") {
			t.Errorf("%s: %s is %q, want %q", path, name, got, want)
		}
	}
}

// checkMarkup finds what the policy would block, ids that stand twice, and
// controls without a name.
func checkMarkup(t *testing.T, path, body string) {
	t.Helper()
	doc, err := html.Parse(strings.NewReader(body))
	if err != nil {
		t.Fatalf("%s: %v", path, err)
	}
	ids := map[string]bool{}
	labels := map[string]bool{}
	for n := range doc.Descendants() {
		if n.Type == html.ElementNode && n.Data == "label" {
			labels[attr(n, "for")] = true
		}
	}
	for n := range doc.Descendants() {
		if n.Type != html.ElementNode {
			continue
		}
		for _, a := range n.Attr {
			if a.Key == "style" || strings.HasPrefix(a.Key, "on") {
				t.Errorf("%s: <%s> has %s=%q", path, n.Data, a.Key, a.Val)
			}
		}
		if id := attr(n, "id"); id != "" {
			if ids[id] {
				t.Errorf("%s: two elements have the id %q", path, id)
			}
			ids[id] = true
		}
		switch {
		case n.Data == "style", n.Data == "script" && attr(n, "src") == "":
			t.Errorf("%s: inline <%s>", path, n.Data)
		case n.Data == "img" && !has(n, "alt"):
			t.Errorf("%s: <img> without alt", path)
		case (n.Data == "input" && attr(n, "type") != "hidden" || n.Data == "select" || n.Data == "textarea") && !named(n, labels):
			t.Errorf("%s: <%s name=%q> has no label", path, n.Data, attr(n, "name"))
		}
	}
}

func attr(n *html.Node, key string) string {
	for _, a := range n.Attr {
		if a.Key == key {
			return a.Val
		}
	}
	return ""
}

func has(n *html.Node, key string) bool {
	for _, a := range n.Attr {
		if a.Key == key {
			return true
		}
	}
	return false
}

func named(n *html.Node, labels map[string]bool) bool {
	if attr(n, "aria-label") != "" || (attr(n, "id") != "" && labels[attr(n, "id")]) {
		return true
	}
	for p := n.Parent; p != nil; p = p.Parent {
		if p.Data == "label" {
			return true
		}
	}
	return has(n, "disabled")
}

// spec: web.fragments
func TestFragments(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	res, body := s.get("/persons", "main")
	if res.StatusCode != 200 || !strings.HasPrefix(body, `<main id="main"`) || strings.Contains(body, "<html") {
		t.Errorf("main: %s %.80q", res.Status, body)
	}
	if got := res.Header.Get("Dockwright-Title") + res.Header.Get("Dockwright-Nav") + res.Header.Get("Dockwright-Frame"); got != "Peoplepersonsshell" {
		t.Errorf("title, nav and frame are %q", got)
	}
	_, body = s.get("/_dockwright/shell", "unread", "main")
	if !strings.HasPrefix(body, `<span class="rail-badge" id="unread"`) || !strings.Contains(body, "<main") {
		t.Errorf("two fragments: %.120q", body)
	}
	for _, name := range []string{"nothing", "shell", "bare", ""} {
		if res, _ := s.get("/persons", name); name != "" && res.StatusCode != 400 {
			t.Errorf("fragment %q: %s", name, res.Status)
		}
	}
	res, body = s.get("/persons/4711", "main")
	if res.StatusCode != 404 || !strings.HasPrefix(body, `<main id="main"`) || !strings.Contains(body, "4711") {
		t.Errorf("what is missing: %s %.80q", res.Status, body)
	}
}

func TestNamesCannotBreakOut(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	hostile := `<script>alert(1)</script>"'><img src=x onerror=alert(2)>`
	me := route.Caller{Company: 1, User: 1}
	o, err := s.people.CreateOrganization(t.Context(), me, records.Organization{Name: hostile, Address: hostile, Website: "javascript:alert(3)"})
	s.ok(err)
	p, err := s.people.CreatePerson(t.Context(), me, records.Person{
		Name: hostile, JobTitle: hostile, Organization: records.Ref{ID: o.ID}, Emails: []records.Contact{{Value: hostile}}, Phones: []records.Contact{{Value: "javascript:alert(4)"}},
	})
	s.ok(err)
	_, err = s.people.CreateNote(t.Context(), me, records.Note{Content: hostile, Person: p.ID, Organization: o.ID})
	s.ok(err)
	for _, path := range []string{"/persons", recordPath("/persons", p.ID), "/organizations", recordPath("/organizations", o.ID), "/search?term=" + url.QueryEscape(hostile)} {
		res, body := s.get(path)
		if res.StatusCode != 200 || !strings.Contains(body, "&lt;script&gt;alert(1)") {
			t.Errorf("%s: %s, and the name is not there", path, res.Status)
		}
		if strings.Contains(body, "<script>alert") || strings.Contains(body, "<img src=x") || regexp.MustCompile(`href="javascript:`).MatchString(body) {
			t.Errorf("%s: a name broke out", path)
		}
		checkMarkup(t, path, body)
	}
}

func recordPath(base string, id int64) string { return base + "/" + strconv.FormatInt(id, 10) }

// spec: web.static
func TestStaticFiles(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	_, body := s.get("/persons")
	for _, m := range regexp.MustCompile(`(?:href|src)="(/_dockwright/static/[^"]+)"`).FindAllStringSubmatch(body, -1) {
		res, text := s.get(m[1])
		if res.StatusCode != 200 || text == "" || !strings.Contains(res.Header.Get("Cache-Control"), "immutable") {
			t.Errorf("%s: %s, %q", m[1], res.Status, res.Header.Get("Cache-Control"))
		}
		r, err := http.NewRequestWithContext(t.Context(), http.MethodGet, s.url+m[1], nil)
		s.ok(err)
		r.Header.Set("If-None-Match", res.Header.Get("ETag"))
		if res, _ := s.do(r, nil); res.StatusCode != http.StatusNotModified {
			t.Errorf("%s again: %s", m[1], res.Status)
		}
	}
	res, _ := s.get("/_dockwright/static/0123456789ab/css/base.css")
	if res.StatusCode != 200 || strings.Contains(res.Header.Get("Cache-Control"), "immutable") {
		t.Errorf("an old page's version: %s, %q", res.Status, res.Header.Get("Cache-Control"))
	}
	for _, path := range []string{"css/none.css", "..%2fweb.go", "templates/layout/layout.html", ""} {
		if res, _ := s.get("/_dockwright/static/0/" + path); res.StatusCode != 404 {
			t.Errorf("static %q: %s", path, res.Status)
		}
	}
}

// spec: web.theme
func TestThemeIsRememberedWithoutFlash(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	if _, body := s.get("/persons"); !strings.Contains(body, `data-theme="auto"`) {
		t.Error("the first theme is not auto")
	}
	res, _ := s.post("/_dockwright/theme", url.Values{"theme": {"dark"}, "back": {"/persons?x=1"}})
	if res.StatusCode != http.StatusSeeOther || res.Header.Get("Location") != "/persons?x=1" {
		t.Errorf("got %s to %q", res.Status, res.Header.Get("Location"))
	}
	if _, body := s.get("/persons"); !strings.Contains(body, `data-theme="dark"`) {
		t.Error("dark was forgotten")
	}
	for _, back := range []string{"//evil.example", "https://evil.example", `/\evil.example`, ""} {
		if res, _ := s.post("/_dockwright/theme", url.Values{"theme": {"auto"}, "back": {back}}); res.Header.Get("Location") != "/" {
			t.Errorf("back=%q leads to %q", back, res.Header.Get("Location"))
		}
	}
	res, body := s.post("/_dockwright/theme", url.Values{"theme": {"pink"}})
	if res.StatusCode != 400 || !strings.Contains(body, "pink") || !strings.Contains(body, "<html") {
		t.Errorf("pink: %s", res.Status)
	}
	res, body = s.post("/_dockwright/theme", url.Values{"theme": {"pink"}}, "main")
	var p struct{ Field, Message string }
	if err := json.Unmarshal([]byte(body), &p); err != nil || res.StatusCode != 400 || p.Field != "theme" || p.Message == "" {
		t.Errorf("pink by the shell: %s %s", res.Status, body)
	}
	res, _ = s.post("/_dockwright/theme", url.Values{"theme": {"dark"}, "back": {"/deals"}}, "main")
	if res.StatusCode != 204 || res.Header.Get("Dockwright-Location") != "/deals" {
		t.Errorf("dark by the shell: %s to %q", res.Status, res.Header.Get("Dockwright-Location"))
	}
}

// spec: records.search
func TestSearchPage(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	_, body := s.get("/search?term=merikotkas")
	for _, want := range []string{"Hotel Merikotkas", "/organizations/3", "40 guest rooms", "/deals/5"} {
		if !strings.Contains(body, want) {
			t.Errorf("%q is missing", want)
		}
	}
}

// spec: web.first-page
func TestFirstPage(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	if res, _ := s.get("/"); res.StatusCode != http.StatusSeeOther || res.Header.Get("Location") != "/leads" {
		t.Errorf("got %s to %q", res.Status, res.Header.Get("Location"))
	}
}

// spec: web.unknown, rest.unbuilt
func TestUnknownAddresses(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	res, body := s.get("/nowhere/<b>")
	if res.StatusCode != 404 || !strings.Contains(body, "There is no page /nowhere/&lt;b&gt;") {
		t.Errorf("page: %s", res.Status)
	}
	checkHeaders(t, "/nowhere", res.Header)
	for path, id := range map[string]string{"/v1/products": "rest.products", "/api/v1/goals": "rest.goals", "/api/v2/spaceships": "rest.unbuilt"} {
		res, body := s.post(path, nil)
		var answer struct {
			Success *bool
			Error   string
		}
		if err := json.Unmarshal([]byte(body), &answer); err != nil || res.StatusCode != 501 || answer.Success == nil || *answer.Success || !strings.Contains(answer.Error, id) {
			t.Errorf("%s: %s %s", path, res.Status, body)
		}
	}
}
