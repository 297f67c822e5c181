package main

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/chromedp/chromedp"

	"github.com/dockwright/dockwright/internal/browsertest"
	"github.com/dockwright/dockwright/pipedrive/surfaceapi"
)

// sdkCases are every command and every event. Those that change the page come
// last.
var sdkCases = []sdkCase{
	{name: "parameters", play: playParameters},
	{name: "track focused", play: playFocused}, // before there is a second SDK on the page, which reports it too
	{name: "initialize", play: playInitialize},
	{name: "get_metadata", play: playMetadata},
	{name: "get_signed_token", play: playSignedToken},
	{name: "show_snackbar", play: playSnackbar},
	{name: "show_confirmation", play: playConfirmation},
	{name: "resize", play: playResize},
	{name: "set_notification", play: playNotification},
	{name: "show_floating_window", play: playShowWindow},
	{name: "set_focus_mode", play: playFocusMode},
	{name: "hide_floating_window", play: playHideWindow},
	{name: "event visibility by the user", on: []surfaceapi.Surface{surfaceapi.Panel}, play: playPanelVisibility},
	{name: "event visibility by the user", on: []surfaceapi.Surface{surfaceapi.FloatingWindow}, play: playWindowVisibility},
	{name: "event user_settings_change", play: playTheme},
	{name: "event page_visibility_state", play: playPageVisibility},
	{name: "unknown and malformed", play: playMalformed},
	{name: "open_modal custom_modal", on: notModal, play: playCustomModal},
	{name: "event close_custom_modal by the user", on: notModal, play: playCloseByUser},
	{name: "open_modal custom_modal and json_modal", on: []surfaceapi.Surface{surfaceapi.ModalSurface}, play: playSecondModal},
	{name: "open_modal json_modal", on: notModal, play: playJSONModal},
	{name: "open_modal deal", play: playForm(surfaceapi.DealModal, `{"title":"A new sink","person":"Mari Tamm","organization":"Sinks and Sons"}`, "title", "/deals/%d", "A new sink")},
	{name: "open_modal person", play: playForm(surfaceapi.PersonModal, `{"name":"Juhan Mets","organization":"Sinks and Sons"}`, "name", "/persons/%d", "Juhan Mets")},
	{name: "open_modal organization", play: playForm(surfaceapi.OrganizationModal, `{"name":"Taps of Tartu"}`, "name", "/organizations/%d", "Taps of Tartu")},
	{name: "open_modal activity", play: playForm(surfaceapi.ActivityModal, `{"subject":"Fit the sink","dueDate":"2030-01-15","dueTime":"10:30","duration":"01:15","note":"<b>Bring</b> the pipe","deal":1}`, "subject", "", "")},
	{name: "close_modal", on: notModal, play: playCloseNothing},
	{name: "close_modal", on: []surfaceapi.Surface{surfaceapi.ModalSurface}, play: playCloseModal, leaves: true},
	{name: "event visibility by a phone number", on: []surfaceapi.Surface{surfaceapi.FloatingWindow}, play: playPhoneNumber, leaves: true},
	{name: "parameters at other records", on: []surfaceapi.Surface{surfaceapi.Panel}, play: playOtherRecords, leaves: true},
	{name: "parameters from actions menus", on: []surfaceapi.Surface{surfaceapi.ModalSurface}, play: playMenus, leaves: true},
	{name: "redirect_to", play: playRedirect, leaves: true},
	{name: "redirect_to settings", play: playRedirectToSettings, leaves: true},
}

var notModal = []surfaceapi.Surface{surfaceapi.Panel, surfaceapi.FloatingWindow, surfaceapi.AppSettings}

// The address of the iframe says who looks at what, and the token is genuine.
// spec: surface.params, surface.token
func playParameters(t *testing.T, s *stage, f *sinkFrame) {
	want := map[string]string{
		"userId": "1", "companyId": "1", "id": f.id, "theme": "light", "resource": "none", "view": "none", "selectedIds": "none", "data": "none", "context": "none",
		"referrer": s.at.Host + "/", "storage": "works",
	}
	if f.surface == surfaceapi.Panel || f.surface == surfaceapi.ModalSurface {
		want["resource"], want["view"], want["selectedIds"] = "deal", "details", "1"
	}
	if f.surface == surfaceapi.ModalSurface {
		want["data"] = `{"from":"a button"}`
	}
	for name, value := range want {
		if got := f.fact(t, name); got != value {
			t.Errorf("%s is %s, want %s", name, got, value)
		}
	}
	if token := f.fact(t, "token"); !strings.HasPrefix(token, "genuine, for ") {
		t.Errorf("the token is %s", token)
	}
	if features := f.fact(t, "features"); !strings.Contains(features, "microphone") || !strings.Contains(features, "clipboard-write") {
		t.Errorf("the iframe may use %s", features)
	}
}

