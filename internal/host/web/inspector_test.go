package web

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/dockwright/dockwright/internal/dial"
	"github.com/dockwright/dockwright/internal/fault"
	"github.com/dockwright/dockwright/internal/host/account"
	"github.com/dockwright/dockwright/internal/host/devhub"
	"github.com/dockwright/dockwright/internal/host/event"
	"github.com/dockwright/dockwright/internal/host/journal"
	"github.com/dockwright/dockwright/internal/host/outbound"
	"github.com/dockwright/dockwright/internal/host/route"
	"github.com/dockwright/dockwright/internal/live"
	"github.com/dockwright/dockwright/internal/secret"
	"github.com/dockwright/dockwright/internal/store/storetest"
)

// inspectorRig is the Inspector over a real journal, with an app to call.
type inspectorRig struct {
	journal *journal.Journal
	door    *outbound.Door
	app     devhub.App
	street  *httptest.Server // the app's endpoints
	heard   chan string      // what the app was asked for
	web     *Web
	pages   http.Handler
	as      route.Caller
}

func newInspectorRig(t *testing.T) *inspectorRig {
	t.Helper()
	db := storetest.SQLite(t, live.Migrations, account.Migrations, devhub.Migrations)
	keys, err := secret.NewKeyring(make([]byte, 32))
	if err != nil {
		t.Fatal(err)
	}
	acc := account.New(db, account.Options{Demo: true})
	if err := acc.SeedDemo(t.Context()); err != nil {
		t.Fatal(err)
	}
	rig := &inspectorRig{as: route.Caller{Company: 1, User: 1, Admin: true}, heard: make(chan string, 10)}
	hub := devhub.New(db, keys)
	rig.app, err = hub.Create(t.Context(), rig.as, false, devhub.Registration{
		Name: "Messaging", CallbackURL: "http://127.0.0.1:8081/oauth/callback", Scopes: []string{"base", "messengers-integration"},
	})
	if err != nil {
		t.Fatal(err)
	}
	news := event.NewAnnouncer(db, event.Event{Kind: "journal.recorded", Topics: []string{InspectorTopic}}, time.Millisecond, nil)
	events := live.NewHub(db, live.HubOptions{})
	running(t, news.Run, events.Run)
	rig.journal = journal.New(storetest.SQLite(t, journal.Migrations), journal.Options{OnRecorded: news.Tell, OwnerOf: func(ctx context.Context, clientID string) int64 {
		app, err := hub.ByClientID(ctx, clientID)
		if err != nil {
			return 0
		}
		return app.Owner
	}})
	t.Cleanup(func() { _ = rig.journal.Close() })
	rig.street = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		_, sec, _ := r.BasicAuth()
		want, _ := hub.Secret(r.Context(), rig.app.ClientID)
		rig.heard <- fmt.Sprint(r.Method, " ", r.URL.Path, " signed ", sec != "" && sec == want)
		w.Header().Set("Content-Type", "application/json")
		_, _ = io.WriteString(w, `{"success":true,"data":["<script>alert(1)</script>"]}`)
	}))
	t.Cleanup(rig.street.Close)
	rig.door = outbound.New(outbound.Options{Journal: rig.journal, Guard: dial.Guard{LoopbackOnly: true}})
	replayer := outbound.NewReplayer(outbound.ReplayOptions{
		Door: rig.door, Journal: rig.journal, BaseURL: "http://localhost:8080", Secret: hub.Secret,
		Token: func(context.Context, int64, int64, string) (string, error) {
			return "", fault.Missing("no installation")
		},
	})
	rig.web, err = New(Services{
		DB: db, Hub: events, Account: acc, DevHub: hub, Journal: rig.journal, Replay: replayer.Replay, BaseURL: "http://localhost:8080", Demo: true,
	})
	if err != nil {
		t.Fatal(err)
	}
	mux := http.NewServeMux()
	for _, rt := range rig.web.inspectorRoutes() {
		mux.Handle(rt.Method+" "+rt.Pattern, rig.web.secured(rt.Handler))
	}
	rig.pages = mux
	return rig
}

// running lets loops run until the test ends.
func running(t *testing.T, loops ...func(context.Context) error) {
	t.Helper()
	ctx, stop := context.WithCancel(context.Background())
	var group sync.WaitGroup
	for _, loop := range loops {
		group.Go(func() {
			if err := loop(ctx); err != nil {
				t.Error(err)
			}
		})
	}
	t.Cleanup(func() { stop(); group.Wait() })
}

// call lets the host call the app, and returns the exchange's id.
func (rig *inspectorRig) call(t *testing.T, method, path, contentType, body string) int64 {
	t.Helper()
	_, err := rig.door.Do(t.Context(), outbound.Call{
		Company: 1, Credentials: outbound.Credentials{ClientID: rig.app.ClientID, Secret: "an older secret"}, Method: method,
		URL: rig.street.URL + path, Body: []byte(body), ContentType: contentType, Requirement: "inspector.exchanges",
	})
	if err != nil {
		t.Fatal(err)
	}
	<-rig.heard
	return rig.newest(t).ID
}

