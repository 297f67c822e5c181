// Package messaging is the messaging app: it keeps the archive of what people
// write over any network, hands it to the host in order, and carries the
// agents' answers back. It knows a host only by its URL. Networks are plugged in
// through the [Network] port, a folder each.
//
// A message is acknowledged after one transaction has stored it together with
// the work of telling the host. If the host is away, messages wait in lanes, one
// per conversation, and arrive in order when it is back.
package messaging

import (
	"context"
	"embed"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"net/url"
	"strings"
	"sync"
	"time"

	"github.com/dockwright/dockwright/appkit"
	"github.com/dockwright/dockwright/internal/dial"
	"github.com/dockwright/dockwright/internal/fault"
	"github.com/dockwright/dockwright/internal/lane"
	"github.com/dockwright/dockwright/internal/live"
	"github.com/dockwright/dockwright/internal/secret"
	"github.com/dockwright/dockwright/internal/store"
)

//go:embed schema/*.sql
var schemaFS embed.FS

// Migrations are the tables of the app's database.
func Migrations() []store.Migrations {
	return []store.Migrations{lane.Migrations, live.Migrations, {Room: "messaging", FS: schemaFS}}
}

// Config is what the app needs. Its clock is that of the database.
type Config struct {
	DB   *store.DB
	Keys *secret.Keyring
	// HostURL is the origin of the host's OAuth server.
	HostURL string
	// BaseURL is the app's own origin, as hosts and customers reach it.
	BaseURL string
	// ClientID and Secret come from the host's Developer Hub. If they are empty
	// the operator enters them on the app's page.
	ClientID string
	Secret   string
	// Demo leaves out the operator's sign-in and answers to this machine's names
	// only. The app must listen on loopback then.
	Demo bool
	// OperatorKey opens the operator's page. It may be empty in demo mode only.
	OperatorKey string
	// Guard says which addresses the host may be at.
	Guard dial.Guard
	// LinkLife is how long links to attachments work. Default 1 hour.
	LinkLife time.Duration
	// DisableDedup plants a fault for a crash test: messages that come again are
	// stored and sent again.
	DisableDedup bool
	Log          *slog.Logger // default slog.Default()
}

const (
	defaultLinkLife = time.Hour
	hostTimeout     = 10 * time.Second
	laneLease       = 15 * time.Second // how long a lane rests after its node was killed
	firstBackoff    = 250 * time.Millisecond
	lastBackoff     = 15 * time.Second // a host that is back is noticed soon
)

// App is the messaging app. Make one with New, serve Handler, and Run it.
type App struct {
	cfg      Config
	core     *Core
	settings *settings
	vault    *vault
	client   *http.Client
	rest     *appkit.REST
	states   *appkit.States
	runner   *lane.Runner
	hub      *live.Hub
	pages    *pages
	signIns  *attempts
	handler  http.Handler
	networks []Network // in the order of the page
}

// New assembles the app. The database must have been opened with Migrations.
func New(_ context.Context, cfg Config, networks ...Network) (*App, error) {
	if err := cfg.check(networks); err != nil {
		return nil, err
	}
	a := &App{cfg: cfg, networks: networks, client: dial.Client(cfg.Guard, dial.Options{Timeout: hostTimeout}), signIns: newAttempts()}
	a.settings = newSettings(cfg.DB, cfg.Keys, appkit.Credentials{ClientID: cfg.ClientID, Secret: cfg.Secret})
	a.vault = &vault{db: cfg.DB, keys: cfg.Keys}
	a.rest = &appkit.REST{Tokens: &appkit.Tokens{Vault: a.vault, Source: refresher{a}, Now: cfg.DB.Now}, HTTP: a.client, Now: cfg.DB.Now}
	a.states = &appkit.States{
		Cookie: "messaging_install", Path: callbackPath, Key: []byte(cfg.Keys.MAC("install state")),
		Secure: strings.HasPrefix(cfg.BaseURL, "https:"), Now: cfg.DB.Now,
	}
	a.hub = live.NewHub(cfg.DB, live.HubOptions{Log: cfg.Log})
	a.core = newCore(cfg, a.hub, networks)
	a.runner = lane.NewRunner(cfg.DB, lane.Options{Lease: laneLease, Sole: cfg.DB.Dialect() == store.SQLite, MinBackoff: firstBackoff, MaxBackoff: lastBackoff, Log: cfg.Log, Node: "messaging-" + secret.Random(4)})
	r := &reporter{core: a.core, rest: a.rest}
	a.runner.Handle(kindReport, r.report)
	a.runner.Handle(kindRegister, r.register)
	a.runner.Handle(kindRemove, r.remove)
	var err error
	if a.pages, err = newPages(); err != nil {
		return nil, err
	}
	a.handler = a.mux(a.routes())
	return a, nil
}

