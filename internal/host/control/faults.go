package control

import (
	"encoding/json"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/dockwright/dockwright/internal/fault"
	"github.com/dockwright/dockwright/internal/host/route"
	"github.com/dockwright/dockwright/pipedrive/crmapi"
)

// Kinds of faults.
const (
	// RateLimited answers 429, as a burst over the limit does.
	RateLimited = "rate-limited"
	// ServerError answers 500.
	ServerError = "server-error"
	// Unavailable answers 503 with Retry-After.
	Unavailable = "unavailable"
	// ExpiredToken answers 401, as an access token does that has expired.
	ExpiredToken = "expired-token"
	// Slow answers as always, after a while.
	Slow = "slow"
	// Cut closes the connection without an answer. What was asked is not done.
	Cut = "cut"
	// Lost closes the connection without an answer after what was asked has been
	// done.
	Lost = "lost"
	// Double makes a call of the host to an app twice.
	Double = "double"
)

var faultKinds = []string{RateLimited, ServerError, Unavailable, ExpiredToken, Slow, Cut, Lost, Double}

const (
	maxPlanted = 100
	maxTimes   = 1_000_000
	maxDelay   = time.Minute
)

// Fault is something that goes wrong on purpose, for the next calls to a path.
type Fault struct {
	Kind string
	// Method is that of the calls, any if "".
	Method string
	// Path is that of the calls, without a query. "*" at its end stands for anything.
	// "/v1/…" means "/api/v1/…" too. For Double it is the path of the app's address.
	Path string
	// Times is how many calls it befalls, 1 if 0.
	Times int
	// Delay is how long Slow waits, in real time.
	Delay time.Duration
	// After is how many seconds the Retry-After header of RateLimited and Unavailable
	// names, 1 if 0.
	After int
}

// Faults are the faults that are planted in this process. They are gone when it
// ends.
type Faults struct {
	mu      sync.Mutex
	planted []Fault
}

// NewFaults returns a bed without faults.
func NewFaults() *Faults { return &Faults{} }

