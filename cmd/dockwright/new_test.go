package main

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/chromedp/chromedp"
	"golang.org/x/net/html"

	"github.com/dockwright/dockwright/appkit"
	"github.com/dockwright/dockwright/internal/browsertest"
	"github.com/dockwright/dockwright/pipedrive/surfaceapi"
)

// TestNew makes an app in each language, starts it as its README says, without a
// network, installs it as a person does, and loads its pages as the CRM does.
// spec: new.scaffold
func TestNew(t *testing.T) {
	t.Parallel()
	at, _ := upNow(t)
	for _, language := range []string{"go", "node"} {
		t.Run(language, func(t *testing.T) {
			t.Parallel()
			n := &newApp{t: t, at: at, v: newVisitor(), dir: filepath.Join(t.TempDir(), "my-first_app"), port: fmt.Sprint(freePort(t))}
			n.base = "http://127.0.0.1:" + n.port
			if said := n.make(language, fmt.Sprintf("http://127.0.0.1:%d", freePort(t))); !strings.Contains(said, "not registered yet, because nobody answers") {
				t.Errorf("without a host: %s", said)
			}
			n.doesNotStart(language)
			if said := n.make(language, at.Host); !strings.Contains(said, "Registered in the Developer Hub of "+at.Host) {
				t.Fatalf("with a host: %s", said)
			}
			if err := run(t.Context(), []string{"new", language, n.dir, "--host", at.Host}, options{out: io.Discard, log: io.Discard}); err == nil || !strings.Contains(err.Error(), "registered already") {
				t.Errorf("over an app that is there: %v", err)
			}
			n.prepare(language)
			n.start(language)
			n.refuses()
			n.shows(looked{Installed: false})
			n.install()
			deal, title := n.deal()
			n.shows(looked{Installed: true, User: n.me(), Company: n.company(), Record: &lookedRecord{Kind: "deal", ID: deal, Name: title}})
			n.onScreen(deal, title)
			n.stop()
			n.start(language)
			n.shows(looked{Installed: true, User: n.me(), Company: n.company(), Record: &lookedRecord{Kind: "deal", ID: deal, Name: title}})
			n.uninstall()
		})
	}
}

// newApp is an app that was scaffolded, and who tries it.
type newApp struct {
	t               *testing.T
	at              addresses
	v               *visitor
	dir, base, port string
	id              string // client id
	stop            func()
}

// looked is what the app tells its pages.
type looked struct {
	User, Company string
	Installed     bool
	Record        *lookedRecord
}

type lookedRecord struct {
	Kind  string
	ID    int64
	Name  string
	Facts [][2]string
}

// make runs the command and returns what it said.
func (n *newApp) make(language, host string) string {
	n.t.Helper()
	var out bytes.Buffer
	if err := run(n.t.Context(), []string{"new", language, n.dir, "--host", host, "--port", n.port}, options{out: &out, log: io.Discard}); err != nil {
		n.t.Fatal(err)
	}
	return out.String()
}

// command is a program in the app's folder that cannot fetch anything.
func (n *newApp) command(ctx context.Context, name string, args ...string) *exec.Cmd {
	cmd := exec.CommandContext(ctx, name, args...)
	cmd.Dir = n.dir
	cmd.Env = append(os.Environ(), "GOPROXY=off", "GOFLAGS=-mod=readonly -buildvcs=false", "GOWORK=off")
	return cmd
}

// starting is the command of the README.
func starting(language string) []string {
	return map[string][]string{"go": {"go", "run", "."}, "node": {"node", "--env-file=.env", "app.js"}}[language]
}

// doesNotStart holds that an app without credentials says what is missing.
func (n *newApp) doesNotStart(language string) {
	n.t.Helper()
	args := starting(language)
	out, err := n.command(n.t.Context(), args[0], args[1:]...).CombinedOutput()
	if err == nil || !strings.Contains(string(out), "CLIENT_ID and CLIENT_SECRET are empty") {
		n.t.Errorf("without credentials: %v\n%s", err, out)
	}
}

