package authz_test

import (
	"bufio"
	"cmp"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"net/url"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/dockwright/dockwright/internal/clock"
	"github.com/dockwright/dockwright/internal/dial"
	"github.com/dockwright/dockwright/internal/host/account"
	"github.com/dockwright/dockwright/internal/host/authz"
	"github.com/dockwright/dockwright/internal/host/devhub"
	"github.com/dockwright/dockwright/internal/host/event"
	"github.com/dockwright/dockwright/internal/host/outbound"
	"github.com/dockwright/dockwright/internal/host/route"
	"github.com/dockwright/dockwright/internal/lane"
	"github.com/dockwright/dockwright/internal/live"
	"github.com/dockwright/dockwright/internal/secret"
	"github.com/dockwright/dockwright/internal/store"
	"github.com/dockwright/dockwright/internal/store/storetest"
	"github.com/dockwright/dockwright/pipedrive/oauthapi"
)

const (
	base     = "https://crm.example.com"
	callback = "https://app.example.com/callback?from=crm"
)

var migrations = []store.Migrations{
	lane.Migrations, live.Migrations, event.Migrations, account.Migrations, devhub.Migrations, authz.Migrations,
}

// gate is a host that has no rooms above this one.
type gate struct {
	t        *testing.T
	db       *store.DB
	clock    *clock.Manual
	accounts *account.Service
	apps     *devhub.Service
	authz    *authz.Service
	handler  http.Handler
	admin    route.Caller
	agent    route.Caller
	app      devhub.App
	secret   string
	host     string // for the header Host, when a request names none
}

type setting struct {
	base       string
	demo       bool
	callback   string
	routes     []route.Route
	postgres   bool
	tokens     authz.TokenForm
	limits     authz.Limits
	companyURL string
}

// whoAmI is a route of the API that every token opens.
var whoAmI = route.Route{
	Method: "GET", Pattern: "/v1/users/me", Access: route.Token, Scopes: []string{devhub.ScopeBase}, Cost: 2,
	Handler: func(w http.ResponseWriter, r *http.Request) {
		c, _ := route.CallerFrom(r.Context())
		_ = json.NewEncoder(w).Encode(c)
	},
}

func newGate(t *testing.T, set setting) *gate {
	t.Helper()
	if set.base == "" {
		set.base = base
	}
	if set.callback == "" {
		set.callback = callback
	}
	g := &gate{t: t, clock: clock.NewManual(time.Date(2026, 11, 2, 9, 0, 0, 0, time.UTC))}
	cfg := store.Config{URL: "sqlite:" + filepath.Join(t.TempDir(), "host.db"), Clock: g.clock, Unsafe: true, Migrations: migrations}
	if set.postgres {
		cfg.URL = storetest.PostgresURL(t)
	}
	g.db = storetest.Open(t, cfg)
	keys, err := secret.NewKeyring(make([]byte, secret.KeySize))
	g.ok(err)
	g.accounts = account.New(g.db, account.Options{Demo: set.demo})
	g.apps = devhub.New(g.db, keys)
	g.authz, err = authz.New(g.db, authz.Options{
		Limits: set.limits, CompanyURL: set.companyURL,
		Accounts: g.accounts, Apps: g.apps, BaseURL: set.base, Demo: set.demo, AccessTokens: set.tokens, Log: slog.New(slog.DiscardHandler),
		Door: outbound.New(outbound.Options{Guard: dial.Guard{AllowLoopback: true}}),
	})
	g.ok(err)
	g.ok(g.accounts.SeedDemo(t.Context()))
	g.admin = route.Caller{Company: 1, User: 1, Admin: true}
	g.agent = route.Caller{Company: 1, User: 2}
	g.app, err = g.apps.Create(t.Context(), g.admin, false, devhub.Registration{
		Name: "Chat bridge", CallbackURL: set.callback, SharingEnabled: true,
		Scopes: []string{"contacts:full", devhub.ScopeMessengers},
	})
	g.ok(err)
	g.secret, err = g.apps.Secret(t.Context(), g.app.ClientID)
	g.ok(err)
	g.serve(set.routes)
	return g
}

func (g *gate) serve(routes []route.Route) {
	mux := http.NewServeMux()
	for _, rt := range append(append(g.authz.Routes(), whoAmI), routes...) {
		mux.Handle(rt.Method+" "+rt.Pattern, g.authz.Guard(rt))
	}
	g.handler = g.authz.Front(mux)
}

