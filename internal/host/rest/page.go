package rest

import (
	"encoding/base64"
	"encoding/json"
	"slices"
	"strings"

	"github.com/dockwright/dockwright/internal/fault"
	"github.com/dockwright/dockwright/pipedrive/crmapi"
)

// DefaultLimit is how many rows a page has when nothing is asked.
const DefaultLimit = 100

// MaxLimit is how many rows a page has at most, where nothing else is said.
const MaxLimit = 500

// Limit is the parameter limit. More than most is taken as most, as the
// original does; less than one is refused.
// spec: rest.limit
func (q *Query) Limit(most int) int {
	if !q.values.Has("limit") || q.values.Get("limit") == "" {
		return min(DefaultLimit, most)
	}
	n := q.Int("limit")
	if n < 1 {
		q.wrong("limit", "Expected a whole number from 1 to %d, got %q.", most, q.values.Get("limit"))
		return most
	}
	return int(min(n, int64(most)))
}

// Start is the parameter start of version 1: how many rows are left out.
func (q *Query) Start() int {
	n := q.Int("start")
	if n < 0 || n > 1<<31 {
		q.wrong("start", "Expected a whole number from 0 on, got %q.", q.values.Get("start"))
		return 0
	}
	return int(n)
}

// Paged is additional_data for a page of version 1. more says whether there are
// rows after it.
// spec: rest.v1-pagination
func Paged(start, limit int, more bool) any {
	p := crmapi.Pagination{Start: start, Limit: limit, MoreItemsInCollection: more}
	if more {
		next := start + limit
		p.NextStart = &next
	}
	return crmapi.AdditionalPagination{Pagination: p}
}

// Next is additional_data for a page of version 2; an empty cursor is the last
// page's null.
// spec: rest.v2-cursor
func Next(cursor string) any {
	if cursor == "" {
		return crmapi.AdditionalCursor{}
	}
	return crmapi.AdditionalCursor{NextCursor: &cursor}
}

// Order is one key of a sorted list.
type Order struct {
	By   string // a word of the contract: id, add_time …
	Desc bool
}

// Sort is the parameter sort of version 1: "add_time DESC, id ASC".
func (q *Query) Sort(by ...string) []Order {
	var out []Order
	for _, s := range q.list("sort") {
		name, direction, _ := strings.Cut(s, " ")
		o := Order{By: name, Desc: strings.EqualFold(strings.TrimSpace(direction), "desc")}
		if !slices.Contains(by, name) || !(o.Desc || direction == "" || strings.EqualFold(strings.TrimSpace(direction), "asc")) {
			q.wrong("sort", "Expected keys such as %q, of %s, got %q.", by[0]+" DESC", strings.Join(by, ", "), s)
			return nil
		}
		out = append(out, o)
	}
	return out
}

// SortBy are the parameters sort_by and sort_direction of version 2. Lists are by
// id, rising, when nothing is asked.
func (q *Query) SortBy(by ...string) Order {
	o := Order{By: q.Word("sort_by", by...)}
	if o.By == "" {
		o.By = "id"
	}
	o.Desc = q.Word("sort_direction", "asc", "desc") == "desc"
	return o
}

// Cursor is where a page of version 2 begins: after the row with this id and
// this value of the sort key, as a text.
type Cursor struct {
	Field         string `json:"field"`
	FieldValue    string `json:"fieldValue"`
	SortDirection string `json:"sortDirection"`
	ID            string `json:"id"`
}

// EncodeCursor is c as callers carry it.
func EncodeCursor(c Cursor) string {
	raw, err := json.Marshal(c)
	if err != nil {
		return ""
	}
	return base64.RawURLEncoding.EncodeToString(raw)
}

// CursorAfter is the cursor for the page after the row with this id and value.
func CursorAfter(o Order, value, id string) string {
	return EncodeCursor(Cursor{Field: o.By, FieldValue: value, SortDirection: direction(o), ID: id})
}

func direction(o Order) string {
	if o.Desc {
		return "desc"
	}
	return "asc"
}

// Cursor is the parameter cursor, nil when absent. It must have been made for
// this order.
func (q *Query) Cursor(o Order) *Cursor {
	s := q.values.Get("cursor")
	if s == "" {
		return nil
	}
	c, err := decodeCursor(s)
	if err != nil || c.Field != o.By || c.SortDirection != direction(o) {
		q.wrong("cursor", "Expected the next_cursor of the page before, with the same sorting, got %q.", shorten(s))
		return nil
	}
	return &c
}

func decodeCursor(s string) (Cursor, error) {
	var c Cursor
	raw, err := base64.RawURLEncoding.DecodeString(strings.TrimRight(s, "="))
	if err != nil {
		return c, err
	}
	if err := json.Unmarshal(raw, &c); err != nil {
		return c, err
	}
	if c.ID == "" {
		return c, fault.New(fault.Invalid, "cursor", "Expected an id in it.")
	}
	return c, nil
}

func shorten(s string) string {
	if len(s) > 60 {
		return s[:60] + "…"
	}
	return s
}
