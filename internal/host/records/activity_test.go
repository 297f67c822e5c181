package records_test

import (
	"context"
	"errors"
	"slices"
	"strconv"
	"sync"
	"testing"

	"github.com/dockwright/dockwright/internal/fault"
	"github.com/dockwright/dockwright/internal/host/records"
	"github.com/dockwright/dockwright/internal/host/route"
	"github.com/dockwright/dockwright/internal/store"
)

func to[T any](v T) *T { return &v }

// kinds are the changes of a record, newest first.
func kinds(t *testing.T, s *records.Service, entity, id string) []string {
	t.Helper()
	var out []string
	for _, c := range must[[]records.Change](t)(s.Changes(t.Context(), ours, entity, id, 100)) {
		out = append(out, c.Action)
	}
	return out
}

// room is a guard that holds a meeting for everything of type meeting.
type room struct {
	mu      sync.Mutex
	held    []string // what was done outside of the transaction
	refuse  error    // of Before
	fail    error    // of Saving
	written int      // saves seen inside
}

func (r *room) Before(_ context.Context, c route.Caller, before, after *records.Activity) error {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.refuse != nil {
		return r.refuse
	}
	switch {
	case after == nil:
		r.held = append(r.held, "end "+before.Meeting.ID)
	case before == nil && after.Type == "meeting":
		r.held = append(r.held, "begin")
		after.Meeting = records.Meeting{Client: c.ClientID, URL: "https://meet.acme.test/1", ID: "m1"}
	case before != nil && before.DueDate != after.DueDate:
		r.held = append(r.held, "move "+after.Meeting.ID+" to "+after.DueDate)
	}
	return nil
}

func (r *room) Saving(_ *store.Tx, _ route.Caller, _, after *records.Activity) error {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.fail != nil {
		return r.fail
	}
	r.written++
	if after != nil && after.Meeting.ID != "" {
		after.Meeting.ID += "!"
	}
	return nil
}

// spec: records.activity-guard
func TestActivityGuard(t *testing.T) {
	each(t, func(t *testing.T, s *records.Service, _ *store.DB) {
		ctx, g := t.Context(), &room{}
		s.GuardActivities(g)
		app := route.Caller{Company: 1, User: 1, ClientID: "app", Street: true}
		a := must[records.Activity](t)(s.CreateActivity(ctx, app, records.ActivityPatch{Type: to("meeting"), DueDate: to("2026-11-05")}))
		if a.Meeting != (records.Meeting{Client: "app", URL: "https://meet.acme.test/1", ID: "m1!"}) {
			t.Errorf("the meeting is %+v", a.Meeting)
		}
		a = must[records.Activity](t)(s.UpdateActivity(ctx, ours, a.ID, records.ActivityPatch{DueDate: to("2026-11-06")}))
		if a.Meeting.ID != "m1!!" || a.Meeting.URL == "" {
			t.Errorf("moved, the meeting is %+v", a.Meeting)
		}
		if _, err := s.UpdateActivity(ctx, ours, a.ID, records.ActivityPatch{DueDate: to("soon")}); fault.KindOf(err) != fault.Invalid {
			t.Errorf("a wrong day: %v", err)
		}
		g.fail = errors.New("the room is full")
		if _, err := s.UpdateActivity(ctx, ours, a.ID, records.ActivityPatch{Subject: to("New")}); !errors.Is(err, g.fail) {
			t.Errorf("saving was refused with %v", err)
		}
		if err := s.DeleteActivities(ctx, ours, a.ID); !errors.Is(err, g.fail) {
			t.Errorf("deleting was refused with %v", err)
		}
		g.fail, g.refuse = nil, errors.New("nobody answers")
		if _, err := s.CreateActivity(ctx, ours, records.ActivityPatch{Type: to("meeting")}); !errors.Is(err, g.refuse) {
			t.Errorf("creating was refused with %v", err)
		}
		if err := s.DeleteActivities(ctx, ours, a.ID); !errors.Is(err, g.refuse) {
			t.Errorf("deleting was refused with %v", err)
		}
		g.refuse = nil
		if got := must[records.Activity](t)(s.Activity(ctx, ours, a.ID)); got.Subject != "Meeting" || got.Meeting.ID != "m1!!" {
			t.Errorf("what was refused changed it to %+v", got)
		}
		if err := s.DeleteActivities(ctx, ours, a.ID); err != nil {
			t.Error(err)
		}
		if want := []string{"begin", "move m1! to 2026-11-06", "end m1!!", "end m1!!"}; !slices.Equal(g.held, want) {
			t.Errorf("the guard heard %q, want %q", g.held, want)
		}
		if g.written != 3 {
			t.Errorf("it saw %d writes, want 3", g.written)
		}
	})
}

