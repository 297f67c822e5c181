package records

import (
	"context"
	"fmt"
	"time"

	"github.com/dockwright/dockwright/internal/clock"
	"github.com/dockwright/dockwright/internal/fault"
	"github.com/dockwright/dockwright/internal/host/route"
	"github.com/dockwright/dockwright/internal/store"
)

// Pipeline is a way that deals go, stage by stage.
type Pipeline struct {
	ID       int64
	Name     string
	Position int
	Stages   []Stage
}

// Stage is a step of a pipeline.
type Stage struct {
	ID, Pipeline int64
	Name         string
	Position     int
	Probability  int // per cent
}

// Deal is business that may come to be.
type Deal struct {
	ID                 int64
	Title              string
	Value              Money
	Stage, Pipeline    Ref
	Person             Ref
	Organization       Ref
	Owner              int64  // user
	Status             string // open, won or lost
	LostReason         string
	ExpectedClose      string // YYYY-MM-DD or empty
	StageChangedAt     time.Time
	ClosedAt           time.Time // zero while open
	AddedAt, UpdatedAt time.Time
}

// DealFilter says which deals are wanted; zero fields do not restrict.
type DealFilter struct {
	Pipeline, Person, Organization int64
	Status                         string
}

// CreateDeal stores d; its id and times are set by the room. An empty status is
// open.
func (s *Service) CreateDeal(ctx context.Context, v route.Caller, d Deal) (Deal, error) {
	err := s.db.Company(v.Company).Update(ctx, func(tx *store.Tx) (err error) {
		d.Owner = orCaller(d.Owner, v)
		d, err = s.insertDeal(tx, d, s.db.Now())
		return err
	})
	return d, err
}

func (s *Service) checkDeal(tx *store.Tx, d Deal) error {
	switch d.Status {
	case "open", "won", "lost":
	default:
		return fault.New(fault.Invalid, "status", "Expected open, won or lost, got %q.", d.Status)
	}
	if err := date("expected_close_date", d.ExpectedClose); err != nil {
		return err
	}
	if err := s.exists(tx, "stage_id", hasStage, d.Stage.ID); err != nil {
		return err
	}
	if d.Person.ID != 0 {
		if err := s.exists(tx, "person_id", hasPerson, d.Person.ID); err != nil {
			return err
		}
	}
	if d.Organization.ID == 0 {
		return nil
	}
	return s.exists(tx, "org_id", hasOrganization, d.Organization.ID)
}

func (s *Service) insertDeal(tx *store.Tx, d Deal, now time.Time) (Deal, error) {
	if d.Status == "" {
		d.Status = "open"
	}
	var err error
	if d.Title, err = title("title", d.Title); err != nil {
		return d, err
	}
	if err := s.checkDeal(tx, d); err != nil {
		return d, err
	}
	if d.ID, err = tx.NextID("deal"); err != nil {
		return d, err
	}
	d.AddedAt, d.UpdatedAt = now, now
	if d.StageChangedAt.IsZero() {
		d.StageChangedAt = now
	}
	if d.Status != "open" && d.ClosedAt.IsZero() {
		d.ClosedAt = now
	}
	_, err = tx.Exec(`INSERT INTO records_deal (company_id, id, title, folded, amount, currency, stage_id, person_id, org_id, owner_id,
		status, lost_reason, expected_close, deleted, stage_changed_at, closed_at, added_at, updated_at)
		VALUES (@company, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, FALSE, ?, ?, ?, ?)`,
		d.ID, d.Title, fold(d.Title), d.Value.Amount, d.Value.Currency, d.Stage.ID, null(d.Person.ID), null(d.Organization.ID), d.Owner,
		d.Status, d.LostReason, d.ExpectedClose, clock.Micros(d.StageChangedAt), clock.Micros(d.ClosedAt), clock.Micros(now), clock.Micros(now))
	return d, err
}

const selectDeal = `SELECT d.id, d.title, d.amount, d.currency, d.stage_id, s.name, s.pipeline_id, l.name,
		COALESCE(p.id, 0), COALESCE(p.name, ''), COALESCE(o.id, 0), COALESCE(o.name, ''), d.owner_id, d.status, d.lost_reason,
		d.expected_close, d.stage_changed_at, d.closed_at, d.added_at, d.updated_at
	FROM records_deal d
	JOIN records_stage s ON s.company_id = d.company_id AND s.id = d.stage_id
	JOIN records_pipeline l ON l.company_id = s.company_id AND l.id = s.pipeline_id
	LEFT JOIN records_person p ON p.company_id = d.company_id AND p.id = d.person_id AND NOT p.deleted
	LEFT JOIN records_organization o ON o.company_id = d.company_id AND o.id = d.org_id AND NOT o.deleted
	WHERE d.company_id = @company AND NOT d.deleted`

