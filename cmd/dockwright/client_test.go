package main

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"github.com/dockwright/dockwright/internal/host/devhub"
)

// clientsDir holds the published packages; the lock file pins their contents.
const clientsDir = "../../tools/clients"

// installClients fetches the official clients as published, once. npm refuses a
// package whose contents are not those of the lock file.
var installClients = sync.OnceValue(func() error { return npmInstall(clientsDir) })

// The official API clients, unmodified and with nothing but their documented
// configuration, go on a tour of the host: they call the original's names, which a
// preload leads to the host's TLS port.
// spec: rest.official-clients, rest.files.url
func TestOfficialClient(t *testing.T) {
	t.Parallel()
	if err := installClients(); err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct{ version, tour string }{
		{"17", "tour-callback.cjs"}, {"22", "tour-callback.cjs"}, {"30", "tour-walk.cjs"}, {"33", "tour-axios.cjs"},
	} {
		t.Run("v"+c.version, func(t *testing.T) {
			t.Parallel()
			tourClient(t, c.version, c.tour)
		})
	}
}

// step is a line that a tour prints.
type step struct {
	Step string
	OK   bool
	Why  string
}

func tourClient(t *testing.T, version, tour string) {
	at, ca := standIn(t)
	app := registerTourApp(t, at, ca)
	scripts, err := filepath.Abs("testdata/clients")
	if err != nil {
		t.Fatal(err)
	}
	packages, err := filepath.Abs(filepath.Join(clientsDir, "node_modules"))
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.CommandContext(t.Context(), "node", "--require", filepath.Join(scripts, "preload.cjs"), filepath.Join(scripts, tour),
		filepath.Join(packages, "pipedrive-"+version), app.id, app.secret, app.callback, app.code(t), app.hook)
	cmd.Dir = t.TempDir() // where the tour writes the files that it uploads
	cmd.Env = append(os.Environ(), "DOCKWRIGHT_TLS="+strings.TrimPrefix(strings.Replace(at.Host, "localhost", "127.0.0.1", 1), "https://"), "NODE_EXTRA_CA_CERTS="+ca)
	var stderr bytes.Buffer
	cmd.Stderr = &stderr
	out, err := cmd.Output()
	if err != nil {
		t.Fatalf("the tour ended with %v:\n%s%s", err, out, &stderr)
	}
	steps := 0
	for lines := bufio.NewScanner(bytes.NewReader(out)); lines.Scan(); steps++ {
		var s step
		if err := json.Unmarshal(lines.Bytes(), &s); err != nil {
			t.Fatalf("not a step: %s", lines.Text())
		}
		t.Run(s.Step, func(t *testing.T) {
			if !s.OK {
				t.Error(s.Why)
			}
		})
	}
	if steps < 15 {
		t.Errorf("the tour had %d steps:\n%s%s", steps, out, &stderr)
	}
}

// tourApp is an app as its developer registered it.
type tourApp struct {
	id, secret, callback, hook string
	at                         addresses
	v                          *visitor
	codes                      chan string
}

// registerTourApp registers an app with every scope in the Developer Hub.
func registerTourApp(t *testing.T, at addresses, ca string) *tourApp {
	t.Helper()
	app := &tourApp{at: at, v: newVisitor(), codes: make(chan string, 1)}
	app.v.client.Transport = trustingClient(t, ca, "").Transport
	front := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		if code := r.URL.Query().Get("code"); code != "" {
			app.codes <- code
		}
	}))
	t.Cleanup(front.Close)
	app.callback, app.hook = front.URL+"/callback", front.URL+"/hook"
	p, err := app.v.get(t.Context(), at.Host+"/developer-hub/new")
	if err != nil {
		t.Fatal(err)
	}
	f, err := p.form("name", "callback_url", "scopes")
	if err != nil {
		t.Fatal(err)
	}
	f.values.Set("name", "Tour")
	f.values.Set("type", "private")
	f.values.Set("callback_url", app.callback)
	f.values.Del("scopes")
	for _, s := range devhub.Scopes() {
		f.values.Add("scopes", s.ID)
	}
	if p, err = app.v.send(t.Context(), f); err != nil {
		t.Fatal(err)
	}
	if app.id, err = p.value("client_id"); err != nil {
		t.Fatal(err)
	}
	if app.secret, err = p.value("client_secret"); err != nil {
		t.Fatal(err)
	}
	return app
}

// code consents, as a person does, and returns what the callback got.
func (a *tourApp) code(t *testing.T) string {
	t.Helper()
	p, err := a.v.get(t.Context(), a.at.Host+"/oauth/authorize?"+url.Values{"client_id": {a.id}, "redirect_uri": {a.callback}}.Encode())
	if err != nil {
		t.Fatal(err)
	}
	f, err := p.form("decision")
	if err != nil {
		t.Fatal(err)
	}
	f.values.Set("decision", "allow")
	if _, err := a.v.send(t.Context(), f); err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithTimeout(t.Context(), processTime)
	defer cancel()
	select {
	case code := <-a.codes:
		return code
	case <-ctx.Done():
		t.Fatal("the callback got no code")
		return ""
	}
}
