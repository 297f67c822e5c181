package main

import (
	"context"
	"crypto/x509"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"maps"
	"net"
	"net/url"
	"path/filepath"
	"slices"

	"golang.org/x/net/html"

	"github.com/dockwright/dockwright/appkit"
	"github.com/dockwright/dockwright/appkit/sqlvault"
	"github.com/dockwright/dockwright/examples/kitchensink"
	"github.com/dockwright/dockwright/internal/dial"
	"github.com/dockwright/dockwright/internal/secret"
)

// kitchensinkCommand runs the kitchen sink alone.
type kitchensinkCommand struct {
	logging
	Data         string `help:"Directory for the app's tokens and the key file." default:"./dockwright-data" env:"DOCKWRIGHT_DATA" type:"path"`
	HostURL      string `name:"host" help:"Origin of the host, for example https://crm.example.com." required:"" env:"DOCKWRIGHT_HOST"`
	Listen       string `help:"Address to listen on." default:"127.0.0.1:8085" env:"DOCKWRIGHT_LISTEN"`
	ClientID     string `help:"Client id from the host's Developer Hub." env:"DOCKWRIGHT_CLIENT_ID"`
	ClientSecret string `help:"Client secret from the host's Developer Hub." env:"DOCKWRIGHT_CLIENT_SECRET"`
	JWTSecret    string `name:"jwt-secret" help:"JWT secret of the extensions, where they have one of their own." env:"DOCKWRIGHT_JWT_SECRET"`
	door
}

// Run implements the command.
func (c *kitchensinkCommand) Run(p *process) error {
	p.logger = c.logging.logger(p.log)
	l, base, err := c.door.open(c.Listen, "127.0.0.1", "http", false)
	if err != nil {
		return err
	}
	b, err := openKitchenSink(p, storage{Data: c.Data}, kitchensink.Config{
		HostURL: c.HostURL, BaseURL: base, JWTSecret: c.JWTSecret, Credentials: appkit.Credentials{ClientID: c.ClientID, Secret: c.ClientSecret},
	}, nil)
	if err != nil {
		_ = l.Close()
		return err
	}
	fmt.Fprintf(p.out, "kitchen sink ready at %s\n", base)
	if p.ready != nil {
		p.ready(addresses{Host: c.HostURL, KitchenSink: base})
	}
	return b.run(p.ctx, p.logger, l)
}

// sinkBuilding is the kitchen sink with its database open.
type sinkBuilding struct {
	app *kitchensink.App
	db  *sql.DB
}

// openKitchenSink makes the app, which may call hosts on this machine, and keeps
// its tokens in a file of the data directory. roots are the authorities to trust,
// nil for the machine's.
func openKitchenSink(p *process, s storage, cfg kitchensink.Config, roots *x509.CertPool) (*sinkBuilding, error) {
	keys, err := s.keys()
	if err != nil {
		return nil, err
	}
	db, err := sql.Open("sqlite", "file:"+url.PathEscape(filepath.Join(s.Data, "kitchensink.db"))+"?_pragma=busy_timeout(5000)")
	if err != nil {
		return nil, err
	}
	vault, err := sqlvault.Open(p.ctx, db, sqlvault.Options{Dialect: sqlvault.SQLite, Sealer: sealer{keys}})
	if err != nil {
		_ = db.Close()
		return nil, err
	}
	cfg.Accounts, cfg.Log = vault, p.logger
	cfg.HTTP = dial.Client(dial.Guard{AllowLoopback: true, Roots: roots}, dial.Options{})
	if p.sink != nil {
		p.sink(&cfg)
	}
	app, err := kitchensink.New(cfg)
	if err != nil {
		_ = db.Close()
		return nil, err
	}
	return &sinkBuilding{app, db}, nil
}

// run serves pages until ctx ends, then closes the database.
func (b *sinkBuilding) run(ctx context.Context, log *slog.Logger, ls ...net.Listener) error {
	err := serve(ctx, b.app.Handler(), log, ls...)
	return errors.Join(err, b.db.Close())
}

// sealer lets the product's keys seal what the kit stores.
type sealer struct{ keys *secret.Keyring }

// Seal implements sqlvault.Sealer.
func (s sealer) Seal(plain []byte, place string) ([]byte, error) {
	text, err := s.keys.Seal(plain, "kitchensink/"+place)
	return []byte(text), err
}

// Open implements sqlvault.Sealer.
func (s sealer) Open(sealed []byte, place string) ([]byte, error) {
	return s.keys.Open(string(sealed), "kitchensink/"+place)
}

// kitchenSink is what the app is called in the Developer Hub; its extensions have
// the name, too.
const kitchenSink = "Kitchen sink"

// sinkInstaller goes the way that a person goes who brings the kitchen sink into
// the demo company, and goes on where an earlier run was cut off.
type sinkInstaller struct {
	at  addresses
	v   *visitor
	app *kitchensink.App
}

