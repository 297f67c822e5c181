package inbox

import (
	"bytes"
	"fmt"
	"io"
	"mime"
	"mime/multipart"
	"net/http"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/dockwright/dockwright/internal/fault"
	"github.com/dockwright/dockwright/internal/lane"
)

// parts lists the parts of a multipart body: name, file name, type, content.
func parts(t *testing.T, c seenCall) string {
	t.Helper()
	_, p, err := mime.ParseMediaType(c.header.Get("Content-Type"))
	if err != nil {
		t.Fatal(err)
	}
	r := multipart.NewReader(bytes.NewReader(c.body), p["boundary"])
	var b strings.Builder
	for {
		part, err := r.NextPart()
		if err == io.EOF {
			return b.String()
		}
		if err != nil {
			t.Fatal(err)
		}
		body, _ := io.ReadAll(part)
		fmt.Fprintf(&b, "%s|%s|%s|%s\n", part.FormName(), part.FileName(), part.Header.Get("Content-Type"), body)
	}
}

const png = "\x89PNG\r\n\x1a\n"

func TestSend(t *testing.T) {
	each(t, func(t *testing.T, g *rig) {
		_, c := g.knowing()
		g.app.on("POST /pd/chan-88/outbox", 200, `{"success":true,"data":{"id":"wamid.B7"}}`)
		req := SendRequest{Conversation: c.ID, Key: "k1", Text: "Yes, two left 🚲", Files: []Upload{
			{Name: `C:\pictures\..\blue "x".png`, Type: "image/jpeg", Body: []byte(png)},
			{Name: "../../etc/passwd\x00", Type: "text/plain; charset=utf-8", Body: []byte("root")},
		}}
		m, err := g.s.Send(t.Context(), colleague, req)
		if err != nil || m.Status != Sending || m.Author != colleague.User || len(m.Attachments) != 2 || !m.Attachments[0].Image {
			t.Fatalf("sent %+v, %v", m, err)
		}
		if again, err := g.s.Send(t.Context(), colleague, req); err != nil || again.ID != m.ID {
			t.Errorf("the same key gave %+v, %v", again, err)
		}
		g.until("sent", func() bool { return g.messages(c.ID)[1].Status == Sent })
		call := g.app.last()
		// spec: messaging.post
		// spec: messaging.post.recipient-ids
		// spec: messaging.send.file-names
		want := "message|||Yes, two left 🚲\nsenderId|||biz-1\nconversationId|||thr-7001\nrecipientIds[]|||wa-1\n" +
			"files|blue x.png|image/png|" + png + "\nfiles|passwd|text/plain|root\n"
		if got := parts(t, call); call.line != "POST /pd/chan-88/outbox" || got != want {
			t.Errorf("%s with\n%s\nwant\n%s", call.line, got, want)
		}
		ch := g.synced(SyncReady)
		if key := call.header.Get("Idempotency-Key"); key != fmt.Sprintf("%s-%d-0", ch.UUID, m.ID) { // spec: messaging.post.idempotency-key
			t.Errorf("the key is %q", key)
		}
		f, err := g.s.File(t.Context(), owner, 1)
		if err != nil || f.Name != "blue x.png" || f.Type != "image/png" || string(f.Body) != png {
			t.Errorf("file %+v, %v", f, err)
		}
		g.want(200, owner, "POST", receivePath, messageJSON("wamid.B7", "biz-1", "Yes, two left 🚲", "delivered", "2026-03-04 12:00"))
		all := g.messages(c.ID)
		if got := brief(all); got != "< Is the blue one in stock? (delivered), > Yes, two left 🚲 (delivered)" || len(all[1].Attachments) != 2 {
			t.Errorf("thread is %s", got)
		}
		if c := g.only(); c.Preview != "Yes, two left 🚲" || !c.PreviewOutgoing {
			t.Errorf("conversation is %+v", c)
		}
	})
}

