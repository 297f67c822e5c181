package records

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/google/uuid"

	"github.com/dockwright/dockwright/internal/clock"
	"github.com/dockwright/dockwright/internal/fault"
	"github.com/dockwright/dockwright/internal/host/route"
	"github.com/dockwright/dockwright/internal/store"
)

// Lead is somebody who may become a customer.
type Lead struct {
	ID                 string // UUID
	Title              string
	Person             Ref
	Organization       Ref
	Owner, Creator     int64 // users
	Value              Money
	Labels             []Label // when writing, only the ids count
	Source             string  // where it came from, in words
	Origin             string  // "API", "ManuallyCreated" …
	OriginID           string
	Channel            int64 // 0: none
	ChannelID          string
	ExpectedClose      string // YYYY-MM-DD or empty
	VisibleTo          int64  // 1 owner, 3 company …
	Custom             map[string]any
	Seen, Archived     bool
	ArchivedAt         time.Time
	Deal               int64 // the deal it was made from; 0: none
	AddedAt, UpdatedAt time.Time
}

// LeadFilter says which leads are wanted; zero fields do not restrict.
type LeadFilter struct {
	Person, Organization, Owner int64
	Label                       string // UUID
	Archived                    bool   // these instead of the others
	UpdatedSince                time.Time
	Filter                      int64 // one that is kept
}

// LeadPatch is what an update changes: nil leaves alone, the zero value clears.
type LeadPatch struct {
	Title                *string
	Person, Organization *int64
	Owner                *int64
	Value                *Money
	Labels               *[]string // UUIDs
	OriginID             *string
	Channel              *int64
	ChannelID            *string
	ExpectedClose        *string
	VisibleTo            *int64
	Custom               map[string]any // nil values clear
	Seen, Archived       *bool
}

// CreateLead stores l, which must name a person or an organization; its id and
// times are set by the room.
func (s *Service) CreateLead(ctx context.Context, v route.Caller, l Lead) (Lead, error) {
	l.ID = uuid.NewString()
	err := s.db.Company(v.Company).Update(ctx, func(tx *store.Tx) (err error) {
		l, err = s.addLead(tx, v, l)
		return err
	})
	return l, err
}

// addLead stores a new lead and tells of it.
func (s *Service) addLead(tx *store.Tx, v route.Caller, l Lead) (Lead, error) {
	l.Owner, l.Creator = orCaller(l.Owner, v), orCaller(l.Creator, v)
	var err error
	if l.Custom, err = s.checkCustom(tx, v, KindLead, l.Custom); err != nil {
		return l, err
	}
	if l, err = s.insertLead(tx, v, l, s.db.Now()); err != nil {
		return l, err
	}
	if l, err = leadOf(tx, allSeeing(v), l.ID); err != nil {
		return l, err
	}
	return l, s.changed(tx, v, leadChange(Added, nil, l))
}

// leadChange is a change of a lead; pages that show its person or organization
// hear of it too.
func leadChange(action string, before, after any) change {
	ch := change{entity: KindLead, action: action, before: before, after: after}
	for _, state := range []any{before, after} {
		l, ok := state.(Lead)
		if !ok {
			continue
		}
		ch.id = l.ID
		for _, link := range []Link{{KindPerson, idText(l.Person.ID)}, {KindOrganization, idText(l.Organization.ID)}} {
			if link.ID != "0" && !slices.Contains(ch.linked, link) {
				ch.linked = append(ch.linked, link)
			}
		}
	}
	return ch
}

