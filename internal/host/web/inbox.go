package web

import (
	"context"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"

	"github.com/dockwright/dockwright/internal/fault"
	"github.com/dockwright/dockwright/internal/host/inbox"
	"github.com/dockwright/dockwright/internal/host/route"
	"github.com/dockwright/dockwright/internal/secret"
	"github.com/dockwright/dockwright/internal/store"
)

// inboxRoutes are the Messaging inbox's pages and what they call.
func (w *Web) inboxRoutes() []route.Route {
	one := inboxPath + "/{id}"
	return []route.Route{
		{Method: http.MethodGet, Pattern: inboxPath, Access: route.Login, Req: "messaging.inbox", Handler: w.handle(w.inbox)},
		{Method: http.MethodGet, Pattern: one, Access: route.Login, Req: "messaging.inbox", Handler: w.handle(w.inbox)},
		{Method: http.MethodPost, Pattern: one + "/messages", Access: route.Login, Req: "messaging.inbox.send", Handler: w.handle(w.sendMessage)},
		{Method: http.MethodPost, Pattern: one + "/messages/{message}/resend", Access: route.Login, Req: "messaging.inbox.resend", Handler: w.handle(w.resendMessage)},
		{Method: http.MethodPost, Pattern: one + "/seen", Access: route.Login, Req: "messaging.inbox.seen", Handler: w.handle(w.markSeen)},
		{Method: http.MethodPost, Pattern: one + "/assign", Access: route.Login, Req: "messaging.inbox.assign", Handler: w.handle(w.assignConversation)},
		{Method: http.MethodPost, Pattern: one + "/status", Access: route.Login, Req: "messaging.inbox.close", Handler: w.handle(w.setConversationStatus)},
		{Method: http.MethodPost, Pattern: one + "/link", Access: route.Login, Req: "messaging.inbox.link", Handler: w.handle(w.linkConversation)},
		{Method: http.MethodPost, Pattern: one + "/unlink", Access: route.Login, Req: "messaging.inbox.link", Handler: w.handle(w.unlinkConversation)},
		{Method: http.MethodPost, Pattern: one + "/delete", Access: route.Login, Req: "messaging.inbox.delete", Handler: w.handle(w.deleteConversation)},
		{Method: http.MethodGet, Pattern: "/_dockwright/files/{id}", Access: route.Login, Req: "messaging.inbox.files", Handler: w.handle(w.inboxFile)},
	}
}

// Sizes of pages: rows of the list, bubbles of the thread, results per kind of
// record.
const (
	listPage   = 30
	threadPage = 30
	findPage   = 6
)

// inbox is the page of all three columns, with or without a conversation.
func (w *Web) inbox(rw http.ResponseWriter, r *http.Request) error {
	open, err := pathNumber(r, "id")
	if err != nil {
		return err
	}
	return w.showInbox(rw, r, http.StatusOK, open, r.URL.Query())
}

// showInbox answers with the page that an address with query q has.
func (w *Web) showInbox(rw http.ResponseWriter, r *http.Request, status int, open int64, q url.Values) error {
	c, f := caller(r), inboxFilterFrom(q)
	m, err := w.inboxMaker(r.Context(), c, f)
	if err != nil {
		return err
	}
	p := inboxPage{Step: "list"}
	if wantsPart(r, "main", "inbox-list", "inbox-blank") {
		if p.List, err = w.inboxList(r.Context(), c, m, f, q.Get("cursor"), open); err != nil {
			return err
		}
	}
	if p.Unread, err = w.s.Inbox.Unread(r.Context(), c); err != nil {
		return err
	}
	title := "Messaging"
	if len(p.List.Channels) == 0 {
		p.Step = "blank"
	}
	if open != 0 {
		if p.Open, err = w.inboxTalk(r, c, m, open, q); err != nil {
			return err
		}
		p.Step, title = inboxStep(q), p.Open.Name+" · Messaging"
	}
	w.render(rw, r, status, page{Title: title, Nav: "inbox", Template: "inbox/index", Data: p})
	return nil
}

// wantsPart tells whether one of the named parts of the page is asked for.
func wantsPart(r *http.Request, names ...string) bool {
	if !isShell(r) {
		return true
	}
	for name := range strings.SplitSeq(r.Header.Get(fragmentHeader), ",") {
		if slices.Contains(names, strings.TrimSpace(name)) {
			return true
		}
	}
	return false
}

// inboxStep is the column that a narrow window shows of an open conversation.
func inboxStep(q url.Values) string {
	if q.Get("view") == "details" {
		return "details"
	}
	return "thread"
}

// inboxFilter is what the list is narrowed to.
type inboxFilter struct {
	Status   string // "open", "closed" or "any"
	Assignee string // "any", "none", "me" or a user's id
	Channel  int64  // 0: all
}

func inboxFilterFrom(q url.Values) inboxFilter {
	f := inboxFilter{Status: q.Get("status"), Assignee: q.Get("assignee")}
	if f.Status != "closed" && f.Status != "any" {
		f.Status = "open"
	}
	if n, err := strconv.ParseInt(f.Assignee, 10, 64); f.Assignee != "none" && f.Assignee != "me" && (err != nil || n <= 0) {
		f.Assignee = "any"
	}
	if n, err := strconv.ParseInt(q.Get("channel"), 10, 64); err == nil && n > 0 {
		f.Channel = n
	}
	return f
}

