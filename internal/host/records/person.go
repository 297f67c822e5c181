package records

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/dockwright/dockwright/internal/clock"
	"github.com/dockwright/dockwright/internal/fault"
	"github.com/dockwright/dockwright/internal/host/route"
	"github.com/dockwright/dockwright/internal/store"
)

// Contact is an email address or a telephone number.
type Contact struct {
	Label string // work, home, mobile, other
	Value string
	Main  bool
}

// Person is a human being one does business with.
type Person struct {
	ID                  int64
	Name                string // FirstName and LastName, if those were given
	FirstName, LastName string
	JobTitle            string
	Organization        Ref
	Emails, Phones      []Contact
	Owner               int64   // user
	Labels              []int64 // options of the field LabelsCode
	VisibleTo           int64   // 1, 3, 5 or 7
	MarketingStatus     string  // no_consent, unsubscribed, subscribed or archived
	Picture             int64   // see [Service.PictureOf], 0 without
	Custom              map[string]any
	Deleted             bool
	AddedAt, UpdatedAt  time.Time
	DeletedAt           time.Time // zero if not deleted

	pictureKey string // of its addresses
}

// Email is the main address, "" if there is none.
func (p Person) Email() string { return mainContact(p.Emails) }

// Phone is the main number, "" if there is none.
func (p Person) Phone() string { return mainContact(p.Phones) }

func mainContact(cs []Contact) string {
	for _, c := range cs {
		if c.Main {
			return c.Value
		}
	}
	if len(cs) > 0 {
		return cs[0].Value
	}
	return ""
}

// PersonPatch says what to change; nil leaves alone, the zero value clears.
type PersonPatch struct {
	Name, FirstName, LastName      *string
	JobTitle                       *string
	Organization, Owner, VisibleTo *int64
	Emails, Phones                 *[]Contact
	Labels                         *[]int64
	MarketingStatus                *string
	Custom                         map[string]any // nil in it clears
	AddedAt, UpdatedAt             *time.Time
}

// PersonFilter says which persons a list has; zero fields say nothing.
type PersonFilter struct {
	IDs                       []int64
	Owner, Organization, Deal int64
	PartOf                    int64 // a deal in which they take part
	FirstChar                 string
	Since, Until              time.Time // by update time: from Since on, before Until
	Filter                    int64     // one that is kept
}

// MarketingStatuses are what a person may be as a reader of mass mail.
var MarketingStatuses = []string{"no_consent", "unsubscribed", "subscribed", "archived"}

// CreatePerson stores p; its id is set by the room, and so are the times that are
// zero.
func (s *Service) CreatePerson(ctx context.Context, c route.Caller, p Person) (Person, error) {
	given := p
	err := s.db.Company(c.Company).Update(ctx, func(tx *store.Tx) (err error) {
		p, err = s.insertPerson(tx, c, given, s.db.Now())
		return err
	})
	return p, err
}

// insertPerson stores a person inside another change's transaction.
func (s *Service) insertPerson(tx *store.Tx, c route.Caller, p Person, now time.Time) (Person, error) {
	p.Owner = orCaller(p.Owner, c)
	if p.VisibleTo == 0 {
		p.VisibleTo = defaultVisibility
	}
	if p.MarketingStatus == "" || len(p.Emails) == 0 {
		p.MarketingStatus = MarketingStatuses[0]
	}
	if p.Name == "" {
		p.Name = strings.TrimSpace(p.FirstName + " " + p.LastName)
	} else if p.FirstName+p.LastName == "" {
		p.FirstName, p.LastName = splitName(p.Name)
	}
	p.AddedAt, p.UpdatedAt = orTime(p.AddedAt, now), orTime(p.UpdatedAt, now)
	p, err := s.checkPerson(tx, c, Person{}, p, p.Custom)
	if err != nil {
		return p, err
	}
	if p.Labels, err = checkLabels(tx, KindPerson, p.Labels); err != nil {
		return p, err
	}
	if p.ID, err = tx.NextID("person"); err != nil {
		return p, err
	}
	custom, labels, err := jsonColumns(p.Custom, p.Labels)
	if err != nil {
		return p, err
	}
	_, err = tx.Exec(`INSERT INTO records_person (company_id, id, name, folded, first_name, last_name, job_title, org_id, owner_id,
			labels, visible_to, marketing_status, custom, deleted, added_at, updated_at, deleted_at)
		VALUES (@company, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, FALSE, ?, ?, 0)`,
		p.ID, p.Name, fold(p.Name), p.FirstName, p.LastName, p.JobTitle, null(p.Organization.ID), p.Owner,
		labels, p.VisibleTo, p.MarketingStatus, custom, clock.Micros(p.AddedAt), clock.Micros(p.UpdatedAt))
	if err != nil {
		return p, err
	}
	if err := putContacts(tx, p); err != nil {
		return p, err
	}
	return p, s.changed(tx, c, personChange(Added, nil, p))
}

