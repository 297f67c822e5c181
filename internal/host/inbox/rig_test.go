package inbox

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/dockwright/dockwright/internal/clock"
	"github.com/dockwright/dockwright/internal/dial"
	"github.com/dockwright/dockwright/internal/fault"
	"github.com/dockwright/dockwright/internal/host/account"
	"github.com/dockwright/dockwright/internal/host/authz"
	"github.com/dockwright/dockwright/internal/host/devhub"
	"github.com/dockwright/dockwright/internal/host/event"
	"github.com/dockwright/dockwright/internal/host/outbound"
	"github.com/dockwright/dockwright/internal/host/route"
	"github.com/dockwright/dockwright/internal/lane"
	"github.com/dockwright/dockwright/internal/live"
	"github.com/dockwright/dockwright/internal/store"
	"github.com/dockwright/dockwright/internal/store/storetest"
	"github.com/dockwright/dockwright/pipedrive/messagingapi"
)

// migrations are what the room needs to be alone.
var migrations = []store.Migrations{lane.Migrations, live.Migrations, event.Migrations, Migrations}

const (
	client      = "9f0a1b2c3d4e5f60"
	otherClient = "00000000000000aa"
)

// The people of the tests: the admin who installed the app, another admin, and
// an agent, all in company 1.
var (
	owner     = route.Caller{Company: 1, User: 1, Admin: true, ClientID: client}
	admin     = route.Caller{Company: 1, User: 4, Admin: true, ClientID: client}
	colleague = route.Caller{Company: 1, User: 2, ClientID: client}
)

// rig is the room with an app across the street.
type rig struct {
	t        *testing.T
	s        *Service
	db       *store.DB
	app      *fakeApp
	clock    *clock.Manual
	installs *fakeInstalls
	runner   *lane.Runner
	mux      *http.ServeMux
	news     chan struct{}
}

type fakeInstalls struct {
	mu     sync.Mutex
	shared map[string]bool // "client/user"
}

func (f *fakeInstalls) set(clientID string, user int64, shared bool) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.shared[fmt.Sprint(clientID, "/", user)] = shared
}

func (f *fakeInstalls) remove(clientID string, user int64) {
	f.mu.Lock()
	defer f.mu.Unlock()
	delete(f.shared, fmt.Sprint(clientID, "/", user))
}

func (f *fakeInstalls) Installation(tx *store.Tx, clientID string, user int64) (authz.Installation, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	shared, ok := f.shared[fmt.Sprint(clientID, "/", user)]
	if !ok {
		return authz.Installation{}, fault.Missing("not installed")
	}
	return authz.Installation{Company: tx.Company(), User: user, ClientID: clientID, Shared: shared}, nil
}

// fakeUsers are 1, 2 and 4 of every company.
type fakeUsers struct{}

func (fakeUsers) User(_ *store.Tx, id int64) (account.User, error) {
	if id == 3 || id > 4 {
		return account.User{}, fault.Missing("no user %d", id)
	}
	return account.User{ID: id, Active: true}, nil
}

// fakeRecords know the person 7, the deal 8 and the lead l-9.
type fakeRecords struct{}

func (fakeRecords) Titles(_ *store.Tx, _ route.Caller, kind string, ids []string) (map[string]string, error) {
	all := map[string]string{"person7": "Mari Tamm", "deal8": "Blue bicycles", "leadl-9": "Bell order"}
	got := map[string]string{}
	for _, id := range ids {
		if t, ok := all[kind+id]; ok {
			got[id] = t
		}
	}
	return got, nil
}

// fakeApp is an app: a manifest, and answers that each test chooses.
type fakeApp struct {
	srv      *httptest.Server
	mux      *http.ServeMux
	manifest messagingapi.Manifest
	mu       sync.Mutex
	calls    []seenCall
	came     chan seenCall
}

type seenCall struct {
	line   string // "GET /pd/chan-88/threads?after=c"
	header http.Header
	body   []byte
}

