package records

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/dockwright/dockwright/internal/clock"
	"github.com/dockwright/dockwright/internal/host/route"
	"github.com/dockwright/dockwright/internal/store"
)

func names(t *testing.T, s *Service, f Find) []string {
	t.Helper()
	if f.Limit == 0 {
		f.Limit = 100
	}
	list, _, err := s.FindRecords(t.Context(), keeper, f)
	if err != nil {
		t.Fatal(err)
	}
	out := []string{}
	for _, r := range list {
		out = append(out, r.Title)
	}
	return out
}

// spec: rest.search.custom
func TestSearchInCustomFields(t *testing.T) {
	contents(t, func(t *testing.T, s *Service) {
		custom := map[string]any{}
		for kind, v := range map[FieldType]any{
			TypeVarchar: "walnut", TypeDouble: 1234.5, TypeMonetary: map[string]any{"value": 777, "currency": "EUR"},
			TypeAddress: map[string]any{"value": "Pikk 1, Tallinn"}, TypeDate: "2026-03-04",
		} {
			f, err := s.CreateField(t.Context(), keeper, Field{Entity: KindPerson, Name: "Field " + string(kind), Type: kind})
			if err != nil {
				t.Fatal(err)
			}
			custom[f.Code] = v
		}
		if _, err := s.CreatePerson(t.Context(), keeper, Person{Name: "Mari", Custom: custom}); err != nil {
			t.Fatal(err)
		}
		for term, want := range map[string]int{"walnut": 1, "1234.5": 1, "777": 1, "tallinn": 1, "2026-03-04": 0, "EUR": 0} {
			if got := names(t, s, Find{Term: term, Fields: []string{inCustom}}); len(got) != want {
				t.Errorf("%q found %q, want %d", term, got, want)
			}
		}
	})
}

// spec: rest.search.notes
func TestSearchInNotes(t *testing.T) {
	contents(t, func(t *testing.T, s *Service) {
		p, err := s.CreatePerson(t.Context(), keeper, Person{Name: "Mari"})
		if err != nil {
			t.Fatal(err)
		}
		for i := range searchedNotes + 1 {
			text := fmt.Sprintf("<p>note number n%03d.</p>", i)
			if i == 50 {
				text = "<p>" + strings.Repeat("walnut ", searchedNote/7) + " beyond</p>"
			}
			if _, err := s.CreateNote(t.Context(), keeper, Note{Content: text, Person: p.ID}); err != nil {
				t.Fatal(err)
			}
		}
		for term, want := range map[string]int{"walnut": 1, "beyond": 0, "n100": 1, "n001": 1, "n000": 0, "<p>": 0} {
			if got := names(t, s, Find{Term: term}); len(got) != want {
				t.Errorf("%q found %q, want %d", term, got, want)
			}
		}
	})
}

// Records that are older than the index are brought in at the first search of
// their company, and of no other.
// spec: records.search-index
func TestSearchBringsOldRecordsIn(t *testing.T) {
	contents(t, func(t *testing.T, s *Service) {
		now := clock.Micros(s.db.Now())
		for _, company := range []int64{1, 2} {
			err := s.db.Company(company).Update(t.Context(), func(tx *store.Tx) error {
				for i := range 2*buildBatch + 1 {
					id, err := tx.NextID("person")
					if err != nil {
						return err
					}
					if _, err := tx.Exec(`INSERT INTO records_person (company_id, id, name, folded, job_title, owner_id, deleted, added_at, updated_at)
						VALUES (@company, ?, ?, ?, '', 1, ?, ?, ?)`, id, fmt.Sprintf("Old %d", i), "", i == 7, now, now); err != nil {
						return err
					}
				}
				return nil
			})
			if err != nil {
				t.Fatal(err)
			}
		}
		if got := names(t, s, Find{Term: "old", Limit: 1000}); len(got) != 2*buildBatch || slices.Contains(got, "Old 7") {
			t.Errorf("found %d, want all %d that are not deleted", len(got), 2*buildBatch)
		}
		if n := count(t, s, `SELECT COUNT(*) FROM records_search_built WHERE company_id = @company`); n != 1 {
			t.Errorf("built %d times", n)
		}
		other := route.Caller{Company: 2, User: 1, Admin: true}
		if list, _, err := s.FindRecords(t.Context(), other, Find{Term: "old 12", Exact: true, Limit: 5}); err != nil || len(list) != 1 {
			t.Errorf("the other company found %v, %v", list, err)
		}
	})
}

// Who may not see a record does not find it.
// spec: records.search-index
func TestSearchMindsVisibility(t *testing.T) {
	contents(t, func(t *testing.T, s *Service) {
		if _, err := s.CreatePerson(t.Context(), keeper, Person{Name: "Secret Mari", VisibleTo: 1}); err != nil {
			t.Fatal(err)
		}
		agent := route.Caller{Company: 1, User: 2}
		if list, _, err := s.FindRecords(t.Context(), agent, Find{Term: "mari", Limit: 5}); err != nil || len(list) != 0 {
			t.Errorf("an agent found %v, %v", list, err)
		}
		if got := names(t, s, Find{Term: "mari"}); len(got) != 1 {
			t.Errorf("the owner found %q", got)
		}
	})
}
