package control

import (
	"bytes"
	"encoding/json"
	"fmt"
	"regexp"
	"slices"
	"strings"

	"github.com/dockwright/dockwright/internal/host/records"
	"github.com/dockwright/dockwright/internal/secret"
)

var keyForm = regexp.MustCompile(`^[0-9a-f]{40}$`)

// newKey is the key of a field that got none.
func newKey() string { return secret.Random(20) }

// fieldRef is a field as records name it in a file.
type fieldRef struct{ of, ref string }

func (d *seeder) fields() error {
	for i, f := range d.plan.Fields {
		n := records.Field{Entity: f.Of, Code: d.plan.keys[i], Name: f.Name, Type: records.FieldType(f.Type), Description: f.Description}
		for _, label := range f.Options {
			n.Options = append(n.Options, records.Option{Label: label})
		}
		made, err := d.s.o.Records.AddField(d.tx, d.as, n)
		if err != nil {
			return onLine(f.Line, err)
		}
		if f.Ref == "" {
			return at(f.Line, "ref", "Expected a ref: without one no record can give the field a value.")
		}
		if err := d.name(f.Line, "fields", f.Ref, made.Code); err != nil {
			return err
		}
		d.own[fieldRef{f.Of, f.Ref}] = made
	}
	return nil
}

// custom are the values of a record's own fields, as the records room takes them.
func (d *seeder) custom(line int, of string, values map[string]any) (map[string]any, error) {
	if len(values) == 0 {
		return nil, nil
	}
	out := map[string]any{}
	for ref, value := range values {
		f, ok := d.own[fieldRef{of, ref}]
		if !ok {
			return nil, at(line, "custom", "There is no field of %ss with the ref %q in this file.", of, ref)
		}
		got, err := d.value(line, f, value)
		if err != nil {
			return nil, err
		}
		out[f.Code] = got
	}
	return out, nil
}

// refLists are the lists that fields of some types refer to.
var refLists = map[records.FieldType]string{
	records.TypeUser: "users", records.TypePeople: "persons", records.TypeOrg: "organizations",
}

func (d *seeder) value(line int, f records.Field, value any) (any, error) {
	if list := refLists[f.Type]; list != "" {
		id, err := refer[int64](d, line, "custom."+f.Name, list, fmt.Sprint(value))
		return number(id), err
	}
	switch f.Type {
	case records.TypeEnum:
		return optionID(line, f, value)
	case records.TypeSet:
		labels, ok := value.([]any)
		if !ok {
			return nil, at(line, "custom."+f.Name, "Expected a list of labels, got %v.", value)
		}
		ids := make([]any, len(labels))
		for i, l := range labels {
			var err error
			if ids[i], err = optionID(line, f, l); err != nil {
				return nil, err
			}
		}
		return ids, nil
	}
	return asJSON(line, f, value)
}

func optionID(line int, f records.Field, label any) (any, error) {
	i := slices.IndexFunc(f.Options, func(o records.Option) bool { return o.Label == fmt.Sprint(label) })
	if i < 0 {
		return nil, at(line, "custom."+f.Name, "Expected one of %s, got %v.", strings.Join(labelsOf(f), ", "), label)
	}
	return number(f.Options[i].ID), nil
}

func labelsOf(f records.Field) []string {
	var out []string
	for _, o := range f.Options {
		out = append(out, o.Label)
	}
	return out
}

func number(id int64) json.Number { return json.Number(fmt.Sprint(id)) }

// asJSON gives a value the types that it would have had in a call.
func asJSON(line int, f records.Field, value any) (out any, err error) {
	raw, err := json.Marshal(value)
	if err != nil {
		return nil, at(line, "custom."+f.Name, "Expected what JSON can hold: %s.", err)
	}
	d := json.NewDecoder(bytes.NewReader(raw))
	d.UseNumber()
	return out, d.Decode(&out)
}

// fields writes the definitions of a company's own fields.
func (x *exporter) fields(list []records.Field) {
	for _, f := range list {
		x.own[f.Code] = f
		x.out.Fields = append(x.out.Fields, field{
			Ref: x.name("fields", "field", f.Code), Of: f.Entity, Name: f.Name, Type: string(f.Type), Key: f.Code, Description: f.Description, Options: labelsOf(f),
		})
	}
}

// custom are the values of a record's own fields, by their refs.
func (x *exporter) custom(values map[string]any) map[string]any {
	out := map[string]any{}
	for code, value := range values {
		f, ok := x.own[code]
		if !ok {
			continue // the field was deleted
		}
		if v := x.value(f, value); v != nil {
			out[x.names["fields"][code]] = v
		}
	}
	return out
}

// value is what a file says of a value, nil if what it refers to is gone.
func (x *exporter) value(f records.Field, value any) any {
	if list := refLists[f.Type]; list != "" {
		id, err := json.Number(fmt.Sprint(value)).Int64()
		if ref := x.names[list][id]; err == nil && ref != "" {
			return ref
		}
		return nil
	}
	switch f.Type {
	case records.TypeEnum:
		return labelOf(f, value)
	case records.TypeSet:
		var labels []any
		list, _ := value.([]any)
		for _, id := range list {
			if l := labelOf(f, id); l != nil {
				labels = append(labels, l)
			}
		}
		if labels == nil {
			return nil
		}
		return labels
	}
	return plain(value)
}

func labelOf(f records.Field, id any) any {
	for _, o := range f.Options {
		if fmt.Sprint(o.ID) == fmt.Sprint(id) {
			return o.Label
		}
	}
	return nil
}

// plain writes numbers as numbers, digit by digit.
func plain(v any) any {
	switch v := v.(type) {
	case json.Number:
		return amount(v)
	case map[string]any:
		out := make(map[string]any, len(v))
		for key, value := range v {
			if value != nil {
				out[key] = plain(value)
			}
		}
		return out
	}
	return v
}