func newFakeApp(t *testing.T) *fakeApp {
	a := &fakeApp{mux: http.NewServeMux(), came: make(chan seenCall, 1000)}
	a.srv = httptest.NewServer(http.HandlerFunc(a.serve))
	t.Cleanup(a.srv.Close)
	at := func(path string) messagingapi.Endpoint {
		return messagingapi.Endpoint(a.srv.URL + "/pd/:providerChannelId" + path)
	}
	a.manifest.Endpoints = messagingapi.Endpoints{
		GetConversations: at("/threads"), GetConversationByID: at("/threads/:sourceConversationId"), PostMessage: at("/outbox"),
		GetMessageByID: at("/threads/:sourceConversationId/items/:sourceMessageId"), GetSenderByID: at("/people/:senderId"),
		GetTemplates: at("/templates"), DeleteChannelByID: at(""),
	}
	return a
}

func (a *fakeApp) serve(w http.ResponseWriter, r *http.Request) {
	body, _ := io.ReadAll(r.Body)
	r.Body = io.NopCloser(bytes.NewReader(body))
	c := seenCall{line: r.Method + " " + r.URL.RequestURI(), header: r.Header, body: body}
	if id, secret, _ := r.BasicAuth(); r.Method != http.MethodHead && (id != client || secret != "s3cret") {
		c.line += " without credentials"
	}
	a.mu.Lock()
	a.calls = append(a.calls, c)
	a.mu.Unlock()
	a.mux.ServeHTTP(w, r)
	a.came <- c
}

// all are the calls so far.
func (a *fakeApp) all() []seenCall {
	a.mu.Lock()
	defer a.mu.Unlock()
	return slices.Clone(a.calls)
}

// last is the newest call.
func (a *fakeApp) last() seenCall {
	all := a.all()
	return all[len(all)-1]
}

// lines are the calls so far, in short.
func (a *fakeApp) lines() []string {
	var lines []string
	for _, c := range a.all() {
		lines = append(lines, c.line)
	}
	return lines
}

// on answers a pattern with a body, or what fn does.
func (a *fakeApp) on(pattern string, status int, body string) {
	a.do(pattern, func(w http.ResponseWriter, _ *http.Request) {
		w.WriteHeader(status)
		_, _ = io.WriteString(w, body)
	})
}

func (a *fakeApp) do(pattern string, fn http.HandlerFunc) { a.mux.HandleFunc(pattern, fn) }

func (a *fakeApp) ByClientID(_ context.Context, id string) (devhub.App, error) {
	if id != client && id != otherClient {
		return devhub.App{}, fault.Missing("no app %q", id)
	}
	return devhub.App{ClientID: id, Manifest: &a.manifest}, nil
}

func (a *fakeApp) AppIn(_ *store.Tx, id string) (devhub.App, error) {
	return a.ByClientID(context.Background(), id)
}
func (a *fakeApp) Secret(context.Context, string) (string, error) { return "s3cret", nil }

// each runs fn over a rig on both databases.
func each(t *testing.T, fn func(t *testing.T, g *rig)) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, open func(ms ...store.Migrations) *store.DB) {
		fn(t, newRig(t, open(migrations...)))
	})
}

func newRig(t *testing.T, db *store.DB) *rig {
	g := stillRig(t, db)
	ctx, cancel := context.WithCancel(context.Background())
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		_ = g.runner.Run(ctx)
	}()
	t.Cleanup(func() {
		cancel()
		<-ended
	})
	return g
}

// stillRig is a rig whose lanes do not run.
func stillRig(t *testing.T, db *store.DB) *rig {
	g := &rig{
		t: t, db: db, app: newFakeApp(t), clock: clock.NewManual(time.Date(2026, 3, 4, 12, 0, 0, 0, time.UTC)),
		installs: &fakeInstalls{shared: map[string]bool{}}, mux: http.NewServeMux(), news: make(chan struct{}, 1),
	}
	g.installs.set(client, owner.User, true)
	g.runner = lane.NewRunner(db, lane.Options{MinBackoff: time.Millisecond, MaxBackoff: time.Millisecond})
	g.s = New(db, Options{
		Outbound: outbound.New(outbound.Options{Guard: dial.Guard{LoopbackOnly: true}}), Lanes: g.runner,
		Apps: g.app, Installs: g.installs, Users: fakeUsers{}, Records: fakeRecords{}, Clock: g.clock,
	})
	for _, r := range g.s.Routes() {
		g.mux.HandleFunc(r.Method+" "+r.Pattern, r.Handler)
	}
	stop := db.Listen(live.Topic, func(string) {
		select {
		case g.news <- struct{}{}:
		default:
		}
	})
	t.Cleanup(stop)
	return g
}

