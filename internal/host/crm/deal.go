package crm

import (
	"net/http"
	"strconv"
	"time"

	"github.com/dockwright/dockwright/internal/fault"
	"github.com/dockwright/dockwright/internal/host/records"
	"github.com/dockwright/dockwright/internal/host/rest"
	"github.com/dockwright/dockwright/internal/host/route"
	"github.com/dockwright/dockwright/pipedrive/crmapi"
)

const (
	scopeDealsRead = "deals:read"
	scopeDealsFull = "deals:full"
)

// costOfArchivedDeals and costOfConversion are what these take from the daily
// budget; the usual prices do not hold for them.
const (
	costOfArchivedDeals = 20
	costOfConversion    = 40
)

// dealRoutes are the paths of this area.
func (s *Service) dealRoutes() []route.Route {
	read := []string{scopeDealsRead, scopeDealsFull}
	all := []route.Route{
		s.on(http.MethodGet, "/api/v2/deals", "rest.deals.list-v2", s.dealsV2, read...),
		s.on(http.MethodGet, "/api/v2/deals/archived", "rest.deals.archived-v2", s.archivedDealsV2, read...),
		s.on(http.MethodGet, "/api/v2/deals/{id}", "rest.deals.get-v2", s.dealV2, read...),
		s.on(http.MethodPost, "/api/v2/deals", "rest.deals.create-v2", s.addDealV2, scopeDealsFull),
		s.on(http.MethodPatch, "/api/v2/deals/{id}", "rest.deals.update-v2", s.updateDealV2, scopeDealsFull),
		s.on(http.MethodDelete, "/api/v2/deals/{id}", "rest.deals.delete", s.deleteDeal, scopeDealsFull),
		s.on(http.MethodPost, "/api/v2/deals/{id}/convert/lead", "rest.deals.convert", s.convertDeal, scopeDealsFull),
		s.on(http.MethodGet, "/api/v2/deals/{id}/convert/status/{conversion_id}", "rest.deals.convert", s.dealConversion, read...),

		s.on(http.MethodGet, "/v1/deals", "rest.deals.list-v1", s.dealsV1, read...),
		s.on(http.MethodGet, "/v1/deals/archived", "rest.deals.archived-v1", s.archivedDealsV1, read...),
		s.on(http.MethodGet, "/v1/deals/timeline", "rest.deals.timeline", s.dealsTimeline, read...),
		s.on(http.MethodGet, "/v1/deals/timeline/archived", "rest.deals.timeline", s.archivedDealsTimeline, read...),
		s.on(http.MethodGet, "/v1/deals/collection", "rest.deals.collection", s.collectDeals, read...),
		s.on(http.MethodGet, "/v1/deals/summary", "rest.deals.summary", s.dealsSummary, read...),
		s.on(http.MethodGet, "/v1/deals/summary/archived", "rest.deals.summary", s.archivedDealsSummary, read...),
		s.on(http.MethodGet, "/v1/deals/{id}", "rest.deals.get-v1", s.dealV1, read...),
		s.on(http.MethodPost, "/v1/deals", "rest.deals.create-v1", s.addDealV1, scopeDealsFull),
		s.on(http.MethodPut, "/v1/deals/{id}", "rest.deals.update-v1", s.updateDealV1, scopeDealsFull),
		s.on(http.MethodDelete, "/v1/deals/{id}", "rest.deals.delete", s.deleteDeal, scopeDealsFull),
		s.on(http.MethodDelete, "/v1/deals", "rest.deals.delete-many", s.deleteDeals, scopeDealsFull),
		s.on(http.MethodPut, "/v1/deals/{id}/merge", "rest.deals.merge", s.mergeDeals, scopeDealsFull),
		s.on(http.MethodPost, "/v1/deals/{id}/duplicate", "rest.deals.duplicate", s.duplicateDeal, scopeDealsFull),
		s.on(http.MethodGet, "/v1/deals/{id}/participants", "rest.deals.participants", s.participants, read...),
		s.on(http.MethodPost, "/v1/deals/{id}/participants", "rest.deals.participants", s.addParticipant, scopeDealsFull),
		s.on(http.MethodDelete, "/v1/deals/{id}/participants/{deal_participant_id}", "rest.deals.participants", s.removeParticipant, scopeDealsFull),
		s.on(http.MethodGet, "/v1/deals/{id}/files", "rest.deals.files", s.filesOfDeal, read...),
		s.on(http.MethodGet, "/v1/deals/{id}/permittedUsers", "rest.deals.permitted-users", s.usersOfDeal, read...),
		s.on(http.MethodGet, "/v1/persons/{id}/deals", "rest.persons.deals", s.dealsOfPerson, read...),
		s.on(http.MethodGet, "/v1/organizations/{id}/deals", "rest.organizations.deals", s.dealsOfOrganization, read...),
		s.on(http.MethodGet, "/v1/pipelines/{id}/deals", "rest.pipelines.deals", s.dealsOfPipeline, read...),
		s.on(http.MethodGet, "/v1/stages/{id}/deals", "rest.stages.deals", s.dealsOfStage, read...),
	}
	all[1].Cost, all[6].Cost = costOfArchivedDeals, costOfConversion
	return all
}

