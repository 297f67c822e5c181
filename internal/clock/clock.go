// Package clock tells the time to everything that must be testable or moved:
// tokens, reply windows, leases. Network deadlines use the real time instead.
package clock

import (
	"sync"
	"sync/atomic"
	"time"
)

// A Clock tells the present moment.
type Clock interface {
	Now() time.Time
}

// System is the machine's own clock, in UTC.
type System struct{}

// Now implements Clock.
func (System) Now() time.Time { return time.Now().UTC() }

// Manual is a clock that moves only when it is told to. It is for tests.
type Manual struct {
	mu  sync.Mutex
	now time.Time
}

// NewManual returns a clock that stands at t.
func NewManual(t time.Time) *Manual { return &Manual{now: t.UTC()} }

// Now implements Clock.
func (m *Manual) Now() time.Time {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.now
}

// Advance moves the clock by d, which may be negative.
func (m *Manual) Advance(d time.Duration) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.now = m.now.Add(d)
}

// Micros is the form in which instants are stored: microseconds since 1970, UTC.
// The zero time is stored as 0.
func Micros(t time.Time) int64 {
	if t.IsZero() {
		return 0
	}
	return t.UnixMicro()
}

// FromMicros is the inverse of Micros.
func FromMicros(us int64) time.Time {
	if us == 0 {
		return time.Time{}
	}
	return time.UnixMicro(us).UTC()
}

// Shifted is a clock that goes as another does, some time ahead of it. It may be
// used from many goroutines.
type Shifted struct {
	base  Clock
	ahead atomic.Int64 // nanoseconds
}

// Shift returns a clock that tells what base tells until it is set ahead.
func Shift(base Clock) *Shifted { return &Shifted{base: base} }

// Now implements Clock.
func (s *Shifted) Now() time.Time { return s.base.Now().Add(s.Ahead()) }

// Ahead is how far the clock is ahead of the one it follows.
func (s *Shifted) Ahead() time.Duration { return time.Duration(s.ahead.Load()) }

// SetAhead sets how far it is ahead from now on.
func (s *Shifted) SetAhead(d time.Duration) { s.ahead.Store(int64(d)) }
