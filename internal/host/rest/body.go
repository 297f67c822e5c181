package rest

import (
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"maps"
	"math"
	"mime"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/google/uuid"

	"github.com/dockwright/dockwright/internal/fault"
)

// Body reads the fields of a JSON object or, in version 1, of a form. A field
// that is absent reads as nil, so that an update leaves it alone; null reads as
// the zero value, which clears. The first wrong field is remembered for
// [Body.Err].
//
// Version 1 coerces: "5" is a number, 1 is true. Version 2 does not.
// spec: rest.strict-types
type Body struct {
	fields  map[string]any
	read    map[string]bool
	version Version
	prefix  string // of field names, inside an object
	err     *error // shared with the objects inside
}

// Body reads the call's body. No body at all is an empty object.
func (c *Call) Body() (*Body, error) {
	raw, err := c.readAll()
	if err != nil {
		return nil, err
	}
	kind, params, _ := mime.ParseMediaType(c.Request.Header.Get("Content-Type"))
	switch {
	case c.Version == V1 && kind == "application/x-www-form-urlencoded":
		return formBody(raw)
	case c.Version == V1 && kind == "multipart/form-data":
		return partsBody(raw, params["boundary"])
	}
	return ParseBody(c.Version, raw)
}

// ParseBody reads a JSON object.
func ParseBody(v Version, raw []byte) (*Body, error) {
	b := newBody(v, map[string]any{})
	if len(bytes.TrimSpace(raw)) == 0 {
		return b, nil
	}
	if err := parse(raw, &b.fields, "object"); err != nil {
		return nil, err
	}
	if b.fields == nil {
		return nil, fault.New(fault.Invalid, "", "Expected a JSON object, got null.")
	}
	b.refuseAll()
	return b, nil
}

// parse reads raw as one JSON value of a kind that refusals name.
func parse(raw []byte, into any, kind string) error {
	if !utf8.Valid(raw) { // the decoder would put other characters in their place
		return fault.New(fault.Invalid, "", "Expected JSON in UTF-8, got other bytes.")
	}
	d := json.NewDecoder(bytes.NewReader(raw))
	d.UseNumber()
	err := d.Decode(into)
	if other, ok := errors.AsType[*json.UnmarshalTypeError](err); ok {
		return fault.New(fault.Invalid, "", "Expected a JSON %s, got %s.", kind, article(other.Value))
	}
	if err != nil {
		return fault.New(fault.Invalid, "", "Expected a JSON %s: %v.", kind, err)
	}
	if _, err := d.Token(); err == nil {
		return fault.New(fault.Invalid, "", "Expected one JSON %s, got something after it.", kind)
	} else if err != io.EOF {
		return fault.New(fault.Invalid, "", "Expected a JSON %s: %v.", kind, err)
	}
	return nil
}

// article is what JSON calls a kind of value, as a refusal names it.
func article(kind string) string {
	switch {
	case kind == "array":
		return "a list"
	case kind == "object":
		return "an object"
	case kind == "string":
		return "a text"
	case strings.HasPrefix(kind, "number"):
		return "a number"
	}
	return kind
}

// refuseNUL refuses a value with the character NUL in a text of it, wherever it
// stands: not every database can keep it, and no person types it.
// spec: rest.no-nul
func (b *Body) refuseNUL(name string, v any) {
	switch v := v.(type) {
	case string:
		if !readable(v) {
			b.wrong(name, "Expected text in UTF-8 without the character NUL.")
		}
	case []any:
		for _, item := range v {
			b.refuseNUL(name, item)
		}
	case map[string]any:
		for key, item := range v {
			b.refuseNUL(name, key)
			b.refuseNUL(name, item)
		}
	}
}

// readable reports whether a text can be kept by every database.
func readable(s string) bool { return utf8.ValidString(s) && !strings.ContainsRune(s, 0) }

// List reads a body that is a list of objects; name is what refusals call it. A
// wrong field is remembered by the Body that is returned with it.
func (c *Call) List(name string) (*Body, []*Body, error) {
	raw, err := c.readAll()
	if err != nil {
		return nil, nil, err
	}
	var list []any
	if err := parse(raw, &list, "list"); err != nil {
		return nil, nil, err
	}
	b := newBody(c.Version, map[string]any{name: list})
	items := b.Objects(name)
	return b, *items, b.Err()
}

// FormBody reads the fields of a form of version 1 that came in parts, beside a
// file.
func FormBody(fields map[string]any) *Body { return newBody(V1, fields) }

func formBody(raw []byte) (*Body, error) {
	form, err := url.ParseQuery(string(raw))
	if err != nil {
		return nil, fault.New(fault.Invalid, "", "Expected a form: %v.", err)
	}
	fields, err := nested(form)
	if err != nil {
		return nil, err
	}
	return newBody(V1, fields), nil
}

func newBody(v Version, fields map[string]any) *Body {
	b := &Body{fields: fields, read: map[string]bool{}, version: v, err: new(error)}
	b.refuseAll()
	return b
}

