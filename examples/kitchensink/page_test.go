package kitchensink_test

import (
	_ "embed"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/chromedp/chromedp"

	"github.com/dockwright/dockwright/appkit"
	"github.com/dockwright/dockwright/examples/kitchensink"
	"github.com/dockwright/dockwright/internal/browsertest"
	"github.com/dockwright/dockwright/pipedrive/surfaceapi"
)

//go:embed testdata/host.js
var hostScript []byte

// inPage is an app whose pages have a host inside of them.
func inPage(t *testing.T) *rig {
	t.Helper()
	return newRig(t, func(c *kitchensink.Config) { c.SDK = append(slices.Clone(hostScript), appkit.SurfaceScriptFile()...) })
}

// answer is what a form shows after it was sent.
type answer struct {
	State, Text string
}

// send fills in a form of the page, sends it and waits for the answer.
func send(t *testing.T, tab *browsertest.Tab, form string, args string) answer {
	t.Helper()
	raw := browsertest.Eval[string](tab, fmt.Sprintf(`(async () => {
		const form = document.getElementById(%q);
		if (form.elements.args) form.elements.args.value = %q;
		const out = form.elements.answer, before = out.dataset.run;
		form.requestSubmit();
		while (out.dataset.run === before) await new Promise((r) => setTimeout(r, 10));
		return JSON.stringify({ State: out.dataset.state, Text: out.textContent });
	})()`, form, args))
	var a answer
	if err := json.Unmarshal([]byte(raw), &a); err != nil {
		t.Fatal(err)
	}
	return a
}

// The buttons send what stands in their fields, and show what comes back; events
// are counted and logged, and the theme follows.
// spec: examples.kitchensink
func TestPageSpeaksWithItsHost(t *testing.T) {
	t.Parallel()
	r := inPage(t)
	tab := browsertest.New(t)
	tab.Open(r.address("/floating", nil))
	tab.Wait(`document.documentElement.dataset.sdk === 'initialised'`)
	if got := browsertest.Eval[string](tab, `JSON.stringify(host.commands)`); got != `[{"command":"initialize","args":{"size":{"height":520,"width":380}}}]` {
		t.Errorf("the handshake: %s", got)
	}
	fresh := strings.SplitN(strings.SplitN(r.address("/panel", nil), "token=", 2)[1], "&", 2)[0]
	tab.Run(chromedp.Evaluate[chromedp.Void](fmt.Sprintf(`window.freshToken = %q`, fresh)))
	for _, c := range surfaceapi.Commands() {
		args := map[surfaceapi.Command]string{surfaceapi.SetFocusMode: "true", surfaceapi.Resize: `{"height":300}`}[c]
		want := map[surfaceapi.Command]string{
			surfaceapi.ShowConfirmation: `"confirmed": true`, surfaceapi.OpenModal: `"status": "closed"`, surfaceapi.GetMetadata: `"windowWidth": 1280`,
			surfaceapi.GetSignedToken: `"userId": 7`,
		}[c]
		if got := send(t, tab, "command-"+string(c), args); got.State != "resolved" || !strings.Contains(got.Text, want) {
			t.Errorf("%s: %+v", c, got)
		}
		if args == "" {
			continue
		}
		if got := browsertest.Eval[string](tab, `JSON.stringify(host.commands.at(-1))`); got != fmt.Sprintf(`{"command":"%s","args":%s}`, c, args) {
			t.Errorf("%s was sent as %s", c, got)
		}
	}
	if got := send(t, tab, "command-resize", "{"); got.State != "invalid" {
		t.Errorf("an argument that is not JSON: %+v", got)
	}

	tab.Run(chromedp.Evaluate[chromedp.Void](`host.push('visibility', { data: { is_visible: true, context: { invoker: 'user' } } })`))
	tab.Wait(`document.querySelector('#event-visibility[data-heard="1"] output').textContent.includes('"invoker": "user"')`)
	tab.Run(chromedp.Evaluate[chromedp.Void](`host.push('user_settings_change', { data: { theme: 'dark' }, theme: 'dark' })`))
	tab.Wait(`document.documentElement.dataset.theme === 'dark'`)
	tab.Run(chromedp.Evaluate[chromedp.Void](`host.push('close_custom_modal', {})`))
	tab.Wait(`document.querySelector('#entries li[data-kind=event][data-name=close_custom_modal] code')?.textContent === '{}'`)
	tab.Run(chromedp.Click(`#event-close_custom_modal button`))
	tab.Wait(`document.querySelector('#event-close_custom_modal[data-listening=false]')`)
}

