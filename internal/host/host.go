// Package host assembles the CRM side: it opens the rooms in order, hands each
// what it needs from the ones below, and joins their route tables into one
// handler.
package host

import (
	"context"
	"crypto/x509"
	"fmt"
	"log/slog"
	"net/http"
	"net/netip"
	"slices"
	"time"

	"golang.org/x/sync/errgroup"

	"github.com/dockwright/dockwright/internal/clock"
	"github.com/dockwright/dockwright/internal/dial"
	"github.com/dockwright/dockwright/internal/host/account"
	"github.com/dockwright/dockwright/internal/host/authz"
	"github.com/dockwright/dockwright/internal/host/control"
	"github.com/dockwright/dockwright/internal/host/crm"
	"github.com/dockwright/dockwright/internal/host/devhub"
	"github.com/dockwright/dockwright/internal/host/event"
	"github.com/dockwright/dockwright/internal/host/extension"
	"github.com/dockwright/dockwright/internal/host/inbox"
	"github.com/dockwright/dockwright/internal/host/journal"
	"github.com/dockwright/dockwright/internal/host/outbound"
	"github.com/dockwright/dockwright/internal/host/records"
	"github.com/dockwright/dockwright/internal/host/subscription"
	"github.com/dockwright/dockwright/internal/host/videocall"
	"github.com/dockwright/dockwright/internal/host/web"
	"github.com/dockwright/dockwright/internal/lane"
	"github.com/dockwright/dockwright/internal/live"
	"github.com/dockwright/dockwright/internal/secret"
	"github.com/dockwright/dockwright/internal/store"
)

// Config is what a host needs to know.
type Config struct {
	// DB holds the rooms' tables; JournalDB holds the exchanges with apps.
	DB, JournalDB *store.DB
	// Keys seal the secrets of apps.
	Keys *secret.Keyring
	// BaseURL is the origin that people and apps use, without a slash at the end.
	BaseURL string
	// CompanyURL gives each company an origin of its own:
	// https://{company}.example.com. Default: all are at BaseURL.
	CompanyURL string
	// TrustedProxies are believed when they say where a request came from.
	TrustedProxies []netip.Prefix
	// Roots are the authorities that calls out trust, of apps and of the host
	// itself. Default: the machine's.
	Roots *x509.CertPool
	// Demo seeds a company, signs everybody in as its admin, and lets the host
	// call loopback addresses and nothing else.
	Demo bool
	// AllowLoopback lets the host call apps on this machine besides those at
	// public addresses. Demo mode does so by itself.
	AllowLoopback bool
	// Clock is the one that DB was opened with, so that the desk can move it. Tokens
	// and windows follow the clock of DB in any case.
	Clock *clock.Shifted
	// Desk opens the operator's desk under /_dockwright/ to this machine. Demo mode
	// does so by itself.
	Desk bool
	// DeskToken opens the desk to whoever shows it, from anywhere.
	DeskToken string
	// Log receives what no caller is told. Default: slog.Default().
	Log *slog.Logger
	// JournalBytes bounds the journal. Default 256 MB.
	JournalBytes int64
	// JournalHeadersOnly keeps bodies out of the journal.
	JournalHeadersOnly bool
	// AccessTokens is what access tokens look like. Default: authz.LongTokens.
	AccessTokens authz.TokenForm
	// Limits bound the use of REST; see authz.PlanLimits. Default: none.
	Limits authz.Limits
	// EachAuthorizes lets colleagues use a shared app's channels only once they have
	// installed it themselves.
	EachAuthorizes bool
	// DisableDedup plants a fault for tests: a message that comes twice is stored
	// twice.
	DisableDedup bool
}

// Migrations are the tables of all rooms on the host's own database.
func Migrations() []store.Migrations {
	return []store.Migrations{
		lane.Migrations, live.Migrations, event.Migrations,
		account.Migrations, devhub.Migrations, authz.Migrations, records.Migrations, inbox.Migrations, control.Migrations,
		subscription.Migrations, videocall.Migrations, extension.Migrations,
	}
}

// Host is an assembled host.
type Host struct {
	cfg     Config
	handler http.Handler
	account *account.Service
	inbox   *inbox.Service
	rooms   Rooms
	// operations are method and pattern of the routes that take tokens.
	operations []string
	// pages are those of the routes that take the login cookie.
	pages     []string
	journal   *journal.Journal
	lanes     *lane.Runner
	hub       *live.Hub
	events    *event.Log
	announcer *event.Announcer
	faults    *control.Faults // nil while the desk is closed
	desk      *control.Service
	demo      int64 // the demo company's id, 0 outside of demo mode
}

