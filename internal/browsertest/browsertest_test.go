package browsertest_test

import (
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/dockwright/dockwright/internal/browsertest"
)

// The check itself is checked: a page with three faults is caught three times.
func TestFaultsAreHeard(t *testing.T) {
	t.Parallel()
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Security-Policy", "default-src 'none'; script-src 'self'")
		if r.URL.Path == "/s.js" {
			w.Header().Set("Content-Type", "text/javascript")
			_, _ = w.Write([]byte(`document.documentElement.dataset.ready = 'true'; console.error('planted error'); null.planted;`))
			return
		}
		w.Header().Set("Content-Type", "text/html")
		_, _ = w.Write([]byte(`<!DOCTYPE html><p style="color: red">Hello</p><script src="/s.js"></script>`))
	}))
	t.Cleanup(server.Close)
	b := browsertest.New(t)
	b.Open(server.URL)
	if text := browsertest.Eval[string](b, `Promise.resolve(document.body.innerText)`); strings.TrimSpace(text) != "Hello" {
		t.Errorf("page says %q", text)
	}
	got := strings.Join(b.Faults(), "\n")
	for _, want := range []string{"planted error", "TypeError", "Content Security Policy"} {
		if !strings.Contains(got, want) {
			t.Errorf("%q was not heard in:\n%s", want, got)
		}
		b.Allow(want)
	}
	stranger := b.Stranger()
	stranger.Allow("planted error")
	stranger.Allow("TypeError")
	stranger.Allow("Content Security Policy")
	stranger.Open(server.URL)
}
