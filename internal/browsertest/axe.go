package browsertest

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"sync"
	"syscall"

	"github.com/chromedp/chromedp"
)

// axeSource is axe-core, which finds what keeps people from using a page. The lock
// file pins its contents.
var axeSource = sync.OnceValues(func() (string, error) {
	_, self, _, ok := runtime.Caller(0)
	if !ok {
		return "", fmt.Errorf("the folder tools/axe cannot be found")
	}
	dir := filepath.Join(filepath.Dir(self), "..", "..", "tools", "axe")
	if err := installPackages(dir); err != nil {
		return "", fmt.Errorf("install %s: %w", dir, err)
	}
	source, err := os.ReadFile(filepath.Join(dir, "node_modules", "axe-core", "axe.min.js"))
	return string(source), err
})

// installPackages brings what the lock file in dir names, unless it is there.
// Tests of several packages may ask at the same time.
func installPackages(dir string) error {
	name := filepath.Join(dir, "package-lock.json")
	lock, err := os.Open(name)
	if err != nil {
		return err
	}
	defer lock.Close() // which unlocks it
	if err := syscall.Flock(int(lock.Fd()), syscall.LOCK_EX); err != nil {
		return fmt.Errorf("lock %s: %w", name, err)
	}
	wanted, err := lock.Stat()
	if err != nil {
		return err
	}
	if there, err := os.Stat(filepath.Join(dir, "node_modules", ".package-lock.json")); err == nil && !there.ModTime().Before(wanted.ModTime()) {
		return nil
	}
	cmd := exec.Command("npm", "--prefix", dir, "ci", "--silent")
	cmd.Stderr = os.Stderr
	return cmd.Run()
}

// findViolations looks at the page when what moves has come to rest, without what
// other origins show in it.
const findViolations = `(async () => {
	for (const a of document.getAnimations()) if (a.effect.getTiming().iterations !== Infinity) a.finish();
	const found = await axe.run(document, {iframes: false, resultTypes: ['violations']});
	return found.violations.filter((v) => v.impact === 'serious' || v.impact === 'critical').flatMap((v) => v.nodes.map((n) =>
		v.id + ': ' + n.target.join(' ') + ': ' + n.failureSummary.split('\n').slice(1).map((s) => s.trim()).join('; ') + ' ' + n.html.slice(0, 160)));
})()`

// Violations are what axe-core finds on the page as it is that it calls serious or
// critical, a line each. Iframes of apps are not looked into.
func (b *Tab) Violations() []string {
	b.t.Helper()
	source, err := axeSource()
	if err != nil {
		b.t.Fatal(err)
	}
	// The debugger's scripts are not under the page's content security policy.
	b.Run(chromedp.Evaluate[chromedp.Void](source + "; void 0"))
	return Eval[[]string](b, findViolations)
}