// Panels stand at people and organizations too.
// spec: surface.panel, surface.params
func playOtherRecords(t *testing.T, s *stage, _ *sinkFrame) {
	for page, resource := range map[string]string{"/persons/1": "person", "/organizations/1": "organization"} {
		before := s.driver.loads()
		s.tab.Open(s.at.Host + page)
		panel := s.driver.frame(t, surfaceapi.Panel, before)
		if got := panel.fact(t, "resource") + " " + panel.fact(t, "view") + " " + panel.fact(t, "selectedIds"); got != resource+" details 1" {
			t.Errorf("at %s the panel is told %s", page, got)
		}
		var record struct {
			ID   int64
			Name string
		}
		panel.run(t, "record", "").json(t, &record)
		if record.ID != 1 || record.Name == "" {
			t.Errorf("by REST, %s is %+v", page, record)
		}
	}
}

// A menu says which record, or which rows of a list, the modal is for.
// spec: surface.modal, surface.params
func playMenus(t *testing.T, s *stage, _ *sinkFrame) {
	for _, c := range []struct{ page, entry, resource, view string }{
		{"/deals/1", `#deal-more [data-app-modal]`, "deal", "details"},
		{"/persons", `dw-bulk [data-app-modal]`, "person", "list"},
	} {
		before := s.driver.loads()
		s.tab.Open(s.at.Host + c.page)
		want := "1"
		if c.view == "list" {
			want = browsertest.Eval[string](s.tab, `[...document.querySelectorAll('dw-bulk input[name=id]')].slice(0, 2).map((b) => { b.click(); return b.value; }).join(', ')`)
		}
		s.press(c.entry)
		modal := s.driver.frame(t, surfaceapi.ModalSurface, before)
		for name, value := range map[string]string{"resource": c.resource, "view": c.view, "selectedIds": want, "data": "none"} {
			if got := modal.fact(t, name); got != value {
				t.Errorf("from %s: %s is %s, want %s", c.page, name, got, value)
			}
		}
		// Nobody is answered or told when it closes itself, since no app opened it.
		finish(t, modal.begin(t, surfaceapi.CloseModal, ""), "resolved", void)
		s.tab.Wait(`!document.querySelector('.app-modal')`)
	}
}

// The handshake may come again, and leaves the size as it is.
// spec: surface.initialize
func playInitialize(t *testing.T, _ *stage, f *sinkFrame) {
	width, height := f.size(t)
	f.command(t, surfaceapi.Initialize, `{}`).is(t, "resolved", void)
	f.untilSize(t, width, height)
	f.run(t, "trial-init-twice", "").is(t, "resolved", `{"result":["answered","answered"],"hostAnswers":true}`)
	f.untilSize(t, width, height)
}

// spec: surface.command.get-metadata
func playMetadata(t *testing.T, s *stage, f *sinkFrame) {
	want := browsertest.Eval[string](s.tab, `JSON.stringify({ windowHeight: innerHeight, windowWidth: innerWidth })`)
	f.command(t, surfaceapi.GetMetadata, "").is(t, "resolved", want)
}

// A fresh token is genuine to the app's server, and good for five minutes.
// spec: surface.command.get-signed-token
func playSignedToken(t *testing.T, _ *stage, f *sinkFrame) {
	var got struct{ Verified surfaceapi.Claims }
	f.command(t, surfaceapi.GetSignedToken, "").json(t, &got)
	c := got.Verified
	if c.UserID != 1 || c.CompanyID != 1 || c.Expires-c.IssuedAt != int64(surfaceapi.TokenLife.Seconds()) || time.Until(time.Unix(c.Expires, 0)) < 4*time.Minute {
		t.Errorf("the token says %+v", c)
	}
}