// Rooms are the services of a host, for who sets one up without its pages: tests
// and the operator's desk.
type Rooms struct {
	Account *account.Service
	DevHub  *devhub.Service
	Authz   *authz.Service
	Records *records.Service
	Inbox   *inbox.Service
	Control *control.Service
	Faults  *control.Faults // nil while the desk is closed
	// Subscription tells changes by webhooks.
	Subscription *subscription.Service
}

// laneLease is how long a lane rests after its node was killed, if another node
// shares the database. It leaves room for the longest call, which carries files.
const laneLease = 40 * time.Second

// laneBackoff is the longest pause between two tries: an app that is back gets
// what waited within it.
const laneBackoff = 30 * time.Second

// announceEvery bounds how often open Inspectors look for new exchanges.
const announceEvery = 200 * time.Millisecond

// New assembles a host and, in demo mode, seeds it. Nothing runs until Run.
func New(ctx context.Context, cfg Config) (*Host, error) {
	if cfg.Log == nil {
		cfg.Log = slog.Default()
	}
	h := &Host{cfg: cfg}
	h.account = account.New(cfg.DB, account.Options{Demo: cfg.Demo})
	apps := devhub.New(cfg.DB, cfg.Keys)
	if cfg.Demo {
		apps.ApproveAtOnce()
	}
	h.announcer = event.NewAnnouncer(cfg.DB, event.Event{Kind: "journal.recorded", Topics: []string{web.InspectorTopic}}, announceEvery, cfg.Log)
	h.journal = journal.New(cfg.JournalDB, journal.Options{
		MaxBytes: cfg.JournalBytes, HeadersOnly: cfg.JournalHeadersOnly, Clock: cfg.DB, Log: cfg.Log,
		OnRecorded: h.recorded, OwnerOf: ownerOf(apps),
	})
	if err := h.assemble(ctx, apps); err != nil {
		h.journal.Close()
		return nil, err
	}
	return h, nil
}

// assemble makes the rooms from the floor up and joins their routes.
func (h *Host) assemble(ctx context.Context, apps *devhub.Service) error {
	cfg := h.cfg
	guard := dial.Guard{AllowLoopback: cfg.AllowLoopback, Roots: cfg.Roots}
	if cfg.Demo {
		guard = dial.Guard{LoopbackOnly: true, Roots: cfg.Roots}
	}
	doorway := outbound.Options{Journal: h.journal, Guard: guard, Log: cfg.Log}
	if cfg.Desk || cfg.Demo || cfg.DeskToken != "" {
		h.faults = control.NewFaults()
		doorway.Twice = h.faults.Twice
	}
	door := outbound.New(doorway)
	auth, err := authz.New(cfg.DB, authz.Options{
		Accounts: h.account, Apps: apps, Door: door, BaseURL: cfg.BaseURL, Demo: cfg.Demo, Log: cfg.Log,
		CompanyURL: cfg.CompanyURL, TrustedProxies: cfg.TrustedProxies,
		AccessTokens: cfg.AccessTokens, EachAuthorizes: cfg.EachAuthorizes, Limits: cfg.Limits,
	})
	if err != nil {
		return err
	}
	h.lanes = lane.NewRunner(cfg.DB, lane.Options{Log: cfg.Log, Lease: laneLease, MaxBackoff: laneBackoff, Sole: cfg.DB.Dialect() == store.SQLite})
	h.hub = live.NewHub(cfg.DB, live.HubOptions{Log: cfg.Log})
	h.events = event.NewLog(cfg.DB, event.Options{Log: cfg.Log})
	auth.Work(h.lanes)
	contacts := records.New(cfg.DB, records.WithUsers(h.account))
	contacts.Work(h.lanes)
	h.inbox = inbox.New(cfg.DB, inbox.Options{
		Outbound: door, Lanes: h.lanes, Events: h.events, Apps: apps, Installs: auth, Users: h.account,
		Records: contacts, Clock: cfg.DB, Log: cfg.Log, DisableDedup: cfg.DisableDedup,
		EachAuthorizes: cfg.EachAuthorizes,
	})
	hooks, err := subscription.New(cfg.DB, subscription.Options{
		Outbound: door, Lanes: h.lanes, Events: h.events, Installs: auth, Users: h.account, Records: contacts, Apps: apps, Keys: cfg.Keys,
		BaseURL: cfg.BaseURL, AllowPlain: cfg.AllowLoopback || cfg.Demo, Log: cfg.Log,
	})
	if err != nil {
		return err
	}
	replayer := outbound.NewReplayer(outbound.ReplayOptions{
		Door: door, Journal: h.journal, BaseURL: cfg.BaseURL, Roots: cfg.Roots, Secret: apps.Secret, Token: auth.ReplayToken,
	})
	endpoints := crm.New(crm.Options{DB: cfg.DB, Accounts: h.account, Authz: auth, Records: contacts, Log: cfg.Log})
	calls, err := videocall.New(cfg.DB, h.events, cfg.Log)
	if err != nil {
		return err
	}
	surfaces := extension.New(cfg.DB, extension.Options{Apps: apps, Installs: auth, Door: door})
	api := slices.Concat(auth.Routes(), endpoints.Routes(), h.inbox.Routes(), calls.Routes(), hooks.Routes())
	pages, err := web.New(web.Services{
		Account: h.account, DevHub: apps, Authz: auth, Records: contacts, Inbox: h.inbox, Extension: surfaces, Subscription: hooks, Hub: h.hub,
		DB: cfg.DB, Clock: cfg.DB, BaseURL: cfg.BaseURL, CompanyURL: cfg.CompanyURL, Demo: cfg.Demo, Log: cfg.Log,
		Journal: h.journal, Replay: replayer.Replay, API: api,
	})
	if err != nil {
		return err
	}
	if cfg.Demo {
		if err := h.seed(ctx, contacts); err != nil {
			return fmt.Errorf("seed the demo company: %w", err)
		}
	}
	if h.desk, err = control.New(ctx, cfg.DB, control.Options{
		Accounts: h.account, Apps: apps, Authz: auth, Records: contacts, Inbox: h.inbox, Subscription: hooks, Journal: h.journal, Clock: cfg.Clock,
		Faults: h.faults, Open: cfg.Desk || cfg.Demo, Token: cfg.DeskToken, Demo: cfg.Demo, Log: cfg.Log,
	}); err != nil {
		return fmt.Errorf("the operator's desk: %w", err)
	}
	h.rooms = Rooms{
		Account: h.account, DevHub: apps, Authz: auth, Records: contacts, Inbox: h.inbox, Control: h.desk, Faults: h.faults, Subscription: hooks,
	}
	h.handler = auth.Front(h.mux(auth.Guard, api, h.desk.Routes(), pages.Routes()))
	return nil
}

