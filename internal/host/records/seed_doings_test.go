package records_test

import (
	"testing"
	"time"

	"github.com/dockwright/dockwright/internal/host/records"
	"github.com/dockwright/dockwright/internal/store"
)

// The demo has things to do today, before and after, calls with outcomes, files,
// labels and values of its own fields, and gets them once.
func TestSeedDemoDoings(t *testing.T) {
	each(t, func(t *testing.T, s *records.Service, db *store.DB) {
		ctx := t.Context()
		for range 2 {
			if err := s.SeedDemoDoings(ctx, 1); err != nil {
				t.Fatal(err)
			}
		}
		list, _, err := s.ListActivities(ctx, ours, records.ActivityFilter{}, records.Window{Limit: 100})
		if err != nil {
			t.Fatal(err)
		}
		today := db.Now().UTC().Format(time.DateOnly)
		n := map[string]int{}
		for _, a := range list {
			switch {
			case a.Done:
				n["done"]++
			case a.DueDate < today:
				n["overdue"]++
			case a.DueDate == today:
				n["today"]++
			default:
				n["planned"]++
			}
			if a.Deal == 0 && a.Type != "call" || a.Person == 0 {
				t.Errorf("%q is about nobody", a.Subject)
			}
		}
		if len(list) != 42 || n["done"] < 10 || n["overdue"] < 4 || n["today"] < 3 || n["planned"] < 10 {
			t.Errorf("%d activities: %v", len(list), n)
		}
		deal := must[records.Deal](t)(s.Deal(ctx, ours, 1))
		if len(deal.Custom) != 1 || len(deal.Labels) != 1 {
			t.Errorf("the first deal has the values %v and labels %v", deal.Custom, deal.Labels)
		}
		if files := must[[]records.File](t)(s.FilesOf(ctx, ours, records.KindDeal, "1", 9)); len(files) != 1 || files[0].Size == 0 {
			t.Errorf("files of the first deal: %+v", files)
		}
		if calls := must[[]records.Call](t)(s.CallsOf(ctx, ours, records.KindPerson, "1", 9)); len(calls) != 1 || calls[0].Outcome != "connected" {
			t.Errorf("calls with the first person: %+v", calls)
		}
	})
}
