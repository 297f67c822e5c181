package web_test

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"

	"github.com/chromedp/cdproto/input"
	"github.com/chromedp/chromedp"
	"github.com/chromedp/chromedp/kb"

	"github.com/dockwright/dockwright/internal/browsertest"
	"github.com/dockwright/dockwright/internal/host/devhub"
)

// softphone is an app with a floating window.
func (s *site) softphone(name string, calls bool) *surfaceApp {
	s.t.Helper()
	return s.newSurfaceApp(name, devhub.NewExtension{
		Kind: devhub.FloatingWindow, Name: name + " calls", Description: "Calls people.", URL: "/window", CallEntry: calls,
	})
}

// start initialises the app that was loaded last and lets it listen.
func (a *surfaceApp) start(size string) {
	a.t.Helper()
	a.do("/window", `const r = await initialize(`+size+`); listen('visibility'); if (r.error) throw new Error(r.error)`)
}

// visibility waits for the nth visibility event (from 1) and gives its data.
func (a *surfaceApp) visibility(n int) string {
	a.t.Helper()
	return a.do("/window", fmt.Sprintf(`await until(() => pushes.length >= %d); return pushes[%d].message.data`, n, n-1))
}

// refused is a command that must be refused; it gives the text.
func (a *surfaceApp) refused(name, args string) string {
	a.t.Helper()
	var text string
	if err := json.Unmarshal([]byte(a.do("/window", fmt.Sprintf(`return (await command(%q, %s)).error ?? ''`, name, args))), &text); err != nil {
		a.t.Fatal(err)
	}
	return text
}

// obeyed is a command without an answer.
func (a *surfaceApp) obeyed(name, args string) {
	a.t.Helper()
	if got := a.do("/window", fmt.Sprintf(`return await command(%q, %s)`, name, args)); got != "{}" {
		a.t.Errorf("%s %s: got %s", name, args, got)
	}
}

// of is JavaScript for the app's window.
func (a *surfaceApp) of() string { return `document.getElementById('window-` + a.ClientID + `')` }

// dockIcon is the selector of the app's pinned icon.
func (a *surfaceApp) dockIcon() string { return `#dock-pin-` + a.ClientID + ` button` }

func (a *surfaceApp) isShown(b *browsertest.Tab) bool {
	return browsertest.Eval[bool](b, `getComputedStyle(`+a.of()+`).opacity === '1'`)
}

// rect is where the window is: x, y, width, height of window and iframe.
func (a *surfaceApp) rect(b *browsertest.Tab) []float64 {
	return browsertest.Eval[[]float64](b, `(() => { const r = `+a.of()+`.getBoundingClientRect(), f = `+a.of()+`.querySelector('iframe').getBoundingClientRect();
		return [r.x, r.y, r.width, r.height, f.width, f.height]; })()`)
}

