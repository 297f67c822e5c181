package web_test

import (
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strings"
	"testing"

	"github.com/chromedp/chromedp"

	"github.com/dockwright/dockwright/internal/browsertest"
	"github.com/dockwright/dockwright/internal/host/devhub"
	"github.com/dockwright/dockwright/internal/host/route"
)

// detailPages are the pages that have panels and actions menus.
var detailPages = []struct {
	view           devhub.View
	path, resource string
}{
	{devhub.DealDetails, "/deals/1", "deal"},
	{devhub.PersonDetails, "/persons/1", "person"},
	{devhub.OrganizationDetails, "/organizations/1", "organization"},
}

// wants checks query parameters of an iframe.
func wants(t *testing.T, q url.Values, want map[string]string) {
	t.Helper()
	for name, value := range want {
		if got := q.Get(name); got != value {
			t.Errorf("%s = %q, want %q in %s", name, got, value, q.Encode())
		}
	}
	for _, name := range []string{"token", "id"} {
		if q.Get(name) == "" {
			t.Errorf("no %s in %s", name, q.Encode())
		}
	}
}

// A panel whose app gives it no size has room for something, once it is shown.
// spec: surface.panel.default-height
func TestPanelWithoutSize(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	app := s.newSurfaceApp("Quotes", devhub.NewExtension{Kind: devhub.CustomPanel, Name: "Quotes", URL: "/panel", Views: []devhub.View{devhub.DealDetails}})
	b := browsertest.New(t)
	b.Open(s.url + "/deals/1")
	if got := app.do("/panel", `const before = innerHeight; await initialize(); await until(() => innerHeight !== before); return [before, innerHeight]`); got != `[100,300]` {
		t.Errorf("heights before and after the handshake: %s", got)
	}
	if got := app.do("/panel", `await command('resize', {height: 180}); await until(() => innerHeight === 180); await initialize(); return innerHeight`); got != `180` {
		t.Errorf("a second handshake changes the height to %s", got)
	}
}

// spec: surface.panel
// spec: surface.params
func TestPanelsOfRecords(t *testing.T) {
	t.Parallel()
	for _, at := range detailPages {
		t.Run(at.resource, func(t *testing.T) {
			t.Parallel()
			s := newSite(t)
			app := s.newSurfaceApp("Quotes", devhub.NewExtension{Kind: devhub.CustomPanel, Name: "Quotes of this", URL: "/panel?own=1", Views: []devhub.View{at.view}})
			b := browsertest.New(t)
			b.Open(s.url + at.path)
			app.do("/panel", `await initialize({height: 320})`)
			b.Wait(`document.querySelector('.panel-body').dataset.frame === 'ready' && document.querySelector('.panel-body').offsetHeight === 320`)
			_, q := app.loaded("/panel")
			wants(t, q, map[string]string{"own": "1", "resource": at.resource, "view": "details", "selectedIds": "1", "userId": "1", "companyId": "1", "theme": "light"})
			if at.resource != "deal" {
				return
			}
			// Out of range nothing changes; width is the host's.
			if got := app.do("/panel", `return [await command('resize', {height: 751}), await command('resize', {height: 99}), await command('resize', {width: 10, height: 750})]`); got != `[{},{},{}]` {
				t.Errorf("resize answers %s", got)
			}
			b.Wait(`document.querySelector('.panel-body').offsetHeight === 750`)
		})
	}
}

// panelRig is a deal's page with three panels of three apps.
func panelRig(t testing.TB) (*site, *browsertest.Tab, []*surfaceApp) {
	t.Helper()
	s := newSite(t)
	var apps []*surfaceApp
	for _, name := range []string{"Anchor", "Beacon", "Compass"} {
		apps = append(apps, s.newSurfaceApp(name, devhub.NewExtension{Kind: devhub.CustomPanel, Name: name + " panel", URL: "/panel", Views: []devhub.View{devhub.DealDetails}}))
	}
	b := browsertest.New(t)
	b.Open(s.url + "/deals/1")
	for _, a := range apps {
		a.do("/panel", `listen('visibility'); await initialize()`)
	}
	b.Wait(`document.querySelectorAll('[data-frame=ready]').length === 3`)
	return s, b, apps
}

