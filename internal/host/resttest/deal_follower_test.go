package resttest

import (
	"fmt"
	"testing"

	"github.com/dockwright/dockwright/hosttest"
)

// Followers of a deal come and go in both versions and see it even if it is for
// its owner alone.
// spec: rest.followers, rest.followers.changelog, rest.deals.permitted-users, rest.deals.files
// spec: rest.leads.permitted-users, rest.persons.visible-to-followers
func TestFollowersOfDeals(t *testing.T) {
	t.Parallel()
	s := newStreet(t, hosttest.Records())
	id := s.newDeal(object{"title": "Secret", "visible_to": 1})
	all := []any{id}
	s.do(call{op: "GET /v1/deals/{id}", path: all, token: s.Agent.Token, want: 404})
	for _, op := range []string{"GET /v1/deals/{id}/followers", "GET /api/v2/deals/{id}/followers", "GET /v1/deals/{id}/files", "GET /v1/deals/{id}/permittedUsers"} {
		s.do(call{op: op, path: all, token: s.Agent.Token, want: 404}).is("error", "Deal not found")
	}
	if got := fmt.Sprint(s.do(call{op: "GET /v1/deals/{id}/permittedUsers", path: all}).at("data")); got != fmt.Sprintf("[%d]", s.Admin.ID) {
		t.Errorf("permitted %s", got)
	}
	a := s.do(call{op: "POST /v1/deals/{id}/followers", path: all, body: object{"user_id": s.Agent.ID}})
	a.is("data.deal_id", id)
	s.do(call{op: "GET /v1/deals/{id}", path: all, token: s.Agent.Token}).is("data.followers_count", 1)
	if got := fmt.Sprint(s.do(call{op: "GET /v1/deals/{id}/permittedUsers", path: all}).at("data")); got != fmt.Sprintf("[%d %d]", s.Admin.ID, s.Agent.ID) {
		t.Errorf("permitted %s", got)
	}
	s.do(call{op: "GET /v1/deals/{id}/followers", path: all}).is("data.0.user_id", s.Agent.ID)
	s.do(call{op: "GET /api/v2/deals/{id}/followers", path: all}).is("data.0.user_id", s.Agent.ID)
	s.do(call{op: "DELETE /v1/deals/{id}/followers/{follower_id}", path: []any{id, a.id("data.id")}})
	s.do(call{op: "POST /api/v2/deals/{id}/followers", path: all, body: object{"user_id": 999}, want: 400})
	s.do(call{op: "POST /api/v2/deals/{id}/followers", path: all, body: object{"user_id": s.Agent.ID}})
	s.do(call{op: "DELETE /api/v2/deals/{id}/followers/{follower_id}", path: []any{id, s.Agent.ID}}).is("data.user_id", s.Agent.ID)
	if n := len(s.do(call{op: "GET /api/v2/deals/{id}/followers/changelog", path: all}).list("data")); n != 4 {
		t.Errorf("%d changes of followers, want 4", n)
	}
	s.do(call{op: "GET /api/v2/deals/{id}/followers", path: all, token: s.Second().App.AccessToken, want: 404})

	f := s.upload(200, formPart{name: "file", file: "plan.png", body: []byte("png")}, formPart{name: "deal_id", body: []byte(text(id))})
	s.do(call{op: "GET /v1/deals/{id}/files", path: all}).is("data.0.id", f.id("data.id"))
	lead := s.do(call{op: "POST /v1/leads", want: 201, body: object{"title": "Secret", "person_id": 1, "visible_to": "1"}}).text("data.id")
	if got := fmt.Sprint(s.do(call{op: "GET /v1/leads/{id}/permittedUsers", path: []any{lead}}).at("data")); got != fmt.Sprintf("[%d]", s.Admin.ID) {
		t.Errorf("permitted %s", got)
	}
	s.do(call{op: "GET /v1/leads/{id}/permittedUsers", path: []any{lead}, token: s.Agent.Token, want: 404})
}
