package records

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/google/uuid"

	"github.com/dockwright/dockwright/internal/clock"
	"github.com/dockwright/dockwright/internal/fault"
	"github.com/dockwright/dockwright/internal/host/route"
	"github.com/dockwright/dockwright/internal/store"
)

// KindCall names call logs in the event log.
const KindCall = "callLog"

// Outcomes are how a telephone call can end.
var Outcomes = []string{"connected", "no_answer", "left_message", "left_voicemail", "wrong_number", "busy"}

// typeCall is the type of activity that a call is.
const typeCall = "call"

// Call is a telephone call that was logged.
type Call struct {
	ID                 string // 32 hexadecimal digits
	User               int64  // whose call it was
	Activity           int64
	Subject            string
	Duration           string // seconds, or empty
	Outcome            string // one of Outcomes
	From, To           string // telephone numbers
	Note               string // HTML
	StartedAt, EndedAt time.Time
	Person             int64
	Organization       int64
	Deal               int64
	Lead               string // UUID
	HasRecording       bool
	AddedAt, UpdatedAt time.Time

	recording     int64
	recordingName string
	recordingType string
	deleted       bool
}

// What the platform says of calls.
var (
	errCallChange   = fault.New(fault.Forbidden, "", "You don't have permission to change this resource.")
	errCallMissing  = fault.Missing("A resource required for this operation was not found.")
	errCallRecorded = fault.New(fault.Conflict, "", "A recording for this call already exists")
	errCallGone     = fault.New(fault.Gone, "", "The callLog you are trying to access is no longer available")
)

// missingOf turns a reference to what is not there into the platform's answer.
func missingOf(err error) error {
	if f, ok := fault.As(err); ok && f.Kind == fault.Invalid && strings.HasPrefix(f.Message, "Expected an existing record") || fault.KindOf(err) == fault.NotFound {
		return errCallMissing
	}
	return err
}

// CreateCall logs a call. The activity that it names is done with that, and says
// which records the call is on; without one, an activity of the type call is made.
// spec: rest.calllogs.activity
func (s *Service) CreateCall(ctx context.Context, c route.Caller, call Call) (Call, error) {
	given := call
	given.ID = strings.ReplaceAll(uuid.NewString(), "-", "")
	err := s.db.Company(c.Company).Update(ctx, func(tx *store.Tx) (err error) {
		call, err = s.insertCall(tx, c, given, s.db.Now())
		return err
	})
	return call, err
}

func (s *Service) insertCall(tx *store.Tx, c route.Caller, call Call, now time.Time) (Call, error) {
	if err := call.check(); err != nil {
		return call, err
	}
	call.User, call.Note = orCaller(call.User, c), CleanHTML(call.Note)
	// spec: rest.calllogs.other-user
	if call.User != c.User && !c.Admin {
		return call, errCallChange
	}
	if err := s.existsUser(tx, "user_id", call.User); err != nil {
		return call, errCallMissing
	}
	call, err := s.callActivity(tx, c, call)
	if err != nil {
		return call, missingOf(err)
	}
	return s.storeCall(tx, c, call, now)
}

// storeCall stores a call that was checked, without a recording, and tells of it.
func (s *Service) storeCall(tx *store.Tx, c route.Caller, call Call, now time.Time) (Call, error) {
	call.AddedAt, call.UpdatedAt = now, now
	us := clock.Micros(now)
	if _, err := tx.Exec(`INSERT INTO records_call (company_id, id, user_id, activity_id, subject, duration, outcome, from_number, to_number, note,
			started_at, ended_at, person_id, org_id, deal_id, lead_id, recording_name, recording_type, deleted, deleted_at, added_at, updated_at)
		VALUES (@company, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, '', '', FALSE, 0, ?, ?)`,
		call.ID, call.User, call.Activity, call.Subject, call.Duration, call.Outcome, call.From, call.To, call.Note,
		clock.Micros(call.StartedAt), clock.Micros(call.EndedAt), null(call.Person), null(call.Organization), null(call.Deal), null(call.Lead), us, us); err != nil {
		return call, fmt.Errorf("insert call log: %w", err)
	}
	return call, s.changed(tx, c, call.change(Added, nil, call))
}