// spec: records.activity-counts
// spec: records.every-change-is-told
func TestActivitiesOnBothDatabases(t *testing.T) {
	each(t, func(t *testing.T, s *records.Service, _ *store.DB) {
		ctx := t.Context()
		make := func(p records.ActivityPatch) records.Activity {
			return must[records.Activity](t)(s.CreateActivity(ctx, ours, p))
		}
		people := []records.Participant{{Person: 1}, {Person: 2, Primary: true}}
		a := make(records.ActivityPatch{DueDate: to("2026-12-01"), DueTime: to("9:00"), Participants: &people, Deal: to(int64(1)), Organization: to(int64(1)),
			Attendees: &[]records.Attendee{{Email: "a@b.test", Person: 1}}})
		b := make(records.ActivityPatch{DueDate: to("2026-12-01"), Person: to(int64(1))})
		c := make(records.ActivityPatch{Done: to(true), Person: to(int64(1)), Deal: to(int64(1))})
		if a.Person != 2 || a.DueTime != "09:00:00" || a.PersonName == "" || len(a.Attendees) != 1 || c.DoneAt.IsZero() {
			t.Errorf("stored %+v", a)
		}
		list, more, err := s.ListActivities(ctx, ours, records.ActivityFilter{Types: []string{"call"}, DueFrom: "2026-12-01", DueTo: "2026-12-01"},
			records.Window{Limit: 1, Sort: []records.Order{{By: "due_date", Desc: true}}})
		if err != nil || !more || len(list) != 1 || list[0].ID != b.ID {
			t.Errorf("listed %+v, %v, %v", list, more, err)
		}
		list, more, err = s.ListActivities(ctx, ours, records.ActivityFilter{}, records.Window{
			Limit: 5, Sort: []records.Order{{By: "due_date", Desc: true}}, After: &records.Position{Value: "2026-12-01", ID: b.ID},
		})
		if err != nil || more || len(list) != 2 || list[0].ID != a.ID || len(list[0].Participants) != 2 || list[1].ID != c.ID {
			t.Errorf("behind the first are %+v, %v, %v", list, more, err)
		}
		if list, _, err := s.ListActivities(ctx, theirs, records.ActivityFilter{}, records.Window{Limit: 5}); err != nil || len(list) != 0 {
			t.Errorf("another company sees %+v, %v", list, err)
		}
		for _, other := range []error{
			func() error { _, err := s.Activity(ctx, theirs, a.ID); return err }(),
			func() error {
				_, err := s.UpdateActivity(ctx, theirs, a.ID, records.ActivityPatch{Done: to(true)})
				return err
			}(),
			s.DeleteActivities(ctx, theirs, a.ID), s.DeleteActivities(ctx, ours, a.ID, 4711),
		} {
			if fault.KindOf(other) != fault.NotFound {
				t.Errorf("got %v, want not found", other)
			}
		}
		if _, err := s.CreateActivity(ctx, theirs, records.ActivityPatch{Deal: to(int64(1))}); fault.KindOf(err) != fault.Invalid {
			t.Errorf("an activity on a deal of another company: %v", err)
		}
		if more := must[bool](t)(s.OtherUndone(ctx, ours, c)); !more {
			t.Error("nothing else is to be done about the deal")
		}
		must[records.Activity](t)(s.UpdateActivity(ctx, ours, a.ID, records.ActivityPatch{}))
		must[records.Activity](t)(s.UpdateActivity(ctx, ours, a.ID, records.ActivityPatch{Subject: to("B")}))
		if err := s.DeleteActivities(ctx, ours, a.ID); err != nil {
			t.Error(err)
		}
		if got := kinds(t, s, records.KindActivity, "1"); !slices.Equal(got, []string{"deleted", "updated", "added"}) {
			t.Errorf("the history is %v", got)
		}
		if more := must[bool](t)(s.OtherUndone(ctx, ours, c)); more {
			t.Error("what was deleted is still to be done")
		}
	})
}

