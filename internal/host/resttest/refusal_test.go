package resttest

import (
	"io"
	"maps"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/dockwright/dockwright/hosttest"
)

const (
	gatewayInfo  = "Please check developers.pipedrive.com"
	unauthorized = `{"success":false,"error":"unauthorized access","errorCode":401,"error_info":"` + gatewayInfo + `"}`
	mismatch     = `{"success":false,"error":"Scope and URL mismatch","errorCode":403,"error_info":"` + gatewayInfo + `"}`
	malformed    = `{"success":false,"message":"Invalid request: malformed authorization header"}`
)

// Every operation refuses whoever does not show a good token, before it looks at
// anything else, in the gateway's words.
// spec: rest.auth
// spec: rest.unauthorized
// spec: rest.malformed-authorization
// spec: rest.scope-mismatch
// spec: tenancy.tokens
func TestEveryOperationWantsAToken(t *testing.T) {
	t.Parallel()
	s := newStreet(t, hosttest.Clock(time.Date(2026, 11, 20, 9, 0, 0, 0, time.UTC)))
	old := s.Install(s.Admin, "contacts:full").AccessToken
	s.Advance(61 * time.Minute)
	gone := s.Install(s.Admin, "contacts:full")
	s.Uninstall(gone)
	revoked := s.Install(s.Admin, "contacts:full")
	s.revoke(revoked)
	small := s.Install(s.Admin) // base only
	agent := s.Install(s.Agent, "admin")
	for name, c := range map[string]struct {
		header http.Header
		query  string
		status int
		body   string
		base   bool // whether what needs the scope base only is let through
	}{
		"no token":                               {http.Header{}, "", 401, unauthorized, false},
		"an expired token":                       {bearer(old), "", 401, unauthorized, false},
		"a token of an app that was uninstalled": {bearer(gone.AccessToken), "", 401, unauthorized, false},
		"a revoked token":                        {bearer(revoked.AccessToken), "", 401, unauthorized, false},
		"a refresh token":                        {bearer(small.RefreshToken), "", 401, unauthorized, false},
		"a personal token as bearer":             {bearer(s.Admin.Token), "", 401, unauthorized, false},
		"an unknown personal token":              {http.Header{"X-Api-Token": {"0123456789abcdef"}}, "", 401, unauthorized, false},
		"an access token as personal token":      {http.Header{"X-Api-Token": {s.App.AccessToken}}, "", 401, unauthorized, false},
		"an unknown token in the query":          {http.Header{}, "api_token=nobodys", 401, unauthorized, false},
		"a cookie":                               {http.Header{"Cookie": {"dockwright_session=x"}}, "", 401, unauthorized, false},
		"another scheme":                         {http.Header{"Authorization": {"Basic eDp5"}}, "", 400, malformed, false},
		"a bearer of nothing":                    {http.Header{"Authorization": {"Bearer "}}, "", 400, malformed, false},
		"a bearer of two":                        {http.Header{"Authorization": {"Bearer a b"}}, "", 400, malformed, false},
		"a token without its scheme":             {http.Header{"Authorization": {s.App.AccessToken}}, "", 400, malformed, false},
		"no scope but base":                      {bearer(small.AccessToken), "", 403, mismatch, true},
		"the scope admin of a user who is none":  {bearer(agent.AccessToken), "", 403, mismatch, true},
	} {
		for _, op := range s.Operations() {
			header := maps.Clone(c.header)
			resp, raw := s.bare(op, header, c.query)
			if c.base && basic[op] {
				if resp.StatusCode != 200 {
					t.Errorf("%s with %s: status %d, want 200: %s", op, name, resp.StatusCode, raw)
				}
				continue
			}
			if resp.StatusCode != c.status || strings.TrimSpace(string(raw)) != c.body {
				t.Errorf("%s with %s: %d %s, want %d %s", op, name, resp.StatusCode, raw, c.status, c.body)
			}
			if c.status == 401 && (resp.Header.Get("x-401-by-gw") != "true" || resp.Header.Get("x-correlation-id") == "") {
				t.Errorf("%s with %s: headers %v, want x-401-by-gw and x-correlation-id", op, name, resp.Header)
			}
		}
		if t.Failed() {
			return
		}
	}
}

