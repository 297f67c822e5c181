package records

import (
	"context"
	"fmt"
	"strconv"
	"strings"

	"github.com/dockwright/dockwright/internal/clock"
	"github.com/dockwright/dockwright/internal/host/route"
	"github.com/dockwright/dockwright/internal/store"
)

// BoardFilter says which open deals stand on a board; owner 0 is anybody.
type BoardFilter struct {
	Pipeline, Owner int64
}

// BoardStage is a column of the board.
type BoardStage struct {
	Stage
	Count int64   // of all its open deals
	Sums  []Money // what they are worth together, one per currency, by its code
	Deals []Deal  // the first of them, who came into the stage last first
}

// Board is a pipeline's stages with their open deals: the number and the worth of
// all, and the first cards of each, as many as want says for a stage's id and
// otherwise each. It takes a handful of queries, however many stages
// and deals there are.
// spec: records.board
func (s *Service) Board(ctx context.Context, v route.Caller, f BoardFilter, each int, want map[int64]int) (list []BoardStage, err error) {
	err = s.db.Company(v.Company).View(ctx, func(tx *store.Tx) error {
		stages, err := store.Select(tx, scanStage, `SELECT `+stageColumns+` AND s.pipeline_id = ? ORDER BY s.position, s.id`, f.Pipeline)
		if err != nil {
			return fmt.Errorf("read the stages of pipeline %d: %w", f.Pipeline, err)
		}
		list = make([]BoardStage, len(stages))
		at := make(map[int64]*BoardStage, len(stages))
		for i, st := range stages {
			list[i].Stage = st
			at[st.ID] = &list[i]
		}
		if len(stages) == 0 {
			return nil
		}
		if err := boardSums(tx, v, f, at); err != nil {
			return err
		}
		return boardCards(tx, v, f, stages, at, func(stage int64) int {
			if n, ok := want[stage]; ok {
				return n
			}
			return each
		})
	})
	return list, err
}

// onBoard are the conditions of a deal on a board. They are the words of the
// indexes records_deal_board and records_deal_worth, so that these are used.
func (b BoardFilter) onBoard(f *finding, v route.Caller) {
	f.and("d.status = 'open'")
	f.and("NOT d.deleted")
	f.and("NOT d.archived")
	if b.Owner != 0 {
		f.and("d.owner_id = ?", b.Owner)
	}
	f.visibleOrFollowed(v, "d", KindDeal)
}

func boardSumQuery(v route.Caller, b BoardFilter, stages []int64) (string, []any) {
	var f finding
	f.oneOf("d.stage_id", stages)
	b.onBoard(&f, v)
	return `SELECT d.stage_id, d.currency, COUNT(*), SUM(CAST(d.amount AS DOUBLE PRECISION)) FROM records_deal d
		WHERE d.company_id = @company` + f.where.String() + ` GROUP BY d.stage_id, d.currency ORDER BY d.stage_id, d.currency`, f.args
}

func boardSums(tx *store.Tx, v route.Caller, b BoardFilter, at map[int64]*BoardStage) error {
	stages := make([]int64, 0, len(at))
	for id := range at {
		stages = append(stages, id)
	}
	query, args := boardSumQuery(v, b, some(stages))
	sums, err := store.Select(tx, func(sc store.Scanner) (d DealSum, err error) {
		var value float64
		err = sc.Scan(&d.Stage, &d.Value.Currency, &d.Count, &value)
		d.Value.Amount = int64(value)
		return d, err
	}, query, args...)
	if err != nil {
		return fmt.Errorf("add up the board: %w", err)
	}
	for _, d := range sums {
		st := at[d.Stage]
		st.Count += d.Count
		if d.Value.Currency != "" {
			st.Sums = append(st.Sums, d.Value)
		}
	}
	return nil
}

// boardCardQuery finds the ids of the first cards of each stage: one branch per
// stage, so that each walks the index and stops.
func boardCardQuery(v route.Caller, b BoardFilter, stages []Stage, want func(stage int64) int) (string, []any) {
	var branches []string
	var args []any
	for _, st := range stages {
		var f finding
		f.and("d.stage_id = ?", st.ID)
		b.onBoard(&f, v)
		branches = append(branches, `SELECT c.id FROM (SELECT d.id FROM records_deal d WHERE d.company_id = @company`+f.where.String()+
			` ORDER BY d.stage_changed_at DESC, d.id DESC LIMIT `+strconv.Itoa(want(st.ID))+`) c`)
		args = append(args, f.args...)
	}
	return strings.Join(branches, "\nUNION ALL "), args
}

func boardCards(tx *store.Tx, v route.Caller, b BoardFilter, stages []Stage, at map[int64]*BoardStage, want func(stage int64) int) error {
	query, args := boardCardQuery(v, b, stages, want)
	ids, err := store.Select(tx, store.Value[int64], query, args...)
	if err != nil || len(ids) == 0 {
		return err
	}
	var f finding
	f.oneOf("d.id", ids)
	deals, err := store.Select(tx, scanDeal, selectDeal+f.where.String(), f.args...)
	if err != nil {
		return fmt.Errorf("read the cards of the board: %w", err)
	}
	if err := withoutHidden(tx, v, deals, dealNames); err != nil {
		return err
	}
	byID := make(map[int64]Deal, len(deals))
	for _, d := range deals {
		byID[d.ID] = d
	}
	for _, id := range ids {
		d := byID[id]
		st := at[d.Stage.ID]
		st.Deals = append(st.Deals, d)
	}
	return nil
}

// Position is where d stands in a list sorted by one key, for going on behind it.
func (d Deal) Position(by string) Position {
	at := place(by, d.Title, d.AddedAt, d.UpdatedAt, d.ID)
	switch by {
	case "value":
		at.Value = d.Value.Amount
	case "expected_close_date":
		at.Value = d.ExpectedClose
	case "stage_change_time":
		at.Value = clock.Micros(d.StageChangedAt)
	}
	return at
}

// Position is where l stands in a list sorted by one key, for going on behind it.
func (l Lead) Position(by string) Position {
	at := place(by, l.Title, l.AddedAt, l.UpdatedAt, 0)
	at.ID = l.ID
	return at
}
