package records

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/dockwright/dockwright/internal/clock"
	"github.com/dockwright/dockwright/internal/fault"
	"github.com/dockwright/dockwright/internal/host/route"
	"github.com/dockwright/dockwright/internal/store"
)

// DealPatch is what an update changes: nil leaves alone, the zero value clears.
type DealPatch struct {
	Title                *string
	Amount               *int64 // ten-thousandths
	Currency             *string
	Stage, Pipeline      *int64 // the stage decides where both are given
	Person, Organization *int64
	Owner                *int64
	Status, LostReason   *string
	Probability          *int // below 0 clears
	ExpectedClose        *string
	VisibleTo            *int64
	Labels               *[]int64
	Custom               map[string]any // nil values clear
	OriginID             *string
	Channel              *int64
	ChannelID            *string
	Archived             *bool
	ArchivedAt           *time.Time
	ClosedAt             *time.Time
	WonAt, LostAt        *time.Time
	AddedAt              *time.Time
}

// CreateDeal stores d; its id is set by the room, and its times where they are
// zero. An empty status is open. Without a stage it comes into the first of its
// pipeline, without a pipeline into the first of all.
func (s *Service) CreateDeal(ctx context.Context, v route.Caller, d Deal) (Deal, error) {
	err := s.db.Company(v.Company).Update(ctx, func(tx *store.Tx) (err error) {
		if d, err = s.addDeal(tx, v, d); err != nil {
			return err
		}
		return withoutHiddenIn(tx, v, &d, dealNames)
	})
	return d, err
}

// addDeal stores a new deal and tells of it.
func (s *Service) addDeal(tx *store.Tx, v route.Caller, d Deal) (Deal, error) {
	d.Owner, d.Creator = orCaller(d.Owner, v), orCaller(d.Creator, v)
	err := s.ensurePipeline(tx, v)
	if err != nil {
		return d, err
	}
	if d.Custom, err = s.checkCustom(tx, v, KindDeal, d.Custom); err != nil {
		return d, err
	}
	if d.Value.Currency == "" {
		if d.Value.Currency, err = s.currencyOf(tx, v.User); err != nil {
			return d, err
		}
	}
	if d, err = s.insertDeal(tx, v, d, s.db.Now()); err != nil {
		return d, err
	}
	if d, err = dealOf(tx, allSeeing(v), d.ID); err != nil {
		return d, err
	}
	return d, s.changed(tx, v, dealChange(Added, nil, d))
}

// allSeeing is the caller for reading back what was just written, whoever may see
// it from now on.
func allSeeing(v route.Caller) route.Caller {
	v.Admin = true
	return v
}

// dealChange is a change of a deal; pages that show its person, organization,
// lead or pipeline hear of it too.
func dealChange(action string, before, after any) change {
	ch := change{entity: KindDeal, action: action, before: before, after: after}
	for _, state := range []any{before, after} {
		d, ok := state.(Deal)
		if !ok {
			continue
		}
		ch.id = idText(d.ID)
		for _, l := range []Link{
			{KindPipeline, idText(d.Pipeline.ID)}, {KindPerson, idText(d.Person.ID)}, {KindOrganization, idText(d.Organization.ID)}, {KindLead, d.Lead},
		} {
			if l.ID != "" && l.ID != "0" && !slices.Contains(ch.linked, l) {
				ch.linked = append(ch.linked, l)
			}
		}
	}
	return ch
}

func (s *Service) insertDeal(tx *store.Tx, v route.Caller, d Deal, now time.Time) (Deal, error) {
	var err error
	if err = s.placeDeal(tx, &d); err != nil {
		return d, err
	}
	if d.AddedAt.IsZero() {
		d.AddedAt = now
	}
	d.UpdatedAt = orTime(d.UpdatedAt, now)
	if d.StageChangedAt.IsZero() {
		d.StageChangedAt = d.AddedAt
	}
	if d.Status == "" {
		d.Status = StatusOpen
	}
	if d.VisibleTo == 0 {
		d.VisibleTo = 3
	}
	if d.Origin == "" {
		d.Origin = originManual
	}
	if d.Creator == 0 {
		d.Creator = d.Owner
	}
	settle(&d, now)
	if err := s.checkDeal(tx, v, &d, Deal{}); err != nil {
		return d, err
	}
	if d.Labels, err = checkLabels(tx, KindDeal, d.Labels); err != nil {
		return d, err
	}
	if d.ID, err = tx.NextID(KindDeal); err != nil {
		return d, err
	}
	row, err := d.row()
	if err != nil {
		return d, err
	}
	if _, err = tx.Exec(`INSERT INTO records_deal (company_id, id, deleted, `+strings.Join(dealColumns, ", ")+`)
		VALUES (@company, ?, FALSE, `+places(len(dealColumns))+`)`, append([]any{d.ID}, row...)...); err != nil {
		return d, err
	}
	return d, s.takePart(tx, d.ID, d.Person.ID, d.Creator)
}

