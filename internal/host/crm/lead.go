package crm

import (
	"net/http"
	"strconv"

	"github.com/dockwright/dockwright/internal/fault"
	"github.com/dockwright/dockwright/internal/host/records"
	"github.com/dockwright/dockwright/internal/host/rest"
	"github.com/dockwright/dockwright/internal/host/route"
	"github.com/dockwright/dockwright/pipedrive/crmapi"
)

const (
	scopeLeadsRead = "leads:read"
	scopeLeadsFull = "leads:full"
)

// What calls about leads take from the daily budget, where it is not the usual.
const (
	costOfArchivedLeads = 40
	costOfLabels        = 10
	costOfSources       = 2
)

// leadRoutes are the paths of this area.
func (s *Service) leadRoutes() []route.Route {
	read := []string{scopeLeadsRead, scopeLeadsFull}
	all := []route.Route{
		s.on(http.MethodGet, "/v1/leads/archived", "rest.leads.archived", s.archivedLeads, read...),
		s.on(http.MethodGet, "/v1/leadLabels", "rest.lead-labels", s.leadLabels, read...),
		s.on(http.MethodGet, "/v1/leadSources", "rest.lead-sources", s.leadSources, read...),
		s.on(http.MethodPost, "/api/v2/leads/{id}/convert/deal", "rest.leads.convert", s.convertLead, scopeLeadsFull),

		s.on(http.MethodGet, "/v1/leads", "rest.leads.list", s.leads, read...),
		s.on(http.MethodGet, "/v1/leads/{id}", "rest.leads.get", s.lead, read...),
		s.on(http.MethodGet, "/v1/leads/{id}/permittedUsers", "rest.leads.permitted-users", s.usersOfLead, read...),
		s.on(http.MethodPost, "/v1/leads", "rest.leads.create", s.addLead, scopeLeadsFull),
		s.on(http.MethodPatch, "/v1/leads/{id}", "rest.leads.update", s.updateLead, scopeLeadsFull),
		s.on(http.MethodDelete, "/v1/leads/{id}", "rest.leads.delete", s.deleteLead, scopeLeadsFull),
		s.on(http.MethodPost, "/v1/leadLabels", "rest.lead-labels", s.addLeadLabel, scopeLeadsFull),
		s.on(http.MethodPatch, "/v1/leadLabels/{id}", "rest.lead-labels", s.updateLeadLabel, scopeLeadsFull),
		s.on(http.MethodDelete, "/v1/leadLabels/{id}", "rest.lead-labels", s.deleteLeadLabel, scopeLeadsFull),
		s.on(http.MethodGet, "/api/v2/leads/{id}/convert/status/{conversion_id}", "rest.leads.convert", s.leadConversion, read...),
	}
	for i, cost := range []int{costOfArchivedLeads, costOfLabels, costOfSources, costOfConversion} {
		all[i].Cost = cost
	}
	return all
}

// leadMissing is how the lead endpoints say that a lead is not there.
// spec: rest.leads.not-found
func leadMissing(err error) error {
	if fault.KindOf(err) != fault.NotFound {
		return err
	}
	return &rest.Refusal{Status: http.StatusNotFound, Body: crmapi.Error{Error: "requested lead not found", ErrorInfo: "Object was not found."}}
}

func leadID(c *rest.Call) (string, error) {
	id, err := c.PathUUID("id", "Lead")
	return id, leadMissing(err)
}

// leads answers GET /v1/leads.
// spec: rest.leads.list
func (s *Service) leads(c *rest.Call) (rest.Answer, error) { return s.listLeads(c, false) }

// archivedLeads answers GET /v1/leads/archived.
// spec: rest.leads.archived
func (s *Service) archivedLeads(c *rest.Call) (rest.Answer, error) { return s.listLeads(c, true) }

var leadKeys = []string{
	"id", "title", "owner_id", "creator_id", "was_seen", "expected_close_date", "next_activity_id", "add_time", "update_time",
}

func (s *Service) listLeads(c *rest.Call, archived bool) (rest.Answer, error) {
	q := c.Query()
	f := records.LeadFilter{Owner: q.Int("owner_id"), Person: q.Int("person_id"), Organization: q.Int("organization_id"), Archived: archived}
	if !archived {
		f.UpdatedSince = q.Time("updated_since")
	}
	w := startWindow(q, rest.MaxLimit, leadKeys...)
	if f.Filter = filterID(q); f.Filter != 0 {
		f.Owner, f.Person, f.Organization = 0, 0, 0
	}
	if err := q.Err(); err != nil {
		return rest.Answer{}, err
	}
	list, more, err := s.records.ListLeads(c.Context(), c.Caller, f, w)
	if err != nil {
		return rest.Answer{}, err
	}
	out, err := s.wireLeads(c, list...)
	return rest.Answer{Data: out, Additional: leadPage(w, more)}, err
}

