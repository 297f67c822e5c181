package main

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/chromedp/chromedp"

	"github.com/dockwright/dockwright/internal/browsertest"
)

// upNow starts what "dockwright up" starts, on free ports, and returns when it
// says that it is up. It ends with the test.
func upNow(t *testing.T, args ...string) (at addresses, chat string) {
	t.Helper()
	ctx, cancel := context.WithCancel(t.Context())
	up, ended := make(chan addresses, 1), make(chan error, 1)
	var log tail
	args = append([]string{"up", "--port", "0", "--messaging-port", "0", "--kitchensink-port", "0", "--data", t.TempDir()}, args...)
	go func() {
		ended <- run(ctx, args, options{out: io.Discard, log: &log, ready: func(a addresses) { up <- a }})
	}()
	t.Cleanup(func() {
		cancel()
		if err := <-ended; err != nil {
			t.Errorf("up: %v\n%s", err, &log)
		}
	})
	select {
	case at = <-up:
	case err := <-ended:
		ended <- nil
		t.Fatalf("up ended: %v\n%s", err, &log)
	case <-time.After(processTime):
		t.Fatalf("up was not ready within %s\n%s", processTime, &log)
	}
	s, err := (&installer{at: at, v: newVisitor()}).status(ctx)
	if err != nil || len(s.Channels) != 1 {
		t.Fatalf("the app's status: %+v, %v", s, err)
	}
	return at, s.Channels[0].Link
}

// TestWalk is the main job as people do it, in a browser: a visitor writes, two
// agents answer, the owner tidies up, a developer looks on, the app goes and
// comes back.
func TestWalk(t *testing.T) {
	t.Parallel()
	at, chat := upNow(t)
	admin := browsertest.New(t)
	agent, guest := admin.Stranger(), admin.Stranger()
	w := &walk{t: t, at: at, chat: chat, admin: admin, agent: agent, guest: guest}
	w.arrive()
	w.visitorWrites()
	w.agentAnswers()
	w.colleagueFollows()
	w.ownerFiles()
	w.developerLooks()
	w.appLeavesAndReturns()
	w.ownerDeletes()
}

// walk holds the three browsers: an admin, a colleague, and a visitor of the site.
type walk struct {
	t                   *testing.T
	at                  addresses
	chat                string
	admin, agent, guest *browsertest.Tab
	thread              string // the conversation's page
}

// arrive: the host opens signed in, on a page with rail, search and user menu.
func (w *walk) arrive() {
	w.admin.Open(w.at.Host + "/")
	w.admin.Wait(`document.querySelector('.rail') && document.querySelector('#global-search') && document.querySelector('#app-dock')`)
	w.admin.Open(w.at.Host + "/leads/messaging")
	w.admin.Wait(`document.documentElement.dataset.live === 'on'`)
	w.agent.Open(w.at.Host + "/")
	name := browsertest.Eval[string](w.agent, `document.querySelector('.user-button-name').textContent`)
	w.agent.Run(chromedp.Click(`.user-button`), chromedp.Click(`#user-menu form[action$="switch-user"] button`))
	w.agent.Wait(fmt.Sprintf(`(e => e && e.textContent !== %q)(document.querySelector('.user-button-name')) && document.documentElement.dataset.ready === 'true'`, name))
}

// visitorWrites: an emoji and a picture appear in the inbox without a reload.
func (w *walk) visitorWrites() {
	w.admin.Run(chromedp.Evaluate[chromedp.Void](`window.unreloaded = true`))
	w.guest.Open(w.chat)
	w.guest.Run(chromedp.SendKeys(`#name`, "Mari Tamm"), chromedp.SendKeys(`#text`, "Is the blue one in stock? 🙂"), chromedp.Click(`#send`))
	w.guest.Wait(`document.querySelector('li[data-outgoing=false][data-status=sent], li[data-status=delivered], li[data-status=read]')`)
	picture := filepath.Join(w.t.TempDir(), "blue.png")
	if err := os.WriteFile(picture, smallPicture(w.t, 1), 0o600); err != nil {
		w.t.Fatal(err)
	}
	w.guest.Run(chromedp.SetUploadFiles(`#files`, []string{picture}))
	w.guest.Wait(`!document.querySelector('#previews').hidden && !document.querySelector('#send').disabled`)
	w.guest.Run(chromedp.Click(`#send`))
	w.admin.Wait(`document.querySelector('.inbox-item.is-unread .inbox-item-name')?.textContent === 'Mari Tamm'`)
	w.admin.Wait(`document.querySelector('#unread:not([hidden])')?.dataset.count === '2'`)
	if !browsertest.Eval[bool](w.admin, `window.unreloaded === true`) {
		w.t.Error("the inbox was reloaded to show the message")
	}
	w.admin.Run(chromedp.Click(`.inbox-item-link`))
	w.admin.Wait(`document.querySelectorAll('.bubble-row').length === 2`)
	w.admin.Wait(`document.querySelector('.bubble-row .bubble-text').textContent === 'Is the blue one in stock? 🙂'`)
	w.admin.Wait(`(i => i && i.complete && i.naturalWidth === 24)(document.querySelector('.bubble-row img[alt="blue.png"]'))`)
	w.admin.Wait(`document.querySelector('#unread').hidden`)
	w.thread = browsertest.Eval[string](w.admin, `location.href`)
}

