package web_test

import (
	"fmt"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/dockwright/dockwright/internal/host/records"
	"github.com/dockwright/dockwright/internal/host/route"
)

var boss = route.Caller{Company: 1, User: 1, Admin: true}

// liveIn makes the first user live in a time zone.
func (s *site) liveIn(zone string) {
	s.t.Helper()
	s.exec(`UPDATE account_user SET timezone = ? WHERE company_id = @company AND id = 1`, zone)
}

// activity is the one with this subject.
func (s *site) activity(subject string) records.Activity {
	s.t.Helper()
	list, _, err := s.people.ListActivities(s.t.Context(), boss, records.ActivityFilter{}, records.Window{Limit: 500})
	s.ok(err)
	for _, a := range list {
		if a.Subject == subject {
			return a
		}
	}
	s.t.Fatalf("there is no activity %q", subject)
	return records.Activity{}
}

// plan stores an activity of the first user.
func (s *site) plan(subject, day, at string, done bool) records.Activity {
	s.t.Helper()
	a, err := s.people.CreateActivity(s.t.Context(), boss, records.ActivityPatch{Subject: &subject, DueDate: &day, DueTime: &at, Done: &done})
	s.ok(err)
	return a
}

// An activity is made in a form that knows what it is about, changed, and deleted.
// spec: records.activity-form
func TestActivityForm(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	_, form := s.get("/activities/new?deal_id=1&type=meeting&due_date=2026-12-01&due_time=09:30&back=/deals/1", "record-form")
	deal, err := s.people.Deal(t.Context(), boss, 1)
	s.ok(err)
	for _, want := range []string{
		`value="` + deal.Title + `"`, `value="` + deal.Person.Name + `"`, `value="meeting" selected`, `value="2026-12-01"`, `value="09:30"`, "Europe/Tallinn", `/activities/new?back=%2Fdeals%2F1`,
	} {
		if !strings.Contains(form, want) {
			t.Errorf("the form lacks %q", want)
		}
	}
	typed := url.Values{
		"subject": {"Show the oak table"}, "type": {"meeting"}, "due_date": {"2026-12-01"}, "due_time": {"01:30"}, "duration": {"00:45:00"}, "busy": {"busy"},
		"owner_id": {"2"}, "deal_id": {deal.Title}, "deal_id_id": {"1"}, "person_id": {deal.Person.Name}, "person_id_id": {strconv.FormatInt(deal.Person.ID, 10)},
		"participants": {"Ulla Ott", " "}, "participants_id": {"", ""}, "note": {"Bring <oil>.\nAnd wax."}, "location": {"Showroom"},
	}
	if res, body := s.post("/activities/new?back=/deals/1", typed); res.StatusCode != http.StatusSeeOther || res.Header.Get("Location") != "/deals/1" {
		t.Fatalf("%d to %q: %s", res.StatusCode, res.Header.Get("Location"), body)
	}
	a := s.activity("Show the oak table")
	if a.DueDate != "2026-11-30" || a.DueTime != "23:30:00" || a.Duration != "00:45:00" || a.Owner != 2 || a.Deal != 1 || a.Person != deal.Person.ID ||
		len(a.Participants) != 2 || a.Note != "<p>Bring &lt;oil&gt;.<br>And wax.</p>" && a.Note != "<p>Bring &lt;oil&gt;.<br/>And wax.</p>" || a.Done || a.Busy != records.Busy || a.Location != "Showroom" {
		t.Errorf("stored %+v", a)
	}
	at := fmt.Sprintf("/activities/%d", a.ID)
	if _, body := s.get(at, "record-form"); !strings.Contains(body, `value="01:30"`) || !strings.Contains(body, "Bring &lt;oil&gt;.\nAnd wax.") || !strings.Contains(body, "Ulla Ott") {
		t.Errorf("the form of what was stored: %s", body)
	}
	typed.Set("due_time", "")
	typed.Set("done", "1")
	typed.Del("deal_id")
	if res, body := s.post(at, typed); res.StatusCode != http.StatusSeeOther || res.Header.Get("Location") != "/activities" {
		t.Fatalf("%d %s", res.StatusCode, body)
	}
	if b := s.activity("Show the oak table"); b.DueDate != "2026-12-01" || b.DueTime != "" || !b.Done || b.Deal != 0 || b.Note != a.Note {
		t.Errorf("changed to %+v", b)
	}
	for field, bad := range map[string]url.Values{
		"deal_id": {"deal_id": {"no such deal"}}, "due_date": {"due_time": {"10:00"}}, "due_time": {"due_date": {"2026-12-01"}, "due_time": {"soon"}},
		"owner_id": {"owner_id": {"x"}}, "type": {"type": {"party"}}, "participants": {"participants": {"Ann", "Ben"}, "participants_id": {""}},
	} {
		bad.Set("subject", "Bad")
		if res, body := s.post("/activities/new", bad, "main"); res.StatusCode != http.StatusBadRequest || !strings.Contains(body, `"field":"`+field+`"`) {
			t.Errorf("%s: %d %s", field, res.StatusCode, body)
		}
	}
	if res, _ := s.post(at+"/delete?back=//elsewhere.example/", nil); res.StatusCode != http.StatusSeeOther || res.Header.Get("Location") != "/" {
		t.Errorf("delete: %d to %s", res.StatusCode, res.Header.Get("Location"))
	}
	if res, _ := s.get(at); res.StatusCode != http.StatusNotFound {
		t.Errorf("a deleted activity's form: %d", res.StatusCode)
	}
}

