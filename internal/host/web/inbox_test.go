package web

import (
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"golang.org/x/net/html"

	"github.com/dockwright/dockwright/internal/host/inbox"
	"github.com/dockwright/dockwright/internal/host/records"
	"github.com/dockwright/dockwright/internal/host/route"
	"github.com/dockwright/dockwright/pipedrive/messagingapi"
)

var webChat = messagingapi.NewChannel{Name: "Website chat", ProviderChannelID: "chan-1", ProviderType: "other"}

// said is a message of the customer of a conversation on the web chat.
func said(conversation, id, text string, at time.Time) messagingapi.Received {
	return messagingapi.Received{ID: id, ChannelID: "chan-1", SenderID: "who-" + conversation, ConversationID: conversation, Text: text, CreatedAt: messagingapi.At(at)}
}

func TestInboxShowsWhatStrangersWriteAsText(t *testing.T) {
	t.Parallel()
	b := newInboxBench(t)
	const evil = `<script>alert(1)</script><img src=x onerror=alert(2)>"'><a href="javascript:alert(3)">x</a>`
	ch := webChat
	ch.Name = "Chat " + evil
	b.channel(ch)
	thread := talkOf("t1", "Mari "+evil)
	thread.Link = "https://chat.example/t1"
	b.chat.mu.Lock()
	b.chat.threads = []messagingapi.Conversation{thread}
	b.chat.mu.Unlock()
	m := said("t1", "m1", evil+" see https://a.example/x?y=1&z=2.", benchTime)
	m.Attachments = []messagingapi.Attachment{
		{ID: "a1", Type: "text/html", Name: "../" + evil + ".html", Size: 2048, URL: "https://files.example/a"},
		{ID: "a2", Type: "image/png", Name: evil, URL: "https://files.example/b.png"},
	}
	b.receive(m)
	c := b.conversation("t1")
	rec := b.get(b.as(b.owner), conversationURL(c.ID)+"?find=%3Cscript%3E")
	doc, err := html.Parse(rec.Body)
	b.must(err)
	noActiveContent(t, doc)
	if got := textOf(find(doc, byClass("bubble-text"))[0]); got != evil+" see https://a.example/x?y=1&z=2." {
		t.Errorf("the message reads %q", got)
	}
	link := find(find(doc, byClass("bubble-text"))[0], byTag("a"))
	// spec: messaging.inbox.safe-links
	if len(link) != 1 || attr(link[0], "href") != "https://a.example/x?y=1&z=2" || attr(link[0], "rel") != "noopener nofollow" || attr(link[0], "target") != "_blank" {
		t.Errorf("links in the message: %d", len(link))
	}
	for _, path := range []string{inboxPath, messagingPath, channelURL(c.Channel.ID)} {
		noActiveContent(t, b.page(b.as(b.owner), path))
	}
}

// noActiveContent fails if the page runs anything that is not the host's own.
func noActiveContent(t *testing.T, doc *html.Node) {
	t.Helper()
	for _, n := range find(doc, func(*html.Node) bool { return true }) {
		if n.Data == "script" && !strings.HasPrefix(attr(n, "src"), staticRoot) {
			t.Errorf("a script from elsewhere: %v", n.Attr)
		}
		for _, a := range n.Attr {
			if strings.HasPrefix(a.Key, "on") || a.Key == "style" {
				t.Errorf("<%s %s=%q>", n.Data, a.Key, a.Val)
			}
			if (a.Key == "href" || a.Key == "src" || a.Key == "action") && strings.HasPrefix(strings.ToLower(strings.TrimSpace(a.Val)), "javascript:") {
				t.Errorf("<%s %s=%q>", n.Data, a.Key, a.Val)
			}
		}
	}
}