func (rig *inspectorRig) newest(t *testing.T) journal.Exchange {
	t.Helper()
	if err := rig.journal.Flush(t.Context()); err != nil {
		t.Fatal(err)
	}
	list, err := rig.journal.List(t.Context(), journal.Filter{Viewer: journal.Viewer{Company: rig.as.Company, Unattributed: true}, Limit: 1})
	if err != nil || len(list.Exchanges) == 0 {
		t.Fatalf("journal: %v, %v", list, err)
	}
	return list.Exchanges[0]
}

func (rig *inspectorRig) request(t *testing.T, method, path string, form url.Values) *httptest.ResponseRecorder {
	t.Helper()
	r := httptest.NewRequestWithContext(route.WithCaller(t.Context(), rig.as), method, path, strings.NewReader(form.Encode()))
	if form != nil {
		r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	}
	w := httptest.NewRecorder()
	rig.pages.ServeHTTP(w, r)
	return w
}

// expect checks a page's status and what it has and has not got.
func (rig *inspectorRig) expect(t *testing.T, path string, status int, has, lacks []string) {
	t.Helper()
	w := rig.request(t, "GET", path, nil)
	if w.Code != status {
		t.Fatalf("%s: status %d, want %d: %s", path, w.Code, status, w.Body)
	}
	for _, s := range has {
		if !strings.Contains(w.Body.String(), s) {
			t.Errorf("%s: no %q on the page", path, s)
		}
	}
	for _, s := range lacks {
		if strings.Contains(w.Body.String(), s) {
			t.Errorf("%s: %q is on the page", path, s)
		}
	}
}

// TestInspectorList shows the exchanges, narrowed as asked.
// spec: inspector.exchanges
func TestInspectorList(t *testing.T) {
	t.Parallel()
	rig := newInspectorRig(t)
	rig.expect(t, inspectorPath, http.StatusOK, []string{"Nothing was said yet", `data-live="inspector"`}, nil)
	rig.call(t, "GET", "/conversations?after=2", "", "")
	rig.call(t, "POST", "/messages", "application/json", `{"text":"needle","access_token":"s3cret"}`)
	rig.journal.Record(journal.Exchange{Path: "/foreign", Company: 2, Method: "GET", Status: 200})
	rig.journal.Record(journal.Exchange{Path: "/oauth/token", Direction: journal.In, ClientID: rig.app.ClientID, Method: "POST", Status: 401})
	rig.newest(t)

	rig.expect(t, inspectorPath, http.StatusOK, []string{"/conversations", "after=2", "/messages", "/oauth/token", "Messaging", "Host to app", "401"}, []string{"/foreign", "s3cret"})
	rig.expect(t, inspectorPath+"?q=NEEDLE", http.StatusOK, []string{"/messages"}, []string{"/conversations", "/oauth/token"})
	rig.expect(t, inspectorPath+"?direction=in", http.StatusOK, []string{"/oauth/token"}, []string{"/messages"})
	rig.expect(t, inspectorPath+"?status=4xx", http.StatusOK, []string{"/oauth/token"}, []string{"/messages"})
	rig.expect(t, inspectorPath+"?status=2xx&method=GET", http.StatusOK, []string{"/conversations"}, []string{"/messages"})
	rig.expect(t, inspectorPath+"?status=none", http.StatusOK, []string{"No exchange is like that"}, []string{"/messages"})
	rig.expect(t, inspectorPath+"?app="+rig.app.ClientID+"&q=after", http.StatusOK, []string{"/conversations"}, []string{"/messages"})
	rig.expect(t, inspectorPath+"?q=%ff%00&before=x&status=bogus", http.StatusOK, nil, nil)

	r := httptest.NewRequestWithContext(route.WithCaller(t.Context(), rig.as), "GET", inspectorPath, nil)
	r.Header.Set(fragmentHeader, "exchange-list")
	w := httptest.NewRecorder()
	rig.pages.ServeHTTP(w, r)
	if body := w.Body.String(); !strings.HasPrefix(strings.TrimSpace(body), `<section id="exchange-list"`) || strings.Contains(body, "<form") {
		t.Errorf("fragment is %.200s", body)
	}
}

func TestInspectorPages(t *testing.T) {
	t.Parallel()
	rig := newInspectorRig(t)
	for i := range inspectorPage + 5 {
		rig.journal.Record(journal.Exchange{Path: fmt.Sprintf("/n%d.", i), Company: 1, Method: "GET", Status: 200})
	}
	last := rig.newest(t).ID
	older := fmt.Sprintf("before=%d", last-inspectorPage+1)
	rig.expect(t, inspectorPath, http.StatusOK, []string{"/n54.", "/n5.", older}, []string{"/n4."})
	rig.expect(t, inspectorPath+"?"+older, http.StatusOK, []string{"/n4.", "/n0.", "Back to the newest"}, []string{"/n5.", "data-live=\"inspector\"", "Older exchanges"})
}