// personChange tells of a person; its organization's timeline shows it, too.
func personChange(action string, before any, p Person) change {
	ch := change{entity: KindPerson, id: strconv.FormatInt(p.ID, 10), action: action, before: before, after: p}
	if p.Organization.ID != 0 {
		ch.linked = []Link{{KindOrganization, strconv.FormatInt(p.Organization.ID, 10)}}
	}
	return ch
}

const defaultVisibility = 3

func orTime(t, now time.Time) time.Time {
	if t.IsZero() {
		return now
	}
	return t
}

// splitName parts a name at its first space: "Mari", "Kask Tamm".
func splitName(name string) (first, last string) {
	first, last, _ = strings.Cut(strings.TrimSpace(name), " ")
	return first, strings.TrimSpace(last)
}

// checkPerson checks what a person is about to be, and merges its custom values.
func (s *Service) checkPerson(tx *store.Tx, c route.Caller, was, p Person, custom map[string]any) (Person, error) {
	var err error
	if p.Name, err = title("name", p.Name); err != nil {
		return p, err
	}
	for _, f := range []struct{ name, value string }{{"first_name", p.FirstName}, {"last_name", p.LastName}, {"job_title", p.JobTitle}} {
		if err := short(f.name, f.value); err != nil {
			return p, err
		}
	}
	if p.Organization.ID != 0 {
		if p.Organization.ID != was.Organization.ID {
			if err := s.refers(tx, c, "org_id", KindOrganization, p.Organization.ID); err != nil {
				return p, err
			}
		}
		if p.Organization.Name, err = s.nameOf(tx, "org_id", `SELECT name FROM records_organization WHERE company_id = @company AND id = ? AND NOT deleted`, p.Organization.ID); err != nil {
			return p, err
		}
	}
	if err := s.existsUser(tx, "owner_id", p.Owner); err != nil {
		return p, err
	}
	if err := checkVisibility(p.VisibleTo); err != nil {
		return p, err
	}
	if !slices.Contains(MarketingStatuses, p.MarketingStatus) {
		return p, fault.New(fault.Invalid, "marketing_status", "Expected one of %s, got %q.", strings.Join(MarketingStatuses, ", "), p.MarketingStatus)
	}
	if p.Emails, err = checkContacts("emails", p.Emails); err != nil {
		return p, err
	}
	if p.Phones, err = checkContacts("phones", p.Phones); err != nil {
		return p, err
	}
	checked, err := s.checkCustom(tx, c, KindPerson, custom)
	p.Custom = mergeCustom(p.Custom, checked)
	return p, err
}

// nameOf reads the name of a record that another refers to, or refuses the
// reference.
func (s *Service) nameOf(tx *store.Tx, field, query string, id int64) (string, error) {
	names, err := store.Select(tx, store.Value[string], query, id)
	if err == nil && len(names) == 0 {
		err = fault.New(fault.Invalid, field, "Expected an existing record, got %d, which does not exist.", id)
	}
	if err != nil {
		return "", err
	}
	return names[0], nil
}

// short refuses texts that are too long for one line.
func short(field, s string) error {
	if n := len([]rune(s)); n > maxTitle {
		return fault.New(fault.Invalid, field, "Expected at most %d characters, got %d.", maxTitle, n)
	}
	return nil
}

func checkVisibility(v int64) error {
	if !slices.Contains([]int64{1, 3, 5, 7}, v) {
		return fault.New(fault.Invalid, "visible_to", "Expected 1, 3, 5 or 7, got %d.", v)
	}
	return nil
}

// checkLabels checks labels of persons, organizations and deals, and takes out
// repetitions.
func checkLabels(tx *store.Tx, entity string, ids []int64) ([]int64, error) {
	if len(ids) == 0 {
		return nil, nil
	}
	f, err := fieldBy(tx, entity, func(f Field) bool { return f.Code == LabelsCode })
	if err != nil {
		return nil, err
	}
	var out []int64
	for _, id := range ids {
		if _, ok := f.Option(id); !ok {
			return nil, fault.New(fault.Invalid, LabelsCode, "Expected ids of labels (%s), got %d.", optionList(f), id)
		}
		if !slices.Contains(out, id) {
			out = append(out, id)
		}
	}
	return out, nil
}

