package records

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"time"

	"github.com/dockwright/dockwright/internal/clock"
	"github.com/dockwright/dockwright/internal/fault"
	"github.com/dockwright/dockwright/internal/host/route"
	"github.com/dockwright/dockwright/internal/store"
)

// KindFilter is the kind of filters, for recents.
const KindFilter = "filter"

// MaxConditions is how many conditions a filter has at most.
const MaxConditions = 16

// ownerOnly is the visible_to of what is for its owner alone.
const ownerOnly = 1

// Filter is a question that is kept: which persons, organizations, deals, leads or
// activities a list has.
type Filter struct {
	ID                 int64
	Name               string
	Of                 string // KindPerson …
	Owner              int64  // user
	VisibleTo          int64  // 1: its owner alone
	Groups             []Group
	AddedAt, UpdatedAt time.Time
	Deleted            bool
}

// The ways in which the conditions of a group are glued.
const (
	GlueAnd = "and"
	GlueOr  = "or"
)

// Group are conditions of which all (and) or at least one (or) must hold. An empty
// group asks nothing. All groups of a filter must hold.
type Group struct {
	Glue       string
	Conditions []Condition
}

// Condition is one line of a filter. Object is whose field it asks for: the kind
// that the filter finds, or a record that is linked to it.
type Condition struct {
	Object   string // KindPerson …
	Field    int64
	Operator Operator
	Values   []string // none for IS NULL and IS NOT NULL; of several, one must fit
	Part     string   // of values that have parts: "locality"
}

// FilterPatch changes a filter; nil leaves alone.
type FilterPatch struct {
	Name      *string
	VisibleTo *int64
	Groups    *[]Group
}

const selectAnyFilter = `SELECT f.id, f.name, f.kind, f.owner_id, f.visible_to, f.conditions, f.added_at, f.updated_at, f.deleted
	FROM records_filter f WHERE f.company_id = @company`

func scanFilter(sc store.Scanner) (Filter, error) {
	var f Filter
	var conditions string
	var added, updated int64
	if err := sc.Scan(&f.ID, &f.Name, &f.Of, &f.Owner, &f.VisibleTo, &conditions, &added, &updated, &f.Deleted); err != nil {
		return f, err
	}
	f.AddedAt, f.UpdatedAt = clock.FromMicros(added), clock.FromMicros(updated)
	return f, json.Unmarshal([]byte(conditions), &f.Groups)
}

// seesFilter is the condition that a user sees a filter. Admins see no more than
// others: a filter holds nothing but a question.
// spec: rest.filters.visible
func seesFilter(user int64, table string) clause {
	return clause{table + ".visible_to <> 1 OR " + table + ".owner_id = ?", []any{user}}
}

// Edits reports whether a user may change the filter: who owns it, and admins those
// that are shared.
// spec: rest.filters.visible
func (f Filter) Edits(c route.Caller) bool {
	return f.Owner == c.User || c.Admin && f.VisibleTo != ownerOnly
}

// Filters are those that find a kind of record, of all kinds if it is "", and that
// the caller sees, by name.
// spec: rest.filters
func (s *Service) Filters(ctx context.Context, c route.Caller, of string) (list []Filter, err error) {
	var q finding
	q.and("NOT f.deleted")
	if of != "" {
		q.and("f.kind = ?", of)
	}
	seen := seesFilter(c.User, "f")
	q.and(seen.sql, seen.args...)
	err = s.db.Company(c.Company).View(ctx, func(tx *store.Tx) error {
		list, err = store.Select(tx, scanFilter, selectAnyFilter+q.where.String()+" ORDER BY f.name, f.id", q.args...)
		return err
	})
	return list, err
}

// Filter returns one that was not deleted and that the caller sees.
func (s *Service) Filter(ctx context.Context, c route.Caller, id int64) (f Filter, err error) {
	err = s.db.Company(c.Company).View(ctx, func(tx *store.Tx) error {
		f, err = filterOf(tx, c, id)
		return err
	})
	return f, err
}

func filterOf(tx *store.Tx, c route.Caller, id int64) (Filter, error) {
	var q finding
	q.and("f.id = ?", id)
	q.and("NOT f.deleted")
	seen := seesFilter(c.User, "f")
	q.and(seen.sql, seen.args...)
	f, err := store.One(tx, scanFilter, selectAnyFilter+q.where.String(), q.args...)
	return found(f, err, KindFilter, id)
}

// lockFilter reads one that the caller is about to change.
func lockFilter(tx *store.Tx, c route.Caller, id int64) (Filter, error) {
	if _, err := store.Select(tx, store.Value[int64], `SELECT id FROM records_filter WHERE company_id = @company AND id = ?`+tx.ForUpdate(), id); err != nil {
		return Filter{}, fmt.Errorf("lock filter %d: %w", id, err)
	}
	f, err := filterOf(tx, c, id)
	if err == nil && !f.Edits(c) {
		err = fault.New(fault.Forbidden, "", "The filter %q is somebody else's. Make one of your own with the same conditions.", f.Name)
	}
	return f, err
}

