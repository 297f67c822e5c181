package crmapi

import "encoding/json"

// Lead is a lead as version 1 writes it. Times are RFC 3339 with milliseconds.
type Lead struct {
	ID                string     `json:"id"` // UUID
	Title             string     `json:"title"`
	OwnerID           int64      `json:"owner_id"`
	CreatorID         int64      `json:"creator_id"`
	LabelIDs          []string   `json:"label_ids"` // UUIDs
	PersonID          *int64     `json:"person_id"`
	OrganizationID    *int64     `json:"organization_id"`
	SourceName        string     `json:"source_name"`
	Origin            string     `json:"origin"`
	OriginID          *string    `json:"origin_id"`
	Channel           *int64     `json:"channel"`
	ChannelID         *string    `json:"channel_id"`
	SourceDealID      *int64     `json:"source_deal_id"`
	IsArchived        bool       `json:"is_archived"`
	WasSeen           bool       `json:"was_seen"`
	Value             *LeadValue `json:"value"`
	ExpectedCloseDate *string    `json:"expected_close_date"` // YYYY-MM-DD
	NextActivityID    *int64     `json:"next_activity_id"`
	AddTime           string     `json:"add_time"`
	UpdateTime        string     `json:"update_time"`
	VisibleTo         string     `json:"visible_to"` // "1", "3", "5" or "7"
	CcEmail           string     `json:"cc_email"`
}

// LeadValue is what a lead may be worth.
type LeadValue struct {
	Amount   json.Number `json:"amount"`
	Currency string      `json:"currency"`
}

// LeadLabel is a coloured word on leads. Times are RFC 3339 with milliseconds.
type LeadLabel struct {
	ID         string `json:"id"` // UUID
	Name       string `json:"name"`
	Color      string `json:"color"`
	AddTime    string `json:"add_time"`
	UpdateTime string `json:"update_time"`
}

// LeadSource is where leads come from.
type LeadSource struct {
	Name string `json:"name"`
}

// AdditionalBoth is the additional_data of lists of leads: the page is described
// directly in it and, as everywhere else, in pagination.
type AdditionalBoth struct {
	Pagination
	Inner Pagination `json:"pagination"`
}
