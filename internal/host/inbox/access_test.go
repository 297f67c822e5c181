package inbox

import (
	"fmt"
	"net/http"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/dockwright/dockwright/internal/fault"
	"github.com/dockwright/dockwright/internal/host/event"
	"github.com/dockwright/dockwright/internal/host/route"
	"github.com/dockwright/dockwright/internal/lane"
	"github.com/dockwright/dockwright/internal/live"
	"github.com/dockwright/dockwright/internal/store"
)

func TestOnlyAdminsRegister(t *testing.T) {
	t.Parallel()
	g := newRig(t, sqlite(t))
	answer := g.want(403, colleague, "POST", "/v1/channels", aChannel)
	// spec: messaging.channels.refuses-non-admins
	if answer != `{"success":false,"error":"Only admins can register channels","error_info":"Please check the reference docs in https://developers.pipedrive.com/docs/api/v1","additional_data":{"code":"ADMIN_ONLY"}}` {
		t.Errorf("answered %s", answer)
	}
	g.register()
	for name, body := range map[string]string{
		"name":                strings.Replace(aChannel, "chan-88", "chan-89", 1), // spec: messaging.channels.unique-name
		"provider_channel_id": strings.Replace(aChannel, `"provider_channel_id":"chan-88",`, "", 1),
		"avatar_url":          strings.Replace(aChannel, "https://", "data:", 1),
		"provider_type":       strings.Replace(aChannel, "whatsapp", "WhatsApp", 1),
		"template_support":    strings.Replace(aChannel, "false", `"yes"`, 1),
		"body":                strings.Replace(aChannel, "Shop", strings.Repeat("x", 9<<20), 1),
	} {
		status, answer := g.call(owner, "POST", "/v1/channels", body)
		if status != 400 && name != "body" || !strings.Contains(answer, `"field":"`+name+`"`) || !strings.Contains(answer, `"code":"INVALID_BODY"`) {
			t.Errorf("%s: %d %s", name, status, answer)
		}
	}
	// Another admin's installation of the same app cannot take the channel over.
	g.installs.set(client, admin.User, false)
	if answer := g.want(400, admin, "POST", "/v1/channels", aChannel); !strings.Contains(answer, `"field":"provider_channel_id"`) {
		t.Errorf("answered %s", answer)
	}
	// A company of its own has its own ids.
	g.want(200, route.Caller{Company: 2, User: 1, Admin: true, ClientID: client}, "POST", "/v1/channels", aChannel)
}

// By the newer documents a colleague uses what is shared only with an
// authorization of their own.
// spec: messaging.sharing.each-authorizes
func TestEachAuthorizes(t *testing.T) {
	each(t, func(t *testing.T, g *rig) {
		ch, c := g.knowing()
		g.s.eachAuthorizes = true
		see := func(v route.Caller, want fault.Kind) {
			t.Helper()
			_, err := g.s.Conversation(t.Context(), v, c.ID)
			check(t, fmt.Sprint("user ", v.User), err, want)
			channels, err := g.s.Channels(t.Context(), v)
			if err != nil || (len(channels) == 1) != (want == fault.Kind(-1)) {
				t.Errorf("user %d: %d channels, %v", v.User, len(channels), err)
			}
			check(t, "unassign", g.s.Assign(t.Context(), owner, c.ID, 0), fault.Kind(-1))
			check(t, "assign", g.s.Assign(t.Context(), owner, c.ID, v.User), map[bool]fault.Kind{true: fault.Kind(-1), false: fault.Invalid}[want == fault.Kind(-1)])
		}
		g.installs.set(client, owner.User, true)
		see(owner, fault.Kind(-1))
		see(colleague, fault.NotFound)
		g.installs.set(client, colleague.User, false)
		see(colleague, fault.Kind(-1))
		g.installs.set(client, owner.User, false) // the own authorization opens nothing that is not shared
		see(colleague, fault.NotFound)
		if ch.Owner != owner.User {
			t.Errorf("the channel went to user %d", ch.Owner)
		}
	})
}

