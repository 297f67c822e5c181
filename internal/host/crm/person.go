package crm

import (
	"context"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"unicode"

	"github.com/dockwright/dockwright/internal/fault"
	"github.com/dockwright/dockwright/internal/host/records"
	"github.com/dockwright/dockwright/internal/host/rest"
	"github.com/dockwright/dockwright/internal/host/route"
	"github.com/dockwright/dockwright/internal/store"
	"github.com/dockwright/dockwright/pipedrive/crmapi"
)

var (
	readsContacts  = []string{"contacts:read", "contacts:full"}
	writesContacts = []string{"contacts:full"}
)

// personRoutes are the paths of persons.
func (s *Service) personRoutes() []route.Route {
	return []route.Route{
		s.on("GET", "/api/v2/persons", "rest.persons.list-v2", s.listPersonsV2, readsContacts...),
		s.on("POST", "/api/v2/persons", "rest.persons.add-v2", s.addPerson, writesContacts...),
		s.on("GET", "/api/v2/persons/{id}", "rest.persons.get-v2", s.getPersonV2, readsContacts...),
		s.on("PATCH", "/api/v2/persons/{id}", "rest.persons.update-v2", s.updatePerson, writesContacts...),
		s.on("DELETE", "/api/v2/persons/{id}", "rest.persons.delete", s.deletePerson, writesContacts...),
		s.on("GET", "/v1/persons", "rest.persons.list-v1", s.listPersonsV1, readsContacts...),
		s.on("GET", "/v1/persons/collection", "rest.persons.collection", s.collectPersons, readsContacts...),
		s.on("POST", "/v1/persons", "rest.persons.add-v1", s.addPerson, writesContacts...),
		s.on("GET", "/v1/persons/{id}", "rest.persons.get-v1", s.getPersonV1, readsContacts...),
		s.on("PUT", "/v1/persons/{id}", "rest.persons.update-v1", s.updatePerson, writesContacts...),
		s.on("PUT", "/v1/persons/{id}/merge", "rest.persons.merge", s.mergePersons, writesContacts...),
		s.on("DELETE", "/v1/persons/{id}", "rest.persons.delete", s.deletePerson, writesContacts...),
		s.on("DELETE", "/v1/persons", "rest.persons.delete-many", s.deletePersons, writesContacts...),
		s.on("GET", "/v1/persons/{id}/files", "rest.persons.files", s.filesOfPerson, readsContacts...),
		s.on("GET", "/v1/persons/{id}/permittedUsers", "rest.persons.permitted-users", s.usersOfPerson, readsContacts...),
		s.on("GET", "/v1/organizations/{id}/persons", "rest.organizations.persons", s.personsOfOrganization, readsContacts...),
	}
}

// includablePerson are the words of include_fields for persons. Mail and double opt-in
// are not built: their counts are 0 and their times null.
var includablePerson = append(slices.Clone(includableCounts),
	"participant_open_deals_count", "participant_closed_deals_count", "last_incoming_mail_time", "last_outgoing_mail_time",
	"marketing_status", "doi_status",
)

// includableCounts are those of persons and organizations.
var includableCounts = []string{
	"next_activity_id", "last_activity_id", "open_deals_count", "related_open_deals_count", "closed_deals_count", "related_closed_deals_count",
	"email_messages_count", "activities_count", "done_activities_count", "undone_activities_count", "files_count", "notes_count",
	"followers_count", "won_deals_count", "related_won_deals_count", "lost_deals_count", "related_lost_deals_count", "smart_bcc_email",
}

// view is what a read of version 2 is asked to show.
type view struct {
	include []string
	custom  []string // nil: all
}

func readView(q *rest.Query, includable []string) (view, error) {
	v := view{include: q.Words("include_fields", includable...)}
	if err := q.Err(); err != nil {
		return v, err
	}
	var err error
	v.custom, err = customSelector(q)
	return v, err
}

