package inbox

import (
	"fmt"
	"net/http"
	"strings"
	"sync/atomic"
	"testing"

	"pgregory.net/rapid"

	"github.com/dockwright/dockwright/internal/host/route"
	"github.com/dockwright/dockwright/internal/live"
	"github.com/dockwright/dockwright/internal/store"
	"github.com/dockwright/dockwright/internal/store/storetest"
)

func sqlite(t *testing.T) *store.DB { return storetest.SQLite(t, migrations...) }

const receivePath = "/v1/channels/messages/receive"

// events counts what was told.
func (g *rig) events() (n int64) {
	g.t.Helper()
	if err := g.db.Company(1).View(g.t.Context(), func(tx *store.Tx) (err error) {
		n, err = live.Last(tx)
		return err
	}); err != nil {
		g.t.Fatal(err)
	}
	return n
}

func TestReceive(t *testing.T) {
	each(t, func(t *testing.T, g *rig) {
		_, c := g.knowing()
		body := messageJSON("wamid.C3", "wa-1", "Great 🎉 <b>", "sent", "2026-03-04T09:31:00.000Z")
		answer := g.want(200, owner, "POST", receivePath, body)
		const want = `{"success":true,"data":{"id":"wamid.C3","channel_id":"chan-88","sender_id":"wa-1","conversation_id":"thr-7001","message":"Great 🎉 <b>","status":"sent","created_at":"2026-03-04T09:31:00.000Z","attachments":[]}}`
		if answer != want { // spec: messaging.receive
			t.Errorf("answered %s\nwant     %s", answer, want)
		}
		after := g.events()
		for range 3 { // spec: messaging.receive.updates-existing
			g.want(200, owner, "POST", receivePath, body)
		}
		if g.events() != after {
			t.Error("a repeat was told as news")
		}
		if n, err := g.s.Unread(t.Context(), owner); err != nil || n != 1 { // spec: messaging.unread.shared
			t.Errorf("unread %d, %v", n, err)
		}
		// A message from the business's own phone, and a status for the first.
		g.want(200, owner, "POST", receivePath, messageJSON("wamid.C4", "biz-1", "You are welcome", "sent", "2026-03-04 09:32"))
		g.want(200, owner, "POST", receivePath, messageJSON("wamid.C4", "biz-1", "You are welcome", "read", "2026-03-04 09:32"))
		g.want(200, owner, "POST", receivePath, messageJSON("wamid.C4", "biz-1", "You are welcome", "delivered", "2026-03-04 09:32"))
		// One that was written earlier comes later.
		g.want(200, owner, "POST", receivePath, messageJSON("wamid.C2", "wa-1", "Thanks", "sent", "2026-03-04 09:30"))
		got := brief(g.messages(c.ID))
		if got != "< Is the blue one in stock? (delivered), < Thanks (sent), < Great 🎉 <b> (sent), > You are welcome (read)" {
			t.Errorf("thread is %s", got)
		}
		c = g.only()
		if c.Preview != "You are welcome" || !c.PreviewOutgoing || c.Unread != 2 || c.LastMessageAt.Format("15:04") != "09:32" {
			t.Errorf("conversation is %+v", c)
		}
	})
}

