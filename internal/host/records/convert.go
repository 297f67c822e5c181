package records

import (
	"context"
	"errors"
	"fmt"

	"github.com/google/uuid"

	"github.com/dockwright/dockwright/internal/clock"
	"github.com/dockwright/dockwright/internal/fault"
	"github.com/dockwright/dockwright/internal/host/route"
	"github.com/dockwright/dockwright/internal/store"
)

// Conversion is a lead that became a deal, or a deal that became a lead.
type Conversion struct {
	ID     string // UUID
	Kind   string // what was converted: KindLead or KindDeal
	Lead   string // UUID; empty while a deal has not become one
	Deal   int64  // 0 while a lead has not become one
	Status string // completed or rejected
}

// How conversions end.
const (
	ConversionCompleted = "completed"
	ConversionRejected  = "rejected"
)

// entityMissing is what the conversion endpoints say of what is not there.
func entityMissing(err error) error {
	if told, ok := fault.As(err); ok && told.Kind == fault.NotFound {
		return fault.Missing("Entity was not found")
	}
	return err
}

// ConvertLead makes a deal of a lead, in a stage, or in the first stage of a
// pipeline, or of the first pipeline. What hangs on the lead moves to the deal,
// and the lead is deleted.
// spec: rest.leads.convert
func (s *Service) ConvertLead(ctx context.Context, v route.Caller, id string, stage, pipeline int64) (Conversion, error) {
	c := Conversion{ID: uuid.NewString(), Kind: KindLead, Lead: id, Status: ConversionCompleted}
	err := s.db.Company(v.Company).Update(ctx, func(tx *store.Tx) error {
		l, err := lockLead(tx, v, id)
		if err != nil {
			return entityMissing(err)
		}
		d, err := s.addDeal(tx, allSeeing(v), Deal{
			Title: l.Title, Value: l.Value, Stage: Ref{ID: stage}, Pipeline: Ref{ID: pipeline}, Person: l.Person, Organization: l.Organization,
			Owner: l.Owner, ExpectedClose: l.ExpectedClose, VisibleTo: l.VisibleTo, Custom: l.Custom, Origin: l.Origin, OriginID: l.OriginID,
			Channel: l.Channel, ChannelID: l.ChannelID, Lead: l.ID,
		})
		if err != nil {
			return err
		}
		if err := s.moveFromLead(tx, l, holder{deal: d.ID}); err != nil {
			return err
		}
		if err := s.removeLead(tx, v, l); err != nil {
			return err
		}
		c.Deal = d.ID
		return insertConversion(tx, c, clock.Micros(s.db.Now()))
	})
	return c, err
}

// ConvertDeal makes a lead of a deal. What hangs on the deal moves to the lead,
// and the deal is deleted. A deal without a person and an organization is
// rejected: no lead can be without both.
// spec: rest.deals.convert
func (s *Service) ConvertDeal(ctx context.Context, v route.Caller, id int64) (Conversion, error) {
	lead := uuid.NewString()
	c := Conversion{ID: uuid.NewString(), Kind: KindDeal, Deal: id}
	err := s.db.Company(v.Company).Update(ctx, func(tx *store.Tx) error {
		d, err := lockDeal(tx, v, id)
		if err != nil {
			return entityMissing(err)
		}
		c.Lead, c.Status = "", ConversionRejected
		if d.Person.ID != 0 || d.Organization.ID != 0 {
			c.Lead, c.Status = lead, ConversionCompleted
			if err := s.becomeLead(tx, v, d, lead); err != nil {
				return err
			}
		}
		return insertConversion(tx, c, clock.Micros(s.db.Now()))
	})
	return c, err
}

func (s *Service) becomeLead(tx *store.Tx, v route.Caller, d Deal, id string) error {
	if _, err := s.addLead(tx, allSeeing(v), Lead{
		ID: id, Title: d.Title, Person: d.Person, Organization: d.Organization, Owner: d.Owner, Value: d.Value, Source: sourceDeal,
		Origin: d.Origin, OriginID: d.OriginID, Channel: d.Channel, ChannelID: d.ChannelID, ExpectedClose: d.ExpectedClose,
		VisibleTo: d.VisibleTo, Custom: d.Custom, Seen: true, Deal: d.ID,
	}); err != nil {
		return err
	}
	if err := s.moveFromDeal(tx, d, holder{lead: id}); err != nil {
		return err
	}
	return s.removeDeal(tx, v, d)
}

// sourceDeal is the source of leads that were deals.
const sourceDeal = "Deal"

func insertConversion(tx *store.Tx, c Conversion, at int64) error {
	_, err := tx.Exec(`INSERT INTO records_conversion (company_id, id, kind, lead_id, deal_id, status, added_at) VALUES (@company, ?, ?, ?, ?, ?, ?)`,
		c.ID, c.Kind, c.Lead, c.Deal, c.Status, at)
	return err
}

// Conversion tells how one went. of is the lead's or the deal's id, as a text.
func (s *Service) Conversion(ctx context.Context, v route.Caller, kind, of, id string) (c Conversion, err error) {
	err = s.db.Company(v.Company).View(ctx, func(tx *store.Tx) error {
		c, err = store.One(tx, func(sc store.Scanner) (c Conversion, err error) {
			err = sc.Scan(&c.ID, &c.Kind, &c.Lead, &c.Deal, &c.Status)
			return c, err
		}, `SELECT id, kind, lead_id, deal_id, status FROM records_conversion WHERE company_id = @company AND id = ? AND kind = ?`, id, kind)
		return err
	})
	theirs := c.Lead
	if kind == KindDeal {
		theirs = idText(c.Deal)
	}
	if errors.Is(err, store.ErrNoRows) || err == nil && theirs != of {
		return Conversion{}, fault.Missing("Entity was not found")
	}
	return c, err
}

// holder is the deal or the lead that notes, activities and files move to.
type holder struct {
	deal int64
	lead string
}

// hanging are the tables of what can hang on a deal or a lead, by deal_id and
// lead_id.
var hanging = []string{"records_note", "records_activity", "records_file"}

func (s *Service) moveFromLead(tx *store.Tx, l Lead, to holder) error {
	return s.move(tx, "lead_id", l.ID, to)
}

func (s *Service) moveFromDeal(tx *store.Tx, d Deal, to holder) error {
	return s.move(tx, "deal_id", d.ID, to)
}

// move hangs everything on another record. The one that it hung on tells of its
// end, the new one of its beginning; the notes and activities themselves do not
// change.
// spec: records.move-is-one-change
func (s *Service) move(tx *store.Tx, column string, id any, to holder) error {
	for _, table := range hanging {
		if _, err := tx.Exec(`UPDATE `+table+` SET deal_id = ?, lead_id = ? WHERE company_id = @company AND `+column+` = ?`,
			null(to.deal), null(to.lead), id); err != nil {
			return fmt.Errorf("move what is in %s: %w", table, err)
		}
	}
	return nil
}
