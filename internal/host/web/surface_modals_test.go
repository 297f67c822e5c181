package web_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/chromedp/chromedp"
	"github.com/chromedp/chromedp/kb"

	"github.com/dockwright/dockwright/internal/browsertest"
	"github.com/dockwright/dockwright/internal/host/devhub"
	"github.com/dockwright/dockwright/internal/host/records"
)

// modalOpen is true while the custom modal of that title is open and the page
// beneath cannot be used.
func modalOpen(title string) string {
	return fmt.Sprintf(`document.querySelector('.app-modal h2')?.textContent === %q && document.querySelector('.stage').inert`, title)
}

// noModal is true when there is none, and the page can be used again.
const noModal = `!document.querySelector('.modal-layer') && !document.querySelector('.stage').inert`

// click clicks as a person does, or with the keyboard, without scrolling anything
// into view first.
func click(selector string) browsertest.Action {
	return chromedp.Evaluate[chromedp.Void](fmt.Sprintf(`document.querySelector(%q).click()`, selector))
}

// spec: surface.modal
// spec: surface.params
func TestModalsFromActionsMenus(t *testing.T) {
	t.Parallel()
	for _, at := range []struct {
		view                  devhub.View
		path, menu            string
		resource, view_, tick string
		selected              string
	}{
		{devhub.DealDetails, "/deals/1", "deal-more", "deal", "details", "", "1"},
		{devhub.PersonDetails, "/persons/2", "person-more", "person", "details", "", "2"},
		{devhub.OrganizationDetails, "/organizations/3", "organization-more", "organization", "details", "", "3"},
		{devhub.DealsList, "/deals/list", "bulk-apps-menu", "deal", "list", "3", ""},
		{devhub.PeopleList, "/persons", "bulk-apps-menu", "person", "list", "2", ""},
		{devhub.OrganizationsList, "/organizations", "bulk-apps-menu", "organization", "list", "1", ""},
		{devhub.ActivitiesList, "/activities?owner=all", "bulk-apps-menu", "activity", "list", "2", ""},
	} {
		t.Run(string(at.view), func(t *testing.T) {
			t.Parallel()
			s := newSite(t)
			app := s.newSurfaceApp("Quotes", devhub.NewExtension{Kind: devhub.CustomModal, Name: "Send a quote", URL: "/modal", Views: []devhub.View{at.view}})
			for _, subject := range []string{"Call", "Meet", "Write"} {
				_, err := s.people.CreateActivity(t.Context(), s.callerOf(1), records.ActivityPatch{Subject: &subject})
				s.ok(err)
			}
			b := browsertest.New(t)
			b.Open(s.url + at.path)
			selected := at.selected
			if at.tick != "" {
				if browsertest.Eval[bool](b, `document.querySelector('[popovertarget=bulk-apps-menu]').offsetParent !== null`) {
					t.Error("the actions menu is there before a row is ticked")
				}
				selected = browsertest.Eval[string](b, `(() => {
					const boxes = [...document.querySelectorAll('dw-bulk input[name=id]')].slice(0, `+at.tick+`);
					for (const box of boxes) box.click();
					return boxes.map((box) => box.value).join();
				})()`)
			}
			b.Run(chromedp.Click(`[popovertarget=`+at.menu+`]`), chromedp.Click(`#`+at.menu+` [data-app-modal]`))
			app.do("/modal", `await initialize({width: 640, height: 300})`)
			b.Wait(modalOpen("Send a quote") + ` && document.querySelector('.modal-frame').offsetWidth === 640 && document.querySelector('.modal-frame').offsetHeight === 300`)
			_, q := app.loaded("/modal")
			wants(t, q, map[string]string{"resource": at.resource, "view": at.view_, "selectedIds": selected, "userId": "1", "companyId": "1", "data": ""})
			b.Run(click(`.app-modal-close`))
			b.Wait(noModal)
		})
	}
}

