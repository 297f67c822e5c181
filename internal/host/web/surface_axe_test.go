package web_test

import (
	"fmt"
	"testing"

	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/chromedp"

	"github.com/dockwright/dockwright/internal/browsertest"
	"github.com/dockwright/dockwright/internal/host/devhub"
)

// The surfaces of apps are as accessible as the pages around them: a panel and a
// floating window, the dock's menu, a modal, the card of a frame that failed, a
// settings page, a question of an app, and the SDK console.
// spec: web.accessible
func TestSurfacesAreAccessible(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	app := s.newSurfaceApp("Quotes",
		devhub.NewExtension{Kind: devhub.CustomPanel, Name: "Quotes of a deal", URL: "/panel", Views: []devhub.View{devhub.DealDetails}},
		devhub.NewExtension{Kind: devhub.FloatingWindow, Name: "Quotes phone", Description: "Calls people.", URL: "/window", CallEntry: true},
		devhub.NewExtension{Kind: devhub.CustomModal, Name: "Send a quote", URL: "/modal", Views: []devhub.View{devhub.DealDetails}},
		devhub.NewExtension{Kind: devhub.AppSettings, URL: "/settings"},
	)
	tab := browsertest.New(t)
	look := func(what, theme string, width int64) {
		t.Helper()
		for _, v := range tab.Violations() {
			t.Errorf("%s, %s, %d px: %s", what, theme, width, v)
		}
	}
	for _, as := range []struct {
		theme         string
		width, height int64
	}{{"light", 1280, 860}, {"dark", 1280, 860}, {"light", 400, 800}} {
		if _, err := chromedp.Call(tab.Context(), emulation.SetEmulatedMedia, emulation.SetEmulatedMediaParams{
			Features: []*emulation.MediaFeature{{Name: "prefers-color-scheme", Value: as.theme}},
		}); err != nil {
			t.Fatal(err)
		}
		tab.Run(chromedp.EmulateViewport(as.width, as.height))
		tab.Open(s.url + "/deals/7")
		app.do("/panel", `listen('visibility'); return initialize()`)
		app.do("/window", `await initialize(); return command('set_notification', {number: 3})`)
		app.do("/window", `return command('show_floating_window')`)
		tab.Wait(fmt.Sprintf(`getComputedStyle(document.getElementById('window-%s')).opacity === '1'`, app.ClientID))
		look("a panel and a floating window", as.theme, as.width)
		tab.Run(chromedp.Evaluate[chromedp.Void](`document.getElementById('dock-menu').showPopover()`))
		look("the dock's menu", as.theme, as.width)
		tab.Run(chromedp.Evaluate[chromedp.Void](`document.getElementById('dock-menu').hidePopover(); document.querySelector('#user-menu [data-sdk-console]').click()`))
		tab.Wait(`document.querySelectorAll('.sdk-frame').length === 2`)
		look("the SDK console", as.theme, as.width)
		tab.Run(chromedp.Evaluate[chromedp.Void](`document.querySelector('.sdk-head button:last-child').click()`))
		app.do("/window", `return command('hide_floating_window')`)
		app.do("/panel", `void command('show_confirmation', {title: 'Send it?', description: 'The customer gets it at once.'}); void command('show_snackbar', {message: 'Saved', link: {url: 'https://example.com', label: 'See it'}}); return true`)
		tab.Wait(`document.querySelector('dialog[open]') !== null && document.querySelector('#dw-toasts .toast') !== null`)
		look("a question and a message", as.theme, as.width)
		tab.Run(chromedp.Evaluate[chromedp.Void](`document.querySelector('dialog[open] button').click()`))
		app.do("/panel", `void command('open_modal', {type: 'custom_modal', action_id: 'Send a quote'}); return true`)
		app.do("/modal", `return initialize()`)
		tab.Wait(modalOpen("Send a quote"))
		look("a modal", as.theme, as.width)
		tab.Open(s.url + "/settings/marketplace/app/" + app.ClientID + "/app-settings")
		app.do("/settings", `return initialize()`)
		look("a settings page", as.theme, as.width)
		browsertest.Eval[bool](tab, opening)
		tab.Run(chromedp.Evaluate[chromedp.Void](`openBox('00000000-0000-4000-8000-000000000000', 'gone')`))
		tab.Wait(`document.querySelector('#gone .frame-card') !== null`)
		look("a frame that failed", as.theme, as.width)
	}
}
