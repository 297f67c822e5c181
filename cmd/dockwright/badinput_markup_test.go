package main

import (
	"encoding/json"
	"fmt"
	"mime"
	"net/http"
	"strings"
	"testing"

	"github.com/chromedp/chromedp"
	"golang.org/x/net/html"

	"github.com/dockwright/dockwright/internal/browsertest"
)

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
		if browsertest.Eval[bool](tab, `'pwned' in window || document.querySelector('main iframe, main script, main [onerror], main [onload]') !== null`) {
			t.Errorf("%s came to life", address)
		}
	}
	tab.Run(chromedp.Navigate(b.chat))
	channel := b.chat[strings.LastIndex(b.chat, "/")+1:]
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
		b.fileIsTame(t, link)
	}
}

func (b *badInput) fileIsTame(t *testing.T, link string) {
	t.Helper()
	a := b.get(t, link).want(t, 200)
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
