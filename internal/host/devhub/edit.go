package devhub

import (
	"context"
	"errors"
	"fmt"
	"net/url"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/dockwright/dockwright/internal/clock"
	"github.com/dockwright/dockwright/internal/fault"
	"github.com/dockwright/dockwright/internal/host/route"
	"github.com/dockwright/dockwright/internal/secret"
	"github.com/dockwright/dockwright/internal/store"
	"github.com/dockwright/dockwright/pipedrive/messagingapi"
)

const (
	maxName     = 100     // characters
	maxSummary  = 150     // characters
	maxURL      = 2000    // bytes
	MaxManifest = 1 << 20 // bytes of a manifest that is accepted
	idBytes     = 8       // 16 hex digits, as in the samples of the platform
	secretBytes = 20
)

// Registration is what a person fills in about an app.
type Registration struct {
	Name            string
	Summary         string
	IconURL         string
	CallbackURL     string
	InstallationURL string
	Scopes          []string
	SharingEnabled  bool
}

// Create registers an app as a draft. Whether it is public is decided here for
// good.
func (s *Service) Create(ctx context.Context, c route.Caller, public bool, r Registration) (App, error) {
	if err := needAdmin(c); err != nil {
		return App{}, err
	}
	a := App{Owner: c.Company, Public: public, CreatedBy: c.User, CreatedAt: s.db.Now(), ClientID: secret.Random(idBytes)}
	a, err := r.apply(a)
	if err != nil {
		return App{}, err
	}
	a.UpdatedAt = a.CreatedAt
	sealed, err := s.keys.Seal([]byte(secret.Random(secretBytes)), place(a.ClientID))
	if err != nil {
		return App{}, fmt.Errorf("seal the secret of a new app: %w", err)
	}
	err = s.db.Company(c.Company).Update(ctx, func(tx *store.Tx) (err error) {
		if a.ID, err = tx.NextID("app"); err != nil {
			return err
		}
		_, err = tx.Exec(`INSERT INTO devhub_app (company_id, id, client_id, secret_sealed, name, summary, icon_url, callback_url,
			installation_url, scopes, is_public, is_live, sharing_enabled, created_by, created_at, updated_at)
			VALUES (@company, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, FALSE, ?, ?, ?, ?)`,
			a.ID, a.ClientID, sealed, a.Name, a.Summary, a.IconURL, a.CallbackURL,
			a.InstallationURL, strings.Join(a.Scopes, ","), a.Public, a.SharingEnabled, a.CreatedBy, clock.Micros(a.CreatedAt), clock.Micros(a.UpdatedAt))
		return err
	})
	return a, err
}

// apply checks r against the rules of its kind of app and writes it into a.
func (r Registration) apply(a App) (App, error) {
	a.Name, a.Summary = strings.TrimSpace(r.Name), strings.TrimSpace(r.Summary)
	if n := utf8.RuneCountInString(a.Name); n == 0 || n > maxName || !utf8.ValidString(a.Name) {
		return a, fault.New(fault.Invalid, "name", "Expected 1 to %d characters, got %d.", maxName, n)
	}
	if n := utf8.RuneCountInString(a.Summary); n > maxSummary || !utf8.ValidString(a.Summary) {
		return a, fault.New(fault.Invalid, "summary", "Expected at most %d characters, got %d.", maxSummary, n)
	}
	for _, u := range []struct {
		field, value string
		to           *string
	}{
		{"callback_url", r.CallbackURL, &a.CallbackURL},
		{"installation_url", r.InstallationURL, &a.InstallationURL},
		{"icon_url", r.IconURL, &a.IconURL},
	} {
		*u.to = strings.TrimSpace(u.value)
		if err := checkURL(u.field, *u.to, a.Public); err != nil {
			return a, err
		}
	}
	var err error
	a.Scopes, err = normalScopes(r.Scopes)
	a.SharingEnabled = r.SharingEnabled
	return a, err
}

// checkURL accepts an absolute http or https address, and only https for a
// public app.
// spec: devhub.public-https
func checkURL(field, value string, public bool) error {
	if value == "" {
		return nil
	}
	if len(value) > maxURL {
		return fault.New(fault.Invalid, field, "Expected at most %d bytes, got %d.", maxURL, len(value))
	}
	u, err := url.Parse(value)
	switch {
	case err != nil || (u.Scheme != "http" && u.Scheme != "https") || u.Host == "":
		return fault.New(fault.Invalid, field, "Expected an address such as https://app.example.com/callback, got %q.", value)
	case u.Fragment != "" || u.User != nil:
		return fault.New(fault.Invalid, field, "Expected an address without #fragment and without a user name, got %q.", value)
	case public && u.Scheme != "https":
		return fault.New(fault.Invalid, field, "A public app needs https, got %q. Use https, or register a private app.", value)
	}
	return nil
}

