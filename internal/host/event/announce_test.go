package event

import (
	"context"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/dockwright/dockwright/internal/live"
	"github.com/dockwright/dockwright/internal/store"
	"github.com/dockwright/dockwright/internal/store/storetest"
)

// TestAnnouncer tells at once, then not more than once per interval, and never
// leaves the last out.
func TestAnnouncer(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		db := storetest.SQLite(t, rooms...)
		count := func() (n int64) {
			_ = db.Company(1).View(context.Background(), func(tx *store.Tx) (err error) {
				n, err = live.Last(tx)
				return err
			})
			return n
		}
		a := NewAnnouncer(db, Event{Kind: "journal.recorded", Topics: []string{"inspector"}}, time.Second, nil)
		told := make(chan struct{}, 100)
		defer db.Listen(live.Topic, func(string) { told <- struct{}{} })()
		ctx, cancel := context.WithCancel(t.Context())
		var group sync.WaitGroup
		group.Go(func() {
			if err := a.Run(ctx); err != nil {
				t.Error(err)
			}
		})
		a.Tell(0)
		a.Tell(1)
		<-told
		began := time.Now()
		for range 50 {
			a.Tell(1)
		}
		<-told
		if d := time.Since(began); d < time.Second || count() != 2 {
			t.Errorf("after %s there are %d events, want 2 after a second", d, count())
		}
		cancel()
		group.Wait()
	})
}
