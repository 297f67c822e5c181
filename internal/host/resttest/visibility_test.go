package resttest

import (
	"fmt"
	"net/url"
	"strings"
	"testing"
)

// secretWord stands in the names and texts of everything that the agent must not
// learn of.
const secretWord = "Quicksilver"

// hiddenThings are records of the admin's that are for the admin alone, and what
// hangs on them; the open deal everybody sees.
type hiddenThings struct {
	person, organization, deal int64
	lead                       string
	openDeal                   int64

	note, activity, file int64 // on hidden records only
	call                 string
	shared               int64 // a note on the open deal and on the hidden person
}

func (s *street) hide() hiddenThings {
	s.t.Helper()
	var h hiddenThings
	h.organization = s.do(call{op: "POST /api/v2/organizations", body: object{"name": secretWord + " Ltd", "visible_to": 1}}).id("data.id")
	h.person = s.do(call{op: "POST /api/v2/persons", body: object{
		"name": secretWord + " Person", "visible_to": 1, "org_id": h.organization, "emails": []object{{"value": "quicksilver@hidden.example", "primary": true}},
	}}).id("data.id")
	h.deal = s.do(call{op: "POST /api/v2/deals", body: object{"title": secretWord + " deal", "visible_to": 1, "person_id": h.person}}).id("data.id")
	h.lead = s.do(call{op: "POST /v1/leads", body: object{"title": secretWord + " lead", "visible_to": "1", "person_id": h.person}, want: 201}).text("data.id")
	h.openDeal = s.do(call{op: "POST /api/v2/deals", body: object{"title": "Open deal", "person_id": h.person, "org_id": h.organization}}).id("data.id")
	h.note = s.do(call{op: "POST /v1/notes", body: object{"content": secretWord + " note", "person_id": h.person, "deal_id": h.deal}}).id("data.id")
	h.shared = s.do(call{op: "POST /v1/notes", body: object{"content": "A note for all", "person_id": h.person, "deal_id": h.openDeal}}).id("data.id")
	h.activity = s.do(call{op: "POST /api/v2/activities", body: object{
		"subject": secretWord + " activity", "deal_id": h.deal, "participants": []object{{"person_id": h.person, "primary": true}},
	}}).id("data.id")
	h.file = s.upload(200, formPart{name: "file", file: secretWord + ".txt", body: []byte("hush")}, formPart{name: "deal_id", body: fmt.Append(nil, h.deal)}).id("data.id")
	h.call = s.do(call{op: "POST /v1/callLogs", body: object{
		"outcome": "connected", "to_phone_number": "+1 555 0100", "start_time": "2026-11-20 09:00:00", "end_time": "2026-11-20 09:01:00",
		"subject": secretWord + " call", "person_id": h.person,
	}}).text("data.id")
	return h
}

