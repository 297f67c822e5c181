package records

import (
	"encoding/json"
	"fmt"
	"maps"
	"math"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/dockwright/dockwright/internal/fault"
	"github.com/dockwright/dockwright/internal/host/route"
	"github.com/dockwright/dockwright/internal/store"
)

// Custom are the values of a company's fields by code, as version 2 writes them:
// string, json.Number, []any of json.Number, or a map with "value" and the parts
// of the type. What has no value is absent, or nil in a change.
type Custom = map[string]any

const (
	maxVarchar = 255       // characters
	maxText    = 64 * 1024 // characters
)

// checkCustom checks values for an entity's fields and returns them in the form
// in which they are kept. A value of nil clears and is kept in the result; merge
// it into what is stored with [mergeCustom].
// spec: rest.custom-fields
func (s *Service) checkCustom(tx *store.Tx, c route.Caller, entity string, given map[string]any) (map[string]any, error) {
	if len(given) == 0 {
		return map[string]any{}, nil
	}
	list, err := fields(tx, entity)
	if err != nil {
		return nil, err
	}
	out := make(map[string]any, len(given))
	for _, code := range slices.Sorted(maps.Keys(given)) {
		i := slices.IndexFunc(list, func(f Field) bool { return f.Custom && f.Code == code })
		if i < 0 {
			return nil, fault.New(fault.Invalid, code, "There is no custom field with this code on %ss; read their definitions first.", entity)
		}
		if out[code], err = s.checkValue(tx, c, list[i], given[code]); err != nil {
			return nil, err
		}
	}
	return out, nil
}

// customEntity is whose fields a record has: leads have the deals'.
func customEntity(entity string) string {
	if entity == KindLead {
		return KindDeal
	}
	return entity
}

// mergeCustom is what is kept after a change: nil takes a value away.
func mergeCustom(was, change map[string]any) map[string]any {
	out := make(map[string]any, len(was)+len(change))
	maps.Copy(out, was)
	maps.Copy(out, change)
	maps.DeleteFunc(out, func(_ string, v any) bool { return v == nil })
	return out
}

// customText is how values are stored.
func customText(values map[string]any) (string, error) {
	raw, err := json.Marshal(mergeCustom(nil, values))
	return string(raw), err
}

// customFrom reads what customText wrote.
func customFrom(text string) (map[string]any, error) {
	out := map[string]any{}
	d := json.NewDecoder(strings.NewReader(text))
	d.UseNumber()
	if err := d.Decode(&out); err != nil {
		return nil, fmt.Errorf("read custom values: %w", err)
	}
	return out, nil
}

func (s *Service) checkValue(tx *store.Tx, c route.Caller, f Field, v any) (any, error) {
	if v == nil {
		return nil, nil
	}
	switch f.Type {
	case TypeVarchar, TypeVarcharAuto, TypePhone:
		return checkText(f.Code, v, maxVarchar)
	case TypeText:
		return checkText(f.Code, v, maxText)
	case TypeDouble:
		return checkNumber(f.Code, v)
	case TypeDate:
		return checkDay(f.Code, v)
	case TypeEnum:
		return checkOption(f, v)
	case TypeSet:
		return checkOptions(f, v)
	case TypeUser, TypePeople, TypeOrg:
		return s.checkReference(tx, c, f, v)
	case TypeMonetary, TypeDateRange, TypeTime, TypeTimeRange, TypeAddress:
		return checkParts(f, v)
	}
	return nil, fmt.Errorf("field %s has the unknown type %q", f.Code, f.Type)
}

func checkText(field string, v any, most int) (any, error) {
	s, ok := v.(string)
	if !ok {
		return nil, fault.New(fault.Invalid, field, "Expected a text or null, got %s.", showValue(v))
	}
	if n := utf8.RuneCountInString(s); n > most {
		return nil, fault.New(fault.Invalid, field, "Expected at most %d characters, got %d.", most, n)
	}
	if s == "" {
		return nil, nil
	}
	return s, nil
}

// checkNumber keeps a number as it was written, if a float64 can hold it.
func checkNumber(field string, v any) (any, error) {
	n, ok := number(v)
	if f, err := n.Float64(); !ok || err != nil || math.IsInf(f, 0) {
		return nil, fault.New(fault.Invalid, field, "Expected a number or null, got %s.", showValue(v))
	}
	return n, nil
}

func number(v any) (json.Number, bool) {
	switch v := v.(type) {
	case json.Number:
		return v, true
	case int64:
		return json.Number(strconv.FormatInt(v, 10)), true
	case int:
		return json.Number(strconv.Itoa(v)), true
	case float64:
		return json.Number(strconv.FormatFloat(v, 'f', -1, 64)), !math.IsNaN(v)
	}
	return "0", false
}

func whole(v any) (int64, bool) {
	n, ok := number(v)
	if !ok {
		return 0, false
	}
	id, err := n.Int64()
	return id, err == nil && id > 0 && id < 1<<53
}

func checkDay(field string, v any) (any, error) {
	s, ok := v.(string)
	if _, err := time.Parse(time.DateOnly, s); !ok || err != nil {
		return nil, fault.New(fault.Invalid, field, "Expected a day such as 2026-11-30 or null, got %s.", showValue(v))
	}
	return s, nil
}

// checkHour takes 09:30 and 09:30:00, and keeps the second.
func checkHour(field string, v any) (any, error) {
	s, ok := v.(string)
	if len(s) == len("09:30") {
		s += ":00"
	}
	if _, err := time.Parse(time.TimeOnly, s); !ok || err != nil || len(s) != len(time.TimeOnly) {
		return nil, fault.New(fault.Invalid, field, "Expected a time of day such as 09:30:00 or null, got %s.", showValue(v))
	}
	return s, nil
}