// agentAnswers: the visitor sees the answer live, and the ticks go on to read.
func (w *walk) agentAnswers() {
	w.admin.Run(chromedp.SendKeys(`.composer textarea`, "Yes, two left."+"\r"))
	w.admin.Wait(`[...document.querySelectorAll('.bubble-row.out .bubble-text')].some(p => p.textContent === 'Yes, two left.')`)
	w.guest.Wait(`[...document.querySelectorAll('li[data-outgoing=true]')].some(li => li.textContent.includes('Yes, two left.'))`)
	w.admin.Wait(`document.querySelector('.bubble-row.out .tick-read')`)
}

// colleagueFollows: somebody else sees the same, and what they write appears for
// both; what only the owner may do is not offered.
func (w *walk) colleagueFollows() {
	w.agent.Open(w.thread)
	w.agent.Wait(`document.documentElement.dataset.live === 'on' && document.querySelectorAll('.bubble-row').length === 3`)
	w.agent.Run(chromedp.SendKeys(`.composer textarea`, "I put one aside for you."+"\r"))
	same := `[...document.querySelectorAll('.bubble-row .bubble-text')].at(-1)?.textContent === 'I put one aside for you.' && document.querySelectorAll('.bubble-row').length === 4`
	w.agent.Wait(same)
	w.admin.Wait(same)
	w.guest.Wait(`[...document.querySelectorAll('li[data-outgoing=true]')].at(-1)?.textContent.includes('I put one aside')`)
	if browsertest.Eval[bool](w.agent, `document.querySelector('form[action$="/delete"]') !== null`) {
		w.t.Error("a colleague who does not own the installation is offered to delete the conversation")
	}
	if status := browsertest.Eval[int](w.agent, `fetch(location.pathname + '/delete', {method: 'POST'}).then(r => r.status)`); status != http.StatusForbidden {
		w.t.Errorf("deleting as a colleague was answered with %d, want 403", status)
	}
}

// ownerFiles: links to a person and a deal, assigns, closes and reopens.
func (w *walk) ownerFiles() {
	for _, kind := range []string{"person", "deal", "lead"} {
		term := map[string]string{"person": "camille", "deal": "chairs", "lead": "sofa"}[kind]
		fill(w.admin, `.find input[type=search]`, term, "input")
		form := `#link-results form:has(input[name=kind][value=` + kind + `]) button`
		w.admin.Run(chromedp.WaitVisible(form), chromedp.Click(form))
		w.admin.Wait(`document.querySelector('#inbox-links [id^="link-` + kind + `-"]')`)
	}
	w.agent.Wait(`document.querySelectorAll('#inbox-links .inbox-link').length === 3`)
	second := browsertest.Eval[string](w.admin, `document.querySelector('#assignee option:nth-child(3)').value`)
	fill(w.admin, `#assignee`, second, "change")
	w.agent.Wait(fmt.Sprintf(`document.querySelector('#assignee').value === %q`, second))
	for _, word := range []string{"Closed", "Open"} {
		w.admin.Run(chromedp.Click(`.inbox-head form[action$="/status"] button`))
		w.admin.Wait(`document.querySelector('.inbox-head .badge').textContent === '` + word + `'`)
		w.agent.Wait(`document.querySelector('.inbox-head .badge').textContent === '` + word + `'`)
	}
}