// spec: surface.command.show-snackbar
func playSnackbar(t *testing.T, s *stage, f *sinkFrame) {
	for _, c := range []struct{ args, shows string }{
		{`{"message":"The sink is full","link":{"url":"https://example.com/","label":"Empty it"}}`, `t.innerText.includes('The sink is full') && t.querySelector('a[href="https://example.com/"]')?.textContent === 'Empty it'`},
		{`{"message":"Only words"}`, `t.innerText.includes('Only words') && !t.querySelector('a')`},
	} {
		f.command(t, surfaceapi.ShowSnackbar, c.args).is(t, "resolved", void)
		s.tab.Wait(`[...document.querySelectorAll('#dw-toasts .toast')].some((t) => ` + c.shows + `)`)
		// It can be read and clicked, whatever else is open.
		s.tab.Wait(`(t => { const r = t.getBoundingClientRect(); return t.contains(document.elementFromPoint(r.left + 20, r.top + r.height / 2)); })([...document.querySelectorAll('#dw-toasts .toast')].at(-1))`)
	}
	s.tab.Run(chromedp.Evaluate[chromedp.Void](`for (const t of document.querySelectorAll('#dw-toasts .toast')) t.querySelector('button:last-of-type').click()`))
	f.run(t, "trial-script-link", `["javascript:alert(1)", " JaVaScRiPt:alert(1)", "data:text/html,x"]`).refusals(t, 3)
	if n := browsertest.Eval[int](s.tab, `document.querySelectorAll('#dw-toasts .toast').length`); n > 0 {
		t.Errorf("%d toasts are shown for links with a script", n)
	}
}

// spec: surface.command.show-confirmation
func playConfirmation(t *testing.T, s *stage, f *sinkFrame) {
	const full = `{"title":"Pull the plug?","description":"The water will be gone.","okText":"Pull","cancelText":"Leave it","okColor":"negative"}`
	for button, want := range map[string]string{"Pull": `{"confirmed":true}`, "Leave it": `{"confirmed":false}`} {
		wait := f.begin(t, surfaceapi.ShowConfirmation, full)
		s.tab.Wait(`[...document.querySelectorAll('dialog[open]')].some((d) => d.innerText.includes('The water will be gone.'))`)
		s.answerQuestion("Pull the plug?", button)
		await(t, wait).is(t, "resolved", want)
	}
	// The least that may be said; the texts are OK and Cancel then.
	wait := f.begin(t, surfaceapi.ShowConfirmation, `{"title":"Really?"}`)
	s.answerQuestion("Really?", "OK")
	await(t, wait).is(t, "resolved", `{"confirmed":true}`)
}

// spec: surface.command.resize
func playResize(t *testing.T, _ *stage, f *sinkFrame) {
	width, _ := f.size(t)
	wide := 480 // what windows and modals become; panels and settings pages are as wide as their place
	if f.surface == surfaceapi.Panel || f.surface == surfaceapi.AppSettings {
		wide = width
	}
	f.command(t, surfaceapi.Resize, `{"height":360,"width":480}`).is(t, "resolved", void)
	f.untilSize(t, wide, 360)
	f.command(t, surfaceapi.Resize, `{"height":420}`).is(t, "resolved", void)
	f.untilSize(t, wide, 420)
	f.command(t, surfaceapi.Initialize, `{"size":{"height":400}}`).is(t, "resolved", void)
	f.untilSize(t, wide, 400)
	// Out of range nothing changes, and the answer is still void.
	for _, args := range []string{`{"height":1}`, `{"height":99999}`, `{"height":-300}`} {
		f.command(t, surfaceapi.Resize, args).is(t, "resolved", void)
	}
	f.untilSize(t, wide, 400)
	f.command(t, surfaceapi.Resize, `{"height":"300"}`).is(t, "rejected", "")
	f.untilSize(t, wide, 400)
}

// The number stands at the app's icon, at most as 9+.
// spec: surface.command.set-notification, surface.dock.badge
func playNotification(t *testing.T, s *stage, f *sinkFrame) {
	for _, c := range []struct{ args, shown string }{{`{"number":3}`, "3"}, {`{"number":120}`, "9+"}, {`{"number":0}`, ""}, {`{"number":7}`, "7"}, {`{}`, ""}} {
		f.command(t, surfaceapi.SetNotification, c.args).is(t, "resolved", void)
		s.tab.Wait(fmt.Sprintf(`(b => b.hidden ? '' : b.textContent)(document.querySelector('#dock-pin-%s .dock-badge')) === %q`, s.clientID, c.shown))
	}
}

