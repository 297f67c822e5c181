package messaging_test

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"slices"
	"strconv"
	"testing"

	"github.com/dockwright/dockwright/internal/app/messaging"
	"github.com/dockwright/dockwright/internal/browsertest"
	"github.com/dockwright/dockwright/internal/store"
	"github.com/dockwright/dockwright/internal/store/storetest"
)

// pageRig is the app with a channel, on SQLite: pages do not depend on the
// engine.
func pageRig(t *testing.T) (*rig, string) {
	t.Helper()
	r := newRig(t, func(ms ...store.Migrations) *store.DB { return storetest.SQLite(t, ms...) }, rigOptions{})
	return r, r.install()
}

// say writes a message in the page and sends it.
func say(b *browsertest.Tab, text string) {
	browsertest.Eval[bool](b, `(() => {
		const t = document.getElementById("text");
		t.value = `+strconv.Quote(text)+`;
		t.dispatchEvent(new Event("input"));
		document.getElementById("send").click();
		return true;
	})()`)
}

func TestVisitorPage(t *testing.T) { // spec: app.webchat.page
	t.Parallel()
	r, channel := pageRig(t)
	b := browsertest.New(t)
	b.Open(r.url + "/chat/" + channel)
	browsertest.Eval[bool](b, `(document.getElementById("name").value = "Mari", true)`)
	say(b, "Is the blue one in stock? 😀")
	b.Wait(`document.querySelector('li[data-id][data-status=delivered]')`)
	r.host.until(t, "the message reaches the host", func() bool { return len(r.host.received) == 1 })

	r.host.mu.Lock()
	id := r.host.received[0]["conversation_id"].(string)
	r.host.mu.Unlock()
	g := &guest{r: r, channel: channel, id: id}
	g.reply("k1", "Yes, <b>two</b> left. https://shop.example/blue", messaging.Upload{Name: "blue.png", Body: picture}).want(t, 200)
	b.Wait(`document.querySelector('li[data-outgoing=true] img')?.naturalWidth === 1`) // spec: app.webchat.live
	b.Wait(`document.querySelector('li[data-outgoing=true] .text').textContent.includes("<b>two</b>")`)
	b.Wait(`document.querySelector('li[data-outgoing=true] .text a').rel.includes("noopener")`)
	r.host.until(t, "the answer is read, because it is in view", func() bool { // spec: app.webchat.progress
		return slices.Contains(r.host.texts(), "Yes, <b>two</b> left. https://shop.example/blue read")
	})

	b.Open(r.url + "/chat/" + channel) // the same browser comes back
	b.Wait(`document.querySelectorAll('li[data-id]').length === 2`)
	browsertest.Eval[bool](b, `(() => {
		const files = new DataTransfer();
		const bytes = Uint8Array.from(atob("iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mP8z8BQDwAEhQGAhKmMIQAAAABJRU5ErkJggg=="), (c) => c.charCodeAt(0));
		files.items.add(new File([bytes], "mine.png", { type: "image/png" }));
		const input = document.getElementById("files");
		input.files = files.files;
		input.dispatchEvent(new Event("change"));
		return document.querySelectorAll("#previews img").length === 1;
	})()`)
	say(b, "like this")
	b.Wait(`document.querySelectorAll('li[data-outgoing=false] .picture img').length === 1 && document.querySelectorAll('li[data-status=delivered]').length === 2`)
}

func TestOutbox(t *testing.T) { // spec: app.webchat.outbox
	t.Parallel()
	r, channel := pageRig(t)
	b := browsertest.New(t)
	b.Open(r.url + "/chat/" + channel)
	say(b, "first")
	b.Wait(`document.querySelector('li[data-status=delivered]')`)
	r.down.Store(true)
	say(b, "second")
	say(b, "third")
	b.Wait(`document.querySelectorAll('li[data-status=sending]').length === 2 && document.getElementById("presence").classList.contains("trouble")`)
	r.down.Store(false)
	b.Open(r.url + "/chat/" + channel) // the page is loaded anew before they went out
	b.Wait(`document.querySelectorAll('li[data-status=delivered]').length === 3`)
	got := browsertest.Eval[string](b, `[...document.querySelectorAll("li[data-id] .text")].map((e) => e.textContent).join(" ")`)
	if got != "first second third" {
		t.Errorf("the page shows %q", got)
	}
	r.host.mu.Lock()
	defer r.host.mu.Unlock()
	if n := len(r.host.received); n != 3 {
		t.Errorf("the host got %d messages", n)
	}
}