func scanDeal(sc store.Scanner) (Deal, error) {
	var d Deal
	var moved, closed, added, updated int64
	err := sc.Scan(&d.ID, &d.Title, &d.Value.Amount, &d.Value.Currency, &d.Stage.ID, &d.Stage.Name, &d.Pipeline.ID, &d.Pipeline.Name,
		&d.Person.ID, &d.Person.Name, &d.Organization.ID, &d.Organization.Name, &d.Owner, &d.Status, &d.LostReason,
		&d.ExpectedClose, &moved, &closed, &added, &updated)
	d.StageChangedAt, d.ClosedAt = clock.FromMicros(moved), clock.FromMicros(closed)
	d.AddedAt, d.UpdatedAt = clock.FromMicros(added), clock.FromMicros(updated)
	return d, err
}

// Deal returns one that was not deleted.
func (s *Service) Deal(ctx context.Context, v route.Caller, id int64) (Deal, error) {
	var d Deal
	err := s.db.Company(v.Company).View(ctx, func(tx *store.Tx) (err error) {
		d, err = store.One(tx, scanDeal, selectDeal+` AND d.id = ?`, id)
		return err
	})
	return found(d, err, "deal", id)
}

// Deals lists what fits the filter, the one that waits longest in its stage
// first, at most 500.
func (s *Service) Deals(ctx context.Context, v route.Caller, f DealFilter) (list []Deal, err error) {
	query, args := selectDeal, []any{}
	for _, c := range []struct {
		sql string
		id  int64
	}{{` AND s.pipeline_id = ?`, f.Pipeline}, {` AND d.person_id = ?`, f.Person}, {` AND d.org_id = ?`, f.Organization}} {
		if c.id != 0 {
			query, args = query+c.sql, append(args, c.id)
		}
	}
	if f.Status != "" {
		query, args = query+` AND d.status = ?`, append(args, f.Status)
	}
	err = s.db.Company(v.Company).View(ctx, func(tx *store.Tx) error {
		list, err = store.Select(tx, scanDeal, query+` ORDER BY d.stage_changed_at, d.id LIMIT 500`, args...)
		return err
	})
	return list, err
}

// Pipelines lists all with their stages, in their order.
func (s *Service) Pipelines(ctx context.Context, v route.Caller) (list []Pipeline, err error) {
	err = s.db.Company(v.Company).View(ctx, func(tx *store.Tx) error {
		list, err = pipelines(tx)
		return err
	})
	return list, err
}

func pipelines(tx *store.Tx) ([]Pipeline, error) {
	list, err := store.Select(tx, func(sc store.Scanner) (p Pipeline, err error) {
		err = sc.Scan(&p.ID, &p.Name, &p.Position)
		return p, err
	}, `SELECT id, name, position FROM records_pipeline WHERE company_id = @company AND NOT deleted ORDER BY position, id`)
	if err != nil {
		return nil, fmt.Errorf("read pipelines: %w", err)
	}
	stages, err := store.Select(tx, func(sc store.Scanner) (s Stage, err error) {
		err = sc.Scan(&s.ID, &s.Pipeline, &s.Name, &s.Position, &s.Probability)
		return s, err
	}, `SELECT id, pipeline_id, name, position, probability FROM records_stage WHERE company_id = @company AND NOT deleted ORDER BY position, id`)
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

// CreatePipeline stores a pipeline with its stages, last in the order.
func (s *Service) CreatePipeline(ctx context.Context, v route.Caller, p Pipeline) (Pipeline, error) {
	err := s.db.Company(v.Company).Update(ctx, func(tx *store.Tx) (err error) {
		p, err = insertPipeline(tx, p, s.db.Now())
		return err
	})
	return p, err
}

func insertPipeline(tx *store.Tx, p Pipeline, now time.Time) (Pipeline, error) {
	var err error
	if p.Name, err = title("name", p.Name); err != nil {
		return p, err
	}
	if p.ID, err = tx.NextID("pipeline"); err != nil {
		return p, err
	}
	p.Position = int(p.ID)
	us := clock.Micros(now)
	if _, err = tx.Exec(`INSERT INTO records_pipeline (company_id, id, name, position, deleted, added_at, updated_at)
		VALUES (@company, ?, ?, ?, FALSE, ?, ?)`, p.ID, p.Name, p.Position, us, us); err != nil {
		return p, err
	}
	for i := range p.Stages {
		st := &p.Stages[i]
		if st.Name, err = title("stages", st.Name); err != nil {
			return p, err
		}
		if st.ID, err = tx.NextID("stage"); err != nil {
			return p, err
		}
		st.Pipeline, st.Position = p.ID, i+1
		if _, err = tx.Exec(`INSERT INTO records_stage (company_id, id, pipeline_id, name, position, probability, deleted, added_at, updated_at)
			VALUES (@company, ?, ?, ?, ?, ?, FALSE, ?, ?)`, st.ID, p.ID, st.Name, st.Position, st.Probability, us, us); err != nil {
			return p, err
		}
	}
	return p, nil
}
