package web_test

import (
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"testing"

	"github.com/chromedp/chromedp"

	"github.com/dockwright/dockwright/internal/browsertest"
	"github.com/dockwright/dockwright/internal/host/records"
)

// The four forms of the host, opened by an app, filled in and saved: the person
// stays on the page, and the app learns the id.
// spec: surface.command.open-modal
// spec: surface.open-modal.prefill
// spec: surface.open-modal.stays
func TestFormsOpenedByTheSDK(t *testing.T) {
	t.Parallel()
	s, b, app := modalRig(t)
	title := browsertest.Eval[string](b, `document.querySelector('h1').textContent`)
	b.Run(chromedp.Evaluate[chromedp.Void](mark))
	ask := func(args string) {
		t.Helper()
		app.do("/panel", fmt.Sprintf(asked, args))
		b.Wait(`document.getElementById('form-dialog')?.open`)
	}
	answered := func() (status string, id int64) {
		t.Helper()
		var a struct {
			Data struct {
				Status string
				ID     int64
			}
			Error string
		}
		s.ok(json.Unmarshal([]byte(app.do("/panel", `await until(() => window.answer); return window.answer`)), &a))
		b.Wait(`!document.getElementById('form-dialog').open`)
		if !browsertest.Eval[bool](b, alive+` && location.pathname === '/deals/7' && document.querySelector('h1').textContent === `+fmt.Sprintf("%q", title)) {
			t.Fatal("the person did not stay on the page")
		}
		return a.Data.Status, a.Data.ID
	}
	submit := click(`#form-dialog button[type=submit].primary`)

	ask(`{type: 'organization', prefill: {name: 'Quay & Sons'}}`)
	b.Run(submit)
	status, organization := answered()
	if o, err := s.people.Organization(t.Context(), s.callerOf(1), organization); status != "submitted" || err != nil || o.Name != "Quay & Sons" {
		t.Errorf("organization: %s, %+v, %v", status, o, err)
	}
	ask(`{type: 'person', prefill: {name: 'Mara Quay', organization: 'Quay & Sons'}}`)
	b.Run(submit)
	status, person := answered()
	if p, err := s.people.Person(t.Context(), s.callerOf(1), person); status != "submitted" || err != nil || p.Name != "Mara Quay" || p.Organization.ID != organization {
		t.Errorf("person: %s, %+v, %v", status, p, err)
	}
	// What is refused stays open, and is answered when it is mended.
	ask(`{type: 'deal', prefill: {title: '', person: 'Mara Quay', organization: 'Somebody New'}}`)
	b.Run(chromedp.Evaluate[chromedp.Void](`document.querySelector('#form-dialog form').noValidate = true`), submit)
	b.Wait(`document.querySelector('#form-dialog .field-error')`)
	b.Run(chromedp.SetValue(`#form-dialog [name=title]`, "Boats"), submit)
	status, deal := answered()
	d, err := s.people.Deal(t.Context(), s.callerOf(1), deal)
	if status != "submitted" || err != nil || d.Title != "Boats" || d.Person.ID != person || d.Organization.Name != "Somebody New" {
		t.Errorf("deal: %s, %+v, %v", status, d, err)
	}
	ask(`{type: 'activity', prefill: {subject: 'Call the quay', dueDate: '2031-03-04', dueTime: '14:30', duration: '00:40', deal: ` + fmt.Sprint(deal) + `,
		note: 'Ask <b>twice</b>:<ul><li onclick="x()">price</li></ul><script>alert(1)</script>', description: 'Bring <i>all</i> papers'}}`)
	b.Run(submit)
	status, activity := answered()
	a, err := s.people.Activity(t.Context(), s.callerOf(1), activity)
	if status != "submitted" || err != nil || a.Subject != "Call the quay" || a.DueDate != "2031-03-04" || a.DueTime != "14:30:00" || a.Duration != "00:40:00" ||
		a.Deal != deal || a.Organization != d.Organization.ID || a.PublicDescription != "Bring all papers" || !strings.Contains(a.Note, "<ul>") || !strings.Contains(a.Note, "<b>twice</b>") || strings.Contains(a.Note, "script") {
		t.Errorf("activity: %s, %+v, %v", status, a, err)
	}

	// Cancel and Escape are "closed"; a second form meanwhile is refused.
	for _, end := range []browsertest.Action{click(`#form-dialog [data-cancel]`), chromedp.Evaluate[chromedp.Void](`document.getElementById('form-dialog').close()`)} {
		ask(`{type: 'deal'}`)
		if got := app.do("/panel", `return command('open_modal', {type: 'person'})`); !strings.Contains(got, "another dialog is open") {
			t.Errorf("a second form is answered %s", got)
		}
		if got := app.do("/panel", `return command('open_modal', {type: 'custom_modal', action_id: 'Pick template'})`); !strings.Contains(got, "a dialog of the CRM is open") {
			t.Errorf("a modal beneath a form is answered %s", got)
		}
		b.Run(end)
		if status, id := answered(); status != "closed" || id != 0 {
			t.Errorf("after closing: %s %d", status, id)
		}
	}
	// A form that a person opens leads on as before.
	b.Run(chromedp.Click(`[popovertarget=quick-add]`), chromedp.Click(`#quick-add a[href="/organizations/new"]`))
	b.Wait(`document.getElementById('form-dialog').open`)
	b.Run(chromedp.SetValue(`#form-dialog [name=name]`, "Pier Ltd"), submit)
	b.Wait(`location.pathname.startsWith('/organizations/') && document.querySelector('h1')?.textContent === 'Pier Ltd'`)
}

