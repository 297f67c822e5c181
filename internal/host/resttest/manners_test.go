package resttest

import (
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"

	"github.com/dockwright/dockwright/hosttest"
)

// ask is a good call of an operation of the member's company.
func (m *member) ask(op string) call {
	row := table[op]
	c := call{op: op, token: m.token}
	var query []string
	if row.of != "" {
		c.path = slices.Clone(m.path(row.of))
	}
	if row.finds != "" {
		query = append(query, row.finds+m.mark)
	}
	if row.query != nil {
		query = append(query, row.query(m))
	}
	c.query = strings.Join(query, "&")
	if row.body != nil {
		c.body = row.body(m, c.path)
	}
	return c
}

// with is the call with one more parameter.
func (c call) with(parameter string) call {
	c.query = strings.TrimPrefix(c.query+"&"+parameter, "&")
	return c
}

// page is what all lists say of themselves.
type page struct {
	Additional struct {
		Pagination *struct {
			Start, Limit *int
			More         *bool `json:"more_items_in_collection"`
			Next         *int  `json:"next_start"`
		}
	} `json:"additional_data"`
}

// Every list takes a limit, cuts one that is too large, and pages as its version
// does; what is wrong is refused by its name.
// spec: rest.errors, rest.limit, rest.v1-pagination, rest.v2-cursor
func TestEveryListPages(t *testing.T) {
	t.Parallel()
	s := newStreet(t)
	m := s.member(s.Tenant, "Quillon")
	lists := 0
	for _, op := range s.Operations() {
		asks, _ := askable(op)
		if !strings.HasPrefix(op, "GET ") || !slices.Contains(asks, "limit") {
			continue
		}
		lists++
		c := m.ask(op)
		want := func(parameter string, status int) []byte {
			got, _, raw := s.try(c.with(parameter))
			if got != status {
				t.Errorf("%s with %s: status %d, want %d: %.300s", op, parameter, got, status, raw)
			}
			name, _, _ := strings.Cut(parameter, "=")
			if text := string(raw); got == 400 && !(strings.HasPrefix(text, `{"success":false,"error":"`+name+": ") && strings.Contains(text, `"error_info":"`)) {
				t.Errorf("%s with %s is refused with %.300s", op, parameter, raw)
			}
			return raw
		}
		want("limit=1000000", 200)
		want("limit=0", 400)
		want("limit=ten", 400)
		raw := want("limit=1", 200)
		switch {
		case slices.Contains(asks, "cursor"):
			var body struct {
				Additional map[string]any `json:"additional_data"`
			}
			if err := json.Unmarshal(raw, &body); err != nil {
				t.Fatal(err)
			}
			next, there := body.Additional["next_cursor"]
			if !there {
				t.Errorf("%s has no next_cursor: %.300s", op, raw)
			}
			if next, ok := next.(string); ok {
				want("limit=1&cursor="+next, 200)
			}
			want("cursor=nonsense", 400)
			want("cursor=eyJmaWVsZCI6Im5vdGhpbmciLCJmaWVsZFZhbHVlIjoiMSIsInNvcnREaXJlY3Rpb24iOiJhc2MiLCJpZCI6IjEifQ", 400) // sorted by "nothing"
		case slices.Contains(asks, "start"):
			var body page
			if err := json.Unmarshal(raw, &body); err != nil {
				t.Fatal(err)
			}
			p := body.Additional.Pagination
			if p == nil || p.Start == nil || p.Limit == nil || p.More == nil || *p.Limit != 1 || *p.Start != 0 || *p.More != (p.Next != nil) || *p.More && *p.Next != 1 {
				t.Errorf("%s tells of its page %.300s", op, raw)
			}
			want("start=-1", 400)
		}
	}
	if lists < 50 {
		t.Errorf("only %d lists were asked", lists)
	}
}

// Every operation of version 2 that takes an object refuses a field that it does
// not know, and names it.
// spec: rest.v2-unknown-field
func TestVersion2RefusesUnknownFields(t *testing.T) {
	t.Parallel()
	s := newStreet(t)
	m := s.member(s.Tenant, "Quillon")
	asked := 0
	for _, op := range s.Operations() {
		body, ok := m.ask(op).body.(object)
		if _, pattern, _ := strings.Cut(op, " "); !ok || !strings.HasPrefix(pattern, "/api/v2/") || strings.HasPrefix(pattern, "/api/v2/notes") {
			continue // notes are served in the form of version 1
		}
		asked++
		c := m.ask(op)
		body = maps.Clone(body)
		body["nickname"] = "x"
		c.body = body
		if status, _, raw := s.try(c); status != 400 || !strings.Contains(string(raw), "nickname: ") {
			t.Errorf("%s: status %d: %.300s", op, status, raw)
		}
	}
	if asked < 15 {
		t.Errorf("only %d operations were asked", asked)
	}
}

