package resttest

import (
	"fmt"
	"strings"
	"testing"
)

// spec: rest.pipelines.first
// spec: rest.pipelines.selected
// spec: rest.pipelines.v2
// spec: rest.stages.v2
// spec: rest.pipelines.delete-empty
// spec: rest.stages.delete-empty
func TestPipelinesOfVersion2(t *testing.T) {
	t.Parallel()
	s := newStreet(t)
	a := s.do(call{op: "GET /api/v2/pipelines"})
	first := a.id("data.0.id")
	a.is("data.0.is_selected", true)
	a.is("data.0.is_deal_probability_enabled", true)
	if n := len(s.do(call{op: "GET /api/v2/stages"}).list("data")); n != 5 {
		t.Errorf("%d stages, want 5", n)
	}
	s.do(call{op: "DELETE /api/v2/pipelines/{id}", path: []any{first}, want: 400})
	a = s.do(call{op: "POST /api/v2/pipelines", body: object{"name": "Key <accounts>", "is_deal_probability_enabled": false}})
	id := a.id("data.id")
	a.is("data.order_nr", 2)
	a.is("data.is_selected", false)
	a.is("data.is_deal_probability_enabled", false)
	a = s.do(call{op: "POST /api/v2/stages", body: object{"name": "Asked", "pipeline_id": id, "deal_probability": 20, "is_deal_rot_enabled": true, "days_to_rotten": 14}})
	stage := a.id("data.id")
	a.is("data.order_nr", 1)
	a.is("data.days_to_rotten", 14)
	s.do(call{op: "PATCH /api/v2/stages/{id}", path: []any{stage}, body: object{"is_deal_rot_enabled": false, "days_to_rotten": nil}}).is("data.days_to_rotten", nil)
	if l := s.do(call{op: "GET /api/v2/stages", query: fmt.Sprintf("pipeline_id=%d&sort_by=order_nr", id)}); l.ids() != fmt.Sprint(stage) {
		t.Errorf("stages of the pipeline: %s", l.raw)
	}
	page := s.do(call{op: "GET /api/v2/stages", query: "limit=4&sort_by=order_nr&sort_direction=desc"})
	page = s.do(call{op: "GET /api/v2/stages", query: "limit=4&sort_by=order_nr&sort_direction=desc&cursor=" + page.text("additional_data.next_cursor")})
	page.is("additional_data.next_cursor", nil)
	if len(page.list("data")) != 2 {
		t.Errorf("the second page: %s", page.raw)
	}
	s.do(call{op: "GET /api/v2/pipelines/{id}", path: []any{id}}).is("data.name", "Key <accounts>")
	s.do(call{op: "GET /api/v2/stages/{id}", path: []any{stage}}).is("data.deal_probability", 20)
	s.do(call{op: "PATCH /api/v2/pipelines/{id}", path: []any{id}, body: object{"name": "Key"}}).is("data.name", "Key")
	deal := s.newDeal(object{"title": "A", "pipeline_id": id})
	s.do(call{op: "PATCH /api/v2/deals/{id}", path: []any{deal}, body: object{"pipeline_id": first}}).is("data.pipeline_id", first)
	s.do(call{op: "PATCH /api/v2/deals/{id}", path: []any{deal}, body: object{"pipeline_id": id}}).is("data.stage_id", stage)
	s.do(call{op: "DELETE /api/v2/stages/{id}", path: []any{stage}, want: 400})
	s.do(call{op: "DELETE /api/v2/pipelines/{id}", path: []any{id}, want: 400})
	s.do(call{op: "DELETE /api/v2/deals/{id}", path: []any{deal}})
	s.do(call{op: "DELETE /api/v2/stages/{id}", path: []any{stage}}).is("data.id", stage)
	s.do(call{op: "POST /api/v2/deals", body: object{"title": "A", "pipeline_id": id}, want: 400})
	s.do(call{op: "POST /api/v2/deals", body: object{"title": "A", "stage_id": stage}, want: 400})
	s.do(call{op: "DELETE /api/v2/pipelines/{id}", path: []any{id}})
	for _, op := range []string{"GET /api/v2/pipelines/{id}", "PATCH /api/v2/pipelines/{id}", "DELETE /api/v2/pipelines/{id}", "GET /v1/pipelines/{id}", "GET /v1/pipelines/{id}/deals"} {
		s.do(call{op: op, path: []any{id}, want: 404}).is("error", "Pipeline not found")
	}
	for _, op := range []string{"GET /api/v2/stages/{id}", "PATCH /api/v2/stages/{id}", "DELETE /api/v2/stages/{id}", "GET /v1/stages/{id}", "GET /v1/stages/{id}/deals"} {
		s.do(call{op: op, path: []any{stage}, want: 404}).is("error", "Stage not found")
	}
}