func (call Call) change(action string, before, after any) change {
	return change{
		entity: KindCall, id: call.ID, action: action, before: before, after: after,
		linked: linksOf(call.Person, call.Organization, call.Deal, call.Lead),
	}
}

const (
	maxPhone    = 255     // characters of a number as it was dialled
	maxCallNote = 100_000 // characters
)

// check refuses what is wrong in the call itself, in the platform's way.
// spec: rest.calllogs.bad-request
func (call Call) check() error {
	switch {
	case call.Outcome == "":
		return bad(`"outcome" is required.`)
	case !slices.Contains(Outcomes, call.Outcome):
		return bad(`"outcome" must be one of [%s], got %q.`, strings.Join(Outcomes, ", "), call.Outcome)
	case call.To == "":
		return bad(`"to_phone_number" is required.`)
	case call.StartedAt.IsZero():
		return bad(`"start_time" is required.`)
	case call.EndedAt.IsZero():
		return bad(`"end_time" is required.`)
	case call.EndedAt.Before(call.StartedAt):
		return bad(`"end_time" must not be before "start_time".`)
	case call.Deal != 0 && call.Lead != "":
		return bad(`"deal_id" and "lead_id" exclude each other; send one of them.`)
	case call.Duration != "" && !isNumber(call.Duration):
		return bad(`"duration" must be a number of seconds, got %q.`, call.Duration)
	}
	for _, f := range []struct {
		name, value string
		most        int
	}{
		{"to_phone_number", call.To, maxPhone}, {"from_phone_number", call.From, maxPhone}, {"subject", call.Subject, maxTitle}, {"note", call.Note, maxCallNote},
	} {
		if n := len([]rune(f.value)); n > f.most {
			return bad(`"%s" must be at most %d characters long, got %d.`, f.name, f.most, n)
		}
	}
	return nil
}

func bad(format string, args ...any) error { return fault.New(fault.Invalid, "", format, args...) }

func isNumber(s string) bool {
	n, err := strconv.ParseFloat(s, 64)
	return err == nil && n >= 0 && n < 1e9
}

// callActivity makes the call's activity, or completes the one that it names.
// spec: rest.calllogs.activity
func (s *Service) callActivity(tx *store.Tx, c route.Caller, call Call) (Call, error) {
	done := true
	if call.Activity != 0 {
		a, err := lockActivity(tx, c, call.Activity)
		if err != nil {
			return call, err
		}
		if a.Type != typeCall {
			return call, bad(`"activity_id" must be an activity of the type call, got one of the type %s.`, a.Type)
		}
		call.Person, call.Organization, call.Deal, call.Lead = a.Person, a.Organization, a.Deal, a.Lead
		_, err = s.saveActivityIn(tx, c, a.ID, ActivityPatch{Done: &done})
		return call, err
	}
	if err := s.checkLinks(tx, c, call.Person, call.Organization, call.Deal, call.Lead); err != nil {
		return call, err
	}
	if call.Subject == "" {
		call.Subject = "Call"
	}
	kind := typeCall
	day, at := call.StartedAt.UTC().Format(time.DateOnly), call.StartedAt.UTC().Format(time.TimeOnly)
	length := clockTime(call.EndedAt.Sub(call.StartedAt))
	p := ActivityPatch{
		Subject: &call.Subject, Type: &kind, Owner: &call.User, DueDate: &day, DueTime: &at, Duration: &length, Done: &done, Note: &call.Note,
		Organization: &call.Organization, Deal: &call.Deal, Lead: &call.Lead,
	}
	if call.Person != 0 {
		p.Participants = &[]Participant{{Person: call.Person, Primary: true}}
	}
	a, err := s.saveActivityIn(tx, c, 0, p)
	call.Activity = a.ID
	return call, err
}