// listPersonsV2 answers GET /api/v2/persons.
// spec: rest.persons.list-v2
func (s *Service) listPersonsV2(c *rest.Call) (rest.Answer, error) {
	q := c.Query()
	filter := records.PersonFilter{
		IDs: q.IDs("ids", 100), Owner: q.Int("owner_id"), Organization: q.Int("org_id"), Deal: q.Int("deal_id"),
		Since: q.Time("updated_since"), Until: q.Time("updated_until"),
	}
	w, order, err := cursorWindow(q, rest.MaxLimit)
	if err != nil {
		return rest.Answer{}, err
	}
	v, err := readView(q, includablePerson)
	if err != nil {
		return rest.Answer{}, err
	}
	if id := filterID(q); id != 0 {
		filter = records.PersonFilter{Filter: id, Since: filter.Since, Until: filter.Until}
	}
	if err := q.Err(); err != nil {
		return rest.Answer{}, err
	}
	list, more, err := s.records.ListPersons(c.Context(), c.Caller, filter, w)
	if err != nil {
		return rest.Answer{}, err
	}
	data, err := s.personsV2(c, list, v)
	next := ""
	if more {
		last := list[len(list)-1]
		next = nextCursor(order, more, last.ID, last.AddedAt, last.UpdatedAt)
	}
	return rest.Answer{Data: data, Additional: rest.Next(next)}, err
}

// getPersonV2 answers GET /api/v2/persons/{id}.
// spec: rest.persons.get-v2
func (s *Service) getPersonV2(c *rest.Call) (rest.Answer, error) {
	v, err := readView(c.Query(), includablePerson)
	if err != nil {
		return rest.Answer{}, err
	}
	p, err := s.onePerson(c)
	if err != nil {
		return rest.Answer{}, err
	}
	data, err := s.personsV2(c, []records.Person{p}, v)
	if err != nil {
		return rest.Answer{}, err
	}
	return rest.OK(data[0]), nil
}

func (s *Service) onePerson(c *rest.Call) (records.Person, error) {
	id, err := c.ID("Person")
	if err != nil {
		return records.Person{}, err
	}
	p, err := s.records.Person(c.Context(), c.Caller, id)
	return p, rest.NotFound(err, "Person")
}

func (s *Service) personsV2(c *rest.Call, list []records.Person, v view) ([]crmapi.WithCustom, error) {
	fields, err := s.customFields(c.Context(), c.Caller, records.KindPerson)
	if err != nil {
		return nil, err
	}
	var counts map[int64]records.Counts
	var n names
	if len(v.include) > 0 {
		if counts, err = s.records.PersonCounts(c.Context(), c.Caller, list); err != nil {
			return nil, err
		}
		if n, err = s.names(c.Context(), c.Caller, refs{}); err != nil {
			return nil, err
		}
	}
	out := make([]crmapi.WithCustom, len(list))
	for i, p := range list {
		out[i] = crmapi.WithCustom{Record: personV2(p, fields, v.custom), Custom: includedPerson(p, counts[p.ID], n, v.include)}
	}
	return out, nil
}

func personV2(p records.Person, fields customFields, only []string) crmapi.PersonV2 {
	return crmapi.PersonV2{
		ID: p.ID, Name: p.Name, FirstName: text(p.FirstName), LastName: text(p.LastName), OwnerID: p.Owner, OrgID: number(p.Organization.ID),
		AddTime: rest.TimeText(rest.V2, p.AddedAt), UpdateTime: rest.TimeText(rest.V2, p.UpdatedAt),
		Emails: contactsV2(p.Emails), Phones: contactsV2(p.Phones), IsDeleted: p.Deleted, VisibleTo: p.VisibleTo,
		LabelIDs: fields.label(p.Labels), PictureID: number(p.Picture), CustomFields: fields.v2(p.Custom, only),
	}
}