// checkLead checks a lead whole; what it has in common with before was checked
// when it came in.
func (s *Service) checkLead(tx *store.Tx, v route.Caller, l *Lead, before Lead) (err error) {
	if l.Title, err = title("title", l.Title); err != nil {
		return err
	}
	if l.Person.ID == 0 && l.Organization.ID == 0 {
		return fault.New(fault.Invalid, "person_id", "Expected a person or an organization, got neither.")
	}
	if l.Channel < 0 {
		return fault.New(fault.Invalid, "channel", "Expected the id of a channel, got %d.", l.Channel)
	}
	if err := errors.Join(
		date("expected_close_date", l.ExpectedClose), checkVisibility(l.VisibleTo), checkLeadValue(l.Value),
		atMost("origin_id", l.OriginID, maxTitle), atMost("channel_id", l.ChannelID, maxTitle),
	); err != nil {
		return err
	}
	for _, link := range []struct {
		field, kind string
		id, was     int64
	}{{"person_id", KindPerson, l.Person.ID, before.Person.ID}, {"organization_id", KindOrganization, l.Organization.ID, before.Organization.ID}} {
		if link.id == link.was {
			continue
		}
		if err := s.refers(tx, v, link.field, link.kind, null(link.id)); err != nil {
			return err
		}
	}
	if l.Owner == before.Owner {
		return nil
	}
	return s.existsUser(tx, "owner_id", l.Owner)
}

func checkLeadValue(m Money) error {
	if m == (Money{}) {
		return nil
	}
	return checkCurrency("value.currency", m.Currency)
}

func (s *Service) insertLead(tx *store.Tx, v route.Caller, l Lead, now time.Time) (Lead, error) {
	if l.VisibleTo == 0 {
		l.VisibleTo = 3
	}
	if l.Origin == "" {
		l.Origin = originManual
	}
	if l.Creator == 0 {
		l.Creator = l.Owner
	}
	if err := s.checkLead(tx, v, &l, Lead{}); err != nil {
		return l, err
	}
	l.AddedAt, l.UpdatedAt = now, orTime(l.UpdatedAt, now)
	custom, err := customText(l.Custom)
	if err != nil {
		return l, err
	}
	if _, err := tx.Exec(`INSERT INTO records_lead (company_id, id, title, folded, person_id, org_id, owner_id, creator_id, amount, currency, source, origin, origin_id,
		channel, channel_id, expected_close, visible_to, custom, seen, archived, archived_at, deal_id, deleted, added_at, updated_at)
		VALUES (@company, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, FALSE, ?, ?)`,
		l.ID, l.Title, fold(l.Title), null(l.Person.ID), null(l.Organization.ID), l.Owner, l.Creator, l.Value.Amount, l.Value.Currency, l.Source,
		l.Origin, l.OriginID, l.Channel, l.ChannelID, l.ExpectedClose, l.VisibleTo, custom, l.Seen, l.Archived, clock.Micros(l.ArchivedAt), l.Deal,
		clock.Micros(l.AddedAt), clock.Micros(l.UpdatedAt)); err != nil {
		return l, err
	}
	return l, s.putLabels(tx, l)
}

// putLabels replaces the labels of a lead.
func (s *Service) putLabels(tx *store.Tx, l Lead) error {
	if _, err := tx.Exec(`DELETE FROM records_lead_label WHERE company_id = @company AND lead_id = ?`, l.ID); err != nil {
		return err
	}
	put := map[string]bool{}
	for _, b := range l.Labels {
		if put[b.ID] {
			continue
		}
		put[b.ID] = true
		if err := s.exists(tx, "label_ids", `SELECT COUNT(*) FROM records_label WHERE company_id = @company AND id = ?`, b.ID); err != nil {
			return err
		}
		if _, err := tx.Exec(`INSERT INTO records_lead_label (company_id, lead_id, label_id) VALUES (@company, ?, ?)`, l.ID, b.ID); err != nil {
			return err
		}
	}
	return nil
}

const selectLead = `SELECT l.id, l.title, COALESCE(p.id, 0), COALESCE(p.name, ''), COALESCE(o.id, 0), COALESCE(o.name, ''),
		l.owner_id, l.creator_id, l.amount, l.currency, l.source, l.origin, l.origin_id, l.channel, l.channel_id, l.expected_close, l.visible_to, l.custom,
		l.seen, l.archived, l.archived_at, l.deal_id, l.added_at, l.updated_at
	FROM records_lead l
	LEFT JOIN records_person p ON p.company_id = l.company_id AND p.id = l.person_id AND NOT p.deleted
	LEFT JOIN records_organization o ON o.company_id = l.company_id AND o.id = l.org_id AND NOT o.deleted
	WHERE l.company_id = @company AND NOT l.deleted`

