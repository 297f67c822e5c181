package messaging_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"testing"

	"github.com/dockwright/dockwright/internal/app/messaging"
	"github.com/dockwright/dockwright/internal/store"
	"github.com/dockwright/dockwright/internal/store/storetest"
	"github.com/dockwright/dockwright/pipedrive/messagingapi"
)

func TestProvider(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, open func(ms ...store.Migrations) *store.DB) {
		r := newRig(t, open, rigOptions{})
		channel := r.install()
		at := "/provider/" + channel

		t.Run("the manifest is one that hosts take, and its endpoints answer", func(t *testing.T) { // spec: app.messaging.manifest
			raw := r.do(http.MethodGet, "/manifest.json", nil, nil).want(t, 200).body
			m, err := messagingapi.ParseManifest(raw, messagingapi.ManifestRules{})
			if err != nil || len(m.Warnings) > 0 {
				t.Fatal(err, m.Warnings)
			}
			u, err := m.Endpoints.GetTemplates.Expand(map[string]string{messagingapi.VarChannel: channel})
			if err != nil {
				t.Fatal(err)
			}
			r.do(http.MethodGet, strings.TrimPrefix(u, r.url), basic(), nil).want(t, 200, `{"success":true,"data":{"templates":[]}}`) // spec: app.messaging.get-templates
		})
		t.Run("without the app's credentials nothing is said", func(t *testing.T) { // spec: app.messaging.provider-basic
			wrong := http.Header{}
			(&http.Request{Header: wrong}).SetBasicAuth(clientID, clientSecret+"x")
			for _, h := range []http.Header{nil, wrong} {
				// spec: app.messaging.provider-errors
				r.do(http.MethodGet, at+"/conversations", h, nil).want(t, 401, `"success":false`, `"code":"UNAUTHORIZED"`)
				r.do(http.MethodDelete, "/oauth/callback", h, strings.NewReader(`{}`)).want(t, 401)
			}
		})
		t.Run("an unknown channel, conversation, message or person is NOT_FOUND", func(t *testing.T) {
			for _, path := range []string{"/provider/none/conversations", at + "/conversations/none", at + "/conversations/none/messages/none", at + "/senders/none"} {
				r.do(http.MethodGet, path, basic(), nil).want(t, 404, `"code":"NOT_FOUND"`)
			}
		})
		t.Run("conversations and messages page to their end, each once", func(t *testing.T) {
			testPaging(t, r, channel)
		})
		t.Run("an agent's wish is fulfilled once", func(t *testing.T) { // spec: app.messaging.post-idempotent
			g := r.guest(channel, "")
			g.say("q", "question").want(t, 200)
			first := g.reply("same-wish", "answer").want(t, 200).body // spec: app.messaging.post-message
			if again := g.reply("same-wish", "answer").want(t, 200).body; !bytes.Equal(first, again) {
				t.Fatalf("%s, then %s", first, again)
			}
			g.reply("", "no key").want(t, 200)
			g.reply("", "no key").want(t, 200)
			if n := len(g.history().Messages); n != 4 {
				t.Fatalf("%d messages, want question, answer, and two without a key", n)
			}
		})
		t.Run("recipients come under either name, joined or repeated", func(t *testing.T) { // spec: app.messaging.recipients-either-form
			g := r.guest(channel, "")
			g.say("q", "question").want(t, 200)
			for _, fields := range []url.Values{
				{"recipientIds": {g.id}}, {"recipientIds[]": {g.id + "," + g.id}}, {"recipientIds[]": {g.id, g.id}}, {},
			} {
				fields.Set("message", "m")
				fields.Set("conversationId", g.id)
				post(r, channel, fields).want(t, 200)
			}
			post(r, channel, url.Values{"recipientIds[]": {"stranger"}, "message": {"m"}, "conversationId": {g.id}}).want(t, 400, "INVALID_BODY", "recipientIds[]")
		})
		t.Run("a message is bare, and its links are fresh and work", func(t *testing.T) {
			testMessage(t, r, channel)
		})
		t.Run("the customer's picture is to be fetched", func(t *testing.T) { // spec: app.messaging.get-sender
			g := r.guest(channel, "Mari")
			g.say("q", "question").want(t, 200)
			var s struct{ Data messagingapi.Sender }
			r.do(http.MethodGet, at+"/senders/"+g.id, basic(), nil).want(t, 200).json(t, &s)
			if s.Data.Name != "Mari" {
				t.Errorf("named %q", s.Data.Name)
			}
			pic := r.do(http.MethodGet, strings.TrimPrefix(s.Data.AvatarURL, r.url), nil, nil).want(t, 200, "PNG") // spec: app.messaging.pictures
			if pic.Header.Get("Content-Type") != "image/png" {
				t.Error(pic.Header)
			}
		})
	})
}

