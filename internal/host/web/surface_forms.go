package web

import (
	"net/http"
	"net/url"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/dockwright/dockwright/internal/fault"
	"github.com/dockwright/dockwright/pipedrive/surfaceapi"
)

// Lengths of what an app may prefill, in characters. It travels in an address.
const (
	maxPrefill     = 255
	maxPrefillNote = 10_000
)

// formForApp answers with the address of a form of the host that an app asked for
// with open_modal, filled in as it said.
// spec: surface.open-modal.prefill
func (w *Web) formForApp(rw http.ResponseWriter, r *http.Request) error {
	var in struct {
		Type    surfaceapi.Modal `json:"type"`
		Prefill map[string]any   `json:"prefill"`
	}
	if err := readJSON(rw, r, &in); err != nil {
		return err
	}
	p := prefilled{given: in.Prefill, query: url.Values{}}
	var path string
	switch in.Type {
	case surfaceapi.DealModal:
		path = "/deals/new"
		p.texts("title", "title", "person", "person", "organization", "organization")
	case surfaceapi.PersonModal:
		path = "/persons/new"
		p.texts("name", "name", "organization", "organization")
	case surfaceapi.OrganizationModal:
		path = "/organizations/new"
		p.texts("name", "name")
	case surfaceapi.ActivityModal:
		path = "/activities/new"
		p.activity(w.s.Clock.Now())
		w.mustSee(r, &p)
	default:
		return fault.New(fault.Invalid, "type", "Expected deal, person, organization or activity, got %q.", in.Type)
	}
	if p.err != nil {
		return p.err
	}
	return writeJSON(rw, map[string]string{"url": address(path, p.query)})
}

// prefilled turns what an app wants filled in into the query of a form. It keeps
// the first fault. Names that the contract does not have are left alone.
type prefilled struct {
	given map[string]any
	query url.Values
	err   error
}

// fail says what is wrong with a field.
func (p *prefilled) fail(name, format string, args ...any) {
	if p.err == nil {
		p.err = fault.New(fault.Invalid, "prefill."+name, format, args...)
	}
}

// text is a text of at most so many characters, "" when it was left out.
func (p *prefilled) text(name string, most int) string {
	v, ok := p.given[name]
	if !ok || v == nil {
		return ""
	}
	s, ok := v.(string)
	if !ok {
		p.fail(name, "Expected a text, got %v.", v)
	} else if n := utf8.RuneCountInString(s); n > most {
		p.fail(name, "Expected at most %d characters, got %d.", most, n)
	}
	return strings.TrimSpace(s)
}

// set puts a value into the query if there is one.
func (p *prefilled) set(name, value string) {
	if value != "" {
		p.query.Set(name, value)
	}
}

// texts takes pairs: a name of the contract, and the form's name for it.
func (p *prefilled) texts(pairs ...string) {
	for pair := range slices.Chunk(pairs, 2) {
		p.set(pair[1], p.text(pair[0], maxPrefill))
	}
}

// activity takes the fields of an activity, whose day and time are UTC.
// spec: surface.open-modal.activity
func (p *prefilled) activity(now time.Time) {
	p.texts("subject", "subject")
	day := p.layout("dueDate", time.DateOnly, "a day such as 2026-11-30")
	hours := p.layout("dueTime", "15:04", "hours and minutes such as 14:30")
	if day == "" && hours != "" {
		day = now.UTC().Format(time.DateOnly)
	}
	p.set("due_date", day)
	p.set("due_time", hours)
	if day != "" {
		p.query.Set("zone", "utc")
	}
	p.set("duration", p.layout("duration", "15:04", "hours and minutes such as 00:45"))
	p.set("note", simpleHTML(p.text("note", maxPrefillNote)))
	p.set("description", simpleHTML(p.text("description", maxPrefillNote)))
	p.id("deal", "deal_id")
	p.id("organization", "org_id")
}

// layout is a text in the form of an instant.
func (p *prefilled) layout(name, layout, words string) string {
	s := p.text(name, maxPrefill)
	if s == "" {
		return ""
	}
	if at, err := time.Parse(layout, s); err != nil || at.Format(layout) != s {
		p.fail(name, "Expected %s, got %q.", words, s)
	}
	return s
}

// id is the id of a record.
func (p *prefilled) id(name, as string) {
	v, ok := p.given[name]
	if !ok || v == nil {
		return
	}
	n, ok := v.(float64)
	if id := int64(n); ok && id > 0 && float64(id) == n {
		p.query.Set(as, strconv.FormatInt(id, 10))
		return
	}
	p.fail(name, "Expected the id of a record, got %v.", v)
}

// mustSee refuses records that are not there for the viewer, before a form is
// opened that could not be filled in.
func (w *Web) mustSee(r *http.Request, p *prefilled) {
	v := formValues{Values: p.query}
	for _, ref := range []struct {
		name, key string
		see       func(id int64) error
	}{
		{"deal", "deal_id", func(id int64) error { _, err := w.s.Records.Deal(r.Context(), caller(r), id); return err }},
		{"organization", "org_id", func(id int64) error { _, err := w.s.Records.Organization(r.Context(), caller(r), id); return err }},
	} {
		id, err := v.id(ref.key)
		if id == 0 || err != nil || p.err != nil {
			continue
		}
		if err := ref.see(id); fault.KindOf(err) == fault.NotFound {
			p.fail(ref.name, "There is no %s %d that the person may see.", ref.name, id)
		} else if err != nil {
			p.err = err
		}
	}
}

var simpleTag = regexp.MustCompile(`(?i)^<(/?)(ul|li|b|u|i)\s*>$`)

// simpleHTML leaves the tags that the contract allows in notes of an activity: ul,
// li, b, u and i without attributes. Of others the text stays. What is stored is
// cleaned once more.
// spec: surface.open-modal.activity-html
func simpleHTML(s string) string {
	s = markup.ReplaceAllStringFunc(s, func(tag string) string { return strings.ToLower(simpleTag.FindString(tag)) })
	return strings.TrimSpace(s)
}
