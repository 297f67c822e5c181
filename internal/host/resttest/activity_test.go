package resttest

import (
	"net/url"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/dockwright/dockwright/hosttest"
)

// newActivity adds an activity in version 2 and returns its id.
func (s *street) newActivity(body object) int64 {
	s.t.Helper()
	return s.do(call{op: "POST /api/v2/activities", body: body}).id("data.id")
}

// are compares the values at some paths.
func (a answer) are(want object) {
	a.t.Helper()
	for path, v := range want {
		a.is(path, v)
	}
}

// monday is when these tests begin.
var monday = time.Date(2026, 11, 2, 9, 0, 0, 0, time.UTC)

// spec: rest.activities.create-v2
// spec: rest.activities.get-v2
// spec: rest.activities.update-v2
// spec: rest.activities.times
func TestActivitiesV2(t *testing.T) {
	t.Parallel()
	s := newStreet(t, hosttest.Records(), hosttest.Clock(monday))
	a := s.do(call{op: "POST /api/v2/activities", body: object{
		"subject": "Demo", "type": "meeting", "owner_id": s.Agent.ID, "deal_id": 1, "org_id": 2, "due_date": "2026-11-11", "due_time": "13:30",
		"duration": "00:45:30", "busy": true, "location": object{"value": "Pikk 1, Tallinn", "country": "Estonia", "locality": "Tallinn"},
		"participants":       []object{{"person_id": 3, "primary": false}, {"person_id": 4, "primary": true}},
		"attendees":          []object{{"email": "mari@nord.test", "name": "Mari", "is_organizer": true, "person_id": 4}},
		"public_description": "a < b", "priority": 7, "note": "<b>Bring</b><script>x</script> samples",
	}})
	id := a.id("data.id")
	a.are(object{
		"data.subject": "Demo", "data.type": "meeting", "data.owner_id": s.Agent.ID, "data.creator_user_id": s.Admin.ID, "data.deal_id": 1,
		"data.person_id": 4, "data.org_id": 2, "data.lead_id": nil, "data.project_id": nil, "data.due_date": "2026-11-11", "data.due_time": "13:30:00",
		"data.duration": "00:45:30", "data.busy": true, "data.done": false, "data.marked_as_done_time": nil, "data.location.value": "Pikk 1, Tallinn",
		"data.location.country": "Estonia", "data.location.route": nil, "data.participants.1.primary": true, "data.participants.0.person_id": 3,
		"data.attendees.0.email": "mari@nord.test", "data.attendees.0.is_organizer": true, "data.public_description": "a < b", "data.priority": 7,
		"data.note": "<b>Bring</b> samples", "data.conference_meeting_url": nil, "data.add_time": "2026-11-02T09:00:00Z", "data.is_deleted": false,
	})
	read := s.do(call{op: "GET /api/v2/activities/{id}", path: []any{id}})
	if strings.Contains(string(read.raw), "attendees") {
		t.Errorf("attendees come unasked: %s", read.raw)
	}
	s.do(call{op: "GET /api/v2/activities/{id}", path: []any{id}, query: "include_fields=attendees"}).is("data.attendees.0.name", "Mari")
	s.do(call{op: "GET /api/v2/activities/{id}", path: []any{id}, query: "include_fields=secrets", want: 400})

	s.Advance(time.Minute)
	a = s.do(call{op: "PATCH /api/v2/activities/{id}", path: []any{id}, body: object{"done": true}, token: s.Agent.Token})
	a.is("data.done", true)
	a.is("data.marked_as_done_time", "2026-11-02T09:01:00Z")
	a.is("data.update_time", "2026-11-02T09:01:00Z")
	a.is("data.subject", "Demo")
	s.Advance(time.Minute)
	a = s.do(call{op: "PATCH /api/v2/activities/{id}", path: []any{id}, body: object{"done": true, "due_time": "08:05:09", "location": nil, "priority": nil, "busy": nil}})
	a.is("data.marked_as_done_time", "2026-11-02T09:01:00Z")
	a.is("data.due_time", "08:05:09")
	a.is("data.location", nil)
	a.is("data.priority", nil)
	a.is("data.busy", false)
	a = s.do(call{op: "PATCH /api/v2/activities/{id}", path: []any{id}, body: object{"done": false, "due_time": nil, "due_date": nil, "duration": "", "note": nil}})
	for _, path := range []string{"data.marked_as_done_time", "data.due_time", "data.due_date", "data.duration", "data.note"} {
		a.is(path, nil)
	}
	s.do(call{op: "DELETE /api/v2/activities/{id}", path: []any{id}}).is("data.id", id)
	for _, op := range []string{"GET /api/v2/activities/{id}", "DELETE /api/v2/activities/{id}", "GET /v1/activities/{id}", "DELETE /v1/activities/{id}"} {
		s.do(call{op: op, path: []any{id}, want: 404}).is("error", "Activity not found")
	}
	s.do(call{op: "PATCH /api/v2/activities/{id}", path: []any{id}, body: object{"done": true}, want: 404})
}

