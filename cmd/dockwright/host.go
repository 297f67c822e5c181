package main

import (
	"cmp"
	"context"
	"fmt"
	"log/slog"
	"net"
	"net/netip"

	"golang.org/x/sync/errgroup"

	"github.com/dockwright/dockwright/internal/clock"
	"github.com/dockwright/dockwright/internal/host"
	"github.com/dockwright/dockwright/internal/host/authz"
	"github.com/dockwright/dockwright/internal/host/journal"
)

// hostFlags are the settings that "host" and "up" share.
type hostFlags struct {
	AccessTokens   authz.TokenForm `help:"What access tokens look like: long ones that begin with v1u:, or the older company:user:hash (classic), which some apps take apart." enum:"long,classic" default:"long" env:"DOCKWRIGHT_ACCESS_TOKENS"`
	Plan           string          `help:"How much of the API may be used: lite, growth, premium, ultimate, or off. Default: off with --demo and in up, else ultimate." enum:"lite,growth,premium,ultimate,off," default:"" env:"DOCKWRIGHT_PLAN"`
	EachAuthorizes bool            `help:"Colleagues use the channels of a shared app only once they have installed it themselves, as newer documents say. Otherwise sharing is enough." env:"DOCKWRIGHT_EACH_AUTHORIZES"`
	JournalMB      int64           `help:"How much of the exchanges between host and apps to keep, in megabytes." default:"256" env:"DOCKWRIGHT_JOURNAL_MB"`
}

// apply puts the settings into a host's configuration.
func (f hostFlags) apply(cfg host.Config) host.Config {
	plan := f.Plan
	if plan == "" && cfg.Demo {
		plan = "off"
	}
	cfg.Limits, _ = authz.PlanLimits(cmp.Or(plan, "ultimate")) // the flag takes no other names
	cfg.EachAuthorizes = f.EachAuthorizes
	cfg.AccessTokens, cfg.JournalBytes = f.AccessTokens, f.JournalMB<<20
	return cfg
}

// hostCommand runs the host alone.
type hostCommand struct {
	storage
	logging
	hostFlags
	JournalBodies bool           `help:"Keep the bodies of exchanges in the journal too. They hold customers' messages." env:"DOCKWRIGHT_JOURNAL_BODIES"`
	AllowLoopback bool           `help:"Let the host call apps on this machine. Otherwise it calls public addresses only." env:"DOCKWRIGHT_ALLOW_LOOPBACK"`
	ControlToken  string         `help:"Open the operator's desk under /_dockwright/ (seed, reset, clock, faults) to who shows this token." env:"DOCKWRIGHT_CONTROL_TOKEN"`
	Listen        string         `help:"Address to listen on." default:"localhost:8080" env:"DOCKWRIGHT_LISTEN"`
	CompanyURL    string         `help:"Give each company an origin of its own: https://{company}.example.com. Then api, app and oauth in the place of the company mean the host as a whole." env:"DOCKWRIGHT_COMPANY_URL"`
	TrustedProxy  []netip.Prefix `help:"Networks of proxies that are believed when they say, in X-Forwarded-For, where a request came from: 10.0.0.0/8." env:"DOCKWRIGHT_TRUSTED_PROXY"`
	Demo          bool           `help:"Demo data and users without passwords. Only for this machine." env:"DOCKWRIGHT_DEMO"`
	door
	certificate
}

// Run implements the command.
func (c *hostCommand) Run(p *process) error {
	p.logger = c.logging.logger(p.log)
	cfg, err := c.certificate.config()
	if err != nil {
		return err
	}
	scheme := "http"
	if cfg != nil {
		scheme = "https"
	}
	l, base, err := c.door.open(c.Listen, "localhost", scheme, c.Demo)
	if err != nil {
		return err
	}
	b, err := openHost(p.ctx, p, c.storage, c.hostFlags.apply(host.Config{
		BaseURL: base, Demo: c.Demo, JournalHeadersOnly: !c.JournalBodies && !c.Demo, AllowLoopback: c.AllowLoopback,
		CompanyURL: c.CompanyURL, TrustedProxies: c.TrustedProxy,
	}))
	if err != nil {
		_ = l.Close()
		return err
	}
	fmt.Fprintf(p.out, "host ready at %s\n", base)
	if note := b.host.SetupNote(p.ctx); note != "" {
		fmt.Fprintln(p.out, note)
	}
	if p.ready != nil {
		p.ready(addresses{Host: base})
	}
	return b.run(p.ctx, p.logger, secured(cfg, l)...)
}

// hostBuilding is a host with its databases open.
type hostBuilding struct {
	host  *host.Host
	close func()
}

func openHost(ctx context.Context, p *process, s storage, cfg host.Config) (*hostBuilding, error) {
	keys, err := s.keys()
	if err != nil {
		return nil, err
	}
	cfg.Clock = clock.Shift(clock.System{})
	db, err := s.openAt(ctx, cfg.Clock, "host", p, host.Migrations()...)
	if err != nil {
		return nil, err
	}
	journalDB, err := s.open(ctx, "journal", p, journal.Migrations)
	if err != nil {
		_ = db.Close()
		return nil, err
	}
	closeAll := func() { _ = journalDB.Close(); _ = db.Close() }
	cfg.DB, cfg.JournalDB, cfg.Keys, cfg.Log, cfg.DisableDedup = db, journalDB, keys, p.logger, p.disableDedup
	h, err := host.New(ctx, cfg)
	if err != nil {
		closeAll()
		return nil, err
	}
	return &hostBuilding{host: h, close: closeAll}, nil
}

// run serves pages and works lanes until ctx ends, then closes the databases.
func (b *hostBuilding) run(ctx context.Context, log *slog.Logger, ls ...net.Listener) error {
	defer b.close()
	g, ctx := errgroup.WithContext(ctx)
	g.Go(func() error { return serve(ctx, b.host.Handler(), log, ls...) })
	g.Go(func() error { return b.host.Run(ctx) })
	return g.Wait()
}
