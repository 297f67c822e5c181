package subscription

import (
	"strconv"
	"strings"

	"github.com/dockwright/dockwright/internal/host/records"
	"github.com/dockwright/dockwright/pipedrive/webhookapi"
)

// custom shows a record's custom fields as both versions do: version 2 as an
// object of typed objects, version 1 as keys beside the others. A field without a
// value is null.
// spec: webhooks.custom-fields
func (r *renderer) custom(values map[string]any) (v2 map[string]any, v1 map[string]any) {
	v2, v1 = map[string]any{}, map[string]any{}
	for _, f := range r.fields {
		v := values[f.Code]
		if typed := typedValue(f, v); typed != nil {
			v2[f.Code] = typed
		} else {
			v2[f.Code] = nil
		}
		parts := f.Type.Parts()
		if len(parts) == 0 {
			v1[f.Code] = plainValue(f, v)
			continue
		}
		whole, _ := v.(map[string]any)
		v1[f.Code] = whole["value"]
		for _, part := range parts {
			v1[f.Code+"_"+part] = whole[part]
		}
	}
	return v2, v1
}

// typedValue is a value in version 2, nil for none.
func typedValue(f records.Field, v any) webhookapi.Custom {
	if v == nil {
		return nil
	}
	out := webhookapi.Custom{"type": string(f.Type)}
	whole, _ := v.(map[string]any)
	switch f.Type {
	case records.TypeEnum:
		if _, ok := f.Option(wholeOf(v)); !ok {
			return nil
		}
		out["id"] = v
	case records.TypeUser, records.TypePeople, records.TypeOrg:
		out["id"] = v
	case records.TypeSet:
		chosen := []any{}
		for _, id := range optionsOf(f, v) {
			chosen = append(chosen, map[string]any{"id": id})
		}
		out["values"] = chosen
	case records.TypeMonetary:
		out["value"], out["currency"] = whole["value"], whole["currency"]
	case records.TypeTime:
		out["value"], out["timezone_id"] = whole["value"], whole["timezone_id"]
	case records.TypeTimeRange:
		out["from"], out["until"], out["timezone_id"] = whole["value"], whole["until"], whole["timezone_id"]
	case records.TypeDateRange:
		out["from"], out["until"] = whole["value"], whole["until"]
	case records.TypeAddress:
		for name, part := range whole {
			out[name] = part
		}
	default:
		out["value"] = v
	}
	return out
}

// plainValue is a value in version 1: options as texts, records by their ids.
func plainValue(f records.Field, v any) any {
	switch f.Type {
	case records.TypeEnum:
		if _, ok := f.Option(wholeOf(v)); !ok {
			return nil
		}
		return strconv.FormatInt(wholeOf(v), 10)
	case records.TypeSet:
		var ids []string
		for _, id := range optionsOf(f, v) {
			ids = append(ids, strconv.FormatInt(id, 10))
		}
		if ids == nil {
			return nil
		}
		return strings.Join(ids, ",")
	}
	return v
}

// optionsOf are the chosen options that still exist.
func optionsOf(f records.Field, v any) []int64 {
	var out []int64
	list, _ := v.([]any)
	for _, item := range list {
		if _, ok := f.Option(wholeOf(item)); ok {
			out = append(out, wholeOf(item))
		}
	}
	return out
}

// wholeOf is an id as it comes out of a snapshot, 0 for none.
func wholeOf(v any) int64 {
	n, _ := v.(float64)
	return int64(n)
}
