package resttest

import (
	"fmt"
	"net/http"
	"strings"
	"testing"

	"github.com/dockwright/dockwright/hosttest"
	"github.com/dockwright/dockwright/internal/store/storetest"
)

// onBoth runs a test on both databases.
func onBoth(t *testing.T, run func(t *testing.T, s *street)) {
	t.Parallel()
	t.Run("SQLite", func(t *testing.T) {
		t.Parallel()
		run(t, newStreet(t, hosttest.Records()))
	})
	t.Run("PostgreSQL", func(t *testing.T) {
		t.Parallel()
		run(t, newStreet(t, hosttest.Records(), hosttest.Postgres(storetest.PostgresURL(t))))
	})
}

// together makes calls at the same time and returns their statuses, 0 for what
// got no answer.
func (s *street) together(calls ...call) []int {
	s.t.Helper()
	begin, out := make(chan struct{}), make([]chan int, len(calls))
	for i, c := range calls {
		req, status := s.request(c), make(chan int, 1)
		out[i] = status
		go func() {
			<-begin
			resp, err := http.DefaultTransport.RoundTrip(req)
			if err != nil {
				status <- 0
				return
			}
			_ = resp.Body.Close() // only the status is wanted
			status <- resp.StatusCode
		}()
	}
	close(begin)
	statuses := make([]int, len(calls))
	for i := range out {
		statuses[i] = <-out[i]
	}
	return statuses
}

// updates are two fields of each kind of record that can be changed apart.
var updates = []struct {
	make, get, update string
	body              object
	one, two          string
	status            int
}{
	{"POST /api/v2/persons", "GET /api/v2/persons/{id}", "PATCH /api/v2/persons/{id}", object{"name": "Mari"}, "name", "visible_to", 200},
	{"POST /api/v2/organizations", "GET /api/v2/organizations/{id}", "PATCH /api/v2/organizations/{id}", object{"name": "Nord"}, "name", "industry", 200},
	{"POST /api/v2/deals", "GET /api/v2/deals/{id}", "PATCH /api/v2/deals/{id}", object{"title": "Chairs"}, "title", "expected_close_date", 200},
	{"POST /v1/leads", "GET /v1/leads/{id}", "PATCH /v1/leads/{id}", object{"title": "Chairs", "person_id": 1}, "title", "expected_close_date", 201},
	{"POST /api/v2/activities", "GET /api/v2/activities/{id}", "PATCH /api/v2/activities/{id}", object{"subject": "Call"}, "subject", "due_date", 200},
	{"POST /v1/notes", "GET /v1/notes/{id}", "PUT /v1/notes/{id}", object{"content": "Called", "deal_id": 1}, "content", "person_id", 200},
	{"POST /api/v2/pipelines", "GET /api/v2/pipelines/{id}", "PATCH /api/v2/pipelines/{id}", object{"name": "Sales"}, "name", "is_deal_probability_enabled", 200},
	{"POST /api/v2/stages", "GET /api/v2/stages/{id}", "PATCH /api/v2/stages/{id}", object{"name": "First", "pipeline_id": 1}, "name", "deal_probability", 200},
}

// newValue is a value of a field that it did not have in the round before.
func newValue(field string, round int) any {
	switch field {
	case "visible_to":
		return []float64{1, 3}[round%2]
	case "expected_close_date", "due_date":
		return fmt.Sprintf("2026-12-%02d", round+1)
	case "deal_probability":
		return float64(10 * (round + 1))
	case "person_id":
		return float64(round + 1)
	case "is_deal_probability_enabled":
		return round%2 == 1
	}
	return fmt.Sprintf("%s of round %d", field, round)
}

// Two updates of different fields at the same time are both kept.
// spec: records.concurrent-updates
func TestConcurrentUpdatesOfDifferentFields(t *testing.T) {
	onBoth(t, func(t *testing.T, s *street) {
		for _, u := range updates {
			id := s.do(call{op: u.make, body: u.body, want: u.status}).at("data.id")
			for round := range 4 {
				one, two := newValue(u.one, round), newValue(u.two, round)
				for _, status := range s.together(
					call{op: u.update, path: []any{id}, body: object{u.one: one}}, call{op: u.update, path: []any{id}, body: object{u.two: two}},
				) {
					if status != 200 {
						t.Errorf("%s: status %d", u.update, status)
					}
				}
				a := s.do(call{op: u.get, path: []any{id}})
				a.is("data."+u.one, one)
				a.is("data."+u.two, two)
			}
		}
	})
}

// Of updates of the same fields at the same time one wins, whole.
// spec: records.concurrent-updates
func TestConcurrentUpdatesOfTheSameFields(t *testing.T) {
	onBoth(t, func(t *testing.T, s *street) {
		id := s.do(call{op: "POST /api/v2/persons", body: object{"name": "Mari"}}).at("data.id")
		for round := range 4 {
			calls := make([]call, 6)
			for i := range calls {
				mark := fmt.Sprintf("r%dw%d", round, i)
				calls[i] = call{op: "PATCH /api/v2/persons/{id}", path: []any{id}, body: object{
					"name": mark, "emails": []any{object{"value": mark + "@mail.example"}}, "phones": []any{object{"value": mark}},
				}}
			}
			for _, status := range s.together(calls...) {
				if status != 200 {
					t.Errorf("status %d", status)
				}
			}
			a := s.do(call{op: "GET /api/v2/persons/{id}", path: []any{id}})
			mark := a.text("data.name")
			if !strings.HasPrefix(mark, fmt.Sprintf("r%d", round)) {
				t.Errorf("the name is %q after round %d", mark, round)
			}
			a.is("data.emails.0.value", mark+"@mail.example")
			a.is("data.phones.0.value", mark)
			if n := len(a.list("data.emails")) + len(a.list("data.phones")); n != 2 {
				t.Errorf("%d addresses of two writers: %s", n, a.raw)
			}
		}
	})
}

// A deletion beside updates is kept: no update brings the record back.
// spec: records.concurrent-updates
func TestDeletionBesideUpdates(t *testing.T) {
	onBoth(t, func(t *testing.T, s *street) {
		for _, u := range updates {
			_, path, _ := strings.Cut(u.update, " ")
			for round := range 3 {
				id := s.do(call{op: u.make, body: u.body, want: u.status}).at("data.id")
				change := call{op: u.update, path: []any{id}, body: object{u.one: newValue(u.one, round)}}
				statuses := s.together(change, call{op: "DELETE " + path, path: []any{id}}, change)
				if statuses[1] != 200 || (statuses[0] != 200 && statuses[0] != 404) || (statuses[2] != 200 && statuses[2] != 404) {
					t.Errorf("%s beside its deletion: statuses %v", u.update, statuses)
				}
				s.do(call{op: u.get, path: []any{id}, want: 404})
				s.do(call{op: u.update, path: []any{id}, body: object{u.one: newValue(u.one, round)}, want: 404})
			}
		}
	})
}