// call is a request of the app to the host.
func (g *rig) call(v route.Caller, method, path, body string) (status int, answer string) {
	g.t.Helper()
	r := httptest.NewRequest(method, path, strings.NewReader(body))
	w := httptest.NewRecorder()
	g.mux.ServeHTTP(w, r.WithContext(route.WithCaller(r.Context(), v)))
	return w.Code, strings.TrimSpace(w.Body.String())
}

// want is call with a status that must come.
func (g *rig) want(status int, v route.Caller, method, path, body string) string {
	g.t.Helper()
	got, answer := g.call(v, method, path, body)
	if got != status {
		g.t.Fatalf("%s %s answered %d %s, want %d", method, path, got, answer, status)
	}
	return answer
}

// until waits, after each event, for a thing to be true.
func (g *rig) until(what string, ok func() bool) {
	g.t.Helper()
	late := time.NewTimer(30 * time.Second)
	defer late.Stop()
	for !ok() {
		select {
		case <-g.news:
		case <-late.C:
			g.t.Fatalf("never happened: %s; the app was asked %q", what, g.app.lines())
		}
	}
}

const aChannel = `{"name":"Shop line","provider_channel_id":"chan-88","avatar_url":"https://cdn.acme.test/shop.png","provider_type":"whatsapp","template_support":false}`

// register makes the channel chan-88 and waits for its sync. An app that has not
// been told otherwise has no conversations.
func (g *rig) register() Channel {
	g.t.Helper()
	g.app.on("GET /pd/chan-88/threads", 200, `{"success":true,"data":[]}`)
	g.want(200, owner, "POST", "/v1/channels", aChannel)
	return g.synced(SyncReady)
}

func (g *rig) synced(state SyncState) Channel {
	g.t.Helper()
	var ch Channel
	g.until("sync "+string(state), func() bool {
		all, err := g.s.Channels(g.t.Context(), owner)
		if err != nil {
			g.t.Fatal(err)
		}
		ch = all[0]
		return ch.SyncState == state
	})
	return ch
}

// thread is how the app tells who takes part in thr-7001, with further messages.
func threadJSON(messages string) string {
	return `{"id":"thr-7001","link":"https://chat.acme.test/t/7001","status":"open","seen":true,"next_messages_cursor":null,"messages":[` + messages + `],
		"participants":[{"id":"biz-1","name":"Acme Support","role":"source_user"},{"id":"wa-1","name":"Mari","role":"end_user"}]}`
}

func messageJSON(id, sender, text, status, at string) string {
	return fmt.Sprintf(`{"id":%q,"channel_id":"chan-88","conversation_id":"thr-7001","sender_id":%q,"message":%q,"status":%q,"created_at":%q,"attachments":[]}`, id, sender, text, status, at)
}

// knowing registers the channel with the conversation thr-7001 in it.
func (g *rig) knowing() (Channel, Conversation) {
	g.t.Helper()
	g.app.on("GET /pd/chan-88/threads", 200, `{"success":true,"data":[`+threadJSON(messageJSON("wamid.A1", "wa-1", "Is the blue one in stock?", "delivered", "2026-03-04T09:15:00.000Z"))+`]}`)
	g.want(200, owner, "POST", "/v1/channels", aChannel)
	ch := g.synced(SyncReady)
	return ch, g.only()
}

// only is the single conversation.
func (g *rig) only() Conversation {
	g.t.Helper()
	page, next, err := g.s.ListConversations(g.t.Context(), owner, Filter{})
	if err != nil || len(page) != 1 || next != "" {
		g.t.Fatalf("conversations: %v, %q, %v; want one", page, next, err)
	}
	return page[0]
}

func (g *rig) messages(conversation int64) []Message {
	g.t.Helper()
	all, _, err := g.s.Messages(g.t.Context(), owner, conversation, "", 100)
	if err != nil {
		g.t.Fatal(err)
	}
	return all
}

// brief is a thread on one line: "> text (status)" for ours, "<" for theirs.
func brief(all []Message) string {
	var parts []string
	for _, m := range all {
		sign := "<"
		if m.Outgoing {
			sign = ">"
		}
		parts = append(parts, fmt.Sprintf("%s %s (%s)", sign, m.Text, m.Status))
	}
	return strings.Join(parts, ", ")
}