// What hangs on records that a user does not see is not there for that user: it is
// missing by id and absent from every list and search.
// spec: rest.visibility
// spec: rest.visibility.hanging
func TestHiddenThings(t *testing.T) {
	t.Parallel()
	s := newStreet(t)
	h := s.hide()
	agent := s.Agent.Token
	for op, id := range map[string]any{
		"GET /api/v2/persons/{id}": h.person, "GET /v1/persons/{id}": h.person, "GET /api/v2/organizations/{id}": h.organization,
		"GET /api/v2/deals/{id}": h.deal, "GET /v1/leads/{id}": h.lead,
		"GET /v1/notes/{id}": h.note, "DELETE /v1/notes/{id}": h.note, "GET /v1/notes/{id}/comments": h.note,
		"GET /api/v2/activities/{id}": h.activity, "GET /v1/activities/{id}": h.activity, "DELETE /api/v2/activities/{id}": h.activity,
		"GET /v1/files/{id}": h.file, "GET /v1/files/{id}/download": h.file, "DELETE /v1/files/{id}": h.file,
		"GET /v1/callLogs/{id}": h.call, "DELETE /v1/callLogs/{id}": h.call,
		"GET /api/v2/persons/{id}/followers": h.person, "GET /v1/persons/{id}/files": h.person,
	} {
		s.do(call{op: op, path: []any{id}, token: agent, want: 404})
	}
	s.do(call{op: "PUT /v1/notes/{id}", path: []any{h.note}, body: object{"content": "mine now"}, token: agent, want: 404})
	s.do(call{op: "PATCH /api/v2/activities/{id}", path: []any{h.activity}, body: object{"done": true}, token: agent, want: 404})
	s.do(call{op: "PUT /v1/files/{id}", path: []any{h.file}, body: url.Values{"name": {"mine"}}, token: agent, want: 404})
	s.do(call{op: "POST /v1/notes/{id}/comments", path: []any{h.note}, body: object{"content": "me too"}, token: agent, want: 404})
	for _, list := range []call{
		{op: "GET /api/v2/persons"}, {op: "GET /v1/persons"}, {op: "GET /api/v2/organizations"}, {op: "GET /v1/organizations"},
		{op: "GET /api/v2/deals"}, {op: "GET /v1/deals"}, {op: "GET /v1/leads"}, {op: "GET /v1/notes"},
		{op: "GET /v1/notes", query: fmt.Sprintf("person_id=%d", h.person)}, {op: "GET /api/v2/activities"},
		{op: "GET /api/v2/activities", query: fmt.Sprintf("deal_id=%d", h.deal)}, {op: "GET /v1/activities", query: "user_id=0"}, {op: "GET /v1/files"},
		{op: "GET /v1/callLogs"}, {op: "GET /api/v2/itemSearch", query: "term=" + secretWord}, {op: "GET /api/v2/itemSearch", query: "term=Open"},
		{op: "GET /v1/deals/{id}/participants", path: []any{h.openDeal}}, {op: "GET /v1/deals/{id}", path: []any{h.openDeal}},
		{op: "GET /v1/notes/{id}", path: []any{h.shared}},
	} {
		list.token = agent
		if a := s.do(list); strings.Contains(strings.ToLower(string(a.raw)), strings.ToLower(secretWord)) {
			t.Errorf("%s?%s tells of what is hidden: %s", list.op, list.query, a.raw)
		}
		list.token = ""
		if a := s.do(list); !strings.Contains(list.op, "callLogs") && !strings.Contains(list.query, "Open") && !strings.Contains(strings.ToLower(string(a.raw)), strings.ToLower(secretWord)) {
			t.Errorf("%s?%s hides from the owner: %s", list.op, list.query, a.raw)
		}
	}
}

// What hangs on something that one sees, too, is seen; the hidden record keeps its
// id and loses its name.
// spec: rest.visibility.names
func TestHiddenNames(t *testing.T) {
	t.Parallel()
	s := newStreet(t)
	h := s.hide()
	agent := s.Agent.Token
	a := s.do(call{op: "GET /v1/notes/{id}", path: []any{h.shared}, token: agent})
	a.is("data.person_id", h.person)
	a.is("data.person.name", "")
	a.is("data.deal.title", "Open deal")
	a = s.do(call{op: "GET /v1/deals/{id}", path: []any{h.openDeal}, token: agent})
	a.is("data.person_hidden", true)
	a.is("data.org_hidden", true)
	a.is("data.person_id.value", h.person)
	a.is("data.person_name", nil)
	a = s.do(call{op: "GET /v1/deals/{id}", path: []any{h.openDeal}})
	a.is("data.person_hidden", false)
	a.is("data.person_name", secretWord+" Person")
	// The link stays when somebody who does not see it changes the record.
	a = s.do(call{op: "PATCH /api/v2/deals/{id}", path: []any{h.openDeal}, body: object{"title": "Opened", "person_id": h.person}, token: agent})
	a.is("data.person_id", h.person)
	a = s.do(call{op: "PUT /v1/notes/{id}", path: []any{h.shared}, body: object{"content": "Said better"}, token: agent})
	a.is("data.person.name", "")
	// A follower sees.
	s.do(call{op: "POST /api/v2/persons/{id}/followers", path: []any{h.person}, body: object{"user_id": s.Agent.ID}})
	a = s.do(call{op: "GET /v1/notes/{id}", path: []any{h.shared}, token: agent})
	a.is("data.person.name", secretWord+" Person")
	s.do(call{op: "GET /v1/notes/{id}", path: []any{h.note}, token: agent})
	s.do(call{op: "GET /v1/callLogs/{id}", path: []any{h.call}, token: agent})
	s.do(call{op: "GET /v1/files/{id}", path: []any{h.file}, token: agent, want: 404}) // it hangs on the deal alone
}

