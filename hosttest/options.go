package hosttest

import (
	"time"

	"github.com/dockwright/dockwright/internal/clock"
)

// Option changes what New makes.
type Option func(*settings)

// settings are what options change.
type settings struct {
	clock    clock.Clock
	postgres string
	seeds    []string
	records  bool
	plan     string
}

// Clock lets the host take the time to be at, where it stands until
// [Host.Advance] moves it. What the host does after a pause, such as another try
// to reach an app, waits for that too. Without this option the host's clock goes
// as the machine's.
func Clock(at time.Time) Option {
	return func(s *settings) { s.clock = clock.NewManual(at) }
}

// Postgres keeps the host's data on a PostgreSQL server, "postgres://…", in two
// schemas of its own that are dropped when the test ends. The default is SQLite in
// the test's temporary directory.
func Postgres(url string) Option {
	return func(s *settings) { s.postgres = url }
}

// Plan limits the use of REST as a plan of the platform does: lite, growth,
// premium or ultimate. Without this option nothing is limited.
func Plan(name string) Option {
	return func(s *settings) { s.plan = name }
}

// Records fills every company with the records of the demo: persons,
// organizations, deals, leads and some notes, of three users. Without this option a company begins
// empty.
func Records() Option {
	return func(s *settings) { s.records = true }
}

// Advance moves the host's clock ahead: tokens expire, windows close, retries
// become due. Network deadlines do not follow it.
// spec: hosttest.clock
func (h *Host) Advance(by time.Duration) {
	h.t.Helper()
	if _, err := h.rooms.Control.Advance(h.t.Context(), by); err != nil {
		h.t.Fatal(err)
	}
}