// dealKeysV1 are the keys by which lists of version 1 can be sorted.
var dealKeysV1 = []string{
	"id", "title", "value", "currency", "status", "stage_id", "pipeline_id", "user_id", "person_id", "org_id", "add_time", "update_time",
	"stage_change_time", "expected_close_date", "close_time", "won_time", "lost_time", "probability",
}

// dealsV2 answers GET /api/v2/deals.
// spec: rest.deals.list-v2
func (s *Service) dealsV2(c *rest.Call) (rest.Answer, error) { return s.listDealsV2(c, false) }

// archivedDealsV2 answers GET /api/v2/deals/archived.
// spec: rest.deals.archived-v2
func (s *Service) archivedDealsV2(c *rest.Call) (rest.Answer, error) { return s.listDealsV2(c, true) }

const maxIDs = 100

func (s *Service) listDealsV2(c *rest.Call, archived bool) (rest.Answer, error) {
	q := c.Query()
	f := records.DealFilter{
		IDs: q.IDs("ids", maxIDs), Owner: q.Int("owner_id"), Person: q.Int("person_id"), Organization: q.Int("org_id"),
		Pipeline: q.Int("pipeline_id"), Stage: q.Int("stage_id"), Statuses: q.Words("status", "open", "won", "lost", "deleted"),
		UpdatedSince: q.Time("updated_since"), UpdatedUntil: q.Time("updated_until"), Archived: archived,
	}
	include, fields, err := dealSelection(q)
	if err != nil {
		return rest.Answer{}, err
	}
	if id := filterID(q); id != 0 {
		f = records.DealFilter{Filter: id, UpdatedSince: f.UpdatedSince, UpdatedUntil: f.UpdatedUntil, Archived: archived}
	}
	w, order, err := cursorWindow(q, rest.MaxLimit)
	if err != nil {
		return rest.Answer{}, err
	}
	list, more, err := s.records.ListDeals(c.Context(), c.Caller, f, w)
	if err != nil {
		return rest.Answer{}, err
	}
	v, err := s.dealView(c, list...)
	if err != nil {
		return rest.Answer{}, err
	}
	out := make([]any, len(list))
	for i, d := range list {
		out[i] = v.v2(d, fields, include)
	}
	next := ""
	if more {
		last := list[len(list)-1]
		next = nextCursor(order, more, last.ID, last.AddedAt, last.UpdatedAt)
	}
	return rest.Answer{Data: out, Additional: rest.Next(next)}, nil
}

// unbuiltDeals are lists below deals that are not built, and their requirements.
// They would be taken for the id of a deal.
var unbuiltDeals = map[string]string{
	"products": "rest.deals.products", "installments": "rest.deals.products",
}

// dealID is the id in the path of a deal.
// spec: rest.deals.products
func dealID(c *rest.Call) (int64, error) {
	if id, there := unbuiltDeals[c.Request.PathValue("id")]; there {
		return 0, fault.New(fault.NotBuilt, "", "Not built yet: %s %s (%s)", c.Request.Method, c.Request.URL.Path, id)
	}
	return c.ID("Deal")
}

// dealSelection reads what an answer shall have more, and which custom fields; nil
// are all.
func dealSelection(q *rest.Query) (include, fields []string, err error) {
	include = q.Words("include_fields", dealIncludes...)
	if fields, err = customSelector(q); err == nil {
		err = q.Err()
	}
	return include, fields, err
}

// dealV2 answers GET /api/v2/deals/{id}.
// spec: rest.deals.get-v2
func (s *Service) dealV2(c *rest.Call) (rest.Answer, error) {
	id, err := dealID(c)
	if err != nil {
		return rest.Answer{}, err
	}
	include, fields, err := dealSelection(c.Query())
	if err != nil {
		return rest.Answer{}, err
	}
	d, err := s.records.Deal(c.Context(), c.Caller, id)
	if err != nil {
		return rest.Answer{}, rest.NotFound(err, "Deal")
	}
	v, err := s.dealView(c, d)
	if err != nil {
		return rest.Answer{}, err
	}
	return rest.OK(v.v2(d, fields, include)), nil
}

