package web

import (
	"net/http"
	"time"
	_ "time/tzdata" // a machine without a database of zones still knows them

	"github.com/dockwright/dockwright/internal/fault"
	"github.com/dockwright/dockwright/internal/host/account"
	"github.com/dockwright/dockwright/internal/store"
)

// here is when it is for the viewer: the clock and the time zone of the user.
type here struct {
	Zone *time.Location
	Now  time.Time // in Zone
}

// hereOf reads the viewer's time zone. A user whose zone is not known has UTC.
func (w *Web) hereOf(r *http.Request) (here, error) {
	var me account.User
	err := w.s.DB.Company(caller(r).Company).View(r.Context(), func(tx *store.Tx) (err error) {
		me, err = w.s.Account.User(tx, caller(r).User)
		return err
	})
	zone, unknown := time.LoadLocation(me.Timezone)
	if unknown != nil {
		zone = time.UTC
	}
	return here{Zone: zone, Now: w.s.Clock.Now().In(zone)}, err
}

// Today is YYYY-MM-DD.
func (h here) Today() string { return h.Now.Format(time.DateOnly) }

// midnight is when a day begins, n days after the one of t.
func (h here) midnight(t time.Time, n int) time.Time {
	y, m, d := t.Date()
	return time.Date(y, m, d+n, 0, 0, 0, 0, h.Zone)
}

// monday is when the week of t begins.
func (h here) monday(t time.Time) time.Time { return h.midnight(t, -(int(t.Weekday())+6)%7) }

// dayOf reads YYYY-MM-DD; anything else is today.
func (h here) dayOf(s string) time.Time {
	t, err := time.ParseInLocation(time.DateOnly, s, h.Zone)
	if err != nil || t.Year() < 1 || t.Year() > 9998 {
		return h.midnight(h.Now, 0)
	}
	return h.midnight(t, 0)
}

// instant is what a day and a time, as the viewer types them, mean. A time that a
// clock shows twice, when it is set back, is the first of the two; one that it
// leaves out is refused.
// spec: records.activity-zone
func (h here) instant(date, hours string) (time.Time, error) {
	day, err := time.Parse(time.DateOnly, date)
	if err != nil {
		return time.Time{}, fault.New(fault.Invalid, "due_date", "Expected a day such as 2026-11-30, got %q.", date)
	}
	at, err := time.Parse("15:04", hours)
	if err != nil {
		if at, err = time.Parse("15:04:05", hours); err != nil {
			return time.Time{}, fault.New(fault.Invalid, "due_time", "Expected hours and minutes such as 13:30, got %q.", hours)
		}
	}
	typed := day.Format(time.DateOnly) + at.Format(" 15:04:05")
	t := time.Date(day.Year(), day.Month(), day.Day(), at.Hour(), at.Minute(), at.Second(), 0, h.Zone)
	if t.Format(time.DateTime) != typed {
		return time.Time{}, fault.New(fault.Invalid, "due_time",
			"There is no %s on this day in %s: the clock is set forward. Choose an hour later or earlier.", hours, h.Zone)
	}
	for _, earlier := range []time.Duration{time.Hour, 30 * time.Minute} {
		if before := t.Add(-earlier); before.Format(time.DateTime) == typed {
			return before, nil
		}
	}
	return t, nil
}

// words says a day as people do.
func (h here) words(t time.Time) string {
	switch t.Format(time.DateOnly) {
	case h.Today():
		return "Today"
	case h.midnight(h.Now, 1).Format(time.DateOnly):
		return "Tomorrow"
	case h.midnight(h.Now, -1).Format(time.DateOnly):
		return "Yesterday"
	}
	if t.Year() == h.Now.Year() {
		return t.Format("Mon 2 Jan")
	}
	return t.Format("2 Jan 2006")
}
