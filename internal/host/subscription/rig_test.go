package subscription

import (
	"context"
	"encoding/json"
	"errors"
	"io"
	"log/slog"
	"net/http"
	"slices"
	"strconv"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"go.uber.org/goleak"

	"github.com/dockwright/dockwright/internal/fault"
	"github.com/dockwright/dockwright/internal/host/account"
	"github.com/dockwright/dockwright/internal/host/authz"
	"github.com/dockwright/dockwright/internal/host/event"
	"github.com/dockwright/dockwright/internal/host/outbound"
	"github.com/dockwright/dockwright/internal/host/records"
	"github.com/dockwright/dockwright/internal/host/route"
	"github.com/dockwright/dockwright/internal/lane"
	"github.com/dockwright/dockwright/internal/live"
	"github.com/dockwright/dockwright/internal/secret"
	"github.com/dockwright/dockwright/internal/store"
	"github.com/dockwright/dockwright/internal/store/storetest"
	"github.com/dockwright/dockwright/pipedrive/webhookapi"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// migrations are what the room needs to be alone.
var migrations = []store.Migrations{lane.Migrations, live.Migrations, event.Migrations, Migrations}

const (
	client  = "9f0a1b2c3d4e5f60"
	address = "https://bridge.example/hooks"
)

// The people of the tests, all in company 1.
var (
	admin = route.Caller{Company: 1, User: 1, Admin: true}
	agent = route.Caller{Company: 1, User: 2}
	app   = route.Caller{Company: 1, User: 1, Admin: true, ClientID: client}
)

// fakeUsers are an admin 1, the agents 2 and 3, and 4, who left.
type fakeUsers struct{}

func (fakeUsers) Users(tx *store.Tx) ([]account.User, error) {
	c := tx.Company()
	return []account.User{
		{Company: c, ID: 1, Name: "Helena", Admin: true, Active: true}, {Company: c, ID: 2, Name: "Jonas", Active: true, Timezone: "Europe/Tallinn"},
		{Company: c, ID: 3, Name: "Mari", Active: true}, {Company: c, ID: 4, Name: "Otto"},
	}, nil
}

func (fakeUsers) Company(tx *store.Tx) (account.Company, error) {
	return account.Company{ID: tx.Company(), Currency: "EUR"}, nil
}

// fakeInstalls know the installation of the app by user 1, while there is one.
type fakeInstalls struct{ id atomic.Int64 }

func (f *fakeInstalls) Installation(_ *store.Tx, clientID string, user int64) (authz.Installation, error) {
	if id := f.id.Load(); id != 0 && clientID == client && user == 1 {
		return authz.Installation{ID: id, ClientID: client, User: 1}, nil
	}
	return authz.Installation{}, fault.Missing("not installed")
}

func (*fakeInstalls) Origin(*store.Tx) (string, error) { return "https://acme.crm.example.com", nil }

type fakeRecords []records.Field

func (f fakeRecords) CustomFields(_ *store.Tx, entity string) ([]records.Field, error) {
	return slices.DeleteFunc(slices.Clone(f), func(f records.Field) bool { return f.Entity != entity }), nil
}

// AudienceOf knows one follower of each record: user 3 follows what has the id 77.
func (fakeRecords) AudienceOf(_ *store.Tx, _ string, id, owner, visibleTo int64) (records.Audience, error) {
	a := records.Audience{Everybody: visibleTo != 1, Users: []int64{owner}}
	if id == 77 {
		a.Users = append(a.Users, 3)
	}
	return a, nil
}

// AudienceOn knows that deal 13 is for user 2 alone.
func (fakeRecords) AudienceOn(_ *store.Tx, on []records.Link) (records.Audience, error) {
	if slices.Contains(on, records.Link{Kind: records.KindDeal, ID: "13"}) {
		return records.Audience{Users: []int64{2}}, nil
	}
	return records.Audience{Everybody: true}, nil
}

func (fakeRecords) NextActivity(*store.Tx, string) (int64, error) { return 311, nil }

// seen is an attempt as the receiver sees it.
type seen struct {
	at     time.Time
	header http.Header
	raw    []byte
	v2     webhookapi.Payload
	v1     webhookapi.PayloadV1
}

// entity is the id of the record that it is about.
func (s seen) entity() string {
	if s.v1.V == 1 {
		return decimal(s.v1.Meta.ID)
	}
	return s.v2.Meta.EntityID
}

// receiver is whoever listens at an address.
type receiver struct {
	mu     sync.Mutex
	answer func(seen) (int, error)
	came   chan seen
}

func (r *receiver) answers(fn func(seen) (int, error)) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.answer = fn
}

