package web

import (
	"cmp"
	"net/http"
	"net/url"
	"slices"
	"time"

	"github.com/dockwright/dockwright/internal/host/records"
)

const (
	// calendarMost is how many activities a calendar shows; it says when there are
	// more.
	calendarMost = 500
	// perDay is how many a day of a month shows before it says how many more.
	perDay = 4
	// maxLanes is how many activities stand side by side; further ones stand above,
	// with their time.
	maxLanes = 4
	// The hours that a week shows at least.
	firstHour, lastHour = 8, 18
)

// calendarPage is a week or a month.
type calendarPage struct {
	activityChoice
	Month             bool
	Title, Zone       string
	Hours             []string // "08:00", of a week
	Days              []calendarDay
	More              bool // there is more than is shown
	At                string
	Today, Back, On   string // addresses
	Day               string // YYYY-MM-DD that is shown
	WeekURL, MonthURL string
	ListURL           string
}

// calendarDay is a day with what is to be done on it.
type calendarDay struct {
	Day, Name, Short string // YYYY-MM-DD, "Monday 24 November", "Mon"
	Number           int
	Today, Outside   bool          // Outside: not of the month that is shown
	Above            []activityRow // for the whole day
	Slots            []slot
	Hidden           int    // further ones
	WeekURL          string // the week of the day
}

// Rows are all that is shown of a day.
func (d calendarDay) Rows() []activityRow {
	rows := slices.Clone(d.Above)
	for _, s := range d.Slots {
		rows = append(rows, s.Row)
	}
	return rows
}

// slot is an activity at its place in a day: half hours from the first that is
// shown, and beside how many others.
type slot struct {
	Row           activityRow
	First, Length int // half hours
	Lane, Lanes   int // from 1 on; Lanes 1: alone
}

// calendar shows a week or a month.
// spec: records.activity-calendar
func (w *Web) calendar(rw http.ResponseWriter, r *http.Request) error {
	h, err := w.hereOf(r)
	if err != nil {
		return err
	}
	d := calendarPage{Month: r.FormValue("view") == "month", Zone: h.Zone.String(), At: r.URL.RequestURI()}
	if d.activityChoice, err = w.activityChoiceOf(r); err != nil {
		return err
	}
	at := h.dayOf(r.FormValue("day"))
	from, days := d.period(h, at)
	f := d.filter()
	f.Due = h.span(from, days)
	list, more, err := w.s.Records.ListActivities(r.Context(), caller(r), f, records.Window{Limit: calendarMost, Sort: []records.Order{{By: "due"}}})
	if err != nil {
		return err
	}
	rows, err := w.activityRows(r.Context(), caller(r), h, list)
	if err != nil {
		return err
	}
	d.More = more
	d.fill(h, from, days, at, rows)
	w.render(rw, r, http.StatusOK, page{Title: "Calendar", Nav: "activities", Template: "activities/calendar", Data: d})
	return nil
}

// period is the first day and the number of days, with the addresses around them.
func (d *calendarPage) period(h here, at time.Time) (time.Time, int) {
	d.Day, d.Today = at.Format(time.DateOnly), d.url(h.Now, d.Month)
	d.WeekURL, d.MonthURL, d.ListURL = d.url(at, false), d.url(at, true), address("/activities", d.query())
	if !d.Month {
		from := h.monday(at)
		last := h.midnight(from, 6)
		d.Title = from.Format("2 Jan") + " – " + last.Format("2 Jan 2006")
		if from.Month() == last.Month() {
			d.Title = from.Format("2") + "–" + last.Format("2 January 2006")
		}
		d.Back, d.On = d.url(h.midnight(from, -7), false), d.url(h.midnight(from, 7), false)
		return from, 7
	}
	first := h.midnight(at, 1-at.Day())
	next := time.Date(first.Year(), first.Month()+1, 1, 0, 0, 0, 0, h.Zone)
	d.Title = first.Format("January 2006")
	d.Back, d.On = d.url(h.midnight(first, -1), true), d.url(next, true)
	from, days := h.monday(first), 7
	for h.midnight(from, days).Before(next) {
		days += 7
	}
	return from, days
}

