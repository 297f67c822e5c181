package event

import (
	"context"
	"crypto/rand"
	"fmt"
	"log/slog"
	"slices"
	"sync"
	"time"

	"github.com/dockwright/dockwright/internal/clock"
	"github.com/dockwright/dockwright/internal/live"
	"github.com/dockwright/dockwright/internal/store"
)

const (
	sweepInterval = time.Second
	defaultLease  = 15 * time.Second
	batchEvents   = 64
	firstPause    = time.Second // after a failure; doubled each time
	longestPause  = time.Minute
)

// Follower does something about events. Each event of the kinds reaches Do once
// in a committed transaction, in order within a company; a new follower begins
// with the oldest event that is kept.
type Follower struct {
	Name  string   // durable: the cursor is kept under it
	Kinds []string // none: all
	// Do is called in a transaction bound to the event's company, the same in
	// which the cursor moves; several events may share it. An error undoes it,
	// and the event comes again after a pause; later events of the company wait.
	Do func(tx *store.Tx, e Event) error
}

// Options are what a log needs besides its database.
type Options struct {
	Node  string        // names this process in the lease, for people
	Lease time.Duration // how long a dead node keeps a follower. Default 15 s.
	Log   *slog.Logger
}

// Log runs followers.
type Log struct {
	db        *store.DB
	o         Options
	mu        sync.Mutex
	followers []Follower
	running   bool
}

// NewLog returns a log over a database that has [Migrations] and live's.
func NewLog(db *store.DB, o Options) *Log {
	if o.Log == nil {
		o.Log = slog.Default()
	}
	if o.Lease <= 0 {
		o.Lease = defaultLease
	}
	return &Log{db: db, o: o}
}

// Follow adds a follower. Call it before Run.
func (l *Log) Follow(f Follower) error {
	l.mu.Lock()
	defer l.mu.Unlock()
	switch {
	case l.running:
		return fmt.Errorf("event: follower %q was added after the log began to run", f.Name)
	case f.Name == "" || f.Do == nil:
		return fmt.Errorf("event: a follower needs a name and something to do")
	case slices.ContainsFunc(l.followers, func(o Follower) bool { return o.Name == f.Name }):
		return fmt.Errorf("event: there are two followers named %q", f.Name)
	}
	l.followers = append(l.followers, f)
	return nil
}

// Run lets the followers work until ctx is done, and returns when they have
// ended. It may run in any number of processes that share the database: each
// follower works in one of them at a time.
func (l *Log) Run(ctx context.Context) error {
	l.mu.Lock()
	l.running = true
	followers := slices.Clone(l.followers)
	l.mu.Unlock()
	owner := l.o.Node + "/" + rand.Text()
	var group sync.WaitGroup
	for _, f := range followers {
		w := &walker{l: l, f: f, owner: owner, wake: make(chan struct{}, 1), trips: map[int64]*trip{}}
		group.Go(func() { w.run(ctx) })
	}
	group.Wait()
	return nil
}

// walker runs one follower in this process.
type walker struct {
	l     *Log
	f     Follower
	owner string
	until time.Time // of the lease
	wake  chan struct{}
	trips map[int64]*trip
}

// trip is how far the follower is in one company.
type trip struct {
	batch    int           // events per transaction
	pause    time.Duration // after the last failure
	notUntil time.Time     // real time
}

func (w *walker) run(ctx context.Context) {
	defer w.release(context.WithoutCancel(ctx))
	defer w.l.db.Listen(live.Topic, func(string) {
		select {
		case w.wake <- struct{}{}:
		default:
		}
	})()
	sweep := time.NewTicker(sweepInterval)
	defer sweep.Stop()
	for ctx.Err() == nil {
		if err := w.round(ctx); err != nil && ctx.Err() == nil {
			w.l.o.Log.Warn("event: follower could not look for events", "follower", w.f.Name, "err", err)
		}
		select {
		case <-w.wake:
		case <-sweep.C:
		case <-ctx.Done():
		}
	}
}

// round takes all that is new in each company, if this process may.
func (w *walker) round(ctx context.Context) error {
	mine, err := w.lease(ctx)
	if err != nil || !mine {
		return err
	}
	behind, err := w.behind(ctx)
	if err != nil {
		return err
	}
	for _, company := range behind {
		if err := w.catchUp(ctx, company); err != nil || ctx.Err() != nil {
			return err
		}
	}
	return nil
}

// behind are the companies that have events behind the cursor.
func (w *walker) behind(ctx context.Context) ([]int64, error) {
	var heads, at map[int64]int64
	err := w.l.db.View(ctx, func(tx *store.Tx) (err error) {
		if heads, err = live.Heads(tx); err != nil {
			return err
		}
		at, err = cursors(tx, w.f.Name)
		return err
	})
	var behind []int64
	for company, last := range heads {
		if at[company] < last {
			behind = append(behind, company)
		}
	}
	slices.Sort(behind)
	return behind, err
}