// modalRig is the page of deal 7 with a panel, and two modals for the SDK.
func modalRig(t *testing.T) (*site, *browsertest.Tab, *surfaceApp) {
	t.Helper()
	s := newSite(t)
	app := s.newSurfaceApp("Quotes",
		devhub.NewExtension{Kind: devhub.CustomPanel, Name: "Panel", URL: "/panel", Views: []devhub.View{devhub.DealDetails}},
		devhub.NewExtension{Kind: devhub.CustomModal, Name: "Pick template", URL: "/modal"},
	)
	b := browsertest.New(t)
	b.Open(s.url + "/deals/7")
	app.do("/panel", `listen('close_custom_modal'); await initialize()`)
	return s, b, app
}

// asked begins a command whose answer comes later, into window.answer.
const asked = `window.answer = undefined; command('open_modal', %s).then((a) => { window.answer = a; })`

// spec: surface.command.open-modal
// spec: surface.command.close-modal
// spec: surface.event.close-custom-modal
// spec: surface.modal.inherit
// spec: surface.modal.data
func TestModalOpenedByTheSDK(t *testing.T) {
	t.Parallel()
	_, b, app := modalRig(t)
	app.do("/panel", fmt.Sprintf(asked, `{type: 'custom_modal', action_id: 'Pick template', data: {quoteId: 'Q-118', rows: 3}}`))
	app.do("/modal", `await initialize()`)
	b.Wait(modalOpen("Pick template") + ` && document.querySelector('.modal-frame').offsetWidth === 520 && document.querySelector('.modal-frame').offsetHeight === 400`)
	_, q := app.loaded("/modal")
	wants(t, q, map[string]string{"data": `{"quoteId":"Q-118","rows":3}`, "selectedIds": "7", "resource": "deal", "view": "details"})

	// One at a time, and the page stays as it is.
	if got := app.do("/panel", `return command('open_modal', {type: 'custom_modal', action_id: 'Pick template'})`); !strings.Contains(got, "another modal is open: Pick template") {
		t.Errorf("a second modal is answered %s", got)
	}
	if got := app.do("/panel", `return window.answer ?? 'waits'`); got != `"waits"` {
		t.Errorf("answered before it was closed: %s", got)
	}
	// The app closes it from inside; its page says that it was told before it goes.
	app.do("/modal", `setTimeout(() => { void command('close_modal'); }, 200)`)
	b.Wait(noModal)
	if got := app.do("/panel", `await until(() => window.answer && pushes.length); return [window.answer, pushes]`); got != `[{"data":{"status":"closed"}},[{"event":"close_custom_modal","message":{}}]]` {
		t.Errorf("the opener got %s", got)
	}
	// The same by its id, and closed by the person with the Escape key.
	app.do("/panel", fmt.Sprintf(asked, `{type: 'custom_modal', action_id: '`+app.Extensions[1].UUID+`'}`))
	b.Wait(modalOpen("Pick template"))
	b.Run(chromedp.Evaluate[chromedp.Void](`document.querySelector('.app-modal').focus()`), chromedp.KeyEvent(kb.Escape))
	b.Wait(noModal)
	if got := app.do("/panel", `await until(() => window.answer && pushes.length === 2); return window.answer`); got != `{"data":{"status":"closed"}}` {
		t.Errorf("the opener got %s", got)
	}
	// Nothing to close; nothing of that name; a type that is not there.
	for js, want := range map[string]string{
		`command('close_modal')`: "no custom modal of this app is open",
		`command('open_modal', {type: 'custom_modal', action_id: 'Nothing'})`:                                     "no custom modal",
		`command('open_modal', {type: 'custom_modal'})`:                                                           "action_id",
		`command('open_modal', {type: 'PERSON'})`:                                                                 "expected deal, organization, person, activity, json_modal, custom_modal",
		`command('open_modal', {type: 'json_modal', action_id: 'x'})`:                                             "surface.json-modal",
		`command('open_modal')`:                                                                                   "type",
		`command('open_modal', {type: 'custom_modal', action_id: 'Pick template', data: [1]})`:                    "data",
		`command('open_modal', {type: 'custom_modal', action_id: 'Pick template', data: {a: 'x'.repeat(17000)}})`: "16384",
		`command('open_modal', {type: 'deal', prefill: {title: 5}})`:                                              "prefill.title",
		`command('open_modal', {type: 'activity', prefill: {dueDate: '1.2.'}})`:                                   "prefill.dueDate",
		`command('open_modal', {type: 'activity', prefill: {deal: 999999}})`:                                      "prefill.deal",
	} {
		if got := app.do("/panel", `return `+js); !strings.Contains(got, `"error"`) || !strings.Contains(got, want) {
			t.Errorf("%s is answered %s, want an error with %q", js, got, want)
		}
	}
	b.Wait(noModal + ` && !document.querySelector('dialog[open]')`)
}

