package resttest

import (
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"net/http"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/coder/websocket"
)

// pages says of every page with a parameter in its path what that names; a word
// in brackets is a value of the path as it stands. A page that is not here fails
// the test.
var pages = map[string][]string{
	"GET /persons/{id}":                     {"person"},
	"GET /persons/{id}/edit":                {"person"},
	"POST /persons/{id}/edit":               {"person"},
	"POST /persons/{id}/delete":             {"person"},
	"GET /organizations/{id}":               {"organization"},
	"GET /organizations/{id}/edit":          {"organization"},
	"POST /organizations/{id}/edit":         {"organization"},
	"POST /organizations/{id}/delete":       {"organization"},
	"GET /deals/{id}":                       {"deal"},
	"GET /leads/inbox/{id}":                 {"lead"},
	"POST /records/{kind}/{id}/notes":       {"(deal)", "deal"},
	"POST /records/{kind}/{id}/files":       {"(deal)", "deal"},
	"POST /records/notes/{id}/delete":       {"note"},
	"GET /_dockwright/files/record/{id}":    {"file"},
	"GET /_dockwright/files/{id}":           {"file"},
	"GET /filters/{id}":                     {"deal filter"},
	"POST /filters/{id}":                    {"deal filter"},
	"POST /filters/{id}/delete":             {"deal filter"},
	"GET /activities/{id}":                  {"activity"},
	"POST /activities/{id}":                 {"activity"},
	"POST /activities/{id}/done":            {"activity"},
	"POST /activities/{id}/delete":          {"activity"},
	"GET /_dockwright/files/recording/{id}": {"file"},
	"GET /_dockwright/attachments/{id}":     {"file"},

	"GET /leads/messaging/{id}":                                 {"conversation page"},
	"POST /leads/messaging/{id}/messages":                       {"conversation page"},
	"POST /leads/messaging/{id}/messages/{message}/resend":      {"conversation page", "(1)"},
	"POST /leads/messaging/{id}/seen":                           {"conversation page"},
	"POST /leads/messaging/{id}/assign":                         {"conversation page"},
	"POST /leads/messaging/{id}/status":                         {"conversation page"},
	"POST /leads/messaging/{id}/link":                           {"conversation page"},
	"POST /leads/messaging/{id}/unlink":                         {"conversation page"},
	"POST /leads/messaging/{id}/delete":                         {"conversation page"},
	"GET /settings/integrations/messaging/channel/{id}":         {"channel page"},
	"POST /settings/integrations/messaging/channel/{id}/remove": {"channel page"},
	"POST /settings/integrations/messaging/channel/{id}/retry":  {"channel page"},

	"GET /settings/activity-types/{id}":                         {"activity type"},
	"POST /settings/activity-types/{id}":                        {"activity type"},
	"POST /settings/activity-types/{id}/move":                   {"activity type"},
	"POST /settings/activity-types/{id}/deactivate":             {"activity type"},
	"POST /settings/fields/{entity}":                            {"(person)"},
	"GET /settings/fields/{entity}/{code}":                      {"(person)", "person field code"},
	"POST /settings/fields/{entity}/{code}":                     {"(person)", "person field code"},
	"POST /settings/fields/{entity}/{code}/delete":              {"(person)", "person field code"},
	"POST /settings/fields/{entity}/{code}/options":             {"(person)", "person field code"},
	"POST /settings/fields/{entity}/{code}/options/{id}":        {"(person)", "person field code", "person option"},
	"POST /settings/fields/{entity}/{code}/options/{id}/delete": {"(person)", "person field code", "person option"},
	"GET /settings/pipelines/{id}":                              {"pipeline"},
	"POST /settings/pipelines/{id}":                             {"pipeline"},
	"POST /settings/pipelines/{id}/move":                        {"pipeline"},
	"POST /settings/pipelines/{id}/delete":                      {"pipeline"},
	"GET /settings/pipelines/{id}/stages/new":                   {"pipeline"},
	"POST /settings/pipelines/{id}/stages/new":                  {"pipeline"},
	"GET /settings/stages/{id}":                                 {"stage"},
	"POST /settings/stages/{id}":                                {"stage"},
	"POST /settings/stages/{id}/move":                           {"stage"},
	"POST /settings/stages/{id}/delete":                         {"stage"},

	"GET /deals/{id}/edit":                               {"deal"},
	"POST /deals/{id}/edit":                              {"deal"},
	"POST /deals/{id}/move":                              {"deal"},
	"POST /deals/{id}/won":                               {"deal"},
	"GET /deals/{id}/lost":                               {"deal"},
	"POST /deals/{id}/lost":                              {"deal"},
	"POST /deals/{id}/reopen":                            {"deal"},
	"POST /deals/{id}/archive":                           {"deal"},
	"POST /deals/{id}/duplicate":                         {"deal"},
	"POST /deals/{id}/to-lead":                           {"deal"},
	"POST /deals/{id}/delete":                            {"deal"},
	"GET /deals/{id}/participants/new":                   {"deal"},
	"POST /deals/{id}/participants/new":                  {"deal"},
	"GET /deals/{id}/merge":                              {"deal"},
	"POST /deals/{id}/merge":                             {"deal"},
	"POST /deals/{id}/participants/{participant}/delete": {"deal", "(1)"},
	"GET /leads/inbox/{id}/edit":                         {"lead"},
	"POST /leads/inbox/{id}/edit":                        {"lead"},
	"POST /leads/inbox/{id}/seen":                        {"lead"},
	"POST /leads/inbox/{id}/archive":                     {"lead"},
	"POST /leads/inbox/{id}/delete":                      {"lead"},
	"GET /leads/inbox/{id}/to-deal":                      {"lead"},
	"POST /leads/inbox/{id}/to-deal":                     {"lead"},
	"GET /persons/{id}/merge":                            {"person"},
	"POST /persons/{id}/merge":                           {"person"},
	"GET /organizations/{id}/merge":                      {"organization"},
	"POST /organizations/{id}/merge":                     {"organization"},

	"GET /_dockwright/inspector/{id}":         {"exchange page"},
	"GET /_dockwright/inspector/{id}/replay":  {"exchange page"},
	"POST /_dockwright/inspector/{id}/replay": {"exchange page"},

	"POST /settings/users/{id}/reactivate":       {"user"},
	"POST /settings/users/{id}/role":             {"user"},
	"POST /settings/users/{id}/deactivate":       {"user"},
	"POST /settings/users/invites/{id}/withdraw": {"invite page"},

	"GET /settings/webhooks/{id}":                                  {"webhook page"},
	"POST /settings/webhooks/{id}/delete":                          {"webhook page"},
	"POST /settings/webhooks/{id}/test":                            {"webhook page"},
	"GET /settings/webhooks/{id}/deliveries/{delivery}":            {"webhook page", "(1)"},
	"POST /settings/webhooks/{id}/deliveries/{delivery}/replay":    {"webhook page", "(1)"},
	"GET /settings/marketplace/app/{client_id}/app-settings":       {"app"},
	"GET /marketplace/app/{client_id}":                             {"app"},
	"POST /marketplace/app/{client_id}/install":                    {"app"},
	"POST /marketplace/app/{client_id}/uninstall":                  {"app"},
	"POST /marketplace/app/{client_id}/sharing":                    {"app"},
	"GET /developer-hub/app/{client_id}":                           {"app"},
	"POST /developer-hub/app/{client_id}/secret":                   {"app"},
	"POST /developer-hub/app/{client_id}/check":                    {"app"},
	"GET /developer-hub/app/{client_id}/extensions":                {"app"},
	"GET /developer-hub/app/{client_id}/extensions/new":            {"app"},
	"POST /developer-hub/app/{client_id}/extensions/new":           {"app"},
	"GET /developer-hub/app/{client_id}/extensions/{uuid}":         {"app", "(0b7f6f1e-2a77-4f0e-9f53-5d2f6a1c7e10)"},
	"POST /developer-hub/app/{client_id}/extensions/{uuid}":        {"app", "(0b7f6f1e-2a77-4f0e-9f53-5d2f6a1c7e10)"},
	"POST /developer-hub/app/{client_id}/extensions/{uuid}/remove": {"app", "(0b7f6f1e-2a77-4f0e-9f53-5d2f6a1c7e10)"},
	"GET /developer-hub/app/{client_id}/basic":                     {"app"},
	"POST /developer-hub/app/{client_id}/basic":                    {"app"},
	"POST /developer-hub/app/{client_id}/icon":                     {"app"},
	"POST /developer-hub/app/{client_id}/images":                   {"app"},
	"POST /developer-hub/app/{client_id}/images/{image}":           {"app", "(1)"},
	"GET /developer-hub/app/{client_id}/oauth":                     {"app"},
	"POST /developer-hub/app/{client_id}/oauth":                    {"app"},
	"POST /developer-hub/app/{client_id}/manifest":                 {"app"},
	"POST /developer-hub/app/{client_id}/video-manifest":           {"app"},
	"GET /developer-hub/app/{client_id}/publish":                   {"app"},
	"POST /developer-hub/app/{client_id}/webhooks":                 {"app"},
	"POST /developer-hub/app/{client_id}/live":                     {"app"},
	"POST /developer-hub/app/{client_id}/unpublish":                {"app"},
	"POST /developer-hub/app/{client_id}/submit":                   {"app"},
	"POST /developer-hub/app/{client_id}/withdraw":                 {"app"},
	"POST /developer-hub/app/{client_id}/merge":                    {"app"},
	"POST /developer-hub/app/{client_id}/discard":                  {"app"},
	"POST /developer-hub/app/{client_id}/delete":                   {"app"},
	"POST /developer-hub/reviews/{client_id}":                      {"app"},
}

