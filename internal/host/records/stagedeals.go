package records

import (
	"context"
	"fmt"

	"github.com/dockwright/dockwright/internal/fault"
	"github.com/dockwright/dockwright/internal/host/route"
	"github.com/dockwright/dockwright/internal/store"
)

// StageDeals are how many deals stand in each stage, archived ones too. A stage
// without deals is not in the map.
func (s *Service) StageDeals(ctx context.Context, c route.Caller) (map[int64]int, error) {
	out := map[int64]int{}
	err := s.db.Company(c.Company).View(ctx, func(tx *store.Tx) error {
		clear(out)
		_, err := store.Select(tx, func(sc store.Scanner) (none struct{}, err error) {
			var id int64
			var n int
			err = sc.Scan(&id, &n)
			out[id] = n
			return none, err
		}, `SELECT stage_id, COUNT(*) FROM records_deal WHERE company_id = @company AND NOT deleted GROUP BY stage_id`)
		return err
	})
	return out, err
}

// movedAtOnce is how many deals MoveStageDeals moves in one transaction.
const movedAtOnce = 100

// MoveStageDeals moves all deals of a stage to another one, archived ones and those
// that the caller does not see too, so that the stage can be deleted. It goes on
// in several transactions: what was moved stays moved if it ends early.
// spec: records.stage-emptied
func (s *Service) MoveStageDeals(ctx context.Context, c route.Caller, from, to int64) error {
	if from == to {
		return fault.New(fault.Invalid, "deals_to", "Expected another stage than the one that is emptied, got %d.", to)
	}
	for more := true; more; {
		err := s.db.Company(c.Company).Update(ctx, func(tx *store.Tx) error {
			stage, err := stageOf(tx, to)
			if err != nil {
				return reference("deals_to", to, err)
			}
			more, err = s.moveSomeDeals(tx, c, from, stage)
			return err
		})
		if err != nil {
			return fmt.Errorf("move the deals of stage %d: %w", from, err)
		}
	}
	return nil
}

func (s *Service) moveSomeDeals(tx *store.Tx, c route.Caller, from int64, to Stage) (more bool, err error) {
	ids, err := store.Select(tx, store.Value[int64], fmt.Sprintf(`SELECT id FROM records_deal
		WHERE company_id = @company AND NOT deleted AND stage_id = ? ORDER BY id LIMIT %d`, movedAtOnce)+tx.ForUpdate(), from)
	if err != nil || len(ids) == 0 {
		return false, err
	}
	var q finding
	q.oneOf("d.id", ids)
	list, err := store.Select(tx, scanDeal, selectDeal+q.where.String(), q.args...)
	if err != nil {
		return false, err
	}
	for _, before := range list {
		d := before
		d.Stage.ID, d.StageChangedAt = to.ID, tx.Now()
		if _, err := s.storeDeal(tx, c, before, d); err != nil {
			return false, err
		}
	}
	return len(ids) == movedAtOnce, nil
}
