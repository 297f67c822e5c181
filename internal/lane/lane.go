// Package lane does durable work in order. A job is a row, added in the
// transaction that makes it necessary. Jobs with the same key run one after the
// other in the order in which their transactions committed, however often one
// has to be tried again; jobs with different keys run side by side, on as many
// nodes as share the database.
//
// A node claims a lane with a lease, reads its first jobs, calls their handlers
// outside of any transaction, and stores each result only if the lease is still
// its own. A node that dies, or outlives its lease, makes a call happen again;
// it never lets a later job overtake. Delivery is at least once, so handlers
// carry an idempotency key.
package lane

import (
	"cmp"
	"embed"
	"errors"
	"slices"
	"time"

	"github.com/dockwright/dockwright/internal/clock"
	"github.com/dockwright/dockwright/internal/fault"
	"github.com/dockwright/dockwright/internal/store"
)

//go:embed schema/*.sql
var schemaFS embed.FS

// Migrations are the tables of the lanes.
var Migrations = store.Migrations{Room: "lane", FS: schemaFS}

// topic is the notice that there is work.
const topic = "lane"

// Job is a piece of work.
type Job struct {
	ID        int64 // set by Add's database
	Company   int64 // set by Add from its transaction
	Kind      string
	Key       string // the lane, unique per company
	Payload   []byte
	Attempts  int // tries that failed before this one
	CreatedAt time.Time
	NotBefore time.Time // zero: at once. The lane's later jobs wait too
}

// Add puts a job at the end of its lane, in the company of tx, to be done after
// tx commits. A transaction that adds to several lanes calls Lock first.
func Add(tx *store.Tx, j Job) error {
	if j.Kind == "" || j.Key == "" {
		return errors.New("lane: a job needs a kind and a key")
	}
	now := tx.Now()
	// spec: lane.order
	if err := hold(tx, j.Key, cmp.Or(clock.Micros(j.NotBefore), clock.Micros(now))); err != nil {
		return err
	}
	if j.CreatedAt.IsZero() {
		j.CreatedAt = now
	}
	if j.Payload == nil {
		j.Payload = []byte{}
	}
	_, err := tx.Exec(`INSERT INTO lane_job (company_id, lane_key, kind, payload, attempts, created_at, not_before, parked_at, reason)
		VALUES (@company, ?, ?, ?, ?, ?, ?, 0, '')`, j.Key, j.Kind, j.Payload, j.Attempts, clock.Micros(j.CreatedAt), clock.Micros(j.NotBefore))
	return err
}

// Lock takes the rows of several lanes in an order that is the same for all, so
// that two transactions do not wait for each other. It comes before anything
// else that the transaction locks.
func Lock(tx *store.Tx, keys ...string) error {
	keys = slices.Clone(keys)
	slices.Sort(keys)
	for _, k := range slices.Compact(keys) {
		if err := hold(tx, k, clock.Micros(tx.Now())); err != nil {
			return err
		}
	}
	return nil
}

type heldKey struct{}

// holds is the set of lanes whose rows this transaction has locked.
func holds(tx *store.Tx) map[laneID]bool {
	return tx.Local(heldKey{}, func() any { return map[laneID]bool{} }).(map[laneID]bool)
}

type laneID struct {
	company int64
	key     string
}

// hold locks the lane's row and makes it if the lane has no work yet.
func hold(tx *store.Tx, key string, ready int64) error {
	held, id := holds(tx), laneID{tx.Company(), key}
	if held[id] {
		return nil
	}
	insert := `INSERT INTO lane (company_id, lane_key, ready_at, fence, owner) VALUES (@company, ?, ?, 0, '') ON CONFLICT (company_id, lane_key) DO NOTHING`
	if tx.ForUpdate() != "" { // writing the row is what locks it; SQLite has one writer
		insert = `INSERT INTO lane (company_id, lane_key, ready_at, fence, owner) VALUES (@company, ?, ?, 0, '') ON CONFLICT (company_id, lane_key) DO UPDATE SET fence = lane.fence`
	}
	if _, err := tx.Exec(insert, key, ready); err != nil {
		return err
	}
	if len(held) == 0 {
		tx.Notify(topic, "")
	}
	held[id] = true
	return nil
}