const maxContacts = 100 // of one kind

// checkContacts sees that each has a value and exactly one is the main one: the
// first, if none says so.
func checkContacts(field string, list []Contact) ([]Contact, error) {
	if len(list) > maxContacts {
		return nil, fault.New(fault.Invalid, field, "Expected at most %d, got %d.", maxContacts, len(list))
	}
	main := -1
	out := slices.Clone(list)
	for i := range out {
		c := &out[i]
		if c.Value = strings.TrimSpace(c.Value); c.Value == "" {
			return nil, fault.New(fault.Invalid, field, "Expected a value, got an empty one; leave it out instead.")
		}
		if err := short(field, c.Value); err != nil {
			return nil, err
		}
		if err := short(field, c.Label); err != nil {
			return nil, err
		}
		if c.Label == "" {
			c.Label = "work"
		}
		if c.Main && main >= 0 {
			return nil, fault.New(fault.Invalid, field, "Expected at most one that is primary, got more.")
		}
		if c.Main {
			main = i
		}
	}
	if main < 0 && len(out) > 0 {
		out[0].Main = true
	}
	return out, nil
}

// jsonColumns are custom values and labels as they are stored.
func jsonColumns(custom map[string]any, labels []int64) (string, string, error) {
	text, err := customText(custom)
	if err != nil {
		return "", "", err
	}
	if labels == nil {
		labels = []int64{}
	}
	raw, err := json.Marshal(labels)
	return text, string(raw), err
}

// readColumns reads what jsonColumns wrote.
func readColumns(custom, labels string) (map[string]any, []int64, error) {
	values, err := customFrom(custom)
	if err != nil {
		return nil, nil, err
	}
	var ids []int64
	if err := json.Unmarshal([]byte(labels), &ids); err != nil {
		return nil, nil, fmt.Errorf("read labels: %w", err)
	}
	if len(ids) == 0 {
		ids = nil
	}
	return values, ids, nil
}

const (
	hasStage = `SELECT COUNT(*) FROM records_stage WHERE company_id = @company AND id = ? AND NOT deleted`
)

// putContacts stores the emails and phones of a person in place of those before.
func putContacts(tx *store.Tx, p Person) error {
	if _, err := tx.Exec(`DELETE FROM records_contact WHERE company_id = @company AND person_id = ?`, p.ID); err != nil {
		return err
	}
	if err := insertContacts(tx, p.ID, "email", p.Emails, fold); err != nil {
		return err
	}
	return insertContacts(tx, p.ID, "phone", p.Phones, digits)
}

func insertContacts(tx *store.Tx, person int64, kind string, cs []Contact, folded func(...string) string) error {
	for i, c := range cs {
		_, err := tx.Exec(`INSERT INTO records_contact (company_id, person_id, kind, position, label, value, folded, main)
			VALUES (@company, ?, ?, ?, ?, ?, ?, ?)`, person, kind, i, c.Label, c.Value, folded(c.Value), c.Main)
		if err != nil {
			return err
		}
	}
	return nil
}

// digits are the digits of a telephone number, which is how numbers written in
// different ways are compared.
func digits(parts ...string) string {
	return strings.Map(func(r rune) rune {
		if r < '0' || r > '9' {
			return -1
		}
		return r
	}, strings.Join(parts, ""))
}

const personColumns = `p.id, p.name, p.first_name, p.last_name, p.job_title, COALESCE(p.org_id, 0), p.owner_id,
	p.labels, p.visible_to, p.marketing_status, p.custom, p.deleted, p.added_at, p.updated_at, p.deleted_at,
	p.picture_id, p.picture_key`

const (
	fromAnyPerson = ` FROM records_person p WHERE p.company_id = @company`
	fromPerson    = fromAnyPerson + ` AND NOT p.deleted`
)

func scanPerson(sc store.Scanner) (Person, error) {
	var p Person
	var labels, custom string
	var added, updated, deleted int64
	err := sc.Scan(&p.ID, &p.Name, &p.FirstName, &p.LastName, &p.JobTitle, &p.Organization.ID, &p.Owner,
		&labels, &p.VisibleTo, &p.MarketingStatus, &custom, &p.Deleted, &added, &updated, &deleted,
		&p.Picture, &p.pictureKey)
	if err != nil {
		return p, err
	}
	if p.FirstName+p.LastName == "" { // stored before names had parts
		p.FirstName, p.LastName = splitName(p.Name)
	}
	p.AddedAt, p.UpdatedAt, p.DeletedAt = clock.FromMicros(added), clock.FromMicros(updated), clock.FromMicros(deleted)
	p.Custom, p.Labels, err = readColumns(custom, labels)
	return p, err
}

