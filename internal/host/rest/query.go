package rest

import (
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/google/uuid"

	"github.com/dockwright/dockwright/internal/fault"
)

// Query reads the parameters of a call. A wrong one is remembered, so that a
// handler asks once, at the end, with [Query.Err]. Absent parameters read as the
// zero value; unknown ones are ignored, as at the original.
type Query struct {
	values  url.Values
	version Version
	err     error
}

// Query are the parameters after the question mark.
func (c *Call) Query() *Query { return &Query{values: c.query, version: c.Version} }

// Err is the first parameter that was wrong.
func (q *Query) Err() error { return q.err }

func (q *Query) wrong(name, format string, args ...any) {
	if q.err == nil {
		q.err = fault.New(fault.Invalid, name, format, args...)
	}
}

// Has reports whether a parameter was given, be it empty.
func (q *Query) Has(name string) bool { return q.values.Has(name) }

// String is a parameter as it came.
func (q *Query) String(name string) string { return q.values.Get(name) }

// Int is a whole number, 0 when absent.
func (q *Query) Int(name string) int64 {
	s := q.values.Get(name)
	if s == "" {
		return 0
	}
	n, err := strconv.ParseInt(s, 10, 64)
	if err != nil {
		q.wrong(name, "Expected a whole number, got %q.", s)
	}
	return n
}

// Bool is true for 1 and true; nil when absent.
func (q *Query) Bool(name string) *bool {
	s := q.values.Get(name)
	var b bool
	switch strings.ToLower(s) {
	case "":
		return nil
	case "1", "true":
		b = true
	case "0", "false":
	default:
		q.wrong(name, "Expected true or false, got %q.", s)
	}
	return &b
}

// Word is one of words; empty when absent.
func (q *Query) Word(name string, words ...string) string {
	s := q.values.Get(name)
	if s != "" && !slices.Contains(words, s) {
		q.wrong(name, "Expected one of %s, got %q.", strings.Join(words, ", "), s)
	}
	return s
}

// Words is a list between commas of words; none when absent.
func (q *Query) Words(name string, words ...string) []string {
	var out []string
	for _, s := range q.list(name) {
		if len(words) > 0 && !slices.Contains(words, s) {
			q.wrong(name, "Expected %s, got %q.", strings.Join(words, ", "), s)
			return nil
		}
		out = append(out, s)
	}
	return out
}

// IDs is a list between commas of at most limit whole numbers.
func (q *Query) IDs(name string, limit int) []int64 {
	var out []int64
	list := q.list(name)
	if len(list) > limit {
		q.wrong(name, "Expected at most %d ids, got %d.", limit, len(list))
		return nil
	}
	for _, s := range list {
		n, err := strconv.ParseInt(s, 10, 64)
		if err != nil {
			q.wrong(name, "Expected whole numbers between commas, got %q.", s)
			return nil
		}
		out = append(out, n)
	}
	return out
}

func (q *Query) list(name string) []string {
	var out []string
	for s := range strings.SplitSeq(q.values.Get(name), ",") {
		if s = strings.TrimSpace(s); s != "" {
			out = append(out, s)
		}
	}
	return out
}

// UUID is an id of leads, labels and comments; empty when absent.
func (q *Query) UUID(name string) string {
	s := q.values.Get(name)
	if s == "" {
		return ""
	}
	u, err := uuid.Parse(s)
	if err != nil {
		q.wrong(name, "Expected a UUID, got %q.", s)
		return ""
	}
	return u.String()
}

// Day is YYYY-MM-DD; empty when absent.
func (q *Query) Day(name string) string {
	s := q.values.Get(name)
	if s == "" {
		return ""
	}
	if _, err := time.Parse(time.DateOnly, s); err != nil {
		q.wrong(name, "Expected a day such as 2026-11-30, got %q.", s)
		return ""
	}
	return s
}

// Time is an instant in the version's form; zero when absent. Version 2 takes
// RFC 3339 without fractions of a second; version 1 takes that too.
// spec: rest.dates
func (q *Query) Time(name string) time.Time {
	s := q.values.Get(name)
	if s == "" {
		return time.Time{}
	}
	t, err := ParseTime(q.version, s)
	if err == nil && q.version == V2 && t.Nanosecond() != 0 {
		q.wrong(name, "Expected an instant such as 2026-11-30T09:00:00Z without fractions of a second, got %q.", s)
	} else if err != nil {
		q.wrong(name, "Expected an instant such as %s, got %q.", sampleTime(q.version), s)
	}
	return t
}
