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

type object = map[string]any

// newNote adds a note and returns its id.
func (s *street) newNote(body object) int64 {
	s.t.Helper()
	return s.do(call{op: "POST /v1/notes", body: body}).id("data.id")
}

// spec: rest.notes.create
// spec: rest.notes.get
// spec: rest.notes.update
// spec: rest.notes.delete
// spec: records.every-change-is-told
func TestNotes(t *testing.T) {
	t.Parallel()
	s := newStreet(t, hosttest.Records(), hosttest.Clock(time.Date(2026, 11, 2, 9, 0, 0, 0, time.UTC)))
	a := s.do(call{op: "POST /v1/notes", body: object{"content": "<p>Called, wants two</p>", "deal_id": 1, "person_id": 2, "org_id": 3, "pinned_to_deal_flag": 1}})
	id := a.id("data.id")
	a.is("data.content", "<p>Called, wants two</p>")
	a.is("data.pinned_to_deal_flag", true)
	a.is("data.pinned_to_person_flag", false)
	a.is("data.add_time", "2026-11-02 09:00:00")
	a.is("data.last_update_user_id", nil)
	a.is("data.user.is_you", true)
	a.is("data.user.email", s.Admin.Email)
	for _, path := range []string{"data.deal.title", "data.person.name", "data.organization.name"} {
		if a.text(path) == "" {
			t.Errorf("no %s: %s", path, a.raw)
		}
	}
	s.Advance(time.Minute)
	a = s.do(call{op: "PUT /v1/notes/{id}", path: []any{id}, body: object{"content": "Wants three"}, token: s.Agent.Token})
	a.is("data.content", "Wants three")
	a.is("data.deal_id", 1)
	a.is("data.pinned_to_deal_flag", true)
	a.is("data.last_update_user_id", s.Agent.ID)
	a.is("data.user_id", s.Admin.ID)
	a.is("data.user.is_you", false)
	a.is("data.update_time", "2026-11-02 09:01:00")
	a = s.do(call{op: "PUT /v1/notes/{id}", path: []any{id}, body: object{"deal_id": nil}, prefix: "/api"})
	a.is("data.deal_id", nil)
	a.is("data.deal", nil)
	a.is("data.pinned_to_deal_flag", false)
	if again := s.do(call{op: "GET /v1/notes/{id}", path: []any{id}}); again.text("data.update_time") != a.text("data.update_time") {
		t.Errorf("read %s, after %s", again.raw, a.raw)
	}
	form := s.do(call{op: "POST /v1/notes", body: url.Values{"content": {"by form"}, "person_id": {"1"}, "pinned_to_person_flag": {"1"}}})
	form.is("data.pinned_to_person_flag", true)
	s.do(call{op: "DELETE /v1/notes/{id}", path: []any{id}}).is("data", true)
	for _, op := range []string{"GET /v1/notes/{id}", "DELETE /v1/notes/{id}"} {
		s.do(call{op: op, path: []any{id}, want: 404}).is("error", "Note not found")
	}
	s.do(call{op: "PUT /v1/notes/{id}", path: []any{id}, body: object{"content": "x"}, want: 404})
}