// spec: rest.pipelines.v2
// spec: rest.stages.v2
// spec: rest.pipelines.admins
func TestWhatIsNoPipeline(t *testing.T) {
	t.Parallel()
	s := newSales(t)
	for _, body := range []object{{}, {"name": ""}, {"name": nil}, {"name": 5}, {"name": strings.Repeat("x", 256)}, {"name": "A", "order_nr": 1}, {"name": "A", "is_deal_probability_enabled": 1}} {
		s.do(call{op: "POST /api/v2/pipelines", body: body, want: 400})
	}
	for _, body := range []object{
		{"name": "A"}, {"pipeline_id": 1}, {"name": "", "pipeline_id": 1}, {"name": "A", "pipeline_id": 99}, {"name": "A", "pipeline_id": "1"},
		{"name": "A", "pipeline_id": 1, "deal_probability": 101}, {"name": "A", "pipeline_id": 1, "deal_probability": -1}, {"name": "A", "pipeline_id": 1, "is_deal_rot_enabled": true},
		{"name": "A", "pipeline_id": 1, "days_to_rotten": 100000}, {"name": "A", "pipeline_id": 1, "days_to_rotten": -1}, {"name": "A", "pipeline_id": 1, "rotten_days": 1},
	} {
		s.do(call{op: "POST /api/v2/stages", body: body, want: 400})
	}
	s.do(call{op: "PATCH /api/v2/stages/{id}", path: []any{1}, body: object{"pipeline_id": 99}, want: 400})
	s.do(call{op: "GET /api/v2/stages", query: "pipeline_id=99", want: 404})
	s.do(call{op: "GET /api/v2/stages", query: "pipeline_id=x", want: 400})
	s.do(call{op: "GET /api/v2/pipelines", query: "sort_by=name", want: 400})
	agent := s.Agent.Token
	for _, c := range []call{
		{op: "POST /api/v2/pipelines", body: object{"name": "A"}}, {op: "PATCH /api/v2/pipelines/{id}", path: []any{1}, body: object{"name": "A"}},
		{op: "DELETE /api/v2/pipelines/{id}", path: []any{1}}, {op: "POST /v1/stages", body: object{"name": "A", "pipeline_id": 1}},
		{op: "PUT /v1/stages/{id}", path: []any{1}, body: object{"name": "A"}}, {op: "DELETE /v1/stages/{id}", path: []any{1}}, {op: "DELETE /v1/stages", query: "ids=1"},
	} {
		c.token, c.want = agent, 403
		s.do(c)
	}
	s.do(call{op: "GET /api/v2/stages", token: agent})
}

