package records

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/dockwright/dockwright/internal/clock"
	"github.com/dockwright/dockwright/internal/fault"
	"github.com/dockwright/dockwright/internal/host/route"
	"github.com/dockwright/dockwright/internal/store"
)

// DealParticipant is a person who takes part in a deal.
type DealParticipant struct {
	ID, Deal, Person int64
	AddedBy          int64 // user
	AddedAt          time.Time
}

func scanParticipant(sc store.Scanner) (p DealParticipant, err error) {
	var added int64
	err = sc.Scan(&p.ID, &p.Deal, &p.Person, &p.AddedBy, &added)
	p.AddedAt = clock.FromMicros(added)
	return p, err
}

const selectParticipant = `SELECT t.id, t.deal_id, t.person_id, t.added_by, t.added_at FROM records_participant t
	JOIN records_person p ON p.company_id = t.company_id AND p.id = t.person_id AND NOT p.deleted
	WHERE t.company_id = @company`

// Participants lists who takes part in a deal, the first to come first. The
// deal's own person is among them.
// spec: rest.deals.participants
func (s *Service) Participants(ctx context.Context, v route.Caller, deal int64, w Window) (list []DealParticipant, more bool, err error) {
	err = s.db.Company(v.Company).View(ctx, func(tx *store.Tx) error {
		if _, err := dealOf(tx, v, deal); err != nil {
			return err
		}
		var f finding
		f.and("t.deal_id = ?", deal)
		tail, args, err := f.page(w, nil, "t.id")
		if err != nil {
			return err
		}
		list, err = store.Select(tx, scanParticipant, selectParticipant+tail, args...)
		list, more = cut(list, w.Limit)
		return err
	})
	return list, more, err
}

// AddParticipant lets a person take part in a deal; one who does so already is
// left as they are.
func (s *Service) AddParticipant(ctx context.Context, v route.Caller, deal, person int64) (p DealParticipant, err error) {
	err = s.db.Company(v.Company).Update(ctx, func(tx *store.Tx) error {
		d, err := lockDeal(tx, v, deal)
		if err != nil {
			return err
		}
		if err := s.refers(tx, v, "person_id", KindPerson, person); err != nil {
			return err
		}
		before, err := participantIDs(tx, deal)
		if err != nil {
			return err
		}
		if err := s.takePart(tx, deal, person, v.User); err != nil {
			return err
		}
		if p, err = store.One(tx, scanParticipant, selectParticipant+` AND t.deal_id = ? AND t.person_id = ?`, deal, person); err != nil {
			return err
		}
		return s.partsChanged(tx, v, d, before)
	})
	return p, err
}

// RemoveParticipant takes a participant off a deal, by the participant's id. The
// deal's own person stays.
func (s *Service) RemoveParticipant(ctx context.Context, v route.Caller, deal, id int64) error {
	return s.db.Company(v.Company).Update(ctx, func(tx *store.Tx) error {
		d, err := lockDeal(tx, v, deal)
		if err != nil {
			return err
		}
		p, err := store.One(tx, scanParticipant, selectParticipant+` AND t.deal_id = ? AND t.id = ?`, deal, id)
		if errors.Is(err, store.ErrNoRows) {
			return fault.Missing("Deal %d has no participant %d.", deal, id)
		}
		if err != nil {
			return err
		}
		if p.Person == d.Person.ID {
			return fault.New(fault.Invalid, "deal_participant_id", "Expected another participant than the deal's own person. Change the deal's person_id first.")
		}
		before, err := participantIDs(tx, deal)
		if err != nil {
			return err
		}
		if _, err := tx.Exec(`DELETE FROM records_participant WHERE company_id = @company AND id = ?`, id); err != nil {
			return err
		}
		return s.partsChanged(tx, v, d, before)
	})
}

// takePart makes a person a participant who is not one yet; 0 is nobody.
func (s *Service) takePart(tx *store.Tx, deal, person, by int64) error {
	if person == 0 {
		return nil
	}
	n, err := store.One(tx, store.Value[int], `SELECT COUNT(*) FROM records_participant WHERE company_id = @company AND deal_id = ? AND person_id = ?`, deal, person)
	if err != nil || n > 0 {
		return err
	}
	id, err := tx.NextID("participant")
	if err != nil {
		return err
	}
	_, err = tx.Exec(`INSERT INTO records_participant (company_id, id, deal_id, person_id, added_by, added_at) VALUES (@company, ?, ?, ?, ?, ?)`,
		id, deal, person, by, clock.Micros(s.db.Now()))
	return err
}

func participantIDs(tx *store.Tx, deal int64) ([]int64, error) {
	ids, err := store.Select(tx, store.Value[int64], `SELECT person_id FROM records_participant WHERE company_id = @company AND deal_id = ? ORDER BY id`, deal)
	if err != nil {
		return nil, fmt.Errorf("read the participants of deal %d: %w", deal, err)
	}
	return ids, nil
}

// dealWithParts is a deal in the event that tells that others take part in it.
type dealWithParts struct {
	Deal
	Participants []int64 // persons
}

func (s *Service) partsChanged(tx *store.Tx, v route.Caller, d Deal, before []int64) error {
	after, err := participantIDs(tx, d.ID)
	if err != nil {
		return err
	}
	ch := dealChange(Updated, d, d)
	ch.before, ch.after = dealWithParts{d, before}, dealWithParts{d, after}
	return s.changed(tx, v, ch)
}
