package web_test

import (
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"testing"

	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/chromedp"

	"github.com/dockwright/dockwright/internal/browsertest"
	"github.com/dockwright/dockwright/internal/host/devhub"
	"github.com/dockwright/dockwright/internal/host/journal"
	"github.com/dockwright/dockwright/pipedrive/surfaceapi"
)

// opening gives a page the functions with which a test opens frames itself,
// beside those of the pages: openBox(extension, name) makes the box #name, opened
// has the frames by name, sdk what was noted, sizes what a box was asked for.
const opening = `import(document.querySelector('script[type=module]').src.replace('app.js', 'frames.js')).then((broker) => {
	window.broker = broker;
	window.opened = {};
	window.sdk = [];
	window.sizes = {};
	document.addEventListener('dw:sdk', (e) => { sdk.push(e.detail); });
	window.openBox = (extension, name, more = {}) => {
		const box = document.createElement('section');
		box.id = name;
		Object.assign(box.style, {position: 'fixed', inset: 'auto 10px 10px auto', width: '420px', height: '300px', background: 'var(--surface)', zIndex: 50});
		document.body.append(box);
		opened[name] = broker.openFrame({box, resize: (w, h) => { sizes[name] = [w ?? null, h ?? null]; }}, {extension, ...more});
	};
	window.noted = (name) => sdk.filter((e) => e.name === name);
	return true;
})`

// surfaceRig is a page of the host with one app to open frames of.
type surfaceRig struct {
	*site
	tab *browsertest.Tab
	app *surfaceApp
}

func newSurfaceRig(t *testing.T, list ...devhub.NewExtension) *surfaceRig {
	t.Helper()
	s := newSite(t)
	if len(list) == 0 {
		list = []devhub.NewExtension{
			{Kind: devhub.CustomModal, Name: "One", URL: "/one"},
			{Kind: devhub.CustomModal, Name: "Two", URL: "/two?own=1"},
		}
	}
	rig := &surfaceRig{site: s, app: s.newSurfaceApp("Quotes", list...), tab: browsertest.New(t)}
	rig.start(rig.tab, "/leads")
	return rig
}

// start loads a page of the host and makes it ready for frames of the test.
func (rig *surfaceRig) start(tab *browsertest.Tab, path string) {
	rig.t.Helper()
	tab.Open(rig.url + path)
	browsertest.Eval[bool](tab, opening)
}

// open loads the app's n-th extension into a box of that name.
func (rig *surfaceRig) open(n int, name string) {
	rig.t.Helper()
	rig.run(fmt.Sprintf(`openBox(%q, %q)`, rig.app.Extensions[n].UUID, name))
}

// ready is open with a page that has initialised.
func (rig *surfaceRig) ready(n int, name, path string) {
	rig.t.Helper()
	rig.open(n, name)
	rig.expect(path, `return initialize()`, `{}`)
	rig.tab.Wait(fmt.Sprintf(`document.getElementById(%q).dataset.frame === 'ready'`, name))
}

func (rig *surfaceRig) run(js string) {
	rig.t.Helper()
	rig.tab.Run(chromedp.Evaluate[chromedp.Void](js))
}

// expect compares what a page of the app returns.
func (rig *surfaceRig) expect(path, js, want string) {
	rig.t.Helper()
	if got := rig.app.do(path, js); got != want {
		rig.t.Errorf("%s:\n got %s\nwant %s", js, got, want)
	}
}

// holds checks something in the host's page.
func (rig *surfaceRig) holds(js, what string) {
	rig.t.Helper()
	if !browsertest.Eval[bool](rig.tab, js) {
		rig.t.Errorf("%s: not %s", what, js)
	}
}

