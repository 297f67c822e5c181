package authz

import (
	"fmt"
	"net"
	"net/http"
	"net/netip"
	"strings"

	"github.com/dockwright/dockwright/internal/host/route"
)

// Front stands before the whole host: it refuses requests that were meant for
// another host, and answers the preflights of browsers that call the API from an
// app's origin.
func (s *Service) Front(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		switch {
		case !s.hostAllowed(r):
			http.Error(w, fmt.Sprintf("This is %s. It does not answer for %q; if it should, start it with --base-url or --company-url.", s.origins.base, r.Host), http.StatusMisdirectedRequest)
		case r.Method == http.MethodOptions && r.Header.Get("Access-Control-Request-Method") != "" && route.OnStreet(r.URL.Path):
			answerPreflight(w)
		default:
			if r, ok := s.locate(w, r); ok {
				next.ServeHTTP(w, r)
			}
		}
	})
}

// hostAllowed keeps away pages that made their own name resolve to this machine
// (DNS rebinding) and would meet a signed-in browser here.
// spec: web.foreign-host
func (s *Service) hostAllowed(r *http.Request) bool {
	switch r.URL.Path {
	case "/healthz", "/readyz": // asked for by address, and say nothing
		return true
	case "/metrics": // scraped from this machine
		return s.origins.isGeneric(r.Host) || isLoopback(r.Host)
	}
	_, ofCompany := s.origins.label(r.Host)
	return ofCompany || s.origins.isGeneric(r.Host) || (s.demo && isLoopback(r.Host))
}

func withPort(host, scheme string) string {
	if _, _, err := net.SplitHostPort(host); err == nil {
		return host
	}
	if scheme == "https" {
		return net.JoinHostPort(strings.Trim(host, "[]"), "443")
	}
	return net.JoinHostPort(strings.Trim(host, "[]"), "80")
}

func isLoopback(host string) bool {
	name, _, err := net.SplitHostPort(host)
	if err != nil {
		name = strings.Trim(host, "[]")
	}
	if strings.EqualFold(name, "localhost") {
		return true
	}
	ip, err := netip.ParseAddr(name)
	return err == nil && ip.IsLoopback()
}

// openToAll lets pages of any origin read the answer. Credentials that a browser
// adds by itself do not count here, so nothing is given away.
// spec: rest.cors
func openToAll(h http.Header) {
	h.Set("Access-Control-Allow-Origin", "*")
	h.Set("Access-Control-Expose-Headers", "x-401-by-gw, x-correlation-id, Retry-After, "+
		"x-ratelimit-limit, x-ratelimit-remaining, x-ratelimit-reset, x-daily-requests-left, x-daily-ratelimit-token-limit, x-daily-ratelimit-token-remaining")
}

func answerPreflight(w http.ResponseWriter) {
	h := w.Header()
	openToAll(h)
	h.Set("Access-Control-Allow-Methods", "GET, POST, PUT, PATCH, DELETE")
	h.Set("Access-Control-Allow-Headers", "Authorization, Content-Type, x-api-token")
	h.Set("Access-Control-Max-Age", "86400")
	w.WriteHeader(http.StatusNoContent)
}
