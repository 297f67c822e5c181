package subscription

import (
	"encoding/json"
	"slices"
	"testing"
	"time"

	"github.com/dockwright/dockwright/internal/host/event"
	"github.com/dockwright/dockwright/internal/host/records"
	"github.com/dockwright/dockwright/pipedrive/webhookapi"
)

const leadKey = "5f0d2c60-4a7b-4f7e-8a52-3c1f9b7d6e01"

// data is what version 2 tells of a record and of what it was.
func data(t *testing.T, e event.Event, fields ...records.Field) webhookapi.Payload {
	t.Helper()
	var p webhookapi.Payload
	if err := json.Unmarshal(told(t, webhookapi.Version2, e, fields...), &p); err != nil {
		t.Fatal(err)
	}
	return p
}

// current is what version 1 tells of a record.
func current(t *testing.T, e event.Event, fields ...records.Field) json.RawMessage {
	t.Helper()
	var p webhookapi.PayloadV1
	if err := json.Unmarshal(told(t, webhookapi.Version1, e, fields...), &p); err != nil {
		t.Fatal(err)
	}
	return p.Current
}

// A deal is told with all that it has, in the form of each version; previous has
// what changed and nothing else.
// spec: webhooks.payload-v2
// spec: webhooks.payload-v1
func TestDeals(t *testing.T) {
	t.Parallel()
	won := time.Date(2026, 3, 4, 23, 30, 0, 0, time.UTC)
	chance := 60
	was := records.Deal{
		ID: 12, Title: "Blue chairs", Value: records.Units(480, "USD"), Stage: records.Ref{ID: 2}, Pipeline: records.Ref{ID: 1},
		Person: records.Ref{ID: 55, Name: "Mari"}, Owner: 2, Creator: 1, Status: records.StatusOpen, VisibleTo: 1, ExpectedClose: "2026-06-30",
		Origin: "API", OriginID: "o-1", Channel: 4, ChannelID: "c-1", StageChangedAt: jan, AddedAt: jan, UpdatedAt: jan,
	}
	is := was
	is.Status, is.WonAt, is.ClosedAt, is.FirstWonAt, is.Probability, is.Labels, is.UpdatedAt = records.StatusWon, won, won, won, &chance, []int64{7, 8}, mar
	is.Custom = map[string]any{"F": "red"}
	field := records.Field{Entity: entityDeal, Code: "F", Type: records.TypeVarchar, Custom: true}
	e := event.Event{Kind: "deal.updated", Entity: entityDeal, EntityID: 12, At: mar, Before: was, After: is}
	p := data(t, e, field)
	same(t, p.Data, `{"id":12,"title":"Blue chairs","creator_user_id":1,"owner_id":2,"value":480,"currency":"USD","person_id":55,"org_id":null,
		"stage_id":2,"pipeline_id":1,"status":"won","probability":60,"lost_reason":null,"visible_to":"1","label_ids":[7,8],"is_archived":false,
		"is_deleted":false,"add_time":"2026-01-05T10:00:00Z","update_time":"2026-03-04T09:00:00Z","stage_change_time":"2026-01-05T10:00:00Z",
		"archive_time":null,"close_time":"2026-03-04T23:30:00Z","won_time":"2026-03-04T23:30:00Z","lost_time":null,"expected_close_date":"2026-06-30",
		"local_won_date":"2026-03-05","local_lost_date":null,"local_close_date":"2026-03-05","origin":"API","origin_id":"o-1","channel":4,
		"channel_id":"c-1","acv":null,"arr":null,"mrr":null,"custom_fields":{"F":{"type":"varchar","value":"red"}}}`)
	same(t, p.Previous, `{"status":"open","probability":null,"label_ids":[],"close_time":null,"won_time":null,"local_won_date":null,
		"local_close_date":null,"custom_fields":{"F":null}}`)
	if !slices.Equal(p.Meta.PermittedUserIDs, []string{"1", "2"}) {
		t.Errorf("permitted %v", p.Meta.PermittedUserIDs)
	}
	same(t, current(t, e, field), `{"id":12,"creator_user_id":1,"user_id":2,"person_id":55,"org_id":null,"stage_id":2,"pipeline_id":1,"title":"Blue chairs",
		"value":480,"currency":"USD","status":"won","probability":60,"lost_reason":null,"visible_to":"1","label":"7,8","active":false,"deleted":false,
		"add_time":"2026-01-05 10:00:00","update_time":"2026-03-04 09:00:00","stage_change_time":"2026-01-05 10:00:00","close_time":"2026-03-04 23:30:00",
		"won_time":"2026-03-04 23:30:00","first_won_time":"2026-03-04 23:30:00","lost_time":null,"expected_close_date":"2026-06-30",
		"person_name":"Mari","org_name":null,"owner_name":"Jonas","F":"red"}`)
	was.Value = records.Money{}
	var none struct{ Currency string }
	if err := json.Unmarshal(data(t, event.Event{Kind: "deal.added", Entity: entityDeal, EntityID: 12, At: mar, After: was}).Data, &none); err != nil || none.Currency != "EUR" {
		t.Errorf("a deal without a value has the company's currency, got %q: %v", none.Currency, err)
	}
}

