package web_test

import (
	"net/http"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/chromedp/cdproto/page"
	"github.com/chromedp/chromedp"

	"github.com/dockwright/dockwright/internal/browsertest"
	"github.com/dockwright/dockwright/internal/host/devhub"
	"github.com/dockwright/dockwright/internal/host/route"
)

// dock is what a page's dock shows: the visible icons and the menu's rows, each
// with its badge, and the badge of the puzzle icon.
func dock(b *browsertest.Tab) string {
	return browsertest.Eval[string](b, `(() => {
		const badge = (e) => { const x = e.querySelector('.dock-badge'); return x && !x.hidden ? '(' + x.textContent + ')' : ''; };
		const name = (e) => e.querySelector('[data-name]')?.dataset.name ?? '';
		const icons = [...document.querySelectorAll('.dock-pinned > li')].filter((l) => l.offsetWidth > 0).map((l) => name(l) + badge(l));
		const rows = [...document.querySelectorAll('#dock-menu .dock-row:has(button.menu-item)')].map((l) => name(l) + badge(l));
		return icons.join(' ') + ' | ' + rows.join(' ') + ' | ' + badge(document.getElementById('dock-open'));
	})()`)
}

func wantDock(t *testing.T, b *browsertest.Tab, when, want string) {
	t.Helper()
	if got := dock(b); got != want {
		t.Errorf("%s: the dock shows %q, want %q", when, got, want)
	}
}

// Pins go to every tab of the user, badges live in the page they were set in.
// spec: surface.dock
// spec: surface.dock.badge
// spec: surface.command.set-notification
func TestDockInTheBrowser(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	alpha, beta, gamma := s.softphone("Alpha", false), s.softphone("Beta", false), s.softphone("Gamma", false)
	b := browsertest.New(t)
	b.Open(s.url + "/persons")
	for _, a := range []*surfaceApp{alpha, beta, gamma} {
		a.start("")
	}
	wantDock(t, b, "at first", "Alpha Beta Gamma | Alpha Beta Gamma | ")

	// The menu takes a pin away, with the keyboard, and puts it at the end.
	pin := `document.querySelector('[data-pin="` + beta.ClientID + `"]')`
	b.Run(chromedp.Click(`#dock-open`), chromedp.Evaluate[chromedp.Void](pin+`.focus()`), chromedp.KeyEvent(" "))
	b.Wait(`document.querySelectorAll('.dock-pinned > li').length === 2 && document.activeElement === ` + pin + ` && ` + pin + `.getAttribute('aria-pressed') === 'false'`)
	wantDock(t, b, "with a pin less", "Alpha Gamma | Alpha Beta Gamma | ")

	alpha.obeyed("set_notification", `{number: 12}`)
	beta.obeyed("set_notification", `{number: 120}`)
	gamma.obeyed("set_notification", `{number: 9}`)
	wantDock(t, b, "with badges", "Alpha(9+) Gamma(9) | Alpha Beta(99+) Gamma | (9+)")
	if label := browsertest.Eval[string](b, `document.querySelector('`+gamma.dockIcon()+`').getAttribute('aria-label')`); label != "Gamma, 9 notifications" {
		t.Errorf("the icon is called %q", label)
	}
	for args, want := range map[string]string{
		`{number: -1}`: "number: expected a whole number from 0, got -1", `{number: 1.5}`: "number: expected a whole number from 0, got 1.5",
		`{number: '3'}`: `number: expected a number, got "3"`, `7`: "expected an object of arguments, got 7",
	} {
		if got := gamma.refused("set_notification", args); got != want {
			t.Errorf("set_notification(%s): %q", args, got)
		}
	}

	// They stay while pages and the dock itself are fetched anew.
	b.Run(chromedp.Evaluate[chromedp.Void](`document.getElementById('dock-menu').hidePopover(); document.querySelector('.rail a[href="/deals"]').click()`))
	b.Wait(arrived("/deals", "Deals"))
	b.Run(chromedp.Evaluate[chromedp.Void](pin + `.click()`))
	b.Wait(`document.querySelectorAll('.dock-pinned > li').length === 3`)
	wantDock(t, b, "after a page and a pin", "Alpha(9+) Gamma(9) Beta(9+) | Alpha Beta Gamma | ")

	// Without room, icons go from the left, and their numbers to the menu and the puzzle.
	b.Run(chromedp.EmulateViewport(300, 700))
	b.Wait(`innerWidth === 300 && document.querySelector('.dock-pinned > li').hidden`)
	if got := dock(b); strings.HasPrefix(got, "Alpha") || !strings.Contains(got, "| Alpha(12) ") || !strings.HasSuffix(got, "+)") {
		t.Errorf("without room the dock shows %q", got)
	}
	if browsertest.Eval[bool](b, `document.documentElement.scrollWidth > innerWidth || document.querySelector('.user-button').getBoundingClientRect().right > innerWidth`) {
		t.Error("the top bar is wider than the screen")
	}
	b.Run(chromedp.EmulateViewport(1280, 900))
	b.Wait(`innerWidth === 1280 && !document.querySelector('.dock-pinned > li').hidden`)

	alpha.obeyed("set_notification", `{number: 0}`)
	beta.obeyed("set_notification", `{}`)
	gamma.obeyed("set_notification", `undefined`)
	wantDock(t, b, "cleared", "Alpha Gamma Beta | Alpha Beta Gamma | ")

	// A pin goes to the user's other tabs, a badge does not.
	alpha.obeyed("set_notification", `{number: 2}`)
	second := b.Tab()
	second.Open(s.url + "/deals")
	second.Wait(`document.documentElement.dataset.live === 'on'`)
	b.Run(chromedp.Evaluate[chromedp.Void](pin + `.click()`))
	for _, tab := range []*browsertest.Tab{b, second} {
		tab.Wait(`document.querySelectorAll('.dock-pinned > li').length === 2`)
	}
	wantDock(t, b, "in the first tab", "Alpha(2) Gamma | Alpha Beta Gamma | ")
	wantDock(t, second, "in the second tab", "Alpha Gamma | Alpha Beta Gamma | ")
}

