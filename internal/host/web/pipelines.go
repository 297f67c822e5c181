package web

import (
	"context"
	"fmt"
	"net/http"
	"slices"
	"strconv"
	"strings"

	"github.com/dockwright/dockwright/internal/fault"
	"github.com/dockwright/dockwright/internal/host/records"
	"github.com/dockwright/dockwright/internal/host/route"
)

const pipelinesPath = "/settings/pipelines"

func (w *Web) pipelineRoutes() []route.Route {
	return []route.Route{
		{Method: http.MethodGet, Pattern: "/settings/pipelines", Access: route.Admin, Req: "records.pipelines-page", Handler: w.handle(w.pipelines)},
		{Method: http.MethodGet, Pattern: "/settings/pipelines/new", Access: route.Admin, Req: "records.pipelines-page", Handler: w.handle(w.newPipeline)},
		{Method: http.MethodPost, Pattern: "/settings/pipelines/new", Access: route.Admin, Req: "records.pipelines-page", Handler: w.handle(w.addPipeline)},
		{Method: http.MethodGet, Pattern: "/settings/pipelines/{id}", Access: route.Admin, Req: "records.pipelines-page", Handler: w.handle(w.editPipeline)},
		{Method: http.MethodPost, Pattern: "/settings/pipelines/{id}", Access: route.Admin, Req: "records.pipelines-page", Handler: w.handle(w.changePipeline)},
		{Method: http.MethodPost, Pattern: "/settings/pipelines/{id}/move", Access: route.Admin, Req: "records.pipelines-page", Handler: w.handle(w.movePipeline)},
		{Method: http.MethodPost, Pattern: "/settings/pipelines/{id}/delete", Access: route.Admin, Req: "records.pipelines-page", Handler: w.handle(w.deletePipeline)},
		{Method: http.MethodGet, Pattern: "/settings/pipelines/{id}/stages/new", Access: route.Admin, Req: "records.pipelines-page", Handler: w.handle(w.newStage)},
		{Method: http.MethodPost, Pattern: "/settings/pipelines/{id}/stages/new", Access: route.Admin, Req: "records.pipelines-page", Handler: w.handle(w.addStage)},
		{Method: http.MethodGet, Pattern: "/settings/stages/{id}", Access: route.Admin, Req: "records.pipelines-page", Handler: w.handle(w.editStage)},
		{Method: http.MethodPost, Pattern: "/settings/stages/{id}", Access: route.Admin, Req: "records.pipelines-page", Handler: w.handle(w.changeStage)},
		{Method: http.MethodPost, Pattern: "/settings/stages/{id}/move", Access: route.Admin, Req: "records.pipelines-page", Handler: w.handle(w.moveStage)},
		{Method: http.MethodPost, Pattern: "/settings/stages/{id}/delete", Access: route.Admin, Req: "records.pipelines-page", Handler: w.handle(w.deleteStage)},
	}
}

// pipelinesPage are all pipelines, and how many deals are in each stage.
type pipelinesPage struct {
	Pipelines []records.Pipeline
	Deals     map[int64]int
}

func (w *Web) pipelinesNow(ctx context.Context, c route.Caller) (d pipelinesPage, err error) {
	if d.Pipelines, err = w.s.Records.Pipelines(ctx, c); err != nil {
		return d, err
	}
	d.Deals, err = w.s.Records.StageDeals(ctx, c)
	return d, err
}

// pipeline is one of them.
func (d pipelinesPage) pipeline(id int64) (records.Pipeline, error) {
	i := slices.IndexFunc(d.Pipelines, func(p records.Pipeline) bool { return p.ID == id })
	if i < 0 {
		return records.Pipeline{}, fault.Missing("There is no pipeline %d.", id)
	}
	return d.Pipelines[i], nil
}

// stage is one of theirs.
func (d pipelinesPage) stage(id int64) (records.Stage, error) {
	for _, p := range d.Pipelines {
		for _, st := range p.Stages {
			if st.ID == id {
				return st, nil
			}
		}
	}
	return records.Stage{}, fault.Missing("There is no stage %d.", id)
}

