package web_test

import (
	"encoding/json"
	"fmt"
	"testing"

	"github.com/chromedp/chromedp"

	"github.com/dockwright/dockwright/internal/browsertest"
)

// benchVisits is how many pages are visited in each measurement, benchCalls how
// often an app asks: no more than it may at once.
const (
	benchVisits = 120
	benchCalls  = 150
)

// spread gives p50 and p99 of times in milliseconds, in a page or an iframe.
const spread = `((times) => { times.sort((a, b) => a - b); return [times[Math.floor(times.length / 2)], times[Math.floor(times.length * 0.99)]]; })`

// BenchmarkSurfaces measures, in the browser, how long a page takes with four
// floating windows open beside the same page without any, and how long an app waits
// for an answer of the host.
func BenchmarkSurfaces(b *testing.B) {
	s := newSite(b)
	tab := browsertest.New(b)
	visits := func() []float64 {
		tab.Run(chromedp.Evaluate[chromedp.Void](stepping))
		return browsertest.Eval[[]float64](tab, fmt.Sprintf(`(async () => {
			const times = [], pages = ['/organizations', '/activities', '/persons'];
			for (let i = 0; i < %d; i++) {
				const begun = performance.now();
				await visitPage(pages[i %% pages.length]);
				times.push(performance.now() - begun);
			}
			return %s(times.slice(20));
		})()`, benchVisits, spread))
	}
	tab.Open(s.url + "/persons")
	alone := visits()
	apps := fourWindows(s, tab)
	among := visits()
	var answers []float64
	s.ok(json.Unmarshal([]byte(apps[0].do("/window", fmt.Sprintf(`const times = [];
		for (let i = 0; i < %d; i++) {
			const begun = performance.now();
			await command('get_metadata');
			times.push(performance.now() - begun);
		}
		return %s(times)`, benchCalls, spread))), &answers))
	fmt.Printf("\nSurfaces (Chromium, SQLite)\n  %-40s %10s %10s\n", "", "p50", "p99")
	for _, row := range []struct {
		name, unit string
		times      []float64
	}{{"a page, no windows", "ms/page-alone", alone}, {"a page, four windows open", "ms/page", among}, {"get_metadata from an iframe", "ms/get_metadata", answers}} {
		fmt.Printf("  %-40s %7.1f ms %7.1f ms\n", row.name, row.times[0], row.times[1])
		b.ReportMetric(row.times[0], row.unit)
	}
	for i, a := range apps {
		if times, _ := a.loaded("/window"); times != 1 {
			b.Errorf("window %d was loaded %d times", i, times)
		}
	}
}

// BenchmarkPanels measures what a page of a deal weighs with three panels of apps,
// and how long it takes from the request to scripts that have started and to apps
// that have initialised, with a cold and a warm cache.
func BenchmarkPanels(b *testing.B) {
	s, tab, apps := panelRig(b)
	for _, a := range apps {
		a.answer("/panel", willing)
	}
	const measure = `(() => {
		const all = [performance.getEntriesByType('navigation')[0], ...performance.getEntriesByType('resource')];
		const sum = (key) => all.reduce((n, e) => n + e[key], 0);
		return [sum('transferSize') / 1024, sum('decodedBodySize') / 1024, window.usableAt, window.readyAt];
	})()`
	const watch = `document.addEventListener('DOMContentLoaded', () => {
		const look = () => {
			if (!window.usableAt && document.documentElement.dataset.ready === 'true') window.usableAt = performance.now();
			if (document.querySelectorAll('[data-frame=ready]').length === 3) window.readyAt = performance.now();
			else requestAnimationFrame(look);
		};
		look();
	});`
	tab = tab.Stranger()
	tab.BeforeEachPage(watch)
	fmt.Printf("\nA deal with three panels (Chromium, SQLite)\n  %-12s %12s %12s %12s %12s\n", "", "transferred", "decoded", "usable", "apps ready")
	for _, cache := range []string{"cold", "warm", "warm"} {
		tab.Open(s.url + "/deals/1")
		tab.Wait(`window.readyAt > 0`)
		m := browsertest.Eval[[]float64](tab, measure)
		fmt.Printf("  %-12s %9.0f kB %9.0f kB %9.0f ms %9.0f ms\n", cache, m[0], m[1], m[2], m[3])
	}
}