func scanLead(sc store.Scanner) (Lead, error) {
	var l Lead
	var custom string
	var archived, added, updated int64
	err := sc.Scan(&l.ID, &l.Title, &l.Person.ID, &l.Person.Name, &l.Organization.ID, &l.Organization.Name,
		&l.Owner, &l.Creator, &l.Value.Amount, &l.Value.Currency, &l.Source, &l.Origin, &l.OriginID, &l.Channel, &l.ChannelID, &l.ExpectedClose,
		&l.VisibleTo, &custom, &l.Seen, &l.Archived, &archived, &l.Deal, &added, &updated)
	if err != nil {
		return l, err
	}
	l.ArchivedAt, l.AddedAt, l.UpdatedAt = clock.FromMicros(archived), clock.FromMicros(added), clock.FromMicros(updated)
	l.Custom, err = customFrom(custom)
	return l, err
}

// Lead returns one that was not deleted and that the caller may see.
func (s *Service) Lead(ctx context.Context, v route.Caller, id string) (l Lead, err error) {
	err = s.db.Company(v.Company).View(ctx, func(tx *store.Tx) error {
		if l, err = leadOf(tx, v, id); err != nil {
			return err
		}
		return withoutHiddenIn(tx, v, &l, leadNames)
	})
	return l, err
}

func leadOf(tx *store.Tx, v route.Caller, id string) (Lead, error) {
	var f finding
	f.and("l.id = ?", id)
	f.visibleOrFollowed(v, "l", KindLead)
	l, err := store.One(tx, scanLead, selectLead+f.where.String(), f.args...)
	if err != nil {
		return found(l, err, KindLead, id)
	}
	list := []Lead{l}
	err = fillLabels(tx, list)
	return list[0], err
}

// lockLead reads one that is about to be changed; nobody else changes it until
// tx ends.
func lockLead(tx *store.Tx, v route.Caller, id string) (Lead, error) {
	if _, err := store.Select(tx, store.Value[string], `SELECT id FROM records_lead WHERE company_id = @company AND id = ?`+tx.ForUpdate(), id); err != nil {
		return Lead{}, fmt.Errorf("lock lead %s: %w", id, err)
	}
	return leadOf(tx, v, id)
}

// Leads lists what fits the filter, newest first, at most 500.
func (s *Service) Leads(ctx context.Context, v route.Caller, f LeadFilter) ([]Lead, error) {
	list, _, err := s.ListLeads(ctx, v, f, Window{Limit: 500, Sort: []Order{{By: "add_time", Desc: true}}})
	return list, err
}

// leadSort are the keys by which leads can be sorted.
var leadSort = map[string]string{
	"id": "l.id", "title": "l.folded", "owner_id": "l.owner_id", "creator_id": "l.creator_id", "was_seen": "l.seen",
	"expected_close_date": "l.expected_close", "add_time": "l.added_at", "update_time": "l.updated_at", "next_activity_id": nextActivityOfLead,
}

// nextActivityOfLead is what is to be done first for a lead.
const nextActivityOfLead = `(SELECT a.id FROM records_activity a WHERE a.company_id = l.company_id AND a.lead_id = l.id AND NOT a.deleted AND NOT a.done
		ORDER BY CASE WHEN a.due_date = '' THEN 1 ELSE 0 END, a.due_date, a.due_time, a.id LIMIT 1)`