// Whoever comes first gives a company its types; two at the same time give it one
// set.
// spec: rest.activity-types.default
func TestActivityTypesAppearOnce(t *testing.T) {
	each(t, func(t *testing.T, s *records.Service, _ *store.DB) {
		var group sync.WaitGroup
		for i := range 8 {
			group.Go(func() {
				var err error
				if i%2 == 0 {
					_, err = s.ActivityTypes(t.Context(), theirs)
				} else {
					_, err = s.CreateActivity(t.Context(), theirs, records.ActivityPatch{})
				}
				if err != nil {
					t.Error(err)
				}
			})
		}
		group.Wait()
		if list := must[[]records.ActivityType](t)(s.ActivityTypes(t.Context(), theirs)); len(list) != 6 || list[0].Key != "call" {
			t.Errorf("got %+v", list)
		}
		if got := kinds(t, s, records.KindActivityType, "1"); len(got) != 0 {
			t.Errorf("the default types are told of: %v", got)
		}
	})
}

// spec: records.every-change-is-told
func TestNotesOnBothDatabases(t *testing.T) {
	each(t, func(t *testing.T, s *records.Service, _ *store.DB) {
		ctx := t.Context()
		n := must[records.Note](t)(s.CreateNote(ctx, ours, records.Note{Content: "A", Deal: 1, Pinned: records.Pins{Deal: true}}))
		if n.DealTitle == "" || n.Author != 1 {
			t.Errorf("stored %+v", n)
		}
		must[records.Note](t)(s.UpdateNote(ctx, ours, n.ID, records.NotePatch{Content: to("B")}))
		must[records.Note](t)(s.UpdateNote(ctx, ours, n.ID, records.NotePatch{Content: to("B")}))
		list, more, err := s.ListNotes(ctx, ours, records.NoteFilter{Deal: 1, PinDeal: to(true), From: "2020-01-01", To: "2100-01-01"},
			records.Window{Limit: 1, Sort: []records.Order{{By: "update_time", Desc: true}, {By: "content"}}})
		if err != nil || more || len(list) != 1 || list[0].Content != "B" {
			t.Errorf("listed %+v, %v, %v", list, more, err)
		}
		m := must[records.Comment](t)(s.CreateComment(ctx, ours, n.ID, "C"))
		m = must[records.Comment](t)(s.UpdateComment(ctx, ours, n.ID, m.ID, "D"))
		if comments, more, err := s.ListComments(ctx, ours, n.ID, records.Window{Limit: 5}); err != nil || more || len(comments) != 1 || comments[0].ID != m.ID || comments[0].Content != "D" || comments[0].Updater != 1 {
			t.Errorf("comments are %+v, %v, %v", comments, more, err)
		}
		if err := s.DeleteNote(ctx, theirs, n.ID); fault.KindOf(err) != fault.NotFound {
			t.Errorf("another company's note: %v", err)
		}
		if err := s.DeleteNote(ctx, ours, n.ID); err != nil {
			t.Error(err)
		}
		if _, err := s.Comment(ctx, ours, n.ID, m.ID); fault.KindOf(err) != fault.NotFound {
			t.Errorf("a comment of a deleted note: %v", err)
		}
		if got := kinds(t, s, records.KindNote, strconv.FormatInt(n.ID, 10)); !slices.Equal(got, []string{"deleted", "updated", "added"}) {
			t.Errorf("the history of the note is %v", got)
		}
		if got := kinds(t, s, records.KindComment, m.ID); !slices.Equal(got, []string{"updated", "added"}) {
			t.Errorf("the history of the comment is %v", got)
		}
	})
}