// includedPerson are the keys that include_fields adds.
// spec: rest.persons.include-fields
func includedPerson(p records.Person, k records.Counts, n names, include []string) map[string]any {
	all := includedCounts(k, n, "p"+strconv.FormatInt(p.ID, 10))
	all["marketing_status"] = p.MarketingStatus
	all["participant_open_deals_count"], all["participant_closed_deals_count"] = k.Participant.Open, k.Participant.Closed()
	return only(all, include)
}

// includedCounts are all keys that include_fields may add to persons and
// organizations; what is not in it is null.
func includedCounts(k records.Counts, n names, mailbox string) map[string]any {
	all := map[string]any{
		"open_deals_count": k.Deals.Open, "closed_deals_count": k.Deals.Closed(), "won_deals_count": k.Deals.Won, "lost_deals_count": k.Deals.Lost,
		"related_open_deals_count": k.Related.Open, "related_closed_deals_count": k.Related.Closed(),
		"related_won_deals_count": k.Related.Won, "related_lost_deals_count": k.Related.Lost,
		"activities_count": k.Activities.Done + k.Activities.Undone, "done_activities_count": k.Activities.Done, "undone_activities_count": k.Activities.Undone,
		"files_count": k.Files, "notes_count": k.Notes, "followers_count": k.Followers, "people_count": k.People, "email_messages_count": 0,
		"smart_bcc_email": n.dropbox(mailbox),
	}
	if next := k.Activities.Next; next != nil {
		all["next_activity_id"] = next.ID
	}
	if last := k.Activities.Last; last != nil {
		all["last_activity_id"] = last.ID
	}
	return all
}

func only(all map[string]any, include []string) map[string]any {
	out := make(map[string]any, len(include))
	for _, name := range include {
		out[name] = all[name]
	}
	return out
}

// listPersonsV1 answers GET /v1/persons.
// spec: rest.persons.list-v1
func (s *Service) listPersonsV1(c *rest.Call) (rest.Answer, error) {
	q := c.Query()
	return s.pageOfPersons(c, q, records.PersonFilter{Owner: q.Int("user_id"), FirstChar: q.String("first_char")})
}

// personsOfOrganization answers GET /v1/organizations/{id}/persons.
// spec: rest.organizations.persons
func (s *Service) personsOfOrganization(c *rest.Call) (rest.Answer, error) {
	o, err := s.oneOrganization(c)
	if err != nil {
		return rest.Answer{}, err
	}
	return s.pageOfPersons(c, c.Query(), records.PersonFilter{Organization: o.ID})
}

func (s *Service) pageOfPersons(c *rest.Call, q *rest.Query, filter records.PersonFilter) (rest.Answer, error) {
	w := startWindow(q, rest.MaxLimit, records.PersonSort...)
	if filter.Filter = filterID(q); filter.Filter != 0 {
		filter.Owner = 0
	}
	if err := q.Err(); err != nil {
		return rest.Answer{}, err
	}
	list, more, err := s.records.ListPersons(c.Context(), c.Caller, filter, w)
	if err != nil {
		return rest.Answer{}, err
	}
	data, related, _, err := s.personsV1(c.Context(), c.Caller, list)
	return rest.Answer{Data: data, Additional: rest.Paged(w.Start, w.Limit, more), Related: related}, err
}

// getPersonV1 answers GET /v1/persons/{id}.
// spec: rest.persons.get-v1
func (s *Service) getPersonV1(c *rest.Call) (rest.Answer, error) {
	p, err := s.onePerson(c)
	if err != nil {
		return rest.Answer{}, err
	}
	data, related, n, err := s.personsV1(c.Context(), c.Caller, []records.Person{p})
	if err != nil {
		return rest.Answer{}, err
	}
	mailbox := crmapi.DropboxEmail{DropboxEmail: n.dropbox("p" + strconv.FormatInt(p.ID, 10))}
	return rest.Answer{Data: data[0], Additional: mailbox, Related: related}, nil
}

