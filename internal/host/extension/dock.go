package extension

import (
	"cmp"
	"context"
	"slices"
	"strings"

	"github.com/dockwright/dockwright/internal/clock"
	"github.com/dockwright/dockwright/internal/fault"
	"github.com/dockwright/dockwright/internal/host/devhub"
	"github.com/dockwright/dockwright/internal/host/route"
	"github.com/dockwright/dockwright/internal/live"
	"github.com/dockwright/dockwright/internal/store"
)

// DockTopic is announced to a user whose dock has changed.
const DockTopic = "dock"

// DockApp is an app in the App Dock of a user.
type DockApp struct {
	App devhub.App
	// Window is the app's floating window, Settings its settings page; nil if it has
	// none.
	Window, Settings *devhub.Extension
	// Authorized is whether the user may use the app; otherwise a click leads to
	// the Marketplace.
	Authorized bool
	Pinned     bool
	Place      Place

	pinnedAt int64
}

// Place is where a user left a floating window, in pixels from the top left
// corner of the browser's window, and how large the user made its iframe. A Y of
// 0 says that it was never moved, a Width of 0 that it has the size that the app
// gave it.
type Place struct {
	X      int `json:"x"`
	Y      int `json:"y"`
	Width  int `json:"width"`
	Height int `json:"height"`
}

// Dock is what stands in the App Dock of a user.
type Dock struct {
	// Pinned are those in the top bar, first pinned first.
	Pinned []DockApp
	// Windows are the apps with a floating window, pinned ones among them; Others
	// have none; Waiting are shared by colleagues or wait for consent. Each by
	// name.
	Windows, Others, Waiting []DockApp
}

// Callers are the apps that open when somebody clicks a phone number.
// Those of colleagues that the user has not authorised stand at the end.
// spec: surface.calls
func (d Dock) Callers() []DockApp {
	var out []DockApp
	for _, a := range slices.Concat(d.Windows, d.Waiting) {
		if a.Calls() {
			out = append(out, a)
		}
	}
	return out
}

// Calls reports whether a click on a phone number opens the app's window.
func (a DockApp) Calls() bool { return a.Window != nil && a.Window.CallEntry }

// Dock reads the dock of the caller.
// spec: surface.dock
func (s *Service) Dock(ctx context.Context, c route.Caller) (Dock, error) {
	var d Dock
	err := s.db.Company(c.Company).View(ctx, func(tx *store.Tx) error {
		apps, err := s.held(tx, c.User)
		if err != nil || len(apps) == 0 {
			return err
		}
		offers, err := s.offersOf(tx, apps, func(e devhub.Extension) bool {
			return e.Kind == devhub.FloatingWindow || e.Kind == devhub.AppSettings
		})
		if err != nil {
			return err
		}
		kept, err := dockRows(tx, c.User)
		if err != nil {
			return err
		}
		d = arrange(apps, offers, kept)
		return nil
	})
	return d, err
}

// arrange sorts the apps into the groups of the dock.
func arrange(apps map[string]held, offers []Offer, kept map[string]dockRow) Dock {
	windows, settings := map[string]*devhub.Extension{}, map[string]*devhub.Extension{}
	for i := range offers {
		into := windows
		if offers[i].Kind == devhub.AppSettings {
			into = settings
		}
		into[offers[i].ClientID] = &offers[i].Extension
	}
	var d Dock
	for id, h := range apps {
		row := rowOf(kept, id, h)
		a := DockApp{App: h.app, Window: windows[id], Settings: settings[id], Authorized: h.mine, Place: row.place, pinnedAt: row.pinnedAt}
		a.Pinned = a.Authorized && a.Window != nil && a.pinnedAt != 0
		switch {
		case !a.Authorized:
			d.Waiting = append(d.Waiting, a)
		case a.Window == nil:
			d.Others = append(d.Others, a)
		default:
			d.Windows = append(d.Windows, a)
		}
		if a.Pinned {
			d.Pinned = append(d.Pinned, a)
		}
	}
	for _, group := range [][]DockApp{d.Windows, d.Others, d.Waiting} {
		slices.SortFunc(group, func(a, b DockApp) int { return compareNames(a.App, b.App) })
	}
	slices.SortFunc(d.Pinned, func(a, b DockApp) int {
		return cmp.Or(cmp.Compare(a.pinnedAt, b.pinnedAt), compareNames(a.App, b.App))
	})
	return d
}

