package hosttest_test

import (
	"encoding/json"
	"net/http"
	"net/url"
	"testing"
	"time"

	"github.com/dockwright/dockwright/hosttest"
	"github.com/dockwright/dockwright/internal/store/storetest"
	"github.com/dockwright/dockwright/pipedrive/crmapi"
)

// me asks the host whom it takes the bearer of a token for.
func me(t *testing.T, h *hosttest.Host, token string) crmapi.Me {
	t.Helper()
	status, _, body := h.Do(http.MethodGet, "/v1/users/me", token, nil)
	if status != http.StatusOK {
		t.Fatalf("GET /v1/users/me: %d %s", status, body)
	}
	var got struct{ Data crmapi.Me }
	if err := json.Unmarshal(body, &got); err != nil {
		t.Fatal(err)
	}
	return got.Data
}

func TestPeopleAndTokens(t *testing.T) {
	t.Parallel()
	h := hosttest.New(t)
	for _, c := range []struct {
		who, token string
		user       hosttest.User
	}{
		{"the admin's personal token", h.Admin.Token, h.Admin},
		{"the agent's personal token", h.Agent.Token, h.Agent},
		{"the app", h.App.AccessToken, h.Admin},
	} {
		got := me(t, h, c.token)
		if got.ID != c.user.ID || got.Email != c.user.Email || got.CompanyID != h.Company.ID || (got.IsAdmin == 1) != (c.user == h.Admin) {
			t.Errorf("%s stands for user %d %s of company %d, admin %d", c.who, got.ID, got.Email, got.CompanyID, got.IsAdmin)
		}
	}
	if status, _, _ := h.Do(http.MethodGet, "/v1/users/me", "", nil); status != http.StatusUnauthorized {
		t.Errorf("without a token: %d, want 401", status)
	}
}

func TestSecondCompanyHasTheSameIDs(t *testing.T) {
	t.Parallel()
	h := hosttest.New(t)
	other := h.Second()
	if other != h.Second() {
		t.Error("a second call made a third company")
	}
	if other.Admin.ID != h.Admin.ID || other.Agent.ID != h.Agent.ID || other.Company.ID == h.Company.ID {
		t.Errorf("users %d and %d of company %d, want those of company %d in another", other.Admin.ID, other.Agent.ID, other.Company.ID, h.Company.ID)
	}
	if got := me(t, h, other.App.AccessToken); got.CompanyID != other.Company.ID {
		t.Errorf("its app is in company %d, want %d", got.CompanyID, other.Company.ID)
	}
}

func TestInstallForAnAgent(t *testing.T) {
	t.Parallel()
	h := hosttest.New(t)
	app := h.Install(h.Second().Agent, "contacts:read")
	if got := me(t, h, app.AccessToken); got.Email != h.Second().Agent.Email {
		t.Errorf("installed for %s, want %s", got.Email, h.Second().Agent.Email)
	}
	if len(app.Scopes) != 2 || app.Scopes[0] != "base" || app.Scopes[1] != "contacts:read" {
		t.Errorf("scopes %v, want base and contacts:read", app.Scopes)
	}
}

// Hosts of parallel tests know nothing of each other.
func TestHostsAreAlone(t *testing.T) {
	t.Parallel()
	one, two := hosttest.New(t), hosttest.New(t)
	if status, _, _ := one.Do(http.MethodGet, "/v1/users/me", two.App.AccessToken, nil); status != http.StatusUnauthorized {
		t.Errorf("a token of another host: %d, want 401", status)
	}
}

// spec: hosttest.clock
func TestTokensExpireByTheHostsClock(t *testing.T) {
	t.Parallel()
	h := hosttest.New(t, hosttest.Clock(time.Date(2026, 3, 1, 9, 0, 0, 0, time.UTC)))
	me(t, h, h.App.AccessToken)
	h.Advance(59 * time.Minute)
	me(t, h, h.App.AccessToken)
	h.Advance(time.Minute)
	if status, _, _ := h.Do(http.MethodGet, "/v1/users/me", h.App.AccessToken, nil); status != http.StatusUnauthorized {
		t.Errorf("after an hour: %d, want 401", status)
	}
	me(t, h, h.Admin.Token) // personal tokens do not end
}

