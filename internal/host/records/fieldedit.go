package records

import (
	"context"
	"crypto/rand"
	"encoding/hex"
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

const (
	maxFields   = 1000     // of one entity
	maxOptions  = 1000     // of one field
	maxSettings = 16 << 10 // bytes, as JSON
)

// FieldPatch says what to change in a field; nil leaves alone.
type FieldPatch struct {
	Name, Description *string
	Settings          *FieldSettings
	// Options replaces all that can be chosen: those with an id are kept and
	// renamed, those without are added, the others are deleted.
	Options *[]Option
}

// CreateField adds a field to the company's persons, organizations or deals; its
// code is made here. Of the options only the labels count.
// spec: rest.fields.create
func (s *Service) CreateField(ctx context.Context, c route.Caller, f Field) (Field, error) {
	if err := s.checkNewField(&f); err != nil {
		return Field{}, err
	}
	code := make([]byte, 20)
	if _, err := rand.Read(code); err != nil {
		return Field{}, fmt.Errorf("make the code of a field: %w", err)
	}
	f.Code = hex.EncodeToString(code)
	given := f.Options
	err := s.db.Company(c.Company).Update(ctx, func(tx *store.Tx) (err error) {
		f, err = s.insertField(tx, c, f, given)
		return err
	})
	return f, err
}

func (s *Service) checkNewField(f *Field) error {
	var err error
	if f.Name, err = title("name", f.Name); err != nil {
		return err
	}
	if !slices.Contains([]string{KindPerson, KindOrganization, KindDeal}, f.Entity) {
		return fault.New(fault.Invalid, "", "Fields can be added to persons, organizations and deals, not to %s.", f.Entity)
	}
	if err := checkDescription(f.Description); err != nil {
		return err
	}
	if !slices.Contains(CustomTypes, f.Type) {
		return fault.New(fault.Invalid, "field_type", "Expected one of %s, got %q.", joinTypes(CustomTypes), f.Type)
	}
	if choice := f.Type == TypeEnum || f.Type == TypeSet; choice != (len(f.Options) > 0) {
		if choice {
			return fault.New(fault.Invalid, "options", "Expected at least one option for a field of the type %s, got none.", f.Type)
		}
		return fault.New(fault.Invalid, "options", "Expected no options for a field of the type %s, got %d.", f.Type, len(f.Options))
	}
	return nil
}

func checkDescription(s string) error {
	_, err := checkText("description", s, maxText)
	return err
}

func joinTypes(types []FieldType) string {
	out := make([]string, len(types))
	for i, t := range types {
		out[i] = string(t)
	}
	return strings.Join(out, ", ")
}

func (s *Service) insertField(tx *store.Tx, c route.Caller, f Field, given []Option) (Field, error) {
	n, err := tx.NextID("field")
	if err != nil {
		return f, err
	}
	if there, err := store.One(tx, store.Value[int64], `SELECT COUNT(*) FROM records_field WHERE company_id = @company AND entity = ? AND NOT deleted`, f.Entity); err != nil {
		return f, err
	} else if there >= maxFields {
		return f, fault.New(fault.Invalid, "", "Expected at most %d fields of one kind of record; delete one first.", maxFields)
	}
	f.ID, f.Custom = firstCustomField+n, true
	f.Position, f.AddedBy, f.AddedAt, f.UpdatedAt = f.ID, c.User, tx.Now(), tx.Now()
	settings, err := f.Settings.text()
	if err != nil {
		return f, err
	}
	if _, err := tx.Exec(`INSERT INTO records_field (company_id, id, entity, code, name, type, description, settings, position, added_by, updated_by, deleted, added_at, updated_at)
		VALUES (@company, ?, ?, ?, ?, ?, ?, ?, ?, ?, 0, FALSE, ?, ?)`, f.ID, f.Entity, f.Code, f.Name, string(f.Type), f.Description, settings,
		f.Position, f.AddedBy, clock.Micros(f.AddedAt), clock.Micros(f.UpdatedAt)); err != nil {
		return f, err
	}
	f.Options = nil
	if len(given) == 0 {
		return f, nil
	}
	f.Options, err = setOptions(tx, f, given)
	return f, err
}

// UpdateField changes a field that the company made, or the options of a
// standard field that has them.
func (s *Service) UpdateField(ctx context.Context, c route.Caller, entity, code string, p FieldPatch) (f Field, err error) {
	err = s.db.Company(c.Company).Update(ctx, func(tx *store.Tx) error {
		if f, err = lockField(tx, entity, code); err != nil {
			return err
		}
		if !f.Custom && (p.Name != nil || p.Description != nil || p.Settings != nil) {
			return fault.New(fault.Forbidden, "", "%s is a standard field: it cannot be changed, but for the options of %s.", f.Code, LabelsCode)
		}
		if f, err = applyField(tx, c, f, p); err != nil {
			return err
		}
		if p.Options != nil {
			f.Options, err = setOptions(tx, f, *p.Options)
		}
		return err
	})
	return f, err
}

// lockField reads a field so that another change of it waits: concurrent changes
// of its options are all kept.
func lockField(tx *store.Tx, entity, code string) (Field, error) {
	if _, err := tx.NextID("field.change"); err != nil { // takes the counter's row, which standard fields have too
		return Field{}, err
	}
	return fieldBy(tx, entity, func(f Field) bool { return f.Code == code })
}

func applyField(tx *store.Tx, c route.Caller, f Field, p FieldPatch) (Field, error) {
	var err error
	if p.Name != nil {
		if f.Name, err = title("name", *p.Name); err != nil {
			return f, err
		}
	}
	if p.Description != nil {
		if err := checkDescription(*p.Description); err != nil {
			return f, err
		}
		f.Description = *p.Description
	}
	if p.Settings != nil {
		f.Settings = f.Settings.with(*p.Settings)
	}
	if !f.Custom {
		return f, nil
	}
	settings, err := f.Settings.text()
	if err != nil {
		return f, err
	}
	f.UpdatedBy, f.UpdatedAt = c.User, after(f.UpdatedAt, tx.Now())
	_, err = tx.Exec(`UPDATE records_field SET name = ?, description = ?, settings = ?, updated_by = ?, updated_at = ? WHERE company_id = @company AND id = ?`,
		f.Name, f.Description, settings, f.UpdatedBy, clock.Micros(f.UpdatedAt), f.ID)
	return f, err
}

// text is how settings are stored.
func (s FieldSettings) text() (string, error) {
	raw, err := json.Marshal(s)
	if err == nil && len(raw) > maxSettings {
		err = fault.New(fault.Invalid, "ui_visibility", "Expected settings of at most %d bytes, got %d.", maxSettings, len(raw))
	}
	return string(raw), err
}

func (s FieldSettings) with(change FieldSettings) FieldSettings {
	s.Visibility = mergeCustom(s.Visibility, change.Visibility)
	s.Important = mergeCustom(s.Important, change.Important)
	s.Required = mergeCustom(s.Required, change.Required)
	return s
}

// after is now, or the next microsecond after was if the clock has not moved: the
// time of a change rises with each.
// spec: records.update-time-rises
func after(was, now time.Time) time.Time {
	if now.After(was) {
		return now
	}
	return was.Add(time.Microsecond)
}

// DeleteFields takes fields away that the company made; their values are hidden.
// Nothing is deleted if one of them is not there or is a standard field.
// spec: rest.fields.delete
func (s *Service) DeleteFields(ctx context.Context, c route.Caller, entity string, codes ...string) (gone []Field, err error) {
	err = s.db.Company(c.Company).Update(ctx, func(tx *store.Tx) error {
		list, err := fields(tx, entity)
		if err != nil {
			return err
		}
		gone = nil
		for _, code := range codes {
			i := slices.IndexFunc(list, func(f Field) bool { return f.Code == code })
			if i < 0 {
				return fault.Missing("Field not found")
			}
			if !list[i].Custom {
				return fault.New(fault.Forbidden, "", "%s is a standard field and cannot be deleted.", code)
			}
			if _, err := tx.Exec(`UPDATE records_field SET deleted = TRUE, updated_by = ?, updated_at = ? WHERE company_id = @company AND id = ?`,
				c.User, clock.Micros(tx.Now()), list[i].ID); err != nil {
				return err
			}
			gone = append(gone, list[i])
		}
		return nil
	})
	return gone, err
}

// AddOptions adds to what can be chosen and returns what was added.
func (s *Service) AddOptions(ctx context.Context, c route.Caller, entity, code string, labels []Option) (added []Option, err error) {
	err = s.changeOptions(ctx, c, entity, code, func(was []Option) ([]Option, error) {
		return append(was, labels...), nil
	}, func(_, is []Option) { added = is[len(is)-len(labels):] })
	return added, err
}

// RenameOptions changes labels and returns what was changed.
func (s *Service) RenameOptions(ctx context.Context, c route.Caller, entity, code string, changes []Option) (changed []Option, err error) {
	err = s.changeOptions(ctx, c, entity, code, func(was []Option) ([]Option, error) {
		for _, ch := range changes {
			i := slices.IndexFunc(was, func(o Option) bool { return o.ID == ch.ID })
			if i < 0 {
				return nil, noOption(ch.ID)
			}
			was[i].Label = ch.Label
			if ch.Color != "" {
				was[i].Color = ch.Color
			}
		}
		return was, nil
	}, func(_, is []Option) { changed = onlyOptions(is, changes) })
	return changed, err
}

// DeleteOptions takes options away and returns what they were; values that chose
// them are hidden.
func (s *Service) DeleteOptions(ctx context.Context, c route.Caller, entity, code string, ids []int64) (gone []Option, err error) {
	err = s.changeOptions(ctx, c, entity, code, func(was []Option) ([]Option, error) {
		for _, id := range ids {
			if !slices.ContainsFunc(was, func(o Option) bool { return o.ID == id }) {
				return nil, noOption(id)
			}
		}
		return slices.DeleteFunc(slices.Clone(was), func(o Option) bool { return slices.Contains(ids, o.ID) }), nil
	}, func(was, _ []Option) {
		gone = slices.DeleteFunc(was, func(o Option) bool { return !slices.Contains(ids, o.ID) })
	})
	return gone, err
}

func noOption(id int64) error {
	return fault.New(fault.Invalid, "id", "Expected the id of an option of this field, got %d.", id)
}

func onlyOptions(list, wanted []Option) []Option {
	return slices.DeleteFunc(list, func(o Option) bool {
		return !slices.ContainsFunc(wanted, func(w Option) bool { return w.ID == o.ID })
	})
}

func (s *Service) changeOptions(
	ctx context.Context, c route.Caller, entity, code string, change func(was []Option) ([]Option, error), done func(was, is []Option),
) error {
	return s.db.Company(c.Company).Update(ctx, func(tx *store.Tx) error {
		f, err := lockField(tx, entity, code)
		if err != nil {
			return err
		}
		want, err := change(slices.Clone(f.Options))
		if err != nil {
			return err
		}
		is, err := setOptions(tx, f, want)
		if err != nil {
			return err
		}
		done(slices.Clone(f.Options), slices.Clone(is))
		return nil
	})
}

// setOptions makes want the options of a field. Standard labels become rows of
// the company with the first change.
// spec: rest.fields.options
func setOptions(tx *store.Tx, f Field, want []Option) ([]Option, error) {
	if err := checkOptionList(f, want); err != nil {
		return nil, err
	}
	if f.Custom && len(want) == 0 {
		return nil, fault.New(fault.Invalid, "options", "Expected at least one option, got none; delete the field instead.")
	}
	now := tx.Now()
	if _, err := tx.Exec(`UPDATE records_option SET deleted = TRUE, updated_at = ? WHERE company_id = @company AND entity = ? AND code = ? AND NOT deleted`,
		clock.Micros(now), f.Entity, f.Code); err != nil {
		return nil, err
	}
	out := slices.Clone(want)
	for i := range out {
		o := &out[i]
		if o.ID == 0 {
			n, err := tx.NextID("option")
			if err != nil {
				return nil, err
			}
			o.ID, o.AddedAt = firstOption+n, now
		}
		if was, ok := f.Option(o.ID); ok {
			o.AddedAt, o.Color = was.AddedAt, firstOf(o.Color, was.Color)
		}
		o.UpdatedAt = now
		if err := putOption(tx, f, *o, i); err != nil {
			return nil, err
		}
	}
	if len(out) == 0 { // a row that says that there are none
		return out, hideDefaults(tx, f)
	}
	return out, nil
}

func firstOf(a, b string) string {
	if a != "" {
		return a
	}
	return b
}

// putOption writes an option at its place. Options of standard fields have the
// same ids for persons, organizations and deals; their rows are numbered apart.
func putOption(tx *store.Tx, f Field, o Option, place int) error {
	n, err := tx.Exec(`UPDATE records_option SET label = ?, color = ?, position = ?, deleted = FALSE, updated_at = ?
		WHERE company_id = @company AND entity = ? AND code = ? AND id = ?`, o.Label, o.Color, place, clock.Micros(o.UpdatedAt), f.Entity, f.Code, o.ID)
	if err != nil || n > 0 {
		return err
	}
	_, err = tx.Exec(`INSERT INTO records_option (company_id, id, entity, code, label, color, position, deleted, added_at, updated_at)
		VALUES (@company, ?, ?, ?, ?, ?, ?, FALSE, ?, ?)`, o.ID, f.Entity, f.Code, o.Label, o.Color, place, clock.Micros(o.AddedAt), clock.Micros(o.UpdatedAt))
	return err
}

func hideDefaults(tx *store.Tx, f Field) error {
	if f.Custom || len(f.Options) == 0 {
		return nil
	}
	_, err := tx.Exec(`INSERT INTO records_option (company_id, id, entity, code, label, color, position, deleted, added_at, updated_at)
		VALUES (@company, ?, ?, ?, '', '', 0, TRUE, 0, 0) ON CONFLICT DO NOTHING`, f.Options[0].ID, f.Entity, f.Code)
	return err
}

func checkOptionList(f Field, want []Option) error {
	if !f.HasOptions() {
		return fault.New(fault.Invalid, "options", "The field %s has no options that can be changed: it is of the type %s.", f.Code, f.Type)
	}
	if len(want) > maxOptions {
		return fault.New(fault.Invalid, "options", "Expected at most %d options, got %d.", maxOptions, len(want))
	}
	seen := map[string]bool{}
	ids := map[int64]bool{}
	for i := range want {
		label, err := title("options.label", want[i].Label)
		if err != nil {
			return err
		}
		if _, ok := f.Option(want[i].ID); want[i].ID != 0 && (!ok || ids[want[i].ID]) {
			return noOption(want[i].ID)
		}
		if seen[fold(label)] {
			return fault.New(fault.Invalid, "options.label", "Expected labels that differ, got %q twice.", label)
		}
		want[i].Label, seen[fold(label)], ids[want[i].ID] = label, true, true
	}
	return nil
}
