package lane_test

import (
	"context"
	"fmt"
	"sync"
	"testing"

	"github.com/dockwright/dockwright/internal/lane"
	"github.com/dockwright/dockwright/internal/store"
	"github.com/dockwright/dockwright/internal/store/storetest"
)

// Jobs of one lane that many transactions add run in the order in which these
// commit, and none is left in a lane that was just ending.
func TestManyWritersOfOneLane(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, open func(ms ...store.Migrations) *store.DB) {
		db := open(lane.Migrations, effects)
		const writers, each, lanes = 12, 60, 3
		left := make(chan struct{}, writers*each)
		for range 2 {
			r := lane.NewRunner(db, lane.Options{Log: quiet})
			r.Handle("send", func(_ context.Context, j lane.Job) (func(*store.Tx) error, error) {
				return func(tx *store.Tx) error {
					tx.AfterCommit(func() { left <- struct{}{} })
					n, err := store.One(tx, store.Value[int64], `SELECT n FROM effect WHERE company_id = @company AND lane_key = ? AND what = ?`, j.Key, string(j.Payload))
					if err != nil {
						return err
					}
					_, err = tx.Exec(`INSERT INTO effect (company_id, lane_key, n, what) VALUES (@company, ?, ?, 'done')`, j.Key, n)
					return err
				}, nil
			})
			run(t, r)
		}
		var group sync.WaitGroup
		for w := range writers {
			group.Go(func() {
				for i := range each {
					key, token := fmt.Sprint("k", i%lanes), fmt.Sprintf("%d/%d", w, i)
					err := db.Company(1).Update(context.Background(), func(tx *store.Tx) error {
						if err := lane.Add(tx, lane.Job{Kind: "send", Key: key, Payload: []byte(token)}); err != nil {
							return err
						}
						n, err := tx.NextID(key) // the order of commits
						if err != nil {
							return err
						}
						_, err = tx.Exec(`INSERT INTO effect (company_id, lane_key, n, what) VALUES (@company, ?, ?, ?)`, key, n, token)
						return err
					})
					if err != nil {
						t.Error(err)
					}
				}
			})
		}
		group.Wait()
		for range writers * each {
			<-left
		}
		for l := range lanes {
			var got []int64
			err := db.Company(1).View(t.Context(), func(tx *store.Tx) (err error) {
				got, err = store.Select(tx, store.Value[int64], `SELECT n FROM effect WHERE company_id = @company AND lane_key = ? AND what = 'done' ORDER BY seq`, fmt.Sprint("k", l))
				return err
			})
			if err != nil || len(got) != writers*each/lanes {
				t.Errorf("lane %d did %d jobs (%v)", l, len(got), err)
			}
			for i, n := range got {
				if n != int64(i+1) {
					t.Fatalf("lane %d ran %v", l, got)
				}
			}
		}
	})
}
