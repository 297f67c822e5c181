package web

import (
	"cmp"
	"html"
	"net/http"
	"net/url"
	"regexp"
	"strconv"
	"strings"
	"time"

	"github.com/dockwright/dockwright/internal/fault"
	"github.com/dockwright/dockwright/internal/host/records"
)

// durations are what an activity can last in its form, beside what it lasts now.
var durations = []string{"00:15:00", "00:30:00", "00:45:00", "01:00:00", "01:30:00", "02:00:00", "03:00:00", "04:00:00", "08:00:00"}

// lastsWords is HH:MM:SS as people say it.
func lastsWords(a records.Activity) string {
	d := a.Lasts()
	h, m := int(d/time.Hour), int(d%time.Hour/time.Minute)
	switch {
	case h == 0:
		return plural(m, "minute", "minutes")
	case m == 0:
		return plural(h, "hour", "hours")
	}
	return strconv.Itoa(h) + " h " + strconv.Itoa(m) + " min"
}

// activityForm are an activity's fields.
func (w *Web) activityForm(r *http.Request, h here, m formMaker, a records.Activity) ([]formInput, error) {
	types, err := w.s.Records.ActivityTypes(r.Context(), caller(r))
	if err != nil {
		return nil, err
	}
	kind := formInput{Type: "select", Name: "type", Label: "Type"}
	for _, t := range types {
		if !t.Deleted || t.Key == a.Type {
			kind.Options = append(kind.Options, formOption{Value: t.Key, Label: t.Name, Chosen: t.Key == a.Type})
		}
	}
	lasts := formInput{Type: "select", Name: "duration", Label: "Duration", Options: []formOption{{Label: "Not said"}}}
	known := a.Duration == ""
	for _, d := range durations {
		lasts.Options = append(lasts.Options, formOption{Value: d, Label: lastsWords(records.Activity{Duration: d}), Chosen: d == a.Duration})
		known = known || d == a.Duration
	}
	if !known {
		lasts.Options = append(lasts.Options, formOption{Value: a.Duration, Label: lastsWords(a), Chosen: true})
	}
	row := h.row(a)
	due := formInput{Type: "due", Name: "due_date", Label: "When", Value: row.Day, Hint: "Without a time it is for the whole day. Times are those of " + h.Zone.String() + "."}
	if !row.start.IsZero() {
		due.Until = row.start.Format("15:04")
	}
	busy := formInput{Type: "select", Name: "busy", Label: "Meanwhile", Options: []formOption{
		{Label: "Not said"}, {Value: records.Busy, Label: "Busy", Chosen: a.Busy == records.Busy}, {Value: records.Free, Label: "Free", Chosen: a.Busy == records.Free},
	}}
	people := formInput{Type: "people", Name: "participants", Label: "Also taking part", Kind: records.KindPerson}
	for _, p := range a.Participants {
		if !p.Primary {
			people.Refs = append(people.Refs, m.ref(records.KindPerson, strconv.FormatInt(p.Person, 10)))
		}
	}
	lead := formInput{Type: "record", Name: "lead_id", Label: "Lead", Kind: records.KindLead, Key: a.Lead}
	if a.Lead != "" {
		lead.Record.Name = "no. " + a.Lead
		if l, err := w.s.Records.Lead(r.Context(), caller(r), a.Lead); err == nil {
			lead.Record.Name = l.Title
		}
	}
	subject := formInput{Type: "text", Name: "subject", Label: "Subject", Value: a.Subject, Required: a.ID != 0}
	if a.ID == 0 {
		subject.Hint = "Left empty, it is called like its type."
	}
	in := []formInput{
		subject, kind, due, lasts, busy,
		{Type: "record", Name: "deal_id", Label: "Deal", Kind: records.KindDeal, Record: named(a.Deal, a.DealTitle)},
		lead,
		{Type: "record", Name: "person_id", Label: "Person", Kind: records.KindPerson, Record: named(a.Person, a.PersonName)},
		people,
		{Type: "record", Name: "org_id", Label: "Organization", Kind: records.KindOrganization, Record: named(a.Organization, a.OrganizationName)},
		m.owner(a.Owner),
		{Type: "text", Name: "location", Label: "Place", Value: a.Location},
		{Type: "area", Name: "note", Label: "Note", Value: plainNote(a.Note)},
		{Type: "check", Name: "done", Label: "Done", Value: map[bool]string{true: "1"}[a.Done]},
	}
	return append(in, askedTexts(a)...), nil
}