// order is what a person sees from above to below.
const order = `[...document.querySelectorAll('dw-panel')].filter((p) => p.offsetParent).sort((a, b) => a.getBoundingClientRect().top - b.getBoundingClientRect().top).map((p) => p.dataset.title.split(' ')[0]).join()`

// saved is true once nothing is on its way to the host.
const saved = `performance.getEntriesByType('resource').filter((e) => e.name.endsWith('/surfaces/panels')).length >= %d`

// spec: surface.panel.arrange
// spec: surface.event.visibility
func TestPanelsAreArranged(t *testing.T) {
	t.Parallel()
	s, b, apps := panelRig(t)
	panel := func(a *surfaceApp, rest string) string { return `#panel-` + a.Extensions[0].UUID + ` ` + rest }
	b.Wait(order + ` === 'Anchor,Beacon,Compass'`)

	// Collapsing tells the app, without a context, and keeps the page that is loaded.
	b.Run(chromedp.Click(panel(apps[0], `.panel-toggle`)))
	b.Run(chromedp.Click(panel(apps[0], `.panel-toggle`)))
	if got := apps[0].do("/panel", `await until(() => pushes.length === 2); return pushes`); got != `[{"event":"visibility","message":{"data":{"is_visible":false}}},{"event":"visibility","message":{"data":{"is_visible":true}}}]` {
		t.Errorf("the app heard %s", got)
	}

	// The menu moves with the keyboard; the drag with a mouse.
	b.Run(chromedp.Evaluate[chromedp.Void](`document.querySelector(` + fmt.Sprintf("%q", panel(apps[2], `.panel-head > .icon-button`)) + `).click()`))
	b.Run(chromedp.Evaluate[chromedp.Void](`document.querySelector(` + fmt.Sprintf("%q", panel(apps[2], `[data-panel=up]`)) + `).click()`))
	b.Wait(order + ` === 'Anchor,Compass,Beacon' && document.getElementById('dw-announce').textContent.includes('2 of 3')`)
	b.Run(chromedp.Evaluate[chromedp.Void](fmt.Sprintf(`(() => {
		const head = document.querySelector(%q);
		const at = (y) => ({bubbles: true, button: 0, pointerId: 1, pointerType: 'mouse', clientX: 60, clientY: y});
		head.dispatchEvent(new PointerEvent('pointerdown', at(head.getBoundingClientRect().top + 5)));
		document.dispatchEvent(new PointerEvent('pointermove', at(30)));
		document.dispatchEvent(new PointerEvent('pointermove', at(20)));
		document.dispatchEvent(new PointerEvent('pointerup', at(20)));
	})()`, panel(apps[1], `.panel-head`))))
	b.Wait(order + ` === 'Beacon,Anchor,Compass'`)

	// Hidden and back again, by the line below.
	hide := `document.querySelector(` + fmt.Sprintf("%q", panel(apps[0], `[data-panel=hide]`)) + `).click()`
	b.Run(chromedp.Evaluate[chromedp.Void](hide))
	b.Wait(order + ` === 'Beacon,Compass' && document.querySelector('.panels-hidden').textContent.startsWith('1 hidden panel')`)
	b.Run(chromedp.Click(`.panels-hidden button`))
	b.Wait(order + ` === 'Beacon,Anchor,Compass' && document.querySelector('.panels-hidden').hidden`)
	b.Run(chromedp.Evaluate[chromedp.Void](hide), chromedp.Click(panel(apps[2], `.panel-toggle`)))
	b.Wait(fmt.Sprintf(saved, 7))
	for i, a := range apps {
		if n, _ := a.loaded("/panel"); n != 1 {
			t.Errorf("panel %d was loaded %d times", i, n)
		}
	}

	// The next page has it as it was left: what is not seen is not loaded.
	for _, a := range apps {
		a.answer("/panel", willing)
	}
	b.Open(s.url + "/deals/2")
	b.Wait(order + ` === 'Beacon,Compass' && document.querySelectorAll('main iframe').length === 1 && document.querySelectorAll('[data-frame=ready]').length === 1`)
	for i, want := range []int{1, 2, 1} {
		if n, _ := apps[i].loaded("/panel"); n != want {
			t.Errorf("panel %d was loaded %d times, want %d", i, n, want)
		}
	}
	// spec: surface.panel.collapsed
	b.Run(chromedp.Click(panel(apps[2], `.panel-toggle`)))
	b.Wait(`document.querySelectorAll('[data-frame=ready]').length === 2`)
}

