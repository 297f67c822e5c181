package main

import (
	"bufio"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/chromedp/chromedp"

	"github.com/dockwright/dockwright/internal/browsertest"
)

// The newcomer's tour as docs/tour.md tells it, in a browser and with Node: the
// app is the file that stands there.
// spec: docs.tour
func TestTour(t *testing.T) {
	t.Parallel()
	at, _ := upNow(t)
	app := tourFile(t)
	b := browsertest.New(t)

	b.Open(at.Host + "/developer-hub/new")
	callback := fmt.Sprintf("http://localhost:%d/callback", freePort(t))
	do(b, fmt.Sprintf(`(() => {
		document.querySelector('[name=name]').value = 'Tour';
		document.querySelector('[name=callback_url]').value = %q;
		for (const s of ['contacts:full', 'webhooks:full']) document.querySelector('[name=scopes][value="' + s + '"]').checked = true;
		document.querySelector('[name=name]').form.requestSubmit();
	})()`, callback))
	b.Wait(`document.querySelector('#env-lines') !== null`)
	env := browsertest.Eval[string](b, `document.querySelector('#env-lines').textContent`)

	dir := t.TempDir()
	for name, content := range map[string]string{".env": env + "\n", "tour.mjs": app} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(content), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	said := runTour(t, dir)
	said.hears("waiting at ")

	do(b, `[...document.querySelectorAll('a')].find(a => a.textContent.includes('Install & test')).click()`)
	b.Wait(`[...document.querySelectorAll('main a, main button')].some(a => a.textContent.trim() === 'Install')`)
	do(b, `[...document.querySelectorAll('main a, main button')].find(a => a.textContent.trim() === 'Install').click()`)
	b.Wait(`[...document.querySelectorAll('button')].some(x => x.textContent.includes('Allow and install'))`)
	do(b, `[...document.querySelectorAll('button')].find(x => x.textContent.includes('Allow and install')).click()`)
	said.hears("installed by Helena Vaher of Nordwind Trading")
	id, _, _ := strings.Cut(strings.TrimPrefix(said.hears("added person "), "added person "), ",")
	said.hears("webhook: person " + id + ", create: Ada of the Tour")

	b.Open(at.Host + "/persons/" + id + "/edit")
	do(b, `(() => {
		const name = document.querySelector('#record-form [name=name]');
		name.value = 'Ada Lovelace';
		name.form.requestSubmit();
	})()`)
	said.hears("webhook: person " + id + ", change: Ada Lovelace")
}

// do runs a script in the page.
func do(b *browsertest.Tab, script string) {
	b.Run(chromedp.Evaluate[chromedp.Void](script))
}

// tourFile is the app of docs/tour.md.
func tourFile(t *testing.T) string {
	t.Helper()
	raw, err := os.ReadFile("../../docs/tour.md")
	if err != nil {
		t.Fatal(err)
	}
	_, after, ok := strings.Cut(string(raw), "<!-- run by cmd/dockwright/tour_test.go -->\n```js\n")
	text, _, end := strings.Cut(after, "\n```")
	if !ok || !end {
		t.Fatal("docs/tour.md has no marked block of js")
	}
	return text + "\n"
}

// tourOutput is what the app of the tour prints, line by line.
type tourOutput struct {
	t     *testing.T
	lines chan string
	all   []string
}

func runTour(t *testing.T, dir string) *tourOutput {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), "node", "--env-file=.env", "tour.mjs")
	cmd.Dir = dir
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	cmd.Stderr = cmd.Stdout
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	said := &tourOutput{t: t, lines: make(chan string, 100)}
	go func() {
		for lines := bufio.NewScanner(out); lines.Scan(); {
			said.lines <- lines.Text()
		}
		close(said.lines)
	}()
	t.Cleanup(func() {
		_ = cmd.Process.Kill()
		_ = cmd.Wait()
	})
	return said
}

// hears waits for the line that begins so.
func (o *tourOutput) hears(begin string) string {
	o.t.Helper()
	timeout := time.After(processTime)
	for {
		select {
		case line, open := <-o.lines:
			if !open {
				o.t.Fatalf("the app ended; it said:\n%s", strings.Join(o.all, "\n"))
			}
			o.all = append(o.all, line)
			if strings.HasPrefix(line, begin) {
				return line
			}
		case <-timeout:
			o.t.Fatalf("no line %q; the app said:\n%s", begin, strings.Join(o.all, "\n"))
		}
	}
}
