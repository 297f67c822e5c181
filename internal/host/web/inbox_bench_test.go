package web

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"sync"
	"testing"
	"time"

	"golang.org/x/net/html"

	"github.com/dockwright/dockwright/internal/clock"
	"github.com/dockwright/dockwright/internal/host/account"
	"github.com/dockwright/dockwright/internal/host/authz"
	"github.com/dockwright/dockwright/internal/host/devhub"
	"github.com/dockwright/dockwright/internal/host/event"
	"github.com/dockwright/dockwright/internal/host/inbox"
	"github.com/dockwright/dockwright/internal/host/outbound"
	"github.com/dockwright/dockwright/internal/host/records"
	"github.com/dockwright/dockwright/internal/host/route"
	"github.com/dockwright/dockwright/internal/lane"
	"github.com/dockwright/dockwright/internal/live"
	"github.com/dockwright/dockwright/internal/secret"
	"github.com/dockwright/dockwright/internal/store"
	"github.com/dockwright/dockwright/internal/store/storetest"
	"github.com/dockwright/dockwright/pipedrive/messagingapi"
)

// inboxBench is a company with an app across the street: the real rooms, lanes
// and pages, and a provider that answers from memory.
type inboxBench struct {
	t       testing.TB
	db      *store.DB
	clock   *clock.Manual
	hub     *live.Hub
	inbox   *inbox.Service
	records *records.Service
	web     *Web
	company int64
	owner   account.User // an admin; the installation is theirs
	agent   account.User
	app     devhub.App
	chat    *provider
	news    chan struct{}
}

// benchTime is the present of the bench.
var benchTime = time.Date(2026, 3, 4, 10, 0, 0, 0, time.UTC)

func newInboxBench(t testing.TB) *inboxBench {
	t.Helper()
	b := &inboxBench{t: t, clock: clock.NewManual(benchTime), chat: &provider{shared: true}, news: make(chan struct{}, 1)}
	b.db = storetest.SQLite(t, live.Migrations, event.Migrations, lane.Migrations, account.Migrations, devhub.Migrations, records.Migrations, inbox.Migrations)
	ctx, cancel := context.WithCancel(context.Background())
	log := slog.New(slog.NewTextHandler(t.Output(), &slog.HandlerOptions{Level: slog.LevelWarn}))
	keys, err := secret.NewKeyring([]byte(strings.Repeat("k", 32)))
	b.must(err)
	people := account.New(b.db, account.Options{})
	company, err := people.CreateCompany(ctx, account.NewCompany{Name: "Nordwind Trading", Domain: "nordwind"})
	b.must(err)
	b.company = company.ID
	b.owner, err = people.CreateUser(ctx, company.ID, account.NewUser{Name: "Ada Admin", Email: "ada@nordwind.test", Admin: true})
	b.must(err)
	b.agent, err = people.CreateUser(ctx, company.ID, account.NewUser{Name: "Ben Agent", Email: "ben@nordwind.test"})
	b.must(err)
	apps := devhub.New(b.db, keys)
	b.records = records.New(b.db)
	lanes := lane.NewRunner(b.db, lane.Options{Log: log})
	b.hub = live.NewHub(b.db, live.HubOptions{Log: log})
	b.inbox = inbox.New(b.db, inbox.Options{
		Outbound: b.chat, Lanes: lanes, Apps: apps, Installs: b.chat, Users: people, Records: b.records, Clock: b.clock, Log: log,
	})
	b.web, err = New(Services{
		DB: b.db, Clock: b.clock, Account: people, Inbox: b.inbox, Records: b.records, DevHub: apps, Hub: b.hub, BaseURL: "http://localhost:8080", Log: log,
	})
	b.must(err)
	var ended sync.WaitGroup
	ended.Go(func() { _ = lanes.Run(ctx) })
	ended.Go(func() { _ = b.hub.Run(ctx) })
	stop := b.hub.Subscribe(b.company, func(live.Event) {
		select {
		case b.news <- struct{}{}:
		default:
		}
	})
	t.Cleanup(func() { stop(); cancel(); ended.Wait() })
	b.registerApp(apps)
	return b
}

func (b *inboxBench) must(err error) {
	b.t.Helper()
	if err != nil {
		b.t.Fatal(err)
	}
}

func (b *inboxBench) registerApp(apps *devhub.Service) {
	b.t.Helper()
	var err error
	c := b.as(b.owner)
	b.app, err = apps.Create(b.t.Context(), c, false, devhub.Registration{
		Name: "Street Messages", CallbackURL: "http://127.0.0.1:8081/oauth/callback", Scopes: []string{devhub.ScopeMessengers},
	})
	b.must(err)
	endpoint := func(path string) string { return "http://127.0.0.1:8081/p/:providerChannelId" + path }
	manifest, err := json.Marshal(map[string]any{"version": "v202101", "endpoints": map[string]string{
		"getConversations": endpoint("/threads"), "getConversationById": endpoint("/threads/:sourceConversationId"), "postMessage": endpoint("/outbox"),
		"getTemplates": endpoint("/templates"), "getSenderById": endpoint("/people/:senderId"), "deleteChannelById": endpoint(""),
		"getMessageById": endpoint("/threads/:sourceConversationId/items/:sourceMessageId"),
	}})
	b.must(err)
	b.app, err = apps.UploadManifest(b.t.Context(), c, b.app.ClientID, manifest)
	b.must(err)
}

