// Package messagingapi is what host and app say to each other about messaging:
// the manifest v202101, the seven provider endpoints that the host calls and the
// four Channels API endpoints that the app calls, with their validation. Readers
// are strict: letter case counts, a key may stand once, and an [Error] names the
// key that was wrong. Keys that the contract does not know are passed over,
// except in the manifest.
package messagingapi

// Limits that the documents do not state. They are ours, the same for both
// parties.
// spec: messaging.limits
const (
	MaxID          = 512     // characters of an id
	MaxName        = 255     // characters of a name
	MaxURL         = 4096    // characters of a URL
	MaxText        = 65536   // characters of a message
	MaxAttachments = 100     // of a message
	MaxCursor      = 4096    // characters of a cursor
	MaxBody        = 8 << 20 // bytes of a JSON body, either direction
	MaxManifest    = 1 << 20 // bytes of a manifest
	MaxPage        = 1000    // conversations or messages on one page
	PageSize       = 30      // conversations_limit and messages_limit
)

// Error is a body or a manifest that breaks the contract. Key is the JSON path
// of what was wrong, such as data[2].participants[0].role, or "" for the whole.
type Error struct {
	Key     string
	Message string
}

func (e *Error) Error() string {
	if e.Key == "" {
		return e.Message
	}
	return e.Key + ": " + e.Message
}

// Statuses of a message.
const (
	StatusSent      = "sent"
	StatusDelivered = "delivered"
	StatusRead      = "read"
	StatusFailed    = "failed"
)

// Statuses of a conversation.
const (
	ConversationOpen   = "open"
	ConversationClosed = "closed"
)

// Roles of a participant.
const (
	RoleSourceUser = "source_user" // the business
	RoleEndUser    = "end_user"    // the customer
)

// Kinds of provider. Only the first two have an icon.
const (
	ProviderFacebook = "facebook"
	ProviderWhatsApp = "whatsapp"
	ProviderOther    = "other"
)

// Codes in error bodies.
const (
	CodeInvalidBody      = "INVALID_BODY"
	CodeInvalidReceive   = "INVALID_RECEIVE_MESSAGE_PAYLOAD"
	CodeAdminOnly        = "ADMIN_ONLY"
	CodeForbiddenUser    = "FORBIDDEN_USER_REQUEST"
	CodeNotFound         = "NOT_FOUND"
	CodeForbidden        = "FORBIDDEN"
	CodeUnauthorized     = "UNAUTHORIZED"
	CodeAccountSuspended = "ACCOUNT_SUSPENDED"
	CodeRateLimit        = "RATE_LIMIT_EXCEEDED"
)

// Message is a message inside a conversation, and the bare answer of
// getMessageById.
type Message struct {
	ID          string       `json:"id"`
	Status      string       `json:"status"`
	CreatedAt   Time         `json:"created_at"`
	Text        string       `json:"message"`
	SenderID    string       `json:"sender_id"`
	ReplyBy     Time         `json:"reply_by,omitzero"`
	Attachments []Attachment `json:"attachments"`
}

// Attachment is a file of a message. Size is in bytes, 0 when unknown.
type Attachment struct {
	ID          string `json:"id"`
	Type        string `json:"type"`
	Name        string `json:"name"`
	Size        int64  `json:"size"`
	URL         string `json:"url"`
	PreviewURL  string `json:"preview_url"`
	LinkExpires bool   `json:"link_expires,omitempty"`
}

// Participant is one side of a conversation.
type Participant struct {
	ID            string `json:"id"`
	Name          string `json:"name"`
	Role          string `json:"role"`
	AvatarURL     string `json:"avatar_url,omitempty"`
	FetchAvatar   bool   `json:"fetch_avatar,omitempty"`
	AvatarExpires bool   `json:"avatar_expires,omitempty"`
}

// Conversation is a conversation with some of its messages. NextMessages is the
// cursor for older ones, "" when there are none.
type Conversation struct {
	ID           string        `json:"id"`
	Link         string        `json:"link"`
	Status       string        `json:"status"`
	Seen         bool          `json:"seen"`
	NextMessages string        `json:"next_messages_cursor"`
	Messages     []Message     `json:"messages"`
	Participants []Participant `json:"participants"`
}

// Sender is the answer of getSenderById.
type Sender struct {
	ID        string `json:"id"`
	Name      string `json:"name"`
	AvatarURL string `json:"avatar_url"`
}

// Template is an approved WhatsApp template.
type Template struct {
	ID       string `json:"id"`
	Name     string `json:"name"`
	Content  string `json:"content"`
	Language string `json:"language"`
}

// NewChannel is the body of POST /channels.
type NewChannel struct {
	Name              string `json:"name"`
	ProviderChannelID string `json:"provider_channel_id"`
	AvatarURL         string `json:"avatar_url,omitempty"`
	ProviderType      string `json:"provider_type,omitempty"`
	TemplateSupport   bool   `json:"template_support"`
}

// Channel is the answer to it, in the order of the documents.
type Channel struct {
	ID                  string      `json:"id"`
	Name                string      `json:"name"`
	AvatarURL           string      `json:"avatar_url"`
	ProviderChannelID   string      `json:"provider_channel_id"`
	MarketplaceClientID string      `json:"marketplace_client_id"`
	CompanyID           int64       `json:"pd_company_id"`
	UserID              int64       `json:"pd_user_id"`
	CreatedAt           ChannelTime `json:"created_at"`
	ProviderType        string      `json:"provider_type"`
	TemplateSupport     bool        `json:"template_support"`
}

// Received is the body of POST /channels/messages/receive, and the echo in its
// answer, in the order of the documents.
type Received struct {
	ID               string       `json:"id"`
	ChannelID        string       `json:"channel_id"`
	SenderID         string       `json:"sender_id"`
	ConversationID   string       `json:"conversation_id"`
	Text             string       `json:"message"`
	Status           string       `json:"status"`
	CreatedAt        Time         `json:"created_at"`
	ReplyBy          Time         `json:"reply_by,omitzero"`
	ConversationLink string       `json:"conversation_link,omitempty"`
	Attachments      []Attachment `json:"attachments"`
}
