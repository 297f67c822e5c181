package hosttest

import (
	"cmp"
	"context"
	"fmt"
	"log/slog"
	"net/http/httptest"
	"testing"

	"github.com/dockwright/dockwright/internal/clock"
	"github.com/dockwright/dockwright/internal/host"
	"github.com/dockwright/dockwright/internal/host/account"
	"github.com/dockwright/dockwright/internal/host/authz"
	"github.com/dockwright/dockwright/internal/secret"
)

// Host is a running host.
type Host struct {
	// URL is the host's origin, "http://127.0.0.1:port".
	URL string
	// Tenant is the first company.
	*Tenant
	// Seeded is what seed files made, by the domain of the company.
	Seeded map[string]*Seeded

	t       testing.TB
	rooms   host.Rooms
	served  []string
	pages   []string
	apps    *appServer
	second  *Tenant
	records bool
}

// Tenant is a company of a host, with people in it and an app.
type Tenant struct {
	Company Company
	// Admin administers the company, Agent does not.
	Admin, Agent User
	// App has every scope, and was installed by Admin.
	App App
}

// Company is a company of the host.
type Company struct {
	ID           int64
	Name, Domain string
}

// User is somebody who works in a company.
type User struct {
	Company     int64 // the company's id
	ID          int64
	Name, Email string
	// Token is the user's personal API token, for the header x-api-token.
	Token string
}

// New starts a host that ends with the test. It fails the test if it cannot.
func New(t testing.TB, opts ...Option) *Host {
	t.Helper()
	s := settings{clock: clock.System{}}
	for _, o := range opts {
		o(&s)
	}
	keys, err := secret.NewKeyring([]byte(secret.Random(32))[:32])
	if err != nil {
		t.Fatal(err)
	}
	limits, ok := authz.PlanLimits(cmp.Or(s.plan, "off"))
	if !ok {
		t.Fatalf("hosttest: there is no plan %q", s.plan)
	}
	now := clock.Shift(s.clock)
	db, journalDB := s.open(t, now)
	front := httptest.NewUnstartedServer(nil)
	h := &Host{URL: "http://" + front.Listener.Addr().String(), t: t, apps: newAppServer(t), records: s.records}
	built, err := host.New(t.Context(), host.Config{
		DB: db, JournalDB: journalDB, Keys: keys, BaseURL: h.URL, AllowLoopback: true, Clock: now, Desk: true, Limits: limits,
		Log: slog.New(slog.DiscardHandler),
	})
	if err != nil {
		t.Fatal(err)
	}
	front.Config.Handler = built.Handler()
	front.Start()
	run(t, built, front.Close)
	h.rooms, h.served, h.pages = built.Rooms(), built.Operations(), built.Pages()
	if h.Tenant, err = h.tenant("Nordwind Trading", "nordwind"); err != nil {
		t.Fatal(err)
	}
	for _, file := range s.seeds {
		h.Seed(file)
	}
	return h
}

// Operations are method and path of everything that apps call with a token, as
// "GET /v1/users/me"; what lies under /v1 is served under /api/v1 too.
func (h *Host) Operations() []string { return h.served }

// Pages are method and path of everything that people see when they are signed
// in, as "GET /persons/{id}".
func (h *Host) Pages() []string { return h.pages }

// run works what the host does in the background until the test ends.
func run(t testing.TB, built *host.Host, closeFront func()) {
	ctx, stop := context.WithCancel(context.Background())
	ended := make(chan error, 1)
	go func() { ended <- built.Run(ctx) }()
	t.Cleanup(func() {
		stop()
		closeFront()
		if err := <-ended; err != nil {
			t.Errorf("hosttest: the host ended with: %v", err)
		}
	})
}

// Second is another company in the same host, for showing that what an app does
// in one company stays there. Its people and records have the same ids as those
// of the first. It is made by the first call.
func (h *Host) Second() *Tenant {
	h.t.Helper()
	if h.second != nil {
		return h.second
	}
	var err error
	if h.second, err = h.tenant("Fjellstad Works", "fjellstad"); err != nil {
		h.t.Fatal(err)
	}
	return h.second
}

// tenant makes a company, its people and an app in it.
func (h *Host) tenant(name, domain string) (*Tenant, error) {
	ctx := context.Background()
	c, err := h.rooms.Account.CreateCompany(ctx, account.NewCompany{Name: name, Domain: domain, Country: "EE"})
	if err != nil {
		return nil, fmt.Errorf("make the company %s: %w", name, err)
	}
	t := &Tenant{Company: Company{c.ID, c.Name, c.Domain}}
	if t.Admin, err = h.user(ctx, c, "Helena Vaher", "helena", true); err != nil {
		return nil, err
	}
	if t.Agent, err = h.user(ctx, c, "Jonas Lindqvist", "jonas", false); err != nil {
		return nil, err
	}
	if h.records {
		if _, err = h.user(ctx, c, "Oskar Berg", "oskar", false); err != nil {
			return nil, err
		}
		if err := h.rooms.Records.SeedDemo(ctx, c.ID); err != nil {
			return nil, fmt.Errorf("fill the company %s: %w", name, err)
		}
	}
	t.App, err = h.install(t.Admin, t.Admin, everyScope())
	return t, err
}

func (h *Host) user(ctx context.Context, c account.Company, name, at string, admin bool) (User, error) {
	u, err := h.rooms.Account.CreateUser(ctx, c.ID, account.NewUser{Name: name, Email: at + "@" + c.Domain + ".example", Admin: admin})
	if err != nil {
		return User{}, fmt.Errorf("make the user %s: %w", name, err)
	}
	token, err := h.rooms.Authz.SetPersonalToken(ctx, c.ID, u.ID)
	if err != nil {
		return User{}, fmt.Errorf("make the personal token of %s: %w", name, err)
	}
	return User{c.ID, u.ID, u.Name, u.Email, token}, nil
}
