package resttest

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/dockwright/dockwright/hosttest"
)

// told is what a delivery of version 2 says of a record.
func (d delivered) told(t *testing.T) (data, previous map[string]any) {
	t.Helper()
	for raw, v := range map[string]*map[string]any{string(d.v2.Data): &data, string(d.v2.Previous): &previous} {
		if err := json.Unmarshal([]byte(raw), v); err != nil {
			t.Fatalf("%v: %s", err, d.raw)
		}
	}
	return data, previous
}

// wants is the next delivery, which must be of this event.
func (l *listener) wants(event string) delivered {
	l.t.Helper()
	d := l.get()
	if got := d.v2.Meta.Action + "." + d.v2.Meta.Entity; got != event {
		l.t.Fatalf("told %s, want %s: %s", got, event, d.raw)
	}
	return d
}

// Deals are told whole in both versions, and only what changed as previous; a
// merge of deals is told as two changes.
// spec: webhooks.payload-v2
// spec: webhooks.payload-v1
// spec: records.merge-is-two-changes
func TestDealsAreTold(t *testing.T) {
	t.Parallel()
	s := newSales(t)
	field := s.do(call{op: "POST /v1/dealFields", body: object{"name": "Budget", "field_type": "monetary"}}).text("data.key")
	label := s.do(call{op: "GET /v1/deals", query: "limit=1"}).id("data.0.id")
	l, old := listen(t), listen(t)
	s.do(call{op: addWebhook, want: 201, body: newHook(l.url, "event_object", "deal")})
	s.do(call{op: addWebhook, want: 201, body: newHook(old.url, "event_object", "deal", "version", "1.0")})

	body := object{"title": "Blue chairs", "value": 480.5, "currency": "USD", "person_id": 1, "custom_fields": object{field: object{"value": 120, "currency": "EUR"}}}
	id := s.newDeal(body)
	said := s.do(call{op: "GET /api/v2/deals/{id}", path: []any{id}}).at("data").(map[string]any)
	data, previous := l.wants("create.deal").told(t)
	if previous != nil {
		t.Errorf("previous of a creation: %v", previous)
	}
	for key, want := range said {
		if key == "custom_fields" || key == "source_lead_id" {
			continue
		}
		if key == "visible_to" {
			want = fmt.Sprint(want)
		}
		if got := data[key]; fmt.Sprint(got) != fmt.Sprint(want) {
			t.Errorf("the webhook says %s is %v, REST says %v", key, got, want)
		}
	}
	custom := data["custom_fields"].(map[string]any)[field]
	if fmt.Sprint(custom) != "map[currency:EUR type:monetary value:120]" {
		t.Errorf("custom field %v", custom)
	}
	d := old.get()
	var v1 map[string]any
	if err := json.Unmarshal(d.v1.Current, &v1); err != nil || d.v1.Event != "added.deal" {
		t.Fatalf("%v: %s", err, d.raw)
	}
	if v1[field] != 120.0 || v1[field+"_currency"] != "EUR" || v1["value"] != 480.5 || v1["creator_user_id"] != float64(s.Admin.ID) {
		t.Errorf("version 1 says %s", d.raw)
	}

	s.do(call{op: "PATCH /api/v2/deals/{id}", path: []any{id}, body: object{"status": "won"}})
	_, previous = l.wants("change.deal").told(t)
	changed := []string{"close_time", "local_close_date", "local_won_date", "status", "won_time"}
	var got []string
	for key := range previous {
		got = append(got, key)
	}
	if slices.Sort(got); !slices.Equal(got, changed) || previous["status"] != "open" {
		t.Errorf("previous %v, want %v", previous, changed)
	}

	s.do(call{op: "PUT /v1/deals/{id}/merge", path: []any{id}, body: object{"merge_with_id": label}})
	gone, stays := l.wants("delete.deal").v2.Meta, l.wants("change.deal").v2.Meta
	if gone.EntityID != text(id) || gone.MergedToID != text(label) || stays.EntityID != text(label) || stays.MergedFromID != text(id) {
		t.Errorf("a merge is told as %+v and %+v", gone, stays)
	}
}