// The handshake may come before and after other commands, again and again, with a
// size or without; a size out of range changes nothing and is no error.
// spec: surface.initialize, surface.first-size
func TestFrameInitializes(t *testing.T) {
	t.Parallel()
	rig := newSurfaceRig(t)
	rig.open(0, "box")
	rig.expect("/one", `return [await command('get_metadata'), await initialize({width: 400, height: 200})]`, `[{"error":"SDK is not initialized"},{}]`)
	rig.tab.Wait(`document.getElementById('box').dataset.frame === 'ready' && sizes.box.join() === '400,200'`)
	rig.expect("/one", `return [await initialize(), await command('initialize'), (await command('get_metadata')).data.windowWidth > 600]`, `[{},{},true]`)
	rig.holds(`sizes.box.join() === '400,200'`, "a handshake without a size leaves it")
	rig.expect("/one", `return [await initialize({width: 5}), await initialize({width: 5, height: 1e6}), await initialize({height: 'tall'}), await command('initialize', 'x')]`, `[{},{},{},{}]`)
	rig.expect("/one", `return [await command('resize', {width: -1, height: 300}), await command('resize', {height: '9'}), await command('resize', {height: NaN})]`,
		`[{},{"error":"height: expected a number, got \"9\""},{"error":"height: expected a number, got null"}]`)
	rig.holds(`sizes.box.join() === '400,200' && noted('not resized').length === 5 && noted('not resized')[0].error.includes('from 320')`, "sizes out of range")
	rig.expect("/one", `return command('resize', {height: 300})`, `{}`)
	rig.holds(`sizes.box.join() === ',300'`, "one length alone")
	rig.expect("/one", `return initialize({width: 1000, height: 1e6})`, `{}`)
	rig.holds(`sizes.box.join() === '1000,' + innerHeight`, "a first size beyond the window is cut to it")
}

