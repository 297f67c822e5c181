package records

import (
	"context"
	"fmt"
	"strconv"
	"time"

	"github.com/dockwright/dockwright/internal/clock"
	"github.com/dockwright/dockwright/internal/fault"
	"github.com/dockwright/dockwright/internal/host/route"
	"github.com/dockwright/dockwright/internal/store"
)

// maxRotDays is ten years, more or less.
const maxRotDays = 3650

func checkStage(st Stage) error {
	if st.Probability < 0 || st.Probability > 100 {
		return fault.New(fault.Invalid, "deal_probability", "Expected 0 to 100 per cent, got %d.", st.Probability)
	}
	if st.RotDays < 0 || st.RotDays > maxRotDays {
		return fault.New(fault.Invalid, "days_to_rotten", "Expected 1 to %d days, got %d.", maxRotDays, st.RotDays)
	}
	if st.Rots && st.RotDays == 0 {
		return fault.New(fault.Invalid, "days_to_rotten", "Expected 1 to %d days when deals rot in this stage, got none.", maxRotDays)
	}
	return nil
}

// CreateStage stores a stage at the end of its pipeline, or at its position if it
// has one.
func (s *Service) CreateStage(ctx context.Context, v route.Caller, st Stage) (Stage, error) {
	err := s.db.Company(v.Company).Update(ctx, func(tx *store.Tx) (err error) {
		if _, err := pipelineOf(tx, st.Pipeline); err != nil {
			return reference("pipeline_id", st.Pipeline, err)
		}
		if st.Position, err = s.placeStage(tx, v, st, st.Position); err != nil {
			return err
		}
		if st, err = insertStage(tx, st, s.db.Now()); err != nil {
			return err
		}
		return s.changed(tx, v, stageChange(Added, nil, st))
	})
	return st, err
}

// reference turns "there is no such record" about a reference in a body into a
// refusal that names the field.
func reference(field string, id any, err error) error {
	if told, ok := fault.As(err); ok && told.Kind == fault.NotFound {
		return fault.New(fault.Invalid, field, "Expected an existing record, got %v, which does not exist.", id)
	}
	return err
}

// insertStage stores a stage at a position that is free.
func insertStage(tx *store.Tx, st Stage, now time.Time) (Stage, error) {
	var err error
	if st.Name, err = title("name", st.Name); err != nil {
		return st, err
	}
	if err := checkStage(st); err != nil {
		return st, err
	}
	if st.ID, err = tx.NextID(KindStage); err != nil {
		return st, err
	}
	st.AddedAt, st.UpdatedAt = now, now
	us := clock.Micros(st.AddedAt)
	if _, err = tx.Exec(`INSERT INTO records_stage (company_id, id, pipeline_id, name, position, probability, rot_on, rot_days, deleted, added_at, updated_at)
		VALUES (@company, ?, ?, ?, ?, ?, ?, ?, FALSE, ?, ?)`, st.ID, st.Pipeline, st.Name, st.Position, st.Probability, st.Rots, st.RotDays, us, us); err != nil {
		return st, err
	}
	return st, nil
}

func stageChange(action string, before, after any) change {
	st, ok := after.(Stage)
	if !ok {
		st, _ = before.(Stage)
	}
	return change{
		entity: KindStage, id: idText(st.ID), action: action, before: before, after: after,
		topics: []string{KindPipeline + ":" + idText(st.Pipeline)},
	}
}

// idText is an id as events and histories write it.
func idText(id int64) string { return strconv.FormatInt(id, 10) }

// placeStage makes room for a stage at a position of its pipeline, counted from 1;
// 0 is the end. It says which position that is.
func (s *Service) placeStage(tx *store.Tx, v route.Caller, st Stage, to int) (int, error) {
	all, err := store.Select(tx, scanStage, `SELECT `+stageColumns+` AND s.pipeline_id = ? AND s.id <> ? ORDER BY s.position, s.id`, st.Pipeline, st.ID)
	if err != nil {
		return 0, fmt.Errorf("read the stages of pipeline %d: %w", st.Pipeline, err)
	}
	if to <= 0 {
		to = len(all) + 1
	}
	to, places := order(len(all), to)
	for i, other := range all {
		if other.Position == places[i] {
			continue
		}
		after := other
		after.Position, after.UpdatedAt = places[i], s.db.Now()
		if err := s.storeStage(tx, v, other, after); err != nil {
			return 0, err
		}
	}
	return to, nil
}

