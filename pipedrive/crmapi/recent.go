package crmapi

// Recent is something that was changed, as GET /v1/recents has it.
type Recent struct {
	Item string `json:"item"` // "deal", "person" …
	ID   int64  `json:"id"`
	Data any    `json:"data"` // as elsewhere in version 1, with ids instead of objects
}

// AdditionalRecents is additional_data of GET /v1/recents; times are
// YYYY-MM-DD HH:MM:SS in UTC.
type AdditionalRecents struct {
	SinceTimestamp string `json:"since_timestamp"`
	// LastTimestampOnPage is when the last of the page was changed, null for an empty
	// page.
	LastTimestampOnPage *string `json:"last_timestamp_on_page"`
	AdditionalPagination
}

// PlainOrganization is an organization with its owner's id, as recents have it.
type PlainOrganization struct {
	OrganizationV1
	OwnerID int64 `json:"owner_id"`
}