// leadPage is additional_data of a page of leads: both forms that are told of it.
// spec: rest.leads.pagination
func leadPage(w records.Window, more bool) any {
	p := crmapi.Pagination{Start: w.Start, Limit: w.Limit, MoreItemsInCollection: more}
	if more {
		next := w.Start + w.Limit
		p.NextStart = &next
	}
	return crmapi.AdditionalBoth{Pagination: p, Inner: p}
}

// wireLeads writes leads with a constant number of queries.
// spec: rest.leads.object
func (s *Service) wireLeads(c *rest.Call, list ...records.Lead) ([]any, error) {
	k, err := s.customFields(c.Context(), c.Caller, records.KindLead)
	if err != nil {
		return nil, err
	}
	var want refs
	ids := make([]string, len(list))
	for i, l := range list {
		ids[i] = l.ID
		k.refer(l.Custom, &want)
	}
	n, err := s.names(c.Context(), c.Caller, want)
	if err != nil {
		return nil, err
	}
	next, err := s.records.NextActivities(c.Context(), c.Caller, ids)
	if err != nil {
		return nil, err
	}
	out := make([]any, len(list))
	for i, l := range list {
		out[i] = crmapi.WithCustom{Record: wireLead(l, next[l.ID], n), Custom: k.v1(l.Custom, n)}
	}
	return out, nil
}

func wireLead(l records.Lead, next int64, n names) crmapi.Lead {
	w := crmapi.Lead{
		ID: l.ID, Title: l.Title, OwnerID: l.Owner, CreatorID: l.Creator, LabelIDs: []string{}, PersonID: number(l.Person.ID),
		OrganizationID: number(l.Organization.ID), SourceName: l.Source, Origin: l.Origin, OriginID: text(l.OriginID),
		Channel: number(l.Channel), ChannelID: text(l.ChannelID), SourceDealID: number(l.Deal), IsArchived: l.Archived, WasSeen: l.Seen,
		ExpectedCloseDate: text(l.ExpectedClose), NextActivityID: number(next), AddTime: rest.Milli(l.AddedAt), UpdateTime: rest.Milli(l.UpdatedAt),
		VisibleTo: strconv.FormatInt(l.VisibleTo, 10), CcEmail: n.dropbox("lead" + l.ID),
	}
	if l.Value.Currency != "" {
		w.Value = &crmapi.LeadValue{Amount: decimal(l.Value), Currency: l.Value.Currency}
	}
	for _, b := range l.Labels {
		w.LabelIDs = append(w.LabelIDs, b.ID)
	}
	return w
}

func (s *Service) answerLead(c *rest.Call, l records.Lead, code int) (rest.Answer, error) {
	out, err := s.wireLeads(c, l)
	if err != nil {
		return rest.Answer{}, err
	}
	return rest.Answer{Status: code, Data: out[0]}, nil
}

// lead answers GET /v1/leads/{id}.
// spec: rest.leads.get
func (s *Service) lead(c *rest.Call) (rest.Answer, error) {
	id, err := leadID(c)
	if err != nil {
		return rest.Answer{}, err
	}
	l, err := s.records.Lead(c.Context(), c.Caller, id)
	if err != nil {
		return rest.Answer{}, leadMissing(err)
	}
	return s.answerLead(c, l, http.StatusOK)
}

// leadPatch reads a body.
func (s *Service) leadPatch(c *rest.Call) (records.LeadPatch, error) {
	var p records.LeadPatch
	k, err := s.customFields(c.Context(), c.Caller, records.KindLead)
	if err != nil {
		return p, err
	}
	b, err := c.Body()
	if err != nil {
		return p, err
	}
	p = records.LeadPatch{
		Title: b.String("title"), Owner: b.Int("owner_id"), Person: b.Int("person_id"), Organization: b.Int("organization_id"),
		Labels: uuids(b, "label_ids"), ExpectedClose: b.Day("expected_close_date"), VisibleTo: visibleTo(b), Seen: b.Bool("was_seen"),
		Archived: b.Bool("is_archived"), Value: leadValue(b),
	}
	p.OriginID, p.Channel, p.ChannelID = channelBody(b)
	noNull(b, "title", "owner_id", "visible_to", "was_seen", "is_archived")
	if b.Has("id") && c.Request.Method == http.MethodPost {
		b.Wrong("id", "Expected no id for a new lead; leave it out.")
	}
	p.Custom = k.readV1(b)
	return p, b.Err()
}

// uuids is a list of UUIDs.
func uuids(b *rest.Body, name string) *[]string {
	list := b.Strings(name)
	if list == nil {
		return nil
	}
	for i, id := range *list {
		u, err := parseUUID(id)
		if err != nil {
			b.Wrong(name, "Expected UUIDs, got %q among them.", cut(id))
		}
		(*list)[i] = u
	}
	return list
}