// Leads, pipelines, stages and users are told, too.
// spec: webhooks.payload-v2
// spec: account.user-events
func TestLeadsPipelinesAndUsersAreTold(t *testing.T) {
	t.Parallel()
	s := newSales(t)
	l := listen(t)
	s.do(call{op: addWebhook, want: 201, body: newHook(l.url, "event_object", "*")})

	lead := s.do(call{op: "POST /v1/leads", want: 201, body: object{"title": "Green sofa", "person_id": 1, "value": object{"amount": 20, "currency": "EUR"}}})
	d := l.wants("create.lead")
	data, _ := d.told(t)
	for key, want := range lead.at("data").(map[string]any) {
		if key == "visible_to" || key == "cc_email" || key == "source_deal_id" {
			continue
		}
		if fmt.Sprint(data[key]) != fmt.Sprint(want) {
			t.Errorf("the webhook says %s is %v, REST says %v", key, data[key], want)
		}
	}
	if d.v2.Meta.EntityID != lead.text("data.id") {
		t.Errorf("meta %+v", d.v2.Meta)
	}

	line := s.do(call{op: "POST /api/v2/pipelines", body: object{"name": "Big sales"}}).id("data.id")
	data, _ = l.wants("create.pipeline").told(t)
	if data["url_title"] != "Big-sales" || data["add_time"] == "" {
		t.Errorf("pipeline %v", data)
	}
	stage := s.do(call{op: "POST /api/v2/stages", body: object{"name": "Asked", "pipeline_id": line}}).id("data.id")
	l.wants("create.stage")
	s.do(call{op: "PATCH /api/v2/stages/{id}", path: []any{stage}, body: object{"is_deal_rot_enabled": true, "days_to_rotten": 9}})
	data, previous := l.wants("change.stage").told(t)
	if data["rotten_days"] != 9.0 || fmt.Sprint(previous) != "map[rotten_days:<nil> rotten_flag:false]" {
		t.Errorf("stage %v, before %v", data, previous)
	}
	s.do(call{op: "DELETE /api/v2/stages/{id}", path: []any{stage}})
	l.wants("delete.stage")
	s.do(call{op: "DELETE /api/v2/pipelines/{id}", path: []any{line}})
	l.wants("delete.pipeline")

	s.Seed(`{"companies":[{"domain":"nordwind","existing":true,"users":[{"ref":"eve","name":"Eve","email":"eve@nordwind.example"}]}]}`)
	d = l.wants("create.user")
	if data, _ = d.told(t); data["id"] != text(s.Seeded["nordwind"].Users["eve"].ID) || data["active_flag"] != true || strings.Contains(d.raw, "permitted_user_ids") {
		t.Errorf("user %s", d.raw)
	}
}

// What is for its owner alone is told to its owner, its followers and the admins,
// and so is what is on it.
// spec: webhooks.permissions
// spec: webhooks.of-private-records
func TestPrivateRecordsAreToldToFew(t *testing.T) {
	t.Parallel()
	s := newStreet(t, hosttest.Records())
	agents, all := listen(t), listen(t)
	s.do(call{op: addWebhook, want: 201, body: newHook(agents.url, "event_object", "*"), token: s.Agent.Token})
	s.do(call{op: addWebhook, want: 201, body: newHook(all.url, "event_object", "*")})
	id := s.newDeal(object{"title": "Secret", "visible_to": 1})
	if got := all.wants("create.deal").v2.Meta.PermittedUserIDs; slices.Contains(got, text(s.Agent.ID)) || !slices.Contains(got, text(s.Admin.ID)) {
		t.Errorf("permitted %v", got)
	}
	s.newNote(object{"content": "Secret note", "deal_id": id})
	s.do(call{op: "POST /api/v2/activities", body: object{"subject": "Secret call", "deal_id": id}})
	s.do(call{op: "POST /v1/leads", want: 201, body: object{"title": "Secret lead", "person_id": 1, "visible_to": "1"}})
	s.do(call{op: "POST /api/v2/deals/{id}/followers", path: []any{id}, body: object{"user_id": s.Agent.ID}})
	s.newNote(object{"content": "Told to followers", "deal_id": id})
	s.do(call{op: "PATCH /api/v2/deals/{id}", path: []any{id}, body: object{"title": "Less secret"}})
	for _, want := range []string{"create.note", "create.activity", "create.lead", "create.note", "change.deal"} {
		all.wants(want)
	}
	if d := agents.wants("create.note"); !strings.Contains(d.raw, "Told to followers") {
		t.Errorf("told first %s", d.raw)
	}
	if d := agents.wants("change.deal"); !slices.Contains(d.v2.Meta.PermittedUserIDs, text(s.Agent.ID)) {
		t.Errorf("told %s", d.raw)
	}
}
