package web

import (
	"cmp"
	"fmt"
	"net/http"
	"strconv"
	"strings"

	"github.com/dockwright/dockwright/internal/fault"
	"github.com/dockwright/dockwright/internal/host/records"
	"github.com/dockwright/dockwright/internal/host/route"
)

func (w *Web) salesFormRoutes() []route.Route {
	return []route.Route{
		{Method: http.MethodGet, Pattern: "/deals/new", Access: route.Login, Req: "records.edit", Handler: w.handle(w.newDeal)},
		{Method: http.MethodPost, Pattern: "/deals/new", Access: route.Login, Req: "records.edit", Handler: w.handle(w.addDeal)},
		{Method: http.MethodGet, Pattern: "/deals/{id}/edit", Access: route.Login, Req: "records.edit", Handler: w.handle(w.editDeal)},
		{Method: http.MethodPost, Pattern: "/deals/{id}/edit", Access: route.Login, Req: "records.edit", Handler: w.handle(w.changeDeal)},
		{Method: http.MethodGet, Pattern: "/leads/new", Access: route.Login, Req: "records.edit", Handler: w.handle(w.newLead)},
		{Method: http.MethodPost, Pattern: "/leads/new", Access: route.Login, Req: "records.edit", Handler: w.handle(w.addLead)},
		{Method: http.MethodGet, Pattern: "/leads/inbox/{id}/edit", Access: route.Login, Req: "records.edit", Handler: w.handle(w.editLead)},
		{Method: http.MethodPost, Pattern: "/leads/inbox/{id}/edit", Access: route.Login, Req: "records.edit", Handler: w.handle(w.changeLead)},
	}
}

// saleInputs are the fields that deals and leads begin with.
func (m formMaker) saleInputs(title string, person, organization records.Ref, value records.Money) []formInput {
	worth := formInput{Type: "money", Name: "value", Label: "Value", Until: cmp.Or(value.Currency, m.cur)}
	if value.Amount != 0 {
		worth.Value = value.Decimal()
	}
	return []formInput{
		{Type: "text", Name: "title", Label: "Title", Value: title, Required: true},
		{Type: "record", Name: "person_id", Label: "Person", Kind: records.KindPerson, Record: person, Hint: "A name that is not known yet makes a new person."},
		{Type: "record", Name: "org_id", Label: "Organization", Kind: records.KindOrganization, Record: organization, Hint: "A name that is not known yet makes a new organization."},
		worth,
	}
}

// dealForm are a deal's fields.
func (m formMaker) dealForm(d records.Deal) ([]formInput, error) {
	pipelines, err := m.s.Pipelines(m.ctx, m.c)
	if err != nil {
		return nil, err
	}
	probability := formInput{Type: "number", Name: "probability", Label: "Probability, per cent", Hint: "Empty: the probability of the stage."}
	if d.Probability != nil {
		probability.Value = strconv.Itoa(*d.Probability)
	}
	in := m.saleInputs(d.Title, d.Person, d.Organization, d.Value)
	in = append(in,
		formInput{Type: "select", Name: "stage_id", Label: "Stage", Options: stageOptions(pipelines, d.Stage.ID)},
		formInput{Type: "date", Name: "expected_close_date", Label: "Expected close", Value: d.ExpectedClose}, probability)
	in = append(in, m.labels(d.Labels)...)
	in = append(in, m.owner(d.Owner), m.visibility(d.VisibleTo))
	return append(in, m.custom(d.Custom)...), nil
}

// asked is what the address of a form for a deal or lead says: title, person_id,
// org_id, value; person and organization by their names.
func (m formMaker) asked(r *http.Request) (title string, person, organization records.Ref, value records.Money) {
	value.Amount, _ = records.ParseAmount("value", r.FormValue("value")) // what is not an amount is left out
	value.Currency = cmp.Or(strings.ToUpper(r.FormValue("currency")), m.cur)
	return r.FormValue("title"), m.askedRef(r, records.KindPerson, "person_id", "person"), m.askedRef(r, records.KindOrganization, "org_id", "organization"), value
}

// askedRef is the record that the address names by its id, else by its name, as if
// it had been typed.
func (m formMaker) askedRef(r *http.Request, kind, id, name string) records.Ref {
	if ref := m.ref(kind, r.FormValue(id)); ref.ID != 0 {
		return ref
	}
	return records.Ref{Name: strings.TrimSpace(r.FormValue(name))}
}

