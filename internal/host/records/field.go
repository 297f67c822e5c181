package records

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/dockwright/dockwright/internal/clock"
	"github.com/dockwright/dockwright/internal/fault"
	"github.com/dockwright/dockwright/internal/host/route"
	"github.com/dockwright/dockwright/internal/store"
)

// FieldType is how the values of a field look, by the platform's words.
type FieldType string

// The types that fields of a company can have.
const (
	TypeVarchar     FieldType = "varchar"
	TypeVarcharAuto FieldType = "varchar_auto"
	TypeText        FieldType = "text"
	TypePhone       FieldType = "phone"
	TypeDouble      FieldType = "double"
	TypeMonetary    FieldType = "monetary"
	TypeEnum        FieldType = "enum"
	TypeSet         FieldType = "set"
	TypeUser        FieldType = "user"
	TypePeople      FieldType = "people"
	TypeOrg         FieldType = "org"
	TypeDate        FieldType = "date"
	TypeDateRange   FieldType = "daterange"
	TypeTime        FieldType = "time"
	TypeTimeRange   FieldType = "timerange"
	TypeAddress     FieldType = "address"
)

// CustomTypes are the types that fields of a company can have.
var CustomTypes = []FieldType{
	TypeVarchar, TypeVarcharAuto, TypeText, TypePhone, TypeDouble, TypeMonetary, TypeEnum, TypeSet, TypeUser, TypePeople, TypeOrg,
	TypeDate, TypeDateRange, TypeTime, TypeTimeRange, TypeAddress,
}

// LabelsCode is the code of the field whose options are the labels of persons,
// organizations and deals.
const LabelsCode = "label_ids"

// Option is something that can be chosen in a field.
type Option struct {
	ID                 int64
	Word               string // instead of the id, in standard fields: "open"
	Label              string
	Color              string    // of labels
	AddedAt, UpdatedAt time.Time // zero in standard fields
}

// FieldSettings say where a field is shown and when it must be filled. They are
// kept for apps and pages that ask; the room itself does not act on them.
type FieldSettings struct {
	Visibility map[string]any `json:"ui_visibility,omitempty"`
	Important  map[string]any `json:"important_fields,omitempty"`
	Required   map[string]any `json:"required_fields,omitempty"`
}

// Field is the definition of one field of persons, organizations, deals or
// activities. Leads have the custom fields of deals.
type Field struct {
	ID                 int64
	Entity             string // KindPerson …
	Code               string // name of a standard field, 40 hexadecimal digits of a custom one
	Name               string
	Type               FieldType
	Options            []Option
	Description        string
	Settings           FieldSettings
	Custom             bool // made by the company
	Optional           bool // in answers of version 2 only when include_fields names it
	ReadOnly           bool
	Position           int64
	AddedBy, UpdatedBy int64
	AddedAt, UpdatedAt time.Time
}

// HasOptions reports whether the company may change what can be chosen.
func (f Field) HasOptions() bool {
	return f.Code == LabelsCode || f.Custom && (f.Type == TypeEnum || f.Type == TypeSet)
}

// Option returns the one with this id.
func (f Field) Option(id int64) (Option, bool) {
	i := slices.IndexFunc(f.Options, func(o Option) bool { return o.ID == id })
	if i < 0 {
		return Option{}, false
	}
	return f.Options[i], true
}

// Parts are the names of the values inside a value of this type, beside "value":
// version 1 writes them as keys of their own, code_part.
func (t FieldType) Parts() []string {
	switch t {
	case TypeMonetary:
		return []string{"currency"}
	case TypeDateRange:
		return []string{"until"}
	case TypeTime:
		return []string{"timezone_id", "timezone_name"}
	case TypeTimeRange:
		return []string{"until", "timezone_id", "timezone_name"}
	case TypeAddress:
		return AddressParts
	}
	return nil
}

// AddressParts are the parts of an address beside its one line.
var AddressParts = []string{
	"subpremise", "street_number", "route", "sublocality", "locality", "admin_area_level_1", "admin_area_level_2",
	"country", "postal_code", "formatted_address",
}

// Fields are the definitions for an entity: the standard ones first, then those
// of the company in their order.
func (s *Service) Fields(ctx context.Context, c route.Caller, entity string) (list []Field, err error) {
	err = s.db.Company(c.Company).View(ctx, func(tx *store.Tx) error {
		list, err = fields(tx, entity)
		return err
	})
	return list, err
}

