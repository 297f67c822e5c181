package messaging_test

import (
	"fmt"
	"net/http"
	"slices"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/dockwright/dockwright/internal/app/messaging"
	"github.com/dockwright/dockwright/internal/store"
	"github.com/dockwright/dockwright/internal/store/storetest"
)

// picture is the smallest PNG: one pixel.
var picture = []byte("\x89PNG\r\n\x1a\n\x00\x00\x00\rIHDR\x00\x00\x00\x01\x00\x00\x00\x01\x08\x06\x00\x00\x00\x1f\x15\xc4\x89\x00\x00\x00\rIDATx\x9cc\xf8\xcf\xc0\xf0\x1f\x00\x05\x00\x01\xff\x89\x99=\x1d\x00\x00\x00\x00IEND\xaeB`\x82")

func TestWalk(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, open func(ms ...store.Migrations) *store.DB) {
		r := newRig(t, open, rigOptions{})
		channel := r.install()
		r.host.mu.Lock()
		reg := r.host.channels[0]
		r.host.mu.Unlock()
		if reg["provider_channel_id"] != channel || reg["name"] != "Shop chat" || reg["provider_type"] != "other" { // spec: app.messaging.register
			t.Fatalf("registered as %v", reg)
		}
		g := r.guest(channel, "Mari")

		g.say("one", "Is the blue one in stock? 😀").want(t, 200, `"status":"sent"`, "😀") // spec: app.webchat.post
		r.host.until(t, "the message reaches the host", func() bool { return len(r.host.received) == 1 })
		r.host.mu.Lock()
		got := r.host.received[0]
		r.host.mu.Unlock()
		// spec: app.messaging.attachments-always
		if got["id"] != "v-"+g.id+"-one" || got["channel_id"] != channel || got["conversation_id"] != g.id || got["sender_id"] != g.id || got["status"] != "sent" || fmt.Sprint(got["attachments"]) != "[]" {
			t.Fatalf("host got %v", got)
		}
		r.eventually("the visitor sees delivered", func() bool { return g.history().Messages[0].Status == "delivered" })

		g.reply("wish-1", "Yes, two left.").want(t, 200, `"success":true`, `"id":"a-`)
		h := g.history()
		if len(h.Messages) != 2 || !h.Messages[1].Outgoing || h.Messages[1].Text != "Yes, two left." {
			t.Fatalf("visitor sees %+v", h.Messages)
		}
		r.do(http.MethodPost, "/chat/"+channel+"/progress", asJSON(g.auth()), strings.NewReader(`{"delivered":2,"read":2}`)).want(t, 200)
		r.host.until(t, "read reaches the host", func() bool { // spec: app.messaging.status-coalesced
			return slices.Contains(r.host.texts(), "Yes, two left. read")
		})
		// spec: app.messaging.status-forward
		r.do(http.MethodPost, "/chat/"+channel+"/progress", asJSON(g.auth()), strings.NewReader(`{"delivered":2}`)).want(t, 200)
		if s := g.history().Messages[1].Status; s != "read" {
			t.Fatalf("status went back to %s", s)
		}
	})
}

