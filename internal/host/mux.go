package host

import (
	"net/http"
	"net/netip"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/collectors"
	"github.com/prometheus/client_golang/prometheus/promhttp"

	"github.com/dockwright/dockwright/internal/host/rest"
	"github.com/dockwright/dockwright/internal/host/route"
	"github.com/dockwright/dockwright/internal/store"
)

// mux joins the rooms' tables. Each route stands behind the guard; what apps
// call is recorded in the journal, also if nothing is there.
func (h *Host) mux(guard func(route.Route) http.Handler, tables ...[]route.Route) http.Handler {
	mux := http.NewServeMux()
	m := newMetrics()
	for _, r := range slices.Concat(tables...) {
		switch r.Access {
		case route.Token:
			h.operations = append(h.operations, r.Method+" "+r.Pattern)
		case route.Login, route.Admin:
			h.pages = append(h.pages, r.Method+" "+r.Pattern)
		case route.Public:
		}
		if h.faults != nil {
			r = h.faults.Over(r)
		}
		handler := m.count(r.Pattern, guard(r))
		for _, pattern := range aliases(r.Pattern) {
			mux.Handle(r.Method+" "+pattern, handler)
		}
	}
	mux.Handle("GET /metrics", local(m.handler))
	mux.HandleFunc("GET /healthz", func(w http.ResponseWriter, _ *http.Request) { _, _ = w.Write([]byte("ok\n")) })
	mux.HandleFunc("GET /readyz", h.ready)
	recorded := h.journal.Inbound(rest.WithSelector(mux))
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if route.OnStreet(r.URL.Path) {
			recorded.ServeHTTP(w, r)
			return
		}
		mux.ServeHTTP(w, r)
	})
}

// aliases are the paths under which a pattern is served: what the platform calls
// /v1/… is also reached as /api/v1/….
// spec: rest.both-prefixes
func aliases(pattern string) []string {
	if strings.HasPrefix(pattern, "/v1/") {
		return []string{pattern, "/api" + pattern}
	}
	return []string{pattern}
}

// ready answers whether the host can store what it is told.
func (h *Host) ready(w http.ResponseWriter, r *http.Request) {
	if err := h.cfg.DB.View(r.Context(), func(*store.Tx) error { return nil }); err != nil {
		h.cfg.Log.WarnContext(r.Context(), "not ready", "err", err)
		http.Error(w, "the database does not answer", http.StatusServiceUnavailable)
		return
	}
	_, _ = w.Write([]byte("ready\n"))
}

// metrics are what an operator watches.
type metrics struct {
	handler  http.Handler
	requests *prometheus.HistogramVec
}

func newMetrics() *metrics {
	reg := prometheus.NewRegistry()
	m := &metrics{requests: prometheus.NewHistogramVec(prometheus.HistogramOpts{
		Name: "dockwright_http_request_seconds", Help: "Time to answer a request, by route, method and class of status.",
		Buckets: []float64{.001, .005, .025, .1, .5, 2, 10},
	}, []string{"route", "method", "status"})}
	reg.MustRegister(m.requests, collectors.NewGoCollector(), collectors.NewProcessCollector(collectors.ProcessCollectorOpts{}))
	m.handler = promhttp.HandlerFor(reg, promhttp.HandlerOpts{})
	return m
}

func (m *metrics) count(pattern string, next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		began := time.Now()
		seen := &statusWriter{ResponseWriter: w, status: http.StatusOK}
		next.ServeHTTP(seen, r)
		m.requests.WithLabelValues(pattern, r.Method, strconv.Itoa(seen.status/100)+"xx").Observe(time.Since(began).Seconds())
	})
}

// statusWriter remembers the status. Unwrap lets a WebSocket take the connection.
type statusWriter struct {
	http.ResponseWriter
	status int
}

func (w *statusWriter) WriteHeader(status int) {
	w.status = status
	w.ResponseWriter.WriteHeader(status)
}

func (w *statusWriter) Unwrap() http.ResponseWriter { return w.ResponseWriter }

// local lets only this machine in, and nothing that a proxy passed on: metrics
// are for the operator.
// spec: host.metrics-are-local
func local(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		peer, err := netip.ParseAddrPort(r.RemoteAddr)
		if err != nil || !peer.Addr().Unmap().IsLoopback() || r.Header.Get("X-Forwarded-For") != "" || r.Header.Get("Forwarded") != "" {
			http.Error(w, "metrics are answered to this machine only", http.StatusForbidden)
			return
		}
		next.ServeHTTP(w, r)
	})
}
