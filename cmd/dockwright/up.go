package main

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/netip"
	"slices"
	"strconv"
	"strings"
	"text/tabwriter"
	"time"

	"golang.org/x/sync/errgroup"

	"github.com/dockwright/dockwright/examples/kitchensink"
	"github.com/dockwright/dockwright/internal/app/messaging"
	"github.com/dockwright/dockwright/internal/dial"
	"github.com/dockwright/dockwright/internal/host"
	"github.com/dockwright/dockwright/internal/host/account"
)

// upCommand runs the host and the apps in one process, with demo data. They
// still meet over HTTP only, each on an origin of its own.
type upCommand struct {
	storage
	Port          int        `help:"Port of the host." default:"8080" env:"DOCKWRIGHT_PORT"`
	MessagingPort int        `help:"Port of the messaging app." default:"8081" env:"DOCKWRIGHT_MESSAGING_PORT"`
	SinkPort      int        `name:"kitchensink-port" help:"Port of the kitchen sink, the example app." default:"8085" env:"DOCKWRIGHT_KITCHENSINK_PORT"`
	LogLevel      slog.Level `help:"The least important lines to log: debug, info, warn or error." default:"warn" env:"DOCKWRIGHT_LOG_LEVEL"`
	TLS           bool       `name:"tls" help:"Answer over https, with a certificate authority of this machine's own in the data directory." env:"DOCKWRIGHT_TLS"`
	StandIn       bool       `help:"With --tls: answer for the original's names too (https://{company}.pipedrive.com), which must lead to this machine, so that apps run with their addresses as they are." env:"DOCKWRIGHT_STAND_IN"`
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
	sinkListeners, sinkPort, err := listenLoopback(c.SinkPort, "--kitchensink-port")
	if err != nil {
		return err
	}
	defer closeAll(sinkListeners)
	// Different host names, not only ports: cookies do not see ports, and in the
	// wild an app is on another site than the host.
	s, err := c.secure(p, port)
	if err != nil {
		return err
	}
	at := addresses{
		Host: fmt.Sprintf("%s://localhost:%d", s.scheme, port), Messaging: fmt.Sprintf("%s://127.0.0.1:%d", s.scheme, appPort),
		KitchenSink: fmt.Sprintf("%s://127.0.0.1:%d", s.scheme, sinkPort),
	}
	if err := c.keepOrigins(at); err != nil {
		return err
	}
	h, err := openHost(p.ctx, p, c.storage, c.hostFlags.apply(host.Config{BaseURL: at.Host, CompanyURL: s.companyURL, Roots: s.roots, Demo: true}))
	if err != nil {
		return err
	}
	m, err := openMessaging(p.ctx, p, c.storage, messaging.Config{HostURL: at.Host, BaseURL: at.Messaging, Demo: true, Guard: dial.Guard{Roots: s.roots}})
	if err != nil {
		h.close()
		return err
	}
	sink, err := openKitchenSink(p, c.storage, kitchensink.Config{HostURL: at.Host, BaseURL: at.KitchenSink}, s.roots)
	if err != nil {
		m.close()
		h.close()
		return err
	}
	g, ctx := errgroup.WithContext(p.ctx)
	g.Go(func() error { return h.run(ctx, p.logger, secured(s.config, hostListeners...)...) })
	g.Go(func() error { return m.run(ctx, p.logger, secured(s.config, appListeners...)...) })
	g.Go(func() error { return sink.run(ctx, p.logger, secured(s.config, sinkListeners...)...) })
	g.Go(func() error { return c.settle(ctx, p, at, s, sink.app) })
	return g.Wait()
}

// security is how "up" answers: openly, or with a certificate of its own making.
type security struct {
	scheme     string
	config     *tls.Config    // nil for http
	roots      *x509.CertPool // nil for the machine's
	companyURL string
	authority  string // the file to trust
}