// Person returns one that was not deleted and that the caller may see.
func (s *Service) Person(ctx context.Context, c route.Caller, id int64) (p Person, err error) {
	err = s.db.Company(c.Company).View(ctx, func(tx *store.Tx) error {
		if p, err = readPerson(tx, c, id); err != nil {
			return err
		}
		return withoutHiddenIn(tx, c, &p, personNames)
	})
	return p, err
}

func readPerson(tx *store.Tx, c route.Caller, id int64) (Person, error) {
	var f finding
	f.and("p.id = ?", id)
	f.visibleOrFollowed(c, "p", KindPerson)
	list, err := store.Select(tx, scanPerson, `SELECT `+personColumns+fromPerson+f.where.String(), f.args...)
	if err != nil {
		return Person{}, err
	}
	if len(list) == 0 {
		return Person{}, fault.Missing("There is no person %d, or it was deleted.", id)
	}
	err = fillPersons(tx, list)
	return list[0], err
}

// lockPerson reads a person so that other changes of it wait.
func lockPerson(tx *store.Tx, c route.Caller, id int64) (Person, error) {
	if _, err := store.Select(tx, store.Value[int64], `SELECT id FROM records_person WHERE company_id = @company AND id = ?`+tx.ForUpdate(), id); err != nil {
		return Person{}, err
	}
	return readPerson(tx, c, id)
}

// personSort are the columns of what lists of persons can be sorted by.
var personSort = map[string]string{
	"id": "p.id", "name": "p.folded", "first_name": "p.first_name", "last_name": "p.last_name", "owner_id": "p.owner_id",
	"org_id": "COALESCE(p.org_id, 0)", "org_name": "COALESCE((SELECT o.folded FROM records_organization o WHERE o.company_id = p.company_id AND o.id = p.org_id AND NOT o.deleted), '')", "visible_to": "p.visible_to", "add_time": "p.added_at", "update_time": "p.updated_at",
}

// PersonSort are the words for Window.Sort of a list of persons.
var PersonSort = sortWords(personSort)

// sortWords are the words of a table of sort columns, id first.
func sortWords(columns map[string]string) []string {
	out := []string{"id"}
	for word := range columns {
		if word != "id" {
			out = append(out, word)
		}
	}
	slices.Sort(out[1:])
	return out
}

// ListPersons lists persons that the caller may see.
func (s *Service) ListPersons(ctx context.Context, c route.Caller, filter PersonFilter, w Window) (list []Person, more bool, err error) {
	err = s.db.Company(c.Company).View(ctx, func(tx *store.Tx) error {
		var f finding
		filter.put(&f)
		if err := f.filtered(tx, c, filter.Filter, KindPerson, "p"); err != nil {
			return err
		}
		f.visibleOrFollowed(c, "p", KindPerson)
		list, err = personsIn(tx, &f, w)
		if err != nil {
			return err
		}
		list, more = cut(list, w.Limit)
		if err := fillPersons(tx, list); err != nil {
			return err
		}
		return withoutHidden(tx, c, list, personNames)
	})
	return list, more, err
}

// personsIn reads the part of a list that w names, and one row more.
func personsIn(tx *store.Tx, f *finding, w Window) ([]Person, error) {
	if w.byOrganization() {
		return personsByOrganization(tx, f, w)
	}
	tail, args, err := f.page(w, personSort, "p.id")
	if err != nil {
		return nil, err
	}
	return store.Select(tx, scanPerson, `SELECT `+personColumns+fromPerson+tail, args...)
}

func (p PersonFilter) put(f *finding) {
	if len(p.IDs) > 0 {
		f.oneOf("p.id", p.IDs)
	}
	if p.Owner != 0 {
		f.and("p.owner_id = ?", p.Owner)
	}
	if p.Organization != 0 {
		f.and("p.org_id = ?", p.Organization)
	}
	if p.Deal != 0 {
		f.and("p.id IN (SELECT d.person_id FROM records_deal d WHERE d.company_id = @company AND d.id = ? AND NOT d.deleted)", p.Deal)
	}
	if p.PartOf != 0 {
		f.and("p.id IN (SELECT t.person_id FROM records_participant t WHERE t.company_id = @company AND t.deal_id = ?)", p.PartOf)
	}
	f.beginsWith("p.folded", p.FirstChar)
	f.updated("p.updated_at", p.Since, p.Until)
}

