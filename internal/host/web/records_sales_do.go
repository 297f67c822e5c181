package web

import (
	"context"
	"net/http"
	"net/url"
	"strconv"
	"strings"

	"github.com/dockwright/dockwright/internal/fault"
	"github.com/dockwright/dockwright/internal/host/records"
	"github.com/dockwright/dockwright/internal/host/route"
)

// salesActionRoutes are what can be done with one deal or lead, beside editing.
// spec: records.sales-actions
func (w *Web) salesActionRoutes() []route.Route {
	const req = "records.sales-actions"
	deal := func(do dealAction) http.HandlerFunc { return w.handle(w.onDeal(do)) }
	lead := func(do leadAction) http.HandlerFunc { return w.handle(w.onLead(do)) }
	return []route.Route{
		{Method: http.MethodPost, Pattern: "/deals/{id}/move", Access: route.Login, Req: req, Handler: deal(w.moveDeal)},
		{Method: http.MethodPost, Pattern: "/deals/{id}/won", Access: route.Login, Req: req, Handler: deal(w.dealStatus(records.StatusWon))},
		{Method: http.MethodGet, Pattern: "/deals/{id}/lost", Access: route.Login, Req: req, Handler: w.handle(w.askLost)},
		{Method: http.MethodPost, Pattern: "/deals/{id}/lost", Access: route.Login, Req: req, Handler: deal(w.loseDeal)},
		{Method: http.MethodPost, Pattern: "/deals/{id}/reopen", Access: route.Login, Req: req, Handler: deal(w.dealStatus(records.StatusOpen))},
		{Method: http.MethodPost, Pattern: "/deals/{id}/archive", Access: route.Login, Req: req, Handler: deal(w.archiveDeal)},
		{Method: http.MethodPost, Pattern: "/deals/{id}/duplicate", Access: route.Login, Req: req, Handler: deal(w.duplicateDeal)},
		{Method: http.MethodPost, Pattern: "/deals/{id}/to-lead", Access: route.Login, Req: req, Handler: deal(w.dealToLead)},
		{Method: http.MethodPost, Pattern: "/deals/{id}/delete", Access: route.Login, Req: req, Handler: deal(w.deleteDeal)},
		{Method: http.MethodGet, Pattern: "/deals/{id}/participants/new", Access: route.Login, Req: req, Handler: w.handle(w.askParticipant)},
		{Method: http.MethodPost, Pattern: "/deals/{id}/participants/new", Access: route.Login, Req: req, Handler: deal(w.addParticipant)},
		{Method: http.MethodPost, Pattern: "/deals/{id}/participants/{participant}/delete", Access: route.Login, Req: req, Handler: deal(w.removeParticipant)},
		{Method: http.MethodPost, Pattern: "/leads/inbox/{id}/seen", Access: route.Login, Req: req, Handler: lead(w.seeLead)},
		{Method: http.MethodPost, Pattern: "/leads/inbox/{id}/archive", Access: route.Login, Req: req, Handler: lead(w.archiveLead)},
		{Method: http.MethodPost, Pattern: "/leads/inbox/{id}/delete", Access: route.Login, Req: req, Handler: lead(w.deleteLead)},
		{Method: http.MethodGet, Pattern: "/leads/inbox/{id}/to-deal", Access: route.Login, Req: req, Handler: w.handle(w.askToDeal)},
		{Method: http.MethodPost, Pattern: "/leads/inbox/{id}/to-deal", Access: route.Login, Req: req, Handler: lead(w.leadToDeal)},
	}
}

// A dealAction does something with a deal and returns the page to show then.
type dealAction func(ctx context.Context, c route.Caller, id int64, form url.Values) (next string, err error)

// A leadAction is the same for leads.
type leadAction func(ctx context.Context, c route.Caller, id string, form url.Values) (next string, err error)

