package records

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"strconv"

	"github.com/dockwright/dockwright/internal/clock"
	"github.com/dockwright/dockwright/internal/fault"
	"github.com/dockwright/dockwright/internal/host/route"
	"github.com/dockwright/dockwright/internal/store"
)

// A merge has two events: "person.deleted" of who goes and "person.merged" of who
// stays, as it was and is; each names the other in Merged. Rooms that keep links
// of their own to records follow the second.

// movesPerson are the links that go with a person.
var movesPerson = []string{
	`UPDATE records_deal SET person_id = ? WHERE company_id = @company AND person_id = ?`,
	`UPDATE records_lead SET person_id = ? WHERE company_id = @company AND person_id = ?`,
	`UPDATE records_note SET person_id = ? WHERE company_id = @company AND person_id = ?`,
	`UPDATE records_file SET person_id = ? WHERE company_id = @company AND person_id = ?`,
	`UPDATE records_call SET person_id = ? WHERE company_id = @company AND person_id = ?`,
	`UPDATE records_activity SET person_id = ? WHERE company_id = @company AND person_id = ?`,
	`UPDATE records_activity_attendee SET person_id = ? WHERE company_id = @company AND person_id = ?`,
}

// movesOrganization are the links that go with an organization.
var movesOrganization = []string{
	`UPDATE records_person SET org_id = ? WHERE company_id = @company AND org_id = ?`,
	`UPDATE records_deal SET org_id = ? WHERE company_id = @company AND org_id = ?`,
	`UPDATE records_lead SET org_id = ? WHERE company_id = @company AND org_id = ?`,
	`UPDATE records_note SET org_id = ? WHERE company_id = @company AND org_id = ?`,
	`UPDATE records_file SET org_id = ? WHERE company_id = @company AND org_id = ?`,
	`UPDATE records_call SET org_id = ? WHERE company_id = @company AND org_id = ?`,
	`UPDATE records_activity SET org_id = ? WHERE company_id = @company AND org_id = ?`,
}

// MergePersons makes one of two persons. In the contract's words the person id is
// merged with with: with stays and wins where both have a value, id goes; what id
// was linked to is with's from then on, and emails, phones, labels and values
// that with has not are kept.
// spec: rest.persons.merge
func (s *Service) MergePersons(ctx context.Context, c route.Caller, id, with int64) (stays Person, err error) {
	if id == with {
		return stays, fault.New(fault.Invalid, "merge_with_id", "Expected the id of another person, got the same.")
	}
	err = s.db.Company(c.Company).Update(ctx, func(tx *store.Tx) error {
		both, err := lockTwo(tx, c, id, with, lockPerson)
		if err != nil {
			return err
		}
		goes, was := both[id], both[with]
		stays = united(goes, was)
		stays.UpdatedAt = after(was.UpdatedAt, tx.Now())
		if err := storePerson(tx, stays); err != nil {
			return err
		}
		if err := passPicture(tx, goes, &stays); err != nil {
			return err
		}
		if err := moveParticipants(tx, with, id); err != nil {
			return err
		}
		if err := moveLinks(tx, KindPerson, movesPerson, with, id); err != nil {
			return err
		}
		if _, err := tx.Exec(`UPDATE records_person SET deleted = TRUE, deleted_at = ?, updated_at = ? WHERE company_id = @company AND id = ?`,
			clock.Micros(tx.Now()), clock.Micros(after(goes.UpdatedAt, tx.Now())), id); err != nil {
			return err
		}
		ch := personChange(Merged, was, stays)
		ch.linked = append(ch.linked, Link{KindPerson, strconv.FormatInt(id, 10)})
		if err := s.merged(tx, c, personChange(Deleted, goes, goes), ch); err != nil {
			return err
		}
		return withoutHiddenIn(tx, c, &stays, personNames)
	})
	return stays, err
}

// merged tells of a merge as of two changes that name each other: of the record
// that goes, and of the one that stays.
// spec: records.merge-is-two-changes
func (s *Service) merged(tx *store.Tx, c route.Caller, goes, stays change) error {
	gone, err := strconv.ParseInt(goes.id, 10, 64)
	if err != nil {
		return err
	}
	left, err := strconv.ParseInt(stays.id, 10, 64)
	if err != nil {
		return err
	}
	goes.after, goes.merged, stays.merged = nil, left, gone
	if err := s.changed(tx, c, goes); err != nil {
		return err
	}
	return s.changed(tx, c, stays)
}

// lockTwo locks two records in the order of their ids.
func lockTwo[T any](tx *store.Tx, c route.Caller, id, with int64, lock func(*store.Tx, route.Caller, int64) (T, error)) (map[int64]T, error) {
	out := map[int64]T{}
	for _, each := range []int64{min(id, with), max(id, with)} {
		v, err := lock(tx, c, each)
		if fault.KindOf(err) == fault.NotFound && each == with {
			return nil, fault.New(fault.Invalid, "merge_with_id", "Expected an existing record, got %d, which does not exist.", with)
		}
		if err != nil {
			return nil, err
		}
		out[each] = v
	}
	return out, nil
}

// united is the person that stays, with what only the other had.
func united(goes, stays Person) Person {
	p := stays
	if p.Organization.ID == 0 {
		p.Organization = goes.Organization
	}
	if p.JobTitle == "" {
		p.JobTitle = goes.JobTitle
	}
	if p.MarketingStatus == MarketingStatuses[0] {
		p.MarketingStatus = goes.MarketingStatus
	}
	p.Emails = unitedContacts(stays.Emails, goes.Emails, fold)
	p.Phones = unitedContacts(stays.Phones, goes.Phones, digits)
	p.Labels = unitedLabels(stays.Labels, goes.Labels)
	p.Custom = maps.Clone(goes.Custom)
	maps.Copy(p.Custom, stays.Custom)
	if goes.AddedAt.Before(p.AddedAt) {
		p.AddedAt = goes.AddedAt
	}
	return p
}

