package account_test

import (
	"context"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/dockwright/dockwright/internal/clock"
	"github.com/dockwright/dockwright/internal/fault"
	"github.com/dockwright/dockwright/internal/host/account"
	"github.com/dockwright/dockwright/internal/live"
	"github.com/dockwright/dockwright/internal/store"
	"github.com/dockwright/dockwright/internal/store/storetest"
)

const password = "correct horse battery"

// newHost opens a room with one company and one user, on a clock that the test moves.
func newHost(t *testing.T, o account.Options) (*account.Service, *clock.Manual, account.User) {
	t.Helper()
	now := clock.NewManual(time.Date(2026, 11, 2, 9, 0, 0, 0, time.UTC))
	db := storetest.Open(t, store.Config{
		URL: "sqlite:" + filepath.Join(t.TempDir(), "host.db"), Clock: now, Unsafe: true,
		Migrations: []store.Migrations{live.Migrations, account.Migrations},
	})
	s := account.New(db, o)
	c, err := s.CreateCompany(t.Context(), account.NewCompany{Name: "Blue Harbour Ltd."})
	if err != nil {
		t.Fatal(err)
	}
	u, err := s.CreateUser(t.Context(), c.ID, account.NewUser{Name: "Ann", Email: " Ann@Example.com ", Password: password, Admin: true})
	if err != nil {
		t.Fatal(err)
	}
	return s, now, u
}

func kind(t *testing.T, err error, want fault.Kind, field string) {
	t.Helper()
	f, ok := fault.As(err)
	if !ok || f.Kind != want || f.Field != field {
		t.Fatalf("got %v, want an error of kind %d about %q", err, want, field)
	}
}

func TestSignIn(t *testing.T) {
	t.Parallel()
	s, now, u := newHost(t, account.Options{})
	token, err := s.SignIn(t.Context(), account.Credentials{Email: "ANN@example.com", Password: password, Address: "192.0.2.1"})
	if err != nil {
		t.Fatal(err)
	}
	got, err := s.Session(t.Context(), token)
	if err != nil || got.User.ID != u.ID || got.Company.Domain != "blue-harbour-ltd" || !got.User.Admin {
		t.Fatalf("session %+v, %v", got, err)
	}
	now.Advance(13 * 24 * time.Hour) // use moves the end
	if _, err := s.Session(t.Context(), token); err != nil {
		t.Fatal(err)
	}
	now.Advance(13 * 24 * time.Hour)
	if _, err := s.Session(t.Context(), token); err != nil {
		t.Fatal(err)
	}
	now.Advance(15 * 24 * time.Hour)
	_, err = s.Session(t.Context(), token)
	kind(t, err, fault.Unauthorized, "")
}

func TestSignOutAndDeactivate(t *testing.T) {
	t.Parallel()
	s, _, u := newHost(t, account.Options{})
	in := func() string {
		token, err := s.SignIn(t.Context(), account.Credentials{Email: u.Email, Password: password})
		if err != nil {
			t.Fatal(err)
		}
		return token
	}
	a, b := in(), in()
	if err := s.SignOut(t.Context(), a); err != nil {
		t.Fatal(err)
	}
	_, err := s.Session(t.Context(), a)
	kind(t, err, fault.Unauthorized, "")
	if _, err := s.Session(t.Context(), b); err != nil {
		t.Fatal(err)
	}
	kind(t, s.Deactivate(t.Context(), u.Company, u.ID, u.ID), fault.Invalid, "user") // the only admin
	if _, err := s.CreateUser(t.Context(), u.Company, account.NewUser{Name: "B", Email: "b@example.com", Admin: true}); err != nil {
		t.Fatal(err)
	}
	if err := s.Deactivate(t.Context(), u.Company, u.ID, u.ID); err != nil {
		t.Fatal(err)
	}
	_, err = s.Session(t.Context(), b)
	kind(t, err, fault.Unauthorized, "")
	_, err = s.SignIn(t.Context(), account.Credentials{Email: u.Email, Password: password})
	kind(t, err, fault.Unauthorized, "password")
}

