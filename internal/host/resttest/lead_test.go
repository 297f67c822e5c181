package resttest

import (
	"fmt"
	"strings"
	"testing"
	"time"
)

// newLead makes a lead and returns its id.
func (s *street) newLead(body object) string {
	s.t.Helper()
	return s.do(call{op: "POST /v1/leads", body: body, want: 201}).text("data.id")
}

// spec: rest.leads.create
// spec: rest.leads.get
// spec: rest.leads.update
// spec: rest.leads.delete
// spec: rest.leads.object
// spec: rest.leads.value
// spec: rest.leads.not-found
func TestLeads(t *testing.T) {
	t.Parallel()
	s := newSales(t)
	a := s.do(call{op: "POST /v1/leads", body: object{
		"title": "WhatsApp: <i>blue</i> chairs", "person_id": 1, "value": object{"amount": 480.5, "currency": "EUR"}, "expected_close_date": "2026-12-24",
		"channel": 3, "channel_id": "chat-7", "origin_id": "o-1", "visible_to": "3",
	}, want: 201})
	id := a.text("data.id")
	a.is("data.source_name", "API")
	a.is("data.origin", "API")
	a.is("data.add_time", "2026-11-02T23:30:00.000Z")
	a.is("data.value.amount", 480.5)
	a.is("data.visible_to", "3")
	a.is("data.was_seen", false)
	a.is("data.creator_id", s.Admin.ID)
	a.is("data.channel", 3)
	a = s.do(call{op: "PATCH /v1/leads/{id}", path: []any{id}, body: object{"value": nil, "expected_close_date": nil, "was_seen": true, "organization_id": 1, "person_id": nil, "owner_id": s.Agent.ID}})
	a.is("data.value", nil)
	a.is("data.expected_close_date", nil)
	a.is("data.person_id", nil)
	a.is("data.organization_id", 1)
	a.is("data.was_seen", true)
	a.is("data.owner_id", s.Agent.ID)
	s.do(call{op: "GET /v1/leads/{id}", path: []any{strings.ToUpper(id)}, prefix: "/api"}).is("data.id", id)
	for _, c := range []struct {
		field string
		value any
	}{
		{"title", ""}, {"title", nil}, {"title", strings.Repeat("x", 256)}, {"person_id", 999}, {"person_id", "x"}, {"organization_id", 999}, {"owner_id", 99},
		{"value", 480}, {"value", object{"amount": 480}}, {"value", object{"currency": "EUR"}}, {"value", object{"amount": 1, "currency": "EURO"}},
		{"value", object{"amount": "many", "currency": "EUR"}}, {"value", object{"amount": 1.00001, "currency": "EUR"}}, {"value", object{"amount": nil, "currency": "EUR"}},
		{"expected_close_date", "soon"}, {"visible_to", "2"}, {"visible_to", "all"}, {"was_seen", "maybe"}, {"label_ids", []string{"x"}}, {"label_ids", "x"},
		{"label_ids", []string{id}}, {"label_ids", []int{1}}, {"channel", -1}, {"is_archived", nil},
	} {
		body := object{"title": "A", "person_id": 1, c.field: c.value}
		s.do(call{op: "POST /v1/leads", body: body, want: 400})
		s.do(call{op: "PATCH /v1/leads/{id}", path: []any{id}, body: object{c.field: c.value}, want: 400})
	}
	s.do(call{op: "POST /v1/leads", body: object{"title": "A"}, want: 400})
	s.do(call{op: "POST /v1/leads", body: object{"title": "A", "person_id": 1, "id": id}, want: 400})
	s.do(call{op: "PATCH /v1/leads/{id}", path: []any{id}, body: object{"organization_id": nil}, want: 400})
	s.do(call{op: "DELETE /v1/leads/{id}", path: []any{id}}).is("data.id", id)
	for _, missing := range []string{id, "x", "12", "00000000-0000-0000-0000-000000000000", "' OR 1=1"} {
		for _, op := range []string{"GET /v1/leads/{id}", "PATCH /v1/leads/{id}", "DELETE /v1/leads/{id}"} {
			a := s.do(call{op: op, path: []any{missing}, want: 404})
			a.is("error", "requested lead not found")
			a.is("error_info", "Object was not found.")
		}
	}
}