// deleteDeal answers DELETE …/deals/{id} in both versions.
// spec: rest.deals.delete
func (s *Service) deleteDeal(c *rest.Call) (rest.Answer, error) {
	id, err := dealID(c)
	if err != nil {
		return rest.Answer{}, err
	}
	if err := s.records.DeleteDeals(c.Context(), c.Caller, id); err != nil {
		return rest.Answer{}, rest.NotFound(err, "Deal")
	}
	return rest.Removed(id), nil
}

// deleteDeals answers DELETE /v1/deals?ids=1,2.
// spec: rest.deals.delete-many
func (s *Service) deleteDeals(c *rest.Call) (rest.Answer, error) {
	q := c.Query()
	ids := some(q.IDs("ids", maxIDs))
	if err := q.Err(); err != nil {
		return rest.Answer{}, err
	}
	if len(ids) == 0 {
		return rest.Answer{}, fault.New(fault.Invalid, "ids", "Expected the ids of deals between commas, got none.")
	}
	if err := s.records.DeleteDeals(c.Context(), c.Caller, ids...); err != nil {
		return rest.Answer{}, rest.NotFound(err, "Deal")
	}
	return rest.Removed(ids), nil
}

// dealsV1 answers GET /v1/deals.
// spec: rest.deals.list-v1
func (s *Service) dealsV1(c *rest.Call) (rest.Answer, error) {
	return s.listDealsV1(c, records.DealFilter{}, (*dealView).v1)
}

// archivedDealsV1 answers GET /v1/deals/archived.
// spec: rest.deals.archived-v1
func (s *Service) archivedDealsV1(c *rest.Call) (rest.Answer, error) {
	return s.listDealsV1(c, records.DealFilter{Archived: true}, (*dealView).v1)
}

// readDealFilterV1 reads the parameters of version 1 into f. What the path says is in
// it already. A filter that is kept wins over user_id, owned_by_you and, where deals
// are archived, all of them; below a pipeline or a stage user_id and everyone win.
// spec: rest.filters.lists
func readDealFilterV1(q *rest.Query, caller route.Caller, f *records.DealFilter) error {
	path := *f
	f.Status = q.Word("status", "open", "won", "lost", "deleted", "all_not_deleted")
	if f.Status == "all_not_deleted" {
		f.Status = ""
	}
	for _, p := range []struct {
		to   *int64
		name string
	}{{&f.Owner, "user_id"}, {&f.Stage, "stage_id"}, {&f.Pipeline, "pipeline_id"}, {&f.Person, "person_id"}, {&f.Organization, "org_id"}} {
		if *p.to == 0 {
			*p.to = q.Int(p.name)
		}
	}
	kept, yours, everyone := filterID(q), q.Bool("owned_by_you"), q.Bool("everyone")
	below := path.Pipeline != 0 || path.Stage != 0
	switch {
	case below && everyone != nil && *everyone:
		f.Owner = path.Owner
	case kept != 0 && below && f.Owner != 0: // user_id wins
	case kept != 0 && path.Archived:
		*f = path
		f.Filter = kept
	case kept != 0:
		f.Owner, f.Filter = path.Owner, kept
	case yours != nil && *yours:
		f.Owner = caller.User
	}
	return q.Err()
}

func (s *Service) listDealsV1(c *rest.Call, f records.DealFilter, form func(*dealView, records.Deal) any) (rest.Answer, error) {
	q := c.Query()
	w := startWindow(q, rest.MaxLimit, dealKeysV1...)
	if err := readDealFilterV1(q, c.Caller, &f); err != nil {
		return rest.Answer{}, err
	}
	list, more, err := s.records.ListDeals(c.Context(), c.Caller, f, w)
	if err != nil {
		return rest.Answer{}, err
	}
	v, err := s.dealView(c, list...)
	if err != nil {
		return rest.Answer{}, err
	}
	out := make([]any, len(list))
	for i, d := range list {
		out[i] = form(v, d)
	}
	return rest.Answer{Data: out, Additional: rest.Paged(w.Start, w.Limit, more), Related: v.related()}, nil
}

// collectDeals answers GET /v1/deals/collection.
// spec: rest.deals.collection
func (s *Service) collectDeals(c *rest.Call) (rest.Answer, error) {
	q := c.Query()
	f := records.DealFilter{
		Owner: q.Int("user_id"), Stage: q.Int("stage_id"), Status: q.Word("status", "open", "won", "lost", "deleted"),
		UpdatedSince: q.Time("since"), UpdatedUntil: q.Time("until"),
	}
	w, order, err := byIDWindow(q, rest.MaxLimit)
	if err == nil {
		err = adminsOnly(c)
	}
	if err != nil {
		return rest.Answer{}, err
	}
	list, more, err := s.records.ListDeals(c.Context(), c.Caller, f, w)
	if err != nil {
		return rest.Answer{}, err
	}
	fields, err := s.customFields(c.Context(), c.Caller, records.KindDeal)
	if err != nil {
		return rest.Answer{}, err
	}
	out, next := make([]crmapi.DealRow, len(list)), ""
	for i, d := range list {
		out[i] = dealRow(d, fields.label(d.Labels))
		next = nextCursor(order, more, d.ID, d.AddedAt, d.UpdatedAt)
	}
	return rest.Answer{Data: out, Additional: rest.Next(next)}, nil
}