// prepare checks the sources, and reads what the app is called at the host.
func (n *newApp) prepare(language string) {
	n.t.Helper()
	if language == "go" {
		if out, err := n.command(n.t.Context(), "gofmt", "-l", ".").CombinedOutput(); err != nil || len(out) > 0 {
			n.t.Errorf("gofmt: %v %s", err, out)
		}
		for _, args := range [][]string{{"vet", "."}, {"build", "-o", "app", "."}} {
			if out, err := n.command(n.t.Context(), "go", args...).CombinedOutput(); err != nil {
				n.t.Fatalf("go %s: %v\n%s", args[0], err, out)
			}
		}
	}
	env, err := os.ReadFile(filepath.Join(n.dir, ".env"))
	if err != nil {
		n.t.Fatal(err)
	}
	m := regexp.MustCompile(`(?m)^CLIENT_ID=([0-9a-f]+)\nCLIENT_SECRET=\S+$`).FindSubmatch(env)
	if m == nil || !strings.Contains(string(env), "\nHOST="+n.at.Host+"\n") {
		n.t.Fatalf(".env does not say how to reach the host:\n%s", env)
	}
	n.id = string(m[1])
	if info, err := os.Stat(filepath.Join(n.dir, ".env")); err != nil || info.Mode().Perm() != 0o600 {
		n.t.Errorf(".env can be read by others: %v %v", info, err)
	}
}

// start runs the app until stop is called.
func (n *newApp) start(language string) {
	n.t.Helper()
	args := starting(language)
	if language == "go" {
		args = []string{"./app"} // as go run does, in a process that can be ended
	}
	ctx, cancel := context.WithCancel(context.Background())
	cmd := n.command(ctx, args[0], args[1:]...)
	out := &awaited{word: "Install it", seen: make(chan struct{})}
	cmd.Stdout, cmd.Stderr = out, out
	if err := cmd.Start(); err != nil {
		cancel()
		n.t.Fatal(err)
	}
	n.stop = sync.OnceFunc(func() {
		cancel()
		_ = cmd.Wait() // killed
		if text := out.String(); strings.Contains(text, " ERROR ") || strings.Contains(text, "Error:") || strings.Contains(text, "panic") {
			n.t.Errorf("the app complained:\n%s", text)
		}
	})
	n.t.Cleanup(n.stop)
	select {
	case <-out.seen:
	case <-time.After(processTime):
		n.t.Fatalf("the app did not start:\n%s", out.String())
	}
}

// awaited collects output until a word appears in it, and after.
type awaited struct {
	word string
	seen chan struct{}
	once sync.Once
	mu   sync.Mutex
	text bytes.Buffer
}

func (a *awaited) Write(p []byte) (int, error) {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.text.Write(p)
	if bytes.Contains(a.text.Bytes(), []byte(a.word)) {
		a.once.Do(func() { close(a.seen) })
	}
	return len(p), nil
}

func (a *awaited) String() string {
	a.mu.Lock()
	defer a.mu.Unlock()
	return a.text.String()
}

// ask sends a request without cookies.
func (n *newApp) ask(method, address string, header http.Header) (status int, got http.Header, body string) {
	n.t.Helper()
	req, err := http.NewRequestWithContext(n.t.Context(), method, address, nil)
	if err != nil {
		n.t.Fatal(err)
	}
	req.Header = header
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		n.t.Fatal(err)
	}
	defer resp.Body.Close()
	raw, err := io.ReadAll(resp.Body)
	if err != nil {
		n.t.Fatal(err)
	}
	return resp.StatusCode, resp.Header, string(raw)
}

// refuses holds that nobody gets in without the CRM's signature.
func (n *newApp) refuses() {
	n.t.Helper()
	forged := "eyJhbGciOiJub25lIn0.eyJ1c2VySWQiOjEsImNvbXBhbnlJZCI6MSwiZXhwIjo5OTk5OTk5OTk5fQ."
	for _, path := range []string{"/panel", "/window", "/panel?token=" + forged, "/api/look"} {
		if status, _, body := n.ask(http.MethodGet, n.base+path, http.Header{"Authorization": {"Bearer"}}); status != http.StatusUnauthorized {
			n.t.Errorf("%s: %d %s", path, status, body)
		}
	}
	if status, _, body := n.ask(http.MethodGet, n.base+"/api/look", http.Header{"Authorization": {"Bearer " + forged}}); status != http.StatusUnauthorized || !strings.Contains(body, "algorithm") {
		n.t.Errorf("a token of one's own: %d %s", status, body)
	}
	if status, _, _ := n.ask(http.MethodDelete, n.base+"/oauth/callback", nil); status != http.StatusUnauthorized {
		n.t.Errorf("a stranger uninstalls: %d", status)
	}
	if status, _, _ := n.ask(http.MethodGet, n.base+"/oauth/callback?code=1&state=2", nil); status != http.StatusForbidden {
		n.t.Errorf("a callback that this browser did not begin: %d", status)
	}
	for path, kind := range map[string]string{"/surface.js": "text/javascript", "/app.js": "text/javascript", "/app.css": "text/css"} {
		status, header, body := n.ask(http.MethodGet, n.base+path, nil)
		if status != http.StatusOK || !strings.HasPrefix(header.Get("Content-Type"), kind) || path == "/surface.js" && body != string(appkit.SurfaceScriptFile()) {
			n.t.Errorf("%s: %d %v", path, status, header)
		}
	}
}

