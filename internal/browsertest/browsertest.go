// Package browsertest drives Debian's Chromium in tests. A page that throws,
// writes an error to its console or breaks its content security policy fails the
// test that opened it.
package browsertest

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/chromedp/cdproto/cdp"
	"github.com/chromedp/cdproto/emulation"
	cdplog "github.com/chromedp/cdproto/log"
	"github.com/chromedp/cdproto/page"
	"github.com/chromedp/cdproto/runtime"
	"github.com/chromedp/chromedp"
)

// patience is how long one Run may take; pages answer in milliseconds, a loaded
// machine does not.
const patience = 45 * time.Second

// Action is a step without a value, as chromedp makes them: chromedp.Click and
// the like.
type Action = chromedp.Action[chromedp.Void]

// Tab is a page in a browser.
type Tab struct {
	t     testing.TB
	ctx   context.Context
	heard *heard
}

// heard is what a page complained about.
type heard struct {
	mu      sync.Mutex
	allowed []string
	faults  []string
}

// New starts a browser with a profile of its own and returns its first tab. The
// browser ends with the test.
func New(t testing.TB) *Tab {
	t.Helper()
	path, err := find()
	if err != nil {
		t.Fatal(err)
	}
	options := append(slices.Clone(chromedp.DefaultExecAllocatorOptions[:]),
		chromedp.ExecPath(path), chromedp.WindowSize(1280, 900),
		chromedp.Flag("disable-dev-shm-usage", true), // containers have little of it
		chromedp.Flag("mute-audio", true),
		chromedp.Flag("lang", "en-GB"),
		chromedp.WSURLReadTimeout(patience),
	)
	if os.Geteuid() == 0 {
		options = append(options, chromedp.NoSandbox) // the sandbox refuses to run as root
	}
	alloc, stop := chromedp.NewExecAllocator(context.Background(), options...)
	t.Cleanup(stop)
	return open(t, alloc)
}

// find is the path of Chromium.
func find() (string, error) {
	for _, name := range []string{"chromium", "chromium-browser", "google-chrome"} {
		if path, err := exec.LookPath(name); err == nil {
			return path, nil
		}
	}
	return "", errors.New("this test needs a browser: install the package chromium (as root: apt-get install chromium)")
}

// open makes a tab in parent's browser, which is started if parent has none.
func open(t testing.TB, parent context.Context, options ...chromedp.ContextOption) *Tab {
	t.Helper()
	ctx, stop := chromedp.NewContext(parent, options...)
	tab := &Tab{t: t, ctx: ctx, heard: &heard{}}
	t.Cleanup(func() {
		stop()
		for _, f := range tab.Faults() {
			t.Errorf("browser: %s", f)
		}
	})
	if err := errors.Join(chromedp.Listen(ctx, tab.hear), enable(ctx)); err != nil {
		t.Fatalf("start the browser: %v", err)
	}
	return tab
}

// enable makes the browser report exceptions and its log, and gives the page the
// focus that a window on a screen would have.
func enable(ctx context.Context) error {
	if _, err := chromedp.Call(ctx, runtime.Enable, cdp.Empty{}); err != nil {
		return err
	}
	if _, err := chromedp.Call(ctx, cdplog.Enable, cdp.Empty{}); err != nil {
		return err
	}
	_, err := chromedp.Call(ctx, emulation.SetFocusEmulationEnabled, emulation.SetFocusEmulationEnabledParams{Enabled: true})
	return err
}

// Tab opens another page in the same browser, with the same cookies.
func (b *Tab) Tab() *Tab {
	b.t.Helper()
	return open(b.t, b.ctx)
}

// Stranger opens a page in the same browser that shares nothing with it: no
// cookies, no storage.
func (b *Tab) Stranger() *Tab {
	b.t.Helper()
	return open(b.t, b.ctx, chromedp.WithNewBrowserContext())
}

// In is the tab in the hands of a subtest, which fails if an action does.
func (b *Tab) In(t testing.TB) *Tab { return &Tab{t: t, ctx: b.ctx, heard: b.heard} }

// Frame is the page in an iframe of another site than the tab's, whose address
// begins with prefix. It waits until there is one.
func (b *Tab) Frame(prefix string) *Tab {
	b.t.Helper()
	ctx, stop := context.WithTimeout(b.ctx, patience)
	defer stop()
	tick := time.NewTicker(20 * time.Millisecond)
	defer tick.Stop()
	for {
		all, err := chromedp.Targets(ctx)
		if err != nil {
			b.t.Fatalf("browser: list of frames: %v", err)
		}
		for _, t := range all {
			if t.Type == "iframe" && strings.HasPrefix(t.URL, prefix) {
				return open(b.t, b.ctx, chromedp.WithTargetID(t.TargetID))
			}
		}
		select {
		case <-tick.C:
		case <-ctx.Done():
			b.t.Fatalf("browser: no frame at %s\n%s", prefix, b.state())
		}
	}
}

// Context is what chromedp's own functions want.
func (b *Tab) Context() context.Context { return b.ctx }

// Run does actions one after the other; the test ends if one fails.
func (b *Tab) Run(actions ...Action) {
	b.t.Helper()
	if err := b.Try(actions...); err != nil {
		b.t.Fatalf("browser: %v\n%s", err, b.state())
	}
}