// Held is how many deals are in a pipeline.
func (d pipelinesPage) Held(p records.Pipeline) (n int) {
	for _, st := range p.Stages {
		n += d.Deals[st.ID]
	}
	return n
}

// pipelines is the page of all of them.
// spec: records.pipelines-page
func (w *Web) pipelines(rw http.ResponseWriter, r *http.Request) error {
	d, err := w.pipelinesNow(r.Context(), caller(r))
	if err != nil {
		return err
	}
	w.render(rw, r, http.StatusOK, page{Title: "Pipelines", Nav: "settings", Template: "fields/pipelines", Data: d})
	return nil
}

// dealsTo is the choice of the stage to which deals go when theirs is deleted;
// nothing to choose when there are none.
func (d pipelinesPage) dealsTo(held int, but func(records.Stage) bool) []formInput {
	if held == 0 {
		return nil
	}
	in := formInput{Type: "select", Name: "deals_to", Label: "When it is deleted, move " + plural(held, "deal", "deals") + " to", Hint: "Open, won, lost and archived ones. Nothing is moved before you choose Delete."}
	for _, p := range d.Pipelines {
		for _, st := range p.Stages {
			if !but(st) {
				in.Options = append(in.Options, formOption{Value: strconv.FormatInt(st.ID, 10), Label: st.Name, Group: p.Name})
			}
		}
	}
	return []formInput{in}
}

func pipelineForm(p records.Pipeline) []formInput {
	return []formInput{
		{Type: "text", Name: "name", Label: "Name", Value: p.Name, Required: true},
		{Type: "check", Name: "weighted", Label: "The probabilities of its stages count for the weighted value", Value: map[bool]string{true: "1"}[p.Weighted]},
	}
}

func (w *Web) newPipeline(rw http.ResponseWriter, r *http.Request) error {
	in := append(pipelineForm(records.Pipeline{Weighted: true}), formInput{
		Type: "area", Name: "stages", Label: "Stages", Value: "Qualified\nContact made\nProposal made\nNegotiations started", Hint: "One on each line, in their order. They can be changed later.",
	})
	return w.showForm(rw, r, "settings", recordForm{Title: "Add pipeline", Action: pipelinesPath + "/new", Back: pipelinesPath, Submit: "Add pipeline", Inputs: in})
}

func (w *Web) addPipeline(rw http.ResponseWriter, r *http.Request) error {
	p := records.Pipeline{Name: r.PostFormValue("name"), Weighted: r.PostFormValue("weighted") != ""}
	for _, name := range lines(r.PostFormValue("stages")) {
		p.Stages = append(p.Stages, records.Stage{Name: name, Probability: 100})
	}
	if len(p.Stages) == 0 {
		return fault.New(fault.Invalid, "stages", "Expected at least one stage, one on each line, got none.")
	}
	if _, err := w.s.Records.CreatePipeline(r.Context(), caller(r), p); err != nil {
		return err
	}
	w.redirect(rw, r, pipelinesPath)
	return nil
}

// lines are those of a text that are not empty.
func lines(s string) (out []string) {
	for line := range strings.SplitSeq(s, "\n") {
		if line = strings.TrimSpace(line); line != "" {
			out = append(out, line)
		}
	}
	return out
}

func (w *Web) editPipeline(rw http.ResponseWriter, r *http.Request) error {
	id, err := idOf(r)
	if err != nil {
		return err
	}
	d, err := w.pipelinesNow(r.Context(), caller(r))
	if err != nil {
		return err
	}
	p, err := d.pipeline(id)
	if err != nil {
		return err
	}
	at := fmt.Sprintf("%s/%d", pipelinesPath, id)
	f := recordForm{Title: "Edit " + p.Name, Action: at, Back: pipelinesPath, Submit: "Save", Inputs: pipelineForm(p)}
	if len(d.Pipelines) > 1 {
		f.Delete, f.Question = at+"/delete", "Delete the pipeline "+p.Name+" with its stages? This cannot be undone."
		f.Inputs = append(f.Inputs, d.dealsTo(d.Held(p), func(st records.Stage) bool { return st.Pipeline == id })...)
	}
	return w.showForm(rw, r, "settings", f)
}

