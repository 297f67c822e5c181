package web_test

import (
	"fmt"
	"testing"

	"github.com/chromedp/chromedp"

	"github.com/dockwright/dockwright/internal/browsertest"
	"github.com/dockwright/dockwright/internal/host/devhub"
)

// opening gives a page the functions with which a test opens frames itself,
// beside those of the pages: open(extension, name) makes the box #name, and
// window.frames_ has the frames by name. sdk has what was noted.
const opening = `window.ready_ = import(document.querySelector('script[type=module]').src.replace('app.js', 'frames.js')).then((broker) => {
	window.broker = broker;
	window.opened = {};
	window.sdk = [];
	window.sizes = {};
	document.addEventListener('dw:sdk', (e) => { sdk.push(e.detail); });
	window.openBox = (extension, name, more = {}) => {
		const box = document.createElement('section');
		box.id = name;
		box.className = 'test-box';
		Object.assign(box.style, {position: 'fixed', inset: 'auto 10px 10px auto', width: '420px', height: '300px', background: 'white', zIndex: 50});
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
			{Kind: devhub.AppSettings, URL: "/one"},
			{Kind: devhub.CustomModal, Name: "Two", URL: "/two?own=1"},
		}
	}
	rig := &surfaceRig{site: s, app: s.newSurfaceApp("Quotes", list...)}
	rig.tab = browsertest.New(t)
	rig.start(rig.tab, "/leads")
	return rig
}

// start loads a page of the host and makes it ready for frames of the test.
func (rig *surfaceRig) start(tab *browsertest.Tab, path string) {
	rig.t.Helper()
	tab.Open(rig.url + path)
	browsertest.Eval[bool](tab, opening+`, window.ready_`)
}

// open loads the app's n-th extension into a box of that name.
func (rig *surfaceRig) open(n int, name string) {
	rig.t.Helper()
	rig.tab.Run(chromedp.Evaluate[chromedp.Void](fmt.Sprintf(`openBox(%q, %q)`, rig.app.Extensions[n].UUID, name)))
}

// A first frame: handshake, and a command.
// spec: surface.initialize
func TestFrameInitializes(t *testing.T) {
	t.Parallel()
	rig := newSurfaceRig(t)
	rig.open(0, "box")
	want := `[{"error":"SDK is not initialized"},{},{},true]`
	if got := rig.app.do("/one", `return [await command('get_metadata'), await initialize({width: 300, height: 200}), await initialize(),
		(await command('get_metadata')).data.windowWidth > 600]`); got != want {
		t.Errorf("got %s, want %s", got, want)
	}
	rig.tab.Wait(`document.getElementById('box').dataset.frame === 'ready' && sizes.box.join() === ',200'`)
}