// Every trial does what it says and ends with a word on whether the host still
// answers. The fake host answers carelessly, so only the ends are compared.
func TestTrialsEnd(t *testing.T) {
	t.Parallel()
	r := inPage(t)
	tab := browsertest.New(t)
	tab.Open(r.address("/panel", nil))
	tab.Wait(`document.documentElement.dataset.sdk === 'initialised'`)
	names := browsertest.Eval[[]string](tab, `[...document.querySelectorAll('[data-trial]:not([data-leaves])')].map((f) => f.dataset.trial).filter((n) => n !== 'top')`)
	if len(names) < 12 {
		t.Errorf("only %d trials: %v", len(names), names)
	}
	for _, name := range names {
		args := browsertest.Eval[string](tab, fmt.Sprintf(`document.getElementById('trial-%s').elements.args?.value ?? ''`, name))
		got := send(t, tab, "trial-"+name, args)
		if got.State != "resolved" || !strings.Contains(got.Text, `"hostAnswers": true`) || !strings.Contains(got.Text, `"result"`) {
			t.Errorf("%s: %+v", name, got)
		}
	}
	if strays := browsertest.Eval[int](tab, `host.strays`); strays < 20 {
		t.Errorf("the host heard %d messages that it could not read", strays)
	}
}

// The query decides how the page initialises.
func TestInitialiseOtherwise(t *testing.T) {
	t.Parallel()
	r := inPage(t)
	tab := browsertest.New(t)
	tab.Open(r.address("/panel?init=never", nil))
	tab.Wait(`document.documentElement.dataset.sdk === 'never' && host.commands.length === 0 && host.listeners.length === 3`)
	if got := send(t, tab, "command-get_metadata", ""); got.State != "threw" || got.Text != "Error: SDK is not initialized" {
		t.Errorf("before the handshake: %+v", got)
	}
	tab.Open(r.address("/panel?init=twice", nil))
	tab.Wait(`host.commands.length === 2`)
	tab.Open(r.address("/panel?init=late&after=50", nil))
	tab.Wait(`document.documentElement.dataset.sdk === 'initialised'`)
	tab.Open(r.address("/panel", func(p *surfaceapi.Params) { p.ID = "" }))
	tab.Wait(`document.getElementById('state').textContent === 'Error: Missing custom UI identifier'`)
}

// No surface is wider than its window, from 200 to 800 pixels, light and dark.
// DOCKWRIGHT_SCREENS keeps the pictures elsewhere than in a temporary directory.
func TestPagesFit(t *testing.T) {
	t.Parallel()
	r := inPage(t)
	dir := t.TempDir()
	if to := os.Getenv("DOCKWRIGHT_SCREENS"); to != "" {
		dir = to
	}
	tab := browsertest.New(t)
	for _, theme := range []surfaceapi.Theme{surfaceapi.Light, surfaceapi.Dark} {
		for _, width := range []int64{200, 400, 800} {
			for _, path := range paths {
				tab.Run(chromedp.EmulateViewport(width, 700))
				tab.Open(r.address(path, func(p *surfaceapi.Params) {
					p.Theme, p.Resource, p.View, p.SelectedIDs, p.Data = theme, "deal", "details", []int64{73}, []byte(`{"from":"a button"}`)
				}))
				tab.Wait(`document.documentElement.dataset.sdk === 'initialised'`)
				if over := browsertest.Eval[int](tab, `document.documentElement.scrollWidth - document.documentElement.clientWidth`); over > 0 {
					t.Errorf("%s, %s, %d: %d pixels wider than its window", path, theme, width, over)
				}
				tab.Screenshot(filepath.Join(dir, fmt.Sprintf("sink-%s-%s-%d.png", path[1:], theme, width)), width, 2400)
			}
		}
	}
}