func TestReceiveUnknownConversation(t *testing.T) {
	each(t, func(t *testing.T, g *rig) {
		g.register()
		release := make(chan struct{})
		g.app.do("GET /pd/chan-88/threads/thr-7001", func(w http.ResponseWriter, _ *http.Request) {
			<-release
			_, _ = w.Write([]byte(`{"success":true,"data":` + threadJSON(messageJSON("wamid.A1", "wa-1", "Hello", "sent", "2026-03-04 09:15")+","+messageJSON("wamid.A0", "biz-1", "Earlier", "read", "2026-03-03 09:15")) + `}`))
		})
		// The answer does not wait for the app.
		g.want(200, owner, "POST", receivePath, messageJSON("wamid.A1", "wa-1", "Hello", "sent", "2026-03-04 09:15"))
		g.want(200, owner, "POST", receivePath, messageJSON("wamid.A2", "biz-1", "Yes?", "sent", "2026-03-04 09:16"))
		if c := g.only(); c.Customer.Name != "thr-7001" || c.Unread != 2 {
			t.Errorf("before the app told: %+v", c)
		}
		close(release)
		g.until("participants", func() bool { return g.only().Customer.Name == "Mari" })
		c := g.only()
		if c.Unread != 1 || c.Link != "https://chat.acme.test/t/7001" { // spec: messaging.receive.unknown-conversation
			t.Errorf("after the app told: %+v", c)
		}
		if got := brief(g.messages(c.ID)); got != "> Earlier (read), < Hello (sent), > Yes? (sent)" {
			t.Errorf("thread is %s", got)
		}
	})
}

func TestReceiveRefused(t *testing.T) {
	each(t, func(t *testing.T, g *rig) {
		g.knowing()
		before := g.events()
		good := messageJSON("m1", "wa-1", "Hi", "sent", "2026-03-04 09:15")
		other := route.Caller{Company: 2, User: 1, Admin: true, ClientID: client}
		foreign := route.Caller{Company: 1, User: 1, Admin: true, ClientID: otherClient}
		person := route.Caller{Company: 1, User: 1, Admin: true}
		tests := map[string]struct {
			v            route.Caller
			body         string
			status       int
			code, wanted string
		}{
			"missing field":   {owner, strings.Replace(good, `"id":"m1",`, "", 1), 400, "INVALID_RECEIVE_MESSAGE_PAYLOAD", `"field":"id"`},
			"letter case":     {owner, strings.Replace(good, `"id"`, `"ID"`, 1), 400, "INVALID_RECEIVE_MESSAGE_PAYLOAD", `letter case counts`},
			"tomorrow's":      {owner, strings.Replace(good, "2026-03-04", "2026-03-06", 1), 400, "INVALID_RECEIVE_MESSAGE_PAYLOAD", `"field":"created_at"`},
			"year 99999":      {owner, strings.Replace(good, "2026-03-04", "99999-03-06", 1), 400, "INVALID_RECEIVE_MESSAGE_PAYLOAD", `"field":"created_at"`},
			"UTF-8":           {owner, strings.Replace(good, "Hi", "\xff", 1), 400, "INVALID_RECEIVE_MESSAGE_PAYLOAD", `"field":"body","message":"expected UTF-8, got the byte 0xff`},
			"5 MB":            {owner, strings.Replace(good, "Hi", strings.Repeat("x", 5<<20), 1), 400, "INVALID_RECEIVE_MESSAGE_PAYLOAD", `"field":"message"`},
			"9 MB":            {owner, strings.Replace(good, "Hi", strings.Repeat("x", 9<<20), 1), 413, "INVALID_RECEIVE_MESSAGE_PAYLOAD", `"field":"body"`},
			"unknown channel": {owner, strings.Replace(good, "chan-88", "chan-89", 1), 404, "NOT_FOUND", `"field":"channel_id"`},
			"letter of id":    {owner, strings.Replace(good, "chan-88", "CHAN-88", 1), 404, "NOT_FOUND", "Channel not found."},
			"other company":   {other, good, 404, "NOT_FOUND", "Channel not found."},
			"other app":       {foreign, good, 404, "NOT_FOUND", "Channel not found."},
			"no app":          {person, good, 403, "FORBIDDEN", "personal API token"},
		}
		for name, tt := range tests {
			status, answer := g.call(tt.v, "POST", receivePath, tt.body)
			if status != tt.status || !strings.Contains(answer, `"code":"`+tt.code+`"`) || !strings.Contains(answer, tt.wanted) || !strings.HasPrefix(answer, `{"success":false,"error":"`) {
				t.Errorf("%s: %d %s", name, status, answer)
			}
		}
		if g.events() != before || len(g.messages(g.only().ID)) != 1 {
			t.Error("something was stored")
		}
		// Without sharing, a colleague's token does not reach the owner's channel.
		g.want(200, colleague, "POST", receivePath, good) // spec: messaging.receive.shared-token
		g.installs.set(client, owner.User, false)
		g.want(404, colleague, "POST", receivePath, good)
	})
}

