package main

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"golang.org/x/net/html"

	"github.com/dockwright/dockwright/internal/store/storetest"
)

// TestBadInput sends what is wrong to the product as it runs, by every door. Each
// is refused with a documented status and words that name the field, leaves a
// line for whoever looks for it, and changes nothing that anybody can see.
func TestBadInput(t *testing.T) {
	t.Parallel()
	b := newBadInput(t)
	t.Run("bytes that are no text", b.noText)
	t.Run("manifest", b.manifests)
	t.Run("schema", b.schemas)
	t.Run("authorize", b.authorize)
	t.Run("token", b.tokens)
	t.Run("channels API", b.channels)
	t.Run("answer of an app", b.appAnswers)
	t.Run("multipart", b.multipart)
	t.Run("visitor", b.visitor)
	t.Run("agent", b.agent)
	t.Run("flood", b.flood)
	t.Run("another site", b.anotherSite)
	t.Run("markup and paths", b.strangers)
}

// TestBadInputOnPostgres goes by the doors where the two databases could differ:
// PostgreSQL does not take every text.
func TestBadInputOnPostgres(t *testing.T) {
	t.Parallel()
	b := newBadInput(t, "--database", storetest.PostgresURL(t))
	t.Run("bytes that are no text", b.noText)
	t.Run("authorize", b.authorize)
	t.Run("token", b.tokens)
	t.Run("multipart", b.multipart)
	t.Run("visitor", b.visitor)
}

// badInput is a running product, an app of our own in it, and those who meet there.
type badInput struct {
	at    addresses
	chat  string
	admin *visitor
	// messaging is the app that "up" installs, own is one that misbehaves.
	messaging, own client
	app            *rudeApp
	channel        string // of own, registered
	seen           int    // probes so far, see probe
}

// client is what the Developer Hub gives an app.
type client struct{ id, secret, callback, token string }

func newBadInput(t *testing.T, args ...string) *badInput {
	t.Helper()
	at, chat := upNow(t, args...)
	b := &badInput{at: at, chat: chat, admin: newVisitor(), channel: "rude-1"}
	b.get(t, at.Host+"/").want(t, 200) // signs in
	b.app = newRudeApp(t)
	b.own = b.register(t, map[string]string{"name": "Rude", "type": "private", "callback_url": b.app.url + "/callback"})
	b.messaging = b.credentials(t, "Dockwright Messaging")
	b.upload(t, b.own.id, b.app.manifest(), b.probe()).want(t, 200)
	b.own.token = b.exchange(t, b.code(t))
	b.call(t, http.MethodPost, "/v1/channels", `{"name":"Rude","provider_channel_id":"rude-1","template_support":false}`).want(t, 200)
	return b
}

// answer is what came back, its body also as a page's words if it is one.
type answer struct {
	status int
	header http.Header
	body   string
	root   *html.Node
	place  *url.URL
}

func (b *badInput) do(t *testing.T, v *visitor, method, address string, header http.Header, body io.Reader) answer {
	t.Helper()
	req, err := http.NewRequestWithContext(t.Context(), method, address, body)
	if err != nil {
		t.Fatal(err)
	}
	for name, values := range header {
		req.Header[name] = values
	}
	if host := header.Get("Host"); host != "" {
		req.Host = host
	}
	resp, err := v.client.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	raw, err := io.ReadAll(resp.Body)
	if err != nil {
		t.Fatal(err)
	}
	a := answer{status: resp.StatusCode, header: resp.Header, body: string(raw), place: resp.Request.URL}
	if strings.HasPrefix(resp.Header.Get("Content-Type"), "text/html") {
		if a.root, err = html.Parse(bytes.NewReader(raw)); err != nil {
			t.Fatal(err)
		}
	}
	return a
}

// words is the answer as a person reads it.
func (a answer) words() string {
	if a.root == nil {
		return a.body
	}
	from := a.root
	for n := range a.root.Descendants() {
		if n.Data == "main" && n.Type == html.ElementNode {
			from = n
		}
	}
	return strings.Join(strings.Fields(innerText(from)), " ")
}

func (a answer) want(t *testing.T, status int, words ...string) answer {
	t.Helper()
	if a.status != status {
		t.Fatalf("status %d, want %d: %.600s", a.status, status, a.words())
	}
	for _, w := range words {
		if !strings.Contains(a.words(), w) {
			t.Errorf("the answer does not say %q: %.600s", w, a.words())
		}
	}
	return a
}

func (b *badInput) get(t *testing.T, address string) answer {
	t.Helper()
	return b.do(t, b.admin, http.MethodGet, address, nil, nil)
}

