package web

import (
	"fmt"
	"net/http"
	"strings"

	"github.com/dockwright/dockwright/internal/host/records"
	"github.com/dockwright/dockwright/internal/host/route"
)

func (w *Web) peopleFormRoutes() []route.Route {
	return []route.Route{
		{Method: http.MethodGet, Pattern: "/persons/new", Access: route.Login, Req: "records.edit", Handler: w.handle(w.newPerson)},
		{Method: http.MethodPost, Pattern: "/persons/new", Access: route.Login, Req: "records.edit", Handler: w.handle(w.addPerson)},
		{Method: http.MethodGet, Pattern: "/persons/{id}/edit", Access: route.Login, Req: "records.edit", Handler: w.handle(w.editPerson)},
		{Method: http.MethodPost, Pattern: "/persons/{id}/edit", Access: route.Login, Req: "records.edit", Handler: w.handle(w.changePerson)},
		{Method: http.MethodPost, Pattern: "/persons/{id}/delete", Access: route.Login, Req: "records.edit", Handler: w.handle(w.deletePerson)},
		{Method: http.MethodGet, Pattern: "/organizations/new", Access: route.Login, Req: "records.edit", Handler: w.handle(w.newOrganization)},
		{Method: http.MethodPost, Pattern: "/organizations/new", Access: route.Login, Req: "records.edit", Handler: w.handle(w.addOrganization)},
		{Method: http.MethodGet, Pattern: "/organizations/{id}/edit", Access: route.Login, Req: "records.edit", Handler: w.handle(w.editOrganization)},
		{Method: http.MethodPost, Pattern: "/organizations/{id}/edit", Access: route.Login, Req: "records.edit", Handler: w.handle(w.changeOrganization)},
		{Method: http.MethodPost, Pattern: "/organizations/{id}/delete", Access: route.Login, Req: "records.edit", Handler: w.handle(w.deleteOrganization)},
	}
}

// personForm are a person's fields.
func (m formMaker) personForm(p records.Person) []formInput {
	in := []formInput{
		{Type: "text", Name: "name", Label: "Name", Value: p.Name, Required: true},
		{Type: "record", Name: "org_id", Label: "Organization", Kind: records.KindOrganization, Record: p.Organization, Hint: "A name that is not known yet makes a new organization."},
		{Type: "contacts", Name: "phones", Label: "Phone", Rows: p.Phones},
		{Type: "contacts", Name: "emails", Label: "Email", Rows: p.Emails},
		{Type: "text", Name: "job_title", Label: "Job title", Value: p.JobTitle},
	}
	in = append(in, m.labels(p.Labels)...)
	in = append(in, m.owner(p.Owner), m.visibility(p.VisibleTo))
	return append(in, m.custom(p.Custom)...)
}

// newPerson is the form for a person. What the address says is filled in: name,
// phone, email, org_id, or organization by its name.
// spec: records.edit
func (w *Web) newPerson(rw http.ResponseWriter, r *http.Request) error {
	m, err := w.formMaker(r, records.KindPerson)
	if err != nil {
		return err
	}
	p := records.Person{Name: r.FormValue("name"), Organization: m.askedRef(r, records.KindOrganization, "org_id", "organization")}
	if phone := r.FormValue("phone"); phone != "" {
		p.Phones = []records.Contact{{Label: "work", Value: phone}}
	}
	if email := r.FormValue("email"); email != "" {
		p.Emails = []records.Contact{{Label: "work", Value: email}}
	}
	return w.showForm(rw, r, "persons", recordForm{
		Kind: records.KindPerson, Title: "Add person", Action: "/persons/new", Back: "/persons", Submit: "Add person", Inputs: m.personForm(p),
	})
}

func (w *Web) editPerson(rw http.ResponseWriter, r *http.Request) error {
	id, err := idOf(r)
	if err != nil {
		return err
	}
	p, err := w.s.Records.Person(r.Context(), caller(r), id)
	if err != nil {
		return err
	}
	m, err := w.formMaker(r, records.KindPerson)
	if err != nil {
		return err
	}
	at := fmt.Sprintf("/persons/%d", id)
	return w.showForm(rw, r, "persons", recordForm{
		Kind: records.KindPerson, Title: "Edit " + p.Name, Action: at + "/edit", Back: at, Submit: "Save", Inputs: m.personForm(p),
	})
}

// personPatch is what the form of a person says. Whatever the form shows, it
// sets.
func (w *Web) personPatch(rw http.ResponseWriter, r *http.Request) (records.PersonPatch, error) {
	v, err := w.filled(rw, r, records.KindPerson)
	if err != nil {
		return records.PersonPatch{}, err
	}
	org, err := w.organizationOf(r.Context(), caller(r), v)
	if err != nil {
		return records.PersonPatch{}, err
	}
	owner, err := v.id("owner_id")
	if err != nil {
		return records.PersonPatch{}, err
	}
	visible, err := v.id("visible_to")
	if err != nil {
		return records.PersonPatch{}, err
	}
	labels, err := v.ids(records.LabelsCode)
	if err != nil {
		return records.PersonPatch{}, err
	}
	name, job := v.Get("name"), v.Get("job_title")
	phones, emails := v.contacts("phones"), v.contacts("emails")
	return records.PersonPatch{
		Name: &name, JobTitle: &job, Organization: &org, Owner: &owner, VisibleTo: &visible, Labels: &labels,
		Phones: &phones, Emails: &emails, Custom: v.custom(),
	}, nil
}

