package account_test

import (
	"encoding/json"
	"strings"
	"testing"

	"github.com/dockwright/dockwright/internal/host/account"
	"github.com/dockwright/dockwright/internal/live"
	"github.com/dockwright/dockwright/internal/store"
	"github.com/dockwright/dockwright/internal/store/storetest"
)

// Each change of a user is told once, with the user before and after and who did
// it; what changes nothing and what is refused is not.
// spec: account.user-events
func TestUserEvents(t *testing.T) {
	t.Parallel()
	db := storetest.SQLite(t, live.Migrations, account.Migrations)
	s := account.New(db, account.Options{})
	c, err := s.CreateCompany(t.Context(), account.NewCompany{Name: "Blue Harbour"})
	if err != nil {
		t.Fatal(err)
	}
	ann, err := s.CreateUser(t.Context(), c.ID, account.NewUser{Name: "Ann", Email: "ann@example.com", Admin: true})
	if err != nil {
		t.Fatal(err)
	}
	token, err := s.Invite(t.Context(), c.ID, ann.ID, "ben@example.com", false)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := s.Join(t.Context(), account.Joining{Token: token, Name: "Ben", Password: password}); err != nil {
		t.Fatal(err)
	}
	for _, change := range []func() error{
		func() error { return s.Deactivate(t.Context(), c.ID, 2, ann.ID) },
		func() error { return s.Deactivate(t.Context(), c.ID, 2, ann.ID) }, // changes nothing
		func() error { return s.Reactivate(t.Context(), c.ID, 2, ann.ID) },
		func() error { return s.SetAdmin(t.Context(), c.ID, 2, true, ann.ID) },
	} {
		if err := change(); err != nil {
			t.Fatal(err)
		}
	}
	if err := s.Deactivate(t.Context(), c.ID, 99, ann.ID); err == nil {
		t.Error("a user who is not there was deactivated")
	}
	type told struct {
		Kind          string
		Actor, ID     int64
		Active, Admin bool
		WasActive     bool
	}
	var got []told
	err = db.Company(c.ID).View(t.Context(), func(tx *store.Tx) error {
		list, err := live.Since(tx, 0, 100)
		for _, e := range list {
			if !strings.HasPrefix(e.Kind, "user.") { // of sessions
				continue
			}
			var d struct {
				Actor         int64 `json:"actor"`
				EntityID      int64 `json:"entity_id"`
				Before, After account.User
			}
			if err := json.Unmarshal(e.Data, &d); err != nil {
				return err
			}
			got = append(got, told{e.Kind, d.Actor, d.EntityID, d.After.Active, d.After.Admin, d.Before.Active})
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	want := []told{
		{"user.added", 0, 1, true, true, false},
		{"user.added", 2, 2, true, false, false},
		{"user.updated", 1, 2, false, false, true},
		{"user.updated", 1, 2, true, false, false},
		{"user.updated", 1, 2, true, true, true},
	}
	if len(got) != len(want) {
		t.Fatalf("told %+v, want %+v", got, want)
	}
	for i := range want {
		if got[i] != want[i] {
			t.Errorf("event %d is %+v, want %+v", i, got[i], want[i])
		}
	}
}