func checkOption(f Field, v any) (any, error) {
	id, ok := whole(v)
	if _, known := f.Option(id); !ok || !known {
		return nil, fault.New(fault.Invalid, f.Code, "Expected the id of an option of this field (%s) or null, got %s.", optionList(f), showValue(v))
	}
	return json.Number(strconv.FormatInt(id, 10)), nil
}

// spec: rest.custom-fields.empty-set
func checkOptions(f Field, v any) (any, error) {
	list, ok := v.([]any)
	if !ok || len(list) == 0 {
		return nil, fault.New(fault.Invalid, f.Code, "Expected a list of ids of options of this field (%s), or null for none, got %s.", optionList(f), showValue(v))
	}
	out := make([]any, 0, len(list))
	for _, item := range list {
		id, err := checkOption(f, item)
		if err != nil {
			return nil, err
		}
		if !slices.Contains(out, id) {
			out = append(out, id)
		}
	}
	return out, nil
}

func optionList(f Field) string {
	if len(f.Options) == 0 {
		return "there are none yet"
	}
	var out []string
	for _, o := range f.Options[:min(len(f.Options), 10)] {
		out = append(out, strconv.FormatInt(o.ID, 10))
	}
	if len(f.Options) > len(out) {
		out = append(out, "…")
	}
	return strings.Join(out, ", ")
}

func (s *Service) checkReference(tx *store.Tx, c route.Caller, f Field, v any) (any, error) {
	id, ok := whole(v)
	if !ok {
		return nil, fault.New(fault.Invalid, f.Code, "Expected an id or null, got %s.", showValue(v))
	}
	var err error
	switch f.Type {
	case TypePeople:
		err = s.refers(tx, c, f.Code, KindPerson, id)
	case TypeOrg:
		err = s.refers(tx, c, f.Code, KindOrganization, id)
	default:
		err = s.existsUser(tx, f.Code, id)
	}
	return json.Number(strconv.FormatInt(id, 10)), err
}

// checkParts checks the types whose values are objects. A part that is not given
// is null.
// spec: rest.custom-fields.parts
func checkParts(f Field, v any) (any, error) {
	given, ok := v.(map[string]any)
	if !ok {
		return nil, fault.New(fault.Invalid, f.Code, `Expected an object with "value" or null, got %s.`, showValue(v))
	}
	names := append([]string{"value"}, f.Type.Parts()...)
	for _, name := range slices.Sorted(maps.Keys(given)) {
		if !slices.Contains(names, name) {
			return nil, fault.New(fault.Invalid, f.Code+"."+name, "A value of the type %s has no such part; it has %s.", f.Type, strings.Join(names, ", "))
		}
	}
	out := map[string]any{}
	for _, name := range names {
		out[name] = nil
		if given[name] == nil {
			continue
		}
		checked, err := checkPart(f, name, given[name])
		if err != nil {
			return nil, err
		}
		out[name] = checked
	}
	if out["value"] == nil {
		for _, name := range names[1:] {
			if out[name] != nil {
				return nil, fault.New(fault.Invalid, f.Code+".value", "Expected a value beside %s, got none.", name)
			}
		}
		return nil, nil
	}
	return wholeRange(f, out)
}

func checkPart(f Field, name string, v any) (any, error) {
	field := f.Code + "." + name
	switch {
	case name == "timezone_id":
		if id, ok := whole(v); ok {
			return json.Number(strconv.FormatInt(id, 10)), nil
		}
		return nil, fault.New(fault.Invalid, field, "Expected the number of a time zone or null, got %s.", showValue(v))
	case name == "currency":
		s, _ := v.(string)
		return s, checkCurrency(field, s)
	case name == "timezone_name" || f.Type == TypeAddress:
		return checkText(field, v, maxVarchar)
	case f.Type == TypeMonetary:
		return checkNumber(field, v)
	case f.Type == TypeDateRange:
		return checkDay(field, v)
	}
	return checkHour(field, v)
}

// wholeRange refuses ranges that are half or run backwards. A range of times may
// run over midnight.
func wholeRange(f Field, v map[string]any) (any, error) {
	if f.Type == TypeMonetary && v["currency"] == nil {
		return nil, fault.New(fault.Invalid, f.Code+".currency", "Expected three capital letters such as EUR beside the value, got none.")
	}
	if f.Type == TypeTimeRange && v["until"] == nil {
		return nil, fault.New(fault.Invalid, f.Code+".until", "Expected a time of day beside the value, got none.")
	}
	if f.Type != TypeDateRange {
		return v, nil
	}
	if from, until := v["value"].(string), v["until"]; until == nil || until.(string) < from {
		return nil, fault.New(fault.Invalid, f.Code+".until", "Expected a day that is not before %s, got %s.", from, showValue(until))
	}
	return v, nil
}

// showValue is a value in a refusal, cut short.
func showValue(v any) string {
	switch v := v.(type) {
	case nil:
		return "nothing"
	case []any:
		if len(v) == 0 {
			return "an empty list"
		}
		return "a list"
	case map[string]any:
		return "an object"
	}
	raw, err := json.Marshal(v)
	if err != nil {
		return "something else"
	}
	if r := []rune(string(raw)); len(r) > 60 {
		return string(r[:60]) + "…"
	}
	return string(raw)
}