func (w *Web) changePipeline(rw http.ResponseWriter, r *http.Request) error {
	id, err := idOf(r)
	if err != nil {
		return err
	}
	name, weighted := r.PostFormValue("name"), r.PostFormValue("weighted") != ""
	if _, err := w.s.Records.UpdatePipeline(r.Context(), caller(r), id, records.PipelinePatch{Name: &name, Weighted: &weighted}); err != nil {
		return err
	}
	w.redirect(rw, r, pipelinesPath)
	return nil
}

// position is where something is moved to, counted from 1.
func position(r *http.Request) (int, error) {
	to, err := strconv.Atoi(r.PostFormValue("to"))
	if err != nil || to < 1 {
		return 0, fault.New(fault.Invalid, "to", "Expected a position from 1 on, got %q.", r.PostFormValue("to"))
	}
	return to, nil
}

func (w *Web) movePipeline(rw http.ResponseWriter, r *http.Request) error {
	id, err := idOf(r)
	if err != nil {
		return err
	}
	to, err := position(r)
	if err != nil {
		return err
	}
	if _, err := w.s.Records.UpdatePipeline(r.Context(), caller(r), id, records.PipelinePatch{Position: &to}); err != nil {
		return err
	}
	w.redirect(rw, r, pipelinesPath)
	return nil
}

// deletePipeline deletes a pipeline after its deals have gone where the form says.
func (w *Web) deletePipeline(rw http.ResponseWriter, r *http.Request) error {
	id, err := idOf(r)
	if err != nil {
		return err
	}
	d, err := w.pipelinesNow(r.Context(), caller(r))
	if err != nil {
		return err
	}
	p, err := d.pipeline(id)
	if err != nil {
		return err
	}
	if err := w.empty(r, d, p.Stages); err != nil {
		return err
	}
	if err := w.s.Records.DeletePipeline(r.Context(), caller(r), id); err != nil {
		return err
	}
	w.redirect(rw, r, pipelinesPath)
	return nil
}

// empty moves the deals of stages to the one that the form names.
// spec: records.stage-emptied
func (w *Web) empty(r *http.Request, d pipelinesPage, stages []records.Stage) error {
	for _, st := range stages {
		if d.Deals[st.ID] == 0 {
			continue
		}
		to, err := strconv.ParseInt(r.PostFormValue("deals_to"), 10, 64)
		if err != nil || slices.ContainsFunc(stages, func(s records.Stage) bool { return s.ID == to }) {
			return fault.New(fault.Invalid, "deals_to", "Expected a stage that stays, for %s, got %q. Choose one; add one first if there is none.",
				plural(d.Deals[st.ID], "deal", "deals"), r.PostFormValue("deals_to"))
		}
		if err := w.s.Records.MoveStageDeals(r.Context(), caller(r), st.ID, to); err != nil {
			return err
		}
	}
	return nil
}

func stageForm(st records.Stage) []formInput {
	rot := ""
	if st.Rots {
		rot = strconv.Itoa(st.RotDays)
	}
	return []formInput{
		{Type: "text", Name: "name", Label: "Name", Value: st.Name, Required: true},
		{Type: "number", Name: "deal_probability", Label: "Probability, per cent", Value: strconv.Itoa(st.Probability), Hint: "How likely a deal in this stage is won, from 0 to 100."},
		{Type: "number", Name: "days_to_rotten", Label: "Rots after, days", Value: rot, Hint: "How long a deal may rest here before it counts as rotten. Empty: for ever."},
	}
}

