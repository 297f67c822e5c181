package records

import (
	"fmt"

	"github.com/dockwright/dockwright/internal/fault"
	"github.com/dockwright/dockwright/internal/store"
)

// ActivityBrief is an activity as the record that it is about shows it.
type ActivityBrief struct {
	ID                int64
	Subject, Type     string
	DueDate           string // YYYY-MM-DD or empty
	DueTime, Duration string // HH:MM:SS or empty
	Note              string // HTML
}

// ActivityCounts is what is to be done and was done for one record.
type ActivityCounts struct {
	// Next is the one to be done first, Last the one done with the latest due date.
	// nil: there is none.
	Next, Last   *ActivityBrief
	Done, Undone int64
}

// activityOf says, for each kind of record, which activities are about it.
var activityOf = map[string]string{
	KindPerson: `records_activity_participant t
		JOIN records_activity a ON a.company_id = t.company_id AND a.id = t.activity_id
		WHERE t.company_id = @company AND t.person_id`,
	KindOrganization: `records_activity a WHERE a.company_id = @company AND a.org_id`,
	KindDeal:         `records_activity a WHERE a.company_id = @company AND a.deal_id`,
	KindLead:         `records_activity a WHERE a.company_id = @company AND a.lead_id`,
}

var activityKey = map[string]string{KindPerson: "t.person_id", KindOrganization: "a.org_id", KindDeal: "a.deal_id", KindLead: "a.lead_id"}

// activityCounts reads the counts of all records of a kind at once. A record
// without activities is not in the map. A person is counted by every activity in
// which the person takes part.
// spec: records.activity-counts
func activityCounts[ID int64 | string](tx *store.Tx, kind string, ids []ID) (map[ID]ActivityCounts, error) {
	out := map[ID]ActivityCounts{}
	from, ok := activityOf[kind]
	if !ok {
		return nil, fault.New(fault.Invalid, "kind", "Expected person, organization, deal or lead, got %q.", kind)
	}
	if len(ids) == 0 {
		return out, nil
	}
	args := make([]any, len(ids))
	for i, id := range ids {
		args[i] = id
	}
	key := activityKey[kind]
	type row struct {
		id    ID
		done  bool
		total int64
		ActivityBrief
	}
	// Of each record, the first of what is to be done and the last of what is done;
	// whatever has no day comes behind what has one.
	rows, err := store.Select(tx, func(sc store.Scanner) (r row, err error) {
		err = sc.Scan(&r.id, &r.done, &r.total, &r.ID, &r.Subject, &r.Type, &r.DueDate, &r.DueTime, &r.Duration, &r.Note)
		return r, err
	}, `SELECT of_id, done, total, id, subject, type, due_date, due_time, duration, note FROM (
			SELECT `+key+` AS of_id, a.done, a.id, a.subject, a.type, a.due_date, a.due_time, a.duration, a.note,
				COUNT(*) OVER (PARTITION BY `+key+`, a.done) AS total,
				ROW_NUMBER() OVER (PARTITION BY `+key+`, a.done
					ORDER BY CASE WHEN a.due_date = '' THEN 1 ELSE 0 END, a.due_date, a.due_time, a.id) AS rising,
				ROW_NUMBER() OVER (PARTITION BY `+key+`, a.done ORDER BY a.due_date DESC, a.due_time DESC, a.id DESC) AS falling
			FROM `+from+` IN (`+places(len(ids))+`) AND NOT a.deleted) x
		WHERE (NOT done AND rising = 1) OR (done AND falling = 1)`, args...)
	if err != nil {
		return nil, fmt.Errorf("count the activities of %d %ss: %w", len(ids), kind, err)
	}
	for _, r := range rows {
		c := out[r.id]
		if r.done {
			c.Last, c.Done = &r.ActivityBrief, r.total
		} else {
			c.Next, c.Undone = &r.ActivityBrief, r.total
		}
		out[r.id] = c
	}
	return out, nil
}
