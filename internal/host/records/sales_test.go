package records_test

import (
	"errors"
	"fmt"
	"testing"

	"github.com/dockwright/dockwright/internal/fault"
	"github.com/dockwright/dockwright/internal/host/records"
	"github.com/dockwright/dockwright/internal/store"
)

// A deal goes through its life on both databases, and every step is told once.
// spec: records.every-change-is-told
// spec: rest.deals.closing-times
func TestADealsLife(t *testing.T) {
	each(t, func(t *testing.T, s *records.Service, _ *store.DB) {
		ctx := t.Context()
		d := must[records.Deal](t)(s.CreateDeal(ctx, ours, records.Deal{Title: "Blue chairs", Person: records.Ref{ID: 1}}))
		second, won, reopened := int64(2), records.StatusWon, records.StatusOpen
		for _, p := range []records.DealPatch{{Stage: &second}, {Status: &won}, {Status: &reopened}, {Status: &reopened}} {
			d = must[records.Deal](t)(s.UpdateDeal(ctx, ours, d.ID, p))
		}
		if d.Stage.ID != 2 || !d.WonAt.IsZero() || !d.ClosedAt.IsZero() || d.FirstWonAt.IsZero() {
			t.Errorf("got %+v", d)
		}
		into := must[records.Deal](t)(s.CreateDeal(ctx, ours, records.Deal{Title: "Into"}))
		if _, err := s.MergeDeals(ctx, ours, d.ID, into.ID); err != nil {
			t.Fatal(err)
		}
		for of, want := range map[int64]string{d.ID: "[deleted updated updated updated added]", into.ID: "[merged added]"} {
			var actions []string
			for _, c := range must[[]records.Change](t)(s.Changes(ctx, ours, records.KindDeal, fmt.Sprint(of), 10)) {
				actions = append(actions, c.Action)
			}
			if fmt.Sprint(actions) != want {
				t.Errorf("the history of deal %d is %v, want %s", of, actions, want)
			}
		}
		if _, err := s.Deal(ctx, theirs, into.ID); fault.KindOf(err) != fault.NotFound {
			t.Errorf("another company reads it: %v", err)
		}
	})
}

// A person who is merged takes part in the other's place, once.
// spec: rest.deals.participants
func TestParticipantsOfAMergedPerson(t *testing.T) {
	each(t, func(t *testing.T, s *records.Service, _ *store.DB) {
		ctx := t.Context()
		d := must[records.Deal](t)(s.CreateDeal(ctx, ours, records.Deal{Title: "Blue chairs", Person: records.Ref{ID: 1}}))
		for _, person := range []int64{2, 3} {
			if _, err := s.AddParticipant(ctx, ours, d.ID, person); err != nil {
				t.Fatal(err)
			}
		}
		if _, err := s.MergePersons(ctx, ours, 2, 3); err != nil {
			t.Fatal(err)
		}
		list, _, err := s.Participants(ctx, ours, d.ID, records.Window{Limit: 10})
		if err != nil || len(list) != 2 || list[0].Person != 1 || list[1].Person != 3 {
			t.Errorf("got %+v, %v; want persons 1 and 3", list, err)
		}
	})
}

// Leads become deals and deals leads on both databases.
// spec: rest.leads.convert
// spec: rest.deals.convert
func TestConversions(t *testing.T) {
	each(t, func(t *testing.T, s *records.Service, _ *store.DB) {
		ctx := t.Context()
		l := must[records.Lead](t)(s.CreateLead(ctx, ours, records.Lead{Title: "Blue chairs", Person: records.Ref{ID: 1}, Value: records.Units(5, "USD")}))
		c := must[records.Conversion](t)(s.ConvertLead(ctx, ours, l.ID, 0, 1))
		d := must[records.Deal](t)(s.Deal(ctx, ours, c.Deal))
		if d.Lead != l.ID || d.Value != l.Value || d.Stage.ID != 1 {
			t.Errorf("the deal is %+v", d)
		}
		back := must[records.Conversion](t)(s.ConvertDeal(ctx, ours, d.ID))
		if got := must[records.Lead](t)(s.Lead(ctx, ours, back.Lead)); got.Deal != d.ID || got.Value != l.Value {
			t.Errorf("the lead is %+v", got)
		}
		_, err := s.ConvertLead(ctx, ours, l.ID, 0, 0)
		_, err2 := s.Conversion(ctx, theirs, records.KindLead, l.ID, c.ID)
		if fault.KindOf(err) != fault.NotFound || fault.KindOf(err2) != fault.NotFound {
			t.Errorf("got %v", errors.Join(err, err2))
		}
	})
}