// Plant adds a fault behind those that are there.
// spec: control.faults
func (f *Faults) Plant(n Fault) error {
	n, err := n.checked()
	if err != nil {
		return err
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	if len(f.planted) >= maxPlanted {
		return fault.New(fault.Conflict, "", "Expected up to %d faults at once. Clear them first.", maxPlanted)
	}
	f.planted = append(f.planted, n)
	return nil
}

func (n Fault) checked() (Fault, error) {
	if !slices.Contains(faultKinds, n.Kind) {
		return n, fault.New(fault.Invalid, "fault", "Expected one of %s, got %q.", strings.Join(faultKinds, ", "), n.Kind)
	}
	if !strings.HasPrefix(n.Path, "/") || strings.Contains(strings.TrimSuffix(n.Path, "*"), "*") || strings.ContainsAny(n.Path, "?#") {
		return n, fault.New(fault.Invalid, "path", "Expected a path such as /v1/persons or /api/v2/*, got %q.", n.Path)
	}
	if strings.HasPrefix(n.Path, deskRoot) && n.Kind != Double {
		return n, fault.New(fault.Invalid, "path", "Expected a path outside of %s: the desk must answer to take the fault away again.", deskRoot)
	}
	if n.Times < 0 || n.Times > maxTimes {
		return n, fault.New(fault.Invalid, "times", "Expected 1 to %d calls, got %d.", maxTimes, n.Times)
	}
	if (n.Kind == Slow) != (n.Delay > 0) || n.Delay > maxDelay {
		return n, fault.New(fault.Invalid, "delay", "Expected a time up to %s, such as 3s, for the fault %q and for no other, got %s.", maxDelay, Slow, n.Delay)
	}
	if n.After < 0 || n.After > 86400 || n.After > 0 && n.Kind != RateLimited && n.Kind != Unavailable {
		return n, fault.New(fault.Invalid, "retry_after", "Expected up to 86400 seconds, for %q and %q only, got %d.", RateLimited, Unavailable, n.After)
	}
	n.Method = strings.ToUpper(n.Method)
	n.Times, n.After = max(n.Times, 1), max(n.After, 1)
	return n, nil
}

// Planted are the faults that have not befallen all their calls yet.
func (f *Faults) Planted() []Fault {
	f.mu.Lock()
	defer f.mu.Unlock()
	return slices.Clone(f.planted)
}

// Clear takes all faults away.
func (f *Faults) Clear() {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.planted = nil
}

// take returns the first fault that befalls a call, and counts the call.
func (f *Faults) take(method, path string, outward bool) (Fault, bool) {
	f.mu.Lock()
	defer f.mu.Unlock()
	for i, n := range f.planted {
		if (n.Kind == Double) != outward || n.Method != "" && n.Method != method || !n.covers(path) {
			continue
		}
		if f.planted[i].Times--; f.planted[i].Times == 0 {
			f.planted = slices.Delete(f.planted, i, i+1)
		}
		return n, true
	}
	return Fault{}, false
}

// covers reports whether the fault is for a path.
func (n Fault) covers(path string) bool {
	want := n.Path
	if strings.HasPrefix(want, "/v1/") {
		path = strings.TrimPrefix(path, "/api")
	}
	if prefix, ok := strings.CutSuffix(want, "*"); ok {
		return strings.HasPrefix(path, prefix)
	}
	return path == want
}

// Twice reports whether a call of the host to an app shall be made twice.
func (f *Faults) Twice(method, path string) bool {
	_, ok := f.take(method, path, true)
	return ok
}

// Over returns the route with its handler behind the planted faults.
func (f *Faults) Over(r route.Route) route.Route {
	next := r.Handler
	r.Handler = func(w http.ResponseWriter, req *http.Request) {
		if strings.HasPrefix(req.URL.Path, deskRoot) {
			next(w, req)
			return
		}
		n, ok := f.take(req.Method, req.URL.Path, false)
		if !ok {
			next(w, req)
			return
		}
		n.befall(w, req, next)
	}
	return r
}

// befall answers a call as the fault says.
func (n Fault) befall(w http.ResponseWriter, r *http.Request, next http.HandlerFunc) {
	switch n.Kind {
	case RateLimited:
		w.Header().Set("Retry-After", fmt.Sprint(n.After))
		answer(w, http.StatusTooManyRequests, crmapi.GatewayError{
			Error: "request over limit", ErrorCode: http.StatusTooManyRequests, ErrorInfo: crmapi.InfoGateway,
		})
	case ServerError:
		answer(w, http.StatusInternalServerError, crmapi.NewError("Internal Server Error"))
	case Unavailable:
		w.Header().Set("Retry-After", fmt.Sprint(n.After))
		answer(w, http.StatusServiceUnavailable, crmapi.NewError("Service Unavailable"))
	case ExpiredToken:
		w.Header().Set("x-401-by-gw", "true")
		answer(w, http.StatusUnauthorized, crmapi.Unauthorized)
	case Slow:
		wait := time.NewTimer(n.Delay)
		defer wait.Stop()
		select {
		case <-wait.C:
			next(w, r)
		case <-r.Context().Done(): // the caller has gone
		}
	case Cut:
		cut(w)
	case Lost:
		next(&nowhere{header: http.Header{}}, r)
		cut(w)
	}
}

// cut closes the connection that w answers.
func cut(w http.ResponseWriter) {
	conn, _, err := http.NewResponseController(w).Hijack()
	if err != nil { // HTTP/2 has no single connection to close
		w.WriteHeader(http.StatusBadGateway)
		return
	}
	_ = conn.Close()
}

// nowhere is an answer that nobody gets.
type nowhere struct{ header http.Header }

func (n *nowhere) Header() http.Header       { return n.header }
func (*nowhere) WriteHeader(int)             {}
func (*nowhere) Write(b []byte) (int, error) { return len(b), nil }

// answer writes a JSON body.
func answer(w http.ResponseWriter, status int, body any) {
	w.Header().Set("Content-Type", "application/json; charset=utf-8")
	w.Header().Set("Cache-Control", "no-store")
	w.WriteHeader(status)
	_ = json.NewEncoder(w).Encode(body) // the reader has gone; nobody to tell
}