// who may do what, with the installation shared and not.
func TestAccessMatrix(t *testing.T) {
	each(t, func(t *testing.T, g *rig) {
		ch, c := g.knowing()
		outsider := route.Caller{Company: 2, User: 1, Admin: true, ClientID: client}
		stranger := route.Caller{Company: 1, User: 2, ClientID: otherClient}
		type row struct {
			what                      string
			do                        func(v route.Caller) error
			owner, admin, col, others fault.Kind
		}
		const none, no, ok = fault.NotFound, fault.Forbidden, fault.Kind(-1)
		conversation := func(v route.Caller) error { return kindOfStatus(g, v, "/v1/channels/chan-88/conversations/none") }
		for _, shared := range []bool{true, false} {
			g.installs.set(client, owner.User, shared)
			seen, forbidden := ok, no
			if !shared {
				seen, forbidden = none, none
			}
			// spec: messaging.sharing.visibility
			for _, r := range []row{ // spec: messaging.sharing.owner-only
				{"see", func(v route.Caller) error { _, err := g.s.Conversation(t.Context(), v, c.ID); return err }, ok, seen, seen, none},
				{"read", func(v route.Caller) error { _, _, err := g.s.Messages(t.Context(), v, c.ID, "", 9); return err }, ok, seen, seen, none},
				{"channel", func(v route.Caller) error { _, err := g.s.Channel(t.Context(), v, ch.ID); return err }, ok, seen, seen, none},
				{"mark", func(v route.Caller) error { return g.s.MarkSeen(t.Context(), v, c.ID) }, ok, seen, seen, none},
				{"close", func(v route.Caller) error { return g.s.SetStatus(t.Context(), v, c.ID, "closed") }, ok, seen, seen, none},
				{"link", func(v route.Caller) error { return g.s.LinkTo(t.Context(), v, c.ID, Link{Kind: "deal", TargetID: "8"}) }, ok, seen, seen, none},
				{"delete by API", conversation, none, no, no, none},
			} {
				for _, who := range []struct {
					name string
					v    route.Caller
					want fault.Kind
				}{{"owner", owner, r.owner}, {"admin", admin, r.admin}, {"colleague", colleague, r.col}, {"outsider", outsider, r.others}} {
					check(t, fmt.Sprint(shared, " ", who.name, " ", r.what), r.do(who.v), who.want)
				}
			}
			check(t, "another app's delete", conversation(stranger), none)
			for _, v := range []route.Caller{admin, colleague} {
				check(t, "delete conversation", g.s.DeleteConversation(t.Context(), v, c.ID), forbidden)
				check(t, "remove channel", g.s.RemoveChannel(t.Context(), v, ch.ID), forbidden)
				page, _, err := g.s.ListConversations(t.Context(), v, Filter{})
				channels, err2 := g.s.Channels(t.Context(), v)
				if err != nil || err2 != nil || (len(page) == 1) != shared || (len(channels) == 1) != shared {
					t.Errorf("shared %v: %d conversations and %d channels, %v %v", shared, len(page), len(channels), err, err2)
				}
			}
		}
		err := g.s.DeleteConversation(t.Context(), colleague, c.ID)
		check(t, "gone for a colleague", err, none)
		g.installs.set(client, owner.User, true)
		if e, _ := fault.As(g.s.DeleteConversation(t.Context(), colleague, c.ID)); e == nil || e.Message != "Only the app owner can delete conversations" {
			t.Errorf("the refusal is %v", e)
		}
		if answer := g.want(403, colleague, "DELETE", "/v1/channels/chan-88/conversations/thr-7001", ""); !strings.Contains(answer, `"error":"Only the app owner can delete conversations"`) || !strings.Contains(answer, "FORBIDDEN_USER_REQUEST") {
			t.Errorf("the refusal is %s", answer)
		}
		// spec: messaging.conversations.delete
		// spec: messaging.channels.delete
		if answer := g.want(200, owner, "DELETE", "/v1/channels/chan-88/conversations/thr-7001", ""); answer != `{"success":true}` {
			t.Errorf("answered %s", answer)
		}
		if answer := g.want(404, owner, "DELETE", "/v1/channels/chan-89/conversations/thr-7001", ""); !strings.Contains(answer, `"error":"Channel not found."`) {
			t.Errorf("answered %s", answer)
		}
		g.want(403, colleague, "DELETE", "/v1/channels/chan-88", "")
		if answer := g.want(200, owner, "DELETE", "/v1/channels/chan-88", ""); answer != `{"success":true}` {
			t.Errorf("answered %s", answer)
		}
		g.want(404, owner, "DELETE", "/v1/channels/chan-88", "")
	})
}

func kindOfStatus(g *rig, v route.Caller, path string) error {
	switch status, answer := g.call(v, "DELETE", path, ""); status {
	case 403:
		return fault.New(fault.Forbidden, "", "%s", answer)
	case 404:
		return fault.New(fault.NotFound, "", "%s", answer)
	case 200:
		return nil
	default:
		return fmt.Errorf("%d %s", status, answer)
	}
}

func check(t *testing.T, what string, err error, want fault.Kind) {
	t.Helper()
	if want < 0 && err != nil || want >= 0 && (err == nil || fault.KindOf(err) != want) {
		t.Errorf("%s: %v, want kind %d", what, err, want)
	}
}

