package devhub

import (
	"encoding/hex"
	"fmt"

	"github.com/dockwright/dockwright/internal/fault"
	"github.com/dockwright/dockwright/internal/secret"
	"github.com/dockwright/dockwright/internal/store"
)

// NewApp is an app that comes from a file, with credentials of its own.
type NewApp struct {
	Registration
	Public       bool
	ClientID     string // 16 hex digits; made when empty
	ClientSecret string // 20 to 200 characters; made when empty
	Manifest     []byte // for messaging, may be empty
}

// PreparedApp is a NewApp that was checked.
type PreparedApp struct {
	app    App
	sealed string
}

// ClientID is the app's client id.
func (p PreparedApp) ClientID() string { return p.app.ClientID }

// Scopes are those that the app asks for.
func (p PreparedApp) Scopes() []string { return p.app.Scopes }

// PrepareApp checks n and makes what it leaves out. It returns the secret, which
// is kept sealed.
func (s *Service) PrepareApp(n NewApp) (PreparedApp, string, error) {
	if n.ClientID == "" {
		n.ClientID = secret.Random(idBytes)
	}
	if raw, err := hex.DecodeString(n.ClientID); err != nil || len(raw) != idBytes {
		return PreparedApp{}, "", fault.New(fault.Invalid, "client_id", "Expected %d hex digits, got %q.", 2*idBytes, n.ClientID)
	}
	if n.ClientSecret == "" {
		n.ClientSecret = secret.Random(secretBytes)
	}
	if l := len(n.ClientSecret); l < secretBytes || l > 200 {
		return PreparedApp{}, "", fault.New(fault.Invalid, "client_secret", "Expected %d to 200 characters, got %d.", secretBytes, l)
	}
	now := s.db.Now()
	a, err := n.apply(App{ClientID: n.ClientID, Public: n.Public, State: StatusDraft, CreatedAt: now, UpdatedAt: now})
	if err != nil {
		return PreparedApp{}, "", err
	}
	if len(n.Manifest) > 0 {
		if !a.Wants(ScopeMessengers) {
			return PreparedApp{}, "", fault.New(fault.Invalid, "scopes", "A messaging manifest needs the scope %s; add it.", ScopeMessengers)
		}
		if a.Manifest, err = parseManifest(n.Manifest, a); err != nil {
			return PreparedApp{}, "", err
		}
		a.ManifestRaw = n.Manifest
	}
	sealed, err := s.keys.Seal([]byte(n.ClientSecret), place(a.ClientID))
	if err != nil {
		return PreparedApp{}, "", fmt.Errorf("seal the secret of app %s: %w", a.ClientID, err)
	}
	return PreparedApp{a, sealed}, n.ClientSecret, nil
}

// AddApp stores a prepared app as the company's that tx is bound to, made by one
// of its users.
func (s *Service) AddApp(tx *store.Tx, user int64, p PreparedApp) (App, error) {
	taken, err := store.One(tx.Unbound(), store.Value[int64], `SELECT COUNT(*) FROM devhub_app WHERE client_id = ?`, p.app.ClientID)
	if err != nil {
		return App{}, err
	}
	if taken > 0 {
		return App{}, fault.New(fault.Conflict, "client_id", "Another app has the client id %q. Leave it out to get a new one.", p.app.ClientID)
	}
	a := p.app
	a.Owner, a.CreatedBy = tx.Company(), user
	return insertApp(tx, a, p.sealed)
}
