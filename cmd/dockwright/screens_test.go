package main

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/chromedp"

	"github.com/dockwright/dockwright/internal/browsertest"
)

// screensEnv names a directory in which TestScreens keeps what it sees:
//
//	DOCKWRIGHT_SCREENS=docs/screens go test ./cmd/dockwright -run TestScreens
const screensEnv = "DOCKWRIGHT_SCREENS"

// widths are a desk and a phone.
var widths = []struct {
	name          string
	width, height int64
}{{"wide", 1280, 860}, {"narrow", 400, 800}}

// TestScreens opens the main pages with some life in them, light and dark, wide
// and narrow. None may complain, and none may be wider than its window.
func TestScreens(t *testing.T) {
	t.Parallel()
	at, chat := upNow(t)
	dir := os.Getenv(screensEnv)
	if dir == "" {
		dir = t.TempDir()
	} else if !filepath.IsAbs(dir) {
		dir = filepath.Join("..", "..", dir)
	}
	if err := os.MkdirAll(dir, 0o755); err != nil {
		t.Fatal(err)
	}
	pages, tab, guest := screens(t, at, chat)
	for _, theme := range []string{"light", "dark"} {
		choose(t, at, theme, tab, guest)
		for _, p := range pages {
			for _, w := range widths {
				p.tab.Run(chromedp.EmulateViewport(w.width, w.height))
				p.open()
				if over := browsertest.Eval[int](p.tab, `document.documentElement.scrollWidth - document.documentElement.clientWidth`); over > 0 {
					t.Errorf("%s, %s, %s: %d pixels wider than its window", p.name, theme, w.name, over)
				}
				p.tab.Screenshot(filepath.Join(dir, fmt.Sprintf("%s-%s-%s.png", p.name, theme, w.name)), w.width, w.height)
			}
		}
	}
}

// framesReady is true once all apps of a page have initialised.
const framesReady = `[...document.querySelectorAll('[data-frame]')].every((f) => f.dataset.frame === 'ready')`

// screen is a page that tests look at, and the tab in which its viewer is.
type screen struct {
	name, url string
	tab       *browsertest.Tab
	// click is pressed first, and shows is there when that is done; both may be
	// empty.
	click, shows string
}

// open loads the page, and waits until it can be looked at.
func (p screen) open() {
	p.tab.Open(p.url)
	p.tab.Wait(framesReady)
	if p.click != "" {
		p.tab.Run(chromedp.Evaluate[chromedp.Void](fmt.Sprintf(`document.querySelector(%q).click()`, p.click)))
		p.tab.Wait(fmt.Sprintf(`document.querySelector(%q)`, p.shows))
	}
}

// screens are the main pages with some life in them. The guest is somebody who
// writes in the web chat.
func screens(t *testing.T, at addresses, chat string) (pages []screen, tab, guest *browsertest.Tab) {
	t.Helper()
	thread := liveliness(t, at, chat)
	tab = browsertest.New(t)
	guest = tab.Stranger()
	guest.Open(chat)
	guest.Run(chromedp.SendKeys(`#name`, "Mari Tamm"), chromedp.SendKeys(`#text`, "Do you deliver to Tartu? 🚚"), chromedp.Click(`#send`))
	guest.Wait(`document.querySelector('li[data-status=delivered], li[data-status=read]')`)
	tab.Open(at.Host + "/developer-hub")
	app := browsertest.Eval[string](tab, `[...document.querySelectorAll('a[href^="/developer-hub/app/"]')].find(a => a.textContent.includes('Dockwright Messaging')).pathname`)
	exchange := browsertest.Eval[string](tab, `fetch('/_dockwright/inspector?q=receive').then(r => r.text()).then(t => new DOMParser().parseFromString(t, 'text/html').querySelector('#exchange-list li a').getAttribute('href'))`)

	sink := browsertest.Eval[string](tab, `document.querySelector('.dock-icon').dataset.showWindow`)
	return []screen{
		{"inbox", thread, tab, "", ""},
		{"inbox-list", at.Host + "/leads/messaging", tab, "", ""},
		{"deals", at.Host + "/deals", tab, "", ""},
		{"activities", at.Host + "/activities", tab, "", ""},
		{"activities-calendar", at.Host + "/activities/calendar", tab, "", ""},
		{"settings-fields", at.Host + "/settings/fields?entity=deal", tab, "", ""},
		{"settings-pipelines", at.Host + "/settings/pipelines", tab, "", ""},
		{"deal", at.Host + "/deals/1", tab, "", ""},
		{"person", at.Host + "/persons/1", tab, "", ""},
		{"settings-messaging", at.Host + "/settings/integrations/messaging", tab, "", ""},
		{"marketplace", at.Host + "/marketplace", tab, "", ""},
		{"marketplace-app", at.Host + strings.Replace(app, "/developer-hub/", "/marketplace/", 1), tab, "", ""},
		{"developer-hub", at.Host + app, tab, "", ""},
		{"developer-hub-new", at.Host + "/developer-hub/new", tab, "", ""},
		{"developer-hub-oauth", at.Host + app + "/oauth", tab, "", ""},
		{"developer-hub-extensions", at.Host + app + "/extensions", tab, "", ""},
		{"developer-hub-extension", at.Host + app + "/extensions/new?kind=json_modal", tab, "", ""},
		{"developer-hub-publish", at.Host + app + "/publish", tab, "", ""},
		{"consent", at.Messaging + "/install", tab, "", ""},
		{"inspector", at.Host + "/_dockwright/inspector", tab, "", ""},
		{"inspector-exchange", at.Host + exchange, tab, "", ""},
		{"storybook", at.Host + "/_dockwright/storybook", tab, "", ""},
		{"app", at.Messaging + "/", tab, "", ""},
		{"kitchensink", at.KitchenSink + "/", tab, "", ""},
		{"floating-window", at.Host + "/deals/1", tab, ".dock-icon", ".window.shown [data-frame=ready]"},
		{"modal", at.Host + "/persons/1", tab, "[data-app-modal]", ".app-modal [data-frame=ready]"},
		{"app-settings", at.Host + "/settings/marketplace/app/" + sink + "/app-settings", tab, "", ""},
		{"marketplace-apps", at.Host + "/settings/marketplace", tab, "", ""},
		{"web-chat", chat, guest, "", ""},
	}, tab, guest
}

