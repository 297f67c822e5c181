// Package journal keeps what was said on the street between host and apps, for
// the Inspector: each HTTP exchange, both ways, and the messages between pages
// and the iframes of apps, as the pages report them.
//
// It has a database of its own and writes in batches, off the path of the
// request. It never holds a request up: when more comes than can be written,
// exchanges are dropped and counted. Secrets are masked before anything is
// written, bodies are kept to 64 kB, and the whole is bounded; the oldest goes
// first.
package journal

import (
	"context"
	"embed"
	"log/slog"
	"net/http"
	"sync"
	"sync/atomic"
	"time"

	"github.com/dockwright/dockwright/internal/clock"
	"github.com/dockwright/dockwright/internal/store"
)

//go:embed schema/*.sql
var schemaFS embed.FS

// Migrations are the journal's tables.
var Migrations = store.Migrations{Room: "journal", FS: schemaFS}

// Direction says who began an exchange.
type Direction string

// The two directions, and what is said in the browser.
const (
	In  Direction = "in"  // an app called the host
	Out Direction = "out" // the host called an app
	SDK Direction = "sdk" // a message of the SDK between a page and an iframe
)

// Exchange is one HTTP request and its response, or a message of the SDK. A
// message has the kind of it as Method ("command", "listener", "track", "event",
// "note"), its name as Path, payload and reply as bodies, and neither URL nor
// Status.
type Exchange struct {
	ID        int64
	At        time.Time // when the request began
	Direction Direction
	Company   int64  // 0: no company was recognised
	User      int64  // on whose behalf, 0: unknown
	ClientID  string // the app, "": unknown
	Method    string
	URL       string // secrets in its query are masked
	Path      string // the URL's path, for lists
	Status    int    // 0: no response came
	Duration  time.Duration

	RequestHeader, ResponseHeader http.Header
	// Bodies are shortened to [BodyLimit] and changed as the fields below say.
	RequestBody, ResponseBody []byte
	// Sizes are those on the wire in bytes, as far as they were seen.
	RequestSize, ResponseSize int64
	RequestChanges            Changes
	ResponseChanges           Changes

	Err         string // why no response came
	Surface     string // of a message: where the iframe is, "deal panel"
	Requirement string // the id in spec/register.tsv that the exchange falls under
	ReplayOf    int64  // the exchange that was repeated, 0: none
	ReplayKey   string // from [Journal.BeginReplay]; sets ReplayOf when it is written
}

// Changes say how a kept body differs from the one on the wire.
type Changes uint8

// The changes a body can undergo.
const (
	Masked     Changes = 1 << iota // secrets were replaced by [Mask]
	Truncated                      // the end is missing
	Summarised                     // binary content was replaced by a line that describes it
	Left                           // the body was not kept at all
)

// Has reports whether c contains all of which.
func (c Changes) Has(which Changes) bool { return c&which == which }

// BodyLimit is how many bytes of a body are kept.
const BodyLimit = 64 << 10

const (
	defaultMaxBytes = 256 << 20
	queueEntries    = 8192
	queueBytes      = 64 << 20
	flushInterval   = 50 * time.Millisecond // gathers a burst into few commits
	batchEntries    = 512
)

// Options are the journal's bounds and listeners.
type Options struct {
	// MaxBytes bounds what is kept, oldest out first. Default 256 MB.
	MaxBytes int64
	// HeadersOnly leaves bodies out. It is for production, where the journal
	// must not hold customers' messages.
	HeadersOnly bool
	// OwnerOf names the company that owns an app, 0 if nobody does. An exchange in
	// which no company was recognised is shown to the owner of the app in it.
	OwnerOf func(ctx context.Context, clientID string) int64
	// OnRecorded is called after exchanges that a company may see were written by
	// this process, at most once per batch; 0 stands for those that are nobody's.
	// It must not block.
	OnRecorded func(company int64)
	// Clock stamps exchanges that come without a time. Default: the database's.
	Clock clock.Clock
	// Log is told about what could not be written. Default: slog.Default().
	Log *slog.Logger
}

// Journal records exchanges. Its methods may be used from many goroutines; the
// nil *Journal records nothing.
type Journal struct {
	db *store.DB
	o  Options

	mu     sync.RWMutex // held for reading while sending to queue
	closed bool
	queue  chan *entry
	done   chan struct{}
	queued atomic.Int64 // bytes
	lost   atomic.Int64
}

// entry is an exchange, or a request to say when all before it is written.
type entry struct {
	e     Exchange
	bytes int64
	sync  chan struct{}
}

// New starts a journal over a database that has [Migrations]. Close it before
// the database.
func New(db *store.DB, o Options) *Journal {
	if o.MaxBytes <= 0 {
		o.MaxBytes = defaultMaxBytes
	}
	if o.Log == nil {
		o.Log = slog.Default()
	}
	j := &Journal{db: db, o: o, queue: make(chan *entry, queueEntries), done: make(chan struct{})}
	go j.writeLoop()
	return j
}

// Record keeps an exchange. It never blocks; e's headers and bodies must not be
// changed afterwards.
// spec: journal.off-the-path
func (j *Journal) Record(e Exchange) {
	if j == nil {
		return
	}
	if e.At.IsZero() {
		e.At = j.now()
	}
	n := &entry{e: e, bytes: int64(len(e.RequestBody) + len(e.ResponseBody) + 1024)}
	j.mu.RLock()
	defer j.mu.RUnlock()
	if j.closed || j.queued.Load()+n.bytes > queueBytes {
		j.lost.Add(1)
		return
	}
	select {
	case j.queue <- n:
		j.queued.Add(n.bytes)
	default:
		j.lost.Add(1)
	}
}

// Dropped is how many exchanges were not kept because the journal could not
// follow or write.
func (j *Journal) Dropped() int64 {
	if j == nil {
		return 0
	}
	return j.lost.Load()
}

// HeadersOnly reports whether the journal leaves bodies out.
func (j *Journal) HeadersOnly() bool { return j != nil && j.o.HeadersOnly }

// Flush returns when everything recorded before it is written.
func (j *Journal) Flush(ctx context.Context) error {
	if j == nil {
		return nil
	}
	s := make(chan struct{})
	if !j.send(ctx, &entry{sync: s}) {
		return ctx.Err()
	}
	select {
	case <-s:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

// send queues n, waiting for room. A closed journal has nothing left to write.
func (j *Journal) send(ctx context.Context, n *entry) bool {
	j.mu.RLock()
	defer j.mu.RUnlock()
	if j.closed {
		close(n.sync)
		return true
	}
	select {
	case j.queue <- n:
		return true
	case <-ctx.Done():
		return false
	}
}

// Close writes what is queued and ends the journal.
func (j *Journal) Close() error {
	if j == nil {
		return nil
	}
	j.mu.Lock()
	if !j.closed {
		j.closed = true
		close(j.queue)
	}
	j.mu.Unlock()
	<-j.done
	return nil
}

// Listen calls fn, which must not block, after exchanges that a company may see
// were written by this or another process, until stop is called.
func (j *Journal) Listen(fn func(company int64)) (stop func()) {
	return j.db.Listen(topic, func(payload string) { fn(parseCompany(payload)) })
}

func (j *Journal) now() time.Time {
	if j.o.Clock != nil {
		return j.o.Clock.Now()
	}
	return j.db.Now()
}
