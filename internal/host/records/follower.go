package records

import (
	"context"
	"strconv"
	"time"

	"github.com/dockwright/dockwright/internal/clock"
	"github.com/dockwright/dockwright/internal/fault"
	"github.com/dockwright/dockwright/internal/host/route"
	"github.com/dockwright/dockwright/internal/store"
)

// Follower is a user who follows a person, an organization or a deal.
type Follower struct {
	ID      int64 // of the following, which version 1 deletes by
	Entity  string
	Of      int64 // the record
	User    int64
	AddedAt time.Time
}

// Following is something that happened to the followers of a record.
type Following struct {
	ID                    int64
	Action                string // added or removed
	Actor, User, RecordID int64
	At                    time.Time
}

// Followers lists who follows a record, first come first.
func (s *Service) Followers(ctx context.Context, c route.Caller, entity string, id int64, w Window) (list []Follower, more bool, err error) {
	err = s.db.Company(c.Company).View(ctx, func(tx *store.Tx) error {
		if err := s.follows(tx, c, entity, id); err != nil {
			return err
		}
		var f finding
		f.and("entity = ?", entity)
		f.and("entity_id = ?", id)
		tail, args, err := f.page(w, map[string]string{"id": "id"}, "id")
		if err != nil {
			return err
		}
		list, err = store.Select(tx, scanFollower, `SELECT id, entity, entity_id, user_id, added_at FROM records_follower WHERE company_id = @company`+tail, args...)
		list, more = cut(list, w.Limit)
		return err
	})
	return list, more, err
}

func scanFollower(sc store.Scanner) (f Follower, err error) {
	var added int64
	err = sc.Scan(&f.ID, &f.Entity, &f.Of, &f.User, &added)
	f.AddedAt = clock.FromMicros(added)
	return f, err
}

// follows refuses a record that is not there or that the caller may not see.
func (s *Service) follows(tx *store.Tx, c route.Caller, entity string, id int64) (err error) {
	switch entity {
	case KindPerson:
		_, err = readPerson(tx, c, id)
	case KindOrganization:
		_, err = readOrganization(tx, c, id)
	case KindDeal:
		_, err = dealOf(tx, c, id)
	default:
		err = fault.New(fault.Invalid, "", "Persons, organizations and deals can be followed, not a %s.", entity)
	}
	return err
}

// Follow makes a user follow a record. Who does so already is told as they are.
// spec: rest.followers
func (s *Service) Follow(ctx context.Context, c route.Caller, entity string, id, user int64) (f Follower, err error) {
	err = s.db.Company(c.Company).Update(ctx, func(tx *store.Tx) error {
		if err := s.follows(tx, c, entity, id); err != nil {
			return err
		}
		if user <= 0 {
			return fault.New(fault.Invalid, "user_id", "Expected the id of a user, got %d.", user)
		}
		if err := s.existsUser(tx, "user_id", user); err != nil {
			return err
		}
		n, err := tx.NextID("follower")
		if err != nil {
			return err
		}
		fresh, err := tx.Exec(`INSERT INTO records_follower (company_id, entity, entity_id, user_id, id, added_at) VALUES (@company, ?, ?, ?, ?, ?)
			ON CONFLICT DO NOTHING`, entity, id, user, n, clock.Micros(tx.Now()))
		if err != nil {
			return err
		}
		if fresh > 0 {
			if err := rememberFollowing(tx, c, entity, id, user, "added"); err != nil {
				return err
			}
		}
		f, err = store.One(tx, scanFollower, `SELECT id, entity, entity_id, user_id, added_at FROM records_follower
			WHERE company_id = @company AND entity = ? AND entity_id = ? AND user_id = ?`, entity, id, user)
		return err
	})
	return f, err
}

func rememberFollowing(tx *store.Tx, c route.Caller, entity string, id, user int64, action string) error {
	n, err := tx.NextID("following")
	if err != nil {
		return err
	}
	_, err = tx.Exec(`INSERT INTO records_following (company_id, id, entity, entity_id, action, actor_id, user_id, at) VALUES (@company, ?, ?, ?, ?, ?, ?, ?)`,
		n, entity, id, action, c.User, user, clock.Micros(tx.Now()))
	return err
}

// Unfollow ends a following: of the user, as version 2 names it, or by its own
// id, as version 1 does.
func (s *Service) Unfollow(ctx context.Context, c route.Caller, entity string, id, user, following int64) error {
	return s.db.Company(c.Company).Update(ctx, func(tx *store.Tx) error {
		if err := s.follows(tx, c, entity, id); err != nil {
			return err
		}
		users, err := store.Select(tx, store.Value[int64], `DELETE FROM records_follower
			WHERE company_id = @company AND entity = ? AND entity_id = ? AND (user_id = ? OR id = ?) RETURNING user_id`, entity, id, user, following)
		if err != nil {
			return err
		}
		if len(users) == 0 {
			return fault.Missing("There is no such follower of %s %s.", entity, strconv.FormatInt(id, 10))
		}
		return rememberFollowing(tx, c, entity, id, users[0], "removed")
	})
}

// Followings is what happened to the followers of a record, oldest first.
func (s *Service) Followings(ctx context.Context, c route.Caller, entity string, id int64, w Window) (list []Following, more bool, err error) {
	err = s.db.Company(c.Company).View(ctx, func(tx *store.Tx) error {
		if err := s.follows(tx, c, entity, id); err != nil {
			return err
		}
		var f finding
		f.and("entity = ?", entity)
		f.and("entity_id = ?", id)
		tail, args, err := f.page(w, map[string]string{"id": "id"}, "id")
		if err != nil {
			return err
		}
		list, err = store.Select(tx, func(sc store.Scanner) (g Following, err error) {
			var at int64
			err = sc.Scan(&g.ID, &g.Action, &g.Actor, &g.User, &g.RecordID, &at)
			g.At = clock.FromMicros(at)
			return g, err
		}, `SELECT id, action, actor_id, user_id, entity_id, at FROM records_following WHERE company_id = @company`+tail, args...)
		list, more = cut(list, w.Limit)
		return err
	})
	return list, more, err
}