func dealRow(d records.Deal, labels []int64) crmapi.DealRow {
	at := func(t time.Time) *string { return rest.Time(rest.V1, t) }
	return crmapi.DealRow{
		ID: d.ID, CreatorUserID: d.Creator, UserID: d.Owner, PersonID: number(d.Person.ID), OrgID: number(d.Organization.ID), StageID: d.Stage.ID,
		Title: d.Title, Value: decimal(d.Value), Currency: d.Value.Currency, AddTime: rest.TimeText(rest.V1, d.AddedAt),
		UpdateTime: rest.TimeText(rest.V1, d.UpdatedAt), Status: status(d), Probability: d.Probability, LostReason: text(d.LostReason),
		VisibleTo: strconv.FormatInt(d.VisibleTo, 10), CloseTime: at(d.ClosedAt), PipelineID: d.Pipeline.ID, WonTime: at(d.WonAt), LostTime: at(d.LostAt),
		ExpectedCloseDate: text(d.ExpectedClose), Label: text(commas(labels)),
	}
}

// dealV1 answers GET /v1/deals/{id}.
// spec: rest.deals.get-v1
func (s *Service) dealV1(c *rest.Call) (rest.Answer, error) {
	id, err := dealID(c)
	if err != nil {
		return rest.Answer{}, err
	}
	d, err := s.records.Deal(c.Context(), c.Caller, id)
	if err != nil {
		return rest.Answer{}, rest.NotFound(err, "Deal")
	}
	return s.answerDealV1(c, d, http.StatusOK)
}

// answerDealV1 is the answer with one deal: whole with its details when it is
// read, without them when it was just written.
func (s *Service) answerDealV1(c *rest.Call, d records.Deal, code int) (rest.Answer, error) {
	v, err := s.dealView(c, d)
	if err != nil {
		return rest.Answer{}, err
	}
	a := rest.Answer{Status: code, Data: v.v1(d), Related: v.related()}
	if c.Request.Method == http.MethodGet {
		a.Additional = dropbox(v, d)
		a.Data, err = s.details(c, v, d)
	}
	return a, err
}

// dealsOfPerson answers GET /v1/persons/{id}/deals: those of which the person is
// the contact or in which the person takes part.
// spec: rest.persons.deals
func (s *Service) dealsOfPerson(c *rest.Call) (rest.Answer, error) {
	id, err := c.ID("Person")
	if err != nil {
		return rest.Answer{}, err
	}
	if _, err := s.records.Person(c.Context(), c.Caller, id); err != nil {
		return rest.Answer{}, rest.NotFound(err, "Person")
	}
	return s.listDealsV1(c, records.DealFilter{Participant: id}, (*dealView).v1)
}

// dealsOfOrganization answers GET /v1/organizations/{id}/deals.
// spec: rest.organizations.deals
func (s *Service) dealsOfOrganization(c *rest.Call) (rest.Answer, error) {
	id, err := c.ID("Organization")
	if err != nil {
		return rest.Answer{}, err
	}
	if _, err := s.records.Organization(c.Context(), c.Caller, id); err != nil {
		return rest.Answer{}, rest.NotFound(err, "Organization")
	}
	return s.listDealsV1(c, records.DealFilter{Organization: id}, (*dealView).v1)
}

// dealsOfPipeline answers GET /v1/pipelines/{id}/deals.
// spec: rest.pipelines.deals
func (s *Service) dealsOfPipeline(c *rest.Call) (rest.Answer, error) {
	p, err := s.pipelineOf(c)
	if err != nil {
		return rest.Answer{}, err
	}
	return s.listDealsV1(c, records.DealFilter{Pipeline: p.ID}, (*dealView).plainV1)
}

// dealsOfStage answers GET /v1/stages/{id}/deals.
// spec: rest.stages.deals
func (s *Service) dealsOfStage(c *rest.Call) (rest.Answer, error) {
	st, _, err := s.stageOf(c)
	if err != nil {
		return rest.Answer{}, err
	}
	return s.listDealsV1(c, records.DealFilter{Stage: st.ID}, (*dealView).plainV1)
}
