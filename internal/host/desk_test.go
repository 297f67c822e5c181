package host_test

import (
	"log/slog"
	"net/http"
	"testing"
	"time"

	"github.com/dockwright/dockwright/internal/clock"
	"github.com/dockwright/dockwright/internal/fault"
	"github.com/dockwright/dockwright/internal/host"
	"github.com/dockwright/dockwright/internal/host/account"
	"github.com/dockwright/dockwright/internal/host/authz"
	"github.com/dockwright/dockwright/internal/host/devhub"
	"github.com/dockwright/dockwright/internal/host/journal"
	"github.com/dockwright/dockwright/internal/host/route"
	"github.com/dockwright/dockwright/internal/secret"
	"github.com/dockwright/dockwright/internal/store"
	"github.com/dockwright/dockwright/internal/store/storetest"
)

// assembled is a host over db with a desk as cfg says; it does not run.
func assembled(t *testing.T, db *store.DB, cfg host.Config) *host.Host {
	t.Helper()
	keys, err := secret.NewKeyring(make([]byte, 32))
	if err != nil {
		t.Fatal(err)
	}
	cfg.DB, cfg.Keys, cfg.BaseURL, cfg.Log = db, keys, "http://crm.test", slog.New(slog.DiscardHandler)
	cfg.JournalDB = storetest.SQLite(t, journal.Migrations)
	h, err := host.New(t.Context(), cfg)
	if err != nil {
		t.Fatal(err)
	}
	return h
}

// spec: control.closed, control.token
func TestDeskIsClosedWithoutAToken(t *testing.T) {
	t.Parallel()
	closed := assembled(t, storetest.SQLite(t, host.Migrations()...), host.Config{})
	if status, body := ask(closed, http.MethodGet, "/_dockwright/state", here); status != http.StatusNotFound {
		t.Errorf("closed: %d %s", status, body)
	}
	open := assembled(t, storetest.SQLite(t, host.Migrations()...), host.Config{DeskToken: "a token of the operator"})
	for _, c := range []struct {
		authorization string
		status        int
	}{
		{"", http.StatusUnauthorized},
		{"Bearer another", http.StatusUnauthorized},
		{"Basic a token of the operator", http.StatusUnauthorized},
		{"Bearer a token of the operator", http.StatusOK},
	} {
		if status, body := ask(open, http.MethodGet, "/_dockwright/state", elsewhere, "Authorization", c.authorization); status != c.status {
			t.Errorf("%q: %d, want %d: %s", c.authorization, status, c.status, body)
		}
	}
	demo := newHost(t)
	if status, _ := ask(demo, http.MethodGet, "/_dockwright/state", here); status != http.StatusOK {
		t.Errorf("demo mode, here: %d", status)
	}
	if status, _ := ask(demo, http.MethodGet, "/_dockwright/state", elsewhere); status != http.StatusForbidden {
		t.Errorf("demo mode, elsewhere: %d, want 403", status)
	}
}

// A company goes with everything that any room keeps of it, whatever refers to
// what. Another company on the host keeps all it has.
// spec: control.erases-everything
func TestEraseEmptiesEveryTable(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, open func(...store.Migrations) *store.DB) {
		db := open(host.Migrations()...)
		assembled(t, db, host.Config{Demo: true})
		count := func(company int64) (n int64) {
			t.Helper()
			err := db.Company(company).View(t.Context(), func(tx *store.Tx) (err error) {
				n, err = store.One(tx, store.Value[int64], `SELECT COUNT(*) FROM records_contact c JOIN account_user u
					ON u.company_id = c.company_id WHERE c.company_id = @company`)
				return err
			})
			if err != nil {
				t.Fatal(err)
			}
			return n
		}
		if count(1) == 0 {
			t.Fatal("the demo company has no records to erase")
		}
		erase := func(company int64) {
			t.Helper()
			if err := db.Company(company).Update(t.Context(), func(tx *store.Tx) error { return tx.Erase("") }); err != nil {
				t.Fatal(err)
			}
		}
		erase(2)
		if count(1) == 0 {
			t.Error("erasing a company took another's records")
		}
		erase(1)
		if n := count(1); n != 0 {
			t.Errorf("%d rows left", n)
		}
	})
}

// The clock is where it was left when the host starts again.
// spec: control.clock
func TestClockIsKept(t *testing.T) {
	t.Parallel()
	db := storetest.SQLite(t, host.Migrations()...)
	first := assembled(t, db, host.Config{Clock: clock.Shift(clock.System{}), Desk: true})
	if _, err := first.Rooms().Control.Advance(t.Context(), 61*time.Minute); err != nil {
		t.Fatal(err)
	}
	again := clock.Shift(clock.System{})
	assembled(t, db, host.Config{Clock: again, Desk: true})
	if again.Ahead() != 61*time.Minute {
		t.Errorf("after a restart the clock is %s ahead", again.Ahead())
	}
}

// An app of a company that is removed goes from the other companies too.
// spec: control.reset
func TestResetRemovesAppsElsewhere(t *testing.T) {
	t.Parallel()
	rooms := assembled(t, storetest.SQLite(t, host.Migrations()...), host.Config{Desk: true}).Rooms()
	admin := map[string]route.Caller{}
	for _, domain := range []string{"one", "two"} {
		c, err := rooms.Account.CreateCompany(t.Context(), account.NewCompany{Name: domain, Domain: domain})
		if err != nil {
			t.Fatal(err)
		}
		u, err := rooms.Account.CreateUser(t.Context(), c.ID, account.NewUser{Name: "Ann", Email: "ann@" + domain + ".example", Admin: true})
		if err != nil {
			t.Fatal(err)
		}
		admin[domain] = route.Caller{Company: c.ID, User: u.ID, Admin: true}
	}
	const back = "https://app.example/callback"
	app, err := rooms.DevHub.Create(t.Context(), admin["one"], false, devhub.Registration{Name: "App", CallbackURL: back})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := rooms.DevHub.SetLive(t.Context(), admin["one"], app.ClientID); err != nil {
		t.Fatal(err)
	}
	if _, err := rooms.Authz.Approve(t.Context(), admin["two"], authz.Request{ClientID: app.ClientID, RedirectURI: back}, false); err != nil {
		t.Fatal(err)
	}
	if removed, err := rooms.Control.Reset(t.Context(), "one"); err != nil || len(removed) != 1 {
		t.Fatalf("removed %v, %v", removed, err)
	}
	if err := rooms.Authz.Uninstall(t.Context(), admin["two"], app.ClientID); fault.KindOf(err) != fault.NotFound {
		t.Errorf("the app is still installed in the other company: %v", err)
	}
}