func always(status int) func(seen) (int, error) {
	return func(seen) (int, error) { return status, nil }
}

// Do is the door: it hands calls to the receiver.
func (r *receiver) Do(ctx context.Context, c outbound.Call) (*outbound.Response, error) {
	if c.Method == http.MethodHead {
		return &outbound.Response{Status: 405}, nil
	}
	s := seen{at: time.Now(), header: c.Header, raw: c.Body}
	_ = json.Unmarshal(c.Body, &s.v2)
	_ = json.Unmarshal(c.Body, &s.v1)
	r.came <- s
	r.mu.Lock()
	answer := r.answer
	r.mu.Unlock()
	status, err := answer(s)
	if errors.Is(err, context.Canceled) { // holds the line until somebody lets go
		select {
		case <-ctx.Done():
		case <-time.After(c.Deadline):
			err = context.DeadlineExceeded
		}
	}
	if err != nil {
		return nil, err
	}
	return &outbound.Response{Status: status, Duration: time.Millisecond}, nil
}

// jumping is the machine's clock with a jump.
type jumping struct{ ahead atomic.Int64 }

func (j *jumping) Now() time.Time { return time.Now().Add(time.Duration(j.ahead.Load())).UTC() }

// rig is the room with somebody across the street.
type rig struct {
	t        *testing.T
	s        *Service
	db       *store.DB
	clock    *jumping
	receiver *receiver
	installs *fakeInstalls
	runner   *lane.Runner
	events   *event.Log
}

func newRig(t *testing.T, open func(...store.Migrations) *store.DB, clk *jumping, fields ...records.Field) *rig {
	t.Helper()
	r := &rig{t: t, db: open(migrations...), clock: clk, installs: &fakeInstalls{}}
	r.receiver = &receiver{came: make(chan seen, 2000), answer: always(200)}
	r.installs.id.Store(70)
	keys, err := secret.NewKeyring([]byte("0123456789abcdef0123456789abcdef"))
	if err != nil {
		t.Fatal(err)
	}
	r.assemble(keys, fields)
	return r
}

// assemble makes the room anew over the same database, as a restart does.
func (r *rig) assemble(keys *secret.Keyring, fields fakeRecords) {
	r.t.Helper()
	quiet := slog.New(slog.NewTextHandler(io.Discard, nil))
	r.runner = lane.NewRunner(r.db, lane.Options{Log: quiet, Sole: r.db.Dialect() == store.SQLite})
	r.events = event.NewLog(r.db, event.Options{Log: quiet})
	var err error
	r.s, err = New(r.db, Options{
		Outbound: r.receiver, Lanes: r.runner, Events: r.events, Installs: r.installs, Users: fakeUsers{}, Records: fields,
		Keys: keys, BaseURL: "https://crm.example.com", Log: quiet,
	})
	if err != nil {
		r.t.Fatal(err)
	}
}

// run works what the room does in the background; stop ends it and returns when
// it has ended.
func (r *rig) run() (stop func()) {
	ctx, cancel := context.WithCancel(context.Background())
	var group sync.WaitGroup
	group.Go(func() { _ = r.runner.Run(ctx) })
	group.Go(func() { _ = r.events.Run(ctx) })
	return sync.OnceFunc(func() {
		cancel()
		group.Wait()
	})
}

