package records

import (
	"context"
	"fmt"
	"slices"
	"time"

	"github.com/dockwright/dockwright/internal/clock"
	"github.com/dockwright/dockwright/internal/fault"
	"github.com/dockwright/dockwright/internal/host/route"
	"github.com/dockwright/dockwright/internal/store"
)

// The kinds of what deals go through.
const (
	KindPipeline = "pipeline"
	KindStage    = "stage"
)

// Pipeline is a way that deals go, stage by stage.
type Pipeline struct {
	ID       int64
	Name     string
	Position int // from 1 on
	// Weighted says that the stages' probabilities count.
	Weighted           bool
	AddedAt, UpdatedAt time.Time
	Stages             []Stage // only where pipelines are read with them
}

// Stage is a step of a pipeline.
type Stage struct {
	ID, Pipeline       int64
	Name               string
	Position           int // from 1 on
	Probability        int // per cent
	Rots               bool
	RotDays            int // how long a deal may rest here; 0: none said
	AddedAt, UpdatedAt time.Time
}

// PipelinePatch is what an update changes; nil leaves alone.
type PipelinePatch struct {
	Name     *string
	Weighted *bool
	Position *int
}

// StagePatch is what an update changes; nil leaves alone.
type StagePatch struct {
	Name        *string
	Pipeline    *int64
	Position    *int
	Probability *int
	Rots        *bool
	RotDays     *int
}

const (
	anyPipelineColumns = `id, name, position, probability_on, added_at, updated_at FROM records_pipeline WHERE company_id = @company`
	pipelineColumns    = anyPipelineColumns + ` AND NOT deleted`
	anyStageColumns    = `s.id, s.pipeline_id, s.name, s.position, s.probability, s.rot_on, s.rot_days, s.added_at, s.updated_at
		FROM records_stage s JOIN records_pipeline l ON l.company_id = s.company_id AND l.id = s.pipeline_id
		WHERE s.company_id = @company`
	stageColumns = anyStageColumns + ` AND NOT s.deleted AND NOT l.deleted`
)

func scanPipeline(sc store.Scanner) (p Pipeline, err error) {
	var added, updated int64
	err = sc.Scan(&p.ID, &p.Name, &p.Position, &p.Weighted, &added, &updated)
	p.AddedAt, p.UpdatedAt = clock.FromMicros(added), clock.FromMicros(updated)
	return p, err
}

func scanStage(sc store.Scanner) (s Stage, err error) {
	var added, updated int64
	err = sc.Scan(&s.ID, &s.Pipeline, &s.Name, &s.Position, &s.Probability, &s.Rots, &s.RotDays, &added, &updated)
	s.AddedAt, s.UpdatedAt = clock.FromMicros(added), clock.FromMicros(updated)
	return s, err
}

// Pipelines lists all with their stages, in their order. A company that has never
// had one gets its first.
func (s *Service) Pipelines(ctx context.Context, v route.Caller) (list []Pipeline, err error) {
	err = s.db.Company(v.Company).View(ctx, func(tx *store.Tx) error {
		list, err = pipelines(tx)
		return err
	})
	if err != nil || len(list) > 0 {
		return list, err
	}
	err = s.db.Company(v.Company).Update(ctx, func(tx *store.Tx) error {
		if err := s.ensurePipeline(tx, v); err != nil {
			return err
		}
		list, err = pipelines(tx)
		return err
	})
	return list, err
}

func pipelines(tx *store.Tx) ([]Pipeline, error) {
	list, err := store.Select(tx, scanPipeline, `SELECT `+pipelineColumns+` ORDER BY position, id`)
	if err != nil {
		return nil, fmt.Errorf("read pipelines: %w", err)
	}
	stages, err := store.Select(tx, scanStage, `SELECT `+stageColumns+` ORDER BY s.position, s.id`)
	if err != nil {
		return nil, fmt.Errorf("read stages: %w", err)
	}
	for i := range list {
		for _, s := range stages {
			if s.Pipeline == list[i].ID {
				list[i].Stages = append(list[i].Stages, s)
			}
		}
	}
	return list, nil
}