// ListLeads lists what fits the filter and the caller may see, oldest first where
// nothing else is wanted. It can be sorted by the names of leadSort.
func (s *Service) ListLeads(ctx context.Context, v route.Caller, filter LeadFilter, w Window) (list []Lead, more bool, err error) {
	if len(w.Sort) == 0 {
		w.Sort = []Order{{By: "add_time"}}
	}
	err = s.db.Company(v.Company).View(ctx, func(tx *store.Tx) error {
		var f finding
		filter.into(&f)
		f.visibleOrFollowed(v, "l", KindLead)
		if err := f.filtered(tx, v, filter.Filter, KindLead, "l"); err != nil {
			return err
		}
		tail, args, err := f.page(w, leadSort, "l.id")
		if err != nil {
			return err
		}
		if list, err = store.Select(tx, scanLead, selectLead+tail, args...); err != nil {
			return fmt.Errorf("list leads: %w", err)
		}
		list, more = cut(list, w.Limit)
		if err := fillLabels(tx, list); err != nil {
			return err
		}
		return withoutHidden(tx, v, list, leadNames)
	})
	return list, more, err
}

func (filter LeadFilter) into(f *finding) {
	for _, c := range []struct {
		sql string
		id  int64
	}{{"l.person_id = ?", filter.Person}, {"l.org_id = ?", filter.Organization}, {"l.owner_id = ?", filter.Owner}} {
		if c.id != 0 {
			f.and(c.sql, c.id)
		}
	}
	if filter.Label != "" {
		f.and("EXISTS (SELECT 1 FROM records_lead_label x WHERE x.company_id = l.company_id AND x.lead_id = l.id AND x.label_id = ?)", filter.Label)
	}
	if !filter.UpdatedSince.IsZero() {
		f.and("l.updated_at >= ?", clock.Micros(filter.UpdatedSince))
	}
	if filter.Archived {
		f.and("l.archived")
	} else {
		f.and("NOT l.archived")
	}
}

// fillLabels reads the labels of all leads at once.
func fillLabels(tx *store.Tx, list []Lead) error {
	if len(list) == 0 {
		return nil
	}
	at := map[string]int{}
	args := make([]any, len(list))
	for i, l := range list {
		at[l.ID], args[i] = i, l.ID
	}
	type row struct {
		lead string
		Label
	}
	rows, err := store.Select(tx, func(sc store.Scanner) (r row, err error) {
		err = sc.Scan(&r.lead, &r.ID, &r.Name, &r.Color)
		return r, err
	}, `SELECT x.lead_id, b.id, b.name, b.color FROM records_lead_label x
		JOIN records_label b ON b.company_id = x.company_id AND b.id = x.label_id
		WHERE x.company_id = @company AND x.lead_id IN (`+places(len(args))+`) ORDER BY b.name, b.id`, args...)
	if err != nil {
		return fmt.Errorf("read labels: %w", err)
	}
	for _, r := range rows {
		l := &list[at[r.lead]]
		l.Labels = append(l.Labels, r.Label)
	}
	return nil
}

// UpdateLead changes one.
func (s *Service) UpdateLead(ctx context.Context, v route.Caller, id string, p LeadPatch) (l Lead, err error) {
	err = s.db.Company(v.Company).Update(ctx, func(tx *store.Tx) error {
		before, err := lockLead(tx, v, id)
		if err != nil {
			return err
		}
		if l, err = s.updateLead(tx, v, before, p); err != nil {
			return err
		}
		return withoutHiddenIn(tx, v, &l, leadNames)
	})
	return l, err
}

func (s *Service) updateLead(tx *store.Tx, v route.Caller, before Lead, p LeadPatch) (Lead, error) {
	l := before
	if err := stillArchived(KindLead, before.Archived, p.Archived); err != nil {
		return l, err
	}
	custom, err := s.checkCustom(tx, v, KindLead, p.Custom)
	if err != nil {
		return l, err
	}
	l = p.onto(before)
	l.Custom = mergeCustom(before.Custom, custom)
	switch {
	case !l.Archived:
		l.ArchivedAt = time.Time{}
	case l.ArchivedAt.IsZero():
		l.ArchivedAt = s.db.Now()
	}
	if err := s.checkLead(tx, v, &l, before); err != nil {
		return l, err
	}
	return s.storeLead(tx, v, before, l)
}

