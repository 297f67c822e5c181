package control

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"reflect"
	"slices"
	"strconv"
	"strings"

	"go.yaml.in/yaml/v3"

	"github.com/dockwright/dockwright/internal/fault"
)

// read reads a document of YAML, or of JSON, which is YAML too, into v, a pointer
// to a struct. It is stricter than the library: an unknown key, a key that comes
// twice and a value of another kind are refused with the line and the path. A
// struct's field Line gets the line it stands on.
// spec: control.seed.strict
func read(raw []byte, v any) error {
	d := yaml.NewDecoder(bytes.NewReader(raw))
	var doc yaml.Node
	err := d.Decode(&doc)
	if errors.Is(err, io.EOF) {
		return nil // nothing but comments
	}
	if err != nil {
		return fault.New(fault.Invalid, "", "Expected YAML or JSON: %s.", strings.TrimPrefix(err.Error(), "yaml: "))
	}
	if err := d.Decode(&yaml.Node{}); !errors.Is(err, io.EOF) {
		return fault.New(fault.Invalid, "", "Expected one document, got more after the first.")
	}
	return fill(doc.Content[0], "", reflect.ValueOf(v).Elem())
}

// at is an error about what stands on a line.
func at(line int, field, format string, args ...any) error {
	return fault.New(fault.Invalid, field, "Line %d: "+format, append([]any{line}, args...)...)
}

// fill puts what a node says into v. path names the place for people.
func fill(n *yaml.Node, path string, v reflect.Value) error {
	if n.Kind == yaml.AliasNode {
		n = n.Alias
	}
	if v.Type() == reflect.TypeFor[jsonText]() && n.Kind != yaml.ScalarNode {
		return fillJSON(n, path, v)
	}
	switch v.Kind() {
	case reflect.Pointer:
		v.Set(reflect.New(v.Type().Elem()))
		return fill(n, path, v.Elem())
	case reflect.Struct:
		return fillStruct(n, path, v)
	case reflect.Slice:
		return fillList(n, path, v)
	case reflect.Map:
		if n.Kind != yaml.MappingNode {
			return at(n.Line, path, "Expected keys with values, got %s.", kindOf(n))
		}
		if err := n.Decode(v.Addr().Interface()); err != nil {
			return at(n.Line, path, "Expected text, numbers and lists of them: %s.", err)
		}
		return nil
	}
	return fillScalar(n, path, v)
}

// fillStruct reads keys and values. A struct that needs nothing but its value may
// stand as that alone, as an email does.
func fillStruct(n *yaml.Node, path string, v reflect.Value) error {
	if line := v.FieldByName("Line"); line.IsValid() {
		line.SetInt(int64(n.Line))
	}
	if n.Kind == yaml.ScalarNode && v.Type() == reflect.TypeFor[contact]() {
		return fillScalar(n, path, v.FieldByName("Value"))
	}
	if n.Kind != yaml.MappingNode {
		return at(n.Line, path, "Expected the keys %s, got %s.", strings.Join(keysOf(v.Type()), ", "), kindOf(n))
	}
	keys, seen := keysOf(v.Type()), map[string]bool{}
	for i := 0; i+1 < len(n.Content); i += 2 {
		key, value := n.Content[i], n.Content[i+1]
		below := strings.TrimPrefix(path+"."+key.Value, ".")
		place := slices.Index(keys, key.Value)
		if place < 0 {
			return at(key.Line, below, "There is no key %q here; expected one of %s.", key.Value, strings.Join(keys, ", "))
		}
		if seen[key.Value] {
			return at(key.Line, below, "The key %q comes twice; keep one.", key.Value)
		}
		seen[key.Value] = true
		if err := fill(value, below, v.Field(fieldOf(v.Type(), key.Value))); err != nil {
			return err
		}
	}
	return nil
}

