package web_test

import (
	"context"
	"io"
	"log/slog"
	"net/http"
	"net/http/cookiejar"
	"net/http/httptest"
	"net/url"
	"strings"
	"sync"
	"testing"

	"github.com/dockwright/dockwright/internal/dial"
	"github.com/dockwright/dockwright/internal/host/account"
	"github.com/dockwright/dockwright/internal/host/authz"
	"github.com/dockwright/dockwright/internal/host/devhub"
	"github.com/dockwright/dockwright/internal/host/event"
	"github.com/dockwright/dockwright/internal/host/extension"
	"github.com/dockwright/dockwright/internal/host/journal"
	"github.com/dockwright/dockwright/internal/host/outbound"
	"github.com/dockwright/dockwright/internal/host/records"
	"github.com/dockwright/dockwright/internal/host/subscription"
	"github.com/dockwright/dockwright/internal/host/web"
	"github.com/dockwright/dockwright/internal/lane"
	"github.com/dockwright/dockwright/internal/live"
	"github.com/dockwright/dockwright/internal/secret"
	"github.com/dockwright/dockwright/internal/store"
	"github.com/dockwright/dockwright/internal/store/storetest"
)

// site is the demo host's pages on a real socket, with the real guard.
type site struct {
	t      testing.TB
	url    string
	db     *store.DB
	people *records.Service
	apps   *devhub.Service
	auth   *authz.Service
	said   *journal.Journal
	client *http.Client
	stop   func() // takes the host off the network; it may be called twice
}

func newSite(t testing.TB) *site {
	t.Helper()
	db := storetest.SQLite(t, lane.Migrations, live.Migrations, event.Migrations, account.Migrations, devhub.Migrations, authz.Migrations, records.Migrations, subscription.Migrations, extension.Migrations)
	server := httptest.NewUnstartedServer(nil)
	base := "http://" + server.Listener.Addr().String()
	quiet := slog.New(slog.NewTextHandler(io.Discard, nil))
	accounts := account.New(db, account.Options{Demo: true})
	keys, err := secret.NewKeyring(make([]byte, secret.KeySize))
	if err != nil {
		t.Fatal(err)
	}
	apps := devhub.New(db, keys)
	said := journal.New(storetest.SQLite(t, journal.Migrations), journal.Options{})
	t.Cleanup(func() { _ = said.Close() })
	door := outbound.New(outbound.Options{Guard: dial.Guard{LoopbackOnly: true}, Journal: said})
	auth, err := authz.New(db, authz.Options{Accounts: accounts, Apps: apps, Door: door, BaseURL: base, Demo: true, Log: quiet})
	if err != nil {
		t.Fatal(err)
	}
	s := &site{t: t, url: base, db: db, people: records.New(db), apps: apps, auth: auth, said: said}
	s.ok(accounts.SeedDemo(t.Context()))
	s.ok(s.people.SeedDemo(t.Context(), 1))
	hub := live.NewHub(db, live.HubOptions{Log: quiet})
	ctx, stop := context.WithCancel(context.Background())
	done := make(chan struct{})
	go func() {
		defer close(done)
		_ = hub.Run(ctx)
	}()
	hooks, err := subscription.New(db, subscription.Options{
		Outbound: door, Lanes: lane.NewRunner(db, lane.Options{Log: quiet}), Events: event.NewLog(db, event.Options{Log: quiet}), Installs: auth,
		Users: accounts, Records: s.people, Keys: keys, BaseURL: base, AllowPlain: true, Log: quiet,
	})
	s.ok(err)
	pages, err := web.New(web.Services{
		DB: db, BaseURL: base, Demo: true, Log: quiet, Account: accounts, DevHub: apps, Authz: auth, Records: s.people, Hub: hub, Subscription: hooks,
		Extension: extension.New(db, extension.Options{Apps: apps, Installs: auth, Door: door}), Journal: said,
	})
	s.ok(err)
	mux := http.NewServeMux()
	for _, rt := range pages.Routes() {
		mux.Handle(rt.Method+" "+rt.Pattern, auth.Guard(rt))
	}
	server.Config.Handler = auth.Front(mux)
	server.Start()
	s.stop = sync.OnceFunc(func() {
		stop()
		<-done
		server.CloseClientConnections()
		server.Close()
	})
	t.Cleanup(s.stop)
	jar, err := cookiejar.New(nil)
	s.ok(err)
	s.client = server.Client()
	s.client.Jar = jar
	s.client.CheckRedirect = func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }
	return s
}

func (s *site) ok(err error) {
	s.t.Helper()
	if err != nil {
		s.t.Fatal(err)
	}
}

// get asks for a page, or for fragments of it.
func (s *site) get(path string, fragments ...string) (*http.Response, string) {
	s.t.Helper()
	r, err := http.NewRequestWithContext(s.t.Context(), http.MethodGet, s.url+path, nil)
	s.ok(err)
	return s.do(r, fragments)
}

// post sends a form.
func (s *site) post(path string, form url.Values, fragments ...string) (*http.Response, string) {
	s.t.Helper()
	r, err := http.NewRequestWithContext(s.t.Context(), http.MethodPost, s.url+path, strings.NewReader(form.Encode()))
	s.ok(err)
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	return s.do(r, fragments)
}

func (s *site) do(r *http.Request, fragments []string) (*http.Response, string) {
	s.t.Helper()
	if len(fragments) > 0 {
		r.Header.Set("Dockwright-Fragment", strings.Join(fragments, ", "))
	}
	res, err := s.client.Do(r)
	s.ok(err)
	defer res.Body.Close()
	body, err := io.ReadAll(res.Body)
	s.ok(err)
	return res, string(body)
}

// exec runs a statement in the first company.
func (s *site) exec(statement string, args ...any) {
	s.t.Helper()
	s.ok(s.db.Company(1).Update(s.t.Context(), func(tx *store.Tx) error {
		_, err := tx.Exec(statement, args...)
		return err
	}))
}

// news appends an event, as a room does.
func (s *site) news(topics ...string) {
	s.t.Helper()
	s.ok(s.db.Company(1).Update(s.t.Context(), func(tx *store.Tx) error {
		live.Append(tx, live.Event{Company: 1, Kind: "test.news", Topics: topics})
		return nil
	}))
}
