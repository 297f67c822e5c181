package live

import (
	"cmp"
	"context"
	"encoding/json"
	"log/slog"
	"strconv"
	"sync"
	"time"

	"github.com/dockwright/dockwright/internal/store"
)

const (
	sweepEvery = time.Second
	pruneEvery = time.Hour
	pageSize   = 500
	unknown    = -1
)

// HubOptions of a Hub. Zero values are replaced by the defaults named here.
type HubOptions struct {
	Queue int           // frames a slow client may lag behind before it is cut; 256
	Ping  time.Duration // between pings, less than proxies' idle limits; 25 s
	Write time.Duration // for a frame to be taken; 10 s
	// Origins are patterns of further origins that may open a WebSocket; the
	// page's own is always allowed.
	Origins []string
	Log     *slog.Logger // slog.Default()
}

// Hub hands the events of a database to the subscribers of this process. Each
// company's events are read once, however many listen.
type Hub struct {
	db    *store.DB
	o     HubOptions
	mu    sync.Mutex
	rooms map[int64]*room
	dirty map[int64]bool
	wake  chan struct{}
	over  chan struct{} // closed when Run ends
	conns sync.WaitGroup
}

// room is a company with subscribers.
type room struct {
	seq  int64                // handed out up to here
	subs map[int]func(*frame) // never block
	next int
}

// frame is an event with its text, made once for all clients.
type frame struct {
	Event
	text func() []byte
	bare func() []byte
}

// NewHub returns a hub. Nothing arrives before Run.
func NewHub(db *store.DB, o HubOptions) *Hub {
	o.Queue = cmp.Or(o.Queue, 256)
	o.Ping = cmp.Or(o.Ping, 25*time.Second)
	o.Write = cmp.Or(o.Write, 10*time.Second)
	if o.Log == nil {
		o.Log = slog.Default()
	}
	return &Hub{db: db, o: o, rooms: map[int64]*room{}, dirty: map[int64]bool{}, wake: make(chan struct{}, 1), over: make(chan struct{})}
}

// Run reads and hands out events, sweeps for those whose notice was lost, and
// prunes, until ctx is done and all clients have been let go. It runs once.
func (h *Hub) Run(ctx context.Context) error {
	stop := h.db.Listen(Topic, h.noticed)
	defer stop()
	sweep, prune := time.NewTicker(sweepEvery), time.NewTicker(pruneEvery)
	defer sweep.Stop()
	defer prune.Stop()
	h.prune(ctx)
	for {
		select {
		case <-h.wake:
		case <-sweep.C:
			h.all()
		case <-prune.C:
			h.prune(ctx)
		case <-ctx.Done():
			h.mu.Lock()
			close(h.over)
			h.mu.Unlock()
			h.conns.Wait()
			return nil
		}
		h.pass(ctx)
	}
}

func (h *Hub) noticed(payload string) {
	company, err := strconv.ParseInt(payload, 10, 64)
	if err != nil {
		return
	}
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.rooms[company] != nil {
		h.mark(company)
	}
}

// mark has the company read soon. h.mu is held.
func (h *Hub) mark(company int64) {
	h.dirty[company] = true
	select {
	case h.wake <- struct{}{}:
	default:
	}
}

// all marks every company that has subscribers.
func (h *Hub) all() {
	h.mu.Lock()
	defer h.mu.Unlock()
	for company := range h.rooms {
		h.dirty[company] = true
	}
}

// pass reads what the marked companies have that was not handed out.
func (h *Hub) pass(ctx context.Context) {
	h.mu.Lock()
	marked := h.dirty
	h.dirty = map[int64]bool{}
	h.mu.Unlock()
	for company := range marked {
		for more := true; more; {
			var err error
			if more, err = h.handOut(ctx, company); err != nil {
				if ctx.Err() == nil {
					h.o.Log.Warn("events not read; the next look will", "company", company, "err", err)
				}
				break
			}
		}
	}
}

