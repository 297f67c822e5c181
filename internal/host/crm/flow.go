package crm

import (
	"net/http"
	"slices"
	"strconv"

	"github.com/dockwright/dockwright/internal/host/account"
	"github.com/dockwright/dockwright/internal/host/records"
	"github.com/dockwright/dockwright/internal/host/rest"
	"github.com/dockwright/dockwright/internal/host/route"
	"github.com/dockwright/dockwright/pipedrive/crmapi"
)

const costOfFlow = 40

// flowWords are the words of the parameter items, and what each asks for. Of the
// empty ones there is nothing here.
// spec: rest.flow.items
var flowWords = map[string][]string{
	"activity": {records.KindActivity}, "plannedActivity": {records.KindActivity}, "note": {records.KindNote}, "file": {records.KindFile},
	"change":     {records.KindDeal, records.KindPerson, records.KindOrganization},
	"dealChange": {records.KindDeal}, "personChange": {records.KindPerson}, "organizationChange": {records.KindOrganization},
	"deal": {}, "call": {}, "comment": {}, "participant": {}, "follower": {}, "dealFollower": {}, "personFollower": {}, "organizationFollower": {},
	"mailMessage": {}, "mailMessageWithAttachment": {}, "invoice": {}, "document": {}, "activityFile": {},
	"marketing_campaign_stat": {}, "marketing_status_change": {},
}

// flowKinds are what the flow of a kind of record tells about.
func flowKinds(kind string) []string {
	kinds := []string{records.KindActivity, records.KindNote, records.KindFile, kind}
	if kind == records.KindOrganization {
		kinds = append(kinds, records.KindDeal)
	}
	return kinds
}

func (s *Service) flowRoute(path string, find func(*rest.Call) (holder, error), reads []string) route.Route {
	r := s.on(http.MethodGet, path+"/flow", "rest.flow", s.flow(find), append([]string{"recents:read"}, reads...)...)
	r.Cost = costOfFlow
	return r
}

// flow answers GET /v1/…/{id}/flow: what happened about a record, newest first.
// spec: rest.flow
func (s *Service) flow(find func(*rest.Call) (holder, error)) rest.Handler {
	return func(c *rest.Call) (rest.Answer, error) {
		h, err := find(c)
		if err != nil {
			return rest.Answer{}, err
		}
		q := c.Query()
		f := flowFilter(q, h)
		w := startWindow(q, rest.MaxLimit)
		if err := q.Err(); err != nil {
			return rest.Answer{}, err
		}
		list, of, more, err := s.records.Flow(c.Context(), c.Caller, f, w)
		if err != nil {
			return rest.Answer{}, err
		}
		out, related, err := s.flowItems(c, h, list, of)
		return rest.Answer{Data: out, Additional: rest.Paged(w.Start, w.Limit, more), Related: related}, err
	}
}

func flowFilter(q *rest.Query, h holder) records.FlowFilter {
	f := records.FlowFilter{Kind: h.kind, ID: h.id}
	if all := q.Bool("all_changes"); all != nil {
		f.Custom = *all
	}
	words := make([]string, 0, len(flowWords))
	for word := range flowWords {
		words = append(words, word)
	}
	slices.Sort(words)
	items := q.Words("items", words...)
	if len(items) == 0 {
		f.Kinds = flowKinds(h.kind)
		return f
	}
	for _, kind := range flowKinds(h.kind) {
		if slices.ContainsFunc(items, func(item string) bool { return slices.Contains(flowWords[item], kind) }) {
			f.Kinds = append(f.Kinds, kind)
		}
	}
	f.Planned = !slices.Contains(items, "activity")
	return f
}

// flowRefs are what a page refers to, and the record itself.
func flowRefs(h holder, list []records.Update, of records.RecentRecords) (want refs, users, deals []int64) {
	hangsOn := func(user, person, organization, deal int64) {
		users, deals = append(users, user), append(deals, deal)
		want.persons, want.organizations = append(want.persons, person), append(want.organizations, organization)
	}
	switch h.kind {
	case records.KindPerson:
		hangsOn(0, h.id, 0, 0)
	case records.KindOrganization:
		hangsOn(0, 0, h.id, 0)
	default:
		hangsOn(0, 0, 0, h.id)
	}
	for _, u := range list {
		users = append(users, u.Entry.User)
		if u.Kind == records.KindDeal {
			deals = append(deals, u.ID)
		}
	}
	for _, a := range of.Activities {
		hangsOn(a.Owner, a.Person, a.Organization, a.Deal)
		for _, p := range a.Participants {
			want.persons = append(want.persons, p.Person)
		}
	}
	for _, n := range of.Notes {
		hangsOn(n.Author, n.Person, n.Organization, n.Deal)
	}
	for _, f := range of.Files {
		hangsOn(f.User, f.Person.ID, f.Organization.ID, f.Deal.ID)
	}
	return want, users, deals
}

// flowItems writes a page; what all of it refers to is read before, at once.
func (s *Service) flowItems(c *rest.Call, h holder, list []records.Update, of records.RecentRecords) ([]crmapi.FlowItem, crmapi.Related, error) {
	want, users, deals := flowRefs(h, list, of)
	n, err := s.names(c.Context(), c.Caller, want)
	if err != nil {
		return nil, crmapi.Related{}, err
	}
	deal, err := s.dealRefs(c, deals)
	if err != nil {
		return nil, crmapi.Related{}, err
	}
	out := make([]crmapi.FlowItem, len(list))
	for i, u := range list {
		out[i] = crmapi.FlowItem{Object: u.Kind, Timestamp: rest.TimeText(rest.V1, u.At)}
		switch u.Kind {
		case records.KindNote:
			out[i].Data = wireNote(of.Notes[u.ID], n.users, c.Caller)
		case records.KindFile:
			out[i].Data = fileV1(s.authz.OriginOf(n.company), of.Files[u.ID])
		case records.KindActivity:
			out[i].Data = activityV1(of.Activities[u.ID], n, c.Caller.Company)
		default:
			out[i].Object, out[i].Data = u.Kind+"Change", flowChange(u, n.users)
		}
	}
	return out, crmapi.Related{
		User: byID(users, n.user), Person: byID(want.persons, n.person), Organization: byID(want.organizations, n.organization), Deal: byID(deals, deal),
	}, nil
}

func flowChange(u records.Update, users map[int64]account.User) crmapi.FlowChange {
	e := u.Entry
	w := crmapi.FlowChange{
		ID: u.Number, ItemID: u.ID, UserID: number(e.User), FieldKey: wordV1(u.Kind, e.Field), OldValue: text(e.From), NewValue: text(e.To),
		LogTime: rest.TimeText(rest.V1, e.At), ChangeSource: text(e.Source), AdditionalData: crmapi.FormattedChange{Old: u.FromName, New: u.ToName},
	}
	if e.Field == "owner_id" {
		w.AdditionalData = crmapi.FormattedChange{Old: userName(users, e.From), New: userName(users, e.To)}
	}
	return w
}

// userName is the name of the user whose id is a text, empty for nobody.
func userName(users map[int64]account.User, id string) string {
	n, _ := strconv.ParseInt(id, 10, 64) // no number is nobody
	return users[n].Name
}
