package web

import (
	"context"
	"net/http"

	"github.com/dockwright/dockwright/internal/fault"
	"github.com/dockwright/dockwright/internal/host/devhub"
	"github.com/dockwright/dockwright/internal/host/route"
)

func (w *Web) devhubPublishRoutes() []route.Route {
	return []route.Route{
		{Method: http.MethodGet, Pattern: hubApp + "/publish", Access: route.Admin, Req: "devhub.review", Handler: w.handle(w.appForm("publish"))},
		{Method: http.MethodPost, Pattern: hubApp + "/live", Access: route.Admin, Req: "devhub.live", Handler: w.handle(w.publishStep(w.s.DevHub.SetLive))},
		{Method: http.MethodPost, Pattern: hubApp + "/unpublish", Access: route.Admin, Req: "devhub.unpublish", Handler: w.handle(w.publishStep(w.s.DevHub.Unpublish))},
		{Method: http.MethodPost, Pattern: hubApp + "/submit", Access: route.Admin, Req: "devhub.review", Handler: w.handle(w.publishStep(w.s.DevHub.Submit))},
		{Method: http.MethodPost, Pattern: hubApp + "/withdraw", Access: route.Admin, Req: "devhub.review", Handler: w.handle(w.publishStep(w.s.DevHub.Withdraw))},
		{Method: http.MethodPost, Pattern: hubApp + "/merge", Access: route.Admin, Req: "devhub.pending", Handler: w.handle(w.publishStep(w.s.DevHub.MergeChanges))},
		{Method: http.MethodPost, Pattern: hubApp + "/discard", Access: route.Admin, Req: "devhub.pending", Handler: w.handle(w.publishStep(w.s.DevHub.DiscardChanges))},
		{Method: http.MethodPost, Pattern: hubApp + "/delete", Access: route.Admin, Req: "devhub.delete", Handler: w.handle(w.deleteApp)},
		{Method: http.MethodGet, Pattern: hubPath + "/reviews", Access: route.Admin, Req: "devhub.review", Handler: w.handle(w.reviews)},
		{Method: http.MethodPost, Pattern: hubPath + "/reviews/{client_id}", Access: route.Admin, Req: "devhub.review", Handler: w.handle(w.decideReview)},
	}
}

// publishStep moves an app along in its life.
func (w *Web) publishStep(do func(context.Context, route.Caller, string) (devhub.App, error)) handler {
	return func(rw http.ResponseWriter, r *http.Request) error {
		id := r.PathValue("client_id")
		if _, err := do(r.Context(), caller(r), id); err != nil {
			return err
		}
		w.redirect(rw, r, hubURL(id, "publish"))
		return nil
	}
}

// deleteApp wants the app's name, because nothing brings the app back.
// spec: devhub.delete
func (w *Web) deleteApp(rw http.ResponseWriter, r *http.Request) error {
	p, err := w.appPage(r, "publish")
	if err != nil {
		return err
	}
	if typed := r.PostFormValue("confirm_name"); typed != p.App.Name {
		return fault.New(fault.Invalid, "confirm_name", "Expected the app's name %q, got %q. Type it to confirm.", p.App.Name, typed)
	}
	if err := w.s.Authz.DeleteApp(r.Context(), caller(r), p.App.ClientID); err != nil {
		return err
	}
	w.redirect(rw, r, hubPath)
	return nil
}

// reviewRow is what the operator decides about.
type reviewRow struct {
	devhub.Draft
	Publisher string
	Granted   []devhub.Scope
}

// reviews is the operator's queue.
// spec: host.operator
func (w *Web) reviews(rw http.ResponseWriter, r *http.Request) error {
	if err := w.s.Account.MustOperate(r.Context(), caller(r)); err != nil {
		return err
	}
	queue, err := w.s.DevHub.Queue(r.Context())
	if err != nil {
		return err
	}
	names, err := w.companyNames(r)
	if err != nil {
		return err
	}
	var rows []reviewRow
	for _, d := range queue {
		rows = append(rows, reviewRow{Draft: d, Publisher: names[d.App.Owner], Granted: scopesOf(d.Next)})
	}
	w.render(rw, r, http.StatusOK, page{Title: "App reviews", Nav: "developer-hub", Template: "devhub/reviews", Data: rows})
	return nil
}

func (w *Web) decideReview(rw http.ResponseWriter, r *http.Request) error {
	if err := w.s.Account.MustOperate(r.Context(), caller(r)); err != nil {
		return err
	}
	var approved bool
	switch d := r.PostFormValue("decision"); d {
	case "approve":
		approved = true
	case "reject":
	default:
		return fault.New(fault.Invalid, "decision", "Expected approve or reject, got %q.", d)
	}
	if err := w.s.DevHub.Decide(r.Context(), r.PathValue("client_id"), approved, r.PostFormValue("note")); err != nil {
		return err
	}
	w.redirect(rw, r, hubPath+"/reviews")
	return nil
}
