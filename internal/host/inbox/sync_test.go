package inbox

import (
	"net/http"
	"slices"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/dockwright/dockwright/internal/fault"
	"github.com/dockwright/dockwright/pipedrive/messagingapi"
)

func TestRegisterAndSync(t *testing.T) {
	each(t, func(t *testing.T, g *rig) {
		g.app.do("GET /pd/chan-88/threads", func(w http.ResponseWriter, r *http.Request) {
			body := map[string]string{
				"": `{"success":true,"data":[{"id":"thr-1","link":"","status":"open","seen":false,"next_messages_cursor":"m:1",
					"messages":[` + messageJSON("a1", "biz-1", "Hello", "read", "2026-03-04 09:00") + `,` + messageJSON("a2", "wa-1", "One?", "sent", "2026-03-04 09:01") + `,` + messageJSON("a3", "wa-1", "Two?", "sent", "2026-03-04 09:02") + `],
					"participants":[{"id":"biz-1","name":"Acme","role":"source_user","avatar_url":"https://cdn.acme.test/b.png","fetch_avatar":true},{"id":"wa-1","name":"Mari","role":"end_user","fetch_avatar":true}]}],
					"additional_data":{"after":"c:2"}}`,
				"c:2": `{"success":true,"data":[{"id":"thr-2","link":"","status":"closed","seen":true,
					"participants":[{"id":"biz-1","name":"Acme","role":"source_user"},{"id":"wa/2","name":"","role":"end_user","fetch_avatar":true}]}],"additional_data":{"after":"c:3"}}`,
				"c:3": `{"success":true,"data":[` + threadJSON("") + `],"additional_data":{"after":"c:2"}}`,
			}[r.URL.Query().Get("after")]
			_, _ = w.Write([]byte(body))
		})
		g.app.on("GET /pd/chan-88/people/wa-1", 200, `{"success":true,"data":{"id":"wa-1","name":"Mari T","avatar_url":"https://cdn.acme.test/u/5.jpg"}}`)
		g.app.on("GET /pd/chan-88/people/{id}", 404, `{"success":false,"data":{"message":"who?","code":"NOT_FOUND"}}`)
		g.app.on("GET /pd/chan-88/templates", 200, `{"success":true,"data":{"templates":[{"id":"tpl-3","name":"Order ready","content":"Hi {{1}}","language":"en_US"}]}}`)

		body := strings.Replace(aChannel, `"template_support":false`, `"template_support":true`, 1)
		answer := g.want(200, owner, "POST", "/v1/channels", body)
		ch := g.synced(SyncReady)
		want := `{"success":true,"data":{"id":"` + ch.UUID + `","name":"Shop line","avatar_url":"https://cdn.acme.test/shop.png","provider_channel_id":"chan-88","marketplace_client_id":"9f0a1b2c3d4e5f60","pd_company_id":1,"pd_user_id":1,"created_at":"2026-03-04 12:00:00","provider_type":"whatsapp","template_support":true}}`
		if answer != want { // spec: messaging.channels.register
			t.Errorf("answered %s\nwant     %s", answer, want)
		}
		// spec: messaging.sync.pages
		// spec: messaging.cursors.stop
		lines := []string{ // spec: messaging.sync.limits
			"GET /pd/chan-88/threads?conversations_limit=30&messages_limit=30",
			"GET /pd/chan-88/threads?conversations_limit=30&messages_limit=30&after=c%3A2",
			"GET /pd/chan-88/threads?conversations_limit=30&messages_limit=30&after=c%3A3",
			"GET /pd/chan-88/people/wa-1", // spec: messaging.sync.fetch-avatar
			"GET /pd/chan-88/people/wa%2F2",
			"GET /pd/chan-88/templates", // spec: messaging.sync.templates
		}
		if got := g.app.lines(); !slices.Equal(got, lines) {
			t.Errorf("the app was asked\n%s\nwant\n%s", strings.Join(got, "\n"), strings.Join(lines, "\n"))
		}
		page, _, err := g.s.ListConversations(t.Context(), owner, Filter{Status: "open"})
		if err != nil || len(page) != 2 {
			t.Fatalf("open conversations: %v, %v", page, err)
		}
		c := page[0]
		if c.Customer.Name != "Mari T" || c.Customer.AvatarURL != "https://cdn.acme.test/u/5.jpg" || c.Business.Name != "Acme" || c.Preview != "Two?" || !c.HasOlder {
			t.Errorf("conversation is %+v", c)
		}
		if c.Unread != 2 { // spec: messaging.sync.unread
			t.Errorf("unread is %d, want the two that nobody answered", c.Unread)
		}
		if tpl, err := g.s.Templates(t.Context(), owner, ch.ID); err != nil || len(tpl) != 1 || tpl[0].SourceID != "tpl-3" {
			t.Errorf("templates: %v, %v", tpl, err)
		}
		// The same again changes nothing and asks nobody.
		if again := g.want(200, owner, "POST", "/v1/channels", body); again != want { // spec: messaging.channels.register-again
			t.Errorf("again: %s", again)
		}
		if n := len(g.app.lines()); n != len(lines) {
			t.Errorf("a repeated registration made %d calls", n-len(lines))
		}
	})
}