// secure makes what --tls and --stand-in ask for.
func (c *upCommand) secure(p *process, port int) (security, error) {
	if !c.TLS {
		if c.StandIn {
			return security{}, errors.New("--stand-in needs --tls: the original's names are called over https only")
		}
		return security{scheme: "http"}, nil
	}
	a, err := openAuthority(c.Data, c.StandIn)
	if err != nil {
		return security{}, err
	}
	s := security{scheme: "https", roots: a.roots(), authority: a.path}
	if s.config, err = a.config(); err != nil {
		return security{}, err
	}
	if c.StandIn {
		s.companyURL = "https://{company}." + standInDomain
		if port != 443 {
			s.companyURL += ":" + strconv.Itoa(port)
		}
		err = standInNamesLeadHere(p)
	}
	return s, err
}

// standInNamesLeadHere refuses to stand in for names that lead to the original:
// this machine's apps would call it with the tokens of the demo.
func standInNamesLeadHere(p *process) error {
	lookup := p.lookup
	if lookup == nil {
		lookup = net.DefaultResolver.LookupNetIP
	}
	var names []string
	away := false
	for _, label := range []string{"oauth", "api", account.DemoDomain} {
		names = append(names, label+"."+standInDomain)
		addrs, err := lookup(p.ctx, "ip", names[len(names)-1])
		away = away || err != nil || len(addrs) == 0 || slices.ContainsFunc(addrs, func(a netip.Addr) bool { return !a.Unmap().IsLoopback() })
	}
	if !away {
		return nil
	}
	return fmt.Errorf("--stand-in: these names do not lead to this machine yet; add this line to its hosts file (/etc/hosts) and start again:\n127.0.0.1 %s", strings.Join(names, " "))
}

// print tells how to trust the certificate.
func (s security) print(out io.Writer) {
	if s.authority == "" {
		return
	}
	fmt.Fprintf(out, "The certificate is signed by an authority of this machine's own. Browsers and clients\nrefuse it until they trust %s:\n\n", s.authority)
	w := tabwriter.NewWriter(out, 0, 0, 3, ' ', 0)
	fmt.Fprintf(w, "  Node.js\tNODE_EXTRA_CA_CERTS=%s node app.js\n", s.authority)
	fmt.Fprintf(w, "  curl\tcurl --cacert %s …\n", s.authority)
	fmt.Fprintf(w, "  Python, Go, PHP\tSSL_CERT_FILE=%s …\n", s.authority)
	fmt.Fprintf(w, "  Browsers\timport it as an authority, for websites, in their settings\n")
	_ = w.Flush()
	if s.companyURL != "" {
		fmt.Fprintf(out, "\nIt stands in for %s; api_domain is %s.\n", "oauth."+standInDomain+" and api."+standInDomain, strings.Replace(s.companyURL, "{company}", account.DemoDomain, 1))
	}
	fmt.Fprintln(out)
}

// settle installs the apps through the front doors, then says what runs.
func (c *upCommand) settle(ctx context.Context, p *process, at addresses, s security, sink *kitchensink.App) error {
	deadline, cancel := context.WithTimeout(ctx, time.Minute)
	defer cancel()
	chat, err := installMessaging(deadline, at, s.roots)
	if err != nil {
		err = fmt.Errorf("install the messaging app: %w", err)
	} else if err = installKitchenSink(deadline, at, s.roots, sink); err != nil {
		err = fmt.Errorf("install the kitchen sink: %w", err)
	}
	if ctx.Err() != nil {
		return nil
	}
	if err != nil {
		return err
	}
	printAddresses(p, c.storage, at, chat)
	s.print(p.out)
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
	fmt.Fprintf(w, "  Kitchen sink\t%s\tan example app: what an app may ask of the CRM, by buttons\n", at.KitchenSink)
	fmt.Fprintf(w, "  Inspector\t%s/_dockwright/inspector\tevery exchange between the CRM and its apps, live\n", at.Host)
	fmt.Fprintf(w, "  Developer Hub\t%s/developer-hub\twhere the apps are registered\n", at.Host)
	fmt.Fprintf(w, "  Data\t%s\tstop with Ctrl-C; start again and all is there\n", where)
	_ = w.Flush()
	fmt.Fprintf(p.out, "\nTry first: open the web chat and the Messaging inbox side by side, write as the\nvisitor, answer as the agent, and watch the Inspector.\n\n")
}

func closeAll(ls []net.Listener) {
	for _, l := range ls {
		_ = l.Close()
	}
}
