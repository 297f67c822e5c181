package crmapi

import (
	"bytes"
	"encoding/json"
	"fmt"
)

// UserRef is a user as other records of version 1 show one: as the value of
// owner_id with Value, in related_objects without.
type UserRef struct {
	ID         int64   `json:"id"`
	Name       string  `json:"name"`
	Email      string  `json:"email"`
	HasPic     any     `json:"has_pic"` // 0 or 1 in persons and organizations, a truth in deals and activities
	PicHash    *string `json:"pic_hash"`
	ActiveFlag bool    `json:"active_flag"`
	Value      *int64  `json:"value,omitempty"` // the id again
}

// OrganizationRef is an organization as other records of version 1 show one: as
// the value of org_id with Value and without ID, in related_objects the other way.
type OrganizationRef struct {
	ID          *int64  `json:"id,omitempty"`
	Name        string  `json:"name"`
	PeopleCount int64   `json:"people_count"`
	OwnerID     int64   `json:"owner_id"`
	Address     *string `json:"address"`
	ActiveFlag  bool    `json:"active_flag"`
	CcEmail     string  `json:"cc_email"`
	Value       *int64  `json:"value,omitempty"`
}

// DealRef is a deal in related_objects.
type DealRef struct {
	ID         int64       `json:"id"`
	Title      string      `json:"title"`
	Status     string      `json:"status"`
	Value      json.Number `json:"value"`
	Currency   string      `json:"currency"`
	StageID    int64       `json:"stage_id"`
	PipelineID int64       `json:"pipeline_id"`
}

// PersonRef is a person as other records of version 1 show one: as the value of
// person_id with Value and without ID, in related_objects the other way.
type PersonRef struct {
	ID         *int64        `json:"id,omitempty"`
	Name       string        `json:"name"`
	ActiveFlag bool          `json:"active_flag"`
	Email      []ContactItem `json:"email"`
	Phone      []ContactItem `json:"phone"`
	OwnerID    int64         `json:"owner_id"`
	Value      *int64        `json:"value,omitempty"`
}

// ContactItem is an email address or a telephone number. Version 1 has one empty
// item, without a label, where there is none.
type ContactItem struct {
	Label   string `json:"label,omitempty"`
	Value   string `json:"value"`
	Primary bool   `json:"primary"`
}

// WithCustom is a record of version 1: the keys of Record, then those of its
// custom fields beside them.
type WithCustom struct {
	Record any
	Custom map[string]any
}

// MarshalJSON writes both as one object.
func (w WithCustom) MarshalJSON() ([]byte, error) {
	record, err := json.Marshal(w.Record)
	if err != nil || len(w.Custom) == 0 {
		return record, err
	}
	custom, err := json.Marshal(w.Custom)
	if err != nil {
		return nil, err
	}
	if !bytes.HasSuffix(record, []byte("}")) {
		return nil, fmt.Errorf("crmapi: a record with custom fields is %T, want an object", w.Record)
	}
	out := bytes.TrimSuffix(record, []byte("}"))
	if len(out) > 1 {
		out = append(out, ',')
	}
	return append(out, custom[1:]...), nil
}
