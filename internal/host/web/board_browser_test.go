package web_test

import (
	"fmt"
	"net/url"
	"strconv"
	"testing"

	"github.com/chromedp/cdproto/input"
	"github.com/chromedp/chromedp"
	"github.com/chromedp/chromedp/kb"

	"github.com/dockwright/dockwright/internal/browsertest"
	"github.com/dockwright/dockwright/internal/host/records"
)

// drag holds an element with the mouse and lets it go over another.
func drag(b *browsertest.Tab, from, to string) {
	at := func(selector string) (x, y float64) {
		box := browsertest.Eval[[]float64](b, fmt.Sprintf(`(() => { const r = document.querySelector(%q).getBoundingClientRect(); return [r.left + r.width / 2, r.top + Math.min(r.height / 2, 40)]; })()`, selector))
		return box[0], box[1]
	}
	x, y := at(from)
	b.Run(chromedp.MouseEvent(input.DispatchMouseEventTypeMousePressed, x, y, chromedp.ButtonLeft, chromedp.ClickCount(1)))
	b.Run(chromedp.MouseEvent(input.DispatchMouseEventTypeMouseMoved, x+12, y+12, chromedp.ButtonLeft))
	b.Wait(`document.querySelector('.board-ghost') !== null && !document.querySelector('.board-zones').hidden`)
	x, y = at(to)
	b.Run(chromedp.MouseEvent(input.DispatchMouseEventTypeMouseMoved, x, y, chromedp.ButtonLeft))
	b.Wait(fmt.Sprintf(`document.querySelector(%q).classList.contains('over')`, to))
	b.Run(chromedp.MouseEvent(input.DispatchMouseEventTypeMouseReleased, x, y, chromedp.ButtonLeft, chromedp.ClickCount(1)))
}

// TestBoardInTheBrowser drags cards, moves them with the keyboard, sees the moves of
// colleagues, and gets a card back that may not move.
// spec: records.board
func TestBoardInTheBrowser(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	s.get("/deals")
	pipelines, err := s.people.Pipelines(t.Context(), me)
	s.ok(err)
	stages := pipelines[0].Stages
	var deals []records.Deal
	for i := range 3 {
		d, err := s.people.CreateDeal(t.Context(), me, records.Deal{Title: fmt.Sprint("Shelf ", i), Stage: records.Ref{ID: stages[0].ID}, Value: records.Units(100, "EUR")})
		s.ok(err)
		deals = append(deals, d)
	}
	card := func(d records.Deal) string { return fmt.Sprintf("#deal-%d", d.ID) }
	in := func(d records.Deal, st records.Stage) string {
		return fmt.Sprintf(`document.querySelector('#stage-%d-cards %s') !== null && document.querySelector('.board-ghost') === null`, st.ID, card(d))
	}
	column := func(st records.Stage) string { return fmt.Sprintf("#stage-%d", st.ID) }
	b := browsertest.New(t)
	b.Open(s.url + "/deals")
	b.Wait(`document.documentElement.dataset.live === 'on'`)

	count := browsertest.Eval[string](b, `document.querySelector('`+column(stages[1])+` .badge').textContent`)
	drag(b, card(deals[0]), column(stages[1]))
	b.Wait(in(deals[0], stages[1]))
	n, err := strconv.Atoi(count)
	s.ok(err)
	b.Wait(fmt.Sprintf(`document.querySelector('%s .badge').textContent === '%d'`, column(stages[1]), n+1)) // told live
	if d := s.dealNow(deals[0].ID); d.Stage.ID != stages[1].ID {
		t.Errorf("the deal is in stage %d", d.Stage.ID)
	}
	if at := browsertest.Eval[string](b, `location.pathname`); at != "/deals" {
		t.Errorf("dragging led to %s", at)
	}

	// A colleague moves another one.
	_, err = s.people.UpdateDeal(t.Context(), me, deals[1].ID, records.DealPatch{Stage: &stages[2].ID})
	s.ok(err)
	b.Wait(in(deals[1], stages[2]))

	// Keyboard: to the stage beside, with the focus on the card.
	b.Run(chromedp.Focus(card(deals[0]) + " a"))
	b.Run(chromedp.KeyEvent(kb.ArrowRight, chromedp.KeyModifiers(kb.ModifierShift)))
	b.Wait(in(deals[0], stages[2]) + ` && document.activeElement.closest('` + card(deals[0]) + `') !== null`)
	b.Wait(`document.getElementById('dw-announce').textContent.includes('moved to')`)
	b.Run(chromedp.Click(card(deals[0]) + ` [data-more]`))
	b.Run(chromedp.Click(fmt.Sprintf(`#board-move [data-to="%d"]`, stages[0].ID)))
	b.Wait(in(deals[0], stages[0]))

	// The zones below: won, and lost with a reason.
	drag(b, card(deals[0]), `[data-zone=won]`)
	b.Wait(`document.querySelector('` + card(deals[0]) + `') === null`)
	if d := s.dealNow(deals[0].ID); d.Status != "won" {
		t.Errorf("dropped on Won, the deal is %s", d.Status)
	}
	drag(b, card(deals[1]), `[data-zone=lost]`)
	b.Wait(`document.querySelector('#in-lost_reason') === document.activeElement`)
	b.Run(chromedp.KeyEvent("Too dear" + kb.Enter))
	b.Wait(`document.querySelector('` + card(deals[1]) + `') === null && location.pathname === '/deals' && document.documentElement.dataset.busy === undefined`)
	if d := s.dealNow(deals[1].ID); d.LostReason != "Too dear" {
		t.Errorf("lost because of %q", d.LostReason)
	}
	s.comesBack(b, deals[2], stages, card(deals[2]))
}