// spec: rest.activities.participants
func TestParticipants(t *testing.T) {
	t.Parallel()
	s := newStreet(t, hosttest.Records())
	id := s.newActivity(object{"person_id": 5})
	people := func(body object, want string) {
		t.Helper()
		a := s.do(call{op: "PATCH /api/v2/activities/{id}", path: []any{id}, body: body})
		got := ""
		for _, item := range a.list("data.participants") {
			p := item.(object)
			got += strconv.Itoa(int(p["person_id"].(float64)))
			if p["primary"] == true {
				got += "*"
			}
			got += " "
		}
		if strings.TrimSpace(got) != want {
			t.Errorf("%v: participants are %s, want %s", body, got, want)
		}
		main := a.at("data.person_id")
		if i := strings.Index(want, "*"); i > 0 {
			n, err := strconv.Atoi(want[strings.LastIndex(want[:i], " ")+1 : i])
			if err != nil || main != float64(n) {
				t.Errorf("%v: person_id is %v, want %d, %v", body, main, n, err)
			}
		} else if main != nil {
			t.Errorf("%v: person_id is %v, want null", body, main)
		}
	}
	people(object{}, "5*")
	people(object{"person_id": 6}, "6*")
	people(object{"participants": []object{{"person_id": 6}, {"person_id": 7}}}, "6* 7")
	people(object{"person_id": 7}, "7*")
	people(object{"participants": []object{{"person_id": 6}, {"person_id": 7, "primary": true}}}, "6 7*")
	people(object{"person_id": 6, "participants": []object{{"person_id": 8}, {"person_id": 6}}}, "8 6*")
	people(object{"participants": []object{{"person_id": 9, "primary_flag": true}, {"person_id": 6}}}, "9* 6")
	people(object{"person_id": nil}, "6*")
	people(object{"participants": []object{}}, "")
	people(object{"person_id": 5}, "5*")
	people(object{"person_id": nil}, "")
	for _, body := range []object{
		{"participants": []object{{"person_id": 6, "primary": true}, {"person_id": 7, "primary": true}}},
		{"participants": []object{{"person_id": 6}, {"person_id": 6}}}, {"participants": []object{{"person_id": 4711}}},
		{"participants": []object{{}}}, {"participants": []object{{"person_id": "6"}}}, {"participants": []object{{"person_id": 6, "vip": true}}},
		{"participants": object{"person_id": 6}}, {"participants": []int{6}}, {"person_id": 6, "participants": []object{{"person_id": 7, "primary": true}}},
		{"person_id": 4711}, {"person_id": -1}, {"attendees": []object{{"email": "no address"}}}, {"attendees": []object{{"name": "X"}}},
		{"attendees": []object{{"email": "a@b.test", "person_id": 4711}}}, {"attendees": []object{{"email": "a@b.test", "user_id": 4711}}},
	} {
		s.do(call{op: "PATCH /api/v2/activities/{id}", path: []any{id}, body: body, want: 400})
	}
}