func TestInboxThread(t *testing.T) {
	t.Parallel()
	b := newInboxBench(t)
	b.channel(webChat)
	for i := range threadPage + 5 {
		b.receive(said("t1", fmt.Sprintf("m%d", i), fmt.Sprintf("text %d", i), benchTime.Add(-26*time.Hour+time.Duration(i)*time.Hour/2)))
	}
	c := b.conversation("t1")
	doc := b.page(b.as(b.owner), conversationURL(c.ID))
	rows := find(doc, byClass("bubble-row"))
	if len(rows) != threadPage || !strings.Contains(textOf(rows[0]), "text 5") || !strings.Contains(textOf(rows[threadPage-1]), "text 34") {
		t.Fatalf("%d rows, first %q", len(rows), textOf(rows[0]))
	}
	days := find(doc, byClass("thread-day"))
	if len(days) != 2 || textOf(days[0]) != "Yesterday" || textOf(days[1]) != "Today" {
		t.Errorf("%d separators", len(days))
	}
	older := find(find(doc, func(n *html.Node) bool { return hasAttr(n, "data-older") })[0], byTag("a"))[0]
	part := b.page(b.as(b.owner), attr(older, "href"), "thread")
	// spec: messaging.inbox
	if rows := find(part, byClass("bubble-row")); len(rows) != 5 || !strings.Contains(textOf(rows[0]), "text 0") {
		t.Errorf("the older page has %d rows", len(rows))
	}
	if len(find(part, func(n *html.Node) bool { return hasAttr(n, "data-start") })) != 1 || len(find(part, byID("inbox-list"))) != 0 {
		t.Error("the older page is not the thread's beginning alone")
	}
	if got := textOf(find(doc, byClass("inbox-head-name"))[0]); got != "Visitor t1" {
		t.Errorf("the head names %q", got)
	}
}

func hasAttr(n *html.Node, name string) bool {
	for _, a := range n.Attr {
		if a.Key == name {
			return true
		}
	}
	return false
}

func TestInboxListFiltersAndPages(t *testing.T) {
	t.Parallel()
	b := newInboxBench(t)
	b.channel(webChat)
	for i := range listPage + 3 {
		b.receive(said(fmt.Sprintf("t%d", i), fmt.Sprintf("m%d", i), "hello", benchTime.Add(-time.Duration(i)*time.Minute)))
	}
	first, closed := b.conversation("t0"), b.conversation("t1")
	c := b.as(b.owner)
	b.must(b.inbox.SetStatus(t.Context(), c, closed.ID, "closed"))
	b.must(b.inbox.Assign(t.Context(), c, first.ID, b.agent.ID))
	names := func(path string) (out []string, next string) {
		doc := b.page(c, path)
		for _, n := range find(doc, byClass("inbox-item-name")) {
			out = append(out, textOf(n))
		}
		if more := find(doc, func(n *html.Node) bool { return hasAttr(n, "data-next") }); len(more) == 1 {
			next = attr(find(more[0], byTag("a"))[0], "href")
		}
		return out, next
	}
	page, next := names(inboxPath)
	if len(page) != listPage || page[0] != "Visitor t0" || page[1] != "Visitor t2" || next == "" {
		t.Fatalf("first page %v, next %q", page, next)
	}
	if rest, end := names(next); len(rest) != 2 || end != "" {
		t.Errorf("second page %v, next %q", rest, end)
	}
	for query, want := range map[string]string{
		"?status=closed":                              "Visitor t1",
		"?assignee=" + fmt.Sprint(b.agent.ID):         "Visitor t0",
		"?assignee=me":                                "",
		"?channel=999":                                "",
		"?status=closed&assignee=none&channel=1":      "Visitor t1",
		"?status=nonsense&assignee=me%27--&channel=x": "Visitor t0", // as without a filter
	} {
		got, _ := names(inboxPath + query)
		if first := append(got, "")[0]; first != want {
			t.Errorf("%s begins with %q, want %q", query, first, want)
		}
	}
	doc := b.page(c, conversationURL(first.ID)+"?status=any")
	marked := find(doc, func(n *html.Node) bool { return attr(n, "aria-current") == "true" })
	if len(marked) != 1 || !strings.HasPrefix(attr(marked[0], "href"), conversationURL(first.ID)+"?status=any") {
		t.Error("the open conversation is not marked, or loses the filters")
	}
	if n := len(find(doc, byClass("inbox-count"))); n != listPage {
		t.Errorf("%d unread badges", n)
	}
	if rec := b.get(c, inboxPath+"?cursor=nonsense"); rec.Code != http.StatusBadRequest {
		t.Errorf("a foreign cursor: %d", rec.Code)
	}
}

