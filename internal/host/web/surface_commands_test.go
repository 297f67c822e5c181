package web_test

import (
	"strings"
	"testing"

	"github.com/chromedp/chromedp"

	"github.com/dockwright/dockwright/internal/browsertest"
)

// Arguments that no page should have to swallow: each is answered with a text that
// names what is wrong, and nothing happens.
// spec: surface.command.show-snackbar
// spec: surface.command.show-confirmation
// spec: surface.command.redirect-to
// spec: surface.command.resize
func TestCommandsRefuseWhatIsWrong(t *testing.T) {
	t.Parallel()
	_, b, app := modalRig(t)
	for js, want := range map[string]string{
		`command('show_snackbar')`:                                                                  "message",
		`command('show_snackbar', {message: ''})`:                                                   "message",
		`command('show_snackbar', {message: {a: 1}})`:                                               "message",
		`command('show_snackbar', {message: 'x'.repeat(501)})`:                                      "500",
		`command('show_snackbar', {message: 'x', link: 'here'})`:                                    "link",
		`command('show_snackbar', {message: 'x', link: {url: 'javascript:alert(1)', label: 'Go'}})`: "https or http",
		`command('show_snackbar', {message: 'x', link: {url: 'https://a.example'}})`:                "label",
		`command('show_confirmation', {})`:                                                          "title",
		`command('show_confirmation', {title: 'x', okColor: 'pink'})`:                               "okColor",
		`command('show_confirmation', {title: 'x', description: 5})`:                                "description",
		`command('redirect_to', {view: 'CONTACTS'})`:                                                "view",
		`command('redirect_to', {view: 'campaigns'})`:                                               "campaigns",
		`command('redirect_to', {view: 'deals', id: '../settings'})`:                                "id",
		`command('redirect_to', {view: 'deals', id: {}})`:                                           "id",
		`command('redirect_to', {view: 'settings', context: 'x'})`:                                  "context",
		`command('resize', {height: '300'})`:                                                        "height",
		`command('resize', {height: NaN})`:                                                          "height",
		`command('resize', 300)`:                                                                    "object",
		`command('get_everything')`:                                                                 "get_everything",
	} {
		if got := app.do("/panel", `return `+js); !strings.HasPrefix(got, `{"error":"`) || !strings.Contains(got, want) {
			t.Errorf("%s is answered %s, want an error with %q", js, got, want)
		}
	}
	if !browsertest.Eval[bool](b, `location.pathname === '/deals/7' && !document.querySelector('.toast, dialog[open]') && document.querySelector('.panel-body').offsetHeight === 300`) {
		t.Error("something of it was done")
	}
	// A link of a snackbar leads to another tab when it leads away.
	app.do("/panel", `await command('show_snackbar', {message: 'Sent.', link: {url: 'https://quotes.example.com/q', label: 'Open'}})`)
	b.Wait(`(() => { const a = document.querySelector('.toast a'); return a?.textContent === 'Open' && a.href === 'https://quotes.example.com/q' && a.target === '_blank' && a.rel === 'noopener'; })()`)
	// Both answers of a question, and its words.
	for button, want := range map[string]string{"yes": `{"data":{"confirmed":true}}`, "no": `{"data":{"confirmed":false}}`} {
		app.do("/panel", `window.answer = undefined; command('show_confirmation', {title: 'Send?', okText: 'Send it', cancelText: 'Later', okColor: 'primary'}).then((a) => { window.answer = a; })`)
		b.Wait(`document.querySelector('dialog:modal button[value=yes]')?.textContent === 'Send it' && document.querySelector('dialog:modal button[value=no]').textContent === 'Later'`)
		b.Run(click(`dialog:modal button[value=` + button + `]`))
		if got := app.do("/panel", `await until(() => window.answer); return window.answer`); got != want {
			t.Errorf("%s is answered %s", button, got)
		}
	}
	// A question goes with the frame that asked.
	app.do("/panel", `command('show_confirmation', {title: 'Still there?', description: null, okText: null, okColor: null})`)
	b.Wait(`document.querySelector('dialog:modal h2')?.textContent === 'Still there?'`)
	b.Run(chromedp.Evaluate[chromedp.Void](`document.querySelector('.rail a[href="/persons"]').click()`))
	b.Wait(arrived("/persons", "People") + ` && !document.querySelector('dialog:modal')`)
}
