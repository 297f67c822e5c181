package resttest

import (
	"fmt"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/dockwright/dockwright/hosttest"
)

// flow is what happened about a record, in the order of the answer: "note 12",
// "dealChange title:Chairs>Blue chairs".
func (a answer) flow() string {
	var out []string
	for i := range a.list("data") {
		at := func(key string) any { return a.at(fmt.Sprintf("data.%d.%s", i, key)) }
		what := at("object").(string)
		if strings.HasSuffix(what, "Change") {
			out = append(out, fmt.Sprint(what, " ", at("data.field_key"), ":", at("data.old_value"), ">", at("data.new_value")))
			continue
		}
		out = append(out, fmt.Sprint(what, " ", a.id(fmt.Sprintf("data.%d.data.id", i))))
	}
	return strings.Join(out, ", ")
}

// The flow of a record tells of its fields, notes, files and activities, newest
// first, a page at a time, and of some of them when it is asked to.
// spec: rest.flow, rest.flow.add-time, rest.flow.items
func TestFlow(t *testing.T) {
	t.Parallel()
	s := newStreet(t, hosttest.Clock(time.Date(2026, 11, 2, 9, 0, 0, 0, time.UTC)))
	stages := s.do(call{op: "GET /api/v2/stages"})
	first, second := stages.id("data.0.id"), stages.id("data.1.id")
	code := s.addField("dealFields", "Colour", "varchar")
	org := s.addOrganization(object{"name": "Nordwind"})
	person := s.addPerson(object{"name": "Mari"})
	deal := s.newDeal(object{"title": "Chairs", "stage_id": first, "org_id": org})
	s.Advance(time.Minute)
	note := s.newNote(object{"content": "Called", "deal_id": deal, "person_id": person})
	s.Advance(time.Minute)
	visit := s.newActivity(object{"subject": "Visit", "deal_id": deal, "participants": []any{object{"person_id": person, "primary": true}}})
	done := s.newActivity(object{"subject": "Call", "deal_id": deal, "org_id": org})
	s.Advance(time.Minute)
	file := s.upload(200, formPart{name: "file", file: "plan.png", body: []byte("png")}, formPart{name: "deal_id", body: []byte(text(deal))}).id("data.id")
	s.Advance(time.Minute)
	s.do(call{op: "PATCH /api/v2/deals/{id}", path: []any{deal}, body: object{"title": "Blue chairs", "stage_id": second, "custom_fields": object{code: "blue"}}})
	s.Advance(time.Minute)
	s.do(call{op: "PATCH /api/v2/activities/{id}", path: []any{done}, body: object{"done": true}})
	s.Advance(time.Minute)
	s.do(call{op: "PATCH /api/v2/deals/{id}", path: []any{deal}, body: object{"custom_fields": object{code: "green"}}})

	flow := func(query string) answer {
		return s.do(call{op: "GET /v1/deals/{id}/flow", path: []any{deal}, query: query})
	}
	moved := fmt.Sprintf("dealChange stage_id:%d>%d, dealChange stage_change_time:2026-11-02 09:00:00>2026-11-02 09:04:00, dealChange title:Chairs>Blue chairs", first, second)
	made := "dealChange add_time:<nil>>2026-11-02 09:00:00"
	things := fmt.Sprintf("file %d, activity %d, note %d", file, visit, note)
	for query, want := range map[string]string{
		"":                         fmt.Sprintf("activity %d, %s, %s, %s", done, moved, things, made),
		"items=dealChange":         moved + ", " + made,
		"items=change,follower":    moved + ", " + made,
		"items=personChange":       "",
		"items=mailMessage":        "",
		"items=activity":           fmt.Sprintf("activity %d, activity %d", done, visit),
		"items=plannedActivity":    fmt.Sprintf("activity %d", visit),
		"items=note, file":         fmt.Sprintf("file %d, note %d", file, note),
		"items=change&start=3":     made,
		"items=change&limit=1":     moved[:strings.Index(moved, ",")],
		"items=change&start=50000": "",
		"items=change&all_changes=1": fmt.Sprintf("dealChange %s:blue>green, dealChange %s:<nil>>blue, %s, %s",
			code, code, moved, made),
	} {
		if got := flow(strings.ReplaceAll(query, " ", "+")).flow(); got != want {
			t.Errorf("%s: got %s\nwant %s", query, got, want)
		}
	}
	for _, query := range []string{"items=notes", "all_changes=some", "start=-1", "limit=0"} {
		name, _, _ := strings.Cut(query, "=")
		a := s.do(call{op: "GET /v1/deals/{id}/flow", path: []any{deal}, query: query, want: 400})
		if !strings.HasPrefix(a.text("error"), name+": ") {
			t.Errorf("%s: %s", query, a.text("error"))
		}
	}

	a := flow("items=change")
	a.is("data.0.timestamp", "2026-11-02 09:04:00")
	a.is("data.0.data.log_time", "2026-11-02 09:04:00")
	a.is("data.0.data.item_id", deal)
	a.is("data.0.data.user_id", s.Admin.ID)
	a.is("data.0.data.change_source", "api")
	a.is("data.0.data.additional_data.old_value_formatted", stages.text("data.0.name"))
	a.is("data.0.data.additional_data.new_value_formatted", stages.text("data.1.name"))
	a.is(fmt.Sprintf("related_objects.deal.%d.title", deal), "Blue chairs")
	a.is(fmt.Sprintf("related_objects.user.%d.id", s.Admin.ID), s.Admin.ID)
	flow("").is("data.0.timestamp", "2026-11-02 09:05:00") // when it was done

	// Page by page it is the same, and no change has the number of another.
	whole, numbers := flow("all_changes=1"), map[any]bool{}
	for i := range whole.list("data") {
		if strings.HasSuffix(whole.text(fmt.Sprintf("data.%d.object", i)), "Change") {
			numbers[whole.at(fmt.Sprintf("data.%d.data.id", i))] = true
		}
	}
	if len(numbers) != 6 {
		t.Errorf("6 changes have the numbers %v", numbers)
	}
	var pages []string
	for start := 0; ; start += 2 {
		page := flow(url.Values{"all_changes": {"1"}, "limit": {"2"}, "start": {fmt.Sprint(start)}}.Encode())
		pages = append(pages, page.flow())
		if page.at("additional_data.pagination.more_items_in_collection") == false {
			break
		}
	}
	if got := strings.Join(pages, ", "); got != whole.flow() {
		t.Errorf("the pages are %s\nwant %s", got, whole.flow())
	}

	want := fmt.Sprintf("activity %d, note %d, personChange add_time:<nil>>2026-11-02 09:00:00", visit, note)
	if got := s.do(call{op: "GET /v1/persons/{id}/flow", path: []any{person}}).flow(); got != want {
		t.Errorf("the person: %s\nwant %s", got, want)
	}
	want = fmt.Sprintf("activity %d, %s, %s, organizationChange add_time:<nil>>2026-11-02 09:00:00", done, moved, made)
	if got := s.do(call{op: "GET /v1/organizations/{id}/flow", path: []any{org}}).flow(); got != want {
		t.Errorf("the organization: %s\nwant %s", got, want)
	}
}

