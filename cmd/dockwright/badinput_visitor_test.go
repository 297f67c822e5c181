package main

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"mime/multipart"
	"net/http"
	"net/textproto"
	"net/url"
	"strconv"
	"strings"
	"sync"
	"testing"
)

// picture is a PNG of one pixel.
const picture = "\x89PNG\r\n\x1a\n\x00\x00\x00\rIHDR\x00\x00\x00\x01\x00\x00\x00\x01\b\x06\x00\x00\x00\x1f\x15\xc4\x89" +
	"\x00\x00\x00\rIDATx\x9cc\xf8\xff\xff?\x00\x05\xfe\x02\xfe\xa75\x81\x84\x00\x00\x00\x00IEND\xaeB`\x82"

// multipartForm writes file names raw, as no browser would.
func multipartForm(t *testing.T, fields url.Values, files map[string]file) (body, kind string) {
	t.Helper()
	var b bytes.Buffer
	w := multipart.NewWriter(&b)
	part := func(disposition string, content []byte) {
		p, err := w.CreatePart(textproto.MIMEHeader{"Content-Disposition": {disposition}})
		if err == nil {
			_, err = p.Write(content)
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	for name, values := range fields {
		for _, v := range values {
			part(`form-data; name="`+name+`"`, []byte(v))
		}
	}
	quote := strings.NewReplacer(`\`, `\\`, `"`, `\"`)
	for name, f := range files {
		part(`form-data; name="`+name+`"; filename="`+quote.Replace(f.name)+`"`, f.body)
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return b.String(), w.FormDataContentType()
}

// stranger is a visitor of the web chat.
type stranger struct {
	*badInput
	token, id string
	said      int
}

func (b *badInput) stranger(t *testing.T, name string) *stranger {
	t.Helper()
	raw, _ := json.Marshal(map[string]string{"name": name})
	a := b.do(t, newVisitor(), http.MethodPost, b.chat+"/session", http.Header{"Content-Type": {"application/json"}}, bytes.NewReader(raw)).want(t, 200)
	var s struct{ Token, Visitor string }
	if err := json.Unmarshal([]byte(a.body), &s); err != nil {
		t.Fatal(err)
	}
	return &stranger{badInput: b, token: s.Token, id: s.Visitor}
}

func (s *stranger) post(t *testing.T, kind, body string) answer {
	t.Helper()
	h := http.Header{"Authorization": {"Bearer " + s.token}, "Content-Type": {kind}}
	return s.do(t, newVisitor(), http.MethodPost, s.chat+"/messages", h, strings.NewReader(body))
}

// tryPost is post for goroutines.
func (s *stranger) tryPost(ctx context.Context, body string) (answer, error) {
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, s.chat+"/messages", strings.NewReader(body))
	if err != nil {
		return answer{}, err
	}
	req.Header = http.Header{"Authorization": {"Bearer " + s.token}, "Content-Type": {"application/json"}}
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		return answer{}, err
	}
	defer resp.Body.Close()
	raw, err := io.ReadAll(resp.Body)
	return answer{status: resp.StatusCode, header: resp.Header, body: string(raw)}, err
}

func (s *stranger) say(t *testing.T, text string) answer {
	t.Helper()
	s.said++
	raw, _ := json.Marshal(map[string]string{"id": strconv.Itoa(s.said), "text": text})
	return s.post(t, "application/json", string(raw))
}

func (s *stranger) sendFile(t *testing.T, f file) answer {
	t.Helper()
	s.said++
	body, kind := multipartForm(t, url.Values{"id": {strconv.Itoa(s.said)}, "text": {""}}, map[string]file{"files": f})
	return s.post(t, kind, body)
}

// heard is how many messages the app has of the visitor.
func (s *stranger) heard(t *testing.T) int {
	t.Helper()
	a := s.do(t, newVisitor(), http.MethodGet, s.chat+"/messages", http.Header{"Authorization": {"Bearer " + s.token}}, nil).want(t, 200)
	var h struct{ Messages []json.RawMessage }
	if err := json.Unmarshal([]byte(a.body), &h); err != nil {
		t.Fatal(err)
	}
	return len(h.Messages)
}

// thread waits until the inbox shows text in the conversation of that name, and
// returns the conversation's page.
func (b *badInput) thread(t *testing.T, name, text string) answer {
	t.Helper()
	var a answer
	b.eventually(t, fmt.Sprintf("the inbox to show %q from %q", text, name), func() bool {
		list := b.get(t, b.at.Host+"/leads/messaging?status=any")
		for n := range list.root.Descendants() {
			if attr(n, "class") == "inbox-item-link" && strings.Contains(innerText(n), name) {
				a = b.get(t, b.at.Host+attr(n, "href"))
				return strings.Contains(innerText(a.root), text)
			}
		}
		a = list
		return false
	}, func() string { return a.words() })
	return a
}

// cuts are ways in which a form of some fields and a file can end too early.
var cuts = []struct {
	name string
	end  func(whole string) string
}{
	{"half", func(s string) string { return s[:len(s)/2] }},
	{"without its end", func(s string) string { return s[:len(s)-8] }},
	{"before a part", func(s string) string { return s[:strings.LastIndex(s, "Content-Disposition")] }},
	{"in the head of a part", func(s string) string { return s[:strings.LastIndex(s, "filename")] }},
	{"nothing", func(string) string { return "" }},
}

// multipart: bodies that end too early, at both doors that take files.
func (b *badInput) multipart(t *testing.T) {
	s := b.stranger(t, "Half")
	s.say(t, "whole").want(t, 200)
	b.thread(t, "Half", "whole")
	files := map[string]file{"files": {"cut-short.png", []byte(strings.Repeat(picture, 200))}}
	door := b.at.Messaging + "/provider/" + b.theirChannel(t) + "/messages"
	basic := &http.Request{Header: http.Header{}}
	basic.SetBasicAuth(b.messaging.id, b.messaging.secret)
	for _, c := range cuts {
		t.Run("provider/"+c.name, func(t *testing.T) {
			body, kind := multipartForm(t, url.Values{"message": {"hi"}, "conversationId": {s.id}, "senderId": {"1"}}, files)
			b.unchanged(t, func() {
				h := http.Header{"Authorization": basic.Header["Authorization"], "Content-Type": {kind}}
				b.do(t, newVisitor(), http.MethodPost, door, h, strings.NewReader(c.end(body))).want(t, 400, `"success":false`, "INVALID_BODY", "body: ", "too early")
				b.logged(t, 400, "/provider/", "body", "too early")
			})
			if n := s.heard(t); n != 1 {
				t.Errorf("the visitor sees %d messages, want 1", n)
			}
		})
		t.Run("visitor/"+c.name, func(t *testing.T) {
			body, kind := multipartForm(t, url.Values{"id": {"cut"}, "text": {"hi"}}, files)
			b.unchanged(t, func() {
				s.post(t, kind, c.end(body)).want(t, 400, `"field":"body"`, "too early")
				b.logged(t, 400, "/chat/", "body", "too early")
			})
			if n := s.heard(t); n != 1 {
				t.Errorf("the visitor sees %d messages, want 1", n)
			}
		})
	}
	t.Run("provider/wrong credentials", func(t *testing.T) {
		h := http.Header{"Authorization": {"Basic bm9ib2R5Om5vdGhpbmc="}}
		b.do(t, newVisitor(), http.MethodPost, door, h, nil).want(t, 401, "UNAUTHORIZED", "Authorization: ")
		b.logged(t, 401, "/provider/", "Authorization")
	})
}

// visitor: what a visitor's page would never send.
func (b *badInput) visitor(t *testing.T) {
	s := b.stranger(t, "Clumsy")
	s.say(t, "fine").want(t, 200)
	b.thread(t, "Clumsy", "fine")
	for _, c := range []struct {
		name, body string
		status     int
		field      string
		words      []string
	}{
		{"not JSON", "hello", 400, "body", []string{"JSON"}},
		{"no id", `{"text":"x"}`, 400, "id", nil},
		{"an id with a path", `{"id":"../x","text":"x"}`, 400, "id", nil},
		{"nothing to say", `{"id":"a","text":" "}`, 400, "text", nil},
		{"5 MB", `{"id":"a","text":"` + strings.Repeat("x", 5<<20) + `"}`, 413, "text", nil},
		{"invalid UTF-8", "{\"id\":\"a\",\"text\":\"\xff\"}", 400, "text", []string{"UTF-8"}},
		{"U+0000", `{"id":"a","text":"a\u0000b"}`, 400, "text", []string{"U+0000"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			b.unchanged(t, func() {
				s.post(t, "application/json", c.body).want(t, c.status, append(c.words, `"field":"`+c.field+`"`)...)
				b.logged(t, c.status, "/chat/", c.field)
			})
			if n := s.heard(t); n != 1 {
				t.Errorf("the visitor sees %d messages, want 1", n)
			}
		})
	}
	t.Run("a forged token", func(t *testing.T) {
		forged := *s
		forged.token = "v1." + s.id + ".RXZl.forged"
		forged.say(t, "hi").want(t, 401, `"field":"token"`)
		b.logged(t, 401, "/chat/", "token")
	})
}

// flood: a visitor who writes faster than people can is told when to go on; what
// was accepted before stays, and nobody else waits.
func (b *badInput) flood(t *testing.T) {
	s := b.stranger(t, "Flood")
	var mu sync.Mutex
	var refused answer
	accepted := 0
	var all sync.WaitGroup
	for i := range 60 { // at once, so that a busy machine does not make them slow
		all.Go(func() {
			a, err := s.tryPost(t.Context(), fmt.Sprintf(`{"id":"flood-%d","text":"again"}`, i))
			mu.Lock()
			defer mu.Unlock()
			switch {
			case err != nil:
				t.Error(err)
			case a.status == http.StatusOK:
				accepted++
			default:
				refused = a
			}
		})
	}
	all.Wait()
	refused.want(t, http.StatusTooManyRequests, `"field":"messages"`, "too many")
	if after, err := strconv.Atoi(refused.header.Get("Retry-After")); err != nil || after < 1 {
		t.Errorf("Retry-After %q, want seconds", refused.header.Get("Retry-After"))
	}
	if kind := refused.header.Get("Content-Type"); !strings.HasPrefix(kind, "application/json") {
		t.Errorf("Content-Type %q", kind)
	}
	b.stranger(t, "Calm").say(t, "unhurried").want(t, 200)
	b.logged(t, 429, "/chat/", "messages")
	if n := s.heard(t); n != accepted {
		t.Errorf("the app has %d messages of %d that it accepted", n, accepted)
	}
	b.thread(t, "Calm", "unhurried")
}

// agent: the composer's form, cut off or with names that mean something.
func (b *badInput) agent(t *testing.T) {
	s := b.stranger(t, "Patient")
	s.say(t, "anybody there?").want(t, 200)
	page := b.thread(t, "Patient", "anybody there?")
	door := b.at.Host + page.place.Path + "/messages"
	send := func(t *testing.T, key, body, kind string) answer {
		t.Helper()
		h := http.Header{"Content-Type": {kind}, "Dockwright-Fragment": {"thread"}}
		return b.do(t, b.admin, http.MethodPost, door, h, strings.NewReader(body))
	}
	form := func(key string, f file) (string, string) {
		return multipartForm(t, url.Values{"key": {key}, "text": {"half of it"}}, map[string]file{"files": f})
	}
	for _, c := range cuts {
		t.Run(c.name, func(t *testing.T) {
			body, kind := form("cut", file{"cut-short.png", []byte(strings.Repeat(picture, 200))})
			b.unchanged(t, func() { send(t, "cut", c.end(body), kind).want(t, 400, `"field":"body"`, "only in part") })
		})
	}
	t.Run("a name with a path", func(t *testing.T) {
		body, kind := form("path", file{"../../e\u202evil<b>.txt", []byte("<script>pwned=1</script>")})
		send(t, "path", body, kind).want(t, 200)
		a := b.thread(t, "Patient", "evilb.txt")
		assertTame(t, a.root)
		for n := range a.root.Descendants() {
			if attr(n, "class") == "bubble-file" {
				link, err := a.place.Parse(attr(n, "href"))
				if err != nil {
					t.Fatal(err)
				}
				b.fileIsTame(t, link.String())
			}
		}
	})
}