func TestSendKeepsOrder(t *testing.T) {
	each(t, func(t *testing.T, g *rig) {
		_, c := g.knowing()
		var n atomic.Int64
		g.app.do("POST /pd/chan-88/outbox", func(w http.ResponseWriter, r *http.Request) {
			i := n.Add(1)
			switch {
			case i%3 == 0:
				w.WriteHeader(http.StatusServiceUnavailable)
			default:
				_, _ = fmt.Fprintf(w, `{"success":true,"data":{"id":"b%d"}}`, i)
			}
		})
		for i := range 10 {
			if _, err := g.s.Send(t.Context(), owner, SendRequest{Conversation: c.ID, Key: fmt.Sprint(i), Text: fmt.Sprint("no ", i)}); err != nil {
				t.Fatal(err)
			}
		}
		g.until("all sent", func() bool {
			for _, m := range g.messages(c.ID)[1:] {
				if m.Status != Sent {
					return false
				}
			}
			return true
		})
		next := 0
		for _, call := range g.app.all() {
			if !strings.HasPrefix(call.line, "POST") {
				continue
			}
			text := strings.SplitN(parts(t, call), "\n", 2)[0]
			if text == fmt.Sprint("message|||no ", next) {
				next++
			} else if text != fmt.Sprint("message|||no ", next-1) {
				t.Fatalf("%s came after no %d", text, next-1)
			}
		}
		if next != 10 {
			t.Errorf("%d messages came", next)
		}
	})
}

// A report about a message may come before the answer that tells the message's
// id is stored.
func TestReportOvertakes(t *testing.T) {
	each(t, func(t *testing.T, g *rig) {
		_, c := g.knowing()
		var n atomic.Int64
		answers := make(chan struct{})
		g.app.do("POST /pd/chan-88/outbox", func(w http.ResponseWriter, _ *http.Request) {
			id := fmt.Sprintf("over-%d", n.Add(1))
			g.want(200, owner, "POST", receivePath, messageJSON(id, "biz-1", "Same", "delivered", "2026-03-04 12:00"))
			<-answers
			_, _ = fmt.Fprintf(w, `{"success":true,"data":{"id":%q}}`, id)
		})
		for i := range 2 {
			if _, err := g.s.Send(t.Context(), owner, SendRequest{Conversation: c.ID, Key: fmt.Sprint(i), Text: "Same"}); err != nil {
				t.Fatal(err)
			}
		}
		// While the answers are held back nobody sees a double.
		if got := g.messages(c.ID); len(got) != 3 {
			t.Errorf("thread is %s", brief(got))
		}
		close(answers)
		g.until("both settled", func() bool {
			all := g.messages(c.ID)
			return all[1].Status != Sending && all[2].Status != Sending
		})
		// spec: messaging.post.report-overtakes
		if got := brief(g.messages(c.ID)); got != "< Is the blue one in stock? (delivered), > Same (delivered), > Same (delivered)" {
			t.Errorf("thread is %s", got)
		}
		g.want(200, owner, "POST", receivePath, messageJSON("over-1", "biz-1", "Same", "read", "2026-03-04 12:00"))
		if all := g.messages(c.ID); len(all) != 3 || all[1].Status != Read || all[2].Status != Delivered {
			t.Errorf("thread is %s", brief(all))
		}
	})
}

func TestSendFailsAndIsSentAgain(t *testing.T) {
	each(t, func(t *testing.T, g *rig) {
		ch, c := g.knowing()
		var n atomic.Int64
		g.app.do("POST /pd/chan-88/outbox", func(w http.ResponseWriter, _ *http.Request) {
			if n.Add(1) == 1 {
				g.want(200, owner, "POST", receivePath, messageJSON("b1", "biz-1", "Hello", "sent", "2026-03-04 12:00"))
				w.WriteHeader(http.StatusBadRequest)
				_, _ = io.WriteString(w, `{"success":false,"data":{"message":"The picture is too large for WhatsApp.","code":"INVALID_BODY"}}`)
				return
			}
			_, _ = fmt.Fprintf(w, `{"success":true,"data":{"id":"b%d"}}`, min(n.Load(), 3))
		})
		m, err := g.s.Send(t.Context(), owner, SendRequest{Conversation: c.ID, Key: "k", Text: "Hello"})
		if err != nil {
			t.Fatal(err)
		}
		g.until("failed", func() bool { return g.find(c.ID, m.ID).Status == Failed })
		if got := g.find(c.ID, m.ID); got.Error != "The picture is too large for WhatsApp." { // spec: messaging.post.failure
			t.Errorf("reason is %q", got.Error)
		}
		// What was kept back for it is shown now that it is not the same.
		if got := brief(g.messages(c.ID)); !strings.Contains(got, "> Hello (sent)") {
			t.Errorf("thread is %s", got)
		}
		if err := g.s.Resend(t.Context(), owner, m.ID); err != nil {
			t.Fatal(err)
		}
		g.until("sent", func() bool { return g.find(c.ID, m.ID).Status == Sent })
		if got := g.app.last().header.Get("Idempotency-Key"); got != fmt.Sprintf("%s-%d-1", ch.UUID, m.ID) {
			t.Errorf("the second wish has the key %q", got)
		}
		if err := g.s.Resend(t.Context(), owner, m.ID); fault.KindOf(err) != fault.Conflict {
			t.Errorf("a message that was sent was sent again: %v", err)
		}
		// The network loses it after all; it is sent again under a new id, and a late
		// repeat of the old report does not bring it back.
		failed := messageJSON("b2", "biz-1", "Hello", "failed", "2026-03-04 12:00")
		g.want(200, owner, "POST", receivePath, failed)
		if err := g.s.Resend(t.Context(), owner, m.ID); err != nil {
			t.Fatal(err)
		}
		g.until("sent", func() bool { return g.find(c.ID, m.ID).SourceID == "b3" })
		count := len(g.messages(c.ID))
		g.want(200, owner, "POST", receivePath, failed)
		if got := g.messages(c.ID); len(got) != count || g.find(c.ID, m.ID).Status != Sent {
			t.Errorf("thread is %s", brief(got))
		}
		// An app that keeps to the first id is believed too.
		g.want(200, owner, "POST", receivePath, messageJSON("b3", "biz-1", "Hello", "failed", "2026-03-04 12:00"))
		if err := g.s.Resend(t.Context(), owner, m.ID); err != nil {
			t.Fatal(err)
		}
		g.until("sent", func() bool { return g.find(c.ID, m.ID).Status == Sent })
	})
}

