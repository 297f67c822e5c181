package resttest

import (
	"fmt"
	"net/url"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/dockwright/dockwright/hosttest"
)

// salesDay is when the clock of these tests stands at first: late in the evening in
// the owners' time zones, another day in UTC.
var salesDay = time.Date(2026, 11, 2, 23, 30, 0, 0, time.UTC)

// newSales is a host with the demo's records, at salesDay.
func newSales(t testing.TB) *street {
	t.Helper()
	return newStreet(t, hosttest.Records(), hosttest.Clock(salesDay))
}

// newDeal makes a deal in version 2 and returns its id.
func (s *street) newDeal(body object) int64 {
	s.t.Helper()
	return s.do(call{op: "POST /api/v2/deals", body: body}).id("data.id")
}

// ids are those of a list of records.
func (a answer) ids() string {
	a.t.Helper()
	var out []string
	for _, row := range a.list("data") {
		out = append(out, fmt.Sprint(row.(map[string]any)["id"]))
	}
	return strings.Join(out, " ")
}

// spec: rest.deals.create-v2
// spec: rest.deals.get-v2
// spec: rest.deals.update-v2
// spec: rest.deals.object-v2
// spec: rest.deals.default-stage
// spec: rest.deals.delete
// spec: rest.money.exact
func TestDealsOfVersion2(t *testing.T) {
	t.Parallel()
	s := newSales(t)
	a := s.do(call{op: "POST /api/v2/deals", body: object{"title": " <b>Blue</b> chairs'; DROP TABLE records_deal;-- ", "value": 480.125, "person_id": 1, "pipeline_id": 1}})
	id := a.id("data.id")
	a.is("data.title", "<b>Blue</b> chairs'; DROP TABLE records_deal;--")
	a.is("data.value", 480.125)
	a.is("data.currency", "EUR")
	a.is("data.stage_id", 1)
	a.is("data.owner_id", s.Admin.ID)
	a.is("data.creator_user_id", s.Admin.ID)
	a.is("data.origin", "API")
	a.is("data.visible_to", 3)
	a.is("data.add_time", "2026-11-02T23:30:00Z")
	a.is("data.stage_change_time", "2026-11-02T23:30:00Z")
	a.is("data.status", "open")
	s.Advance(time.Minute)
	a = s.do(call{op: "PATCH /api/v2/deals/{id}", path: []any{id}, body: object{"stage_id": 3, "pipeline_id": 99, "probability": 40, "org_id": 2, "owner_id": s.Agent.ID}})
	a.is("data.stage_id", 3)
	a.is("data.pipeline_id", 1)
	a.is("data.probability", 40)
	a.is("data.owner_id", s.Agent.ID)
	a.is("data.stage_change_time", "2026-11-02T23:31:00Z")
	a.is("data.update_time", "2026-11-02T23:31:00Z")
	a = s.do(call{op: "PATCH /api/v2/deals/{id}", path: []any{id}, body: object{"probability": nil, "person_id": nil, "value": nil, "expected_close_date": nil, "is_deleted": false}})
	for _, key := range []string{"probability", "person_id", "expected_close_date"} {
		a.is("data."+key, nil)
	}
	a.is("data.value", 0)
	a.is("data.org_id", 2)
	includes := "next_activity_id,last_activity_id,first_won_time,products_count,files_count,notes_count,followers_count,email_messages_count," +
		"activities_count,done_activities_count,undone_activities_count,participants_count,last_incoming_mail_time,last_outgoing_mail_time,smart_bcc_email"
	a = s.do(call{op: "GET /api/v2/deals/{id}", path: []any{id}, query: "include_fields=" + includes})
	a.is("data.participants_count", 1)
	a.is("data.first_won_time", nil)
	if n := len(s.do(call{op: "GET /api/v2/deals/{id}", path: []any{1}, query: "include_fields=notes_count"}).at("data").(map[string]any)); n != 38 {
		t.Errorf("%d keys with one of include_fields, want 37 and that one", n)
	}
	s.do(call{op: "DELETE /api/v2/deals/{id}", path: []any{id}}).is("data.id", id)
	for _, op := range []string{"GET /api/v2/deals/{id}", "PATCH /api/v2/deals/{id}", "DELETE /api/v2/deals/{id}", "GET /v1/deals/{id}", "PUT /v1/deals/{id}"} {
		s.do(call{op: op, path: []any{id}, want: 404}).is("error", "Deal not found")
	}
}