// pipelineOf reads one without its stages.
func pipelineOf(tx *store.Tx, id int64) (Pipeline, error) {
	p, err := store.One(tx, scanPipeline, `SELECT `+pipelineColumns+` AND id = ?`, id)
	return found(p, err, KindPipeline, id)
}

// stageOf reads one.
func stageOf(tx *store.Tx, id int64) (Stage, error) {
	st, err := store.One(tx, scanStage, `SELECT `+stageColumns+` AND s.id = ?`, id)
	return found(st, err, KindStage, id)
}

// lockPipelines lets changes of pipelines, their stages and their order take
// turns: a move changes many of them.
// spec: records.concurrent-updates
func lockPipelines(tx *store.Tx) error {
	_, err := store.Select(tx, store.Value[int64], `SELECT id FROM records_pipeline WHERE company_id = @company ORDER BY id`+tx.ForUpdate())
	return err
}

// CreatePipeline stores a pipeline with its stages, last in the order.
func (s *Service) CreatePipeline(ctx context.Context, v route.Caller, p Pipeline) (Pipeline, error) {
	stages := p.Stages
	err := s.db.Company(v.Company).Update(ctx, func(tx *store.Tx) (err error) {
		p.Stages = slices.Clone(stages)
		if p, err = insertPipeline(tx, p, s.db.Now()); err != nil {
			return err
		}
		return s.pipelineAdded(tx, v, p)
	})
	return p, err
}

// firstStages are those of the pipeline that a company begins with.
var firstStages = []string{"Qualified", "Contact made", "Demo scheduled", "Proposal made", "Negotiations started"}

// ensurePipeline makes the first pipeline of a company that has never had one.
// spec: rest.pipelines.first
func (s *Service) ensurePipeline(tx *store.Tx, v route.Caller) error {
	n, err := store.One(tx, store.Value[int], `SELECT COUNT(*) FROM records_pipeline WHERE company_id = @company`)
	if err != nil || n > 0 {
		return err
	}
	p := Pipeline{Name: "Pipeline", Weighted: true}
	for _, name := range firstStages {
		p.Stages = append(p.Stages, Stage{Name: name, Probability: 100})
	}
	if p, err = insertPipeline(tx, p, s.db.Now()); err != nil {
		return fmt.Errorf("make the first pipeline: %w", err)
	}
	return s.pipelineAdded(tx, v, p)
}

func (s *Service) pipelineAdded(tx *store.Tx, v route.Caller, p Pipeline) error {
	if err := s.changed(tx, v, change{entity: KindPipeline, id: idText(p.ID), action: Added, after: bare(p)}); err != nil {
		return err
	}
	for _, st := range p.Stages {
		if err := s.changed(tx, v, stageChange(Added, nil, st)); err != nil {
			return err
		}
	}
	return nil
}

func insertPipeline(tx *store.Tx, p Pipeline, now time.Time) (Pipeline, error) {
	var err error
	if p.Name, err = title("name", p.Name); err != nil {
		return p, err
	}
	if p.ID, err = tx.NextID(KindPipeline); err != nil {
		return p, err
	}
	last, err := store.One(tx, store.Value[int], `SELECT COALESCE(MAX(position), 0) FROM records_pipeline WHERE company_id = @company AND NOT deleted`)
	if err != nil {
		return p, fmt.Errorf("find the last pipeline: %w", err)
	}
	p.Position, p.AddedAt, p.UpdatedAt = last+1, now, now
	us := clock.Micros(p.AddedAt)
	if _, err = tx.Exec(`INSERT INTO records_pipeline (company_id, id, name, position, probability_on, deleted, added_at, updated_at)
		VALUES (@company, ?, ?, ?, ?, FALSE, ?, ?)`, p.ID, p.Name, p.Position, p.Weighted, us, us); err != nil {
		return p, err
	}
	for i := range p.Stages {
		p.Stages[i].Pipeline, p.Stages[i].Position = p.ID, i+1
		if p.Stages[i], err = insertStage(tx, p.Stages[i], now); err != nil {
			return p, err
		}
	}
	return p, nil
}

// bare is a pipeline for the event log, which tells of its stages one by one.
func bare(p Pipeline) Pipeline {
	p.Stages = nil
	return p
}

