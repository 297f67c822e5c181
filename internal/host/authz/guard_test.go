package authz_test

import (
	"encoding/json"
	"net/http"
	"strings"
	"testing"

	"github.com/dockwright/dockwright/internal/fault"
	"github.com/dockwright/dockwright/internal/host/account"
	"github.com/dockwright/dockwright/internal/host/authz"
	"github.com/dockwright/dockwright/internal/host/route"
)

func (g *gate) newCompany(name string) int64 {
	g.t.Helper()
	c, err := g.accounts.CreateCompany(g.t.Context(), account.NewCompany{Name: name})
	g.ok(err)
	_, err = g.accounts.CreateUser(g.t.Context(), c.ID, account.NewUser{Name: "Ann", Email: "ann@example.com", Password: "correct horse battery", Admin: true})
	g.ok(err)
	return c.ID
}

// spec: rest.auth
// spec: rest.unauthorized
// spec: rest.malformed-authorization
func TestTokenGuard(t *testing.T) {
	t.Parallel()
	g := newGate(t, setting{})
	tok := g.install(g.agent)
	const (
		bad       = `{"success":false,"message":"Invalid request: malformed authorization header"}`
		forbidden = `{"success":false,"error":"unauthorized access","errorCode":401,"error_info":"Please check developers.pipedrive.com"}`
	)
	for header, want := range map[string]struct {
		status int
		body   string
	}{
		"Bearer":                                {400, bad},
		"Bearer  ":                              {400, bad},
		"Bearer a b":                            {400, bad},
		"Basic eDp5":                            {400, bad},
		tok.AccessToken:                         {400, bad},
		"Bearer x":                              {401, forbidden},
		"Bearer " + tok.RefreshToken:            {401, forbidden},
		"Bearer " + tok.AccessToken[1:]:         {401, forbidden},
		"Bearer " + strings.Repeat("x", 1<<10):  {401, forbidden},
		"Bearer v1u:' OR '1'='1":                {400, bad},
		"Bearer " + strings.ToUpper("v1u:00ff"): {401, forbidden},
	} {
		r := g.me(header)
		g.want(r, want.status, want.body)
		if r.StatusCode == 401 && (r.Header.Get("x-401-by-gw") != "true" || len(r.Header.Get("x-correlation-id")) != 36) {
			t.Errorf("%s: headers %v", header, r.Header)
		}
		if r.Header.Get("Access-Control-Allow-Origin") != "*" {
			t.Errorf("%s: a page cannot read this refusal", header)
		}
	}
	g.want(g.say("GET /v1/users/me HTTP/1.1"), 401, forbidden)
	g.want(g.say("GET /v1/users/me HTTP/1.1\nCookie: dockwright_session=x"), 401, forbidden)
	if !g.works(tok.AccessToken) || g.me("bearer "+tok.AccessToken).StatusCode != 200 {
		t.Error("a good token is refused")
	}
	g.ok(g.accounts.Deactivate(t.Context(), 1, 2, 1))
	if g.works(tok.AccessToken) {
		t.Error("a deactivated user's token works")
	}
	if r := g.refresh(tok.RefreshToken); r.StatusCode != 400 {
		t.Errorf("a deactivated user's refresh got %d", r.StatusCode)
	}
}

// spec: rest.scope-mismatch
// spec: rest.personal-token
func TestScopeGuard(t *testing.T) {
	t.Parallel()
	who := func(w http.ResponseWriter, r *http.Request) {
		c, _ := route.CallerFrom(r.Context())
		_ = json.NewEncoder(w).Encode(c)
	}
	g := newGate(t, setting{routes: []route.Route{
		{Method: "GET", Pattern: "/v1/deals", Access: route.Token, Scopes: []string{"deals:read", "deals:full"}, Handler: who},
		{Method: "GET", Pattern: "/v1/persons", Access: route.Token, Scopes: []string{"contacts:read", "contacts:full"}, Handler: who},
	}})
	tok := g.install(g.agent)
	get := func(path, header string) *http.Response { return g.say("GET " + path + " HTTP/1.1\n" + header) }
	g.want(get("/v1/deals", "Authorization: Bearer "+tok.AccessToken), 403,
		`{"success":false,"error":"Scope and URL mismatch","errorCode":403,"error_info":"Please check developers.pipedrive.com"}`)
	r := get("/v1/persons", "Authorization: Bearer "+tok.AccessToken)
	var c route.Caller
	g.ok(json.Unmarshal([]byte(text(t, r)), &c))
	if c.Company != 1 || c.User != 2 || c.Admin || c.ClientID != g.app.ClientID || len(c.Scopes) != 3 {
		t.Errorf("%+v", c)
	}
	personal, err := g.authz.SetPersonalToken(t.Context(), 1, 2)
	g.ok(err)
	if r := get("/v1/deals", "x-api-token: "+personal); r.StatusCode != 200 {
		t.Errorf("a personal token got %d", r.StatusCode)
	}
	second, err := g.authz.SetPersonalToken(t.Context(), 1, 2)
	g.ok(err)
	if get("/v1/deals", "x-api-token: "+personal).StatusCode != 401 || get("/v1/deals", "x-api-token: "+second).StatusCode != 200 {
		t.Error("a new personal token does not replace the old one")
	}
	replay, err := g.authz.ReplayToken(t.Context(), 1, 2, g.app.ClientID)
	g.ok(err)
	if r := get("/v1/persons", "Authorization: Bearer "+replay); r.StatusCode != 200 {
		t.Errorf("a replay got %d", r.StatusCode)
	}
	if _, err := g.authz.ReplayToken(t.Context(), 1, 1, g.app.ClientID); fault.KindOf(err) != fault.NotFound {
		t.Errorf("a token without an installation: %v", err)
	}
}

