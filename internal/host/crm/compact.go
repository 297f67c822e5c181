package crm

import (
	"context"
	"slices"
	"strconv"

	"github.com/dockwright/dockwright/internal/host/account"
	"github.com/dockwright/dockwright/internal/host/records"
	"github.com/dockwright/dockwright/internal/host/rest"
	"github.com/dockwright/dockwright/internal/host/route"
	"github.com/dockwright/dockwright/internal/store"
	"github.com/dockwright/dockwright/pipedrive/crmapi"
)

// refs are ids of what an answer refers to. Zeros and repetitions are welcome.
type refs struct {
	persons, organizations []int64
}

// names is what an answer says about what it refers to: the company, all its
// users, and the persons and organizations that were asked for.
type names struct {
	company account.Company
	users   map[int64]account.User
	records.Cards
}

// names reads them with a constant number of queries.
func (s *Service) names(ctx context.Context, c route.Caller, want refs) (names, error) {
	n := names{users: map[int64]account.User{}}
	err := s.db.Company(c.Company).View(ctx, func(tx *store.Tx) (err error) {
		if n.company, err = s.accounts.Company(tx); err != nil {
			return err
		}
		users, err := s.accounts.Users(tx)
		for _, u := range users {
			n.users[u.ID] = u
		}
		return err
	})
	if err != nil {
		return n, err
	}
	n.Cards, err = s.records.Cards(ctx, c, some(want.persons), some(want.organizations))
	return n, err
}

// some are the ids that are not 0, each once.
func some(ids []int64) []int64 {
	ids = slices.Compact(slices.Sorted(slices.Values(ids)))
	return slices.DeleteFunc(ids, func(id int64) bool { return id == 0 })
}

// mailDomain is where the addresses for blind copies are. No mail is received: at
// a name that cannot exist, the sender hears of it at once.
const mailDomain = "@mail.invalid"

// ccEmail is the company's address for blind copies.
// spec: rest.cc-email
func (n names) ccEmail() string { return n.company.Domain + mailDomain }

// dropbox is the address for blind copies that are filed with one record: "p55".
func (n names) dropbox(record string) string { return n.company.Domain + "+" + record + mailDomain }

// user is a user for related_objects, nil for nobody.
// spec: rest.compact-shapes
func (n names) user(id int64) *crmapi.UserRef {
	u, ok := n.users[id]
	if !ok {
		return nil
	}
	return &crmapi.UserRef{ID: u.ID, Name: u.Name, Email: u.Email, HasPic: 0, ActiveFlag: u.Active}
}

// owner is a user as the value of owner_id and the like in persons and
// organizations, nil for nobody.
func (n names) owner(id int64) *crmapi.UserRef {
	u := n.user(id)
	if u != nil {
		u.Value = &id
	}
	return u
}

// organization is one for related_objects, nil for none.
func (n names) organization(id int64) *crmapi.OrganizationRef {
	o, ok := n.Organizations[id]
	if !ok {
		return nil
	}
	return &crmapi.OrganizationRef{
		ID: &id, Name: o.Name, PeopleCount: o.People, OwnerID: o.Owner, Address: text(o.Address), ActiveFlag: o.Active, CcEmail: n.ccEmail(),
	}
}

// orgValue is one as the value of org_id, nil for none.
func (n names) orgValue(id int64) *crmapi.OrganizationRef {
	o := n.organization(id)
	if o != nil {
		o.ID, o.Value = nil, &id
	}
	return o
}

// person is one for related_objects, nil for none.
func (n names) person(id int64) *crmapi.PersonRef {
	p, ok := n.Persons[id]
	if !ok {
		return nil
	}
	return &crmapi.PersonRef{
		ID: &id, Name: p.Name, ActiveFlag: p.Active, Email: contactsV1(p.Emails), Phone: contactsV1(p.Phones), OwnerID: p.Owner,
	}
}

// personValue is one as the value of person_id, nil for none.
func (n names) personValue(id int64) *crmapi.PersonRef {
	p := n.person(id)
	if p != nil {
		p.ID, p.Value = nil, &id
	}
	return p
}

// dealRefs finds deals for related_objects. Deals that are deleted, or that the
// caller may not see, are not there.
// spec: rest.compact-shapes
func (s *Service) dealRefs(c *rest.Call, ids []int64) (func(int64) *crmapi.DealRef, error) {
	found := map[int64]*crmapi.DealRef{}
	find := func(id int64) *crmapi.DealRef { return found[id] }
	if ids = some(ids); len(ids) == 0 {
		return find, nil
	}
	list, _, err := s.records.ListDeals(c.Context(), c.Caller, records.DealFilter{IDs: ids, ArchivedToo: true}, records.Window{Limit: len(ids)})
	if err != nil {
		return nil, err
	}
	for _, d := range list {
		found[d.ID] = &crmapi.DealRef{
			ID: d.ID, Title: d.Title, Status: d.Status, Value: decimal(d.Value), Currency: d.Value.Currency, StageID: d.Stage.ID, PipelineID: d.Pipeline.ID,
		}
	}
	return find, nil
}

// contactsV1 writes addresses or numbers; where there are none there is one,
// empty, because apps read the first without looking.
// spec: rest.persons.v1-empty-phone
func contactsV1(list []records.Contact) []crmapi.ContactItem {
	if len(list) == 0 {
		return []crmapi.ContactItem{{Primary: true}}
	}
	return contactsV2(list)
}

func contactsV2(list []records.Contact) []crmapi.ContactItem {
	out := make([]crmapi.ContactItem, len(list))
	for i, c := range list {
		out[i] = crmapi.ContactItem{Label: c.Label, Value: c.Value, Primary: c.Main}
	}
	return out
}

// text is null for an empty text.
func text(s string) *string {
	if s == "" {
		return nil
	}
	return &s
}

// number is null for 0.
func number(n int64) *int64 {
	if n == 0 {
		return nil
	}
	return &n
}

// byID makes a map of related_objects: id as text → object. Ids without an object
// are left out.
func byID[T any](ids []int64, find func(int64) *T) map[string]*T {
	out := map[string]*T{}
	for _, id := range some(ids) {
		if v := find(id); v != nil {
			out[strconv.FormatInt(id, 10)] = v
		}
	}
	return out
}
