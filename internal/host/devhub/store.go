package devhub

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/dockwright/dockwright/internal/clock"
	"github.com/dockwright/dockwright/internal/fault"
	"github.com/dockwright/dockwright/internal/store"
	"github.com/dockwright/dockwright/pipedrive/messagingapi"
)

const appColumns = `company_id, id, client_id, name, summary, description, category, icon_url, icon_hash, support_url, legal_url,
	contact_email, callback_url, installation_url, scopes, is_public, status, sharing_enabled, extensions_shared, manifest_raw,
	video_manifest_raw, review_note, check_text, check_ok, checked_at, created_by, created_at, updated_at, submitted_at,
	video_url, (SELECT COUNT(*) FROM devhub_image i WHERE i.company_id = devhub_app.company_id AND i.app_id = devhub_app.id)`

func scanApp(s store.Scanner) (App, error) {
	var a App
	var scopes string
	var checked, created, updated, submitted int64
	err := s.Scan(&a.Owner, &a.ID, &a.ClientID, &a.Name, &a.Summary, &a.Description, &a.Category, &a.IconLink, &a.iconHash, &a.SupportURL, &a.LegalURL,
		&a.ContactEmail, &a.CallbackURL, &a.InstallationURL, &scopes, &a.Public, &a.State, &a.SharingEnabled, &a.ExtensionsShared, &a.ManifestRaw,
		&a.VideoManifestRaw, &a.ReviewNote, &a.Check.Text, &a.Check.OK, &checked, &a.CreatedBy, &created, &updated, &submitted,
		&a.VideoURL, &a.ImageCount)
	if err != nil {
		return App{}, err
	}
	a.Scopes, a.Live = strings.Split(scopes, ","), a.State == StatusLive
	a.CreatedAt, a.UpdatedAt = clock.FromMicros(created), clock.FromMicros(updated)
	a.Check.At, a.SubmittedAt = instant(checked), instant(submitted)
	a.IconURL = a.iconAddress()
	return a.readManifests()
}

// instant is a time that may not have come yet.
func instant(micros int64) time.Time {
	if micros == 0 {
		return time.Time{}
	}
	return clock.FromMicros(micros)
}

// readManifests reads what was valid when it was stored. A stricter reader of
// today must still be able to show it, so https is not asked for again.
func (a App) readManifests() (App, error) {
	a.Manifest, a.VideoManifest = nil, nil
	if len(a.ManifestRaw) > 0 {
		m, err := messagingapi.ParseManifest(a.ManifestRaw, messagingapi.ManifestRules{})
		if err != nil {
			return App{}, fmt.Errorf("stored manifest of app %s: %w", a.ClientID, err)
		}
		a.Manifest = &m
	}
	if len(a.VideoManifestRaw) > 0 {
		a.VideoManifest = &VideoManifest{}
		if err := json.Unmarshal(a.VideoManifestRaw, a.VideoManifest); err != nil {
			return App{}, fmt.Errorf("stored video manifest of app %s: %w", a.ClientID, err)
		}
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
	if errors.Is(err, store.ErrNoRows) || (err == nil && a.State == statusDeleted) {
		return App{}, noApp(clientID)
	}
	return a, err
}

// ForCallback is ByClientID that finds deleted apps too: they are still told that
// they were uninstalled.
func (s *Service) ForCallback(ctx context.Context, clientID string) (App, error) {
	var a App
	err := s.db.View(ctx, func(tx *store.Tx) (err error) {
		a, err = store.One(tx, scanApp, `SELECT `+appColumns+` FROM devhub_app WHERE client_id = ?`, clientID)
		return err
	})
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
		out, err = s.AppsIn(tx)
		return err
	})
	return out, err
}

// AppsIn is Apps of tx's company inside the caller's transaction.
func (s *Service) AppsIn(tx *store.Tx) ([]App, error) {
	return store.Select(tx, scanApp, `SELECT `+appColumns+` FROM devhub_app
		WHERE company_id = @company AND status <> 'deleted' ORDER BY id DESC`)
}

// ClientIDs are those of all apps that tx's company ever registered.
func (s *Service) ClientIDs(tx *store.Tx) ([]string, error) {
	return store.Select(tx, store.Value[string], `SELECT client_id FROM devhub_app WHERE company_id = @company ORDER BY id`)
}

// Listed lists what a company's marketplace offers: public apps that are live and
// all of its own, by name.
func (s *Service) Listed(ctx context.Context, company int64) ([]App, error) {
	var out []App
	err := s.db.View(ctx, func(tx *store.Tx) (err error) {
		out, err = store.Select(tx, scanApp, `SELECT `+appColumns+` FROM devhub_app
			WHERE (company_id = ? AND status <> 'deleted') OR (is_public AND status = 'live') ORDER BY LOWER(name), client_id`, company)
		return err
	})
	return out, err
}

// ByClientIDs returns those of the apps that are there, by name.
func (s *Service) ByClientIDs(ctx context.Context, clientIDs []string) ([]App, error) {
	if len(clientIDs) == 0 {
		return nil, nil
	}
	var out []App
	err := s.db.View(ctx, func(tx *store.Tx) (err error) {
		out, err = store.Select(tx, scanApp, `SELECT `+appColumns+` FROM devhub_app
			WHERE status <> 'deleted' AND client_id IN (`+places(len(clientIDs))+`) ORDER BY LOWER(name), client_id`, anyOf(clientIDs)...)
		return err
	})
	return out, err
}

// places are n placeholders.
func places(n int) string { return strings.TrimSuffix(strings.Repeat("?, ", n), ", ") }

func anyOf(texts []string) []any {
	out := make([]any, len(texts))
	for i, t := range texts {
		out[i] = t
	}
	return out
}
