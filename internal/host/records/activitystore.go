package records

import (
	"encoding/json"
	"fmt"
	"reflect"
	"strconv"

	"github.com/dockwright/dockwright/internal/clock"
	"github.com/dockwright/dockwright/internal/host/route"
	"github.com/dockwright/dockwright/internal/store"
)

const selectAnyActivity = `SELECT a.id, a.subject, a.type, a.owner_id, a.creator_id, a.updater_id, COALESCE(a.person_id, 0), COALESCE(a.org_id, 0),
		COALESCE(a.deal_id, 0), COALESCE(a.lead_id, ''), a.due_date, a.due_time, a.duration, a.busy, a.done, a.done_at, a.location,
		a.public_description, a.note, a.priority, a.meeting_client, a.meeting_url, a.meeting_id, a.deleted, a.added_at, a.updated_at,
		COALESCE(p.name, ''), COALESCE(o.name, ''), COALESCE(d.title, '')
	FROM records_activity a
	LEFT JOIN records_person p ON p.company_id = a.company_id AND p.id = a.person_id
	LEFT JOIN records_organization o ON o.company_id = a.company_id AND o.id = a.org_id
	LEFT JOIN records_deal d ON d.company_id = a.company_id AND d.id = a.deal_id
	WHERE a.company_id = @company`

const selectActivity = selectAnyActivity + ` AND NOT a.deleted`

// site is the column location: one line and its parts.
type site struct {
	Value string            `json:"value"`
	Parts map[string]string `json:"parts,omitempty"`
}

func scanActivity(sc store.Scanner) (a Activity, err error) {
	var done, added, updated int64
	var location string
	err = sc.Scan(&a.ID, &a.Subject, &a.Type, &a.Owner, &a.Creator, &a.Updater, &a.Person, &a.Organization, &a.Deal, &a.Lead,
		&a.DueDate, &a.DueTime, &a.Duration, &a.Busy, &a.Done, &done, &location, &a.PublicDescription, &a.Note, &a.Priority,
		&a.Meeting.Client, &a.Meeting.URL, &a.Meeting.ID, &a.Deleted, &added, &updated, &a.PersonName, &a.OrganizationName, &a.DealTitle)
	if err != nil {
		return a, err
	}
	if done != 0 {
		a.DoneAt = clock.FromMicros(done)
	}
	a.AddedAt, a.UpdatedAt = clock.FromMicros(added), clock.FromMicros(updated)
	if location == "" {
		return a, nil
	}
	var at site
	err = json.Unmarshal([]byte(location), &at)
	a.Location, a.LocationParts = at.Value, at.Parts
	return a, err
}

// readActivity reads one that the caller sees.
func readActivity(tx *store.Tx, c route.Caller, id int64) (Activity, error) {
	var q finding
	q.and("a.id = ?", id)
	q.seen(c, seesActivity, "a")
	list, err := store.Select(tx, scanActivity, selectActivity+q.where.String(), q.args...)
	if err == nil && len(list) == 0 {
		err = store.ErrNoRows
	}
	if err != nil {
		return found(Activity{}, err, KindActivity, id)
	}
	return list[0], fillPeople(tx, list)
}

// lockActivity reads an activity and holds it against other changes until the
// transaction ends.
func lockActivity(tx *store.Tx, c route.Caller, id int64) (Activity, error) {
	if _, err := store.Select(tx, store.Value[int64], `SELECT id FROM records_activity WHERE company_id = @company AND id = ?`+tx.ForUpdate(), id); err != nil {
		return Activity{}, err
	}
	return readActivity(tx, c, id)
}