// newDeal is the form for a deal. What the address says is filled in: title,
// person_id, org_id, value, stage.
// spec: records.edit
func (w *Web) newDeal(rw http.ResponseWriter, r *http.Request) error {
	m, err := w.formMaker(r, records.KindDeal)
	if err != nil {
		return err
	}
	var d records.Deal
	d.Title, d.Person, d.Organization, d.Value = m.asked(r)
	d.Stage.ID, _ = strconv.ParseInt(r.FormValue("stage"), 10, 64) // anything else is the first
	in, err := m.dealForm(d)
	if err != nil {
		return err
	}
	return w.showForm(rw, r, "deals", recordForm{Kind: records.KindDeal, Title: "Add deal", Action: "/deals/new", Back: "/deals", Submit: "Add deal", Inputs: in})
}

func (w *Web) editDeal(rw http.ResponseWriter, r *http.Request) error {
	id, err := idOf(r)
	if err != nil {
		return err
	}
	d, err := w.s.Records.Deal(r.Context(), caller(r), id)
	if err != nil {
		return err
	}
	m, err := w.formMaker(r, records.KindDeal)
	if err != nil {
		return err
	}
	in, err := m.dealForm(d)
	if err != nil {
		return err
	}
	at := dealURL(id)
	return w.showForm(rw, r, "deals", recordForm{Kind: records.KindDeal, Title: "Edit " + d.Title, Action: at + "/edit", Back: at, Submit: "Save", Inputs: in})
}

func dealURL(id int64) string { return fmt.Sprintf("/deals/%d", id) }

// sale is what the forms of deals and leads have in common.
type sale struct {
	formValues
	title                string
	person, organization int64
	owner, visible       int64
	value                records.Money
}

// saleFilled reads such a form. People and organizations that were typed and are
// not known are made last, when the rest is right.
func (w *Web) saleFilled(rw http.ResponseWriter, r *http.Request, kind string) (s sale, err error) {
	if s.formValues, err = w.filled(rw, r, kind); err != nil {
		return s, err
	}
	s.title = strings.TrimSpace(s.Get("title"))
	if n := len([]rune(s.title)); n == 0 || n > 255 {
		return s, fault.New(fault.Invalid, "title", "Expected 1 to 255 characters, got %d.", n)
	}
	if s.value.Amount, err = records.ParseAmount("value", strings.TrimSpace(s.Get("value"))); err != nil {
		return s, err
	}
	s.value.Currency = strings.ToUpper(strings.TrimSpace(s.Get("value.currency")))
	if s.owner, err = s.id("owner_id"); err != nil {
		return s, err
	}
	if s.visible, err = s.id("visible_to"); err != nil {
		return s, err
	}
	if s.organization, err = w.organizationOf(r.Context(), caller(r), s.formValues); err != nil {
		return s, err
	}
	s.person, err = w.personOf(r.Context(), caller(r), s.formValues, s.organization)
	return s, err
}

// probability of a deal; -1 if the stage's counts.
func (v formValues) probability() (int, error) {
	s := strings.TrimSpace(v.Get("probability"))
	if s == "" {
		return -1, nil
	}
	n, err := strconv.Atoi(s)
	if err != nil || n < 0 || n > 100 {
		return 0, fault.New(fault.Invalid, "probability", "Expected 0 to 100 per cent, got %q.", s)
	}
	return n, nil
}

// dealPatch is what the form of a deal says. Whatever the form shows, it sets.
func (w *Web) dealPatch(rw http.ResponseWriter, r *http.Request) (p records.DealPatch, err error) {
	s, err := w.saleFilled(rw, r, records.KindDeal)
	if err != nil {
		return p, err
	}
	probability, err := s.probability()
	if err != nil {
		return p, err
	}
	stage, err := s.id("stage_id")
	if err != nil {
		return p, err
	}
	labels, err := s.ids(records.LabelsCode)
	if err != nil {
		return p, err
	}
	expected := s.Get("expected_close_date")
	return records.DealPatch{
		Title: &s.title, Amount: &s.value.Amount, Currency: &s.value.Currency, Stage: &stage, Person: &s.person, Organization: &s.organization,
		Owner: &s.owner, Probability: &probability, ExpectedClose: &expected, VisibleTo: &s.visible, Labels: &labels, Custom: s.custom(),
	}, nil
}

func (w *Web) addDeal(rw http.ResponseWriter, r *http.Request) error {
	p, err := w.dealPatch(rw, r)
	if err != nil {
		return err
	}
	d := records.Deal{
		Title: *p.Title, Value: records.Money{Amount: *p.Amount, Currency: *p.Currency}, Stage: records.Ref{ID: *p.Stage}, Person: records.Ref{ID: *p.Person},
		Organization: records.Ref{ID: *p.Organization}, Owner: *p.Owner, ExpectedClose: *p.ExpectedClose, VisibleTo: *p.VisibleTo, Labels: *p.Labels, Custom: p.Custom,
	}
	if *p.Probability >= 0 {
		d.Probability = p.Probability
	}
	if d, err = w.s.Records.CreateDeal(r.Context(), caller(r), d); err != nil {
		return err
	}
	w.created(rw, r, records.KindDeal, d.ID, dealURL(d.ID))
	return nil
}

