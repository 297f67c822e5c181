package web_test

import (
	"fmt"
	"testing"
	"time"

	"github.com/chromedp/chromedp"
	"github.com/chromedp/chromedp/kb"

	"github.com/dockwright/dockwright/internal/browsertest"
)

// The box of an activity marks it as done without leaving the page, and the focus
// goes on to the next; the timeline of its deal does the same.
// spec: records.activities, records.timeline-activities
func TestDoneInTheBrowser(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	first, second := s.plan("Paint it", "2031-01-01", "", false), s.plan("Deliver it", "2031-01-02", "", false)
	b := browsertest.New(t)
	b.Open(s.url + "/activities")
	b.Run(chromedp.Evaluate[chromedp.Void](mark))
	box := func(id int64) string { return fmt.Sprintf(`document.querySelector('#activity-%d .done-button')`, id) }
	b.Wait(box(first.ID))
	b.Run(chromedp.Evaluate[chromedp.Void](box(first.ID)+`.focus()`), chromedp.KeyEvent(" "))
	b.Wait(`!` + box(first.ID) + ` && document.activeElement === ` + box(second.ID))
	if !browsertest.Eval[bool](b, alive) || !s.activity("Paint it").Done {
		t.Error("the page was loaded anew, or the activity is not done")
	}
	b.Run(chromedp.Click(`a[href="/activities?show=done"]`))
	b.Wait(`location.search === '?show=done' && ` + box(first.ID) + `?.getAttribute('aria-checked') === 'true'`)

	// From a deal: the form of a new activity, then done in the timeline.
	b.Open(s.url + "/deals/1")
	b.Run(chromedp.Click(`#add-activity`), chromedp.Click(`#panel-activity a`))
	b.Wait(`document.querySelector('#form-dialog[open] #in-subject')`)
	b.Run(chromedp.SendKeys(`#in-subject`, "Measure the terrace"), chromedp.Click(`#form-dialog button.primary`))
	b.Wait(`document.querySelector('#planned .activity-subject')?.textContent === 'Measure the terrace' && !document.querySelector('#form-dialog[open]')`)
	b.Run(chromedp.Click(`#planned .done-button`))
	b.Wait(`!document.querySelector('#planned .activity-subject') && document.querySelector('#timeline .entry-activity .activity-subject')?.textContent === 'Measure the terrace'`)
	if a := s.activity("Measure the terrace"); a.Deal != 1 || !a.Done {
		t.Errorf("stored %+v", a)
	}
}

// The calendar is used by keyboard and by clicks: from one activity to the next, to
// the form and back, to other weeks, and to an empty hour.
// spec: records.activity-calendar
func TestCalendarInTheBrowser(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	at := func(subject, day string, hour int) int64 {
		zone, err := time.LoadLocation("Europe/Tallinn")
		s.ok(err)
		d, err := time.ParseInLocation(time.DateOnly, day, zone)
		s.ok(err)
		d = d.Add(time.Duration(hour) * time.Hour).UTC()
		return s.plan(subject, d.Format(time.DateOnly), d.Format(time.TimeOnly), false).ID
	}
	early, late, beside := at("Early", "2031-01-07", 9), at("Late", "2031-01-07", 16), at("Beside", "2031-01-08", 15)
	b := browsertest.New(t)
	b.Run(chromedp.EmulateViewport(1280, 860))
	b.Open(s.url + "/activities/calendar?day=2031-01-07")
	focus := func(id int64) string { return fmt.Sprintf(`document.activeElement?.id === 'event-%d'`, id) }
	b.Run(chromedp.Focus(fmt.Sprintf(`#event-%d`, early)))
	for _, step := range []struct {
		key string
		on  int64
	}{{kb.ArrowDown, late}, {kb.ArrowRight, beside}, {kb.ArrowLeft, late}, {kb.ArrowUp, early}} {
		b.Run(chromedp.KeyEvent(step.key))
		b.Wait(focus(step.on))
	}
	place := `(id) => document.getElementById('event-' + id).getBoundingClientRect()`
	if !browsertest.Eval[bool](b, fmt.Sprintf(`((at) => at(%d).top < at(%d).top && at(%d).left === at(%d).left && at(%d).left > at(%d).right - 5)(%s)`, early, late, early, late, beside, late, place)) {
		t.Error("the activities do not stand at their hours and days")
	}
	b.Run(chromedp.KeyEvent(kb.Enter))
	b.Wait(`document.querySelector('#form-dialog[open] #in-subject')?.value === 'Early'`)
	b.Run(chromedp.SetValue(`#form-dialog [name=due_time]`, "20:15"), chromedp.Click(`#form-dialog button.primary`))
	b.Wait(fmt.Sprintf(`!document.querySelector('#form-dialog[open]') && document.querySelector('#event-%d .cal-time')?.textContent === '20:15'`, early))

	// An empty hour of Thursday: the form knows the day and the time.
	b.Run(chromedp.Evaluate[chromedp.Void](`(() => {
		const hours = document.querySelector('#day-2031-01-09 .cal-hours');
		const r = hours.getBoundingClientRect();
		hours.dispatchEvent(new MouseEvent('click', {bubbles: true, clientX: r.left + 20, clientY: r.top + 24 * 5 + 3}));
	})()`))
	b.Wait(`document.querySelector('#form-dialog[open] [name=due_date]')?.value === '2031-01-09' && document.querySelector('#form-dialog [name=due_time]').value === '10:30'`)
	b.Run(chromedp.Click(`#form-dialog [data-cancel]`))
	b.Run(chromedp.Focus(fmt.Sprintf(`#event-%d`, late)), chromedp.KeyEvent(kb.PageDown))
	b.Wait(`document.querySelector('.calendar-title')?.textContent.includes('13–19 January 2031')`)
	b.Run(chromedp.EmulateViewport(400, 800))
	b.Wait(`getComputedStyle(document.querySelector('.calendar')).display === 'block'`)
}
