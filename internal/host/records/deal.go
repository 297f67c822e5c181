package records

import (
	"context"
	"encoding/json"
	"fmt"
	"strings"
	"time"

	"github.com/dockwright/dockwright/internal/clock"
	"github.com/dockwright/dockwright/internal/host/route"
	"github.com/dockwright/dockwright/internal/store"
)

// The states of a deal.
const (
	StatusOpen = "open"
	StatusWon  = "won"
	StatusLost = "lost"
)

// Deal is business that may come to be.
type Deal struct {
	ID              int64
	Title           string
	Value           Money
	Stage, Pipeline Ref
	Person          Ref
	Organization    Ref
	Owner, Creator  int64 // users
	Status          string
	LostReason      string // of a lost one
	Probability     *int   // per cent; nil: the stage's
	ExpectedClose   string // YYYY-MM-DD or empty
	VisibleTo       int64  // 1 owner, 3 company …
	Labels          []int64
	Custom          map[string]any
	Origin          string // "API", "ManuallyCreated" …
	OriginID        string
	Channel         int64 // 0: none
	ChannelID       string
	Lead            string // UUID of the lead it was made from
	Archived        bool
	ArchivedAt      time.Time
	StageChangedAt  time.Time
	ClosedAt        time.Time // zero while open
	WonAt, LostAt   time.Time
	FirstWonAt      time.Time // stays when a won deal is opened again

	AddedAt, UpdatedAt time.Time
	Deleted            bool
	DeletedAt          time.Time
}

// DealFilter says which deals are wanted; zero fields do not restrict.
type DealFilter struct {
	IDs                                          []int64
	Owner, Pipeline, Stage, Person, Organization int64
	Participant                                  int64 // a person who takes part
	Status                                       string
	Statuses                                     []string  // any of these; "deleted" is one of them
	UpdatedSince, UpdatedUntil                   time.Time // the second excluded
	Archived                                     bool      // these instead of the others
	ArchivedToo                                  bool      // these and the others
	Creator                                      int64
	Filter                                       int64 // one that is kept
}

// statusDeleted is how lists are asked for deals that were deleted not long ago.
const statusDeleted = "deleted"

// keptDeleted is how long a deleted record can be listed.
const keptDeleted = 30 * 24 * time.Hour

const selectDeal = `SELECT d.id, d.title, d.amount, d.currency, d.stage_id, s.name, s.pipeline_id, l.name,
		COALESCE(p.id, 0), COALESCE(p.name, ''), COALESCE(o.id, 0), COALESCE(o.name, ''), d.owner_id, d.creator_id, d.status, d.lost_reason,
		COALESCE(d.probability, -1), d.expected_close, d.visible_to, d.label_ids, d.custom, d.origin, d.origin_id, d.channel, d.channel_id, d.lead_id,
		d.archived, d.archived_at, d.stage_changed_at, d.closed_at, d.won_at, d.lost_at, d.first_won_at, d.added_at, d.updated_at, d.deleted, d.deleted_at
	FROM records_deal d
	JOIN records_stage s ON s.company_id = d.company_id AND s.id = d.stage_id
	JOIN records_pipeline l ON l.company_id = s.company_id AND l.id = s.pipeline_id
	LEFT JOIN records_person p ON p.company_id = d.company_id AND p.id = d.person_id AND NOT p.deleted
	LEFT JOIN records_organization o ON o.company_id = d.company_id AND o.id = d.org_id AND NOT o.deleted
	WHERE d.company_id = @company`

