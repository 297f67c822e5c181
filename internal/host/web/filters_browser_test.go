package web_test

import (
	"testing"

	"github.com/chromedp/chromedp"

	"github.com/dockwright/dockwright/internal/browsertest"
	"github.com/dockwright/dockwright/internal/host/records"
	"github.com/dockwright/dockwright/internal/host/route"
)

// pick chooses an option of a select by its text, as a person does.
func pick(of, text string) browsertest.Action {
	return chromedp.Evaluate[chromedp.Void](`(() => {
		const s = document.querySelector('` + of + `');
		s.value = [...s.options].find((o) => !o.disabled && o.textContent === '` + text + `').value;
		s.dispatchEvent(new Event('change', {bubbles: true}));
	})()`)
}

// The form of a filter opens over the list; each line offers what its field can be
// asked, more lines can be added, and the list that it leads to is filtered.
// spec: records.filters-page
func TestFilterInTheBrowser(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	b := browsertest.New(t)
	b.Open(s.url + "/deals/list")
	b.Run(chromedp.Click(`.filter-choice a[aria-label="New filter"]`))
	const row = `#form-dialog .filter-row`
	b.Wait(`document.querySelector('#form-dialog[open] .filter-row [data-operator][hidden]')`) // no field, nothing to compare
	b.Run(chromedp.SendKeys(`#in-name`, "Open and large"), pick(row+` [data-field]`, "Status"))
	b.Wait(`[...document.querySelectorAll('` + row + ` select[data-value] option')].map((o) => o.textContent).join() === 'Open,Won,Lost,Deleted'`)
	if words := browsertest.Eval[string](b, `[...document.querySelector('`+row+` [data-operator]').options].filter((o) => !o.disabled).map((o) => o.value).join()`); words != "=,!=,IS NULL,IS NOT NULL" {
		t.Errorf("a status can be compared by %s", words)
	}
	b.Run(chromedp.Click(`#form-dialog fieldset:nth-of-type(1) [data-add]`), pick(row+`:nth-child(2) [data-field]`, "Value"), pick(row+`:nth-child(2) [data-operator]`, "is more than"),
		chromedp.SendKeys(row+`:nth-child(2) [data-value]`, "5000"))
	b.Run(pick(`#form-dialog fieldset:nth-of-type(2) [data-field]`, "Expected close date"))
	b.Wait(`document.querySelector('#form-dialog fieldset:nth-of-type(2) [data-value][list=filter-dates]')`)
	b.Run(pick(`#form-dialog fieldset:nth-of-type(2) [data-operator]`, "is not empty"))
	b.Wait(`document.querySelector('#form-dialog fieldset:nth-of-type(2) [data-value]').hidden`)
	b.Run(chromedp.Click(`#form-dialog fieldset:nth-of-type(2) [data-remove]`))
	b.Wait(`!document.querySelector('#form-dialog fieldset:nth-of-type(2) .filter-row')`)
	b.Run(chromedp.Click(`#form-dialog button.primary`))
	b.Wait(`!document.querySelector('#form-dialog[open]') && location.search.startsWith('?filter=') && document.querySelector('#list-filter')?.selectedOptions[0].textContent === 'Open and large'`)
	list, err := s.people.Filters(t.Context(), route.Caller{Company: 1, User: 1}, records.KindDeal)
	s.ok(err)
	want, _, err := s.people.ListDeals(t.Context(), route.Caller{Company: 1, User: 1, Admin: true}, records.DealFilter{Filter: list[0].ID}, records.Window{Limit: 50})
	s.ok(err)
	if n := browsertest.Eval[int](b, `document.querySelectorAll('tbody tr').length`); n == 0 || n != len(want) {
		t.Errorf("the list has %d rows, the filter finds %d", n, len(want))
	}

	// The form has what was kept, ready to change.
	b.Run(chromedp.Click(`.filter-choice a.button:not(.icon-button)`))
	b.Wait(`document.querySelector('#form-dialog[open] .filter-row:nth-child(2) [data-value]')?.value === '5000'`)
	if got := browsertest.Eval[string](b, `[...document.querySelectorAll('`+row+` [data-operator]:not([hidden])')].map((o) => o.selectedOptions[0].textContent).join()`); got != "is,is more than" {
		t.Errorf("the kept lines compare by %s", got)
	}
}
