package records

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/dockwright/dockwright/internal/fault"
	"github.com/dockwright/dockwright/internal/host/route"
	"github.com/dockwright/dockwright/internal/store"
)

// TimelineIntervals are how long the periods of a timeline of deals can be.
var TimelineIntervals = []string{"day", "week", "month", "quarter"}

// MaxPeriods is how many periods a timeline of deals has at most.
const MaxPeriods = 366

// TimelineQuery says which deals are put into which periods.
type TimelineQuery struct {
	Start    string // YYYY-MM-DD, the first day of the first period
	Interval string // one of TimelineIntervals
	Amount   int    // of periods
	Field    string // code of a field of deals that is a date
	Deals    bool   // with the deals themselves
	DealFilter
}

// Period is what was open and won in a part of a timeline.
type Period struct {
	First, Last string // days, YYYY-MM-DD, both included
	Deals       []Deal // by the field, only if they were asked for
	Open, Won   PeriodSum
}

// PeriodSum is what deals are worth together, by currency. There are no exchange
// rates.
type PeriodSum struct {
	Count           int64
	Value, Weighted map[string]Money
}

func (p *PeriodSum) add(d timelineDeal) {
	if p.Value == nil {
		p.Value, p.Weighted = map[string]Money{}, map[string]Money{}
	}
	p.Count++
	p.Value[d.currency] = Money{p.Value[d.currency].Amount + d.amount, d.currency}
	weighted := Money{d.amount, d.currency}.Share(d.probability)
	p.Weighted[d.currency] = Money{p.Weighted[d.currency].Amount + weighted.Amount, d.currency}
}

// timelineDeal is what the sums need of a deal.
type timelineDeal struct {
	id, amount       int64
	period           int
	status, currency string
	probability      int
}

// DealTimeline puts open and won deals into periods by a field of theirs.
// spec: rest.deals.timeline
func (s *Service) DealTimeline(ctx context.Context, v route.Caller, q TimelineQuery) (list []Period, err error) {
	if list, err = q.periods(); err != nil {
		return nil, err
	}
	q.Statuses = []string{StatusOpen, StatusWon}
	err = s.db.Company(v.Company).View(ctx, func(tx *store.Tx) error {
		for i := range list { // the transaction may run again
			list[i] = Period{First: list[i].First, Last: list[i].Last}
		}
		at, err := q.column(tx)
		if err != nil {
			return err
		}
		var f finding
		q.into(&f, tx.Now())
		if err := f.filtered(tx, v, q.Filter, KindDeal, "d"); err != nil {
			return err
		}
		f.visibleOrFollowed(v, "d", KindDeal)
		during := at.during(span{list[0].First, list[len(list)-1].Last})
		f.and(during.sql, during.args...)
		rows, err := timelineDeals(tx, at, &f, list)
		if err != nil {
			return err
		}
		whole := map[int64]Deal{}
		if q.Deals {
			if whole, err = timelineWhole(tx, v, &f); err != nil {
				return err
			}
		}
		for _, d := range rows {
			p := &list[d.period]
			if d.status == StatusWon {
				p.Won.add(d)
			} else {
				p.Open.add(d)
			}
			if q.Deals {
				p.Deals = append(p.Deals, whole[d.id])
			}
		}
		return nil
	})
	return list, err
}

