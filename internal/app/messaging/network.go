package messaging

import (
	"context"
	"net/http"
	"time"
)

// A Network is one way to reach people: web chat, WhatsApp, SMS. The core keeps
// the archive, the order and the street to the host; a network only knows how to
// carry a message. Adding one changes its own folder and one line of wiring.
type Network interface {
	// Info is data about the network. It is called often: no I/O.
	Info() NetworkInfo
	// Send delivers m to the customer and returns the network's id for it. It is
	// called once per attempt, in order within a conversation as far as the host
	// keeps order, and must not retry: the host does. m.Key is the same in each
	// attempt of one wish; a network that can should use it to send once. An error
	// of kind fault.Invalid, Forbidden or RateLimited is shown to the agent in its
	// own words.
	Send(ctx context.Context, m Outgoing) (Receipt, error)
}

// A Server is a Network that has paths of its own: pages for customers, or
// webhooks of a service.
type Server interface {
	// Attach is called once, before anything else. The core is the archive that
	// received messages go into. The routes are served beside the app's own; their
	// patterns begin with a segment named after the network's paths.
	Attach(core *Core) []Route
}

// A Visible network has something that the operator can hand out for a channel.
type Visible interface {
	// Handout is shown on the operator's page. No I/O.
	Handout(ch Channel) Handout
}

// NetworkInfo is what differs between networks and is no behaviour.
type NetworkInfo struct {
	Name         string // stored with channels, such as "webchat"
	Title        string // for people, such as "Web chat"
	ProviderType string // facebook, whatsapp or other: the host's icon
	Limits       Limits
	// Templates are texts that the network approved beforehand.
	Templates []Template
	// Follows says that customers have a page that hears of messages as they come.
	Follows bool
}

// Limits are what the network takes. 0 means the app's own limit.
type Limits struct {
	Text  int   // characters of one message
	Files int   // files of one message
	File  int64 // bytes of one file
}

// Template is a text that the network approved beforehand.
type Template struct{ ID, Name, Content, Language string }

// Handout is what an operator gives to others so that customers find a channel.
type Handout struct {
	Link   string // a page that customers may open
	Script string // one line of HTML for the operator's own site
}

// Access says who may use a route of the app.
type Access int

// The ways in.
const (
	// Public routes check for themselves.
	Public Access = iota
	// Operator routes are for whoever runs the app; they refuse cross-site writes.
	Operator
	// Provider routes are the contract's endpoints: the host's Basic credentials.
	Provider
	// Framed routes are public pages that other sites may put into a frame.
	Framed
)

// Route is one path of the app.
type Route struct {
	Method  string // GET also answers HEAD
	Pattern string // as net/http wants it
	Access  Access
	Req     string // id of the requirement in spec/register.tsv
	Handler http.HandlerFunc
}

// Channel is one line to customers: a web-chat widget, a phone number.
type Channel struct {
	Company    int64
	ID         int64
	ProviderID string // how hosts and customers know it
	Network    string
	Name       string
	User       int64 // whose installation it belongs to
	State      ChannelState
	Problem    string // why State is failed or closed, for a person
	AvatarURL  string
	CreatedAt  time.Time
}

// ChannelState is how a channel stands with the host.
type ChannelState string

// The states of a channel.
const (
	ChannelPending    ChannelState = "pending"    // the host is being told
	ChannelRegistered ChannelState = "registered" // the host knows it
	ChannelFailed     ChannelState = "failed"     // the host refused it
	ChannelClosed     ChannelState = "closed"     // the app was uninstalled
	ChannelRemoved    ChannelState = "removed"    // taken away, here or at the host
)

// Open reports whether customers may write. A channel that is being registered
// may take messages already: they wait.
func (c Channel) Open() bool {
	return c.State == ChannelPending || c.State == ChannelRegistered || c.State == ChannelFailed
}

// Status is how far a message has come. It only ever rises, except that what
// was not delivered may fail.
type Status int

// The statuses, in order.
const (
	StatusNone Status = iota
	StatusSent
	StatusDelivered
	StatusRead
	StatusFailed
)

var statusWords = [...]string{StatusNone: "", StatusSent: "sent", StatusDelivered: "delivered", StatusRead: "read", StatusFailed: "failed"}

// String is the contract's word.
func (s Status) String() string {
	if s < 0 || int(s) >= len(statusWords) {
		return ""
	}
	return statusWords[s]
}

// Conversation is one customer on one channel.
type Conversation struct {
	Channel      Channel
	ID           string // the network's
	CustomerID   string
	CustomerName string
	LastSeq      int64
	SeenSeq      int64 // the customer has seen up to here
	CreatedAt    time.Time
}

// Message is one message in the archive.
type Message struct {
	Channel      int64
	Conversation string
	Seq          int64  // order inside the conversation, from 1
	ID           string // the network's; the host knows it by this
	Outgoing     bool   // from the business to the customer
	SenderID     string
	Text         string
	Status       Status
	Reported     Status // the newest status that the host is known to have
	CreatedAt    time.Time
	Files        []File

	key   string // the host's wish that made it, "" if it gave none
	files int64
}

// File is an attachment without its bytes.
type File struct {
	ID    string
	Name  string
	Type  string // decided by its bytes, not by who sent it
	Size  int64
	Image bool // may be shown inside a page
}

// Upload is a file on its way in.
type Upload struct {
	Name string
	Type string // what the sender says
	Body []byte
}

// Incoming is a message from a customer.
type Incoming struct {
	Channel      Channel
	Conversation string // the network's id
	CustomerID   string
	CustomerName string // "" leaves the known one
	ID           string // the network's id: the same message twice has the same
	Text         string
	Files        []Upload
}

// Outgoing is a message from an agent.
type Outgoing struct {
	Channel      Channel
	Conversation Conversation
	Key          string // the same in each attempt of one wish; "" if the host gave none
	Text         string
	Files        []Upload
}

// Receipt is what a network says after Send.
type Receipt struct {
	ID     string // for the message, stable: later statuses use it
	Status Status // usually StatusSent
}