// A message counts if its window and its id agree, and nothing else is answered.
// What cannot be understood is refused, whatever it is.
// spec: surface.message-guard
func TestMessageGuard(t *testing.T) {
	t.Parallel()
	rig := newSurfaceRig(t)
	rig.ready(0, "one", "/one")
	rig.ready(1, "two", "/two")
	other := browsertest.Eval[string](rig.tab, `opened.two.info.id`)
	rig.expect("/one", `return [await command('get_metadata', undefined, {as: 'invented', wait: 400}), await command('get_metadata', undefined, {as: undefined, wait: 400}) && 'as in the address',
		await command('get_metadata', undefined, {as: '`+other+`', wait: 400}), await command('get_metadata', undefined, {as: {toString: null}, wait: 400})]`, `[null,"as in the address",null,null]`)
	rig.holds(`noted('message for another frame').length === 3 && noted('message for another frame')[0].error.includes('invented') && sdk.filter((e) => e.frame === opened.two.info.id && e.name === 'get_metadata').length === 0`, "wrong ids")

	// A window inside the app's window, and the page itself, know the id and are no frame.
	rig.expect("/one", `
		const inner = document.createElement('iframe');
		inner.srcdoc = '<script>onmessage = (e) => { const {port1, port2} = new MessageChannel(); port1.onmessage = () => e.ports[0].postMessage("answered"); top.postMessage({id: e.data, payload: {type: "command", command: "get_metadata"}}, "*", [port2]); }<\/script>';
		document.body.append(inner);
		await new Promise((done) => { inner.onload = done; });
		const {port1, port2} = new MessageChannel();
		inner.contentWindow.postMessage(id, '*', [port2]);
		return new Promise((done) => { port1.onmessage = (e) => done(e.data); setTimeout(() => done('silence'), 400); });`, `"silence"`)
	rig.holds(`(() => {
		const {port1, port2} = new MessageChannel();
		postMessage({id: opened.one.info.id, payload: {type: 'command', command: 'get_metadata', args: undefined}}, '*', [port2]);
		return new Promise((done) => { port1.onmessage = () => done(false); setTimeout(() => done(true), 400); });
	})()`, "the page itself is no frame")

	// Garbage of the frame's own window.
	rig.expect("/one", `
		const said = async (payload) => {
			const {port1, port2} = new MessageChannel();
			const answer = new Promise((done) => { port1.onmessage = (e) => done(e.data); setTimeout(() => done('silence'), 5000); });
			post({id, payload}, [port2]);
			return (await answer).error ?? 'no error';
		};
		const loop = {type: 'command', command: 'resize'};
		loop.args = loop;
		const out = [];
		for (const payload of [undefined, null, 'x', 7, [], {}, {type: 'shout'}, {type: 'command'}, {type: 'command', command: 5}, {type: 'listener', event: null}, {type: 'listener', event: 'unheard_of'},
			{type: 'command', command: 'make_coffee'}, {type: 'command', command: 'constructor'}, loop, {type: 'command', command: 'show_snackbar', args: {message: 'x'.repeat(5e6)}}, {type: 'command', command: 'resize', args: new Uint8Array(5e6)}, {type: 'command', command: 'resize', args: new Array(4e9)}])
			out.push(await said(payload));
		return out;`, `["expected a payload, got nothing","expected a payload, got null","expected a payload, got \"x\"","expected a payload, got 7",`+
		`"expected a command, a listener or a track, got []","expected a command, a listener or a track, got {}","expected a command, a listener or a track, got {\"type\":\"shout\"}",`+
		`"expected a command, a listener or a track, got {\"type\":\"command\"}","expected a command, a listener or a track, got {\"type\":\"command\",\"command\":5}",`+
		`"expected a command, a listener or a track, got {\"type\":\"listener\",\"event\":null}","there is no event \"unheard_of\"",`+
		`"there is no command \"make_coffee\"","there is no command \"constructor\"","expected a payload that is JSON","expected at most 262144 characters, got more","expected at most 262144 characters, got more","expected at most 262144 characters, got more"]`)
	// What has no port cannot be answered and does no harm; a function does not leave the app.
	rig.expect("/one", `
		post({id, payload: {type: 'command', command: 'show_snackbar', args: {message: 'never shown'}}});
		post({id, payload: {type: 'listener', event: 'visibility'}});
		post({id, payload: {type: 'track', event: 'focused'}});
		post({id, payload: {type: 'track', event: 'blurred'}});
		for (const data of [null, undefined, 5, 'text', [], new Map([[id, 1]]), {id: new Uint8Array(5e6)}]) parent.postMessage(data, '*');
		let thrown = '';
		try { await command('show_snackbar', {message: () => 'f'}); } catch (err) { thrown = err.name; }
		return [thrown, (await command('get_metadata')).data.windowWidth > 0];`, `["DataCloneError",true]`)
	rig.tab.Wait(`noted('message for another frame').length === 10 && noted('listener without a port').length === 1 && noted('focused').length >= 1`)
	rig.holds(`!document.body.textContent.includes('never shown')`, "a command without a port is not carried out")
	rig.holds(`opened.one.state === 'ready' && opened.two.state === 'ready'`, "both frames stand")
	rig.tab.Run(chromedp.Click(`.rail a[href="/deals"]`))
	rig.tab.Wait(arrived("/deals", "Deals"))
	// The Inspector says why.
	rig.tab.Wait(`fetch('/_dockwright/inspector?direction=sdk&q=make_coffee').then((r) => r.text()).then((x) => x.includes('there is no command'))`)
}

