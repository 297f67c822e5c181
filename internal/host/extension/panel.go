package extension

import (
	"cmp"
	"context"
	"slices"

	"github.com/dockwright/dockwright/internal/fault"
	"github.com/dockwright/dockwright/internal/host/devhub"
	"github.com/dockwright/dockwright/internal/host/route"
	"github.com/dockwright/dockwright/internal/store"
)

// Panel is a custom panel in the sidebar of a record, as a user arranged it.
type Panel struct {
	Offer
	Collapsed, Hidden bool

	position int64
}

// Panels are those of a details view, in the user's order, hidden ones at their
// places. New ones come first.
// spec: surface.panel
func (s *Service) Panels(ctx context.Context, c route.Caller, view devhub.View) ([]Panel, error) {
	var out []Panel
	err := s.db.Company(c.Company).View(ctx, func(tx *store.Tx) error {
		offers, err := s.offers(tx, c.User, func(e devhub.Extension) bool { return e.Kind == devhub.CustomPanel && e.In(view) })
		if err != nil || len(offers) == 0 {
			return err
		}
		kept, err := panelRows(tx, c.User, view)
		if err != nil {
			return err
		}
		for _, o := range offers {
			r := kept[o.UUID]
			out = append(out, Panel{o, r.Collapsed, r.Hidden, r.position})
		}
		slices.SortStableFunc(out, func(a, b Panel) int { return cmp.Compare(a.position, b.position) })
		return nil
	})
	return out, err
}

// Arrangement is how a user wants one panel.
type Arrangement struct {
	Extension string `json:"extension"` // UUID
	Collapsed bool   `json:"collapsed"`
	Hidden    bool   `json:"hidden"`

	position int64 // 0: never arranged
}

func panelRows(tx *store.Tx, user int64, view devhub.View) (map[string]Arrangement, error) {
	rows, err := store.Select(tx, func(sc store.Scanner) (a Arrangement, err error) {
		err = sc.Scan(&a.Extension, &a.position, &a.Collapsed, &a.Hidden)
		return a, err
	}, `SELECT extension_uuid, position, collapsed, hidden FROM extension_panel WHERE company_id = @company AND user_id = ? AND view = ?`, user, string(view))
	out := map[string]Arrangement{}
	for _, r := range rows {
		out[r.Extension] = r
	}
	return out, err
}

// maxPanels bounds an arrangement.
const maxPanels = 200

// Arrange remembers the order and the state of all panels of a view. What the user
// does not see there is left out.
func (s *Service) Arrange(ctx context.Context, c route.Caller, view devhub.View, panels []Arrangement) error {
	if !view.IsDetails() || view.Resource() == "" {
		return fault.New(fault.Invalid, "view", "Expected deal-details, person-details or organization-details, got %q.", view)
	}
	if len(panels) > maxPanels {
		return fault.New(fault.TooLarge, "panels", "Expected at most %d panels, got %d.", maxPanels, len(panels))
	}
	return s.db.Company(c.Company).Update(ctx, func(tx *store.Tx) error {
		offers, err := s.offers(tx, c.User, func(e devhub.Extension) bool { return e.Kind == devhub.CustomPanel && e.In(view) })
		if err != nil {
			return err
		}
		open := map[string]bool{} // not arranged yet
		for _, o := range offers {
			open[o.UUID] = true
		}
		for i, p := range panels {
			// One that was removed meanwhile does not keep the others from their places.
			if !open[p.Extension] {
				continue
			}
			delete(open, p.Extension)
			if _, err := tx.Exec(`INSERT INTO extension_panel (company_id, user_id, view, extension_uuid, position, collapsed, hidden)
				VALUES (@company, ?, ?, ?, ?, ?, ?)
				ON CONFLICT (company_id, user_id, view, extension_uuid) DO UPDATE SET
				position = excluded.position, collapsed = excluded.collapsed, hidden = excluded.hidden`,
				c.User, string(view), p.Extension, i+1, p.Collapsed, p.Hidden); err != nil {
				return err
			}
		}
		return nil
	})
}
