package crm

import (
	"cmp"
	"maps"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"unicode"

	"github.com/dockwright/dockwright/internal/clock"
	"github.com/dockwright/dockwright/internal/fault"
	"github.com/dockwright/dockwright/internal/host/records"
	"github.com/dockwright/dockwright/internal/host/rest"
	"github.com/dockwright/dockwright/internal/host/route"
	"github.com/dockwright/dockwright/pipedrive/crmapi"
)

// costOfStages is what lists of pipelines and stages take in version 2.
const costOfStages = 5

// pipelineRoutes are the paths of this area.
func (s *Service) pipelineRoutes() []route.Route {
	read := []string{scopeDealsRead, scopeDealsFull, scopeAdmin}
	all := []route.Route{
		s.on(http.MethodGet, "/api/v2/pipelines", "rest.pipelines.v2", s.pipelinesV2, read...),
		s.on(http.MethodGet, "/api/v2/stages", "rest.stages.v2", s.stagesV2, read...),
		s.on(http.MethodGet, "/api/v2/pipelines/{id}", "rest.pipelines.v2", s.pipelineV2, read...),
		s.on(http.MethodPost, "/api/v2/pipelines", "rest.pipelines.v2", s.addPipeline, scopeAdmin),
		s.on(http.MethodPatch, "/api/v2/pipelines/{id}", "rest.pipelines.v2", s.updatePipeline, scopeAdmin),
		s.on(http.MethodDelete, "/api/v2/pipelines/{id}", "rest.pipelines.v2", s.deletePipeline, scopeAdmin),
		s.on(http.MethodGet, "/api/v2/stages/{id}", "rest.stages.v2", s.stageV2, read...),
		s.on(http.MethodPost, "/api/v2/stages", "rest.stages.v2", s.addStage, scopeAdmin),
		s.on(http.MethodPatch, "/api/v2/stages/{id}", "rest.stages.v2", s.updateStage, scopeAdmin),
		s.on(http.MethodDelete, "/api/v2/stages/{id}", "rest.stages.v2", s.deleteStage, scopeAdmin),

		s.on(http.MethodGet, "/v1/pipelines", "rest.pipelines.v1", s.pipelinesV1, read...),
		s.on(http.MethodGet, "/v1/pipelines/{id}", "rest.pipelines.v1", s.pipelineV1, read...),
		s.on(http.MethodPost, "/v1/pipelines", "rest.pipelines.v1", s.addPipeline, scopeAdmin),
		s.on(http.MethodPut, "/v1/pipelines/{id}", "rest.pipelines.v1", s.updatePipeline, scopeAdmin),
		s.on(http.MethodDelete, "/v1/pipelines/{id}", "rest.pipelines.v1", s.deletePipeline, scopeAdmin),
		s.on(http.MethodGet, "/v1/stages", "rest.stages.v1", s.stagesV1, read...),
		s.on(http.MethodGet, "/v1/stages/{id}", "rest.stages.v1", s.stageV1, read...),
		s.on(http.MethodPost, "/v1/stages", "rest.stages.v1", s.addStage, scopeAdmin),
		s.on(http.MethodPut, "/v1/stages/{id}", "rest.stages.v1", s.updateStage, scopeAdmin),
		s.on(http.MethodDelete, "/v1/stages/{id}", "rest.stages.v1", s.deleteStage, scopeAdmin),
		s.on(http.MethodDelete, "/v1/stages", "rest.stages.v1", s.deleteStages, scopeAdmin),
	}
	all[0].Cost, all[1].Cost = costOfStages, costOfStages
	return all
}

// adminOnly refuses those who do not administer the company, whatever the scope.
// spec: rest.pipelines.admins
func adminOnly(c *rest.Call) error {
	if !c.Caller.Admin {
		return fault.New(fault.Forbidden, "", "You do not have permissions to do this.")
	}
	return nil
}

// pipelineOf is the pipeline of a path, with its stages.
func (s *Service) pipelineOf(c *rest.Call) (records.Pipeline, error) {
	id, err := c.ID("Pipeline")
	if err != nil {
		return records.Pipeline{}, err
	}
	all, err := s.records.Pipelines(c.Context(), c.Caller)
	if err != nil {
		return records.Pipeline{}, err
	}
	for _, p := range all {
		if p.ID == id {
			return p, nil
		}
	}
	return records.Pipeline{}, fault.Missing("Pipeline not found")
}