// Try is Run that returns the error.
func (b *Tab) Try(actions ...Action) error {
	ctx, stop := context.WithTimeout(b.ctx, patience)
	defer stop()
	return chromedp.Do(ctx, actions...)
}

// Open loads a page and waits until its modules run.
func (b *Tab) Open(url string) {
	b.t.Helper()
	b.Run(chromedp.Navigate(url))
	b.Wait(`document.documentElement.dataset.ready === 'true'`)
}

// BeforeEachPage runs a script in each page that is loaded from now on, before its
// own.
func (b *Tab) BeforeEachPage(script string) {
	b.t.Helper()
	if _, err := chromedp.Call(b.ctx, page.AddScriptToEvaluateOnNewDocument, page.AddScriptToEvaluateOnNewDocumentParams{Source: script}); err != nil {
		b.t.Fatalf("browser: %v", err)
	}
}

// Wait waits until a JavaScript expression is true, on this page or one that
// follows it.
func (b *Tab) Wait(expression string) {
	b.t.Helper()
	poll := chromedp.Poll[chromedp.Void](expression, chromedp.WithPollingTimeout(patience), chromedp.WithPollingInterval(20*time.Millisecond))
	ctx, stop := context.WithTimeout(b.ctx, patience)
	defer stop()
	err := chromedp.Do(ctx, poll)
	for err != nil && left(err) && ctx.Err() == nil {
		err = chromedp.Do(ctx, poll)
	}
	if err != nil {
		b.t.Fatalf("browser: waiting for %s: %v\n%s", expression, err, b.state())
	}
}

// left reports whether a script ended because its page was left.
func left(err error) bool {
	for _, words := range []string{"navigated", "context was destroyed", "Cannot find context"} {
		if strings.Contains(err.Error(), words) {
			return true
		}
	}
	return false
}

// Eval returns the value of a JavaScript expression, after its promise if it is
// one.
func Eval[T any](b *Tab, expression string) T {
	b.t.Helper()
	ctx, stop := context.WithTimeout(b.ctx, patience)
	defer stop()
	v, err := chromedp.Run(ctx, chromedp.Evaluate[T](expression, chromedp.EvalAwaitPromise))
	if err != nil {
		b.t.Fatalf("browser: %s: %v", expression, err)
	}
	return v
}

// Screenshot writes what is seen, as a PNG.
func (b *Tab) Screenshot(path string, width, height int64) {
	b.t.Helper()
	b.Run(chromedp.EmulateViewport(width, height))
	png, err := chromedp.Run(b.ctx, chromedp.CaptureScreenshot())
	if err != nil {
		b.t.Fatalf("browser: screenshot: %v", err)
	}
	if err := os.WriteFile(path, png, 0o600); err != nil {
		b.t.Fatal(err)
	}
}

// Allow takes faults that contain text for normal, for tests that provoke them.
func (b *Tab) Allow(text string) {
	b.heard.mu.Lock()
	defer b.heard.mu.Unlock()
	b.heard.allowed = append(b.heard.allowed, text)
}

// Faults are the page's errors so far, without the allowed ones.
func (b *Tab) Faults() []string {
	b.heard.mu.Lock()
	defer b.heard.mu.Unlock()
	return slices.DeleteFunc(slices.Clone(b.heard.faults), func(f string) bool {
		return slices.ContainsFunc(b.heard.allowed, func(a string) bool { return strings.Contains(f, a) })
	})
}

// hear takes down what the page complains about. Requests that fail are no
// fault of a page: hosts are stopped and pictures are missing on purpose.
func (b *Tab) hear(event any) {
	var fault string
	switch e := event.(type) {
	case *runtime.EventExceptionThrown:
		fault = "exception: " + e.ExceptionDetails.Text
		if x := e.ExceptionDetails.Exception; x != nil {
			fault += " " + x.Description
		}
	case *runtime.EventConsoleAPICalled:
		if e.Type != runtime.ConsoleAPICalledTypeError {
			return
		}
		var words []string
		for _, a := range e.Args {
			words = append(words, fmt.Sprintf("%s%s", a.Value, a.Description))
		}
		fault = "console.error: " + strings.Join(words, " ")
	case *cdplog.EventEntryAdded:
		if e.Entry.Level != cdplog.EntryLevelError || e.Entry.Source == cdplog.EntrySourceNetwork {
			return
		}
		fault = fmt.Sprintf("%s: %s (%s)", e.Entry.Source, e.Entry.Text, e.Entry.URL)
	default:
		return
	}
	b.heard.mu.Lock()
	defer b.heard.mu.Unlock()
	b.heard.faults = append(b.heard.faults, fault)
}

// state helps to see why an action failed.
func (b *Tab) state() string {
	ctx, stop := context.WithTimeout(b.ctx, 2*time.Second)
	defer stop()
	text, err := chromedp.Run(ctx, chromedp.Evaluate[string](`location.href + '\n' + (document.body?.innerText.slice(0, 600) ?? '')`))
	if err != nil {
		return fmt.Sprintf("the page cannot be asked: %v", err)
	}
	return fmt.Sprintf("faults: %v\nthe page says:\n%s", b.Faults(), text)
}
