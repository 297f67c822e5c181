// Package event is the log of committed changes. A room appends an event in the
// transaction that makes the change; browsers hear it through live, and rooms
// above follow the log with a durable cursor. News travels up by this log and in
// no other way.
package event

import (
	"embed"
	"encoding/json"
	"fmt"
	"time"

	"github.com/dockwright/dockwright/internal/live"
	"github.com/dockwright/dockwright/internal/store"
)

//go:embed schema/*.sql
var schemaFS embed.FS

// Migrations are the log's own tables. The events themselves are in live's.
var Migrations = store.Migrations{Room: "event", FS: schemaFS}

// Event is one committed change.
type Event struct {
	Kind     string // "message.received"
	Actor    int64  // the user who did it, 0: nobody, or an app
	Entity   string // "conversation"
	EntityID int64
	Key      string   // the entity's id where it is a UUID: leads
	Source   string   // SourceAPI or SourceApp, "" where it does not matter
	Merged   int64    // the other record of a merge: where a deleted one went, or what was taken in
	Topics   []string // what browsers listen to: "inbox", "conversation:12"
	Audience int64    // the one user who may hear of it, 0: everybody in the company
	// Before and After are neutral snapshots of what changed, nil when there was
	// nothing before or is nothing after. A follower gets them as
	// json.RawMessage; read them with [Event.DecodeBefore] and [Event.DecodeAfter].
	Before, After any

	// Set for followers; ignored by Append.
	Company int64
	Seq     int64     // rises within the company
	At      time.Time // when it was appended
}

// Where a change came from, in the platform's words.
const (
	SourceAPI = "api" // a call with a token
	SourceApp = "app" // a page of the host
)

// wire is an event's Data in live's table.
type wire struct {
	Actor    int64           `json:"actor,omitempty"`
	Entity   string          `json:"entity,omitempty"`
	EntityID int64           `json:"entity_id,omitempty"`
	Key      string          `json:"key,omitempty"`
	Source   string          `json:"source,omitempty"`
	Merged   int64           `json:"merged,omitempty"`
	Before   json.RawMessage `json:"before,omitempty"`
	After    json.RawMessage `json:"after,omitempty"`
}

// Append adds e to the log of tx's company. It becomes visible when tx commits.
func Append(tx *store.Tx, e Event) error {
	if e.Kind == "" {
		return fmt.Errorf("event: an event needs a kind")
	}
	w := wire{Actor: e.Actor, Entity: e.Entity, EntityID: e.EntityID, Key: e.Key, Source: e.Source, Merged: e.Merged}
	var err error
	if w.Before, err = snapshot(e.Before); err != nil {
		return fmt.Errorf("event %s: snapshot before: %w", e.Kind, err)
	}
	if w.After, err = snapshot(e.After); err != nil {
		return fmt.Errorf("event %s: snapshot after: %w", e.Kind, err)
	}
	data, err := json.Marshal(w)
	if err != nil {
		return fmt.Errorf("event %s: %w", e.Kind, err)
	}
	live.Append(tx, live.Event{Kind: e.Kind, Topics: e.Topics, Audience: e.Audience, Data: data})
	return nil
}

func snapshot(v any) (json.RawMessage, error) {
	if v == nil {
		return nil, nil
	}
	return json.Marshal(v)
}

// fromLive is an event as followers see it. Data that Append did not write
// gives an event without snapshots.
func fromLive(l live.Event) Event {
	var w wire
	if json.Unmarshal(l.Data, &w) != nil {
		w = wire{}
	}
	e := Event{
		Kind: l.Kind, Topics: l.Topics, Audience: l.Audience, Company: l.Company, Seq: l.Seq, At: l.At,
		Actor: w.Actor, Entity: w.Entity, EntityID: w.EntityID, Key: w.Key, Source: w.Source, Merged: w.Merged,
	}
	if w.Before != nil {
		e.Before = w.Before
	}
	if w.After != nil {
		e.After = w.After
	}
	return e
}

// DecodeBefore reads the snapshot from before the change into v. Without one it
// leaves v as it is.
func (e Event) DecodeBefore(v any) error { return decode(e.Before, v) }

// DecodeAfter reads the snapshot from after the change into v. Without one it
// leaves v as it is.
func (e Event) DecodeAfter(v any) error { return decode(e.After, v) }

func decode(snapshot, v any) error {
	switch s := snapshot.(type) {
	case nil:
		return nil
	case json.RawMessage:
		return json.Unmarshal(s, v)
	}
	raw, err := json.Marshal(snapshot)
	if err != nil {
		return err
	}
	return json.Unmarshal(raw, v)
}