// pageLinks is where the numbers stand that only pages know.
var pageLinks = map[string]struct{ page, link string }{
	"conversation page": {"/leads/messaging", `/leads/messaging/(\d+)`},
	"channel page":      {"/settings/integrations/messaging", `/messaging/channel/(\d+)`},
	"exchange page":     {"/_dockwright/inspector", `/_dockwright/inspector/(\d+)`},
	"invite page":       {"/settings/users", `/settings/users/invites/(\d+)/`},
	"webhook page":      {"/settings/webhooks", `/settings/webhooks/(\d+)`},
}

// visitor is somebody who is signed in.
type visitor struct {
	s      *street
	cookie string
}

func (s *street) signIn(email string) visitor {
	s.t.Helper()
	v := visitor{s: s}
	resp, raw := v.visit("POST", "/login", url.Values{"email": {email}, "password": {password}})
	for _, c := range resp.Cookies() {
		v.cookie = c.Name + "=" + c.Value
	}
	if v.cookie == "" {
		s.t.Fatalf("%s cannot sign in: %d %s", email, resp.StatusCode, raw)
	}
	return v
}

// visit asks for a page as a browser does.
func (v visitor) visit(method, path string, form url.Values) (*http.Response, []byte) {
	v.s.t.Helper()
	req, err := http.NewRequestWithContext(v.s.t.Context(), method, v.s.URL+path, strings.NewReader(form.Encode()))
	if err != nil {
		v.s.t.Fatal(err)
	}
	req.Header.Set("Cookie", v.cookie)
	req.Header.Set("Sec-Fetch-Site", "same-origin")
	if method == http.MethodPost {
		req.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	}
	return v.s.send(req)
}

