// Package inbox is the Messaging inbox: channels that apps register, the
// conversations on them, and the messages in both directions.
//
// What an app tells is stored before it is answered; what an agent writes is
// stored before it is sent, and goes out by a lane, one conversation in order.
// Messages are known by channel and the app's id, so that anything may be told
// twice.
package inbox

import (
	"context"
	"embed"
	"log/slog"
	"net/http"
	"time"

	"github.com/dockwright/dockwright/internal/clock"
	"github.com/dockwright/dockwright/internal/host/account"
	"github.com/dockwright/dockwright/internal/host/authz"
	"github.com/dockwright/dockwright/internal/host/devhub"
	"github.com/dockwright/dockwright/internal/host/event"
	"github.com/dockwright/dockwright/internal/host/outbound"
	"github.com/dockwright/dockwright/internal/host/route"
	"github.com/dockwright/dockwright/internal/lane"
	"github.com/dockwright/dockwright/internal/store"
)

//go:embed schema/*.sql
var schemaFS embed.FS

// Migrations are the room's tables.
var Migrations = store.Migrations{Room: "inbox", FS: schemaFS}

// SyncState is how far the first exchange with a channel's app has come.
type SyncState string

// The states. Failed waits for RetrySync; Suspended is the app's word that the
// account behind the channel is closed for now.
const (
	SyncPending   SyncState = "pending"
	SyncSyncing   SyncState = "syncing"
	SyncReady     SyncState = "ready"
	SyncFailed    SyncState = "failed"
	SyncSuspended SyncState = "suspended"
)

// Channel is a line on which customers write.
type Channel struct {
	ID                int64
	UUID              string
	ClientID          string // the app
	Name              string
	ProviderChannelID string // the app's id for it
	AvatarURL         string // may be empty
	ProviderType      string // facebook, whatsapp or other
	TemplateSupport   bool
	Owner             int64 // the user whose installation it belongs to
	Shared            bool  // everybody in the company may use it
	Connected         bool  // false once the app was uninstalled: history only
	SyncState         SyncState
	SyncError         string // names the key of the app's answer that was wrong
	CreatedAt         time.Time

	run int64
}

// Participant is one side of a conversation.
type Participant struct {
	ID        int64
	SourceID  string // the app's id
	Name      string
	Role      string // source_user (the business) or end_user (the customer)
	AvatarURL string // may be empty
}

// Conversation is an exchange with one customer.
type Conversation struct {
	ID              int64
	Channel         Channel
	SourceID        string // the app's id
	Link            string // where it can be seen outside, may be empty
	Status          string // open or closed
	Customer        Participant
	Business        Participant
	Preview         string // of the newest message
	PreviewOutgoing bool   // the newest message is ours
	LastMessageAt   time.Time
	Unread          int
	Assignee        int64     // 0: nobody
	ReplyBy         time.Time // after it only templates can be sent; zero: no limit
	HasOlder        bool      // the app has messages that were not fetched yet
	Links           []Link    // only from Service.Conversation

	cursor string
	known  bool
}

// Link ties a conversation to a record.
type Link struct {
	Kind     string // person, lead or deal
	TargetID string
	Title    string
}

// Message is one message of a conversation.
type Message struct {
	ID          int64
	SourceID    string // the app's id, empty until the app has answered
	SenderID    string
	Outgoing    bool
	Author      int64 // the user who wrote it here, 0 if it came from the app
	Status      Status
	Text        string
	CreatedAt   time.Time
	Error       string // why it failed, in words for the agent
	Attachments []Attachment

	conversation int64
	channel      int64
	attempt      int64
	shadowOf     int64
}

// Attachment is a file of a message.
type Attachment struct {
	ID         int64
	Type, Name string
	Size       int64  // bytes, 0 when unknown
	URL        string // what a browser may load
	PreviewURL string // a smaller picture, may be empty
	Image      bool   // a picture that browsers show
}

// Template is a text that the provider approved.
type Template struct {
	ID                      int64
	SourceID                string
	Name, Content, Language string
}

