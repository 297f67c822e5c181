package subscription

import (
	"encoding/json"
	"maps"
	"reflect"
	"slices"
	"testing"
	"time"

	"github.com/dockwright/dockwright/internal/host/account"
	"github.com/dockwright/dockwright/internal/host/event"
	"github.com/dockwright/dockwright/internal/host/records"
	"github.com/dockwright/dockwright/internal/store"
	"github.com/dockwright/dockwright/pipedrive/webhookapi"
)

var (
	jan = time.Date(2026, 1, 5, 10, 0, 0, 0, time.UTC)
	mar = time.Date(2026, 3, 4, 9, 0, 0, 123e6, time.UTC)
)

// same compares JSON whatever the order of keys is.
func same(t *testing.T, got []byte, want string) {
	t.Helper()
	var g, w any
	if err := json.Unmarshal(got, &g); err != nil {
		t.Fatalf("%v: %s", err, got)
	}
	if err := json.Unmarshal([]byte(want), &w); err != nil {
		t.Fatalf("%v: %s", err, want)
	}
	if !reflect.DeepEqual(g, w) {
		t.Errorf("got  %s\nwant %s", got, want)
	}
}

// told is the body for a webhook of a version.
func told(t *testing.T, version string, e event.Event, fields ...records.Field) []byte {
	t.Helper()
	r := newRig(t, sqliteIn(t, &jumping{}), nil, fields...)
	var body []byte
	err := r.db.Company(1).View(t.Context(), func(tx *store.Tx) error {
		p, err := r.s.prepare(tx, e)
		if err != nil {
			return err
		}
		d, err := p.delivery(Webhook{ID: 901, Owner: 1, User: 1, Version: version})
		if err != nil {
			return err
		}
		body, err = numbered(d.Body, version, 2)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return body
}

func mari() (before, after records.Person) {
	before = records.Person{
		ID: 55, Name: "Mari", FirstName: "Mari", Organization: records.Ref{ID: 9, Name: "Nordwind"}, Owner: 2, VisibleTo: 3,
		Phones: []records.Contact{{Label: "mobile", Value: "+3725551234", Main: true}}, AddedAt: jan, UpdatedAt: jan,
	}
	after = before
	after.Name, after.LastName, after.UpdatedAt, after.Labels = "Mari K", "K", mar, []int64{4}
	return before, after
}

func changeOf(before, after any) event.Event {
	return event.Event{
		Kind: "person.updated", Actor: 2, Entity: entityPerson, EntityID: 55, Source: event.SourceAPI, Seq: 7, At: mar, Before: before, After: after,
	}
}

// A change is told in version 2 with what is, and of what was only what changed.
// spec: webhooks.payload-v2
// spec: webhooks.timestamp
func TestPayloadOfVersion2(t *testing.T) {
	t.Parallel()
	was, is := mari()
	raw := told(t, webhookapi.Version2, changeOf(was, is))
	var p webhookapi.Payload
	if err := json.Unmarshal(raw, &p); err != nil {
		t.Fatal(err)
	}
	if len(p.Meta.ID) != 36 || len(p.Meta.CorrelationID) != 36 || p.Meta.ID == p.Meta.CorrelationID {
		t.Errorf("ids %q and %q", p.Meta.ID, p.Meta.CorrelationID)
	}
	p.Meta.ID, p.Meta.CorrelationID = "", ""
	meta, err := json.Marshal(p.Meta)
	if err != nil {
		t.Fatal(err)
	}
	same(t, meta, `{"action":"change","entity":"person","company_id":"1","correlation_id":"","entity_id":"55","id":"","is_bulk_edit":false,
		"timestamp":"2026-03-04T09:00:00.123Z","type":"general","user_id":"2","version":"2.0","webhook_id":"901","webhook_owner_id":"1",
		"change_source":"api","attempt":2,"host":"acme.crm.example.com","permitted_user_ids":["1","2","3"]}`)
	same(t, p.Data, `{"id":55,"name":"Mari K","first_name":"Mari","last_name":"K","owner_id":2,"org_id":9,"emails":[],
		"phones":[{"value":"+3725551234","primary":true,"label":"mobile"}],"label":4,"label_ids":[4],"picture_id":null,"visible_to":"3",
		"add_time":"2026-01-05T10:00:00Z","update_time":"2026-03-04T09:00:00Z","custom_fields":{}}`)
	same(t, p.Previous, `{"name":"Mari","last_name":null,"label":null,"label_ids":[]}`)
}

// Creation has no previous, deletion no data; users name no permitted users.
// spec: webhooks.payload-v2
func TestBeginningAndEnd(t *testing.T) {
	t.Parallel()
	was, is := mari()
	for _, tc := range []struct {
		version, kind, action string
		now, then             bool
	}{
		{webhookapi.Version2, "person.added", "create", true, false},
		{webhookapi.Version2, "person.deleted", "delete", false, true},
		{webhookapi.Version1, "person.added", "added", true, false},
		{webhookapi.Version1, "person.deleted", "deleted", false, true},
		{webhookapi.Version1, "person.updated", "updated", true, true},
		{webhookapi.Version1, "person.merged", "merged", true, true},
	} {
		e := changeOf(was, is)
		e.Kind = tc.kind
		if !tc.now {
			e.After = nil
		}
		if !tc.then {
			e.Before = nil
		}
		var p struct {
			Meta                           struct{ Action string }
			Data, Current, Previous, Event any
		}
		if err := json.Unmarshal(told(t, tc.version, e), &p); err != nil {
			t.Fatal(err)
		}
		is := p.Data
		if tc.version == webhookapi.Version1 {
			is = p.Current
			if p.Event != tc.kind[len("person."):]+".person" {
				t.Errorf("%s: event %v", tc.kind, p.Event)
			}
		}
		if (is != nil) != tc.now || (p.Previous != nil) != tc.then || p.Meta.Action != tc.action {
			t.Errorf("%s %s: action %s, now %v, then %v", tc.version, tc.kind, p.Meta.Action, is, p.Previous)
		}
	}
	user := event.Event{Kind: "user.updated", Entity: entityUser, EntityID: 3, At: mar, Before: account.User{ID: 3, Active: true}, After: account.User{ID: 3}}
	var p webhookapi.Payload
	if err := json.Unmarshal(told(t, webhookapi.Version2, user), &p); err != nil {
		t.Fatal(err)
	}
	same(t, p.Previous, `{"active_flag":true}`)
	if p.Meta.PermittedUserIDs != nil || p.Meta.ChangeSource != event.SourceApp {
		t.Errorf("meta %+v", p.Meta)
	}
	var old struct {
		Current []map[string]any
		Meta    map[string]any
	}
	if err := json.Unmarshal(told(t, webhookapi.Version1, user), &old); err != nil {
		t.Fatal(err)
	}
	if len(old.Current) != 1 || old.Current[0]["id"] != 3.0 {
		t.Errorf("current of a user: %+v", old.Current)
	}
}

// A merge is two deliveries in version 2, each naming the other record.
// spec: webhooks.payload-v2
func TestMerge(t *testing.T) {
	t.Parallel()
	was, is := mari()
	stays, goes := changeOf(was, is), changeOf(was, nil)
	stays.Kind, stays.Merged = "person.merged", 66
	goes.Kind, goes.Merged = "person.deleted", 77
	for _, tc := range []struct {
		e                event.Event
		action, from, to string
	}{{stays, webhookapi.Change, "66", ""}, {goes, webhookapi.Delete, "", "77"}} {
		var p webhookapi.Payload
		if err := json.Unmarshal(told(t, webhookapi.Version2, tc.e), &p); err != nil {
			t.Fatal(err)
		}
		if p.Meta.Action != tc.action || p.Meta.MergedFromID != tc.from || p.Meta.MergedToID != tc.to {
			t.Errorf("%s: %+v", tc.e.Kind, p.Meta)
		}
	}
}

// Version 1 tells both states in full, flat, with custom fields among the keys.
// spec: webhooks.payload-v1
func TestPayloadOfVersion1(t *testing.T) {
	t.Parallel()
	was, is := mari()
	same(t, told(t, webhookapi.Version1, changeOf(was, is)), `{"v":1,"matches_filters":{"current":[],"previous":[]},
		"meta":{"v":1,"action":"updated","object":"person","id":55,"company_id":1,"user_id":2,"host":"acme.crm.example.com","timestamp":1772614800,
			"timestamp_micro":1772614800123000,"change_source":"api","permitted_user_ids":[1,2,3],"trans_pending":false,"is_bulk_update":false,
			"pipedrive_service_name":false,"matches_filters":{"current":[],"previous":[]},"webhook_id":"901"},
		"current":{"id":55,"company_id":1,"owner_id":2,"org_id":9,"name":"Mari K","first_name":"Mari","last_name":"K",
			"phone":[{"label":"mobile","value":"+3725551234","primary":true}],"email":[{"value":"","primary":true}],"first_char":"m","label":4,
			"label_ids":[4],"picture_id":null,"visible_to":"3","active_flag":true,"add_time":"2026-01-05 10:00:00","update_time":"2026-03-04 09:00:00",
			"org_name":"Nordwind","owner_name":"Jonas"},
		"previous":{"id":55,"company_id":1,"owner_id":2,"org_id":9,"name":"Mari","first_name":"Mari","last_name":null,
			"phone":[{"label":"mobile","value":"+3725551234","primary":true}],"email":[{"value":"","primary":true}],"first_char":"m","label":null,
			"label_ids":[],"picture_id":null,"visible_to":"3","active_flag":true,"add_time":"2026-01-05 10:00:00","update_time":"2026-01-05 10:00:00",
			"org_name":"Nordwind","owner_name":"Jonas"},
		"event":"updated.person","retry":1}`)
}

// Custom fields are typed objects in version 2 and keys of their own in version 1.
// spec: webhooks.custom-fields
func TestCustomFields(t *testing.T) {
	t.Parallel()
	values := map[records.FieldType]struct {
		value  any
		v2, v1 string
	}{
		records.TypeVarchar:     {"red", `{"type":"varchar","value":"red"}`, `{"F":"red"}`},
		records.TypeVarcharAuto: {"red", `{"type":"varchar_auto","value":"red"}`, `{"F":"red"}`},
		records.TypeText:        {"long", `{"type":"text","value":"long"}`, `{"F":"long"}`},
		records.TypePhone:       {"+372", `{"type":"phone","value":"+372"}`, `{"F":"+372"}`},
		records.TypeDouble:      {json.Number("1.5"), `{"type":"double","value":1.5}`, `{"F":1.5}`},
		records.TypeDate:        {"2026-03-04", `{"type":"date","value":"2026-03-04"}`, `{"F":"2026-03-04"}`},
		records.TypeEnum:        {json.Number("12"), `{"type":"enum","id":12}`, `{"F":"12"}`},
		records.TypeSet: {[]any{json.Number("12"), json.Number("13"), json.Number("99")}, `{"type":"set","values":[{"id":12},{"id":13}]}`,
			`{"F":"12,13"}`},
		records.TypeUser:   {json.Number("2"), `{"type":"user","id":2}`, `{"F":2}`},
		records.TypePeople: {json.Number("55"), `{"type":"people","id":55}`, `{"F":55}`},
		records.TypeOrg:    {json.Number("9"), `{"type":"org","id":9}`, `{"F":9}`},
		records.TypeMonetary: {map[string]any{"value": json.Number("120"), "currency": "EUR"}, `{"type":"monetary","value":120,"currency":"EUR"}`,
			`{"F":120,"F_currency":"EUR"}`},
		records.TypeTime: {map[string]any{"value": "09:30:00", "timezone_id": nil, "timezone_name": nil},
			`{"type":"time","value":"09:30:00","timezone_id":null}`, `{"F":"09:30:00","F_timezone_id":null,"F_timezone_name":null}`},
		records.TypeTimeRange: {map[string]any{"value": "09:30:00", "until": "10:00:00", "timezone_id": json.Number("7"), "timezone_name": "Europe/Tallinn"},
			`{"type":"timerange","from":"09:30:00","until":"10:00:00","timezone_id":7}`,
			`{"F":"09:30:00","F_until":"10:00:00","F_timezone_id":7,"F_timezone_name":"Europe/Tallinn"}`},
		records.TypeDateRange: {map[string]any{"value": "2026-03-04", "until": "2026-03-05"}, `{"type":"daterange","from":"2026-03-04","until":"2026-03-05"}`,
			`{"F":"2026-03-04","F_until":"2026-03-05"}`},
		records.TypeAddress: {map[string]any{"value": "1 High St", "locality": "Tallinn"}, `{"type":"address","value":"1 High St","locality":"Tallinn"}`,
			`{"F":"1 High St","F_locality":"Tallinn","F_subpremise":null,"F_street_number":null,"F_route":null,"F_sublocality":null,
			"F_admin_area_level_1":null,"F_admin_area_level_2":null,"F_country":null,"F_postal_code":null,"F_formatted_address":null}`},
	}
	if got, want := slices.Sorted(maps.Keys(values)), slices.Sorted(slices.Values(records.CustomTypes)); !slices.Equal(got, want) {
		t.Fatalf("types %v, want %v", got, want)
	}
	for kind, tc := range values {
		field := records.Field{Entity: entityPerson, Code: "F", Type: kind, Custom: true, Options: []records.Option{{ID: 12}, {ID: 13}}}
		was, is := mari()
		is.Custom = map[string]any{"F": tc.value}
		var p webhookapi.Payload
		if err := json.Unmarshal(told(t, webhookapi.Version2, changeOf(was, is), field), &p); err != nil {
			t.Fatal(err)
		}
		var data, previous struct {
			Custom map[string]json.RawMessage `json:"custom_fields"`
		}
		if err := json.Unmarshal(p.Data, &data); err != nil {
			t.Fatal(err)
		}
		if err := json.Unmarshal(p.Previous, &previous); err != nil {
			t.Fatal(err)
		}
		same(t, data.Custom["F"], tc.v2)
		same(t, previous.Custom["F"], `null`)
		var old struct{ Current map[string]json.RawMessage }
		if err := json.Unmarshal(told(t, webhookapi.Version1, changeOf(was, is), field), &old); err != nil {
			t.Fatal(err)
		}
		maps.DeleteFunc(old.Current, func(name string, _ json.RawMessage) bool { return name[0] != 'F' })
		raw, err := json.Marshal(old.Current)
		if err != nil {
			t.Fatal(err)
		}
		same(t, raw, tc.v1)
	}
}

// Who may not see a record is not told of it, nor who left the company; of what
// one may see, the others who may are named.
// spec: webhooks.permissions
func TestPermissions(t *testing.T) {
	t.Parallel()
	inTime(t, func(t *testing.T, r *rig) {
		for _, user := range []int64{1, 2, 3} {
			r.create(admin, Draft{User: user})
		}
		private := changeOf(records.Person{ID: 55, Name: "A", Owner: 2, VisibleTo: 1}, records.Person{ID: 55, Name: "B", Owner: 2, VisibleTo: 1})
		r.append(private)
		users := map[string]bool{}
		for range 2 {
			s := r.next()
			users[s.v2.Meta.WebhookID] = true
			if !slices.Equal(s.v2.Meta.PermittedUserIDs, []string{"1", "2"}) {
				t.Errorf("permitted %v", s.v2.Meta.PermittedUserIDs)
			}
		}
		if !users["1"] || !users["2"] {
			t.Errorf("told to the webhooks %v", users)
		}
		r.nothing(time.Minute)
		if _, err := r.s.Create(t.Context(), admin, Draft{URL: address, Action: "*", Object: "*", User: 4}); err == nil {
			t.Error("a webhook of a user who left")
		}
	})
}

// Each webhook hears what it asks for in its version's words, and nothing else.
// spec: webhooks.wildcards
func TestMatching(t *testing.T) {
	t.Parallel()
	inTime(t, func(t *testing.T, r *rig) {
		for _, tc := range []struct {
			version, action, object string
			hears                   []string
		}{
			{"2.0", "*", "*", []string{"create.person", "change.person", "delete.person", "create.deal", "create.lead"}},
			{"2.0", "*", "person", []string{"create.person", "change.person", "delete.person"}},
			{"2.0", "create", "*", []string{"create.person", "create.deal", "create.lead"}},
			{"2.0", "delete", "person", []string{"delete.person"}},
			{"2.0", "change", "deal", nil},
			{"1.0", "*", "*", []string{"added.person", "updated.person", "deleted.person", "added.deal"}},
			{"1.0", "updated", "person", []string{"updated.person"}},
		} {
			w := r.create(admin, Draft{Version: tc.version, Action: tc.action, Object: tc.object})
			was, is := mari()
			add, gone := changeOf(nil, is), changeOf(was, nil)
			add.Kind, gone.Kind = "person.added", "person.deleted"
			r.append(add, changeOf(was, is), gone,
				event.Event{Kind: "deal.added", Entity: entityDeal, EntityID: 12, After: records.Deal{ID: 12, Title: "Chairs"}},
				event.Event{Kind: "lead.added", Entity: entityLead, Key: "5f0d2c60-4a7b-4f7e-8a52-3c1f9b7d6e01", After: records.Lead{Title: "Chairs"}},
				event.Event{Kind: "message.received", Entity: "conversation", EntityID: 1},
				event.Event{Kind: "person.updated", Entity: entityPerson, EntityID: 1}) // unreadable: no snapshot
			for range tc.hears {
				r.next()
			}
			r.nothing(10 * time.Second)
			var got []string
			for _, d := range r.log(w) {
				got = append(got, d.Event)
			}
			if !slices.Equal(got, tc.hears) {
				t.Errorf("%s %s.%s hears %v, want %v", tc.version, tc.action, tc.object, got, tc.hears)
			}
			if err := r.s.Delete(t.Context(), admin, w.ID); err != nil {
				t.Fatal(err)
			}
		}
	})
}

// Activities write times of their own kind in each version; their types are told
// of in version 1 only.
// spec: webhooks.payload-v2
// spec: webhooks.payload-v1
func TestActivities(t *testing.T) {
	t.Parallel()
	a := records.Activity{
		ID: 311, Subject: "Demo", Type: "meeting", Owner: 2, Creator: 1, Deal: 12, DueDate: "2026-05-11", DueTime: "13:30:00", Duration: "00:45:00",
		Busy: records.Busy, AddedAt: jan, UpdatedAt: mar,
	}
	e := event.Event{Kind: "activity.added", Entity: entityActivity, EntityID: 311, At: mar, After: a}
	var p webhookapi.Payload
	if err := json.Unmarshal(told(t, webhookapi.Version2, e), &p); err != nil {
		t.Fatal(err)
	}
	same(t, p.Data, `{"id":311,"subject":"Demo","type":"meeting","owner_id":2,"update_user_id":null,"deal_id":12,"lead_id":null,"person_id":null,
		"org_id":null,"due_date":"2026-05-11","due_time":{"timezone_id":null,"value":"13:30:00"},"duration":{"timezone_id":null,"value":"00:45:00"},
		"busy_flag":true,"done":false,"location":null,"public_description":null,"note":null,"active_flag":true,
		"add_time":"2026-01-05T10:00:00Z","update_time":"2026-03-04T09:00:00Z","custom_fields":{}}`)
	var old webhookapi.PayloadV1
	if err := json.Unmarshal(told(t, webhookapi.Version1, e), &old); err != nil {
		t.Fatal(err)
	}
	var v1 map[string]any
	if err := json.Unmarshal(old.Current, &v1); err != nil || v1["due_time"] != "13:30" || v1["duration"] != "00:45" || v1["created_by_user_id"] != 1.0 {
		t.Errorf("%v: %s", err, old.Current)
	}
	kind := event.Event{Kind: "activityType.added", Entity: entityActivityType, EntityID: 3, At: mar, After: records.ActivityType{ID: 3, Key: "lunch", Name: "Lunch"}}
	if err := json.Unmarshal(told(t, webhookapi.Version1, kind), &old); err != nil || old.Event != "added.activityType" || old.Meta.Object != "activityType" {
		t.Errorf("%v: %+v", err, old)
	}
}
