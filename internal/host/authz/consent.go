package authz

import (
	"context"
	"fmt"

	"github.com/dockwright/dockwright/internal/clock"
	"github.com/dockwright/dockwright/internal/fault"
	"github.com/dockwright/dockwright/internal/host/account"
	"github.com/dockwright/dockwright/internal/host/devhub"
	"github.com/dockwright/dockwright/internal/host/event"
	"github.com/dockwright/dockwright/internal/host/route"
	"github.com/dockwright/dockwright/internal/secret"
	"github.com/dockwright/dockwright/internal/store"
	"github.com/dockwright/dockwright/pipedrive/oauthapi"
)

// Request is what an app sends a browser to /oauth/authorize with. Anything else
// in the query, response_type and scope included, is ignored.
// spec: oauth.authorize.unknown-ignored
type Request struct {
	ClientID    string
	RedirectURI string
	State       string // returned as it came
}

// Consent is what a person decides about.
type Consent struct {
	App     devhub.App
	Company account.Company
	User    account.User
	Scopes  []devhub.Scope
	// AskSharing is whether the person may share the app with the company.
	AskSharing bool
	// EachAuthorizes is whether colleagues install a shared app themselves before
	// they use what it brings.
	EachAuthorizes bool
	// Installed is what the person allowed before, nil the first time.
	Installed *Installation
	// AdminsOnly is whether the app is of little use to this person, because only
	// admins may register messaging channels.
	AdminsOnly bool
}

// Refusals of an authorize request. They are shown to the browser's user and
// never sent to the redirect URI, which may be anybody's.
var (
	ErrNotInstallable = fault.New(fault.Invalid, "client_id", "App cannot be installed for requested company")
	ErrRedirect       = fault.New(fault.Invalid, "redirect_uri", "Invalid redirect URL")
)

// Prepare checks an authorize request of the caller and returns what the consent
// page shows.
// spec: oauth.authorize
func (s *Service) Prepare(ctx context.Context, c route.Caller, r Request) (Consent, error) {
	app, err := s.apps.ByClientID(ctx, r.ClientID)
	if fault.KindOf(err) == fault.NotFound {
		return Consent{}, ErrNotInstallable
	}
	if err != nil {
		return Consent{}, err
	}
	if !app.InstallableIn(c.Company) {
		return Consent{}, ErrNotInstallable
	}
	// spec: oauth.redirect-exact
	if app.CallbackURL == "" || r.RedirectURI != app.CallbackURL {
		return Consent{}, ErrRedirect
	}
	out := Consent{
		App: app, AskSharing: app.SharingEnabled, EachAuthorizes: s.eachAuthorizes,
		// spec: messaging.channels.admins-only
		AdminsOnly: app.Wants(devhub.ScopeMessengers) && !c.Admin,
	}
	for _, id := range app.Scopes {
		if sc, ok := devhub.ScopeByID(id); ok {
			out.Scopes = append(out.Scopes, sc)
		}
	}
	err = s.db.Company(c.Company).View(ctx, func(tx *store.Tx) error {
		if out.Company, err = s.accounts.Company(tx); err != nil {
			return err
		}
		if out.User, err = s.accounts.User(tx, c.User); err != nil {
			return err
		}
		i, err := s.Installation(tx, app.ClientID, c.User)
		if err == nil {
			out.Installed = &i
		}
		if fault.KindOf(err) == fault.NotFound {
			return nil
		}
		return err
	})
	return out, err
}

// Approve installs the app for the caller, or renews the consent, and returns
// where to send the browser. All scopes are granted, or none.
func (s *Service) Approve(ctx context.Context, c route.Caller, r Request, share bool) (redirect string, err error) {
	consent, err := s.Prepare(ctx, c, r)
	if err != nil {
		return "", err
	}
	now, code := s.db.Now(), newCode(c.Company, c.User)
	if redirect, err = oauthapi.Approved(r.RedirectURI, code, r.State); err != nil {
		return "", fmt.Errorf("callback URL of app %s: %w", r.ClientID, err)
	}
	want := Installation{
		Company: c.Company, User: c.User, ClientID: r.ClientID, Scopes: consent.App.Scopes,
		Shared: share && consent.AskSharing, Confirmed: true, InstalledAt: now,
	}
	err = s.db.Company(c.Company).Update(ctx, func(tx *store.Tx) error {
		if err := Lock(tx, r.ClientID); err != nil {
			return err
		}
		if consent.AskSharing {
			if err := s.addSharingCallback(tx, want); err != nil {
				return err
			}
		}
		i, isNew, err := s.saveInstallation(tx, want)
		if err != nil {
			return err
		}
		if _, err := tx.Exec(`DELETE FROM authz_code WHERE company_id = @company AND installation_id = ? AND expires_at <= ?`,
			i.ID, clock.Micros(now.Add(-accessLife))); err != nil {
			return err
		}
		// spec: oauth.code-five-minutes
		if _, err := tx.Exec(`INSERT INTO authz_code (company_id, code_hash, installation_id, redirect_uri, expires_at, used_at)
			VALUES (@company, ?, ?, ?, ?, 0)`, secret.Hash(code), i.ID, r.RedirectURI, clock.Micros(now.Add(codeLife))); err != nil {
			return err
		}
		if !isNew {
			return appendChange(tx, "installation.changed", i)
		}
		return appendChange(tx, "installation.added", i)
	})
	if err != nil {
		return "", err
	}
	return redirect, nil
}

// Deny returns where to send the browser after "Cancel".
// spec: oauth.user-denied
func (s *Service) Deny(ctx context.Context, c route.Caller, r Request) (redirect string, err error) {
	if _, err := s.Prepare(ctx, c, r); err != nil {
		return "", err
	}
	return oauthapi.Denied(r.RedirectURI, r.State)
}

// snapshot is an installation in the event log.
type snapshot struct {
	ClientID string   `json:"client_id"`
	UserID   int64    `json:"user_id"`
	Scopes   []string `json:"scopes"`
	Shared   bool     `json:"shared"`
}

// appendChange tells browsers and the rooms above. A removed installation stands
// in After too: who hears of it must know which it was.
func appendChange(tx *store.Tx, kind string, i Installation) error {
	return event.Append(tx, event.Event{
		Kind: kind, Actor: i.User, Entity: "installation", EntityID: i.ID, Topics: []string{"marketplace", "inbox"},
		After: snapshot{i.ClientID, i.User, i.Scopes, i.Shared},
	})
}