// refuseAll looks at every field for what no text may hold, in their order.
func (b *Body) refuseAll() {
	for _, name := range slices.Sorted(maps.Keys(b.fields)) {
		b.refuseNUL(strings.ToValidUTF8(strings.ReplaceAll(name, "\x00", ""), ""), b.fields[name])
		if !readable(name) {
			b.wrong("", "Expected names of fields in UTF-8 without the character NUL.")
		}
	}
}

// Version is the one whose types the body has.
func (b *Body) Version() Version { return b.version }

// Err is the first field that was wrong.
func (b *Body) Err() error { return *b.err }

// Done is Err and, in version 2, also refuses fields that nobody read.
// spec: rest.v2-unknown-field
func (b *Body) Done() error {
	if b.version == V2 {
		for _, name := range b.Left() {
			b.wrong(name, "There is no such field here; leave it out.")
		}
	}
	return b.Err()
}

// Left are the names of the fields that were not read yet, sorted.
func (b *Body) Left() []string {
	var out []string
	for name := range b.fields {
		if !b.read[name] {
			out = append(out, name)
		}
	}
	slices.Sort(out)
	return out
}

// Wrong remembers that a field is wrong, for checks that only the handler makes.
func (b *Body) Wrong(name, format string, args ...any) { b.wrong(name, format, args...) }

func (b *Body) wrong(name, format string, args ...any) {
	if *b.err == nil {
		*b.err = fault.New(fault.Invalid, b.prefix+name, format, args...)
	}
}

// take marks a field as read. null is a field that is there without a value.
func (b *Body) take(name string) (v any, there bool) {
	b.read[name] = true
	v, there = b.fields[name]
	return v, there
}

// Has reports whether a field is there, be it null.
func (b *Body) Has(name string) bool {
	_, there := b.fields[name]
	return there
}

// IsNull reports whether a field is there and null.
func (b *Body) IsNull(name string) bool {
	v, there := b.fields[name]
	return there && v == nil
}

// Any is a field as JSON gave it: string, json.Number, bool, nil, []any or
// map[string]any.
func (b *Body) Any(name string) (v any, there bool) { return b.take(name) }

// Set puts a field in as if it had come, for other spellings of it.
func (b *Body) Set(name string, v any) { b.fields[name] = v }

// String is a text.
func (b *Body) String(name string) *string {
	v, there := b.take(name)
	if !there {
		return nil
	}
	s := ""
	switch v := v.(type) {
	case nil:
	case string:
		s = v
	case json.Number:
		if b.version == V2 {
			b.wrong(name, "Expected a text, got the number %s.", v)
		}
		s = v.String()
	case bool:
		if b.version == V2 {
			b.wrong(name, "Expected a text, got %t.", v)
		}
		s = strconv.FormatBool(v)
	default:
		b.wrong(name, "Expected a text, got %s.", kindOf(v))
	}
	return &s
}

// Word is one of words, or empty for null.
func (b *Body) Word(name string, words ...string) *string {
	s := b.String(name)
	if s != nil && *s != "" && !slices.Contains(words, *s) {
		b.wrong(name, "Expected one of %s, got %q.", strings.Join(words, ", "), *s)
	}
	return s
}

// Int is a whole number below 2^53; null is 0.
func (b *Body) Int(name string) *int64 {
	v, there := b.take(name)
	if !there {
		return nil
	}
	n, ok := b.whole(v)
	if !ok {
		b.wrong(name, "Expected a whole number, got %s.", show(v))
	}
	return &n
}

const maxWhole = 1 << 53

func (b *Body) whole(v any) (int64, bool) {
	text := ""
	switch v := v.(type) {
	case nil:
		return 0, true
	case json.Number:
		text = v.String()
	case string:
		if b.version == V2 {
			return 0, false
		}
		if text = strings.TrimSpace(v); text == "" {
			return 0, true
		}
	case bool:
		if b.version == V1 && v {
			return 1, true
		}
		return 0, b.version == V1
	default:
		return 0, false
	}
	if n, err := strconv.ParseInt(text, 10, 64); err == nil {
		return n, n < maxWhole && n > -maxWhole
	}
	f, err := strconv.ParseFloat(text, 64)
	return int64(f), err == nil && f == math.Trunc(f) && math.Abs(f) < maxWhole
}

// Number is a decimal number as it was written; empty for null.
func (b *Body) Number(name string) *string {
	v, there := b.take(name)
	if !there {
		return nil
	}
	s, ok := b.decimal(v)
	if !ok {
		b.wrong(name, "Expected a number, got %s.", show(v))
	}
	return &s
}

func (b *Body) decimal(v any) (string, bool) {
	switch v := v.(type) {
	case nil:
		return "", true
	case json.Number:
		return v.String(), true
	case string:
		v = strings.TrimSpace(v)
		_, err := strconv.ParseFloat(v, 64)
		return v, b.version == V1 && (v == "" || err == nil)
	}
	return "", false
}

