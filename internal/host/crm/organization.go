package crm

import (
	"context"
	"encoding/json"
	"maps"
	"slices"
	"strconv"

	"github.com/dockwright/dockwright/internal/fault"
	"github.com/dockwright/dockwright/internal/host/records"
	"github.com/dockwright/dockwright/internal/host/rest"
	"github.com/dockwright/dockwright/internal/host/route"
	"github.com/dockwright/dockwright/pipedrive/crmapi"
)

// organizationRoutes are the paths of organizations.
func (s *Service) organizationRoutes() []route.Route {
	return []route.Route{
		s.on("GET", "/api/v2/organizations", "rest.organizations.list-v2", s.listOrganizationsV2, readsContacts...),
		s.on("POST", "/api/v2/organizations", "rest.organizations.add-v2", s.addOrganization, writesContacts...),
		s.on("GET", "/api/v2/organizations/{id}", "rest.organizations.get-v2", s.getOrganizationV2, readsContacts...),
		s.on("PATCH", "/api/v2/organizations/{id}", "rest.organizations.update-v2", s.updateOrganization, writesContacts...),
		s.on("DELETE", "/api/v2/organizations/{id}", "rest.organizations.delete", s.deleteOrganization, writesContacts...),
		s.on("GET", "/v1/organizations", "rest.organizations.list-v1", s.listOrganizationsV1, readsContacts...),
		s.on("GET", "/v1/organizations/collection", "rest.organizations.collection", s.collectOrganizations, readsContacts...),
		s.on("POST", "/v1/organizations", "rest.organizations.add-v1", s.addOrganization, writesContacts...),
		s.on("GET", "/v1/organizations/{id}", "rest.organizations.get-v1", s.getOrganizationV1, readsContacts...),
		s.on("PUT", "/v1/organizations/{id}", "rest.organizations.update-v1", s.updateOrganization, writesContacts...),
		s.on("PUT", "/v1/organizations/{id}/merge", "rest.organizations.merge", s.mergeOrganizations, writesContacts...),
		s.on("GET", "/v1/organizations/{id}/files", "rest.organizations.files", s.filesOfOrganization, readsContacts...),
		s.on("GET", "/v1/organizations/{id}/permittedUsers", "rest.organizations.permitted-users", s.usersOfOrganization, readsContacts...),
		s.on("DELETE", "/v1/organizations/{id}", "rest.organizations.delete", s.deleteOrganization, writesContacts...),
		s.on("DELETE", "/v1/organizations", "rest.organizations.delete-many", s.deleteOrganizations, writesContacts...),
	}
}

// includableOrganization are the words of include_fields for organizations.
var includableOrganization = append(slices.Clone(includableCounts), "people_count")

// listOrganizationsV2 answers GET /api/v2/organizations.
// spec: rest.organizations.list-v2
func (s *Service) listOrganizationsV2(c *rest.Call) (rest.Answer, error) {
	q := c.Query()
	filter := records.OrganizationFilter{
		IDs: q.IDs("ids", 100), Owner: q.Int("owner_id"), Since: q.Time("updated_since"), Until: q.Time("updated_until"),
	}
	w, order, err := cursorWindow(q, rest.MaxLimit)
	if err != nil {
		return rest.Answer{}, err
	}
	v, err := readView(q, includableOrganization)
	if err != nil {
		return rest.Answer{}, err
	}
	if id := filterID(q); id != 0 {
		filter = records.OrganizationFilter{Filter: id, Since: filter.Since, Until: filter.Until}
	}
	if err := q.Err(); err != nil {
		return rest.Answer{}, err
	}
	list, more, err := s.records.ListOrganizations(c.Context(), c.Caller, filter, w)
	if err != nil {
		return rest.Answer{}, err
	}
	data, err := s.organizationsV2(c, list, v)
	next := ""
	if more {
		last := list[len(list)-1]
		next = nextCursor(order, more, last.ID, last.AddedAt, last.UpdatedAt)
	}
	return rest.Answer{Data: data, Additional: rest.Next(next)}, err
}

// getOrganizationV2 answers GET /api/v2/organizations/{id}.
// spec: rest.organizations.get-v2
func (s *Service) getOrganizationV2(c *rest.Call) (rest.Answer, error) {
	v, err := readView(c.Query(), includableOrganization)
	if err != nil {
		return rest.Answer{}, err
	}
	o, err := s.oneOrganization(c)
	if err != nil {
		return rest.Answer{}, err
	}
	data, err := s.organizationsV2(c, []records.Organization{o}, v)
	if err != nil {
		return rest.Answer{}, err
	}
	return rest.OK(data[0]), nil
}