// Whoever was too quick waits as long as the app said, whatever else happens.
func TestOutboxWaits(t *testing.T) { // spec: app.webchat.rate-limit
	t.Parallel()
	r, channel := pageRig(t)
	b := browsertest.New(t)
	b.Open(r.url + "/chat/" + channel)
	browsertest.Eval[bool](b, `((async () => {
		const at = document.querySelector("script[type=module]").src;
		const { Outbox } = await import(new URL("outbox.js", at));
		const { Refusal } = await import(new URL("api.js", at));
		let tries = 0;
		const api = { memory: { get: () => null, set() {} }, send: async () => { tries++; throw new Refusal(429, "too many at once", 30); } };
		const box = new Outbox(api, { sent() {}, refused() {}, waiting() {}, strange: async () => {} });
		box.queue.push({ id: "a", text: "a", at: "", files: [] });
		await box.run();
		await box.run(); // as when news comes over the socket
		document.body.dataset.tries = String(tries);
	})(), true)`)
	b.Wait(`document.body.dataset.tries`)
	if tries := browsertest.Eval[string](b, `document.body.dataset.tries`); tries != "1" {
		t.Errorf("%s tries, want one", tries)
	}
}

func TestClosedChat(t *testing.T) { // spec: app.messaging.uninstall
	t.Parallel()
	r, channel := pageRig(t)
	b := browsertest.New(t)
	b.Open(r.url + "/chat/" + channel)
	say(b, "hello")
	b.Wait(`document.querySelector('li[data-status=delivered]')`)
	uninstall(r).want(t, 200)
	b.Wait(`!document.getElementById("closed").hidden && document.getElementById("composer").hidden`)
	r.do(http.MethodGet, "/install", nil, nil).want(t, 200)
	b.Wait(`document.getElementById("closed").hidden && !document.getElementById("composer").hidden`)
}

func TestWidget(t *testing.T) { // spec: app.webchat.widget
	t.Parallel()
	r, channel := pageRig(t)
	site := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "text/html")
		w.Header().Set("Content-Security-Policy", fmt.Sprintf("default-src 'none'; script-src %s; frame-src %s; img-src data:", r.url, r.url))
		fmt.Fprintf(w, `<!doctype html><html data-ready="true"><title>A shop</title><body><h1>A shop</h1><script src="%s/chat/%s/widget.js" async></script></body></html>`, r.url, channel)
	}))
	t.Cleanup(site.Close)
	b := browsertest.New(t)
	b.Allow("favicon")
	b.Open(site.URL)
	b.Wait(`document.querySelector("dockwright-chat")`)
	browsertest.Eval[bool](b, `(document.querySelector("dockwright-chat").toggle(), true)`)
	r.eventually("the page in the frame is loaded", func() bool { return r.framed.Load() > 0 })
	page := r.do(http.MethodGet, "/chat/"+channel, nil, nil).want(t, 200)
	if csp := page.Header.Get("Content-Security-Policy"); csp == "" || !has(csp, "frame-ancestors *") {
		t.Errorf("the visitor page may not be framed: %s", csp)
	}
	operator := r.do(http.MethodGet, "/", nil, nil).want(t, 200)
	if csp := operator.Header.Get("Content-Security-Policy"); !has(csp, "frame-ancestors 'none'") || has(csp, "unsafe-inline") { // spec: app.messaging.csp
		t.Errorf("operator page: %s", csp)
	}
}
