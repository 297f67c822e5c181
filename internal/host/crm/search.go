package crm

import (
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/dockwright/dockwright/internal/fault"
	"github.com/dockwright/dockwright/internal/host/records"
	"github.com/dockwright/dockwright/internal/host/rest"
	"github.com/dockwright/dockwright/internal/host/route"
	"github.com/dockwright/dockwright/pipedrive/crmapi"
)

// maxFound is the most rows of a page of itemSearch in version 2.
const maxFound = 100

// searchRoutes are the paths of the searches.
func (s *Service) searchRoutes() []route.Route {
	contacts := []string{"contacts:read", "contacts:full", "search:read"}
	deals := []string{"deals:read", "deals:full", "search:read"}
	leads := []string{"leads:read", "leads:full", "search:read"}
	var out []route.Route
	for _, base := range []string{"/v1", "/api/v2"} {
		out = append(out,
			s.on("GET", base+"/persons/search", "rest.search.persons", s.searchPersons, contacts...),
			s.on("GET", base+"/organizations/search", "rest.search.organizations", s.searchOrganizations, contacts...),
			s.on("GET", base+"/deals/search", "rest.search.deals", s.searchDeals, deals...),
			s.on("GET", base+"/leads/search", "rest.search.leads", s.searchLeads, leads...),
			s.on("GET", base+"/itemSearch", "rest.search.items", s.itemSearch, "search:read"),
			s.on("GET", base+"/itemSearch/field", "rest.search.field", s.fieldSearch, "search:read"),
		)
	}
	for i := range out {
		out[i].Search = true
	}
	return out
}

// searching is a search as it was asked for.
type searching struct {
	records.Find
	include []string // fields that are not given unless they are asked for
}

// term reads what all searches take. A parameter that is wrong is remembered by q.
func searchFor(q *rest.Query, most int, kind string, fields, include []string) searching {
	f := searching{include: q.Words("include_fields", include...)}
	f.Term, f.Fields, f.Limit = q.String("term"), q.Words("fields", fields...), q.Limit(most)
	if exact := q.Bool("exact_match"); exact != nil {
		f.Exact = *exact
	}
	if kind != "" {
		f.Kinds = []string{kind}
	}
	return f
}

// foundOrder is what cursors of searches are made for.
var foundOrder = rest.Order{By: "result_score", Desc: true}

// place reads where the page begins: start in version 1, cursor in version 2.
func (f *searching) place(c *rest.Call, q *rest.Query) error {
	if c.Version == rest.V1 {
		f.Start = q.Start()
		return q.Err()
	}
	at := q.Cursor(foundOrder)
	if err := q.Err(); err != nil || at == nil {
		return err
	}
	tier, err := strconv.ParseInt(at.FieldValue, 10, 64)
	doc, wrong := strconv.ParseInt(at.ID, 10, 64)
	if err != nil || wrong != nil || tier < 0 || doc < 0 {
		return fault.New(fault.Invalid, "cursor", "Expected the next_cursor of the page before.")
	}
	f.After = &records.FoundAt{Tier: tier, Doc: doc}
	return nil
}

// pageOfFound is additional_data for what was found.
func pageOfFound(c *rest.Call, f searching, list []records.Found, more bool) any {
	if c.Version == rest.V1 {
		return rest.Paged(f.Start, f.Limit, more)
	}
	if !more {
		return rest.Next("")
	}
	at := list[len(list)-1].At
	return rest.Next(rest.CursorAfter(foundOrder, strconv.FormatInt(at.Tier, 10), strconv.FormatInt(at.Doc, 10)))
}

// answerFound searches and answers the items.
func (s *Service) answerFound(c *rest.Call, q *rest.Query, f searching) (rest.Answer, error) {
	if err := f.place(c, q); err != nil {
		return rest.Answer{}, err
	}
	list, more, err := s.records.FindRecords(c.Context(), c.Caller, f.Find)
	if err != nil {
		return rest.Answer{}, err
	}
	hits, err := s.hits(c.Context(), c.Caller, list, f.include)
	if err != nil {
		return rest.Answer{}, err
	}
	return rest.Answer{Data: crmapi.SearchHits{Items: hits}, Additional: pageOfFound(c, f, list, more)}, nil
}