// choose lets both tabs see the pages in a theme.
func choose(t *testing.T, at addresses, theme string, tab, guest *browsertest.Tab) {
	t.Helper()
	prefer(t, guest, theme)
	prefer(t, tab, theme)
	tab.Open(at.Host + "/_dockwright/storybook") // the cookie is the host's
	tab.Run(chromedp.Evaluate[chromedp.Void](`document.cookie = 'dockwright_theme=` + theme + `; path=/'`))
}

// prefer makes a browser say that its system prefers a theme.
func prefer(t *testing.T, tab *browsertest.Tab, theme string) {
	t.Helper()
	if _, err := chromedp.Call(tab.Context(), emulation.SetEmulatedMedia, emulation.SetEmulatedMediaParams{
		Features: []*emulation.MediaFeature{{Name: "prefers-color-scheme", Value: theme}},
	}); err != nil {
		t.Fatal(err)
	}
}

// liveliness brings some conversations, and returns the page of one.
func liveliness(t *testing.T, at addresses, chat string) (thread string) {
	t.Helper()
	ctx := t.Context()
	agent := newVisitor()
	client := &http.Client{CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
	for _, talk := range [][]string{
		{"Jaan Sepp", "Hi! Is the oak table still in the showroom?", "< It is, until Saturday. Shall I put it aside for you?", "Yes please 🙂 We come on Friday at five."},
		{"Aiko Mori", "The tatami frames arrived, thank you. One corner is scratched, picture follows.", "< I am sorry to hear that. We send a new one tomorrow."},
		{"Lucía Fernández", "Do you have the bar stools in green?"},
	} {
		k := &talker{chat: chat, agent: agent, client: client}
		if err := k.beginAs(ctx, talk[0], talk[1]); err != nil {
			t.Fatal(err)
		}
		if thread = waitForThread(t, agent, at, talk[0]); thread == "" {
			t.Fatalf("%s did not reach the inbox", talk[0])
		}
		k.thread = thread
		for i, line := range talk[2:] {
			var err error
			if answer, ours := strings.CutPrefix(line, "< "); ours {
				err = k.answerWith(ctx, fmt.Sprint("demo-", i), answer)
			} else {
				body, _ := json.Marshal(map[string]string{"id": fmt.Sprint("line-", i), "text": line}) // strings always marshal
				err = k.call(ctx, http.MethodPost, "/messages", "application/json", body, nil)
			}
			if err != nil {
				t.Fatal(err)
			}
		}
		if talk[0] == "Jaan Sepp" {
			defer func(first string) { thread = first }(thread)
		}
	}
	return thread
}

func waitForThread(t *testing.T, agent *visitor, at addresses, name string) (thread string) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	err := eventually(ctx, func() (bool, error) {
		p, err := agent.get(ctx, at.Host+"/leads/messaging")
		if err != nil {
			return false, err
		}
		for n := range p.root.Descendants() {
			if n.Data == "a" && strings.HasPrefix(attr(n, "href"), "/leads/messaging/") && strings.Contains(innerText(n), name) {
				thread = at.Host + attr(n, "href")
			}
		}
		return thread != "", nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return thread
}
