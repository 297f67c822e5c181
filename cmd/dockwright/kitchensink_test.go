package main

import (
	"context"
	"encoding/json"
	"io"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"golang.org/x/net/html"

	"github.com/dockwright/dockwright/examples/kitchensink"
)

// sinkHub is what the Developer Hub says of the kitchen sink: its address there,
// and its extensions.
func sinkHub(t *testing.T, v *visitor, at addresses) (app string, extensions []string) {
	t.Helper()
	p, err := v.get(t.Context(), at.Host+"/developer-hub")
	if err != nil {
		t.Fatal(err)
	}
	for n := range p.root.Descendants() {
		if n.Type == html.ElementNode && n.Data == "a" && named(n, "strong") == kitchenSink {
			app += at.Host + attr(n, "href")
		}
	}
	if p, err = v.get(t.Context(), app+"/extensions"); err != nil {
		t.Fatal(err)
	}
	for n := range p.root.Descendants() {
		if n.Type == html.ElementNode && n.Data == "li" && named(n, "code") != "" {
			extensions = append(extensions, strings.TrimPrefix(named(n, "code"), at.KitchenSink)+" "+named(n, "strong"))
		}
	}
	return app, extensions
}

// "up" registers the kitchen sink with its five extensions and installs it. A
// second start finds it, does not register it again, and respects what its
// developer took away.
// spec: examples.kitchensink
func TestUpBringsTheKitchenSink(t *testing.T) {
	t.Parallel()
	args := []string{"up", "--port", "0", "--messaging-port", "0", "--kitchensink-port", "0", "--data", t.TempDir()}
	v := newVisitor()
	check := func(at addresses, want string) (app string) {
		t.Helper()
		app, extensions := sinkHub(t, v, at)
		if got := strings.Join(extensions, ", "); got != want {
			t.Errorf("the extensions are %s, want %s", got, want)
		}
		body, err := download(t.Context(), v, at.KitchenSink+"/status.json")
		if err != nil {
			t.Fatal(err)
		}
		var s kitchensink.Status
		if err := json.Unmarshal(body, &s); err != nil || !s.Credentials || s.Installations != 1 {
			t.Errorf("the app says %s, %v", body, err)
		}
		return app
	}
	at, stop := upUntil(t, args)
	app := check(at, "/floating Kitchen sink, /panel Kitchen sink, /modal Kitchen sink, /modal Kitchen sink drain, /settings App settings page")
	removePanel(t, v, app)
	stop()
	for name, origin := range map[string]string{"--port": at.Host, "--messaging-port": at.Messaging, "--kitchensink-port": at.KitchenSink} {
		u, err := url.Parse(origin)
		if err != nil {
			t.Fatal(err)
		}
		args = append(args, name, u.Port())
	}
	again, stop := upUntil(t, args)
	if again != at {
		t.Errorf("the second start is at %s", again)
	}
	check(again, "/floating Kitchen sink, /modal Kitchen sink, /modal Kitchen sink drain, /settings App settings page")
	stop()
}

func removePanel(t *testing.T, v *visitor, app string) {
	t.Helper()
	p, err := v.get(t.Context(), app+"/extensions")
	if err != nil {
		t.Fatal(err)
	}
	for n := range p.root.Descendants() {
		if n.Type != html.ElementNode || n.Data != "li" || !strings.HasSuffix(named(n, "code"), "/panel") {
			continue
		}
		for a := range n.Descendants() {
			if a.Data == "a" {
				to, err := p.url.Parse(attr(a, "href"))
				if err != nil {
					t.Fatal(err)
				}
				if _, err := v.send(t.Context(), &form{action: to.JoinPath("remove"), method: "POST", values: url.Values{}}); err != nil {
					t.Fatal(err)
				}
				return
			}
		}
	}
	t.Fatal("there is no panel")
}

// upUntil runs "up" until stop is called.
func upUntil(t *testing.T, args []string) (at addresses, stop func()) {
	t.Helper()
	ctx, cancel := context.WithCancel(t.Context())
	up, ended := make(chan addresses, 1), make(chan error, 1)
	var log tail
	go func() {
		ended <- run(ctx, args, options{out: io.Discard, log: &log, ready: func(a addresses) { up <- a }})
	}()
	select {
	case at = <-up:
	case err := <-ended:
		t.Fatalf("up ended: %v\n%s", err, &log)
	case <-time.After(processTime):
		t.Fatalf("up was not ready within %s\n%s", processTime, &log)
	}
	return at, func() {
		cancel()
		if err := <-ended; err != nil {
			t.Errorf("up: %v\n%s", err, &log)
		}
	}
}

// The kitchen sink runs alone, against any host, and says what it still needs.
func TestKitchenSinkAlone(t *testing.T) {
	t.Parallel()
	var out tail
	at := begin(t, &out, "app", "kitchensink", "--host", "https://crm.example.com", "--listen", "127.0.0.1:0", "--data", t.TempDir())
	if !strings.Contains(out.String(), "kitchen sink ready at "+at.KitchenSink) {
		t.Errorf("it says %s", &out)
	}
	p, err := newVisitor().get(t.Context(), at.KitchenSink+"/")
	if err != nil {
		t.Fatal(err)
	}
	if text := p.text(); !strings.Contains(text, "no client id and secret yet") || !strings.Contains(text, "crm.example.com") {
		t.Errorf("its page says %s", text)
	}
}

// Data of a version that had no kitchen sink takes one in; other origins than
// before are refused by name.
func TestOriginsOfOlderData(t *testing.T) {
	t.Parallel()
	s := storage{Data: t.TempDir()}
	path := filepath.Join(s.Data, originsFile)
	if err := os.WriteFile(path, []byte(`{"host":"http://localhost:8080","messaging":"http://127.0.0.1:8081"}`), 0o600); err != nil {
		t.Fatal(err)
	}
	at := addresses{Host: "http://localhost:8080", Messaging: "http://127.0.0.1:8081", KitchenSink: "http://127.0.0.1:8085"}
	for range 2 {
		if err := s.keepOrigins(at); err != nil {
			t.Fatal(err)
		}
	}
	at.KitchenSink = "http://127.0.0.1:9085"
	if err := s.keepOrigins(at); err == nil || !strings.Contains(err.Error(), "--kitchensink-port") || !strings.Contains(err.Error(), "http://127.0.0.1:8085") {
		t.Errorf("another origin: %v", err)
	}
}