// spec: rest.activities.create-v1
// spec: rest.activities.get-v1
// spec: rest.activities.update-v1
// spec: rest.activities.delete
// spec: rest.activities.delete-many
// spec: rest.activities.v1-shape
// spec: rest.activities.defaults
func TestActivitiesV1(t *testing.T) {
	t.Parallel()
	s := newStreet(t, hosttest.Records(), hosttest.Clock(monday))
	a := s.do(call{op: "POST /v1/activities", body: object{}, want: 201})
	a.is("data.subject", "Call")
	a.is("data.type", "call")
	a.is("data.user_id", s.Admin.ID)
	a.is("data.due_time", "")
	a.is("data.due_date", nil)
	a.is("data.busy_flag", nil)
	a.is("data.marked_as_done_time", "")
	a.is("additional_data.more_activities_scheduled_in_context", false)
	a = s.do(call{op: "POST /v1/activities", want: 201, prefix: "/api", body: object{
		"subject": "Lunch with <b>", "type": "lunch", "due_date": "2026-11-03", "due_time": "12:00", "duration": "01:30", "user_id": strconv.FormatInt(s.Agent.ID, 10),
		"deal_id": "1", "org_id": 2, "participants": []object{{"person_id": 3, "primary_flag": true}, {"person_id": 4, "primary_flag": false}},
		"attendees": []object{{"email_address": "mari@nord.test", "person_id": 3}}, "busy_flag": true, "done": 0, "location": "Pikk 1", "note": "<p>N</p>",
		"conference_meeting_url": "https://evil.test",
	}})
	id := a.id("data.id")
	a.are(object{
		"data.company_id": s.Company.ID, "data.user_id": s.Agent.ID, "data.assigned_to_user_id": s.Agent.ID, "data.created_by_user_id": s.Admin.ID,
		"data.due_time": "12:00", "data.duration": "01:30", "data.busy_flag": true, "data.done": false, "data.person_id": 3, "data.location": "Pikk 1",
		"data.participants.0.primary_flag": true, "data.attendees.0.email_address": "mari@nord.test", "data.attendees.0.is_organizer": 0,
		"data.owner_name": s.Agent.Name, "data.conference_meeting_url": nil, "data.add_time": "2026-11-02 09:00:00", "data.update_user_id": nil,
		"data.active_flag": true, "related_objects.user." + strconv.FormatInt(s.Agent.ID, 10) + ".email": s.Agent.Email,
		"related_objects.person.4.id": 4, "related_objects.organization.2.id": 2,
		"related_objects.deal.1.id": 1, "related_objects.deal.1.status": "open",
	})
	for _, path := range []string{"data.org_name", "data.person_name", "data.deal_title", "data.person_dropbox_bcc", "data.deal_dropbox_bcc"} {
		if a.text(path) == "" {
			t.Errorf("no %s: %s", path, a.raw)
		}
	}
	again := s.do(call{op: "POST /v1/activities", want: 201, body: url.Values{"subject": {"by form"}, "deal_id": {"1"}, "done": {"1"}}})
	again.is("additional_data.more_activities_scheduled_in_context", true)
	again.is("data.marked_as_done_time", "2026-11-02 09:00:00")
	again.is("data.type", "call")
	s.Advance(time.Minute)
	a = s.do(call{op: "PUT /v1/activities/{id}", path: []any{id}, body: object{"done": 1, "busy_flag": nil, "due_time": "9:05"}, token: s.Agent.Token})
	a.is("data.done", true)
	a.is("data.busy_flag", nil)
	a.is("data.due_time", "09:05")
	a.is("data.marked_as_done_time", "2026-11-02 09:01:00")
	a.is("data.update_user_id", s.Agent.ID)
	a.is("data.deal_id", 1)
	s.do(call{op: "GET /v1/activities/{id}", path: []any{id}}).is("data.subject", "Lunch with <b>")
	s.do(call{op: "GET /api/v2/activities/{id}", path: []any{id}}).is("data.due_time", "09:05:00")

	rest := []int64{s.newActivity(object{}), s.newActivity(object{})}
	query := "ids=" + strconv.FormatInt(rest[0], 10) + "," + strconv.FormatInt(rest[1], 10)
	s.do(call{op: "DELETE /v1/activities", query: query + ",4711", want: 404})
	s.do(call{op: "GET /v1/activities/{id}", path: []any{rest[0]}})
	s.do(call{op: "DELETE /v1/activities", query: query}).is("data.id.1", rest[1])
	s.do(call{op: "GET /v1/activities/{id}", path: []any{rest[0]}, want: 404})
	for _, query := range []string{"", "ids=", "ids=x", "ids=1;2"} {
		s.do(call{op: "DELETE /v1/activities", query: query, want: 400})
	}
	s.do(call{op: "DELETE /v1/activities/{id}", path: []any{id}}).is("data.id", id)
}