// Apps name a custom modal with the type of JSON modals, and give it data.
// spec: surface.modal.as-json
func TestCustomModalOpenedAsJSONModal(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	app := s.newSurfaceApp("Quotes",
		devhub.NewExtension{Kind: devhub.CustomPanel, Name: "Panel", URL: "/panel", Views: []devhub.View{devhub.DealDetails}},
		devhub.NewExtension{Kind: devhub.CustomModal, Name: "Template Editor", URL: "/modal"},
		devhub.NewExtension{Kind: devhub.CustomModal, Name: "Note", URL: "/note"},
		devhub.NewExtension{Kind: devhub.JSONModal, Name: "Note", URL: "/json", Views: []devhub.View{devhub.DealDetails}, Schema: noteSchema},
	)
	b := browsertest.New(t)
	b.Open(s.url + "/deals/7")
	app.do("/panel", `await initialize()`)
	app.do("/panel", fmt.Sprintf(asked, `{type: 'json_modal', action_id: 'Template Editor', data: {success: true, data: {url: 'https://sign.example'}}}`))
	app.do("/modal", `await initialize()`)
	b.Wait(modalOpen("Template Editor"))
	_, q := app.loaded("/modal")
	wants(t, q, map[string]string{"data": `{"success":true,"data":{"url":"https://sign.example"}}`, "selectedIds": "7"})
	b.Run(click(`.app-modal-close`))
	b.Wait(noModal)
	if got := app.do("/panel", `await until(() => window.answer); return window.answer`); got != `{"data":{"status":"closed"}}` {
		t.Errorf("the opener got %s", got)
	}
	// A JSON modal of the name comes before a custom one.
	if got := app.do("/panel", `return command('open_modal', {type: 'json_modal', action_id: 'Note'})`); !strings.Contains(got, `is a JSON modal`) || !strings.Contains(got, "surface.json-modal") {
		t.Errorf("a JSON modal is answered %s", got)
	}
	if got := app.do("/panel", `return command('open_modal', {type: 'json_modal', action_id: 'Nothing'})`); !strings.Contains(got, `no modal \"Nothing\"`) {
		t.Errorf("a modal that is not there is answered %s", got)
	}
}

// noteSchema is the smallest schema of a JSON modal.
const noteSchema = `{"type": "object", "properties": {
	"blocks": {"type": "object", "properties": {"note": {"$ref": "#/definitions/element-textarea", "options": {"label": "Note"}}}},
	"actions": {"type": "object", "properties": {"save": {"$ref": "#/definitions/action-primary", "options": {"label": "Save", "handler": "request"}}}}
}}`