// spec: surface.command.show-floating-window
// spec: surface.command.hide-floating-window
// spec: surface.command.set-focus-mode
// spec: surface.event.visibility
// spec: surface.dock.toggle
// spec: surface.focus-mode.visible
// spec: surface.floating.again
func TestFloatingWindowIsShownAndHidden(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	ringo := s.softphone("Ringo", false)
	b := browsertest.New(t)
	b.Open(s.url + "/persons")
	ringo.start(`{width: 300, height: 420}`)

	// Hidden, with its real size, so that the app can measure.
	if ringo.isShown(b) {
		t.Error("the window is shown before anybody asked for it")
	}
	if got := ringo.do("/window", `await until(() => innerWidth === 300 && innerHeight === 420); return [innerWidth, innerHeight]`); got != "[300,420]" {
		t.Errorf("the hidden app measures %s", got)
	}
	if got := ringo.refused("set_focus_mode", "true"); got != "the floating window must be visible first" {
		t.Errorf("focus mode of a hidden window: %q", got)
	}

	// The person opens it in the dock, and closes it by its button.
	b.Run(chromedp.Click(ringo.dockIcon()))
	if got := ringo.visibility(1); got != `{"is_visible":true,"context":{"invoker":"user"}}` || !ringo.isShown(b) {
		t.Errorf("opened in the dock: %s", got)
	}
	b.Wait(`document.activeElement === ` + ringo.of() + `.querySelector('header') && document.querySelector('` + ringo.dockIcon() + `').getAttribute('aria-pressed') === 'true'`)
	b.Run(chromedp.Click(`.window .window-close`))
	if got := ringo.visibility(2); got != `{"is_visible":false,"context":{"invoker":"user"}}` || ringo.isShown(b) {
		t.Errorf("closed: %s", got)
	}
	b.Wait(`document.activeElement === document.querySelector('` + ringo.dockIcon() + `')`)

	// A command: its context comes back, and cannot name another invoker.
	ringo.obeyed("show_floating_window", `{context: {ticketId: 'T-9', invoker: 'user'}}`)
	if got := ringo.visibility(3); got != `{"is_visible":true,"context":{"ticketId":"T-9","invoker":"command"}}` || !ringo.isShown(b) {
		t.Errorf("shown by a command: %s", got)
	}
	if browsertest.Eval[bool](b, `document.activeElement.closest('.window') !== null`) {
		t.Error("a command took the keyboard away")
	}
	ringo.obeyed("show_floating_window", `undefined`) // again, without arguments
	if got := ringo.visibility(4); got != `{"is_visible":true,"context":{"invoker":"command"}}` {
		t.Errorf("shown again: %s", got)
	}

	// Focus mode hides the button, by a boolean only, until the window opens again.
	for _, args := range []string{`{enabled: true}`, `undefined`, `'true'`, `1`} {
		if got := ringo.refused("set_focus_mode", args); !strings.HasPrefix(got, "expected true or false, got ") {
			t.Errorf("set_focus_mode(%s): %q", args, got)
		}
	}
	closable := `!` + ringo.of() + `.querySelector('.window-close').hidden`
	ringo.obeyed("set_focus_mode", "true")
	b.Run(chromedp.Evaluate[chromedp.Void](ringo.of()+`.querySelector('header').focus()`), chromedp.KeyEvent(kb.Escape), chromedp.Click(ringo.dockIcon()))
	if browsertest.Eval[bool](b, closable) || !ringo.isShown(b) {
		t.Error("focus mode did not keep the window")
	}
	if got := ringo.visibility(5); got != `{"is_visible":true,"context":{"invoker":"user"}}` {
		t.Errorf("clicked in focus mode: %s", got)
	}
	ringo.obeyed("hide_floating_window", `{context: {done: true}}`)
	if got := ringo.visibility(6); got != `{"is_visible":false,"context":{"done":true,"invoker":"command"}}` || ringo.isShown(b) {
		t.Errorf("hidden by a command: %s", got)
	}
	ringo.obeyed("hide_floating_window", `undefined`) // nothing left to do
	b.Run(chromedp.Click(ringo.dockIcon()))
	if got := ringo.visibility(7); got != `{"is_visible":true,"context":{"invoker":"user"}}` {
		t.Errorf("hiding what is hidden was told: %s", got)
	}
	if !browsertest.Eval[bool](b, closable) {
		t.Error("focus mode stayed on")
	}
	// The icon of the window in front hides it.
	b.Run(chromedp.Click(ringo.dockIcon()))
	if got := ringo.visibility(8); got != `{"is_visible":false,"context":{"invoker":"user"}}` {
		t.Errorf("clicked again: %s", got)
	}

	for _, args := range []string{`{context: 'T-9'}`, `{context: [1]}`, `{context: 7}`} {
		if got := ringo.refused("show_floating_window", args); !strings.HasPrefix(got, "context: expected an object, got ") {
			t.Errorf("show_floating_window(%s): %q", args, got)
		}
	}
}

// pull moves the mouse from a point with its button down.
func pull(b *browsertest.Tab, x, y, dx, dy float64) {
	b.Run(
		chromedp.MouseEvent(input.DispatchMouseEventTypeMousePressed, x, y, chromedp.ButtonLeft, chromedp.ClickCount(1)),
		chromedp.MouseEvent(input.DispatchMouseEventTypeMouseMoved, x+dx/2, y+dy/2, chromedp.ButtonLeft),
		chromedp.MouseEvent(input.DispatchMouseEventTypeMouseMoved, x+dx, y+dy, chromedp.ButtonLeft),
		chromedp.MouseEvent(input.DispatchMouseEventTypeMouseReleased, x+dx, y+dy, chromedp.ButtonLeft, chromedp.ClickCount(1)),
	)
}