// spec: rest.deals.closing-times
// spec: rest.deals.lost-reason
func TestADealIsWonLostAndOpenedAgain(t *testing.T) {
	t.Parallel()
	s := newSales(t)
	id := s.newDeal(object{"title": "Blue chairs"})
	patch := func(body object) answer {
		t.Helper()
		s.Advance(time.Minute)
		return s.do(call{op: "PATCH /api/v2/deals/{id}", path: []any{id}, body: body})
	}
	a := patch(object{"status": "won"})
	a.is("data.won_time", "2026-11-02T23:31:00Z")
	a.is("data.close_time", "2026-11-02T23:31:00Z")
	a.is("data.lost_time", nil)
	a = patch(object{"status": "lost", "lost_reason": "Too dear", "lost_time": "2026-11-01T08:00:00Z"})
	a.is("data.won_time", nil)
	a.is("data.lost_time", "2026-11-01T08:00:00Z")
	a.is("data.close_time", "2026-11-01T08:00:00Z")
	a.is("data.lost_reason", "Too dear")
	a.is("data.local_lost_date", "2026-11-01")
	a = patch(object{"title": "Blue chairs, two"})
	a.is("data.lost_reason", "Too dear")
	a.is("data.lost_time", "2026-11-01T08:00:00Z")
	a = patch(object{"status": "open"})
	for _, key := range []string{"lost_reason", "lost_time", "won_time", "close_time", "local_lost_date"} {
		a.is("data."+key, nil)
	}
	one := s.do(call{op: "GET /v1/deals/{id}", path: []any{id}})
	one.is("data.first_won_time", "2026-11-02 23:31:00")
	for field, value := range map[string]any{
		"lost_reason": "x", "lost_time": "2026-11-01T08:00:00Z", "won_time": "2026-11-01T08:00:00Z", "close_time": "2026-11-01T08:00:00Z",
	} {
		a := s.do(call{op: "PATCH /api/v2/deals/{id}", path: []any{id}, body: object{field: value}, want: 400})
		if !strings.HasPrefix(a.text("error"), field+": ") {
			t.Errorf("%s: %s", field, a.raw)
		}
	}
	s.do(call{op: "PATCH /api/v2/deals/{id}", path: []any{id}, body: object{"status": "won", "lost_reason": "x"}, want: 400})
	s.do(call{op: "POST /api/v2/deals", body: object{"title": "A", "status": "won", "won_time": "2026-10-01T08:00:00Z"}}).is("data.close_time", "2026-10-01T08:00:00Z")
}

