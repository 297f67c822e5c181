package records

import (
	"context"
	"time"
	"unicode/utf8"

	"github.com/dockwright/dockwright/internal/clock"
	"github.com/dockwright/dockwright/internal/fault"
	"github.com/dockwright/dockwright/internal/host/route"
	"github.com/dockwright/dockwright/internal/store"
)

const maxNote = 100_000 // characters

// Note is a text on one or more records.
type Note struct {
	ID                 int64
	Content            string
	Author             int64 // user
	Person             int64
	Organization       int64
	Deal               int64
	Lead               string
	AddedAt, UpdatedAt time.Time
}

// CreateNote stores n, which must be on at least one record; its id and times
// are set by the room.
func (s *Service) CreateNote(ctx context.Context, v route.Caller, n Note) (Note, error) {
	n.Author = orCaller(n.Author, v)
	err := s.db.Company(v.Company).Update(ctx, func(tx *store.Tx) (err error) {
		n, err = s.insertNote(tx, n, s.db.Now())
		return err
	})
	return n, err
}

func (s *Service) insertNote(tx *store.Tx, n Note, now time.Time) (Note, error) {
	if c := utf8.RuneCountInString(n.Content); c == 0 || c > maxNote || !utf8.ValidString(n.Content) {
		return n, fault.New(fault.Invalid, "content", "Expected 1 to %d characters, got %d.", maxNote, c)
	}
	if n.Person == 0 && n.Organization == 0 && n.Deal == 0 && n.Lead == "" {
		return n, fault.New(fault.Invalid, "deal_id", "Expected a deal, person, organization or lead that the note is on, got none.")
	}
	for _, ref := range []struct {
		field, query string
		id           any
	}{
		{"person_id", hasPerson, null(n.Person)}, {"org_id", hasOrganization, null(n.Organization)},
		{"deal_id", hasDeal, null(n.Deal)}, {"lead_id", hasLead, null(n.Lead)},
	} {
		if ref.id == nil {
			continue
		}
		if err := s.exists(tx, ref.field, ref.query, ref.id); err != nil {
			return n, err
		}
	}
	var err error
	if n.ID, err = tx.NextID("note"); err != nil {
		return n, err
	}
	n.AddedAt, n.UpdatedAt = now, now
	_, err = tx.Exec(`INSERT INTO records_note (company_id, id, content, author_id, person_id, org_id, deal_id, lead_id, deleted, added_at, updated_at)
		VALUES (@company, ?, ?, ?, ?, ?, ?, ?, FALSE, ?, ?)`,
		n.ID, n.Content, n.Author, null(n.Person), null(n.Organization), null(n.Deal), null(n.Lead), clock.Micros(now), clock.Micros(now))
	return n, err
}

// Notes lists the notes on a record, newest first, at most 200. The id of a lead
// is its UUID, of anything else its number.
func (s *Service) Notes(ctx context.Context, v route.Caller, kind string, id any) (list []Note, err error) {
	column, ok := map[string]string{KindPerson: "person_id", KindOrganization: "org_id", KindDeal: "deal_id", KindLead: "lead_id"}[kind]
	if !ok {
		return nil, fault.New(fault.Invalid, "kind", "Expected person, organization, deal or lead, got %q.", kind)
	}
	err = s.db.Company(v.Company).View(ctx, func(tx *store.Tx) error {
		list, err = store.Select(tx, func(sc store.Scanner) (n Note, err error) {
			var added, updated int64
			err = sc.Scan(&n.ID, &n.Content, &n.Author, &n.Person, &n.Organization, &n.Deal, &n.Lead, &added, &updated)
			n.AddedAt, n.UpdatedAt = clock.FromMicros(added), clock.FromMicros(updated)
			return n, err
		}, `SELECT id, content, author_id, COALESCE(person_id, 0), COALESCE(org_id, 0), COALESCE(deal_id, 0), COALESCE(lead_id, ''), added_at, updated_at
			FROM records_note WHERE company_id = @company AND NOT deleted AND `+column+` = ? ORDER BY added_at DESC, id DESC LIMIT 200`, id)
		return err
	})
	return list, err
}
