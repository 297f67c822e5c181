package authz_test

import (
	"context"
	"fmt"
	"net/http"
	"testing"
	"time"

	"github.com/dockwright/dockwright/internal/host/authz"
	"github.com/dockwright/dockwright/internal/host/route"
)

func fine(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusOK) }

// limited are routes of every kind; each wants the scope that the app has.
func limited() []route.Route {
	rt := func(method, pattern string, more ...func(*route.Route)) route.Route {
		r := route.Route{Method: method, Pattern: pattern, Access: route.Token, Scopes: []string{"contacts:full"}, Handler: fine}
		for _, m := range more {
			m(&r)
		}
		return r
	}
	search := func(r *route.Route) { r.Search = true }
	return []route.Route{
		rt("GET", "/v1/persons/{id}"), rt("GET", "/v1/persons"), rt("POST", "/v1/persons"), rt("PUT", "/v1/persons/{id}"), rt("DELETE", "/v1/persons/{id}"),
		rt("GET", "/v1/persons/search", search), rt("GET", "/v1/persons/{id}/deals"),
		rt("GET", "/api/v2/persons/{id}"), rt("GET", "/api/v2/persons"), rt("POST", "/api/v2/persons"), rt("PATCH", "/api/v2/persons/{id}"),
		rt("DELETE", "/api/v2/persons/{id}"), rt("GET", "/api/v2/persons/search", search),
		rt("GET", "/v1/users/find", func(r *route.Route) { r.Cost = 40 }),
	}
}

const (
	overLimit  = `{"success":false,"error":"request over limit","errorCode":429,"error_info":"Please check developers.pipedrive.com"}`
	overBudget = `{"success":false,"error":"daily request budget exceeded","errorCode":429}`
)

// spec: rest.limits.costs
// spec: rest.limits.daily
func TestCosts(t *testing.T) {
	t.Parallel()
	g := newGate(t, setting{routes: limited(), limits: authz.Limits{PerSeat: 1000, TopUp: 500}})
	tok := g.install(g.agent)
	left := 3*1000 + 500 // three active users
	for _, c := range []struct {
		method, path string
		cost         int
	}{
		{"GET", "/v1/users/me", 2}, {"GET", "/v1/users/find", 40},
		{"GET", "/v1/persons/1", 2}, {"GET", "/v1/persons", 20}, {"GET", "/v1/persons/1/deals", 20},
		{"POST", "/v1/persons", 10}, {"PUT", "/v1/persons/1", 10}, {"DELETE", "/v1/persons/1", 6}, {"GET", "/v1/persons/search", 40},
		{"GET", "/api/v2/persons/1", 1}, {"GET", "/api/v2/persons", 10}, {"POST", "/api/v2/persons", 5}, {"PATCH", "/api/v2/persons/1", 5},
		{"DELETE", "/api/v2/persons/1", 3}, {"GET", "/api/v2/persons/search", 20},
	} {
		r := g.say(c.method + " " + c.path + " HTTP/1.1\nAuthorization: Bearer " + tok.AccessToken)
		left -= c.cost
		if r.StatusCode != 200 || r.Header.Get("x-daily-ratelimit-token-limit") != "3500" || r.Header.Get("x-daily-ratelimit-token-remaining") != fmt.Sprint(left) {
			t.Errorf("%s %s: %d %v, want %d left", c.method, c.path, r.StatusCode, r.Header, left)
			left = 0
			_, _ = fmt.Sscan(r.Header.Get("x-daily-ratelimit-token-remaining"), &left)
		}
		if r.Header.Get("x-daily-requests-left") != "" || r.Header.Get("x-ratelimit-limit") != "" {
			t.Errorf("%s %s: %v", c.method, c.path, r.Header)
		}
	}
}