// spec: rest.cors
func TestCORS(t *testing.T) {
	t.Parallel()
	g := newGate(t, setting{})
	for _, path := range []string{"/v1/users/me", "/api/v1/users/me", "/oauth/token"} {
		r := g.say("OPTIONS " + path + " HTTP/1.1\nOrigin: https://app.example.com\nAccess-Control-Request-Method: GET\nAccess-Control-Request-Headers: authorization")
		h := r.Header
		if r.StatusCode != 204 || h.Get("Access-Control-Allow-Origin") != "*" || !strings.Contains(h.Get("Access-Control-Allow-Headers"), "Authorization") {
			t.Errorf("%s: %d %v", path, r.StatusCode, h)
		}
		if h.Get("Access-Control-Allow-Credentials") != "" {
			t.Errorf("%s allows credentials", path)
		}
	}
	if r := g.say("OPTIONS /login HTTP/1.1\nOrigin: https://app.example.com\nAccess-Control-Request-Method: POST"); r.Header.Get("Access-Control-Allow-Origin") != "" {
		t.Error("a page answers a preflight")
	}
}

// spec: web.foreign-host
func TestForeignHost(t *testing.T) {
	t.Parallel()
	g := newGate(t, setting{})
	demo := newGate(t, setting{demo: true, base: "http://localhost:8080"})
	for _, c := range []struct {
		g      *gate
		host   string
		status int
	}{
		{g, "crm.example.com", 401}, {g, "CRM.example.com:443", 401}, {g, "crm.example.com:8443", 421},
		{g, "localhost", 421}, {g, "evil.example", 421}, {g, "crm.example.com.evil.example", 421},
		{demo, "localhost:8080", 401}, {demo, "127.0.0.1:8080", 401}, {demo, "[::1]:8080", 401}, {demo, "localhost", 401},
		{demo, "evil.example:8080", 421}, {demo, "127.0.0.1.evil.example", 421}, {demo, "192.0.2.1:8080", 421},
	} {
		r := c.g.say("GET /v1/users/me HTTP/1.1\nHost: " + c.host)
		if r.StatusCode != c.status {
			t.Errorf("%s got %d, want %d", c.host, r.StatusCode, c.status)
		}
		if body := text(t, r); r.StatusCode == 421 && !strings.Contains(body, c.host) {
			t.Errorf("%s: %q", c.host, body)
		}
	}
	if r := g.say("GET /healthz HTTP/1.1\nHost: 10.0.0.7:8080"); r.StatusCode == 421 {
		t.Error("a health check by address is refused")
	}
}

// pages are routes that say who calls.
func pages() []route.Route {
	who := func(w http.ResponseWriter, r *http.Request) {
		c, _ := route.CallerFrom(r.Context())
		_ = json.NewEncoder(w).Encode(c)
	}
	return []route.Route{
		{Method: "GET", Pattern: "/deals", Access: route.Login, Handler: who},
		{Method: "POST", Pattern: "/deals", Access: route.Login, Handler: who},
		{Method: "GET", Pattern: "/settings", Access: route.Admin, Handler: who},
	}
}

