package records_test

import (
	"testing"

	"github.com/dockwright/dockwright/internal/host/records"
	"github.com/dockwright/dockwright/internal/host/route"
	"github.com/dockwright/dockwright/internal/store"
)

// Both databases put deals into the same periods, by a field of the company, too;
// what somebody does not see is neither listed nor added up.
// spec: rest.deals.timeline
func TestDealTimeline(t *testing.T) {
	each(t, func(t *testing.T, s *records.Service, _ *store.DB) {
		ctx := t.Context()
		f := must[records.Field](t)(s.CreateField(ctx, ours, records.Field{Entity: records.KindDeal, Name: "Delivery", Type: records.TypeDate}))
		for day, visible := range map[string]int64{"2031-01-31": 3, "2031-02-01": 3, "2031-02-28": 1, "2031-03-01": 3} {
			must[records.Deal](t)(s.CreateDeal(ctx, ours, records.Deal{Title: day, Value: records.Units(10, "EUR"), VisibleTo: visible, Custom: map[string]any{f.Code: day}}))
		}
		for _, c := range []struct {
			route.Caller
			field string
			want  [2]int64
		}{{ours, f.Code, [2]int64{1, 2}}, {route.Caller{Company: 1, User: 2}, f.Code, [2]int64{1, 1}}, {theirs, "expected_close_date", [2]int64{}}} {
			list, err := s.DealTimeline(ctx, c.Caller, records.TimelineQuery{Start: "2031-01-01", Interval: "month", Amount: 2, Field: c.field, Deals: true})
			if err != nil {
				t.Fatal(err)
			}
			for i, n := range c.want {
				if p := list[i]; p.Open.Count != n || int64(len(p.Deals)) != n || p.Open.Value["EUR"].Amount != n*records.Units(10, "EUR").Amount {
					t.Errorf("%+v sees %+v in period %d, want %d", c.Caller, p, i, n)
				}
			}
		}
	})
}