// A selector in the path of version 1 reduces an answer to some fields, of one
// record and of each in a list; version 2 knows none.
// spec: rest.v1-selector
func TestSelectorInThePath(t *testing.T) {
	t.Parallel()
	s := newStreet(t, hosttest.Records())
	deal := s.newDeal(object{"title": "Chairs"})
	for path, want := range map[string]string{
		fmt.Sprintf("/v1/deals/%d:(id,title)", deal):  fmt.Sprintf(`{"id":%d,"title":"Chairs"}`, deal),
		fmt.Sprintf("/api/v1/deals/%d:(title)", deal): `{"title":"Chairs"}`,
	} {
		status, _, raw := s.try(call{op: "GET " + path})
		if status != 200 || !strings.Contains(string(raw), `"data":`+want) {
			t.Errorf("%s: %d %.300s", path, status, raw)
		}
	}
	status, _, raw := s.try(call{op: "GET /v1/deals:(id)", query: "limit=3"})
	var list struct{ Data []map[string]any }
	if err := json.Unmarshal(raw, &list); err != nil || status != 200 || len(list.Data) != 3 {
		t.Fatalf("%d %.300s", status, raw)
	}
	for _, row := range list.Data {
		if len(row) != 1 || row["id"] == nil {
			t.Errorf("a row is %v", row)
		}
	}
	if status, _, raw := s.try(call{op: "GET /api/v2/deals:(id)"}); status < 400 {
		t.Errorf("version 2: %d %.300s", status, raw)
	}
}

// Instants are read in the forms of the version that is spoken, and written in its
// own.
// spec: rest.dates
func TestInstantsOfBothVersions(t *testing.T) {
	t.Parallel()
	s := newStreet(t)
	for _, c := range []struct {
		op, field, sent string
		status          int
	}{
		{"POST /v1/persons", "add_time", "2026-03-04 09:00:00", 201},
		{"POST /v1/persons", "add_time", "2026-03-04T11:00:00+02:00", 201},
		{"POST /api/v2/persons", "add_time", "2026-03-04T09:00:00Z", 200},
		{"POST /api/v2/persons", "add_time", "2026-03-04 09:00:00", 400},
		{"POST /v1/persons", "add_time", "4 March 2026", 400},
	} {
		status, _, raw := s.try(call{op: c.op, body: object{"name": "Mari", c.field: c.sent}})
		if status != c.status {
			t.Errorf("%s of %s: status %d: %.300s", c.sent, c.op, status, raw)
			continue
		}
		if status == 400 {
			if !strings.Contains(string(raw), c.field+": ") {
				t.Errorf("%s: %.300s", c.sent, raw)
			}
			continue
		}
		var made struct{ Data struct{ ID int64 } }
		if err := json.Unmarshal(raw, &made); err != nil {
			t.Fatal(err)
		}
		s.do(call{op: "GET /v1/persons/{id}", path: []any{made.Data.ID}}).is("data.add_time", "2026-03-04 09:00:00")
		s.do(call{op: "GET /api/v2/persons/{id}", path: []any{made.Data.ID}}).is("data.add_time", "2026-03-04T09:00:00Z")
	}
}

// Version 1 takes numbers and truths as texts, version 2 only as what they are.
// spec: rest.strict-types
func TestTypesOfBothVersions(t *testing.T) {
	t.Parallel()
	s := newStreet(t)
	org := s.addOrganization(object{"name": "Nordwind"})
	a := s.do(call{op: "POST /v1/persons", want: 201, body: object{"name": "Mari", "org_id": text(org), "visible_to": "3"}})
	a.is("data.org_id.value", org)
	s.do(call{op: "POST /v1/activities", want: 201, body: object{"subject": "Call", "type": "call", "done": "1", "org_id": text(org)}}).is("data.done", true)
	for field, body := range map[string]object{
		"org_id": {"subject": "Call", "org_id": text(org)}, "done": {"subject": "Call", "done": "true"}, "done ": {"subject": "Call", "done": 1},
		"subject": {"subject": 7}, "busy": {"subject": "Call", "busy": "1"},
	} {
		refused := s.do(call{op: "POST /api/v2/activities", body: body, want: 400}).text("error")
		if want := strings.TrimSpace(field) + ": "; !strings.HasPrefix(refused, want) {
			t.Errorf("%v is refused with %q", body, refused)
		}
	}
}
