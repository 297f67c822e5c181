package authz

import (
	"context"
	"errors"
	"math"
	"net/http"
	"strconv"
	"sync"
	"time"

	"github.com/dockwright/dockwright/internal/host/account"
	"github.com/dockwright/dockwright/internal/host/route"
	"github.com/dockwright/dockwright/internal/secret"
	"github.com/dockwright/dockwright/internal/store"
	"github.com/dockwright/dockwright/pipedrive/crmapi"
)

const (
	burstWindow = 2 * time.Second
	// usageFlush is how often counts go to the database: what a killed process
	// forgets, and how late another node knows of them.
	usageFlush = 5 * time.Second
	usageKept  = 31 * 24 * time.Hour
	dayFormat  = "2006-01-02"
)

// limiter counts calls: those of each token in the last two seconds, in memory,
// and what each company has used of its day, in memory and in the database.
type limiter struct {
	Limits
	db       *store.DB
	accounts *account.Service

	mu     sync.Mutex
	bursts map[string][]time.Time // by token, oldest first
	days   map[int64]*usage       // by company
}

// usage is what a company has used of one day, in tokens.
type usage struct {
	day     string
	stored  int64 // by all nodes, as of the last look
	pending int64 // by this node since
	budget  int64
}

func newLimiter(db *store.DB, accounts *account.Service, l Limits) *limiter {
	return &limiter{Limits: l, db: db, accounts: accounts, bursts: map[string][]time.Time{}, days: map[int64]*usage{}}
}

// admit counts a call and reports whether it may go on; if not, it has been
// answered. A refused call costs nothing. token is how the caller showed who it is.
// spec: rest.limits.burst
// spec: rest.limits.daily
func (l *limiter) admit(w http.ResponseWriter, r *http.Request, rt route.Route, c route.Caller, token string) (bool, error) {
	if l.none() {
		return true, nil
	}
	now := l.db.Now()
	h := w.Header()
	if wait := l.countBurst(h, rt, c, token, now); wait > 0 {
		h.Set("Retry-After", seconds(wait))
		writeJSON(w, http.StatusTooManyRequests, crmapi.OverLimit)
		return false, nil
	}
	if l.PerSeat == 0 {
		return true, nil
	}
	price := cost(rt)
	budget, left, err := l.spend(r.Context(), c.Company, price, now)
	if err != nil {
		return false, err
	}
	h.Set("x-daily-ratelimit-token-limit", strconv.FormatInt(budget, 10))
	h.Set("x-daily-ratelimit-token-remaining", strconv.FormatInt(max(left, 0), 10))
	if c.ClientID == "" && (rt.Method == http.MethodPost || rt.Method == http.MethodPut) {
		h.Set("x-daily-requests-left", strconv.FormatInt(max(left, 0)/price, 10))
	}
	if left < 0 {
		midnight := now.UTC().Truncate(24 * time.Hour).Add(24 * time.Hour)
		h.Set("Retry-After", seconds(midnight.Sub(now)))
		h.Set("x-daily-ratelimit-token-remaining", strconv.FormatInt(left+price, 10))
		writeJSON(w, http.StatusTooManyRequests, crmapi.OverDailyBudget)
		return false, nil
	}
	return true, nil
}

// seconds rounds up, so that who waits so long does not come too early.
func seconds(d time.Duration) string { return strconv.Itoa(int(math.Ceil(d.Seconds()))) }

