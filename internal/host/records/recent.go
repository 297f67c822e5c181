package records

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/dockwright/dockwright/internal/clock"
	"github.com/dockwright/dockwright/internal/fault"
	"github.com/dockwright/dockwright/internal/host/route"
	"github.com/dockwright/dockwright/internal/store"
)

// Recent says that something was changed.
type Recent struct {
	Kind    string
	ID      int64
	At      time.Time // of the last change
	Deleted bool
}

// RecentFilter says which changes are wanted.
type RecentFilter struct {
	Kinds []string  // some of RecentKinds
	Since time.Time // included
	// Others are changes of what other rooms keep; they are put among the records'.
	Others []Recent
}

// recentFrom are the tables of what recents tell about, each with one letter.
var recentFrom = map[string]struct{ table, letter string }{
	KindActivity:     {"records_activity", "a"},
	KindActivityType: {"records_activity_type", "t"},
	KindDeal:         {"records_deal", "d"},
	KindFile:         {"records_file", "f"},
	KindFilter:       {"records_filter", "f"},
	KindNote:         {"records_note", "n"},
	KindPerson:       {"records_person", "p"},
	KindOrganization: {"records_organization", "o"},
	KindPipeline:     {"records_pipeline", "l"},
	KindStage:        {"records_stage", "s"},
}

// RecentKinds are the kinds of what recents tell about.
func RecentKinds() []string {
	var out []string
	for kind := range recentFrom {
		out = append(out, kind)
	}
	slices.Sort(out)
	return out
}

// RecentRecords are the records behind changes, by id; deleted ones are as they
// were.
type RecentRecords struct {
	Activities    map[int64]Activity
	ActivityTypes map[int64]ActivityType
	Deals         map[int64]Deal
	Files         map[int64]File
	Filters       map[int64]Filter
	Notes         map[int64]Note
	Persons       map[int64]Person
	Organizations map[int64]Organization
	Pipelines     map[int64]Pipeline
	Stages        map[int64]Stage
}

// Recents lists what was changed since a moment and the caller may see, the
// change that is longest ago first, with the records. What was deleted is there
// for 30 days.
// spec: rest.recents
func (s *Service) Recents(ctx context.Context, c route.Caller, filter RecentFilter, w Window) (list []Recent, of RecentRecords, more bool, err error) {
	query, args, err := recentQuery(c, filter, w, s.db.Now())
	if err != nil || query == "" {
		return nil, of, false, err
	}
	err = s.db.Company(c.Company).View(ctx, func(tx *store.Tx) error {
		list, err = store.Select(tx, func(sc store.Scanner) (r Recent, err error) {
			var at int64
			err = sc.Scan(&r.Kind, &r.ID, &at, &r.Deleted)
			r.At = clock.FromMicros(at)
			return r, err
		}, query, args...)
		if err != nil {
			return fmt.Errorf("list what was changed: %w", err)
		}
		list, more = cut(list, w.Limit)
		of, err = recentRecords(tx, c, list)
		return err
	})
	return list, of, more, err
}

// recentQuery asks every table for as many rows as the page could need and sorts
// what comes back.
func recentQuery(c route.Caller, filter RecentFilter, w Window, now time.Time) (string, []any, error) {
	var branches []string
	var args []any
	for _, kind := range filter.Kinds {
		from, ok := recentFrom[kind]
		if !ok {
			return "", nil, fault.New(fault.Invalid, "items", "Recents do not tell about a %s.", kind)
		}
		var f finding
		letter := from.letter
		f.and(letter+".updated_at >= ?", clock.Micros(filter.Since))
		f.and("NOT "+letter+".deleted OR "+letter+".updated_at > ?", clock.Micros(now.Add(-keptDeleted)))
		switch kind {
		case KindDeal, KindPerson, KindOrganization:
			f.visibleOrFollowed(c, letter, kind)
		case KindActivity:
			f.seen(c, seesActivity, letter)
		case KindNote:
			f.seen(c, seesNote, letter)
		case KindFile:
			f.seen(c, seesFile, letter)
		case KindFilter:
			seen := seesFilter(c.User, letter) // for admins, too
			f.and(seen.sql, seen.args...)
		}
		branches = append(branches, fmt.Sprintf(`SELECT kind, id, at, deleted FROM (
				SELECT '%s' AS kind, %s.id AS id, %s.updated_at AS at, %s.deleted AS deleted FROM %s %s WHERE %s.company_id = @company%s
				ORDER BY %s.updated_at, %s.id LIMIT %d) %s`,
			kind, letter, letter, letter, from.table, letter, letter, f.where.String(), letter, letter, w.Start+w.Limit+1, letter))
		args = append(args, f.args...)
	}
	if len(filter.Others) > 0 {
		rows := make([]string, len(filter.Others))
		for i, r := range filter.Others {
			rows[i] = "(CAST(? AS TEXT), CAST(? AS BIGINT), CAST(? AS BIGINT))"
			args = append(args, r.Kind, r.ID, clock.Micros(r.At))
		}
		branches = append(branches, `SELECT x.column1, x.column2, x.column3, FALSE FROM (VALUES `+strings.Join(rows, ", ")+`) x`)
	}
	if len(branches) == 0 {
		return "", nil, nil
	}
	return fmt.Sprintf(`SELECT kind, id, at, deleted FROM (%s) every WHERE @company > 0 ORDER BY at, kind, id LIMIT %d OFFSET %d`,
		strings.Join(branches, "\n\t\t\tUNION ALL "), w.Limit+1, w.Start), args, nil
}

