package resttest

import (
	"strconv"
	"strings"
	"testing"
)

// spec: rest.users-me
func TestUsersMe(t *testing.T) {
	t.Parallel()
	s := newStreet(t)
	for _, prefix := range []string{"", "/api"} {
		a := s.do(call{op: "GET /v1/users/me", prefix: prefix})
		a.is("data.id", s.Admin.ID)
		a.is("data.company_id", s.Company.ID)
		a.is("data.company_domain", s.Company.Domain)
		a.is("data.is_you", true)
		a.is("data.is_admin", 1)
		a.is("data.access.0.admin", true)
	}
	a := s.do(call{op: "GET /v1/users/me", token: s.Agent.Token})
	a.is("data.id", s.Agent.ID)
	a.is("data.is_admin", 0)
	a.is("data.access.0.app", "global")
	a.is("data.access.0.admin", false)
}

// spec: rest.users
// spec: rest.users-missing
func TestUsers(t *testing.T) {
	t.Parallel()
	s := newStreet(t)
	other := s.Second()
	a := s.do(call{op: "GET /v1/users", token: s.Agent.Token})
	if n := len(a.list("data")); n != 2 {
		t.Errorf("%d users, want 2: %s", n, a.raw)
	}
	a.is("data.0.id", s.Admin.ID)
	a.is("data.0.is_you", false)
	a.is("data.1.email", s.Agent.Email)
	a.is("data.1.is_you", true)
	if _, there := a.json.(map[string]any)["additional_data"]; there {
		t.Errorf("the list of users has pages: %s", a.raw)
	}
	s.do(call{op: "GET /v1/users/{id}", path: []any{s.Agent.ID}}).is("data.name", s.Agent.Name)
	s.do(call{op: "GET /v1/users/{id}", path: []any{s.Agent.ID}, token: other.Admin.Token}).is("data.email", other.Agent.Email)
	for _, id := range []string{"9999", "0", "-1", "x", "1.5", "99999999999999999999", "' OR 1=1 --"} {
		s.do(call{op: "GET /v1/users/{id}", path: []any{id}, want: 404}).is("error", "User not found or not accessible.")
	}
}

// spec: rest.users-find
func TestFindUsers(t *testing.T) {
	t.Parallel()
	s := newStreet(t)
	first, _, _ := strings.Cut(s.Agent.Name, " ")
	find := func(query string, want int) {
		t.Helper()
		if a := s.do(call{op: "GET /v1/users/find", query: query}); len(a.list("data")) != want {
			t.Errorf("%s found %s, want %d", query, a.raw, want)
		}
	}
	find("term="+strings.ToUpper(first), 1)
	find("term="+s.Agent.Email, 0)
	find("search_by_email=1&term="+s.Agent.Email, 1)
	find("search_by_email=0&term="+first, 1)
	find("term=%25", 0)
	for _, query := range []string{"", "term=", "term=%20", "term=a&search_by_email=maybe"} {
		s.do(call{op: "GET /v1/users/find", query: query, want: 400})
	}
}

// spec: rest.users-permissions
func TestPermissions(t *testing.T) {
	t.Parallel()
	s := newStreet(t)
	a := s.do(call{op: "GET /v1/users/{id}/permissions", path: []any{s.Agent.ID}})
	a.is("data.can_use_api", true)
	a.is("data.can_edit_custom_fields", false)
	a = s.do(call{op: "GET /v1/users/{id}/permissions", path: []any{s.Admin.ID}})
	for name, may := range a.at("data").(map[string]any) {
		if may != true {
			t.Errorf("an admin has %s %v", name, may)
		}
	}
	s.do(call{op: "GET /v1/users/{id}/permissions", path: []any{404}, want: 404})
}

// spec: rest.user-connections
// spec: rest.user-settings
func TestUserSettings(t *testing.T) {
	t.Parallel()
	s := newStreet(t)
	s.do(call{op: "GET /v1/userConnections"}).is("data.google", false)
	if a := s.do(call{op: "GET /v1/userSettings"}); !strings.Contains(a.text("data.callto_link_syntax"), "[number]") {
		t.Errorf("the link syntax has no place for the number: %s", a.raw)
	}
}

// spec: rest.currencies
func TestCurrencies(t *testing.T) {
	t.Parallel()
	s := newStreet(t)
	all := s.do(call{op: "GET /v1/currencies"}).list("data")
	seen := map[string]bool{}
	for _, item := range all {
		c := item.(map[string]any)
		id, code := strconv.Itoa(int(c["id"].(float64))), c["code"].(string)
		if seen[id] || seen[code] || c["name"] == "" || c["symbol"] == "" {
			t.Errorf("%v", c)
		}
		seen[id], seen[code] = true, true
	}
	if len(all) < 150 || !seen["EUR"] || !seen["USD"] {
		t.Errorf("%d currencies", len(all))
	}
	yen := s.do(call{op: "GET /v1/currencies", query: "term=YEN"})
	yen.is("data.0.code", "JPY")
	yen.is("data.0.decimal_points", 0)
	if n := len(s.do(call{op: "GET /v1/currencies", query: "term=nosuch"}).list("data")); n != 0 {
		t.Errorf("%d currencies called nosuch", n)
	}
}