// personsV1 writes persons as version 1 does, with a constant number of queries.
func (s *Service) personsV1(ctx context.Context, c route.Caller, list []records.Person) ([]crmapi.WithCustom, crmapi.Related, names, error) {
	var none crmapi.Related
	fields, err := s.customFields(ctx, c, records.KindPerson)
	if err != nil {
		return nil, none, names{}, err
	}
	counts, err := s.records.PersonCounts(ctx, c, list)
	if err != nil {
		return nil, none, names{}, err
	}
	var want refs
	var owners, organizations []int64
	for _, p := range list {
		fields.refer(p.Custom, &want)
		owners, organizations = append(owners, p.Owner), append(organizations, p.Organization.ID)
	}
	want.organizations = append(want.organizations, organizations...)
	n, err := s.names(ctx, c, want)
	if err != nil {
		return nil, none, n, err
	}
	pictures, err := s.picturesOf(ctx, c, list, n)
	if err != nil {
		return nil, none, n, err
	}
	out := make([]crmapi.WithCustom, len(list))
	for i, p := range list {
		record := personV1(p, counts[p.ID], n, fields.label(p.Labels))
		if picture := pictures[strconv.FormatInt(p.Picture, 10)]; picture != nil {
			record.PictureID = &crmapi.PictureRef{Picture: *picture, Value: p.Picture}
		}
		out[i] = crmapi.WithCustom{Record: record, Custom: fields.v1(p.Custom, n)}
	}
	return out, crmapi.Related{User: byID(owners, n.user), Organization: byID(organizations, n.organization), Picture: pictures}, n, nil
}

func personV1(p records.Person, k records.Counts, n names, labels []int64) crmapi.PersonV1 {
	out := crmapi.PersonV1{
		ID: p.ID, CompanyID: n.company.ID, OwnerID: n.owner(p.Owner), OrgID: n.orgValue(p.Organization.ID), Name: p.Name,
		FirstName: text(p.FirstName), LastName: text(p.LastName), DealCounts: dealCounts(k), ActivityCounts: belongings(k), ActiveFlag: !p.Deleted,
		ParticipantOpenDealsCount: k.Participant.Open, ParticipantClosedDealsCount: k.Participant.Closed(),
		Phone: contactsV1(p.Phones), Email: contactsV1(p.Emails), PrimaryEmail: text(p.Email()), FirstChar: firstChar(p.Name),
		UpdateTime: rest.TimeText(rest.V1, p.UpdatedAt), AddTime: rest.TimeText(rest.V1, p.AddedAt), VisibleTo: strconv.FormatInt(p.VisibleTo, 10),
		MarketingStatus: p.MarketingStatus, Label: first(labels), LabelIDs: labels, OrgName: text(p.Organization.Name), CcEmail: n.ccEmail(),
	}
	if out.OwnerID != nil {
		out.OwnerName = &out.OwnerID.Name
	}
	return out
}

func dealCounts(k records.Counts) crmapi.DealCounts {
	return crmapi.DealCounts{
		OpenDealsCount: k.Deals.Open, ClosedDealsCount: k.Deals.Closed(), WonDealsCount: k.Deals.Won, LostDealsCount: k.Deals.Lost,
		RelatedOpenDealsCount: k.Related.Open, RelatedClosedDealsCount: k.Related.Closed(),
		RelatedWonDealsCount: k.Related.Won, RelatedLostDealsCount: k.Related.Lost,
	}
}

func belongings(k records.Counts) crmapi.ActivityCounts {
	out := crmapi.ActivityCounts{
		ActivitiesCount: k.Activities.Done + k.Activities.Undone, DoneActivitiesCount: k.Activities.Done, UndoneActivitiesCount: k.Activities.Undone,
		FilesCount: k.Files, NotesCount: k.Notes, FollowersCount: k.Followers,
	}
	if a := k.Activities.Next; a != nil {
		out.NextActivityID, out.NextActivityDate, out.NextActivityTime = &a.ID, text(a.DueDate), text(a.DueTime)
	}
	if a := k.Activities.Last; a != nil {
		out.LastActivityID, out.LastActivityDate = &a.ID, text(a.DueDate)
	}
	return out
}

