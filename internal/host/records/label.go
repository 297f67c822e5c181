package records

import (
	"context"
	"slices"
	"strings"
	"time"

	"github.com/google/uuid"

	"github.com/dockwright/dockwright/internal/clock"
	"github.com/dockwright/dockwright/internal/fault"
	"github.com/dockwright/dockwright/internal/host/route"
	"github.com/dockwright/dockwright/internal/store"
)

// KindLeadLabel is what the history and the event log call a label.
const KindLeadLabel = "leadLabel"

// LabelColors are the colours that labels can have.
var LabelColors = []string{"blue", "brown", "dark-gray", "gray", "green", "orange", "pink", "purple", "red", "yellow"}

// Label is a coloured word on leads.
type Label struct {
	ID                 string // UUID
	Name               string
	Color              string    // one of LabelColors
	AddedAt, UpdatedAt time.Time // only where labels are listed
}

// LabelPatch is what an update changes; nil leaves alone.
type LabelPatch struct{ Name, Color *string }

const selectLabel = `SELECT id, name, color, added_at, updated_at FROM records_label WHERE company_id = @company`

func scanLabel(sc store.Scanner) (b Label, err error) {
	var added, updated int64
	err = sc.Scan(&b.ID, &b.Name, &b.Color, &added, &updated)
	b.AddedAt, b.UpdatedAt = clock.FromMicros(added), clock.FromMicros(updated)
	return b, err
}

// Labels lists all, by name.
func (s *Service) Labels(ctx context.Context, v route.Caller) (list []Label, err error) {
	err = s.db.Company(v.Company).View(ctx, func(tx *store.Tx) error {
		list, err = store.Select(tx, scanLabel, selectLabel+` ORDER BY name, id`)
		return err
	})
	return list, err
}

// CreateLabel stores a new one; its id is set by the room.
func (s *Service) CreateLabel(ctx context.Context, v route.Caller, b Label) (Label, error) {
	b.ID = uuid.NewString()
	err := s.db.Company(v.Company).Update(ctx, func(tx *store.Tx) (err error) {
		if b, err = insertLabel(tx, b, s.db.Now()); err != nil {
			return err
		}
		return s.changed(tx, v, change{entity: KindLeadLabel, id: b.ID, action: Added, after: b})
	})
	return b, err
}

func checkLabel(b *Label) (err error) {
	if b.Name, err = title("name", b.Name); err != nil {
		return err
	}
	if !slices.Contains(LabelColors, b.Color) {
		return fault.New(fault.Invalid, "color", "Expected one of %s, got %q.", strings.Join(LabelColors, ", "), shorten(b.Color))
	}
	return nil
}

func insertLabel(tx *store.Tx, b Label, now time.Time) (Label, error) {
	if err := checkLabel(&b); err != nil {
		return b, err
	}
	b.AddedAt, b.UpdatedAt = now, now
	_, err := tx.Exec(`INSERT INTO records_label (company_id, id, name, color, added_at, updated_at) VALUES (@company, ?, ?, ?, ?, ?)`,
		b.ID, b.Name, b.Color, clock.Micros(now), clock.Micros(now))
	return b, err
}

// UpdateLabel changes one.
func (s *Service) UpdateLabel(ctx context.Context, v route.Caller, id string, p LabelPatch) (b Label, err error) {
	err = s.db.Company(v.Company).Update(ctx, func(tx *store.Tx) error {
		before, err := labelOf(tx, id)
		if err != nil {
			return err
		}
		b = before
		set(&b.Name, p.Name)
		set(&b.Color, p.Color)
		if err := checkLabel(&b); err != nil {
			return err
		}
		b.UpdatedAt = s.db.Now()
		if _, err := tx.Exec(`UPDATE records_label SET name = ?, color = ?, updated_at = ? WHERE company_id = @company AND id = ?`,
			b.Name, b.Color, clock.Micros(b.UpdatedAt), id); err != nil {
			return err
		}
		return s.changed(tx, v, change{entity: KindLeadLabel, id: id, action: Updated, before: before, after: b})
	})
	return b, err
}

func labelOf(tx *store.Tx, id string) (Label, error) {
	b, err := store.One(tx, scanLabel, selectLabel+` AND id = ?`+tx.ForUpdate(), id)
	return found(b, err, "lead label", id)
}

// DeleteLabel takes a label away, and off all leads.
func (s *Service) DeleteLabel(ctx context.Context, v route.Caller, id string) error {
	return s.db.Company(v.Company).Update(ctx, func(tx *store.Tx) error {
		b, err := labelOf(tx, id)
		if err != nil {
			return err
		}
		if _, err := tx.Exec(`DELETE FROM records_lead_label WHERE company_id = @company AND label_id = ?`, id); err != nil {
			return err
		}
		if _, err := tx.Exec(`DELETE FROM records_label WHERE company_id = @company AND id = ?`, id); err != nil {
			return err
		}
		return s.changed(tx, v, change{entity: KindLeadLabel, id: id, action: Deleted, before: b})
	})
}
