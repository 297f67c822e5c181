package records

import (
	"context"
	"strconv"
	"time"

	"github.com/dockwright/dockwright/internal/host/route"
	"github.com/dockwright/dockwright/internal/store"
)

// Whether an activity takes its owner's time.
const (
	Busy = "busy"
	Free = "free"
)

// Activity is something to do, or done, at a time and with people.
type Activity struct {
	ID                      int64
	Subject                 string
	Type                    string // key of its ActivityType
	Owner, Creator, Updater int64  // users; Updater 0: nobody yet
	Person                  int64  // the main one of Participants
	Organization            int64
	Deal                    int64
	Lead                    string // UUID
	DueDate                 string // YYYY-MM-DD or empty
	DueTime                 string // HH:MM:SS in UTC; empty: the whole day
	Duration                string // HH:MM:SS or empty
	Busy                    string // Busy, Free or empty
	Done                    bool
	DoneAt                  time.Time // when it was marked as done
	Location                string    // on one line
	LocationParts           map[string]string
	Participants            []Participant
	Attendees               []Attendee
	PublicDescription       string // plain text
	Note                    string // HTML that may be shown as it is
	Priority                int64  // option id, 0: none
	Meeting                 Meeting
	AddedAt, UpdatedAt      time.Time
	Deleted                 bool

	// What the records are called; filled in when an activity is read.
	PersonName, OrganizationName, DealTitle string
}

// Participant is a person who takes part.
type Participant struct {
	Person  int64
	Primary bool // one is
}

// Attendee is somebody who is invited, known to the company or not.
type Attendee struct {
	Email, Name, Status string
	Organizer           bool
	Person, User        int64
}

// Meeting is the video call of an activity. Apps' calls cannot write it.
type Meeting struct {
	Client  string // the app that holds it, by its client id
	URL, ID string
}

// ActivityPatch changes an activity: nil leaves alone, the zero value clears.
type ActivityPatch struct {
	Subject, Type              *string
	Owner                      *int64
	Person, Organization, Deal *int64
	Lead                       *string
	DueDate, DueTime, Duration *string // times as HH:MM or HH:MM:SS
	Busy                       *string
	Done                       *bool
	Location                   *string
	LocationParts              *map[string]string
	Participants               *[]Participant
	Attendees                  *[]Attendee
	PublicDescription, Note    *string
	Priority                   *int64
	// Meeting is for rooms that hold video calls, never for the API.
	Meeting *Meeting
}

// ActivityFilter says which activities are wanted; zero fields do not restrict.
type ActivityFilter struct {
	IDs, Except                []int64
	Owner                      int64
	Person, Organization, Deal int64 // Person: as the main participant
	Lead                       string
	Types                      []string
	Participant                int64  // a person who takes part, the main one or not
	DueFrom, DueTo             string // days, both included, as the contract has them
	Due                        DueSpan
	Done                       *bool
	UpdatedSince, UpdatedUntil time.Time // the first included, the second not
	Filter                     int64     // one that is kept
}

// ActivityGuard lets another room take part in every save of an activity,
// whether it comes from a page or from the API. before is nil for a new one,
// after for one that is being deleted.
type ActivityGuard interface {
	// Before is asked outside of the transaction, after everything was found to be
	// right. It may call out and may change after.Meeting; its error stops the save.
	Before(ctx context.Context, c route.Caller, before, after *Activity) error
	// Saving is called in the transaction, once for each try of it, before the
	// activity is written. It may change after.Meeting.
	Saving(tx *store.Tx, c route.Caller, before, after *Activity) error
}

// GuardActivities sets the guard. It is called before the room is used.
func (s *Service) GuardActivities(g ActivityGuard) { s.activityGuard = g }

// CreateActivity stores what p makes of nothing, owned by the caller unless p
// says otherwise.
func (s *Service) CreateActivity(ctx context.Context, c route.Caller, p ActivityPatch) (Activity, error) {
	return s.saveActivity(ctx, c, 0, p)
}

// UpdateActivity changes what p says.
func (s *Service) UpdateActivity(ctx context.Context, c route.Caller, id int64, p ActivityPatch) (Activity, error) {
	return s.saveActivity(ctx, c, id, p)
}

// saveActivity is the one way in which activities are written; id 0 is a new one.
// spec: records.activity-guard
func (s *Service) saveActivity(ctx context.Context, c route.Caller, id int64, p ActivityPatch) (a Activity, err error) {
	meeting, err := s.askGuard(ctx, c, id, p)
	if err != nil {
		return a, err
	}
	if meeting != nil {
		p.Meeting = meeting
	}
	err = s.db.Company(c.Company).Update(ctx, func(tx *store.Tx) error {
		before, after, err := s.plannedActivity(tx, c, id, p)
		if err != nil {
			return err
		}
		if s.activityGuard != nil {
			if err := s.activityGuard.Saving(tx, c, before, &after); err != nil {
				return err
			}
		}
		if a, err = s.writeActivity(tx, c, before, after); err != nil {
			return err
		}
		return withoutHiddenIn(tx, c, &a, activityNames)
	})
	return a, err
}