// stageOf is the stage of a path, and its pipeline.
func (s *Service) stageOf(c *rest.Call) (records.Stage, records.Pipeline, error) {
	id, err := c.ID("Stage")
	if err != nil {
		return records.Stage{}, records.Pipeline{}, err
	}
	all, err := s.records.Pipelines(c.Context(), c.Caller)
	if err != nil {
		return records.Stage{}, records.Pipeline{}, err
	}
	for _, p := range all {
		for _, st := range p.Stages {
			if st.ID == id {
				return st, p, nil
			}
		}
	}
	return records.Stage{}, records.Pipeline{}, fault.Missing("Stage not found")
}

// wirePipelineV2 writes a pipeline; the first of the order is the selected one.
// spec: rest.pipelines.selected
func wirePipelineV2(p records.Pipeline) crmapi.PipelineV2 {
	return crmapi.PipelineV2{
		ID: p.ID, Name: p.Name, OrderNr: p.Position, IsDealProbabilityEnabled: p.Weighted, IsSelected: p.Position == 1,
		AddTime: rest.TimeText(rest.V2, p.AddedAt), UpdateTime: rest.TimeText(rest.V2, p.UpdatedAt),
	}
}

func wirePipelineV1(p records.Pipeline) crmapi.PipelineV1 {
	return crmapi.PipelineV1{
		ID: p.ID, Name: p.Name, URLTitle: urlTitle(p.Name), OrderNr: p.Position, Active: true, DealProbability: p.Weighted,
		Selected: p.Position == 1, AddTime: rest.TimeText(rest.V1, p.AddedAt), UpdateTime: rest.TimeText(rest.V1, p.UpdatedAt),
	}
}

// urlTitle is a name as it can stand in an address: "Key accounts" → "key-accounts".
func urlTitle(name string) string {
	return strings.Join(strings.FieldsFunc(strings.ToLower(name), func(r rune) bool { return !unicode.IsLetter(r) && !unicode.IsDigit(r) }), "-")
}

// days is nil for a stage that says none.
func days(n int) *int {
	if n == 0 {
		return nil
	}
	return &n
}

func wireStageV2(st records.Stage) crmapi.StageV2 {
	return crmapi.StageV2{
		ID: st.ID, OrderNr: st.Position, Name: st.Name, DealProbability: st.Probability, PipelineID: st.Pipeline,
		IsDealRotEnabled: st.Rots, DaysToRotten: days(st.RotDays),
		AddTime: rest.TimeText(rest.V2, st.AddedAt), UpdateTime: rest.TimeText(rest.V2, st.UpdatedAt),
	}
}

func wireStageV1(st records.Stage) crmapi.StageV1 {
	return crmapi.StageV1{
		ID: st.ID, OrderNr: st.Position, Name: st.Name, ActiveFlag: true, DealProbability: st.Probability, PipelineID: st.Pipeline,
		RottenFlag: st.Rots, RottenDays: days(st.RotDays),
		AddTime: rest.TimeText(rest.V1, st.AddedAt), UpdateTime: rest.TimeText(rest.V1, st.UpdatedAt),
	}
}

// answerPipeline is the answer with one that was just written.
func answerPipeline(c *rest.Call, p records.Pipeline) rest.Answer {
	if c.Version == rest.V2 {
		return rest.OK(wirePipelineV2(p))
	}
	return rest.OK(wirePipelineV1(p))
}

func answerStage(c *rest.Call, st records.Stage) rest.Answer {
	if c.Version == rest.V2 {
		return rest.OK(wireStageV2(st))
	}
	return rest.OK(wireStageV1(st))
}

// pipelinesV2 answers GET /api/v2/pipelines.
// spec: rest.pipelines.v2
func (s *Service) pipelinesV2(c *rest.Call) (rest.Answer, error) {
	list, err := s.records.Pipelines(c.Context(), c.Caller)
	if err != nil {
		return rest.Answer{}, err
	}
	return pageOf(c, list, keysOfPipeline, wirePipelineV2)
}

// keys are the values by which a short list is sorted; the id is among them.
type keys map[string]int64