// The groups of the menu, and where their entries lead.
// spec: surface.dock
// spec: surface.access
func TestDockPage(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	s.get("/persons") // signs in
	_, body := s.get("/_dockwright/shell", "app-dock")
	if !strings.Contains(body, "No apps yet") || !strings.Contains(body, `data-live="marketplace dock"`) {
		t.Errorf("the empty dock is %s", body)
	}
	phone := s.softphone("Ringo", true)
	plain := s.newSurfaceApp("Plain", devhub.NewExtension{Kind: devhub.AppSettings, URL: "/settings"})
	shared := s.softphone("Shared <b>", true)
	s.ok(s.auth.Uninstall(t.Context(), boss, shared.ClientID))
	s.install(shared, 2, true)
	_, body = s.get("/_dockwright/shell", "app-dock")
	for _, want := range []string{
		"Apps with quick access", "Other apps", "Not yet authorised", `data-extension="` + phone.Extensions[0].UUID + `"`,
		`href="/settings/marketplace/app/` + plain.ClientID + `/app-settings"`, `href="/marketplace/app/` + shared.ClientID + `"`, "Shared &lt;b&gt;", "dock-dot",
	} {
		if !strings.Contains(body, want) {
			t.Errorf("the dock lacks %q", want)
		}
	}
	if strings.Contains(body, "No apps yet") || strings.Contains(body, `data-show-window="`+shared.ClientID) {
		t.Error("who has not authorised an app can open its window")
	}
}

