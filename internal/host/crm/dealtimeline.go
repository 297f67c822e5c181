package crm

import (
	"encoding/json"
	"slices"

	"github.com/dockwright/dockwright/internal/host/records"
	"github.com/dockwright/dockwright/internal/host/rest"
	"github.com/dockwright/dockwright/pipedrive/crmapi"
)

// dealsTimeline answers GET /v1/deals/timeline.
// spec: rest.deals.timeline
func (s *Service) dealsTimeline(c *rest.Call) (rest.Answer, error) { return s.timeline(c, false) }

// archivedDealsTimeline answers GET /v1/deals/timeline/archived.
// spec: rest.deals.timeline
func (s *Service) archivedDealsTimeline(c *rest.Call) (rest.Answer, error) {
	return s.timeline(c, true)
}

func (s *Service) timeline(c *rest.Call, archived bool) (rest.Answer, error) {
	q := c.Query()
	without := q.Bool("exclude_deals")
	t := records.TimelineQuery{
		Start: q.String("start_date"), Interval: q.String("interval"), Amount: int(min(q.Int("amount"), records.MaxPeriods+1)), Field: q.String("field_key"),
		Deals:      without == nil || !*without,
		DealFilter: records.DealFilter{Owner: q.Int("user_id"), Pipeline: q.Int("pipeline_id"), Filter: filterID(q), Archived: archived},
	}
	if err := q.Err(); err != nil {
		return rest.Answer{}, err
	}
	list, err := s.records.DealTimeline(c.Context(), c.Caller, t)
	if err != nil {
		return rest.Answer{}, err
	}
	out := make([]crmapi.TimelinePeriod, len(list))
	for i, p := range list {
		out[i] = crmapi.TimelinePeriod{PeriodStart: p.First + " 00:00:00", PeriodEnd: p.Last + " 23:59:59", Totals: timelineTotals(p)}
		if !t.Deals {
			continue
		}
		if out[i].Deals, err = s.plainDeals(c, p.Deals); err != nil {
			return rest.Answer{}, err
		}
	}
	return rest.OK(out), nil
}

// plainDeals writes deals of version 1 with plain ids, some hundreds at once, because
// a statement has only so many arguments.
func (s *Service) plainDeals(c *rest.Call, list []records.Deal) ([]any, error) {
	out := []any{}
	for some := range slices.Chunk(list, rest.MaxLimit) {
		v, err := s.dealView(c, some...)
		if err != nil {
			return nil, err
		}
		for _, d := range some {
			out = append(out, v.plainV1(d))
		}
	}
	return out, nil
}

func timelineTotals(p records.Period) crmapi.TimelineTotals {
	return crmapi.TimelineTotals{
		Count: p.Open.Count + p.Won.Count, Values: amounts(p.Open.Value, p.Won.Value), WeightedValues: amounts(p.Open.Weighted, p.Won.Weighted),
		OpenCount: p.Open.Count, OpenValues: amounts(p.Open.Value), WeightedOpenValues: amounts(p.Open.Weighted),
		WonCount: p.Won.Count, WonValues: amounts(p.Won.Value),
	}
}

// amounts adds sums up by currency.
func amounts(sums ...map[string]records.Money) map[string]json.Number {
	total := map[string]records.Money{}
	for _, sum := range sums {
		for code, m := range sum {
			total[code] = records.Money{Amount: total[code].Amount + m.Amount, Currency: code}
		}
	}
	out := map[string]json.Number{}
	for code, m := range total {
		out[code] = decimal(m)
	}
	return out
}