// install goes to the consent screen and allows.
func (n *newApp) install() {
	n.t.Helper()
	p, err := n.v.get(n.t.Context(), n.base+"/install")
	if err != nil {
		n.t.Fatal(err)
	}
	f, err := p.form("decision")
	if err != nil {
		n.t.Fatal(err)
	}
	f.values.Set("decision", "allow")
	if p, err = n.v.send(n.t.Context(), f); err != nil {
		n.t.Fatal(err)
	}
	if p.url.Path != "/deals" || p.url.Host != strings.TrimPrefix(n.at.Host, "http://") {
		n.t.Errorf("after the installation the browser is at %s", p.url)
	}
}

// shows loads both pages at the addresses that the host makes for them, and asks
// what they ask.
func (n *newApp) shows(want looked) {
	n.t.Helper()
	deal, _ := n.deal()
	for path, view := range map[string]string{"/panel": "deal-details", "/window": ""} {
		request := map[string]any{"extension": n.extension(path), "view": view, "theme": surfaceapi.Dark}
		if view != "" {
			request["selected"] = []int64{deal}
		}
		address := n.frame(request)
		if address == "" { // the host shows no frame to who has not installed the app
			if want.Installed {
				n.t.Errorf("%s: no frame", path)
			}
			continue
		}
		if !want.Installed {
			n.t.Errorf("%s: a frame of an app that is not installed", path)
			continue
		}
		status, header, body := n.ask(http.MethodGet, address, nil)
		if status != http.StatusOK || !strings.Contains(body, `<script src="surface.js">`) || !strings.HasPrefix(header.Get("Content-Security-Policy"), "frame-ancestors "+n.at.Host+" ") {
			n.t.Errorf("%s: %d %v %s", path, status, header, body)
		}
		n.looks(path, address, want)
	}
}

// looks asks the app's server as the page at address does.
func (n *newApp) looks(path, address string, want looked) {
	n.t.Helper()
	u, err := url.Parse(address)
	if err != nil {
		n.t.Fatal(err)
	}
	q := u.Query()
	token := q.Get("token")
	for name := range q {
		if name != "resource" && name != "selectedIds" {
			q.Del(name)
		}
	}
	status, _, body := n.ask(http.MethodGet, n.base+"/api/look?"+q.Encode(), http.Header{"Authorization": {"Bearer " + token}})
	var got looked
	if err := json.Unmarshal([]byte(body), &got); err != nil || status != http.StatusOK {
		n.t.Fatalf("%s: %d %s", path, status, body)
	}
	if got.User != want.User || got.Company != want.Company || got.Installed != want.Installed {
		n.t.Errorf("%s: %s, want %+v", path, body, want)
	}
	if path == "/window" {
		if got.Record != nil {
			n.t.Errorf("the window is beside no record: %s", body)
		}
		return
	}
	if r := got.Record; r == nil || r.Kind != want.Record.Kind || r.ID != want.Record.ID || r.Name != want.Record.Name || len(r.Facts) != 2 {
		n.t.Errorf("%s: %s, want %+v", path, body, want.Record)
	}
}

// frame asks the host for the address of an iframe, as its pages do; it is empty
// if the host refuses.
func (n *newApp) frame(request map[string]any) string {
	n.t.Helper()
	raw, err := json.Marshal(request)
	if err != nil {
		n.t.Fatal(err)
	}
	req, err := http.NewRequestWithContext(n.t.Context(), http.MethodPost, n.at.Host+"/_dockwright/surfaces/open", bytes.NewReader(raw))
	if err != nil {
		n.t.Fatal(err)
	}
	req.Header.Set("Content-Type", "application/json")
	req.Header.Set("Origin", n.at.Host)
	resp, err := n.v.client.Do(req)
	if err != nil {
		n.t.Fatal(err)
	}
	defer resp.Body.Close()
	if resp.StatusCode != http.StatusOK {
		return ""
	}
	var f struct{ URL string }
	if err := json.NewDecoder(resp.Body).Decode(&f); err != nil {
		n.t.Fatal(err)
	}
	return f.URL
}