func (g *rig) find(conversation, id int64) Message {
	g.t.Helper()
	for _, m := range g.messages(conversation) {
		if m.ID == id {
			return m
		}
	}
	g.t.Fatalf("message %d is gone", id)
	return Message{}
}

func TestSendRefused(t *testing.T) {
	t.Parallel()
	g := newRig(t, sqlite(t))
	_, c := g.knowing()
	g.want(200, owner, "POST", receivePath, strings.Replace(messageJSON("m1", "wa-1", "Hi", "sent", "2026-03-03 10:00"), `"attachments"`, `"reply_by":"2026-03-04 11:59","attachments"`, 1))
	file := Upload{Name: "f", Type: "text/plain", Body: []byte("x")}
	big := Upload{Name: "big.bin", Body: make([]byte, MaxFileSize+1)}
	tests := map[string]struct {
		r     SendRequest
		kind  fault.Kind
		field string
		says  string
	}{
		"nothing":    {SendRequest{Key: "a", Text: " \n"}, fault.Invalid, "text", "write something"},
		"no key":     {SendRequest{Text: "x"}, fault.Invalid, "key", "key"},
		"UTF-8":      {SendRequest{Key: "a", Text: "\xff"}, fault.Invalid, "text", "UTF-8"},
		"long":       {SendRequest{Key: "a", Text: strings.Repeat("é", 65537)}, fault.Invalid, "text", "at most 65536 characters, this one has 65537"},
		"11 files":   {SendRequest{Key: "a", Files: []Upload{file, file, file, file, file, file, file, file, file, file, file}}, fault.Invalid, "files", "at most 10"}, // spec: messaging.send.limits
		"large file": {SendRequest{Key: "a", Files: []Upload{big}}, fault.TooLarge, "files", "big.bin has 16777217 bytes"},
		"too late":   {SendRequest{Key: "a", Text: "x"}, fault.Conflict, "text", "The time to answer ended at 2026-03-04 11:59 UTC"}, // spec: messaging.reply-by.closes
		"template":   {SendRequest{Key: "a", Text: "x", Template: "none"}, fault.Invalid, "template", "has no template"},
	}
	for name, tt := range tests {
		tt.r.Conversation = c.ID
		_, err := g.s.Send(t.Context(), owner, tt.r)
		e, ok := fault.As(err)
		if !ok || e.Kind != tt.kind || e.Field != tt.field || !strings.Contains(e.Message, tt.says) {
			t.Errorf("%s: %v", name, err)
		}
	}
	if _, err := g.s.Send(t.Context(), owner, SendRequest{Conversation: 99, Key: "a", Text: "x"}); fault.KindOf(err) != fault.NotFound {
		t.Errorf("to nobody: %v", err)
	}
}

