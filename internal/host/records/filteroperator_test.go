package records

import (
	"testing"
	"time"
)

// Words mean the days that they say, wherever in a year today is.
// spec: rest.filters.relative-dates
func TestRelativeDates(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ today, word, from, to string }{
		{"2026-11-21", "today", "2026-11-21", "2026-11-21"},
		{"2026-12-31", "tomorrow", "2027-01-01", "2027-01-01"},
		{"2026-03-01", "yesterday", "2026-02-28", "2026-02-28"},
		{"2026-11-22", "this_week", "2026-11-16", "2026-11-22"}, // a Sunday
		{"2026-11-23", "this_week", "2026-11-23", "2026-11-29"},
		{"2026-01-01", "last_week", "2025-12-22", "2025-12-28"},
		{"2026-11-21", "next_week", "2026-11-23", "2026-11-29"},
		{"2026-03-31", "last_month", "2026-02-01", "2026-02-28"},
		{"2026-12-31", "next_month", "2027-01-01", "2027-01-31"},
		{"2026-11-21", "this_quarter", "2026-10-01", "2026-12-31"},
		{"2026-01-15", "last_quarter", "2025-10-01", "2025-12-31"},
		{"2026-11-21", "next_year", "2027-01-01", "2027-12-31"},
		{"2026-11-21", "1_week_ago", "2026-11-14", "2026-11-14"},
		{"2026-11-21", "3_days_ago", "2026-11-18", "2026-11-18"},
		{"2026-03-31", "1_month_ago", "2026-02-28", "2026-02-28"},
		{"2024-02-29", "1_year_ago", "2023-02-28", "2023-02-28"},
		{"2026-11-21", "2026-02-03", "2026-02-03", "2026-02-03"},
	} {
		today, err := time.Parse(time.DateOnly, c.today)
		if err != nil {
			t.Fatal(err)
		}
		got, ok := days(c.word, today.Add(23*time.Hour))
		if !ok || got != (span{c.from, c.to}) {
			t.Errorf("%s on %s: %v %v, want %s to %s", c.word, c.today, got, ok, c.from, c.to)
		}
	}
	for _, n := range RelativeDates {
		if _, ok := days(n.Word, time.Time{}); !ok {
			t.Errorf("the word %s is offered and not understood", n.Word)
		}
	}
	for _, word := range []string{"", "soon", "this_day", "any_week", "99_weeks_ago", "2026-02-30", "last_month_ago", "1_weeks_ago"} {
		if got, ok := days(word, time.Time{}); ok {
			t.Errorf("%q: %v, want nothing", word, got)
		}
	}
}