func unitedLabels(a, b []int64) []int64 {
	out := slices.Clone(a)
	for _, id := range b {
		if !slices.Contains(out, id) {
			out = append(out, id)
		}
	}
	return out
}

// unitedContacts adds those of b that a has not, compared as same sees them.
func unitedContacts(a, b []Contact, same func(...string) string) []Contact {
	out := slices.Clone(a)
	for _, c := range b {
		if slices.ContainsFunc(out, func(o Contact) bool { return same(o.Value) == same(c.Value) }) {
			continue
		}
		c.Main = len(out) == 0
		out = append(out, c)
	}
	return out
}

// MergeOrganizations is MergePersons for organizations.
// spec: rest.organizations.merge
func (s *Service) MergeOrganizations(ctx context.Context, c route.Caller, id, with int64) (stays Organization, err error) {
	if id == with {
		return stays, fault.New(fault.Invalid, "merge_with_id", "Expected the id of another organization, got the same.")
	}
	err = s.db.Company(c.Company).Update(ctx, func(tx *store.Tx) error {
		both, err := lockTwo(tx, c, id, with, lockOrganization)
		if err != nil {
			return err
		}
		goes, was := both[id], both[with]
		stays = unitedOrganization(goes, was)
		stays.UpdatedAt = after(was.UpdatedAt, tx.Now())
		if err := storeOrganization(tx, stays); err != nil {
			return err
		}
		if err := moveLinks(tx, KindOrganization, movesOrganization, with, id); err != nil {
			return err
		}
		if _, err := tx.Exec(`UPDATE records_organization SET deleted = TRUE, deleted_at = ?, updated_at = ? WHERE company_id = @company AND id = ?`,
			clock.Micros(tx.Now()), clock.Micros(after(goes.UpdatedAt, tx.Now())), id); err != nil {
			return err
		}
		ch := organizationChange(Merged, was, stays)
		ch.linked = append(ch.linked, Link{KindOrganization, strconv.FormatInt(id, 10)})
		return s.merged(tx, c, organizationChange(Deleted, goes, goes), ch)
	})
	return stays, err
}

func unitedOrganization(goes, stays Organization) Organization {
	o := stays
	if o.Address == "" {
		o.Address, o.AddressParts = goes.Address, goes.AddressParts
	}
	for _, f := range []struct {
		to   *string
		from string
	}{{&o.Website, goes.Website}, {&o.Industry, goes.Industry}, {&o.LinkedIn, goes.LinkedIn}, {&o.AnnualRevenue, goes.AnnualRevenue}} {
		*f.to = firstOf(*f.to, f.from)
	}
	if o.Employees == 0 {
		o.Employees = goes.Employees
	}
	o.Labels = unitedLabels(stays.Labels, goes.Labels)
	o.Custom = maps.Clone(goes.Custom)
	maps.Copy(o.Custom, stays.Custom)
	if goes.AddedAt.Before(o.AddedAt) {
		o.AddedAt = goes.AddedAt
	}
	return o
}

// moveLinks gives what was linked to one record to another, followers too.
func moveLinks(tx *store.Tx, kind string, moves []string, to, from int64) error {
	for _, move := range moves {
		if _, err := tx.Exec(move, to, from); err != nil {
			return fmt.Errorf("move the links of %s %d to %d: %w", kind, from, to, err)
		}
	}
	if _, err := tx.Exec(`INSERT INTO records_follower (company_id, entity, entity_id, user_id, id, added_at)
		SELECT company_id, entity, ?, user_id, id, added_at FROM records_follower WHERE company_id = @company AND entity = ? AND entity_id = ?
		ON CONFLICT DO NOTHING`, to, kind, from); err != nil {
		return fmt.Errorf("move the followers of %s %d to %d: %w", kind, from, to, err)
	}
	_, err := tx.Exec(`DELETE FROM records_follower WHERE company_id = @company AND entity = ? AND entity_id = ?`, kind, from)
	return err
}

// moveParticipants makes one person take part in activities and deals in
// another's place, once in each, and as the main one of an activity where either
// was.
func moveParticipants(tx *store.Tx, to, from int64) error {
	for _, table := range []struct{ name, of string }{{"records_activity_participant", "activity_id"}, {"records_participant", "deal_id"}} {
		if _, err := tx.Exec(`DELETE FROM `+table.name+` WHERE company_id = @company AND person_id = ?
			AND `+table.of+` IN (SELECT `+table.of+` FROM `+table.name+` WHERE company_id = @company AND person_id = ?)`, from, to); err != nil {
			return fmt.Errorf("merge participants in %s: %w", table.name, err)
		}
		if _, err := tx.Exec(`UPDATE `+table.name+` SET person_id = ? WHERE company_id = @company AND person_id = ?`, to, from); err != nil {
			return fmt.Errorf("move participants in %s: %w", table.name, err)
		}
	}
	_, err := tx.Exec(`UPDATE records_activity_participant SET main = TRUE WHERE company_id = @company AND person_id = ?
		AND activity_id IN (SELECT id FROM records_activity WHERE company_id = @company AND person_id IN (?, ?))`, to, to, from)
	return err
}