// developerLooks: the Inspector has both directions, no secret, and repeats.
func (w *walk) developerLooks() {
	tab := w.admin.Tab()
	tab.Open(w.at.Host + "/_dockwright/inspector?q=messages%2Freceive")
	tab.Wait(`document.querySelectorAll('#exchange-list li').length >= 2`)
	tab.Open(w.at.Host + "/_dockwright/inspector?direction=out&method=GET")
	tab.Wait(`document.querySelector('#exchange-list li a')`)
	tab.Run(chromedp.Click(`#exchange-list li a`))
	tab.Wait(`document.querySelector('.exchange-head') && document.body.textContent.includes('Authorization')`)
	if secret := browsertest.Eval[bool](tab, `/Basic [A-Za-z0-9+\/=]{16,}/.test(document.body.textContent)`); secret {
		w.t.Error("the Inspector shows the credentials of a call")
	}
	tab.Run(chromedp.Click(`.exchange-head form button`))
	tab.Wait(`document.querySelector('.banner.info')?.textContent.includes('Replay of')`)
	tab.Wait(`document.querySelector('.exchange-head .http-status').textContent.trim().startsWith('200')`)
}

// appLeavesAndReturns: uninstalling closes the web chat and makes the app forget
// its tokens; installing again through consent brings everything back.
func (w *walk) appLeavesAndReturns() {
	tab := w.admin.Tab()
	tab.Open(w.at.Host + "/marketplace")
	tab.Open(browsertest.Eval[string](tab, `[...document.querySelectorAll('a[href^="/marketplace/app/"]')].find(a => a.textContent.includes('Dockwright Messaging')).href`))
	tab.Run(chromedp.WaitVisible(`form[action$="/uninstall"] button`), chromedp.Click(`form[action$="/uninstall"] button`))
	tab.Run(chromedp.WaitVisible(`dialog[open] button.danger, dialog[open] button.primary`), chromedp.Click(`dialog[open] button.danger, dialog[open] button.primary`))
	w.eventually("the app to forget the installation", func(s messagingStatus) bool { return len(s.Installations) == 0 })
	if status := w.postAsStranger(); status != http.StatusServiceUnavailable {
		w.t.Errorf("a visitor of a closed chat was answered with %d, want 503", status)
	}
	tab.Open(w.at.Messaging + "/install")
	tab.Run(chromedp.WaitVisible(`button[value=allow]`), chromedp.Click(`button[value=allow]`))
	tab.Run(chromedp.WaitVisible(`input[name=share][value=company]`), chromedp.Click(`input[name=share][value=company]`), chromedp.Click(`button[value=allow]`))
	w.eventually("the app to be installed again, with its channel", func(s messagingStatus) bool {
		return len(s.Installations) == 1 && len(s.Channels) == 1 && s.Channels[0].State == "registered"
	})
	w.guest.Open(w.chat)
	w.guest.Run(chromedp.SendKeys(`#text`, "Are you back?"), chromedp.Click(`#send`))
	w.admin.Open(w.thread)
	w.admin.Wait(`[...document.querySelectorAll('.bubble-row .bubble-text')].at(-1)?.textContent === 'Are you back?' && document.querySelectorAll('.bubble-row').length === 5`)
}

// ownerDeletes: the conversation goes for everybody.
func (w *walk) ownerDeletes() {
	w.admin.Run(chromedp.Click(`.inbox-confirm summary`), chromedp.WaitVisible(`form[action$="/delete"] button`), chromedp.Click(`form[action$="/delete"] button`))
	w.admin.Wait(`location.pathname === '/leads/messaging' && !document.querySelector('.inbox-item')`)
}

// fill gives a field a value as a person's input would.
func fill(tab *browsertest.Tab, field, value, event string) {
	tab.Run(chromedp.WaitVisible(field), chromedp.Evaluate[chromedp.Void](fmt.Sprintf(
		`(e => { e.value = %q; e.dispatchEvent(new Event(%q, {bubbles: true})) })(document.querySelector(%q))`, value, event, field)))
}

func (w *walk) eventually(what string, ok func(messagingStatus) bool) {
	w.t.Helper()
	ctx, cancel := context.WithTimeout(w.t.Context(), time.Minute)
	defer cancel()
	i := &installer{at: w.at, v: newVisitor()}
	err := eventually(ctx, func() (bool, error) {
		s, err := i.status(ctx)
		return err == nil && ok(s), err
	})
	if err != nil {
		w.t.Fatalf("waiting for %s: %v", what, err)
	}
}

// postAsStranger tries to begin a conversation and returns the status.
func (w *walk) postAsStranger() int {
	resp, err := http.Post(w.chat+"/session", "application/json", bytes.NewReader([]byte(`{"name":"Late"}`)))
	if err != nil {
		w.t.Fatal(err)
	}
	defer resp.Body.Close()
	body, _ := io.ReadAll(resp.Body)
	if !strings.Contains(string(body), "closed") {
		w.t.Errorf("the answer does not say that the chat is closed: %s", body)
	}
	return resp.StatusCode
}