// onDeal makes a page of an action. The form may say where to go back to.
func (w *Web) onDeal(do dealAction) handler {
	return func(rw http.ResponseWriter, r *http.Request) error {
		id, err := idOf(r)
		if err != nil {
			return err
		}
		v, err := w.filled(rw, r, records.KindDeal)
		if err != nil {
			return err
		}
		if p := r.PathValue("participant"); p != "" {
			v.Set("participant", p)
		}
		next, err := do(r.Context(), caller(r), id, v.Values)
		return w.done(rw, r, next, err)
	}
}

func (w *Web) onLead(do leadAction) handler {
	return func(rw http.ResponseWriter, r *http.Request) error {
		v, err := w.filled(rw, r, records.KindLead)
		if err != nil {
			return err
		}
		next, err := do(r.Context(), caller(r), r.PathValue("id"), v.Values)
		return w.done(rw, r, next, err)
	}
}

// done goes to the page that the form wants back, else to next.
func (w *Web) done(rw http.ResponseWriter, r *http.Request, next string, err error) error {
	if err != nil {
		return err
	}
	if back := r.PostFormValue("back"); back != "" {
		next = localPath(back)
	}
	w.redirect(rw, r, next)
	return nil
}

func (w *Web) changeDealBy(ctx context.Context, c route.Caller, id int64, p records.DealPatch) (string, error) {
	_, err := w.s.Records.UpdateDeal(ctx, c, id, p)
	return dealURL(id), err
}

func (w *Web) moveDeal(ctx context.Context, c route.Caller, id int64, form url.Values) (string, error) {
	stage, err := strconv.ParseInt(form.Get("stage"), 10, 64)
	if err != nil || stage <= 0 {
		return "", fault.New(fault.Invalid, "stage", "Expected the id of a stage, got %q.", form.Get("stage"))
	}
	return w.changeDealBy(ctx, c, id, records.DealPatch{Stage: &stage})
}

func (w *Web) dealStatus(status string) dealAction {
	return func(ctx context.Context, c route.Caller, id int64, _ url.Values) (string, error) {
		return w.changeDealBy(ctx, c, id, records.DealPatch{Status: &status})
	}
}

// askLost asks for the reason.
func (w *Web) askLost(rw http.ResponseWriter, r *http.Request) error {
	id, err := idOf(r)
	if err != nil {
		return err
	}
	d, err := w.s.Records.Deal(r.Context(), caller(r), id)
	if err != nil {
		return err
	}
	back := dealURL(id)
	if asked := r.FormValue("back"); asked != "" {
		back = localPath(asked)
	}
	return w.showForm(rw, r, "deals", recordForm{
		Kind: records.KindDeal, Title: "Lost: " + d.Title, Action: dealURL(id) + "/lost", Back: back, Submit: "Mark as lost", Return: back,
		Inputs: []formInput{{Type: "text", Name: "lost_reason", Label: "Why was it lost?", Value: d.LostReason, Hint: "At most 150 characters; it may stay empty."}},
	})
}

func (w *Web) loseDeal(ctx context.Context, c route.Caller, id int64, form url.Values) (string, error) {
	status, reason := records.StatusLost, strings.TrimSpace(form.Get("lost_reason"))
	return w.changeDealBy(ctx, c, id, records.DealPatch{Status: &status, LostReason: &reason})
}

func (w *Web) archiveDeal(ctx context.Context, c route.Caller, id int64, form url.Values) (string, error) {
	archived := form.Get("archived") != "0"
	return w.changeDealBy(ctx, c, id, records.DealPatch{Archived: &archived})
}

func (w *Web) duplicateDeal(ctx context.Context, c route.Caller, id int64, _ url.Values) (string, error) {
	d, err := w.s.Records.DuplicateDeal(ctx, c, id)
	return dealURL(d.ID), err
}

func (w *Web) dealToLead(ctx context.Context, c route.Caller, id int64, _ url.Values) (string, error) {
	done, err := w.s.Records.ConvertDeal(ctx, c, id)
	if err == nil && done.Status != records.ConversionCompleted {
		err = fault.New(fault.Invalid, "", "Expected a deal with a person or an organization: no lead can be without both.")
	}
	return "/leads/inbox/" + done.Lead, err
}

