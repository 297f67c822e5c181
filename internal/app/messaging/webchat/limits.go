package webchat

import (
	"sync"
	"time"

	"golang.org/x/time/rate"

	"github.com/dockwright/dockwright/internal/fault"
)

const (
	limitsKept = 20_000      // limiters in memory
	limitsIdle = time.Minute // after which one may be forgotten
)

// limits slow down each of many, by a key. They use the machine's own clock: they
// protect the machine.
type limits struct {
	per   rate.Limit
	burst int

	mu   sync.Mutex
	kept map[string]*limited
}

type limited struct {
	*rate.Limiter
	used time.Time
}

func newLimits(perSecond float64, burst int) *limits {
	l := &limits{per: rate.Limit(perSecond), burst: burst, kept: map[string]*limited{}}
	if perSecond < 0 {
		l.per = rate.Inf
	}
	return l
}

// take returns a fault of kind RateLimited that says when to come back, if the
// owner of key was too quick.
// spec: app.webchat.rate-limit
func (l *limits) take(key, what string) error {
	if l.per == rate.Inf {
		return nil
	}
	now := time.Now()
	r := l.of(key, now).ReserveN(now, 1)
	wait := r.DelayFrom(now)
	if wait == 0 {
		return nil
	}
	r.CancelAt(now)
	return &fault.Error{Kind: fault.RateLimited, Field: what, After: wait, Message: "too many at once; wait a moment, then send again"}
}

func (l *limits) of(key string, now time.Time) *limited {
	l.mu.Lock()
	defer l.mu.Unlock()
	if e := l.kept[key]; e != nil {
		e.used = now
		return e
	}
	if len(l.kept) >= limitsKept {
		for k, e := range l.kept {
			if now.Sub(e.used) > limitsIdle {
				delete(l.kept, k)
			}
		}
	}
	if len(l.kept) >= limitsKept { // a flood of keys: one limiter for all newcomers
		key = ""
		if e := l.kept[key]; e != nil {
			return e
		}
	}
	e := &limited{Limiter: rate.NewLimiter(l.per, l.burst), used: now}
	l.kept[key] = e
	return e
}
