package messaging

import (
	"net"
	"net/http"
	"net/url"
	"strings"

	"github.com/dockwright/dockwright/internal/fault"
)

// mux builds the app's handler from its table of routes.
func (a *App) mux(routes []Route) http.Handler {
	mux := http.NewServeMux()
	for _, r := range routes {
		mux.Handle(r.Method+" "+r.Pattern, a.guard(r))
	}
	return a.onlyOurs(mux)
}

// guard puts before a route what its access demands.
func (a *App) guard(r Route) http.Handler {
	var h http.Handler = r.Handler
	policy := a.policy(r.Access)
	switch r.Access {
	case Operator:
		h = http.NewCrossOriginProtection().Handler(a.needOperator(h))
	case Provider:
		h = a.needProvider(h)
	case Public, Framed:
	}
	return http.HandlerFunc(func(w http.ResponseWriter, req *http.Request) {
		head := w.Header()
		head.Set("Content-Security-Policy", policy)
		head.Set("X-Content-Type-Options", "nosniff")
		head.Set("Referrer-Policy", "strict-origin-when-cross-origin")
		h.ServeHTTP(w, req)
	})
}

// policy is what pages may load and who may frame them.
// spec: app.messaging.csp
func (a *App) policy(access Access) string {
	framed := "'none'"
	if access == Framed {
		framed = "*"
	}
	socket := strings.Replace(a.cfg.BaseURL, "http", "ws", 1)
	return "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data: blob: " + a.cfg.BaseURL +
		"; connect-src 'self' " + socket + "; form-action 'self'; base-uri 'none'; frame-ancestors " + framed
}

// onlyOurs refuses, in demo mode, requests for a foreign host name: without a
// sign-in, a page on the internet could else point its own name at this machine.
// spec: app.messaging.demo-host
func (a *App) onlyOurs(next http.Handler) http.Handler {
	if !a.cfg.Demo {
		return next
	}
	base, _ := url.Parse(a.cfg.BaseURL)
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		name, _, err := net.SplitHostPort(r.Host)
		if err != nil {
			name = r.Host
		}
		ip := net.ParseIP(strings.Trim(name, "[]"))
		if name != "localhost" && name != base.Hostname() && (ip == nil || !ip.IsLoopback()) {
			a.core.Refused(w, r, fault.New(fault.Forbidden, "Host", "expected this machine or %s, got %.80q", base.Host, r.Host))
			return
		}
		next.ServeHTTP(w, r)
	})
}