// A record that one does not see cannot be referred to, and the refusal is that of
// an unknown one.
// spec: rest.visibility.references
func TestHiddenReferences(t *testing.T) {
	t.Parallel()
	s := newStreet(t)
	h := s.hide()
	agent := s.Agent.Token
	const unknown = 987654
	told := func(c call, field string, id any) string {
		t.Helper()
		c.token, c.want = agent, 400
		body := object{}
		for k, v := range c.body.(object) {
			body[k] = v
		}
		body[field] = id
		c.body = body
		return strings.ReplaceAll(string(s.do(c).raw), fmt.Sprint(id), "#")
	}
	title := object{"title": "x"}
	for _, try := range []struct {
		c     call
		field string
		id    int64
	}{
		{call{op: "POST /v1/notes", body: object{"content": "x"}}, "person_id", h.person},
		{call{op: "POST /v1/notes", body: object{"content": "x"}}, "deal_id", h.deal},
		{call{op: "POST /api/v2/activities", body: object{"subject": "x"}}, "deal_id", h.deal},
		{call{op: "POST /api/v2/activities", body: object{"subject": "x"}}, "org_id", h.organization},
		{call{op: "POST /api/v2/deals", body: title}, "person_id", h.person},
		{call{op: "POST /api/v2/deals", body: title}, "org_id", h.organization},
		{call{op: "POST /v1/leads", body: title}, "person_id", h.person},
		{call{op: "POST /api/v2/persons", body: object{"name": "x"}}, "org_id", h.organization},
		{call{op: "POST /v1/deals/{id}/participants", path: []any{h.openDeal}, body: object{}}, "person_id", h.person},
	} {
		if got, want := told(try.c, try.field, try.id), told(try.c, try.field, int64(unknown)); got != want {
			t.Errorf("%s, %s of a hidden record: %s; of an unknown one: %s", try.c.op, try.field, got, want)
		}
	}
	s.do(call{op: "POST /api/v2/activities", body: object{"subject": "x", "participants": []object{{"person_id": h.person, "primary": true}}}, token: agent, want: 400})
	body, kind := multipartBody(t, formPart{name: "file", file: "a.txt", body: []byte("a")}, formPart{name: "deal_id", body: fmt.Append(nil, h.deal)})
	s.do(call{op: "POST /v1/files", body: body, kind: kind, token: agent, want: 400})
	s.do(call{op: "POST /v1/callLogs", body: object{
		"outcome": "connected", "to_phone_number": "+1", "start_time": "2026-11-20 09:00:00", "end_time": "2026-11-20 09:01:00", "person_id": h.person,
	}, token: agent, want: 404})
}

// An activity or a call is its owner's own, whatever it hangs on; whoever is
// invited to an activity sees it, too.
// spec: rest.visibility.own
func TestOwnOnHidden(t *testing.T) {
	t.Parallel()
	s := newStreet(t)
	h := s.hide()
	agent := s.Agent.Token
	given := s.do(call{op: "POST /api/v2/activities", body: object{"subject": "Yours", "deal_id": h.deal, "owner_id": s.Agent.ID}}).id("data.id")
	a := s.do(call{op: "GET /v1/activities/{id}", path: []any{given}, token: agent})
	a.is("data.deal_id", h.deal)
	a.is("data.deal_title", nil)
	s.do(call{op: "PATCH /api/v2/activities/{id}", path: []any{given}, body: object{"done": true}, token: agent}).is("data.deal_id", h.deal)
	invited := s.do(call{op: "POST /api/v2/activities", body: object{"subject": "Come", "deal_id": h.deal, "attendees": []object{
		{"email": s.Agent.Email, "user_id": s.Agent.ID},
	}}}).id("data.id")
	s.do(call{op: "GET /api/v2/activities/{id}", path: []any{invited}, token: agent})
	theirs := s.do(call{op: "POST /v1/callLogs", body: object{
		"outcome": "connected", "to_phone_number": "+1", "start_time": "2026-11-20 09:00:00", "end_time": "2026-11-20 09:01:00",
		"person_id": h.person, "user_id": s.Agent.ID,
	}}).text("data.id")
	s.do(call{op: "GET /v1/callLogs/{id}", path: []any{theirs}, token: agent})
}