// spec: rest.activities.meeting-read-only
// spec: rest.v2-unknown-field
func TestActivitiesRefused(t *testing.T) {
	t.Parallel()
	s := newStreet(t, hosttest.Records())
	id := s.newActivity(object{"subject": "Mine"})
	long := strings.Repeat("x", 256)
	for name, c := range map[string]struct {
		body any
		says string
	}{
		"subject empty":      {object{"subject": " "}, "subject: "},
		"subject long":       {object{"subject": long}, "subject: "},
		"subject number":     {object{"subject": 5}, "subject: "},
		"type unknown":       {object{"type": "party"}, "type: "},
		"type in capitals":   {object{"type": "Call"}, "type: "},
		"owner unknown":      {object{"owner_id": 4711}, "owner_id: "},
		"owner nobody":       {object{"owner_id": nil}, "owner_id: "},
		"owner text":         {object{"owner_id": "1"}, "owner_id: "},
		"deal unknown":       {object{"deal_id": 4711}, "deal_id: "},
		"org unknown":        {object{"org_id": 4711}, "org_id: "},
		"lead unknown":       {object{"lead_id": "0b7f6f1e-2a77-4f0e-9f53-5d2f6a1c7e10"}, "lead_id: "},
		"lead not a UUID":    {object{"lead_id": "1"}, "lead_id: "},
		"project":            {object{"project_id": 1}, "project_id: "},
		"day":                {object{"due_date": "11.11.2026"}, "due_date: "},
		"day of no month":    {object{"due_date": "2026-02-30"}, "due_date: "},
		"time":               {object{"due_time": "25:00"}, "due_time: "},
		"time with zone":     {object{"due_time": "10:00Z"}, "due_time: "},
		"time of words":      {object{"due_time": "noon"}, "due_time: "},
		"time of 60 minutes": {object{"due_time": "10:60"}, "due_time: "},
		"duration":           {object{"duration": "100:00"}, "duration: "},
		"duration number":    {object{"duration": 30}, "duration: "},
		"busy number":        {object{"busy": 1}, "busy: "},
		"done text":          {object{"done": "yes"}, "done: "},
		"location text":      {object{"location": "Tallinn"}, "location: "},
		"location parts":     {object{"location": object{"country": "Estonia"}}, "location.value: "},
		"location planet":    {object{"location": object{"value": "Tallinn", "planet": "Earth"}}, "location.planet: "},
		"location long":      {object{"location": object{"value": long}}, "location: "},
		"priority negative":  {object{"priority": -1}, "priority: "},
		"note long":          {object{"note": strings.Repeat("x", 100_001)}, "note: "},
		"unknown field":      {object{"colour": "red"}, "colour: "},
		"id":                 {object{"id": 5}, "id: "},
		"meeting":            {object{"conference_meeting_url": "https://meet.acme.test"}, "conference_meeting_url: "},
		"field of version 1": {object{"user_id": 1}, "user_id: "},
		"zero byte":          {object{"public_description": "a\x00"}, "NUL"},
		"list":               {[]byte(`[{}]`), "object"},
		"two objects":        {[]byte(`{}{}`), "object"},
	} {
		for _, op := range []call{{op: "POST /api/v2/activities"}, {op: "PATCH /api/v2/activities/{id}", path: []any{id}}} {
			op.body, op.want = c.body, 400
			if a := s.do(op); !strings.Contains(a.text("error"), c.says) {
				t.Errorf("%s, %s: %s", name, op.op, a.raw)
			}
		}
	}
	s.do(call{op: "POST /v1/activities", body: object{"user_id": 4711}, want: 400}).is("error", "user_id: Expected a user of this company, got 4711, who does not exist.")
	s.do(call{op: "PUT /v1/activities/{id}", path: []any{id}, body: object{"busy_flag": "perhaps"}, want: 400})
	s.do(call{op: "GET /api/v2/activities/{id}", path: []any{id}}).is("data.subject", "Mine")
	other := s.Second()
	for range 3 {
		id = s.newActivity(object{"subject": "Ours"})
	}
	for _, op := range []string{"GET /api/v2/activities/{id}", "DELETE /api/v2/activities/{id}", "GET /v1/activities/{id}"} {
		s.do(call{op: op, path: []any{id}, token: other.Admin.Token, want: 404})
	}
	s.do(call{op: "DELETE /v1/activities", query: "ids=" + strconv.FormatInt(id, 10), token: other.Admin.Token, want: 404})
	s.do(call{op: "GET /api/v2/activities/{id}", path: []any{id}})
}

