package main

import (
	"context"
	"fmt"
	"log/slog"
	"net"
	"text/tabwriter"
	"time"

	"golang.org/x/sync/errgroup"

	"github.com/dockwright/dockwright/internal/app/messaging"
	"github.com/dockwright/dockwright/internal/host"
)

// upCommand runs the host and the apps in one process, with demo data. They
// still meet over HTTP only, each on an origin of its own.
type upCommand struct {
	storage
	Port          int        `help:"Port of the host." default:"8080" env:"DOCKWRIGHT_PORT"`
	MessagingPort int        `help:"Port of the messaging app." default:"8081" env:"DOCKWRIGHT_MESSAGING_PORT"`
	LogLevel      slog.Level `help:"The least important lines to log: debug, info, warn or error." default:"warn" env:"DOCKWRIGHT_LOG_LEVEL"`
	hostFlags
}

// Run implements the command.
func (c *upCommand) Run(p *process) error {
	p.logger = logging{LogLevel: c.LogLevel}.logger(p.log)
	hostListeners, port, err := listenLoopback(c.Port, "--port")
	if err != nil {
		return err
	}
	defer closeAll(hostListeners)
	appListeners, appPort, err := listenLoopback(c.MessagingPort, "--messaging-port")
	if err != nil {
		return err
	}
	defer closeAll(appListeners)
	// Different host names, not only ports: cookies do not see ports, and in the
	// wild an app is on another site than the host.
	at := addresses{Host: fmt.Sprintf("http://localhost:%d", port), Messaging: fmt.Sprintf("http://127.0.0.1:%d", appPort)}
	if err := c.keepOrigins(at); err != nil {
		return err
	}
	h, err := openHost(p.ctx, p, c.storage, c.hostFlags.apply(host.Config{BaseURL: at.Host, Demo: true}))
	if err != nil {
		return err
	}
	m, err := openMessaging(p.ctx, p, c.storage, messaging.Config{HostURL: at.Host, BaseURL: at.Messaging, Demo: true})
	if err != nil {
		h.close()
		return err
	}
	g, ctx := errgroup.WithContext(p.ctx)
	g.Go(func() error { return h.run(ctx, p.logger, hostListeners...) })
	g.Go(func() error { return m.run(ctx, p.logger, appListeners...) })
	g.Go(func() error { return c.settle(ctx, p, at) })
	return g.Wait()
}

// settle installs the app through the front doors, then says what runs.
func (c *upCommand) settle(ctx context.Context, p *process, at addresses) error {
	deadline, cancel := context.WithTimeout(ctx, time.Minute)
	defer cancel()
	chat, err := installMessaging(deadline, at)
	if err != nil {
		if ctx.Err() != nil {
			return nil
		}
		return fmt.Errorf("install the messaging app: %w", err)
	}
	printAddresses(p, c.storage, at, chat)
	if p.ready != nil {
		p.ready(at)
	}
	return nil
}

func printAddresses(p *process, s storage, at addresses, chat string) {
	where := s.Data
	if s.Database != "" {
		where = "PostgreSQL (--database)"
	}
	fmt.Fprintln(p.out, "\nDockwright is up. Everything runs on this machine; nothing calls out.")
	fmt.Fprintln(p.out)
	w := tabwriter.NewWriter(p.out, 0, 0, 3, ' ', 0)
	fmt.Fprintf(w, "  The CRM\t%s\tyou are signed in as the demo admin\n", at.Host)
	fmt.Fprintf(w, "  Messaging inbox\t%s/leads/messaging\twhere agents answer\n", at.Host)
	fmt.Fprintf(w, "  Web chat\t%s\twhat a visitor sees\n", chat)
	fmt.Fprintf(w, "  Messaging app\t%s\tits own page: channels, widget, parked work\n", at.Messaging)
	fmt.Fprintf(w, "  Inspector\t%s/_dockwright/inspector\tevery exchange between the two, live\n", at.Host)
	fmt.Fprintf(w, "  Developer Hub\t%s/developer-hub\twhere the app is registered\n", at.Host)
	fmt.Fprintf(w, "  Data\t%s\tstop with Ctrl-C; start again and all is there\n", where)
	_ = w.Flush()
	fmt.Fprintf(p.out, "\nTry first: open the web chat and the Messaging inbox side by side, write as the\nvisitor, answer as the agent, and watch the Inspector.\n\n")
}

func closeAll(ls []net.Listener) {
	for _, l := range ls {
		_ = l.Close()
	}
}