// originManual is the origin of what people typed in.
const originManual = "ManuallyCreated"

// dealColumns are the columns that row fills.
var dealColumns = []string{
	"title", "folded", "amount", "currency", "stage_id", "person_id", "org_id", "owner_id", "creator_id", "status", "lost_reason", "probability",
	"expected_close", "visible_to", "label_ids", "custom", "origin", "origin_id", "channel", "channel_id", "lead_id", "archived", "archived_at",
	"stage_changed_at", "closed_at", "won_at", "lost_at", "first_won_at", "added_at", "updated_at",
}

func (d Deal) row() ([]any, error) {
	custom, labels, err := jsonColumns(d.Custom, d.Labels)
	if err != nil {
		return nil, err
	}
	var probability any
	if d.Probability != nil {
		probability = *d.Probability
	}
	return []any{
		d.Title, fold(d.Title), d.Value.Amount, d.Value.Currency, d.Stage.ID, null(d.Person.ID), null(d.Organization.ID), d.Owner, d.Creator,
		d.Status, d.LostReason, probability, d.ExpectedClose, d.VisibleTo, labels, custom, d.Origin, d.OriginID, d.Channel, d.ChannelID,
		d.Lead, d.Archived, clock.Micros(d.ArchivedAt), clock.Micros(d.StageChangedAt), clock.Micros(d.ClosedAt), clock.Micros(d.WonAt),
		clock.Micros(d.LostAt), clock.Micros(d.FirstWonAt), clock.Micros(d.AddedAt), clock.Micros(d.UpdatedAt),
	}, nil
}

// placeDeal finds the stage of a deal that has none: the first of its pipeline,
// or of the company's first pipeline. Where both are given, the stage decides.
// spec: rest.deals.default-stage
func (s *Service) placeDeal(tx *store.Tx, d *Deal) error {
	if d.Stage.ID != 0 {
		return nil
	}
	if d.Pipeline.ID != 0 {
		if _, err := pipelineOf(tx, d.Pipeline.ID); err != nil {
			return reference("pipeline_id", d.Pipeline.ID, err)
		}
	}
	first, err := store.One(tx, store.Value[int64], `SELECT s.id FROM records_stage s
		JOIN records_pipeline l ON l.company_id = s.company_id AND l.id = s.pipeline_id
		WHERE s.company_id = @company AND NOT s.deleted AND NOT l.deleted AND (CAST(? AS BIGINT) = 0 OR l.id = ?)
		ORDER BY l.position, l.id, s.position, s.id LIMIT 1`, d.Pipeline.ID, d.Pipeline.ID)
	if errors.Is(err, store.ErrNoRows) {
		return fault.New(fault.Invalid, "pipeline_id", "Expected a pipeline with a stage, but there is none. Add a stage first.")
	}
	d.Stage = Ref{ID: first}
	return err
}

// settle makes the times of winning and losing agree with the state.
// spec: rest.deals.closing-times
func settle(d *Deal, now time.Time) {
	fill := func(t *time.Time, with time.Time) {
		if t.IsZero() {
			*t = with
		}
	}
	switch d.Status {
	case StatusWon:
		fill(&d.WonAt, knownTime(d.ClosedAt, now))
		fill(&d.ClosedAt, d.WonAt)
		fill(&d.FirstWonAt, d.WonAt)
	case StatusLost:
		fill(&d.LostAt, knownTime(d.ClosedAt, now))
		fill(&d.ClosedAt, d.LostAt)
	}
	if d.Archived {
		fill(&d.ArchivedAt, now)
	} else {
		d.ArchivedAt = time.Time{}
	}
}

// knownTime is the first of two instants that is known.
func knownTime(t, otherwise time.Time) time.Time {
	if t.IsZero() {
		return otherwise
	}
	return t
}

// checkDeal checks a deal whole; what it has in common with before was checked
// when it came in.
func (s *Service) checkDeal(tx *store.Tx, v route.Caller, d *Deal, before Deal) (err error) {
	if d.Title, err = title("title", d.Title); err != nil {
		return err
	}
	for _, check := range []func() error{
		func() error { return checkClosing(*d) },
		func() error { return checkWords(*d) },
		func() error { return checkVisibility(d.VisibleTo) },
		func() error { return date("expected_close_date", d.ExpectedClose) },
		func() error { return checkValueOf(d.Value) },
		func() error { return s.checkDealLinks(tx, v, *d, before) },
	} {
		if err := check(); err != nil {
			return err
		}
	}
	return nil
}