// spec: rest.deals.list-v2
// spec: rest.deals.archived-v2
// spec: rest.deals.archived-v1
// spec: rest.deals.deleted-30-days
// spec: rest.archived-not-editable
// spec: rest.filters
func TestListsOfDealsOfVersion2(t *testing.T) {
	t.Parallel()
	s := newSales(t)
	list := func(query string) answer {
		t.Helper()
		return s.do(call{op: "GET /api/v2/deals", query: query})
	}
	for _, sort := range []string{"", "&sort_by=add_time&sort_direction=desc", "&sort_by=update_time"} {
		seen, cursor := map[string]bool{}, ""
		for range 10 {
			a := list("limit=4" + sort + "&cursor=" + url.QueryEscape(cursor))
			for _, id := range strings.Fields(a.ids()) {
				if seen[id] {
					t.Errorf("%s: deal %s came twice", sort, id)
				}
				seen[id] = true
			}
			var ok bool
			if cursor, ok = a.at("additional_data.next_cursor").(string); !ok {
				break
			}
		}
		if len(seen) != 25 {
			t.Errorf("%q: %d deals, want 25", sort, len(seen))
		}
	}
	for query, want := range map[string]int{
		"": 25, "ids=1,2,3": 3, "status=won": 2, "status=won,lost": 3, "status=deleted": 0, "stage_id=1": 5, "pipeline_id=1": 25, "pipeline_id=2": 0,
		"person_id=1": 1, "org_id=1": 2, "owner_id=99": 0, "limit=1000000": 25, "updated_since=2026-12-01T00:00:00Z": 0, "updated_until=2020-01-01T00:00:00Z": 0,
	} {
		if a := list(query); len(a.list("data")) != want {
			t.Errorf("%q: %d deals, want %d", query, len(a.list("data")), want)
		}
	}
	for _, query := range []string{
		"limit=0", "limit=-1", "limit=x", "cursor=xx", "cursor=eyJmaWVsZCI6ImlkIiwiZmllbGRWYWx1ZSI6IngiLCJzb3J0RGlyZWN0aW9uIjoiYXNjIiwiaWQiOiJ4In0",
		"sort_by=title", "sort_direction=up", "status=maybe", "ids=1,x", "ids=" + strings.Repeat("1,", 101), "owner_id=me", "stage_id='",
		"updated_since=yesterday", "updated_since=2026-11-01T00:00:00.5Z", "include_fields=everything",
	} {
		s.do(call{op: "GET /api/v2/deals", query: query, want: 400})
	}
	s.do(call{op: "GET /api/v2/deals", query: "filter_id=7", want: 404})

	s.do(call{op: "PATCH /api/v2/deals/{id}", path: []any{1}, body: object{"is_archived": true}}).is("data.archive_time", "2026-11-02T23:30:00Z")
	s.do(call{op: "PATCH /api/v2/deals/{id}", path: []any{1}, body: object{"title": "B"}, want: 403})
	s.do(call{op: "PUT /v1/deals/{id}", path: []any{1}, body: object{"title": "B", "is_archived": 1}, want: 403})
	for op, want := range map[string]int{"GET /api/v2/deals/archived": 1, "GET /v1/deals/archived": 1, "GET /api/v2/deals": 24, "GET /v1/deals": 24} {
		if a := s.do(call{op: op}); len(a.list("data")) != want {
			t.Errorf("%s: %d deals, want %d", op, len(a.list("data")), want)
		}
	}
	s.do(call{op: "PATCH /api/v2/deals/{id}", path: []any{1}, body: object{"is_archived": false, "title": "B"}}).is("data.archive_time", nil)

	s.do(call{op: "DELETE /api/v2/deals/{id}", path: []any{2}})
	a := list("status=deleted,won")
	if len(a.list("data")) != 3 {
		t.Errorf("deleted and won: %s", a.raw)
	}
	a.is("data.0.is_deleted", true)
	a.is("data.0.status", "deleted")
	s.Advance(31 * 24 * time.Hour)
	if a := s.do(call{op: "GET /api/v2/deals", query: "status=deleted", token: s.Admin.Token}); len(a.list("data")) != 0 {
		t.Errorf("deleted a month ago: %s", a.raw)
	}
}

// spec: rest.deals.create-v2
// spec: rest.money.currency
// spec: rest.deals.is-deleted
func TestWhatIsNoDeal(t *testing.T) {
	t.Parallel()
	s := newSales(t)
	theirs := s.Second()
	elsewhere := s.do(call{op: "POST /api/v2/deals", body: object{"title": "Theirs"}, token: theirs.App.AccessToken}).id("data.id")
	s.do(call{op: "GET /api/v2/deals/{id}", path: []any{elsewhere + 1}, want: 404})
	for _, c := range []struct {
		field string
		value any
	}{
		{"title", ""}, {"title", nil}, {"title", 5}, {"title", strings.Repeat("x", 256)}, {"title", []string{"x"}}, {"value", "480"}, {"value", 1.00001}, {"value", 1e15},
		{"value", true}, {"currency", "EURO"}, {"currency", "eur"}, {"currency", nil}, {"currency", 5}, {"owner_id", 99}, {"owner_id", "1"}, {"owner_id", nil},
		{"person_id", 999}, {"person_id", -1}, {"person_id", 1.5}, {"person_id", object{"value": 1}}, {"org_id", 1e9}, {"stage_id", 99}, {"stage_id", "x"}, {"pipeline_id", 99},
		{"status", "maybe"}, {"status", "deleted"}, {"probability", 101}, {"probability", -1}, {"probability", 1e300}, {"visible_to", 2}, {"visible_to", "3"}, {"visible_to", 0},
		{"expected_close_date", "30.6.2026"}, {"expected_close_date", "2026-02-30"}, {"close_time", "now"}, {"is_archived", 1}, {"is_deleted", true},
		{"label_ids", []int{12345}}, {"label_ids", "1"}, {"label_ids", []any{nil}}, {"custom_fields", object{"nothing": 1}}, {"custom_fields", []int{}},
		{"label", 1}, {"user_id", 1}, {"nonsense", 1}, {"id", 5}, {"lost_reason", "x"},
	} {
		body := object{"title": "Blue chairs", c.field: c.value}
		s.do(call{op: "POST /api/v2/deals", body: body, want: 400})
		if c.field != "id" {
			s.do(call{op: "PATCH /api/v2/deals/{id}", path: []any{1}, body: body, want: 400})
		}
	}
	for _, raw := range []string{"", "null", "[]", `"x"`, "{", `{"title":"A"}{}`, "{\"title\":\"\xff\"}", `{"title":"a\u0000b"}`} {
		s.do(call{op: "POST /api/v2/deals", body: []byte(raw), kind: "application/json", want: 400})
	}
	for _, id := range []any{"0", "-1", "x", "1.5", "99999999999999999999", "1 OR 1=1", "999"} {
		s.do(call{op: "GET /api/v2/deals/{id}", path: []any{id}, want: 404}).is("error", "Deal not found")
	}
}