func fillList(n *yaml.Node, path string, v reflect.Value) error {
	if n.Kind == yaml.ScalarNode && n.ShortTag() == "!!null" { // a key with nothing after it
		return nil
	}
	if n.Kind != yaml.SequenceNode {
		return at(n.Line, path, "Expected a list, got %s.", kindOf(n))
	}
	list := reflect.MakeSlice(v.Type(), len(n.Content), len(n.Content))
	for i, item := range n.Content {
		if err := fill(item, fmt.Sprintf("%s[%d]", path, i), list.Index(i)); err != nil {
			return err
		}
	}
	v.Set(list)
	return nil
}

// fillJSON writes keys and values as JSON, in their order.
func fillJSON(n *yaml.Node, path string, v reflect.Value) error {
	var b bytes.Buffer
	if err := writeJSON(&b, n, path); err != nil {
		return err
	}
	v.SetString(b.String())
	return nil
}

func writeJSON(b *bytes.Buffer, n *yaml.Node, path string) error {
	switch n.Kind {
	case yaml.MappingNode:
		b.WriteByte('{')
		for i := 0; i+1 < len(n.Content); i += 2 {
			if i > 0 {
				b.WriteByte(',')
			}
			key, err := json.Marshal(n.Content[i].Value)
			if err != nil {
				return err
			}
			b.Write(append(key, ':'))
			if err := writeJSON(b, n.Content[i+1], path+"."+n.Content[i].Value); err != nil {
				return err
			}
		}
		b.WriteByte('}')
		return nil
	case yaml.SequenceNode:
		b.WriteByte('[')
		for i, item := range n.Content {
			if i > 0 {
				b.WriteByte(',')
			}
			if err := writeJSON(b, item, fmt.Sprintf("%s[%d]", path, i)); err != nil {
				return err
			}
		}
		b.WriteByte(']')
		return nil
	case yaml.ScalarNode:
		var value any
		err := n.Decode(&value)
		raw := []byte(nil)
		if err == nil {
			raw, err = json.Marshal(value)
		}
		if err != nil {
			return at(n.Line, path, "Expected what JSON can hold: %s.", err)
		}
		b.Write(raw)
		return nil
	}
	// An alias could stand for itself, or for very much.
	return at(n.Line, path, "Expected the value itself here, got an alias of another.")
}

func fillScalar(n *yaml.Node, path string, v reflect.Value) error {
	wrong := func(expected string) error { return at(n.Line, path, "Expected %s, got %s.", expected, kindOf(n)) }
	tag := n.ShortTag()
	switch {
	case n.Kind != yaml.ScalarNode:
		return wrong("a single value")
	case v.Type() == reflect.TypeFor[amount]():
		if tag != "!!int" && tag != "!!float" && tag != "!!str" {
			return wrong("a number")
		}
		v.SetString(n.Value)
	case v.Kind() == reflect.String:
		if tag != "!!str" && tag != "!!timestamp" {
			return wrong("text; put it in quotes")
		}
		v.SetString(n.Value)
	case v.Kind() == reflect.Bool:
		if tag != "!!bool" {
			return wrong("true or false")
		}
		return n.Decode(v.Addr().Interface())
	default:
		number, err := strconv.ParseInt(n.Value, 10, 32)
		if tag != "!!int" || err != nil {
			return wrong("a whole number")
		}
		v.SetInt(number)
	}
	return nil
}

// kindOf says what a node is, for people.
func kindOf(n *yaml.Node) string {
	switch n.Kind {
	case yaml.MappingNode:
		return "keys with values"
	case yaml.SequenceNode:
		return "a list"
	}
	if n.ShortTag() == "!!null" {
		return "nothing"
	}
	value := n.Value
	if len(value) > 40 {
		value = value[:40] + "…"
	}
	return strconv.Quote(value)
}

// keysOf are the keys of a struct, in its order.
func keysOf(t reflect.Type) []string {
	var out []string
	for i := range t.NumField() {
		if name, _, _ := strings.Cut(t.Field(i).Tag.Get("yaml"), ","); name != "" && name != "-" {
			out = append(out, name)
		}
	}
	return out
}

// fieldOf is the place of the field with a key.
func fieldOf(t reflect.Type, key string) int {
	for i := range t.NumField() {
		if name, _, _ := strings.Cut(t.Field(i).Tag.Get("yaml"), ","); name == key {
			return i
		}
	}
	return -1
}