// windowFrame is the page in the app's floating window, which is always loaded.
func (s *stage) windowFrame(t *testing.T) *sinkFrame {
	t.Helper()
	return s.driver.frame(t, surfaceapi.FloatingWindow, s.entered)
}

// The window is shown from any surface of the app, and hears of it with the
// context.
// spec: surface.command.show-floating-window, surface.event.visibility
func playShowWindow(t *testing.T, s *stage, f *sinkFrame) {
	window := s.windowFrame(t)
	for args, want := range map[string]string{
		`{"context":{"ticketId":"T-9"}}`: `{"data":{"is_visible":true,"context":{"invoker":"command","ticketId":"T-9"}}}`,
		``:                               `{"data":{"is_visible":true,"context":{"invoker":"command"}}}`,
	} {
		since := window.heard()
		f.command(t, surfaceapi.ShowFloatingWindow, args).is(t, "resolved", void)
		s.tab.Wait(fmt.Sprintf(`document.querySelector('%s.shown')`, s.window()))
		window.hears(t, surfaceapi.Visibility, since, want)
	}
}

// Focus mode takes the close button away until the window opens anew.
// spec: surface.command.set-focus-mode
func playFocusMode(t *testing.T, s *stage, f *sinkFrame) {
	f.command(t, surfaceapi.ShowFloatingWindow, ``).is(t, "resolved", void)
	closable := fmt.Sprintf(`document.querySelector('%s .window-close').checkVisibility()`, s.window())
	f.command(t, surfaceapi.SetFocusMode, `true`).is(t, "resolved", void)
	s.tab.Wait(`!` + closable)
	f.command(t, surfaceapi.SetFocusMode, `false`).is(t, "resolved", void)
	s.tab.Wait(closable)
	f.command(t, surfaceapi.SetFocusMode, `true`).is(t, "resolved", void)
	f.command(t, surfaceapi.HideFloatingWindow, ``).is(t, "resolved", void)
	f.command(t, surfaceapi.SetFocusMode, `true`).is(t, "rejected", "")
	f.command(t, surfaceapi.ShowFloatingWindow, ``).is(t, "resolved", void)
	s.tab.Wait(closable)
	f.command(t, surfaceapi.SetFocusMode, `{"enabled":true}`).is(t, "rejected", "")
}

// spec: surface.command.hide-floating-window
func playHideWindow(t *testing.T, s *stage, f *sinkFrame) {
	window := s.windowFrame(t)
	f.command(t, surfaceapi.ShowFloatingWindow, ``).is(t, "resolved", void)
	since := window.heard()
	f.command(t, surfaceapi.HideFloatingWindow, `{"context":{"reason":"done"}}`).is(t, "resolved", void)
	s.tab.Wait(fmt.Sprintf(`document.querySelector('%s:not(.shown)')`, s.window()))
	window.hears(t, surfaceapi.Visibility, since, `{"data":{"is_visible":false,"context":{"invoker":"command","reason":"done"}}}`)
	f.command(t, surfaceapi.HideFloatingWindow, ``).is(t, "resolved", void)
	if window.left() {
		t.Error("the hidden window's page is gone")
	}
	if f.surface == surfaceapi.FloatingWindow {
		s.showWindow(t)
	}
}

// A panel hears that it is collapsed and expanded, without a context.
// spec: surface.event.visibility
func playPanelVisibility(t *testing.T, s *stage, f *sinkFrame) {
	for _, want := range []string{`{"data":{"is_visible":false}}`, `{"data":{"is_visible":true}}`} {
		since := f.heard()
		s.press(`dw-panel .panel-toggle`)
		f.hears(t, surfaceapi.Visibility, since, want)
	}
}

// A window hears that the user closed it, and opened it again.
// spec: surface.event.visibility
func playWindowVisibility(t *testing.T, s *stage, f *sinkFrame) {
	since := f.heard()
	s.press(s.window() + ` .window-close`)
	f.hears(t, surfaceapi.Visibility, since, `{"data":{"is_visible":false,"context":{"invoker":"user"}}}`)
	since = f.heard()
	s.showWindow(t)
	f.hears(t, surfaceapi.Visibility, since, `{"data":{"is_visible":true,"context":{"invoker":"user"}}}`)
}