func (w *Web) deleteDeal(ctx context.Context, c route.Caller, id int64, _ url.Values) (string, error) {
	return "/deals", w.s.Records.DeleteDeals(ctx, c, id)
}

// askParticipant asks who takes part.
func (w *Web) askParticipant(rw http.ResponseWriter, r *http.Request) error {
	id, err := idOf(r)
	if err != nil {
		return err
	}
	if _, err := w.s.Records.Deal(r.Context(), caller(r), id); err != nil {
		return err
	}
	return w.showForm(rw, r, "deals", recordForm{
		Kind: records.KindDeal, Title: "Add participant", Action: dealURL(id) + "/participants/new", Back: dealURL(id), Submit: "Add participant",
		Inputs: []formInput{{Type: "record", Name: "person_id", Label: "Person", Kind: records.KindPerson, Hint: "A name that is not known yet makes a new person."}},
	})
}

func (w *Web) addParticipant(ctx context.Context, c route.Caller, id int64, form url.Values) (string, error) {
	person, err := w.personOf(ctx, c, formValues{Values: form}, 0)
	if err != nil {
		return "", err
	}
	if person == 0 {
		return "", fault.New(fault.Invalid, "person_id", "Expected a person, got nobody. Type a name.")
	}
	_, err = w.s.Records.AddParticipant(ctx, c, id, person)
	return dealURL(id), err
}

func (w *Web) removeParticipant(ctx context.Context, c route.Caller, id int64, form url.Values) (string, error) {
	participant, err := strconv.ParseInt(form.Get("participant"), 10, 64)
	if err != nil {
		return "", fault.Missing("Expected the number of a participant in the address, got %q.", form.Get("participant"))
	}
	return dealURL(id), w.s.Records.RemoveParticipant(ctx, c, id, participant)
}

func (w *Web) changeLeadBy(ctx context.Context, c route.Caller, id string, p records.LeadPatch) (string, error) {
	_, err := w.s.Records.UpdateLead(ctx, c, id, p)
	return "/leads/inbox/" + id, err
}

func (w *Web) seeLead(ctx context.Context, c route.Caller, id string, form url.Values) (string, error) {
	seen := form.Get("seen") != "0"
	return w.changeLeadBy(ctx, c, id, records.LeadPatch{Seen: &seen})
}

func (w *Web) archiveLead(ctx context.Context, c route.Caller, id string, form url.Values) (string, error) {
	archived := form.Get("archived") != "0"
	return w.changeLeadBy(ctx, c, id, records.LeadPatch{Archived: &archived})
}

func (w *Web) deleteLead(ctx context.Context, c route.Caller, id string, _ url.Values) (string, error) {
	return "/leads", w.s.Records.DeleteLead(ctx, c, id)
}

// askToDeal asks into which stage the deal comes.
func (w *Web) askToDeal(rw http.ResponseWriter, r *http.Request) error {
	l, err := w.s.Records.Lead(r.Context(), caller(r), r.PathValue("id"))
	if err != nil {
		return err
	}
	pipelines, err := w.s.Records.Pipelines(r.Context(), caller(r))
	if err != nil {
		return err
	}
	at := "/leads/inbox/" + l.ID
	return w.showForm(rw, r, "leads", recordForm{
		Kind: records.KindLead, Title: "Convert to deal: " + l.Title, Action: at + "/to-deal", Back: at, Submit: "Convert to deal",
		Inputs: []formInput{{Type: "select", Name: "stage_id", Label: "Stage", Options: stageOptions(pipelines, 0), Hint: "Notes, activities and files move to the deal."}},
	})
}

func (w *Web) leadToDeal(ctx context.Context, c route.Caller, id string, form url.Values) (string, error) {
	stage, err := formValues{Values: form}.id("stage_id")
	if err != nil {
		return "", err
	}
	done, err := w.s.Records.ConvertLead(ctx, c, id, stage, 0)
	return dealURL(done.Deal), err
}
