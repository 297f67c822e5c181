package web_test

import (
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/chromedp/chromedp"

	"github.com/dockwright/dockwright/internal/browsertest"
)

// A person names an app, picks a template, and is told what to do next; the app
// is called and answers.
// spec: devhub.wizard
// spec: devhub.check-callback
func TestWizardInBrowser(t *testing.T) {
	t.Parallel()
	app := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path != "/callback" {
			http.NotFound(w, r)
		}
	}))
	t.Cleanup(app.Close)
	s := newSite(t)
	b := browsertest.New(t)
	b.Open(s.url + "/developer-hub")
	b.Run(chromedp.Click(`main a[href="/developer-hub/new"]`))
	b.Wait(arrived("/developer-hub/new", "New app"))
	if at := browsertest.Eval[string](b, `document.getElementById('app-callback').value`); at != "http://localhost:3000/callback" {
		t.Errorf("the callback begins as %q", at)
	}
	b.Run(
		chromedp.SendKeys(`#app-name`, "Quote Builder"),
		chromedp.Click(`label:has(input[value="panel"])`),
		chromedp.SetValue(`#app-callback`, "ftp://localhost"),
		chromedp.Click(`main button[type="submit"]`),
	)
	b.Wait(`document.getElementById('app-callback').closest('.field').querySelector('.field-error')?.textContent.includes('Expected an address')`)
	b.Run(
		chromedp.SetValue(`#app-callback`, app.URL+"/callback"),
		chromedp.Click(`main button[type="submit"]`),
	)
	b.Wait(`document.querySelector('main h1')?.textContent === 'Quote Builder' && !document.documentElement.dataset.busy`)
	lines := browsertest.Eval[string](b, `document.getElementById('env-lines').textContent`)
	for _, want := range []string{"CLIENT_ID=", "CLIENT_SECRET=", "CALLBACK_URL=" + app.URL + "/callback", "HOST_URL=" + s.url} {
		if !strings.Contains(lines, want) {
			t.Errorf("%q lacks %q", lines, want)
		}
	}
	if shows := browsertest.Eval[string](b, `document.getElementById('next-steps').textContent`); !strings.Contains(shows, app.URL+"/panel") {
		t.Errorf("no panel at the app's address: %s", shows)
	}
	b.Run(chromedp.Click(`form[action$="/check"] button`))
	b.Wait(`document.getElementById('callback-check')?.textContent.includes('answered 200')`)
	app.Close()
	b.Run(chromedp.Click(`form[action$="/check"] button`))
	b.Wait(`document.getElementById('callback-check')?.textContent.includes('nobody listens')`)
}

// A refused schema is shown at its line, a missing location at the check boxes.
// spec: devhub.upload.line-and-key
func TestSchemaFormInBrowser(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	b := browsertest.New(t)
	b.Open(s.url + "/developer-hub/new")
	b.Run(chromedp.SendKeys(`#app-name`, "Parcels"), chromedp.Click(`main button[type="submit"]`))
	b.Wait(`document.querySelector('main h1')?.textContent === 'Parcels' && !document.documentElement.dataset.busy`)
	b.Open(browsertest.Eval[string](b, `location.href`) + "/extensions/new?kind=json_panel")
	b.Run(
		chromedp.SendKeys(`#ext-name`, "Parcels"),
		chromedp.SendKeys(`#ext-url`, "http://localhost:3000/parcels"),
		chromedp.Evaluate[chromedp.Void](`const text = document.getElementById('ext-schema-text'); text.value = text.value.replace('definitions/date', 'definitions/day')`),
		chromedp.Click(`main button.primary`),
	)
	b.Wait(`document.querySelector('main .field-error')?.textContent.startsWith('Line 10, items.properties.due.$ref')`)
	b.Wait(`document.activeElement.id === 'ext-schema-text'`)
	if line := browsertest.Eval[string](b, `(t => t.value.slice(t.selectionStart, t.selectionEnd))(document.getElementById('ext-schema-text'))`); !strings.Contains(line, "definitions/day") {
		t.Errorf("selected %q", line)
	}
	b.Run(chromedp.Click(`input[name="views"][value="deal-details"]`), chromedp.Click(`main button.primary`))
	b.Wait(`document.querySelector('fieldset.views .field-error')?.textContent.includes('at least one location')`)
}