// stageTyped is what the form of a stage says.
func stageTyped(r *http.Request) (records.Stage, error) {
	st := records.Stage{Name: r.PostFormValue("name")}
	var err error
	if st.Probability, err = strconv.Atoi(strings.TrimSpace(r.PostFormValue("deal_probability"))); err != nil {
		return st, fault.New(fault.Invalid, "deal_probability", "Expected a whole number from 0 to 100, got %q.", r.PostFormValue("deal_probability"))
	}
	if days := strings.TrimSpace(r.PostFormValue("days_to_rotten")); days != "" {
		if st.RotDays, err = strconv.Atoi(days); err != nil || st.RotDays < 1 {
			return st, fault.New(fault.Invalid, "days_to_rotten", "Expected a whole number of days, or nothing, got %q.", days)
		}
		st.Rots = true
	}
	return st, nil
}

func (w *Web) newStage(rw http.ResponseWriter, r *http.Request) error {
	id, err := idOf(r)
	if err != nil {
		return err
	}
	d, err := w.pipelinesNow(r.Context(), caller(r))
	if err != nil {
		return err
	}
	p, err := d.pipeline(id)
	if err != nil {
		return err
	}
	return w.showForm(rw, r, "settings", recordForm{
		Title: "Add stage to " + p.Name, Action: fmt.Sprintf("%s/%d/stages/new", pipelinesPath, id), Back: pipelinesPath, Submit: "Add stage",
		Inputs: stageForm(records.Stage{Probability: 100}),
	})
}

func (w *Web) addStage(rw http.ResponseWriter, r *http.Request) error {
	id, err := idOf(r)
	if err != nil {
		return err
	}
	st, err := stageTyped(r)
	if err != nil {
		return err
	}
	st.Pipeline = id
	if _, err := w.s.Records.CreateStage(r.Context(), caller(r), st); err != nil {
		return err
	}
	w.redirect(rw, r, pipelinesPath)
	return nil
}

func (w *Web) editStage(rw http.ResponseWriter, r *http.Request) error {
	id, err := idOf(r)
	if err != nil {
		return err
	}
	d, err := w.pipelinesNow(r.Context(), caller(r))
	if err != nil {
		return err
	}
	st, err := d.stage(id)
	if err != nil {
		return err
	}
	at := fmt.Sprintf("/settings/stages/%d", id)
	return w.showForm(rw, r, "settings", recordForm{
		Title: "Edit " + st.Name, Action: at, Back: pipelinesPath, Submit: "Save", Delete: at + "/delete", Question: "Delete the stage " + st.Name + "? This cannot be undone.",
		Inputs: append(stageForm(st), d.dealsTo(d.Deals[id], func(other records.Stage) bool { return other.ID == id })...),
	})
}

func (w *Web) changeStage(rw http.ResponseWriter, r *http.Request) error {
	id, err := idOf(r)
	if err != nil {
		return err
	}
	st, err := stageTyped(r)
	if err != nil {
		return err
	}
	patch := records.StagePatch{Name: &st.Name, Probability: &st.Probability, Rots: &st.Rots, RotDays: &st.RotDays}
	if _, err := w.s.Records.UpdateStage(r.Context(), caller(r), id, patch); err != nil {
		return err
	}
	w.redirect(rw, r, pipelinesPath)
	return nil
}

func (w *Web) moveStage(rw http.ResponseWriter, r *http.Request) error {
	id, err := idOf(r)
	if err != nil {
		return err
	}
	to, err := position(r)
	if err != nil {
		return err
	}
	if _, err := w.s.Records.UpdateStage(r.Context(), caller(r), id, records.StagePatch{Position: &to}); err != nil {
		return err
	}
	w.redirect(rw, r, pipelinesPath)
	return nil
}

// deleteStage deletes a stage after its deals have gone where the form says.
func (w *Web) deleteStage(rw http.ResponseWriter, r *http.Request) error {
	id, err := idOf(r)
	if err != nil {
		return err
	}
	d, err := w.pipelinesNow(r.Context(), caller(r))
	if err != nil {
		return err
	}
	st, err := d.stage(id)
	if err != nil {
		return err
	}
	if err := w.empty(r, d, []records.Stage{st}); err != nil {
		return err
	}
	if err := w.s.Records.DeleteStages(r.Context(), caller(r), id); err != nil {
		return err
	}
	w.redirect(rw, r, pipelinesPath)
	return nil
}
