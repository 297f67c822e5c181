package crm

import (
	"maps"
	"net/http"
	"slices"

	"github.com/dockwright/dockwright/internal/fault"
	"github.com/dockwright/dockwright/internal/host/account"
	"github.com/dockwright/dockwright/internal/host/records"
	"github.com/dockwright/dockwright/internal/host/rest"
	"github.com/dockwright/dockwright/internal/host/route"
	"github.com/dockwright/dockwright/pipedrive/crmapi"
)

const (
	itemUser      = "user"
	costOfRecents = 20
)

// recentItems are the words of the parameter items. There are no
// products, so nothing happens to them.
func recentItems() []string { return append(records.RecentKinds(), itemUser, "product") }

// recentRoutes are the paths of this area.
func (s *Service) recentRoutes() []route.Route {
	recents := s.on(http.MethodGet, "/v1/recents", "rest.recents", s.recents, "recents:read", "search:read")
	recents.Cost = costOfRecents
	return []route.Route{recents}
}

// recents answers GET /v1/recents.
// spec: rest.recents
func (s *Service) recents(c *rest.Call) (rest.Answer, error) {
	q := c.Query()
	since := q.Time("since_timestamp")
	items := q.Words("items", recentItems()...)
	w := startWindow(q, rest.MaxLimit)
	if err := q.Err(); err != nil {
		return rest.Answer{}, err
	}
	if since.IsZero() {
		return rest.Answer{}, fault.New(fault.Invalid, "since_timestamp", "Expected an instant such as 2026-11-30 09:00:00, got nothing.")
	}
	if len(items) == 0 {
		items = recentItems()
	}
	users, err := s.people(c)
	if err != nil {
		return rest.Answer{}, err
	}
	filter := records.RecentFilter{Since: since}
	for _, kind := range records.RecentKinds() {
		if slices.Contains(items, kind) {
			filter.Kinds = append(filter.Kinds, kind)
		}
	}
	for _, u := range users {
		if slices.Contains(items, itemUser) && !u.ModifiedAt.Before(since) {
			filter.Others = append(filter.Others, records.Recent{Kind: itemUser, ID: u.ID, At: u.ModifiedAt})
		}
	}
	list, of, more, err := s.records.Recents(c.Context(), c.Caller, filter, w)
	if err != nil {
		return rest.Answer{}, err
	}
	wire, err := s.recentWire(c, of, users)
	if err != nil {
		return rest.Answer{}, err
	}
	page, _ := rest.Paged(w.Start, w.Limit, more).(crmapi.AdditionalPagination)
	about := crmapi.AdditionalRecents{SinceTimestamp: rest.TimeText(rest.V1, since), AdditionalPagination: page}
	out := make([]crmapi.Recent, len(list))
	for i, r := range list {
		out[i] = crmapi.Recent{Item: r.Kind, ID: r.ID, Data: wire(r)}
		about.LastTimestampOnPage = rest.Time(rest.V1, r.At)
	}
	return rest.Answer{Data: out, Additional: about}, nil
}

// recentWire writes each of a page's records; what all of them need is read
// before, once for each kind.
func (s *Service) recentWire(c *rest.Call, of records.RecentRecords, users []account.User) (func(records.Recent) any, error) {
	persons, err := s.plainPersons(c, of.Persons)
	if err != nil {
		return nil, err
	}
	organizations, err := s.plainOrganizations(c, of.Organizations)
	if err != nil {
		return nil, err
	}
	deals, err := s.dealView(c, slices.Collect(maps.Values(of.Deals))...)
	if err != nil {
		return nil, err
	}
	var want refs
	for _, a := range of.Activities {
		want.organizations = append(want.organizations, a.Organization)
		for _, p := range a.Participants {
			want.persons = append(want.persons, p.Person)
		}
	}
	n, err := s.names(c.Context(), c.Caller, want)
	if err != nil {
		return nil, err
	}
	return func(r records.Recent) any {
		switch r.Kind {
		case records.KindPerson:
			return persons[r.ID]
		case records.KindOrganization:
			return organizations[r.ID]
		case records.KindDeal:
			return deals.plainV1(of.Deals[r.ID])
		case records.KindActivity:
			return activityV1(of.Activities[r.ID], n, c.Caller.Company)
		case records.KindNote:
			return wireNote(of.Notes[r.ID], n.users, c.Caller)
		case records.KindFilter:
			return wireFilter(of.Filters[r.ID], c.Caller)
		case itemUser:
			i := slices.IndexFunc(users, func(u account.User) bool { return u.ID == r.ID })
			return wireUser(users[i], c.Caller, s.db.Now())
		}
		return recentRest(of, r, s.authz.OriginOf(n.company))
	}, nil
}

// recentRest writes the kinds that refer to nothing. What was deleted says so. origin
// is where the company is reached.
func recentRest(of records.RecentRecords, r records.Recent, origin string) any {
	switch r.Kind {
	case records.KindActivityType:
		return wireActivityType(of.ActivityTypes[r.ID])
	case records.KindFile:
		w := fileV1(origin, of.Files[r.ID])
		w.ActiveFlag = !r.Deleted
		return w
	case records.KindPipeline:
		w := wirePipelineV1(of.Pipelines[r.ID])
		w.Active = !r.Deleted
		return w
	}
	w := wireStageV1(of.Stages[r.ID])
	w.ActiveFlag = !r.Deleted
	return w
}

// plainPersons are persons of version 1 with ids instead of objects.
func (s *Service) plainPersons(c *rest.Call, of map[int64]records.Person) (map[int64]any, error) {
	list := slices.Collect(maps.Values(of))
	data, _, _, err := s.personsV1(c.Context(), c.Caller, list)
	out := map[int64]any{}
	for i, p := range list[:len(data)] {
		whole, _ := data[i].Record.(crmapi.PersonV1)
		data[i].Record = crmapi.PlainPerson{PersonV1: whole, OwnerID: p.Owner, OrgID: number(p.Organization.ID), PictureID: number(p.Picture)}
		out[p.ID] = data[i]
	}
	return out, err
}

// plainOrganizations are organizations of version 1 with the owner's id.
func (s *Service) plainOrganizations(c *rest.Call, of map[int64]records.Organization) (map[int64]any, error) {
	list := slices.Collect(maps.Values(of))
	page, err := s.organizationsV1(c.Context(), c.Caller, list)
	out := map[int64]any{}
	for i, o := range list[:len(page.data)] {
		whole, _ := page.data[i].Record.(crmapi.OrganizationV1)
		page.data[i].Record = crmapi.PlainOrganization{OrganizationV1: whole, OwnerID: o.Owner}
		out[o.ID] = page.data[i]
	}
	return out, err
}