// CustomFields are the definitions of the fields that the company made for an
// entity, in its order, for rooms that show what they were told of records.
func (s *Service) CustomFields(tx *store.Tx, entity string) ([]Field, error) {
	list, err := fields(tx, customEntity(entity))
	return slices.DeleteFunc(list, func(f Field) bool { return !f.Custom }), err
}

// Field returns one definition.
func (s *Service) Field(ctx context.Context, c route.Caller, entity, code string) (f Field, err error) {
	err = s.db.Company(c.Company).View(ctx, func(tx *store.Tx) error {
		f, err = fieldBy(tx, entity, func(f Field) bool { return f.Code == code })
		return err
	})
	return f, err
}

// FieldByID returns one definition by its number, as version 1 knows it.
func (s *Service) FieldByID(ctx context.Context, c route.Caller, entity string, id int64) (f Field, err error) {
	err = s.db.Company(c.Company).View(ctx, func(tx *store.Tx) error {
		f, err = fieldBy(tx, entity, func(f Field) bool { return f.ID == id })
		return err
	})
	return f, err
}

func fieldBy(tx *store.Tx, entity string, is func(Field) bool) (Field, error) {
	list, err := fields(tx, entity)
	if err != nil {
		return Field{}, err
	}
	i := slices.IndexFunc(list, is)
	if i < 0 {
		return Field{}, fault.Missing("Field not found")
	}
	return list[i], nil
}

// fields reads all definitions for an entity: two queries, whatever their number.
func fields(tx *store.Tx, entity string) ([]Field, error) {
	own, err := store.Select(tx, scanField, `SELECT id, entity, code, name, type, description, settings, position, added_by, updated_by, added_at, updated_at
		FROM records_field WHERE company_id = @company AND entity = ? AND NOT deleted ORDER BY position, id`, customEntity(entity))
	if err != nil {
		return nil, fmt.Errorf("read fields of %s: %w", entity, err)
	}
	list := append(standardFields(entity), own...)
	chosen, err := options(tx, customEntity(entity))
	if err != nil {
		return nil, err
	}
	for i := range list {
		if o, ok := chosen[list[i].Code]; ok {
			list[i].Options = slices.DeleteFunc(o, func(o Option) bool { return o.Label == "" })
		}
	}
	return list, nil
}

func scanField(sc store.Scanner) (Field, error) {
	f := Field{Custom: true}
	var settings string
	var added, updated int64
	err := sc.Scan(&f.ID, &f.Entity, &f.Code, &f.Name, &f.Type, &f.Description, &settings, &f.Position, &f.AddedBy, &f.UpdatedBy, &added, &updated)
	if err != nil {
		return f, err
	}
	f.AddedAt, f.UpdatedAt = clock.FromMicros(added), clock.FromMicros(updated)
	return f, json.Unmarshal([]byte(settings), &f.Settings)
}

// options reads the options of all fields of an entity, by code. Deleted ones
// come without a label: a field whose options are all deleted has options of its
// own nevertheless, namely none.
func options(tx *store.Tx, entity string) (map[string][]Option, error) {
	type row struct {
		code string
		Option
	}
	rows, err := store.Select(tx, func(sc store.Scanner) (r row, err error) {
		var added, updated int64
		var deleted bool
		err = sc.Scan(&r.code, &r.ID, &r.Label, &r.Color, &deleted, &added, &updated)
		if deleted {
			r.Label = ""
		}
		r.AddedAt, r.UpdatedAt = clock.FromMicros(added), clock.FromMicros(updated)
		return r, err
	}, `SELECT code, id, label, color, deleted, added_at, updated_at FROM records_option
		WHERE company_id = @company AND entity = ? ORDER BY code, position, id`, entity)
	if err != nil {
		return nil, fmt.Errorf("read options of %s fields: %w", entity, err)
	}
	out := map[string][]Option{}
	for _, r := range rows {
		out[r.code] = append(out[r.code], r.Option)
	}
	return out, nil
}

// IsCustomCode reports whether s looks like the code of a company's field.
func IsCustomCode(s string) bool {
	return len(s) == 40 && strings.Trim(s, "0123456789abcdef") == ""
}
