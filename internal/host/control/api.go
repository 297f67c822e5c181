package control

import (
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/netip"
	"strings"
	"time"

	"github.com/dockwright/dockwright/internal/fault"
	"github.com/dockwright/dockwright/internal/host/route"
	"github.com/dockwright/dockwright/internal/secret"
)

// deskRoot is what the desk's paths begin with; pages of the host have it too.
const deskRoot = "/_dockwright/"

// maxBody is in bytes. A company of 50,000 records fits.
const maxBody = 64 << 20

// Routes are the desk's paths, none while it is closed.
// spec: control.closed
func (s *Service) Routes() []route.Route {
	if !s.o.Open && s.o.Token == "" {
		return nil
	}
	return []route.Route{
		{Method: "GET", Pattern: "/_dockwright/state", Access: route.Public, Req: "control.state", Handler: s.desk(s.serveState)},
		{Method: "POST", Pattern: "/_dockwright/clock", Access: route.Public, Req: "control.clock", Handler: s.desk(s.serveClock)},
		{Method: "POST", Pattern: "/_dockwright/faults", Access: route.Public, Req: "control.faults", Handler: s.desk(s.servePlant)},
		{Method: "DELETE", Pattern: "/_dockwright/faults", Access: route.Public, Req: "control.faults", Handler: s.desk(s.serveClear)},
		{Method: "POST", Pattern: "/_dockwright/seed", Access: route.Public, Req: "control.seed", Handler: s.desk(s.serveSeed(false))},
		{Method: "POST", Pattern: "/_dockwright/import", Access: route.Public, Req: "control.import", Handler: s.desk(s.serveSeed(true))},
		{Method: "GET", Pattern: "/_dockwright/export", Access: route.Public, Req: "control.export", Handler: s.desk(s.serveExport)},
		{Method: "POST", Pattern: "/_dockwright/reset", Access: route.Public, Req: "control.reset", Handler: s.desk(s.serveReset)},
	}
}

// refusal is the body of an answer that is not a success.
type refusal struct {
	Success bool   `json:"success"` // false
	Field   string `json:"field,omitempty"`
	Error   string `json:"error"`
}

// desk lets in who may use the desk, and writes what fn returns as JSON.
func (s *Service) desk(fn func(*http.Request) (any, error)) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		err := s.mayEnter(r)
		var out any
		if err == nil {
			r.Body = http.MaxBytesReader(w, r.Body, maxBody)
			out, err = fn(r)
		}
		if err == nil {
			write(w, out)
			return
		}
		f, ok := fault.As(err)
		if !ok {
			s.o.Log.ErrorContext(r.Context(), "the desk failed", "path", r.URL.Path, "err", err)
			f = fault.New(fault.Internal, "", "Something went wrong here; it has been written to the host's log.")
		}
		answer(w, f.Kind.Status(), refusal{Field: f.Field, Error: f.Message})
	}
}

// write answers with JSON, or with what is text already.
func write(w http.ResponseWriter, out any) {
	if doc, ok := out.(document); ok {
		w.Header().Set("Content-Type", "application/yaml; charset=utf-8")
		w.Header().Set("Cache-Control", "no-store")
		_, _ = w.Write(doc) // the reader has gone; nobody to tell
		return
	}
	answer(w, http.StatusOK, out)
}

// document is a YAML text.
type document []byte

// mayEnter refuses pages of other sites, callers from elsewhere and wrong tokens.
func (s *Service) mayEnter(r *http.Request) error {
	// spec: control.cross-site
	if site := r.Header.Get("Sec-Fetch-Site"); site == "cross-site" || site == "same-site" || s.cross.Check(r) != nil {
		return fault.New(fault.Forbidden, "", "This request came from a page of another site and was not carried out.")
	}
	// spec: control.token
	if s.o.Token != "" {
		scheme, token, _ := strings.Cut(r.Header.Get("Authorization"), " ")
		if !strings.EqualFold(scheme, "Bearer") || !secret.Equal(secret.Hash(s.o.Token), secret.Hash(token)) {
			return fault.New(fault.Unauthorized, "", "Expected the header Authorization: Bearer with the token that the host was given as --control-token.")
		}
		return nil
	}
	// spec: control.local
	peer, err := netip.ParseAddrPort(r.RemoteAddr)
	if err != nil || !peer.Addr().Unmap().IsLoopback() || r.Header.Get("X-Forwarded-For") != "" || r.Header.Get("Forwarded") != "" {
		return fault.New(fault.Forbidden, "", "The desk answers this machine only. Start the host with --control-token to use it from elsewhere.")
	}
	return nil
}

// body reads a request's body into v; an empty one leaves it as it is.
func body(r *http.Request, v any) error {
	raw, err := readAll(r)
	if err != nil {
		return err
	}
	return read(raw, v)
}