// limited is the same host, started anew with limits and routes of every cost.
func (g *gate) limited(l authz.Limits) *gate {
	g.t.Helper()
	next := *g
	var err error
	next.authz, err = authz.New(g.db, authz.Options{
		Accounts: g.accounts, Apps: g.apps, BaseURL: base, Log: slog.New(slog.DiscardHandler), Limits: l,
		Door: outbound.New(outbound.Options{Guard: dial.Guard{AllowLoopback: true}}),
	})
	g.ok(err)
	next.serve(limited())
	return &next
}

// each runs fn on a gate over either database.
func each(t *testing.T, fn func(t *testing.T, g *gate)) {
	t.Run("sqlite", func(t *testing.T) { t.Parallel(); fn(t, newGate(t, setting{})) })
	t.Run("postgres", func(t *testing.T) { t.Parallel(); fn(t, newGate(t, setting{postgres: true})) })
}

func (g *gate) ok(err error) {
	g.t.Helper()
	if err != nil {
		g.t.Fatal(err)
	}
}

// say sends the bytes of a request and returns the answer.
func (g *gate) say(raw string) *http.Response {
	g.t.Helper()
	head, body, _ := strings.Cut(raw, "\n\n")
	if body != "" {
		head += fmt.Sprintf("\nContent-Length: %d", len(body))
	}
	if !strings.Contains(head, "\nHost: ") {
		head += "\nHost: " + cmp.Or(g.host, strings.TrimPrefix(base, "https://"))
	}
	r, err := http.ReadRequest(bufio.NewReader(strings.NewReader(strings.ReplaceAll(head, "\n", "\r\n") + "\r\n\r\n" + body)))
	g.ok(err)
	rec := httptest.NewRecorder()
	g.handler.ServeHTTP(rec, r.WithContext(g.t.Context()))
	return rec.Result()
}

// at is the same host, spoken to by another name.
func (g *gate) at(host string) *gate {
	named := *g
	named.host = host
	return &named
}

func text(t *testing.T, r *http.Response) string {
	t.Helper()
	b, err := io.ReadAll(r.Body)
	if err != nil {
		t.Fatal(err)
	}
	return strings.TrimSpace(string(b))
}

func (g *gate) basic() string {
	return "Basic " + base64.StdEncoding.EncodeToString([]byte(g.app.ClientID+":"+g.secret))
}

// form is a POST with the app's credentials.
func (g *gate) form(path string, v url.Values) *http.Response {
	g.t.Helper()
	return g.say("POST " + path + " HTTP/1.1\nContent-Type: application/x-www-form-urlencoded\nAuthorization: " + g.basic() + "\n\n" + v.Encode())
}

func (g *gate) request() authz.Request {
	return authz.Request{ClientID: g.app.ClientID, RedirectURI: g.app.CallbackURL, State: "s t&ate"}
}

// consent makes the caller allow the app and returns the code that the browser
// carries to it.
func (g *gate) consent(c route.Caller) string {
	g.t.Helper()
	to, err := g.authz.Approve(g.t.Context(), c, g.request(), false)
	g.ok(err)
	u, err := url.Parse(to)
	g.ok(err)
	return u.Query().Get("code")
}

func (g *gate) exchange(code string) *http.Response {
	g.t.Helper()
	return g.form("/oauth/token", url.Values{"grant_type": {"authorization_code"}, "code": {code}, "redirect_uri": {g.app.CallbackURL}})
}

func (g *gate) refresh(token string) *http.Response {
	g.t.Helper()
	return g.form("/oauth/token/", url.Values{"grant_type": {"refresh_token"}, "refresh_token": {token}})
}

func (g *gate) tokens(r *http.Response) oauthapi.Token {
	g.t.Helper()
	var out oauthapi.Token
	body := text(g.t, r)
	if r.StatusCode != http.StatusOK || json.Unmarshal([]byte(body), &out) != nil {
		g.t.Fatalf("status %d: %s", r.StatusCode, body)
	}
	return out
}

func (g *gate) install(c route.Caller) oauthapi.Token {
	g.t.Helper()
	return g.tokens(g.exchange(g.consent(c)))
}

func (g *gate) me(authorization string) *http.Response {
	g.t.Helper()
	return g.say("GET /v1/users/me HTTP/1.1\nAuthorization: " + authorization)
}

// works reports whether an access token opens the API.
func (g *gate) works(access string) bool {
	g.t.Helper()
	switch r := g.me("Bearer " + access); r.StatusCode {
	case http.StatusOK:
		return true
	case http.StatusUnauthorized:
		return false
	default:
		g.t.Fatalf("status %d: %s", r.StatusCode, text(g.t, r))
		return false
	}
}

func (g *gate) want(r *http.Response, status int, body string) {
	g.t.Helper()
	if got := text(g.t, r); r.StatusCode != status || got != body {
		g.t.Errorf("got %d %s\nwant %d %s", r.StatusCode, got, status, body)
	}
}
