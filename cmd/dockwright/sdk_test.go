package main

import (
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"github.com/chromedp/chromedp"

	"github.com/dockwright/dockwright/internal/browsertest"
	"github.com/dockwright/dockwright/pipedrive/surfaceapi"
)

// sdkDir holds the published packages; the lock file pins their contents.
const sdkDir = "../../tools/sdk"

// sdkVersions are the current release and two older minors.
var sdkVersions = []string{"0.15", "0.13", "0.11"}

// installSDKs fetches the official SDK as published, once. npm refuses a package
// whose contents are not those of the lock file.
var installSDKs = sync.OnceValue(func() error { return npmInstall(sdkDir) })

// npmInstall fetches the packages of a lock file, unless they are there.
func npmInstall(dir string) error {
	lock, err := os.Stat(filepath.Join(dir, "package-lock.json"))
	if err != nil {
		return err
	}
	if there, err := os.Stat(filepath.Join(dir, "node_modules", ".package-lock.json")); err == nil && !there.ModTime().Before(lock.ModTime()) {
		return nil
	}
	cmd := exec.Command("npm", "--prefix", dir, "ci", "--silent")
	cmd.Stderr = os.Stderr
	return cmd.Run()
}

// The official SDK, as published and unmodified, in real iframes of another
// origin: every command and every event, on every surface.
// spec: examples.kitchensink
func TestOfficialSDK(t *testing.T) {
	t.Parallel()
	if err := installSDKs(); err != nil {
		t.Fatal(err)
	}
	for _, version := range sdkVersions {
		t.Run(version, func(t *testing.T) {
			t.Parallel()
			build, err := os.ReadFile(filepath.Join(sdkDir, "node_modules", "sdk-"+version, "dist", "index.umd.js"))
			if err != nil {
				t.Fatal(err)
			}
			s := newStage(t, build)
			for _, surface := range []surfaceapi.Surface{surfaceapi.Panel, surfaceapi.ModalSurface, surfaceapi.FloatingWindow, surfaceapi.AppSettings} {
				// One after the other: they share the browser.
				t.Run(string(surface), func(t *testing.T) { s.tour(t, surface) })
			}
		})
	}
}

// stage is a host with the kitchen sink, in a browser.
type stage struct {
	at       addresses
	page     *browsertest.Tab
	tab      *browsertest.Tab // the page in the hands of the running subtest
	driver   *sinkDriver
	clientID string

	frame   *sinkFrame // of the surface on tour; nil: to be entered anew
	entered int        // how many frames there were before the surface was entered
	// opener and opened are, on the tour of the modal, who opened it, and what that
	// is answered.
	opener *sinkFrame
	opened func() (sinkAnswer, error)
}

// newStage starts "up" with another SDK for the kitchen sink; nil leaves the
// kit's.
func newStage(t *testing.T, sdk []byte) *stage {
	t.Helper()
	s := &stage{driver: newSinkDriver()}
	args := []string{"up", "--port", "0", "--messaging-port", "0", "--kitchensink-port", "0", "--data", t.TempDir()}
	s.at = beginWith(t, options{out: io.Discard, sink: s.driver.drive(sdk)}, args...)
	app, _ := sinkHub(t, newVisitor(), s.at)
	s.clientID = app[strings.LastIndex(app, "/")+1:]
	s.page = browsertest.New(t)
	s.tab = s.page
	return s
}

// sdkCase is a command or an event, and what must come of it.
type sdkCase struct {
	name string
	on   []surfaceapi.Surface // all if empty
	play func(t *testing.T, s *stage, f *sinkFrame)
	// leaves is whether the surface is not as it was afterwards.
	leaves bool
}

// tour goes through all cases of a surface.
func (s *stage) tour(t *testing.T, surface surfaceapi.Surface) {
	s.frame = nil
	for _, c := range sdkCases {
		if !c.applies(surface) {
			continue
		}
		ok := t.Run(c.name, func(t *testing.T) {
			s.tab = s.page.In(t)
			if s.frame == nil || s.frame.left() {
				s.enter(t, surface)
			}
			c.play(t, s, s.frame)
		})
		if c.leaves || !ok {
			s.frame = nil
		}
	}
}

