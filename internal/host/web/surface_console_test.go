package web_test

import (
	"fmt"
	"testing"

	"github.com/chromedp/chromedp"
	"github.com/chromedp/chromedp/kb"

	"github.com/dockwright/dockwright/internal/browsertest"
	"github.com/dockwright/dockwright/internal/host/journal"
)

// A developer sends events by hand, with the keyboard alone, to a frame that lives
// in the tab; what is not JSON is said at the field.
// spec: surface.inspector
func TestSDKConsole(t *testing.T) {
	t.Parallel()
	rig := newSurfaceRig(t)
	sent := `JSON.stringify(sdk.filter((e) => e.byHand).map((e) => [e.name, e.payload, e.error ?? '']))`
	rig.tab.Run(chromedp.Focus(`.user-button`), chromedp.KeyEvent(kb.Enter))
	rig.tab.Wait(`document.getElementById('user-menu').matches(':popover-open')`)
	rig.tab.Run(chromedp.Focus(`#user-menu [data-sdk-console]`), chromedp.KeyEvent(kb.Enter))
	rig.tab.Wait(`document.querySelector('dw-sdk-console').matches(':popover-open') && document.activeElement.id === 'sdk-console-title' && !document.getElementById('user-menu').matches(':popover-open')`)
	rig.holds(`document.querySelector('dw-sdk-console').innerText.includes('No app is loaded') && document.querySelector('.sdk-form').hidden && document.querySelector('.sdk-messages').innerText.includes('Nothing was said')`, "an empty console")

	rig.tab.Run(chromedp.Click(`.sdk-side`))
	rig.holds(`document.querySelector('dw-sdk-console').getBoundingClientRect().left === 0`, "at the other side")
	rig.tab.Run(chromedp.Click(`.sdk-side`))
	rig.holds(`document.querySelector('dw-sdk-console').getBoundingClientRect().right === innerWidth`, "and back")

	// A frame appears while the console is open.
	rig.ready(0, "one", "/one")
	rig.run(`document.getElementById('one').style.inset = '10px auto auto 10px'`)
	rig.expect("/one", `listen('visibility'); listen('close_custom_modal'); await command('get_metadata'); return command('get_signed_token').then((a) => a.data.token.length > 50)`, `true`)
	rig.tab.Wait(`document.querySelector('.sdk-frame')?.innerText.includes('Quotes: One') && document.querySelector('.sdk-about').textContent === 'modal · initialised · listens to visibility, close_custom_modal'`)
	rig.tab.Wait(`document.querySelector('.sdk-messages').innerText.includes('get_signed_token') && !document.querySelector('.sdk-messages').innerText.includes('Nothing was said')`)

	// An event as proposed, then edited, then broken.
	rig.tab.Run(chromedp.Focus(`#sdk-payload`), chromedp.KeyEvent(kb.Tab), chromedp.KeyEvent(kb.Enter))
	rig.expect("/one", `await until(() => pushes.length === 1); return pushes.splice(0)`, `[{"event":"visibility","message":{"data":{"is_visible":false}}}]`)
	rig.tab.Run(chromedp.SetValue(`#sdk-payload`, `{"data":{"is_visible":true,"context":{"invoker":"user","deal":12}}}`), chromedp.Click(`.sdk-form button`))
	rig.expect("/one", `await until(() => pushes.length === 1); return pushes.splice(0)[0].message.data.context`, `{"invoker":"user","deal":12}`)
	for text, says := range map[string]string{`{"data":`: "Expected JSON", `null`: "Expected an object", `[1]`: "Expected an object", ``: "Expected JSON"} {
		rig.run(fmt.Sprintf(`{ const p = document.getElementById('sdk-payload'); p.value = %q; p.dispatchEvent(new Event('input', {bubbles: true})); document.activeElement.blur(); }`, text))
		rig.tab.Run(chromedp.Click(`.sdk-form button`))
		rig.tab.Wait(`document.querySelector('.sdk-form .field-error')?.textContent.includes('` + says + `') && document.activeElement.id === 'sdk-payload' && document.activeElement.getAttribute('aria-invalid') === 'true'`)
	}
	rig.expect("/one", `await command('get_metadata'); return pushes.length`, `0`)
	rig.run(`{ const e = document.getElementById('sdk-event'); e.value = 'close_custom_modal'; e.dispatchEvent(new Event('change')); }`)
	rig.holds(`document.getElementById('sdk-payload').value === '{}' && document.querySelector('.sdk-form .field-error') === null`, "an example of the other event")
	rig.tab.Run(chromedp.Click(`.sdk-form button`))
	rig.expect("/one", `await until(() => pushes.length === 1); return pushes.splice(0)`, `[{"event":"close_custom_modal","message":{}}]`)
	rig.run(`{ const e = document.getElementById('sdk-event'); e.value = 'user_settings_change'; e.dispatchEvent(new Event('change')); }`)
	rig.tab.Run(chromedp.Click(`.sdk-form button`))
	rig.tab.Wait(`document.getElementById('dw-announce').textContent === 'Quotes does not listen to user_settings_change'`)
	if got, want := browsertest.Eval[string](rig.tab, sent), `[["visibility",{"data":{"is_visible":false}},""],["visibility",{"data":{"is_visible":true,"context":{"invoker":"user","deal":12}}},""],["close_custom_modal",{},""],["user_settings_change",{"data":{"theme":"dark"},"theme":"dark"},"nobody listened"]]`; got != want {
		t.Errorf("sent %s", got)
	}

	// It stays while one goes on, and is gone with Escape; the frame that left is off the list.
	rig.tab.Run(chromedp.Evaluate[chromedp.Void](`document.querySelector('.rail a[href="/deals"]').click()`))
	rig.tab.Wait(arrived("/deals", "Deals") + ` && document.querySelector('dw-sdk-console').matches(':popover-open')`)
	rig.run(`opened.one.remove()`)
	rig.tab.Wait(`document.querySelector('.sdk-frame') === null && document.querySelector('.sdk-form').hidden`)
	rig.tab.Run(chromedp.Focus(`.sdk-head button:last-child`), chromedp.KeyEvent(kb.Escape))
	rig.tab.Wait(`!document.querySelector('dw-sdk-console').matches(':popover-open') && document.activeElement.matches('.user-button')`)

	// The Inspector knows who spoke.
	rig.tab.Open(rig.url + "/_dockwright/inspector?direction=sdk")
	rig.tab.Wait(`fetch(location.href).then((r) => r.text()).then((x) => x.includes('user_settings_change'))`) // the last report may still be on its way
	if got := rig.messages(journal.Filter{Text: "Sent: by hand"}); len(got) != 4 {
		t.Errorf("%d messages by hand in the Inspector", len(got))
	}
	rig.tab.Run(chromedp.EmulateViewport(400, 800), chromedp.Click(`main [data-sdk-console]`))
	rig.tab.Wait(`document.querySelector('dw-sdk-console').matches(':popover-open')`)
	rig.holds(`document.documentElement.scrollWidth <= innerWidth && document.querySelector('dw-sdk-console').getBoundingClientRect().right <= innerWidth`, "a phone")
}
