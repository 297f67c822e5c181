// Package devhub is the Developer Hub: the apps that companies registered, with
// their credentials, callback URL, scopes and manifests.
//
// Every user of a company may see its apps; its admins change them.
package devhub

import (
	"embed"
	"slices"
	"time"

	"github.com/dockwright/dockwright/internal/fault"
	"github.com/dockwright/dockwright/internal/host/route"
	"github.com/dockwright/dockwright/internal/secret"
	"github.com/dockwright/dockwright/internal/store"
	"github.com/dockwright/dockwright/pipedrive/messagingapi"
)

//go:embed schema/*.sql
var schemaFS embed.FS

// Migrations are the room's tables.
var Migrations = store.Migrations{Room: "devhub", FS: schemaFS}

// App is an app as its owner registered it, without its secret.
type App struct {
	ID              int64
	Owner           int64 // the company that registered it
	ClientID        string
	Name            string
	Summary         string // one line for the marketplace, may be empty
	IconURL         string // may be empty
	CallbackURL     string // where OAuth answers, may be empty in a draft
	InstallationURL string // where the app wants installing to begin, may be empty
	Scopes          []string
	Public          bool // chosen when the app is made, never changed
	Live            bool // installable by other companies; a draft only by its owner's
	SharingEnabled  bool // installing asks whether to share with the company
	ManifestRaw     []byte
	Manifest        *messagingapi.Manifest // nil if none was uploaded
	CreatedBy       int64
	CreatedAt       time.Time
	UpdatedAt       time.Time
}

// Wants reports whether the app asks for a scope.
func (a App) Wants(scope string) bool { return slices.Contains(a.Scopes, scope) }

// InstallableIn reports whether users of a company may install the app.
func (a App) InstallableIn(company int64) bool { return a.Live || a.Owner == company }

// Status is the word pages use for where the app is in its life.
func (a App) Status() string {
	if a.Live {
		return "live"
	}
	return "draft"
}

// Service is the room.
type Service struct {
	db   *store.DB
	keys *secret.Keyring
	// scopesAdded takes part in the transaction in which an app gains a scope.
	scopesAdded func(tx *store.Tx, clientID string) error
}

// New returns the room over db, which must have its Migrations; keys seal the
// client secrets.
func New(db *store.DB, keys *secret.Keyring) *Service { return &Service{db: db, keys: keys} }

// OnScopesAdded sets what takes part in the transaction in which an app gains a
// scope; tx is bound to the company that owns the app. It is called once, before
// the first request.
func (s *Service) OnScopesAdded(fn func(tx *store.Tx, clientID string) error) { s.scopesAdded = fn }

// place is what a sealed client secret is bound to.
func place(clientID string) string { return "devhub_app.secret/" + clientID }

func needAdmin(c route.Caller) error {
	if !c.Admin {
		return fault.New(fault.Forbidden, "", "Only admins of the company can change its apps. Ask an admin to do it.")
	}
	return nil
}
