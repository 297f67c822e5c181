package lane

import (
	"context"
	"errors"
	"fmt"
	"runtime/debug"
	"strings"
	"time"

	"github.com/dockwright/dockwright/internal/clock"
	"github.com/dockwright/dockwright/internal/fault"
	"github.com/dockwright/dockwright/internal/store"
)

const (
	readAhead   = 16 // jobs read at once
	turn        = 64 // jobs after which a busy lane lets others have the worker
	storeTries  = 6  // for a result while the database is away
	storePause  = 100 * time.Millisecond
	reasonLimit = 2000 // bytes of a failure's text that are kept
)

// errLost says that another node holds the lane now.
var errLost = errors.New("lane: the lease was lost")

// lease is a lane that this node may work on.
type lease struct {
	r *Runner
	laneID
	fence int64
	began time.Time // a moment before the lease was taken or renewed, by the machine's clock
}

// until is when work must have ended: a little before others may take the lane.
func (l *lease) until() time.Time { return l.began.Add(l.r.o.Lease * 9 / 10) }

// stale reports that the lease should be renewed before the next job.
func (l *lease) stale() bool { return time.Since(l.began) > l.r.o.Lease/4 }

// drain does the lane's jobs until there is none that may run now.
func (l *lease) drain(ctx context.Context) {
	log := l.r.o.Log.With("lane", l.key, "company", l.company)
	for count := 0; ; {
		jobs, err := l.read(ctx)
		if err != nil {
			if ctx.Err() == nil {
				log.Warn("lane not read; its lease runs out", "err", err)
			}
			l.release(ctx)
			return
		}
		if len(jobs) == 0 {
			l.release(ctx)
			return
		}
		for i, j := range jobs {
			count++
			if ctx.Err() != nil || !l.ready(j) || count > turn {
				l.release(ctx)
				return
			}
			goOn, err := l.do(ctx, j, i == len(jobs)-1)
			if err != nil {
				log.Warn("a job's result was not stored; it will be done again", "kind", j.Kind, "job", j.ID, "err", err)
			}
			if !goOn || err != nil {
				return
			}
		}
	}
}

// read gets the lane's next jobs. They stay as they are while the lease lasts.
func (l *lease) read(ctx context.Context) (jobs []Job, err error) {
	err = l.r.db.Company(l.company).View(ctx, func(tx *store.Tx) error {
		jobs, err = store.Select(tx, scanJob, `SELECT `+jobColumns+` FROM lane_job
			WHERE company_id = @company AND lane_key = ? AND parked_at = 0 ORDER BY id LIMIT ?`, l.key, readAhead)
		return err
	})
	return jobs, err
}

func (l *lease) ready(j Job) bool { return !j.NotBefore.After(l.r.db.Now()) }

// do runs one job and stores what became of it. It reports whether the lane is
// still held.
func (l *lease) do(ctx context.Context, j Job, last bool) (goOn bool, err error) {
	work, cancel := context.WithDeadline(ctx, l.until())
	defer cancel()
	if work.Err() != nil { // this node was held up; others may have the lane by now
		l.release(ctx)
		return false, nil
	}
	commit, failure := l.call(work, j)
	what, wait := judge(failure)
	if what == failed && ctx.Err() != nil {
		l.release(ctx) // cut short by the end of the program: no fault of the job's
		return false, nil
	}
	if what == done || what == parked {
		goOn, err = l.settle(ctx, j, last, what, failure, commit)
		if err == nil || errors.Is(err, errLost) || fault.KindOf(err) == fault.Unavailable {
			return goOn, err
		}
		what, failure = failed, fmt.Errorf("store the result of %s: %w", j.Kind, err)
	}
	if what == failed {
		j.Attempts++
		wait = pause(j.Attempts-1, l.r.o.MinBackoff, l.r.o.MaxBackoff)
		l.r.o.Log.Warn("job failed, will be tried again", "kind", j.Kind, "lane", j.Key, "company", j.Company, "job", j.ID, "attempts", j.Attempts, "in", wait, "err", failure)
	}
	return false, l.persist(ctx, func(tx *store.Tx) error { return l.postpone(tx, j, wait, failure) })
}

// call runs the handler; a panic in it is a failure of this job.
func (l *lease) call(ctx context.Context, j Job) (commit func(*store.Tx) error, err error) {
	defer func() {
		if p := recover(); p != nil {
			commit, err = nil, fmt.Errorf("handler of %s panicked: %v\n%s", j.Kind, p, debug.Stack())
		}
	}()
	h, ok := l.r.handlers[j.Kind]
	if !ok {
		return nil, fmt.Errorf("no handler for jobs of kind %s on this node", j.Kind)
	}
	return h(ctx, j)
}

