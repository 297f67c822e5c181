package web

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"regexp"
	"testing"

	"github.com/dockwright/dockwright/internal/browsertest"
	"github.com/dockwright/dockwright/internal/host/route"
)

// stamps are two instants of today as a person reads them.
var stamps = regexp.MustCompile(`^\d\d:\d\d:\d\d[.,]\d{3} \d\d:\d\d:\d\d[.,]\d{3}$`)

// TestInspectorInBrowser sees an exchange come by itself, narrows the list while
// typing, and replays one with a question and one without.
// spec: inspector.exchanges, inspector.replay-asks
func TestInspectorInBrowser(t *testing.T) {
	t.Parallel()
	rig := newInspectorRig(t)
	mux := http.NewServeMux()
	for _, rt := range append(rig.web.shellRoutes(), rig.web.liveRoutes()...) {
		mux.Handle(rt.Method+" "+rt.Pattern, rig.web.secured(rt.Handler))
	}
	mux.Handle(inspectorPath, rig.pages)
	mux.Handle(inspectorPath+"/", rig.pages)
	srv := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		mux.ServeHTTP(w, r.WithContext(route.WithCaller(r.Context(), rig.as)))
	}))
	t.Cleanup(srv.Close)
	rig.web.csp = contentSecurityPolicy(srv.URL, "")

	tab := browsertest.New(t)
	shows := func(text string, yes bool) string {
		return fmt.Sprintf(`document.querySelector('main').innerText.includes(%q) === %v`, text, yes)
	}
	click := func(selector string) {
		t.Helper()
		tab.Wait(fmt.Sprintf(`document.querySelector(%q) !== null`, selector))
		browsertest.Eval[any](tab, fmt.Sprintf(`document.querySelector(%q).click()`, selector))
	}
	tab.Open(srv.URL + inspectorPath)
	tab.Wait(`document.documentElement.dataset.live === 'on'`)
	tab.Wait(shows("Nothing was said yet", true))
	get := rig.call(t, "GET", "/conversations", "", "")
	tab.Wait(shows("/conversations", true))
	rig.call(t, "GET", "/later", "", "")
	tab.Wait(shows("/later", true))
	if got := browsertest.Eval[string](tab, `[...document.querySelectorAll('dw-stamp')].map((s) => s.textContent).join(' ')`); !stamps.MatchString(got) {
		t.Errorf("news changed how instants are written: %q", got)
	}

	browsertest.Eval[any](tab, `(() => {
		const q = document.querySelector('[name=q]');
		q.focus();
		q.value = 'needle';
		q.dispatchEvent(new Event('input', {bubbles: true}));
	})()`)
	tab.Wait(shows("/conversations", false))
	post := rig.call(t, "POST", "/messages", "application/json", `{"text":"needle"}`)
	rig.call(t, "GET", "/else", "", "")
	tab.Wait(shows("/messages", true))
	if !browsertest.Eval[bool](tab, `document.activeElement.name === 'q' && document.activeElement.value === 'needle' && location.search === '?q=needle'`) {
		t.Error("the search field lost what was typed, or the address does not say it")
	}
	if browsertest.Eval[bool](tab, shows("/else", true)) {
		t.Error("news that the filter excludes was shown")
	}

	click(fmt.Sprintf("#exchange-%d a", post))
	click("form button.primary")
	tab.Wait(shows("Send this POST again?", true))
	if len(rig.heard) != 0 {
		t.Error("the request was sent before the answer")
	}
	click("button[name=confirm]")
	tab.Wait(shows(fmt.Sprintf("Replay of #%d", post), true))
	if got := <-rig.heard; got != "POST /messages signed true" {
		t.Errorf("the app heard %s", got)
	}

	tab.Open(srv.URL + exchangePath(get))
	click("form button.primary")
	tab.Wait(shows(fmt.Sprintf("Replay of #%d", get), true))
	<-rig.heard
}