// searchPersons answers GET persons/search.
// spec: rest.search.persons
func (s *Service) searchPersons(c *rest.Call) (rest.Answer, error) {
	q := c.Query()
	f := searchFor(q, rest.MaxLimit, records.KindPerson, []string{"custom_fields", "email", "notes", "phone", "name"}, []string{"person.picture"})
	f.Organization = q.Int("organization_id")
	return s.answerFound(c, q, f)
}

// searchOrganizations answers GET organizations/search.
// spec: rest.search.organizations
func (s *Service) searchOrganizations(c *rest.Call) (rest.Answer, error) {
	q := c.Query()
	return s.answerFound(c, q, searchFor(q, rest.MaxLimit, records.KindOrganization, []string{"address", "custom_fields", "notes", "name"}, nil))
}

// searchDeals answers GET deals/search.
// spec: rest.search.deals
func (s *Service) searchDeals(c *rest.Call) (rest.Answer, error) {
	q := c.Query()
	f := searchFor(q, rest.MaxLimit, records.KindDeal, []string{"custom_fields", "notes", "title"}, []string{"deal.cc_email"})
	f.Person, f.Organization = q.Int("person_id"), q.Int("organization_id")
	f.Status = q.Word("status", "open", "won", "lost")
	return s.answerFound(c, q, f)
}

// searchLeads answers GET leads/search.
// spec: rest.search.leads
func (s *Service) searchLeads(c *rest.Call) (rest.Answer, error) {
	q := c.Query()
	f := searchFor(q, rest.MaxLimit, records.KindLead, []string{"custom_fields", "notes", "title"}, []string{"lead.was_seen"})
	f.Person, f.Organization = q.Int("person_id"), q.Int("organization_id")
	return s.answerFound(c, q, f)
}

// itemTypes are what itemSearch can be asked for. Of products, mail attachments
// and projects there are none yet.
var itemTypes = []string{"deal", "person", "organization", "product", "lead", "file", "mail_attachment", "project"}

// itemSearch answers GET itemSearch.
// spec: rest.search.items
func (s *Service) itemSearch(c *rest.Call) (rest.Answer, error) {
	q := c.Query()
	most := maxFound
	if c.Version == rest.V1 {
		most = rest.MaxLimit
	}
	f := searchFor(q, most, "", []string{"address", "code", "custom_fields", "email", "name", "notes", "phone", "title", "description"},
		[]string{"deal.cc_email", "person.picture", "product.price"})
	if types := q.Words("item_types", itemTypes...); len(types) > 0 {
		f.Kinds = slices.DeleteFunc(types, func(t string) bool { return t == "product" || t == "mail_attachment" || t == "project" })
	}
	related := q.Bool("search_for_related_items")
	if err := f.place(c, q); err != nil {
		return rest.Answer{}, err
	}
	list, more, err := s.records.FindRecords(c.Context(), c.Caller, f.Find)
	if err != nil {
		return rest.Answer{}, err
	}
	hits, err := s.hits(c.Context(), c.Caller, list, f.include)
	if err != nil {
		return rest.Answer{}, err
	}
	data := crmapi.ItemSearchHits{Items: hits, RelatedItems: []crmapi.SearchHit{}}
	if related != nil && *related {
		if data.RelatedItems, err = s.relatedHits(c, list, f.include); err != nil {
			return rest.Answer{}, err
		}
	}
	return rest.Answer{Data: data, Additional: pageOfFound(c, f, list, more)}, nil
}

// relatedHits are the newest leads and deals of the persons and organizations that
// were found, and the newest persons of the organizations.
// spec: rest.search.related
func (s *Service) relatedHits(c *rest.Call, list []records.Found, include []string) ([]crmapi.SearchHit, error) {
	ids := map[string][]int64{}
	seen := map[string]bool{}
	for _, r := range list {
		seen[r.Kind+r.ID] = true
		if n, err := strconv.ParseInt(r.ID, 10, 64); err == nil {
			ids[r.Kind] = append(ids[r.Kind], n)
		}
	}
	var all []records.Found
	for _, want := range []struct {
		kind    string
		persons []int64
	}{
		{records.KindLead, ids[records.KindPerson]}, {records.KindDeal, ids[records.KindPerson]}, {records.KindPerson, nil},
	} {
		found, err := s.records.Related(c.Context(), c.Caller, want.kind, want.persons, ids[records.KindOrganization])
		if err != nil {
			return nil, err
		}
		all = append(all, slices.DeleteFunc(found, func(r records.Found) bool { return seen[r.Kind+r.ID] })...)
	}
	return s.hits(c.Context(), c.Caller, all, include)
}

