package records

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/dockwright/dockwright/internal/clock"
	"github.com/dockwright/dockwright/internal/fault"
	"github.com/dockwright/dockwright/internal/host/route"
	"github.com/dockwright/dockwright/internal/store"
)

// FlowFilter says which updates about a record are wanted.
type FlowFilter struct {
	Kind string // KindPerson, KindOrganization or KindDeal
	ID   int64
	// Kinds are some of KindNote, KindFile, KindActivity, and the kinds of records
	// whose changed fields are told: that of the record, and KindDeal for the deals
	// of an organization.
	Kinds   []string
	Planned bool // of activities, only those that are still to be done
	Custom  bool // changes of custom fields, too
}

// Update is one thing that happened about a record: a note, a file or an activity
// on it, or a field that was changed.
type Update struct {
	Recent
	// The rest is there for a changed field; Kind and ID are then those of the
	// record that was changed.
	Number           int64 // of the update; another one for each field and change
	Entry            Entry
	FromName, ToName string // of records that the caller sees
	field            FieldChange
}

// updatesPerChange is how far apart the numbers of two changes lie, so that each
// of a change's fields has a number of its own.
const updatesPerChange = 10_000

// Flow lists what happened about a record that the caller sees, newest first, with
// the notes, files and activities. A done activity stands where it was done, any
// other thing where it was added.
// spec: rest.flow
func (s *Service) Flow(ctx context.Context, c route.Caller, f FlowFilter, w Window) (list []Update, of RecentRecords, more bool, err error) {
	err = s.db.Company(c.Company).View(ctx, func(tx *store.Tx) error {
		it := Link{f.Kind, idText(f.ID)}
		are, err := hidden(tx, c, []Link{it})
		if err != nil {
			return err
		}
		if are[it] {
			return fault.Missing("There is no %s %d, or it was deleted.", f.Kind, f.ID)
		}
		if list, err = f.updates(tx, c, w.Start+w.Limit+1); err != nil {
			return fmt.Errorf("read the flow of %s %d: %w", f.Kind, f.ID, err)
		}
		list, more = cut(list[min(w.Start, len(list)):], w.Limit)
		if err := nameChanged(tx, c, list); err != nil {
			return err
		}
		var about []Recent
		for _, u := range list {
			if u.Number == 0 {
				about = append(about, u.Recent)
			}
		}
		of, err = recentRecords(tx, c, about)
		return err
	})
	return list, of, more, err
}

// updates reads the newest, n at most. A row of the history makes as many as it
// has fields that are told, which can be none: then the next rows are read.
func (f FlowFilter) updates(tx *store.Tx, c route.Caller, n int) ([]Update, error) {
	var list []Update
	for skip := 0; ; skip += n {
		query, args := f.query(c, skip, n)
		if query == "" {
			return nil, nil
		}
		rows, err := store.Select(tx, scanFlow, query, args...)
		if err != nil {
			return nil, err
		}
		for _, r := range rows {
			list = append(list, f.of(r)...)
		}
		if len(rows) < n || len(list) >= n {
			return list[:min(n, len(list))], nil
		}
	}
}

// flowRow is a row of the history, or a note, file or activity.
type flowRow struct {
	Recent
	record int64  // that was changed, 0 for what is not a change
	change Change // likewise
}

func scanFlow(sc store.Scanner) (r flowRow, err error) {
	var fields string
	var at int64
	if err := sc.Scan(&r.Kind, &r.ID, &at, &r.change.Of, &r.change.Action, &r.change.User, &r.change.Source, &fields); err != nil {
		return r, err
	}
	r.At = clock.FromMicros(at)
	if r.change.Of == "" {
		return r, nil
	}
	if r.record, err = strconv.ParseInt(r.change.Of, 10, 64); err != nil {
		return r, err
	}
	return r, json.Unmarshal([]byte(fields), &r.change.Fields)
}

const (
	flowColumns = "kind, id, at, entity_id, action, user_id, source, fields"
	noChange    = "'' AS entity_id, '' AS action, 0 AS user_id, '' AS source, '' AS fields"
)

// query asks every table for as many rows as could be needed and sorts what comes
// back; empty when nothing is wanted.
func (f FlowFilter) query(c route.Caller, skip, n int) (string, []any) {
	var branches []string
	var args []any
	for _, kind := range f.Kinds {
		var q finding
		from, ok := f.from(&q, c, kind)
		if !ok {
			from = "h.id AS id, h.at AS at, h.entity_id AS entity_id, h.action AS action, h.user_id AS user_id, h.source AS source, h.fields AS fields FROM records_change h WHERE h.company_id = @company"
			f.changes(&q, c, kind)
		}
		branches = append(branches, fmt.Sprintf(`SELECT `+flowColumns+` FROM (SELECT '%s' AS kind, %s%s ORDER BY at DESC, id DESC LIMIT %d) %s_rows`,
			kind, from, q.where.String(), skip+n, kind))
		args = append(args, q.args...)
	}
	if len(branches) == 0 {
		return "", nil
	}
	return fmt.Sprintf(`SELECT `+flowColumns+` FROM (%s) every WHERE @company > 0 ORDER BY at DESC, kind, id DESC LIMIT %d OFFSET %d`,
		strings.Join(branches, "\n\t\t\tUNION ALL "), n, skip), args
}