// number is the greatest that a page has a link to.
func (v visitor) number(thing string) int64 {
	v.s.t.Helper()
	at := pageLinks[thing]
	_, raw := v.visit("GET", at.page, nil)
	var found int64
	for _, m := range regexp.MustCompile(at.link).FindAllSubmatch(raw, -1) {
		var n int64
		if _, err := fmt.Sscan(string(m[1]), &n); err == nil {
			found = max(found, n)
		}
	}
	return found
}

// An admin of one company who is signed in sees nothing of another on any page,
// and cannot tell a number that only the other has from one that nobody has.
// spec: tenancy.pages
func TestPagesAreIsolated(t *testing.T) {
	t.Parallel()
	n := newNeighbours(t, false)
	guest, host := n.signIn("boss@quillon.example"), n.signIn("boss@vexmoor.example")
	theirs := n.beyond()
	for range 3 {
		host.visit("POST", "/settings/users", url.Values{"email": {fmt.Sprintf("new%d@vexmoor.example", n.rich.made)}})
		host.visit("POST", "/settings/webhooks", url.Values{
			"url": {n.rich.hooks}, "subscription_url": {n.rich.hooks}, "event_action": {"*"}, "event_object": {"*"}, "action": {"*"}, "object": {"*"}, "name": {n.rich.text("hook")},
		})
		n.rich.made++
	}
	theirs["app"] = []any{n.rich.app}
	for thing := range pageLinks {
		id := host.number(thing)
		if own := guest.number(thing); id <= own {
			t.Errorf("%s: the other company has %d, want one beyond %d", thing, id, own)
		}
		theirs[thing] = []any{id}
	}
	before := n.snapshot(n.rich)
	for _, page := range n.Pages() {
		method, pattern, _ := strings.Cut(page, " ")
		parameters := len(pathParameter.FindAllString(strings.ReplaceAll(pattern, "{$}", ""), -1))
		named, known := pages[page]
		switch {
		case parameters != len(named) && (parameters > 0 || known):
			t.Errorf("TestPagesAreIsolated does not know %s: say in tenant_page_test.go what its path names", page)
		case parameters > 0 && page != "POST /settings/fields/{entity}":
			n.foreignPage(guest, page, named, theirs)
		case method == http.MethodGet && pattern != "/_dockwright/live":
			path := strings.ReplaceAll(pattern, "{$}", "")
			for _, query := range []string{"", "?q=" + n.rich.mark + "&term=" + n.rich.mark} {
				resp, raw := guest.visit("GET", path+query, nil)
				raw = regexp.MustCompile(`(=|%3[Dd]|value="|“)`+n.rich.mark).ReplaceAll(raw, nil) // what was asked may be repeated
				if n.rich.leaks(raw) || resp.StatusCode >= 500 {
					t.Errorf("GET %s%s: %d tells of the other company: %s", path, query, resp.StatusCode, around(raw, n.rich))
				}
			}
		}
	}
	n.foreignForms(guest, theirs)
	if now := n.snapshot(n.rich); !maps.Equal(now, before) {
		t.Errorf("the other company has changed: %s", differing(before, now))
	}
}

