package crmapi

// FieldV1 is the definition of a field in version 1. Times are "2006-01-02
// 15:04:05" in UTC.
type FieldV1 struct {
	ID                  int64         `json:"id"`
	Key                 string        `json:"key"`
	Name                string        `json:"name"`
	OrderNr             int64         `json:"order_nr"`
	FieldType           string        `json:"field_type"`
	AddTime             string        `json:"add_time"`
	UpdateTime          *string       `json:"update_time"`
	LastUpdatedByUserID *int64        `json:"last_updated_by_user_id"`
	CreatedByUserID     *int64        `json:"created_by_user_id"`
	ActiveFlag          bool          `json:"active_flag"`
	EditFlag            bool          `json:"edit_flag"`
	IndexVisibleFlag    bool          `json:"index_visible_flag"`
	DetailsVisibleFlag  bool          `json:"details_visible_flag"`
	AddVisibleFlag      bool          `json:"add_visible_flag"`
	ImportantFlag       bool          `json:"important_flag"`
	BulkEditAllowed     bool          `json:"bulk_edit_allowed"`
	SearchableFlag      bool          `json:"searchable_flag"`
	FilteringAllowed    bool          `json:"filtering_allowed"`
	SortableFlag        bool          `json:"sortable_flag"`
	MandatoryFlag       bool          `json:"mandatory_flag"`
	Options             []FieldOption `json:"options,omitempty"`
	IsSubfield          bool          `json:"is_subfield"`
	Subfields           []SubfieldV1  `json:"subfields,omitempty"`
}

// FieldOption is something that can be chosen in a field. ID is a number, or a
// word in standard fields such as the status.
type FieldOption struct {
	ID    any    `json:"id"`
	Label string `json:"label"`
	Color string `json:"color,omitempty"`
}

// SubfieldV1 is a part of a field's values that has a key of its own.
type SubfieldV1 struct {
	Key       string `json:"key"`
	Name      string `json:"name"`
	FieldType string `json:"field_type"`
}

// FieldV2 is the definition of a field in version 2.
type FieldV2 struct {
	FieldName               string          `json:"field_name"`
	FieldCode               string          `json:"field_code"`
	Description             *string         `json:"description,omitempty"` // of deals only
	FieldType               string          `json:"field_type"`
	IsCustomField           bool            `json:"is_custom_field"`
	IsOptionalResponseField bool            `json:"is_optional_response_field"`
	Options                 []FieldOptionV2 `json:"options"`   // null: the field has none
	Subfields               []SubfieldV2    `json:"subfields"` // null: values have no parts
	UIVisibility            map[string]any  `json:"ui_visibility,omitempty"`
	ImportantFields         map[string]any  `json:"important_fields,omitempty"`
	RequiredFields          map[string]any  `json:"required_fields,omitempty"`
}

// FieldOptionV2 is an option of a field in version 2. Times are RFC 3339.
type FieldOptionV2 struct {
	ID         any     `json:"id"`
	Label      string  `json:"label"`
	Color      *string `json:"color"`
	UpdateTime *string `json:"update_time"`
	AddTime    *string `json:"add_time"`
}

// SubfieldV2 is a part of a field's values.
type SubfieldV2 struct {
	FieldCode string `json:"field_code"`
	FieldName string `json:"field_name"`
	FieldType string `json:"field_type"`
}

// ChangedOption is an option that was added, renamed or deleted.
type ChangedOption struct {
	ID    int64  `json:"id"`
	Label string `json:"label"`
}