// Days and times are those of the viewer's zone, around midnight and where the
// clock is set.
// spec: records.activity-zone
func TestActivityZone(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ zone, day, hours, date, utc string }{
		{"Europe/Tallinn", "2026-11-21", "00:30", "2026-11-20", "22:30:00"},
		{"America/New_York", "2026-11-20", "23:30", "2026-11-21", "04:30:00"},
		{"Asia/Kolkata", "2026-11-21", "05:29", "2026-11-20", "23:59:00"},
		{"Europe/Tallinn", "2026-03-29", "02:59", "2026-03-29", "00:59:00"},
		{"Europe/Tallinn", "2026-03-29", "04:00", "2026-03-29", "01:00:00"},
		{"Europe/Tallinn", "2026-10-25", "03:30", "2026-10-25", "00:30:00"}, // the first of two
		{"Europe/Tallinn", "2026-10-25", "04:30", "2026-10-25", "02:30:00"},
		{"Moon/Tycho", "2026-11-21", "10:00", "2026-11-21", "10:00:00"},
	} {
		t.Run(strings.ReplaceAll(c.zone, "/", "-")+" "+c.day, func(t *testing.T) {
			t.Parallel()
			s := newSite(t)
			s.get("/activities")
			s.liveIn(c.zone)
			if res, body := s.post("/activities/new", url.Values{"subject": {"Then"}, "due_date": {c.day}, "due_time": {c.hours}}); res.StatusCode != http.StatusSeeOther {
				t.Fatalf("%d %s", res.StatusCode, body)
			}
			a := s.activity("Then")
			if a.DueDate != c.date || a.DueTime != c.utc {
				t.Errorf("stored %s %s, want %s %s", a.DueDate, a.DueTime, c.date, c.utc)
			}
			_, week := s.get("/activities/calendar?day=" + c.day)
			day := week[strings.Index(week, `id="day-`+c.day):]
			if end := strings.Index(day, "</section>"); !strings.Contains(day[:end], ">Then<") || !strings.Contains(day[:end], c.hours) {
				t.Errorf("the day in the calendar: %s", day[:end])
			}
		})
	}
	s := newSite(t)
	s.get("/activities")
	if res, body := s.post("/activities/new", url.Values{"due_date": {"2026-03-29"}, "due_time": {"03:30"}}, "main"); res.StatusCode != http.StatusBadRequest || !strings.Contains(body, "clock is set forward") {
		t.Errorf("a time that is left out: %d %s", res.StatusCode, body)
	}
	// The second of two times stays when the form is sent as it was shown.
	a := s.plan("Twice", "2026-10-25", "01:30", false)
	if res, body := s.post(fmt.Sprintf("/activities/%d", a.ID), url.Values{"subject": {"Twice"}, "due_date": {"2026-10-25"}, "due_time": {"03:30"}}); res.StatusCode != http.StatusSeeOther {
		t.Fatalf("%d %s", res.StatusCode, body)
	}
	if b := s.activity("Twice"); b.DueTime != "01:30:00" {
		t.Errorf("moved to %s", b.DueTime)
	}
}