func TestInboxSeen(t *testing.T) {
	t.Parallel()
	b := newInboxBench(t)
	b.channel(webChat)
	b.receive(said("t1", "m1", "hello", benchTime))
	c := b.conversation("t1")
	b.page(b.as(b.agent), conversationURL(c.ID)) // looking at the page as a robot would changes nothing
	if n, _ := b.inbox.Unread(t.Context(), b.as(b.owner)); n != 1 {
		t.Fatalf("%d unread before", n)
	}
	if rec := b.post(b.as(b.agent), conversationURL(c.ID)+"/seen"); rec.Code != http.StatusNoContent {
		t.Fatalf("seen: %d", rec.Code)
	}
	if n, _ := b.inbox.Unread(t.Context(), b.as(b.owner)); n != 0 { // spec: messaging.inbox.seen
		t.Errorf("%d unread after", n)
	}
}

func TestInboxCardAssignsClosesAndLinks(t *testing.T) {
	t.Parallel()
	b := newInboxBench(t)
	b.channel(webChat)
	b.receive(said("t1", "m1", "hello", benchTime))
	conv := b.conversation("t1")
	c, at := b.as(b.agent), conversationURL(conv.ID)
	person, err := b.records.CreatePerson(t.Context(), c, records.Person{Name: "Mari Tamm"})
	b.must(err)
	deal := fmt.Sprint(person.ID)
	steps := []struct {
		path  string
		pairs []string
		want  string
	}{
		{"/assign", []string{"assignee", fmt.Sprint(b.agent.ID), "return", "?status=any&view=details"}, at + "?status=any&view=details"},
		{"/status", []string{"status", "closed", "return", "?status=any&evil=//x"}, at + "?status=any"},
		{"/link", []string{"kind", "person", "target", deal}, at},
		{"/unlink", []string{"kind", "person", "target", deal, "return", "https://evil.example/"}, at},
		{"/link", []string{"kind", "person", "target", deal}, at},
	}
	for _, s := range steps {
		rec := b.post(c, at+s.path, s.pairs...)
		if rec.Code != http.StatusSeeOther || rec.Header().Get("Location") != s.want {
			t.Errorf("POST %s %v: %d to %q, want %q", s.path, s.pairs, rec.Code, rec.Header().Get("Location"), s.want)
		}
	}
	now, err := b.inbox.Conversation(t.Context(), c, conv.ID)
	b.must(err)
	// spec: messaging.inbox.assign, messaging.inbox.close, messaging.inbox.link
	if now.Assignee != b.agent.ID || now.Status != "closed" || len(now.Links) != 1 {
		t.Errorf("afterwards %+v", now)
	}
	doc := b.page(c, at+"?status=any&find=mari")
	if l := find(doc, byClass("inbox-link-title")); len(l) != 1 || textOf(l[0]) != "Mari Tamm" || attr(l[0], "href") != "/persons/"+deal {
		t.Error("the linked person is not shown with a link to them")
	}
	if !strings.Contains(textOf(find(doc, byID("link-results"))[0]), "linked already") {
		t.Errorf("the search offers what is linked: %q", textOf(find(doc, byID("link-results"))[0]))
	}
	for _, bad := range [][]string{{"/assign", "assignee", "x"}, {"/assign", "assignee", "99"}, {"/status", "status", "gone"}, {"/link", "kind", "cat", "target", "1"}, {"/link", "kind", "person", "target", "999"}} {
		if rec := b.post(c, at+bad[0], bad[1:]...); rec.Code != http.StatusBadRequest {
			t.Errorf("POST %v: %d", bad, rec.Code)
		}
	}
}

