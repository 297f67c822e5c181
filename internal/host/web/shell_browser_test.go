package web_test

import (
	"strings"
	"testing"

	"github.com/chromedp/cdproto/page"
	"github.com/chromedp/chromedp"
	"github.com/chromedp/chromedp/kb"

	"github.com/dockwright/dockwright/internal/browsertest"
)

// arrived is true once the shell shows a page.
func arrived(path, heading string) string {
	return `location.pathname + location.search === '` + path + `' && document.querySelector('main h1')?.textContent.includes('` + heading + `') && !document.documentElement.dataset.busy`
}

// mark leaves signs in the page that a full load would wipe out.
const mark = `window.alive = true;
	document.getElementById('dw-floating').append(Object.assign(document.createElement('iframe'), {id: 'call', src: 'about:blank', title: 'call'}));
	document.getElementById('call').contentWindow.alive = true`

const alive = `window.alive === true && document.getElementById('call').contentWindow.alive === true`

// spec: web.shell
func TestShellSwapsMainOnly(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	b := browsertest.New(t)
	b.Open(s.url + "/persons")
	b.Run(chromedp.Evaluate[chromedp.Void](mark))

	b.Run(chromedp.Click(`.rail a[href="/organizations"]`))
	b.Wait(arrived("/organizations", "Organizations"))
	if !browsertest.Eval[bool](b, alive) {
		t.Fatal("the page was loaded anew, or the floating layer was touched")
	}
	if title := browsertest.Eval[string](b, `document.title`); title != "Organizations · Dockwright" {
		t.Errorf("title is %q", title)
	}
	if !browsertest.Eval[bool](b, `document.activeElement === document.querySelector('main h1')`) {
		t.Error("the focus is not on the heading")
	}
	if now := browsertest.Eval[string](b, `[...document.querySelectorAll('.rail [aria-current]')].map((a) => a.dataset.nav).join()`); now != "organizations" {
		t.Errorf("the rail marks %q", now)
	}
	b.Wait(`document.getElementById('dw-announce').textContent === 'Organizations'`)

	// Two clicks in a row: the later one wins, and makes one entry.
	b.Run(chromedp.Evaluate[chromedp.Void](`document.querySelector('.rail a[href="/deals"]').click(); document.querySelector('.rail a[href="/leads"]').click()`))
	b.Wait(arrived("/leads", "Leads"))
	b.Run(chromedp.Evaluate[chromedp.Void](`history.back()`))
	b.Wait(arrived("/organizations", "Organizations"))

	// Newer scripts on the host: the next click loads the page whole.
	b.Run(chromedp.Evaluate[chromedp.Void](`document.documentElement.dataset.assets = 'older'; document.querySelector('.rail a[href="/leads"]').click()`))
	b.Wait(`window.alive === undefined && document.documentElement.dataset.ready === 'true' && ` + arrived("/leads", "Leads"))
}

// spec: web.shell
func TestShellGoesBackToTheSamePlace(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	b := browsertest.New(t)
	b.Open(s.url + "/leads")
	b.Run(chromedp.Evaluate[chromedp.Void](mark), chromedp.Click(`.rail a[href="/persons"]`))
	b.Wait(arrived("/persons", "People"))
	b.Run(chromedp.Evaluate[chromedp.Void](`document.getElementById('main').scrollTop = 700; document.querySelector('#person-18 a.who').focus({preventScroll: true}); document.activeElement.click()`))
	b.Wait(arrived("/persons/18", "Haruka Mori"))
	if top := browsertest.Eval[float64](b, `document.getElementById('main').scrollTop`); top != 0 {
		t.Errorf("a new page begins at %v", top)
	}
	b.Run(chromedp.Evaluate[chromedp.Void](`history.back()`))
	b.Wait(arrived("/persons", "People"))
	if top := browsertest.Eval[float64](b, `document.getElementById('main').scrollTop`); top != 700 {
		t.Errorf("back is at %v, want 700", top)
	}
	if !browsertest.Eval[bool](b, `document.activeElement === document.querySelector('#person-18 a.who')`) {
		t.Error("the focus did not come back to the link")
	}
	b.Run(chromedp.Evaluate[chromedp.Void](`history.forward()`))
	b.Wait(arrived("/persons/18", "Haruka Mori"))
	if !browsertest.Eval[bool](b, alive) {
		t.Error("going back and forward loaded the page anew")
	}
	// A reload keeps the entry's place too.
	b.Run(chromedp.Evaluate[chromedp.Void](`history.back()`))
	b.Wait(arrived("/persons", "People"))
	b.Run(chromedp.Reload())
	b.Wait(`window.alive === undefined && document.documentElement.dataset.ready === 'true' && document.getElementById('main').scrollTop === 700`)
}

