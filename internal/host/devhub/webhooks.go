package devhub

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/dockwright/dockwright/internal/clock"
	"github.com/dockwright/dockwright/internal/fault"
	"github.com/dockwright/dockwright/internal/host/route"
	"github.com/dockwright/dockwright/internal/store"
	"github.com/dockwright/dockwright/pipedrive/webhookapi"
)

// Scopes any one of which lets an app have webhooks.
var webhookScopes = []string{"webhooks:full", "admin"}

// DeclaredWebhook is one that comes to be for everybody who installs the app.
type DeclaredWebhook struct {
	URL          string `json:"subscription_url,omitempty"`
	Action       string `json:"event_action,omitempty"`
	Object       string `json:"event_object,omitempty"`
	Version      string `json:"version,omitempty"` // webhookapi.Version2 when none is given
	Name         string `json:"name,omitempty"`
	AuthUser     string `json:"http_auth_user,omitempty"`
	AuthPassword string `json:"http_auth_password,omitempty"`
}

// UploadWebhooks checks the webhooks that an app declares and keeps them as they
// came. An empty upload removes them; who has installed the app keeps what was
// made.
// spec: webhooks.manifest
func (s *Service) UploadWebhooks(ctx context.Context, c route.Caller, clientID string, raw []byte) error {
	if err := needAdmin(c); err != nil {
		return err
	}
	sealed := ""
	if len(raw) > 0 {
		a, err := s.ByClientID(ctx, clientID)
		if err != nil {
			return err
		}
		if sealed, err = s.sealWebhooks(raw, a); err != nil {
			return err
		}
	}
	return s.db.Company(c.Company).Update(ctx, func(tx *store.Tx) error {
		n, err := storeWebhooks(tx, clientID, sealed, s.db.Now())
		if err == nil && n == 0 {
			return noApp(clientID)
		}
		return err
	})
}

// sealWebhooks checks an upload and seals it; an empty one stays so.
func (s *Service) sealWebhooks(raw []byte, a App) (string, error) {
	if len(raw) == 0 {
		return "", nil
	}
	if !slices.ContainsFunc(webhookScopes, a.Wants) {
		return "", fault.New(fault.Invalid, "scopes", "Webhooks need the scope webhooks:full; tick it and save first.")
	}
	if _, err := parseWebhooks(raw, a); err != nil {
		return "", err
	}
	sealed, err := s.keys.Seal(raw, webhooksPlace(a.ClientID))
	if err != nil {
		return "", fmt.Errorf("seal declared webhooks: %w", err)
	}
	return sealed, nil
}

// storeWebhooks keeps a sealed upload; it returns how many apps got it.
func storeWebhooks(tx *store.Tx, clientID, sealed string, at time.Time) (int64, error) {
	return tx.Exec(`UPDATE devhub_app SET webhooks_sealed = ?, updated_at = ? WHERE company_id = @company AND client_id = ? AND status <> 'deleted'`,
		sealed, clock.Micros(at), clientID)
}

// webhooksPlace is what the sealed upload is bound to.
func webhooksPlace(clientID string) string { return "devhub_app.webhooks/" + clientID }

// parseWebhooks checks a file of webhooks; what is wrong is told with its line.
func parseWebhooks(raw []byte, a App) ([]DeclaredWebhook, error) {
	const field = "webhooks"
	d, err := readDocument(field, raw)
	if err != nil {
		return nil, err
	}
	if err := d.obey("webhooks"); err != nil {
		return nil, err
	}
	var file struct {
		Webhooks []DeclaredWebhook `json:"webhooks"`
	}
	if err := json.Unmarshal(d.raw, &file); err != nil {
		return nil, fmt.Errorf("read declared webhooks: %w", err)
	}
	for i := range file.Webhooks {
		w := &file.Webhooks[i]
		w.Version = cmp.Or(w.Version, webhookapi.Version2)
		at := func(key string) []string { return []string{"webhooks", strconv.Itoa(i), key} }
		if err := checkURL(field, w.URL, a.Public); err != nil {
			f, _ := fault.As(err)
			return nil, d.refuseAt(at("subscription_url"), "%s", strings.TrimSuffix(f.Message, "."))
		}
		for _, word := range []struct {
			key, value string
			words      []string
		}{{"event_action", w.Action, webhookapi.Actions(w.Version)}, {"event_object", w.Object, webhookapi.Objects(w.Version)}} {
			if !slices.Contains(word.words, word.value) {
				return nil, d.refuseAt(at(word.key), "expected one of %s for version %s, got %q", strings.Join(word.words, ", "), w.Version, clip(word.value))
			}
		}
		if strings.Contains(w.AuthUser, ":") || w.AuthUser == "" && w.AuthPassword != "" {
			return nil, d.refuseAt(at("http_auth_user"), "expected a user's name without a colon")
		}
	}
	return file.Webhooks, nil
}

// DeclaredWebhooks are those of an app that is installed in tx's company.
func (s *Service) DeclaredWebhooks(tx *store.Tx, clientID string) ([]DeclaredWebhook, error) {
	sealed, err := store.One(tx.Unbound(), store.Value[string], `SELECT webhooks_sealed FROM devhub_app WHERE client_id = ?`, clientID)
	if errors.Is(err, store.ErrNoRows) || err == nil && sealed == "" {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	raw, err := s.keys.Open(sealed, webhooksPlace(clientID))
	if err != nil {
		return nil, fmt.Errorf("open declared webhooks of %s: %w", clientID, err)
	}
	return parseWebhooks(raw, App{})
}

// WebhooksFile is the upload as it came, for who may change the app; empty if
// there is none.
func (s *Service) WebhooksFile(ctx context.Context, c route.Caller, clientID string) ([]byte, error) {
	if err := needAdmin(c); err != nil {
		return nil, err
	}
	var sealed string
	err := s.db.Company(c.Company).View(ctx, func(tx *store.Tx) (err error) {
		sealed, err = store.One(tx, store.Value[string], `SELECT webhooks_sealed FROM devhub_app WHERE company_id = @company AND client_id = ?`, clientID)
		return err
	})
	if errors.Is(err, store.ErrNoRows) {
		return nil, noApp(clientID)
	}
	if err != nil || sealed == "" {
		return nil, err
	}
	return s.keys.Open(sealed, webhooksPlace(clientID))
}
