package messagingapi

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"strings"
	"unicode/utf8"
)

// maxDepth bounds how deep JSON may nest. The contract's deepest body has seven
// levels.
const maxDepth = 32

// kind is the type of a JSON value.
type kind int

const (
	missing kind = iota // the key is not there
	null
	boolean
	number
	text
	array
	object
)

// value is a JSON value as it was sent: keys in their own letter case, numbers
// as their digits. Go's own decoder forgives wrong letter case and doubled keys,
// and two parties that forgive differently disagree.
type value struct {
	kind    kind
	text    string // of a text or a number
	truth   bool
	items   []value
	members map[string]value
}

// parseJSON reads exactly one JSON value.
func parseJSON(raw []byte) (value, error) {
	raw = bytes.TrimPrefix(raw, []byte("\xef\xbb\xbf"))
	if i := invalidUTF8(raw); i >= 0 {
		line, column := position(raw, i)
		return value{}, &Error{Message: fmt.Sprintf("expected UTF-8, got the byte 0x%02x at line %d, column %d", raw[i], line, column)}
	}
	d := json.NewDecoder(bytes.NewReader(raw))
	d.UseNumber()
	p := parser{raw: raw, d: d}
	v, err := p.value("", 0)
	if err != nil {
		return value{}, err
	}
	if _, err := d.Token(); !errors.Is(err, io.EOF) {
		return value{}, p.syntax()
	}
	return v, nil
}

func invalidUTF8(raw []byte) int {
	if utf8.Valid(raw) {
		return -1
	}
	for i := 0; i < len(raw); {
		r, size := utf8.DecodeRune(raw[i:])
		if r == utf8.RuneError && size == 1 {
			return i
		}
		i += size
	}
	return -1
}

// position is the line and column, from 1, of a byte.
func position(raw []byte, offset int) (line, column int) {
	before := raw[:min(max(offset, 0), len(raw))]
	start := bytes.LastIndexByte(before, '\n') + 1
	return 1 + bytes.Count(before, []byte{'\n'}), 1 + utf8.RuneCount(before[start:])
}

type parser struct {
	raw []byte
	d   *json.Decoder
}

// syntax says where raw stops being JSON. The token reader knows that only
// roughly, so the text is scanned again.
func (p parser) syntax() error {
	at, what := len(p.raw), "the text ends too early"
	var all json.RawMessage
	if se, ok := errors.AsType[*json.SyntaxError](json.Unmarshal(p.raw, &all)); ok && !strings.Contains(se.Error(), "unexpected end") {
		at, what = max(int(se.Offset)-1, 0), se.Error()
	}
	line, column := position(p.raw, at)
	return &Error{Message: fmt.Sprintf("expected JSON, but at line %d, column %d: %s", line, column, what)}
}

func (p parser) value(path string, depth int) (value, error) {
	t, err := p.d.Token()
	if err != nil {
		return value{}, p.syntax()
	}
	switch t := t.(type) {
	case nil:
		return value{kind: null}, nil
	case bool:
		return value{kind: boolean, truth: t}, nil
	case json.Number:
		return value{kind: number, text: t.String()}, nil
	case string:
		return value{kind: text, text: t}, nil
	case json.Delim:
		if depth >= maxDepth {
			return value{}, &Error{Key: path, Message: fmt.Sprintf("expected at most %d levels of nesting", maxDepth)}
		}
		if t == '[' {
			return p.array(path, depth)
		}
		return p.object(path, depth)
	}
	return value{}, p.syntax()
}

func (p parser) array(path string, depth int) (value, error) {
	v := value{kind: array}
	for p.d.More() {
		item, err := p.value(fmt.Sprintf("%s[%d]", path, len(v.items)), depth+1)
		if err != nil {
			return value{}, err
		}
		v.items = append(v.items, item)
	}
	if _, err := p.d.Token(); err != nil {
		return value{}, p.syntax()
	}
	return v, nil
}

func (p parser) object(path string, depth int) (value, error) {
	v := value{kind: object, members: map[string]value{}}
	for p.d.More() {
		t, err := p.d.Token()
		if err != nil {
			return value{}, p.syntax()
		}
		key, _ := t.(string)
		if _, twice := v.members[key]; twice {
			return value{}, &Error{Key: join(path, clip(key)), Message: "expected once, got twice"}
		}
		member, err := p.value(join(path, clip(key)), depth+1)
		if err != nil {
			return value{}, err
		}
		v.members[key] = member
	}
	if _, err := p.d.Token(); err != nil {
		return value{}, p.syntax()
	}
	return v, nil
}

func join(path, key string) string {
	if path == "" {
		return key
	}
	return path + "." + key
}

// clip shortens what somebody sent so that it may stand in a sentence.
func clip(s string) string {
	const most = 60
	if utf8.RuneCountInString(s) <= most {
		return s
	}
	return string([]rune(s)[:most]) + "…"
}

// got describes a value in an error.
func (v value) got() string {
	switch v.kind {
	case null:
		return "null"
	case boolean:
		return fmt.Sprint(v.truth)
	case number:
		return "the number " + clip(v.text)
	case text:
		return fmt.Sprintf("%q", clip(v.text))
	case array:
		return "an array"
	case object:
		return "an object"
	default:
		return "nothing: the key is missing"
	}
}