// Size, what lies above, and the page beneath.
// spec: surface.modal.above
// spec: surface.modal.navigation
func TestModalStaysInItsBounds(t *testing.T) {
	t.Parallel()
	_, b, app := modalRig(t)
	app.do("/panel", fmt.Sprintf(asked, `{type: 'custom_modal', action_id: 'Pick template'}`))
	app.do("/modal", `await initialize({width: 900, height: 700})`)
	b.Wait(modalOpen("Pick template"))
	const inside = `(() => { const r = document.querySelector('.app-modal').getBoundingClientRect(); return r.left >= 0 && r.right <= innerWidth && r.top >= 0 && r.bottom <= innerHeight; })()`
	b.Wait(`document.querySelector('.modal-frame').offsetWidth === 900 && ` + inside)
	if got := app.do("/modal", `return [await command('resize', {width: 319, height: 400}), await command('resize', {height: 119}), await command('resize', {width: 5000})]`); got != `[{},{},{}]` {
		t.Errorf("resize answers %s", got)
	}
	b.Wait(`document.querySelector('.modal-frame').offsetWidth === 900`)
	b.Run(chromedp.EmulateViewport(760, 480))
	b.Wait(inside + ` && document.querySelector('.modal-frame').offsetWidth < 760`)
	b.Run(chromedp.EmulateViewport(400, 700))
	b.Wait(`(() => { const r = document.querySelector('.app-modal').getBoundingClientRect(); return r.width === 400 && r.height === 700; })()`)
	b.Run(chromedp.EmulateViewport(1280, 900))

	// Toasts and questions lie above it and can be used.
	app.do("/modal", `await command('show_snackbar', {message: 'Sent.'}); command('show_confirmation', {title: 'Send now?'}).then((a) => { window.confirmed = a; })`)
	b.Wait(`document.querySelector('dialog:modal h2')?.textContent === 'Send now?'`)
	app.do("/panel", `await command('show_snackbar', {message: 'Above the question.'})`)
	b.Wait(`(() => {
		const toast = [...document.querySelectorAll('.toast')].find((t) => t.textContent.includes('Above the question.'));
		const r = toast?.getBoundingClientRect();
		return Boolean(r) && r.width > 0 && document.getElementById('dw-toasts').matches(':popover-open');
	})()`)
	b.Run(click(`dialog:modal button[value=yes]`))
	if got := app.do("/modal", `await until(() => window.confirmed); return window.confirmed`); got != `{"data":{"confirmed":true}}` {
		t.Errorf("the question was answered %s", got)
	}
	if !browsertest.Eval[bool](b, `(() => {
		const r = document.querySelector('.toast .button').getBoundingClientRect();
		return document.elementFromPoint(r.left + r.width / 2, r.top + r.height / 2)?.closest('.toast') !== null;
	})()`) {
		t.Error("a toast above a modal cannot be clicked")
	}

	// The page changes beneath it.
	app.do("/modal", `await command('redirect_to', {view: 'contacts', id: 2})`)
	b.Wait(`location.pathname === '/persons/2' && ` + noModal)
}

// spec: surface.modal.revoked
func TestModalOfARevokedApp(t *testing.T) {
	t.Parallel()
	s, b, app := modalRig(t)
	app.do("/panel", fmt.Sprintf(asked, `{type: 'custom_modal', action_id: 'Pick template'}`))
	app.do("/modal", `await initialize()`)
	b.Wait(modalOpen("Pick template") + ` && document.documentElement.dataset.live === 'on'`)
	s.news("marketplace") // something else has changed
	app.do("/modal", `return command('get_metadata')`)
	s.uninstall(app, 1)
	b.Wait(noModal + ` && !document.querySelector('main iframe') && document.querySelector('.toast')?.textContent.includes('may not be used any more')`)
}

// A menu of a list that is not for an app any more says so instead of opening.
// spec: surface.access
func TestModalOfAnAppThatIsGone(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	app := s.newSurfaceApp("Quotes", devhub.NewExtension{Kind: devhub.CustomModal, Name: "Send a quote", URL: "/modal", Views: []devhub.View{devhub.DealDetails}})
	b := browsertest.New(t)
	b.Open(s.url + "/deals/1")
	b.Run(chromedp.Evaluate[chromedp.Void](`document.querySelector('[data-app-modal]').dataset.appModal = '00000000-0000-4000-8000-000000000000'`))
	b.Run(chromedp.Click(`[popovertarget=deal-more]`), chromedp.Click(`#deal-more [data-app-modal]`))
	b.Wait(`document.querySelector('.toast.danger') && ` + noModal)
	if n, _ := app.loaded("/modal"); n != 0 {
		t.Error("it was loaded")
	}
	// Of a colleague's app that is shared, the entry leads to the Marketplace.
	s.uninstall(app, 1)
	s.install(app, 2, true)
	_, body := s.get("/deals/1")
	if strings.Contains(body, "data-app-modal") || !strings.Contains(body, `href="/marketplace/app/`+app.ClientID+`"`) {
		t.Error("the menu does not lead to the Marketplace")
	}
}