func checkValueOf(m Money) error {
	if m.Currency == "" && m.Amount == 0 {
		return nil
	}
	return checkCurrency("currency", m.Currency)
}

// checkClosing refuses what belongs to another state.
// spec: rest.deals.lost-reason
func checkClosing(d Deal) error {
	switch d.Status {
	case StatusOpen, StatusWon, StatusLost:
	default:
		return fault.New(fault.Invalid, "status", "Expected open, won or lost, got %q.", shorten(d.Status))
	}
	only := func(there bool, field, status string) error {
		if there {
			return fault.New(fault.Invalid, field, "Expected only with status %s, but the status is %s. Leave it out or set the status too.", status, d.Status)
		}
		return nil
	}
	return errors.Join(
		only(d.LostReason != "" && d.Status != StatusLost, "lost_reason", StatusLost),
		only(!d.LostAt.IsZero() && d.Status != StatusLost, "lost_time", StatusLost),
		only(!d.WonAt.IsZero() && d.Status != StatusWon, "won_time", StatusWon),
		only(!d.ClosedAt.IsZero() && d.Status == StatusOpen, "close_time", "won or lost"),
	)
}

func checkWords(d Deal) error {
	if d.Probability != nil && (*d.Probability < 0 || *d.Probability > 100) {
		return fault.New(fault.Invalid, "probability", "Expected 0 to 100 per cent, got %d.", *d.Probability)
	}
	if d.Channel < 0 {
		return fault.New(fault.Invalid, "channel", "Expected the id of a channel, got %d.", d.Channel)
	}
	return errors.Join(atMost("lost_reason", d.LostReason, 150), atMost("origin_id", d.OriginID, maxTitle), atMost("channel_id", d.ChannelID, maxTitle))
}

// atMost refuses a text that is too long to keep.
func atMost(field, s string, most int) error {
	if n := len([]rune(s)); n > most {
		return fault.New(fault.Invalid, field, "Expected at most %d characters, got %d.", most, n)
	}
	return nil
}

func (s *Service) checkDealLinks(tx *store.Tx, v route.Caller, d, before Deal) error {
	if d.Stage.ID != before.Stage.ID && d.Stage.ID != 0 {
		if err := s.exists(tx, "stage_id", hasStage, d.Stage.ID); err != nil {
			return err
		}
	}
	for _, l := range []struct {
		field, kind string
		id, was     int64
	}{
		{"person_id", KindPerson, d.Person.ID, before.Person.ID},
		{"org_id", KindOrganization, d.Organization.ID, before.Organization.ID},
	} {
		if l.id == l.was {
			continue
		}
		if err := s.refers(tx, v, l.field, l.kind, null(l.id)); err != nil {
			return err
		}
	}
	if d.Owner == before.Owner {
		return nil
	}
	return s.existsUser(tx, "owner_id", d.Owner)
}

// UpdateDeal changes one. Moving it to another stage, winning, losing and
// opening it again set the times that belong to that.
func (s *Service) UpdateDeal(ctx context.Context, v route.Caller, id int64, p DealPatch) (d Deal, err error) {
	err = s.db.Company(v.Company).Update(ctx, func(tx *store.Tx) error {
		before, err := lockDeal(tx, v, id)
		if err != nil {
			return err
		}
		if d, err = s.updateDeal(tx, v, before, p); err != nil {
			return err
		}
		return withoutHiddenIn(tx, v, &d, dealNames)
	})
	return d, err
}

func (s *Service) updateDeal(tx *store.Tx, v route.Caller, before Deal, p DealPatch) (Deal, error) {
	d := before
	if err := stillArchived(KindDeal, before.Archived, p.Archived); err != nil {
		return d, err
	}
	custom, err := s.checkCustom(tx, v, KindDeal, p.Custom)
	if err != nil {
		return d, err
	}
	d.Custom = mergeCustom(before.Custom, custom)
	p.words(&d)
	p.moves(&d)
	if err := s.placeDeal(tx, &d); err != nil {
		return d, err
	}
	now := s.db.Now()
	p.closes(&d, before)
	settle(&d, now)
	if d.Stage.ID != before.Stage.ID {
		d.StageChangedAt = now
	}
	if err := s.checkDeal(tx, v, &d, before); err != nil {
		return d, err
	}
	if p.Labels != nil { // those that were chosen before may have been deleted since
		if d.Labels, err = checkLabels(tx, KindDeal, d.Labels); err != nil {
			return d, err
		}
	}
	return s.storeDeal(tx, v, before, d)
}