// Every command is answered once, whatever comes with it, with an object and, when
// it is refused, a text that is not empty.
// spec: surface.reply-once
func TestReplyOnce(t *testing.T) {
	t.Parallel()
	rig := newSurfaceRig(t)
	rig.ready(0, "box", "/one")
	var names []string
	for _, c := range surfaceapi.Commands() {
		names = append(names, string(c))
	}
	commands, _ := json.Marshal(append(names, "minimize_floating_window", "")) // texts always marshal
	for _, name := range []string{"undefined", "null", "7", "'CONTACTS'", "[]", "{}", "{view: 'javascript:alert(1)'}", "{type: 'PERSON'}", "{enabled: true}", "{context: 5}", "{number: -1}",
		"{message: 5}", "{message: 'x', link: {url: 'javascript:alert(1)', label: 'x'}}", "{title: {}}", "{view: 'deals', id: '../settings'}", "{type: 'custom_modal', action_id: 'unknown', data: 5}"} {
		got := rig.app.do("/one", `
			const wrong = [];
			for (const name of `+string(commands)+`) {
				const {port1, port2} = new MessageChannel();
				const came = [];
				port1.onmessage = (e) => came.push(e.data);
				post({id, payload: {command: name, args: `+name+`, type: 'command'}}, [port2]);
				await until(() => came.length > 0, 8000).catch(() => {});
				await command('initialize'); // what is said twice has come by now
				const [a] = came;
				const fine = came.length === 1 && typeof a === 'object' && a !== null && !Array.isArray(a) && (!('error' in a) || (typeof a.error === 'string' && a.error !== '')) && Object.keys(a).every((k) => k === 'data' || k === 'error');
				if (!fine) wrong.push([name, came]);
				await new Promise((go) => setTimeout(go, 40)); // within the allowed rate
			}
			return wrong;`)
		if got != "[]" {
			t.Errorf("%s: %s", name, got)
		}
	}
	rig.holds(`location.pathname === '/leads'`, "nothing led away")

	// Its button is green, white or red; red if the app does not say.
	for args, color := range map[string]string{`, okColor: 'primary'`: "--success", `, okColor: 'secondary'`: "--surface", `, okColor: 'negative'`: "--danger-solid", ``: "--danger-solid"} {
		rig.expect("/one", `void command('show_confirmation', {title: 'Which colour?'`+args+`}); return true`, `true`)
		rig.tab.Wait(`document.querySelector('dialog[open]') !== null`)
		rig.holds(`(() => {
			const probe = document.createElement('i');
			probe.style.background = 'var(`+color+`)';
			document.body.append(probe);
			const want = getComputedStyle(probe).backgroundColor;
			probe.remove();
			return getComputedStyle(document.querySelector('dialog[open] button[value=yes]')).backgroundColor === want;
		})()`, "a confirmation with the colour"+args)
		rig.run(`document.querySelector('dialog[open] button[value=no]').click()`)
		rig.tab.Wait(`document.querySelector('dialog[open]') === null`)
	}

	// A question waits for the person, and ends with the frame that asked.
	rig.expect("/one", `window.answer = command('show_confirmation', {title: 'Send it?', okText: 'Send'}); return true`, `true`)
	rig.tab.Wait(`document.querySelector('dialog[open]')?.textContent.includes('Send it?')`)
	rig.run(`document.querySelector('dialog[open] button[value=yes]').click()`)
	rig.expect("/one", `return window.answer`, `{"data":{"confirmed":true}}`)
	rig.expect("/one", `window.answer = command('show_confirmation', {title: 'Again?'}); return true`, `true`)
	rig.tab.Wait(`document.querySelector('dialog[open]')?.textContent.includes('Again?')`)
	rig.run(`opened.box.remove()`)
	rig.tab.Wait(`document.querySelector('dialog[open]') === null && noted('show_confirmation').at(-1).reply.confirmed === false`)
}