// A lead is told in version 2, with its labels, custom fields and next activity.
// spec: webhooks.payload-v2
func TestLeads(t *testing.T) {
	t.Parallel()
	l := records.Lead{
		ID: leadKey, Title: "Green sofa", Person: records.Ref{ID: 55}, Owner: 2, Creator: 1, Value: records.Units(20, "EUR"),
		Labels: []records.Label{{ID: "9c3f0b1e-0d55-4b0b-8f0e-3f3a4d6a7b11"}}, Source: "API", Origin: "API", VisibleTo: 1,
		Custom: map[string]any{"F": "red"}, AddedAt: jan, UpdatedAt: mar,
	}
	field := records.Field{Entity: entityLead, Code: "F", Type: records.TypeVarchar, Custom: true}
	p := data(t, event.Event{Kind: "lead.added", Entity: entityLead, Key: leadKey, At: mar, After: l}, field)
	same(t, p.Data, `{"id":"5f0d2c60-4a7b-4f7e-8a52-3c1f9b7d6e01","title":"Green sofa","owner_id":2,"creator_id":1,
		"label_ids":["9c3f0b1e-0d55-4b0b-8f0e-3f3a4d6a7b11"],"person_id":55,"organization_id":null,"source_name":"API","origin":"API","origin_id":null,
		"channel":null,"channel_id":null,"is_archived":false,"was_seen":false,"value":{"amount":20,"currency":"EUR"},"expected_close_date":null,
		"next_activity_id":311,"add_time":"2026-01-05T10:00:00.000Z","update_time":"2026-03-04T09:00:00.123Z",
		"custom_fields":{"F":{"type":"varchar","value":"red"}}}`)
	if !slices.Equal(p.Meta.PermittedUserIDs, []string{"1", "2"}) || p.Meta.EntityID != leadKey {
		t.Errorf("meta %+v", p.Meta)
	}
}

// Pipelines and stages keep the names of version 1 in both.
// spec: webhooks.payload-v2
// spec: webhooks.payload-v1
func TestPipelinesAndStages(t *testing.T) {
	t.Parallel()
	line := event.Event{Kind: "pipeline.added", Entity: entityPipeline, EntityID: 1, At: mar,
		After: records.Pipeline{ID: 1, Name: "Big sales", Position: 2, AddedAt: jan, UpdatedAt: mar}}
	same(t, data(t, line).Data, `{"id":1,"name":"Big sales","url_title":"Big-sales","order_nr":2,"active":true,"active_flag":true,"deal_probability":false,
		"add_time":"2026-01-05T10:00:00Z","update_time":"2026-03-04T09:00:00Z"}`)
	same(t, current(t, line), `{"id":1,"name":"Big sales","url_title":"Big-sales","order_nr":2,"active":true,"active_flag":true,"deal_probability":false,
		"add_time":"2026-01-05 10:00:00","update_time":"2026-03-04 09:00:00"}`)
	was := records.Stage{ID: 3, Pipeline: 1, Name: "Offer", Position: 4, Probability: 60, AddedAt: jan, UpdatedAt: jan}
	is := was
	is.Rots, is.RotDays, is.UpdatedAt = true, 5, mar
	stage := event.Event{Kind: "stage.updated", Entity: entityStage, EntityID: 3, At: mar, Before: was, After: is}
	p := data(t, stage)
	same(t, p.Data, `{"id":3,"name":"Offer","pipeline_id":1,"order_nr":4,"active_flag":true,"deal_probability":60,"rotten_flag":true,"rotten_days":5,
		"add_time":"2026-01-05T10:00:00Z","update_time":"2026-03-04T09:00:00Z"}`)
	same(t, p.Previous, `{"rotten_flag":false,"rotten_days":null}`)
}

// Followers are told of what is for its owner alone, and what is on such a record
// is told to those who may see it and to who wrote it.
// spec: webhooks.permissions
// spec: webhooks.of-private-records
func TestWhoIsTold(t *testing.T) {
	t.Parallel()
	for name, tc := range map[string]struct {
		e    event.Event
		want []string
	}{
		"a private deal with a follower": {event.Event{Kind: "deal.added", Entity: entityDeal, After: records.Deal{ID: 77, Owner: 2, VisibleTo: 1}}, []string{"1", "2", "3"}},
		"a private deal without":         {event.Event{Kind: "deal.added", Entity: entityDeal, After: records.Deal{ID: 12, Owner: 3, VisibleTo: 1}}, []string{"1", "3"}},
		"a private lead":                 {event.Event{Kind: "lead.added", Entity: entityLead, Key: leadKey, After: records.Lead{Owner: 3, VisibleTo: 1}}, []string{"1", "3"}},
		"a note on a private deal":       {event.Event{Kind: "note.added", Entity: entityNote, After: records.Note{Author: 3, Deal: 13}}, []string{"1", "2"}},
		"an activity on it":              {event.Event{Kind: "activity.added", Entity: entityActivity, After: records.Activity{Owner: 3, Deal: 13}}, []string{"1", "2", "3"}},
		"a note on a deal for all":       {event.Event{Kind: "note.added", Entity: entityNote, After: records.Note{Author: 1, Deal: 14}}, []string{"1", "2", "3"}},
	} {
		if got := data(t, tc.e).Meta.PermittedUserIDs; !slices.Equal(got, tc.want) {
			t.Errorf("%s: permitted %v, want %v", name, got, tc.want)
		}
	}
}