// plannedActivity is an activity as it is, nil for a new one, and as p makes it.
func (s *Service) plannedActivity(tx *store.Tx, c route.Caller, id int64, p ActivityPatch) (before *Activity, after Activity, err error) {
	if id == 0 {
		after.Owner, after.Creator = c.User, c.User
	} else {
		found, err := lockActivity(tx, c, id)
		if err != nil {
			return nil, after, err
		}
		before, after = &found, found
	}
	after, err = s.checkActivity(tx, c, before, p.apply(after), p)
	return before, after, err
}

// askGuard asks before the transaction. It returns the meeting if the guard
// changed it. The activity is read for this in a transaction of its own.
func (s *Service) askGuard(ctx context.Context, c route.Caller, id int64, p ActivityPatch) (*Meeting, error) {
	if s.activityGuard == nil {
		return nil, nil
	}
	var before *Activity
	var after Activity
	err := s.db.Company(c.Company).Update(ctx, func(tx *store.Tx) (err error) {
		before, after, err = s.plannedActivity(tx, c, id, p)
		return err
	})
	if err != nil {
		return nil, err
	}
	was := after.Meeting
	if err := s.activityGuard.Before(ctx, c, before, &after); err != nil || after.Meeting == was {
		return nil, err
	}
	return &after.Meeting, nil
}

// DeleteActivities deletes activities, all of them or none.
func (s *Service) DeleteActivities(ctx context.Context, c route.Caller, ids ...int64) error {
	if s.activityGuard != nil {
		for _, id := range ids {
			a, err := s.Activity(ctx, c, id)
			if err != nil {
				return err
			}
			if err := s.activityGuard.Before(ctx, c, &a, nil); err != nil {
				return err
			}
		}
	}
	return s.db.Company(c.Company).Update(ctx, func(tx *store.Tx) error {
		for _, id := range ids {
			if err := s.deleteActivity(tx, c, id); err != nil {
				return err
			}
		}
		return nil
	})
}

func (s *Service) deleteActivity(tx *store.Tx, c route.Caller, id int64) error {
	a, err := lockActivity(tx, c, id)
	if err != nil {
		return err
	}
	if s.activityGuard != nil {
		if err := s.activityGuard.Saving(tx, c, &a, nil); err != nil {
			return err
		}
	}
	if err := markActivityDeleted(tx, id); err != nil {
		return err
	}
	return s.changed(tx, c, change{entity: KindActivity, id: strconv.FormatInt(id, 10), action: Deleted, before: a, linked: a.links()})
}

// Activity returns one that was not deleted.
func (s *Service) Activity(ctx context.Context, c route.Caller, id int64) (a Activity, err error) {
	err = s.db.Company(c.Company).View(ctx, func(tx *store.Tx) error {
		if a, err = readActivity(tx, c, id); err != nil {
			return err
		}
		return withoutHiddenIn(tx, c, &a, activityNames)
	})
	return a, err
}

// ListActivities lists what fits f; the keys of its order are those of the
// contract, id, add_time, update_time and due_date, and due, which knows the time of
// the day and puts what has no day last.
func (s *Service) ListActivities(ctx context.Context, c route.Caller, f ActivityFilter, w Window) (list []Activity, more bool, err error) {
	err = s.db.Company(c.Company).View(ctx, func(tx *store.Tx) error {
		tail, args, err := f.query(tx, c, w)
		if err != nil {
			return err
		}
		if list, err = store.Select(tx, scanActivity, selectActivity+tail, args...); err != nil {
			return err
		}
		list, more = cut(list, w.Limit)
		if err := fillPeople(tx, list); err != nil {
			return err
		}
		return withoutHidden(tx, c, list, activityNames)
	})
	return list, more, err
}

// OtherUndone reports whether more is to be done about the deal of a, or the
// person or organization if it has none.
func (s *Service) OtherUndone(ctx context.Context, c route.Caller, a Activity) (more bool, err error) {
	kind, id := KindDeal, a.Deal
	if id == 0 {
		kind, id = KindPerson, a.Person
	}
	if id == 0 {
		kind, id = KindOrganization, a.Organization
	}
	if id == 0 {
		return false, nil
	}
	err = s.db.Company(c.Company).View(ctx, func(tx *store.Tx) error {
		n, err := activityCounts(tx, kind, []int64{id})
		undone := n[id].Undone
		if !a.Done {
			undone--
		}
		more = undone > 0
		return err
	})
	return more, err
}

// links are the records that the activity is about.
func (a Activity) links() []Link {
	out := linksTo(0, a.Organization, a.Deal, a.Lead)
	for _, p := range a.Participants {
		out = append(out, Link{KindPerson, strconv.FormatInt(p.Person, 10)})
	}
	return out
}
