package main

import (
	"bytes"
	"encoding/json"
	"fmt"
	"mime"
	"mime/multipart"
	"net/http"
	"net/textproto"
	"net/url"
	"strconv"
	"strings"
	"testing"

	"github.com/chromedp/chromedp"
	"golang.org/x/net/html"

	"github.com/dockwright/dockwright/internal/browsertest"
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

// multipart: bodies that end too early, at both doors that take files.
func (b *badInput) multipart(t *testing.T) {
	s := b.stranger(t, "Half")
	s.say(t, "whole").want(t, 200)
	b.thread(t, "Half", "whole")
	files := map[string]file{"files": {"cut-short.png", []byte(strings.Repeat(picture, 200))}}
	door := b.at.Messaging + "/provider/" + b.theirChannel(t) + "/messages"
	basic := &http.Request{Header: http.Header{}}
	basic.SetBasicAuth(b.messaging.id, b.messaging.secret)
	cuts := []struct {
		name string
		end  func(whole string) string
	}{
		{"half", func(s string) string { return s[:len(s)/2] }},
		{"without its end", func(s string) string { return s[:len(s)-8] }},
		{"before a part", func(s string) string { return s[:strings.LastIndex(s, "Content-Disposition")] }},
		{"in the head of a part", func(s string) string { return s[:strings.LastIndex(s, "filename")] }},
		{"nothing", func(string) string { return "" }},
	}
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
	t.Run("provider/bytes that are no text", func(t *testing.T) {
		for _, id := range []string{"a\x00b", "\xff\xfe"} {
			body, kind := multipartForm(t, url.Values{"message": {"hi"}, "conversationId": {id}}, nil)
			h := http.Header{"Authorization": basic.Header["Authorization"], "Content-Type": {kind}}
			if a := b.do(t, newVisitor(), http.MethodPost, door, h, strings.NewReader(body)); a.status != 400 && a.status != 404 {
				t.Errorf("%q: status %d: %s", id, a.status, a.body)
			}
		}
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
	s, accepted := b.stranger(t, "Flood"), 0
	var refused answer
	for range 200 {
		if refused = s.say(t, "again"); refused.status != 200 {
			break
		}
		accepted++
	}
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

// anotherSite: pages elsewhere can neither frame the CRM, nor post to it, nor be
// taken for it by name.
func (b *badInput) anotherSite(t *testing.T) {
	form := url.Values{"name": {"Evil"}, "type": {"private"}, "decision": {"allow"}, "client_id": {"x"}}
	for _, address := range []string{
		b.at.Host + "/developer-hub/new", b.at.Host + "/developer-hub/app/" + b.own.id + "/secret",
		b.at.Host + "/oauth/authorize", b.at.Host + "/marketplace/app/" + b.messaging.id + "/uninstall",
		b.at.Host + "/login", b.at.Host + "/_dockwright/switch-user",
		b.at.Messaging + "/channels", b.at.Messaging + "/credentials",
	} {
		for _, h := range []http.Header{{"Origin": {"http://evil.example"}}, {"Origin": {"null"}}, {"Sec-Fetch-Site": {"cross-site"}}} {
			if a := b.submit(t, address, form, h); a.status != http.StatusForbidden {
				t.Errorf("%s with %v: status %d: %.200s", address, h, a.status, a.words())
			}
		}
	}
	for address, status := range map[string]int{b.at.Host + "/": 421, b.at.Host + "/v1/users/me": 421, b.at.Messaging + "/": 403, b.at.Messaging + "/status.json": 403} {
		b.do(t, newVisitor(), http.MethodGet, address, http.Header{"Host": {"evil.example"}}, nil).want(t, status, "evil.example")
	}
	for address, framed := range map[string]string{
		b.at.Host + "/": "'none'", b.at.Host + "/leads/messaging": "'none'", b.at.Host + "/login": "'none'", b.at.Host + "/nowhere": "'none'",
		b.at.Host + "/oauth/authorize": "'none'", b.at.Messaging + "/": "'none'", b.chat: "*",
	} {
		a := b.get(t, address)
		if p := a.header.Get("Content-Security-Policy"); !strings.HasSuffix(p, "frame-ancestors "+framed) || strings.Contains(p, "unsafe") {
			t.Errorf("%s: policy %q, want frame-ancestors %s", address, p, framed)
		}
		if a.header.Get("X-Content-Type-Options") != "nosniff" {
			t.Errorf("%s may be taken for another type", address)
		}
	}
}

// markup is what a stranger tries where a name or a text is expected.
const markup = `<img src=x onerror="pwned=1"><script>pwned=1</script>`

// strangers: markup, scripts and paths are shown as they were written, or not at
// all, and never mean anything.
func (b *badInput) strangers(t *testing.T) {
	s := b.stranger(t, markup)
	text := markup + `<iframe src="javascript:pwned=1"></iframe> javascript:pwned=1 [x](javascript:pwned=1) http://evil.example/"onmouseover="pwned=1 </main></li><svg onload=pwned=1> {{.Viewer}}`
	s.say(t, text).want(t, 200)
	names := map[string]string{
		"../../etc/passwd": "passwd", `C:\x\evil.exe`: "evil.exe", "evil\u202egnp.exe": "evilgnp.exe",
		markup + ".png": "script.png", strings.Repeat("n", 300) + ".txt": strings.Repeat("n", 116) + ".txt",
	}
	var links []string
	for name := range names {
		a := s.sendFile(t, file{name, []byte("<html><script>pwned=1</script>")}).want(t, 200)
		links = append(links, fileLinks(t, a)...)
	}
	links = append(links, fileLinks(t, s.sendFile(t, file{"real.png", []byte(picture)}).want(t, 200))...)
	if a := s.sendFile(t, file{"a\x00b.txt", []byte("x")}); a.status == 200 {
		names["a\x00b.txt"] = "ab.txt"
	} else {
		a.want(t, 400, `"field":"body"`)
	}
	b.filesAreTame(t, links)

	b.app.set(func(id string) string {
		return politeConversation(id, "Rude "+markup, "", "http://evil.example/\"><script>")
	})
	b.call(t, http.MethodPost, "/v1/channels/messages/receive", b.told(map[string]any{
		"id": "m-markup", "conversation_id": "talk-markup", "message": text,
		"attachments": attachments(1, `../../"><script>pwned=1</script>.png`, "https://files.example/a.png?\"><script>"),
	})).want(t, 200)

	last := b.thread(t, markup, "evilgnp.exe")
	assertTame(t, last.root)
	for name, shown := range names {
		b.thread(t, markup, shown)
		if strings.Contains(innerText(last.root), name) {
			t.Errorf("the thread shows the name %q as it came", name)
		}
	}
	rude := b.thread(t, "Rude", markup)
	assertTame(t, rude.root)
	for _, path := range []string{"/leads/messaging", "/_dockwright/inspector?q=onerror", "/settings/integrations/messaging", "/developer-hub"} {
		assertTame(t, b.get(t, b.at.Host+path).root)
	}
	assertTame(t, b.get(t, b.at.Messaging+"/").root)
	b.browse(t, s, last.place.String(), rude.place.String())
}

// browse looks at the same pages with a browser that would run scripts. Breaches
// of the content security policy fail the test by themselves.
func (b *badInput) browse(t *testing.T, s *stranger, pages ...string) {
	t.Helper()
	tab := browsertest.New(t)
	for _, address := range append(pages, b.at.Host+"/leads/messaging", b.at.Host+"/_dockwright/inspector?q=onerror") {
		tab.Open(address)
		tab.Wait(`document.documentElement.dataset.live === 'on' || true`)
		if browsertest.Eval[bool](tab, `'pwned' in window || document.querySelector('main iframe, main script, main [onerror], main [onload]') !== null`) {
			t.Errorf("%s came to life", address)
		}
	}
	tab.Run(chromedp.Navigate(b.chat))
	channel := strings.TrimPrefix(b.chat[strings.LastIndex(b.chat, "/"):], "/")
	browsertest.Eval[string](tab, fmt.Sprintf(`(localStorage.setItem('messaging.chat.%s.token', %q), '')`, channel, s.token))
	tab.Run(chromedp.Navigate(b.chat))
	tab.Wait(`document.querySelectorAll('li[data-id]').length >= 6`)
	if browsertest.Eval[bool](tab, `'pwned' in window || document.querySelector('li[data-id] :is(iframe, script, svg[onload], [onerror])') !== null`) {
		t.Error("the web chat came to life")
	}
}

func fileLinks(t *testing.T, a answer) []string {
	t.Helper()
	var m struct {
		Message struct{ Files []struct{ URL string } }
	}
	if err := json.Unmarshal([]byte(a.body), &m); err != nil || len(m.Message.Files) != 1 {
		t.Fatalf("%v: %s", err, a.body)
	}
	return []string{m.Message.Files[0].URL}
}

// filesAreTame opens each file as a browser would: it is saved, unless it is a
// picture, and no browser takes it for a page.
func (b *badInput) filesAreTame(t *testing.T, links []string) {
	t.Helper()
	for _, link := range links {
		a := b.do(t, newVisitor(), http.MethodGet, link, nil, nil).want(t, 200)
		kind, how := "application/octet-stream", "attachment"
		if strings.HasPrefix(a.body, "\x89PNG") {
			kind, how = "image/png", "inline"
		}
		disposition, params, err := mime.ParseMediaType(a.header.Get("Content-Disposition"))
		if err != nil || disposition != how || a.header.Get("Content-Type") != kind || strings.ContainsAny(params["filename"], "/\\\x00\u202e<>") {
			t.Errorf("%s: %v %v", link, a.header, err)
		}
		if a.header.Get("X-Content-Type-Options") != "nosniff" || !strings.Contains(a.header.Get("Content-Security-Policy"), "sandbox") {
			t.Errorf("%s may run: %v", link, a.header)
		}
	}
}

// assertTame fails if a page has an element, a handler or an address that only a
// stranger's text can have made.
func assertTame(t *testing.T, root *html.Node) {
	t.Helper()
	for n := range root.Descendants() {
		if n.Type != html.ElementNode {
			continue
		}
		if n.Data == "iframe" || n.Data == "object" || n.Data == "script" && strings.Contains(innerText(n), "pwned") {
			t.Errorf("the page has %s", outer(n))
		}
		for _, a := range n.Attr {
			value := strings.ToLower(strings.TrimSpace(a.Val))
			switch {
			case strings.HasPrefix(a.Key, "on"), a.Key == "style", a.Key == "srcdoc":
				t.Errorf("the page has %s=%q in %s", a.Key, a.Val, outer(n))
			case (a.Key == "href" || a.Key == "src" || a.Key == "action" || a.Key == "formaction") && (strings.HasPrefix(value, "javascript:") || value == "x"):
				t.Errorf("the page leads to %q in %s", a.Val, outer(n))
			}
		}
	}
}

func outer(n *html.Node) string {
	var b strings.Builder
	if err := html.Render(&b, n); err != nil {
		return err.Error()
	}
	return fmt.Sprintf("%.300s", b.String())
}