// What changes about apps comes into the page by itself; panels that stay are not
// loaded again.
// spec: surface.panel
// spec: surface.access
func TestPanelsComeAndGoWithTheirApps(t *testing.T) {
	t.Parallel()
	s, b, apps := panelRig(t)
	b.Wait(`document.documentElement.dataset.live === 'on'`)
	s.uninstall(apps[0], 1)
	b.Wait(order + ` === 'Beacon,Compass'`)

	// Shared by a colleague, it is not loaded before it is installed.
	s.install(apps[0], 2, true)
	s.news("marketplace")
	b.Wait(order + `.includes('Anchor') && document.querySelector('[data-locked] a.button')?.getAttribute('href') === '/marketplace/app/` + apps[0].ClientID + `'`)
	if n, _ := apps[0].loaded("/panel"); n != 1 {
		t.Errorf("the panel was loaded %d times before it was authorised", n)
	}
	apps[0].answer("/panel", willing)
	s.install(apps[0], 1, false)
	s.news("marketplace")
	b.Wait(`document.querySelectorAll('[data-frame=ready]').length === 3 && !document.querySelector('[data-locked]')`)
	// A change of the deal fetches the details, and leaves the panels.
	s.news("deal:1", "person:1", "organization:1")
	b.Run(chromedp.Evaluate[chromedp.Void](mark), chromedp.Click(`.rail a[href="/deals"]`))
	b.Wait(arrived("/deals", "Deals") + ` && !document.querySelector('main iframe')`)
	for i, want := range []int{2, 1, 1} {
		if n, _ := apps[i].loaded("/panel"); n != want {
			t.Errorf("panel %d was loaded %d times, want %d", i, n, want)
		}
	}
}

// willing is a page of an app that initialises by itself. A test that loads a path
// for the second time needs it: the page of the first time may still take orders.
func willing(w http.ResponseWriter, _ *http.Request) {
	w.Header().Set("Content-Type", "text/html; charset=utf-8")
	_, _ = io.WriteString(w, `<!DOCTYPE html><html lang="en"><title>App</title><body><script src="/app.js"></script><script>initialize();</script></body></html>`)
}

// uninstall takes an app from a user, as the Marketplace does.
func (s *site) uninstall(a *surfaceApp, user int64) {
	s.t.Helper()
	s.ok(s.auth.Uninstall(s.t.Context(), s.callerOf(user), a.ClientID))
}

// A page of a record without apps has no trace of panels.
func TestPagesWithoutAppsHaveNoPanels(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	s.get("/")
	for _, at := range detailPages {
		_, body := s.get(at.path)
		if strings.Contains(body, "<dw-panel ") || strings.Contains(body, "data-app-modal") {
			t.Errorf("%s shows something of an app", at.path)
		}
	}
}

// callerOf is a user of the first company.
func (s *site) callerOf(user int64) route.Caller { return route.Caller{Company: 1, User: user} }