func post(r *rig, channel string, fields url.Values, files ...messaging.Upload) reply {
	r.t.Helper()
	body, kind := form(fields, files...)
	h := basic()
	h.Set("Content-Type", kind)
	return r.do(http.MethodPost, "/provider/"+channel+"/messages", h, bytes.NewReader(body))
}

// testPaging reads everything by small pages, as a host does.
// spec: app.messaging.cursors-stop
func testPaging(t *testing.T, r *rig, channel string) {
	guests := map[string]int{}
	for i := range 5 {
		g := r.guest(channel, fmt.Sprint("Guest ", i))
		for j := range i + 1 {
			g.say(fmt.Sprint(j), fmt.Sprint(j)).want(t, 200)
		}
		guests[g.id] = i + 1
	}
	found := map[string]int{}
	after := ""
	for pages := 0; ; pages++ {
		raw := r.do(http.MethodGet, "/provider/"+channel+"/conversations?conversations_limit=2&messages_limit=2&after="+url.QueryEscape(after), basic(), nil).want(t, 200).body
		page, err := messagingapi.ParseConversationPage(raw) // spec: app.messaging.get-conversations
		if err != nil || pages > 10 {
			t.Fatal(err, pages)
		}
		for _, c := range page.Conversations {
			found[c.ID] += len(c.Messages)
			for next := c.NextMessages; next != ""; {
				raw := r.do(http.MethodGet, "/provider/"+channel+"/conversations/"+c.ID+"?messages_limit=2&after="+url.QueryEscape(next), basic(), nil).want(t, 200).body
				older, err := messagingapi.ParseConversation(raw) // spec: app.messaging.get-conversation
				if err != nil || len(older.Messages) == 0 {
					t.Fatal(err, older)
				}
				found[c.ID] += len(older.Messages)
				next = older.NextMessages
			}
		}
		if after = page.After; after == "" {
			break
		}
	}
	for id, n := range guests {
		if found[id] != n {
			t.Errorf("conversation %s: found %d messages, want %d", id, found[id], n)
		}
	}
	for _, bad := range []string{"x", "Yzp4", "%00", strings.Repeat("a", 5000)} {
		r.do(http.MethodGet, "/provider/"+channel+"/conversations?after="+url.QueryEscape(bad), basic(), nil).want(t, 400, "INVALID_BODY", "after")
	}
	r.do(http.MethodGet, "/provider/"+channel+"/conversations?conversations_limit=-1", basic(), nil).want(t, 400, "conversations_limit")
}

// testMessage asks for a message with files, as a host does whose link is dead.
// spec: app.messaging.get-message
func testMessage(t *testing.T, r *rig, channel string) {
	g := r.guest(channel, "")
	g.say("q", "question").want(t, 200)
	var posted struct{ Data messagingapi.Posted }
	g.reply("k", "", messaging.Upload{Name: `..\..\<b>x</b>.png`, Body: picture}, messaging.Upload{Name: "run.html", Body: []byte("<script>alert(1)</script>")}).want(t, 200).json(t, &posted)
	raw := r.do(http.MethodGet, "/provider/"+channel+"/conversations/"+g.id+"/messages/"+posted.Data.ID, basic(), nil).want(t, 200).body
	if bytes.Contains(raw, []byte(`"success"`)) {
		t.Errorf("not bare: %s", raw)
	}
	m, err := messagingapi.ParseMessage(raw)
	if err != nil || len(m.Attachments) != 2 || !m.Attachments[0].LinkExpires {
		t.Fatal(err, m)
	}
	if name := m.Attachments[0].Name; name != "bx" && name != "b.png" && strings.ContainsAny(name, `<>\/`) {
		t.Errorf("name %q", name)
	}
	img := r.do(http.MethodGet, strings.TrimPrefix(m.Attachments[0].URL, r.url), nil, nil).want(t, 200)
	if img.Header.Get("Content-Type") != "image/png" || !bytes.Equal(img.body, picture) || !strings.HasPrefix(img.Header.Get("Content-Disposition"), "inline") {
		t.Error(img.Header)
	}
	page := r.do(http.MethodGet, strings.TrimPrefix(m.Attachments[1].URL, r.url), nil, nil).want(t, 200)
	if page.Header.Get("Content-Type") != "application/octet-stream" || !strings.HasPrefix(page.Header.Get("Content-Disposition"), "attachment") {
		t.Error("a page from a stranger would be shown: ", page.Header)
	}
	r.do(http.MethodHead, strings.TrimPrefix(m.Attachments[0].URL, r.url), nil, nil).want(t, 200)
	r.do(http.MethodGet, strings.Replace(strings.TrimPrefix(m.Attachments[0].URL, r.url), "until=", "until=9", 1), nil, nil).want(t, 403, "signature") // spec: app.messaging.link-expires
}

