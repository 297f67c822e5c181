package inbox

import (
	"fmt"
	"net/http"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
)

// Many requests at once, each message told by three of them, into conversations
// that nobody knew, while agents answer: each message stands once, and all of
// ours arrive in the order in which they were written.
func TestConcurrent(t *testing.T) {
	each(t, func(t *testing.T, g *rig) {
		const conversations, each, tellers = 4, 8, 3
		g.register()
		g.app.do("GET /pd/chan-88/threads/{id}", func(w http.ResponseWriter, r *http.Request) {
			_, _ = w.Write([]byte(`{"success":true,"data":` + strings.Replace(threadJSON(""), "thr-7001", r.PathValue("id"), 1) + `}`))
		})
		var posted atomic.Int64
		g.app.do("POST /pd/chan-88/outbox", func(w http.ResponseWriter, _ *http.Request) {
			_, _ = fmt.Fprintf(w, `{"success":true,"data":{"id":"b%d"}}`, posted.Add(1))
		})
		var all sync.WaitGroup
		for teller := range tellers {
			for c := range conversations {
				all.Go(func() {
					for i := range each {
						body := strings.Replace(messageJSON(fmt.Sprintf("m-%d-%d", c, i), "wa-1", fmt.Sprint(i), "sent", "2026-03-04 09:15"), "thr-7001", fmt.Sprint("thr-", c), 1)
						if status, answer := g.call(owner, "POST", receivePath, body); status != 200 {
							t.Errorf("teller %d: %d %s", teller, status, answer)
						}
					}
				})
			}
		}
		all.Wait()
		page, _, err := g.s.ListConversations(t.Context(), owner, Filter{})
		if err != nil || len(page) != conversations {
			t.Fatalf("%d conversations, %v", len(page), err)
		}
		for _, c := range page {
			all.Go(func() {
				for i := range each {
					if _, err := g.s.Send(t.Context(), colleague, SendRequest{Conversation: c.ID, Key: fmt.Sprint(i), Text: fmt.Sprint("answer ", i)}); err != nil {
						t.Error(err)
					}
				}
			})
		}
		all.Wait()
		g.until("all answers sent", func() bool {
			for _, c := range page {
				for _, m := range g.messages(c.ID) {
					if m.Status == Sending {
						return false
					}
				}
			}
			return true
		})
		for _, c := range page {
			var want []string
			for i := range each {
				want = append(want, fmt.Sprintf("< %d (sent)", i))
			}
			for i := range each {
				want = append(want, fmt.Sprintf("> answer %d (sent)", i))
			}
			got := strings.Split(brief(g.messages(c.ID)), ", ")
			if len(got) != len(want) || strings.Join(got[each:], ", ") != strings.Join(want[each:], ", ") {
				t.Errorf("%s: %v", c.SourceID, got)
			}
		}
		if n, err := g.s.Unread(t.Context(), owner); err != nil || n != conversations*each {
			t.Errorf("unread %d, %v", n, err)
		}
	})
}

// An app that registers its channel several times at once has it once.
func TestRegisterAtOnce(t *testing.T) {
	each(t, func(t *testing.T, g *rig) {
		g.app.on("GET /pd/chan-88/threads", 200, `{"success":true,"data":[]}`)
		var all sync.WaitGroup
		for range 8 {
			all.Go(func() {
				if status, answer := g.call(owner, "POST", "/v1/channels", aChannel); status != 200 { // spec: messaging.channels.register-again
					t.Errorf("%d %s", status, answer)
				}
			})
		}
		all.Wait()
		if got, err := g.s.Channels(t.Context(), owner); err != nil || len(got) != 1 {
			t.Errorf("%d channels, %v", len(got), err)
		}
	})
}

// A registration that was under way when the app was uninstalled leaves nothing.
func TestRegisterWithoutInstallation(t *testing.T) {
	each(t, func(t *testing.T, g *rig) {
		g.installs.remove(client, owner.User)
		if answer := g.want(403, owner, "POST", "/v1/channels", aChannel); !strings.Contains(answer, "uninstalled") {
			t.Error(answer)
		}
	})
}