func (w *Web) changeDeal(rw http.ResponseWriter, r *http.Request) error {
	id, err := idOf(r)
	if err != nil {
		return err
	}
	p, err := w.dealPatch(rw, r)
	if err != nil {
		return err
	}
	if _, err := w.s.Records.UpdateDeal(r.Context(), caller(r), id, p); err != nil {
		return err
	}
	w.redirect(rw, r, dealURL(id))
	return nil
}

// leadForm are a lead's fields.
func (m formMaker) leadForm(l records.Lead) ([]formInput, error) {
	labels, err := m.s.Labels(m.ctx, m.c)
	if err != nil {
		return nil, err
	}
	in := append(m.saleInputs(l.Title, l.Person, l.Organization, l.Value),
		formInput{Type: "date", Name: "expected_close_date", Label: "Expected close", Value: l.ExpectedClose})
	if len(labels) > 0 {
		checks := formInput{Type: "checks", Name: "label_ids", Label: "Labels"}
		for _, b := range labels {
			o := formOption{Value: b.ID, Label: b.Name, Color: b.Color}
			for _, has := range l.Labels {
				o.Chosen = o.Chosen || has.ID == b.ID
			}
			checks.Options = append(checks.Options, o)
		}
		in = append(in, checks)
	}
	in = append(in, m.owner(l.Owner), m.visibility(l.VisibleTo))
	return append(in, m.custom(l.Custom)...), nil
}

// newLead is the form for a lead. What the address says is filled in: title,
// person_id, org_id, value.
func (w *Web) newLead(rw http.ResponseWriter, r *http.Request) error {
	m, err := w.formMaker(r, records.KindLead)
	if err != nil {
		return err
	}
	var l records.Lead
	l.Title, l.Person, l.Organization, l.Value = m.asked(r)
	in, err := m.leadForm(l)
	if err != nil {
		return err
	}
	return w.showForm(rw, r, "leads", recordForm{Kind: records.KindLead, Title: "Add lead", Action: "/leads/new", Back: "/leads", Submit: "Add lead", Inputs: in})
}

func (w *Web) editLead(rw http.ResponseWriter, r *http.Request) error {
	l, err := w.s.Records.Lead(r.Context(), caller(r), r.PathValue("id"))
	if err != nil {
		return err
	}
	m, err := w.formMaker(r, records.KindLead)
	if err != nil {
		return err
	}
	in, err := m.leadForm(l)
	if err != nil {
		return err
	}
	at := "/leads/inbox/" + l.ID
	return w.showForm(rw, r, "leads", recordForm{Kind: records.KindLead, Title: "Edit " + l.Title, Action: at + "/edit", Back: at, Submit: "Save", Inputs: in})
}

// leadPatch is what the form of a lead says. Whatever the form shows, it sets.
func (w *Web) leadPatch(rw http.ResponseWriter, r *http.Request) (p records.LeadPatch, err error) {
	s, err := w.saleFilled(rw, r, records.KindLead)
	if err != nil {
		return p, err
	}
	if s.value.Amount == 0 {
		s.value = records.Money{} // no value is known
	}
	labels, expected := s.Values["label_ids"], s.Get("expected_close_date")
	return records.LeadPatch{
		Title: &s.title, Person: &s.person, Organization: &s.organization, Owner: &s.owner, Value: &s.value, Labels: &labels,
		ExpectedClose: &expected, VisibleTo: &s.visible, Custom: s.custom(),
	}, nil
}

func (w *Web) addLead(rw http.ResponseWriter, r *http.Request) error {
	p, err := w.leadPatch(rw, r)
	if err != nil {
		return err
	}
	l := records.Lead{
		Title: *p.Title, Person: records.Ref{ID: *p.Person}, Organization: records.Ref{ID: *p.Organization}, Owner: *p.Owner, Value: *p.Value,
		ExpectedClose: *p.ExpectedClose, VisibleTo: *p.VisibleTo, Custom: p.Custom, Source: "Manually created", Seen: true,
	}
	for _, id := range *p.Labels {
		l.Labels = append(l.Labels, records.Label{ID: id})
	}
	if l, err = w.s.Records.CreateLead(r.Context(), caller(r), l); err != nil {
		return err
	}
	w.redirect(rw, r, "/leads/inbox/"+l.ID)
	return nil
}

func (w *Web) changeLead(rw http.ResponseWriter, r *http.Request) error {
	p, err := w.leadPatch(rw, r)
	if err != nil {
		return err
	}
	id := r.PathValue("id")
	if _, err := w.s.Records.UpdateLead(r.Context(), caller(r), id, p); err != nil {
		return err
	}
	w.redirect(rw, r, "/leads/inbox/"+id)
	return nil
}