// Different fields of one deal that are changed at once are all kept, and what
// comes last in its history is what it is.
// spec: rest.deals.update-v2
func TestADealIsMovedFromAllSides(t *testing.T) {
	t.Parallel()
	s := newSales(t)
	id := s.newDeal(object{"title": "Blue chairs"})
	var all sync.WaitGroup
	for i := range 15 {
		all.Go(func() {
			body := object{"stage_id": i%5 + 1}
			switch i % 3 {
			case 1:
				body = object{"probability": 70}
			case 2:
				body = object{"value": 99, "currency": "USD"}
			}
			s.do(call{op: "PATCH /api/v2/deals/{id}", path: []any{id}, body: body})
		})
	}
	all.Wait()
	a := s.do(call{op: "GET /api/v2/deals/{id}", path: []any{id}})
	a.is("data.probability", 70)
	a.is("data.value", 99)
	a.is("data.currency", "USD")
}

// spec: rest.deals.list-v1
// spec: rest.deals.get-v1
// spec: rest.deals.create-v1
// spec: rest.deals.update-v1
// spec: rest.deals.object-v1
// spec: rest.deals.related-objects
// spec: rest.deals.v1-person-or-org
// spec: rest.deals.delete-many
func TestDealsOfVersion1(t *testing.T) {
	t.Parallel()
	s := newSales(t)
	a := s.do(call{op: "POST /v1/deals", body: object{
		"title": "Blue chairs", "value": "480.50", "currency": "USD", "person_id": "1", "org_id": 1, "stage_id": 2, "visible_to": "3", "add_time": "2026-10-01 08:00:00",
	}, want: 201})
	id := a.id("data.id")
	a.is("data.value", 480.5)
	a.is("data.person_id.value", 1)
	a.is("data.org_id.value", 1)
	a.is("data.user_id.has_pic", false)
	a.is("data.user_id.value", s.Admin.ID)
	a.is("data.creator_user_id.email", s.Admin.Email)
	a.is("data.formatted_value", "$480.50")
	a.is("data.weighted_value", 120.125)
	a.is("data.visible_to", "3")
	a.is("data.stage_order_nr", 2)
	a.is("data.owner_name", s.Admin.Name)
	a.is("data.add_time", "2026-10-01 08:00:00")
	a.is("data.active", true)
	a.is("data.label", nil)
	a.at(fmt.Sprintf("related_objects.user.%d.name", s.Admin.ID))
	a.at("related_objects.person.1.email")
	a.at("related_objects.organization.1.people_count")
	form := s.do(call{op: "POST /v1/deals", body: url.Values{"title": {"By form"}, "value": {"1"}, "org_id": {"1"}}, want: 201, prefix: "/api"})
	form.is("data.value", 1)
	form.is("data.currency", "EUR")
	s.do(call{op: "POST /v1/deals", body: object{"title": "Nobody's"}, want: 400})
	s.do(call{op: "POST /v1/deals", body: object{"title": "A", "org_id": 1, "value": "many"}, want: 400})
	s.do(call{op: "POST /v1/deals", body: object{"title": "A", "org_id": 1, "id": 7}, want: 400})
	s.do(call{op: "POST /v1/deals", body: object{"title": "A", "org_id": 1, strings.Repeat("0a", 20): 7}, want: 400})
	a = s.do(call{op: "PUT /v1/deals/{id}", path: []any{id}, body: object{"value": 500, "status": "lost", "lost_reason": "Too dear"}})
	a.is("data.status", "lost")
	a.is("data.active", false)
	a.is("data.lost_time", "2026-11-02 23:30:00")
	got := s.do(call{op: "GET /v1/deals/{id}", path: []any{id}})
	got.is("data.value", 500)
	if !strings.HasSuffix(got.text("additional_data.dropbox_email"), fmt.Sprintf("+deal%d@mail.invalid", id)) {
		t.Errorf("dropbox_email: %s", got.raw)
	}
	for query, want := range map[string]int{
		"": 27, "status=all_not_deleted": 27, "status=won": 2, "stage_id=2&status=lost": 1, "owned_by_you=1&status=lost": 2,
		"limit=2&start=1": 2, "start=26": 1, "start=1000": 0, "user_id=99": 0, "sort=add_time%20DESC,id%20ASC&limit=3": 3,
	} {
		if l := s.do(call{op: "GET /v1/deals", query: query}); len(l.list("data")) != want {
			t.Errorf("%q: %d deals, want %d", query, len(l.list("data")), want)
		}
	}
	page := s.do(call{op: "GET /v1/deals", query: "limit=2&start=1&sort=id%20DESC"})
	page.is("additional_data.pagination.next_start", 3)
	page.is("additional_data.pagination.more_items_in_collection", true)
	for _, query := range []string{"start=-1", "limit=0", "sort=DROP%20TABLE", "status=x", "user_id=x", "owned_by_you=maybe"} {
		s.do(call{op: "GET /v1/deals", query: query, want: 400})
	}
	s.do(call{op: "PUT /v1/deals/{id}", path: []any{id}, body: object{"status": "deleted"}}).is("data.deleted", true)
	s.do(call{op: "GET /v1/deals/{id}", path: []any{id}, want: 404})
	s.do(call{op: "DELETE /v1/deals", query: "ids=1,2,999", want: 404})
	s.do(call{op: "DELETE /v1/deals", query: "ids=", want: 400})
	s.do(call{op: "GET /v1/deals/{id}", path: []any{1}})
	s.do(call{op: "DELETE /v1/deals", query: "ids=1,2"}).is("data.id.1", 2)
	s.do(call{op: "DELETE /v1/deals/{id}", path: []any{3}}).is("data.id", 3)
	s.do(call{op: "GET /v1/deals/{id}", path: []any{1}, want: 404})
}