func (s *Service) oneOrganization(c *rest.Call) (records.Organization, error) {
	id, err := c.ID("Organization")
	if err != nil {
		return records.Organization{}, err
	}
	o, err := s.records.Organization(c.Context(), c.Caller, id)
	return o, rest.NotFound(err, "Organization")
}

func (s *Service) organizationsV2(c *rest.Call, list []records.Organization, v view) ([]crmapi.WithCustom, error) {
	fields, err := s.customFields(c.Context(), c.Caller, records.KindOrganization)
	if err != nil {
		return nil, err
	}
	var counts map[int64]records.Counts
	var n names
	if len(v.include) > 0 {
		if counts, err = s.records.OrganizationCounts(c.Context(), c.Caller, list); err != nil {
			return nil, err
		}
		if n, err = s.names(c.Context(), c.Caller, refs{}); err != nil {
			return nil, err
		}
	}
	out := make([]crmapi.WithCustom, len(list))
	for i, o := range list {
		all := includedCounts(counts[o.ID], n, "o"+strconv.FormatInt(o.ID, 10))
		out[i] = crmapi.WithCustom{Record: organizationV2(o, fields, v.custom), Custom: only(all, v.include)}
	}
	return out, nil
}

func organizationV2(o records.Organization, fields customFields, only []string) crmapi.OrganizationV2 {
	out := crmapi.OrganizationV2{
		ID: o.ID, Name: o.Name, OwnerID: o.Owner, AddTime: rest.TimeText(rest.V2, o.AddedAt), UpdateTime: rest.TimeText(rest.V2, o.UpdatedAt),
		IsDeleted: o.Deleted, VisibleTo: o.VisibleTo, Address: addressV2(o), LabelIDs: fields.label(o.Labels),
		Website: text(o.Website), LinkedIn: text(o.LinkedIn), Industry: text(o.Industry), EmployeeCount: number(o.Employees),
		CustomFields: fields.v2(o.Custom, only),
	}
	if o.AnnualRevenue != "" {
		out.AnnualRevenue = json.Number(o.AnnualRevenue)
	}
	return out
}

// addressV2 is null where there is no address.
func addressV2(o records.Organization) *crmapi.Address {
	if o.Address == "" {
		return nil
	}
	part := func(name string) *string { return text(o.AddressParts[name]) }
	return &crmapi.Address{
		Value: &o.Address, Country: part("country"), AdminAreaLevel1: part("admin_area_level_1"), AdminAreaLevel2: part("admin_area_level_2"),
		Locality: part("locality"), Sublocality: part("sublocality"), Route: part("route"), StreetNumber: part("street_number"),
		Subpremise: part("subpremise"), PostalCode: part("postal_code"),
	}
}

func addressV1(o records.Organization) crmapi.AddressV1 {
	part := func(name string) *string { return text(o.AddressParts[name]) }
	return crmapi.AddressV1{
		Address: text(o.Address), Subpremise: part("subpremise"), StreetNumber: part("street_number"), Route: part("route"),
		Sublocality: part("sublocality"), Locality: part("locality"), AdminAreaLevel1: part("admin_area_level_1"),
		AdminAreaLevel2: part("admin_area_level_2"), Country: part("country"), PostalCode: part("postal_code"),
		FormattedAddress: part("formatted_address"),
	}
}

// listOrganizationsV1 answers GET /v1/organizations.
// spec: rest.organizations.list-v1
func (s *Service) listOrganizationsV1(c *rest.Call) (rest.Answer, error) {
	q := c.Query()
	filter := records.OrganizationFilter{Owner: q.Int("user_id"), FirstChar: q.String("first_char")}
	w := startWindow(q, rest.MaxLimit, records.OrganizationSort...)
	if filter.Filter = filterID(q); filter.Filter != 0 {
		filter.Owner = 0
	}
	if err := q.Err(); err != nil {
		return rest.Answer{}, err
	}
	list, more, err := s.records.ListOrganizations(c.Context(), c.Caller, filter, w)
	if err != nil {
		return rest.Answer{}, err
	}
	page, err := s.organizationsV1(c.Context(), c.Caller, list)
	return rest.Answer{Data: page.data, Additional: rest.Paged(w.Start, w.Limit, more), Related: page.related}, err
}