// spec: rest.notes.target
// spec: rest.notes.pins
// spec: rest.notes.user-id
// spec: rest.projects-unbuilt
func TestNotesRefused(t *testing.T) {
	t.Parallel()
	s := newStreet(t, hosttest.Records())
	mine := s.newNote(object{"content": "mine", "deal_id": 1})
	for name, c := range map[string]struct {
		body  any
		token string
		want  int
		says  string
	}{
		"nothing":             {object{}, "", 400, "content: "},
		"no record":           {object{"content": "a"}, "", 400, "deal_id: "},
		"empty":               {object{"content": " ", "deal_id": 1}, "", 400, "content: "},
		"only a script":       {object{"content": "<script>x</script>", "deal_id": 1}, "", 400, "content: "},
		"too long":            {object{"content": strings.Repeat("ä", 100_001), "deal_id": 1}, "", 400, "content: "},
		"content is a list":   {object{"content": []int{1}, "deal_id": 1}, "", 400, "content: "},
		"no such deal":        {object{"content": "a", "deal_id": 4711}, "", 400, "deal_id: "},
		"deal is a word":      {object{"content": "a", "deal_id": "first"}, "", 400, "deal_id: "},
		"deal is negative":    {object{"content": "a", "deal_id": -1}, "", 400, "deal_id: "},
		"no such person":      {object{"content": "a", "person_id": 4711}, "", 400, "person_id: "},
		"no such org":         {object{"content": "a", "org_id": 4711}, "", 400, "org_id: "},
		"no such lead":        {object{"content": "a", "lead_id": "0b7f6f1e-2a77-4f0e-9f53-5d2f6a1c7e10"}, "", 400, "lead_id: "},
		"lead is a number":    {object{"content": "a", "lead_id": 1}, "", 400, "lead_id: "},
		"a project":           {object{"content": "a", "project_id": 1}, "", 400, "project_id: "},
		"pinned to nothing":   {object{"content": "a", "deal_id": 1, "pinned_to_person_flag": 1}, "", 400, "pinned_to_person_flag: "},
		"pinned to a project": {object{"content": "a", "deal_id": 1, "pinned_to_project_flag": 1}, "", 400, "pinned_to_project_flag: "},
		"pinned to two":       {object{"content": "a", "deal_id": 1, "pinned_to_deal_flag": 2}, "", 400, "pinned_to_deal_flag: "},
		"time":                {object{"content": "a", "deal_id": 1, "add_time": "yesterday"}, "", 400, "add_time: "},
		"for another":         {object{"content": "a", "deal_id": 1, "user_id": 3}, s.Agent.Token, 403, "user_id: "},
		"for nobody":          {object{"content": "a", "deal_id": 1, "user_id": 4711}, "", 400, "user_id: "},
		"zero byte":           {object{"content": "a\x00b", "deal_id": "1\x00"}, "", 400, "content: Expected text in UTF-8"},
		"list":                {[]byte(`[]`), "", 400, "object"},
		"half":                {[]byte(`{"content":`), "", 400, "object"},
	} {
		for _, op := range []call{{op: "POST /v1/notes"}, {op: "PUT /v1/notes/{id}", path: []any{mine}}} {
			if strings.HasPrefix(op.op, "PUT") && (name == "nothing" || name == "no record") {
				continue
			}
			op.body, op.token, op.want = c.body, c.token, c.want
			if a := s.do(op); !strings.Contains(a.text("error"), c.says) {
				t.Errorf("%s, %s: %s", name, op.op, a.raw)
			}
		}
	}
	s.do(call{op: "PUT /v1/notes/{id}", path: []any{mine}, body: object{"deal_id": nil}, want: 400})
	s.do(call{op: "GET /v1/notes/{id}", path: []any{mine}}).is("data.content", "mine")
	s.do(call{op: "POST /v1/notes", body: object{"content": "a", "deal_id": 1, "user_id": s.Agent.ID}}).is("data.user_id", s.Agent.ID)
	s.do(call{op: "POST /v1/notes", body: object{"content": "a", "deal_id": 1, "user_id": s.Agent.ID}, token: s.Agent.Token}).is("data.user.is_you", true)
	for _, id := range []any{0, -1, "x", "1e9", 4711, "1;DROP TABLE records_note"} {
		s.do(call{op: "GET /v1/notes/{id}", path: []any{id}, want: 404})
	}
	other := s.Second()
	theirs := s.do(call{op: "POST /v1/notes", token: other.Admin.Token, body: object{"content": "theirs", "deal_id": 1}}).id("data.id")
	for range 40 {
		if mine > theirs {
			break
		}
		mine = s.newNote(object{"content": "more", "deal_id": 1})
	}
	s.do(call{op: "GET /v1/notes/{id}", path: []any{mine}, token: other.Admin.Token, want: 404})
	s.do(call{op: "DELETE /v1/notes/{id}", path: []any{mine}, token: other.Admin.Token, want: 404})
}

