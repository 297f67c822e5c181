package messagingapi

import (
	"fmt"
	"math"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"
)

// need says whether a key must be there.
type need int

const (
	required need = iota // there, and not null
	nullable             // there, but null counts as absent
	optional             // may be missing or null
)

// fields reads the members of a JSON object and keeps the first thing that was
// wrong, so that a reader can be written straight down the list of keys.
type fields struct {
	err  *Error
	path string
	v    value
	up   *fields
}

func newFields(path string, v value) *fields {
	f := &fields{path: path, v: v}
	if v.kind != object {
		f.fail("", "expected an object, got %s", v.got())
	}
	return f
}

// fail notes an error about key. Only the first is kept: later ones are often
// its consequences.
func (f *fields) fail(key, format string, args ...any) {
	path := f.path
	if key != "" {
		path = join(f.path, key)
	}
	f.note(&Error{Key: path, Message: fmt.Sprintf(format, args...)})
}

func (f *fields) note(err *Error) {
	for g := f; g != nil; g = g.up {
		if g.err == nil {
			g.err = err
		}
	}
}

// done returns the first error, if there was one.
func (f *fields) done() error {
	if f.err != nil {
		return f.err
	}
	return nil
}

// get finds a member of kind k. The second result is false when there is none to
// be read, whether that is an error or not.
func (f *fields) get(key string, n need, k kind, word string) (value, bool) {
	v := f.v.members[key]
	switch {
	case v.kind == k:
		return v, true
	case n == optional && (v.kind == missing || v.kind == null), n == nullable && v.kind == null:
		return v, false
	}
	got := v.got()
	if v.kind == missing {
		for other := range f.v.members {
			if strings.EqualFold(other, key) {
				got += fmt.Sprintf(" (%q is another key: letter case counts)", clip(other))
			}
		}
	}
	f.fail(key, "expected %s, got %s", word, got)
	return v, false
}

// str reads a string of at most limit characters.
func (f *fields) str(key string, n need, limit int) string {
	v, ok := f.get(key, n, text, "a string")
	if !ok {
		return ""
	}
	if got := utf8.RuneCountInString(v.text); got > limit {
		f.fail(key, "expected at most %d characters, got %d", limit, got)
	}
	if strings.ContainsRune(v.text, 0) {
		f.fail(key, "expected text without the character U+0000")
	}
	return v.text
}

// id reads an identifier: not empty, and fit to stand in a URL.
func (f *fields) id(key string, n need) string {
	s := f.str(key, n, MaxID)
	switch {
	case f.v.members[key].kind != text:
	case s == "":
		f.fail(key, "expected an id, got an empty string")
	case s == "." || s == "..":
		f.fail(key, "expected an id, got %q, which means something else in a URL", s)
	case strings.ContainsFunc(s, unicode.IsControl):
		f.fail(key, "expected an id without control characters, got %q", clip(s))
	}
	return s
}

// label reads a name that a person will see.
func (f *fields) label(key string, n need) string {
	s := f.str(key, n, MaxName)
	if n == required && f.v.members[key].kind == text && strings.TrimSpace(s) == "" {
		f.fail(key, "expected a name, got %q", s)
	}
	return s
}

// url reads an absolute http or https URL. An empty string counts as none where
// mayBeEmpty says so.
func (f *fields) url(key string, n need, mayBeEmpty bool) string {
	s := f.str(key, n, MaxURL)
	if f.v.members[key].kind != text || s == "" && mayBeEmpty {
		return s
	}
	if !webURL(s) {
		f.fail(key, "expected a URL that begins with http:// or https://, got %q", clip(s))
	}
	return s
}

// webURL reports whether s is something a browser may be sent to.
func webURL(s string) bool {
	u, err := url.Parse(s)
	return err == nil && (u.Scheme == "http" || u.Scheme == "https") && u.Host != "" && u.User == nil &&
		!strings.ContainsFunc(s, func(r rune) bool { return unicode.IsControl(r) || unicode.IsSpace(r) })
}

// one reads a string that must be one of a few.
func (f *fields) one(key string, n need, of ...string) string {
	v := f.v.members[key]
	if n == optional && (v.kind == missing || v.kind == null) {
		return ""
	}
	if v.kind == text && slices.Contains(of, v.text) {
		return v.text
	}
	f.get(key, required, -1, alternatives(of))
	return ""
}

// alternatives is `"a", "b" or "c"`.
func alternatives(of []string) string {
	quoted := make([]string, len(of))
	for i, s := range of {
		quoted[i] = strconv.Quote(s)
	}
	last := len(quoted) - 1
	if last < 1 {
		return strings.Join(quoted, "")
	}
	return strings.Join(quoted[:last], ", ") + " or " + quoted[last]
}

func (f *fields) flag(key string, n need) bool {
	v, _ := f.get(key, n, boolean, "true or false")
	return v.truth
}

// size reads a number of bytes. Fractions are cut off: the unit is not stated in
// the contract and some senders compute it.
func (f *fields) size(key string, n need) int64 {
	v, ok := f.get(key, n, number, "a number")
	if !ok {
		return 0
	}
	x, err := strconv.ParseFloat(v.text, 64)
	if err != nil || math.IsNaN(x) || x < 0 || x > 1<<53 {
		f.fail(key, "expected a number of bytes from 0 to 2^53, got %s", clip(v.text))
		return 0
	}
	return int64(x)
}

func (f *fields) time(key string, n need) Time {
	v, ok := f.get(key, n, text, "a time")
	if !ok || v.text == "" && n == optional {
		return Time{}
	}
	t, err := ParseTime(v.text)
	if err != nil {
		f.fail(key, "%s", err)
	}
	return t
}

// child reads a member that is an object.
func (f *fields) child(key string, n need) (*fields, bool) {
	v, ok := f.get(key, n, object, "an object")
	if !ok {
		return nil, false
	}
	return &fields{path: join(f.path, key), v: v, up: f}, true
}

// each reads a member that is an array of objects.
func (f *fields) each(key string, n need, limit int, read func(*fields)) {
	v, ok := f.get(key, n, array, "an array")
	if !ok {
		return
	}
	if len(v.items) > limit {
		f.fail(key, "expected at most %d items, got %d", limit, len(v.items))
		return
	}
	for i, item := range v.items {
		c := &fields{path: fmt.Sprintf("%s[%d]", join(f.path, key), i), v: item, up: f}
		if item.kind != object {
			c.fail("", "expected an object, got %s", item.got())
		}
		if f.err != nil {
			return
		}
		read(c)
	}
}
