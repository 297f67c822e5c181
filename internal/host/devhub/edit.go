package devhub

import (
	"context"
	"errors"
	"fmt"
	"net/url"
	"slices"
	"strings"
	"time"

	"github.com/dockwright/dockwright/internal/clock"
	"github.com/dockwright/dockwright/internal/fault"
	"github.com/dockwright/dockwright/internal/host/route"
	"github.com/dockwright/dockwright/internal/live"
	"github.com/dockwright/dockwright/internal/secret"
	"github.com/dockwright/dockwright/internal/store"
)

const (
	maxName     = 100     // characters
	maxSummary  = 150     // characters
	maxAbout    = 1500    // characters of a description
	maxURL      = 2000    // bytes
	MaxManifest = 1 << 20 // bytes of a manifest that is accepted
	idBytes     = 8       // 16 hex digits, as in the samples of the platform
	secretBytes = 20
)

// Registration is what a person fills in about an app.
type Registration struct {
	Name             string
	Summary          string
	Description      string
	Category         string
	IconURL          string // an address; an uploaded icon comes before it
	SupportURL       string
	LegalURL         string
	ContactEmail     string
	VideoURL         string
	CallbackURL      string
	InstallationURL  string
	Scopes           []string
	SharingEnabled   bool
	ExtensionsShared bool
}

// registration is what is filled in about an app so far.
func (a App) registration() Registration {
	return Registration{
		Name: a.Name, Summary: a.Summary, Description: a.Description, Category: a.Category, IconURL: a.IconLink,
		SupportURL: a.SupportURL, LegalURL: a.LegalURL, ContactEmail: a.ContactEmail, VideoURL: a.VideoURL, CallbackURL: a.CallbackURL,
		InstallationURL: a.InstallationURL, Scopes: a.Scopes, SharingEnabled: a.SharingEnabled, ExtensionsShared: a.ExtensionsShared,
	}
}

// Create registers an app as a draft. Whether it is public is decided here for
// good.
func (s *Service) Create(ctx context.Context, c route.Caller, public bool, r Registration) (App, error) {
	if err := needAdmin(c); err != nil {
		return App{}, err
	}
	a := App{Owner: c.Company, Public: public, State: StatusDraft, CreatedBy: c.User, CreatedAt: s.db.Now(), ClientID: secret.Random(idBytes)}
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
		a, err = insertApp(tx, a, sealed)
		return err
	})
	return a, err
}

// insertApp stores a new app with its sealed secret.
func insertApp(tx *store.Tx, a App, sealed string) (App, error) {
	var err error
	if a.ID, err = tx.NextID("app"); err != nil {
		return a, err
	}
	_, err = tx.Exec(`INSERT INTO devhub_app (company_id, id, client_id, secret_sealed, name, summary, icon_url, callback_url,
			installation_url, scopes, is_public, sharing_enabled, created_by, created_at, updated_at)
			VALUES (@company, ?, ?, ?, '', '', '', '', '', '', ?, FALSE, ?, ?, ?)`,
		a.ID, a.ClientID, sealed, a.Public, a.CreatedBy, clock.Micros(a.CreatedAt), clock.Micros(a.UpdatedAt))
	if err != nil {
		return a, err
	}
	return a, saveApp(tx, a)
}