func TestSyncMalformedStops(t *testing.T) {
	each(t, func(t *testing.T, g *rig) {
		var mended atomic.Bool
		g.app.do("GET /pd/chan-88/threads", func(w http.ResponseWriter, _ *http.Request) {
			body := `{"success":true,"data":[` + threadJSON("") + `]}`
			if !mended.Load() {
				body = strings.Replace(body, `"source_user"`, `"owner"`, 1)
			}
			_, _ = w.Write([]byte(body))
		})
		g.want(200, owner, "POST", "/v1/channels", aChannel)
		ch := g.synced(SyncFailed)
		const want = `getConversations: data[0].participants[0].role: expected "source_user" or "end_user", got "owner"`
		if ch.SyncError != want { // spec: messaging.sync.malformed-stops
			t.Errorf("reason is %s\nwant      %s", ch.SyncError, want)
		}
		if n := len(g.app.lines()); n != 1 {
			t.Errorf("the chain went on: %q", g.app.lines())
		}
		mended.Store(true)
		if err := g.s.RetrySync(t.Context(), colleague, ch.ID); err == nil {
			t.Error("a colleague who is no admin started the sync")
		}
		if err := g.s.RetrySync(t.Context(), admin, ch.ID); err != nil {
			t.Fatal(err)
		}
		if ch = g.synced(SyncReady); ch.SyncError != "" {
			t.Errorf("reason is still %q", ch.SyncError)
		}
	})
}

func TestSyncRefusals(t *testing.T) {
	each(t, func(t *testing.T, g *rig) {
		var n atomic.Int32
		g.app.do("GET /pd/chan-88/threads", func(w http.ResponseWriter, _ *http.Request) {
			switch n.Add(1) {
			case 1:
				w.WriteHeader(http.StatusBadGateway)
			case 2: // an answer that is cut in half
				w.Header().Set("Content-Length", "100")
				_, _ = w.Write([]byte(`{"succ`))
			case 3:
				w.WriteHeader(http.StatusUnauthorized)
				_, _ = w.Write([]byte(`{"success":false,"data":{"message":"Pay your bill","code":"ACCOUNT_SUSPENDED"}}`))
			default:
				w.WriteHeader(http.StatusForbidden)
			}
		})
		g.want(200, owner, "POST", "/v1/channels", aChannel)
		ch := g.synced(SyncSuspended)
		if ch.SyncError != "Pay your bill" || n.Load() != 3 { // spec: messaging.errors.account-suspended
			t.Errorf("after %d calls the reason is %q", n.Load(), ch.SyncError)
		}
		if err := g.s.RetrySync(t.Context(), owner, ch.ID); err != nil {
			t.Fatal(err)
		}
		if ch = g.synced(SyncFailed); ch.SyncError != "getConversations: the app answered 403 Forbidden" {
			t.Errorf("reason is %q", ch.SyncError)
		}
	})
}

func TestPause(t *testing.T) {
	t.Parallel()
	g := newRig(t, sqlite(t))
	now := g.clock.Now()
	for _, c := range []struct {
		reason messagingapi.AppReason
		header string
		want   string
	}{
		{messagingapi.AppReason{RetryBy: messagingapi.At(now.Add(defaultPause * 3))}, "5", "1m30s"}, // spec: messaging.errors.retry-by
		{messagingapi.AppReason{RetryBy: messagingapi.At(now.Add(-defaultPause))}, "", "1s"},
		{messagingapi.AppReason{}, "5", "5s"},
		{messagingapi.AppReason{}, "soon", "30s"},
		{messagingapi.AppReason{}, "999999999", "24h0m0s"},
	} {
		if got := g.s.pause(c.reason, http.Header{"Retry-After": {c.header}}); got.String() != c.want {
			t.Errorf("%+v %q: %s, want %s", c.reason, c.header, got, c.want)
		}
	}
}

// Whatever an app says, both databases can keep it.
func TestOddWords(t *testing.T) {
	each(t, func(t *testing.T, g *rig) {
		_, c := g.knowing()
		var n atomic.Int64
		g.app.do("POST /pd/chan-88/outbox", func(w http.ResponseWriter, _ *http.Request) {
			body := []string{`{"success":false,"data":{"message":"no\u0000 \ud800\r\n` + strings.Repeat("x", 2000) + `","code":"\u0000"}}`, "\x00\xff", `{"success":true,"data":{"id":"\u0000"}}`, `{"\u0000":1,"\u0000":2}`}[n.Load()%4]
			if n.Add(1) < 3 {
				w.WriteHeader(400)
			}
			_, _ = w.Write([]byte(body))
		})
		for i := range 4 {
			m, err := g.s.Send(t.Context(), owner, SendRequest{Conversation: c.ID, Key: string(rune('a' + i)), Text: "x"})
			if err != nil {
				t.Fatal(err)
			}
			g.until("failed", func() bool { return g.find(c.ID, m.ID).Status == Failed })
			if got := g.find(c.ID, m.ID).Error; got == "" || len(got) > 1100 || strings.ContainsAny(got, "\x00\r\n") {
				t.Errorf("reason is %q", got)
			}
		}
		check(t, "key", func() error {
			_, err := g.s.Send(t.Context(), owner, SendRequest{Conversation: c.ID, Key: "\x00", Text: "x"})
			return err
		}(), fault.Invalid)
		check(t, "target", g.s.LinkTo(t.Context(), owner, c.ID, Link{Kind: "deal", TargetID: "\x00"}), fault.Invalid)
		check(t, "unlink", g.s.Unlink(t.Context(), owner, c.ID, Link{Kind: "deal", TargetID: "\xff"}), fault.Invalid)
		g.want(404, owner, "DELETE", "/v1/channels/%00", "")
		g.want(404, owner, "DELETE", "/v1/channels/chan-88/conversations/%00", "")
	})
}
