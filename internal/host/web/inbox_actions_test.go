package web

import (
	"bytes"
	"encoding/json"
	"fmt"
	"mime/multipart"
	"net/http"
	"net/http/httptest"
	"net/textproto"
	"strings"
	"testing"
	"time"

	"golang.org/x/net/html"

	"github.com/dockwright/dockwright/internal/host/inbox"
	"github.com/dockwright/dockwright/internal/host/route"
	"github.com/dockwright/dockwright/pipedrive/messagingapi"
)

// tinyPNG begins like a picture, which is all that is looked at.
const tinyPNG = "\x89PNG\r\n\x1a\n\x00\x00\x00\rIHDR"

// upload is a file of a form.
type upload struct{ name, kind, body string }

// send submits the composer as a browser does; cut takes bytes off the end.
func (b *inboxBench) send(c route.Caller, id int64, shell bool, cut int, text, key string, files ...upload) *httptest.ResponseRecorder {
	b.t.Helper()
	var body bytes.Buffer
	w := multipart.NewWriter(&body)
	b.must(w.WriteField("key", key))
	b.must(w.WriteField("text", text))
	for _, f := range files {
		h := textproto.MIMEHeader{}
		h.Set("Content-Disposition", fmt.Sprintf(`form-data; name="files"; filename="%s"`, f.name))
		h.Set("Content-Type", f.kind)
		part, err := w.CreatePart(h)
		b.must(err)
		_, err = part.Write([]byte(f.body))
		b.must(err)
	}
	b.must(w.Close())
	raw := body.Bytes()
	r := httptest.NewRequest(http.MethodPost, conversationURL(id)+"/messages", bytes.NewReader(raw[:len(raw)-cut]))
	r.Header.Set("Content-Type", w.FormDataContentType())
	if shell {
		r.Header.Set(fragmentHeader, "thread")
	}
	rec := httptest.NewRecorder()
	b.handler(c).ServeHTTP(rec, r)
	return rec
}

func (b *inboxBench) messages(id int64) []inbox.Message {
	b.t.Helper()
	ms, _, err := b.inbox.Messages(b.t.Context(), b.as(b.owner), id, "", 100)
	b.must(err)
	return ms
}

func TestComposerSendsOnce(t *testing.T) {
	t.Parallel()
	b := newInboxBench(t)
	b.channel(webChat)
	b.receive(said("t1", "m1", "hello", benchTime))
	c := b.conversation("t1")
	rec := b.send(b.as(b.agent), c.ID, false, 0, "first\r\nsecond", "k1", upload{"../a\u202eb.png", "image/png", tinyPNG}, upload{"", "application/octet-stream", ""})
	if rec.Code != http.StatusSeeOther || rec.Header().Get("Location") != conversationURL(c.ID) {
		t.Fatalf("without scripts: %d to %q", rec.Code, rec.Header().Get("Location"))
	}
	rec = b.send(b.as(b.agent), c.ID, true, 0, "first\r\nsecond", "k1")
	doc, err := html.Parse(rec.Body)
	b.must(err)
	if rec.Code != http.StatusOK || len(find(doc, byID("thread"))) != 1 || len(find(doc, byID("inbox-list"))) != 0 {
		t.Fatalf("with scripts: %d %s", rec.Code, rec.Header())
	}
	ms := b.messages(c.ID)
	// spec: messaging.inbox.send
	if len(ms) != 2 || ms[1].Text != "first\nsecond" || ms[1].Author != b.agent.ID || len(ms[1].Attachments) != 1 || ms[1].Attachments[0].Name != "ab.png" {
		t.Fatalf("messages %+v", ms)
	}
	own := find(doc, byClass("out"))
	if len(own) != 1 || len(find(own[0], byTag("img"))) != 1 || textOf(find(own[0], byClass("bubble-author"))[0]) != "You" {
		t.Error("the thread does not show the message as the agent's own, with its picture")
	}
	other := b.page(b.as(b.owner), conversationURL(c.ID))
	if got := textOf(find(other, byClass("bubble-author"))[0]); got != "Ben Agent" {
		t.Errorf("the author is %q for others", got)
	}
}