func TestLifecycle(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, open func(ms ...store.Migrations) *store.DB) {
		r := newRig(t, open, rigOptions{})
		channel := r.install()
		g := r.guest(channel, "Mari")
		g.say("a", "before").want(t, 200)
		r.host.until(t, "it arrives", func() bool { return len(r.host.received) == 1 })

		uninstall(r).want(t, 200) // spec: app.messaging.uninstall
		if s := r.status(); len(s.Installations) != 0 || s.Channels[0].State != "closed" {
			t.Fatalf("after uninstall %+v", s)
		}
		closed := g.say("b", "while closed").want(t, 503, "closed")
		if closed.Header.Get("Retry-After") == "" {
			t.Error("no Retry-After")
		}
		if h := g.history(); h.Open || len(h.Messages) != 1 {
			t.Fatalf("archive is %+v", h)
		}
		uninstall(r).want(t, 200)

		r.do(http.MethodGet, "/install", nil, nil).want(t, 200) // spec: app.messaging.reinstall
		r.registered()
		r.host.mu.Lock()
		n := len(r.host.channels)
		r.host.mu.Unlock()
		if n != 2 {
			t.Fatalf("registered %d times", n)
		}
		g.say("b", "again").want(t, 200)
		r.host.until(t, "it arrives", func() bool { return len(r.host.received) == 2 })

		r.do(http.MethodPost, "/oauth/callback", asJSON(basic()), strings.NewReader(`{"company_id":40,"user_id":"7","isShared":true}`)).want(t, 200) // spec: app.messaging.sharing
		r.do(http.MethodGet, "/", nil, nil).want(t, 200, "Shared with the company")

		r.do(http.MethodDelete, "/provider/"+channel, basic(), nil).want(t, 200, `{"success":true}`) // spec: app.messaging.delete-channel
		r.do(http.MethodDelete, "/provider/"+channel, basic(), nil).want(t, 200)
		r.do(http.MethodGet, "/provider/"+channel+"/conversations", basic(), nil).want(t, 404)
		g.say("c", "gone").want(t, 503)
	})
}

func TestReinstallTellsWhatWaited(t *testing.T) { // spec: app.messaging.reinstall-untold
	t.Parallel()
	storetest.Each(t, func(t *testing.T, open func(ms ...store.Migrations) *store.DB) {
		r := newRig(t, open, rigOptions{})
		channel := r.install()
		r.host.mu.Lock()
		away := true
		r.host.answer = func(w http.ResponseWriter, _ *http.Request, _ int) bool {
			if away {
				w.WriteHeader(http.StatusBadGateway)
			}
			return away
		}
		r.host.mu.Unlock()
		g := r.guest(channel, "Mari")
		var want []string
		for i := range 5 {
			text := fmt.Sprint("m", i)
			g.say(text, text).want(t, 200)
			want = append(want, text+" sent")
		}
		uninstall(r).want(t, 200)
		r.eventually("the reports are dropped", func() bool { return r.status().Waiting == 0 })
		r.host.mu.Lock()
		away = false
		r.host.mu.Unlock()
		r.do(http.MethodGet, "/install", nil, nil).want(t, 200)
		r.host.until(t, "all arrive", func() bool { return len(r.host.received) >= len(want) })
		r.eventually("nothing waits", func() bool { return r.status().Waiting == 0 })
		r.host.mu.Lock()
		defer r.host.mu.Unlock()
		if got := r.host.texts(); !slices.Equal(got, want) {
			t.Errorf("received %v, want %v", got, want)
		}
	})
}