// A click on a phone number shows the window, which hears of the number under the
// names that apps are known to look for, and of the record.
// spec: surface.calls, surface.calls.context
func playPhoneNumber(t *testing.T, s *stage, _ *sinkFrame) {
	before := s.driver.loads()
	s.tab.Open(s.at.Host + "/persons/1")
	window := s.driver.frame(t, surfaceapi.FloatingWindow, before)
	number := browsertest.Eval[string](s.tab, `document.querySelector('main [data-phone]').dataset.phone`)
	since := window.heard()
	s.press(`main [data-phone]`)
	s.tab.Wait(fmt.Sprintf(`document.querySelector('%s.shown')`, s.window()))
	var heard struct {
		Data struct {
			IsVisible bool `json:"is_visible"`
			Context   map[string]any
		}
	}
	if err := json.Unmarshal([]byte(window.event(t, surfaceapi.Visibility, since)), &heard); err != nil {
		t.Fatal(err)
	}
	c := heard.Data.Context
	if !heard.Data.IsVisible || c["invoker"] != "user" || c["number"] != number || c["phone"] != number || c["person_id"] != float64(1) {
		t.Errorf("the window heard %+v, the number is %s", heard.Data, number)
	}
}

// The theme reaches the app live, and what the SDK keeps of it is right too.
// spec: surface.event.user-settings-change
func playTheme(t *testing.T, s *stage, f *sinkFrame) {
	for _, theme := range []string{"dark", "light"} {
		since := f.heard()
		s.press(fmt.Sprintf(`dw-theme button[value=%s]`, theme))
		if got := f.event(t, surfaceapi.UserSettingsChange, since); !strings.Contains(got, fmt.Sprintf(`"data":{"theme":%q}`, theme)) {
			t.Errorf("the app heard %s", got)
		}
		if got := ask[string](t, f, map[string]any{"do": "root", "name": "theme"}); got != theme {
			t.Errorf("the page is %s, want %s", got, theme)
		}
		if got, want := f.fact(t, "theme"), theme+"; userSettings.theme is "+theme; got != want {
			t.Errorf("the theme is %q, want %q", got, want)
		}
	}
}

// The SDK makes this event in the iframe; the host has nothing to do with it, and
// nothing against it.
// spec: surface.event.page-visibility-state
func playPageVisibility(t *testing.T, _ *stage, f *sinkFrame) {
	since := f.heard()
	ask[bool](t, f, map[string]any{"do": "dispatch", "name": "visibilitychange", "on": "document"})
	f.hears(t, surfaceapi.PageVisibilityState, since, `{"data":{"state":"visible"}}`)
}

// The SDK reports that the iframe has the focus, once for each time.
func playFocused(t *testing.T, s *stage, f *sinkFrame) {
	s.tab.Run(chromedp.Evaluate[chromedp.Void](`tracks.length = 0`))
	for _, name := range []string{"blur", "focus", "focus"} {
		ask[bool](t, f, map[string]any{"do": "dispatch", "name": name, "on": "window"})
	}
	f.command(t, surfaceapi.GetMetadata, "") // messages arrive in order
	if n := browsertest.Eval[int](s.tab, fmt.Sprintf(`tracks.filter((e) => e.frame === %q && e.name === 'focused').length`, f.id)); n != 1 {
		t.Errorf("the host heard %d times that the iframe has the focus", n)
	}
}

// Whatever is asked is answered once, in words; what cannot be answered changes
// nothing.
// spec: surface.reply-once, surface.message-guard
func playMalformed(t *testing.T, _ *stage, f *sinkFrame) {
	f.run(t, "trial-unknown-command", `["launch_rocket", "constructor", ""]`).refusals(t, 3)
	f.run(t, "trial-unknown-action", `{"action_id":"no such modal"}`).refusals(t, 2)
	var malformed struct {
		Result []struct {
			Command string
			Answer  *struct {
				Data  any
				Error any
			}
		}
		HostAnswers bool
	}
	f.run(t, "trial-malformed", "").json(t, &malformed)
	for i, r := range malformed.Result {
		if r.Answer == nil {
			t.Errorf("%d, %s, was not answered", i, r.Command)
		} else if text, ok := r.Answer.Error.(string); !ok || text == "" {
			t.Errorf("%d, %s, was answered with %+v", i, r.Command, *r.Answer)
		}
	}
	if len(malformed.Result) < 10 || !malformed.HostAnswers {
		t.Errorf("%d calls, and the host answers: %t", len(malformed.Result), malformed.HostAnswers)
	}
	f.run(t, "trial-wrong-id", `{"id":"rt_of_somebody_else"}`).is(t, "resolved", `{"result":{"answers":[]},"hostAnswers":true}`)
	f.run(t, "trial-uncloneable", "").is(t, "resolved", `{"result":"DataCloneError","hostAnswers":true}`)
}