func readAll(r *http.Request) ([]byte, error) {
	raw, err := io.ReadAll(r.Body)
	if _, tooLarge := errors.AsType[*http.MaxBytesError](err); tooLarge {
		return nil, fault.New(fault.TooLarge, "", "Expected up to %d MB; seed it in parts.", maxBody>>20)
	}
	if err != nil {
		return nil, fault.New(fault.Invalid, "", "The request ended before its body was complete.")
	}
	return raw, nil
}

// wireFault is a fault as the desk takes and tells it.
type wireFault struct {
	Fault      string `json:"fault" yaml:"fault"`
	Method     string `json:"method,omitempty" yaml:"method"`
	Path       string `json:"path" yaml:"path"`
	Times      int    `json:"times,omitempty" yaml:"times"`
	Delay      string `json:"delay,omitempty" yaml:"delay"`
	RetryAfter int    `json:"retry_after,omitempty" yaml:"retry_after"`
}

func (w wireFault) fault() (Fault, error) {
	n := Fault{Kind: w.Fault, Method: w.Method, Path: w.Path, Times: w.Times, After: w.RetryAfter}
	var err error
	if w.Delay != "" {
		n.Delay, err = period("delay", w.Delay)
	}
	return n, err
}

func toldFaults(list []Fault) []wireFault {
	out := make([]wireFault, 0, len(list))
	for _, n := range list {
		w := wireFault{Fault: n.Kind, Method: n.Method, Path: n.Path, Times: n.Times}
		if n.Kind == Slow {
			w.Delay = n.Delay.String()
		}
		if n.Kind == RateLimited || n.Kind == Unavailable {
			w.RetryAfter = n.After
		}
		out = append(out, w)
	}
	return out
}

// period reads a length of time.
func period(field, s string) (time.Duration, error) {
	d, err := time.ParseDuration(s)
	if err != nil {
		return 0, fault.New(fault.Invalid, field, "Expected a time such as 61m, 24h or 1h30m, got %q.", s)
	}
	return d, nil
}

// told is the answer of the desk to what changed something.
type told struct {
	Success bool `json:"success"` // true
	Data    any  `json:"data"`
}

func (s *Service) serveClock(r *http.Request) (any, error) {
	var want struct {
		Advance string `yaml:"advance"`
	}
	if err := body(r, &want); err != nil {
		return nil, err
	}
	by, err := period("advance", want.Advance)
	if err != nil {
		return nil, err
	}
	ahead, err := s.Advance(r.Context(), by)
	if err != nil {
		return nil, err
	}
	return told{true, wireClock{s.db.Now().Format(time.RFC3339Nano), ahead.String()}}, nil
}

// wireClock is what the host takes the time to be.
type wireClock struct {
	Now   string `json:"now"`
	Ahead string `json:"ahead"` // of the machine's clock
}

func (s *Service) servePlant(r *http.Request) (any, error) {
	var want wireFault
	if err := body(r, &want); err != nil {
		return nil, err
	}
	n, err := want.fault()
	if err == nil {
		err = s.o.Faults.Plant(n)
	}
	return told{true, toldFaults(s.o.Faults.Planted())}, err
}

func (s *Service) serveClear(*http.Request) (any, error) {
	s.o.Faults.Clear()
	return told{true, []wireFault{}}, nil
}

func (s *Service) serveReset(r *http.Request) (any, error) {
	var want struct {
		Company string `yaml:"company"`
	}
	if err := body(r, &want); err != nil {
		return nil, err
	}
	gone, err := s.Reset(r.Context(), want.Company)
	return told{true, map[string]any{"removed": gone}}, err
}

// serveSeed is POST /_dockwright/seed, and with replace POST /_dockwright/import.
// spec: control.import
func (s *Service) serveSeed(replace bool) func(*http.Request) (any, error) {
	return func(r *http.Request) (any, error) {
		raw, err := readAll(r)
		if err != nil {
			return nil, err
		}
		made, err := s.Seed(r.Context(), raw, replace)
		return told{true, map[string]any{"companies": made}}, err
	}
}

func (s *Service) serveExport(r *http.Request) (any, error) {
	q := r.URL.Query()
	var secrets bool
	switch v := q.Get("secrets"); v {
	case "", "0", "1":
		secrets = v == "1"
	default:
		return nil, fault.New(fault.Invalid, "secrets", "Expected 0 or 1, got %q.", v)
	}
	raw, err := s.Export(r.Context(), q.Get("company"), secrets)
	return document(raw), err
}

func (s *Service) serveState(r *http.Request) (any, error) {
	companies, err := s.companies(r.Context())
	if err != nil {
		return nil, fmt.Errorf("list the companies: %w", err)
	}
	var ahead time.Duration
	if s.o.Clock != nil {
		ahead = s.o.Clock.Ahead()
	}
	return told{true, map[string]any{
		"clock": wireClock{s.db.Now().Format(time.RFC3339Nano), ahead.String()}, "faults": toldFaults(s.o.Faults.Planted()),
		"database": s.db.Dialect(), "demo": s.o.Demo, "companies": companies,
	}}, nil
}