// spec: rest.leads.list
// spec: rest.leads.archived
// spec: rest.leads.pagination
// spec: rest.archived-not-editable
func TestListsOfLeads(t *testing.T) {
	t.Parallel()
	s := newSales(t)
	s.Advance(time.Minute)
	id := s.newLead(object{"title": "Newest", "organization_id": 9})
	a := s.do(call{op: "GET /v1/leads", query: "start=10"})
	a.is("data.0.id", id) // the oldest come first
	a = s.do(call{op: "GET /v1/leads", query: "limit=3"})
	a.is("additional_data.start", 0)
	a.is("additional_data.limit", 3)
	a.is("additional_data.more_items_in_collection", true)
	a.is("additional_data.pagination.next_start", 3)
	for query, want := range map[string]int{
		"": 11, "organization_id=9": 1, "person_id=1": 1, "owner_id=99": 0, "updated_since=2026-11-02T23:30:30Z": 1, "limit=1000000": 11,
		"sort=title%20DESC,next_activity_id&limit=2": 2, "sort=was_seen": 11,
	} {
		if l := s.do(call{op: "GET /v1/leads", query: query}); len(l.list("data")) != want {
			t.Errorf("%q: %d leads, want %d", query, len(l.list("data")), want)
		}
	}
	for _, query := range []string{"limit=0", "start=x", "sort=value", "person_id=x", "updated_since=now"} {
		s.do(call{op: "GET /v1/leads", query: query, want: 400})
	}
	s.do(call{op: "GET /v1/leads", query: "filter_id=1", want: 404})
	s.do(call{op: "PATCH /v1/leads/{id}", path: []any{id}, body: object{"is_archived": true}}).is("data.is_archived", true)
	s.do(call{op: "PATCH /v1/leads/{id}", path: []any{id}, body: object{"title": "B"}, want: 403})
	s.do(call{op: "GET /v1/leads/archived"}).is("data.0.id", id)
	if n := len(s.do(call{op: "GET /v1/leads"}).list("data")); n != 10 {
		t.Errorf("%d leads, want 10", n)
	}
	s.do(call{op: "PATCH /v1/leads/{id}", path: []any{id}, body: object{"is_archived": false, "title": "B"}}).is("data.title", "B")
}

// spec: rest.lead-labels
// spec: rest.lead-sources
func TestLeadLabels(t *testing.T) {
	t.Parallel()
	s := newSales(t)
	for _, color := range []string{"blue", "brown", "dark-gray", "gray", "green", "orange", "pink", "purple", "red", "yellow"} {
		s.do(call{op: "POST /v1/leadLabels", body: object{"name": color, "color": color}})
	}
	a := s.do(call{op: "POST /v1/leadLabels", body: object{"name": "Hot", "color": "red"}})
	id := a.text("data.id")
	a.is("data.add_time", "2026-11-02T23:30:00.000Z")
	lead := s.newLead(object{"title": "A", "person_id": 1, "label_ids": []string{id, id}})
	if l := s.do(call{op: "GET /v1/leads/{id}", path: []any{lead}}); len(l.list("data.label_ids")) != 1 {
		t.Errorf("labels: %s", l.raw)
	}
	s.do(call{op: "PATCH /v1/leadLabels/{id}", path: []any{id}, body: object{"name": "Hotter"}}).is("data.color", "red")
	for _, body := range []object{{}, {"name": "A"}, {"color": "red"}, {"name": "", "color": "red"}, {"name": "A", "color": "mauve"}, {"name": []int{1}, "color": "red"}} {
		s.do(call{op: "POST /v1/leadLabels", body: body, want: 400})
	}
	s.do(call{op: "PATCH /v1/leadLabels/{id}", path: []any{id}, body: object{"color": "mauve"}, want: 400})
	s.do(call{op: "PATCH /v1/leadLabels/{id}", path: []any{id}, body: object{"name": nil}, want: 400})
	s.do(call{op: "DELETE /v1/leadLabels/{id}", path: []any{id}}).is("data.id", id)
	s.do(call{op: "DELETE /v1/leadLabels/{id}", path: []any{id}, want: 404})
	s.do(call{op: "PATCH /v1/leadLabels/{id}", path: []any{"x"}, body: object{}, want: 404})
	if l := s.do(call{op: "GET /v1/leads/{id}", path: []any{lead}}); len(l.list("data.label_ids")) != 0 {
		t.Errorf("labels: %s", l.raw)
	}
	if n := len(s.do(call{op: "GET /v1/leadLabels"}).list("data")); n != 13 {
		t.Errorf("%d labels, want ten and the demo's three", n)
	}
	theirs := s.do(call{op: "GET /v1/leadLabels", token: s.Second().App.AccessToken}).text("data.0.id")
	s.do(call{op: "DELETE /v1/leadLabels/{id}", path: []any{theirs}, want: 404})
	s.do(call{op: "POST /v1/leads", body: object{"title": "A", "person_id": 1, "label_ids": []string{theirs}}, want: 400})
	if a := s.do(call{op: "GET /v1/leadSources"}); !strings.Contains(string(a.raw), `"API"`) {
		t.Errorf("sources: %s", a.raw)
	}
}