// refusals reads the answer of a trial and checks that each of its n calls was
// refused in words.
func (a sinkAnswer) refusals(t *testing.T, n int) {
	t.Helper()
	var got struct {
		Result      []struct{ Error string }
		HostAnswers bool
	}
	a.json(t, &got)
	if len(got.Result) != n || !got.HostAnswers {
		t.Errorf("expected %d refusals, got %s", n, a.Text)
	}
	for i, r := range got.Result {
		if r.Error == "" {
			t.Errorf("call %d was not refused in words: %s", i, a.Text)
		}
	}
}

// The app's modal has the data, and where its opener was shown. When the modal
// closes itself the opener is answered, and told.
// spec: surface.command.open-modal, surface.modal.inherit, surface.event.close-custom-modal
func playCustomModal(t *testing.T, s *stage, f *sinkFrame) {
	for _, args := range []string{customModal, `{"type":"custom_modal","action_id":"Kitchen sink drain"}`} {
		since := f.heard()
		modal, wait := s.openModal(t, f, args)
		want := "none"
		if args == customModal {
			want = `{"from":"a button"}`
		}
		if got := modal.fact(t, "data"); got != want {
			t.Errorf("the modal's data is %s, want %s", got, want)
		}
		if got, want := modal.fact(t, "selectedIds"), f.fact(t, "selectedIds"); got != want {
			t.Errorf("the modal's selectedIds are %s, its opener's %s", got, want)
		}
		finish(t, modal.begin(t, surfaceapi.CloseModal, ""), "resolved", void)
		await(t, wait).is(t, "resolved", `{"status":"closed"}`)
		f.hears(t, surfaceapi.CloseCustomModal, since, `{}`)
		s.tab.Wait(`!document.querySelector('.app-modal')`)
	}
}

// The same when the user closes it.
// spec: surface.event.close-custom-modal
func playCloseByUser(t *testing.T, s *stage, f *sinkFrame) {
	since := f.heard()
	_, wait := s.openModal(t, f, customModal)
	s.press(`.app-modal-close`)
	await(t, wait).is(t, "resolved", `{"status":"closed"}`)
	f.hears(t, surfaceapi.CloseCustomModal, since, `{}`)
}

// There is one modal at a time.
// spec: surface.modal
func playSecondModal(t *testing.T, _ *stage, f *sinkFrame) {
	f.command(t, surfaceapi.OpenModal, customModal).is(t, "rejected", "")
	f.command(t, surfaceapi.OpenModal, `{"type":"json_modal","action_id":"Kitchen sink form"}`).is(t, "rejected", "")
}

// JSON modals are not built, and the app is told so by the requirement's id. Apps
// are known to open custom modals with their type.
// spec: surface.json-modal, surface.modal.as-json
func playJSONModal(t *testing.T, s *stage, f *sinkFrame) {
	if a := f.command(t, surfaceapi.OpenModal, `{"type":"json_modal","action_id":"Kitchen sink form"}`); a.State != "rejected" || !strings.Contains(a.Text, "surface.json-modal") {
		t.Errorf("the answer is %+v", a)
	}
	modal, wait := s.openModal(t, f, `{"type":"json_modal","action_id":"Kitchen sink"}`)
	finish(t, modal.begin(t, surfaceapi.CloseModal, ""), "resolved", void)
	await(t, wait).is(t, "resolved", `{"status":"closed"}`)
}

