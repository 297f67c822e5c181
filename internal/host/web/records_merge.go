package web

import (
	"context"
	"fmt"
	"net/http"
	"strconv"
	"strings"

	"github.com/dockwright/dockwright/internal/fault"
	"github.com/dockwright/dockwright/internal/host/records"
	"github.com/dockwright/dockwright/internal/host/route"
)

// mergeKind is a kind of which two records can become one.
type mergeKind struct {
	kind, nav, path, what string
	// side reads one of the two.
	side func(m formMaker, id int64) (mergeSide, error)
	// merge lets one record go and the other stay.
	merge func(ctx context.Context, c route.Caller, goes, stays int64) error
}

// mergeSide is one of the two records, as they are compared.
type mergeSide struct {
	ID    int64
	Name  string
	facts []fact
}

// mergePage chooses the other record and then compares the two.
type mergePage struct {
	What, Kind, At  string
	This, Other     mergeSide
	Rows            []mergeRow
	Compare, Chosen bool
}

// mergeRow is a field of both.
type mergeRow struct{ Label, This, Other string }

func (w *Web) mergeKinds() []mergeKind {
	s := w.s.Records
	return []mergeKind{
		{records.KindPerson, "persons", "/persons", "person", formMaker.personSide, func(ctx context.Context, c route.Caller, goes, stays int64) error {
			_, err := s.MergePersons(ctx, c, goes, stays)
			return err
		}},
		{records.KindOrganization, "organizations", "/organizations", "organization", formMaker.organizationSide, func(ctx context.Context, c route.Caller, goes, stays int64) error {
			_, err := s.MergeOrganizations(ctx, c, goes, stays)
			return err
		}},
		{records.KindDeal, "deals", "/deals", "deal", formMaker.dealSide, func(ctx context.Context, c route.Caller, goes, stays int64) error {
			_, err := s.MergeDeals(ctx, c, goes, stays)
			return err
		}},
	}
}

func (w *Web) mergeRoutes() []route.Route {
	var out []route.Route
	for _, k := range w.mergeKinds() {
		out = append(out,
			route.Route{Method: http.MethodGet, Pattern: k.path + "/{id}/merge", Access: route.Login, Req: "records.merge-page", Handler: w.handle(w.compare(k))},
			route.Route{Method: http.MethodPost, Pattern: k.path + "/{id}/merge", Access: route.Login, Req: "records.merge-page", Handler: w.handle(w.mergeTwo(k))})
	}
	return out
}

// compare shows the record beside the one that the address names as with_id; without
// one it asks for it.
// spec: records.merge-page
func (w *Web) compare(k mergeKind) handler {
	return func(rw http.ResponseWriter, r *http.Request) error {
		id, err := idOf(r)
		if err != nil {
			return err
		}
		m, err := w.formMaker(r, k.kind)
		if err != nil {
			return err
		}
		d := mergePage{What: k.what, Kind: k.kind, At: fmt.Sprintf("%s/%d", k.path, id)}
		if d.This, err = k.side(m, id); err != nil {
			return err
		}
		if with, name := r.FormValue("with_id"), strings.TrimSpace(r.FormValue("with")); with != "" {
			other, err := otherOf(id, with)
			if err != nil {
				return err
			}
			if d.Other, err = k.side(m, other); err != nil {
				return err
			}
			d.Compare, d.Rows = true, mergeRows(d.This.facts, d.Other.facts)
		} else if name != "" {
			return fault.New(fault.Invalid, "with", "Expected one of the %ss in the list, got %q. Choose it while typing.", k.what, name)
		}
		w.render(rw, r, http.StatusOK, page{Title: "Merge " + d.This.Name, Nav: k.nav, Template: "records/merge", Data: d})
		return nil
	}
}

// otherOf is the number of another record than id.
func otherOf(id int64, text string) (int64, error) {
	other, err := strconv.ParseInt(text, 10, 64)
	if err != nil || other <= 0 || other == id {
		return 0, fault.New(fault.Invalid, "with", "Expected another record, got %q.", text)
	}
	return other, nil
}