// spec: rest.deals.details-v1
// spec: rest.deals.weighted-value
// spec: rest.deals.rotten-time
func TestDetailsOfADeal(t *testing.T) {
	t.Parallel()
	s := newSales(t)
	id := s.newDeal(object{"title": "Blue chairs", "value": 1000, "stage_id": 1})
	s.Advance(50 * time.Minute)
	s.do(call{op: "PATCH /api/v2/deals/{id}", path: []any{id}, body: object{"stage_id": 4}})
	s.Advance(time.Minute)
	s.do(call{op: "PATCH /api/v2/stages/{id}", path: []any{4}, body: object{"is_deal_rot_enabled": true, "days_to_rotten": 10}})
	a := s.do(call{op: "GET /v1/deals/{id}", path: []any{id}})
	a.is("data.stay_in_pipeline_stages.times_in_stages.1", 3000)
	a.is("data.stay_in_pipeline_stages.times_in_stages.4", 60)
	a.is("data.stay_in_pipeline_stages.order_of_stages.1", 4)
	a.is("data.age.total_seconds", 3060)
	a.is("data.age.i", 51)
	a.is("data.average_stage_progress", 0.8)
	a.is("data.weighted_value", 700)
	a.is("data.formatted_weighted_value", "€700")
	a.is("data.rotten_time", "2026-11-13 00:20:00")
	s.do(call{op: "PUT /v1/deals/{id}", path: []any{id}, body: object{"probability": 10}}).is("data.weighted_value", 100)
	s.do(call{op: "PUT /v1/deals/{id}", path: []any{id}, body: object{"probability": nil}}).is("data.weighted_value", 700)
	s.do(call{op: "PUT /v1/pipelines/{id}", path: []any{1}, body: object{"deal_probability": 0}})
	a = s.do(call{op: "PUT /v1/deals/{id}", path: []any{id}, body: object{"status": "won"}})
	a.is("data.weighted_value", 1000)
	a.is("data.rotten_time", nil)
}

