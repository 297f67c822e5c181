// Package crmapi is what the host's REST endpoints say: the envelope around
// every answer, and the shapes of what is in it.
//
// It needs the standard library only.
package crmapi

// Envelope is around every successful answer.
type Envelope struct {
	Success        bool `json:"success"`
	Data           any  `json:"data"`
	AdditionalData any  `json:"additional_data,omitempty"`
	RelatedObjects any  `json:"related_objects,omitempty"` // version 1 only
}

// Pagination says where a page of version 1 lies in its list.
type Pagination struct {
	Start                 int  `json:"start"`
	Limit                 int  `json:"limit"`
	MoreItemsInCollection bool `json:"more_items_in_collection"`
	NextStart             *int `json:"next_start,omitempty"` // only when there is more
}

// AdditionalPagination is the additional_data of most lists of version 1.
type AdditionalPagination struct {
	Pagination Pagination `json:"pagination"`
}

// AdditionalCursor is the additional_data of lists of version 2; null is the end.
type AdditionalCursor struct {
	NextCursor *string `json:"next_cursor"`
}

// Of puts data into an envelope.
func Of(data any) Envelope { return Envelope{Success: true, Data: data} }

// Where the platform's error bodies send their reader.
const (
	InfoREST    = "Please check developers.pipedrive.com for more information about Pipedrive API."
	InfoGateway = "Please check developers.pipedrive.com"
)

// Error is the body of an answer that is not a success, as the REST endpoints
// write it.
type Error struct {
	Success        bool   `json:"success"` // false
	Error          string `json:"error"`
	ErrorInfo      string `json:"error_info"`
	Data           any    `json:"data"`
	AdditionalData any    `json:"additional_data"`
}

// NewError is the body for an error with this text.
func NewError(text string) Error { return Error{Error: text, ErrorInfo: InfoREST} }

// GatewayError is the body with which the gateway before the REST endpoints
// refuses a call: bad token (401), missing scope (403).
type GatewayError struct {
	Success   bool   `json:"success"` // false
	Error     string `json:"error"`
	ErrorCode int    `json:"errorCode"` // the HTTP status again
	ErrorInfo string `json:"error_info,omitempty"`
}

// The gateway's refusals.
var (
	Unauthorized  = GatewayError{Error: "unauthorized access", ErrorCode: 401, ErrorInfo: InfoGateway}
	ScopeMismatch = GatewayError{Error: "Scope and URL mismatch", ErrorCode: 403, ErrorInfo: InfoGateway}
	// OverLimit is for a token that called too often in two seconds.
	OverLimit = GatewayError{Error: "request over limit", ErrorCode: 429, ErrorInfo: InfoGateway}
	// OverDailyBudget is for a company that has used its day.
	OverDailyBudget = GatewayError{Error: "daily request budget exceeded", ErrorCode: 429}
)

// MessageError is the shape of refusals by OAuth and a few endpoints.
type MessageError struct {
	Success bool   `json:"success"` // false
	Message string `json:"message"`
}

// MalformedAuthorization is the body, with status 400, for an Authorization
// header that is not "Bearer" and a token.
var MalformedAuthorization = MessageError{Message: "Invalid request: malformed authorization header"}

// PlainError is the body of refusals that have a text and nothing else.
type PlainError struct {
	Success bool   `json:"success"` // false
	Error   string `json:"error"`
}