// A frame that sends a thousand messages a second is refused, and noted once a
// second; the page stays quick, and the frame is heard again when it is calm.
// spec: surface.flood
func TestFlood(t *testing.T) {
	t.Parallel()
	rig := newSurfaceRig(t)
	rig.ready(0, "box", "/one")
	rig.run(`window.longest = 0; (function watch(before) { requestAnimationFrame((now) => { longest = Math.max(longest, now - before); watch(now); }); })(performance.now())`)
	rig.expect("/one", `
		window.refused = 0;
		window.answers = 0;
		window.flood = setInterval(() => {
			for (let i = 0; i < 20; i++) void command('show_snackbar', {message: i ? i : 'x'.repeat(1e5)}, {wait: 60000}).then((a) => { answers++; if (a.error === 'too many messages') refused++; });
		}, 20);
		await until(() => refused > 500, 40000);
		clearInterval(flood);
		return true;`, `true`)
	rig.tab.Wait(`noted('too many messages').length > 0`)
	rig.tab.Run(chromedp.Click(`.rail a[href="/deals"]`))
	rig.tab.Wait(arrived("/deals", "Deals"))
	seconds := browsertest.Eval[float64](rig.tab, `(sdk.at(-1).at - sdk[0].at) / 1000`)
	if n := browsertest.Eval[float64](rig.tab, `noted('too many messages').length`); n > seconds+2 {
		t.Errorf("noted %v times in %v seconds", n, seconds)
	}
	if n := browsertest.Eval[float64](rig.tab, `longest`); n > 3000 {
		t.Errorf("the page stood still for %v ms", n)
	}
	rig.expect("/one", `await until(async () => true); return new Promise((done) => { const again = async () => { const a = await command('get_metadata'); if (a.data) done(true); else setTimeout(again, 200); }; void again(); })`, `true`)
	rig.holds(`opened.box.state === 'ready'`, "the frame stays")
}

// Frames that do not come have a card that says why, as far as the host can find
// out; one that comes late is shown after all, and all may be tried again.
// spec: surface.ten-seconds, surface.late-initialize, surface.framing, surface.foreign-id
func TestTenSeconds(t *testing.T) {
	t.Parallel()
	down := httptest.NewServer(nil)
	down.Close()
	modal := func(name, url string) devhub.NewExtension {
		return devhub.NewExtension{Kind: devhub.CustomModal, Name: name, URL: url}
	}
	rig := newSurfaceRig(t, modal("late", "/late"), modal("silent", "/silent"), modal("down", down.URL+"/x"), modal("broken", "/broken"),
		modal("denied", "/denied"), modal("foreign", "/foreign"), modal("lost", "/lost"), modal("again", "/again"), modal("fixed", "/fixed"))
	rig.tab.Allow("Refused to") // display in a frame
	rig.tab.Allow("Framing '")
	header := func(name, value string) http.HandlerFunc {
		return func(w http.ResponseWriter, r *http.Request) {
			w.Header().Set(name, value)
			rig.app.obey(w, r)
		}
	}
	nothing := func(w http.ResponseWriter, _ *http.Request) { w.Header().Set("Content-Type", "text/html") }
	rig.app.answer("/silent", nothing)
	rig.app.answer("/again", nothing)
	rig.app.answer("/broken", func(w http.ResponseWriter, _ *http.Request) { http.Error(w, "broken", http.StatusInternalServerError) })
	rig.app.answer("/denied", header("X-Frame-Options", "DENY"))
	rig.app.answer("/foreign", header("Content-Security-Policy", "default-src * 'unsafe-eval'; frame-ancestors https://*.pipedrive.com"))
	rig.app.answer("/lost", func(w http.ResponseWriter, r *http.Request) { http.Redirect(w, r, "/login", http.StatusFound) })
	for i, e := range rig.app.Extensions {
		rig.open(i, e.Name)
	}
	begun := browsertest.Eval[float64](rig.tab, `performance.now()`)
	rig.expect("/fixed", `return command('initialize', {}, {as: '21c812a2-5e19', wait: 100})`, `null`)
	card := func(name string) string { return fmt.Sprintf(`document.querySelector('#%s .frame-card')`, name) }
	rig.tab.Wait(card("late") + ` !== null`)
	if took := browsertest.Eval[float64](rig.tab, `performance.now()`) - begun; took < 9000 {
		t.Errorf("the card came after %v ms", took)
	}
	for name, says := range map[string][]string{
		"silent":  {"Quotes could not be shown", "did not initialise the SDK within ten seconds", "Call initialize"},
		"down":    {"did not answer", "Start the app's server"},
		"broken":  {"500 Internal Server Error", "stands in the Inspector"},
		"denied":  {"X-Frame-Options: DENY", "Content-Security-Policy: frame-ancestors " + rig.url},
		"foreign": {"frame-ancestors https://*.pipedrive.com", "add that address"},
		"fixed":   {`the id "21c812a2-5e19", which is not the id in the address`, "Leave identifier out"},
		"lost":    {"redirects the iframe", "/login", "Keep the query parameters"},
	} {
		for _, words := range says {
			rig.tab.Wait(fmt.Sprintf(`%s?.textContent.includes(%q)`, card(name), words))
		}
	}
	rig.holds(`document.querySelector('#silent .frame-card').getAttribute('role') === 'alert'`, "the card is announced")

	// Eleven seconds.
	rig.expect("/late", `return [await initialize({height: 250}), (await command('get_metadata')).data.windowWidth > 0]`, `[{},true]`)
	rig.tab.Wait(card("late") + ` === null && getComputedStyle(document.querySelector('#late iframe')).visibility === 'visible' && sizes.late[1] === 250 && opened.late.state === 'ready'`)

	// A second try, of an app that was mended.
	rig.app.answer("/again", nil)
	first := browsertest.Eval[string](rig.tab, `opened.again.info.id`)
	rig.tab.Wait(card("again") + ` !== null`)
	rig.run(`document.querySelector('#again .frame-card button').click()`)
	rig.expect("/again", `return initialize()`, `{}`)
	rig.tab.Wait(card("again") + ` === null && document.getElementById('again').dataset.frame === 'ready'`)
	if n, query := rig.app.loaded("/again"); n < 2 || query.Get("id") == first || query.Get("id") == "" || query.Get("token") == "" {
		t.Errorf("loaded %d times, last with %v", n, query)
	}
	rig.tab.Wait(`fetch('/_dockwright/inspector?direction=sdk&q=' + encodeURIComponent('X-Frame-Options: DENY')).then((r) => r.text()).then((x) => x.includes('not shown'))`)
}

