package devhub

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"strconv"
	"strings"
	"unicode/utf8"

	"github.com/dockwright/dockwright/internal/fault"
)

// maxNesting bounds how deep an uploaded document may nest.
const maxNesting = 32

// document is an uploaded JSON text that remembers where each value stands, so
// that a refusal can name the line.
type document struct {
	field string // of the form, for errors
	raw   []byte
	value any
	// at is the byte at which the key of a value ends, or the value itself where
	// it has no key, by [pointer].
	at map[string]int
}

// pointer is the place of a value: its keys and indexes from the root.
func pointer(keys []string) string { return strings.Join(keys, "\x00") }

// path is how people write a place: "items.properties.stage", "the root".
func path(keys []string) string {
	if len(keys) == 0 {
		return "the root"
	}
	return clip(strings.Join(keys, "."))
}

// clip shortens what came from outside for a message.
func clip(s string) string {
	const most = 120
	if utf8.RuneCountInString(s) <= most {
		return s
	}
	return string([]rune(s)[:most]) + "…"
}

// readDocument reads exactly one JSON value in which no key comes twice.
// spec: devhub.upload.line-and-key
func readDocument(field string, raw []byte) (*document, error) {
	if len(raw) > MaxManifest {
		return nil, fault.New(fault.TooLarge, field, "Expected at most %d bytes, got %d. Check that it is the right file.", MaxManifest, len(raw))
	}
	d := &document{field: field, raw: bytes.TrimPrefix(raw, []byte("\xef\xbb\xbf")), at: map[string]int{}}
	if !utf8.Valid(d.raw) {
		return nil, d.refuse(firstInvalid(d.raw), nil, "expected UTF-8")
	}
	dec := json.NewDecoder(bytes.NewReader(d.raw))
	dec.UseNumber()
	var err error
	if d.value, err = d.read(dec, nil); err != nil {
		return nil, err
	}
	if _, err := dec.Token(); !errors.Is(err, io.EOF) {
		return nil, d.refuse(int(dec.InputOffset()), nil, "expected the document to end after its first value")
	}
	return d, nil
}

func firstInvalid(raw []byte) int {
	for i := 0; i < len(raw); {
		r, size := utf8.DecodeRune(raw[i:])
		if r == utf8.RuneError && size == 1 {
			return i
		}
		i += size
	}
	return len(raw)
}

// read takes the next value; keys is where it stands.
func (d *document) read(dec *json.Decoder, keys []string) (any, error) {
	if len(keys) > maxNesting {
		return nil, d.refuse(int(dec.InputOffset()), keys, "expected at most %d levels", maxNesting)
	}
	token, err := dec.Token()
	if err != nil {
		return nil, d.broken(dec, keys, err)
	}
	if _, known := d.at[pointer(keys)]; !known {
		d.at[pointer(keys)] = int(dec.InputOffset())
	}
	switch token {
	case json.Delim('{'):
		return d.object(dec, keys)
	case json.Delim('['):
		return d.array(dec, keys)
	}
	return token, nil
}

func (d *document) object(dec *json.Decoder, keys []string) (any, error) {
	out := map[string]any{}
	for dec.More() {
		token, err := dec.Token()
		if err != nil {
			return nil, d.broken(dec, keys, err)
		}
		name, ok := token.(string)
		if !ok {
			return nil, d.refuse(int(dec.InputOffset()), keys, "expected a key in quotes")
		}
		below := append(append([]string{}, keys...), name)
		if _, twice := out[name]; twice {
			return nil, d.refuse(int(dec.InputOffset()), below, "expected each key once, got it a second time")
		}
		d.at[pointer(below)] = int(dec.InputOffset())
		if out[name], err = d.read(dec, below); err != nil {
			return nil, err
		}
	}
	if _, err := dec.Token(); err != nil {
		return nil, d.broken(dec, keys, err)
	}
	return out, nil
}

func (d *document) array(dec *json.Decoder, keys []string) (any, error) {
	out := []any{}
	for i := 0; dec.More(); i++ {
		v, err := d.read(dec, append(append([]string{}, keys...), strconv.Itoa(i)))
		if err != nil {
			return nil, err
		}
		out = append(out, v)
	}
	if _, err := dec.Token(); err != nil {
		return nil, d.broken(dec, keys, err)
	}
	return out, nil
}

// broken says where the text stops being JSON.
func (d *document) broken(dec *json.Decoder, keys []string, err error) error {
	at := int(dec.InputOffset())
	// Some of the decoder's errors count the byte before which it stands, some the
	// byte that it has read.
	if s, ok := errors.AsType[*json.SyntaxError](err); ok && s.Offset > 0 && s.Offset != dec.InputOffset() {
		at = int(s.Offset) - 1
	}
	if errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) {
		return d.refuse(len(d.raw), keys, "expected JSON, and the text ends before it is complete")
	}
	return d.refuse(at, keys, "expected JSON: %v", err)
}

// refuse is an error at a byte; keys is the place it is about.
func (d *document) refuse(at int, keys []string, format string, args ...any) error {
	line := 1 + bytes.Count(d.raw[:min(max(at, 0), len(d.raw))], []byte{'\n'})
	return fault.New(fault.Invalid, d.field, "Line %d, %s: %s.", line, path(keys), fmt.Sprintf(format, args...))
}

// refuseAt is an error about the value at keys, or about the nearest one around
// it that is there.
func (d *document) refuseAt(keys []string, format string, args ...any) error {
	for n := len(keys); n >= 0; n-- {
		if at, ok := d.at[pointer(keys[:n])]; ok {
			return d.refuse(at, keys, format, args...)
		}
	}
	return d.refuse(0, keys, format, args...)
}