// spec: account.users
func TestChangePassword(t *testing.T) {
	t.Parallel()
	s, _, u := newHost(t, account.Options{})
	const next = "another good password"
	in := func(pw string) (string, error) {
		return s.SignIn(t.Context(), account.Credentials{Email: u.Email, Password: pw})
	}
	mine, err := in(password)
	if err != nil {
		t.Fatal(err)
	}
	other, err := in(password)
	if err != nil {
		t.Fatal(err)
	}
	kind(t, s.ChangePassword(t.Context(), u.Company, u.ID, "wrong", next, mine), fault.Invalid, "current")
	kind(t, s.ChangePassword(t.Context(), u.Company, u.ID, password, "short", mine), fault.Invalid, "password")
	if err := s.ChangePassword(t.Context(), u.Company, u.ID, password, next, mine); err != nil {
		t.Fatal(err)
	}
	if _, err := s.Session(t.Context(), mine); err != nil {
		t.Errorf("the session that changed it ended: %v", err)
	}
	_, err = s.Session(t.Context(), other)
	kind(t, err, fault.Unauthorized, "")
	_, err = in(password)
	kind(t, err, fault.Unauthorized, "password")
	if _, err := in(next); err != nil {
		t.Error(err)
	}
}

// spec: account.sign-in-limit
func TestSignInLimit(t *testing.T) {
	t.Parallel()
	s, now, u := newHost(t, account.Options{})
	try := func(pw, from string) error {
		_, err := s.SignIn(t.Context(), account.Credentials{Email: u.Email, Password: pw, Address: from})
		return err
	}
	var wg sync.WaitGroup
	errs := make([]error, 8)
	for i := range errs {
		wg.Go(func() { errs[i] = try("wrong", "192.0.2.1") })
	}
	wg.Wait()
	limited := 0
	for _, err := range errs {
		if fault.KindOf(err) == fault.RateLimited {
			limited++
		}
	}
	if limited != 3 {
		t.Fatalf("%d of 8 tries were limited, want 3: %v", limited, errs)
	}
	err := try(password, "192.0.2.1")
	kind(t, err, fault.RateLimited, "email")
	if f, _ := fault.As(err); f.After <= 14*time.Minute || f.After > 15*time.Minute {
		t.Errorf("says to wait %v", f.After)
	}
	if err := try(password, "192.0.2.2"); err != nil {
		t.Errorf("another address is locked out too: %v", err)
	}
	now.Advance(16 * time.Minute)
	if err := try(password, "192.0.2.1"); err != nil {
		t.Error(err)
	}
}

func TestBadInput(t *testing.T) {
	t.Parallel()
	s, _, u := newHost(t, account.Options{})
	for name, c := range map[string]struct {
		user  account.NewUser
		kind  fault.Kind
		field string
	}{
		"no name":        {account.NewUser{Email: "b@example.com"}, fault.Invalid, "name"},
		"long name":      {account.NewUser{Name: strings.Repeat("é", 256), Email: "b@example.com"}, fault.Invalid, "name"},
		"broken name":    {account.NewUser{Name: "a\xff", Email: "b@example.com"}, fault.Invalid, "name"},
		"no email":       {account.NewUser{Name: "B"}, fault.Invalid, "email"},
		"not an email":   {account.NewUser{Name: "B", Email: "b"}, fault.Invalid, "email"},
		"email and name": {account.NewUser{Name: "B", Email: "B <b@example.com>"}, fault.Invalid, "email"},
		"short password": {account.NewUser{Name: "B", Email: "b@example.com", Password: "short"}, fault.Invalid, "password"},
		"long password":  {account.NewUser{Name: "B", Email: "b@example.com", Password: strings.Repeat("a", 1025)}, fault.Invalid, "password"},
		"taken":          {account.NewUser{Name: "B", Email: "ann@example.com"}, fault.Conflict, "email"},
	} {
		_, err := s.CreateUser(t.Context(), u.Company, c.user)
		f, ok := fault.As(err)
		if !ok || f.Kind != c.kind || f.Field != c.field {
			t.Errorf("%s: got %v", name, err)
		}
	}
	_, err := s.CreateUser(t.Context(), 99, account.NewUser{Name: "B", Email: "b@example.com"})
	kind(t, err, fault.NotFound, "")
	_, err = s.CreateCompany(t.Context(), account.NewCompany{Name: "Other", Domain: "blue-harbour-ltd"})
	kind(t, err, fault.Conflict, "domain")
	_, err = s.CreateCompany(t.Context(), account.NewCompany{Name: "Other", Domain: "../etc"})
	kind(t, err, fault.Invalid, "domain")
}

