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

// Status is where an app is in its life.
type Status string

// The statuses. A private app goes from draft to live; a public one passes a
// review and is listed only while it is live.
const (
	StatusDraft       Status = "draft"
	StatusInReview    Status = "in_review"
	StatusUnpublished Status = "unpublished" // approved, installable by its link, not listed
	StatusLive        Status = "live"
	statusDeleted     Status = "deleted" // kept for the last calls to the app
)

// App is an app as its owner registered it, without its secret.
type App struct {
	ID              int64
	Owner           int64 // the company that registered it
	ClientID        string
	Name            string
	Summary         string // one line for the marketplace, may be empty
	Description     string // some paragraphs, may be empty
	Category        string // one of [Categories], may be empty in a draft
	IconURL         string // what pages show: the uploaded icon, else IconLink
	IconLink        string // an address that was entered instead of an upload
	SupportURL      string
	LegalURL        string
	ContactEmail    string
	CallbackURL     string // where OAuth answers, may be empty in a draft
	VideoURL        string // of a video on YouTube, may be empty
	ImageCount      int    // of images in the listing, see [Service.Images]
	InstallationURL string // where the app wants installing to begin, may be empty
	Scopes          []string
	Public          bool // chosen when the app is made, never changed
	State           Status
	Live            bool // State is StatusLive
	SharingEnabled  bool // installing asks whether to share with the company
	// ExtensionsShared is whether colleagues of who shares the app use its link
	// actions and look at its JSON panels without allowing it themselves.
	ExtensionsShared bool
	ManifestRaw      []byte
	Manifest         *messagingapi.Manifest // nil if none was uploaded
	VideoManifestRaw []byte
	VideoManifest    *VideoManifest // nil if none was uploaded
	ReviewNote       string         // what the operator wrote when they said no
	Check            Check
	CreatedBy        int64
	CreatedAt        time.Time
	UpdatedAt        time.Time
	SubmittedAt      time.Time // to the review, zero before

	iconHash string
}

// Check is how a call to the callback URL went.
type Check struct {
	OK   bool
	Text string    // a sentence
	At   time.Time // zero before the first
}

// Wants reports whether the app asks for a scope.
func (a App) Wants(scope string) bool { return slices.Contains(a.Scopes, scope) }

// InstallableIn reports whether users of a company may install the app.
func (a App) InstallableIn(company int64) bool {
	return a.State == StatusLive || a.State == StatusUnpublished || a.Owner == company
}

// Reviewed reports whether the app is public and was approved, so that changes of
// what the review was about wait for another.
func (a App) Reviewed() bool {
	return a.Public && (a.State == StatusLive || a.State == StatusUnpublished)
}

// Status is the word pages use for where the app is in its life.
func (a App) Status() string {
	if a.State == StatusInReview {
		return "in review"
	}
	return string(a.State)
}

// Service is the room.
type Service struct {
	db   *store.DB
	keys *secret.Keyring
	// scopesAdded takes part in the transaction in which an app gains a scope.
	scopesAdded func(tx *store.Tx, clientID string) error
	// approve lets every submission pass as it comes.
	approve bool
}

// New returns the room over db, which must have its Migrations; keys seal the
// client secrets.
func New(db *store.DB, keys *secret.Keyring) *Service { return &Service{db: db, keys: keys} }

// OnScopesAdded sets what takes part in the transaction in which an app gains a
// scope; tx is bound to the company that owns the app. It is called once, before
// the first request.
func (s *Service) OnScopesAdded(fn func(tx *store.Tx, clientID string) error) { s.scopesAdded = fn }

// ApproveAtOnce lets every submission to the review pass as it comes. It is for
// demo mode, which has no operator, and is called before the first request.
func (s *Service) ApproveAtOnce() { s.approve = true }

// place is what a sealed client secret is bound to.
func place(clientID string) string { return "devhub_app.secret/" + clientID }

func needAdmin(c route.Caller) error {
	if !c.Admin {
		return fault.New(fault.Forbidden, "", "Only admins of the company can change its apps. Ask an admin to do it.")
	}
	return nil
}
