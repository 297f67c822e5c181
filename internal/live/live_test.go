package live_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"
	"testing"
	"time"

	"go.uber.org/goleak"

	"github.com/dockwright/dockwright/internal/clock"
	"github.com/dockwright/dockwright/internal/live"
	"github.com/dockwright/dockwright/internal/store"
	"github.com/dockwright/dockwright/internal/store/storetest"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

func each(t *testing.T, fn func(t *testing.T, db *store.DB)) {
	t.Helper()
	t.Parallel()
	storetest.Each(t, func(t *testing.T, open func(ms ...store.Migrations) *store.DB) { fn(t, open(live.Migrations)) })
}

func appendTo(t *testing.T, db *store.DB, company int64, list ...live.Event) {
	t.Helper()
	err := db.Company(company).Update(context.Background(), func(tx *store.Tx) error {
		for _, e := range list {
			live.Append(tx, e)
		}
		return nil
	})
	if err != nil {
		t.Error(err)
	}
}

func since(t *testing.T, db *store.DB, company, after int64, limit int) (list []live.Event) {
	t.Helper()
	err := db.Company(company).View(context.Background(), func(tx *store.Tx) (err error) {
		list, err = live.Since(tx, after, limit)
		return err
	})
	if err != nil {
		t.Error(err)
	}
	return list
}

func last(t *testing.T, db *store.DB, company int64) (n int64) {
	t.Helper()
	err := db.Company(company).View(context.Background(), func(tx *store.Tx) (err error) {
		n, err = live.Last(tx)
		return err
	})
	if err != nil {
		t.Error(err)
	}
	return n
}

func TestEventsComeBackInOrder(t *testing.T) {
	each(t, func(t *testing.T, db *store.DB) {
		at := time.Date(2026, 3, 1, 12, 0, 0, 5000, time.UTC)
		if n := last(t, db, 1); n != 0 {
			t.Errorf("a silent company's head is %d", n)
		}
		appendTo(t, db, 1, live.Event{Kind: "a", At: at, Topics: []string{"inbox", "conversation:12"}, Audience: 7, Data: []byte(`{"x":1}`)}, live.Event{Kind: "b"})
		appendTo(t, db, 2, live.Event{Kind: "other"})
		appendTo(t, db, 1, live.Event{Kind: "c"})
		list := since(t, db, 1, 0, 10)
		if len(list) != 3 || last(t, db, 1) != 3 {
			t.Fatalf("%d events, head %d", len(list), last(t, db, 1))
		}
		for i, kind := range []string{"a", "b", "c"} {
			if e := list[i]; e.Kind != kind || e.Seq != int64(i+1) || e.Company != 1 || e.At.IsZero() {
				t.Errorf("event %d is %+v", i, e)
			}
		}
		if e := list[0]; !e.At.Equal(at) || !slices.Equal(e.Topics, []string{"inbox", "conversation:12"}) || e.Audience != 7 || string(e.Data) != `{"x":1}` {
			t.Errorf("event is %+v", e)
		}
		if list = since(t, db, 1, 1, 1); len(list) != 1 || list[0].Kind != "b" {
			t.Errorf("page is %+v", list)
		}
		err := db.View(t.Context(), func(tx *store.Tx) error {
			heads, err := live.Heads(tx)
			if len(heads) != 2 || heads[1] != 3 || heads[2] != 1 {
				t.Errorf("heads are %v", heads)
			}
			return err
		})
		if err != nil {
			t.Error(err)
		}
	})
}

func TestAFailedTransactionLeavesNoGap(t *testing.T) {
	each(t, func(t *testing.T, db *store.DB) {
		lost := errors.New("no")
		appendTo(t, db, 1, live.Event{Kind: "a"})
		err := db.Company(1).Update(t.Context(), func(tx *store.Tx) error {
			live.Append(tx, live.Event{Kind: "lost"})
			tx.BeforeCommit("later", func(*store.Tx) error { return lost })
			return nil
		})
		if !errors.Is(err, lost) {
			t.Fatal(err)
		}
		appendTo(t, db, 1, live.Event{Kind: "b"})
		if list := since(t, db, 1, 0, 10); len(list) != 2 || list[1].Kind != "b" || list[1].Seq != 2 {
			t.Errorf("events are %+v", list)
		}
	})
}