func keysOfPipeline(p records.Pipeline) keys {
	return keys{"id": p.ID, "add_time": clock.Micros(p.AddedAt), "update_time": clock.Micros(p.UpdatedAt)}
}

func keysOfStage(st records.Stage) keys {
	return keys{"id": st.ID, "order_nr": int64(st.Position), "add_time": clock.Micros(st.AddedAt), "update_time": clock.Micros(st.UpdatedAt)}
}

// pageOf answers a page of a list that is so short that it was read whole.
func pageOf[T, W any](c *rest.Call, list []T, keysOf func(T) keys, wire func(T) W) (rest.Answer, error) {
	var none T
	q := c.Query()
	o := q.SortBy(slices.Sorted(maps.Keys(keysOf(none)))...)
	w, err := cursorFor(q, o, rest.MaxLimit)
	if err != nil {
		return rest.Answer{}, err
	}
	compare := func(a, b keys) int {
		by := cmp.Or(cmp.Compare(a[o.By], b[o.By]), cmp.Compare(a["id"], b["id"]))
		if o.Desc {
			by = -by
		}
		return by
	}
	slices.SortFunc(list, func(a, b T) int { return compare(keysOf(a), keysOf(b)) })
	if w.After != nil {
		after := keys{o.By: w.After.Value.(int64), "id": w.After.ID.(int64)}
		list = slices.DeleteFunc(list, func(v T) bool { return compare(keysOf(v), after) <= 0 })
	}
	next := ""
	if len(list) > w.Limit {
		list = list[:w.Limit]
		last := keysOf(list[w.Limit-1])
		next = rest.CursorAfter(o, strconv.FormatInt(last[o.By], 10), strconv.FormatInt(last["id"], 10))
	}
	out := make([]W, len(list))
	for i, v := range list {
		out[i] = wire(v)
	}
	return rest.Answer{Data: out, Additional: rest.Next(next)}, nil
}

// pipelineV2 answers GET /api/v2/pipelines/{id}.
// spec: rest.pipelines.v2
func (s *Service) pipelineV2(c *rest.Call) (rest.Answer, error) {
	p, err := s.pipelineOf(c)
	return rest.OK(wirePipelineV2(p)), err
}

// stagesV2 answers GET /api/v2/stages.
// spec: rest.stages.v2
func (s *Service) stagesV2(c *rest.Call) (rest.Answer, error) {
	list, _, err := s.stages(c)
	if err != nil {
		return rest.Answer{}, err
	}
	return pageOf(c, list, keysOfStage, wireStageV2)
}

// stageV2 answers GET /api/v2/stages/{id}.
// spec: rest.stages.v2
func (s *Service) stageV2(c *rest.Call) (rest.Answer, error) {
	st, _, err := s.stageOf(c)
	return rest.OK(wireStageV2(st)), err
}

// stages are those of the pipeline that a parameter names, or of all.
func (s *Service) stages(c *rest.Call) ([]records.Stage, map[int64]records.Pipeline, error) {
	q := c.Query()
	only := q.Int("pipeline_id")
	if err := q.Err(); err != nil {
		return nil, nil, err
	}
	all, err := s.records.Pipelines(c.Context(), c.Caller)
	if err != nil {
		return nil, nil, err
	}
	var out []records.Stage
	by := map[int64]records.Pipeline{}
	for _, p := range all {
		by[p.ID] = p
		if only == 0 || only == p.ID {
			out = append(out, p.Stages...)
		}
	}
	if _, there := by[only]; only != 0 && !there {
		return nil, nil, fault.Missing("Pipeline not found")
	}
	return out, by, nil
}

// pipelinesV1 answers GET /v1/pipelines, all at once.
// spec: rest.pipelines.v1
func (s *Service) pipelinesV1(c *rest.Call) (rest.Answer, error) {
	list, err := s.records.Pipelines(c.Context(), c.Caller)
	out := make([]crmapi.PipelineV1, len(list))
	for i, p := range list {
		out[i] = wirePipelineV1(p)
	}
	return rest.OK(out), err
}