// submit sends a form as a browser does.
func (b *badInput) submit(t *testing.T, address string, values url.Values, header http.Header) answer {
	t.Helper()
	h := http.Header{"Content-Type": {"application/x-www-form-urlencoded"}}
	for name, v := range header {
		h[name] = v
	}
	return b.do(t, b.admin, http.MethodPost, address, h, strings.NewReader(values.Encode()))
}

// register brings an app into the Developer Hub.
func (b *badInput) register(t *testing.T, fields map[string]string) client {
	t.Helper()
	values := url.Values{"scopes": {"base", "messengers-integration"}}
	for name, v := range fields {
		values.Set(name, v)
	}
	a := b.submit(t, b.at.Host+"/developer-hub/new", values, nil).want(t, 200)
	return readClient(t, a, fields["callback_url"])
}

// credentials are those of an app that is there.
func (b *badInput) credentials(t *testing.T, name string) client {
	t.Helper()
	list := b.get(t, b.at.Host+"/developer-hub")
	for n := range list.root.Descendants() {
		if n.Data == "a" && strings.HasPrefix(attr(n, "href"), "/developer-hub/app/") && strings.Contains(innerText(n), name) {
			return readClient(t, b.get(t, b.at.Host+attr(n, "href")), "")
		}
	}
	t.Fatalf("the Developer Hub does not list %s: %s", name, list.words())
	return client{}
}

func readClient(t *testing.T, a answer, callback string) client {
	t.Helper()
	p := &page{url: a.place, root: a.root}
	id, err := p.value("client_id")
	if err != nil {
		t.Fatal(err)
	}
	secret, err := p.value("client_secret")
	if err != nil {
		t.Fatal(err)
	}
	return client{id: id, secret: secret, callback: callback}
}

// code lets the admin consent and returns the code that the callback got.
func (b *badInput) code(t *testing.T) string {
	t.Helper()
	ask := url.Values{"client_id": {b.own.id}, "redirect_uri": {b.own.callback}, "state": {"s"}}
	a := b.get(t, b.at.Host+"/oauth/authorize?"+ask.Encode()).want(t, 200, "Rude")
	f, err := (&page{url: a.place, root: a.root}).form("decision")
	if err != nil {
		t.Fatal(err)
	}
	f.values.Set("decision", "allow")
	a = b.submit(t, f.action.String(), f.values, nil).want(t, 200)
	if a.place.Query().Get("code") == "" {
		t.Fatalf("consent led to %s", a.place)
	}
	return a.place.Query().Get("code")
}

func (b *badInput) exchange(t *testing.T, code string) string {
	t.Helper()
	var token struct {
		Access string `json:"access_token"`
	}
	a := b.token(t, b.own, "", url.Values{"grant_type": {"authorization_code"}, "code": {code}, "redirect_uri": {b.own.callback}}).want(t, 200)
	if err := json.Unmarshal([]byte(a.body), &token); err != nil || token.Access == "" {
		t.Fatalf("%v: %s", err, a.body)
	}
	return token.Access
}

// token is a request at the token endpoint.
func (b *badInput) token(t *testing.T, c client, probe string, form url.Values) answer {
	t.Helper()
	req := http.Request{Header: http.Header{"Content-Type": {"application/x-www-form-urlencoded"}, "X-Probe": {probe}}}
	req.SetBasicAuth(c.id, c.secret)
	return b.do(t, newVisitor(), http.MethodPost, b.at.Host+"/oauth/token", req.Header, strings.NewReader(form.Encode()))
}

// call is a request of the rude app to the API.
func (b *badInput) call(t *testing.T, method, path, body string, header ...string) answer {
	t.Helper()
	h := http.Header{"Authorization": {"Bearer " + b.own.token}, "Content-Type": {"application/json"}}
	for i := 0; i+1 < len(header); i += 2 {
		h.Set(header[i], header[i+1])
	}
	return b.do(t, newVisitor(), method, b.at.Host+path, h, strings.NewReader(body))
}

// probe is a word to find one exchange by.
func (b *badInput) probe() string {
	b.seen++
	return fmt.Sprintf("probe-%03d.", b.seen)
}

// inspected waits for the line that the Inspector has of a probe.
func (b *badInput) inspected(t *testing.T, probe string, status int) {
	t.Helper()
	var a answer
	b.eventually(t, "the Inspector to have a line with "+fmt.Sprint(status), func() bool {
		a = b.get(t, b.at.Host+"/_dockwright/inspector?q="+url.QueryEscape(probe))
		return strings.Contains(a.words(), fmt.Sprint(status)) && hasRow(a.root)
	}, func() string { return a.words() })
}