// UpdatePipeline changes one. A position moves the others out of its way.
func (s *Service) UpdatePipeline(ctx context.Context, v route.Caller, id int64, patch PipelinePatch) (p Pipeline, err error) {
	err = s.db.Company(v.Company).Update(ctx, func(tx *store.Tx) error {
		if err := lockPipelines(tx); err != nil {
			return err
		}
		before, err := pipelineOf(tx, id)
		if err != nil {
			return err
		}
		p = before
		set(&p.Weighted, patch.Weighted)
		if patch.Name != nil {
			if p.Name, err = title("name", *patch.Name); err != nil {
				return err
			}
		}
		if patch.Position != nil {
			if p.Position, err = s.movePipeline(tx, v, p, *patch.Position); err != nil {
				return err
			}
		}
		p.UpdatedAt = s.db.Now()
		if _, err := tx.Exec(`UPDATE records_pipeline SET name = ?, position = ?, probability_on = ?, updated_at = ? WHERE company_id = @company AND id = ?`,
			p.Name, p.Position, p.Weighted, clock.Micros(p.UpdatedAt), id); err != nil {
			return err
		}
		return s.changed(tx, v, change{entity: KindPipeline, id: idText(id), action: Updated, before: before, after: p})
	})
	return p, err
}

// movePipeline makes room at a position, counted from 1, and says which it is.
func (s *Service) movePipeline(tx *store.Tx, v route.Caller, p Pipeline, to int) (int, error) {
	all, err := store.Select(tx, scanPipeline, `SELECT `+pipelineColumns+` AND id <> ? ORDER BY position, id`, p.ID)
	if err != nil {
		return 0, fmt.Errorf("read pipelines: %w", err)
	}
	to, places := order(len(all), to)
	for i, other := range all {
		if other.Position == places[i] {
			continue
		}
		after := other
		after.Position, after.UpdatedAt = places[i], s.db.Now()
		if _, err := tx.Exec(`UPDATE records_pipeline SET position = ?, updated_at = ? WHERE company_id = @company AND id = ?`,
			after.Position, clock.Micros(after.UpdatedAt), other.ID); err != nil {
			return 0, err
		}
		if err := s.changed(tx, v, change{entity: KindPipeline, id: idText(other.ID), action: Updated, before: other, after: after}); err != nil {
			return 0, err
		}
	}
	return to, nil
}

// order puts one more at a position, counted from 1, among n others: where it
// really comes to stand, and the positions of the others.
func order(n, to int) (int, []int) {
	to = min(max(to, 1), n+1)
	places := make([]int, n)
	for i := range places {
		places[i] = i + 1
		if places[i] >= to {
			places[i]++
		}
	}
	return to, places
}

// DeletePipeline marks one and its stages as deleted. It must hold no deals, and
// another must remain.
// spec: rest.pipelines.delete-empty
func (s *Service) DeletePipeline(ctx context.Context, v route.Caller, id int64) error {
	return s.db.Company(v.Company).Update(ctx, func(tx *store.Tx) error {
		if err := lockPipelines(tx); err != nil {
			return err
		}
		p, err := pipelineOf(tx, id)
		if err != nil {
			return err
		}
		stages, err := store.Select(tx, scanStage, `SELECT `+stageColumns+` AND s.pipeline_id = ? ORDER BY s.position, s.id`, id)
		if err != nil {
			return fmt.Errorf("read the stages of pipeline %d: %w", id, err)
		}
		others, err := store.One(tx, store.Value[int], `SELECT COUNT(*) FROM records_pipeline WHERE company_id = @company AND NOT deleted AND id <> ?`, id)
		if err != nil {
			return err
		}
		if others == 0 {
			return fault.New(fault.Invalid, "id", "Expected another pipeline to remain, but %q is the last. Make another first.", p.Name)
		}
		for _, st := range stages {
			if err := s.removeStage(tx, v, st); err != nil {
				return err
			}
		}
		now := clock.Micros(s.db.Now())
		if _, err := tx.Exec(`UPDATE records_pipeline SET deleted = TRUE, deleted_at = ?, updated_at = ? WHERE company_id = @company AND id = ?`, now, now, id); err != nil {
			return err
		}
		return s.changed(tx, v, change{entity: KindPipeline, id: idText(id), action: Deleted, before: p})
	})
}