// spec: rest.activities.list-v1
// spec: rest.activities.list-v2
func TestListActivities(t *testing.T) {
	t.Parallel()
	s := newStreet(t, hosttest.Clock(monday), hosttest.Records())
	agent := strconv.FormatInt(s.Agent.ID, 10)
	lead := s.firstLead()
	var ids []int64
	for i, body := range []object{
		{"type": "call", "due_date": "2026-11-05", "deal_id": 1},
		{"type": "meeting", "due_date": "2026-11-03", "person_id": 2, "org_id": 3, "done": true},
		{"type": "lunch", "due_date": "2026-11-04", "owner_id": s.Agent.ID, "participants": []object{{"person_id": 5, "primary": true}, {"person_id": 2}}},
		{"type": "task", "lead_id": lead},
	} {
		if i == 3 {
			s.Advance(30 * time.Minute)
		}
		ids = append(ids, s.newActivity(body))
	}
	check := func(op, query string, want ...int) answer {
		t.Helper()
		a := s.do(call{op: op, query: query})
		var got []int
		for i := range a.list("data") {
			for place, id := range ids {
				if id == a.id("data."+strconv.Itoa(i)+".id") {
					got = append(got, place)
				}
			}
		}
		if len(got) != len(want) {
			t.Errorf("%s?%s: got places %v, want %v", op, query, got, want)
			return a
		}
		for i := range want {
			if got[i] != want[i] {
				t.Errorf("%s?%s: got places %v, want %v", op, query, got, want)
				break
			}
		}
		return a
	}
	v1, v2 := "GET /v1/activities", "GET /api/v2/activities"
	check(v1, "", 0, 1, 3)
	check(v1, "user_id=0", 0, 1, 2, 3)
	check(v1, "user_id="+agent, 2)
	check(v1, "user_id=0&type=lunch,%20call", 0, 2)
	check(v1, "user_id=0&done=1", 1)
	check(v1, "user_id=0&done=0", 0, 2, 3)
	check(v1, "user_id=0&start_date=2026-11-04&end_date=2026-11-05", 0, 2)
	check(v1, "user_id=0&end_date=2026-11-03", 1)
	check(v1, "type='%20OR%201=1")
	a := check(v1, "user_id=0&limit=2&start=1", 1, 2)
	a.is("additional_data.pagination.next_start", 3)

	check(v2, "", 0, 1, 2, 3)
	check(v2, "limit=1000000", 0, 1, 2, 3)
	check(v2, "ids="+strconv.FormatInt(ids[2], 10)+","+strconv.FormatInt(ids[0], 10)+",4711", 0, 2)
	check(v2, "owner_id="+agent, 2)
	check(v2, "deal_id=1", 0)
	check(v2, "person_id=2", 1)
	check(v2, "org_id=3", 1)
	check(v2, "lead_id="+lead, 3)
	check(v2, "done=true", 1)
	check(v2, "updated_since=2026-11-02T09:15:00Z", 3)
	check(v2, "updated_until=2026-11-02T09:15:00Z", 0, 1, 2)
	check(v2, "sort_by=due_date", 3, 1, 2, 0)
	check(v2, "sort_by=due_date&sort_direction=desc", 0, 2, 1, 3)
	for _, sort := range []string{"id", "add_time", "update_time", "due_date"} {
		for _, way := range []string{"asc", "desc"} {
			seen, query := 0, "limit=1&include_fields=attendees&sort_by="+sort+"&sort_direction="+way
			next := ""
			for range 6 {
				a := s.do(call{op: v2, query: query + next})
				seen += len(a.list("data"))
				cursor, more := a.at("additional_data.next_cursor").(string)
				if !more {
					break
				}
				next = "&cursor=" + url.QueryEscape(cursor)
			}
			if seen != 4 {
				t.Errorf("pages by %s %s showed %d activities, want 4", sort, way, seen)
			}
		}
	}
	for _, query := range []string{"limit=0", "start=-1", "user_id=me", "done=maybe", "start_date=tomorrow"} {
		s.do(call{op: v1, query: query, want: 400})
	}
	for _, query := range []string{
		"limit=-1", "cursor=x", "cursor=eyJpZCI6IjEifQ", "sort_by=subject", "sort_direction=up", "ids=a", "done=2", "lead_id=1",
		"updated_since=2026-11-02T09:00:00.5Z", "updated_until=monday", "include_fields=notes",
	} {
		s.do(call{op: v2, query: query, want: 400})
	}
	s.do(call{op: v2, query: "filter_id=1", want: 404})
	s.do(call{op: v1, query: "filter_id=1", want: 404})
}