// installKitchenSink registers the app with its extensions, gives it what the
// Developer Hub shows, and consents.
func installKitchenSink(ctx context.Context, at addresses, roots *x509.CertPool, app *kitchensink.App) error {
	i := &sinkInstaller{at: at, v: newVisitor(), app: app}
	i.v.trust(roots)
	p, err := i.registered(ctx)
	if err != nil {
		return err
	}
	if p == nil {
		if p, err = i.register(ctx); err != nil {
			return err
		}
	}
	if err := i.extend(ctx, p.url.String()+"/extensions"); err != nil {
		return err
	}
	if err := i.hand(p); err != nil {
		return err
	}
	return i.consent(ctx)
}

// registered is the app's page in the Developer Hub, nil if it has none yet.
func (i *sinkInstaller) registered(ctx context.Context) (*page, error) {
	p, err := i.v.get(ctx, i.at.Host+"/developer-hub")
	if err != nil {
		return nil, err
	}
	for n := range p.root.Descendants() {
		if n.Type == html.ElementNode && n.Data == "a" && named(n, "strong") == kitchenSink {
			to, err := p.url.Parse(attr(n, "href"))
			if err != nil {
				return nil, err
			}
			return i.v.get(ctx, to.String())
		}
	}
	return nil, nil
}

// named is the text of the first element of that kind in n.
func named(n *html.Node, element string) string {
	for c := range n.Descendants() {
		if c.Type == html.ElementNode && c.Data == element {
			return innerText(c)
		}
	}
	return ""
}

func (i *sinkInstaller) register(ctx context.Context) (*page, error) {
	p, err := i.v.get(ctx, i.at.Host+"/developer-hub/new")
	if err != nil {
		return nil, err
	}
	f, err := p.form("name", "callback_url", "scopes")
	if err != nil {
		return nil, err
	}
	f.values.Set("name", kitchenSink)
	f.values.Set("summary", "An example that asks the CRM for everything an app can ask for, by buttons.")
	f.values.Set("type", "private")
	f.values.Set("icon_url", i.at.KitchenSink+"/static/mark.svg")
	f.values.Set("callback_url", i.at.KitchenSink+"/oauth/callback")
	f.values.Set("installation_url", i.at.KitchenSink+"/install")
	f.values["scopes"] = []string{"base", "deals:read", "contacts:read", "activities:read"}
	return i.v.send(ctx, f)
}

// sinkExtensions are what the app adds to the CRM. The settings page is the last
// that is made: where it is, the others were, and who removed one shall not find
// it again.
var sinkExtensions = []struct {
	kind, path, name string
	values           url.Values
}{
	{"floating_window", "/floating", kitchenSink, url.Values{"description": {"Every command and event, in a window that stays."}, "call_entry": {"1"}}},
	{"panel", "/panel", kitchenSink, url.Values{"views": {"deal-details", "person-details", "organization-details"}}},
	{"modal", "/modal", kitchenSink, url.Values{"views": {
		"activities-list", "deal-details", "deals-list", "person-details", "people-list", "organization-details", "organizations-list",
	}}},
	{"modal", "/modal", kitchenSink + " drain", url.Values{"description": {"Opened by the other extensions only."}}},
	{"app_settings", "/settings", "", nil},
}

// extend adds the extensions that are not there yet, unless they all were.
func (i *sinkInstaller) extend(ctx context.Context, list string) error {
	p, err := i.v.get(ctx, list)
	if err != nil {
		return err
	}
	have := map[string][]string{} // names by address
	for n := range p.root.Descendants() {
		if n.Type == html.ElementNode && n.Data == "li" && named(n, "code") != "" {
			have[named(n, "code")] = append(have[named(n, "code")], named(n, "strong"))
		}
	}
	if have[i.at.KitchenSink+"/settings"] != nil {
		return nil
	}
	for _, e := range sinkExtensions {
		if slices.Contains(have[i.at.KitchenSink+e.path], e.name) {
			continue
		}
		values := url.Values{"name": {e.name}, "url": {i.at.KitchenSink + e.path}}
		maps.Copy(values, e.values)
		if err := addExtension(ctx, i.v, list, e.kind, values); err != nil {
			return err
		}
	}
	return nil
}

// hand gives the app what its page in the Developer Hub shows.
func (i *sinkInstaller) hand(shown *page) error {
	id, err := shown.value("client_id")
	if err != nil {
		return err
	}
	secret, err := shown.value("client_secret")
	if err != nil {
		return err
	}
	i.app.Use(appkit.Credentials{ClientID: id, Secret: secret})
	return nil
}

// consent installs the app for the demo's admin.
func (i *sinkInstaller) consent(ctx context.Context) error {
	body, err := download(ctx, i.v, i.at.KitchenSink+"/status.json")
	if err != nil {
		return err
	}
	var s kitchensink.Status
	if err := json.Unmarshal(body, &s); err != nil || s.Installations > 0 {
		return err
	}
	p, err := i.v.get(ctx, i.at.KitchenSink+"/install")
	if err != nil {
		return err
	}
	f, err := p.form("decision")
	if err != nil {
		return err
	}
	f.values.Set("decision", "allow")
	_, err = i.v.send(ctx, f)
	return err
}