// saveActivityIn is saveActivity inside another change's transaction. A guard is
// not asked before it, for no other room holds calls.
func (s *Service) saveActivityIn(tx *store.Tx, c route.Caller, id int64, p ActivityPatch) (Activity, error) {
	before, after, err := s.plannedActivity(tx, c, id, p)
	if err != nil {
		return after, err
	}
	if s.activityGuard != nil {
		if err := s.activityGuard.Saving(tx, c, before, &after); err != nil {
			return after, err
		}
	}
	return s.writeActivity(tx, c, before, after)
}

// clockTime is a duration as HH:MM:SS, a day at most.
func clockTime(d time.Duration) string {
	n := int(min(d, 24*time.Hour-time.Second) / time.Second)
	return fmt.Sprintf("%02d:%02d:%02d", n/3600, n/60%60, n%60)
}

const selectCall = `SELECT k.id, k.user_id, k.activity_id, k.subject, k.duration, k.outcome, k.from_number, k.to_number, k.note, k.started_at, k.ended_at,
		COALESCE(k.person_id, 0), COALESCE(k.org_id, 0), COALESCE(k.deal_id, 0), COALESCE(k.lead_id, ''),
		COALESCE(k.recording_id, 0), k.recording_name, k.recording_type, k.deleted, k.added_at, k.updated_at
	FROM records_call k WHERE k.company_id = @company`

func scanCall(sc store.Scanner) (Call, error) {
	var k Call
	var started, ended, added, updated int64
	err := sc.Scan(&k.ID, &k.User, &k.Activity, &k.Subject, &k.Duration, &k.Outcome, &k.From, &k.To, &k.Note, &started, &ended,
		&k.Person, &k.Organization, &k.Deal, &k.Lead, &k.recording, &k.recordingName, &k.recordingType, &k.deleted, &added, &updated)
	k.StartedAt, k.EndedAt = clock.FromMicros(started), clock.FromMicros(ended)
	k.AddedAt, k.UpdatedAt = clock.FromMicros(added), clock.FromMicros(updated)
	k.HasRecording = k.recording != 0
	return k, err
}

// callBy reads a call that the caller sees; a deleted one too, if that was asked.
func callBy(tx *store.Tx, c route.Caller, id, lock string, deletedToo bool) (Call, error) {
	var q finding
	q.and("k.id = ?", id)
	q.seen(c, seesCall, "k")
	k, err := store.One(tx, scanCall, selectCall+q.where.String()+lock, q.args...)
	if errors.Is(err, store.ErrNoRows) || err == nil && k.deleted && !deletedToo {
		return k, errCallMissing
	}
	return k, err
}

// Call returns one that was not deleted.
func (s *Service) Call(ctx context.Context, c route.Caller, id string) (k Call, err error) {
	if !store.Storable(id) {
		return k, errCallMissing
	}
	err = s.db.Company(c.Company).View(ctx, func(tx *store.Tx) error {
		k, err = callBy(tx, c, id, "", false)
		return err
	})
	return k, err
}

// MyCalls lists the caller's own calls, the latest first.
// spec: rest.calllogs.list
func (s *Service) MyCalls(ctx context.Context, c route.Caller, w Window) ([]Call, bool, error) {
	var q finding
	q.and("k.user_id = ?", c.User)
	return s.calls(ctx, c, &q, w)
}

// CallsOf lists the latest calls on a record, limit at most. The id of a lead is
// its UUID, of anything else its decimal number.
func (s *Service) CallsOf(ctx context.Context, c route.Caller, kind, id string, limit int) ([]Call, error) {
	column, key := noteColumns[kind], keys(kind, []string{id})
	if column == "" || len(key) == 0 {
		return nil, fault.Missing("There is no %s %s.", kind, id)
	}
	var q finding
	q.and("k."+column+" = ?", key...)
	list, _, err := s.calls(ctx, c, &q, Window{Limit: limit})
	return list, err
}