// spec: rest.leads.convert
// spec: rest.leads.convert-missing
// spec: rest.leads.convert-currency
// spec: records.move-is-one-change
func TestALeadBecomesADeal(t *testing.T) {
	t.Parallel()
	s := newSales(t)
	lead := s.newLead(object{"title": "Blue chairs", "person_id": 3, "organization_id": 2, "value": object{"amount": 99, "currency": "USD"}, "channel": 3, "expected_close_date": "2026-12-24"})
	note := s.newNote(object{"content": "Called", "lead_id": lead})
	const convert, status = "POST /api/v2/leads/{id}/convert/deal", "GET /api/v2/leads/{id}/convert/status/{conversion_id}"
	for _, body := range []object{{"stage_id": 99}, {"pipeline_id": 99}, {"stage_id": "1"}, {"title": "x"}} {
		s.do(call{op: convert, path: []any{lead}, body: body, want: 400})
	}
	conversion := s.do(call{op: convert, path: []any{lead}, body: object{"stage_id": 2}}).text("data.conversion_id")
	a := s.do(call{op: status, path: []any{lead, conversion}})
	a.is("data.status", "completed")
	deal := a.id("data.deal_id")
	d := s.do(call{op: "GET /api/v2/deals/{id}", path: []any{deal}, query: "include_fields=notes_count"})
	d.is("data.title", "Blue chairs")
	d.is("data.stage_id", 2)
	d.is("data.person_id", 3)
	d.is("data.org_id", 2)
	d.is("data.value", 99)
	d.is("data.currency", "USD")
	d.is("data.channel", 3)
	d.is("data.expected_close_date", "2026-12-24")
	d.is("data.source_lead_id", lead)
	d.is("data.notes_count", 1)
	n := s.do(call{op: "GET /v1/notes/{id}", path: []any{note}})
	n.is("data.deal_id", deal)
	n.is("data.lead_id", nil)
	s.do(call{op: "GET /v1/leads/{id}", path: []any{lead}, want: 404})
	for _, path := range [][]any{{lead, lead}, {lead, "x"}, {conversion, conversion}, {"x", conversion}} {
		s.do(call{op: status, path: path, want: 404}).is("error", "Entity was not found")
	}
	s.do(call{op: status, path: []any{lead, conversion}, token: s.Second().App.AccessToken, want: 404})
	for _, id := range []string{lead, "x", fmt.Sprint(deal)} {
		s.do(call{op: convert, path: []any{id}, want: 404}).is("error", "Entity was not found")
	}
	another := s.newLead(object{"title": "Without a body and a value", "person_id": 3})
	conversion = s.do(call{op: convert, path: []any{another}}).text("data.conversion_id")
	deal = s.do(call{op: status, path: []any{another, conversion}}).id("data.deal_id")
	s.do(call{op: "GET /api/v2/deals/{id}", path: []any{deal}}).is("data.currency", "EUR")
}