// as is the caller behind a page.
func (b *inboxBench) as(u account.User) route.Caller {
	return route.Caller{Company: b.company, User: u.ID, Admin: u.Admin}
}

// handler serves the routes to one person, as the guard would let them through.
func (b *inboxBench) handler(c route.Caller) http.Handler {
	mux := http.NewServeMux()
	for _, rt := range append(b.web.Routes(), b.inbox.Routes()...) {
		mux.HandleFunc(rt.Method+" "+rt.Pattern, func(w http.ResponseWriter, r *http.Request) {
			rt.Handler(w, r.WithContext(route.WithCaller(r.Context(), c)))
		})
	}
	return mux
}

// until waits for events until ok holds.
func (b *inboxBench) until(what string, ok func() bool) {
	b.t.Helper()
	late := time.After(20 * time.Second)
	for !ok() {
		select {
		case <-b.news:
		case <-late:
			b.t.Fatalf("%s: not after 20 seconds", what)
		}
	}
}

// channel registers a channel as the app does, and waits until it is synced.
func (b *inboxBench) channel(n messagingapi.NewChannel) inbox.Channel {
	b.t.Helper()
	b.street(http.MethodPost, "/v1/channels", n)
	var found inbox.Channel
	b.until("channel "+n.Name+" is synced", func() bool {
		all, err := b.inbox.Channels(b.t.Context(), b.as(b.owner))
		b.must(err)
		for _, ch := range all {
			if ch.ProviderChannelID == n.ProviderChannelID && ch.SyncState != inbox.SyncPending && ch.SyncState != inbox.SyncSyncing {
				found = ch
				return true
			}
		}
		return false
	})
	return found
}

// street makes a call of the app to the host.
func (b *inboxBench) street(method, path string, body any) {
	b.t.Helper()
	raw, err := json.Marshal(body)
	b.must(err)
	c := b.as(b.owner)
	c.ClientID, c.Scopes = b.app.ClientID, []string{devhub.ScopeMessengers}
	rec := httptest.NewRecorder()
	b.handler(c).ServeHTTP(rec, httptest.NewRequest(method, path, strings.NewReader(string(raw))))
	if rec.Code != http.StatusOK {
		b.t.Fatalf("%s %s: %d %s", method, path, rec.Code, rec.Body)
	}
}

// receive tells the host of a message.
func (b *inboxBench) receive(m messagingapi.Received) {
	b.t.Helper()
	if m.Status == "" {
		m.Status = "sent"
	}
	if m.Attachments == nil {
		m.Attachments = []messagingapi.Attachment{}
	}
	b.street(http.MethodPost, "/v1/channels/messages/receive", m)
}

// conversation finds a conversation by the provider's id once the app has told
// who takes part in it.
func (b *inboxBench) conversation(source string) inbox.Conversation {
	b.t.Helper()
	var found inbox.Conversation
	b.until("conversation "+source, func() bool {
		all, _, err := b.inbox.ListConversations(b.t.Context(), b.as(b.owner), inbox.Filter{Limit: 100})
		b.must(err)
		for _, c := range all {
			if c.SourceID == source && c.Business.SourceID != "" {
				found = c
				return true
			}
		}
		return false
	})
	return found
}

// get fetches a page or, with fragments, parts of it.
func (b *inboxBench) get(c route.Caller, path string, fragments ...string) *httptest.ResponseRecorder {
	b.t.Helper()
	r := httptest.NewRequest(http.MethodGet, path, nil)
	if len(fragments) > 0 {
		r.Header.Set(fragmentHeader, strings.Join(fragments, ","))
	}
	rec := httptest.NewRecorder()
	b.handler(c).ServeHTTP(rec, r)
	return rec
}

// post sends a form as a browser without scripts does.
func (b *inboxBench) post(c route.Caller, path string, pairs ...string) *httptest.ResponseRecorder {
	b.t.Helper()
	form := url.Values{}
	for i := 0; i+1 < len(pairs); i += 2 {
		form.Add(pairs[i], pairs[i+1])
	}
	r := httptest.NewRequest(http.MethodPost, path, strings.NewReader(form.Encode()))
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	rec := httptest.NewRecorder()
	b.handler(c).ServeHTTP(rec, r)
	return rec
}