// recentRecords reads what the changes are about, each kind at once, without the
// names of what the caller does not see.
func recentRecords(tx *store.Tx, c route.Caller, list []Recent) (of RecentRecords, err error) {
	ids := map[string][]int64{}
	for _, r := range list {
		ids[r.Kind] = append(ids[r.Kind], r.ID)
	}
	if of.Activities, err = byIDs(tx, scanActivity, selectAnyActivity, "a.id", ids[KindActivity], func(a Activity) int64 { return a.ID }, fillPeople, func(l []Activity) error { return withoutHidden(tx, c, l, activityNames) }); err != nil {
		return of, err
	}
	if of.ActivityTypes, err = byIDs(tx, scanActivityType, selectActivityType, "id", ids[KindActivityType], func(t ActivityType) int64 { return t.ID }, nil); err != nil {
		return of, err
	}
	if of.Deals, err = byIDs(tx, scanDeal, selectDeal, "d.id", ids[KindDeal], func(d Deal) int64 { return d.ID }, nil, func(l []Deal) error { return withoutHidden(tx, c, l, dealNames) }); err != nil {
		return of, err
	}
	if of.Files, err = byIDs(tx, scanFile, selectAnyFile, "f.id", ids[KindFile], func(f File) int64 { return f.ID }, nil, func(l []File) error { return withoutHidden(tx, c, l, fileNames) }); err != nil {
		return of, err
	}
	if of.Filters, err = byIDs(tx, scanFilter, selectAnyFilter, "f.id", ids[KindFilter], func(f Filter) int64 { return f.ID }, nil); err != nil {
		return of, err
	}
	if of.Notes, err = byIDs(tx, scanNote, selectAnyNote, "n.id", ids[KindNote], func(n Note) int64 { return n.ID }, nil, func(l []Note) error { return withoutHidden(tx, c, l, noteNames) }); err != nil {
		return of, err
	}
	if of.Persons, err = byIDs(tx, scanPerson, `SELECT `+personColumns+fromAnyPerson, "p.id", ids[KindPerson], func(p Person) int64 { return p.ID }, fillPersons, func(l []Person) error { return withoutHidden(tx, c, l, personNames) }); err != nil {
		return of, err
	}
	if of.Organizations, err = byIDs(tx, scanOrganization, `SELECT `+organizationColumns+fromAnyOrganization, "o.id", ids[KindOrganization], func(o Organization) int64 { return o.ID }, nil); err != nil {
		return of, err
	}
	if of.Pipelines, err = byIDs(tx, scanPipeline, `SELECT `+anyPipelineColumns, "id", ids[KindPipeline], func(p Pipeline) int64 { return p.ID }, nil); err != nil {
		return of, err
	}
	of.Stages, err = byIDs(tx, scanStage, `SELECT `+anyStageColumns, "s.id", ids[KindStage], func(st Stage) int64 { return st.ID }, nil)
	return of, err
}

// byIDs reads the rows with these ids; fill and more do something to all of them.
func byIDs[T any](tx *store.Tx, scan func(store.Scanner) (T, error), query, column string, ids []int64, id func(T) int64, fill func(*store.Tx, []T) error, more ...func([]T) error) (map[int64]T, error) {
	out := map[int64]T{}
	if len(ids) == 0 {
		return out, nil
	}
	var f finding
	f.oneOf(column, ids)
	list, err := store.Select(tx, scan, query+f.where.String(), f.args...)
	if err != nil {
		return nil, fmt.Errorf("read what was changed: %w", err)
	}
	if fill != nil {
		if err := fill(tx, list); err != nil {
			return nil, err
		}
	}
	for _, also := range more {
		if err := also(list); err != nil {
			return nil, err
		}
	}
	for _, v := range list {
		out[id(v)] = v
	}
	return out, nil
}
