package main

import (
	"context"
	"fmt"
	"log/slog"
	"net"

	"golang.org/x/sync/errgroup"

	"github.com/dockwright/dockwright/internal/app/messaging"
	"github.com/dockwright/dockwright/internal/app/messaging/webchat"
	"github.com/dockwright/dockwright/internal/secret"
)

// messagingCommand runs the messaging app alone.
type messagingCommand struct {
	storage
	logging
	HostURL      string `name:"host" help:"Origin of the host, for example https://crm.example.com." required:"" env:"DOCKWRIGHT_HOST"`
	Listen       string `help:"Address to listen on." default:"127.0.0.1:8081" env:"DOCKWRIGHT_LISTEN"`
	ClientID     string `help:"Client id from the host's Developer Hub; may be set on the app's page instead." env:"DOCKWRIGHT_CLIENT_ID"`
	ClientSecret string `help:"Client secret from the host's Developer Hub." env:"DOCKWRIGHT_CLIENT_SECRET"`
	Demo         bool   `help:"The app's own page needs no sign-in. Only for this machine." env:"DOCKWRIGHT_DEMO"`
	door
}

// Run implements the command.
func (c *messagingCommand) Run(p *process) error {
	p.logger = c.logging.logger(p.log)
	l, base, err := c.door.open(c.Listen, "127.0.0.1", "http", c.Demo)
	if err != nil {
		return err
	}
	key := secret.Random(16)
	b, err := openMessaging(p.ctx, p, c.storage, messaging.Config{
		HostURL: c.HostURL, BaseURL: base, ClientID: c.ClientID, Secret: c.ClientSecret, Demo: c.Demo, OperatorKey: key,
	})
	if err != nil {
		_ = l.Close()
		return err
	}
	if c.Demo {
		fmt.Fprintf(p.out, "messaging app ready at %s\n", base)
	} else {
		fmt.Fprintf(p.out, "messaging app ready; its page: %s/?key=%s\n", base, key)
	}
	if p.ready != nil {
		p.ready(addresses{Host: c.HostURL, Messaging: base})
	}
	return b.run(p.ctx, p.logger, l)
}

// messagingBuilding is the messaging app with its database open.
type messagingBuilding struct {
	app   *messaging.App
	close func()
}

func openMessaging(ctx context.Context, p *process, s storage, cfg messaging.Config) (*messagingBuilding, error) {
	keys, err := s.keys()
	if err != nil {
		return nil, err
	}
	db, err := s.open(ctx, "messaging", p, messaging.Migrations()...)
	if err != nil {
		return nil, err
	}
	cfg.DB, cfg.Keys, cfg.Log, cfg.DisableDedup = db, keys, p.logger, p.disableDedup
	cfg.Guard.AllowLoopback = true
	app, err := messaging.New(ctx, cfg, webchat.New(p.chat))
	if err != nil {
		_ = db.Close()
		return nil, err
	}
	return &messagingBuilding{app: app, close: func() { _ = db.Close() }}, nil
}

// run serves pages and works lanes until ctx ends, then closes the database.
func (b *messagingBuilding) run(ctx context.Context, log *slog.Logger, ls ...net.Listener) error {
	defer b.close()
	g, ctx := errgroup.WithContext(ctx)
	g.Go(func() error { return serve(ctx, b.app.Handler(), log, ls...) })
	g.Go(func() error { return b.app.Run(ctx) })
	return g.Wait()
}