// beginsWith adds that a folded name begins with a letter, whatever its size.
func (f *finding) beginsWith(column, letter string) {
	if letter != "" {
		f.and(column+` LIKE ? ESCAPE '\'`, strings.TrimPrefix(like(letter), "%"))
	}
}

// updated adds bounds of an update time: from since on, before until.
func (f *finding) updated(column string, since, until time.Time) {
	if !since.IsZero() {
		f.and(column+" >= ?", clock.Micros(since))
	}
	if !until.IsZero() {
		f.and(column+" < ?", clock.Micros(until))
	}
}

// Persons lists by name, for pages.
func (s *Service) Persons(ctx context.Context, c route.Caller, page Page) (list []Person, next string, err error) {
	name, id := splitCursor(page.After)
	list, more, err := s.ListPersons(ctx, c, PersonFilter{}, Window{
		Limit: page.limit(), Sort: []Order{{By: "name"}}, After: &Position{name, id},
	})
	if more {
		last := list[len(list)-1]
		next = joinCursor(fold(last.Name), last.ID)
	}
	return list, next, err
}

// PersonsOf lists the people of an organization by name, at most 500.
func (s *Service) PersonsOf(ctx context.Context, c route.Caller, organization int64) ([]Person, error) {
	list, _, err := s.ListPersons(ctx, c, PersonFilter{Organization: organization}, Window{Limit: 500, Sort: []Order{{By: "name"}}})
	return list, err
}

// UpdatePerson changes what the patch names. Changes of different fields at the
// same time are both kept.
func (s *Service) UpdatePerson(ctx context.Context, c route.Caller, id int64, patch PersonPatch) (p Person, err error) {
	err = s.db.Company(c.Company).Update(ctx, func(tx *store.Tx) error {
		was, err := lockPerson(tx, c, id)
		if err != nil {
			return err
		}
		if p, err = s.updatePerson(tx, c, was, patch); err != nil {
			return err
		}
		return withoutHiddenIn(tx, c, &p, personNames)
	})
	return p, err
}

// updatePerson changes a person that the transaction has locked.
func (s *Service) updatePerson(tx *store.Tx, c route.Caller, was Person, patch PersonPatch) (Person, error) {
	p, err := s.checkPerson(tx, c, was, patch.apply(was), patch.Custom)
	if err != nil {
		return p, err
	}
	if patch.Labels != nil { // those that were chosen before may have been deleted since
		if p.Labels, err = checkLabels(tx, KindPerson, p.Labels); err != nil {
			return p, err
		}
	}
	p.UpdatedAt = after(was.UpdatedAt, tx.Now())
	if err := storePerson(tx, p); err != nil {
		return p, err
	}
	return p, s.changed(tx, c, personChange(Updated, was, p))
}

func storePerson(tx *store.Tx, p Person) error {
	custom, labels, err := jsonColumns(p.Custom, p.Labels)
	if err != nil {
		return err
	}
	if _, err := tx.Exec(`UPDATE records_person SET name = ?, folded = ?, first_name = ?, last_name = ?, job_title = ?, org_id = ?, owner_id = ?,
			labels = ?, visible_to = ?, marketing_status = ?, custom = ?, added_at = ?, updated_at = ?
		WHERE company_id = @company AND id = ?`, p.Name, fold(p.Name), p.FirstName, p.LastName, p.JobTitle, null(p.Organization.ID), p.Owner,
		labels, p.VisibleTo, p.MarketingStatus, custom, clock.Micros(p.AddedAt), clock.Micros(p.UpdatedAt), p.ID); err != nil {
		return err
	}
	return putContacts(tx, p)
}

// apply is p after the patch, unchecked; custom values are merged by the check.
func (patch PersonPatch) apply(p Person) Person {
	set(&p.JobTitle, patch.JobTitle)
	set(&p.VisibleTo, patch.VisibleTo)
	set(&p.Emails, patch.Emails)
	set(&p.Phones, patch.Phones)
	set(&p.Labels, patch.Labels)
	set(&p.AddedAt, patch.AddedAt)
	if patch.Owner != nil && *patch.Owner != 0 {
		p.Owner = *patch.Owner
	}
	if patch.Organization != nil {
		p.Organization = Ref{ID: *patch.Organization}
	}
	switch {
	case patch.Name != nil:
		p.Name = *patch.Name
		p.FirstName, p.LastName = splitName(p.Name)
	case patch.FirstName != nil || patch.LastName != nil:
		set(&p.FirstName, patch.FirstName)
		set(&p.LastName, patch.LastName)
		p.Name = strings.TrimSpace(p.FirstName + " " + p.LastName)
	}
	p.MarketingStatus = marketing(p, patch.MarketingStatus)
	return p
}

