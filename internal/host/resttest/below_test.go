package resttest

import (
	"fmt"
	"strings"
	"testing"

	"github.com/dockwright/dockwright/hosttest"
)

// Activities, mail and changes are listed below persons, organizations and deals,
// for those who see the record.
// spec: rest.activities.below, rest.mail-messages, rest.changelog, rest.deals.persons
func TestListsBelowRecords(t *testing.T) {
	t.Parallel()
	s := newStreet(t, hosttest.Records())
	code := s.do(call{op: "POST /v1/dealFields", body: object{"name": "Colour", "field_type": "varchar"}}).text("data.key")
	org := s.do(call{op: "POST /v1/organizations", want: 201, body: object{"name": "Nordwind", "visible_to": 1}}).id("data.id")
	person := s.do(call{op: "POST /v1/persons", want: 201, body: object{"name": "Mari", "org_id": org, "visible_to": 1}}).id("data.id")
	second := s.do(call{op: "POST /v1/persons", want: 201, body: object{"name": "Jaan"}}).id("data.id")
	deal := s.newDeal(object{"title": "Chairs", "person_id": person, "visible_to": 1})
	on := map[string]int64{"persons": person, "organizations": org, "deals": deal}
	done := s.do(call{op: "POST /api/v2/activities", body: object{
		"subject": "Call", "done": true, "deal_id": deal, "org_id": org, "participants": []any{object{"person_id": second, "primary": true}, object{"person_id": person, "primary": false}},
	}}).id("data.id")
	open := s.do(call{op: "POST /api/v2/activities", body: object{"subject": "Visit", "deal_id": deal, "org_id": org, "participants": []any{object{"person_id": person, "primary": true}}}}).id("data.id")
	for what, id := range on {
		list := func(path, query string) answer {
			return s.do(call{op: "GET /v1/" + what + "/{id}/" + path, path: []any{id}, query: query})
		}
		if got := list("activities", "").ids(); got != fmt.Sprint(done, " ", open) {
			t.Errorf("activities of %s: %s", what, got)
		}
		if got := list("activities", "done=1").ids(); got != fmt.Sprint(done) {
			t.Errorf("done activities of %s: %s", what, got)
		}
		if got := list("activities", fmt.Sprint("exclude=", done)).ids(); got != fmt.Sprint(open) {
			t.Errorf("other activities of %s: %s", what, got)
		}
		if n := len(list("mailMessages", "limit=5").list("data")); n != 0 {
			t.Errorf("%d messages of %s", n, what)
		}
		for _, path := range []string{"activities", "mailMessages", "changelog"} {
			s.do(call{op: "GET /v1/" + what + "/{id}/" + path, path: []any{id}, token: s.Agent.Token, want: 404})
			s.do(call{op: "GET /v1/" + what + "/{id}/" + path, path: []any{id}, token: s.Second().App.AccessToken, want: 404})
		}
	}
	if got := s.do(call{op: "GET /v1/deals/{id}/persons", path: []any{deal}}).ids(); got != fmt.Sprint(person) {
		t.Errorf("persons of the deal: %s", got)
	}
	s.do(call{op: "POST /v1/deals/{id}/participants", path: []any{deal}, body: object{"person_id": second}})
	if got := s.do(call{op: "GET /v1/deals/{id}/persons", path: []any{deal}}).ids(); got != fmt.Sprint(person, " ", second) {
		t.Errorf("persons of the deal: %s", got)
	}

	s.do(call{op: "PATCH /api/v2/deals/{id}", path: []any{deal}, body: object{"title": "Blue chairs", "value": 12.5, "currency": "USD"}})
	s.do(call{op: "PATCH /api/v2/deals/{id}", path: []any{deal}, body: object{"person_id": second, "owner_id": s.Agent.ID, "custom_fields": object{code: "blue"}}})
	log := func(query string) (string, answer) {
		a := s.do(call{op: "GET /v1/deals/{id}/changelog", path: []any{deal}, query: query})
		var out []string
		for i := range a.list("data") {
			at := func(key string) any { return a.at(fmt.Sprintf("data.%d.%s", i, key)) }
			out = append(out, fmt.Sprint(at("field_key"), ":", at("old_value"), ">", at("new_value")))
		}
		return strings.Join(out, " "), a
	}
	newer := fmt.Sprintf("%s:<nil>>blue user_id:%d>%d person_id:%d>%d", code, s.Admin.ID, s.Agent.ID, person, second)
	older := "title:Chairs>Blue chairs currency:EUR>USD value:0>12.5"
	got, a := log("")
	if got != newer+" "+older {
		t.Errorf("changelog %s, want %s %s", got, newer, older)
	}
	a.is("data.0.actor_user_id", s.Admin.ID)
	a.is("data.0.change_source", "api")
	a.is("additional_data.next_cursor", nil)
	got, a = log("limit=1")
	if got != newer {
		t.Errorf("the first page is %s", got)
	}
	if got, _ = log("limit=1&cursor=" + a.text("additional_data.next_cursor")); got != older {
		t.Errorf("the second page is %s", got)
	}
	s.do(call{op: "GET /v1/deals/{id}/changelog", path: []any{deal}, query: "cursor=x", want: 400})
}
