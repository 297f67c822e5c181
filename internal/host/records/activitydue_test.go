package records_test

import (
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/dockwright/dockwright/internal/fault"
	"github.com/dockwright/dockwright/internal/host/records"
	"github.com/dockwright/dockwright/internal/store"
)

// A span has what is due at an instant in it and what is due on a day of it, and
// the list goes through all of it in order, part by part.
// spec: records.activities
func TestDueSpan(t *testing.T) {
	each(t, func(t *testing.T, s *records.Service, _ *store.DB) {
		for _, a := range [][3]string{
			{"before", "2026-11-20", "21:59"}, {"first", "2026-11-20", "22:00"}, {"last", "2026-11-21", "21:59"}, {"after", "2026-11-21", "22:00"},
			{"the day", "2026-11-21", ""}, {"day before", "2026-11-20", ""}, {"day after", "2026-11-22", ""}, {"never", "", ""},
		} {
			must[records.Activity](t)(s.CreateActivity(t.Context(), ours, records.ActivityPatch{Subject: &a[0], DueDate: &a[1], DueTime: &a[2]}))
		}
		day := records.DueSpan{
			FromDay: "2026-11-21", ToDay: "2026-11-21",
			Since: time.Date(2026, 11, 20, 22, 0, 0, 0, time.UTC), Until: time.Date(2026, 11, 21, 22, 0, 0, 0, time.UTC),
		}
		for _, c := range []struct {
			name, want string
			span       records.DueSpan
		}{
			{"a day in Tallinn", "first, the day, last", day},
			{"until its end", "day before, before, first, the day, last", records.DueSpan{ToDay: day.ToDay, Until: day.Until}},
			{"from its beginning", "first, the day, last, after, day after", records.DueSpan{FromDay: day.FromDay, Since: day.Since}},
			{"all", "day before, before, first, the day, last, after, day after, never", records.DueSpan{}},
		} {
			var got []string
			w := records.Window{Limit: 2, Sort: []records.Order{{By: "due"}}}
			for more := true; more; {
				list, m, err := s.ListActivities(t.Context(), ours, records.ActivityFilter{Due: c.span}, w)
				if err != nil {
					t.Fatal(err)
				}
				for _, a := range list {
					got = append(got, a.Subject)
				}
				if more = m; more {
					at := list[len(list)-1].Position("due")
					w.After = &at
				}
			}
			if strings.Join(got, ", ") != c.want {
				t.Errorf("%s: got %v, want %s", c.name, got, c.want)
			}
		}
	})
}

// The types that can be chosen are put into an order, all of them or none.
func TestOrderActivityTypes(t *testing.T) {
	each(t, func(t *testing.T, s *records.Service, _ *store.DB) {
		var ids []int64
		for _, a := range must[[]records.ActivityType](t)(s.ActivityTypes(t.Context(), ours)) {
			ids = append(ids, a.ID)
		}
		slices.Reverse(ids)
		if err := s.OrderActivityTypes(t.Context(), ours, ids[1:]...); fault.KindOf(err) != fault.Invalid {
			t.Errorf("without one of them: %v", err)
		}
		if err := s.OrderActivityTypes(t.Context(), ours, ids...); err != nil {
			t.Fatal(err)
		}
		for i, a := range must[[]records.ActivityType](t)(s.ActivityTypes(t.Context(), ours)) {
			if a.ID != ids[i] {
				t.Errorf("no. %d is %s", i, a.Name)
			}
		}
	})
}

// All deals of a stage go to another one, archived ones too, and each tells of it;
// then the stage can be deleted.
// spec: records.stage-emptied
func TestMoveStageDeals(t *testing.T) {
	each(t, func(t *testing.T, s *records.Service, _ *store.DB) {
		p := must[records.Pipeline](t)(s.CreatePipeline(t.Context(), ours, records.Pipeline{Name: "Boats", Stages: []records.Stage{{Name: "Keel"}, {Name: "Mast"}}}))
		from, to := p.Stages[0].ID, p.Stages[1].ID
		var last records.Deal
		for range 120 {
			last = must[records.Deal](t)(s.CreateDeal(t.Context(), ours, records.Deal{Title: "Skiff", Stage: records.Ref{ID: from}}))
		}
		must[records.Deal](t)(s.UpdateDeal(t.Context(), ours, last.ID, records.DealPatch{Archived: new(true)}))
		if err := s.DeleteStages(t.Context(), ours, from); fault.KindOf(err) != fault.Invalid {
			t.Errorf("a stage with deals: %v", err)
		}
		for _, wrong := range []int64{from, 99999} {
			if err := s.MoveStageDeals(t.Context(), ours, from, wrong); fault.KindOf(err) != fault.Invalid {
				t.Errorf("to %d: %v", wrong, err)
			}
		}
		if err := s.MoveStageDeals(t.Context(), ours, from, to); err != nil {
			t.Fatal(err)
		}
		if n := must[map[int64]int](t)(s.StageDeals(t.Context(), ours)); n[from] != 0 || n[to] != 120 {
			t.Errorf("the stages hold %v", n)
		}
		if d := must[records.Deal](t)(s.Deal(t.Context(), ours, last.ID)); !d.Archived || d.Stage.ID != to {
			t.Errorf("the archived deal: %+v", d)
		}
		if got := kinds(t, s, records.KindDeal, strconv.FormatInt(last.ID, 10)); len(got) != 3 {
			t.Errorf("the deal tells of %v", got)
		}
		if err := s.DeleteStages(t.Context(), ours, from); err != nil {
			t.Error(err)
		}
	})
}
