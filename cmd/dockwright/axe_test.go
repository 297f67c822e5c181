package main

import (
	"testing"

	"github.com/chromedp/chromedp"

	"github.com/dockwright/dockwright/internal/browsertest"
)

// TestAxe lets axe-core look at the main pages with some life in them, light and
// dark, and on a phone. It finds nothing that it calls serious or critical.
// spec: web.accessible
func TestAxe(t *testing.T) {
	t.Parallel()
	at, chat := upNow(t)
	pages, tab, guest := screens(t, at, chat)
	for _, more := range []string{"leads", "persons", "organizations", "organizations/1", "search?term=oak", "settings", "settings/users", "settings/webhooks", "settings/api", "_dockwright/api", "nowhere"} {
		pages = append(pages, screen{name: more, url: at.Host + "/" + more, tab: tab})
	}
	for _, look := range []struct {
		theme         string
		width, height int64
	}{{"light", 1280, 860}, {"dark", 1280, 860}, {"light", 400, 800}} {
		choose(t, at, look.theme, tab, guest)
		for _, p := range pages {
			p.tab.Run(chromedp.EmulateViewport(look.width, look.height))
			p.open()
			complain(t, p.tab, p.name, look.theme, look.width)
		}
	}
}

// complain reports what axe-core finds on the page that a tab is on.
func complain(t *testing.T, tab *browsertest.Tab, name, theme string, width int64) {
	t.Helper()
	for _, v := range tab.Violations() {
		t.Errorf("%s, %s, %d px: %s", name, theme, width, v)
	}
}