// Parked is a job that was set aside.
type Parked struct {
	Job
	Reason   string
	ParkedAt time.Time
}

const parkedShown = 1000

// ListParked returns the parked jobs of the transaction's company, the oldest
// first, 1,000 at most.
func ListParked(tx *store.Tx) ([]Parked, error) {
	return store.Select(tx, scanParked, `SELECT `+jobColumns+`, reason, parked_at FROM lane_job
		WHERE company_id = @company AND parked_at <> 0 ORDER BY id LIMIT ?`, parkedShown)
}

// Retry puts a parked job back into its lane, before what waits there, as if it
// had never been tried. A job that is not parked is fault.NotFound.
func Retry(tx *store.Tx, id int64) error {
	key, err := store.One(tx, store.Value[string], `SELECT lane_key FROM lane_job WHERE company_id = @company AND id = ? AND parked_at <> 0`, id)
	if errors.Is(err, store.ErrNoRows) {
		return notParked(id)
	}
	if err != nil {
		return err
	}
	now := clock.Micros(tx.Now())
	if err := hold(tx, key, now); err != nil {
		return err
	}
	n, err := tx.Exec(`UPDATE lane_job SET parked_at = 0, not_before = 0, attempts = 0, reason = '' WHERE company_id = @company AND id = ? AND parked_at <> 0`, id)
	if err != nil {
		return err
	}
	if n == 0 {
		return notParked(id)
	}
	// It stands before a job that may be waiting for a later moment.
	_, err = tx.Exec(`UPDATE lane SET ready_at = ? WHERE company_id = @company AND lane_key = ? AND fence = 0`, now, key)
	return err
}

// Discard removes a parked job for good. A job that is not parked is
// fault.NotFound.
func Discard(tx *store.Tx, id int64) error {
	n, err := tx.Exec(`DELETE FROM lane_job WHERE company_id = @company AND id = ? AND parked_at <> 0`, id)
	if err == nil && n == 0 {
		return notParked(id)
	}
	return err
}

func notParked(id int64) error {
	return fault.Missing("job %d is not parked: it was done, discarded or put back in the meantime", id)
}

// Waiting counts the company's jobs that are neither done nor parked, and tells
// when the oldest was added (zero if there is none).
func Waiting(tx *store.Tx) (jobs int, oldest time.Time, err error) {
	type counted struct {
		jobs   int
		oldest int64
	}
	c, err := store.One(tx, func(s store.Scanner) (c counted, err error) {
		return c, s.Scan(&c.jobs, &c.oldest)
	}, `SELECT COUNT(*), COALESCE(MIN(created_at), 0) FROM lane_job WHERE company_id = @company AND parked_at = 0`)
	return c.jobs, clock.FromMicros(c.oldest), err
}

const jobColumns = `id, company_id, kind, lane_key, payload, attempts, created_at, not_before`

func scanJob(s store.Scanner) (Job, error) { return scanInto(s) }

func scanParked(s store.Scanner) (Parked, error) {
	var p Parked
	var at int64
	j, err := scanInto(s, &p.Reason, &at)
	p.Job, p.ParkedAt = j, clock.FromMicros(at)
	return p, err
}

func scanInto(s store.Scanner, more ...any) (Job, error) {
	var j Job
	var created, notBefore int64
	err := s.Scan(append([]any{&j.ID, &j.Company, &j.Kind, &j.Key, &j.Payload, &j.Attempts, &created, &notBefore}, more...)...)
	j.CreatedAt, j.NotBefore = clock.FromMicros(created), clock.FromMicros(notBefore)
	return j, err
}
