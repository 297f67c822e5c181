package lane

import (
	"context"
	"errors"
	"math/rand/v2"
	"time"

	"github.com/dockwright/dockwright/internal/store"
)

// A Handler does one job. It is called outside of any transaction, with a
// context that ends before the lease does; it may be called again for a job
// whose result could not be stored.
//
// If err is nil the job is done: commit, which may be nil, runs in the
// transaction that removes it, bound to the job's company. If err comes from
// Park, the job is set aside with its reason, commit runs in that transaction
// too, and the lane goes on. If it comes from Wait, the job and all behind it
// wait for that long. Any other error is tried again after a growing pause.
type Handler func(ctx context.Context, j Job) (commit func(*store.Tx) error, err error)

type parkError struct{ err error }

func (e *parkError) Error() string { return e.err.Error() }
func (e *parkError) Unwrap() error { return e.err }

// Park marks a failure that will not heal by itself.
// spec: lane.parked
func Park(err error) error { return &parkError{err} }

type waitError struct {
	err error
	d   time.Duration
}

func (e *waitError) Error() string { return e.err.Error() }
func (e *waitError) Unwrap() error { return e.err }

// Wait marks a failure after which the other side named the pause. It does not
// count as an attempt.
func Wait(d time.Duration, err error) error { return &waitError{err, d} }

// outcome is what becomes of a job.
type outcome int

const (
	done outcome = iota
	parked
	waits
	failed
)

func judge(err error) (outcome, time.Duration) {
	if err == nil {
		return done, 0
	}
	if _, ok := errors.AsType[*parkError](err); ok {
		return parked, 0
	}
	if w, ok := errors.AsType[*waitError](err); ok {
		return waits, max(w.d, 0)
	}
	return failed, 0
}

// pause is the time before the next try: it doubles with each attempt up to a
// limit, and is shortened by up to half at random, so that lanes that failed
// together do not come back together.
func pause(attempts int, low, high time.Duration) time.Duration {
	d := low
	for i := 0; i < attempts && d < high; i++ {
		d *= 2
	}
	d = min(d, high)
	return d - rand.N(d/2+1)
}