// cursors are how far a follower has come in each company.
func cursors(tx *store.Tx, follower string) (map[int64]int64, error) {
	type row struct{ company, seq int64 }
	rows, err := store.Select(tx, func(s store.Scanner) (r row, err error) {
		return r, s.Scan(&r.company, &r.seq)
	}, `SELECT company_id, seq FROM event_cursor WHERE follower = ?`, follower)
	at := make(map[int64]int64, len(rows))
	for _, r := range rows {
		at[r.company] = r.seq
	}
	return at, err
}

// catchUp follows one company's events to their end. What fails is tried again
// alone, so that the events before it are not held up, and then after a pause.
func (w *walker) catchUp(ctx context.Context, company int64) error {
	t := w.trips[company]
	if t == nil {
		t = &trip{batch: batchEvents}
		w.trips[company] = t
	}
	if time.Now().Before(t.notUntil) {
		return nil
	}
	for ctx.Err() == nil {
		if mine, err := w.lease(ctx); err != nil || !mine {
			return err
		}
		more, err := w.step(ctx, company, t.batch)
		switch {
		case err == nil && !more:
			t.batch, t.pause = batchEvents, 0
			return nil
		case err == nil:
			t.pause = 0
			t.batch = min(2*t.batch, batchEvents)
		case ctx.Err() != nil:
			return nil
		case t.batch > 1:
			t.batch = 1
		default:
			t.pause = min(max(firstPause, 2*t.pause), longestPause)
			t.notUntil = time.Now().Add(t.pause)
			w.l.o.Log.Error("event: follower failed; the company's later events wait",
				"follower", w.f.Name, "company", company, "again_in", t.pause, "err", err)
			return nil
		}
	}
	return nil
}

// step handles up to n events in one transaction and reports whether there may
// be more. The cursor's row is locked, so that two nodes that both believe they
// hold the lease still take turns.
func (w *walker) step(ctx context.Context, company int64, n int) (more bool, err error) {
	err = w.l.db.Company(company).Update(ctx, func(tx *store.Tx) error {
		if _, err := tx.Exec(`INSERT INTO event_cursor (company_id, follower, seq) VALUES (@company, ?, 0)
			ON CONFLICT (company_id, follower) DO NOTHING`, w.f.Name); err != nil {
			return err
		}
		at, err := store.One(tx, store.Value[int64],
			`SELECT seq FROM event_cursor WHERE company_id = @company AND follower = ?`+tx.ForUpdate(), w.f.Name)
		if err != nil {
			return err
		}
		last, err := live.Last(tx) // before the events, so that none can slip between
		if err != nil {
			return err
		}
		events, err := live.Since(tx, at, n)
		if err != nil {
			return err
		}
		for _, l := range events {
			if err := w.do(tx, fromLive(l)); err != nil {
				return err
			}
			at = l.Seq
		}
		if len(events) == 0 { // what was there has been pruned
			at = max(at, last)
		}
		more = len(events) == n
		_, err = tx.Exec(`UPDATE event_cursor SET seq = ? WHERE company_id = @company AND follower = ?`, at, w.f.Name)
		return err
	})
	return more, err
}

func (w *walker) do(tx *store.Tx, e Event) error {
	e.Company = tx.Company()
	if len(w.f.Kinds) > 0 && !slices.Contains(w.f.Kinds, e.Kind) {
		return nil
	}
	if err := w.f.Do(tx, e); err != nil {
		return fmt.Errorf("event %d (%s): %w", e.Seq, e.Kind, err)
	}
	return nil
}

// lease takes or keeps the follower for this process, and reports whether it may
// work.
func (w *walker) lease(ctx context.Context) (bool, error) {
	now := w.l.db.Now()
	if left := w.until.Sub(now); left > w.l.o.Lease/2 && left <= w.l.o.Lease {
		return true, nil
	}
	until := now.Add(w.l.o.Lease)
	var taken int64
	err := w.l.db.Update(ctx, func(tx *store.Tx) (err error) {
		taken, err = tx.Exec(`INSERT INTO event_lease (follower, owner, until) VALUES (?, ?, ?)
			ON CONFLICT (follower) DO UPDATE SET owner = excluded.owner, until = excluded.until
			WHERE event_lease.owner = excluded.owner OR event_lease.until < ?`,
			w.f.Name, w.owner, clock.Micros(until), clock.Micros(now))
		return err
	})
	if err != nil || taken == 0 {
		w.until = time.Time{}
		return false, err
	}
	w.until = until
	return true, nil
}

// release gives the lease back, so that another node need not wait for it to
// run out.
func (w *walker) release(ctx context.Context) {
	ctx, cancel := context.WithTimeout(ctx, sweepInterval)
	defer cancel()
	err := w.l.db.Update(ctx, func(tx *store.Tx) error {
		_, err := tx.Exec(`DELETE FROM event_lease WHERE follower = ? AND owner = ?`, w.f.Name, w.owner)
		return err
	})
	if err != nil {
		w.l.o.Log.Debug("event: lease not given back; it runs out by itself", "follower", w.f.Name, "err", err)
	}
}
