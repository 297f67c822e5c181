package web_test

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"

	"github.com/chromedp/chromedp"
	"github.com/chromedp/chromedp/kb"

	"github.com/dockwright/dockwright/internal/browsertest"
	"github.com/dockwright/dockwright/internal/host/devhub"
	"github.com/dockwright/dockwright/internal/host/records"
)

// context is that of the nth visibility event, without what is asked for by name.
func (a *surfaceApp) context(n int) map[string]any {
	a.t.Helper()
	var data struct {
		IsVisible bool           `json:"is_visible"`
		Context   map[string]any `json:"context"`
	}
	if err := json.Unmarshal([]byte(a.visibility(n)), &data); err != nil || !data.IsVisible || data.Context["invoker"] != "user" {
		a.t.Fatalf("event %d is %+v, %v", n, data, err)
	}
	return data.Context
}

// buyer makes a deal with a person who has two numbers.
func (s *site) buyer() (records.Person, records.Deal) {
	s.t.Helper()
	p, err := s.people.CreatePerson(s.t.Context(), me, records.Person{Name: "Nuri Aksoy", Phones: []records.Contact{{Value: "+90 212 555 0101", Label: "work"}, {Value: "+90 532 555 0102"}}})
	s.ok(err)
	pipelines, err := s.people.Pipelines(s.t.Context(), me)
	s.ok(err)
	d, err := s.people.CreateDeal(s.t.Context(), me, records.Deal{Title: "Shelves", Person: records.Ref{ID: p.ID}, Stage: records.Ref{ID: pipelines[0].Stages[0].ID}, Value: records.Units(100, "EUR")})
	s.ok(err)
	return p, d
}

// spec: surface.calls
// spec: surface.calls.context
// spec: surface.calls.early
func TestPhoneNumberOpensTheOnlyApp(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	s.get("/persons")
	p, d := s.buyer()
	ringo := s.softphone("Ringo", true)
	s.softphone("Notes", false) // its window is not for numbers
	b := browsertest.New(t)

	// A number that is clicked before the app is ready waits for it.
	b.Open(fmt.Sprintf("%s/deals/%d", s.url, d.ID))
	b.Run(chromedp.Click(`#deal-side [data-phone="+90 212 555 0101"]`))
	ringo.start("")
	got := ringo.context(1)
	for name, want := range map[string]any{
		"number": "+90 212 555 0101", "phone": "+90 212 555 0101", "phone_number": "+90 212 555 0101", "phoneNumber": "+90 212 555 0101",
		"person_id": float64(p.ID), "deal_id": float64(d.ID), "resource": "deal", "view": "details", "selectedIds": fmt.Sprint(d.ID),
	} {
		if got[name] != want {
			t.Errorf("context %s is %v, want %v", name, got[name], want)
		}
	}
	if call, _ := got["call"].(map[string]any); call["number"] != "+90 212 555 0101" {
		t.Errorf("context call is %v", got["call"])
	}
	if !ringo.isShown(b) {
		t.Error("the window is hidden")
	}

	// The Calls tab has a button for each number, and another number is told too.
	b.Run(chromedp.Click(`a[href$="?show=call"]`))
	b.Wait(`document.querySelectorAll('.call-numbers [data-phone]').length === 2`)
	b.Run(chromedp.Click(`.call-numbers [data-phone="+90 532 555 0102"]`))
	if got := ringo.context(2); got["number"] != "+90 532 555 0102" || got["person_id"] != float64(p.ID) || got["deal_id"] != float64(d.ID) {
		t.Errorf("context of the Calls tab: %v", got)
	}

	// In a list there is no page's record.
	b.Run(chromedp.Evaluate[chromedp.Void](`document.querySelector('.rail a[href="/persons"]').click()`))
	b.Wait(arrived("/persons", "People"))
	b.Run(chromedp.Evaluate[chromedp.Void](fmt.Sprintf(`document.querySelector('#person-%d [data-phone]').click()`, p.ID)))
	if got := ringo.context(3); got["person_id"] != float64(p.ID) || got["view"] != "list" || got["resource"] != "person" || got["deal_id"] != nil {
		t.Errorf("context of a list: %v", got)
	}

	// With a key a number stays a link.
	left := browsertest.Eval[bool](b, fmt.Sprintf(`(() => {
		let left;
		addEventListener('click', (e) => { left = !e.defaultPrevented; e.preventDefault(); }, {once: true});
		document.querySelector('#person-%d [data-phone]').dispatchEvent(new MouseEvent('click', {bubbles: true, cancelable: true, ctrlKey: true}));
		return left;
	})()`, p.ID))
	if !left {
		t.Error("a click with Ctrl was taken from the browser")
	}
}