// Upload is a file that an agent attached.
type Upload struct {
	Name, Type string
	Body       []byte
}

// Door is the way out to apps; outbound.Door is one.
type Door interface {
	Do(ctx context.Context, c outbound.Call) (*outbound.Response, error)
	Head(ctx context.Context, company int64, link string) (status int, err error)
}

// Apps tells about registered apps; devhub.Service does.
type Apps interface {
	ByClientID(ctx context.Context, clientID string) (devhub.App, error)
	AppIn(tx *store.Tx, clientID string) (devhub.App, error)
	Secret(ctx context.Context, clientID string) (string, error)
}

// Installs tells about installations; authz.Service does.
type Installs interface {
	Installation(tx *store.Tx, clientID string, user int64) (authz.Installation, error)
}

// Titler names records; records.Service does. Ids that it does not know, or of
// what the viewer does not see, are absent from the answer.
type Titler interface {
	Titles(tx *store.Tx, v route.Caller, kind string, ids []string) (map[string]string, error)
}

// Users tells about the company's users; account.Service does.
type Users interface {
	User(tx *store.Tx, id int64) (account.User, error)
}

// Options are what a Service needs besides its database.
type Options struct {
	Outbound Door
	Lanes    *lane.Runner
	Events   *event.Log // nil: uninstalling is not followed
	Apps     Apps
	Installs Installs
	Users    Users  // nil: anybody may be assigned
	Records  Titler // nil: links keep their ids as titles
	Clock    clock.Clock
	Log      *slog.Logger
	// EachAuthorizes lets colleagues use a shared channel only once they have
	// installed its app themselves. Otherwise sharing is enough.
	EachAuthorizes bool
	// DisableDedup makes the room forget that it has seen a message. It is the
	// planted fault of the crash test.
	DisableDedup bool
}

// Service is the room.
type Service struct {
	db       *store.DB
	door     Door
	apps     Apps
	installs Installs
	users    Users
	records  Titler
	clock    clock.Clock
	log      *slog.Logger
	dedup    bool
	// eachAuthorizes is [Options.EachAuthorizes].
	eachAuthorizes bool
}

// New returns the room over db, which must have its Migrations, and gives its
// work to the lanes.
func New(db *store.DB, o Options) *Service {
	if o.Clock == nil {
		o.Clock = clock.System{}
	}
	if o.Log == nil {
		o.Log = slog.Default()
	}
	s := &Service{
		db: db, door: o.Outbound, apps: o.Apps, installs: o.Installs, users: o.Users, records: o.Records,
		clock: o.Clock, log: o.Log, dedup: !o.DisableDedup, eachAuthorizes: o.EachAuthorizes,
	}
	if o.Lanes != nil {
		s.handle(o.Lanes)
	}
	if o.Events != nil {
		if err := o.Events.Follow(s.follower()); err != nil {
			s.log.Error("inbox does not hear of uninstalled apps", "err", err)
		}
	}
	return s
}

// Routes are the Channels API and the door to files that the app keeps.
func (s *Service) Routes() []route.Route {
	scopes := []string{devhub.ScopeMessengers}
	return []route.Route{
		{Method: http.MethodPost, Pattern: "/v1/channels", Access: route.Token, Scopes: scopes, Req: "messaging.channels.register", Handler: s.postChannel},
		{Method: http.MethodDelete, Pattern: "/v1/channels/{id}", Access: route.Token, Scopes: scopes, Req: "messaging.channels.delete", Handler: s.deleteChannel},
		{Method: http.MethodPost, Pattern: "/v1/channels/messages/receive", Access: route.Token, Scopes: scopes, Req: "messaging.receive", Handler: s.postReceive},
		{Method: http.MethodDelete, Pattern: "/v1/channels/{channel}/conversations/{conversation}", Access: route.Token, Scopes: scopes, Req: "messaging.conversations.delete", Handler: s.deleteConversation},
		{Method: http.MethodGet, Pattern: "/_dockwright/attachments/{id}", Access: route.Login, Req: "messaging.attachments.refresh", Handler: s.getAttachment},
	}
}