func TestShellSearchesFromTheKeyboard(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	b := browsertest.New(t)
	b.Open(s.url + "/leads")
	// The event itself: the driver would type the character even when the page has
	// taken the key for its own.
	b.Run(chromedp.Evaluate[chromedp.Void](mark + `; document.body.dispatchEvent(new KeyboardEvent('keydown', {key: '/', bubbles: true, cancelable: true}))`))
	b.Wait(`document.activeElement.id === 'global-search' && document.activeElement.value === ''`)
	b.Run(chromedp.KeyEvent("merikotkas" + kb.Enter))
	b.Wait(arrived("/search?term=merikotkas", "merikotkas"))
	if !browsertest.Eval[bool](b, alive+` && document.querySelector('main').textContent.includes('Hotel Merikotkas')`) {
		t.Error("the search left the page or found nothing")
	}
}

const plantForm = `document.getElementById('main').insertAdjacentHTML('beforeend', '<form id="planted" method="post" action="/_dockwright/theme">' +
	'<input type="hidden" name="back" value="/deals"><div class="field"><label for="f">Theme</label><input id="f" name="theme" value="pink"></div><button id="go">Save</button></form>')`

// spec: web.shell
func TestShellSendsForms(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	b := browsertest.New(t)
	b.Open(s.url + "/leads")
	b.Run(chromedp.Evaluate[chromedp.Void](mark+";"+plantForm), chromedp.Click(`#go`))
	b.Wait(`document.querySelector('#planted .field-error')?.textContent.includes('pink')`)
	if !browsertest.Eval[bool](b, alive+` && document.activeElement.id === 'f' && document.activeElement.value === 'pink' && document.activeElement.getAttribute('aria-invalid') === 'true' && location.pathname === '/leads'`) {
		t.Error("the refused form lost what was typed, the place or the fault at its field")
	}
	b.Run(chromedp.SetValue(`#f`, "dark"), chromedp.SendKeys(`#f`, kb.Enter))
	b.Wait(arrived("/deals", "Deals"))
	if !browsertest.Eval[bool](b, alive) {
		t.Error("an accepted form loaded the page anew")
	}
}

// spec: web.theme
func TestThemeChangesAtOnce(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	b := browsertest.New(t)
	b.Open(s.url + "/leads")
	b.Run(chromedp.Evaluate[chromedp.Void](mark), chromedp.Click(`.user-button`), chromedp.Click(`#user-menu button[value="dark"]`))
	b.Wait(`document.documentElement.dataset.theme === 'dark'`)
	dark := browsertest.Eval[string](b, `getComputedStyle(document.body).backgroundColor`)
	b.Run(chromedp.Click(`#user-menu button[value="light"]`))
	b.Wait(`document.documentElement.dataset.theme === 'light'`)
	if light := browsertest.Eval[string](b, `getComputedStyle(document.body).backgroundColor`); light == dark {
		t.Errorf("light and dark are both %s", light)
	}
	if !browsertest.Eval[bool](b, alive) {
		t.Error("the page was loaded anew")
	}
	b.Run(chromedp.Click(`#user-menu button[value="dark"]`))
	b.Wait(`document.cookie !== undefined && fetch('/leads').then((r) => r.text()).then((x) => x.includes('data-theme="dark"'))`)
}

// watchSockets lets the test cut the page's line and keep it cut.
const watchSockets = `window.sockets = [];
	const Real = WebSocket;
	window.WebSocket = class extends Real {
		constructor(url) { super(window.cut ? 'ws://' + location.host + '/none' : url); window.sockets.push(this); }
	};
	window.fetches = [];
	window.pending = 0;
	window.heard = 0;
	addEventListener('dw:live', () => { window.heard++; }, true);
	const real = fetch;
	window.fetch = (url, init) => {
		window.fetches.push(String(url));
		window.pending++;
		return real(url, init).finally(() => { window.pending--; });
	};`

// settled resolves once no fetch is planned for the next frame.
const settled = `new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(() => done(true))))`

