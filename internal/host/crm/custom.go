package crm

import (
	"context"
	"encoding/json"
	"slices"
	"strings"

	"github.com/dockwright/dockwright/internal/fault"
	"github.com/dockwright/dockwright/internal/host/records"
	"github.com/dockwright/dockwright/internal/host/rest"
	"github.com/dockwright/dockwright/internal/host/route"
	"github.com/dockwright/dockwright/internal/store"
)

// customFields are the fields that a company made for one entity. They read the
// values out of bodies and write them into answers, in the ways of both versions.
type customFields struct {
	own    []records.Field
	labels map[int64]bool // the labels that can be chosen
	// currency is the company's: that of amounts that version 1 sends without one.
	currency string
}

// customFields reads the definitions. Leads have those of deals.
func (s *Service) customFields(ctx context.Context, c route.Caller, entity string) (customFields, error) {
	k := customFields{labels: map[int64]bool{}}
	all, err := s.records.Fields(ctx, c, entity)
	for _, f := range all {
		switch {
		case f.Custom:
			k.own = append(k.own, f)
		case f.Code == records.LabelsCode:
			for _, o := range f.Options {
				k.labels[o.ID] = true
			}
		}
	}
	if err != nil {
		return k, err
	}
	err = s.db.Company(c.Company).View(ctx, func(tx *store.Tx) error {
		company, err := s.accounts.Company(tx)
		k.currency = company.Currency
		return err
	})
	return k, err
}

// label are the labels of a record without those that were deleted since.
func (k customFields) label(ids []int64) []int64 {
	out := []int64{}
	for _, id := range ids {
		if k.labels[id] {
			out = append(out, id)
		}
	}
	return out
}

const maxCustomKeys = 15

// customSelector is the parameter custom_fields of version 2: the codes that the
// answer shall have, nil for all.
// spec: rest.custom-fields.selector
func customSelector(q *rest.Query) ([]string, error) {
	if !q.Has("custom_fields") {
		return nil, nil
	}
	only := q.Words("custom_fields")
	if len(only) > maxCustomKeys {
		return nil, fault.New(fault.Invalid, "custom_fields", "Expected at most %d codes, got %d.", maxCustomKeys, len(only))
	}
	return append([]string{}, only...), nil
}

// refer adds to want whom the values name, so that version 1 can show them.
func (k customFields) refer(values map[string]any, want *refs) {
	for _, f := range k.own {
		switch id := wholeOf(values[f.Code]); f.Type {
		case records.TypePeople:
			want.persons = append(want.persons, id)
		case records.TypeOrg:
			want.organizations = append(want.organizations, id)
		}
	}
}

// wholeOf is a stored id, 0 for none.
func wholeOf(v any) int64 {
	n, _ := v.(json.Number)
	id, err := n.Int64()
	if err != nil {
		return 0
	}
	return id
}

// v2 is the object custom_fields of version 2. Every field is there; those
// without a value are null.
// spec: rest.custom-fields.v2
func (k customFields) v2(values map[string]any, only []string) map[string]any {
	out := map[string]any{}
	for _, f := range k.own {
		if only == nil || slices.Contains(only, f.Code) {
			out[f.Code] = chosen(f, values[f.Code])
		}
	}
	return out
}

// chosen is a value without the options that were deleted since.
func chosen(f records.Field, v any) any {
	switch v := v.(type) {
	case json.Number:
		if _, ok := f.Option(wholeOf(v)); f.Type == records.TypeEnum && !ok {
			return nil
		}
	case []any:
		var left []any
		for _, id := range v {
			if _, ok := f.Option(wholeOf(id)); ok {
				left = append(left, id)
			}
		}
		if left == nil {
			return nil
		}
		return left
	}
	return v
}

// v1 are the keys that version 1 writes beside the others of a record: code and
// code_part.
// spec: rest.custom-fields.v1
func (k customFields) v1(values map[string]any, n names) map[string]any {
	out := make(map[string]any, len(k.own))
	for _, f := range k.own {
		v := chosen(f, values[f.Code])
		whole, _ := v.(map[string]any)
		if parts := f.Type.Parts(); len(parts) > 0 {
			out[f.Code] = whole["value"]
			for _, part := range parts {
				out[f.Code+"_"+part] = whole[part]
			}
			continue
		}
		out[f.Code] = valueV1(f, v, n)
	}
	return out
}

