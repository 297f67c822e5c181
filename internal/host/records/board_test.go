package records

import (
	"fmt"
	"strings"
	"testing"

	"github.com/dockwright/dockwright/internal/host/event"
	"github.com/dockwright/dockwright/internal/host/route"
	"github.com/dockwright/dockwright/internal/live"
	"github.com/dockwright/dockwright/internal/store"
	"github.com/dockwright/dockwright/internal/store/storetest"
)

// manyDeals puts n open deals evenly into the stages of the demo's pipeline.
func manyDeals(t testing.TB, s *Service, c route.Caller, n int) Pipeline {
	t.Helper()
	if err := s.SeedDemo(t.Context(), c.Company); err != nil {
		t.Fatal(err)
	}
	list, err := s.Pipelines(t.Context(), c)
	if err != nil {
		t.Fatal(err)
	}
	p := list[0]
	const each = 200 // rows of one statement
	for from := 0; from < n; from += 10_000 {
		err := s.db.Company(c.Company).Update(t.Context(), func(tx *store.Tx) error {
			for at := from; at < min(from+10_000, n); at += each {
				var rows []string
				for i := at; i < min(at+each, n); i++ {
					rows = append(rows, fmt.Sprintf(`(@company, %d, 'Deal %d', 'deal %d', %d, '%s', %d, %d, %d, 'open', '', '', FALSE, %d, 0, 1, 1)`,
						1000+i, i, i, (i%100)*10_000, []string{"EUR", "USD"}[i%2], p.Stages[i%len(p.Stages)].ID, 1+i%3, 1+i%3, 1_000_000+i))
				}
				if _, err := tx.Exec(`INSERT INTO records_deal (company_id, id, title, folded, amount, currency, stage_id, owner_id, creator_id, status, lost_reason,
					expected_close, deleted, stage_changed_at, closed_at, added_at, updated_at) VALUES ` + strings.Join(rows, ",")); err != nil {
					return err
				}
			}
			return nil
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	return p
}

// The board's numbers are those of all open deals, its cards the last to come.
// spec: records.board
func TestBoard(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, open func(...store.Migrations) *store.DB) {
		s := New(open(live.Migrations, event.Migrations, Migrations))
		c := route.Caller{Company: 1, User: 1, Admin: true}
		if err := s.SeedDemo(t.Context(), 2); err != nil { // nobody else's
			t.Fatal(err)
		}
		before := map[int64]int64{}
		p := manyDeals(t, s, c, 0)
		first, err := s.Board(t.Context(), c, BoardFilter{Pipeline: p.ID}, 50, nil)
		if err != nil {
			t.Fatal(err)
		}
		for _, st := range first {
			before[st.ID] = st.Count
			if int64(len(st.Deals)) != st.Count {
				t.Errorf("%s: %d cards of %d", st.Name, len(st.Deals), st.Count)
			}
		}
		manyDeals(t, s, c, 600)
		board, err := s.Board(t.Context(), c, BoardFilter{Pipeline: p.ID}, 50, map[int64]int{p.Stages[0].ID: 70})
		if err != nil {
			t.Fatal(err)
		}
		per := 600 / len(p.Stages)
		for i, st := range board {
			want := 50
			if i == 0 {
				want = 70
			}
			if st.Count != before[st.ID]+int64(per) || len(st.Deals) != want || len(st.Sums) != 2 {
				t.Errorf("%s: %d deals, %d cards, sums %v", st.Name, st.Count, len(st.Deals), st.Sums)
			}
			for j := 1; j < len(st.Deals); j++ {
				if st.Deals[j].StageChangedAt.After(st.Deals[j-1].StageChangedAt) {
					t.Errorf("%s: card %d came into the stage after the one above it", st.Name, j)
				}
			}
		}
		hers, err := s.Board(t.Context(), c, BoardFilter{Pipeline: p.ID, Owner: 3}, 500, nil)
		if err != nil {
			t.Fatal(err)
		}
		for _, st := range hers {
			if int64(len(st.Deals)) != st.Count {
				t.Errorf("%s of one owner: %d cards of %d", st.Name, len(st.Deals), st.Count)
			}
			for _, d := range st.Deals {
				if d.Owner != 3 {
					t.Errorf("%s of one owner has a deal of %d", st.Name, d.Owner)
				}
			}
		}
		if other, err := s.Board(t.Context(), c, BoardFilter{Pipeline: 4711}, 50, nil); err != nil || len(other) != 0 {
			t.Errorf("no such pipeline: %v, %v", other, err)
		}
	})
}

// The board is read from its indexes alone and without sorting, so that the cost of
// the cards does not grow with the number of deals.
// spec: records.board-cost
func TestBoardWalksItsIndex(t *testing.T) {
	t.Parallel()
	s := New(storetest.SQLite(t, live.Migrations, event.Migrations, Migrations))
	stages := []Stage{{ID: 1}, {ID: 2}, {ID: 3}}
	for _, c := range []route.Caller{{Company: 1, User: 1, Admin: true}, {Company: 1, User: 2}} {
		for _, b := range []BoardFilter{{}, {Owner: 2}} {
			query, args := boardCardQuery(c, b, stages, func(int64) int { return 50 })
			plan := planOf(t, s, c, query, args)
			if n := strings.Count(plan, "USING COVERING INDEX records_deal_board"); n != len(stages) || strings.Contains(plan, "TEMP B-TREE") {
				t.Errorf("the cards for %+v %+v are found by %s", c, b, plan)
			}
			query, args = boardSumQuery(c, b, []int64{1, 2, 3})
			if plan := planOf(t, s, c, query, args); !strings.Contains(plan, "USING COVERING INDEX records_deal_worth") || strings.Contains(plan, "TEMP B-TREE") {
				t.Errorf("the sums for %+v %+v are made by %s", c, b, plan)
			}
		}
	}
}

func planOf(t *testing.T, s *Service, c route.Caller, query string, args []any) string {
	t.Helper()
	var plan []string
	err := s.db.Company(c.Company).View(t.Context(), func(tx *store.Tx) (err error) {
		plan, err = store.Select(tx, func(sc store.Scanner) (line string, err error) {
			var a, b, c int
			return line, sc.Scan(&a, &b, &c, &line)
		}, `EXPLAIN QUERY PLAN `+query, args...)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return strings.Join(plan, "; ")
}

// BenchmarkBoard reads a board of 50,000 open deals.
//
// What it costs beside the cards is adding up: a step through the index per deal.
func BenchmarkBoard(b *testing.B) {
	for name, open := range map[string]func(testing.TB, ...store.Migrations) *store.DB{"sqlite": storetest.SQLite, "postgres": storetest.Postgres} {
		b.Run(name, func(b *testing.B) {
			s := New(open(b, live.Migrations, event.Migrations, Migrations))
			c := route.Caller{Company: 1, User: 1, Admin: true}
			p := manyDeals(b, s, c, 50_000)
			for b.Loop() {
				if _, err := s.Board(b.Context(), c, BoardFilter{Pipeline: p.ID}, 50, nil); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}