func scanDeal(sc store.Scanner) (Deal, error) {
	var d Deal
	var probability int
	var labels, custom string
	var archived, moved, closed, won, lost, first, added, updated, deleted int64
	err := sc.Scan(&d.ID, &d.Title, &d.Value.Amount, &d.Value.Currency, &d.Stage.ID, &d.Stage.Name, &d.Pipeline.ID, &d.Pipeline.Name,
		&d.Person.ID, &d.Person.Name, &d.Organization.ID, &d.Organization.Name, &d.Owner, &d.Creator, &d.Status, &d.LostReason,
		&probability, &d.ExpectedClose, &d.VisibleTo, &labels, &custom, &d.Origin, &d.OriginID, &d.Channel, &d.ChannelID, &d.Lead,
		&d.Archived, &archived, &moved, &closed, &won, &lost, &first, &added, &updated, &d.Deleted, &deleted)
	if err != nil {
		return d, err
	}
	if probability >= 0 {
		d.Probability = &probability
	}
	d.ArchivedAt, d.StageChangedAt, d.ClosedAt = clock.FromMicros(archived), clock.FromMicros(moved), clock.FromMicros(closed)
	d.WonAt, d.LostAt, d.FirstWonAt = clock.FromMicros(won), clock.FromMicros(lost), clock.FromMicros(first)
	d.AddedAt, d.UpdatedAt, d.DeletedAt = clock.FromMicros(added), clock.FromMicros(updated), clock.FromMicros(deleted)
	d.Custom, d.Labels, err = readColumns(custom, labels)
	return d, err
}

// Deal returns one that was not deleted and that the caller may see.
func (s *Service) Deal(ctx context.Context, v route.Caller, id int64) (d Deal, err error) {
	err = s.db.Company(v.Company).View(ctx, func(tx *store.Tx) error {
		if d, err = dealOf(tx, v, id); err != nil {
			return err
		}
		return withoutHiddenIn(tx, v, &d, dealNames)
	})
	return d, err
}

func dealOf(tx *store.Tx, v route.Caller, id int64) (Deal, error) {
	var f finding
	f.and("d.id = ?", id)
	f.and("NOT d.deleted")
	f.visibleOrFollowed(v, "d", KindDeal)
	d, err := store.One(tx, scanDeal, selectDeal+f.where.String(), f.args...)
	return found(d, err, KindDeal, id)
}

// lockDeal reads one that is about to be changed; nobody else changes it until
// tx ends.
func lockDeal(tx *store.Tx, v route.Caller, id int64) (Deal, error) {
	if _, err := store.Select(tx, store.Value[int64], `SELECT id FROM records_deal WHERE company_id = @company AND id = ?`+tx.ForUpdate(), id); err != nil {
		return Deal{}, fmt.Errorf("lock deal %d: %w", id, err)
	}
	return dealOf(tx, v, id)
}

// Deals lists what fits the filter, the one that waits longest in its stage
// first, at most 500.
func (s *Service) Deals(ctx context.Context, v route.Caller, f DealFilter) ([]Deal, error) {
	list, _, err := s.ListDeals(ctx, v, f, Window{Limit: 500, Sort: []Order{{By: "stage_change_time"}}})
	return list, err
}

// dealSort are the keys by which deals can be sorted.
var dealSort = map[string]string{
	"id": "d.id", "add_time": "d.added_at", "update_time": "d.updated_at", "title": "d.folded", "value": "d.amount", "currency": "d.currency",
	"status": "d.status", "stage_id": "d.stage_id", "pipeline_id": "s.pipeline_id", "user_id": "d.owner_id", "owner_id": "d.owner_id",
	"person_id": "d.person_id", "org_id": "d.org_id", "stage_change_time": "d.stage_changed_at", "expected_close_date": "d.expected_close",
	"close_time": "d.closed_at", "won_time": "d.won_at", "lost_time": "d.lost_at", "probability": "d.probability", "archive_time": "d.archived_at",
}

// ListDeals lists what fits the filter and the caller may see. It can be sorted
// by id, add_time, update_time and the other names of dealSort.
func (s *Service) ListDeals(ctx context.Context, v route.Caller, filter DealFilter, w Window) (list []Deal, more bool, err error) {
	err = s.db.Company(v.Company).View(ctx, func(tx *store.Tx) error {
		list, more, err = listDeals(tx, v, filter, w)
		return err
	})
	return list, more, err
}