func TestManage(t *testing.T) {
	each(t, func(t *testing.T, g *rig) {
		_, c := g.knowing()
		ctx := t.Context()
		check(t, "assign", g.s.Assign(ctx, colleague, c.ID, 2), -1)
		check(t, "assign to nobody known", g.s.Assign(ctx, colleague, c.ID, 3), fault.Invalid)
		for filter, n := range map[int64]int{2: 1, 1: 0, Unassigned: 0, AnyAssignee: 1} {
			page, _, err := g.s.ListConversations(ctx, owner, Filter{Assignee: filter, Status: "open"})
			if err != nil || len(page) != n {
				t.Errorf("assignee %d: %d conversations, %v", filter, len(page), err)
			}
		}
		for _, l := range []Link{{Kind: "person", TargetID: "7"}, {Kind: "deal", TargetID: "8"}, {Kind: "lead", TargetID: "l-9"}, {Kind: "deal", TargetID: "8"}} {
			check(t, "link", g.s.LinkTo(ctx, owner, c.ID, l), -1)
			g.clock.Advance(time.Second)
		}
		check(t, "link to nothing", g.s.LinkTo(ctx, owner, c.ID, Link{Kind: "deal", TargetID: "9"}), fault.Invalid)
		check(t, "link to something else", g.s.LinkTo(ctx, owner, c.ID, Link{Kind: "cat", TargetID: "9"}), fault.Invalid)
		check(t, "unlink", g.s.Unlink(ctx, owner, c.ID, Link{Kind: "deal", TargetID: "8"}), -1)
		got, err := g.s.Conversation(ctx, owner, c.ID)
		if err != nil || !slices.Equal(got.Links, []Link{{"person", "7", "Mari Tamm"}, {"lead", "l-9", "Bell order"}}) {
			t.Errorf("links %v, %v", got.Links, err)
		}
		g.installs.set(client, owner.User, false)
		check(t, "assign to who cannot see it", g.s.Assign(ctx, owner, c.ID, 4), fault.Invalid)
		check(t, "status", g.s.SetStatus(ctx, owner, c.ID, "shut"), fault.Invalid)
	})
}

func TestRemoveTellsTheApp(t *testing.T) {
	each(t, func(t *testing.T, g *rig) {
		ch, _ := g.knowing()
		var status atomic.Int64
		status.Store(204)
		g.app.do("DELETE /pd/chan-88", func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(int(status.Load())) })
		if err := g.s.RemoveChannel(t.Context(), owner, ch.ID); err != nil {
			t.Fatal(err)
		}
		for c := range g.app.came {
			if c.line == "DELETE /pd/chan-88" { // spec: messaging.channels.remove-tells-app
				break
			}
		}
		if all, err := g.s.Channels(t.Context(), owner); err != nil || len(all) != 0 {
			t.Errorf("channels %v, %v", all, err)
		}
		job := removeJob{ClientID: client, ProviderChannelID: "chan-88"}
		for code, done := range map[int64]bool{200: true, 404: true, 403: false, 500: false} {
			status.Store(code)
			if _, err := g.s.tellRemoved(t.Context(), lane.Job{Company: 1}, job); (err == nil) != done {
				t.Errorf("an answer %d gave %v", code, err)
			}
		}
	})
}

// A removed channel is out of sight at once; its rows go a piece at a time, and
// the same channel may be registered anew meanwhile.
func TestRemovedChannelIsSwept(t *testing.T) {
	each(t, func(t *testing.T, g *rig) {
		ch, c := g.knowing()
		const n = 2*sweepBatch + 10
		if err := g.db.Company(1).Update(t.Context(), func(tx *store.Tx) error {
			for i := range n {
				m := Message{channel: ch.ID, conversation: c.ID, SourceID: fmt.Sprint("old-", i), Status: Sent, CreatedAt: g.clock.Now()}
				if _, err := insertMessage(tx, m, ""); err != nil {
					return err
				}
			}
			return nil
		}); err != nil {
			t.Fatal(err)
		}
		g.want(200, owner, "DELETE", "/v1/channels/chan-88", "")
		if _, err := g.s.Conversation(t.Context(), owner, c.ID); fault.KindOf(err) != fault.NotFound {
			t.Errorf("a conversation of it is still shown: %v", err)
		}
		g.want(200, owner, "POST", "/v1/channels", aChannel)
		g.want(200, owner, "POST", receivePath, messageJSON("old-1", "wa-1", "Hi", "sent", "2026-03-04 09:15"))
		g.until("the sweep", func() bool {
			return g.count("inbox_channel", "id", ch.ID)+g.count("inbox_message", "channel_id", ch.ID)+g.count("inbox_conversation", "channel_id", ch.ID) == 0
		})
		if back := g.synced(SyncReady); back.ID == ch.ID || back.ProviderChannelID != "chan-88" {
			t.Errorf("the new channel is %+v", back)
		}
	})
}