// extension is the host's id of the extension at a path of the app.
func (n *newApp) extension(path string) string {
	n.t.Helper()
	p, err := n.v.get(n.t.Context(), n.at.Host+"/developer-hub/app/"+n.id+"/extensions")
	if err != nil {
		n.t.Fatal(err)
	}
	for li := range p.root.Descendants() {
		if li.Type != html.ElementNode || li.Data != "li" || named(li, "code") != n.base+path {
			continue
		}
		for a := range li.Descendants() {
			if a.Data == "a" {
				return attr(a, "href")[strings.LastIndex(attr(a, "href"), "/")+1:]
			}
		}
	}
	n.t.Fatalf("the Developer Hub has no extension at %s", n.base+path)
	return ""
}

var dealLink = regexp.MustCompile(`^/deals/([0-9]+)$`)

// deal is one of the demo, with its title.
func (n *newApp) deal() (id int64, title string) {
	n.t.Helper()
	p, err := n.v.get(n.t.Context(), n.at.Host+"/deals/list")
	if err != nil {
		n.t.Fatal(err)
	}
	for a := range p.root.Descendants() {
		if m := dealLink.FindStringSubmatch(attr(a, "href")); m != nil {
			id, _ := strconv.ParseInt(m[1], 10, 64) // digits
			return id, strings.TrimSpace(innerText(a))
		}
	}
	n.t.Fatal("the demo has no deal")
	return 0, ""
}

// demo is what the desk tells of the demo company.
func (n *newApp) demo() (company, admin string) {
	n.t.Helper()
	body, err := download(n.t.Context(), n.v, n.at.Host+"/_dockwright/state")
	if err != nil {
		n.t.Fatal(err)
	}
	var s struct {
		Data struct {
			Companies []struct {
				Name  string
				Demo  bool
				Users []struct {
					Name  string
					Admin bool
				}
			}
		}
	}
	if err := json.Unmarshal(body, &s); err != nil {
		n.t.Fatal(err)
	}
	for _, c := range s.Data.Companies {
		if c.Demo {
			return c.Name, c.Users[0].Name
		}
	}
	n.t.Fatalf("no demo company: %s", body)
	return "", ""
}

func (n *newApp) company() string { c, _ := n.demo(); return c }

func (n *newApp) me() string { _, u := n.demo(); return u }

// onScreen looks at a deal in a browser, and presses the panel's buttons.
func (n *newApp) onScreen(deal int64, title string) {
	n.t.Helper()
	b := browsertest.New(n.t)
	b.Open(fmt.Sprintf("%s/deals/%d", n.at.Host, deal))
	panel := b.Frame(n.base + "/panel?")
	panel.Wait(fmt.Sprintf(`document.getElementById('who').textContent === %q`, fmt.Sprintf("%s of %s looks at deal %d.", n.me(), n.company(), deal)))
	panel.Wait(fmt.Sprintf(`document.getElementById('name').textContent === %q`, title))
	frame := fmt.Sprintf(`document.querySelector('iframe[src^=%q]')`, n.base+"/panel")
	b.Wait(frame + `.parentElement.dataset.frame === 'ready'`)
	b.Wait(frame + `.clientHeight === 220`)
	panel.Run(chromedp.Click("#taller"))
	b.Wait(frame + `.clientHeight === 280`)
	panel.Run(chromedp.Click("#snackbar"))
	b.Wait(`document.body.innerText.includes('Hello from panel')`)
	browsertest.Eval[bool](panel, `(document.getElementById('who').textContent = '') === ''`)
	panel.Run(chromedp.Click("#again"))
	panel.Wait(`document.getElementById('who').textContent.includes('looks at deal')`)

	b.Run(chromedp.Click(fmt.Sprintf("#dock-pin-%s button", n.id)))
	window := b.Frame(n.base + "/window?")
	window.Wait(fmt.Sprintf(`document.getElementById('who').textContent === %q`, fmt.Sprintf("%s of %s is here.", n.me(), n.company())))
	window.Wait(`document.querySelector('#heard li').textContent.startsWith('shown {"invoker":"user"') && document.querySelector('.none') === null`)
	window.Run(chromedp.Click("#hide"))
	window.Wait(`document.querySelector('#heard li').textContent === 'hidden {"reason":"a button","invoker":"command"}'`)
	b.Wait(fmt.Sprintf(`document.querySelector('iframe[src^=%q]').closest('.window').inert`, n.base+"/window"))
}

