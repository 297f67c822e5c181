package web

import (
	"net/http"
	"strings"
	"testing"

	"github.com/dockwright/dockwright/internal/host/account"
	"github.com/dockwright/dockwright/internal/host/inbox"
	"github.com/dockwright/dockwright/pipedrive/messagingapi"
)

func TestMessagingSettings(t *testing.T) {
	t.Parallel()
	b := newInboxBench(t)
	b.chat.mu.Lock()
	b.chat.templates = []messagingapi.Template{{ID: "tpl-1", Name: "ready", Content: "Hi {{1}}", Language: "en_US"}}
	b.chat.mu.Unlock()
	ch := b.channel(messagingapi.NewChannel{Name: "Sales line", ProviderChannelID: "chan-1", ProviderType: "whatsapp", TemplateSupport: true})
	doc := b.page(b.as(b.agent), messagingPath)
	row := textOf(find(doc, byClass("channel-row"))[0])
	for _, want := range []string{"Sales line", "WhatsApp", "Ada Admin", "Shared", "Ready"} {
		if !strings.Contains(row, want) { // spec: messaging.settings
			t.Errorf("the row %q does not say %q", row, want)
		}
	}
	if got := textOf(find(doc, byID("app-"+b.app.ClientID))[0]); !strings.Contains(got, "Street Messages") {
		t.Errorf("the app is called %q", got)
	}
	page := b.page(b.as(b.agent), channelURL(ch.ID))
	if got := textOf(find(page, byID("channel-templates"))[0]); !strings.Contains(got, "Hi {{1}}") {
		t.Errorf("templates: %q", got)
	}
	inspector := func(u account.User) bool {
		return strings.Contains(b.get(b.as(u), channelURL(ch.ID)).Body.String(), "/_dockwright/inspector?")
	}
	if !inspector(b.owner) || inspector(b.agent) {
		t.Error("the Inspector is for admins only")
	}
}

func TestChannelPageNamesTheWrongKey(t *testing.T) {
	t.Parallel()
	b := newInboxBench(t)
	b.chat.mu.Lock()
	b.chat.malformed = `{"success":true,"data":[{"id":"x","link":"","status":"<b>weird</b>","seen":true,"participants":[]}]}`
	b.chat.mu.Unlock()
	ch := b.channel(webChat)
	retry := channelURL(ch.ID) + "/retry"
	doc := b.page(b.as(b.owner), channelURL(ch.ID))
	// spec: messaging.settings.channel
	if got := textOf(find(doc, byID("channel-state"))[0]); !strings.Contains(got, "data[0].status") || !strings.Contains(got, "<b>weird</b>") {
		t.Errorf("the state reads %q", got)
	}
	if !forms(doc)[retry] || forms(b.page(b.as(b.agent), channelURL(ch.ID)))[retry] {
		t.Error("retrying is offered to the owner, and to nobody else")
	}
	if rec := b.post(b.as(b.agent), retry); rec.Code != http.StatusForbidden {
		t.Errorf("retry by another user: %d", rec.Code)
	}
	b.chat.mu.Lock()
	b.chat.malformed = ""
	b.chat.mu.Unlock()
	if rec := b.post(b.as(b.owner), retry); rec.Code != http.StatusSeeOther || rec.Header().Get("Location") != channelURL(ch.ID) {
		t.Fatalf("retry: %d", rec.Code)
	}
	b.until("the channel is ready", func() bool {
		now, err := b.inbox.Channel(t.Context(), b.as(b.owner), ch.ID)
		b.must(err)
		return now.SyncState == inbox.SyncReady // spec: messaging.settings.retry
	})
	if forms(b.page(b.as(b.owner), channelURL(ch.ID)))[retry] {
		t.Error("a channel that is ready offers to retry")
	}
}
