package web_test

import (
	"net/http"
	"strings"
	"testing"

	"github.com/chromedp/chromedp"

	"github.com/dockwright/dockwright/internal/browsertest"
	"github.com/dockwright/dockwright/internal/host/authz"
	"github.com/dockwright/dockwright/internal/host/devhub"
	"github.com/dockwright/dockwright/internal/store"
)

// From the gear to the page, by redirect_to with a context, with a modal above it,
// and away again when the app is taken.
// spec: surface.settings
func TestSettingsOfAnApp(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	app := s.newSurfaceApp("Quotes",
		devhub.NewExtension{Kind: devhub.AppSettings, URL: "/settings?tab=1"},
		devhub.NewExtension{Kind: devhub.CustomModal, Name: "Pick template", URL: "/modal"},
	)
	page := "/settings/marketplace/app/" + app.ClientID + "/app-settings"
	b := browsertest.New(t)
	b.Open(s.url + "/settings")
	b.Run(chromedp.Evaluate[chromedp.Void](mark), chromedp.Click(`main a[href="/settings/marketplace"]`))
	b.Wait(arrived("/settings/marketplace", "Marketplace apps"))
	b.Run(chromedp.Click(`#app-` + app.ClientID + ` a[aria-label="App settings"]`))
	b.Wait(arrived(page, "Quotes"))
	app.do("/settings", `await initialize({height: 640, width: 10})`)
	b.Wait(`document.querySelector('dw-settings').dataset.frame === 'ready' && document.querySelector('dw-settings').clientHeight >= 638`)
	_, q := app.loaded("/settings")
	wants(t, q, map[string]string{"tab": "1", "userId": "1", "companyId": "1", "resource": "", "view": "", "selectedIds": "", "context": ""})

	app.do("/settings", `command('open_modal', {type: 'custom_modal', action_id: 'Pick template', data: {a: 'b'}}).then((a) => { window.answer = a; })`)
	app.do("/modal", `await initialize()`)
	b.Wait(modalOpen("Pick template"))
	_, q = app.loaded("/modal")
	wants(t, q, map[string]string{"resource": "", "view": "", "selectedIds": "", "data": `{"a":"b"}`})
	b.Run(click(`.app-modal-close`))
	app.do("/settings", `await until(() => window.answer)`)

	app.answer("/settings", willing)
	app.do("/settings", `await command('redirect_to', {view: 'settings', context: {step: 'keys', n: 2}})`)
	b.Wait(`new URLSearchParams(location.search).get('context') === '{"step":"keys","n":2}'`)
	b.Wait(`document.querySelector('dw-settings').dataset.frame === 'ready' && document.querySelector('dw-settings').dataset.context.includes('keys') && document.documentElement.dataset.live === 'on'`)
	_, q = app.loaded("/settings")
	wants(t, q, map[string]string{"context": `{"step":"keys","n":2}`})
	if !browsertest.Eval[bool](b, alive) {
		t.Error("the page was loaded anew")
	}
	s.uninstall(app, 1)
	b.Wait(`!document.querySelector('iframe:not(#call)') && document.querySelector('main').textContent.includes('nothing to set up')`)
}

// spec: surface.settings
// spec: surface.access
func TestSettingsPageWithoutAFrame(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	s.get("/")
	own := s.newSurfaceApp("Quotes", devhub.NewExtension{Kind: devhub.AppSettings, URL: "/settings"})
	outside := s.newSurfaceApp("Outside", devhub.NewExtension{Kind: devhub.AppSettings, URL: "https://outside.example.com/settings", External: true})
	none := s.newSurfaceApp("Bare")
	at := func(a *surfaceApp) string { return "/settings/marketplace/app/" + a.ClientID + "/app-settings" }
	shows := func(path string, status int, want ...string) {
		t.Helper()
		res, body := s.get(path)
		for _, words := range want {
			if res.StatusCode != status || !strings.Contains(body, words) {
				t.Errorf("%s: %d, want %d with %q:\n%.3000s", path, res.StatusCode, status, words, body[strings.Index(body, "<main"):])
			}
		}
	}
	shows(at(own), http.StatusOK, `<dw-settings`, `data-context=""`)
	shows(at(own)+"?context=%7B%22a%22%3A1%7D", http.StatusOK, `data-context="{&#34;a&#34;:1}"`)
	for _, bad := range []string{"1", "[1]", "null", "x", "%7B"} {
		shows(at(own)+"?context="+bad, http.StatusBadRequest, "Expected a JSON object")
	}
	shows(at(outside), http.StatusOK, `href="https://outside.example.com/settings" target="_blank"`)
	shows(at(none), http.StatusOK, "nothing to set up", `/marketplace/app/`+none.ClientID)
	shows("/settings/marketplace/app/none/app-settings", http.StatusNotFound, "There is no app")
	shows("/settings/marketplace", http.StatusOK, at(own), `href="https://outside.example.com/settings" target="_blank"`, "Bare")
	shows("/marketplace/app/"+own.ClientID, http.StatusOK, at(own))
	if _, body := s.get("/settings/marketplace"); strings.Contains(body, at(none)) {
		t.Error("an app without settings has a gear")
	}
	// Shared by a colleague, and not authorised.
	s.uninstall(own, 1)
	s.install(own, 2, true)
	shows(at(own), http.StatusOK, "Install Quotes first")
	shows("/settings/marketplace", http.StatusOK, "Shared by", "Authorize")
	if _, body := s.get(at(own)); strings.Contains(body, "<dw-settings") {
		t.Error("the frame is there before the app is authorised")
	}
	// Installed with less than it asks for.
	s.ok(s.db.Company(1).Update(t.Context(), func(tx *store.Tx) error {
		_, err := s.auth.AddInstallation(tx, authz.Installation{User: 1, ClientID: own.ClientID}, s.db.Now())
		return err
	}))
	shows(at(own), http.StatusOK, "Re-authorize Quotes first")
}