// basic are the operations that the scope base opens.
var basic = map[string]bool{"GET /v1/users/me": true, "GET /v1/userConnections": true, "GET /v1/userSettings": true, "GET /v1/currencies": true}

func bearer(token string) http.Header { return http.Header{"Authorization": {"Bearer " + token}} }

// bare makes a call without a body to a path that names the first of all.
func (s *street) bare(op string, header http.Header, query string) (*http.Response, []byte) {
	s.t.Helper()
	path := make([]any, len(pathParameter.FindAllString(op, -1)))
	for i := range path {
		path[i] = 1
	}
	req := s.request(call{op: op, path: path, query: query, token: "none"})
	maps.Copy(req.Header, header)
	return s.send(req)
}

func (s *street) send(req *http.Request) (*http.Response, []byte) {
	s.t.Helper()
	resp, err := http.DefaultTransport.RoundTrip(req)
	if err != nil {
		s.t.Fatal(err)
	}
	defer resp.Body.Close()
	raw, err := io.ReadAll(resp.Body)
	if err != nil {
		s.t.Fatal(err)
	}
	return resp, raw
}

// revoke ends an access token as its app does.
func (s *street) revoke(app hosttest.App) {
	s.t.Helper()
	form := url.Values{"token": {app.AccessToken}, "token_type_hint": {"access_token"}}
	req, err := http.NewRequestWithContext(s.t.Context(), "POST", s.URL+"/oauth/revoke", strings.NewReader(form.Encode()))
	if err != nil {
		s.t.Fatal(err)
	}
	req.SetBasicAuth(app.ClientID, app.ClientSecret)
	req.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	if resp, raw := s.send(req); resp.StatusCode != 200 {
		s.t.Fatalf("revoke: %d %s", resp.StatusCode, raw)
	}
}

// An operation is reached below both prefixes, answers the preflight of any page,
// and HEAD where it answers GET.
// spec: rest.both-prefixes
// spec: rest.cors
// spec: rest.head
func TestEveryOperationIsReached(t *testing.T) {
	t.Parallel()
	s := newStreet(t)
	small := s.Install(s.Admin) // base only: what is not there is 404, what is there 403
	for _, op := range s.Operations() {
		method, pattern, _ := strings.Cut(op, " ")
		reached := []string{pattern}
		if strings.HasPrefix(pattern, "/v1/") {
			reached = append(reached, "/api"+pattern)
		} else if !strings.HasPrefix(pattern, "/api/v2/") {
			t.Errorf("%s is neither of version 1 nor of version 2", op)
		}
		for _, p := range reached {
			want := 403
			if basic[op] {
				want = 200
			}
			if resp, raw := s.bare(method+" "+p, bearer(small.AccessToken), ""); resp.StatusCode != want {
				t.Errorf("%s %s: status %d, want %d: %s", method, p, resp.StatusCode, want, raw)
			} else if resp.Header.Get("Access-Control-Allow-Origin") != "*" || resp.Header.Get("Access-Control-Allow-Credentials") != "" {
				t.Errorf("%s %s: headers %v, want any origin and no credentials", method, p, resp.Header)
			}
			s.preflight(method, p)
			if method == http.MethodGet {
				s.head(p, small.AccessToken, want)
			}
		}
	}
}