// uninstall does what a person does, and waits until the app has heard of it: the
// token that its page got before shows a user without an installation.
func (n *newApp) uninstall() {
	n.t.Helper()
	deal, _ := n.deal()
	address := n.frame(map[string]any{"extension": n.extension("/panel"), "view": "deal-details", "selected": []int64{deal}, "theme": surfaceapi.Light})
	u, err := url.Parse(address)
	if err != nil {
		n.t.Fatal(err)
	}
	p, err := n.v.get(n.t.Context(), n.at.Host+"/marketplace/app/"+n.id)
	if err != nil {
		n.t.Fatal(err)
	}
	f, err := p.form("uninstall")
	if err != nil {
		n.t.Fatal(err)
	}
	if _, err := n.v.send(n.t.Context(), f); err != nil {
		n.t.Fatal(err)
	}
	ctx, cancel := context.WithTimeout(n.t.Context(), processTime)
	defer cancel()
	err = eventually(ctx, func() (bool, error) {
		status, _, body := n.ask(http.MethodGet, n.base+"/api/look", http.Header{"Authorization": {"Bearer " + u.Query().Get("token")}})
		if status != http.StatusOK {
			return false, fmt.Errorf("%d %s", status, body)
		}
		return strings.Contains(body, `"installed":false`), nil
	})
	if err != nil {
		n.t.Errorf("the app was not told that it was uninstalled: %v", err)
	}
	stored, err := filepath.Glob(filepath.Join(n.dir, "tokens.json"))
	if err != nil {
		n.t.Fatal(err)
	}
	for _, name := range stored {
		if raw, err := os.ReadFile(name); err != nil || bytes.Contains(raw, []byte("{")) && json.Valid(raw) {
			n.t.Errorf("tokens are not encrypted: %s %v", raw, err)
		}
	}
}

// What the kit writes for video calls and webhooks is what the Developer Hub
// takes.
// spec: appkit.manifests
func TestHubTakesManifests(t *testing.T) {
	t.Parallel()
	at, _ := upNow(t)
	ctx, v := t.Context(), newVisitor()
	p, err := v.get(ctx, at.Host+"/developer-hub/new")
	if err != nil {
		t.Fatal(err)
	}
	f, err := p.form("name", "callback_url", "scopes")
	if err != nil {
		t.Fatal(err)
	}
	f.values.Set("name", "Manifests")
	f.values.Set("template", "api")
	f.values.Set("callback_url", "http://127.0.0.1:3000/callback")
	f.values["scopes"] = []string{"base", "video-calls", "webhooks:full"}
	if p, err = v.send(ctx, f); err != nil {
		t.Fatal(err)
	}
	id, err := p.value("client_id")
	if err != nil {
		t.Fatal(err)
	}
	video, err := appkit.ManifestFile(appkit.VideoManifest("http://127.0.0.1:3000/provider", id))
	if err != nil {
		t.Fatal(err)
	}
	hooks, err := appkit.ManifestFile(appkit.WebhooksManifest(appkit.Webhook{URL: "http://127.0.0.1:3000/hook", Action: "*", Object: "person"}))
	if err != nil {
		t.Fatal(err)
	}
	for field, raw := range map[string][]byte{"video_manifest": video, "webhooks": hooks} {
		p, err := v.get(ctx, at.Host+"/developer-hub/app/"+id+"/oauth")
		if err != nil {
			t.Fatal(err)
		}
		f, err := p.form(field)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := v.sendFiles(ctx, f, map[string]file{field: {"file.json", raw}}); err != nil {
			t.Errorf("%s: %v", field, err)
		}
		broken := bytes.Replace(raw, []byte("3000"), []byte(":x"), 1)
		if _, err := v.sendFiles(ctx, f, map[string]file{field: {"file.json", broken}}); err == nil {
			t.Errorf("%s: anything is taken", field)
		}
	}
}