// The tabs of the list hold what is due when the viewer's day says so, and marking
// as done needs no script.
// spec: records.activities
func TestActivityList(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	zone, err := time.LoadLocation("Europe/Tallinn")
	s.ok(err)
	now := time.Now().In(zone)
	midnight := time.Date(now.Year(), now.Month(), now.Day(), 0, 0, 0, 0, zone)
	at := func(subject string, when time.Time) records.Activity {
		return s.plan(subject, when.UTC().Format(time.DateOnly), when.UTC().Format(time.TimeOnly), false)
	}
	at("just before today", midnight.Add(-time.Minute))
	at("as today begins", midnight)
	at("last of today", midnight.AddDate(0, 0, 1).Add(-time.Second))
	at("as tomorrow begins", midnight.AddDate(0, 0, 1))
	s.plan("all of today", midnight.Format(time.DateOnly), "", false)
	s.plan("all of yesterday", midnight.AddDate(0, 0, -1).Format(time.DateOnly), "", false)
	s.plan("some day", "", "", false)
	s.plan("long done", "2020-01-01", "", true)
	other := int64(2)
	theirs := s.plan("of somebody else", midnight.Format(time.DateOnly), "", false)
	_, err = s.people.UpdateActivity(t.Context(), boss, theirs.ID, records.ActivityPatch{Owner: &other})
	s.ok(err)
	s.get("/activities")
	for address, want := range map[string]string{
		"/activities?show=today":               "all of today|as today begins|last of today",
		"/activities?show=overdue":             "just before today|all of yesterday|as today begins",
		"/activities?show=done":                "long done",
		"/activities?show=today&owner=2":       "of somebody else",
		"/activities?show=today&owner=all":     "all of today|as today begins|last of today|of somebody else",
		"/activities?show=today&type=deadline": "",
	} {
		_, body := s.get(address, "activity-list")
		for _, subject := range []string{"just before today", "as today begins", "last of today", "as tomorrow begins", "all of today", "all of yesterday", "some day", "long done", "of somebody else"} {
			if has := strings.Contains(body, ">"+subject+"<"); has != strings.Contains("|"+want+"|", "|"+subject+"|") {
				t.Errorf("%s: %q is there: %v", address, subject, has)
			}
		}
	}
	_, all := s.get("/activities")
	if strings.Index(all, ">some day<") < strings.Index(all, ">as tomorrow begins<") {
		t.Error("what has no day stands before what has one")
	}
	a := s.activity("all of today")
	done := fmt.Sprintf("/activities/%d/done", a.ID)
	if res, body := s.post(done, url.Values{"done": {"1"}, "back": {"/activities?show=today"}}); res.StatusCode != http.StatusSeeOther || res.Header.Get("Location") != "/activities?show=today" {
		t.Fatalf("%d to %q: %s", res.StatusCode, res.Header.Get("Location"), body)
	}
	if _, body := s.get("/activities?show=done"); !strings.Contains(body, ">all of today<") || !strings.Contains(body, `aria-checked="true"`) {
		t.Error("what was marked as done is not among what is done")
	}
	if res, _ := s.post(done, url.Values{"done": {"maybe"}}); res.StatusCode != http.StatusBadRequest {
		t.Errorf("done=maybe: %d", res.StatusCode)
	}
	if res, _ := s.post("/activities/99999/done", url.Values{"done": {"1"}}); res.StatusCode != http.StatusNotFound {
		t.Errorf("an unknown activity: %d", res.StatusCode)
	}
}