// periods are the empty periods. Months that are too short for the day of the start
// end a period on their last day.
func (q TimelineQuery) periods() ([]Period, error) {
	start, err := time.Parse(time.DateOnly, q.Start)
	if err != nil || start.Year() < 1 || start.Year() > 9000 {
		return nil, fault.New(fault.Invalid, "start_date", "Expected a day such as 2026-11-30, got %q.", q.Start)
	}
	if q.Amount < 1 || q.Amount > MaxPeriods {
		return nil, fault.New(fault.Invalid, "amount", "Expected a number of periods from 1 to %d, got %d.", MaxPeriods, q.Amount)
	}
	begin := map[string]func(n int) time.Time{
		"day": func(n int) time.Time { return start.AddDate(0, 0, n) }, "week": func(n int) time.Time { return start.AddDate(0, 0, 7*n) },
		"month": func(n int) time.Time { return monthsBefore(start, -n) }, "quarter": func(n int) time.Time { return monthsBefore(start, -3*n) },
	}[q.Interval]
	if begin == nil {
		return nil, fault.New(fault.Invalid, "interval", "Expected one of %s, got %q.", strings.Join(TimelineIntervals, ", "), q.Interval)
	}
	out := make([]Period, q.Amount)
	for i := range out {
		out[i] = Period{First: begin(i).Format(time.DateOnly), Last: begin(i+1).AddDate(0, 0, -1).Format(time.DateOnly)}
	}
	return out, nil
}

// column is where the field stands.
func (q TimelineQuery) column(tx *store.Tx) (column, error) {
	list, err := fields(tx, KindDeal)
	if err != nil {
		return column{}, err
	}
	i := slices.IndexFunc(list, func(f Field) bool { return f.Code == q.Field && f.Type == TypeDate })
	if i < 0 {
		return column{}, fault.New(fault.Invalid, "field_key", "Expected the key of a field of deals that is a date, such as add_time or expected_close_date, got %q.", shorten(q.Field))
	}
	at, ok := columnOf(tx.Dialect(), KindDeal, list[i], "")
	if !ok {
		return column{}, fault.New(fault.Invalid, "field_key", "Deals have no values of %q to go by.", q.Field)
	}
	at.sql = strings.ReplaceAll(at.sql, "~.", "d.")
	return at, nil
}

// during is the condition that the field is one of some days.
func (k column) during(on span) clause {
	if k.as == asMicros {
		return k.instant(OpIs, on)
	}
	return k.day(OpIs, on)
}

// timelineDeals reads what the sums need, in the order of the field.
func timelineDeals(tx *store.Tx, at column, f *finding, periods []Period) ([]timelineDeal, error) {
	list, err := store.Select(tx, func(sc store.Scanner) (d timelineDeal, err error) {
		var day string
		var micros int64
		place := any(&day)
		if at.as == asMicros {
			place = &micros
		}
		err = sc.Scan(&d.id, place, &d.status, &d.currency, &d.amount, &d.probability)
		if at.as == asMicros {
			day = time.UnixMicro(micros).UTC().Format(time.DateOnly)
		}
		d.period, _ = slices.BinarySearchFunc(periods, day, func(p Period, day string) int {
			if p.Last < day {
				return -1
			}
			return 1
		})
		return d, err
	}, `SELECT d.id, `+at.sql+`, d.status, d.currency, d.amount,
			COALESCE(d.probability, CASE WHEN l.probability_on THEN s.probability ELSE 100 END)
		FROM records_deal d
		JOIN records_stage s ON s.company_id = d.company_id AND s.id = d.stage_id
		JOIN records_pipeline l ON l.company_id = s.company_id AND l.id = s.pipeline_id
		WHERE d.company_id = @company`+f.where.String()+` ORDER BY 2, d.id`, f.args...)
	if err != nil {
		return nil, fmt.Errorf("read the timeline of deals: %w", err)
	}
	return list, nil
}

// timelineWhole reads the deals themselves, without what the caller does not see of
// them.
func timelineWhole(tx *store.Tx, v route.Caller, f *finding) (map[int64]Deal, error) {
	list, err := store.Select(tx, scanDeal, selectDeal+f.where.String(), f.args...)
	if err != nil {
		return nil, fmt.Errorf("read the deals of a timeline: %w", err)
	}
	if err := withoutHidden(tx, v, list, dealNames); err != nil {
		return nil, err
	}
	out := make(map[int64]Deal, len(list))
	for _, d := range list {
		out[d.ID] = d
	}
	return out, nil
}
