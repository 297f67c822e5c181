package crmapi

import "encoding/json"

// Filter is a question that is kept, as lists of filters have it.
type Filter struct {
	ID            int64   `json:"id"`
	Name          string  `json:"name"`
	FilterCode    *string `json:"filter_code"`
	IsEditable    bool    `json:"is_editable"` // by the caller
	ActiveFlag    bool    `json:"active_flag"`
	Type          string  `json:"type"` // deals, leads, org, people or activity
	TemporaryFlag *bool   `json:"temporary_flag"`
	UserID        int64   `json:"user_id"`
	AddTime       string  `json:"add_time"`
	UpdateTime    *string `json:"update_time"`
	VisibleTo     string  `json:"visible_to"` // 1, 3, 5 or 7
	LastUsedTime  *string `json:"last_used_time"`
	CustomViewID  *int64  `json:"custom_view_id"`
}

// FilterDetails is a filter with its conditions.
type FilterDetails struct {
	Filter
	Conditions FilterConditions `json:"conditions"`
}

// FilterConditions are the groups of a filter, all of which must hold.
type FilterConditions struct {
	Glue       string        `json:"glue"` // always and
	Conditions []FilterGroup `json:"conditions"`
}

// FilterGroup are conditions of which all or one must hold.
type FilterGroup struct {
	Glue       string            `json:"glue"` // and, or
	Conditions []FilterCondition `json:"conditions"`
}

// FilterCondition is one line of a filter.
type FilterCondition struct {
	Object     string  `json:"object"`   // person, organization, deal, lead or activity
	FieldID    string  `json:"field_id"` // a number
	Operator   string  `json:"operator"`
	Value      *string `json:"value"`
	ExtraValue *string `json:"extra_value"` // a part of the value: locality
	// JSONValueFlag says that Value is a list, written as JSON.
	JSONValueFlag bool `json:"json_value_flag"`
	// FieldCode names the field, "null" where it is gone; only with include_field_code.
	FieldCode json.RawMessage `json:"field_code,omitempty"`
}

// FilterHelpers is what conditions can be made of: words and what people call them.
type FilterHelpers struct {
	Operators              map[string]map[string]string `json:"operators"` // by type of field
	DeprecatedOperators    map[string]map[string]string `json:"deprecated_operators"`
	RelativeDates          map[string]string            `json:"relative_dates"`
	AddressFieldComponents map[string]string            `json:"address_field_components"`
}