// CreateFilter keeps f; the caller owns it, and sees it alone unless it says
// otherwise. Its id and times are set by the room.
// spec: rest.filters
func (s *Service) CreateFilter(ctx context.Context, c route.Caller, f Filter) (Filter, error) {
	given := f
	err := s.db.Company(c.Company).Update(ctx, func(tx *store.Tx) (err error) {
		f = given
		f.Owner, f.AddedAt, f.UpdatedAt = c.User, tx.Now(), tx.Now()
		if f.VisibleTo == 0 {
			f.VisibleTo = ownerOnly
		}
		if f, err = checkFilter(tx, f); err != nil {
			return err
		}
		if f.ID, err = tx.NextID(KindFilter); err != nil {
			return err
		}
		conditions, err := json.Marshal(f.Groups)
		if err != nil {
			return err
		}
		_, err = tx.Exec(`INSERT INTO records_filter (company_id, id, name, kind, owner_id, visible_to, conditions, deleted, deleted_at, added_at, updated_at)
			VALUES (@company, ?, ?, ?, ?, ?, ?, FALSE, 0, ?, ?)`,
			f.ID, f.Name, f.Of, f.Owner, f.VisibleTo, string(conditions), clock.Micros(f.AddedAt), clock.Micros(f.UpdatedAt))
		return err
	})
	return f, err
}

// UpdateFilter changes what the patch names.
// spec: rest.filters
func (s *Service) UpdateFilter(ctx context.Context, c route.Caller, id int64, p FilterPatch) (f Filter, err error) {
	err = s.db.Company(c.Company).Update(ctx, func(tx *store.Tx) error {
		if f, err = lockFilter(tx, c, id); err != nil {
			return err
		}
		set(&f.Name, p.Name)
		set(&f.VisibleTo, p.VisibleTo)
		set(&f.Groups, p.Groups)
		if f, err = checkFilter(tx, f); err != nil {
			return err
		}
		f.UpdatedAt = after(f.UpdatedAt, tx.Now())
		conditions, err := json.Marshal(f.Groups)
		if err != nil {
			return err
		}
		_, err = tx.Exec(`UPDATE records_filter SET name = ?, visible_to = ?, conditions = ?, updated_at = ? WHERE company_id = @company AND id = ?`,
			f.Name, f.VisibleTo, string(conditions), clock.Micros(f.UpdatedAt), id)
		return err
	})
	return f, err
}

// DeleteFilters deletes filters, all of them or none.
// spec: rest.filters
func (s *Service) DeleteFilters(ctx context.Context, c route.Caller, ids ...int64) error {
	return s.db.Company(c.Company).Update(ctx, func(tx *store.Tx) error {
		for _, id := range ids {
			f, err := lockFilter(tx, c, id)
			if err != nil {
				return err
			}
			now := clock.Micros(after(f.UpdatedAt, tx.Now()))
			if _, err := tx.Exec(`UPDATE records_filter SET deleted = TRUE, deleted_at = ?, updated_at = ? WHERE company_id = @company AND id = ?`, now, now, id); err != nil {
				return err
			}
		}
		return nil
	})
}

// checkFilter checks a filter whole and returns it as it is kept.
func checkFilter(tx *store.Tx, f Filter) (Filter, error) {
	var err error
	if f.Name, err = title("name", f.Name); err != nil {
		return f, err
	}
	if err := checkVisibility(f.VisibleTo); err != nil {
		return f, err
	}
	if _, ok := relations[f.Of]; !ok {
		return f, fault.New(fault.Invalid, "type", "Expected a kind of record that has lists, got %q.", f.Of)
	}
	if err := checkGroups(f.Groups); err != nil {
		return f, err
	}
	known := fieldsByID{tx: tx}
	for _, g := range f.Groups {
		for _, c := range g.Conditions {
			if err := known.check(f.Of, c); err != nil {
				return f, err
			}
		}
	}
	return f, nil
}

// checkGroups checks the form: at most one group of each glue.
func checkGroups(groups []Group) error {
	glues, n := []string{}, 0
	for _, g := range groups {
		if g.Glue != GlueAnd && g.Glue != GlueOr || slices.Contains(glues, g.Glue) {
			return fault.New(fault.Invalid, "conditions", `Expected at most two groups, one with the glue "and" and one with "or", got another with %q.`, g.Glue)
		}
		glues, n = append(glues, g.Glue), n+len(g.Conditions)
	}
	if n > MaxConditions {
		return fault.New(fault.Invalid, "conditions", "Expected at most %d conditions, got %d.", MaxConditions, n)
	}
	return nil
}
