package records

import (
	"context"
	"fmt"
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
	ID                 int64
	Name, JobTitle     string
	Organization       Ref
	Emails, Phones     []Contact
	Owner              int64 // user
	AddedAt, UpdatedAt time.Time
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

// CreatePerson stores p; its id and times are set by the room.
func (s *Service) CreatePerson(ctx context.Context, v route.Caller, p Person) (Person, error) {
	err := s.db.Company(v.Company).Update(ctx, func(tx *store.Tx) (err error) {
		p.Owner = orCaller(p.Owner, v)
		p, err = s.insertPerson(tx, p, s.db.Now())
		return err
	})
	return p, err
}

func (s *Service) insertPerson(tx *store.Tx, p Person, now time.Time) (Person, error) {
	var err error
	if p.Name, err = title("name", p.Name); err != nil {
		return p, err
	}
	if p.Organization.ID != 0 {
		if err := s.exists(tx, "org_id", hasOrganization, p.Organization.ID); err != nil {
			return p, err
		}
	}
	if p.ID, err = tx.NextID("person"); err != nil {
		return p, err
	}
	p.AddedAt, p.UpdatedAt = now, now
	_, err = tx.Exec(`INSERT INTO records_person (company_id, id, name, folded, job_title, org_id, owner_id, deleted, added_at, updated_at)
		VALUES (@company, ?, ?, ?, ?, ?, ?, FALSE, ?, ?)`,
		p.ID, p.Name, fold(p.Name), p.JobTitle, null(p.Organization.ID), p.Owner, clock.Micros(now), clock.Micros(now))
	if err != nil {
		return p, err
	}
	if err := insertContacts(tx, p.ID, "email", p.Emails, fold); err != nil {
		return p, err
	}
	return p, insertContacts(tx, p.ID, "phone", p.Phones, digits)
}

const (
	hasOrganization = `SELECT COUNT(*) FROM records_organization WHERE company_id = @company AND id = ? AND NOT deleted`
	hasPerson       = `SELECT COUNT(*) FROM records_person WHERE company_id = @company AND id = ? AND NOT deleted`
	hasDeal         = `SELECT COUNT(*) FROM records_deal WHERE company_id = @company AND id = ? AND NOT deleted`
	hasLead         = `SELECT COUNT(*) FROM records_lead WHERE company_id = @company AND id = ? AND NOT deleted`
	hasStage        = `SELECT COUNT(*) FROM records_stage WHERE company_id = @company AND id = ? AND NOT deleted`
)

func insertContacts(tx *store.Tx, person int64, kind string, cs []Contact, folded func(...string) string) error {
	for i, c := range cs {
		if strings.TrimSpace(c.Value) == "" {
			return fault.New(fault.Invalid, kind, "Expected a value, got an empty one; leave it out instead.")
		}
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

const personColumns = `p.id, p.name, p.job_title, COALESCE(p.org_id, 0), COALESCE(o.name, ''), p.owner_id, p.added_at, p.updated_at`

const fromPerson = ` FROM records_person p LEFT JOIN records_organization o ON o.company_id = p.company_id AND o.id = p.org_id AND NOT o.deleted
	WHERE p.company_id = @company AND NOT p.deleted`

func scanPerson(sc store.Scanner) (Person, error) {
	var p Person
	var added, updated int64
	err := sc.Scan(&p.ID, &p.Name, &p.JobTitle, &p.Organization.ID, &p.Organization.Name, &p.Owner, &added, &updated)
	p.AddedAt, p.UpdatedAt = clock.FromMicros(added), clock.FromMicros(updated)
	return p, err
}

// Person returns one that was not deleted.
func (s *Service) Person(ctx context.Context, v route.Caller, id int64) (Person, error) {
	var p Person
	err := s.db.Company(v.Company).View(ctx, func(tx *store.Tx) (err error) {
		p, err = store.One(tx, scanPerson, `SELECT `+personColumns+fromPerson+` AND p.id = ?`, id)
		if err != nil {
			return err
		}
		list := []Person{p}
		err = fillContacts(tx, list)
		p = list[0]
		return err
	})
	return found(p, err, "person", id)
}

// Persons lists by name.
func (s *Service) Persons(ctx context.Context, v route.Caller, page Page) (list []Person, next string, err error) {
	name, id := splitCursor(page.After)
	err = s.db.Company(v.Company).View(ctx, func(tx *store.Tx) error {
		list, err = store.Select(tx, scanPerson, `SELECT `+personColumns+fromPerson+`
			AND (p.folded > ? OR (p.folded = ? AND p.id > ?)) ORDER BY p.folded, p.id LIMIT ?`, name, name, id, page.limit()+1)
		if err != nil {
			return err
		}
		if len(list) > page.limit() {
			list = list[:page.limit()]
			last := list[len(list)-1]
			next = joinCursor(fold(last.Name), last.ID)
		}
		return fillContacts(tx, list)
	})
	return list, next, err
}

// PersonsOf lists the people of an organization, at most 500.
func (s *Service) PersonsOf(ctx context.Context, v route.Caller, organization int64) (list []Person, err error) {
	err = s.db.Company(v.Company).View(ctx, func(tx *store.Tx) error {
		list, err = store.Select(tx, scanPerson, `SELECT `+personColumns+fromPerson+` AND p.org_id = ? ORDER BY p.folded, p.id LIMIT 500`, organization)
		if err != nil {
			return err
		}
		return fillContacts(tx, list)
	})
	return list, err
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