// spec: rest.deals.participants
// spec: rest.persons.deals
// spec: rest.organizations.deals
func TestParticipantsOfDeals(t *testing.T) {
	t.Parallel()
	s := newSales(t)
	id := s.newDeal(object{"title": "Blue chairs", "person_id": 1, "org_id": 1})
	a := s.do(call{op: "POST /v1/deals/{id}/participants", path: []any{id}, body: object{"person_id": 2}})
	second := a.id("data.id")
	a.is("data.person.id", 2)
	a.is("data.related_item_data.title", "Blue chairs")
	s.do(call{op: "POST /v1/deals/{id}/participants", path: []any{id}, body: object{"person_id": 2}}).is("data.id", second)
	for _, body := range []object{{}, {"person_id": nil}, {"person_id": 999}, {"person_id": "x"}} {
		s.do(call{op: "POST /v1/deals/{id}/participants", path: []any{id}, body: body, want: 400})
	}
	a = s.do(call{op: "GET /v1/deals/{id}/participants", path: []any{id}})
	a.is("data.0.person_id.value", 1)
	a.is("data.1.person_id.value", 2)
	first := a.id("data.0.id")
	s.do(call{op: "GET /v1/deals/{id}/participants", path: []any{id}, query: "limit=1"}).is("additional_data.pagination.next_start", 1)
	if of := s.do(call{op: "GET /v1/persons/{id}/deals", path: []any{2}}); !strings.Contains(" "+of.ids()+" ", fmt.Sprintf(" %d ", id)) {
		t.Errorf("deals of a participant: %s", of.ids())
	}
	s.do(call{op: "GET /v1/persons/{id}/deals", path: []any{999}, want: 404}).is("error", "Person not found")
	s.do(call{op: "GET /v1/organizations/{id}/deals", path: []any{999}, want: 404}).is("error", "Organization not found")
	if of := s.do(call{op: "GET /v1/organizations/{id}/deals", path: []any{1}, query: "status=open"}); len(of.list("data")) != 3 {
		t.Errorf("deals of an organization: %s", of.ids())
	}
	s.do(call{op: "DELETE /v1/deals/{id}/participants/{deal_participant_id}", path: []any{id, first}, want: 400})
	s.do(call{op: "DELETE /v1/deals/{id}/participants/{deal_participant_id}", path: []any{id, second}}).is("data.id", second)
	s.do(call{op: "DELETE /v1/deals/{id}/participants/{deal_participant_id}", path: []any{id, second}, want: 404})
	s.do(call{op: "GET /v1/deals/{id}/participants", path: []any{999}, want: 404}).is("error", "Deal not found")
}

// spec: rest.deals.merge
// spec: rest.deals.duplicate
// spec: records.move-is-one-change
func TestMergeAndDuplicate(t *testing.T) {
	t.Parallel()
	s := newSales(t)
	from := s.newDeal(object{"title": "From", "person_id": 3, "value": 100, "currency": "USD", "expected_close_date": "2026-12-01"})
	into := s.newDeal(object{"title": "Into", "org_id": 2, "probability": 30})
	note := s.newNote(object{"content": "Called", "deal_id": from})
	s.do(call{op: "POST /v1/deals/{id}/participants", path: []any{from}, body: object{"person_id": 4}})
	for _, body := range []object{{}, {"merge_with_id": from}, {"merge_with_id": 999}, {"merge_with_id": "x"}} {
		s.do(call{op: "PUT /v1/deals/{id}/merge", path: []any{from}, body: body, want: 400})
	}
	a := s.do(call{op: "PUT /v1/deals/{id}/merge", path: []any{from}, body: object{"merge_with_id": into}})
	a.is("data.id", into)
	a.is("data.merge_what_id", from)
	a.is("data.title", "Into")
	a.is("data.person_id", 3)
	a.is("data.org_id", 2)
	a.is("data.value", 100)
	a.is("data.currency", "USD")
	a.is("data.participants_count", 2)
	a.is("data.notes_count", 1)
	before := s.do(call{op: "GET /v1/notes/{id}", path: []any{note}})
	before.is("data.deal_id", into)
	before.is("data.update_time", "2026-11-02 23:30:00")
	s.do(call{op: "GET /v1/deals/{id}", path: []any{from}, want: 404})
	s.do(call{op: "PUT /v1/deals/{id}/merge", path: []any{from}, body: object{"merge_with_id": into}, want: 404})
	c := s.do(call{op: "POST /v1/deals/{id}/duplicate", path: []any{into}})
	c.is("data.title", "Into (copy)")
	c.is("data.participants_count", 2)
	c.is("data.notes_count", 0)
	c.is("data.value", 100)
	if c.id("data.id") == into {
		t.Errorf("the copy is the deal itself: %s", c.raw)
	}
	s.do(call{op: "POST /v1/deals/{id}/duplicate", path: []any{from}, want: 404})
}