func newCore(cfg Config, hub *live.Hub, networks []Network) *Core {
	c := &Core{
		db: cfg.DB, keys: cfg.Keys, base: cfg.BaseURL, hub: hub, log: newAppLog(cfg.DB, cfg.Log),
		channels: newChannels(cfg.DB, cfg.BaseURL), networks: map[string]Network{}, noDedup: cfg.DisableDedup,
	}
	c.links = &links{db: cfg.DB, keys: cfg.Keys, channels: c.channels, base: cfg.BaseURL, life: cfg.LinkLife}
	for _, n := range networks {
		c.networks[n.Info().Name] = n
	}
	return c
}

func (cfg *Config) check(networks []Network) error {
	if cfg.Log == nil {
		cfg.Log = slog.Default()
	}
	if cfg.LinkLife <= 0 {
		cfg.LinkLife = defaultLinkLife
	}
	for name, at := range map[string]*string{"host": &cfg.HostURL, "base-url": &cfg.BaseURL} {
		u, err := url.Parse(*at)
		if err != nil || (u.Scheme != "http" && u.Scheme != "https") || u.Host == "" || strings.Trim(u.Path, "/") != "" {
			return fault.New(fault.Invalid, name, "expected an origin such as https://chat.example.com, got %q", *at)
		}
		*at = u.Scheme + "://" + u.Host
	}
	switch {
	case cfg.DB == nil || cfg.Keys == nil:
		return errors.New("messaging: a database and keys are needed")
	case len(networks) == 0:
		return errors.New("messaging: at least one network is needed")
	case !cfg.Demo && cfg.OperatorKey == "":
		return fault.New(fault.Invalid, "operator-key", "expected a key for the operator's page; only demo mode goes without")
	case (cfg.ClientID == "") != (cfg.Secret == ""):
		return fault.New(fault.Invalid, "client-secret", "expected client id and client secret together, or neither")
	}
	return nil
}

// routes is every path of the app.
func (a *App) routes() []Route {
	all := append(a.operatorRoutes(), a.installRoutes()...)
	all = append(all, a.pictureRoutes()...)
	all = append(all, (&provider{a.core}).routes()...)
	for _, n := range a.networks {
		if s, ok := n.(Server); ok {
			all = append(all, s.Attach(a.core)...)
		}
	}
	return all
}

// Handler serves everything that the app answers.
func (a *App) Handler() http.Handler { return a.handler }

// Run works the lanes and tells pages what is new, until ctx ends.
func (a *App) Run(ctx context.Context) error {
	ctx, stop := context.WithCancelCause(ctx)
	defer stop(nil)
	var all sync.WaitGroup
	for name, run := range map[string]func(context.Context) error{"lanes": a.runner.Run, "live updates": a.hub.Run, "app log": a.core.log.run} {
		all.Go(func() {
			if err := run(ctx); err != nil && ctx.Err() == nil {
				stop(fmt.Errorf("messaging app: %s: %w", name, err))
			}
		})
	}
	all.Wait()
	if cause := context.Cause(ctx); !errors.Is(cause, context.Canceled) && !errors.Is(cause, context.DeadlineExceeded) {
		return cause
	}
	return nil
}
