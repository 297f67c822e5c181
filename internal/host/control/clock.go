package control

import (
	"context"
	"errors"
	"time"

	"github.com/dockwright/dockwright/internal/fault"
	"github.com/dockwright/dockwright/internal/store"
)

const (
	clockTopic  = "control.clock"
	lookAtClock = 5 * time.Second // in case a notice was lost
	// furthest is how far a clock may be ahead. Days are stored as four-digit years
	// and durations end after 292 years.
	furthest = 100 * 365 * 24 * time.Hour
)

// Advance moves the host's clock ahead, for all nodes and after restarts too, and
// returns how far it is ahead now. Tokens, windows and retries follow it; network
// deadlines do not. It cannot go back, except by Reset: what was stored would lie
// in the future.
// spec: control.clock
func (s *Service) Advance(ctx context.Context, by time.Duration) (ahead time.Duration, err error) {
	if s.o.Clock == nil {
		return 0, fault.New(fault.Conflict, "advance", "This host follows a clock that cannot be moved.")
	}
	if by <= 0 || by > furthest {
		return 0, fault.New(fault.Invalid, "advance", "Expected a time such as 61m or 24h, up to a hundred years, got %s. The clock goes back by a reset only.", by)
	}
	err = s.db.Update(ctx, func(tx *store.Tx) error {
		was, err := readAhead(tx)
		if err != nil {
			return err
		}
		if was > furthest-by {
			return fault.New(fault.Invalid, "advance", "Expected no more than a hundred years altogether; the clock is %s ahead already. Put it back by a reset.", was)
		}
		ahead = was + by
		return writeAhead(tx, ahead)
	})
	if err != nil {
		return 0, err
	}
	s.o.Clock.SetAhead(ahead)
	return ahead, nil
}

// readAhead locks the row against other nodes that move the clock.
func readAhead(tx *store.Tx) (time.Duration, error) {
	us, err := store.One(tx, store.Value[int64], `SELECT ahead_us FROM control_clock WHERE one = 1`+tx.ForUpdate())
	if errors.Is(err, store.ErrNoRows) {
		return 0, nil
	}
	return time.Duration(us) * time.Microsecond, err
}

func writeAhead(tx *store.Tx, ahead time.Duration) error {
	_, err := tx.Exec(`INSERT INTO control_clock (one, ahead_us) VALUES (1, ?)
		ON CONFLICT (one) DO UPDATE SET ahead_us = EXCLUDED.ahead_us`, ahead.Microseconds())
	if err == nil {
		tx.Notify(clockTopic, "")
	}
	return err
}

// readClock sets this node's clock to what the database says.
func (s *Service) readClock(ctx context.Context) error {
	if s.o.Clock == nil {
		return nil
	}
	var us int64
	err := s.db.View(ctx, func(tx *store.Tx) (err error) {
		us, err = store.One(tx, store.Value[int64], `SELECT ahead_us FROM control_clock WHERE one = 1`)
		return err
	})
	if err != nil && !errors.Is(err, store.ErrNoRows) {
		return err
	}
	s.o.Clock.SetAhead(time.Duration(us) * time.Microsecond)
	return nil
}