func TestReceive(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, open func(ms ...store.Migrations) *store.DB) {
		t.Run("a message that comes again is stored once", func(t *testing.T) { // spec: app.messaging.once
			t.Parallel()
			r := newRig(t, open, rigOptions{})
			g := r.guest(r.install(), "")
			first := g.say("x", "hello").want(t, 200).body
			again := g.say("x", "hello").want(t, 200).body
			if n := len(g.history().Messages); n != 1 {
				t.Fatalf("%d messages", n)
			}
			if strings.Split(string(first), "status")[0] != strings.Split(string(again), "status")[0] {
				t.Fatalf("%s is not %s", again, first)
			}
		})
		t.Run("with dedup switched off it is stored twice", func(t *testing.T) {
			t.Parallel()
			r := newRig(t, open, rigOptions{config: func(c *messaging.Config) { c.DisableDedup = true }})
			g := r.guest(r.install(), "")
			g.say("x", "hello").want(t, 200)
			g.say("x", "hello").want(t, 200)
			g.reply("k", "hi").want(t, 200)
			g.reply("k", "hi").want(t, 200)
			if n := len(g.history().Messages); n != 4 {
				t.Fatalf("%d messages", n)
			}
		})
		t.Run("the host away: messages wait and arrive in order, once", func(t *testing.T) { // spec: app.messaging.commit-before-answer
			t.Parallel()
			r := newRig(t, open, rigOptions{})
			channel := r.install()
			r.host.mu.Lock()
			down := true
			r.host.answer = func(w http.ResponseWriter, _ *http.Request, _ int) bool {
				if down {
					w.WriteHeader(http.StatusBadGateway)
				}
				return down
			}
			r.host.mu.Unlock()
			g := r.guest(channel, "")
			var want []string
			for i := range 12 {
				text := fmt.Sprint("m", i)
				g.say(text, text).want(t, 200)
				want = append(want, text+" sent")
			}
			r.host.until(t, "the host is tried", func() bool { return r.host.calls["/v1/channels/messages/receive"] > 1 })
			r.stop() // the process ends, with a call perhaps under way
			r.host.mu.Lock()
			down = false
			r.host.mu.Unlock()
			r.start()
			r.host.until(t, "all arrive", func() bool { return len(r.host.received) >= len(want) })
			r.eventually("nothing waits", func() bool { return r.status().Waiting == 0 })
			r.host.mu.Lock()
			defer r.host.mu.Unlock()
			if got := r.host.texts(); !slices.Equal(got, want) {
				t.Fatalf("host got %v", got)
			}
		})
		t.Run("an answer that was lost repeats the call with the same id and words", func(t *testing.T) {
			t.Parallel()
			r := newRig(t, open, rigOptions{})
			channel := r.install()
			var bodies []string
			r.host.mu.Lock()
			r.host.answer = func(w http.ResponseWriter, req *http.Request, n int) bool {
				if n > 1 || !strings.HasSuffix(req.URL.Path, "/receive") {
					return false
				}
				conn, _, err := http.NewResponseController(w).Hijack()
				if err != nil {
					t.Error(err)
					return false
				}
				_ = conn.Close() // the host has stored it and dies before it answers
				return true
			}
			r.host.seen = func(body []byte) { bodies = append(bodies, string(body)) }
			r.host.mu.Unlock()
			g := r.guest(channel, "")
			g.say("a", "hello").want(t, 200)
			g.say("b", "world").want(t, 200)
			r.host.until(t, "all arrive", func() bool { return len(r.host.received) == 2 })
			r.host.mu.Lock()
			defer r.host.mu.Unlock()
			if len(bodies) != 3 || bodies[0] != bodies[1] || !strings.Contains(bodies[2], "world") {
				t.Fatalf("host heard %q", bodies)
			}
		})
		t.Run("the order holds and times rise by a millisecond at least", func(t *testing.T) {
			t.Parallel()
			r := newRig(t, open, rigOptions{})
			g := r.guest(r.install(), "")
			for i := range 10 {
				g.say(fmt.Sprint(i), fmt.Sprint(i)).want(t, 200)
			}
			all := g.history().Messages
			for i := 1; i < len(all); i++ {
				if all[i].CreatedAt.UnixMilli() <= all[i-1].CreatedAt.UnixMilli() || all[i].Text != fmt.Sprint(i) {
					t.Fatalf("message %d: %+v after %+v", i, all[i], all[i-1])
				}
			}
		})
	})
}