// An app in a frame has its own origin, scripts, storage and cookies, and does not
// lead the page away. This browser keeps cookies of another site if they are
// partitioned; others keep the rest too.
// spec: surface.sandbox
func TestFrameSandbox(t *testing.T) {
	t.Parallel()
	rig := newSurfaceRig(t)
	rig.app.answer("/cookie", func(w http.ResponseWriter, r *http.Request) {
		if c, err := r.Cookie("login"); err == nil {
			fmt.Fprint(w, c.Value)
			return
		}
		http.SetCookie(w, &http.Cookie{Name: "login", Value: "kept", Path: "/", HttpOnly: true, Secure: true, SameSite: http.SameSiteNoneMode, Partitioned: true})
		fmt.Fprint(w, "none")
	})
	rig.ready(0, "box", "/one")
	rig.holds(`(() => {
		const f = document.querySelector('#box iframe'), s = [...f.sandbox].sort().join(' ');
		return s === 'allow-downloads allow-forms allow-modals allow-popups allow-popups-to-escape-sandbox allow-same-origin allow-scripts' && f.allow.includes('microphone') && f.referrerPolicy === 'strict-origin-when-cross-origin';
	})()`, "what a frame may")
	rig.expect("/one", `return [location.origin === new URL(location.href).origin && location.origin !== 'null', document.referrer]`, `[true,"`+rig.url+`/"]`)
	rig.expect("/one", `
		const tries = [() => { top.location = 'https://example.com/'; }, () => { top.location.href = location.href; }, () => { top.location.replace(location.href); }, () => top.document.title,
			() => { const a = document.createElement('a'); a.href = '/elsewhere'; a.target = '_top'; document.body.append(a); a.click(); }];
		return tries.map((f) => { try { f(); return 'no error'; } catch (err) { return err.name; } });`, `["SecurityError","SecurityError","SecurityError","SecurityError","no error"]`)
	rig.expect("/one", `localStorage.setItem('a', 'b');
		return [localStorage.getItem('a'), await (await fetch('/cookie')).text(), await (await fetch('/cookie')).text(), document.cookie]`, `["b","none","kept",""]`)
	rig.holds(`location.href === '`+rig.url+`/leads' && opened.box.state === 'ready'`, "the page stayed")
	if n, _ := rig.app.loaded("/elsewhere"); n != 0 {
		t.Error("the frame led the page away")
	}
	for js, want := range map[string]string{
		`return command('show_snackbar', {message: 'Hi', link: {url: 'javascript:alert(1)', label: 'Go'}})`:          `{"error":"url: expected an address with https or http, got \"javascript:alert(1)\""}`,
		`return command('show_snackbar', {message: 'Hi', link: {url: ' jAvaScript:alert(1)', label: 'Go'}})`:         `{"error":"url: expected an address with https or http, got \" jAvaScript:alert(1)\""}`,
		`return command('show_snackbar', {message: 'Hi', link: {url: 'data:text/html,x', label: 'Go'}})`:             `{"error":"url: expected an address with https or http, got \"data:text/html,x\""}`,
		`return (await command('redirect_to', {view: 'javascript:alert(1)'})).error.includes('expected deals')`:      `true`,
		`return (await command('redirect_to', {view: 'deals', id: 'javascript:alert(1)'})).error.startsWith('id: ')`: `true`,
		`return (await command('redirect_to', {view: 'deals', id: '../../evil'})).error.startsWith('id: ')`:          `true`,
	} {
		rig.expect("/one", js, want)
	}
	rig.holds(`document.querySelectorAll('#dw-toasts .toast').length === 0`, "a refused message is not shown")
	rig.expect("/one", `return command('show_snackbar', {message: '<b>Saved</b>', link: {url: 'https://example.com/x', label: 'See it'}})`, `{}`)
	rig.holds(`(() => { const t = document.querySelector('#dw-toasts .toast'), a = t.querySelector('a'); return t.querySelector('b') === null && t.textContent.includes('<b>Saved</b>') && a.href === 'https://example.com/x' && a.rel === 'noopener' && a.target === '_blank'; })()`, "a message is text")
}