// url is the address of the calendar around a day.
func (d *calendarPage) url(t time.Time, month bool) string {
	q := d.query()
	q.Set("day", t.Format(time.DateOnly))
	if month {
		q.Set("view", "month")
	}
	return address("/activities/calendar", q)
}

// fill puts the activities into their days.
func (d *calendarPage) fill(h here, from time.Time, days int, at time.Time, rows []activityRow) {
	byDay := map[string][]activityRow{}
	first, last := firstHour*2, lastHour*2
	for _, row := range rows {
		byDay[row.Day] = append(byDay[row.Day], row)
		if !row.start.IsZero() {
			begin, length := halfHours(row)
			first, last = min(first, begin/2*2), max(last, (begin+length+1)/2*2)
		}
	}
	if !d.Month {
		for half := first; half < last; half += 2 {
			d.Hours = append(d.Hours, time.Date(2000, 1, 1, half/2, 0, 0, 0, time.UTC).Format("15:04"))
		}
	}
	for i := range days {
		t := h.midnight(from, i)
		day := calendarDay{
			Day: t.Format(time.DateOnly), Name: t.Format("Monday 2 January"), Short: t.Format("Mon"), Number: t.Day(), WeekURL: d.url(t, false),
		}
		day.Today, day.Outside = day.Day == h.Today(), d.Month && t.Month() != at.Month()
		day.place(byDay[day.Day], first)
		if d.Month {
			day.cut()
		}
		d.Days = append(d.Days, day)
	}
}

// cut leaves out what a month has no room for. The order is that of the day.
func (d *calendarDay) cut() {
	rows := d.Rows()
	if len(rows) <= perDay {
		return
	}
	d.Hidden = len(rows) - perDay + 1
	d.Above, d.Slots = rows[:perDay-1], nil
}

// halfHours are where an activity begins and how long it lasts, by the clock on the
// wall and not beyond midnight.
func halfHours(row activityRow) (from, length int) {
	begin := row.start.Hour()*60 + row.start.Minute()
	end := begin + int(row.Lasts()/time.Minute)
	from = begin / 30
	return from, max(1, min((end+29)/30, 48)-from)
}

// place puts the activities of a day side by side where they overlap.
func (d *calendarDay) place(rows []activityRow, first int) {
	slices.SortStableFunc(rows, func(a, b activityRow) int {
		return cmp.Or(a.start.Compare(b.start), cmp.Compare(b.Lasts(), a.Lasts()), cmp.Compare(a.ID, b.ID))
	})
	var ends [maxLanes]int // of each lane, in half hours
	group, until := 0, 0   // the first of those that overlap, and where they end
	settle := func() {
		lanes := 0
		for _, s := range d.Slots[group:] {
			lanes = max(lanes, s.Lane)
		}
		for i := range d.Slots[group:] {
			d.Slots[group+i].Lanes = lanes
		}
		group = len(d.Slots)
	}
	for _, row := range rows {
		if row.start.IsZero() {
			d.Above = append(d.Above, row)
			continue
		}
		from, length := halfHours(row)
		if from >= until {
			settle()
		}
		lane := slices.IndexFunc(ends[:], func(end int) bool { return end <= from })
		if lane < 0 {
			d.Above = append(d.Above, row)
			continue
		}
		ends[lane], until = from+length, max(until, from+length)
		d.Slots = append(d.Slots, slot{Row: row, First: from - first, Length: length, Lane: lane + 1})
	}
	settle()
}

// AddURL is the form for an activity on a day; back leads to where one is.
func (d calendarPage) AddURL(day string) string {
	q := url.Values{"back": {d.At}}
	if day != "" {
		q.Set("due_date", day)
	}
	return "/activities/new?" + q.Encode()
}
