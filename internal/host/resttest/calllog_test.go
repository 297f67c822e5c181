package resttest

import (
	"maps"
	"regexp"
	"strings"
	"testing"

	"github.com/dockwright/dockwright/hosttest"
)

var aCall = object{"outcome": "connected", "to_phone_number": "+3725551234", "start_time": "2026-03-04 09:00:00", "end_time": "2026-03-04 09:01:35"}

func callWith(extra object) object {
	k := maps.Clone(aCall)
	maps.Copy(k, extra)
	return k
}

// spec: rest.calllogs.add
// spec: rest.calllogs.get
// spec: rest.calllogs.list
// spec: rest.calllogs.delete
// spec: rest.calllogs.activity
func TestCallLogs(t *testing.T) {
	t.Parallel()
	s := newStreet(t, hosttest.Records())
	a := s.do(call{op: "POST /v1/callLogs", body: callWith(object{
		"duration": "95", "subject": "Outbound call", "from_phone_number": "+3726001000", "note": "<p>ok</p>", "person_id": 1, "org_id": 1, "deal_id": 1,
	})})
	id, activity := a.text("data.id"), a.id("data.activity_id")
	if !regexp.MustCompile(`^[0-9a-f]{32}$`).MatchString(id) {
		t.Errorf("id is %q", id)
	}
	a.is("data.start_time", "2026-03-04T09:00:00.000Z")
	a.is("data.duration", "95")
	a.is("data.has_recording", false)
	a.is("data.user_id", s.Admin.ID)
	a.is("data.company_id", s.Company.ID)
	b := s.do(call{op: "GET /v1/activities/{id}", path: []any{activity}})
	b.is("data.type", "call")
	b.is("data.done", true)
	b.is("data.subject", "Outbound call")
	b.is("data.deal_id", 1)
	b.is("data.person_id", 1)
	b.is("data.due_date", "2026-03-04")

	// The activity that is named is done, and says what the call is about.
	todo := s.do(call{op: "POST /v1/activities", body: object{"subject": "Ring them", "type": "call", "deal_id": 2}, want: 201}).id("data.id")
	a = s.do(call{op: "POST /v1/callLogs", body: callWith(object{"activity_id": todo, "deal_id": 1, "start_time": "2026-03-05 09:00:00", "end_time": "2026-03-05 09:00:00"})})
	second := a.text("data.id")
	a.is("data.activity_id", todo)
	a.is("data.deal_id", 2)
	s.do(call{op: "GET /v1/activities/{id}", path: []any{todo}}).is("data.done", true)

	a = s.do(call{op: "GET /v1/callLogs", query: "limit=1"})
	a.is("data.0.id", second)
	a.is("additional_data.pagination.next_start", 1)
	s.do(call{op: "GET /v1/callLogs", query: "limit=500"}).is("additional_data.pagination.limit", 50)
	if theirs := s.do(call{op: "GET /v1/callLogs", token: s.Agent.Token}).list("data"); len(theirs) != 0 {
		t.Errorf("the agent's list has %d calls of others", len(theirs))
	}
	s.do(call{op: "GET /v1/callLogs/{id}", path: []any{id}, prefix: "/api"}).is("data.note", "<p>ok</p>")

	s.do(call{op: "DELETE /v1/callLogs/{id}", path: []any{id}})
	s.do(call{op: "DELETE /v1/callLogs/{id}", path: []any{id}, want: 410}).is("error", "The callLog you are trying to access is no longer available")
	s.do(call{op: "GET /v1/callLogs/{id}", path: []any{id}, want: 404}).is("error", "A resource required for this operation was not found.")
	s.do(call{op: "GET /v1/activities/{id}", path: []any{activity}}).is("data.type", "call")
}