func (c sdkCase) applies(surface surfaceapi.Surface) bool {
	for _, on := range c.on {
		if on == surface {
			return true
		}
	}
	return len(c.on) == 0
}

// enter brings a surface on screen.
func (s *stage) enter(t *testing.T, surface surfaceapi.Surface) {
	t.Helper()
	page := map[surfaceapi.Surface]string{
		surfaceapi.Panel: "/deals/1", surfaceapi.ModalSurface: "/deals/1", surfaceapi.FloatingWindow: "/leads",
		surfaceapi.AppSettings: "/settings/marketplace/app/" + s.clientID + "/app-settings",
	}[surface]
	s.entered = s.driver.loads()
	s.tab.Open(s.at.Host + page)
	s.tab.Run(chromedp.Evaluate[chromedp.Void](`window.tracks = []; document.addEventListener('dw:sdk', (e) => { if (e.detail.type === 'track') tracks.push(e.detail); })`))
	switch surface {
	case surfaceapi.FloatingWindow:
		s.frame = s.driver.frame(t, surface, s.entered)
		s.showWindow(t)
	case surfaceapi.ModalSurface:
		s.opener = s.driver.frame(t, surfaceapi.Panel, s.entered)
		s.frame, s.opened = s.openModal(t, s.opener, customModal)
	default:
		s.frame = s.driver.frame(t, surface, s.entered)
	}
}

// customModal opens the app's own modal.
const customModal = `{ "type": "custom_modal", "action_id": "Kitchen sink", "data": { "from": "a button" } }`

// openModal has a page open the app's modal, and returns the modal's page and what
// the opener is answered in the end.
func (s *stage) openModal(t *testing.T, opener *sinkFrame, args string) (modal *sinkFrame, wait func() (sinkAnswer, error)) {
	t.Helper()
	before := s.driver.loads()
	wait = opener.begin(t, surfaceapi.OpenModal, args)
	return s.driver.frame(t, surfaceapi.ModalSurface, before), wait
}

// window is the selector of the app's floating window.
func (s *stage) window() string { return "#window-" + s.clientID }

// showWindow shows the floating window by its icon in the dock.
func (s *stage) showWindow(t *testing.T) {
	t.Helper()
	s.tab.Run(chromedp.Click(fmt.Sprintf(`#dock-pinned [data-show-window=%q]`, s.clientID)))
	s.tab.Wait(fmt.Sprintf(`document.querySelector('%s.shown')`, s.window()))
}

// press clicks an element by script, where pictures and pointers do not matter.
func (s *stage) press(selector string) {
	s.tab.Run(chromedp.Evaluate[chromedp.Void](fmt.Sprintf(`document.querySelector(%q).click()`, selector)))
}

// answerQuestion waits for a question with a title and presses one of its buttons.
func (s *stage) answerQuestion(title, button string) {
	s.tab.Wait(fmt.Sprintf(`[...document.querySelectorAll('dialog[open] h2')].some((h) => h.textContent === %q)`, title))
	s.tab.Run(chromedp.Evaluate[chromedp.Void](fmt.Sprintf(`[...document.querySelectorAll('dialog[open] button')].find((b) => b.textContent === %q).click()`, button)))
}

// finish waits for an answer that may not come because the page that asked is gone.
func finish(t *testing.T, wait func() (sinkAnswer, error), state, value string) {
	t.Helper()
	a, err := wait()
	switch {
	case errors.Is(err, errLeft):
	case err != nil:
		t.Error(err)
	default:
		a.is(t, state, value)
	}
}

// await waits for an answer that must come.
func await(t *testing.T, wait func() (sinkAnswer, error)) sinkAnswer {
	t.Helper()
	a, err := wait()
	if err != nil {
		t.Fatal(err)
	}
	return a
}