// A user without a password has no way in by password, not even an empty one.
func TestNoPassword(t *testing.T) {
	t.Parallel()
	s, _, u := newHost(t, account.Options{})
	b, err := s.CreateUser(t.Context(), u.Company, account.NewUser{Name: "B", Email: "b@example.com"})
	if err != nil {
		t.Fatal(err)
	}
	_, err = s.SignIn(t.Context(), account.Credentials{Email: b.Email})
	kind(t, err, fault.Unauthorized, "password")
	_, err = s.SwitchDemo(t.Context(), b.Company, b.ID)
	kind(t, err, fault.Forbidden, "")
}

// One login may have a user in several companies; who made the second one cannot
// change the password.
func TestTwoCompanies(t *testing.T) {
	t.Parallel()
	s, _, u := newHost(t, account.Options{})
	c, err := s.CreateCompany(t.Context(), account.NewCompany{Name: "Second"})
	if err != nil {
		t.Fatal(err)
	}
	again, err := s.CreateUser(t.Context(), c.ID, account.NewUser{Name: "Ann", Email: u.Email, Password: "another password"})
	if err != nil || again.ID != 1 {
		t.Fatalf("%+v, %v", again, err)
	}
	_, err = s.SignIn(t.Context(), account.Credentials{Email: u.Email, Password: "another password"})
	kind(t, err, fault.Unauthorized, "password")
	if _, err := s.SignIn(t.Context(), account.Credentials{Email: u.Email, Password: password}); err != nil {
		t.Fatal(err)
	}
}

func TestDemo(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, open func(...store.Migrations) *store.DB) {
		s := account.New(open(live.Migrations, account.Migrations), account.Options{Demo: true})
		for range 2 {
			if err := s.SeedDemo(t.Context()); err != nil {
				t.Fatal(err)
			}
		}
		admin, err := s.DemoAdmin(t.Context())
		if err != nil || admin.Company != 1 || admin.ID != 1 {
			t.Fatalf("%+v, %v", admin, err)
		}
		token, err := s.SwitchDemo(t.Context(), 1, 3)
		if err != nil {
			t.Fatal(err)
		}
		in, err := s.Session(t.Context(), token)
		if err != nil || in.User.ID != 3 || in.User.Admin || in.Company.Name != "Nordwind Trading" {
			t.Fatalf("%+v, %v", in, err)
		}
		_, err = s.SwitchDemo(t.Context(), 1, 4)
		kind(t, err, fault.NotFound, "")
	})
}

// spec: account.setup-token
func TestSetup(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, open func(...store.Migrations) *store.DB) {
		s := account.New(open(live.Migrations, account.Migrations), account.Options{})
		setup := func(token, pw string) (string, error) {
			return s.Setup(context.Background(), token, account.NewCompany{Name: "First"}, account.NewUser{Name: "Ann", Email: "ann@example.com", Password: pw}, "192.0.2.1")
		}
		_, err := setup("", password)
		kind(t, err, fault.Forbidden, "token")
		token, err := s.SetupToken(t.Context())
		if err != nil || token == "" {
			t.Fatalf("%q, %v", token, err)
		}
		_, err = setup("x"+token, password)
		kind(t, err, fault.Forbidden, "token")
		_, err = setup(token, "")
		kind(t, err, fault.Invalid, "password")
		session, err := setup(token, password)
		if err != nil {
			t.Fatal(err)
		}
		in, err := s.Session(t.Context(), session)
		if err != nil || !in.User.Admin {
			t.Fatalf("%+v, %v", in, err)
		}
		_, err = setup(token, password)
		kind(t, err, fault.Forbidden, "token")
		if token, err := s.SetupToken(t.Context()); err != nil || token != "" {
			t.Errorf("a host with a company offers set-up again: %q, %v", token, err)
		}
	})
}
