package records

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"strconv"
	"time"

	"github.com/dockwright/dockwright/internal/clock"
	"github.com/dockwright/dockwright/internal/fault"
	"github.com/dockwright/dockwright/internal/host/event"
	"github.com/dockwright/dockwright/internal/host/route"
	"github.com/dockwright/dockwright/internal/store"
)

// What can happen to a record, as the platform names it.
const (
	Added   = "added"
	Updated = "updated"
	Deleted = "deleted"
	Merged  = "merged" // the record that stays
)

// change is something done to a record in a transaction.
type change struct {
	entity string // KindPerson, KindDeal …
	id     string // decimal, or a UUID
	action string
	// before and after are the room's own types, whole: nil when there was nothing
	// before or is nothing after.
	before, after any
	// topics are what pages listen to beside "person:12" and "person".
	topics []string
	// merged is the other record of a merge: where a deleted one went, or what the
	// one that stays has taken in. 0: there was none.
	merged int64
	// linked are records whose timelines show this too.
	linked []Link
}

// Link names another record by kind and id.
type Link struct {
	Kind string
	ID   string // decimal, or a UUID for leads
}

// FieldChange is one field of a record before and after, as JSON.
type FieldChange struct {
	Field    string // by the name in the room's type
	From, To json.RawMessage
}

// changed is called once for everything that a transaction does to a record: it
// writes the record's history and tells the event log, so that open pages and
// webhooks hear of it when the transaction commits, and brings what is searched
// up to date.
// spec: records.every-change-is-told
func (s *Service) changed(tx *store.Tx, c route.Caller, ch change) error {
	source := event.SourceApp
	if c.Street {
		source = event.SourceAPI
	}
	fields, err := difference(ch.before, ch.after)
	if err != nil {
		return fmt.Errorf("compare %s %s before and after: %w", ch.entity, ch.id, err)
	}
	if ch.action == Updated && len(fields) == 0 {
		return nil
	}
	if err := s.remember(tx, c.User, source, ch, fields); err != nil {
		return fmt.Errorf("write the history of %s %s: %w", ch.entity, ch.id, err)
	}
	if err := s.index(tx, ch); err != nil {
		return fmt.Errorf("index %s %s: %w", ch.entity, ch.id, err)
	}
	e := event.Event{
		Kind: ch.entity + "." + ch.action, Actor: c.User, Entity: ch.entity, Source: source, Merged: ch.merged,
		Topics: append([]string{ch.entity, ch.entity + ":" + ch.id}, ch.topics...), Before: ch.before, After: ch.after,
	}
	for _, l := range ch.linked {
		e.Topics = append(e.Topics, l.Kind+":"+l.ID)
	}
	if n, err := strconv.ParseInt(ch.id, 10, 64); err == nil {
		e.EntityID = n
	} else {
		e.Key = ch.id
	}
	return event.Append(tx, e)
}

func (s *Service) remember(tx *store.Tx, user int64, source string, ch change, fields []FieldChange) error {
	if fields == nil || ch.action != Updated {
		fields = []FieldChange{}
	}
	raw, err := json.Marshal(fields)
	if err != nil {
		return err
	}
	id, err := tx.NextID("change")
	if err != nil {
		return err
	}
	_, err = tx.Exec(`INSERT INTO records_change (company_id, id, entity, entity_id, action, user_id, source, fields, at)
		VALUES (@company, ?, ?, ?, ?, ?, ?, ?, ?)`, id, ch.entity, ch.id, ch.action, user, source, string(raw), clock.Micros(tx.Now()))
	return err
}

// difference lists the fields of two snapshots that are not alike, by name.
func difference(before, after any) ([]FieldChange, error) {
	if before == nil || after == nil {
		return nil, nil
	}
	was, err := fieldsOf(before)
	if err != nil {
		return nil, err
	}
	is, err := fieldsOf(after)
	if err != nil {
		return nil, err
	}
	var out []FieldChange
	for name, to := range is {
		if from := was[name]; name != "UpdatedAt" && !bytes.Equal(from, to) {
			out = append(out, FieldChange{name, from, to})
		}
	}
	slices.SortFunc(out, func(a, b FieldChange) int { return bytes.Compare([]byte(a.Field), []byte(b.Field)) })
	return out, nil
}

func fieldsOf(v any) (map[string]json.RawMessage, error) {
	raw, err := json.Marshal(v)
	if err != nil {
		return nil, err
	}
	var out map[string]json.RawMessage
	return out, json.Unmarshal(raw, &out)
}

// Change is an entry of a record's history.
type Change struct {
	ID     int64
	Entity string
	Of     string // the record's id
	Action string
	User   int64 // 0: nobody
	Source string
	Fields []FieldChange // of an update
	At     time.Time
}

// Changes is the history of a record that the caller sees, newest first, limit
// entries at most.
// spec: rest.visibility
func (s *Service) Changes(ctx context.Context, c route.Caller, entity, id string, limit int) (list []Change, err error) {
	err = s.db.Company(c.Company).View(ctx, func(tx *store.Tx) error {
		it := Link{entity, id}
		are, err := hidden(tx, c, []Link{it})
		if err != nil {
			return err
		}
		if are[it] {
			return fault.Missing("There is no %s %s, or it was deleted.", entity, id)
		}
		list, err = store.Select(tx, scanChange, `SELECT id, entity, entity_id, action, user_id, source, fields, at FROM records_change
			WHERE company_id = @company AND entity = ? AND entity_id = ? ORDER BY at DESC, id DESC LIMIT ?`, entity, id, limit)
		if err != nil {
			return err
		}
		return hideInHistory(tx, c, list)
	})
	return list, err
}

// hideInHistory takes the names of records that the caller does not see out of
// changes that led to them or away from them.
// spec: rest.visibility.names
func hideInHistory(tx *store.Tx, c route.Caller, list []Change) error {
	kinds := map[string]string{"Person": KindPerson, "Organization": KindOrganization, "Deal": KindDeal, "Lead": KindLead}
	var links []Link
	var at []*json.RawMessage // of links
	for i := range list {
		for j := range list[i].Fields {
			f := &list[i].Fields[j]
			for _, raw := range []*json.RawMessage{&f.From, &f.To} {
				id := leadID(*raw)
				if n := refID(*raw); n != 0 {
					id = idText(n)
				}
				if kind := kinds[f.Field]; kind != "" && id != "" {
					links, at = append(links, Link{kind, id}), append(at, raw)
				}
			}
		}
	}
	are, err := hidden(tx, c, links)
	for i, l := range links {
		if are[l] {
			*at[i] = json.RawMessage(`{}`)
		}
	}
	return err
}

func scanChange(sc store.Scanner) (Change, error) {
	var c Change
	var fields string
	var at int64
	if err := sc.Scan(&c.ID, &c.Entity, &c.Of, &c.Action, &c.User, &c.Source, &fields, &at); err != nil {
		return c, err
	}
	c.At = clock.FromMicros(at)
	return c, json.Unmarshal([]byte(fields), &c.Fields)
}