// Whatever order reports come in, and however often, the message stands once and
// as far on as any of them says.
func TestReceiveAnyOrder(t *testing.T) {
	t.Parallel()
	g := newRig(t, sqlite(t))
	_, c := g.knowing()
	var n atomic.Int64
	rapid.Check(t, func(t *rapid.T) {
		id := fmt.Sprintf("any-%d", n.Add(1))
		reports := rapid.SliceOfN(rapid.SampledFrom([]Status{Sent, Delivered, Read, Failed}), 1, 8).Draw(t, "reports")
		want := Sending
		for _, st := range reports {
			want = want.later(st)
			status, answer := g.call(owner, "POST", receivePath, messageJSON(id, "biz-1", id, string(st), "2026-03-04 09:31"))
			if status != 200 {
				t.Fatalf("%d %s", status, answer)
			}
		}
		count := 0
		for _, m := range g.lastMessages(c.ID) {
			if m.SourceID != id {
				continue
			}
			count++
			if m.Status != want { // spec: messaging.status.forward-only
				t.Fatalf("after %v the status is %s, want %s", reports, m.Status, want)
			}
			if (m.Error != "") != (want == Failed) {
				t.Fatalf("after %v the error is %q", reports, m.Error)
			}
		}
		if count != 1 {
			t.Fatalf("the message stands %d times", count)
		}
	})
}

func (g *rig) lastMessages(conversation int64) []Message {
	all, _, err := g.s.Messages(g.t.Context(), owner, conversation, "", 100)
	if err != nil {
		g.t.Fatal(err)
	}
	return all
}

func TestPlantedFaultDoubles(t *testing.T) {
	t.Parallel()
	g := newRig(t, sqlite(t))
	_, c := g.knowing()
	g.s.dedup = false
	for range 2 {
		g.want(200, owner, "POST", receivePath, messageJSON("m1", "wa-1", "Hi", "sent", "2026-03-04 09:15"))
	}
	if n := len(g.messages(c.ID)); n != 3 {
		t.Errorf("%d messages; a test that counts doubles would not notice that dedup is off", n)
	}
}

func TestClosedReopensAndDeletedReappears(t *testing.T) {
	each(t, func(t *testing.T, g *rig) {
		_, c := g.knowing()
		if err := g.s.SetStatus(t.Context(), colleague, c.ID, "closed"); err != nil {
			t.Fatal(err)
		}
		g.want(200, owner, "POST", receivePath, messageJSON("m1", "wa-1", "Still there?", "sent", "2026-03-04 09:20"))
		if got := g.only(); got.Status != "open" { // spec: messaging.conversation.reopens
			t.Errorf("status is %s", got.Status)
		}
		if err := g.s.DeleteConversation(t.Context(), owner, c.ID); err != nil {
			t.Fatal(err)
		}
		g.app.on("GET /pd/chan-88/threads/thr-7001", 200, `{"success":true,"data":`+threadJSON("")+`}`)
		g.want(200, owner, "POST", receivePath, messageJSON("m2", "wa-1", "Hello again", "sent", "2026-03-04 09:21"))
		g.until("participants", func() bool { return g.only().Customer.Name == "Mari" })
		if got := g.only(); got.ID == c.ID || brief(g.messages(got.ID)) != "< Hello again (sent)" { // spec: messaging.conversation.reappears
			t.Errorf("it came back as %+v", got)
		}
	})
}