// handOut reads one page of a company's events and reports whether there may be
// more.
func (h *Hub) handOut(ctx context.Context, company int64) (more bool, err error) {
	h.mu.Lock()
	r, ok := h.rooms[company]
	var after int64
	if ok {
		after = r.seq
	}
	h.mu.Unlock()
	if !ok {
		return false, nil
	}
	if after == unknown {
		return h.learn(ctx, company, r)
	}
	list, err := h.since(ctx, company, after)
	if err != nil || len(list) == 0 {
		return false, err
	}
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.rooms[company] != r { // the last one left and another came
		return false, nil
	}
	for _, e := range list {
		f := newFrame(e)
		for _, deliver := range r.subs {
			deliver(f)
		}
	}
	r.seq = list[len(list)-1].Seq
	return len(list) == pageSize, nil
}

// learn finds where a room begins whose head could not be read at first.
func (h *Hub) learn(ctx context.Context, company int64, r *room) (more bool, err error) {
	last, err := h.last(ctx, company)
	if err != nil {
		return false, err
	}
	h.mu.Lock()
	defer h.mu.Unlock()
	if r.seq == unknown {
		r.seq = last
	}
	return false, nil
}

func (h *Hub) last(ctx context.Context, company int64) (last int64, err error) {
	err = h.db.Company(company).View(ctx, func(tx *store.Tx) (err error) {
		last, err = Last(tx)
		return err
	})
	return last, err
}

func (h *Hub) since(ctx context.Context, company, after int64) (list []Event, err error) {
	err = h.db.Company(company).View(ctx, func(tx *store.Tx) error {
		list, err = Since(tx, after, pageSize)
		return err
	})
	return list, err
}

func (h *Hub) prune(ctx context.Context) {
	var n int64
	err := h.db.Update(ctx, func(tx *store.Tx) (err error) {
		n, err = Prune(tx)
		return err
	})
	switch {
	case err != nil && ctx.Err() == nil:
		h.o.Log.Warn("old events not pruned", "err", err)
	case n > 0:
		h.o.Log.Info("old events pruned", "events", n)
	}
}

// join registers a subscriber, who is handed everything after last, which was
// read before, or from an earlier event on if others listen to the company.
func (h *Hub) join(company, last int64, deliver func(*frame)) (leave func()) {
	h.mu.Lock()
	defer h.mu.Unlock()
	r := h.rooms[company]
	if r == nil {
		r = &room{seq: last, subs: map[int]func(*frame){}}
		h.rooms[company] = r
		h.mark(company) // something may have come since that look, unheard
	}
	if r.seq == unknown {
		r.seq = last
	}
	r.next++
	id := r.next
	r.subs[id] = deliver
	return func() {
		h.mu.Lock()
		defer h.mu.Unlock()
		if delete(r.subs, id); len(r.subs) == 0 && h.rooms[company] == r {
			delete(h.rooms, company)
		}
	}
}

// Subscribe calls fn for each new event of a company, in order, until stop is
// called. fn must not block and must not call stop. If the database cannot be
// read at this moment, it begins when that is mended.
func (h *Hub) Subscribe(company int64, fn func(Event)) (stop func()) {
	last, err := h.last(context.Background(), company)
	if err != nil {
		h.o.Log.Warn("events not read; the next look will", "company", company, "err", err)
		last = unknown
	}
	return h.join(company, last, func(f *frame) { fn(f.Event) })
}

func newFrame(e Event) *frame {
	text := func(data json.RawMessage) func() []byte {
		return sync.OnceValue(func() []byte {
			b, _ := json.Marshal(wire{Seq: e.Seq, Kind: e.Kind, Topics: e.Topics, Data: data}) // the data was checked
			return b
		})
	}
	if e.Topics == nil {
		e.Topics = []string{}
	}
	data := json.RawMessage(e.Data)
	if !json.Valid(data) {
		data = nil
	}
	return &frame{Event: e, text: text(data), bare: text(nil)}
}

// wire is an event as a browser reads it.
type wire struct {
	Seq    int64           `json:"seq"`
	Kind   string          `json:"kind"`
	Topics []string        `json:"topics"`
	Data   json.RawMessage `json:"data,omitempty"`
}