// page fetches and parses a page that must be there.
func (b *inboxBench) page(c route.Caller, path string, fragments ...string) *html.Node {
	b.t.Helper()
	rec := b.get(c, path, fragments...)
	if rec.Code != http.StatusOK {
		b.t.Fatalf("GET %s: %d %s", path, rec.Code, rec.Body)
	}
	doc, err := html.Parse(rec.Body)
	b.must(err)
	return doc
}

// provider is the app across the street and the record of its installation.
type provider struct {
	mu        sync.Mutex
	shared    bool
	threads   []messagingapi.Conversation
	templates []messagingapi.Template
	older     map[string][]messagingapi.Message // by cursor
	posted    int
	refuse    string // answer of postMessage, "" takes it
	malformed string // answer to getConversations, "" for the threads
}

func (p *provider) Installation(tx *store.Tx, clientID string, user int64) (authz.Installation, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	return authz.Installation{Company: tx.Company(), User: user, ClientID: clientID, Shared: p.shared}, nil
}

func (p *provider) Head(context.Context, int64, string) (int, error) { return http.StatusOK, nil }

func (p *provider) Do(_ context.Context, c outbound.Call) (*outbound.Response, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	u, err := url.Parse(c.URL)
	if err != nil {
		return nil, err
	}
	switch path := u.Path; {
	case c.Method == http.MethodPost:
		if p.refuse != "" {
			return answerOf(http.StatusBadRequest, messagingapi.Fail("INVALID_BODY", p.refuse))
		}
		p.posted++
		return answerOf(http.StatusOK, messagingapi.OK(messagingapi.Posted{ID: fmt.Sprintf("out-%d", p.posted)}))
	case c.Method == http.MethodDelete:
		return answerOf(http.StatusOK, messagingapi.OK(nil))
	case strings.HasSuffix(path, "/threads"):
		if p.malformed != "" {
			return &outbound.Response{Status: http.StatusOK, Header: http.Header{}, Body: []byte(p.malformed)}, nil
		}
		return answerOf(http.StatusOK, messagingapi.ConversationPage{Conversations: p.threads}.Wire())
	case strings.HasSuffix(path, "/templates"):
		return answerOf(http.StatusOK, messagingapi.OK(map[string]any{"templates": p.templates}))
	case strings.Contains(path, "/threads/"):
		return p.thread(path[strings.LastIndexByte(path, '/')+1:], u.Query().Get("after"))
	}
	return answerOf(http.StatusNotFound, messagingapi.Fail("NOT_FOUND", "there is no "+u.Path))
}

// thread answers getConversationById: a thread that is known, else one that is
// made up for its id.
func (p *provider) thread(id, after string) (*outbound.Response, error) {
	c := talkOf(id, "Visitor "+id)
	for _, t := range p.threads {
		if t.ID == id {
			c = t
			c.NextMessages = ""
			c.Messages = p.older[after]
		}
	}
	return answerOf(http.StatusOK, messagingapi.OK(c))
}

// talkOf is a conversation with a customer and without messages.
func talkOf(id, name string) messagingapi.Conversation {
	return messagingapi.Conversation{
		ID: id, Status: "open", Messages: []messagingapi.Message{},
		Participants: []messagingapi.Participant{{ID: "biz", Name: "Nordwind", Role: "source_user"}, {ID: "who-" + id, Name: name, Role: "end_user"}},
	}
}

func answerOf(status int, body any) (*outbound.Response, error) {
	raw, err := json.Marshal(body)
	return &outbound.Response{Status: status, Header: http.Header{}, Body: raw}, err
}

// find returns the elements for which ok holds, in the order of the page.
func find(n *html.Node, ok func(*html.Node) bool) []*html.Node {
	var out []*html.Node
	for d := range n.Descendants() {
		if d.Type == html.ElementNode && ok(d) {
			out = append(out, d)
		}
	}
	return out
}

// byID, byClass and byTag are conditions for find.
func byID(id string) func(*html.Node) bool {
	return func(n *html.Node) bool { return attr(n, "id") == id }
}

func byClass(class string) func(*html.Node) bool {
	return func(n *html.Node) bool {
		for c := range strings.FieldsSeq(attr(n, "class")) {
			if c == class {
				return true
			}
		}
		return false
	}
}

func byTag(tag string) func(*html.Node) bool {
	return func(n *html.Node) bool { return n.Data == tag }
}

func attr(n *html.Node, name string) string {
	for _, a := range n.Attr {
		if a.Key == name {
			return a.Val
		}
	}
	return ""
}

// textOf is the text a person reads in n, with single spaces.
func textOf(n *html.Node) string {
	var b strings.Builder
	for d := range n.Descendants() {
		if d.Type == html.TextNode {
			_, _ = io.WriteString(&b, d.Data)
		}
	}
	return strings.Join(strings.Fields(b.String()), " ")
}

// forms are the addresses that the page's forms send to.
func forms(n *html.Node) map[string]bool {
	out := map[string]bool{}
	for _, f := range find(n, byTag("form")) {
		if attr(f, "method") == "post" {
			out[attr(f, "action")] = true
		}
	}
	return out
}
