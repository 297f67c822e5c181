package hosttest

import (
	"time"

	"github.com/dockwright/dockwright/internal/host/control"
)

// What can be made to go wrong; see [Fault].
const (
	// RateLimited answers 429, as a burst over the limit does.
	RateLimited = control.RateLimited
	// ServerError answers 500.
	ServerError = control.ServerError
	// Unavailable answers 503 with Retry-After.
	Unavailable = control.Unavailable
	// ExpiredToken answers 401, as if the access token had expired.
	ExpiredToken = control.ExpiredToken
	// Slow answers as always, after Delay.
	Slow = control.Slow
	// Cut closes the connection; what was asked is not done.
	Cut = control.Cut
	// Lost closes the connection after what was asked has been done.
	Lost = control.Lost
	// Double makes a call of the host to an app twice, such as a webhook.
	Double = control.Double
)

// Fault is something that goes wrong on purpose.
type Fault struct {
	// Kind is one of the constants.
	Kind string
	// Method is that of the calls it befalls, any if "".
	Method string
	// Path is that of the calls it befalls, "/v1/persons" or "/api/v2/*". For Double
	// it is the path of the app's address.
	Path string
	// Times is how many calls it befalls, 1 if 0.
	Times int
	// Delay is how long Slow waits, in real time.
	Delay time.Duration
	// RetryAfter is in seconds, for RateLimited and Unavailable; 1 if 0.
	RetryAfter int
}

// Fail plants a fault for the next calls that it fits. Of several the first that
// fits comes first.
// spec: hosttest.faults
func (h *Host) Fail(f Fault) {
	h.t.Helper()
	err := h.rooms.Faults.Plant(control.Fault{
		Kind: f.Kind, Method: f.Method, Path: f.Path, Times: f.Times, Delay: f.Delay, After: f.RetryAfter,
	})
	if err != nil {
		h.t.Fatal(err)
	}
}