// playForm opens a form of the host, which has the values of prefill; cancelled it
// answers closed, saved it answers the id of what was made.
// spec: surface.command.open-modal
func playForm(kind surfaceapi.Modal, prefill, field, page, title string) func(*testing.T, *stage, *sinkFrame) {
	args := fmt.Sprintf(`{"type":%q,"prefill":%s}`, kind, prefill)
	const form = `#form-dialog[open]`
	return func(t *testing.T, s *stage, f *sinkFrame) {
		since := f.heard()
		wait := f.begin(t, surfaceapi.OpenModal, args)
		s.tab.Wait(fmt.Sprintf(`document.querySelector('%s [name=%s]')?.value && %q.includes(document.querySelector('%s [name=%s]').value)`, form, field, prefill, form, field))
		s.press(form + ` [data-cancel]`)
		await(t, wait).is(t, "resolved", `{"status":"closed"}`)

		wait = f.begin(t, surfaceapi.OpenModal, args)
		s.tab.Wait(fmt.Sprintf(`document.querySelector('%s [name=%s]')?.value`, form, field))
		path := browsertest.Eval[string](s.tab, `location.pathname`)
		s.press(form + ` button[type=submit].primary`)
		var got struct {
			Status surfaceapi.Status
			ID     int64
		}
		await(t, wait).json(t, &got)
		if got.Status != surfaceapi.Submitted || got.ID == 0 {
			t.Errorf("the answer is %+v", got)
		}
		if now := browsertest.Eval[string](s.tab, `location.pathname`); now != path {
			t.Errorf("the user was led from %s to %s", path, now)
		}
		if page != "" {
			p, err := newVisitor().get(t.Context(), s.at.Host+fmt.Sprintf(page, got.ID))
			if err != nil || !strings.Contains(p.text(), title) {
				t.Errorf("%s of the new record: %v", page, err)
			}
		}
		f.d.mu.Lock()
		defer f.d.mu.Unlock()
		if told := f.events(surfaceapi.CloseCustomModal, since); len(told) > 0 {
			t.Error("a form of the host is no custom modal, and yet the app was told that one closed")
		}
	}
}

// close_modal without a modal is refused.
// spec: surface.command.close-modal
func playCloseNothing(t *testing.T, _ *stage, f *sinkFrame) {
	f.command(t, surfaceapi.CloseModal, "").is(t, "rejected", "")
}

// spec: surface.command.close-modal
func playCloseModal(t *testing.T, s *stage, f *sinkFrame) {
	since := s.opener.heard()
	finish(t, f.begin(t, surfaceapi.CloseModal, ""), "resolved", void)
	s.tab.Wait(`!document.querySelector('.app-modal')`)
	await(t, s.opened).is(t, "resolved", `{"status":"closed"}`)
	s.opener.hears(t, surfaceapi.CloseCustomModal, since, `{}`)
}

// Lists and records; campaigns and projects are not there, and the app is told so.
// spec: surface.command.redirect-to
func playRedirect(t *testing.T, s *stage, f *sinkFrame) {
	for _, view := range []string{"campaigns", "projects"} {
		f.command(t, surfaceapi.RedirectTo, fmt.Sprintf(`{"view":%q}`, view)).is(t, "rejected", "")
	}
	surface := f.surface
	places := []struct{ args, path string }{
		{`{"view":"deals","id":2}`, "/deals/2"}, {`{"view":"contacts"}`, "/persons"}, {`{"view":"contacts","id":"1"}`, "/persons/1"},
		{`{"view":"organizations","id":1}`, "/organizations/1"}, {`{"view":"organizations"}`, "/organizations"}, {`{"view":"deals"}`, "/deals"}, {`{"view":"leads"}`, "/leads"},
	}
	if surface != surfaceapi.FloatingWindow {
		places = places[:2] // each costs a page, and the way is the same
	}
	for _, c := range places {
		if f.left() || surface != surfaceapi.FloatingWindow {
			s.enter(t, surface) // windows stay, the others went with their page
			f = s.frame
		}
		s.tab.Run(chromedp.Evaluate[chromedp.Void](`window.unreloaded = true`))
		wait := f.begin(t, surfaceapi.RedirectTo, c.args)
		s.tab.Wait(fmt.Sprintf(`location.pathname === %q`, c.path))
		finish(t, wait, "resolved", void)
		if !browsertest.Eval[bool](s.tab, `window.unreloaded === true`) {
			t.Errorf("%s: the page was loaded anew", c.args)
		}
		if surface == surfaceapi.FloatingWindow && f.left() {
			t.Errorf("%s: the window was loaded anew", c.args)
		}
	}
}

// The context of a settings page stands in its address.
// spec: surface.command.redirect-to, surface.settings
func playRedirectToSettings(t *testing.T, s *stage, f *sinkFrame) {
	before := s.driver.loads()
	finish(t, f.begin(t, surfaceapi.RedirectTo, `{"view":"settings","context":{"tab":"taps"}}`), "resolved", void)
	settings := s.driver.frame(t, surfaceapi.AppSettings, before)
	if got := settings.fact(t, "context"); got != `{"tab":"taps"}` {
		t.Errorf("the settings page's context is %s", got)
	}
}