// comesBack archives a deal where the page does not hear of it, and moves its card.
func (s *site) comesBack(b *browsertest.Tab, d records.Deal, stages []records.Stage, card string) {
	s.t.Helper()
	b.Run(chromedp.Evaluate[chromedp.Void](`(() => {
		const real = window.fetch;
		window.fetch = (to, init) => String(to).includes('/move') || init?.headers?.['Dockwright-Fragment'] !== 'board' ? real(to, init) : new Promise(() => {});
	})()`))
	s.want(fmt.Sprintf("/deals/%d/archive", d.ID), url.Values{})
	drag(b, card, fmt.Sprintf("#stage-%d", stages[1].ID))
	b.Wait(fmt.Sprintf(`document.querySelector('#stage-%d-cards %s') !== null && document.querySelector('.toast.danger')?.textContent.includes('Archived deals cannot be changed')`, stages[0].ID, card))
}

// TestSearchMenuInTheBrowser types into the field of the top bar and goes where the
// menu below it leads.
// spec: records.search-tabs
func TestSearchMenuInTheBrowser(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	b := browsertest.New(t)
	b.Open(s.url + "/leads")
	b.Run(chromedp.Evaluate[chromedp.Void](mark), chromedp.SendKeys(`#global-search`, "merikotkas"))
	b.Wait(`!document.getElementById('search-found').hidden && document.querySelector('#search-found [role=option]').textContent.includes('Merikotkas')`)
	if !browsertest.Eval[bool](b, `document.getElementById('global-search').getAttribute('aria-expanded') === 'true'`) {
		t.Error("the field does not say that its menu is open")
	}
	b.Run(chromedp.KeyEvent(kb.Escape))
	b.Wait(`document.getElementById('search-found').hidden`)
	b.Run(chromedp.KeyEvent("\b"))
	b.Wait(`!document.getElementById('search-found').hidden`)
	b.Run(chromedp.KeyEvent(kb.ArrowDown))
	b.Wait(`document.getElementById('global-search').getAttribute('aria-activedescendant') === document.querySelector('#search-found [aria-selected=true]').id`)
	href := browsertest.Eval[string](b, `document.querySelector('#search-found [aria-selected=true]').pathname`)
	b.Run(chromedp.KeyEvent(kb.Enter))
	b.Wait(fmt.Sprintf(`location.pathname === %q && document.getElementById('search-found').hidden`, href))
	b.Run(chromedp.Evaluate[chromedp.Void](`document.getElementById('global-search').value = ''`), chromedp.SendKeys(`#global-search`, "kask"))
	b.Wait(`!document.getElementById('search-found').hidden`)
	b.Run(chromedp.KeyEvent(kb.Enter))
	b.Wait(`location.pathname === '/search' && document.getElementById('search-found').hidden`)
	if !browsertest.Eval[bool](b, alive) {
		t.Error("the page was loaded anew")
	}
}

// TestQuickAddInTheBrowser adds from the top bar, with the keyboard alone.
// spec: records.edit
func TestQuickAddInTheBrowser(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	b := browsertest.New(t)
	b.Open(s.url + "/leads")
	b.Run(chromedp.Focus(`[popovertarget=quick-add]`), chromedp.KeyEvent(kb.Enter))
	b.Wait(`document.activeElement.pathname === '/deals/new'`)
	b.Run(chromedp.KeyEvent(kb.ArrowDown))
	b.Wait(`document.activeElement.pathname === '/leads/new'`)
	b.Run(chromedp.KeyEvent(kb.ArrowUp), chromedp.KeyEvent(kb.Enter))
	b.Wait(`document.activeElement.id === 'in-title'`)
	b.Run(chromedp.KeyEvent("From the top bar" + kb.Enter))
	b.Wait(`location.pathname.startsWith('/deals/') && document.querySelector('main h1')?.textContent === 'From the top bar'`)
}