// Bool is a truth; version 1 takes 0, 1, "0", "1", "true" and "false" too. null
// is false.
func (b *Body) Bool(name string) *bool {
	v, there := b.take(name)
	if !there {
		return nil
	}
	t, ok := false, true
	switch v := v.(type) {
	case nil:
	case bool:
		t = v
	case json.Number:
		t, ok = v == "1", b.version == V1 && (v == "0" || v == "1")
	case string:
		t = v == "1" || strings.EqualFold(v, "true")
		ok = b.version == V1 && (t || v == "0" || v == "" || strings.EqualFold(v, "false"))
	default:
		ok = false
	}
	if !ok {
		b.wrong(name, "Expected true or false, got %s.", show(v))
	}
	return &t
}

// Day is YYYY-MM-DD; empty for null.
func (b *Body) Day(name string) *string {
	s := b.String(name)
	if s == nil || *s == "" {
		return s
	}
	if _, err := time.Parse(time.DateOnly, *s); err != nil {
		b.wrong(name, "Expected a day such as 2026-11-30, got %q.", *s)
	}
	return s
}

// Time is an instant in the version's form; the zero time for null.
func (b *Body) Time(name string) *time.Time {
	s := b.String(name)
	if s == nil {
		return nil
	}
	var t time.Time
	if *s != "" {
		var err error
		if t, err = ParseTime(b.version, *s); err != nil {
			b.wrong(name, "Expected an instant such as %s, got %q.", sampleTime(b.version), *s)
		}
	}
	return &t
}

// UUID is an id of leads and labels; empty for null.
func (b *Body) UUID(name string) *string {
	s := b.String(name)
	if s == nil || *s == "" {
		return s
	}
	u, err := uuid.Parse(*s)
	if err != nil {
		b.wrong(name, "Expected a UUID, got %q.", *s)
		return s
	}
	id := u.String()
	return &id
}

// Ints is a list of whole numbers; version 1 also takes them between commas.
func (b *Body) Ints(name string) *[]int64 {
	v, there := b.take(name)
	if !there {
		return nil
	}
	out := []int64{}
	list, ok := v.([]any)
	if s, text := v.(string); text && b.version == V1 {
		ok = true
		for part := range strings.SplitSeq(s, ",") {
			if strings.TrimSpace(part) != "" {
				list = append(list, part)
			}
		}
	}
	if n, number := v.(json.Number); number && b.version == V1 {
		list, ok = []any{n}, true
	}
	if v != nil && !ok {
		b.wrong(name, "Expected a list of whole numbers, got %s.", show(v))
	}
	for _, item := range list {
		n, ok := b.whole(item)
		if !ok || item == nil {
			b.wrong(name, "Expected whole numbers, got %s among them.", show(item))
		}
		out = append(out, n)
	}
	return &out
}

// Strings is a list of texts.
func (b *Body) Strings(name string) *[]string {
	v, there := b.take(name)
	if !there {
		return nil
	}
	out := []string{}
	list, ok := v.([]any)
	if s, text := v.(string); text && b.version == V1 {
		list, ok = []any{s}, true
	}
	if v != nil && !ok {
		b.wrong(name, "Expected a list of texts, got %s.", show(v))
	}
	for _, item := range list {
		s, ok := item.(string)
		if !ok {
			b.wrong(name, "Expected texts, got %s among them.", show(item))
		}
		out = append(out, s)
	}
	return &out
}

// Object is an object inside this one; nil when absent, empty when null.
func (b *Body) Object(name string) *Body {
	v, there := b.take(name)
	if !there {
		return nil
	}
	o, ok := v.(map[string]any)
	if !ok && v != nil {
		b.wrong(name, "Expected an object, got %s.", show(v))
	}
	if o == nil {
		o = map[string]any{}
	}
	return &Body{fields: o, read: map[string]bool{}, version: b.version, prefix: b.prefix + name + ".", err: b.err}
}

// Objects is a list of objects; nil when absent.
func (b *Body) Objects(name string) *[]*Body {
	v, there := b.take(name)
	if !there {
		return nil
	}
	out := []*Body{}
	list, ok := v.([]any)
	if v != nil && !ok {
		b.wrong(name, "Expected a list of objects, got %s.", show(v))
	}
	for i, item := range list {
		o, ok := item.(map[string]any)
		if !ok {
			b.wrong(name, "Expected objects, got %s among them.", show(item))
			continue
		}
		out = append(out, &Body{
			fields: o, read: map[string]bool{}, version: b.version,
			prefix: b.prefix + name + "[" + strconv.Itoa(i) + "].", err: b.err,
		})
	}
	return &out
}

func kindOf(v any) string {
	switch v.(type) {
	case nil:
		return "null"
	case []any:
		return "a list"
	case map[string]any:
		return "an object"
	}
	return "something else"
}

// show is a value in a refusal, cut short.
func show(v any) string {
	switch v.(type) {
	case nil, []any, map[string]any:
		return kindOf(v)
	}
	raw, err := json.Marshal(v)
	if err != nil {
		return kindOf(v)
	}
	if len(raw) > 80 {
		raw = append(raw[:80:80], "…"...)
	}
	return string(raw)
}