func TestInspectorExchange(t *testing.T) {
	t.Parallel()
	rig := newInspectorRig(t)
	id := rig.call(t, "POST", "/messages/<b>?sig=s3cret", "application/json", `{"text":"</code><script>","password":"s3cret"}`)
	rig.expect(t, exchangePath(id), http.StatusOK,
		[]string{"Basic ***", "&lt;script&gt;", "sig=***", "inspector.exchanges", "The Inspector shows", "Secrets were masked", "disabled"},
		[]string{"s3cret", "<script>alert", "</code><script>", "<b>"})
	id = rig.call(t, "POST", "/messages", "multipart/form-data; boundary=B",
		"--B\r\nContent-Disposition: form-data; name=\"recipientIds[]\"\r\n\r\nu1\r\n--B\r\nContent-Disposition: form-data; name=\"file\"; filename=\"a.png\"\r\nContent-Type: image/png\r\n\r\nPNG\r\n--B--\r\n")
	rig.expect(t, exchangePath(id), http.StatusOK, []string{"recipientIds[]", "a.png", "3 bytes, not kept"}, nil)
	id = rig.call(t, "POST", "/form", "application/x-www-form-urlencoded", "grant_type=x&client_secret=s3cret&a=%3Cb%3E")
	rig.expect(t, exchangePath(id), http.StatusOK, []string{"grant_type", "&lt;b&gt;"}, []string{"s3cret"})

	for _, path := range []string{"/999", "/0", "/-1", "/x"} {
		rig.expect(t, inspectorPath+path, http.StatusNotFound, nil, nil)
		rig.expect(t, inspectorPath+path+"/replay", http.StatusNotFound, nil, nil)
	}
	rig.as = route.Caller{Company: 2, User: 1, Admin: true}
	if w := rig.request(t, "POST", exchangePath(id)+"/replay", url.Values{"confirm": {"yes"}}); w.Code == http.StatusSeeOther || len(rig.heard) != 0 {
		t.Errorf("another company replayed: %d", w.Code)
	}
}

// TestInspectorReplay sends a GET at once and asks about a POST.
// spec: inspector.replay-asks
func TestInspectorReplay(t *testing.T) {
	t.Parallel()
	rig := newInspectorRig(t)
	get := rig.call(t, "GET", "/conversations", "", "")
	post := rig.call(t, "POST", "/messages", "application/json", `{"text":"hi"}`)

	w := rig.request(t, "POST", exchangePath(get)+"/replay", url.Values{})
	if got := <-rig.heard; got != "GET /conversations signed true" {
		t.Errorf("the app heard %s", got)
	}
	again := rig.newest(t)
	if w.Code != http.StatusSeeOther || w.Header().Get("Location") != exchangePath(again.ID) || again.ReplayOf != get {
		t.Errorf("replay of a GET: %d to %s; newest is %+v", w.Code, w.Header().Get("Location"), again)
	}
	rig.expect(t, exchangePath(again.ID), http.StatusOK, []string{"Replay of <a", fmt.Sprintf("#%d", get)}, nil)
	rig.expect(t, exchangePath(get), http.StatusOK, []string{"Replayed", exchangePath(again.ID)}, nil)

	w = rig.request(t, "POST", exchangePath(post)+"/replay", url.Values{})
	if w.Code != http.StatusSeeOther || w.Header().Get("Location") != exchangePath(post)+"/replay" || len(rig.heard) != 0 {
		t.Fatalf("a POST was not asked about: %d to %s", w.Code, w.Header().Get("Location"))
	}
	rig.expect(t, exchangePath(post)+"/replay", http.StatusOK, []string{"Send this POST again?", `name="confirm" value="yes"`}, nil)
	w = rig.request(t, "POST", exchangePath(post)+"/replay", url.Values{"confirm": {"yes"}})
	if got := <-rig.heard; got != "POST /messages signed true" || w.Code != http.StatusSeeOther {
		t.Errorf("confirmed: %d, the app heard %s", w.Code, got)
	}

	masked := rig.call(t, "POST", "/messages", "application/json", `{"password":"s3cret"}`)
	if w = rig.request(t, "POST", exchangePath(masked)+"/replay", url.Values{"confirm": {"yes"}}); w.Code != http.StatusConflict {
		t.Errorf("a masked request: %d", w.Code)
	}
	rig.expect(t, exchangePath(masked)+"/replay", http.StatusConflict, []string{"masked before"}, nil)
}

func TestPrettyJSON(t *testing.T) {
	t.Parallel()
	for body, want := range map[string]string{
		`{"a":"b:\"","n":-1.5e3,"t":true,"x":[null,{}]}`: `{
  name("a"): text("b:\""),
  name("n"): word(-1.5e3),
  name("t"): word(true),
  name("x"): [
    word(null),
    {}
  ]
}`,
		`{"a":1`: "", `"text"`: "", ``: "", `[]`: "[]",
	} {
		got := ""
		for _, p := range prettyJSON([]byte(body)) {
			if p.Kind == "" {
				got += p.Text
			} else {
				got += p.Kind + "(" + p.Text + ")"
			}
		}
		if got != want {
			t.Errorf("%s:\n got %s\nwant %s", body, got, want)
		}
	}
}