// An app that is uninstalled, or no longer shared, goes from every tab at once,
// and one that comes is loaded in all of them; the others are not touched.
// spec: surface.floating.revoked
func TestWindowsComeAndGoInAllTabs(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	ringo, zulu := s.softphone("Ringo", false), s.softphone("Zulu", false)
	b := browsertest.New(t)
	b.Open(s.url + "/persons")
	ringo.start("")
	zulu.start("")
	ringo.obeyed("show_floating_window", "{}")
	ringo.obeyed("set_notification", "{number: 3}")
	second := b.Tab()
	second.Open(s.url + "/deals")
	tabs := []*browsertest.Tab{b, second}
	for _, tab := range tabs {
		tab.Wait(`document.documentElement.dataset.live === 'on' && ` + zulu.of() + `.querySelector('iframe') && ` + ringo.of() + `.querySelector('iframe')`)
	}
	s.ok(s.auth.Uninstall(t.Context(), boss, ringo.ClientID))
	for _, tab := range tabs {
		tab.Wait(ringo.of() + ` === null && document.querySelectorAll('#dw-floating > *').length === 1 && document.querySelectorAll('.dock-pinned > li').length === 1`)
	}
	wantDock(t, b, "uninstalled", "Zulu | Zulu | ")
	s.install(ringo, boss.User, false)
	for i, tab := range tabs {
		tab.Wait(ringo.of() + `?.querySelector('iframe')`)
		if times, _ := ringo.loaded("/window"); i == 1 && times != 4 {
			t.Errorf("the window was loaded %d times, want twice in each tab", times)
		}
	}
	if ringo.isShown(b) {
		t.Error("a window that comes anew is shown")
	}
	wantDock(t, b, "installed again", "Zulu Ringo | Ringo Zulu | ")
	if times, _ := zulu.loaded("/window"); times != 2 {
		t.Errorf("the other app's window was loaded %d times, want once in each tab", times)
	}
}

// spec: surface.access
func TestUnsharedAppLeavesTheDock(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	ringo := s.softphone("Ringo", false)
	s.ok(s.auth.Uninstall(t.Context(), boss, ringo.ClientID))
	s.install(ringo, 2, true)
	b := browsertest.New(t)
	b.Open(s.url + "/persons")
	b.Wait(`document.documentElement.dataset.live === 'on' && document.querySelector('#dock-open .dock-dot')`)
	if browsertest.Eval[bool](b, `document.querySelector('.window') !== null`) {
		t.Error("there is a window of an app that is not authorised")
	}
	b.Run(chromedp.Click(`#dock-open`), chromedp.Click(`#dock-row-`+ringo.ClientID+` a`))
	b.Wait(arrived("/marketplace/app/"+ringo.ClientID, "Ringo"))
	s.ok(s.auth.SetShared(t.Context(), route.Caller{Company: 1, User: 2}, ringo.ClientID, false))
	b.Wait(`document.querySelector('#dock-row-` + ringo.ClientID + `') === null && document.querySelector('#dock-open .dock-dot') === null`)
}

// fourWindows opens a page with four apps.
func fourWindows(s *site, b *browsertest.Tab) (apps []*surfaceApp) {
	s.t.Helper()
	for _, name := range []string{"Alpha", "Beta", "Gamma", "Delta"} {
		apps = append(apps, s.softphone(name, false))
	}
	b.Open(s.url + "/persons")
	for _, a := range apps {
		a.start("")
		a.obeyed("show_floating_window", "{}")
	}
	return apps
}

// stepping gives a page three steps, each of which ends when the page has changed or
// an app says that its own history has.
const stepping = `window.alive = true;
	window.popped = 0;
	const step = (go) => new Promise((done) => {
		const end = (e) => {
			if (e.type === 'message' && e.data?.popped !== true) return;
			if (e.type === 'message') window.popped++;
			removeEventListener('message', end);
			document.removeEventListener('dw:title', end);
			setTimeout(done);
		};
		addEventListener('message', end);
		document.addEventListener('dw:title', end);
		go();
	});
	window.visitPage = (path) => step(() => document.querySelector('.rail a[href="' + path + '"]').click());
	window.goBack = () => step(() => history.back());
	window.goForward = () => step(() => history.forward());`