// settle removes or parks a job and runs its commit. After the last job that
// was read it ends the lane, unless more work has come.
func (l *lease) settle(ctx context.Context, j Job, last bool, what outcome, failure error, commit func(*store.Tx) error) (goOn bool, err error) {
	began := time.Now()
	renew := l.stale()
	if commit == nil { // all that a power cut could lose is that the job was done
		ctx = store.Forgettable(ctx)
	}
	err = l.persist(ctx, func(tx *store.Tx) error {
		goOn = true
		if renew {
			if err := l.check(tx, true); err != nil {
				return err
			}
		}
		if err := l.remove(tx, j, what, failure); err != nil {
			return err
		}
		if commit != nil {
			if err := commit(tx); err != nil {
				return err
			}
		}
		if !last {
			return nil
		}
		// A statement of its own: it must see what came before the lane was locked.
		n, err := tx.Exec(`DELETE FROM lane WHERE company_id = @company AND lane_key = ? AND NOT EXISTS (
			SELECT 1 FROM lane_job j WHERE j.company_id = @company AND j.lane_key = lane.lane_key AND j.parked_at = 0)`, l.key)
		goOn = n == 0
		return err
	})
	if err == nil && renew {
		l.began = began
	}
	return goOn && err == nil, err
}

// remove takes a job out of its lane if the lease is still this one, and locks
// the lane's row.
func (l *lease) remove(tx *store.Tx, j Job, what outcome, failure error) error {
	change, args := `DELETE FROM lane_job`, []any{}
	if what == parked {
		change, args = `UPDATE lane_job SET parked_at = ?, reason = ?, attempts = attempts + 1`, []any{clock.Micros(tx.Now()), reason(failure)}
	}
	// spec: lane.fence
	n, err := tx.Exec(change+` WHERE company_id = @company AND id = ? AND EXISTS (
		SELECT 1 FROM lane WHERE company_id = @company AND lane_key = ? AND fence = ?`+tx.ForUpdate()+`)`, append(args, j.ID, l.key, l.fence)...)
	if err != nil {
		return err
	}
	if n == 0 {
		return errLost
	}
	holds(tx)[l.laneID] = true
	return nil
}

// check locks the lane's row and fails if the lease is no longer this one.
func (l *lease) check(tx *store.Tx, renew bool) error {
	var n int
	var err error
	if renew {
		var changed int64
		changed, err = tx.Exec(`UPDATE lane SET ready_at = ? WHERE company_id = @company AND lane_key = ? AND fence = ?`, clock.Micros(tx.Now().Add(l.r.o.Lease)), l.key, l.fence)
		n = int(changed)
	} else {
		var found []int
		found, err = store.Select(tx, store.Value[int], `SELECT 1 FROM lane WHERE company_id = @company AND lane_key = ? AND fence = ?`+tx.ForUpdate(), l.key, l.fence)
		n = len(found)
	}
	if err != nil {
		return err
	}
	if n == 0 {
		return errLost
	}
	holds(tx)[l.laneID] = true
	return nil
}

// postpone writes down when a job may be tried again, and lets the lane go
// until then.
func (l *lease) postpone(tx *store.Tx, j Job, wait time.Duration, failure error) error {
	if err := l.check(tx, false); err != nil {
		return err
	}
	at := clock.Micros(tx.Now().Add(wait))
	if _, err := tx.Exec(`UPDATE lane_job SET attempts = ?, not_before = ?, reason = ? WHERE company_id = @company AND id = ?`, j.Attempts, at, reason(failure), j.ID); err != nil {
		return err
	}
	_, err := tx.Exec(`UPDATE lane SET ready_at = ?, fence = 0, owner = '' WHERE company_id = @company AND lane_key = ?`, at, l.key)
	return err
}

// release gives the lane back: to whoever comes first if its next job is ready,
// for later if it is not, and for good if there is none.
func (l *lease) release(ctx context.Context) {
	err := l.persist(store.Forgettable(ctx), func(tx *store.Tx) error {
		if err := l.check(tx, false); err != nil {
			return err
		}
		head, err := store.Select(tx, store.Value[int64], `SELECT not_before FROM lane_job WHERE company_id = @company AND lane_key = ? AND parked_at = 0 ORDER BY id LIMIT 1`, l.key)
		if err != nil {
			return err
		}
		if len(head) == 0 {
			_, err := tx.Exec(`DELETE FROM lane WHERE company_id = @company AND lane_key = ?`, l.key)
			return err
		}
		tx.Notify(topic, "")
		_, err = tx.Exec(`UPDATE lane SET ready_at = ?, fence = 0, owner = '' WHERE company_id = @company AND lane_key = ?`, max(head[0], clock.Micros(tx.Now())), l.key)
		return err
	})
	if err != nil && !errors.Is(err, errLost) {
		l.r.o.Log.Warn("lane not released; its lease runs out", "lane", l.key, "company", l.company, "err", err)
	}
}

// persist stores a result, also while the program is ending, and also if the
// database has to be asked a few times; the call behind it would else be made
// again.
func (l *lease) persist(ctx context.Context, fn func(*store.Tx) error) (err error) {
	ctx, cancel := context.WithDeadline(context.WithoutCancel(ctx), l.began.Add(l.r.o.Lease))
	defer cancel()
	for try := range storeTries {
		err = l.r.db.Company(l.company).Update(ctx, fn)
		if fault.KindOf(err) != fault.Unavailable {
			return err
		}
		select {
		case <-time.After(storePause << try):
		case <-ctx.Done():
			return err
		}
	}
	return err
}

func reason(err error) string {
	s := err.Error()
	if len(s) > reasonLimit {
		s = s[:reasonLimit]
	}
	// A cut may have split a character, and PostgreSQL stores no NUL.
	return strings.ReplaceAll(strings.ToValidUTF8(s, "\uFFFD"), "\x00", "")
}