// apply checks r against the rules of its kind of app and writes it into a.
func (r Registration) apply(a App) (App, error) {
	a.Name, a.Summary = strings.TrimSpace(r.Name), strings.TrimSpace(r.Summary)
	a.Description = strings.TrimSpace(strings.ReplaceAll(r.Description, "\r\n", "\n"))
	a.Category, a.ContactEmail = r.Category, strings.TrimSpace(r.ContactEmail)
	for _, t := range []struct {
		field, value string
		least, most  int
	}{{"name", a.Name, 1, maxName}, {"summary", a.Summary, 0, maxSummary}, {"description", a.Description, 0, maxAbout}} {
		if err := checkText(t.field, t.value, t.least, t.most); err != nil {
			return a, err
		}
	}
	if err := checkListing(a.Category, a.ContactEmail); err != nil {
		return a, err
	}
	a.VideoURL = strings.TrimSpace(r.VideoURL)
	if err := checkVideo(a.VideoURL); err != nil {
		return a, err
	}
	for _, u := range []struct {
		field, value string
		to           *string
	}{
		{"callback_url", r.CallbackURL, &a.CallbackURL},
		{"installation_url", r.InstallationURL, &a.InstallationURL},
		{"icon_url", r.IconURL, &a.IconLink},
		{"support_url", r.SupportURL, &a.SupportURL},
		{"legal_url", r.LegalURL, &a.LegalURL},
	} {
		*u.to = strings.TrimSpace(u.value)
		if err := checkURL(u.field, *u.to, a.Public); err != nil {
			return a, err
		}
	}
	var err error
	a.Scopes, err = normalScopes(r.Scopes)
	a.SharingEnabled, a.ExtensionsShared = r.SharingEnabled, r.ExtensionsShared
	a.IconURL = a.iconAddress()
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
func (s *Service) change(ctx context.Context, c route.Caller, clientID string, fn func(*store.Tx, App) (App, error)) (App, error) {
	if err := needAdmin(c); err != nil {
		return App{}, err
	}
	var out App
	err := s.db.Company(c.Company).Update(ctx, func(tx *store.Tx) error {
		a, err := ownApp(tx, clientID)
		if err != nil {
			return err
		}
		if out, err = fn(tx, a); err != nil {
			return err
		}
		if s.scopesAdded != nil && slices.ContainsFunc(out.Scopes, func(sc string) bool { return !a.Wants(sc) }) {
			if err := s.scopesAdded(tx, clientID); err != nil {
				return err
			}
		}
		out.UpdatedAt = s.db.Now()
		// Open pages of the developer's company show the app as it is now.
		// spec: devhub.changes-live
		live.Append(tx, live.Event{Kind: "app.changed", Topics: []string{"marketplace"}})
		return saveApp(tx, out)
	})
	return out, err
}

// ownApp locks an app of the company that tx is bound to.
func ownApp(tx *store.Tx, clientID string) (App, error) {
	if !store.Storable(clientID) {
		return App{}, noApp(clientID)
	}
	a, err := store.One(tx, scanApp, `SELECT `+appColumns+` FROM devhub_app
		WHERE company_id = @company AND client_id = ? AND status <> 'deleted'`+tx.ForUpdate(), clientID)
	if errors.Is(err, store.ErrNoRows) {
		return App{}, noApp(clientID)
	}
	return a, err
}

// saveApp writes everything about an app that can change.
func saveApp(tx *store.Tx, a App) error {
	_, err := tx.Exec(`UPDATE devhub_app SET name = ?, summary = ?, description = ?, category = ?, video_url = ?, icon_url = ?, icon_hash = ?, support_url = ?,
		legal_url = ?, contact_email = ?, callback_url = ?, installation_url = ?, scopes = ?, status = ?, sharing_enabled = ?, extensions_shared = ?,
		manifest_raw = ?, video_manifest_raw = ?, review_note = ?, check_text = ?, check_ok = ?, checked_at = ?, updated_at = ?, submitted_at = ?
		WHERE company_id = @company AND id = ?`,
		a.Name, a.Summary, a.Description, a.Category, a.VideoURL, a.IconLink, a.iconHash, a.SupportURL,
		a.LegalURL, a.ContactEmail, a.CallbackURL, a.InstallationURL, strings.Join(a.Scopes, ","), string(a.State), a.SharingEnabled, a.ExtensionsShared,
		a.ManifestRaw, a.VideoManifestRaw, a.ReviewNote, a.Check.Text, a.Check.OK, micros(a.Check.At), clock.Micros(a.UpdatedAt), micros(a.SubmittedAt), a.ID)
	return err
}

// micros is an instant that may not have come yet.
func micros(t time.Time) int64 {
	if t.IsZero() {
		return 0
	}
	return clock.Micros(t)
}

// Update replaces what was filled in about an app. Client id and secret stay.
func (s *Service) Update(ctx context.Context, c route.Caller, clientID string, r Registration) (App, error) {
	return s.Edit(ctx, c, clientID, func(to *Registration) { *to = r })
}

// Edit changes what was filled in about an app; edit gets what stands in the
// forms, and may run several times. What the review of an approved public app was
// about changes in its pending copy; the rest changes at once.
func (s *Service) Edit(ctx context.Context, c route.Caller, clientID string, edit func(*Registration)) (App, error) {
	return s.change(ctx, c, clientID, func(tx *store.Tx, a App) (App, error) {
		return s.revise(tx, a, func(a App) (App, error) {
			r := a.registration()
			edit(&r)
			before := a.CallbackURL
			a, err := r.apply(a)
			if a.CallbackURL != before {
				a.Check = Check{} // it was about another address
			}
			if err == nil && a.State != StatusDraft && a.CallbackURL == "" {
				err = fault.New(fault.Invalid, "callback_url", "A live app needs a callback URL.")
			}
			return a, err
		})
	})
}

// SetLive makes a private draft installable by other companies, for good, or
// lists an approved public app.
// spec: devhub.live
func (s *Service) SetLive(ctx context.Context, c route.Caller, clientID string) (App, error) {
	return s.change(ctx, c, clientID, func(_ *store.Tx, a App) (App, error) {
		if a.CallbackURL == "" {
			return a, fault.New(fault.Invalid, "callback_url", "Expected a callback URL before the app goes live, got none. Save one first.")
		}
		if a.Public && !a.Reviewed() {
			return a, fault.New(fault.Conflict, "", "A public app is reviewed before it goes live. Send it to the review first.")
		}
		a.State, a.Live = StatusLive, true
		return a, nil
	})
}

// UploadManifest checks a messaging manifest and stores it as it came. An empty
// one removes what is there.
// spec: messaging.manifest.validated
func (s *Service) UploadManifest(ctx context.Context, c route.Caller, clientID string, raw []byte) (App, error) {
	if err := checkSize("manifest", raw); err != nil {
		return App{}, err
	}
	return s.change(ctx, c, clientID, func(tx *store.Tx, a App) (App, error) {
		return s.revise(tx, a, func(a App) (App, error) {
			a.Manifest, a.ManifestRaw = nil, nil
			if len(raw) == 0 {
				return a, nil
			}
			if !a.Wants(ScopeMessengers) {
				return a, fault.New(fault.Invalid, "scopes", "A messaging manifest needs the scope %s; tick it and save first.", ScopeMessengers)
			}
			m, err := parseManifest(raw, a)
			a.Manifest, a.ManifestRaw = m, raw
			return a, err
		})
	})
}

// UploadVideoManifest is UploadManifest for video calls.
// spec: devhub.video-manifest
func (s *Service) UploadVideoManifest(ctx context.Context, c route.Caller, clientID string, raw []byte) (App, error) {
	if err := checkSize("video_manifest", raw); err != nil {
		return App{}, err
	}
	return s.change(ctx, c, clientID, func(tx *store.Tx, a App) (App, error) {
		return s.revise(tx, a, func(a App) (App, error) {
			a.VideoManifest, a.VideoManifestRaw = nil, nil
			if len(raw) == 0 {
				return a, nil
			}
			if !a.Wants(ScopeVideoCalls) {
				return a, fault.New(fault.Invalid, "scopes", "A video calling manifest needs the scope %s; tick it and save first.", ScopeVideoCalls)
			}
			m, err := parseVideoManifest(raw, a)
			a.VideoManifest, a.VideoManifestRaw = m, raw
			return a, err
		})
	})
}

func checkSize(field string, raw []byte) error {
	if len(raw) > MaxManifest {
		return fault.New(fault.TooLarge, field, "Expected at most %d bytes, got %d. A manifest is a short JSON file; check that it is the right one.", MaxManifest, len(raw))
	}
	return nil
}

// NoteCheck keeps how a call to the callback URL went.
func (s *Service) NoteCheck(ctx context.Context, c route.Caller, clientID string, check Check) error {
	_, err := s.change(ctx, c, clientID, func(_ *store.Tx, a App) (App, error) {
		a.Check = check
		return a, nil
	})
	return err
}

// Delete takes an app out of the Developer Hub and the Marketplace, for good. tx
// is bound to its company. Who calls it has uninstalled the app everywhere in the
// same transaction.
// spec: devhub.delete
func (s *Service) Delete(tx *store.Tx, clientID string) error {
	a, err := ownApp(tx, clientID)
	if err != nil {
		return err
	}
	for _, stmt := range []string{
		`DELETE FROM devhub_extension WHERE company_id = @company AND app_id = ?`,
		`DELETE FROM devhub_pending WHERE company_id = @company AND app_id = ?`,
		`DELETE FROM devhub_image WHERE company_id = @company AND app_id = ?`,
		`DELETE FROM devhub_icon WHERE company_id = @company AND app_id = ?`,
	} {
		if _, err := tx.Exec(stmt, a.ID); err != nil {
			return err
		}
	}
	a.State, a.Live, a.iconHash, a.UpdatedAt = statusDeleted, false, "", s.db.Now()
	return saveApp(tx, a)
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
		n, err := tx.Exec(`UPDATE devhub_app SET secret_sealed = ?, updated_at = ? WHERE company_id = @company AND client_id = ? AND status <> 'deleted'`,
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