// What an app may fill in, and what is refused by its name.
// spec: surface.open-modal.prefill
// spec: surface.open-modal.activity
// spec: surface.open-modal.activity-html
func TestPrefillOfForms(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	s.get("/")
	for body, want := range map[string]string{
		`{"type": "deal"}`: `/deals/new`,
		`{"type": "deal", "prefill": {"title": "A & B", "person": "Mara", "organization": "Quay", "colour": 3}}`: `/deals/new?organization=Quay&person=Mara&title=A+%26+B`,
		`{"type": "deal", "prefill": {"title": null}}`:                                                           `/deals/new`,
		`{"type": "deal", "prefill": {"person": 4}}`:                                                             `prefill.person`,
		`{"type": "deal", "prefill": {"title": "` + strings.Repeat("x", 256) + `"}}`:                             `prefill.title`,
		`{"type": "person", "prefill": {"name": "Mara"}}`:                                                        `/persons/new?name=Mara`,
		`{"type": "person", "prefill": {"name": {}}}`:                                                            `prefill.name`,
		`{"type": "organization", "prefill": {"name": "Quay"}}`:                                                  `/organizations/new?name=Quay`,
		`{"type": "activity", "prefill": {"dueDate": "2031-03-04", "duration": "01:15"}}`:                        `/activities/new?due_date=2031-03-04&duration=01%3A15&zone=utc`,
		`{"type": "activity", "prefill": {"dueDate": "2031-02-30"}}`:                                             `prefill.dueDate`,
		`{"type": "activity", "prefill": {"dueDate": "2031-3-4"}}`:                                               `prefill.dueDate`,
		`{"type": "activity", "prefill": {"dueTime": "24:00"}}`:                                                  `prefill.dueTime`,
		`{"type": "activity", "prefill": {"dueTime": "9:05"}}`:                                                   `prefill.dueTime`,
		`{"type": "activity", "prefill": {"duration": "90"}}`:                                                    `prefill.duration`,
		`{"type": "activity", "prefill": {"deal": "7"}}`:                                                         `prefill.deal`,
		`{"type": "activity", "prefill": {"deal": 7.5}}`:                                                         `prefill.deal`,
		`{"type": "activity", "prefill": {"deal": -1}}`:                                                          `prefill.deal`,
		`{"type": "activity", "prefill": {"organization": 123456}}`:                                              `prefill.organization`,
		`{"type": "activity", "prefill": {"note": "<b class='x'>a</b><p>b</p><I>c</I><ul><li>d</li></ul>"}}`:     `/activities/new?note=` + url.QueryEscape(`a</b>b<i>c</i><ul><li>d</li></ul>`),
		`{"type": "lead"}`:            `type`,
		`{"type": "deal", "more": 1}`: `more`,
		`{"type": "deal"`:             `JSON`,
	} {
		status, got := s.postJSON("/_dockwright/surfaces/form", body)
		switch {
		case strings.HasPrefix(want, "/"):
			var out struct{ URL string }
			if err := json.Unmarshal([]byte(got), &out); err != nil || out.URL != want {
				t.Errorf("%s: got %s, want %s", body, got, want)
			}
		case status != http.StatusBadRequest || !strings.Contains(got, want):
			t.Errorf("%s: got %d %s, want a refusal with %s", body, status, got, want)
		}
	}
	// A time alone is today; a deal of which the person sees nothing is not there.
	if _, got := s.postJSON("/_dockwright/surfaces/form", `{"type": "activity", "prefill": {"dueTime": "09:05"}}`); !strings.Contains(got, "due_date=") || !strings.Contains(got, "due_time=09%3A05") {
		t.Error(got)
	}
	hidden, err := s.people.CreateDeal(t.Context(), s.callerOf(2), records.Deal{Title: "Hidden", Owner: 2, VisibleTo: 1})
	s.ok(err)
	s.post("/_dockwright/switch-user", url.Values{"user": {"3"}})
	if status, got := s.postJSON("/_dockwright/surfaces/form", fmt.Sprintf(`{"type": "activity", "prefill": {"deal": %d}}`, hidden.ID)); status != http.StatusBadRequest || strings.Contains(got, "Hidden") {
		t.Errorf("somebody else's deal: %d %s", status, got)
	}
}
