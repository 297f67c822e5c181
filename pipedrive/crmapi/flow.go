package crmapi

// FlowItem is one thing that happened about a record, as the flow of version 1 has
// it.
type FlowItem struct {
	Object    string `json:"object"` // "dealChange", "note" …
	Timestamp string `json:"timestamp"`
	Data      any    `json:"data"` // a FlowChange, Note, File or ActivityV1
}

// FlowChange is a field of a record before and after a change. Values are texts,
// null for none.
type FlowChange struct {
	ID                    int64           `json:"id"`
	ItemID                int64           `json:"item_id"` // of the record
	UserID                *int64          `json:"user_id"` // null: nobody
	FieldKey              string          `json:"field_key"`
	OldValue              *string         `json:"old_value"`
	NewValue              *string         `json:"new_value"`
	IsBulkUpdateFlag      *bool           `json:"is_bulk_update_flag"`
	LogTime               string          `json:"log_time"`
	ChangeSource          *string         `json:"change_source"` // "app" or "api"
	ChangeSourceUserAgent *string         `json:"change_source_user_agent"`
	AdditionalData        FormattedChange `json:"additional_data"`
}

// FormattedChange is how a change's values are called, where they are ids.
type FormattedChange struct {
	Old string `json:"old_value_formatted,omitempty"`
	New string `json:"new_value_formatted,omitempty"`
}