func (w *Web) addPerson(rw http.ResponseWriter, r *http.Request) error {
	patch, err := w.personPatch(rw, r)
	if err != nil {
		return err
	}
	p, err := w.s.Records.CreatePerson(r.Context(), caller(r), records.Person{
		Name: *patch.Name, JobTitle: *patch.JobTitle, Organization: records.Ref{ID: *patch.Organization}, Owner: *patch.Owner, VisibleTo: *patch.VisibleTo,
		Labels: *patch.Labels, Phones: *patch.Phones, Emails: *patch.Emails, Custom: patch.Custom,
	})
	if err != nil {
		return err
	}
	w.created(rw, r, records.KindPerson, p.ID, fmt.Sprintf("/persons/%d", p.ID))
	return nil
}

func (w *Web) changePerson(rw http.ResponseWriter, r *http.Request) error {
	id, err := idOf(r)
	if err != nil {
		return err
	}
	patch, err := w.personPatch(rw, r)
	if err != nil {
		return err
	}
	if _, err := w.s.Records.UpdatePerson(r.Context(), caller(r), id, patch); err != nil {
		return err
	}
	w.redirect(rw, r, fmt.Sprintf("/persons/%d", id))
	return nil
}

func (w *Web) deletePerson(rw http.ResponseWriter, r *http.Request) error {
	id, err := idOf(r)
	if err != nil {
		return err
	}
	if err := w.s.Records.DeletePersons(r.Context(), caller(r), id); err != nil {
		return err
	}
	w.redirect(rw, r, "/persons")
	return nil
}

func (m formMaker) organizationForm(o records.Organization) []formInput {
	in := []formInput{
		{Type: "text", Name: "name", Label: "Name", Value: o.Name, Required: true},
		{Type: "text", Name: "address", Label: "Address", Value: o.Address},
		{Type: "text", Name: "website", Label: "Website", Value: o.Website},
		{Type: "text", Name: "industry", Label: "Industry", Value: o.Industry},
	}
	in = append(in, m.labels(o.Labels)...)
	in = append(in, m.owner(o.Owner), m.visibility(o.VisibleTo))
	return append(in, m.custom(o.Custom)...)
}

func (w *Web) newOrganization(rw http.ResponseWriter, r *http.Request) error {
	m, err := w.formMaker(r, records.KindOrganization)
	if err != nil {
		return err
	}
	return w.showForm(rw, r, "organizations", recordForm{
		Kind: records.KindOrganization, Title: "Add organization", Action: "/organizations/new", Back: "/organizations",
		Submit: "Add organization", Inputs: m.organizationForm(records.Organization{Name: r.FormValue("name")}),
	})
}

func (w *Web) editOrganization(rw http.ResponseWriter, r *http.Request) error {
	id, err := idOf(r)
	if err != nil {
		return err
	}
	o, err := w.s.Records.Organization(r.Context(), caller(r), id)
	if err != nil {
		return err
	}
	m, err := w.formMaker(r, records.KindOrganization)
	if err != nil {
		return err
	}
	at := fmt.Sprintf("/organizations/%d", id)
	return w.showForm(rw, r, "organizations", recordForm{
		Kind: records.KindOrganization, Title: "Edit " + o.Name, Action: at + "/edit", Back: at, Submit: "Save", Inputs: m.organizationForm(o),
	})
}

func (w *Web) organizationPatch(rw http.ResponseWriter, r *http.Request) (records.OrganizationPatch, error) {
	v, err := w.filled(rw, r, records.KindOrganization)
	if err != nil {
		return records.OrganizationPatch{}, err
	}
	owner, err := v.id("owner_id")
	if err != nil {
		return records.OrganizationPatch{}, err
	}
	visible, err := v.id("visible_to")
	if err != nil {
		return records.OrganizationPatch{}, err
	}
	labels, err := v.ids(records.LabelsCode)
	if err != nil {
		return records.OrganizationPatch{}, err
	}
	name, website, industry := v.Get("name"), strings.TrimSpace(v.Get("website")), strings.TrimSpace(v.Get("industry"))
	address := strings.TrimSpace(v.Get("address"))
	return records.OrganizationPatch{
		Name: &name, Address: &address, Website: &website, Industry: &industry, Owner: &owner, VisibleTo: &visible, Labels: &labels, Custom: v.custom(),
	}, nil
}

func (w *Web) addOrganization(rw http.ResponseWriter, r *http.Request) error {
	patch, err := w.organizationPatch(rw, r)
	if err != nil {
		return err
	}
	o, err := w.s.Records.CreateOrganization(r.Context(), caller(r), records.Organization{
		Name: *patch.Name, Address: *patch.Address, Website: *patch.Website, Industry: *patch.Industry, Owner: *patch.Owner,
		VisibleTo: *patch.VisibleTo, Labels: *patch.Labels, Custom: patch.Custom,
	})
	if err != nil {
		return err
	}
	w.created(rw, r, records.KindOrganization, o.ID, fmt.Sprintf("/organizations/%d", o.ID))
	return nil
}

func (w *Web) changeOrganization(rw http.ResponseWriter, r *http.Request) error {
	id, err := idOf(r)
	if err != nil {
		return err
	}
	patch, err := w.organizationPatch(rw, r)
	if err != nil {
		return err
	}
	if _, err := w.s.Records.UpdateOrganization(r.Context(), caller(r), id, patch); err != nil {
		return err
	}
	w.redirect(rw, r, fmt.Sprintf("/organizations/%d", id))
	return nil
}

func (w *Web) deleteOrganization(rw http.ResponseWriter, r *http.Request) error {
	id, err := idOf(r)
	if err != nil {
		return err
	}
	if err := w.s.Records.DeleteOrganizations(r.Context(), caller(r), id); err != nil {
		return err
	}
	w.redirect(rw, r, "/organizations")
	return nil
}