// spec: rest.calllogs.bad-request
// spec: rest.calllogs.other-user
func TestCallLogsRefused(t *testing.T) {
	t.Parallel()
	s := newStreet(t, hosttest.Records())
	for _, field := range []string{"outcome", "to_phone_number", "start_time", "end_time"} {
		body := maps.Clone(aCall)
		delete(body, field)
		s.do(call{op: "POST /v1/callLogs", body: body, want: 400}).is("error", `"`+field+`" is required.`)
	}
	for name, extra := range map[string]object{
		"outcome": {"outcome": "shouted"}, "start_time": {"start_time": "tomorrow"}, "end_time": {"end_time": "2026-03-04 08:00:00"},
		"duration": {"duration": "long"}, "person_id": {"person_id": "x"}, "lead_id": {"lead_id": "12"}, "subject": {"subject": strings.Repeat("x", 256)},
		"to_phone_number": {"to_phone_number": object{}}, "deal_id": {"deal_id": 1, "lead_id": "5a0c1c3e-0d7e-4c52-9a3b-9b8f5f6f1a11"},
	} {
		if a := s.do(call{op: "POST /v1/callLogs", body: callWith(extra), want: 400}); !strings.HasPrefix(a.text("error"), `"`+name+`"`) {
			t.Errorf("%s: %q", name, a.text("error"))
		}
	}
	for _, extra := range []object{{"person_id": 99999}, {"deal_id": 99999}, {"org_id": 99999}, {"activity_id": 99999}, {"user_id": 99999}, {"lead_id": "5a0c1c3e-0d7e-4c52-9a3b-9b8f5f6f1a11"}} {
		s.do(call{op: "POST /v1/callLogs", body: callWith(extra), want: 404}).is("error", "A resource required for this operation was not found.")
	}
	meeting := s.do(call{op: "POST /v1/activities", body: object{"subject": "Meet", "type": "meeting"}, want: 201}).id("data.id")
	s.do(call{op: "POST /v1/callLogs", body: callWith(object{"activity_id": meeting}), want: 400})
	s.do(call{op: "POST /v1/callLogs", body: callWith(object{"user_id": s.Admin.ID}), token: s.Agent.Token, want: 403}).is("error", "You don't have permission to change this resource.")
	s.do(call{op: "POST /v1/callLogs", body: callWith(object{"user_id": s.Agent.ID})}).is("data.user_id", s.Agent.ID)
	id := s.do(call{op: "POST /v1/callLogs", body: aCall}).text("data.id")
	s.do(call{op: "DELETE /v1/callLogs/{id}", path: []any{id}, token: s.Agent.Token, want: 403})
	other := s.Second()
	for _, path := range []any{id, "x", strings.Repeat("a", 32), "1"} {
		s.do(call{op: "GET /v1/callLogs/{id}", path: []any{path}, token: other.Admin.Token, want: 404})
		s.do(call{op: "DELETE /v1/callLogs/{id}", path: []any{path}, token: other.Admin.Token, want: 404})
	}
	s.do(call{op: "GET /v1/callLogs", query: "limit=-1", want: 400})
	s.do(call{op: "GET /v1/callLogs", query: "start=x", want: 400})
}

// spec: rest.calllogs.recording
// spec: rest.calllogs.audio
func TestRecordings(t *testing.T) {
	t.Parallel()
	s := newStreet(t)
	id := s.do(call{op: "POST /v1/callLogs", body: aCall}).text("data.id")
	record := func(want int, parts ...formPart) answer {
		t.Helper()
		body, kind := multipartBody(t, parts...)
		return s.do(call{op: "POST /v1/callLogs/{id}/recordings", path: []any{id}, body: body, kind: kind, want: want})
	}
	record(400, formPart{name: "file", file: "call.txt", kind: "text/plain", body: []byte("hello")})
	record(400, formPart{name: "file", file: "call.html", kind: "application/octet-stream", body: []byte("hello")})
	record(400, formPart{name: "audio", file: "call.mp3", body: []byte("ID3")})
	record(413, formPart{name: "file", file: "call.mp3", kind: "audio/mpeg", body: make([]byte, 50<<20+1)})
	s.do(call{op: "GET /v1/callLogs/{id}", path: []any{id}}).is("data.has_recording", false)
	record(200, formPart{name: "file", file: "call.mp3", kind: "application/octet-stream", body: []byte("ID3")})
	s.do(call{op: "GET /v1/callLogs/{id}", path: []any{id}}).is("data.has_recording", true)
	record(409, formPart{name: "file", file: "call.mp3", kind: "audio/mpeg", body: []byte("ID3")}).is("error", "A recording for this call already exists")
	s.do(call{op: "DELETE /v1/callLogs/{id}", path: []any{id}})
	record(404, formPart{name: "file", file: "call.mp3", kind: "audio/mpeg", body: []byte("ID3")})
}
