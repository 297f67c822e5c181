// Package subscription tells changes to the addresses that asked for them:
// webhooks.
//
// A follower of the event log finds who wants to hear of a change and, in the
// transaction in which its cursor moves, writes down the body for each and adds
// it to the lane of that webhook. What is first told is told in order; what fails
// leaves the lane and is tried again on its own, so that one bad answer does not
// hold up what comes after it. At each attempt the receiver gets the same id.
package subscription

import (
	"context"
	"embed"
	"fmt"
	"log/slog"
	"net/http"
	"net/url"
	"strings"
	"time"

	"github.com/dockwright/dockwright/internal/host/account"
	"github.com/dockwright/dockwright/internal/host/authz"
	"github.com/dockwright/dockwright/internal/host/devhub"
	"github.com/dockwright/dockwright/internal/host/event"
	"github.com/dockwright/dockwright/internal/host/outbound"
	"github.com/dockwright/dockwright/internal/host/records"
	"github.com/dockwright/dockwright/internal/host/rest"
	"github.com/dockwright/dockwright/internal/host/route"
	"github.com/dockwright/dockwright/internal/lane"
	"github.com/dockwright/dockwright/internal/secret"
	"github.com/dockwright/dockwright/internal/store"
	"github.com/dockwright/dockwright/pipedrive/webhookapi"
)

//go:embed schema/*.sql
var schemaFS embed.FS

// Migrations are the room's tables.
var Migrations = store.Migrations{Room: "subscription", FS: schemaFS}

// Webhook is an address with what it wants to hear.
type Webhook struct {
	ID       int64
	ClientID string // the app that made it, "" for a user's own
	Owner    int64  // the user who made it, or whose installation of the app did
	User     int64  // whose permissions decide what is told
	Action   string // a word of its version, or webhookapi.Any
	Object   string // likewise
	URL      string
	Version  string // webhookapi.Version1 or Version2
	Name     string // may be empty
	AuthUser string // of Basic auth; empty: deliveries carry none
	// AuthPassword is there only after [Service.Webhooks] and [Service.Create].
	AuthPassword string

	CreatedAt      time.Time
	RemovedAt      time.Time // zero: it is there
	RemoveReason   string    // why the host removed it
	LastDeliveryAt time.Time // of the last attempt, zero: none yet
	LastStatus     int       // HTTP status of the last attempt, 0: no answer
	Strikes        int       // first attempts that failed since the last ban
	BannedUntil    time.Time // until then nothing is told; zero: not banned

	installation int64
	sealed       string // the password
	afterSeq     int64
	failingSince time.Time
}

// OfApp reports whether an app made the webhook.
func (w Webhook) OfApp() bool { return w.ClientID != "" }

// Type is general or application.
func (w Webhook) Type() string {
	if w.OfApp() {
		return webhookapi.TypeApplication
	}
	return webhookapi.TypeGeneral
}

// Banned reports whether what happens now is lost for the webhook.
func (w Webhook) Banned(now time.Time) bool { return now.Before(w.BannedUntil) }

// State is what became of a delivery.
type State string

// The states. Lost is what happened while the webhook was banned, or was waiting
// when it was removed.
const (
	Waiting   State = "waiting"
	Delivered State = "delivered"
	Failed    State = "failed"
	Lost      State = "lost"
)

// Purpose is why something is delivered.
type Purpose string

// The purposes. What is not an event is tried once and is no strike.
const (
	ForEvent  Purpose = "event"
	ForTest   Purpose = "test"
	ForReplay Purpose = "replay"
)

// Delivery is a body that was sent to a webhook, or waits to be.
type Delivery struct {
	ID        int64
	Webhook   int64
	Event     string // "change.person", or "updated.person" in version 1
	EntityID  string
	Purpose   Purpose
	Body      []byte // JSON, as of the last attempt
	State     State
	Attempts  int // made so far
	Status    int // HTTP status of the last attempt, 0: no answer
	Error     string
	Duration  time.Duration // of the last attempt
	CreatedAt time.Time
	NextAt    time.Time // of the next attempt; zero: none, or at once
	EndedAt   time.Time // zero: not yet
}