// countBurst counts a call in the token's window of two seconds and sets the
// headers about it. It returns how long to wait if there were too many.
func (l *limiter) countBurst(h http.Header, rt route.Route, c route.Caller, token string, now time.Time) (wait time.Duration) {
	limit, key := l.OAuth, secret.Hash(token)
	if c.ClientID == "" {
		limit = l.Personal
	}
	if rt.Search {
		limit, key = l.Search, "search "+key
	}
	if limit == 0 {
		return 0
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	calls := recent(l.bursts[key], now)
	over := len(calls) >= limit
	if !over {
		calls = append(calls, now)
	}
	l.bursts[key] = calls
	reset := calls[0].Add(burstWindow).Sub(now)
	h.Set("x-ratelimit-limit", strconv.Itoa(limit))
	h.Set("x-ratelimit-remaining", strconv.Itoa(limit-len(calls)))
	h.Set("x-ratelimit-reset", seconds(reset))
	if over {
		return reset
	}
	return 0
}

// recent drops what is older than the window, in place.
func recent(calls []time.Time, now time.Time) []time.Time {
	old := 0
	for old < len(calls) && !calls[old].After(now.Add(-burstWindow)) {
		old++
	}
	return append(calls[:0], calls[old:]...)
}

// spend takes price from the company's budget of the day and returns what is left.
// Less than nothing is left when there was not enough; nothing was taken then.
func (l *limiter) spend(ctx context.Context, company, price int64, now time.Time) (budget, left int64, err error) {
	day := now.UTC().Format(dayFormat)
	for {
		l.mu.Lock()
		if u := l.days[company]; u != nil && u.day == day {
			left = u.budget - u.stored - u.pending - price
			if left >= 0 {
				u.pending += price
			}
			budget = u.budget
			l.mu.Unlock()
			return budget, left, nil
		}
		l.mu.Unlock()
		if err := l.flush(ctx, company, day); err != nil {
			return 0, 0, err
		}
	}
}

// flush stores what is pending for a company and learns what all nodes have used
// of the day, and how large the budget is now.
func (l *limiter) flush(ctx context.Context, company int64, day string) error {
	l.mu.Lock()
	var was usage
	if u := l.days[company]; u != nil {
		was = *u
		u.stored, u.pending = u.stored+u.pending, 0 // counted until the database says how much it is
	}
	l.mu.Unlock()
	fresh := usage{day: day}
	oldest := l.db.Now().Add(-usageKept).UTC().Format(dayFormat)
	err := l.db.Company(company).Update(ctx, func(tx *store.Tx) error {
		if was.pending > 0 {
			if _, err := tx.Exec(`INSERT INTO authz_usage (company_id, day, tokens) VALUES (@company, ?, ?)
				ON CONFLICT (company_id, day) DO UPDATE SET tokens = authz_usage.tokens + EXCLUDED.tokens`, was.day, was.pending); err != nil {
				return err
			}
			if _, err := tx.Exec(`DELETE FROM authz_usage WHERE company_id = @company AND day < ?`, oldest); err != nil {
				return err
			}
		}
		var err error
		fresh.stored, err = store.One(tx, store.Value[int64], `SELECT tokens FROM authz_usage WHERE company_id = @company AND day = ?`, day)
		if err != nil && !errors.Is(err, store.ErrNoRows) {
			return err
		}
		seats, err := l.accounts.Seats(tx)
		fresh.budget = seats*l.PerSeat + l.TopUp
		return err
	})
	l.mu.Lock()
	defer l.mu.Unlock()
	u := l.days[company]
	switch {
	case err != nil:
		if u != nil {
			u.stored, u.pending = u.stored-was.pending, u.pending+was.pending
		}
		return err
	case u != nil && u.day == day: // calls went on meanwhile
		u.stored, u.budget = fresh.stored, fresh.budget
	default:
		l.days[company] = &fresh
	}
	return nil
}

// run stores counts until ctx ends, and once more then.
func (l *limiter) run(ctx context.Context, report func(error)) {
	if l.none() {
		return
	}
	tick := time.NewTicker(usageFlush)
	defer tick.Stop()
	for {
		select {
		case <-tick.C:
			l.tidy(ctx, report)
		case <-ctx.Done():
			end, cancel := context.WithTimeout(context.WithoutCancel(ctx), usageFlush)
			defer cancel()
			l.tidy(end, report)
			return
		}
	}
}

// tidy stores what is pending and forgets tokens that have been still.
func (l *limiter) tidy(ctx context.Context, report func(error)) {
	now := l.db.Now()
	l.mu.Lock()
	for key, calls := range l.bursts {
		if len(recent(calls, now)) == 0 {
			delete(l.bursts, key)
		}
	}
	days := map[int64]string{}
	for company, u := range l.days {
		if u.pending > 0 {
			days[company] = u.day
		}
	}
	l.mu.Unlock()
	for company, day := range days {
		if err := l.flush(ctx, company, day); err != nil {
			report(err)
		}
	}
}