// from is where notes, files and activities about the record are read; it adds
// which of them. Other kinds are those of changed records.
func (f FlowFilter) from(q *finding, c route.Caller, kind string) (from string, ok bool) {
	switch kind {
	case KindNote:
		from = "n.id AS id, n.added_at AS at, " + noChange + " FROM records_note n WHERE n.company_id = @company AND NOT n.deleted"
		q.and("n."+flowColumn(f.Kind)+" = ?", f.ID)
		q.seen(c, seesNote, "n")
	case KindFile:
		from = "f.id AS id, f.added_at AS at, " + noChange + " FROM records_file f WHERE f.company_id = @company AND NOT f.deleted"
		q.and("f."+flowColumn(f.Kind)+" = ?", f.ID)
		q.seen(c, seesFile, "f")
	case KindActivity:
		from = "a.id AS id, CASE WHEN a.done AND a.done_at > 0 THEN a.done_at ELSE a.added_at END AS at, " + noChange +
			" FROM records_activity a WHERE a.company_id = @company AND NOT a.deleted"
		f.activities(q)
		q.seen(c, seesActivity, "a")
	default:
		return "", false
	}
	return from, true
}

// flowColumn is the column by which things hang on a record of a kind.
func flowColumn(kind string) string {
	i := slices.IndexFunc(heldBy, func(h struct{ column, kind string }) bool { return h.kind == kind })
	return heldBy[i].column
}

// activities adds that an activity is about the record, or that the person takes
// part in it.
func (f FlowFilter) activities(q *finding) {
	if f.Kind == KindPerson {
		q.and(`a.id IN (SELECT activity_id FROM records_activity_participant WHERE company_id = @company AND person_id = ?)`, f.ID)
	} else {
		q.and("a."+flowColumn(f.Kind)+" = ?", f.ID)
	}
	if f.Planned {
		q.and("NOT a.done")
	}
}

// changes adds that a row of the history tells of the record being made, or of
// fields of it that were changed; kind is the record's own, or that of the
// organization's deals.
func (f FlowFilter) changes(q *finding, c route.Caller, kind string) {
	q.and("h.entity = ?", kind)
	if kind == f.Kind {
		q.and("h.entity_id = ?", idText(f.ID))
	} else {
		var d finding
		d.and("d.org_id = ?", f.ID)
		d.and("NOT d.deleted")
		d.visibleOrFollowed(c, "d", KindDeal)
		q.and("h.entity_id IN (SELECT CAST(d.id AS TEXT) FROM records_deal d WHERE d.company_id = @company"+d.where.String()+")", d.args...)
	}
	q.and("h.action = '" + Added + "' OR h.action = '" + Updated + "' AND h.fields <> '[]'")
}

// of are the updates that a row makes. That a record was made is told as the
// change of the time when it was.
// spec: rest.flow.add-time
func (f FlowFilter) of(r flowRow) []Update {
	if r.record == 0 {
		return []Update{{Recent: r.Recent}}
	}
	ch := r.change
	u := Update{Recent: r.Recent, Number: r.ID * updatesPerChange, Entry: Entry{Change: r.ID, User: ch.User, Source: ch.Source, At: r.At}}
	u.ID = r.record
	if ch.Action == Added {
		u.Entry.Field, u.Entry.To = "add_time", r.At.Format(time.DateTime)
		return []Update{u}
	}
	var out []Update
	for _, field := range ch.Fields {
		for _, e := range entriesOf(field) {
			u.Number++
			u.Entry.Field, u.Entry.Custom, u.Entry.From, u.Entry.To, u.field = e.Field, e.Custom, e.From, e.To, field
			if f.Custom || !e.Custom {
				out = append(out, u)
			}
		}
	}
	return out
}

// nameChanged tells how the records are called that a field referred to, where the
// caller sees them.
// spec: rest.flow.names
func nameChanged(tx *store.Tx, c route.Caller, list []Update) error {
	changes := make([]Change, len(list))
	for i, u := range list {
		changes[i].Fields = []FieldChange{u.field}
	}
	if err := hideInHistory(tx, c, changes); err != nil {
		return err
	}
	for i, ch := range changes {
		list[i].FromName, list[i].ToName = nameIn(ch.Fields[0].From), nameIn(ch.Fields[0].To)
	}
	return nil
}

// nameIn is the name in a reference, empty in anything else.
func nameIn(raw json.RawMessage) string {
	var ref struct{ Name string }
	_ = json.Unmarshal(raw, &ref) // what is no object has no name
	return ref.Name
}