// mergeTwo makes one of two. keep is the id of the one that stays.
func (w *Web) mergeTwo(k mergeKind) handler {
	return func(rw http.ResponseWriter, r *http.Request) error {
		id, err := idOf(r)
		if err != nil {
			return err
		}
		other, err := otherOf(id, r.PostFormValue("with_id"))
		if err != nil {
			return err
		}
		goes, stays := other, id
		switch r.PostFormValue("keep") {
		case strconv.FormatInt(id, 10):
		case strconv.FormatInt(other, 10):
			goes, stays = id, other
		default:
			return fault.New(fault.Invalid, "keep", "Expected %d or %d, the one that stays, got %q.", id, other, r.PostFormValue("keep"))
		}
		if err := k.merge(r.Context(), caller(r), goes, stays); err != nil {
			return err
		}
		w.redirect(rw, r, fmt.Sprintf("%s/%d", k.path, stays))
		return nil
	}
}

// mergeRows puts the fields of two records beside each other, in the order of the
// first and what only the other has behind it.
func mergeRows(this, other []fact) []mergeRow {
	var rows []mergeRow
	at := map[string]int{}
	for _, f := range this {
		if i, ok := at[f.Name]; ok {
			rows[i].This += ", " + f.Value
			continue
		}
		at[f.Name] = len(rows)
		rows = append(rows, mergeRow{Label: f.Name, This: f.Value})
	}
	for _, f := range other {
		i, ok := at[f.Name]
		if !ok {
			i = len(rows)
			at[f.Name] = i
			rows = append(rows, mergeRow{Label: f.Name})
		}
		if rows[i].Other != "" {
			rows[i].Other += ", "
		}
		rows[i].Other += f.Value
	}
	return rows
}

// someFacts leaves out those without a value.
func someFacts(list ...fact) []fact {
	var out []fact
	for _, f := range list {
		if f.Value != "" {
			out = append(out, f)
		}
	}
	return out
}

func (m formMaker) ownerName(id int64) string {
	for _, u := range m.users {
		if u.ID == id {
			return u.Name
		}
	}
	return ""
}

func (m formMaker) labelNames(ids []int64) string {
	var names []string
	for _, o := range m.chosenLabels(ids) {
		names = append(names, o.Label)
	}
	return strings.Join(names, ", ")
}

func (m formMaker) personSide(id int64) (mergeSide, error) {
	p, err := m.s.Person(m.ctx, m.c, id)
	if err != nil {
		return mergeSide{}, err
	}
	facts := []fact{{Name: "Job title", Value: p.JobTitle}, {Name: "Organization", Value: p.Organization.Name}}
	for _, c := range p.Phones {
		facts = append(facts, fact{Name: "Phone", Value: c.Value})
	}
	for _, c := range p.Emails {
		facts = append(facts, fact{Name: "Email", Value: c.Value})
	}
	facts = append(facts, fact{Name: "Labels", Value: m.labelNames(p.Labels)}, fact{Name: "Owner", Value: m.ownerName(p.Owner)})
	return mergeSide{id, p.Name, append(someFacts(facts...), m.facts(p.Custom)...)}, nil
}

func (m formMaker) organizationSide(id int64) (mergeSide, error) {
	o, err := m.s.Organization(m.ctx, m.c, id)
	if err != nil {
		return mergeSide{}, err
	}
	facts := someFacts(fact{Name: "Address", Value: o.Address}, fact{Name: "Website", Value: o.Website}, fact{Name: "Industry", Value: o.Industry},
		fact{Name: "Labels", Value: m.labelNames(o.Labels)}, fact{Name: "Owner", Value: m.ownerName(o.Owner)})
	return mergeSide{id, o.Name, append(facts, m.facts(o.Custom)...)}, nil
}

func (m formMaker) dealSide(id int64) (mergeSide, error) {
	d, err := m.s.Deal(m.ctx, m.c, id)
	if err != nil {
		return mergeSide{}, err
	}
	facts := someFacts(fact{Name: "Value", Value: money(d.Value)}, fact{Name: "Status", Value: d.Status}, fact{Name: "Stage", Value: d.Pipeline.Name + ", " + d.Stage.Name},
		fact{Name: "Person", Value: d.Person.Name}, fact{Name: "Organization", Value: d.Organization.Name}, fact{Name: "Expected close", Value: day(d.ExpectedClose)},
		fact{Name: "Labels", Value: m.labelNames(d.Labels)}, fact{Name: "Owner", Value: m.ownerName(d.Owner)})
	return mergeSide{id, d.Title, append(facts, m.facts(d.Custom)...)}, nil
}