// hits are what was found, on the wire.
func (s *Service) hits(ctx context.Context, who route.Caller, list []records.Found, include []string) ([]crmapi.SearchHit, error) {
	var n names
	if slices.Contains(include, "deal.cc_email") {
		var err error
		if n, err = s.names(ctx, who, refs{}); err != nil {
			return nil, err
		}
	}
	pictures, err := s.picturesFound(ctx, who, list, include)
	if err != nil {
		return nil, err
	}
	out := make([]crmapi.SearchHit, len(list))
	for i, r := range list {
		item := itemOf(r, include, n)
		if person, ok := item.(crmapi.PersonItem); ok && pictures != nil {
			person.Picture = new(any) // null without one
			if p, ok := pictures[person.ID]; ok {
				*person.Picture = crmapi.ItemPicture{ID: p.ID}
			}
			item = person
		}
		out[i] = crmapi.SearchHit{ResultScore: r.Score, Item: item}
	}
	return out, nil
}

// picturesFound are the pictures of the persons who were found, by the person's id;
// nil if nobody asked.
// spec: rest.search.picture
func (s *Service) picturesFound(ctx context.Context, who route.Caller, list []records.Found, include []string) (map[int64]records.Picture, error) {
	if !slices.Contains(include, "person.picture") {
		return nil, nil
	}
	persons := []int64{}
	for _, r := range list {
		if id, err := strconv.ParseInt(r.ID, 10, 64); err == nil && r.Kind == records.KindPerson {
			persons = append(persons, id)
		}
	}
	out, err := s.records.Pictures(ctx, who, persons)
	if out == nil {
		out = map[int64]records.Picture{}
	}
	return out, err
}

func itemOf(r records.Found, include []string, n names) any {
	id, _ := strconv.ParseInt(r.ID, 10, 64) // of a lead it is not used
	owner := crmapi.ItemOwner{ID: r.Owner}
	switch r.Kind {
	case records.KindPerson:
		return crmapi.PersonItem{
			ID: id, Type: r.Kind, Name: r.Title, Phones: listed(r.Phones), Emails: listed(r.Emails), VisibleTo: r.VisibleTo, Owner: owner,
			Organization: itemOrganization(r), CustomFields: r.Custom, Notes: r.Notes,
		}
	case records.KindOrganization:
		return crmapi.OrganizationItem{
			ID: id, Type: r.Kind, Name: r.Title, Address: ref(r.Address), VisibleTo: r.VisibleTo, Owner: owner, CustomFields: r.Custom, Notes: r.Notes,
		}
	case records.KindDeal:
		item := crmapi.DealItem{
			ID: id, Type: r.Kind, Title: r.Title, Value: json.Number(r.Value.Decimal()), Currency: ref(r.Value.Currency), Status: r.Status,
			VisibleTo: r.VisibleTo, Owner: owner, Stage: itemRef(r.Stage), Person: itemRef(r.Person), Organization: itemOrganization(r),
			CustomFields: r.Custom, Notes: r.Notes, IsArchived: r.Archived,
		}
		if slices.Contains(include, "deal.cc_email") {
			item.CcEmail = n.dropbox("deal" + r.ID)
		}
		return item
	case records.KindLead:
		item := crmapi.LeadItem{
			ID: r.ID, Type: r.Kind, Title: r.Title, Owner: owner, Person: itemRef(r.Person), Organization: itemOrganization(r),
			Phones: listed(r.Phones), Emails: listed(r.Emails), CustomFields: r.Custom, Notes: r.Notes, VisibleTo: r.VisibleTo, IsArchived: r.Archived,
		}
		if r.Value.Currency != "" {
			item.Value, item.Currency = json.Number(r.Value.Decimal()), &r.Value.Currency
		}
		if slices.Contains(include, "lead.was_seen") {
			item.WasSeen = &r.WasSeen
		}
		return item
	}
	item := crmapi.FileItem{
		ID: id, Type: r.Kind, Name: r.Title, URL: fmt.Sprintf("/files/%d/download", id), Person: itemRef(r.Person), Organization: itemOrganization(r),
	}
	if r.Deal.ID != 0 {
		item.Deal = &crmapi.ItemTitle{ID: r.Deal.ID, Title: r.Deal.Name}
	}
	return item
}