// firstChar is the letter under which a name is filed.
func firstChar(name string) string {
	for _, r := range name {
		return string(unicode.ToLower(r))
	}
	return ""
}

func first(ids []int64) *int64 {
	if len(ids) == 0 {
		return nil
	}
	return &ids[0]
}

// collectPersons answers GET /v1/persons/collection.
// spec: rest.persons.collection
func (s *Service) collectPersons(c *rest.Call) (rest.Answer, error) {
	q := c.Query()
	filter := records.PersonFilter{Owner: q.Int("owner_id"), FirstChar: q.String("first_char"), Since: q.Time("since"), Until: q.Time("until")}
	w, order, err := byIDWindow(q, rest.MaxLimit)
	if err != nil {
		return rest.Answer{}, err
	}
	if err := adminsOnly(c); err != nil {
		return rest.Answer{}, err
	}
	list, more, err := s.records.ListPersons(c.Context(), c.Caller, filter, w)
	if err != nil {
		return rest.Answer{}, err
	}
	fields, err := s.customFields(c.Context(), c.Caller, records.KindPerson)
	if err != nil {
		return rest.Answer{}, err
	}
	n, err := s.names(c.Context(), c.Caller, refs{})
	if err != nil {
		return rest.Answer{}, err
	}
	out, next := make([]crmapi.PersonRow, len(list)), ""
	for i, p := range list {
		labels := fields.label(p.Labels)
		out[i] = crmapi.PersonRow{
			ID: p.ID, ActiveFlag: !p.Deleted, OwnerID: p.Owner, OrgID: number(p.Organization.ID), Name: p.Name,
			Email: contactsV1(p.Emails), Phone: contactsV1(p.Phones), UpdateTime: rest.TimeText(rest.V1, p.UpdatedAt),
			DeleteTime: rest.Time(rest.V1, p.DeletedAt), AddTime: rest.TimeText(rest.V1, p.AddedAt), VisibleTo: strconv.FormatInt(p.VisibleTo, 10),
			Label: first(labels), LabelIDs: labels, PictureID: number(p.Picture), CcEmail: n.ccEmail(),
		}
		next = nextCursor(order, more, p.ID, p.AddedAt, p.UpdatedAt)
	}
	return rest.Answer{Data: out, Additional: rest.Next(next)}, nil
}

// adminsOnly refuses callers who do not administer the company.
// spec: rest.collection.admins
func adminsOnly(c *rest.Call) error {
	if !c.Caller.Admin {
		return fault.New(fault.Forbidden, "", "You do not have permissions to do this.")
	}
	return nil
}

// addPerson answers POST /api/v2/persons and POST /v1/persons.
// spec: rest.persons.add-v2, rest.persons.add-v1
func (s *Service) addPerson(c *rest.Call) (rest.Answer, error) {
	patch, err := s.readPerson(c)
	if err != nil {
		return rest.Answer{}, err
	}
	if c.Version == rest.V1 && trimmed(patch.Name)+trimmed(patch.FirstName)+trimmed(patch.LastName) == "" {
		return rest.Answer{}, fault.New(fault.Invalid, "", "Name must be given.")
	}
	p := records.Person{
		Name: trimmed(patch.Name), FirstName: trimmed(patch.FirstName), LastName: trimmed(patch.LastName), Owner: given(patch.Owner),
		Organization: records.Ref{ID: given(patch.Organization)}, Emails: given(patch.Emails), Phones: given(patch.Phones),
		Labels: given(patch.Labels), VisibleTo: given(patch.VisibleTo), MarketingStatus: given(patch.MarketingStatus),
		Custom: patch.Custom, AddedAt: given(patch.AddedAt), UpdatedAt: given(patch.UpdatedAt),
	}
	p, err = s.records.CreatePerson(c.Context(), c.Caller, p)
	if err != nil {
		return rest.Answer{}, wireNames(c, err)
	}
	a, err := s.writtenPerson(c, p)
	if c.Version == rest.V1 {
		a.Status = 201
	}
	return a, err
}