// Windows live through 200 navigations, back and forward, while one of the apps
// makes a history of its own: its steps are steps of the person's.
// spec: surface.floating.alive
func TestWindowsLiveThroughNavigation(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	b := browsertest.New(t)
	apps := fourWindows(s, b)
	b.Run(chromedp.Evaluate[chromedp.Void](stepping))
	apps[1].do("/window", `addEventListener('popstate', () => { parent.postMessage({popped: true}, '*'); }); window.steps = 0`)
	run := func(script string) {
		t.Helper()
		browsertest.Eval[bool](b, `(async () => { `+script+`; return true; })()`)
	}

	// 80 pages, and a step of the app after every eighth.
	for range 10 {
		run(`for (const p of ['/deals', '/organizations', '/activities', '/persons', '/leads', '/settings', '/deals', '/persons']) await visitPage(p)`)
		apps[1].do("/window", `history.pushState({step: ++window.steps}, '', '#' + window.steps)`)
	}
	// Browsers keep 50 entries.
	for _, way := range []string{"goBack", "goBack", "goForward", "goForward", "goBack", "goForward"} {
		run(`for (let i = 0; i < 20; i++) await ` + way + `()`)
	}
	if got := browsertest.Eval[int](b, `window.popped`); got != 16 {
		t.Errorf("%d of 120 steps were the app's, want 16", got)
	}
	if got := apps[1].do("/window", `return history.state.step`); got != "10" {
		t.Errorf("the app is at its step %s, want 10", got)
	}
	if !browsertest.Eval[bool](b, `window.alive === true && location.pathname === '/persons' && document.querySelector('main h1').textContent.includes('People')`) {
		t.Error("the page was loaded anew, or is another")
	}
	for i, a := range apps {
		if times, _ := a.loaded("/window"); times != 1 {
			t.Errorf("window %d was loaded %d times", i, times)
		}
		if !a.isShown(b) || a.do("/window", `return (await command('get_metadata')).data.windowWidth`) != "1280" {
			t.Errorf("window %d is hidden or does not answer", i)
		}
	}
}

// A page that is gone back to, from elsewhere, loads its windows with addresses of
// its own and not with those that the browser remembers. Browsers remember while
// the page has not loaded all, so that a picture keeps it waiting.
// spec: surface.floating.alive
func TestWindowsOfAPageThatIsGoneBackTo(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	ringo := s.softphone("Ringo", false)
	var asked atomic.Int32
	seen := make(chan struct{})
	ringo.answer("/picture", func(_ http.ResponseWriter, r *http.Request) {
		if asked.Add(1) > 1 {
			select {
			case <-seen:
			case <-r.Context().Done():
			}
		}
	})
	b := browsertest.New(t)
	_, err := chromedp.Call(b.Context(), page.AddScriptToEvaluateOnNewDocument, page.AddScriptToEvaluateOnNewDocumentParams{
		Source: `if (parent === self && location.pathname === '/persons') document.addEventListener('readystatechange', () => { if (document.readyState === 'interactive') window.picture = Object.assign(new Image(), {src: '` + ringo.url + `/picture?' + Math.random()}); })`,
	})
	s.ok(err)
	b.Open(s.url + "/persons")
	ringo.start("")
	b.Run(chromedp.Navigate(ringo.url + "/elsewhere"))
	b.Run(chromedp.Evaluate[chromedp.Void](`history.back()`))
	b.Wait(`location.pathname === '/persons' && document.documentElement?.dataset.ready === 'true' && ` + ringo.of() + `?.querySelector('iframe')`)
	if asked.Load() != 2 || browsertest.Eval[string](b, `document.readyState`) == "complete" {
		t.Fatalf("the page waits for no picture, %d were asked for", asked.Load())
	}
	ringo.do("/window", `const r = await initialize(); if (!r || r.error) throw new Error('initialize: ' + JSON.stringify(r))`)
	b.Wait(ringo.of() + `.querySelector('.window-box').dataset.frame === 'ready'`)
	if got := ringo.do("/window", `return (await command('get_metadata'))?.data.windowWidth`); got != "1280" {
		t.Errorf("the app measures %s", got)
	}
	close(seen)
}
