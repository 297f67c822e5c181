package inbox

import (
	"fmt"
	"slices"
	"testing"

	"pgregory.net/rapid"

	"github.com/dockwright/dockwright/internal/store"
	"github.com/dockwright/dockwright/pipedrive/messagingapi"
)

// settle puts thr-7001 on a new channel without any lane.
func (g *rig) settle() Conversation {
	g.t.Helper()
	g.want(200, owner, "POST", "/v1/channels", aChannel)
	page, err := messagingapi.ParseConversationPage([]byte(`{"success":true,"data":[` + threadJSON("") + `]}`))
	if err != nil {
		g.t.Fatal(err)
	}
	if err := g.db.Company(1).Update(g.t.Context(), func(tx *store.Tx) error {
		ch, _, err := channelBySource(tx, client, "chan-88", false)
		if err != nil {
			return err
		}
		return g.s.takePage(tx, ch, page)
	}); err != nil {
		g.t.Fatal(err)
	}
	return g.only()
}

// flight is a message of ours between here and the app.
type flight struct {
	id       int64 // ours
	source   string
	text     string
	answered bool
	status   Status // the furthest that was reported
}

// Whatever happens first, the app's answer or its reports, and however often
// reports come: at no moment does a message stand twice, and in the end each
// stands as far on as was reported.
func TestOvertakingInAnyOrder(t *testing.T) {
	t.Parallel()
	g := stillRig(t, sqlite(t))
	c := g.settle()
	run := 0
	rapid.Check(t, func(t *rapid.T) {
		run++
		if err := g.db.Company(1).Update(g.t.Context(), func(tx *store.Tx) error {
			_, err := tx.Exec(`DELETE FROM inbox_message WHERE company_id = @company`)
			return err
		}); err != nil {
			t.Fatal(err)
		}
		var all []*flight
		t.Repeat(map[string]func(*rapid.T){
			"send": func(t *rapid.T) {
				if len(all) == 5 {
					return
				}
				f := &flight{source: fmt.Sprintf("s-%d-%d", run, len(all)), text: rapid.SampledFrom([]string{"a", "b"}).Draw(t, "text"), status: Sending}
				m, err := g.s.Send(g.t.Context(), owner, SendRequest{Conversation: c.ID, Key: f.source, Text: f.text})
				if err != nil {
					t.Fatal(err)
				}
				f.id = m.ID
				all = append(all, f)
			},
			"report": func(t *rapid.T) {
				if f := g.pick(t, all); f != nil {
					st := rapid.SampledFrom([]Status{Sent, Delivered, Read, Failed}).Draw(t, "status")
					f.status = f.status.later(st)
					g.want(200, owner, "POST", receivePath, messageJSON(f.source, "biz-1", f.text, string(st), "2026-03-04 12:00"))
				}
			},
			"answer": func(t *rapid.T) {
				f := g.pick(t, all)
				if f == nil || f.answered {
					return
				}
				// In order: the lane does not let a later one go first.
				f = all[slices.IndexFunc(all, func(f *flight) bool { return !f.answered })]
				f.answered, f.status = true, f.status.later(Sent)
				g.answered(t, f)
			},
			"": func(t *rapid.T) { g.stands(t, c.ID, all) },
		})
	})
}

func (g *rig) pick(t *rapid.T, all []*flight) *flight {
	if len(all) == 0 {
		return nil
	}
	return rapid.SampledFrom(all).Draw(t, "message")
}

// answered is what the lane does when the app has answered.
func (g *rig) answered(t *rapid.T, f *flight) {
	job := postJob{Message: f.id}
	err := g.db.Company(1).Update(g.t.Context(), func(tx *store.Tx) error {
		l, ok, err := readLetter(tx, job)
		if err != nil || !ok {
			return fmt.Errorf("letter %v, %w", ok, err)
		}
		return g.s.posted(tx, l, job, f.source)
	})
	if err != nil {
		t.Fatal(err)
	}
}

func (g *rig) stands(t *rapid.T, conversation int64, all []*flight) {
	shown := g.lastMessages(conversation)
	if len(shown) != len(all) {
		t.Fatalf("%d messages are shown, %d were sent: %s", len(shown), len(all), brief(shown))
	}
	for i, f := range all {
		m := shown[i]
		switch {
		case m.ID != f.id || m.Text != f.text:
			t.Fatalf("order broke: %s", brief(shown))
		case f.answered && (m.Status != f.status || m.SourceID != f.source), !f.answered && m.Status != Sending:
			t.Fatalf("message %d is %s %q, want %s %q", i, m.Status, m.SourceID, f.status, f.source)
		}
	}
}