// leadValue is an object of an amount and a currency; null for no value.
// spec: rest.leads.value
func leadValue(b *rest.Body) *records.Money {
	null := b.IsNull("value")
	o := b.Object("value")
	if o == nil {
		return nil
	}
	if null {
		return &records.Money{}
	}
	n, currency := amount(o, "amount"), o.String("currency")
	if n == nil || o.IsNull("amount") {
		o.Wrong("amount", "Expected an amount beside the currency, got none.")
		n = new(int64)
	}
	if currency == nil || *currency == "" {
		o.Wrong("currency", "Expected a currency beside the amount, such as EUR, got none.")
		currency = new(string)
	}
	return &records.Money{Amount: *n, Currency: *currency}
}

// addLead answers POST /v1/leads with 201.
// spec: rest.leads.create
func (s *Service) addLead(c *rest.Call) (rest.Answer, error) {
	p, err := s.leadPatch(c)
	if err != nil {
		return rest.Answer{}, err
	}
	l := records.Lead{Origin: originAPI, Source: originAPI, Custom: p.Custom}
	take(&l.Title, p.Title)
	take(&l.Owner, p.Owner)
	take(&l.Person.ID, p.Person)
	take(&l.Organization.ID, p.Organization)
	take(&l.Value, p.Value)
	take(&l.OriginID, p.OriginID)
	take(&l.Channel, p.Channel)
	take(&l.ChannelID, p.ChannelID)
	take(&l.ExpectedClose, p.ExpectedClose)
	take(&l.VisibleTo, p.VisibleTo)
	take(&l.Seen, p.Seen)
	if p.Labels != nil {
		for _, id := range *p.Labels {
			l.Labels = append(l.Labels, records.Label{ID: id})
		}
	}
	if l, err = s.records.CreateLead(c.Context(), c.Caller, l); err != nil {
		return rest.Answer{}, err
	}
	return s.answerLead(c, l, http.StatusCreated)
}

// updateLead answers PATCH /v1/leads/{id}.
// spec: rest.leads.update
func (s *Service) updateLead(c *rest.Call) (rest.Answer, error) {
	id, err := leadID(c)
	if err != nil {
		return rest.Answer{}, err
	}
	p, err := s.leadPatch(c)
	if err != nil {
		return rest.Answer{}, err
	}
	l, err := s.records.UpdateLead(c.Context(), c.Caller, id, p)
	if err != nil {
		return rest.Answer{}, leadMissing(err)
	}
	return s.answerLead(c, l, http.StatusOK)
}

// deleteLead answers DELETE /v1/leads/{id}.
// spec: rest.leads.delete
func (s *Service) deleteLead(c *rest.Call) (rest.Answer, error) {
	id, err := leadID(c)
	if err != nil {
		return rest.Answer{}, err
	}
	return rest.Removed(id), leadMissing(s.records.DeleteLead(c.Context(), c.Caller, id))
}

// convertLead answers POST /api/v2/leads/{id}/convert/deal.
// spec: rest.leads.convert
func (s *Service) convertLead(c *rest.Call) (rest.Answer, error) {
	id, err := c.PathUUID("id", "Entity")
	if err != nil {
		return rest.Answer{}, entityNotFound(err)
	}
	b, err := c.Body()
	if err != nil {
		return rest.Answer{}, err
	}
	stage, pipeline := b.Int("stage_id"), b.Int("pipeline_id")
	if err := b.Done(); err != nil {
		return rest.Answer{}, err
	}
	var to struct{ stage, pipeline int64 }
	take(&to.stage, stage)
	take(&to.pipeline, pipeline)
	got, err := s.records.ConvertLead(c.Context(), c.Caller, id, to.stage, to.pipeline)
	if err != nil {
		return rest.Answer{}, entityNotFound(err)
	}
	return rest.OK(crmapi.Conversion{ConversionID: got.ID}), nil
}

// leadConversion answers GET /api/v2/leads/{id}/convert/status/{conversion_id}.
// spec: rest.leads.convert
func (s *Service) leadConversion(c *rest.Call) (rest.Answer, error) {
	id, err := c.PathUUID("id", "Entity")
	if err != nil {
		return rest.Answer{}, entityNotFound(err)
	}
	return s.conversion(c, records.KindLead, id)
}

// usersOfLead answers GET /v1/leads/{id}/permittedUsers. Nobody follows leads.
// spec: rest.leads.permitted-users
func (s *Service) usersOfLead(c *rest.Call) (rest.Answer, error) {
	id, err := leadID(c)
	if err != nil {
		return rest.Answer{}, err
	}
	l, err := s.records.Lead(c.Context(), c.Caller, id)
	if err != nil {
		return rest.Answer{}, leadMissing(err)
	}
	return s.permittedTo(c, records.Audience{Everybody: l.VisibleTo != forOwner, Users: []int64{l.Owner}})
}