// organizationPage is organizations as version 1 writes them, and what was read
// for it.
type organizationPage struct {
	data    []crmapi.WithCustom
	related crmapi.Related
	names   names
	counts  map[int64]records.Counts
}

// organizationsV1 writes organizations with a constant number of queries.
func (s *Service) organizationsV1(ctx context.Context, c route.Caller, list []records.Organization) (page organizationPage, err error) {
	fields, err := s.customFields(ctx, c, records.KindOrganization)
	if err != nil {
		return page, err
	}
	if page.counts, err = s.records.OrganizationCounts(ctx, c, list); err != nil {
		return page, err
	}
	var want refs
	var owners []int64
	for _, o := range list {
		fields.refer(o.Custom, &want)
		owners = append(owners, o.Owner)
	}
	if page.names, err = s.names(ctx, c, want); err != nil {
		return page, err
	}
	page.data = make([]crmapi.WithCustom, len(list))
	for i, o := range list {
		page.data[i] = crmapi.WithCustom{
			Record: organizationV1(o, page.counts[o.ID], page.names, fields.label(o.Labels)), Custom: fields.v1(o.Custom, page.names),
		}
	}
	page.related = crmapi.Related{User: byID(owners, page.names.user)}
	return page, nil
}

func organizationV1(o records.Organization, k records.Counts, n names, labels []int64) crmapi.OrganizationV1 {
	out := crmapi.OrganizationV1{
		ID: o.ID, CompanyID: n.company.ID, OwnerID: n.owner(o.Owner), Name: o.Name, DealCounts: dealCounts(k), ActivityCounts: belongings(k),
		PeopleCount: k.People, ActiveFlag: !o.Deleted, AddressV1: addressV1(o), CountryCode: countryCode(o), FirstChar: firstChar(o.Name),
		UpdateTime: rest.TimeText(rest.V1, o.UpdatedAt), AddTime: rest.TimeText(rest.V1, o.AddedAt), VisibleTo: strconv.FormatInt(o.VisibleTo, 10),
		Label: first(labels), LabelIDs: labels, CcEmail: n.ccEmail(),
	}
	if out.OwnerID != nil {
		out.OwnerName = &out.OwnerID.Name
	}
	return out
}

// countryCode is the country of an address if it is written as two letters.
func countryCode(o records.Organization) *string {
	if c := o.AddressParts["country"]; len(c) == 2 {
		return &c
	}
	return nil
}

// getOrganizationV1 answers GET /v1/organizations/{id}.
// spec: rest.organizations.get-v1
func (s *Service) getOrganizationV1(c *rest.Call) (rest.Answer, error) {
	o, err := s.oneOrganization(c)
	if err != nil {
		return rest.Answer{}, err
	}
	page, err := s.organizationsV1(c.Context(), c.Caller, []records.Organization{o})
	if err != nil {
		return rest.Answer{}, err
	}
	followers, _, err := s.records.Followers(c.Context(), c.Caller, records.KindOrganization, o.ID, records.Window{Limit: rest.MaxLimit})
	if err != nil {
		return rest.Answer{}, err
	}
	extra := crmapi.OrganizationExtra{Followers: map[string]crmapi.FollowerV1{}, DropboxEmail: page.names.dropbox("o" + strconv.FormatInt(o.ID, 10))}
	for _, f := range followers {
		extra.Followers[strconv.FormatInt(f.User, 10)] = followerV1(f)
	}
	whole, _ := page.data[0].Record.(crmapi.OrganizationV1)
	k := page.counts[o.ID]
	page.data[0].Record = crmapi.OrganizationDetails{
		OrganizationV1: whole, EditName: true, LastActivity: outline(k.Activities.Last), NextActivity: outline(k.Activities.Next),
	}
	return rest.Answer{Data: page.data[0], Additional: extra, Related: page.related}, nil
}

// outline is an activity inside another record, nil for none.
func outline(a *records.ActivityBrief) *crmapi.ActivityOutline {
	if a == nil {
		return nil
	}
	return &crmapi.ActivityOutline{
		ID: a.ID, Subject: a.Subject, Type: a.Type, DueDate: text(a.DueDate), DueTime: text(a.DueTime), Duration: text(a.Duration), Note: text(a.Note),
	}
}

