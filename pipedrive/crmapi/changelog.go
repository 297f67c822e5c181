package crmapi

// FieldChange is a field of a record before and after a change, as changelogs of
// version 1 have it. Values are texts, null for none.
type FieldChange struct {
	FieldKey              string  `json:"field_key"`
	OldValue              *string `json:"old_value"`
	NewValue              *string `json:"new_value"`
	ActorUserID           *int64  `json:"actor_user_id"` // null: nobody
	Time                  string  `json:"time"`
	ChangeSource          *string `json:"change_source"` // "app" or "api"
	ChangeSourceUserAgent *string `json:"change_source_user_agent"`
	IsBulkUpdateFlag      bool    `json:"is_bulk_update_flag"`
}