// spec: rest.pipelines.v1
// spec: rest.stages.v1
// spec: rest.pipelines.deals
// spec: rest.stages.deals
func TestPipelinesOfVersion1(t *testing.T) {
	t.Parallel()
	s := newSales(t)
	a := s.do(call{op: "GET /v1/pipelines"})
	a.is("data.0.url_title", "sales")
	a.is("data.0.selected", true)
	a = s.do(call{op: "POST /v1/pipelines", body: object{"name": "Key accounts", "deal_probability": "0", "order_nr": 1, "active": 1}})
	id := a.id("data.id")
	a.is("data.order_nr", 1)
	a.is("data.url_title", "key-accounts")
	a.is("data.deal_probability", false)
	s.do(call{op: "GET /v1/pipelines/{id}", path: []any{1}}).is("data.order_nr", 2)
	s.do(call{op: "PUT /v1/pipelines/{id}", path: []any{id}, body: object{"order_nr": 99}}).is("data.order_nr", 2)
	s.do(call{op: "PUT /v1/pipelines/{id}", path: []any{id}, body: object{"active": 0}, want: 400})
	one := s.do(call{op: "GET /v1/pipelines/{id}", path: []any{1}})
	one.is("data.deals_summary.total_count", 22)
	one.is("data.deals_summary.per_currency.EUR", 22)
	if n := len(s.do(call{op: "GET /v1/pipelines/{id}/deals", path: []any{1}, query: "limit=500"}).list("data")); n != 25 {
		t.Errorf("%d deals in the pipeline, want 25", n)
	}
	if n := len(s.do(call{op: "GET /v1/stages/{id}/deals", path: []any{1}}).list("data")); n != 5 {
		t.Errorf("%d deals in the stage, want 5", n)
	}
	st := s.do(call{op: "GET /v1/stages/{id}", path: []any{1}})
	st.is("data.deals_summary.total_count", 5)
	if st.at("data.deals_summary.per_stages.1.EUR.weighted_value").(float64)*10 != st.at("data.deals_summary.per_stages.1.EUR.value").(float64) {
		t.Errorf("weighted by other than a tenth: %s", st.raw)
	}
	s.do(call{op: "GET /v1/stages", query: "pipeline_id=1"}).is("data.0.pipeline_name", "Sales")
	a = s.do(call{op: "POST /v1/stages", body: object{"name": "New", "pipeline_id": 1, "order_nr": 2, "rotten_flag": "1", "rotten_days": "7"}})
	fresh := a.id("data.id")
	a.is("data.order_nr", 2)
	a.is("data.rotten_days", 7)
	a.is("data.deal_probability", 100)
	if order := s.do(call{op: "GET /v1/stages", query: "pipeline_id=1"}).ids(); order != fmt.Sprintf("1 %d 2 3 4 5", fresh) {
		t.Errorf("the stages stand as %s", order)
	}
	s.do(call{op: "PUT /v1/stages/{id}", path: []any{fresh}, body: object{"order_nr": 6, "name": "Last"}}).is("data.order_nr", 6)
	if order := s.do(call{op: "GET /v1/stages", query: "pipeline_id=1"}).ids(); order != fmt.Sprintf("1 2 3 4 5 %d", fresh) {
		t.Errorf("the stages stand as %s", order)
	}
	// A stage goes to another pipeline with its deals.
	s.do(call{op: "PUT /v1/stages/{id}", path: []any{5}, body: object{"pipeline_id": id}})
	if l := s.do(call{op: "GET /v1/pipelines/{id}/deals", path: []any{id}}); len(l.list("data")) == 0 {
		t.Errorf("no deals went with the stage: %s", l.raw)
	}
	another := s.do(call{op: "POST /v1/stages", body: object{"name": "Another", "pipeline_id": 1}}).id("data.id")
	s.do(call{op: "DELETE /v1/stages", query: fmt.Sprintf("ids=%d,1", another), want: 400})
	s.do(call{op: "DELETE /v1/stages", want: 400})
	s.do(call{op: "DELETE /v1/stages", query: fmt.Sprintf("ids=%d,%d", fresh, another)})
	s.do(call{op: "DELETE /v1/stages/{id}", path: []any{another}, want: 404})
	last := s.do(call{op: "POST /v1/stages", body: object{"name": "Last", "pipeline_id": 1}}).id("data.id")
	s.do(call{op: "DELETE /v1/stages/{id}", path: []any{last}}).is("data.id", last)
	empty := s.do(call{op: "POST /v1/pipelines", body: object{"name": "Empty"}}).id("data.id")
	s.do(call{op: "DELETE /v1/pipelines/{id}", path: []any{empty}}).is("data.id", empty)
}

// Goals, products and projects are not built; they say so.
// spec: rest.unbuilt
func TestWhatIsNotBuilt(t *testing.T) {
	t.Parallel()
	s := newStreet(t)
	for _, path := range []string{
		"/v1/goals/find", "/v1/products", "/api/v1/products/1", "/v1/projects", "/api/v2/products", "/api/v2/tasks", "/api/v2/deals/installments",
		"/api/v2/deals/products", "/api/v2/deals/1/products", "/v1/pipelines/1/conversion_statistics",
	} {
		status, _, raw := s.Do("GET", path, s.App.AccessToken, nil)
		if status != 501 || !strings.Contains(string(raw), `"success":false`) || !strings.Contains(string(raw), "(rest.") {
			t.Errorf("%s: status %d, %s", path, status, raw)
		}
	}
}