// The day of a company is counted for all its users and apps, ends at midnight
// UTC, and survives a restart.
// spec: rest.limits.daily
func TestDailyBudget(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, g *gate) {
		g = g.limited(authz.Limits{PerSeat: 10})
		tok := g.install(g.admin)
		personal, err := g.authz.SetPersonalToken(t.Context(), 1, 2)
		g.ok(err)
		call := func(raw string) *http.Response { return g.say(raw + "\nAuthorization: Bearer " + tok.AccessToken) }
		if r := g.say("POST /v1/persons HTTP/1.1\nx-api-token: " + personal); r.StatusCode != 200 || r.Header.Get("x-daily-requests-left") != "2" {
			t.Fatalf("%d %v", r.StatusCode, r.Header)
		}
		if r := call("GET /v1/persons HTTP/1.1"); r.StatusCode != 200 || r.Header.Get("x-daily-ratelimit-token-remaining") != "0" {
			t.Fatalf("%d %v", r.StatusCode, r.Header)
		}
		refused := func() {
			t.Helper()
			r := call("GET /v1/persons/1 HTTP/1.1")
			if wait := r.Header.Get("Retry-After"); wait != "54000" || r.Header.Get("x-daily-ratelimit-token-remaining") != "0" { // nine to midnight
				t.Errorf("headers %v", r.Header)
			}
			g.want(r, 429, overBudget)
		}
		refused()
		ctx, stop := context.WithCancel(t.Context())
		stop()
		g.ok(g.authz.Run(ctx))
		g = g.limited(authz.Limits{PerSeat: 10}) // a restart
		refused()
		// Another company has a day of its own.
		other := g.otherCompany()
		theirs, err := g.authz.SetPersonalToken(t.Context(), other.Company, other.User)
		g.ok(err)
		if r := g.say("GET /v1/persons/1 HTTP/1.1\nx-api-token: " + theirs); r.StatusCode != 200 {
			t.Errorf("another company got %d", r.StatusCode)
		}
		g.clock.Advance(15*time.Hour - time.Second)
		tok = g.tokens(g.refresh(tok.RefreshToken))
		if r := call("GET /v1/persons/1 HTTP/1.1"); r.StatusCode != 429 || r.Header.Get("Retry-After") != "1" {
			t.Errorf("a second to midnight: %d %v", r.StatusCode, r.Header)
		}
		g.clock.Advance(time.Second)
		if r := call("GET /v1/persons/1 HTTP/1.1"); r.StatusCode != 200 || r.Header.Get("x-daily-ratelimit-token-remaining") != "28" {
			t.Errorf("the next day: %d %v", r.StatusCode, r.Header)
		}
	})
}

// spec: rest.limits.burst
// spec: rest.limits.plans
func TestBurst(t *testing.T) {
	t.Parallel()
	lite, ok := authz.PlanLimits("lite")
	if !ok {
		t.Fatal("there is no plan lite")
	}
	g := newGate(t, setting{routes: limited(), limits: lite})
	tok, second := g.install(g.agent), g.install(g.agent)
	personal, err := g.authz.SetPersonalToken(t.Context(), 1, 2)
	g.ok(err)
	for name, c := range map[string]struct {
		path, auth string
		limit      int
	}{
		"personal":             {"/v1/persons/1", "x-api-token: " + personal, 20},
		"app":                  {"/v1/persons/1", "Authorization: Bearer " + tok.AccessToken, 80},
		"app, another token":   {"/v1/persons/1", "Authorization: Bearer " + second.AccessToken, 80},
		"app, search":          {"/v1/persons/search", "Authorization: Bearer " + tok.AccessToken, 10},
		"personal, search, v2": {"/api/v2/persons/search", "x-api-token: " + personal, 10},
	} {
		begin := g.clock.Now()
		call := func() *http.Response { return g.say("GET " + c.path + " HTTP/1.1\n" + c.auth) }
		for i := range c.limit {
			r := call()
			if h := r.Header; r.StatusCode != 200 || h.Get("x-ratelimit-limit") != fmt.Sprint(c.limit) ||
				h.Get("x-ratelimit-remaining") != fmt.Sprint(c.limit-i-1) || h.Get("x-ratelimit-reset") != "2" {
				t.Fatalf("%s, call %d: %d %v", name, i, r.StatusCode, h)
			}
			g.clock.Advance(time.Millisecond)
		}
		r := call()
		if h := r.Header; h.Get("x-ratelimit-remaining") != "0" || h.Get("Retry-After") != "2" || h.Get("x-daily-ratelimit-token-limit") != "" {
			t.Errorf("%s: %v", name, h)
		}
		g.want(r, 429, overLimit)
		// The window rolls: two seconds after the first call there is room for one.
		g.clock.Advance(2*time.Second - g.clock.Now().Sub(begin))
		if a, b := call(), call(); a.StatusCode != 200 || b.StatusCode != 429 || b.Header.Get("Retry-After") != "1" {
			t.Errorf("%s, rolling: %d, %d %v", name, a.StatusCode, b.StatusCode, b.Header)
		}
	}
	for plan, want := range map[string]authz.Limits{
		"lite": {PerSeat: 30000, Personal: 20, OAuth: 80, Search: 10}, "growth": {PerSeat: 60000, Personal: 40, OAuth: 160, Search: 10},
		"premium": {PerSeat: 150000, Personal: 100, OAuth: 400, Search: 10}, "ultimate": {PerSeat: 210000, Personal: 120, OAuth: 480, Search: 10}, "off": {},
	} {
		if got, ok := authz.PlanLimits(plan); !ok || got != want {
			t.Errorf("%s: %+v", plan, got)
		}
	}
	if _, ok := authz.PlanLimits("gold"); ok {
		t.Error("there is a plan gold")
	}
}