// TestOutcomes is what becomes of work that the host does not take.
func TestOutcomes(t *testing.T) { // spec: app.messaging.lane-outcomes
	t.Parallel()
	storetest.Each(t, func(t *testing.T, open func(ms ...store.Migrations) *store.DB) {
		const receive = "/v1/channels/messages/receive"
		answering := func(r *rig, f func(w http.ResponseWriter, n int) bool) {
			r.host.mu.Lock()
			defer r.host.mu.Unlock()
			r.host.answer = func(w http.ResponseWriter, req *http.Request, n int) bool { return req.URL.Path == receive && f(w, n) }
		}
		t.Run("401 refreshes once, then the call is made again", func(t *testing.T) {
			t.Parallel()
			r := newRig(t, open, rigOptions{})
			g := r.guest(r.install(), "")
			r.host.mu.Lock()
			r.host.access = "another" // as if the token had been revoked
			r.host.mu.Unlock()
			g.say("a", "hello").want(t, 200)
			r.host.until(t, "it arrives", func() bool { return len(r.host.received) == 1 })
			r.host.mu.Lock()
			defer r.host.mu.Unlock()
			if r.host.refreshes != 1 {
				t.Fatalf("%d refreshes", r.host.refreshes)
			}
		})
		t.Run("statuses that gathered while the host was away are reported once, the newest", func(t *testing.T) { // spec: app.messaging.status-coalesced
			t.Parallel()
			r := newRig(t, open, rigOptions{})
			channel := r.install()
			g := r.guest(channel, "")
			g.say("a", "hello").want(t, 200)
			r.host.until(t, "it arrives", func() bool { return len(r.host.received) == 1 })
			var down atomic.Bool
			down.Store(true)
			answering(r, func(w http.ResponseWriter, _ int) bool {
				if down.Load() {
					w.WriteHeader(http.StatusServiceUnavailable)
				}
				return down.Load()
			})
			g.reply("k", "answer").want(t, 200)
			for _, p := range []string{`{"delivered":2}`, `{"delivered":2}`, `{"read":2}`} {
				r.do(http.MethodPost, "/chat/"+channel+"/progress", asJSON(g.auth()), strings.NewReader(p)).want(t, 200)
			}
			r.host.mu.Lock()
			tried := r.host.calls[receive]
			r.host.mu.Unlock()
			r.host.until(t, "a call that begins after the last report", func() bool { return r.host.calls[receive] >= tried+2 })
			down.Store(false)
			r.eventually("nothing waits", func() bool { return r.status().Waiting == 0 })
			r.host.mu.Lock()
			defer r.host.mu.Unlock()
			if got := r.host.texts(); !slices.Equal(got, []string{"hello sent", "answer read"}) {
				t.Fatalf("host got %v", got)
			}
		})
		t.Run("429 waits as told", func(t *testing.T) {
			t.Parallel()
			r := newRig(t, open, rigOptions{})
			g := r.guest(r.install(), "")
			answering(r, func(w http.ResponseWriter, n int) bool {
				if n == 1 {
					w.Header().Set("Retry-After", "1")
					w.WriteHeader(http.StatusTooManyRequests)
				}
				return n == 1
			})
			g.say("a", "hello").want(t, 200)
			r.host.until(t, "it arrives", func() bool { return len(r.host.received) == 1 && r.host.calls[receive] == 2 })
		})
		t.Run("another 4xx is set aside with its reason, and goes out when retried", func(t *testing.T) { // spec: app.messaging.parked
			t.Parallel()
			r := newRig(t, open, rigOptions{})
			g := r.guest(r.install(), "")
			answering(r, func(w http.ResponseWriter, n int) bool {
				if n == 1 {
					w.WriteHeader(http.StatusBadRequest)
					fmt.Fprint(w, `{"success":false,"error":"Expected {}","additional_data":{"code":"INVALID_RECEIVE_MESSAGE_PAYLOAD","field":"created_at","message":"too old"}}`)
				}
				return n == 1
			})
			g.say("a", "first").want(t, 200)
			g.say("b", "second").want(t, 200)
			r.host.until(t, "the second passes", func() bool { return len(r.host.received) == 1 })
			r.eventually("the first is parked", func() bool { return r.status().Parked == 1 })
			page := string(r.do(http.MethodGet, "/", nil, nil).want(t, 200, "too old (created_at)", "INVALID_RECEIVE_MESSAGE_PAYLOAD").body)
			_, rest, _ := strings.Cut(page, `action="/parked/`)
			path, _, _ := strings.Cut(rest, `"`)
			r.do(http.MethodPost, "/parked/"+path, nil, nil).want(t, 200)
			r.host.until(t, "the first arrives", func() bool { return len(r.host.received) == 2 })
			r.eventually("nothing is parked", func() bool { return r.status().Parked == 0 })
		})
	})
}
