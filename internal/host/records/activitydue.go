package records

import (
	"context"
	"slices"
	"time"

	"github.com/dockwright/dockwright/internal/fault"
	"github.com/dockwright/dockwright/internal/host/route"
	"github.com/dockwright/dockwright/internal/store"
)

// DueSpan is when activities are due. One with a time is due at an instant; one
// without is due on a day, and a day is the same day everywhere. The zero span does
// not restrict; any other leaves out what has no day.
type DueSpan struct {
	FromDay, ToDay string    // YYYY-MM-DD, both included; empty: open
	Since, Until   time.Time // the first included, the second not; zero: open
}

// dueKey is when an activity is due, as a text that sorts.
const dueKey = `CASE WHEN a.due_date = '' THEN '9' ELSE a.due_date || a.due_time END`

// dueAt is an instant as dueKey has it.
func dueAt(t time.Time) string { return t.UTC().Format("2006-01-0215:04:05") }

// add adds the span to the conditions of a list: first a range that holds it, for
// the indexes, then the span itself.
func (d DueSpan) add(q *finding) {
	if d == (DueSpan{}) {
		return
	}
	q.and("a.due_date <> ''")
	if d.FromDay != "" || !d.Since.IsZero() {
		from := d.FromDay
		if from == "" || !d.Since.IsZero() && dueAt(d.Since) < from {
			from = dueAt(d.Since)
		}
		q.and("a.due_date >= ?", from[:len(time.DateOnly)])
		q.and(dueKey+" >= ?", from)
		q.and("(a.due_time = '' AND a.due_date >= ?) OR (a.due_time <> '' AND "+dueKey+" >= ?)", d.FromDay, instant(d.Since))
	}
	if d.ToDay != "" || !d.Until.IsZero() {
		to := instant(d.Until)
		if d.ToDay > to {
			to = d.ToDay
		}
		q.and("a.due_date <= ?", to[:len(time.DateOnly)])
		q.and(dueKey+" <= ?", to)
		q.and("(a.due_time = '' AND a.due_date <= ?) OR (a.due_time <> '' AND "+dueKey+" < ?)", d.ToDay, instant(d.Until))
	}
}

// instant is dueAt of a limit; none is before everything.
func instant(t time.Time) string {
	if t.IsZero() {
		return ""
	}
	return dueAt(t)
}

// DueAt is when an activity with a time is due; ok is false for one that has only a
// day, or nothing.
func (a Activity) DueAt() (at time.Time, ok bool) {
	if a.DueDate == "" || a.DueTime == "" {
		return time.Time{}, false
	}
	at, err := time.Parse(time.DateTime, a.DueDate+" "+a.DueTime)
	return at, err == nil
}

// Lasts is how long an activity takes; 0 when that is not known.
func (a Activity) Lasts() time.Duration {
	var h, m, s int64
	for i, part := range []*int64{&h, &m, &s} {
		if len(a.Duration) < len("00:00:00") {
			return 0
		}
		*part = int64(a.Duration[3*i]-'0')*10 + int64(a.Duration[3*i+1]-'0')
	}
	return time.Duration(h)*time.Hour + time.Duration(m)*time.Minute + time.Duration(s)*time.Second
}

// Position is where a stands in a list sorted by one key, for going on behind it.
func (a Activity) Position(by string) Position {
	if by == "due" {
		key := a.DueDate + a.DueTime
		if a.DueDate == "" {
			key = "9"
		}
		return Position{Value: key, ID: a.ID}
	}
	return place(by, a.Subject, a.AddedAt, a.UpdatedAt, a.ID)
}

// OrderActivityTypes puts the types that can be chosen into the order of ids, which
// must be all of them.
func (s *Service) OrderActivityTypes(ctx context.Context, c route.Caller, ids ...int64) error {
	return s.withActivityTypes(ctx, c, ids, func(tx *store.Tx, all, these []ActivityType) error {
		for _, t := range all {
			if !t.Deleted && !slices.Contains(ids, t.ID) {
				return fault.New(fault.Invalid, "ids", "Expected all types in their new order, but %q is missing. Load the page again; somebody added it.", t.Name)
			}
		}
		for i, before := range these {
			after := before
			after.Position, after.UpdatedAt = int64(i+1), tx.Now()
			if after.Position == before.Position {
				continue
			}
			if err := s.writeActivityType(tx, c, before, after, Updated); err != nil {
				return err
			}
		}
		return nil
	})
}