// seed brings the demo company, where it is not there yet.
func (h *Host) seed(ctx context.Context, contacts *records.Service) error {
	if err := h.account.SeedDemo(ctx); err != nil {
		return err
	}
	var err error
	if h.demo, err = h.account.DemoCompany(ctx); err != nil {
		return err
	}
	if err := contacts.SeedDemo(ctx, h.demo); err != nil {
		return err
	}
	return contacts.SeedDemoDoings(ctx, h.demo)
}

// recorded tells open Inspectors of a company. What nobody could be recognised in
// is shown to the demo company, which is alone on its host.
func (h *Host) recorded(company int64) {
	if company == 0 {
		company = h.demo
	}
	h.announcer.Tell(company)
}

// ownerOf finds whose developers want to see an exchange in which no company was
// recognised.
func ownerOf(apps *devhub.Service) func(context.Context, string) int64 {
	return func(ctx context.Context, clientID string) int64 {
		app, err := apps.ByClientID(ctx, clientID)
		if err != nil {
			return 0
		}
		return app.Owner
	}
}

// Handler answers everything that comes to the host's origin.
func (h *Host) Handler() http.Handler { return h.handler }

// Operations are the paths that apps call with a token, as "GET /v1/users/me", in
// the order of the rooms' tables.
func (h *Host) Operations() []string { return h.operations }

// Pages are the paths that people reach when they are signed in, as "GET
// /persons/{id}", in the order of the rooms' tables.
func (h *Host) Pages() []string { return h.pages }

// Rooms are the services behind the handler.
func (h *Host) Rooms() Rooms { return h.rooms }

// SetupNote is what an operator has to be told at the first start: where to make
// the first company. It is empty once there is one.
func (h *Host) SetupNote(ctx context.Context) string {
	token, err := h.account.SetupToken(ctx)
	if err != nil || token == "" {
		return ""
	}
	return fmt.Sprintf("first start: make your company at %s/setup?token=%s", h.cfg.BaseURL, token)
}

// Run works lanes, feeds followers and sends live updates until ctx ends. What
// was being done has ended when it returns.
func (h *Host) Run(ctx context.Context) error {
	defer h.journal.Close()
	g, ctx := errgroup.WithContext(ctx)
	g.Go(func() error { return h.lanes.Run(ctx) })
	g.Go(func() error { return h.hub.Run(ctx) })
	g.Go(func() error { return h.events.Run(ctx) })
	g.Go(func() error { return h.announcer.Run(ctx) })
	g.Go(func() error { return h.desk.Run(ctx) })
	g.Go(func() error { return h.rooms.Authz.Run(ctx) })
	return g.Wait()
}