// spec: rest.notes.sanitized
func TestNotesAreSanitized(t *testing.T) {
	t.Parallel()
	s := newStreet(t, hosttest.Records())
	for raw, want := range map[string]string{
		`Tom's "R&amp;D" <b>note</b>`:    `Tom's "R&amp;D" <b>note</b>`,
		`a < b`:                          `a &lt; b`,
		`'; DROP TABLE records_note; --`: `'; DROP TABLE records_note; --`,
		`<p onclick="x()" class="c" style="color:red">A</p>`:                                   `<p>A</p>`,
		`<script>alert(1)</script>B`:                                                           `B`,
		`<a href="https://acme.test/?a=1&amp;b=2" target="_blank">C</a>`:                       `<a href="https://acme.test/?a=1&amp;b=2" target="_blank">C</a>`,
		`<a href="javascript:alert(1)">D</a>`:                                                  `D`,
		`<a href=" jAvAsCrIpT&#58;alert(1)">E</a>`:                                             `E`,
		`<img src=x onerror=alert(1)>F`:                                                        `F`,
		`<img src="https://acme.test/a.png" alt="G" width="20">`:                               `<img src="https://acme.test/a.png" alt="G" width="20">`,
		`<iframe src="https://acme.test"></iframe><style>p{}</style>H`:                         `H`,
		`<svg><script>alert(1)</script></svg>I`:                                                `I`,
		`<ul><li>1</li></ul><table><tr><td colspan="2">2</td></tr></table><h2>3</h2><hr/><br>`: `<ul><li>1</li></ul><table><tr><td colspan="2">2</td></tr></table><h2>3</h2><hr/><br>`,
		`<form action="/logout"><input name="a"><button>J</button></form>`:                     `J`,
		`<math><mi xlink:href="data:x,<script>alert(4)</script>">K`:                            `K`,
	} {
		a := s.do(call{op: "POST /v1/notes", body: object{"content": raw, "deal_id": 1}})
		if got := a.text("data.content"); strings.TrimSpace(got) != want {
			t.Errorf("%s\nbecame %s\nwant   %s", raw, got, want)
		}
		again := s.do(call{op: "PUT /v1/notes/{id}", path: []any{a.id("data.id")}, body: object{"content": a.text("data.content")}})
		again.is("data.content", a.text("data.content"))
	}
}

// spec: rest.notes.list
func TestListNotes(t *testing.T) {
	t.Parallel()
	s := newStreet(t, hosttest.Clock(time.Date(2026, 11, 2, 9, 0, 0, 0, time.UTC)), hosttest.Records())
	lead := s.firstLead()
	var ids []int64
	for i, body := range []object{
		{"content": "b", "deal_id": 20, "pinned_to_deal_flag": 1, "add_time": "2026-10-01 23:59:59"},
		{"content": "a", "deal_id": 20, "person_id": 30, "add_time": "2026-10-02 00:00:00"},
		{"content": "c", "deal_id": 20, "user_id": s.Agent.ID, "add_time": "2026-10-03 00:00:00"},
		{"content": "d", "lead_id": lead, "pinned_to_lead_flag": true},
	} {
		if i == 3 {
			s.Advance(30 * time.Minute)
		}
		ids = append(ids, s.newNote(body))
	}
	list := func(query string, want ...int) {
		t.Helper()
		a := s.do(call{op: "GET /v1/notes", query: query})
		var got []int64
		for i := range a.list("data") {
			got = append(got, a.id("data."+strconv.Itoa(i)+".id"))
		}
		same := len(got) == len(want)
		for i := range want {
			same = same && got[i] == ids[want[i]]
		}
		if !same {
			t.Errorf("%s: got %v, want places %v of %v", query, got, want, ids)
		}
	}
	list("deal_id=20", 0, 1, 2)
	list("deal_id=20&sort=content+DESC", 2, 0, 1)
	list("deal_id=20&sort=add_time%20asc,%20id%20desc", 0, 1, 2)
	list("deal_id=20&limit=1&start=1", 1)
	list("deal_id=20&limit=1000000", 0, 1, 2)
	list("deal_id=20&person_id=30", 1)
	list("deal_id=20&user_id="+strconv.FormatInt(s.Agent.ID, 10), 2)
	list("deal_id=20&start_date=2026-10-02&end_date=2026-10-02", 1)
	list("deal_id=20&end_date=2026-10-01", 0)
	list("deal_id=20&pinned_to_deal_flag=1", 0)
	list("deal_id=20&pinned_to_deal_flag=0", 1, 2)
	list("lead_id="+lead+"&pinned_to_lead_flag=1", 3)
	list("updated_since=2026-11-02T09:15:00Z", 3)
	list("project_id=1")
	list("deal_id=4711")
	a := s.do(call{op: "GET /v1/notes", query: "deal_id=20&limit=2", prefix: "/api"})
	a.is("additional_data.pagination.more_items_in_collection", true)
	a.is("additional_data.pagination.next_start", 2)
	for _, query := range []string{
		"limit=0", "limit=-5", "limit=many", "start=-1", "sort=secret", "sort=id%20sideways", "deal_id=first", "lead_id=7",
		"start_date=02.10.2026", "updated_since=now", "pinned_to_deal_flag=2", "sort=id%3BDROP%20TABLE",
	} {
		s.do(call{op: "GET /v1/notes", query: query, want: 400})
	}
}