func (s *Service) calls(ctx context.Context, c route.Caller, q *finding, w Window) (list []Call, more bool, err error) {
	q.and("NOT k.deleted")
	q.seen(c, seesCall, "k")
	w.Sort = []Order{{By: "start_time", Desc: true}}
	tail, args, err := q.page(w, map[string]string{"start_time": "k.started_at"}, "k.id")
	if err != nil {
		return nil, false, err
	}
	err = s.db.Company(c.Company).View(ctx, func(tx *store.Tx) error {
		list, err = store.Select(tx, scanCall, selectCall+tail, args...)
		return err
	})
	list, more = cut(list, w.Limit)
	return list, more, err
}

// mayChange refuses changes of other people's calls.
// spec: rest.calllogs.other-user
func (call Call) mayChange(c route.Caller) error {
	if call.User != c.User && !c.Admin {
		return errCallChange
	}
	return nil
}

// DeleteCall deletes a call and its recording. The activity stays.
func (s *Service) DeleteCall(ctx context.Context, c route.Caller, id string) error {
	if !store.Storable(id) {
		return errCallMissing
	}
	return s.db.Company(c.Company).Update(ctx, func(tx *store.Tx) error {
		k, err := callBy(tx, c, id, tx.ForUpdate(), true)
		if err != nil {
			return err
		}
		if k.deleted {
			return errCallGone
		}
		if err := k.mayChange(c); err != nil {
			return err
		}
		now := clock.Micros(s.db.Now())
		if _, err := tx.Exec(`UPDATE records_call SET deleted = TRUE, deleted_at = ?, updated_at = ?, recording_id = NULL WHERE company_id = @company AND id = ?`, now, now, id); err != nil {
			return err
		}
		if err := removeContent(tx, k.recording); err != nil {
			return fmt.Errorf("remove the recording: %w", err)
		}
		return s.changed(tx, c, k.change(Deleted, k, nil))
	})
}

// MayRecord says, before a recording is read, whether the call can have it.
func (s *Service) MayRecord(ctx context.Context, c route.Caller, id string) error {
	k, err := s.Call(ctx, c, id)
	if err != nil {
		return err
	}
	if err := k.mayChange(c); err != nil {
		return err
	}
	if k.HasRecording {
		return errCallRecorded
	}
	return nil
}

// AddRecording gives a call the recording that was uploaded. The upload is gone if
// that fails.
// spec: rest.calllogs.recording
func (s *Service) AddRecording(ctx context.Context, c route.Caller, id, kind string, u Upload) error {
	err := s.db.Company(c.Company).Update(ctx, func(tx *store.Tx) error {
		k, err := callBy(tx, c, id, tx.ForUpdate(), false)
		if err != nil {
			return err
		}
		if err := k.mayChange(c); err != nil {
			return err
		}
		if k.HasRecording {
			return errCallRecorded
		}
		if err := use(tx, content{u.id, u.Size}); err != nil {
			return err
		}
		after := k
		after.HasRecording, after.UpdatedAt = true, s.db.Now()
		if _, err := tx.Exec(`UPDATE records_call SET recording_id = ?, recording_name = ?, recording_type = ?, updated_at = ? WHERE company_id = @company AND id = ?`,
			u.id, u.Name, kind, clock.Micros(after.UpdatedAt), id); err != nil {
			return err
		}
		return s.changed(tx, c, k.change(Updated, k, after))
	})
	if err != nil {
		s.Discard(ctx, c, u)
	}
	return err
}

// Recording is the recording of a call, for listening to it.
func (s *Service) Recording(ctx context.Context, c route.Caller, id string) (r *Stream, err error) {
	err = s.db.Company(c.Company).View(ctx, func(tx *store.Tx) error {
		k, err := callBy(tx, c, id, "", false)
		if err != nil {
			return err
		}
		size, err := store.One(tx, store.Value[int64], `SELECT size FROM records_content WHERE company_id = @company AND id = ?`, k.recording)
		if errors.Is(err, store.ErrNoRows) {
			return fault.Missing("The call has no recording.")
		}
		r = s.stream(ctx, c, content{k.recording, size})
		r.Name, r.Type, r.At = k.recordingName, k.recordingType, k.UpdatedAt
		return err
	})
	return r, err
}
