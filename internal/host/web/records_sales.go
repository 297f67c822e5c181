package web

import (
	"cmp"
	"net/http"
	"slices"
	"strings"
	"time"

	"github.com/dockwright/dockwright/internal/clock"
	"github.com/dockwright/dockwright/internal/host/records"
	"github.com/dockwright/dockwright/internal/host/route"
	"github.com/dockwright/dockwright/internal/store"
)

func (w *Web) salesRoutes() []route.Route {
	return []route.Route{
		{Method: http.MethodGet, Pattern: "/leads", Access: route.Login, Req: "records.pages", Handler: w.handle(w.leads)},
		{Method: http.MethodGet, Pattern: "/leads/inbox/{id}", Access: route.Login, Req: "records.pages", Handler: w.handle(w.lead)},
		{Method: http.MethodGet, Pattern: "/deals", Access: route.Login, Req: "records.pages", Handler: w.handle(w.board)},
		{Method: http.MethodGet, Pattern: "/deals/list", Access: route.Login, Req: "records.pages", Handler: w.handle(w.dealList)},
		{Method: http.MethodGet, Pattern: "/deals/{id}", Access: route.Login, Req: "records.pages", Handler: w.handle(w.deal)},
	}
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

type leadsPage struct {
	Leads    []records.Lead
	Owners   map[int64]string
	Archived bool
}

func (w *Web) leads(rw http.ResponseWriter, r *http.Request) error {
	archived := r.FormValue("archived") == "1"
	list, err := w.s.Records.Leads(r.Context(), caller(r), records.LeadFilter{Archived: archived})
	if err != nil {
		return err
	}
	owners, err := w.userNames(r)
	if err != nil {
		return err
	}
	w.render(rw, r, http.StatusOK, page{Title: "Leads", Nav: "leads", Template: "records/leads", Data: leadsPage{list, owners, archived}})
	return nil
}

func (w *Web) lead(rw http.ResponseWriter, r *http.Request) error {
	c, ctx := caller(r), r.Context()
	var d recordPage
	var err error
	if d.Lead, err = w.s.Records.Lead(ctx, c, r.PathValue("id")); err != nil {
		return err
	}
	if d.Timeline, err = w.timelineOf(r, records.KindLead, d.Lead.ID, r.URL.Path); err != nil {
		return err
	}
	if d.Users, err = w.userNames(r); err != nil {
		return err
	}
	w.render(rw, r, http.StatusOK, page{Title: d.Lead.Title, Nav: "leads", Template: "records/lead", Data: d})
	return nil
}

// column is a stage of the board with what stands in it.
type column struct {
	records.Stage
	Deals []card
	Total string
}

type card struct {
	records.Deal
	OwnerName string
	Waiting   int  // days in this stage
	Overdue   bool // it was expected to be closed by now
}

type boardPage struct {
	Pipeline string
	Columns  []column
	Count    int
	Total    string
}

func (w *Web) board(rw http.ResponseWriter, r *http.Request) error {
	c := caller(r)
	pipelines, err := w.s.Records.Pipelines(r.Context(), c)
	if err != nil {
		return err
	}
	var d boardPage
	if len(pipelines) > 0 {
		deals, err := w.s.Records.Deals(r.Context(), c, records.DealFilter{Pipeline: pipelines[0].ID, Status: "open"})
		if err != nil {
			return err
		}
		owners, err := w.userNames(r)
		if err != nil {
			return err
		}
		d = newBoard(pipelines[0], deals, owners, w.s.Clock)
	}
	w.render(rw, r, http.StatusOK, page{Title: "Deals", Nav: "deals", Template: "records/board", Data: d})
	return nil
}

func newBoard(p records.Pipeline, deals []records.Deal, owners map[int64]string, c clock.Clock) boardPage {
	now := c.Now()
	d := boardPage{Pipeline: p.Name, Count: len(deals), Total: sum(deals)}
	for _, s := range p.Stages {
		col := column{Stage: s}
		var here []records.Deal
		for _, deal := range deals {
			if deal.Stage.ID != s.ID {
				continue
			}
			here = append(here, deal)
			col.Deals = append(col.Deals, card{
				Deal: deal, OwnerName: owners[deal.Owner], Waiting: int(now.Sub(deal.StageChangedAt) / (24 * time.Hour)),
				Overdue: deal.ExpectedClose != "" && deal.ExpectedClose < now.Format(time.DateOnly),
			})
		}
		col.Total = sum(here)
		d.Columns = append(d.Columns, col)
	}
	return d
}

// sum adds values up, one figure per currency, in the order they come up.
func sum(deals []records.Deal) string {
	var totals []records.Money
next:
	for _, d := range deals {
		for i := range totals {
			if totals[i].Currency == d.Value.Currency {
				totals[i].Amount += d.Value.Amount
				continue next
			}
		}
		if d.Value.Currency != "" {
			totals = append(totals, d.Value)
		}
	}
	var words []string
	for _, t := range totals {
		words = append(words, money(t))
	}
	return strings.Join(words, " + ")
}

type dealsPage struct {
	Deals  []records.Deal
	Owners map[int64]string
	Status string
	Total  string
}

// statusOrder puts what can still be won first.
var statusOrder = map[string]int{"open": 0, "won": 1, "lost": 2}

func (w *Web) dealList(rw http.ResponseWriter, r *http.Request) error {
	status := r.FormValue("status")
	if status != "open" && status != "won" && status != "lost" {
		status = ""
	}
	deals, err := w.s.Records.Deals(r.Context(), caller(r), records.DealFilter{Status: status})
	if err != nil {
		return err
	}
	slices.SortStableFunc(deals, func(a, b records.Deal) int {
		return cmp.Or(cmp.Compare(statusOrder[a.Status], statusOrder[b.Status]), b.StageChangedAt.Compare(a.StageChangedAt))
	})
	owners, err := w.userNames(r)
	if err != nil {
		return err
	}
	w.render(rw, r, http.StatusOK, page{
		Title: "Deals, list", Nav: "deals", Template: "records/deals", Data: dealsPage{deals, owners, status, sum(deals)},
	})
	return nil
}

func (w *Web) deal(rw http.ResponseWriter, r *http.Request) error {
	id, err := idOf(r)
	if err != nil {
		return err
	}
	c, ctx := caller(r), r.Context()
	var d recordPage
	if d.Deal, err = w.s.Records.Deal(ctx, c, id); err != nil {
		return err
	}
	if d.Timeline, err = w.timelineOf(r, records.KindDeal, r.PathValue("id"), r.URL.Path); err != nil {
		return err
	}
	pipelines, err := w.s.Records.Pipelines(ctx, c)
	if err != nil {
		return err
	}
	for _, p := range pipelines {
		if p.ID == d.Deal.Pipeline.ID {
			d.Stages = p.Stages
		}
	}
	if d.Users, err = w.userNames(r); err != nil {
		return err
	}
	w.render(rw, r, http.StatusOK, page{Title: d.Deal.Title, Nav: "deals", Template: "records/deal", Data: d})
	return nil
}
