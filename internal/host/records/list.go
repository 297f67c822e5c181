package records

import (
	"fmt"
	"strconv"
	"strings"

	"github.com/dockwright/dockwright/internal/fault"
)

// Window says which part of a sorted list is wanted.
type Window struct {
	Limit int // rows at most; a list reads one more to know whether there is more
	// Start leaves out that many rows, as version 1 of the API pages.
	Start int
	// Sort are the keys, by the contract's words; each list knows its own. Empty:
	// by id, rising.
	Sort []Order
	// After goes on behind a row, as version 2 pages; it wants at most one key.
	After *Position
}

// Order is one key of a sorted list.
type Order struct {
	By   string
	Desc bool
}

// Position is a row of a list sorted by one key: the value of the key as the
// column has it (an int64 or a string), and the row's id (likewise).
type Position struct {
	Value, ID any
}

// finding collects the conditions of a list's query.
type finding struct {
	where strings.Builder
	args  []any
}

// and adds a condition with its arguments.
func (f *finding) and(condition string, args ...any) {
	f.where.WriteString("\n\t\tAND (" + condition + ")")
	f.args = append(f.args, args...)
}

// oneOf adds that a column has one of ids.
func (f *finding) oneOf(column string, ids []int64) {
	f.and(column+" IN ("+places(len(ids))+")", anys(ids)...)
}

// noneOf adds that a column has none of ids.
func (f *finding) noneOf(column string, ids []int64) {
	f.and(column+" NOT IN ("+places(len(ids))+")", anys(ids)...)
}

// page ends the query: order and part. columns names the column of each key; id
// is the column that makes the order unambiguous.
func (f *finding) page(w Window, columns map[string]string, id string) (string, []any, error) {
	var order []string
	for _, o := range w.Sort {
		column, ok := columns[o.By]
		if !ok {
			return "", nil, fault.New(fault.Invalid, "sort", "This list cannot be sorted by %q.", o.By)
		}
		order = append(order, column+direction(o.Desc))
	}
	last := len(w.Sort) > 0 && w.Sort[len(w.Sort)-1].Desc
	if w.After != nil {
		if len(w.Sort) > 1 {
			return "", nil, fmt.Errorf("a list that goes on behind a row is sorted by one key, got %d", len(w.Sort))
		}
		than := ">"
		if last {
			than = "<"
		}
		if len(w.Sort) == 0 || columns[w.Sort[0].By] == id {
			f.and(id+" "+than+" ?", w.After.ID)
		} else {
			key := columns[w.Sort[0].By]
			f.and(fmt.Sprintf("(%s, %s) %s (?, ?)", key, id, than), w.After.Value, w.After.ID) // as one value, so that an index finds it
		}
	}
	order = append(order, id+direction(last))
	tail := f.where.String() + "\n\t\tORDER BY " + strings.Join(order, ", ") + " LIMIT " + strconv.Itoa(w.Limit+1)
	if w.Start > 0 {
		tail += " OFFSET " + strconv.Itoa(w.Start)
	}
	return tail, f.args, nil
}

func direction(desc bool) string {
	if desc {
		return " DESC"
	}
	return ""
}

// cut reports whether list has more rows than wanted and takes off the one that
// was read to know it.
func cut[T any](list []T, limit int) ([]T, bool) {
	if len(list) > limit {
		return list[:limit], true
	}
	return list, false
}