// spec: rest.activity-types.list
// spec: rest.activity-types.default
// spec: rest.activity-types.write
func TestActivityTypes(t *testing.T) {
	t.Parallel()
	s := newStreet(t)
	keys := func() string {
		var out []string
		for _, item := range s.do(call{op: "GET /v1/activityTypes"}).list("data") {
			if item.(object)["active_flag"] == true {
				out = append(out, item.(object)["key_string"].(string))
			}
		}
		return strings.Join(out, " ")
	}
	if got := keys(); got != "call meeting task deadline email lunch" {
		t.Errorf("a company begins with %s", got)
	}
	a := s.do(call{op: "POST /v1/activityTypes", body: object{"name": "Site visit!", "icon_key": "car", "color": "#ff8800"}})
	id := a.id("data.id")
	a.is("data.key_string", "site_visit")
	a.is("data.is_custom_flag", true)
	a.is("data.color", "FF8800")
	a.is("data.order_nr", 7)
	s.newActivity(object{"type": "site_visit"})
	s.do(call{op: "PUT /v1/activityTypes/{id}", path: []any{id}, body: object{"name": "Visit", "order_nr": 0}}).is("data.key_string", "site_visit")
	if got := keys(); !strings.HasPrefix(got, "site_visit call") {
		t.Errorf("the order is %s", got)
	}
	visit := s.newActivity(object{"type": "site_visit", "subject": "Seen"})
	s.do(call{op: "DELETE /v1/activityTypes/{id}", path: []any{id}}).is("data.active_flag", false)
	s.do(call{op: "DELETE /v1/activityTypes/{id}", path: []any{id}, want: 404})
	s.do(call{op: "POST /api/v2/activities", body: object{"type": "site_visit"}, want: 400})
	s.do(call{op: "PATCH /api/v2/activities/{id}", path: []any{visit}, body: object{"done": true}}).is("data.type", "site_visit")
	s.do(call{op: "POST /v1/activityTypes", body: object{"name": "Site visit", "icon_key": "car"}}).is("data.key_string", "site_visit_2")
	s.do(call{op: "DELETE /v1/activityTypes", query: "ids=2,3"}).is("data.id.0", 2)
	if got := keys(); got != "call deadline email lunch site_visit_2" {
		t.Errorf("left are %s", got)
	}
	for _, body := range []object{
		{}, {"name": "", "icon_key": "car"}, {"name": "X"}, {"name": "X", "icon_key": "rocket"}, {"name": "X", "icon_key": "car", "color": "red"},
		{"name": "call", "icon_key": "call"}, {"name": strings.Repeat("x", 256), "icon_key": "car"}, {"name": []int{1}, "icon_key": "car"},
	} {
		s.do(call{op: "POST /v1/activityTypes", body: body, want: 400})
	}
	s.do(call{op: "PUT /v1/activityTypes/{id}", path: []any{1}, body: object{"order_nr": -1}, want: 400})
	s.do(call{op: "DELETE /v1/activityTypes", query: "ids=1,4,5,6," + strconv.FormatInt(id+1, 10), want: 400})
	s.do(call{op: "POST /v1/activityTypes", body: object{"name": "X", "icon_key": "car"}, token: s.Agent.Token, want: 403})
	if n := len(s.do(call{op: "GET /v1/activityTypes", token: s.Second().Admin.Token}).list("data")); n != 6 {
		t.Errorf("another company has %d types", n)
	}
}