// Door is the way out; outbound.Door is one.
type Door interface {
	Do(ctx context.Context, c outbound.Call) (*outbound.Response, error)
}

// Installs tells about installations and where the company is reached;
// authz.Service does.
type Installs interface {
	Installation(tx *store.Tx, clientID string, user int64) (authz.Installation, error)
	// Origin is the company's, "https://nordwind.example.com".
	Origin(tx *store.Tx) (string, error)
}

// Users tells about the company's users; account.Service does.
type Users interface {
	Users(tx *store.Tx) ([]account.User, error)
	Company(tx *store.Tx) (account.Company, error)
}

// Records tells about the definitions of custom fields, and what the snapshot of a
// record does not say; records.Service does.
type Records interface {
	CustomFields(tx *store.Tx, entity string) ([]records.Field, error)
	AudienceOf(tx *store.Tx, kind string, id, owner, visibleTo int64) (records.Audience, error)
	AudienceOn(tx *store.Tx, on []records.Link) (records.Audience, error)
	NextActivity(tx *store.Tx, lead string) (int64, error)
}

// Declarations tells which webhooks an app brings; devhub.Service does.
type Declarations interface {
	DeclaredWebhooks(tx *store.Tx, clientID string) ([]devhub.DeclaredWebhook, error)
}

// Options are what a Service needs besides its database.
type Options struct {
	Outbound Door
	Lanes    *lane.Runner
	Events   *event.Log
	Installs Installs
	Users    Users
	Records  Records
	Apps     Declarations    // nil: apps declare none
	Keys     *secret.Keyring // seal the passwords
	// BaseURL is the host's origin, without a slash at the end: an address that no
	// webhook may have.
	BaseURL string
	// AllowPlain lets webhooks have http addresses on this machine.
	AllowPlain bool
	Log        *slog.Logger // default: slog.Default()
}

// Service is the room.
type Service struct {
	db       *store.DB
	door     Door
	installs Installs
	users    Users
	records  Records
	apps     Declarations
	keys     *secret.Keyring
	base     *url.URL
	plain    bool
	log      *slog.Logger
}

// New returns the room over db, which must have its Migrations, gives its work to
// the lanes and follows the event log.
func New(db *store.DB, o Options) (*Service, error) {
	base, err := url.Parse(strings.TrimSuffix(o.BaseURL, "/"))
	if err != nil || base.Host == "" {
		return nil, fmt.Errorf("base URL: expected scheme and host such as https://crm.example.com, got %q", o.BaseURL)
	}
	if o.Log == nil {
		o.Log = slog.Default()
	}
	s := &Service{
		db: db, door: o.Outbound, installs: o.Installs, users: o.Users, records: o.Records, apps: o.Apps, keys: o.Keys,
		base: base, plain: o.AllowPlain, log: o.Log,
	}
	o.Lanes.Handle(deliverJob, s.deliver)
	return s, o.Events.Follow(s.follower())
}

// costOfList is what a list takes from the daily budget, in tokens.
const costOfList = 10

// Routes are the management endpoints.
func (s *Service) Routes() []route.Route {
	read := []string{"admin", "webhooks:read", "webhooks:full"}
	write := []string{"admin", "webhooks:full"}
	return []route.Route{
		{Method: http.MethodGet, Pattern: "/v1/webhooks", Access: route.Token, Scopes: read, Req: "webhooks.list", Cost: costOfList, Handler: rest.Serve(s.log, s.getWebhooks)},
		{Method: http.MethodPost, Pattern: "/v1/webhooks", Access: route.Token, Scopes: write, Req: "webhooks.create", Handler: rest.Serve(s.log, s.postWebhook)},
		{Method: http.MethodDelete, Pattern: "/v1/webhooks/{id}", Access: route.Token, Scopes: write, Req: "webhooks.delete", Handler: rest.Serve(s.log, s.deleteWebhook)},
	}
}