// valueV1 writes options as texts, and records as the compact objects that stand
// for them elsewhere.
func valueV1(f records.Field, v any, n names) any {
	if v == nil {
		return nil
	}
	id := wholeOf(v)
	switch f.Type {
	case records.TypeEnum:
		return v.(json.Number).String()
	case records.TypeSet:
		var ids []string
		for _, item := range v.([]any) {
			ids = append(ids, item.(json.Number).String())
		}
		return strings.Join(ids, ",")
	case records.TypeUser:
		return orNull(n.owner(id))
	case records.TypePeople:
		return orNull(n.personValue(id))
	case records.TypeOrg:
		return orNull(n.orgValue(id))
	}
	return v
}

// orNull keeps a nil pointer from becoming an interface that is not nil.
func orNull[T any](p *T) any {
	if p == nil {
		return nil
	}
	return p
}

// readV2 reads the object custom_fields of a body; nil when there is none. The
// records check the values.
func (k customFields) readV2(b *rest.Body) map[string]any {
	o := b.Object("custom_fields")
	if o == nil {
		return nil
	}
	out := map[string]any{}
	for _, code := range o.Left() {
		v, _ := o.Any(code)
		out[code] = v
	}
	return out
}

// readV1 reads the custom fields at the top level of a body and gives them the
// form of version 2. Keys that look like those of custom fields but are unknown
// are refused; other unknown keys are left alone, as version 1 does.
// spec: rest.custom-fields.v1-unknown
func (k customFields) readV1(b *rest.Body) map[string]any {
	out := map[string]any{}
	for _, f := range k.own {
		k.readFieldV1(b, f, out)
	}
	for _, name := range b.Left() {
		code, _, _ := strings.Cut(name, "_")
		if records.IsCustomCode(code) {
			b.Wrong("", "Invalid field(s) in the payload: %s", name)
		}
	}
	return out
}

func (k customFields) readFieldV1(b *rest.Body, f records.Field, out map[string]any) {
	parts := f.Type.Parts()
	value, there := b.Any(f.Code)
	value = numeric(f, value)
	if len(parts) == 0 {
		if there {
			out[f.Code] = value
		}
		return
	}
	// An object in the manner of version 2 is taken, too.
	whole, isObject := value.(map[string]any)
	if !isObject {
		whole = map[string]any{"value": value}
	}
	for _, part := range parts {
		if v, ok := b.Any(f.Code + "_" + part); ok {
			whole[part], there = emptyIsNull(v), true
			if part == "timezone_id" {
				whole[part] = toNumber(v)
			}
		}
	}
	switch {
	case !there:
	case whole["value"] == nil && !isObject && b.Has(f.Code):
		out[f.Code] = nil // clearing the value clears its parts
	default:
		if f.Type == records.TypeMonetary && whole["currency"] == nil {
			whole["currency"] = k.currency
		}
		out[f.Code] = whole
	}
}

// numeric turns the texts that version 1 takes for numbers into numbers.
func numeric(f records.Field, v any) any {
	v = emptyIsNull(v)
	switch f.Type {
	case records.TypeDouble, records.TypeMonetary, records.TypeEnum, records.TypeUser, records.TypePeople, records.TypeOrg:
		return toNumber(v)
	case records.TypeSet:
		list, ok := v.([]any)
		if s, text := v.(string); text {
			ok = true
			for part := range strings.SplitSeq(s, ",") {
				list = append(list, strings.TrimSpace(part))
			}
		}
		if n, single := v.(json.Number); single {
			return []any{n}
		}
		if !ok {
			return v
		}
		if len(list) == 0 {
			return nil
		}
		out := make([]any, len(list))
		for i, item := range list {
			out[i] = toNumber(item)
		}
		return out
	case records.TypeVarchar, records.TypeVarcharAuto, records.TypeText, records.TypePhone:
		if n, ok := v.(json.Number); ok {
			return n.String()
		}
	}
	return v
}

func emptyIsNull(v any) any {
	if v == "" {
		return nil
	}
	return v
}

// toNumber is a text as a number, if it is one.
func toNumber(v any) any {
	s, ok := v.(string)
	if !ok {
		return v
	}
	var n json.Number
	if json.Unmarshal([]byte(strings.TrimSpace(s)), &n) != nil {
		return emptyIsNull(v)
	}
	return n
}