// spec: web.login-cookie
// spec: web.cross-site
func TestPageGuard(t *testing.T) {
	t.Parallel()
	g := newGate(t, setting{routes: pages()})
	g.newCompany("Second")
	token, err := g.accounts.SignIn(t.Context(), account.Credentials{Email: "ann@example.com", Password: "correct horse battery"})
	g.ok(err)
	cookie := "\nCookie: " + authz.SessionCookie + "=" + token
	for name, c := range map[string]struct {
		raw      string
		status   int
		location string
	}{
		"signed in":         {"GET /deals?x=1 HTTP/1.1" + cookie, 200, ""},
		"signed out":        {"GET /deals?x=1&y=2 HTTP/1.1", 303, "/login?next=%2Fdeals%3Fx%3D1%26y%3D2"},
		"bad cookie":        {"GET /deals HTTP/1.1\nCookie: dockwright_session=x", 303, "/login?next=%2Fdeals"},
		"fragment":          {"GET /deals HTTP/1.1\nDockwright-Fragment: main", 401, ""},
		"script":            {"GET /deals HTTP/1.1\nSec-Fetch-Mode: cors", 401, ""},
		"socket":            {"GET /deals HTTP/1.1\nUpgrade: websocket", 401, ""},
		"form":              {"POST /deals HTTP/1.1" + cookie, 200, ""},
		"form, same origin": {"POST /deals HTTP/1.1\nOrigin: https://crm.example.com\nSec-Fetch-Site: same-origin" + cookie, 200, ""},
		"form, other site":  {"POST /deals HTTP/1.1\nOrigin: https://evil.example\nSec-Fetch-Site: cross-site" + cookie, 403, ""},
		"form, old browser": {"POST /deals HTTP/1.1\nOrigin: https://evil.example" + cookie, 403, ""},
		"form, same site":   {"POST /deals HTTP/1.1\nOrigin: https://app.example.com\nSec-Fetch-Site: same-site" + cookie, 403, ""},
		"form, signed out":  {"POST /deals HTTP/1.1", 303, "/login"},
		"link from outside": {"GET /deals HTTP/1.1\nSec-Fetch-Site: cross-site\nSec-Fetch-Mode: navigate" + cookie, 200, ""},
		"admin page":        {"GET /settings HTTP/1.1" + cookie, 200, ""},
	} {
		r := g.say(c.raw)
		if r.StatusCode != c.status || r.Header.Get("Location") != c.location {
			t.Errorf("%s: got %d to %q", name, r.StatusCode, r.Header.Get("Location"))
		}
		if r.Header.Get("Access-Control-Allow-Origin") != "" {
			t.Errorf("%s: a page may be read by others", name)
		}
	}
}

// spec: web.demo-sign-in
func TestDemoGuard(t *testing.T) {
	t.Parallel()
	g := newGate(t, setting{demo: true, base: "http://localhost:8080", routes: pages()})
	r := g.say("GET /deals HTTP/1.1\nHost: localhost:8080")
	cookies := r.Cookies()
	if r.StatusCode != 200 || len(cookies) != 1 || !cookies[0].HttpOnly || cookies[0].SameSite != http.SameSiteLaxMode || cookies[0].Secure || cookies[0].Path != "/" {
		t.Fatalf("%d %+v", r.StatusCode, cookies)
	}
	r = g.say("GET /deals?x=1 HTTP/1.1\nHost: 127.0.0.1:8080")
	if r.StatusCode != 303 || r.Header.Get("Location") != "http://localhost:8080/deals?x=1" {
		t.Errorf("%d to %q", r.StatusCode, r.Header.Get("Location"))
	}
	if r := g.say("POST /deals HTTP/1.1\nHost: localhost:8080"); r.StatusCode != 303 || len(r.Cookies()) != 0 {
		t.Errorf("a form without a session got %d", r.StatusCode)
	}
	agent, err := g.accounts.SwitchDemo(t.Context(), 1, 2)
	g.ok(err)
	cookie := "\nHost: localhost:8080\nCookie: dockwright_session=" + agent
	if r := g.say("GET /settings HTTP/1.1" + cookie); r.StatusCode != 403 {
		t.Errorf("an agent on an admin page got %d", r.StatusCode)
	}
	if r := g.say("GET /deals HTTP/1.1" + cookie); r.StatusCode != 200 || !strings.Contains(text(t, r), `"User":2`) {
		t.Errorf("an agent got %d", r.StatusCode)
	}
}

// spec: web.next-is-local
func TestSafeNext(t *testing.T) {
	t.Parallel()
	for next, want := range map[string]string{
		"": "/", "/": "/", "/deals?x=1#a": "/deals?x=1#a", "deals": "/", "//evil.example": "/", "/\\evil.example": "/",
		"https://evil.example/": "/", "javascript:alert(1)": "/", "/\t/evil.example": "/", "/a\r\nSet-Cookie: x": "/", "/%zz": "/",
	} {
		if got := authz.SafeNext(next); got != want {
			t.Errorf("%q became %q, want %q", next, got, want)
		}
	}
}
