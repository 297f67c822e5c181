package records_test

import (
	"strconv"
	"testing"
	"time"

	"github.com/dockwright/dockwright/internal/fault"
	"github.com/dockwright/dockwright/internal/host/records"
	"github.com/dockwright/dockwright/internal/host/route"
	"github.com/dockwright/dockwright/internal/store"
)

// Whatever hangs on a private person is not there for a colleague, in either
// database, until the colleague follows the person.
// spec: rest.visibility
// spec: rest.visibility.hanging
func TestAColleague(t *testing.T) {
	each(t, func(t *testing.T, s *records.Service, db *store.DB) {
		colleague := route.Caller{Company: 1, User: 2}
		ctx := t.Context()
		p := must[records.Person](t)(s.CreatePerson(ctx, ours, records.Person{Name: "Quicksilver", VisibleTo: 1}))
		must[records.Person](t)(s.UpdatePerson(ctx, ours, p.ID, records.PersonPatch{JobTitle: new("Owner")}))
		note := must[records.Note](t)(s.CreateNote(ctx, ours, records.Note{Content: "hush", Person: p.ID}))
		act := must[records.Activity](t)(s.CreateActivity(ctx, ours, records.ActivityPatch{Participants: &[]records.Participant{{Person: p.ID, Primary: true}}}))
		file := must[records.File](t)(s.CreateRemoteFile(ctx, ours, records.File{Name: "Quicksilver.txt", RemoteLocation: "googledrive", Person: records.Ref{ID: p.ID}}))
		onActivity := must[records.File](t)(s.CreateRemoteFile(ctx, ours, records.File{Name: "Quicksilver plan", RemoteLocation: "googledrive", Activity: act.ID}))
		now := time.Date(2026, 11, 21, 9, 0, 0, 0, time.UTC)
		call := must[records.Call](t)(s.CreateCall(ctx, ours, records.Call{Outcome: "busy", To: "1", StartedAt: now, EndedAt: now, Person: p.ID}))
		link := strconv.FormatInt(p.ID, 10)

		reads := map[string]func() (int, error){
			"the person": func() (int, error) { _, err := s.Person(ctx, colleague, p.ID); return 1, err },
			"its note":   func() (int, error) { _, err := s.Note(ctx, colleague, note.ID); return 1, err },
			"its notes": func() (int, error) {
				l, _, err := s.ListNotes(ctx, colleague, records.NoteFilter{Person: p.ID}, records.Window{Limit: 9})
				return len(l), err
			},
			"its activity": func() (int, error) { _, err := s.Activity(ctx, colleague, act.ID); return 1, err },
			"its activities": func() (int, error) {
				l, _, err := s.ListActivities(ctx, colleague, records.ActivityFilter{Person: p.ID}, records.Window{Limit: 9})
				return len(l), err
			},
			"its file":        func() (int, error) { _, err := s.File(ctx, colleague, file.ID); return 1, err },
			"the plan's file": func() (int, error) { _, err := s.File(ctx, colleague, onActivity.ID); return 1, err },
			"its files": func() (int, error) {
				l, err := s.FilesOf(ctx, colleague, records.KindPerson, link, 9)
				return len(l), err
			},
			"its call": func() (int, error) { _, err := s.Call(ctx, colleague, call.ID); return 1, err },
			"its calls": func() (int, error) {
				l, err := s.CallsOf(ctx, colleague, records.KindPerson, link, 9)
				return len(l), err
			},
			"its history": func() (int, error) {
				l, err := s.Changes(ctx, colleague, records.KindPerson, link, 9)
				return len(l), err
			},
			"the search": func() (int, error) {
				l, err := s.Search(ctx, colleague, "quicksilver", 9, records.KindPerson, records.KindFile)
				return len(l), err
			},
			"the titles": func() (n int, err error) {
				err = db.Company(1).View(ctx, func(tx *store.Tx) error {
					titles, err := s.Titles(tx, colleague, records.KindPerson, []string{link})
					n = len(titles)
					return err
				})
				return n, err
			},
			"the card": func() (int, error) {
				cards, err := s.Cards(ctx, colleague, []int64{p.ID}, nil)
				return len(cards.Persons[p.ID].Name), err
			},
		}
		for name, read := range reads {
			n, err := read()
			if fault.KindOf(err) == fault.NotFound || err != nil && err.Error() == "A resource required for this operation was not found." {
				continue
			}
			if err != nil || n != 0 {
				t.Errorf("a colleague gets %d of %s, %v", n, name, err)
			}
		}
		must[records.Follower](t)(s.Follow(ctx, ours, records.KindPerson, p.ID, colleague.User))
		for name, read := range reads {
			if n, err := read(); err != nil || n == 0 {
				t.Errorf("a follower gets %d of %s, %v", n, name, err)
			}
		}
	})
}