func listDeals(tx *store.Tx, v route.Caller, filter DealFilter, w Window) ([]Deal, bool, error) {
	var f finding
	filter.into(&f, tx.Now())
	if err := f.filtered(tx, v, filter.Filter, KindDeal, "d"); err != nil {
		return nil, false, err
	}
	f.visibleOrFollowed(v, "d", KindDeal)
	tail, args, err := f.page(w, dealSort, "d.id")
	if err != nil {
		return nil, false, err
	}
	list, err := store.Select(tx, scanDeal, selectDeal+tail, args...)
	if err != nil {
		return nil, false, fmt.Errorf("list deals: %w", err)
	}
	list, more := cut(list, w.Limit)
	return list, more, withoutHidden(tx, v, list, dealNames)
}

func (filter DealFilter) into(f *finding, now time.Time) {
	if len(filter.IDs) > 0 {
		f.oneOf("d.id", filter.IDs)
	}
	for _, c := range []struct {
		sql string
		id  int64
	}{
		{"d.owner_id = ?", filter.Owner}, {"d.stage_id = ?", filter.Stage}, {"s.pipeline_id = ?", filter.Pipeline},
		{"d.person_id = ?", filter.Person}, {"d.org_id = ?", filter.Organization}, {"d.creator_id = ?", filter.Creator},
		{`EXISTS (SELECT 1 FROM records_participant t WHERE t.company_id = d.company_id AND t.deal_id = d.id AND t.person_id = ?)`, filter.Participant},
	} {
		if c.id != 0 {
			f.and(c.sql, c.id)
		}
	}
	filter.statuses(f, now)
	if !filter.UpdatedSince.IsZero() {
		f.and("d.updated_at >= ?", clock.Micros(filter.UpdatedSince))
	}
	if !filter.UpdatedUntil.IsZero() {
		f.and("d.updated_at < ?", clock.Micros(filter.UpdatedUntil))
	}
	if filter.Archived {
		f.and("d.archived")
	} else if !filter.ArchivedToo {
		f.and("NOT d.archived")
	}
}

// statuses restricts to states; without any, to all but what was deleted.
// spec: rest.deals.deleted-30-days
func (filter DealFilter) statuses(f *finding, now time.Time) {
	wanted := filter.Statuses
	if filter.Status != "" {
		wanted = []string{filter.Status}
	}
	if len(wanted) == 0 {
		f.and("NOT d.deleted")
		return
	}
	var either []string
	var args []any
	for _, status := range wanted {
		if status == statusDeleted {
			either, args = append(either, "(d.deleted AND d.deleted_at > ?)"), append(args, clock.Micros(now.Add(-keptDeleted)))
			continue
		}
		either, args = append(either, "(NOT d.deleted AND d.status = ?)"), append(args, status)
	}
	f.and(strings.Join(either, " OR "), args...)
}

// DealStays are the stages that a deal has stood in, in the order in which it
// came to them first, and how long in each until now.
func (s *Service) DealStays(ctx context.Context, v route.Caller, d Deal) (stages []int64, times map[int64]time.Duration, err error) {
	changes, err := s.Changes(ctx, v, KindDeal, idText(d.ID), maxStays)
	if err != nil {
		return nil, nil, fmt.Errorf("read the moves of deal %d: %w", d.ID, err)
	}
	times = map[int64]time.Duration{}
	since, at := d.AddedAt, d.Stage.ID
	stay := func(stage int64, until time.Time) {
		if _, seen := times[stage]; !seen {
			stages = append(stages, stage)
		}
		times[stage] += max(0, until.Sub(since))
		since = until
	}
	for i := len(changes) - 1; i >= 0; i-- {
		for _, f := range changes[i].Fields {
			var from Ref
			if f.Field != "Stage" || json.Unmarshal(f.From, &from) != nil {
				continue
			}
			stay(from.ID, changes[i].At)
		}
	}
	end := s.db.Now()
	if !d.ClosedAt.IsZero() {
		end = d.ClosedAt
	}
	stay(at, end)
	return stages, times, nil
}

// maxStays is how many changes of a deal are looked through for its moves.
const maxStays = 1000

// DealNumbers is what hangs on a deal.
type DealNumbers struct {
	ActivityCounts
	Notes, Files, Participants, Followers int64
}