// spec: hosttest.faults
func TestFaultsBefallTheNextCalls(t *testing.T) {
	t.Parallel()
	h := hosttest.New(t)
	for _, c := range []struct {
		fault  hosttest.Fault
		status int
		header string
	}{
		{hosttest.Fault{Kind: hosttest.RateLimited, Path: "/v1/users/me", RetryAfter: 2}, 429, "2"},
		{hosttest.Fault{Kind: hosttest.ServerError, Path: "/v1/*", Method: "get"}, 500, ""},
		{hosttest.Fault{Kind: hosttest.Unavailable, Path: "/*"}, 503, "1"},
		{hosttest.Fault{Kind: hosttest.ExpiredToken, Path: "/v1/users/me"}, 401, ""},
		{hosttest.Fault{Kind: hosttest.Slow, Path: "/v1/users/me", Delay: time.Millisecond}, 200, ""},
	} {
		h.Fail(c.fault)
		// Under the other prefix too.
		status, header, body := h.Do(http.MethodGet, "/api/v1/users/me", h.App.AccessToken, nil)
		if status != c.status || header.Get("Retry-After") != c.header {
			t.Errorf("%s: %d, Retry-After %q: %s", c.fault.Kind, status, header.Get("Retry-After"), body)
		}
		me(t, h, h.App.AccessToken) // the fault is used up
	}
}

// spec: hosttest.faults
func TestCutAndLost(t *testing.T) {
	t.Parallel()
	h := hosttest.New(t)
	for _, kind := range []string{hosttest.Cut, hosttest.Lost} {
		h.Fail(hosttest.Fault{Kind: kind, Path: "/v1/users/me"})
		req, err := http.NewRequestWithContext(t.Context(), http.MethodGet, h.URL+"/v1/users/me", nil)
		if err != nil {
			t.Fatal(err)
		}
		req.Header.Set("x-api-token", h.Admin.Token)
		req.Close = true // a client tries again by itself on a connection that was kept
		if resp, err := (&http.Client{Transport: &http.Transport{}}).Do(req); err == nil {
			t.Errorf("%s: answered %s", kind, resp.Status)
			resp.Body.Close()
		}
	}
}

// spec: hosttest.faults
func TestCallsToAppsAreDoubled(t *testing.T) {
	t.Parallel()
	h := hosttest.New(t)
	to, err := url.Parse(h.App.CallbackURL)
	if err != nil {
		t.Fatal(err)
	}
	h.Fail(hosttest.Fault{Kind: hosttest.Double, Path: to.Path})
	called := h.Called()
	h.Uninstall(h.App)
	for range 2 {
		if c := <-called; c.Method != http.MethodDelete || c.ClientID != h.App.ClientID {
			t.Errorf("called with %s for %s", c.Method, c.ClientID)
		}
	}
	if n := len(h.Calls()); n != 2 {
		t.Errorf("%d calls, want 2", n)
	}
}

func TestPostgres(t *testing.T) {
	t.Parallel()
	url := storetest.PostgresURL(t)
	one, two := hosttest.New(t, hosttest.Postgres(url)), hosttest.New(t, hosttest.Postgres(url))
	me(t, one, one.App.AccessToken)
	if status, _, _ := one.Do(http.MethodGet, "/v1/users/me", two.App.AccessToken, nil); status != http.StatusUnauthorized {
		t.Errorf("a token of another host on the same server: %d, want 401", status)
	}
	one.Advance(time.Hour)
	if status, _, _ := one.Do(http.MethodGet, "/v1/users/me", one.App.AccessToken, nil); status != http.StatusUnauthorized {
		t.Errorf("after an hour: %d, want 401", status)
	}
	me(t, two, two.App.AccessToken) // its clock has not moved
}

// spec: hosttest.seed
func TestSeedAddsToTheTestsCompany(t *testing.T) {
	t.Parallel()
	h := hosttest.New(t, hosttest.Seed(`{"companies":[{"domain":"nordwind","existing":true,
		"users":[{"ref":"eve","name":"Eve","email":"eve@nordwind.example"}],
		"persons":[{"ref":"mia","name":"Mia","owner":"eve"}],
		"leads":[{"ref":"spa","title":"Spa","person":"mia"}],
		"apps":[{"ref":"mine","name":"Mine","installed":[{"user":"eve"}]}]}]}`))
	got := h.Seeded["nordwind"]
	if got.IDs["persons"]["mia"] != 1 || len(got.UUIDs["leads"]["spa"]) != 36 || got.Company.ID != h.Company.ID {
		t.Errorf("seeded %+v", got)
	}
	if who := me(t, h, got.Apps["mine"].AccessToken); who.ID != got.Users["eve"].ID || got.Apps["mine"].InstalledBy != got.Users["eve"] {
		t.Errorf("the app acts for user %d, want %+v", who.ID, got.Users["eve"])
	}
}