// onto is a lead with the patch's fields.
func (p LeadPatch) onto(l Lead) Lead {
	set(&l.Title, p.Title)
	set(&l.Owner, p.Owner)
	set(&l.Value, p.Value)
	set(&l.OriginID, p.OriginID)
	set(&l.Channel, p.Channel)
	set(&l.ChannelID, p.ChannelID)
	set(&l.ExpectedClose, p.ExpectedClose)
	set(&l.VisibleTo, p.VisibleTo)
	set(&l.Seen, p.Seen)
	set(&l.Archived, p.Archived)
	if p.Person != nil {
		l.Person = Ref{ID: *p.Person}
	}
	if p.Organization != nil {
		l.Organization = Ref{ID: *p.Organization}
	}
	if p.Labels != nil {
		l.Labels = nil
		for _, id := range *p.Labels {
			l.Labels = append(l.Labels, Label{ID: id})
		}
	}
	return l
}

func (s *Service) storeLead(tx *store.Tx, v route.Caller, before, l Lead) (Lead, error) {
	l.UpdatedAt = after(before.UpdatedAt, tx.Now())
	custom, err := customText(l.Custom)
	if err != nil {
		return l, err
	}
	if _, err := tx.Exec(`UPDATE records_lead SET title = ?, folded = ?, person_id = ?, org_id = ?, owner_id = ?, amount = ?, currency = ?, origin_id = ?,
		channel = ?, channel_id = ?, expected_close = ?, visible_to = ?, custom = ?, seen = ?, archived = ?, archived_at = ?, updated_at = ?
		WHERE company_id = @company AND id = ?`,
		l.Title, fold(l.Title), null(l.Person.ID), null(l.Organization.ID), l.Owner, l.Value.Amount, l.Value.Currency, l.OriginID,
		l.Channel, l.ChannelID, l.ExpectedClose, l.VisibleTo, custom, l.Seen, l.Archived, clock.Micros(l.ArchivedAt), clock.Micros(l.UpdatedAt), l.ID); err != nil {
		return l, fmt.Errorf("store lead %s: %w", l.ID, err)
	}
	if err := s.putLabels(tx, l); err != nil {
		return l, err
	}
	if l, err = leadOf(tx, allSeeing(v), l.ID); err != nil {
		return l, err
	}
	return l, s.changed(tx, v, leadChange(Updated, before, l))
}

// DeleteLead marks one as deleted.
func (s *Service) DeleteLead(ctx context.Context, v route.Caller, id string) error {
	return s.db.Company(v.Company).Update(ctx, func(tx *store.Tx) error {
		l, err := lockLead(tx, v, id)
		if err != nil {
			return err
		}
		return s.removeLead(tx, v, l)
	})
}

func (s *Service) removeLead(tx *store.Tx, v route.Caller, l Lead) error {
	now := tx.Now()
	if _, err := tx.Exec(`UPDATE records_lead SET deleted = TRUE, deleted_at = ?, updated_at = ? WHERE company_id = @company AND id = ?`,
		clock.Micros(now), clock.Micros(after(l.UpdatedAt, now)), l.ID); err != nil {
		return fmt.Errorf("delete lead %s: %w", l.ID, err)
	}
	return s.changed(tx, v, leadChange(Deleted, l, nil))
}

// NextActivities is what is to be done first for each of these leads.
func (s *Service) NextActivities(ctx context.Context, v route.Caller, leads []string) (map[string]int64, error) {
	out := map[string]int64{}
	err := s.db.Company(v.Company).View(ctx, func(tx *store.Tx) error {
		counts, err := activityCounts(tx, KindLead, leads)
		for id, c := range counts {
			if c.Next != nil {
				out[id] = c.Next.ID
			}
		}
		return err
	})
	return out, err
}