// query are the conditions, the order and the part of a list.
func (f ActivityFilter) query(tx *store.Tx, c route.Caller, w Window) (string, []any, error) {
	var q finding
	if len(f.IDs) > 0 {
		q.oneOf("a.id", f.IDs)
	}
	if len(f.Except) > 0 {
		q.noneOf("a.id", f.Except)
	}
	q.number("a.owner_id", f.Owner)
	q.number("a.person_id", f.Person)
	q.number("a.org_id", f.Organization)
	q.number("a.deal_id", f.Deal)
	if f.Lead != "" {
		q.and("a.lead_id = ?", f.Lead)
	}
	if len(f.Types) > 0 {
		args := make([]any, len(f.Types))
		for i, t := range f.Types {
			args[i] = t
		}
		q.and("a.type IN ("+places(len(args))+")", args...)
	}
	if f.DueFrom != "" {
		q.and("a.due_date >= ?", f.DueFrom)
	}
	if f.DueTo != "" {
		q.and("a.due_date <> '' AND a.due_date <= ?", f.DueTo)
	}
	if f.Participant != 0 {
		q.and(`a.id IN (SELECT activity_id FROM records_activity_participant WHERE company_id = @company AND person_id = ?)`, f.Participant)
	}
	f.Due.add(&q)
	if f.Done != nil {
		q.and("a.done = ?", *f.Done)
	}
	if !f.UpdatedSince.IsZero() {
		q.and("a.updated_at >= ?", clock.Micros(f.UpdatedSince))
	}
	if !f.UpdatedUntil.IsZero() {
		q.and("a.updated_at < ?", clock.Micros(f.UpdatedUntil))
	}
	if err := q.filtered(tx, c, f.Filter, KindActivity, "a"); err != nil {
		return "", nil, err
	}
	q.seen(c, seesActivity, "a")
	return q.page(w, map[string]string{"id": "a.id", "add_time": "a.added_at", "update_time": "a.updated_at", "due_date": "a.due_date", "due": dueKey}, "a.id")
}

// fillPeople reads the participants and attendees of all activities at once.
func fillPeople(tx *store.Tx, list []Activity) error {
	if len(list) == 0 {
		return nil
	}
	at := map[int64]*Activity{}
	args := make([]any, len(list))
	for i := range list {
		at[list[i].ID], args[i] = &list[i], list[i].ID
	}
	in := ` IN (` + places(len(args)) + `) ORDER BY activity_id, position`
	_, err := store.Select(tx, func(sc store.Scanner) (none struct{}, err error) {
		var id int64
		var p Participant
		if err = sc.Scan(&id, &p.Person, &p.Primary); err == nil {
			at[id].Participants = append(at[id].Participants, p)
		}
		return none, err
	}, `SELECT activity_id, person_id, main FROM records_activity_participant WHERE company_id = @company AND activity_id`+in, args...)
	if err != nil {
		return fmt.Errorf("read participants: %w", err)
	}
	_, err = store.Select(tx, func(sc store.Scanner) (none struct{}, err error) {
		var id int64
		var t Attendee
		if err = sc.Scan(&id, &t.Email, &t.Name, &t.Status, &t.Organizer, &t.Person, &t.User); err == nil {
			at[id].Attendees = append(at[id].Attendees, t)
		}
		return none, err
	}, `SELECT activity_id, email, name, status, organizer, COALESCE(person_id, 0), user_id FROM records_activity_attendee
		WHERE company_id = @company AND activity_id`+in, args...)
	if err != nil {
		return fmt.Errorf("read attendees: %w", err)
	}
	return nil
}

// writeActivity stores an activity that was checked, and tells of it, unless it is
// as it was before; before is nil for a new one.
func (s *Service) writeActivity(tx *store.Tx, c route.Caller, before *Activity, a Activity) (Activity, error) {
	if before != nil && reflect.DeepEqual(*before, a) {
		return a, nil
	}
	a.UpdatedAt = tx.Now()
	var err error
	if before == nil {
		a.AddedAt = a.UpdatedAt
		if a.ID, err = tx.NextID(KindActivity); err != nil {
			return a, err
		}
		err = insertActivity(tx, a)
	} else {
		a.Updater = c.User
		err = updateActivity(tx, a)
	}
	if err != nil {
		return a, err
	}
	if err := writePeople(tx, a); err != nil {
		return a, err
	}
	if a, err = readActivity(tx, allSeeing(c), a.ID); err != nil {
		return a, err
	}
	ch := change{entity: KindActivity, id: strconv.FormatInt(a.ID, 10), action: Added, after: a, linked: a.links()}
	if before != nil {
		ch.action, ch.before, ch.linked = Updated, *before, append(before.links(), a.links()...)
	}
	return a, s.changed(tx, c, ch)
}

