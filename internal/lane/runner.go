package lane

import (
	"cmp"
	"context"
	"log/slog"
	"math/rand/v2"
	"sync"
	"time"

	"github.com/dockwright/dockwright/internal/clock"
	"github.com/dockwright/dockwright/internal/store"
)

const (
	sweepEvery = time.Second           // a lost notice delays, it never loses
	shortWait  = 50 * time.Millisecond // for a lane that another transaction is touching
	hiccup     = 250 * time.Millisecond
)

// Options of a Runner. Zero values are replaced by the defaults named here.
type Options struct {
	Workers    int           // lanes that run at once; 16
	Lease      time.Duration // how long a node may be silent before others take its lanes; 1 minute
	MinBackoff time.Duration // before the second try; 1 second
	MaxBackoff time.Duration // between any two tries; 5 minutes
	Log        *slog.Logger  // slog.Default()
	Node       string        // names this node in the lanes it holds
	// Sole says that no other runner works on this database, as on a SQLite file
	// that this process has locked. A lease that is found at the start is then one
	// of a process that died, and its lane goes on at once.
	Sole bool
}

// Runner does the jobs of a database together with the runners of other nodes.
type Runner struct {
	db       *store.DB
	o        Options
	handlers map[string]Handler
	wake     chan struct{}
	slots    chan struct{} // one per running lane
	drains   sync.WaitGroup
}

// NewRunner returns a runner without handlers.
func NewRunner(db *store.DB, o Options) *Runner {
	o.Workers = cmp.Or(o.Workers, 16)
	o.Lease = cmp.Or(o.Lease, time.Minute)
	o.MinBackoff = cmp.Or(o.MinBackoff, time.Second)
	o.MaxBackoff = cmp.Or(o.MaxBackoff, 5*time.Minute)
	o.Node = cmp.Or(o.Node, "node")
	if o.Log == nil {
		o.Log = slog.Default()
	}
	return &Runner{db: db, o: o, handlers: map[string]Handler{}, wake: make(chan struct{}, 1), slots: make(chan struct{}, o.Workers)}
}

// Handle names the handler of a kind of job. It is called before Run. A job
// whose kind has no handler is tried again later, for a node that has one.
func (r *Runner) Handle(kind string, h Handler) { r.handlers[kind] = h }

// Run does jobs until ctx is done and the handlers that were running have ended.
// Their context ends with ctx; a job that was cut short by it is tried again at
// the next start.
func (r *Runner) Run(ctx context.Context) error {
	stop := r.db.Listen(topic, func(string) { r.nudge() })
	defer stop()
	defer r.drains.Wait()
	if r.o.Sole {
		if err := r.reclaim(ctx); err != nil && ctx.Err() == nil {
			r.o.Log.Warn("lanes of the last run not freed; their leases run out", "err", err)
		}
	}
	timer := time.NewTimer(0)
	defer timer.Stop()
	for ctx.Err() == nil {
		timer.Reset(r.round(ctx))
		select {
		case <-r.wake:
		case <-timer.C:
		case <-ctx.Done():
		}
	}
	return nil
}

// reclaim frees the lanes that a process held which is no more. Their jobs keep
// the moments before which they must not be tried.
func (r *Runner) reclaim(ctx context.Context) error {
	return r.db.Update(ctx, func(tx *store.Tx) error {
		_, err := tx.Exec(`UPDATE lane SET ready_at = ?, fence = 0, owner = '' WHERE fence <> 0`, clock.Micros(tx.Now()))
		return err
	})
}

func (r *Runner) nudge() {
	select {
	case r.wake <- struct{}{}:
	default:
	}
}

// round claims what is ready and free hands can do, and returns how long to
// wait for the next round.
func (r *Runner) round(ctx context.Context) time.Duration {
	free := cap(r.slots) - len(r.slots)
	if free == 0 {
		return sweepEvery // a lane that ends gives a nudge
	}
	leases, next, err := r.claim(ctx, free)
	if err != nil {
		if ctx.Err() == nil {
			r.o.Log.Warn("lanes not claimed", "err", err)
		}
		return hiccup
	}
	for _, l := range leases {
		r.slots <- struct{}{}
		r.drains.Go(func() {
			defer func() {
				<-r.slots
				r.nudge()
			}()
			l.drain(ctx)
		})
	}
	if len(leases) == free {
		return sweepEvery
	}
	return min(next, sweepEvery)
}

// claim takes up to limit lanes whose moment has come.
func (r *Runner) claim(ctx context.Context, limit int) (leases []*lease, next time.Duration, err error) {
	var lanes []laneID
	fence, began := 1+rand.Int64N(1<<62), time.Now()
	// A lease that a power cut takes back costs a call that is made again.
	err = r.db.Update(store.Forgettable(ctx), func(tx *store.Tx) error {
		now := tx.Now()
		var err error
		lanes, err = store.Select(tx, func(s store.Scanner) (id laneID, err error) {
			return id, s.Scan(&id.company, &id.key)
		}, `WITH ready (c, k) AS MATERIALIZED (SELECT company_id, lane_key FROM lane WHERE ready_at <= ? ORDER BY ready_at LIMIT ?`+tx.ForUpdateSkipLocked()+`)
			UPDATE lane SET ready_at = ?, fence = ?, owner = ? FROM ready WHERE company_id = c AND lane_key = k RETURNING company_id, lane_key`,
			clock.Micros(now), limit, clock.Micros(now.Add(r.o.Lease)), fence, r.o.Node)
		if err != nil || len(lanes) == limit {
			return err
		}
		at, err := store.One(tx, store.Value[int64], `SELECT COALESCE(MIN(ready_at), 0) FROM lane`)
		next = sweepEvery
		if at != 0 {
			next = max(clock.FromMicros(at).Sub(now), shortWait)
		}
		return err
	})
	if err != nil {
		return nil, 0, err
	}
	for _, id := range lanes {
		leases = append(leases, &lease{r: r, laneID: id, fence: fence, began: began})
	}
	return leases, next, nil
}