// firstLead is the id of a lead of the demo's records, read from a note on it.
func (s *street) firstLead() string {
	s.t.Helper()
	for _, item := range s.do(call{op: "GET /v1/notes"}).list("data") {
		if id, ok := item.(object)["lead_id"].(string); ok {
			return id
		}
	}
	s.t.Fatal("no note of the demo is on a lead")
	return ""
}

// spec: rest.notes.v2-alias
func TestNotesOfVersion2(t *testing.T) {
	t.Parallel()
	s := newStreet(t, hosttest.Records())
	id := s.do(call{op: "POST /api/v2/notes", body: object{"content": "A", "deal_id": "1", "pinned_to_deal_flag": 1}}).id("data.id")
	a := s.do(call{op: "GET /api/v2/notes", query: "deal_id=1&limit=1&sort=id+DESC"})
	a.is("data.0.id", id)
	a.is("additional_data.pagination.limit", 1)
	s.do(call{op: "GET /api/v2/notes/{id}", path: []any{id}}).is("data.content", "A")
	s.do(call{op: "PUT /api/v2/notes/{id}", path: []any{id}, body: object{"content": "B", "pinned_to_deal_flag": "0"}}).is("data.pinned_to_deal_flag", false)
	comment := s.do(call{op: "POST /api/v2/notes/{id}/comments", path: []any{id}, body: object{"content": "C"}}).text("data.uuid")
	both := []any{id, comment}
	s.do(call{op: "PUT /api/v2/notes/{id}/comments/{commentId}", path: both, body: object{"content": "D"}})
	s.do(call{op: "GET /api/v2/notes/{id}/comments/{commentId}", path: both}).is("data.content", "D")
	s.do(call{op: "GET /api/v2/notes/{id}/comments", path: []any{id}}).is("data.0.uuid", comment)
	s.do(call{op: "DELETE /api/v2/notes/{id}/comments/{commentId}", path: both})
	s.do(call{op: "DELETE /api/v2/notes/{id}", path: []any{id}}).is("data", true)
	s.do(call{op: "GET /v1/notes/{id}", path: []any{id}, want: 404})
}