// updatePerson answers PATCH /api/v2/persons/{id} and PUT /v1/persons/{id}.
// spec: rest.persons.update-v2, rest.persons.update-v1
func (s *Service) updatePerson(c *rest.Call) (rest.Answer, error) {
	id, err := c.ID("Person")
	if err != nil {
		return rest.Answer{}, err
	}
	patch, err := s.readPerson(c)
	if err != nil {
		return rest.Answer{}, err
	}
	p, err := s.records.UpdatePerson(c.Context(), c.Caller, id, patch)
	if err != nil {
		return rest.Answer{}, wireNames(c, rest.NotFound(err, "Person"))
	}
	return s.writtenPerson(c, p)
}

// writtenPerson is the answer to a write, in the version of the call.
func (s *Service) writtenPerson(c *rest.Call, p records.Person) (rest.Answer, error) {
	if c.Version == rest.V2 {
		data, err := s.personsV2(c, []records.Person{p}, view{})
		if err != nil {
			return rest.Answer{}, err
		}
		return rest.OK(data[0]), nil
	}
	data, related, _, err := s.personsV1(c.Context(), c.Caller, []records.Person{p})
	if err != nil {
		return rest.Answer{}, err
	}
	return rest.Answer{Data: data[0], Related: related}, nil
}

// contactSync are the fields that only companies with contact sync may write.
var contactSync = []string{"notes", "im", "birthday", "job_title", "postal_address"}

// readPerson reads the body of a write of either version.
func (s *Service) readPerson(c *rest.Call) (records.PersonPatch, error) {
	var p records.PersonPatch
	b, err := c.Body()
	if err != nil {
		return p, err
	}
	fields, err := s.customFields(c.Context(), c.Caller, records.KindPerson)
	if err != nil {
		return p, err
	}
	p.Name, p.FirstName, p.LastName = b.String("name"), b.String("first_name"), b.String("last_name")
	p.Organization = b.Int("org_id")
	p.MarketingStatus = b.Word("marketing_status", records.MarketingStatuses...)
	p.Owner, p.VisibleTo, p.AddedAt, p.UpdatedAt = b.Int("owner_id"), visibleTo(b), b.Time("add_time"), b.Time("update_time")
	p.Labels = labels(b)
	if c.Version == rest.V2 {
		p.Emails, p.Phones = contactsIn(b, "emails"), contactsIn(b, "phones")
		p.Custom = fields.readV2(b)
		for _, name := range contactSync {
			if b.Has(name) {
				return p, fault.New(fault.Forbidden, name, "This field is there only with contact sync, which this company does not use.") // spec: rest.persons.contact-sync
			}
		}
		return p, b.Done()
	}
	p.Emails, p.Phones = looseContacts(b, "email"), looseContacts(b, "phone")
	p.Custom = fields.readV1(b)
	refuseID(c, b)
	return p, b.Done()
}

// refuseID refuses an id in the body of a v1 post: the host gives ids.
// spec: rest.v1-no-id
func refuseID(c *rest.Call, b *rest.Body) {
	if c.Request.Method == "POST" && b.Has("id") {
		b.Wrong("", "Invalid field(s) in the payload: id")
	}
}

// labels reads label_ids, and label of version 1: an id, or several between
// commas.
func labels(b *rest.Body) *[]int64 {
	ids := b.Ints("label_ids")
	if b.Version() == rest.V1 {
		if old := b.Ints("label"); ids == nil {
			ids = old
		}
	}
	return ids
}

// visibleTo reads visible_to; null leaves it alone.
func visibleTo(b *rest.Body) *int64 {
	v := b.Int("visible_to")
	if v != nil && *v == 0 && b.IsNull("visible_to") {
		return nil
	}
	if v != nil && !slices.Contains([]int64{1, 3, 5, 7}, *v) {
		b.Wrong("visible_to", "Expected 1, 3, 5 or 7, got %d.", *v)
	}
	return v
}

