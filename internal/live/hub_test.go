package live_test

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/coder/websocket"

	"github.com/dockwright/dockwright/internal/clock"
	"github.com/dockwright/dockwright/internal/live"
	"github.com/dockwright/dockwright/internal/store"
	"github.com/dockwright/dockwright/internal/store/storetest"
)

var quiet = slog.New(slog.NewTextHandler(io.Discard, nil))

// start runs a hub until the test ends or stop is called.
func start(t *testing.T, db *store.DB, o live.HubOptions) (h *live.Hub, stop func()) {
	t.Helper()
	o.Log = quiet
	h = live.NewHub(db, o)
	ctx, cancel := context.WithCancel(context.Background())
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		_ = h.Run(ctx)
	}()
	stop = sync.OnceFunc(func() { cancel(); <-ended })
	t.Cleanup(stop)
	return h, stop
}

// serve puts a hub behind a server; sub may change the subscription.
func serve(t *testing.T, h *live.Hub, sub func(*live.Subscription)) string {
	t.Helper()
	srv := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		s := live.Subscription{Company: 1}
		_, _ = fmt.Sscan(r.URL.Query().Get("since"), &s.Since)
		if sub != nil {
			sub(&s)
		}
		h.ServeWebSocket(w, r, s)
	}))
	t.Cleanup(srv.Close)
	return srv.URL
}

func dial(t *testing.T, url string, since int64) *websocket.Conn {
	t.Helper()
	c, _, err := websocket.Dial(t.Context(), fmt.Sprintf("%s/?since=%d", url, since), &websocket.DialOptions{HTTPClient: &http.Client{Transport: &http.Transport{}}})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = c.CloseNow() })
	return c
}

type message struct {
	Seq    int64
	Kind   string
	Topics []string
	Data   json.RawMessage
	Reload bool
}

func next(t *testing.T, c *websocket.Conn) (m message) {
	t.Helper()
	_, text, err := c.Read(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if err := json.Unmarshal(text, &m); err != nil {
		t.Fatalf("frame %s: %v", text, err)
	}
	return m
}

func TestReplayThenLive(t *testing.T) {
	each(t, func(t *testing.T, db *store.DB) {
		h, _ := start(t, db, live.HubOptions{})
		url := serve(t, h, nil)
		appendTo(t, db, 1, live.Event{Kind: "one"}, live.Event{Kind: "two", Topics: []string{"inbox"}, Data: []byte(`{"x":1}`)}, live.Event{Kind: "secret", Audience: 3})
		c := dial(t, url, 1)
		if m := next(t, c); m.Seq != 2 || m.Kind != "two" || len(m.Topics) != 1 || m.Topics[0] != "inbox" || string(m.Data) != `{"x":1}` {
			t.Errorf("replayed %+v", m)
		}
		appendTo(t, db, 2, live.Event{Kind: "another company's"})
		appendTo(t, db, 1, live.Event{Kind: "secret", Audience: 3}, live.Event{Kind: "three", Data: []byte("not JSON")})
		if m := next(t, c); m.Seq != 5 || m.Kind != "three" || m.Data != nil {
			t.Errorf("then came %+v", m)
		}
	})
}

// Clients that come and go while others write miss nothing and see nothing twice.
// spec: live.replay
func TestNothingIsMissedAroundReplay(t *testing.T) {
	each(t, func(t *testing.T, db *store.DB) {
		h, _ := start(t, db, live.HubOptions{})
		url := serve(t, h, nil)
		const events, clients = 1200, 4
		var group sync.WaitGroup
		for w := range 4 {
			group.Go(func() {
				for range events / 8 {
					appendTo(t, db, 1, live.Event{Kind: fmt.Sprint(w)}, live.Event{Kind: fmt.Sprint(w)})
				}
			})
		}
		for range clients {
			group.Go(func() {
				seen := int64(0)
				for seen < events {
					c, _, err := websocket.Dial(context.Background(), fmt.Sprintf("%s/?since=%d", url, seen), &websocket.DialOptions{HTTPClient: &http.Client{Transport: &http.Transport{}}})
					if err != nil {
						t.Error(err)
						return
					}
					for stay := 0; stay < 97 && seen < events; stay++ {
						_, text, err := c.Read(context.Background())
						var m message
						if err != nil || json.Unmarshal(text, &m) != nil {
							break // cut for being slow: it comes back
						}
						if m.Seq != seen+1 {
							t.Errorf("event %d came after %d", m.Seq, seen)
						}
						seen = m.Seq
					}
					_ = c.CloseNow()
				}
			})
		}
		group.Wait()
	})
}

func TestAnOldClientIsToldToReload(t *testing.T) {
	each(t, func(t *testing.T, db *store.DB) {
		appendTo(t, db, 1, live.Event{At: clock.System{}.Now().Add(-live.Keep - time.Hour)}, live.Event{Kind: "kept"})
		h, _ := start(t, db, live.HubOptions{}) // prunes when it starts
		for last := since(t, db, 1, 0, 1)[0].Seq; last == 1; {
			last = since(t, db, 1, 0, 1)[0].Seq
		}
		url := serve(t, h, nil)
		for _, n := range []int64{0, 3} { // pruned, and never given out
			c := dial(t, url, n)
			if m := next(t, c); !m.Reload || m.Seq != 0 {
				t.Errorf("since %d: %+v", n, m)
			}
			if _, _, err := c.Read(t.Context()); websocket.CloseStatus(err) != websocket.StatusNormalClosure {
				t.Errorf("since %d: then %v", n, err)
			}
		}
		if m := next(t, dial(t, url, 1)); m.Kind != "kept" {
			t.Errorf("a client of the edge got %+v", m)
		}
	})
}

func TestASlowClientIsCut(t *testing.T) {
	each(t, func(t *testing.T, db *store.DB) {
		h, _ := start(t, db, live.HubOptions{Queue: 4, Write: time.Minute})
		ended := make(chan struct{})
		inside := make(chan struct{}, 1)
		srv := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			defer close(ended)
			h.ServeWebSocket(w, r, live.Subscription{Company: 1, Allow: func(live.Event) bool {
				select {
				case inside <- struct{}{}:
				default:
				}
				return true
			}})
		}))
		t.Cleanup(srv.Close)
		_ = dial(t, srv.URL, 0) // never reads
		big := live.Event{Data: fmt.Appendf(nil, "%q", strings.Repeat("x", 200_000))}
		for open := true; open; {
			appendTo(t, db, 1, big, big, big)
			select {
			case <-ended:
				open = false
			default:
			}
		}
		<-inside
	})
}

