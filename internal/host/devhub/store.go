package devhub

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"github.com/dockwright/dockwright/internal/clock"
	"github.com/dockwright/dockwright/internal/fault"
	"github.com/dockwright/dockwright/internal/store"
	"github.com/dockwright/dockwright/pipedrive/messagingapi"
)

const appColumns = `company_id, id, client_id, name, summary, icon_url, callback_url, installation_url, scopes,
	is_public, is_live, sharing_enabled, manifest_raw, created_by, created_at, updated_at`

func scanApp(s store.Scanner) (App, error) {
	var a App
	var scopes string
	var created, updated int64
	err := s.Scan(&a.Owner, &a.ID, &a.ClientID, &a.Name, &a.Summary, &a.IconURL, &a.CallbackURL, &a.InstallationURL, &scopes,
		&a.Public, &a.Live, &a.SharingEnabled, &a.ManifestRaw, &a.CreatedBy, &created, &updated)
	if err != nil {
		return App{}, err
	}
	a.Scopes = strings.Split(scopes, ",")
	a.CreatedAt, a.UpdatedAt = clock.FromMicros(created), clock.FromMicros(updated)
	if len(a.ManifestRaw) > 0 {
		// It was valid when it was stored; a stricter reader of today must still be
		// able to show it, so https is not asked for again.
		m, err := messagingapi.ParseManifest(a.ManifestRaw, messagingapi.ManifestRules{})
		if err != nil {
			return App{}, fmt.Errorf("stored manifest of app %s: %w", a.ClientID, err)
		}
		a.Manifest = &m
	}
	return a, nil
}

func noApp(clientID string) error {
	return fault.New(fault.NotFound, "client_id", "There is no app with the client id %q.", clientID)
}

// ByClientID returns an app of any company.
func (s *Service) ByClientID(ctx context.Context, clientID string) (App, error) {
	var a App
	err := s.db.View(ctx, func(tx *store.Tx) (err error) {
		a, err = s.AppIn(tx, clientID)
		return err
	})
	return a, err
}

// AppIn is ByClientID inside the caller's transaction. The app may belong to
// another company than the one tx is bound to: apps are known to the whole host.
func (s *Service) AppIn(tx *store.Tx, clientID string) (App, error) {
	if !store.Storable(clientID) {
		return App{}, noApp(clientID)
	}
	a, err := store.One(tx.Unbound(), scanApp, `SELECT `+appColumns+` FROM devhub_app WHERE client_id = ?`, clientID)
	if errors.Is(err, store.ErrNoRows) {
		return App{}, noApp(clientID)
	}
	return a, err
}

// Secret returns an app's client secret, for who must send it or compare it.
func (s *Service) Secret(ctx context.Context, clientID string) (string, error) {
	var sealed string
	err := s.db.View(ctx, func(tx *store.Tx) (err error) {
		sealed, err = store.One(tx, store.Value[string], `SELECT secret_sealed FROM devhub_app WHERE client_id = ?`, clientID)
		return err
	})
	if errors.Is(err, store.ErrNoRows) {
		return "", noApp(clientID)
	}
	if err != nil {
		return "", err
	}
	plain, err := s.keys.Open(sealed, place(clientID))
	if err != nil {
		return "", fmt.Errorf("open the secret of app %s: %w", clientID, err)
	}
	return string(plain), nil
}

// Apps lists the apps a company owns, newest first.
func (s *Service) Apps(ctx context.Context, company int64) ([]App, error) {
	var out []App
	err := s.db.Company(company).View(ctx, func(tx *store.Tx) (err error) {
		out, err = store.Select(tx, scanApp, `SELECT `+appColumns+` FROM devhub_app WHERE company_id = @company ORDER BY id DESC`)
		return err
	})
	return out, err
}

// Listed lists what a company's marketplace offers: public apps that are live and
// all of its own, by name.
func (s *Service) Listed(ctx context.Context, company int64) ([]App, error) {
	var out []App
	err := s.db.View(ctx, func(tx *store.Tx) (err error) {
		out, err = store.Select(tx, scanApp, `SELECT `+appColumns+` FROM devhub_app
			WHERE company_id = ? OR (is_public AND is_live) ORDER BY LOWER(name), client_id`, company)
		return err
	})
	return out, err
}