// pipelineV1 answers GET /v1/pipelines/{id}, with what its open deals are worth.
// spec: rest.pipelines.v1
func (s *Service) pipelineV1(c *rest.Call) (rest.Answer, error) {
	p, err := s.pipelineOf(c)
	if err != nil {
		return rest.Answer{}, err
	}
	sums, err := s.records.DealSums(c.Context(), c.Caller, records.DealFilter{Pipeline: p.ID, Status: records.StatusOpen})
	return rest.OK(crmapi.PipelineDetails{PipelineV1: wirePipelineV1(p), DealsSummary: summaryOf(sums)}), err
}

// stagesV1 answers GET /v1/stages.
// spec: rest.stages.v1
func (s *Service) stagesV1(c *rest.Call) (rest.Answer, error) {
	list, by, err := s.stages(c)
	if err != nil {
		return rest.Answer{}, err
	}
	out := make([]crmapi.StageV1, len(list))
	for i, st := range list {
		p := by[st.Pipeline]
		out[i] = wireStageV1(st)
		out[i].PipelineName, out[i].PipelineDealProbability = &p.Name, &p.Weighted
	}
	return rest.OK(out), nil
}

// stageV1 answers GET /v1/stages/{id}, with what its open deals are worth.
// spec: rest.stages.v1
func (s *Service) stageV1(c *rest.Call) (rest.Answer, error) {
	st, _, err := s.stageOf(c)
	if err != nil {
		return rest.Answer{}, err
	}
	sums, err := s.records.DealSums(c.Context(), c.Caller, records.DealFilter{Stage: st.ID, Status: records.StatusOpen})
	return rest.OK(crmapi.StageDetails{StageV1: wireStageV1(st), DealsSummary: summaryOf(sums)}), err
}

// pipelineBody reads a body; version 1 has other names and can move a pipeline.
func pipelineBody(c *rest.Call) (records.PipelinePatch, error) {
	var p records.PipelinePatch
	b, err := c.Body()
	if err != nil {
		return p, err
	}
	p.Name = b.String("name")
	weighted := "is_deal_probability_enabled"
	if c.Version == rest.V1 {
		weighted = "deal_probability"
		p.Position = position(b)
		if active := b.Bool("active"); active != nil && !*active {
			b.Wrong("active", "Expected 1. Use DELETE to take a pipeline away.")
		}
	}
	p.Weighted = b.Bool(weighted)
	noNull(b, "name", weighted)
	return p, b.Done()
}

// position is order_nr, counted from 1. 0 is taken as the first place.
func position(b *rest.Body) *int {
	n := b.Int("order_nr")
	if n == nil {
		return nil
	}
	if *n < 0 || *n > 1000 {
		b.Wrong("order_nr", "Expected a place from 1 to 1000, got %d.", *n)
	}
	v := max(int(*n), 1)
	return &v
}

// addPipeline answers POST …/pipelines in both versions.
// spec: rest.pipelines.v1
func (s *Service) addPipeline(c *rest.Call) (rest.Answer, error) {
	p, err := pipelineBody(c)
	if err != nil {
		return rest.Answer{}, err
	}
	if err := adminOnly(c); err != nil {
		return rest.Answer{}, err
	}
	n := records.Pipeline{Weighted: true}
	take(&n.Name, p.Name)
	take(&n.Weighted, p.Weighted)
	got, err := s.records.CreatePipeline(c.Context(), c.Caller, n)
	if err == nil && p.Position != nil {
		got, err = s.records.UpdatePipeline(c.Context(), c.Caller, got.ID, records.PipelinePatch{Position: p.Position})
	}
	return answerPipeline(c, got), err
}

// updatePipeline answers PUT /v1/pipelines/{id} and PATCH /api/v2/pipelines/{id}.
// spec: rest.pipelines.v2
func (s *Service) updatePipeline(c *rest.Call) (rest.Answer, error) {
	id, err := c.ID("Pipeline")
	if err != nil {
		return rest.Answer{}, err
	}
	p, err := pipelineBody(c)
	if err != nil {
		return rest.Answer{}, err
	}
	if err := adminOnly(c); err != nil {
		return rest.Answer{}, err
	}
	got, err := s.records.UpdatePipeline(c.Context(), c.Caller, id, p)
	return answerPipeline(c, got), rest.NotFound(err, "Pipeline")
}