func listed(texts []string) []string {
	if texts == nil {
		return []string{}
	}
	return texts
}

func itemRef(r records.Ref) *crmapi.ItemRef {
	if r.ID == 0 {
		return nil
	}
	return &crmapi.ItemRef{ID: r.ID, Name: r.Name}
}

func itemOrganization(r records.Found) *crmapi.ItemOrganization {
	if r.Organization.ID == 0 {
		return nil
	}
	return &crmapi.ItemOrganization{ID: r.Organization.ID, Name: r.Organization.Name, Address: ref(r.OrgAddress)}
}

// fieldSearch answers GET itemSearch/field.
// spec: rest.search.field
func (s *Service) fieldSearch(c *rest.Call) (rest.Answer, error) {
	q := c.Query()
	f := searching{Find: records.Find{Term: q.String("term"), Limit: q.Limit(rest.MaxLimit)}}
	m, entity := &records.FieldMatch{How: "middle"}, ""
	if c.Version == rest.V1 {
		entity = strings.TrimSuffix(q.Word("field_type", "dealField", "leadField", "personField", "organizationField", "productField", "projectField"), "Field")
		m.Code = q.String("field_key")
		if exact := q.Bool("exact_match"); exact != nil && *exact {
			m.How = "exact"
		}
	} else {
		entity = q.Word("entity_type", "deal", "lead", "person", "organization", "product", "project")
		m.Code = q.String("field")
		m.How = cmp.Or(q.Word("match", "exact", "beginning", "middle"), "exact")
	}
	ids := q.Bool("return_item_ids")
	if err := f.place(c, q); err != nil {
		return rest.Answer{}, err
	}
	if err := needed(c.Version, entity, m.Code); err != nil {
		return rest.Answer{}, err
	}
	if f.Kinds, f.One = []string{entity}, m; entity == "product" || entity == "project" {
		f.Kinds = []string{}
	}
	list, more, err := s.records.FindRecords(c.Context(), c.Caller, f.Find)
	if err != nil {
		return rest.Answer{}, err
	}
	a := rest.Answer{Additional: pageOfFound(c, f, list, more)}
	if c.Version == rest.V1 {
		a.Data = fieldHitsV1(list, m.Code, ids != nil && *ids)
	} else {
		a.Data = fieldHits(list)
	}
	return a, nil
}

// needed refuses a search in a field that is not named.
func needed(v rest.Version, entity, code string) error {
	of, field := "field_type", "field_key"
	if v == rest.V2 {
		of, field = "entity_type", "field"
	}
	if entity == "" {
		return fault.New(fault.Invalid, of, "Expected whose field it is, got none.")
	}
	if known := records.SearchedFields(entity); known != nil && !records.IsCustomCode(code) && !slices.Contains(known, code) {
		return fault.New(fault.Invalid, field, "Expected one of %s or the key of a custom field, got %q.", strings.Join(known, ", "), code)
	}
	return nil
}

// foundID is a number, or the UUID of a lead.
func foundID(r records.Found) any {
	if n, err := strconv.ParseInt(r.ID, 10, 64); err == nil {
		return n
	}
	return r.ID
}

func fieldHits(list []records.Found) []crmapi.FieldHit {
	out := make([]crmapi.FieldHit, len(list))
	for i, r := range list {
		out[i] = crmapi.FieldHit{ResultScore: r.Score, Item: crmapi.FieldItem{ID: foundID(r), Name: r.Text}, ID: foundID(r), Name: r.Text}
	}
	return out
}

// fieldHitsV1 are rows with the field's key, and the item's id if that was asked;
// otherwise each text stands there once.
func fieldHitsV1(list []records.Found, code string, ids bool) []map[string]any {
	out := []map[string]any{}
	seen := map[string]bool{}
	for _, r := range list {
		if ids {
			out = append(out, map[string]any{"id": foundID(r), code: r.Text})
		} else if !seen[r.Text] {
			seen[r.Text] = true
			out = append(out, map[string]any{code: r.Text})
		}
	}
	return out
}