func TestOneTransactionOfManyEventsAndCompanies(t *testing.T) {
	each(t, func(t *testing.T, db *store.DB) {
		const n = 1203
		err := db.Update(t.Context(), func(tx *store.Tx) error {
			for i := range n {
				live.Append(tx.Bind(int64(2-i%2)), live.Event{Kind: fmt.Sprint(i)})
			}
			// What a last step appends is numbered too.
			tx.BeforeCommit("later", func(tx *store.Tx) error { live.Append(tx.Bind(1), live.Event{Kind: "late"}); return nil })
			return nil
		})
		if err != nil {
			t.Fatal(err)
		}
		if a, b := last(t, db, 1), last(t, db, 2); a != n/2+1 || b != n-n/2 {
			t.Errorf("heads are %d and %d", a, b)
		}
		for company := int64(1); company <= 2; company++ {
			for i, e := range since(t, db, company, 0, n) {
				want := fmt.Sprint(2*i + int(2-company))
				if company == 1 && i == n/2 {
					want = "late"
				}
				if e.Kind != want || e.Seq != int64(i+1) {
					t.Fatalf("company %d: event %d is %+v, want kind %s", company, i, e, want)
				}
			}
		}
	})
}

// A reader who sees event N has seen all below N, however many write.
// spec: live.no-gap
func TestNobodySeesAGap(t *testing.T) {
	each(t, func(t *testing.T, db *store.DB) {
		const writers, each = 12, 40
		var writing sync.WaitGroup
		over := make(chan struct{})
		for w := range writers {
			writing.Go(func() {
				for i := range each {
					list := make([]live.Event, 1+(w+i)%3)
					appendTo(t, db, 1, list...)
				}
			})
		}
		go func() { writing.Wait(); close(over) }()
		var reading sync.WaitGroup
		for range 3 {
			reading.Go(func() {
				seen := int64(0)
				for ended := false; ; {
					select {
					case <-over:
						ended = true
					default:
					}
					list := since(t, db, 1, seen, 100)
					for _, e := range list {
						if e.Seq != seen+1 {
							t.Errorf("event %d came after %d", e.Seq, seen)
							return
						}
						seen = e.Seq
					}
					if ended && len(list) == 0 {
						break
					}
				}
				if want := last(t, db, 1); seen != want || want < writers*each {
					t.Errorf("saw %d of %d", seen, want)
				}
			})
		}
		reading.Wait()
	})
}

func TestPruneKeepsAWeek(t *testing.T) {
	each(t, func(t *testing.T, db *store.DB) {
		now := clock.System{}.Now()
		old := live.Event{Kind: "old", At: now.Add(-live.Keep - time.Minute)}
		young := live.Event{Kind: "young", At: now.Add(-live.Keep + time.Minute)}
		appendTo(t, db, 1, old, old, young)
		appendTo(t, db, 2, young)
		appendTo(t, db, 3, old)
		prune := func() (n int64) {
			if err := db.Update(t.Context(), func(tx *store.Tx) (err error) {
				n, err = live.Prune(tx)
				return err
			}); err != nil {
				t.Error(err)
			}
			return n
		}
		if a, b := prune(), prune(); a != 3 || b != 0 {
			t.Errorf("pruned %d and then %d", a, b)
		}
		if list := since(t, db, 1, 0, 10); len(list) != 1 || list[0].Seq != 3 {
			t.Errorf("left: %+v", list)
		}
		if n := last(t, db, 3); n != 1 {
			t.Errorf("numbers began anew: head %d", n)
		}
	})
}
