package webhookapi

import "encoding/json"

// Payload is the body of a delivery of version 2.
type Payload struct {
	Meta Meta `json:"meta"`
	// Data is the object as it is now; null after a deletion.
	Data json.RawMessage `json:"data"`
	// Previous are the fields that changed, as they were; null after a creation,
	// the whole object after a deletion.
	Previous json.RawMessage `json:"previous"`
}

// Meta says what a Payload is about. Ids are texts.
type Meta struct {
	Action           string   `json:"action"`
	Entity           string   `json:"entity"`
	CompanyID        string   `json:"company_id"`
	CorrelationID    string   `json:"correlation_id"` // alike for all deliveries of one change
	EntityID         string   `json:"entity_id"`
	ID               string   `json:"id"` // of this change for this webhook; the same at each attempt
	IsBulkEdit       bool     `json:"is_bulk_edit"`
	Timestamp        string   `json:"timestamp"` // RFC 3339 with milliseconds
	Type             string   `json:"type"`
	UserID           string   `json:"user_id"` // who did it
	Version          string   `json:"version"`
	WebhookID        string   `json:"webhook_id"`
	WebhookOwnerID   string   `json:"webhook_owner_id"`
	ChangeSource     string   `json:"change_source"` // "app" or "api"
	Attempt          int      `json:"attempt"`       // 1 to 4
	Host             string   `json:"host"`
	PermittedUserIDs []string `json:"permitted_user_ids,omitempty"` // absent for users
	MergedToID       string   `json:"merged_to_id,omitempty"`       // of a deletion by a merge
	MergedFromID     string   `json:"merged_from_id,omitempty"`     // of a change by a merge
}

// PayloadV1 is the body of a delivery of version 1.
type PayloadV1 struct {
	V              int             `json:"v"` // 1
	MatchesFilters Filters         `json:"matches_filters"`
	Meta           MetaV1          `json:"meta"`
	Current        json.RawMessage `json:"current"`  // null after a deletion
	Previous       json.RawMessage `json:"previous"` // null after a creation
	Event          string          `json:"event"`    // "updated.deal"
	Retry          int             `json:"retry"`    // 0 to 3
}

// Filters are those that an object matched.
type Filters struct {
	Current  []int64 `json:"current"`
	Previous []int64 `json:"previous"`
}

// MetaV1 says what a PayloadV1 is about.
type MetaV1 struct {
	V                    int     `json:"v"` // 1
	Action               string  `json:"action"`
	Object               string  `json:"object"`
	ID                   int64   `json:"id"`
	CompanyID            int64   `json:"company_id"`
	UserID               int64   `json:"user_id"` // who did it
	Host                 string  `json:"host"`
	Timestamp            int64   `json:"timestamp"`       // seconds since 1970
	TimestampMicro       int64   `json:"timestamp_micro"` // microseconds since 1970
	ChangeSource         string  `json:"change_source"`
	PermittedUserIDs     []int64 `json:"permitted_user_ids"`
	TransPending         bool    `json:"trans_pending"`
	IsBulkUpdate         bool    `json:"is_bulk_update"`
	PipedriveServiceName any     `json:"pipedrive_service_name"` // false, or a name
	MatchesFilters       Filters `json:"matches_filters"`
	WebhookID            string  `json:"webhook_id"`
}

// Custom is the value of a custom field in a payload of version 2: an object whose
// key type says which others it has.
type Custom map[string]any

// Moment is a time of day or a length of time with its zone.
type Moment struct {
	TimezoneID any    `json:"timezone_id"` // number or null
	Value      string `json:"value"`       // HH:MM:SS
}