// contactsIn reads emails or phones of version 2.
func contactsIn(b *rest.Body, name string) *[]records.Contact {
	list := b.Objects(name)
	if list == nil {
		return nil
	}
	out := make([]records.Contact, len(*list))
	for i, o := range *list {
		out[i] = records.Contact{Value: given(o.String("value")), Main: given(o.Bool("primary")), Label: given(o.String("label"))}
		for _, left := range o.Left() {
			b.Wrong(fmt.Sprintf("%s[%d].%s", name, i, left), "There is no such field here; leave it out.")
		}
	}
	return &out
}

// looseContacts reads email or phone of version 1: a text, an object, or a list of
// either. Empty ones are left out, because answers have them, too; of several that
// are primary the first is.
// spec: rest.persons.v1-contacts
func looseContacts(b *rest.Body, name string) *[]records.Contact {
	v, there := b.Any(name)
	if !there {
		return nil
	}
	list, ok := v.([]any)
	if !ok {
		list = []any{v}
	}
	out := []records.Contact{}
	for _, item := range list {
		c, ok := looseContact(item)
		if !ok {
			b.Wrong(name, "Expected a text, an object with value, or a list of these.")
			return nil
		}
		if c.Value == "" {
			continue
		}
		c.Main = c.Main && !slices.ContainsFunc(out, func(o records.Contact) bool { return o.Main })
		out = append(out, c)
	}
	return &out
}

func looseContact(item any) (records.Contact, bool) {
	switch v := item.(type) {
	case nil:
		return records.Contact{}, true
	case map[string]any:
		value, ok := looseText(v["value"])
		label, isText := looseText(v["label"])
		return records.Contact{Value: strings.TrimSpace(value), Label: label, Main: truthy(v["primary"])}, ok && isText
	}
	value, ok := looseText(item)
	return records.Contact{Value: strings.TrimSpace(value)}, ok
}

// looseText is a text, or a number as one.
func looseText(v any) (string, bool) {
	switch v := v.(type) {
	case nil:
		return "", true
	case string:
		return v, true
	case fmt.Stringer: // json.Number
		return v.String(), true
	}
	return "", false
}

func truthy(v any) bool {
	s, _ := looseText(v)
	return v == true || s == "1" || strings.EqualFold(s, "true")
}

// given is what a pointer points to, or nothing.
func given[T any](p *T) (v T) {
	if p != nil {
		v = *p
	}
	return v
}

func trimmed(s *string) string { return strings.TrimSpace(given(s)) }

// wireNames gives fields in a refusal the names that the version has for them.
func wireNames(c *rest.Call, err error) error {
	told, ok := fault.As(err)
	if !ok || c.Version == rest.V2 {
		return err
	}
	if v1, ok := map[string]string{"emails": "email", "phones": "phone"}[told.Field]; ok {
		renamed := *told
		renamed.Field = v1
		return &renamed
	}
	return err
}

// deletePerson answers DELETE of one person, in both versions.
// spec: rest.persons.delete
func (s *Service) deletePerson(c *rest.Call) (rest.Answer, error) {
	id, err := c.ID("Person")
	if err != nil {
		return rest.Answer{}, err
	}
	if err := s.records.DeletePersons(c.Context(), c.Caller, id); err != nil {
		return rest.Answer{}, rest.NotFound(err, "Person")
	}
	return rest.Removed(id), nil
}

// deletePersons answers DELETE /v1/persons?ids=1,2.
// spec: rest.persons.delete-many
func (s *Service) deletePersons(c *rest.Call) (rest.Answer, error) {
	ids, err := idsToDelete(c)
	if err != nil {
		return rest.Answer{}, err
	}
	if err := s.records.DeletePersons(c.Context(), c.Caller, ids...); err != nil {
		return rest.Answer{}, rest.NotFound(err, "Person")
	}
	return rest.Removed(ids), nil
}