// askedTexts are what the form of a new activity has beside: the note as an app
// wrote it, which counts while nobody changes its words, and a description.
func askedTexts(a records.Activity) (in []formInput) {
	if a.ID == 0 && a.Note != "" {
		in = append(in, formInput{Type: "hidden", Name: "note_html", Value: a.Note})
	}
	if a.ID == 0 && a.PublicDescription != "" {
		in = append(in, formInput{Type: "area", Name: "description", Label: "Description", Value: a.PublicDescription})
	}
	return in
}

func named(id int64, name string) records.Ref {
	if id != 0 && name == "" {
		name = "no. " + strconv.FormatInt(id, 10)
	}
	return records.Ref{ID: id, Name: name}
}

var (
	lineEnd = regexp.MustCompile(`(?i)<br ?/?>|</(?:li|div|h[1-6]|tr)>`)
	paraEnd = regexp.MustCompile(`(?i)</(?:p|ul|ol|table|blockquote)>`)
	markup  = regexp.MustCompile(`<[^>]*>`)
)

// plainNote is a note's HTML as one types it.
func plainNote(s string) string {
	s = lineEnd.ReplaceAllString(paraEnd.ReplaceAllString(s, "\n\n"), "\n")
	return strings.TrimSpace(html.UnescapeString(markup.ReplaceAllString(s, "")))
}

// newActivity is the form for an activity. What the address says is filled in:
// subject, type, due_date, due_time, duration, note, description, deal_id,
// person_id, org_id and lead_id. A deal or lead brings its person and organization.
// Day and time are the viewer's, with zone=utc those of the contract.
// spec: records.activity-form
func (w *Web) newActivity(rw http.ResponseWriter, r *http.Request) error {
	h, err := w.hereOf(r)
	if err != nil {
		return err
	}
	m, err := w.formMaker(r, records.KindActivity)
	if err != nil {
		return err
	}
	a := records.Activity{Subject: r.FormValue("subject"), Type: r.FormValue("type"), Owner: caller(r).User}
	if err := w.prefill(r, &a); err != nil {
		return err
	}
	a.Note, a.PublicDescription = r.FormValue("note"), plainNote(r.FormValue("description"))
	a.Duration = timeOf(r.FormValue("duration"))
	if day := r.FormValue("due_date"); day != "" && r.FormValue("zone") == "utc" {
		a.DueDate, a.DueTime = h.dayOf(day).Format(time.DateOnly), timeOf(r.FormValue("due_time"))
	} else if day != "" {
		a.DueDate = h.dayOf(day).Format(time.DateOnly)
		if at, err := h.instant(a.DueDate, r.FormValue("due_time")); err == nil {
			a.DueDate, a.DueTime, a.Duration = at.UTC().Format(time.DateOnly), at.UTC().Format(time.TimeOnly), "01:00:00"
		}
	}
	in, err := w.activityForm(r, h, m, a)
	if err != nil {
		return err
	}
	back := backTo(r)
	return w.showForm(rw, r, "activities", recordForm{
		Kind: records.KindActivity, Title: "Add activity", Action: "/activities/new?back=" + url.QueryEscape(back), Back: back, Submit: "Add activity", Inputs: in,
	})
}

// timeOf is HH:MM as HH:MM:SS; "" for anything else.
func timeOf(s string) string {
	t, err := time.Parse("15:04", s)
	if err != nil {
		return ""
	}
	return t.Format(time.TimeOnly)
}