// sqliteIn opens a database that takes the time from clk.
func sqliteIn(t *testing.T, clk *jumping) func(...store.Migrations) *store.DB {
	return func(ms ...store.Migrations) *store.DB {
		return storetest.Open(t, store.Config{URL: "sqlite:" + t.TempDir() + "/hooks.db", Migrations: ms, Unsafe: true, Clock: clk})
	}
}

// entityOf is the number of the record that an attempt is about.
func entityOf(s seen) int {
	n, _ := strconv.Atoi(s.entity())
	return n
}

// inTime runs a test in virtual time, over SQLite, with the room at work.
func inTime(t *testing.T, fn func(t *testing.T, r *rig), fields ...records.Field) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		clk := &jumping{}
		r := newRig(t, sqliteIn(t, clk), clk, fields...)
		stop := r.run()
		defer stop()
		fn(t, r)
	})
}

// onEach runs a test on both databases with the room at work.
func onEach(t *testing.T, fn func(t *testing.T, r *rig), fields ...records.Field) {
	t.Helper()
	storetest.Each(t, func(t *testing.T, open func(...store.Migrations) *store.DB) {
		r := newRig(t, open, nil, fields...)
		stop := r.run()
		defer stop()
		fn(t, r)
	})
}

func (r *rig) create(c route.Caller, d Draft) Webhook {
	r.t.Helper()
	if d.URL == "" {
		d.URL = address
	}
	if d.Action == "" {
		d.Action = webhookapi.Any
	}
	if d.Object == "" {
		d.Object = entityPerson
	}
	w, err := r.s.Create(r.t.Context(), c, d)
	if err != nil {
		r.t.Fatal(err)
	}
	return w
}

func (r *rig) append(events ...event.Event) {
	r.t.Helper()
	err := r.db.Company(1).Update(context.Background(), func(tx *store.Tx) error {
		for _, e := range events {
			if err := event.Append(tx, e); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		r.t.Fatal(err)
	}
}

// added is the event of a person who was added.
func added(id int64) event.Event {
	return event.Event{
		Kind: "person.added", Actor: 2, Entity: entityPerson, EntityID: id, Source: event.SourceAPI,
		After: records.Person{ID: id, Name: "Mari Kask", Owner: 2, VisibleTo: 3},
	}
}

// next is the next attempt that reaches the receiver.
func (r *rig) next() seen {
	r.t.Helper()
	select {
	case s := <-r.receiver.came:
		return s
	case <-time.After(2 * time.Hour): // of virtual time, or the test has hung
		r.t.Fatal("nothing was sent")
		return seen{}
	}
}

// nothing fails the test if anything is sent within d of virtual time.
func (r *rig) nothing(d time.Duration) {
	r.t.Helper()
	select {
	case s := <-r.receiver.came:
		r.t.Fatalf("sent: %s", s.raw)
	case <-time.After(d):
	}
}

// log is a webhook's deliveries, oldest first.
func (r *rig) log(w Webhook) []Delivery {
	r.t.Helper()
	list, err := r.s.Deliveries(context.Background(), admin, w.ID)
	if err != nil {
		r.t.Fatal(err)
	}
	slices.Reverse(list)
	return list
}

// settled waits until the webhook has had n deliveries and none is waiting, and
// returns them, oldest first.
func (r *rig) settled(w Webhook, n int) []Delivery {
	r.t.Helper()
	changed := make(chan struct{}, 1)
	stop := r.db.Listen(live.Topic, func(string) {
		select {
		case changed <- struct{}{}:
		default:
		}
	})
	defer stop()
	for {
		list := r.log(w)
		if len(list) >= n && !slices.ContainsFunc(list, func(d Delivery) bool { return d.State == Waiting }) {
			return list
		}
		select {
		case <-changed:
		case <-time.After(time.Hour):
			for _, d := range list {
				r.t.Errorf("%s: %s after %d attempts", d.EntityID, d.State, d.Attempts)
			}
			r.t.Fatalf("waited for %d deliveries to end", n)
		}
	}
}

func (r *rig) webhook(id int64) Webhook {
	r.t.Helper()
	w, err := r.s.Webhook(context.Background(), admin, id)
	if err != nil {
		r.t.Fatal(err)
	}
	return w
}