// collectOrganizations answers GET /v1/organizations/collection.
// spec: rest.organizations.collection
func (s *Service) collectOrganizations(c *rest.Call) (rest.Answer, error) {
	q := c.Query()
	filter := records.OrganizationFilter{Owner: q.Int("owner_id"), FirstChar: q.String("first_char"), Since: q.Time("since"), Until: q.Time("until")}
	w, order, err := byIDWindow(q, rest.MaxLimit)
	if err != nil {
		return rest.Answer{}, err
	}
	if err := adminsOnly(c); err != nil {
		return rest.Answer{}, err
	}
	list, more, err := s.records.ListOrganizations(c.Context(), c.Caller, filter, w)
	if err != nil {
		return rest.Answer{}, err
	}
	fields, err := s.customFields(c.Context(), c.Caller, records.KindOrganization)
	if err != nil {
		return rest.Answer{}, err
	}
	n, err := s.names(c.Context(), c.Caller, refs{})
	if err != nil {
		return rest.Answer{}, err
	}
	out, next := make([]crmapi.OrganizationRow, len(list)), ""
	for i, o := range list {
		labels := fields.label(o.Labels)
		out[i] = crmapi.OrganizationRow{
			ID: o.ID, ActiveFlag: !o.Deleted, OwnerID: o.Owner, Name: o.Name, UpdateTime: rest.TimeText(rest.V1, o.UpdatedAt),
			DeleteTime: rest.Time(rest.V1, o.DeletedAt), AddTime: rest.TimeText(rest.V1, o.AddedAt), VisibleTo: strconv.FormatInt(o.VisibleTo, 10),
			Label: first(labels), LabelIDs: labels, CcEmail: n.ccEmail(),
		}
		next = nextCursor(order, more, o.ID, o.AddedAt, o.UpdatedAt)
	}
	return rest.Answer{Data: out, Additional: rest.Next(next)}, nil
}

// addOrganization answers POST /api/v2/organizations and POST /v1/organizations.
// spec: rest.organizations.add-v2, rest.organizations.add-v1
func (s *Service) addOrganization(c *rest.Call) (rest.Answer, error) {
	patch, err := s.readOrganization(c)
	if err != nil {
		return rest.Answer{}, err
	}
	if c.Version == rest.V1 && trimmed(patch.Name) == "" {
		return rest.Answer{}, fault.New(fault.Invalid, "", "Name must be given.")
	}
	o, err := s.records.CreateOrganization(c.Context(), c.Caller, records.Organization{
		Name: given(patch.Name), Address: given(patch.Address), AddressParts: given(patch.AddressParts), Website: given(patch.Website),
		Industry: given(patch.Industry), LinkedIn: given(patch.LinkedIn), AnnualRevenue: given(patch.AnnualRevenue), Employees: given(patch.Employees),
		Owner: given(patch.Owner), VisibleTo: given(patch.VisibleTo), Labels: given(patch.Labels), Custom: patch.Custom, AddedAt: given(patch.AddedAt),
	})
	if err != nil {
		return rest.Answer{}, err
	}
	a, err := s.writtenOrganization(c, o)
	if c.Version == rest.V1 {
		a.Status = 201
	}
	return a, err
}

// updateOrganization answers PATCH /api/v2/organizations/{id} and PUT
// /v1/organizations/{id}.
// spec: rest.organizations.update-v2, rest.organizations.update-v1
func (s *Service) updateOrganization(c *rest.Call) (rest.Answer, error) {
	id, err := c.ID("Organization")
	if err != nil {
		return rest.Answer{}, err
	}
	patch, err := s.readOrganization(c)
	if err != nil {
		return rest.Answer{}, err
	}
	o, err := s.records.UpdateOrganization(c.Context(), c.Caller, id, patch)
	if err != nil {
		return rest.Answer{}, rest.NotFound(err, "Organization")
	}
	return s.writtenOrganization(c, o)
}

func (s *Service) writtenOrganization(c *rest.Call, o records.Organization) (rest.Answer, error) {
	if c.Version == rest.V2 {
		data, err := s.organizationsV2(c, []records.Organization{o}, view{})
		if err != nil {
			return rest.Answer{}, err
		}
		return rest.OK(data[0]), nil
	}
	page, err := s.organizationsV1(c.Context(), c.Caller, []records.Organization{o})
	if err != nil {
		return rest.Answer{}, err
	}
	return rest.Answer{Data: page.data[0], Related: page.related}, nil
}