// prefill names the records that the address says the activity is about.
func (w *Web) prefill(r *http.Request, a *records.Activity) error {
	v := formValues{Values: r.URL.Query()}
	ids := map[string]*int64{"deal_id": &a.Deal, "person_id": &a.Person, "org_id": &a.Organization}
	for _, name := range []string{"deal_id", "person_id", "org_id"} {
		id, err := v.id(name)
		if err != nil {
			return err
		}
		*ids[name] = id
	}
	ctx, c := r.Context(), caller(r)
	var person, organization records.Ref
	if a.Deal != 0 {
		d, err := w.s.Records.Deal(ctx, c, a.Deal)
		if err != nil {
			return err
		}
		a.DealTitle, person, organization = d.Title, d.Person, d.Organization
	}
	if a.Lead = v.Get("lead_id"); a.Lead != "" {
		l, err := w.s.Records.Lead(ctx, c, a.Lead)
		if err != nil {
			return err
		}
		person, organization = l.Person, l.Organization
	}
	if a.Person != 0 {
		p, err := w.s.Records.Person(ctx, c, a.Person)
		if err != nil {
			return err
		}
		person = records.Ref{ID: p.ID, Name: p.Name}
		organization = records.Ref{ID: cmp.Or(organization.ID, p.Organization.ID), Name: cmp.Or(organization.Name, p.Organization.Name)}
	}
	if a.Organization != 0 {
		o, err := w.s.Records.Organization(ctx, c, a.Organization)
		if err != nil {
			return err
		}
		organization = records.Ref{ID: o.ID, Name: o.Name}
	}
	a.Person, a.PersonName, a.Organization, a.OrganizationName = person.ID, person.Name, organization.ID, organization.Name
	return nil
}

func (w *Web) editActivity(rw http.ResponseWriter, r *http.Request) error {
	id, err := idOf(r)
	if err != nil {
		return err
	}
	a, err := w.s.Records.Activity(r.Context(), caller(r), id)
	if err != nil {
		return err
	}
	h, err := w.hereOf(r)
	if err != nil {
		return err
	}
	m, err := w.formMaker(r, records.KindActivity)
	if err != nil {
		return err
	}
	in, err := w.activityForm(r, h, m, a)
	if err != nil {
		return err
	}
	back := backTo(r)
	at, q := "/activities/"+strconv.FormatInt(id, 10), "?back="+url.QueryEscape(back)
	return w.showForm(rw, r, "activities", recordForm{
		Kind: records.KindActivity, Title: a.Subject, Action: at + q, Back: back, Submit: "Save", Inputs: in,
		Delete: at + "/delete" + q, Question: "Delete this activity?",
	})
}

func (w *Web) addActivity(rw http.ResponseWriter, r *http.Request) error {
	p, err := w.activityPatch(rw, r, records.Activity{})
	if err != nil {
		return err
	}
	a, err := w.s.Records.CreateActivity(r.Context(), caller(r), p)
	if err != nil {
		return err
	}
	w.created(rw, r, records.KindActivity, a.ID, backTo(r))
	return nil
}

func (w *Web) changeActivity(rw http.ResponseWriter, r *http.Request) error {
	id, err := idOf(r)
	if err != nil {
		return err
	}
	was, err := w.s.Records.Activity(r.Context(), caller(r), id)
	if err != nil {
		return err
	}
	p, err := w.activityPatch(rw, r, was)
	if err != nil {
		return err
	}
	if _, err := w.s.Records.UpdateActivity(r.Context(), caller(r), id, p); err != nil {
		return err
	}
	w.redirect(rw, r, backTo(r))
	return nil
}

// activityPatch is what the form of an activity says. A time and a note that stand
// as they were shown are left alone: the form cannot show all that they may be.
func (w *Web) activityPatch(rw http.ResponseWriter, r *http.Request, was records.Activity) (p records.ActivityPatch, err error) {
	v, err := w.filled(rw, r, records.KindActivity)
	if err != nil {
		return p, err
	}
	h, err := w.hereOf(r)
	if err != nil {
		return p, err
	}
	if err := h.duePatch(&p, v, was); err != nil {
		return p, err
	}
	if err := w.activityLinks(r, &p, v); err != nil {
		return p, err
	}
	owner, err := v.id("owner_id")
	if err != nil {
		return p, err
	}
	if owner != 0 {
		p.Owner = &owner
	}
	subject, kind, lasts, busy, done := strings.TrimSpace(v.Get("subject")), v.Get("type"), v.Get("duration"), v.Get("busy"), v.Get("done") != ""
	if kind != "" {
		p.Type = &kind
	}
	if subject != "" || was.ID == 0 {
		p.Subject = &subject
	} else {
		return p, fault.New(fault.Invalid, "subject", "Expected 1 to 255 characters, got none.")
	}
	p.Duration, p.Busy, p.Done = &lasts, &busy, &done
	if place := strings.TrimSpace(v.Get("location")); place != was.Location {
		p.Location = &place
	}
	if note := strings.ReplaceAll(v.Get("note"), "\r\n", "\n"); strings.TrimSpace(note) != plainNote(was.Note) {
		if asked := v.Get("note_html"); was.ID == 0 && asked != "" && plainNote(asked) == strings.TrimSpace(note) {
			note = asked
		} else {
			note = noteHTML(note)
		}
		p.Note = &note
	}
	if v.Has("description") {
		text := strings.TrimSpace(v.Get("description"))
		p.PublicDescription = &text
	}
	return p, nil
}