// foreignPage asks for a page of something that only the other company has.
func (n *neighbours) foreignPage(guest visitor, page string, named []string, theirs map[string][]any) {
	n.t.Helper()
	method, pattern, _ := strings.Cut(page, " ")
	fill := func(of func(any) any) (path string, ids []any) {
		i := 0
		path = pathParameter.ReplaceAllStringFunc(pattern, func(string) string {
			word, fixed := strings.CutPrefix(named[i], "(")
			i++
			if fixed {
				return strings.TrimSuffix(word, ")")
			}
			if theirs[word] == nil {
				n.t.Fatalf("%s: nobody knows what a %s is", page, word)
			}
			id := of(theirs[word][len(theirs[word])-1])
			ids = append(ids, id)
			return fmt.Sprint(id)
		})
		return path, ids
	}
	form := url.Values{"share": {"company"}, "content": {"x"}, "name": {"x"}, "role": {"admin"}, "status": {"closed"}, "text": {"x"}, "admin": {"1"}}
	path, ids := fill(func(id any) any { return id })
	resp, raw := guest.visit(method, path, form)
	if n.rich.leaks([]byte(without(raw, ids...))) {
		n.t.Errorf("%s %s: tells of the other company: %s", method, path, around(raw, n.rich))
	}
	// A form that is wrong in itself may be refused before anybody looks for what it is about.
	if resp.StatusCode != http.StatusNotFound && resp.StatusCode != http.StatusBadRequest {
		n.t.Errorf("%s %s: status %d, want 404: %.200s %s", method, path, resp.StatusCode, raw, resp.Header.Get("Location"))
	}
	absent, nobodys := fill(nobody)
	empty, rawEmpty := guest.visit(method, absent, form)
	both := append(ids, nobodys...)
	if got, want := without(words(raw), both...), without(words(rawEmpty), both...); empty.StatusCode != resp.StatusCode || got != want {
		n.t.Errorf("%s %s answers otherwise than %s: %d and %d, %s", method, path, absent, resp.StatusCode, empty.StatusCode, firstDifference(got, want))
	}
}