// spec: rest.notes.comments
func TestComments(t *testing.T) {
	t.Parallel()
	s := newStreet(t, hosttest.Records())
	note := s.newNote(object{"content": "A", "deal_id": 1})
	other := s.newNote(object{"content": "B", "deal_id": 1})
	a := s.do(call{op: "POST /v1/notes/{id}/comments", path: []any{note}, body: object{"content": "First <script>x</script>"}})
	id := a.text("data.uuid")
	a.is("data.content", "First")
	a.is("data.object_id", strconv.FormatInt(note, 10))
	a.is("data.object_type", "note")
	a.is("data.company_id", s.Company.ID)
	a.is("data.user_id", s.Admin.ID)
	a.is("data.updater_id", nil)
	if at := a.text("data.add_time"); !strings.HasSuffix(at, "Z") || len(at) != len("2026-03-04T09:06:00.120Z") {
		t.Errorf("add_time is %s", at)
	}
	s.do(call{op: "POST /v1/notes/{id}/comments", path: []any{note}, body: object{"content": "Second"}, token: s.Agent.Token})
	s.do(call{op: "POST /v1/notes/{id}/comments", path: []any{other}, body: object{"content": "Elsewhere"}})
	a = s.do(call{op: "GET /v1/notes/{id}/comments", path: []any{note}, query: "limit=1"})
	a.is("data.0.uuid", id)
	a.is("additional_data.pagination.next_start", 1)
	if n := len(s.do(call{op: "GET /v1/notes/{id}/comments", path: []any{note}}).list("data")); n != 2 {
		t.Errorf("%d comments", n)
	}
	a = s.do(call{op: "PUT /v1/notes/{id}/comments/{commentId}", path: []any{note, strings.ToUpper(id)}, body: object{"content": "Changed"}, token: s.Agent.Token})
	a.is("data.updater_id", s.Agent.ID)
	s.do(call{op: "GET /v1/notes/{id}/comments/{commentId}", path: []any{note, id}}).is("data.content", "Changed")
	for _, body := range []any{object{}, object{"content": ""}, object{"content": nil}, object{"content": object{}}, []byte("{")} {
		s.do(call{op: "POST /v1/notes/{id}/comments", path: []any{note}, body: body, want: 400})
	}
	for _, path := range [][]any{{other, id}, {note, "x"}, {4711, id}, {note, "0b7f6f1e-2a77-4f0e-9f53-5d2f6a1c7e10"}} {
		s.do(call{op: "GET /v1/notes/{id}/comments/{commentId}", path: path, want: 404})
		s.do(call{op: "PUT /v1/notes/{id}/comments/{commentId}", path: path, body: object{"content": "x"}, want: 404})
		s.do(call{op: "DELETE /v1/notes/{id}/comments/{commentId}", path: path, want: 404})
	}
	s.Second()
	s.do(call{op: "GET /v1/notes/{id}/comments/{commentId}", path: []any{note, id}, token: s.Second().Admin.Token, want: 404})
	s.do(call{op: "DELETE /v1/notes/{id}/comments/{commentId}", path: []any{note, id}}).is("data", true)
	s.do(call{op: "GET /v1/notes/{id}/comments/{commentId}", path: []any{note, id}, want: 404})
	s.do(call{op: "DELETE /v1/notes/{id}", path: []any{note}})
	s.do(call{op: "GET /v1/notes/{id}/comments", path: []any{note}, want: 404})
	s.do(call{op: "POST /v1/notes/{id}/comments", path: []any{note}, body: object{"content": "late"}, want: 404})
}

// Two people change different fields of a note at the same time; both changes
// stay.
func TestConcurrentNoteUpdates(t *testing.T) {
	t.Parallel()
	s := newStreet(t, hosttest.Records())
	id := s.newNote(object{"content": "A", "deal_id": 1})
	var group sync.WaitGroup
	for _, body := range []object{{"content": "B"}, {"person_id": 1}, {"org_id": 1}, {"pinned_to_deal_flag": 1}} {
		group.Go(func() { s.do(call{op: "PUT /v1/notes/{id}", path: []any{id}, body: body}) })
	}
	group.Wait()
	a := s.do(call{op: "GET /v1/notes/{id}", path: []any{id}})
	a.is("data.content", "B")
	a.is("data.person_id", 1)
	a.is("data.org_id", 1)
	a.is("data.pinned_to_deal_flag", true)
}