// spec: rest.deals.summary
// spec: rest.deals.summary-no-rates
func TestSummaryOfDeals(t *testing.T) {
	t.Parallel()
	s := newSales(t)
	s.newDeal(object{"title": "Abroad", "value": 50.5, "currency": "USD", "stage_id": 1})
	a := s.do(call{op: "GET /v1/deals/summary", query: "stage_id=1&status=open"})
	a.is("data.values_total.USD.value", 50.5)
	a.is("data.values_total.USD.value_converted", nil)
	a.is("data.weighted_values_total.USD.value", 5.05)
	a.is("data.total_count", 6)
	if a.at("data.values_total.EUR.value") != a.at("data.total_currency_converted_value") {
		t.Errorf("the converted total is not that of the caller's currency: %s", a.raw)
	}
	s.do(call{op: "GET /v1/deals/summary/archived"}).is("data.total_count", 0)
	s.do(call{op: "GET /v1/deals/summary", query: "status=x", want: 400})
}

// spec: rest.deals.convert
// spec: rest.leads.convert-missing
func TestADealBecomesALead(t *testing.T) {
	t.Parallel()
	s := newSales(t)
	id := s.newDeal(object{"title": "Blue chairs", "person_id": 3, "value": 100})
	note := s.newNote(object{"content": "Called", "deal_id": id})
	conversion := s.do(call{op: "POST /api/v2/deals/{id}/convert/lead", path: []any{id}}).text("data.conversion_id")
	const status = "GET /api/v2/deals/{id}/convert/status/{conversion_id}"
	a := s.do(call{op: status, path: []any{id, conversion}})
	a.is("data.status", "completed")
	lead := a.text("data.lead_id")
	l := s.do(call{op: "GET /v1/leads/{id}", path: []any{lead}})
	l.is("data.title", "Blue chairs")
	l.is("data.source_deal_id", id)
	l.is("data.value.amount", 100)
	s.do(call{op: "GET /v1/notes/{id}", path: []any{note}}).is("data.lead_id", lead)
	s.do(call{op: "GET /api/v2/deals/{id}", path: []any{id}, want: 404})
	for _, path := range [][]any{{1, conversion}, {id, lead}, {id, "x"}, {"x", conversion}} {
		s.do(call{op: status, path: path, want: 404}).is("error", "Entity was not found")
	}
	s.do(call{op: "POST /api/v2/deals/{id}/convert/lead", path: []any{id}, want: 404}).is("error", "Entity was not found")
	alone := s.newDeal(object{"title": "Nobody's"})
	conversion = s.do(call{op: "POST /api/v2/deals/{id}/convert/lead", path: []any{alone}}).text("data.conversion_id")
	s.do(call{op: status, path: []any{alone, conversion}}).is("data.status", "rejected")
	s.do(call{op: "GET /api/v2/deals/{id}", path: []any{alone}})
}

// A deal for its owner alone is not there for others, but for admins.
// spec: rest.visibility
func TestADealForItsOwner(t *testing.T) {
	t.Parallel()
	s := newSales(t)
	id := s.newDeal(object{"title": "Quiet", "visible_to": 1})
	mine := s.do(call{op: "POST /api/v2/deals", body: object{"title": "Mine", "visible_to": 1}, token: s.Agent.Token}).id("data.id")
	for _, op := range []string{"GET /api/v2/deals/{id}", "GET /v1/deals/{id}", "DELETE /v1/deals/{id}", "POST /v1/deals/{id}/duplicate", "POST /api/v2/deals/{id}/convert/lead"} {
		s.do(call{op: op, path: []any{id}, token: s.Agent.Token, want: 404})
	}
	s.do(call{op: "GET /api/v2/deals/{id}", path: []any{mine}, token: s.Agent.Token})
	s.do(call{op: "GET /api/v2/deals/{id}", path: []any{mine}})
	if n := len(s.do(call{op: "GET /v1/deals", token: s.Agent.Token}).list("data")); n != 26 {
		t.Errorf("the agent sees %d deals, want 26", n)
	}
}