func TestComposerRefuses(t *testing.T) {
	t.Parallel()
	b := newInboxBench(t)
	b.channel(webChat)
	b.receive(said("t1", "m1", "hello", benchTime))
	id := b.conversation("t1").ID
	c := b.as(b.agent)
	for name, tc := range map[string]struct {
		rec    *httptest.ResponseRecorder
		status int
		field  string
	}{
		"nothing":                   {b.send(c, id, true, 0, " \n", "k1"), http.StatusBadRequest, "text"},
		"no key":                    {b.send(c, id, true, 0, "hi", ""), http.StatusBadRequest, "key"},
		"cut in half":               {b.send(c, id, true, 40, "hi", "k2", upload{"a.txt", "text/plain", "abc"}), http.StatusBadRequest, "body"},
		"cut in the head of a file": {b.send(c, id, true, 90, "hi", "k6", upload{"a.txt", "text/plain", "abc"}), http.StatusBadRequest, "body"},
		"too large":                 {b.send(c, id, true, 0, "hi", "k3", upload{"a.bin", "text/plain", strings.Repeat("x", largestSend)}), http.StatusRequestEntityTooLarge, "files"},
		"not UTF-8":                 {b.send(c, id, true, 0, "\xff\xfe", "k4"), http.StatusBadRequest, "text"},
		"unknown talk":              {b.send(c, 99, true, 0, "hi", "k5"), http.StatusNotFound, ""},
	} {
		var p problem
		if err := json.Unmarshal(tc.rec.Body.Bytes(), &p); err != nil || tc.rec.Code != tc.status || p.Field != tc.field || p.Message == "" {
			t.Errorf("%s: %d %s, want %d about %q", name, tc.rec.Code, tc.rec.Body, tc.status, tc.field)
		}
	}
	if ms := b.messages(id); len(ms) != 1 {
		t.Errorf("%d messages were stored", len(ms)-1)
	}
}

func TestComposerAfterReplyBy(t *testing.T) {
	t.Parallel()
	b := newInboxBench(t)
	b.chat.mu.Lock()
	b.chat.templates = []messagingapi.Template{{ID: "tpl-1", Name: "ready", Content: "Hi {{1}}, <b>{{ 2 }}</b> is ready, {{1}}.", Language: "en_US"}}
	b.chat.mu.Unlock()
	b.channel(messagingapi.NewChannel{Name: "Sales", ProviderChannelID: "chan-1", ProviderType: "whatsapp", TemplateSupport: true})
	m := said("t1", "m1", "hello", benchTime.Add(-22*time.Hour))
	m.ReplyBy = messagingapi.At(benchTime.Add(2 * time.Hour))
	b.receive(m)
	id := b.conversation("t1").ID
	c, at := b.as(b.agent), conversationURL(id)
	state := func() *html.Node { return find(b.page(c, at, "composer-state"), byID("composer-state"))[0] }
	if s := state(); hasAttr(s, "data-blocked") || !strings.Contains(textOf(s), "another 2 hours") || attr(s, "data-reply-by") == "" {
		t.Errorf("two hours before: %q", textOf(s))
	}
	b.clock.Advance(3 * time.Hour)
	// spec: messaging.reply-by.closes
	if s := state(); attr(s, "data-blocked") != "time" || !strings.Contains(textOf(s), "Send one of the approved templates") {
		t.Errorf("an hour after: %q", textOf(s))
	}
	if rec := b.send(c, id, true, 0, "too late", "k1"); rec.Code != http.StatusConflict {
		t.Errorf("free text: %d", rec.Code)
	}
	form := find(b.page(c, at), byClass("template-form"))[0]
	if got := textOf(find(form, byClass("template-text"))[0]); got != "Hi {{1}}, <b>{{2}}</b> is ready, {{1}}." {
		t.Errorf("the template reads %q", got)
	}
	values := []string{"key", "k2", "template", attr(find(form, func(n *html.Node) bool { return attr(n, "name") == "template" })[0], "value"), "value_1", "Mari"}
	if rec := b.post(c, at+"/messages", values...); rec.Code != http.StatusBadRequest {
		t.Errorf("with a gap: %d", rec.Code)
	}
	if rec := b.post(c, at+"/messages", append(values, "value_2", "your <order>")...); rec.Code != http.StatusSeeOther {
		t.Errorf("filled in: %d", rec.Code)
	}
	ms := b.messages(id)
	if got := ms[len(ms)-1].Text; len(ms) != 2 || got != "Hi Mari, <b>your <order></b> is ready, Mari." {
		t.Errorf("sent %q", got)
	}
	if rec := b.post(c, at+"/messages", "key", "k3", "template", "999"); rec.Code != http.StatusBadRequest {
		t.Errorf("a template that is not offered: %d", rec.Code)
	}
}