// preflight asks as a browser does before a page of another site calls.
func (s *street) preflight(method, pattern string) {
	s.t.Helper()
	resp, raw := s.bare("OPTIONS "+pattern, http.Header{
		"Origin": {"https://app.example"}, "Access-Control-Request-Method": {method}, "Access-Control-Request-Headers": {"authorization,content-type"},
	}, "")
	h := resp.Header
	headers := strings.ToLower(h.Get("Access-Control-Allow-Headers"))
	if resp.StatusCode/100 != 2 || h.Get("Access-Control-Allow-Origin") != "*" || !strings.Contains(h.Get("Access-Control-Allow-Methods"), method) ||
		!strings.Contains(headers, "authorization") || !strings.Contains(headers, "content-type") || h.Get("Access-Control-Allow-Credentials") != "" {
		s.t.Errorf("OPTIONS %s for %s: %d %v %s", pattern, method, resp.StatusCode, h, raw)
	}
}

func (s *street) head(pattern, token string, want int) {
	s.t.Helper()
	if resp, raw := s.bare("HEAD "+pattern, bearer(token), ""); resp.StatusCode != want || len(raw) != 0 {
		s.t.Errorf("HEAD %s: status %d and %d bytes, want %d and none", pattern, resp.StatusCode, len(raw), want)
	}
}

// exceptions are the prices that are not those of the kind of call, as the page
// "Rate limiting" and the API reference tell them.
var exceptions = map[string]int{
	"GET /v1/users/me": 2, "GET /v1/users": 20, "GET /v1/users/find": 40, "GET /v1/users/{id}/permissions": 10,
	"GET /v1/userConnections": 20, "GET /v1/userSettings": 2, "GET /v1/webhooks": 10, "GET /v1/leadLabels": 10, "GET /v1/leadSources": 2,
	"GET /v1/files/{id}/download": 20, "GET /v1/leads/archived": 40, "GET /api/v2/deals/archived": 20, "POST /api/v2/leads/{id}/convert/deal": 40,
	"POST /api/v2/deals/{id}/convert/lead": 40, "GET /api/v2/pipelines": 5, "GET /api/v2/stages": 5,
	"GET /v1/persons/{id}/flow": 40, "GET /v1/organizations/{id}/flow": 40, "GET /v1/deals/{id}/flow": 40,
}

// price is what a call costs by the table of the platform.
func price(op string) int {
	method, pattern, _ := strings.Cut(op, " ")
	if n, ok := exceptions[op]; ok {
		return n
	}
	n := 10 // create or update
	switch {
	case searches(op):
		n = 40
	case method == http.MethodGet && strings.HasSuffix(pattern, "}"):
		n = 2
	case method == http.MethodGet:
		n = 20
	case method == http.MethodDelete:
		n = 6
	}
	if strings.HasPrefix(pattern, "/api/v2/") {
		n /= 2
	}
	return n
}

func searches(op string) bool {
	return strings.HasSuffix(op, "/search") || strings.Contains(op, "/itemSearch")
}

// Every operation takes from the company's budget what the platform says, and
// the searches count in a window of their own.
// spec: rest.limits.costs
// spec: rest.limits.search-routes
func TestEveryOperationHasItsPrice(t *testing.T) {
	t.Parallel()
	s := newStreet(t, hosttest.Plan("ultimate"), hosttest.Clock(time.Date(2026, 11, 20, 9, 0, 0, 0, time.UTC)))
	small := s.Install(s.Admin)
	left := func(op string) (h http.Header, n int) {
		s.Advance(time.Second) // so that no window is full
		resp, raw := s.bare(op, bearer(small.AccessToken), "")
		n, err := strconv.Atoi(resp.Header.Get("x-daily-ratelimit-token-remaining"))
		if err != nil {
			t.Fatalf("%s: %v: %d %s", op, err, resp.StatusCode, raw)
		}
		return resp.Header, n
	}
	_, before := left("GET /v1/users/me")
	for _, op := range s.Operations() {
		h, now := left(op)
		if cost := before - now; cost != price(op) {
			t.Errorf("%s costs %d tokens, want %d", op, cost, price(op))
		}
		before = now
		window := "480"
		if searches(op) {
			window = "10"
		}
		if got := h.Get("x-ratelimit-limit"); got != window {
			t.Errorf("%s: %s calls in two seconds, want %s", op, got, window)
		}
	}
}
