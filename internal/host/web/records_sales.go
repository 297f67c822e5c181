package web

import (
	"context"
	"net/http"
	"slices"
	"strconv"

	"github.com/dockwright/dockwright/internal/host/records"
	"github.com/dockwright/dockwright/internal/host/route"
	"github.com/dockwright/dockwright/internal/store"
)

func (w *Web) salesRoutes() []route.Route {
	return append([]route.Route{
		{Method: http.MethodGet, Pattern: "/leads", Access: route.Login, Req: "records.pages", Handler: w.handle(w.leads)},
		{Method: http.MethodGet, Pattern: "/leads/inbox/{id}", Access: route.Login, Req: "records.pages", Handler: w.handle(w.lead)},
		{Method: http.MethodGet, Pattern: "/deals/list", Access: route.Login, Req: "records.pages", Handler: w.handle(w.dealList)},
		{Method: http.MethodGet, Pattern: "/deals/{id}", Access: route.Login, Req: "records.pages", Handler: w.handle(w.deal)},
	}, slices.Concat(w.boardRoutes(), w.salesFormRoutes(), w.salesActionRoutes(), w.mergeRoutes(), w.bulkRoutes())...)
}

// userNames are the company's users by id, for showing owners.
func (w *Web) userNames(r *http.Request) (map[int64]string, error) {
	names := map[int64]string{}
	err := w.s.DB.Company(caller(r).Company).View(r.Context(), func(tx *store.Tx) error {
		all, err := w.s.Account.Users(tx)
		for _, u := range all {
			names[u.ID] = u.Name
		}
		return err
	})
	return names, err
}

// leadKeys are what the leads can be sorted by.
var leadKeys = []sortKey{{By: "add_time", Label: "Newest first", Desc: true}, {By: "update_time", Label: "Changed last", Desc: true}, {By: "title", Label: "Title"}}

type leadsPage struct {
	List     *sortedList
	Leads    []records.Lead
	Labels   []formOption
	Archived bool
}

func (w *Web) leads(rw http.ResponseWriter, r *http.Request) error {
	ctx, c := r.Context(), caller(r)
	l, err := w.sortedList(r, "/leads", leadKeys, "archived", "label")
	if err != nil {
		return err
	}
	d := leadsPage{List: l, Archived: l.also.Get("archived") == "1"}
	filter := records.LeadFilter{Archived: d.Archived, Owner: l.Owner, Label: l.also.Get("label"), Filter: l.Filter.Kept}
	var more bool
	d.Leads, more, err = w.s.Records.ListLeads(ctx, c, filter, l.window())
	if err = l.Filter.stands(err); err != nil {
		return err
	}
	if more {
		l.goesOn(d.Leads[len(d.Leads)-1].Position(l.By))
	}
	labels, err := w.s.Records.Labels(ctx, c)
	if err != nil {
		return err
	}
	d.Labels = []formOption{{Label: "Any label", Chosen: filter.Label == ""}}
	for _, b := range labels {
		d.Labels = append(d.Labels, formOption{Value: b.ID, Label: b.Name, Chosen: b.ID == filter.Label})
	}
	w.render(rw, r, http.StatusOK, page{Title: "Leads", Nav: "leads", Template: "records/leads", Data: d})
	return nil
}

// dealKeys are what the deals can be sorted by.
var dealKeys = []sortKey{
	{By: "update_time", Label: "Changed last", Desc: true}, {By: "add_time", Label: "Newest first", Desc: true}, {By: "title", Label: "Title"},
	{By: "value", Label: "Highest value", Desc: true}, {By: "expected_close_date", Label: "Expected close", Desc: true},
}

type dealsPage struct {
	List      *sortedList
	Deals     []records.Deal
	Status    string
	Archived  bool
	Pipelines []formOption
	Stages    []formOption // of all pipelines
	Filters   []formOption // the stage, as a filter
	Apps      appsHere
}

