package messagingapi

// Success is the envelope of an answer that went well, either direction.
// deleteChannelById and the two DELETE endpoints have no data; getMessageById has
// no envelope at all.
type Success struct {
	Success    bool  `json:"success"` // true
	Data       any   `json:"data,omitempty"`
	Additional *Page `json:"additional_data,omitempty"`
}

// Page is the additional_data of getConversations and getConversationById.
type Page struct {
	After string `json:"after,omitempty"`
}

// OK is the envelope around data, which may be nil.
func OK(data any) Success { return Success{Success: true, Data: data} }

// ConversationPage is the answer of getConversations. After is the cursor of the
// next page, "" when there is none.
type ConversationPage struct {
	Conversations []Conversation
	After         string
}

// Wire is the page in its envelope.
func (p ConversationPage) Wire() Success {
	s := OK(p.Conversations)
	if p.Conversations == nil {
		s.Data = []Conversation{}
	}
	if p.After != "" {
		s.Additional = &Page{After: p.After}
	}
	return s
}

// TemplateList is the data of getTemplates.
type TemplateList struct {
	Templates []Template `json:"templates"`
}

// Posted is the data of postMessage: the provider's message id, which later
// status reports use.
type Posted struct {
	ID string `json:"id"`
}

// Parts of the multipart body of postMessage.
const (
	PartMessage      = "message"
	PartSender       = "senderId"
	PartConversation = "conversationId"
	PartRecipients   = "recipientIds[]" // spec: messaging.post.recipient-ids
	PartFiles        = "files"
)

// IdempotencyHeader names, on postMessage, one wish to send one message. A second
// request with the same key asks for the answer of the first. It is an addition
// of ours that other apps pass over.
const IdempotencyHeader = "Idempotency-Key"

// HostError is an error body of the Channels API (host to app).
type HostError struct {
	Success    bool       `json:"success"` // false
	Text       string     `json:"error"`
	Info       string     `json:"error_info"`
	Additional HostReason `json:"additional_data"`
}

// HostReason is its additional_data. Field and Message are additions of ours:
// which key was wrong, and the sentence that says how to mend it.
type HostReason struct {
	Code    string `json:"code"`
	Field   string `json:"field,omitempty"`
	Message string `json:"message,omitempty"`
}

const errorInfo = "Please check the reference docs in https://developers.pipedrive.com/docs/api/v1"

// Refuse returns an error body with a documented text.
func Refuse(code, text string) HostError {
	return HostError{Text: text, Info: errorInfo, Additional: HostReason{Code: code}}
}

// The documented texts.
const (
	textChannel = "Expected { name: string; avatar_url?: string; provider_channel_id: string; }, but was incompatible"
	textReceive = "Expected { id: string; channel_id: string; sender_id: string; conversation_id: string; message: string; " +
		`status: "sent" | "delivered" | "read" | "failed"; created_at: string; reply_by?: string | null; conversation_link?: string; ` +
		"attachments: { id: string; type: string; url: string; name: string | null; size: number | null; preview_url: string | null; }[]; }, but was incompatible"
	TextAdminOnly       = "Only admins can register channels"
	TextOwnerOnly       = "Only the app owner can delete conversations"
	TextChannelNotFound = "Channel not found."
)

// RefuseChannel is the 400 of POST /channels and DELETE /channels/{id}.
// spec: messaging.channels.invalid-body
func RefuseChannel(field, message string) HostError {
	e := Refuse(CodeInvalidBody, textChannel)
	e.Additional.Field, e.Additional.Message = field, message
	return e
}

// RefuseReceive is the 400 of POST /channels/messages/receive.
// spec: messaging.receive.invalid-body
func RefuseReceive(field, message string) HostError {
	e := Refuse(CodeInvalidReceive, textReceive)
	e.Additional.Field, e.Additional.Message = field, message
	return e
}

// AppError is an error body of a provider endpoint (app to host).
type AppError struct {
	Success bool      `json:"success"` // false
	Data    AppReason `json:"data"`
}

// AppReason is its data. RetryBy goes with RATE_LIMIT_EXCEEDED: the earliest
// moment to try again.
type AppReason struct {
	Message string `json:"message"`
	Code    string `json:"code"`
	RetryBy Time   `json:"retry_by,omitzero"`
}

// Fail returns an app's error body.
func Fail(code, message string) AppError {
	return AppError{Data: AppReason{Code: code, Message: message}}
}