// query is the filter as the query of an address, "" for the one that pages
// begin with.
func (f inboxFilter) query(more ...string) string {
	q := url.Values{}
	if f.Status != "open" {
		q.Set("status", f.Status)
	}
	if f.Assignee != "any" {
		q.Set("assignee", f.Assignee)
	}
	if f.Channel != 0 {
		q.Set("channel", strconv.FormatInt(f.Channel, 10))
	}
	for i := 0; i+1 < len(more); i += 2 {
		q.Set(more[i], more[i+1])
	}
	if len(q) == 0 {
		return ""
	}
	return "?" + q.Encode()
}

// forRoom is the filter in the room's words.
func (f inboxFilter) forRoom(c route.Caller, cursor string) inbox.Filter {
	rf := inbox.Filter{Channel: f.Channel, Before: cursor, Limit: listPage}
	if f.Status != "any" {
		rf.Status = f.Status
	}
	switch f.Assignee {
	case "any":
	case "none":
		rf.Assignee = -1
	case "me":
		rf.Assignee = c.User
	default:
		rf.Assignee, _ = strconv.ParseInt(f.Assignee, 10, 64) // inboxFilterFrom has read it
	}
	return rf
}

// inboxMaker gathers the names that bubbles and rows need.
func (w *Web) inboxMaker(ctx context.Context, c route.Caller, f inboxFilter) (inboxMaker, error) {
	m := inboxMaker{now: w.s.Clock.Now(), me: c.User, filter: f.query(), newKey: func() string { return secret.Random(16) }}
	err := w.s.DB.Company(c.Company).View(ctx, func(tx *store.Tx) error {
		users, err := w.s.Account.Users(tx)
		m.users = users
		return err
	})
	return m, err
}

// inboxList is a page of the left column.
func (w *Web) inboxList(ctx context.Context, c route.Caller, m inboxMaker, f inboxFilter, cursor string, open int64) (inboxList, error) {
	channels, err := w.s.Inbox.Channels(ctx, c)
	if err != nil {
		return inboxList{}, err
	}
	found, next, err := w.s.Inbox.ListConversations(ctx, c, f.forRoom(c, cursor))
	if err != nil {
		return inboxList{}, err
	}
	l := inboxList{Channels: inboxChannels(channels, f), Statuses: inboxStatuses(f), Agents: m.filterAgents(f), Filtered: f.query() != ""}
	for _, conversation := range found {
		l.Items = append(l.Items, m.item(conversation, open))
	}
	if l.Ever = len(found) > 0; !l.Ever {
		some, _, err := w.s.Inbox.ListConversations(ctx, c, inbox.Filter{Limit: 1})
		if err != nil {
			return inboxList{}, err
		}
		l.Ever = len(some) > 0
	}
	if next != "" {
		l.Next = inboxPath + f.query("cursor", next)
	}
	return l, nil
}

// inboxTalk is the middle and right columns.
func (w *Web) inboxTalk(r *http.Request, c route.Caller, m inboxMaker, id int64, q url.Values) (*inboxTalk, error) {
	ctx := r.Context()
	conversation, err := w.s.Inbox.Conversation(ctx, c, id)
	if err != nil {
		return nil, err
	}
	t := m.talk(conversation)
	f := inboxFilterFrom(q)
	t.Details, t.Return = t.URL+f.query("view", "details"), m.filter
	if inboxStep(q) == "details" {
		t.Return = f.query("view", "details")
	}
	t.Agents = m.assignees(conversation.Assignee)
	if wantsPart(r, "main", "thread") {
		if t.Thread, err = w.thread(ctx, c, m, t, q.Get("before")); err != nil {
			return nil, err
		}
	}
	if t.Composer.CanTemplate && wantsPart(r, "main", "composer-state") {
		templates, err := w.s.Inbox.Templates(ctx, c, conversation.Channel.ID)
		if err != nil {
			return nil, err
		}
		t.Composer.Templates = m.templates(templates)
	}
	if term := strings.TrimSpace(q.Get("find")); term != "" && wantsPart(r, "main", "link-results") {
		if t.Find, err = w.findLinks(ctx, c, term, t.Links); err != nil {
			return nil, err
		}
	}
	return t, nil
}

// thread is a page of messages; before is the cursor of an older page.
func (w *Web) thread(ctx context.Context, c route.Caller, m inboxMaker, t *inboxTalk, before string) (inboxThread, error) {
	messages, older, err := w.s.Inbox.Messages(ctx, c, t.ID, before, threadPage)
	if err != nil {
		return inboxThread{}, err
	}
	v := inboxThread{Messages: m.thread(t.ID, messages)}
	f := strings.TrimPrefix(m.filter, "?")
	if older != "" {
		q, _ := url.ParseQuery(f) // made by inboxFilter.query
		q.Set("before", older)
		v.Older = t.URL + "?" + q.Encode()
	}
	if before != "" {
		v.Newest = t.URL + m.filter
	}
	return v, nil
}

// pathNumber is a number in the address, 0 where the pattern has none.
func pathNumber(r *http.Request, name string) (int64, error) {
	s := r.PathValue(name)
	if s == "" {
		return 0, nil
	}
	n, err := strconv.ParseInt(s, 10, 64)
	if err != nil || n <= 0 {
		return 0, fault.Missing("there is nothing at this address; check the number %q in it", s)
	}
	return n, nil
}