func (w *Web) dealList(rw http.ResponseWriter, r *http.Request) error {
	ctx, c := r.Context(), caller(r)
	l, err := w.sortedList(r, "/deals/list", dealKeys, "status", "pipeline", "stage")
	if err != nil {
		return err
	}
	d := dealsPage{List: l, Status: l.also.Get("status")}
	filter := records.DealFilter{Owner: l.Owner, Filter: l.Filter.Kept}
	filter.Pipeline, _ = strconv.ParseInt(l.also.Get("pipeline"), 10, 64) // anything else is any
	filter.Stage, _ = strconv.ParseInt(l.also.Get("stage"), 10, 64)       // likewise
	switch d.Status {
	case records.StatusOpen, records.StatusWon, records.StatusLost:
		filter.Status = d.Status
	case "archived":
		filter.Archived = true
	default:
		d.Status = ""
	}
	var more bool
	d.Deals, more, err = w.s.Records.ListDeals(ctx, c, filter, l.window())
	if err = l.Filter.stands(err); err != nil {
		return err
	}
	if more {
		l.goesOn(d.Deals[len(d.Deals)-1].Position(l.By))
	}
	pipelines, err := w.s.Records.Pipelines(ctx, c)
	if err != nil {
		return err
	}
	d.Pipelines = append([]formOption{{Label: "Any pipeline", Chosen: filter.Pipeline == 0}}, pipelineOptions(pipelines, filter.Pipeline)...)
	d.Stages = stageOptions(pipelines, 0)
	d.Filters = append([]formOption{{Label: "Any stage", Chosen: filter.Stage == 0}}, stageOptions(pipelines, filter.Stage)...)
	if d.Apps, err = w.appsIn(r, records.KindDeal); err != nil {
		return err
	}
	w.render(rw, r, http.StatusOK, page{Title: "Deals, list", Nav: "deals", Template: "records/deals", Data: d})
	return nil
}

// stageOptions are the stages of all pipelines, grouped where there are several.
func stageOptions(pipelines []records.Pipeline, chosen int64) []formOption {
	var out []formOption
	for _, p := range pipelines {
		group := p.Name
		if len(pipelines) == 1 {
			group = ""
		}
		for _, s := range p.Stages {
			out = append(out, formOption{Value: strconv.FormatInt(s.ID, 10), Label: s.Name, Group: group, Chosen: s.ID == chosen})
		}
	}
	return out
}

// salePage is what the page of a deal or lead shows.
type salePage struct {
	Deal         records.Deal
	Lead         records.Lead
	Person       *records.PersonCard       // nil: none
	Organization *records.OrganizationCard // nil: none
	Participants []participant
	Labels       []formOption // of the deal
	Stages       []stageStep  // the pipeline of the deal
	Rotten       bool
	Timeline     *timeline
	Custom       []fact
	Users        map[int64]string
	Apps         appsHere // of the deal
}

// stageStep is a stage in the bar above a deal.
type stageStep struct {
	records.Stage
	Passed, Now bool
}

// participant is a person who takes part in a deal.
type participant struct {
	ID int64 // of the participation
	records.PersonCard
	Own bool // the deal's own person, who stays
}

func (w *Web) deal(rw http.ResponseWriter, r *http.Request) error {
	id, err := idOf(r)
	if err != nil {
		return err
	}
	c, ctx := caller(r), r.Context()
	var d salePage
	if d.Deal, err = w.s.Records.Deal(ctx, c, id); err != nil {
		return err
	}
	if d.Timeline, err = w.timelineOf(r, records.KindDeal, r.PathValue("id"), r.URL.Path); err != nil {
		return err
	}
	d.Users = d.Timeline.Users
	if err := w.fillPipeline(ctx, c, &d); err != nil {
		return err
	}
	if err := w.fillPeople(ctx, c, &d); err != nil {
		return err
	}
	m, err := w.formMaker(r, records.KindDeal)
	if err != nil {
		return err
	}
	d.Custom = m.facts(d.Deal.Custom)
	d.Labels = m.chosenLabels(d.Deal.Labels)
	if d.Apps, err = w.appsOn(r, records.KindDeal, id); err != nil {
		return err
	}
	w.render(rw, r, http.StatusOK, page{Title: d.Deal.Title, Nav: "deals", Template: "records/deal", Data: d})
	return nil
}

