package control

import (
	"encoding/json"
	"strings"

	"github.com/dockwright/dockwright/internal/fault"
	"github.com/dockwright/dockwright/internal/host/authz"
	"github.com/dockwright/dockwright/internal/host/route"
	"github.com/dockwright/dockwright/internal/host/subscription"
	"github.com/dockwright/dockwright/pipedrive/messagingapi"
)

func (d *seeder) apps() error {
	for i, a := range d.plan.Apps {
		ready := d.plan.apps[i]
		made, err := d.s.o.Apps.AddApp(d.tx, d.as.User, ready)
		if err != nil {
			return onLine(a.lineOf(err), err)
		}
		for _, e := range a.Extensions {
			if err := d.name(e.Line, "extensions", e.Ref, e.UUID); err != nil {
				return err
			}
		}
		if err := d.name(a.Line, "apps", a.Ref, made.ClientID); err != nil {
			return err
		}
		told := SeededApp{
			Ref: a.Ref, ClientID: made.ClientID, ClientSecret: d.plan.secret[i], CallbackURL: made.CallbackURL, Scopes: made.Scopes,
			Installed: []SeededInstallation{},
		}
		for _, in := range a.Installed {
			installed, err := d.install(in, made.ClientID, ready.Scopes(), a.Sharing)
			if err != nil {
				return err
			}
			told.Installed = append(told.Installed, installed)
		}
		d.out.Apps = append(d.out.Apps, told)
	}
	return nil
}

func (d *seeder) install(in installation, clientID string, scopes []string, sharing bool) (SeededInstallation, error) {
	if in.User == "" {
		return SeededInstallation{}, at(in.Line, "user", "Expected the ref of the user who installed the app, got none.")
	}
	if in.Shared && !sharing {
		return SeededInstallation{}, at(in.Line, "shared", "The app does not ask whether to share it; write sharing: true for the app.")
	}
	by, err := refer[int64](d, in.Line, "user", "users", in.User)
	if err != nil {
		return SeededInstallation{}, err
	}
	tokens, err := d.s.o.Authz.AddInstallation(d.tx, authz.Installation{User: by, ClientID: clientID, Scopes: scopes, Shared: in.Shared}, d.plan.now)
	if err != nil {
		return SeededInstallation{}, onLine(in.Line, err)
	}
	return SeededInstallation{by, tokens.Access, tokens.Refresh}, nil
}

// lineOf is the line of what an error about an app is about.
func (a app) lineOf(err error) int {
	if f, ok := fault.As(err); ok && f.Field == "uuid" {
		for _, e := range a.Extensions {
			if strings.Contains(f.Message, e.UUID) {
				return e.Line
			}
		}
	}
	return a.Line
}

// webhooks makes webhooks without asking whether somebody answers: the receiver of
// a test may start later.
func (d *seeder) webhooks() error {
	for _, w := range d.plan.Webhooks {
		owner, err := d.owner(w.Line, "owner", w.Owner)
		if err != nil {
			return err
		}
		c := route.Caller{Company: d.tx.Company(), User: owner}
		if c.ClientID, err = refer[string](d, w.Line, "app", "apps", w.App); err != nil {
			return err
		}
		n := subscription.Draft{
			URL: w.URL, Action: w.Action, Object: w.Object, Version: w.Version, Name: w.Name, AuthUser: w.AuthUser, AuthPassword: w.AuthPassword,
		}
		if n.User, err = refer[int64](d, w.Line, "user", "users", w.User); err != nil {
			return err
		}
		when, err := d.added(w.Line, w.Added)
		if err != nil {
			return err
		}
		if _, err := d.s.o.Subscription.AddWebhook(d.tx, c, n, when); err != nil {
			return onLine(w.Line, err)
		}
	}
	return nil
}

// channels registers channels as their apps would; the host then asks the apps for
// conversations, as it does after a registration.
func (d *seeder) channels() error {
	for _, c := range d.plan.Channels {
		if c.App == "" || c.User == "" {
			return at(c.Line, "app", "Expected the refs of an app and of the user who installed it.")
		}
		clientID, err := refer[string](d, c.Line, "app", "apps", c.App)
		if err != nil {
			return err
		}
		by, err := refer[int64](d, c.Line, "user", "users", c.User)
		if err != nil {
			return err
		}
		n, err := c.registration()
		if err != nil {
			return err
		}
		if _, err := d.s.o.Inbox.AddChannel(d.tx, route.Caller{Company: d.tx.Company(), User: by, ClientID: clientID}, n); err != nil {
			return onLine(c.Line, err)
		}
	}
	return nil
}

// registration is what the app would have sent, read as what apps send.
func (c channel) registration() (messagingapi.NewChannel, error) {
	raw, err := json.Marshal(messagingapi.NewChannel{
		Name: c.Name, ProviderChannelID: c.ProviderChannelID, ProviderType: c.ProviderType,
		AvatarURL: c.AvatarURL, TemplateSupport: c.TemplateSupport,
	})
	if err != nil {
		return messagingapi.NewChannel{}, err
	}
	n, err := messagingapi.ParseNewChannel(raw)
	if err != nil {
		return n, at(c.Line, "channels", "%s", err)
	}
	return n, nil
}
