package authz_test

import (
	"net/http/httptest"
	"net/netip"
	"strings"
	"testing"

	"github.com/dockwright/dockwright/internal/host/account"
	"github.com/dockwright/dockwright/internal/host/authz"
)

// With an origin for each company the token decides for REST, the login for pages,
// and a Host that names another company is an address that leads nowhere.
// spec: host.company-origins
func TestCompanyOrigins(t *testing.T) {
	t.Parallel()
	g := newGate(t, setting{base: "https://crm.example.com:8443", companyURL: "https://{company}.example.com:8443", routes: pages()})
	g.newCompany("Second")
	call := func(method, path, host, header string) int {
		t.Helper()
		return g.say(method + " " + path + " HTTP/1.1\nHost: " + host + "\n" + header).StatusCode
	}
	tok := g.tokens(g.at("crm.example.com:8443").exchange(g.consent(g.agent)))
	if tok.APIDomain != "https://nordwind.example.com:8443" {
		t.Errorf("api_domain %q", tok.APIDomain)
	}
	if next := g.tokens(g.at("nordwind.example.com:8443").refresh(tok.RefreshToken)); next.APIDomain != tok.APIDomain {
		t.Errorf("api_domain %q after a refresh", next.APIDomain)
	}
	session, err := g.accounts.SignIn(t.Context(), account.Credentials{Email: "ann@example.com", Password: "correct horse battery"})
	g.ok(err)
	bearer, cookie := "Authorization: Bearer "+tok.AccessToken, "Cookie: "+authz.SessionCookie+"="+session
	for _, c := range []struct {
		host        string
		token, page int
	}{
		{"nordwind.example.com:8443", 200, 404}, {"NordWind.Example.com:8443", 200, 404}, {"second.example.com:8443", 404, 200},
		{"crm.example.com:8443", 200, 200}, {"api.example.com:8443", 200, 200}, {"oauth.example.com:8443", 200, 200}, {"app.example.com:8443", 200, 200},
		{"third.example.com:8443", 404, 404},
		{"nordwind.example.com", 421, 421}, {"a.nordwind.example.com:8443", 421, 421}, {"example.com:8443", 421, 421}, {"nordwind.evil.example:8443", 421, 421},
	} {
		if got := call("GET", "/v1/users/me", c.host, bearer); got != c.token {
			t.Errorf("%s, token: %d, want %d", c.host, got, c.token)
		}
		if got := call("GET", "/deals", c.host, cookie); got != c.page {
			t.Errorf("%s, page: %d, want %d", c.host, got, c.page)
		}
	}
	if got := call("GET", "/deals", "second.example.com:8443", ""); got != 303 {
		t.Errorf("signed out: %d", got)
	}
	// At a company's origin one signs in to that company.
	in := account.Credentials{Email: "ann@example.com", Password: "correct horse battery", Company: 1}
	if _, err := g.accounts.SignIn(t.Context(), in); err == nil {
		t.Error("a stranger signs in to a company")
	}
	if _, err := g.accounts.CreateCompany(t.Context(), account.NewCompany{Name: "OAuth"}); err == nil || !strings.Contains(err.Error(), "choose another domain") {
		t.Errorf("a company with a name of the host's own: %v", err)
	}
	for _, bad := range []string{"https://example.com", "https://x{company}.example.com", "http://{company}.example.com", "https://{company}.example.com/x", "{company}.example.com", "https://{company}."} {
		if _, err := authz.New(g.db, authz.Options{Apps: g.apps, BaseURL: base, CompanyURL: bad}); err == nil || !strings.Contains(err.Error(), "company URL") {
			t.Errorf("%s: %v", bad, err)
		}
	}
}

// In the demo a company's origin signs in its own admin.
// spec: host.company-origins
func TestCompanyOriginsInTheDemo(t *testing.T) {
	t.Parallel()
	g := newGate(t, setting{demo: true, base: "http://localhost:8080", companyURL: "http://{company}.crm.test:8080", routes: pages()})
	g.newCompany("Second")
	for host, want := range map[string]string{
		"localhost:8080": `"Company":1,`, "nordwind.crm.test:8080": `"Company":1,`, "second.crm.test:8080": `"Company":2,`, "oauth.crm.test:8080": `"Company":1,`,
	} {
		r := g.say("GET /deals HTTP/1.1\nHost: " + host)
		if body := text(t, r); r.StatusCode != 200 || !strings.Contains(body, want) {
			t.Errorf("%s: %d %s", host, r.StatusCode, body)
		}
	}
}

// spec: host.trusted-proxy
func TestAddressOf(t *testing.T) {
	t.Parallel()
	g := newGate(t, setting{})
	trusting, err := authz.New(g.db, authz.Options{Apps: g.apps, BaseURL: base, TrustedProxies: []netip.Prefix{netip.MustParsePrefix("10.0.0.0/8"), netip.MustParsePrefix("::1/128")}})
	g.ok(err)
	for _, c := range []struct{ peer, forwarded, plain, trusted string }{
		{"192.0.2.7:40", "", "192.0.2.7", "192.0.2.7"},
		{"192.0.2.7:40", "198.51.100.1", "192.0.2.7", "192.0.2.7"}, // says who is nobody
		{"10.0.0.1:40", "", "10.0.0.1", "10.0.0.1"},
		{"10.0.0.1:40", "198.51.100.1", "10.0.0.1", "198.51.100.1"},
		{"10.0.0.1:40", "203.0.113.9, 198.51.100.1, 10.2.3.4", "10.0.0.1", "198.51.100.1"}, // what the client wrote itself is not believed
		{"[::1]:40", "2001:db8::5", "::1", "2001:db8::5"},
		{"10.0.0.1:40", "unknown", "10.0.0.1", "10.0.0.1"},
	} {
		r := httptest.NewRequest("GET", "/", nil)
		r.RemoteAddr = c.peer
		if c.forwarded != "" {
			r.Header.Set("X-Forwarded-For", c.forwarded)
		}
		if got := g.authz.AddressOf(r); got != c.plain {
			t.Errorf("%+v: trusting nobody %s", c, got)
		}
		if got := trusting.AddressOf(r); got != c.trusted {
			t.Errorf("%+v: trusting %s", c, got)
		}
	}
}