// fillPipeline makes the bar of stages.
func (w *Web) fillPipeline(ctx context.Context, c route.Caller, d *salePage) error {
	pipelines, err := w.s.Records.Pipelines(ctx, c)
	if err != nil {
		return err
	}
	passed := true
	for _, p := range pipelines {
		if p.ID != d.Deal.Pipeline.ID {
			continue
		}
		for _, st := range p.Stages {
			now := st.ID == d.Deal.Stage.ID
			if now {
				passed, d.Rotten = false, rotten(d.Deal, st, w.s.Clock.Now())
			}
			d.Stages = append(d.Stages, stageStep{st, passed, now})
		}
	}
	return nil
}

// mostParticipants are shown on the page of a deal.
const mostParticipants = 100

// fillPeople reads the deal's person, organization and participants at once.
func (w *Web) fillPeople(ctx context.Context, c route.Caller, d *salePage) error {
	parts, _, err := w.s.Records.Participants(ctx, c, d.Deal.ID, records.Window{Limit: mostParticipants})
	if err != nil {
		return err
	}
	persons := []int64{d.Deal.Person.ID}
	for _, p := range parts {
		persons = append(persons, p.Person)
	}
	cards, err := w.s.Records.Cards(ctx, c, persons, []int64{d.Deal.Organization.ID})
	if err != nil {
		return err
	}
	d.cards(cards, d.Deal.Person.ID, d.Deal.Organization.ID)
	for _, p := range parts {
		card := cards.Persons[p.Person]
		d.Timeline.canCall(card.ID, card.Name, card.Phones)
		d.Participants = append(d.Participants, participant{p.ID, card, p.Person == d.Deal.Person.ID})
	}
	return nil
}

// cards shows the person and the organization that are there and that the viewer
// may see.
func (d *salePage) cards(cards records.Cards, person, organization int64) {
	if p, ok := cards.Persons[person]; ok && p.Active && p.Name != "" {
		d.Person = &p
		d.Timeline.canCall(p.ID, p.Name, p.Phones)
	}
	if o, ok := cards.Organizations[organization]; ok && o.Active && o.Name != "" {
		d.Organization = &o
	}
}

// chosenLabels are the labels of a record, to show.
func (m formMaker) chosenLabels(ids []int64) []formOption {
	var out []formOption
	for _, in := range m.labels(ids) {
		for _, o := range in.Options {
			if o.Chosen {
				out = append(out, o)
			}
		}
	}
	return out
}

func (w *Web) lead(rw http.ResponseWriter, r *http.Request) error {
	c, ctx := caller(r), r.Context()
	var d salePage
	var err error
	if d.Lead, err = w.s.Records.Lead(ctx, c, r.PathValue("id")); err != nil {
		return err
	}
	if d.Timeline, err = w.timelineOf(r, records.KindLead, d.Lead.ID, r.URL.Path); err != nil {
		return err
	}
	d.Users = d.Timeline.Users
	cards, err := w.s.Records.Cards(ctx, c, []int64{d.Lead.Person.ID}, []int64{d.Lead.Organization.ID})
	if err != nil {
		return err
	}
	d.cards(cards, d.Lead.Person.ID, d.Lead.Organization.ID)
	m, err := w.formMaker(r, records.KindLead)
	if err != nil {
		return err
	}
	d.Custom = m.facts(d.Lead.Custom)
	w.render(rw, r, http.StatusOK, page{Title: d.Lead.Title, Nav: "leads", Template: "records/lead", Data: d})
	return nil
}