func TestInstall(t *testing.T) {
	t.Parallel()
	sqlite := func(ms ...store.Migrations) *store.DB { return storetest.SQLite(t, ms...) }
	r := newRig(t, sqlite, rigOptions{config: func(c *messaging.Config) { c.ClientID, c.Secret = "", "" }})
	r.do(http.MethodGet, "/install", nil, nil).want(t, 409, "client id")
	r.do(http.MethodPost, "/credentials", http.Header{"Content-Type": {"application/x-www-form-urlencoded"}},
		strings.NewReader(url.Values{"client_id": {clientID}, "client_secret": {clientSecret}}.Encode())).want(t, 200, "Not connected")
	t.Run("a callback of another browser's flow is refused", func(t *testing.T) { // spec: app.messaging.install-bound-to-browser
		r.do(http.MethodGet, "/oauth/callback?code=stolen&state=1.x", nil, nil).want(t, 403, "begin again")
		if s := r.status(); len(s.Installations) != 0 {
			t.Fatal(s)
		}
	})
	t.Run("a declined consent stores nothing", func(t *testing.T) {
		r.do(http.MethodGet, "/oauth/callback?error=user_denied", nil, nil).want(t, 403, "declined")
	})
	t.Run("a flow that the host began is begun again, and ends installed", func(t *testing.T) { // spec: app.messaging.install
		r.do(http.MethodGet, "/oauth/callback?code=from-the-marketplace", nil, nil).want(t, 200, "Nordwind Trading")
		if s := r.status(); len(s.Installations) != 1 {
			t.Fatal(s)
		}
	})
	t.Run("a wrong secret is said", func(t *testing.T) {
		r.do(http.MethodPost, "/credentials", http.Header{"Content-Type": {"application/x-www-form-urlencoded"}},
			strings.NewReader(url.Values{"client_id": {clientID}, "client_secret": {"wrong"}}.Encode())).want(t, 200)
		r.do(http.MethodGet, "/install", nil, nil).want(t, 503, "client is invalid")
	})
}

func TestOperator(t *testing.T) {
	t.Parallel()
	sqlite := func(ms ...store.Migrations) *store.DB { return storetest.SQLite(t, ms...) }
	r := newRig(t, sqlite, rigOptions{config: func(c *messaging.Config) { c.Demo, c.OperatorKey = false, "the-key" }})
	key := func(k string) *strings.Reader { return strings.NewReader(url.Values{"key": {k}}.Encode()) }
	urlencoded := http.Header{"Content-Type": {"application/x-www-form-urlencoded"}}
	r.do(http.MethodGet, "/", nil, nil).want(t, 401, "Operator key") // spec: app.messaging.operator-key
	r.do(http.MethodGet, "/status.json", nil, nil).want(t, 401)
	r.do(http.MethodPost, "/channels", urlencoded, key("x")).want(t, 401)
	r.do(http.MethodPost, "/sign-in", urlencoded, key("guess")).want(t, 401, "not the operator key")
	r.do(http.MethodPost, "/sign-in", urlencoded, key("the-key")).want(t, 200, "Channels") // spec: app.messaging.operator-page
	cross := urlencoded.Clone()
	cross.Set("Sec-Fetch-Site", "cross-site")
	r.do(http.MethodPost, "/channels", cross, key("x")).want(t, 403)
	r.do(http.MethodPost, "/channels", urlencoded, key("x")).want(t, 400, "connect the app first")
	r.do(http.MethodPost, "/sign-out", urlencoded, nil).want(t, 401)
	r.do(http.MethodGet, "/?key=the-key", nil, nil).want(t, 200, "Channels")
	r.do(http.MethodGet, "/healthz", nil, nil).want(t, 200) // spec: app.messaging.health
	r.do(http.MethodGet, "/readyz", nil, nil).want(t, 200)
}

func TestForeignHost(t *testing.T) { // spec: app.messaging.demo-host
	t.Parallel()
	sqlite := func(ms ...store.Migrations) *store.DB { return storetest.SQLite(t, ms...) }
	r := newRig(t, sqlite, rigOptions{})
	req, _ := http.NewRequestWithContext(t.Context(), http.MethodGet, r.url+"/", nil)
	req.Host = "evil.example"
	resp, err := r.browser.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	if resp.StatusCode != http.StatusForbidden {
		t.Fatal(resp.Status)
	}
}

// TestTokens has a hundred requests notice at once that the token is refused.
func TestTokens(t *testing.T) { // spec: app.messaging.refresh-once
	t.Parallel()
	storetest.Each(t, func(t *testing.T, open func(ms ...store.Migrations) *store.DB) {
		r := newRig(t, open, rigOptions{})
		channel := r.install()
		r.host.mu.Lock()
		r.host.access = "revoked"
		r.host.mu.Unlock()
		const many = 100
		for i := range many {
			g := r.guest(channel, "")
			g.say("x", fmt.Sprint("guest ", i)).want(t, 200)
		}
		r.host.until(t, "all arrive", func() bool { return len(r.host.received) == many })
		r.host.mu.Lock()
		defer r.host.mu.Unlock()
		if r.host.refreshes != 1 {
			t.Errorf("%d refreshes", r.host.refreshes)
		}
		raw, _ := json.Marshal(r.host.received)
		if n := strings.Count(string(raw), `"conversation_id"`); n != many {
			t.Errorf("%d arrived", n)
		}
	})
}