// A flow tells nobody of records that they do not see.
// spec: rest.flow, rest.flow.names
func TestFlowKeepsSecrets(t *testing.T) {
	t.Parallel()
	s := newStreet(t)
	org := s.addOrganization(object{"name": "Nordwind"})
	secret := s.addPerson(object{"name": "Mari Secret", "visible_to": 1})
	known := s.addPerson(object{"name": "Jaan"})
	deal := s.newDeal(object{"title": "Chairs", "person_id": secret})
	s.do(call{op: "PATCH /api/v2/deals/{id}", path: []any{deal}, body: object{"person_id": known, "owner_id": s.Agent.ID}})
	s.newDeal(object{"title": "Hidden", "org_id": org, "visible_to": 1})
	for _, who := range []struct {
		token, name string
		ofOrg       int
	}{{"", "Mari Secret", 2}, {s.Agent.Token, "", 1}} {
		a := s.do(call{op: "GET /v1/deals/{id}/flow", path: []any{deal}, query: "items=dealChange", token: who.token})
		if got, want := a.flow(), fmt.Sprintf("dealChange user_id:%d>%d, dealChange person_id:%d>%d, dealChange add_time:", s.Admin.ID, s.Agent.ID, secret, known); !strings.HasPrefix(got, want) {
			t.Errorf("got %s, want %s…", got, want)
		}
		a.is("data.1.data.additional_data.new_value_formatted", "Jaan")
		names := a.at("data.1.data.additional_data").(map[string]any)
		if got, _ := names["old_value_formatted"].(string); got != who.name {
			t.Errorf("the person is called %q, want %q", got, who.name)
		}
		if n := len(s.do(call{op: "GET /v1/organizations/{id}/flow", path: []any{org}, token: who.token}).list("data")); n != who.ofOrg {
			t.Errorf("%d updates about the organization, want %d", n, who.ofOrg)
		}
	}
	s.do(call{op: "GET /v1/persons/{id}/flow", path: []any{secret}, token: s.Agent.Token, want: 404})
	s.do(call{op: "GET /v1/deals/{id}/flow", path: []any{deal}, token: s.Second().App.AccessToken, want: 404})
}