func TestFailedMessageIsExplainedAndResent(t *testing.T) {
	t.Parallel()
	b := newInboxBench(t)
	b.channel(webChat)
	b.receive(said("t1", "m1", "hello", benchTime))
	id := b.conversation("t1").ID
	b.chat.mu.Lock()
	b.chat.refuse = "Pictures <b>larger</b> than 5 MB are not taken."
	b.chat.mu.Unlock()
	b.send(b.as(b.agent), id, true, 0, "hi", "k1")
	status := func(want inbox.Status) func() bool {
		return func() bool { ms := b.messages(id); return ms[len(ms)-1].Status == want }
	}
	b.until("the message failed", status(inbox.Failed))
	row := find(b.page(b.as(b.agent), conversationURL(id)), byClass("failed"))[0]
	if got := textOf(find(row, byClass("bubble-failed"))[0]); !strings.Contains(got, "Pictures <b>larger</b> than 5 MB are not taken.") {
		t.Errorf("the reason reads %q", got)
	}
	b.chat.mu.Lock()
	b.chat.refuse = ""
	b.chat.mu.Unlock()
	action := attr(find(row, byTag("form"))[0], "action")
	if rec := b.post(b.as(b.agent), action); rec.Code != http.StatusSeeOther { // spec: messaging.inbox.resend
		t.Fatalf("resend: %d %s", rec.Code, rec.Body)
	}
	b.until("the message was sent", status(inbox.Sent))
	if rec := b.post(b.as(b.agent), action); rec.Code != http.StatusConflict {
		t.Errorf("resending what was sent: %d", rec.Code)
	}
}

func TestFilesNeverRunHere(t *testing.T) {
	t.Parallel()
	b := newInboxBench(t)
	b.channel(webChat)
	b.receive(said("t1", "m1", "hello", benchTime))
	id := b.conversation("t1").ID
	b.send(b.as(b.agent), id, true, 0, "", "k1",
		upload{"page.png", "image/png", "<html><script>alert(1)</script>"},
		upload{"photo ü.bin", "application/octet-stream", tinyPNG},
		upload{"drawing.svg", "image/svg+xml", "<svg xmlns='http://www.w3.org/2000/svg' onload='alert(1)'/>"})
	files := b.messages(id)[1].Attachments
	for i, want := range []struct{ kind, disposition string }{
		{"application/octet-stream", "attachment; filename=page.png"},
		{"image/png", "inline; filename*=utf-8''photo%20%C3%BC.bin"},
		{"application/octet-stream", "attachment; filename=drawing.svg"},
	} {
		rec := b.get(b.as(b.agent), files[i].URL)
		h := rec.Header()
		// spec: messaging.inbox.files
		if rec.Code != http.StatusOK || h.Get("Content-Type") != want.kind || h.Get("Content-Disposition") != want.disposition {
			t.Errorf("%s: %d %s %s", files[i].Name, rec.Code, h.Get("Content-Type"), h.Get("Content-Disposition"))
		}
		if h.Get("X-Content-Type-Options") != "nosniff" || h.Get("Content-Security-Policy") != "default-src 'none'; sandbox" {
			t.Errorf("%s is served with %v", files[i].Name, h)
		}
	}
	b.chat.mu.Lock()
	b.chat.shared = false
	b.chat.mu.Unlock()
	stranger := b.as(b.owner)
	stranger.User = 77
	for _, path := range []string{files[0].URL, "/_dockwright/files/9999", "/_dockwright/files/x"} {
		if rec := b.get(stranger, path); rec.Code != http.StatusNotFound {
			t.Errorf("%s for who may not see it: %d", path, rec.Code)
		}
	}
}