// duePatch is the day and the time, from the viewer's zone to that of the contract.
// spec: records.activity-zone
func (h here) duePatch(p *records.ActivityPatch, v formValues, was records.Activity) error {
	day, hours := strings.TrimSpace(v.Get("due_date")), strings.TrimSpace(v.Get("due_time"))
	row := h.row(was)
	shown := ""
	if !row.start.IsZero() {
		shown = row.start.Format("15:04")
	}
	if was.ID != 0 && day == row.Day && hours == shown {
		return nil
	}
	if hours != "" {
		if day == "" {
			return fault.New(fault.Invalid, "due_date", "Expected a day beside the time %s, got none.", hours)
		}
		at, err := h.instant(day, hours)
		if err != nil {
			return err
		}
		day, hours = at.UTC().Format(time.DateOnly), at.UTC().Format(time.TimeOnly)
	}
	p.DueDate, p.DueTime = &day, &hours
	return nil
}

// activityLinks are the records that the form names. A person or organization that
// was typed and is not known by that name is made.
func (w *Web) activityLinks(r *http.Request, p *records.ActivityPatch, v formValues) error {
	deal, err := v.id("deal_id_id")
	if err != nil {
		return err
	}
	lead := v.Get("lead_id_id")
	for _, chosen := range []struct {
		name string
		is   bool
	}{{"deal_id", deal != 0}, {"lead_id", lead != ""}} {
		if typed := strings.TrimSpace(v.Get(chosen.name)); typed != "" && !chosen.is {
			return fault.New(fault.Invalid, chosen.name, "Expected one of those that are found while you type, got %q. Choose one from the list, or leave it empty.", typed)
		}
	}
	if strings.TrimSpace(v.Get("deal_id")) == "" {
		deal = 0
	}
	if strings.TrimSpace(v.Get("lead_id")) == "" {
		lead = ""
	}
	organization, err := w.organizationOf(r.Context(), caller(r), v)
	if err != nil {
		return err
	}
	person, err := w.personOf(r.Context(), caller(r), v, organization)
	if err != nil {
		return err
	}
	list := []records.Participant{}
	if person != 0 {
		list = append(list, records.Participant{Person: person, Primary: true})
	}
	others, err := w.othersOf(r, v, person)
	if err != nil {
		return err
	}
	for _, id := range others {
		list = append(list, records.Participant{Person: id})
	}
	p.Deal, p.Lead, p.Organization, p.Participants = &deal, &lead, &organization, &list
	return nil
}

// othersOf are the persons who take part beside the main one, each once.
func (w *Web) othersOf(r *http.Request, v formValues, main int64) ([]int64, error) {
	var out []int64
	typed, chosen := v.Values["participants"], v.Values["participants_id"]
	if len(chosen) != len(typed) {
		return nil, fault.New(fault.Invalid, "participants", "Expected as many ids as names, got %d and %d. Open the form again.", len(chosen), len(typed))
	}
	for i, name := range typed {
		if name = strings.TrimSpace(name); name == "" {
			continue
		}
		id, err := strconv.ParseInt(chosen[i], 10, 64)
		if chosen[i] == "" {
			person, made := w.s.Records.PersonNamed(r.Context(), caller(r), name, 0)
			id, err = person.ID, made
		}
		if err != nil {
			return nil, err
		}
		if id != main && !contains(out, id) {
			out = append(out, id)
		}
	}
	return out, nil
}
