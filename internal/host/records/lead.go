package records

import (
	"context"
	"fmt"
	"time"

	"github.com/google/uuid"

	"github.com/dockwright/dockwright/internal/clock"
	"github.com/dockwright/dockwright/internal/fault"
	"github.com/dockwright/dockwright/internal/host/route"
	"github.com/dockwright/dockwright/internal/store"
)

// Label is a coloured word on leads.
type Label struct {
	ID    string // UUID
	Name  string
	Color string // green, blue, red, yellow, purple or gray
}

// Lead is somebody who may become a customer.
type Lead struct {
	ID                 string // UUID
	Title              string
	Person             Ref
	Organization       Ref
	Owner              int64 // user
	Value              Money
	Labels             []Label // when creating, only the ids count
	Source             string
	ExpectedClose      string // YYYY-MM-DD or empty
	Seen, Archived     bool
	AddedAt, UpdatedAt time.Time
}

// LeadFilter says which leads are wanted; zero fields do not restrict.
type LeadFilter struct {
	Person, Organization int64
	Archived             bool // these instead of the others
}

// CreateLead stores l, which must name a person or an organization; its id and
// times are set by the room.
func (s *Service) CreateLead(ctx context.Context, v route.Caller, l Lead) (Lead, error) {
	l.ID = uuid.NewString()
	err := s.db.Company(v.Company).Update(ctx, func(tx *store.Tx) (err error) {
		l.Owner = orCaller(l.Owner, v)
		l, err = s.insertLead(tx, l, s.db.Now())
		return err
	})
	return l, err
}

func (s *Service) checkLead(tx *store.Tx, l Lead) error {
	if l.Person.ID == 0 && l.Organization.ID == 0 {
		return fault.New(fault.Invalid, "person_id", "Expected a person or an organization, got neither.")
	}
	if err := date("expected_close_date", l.ExpectedClose); err != nil {
		return err
	}
	if l.Person.ID != 0 {
		if err := s.exists(tx, "person_id", hasPerson, l.Person.ID); err != nil {
			return err
		}
	}
	if l.Organization.ID == 0 {
		return nil
	}
	return s.exists(tx, "organization_id", hasOrganization, l.Organization.ID)
}

func (s *Service) insertLead(tx *store.Tx, l Lead, now time.Time) (Lead, error) {
	var err error
	if l.Title, err = title("title", l.Title); err != nil {
		return l, err
	}
	if err := s.checkLead(tx, l); err != nil {
		return l, err
	}
	l.AddedAt, l.UpdatedAt = now, now
	_, err = tx.Exec(`INSERT INTO records_lead (company_id, id, title, folded, person_id, org_id, owner_id, amount, currency, source,
		expected_close, seen, archived, deleted, added_at, updated_at)
		VALUES (@company, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, FALSE, ?, ?)`,
		l.ID, l.Title, fold(l.Title), null(l.Person.ID), null(l.Organization.ID), l.Owner, l.Value.Amount, l.Value.Currency, l.Source,
		l.ExpectedClose, l.Seen, l.Archived, clock.Micros(now), clock.Micros(now))
	if err != nil {
		return l, err
	}
	for _, b := range l.Labels {
		if err := s.exists(tx, "label_ids", `SELECT COUNT(*) FROM records_label WHERE company_id = @company AND id = ?`, b.ID); err != nil {
			return l, err
		}
		if _, err = tx.Exec(`INSERT INTO records_lead_label (company_id, lead_id, label_id) VALUES (@company, ?, ?)`, l.ID, b.ID); err != nil {
			return l, err
		}
	}
	return l, nil
}

func insertLabel(tx *store.Tx, b Label, now time.Time) (Label, error) {
	var err error
	if b.Name, err = title("name", b.Name); err != nil {
		return b, err
	}
	_, err = tx.Exec(`INSERT INTO records_label (company_id, id, name, color, added_at, updated_at) VALUES (@company, ?, ?, ?, ?, ?)`,
		b.ID, b.Name, b.Color, clock.Micros(now), clock.Micros(now))
	return b, err
}

const selectLead = `SELECT l.id, l.title, COALESCE(p.id, 0), COALESCE(p.name, ''), COALESCE(o.id, 0), COALESCE(o.name, ''),
		l.owner_id, l.amount, l.currency, l.source, l.expected_close, l.seen, l.archived, l.added_at, l.updated_at
	FROM records_lead l
	LEFT JOIN records_person p ON p.company_id = l.company_id AND p.id = l.person_id AND NOT p.deleted
	LEFT JOIN records_organization o ON o.company_id = l.company_id AND o.id = l.org_id AND NOT o.deleted
	WHERE l.company_id = @company AND NOT l.deleted`

func scanLead(sc store.Scanner) (Lead, error) {
	var l Lead
	var added, updated int64
	err := sc.Scan(&l.ID, &l.Title, &l.Person.ID, &l.Person.Name, &l.Organization.ID, &l.Organization.Name,
		&l.Owner, &l.Value.Amount, &l.Value.Currency, &l.Source, &l.ExpectedClose, &l.Seen, &l.Archived, &added, &updated)
	l.AddedAt, l.UpdatedAt = clock.FromMicros(added), clock.FromMicros(updated)
	return l, err
}

// Lead returns one that was not deleted.
func (s *Service) Lead(ctx context.Context, v route.Caller, id string) (Lead, error) {
	var list []Lead
	err := s.db.Company(v.Company).View(ctx, func(tx *store.Tx) error {
		l, err := store.One(tx, scanLead, selectLead+` AND l.id = ?`, id)
		if err != nil {
			return err
		}
		list = []Lead{l}
		return fillLabels(tx, list)
	})
	if err != nil {
		return found(Lead{}, err, "lead", id)
	}
	return list[0], nil
}

// Leads lists what fits the filter, newest first, at most 500.
func (s *Service) Leads(ctx context.Context, v route.Caller, f LeadFilter) (list []Lead, err error) {
	query, args := selectLead+` AND l.archived = ?`, []any{f.Archived}
	if f.Person != 0 {
		query, args = query+` AND l.person_id = ?`, append(args, f.Person)
	}
	if f.Organization != 0 {
		query, args = query+` AND l.org_id = ?`, append(args, f.Organization)
	}
	err = s.db.Company(v.Company).View(ctx, func(tx *store.Tx) error {
		if list, err = store.Select(tx, scanLead, query+` ORDER BY l.added_at DESC, l.id LIMIT 500`, args...); err != nil {
			return err
		}
		return fillLabels(tx, list)
	})
	return list, err
}

// fillLabels reads the labels of all leads at once.
func fillLabels(tx *store.Tx, list []Lead) error {
	if len(list) == 0 {
		return nil
	}
	at := map[string]int{}
	args := make([]any, len(list))
	for i, l := range list {
		at[l.ID], args[i] = i, l.ID
	}
	type row struct {
		lead string
		Label
	}
	rows, err := store.Select(tx, func(sc store.Scanner) (r row, err error) {
		err = sc.Scan(&r.lead, &r.ID, &r.Name, &r.Color)
		return r, err
	}, `SELECT x.lead_id, b.id, b.name, b.color FROM records_lead_label x
		JOIN records_label b ON b.company_id = x.company_id AND b.id = x.label_id
		WHERE x.company_id = @company AND x.lead_id IN (`+places(len(args))+`) ORDER BY b.name, b.id`, args...)
	if err != nil {
		return fmt.Errorf("read labels: %w", err)
	}
	for _, r := range rows {
		l := &list[at[r.lead]]
		l.Labels = append(l.Labels, r.Label)
	}
	return nil
}
