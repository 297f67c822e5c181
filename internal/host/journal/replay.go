package journal

import (
	"context"
	"crypto/rand"
	"errors"
	"strings"
	"time"

	"github.com/dockwright/dockwright/internal/clock"
	"github.com/dockwright/dockwright/internal/fault"
	"github.com/dockwright/dockwright/internal/host/route"
	"github.com/dockwright/dockwright/internal/store"
)

// ReplayKeyHeader carries the key of [Journal.BeginReplay] through the street.
// Keys that were not given out are ignored.
const ReplayKeyHeader = "Dockwright-Replay-Key"

// Unrepeatable says why e cannot be sent again as it was, "" if it can. What the
// journal did not keep cannot be sent, and a request that is not the same would
// be worse than none.
func (e Exchange) Unrepeatable() string {
	ch := e.RequestChanges
	switch {
	case e.Direction == SDK:
		return "This was said between a page and an iframe in a browser; the host cannot say it again. Events can be sent from the SDK console."
	case e.Direction == In && !route.OnStreet(e.Path):
		return "A person's browser brought this, not the app. Open the page again instead."
	case ch.Has(Left):
		return "The journal did not keep this request's body, so it cannot be sent again."
	case ch.Has(Masked):
		return "This request's body held secrets, which are masked before they are written. Without them it would be another request."
	case ch.Has(Summarised):
		return "This request's body held files, which the journal does not keep."
	case ch.Has(Truncated):
		return "This request's body was longer than 64 kB; the journal keeps the beginning only."
	case strings.Contains(e.URL, Mask) && !onlyTokenMasked(e.URL):
		return "This request's address held a secret, which is masked before it is written."
	}
	return ""
}

// onlyTokenMasked reports whether the only secret in a URL was the caller's own
// token, in whose place a replay puts a fresh one.
func onlyTokenMasked(raw string) bool {
	return strings.Count(raw, Mask) == strings.Count(raw, "api_token="+Mask)
}

// replayLife is how long a key may wait for its exchange.
const replayLife = 10 * time.Minute

// BeginReplay returns a key; the next exchange that carries it, in
// [ReplayKeyHeader] or as Exchange.ReplayKey, is marked as a replay of of.
func (j *Journal) BeginReplay(ctx context.Context, of int64) (key string, err error) {
	key = rand.Text()
	now := j.db.Now()
	err = j.db.Update(ctx, func(tx *store.Tx) error {
		if _, err := tx.Exec(`DELETE FROM replay WHERE at < ?`, clock.Micros(now.Add(-replayLife))); err != nil {
			return err
		}
		_, err := tx.Exec(`INSERT INTO replay (key, exchange_id, at) VALUES (?, ?, ?)`, key, of, clock.Micros(now))
		return err
	})
	return key, err
}

// Replayed waits until the exchange with a replay's key is written, by whichever
// process, and returns its id. When ctx ends first, the error is of kind
// fault.NotFound.
func (j *Journal) Replayed(ctx context.Context, key string) (int64, error) {
	news := make(chan struct{}, 1)
	stop := j.Listen(func(int64) {
		select {
		case news <- struct{}{}:
		default:
		}
	})
	defer stop()
	if err := j.Flush(ctx); err != nil {
		return 0, err
	}
	for {
		var id int64
		err := j.db.View(ctx, func(tx *store.Tx) (err error) {
			id, err = store.One(tx, store.Value[int64], `SELECT id FROM exchange WHERE replay_key = ? ORDER BY id LIMIT 1`, key)
			return err
		})
		if !errors.Is(err, store.ErrNoRows) {
			return id, err
		}
		select {
		case <-news:
		case <-time.After(time.Second): // a notice can be lost
		case <-ctx.Done():
			return 0, fault.Missing("the replay was sent, but its exchange is not in the journal yet; look at the list again")
		}
	}
}

// resolveReplay finds which exchange a key was given out for. A key that is not
// known is dropped.
func resolveReplay(tx *store.Tx, r *record) error {
	if r.ReplayKey == "" {
		return nil
	}
	of, err := store.One(tx, store.Value[int64], `DELETE FROM replay WHERE key = ? RETURNING exchange_id`, r.ReplayKey)
	if errors.Is(err, store.ErrNoRows) {
		r.ReplayKey = ""
		return nil
	}
	r.ReplayOf = of
	return err
}