// spec: live.own-origin
func TestForeignOriginsAreRefused(t *testing.T) {
	t.Parallel()
	h, _ := start(t, storetest.SQLite(t, live.Migrations), live.HubOptions{})
	url := serve(t, h, nil)
	try := func(origin string) (int, error) {
		c, resp, err := websocket.Dial(t.Context(), url, &websocket.DialOptions{HTTPHeader: http.Header{"Origin": {origin}}, HTTPClient: &http.Client{Transport: &http.Transport{DisableKeepAlives: true}}})
		if err == nil {
			_ = c.CloseNow()
		}
		return resp.StatusCode, err
	}
	if status, err := try("https://evil.example"); err == nil || status != http.StatusForbidden {
		t.Errorf("a foreign page got %d, %v", status, err)
	}
	if status, err := try(url); err != nil {
		t.Errorf("the own page got %d, %v", status, err)
	}
}

func TestTheEndOfTheHub(t *testing.T) {
	each(t, func(t *testing.T, db *store.DB) {
		h, stop := start(t, db, live.HubOptions{})
		url := serve(t, h, nil)
		appendTo(t, db, 1, live.Event{Kind: "one"})
		c := dial(t, url, 0)
		next(t, c) // it is inside
		read := make(chan error, 1)
		go func() {
			_, _, err := c.Read(context.Background())
			read <- err
		}()
		stop()
		if err := <-read; websocket.CloseStatus(err) != websocket.StatusGoingAway {
			t.Errorf("the client heard %v", err)
		}
		resp, err := http.Get(url)
		if err != nil || resp.StatusCode != http.StatusServiceUnavailable {
			t.Errorf("a late client got %v, %v", resp, err)
			return
		}
		_ = resp.Body.Close()
		http.DefaultClient.CloseIdleConnections()
	})
}

func TestClientFramesAndPings(t *testing.T) {
	t.Parallel()
	h, _ := start(t, storetest.SQLite(t, live.Migrations), live.HubOptions{Ping: time.Millisecond})
	heard := make(chan string, 1)
	url := serve(t, h, func(s *live.Subscription) { s.OnMessage = func(b []byte) { heard <- string(b) } })
	pinged := make(chan struct{}, 1)
	c, _, err := websocket.Dial(t.Context(), url, &websocket.DialOptions{HTTPClient: &http.Client{Transport: &http.Transport{}}, OnPingReceived: func(context.Context, []byte) bool {
		select {
		case pinged <- struct{}{}:
		default:
		}
		return true
	}})
	if err != nil {
		t.Fatal(err)
	}
	if err := c.Write(t.Context(), websocket.MessageText, []byte("typing")); err != nil {
		t.Fatal(err)
	}
	go func() { _, _, _ = c.Read(context.Background()) }()
	if got := <-heard; got != "typing" {
		t.Errorf("heard %q", got)
	}
	<-pinged
	_ = c.CloseNow()
}

func TestSubscribeInProcess(t *testing.T) {
	each(t, func(t *testing.T, db *store.DB) {
		h, _ := start(t, db, live.HubOptions{})
		appendTo(t, db, 1, live.Event{Kind: "before"})
		got := make(chan live.Event, 10)
		stop := h.Subscribe(1, func(e live.Event) { got <- e })
		appendTo(t, db, 1, live.Event{Kind: "after"})
		if e := <-got; e.Kind != "after" || e.Seq != 2 {
			t.Errorf("got %+v", e)
		}
		stop()
		appendTo(t, db, 1, live.Event{Kind: "late"})
		again := h.Subscribe(1, func(e live.Event) { got <- e })
		defer again()
		appendTo(t, db, 1, live.Event{Kind: "last"})
		if e := <-got; e.Kind != "last" {
			t.Errorf("got %+v", e)
		}
	})
}

func TestOtherNodesHear(t *testing.T) {
	t.Parallel()
	url := storetest.PostgresURL(t)
	open := func() *store.DB {
		return storetest.Open(t, store.Config{URL: url, Migrations: []store.Migrations{live.Migrations}, Unsafe: true})
	}
	writer, reader := open(), open()
	h, _ := start(t, reader, live.HubOptions{})
	got := make(chan live.Event, 10)
	defer h.Subscribe(1, func(e live.Event) { got <- e })()
	appendTo(t, writer, 1, live.Event{Kind: "hello"})
	if e := <-got; e.Kind != "hello" {
		t.Errorf("got %+v", e)
	}
}