// A frame that navigates itself goes on with its new document: the listeners of the
// old one are let go, those of the new one work. A frame that is removed lets go of
// everything.
// spec: surface.message-guard, surface.event.page-visibility-state
func TestFrameLeaves(t *testing.T) {
	t.Parallel()
	rig := newSurfaceRig(t)
	rig.ready(0, "box", "/one")
	rig.expect("/one", `listen('visibility'); listen('visibility'); listen('page_visibility_state'); listen('user_settings_change'); return (await command('get_metadata')).error ?? 'fine'`, `"fine"`)
	rig.holds(`opened.box.listensTo.join() === 'visibility,page_visibility_state,user_settings_change'`, "what it listens to")
	push := `opened.box.push('visibility', {data: {is_visible: true}})`
	rig.run(push)
	rig.expect("/one", `await until(() => pushes.length === 2); return pushes.map((p) => p.message.data.is_visible)`, `[true,true]`)

	// Unsubscribing closes the app's end, of which this browser tells nobody.
	rig.expect("/one", `const port = listen('visibility'); await command('get_metadata'); port.close(); pushes.length = 0; return true`, `true`)
	rig.run(push)
	rig.expect("/one", `await until(() => pushes.length === 2); await command('get_metadata'); return pushes.length`, `2`)

	away := `await new Promise((go) => { if (document.readyState === 'complete') go(); else addEventListener('load', go); }); setTimeout(() => { location.href = '%s?id=' + id; }, 50); return true`
	rig.expect("/one", fmt.Sprintf(away, "/between"), `true`)
	rig.expect("/between", `return [await initialize(), pushes.length]`, `[{},0]`)
	rig.expect("/between", fmt.Sprintf(away, "/next"), `true`)
	rig.expect("/next", `listen('visibility'); const a = await initialize(); return [a, pushes.length]`, `[{},0]`)
	rig.tab.Wait(`opened.box.listensTo.join() === 'visibility'`)
	rig.run(push)
	rig.expect("/next", `await until(() => pushes.length > 0); await command('get_metadata'); return pushes`, `[{"event":"visibility","message":{"data":{"is_visible":true}}}]`)
	rig.holds(`opened.box.state === 'ready' && document.querySelectorAll('#box iframe').length === 1`, "the frame stays")

	// More listeners than anybody needs: the oldest go.
	rig.expect("/next", `for (let i = 0; i < 80; i++) listen('visibility'); await command('get_metadata'); pushes.length = 0; return true`, `true`)
	rig.run(push)
	rig.expect("/next", `await until(() => pushes.length >= 50); await command('get_metadata'); return pushes.length`, `50`)

	rig.run(`window.portsClosed = 0; { const close = MessagePort.prototype.close; MessagePort.prototype.close = function () { portsClosed++; close.call(this); }; } opened.box.remove()`)
	rig.holds(`portsClosed === 50 && opened.box.listensTo.length === 0 && broker.framesWhere((f) => f === opened.box).length === 0 && document.querySelector('#box iframe') === null`, "a removed frame lets go")
	// The original sends page_visibility_state nowhere: the SDK makes it of its own document.
	rig.holds(`sdk.every((e) => e.type !== 'event' || e.name !== 'page_visibility_state')`, "page_visibility_state is never sent")
}