func idsToDelete(c *rest.Call) ([]int64, error) {
	q := c.Query()
	ids := q.IDs("ids", rest.MaxLimit)
	if err := q.Err(); err != nil {
		return nil, err
	}
	if len(ids) == 0 {
		return nil, fault.New(fault.Invalid, "ids", "Expected ids between commas, got none.")
	}
	return ids, nil
}

// mergePersons answers PUT /v1/persons/{id}/merge.
func (s *Service) mergePersons(c *rest.Call) (rest.Answer, error) {
	id, with, err := mergeIDs(c, "Person")
	if err != nil {
		return rest.Answer{}, err
	}
	p, err := s.records.MergePersons(c.Context(), c.Caller, id, with)
	if err != nil {
		return rest.Answer{}, rest.NotFound(err, "Person")
	}
	return s.mergedPerson(c, p, id)
}

// mergedPerson is a person after a merge: as elsewhere in version 1, but owner and
// organization are ids, and merge_what_id names who went.
func (s *Service) mergedPerson(c *rest.Call, p records.Person, gone int64) (rest.Answer, error) {
	data, _, _, err := s.personsV1(c.Context(), c.Caller, []records.Person{p})
	if err != nil {
		return rest.Answer{}, err
	}
	whole, _ := data[0].Record.(crmapi.PersonV1)
	data[0].Record = crmapi.MergedPerson{PersonV1: whole, OwnerID: p.Owner, OrgID: number(p.Organization.ID), PictureID: number(p.Picture), MergeWhatID: gone}
	return rest.OK(data[0]), nil
}

func mergeIDs(c *rest.Call, what string) (id, with int64, err error) {
	if id, err = c.ID(what); err != nil {
		return 0, 0, err
	}
	b, err := c.Body()
	if err != nil {
		return 0, 0, err
	}
	with = given(b.Int("merge_with_id"))
	if err := b.Done(); err != nil {
		return 0, 0, err
	}
	if with <= 0 {
		return 0, 0, fault.New(fault.Invalid, "merge_with_id", "Expected the id of the record to merge with, got %d.", with)
	}
	return id, with, nil
}

// filesOfPerson answers GET /v1/persons/{id}/files.
// spec: rest.persons.files
func (s *Service) filesOfPerson(c *rest.Call) (rest.Answer, error) {
	p, err := s.onePerson(c)
	if err != nil {
		return rest.Answer{}, err
	}
	return s.filesOf(c, records.FileFilter{Person: p.ID})
}

// usersOfPerson answers GET /v1/persons/{id}/permittedUsers.
// spec: rest.persons.permitted-users
func (s *Service) usersOfPerson(c *rest.Call) (rest.Answer, error) {
	p, err := s.onePerson(c)
	if err != nil {
		return rest.Answer{}, err
	}
	return s.permitted(c, records.KindPerson, p.ID, p.Owner, p.VisibleTo)
}

// forOwner is the visible_to of a record that is for its owner and followers alone.
const forOwner = 1

// permitted are the ids of the users who may see a record.
func (s *Service) permitted(c *rest.Call, kind string, id, owner, visibleTo int64) (rest.Answer, error) {
	var a records.Audience
	err := s.db.Company(c.Caller.Company).View(c.Context(), func(tx *store.Tx) (err error) {
		a, err = s.records.AudienceOf(tx, kind, id, owner, visibleTo)
		return err
	})
	if err != nil {
		return rest.Answer{}, err
	}
	return s.permittedTo(c, a)
}

func (s *Service) permittedTo(c *rest.Call, a records.Audience) (rest.Answer, error) {
	n, err := s.names(c.Context(), c.Caller, refs{})
	if err != nil {
		return rest.Answer{}, err
	}
	out := []int64{}
	for user, u := range n.users {
		if u.Active && (a.Everybody || u.Admin || slices.Contains(a.Users, user)) {
			out = append(out, user)
		}
	}
	slices.Sort(out)
	return rest.OK(out), nil
}