// count counts rows of company 1 where a column has a value.
func (g *rig) count(table, column string, value int64) (n int64) {
	g.t.Helper()
	if err := g.db.Company(1).View(g.t.Context(), func(tx *store.Tx) (err error) {
		n, err = store.One(tx, store.Value[int64], `SELECT COUNT(*) FROM `+table+` WHERE company_id = @company AND `+column+` = ?`, value)
		return err
	}); err != nil {
		g.t.Fatal(err)
	}
	return n
}

func TestUninstallKeepsHistory(t *testing.T) {
	each(t, func(t *testing.T, g *rig) {
		ch, c := g.knowing()
		g.installs.remove(client, owner.User)
		gone := event.Event{Kind: "installation.removed", After: map[string]any{"client_id": client, "user_id": owner.User, "shared": true}}
		tell := func() {
			if err := g.db.Company(1).Update(t.Context(), func(tx *store.Tx) error { return g.s.follower().Do(tx, gone) }); err != nil {
				t.Fatal(err)
			}
		}
		tell()
		// spec: messaging.uninstall.keeps-history
		got, err := g.s.Conversation(t.Context(), colleague, c.ID)
		if err != nil || got.Channel.Connected || len(g.messages(c.ID)) != 1 {
			t.Errorf("conversation %+v, %v", got, err)
		}
		_, err = g.s.Send(t.Context(), owner, SendRequest{Conversation: c.ID, Key: "k", Text: "x"})
		if e, _ := fault.As(err); e == nil || !strings.Contains(e.Message, "disconnected because its app was uninstalled") {
			t.Errorf("sending gave %v", err)
		}
		g.want(404, owner, "POST", receivePath, messageJSON("m1", "wa-1", "Hi", "sent", "2026-03-04 09:15"))
		// Another admin installs the app and registers the same channel.
		g.installs.set(client, admin.User, true)
		g.want(200, admin, "POST", "/v1/channels", aChannel)
		if back := g.synced(SyncReady); back.ID != ch.ID || back.UUID != ch.UUID || back.Owner != admin.User || !back.Connected {
			t.Errorf("it came back as %+v", back)
		}
		g.want(200, admin, "POST", receivePath, messageJSON("m1", "wa-1", "Hi", "sent", "2026-03-04 09:16"))
		if got := brief(g.messages(c.ID)); got != "< Is the blue one in stock? (delivered), < Hi (sent)" {
			t.Errorf("thread is %s", got)
		}
		g.installs.set(client, admin.User, false)
		unshared := event.Event{Kind: "installation.changed", After: map[string]any{"client_id": client, "user_id": admin.User, "shared": false}}
		if err := g.db.Company(1).Update(t.Context(), func(tx *store.Tx) error { return g.s.follower().Do(tx, unshared) }); err != nil {
			t.Fatal(err)
		}
		if _, err := g.s.Conversation(t.Context(), colleague, c.ID); fault.KindOf(err) != fault.NotFound {
			t.Errorf("a colleague still reads what is not shared any more: %v", err)
		}
		g.installs.set(client, admin.User, true)
		tell() // old news about the first owner
		if back := g.synced(SyncReady); !back.Connected {
			t.Error("old news disconnected it")
		}
	})
}

func TestEventsGoToWhoMayRead(t *testing.T) {
	t.Parallel()
	g := newRig(t, sqlite(t))
	_, c := g.knowing()
	last := func() live.Event {
		var all []live.Event
		if err := g.db.Company(1).View(t.Context(), func(tx *store.Tx) (err error) {
			all, err = live.Since(tx, g.events()-1, 1)
			return err
		}); err != nil || len(all) != 1 {
			t.Fatal(all, err)
		}
		return all[0]
	}
	g.want(200, owner, "POST", receivePath, messageJSON("m1", "wa-1", "Hi", "sent", "2026-03-04 09:15"))
	if e := last(); e.Kind != "message.received" || e.Audience != 0 || !slices.Equal(e.Topics, []string{"inbox", fmt.Sprint("conversation:", c.ID)}) {
		t.Errorf("event %+v", e)
	}
	g.installs.set(client, owner.User, false)
	g.want(200, owner, "POST", receivePath, messageJSON("m2", "wa-1", "Hi", "sent", "2026-03-04 09:15"))
	if e := last(); e.Audience != owner.User { // spec: messaging.sharing.visibility
		t.Errorf("event %+v", e)
	}
}

func TestNoCookieDoor(t *testing.T) {
	t.Parallel()
	g := newRig(t, sqlite(t))
	for _, r := range g.s.Routes() {
		if strings.HasPrefix(r.Pattern, "/v1/") && (r.Access != route.Token || !slices.Equal(r.Scopes, []string{"messengers-integration"})) {
			t.Errorf("%s is open to %v with %v", r.Pattern, r.Access, r.Scopes)
		}
		if r.Req == "" || r.Handler == nil || r.Method == http.MethodPut {
			t.Errorf("%+v", r)
		}
	}
}
