package live

import (
	"context"
	"errors"
	"net/http"
	"time"

	"github.com/coder/websocket"

	"github.com/dockwright/dockwright/internal/store"
)

// Subscription says what a client may hear and from where on.
type Subscription struct {
	Company int64
	Since   int64 // the last number the client has seen
	// Allow decides for each event whether this client may see it, at replay too.
	// Nil lets through what is for everybody in the company.
	Allow func(Event) bool
	// Over reports whether the client has to leave, because whoever it is may not
	// listen any more. It is asked after each event for one user alone that went to
	// the client, and with each ping. Nil lets it stay.
	Over func(context.Context) bool
	// Bare leaves the events' data out.
	Bare bool
	// OnMessage receives the client's own frames. Nil ignores them.
	OnMessage func([]byte)
}

func (s Subscription) allows(e Event) bool {
	if s.Allow == nil {
		return e.Audience == 0
	}
	return s.Allow(e)
}

func (s Subscription) over(ctx context.Context) bool { return s.Over != nil && s.Over(ctx) }

func (s Subscription) text(f *frame) []byte {
	if s.Bare {
		return f.bare()
	}
	return f.text()
}

var (
	errSlow   = errors.New("the client is too slow")
	errOver   = errors.New("the client may not listen any more")
	errReload = errors.New("the client is older than what is kept")
)

// CloseOver is the status with which a client is sent away that may not listen any
// more.
const CloseOver websocket.StatusCode = 4401

// reload tells a client that it must load the page again.
var reload = []byte(`{"reload":true}`)

// ServeWebSocket sends events as text frames {"seq":7,"kind":"…","topics":[…],
// "data":…} until the client leaves. {"reload":true} and a normal close say that
// the client is older than what is kept. Only the page's own origin may connect.
// A client that takes its frames too slowly is cut; it comes back with the last
// number it saw.
func (h *Hub) ServeWebSocket(w http.ResponseWriter, r *http.Request, s Subscription) {
	if !h.enter() {
		http.Error(w, "the server is stopping, connect again", http.StatusServiceUnavailable)
		return
	}
	defer h.conns.Done()
	// spec: live.own-origin
	c, err := websocket.Accept(w, r, &websocket.AcceptOptions{OriginPatterns: h.o.Origins})
	if err != nil {
		return // Accept has answered
	}
	defer func() { _ = c.CloseNow() }()
	ctx, cancel := context.WithCancelCause(context.WithoutCancel(r.Context()))
	defer cancel(nil)
	reading := make(chan struct{})
	go func() {
		defer close(reading)
		cancel(read(ctx, c, s.OnMessage))
	}()
	switch err := h.send(ctx, c, s, cancel); {
	case errors.Is(err, errReload):
		_ = c.Close(websocket.StatusNormalClosure, "reload")
	case errors.Is(err, errOver):
		_ = c.Close(CloseOver, "signed out")
	case errors.Is(err, errSlow):
		_ = c.Close(websocket.StatusTryAgainLater, "too slow")
	case h.closing():
		_ = c.Close(websocket.StatusGoingAway, "the server is stopping")
	}
	cancel(nil)
	_ = c.CloseNow()
	<-reading
}

// enter counts a client in, unless the hub has ended.
func (h *Hub) enter() bool {
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.closing() {
		return false
	}
	h.conns.Add(1)
	return true
}

func (h *Hub) closing() bool {
	select {
	case <-h.over:
		return true
	default:
		return false
	}
}

// read takes the client's frames; reading also answers pings and closes.
func read(ctx context.Context, c *websocket.Conn, on func([]byte)) error {
	for {
		_, text, err := c.Read(ctx)
		if err != nil {
			return err
		}
		if on != nil {
			on(text)
		}
	}
}

// send replays what the client has missed and then sends what comes.
func (h *Hub) send(ctx context.Context, c *websocket.Conn, s Subscription, cut func(error)) error {
	queue := make(chan *frame, h.o.Queue)
	last, err := h.last(ctx, s.Company)
	if err != nil {
		return err
	}
	defer h.join(s.Company, last, func(f *frame) {
		select {
		case queue <- f:
		default:
			cut(errSlow)
		}
	})()
	seen, err := h.replay(ctx, c, s)
	if err != nil {
		return err
	}
	ping := time.NewTicker(h.o.Ping)
	defer ping.Stop()
	for {
		select {
		case f := <-queue:
			if f.Seq <= seen || !s.allows(f.Event) {
				continue
			}
			err = h.write(ctx, c, s.text(f))
			if err == nil && f.Audience != 0 && s.over(ctx) {
				return errOver
			}
		case <-ping.C:
			if s.over(ctx) {
				return errOver
			}
			err = h.ping(ctx, c)
		case <-h.over:
			return nil
		case <-ctx.Done():
			return context.Cause(ctx)
		}
		if err != nil {
			return errors.Join(err, context.Cause(ctx))
		}
	}
}

// replay sends what came after the number the client named. What comes while it
// does so waits in the queue; it returns the number up to which that is old.
// spec: live.replay
func (h *Hub) replay(ctx context.Context, c *websocket.Conn, s Subscription) (seen int64, err error) {
	for seen = s.Since; ; {
		var list []Event
		var kept head
		err := h.db.Company(s.Company).View(ctx, func(tx *store.Tx) (err error) {
			if kept, err = headOf(tx); err != nil {
				return err
			}
			list, err = Since(tx, seen, pageSize)
			return err
		})
		if err != nil {
			return 0, err
		}
		// A number that was never given out is of another database, from before a
		// restore or a reset.
		if seen < kept.pruned || seen > kept.last {
			return 0, errors.Join(errReload, h.write(ctx, c, reload))
		}
		for _, e := range list {
			if seen = e.Seq; !s.allows(e) {
				continue
			}
			if err := h.write(ctx, c, s.text(newFrame(e))); err != nil {
				return 0, errors.Join(err, context.Cause(ctx))
			}
		}
		if len(list) < pageSize {
			return seen, nil
		}
	}
}

func (h *Hub) write(ctx context.Context, c *websocket.Conn, text []byte) error {
	ctx, cancel := context.WithTimeout(ctx, h.o.Write)
	defer cancel()
	return c.Write(ctx, websocket.MessageText, text)
}

func (h *Hub) ping(ctx context.Context, c *websocket.Conn) error {
	ctx, cancel := context.WithTimeout(ctx, h.o.Write)
	defer cancel()
	return c.Ping(ctx)
}