// spec: surface.calls
func TestPhoneNumberWithSeveralAppsAndWithNone(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	s.get("/persons")
	p, _ := s.buyer()
	page := fmt.Sprintf("%s/persons/%d", s.url, p.ID)
	zulu := s.softphone("Zulu", true)
	s.ok(s.auth.Uninstall(t.Context(), boss, zulu.ClientID))
	b := browsertest.New(t)
	b.Open(page)
	b.Wait(`document.documentElement.dataset.live === 'on'`)
	number := `[data-phone="+90 212 555 0101"]`

	// None: what could be installed, and the way out by the keyboard.
	b.Run(chromedp.Click(number))
	b.Wait(`document.querySelector('#dw-calls:popover-open') && document.activeElement.closest('#dw-calls')`)
	text := browsertest.Eval[string](b, `document.getElementById('dw-calls').innerText`)
	for _, want := range []string{"No app that calls is installed yet", "Zulu", "Find apps in the Marketplace", "Call with this device"} {
		if !strings.Contains(text, want) {
			t.Errorf("the suggestions lack %q: %s", want, text)
		}
	}
	b.Run(chromedp.KeyEvent(kb.Escape))
	b.Wait(`document.getElementById('dw-calls') === null && document.activeElement === document.querySelector('` + number + `')`)

	// One that only a colleague has authorised: its page in the Marketplace.
	s.install(zulu, 2, true)
	b.Wait(`document.querySelector('[data-waiting][data-calls]')`)
	b.Run(chromedp.Click(number))
	b.Wait(arrived("/marketplace/app/"+zulu.ClientID, "Zulu"))

	// Several: the person picks.
	s.install(zulu, boss.User, false)
	ringo := s.softphone("Ringo", true)
	b.Open(page)
	ringo.start("")
	zulu.start("")
	b.Run(chromedp.Click(number))
	b.Wait(`document.querySelector('#dw-calls:popover-open') && document.activeElement.innerText.includes('Ringo')`)
	b.Run(chromedp.KeyEvent(kb.ArrowDown), chromedp.KeyEvent(kb.Enter))
	if got := zulu.context(1); got["number"] != "+90 212 555 0101" || got["person_id"] != float64(p.ID) {
		t.Errorf("the chosen app was told %v", got)
	}
	if ringo.isShown(b) || !zulu.isShown(b) {
		t.Error("the wrong window is shown")
	}
}

// The suggestions are apps of the category, and others that phone numbers open.
// spec: surface.calls
func TestSuggestedCallers(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	s.get("/persons")
	named, opened := s.newSurfaceApp("Named"), s.softphone("Opened", true)
	other := s.newSurfaceApp("Other", devhub.NewExtension{Kind: devhub.CustomModal, Name: "Modal", URL: "/modal"})
	_, err := s.apps.Edit(t.Context(), boss, named.ClientID, func(r *devhub.Registration) { r.Category = devhub.CategoryCalls })
	s.ok(err)
	for _, a := range []*surfaceApp{named, opened, other} {
		s.ok(s.auth.Uninstall(t.Context(), boss, a.ClientID))
	}
	_, answer := s.postJSON("/_dockwright/surfaces/callers", `{}`)
	if !strings.Contains(answer, named.ClientID) || !strings.Contains(answer, opened.ClientID) || strings.Contains(answer, other.ClientID) || !strings.Contains(answer, `"more":"/marketplace?category=Phone+calls"`) {
		t.Errorf("the suggestions are %s", answer)
	}
}
