package extension_test

import (
	"context"
	"fmt"
	"strings"
	"testing"

	"github.com/dockwright/dockwright/internal/dial"
	"github.com/dockwright/dockwright/internal/fault"
	"github.com/dockwright/dockwright/internal/host/account"
	"github.com/dockwright/dockwright/internal/host/authz"
	"github.com/dockwright/dockwright/internal/host/devhub"
	"github.com/dockwright/dockwright/internal/host/event"
	"github.com/dockwright/dockwright/internal/host/extension"
	"github.com/dockwright/dockwright/internal/host/outbound"
	"github.com/dockwright/dockwright/internal/host/route"
	"github.com/dockwright/dockwright/internal/lane"
	"github.com/dockwright/dockwright/internal/live"
	"github.com/dockwright/dockwright/internal/secret"
	"github.com/dockwright/dockwright/internal/store"
	"github.com/dockwright/dockwright/internal/store/storetest"
)

// desk is the room with the demo company's users and a second company.
type desk struct {
	*extension.Service
	t     *testing.T
	db    *store.DB
	apps  *devhub.Service
	auth  *authz.Service
	other int64 // the second company
}

var (
	boss      = route.Caller{Company: 1, User: 1, Admin: true}
	colleague = route.Caller{Company: 1, User: 2}
)

func newDesk(t *testing.T, open func(...store.Migrations) *store.DB) desk {
	t.Helper()
	db := open(lane.Migrations, live.Migrations, event.Migrations, account.Migrations, devhub.Migrations, authz.Migrations, extension.Migrations)
	d := desk{t: t, db: db}
	accounts := account.New(db, account.Options{Demo: true})
	d.ok(accounts.SeedDemo(t.Context()))
	second, err := accounts.CreateCompany(t.Context(), account.NewCompany{Name: "Second"})
	d.ok(err)
	d.other = second.ID
	keys, err := secret.NewKeyring(make([]byte, secret.KeySize))
	d.ok(err)
	d.apps = devhub.New(db, keys)
	door := outbound.New(outbound.Options{Guard: dial.Guard{LoopbackOnly: true}})
	d.auth, err = authz.New(db, authz.Options{Accounts: accounts, Apps: d.apps, Door: door, BaseURL: "http://127.0.0.1", Demo: true})
	d.ok(err)
	d.Service = extension.New(db, extension.Options{Apps: d.apps, Installs: d.auth, Door: door})
	return d
}

func (d desk) ok(err error) {
	d.t.Helper()
	if err != nil {
		d.t.Fatal(err)
	}
}

// app registers a public app.
func (d desk) app(name string, list ...devhub.NewExtension) (clientID string) {
	d.t.Helper()
	p, _, err := d.apps.PrepareApp(devhub.NewApp{
		Registration: devhub.Registration{Name: name, CallbackURL: "https://app.example.com/cb", Scopes: []string{"base"}, SharingEnabled: true},
		Public:       true, State: devhub.StatusLive,
	})
	d.ok(err)
	for i, e := range list {
		e.URL = "https://app.example.com/frame"
		d.ok(d.apps.PrepareExtension(&p, devhub.FileExtension{UUID: fmt.Sprintf("%s-0000-4000-8000-%012d", p.ClientID()[:8], i+1), NewExtension: e}))
	}
	d.ok(d.db.Company(1).Update(d.t.Context(), func(tx *store.Tx) error {
		_, err := d.apps.AddApp(tx, 1, p)
		return err
	}))
	return p.ClientID()
}

// window is a floating window; calls is whether phone numbers open it.
func window(calls bool) devhub.NewExtension {
	return devhub.NewExtension{Kind: devhub.FloatingWindow, Name: "Window", Description: "A window.", CallEntry: calls}
}

func (d desk) install(company, user int64, clientID string, shared bool) {
	d.t.Helper()
	d.ok(d.db.Company(company).Update(d.t.Context(), func(tx *store.Tx) error {
		_, err := d.auth.AddInstallation(tx, authz.Installation{User: user, ClientID: clientID, Scopes: []string{"base"}, Shared: shared}, tx.Now())
		return err
	}))
}

// names are those of a group, in its order.
func names(group []extension.DockApp) string {
	var out []string
	for _, a := range group {
		out = append(out, a.App.Name)
	}
	return strings.Join(out, " ")
}

func (d desk) want(c route.Caller, pinned, windows, others, waiting, callers string) extension.Dock {
	d.t.Helper()
	dock, err := d.Dock(d.t.Context(), c)
	d.ok(err)
	for _, g := range []struct {
		name, got, want string
	}{
		{"pinned", names(dock.Pinned), pinned}, {"windows", names(dock.Windows), windows}, {"others", names(dock.Others), others},
		{"waiting", names(dock.Waiting), waiting}, {"callers", names(dock.Callers()), callers},
	} {
		if g.got != g.want {
			d.t.Errorf("%s of user %d are %q, want %q", g.name, c.User, g.got, g.want)
		}
	}
	return dock
}

