package resttest

import (
	"fmt"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/dockwright/dockwright/hosttest"
)

const recents = "GET /v1/recents"

// since is the query for what was changed since an instant.
func since(at string, more string) string {
	return url.Values{"since_timestamp": {at}}.Encode() + more
}

// told are the items of an answer, in their order: "deal 12".
func (a answer) told() string {
	var out []string
	for i := range a.list("data") {
		out = append(out, fmt.Sprintf("%s %d", a.text(fmt.Sprintf("data.%d.item", i)), a.id(fmt.Sprintf("data.%d.id", i))))
	}
	return strings.Join(out, ", ")
}

// What was changed since a moment is told in the order of the changes, each thing
// once, whole; what was deleted says so.
// spec: rest.recents
// spec: rest.recents.deleted
func TestRecents(t *testing.T) {
	t.Parallel()
	s := newStreet(t, hosttest.Clock(time.Date(2026, 11, 2, 9, 30, 0, 0, time.UTC)))
	s.do(call{op: "GET /api/v2/pipelines"})
	s.do(call{op: "GET /v1/activityTypes"})
	const moment = "2026-11-02 10:00:00"
	s.do(call{op: recents, query: since("2026-11-02 09:00:00", "&items=user,stage,pipeline,activityType")})
	s.Advance(30 * time.Minute)
	org := s.do(call{op: "POST /v1/organizations", want: 201, body: object{"name": "Nordwind"}}).id("data.id")
	s.Advance(time.Second)
	person := s.do(call{op: "POST /v1/persons", want: 201, body: object{"name": "Mari Kask", "org_id": org}}).id("data.id")
	s.Advance(time.Second)
	deal := s.newDeal(object{"title": "Blue chairs", "person_id": person})
	s.Advance(time.Second)
	note := s.newNote(object{"content": "Called", "deal_id": deal})
	s.Advance(time.Second)
	activity := s.do(call{op: "POST /api/v2/activities", body: object{"subject": "Call", "person_id": person}}).id("data.id")
	s.Advance(time.Second)
	file := s.upload(200, formPart{name: "file", file: "plan.png", body: []byte("png")}, formPart{name: "deal_id", body: []byte(text(deal))}).id("data.id")
	s.Advance(time.Second)

	a := s.do(call{op: recents, query: since(moment, "")})
	want := fmt.Sprintf("organization %d, person %d, deal %d, note %d, activity %d, file %d", org, person, deal, note, activity, file)
	if a.told() != want {
		t.Errorf("told %s, want %s", a.told(), want)
	}
	a.is("data.1.data.org_id", org)
	a.is("data.1.data.owner_id", s.Admin.ID)
	a.is("data.2.data.person_id", person)
	a.is("additional_data.since_timestamp", moment)
	a.is("additional_data.last_timestamp_on_page", "2026-11-02 10:00:05")

	a = s.do(call{op: recents, query: since(moment, "&items=person,deal,filter,product&limit=1")})
	if a.told() != fmt.Sprintf("person %d", person) {
		t.Errorf("told %s", a.told())
	}
	a.is("additional_data.pagination.next_start", 1)
	a = s.do(call{op: recents, query: since(moment, "&items=person,deal&limit=1&start=1")})
	if a.told() != fmt.Sprintf("deal %d", deal) {
		t.Errorf("told %s", a.told())
	}
	if a := s.do(call{op: recents, query: since("2026-11-02 10:00:04", "")}); a.told() != fmt.Sprintf("activity %d, file %d", activity, file) {
		t.Errorf("told %s", a.told())
	}
	if a := s.do(call{op: recents, query: since("2027-01-01 00:00:00", "")}); a.told() != "" || a.at("additional_data.last_timestamp_on_page") != nil {
		t.Errorf("told of the future: %s", a.raw)
	}

	s.do(call{op: "DELETE /v1/notes/{id}", path: []any{note}})
	s.do(call{op: "DELETE /v1/deals/{id}", path: []any{deal}})
	s.do(call{op: "DELETE /v1/persons/{id}", path: []any{person}})
	s.do(call{op: "DELETE /v1/files/{id}", path: []any{file}})
	gone := s.do(call{op: recents, query: since("2026-11-02 10:00:06", "")})
	if want := fmt.Sprintf("deal %d, file %d, note %d, person %d", deal, file, note, person); gone.told() != want {
		t.Errorf("told %s, want %s", gone.told(), want)
	}
	gone.is("data.0.data.status", "deleted")
	gone.is("data.1.data.active_flag", false)
	gone.is("data.2.data.active_flag", false)
	gone.is("data.3.data.active_flag", false)
	gone.is("data.3.data.name", "Mari Kask")
	s.Advance(31 * 24 * time.Hour)
	if a := s.do(call{op: recents, query: since("2026-11-02 10:00:06", ""), token: s.Admin.Token}); a.told() != "" {
		t.Errorf("after 31 days told %s", a.told())
	}
}

// Nobody is told of what they may not see; wrong parameters are named.
// spec: rest.recents
// spec: rest.visibility
func TestRecentsOfOthers(t *testing.T) {
	t.Parallel()
	s := newStreet(t)
	id := s.newDeal(object{"title": "Secret", "visible_to": 1})
	note := s.newNote(object{"content": "Secret", "deal_id": id})
	day := since("2026-01-01 00:00:00", "&items=deal,person,note")
	if got := s.do(call{op: recents, query: day}).told(); got != fmt.Sprintf("deal %d, note %d", id, note) {
		t.Errorf("told %s", got)
	}
	for who, token := range map[string]string{"an agent": s.Agent.Token, "another company": s.Second().App.AccessToken} {
		if got := s.do(call{op: recents, query: day, token: token}).told(); got != "" {
			t.Errorf("%s is told %s", who, got)
		}
	}
	for query, field := range map[string]string{
		"": "since_timestamp", since("yesterday", ""): "since_timestamp", since("2026-01-01 00:00:00", "&items=lead"): "items",
		since("2026-01-01 00:00:00", "&limit=0"): "limit", since("2026-01-01 00:00:00", "&start=-1"): "start",
	} {
		if a := s.do(call{op: recents, query: query, want: 400}); !strings.HasPrefix(a.text("error"), field) {
			t.Errorf("%s: %s", query, a.raw)
		}
	}
	narrow := s.Install(s.Admin, "deals:read")
	s.do(call{op: recents, query: day, token: narrow.AccessToken, want: 403})
}