// A 429 holds the conversation's lane: what was written second waits too.
func TestSendWaits(t *testing.T) {
	each(t, func(t *testing.T, g *rig) {
		_, c := g.knowing()
		var n atomic.Int64
		g.app.do("POST /pd/chan-88/outbox", func(w http.ResponseWriter, _ *http.Request) {
			i := n.Add(1)
			if i == 1 {
				w.WriteHeader(http.StatusTooManyRequests)
				_, _ = io.WriteString(w, `{"success":false,"data":{"message":"WhatsApp limit","code":"RATE_LIMIT_EXCEEDED","retry_by":"2026-03-04 11:00"}}`)
				return
			}
			_, _ = fmt.Fprintf(w, `{"success":true,"data":{"id":"b%d"}}`, i)
		})
		for i := range 2 {
			if _, err := g.s.Send(t.Context(), owner, SendRequest{Conversation: c.ID, Key: fmt.Sprint(i), Text: fmt.Sprint(i)}); err != nil {
				t.Fatal(err)
			}
		}
		g.until("both sent", func() bool { all := g.messages(c.ID); return all[1].Status == Sent && all[2].Status == Sent })
		if all := g.messages(c.ID); all[1].SourceID != "b2" || all[2].SourceID != "b3" { // spec: messaging.errors.retry-by
			t.Errorf("thread is %+v", all)
		}
	})
}

func TestSendSuspended(t *testing.T) {
	t.Parallel()
	g := newRig(t, sqlite(t))
	_, c := g.knowing()
	g.app.on("POST /pd/chan-88/outbox", 401, `{"success":false,"data":{"message":"Pay your bill","code":"ACCOUNT_SUSPENDED"}}`)
	m, err := g.s.Send(t.Context(), owner, SendRequest{Conversation: c.ID, Key: "a", Text: "x"})
	if err != nil {
		t.Fatal(err)
	}
	g.until("failed", func() bool { return g.find(c.ID, m.ID).Status == Failed })
	if ch := g.synced(SyncSuspended); ch.SyncError != "Pay your bill" { // spec: messaging.errors.account-suspended
		t.Errorf("channel is %+v", ch)
	}
	if _, err := g.s.Send(t.Context(), owner, SendRequest{Conversation: c.ID, Key: "b", Text: "x"}); fault.KindOf(err) != fault.Conflict {
		t.Errorf("a suspended channel took a message: %v", err)
	}
}

func TestCleanName(t *testing.T) {
	t.Parallel()
	for in, want := range map[string]string{
		"a.png": "a.png", "../../x": "x", `..\..\x.txt`: "x.txt", "": "file", "..": "file", ".htaccess": "htaccess", "a\x00b\r\n.txt": "ab.txt",
		"invoice\u202egpj.exe": "invoicegpj.exe", "\xff\xfe": "file", "über 🚲.pdf": "über 🚲.pdf", `<img src="x">.png`: "img src=x.png",
		strings.Repeat("a", 300) + ".png": strings.Repeat("a", 196) + ".png",
	} {
		if got := cleanName(in); got != want { // spec: messaging.send.file-names
			t.Errorf("%q became %q, want %q", in, got, want)
		}
	}
}

func TestAnswerStandsBelow(t *testing.T) {
	t.Parallel()
	g := newRig(t, sqlite(t))
	last := g.clock.Now().Add(time.Second)
	if at := g.s.after(last); !at.After(last) {
		t.Errorf("an answer at %s stands above %s", at, last)
	}
	if at := g.s.after(g.clock.Now().Add(time.Hour)); !at.Equal(g.clock.Now()) {
		t.Errorf("a wrong clock moved the answer to %s", at)
	}
}

// An app that is away for a day costs the agent the message, and says so.
func TestSendIsGivenUp(t *testing.T) {
	each(t, func(t *testing.T, g *rig) {
		_, c := g.knowing()
		g.app.do("POST /pd/chan-88/outbox", func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusBadGateway) })
		m, err := g.s.Send(t.Context(), colleague, SendRequest{Conversation: c.ID, Key: "k", Text: "anybody there?"})
		if err != nil {
			t.Fatal(err)
		}
		job := lane.Job{Company: 1, CreatedAt: g.db.Now().Add(-postPatience + time.Minute)}
		if commit, err := g.s.post(t.Context(), job, postJob{Message: m.ID}); commit != nil || err == nil {
			t.Errorf("within the day: %v, want another try", err)
		}
		job.CreatedAt = g.db.Now().Add(-postPatience - time.Minute)
		commit, err := g.s.post(t.Context(), job, postJob{Message: m.ID})
		if err != nil || commit == nil {
			t.Fatalf("after the day: %v, want an end", err)
		}
		if err := g.db.Company(1).Update(t.Context(), commit); err != nil {
			t.Fatal(err)
		}
		// spec: messaging.post.given-up
		if got := g.messages(c.ID)[1]; got.Status != Failed || !strings.Contains(got.Error, "given up") {
			t.Errorf("the message is %s: %q", got.Status, got.Error)
		}
	})
}