// columns are the values of an activity in the order of both statements below.
func (a Activity) columns() ([]any, error) {
	location, done := "", int64(0)
	if a.Location != "" || len(a.LocationParts) > 0 {
		raw, err := json.Marshal(site{a.Location, a.LocationParts})
		if err != nil {
			return nil, err
		}
		location = string(raw)
	}
	if !a.DoneAt.IsZero() {
		done = clock.Micros(a.DoneAt)
	}
	return []any{
		a.Subject, a.Type, a.Owner, a.Creator, a.Updater, null(a.Person), null(a.Organization), null(a.Deal), null(a.Lead),
		a.DueDate, a.DueTime, a.Duration, a.Busy, a.Done, done, location, a.PublicDescription, a.Note, a.Priority,
		a.Meeting.Client, a.Meeting.URL, a.Meeting.ID, clock.Micros(a.AddedAt), clock.Micros(a.UpdatedAt), a.ID,
	}, nil
}

func insertActivity(tx *store.Tx, a Activity) error {
	values, err := a.columns()
	if err != nil {
		return err
	}
	_, err = tx.Exec(`INSERT INTO records_activity (company_id, subject, type, owner_id, creator_id, updater_id, person_id, org_id, deal_id, lead_id,
			due_date, due_time, duration, busy, done, done_at, location, public_description, note, priority,
			meeting_client, meeting_url, meeting_id, added_at, updated_at, id, deleted, deleted_at)
		VALUES (@company, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, FALSE, 0)`, values...)
	return err
}

func updateActivity(tx *store.Tx, a Activity) error {
	values, err := a.columns()
	if err != nil {
		return err
	}
	_, err = tx.Exec(`UPDATE records_activity SET subject = ?, type = ?, owner_id = ?, creator_id = ?, updater_id = ?, person_id = ?, org_id = ?,
			deal_id = ?, lead_id = ?, due_date = ?, due_time = ?, duration = ?, busy = ?, done = ?, done_at = ?, location = ?,
			public_description = ?, note = ?, priority = ?, meeting_client = ?, meeting_url = ?, meeting_id = ?, added_at = ?, updated_at = ?
		WHERE company_id = @company AND id = ?`, values...)
	return err
}

// writePeople replaces the participants and attendees.
func writePeople(tx *store.Tx, a Activity) error {
	for _, table := range []string{"records_activity_participant", "records_activity_attendee"} {
		if _, err := tx.Exec(`DELETE FROM `+table+` WHERE company_id = @company AND activity_id = ?`, a.ID); err != nil {
			return err
		}
	}
	for i, p := range a.Participants {
		_, err := tx.Exec(`INSERT INTO records_activity_participant (company_id, activity_id, person_id, position, main)
			VALUES (@company, ?, ?, ?, ?)`, a.ID, p.Person, i, p.Primary)
		if err != nil {
			return err
		}
	}
	for i, t := range a.Attendees {
		_, err := tx.Exec(`INSERT INTO records_activity_attendee (company_id, activity_id, position, email, name, status, organizer, person_id, user_id)
			VALUES (@company, ?, ?, ?, ?, ?, ?, ?, ?)`, a.ID, i, t.Email, t.Name, t.Status, t.Organizer, null(t.Person), t.User)
		if err != nil {
			return err
		}
	}
	return nil
}

func markActivityDeleted(tx *store.Tx, id int64) error {
	now := clock.Micros(tx.Now())
	_, err := tx.Exec(`UPDATE records_activity SET deleted = TRUE, deleted_at = ?, updated_at = ? WHERE company_id = @company AND id = ?`, now, now, id)
	return err
}
