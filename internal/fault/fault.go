// Package fault is the one error type that crosses rooms: a kind that decides
// the HTTP status, the field that was wrong, and a sentence for the person who
// has to mend it. Any other error is internal: logged in full at the edge and
// shown to nobody.
package fault

import (
	"errors"
	"fmt"
	"net/http"
	"time"
)

// Kind says what sort of failure an error is. The zero Kind is Internal.
type Kind int

// The kinds, with the HTTP status each becomes.
const (
	Internal     Kind = iota // 500
	Invalid                  // 400
	Unauthorized             // 401
	Forbidden                // 403
	NotFound                 // 404
	Conflict                 // 409
	TooLarge                 // 413
	RateLimited              // 429
	Unavailable              // 503
	NotBuilt                 // 501
	Gone                     // 410
)

var statuses = [...]int{
	Internal:     http.StatusInternalServerError,
	Invalid:      http.StatusBadRequest,
	Unauthorized: http.StatusUnauthorized,
	Forbidden:    http.StatusForbidden,
	NotFound:     http.StatusNotFound,
	Conflict:     http.StatusConflict,
	TooLarge:     http.StatusRequestEntityTooLarge,
	RateLimited:  http.StatusTooManyRequests,
	Unavailable:  http.StatusServiceUnavailable,
	NotBuilt:     http.StatusNotImplemented,
	Gone:         http.StatusGone,
}

// Status is the HTTP status that k becomes at the edge.
func (k Kind) Status() int {
	if k < 0 || int(k) >= len(statuses) {
		return http.StatusInternalServerError
	}
	return statuses[k]
}

// Error is a failure that may be shown to the person who caused it.
type Error struct {
	Kind    Kind
	Field   string        // the field that was wrong, if one was
	Message string        // what was expected, what came, what to do
	After   time.Duration // when to try again, for RateLimited and Unavailable
	Err     error         // the cause, never shown
}

func (e *Error) Error() string {
	s := e.Message
	if e.Field != "" {
		s = e.Field + ": " + s
	}
	if e.Err != nil {
		s += ": " + e.Err.Error()
	}
	return s
}

func (e *Error) Unwrap() error { return e.Err }

// New returns an error of kind k about field, which may be empty.
func New(k Kind, field, format string, args ...any) *Error {
	return &Error{Kind: k, Field: field, Message: fmt.Sprintf(format, args...)}
}

// Missing is a NotFound error without a field.
func Missing(format string, args ...any) *Error { return New(NotFound, "", format, args...) }

// KindOf returns the kind of the first Error in err's chain, else Internal.
func KindOf(err error) Kind {
	if e, ok := As(err); ok {
		return e.Kind
	}
	return Internal
}

// As returns the first Error in err's chain.
func As(err error) (*Error, bool) { return errors.AsType[*Error](err) }