func TestInboxEmptyStates(t *testing.T) {
	t.Parallel()
	b := newInboxBench(t)
	links := func(path string) string {
		var out []string
		for _, a := range find(find(b.page(b.as(b.owner), path), byID("main"))[0], byTag("a")) {
			out = append(out, attr(a, "href"))
		}
		return strings.Join(out, " ")
	}
	if got := links(inboxPath); !strings.Contains(got, "/marketplace") {
		t.Errorf("without an app the inbox leads to %q", got)
	}
	if got := links(messagingPath); !strings.Contains(got, "/marketplace") {
		t.Errorf("without an app the settings lead to %q", got)
	}
	b.channel(webChat)
	if got := links(inboxPath); !strings.Contains(got, messagingPath) || strings.Contains(got, "/marketplace") {
		t.Errorf("without a conversation the inbox leads to %q", got)
	}
	if rec := b.get(b.as(b.owner), inboxPath+"/99"); rec.Code != http.StatusNotFound {
		t.Errorf("an unknown conversation: %d", rec.Code)
	}
	if rec := b.get(b.as(b.owner), inboxPath+"/x"); rec.Code != http.StatusNotFound {
		t.Errorf("no number: %d", rec.Code)
	}
}

// TestInboxOwnerOnly walks who sees and who may do what, with a shared and with
// a private installation.
func TestInboxOwnerOnly(t *testing.T) {
	t.Parallel()
	b := newInboxBench(t)
	ch := b.channel(webChat)
	b.receive(said("t1", "m1", "hello", benchTime))
	conv := b.conversation("t1")
	remove, drop := channelURL(ch.ID)+"/remove", conversationURL(conv.ID)+"/delete"
	pages := map[string]string{conversationURL(conv.ID): drop, channelURL(ch.ID): remove, messagingPath: remove}
	for page, action := range pages {
		// spec: messaging.sharing.owner-only, messaging.inbox.delete, messaging.settings.remove
		if !forms(b.page(b.as(b.owner), page))[action] {
			t.Errorf("%s: the owner is not offered %s", page, action)
		}
		if forms(b.page(b.as(b.agent), page))[action] {
			t.Errorf("%s: another user is offered %s", page, action)
		}
	}
	for _, action := range []string{remove, drop} {
		rec := b.post(b.as(b.agent), action)
		if rec.Code != http.StatusForbidden || !strings.Contains(rec.Body.String(), "Only the app owner can") {
			t.Errorf("POST %s by another user: %d", action, rec.Code)
		}
	}
	b.chat.mu.Lock()
	b.chat.shared = false
	b.chat.mu.Unlock()
	for _, path := range []string{conversationURL(conv.ID), channelURL(ch.ID)} {
		if rec := b.get(b.as(b.agent), path); rec.Code != http.StatusNotFound {
			t.Errorf("%s of a private installation: %d for another user", path, rec.Code)
		}
	}
	if rec := b.post(b.as(b.agent), conversationURL(conv.ID)+"/messages", "key", "k", "text", "hi"); rec.Code != http.StatusNotFound {
		t.Errorf("writing on another's private channel: %d", rec.Code)
	}
	rec := b.post(b.as(b.owner), drop, "return", "?status=any")
	if rec.Code != http.StatusSeeOther || rec.Header().Get("Location") != inboxPath+"?status=any" {
		t.Errorf("the owner deletes: %d to %s", rec.Code, rec.Header().Get("Location"))
	}
	if rec := b.post(b.as(b.owner), remove); rec.Code != http.StatusSeeOther || rec.Header().Get("Location") != messagingPath {
		t.Errorf("the owner removes: %d", rec.Code)
	}
	if all, err := b.inbox.Channels(t.Context(), b.as(b.owner)); err != nil || len(all) != 0 {
		t.Errorf("channels afterwards: %v, %v", all, err)
	}
}

func TestInboxFilterQuery(t *testing.T) {
	t.Parallel()
	for in, want := range map[string]string{
		"":                                "",
		"status=open&assignee=any":        "",
		"status=closed&channel=3":         "?channel=3&status=closed",
		"assignee=7&cursor=1.2&before=x":  "?assignee=7",
		"assignee=-3&channel=-1&status=x": "",
	} {
		q, err := url.ParseQuery(in)
		if err != nil {
			t.Fatal(err)
		}
		if got := inboxFilterFrom(q).query(); got != want {
			t.Errorf("%q became %q, want %q", in, got, want)
		}
	}
	if got := (inboxFilter{Status: "any", Assignee: "none"}).forRoom(route.Caller{User: 3}, ""); got.Status != "" || got.Assignee != inbox.Unassigned {
		t.Errorf("in the room's words %+v", got)
	}
}