func (s *Service) storeStage(tx *store.Tx, v route.Caller, before, st Stage) error {
	if _, err := tx.Exec(`UPDATE records_stage SET pipeline_id = ?, name = ?, position = ?, probability = ?, rot_on = ?, rot_days = ?, updated_at = ?
		WHERE company_id = @company AND id = ?`,
		st.Pipeline, st.Name, st.Position, st.Probability, st.Rots, st.RotDays, clock.Micros(st.UpdatedAt), st.ID); err != nil {
		return err
	}
	return s.changed(tx, v, stageChange(Updated, before, st))
}

// UpdateStage changes one. Its deals go with it to another pipeline.
func (s *Service) UpdateStage(ctx context.Context, v route.Caller, id int64, patch StagePatch) (st Stage, err error) {
	err = s.db.Company(v.Company).Update(ctx, func(tx *store.Tx) error {
		if err := lockPipelines(tx); err != nil {
			return err
		}
		before, err := stageOf(tx, id)
		if err != nil {
			return err
		}
		st = before
		set(&st.Pipeline, patch.Pipeline)
		set(&st.Probability, patch.Probability)
		set(&st.Rots, patch.Rots)
		set(&st.RotDays, patch.RotDays)
		if patch.Name != nil {
			if st.Name, err = title("name", *patch.Name); err != nil {
				return err
			}
		}
		if err := checkStage(st); err != nil {
			return err
		}
		if err := s.moveStage(tx, v, before, &st, patch.Position); err != nil {
			return err
		}
		st.UpdatedAt = s.db.Now()
		return s.storeStage(tx, v, before, st)
	})
	return st, err
}

func (s *Service) moveStage(tx *store.Tx, v route.Caller, before Stage, st *Stage, position *int) (err error) {
	elsewhere := st.Pipeline != before.Pipeline
	if elsewhere {
		if _, err := pipelineOf(tx, st.Pipeline); err != nil {
			return reference("pipeline_id", st.Pipeline, err)
		}
	}
	to := 0
	if position != nil {
		to = max(*position, 1)
	}
	if elsewhere || position != nil {
		st.Position, err = s.placeStage(tx, v, *st, to)
	}
	return err
}

// DeleteStages marks stages as deleted, all or none. They must hold no deals.
// spec: rest.stages.delete-empty
func (s *Service) DeleteStages(ctx context.Context, v route.Caller, ids ...int64) error {
	return s.db.Company(v.Company).Update(ctx, func(tx *store.Tx) error {
		if err := lockPipelines(tx); err != nil {
			return err
		}
		for _, id := range ids {
			st, err := stageOf(tx, id)
			if err != nil {
				return err
			}
			if err := s.removeStage(tx, v, st); err != nil {
				return err
			}
		}
		return nil
	})
}

func (s *Service) removeStage(tx *store.Tx, v route.Caller, st Stage) error {
	n, err := store.One(tx, store.Value[int], `SELECT COUNT(*) FROM records_deal WHERE company_id = @company AND stage_id = ? AND NOT deleted`, st.ID)
	if err != nil {
		return fmt.Errorf("count the deals of stage %d: %w", st.ID, err)
	}
	if n > 0 {
		return fault.New(fault.Invalid, "id", "Expected a stage without deals, but %d are in %q. Move them to another stage first.", n, st.Name)
	}
	now := clock.Micros(s.db.Now())
	if _, err := tx.Exec(`UPDATE records_stage SET deleted = TRUE, deleted_at = ?, updated_at = ? WHERE company_id = @company AND id = ?`, now, now, st.ID); err != nil {
		return err
	}
	return s.changed(tx, v, stageChange(Deleted, st, nil))
}
