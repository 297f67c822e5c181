package web

import (
	"net/http"
	"strconv"

	"github.com/dockwright/dockwright/internal/fault"
	"github.com/dockwright/dockwright/internal/host/records"
	"github.com/dockwright/dockwright/internal/host/route"
)

func (w *Web) peopleRoutes() []route.Route {
	return []route.Route{
		{Method: http.MethodGet, Pattern: "/persons", Access: route.Login, Req: "records.pages", Handler: w.handle(w.persons)},
		{Method: http.MethodGet, Pattern: "/persons/{id}", Access: route.Login, Req: "records.pages", Handler: w.handle(w.person)},
		{Method: http.MethodGet, Pattern: records.PicturePath + "/{key}/{side}", Access: route.Public, Req: "rest.persons.picture.url", Handler: w.handle(w.picture)},
		{Method: http.MethodGet, Pattern: "/organizations", Access: route.Login, Req: "records.pages", Handler: w.handle(w.organizations)},
		{Method: http.MethodGet, Pattern: "/organizations/{id}", Access: route.Login, Req: "records.pages", Handler: w.handle(w.organization)},
	}
}

// picture serves the picture of a person to whoever knows its address, which never
// leads to another one.
// spec: rest.persons.picture.url
func (w *Web) picture(rw http.ResponseWriter, r *http.Request) error {
	side, err := strconv.Atoi(r.PathValue("side"))
	if err != nil {
		return fault.Missing("There is no such picture.")
	}
	bytes, err := w.s.Records.PictureBytes(r.Context(), r.PathValue("key"), side)
	if err != nil {
		return err
	}
	rw.Header().Set("Content-Type", bytes.Type)
	rw.Header().Set("Cache-Control", "private, max-age=31536000, immutable")
	http.ServeContent(rw, r, "", bytes.At, bytes)
	return nil
}

// idOf is the number in the path; anything else is a page that does not exist.
func idOf(r *http.Request) (int64, error) {
	id, err := strconv.ParseInt(r.PathValue("id"), 10, 64)
	if err != nil || id <= 0 {
		return 0, fault.Missing("Expected a number at the end of the address, got %q.", r.PathValue("id"))
	}
	return id, nil
}

type personsPage struct {
	List    *sortedList
	Persons []records.Person
	Apps    appsHere
}

func (w *Web) persons(rw http.ResponseWriter, r *http.Request) error {
	l, err := w.sortedList(r, "/persons", byName)
	if err != nil {
		return err
	}
	list, more, err := w.s.Records.ListPersons(r.Context(), caller(r), records.PersonFilter{Owner: l.Owner, Filter: l.Filter.Kept}, l.window())
	if err = l.Filter.stands(err); err != nil {
		return err
	}
	if more {
		l.goesOn(list[len(list)-1].Position(l.By))
	}
	apps, err := w.appsIn(r, records.KindPerson)
	if err != nil {
		return err
	}
	w.render(rw, r, http.StatusOK, page{Title: "People", Nav: "persons", Template: "records/persons", Data: personsPage{l, list, apps}})
	return nil
}

// recordPage is what a record's page shows beside the record itself.
type recordPage struct {
	Person       records.Person
	Organization records.Organization
	People       []records.Person
	Deals        []records.Deal
	Leads        []records.Lead
	Timeline     *timeline
	Custom       []fact
	Users        map[int64]string
	Apps         appsHere
}

func (w *Web) person(rw http.ResponseWriter, r *http.Request) error {
	id, err := idOf(r)
	if err != nil {
		return err
	}
	c, ctx := caller(r), r.Context()
	var d recordPage
	if d.Person, err = w.s.Records.Person(ctx, c, id); err != nil {
		return err
	}
	if d.Deals, err = w.s.Records.Deals(ctx, c, records.DealFilter{Person: id}); err != nil {
		return err
	}
	if d.Leads, err = w.s.Records.Leads(ctx, c, records.LeadFilter{Person: id}); err != nil {
		return err
	}
	if d.Timeline, err = w.timelineOf(r, records.KindPerson, r.PathValue("id"), r.URL.Path); err != nil {
		return err
	}
	d.Timeline.canCall(d.Person.ID, d.Person.Name, d.Person.Phones)
	if d.Custom, err = w.customFacts(r, records.KindPerson, d.Person.Custom); err != nil {
		return err
	}
	if d.Users, err = w.userNames(r); err != nil {
		return err
	}
	if d.Apps, err = w.appsOn(r, records.KindPerson, id); err != nil {
		return err
	}
	w.render(rw, r, http.StatusOK, page{Title: d.Person.Name, Nav: "persons", Template: "records/person", Data: d})
	return nil
}

type organizationsPage struct {
	List          *sortedList
	Organizations []records.Organization
	Cards         map[int64]records.OrganizationCard
	Apps          appsHere
}

func (w *Web) organizations(rw http.ResponseWriter, r *http.Request) error {
	l, err := w.sortedList(r, "/organizations", byName)
	if err != nil {
		return err
	}
	list, more, err := w.s.Records.ListOrganizations(r.Context(), caller(r), records.OrganizationFilter{Owner: l.Owner, Filter: l.Filter.Kept}, l.window())
	if err = l.Filter.stands(err); err != nil {
		return err
	}
	if more {
		l.goesOn(list[len(list)-1].Position(l.By))
	}
	ids := make([]int64, len(list))
	for i, o := range list {
		ids[i] = o.ID
	}
	cards, err := w.s.Records.Cards(r.Context(), caller(r), nil, ids)
	if err != nil {
		return err
	}
	apps, err := w.appsIn(r, records.KindOrganization)
	if err != nil {
		return err
	}
	w.render(rw, r, http.StatusOK, page{
		Title: "Organizations", Nav: "organizations", Template: "records/organizations", Data: organizationsPage{l, list, cards.Organizations, apps},
	})
	return nil
}

func (w *Web) organization(rw http.ResponseWriter, r *http.Request) error {
	id, err := idOf(r)
	if err != nil {
		return err
	}
	c, ctx := caller(r), r.Context()
	var d recordPage
	if d.Organization, err = w.s.Records.Organization(ctx, c, id); err != nil {
		return err
	}
	if d.People, err = w.s.Records.PersonsOf(ctx, c, id); err != nil {
		return err
	}
	if d.Deals, err = w.s.Records.Deals(ctx, c, records.DealFilter{Organization: id}); err != nil {
		return err
	}
	if d.Leads, err = w.s.Records.Leads(ctx, c, records.LeadFilter{Organization: id}); err != nil {
		return err
	}
	if d.Timeline, err = w.timelineOf(r, records.KindOrganization, r.PathValue("id"), r.URL.Path); err != nil {
		return err
	}
	for _, p := range d.People {
		d.Timeline.canCall(p.ID, p.Name, p.Phones)
	}
	if d.Custom, err = w.customFacts(r, records.KindOrganization, d.Organization.Custom); err != nil {
		return err
	}
	if d.Users, err = w.userNames(r); err != nil {
		return err
	}
	if d.Apps, err = w.appsOn(r, records.KindOrganization, id); err != nil {
		return err
	}
	w.render(rw, r, http.StatusOK, page{Title: d.Organization.Name, Nav: "organizations", Template: "records/organization", Data: d})
	return nil
}