// foreignForms sends forms that name something of the other company.
func (n *neighbours) foreignForms(guest visitor, theirs map[string][]any) {
	n.t.Helper()
	person, deal := fmt.Sprint(n.poor.id("person")), fmt.Sprint(n.poor.id("deal"))
	their := func(thing string) string { return fmt.Sprint(theirs[thing][len(theirs[thing])-1]) }
	for _, form := range []struct {
		path string
		form url.Values
	}{
		{"/switch-company", url.Values{"company": {fmt.Sprint(n.rich.number)}}},
		{"/persons/new", url.Values{"name": {"x"}, "org_id_id": {their("organization")}}},
		{"/persons/new", url.Values{"name": {"x"}, "owner_id": {their("user")}}},
		{"/persons/" + person + "/edit", url.Values{"name": {"x"}, "org_id_id": {their("organization")}}},
		{"/persons/" + person + "/edit", url.Values{"name": {"x"}, "owner_id": {their("user")}}},
		{"/organizations/new", url.Values{"name": {"x"}, "owner_id": {their("user")}}},
		{"/records/deal/" + deal + "/notes", url.Values{"content": {""}}},
		{"/oauth/authorize", url.Values{"client_id": {n.rich.app}, "redirect_uri": {n.URL}, "decision": {"allow"}}},
	} {
		resp, raw := guest.visit("POST", form.path, form.form)
		if resp.StatusCode < 400 || resp.StatusCode >= 500 || n.rich.leaks(raw) {
			n.t.Errorf("POST %s with %v: %d %s: %s", form.path, form.form, resp.StatusCode, resp.Header.Get("Location"), around(raw, n.rich))
		}
	}
	query := url.Values{"client_id": {n.rich.app}, "redirect_uri": {n.URL}}
	if resp, raw := guest.visit("GET", "/oauth/authorize?"+query.Encode(), nil); resp.StatusCode != 400 || n.rich.leaks(raw) {
		n.t.Errorf("consent to another company's draft: %d %s", resp.StatusCode, around(raw, n.rich))
	}
}

// around is what stands beside a mark that should not be there.
func around(raw []byte, m *member) string {
	text := strings.ToLower(string(raw))
	for _, mark := range []string{strings.ToLower(m.mark), m.company} {
		if i := strings.Index(text, mark); i >= 0 {
			return text[max(0, i-150):min(len(text), i+150)]
		}
	}
	return fmt.Sprintf("%.200s", raw)
}

var (
	tags   = regexp.MustCompile(`<[^>]*>`)
	spaces = regexp.MustCompile(`\s+`)
)

// words are what a person reads on a page.
func words(page []byte) []byte {
	return spaces.ReplaceAll(tags.ReplaceAll(page, []byte(" ")), []byte(" "))
}

func firstDifference(a, b string) string {
	for i := range min(len(a), len(b)) {
		if a[i] != b[i] {
			return fmt.Sprintf("%q and %q", a[max(0, i-60):min(len(a), i+60)], b[max(0, i-60):min(len(b), i+60)])
		}
	}
	return fmt.Sprintf("%d and %d bytes", len(a), len(b))
}

// The line to a browser carries what happens in its own company and nothing else,
// from the first event on.
// spec: tenancy.live
func TestLiveIsIsolated(t *testing.T) {
	t.Parallel()
	n := newNeighbours(t, false)
	guest := n.signIn("boss@quillon.example")
	ctx, stop := context.WithTimeout(t.Context(), 20*time.Second)
	defer stop()
	line, _, err := websocket.Dial(ctx, strings.Replace(n.URL, "http", "ws", 1)+"/_dockwright/live?since=0", &websocket.DialOptions{HTTPHeader: http.Header{"Cookie": {guest.cookie}}})
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = line.CloseNow() }()
	theirs := n.beyond()
	last := "person:" + fmt.Sprint(n.poor.another("person")[0])
	foreign := []string{
		fmt.Sprintf("person:%v", theirs["person"][0]), fmt.Sprintf("deal:%v", theirs["deal"][0]), fmt.Sprintf("lead:%v", theirs["lead"][0]),
		fmt.Sprintf("lead:%v", n.rich.id("lead")), fmt.Sprintf("note:%v", theirs["note"][0]),
	}
	for topics := []string{}; !slices.Contains(topics, last); {
		_, raw, err := line.Read(ctx)
		if err != nil {
			t.Fatalf("nothing tells of %s: %v", last, err)
		}
		var frame struct{ Topics []string }
		if err := json.Unmarshal(raw, &frame); err != nil {
			t.Fatalf("%v: %s", err, raw)
		}
		topics = frame.Topics
		for _, topic := range foreign {
			if slices.Contains(topics, topic) {
				t.Errorf("the line carries %s", raw)
			}
		}
		if n.rich.leaks(raw) {
			t.Errorf("the line tells of the other company: %s", raw)
		}
	}
}