// An activity is shown with the records that it is about, a lead too; saving its
// form leaves them.
// spec: records.activity-form
func TestActivityAbout(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	leads, err := s.people.Leads(t.Context(), boss, records.LeadFilter{})
	s.ok(err)
	lead := leads[0]
	_, form := s.get("/activities/new?lead_id="+lead.ID+"&org_id=3", "record-form")
	if !strings.Contains(form, `name="lead_id_id" value="`+lead.ID+`"`) || !strings.Contains(form, "Hotel Merikotkas") {
		t.Errorf("the form: %s", form)
	}
	s.accept("/activities/new", url.Values{"lead_id": {lead.Title}, "lead_id_id": {lead.ID}, "org_id": {"Hotel Merikotkas"}, "org_id_id": {"3"}}, "/activities")
	a := s.activity("Call") // the first type
	if a.Lead != lead.ID || a.Organization != 3 {
		t.Errorf("stored %+v", a)
	}
	if _, list := s.get("/activities", "activity-list"); !strings.Contains(list, `/leads/inbox/`+lead.ID) || !strings.Contains(list, `/organizations/3`) {
		t.Errorf("the list: %s", list)
	}
	for _, bad := range []string{"deal_id=99999", "deal_id=x", "person_id=0x1", "lead_id=none", "org_id=-1"} {
		if res, _ := s.get("/activities/new?" + bad); res.StatusCode != http.StatusNotFound && res.StatusCode != http.StatusBadRequest {
			t.Errorf("%s: %d", bad, res.StatusCode)
		}
	}
}

// A long list comes in parts, each row once, in the order of when it is due.
// spec: records.activities
func TestActivityListInParts(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	s.get("/activities")
	for i := range 120 {
		s.plan(fmt.Sprintf("number %03d", i), "2031-05-05", fmt.Sprintf("%02d:%02d", i/60, i%60), false)
	}
	next, seen := "/activities", ""
	for next != "" {
		_, body := s.get(next)
		for part := range strings.SplitSeq(body, ">number ") {
			if n := part[:3]; n >= "000" && n <= "119" {
				seen += n + " "
			}
		}
		next = ""
		if i := strings.Index(body, ">Next page<"); i > 0 {
			next = body[strings.LastIndex(body[:i], `href="`)+6 : i-1]
			next = strings.ReplaceAll(next, "&amp;", "&")
		}
	}
	want := ""
	for i := range 120 {
		want += fmt.Sprintf("%03d ", i)
	}
	if seen != want {
		t.Errorf("the parts hold %s", seen)
	}
}

// A month and a week show what is due, and where else to go.
// spec: records.activity-calendar
func TestCalendar(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	s.get("/activities")
	for i := range 6 {
		s.plan(fmt.Sprintf("same time %d", i), "2026-02-11", "09:00", false)
	}
	s.plan("whole day", "2026-02-28", "", true)
	_, month := s.get("/activities/calendar?view=month&day=2026-02-11")
	for _, want := range []string{"February 2026", "3 more", ">whole day<", `id="day-2026-01-26"`, `id="day-2026-03-01"`, "day=2026-01-31&amp;view=month", "day=2026-03-01&amp;view=month"} {
		if !strings.Contains(month, want) {
			t.Errorf("the month lacks %q", want)
		}
	}
	_, week := s.get("/activities/calendar?day=2026-02-11")
	for _, want := range []string{"9–15 February 2026", "from-6 long-1 lane-1-4", "lane-4-4", "day=2026-02-02", "day=2026-02-16", "due_date=2026-02-11"} {
		if !strings.Contains(week, want) {
			t.Errorf("the week lacks %q", want)
		}
	}
	if n := strings.Count(week, `class="cal-event`); n != 6 {
		t.Errorf("%d of 6 activities are shown", n)
	}
	for _, odd := range []string{"?day=x", "?day=0000-00-00", "?day=9999-12-31", "?view=year", "?owner=-1"} {
		res, body := s.get("/activities/calendar" + odd)
		if res.StatusCode != http.StatusOK {
			t.Errorf("%s: %d", odd, res.StatusCode)
		}
		checkMarkup(t, odd, body)
	}
}