// spec: surface.floating.place
// spec: surface.floating.size
// spec: surface.phone-sheet
func TestFloatingWindowIsMovedAndRemembered(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	ringo := s.softphone("Ringo", false)
	b := browsertest.New(t)
	b.Open(s.url + "/persons")
	ringo.start(`{width: 300, height: 200}`)
	b.Run(chromedp.Click(ringo.dockIcon()))
	was := ringo.rect(b)
	if was[4] != 300 || was[5] != 200 {
		t.Fatalf("the iframe is %v", was)
	}

	// By its header, and over its own iframe: it does not swallow the pointer.
	pull(b, was[0]+120, was[1]+20, -400, 250)
	now := ringo.rect(b)
	if now[0] != was[0]-400 || now[1] != was[1]+250 {
		t.Errorf("dragged from %v to %v", was[:2], now[:2])
	}
	// By a corner, no further than the contract allows.
	pull(b, now[0]+now[2]-3, now[1]+now[3]-3, 60, 40)
	if got := ringo.rect(b); got[4] != 360 || got[5] != 240 {
		t.Errorf("pulled to %v", got[4:])
	}
	pull(b, now[0]+now[2]+57, now[1]+now[3]+37, -300, -300)
	if got := ringo.rect(b); got[4] != 200 || got[5] != 70 {
		t.Errorf("pulled below the smallest size: %v", got[4:])
	}
	// By the keyboard.
	b.Run(chromedp.Evaluate[chromedp.Void](ringo.of() + `.querySelector('header').focus()`))
	before := ringo.rect(b)
	b.Run(chromedp.KeyEvent(kb.ArrowLeft), chromedp.KeyEvent(kb.ArrowDown), chromedp.KeyEvent(kb.ArrowRight, chromedp.KeyModifiers(chromedp.ModifierShift)))
	if got := ringo.rect(b); got[0] != before[0]-16 || got[1] != before[1]+16 || got[4] != 216 || got[5] != 70 {
		t.Errorf("by keys from %v to %v", before, got)
	}
	left := ringo.rect(b)

	// What it begins with in a new load is what the person chose; later the app may ask.
	b.Wait(`fetch('/_dockwright/shell', {headers: {'Dockwright-Fragment': 'app-dock'}}).then((r) => r.text()).then((x) => x.includes('data-width="216"'))`)
	b.Run(chromedp.Reload())
	b.Wait(`document.documentElement.dataset.ready === 'true'`)
	ringo.start(`{width: 500, height: 500}`)
	if got := ringo.rect(b); fmt.Sprint(got) != fmt.Sprint(left) {
		t.Errorf("after a reload at %v, was left at %v", got, left)
	}
	ringo.obeyed("resize", `{width: 400, height: 300}`)
	if got := ringo.rect(b); got[4] != 400 || got[5] != 300 {
		t.Errorf("resized by the app to %v", got[4:])
	}
	ringo.obeyed("resize", `{width: 801}`)
	if got := ringo.rect(b); got[4] != 400 || got[5] != 300 {
		t.Errorf("resized out of range to %v", got[4:])
	}

	// A smaller browser pushes it back onto the screen; a larger one lets it go where it was.
	at := `(({left, top, right, bottom}) => [left, top, right, bottom])(` + ringo.of() + `.getBoundingClientRect())`
	b.Run(chromedp.EmulateViewport(760, 500))
	b.Wait(`innerWidth === 760 && ((r) => r[0] >= 0 && r[1] >= 52 && r[2] <= 760 && r[3] <= 500)(` + at + `)`)
	b.Run(chromedp.EmulateViewport(400, 800))
	b.Wait(`innerWidth === 400 && ((r) => r[0] === 0 && r[2] === 400 && r[3] === 800 - 58)(` + at + `)`)
	b.Run(chromedp.EmulateViewport(1280, 900))
	b.Wait(fmt.Sprintf(`innerWidth === 1280 && ((r) => r[0] === %v && r[1] === %v)(%s)`, left[0], left[1], at))
}