// marketing is the status after a change. Nobody returns to no_consent, and who
// has no email stays as they are; a forbidden change is ignored.
// spec: rest.persons.marketing-status
func marketing(p Person, to *string) string {
	if to == nil || len(p.Emails) == 0 || *to == MarketingStatuses[0] {
		return p.MarketingStatus
	}
	return *to
}

// set is one field of a patch.
func set[T any](field *T, to *T) {
	if to != nil {
		*field = *to
	}
}

// DeletePersons deletes persons, all of them or none. What refers to them stays.
func (s *Service) DeletePersons(ctx context.Context, c route.Caller, ids ...int64) error {
	return s.db.Company(c.Company).Update(ctx, func(tx *store.Tx) error {
		for _, id := range some(ids) {
			p, err := lockPerson(tx, c, id)
			if err != nil {
				return err
			}
			if _, err := tx.Exec(`UPDATE records_person SET deleted = TRUE, deleted_at = ?, updated_at = ? WHERE company_id = @company AND id = ?`,
				clock.Micros(tx.Now()), clock.Micros(after(p.UpdatedAt, tx.Now())), id); err != nil {
				return err
			}
			ch := personChange(Deleted, p, p)
			ch.after = nil
			if err := s.changed(tx, c, ch); err != nil {
				return err
			}
		}
		return nil
	})
}

// some are ids in order, each once, without 0. Records are locked in this order,
// so that two transactions never wait for each other.
func some(ids []int64) []int64 {
	out := slices.Compact(slices.Sorted(slices.Values(ids)))
	return slices.DeleteFunc(out, func(id int64) bool { return id == 0 })
}

// fillPersons reads what lies in other tables: contacts, and the names of
// organizations. A person of a deleted organization has none.
func fillPersons(tx *store.Tx, list []Person) error {
	var ids []int64
	for _, p := range list {
		ids = append(ids, p.Organization.ID)
	}
	names := map[int64]string{}
	if ids = some(ids); len(ids) > 0 {
		rows, err := store.Select(tx, func(sc store.Scanner) (r Ref, err error) {
			err = sc.Scan(&r.ID, &r.Name)
			return r, err
		}, `SELECT id, name FROM records_organization WHERE company_id = @company AND NOT deleted AND id IN (`+places(len(ids))+`)`, anys(ids)...)
		if err != nil {
			return fmt.Errorf("read the organizations of %d persons: %w", len(list), err)
		}
		for _, r := range rows {
			names[r.ID] = r.Name
		}
	}
	for i := range list {
		if o := &list[i].Organization; names[o.ID] == "" {
			*o = Ref{}
		} else {
			o.Name = names[o.ID]
		}
	}
	return fillContacts(tx, list)
}

// fillContacts reads the emails and phones of all persons at once.
func fillContacts(tx *store.Tx, list []Person) error {
	if len(list) == 0 {
		return nil
	}
	at := map[int64]int{}
	args := make([]any, len(list))
	for i, p := range list {
		at[p.ID], args[i] = i, p.ID
	}
	type row struct {
		person int64
		kind   string
		Contact
	}
	rows, err := store.Select(tx, func(sc store.Scanner) (r row, err error) {
		err = sc.Scan(&r.person, &r.kind, &r.Label, &r.Value, &r.Main)
		return r, err
	}, `SELECT person_id, kind, label, value, main FROM records_contact WHERE company_id = @company AND person_id IN (`+
		places(len(args))+`) ORDER BY person_id, kind, position`, args...)
	if err != nil {
		return fmt.Errorf("read contacts: %w", err)
	}
	for _, r := range rows {
		p := &list[at[r.person]]
		if r.kind == "email" {
			p.Emails = append(p.Emails, r.Contact)
		} else {
			p.Phones = append(p.Phones, r.Contact)
		}
	}
	return nil
}

// places are n question marks for an IN list.
func places(n int) string { return strings.TrimSuffix(strings.Repeat("?, ", n), ", ") }
