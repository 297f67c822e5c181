// Package live tells browsers and followers what has been committed. Every
// event is a row with a number that rises by one in its company; a client names
// the last number it saw, gets what it missed, and then what comes. Nodes learn
// by a notice that there is more to read: a lost notice delays, it never loses.
package live

import (
	"embed"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/dockwright/dockwright/internal/clock"
	"github.com/dockwright/dockwright/internal/store"
)

//go:embed schema/*.sql
var schemaFS embed.FS

// Migrations are the tables of the events.
var Migrations = store.Migrations{Room: "live", FS: schemaFS}

// Topic is the store's notice that a company has new events; its payload is the
// company's id in decimal.
const Topic = "live"

// Keep is how long events are kept. An older client is told to reload.
const Keep = 7 * 24 * time.Hour

// rowsPerInsert keeps a statement below the engines' limits of arguments.
const rowsPerInsert = 500

// Event is something that has been committed.
type Event struct {
	Company  int64 // set by Append from its transaction
	Seq      int64 // set when the transaction ends
	At       time.Time
	Kind     string   // "message.received"
	Topics   []string // what pages listen to: "inbox", "conversation:12". No line breaks
	Audience int64    // the only user who may see it; 0 for everybody in the company
	Data     []byte   // JSON
}

type gathered struct{}

// Append adds an event of tx's company. It is numbered and stored as the last
// step of the transaction, and announced after the commit. A zero At is the
// present moment.
func Append(tx *store.Tx, e Event) {
	e.Company = tx.Company()
	if e.At.IsZero() {
		e.At = tx.Now()
	}
	list := events(tx)
	*list = append(*list, e)
	tx.BeforeCommit(Topic, number)
}

func events(tx *store.Tx) *[]Event {
	return tx.Local(gathered{}, func() any { return new([]Event) }).(*[]Event)
}

// number stores what the transaction gathered. Companies are taken in the order
// of their ids, so that two transactions never wait for each other.
func number(tx *store.Tx) error {
	list := events(tx)
	all := *list
	*list = nil
	slices.SortStableFunc(all, func(a, b Event) int { return int(a.Company - b.Company) })
	for len(all) > 0 {
		company := all[0].Company
		n := slices.IndexFunc(all, func(e Event) bool { return e.Company != company })
		if n < 0 {
			n = len(all)
		}
		if err := insert(tx.Bind(company), all[:n]); err != nil {
			return fmt.Errorf("append events: %w", err)
		}
		tx.Notify(Topic, strconv.FormatInt(company, 10))
		all = all[n:]
	}
	return nil
}

func insert(tx *store.Tx, list []Event) error {
	// spec: live.no-gap
	last, err := store.One(tx, store.Value[int64], `INSERT INTO live_head (company_id, last_seq, pruned_to) VALUES (@company, ?, 0)
		ON CONFLICT (company_id) DO UPDATE SET last_seq = live_head.last_seq + excluded.last_seq RETURNING last_seq`, len(list))
	if err != nil {
		return err
	}
	seq := last - int64(len(list))
	for part := range slices.Chunk(list, rowsPerInsert) {
		var values strings.Builder
		args := make([]any, 0, 6*len(part))
		for i, e := range part {
			if i > 0 {
				values.WriteString(", ")
			}
			values.WriteString("(@company, ?, ?, ?, ?, ?, ?)")
			if e.Data == nil {
				e.Data = []byte{}
			}
			seq++
			args = append(args, seq, clock.Micros(e.At), e.Kind, strings.Join(e.Topics, "\n"), e.Audience, e.Data)
		}
		if _, err := tx.Exec(`INSERT INTO live_event (company_id, seq, at, kind, topics, audience, data) VALUES `+values.String(), args...); err != nil {
			return err
		}
	}
	return nil
}

// Since returns the company's events after a number, in order, limit at most.
func Since(tx *store.Tx, after int64, limit int) ([]Event, error) {
	return store.Select(tx, scanEvent, `SELECT company_id, seq, at, kind, topics, audience, data FROM live_event
		WHERE company_id = @company AND seq > ? ORDER BY seq LIMIT ?`, after, limit)
}

func scanEvent(s store.Scanner) (Event, error) {
	var e Event
	var at int64
	var topics string
	err := s.Scan(&e.Company, &e.Seq, &at, &e.Kind, &topics, &e.Audience, &e.Data)
	e.At = clock.FromMicros(at)
	if topics != "" {
		e.Topics = strings.Split(topics, "\n")
	}
	return e, err
}

// Last is the number of the company's newest event, 0 if it has had none.
func Last(tx *store.Tx) (int64, error) {
	h, err := headOf(tx)
	return h.last, err
}

// Heads returns the number of the newest event of each company that has had
// any. It needs a handle that is not bound to a company; followers use it to see
// where there is something to read.
func Heads(tx *store.Tx) (map[int64]int64, error) {
	type row struct{ company, last int64 }
	rows, err := store.Select(tx, func(s store.Scanner) (r row, err error) {
		return r, s.Scan(&r.company, &r.last)
	}, `SELECT company_id, last_seq FROM live_head`)
	heads := make(map[int64]int64, len(rows))
	for _, r := range rows {
		heads[r.company] = r.last
	}
	return heads, err
}

type head struct{ last, pruned int64 }

func headOf(tx *store.Tx) (head, error) {
	rows, err := store.Select(tx, func(s store.Scanner) (h head, err error) {
		return h, s.Scan(&h.last, &h.pruned)
	}, `SELECT last_seq, pruned_to FROM live_head WHERE company_id = @company`)
	if err != nil || len(rows) == 0 {
		return head{}, err
	}
	return rows[0], nil
}

// Prune removes the events of all companies that are older than Keep, and
// returns how many. It needs a handle that is not bound to a company.
func Prune(tx *store.Tx) (int64, error) {
	cutoff := clock.Micros(tx.Now().Add(-Keep))
	type row struct{ company, upTo int64 }
	rows, err := store.Select(tx, func(s store.Scanner) (r row, err error) {
		return r, s.Scan(&r.company, &r.upTo)
	}, `SELECT company_id, MAX(seq) FROM live_event WHERE at < ? GROUP BY company_id ORDER BY company_id`, cutoff)
	var total int64
	for _, r := range rows {
		c := tx.Bind(r.company)
		n, err := c.Exec(`DELETE FROM live_event WHERE company_id = @company AND seq <= ?`, r.upTo)
		if err != nil {
			return total, err
		}
		// Last, because every writer of the company waits for this row.
		if _, err := c.Exec(`UPDATE live_head SET pruned_to = ? WHERE company_id = @company AND pruned_to < ?`, r.upTo, r.upTo); err != nil {
			return total, err
		}
		total += n
	}
	return total, err
}
