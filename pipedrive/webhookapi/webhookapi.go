// Package webhookapi is what is said about webhooks: the object by which they are
// managed, the words for actions and objects, and the bodies in which changes are
// told, in version 1 and version 2.
//
// It needs the standard library only.
package webhookapi

import "slices"

// The versions of webhooks.
const (
	Version1 = "1.0"
	Version2 = "2.0"
)

// The types of webhooks.
const (
	TypeGeneral     = "general"     // made by a user
	TypeApplication = "application" // made by an app, and gone with it
)

// Any matches every action or every object.
const Any = "*"

// What can happen, in the words of version 2.
const (
	Create = "create"
	Change = "change"
	Delete = "delete"
)

// What can happen, in the words of version 1.
const (
	Added   = "added"
	Updated = "updated"
	Deleted = "deleted"
	Merged  = "merged"
)

// Actions are the event_action words of a version, the wildcard among them.
func Actions(version string) []string {
	if version == Version1 {
		return []string{Added, Updated, Deleted, Merged, Any}
	}
	return []string{Create, Change, Delete, Any}
}

var (
	objectsV1 = []string{"activity", "activityType", "deal", "note", "organization", "person", "pipeline", "product", "stage", "user", Any}
	objectsV2 = []string{
		"activity", "deal", "lead", "note", "organization", "person", "pipeline", "product", "stage", "user",
		"project", "task", "board", "phase", "deal_product", "deal_installment", Any,
	}
)

// Objects are the event_object words of a version, the wildcard among them.
func Objects(version string) []string {
	if version == Version1 {
		return slices.Clone(objectsV1)
	}
	return slices.Clone(objectsV2)
}

// Limits of what a webhook may carry.
const (
	MaxName    = 255 // characters
	MaxPerUser = 40  // webhooks of one user, and again of one user of one app
)

// Webhook is the object by which a webhook is managed.
type Webhook struct {
	ID               int64   `json:"id"`
	CompanyID        int64   `json:"company_id"`
	OwnerID          int64   `json:"owner_id"`
	UserID           int64   `json:"user_id"` // whose permissions decide what is told
	EventAction      string  `json:"event_action"`
	EventObject      string  `json:"event_object"`
	SubscriptionURL  string  `json:"subscription_url"`
	Version          string  `json:"version"`
	IsActive         int     `json:"is_active"` // 0 or 1
	AddTime          string  `json:"add_time"`  // RFC 3339 with milliseconds
	RemoveTime       *string `json:"remove_time"`
	Type             string  `json:"type"`
	HTTPAuthUser     *string `json:"http_auth_user"`
	HTTPAuthPassword *string `json:"http_auth_password"`
	RemoveReason     *string `json:"remove_reason"`
	LastDeliveryTime *string `json:"last_delivery_time"`
	LastHTTPStatus   *int    `json:"last_http_status"`
	AdminID          int64   `json:"admin_id"`
	Name             string  `json:"name"`
}

// Answer is around what the management endpoints answer; without Data it is the
// answer to a deletion.
type Answer struct {
	Status  string `json:"status"` // "ok"
	Success bool   `json:"success"`
	Data    any    `json:"data,omitempty"`
}

// OK is the answer around data.
func OK(data any) Answer { return Answer{Status: "ok", Success: true, Data: data} }

// Refusal is the body of an answer that is no success, with what is wrong by the
// name of the field.
type Refusal struct {
	Status  string              `json:"status"`  // "error"
	Success bool                `json:"success"` // false
	Errors  map[string][]string `json:"errors"`
}

// Refuse is the body for one field with its texts.
func Refuse(field string, texts ...string) Refusal {
	return Refusal{Status: "error", Errors: map[string][]string{field: texts}}
}

// Texts of refusals.
const (
	TextURL      = "invalid or non-reachable URL"
	TextNotFound = "not found"
)

// Forbidden is the body with status 403 for a webhook that is not the caller's.
type Forbidden struct {
	Success bool   `json:"success"` // false
	Message string `json:"message"` // "Forbidden"
}