// stillArchived refuses changes of what is archived, but for taking it out.
// spec: rest.archived-not-editable
func stillArchived(what string, archived bool, to *bool) error {
	if archived && (to == nil || *to) {
		return fault.New(fault.Forbidden, "", "Archived %ss cannot be changed. Set is_archived to false first.", what)
	}
	return nil
}

// words takes over what needs no thought.
func (p DealPatch) words(d *Deal) {
	set(&d.Title, p.Title)
	set(&d.Value.Amount, p.Amount)
	set(&d.Value.Currency, p.Currency)
	set(&d.Owner, p.Owner)
	set(&d.ExpectedClose, p.ExpectedClose)
	set(&d.VisibleTo, p.VisibleTo)
	set(&d.Labels, p.Labels)
	set(&d.OriginID, p.OriginID)
	set(&d.Channel, p.Channel)
	set(&d.ChannelID, p.ChannelID)
	set(&d.Archived, p.Archived)
	set(&d.ArchivedAt, p.ArchivedAt)
	set(&d.AddedAt, p.AddedAt)
	if p.Probability != nil {
		d.Probability = p.Probability
		if *p.Probability < 0 {
			d.Probability = nil
		}
	}
}

// moves takes over links. A pipeline without a stage is that pipeline's first
// stage, unless the deal is in it already.
func (p DealPatch) moves(d *Deal) {
	if p.Person != nil {
		d.Person = Ref{ID: *p.Person}
	}
	if p.Organization != nil {
		d.Organization = Ref{ID: *p.Organization}
	}
	switch {
	case p.Stage != nil && *p.Stage != 0:
		d.Stage = Ref{ID: *p.Stage}
	case p.Pipeline != nil && *p.Pipeline != 0 && *p.Pipeline != d.Pipeline.ID:
		d.Stage, d.Pipeline = Ref{}, Ref{ID: *p.Pipeline}
	}
}

// closes takes over the state and what belongs to it. Another state forgets the
// times and the reason of the one before.
func (p DealPatch) closes(d *Deal, before Deal) {
	set(&d.Status, p.Status)
	if d.Status != before.Status {
		d.WonAt, d.LostAt, d.ClosedAt, d.LostReason = time.Time{}, time.Time{}, time.Time{}, ""
	}
	set(&d.LostReason, p.LostReason)
	set(&d.WonAt, p.WonAt)
	set(&d.LostAt, p.LostAt)
	set(&d.ClosedAt, p.ClosedAt)
}

func (s *Service) storeDeal(tx *store.Tx, v route.Caller, before, d Deal) (Deal, error) {
	d.UpdatedAt = after(before.UpdatedAt, tx.Now())
	row, err := d.row()
	if err != nil {
		return d, err
	}
	if _, err := tx.Exec(`UPDATE records_deal SET `+strings.Join(dealColumns, " = ?, ")+` = ? WHERE company_id = @company AND id = ?`,
		append(row, d.ID)...); err != nil {
		return d, fmt.Errorf("store deal %d: %w", d.ID, err)
	}
	if err := s.takePart(tx, d.ID, d.Person.ID, v.User); err != nil {
		return d, err
	}
	if d, err = dealOf(tx, allSeeing(v), d.ID); err != nil {
		return d, err
	}
	return d, s.changed(tx, v, dealChange(Updated, before, d))
}

// DeleteDeals marks deals as deleted, all or none.
func (s *Service) DeleteDeals(ctx context.Context, v route.Caller, ids ...int64) error {
	return s.db.Company(v.Company).Update(ctx, func(tx *store.Tx) error {
		for _, id := range ids {
			d, err := lockDeal(tx, v, id)
			if err != nil {
				return err
			}
			if err := s.removeDeal(tx, v, d); err != nil {
				return err
			}
		}
		return nil
	})
}

func (s *Service) removeDeal(tx *store.Tx, v route.Caller, d Deal) error {
	now := tx.Now()
	if _, err := tx.Exec(`UPDATE records_deal SET deleted = TRUE, deleted_at = ?, updated_at = ? WHERE company_id = @company AND id = ?`,
		clock.Micros(now), clock.Micros(after(d.UpdatedAt, now)), d.ID); err != nil {
		return fmt.Errorf("delete deal %d: %w", d.ID, err)
	}
	return s.changed(tx, v, dealChange(Deleted, d, nil))
}