// The groups of the dock: alphabetical whatever the case, each app in one of them;
// who has not authorised an app has no window of it.
// spec: surface.dock
// spec: surface.dock.new-app
// spec: surface.calls
func TestDockOfEachUser(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, open func(...store.Migrations) *store.DB) {
		d := newDesk(t, open)
		zed, ango, quotes := d.app("Zed", window(true)), d.app("ango", window(false)), d.app("Quotes", devhub.NewExtension{Kind: devhub.AppSettings})
		ring := d.app("Ring", window(true))
		d.want(boss, "", "", "", "", "")

		for _, id := range []string{zed, ango, quotes} {
			d.install(1, 1, id, false)
		}
		d.install(1, 2, ring, true)
		dock := d.want(boss, "Zed ango", "ango Zed", "Quotes", "Ring", "Zed Ring")
		if dock.Others[0].Settings == nil || dock.Windows[0].Settings != nil || dock.Waiting[0].Authorized {
			t.Errorf("settings or authorisation are wrong: %+v", dock)
		}
		d.want(colleague, "Ring", "Ring", "", "", "Ring")
		d.want(route.Caller{Company: d.other, User: 1}, "", "", "", "", "")

		// First pinned first; what is pinned again stands at the end.
		d.ok(d.Pin(t.Context(), boss, zed, false))
		d.want(boss, "ango", "ango Zed", "Quotes", "Ring", "Zed Ring")
		d.ok(d.Pin(t.Context(), boss, zed, true))
		d.ok(d.Pin(t.Context(), boss, zed, true)) // again: nothing changes
		d.want(boss, "ango Zed", "ango Zed", "Quotes", "Ring", "Zed Ring")

		// Sharing ends, and an app goes.
		d.ok(d.auth.SetShared(t.Context(), colleague, ring, false))
		d.ok(d.auth.Uninstall(t.Context(), boss, zed))
		d.want(boss, "ango", "ango", "Quotes", "", "")
		d.want(colleague, "Ring", "Ring", "", "", "Ring")
	})
}

// A place is the user's own, and a move is not a size.
// spec: surface.floating.place
func TestPlacesOfWindows(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, open func(...store.Migrations) *store.DB) {
		d := newDesk(t, open)
		zed := d.app("Zed", window(false))
		d.install(1, 1, zed, false)
		d.install(1, 2, zed, false)
		place := extension.Place{X: 900, Y: 80, Width: 320, Height: 240}
		d.ok(d.Move(t.Context(), boss, zed, extension.Place{X: 1, Y: 2}))
		d.ok(d.Move(t.Context(), boss, zed, place))
		if got := d.want(boss, "Zed", "Zed", "", "", "").Windows[0].Place; got != place {
			t.Errorf("the place is %+v, want %+v", got, place)
		}
		if got := d.want(colleague, "Zed", "Zed", "", "", "").Windows[0].Place; got != (extension.Place{}) {
			t.Errorf("a colleague has the place %+v", got)
		}
		d.ok(d.Pin(t.Context(), boss, zed, false))
		d.ok(d.Move(t.Context(), boss, zed, extension.Place{X: 5, Y: 60}))
		d.want(boss, "", "Zed", "", "", "") // moving does not pin
	})
}

// spec: surface.access
func TestDockRefusals(t *testing.T) {
	t.Parallel()
	d := newDesk(t, func(ms ...store.Migrations) *store.DB { return storetest.SQLite(t, ms...) })
	ring, plain, zed := d.app("Ring", window(true)), d.app("Plain"), d.app("Zed", window(false))
	d.install(1, 2, ring, true)
	d.install(1, 1, plain, false)
	d.install(1, 1, zed, false)
	other := route.Caller{Company: d.other, User: 1}
	move := func(c route.Caller, id string, p extension.Place) func(context.Context) error {
		return func(ctx context.Context) error { return d.Move(ctx, c, id, p) }
	}
	pin := func(c route.Caller, id string) func(context.Context) error {
		return func(ctx context.Context) error { return d.Pin(ctx, c, id, true) }
	}
	for name, c := range map[string]struct {
		do   func(context.Context) error
		kind fault.Kind
		want string
	}{
		"not authorised":        {pin(boss, ring), fault.Forbidden, "You have not authorised Ring yet."},
		"no window":             {pin(boss, plain), fault.NotFound, "with a floating window"},
		"not installed":         {pin(colleague, zed), fault.NotFound, "You have no app"},
		"of another company":    {pin(other, zed), fault.NotFound, "You have no app"},
		"moved, not authorised": {move(boss, ring, extension.Place{}), fault.Forbidden, "authorised"},
		"moved away":            {move(boss, zed, extension.Place{X: -1}), fault.Invalid, "Expected 0 to 100000 pixels, got -1."},
		"too large":             {move(boss, zed, extension.Place{Height: 1 << 40}), fault.Invalid, "Expected 0 to 100000 pixels"},
	} {
		if err := c.do(t.Context()); fault.KindOf(err) != c.kind || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: got %v", name, err)
		}
	}
}