// spec: web.live
func TestLiveElementsAreFetchedAgain(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	b := browsertest.New(t)
	_, err := chromedp.Call(b.Context(), page.AddScriptToEvaluateOnNewDocument, page.AddScriptToEvaluateOnNewDocumentParams{Source: watchSockets})
	s.ok(err)
	b.Open(s.url + "/persons")
	b.Wait(`document.documentElement.dataset.live === 'on'`)
	if kept := browsertest.Eval[string](b, `document.getElementById('unread').firstChild.nodeValue`); kept != "0" {
		t.Fatalf("the badge says %q", kept)
	}
	stale := `document.getElementById('unread').firstChild.nodeValue = 'stale'; window.fetches.length = 0`
	fresh := `document.getElementById('unread').firstChild.nodeValue === '0'`

	b.Run(chromedp.Evaluate[chromedp.Void](stale))
	s.news("else")
	for range 20 {
		s.news("inbox", "conversation:1")
	}
	b.Wait(fresh + ` && window.heard === 21`)
	browsertest.Eval[bool](b, settled)
	b.Wait(`window.pending === 0`)
	browsertest.Eval[bool](b, settled) // a fetch that waited for the one before
	b.Wait(`window.pending === 0`)
	if n := browsertest.Eval[int](b, `window.fetches.length`); n > 20 {
		t.Errorf("21 events made %d fetches", n)
	}

	// What happens while the line is down is caught up.
	b.Run(chromedp.Evaluate[chromedp.Void](`window.cut = true; window.sockets.at(-1).close()`))
	b.Wait(`document.documentElement.dataset.live === 'off'`)
	b.Run(chromedp.Evaluate[chromedp.Void](stale))
	s.news("inbox")
	b.Wait(`!document.getElementById('dw-offline').hidden`)
	if browsertest.Eval[bool](b, fresh) {
		t.Error("the news came without a line")
	}
	b.Run(chromedp.Evaluate[chromedp.Void](`window.cut = false; dispatchEvent(new Event('online'))`))
	b.Wait(fresh + ` && document.documentElement.dataset.live === 'on' && document.getElementById('dw-offline').hidden`)

	// A frame is not a place for data.
	if r := browsertest.Eval[string](b, `new Promise((done) => { const w = new WebSocket('ws://' + location.host + '/_dockwright/live?since=0'); w.onmessage = (e) => { w.close(); done(e.data); }; })`); strings.Contains(r, `"data"`) {
		t.Errorf("a frame carries data: %s", r)
	}
}

// spec: web.live
func TestMergeKeepsWhatAPersonDoes(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	b := browsertest.New(t)
	b.Open(s.url + "/leads")
	got := browsertest.Eval[string](b, `import(document.querySelector('script[type=module]').src.replace('app.js', 'merge.js')).then(({merge}) => {
		document.getElementById('main').innerHTML = '<section id="s"><ul id="list" class="x"><li id="a">A</li><li id="b">B <input id="i" value="1"></li><li id="c">C</li></ul><div id="pane" data-stick></div><p id="kept" data-keep>mine</p></section>';
		const s = document.getElementById('s'), input = document.getElementById('i'), b = document.getElementById('b');
		input.focus(); input.value = 'typed'; input.setSelectionRange(1, 3);
		const want = document.createElement('template');
		want.innerHTML = '<section id="s" class="new"><ul id="list"><li id="z">Z</li><li id="c">C2</li><li id="b">B <input id="i" value="1"></li></ul><div id="pane" data-stick></div><p id="kept">theirs</p></section>';
		merge(s, want.content.firstElementChild);
		return JSON.stringify([
			[...document.querySelectorAll('#list > li')].map((l) => l.id + ':' + l.textContent.trim()).join(' '),
			document.getElementById('b') === b, document.activeElement === input, input.value, input.selectionStart, input.selectionEnd,
			s.className, document.getElementById('list').className, document.getElementById('kept').textContent,
		]);
	})`)
	if want := `["z:Z c:C2 b:B",true,true,"typed",1,3,"new","","mine"]`; got != want {
		t.Errorf("got  %s\nwant %s", got, want)
	}
}

func TestShellStaysWhenTheHostIsGone(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	b := browsertest.New(t)
	b.Open(s.url + "/persons")
	b.Run(chromedp.Evaluate[chromedp.Void](mark))
	s.stop()
	b.Run(chromedp.Click(`.rail a[href="/deals"]`))
	b.Wait(`document.querySelector('#dw-toasts .toast')?.textContent.includes('cannot be reached')`)
	if !browsertest.Eval[bool](b, alive+` && location.pathname === '/persons' && !document.documentElement.dataset.busy`) {
		t.Error("the page was given up")
	}
}

func TestStorybookWorks(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	b := browsertest.New(t)
	b.Open(s.url + "/_dockwright/storybook")
	b.Run(chromedp.Click(`#t2`))
	b.Wait(`document.getElementById('p1').hidden && !document.getElementById('p2').hidden`)
	b.Run(chromedp.Click(`[popovertarget="sb-menu"]`))
	b.Wait(`document.getElementById('sb-menu').matches(':popover-open')`)
	b.Run(chromedp.KeyEvent(kb.Escape), chromedp.Click(`[data-open]`))
	b.Wait(`document.querySelector('dw-dialog dialog').open`)
	b.Run(chromedp.KeyEvent(kb.Escape))
	b.Wait(`!document.querySelector('dw-dialog dialog').open && document.activeElement.matches('[data-open]')`)
	if wide := browsertest.Eval[bool](b, `document.documentElement.scrollWidth > innerWidth`); wide {
		t.Error("the page is wider than the window")
	}
	if broken := browsertest.Eval[int](b, `[...document.querySelectorAll('dw-avatar:state(broken)')].length`); broken != 3 {
		t.Errorf("%d pictures are known to be broken, want 3", broken)
	}
}