// DealNumbers reads the counts of all these deals at once.
func (s *Service) DealNumbers(ctx context.Context, v route.Caller, ids []int64) (map[int64]DealNumbers, error) {
	out := map[int64]DealNumbers{}
	if len(ids) == 0 {
		return out, nil
	}
	err := s.db.Company(v.Company).View(ctx, func(tx *store.Tx) error {
		activities, err := activityCounts(tx, KindDeal, ids)
		if err != nil {
			return err
		}
		notes, err := countBy(tx, `SELECT deal_id, COUNT(*) FROM records_note WHERE company_id = @company AND NOT deleted AND deal_id`, ids)
		if err != nil {
			return fmt.Errorf("count the notes of deals: %w", err)
		}
		participants, err := countBy(tx, `SELECT deal_id, COUNT(*) FROM records_participant WHERE company_id = @company AND deal_id`, ids)
		if err != nil {
			return fmt.Errorf("count the participants of deals: %w", err)
		}
		files, err := countBy(tx, `SELECT deal_id, COUNT(*) FROM records_file WHERE company_id = @company AND NOT deleted AND deal_id`, ids)
		if err != nil {
			return fmt.Errorf("count the files of deals: %w", err)
		}
		followers, err := countBy(tx, `SELECT entity_id, COUNT(*) FROM records_follower WHERE company_id = @company AND entity = 'deal' AND entity_id`, ids)
		if err != nil {
			return fmt.Errorf("count the followers of deals: %w", err)
		}
		for _, id := range ids {
			out[id] = DealNumbers{
				ActivityCounts: activities[id], Notes: notes[id], Files: files[id], Participants: participants[id], Followers: followers[id],
			}
		}
		return nil
	})
	return out, err
}

// countBy runs a query that ends in a column, "SELECT column, COUNT(*) …", for
// these values of the column.
func countBy(tx *store.Tx, query string, ids []int64) (map[int64]int64, error) {
	args := make([]any, len(ids))
	for i, id := range ids {
		args[i] = id
	}
	type row struct{ id, n int64 }
	rows, err := store.Select(tx, func(sc store.Scanner) (r row, err error) {
		err = sc.Scan(&r.id, &r.n)
		return r, err
	}, query+` IN (`+places(len(ids))+`) GROUP BY 1`, args...)
	out := make(map[int64]int64, len(rows))
	for _, r := range rows {
		out[r.id] = r.n
	}
	return out, err
}

// DealSum is what the deals of a stage in one currency are worth together.
type DealSum struct {
	Stage           int64
	Count           int64
	Value, Weighted Money // to a ten-thousandth as long as they fit into 2^53 of them
}

// DealSums adds up what fits the filter, by stage and currency.
func (s *Service) DealSums(ctx context.Context, v route.Caller, filter DealFilter) (list []DealSum, err error) {
	err = s.db.Company(v.Company).View(ctx, func(tx *store.Tx) error {
		var f finding
		filter.into(&f, tx.Now())
		if err := f.filtered(tx, v, filter.Filter, KindDeal, "d"); err != nil {
			return err
		}
		f.visibleOrFollowed(v, "d", KindDeal)
		list, err = store.Select(tx, scanDealSum, `SELECT d.stage_id, d.currency, COUNT(*), SUM(CAST(d.amount AS DOUBLE PRECISION)),
				SUM(CAST(d.amount AS DOUBLE PRECISION) * COALESCE(d.probability, CASE WHEN l.probability_on THEN s.probability ELSE 100 END) / 100)
			FROM records_deal d
			JOIN records_stage s ON s.company_id = d.company_id AND s.id = d.stage_id
			JOIN records_pipeline l ON l.company_id = s.company_id AND l.id = s.pipeline_id
			WHERE d.company_id = @company`+f.where.String()+` GROUP BY d.stage_id, d.currency ORDER BY d.stage_id, d.currency`, f.args...)
		return err
	})
	return list, err
}

func scanDealSum(sc store.Scanner) (d DealSum, err error) {
	var value, weighted float64
	err = sc.Scan(&d.Stage, &d.Value.Currency, &d.Count, &value, &weighted)
	d.Value.Amount, d.Weighted = int64(value), Money{int64(weighted), d.Value.Currency}
	return d, err
}