// deletePipeline answers DELETE …/pipelines/{id} in both versions.
// spec: rest.pipelines.v2
func (s *Service) deletePipeline(c *rest.Call) (rest.Answer, error) {
	id, err := c.ID("Pipeline")
	if err != nil {
		return rest.Answer{}, err
	}
	if err := adminOnly(c); err != nil {
		return rest.Answer{}, err
	}
	return rest.Removed(id), rest.NotFound(s.records.DeletePipeline(c.Context(), c.Caller, id), "Pipeline")
}

// stageBody reads a body; version 1 has other names and can move a stage.
func stageBody(c *rest.Call) (records.StagePatch, error) {
	var p records.StagePatch
	b, err := c.Body()
	if err != nil {
		return p, err
	}
	rots, rotDays := "is_deal_rot_enabled", "days_to_rotten"
	if c.Version == rest.V1 {
		rots, rotDays = "rotten_flag", "rotten_days"
		p.Position = position(b)
	}
	p.Name, p.Pipeline, p.Rots = b.String("name"), b.Int("pipeline_id"), b.Bool(rots)
	noNull(b, "name", "pipeline_id", "deal_probability", rots)
	p.Probability = percent(b, "deal_probability")
	if n := b.Int(rotDays); n != nil {
		if *n < 0 || *n > 3650 {
			b.Wrong(rotDays, "Expected 1 to 3650 days, got %d.", *n)
		}
		v := int(*n)
		p.RotDays = &v
	}
	return p, b.Done()
}

// addStage answers POST …/stages in both versions.
// spec: rest.stages.v2
func (s *Service) addStage(c *rest.Call) (rest.Answer, error) {
	p, err := stageBody(c)
	if err != nil {
		return rest.Answer{}, err
	}
	if isNone(p.Pipeline) {
		return rest.Answer{}, fault.New(fault.Invalid, "pipeline_id", "Expected the id of a pipeline, got none.")
	}
	if err := adminOnly(c); err != nil {
		return rest.Answer{}, err
	}
	st := records.Stage{Probability: 100}
	take(&st.Name, p.Name)
	take(&st.Pipeline, p.Pipeline)
	take(&st.Probability, p.Probability)
	take(&st.Rots, p.Rots)
	take(&st.RotDays, p.RotDays)
	take(&st.Position, p.Position)
	got, err := s.records.CreateStage(c.Context(), c.Caller, st)
	return answerStage(c, got), err
}

// updateStage answers PUT /v1/stages/{id} and PATCH /api/v2/stages/{id}.
// spec: rest.stages.v1
func (s *Service) updateStage(c *rest.Call) (rest.Answer, error) {
	id, err := c.ID("Stage")
	if err != nil {
		return rest.Answer{}, err
	}
	p, err := stageBody(c)
	if err != nil {
		return rest.Answer{}, err
	}
	if err := adminOnly(c); err != nil {
		return rest.Answer{}, err
	}
	got, err := s.records.UpdateStage(c.Context(), c.Caller, id, p)
	return answerStage(c, got), rest.NotFound(err, "Stage")
}

// deleteStage answers DELETE …/stages/{id} in both versions.
// spec: rest.stages.v2
func (s *Service) deleteStage(c *rest.Call) (rest.Answer, error) {
	id, err := c.ID("Stage")
	if err != nil {
		return rest.Answer{}, err
	}
	if err := adminOnly(c); err != nil {
		return rest.Answer{}, err
	}
	return rest.Removed(id), rest.NotFound(s.records.DeleteStages(c.Context(), c.Caller, id), "Stage")
}

// deleteStages answers DELETE /v1/stages?ids=1,2: all or none.
// spec: rest.stages.v1
func (s *Service) deleteStages(c *rest.Call) (rest.Answer, error) {
	q := c.Query()
	ids := some(q.IDs("ids", maxIDs))
	if err := q.Err(); err != nil {
		return rest.Answer{}, err
	}
	if len(ids) == 0 {
		return rest.Answer{}, fault.New(fault.Invalid, "ids", "Expected the ids of stages between commas, got none.")
	}
	if err := adminOnly(c); err != nil {
		return rest.Answer{}, err
	}
	return rest.Removed(ids), rest.NotFound(s.records.DeleteStages(c.Context(), c.Caller, ids...), "Stage")
}