// change runs fn on an app of the caller's company and stores what fn made of it.
func (s *Service) change(ctx context.Context, c route.Caller, clientID string, fn func(App) (App, error)) (App, error) {
	if err := needAdmin(c); err != nil {
		return App{}, err
	}
	var out App
	err := s.db.Company(c.Company).Update(ctx, func(tx *store.Tx) error {
		a, err := store.One(tx, scanApp, `SELECT `+appColumns+` FROM devhub_app WHERE company_id = @company AND client_id = ?`+tx.ForUpdate(), clientID)
		if errors.Is(err, store.ErrNoRows) {
			return noApp(clientID)
		}
		if err != nil {
			return err
		}
		if out, err = fn(a); err != nil {
			return err
		}
		if s.scopesAdded != nil && slices.ContainsFunc(out.Scopes, func(sc string) bool { return !a.Wants(sc) }) {
			if err := s.scopesAdded(tx, clientID); err != nil {
				return err
			}
		}
		out.UpdatedAt = s.db.Now()
		_, err = tx.Exec(`UPDATE devhub_app SET name = ?, summary = ?, icon_url = ?, callback_url = ?, installation_url = ?, scopes = ?,
			is_live = ?, sharing_enabled = ?, manifest_raw = ?, updated_at = ? WHERE company_id = @company AND client_id = ?`,
			out.Name, out.Summary, out.IconURL, out.CallbackURL, out.InstallationURL, strings.Join(out.Scopes, ","),
			out.Live, out.SharingEnabled, out.ManifestRaw, clock.Micros(out.UpdatedAt), clientID)
		return err
	})
	return out, err
}

// Update replaces what was filled in about an app. Client id and secret stay.
func (s *Service) Update(ctx context.Context, c route.Caller, clientID string, r Registration) (App, error) {
	return s.change(ctx, c, clientID, func(a App) (App, error) {
		a, err := r.apply(a)
		if err == nil && a.Live && a.CallbackURL == "" {
			err = fault.New(fault.Invalid, "callback_url", "A live app needs a callback URL.")
		}
		return a, err
	})
}

// SetLive makes a draft installable by other companies. There is no way back.
// spec: devhub.live
func (s *Service) SetLive(ctx context.Context, c route.Caller, clientID string) (App, error) {
	return s.change(ctx, c, clientID, func(a App) (App, error) {
		if a.CallbackURL == "" {
			return a, fault.New(fault.Invalid, "callback_url", "Expected a callback URL before the app goes live, got none. Save one first.")
		}
		a.Live = true
		return a, nil
	})
}

// UploadManifest checks a messaging manifest and stores it as it came. An empty
// one removes what is there.
// spec: messaging.manifest.validated
func (s *Service) UploadManifest(ctx context.Context, c route.Caller, clientID string, raw []byte) (App, error) {
	if len(raw) > MaxManifest {
		return App{}, fault.New(fault.TooLarge, "manifest", "Expected at most %d bytes, got %d. A manifest is a short JSON file; check that it is the right one.", MaxManifest, len(raw))
	}
	return s.change(ctx, c, clientID, func(a App) (App, error) {
		if len(raw) == 0 {
			a.Manifest, a.ManifestRaw = nil, nil
			return a, nil
		}
		if !a.Wants(ScopeMessengers) {
			return a, fault.New(fault.Invalid, "scopes", "A messaging manifest needs the scope %s; tick it and save first.", ScopeMessengers)
		}
		m, err := messagingapi.ParseManifest(raw, messagingapi.ManifestRules{RequireHTTPS: a.Public})
		if err != nil {
			if me, ok := errors.AsType[*messagingapi.Error](err); ok {
				return a, fault.New(fault.Invalid, "manifest", "%s: %s", me.Key, me.Message)
			}
			return a, fault.New(fault.Invalid, "manifest", "%v", err)
		}
		a.Manifest, a.ManifestRaw = &m, raw
		return a, nil
	})
}

// RegenerateSecret replaces an app's client secret at once. Tokens live on.
// spec: oauth.secret-regenerated
func (s *Service) RegenerateSecret(ctx context.Context, c route.Caller, clientID string) (string, error) {
	if err := needAdmin(c); err != nil {
		return "", err
	}
	plain := secret.Random(secretBytes)
	sealed, err := s.keys.Seal([]byte(plain), place(clientID))
	if err != nil {
		return "", fmt.Errorf("seal a new secret: %w", err)
	}
	err = s.db.Company(c.Company).Update(ctx, func(tx *store.Tx) error {
		n, err := tx.Exec(`UPDATE devhub_app SET secret_sealed = ?, updated_at = ? WHERE company_id = @company AND client_id = ?`,
			sealed, clock.Micros(s.db.Now()), clientID)
		if err == nil && n == 0 {
			return noApp(clientID)
		}
		return err
	})
	if err != nil {
		return "", err
	}
	return plain, nil
}
