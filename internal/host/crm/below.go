package crm

import (
	"net/http"
	"slices"
	"strconv"

	"github.com/dockwright/dockwright/internal/fault"
	"github.com/dockwright/dockwright/internal/host/records"
	"github.com/dockwright/dockwright/internal/host/rest"
	"github.com/dockwright/dockwright/internal/host/route"
	"github.com/dockwright/dockwright/pipedrive/crmapi"
)

// holder is a record of a path that lists of other things are below.
type holder struct {
	kind string // records.KindPerson …
	id   int64
}

// belowRoutes are the lists of version 1 below persons, organizations and deals
// that are alike for all of them.
func (s *Service) belowRoutes() []route.Route {
	readsDeals := []string{scopeDealsRead, scopeDealsFull}
	out := []route.Route{s.on(http.MethodGet, "/v1/deals/{id}/persons", "rest.deals.persons", s.personsOfDeal, slices.Concat(readsDeals, readsContacts)...)}
	for _, h := range []struct {
		path  string
		find  func(*rest.Call) (holder, error)
		reads []string
	}{
		{"/v1/persons/{id}", s.personHolder, readsContacts},
		{"/v1/organizations/{id}", s.organizationHolder, readsContacts},
		{"/v1/deals/{id}", s.dealHolder, readsDeals},
	} {
		out = append(out,
			s.on(http.MethodGet, h.path+"/activities", "rest.activities.below", s.activitiesBelow(h.find), append([]string{"activities:read", "activities:full"}, h.reads...)...),
			s.on(http.MethodGet, h.path+"/changelog", "rest.changelog", s.changelog(h.find), h.reads...),
			s.flowRoute(h.path, h.find, h.reads),
			s.on(http.MethodGet, h.path+"/mailMessages", "rest.mail-messages", s.mailMessages(h.find), "mail:read", "mail:full"),
		)
	}
	return out
}

func (s *Service) personHolder(c *rest.Call) (holder, error) {
	p, err := s.onePerson(c)
	return holder{records.KindPerson, p.ID}, err
}

func (s *Service) organizationHolder(c *rest.Call) (holder, error) {
	o, err := s.oneOrganization(c)
	return holder{records.KindOrganization, o.ID}, err
}

func (s *Service) dealHolder(c *rest.Call) (holder, error) {
	d, err := s.dealOf(c)
	return holder{records.KindDeal, d.ID}, err
}

// personsOfDeal answers GET /v1/deals/{id}/persons: who takes part in a deal.
// spec: rest.deals.persons
func (s *Service) personsOfDeal(c *rest.Call) (rest.Answer, error) {
	d, err := s.dealOf(c)
	if err != nil {
		return rest.Answer{}, err
	}
	return s.pageOfPersons(c, c.Query(), records.PersonFilter{PartOf: d.ID})
}

// activitiesBelow answers GET /v1/…/{id}/activities. Those of a person are all in
// which the person takes part.
// spec: rest.activities.below
func (s *Service) activitiesBelow(find func(*rest.Call) (holder, error)) rest.Handler {
	return func(c *rest.Call) (rest.Answer, error) {
		h, err := find(c)
		if err != nil {
			return rest.Answer{}, err
		}
		q := c.Query()
		f := records.ActivityFilter{Done: q.Bool("done"), Except: q.IDs("exclude", maxIDs)}
		switch h.kind {
		case records.KindPerson:
			f.Participant = h.id
		case records.KindOrganization:
			f.Organization = h.id
		default:
			f.Deal = h.id
		}
		w := startWindow(q, rest.MaxLimit)
		if err := q.Err(); err != nil {
			return rest.Answer{}, err
		}
		list, more, err := s.records.ListActivities(c.Context(), c.Caller, f, w)
		if err != nil {
			return rest.Answer{}, err
		}
		return s.answerActivities(c, list, func(out []crmapi.ActivityV1) rest.Answer {
			return rest.Answer{Data: out, Additional: rest.Paged(w.Start, w.Limit, more)}
		})
	}
}

// mailMessages answers GET /v1/…/{id}/mailMessages. The host reads no mail, so
// there are none.
// spec: rest.mail-messages
func (s *Service) mailMessages(find func(*rest.Call) (holder, error)) rest.Handler {
	return func(c *rest.Call) (rest.Answer, error) {
		if _, err := find(c); err != nil {
			return rest.Answer{}, err
		}
		q := c.Query()
		w := startWindow(q, rest.MaxLimit)
		return rest.Answer{Data: []any{}, Additional: rest.Paged(w.Start, w.Limit, false)}, q.Err()
	}
}

// changelog answers GET /v1/…/{id}/changelog, newest first. A page has limit
// changes, of which each can have several fields.
// spec: rest.changelog
func (s *Service) changelog(find func(*rest.Call) (holder, error)) rest.Handler {
	return func(c *rest.Call) (rest.Answer, error) {
		h, err := find(c)
		if err != nil {
			return rest.Answer{}, err
		}
		q := c.Query()
		order := rest.Order{By: "id", Desc: true}
		w := records.Window{Limit: q.Limit(rest.MaxLimit)}
		var before int64
		if at := q.Cursor(order); at != nil {
			if before, err = strconv.ParseInt(at.ID, 10, 64); err != nil {
				return rest.Answer{}, fault.New(fault.Invalid, "cursor", "Expected the next_cursor of the page before.")
			}
		}
		if err := q.Err(); err != nil {
			return rest.Answer{}, err
		}
		list, after, err := s.records.Changelog(c.Context(), c.Caller, h.kind, strconv.FormatInt(h.id, 10), before, w.Limit)
		if err != nil {
			return rest.Answer{}, err
		}
		out := make([]crmapi.FieldChange, len(list))
		for i, e := range list {
			out[i] = crmapi.FieldChange{
				FieldKey: wordV1(h.kind, e.Field), OldValue: text(e.From), NewValue: text(e.To), ActorUserID: number(e.User),
				Time: rest.TimeText(rest.V1, e.At), ChangeSource: text(e.Source),
			}
		}
		next := ""
		if after != 0 {
			last := strconv.FormatInt(after, 10)
			next = rest.CursorAfter(order, last, last)
		}
		return rest.Answer{Data: out, Additional: rest.Next(next)}, nil
	}
}

// wordV1 is the key of a field in version 1, which calls the owner of a deal its
// user.
func wordV1(kind, word string) string {
	if kind == records.KindDeal && word == "owner_id" {
		return "user_id"
	}
	return word
}