// A change of the theme reaches the frames of every tab, in data and beside it, and
// auto says what it comes to.
// spec: surface.theme, surface.event.user-settings-change
func TestThemeReachesFrames(t *testing.T) {
	t.Parallel()
	rig := newSurfaceRig(t)
	second := rig.tab.Tab()
	prefers := func(theme string) {
		t.Helper()
		for _, tab := range []*browsertest.Tab{rig.tab, second} {
			if _, err := chromedp.Call(tab.Context(), emulation.SetEmulatedMedia, emulation.SetEmulatedMediaParams{
				Features: []*emulation.MediaFeature{{Name: "prefers-color-scheme", Value: theme}},
			}); err != nil {
				t.Fatal(err)
			}
		}
	}
	prefers("light")
	rig.start(second, "/deals")
	rig.ready(0, "box", "/one")
	second.Run(chromedp.Evaluate[chromedp.Void](fmt.Sprintf(`openBox(%q, 'box')`, rig.app.Extensions[1].UUID)))
	rig.expect("/two", `return initialize()`, `{}`)
	for _, path := range []string{"/one", "/two"} {
		rig.expect(path, `listen('user_settings_change'); await command('get_metadata'); return params.get('theme')`, `"light"`)
	}
	both := func(want string) {
		t.Helper()
		for _, path := range []string{"/one", "/two"} {
			rig.expect(path, `await until(() => pushes.length > 0); await command('get_metadata'); return pushes.splice(0)`, `[{"event":"user_settings_change","message":{"data":{"theme":"`+want+`"},"theme":"`+want+`"}}]`)
		}
	}
	choose := func(theme string) {
		t.Helper()
		rig.tab.Run(chromedp.Click(`.user-button`), chromedp.Click(`#user-menu button[value="`+theme+`"]`), chromedp.Click(`.user-button`))
	}
	choose("dark")
	both("dark")
	choose("auto") // the machine is light
	both("light")
	prefers("dark") // and goes dark in the evening
	both("dark")
	choose("dark") // what is seen stays the same: nothing is said
	prefers("light")
	rig.expect("/two", `await command('get_metadata'); return pushes.length`, `0`)
	// A frame that is loaded now begins with it.
	rig.run(`opened.box.load()`)
	rig.tab.Wait(`opened.box.state === 'loading'`)
	rig.expect("/one", `return [params.get('theme'), await initialize()]`, `["dark",{}]`)
	if got := rig.messages(journal.Filter{Text: "user_settings_change"}); len(got) < 8 {
		t.Errorf("the Inspector has %d lines of it", len(got))
	}
}