func hasRow(root *html.Node) bool {
	for n := range root.Descendants() {
		if n.Data == "li" && strings.HasPrefix(attr(n, "id"), "exchange-") {
			return true
		}
	}
	return false
}

// logged waits for a line of the app's own page.
func (b *badInput) logged(t *testing.T, status int, words ...string) {
	t.Helper()
	b.eventually(t, fmt.Sprintf("the app's log to have %d and %q", status, words), func() bool {
		for n := range b.get(t, b.at.Messaging+"/").root.Descendants() {
			line := innerText(n)
			missing := func(w string) bool { return !strings.Contains(line, w) }
			if n.Data == "tr" && !missing(fmt.Sprint(status)) && !slices.ContainsFunc(words, missing) {
				return true
			}
		}
		return false
	}, func() string { return b.get(t, b.at.Messaging+"/").words() })
}

func (b *badInput) eventually(t *testing.T, what string, ok func() bool, state func() string) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 20*time.Second)
	defer cancel()
	if err := eventually(ctx, func() (bool, error) { return ok(), nil }); err != nil {
		t.Fatalf("waiting for %s: %v: %.1500s", what, err, state())
	}
}

// visible is what people and the app see: the list, each thread, and the app's
// own account of itself. Two equal ones mean that nothing was stored in between.
func (b *badInput) visible(t *testing.T) string {
	t.Helper()
	var all strings.Builder
	all.WriteString(b.get(t, b.at.Messaging+"/status.json").want(t, 200).body)
	list := b.get(t, b.at.Host+"/leads/messaging?status=any").want(t, 200)
	for n := range list.root.Descendants() {
		if attr(n, "class") == "inbox-item-link" {
			thread := b.get(t, b.at.Host+attr(n, "href")).want(t, 200)
			fmt.Fprintln(&all, strings.Join(strings.Fields(innerText(n)), " "), "\n ", thread.words())
		}
	}
	return all.String()
}

// unchanged runs fn and shows that it left nothing behind.
func (b *badInput) unchanged(t *testing.T, fn func()) {
	t.Helper()
	before := b.visible(t)
	fn()
	if after := b.visible(t); after != before {
		t.Errorf("something was stored:\n%s\nbefore:\n%s", after, before)
	}
}

// rudeApp is an app on an origin of its own that answers as it is told.
type rudeApp struct {
	url string

	mu           sync.Mutex
	conversation func(id string) string // the answer of getConversationById
}

func (a *rudeApp) set(conversation func(id string) string) {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.conversation = conversation
}

func newRudeApp(t *testing.T) *rudeApp {
	a := &rudeApp{conversation: func(id string) string { return politeConversation(id, "A guest", "", "") }}
	mux := http.NewServeMux()
	mux.HandleFunc("/callback", func(w http.ResponseWriter, _ *http.Request) { fmt.Fprintln(w, "ok") })
	mux.HandleFunc("GET /c/{channel}/conversations", func(w http.ResponseWriter, _ *http.Request) {
		fmt.Fprint(w, `{"success":true,"data":[],"additional_data":{"after":""}}`)
	})
	mux.HandleFunc("GET /c/{channel}/conversations/{id}", func(w http.ResponseWriter, r *http.Request) {
		a.mu.Lock()
		defer a.mu.Unlock()
		fmt.Fprint(w, a.conversation(r.PathValue("id")))
	})
	srv := httptest.NewServer(mux)
	t.Cleanup(srv.Close)
	a.url = srv.URL
	return a
}

func (a *rudeApp) manifest() string {
	at := a.url + "/c/:providerChannelId"
	return fmt.Sprintf(`{"version":"v202101","endpoints":{"getConversations":%q,"getConversationById":%q,"postMessage":%q}}`,
		at+"/conversations", at+"/conversations/:sourceConversationId", at+"/messages")
}

// politeConversation is a whole answer, but for what is put into it.
func politeConversation(id, guest, avatar, link string) string {
	text := func(s string) string { raw, _ := json.Marshal(s); return string(raw) }
	return fmt.Sprintf(`{"success":true,"data":{"id":%s,"link":%s,"status":"open","seen":true,"messages":[],"participants":[
		{"id":"shop","name":"Shop","role":"source_user"},{"id":"guest","name":%s,"role":"end_user","avatar_url":%s}]}}`,
		text(id), text(link), text(guest), text(avatar))
}