// readOrganization reads the body of a write of either version.
func (s *Service) readOrganization(c *rest.Call) (records.OrganizationPatch, error) {
	var p records.OrganizationPatch
	b, err := c.Body()
	if err != nil {
		return p, err
	}
	fields, err := s.customFields(c.Context(), c.Caller, records.KindOrganization)
	if err != nil {
		return p, err
	}
	p.Name, p.Owner, p.VisibleTo, p.AddedAt, p.Labels = b.String("name"), b.Int("owner_id"), visibleTo(b), b.Time("add_time"), labels(b)
	b.Time("update_time") // documented; the host keeps the time itself
	p.Website, p.LinkedIn, p.Industry = b.String("website"), b.String("linkedin"), b.String("industry")
	p.AnnualRevenue, p.Employees = b.Number("annual_revenue"), b.Int("employee_count")
	if c.Version == rest.V2 {
		readAddress(b, &p)
		p.Custom = fields.readV2(b)
		return p, b.Done()
	}
	readFlatAddress(b, &p)
	p.Custom = fields.readV1(b)
	refuseID(c, b)
	return p, b.Done()
}

// readAddress reads the object of version 2: parts that are not in it are cleared.
func readAddress(b *rest.Body, p *records.OrganizationPatch) {
	o := b.Object("address")
	if o == nil {
		return
	}
	parts := map[string]string{}
	for _, name := range records.AddressParts {
		if v := given(o.String(name)); v != "" {
			parts[name] = v
		}
	}
	p.Address, p.AddressParts = o.String("value"), &parts
	if p.Address == nil {
		p.Address = new(string)
	}
	if *p.Address == "" && len(parts) > 0 {
		b.Wrong("address.value", "Expected the address on one line beside its parts, got none.")
	}
	for _, name := range o.Left() {
		b.Wrong("address."+name, "There is no such field here; leave it out.")
	}
}

// readFlatAddress reads address and address_… of version 1.
func readFlatAddress(b *rest.Body, p *records.OrganizationPatch) {
	p.Address = b.String("address")
	parts := map[string]string{}
	for _, name := range records.AddressParts {
		if v := b.String("address_" + name); v != nil {
			parts[name] = *v
		}
	}
	if len(parts) > 0 {
		maps.DeleteFunc(parts, func(_, v string) bool { return v == "" })
		p.AddressParts = &parts
	}
}

// deleteOrganization answers DELETE of one organization, in both versions.
// spec: rest.organizations.delete
func (s *Service) deleteOrganization(c *rest.Call) (rest.Answer, error) {
	id, err := c.ID("Organization")
	if err != nil {
		return rest.Answer{}, err
	}
	if err := s.records.DeleteOrganizations(c.Context(), c.Caller, id); err != nil {
		return rest.Answer{}, rest.NotFound(err, "Organization")
	}
	return rest.Removed(id), nil
}

// deleteOrganizations answers DELETE /v1/organizations?ids=1,2.
// spec: rest.organizations.delete-many
func (s *Service) deleteOrganizations(c *rest.Call) (rest.Answer, error) {
	ids, err := idsToDelete(c)
	if err != nil {
		return rest.Answer{}, err
	}
	if err := s.records.DeleteOrganizations(c.Context(), c.Caller, ids...); err != nil {
		return rest.Answer{}, rest.NotFound(err, "Organization")
	}
	return rest.Removed(ids), nil
}

// mergeOrganizations answers PUT /v1/organizations/{id}/merge: the id of the one
// that stays.
func (s *Service) mergeOrganizations(c *rest.Call) (rest.Answer, error) {
	id, with, err := mergeIDs(c, "Organization")
	if err != nil {
		return rest.Answer{}, err
	}
	o, err := s.records.MergeOrganizations(c.Context(), c.Caller, id, with)
	if err != nil {
		return rest.Answer{}, rest.NotFound(err, "Organization")
	}
	return rest.Removed(o.ID), nil
}

// filesOfOrganization answers GET /v1/organizations/{id}/files.
// spec: rest.organizations.files
func (s *Service) filesOfOrganization(c *rest.Call) (rest.Answer, error) {
	o, err := s.oneOrganization(c)
	if err != nil {
		return rest.Answer{}, err
	}
	return s.filesOf(c, records.FileFilter{Organization: o.ID})
}

// usersOfOrganization answers GET /v1/organizations/{id}/permittedUsers.
// spec: rest.organizations.permitted-users
func (s *Service) usersOfOrganization(c *rest.Call) (rest.Answer, error) {
	o, err := s.oneOrganization(c)
	if err != nil {
		return rest.Answer{}, err
	}
	return s.permitted(c, records.KindOrganization, o.ID, o.Owner, o.VisibleTo)
}
