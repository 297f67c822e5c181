package resttest

import "testing"

// spec: rest.users-me
func TestUsersMe(t *testing.T) {
	t.Parallel()
	s := newStreet(t)
	for _, prefix := range []string{"", "/api"} {
		a := s.do(call{op: "GET /v1/users/me", prefix: prefix})
		a.is("data.id", s.Admin.ID)
		a.is("data.company_domain", s.Company.Domain)
	}
}