// What is to be done and was done shows on persons and organizations.
// spec: records.activity-counts
func TestActivitiesAreCounted(t *testing.T) {
	t.Parallel()
	s := newStreet(t, hosttest.Records())
	later := s.newActivity(object{"participants": []object{{"person_id": 4}, {"person_id": 5}}, "org_id": 6, "due_date": "2026-12-02", "due_time": "08:00"})
	next := s.newActivity(object{"person_id": 5, "org_id": 6, "due_date": "2026-12-01"})
	s.newActivity(object{"person_id": 5})
	s.newActivity(object{"person_id": 5, "org_id": 6, "due_date": "2026-11-01", "done": true})
	last := s.newActivity(object{"person_id": 5, "org_id": 6, "due_date": "2026-11-02", "done": true})
	gone := s.newActivity(object{"person_id": 5, "org_id": 6, "due_date": "2026-11-03"})
	s.do(call{op: "DELETE /api/v2/activities/{id}", path: []any{gone}})
	query := "include_fields=next_activity_id,last_activity_id,activities_count,done_activities_count,undone_activities_count"
	a := s.do(call{op: "GET /api/v2/persons/{id}", path: []any{5}, query: query})
	a.are(object{
		"data.next_activity_id": next, "data.last_activity_id": last, "data.activities_count": 5, "data.done_activities_count": 2, "data.undone_activities_count": 3,
	})
	a = s.do(call{op: "GET /api/v2/persons/{id}", path: []any{4}, query: query})
	a.is("data.next_activity_id", later)
	a.is("data.last_activity_id", nil)
	a = s.do(call{op: "GET /api/v2/organizations/{id}", path: []any{6}, query: query})
	a.is("data.next_activity_id", next)
	a.is("data.activities_count", 4)
}

// Many change the same activity at once, each another field; nothing is lost.
func TestConcurrentActivityUpdates(t *testing.T) {
	t.Parallel()
	s := newStreet(t, hosttest.Records())
	id := s.newActivity(object{"subject": "A", "person_id": 1})
	var group sync.WaitGroup
	for _, body := range []object{
		{"subject": "B"}, {"due_date": "2026-12-01"}, {"due_time": "10:00"}, {"done": true}, {"deal_id": 1}, {"org_id": 2}, {"person_id": 3}, {"note": "N"},
	} {
		group.Go(func() { s.do(call{op: "PATCH /api/v2/activities/{id}", path: []any{id}, body: body}) })
	}
	group.Wait()
	a := s.do(call{op: "GET /api/v2/activities/{id}", path: []any{id}})
	a.are(object{
		"data.subject": "B", "data.due_date": "2026-12-01", "data.due_time": "10:00:00", "data.done": true, "data.deal_id": 1, "data.org_id": 2,
		"data.person_id": 3, "data.note": "N",
	})
}

// A person who is merged into another takes part through that one, once, and as
// the main participant where either was.
func TestMergedPersonsTakePart(t *testing.T) {
	t.Parallel()
	s := newStreet(t, hosttest.Records())
	id := s.newActivity(object{
		"participants": []object{{"person_id": 5, "primary": true}, {"person_id": 6}, {"person_id": 7}},
		"attendees":    []object{{"email": "a@b.test", "person_id": 5}},
	})
	s.do(call{op: "PUT /v1/persons/{id}/merge", path: []any{5}, body: object{"merge_with_id": 6}})
	a := s.do(call{op: "GET /api/v2/activities/{id}", path: []any{id}, query: "include_fields=attendees"})
	a.are(object{"data.person_id": 6, "data.participants.0.person_id": 6, "data.participants.0.primary": true, "data.attendees.0.person_id": 6})
	if n := len(a.list("data.participants")); n != 2 {
		t.Errorf("%d participants, want 2: %s", n, a.raw)
	}
}