type dockRow struct {
	clientID string
	pinnedAt int64
	place    Place
}

// rowOf is what is kept about an app. One of which nothing is kept is pinned
// since it was installed.
// spec: surface.dock.new-app
func rowOf(kept map[string]dockRow, clientID string, h held) dockRow {
	if row, ok := kept[clientID]; ok {
		return row
	}
	return dockRow{clientID: clientID, pinnedAt: h.since}
}

func dockRows(tx *store.Tx, user int64) (map[string]dockRow, error) {
	rows, err := store.Select(tx, func(sc store.Scanner) (r dockRow, err error) {
		err = sc.Scan(&r.clientID, &r.pinnedAt, &r.place.X, &r.place.Y, &r.place.Width, &r.place.Height)
		return r, err
	}, `SELECT client_id, pinned_at, x, y, width, height FROM extension_dock WHERE company_id = @company AND user_id = ?`, user)
	out := map[string]dockRow{}
	for _, r := range rows {
		out[r.clientID] = r
	}
	return out, err
}

// Pin puts an app with a floating window into the top bar, or takes it out.
func (s *Service) Pin(ctx context.Context, c route.Caller, clientID string, pinned bool) error {
	return s.keep(ctx, c, clientID, func(tx *store.Tx, r *dockRow) {
		switch {
		case !pinned:
			r.pinnedAt = 0
		case r.pinnedAt == 0:
			r.pinnedAt = clock.Micros(tx.Now())
		}
		live.Append(tx, live.Event{Kind: "dock.changed", Topics: []string{DockTopic}, Audience: c.User})
	})
}

// maxPixel bounds what is stored of places.
const maxPixel = 100_000

// Move remembers where the user left a window.
// spec: surface.floating.place
func (s *Service) Move(ctx context.Context, c route.Caller, clientID string, p Place) error {
	for _, n := range []struct {
		field string
		value int
	}{{"x", p.X}, {"y", p.Y}, {"width", p.Width}, {"height", p.Height}} {
		if n.value < 0 || n.value > maxPixel {
			return fault.New(fault.Invalid, n.field, "Expected 0 to %d pixels, got %d.", maxPixel, n.value)
		}
	}
	return s.keep(ctx, c, clientID, func(_ *store.Tx, r *dockRow) { r.place = p })
}

// keep changes what is kept about the user's window of an app.
func (s *Service) keep(ctx context.Context, c route.Caller, clientID string, change func(*store.Tx, *dockRow)) error {
	return s.db.Company(c.Company).Update(ctx, func(tx *store.Tx) error {
		apps, err := s.held(tx, c.User)
		if err != nil {
			return err
		}
		windows, err := s.offersOf(tx, apps, func(e devhub.Extension) bool { return e.Kind == devhub.FloatingWindow && e.ClientID == clientID })
		switch {
		case err != nil:
			return err
		case len(windows) == 0:
			return fault.Missing("You have no app %q with a floating window.", clientID)
		case !windows[0].Usable():
			return fault.New(fault.Forbidden, "client_id", "You have not authorised %s yet. Open it in the Marketplace to do so.", windows[0].App.Name)
		}
		rows, err := dockRows(tx, c.User)
		if err != nil {
			return err
		}
		r := rowOf(rows, clientID, apps[clientID])
		change(tx, &r)
		_, err = tx.Exec(`INSERT INTO extension_dock (company_id, user_id, client_id, pinned_at, x, y, width, height)
			VALUES (@company, ?, ?, ?, ?, ?, ?, ?)
			ON CONFLICT (company_id, user_id, client_id) DO UPDATE SET
			pinned_at = excluded.pinned_at, x = excluded.x, y = excluded.y, width = excluded.width, height = excluded.height`,
			c.User, clientID, r.pinnedAt, r.place.X, r.place.Y, r.place.Width, r.place.Height)
		return err
	})
}

func fold(s string) string { return strings.ToLower(s) }
