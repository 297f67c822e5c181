package crm

import (
	"strconv"
	"time"

	"github.com/dockwright/dockwright/internal/clock"
	"github.com/dockwright/dockwright/internal/fault"
	"github.com/dockwright/dockwright/internal/host/records"
	"github.com/dockwright/dockwright/internal/host/rest"
)

// startWindow reads the parameters start, limit and sort of version 1.
func startWindow(q *rest.Query, most int, sort ...string) records.Window {
	w := records.Window{Start: q.Start(), Limit: q.Limit(most)}
	if len(sort) == 0 {
		return w
	}
	for _, o := range q.Sort(sort...) {
		w.Sort = append(w.Sort, records.Order{By: o.By, Desc: o.Desc})
	}
	return w
}

// cursorWindow reads the parameters cursor, limit, sort_by and sort_direction of
// version 2, for lists sorted by id, add_time or update_time.
func cursorWindow(q *rest.Query, most int) (records.Window, rest.Order, error) {
	o := q.SortBy("id", "add_time", "update_time")
	w, err := cursorFor(q, o, most)
	return w, o, err
}

// byIDWindow is cursorWindow for lists that are always sorted by id.
func byIDWindow(q *rest.Query, most int) (records.Window, rest.Order, error) {
	o := rest.Order{By: "id"}
	w, err := cursorFor(q, o, most)
	return w, o, err
}

func cursorFor(q *rest.Query, o rest.Order, most int) (records.Window, error) {
	w := records.Window{Limit: q.Limit(most), Sort: []records.Order{{By: o.By, Desc: o.Desc}}}
	c := q.Cursor(o)
	if err := q.Err(); err != nil || c == nil {
		return w, err
	}
	value, err := strconv.ParseInt(c.FieldValue, 10, 64)
	id, wrong := strconv.ParseInt(c.ID, 10, 64)
	if err != nil || wrong != nil {
		return w, fault.New(fault.Invalid, "cursor", "Expected the next_cursor of the page before.")
	}
	w.After = &records.Position{Value: value, ID: id}
	return w, nil
}

// nextCursor is the cursor for the page after a record with this id and times;
// empty when there is no more.
func nextCursor(o rest.Order, more bool, id int64, added, updated time.Time) string {
	if !more {
		return ""
	}
	value := id
	switch o.By {
	case "add_time":
		value = clock.Micros(added)
	case "update_time":
		value = clock.Micros(updated)
	}
	return rest.CursorAfter(o, strconv.FormatInt(value, 10), strconv.FormatInt(id, 10))
}
