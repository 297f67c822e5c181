// Package outbound is the only door from the host to apps. Each call is signed
// with the app's credentials, guarded by dial, bounded in time and size, and
// recorded in the journal.
package outbound

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/url"
	"strings"
	"syscall"
	"time"

	"github.com/dockwright/dockwright/internal/dial"
	"github.com/dockwright/dockwright/internal/host/journal"
)

const (
	defaultDeadline = 10 * time.Second
	defaultLimit    = 8 << 20
	maxDeadline     = 2 * time.Minute
	userAgent       = "Dockwright"
)

// Credentials are an app's client id and secret, which the host sends with HTTP
// Basic so that the app knows who calls.
type Credentials struct{ ClientID, Secret string }

// Call is one request to an app.
type Call struct {
	Company int64
	User    int64 // on whose behalf, for the journal; 0: nobody's
	// Credentials are sent when ClientID and Secret are set. A ClientID alone
	// says in the journal whose call it was.
	Credentials
	Method      string
	URL         string
	Header      http.Header
	Body        []byte // must not be changed afterwards
	ContentType string // of Body
	Requirement string // id in spec/register.tsv
	// Limit bounds the response body in bytes. Default 8 MB.
	Limit int64
	// Deadline bounds the exchange in real time. Default 10 s.
	Deadline time.Duration
	// ReplayKey marks the call as a replay; see [journal.Journal.BeginReplay].
	ReplayKey string
	// ReplayOf is the id of the exchange that is repeated, if the caller knows
	// it and needs no key.
	ReplayOf int64
}

// Response is what the app answered, whatever its status.
type Response struct {
	Status   int
	Header   http.Header
	Body     []byte
	Duration time.Duration
}

// Options are what a door needs.
type Options struct {
	Journal *journal.Journal // nil: nothing is recorded
	Guard   dial.Guard
	Log     *slog.Logger
	// Twice is asked before each call whether it shall be made twice, as it happens
	// when an answer is lost on its way. It is for planted faults.
	Twice func(method, path string) bool
}

// Door makes the calls. It may be used from many goroutines.
type Door struct {
	journal *journal.Journal
	client  *http.Client
	twice   func(method, path string) bool // nil: never
	log     *slog.Logger
}

// New returns a door.
func New(o Options) *Door {
	if o.Log == nil {
		o.Log = slog.Default()
	}
	return &Door{
		journal: o.Journal,
		twice:   o.Twice,
		client:  dial.Client(o.Guard, dial.Options{Timeout: maxDeadline}),
		log:     o.Log,
	}
}

// Do makes a call. An error means that there is no whole answer: the address
// was refused, nobody was there, time ran out, or the body was too large (a
// *dial.TooLargeError). Redirects are not followed.
func (d *Door) Do(ctx context.Context, c Call) (*Response, error) {
	if d.twice != nil {
		if u, err := url.Parse(c.URL); err == nil && d.twice(c.Method, u.Path) {
			_, _ = d.once(ctx, c) // whose answer is lost
		}
	}
	return d.once(ctx, c)
}

func (d *Door) once(ctx context.Context, c Call) (*Response, error) {
	if c.Deadline <= 0 {
		c.Deadline = defaultDeadline
	}
	if c.Limit <= 0 {
		c.Limit = defaultLimit
	}
	ctx, cancel := context.WithTimeout(ctx, c.Deadline)
	defer cancel()
	req, err := c.request(ctx)
	if err != nil {
		return nil, fmt.Errorf("call %s %s: %w", c.Method, journal.MaskURL(c.URL), err)
	}
	began := time.Now()
	resp, err := d.exchange(req, c.Limit)
	resp.Duration = time.Since(began)
	err = inWords(err, req.URL.Host, c.Deadline)
	d.record(req, c, resp, err)
	if err != nil {
		return nil, fmt.Errorf("call %s %s: %w", c.Method, journal.MaskURL(c.URL), err)
	}
	return resp, nil
}

// request is c as net/http wants it.
func (c Call) request(ctx context.Context) (*http.Request, error) {
	req, err := http.NewRequestWithContext(ctx, c.Method, c.URL, bytes.NewReader(c.Body))
	if err != nil {
		return nil, err
	}
	if s := strings.ToLower(req.URL.Scheme); s != "http" && s != "https" || req.URL.Host == "" {
		return nil, fmt.Errorf("expected an http or https address with a host, got %q", journal.MaskURL(c.URL))
	}
	for name, values := range c.Header {
		req.Header[http.CanonicalHeaderKey(name)] = values
	}
	if c.ContentType != "" {
		req.Header.Set("Content-Type", c.ContentType)
	}
	if req.Header.Get("User-Agent") == "" {
		req.Header.Set("User-Agent", userAgent)
	}
	if c.ClientID != "" && c.Secret != "" {
		req.SetBasicAuth(c.ClientID, c.Secret)
	}
	return req, nil
}

// exchange sends req and reads the answer. The response is never nil; with an
// error it holds what came until then.
func (d *Door) exchange(req *http.Request, limit int64) (*Response, error) {
	resp, err := d.client.Do(req)
	if err != nil {
		return &Response{}, err
	}
	defer func() { _ = resp.Body.Close() }()
	body, err := dial.ReadAll(resp.Body, limit)
	return &Response{Status: resp.StatusCode, Header: resp.Header, Body: body}, err
}

func (d *Door) record(req *http.Request, c Call, resp *Response, err error) {
	e := journal.Exchange{
		Direction: journal.Out, Company: c.Company, User: c.User, ClientID: c.ClientID,
		Method: req.Method, URL: req.URL.String(), Path: req.URL.Path, Status: resp.Status, Duration: resp.Duration,
		RequestHeader: req.Header, RequestBody: c.Body, ResponseHeader: resp.Header, ResponseBody: resp.Body,
		Requirement: c.Requirement, ReplayOf: c.ReplayOf, ReplayKey: c.ReplayKey,
	}
	if err != nil {
		e.Err = err.Error()
	}
	d.journal.Record(e)
}

// Head asks whether a link still works, without credentials, and returns the
// status.
func (d *Door) Head(ctx context.Context, company int64, link string) (status int, err error) {
	resp, err := d.Do(ctx, Call{Company: company, Method: http.MethodHead, URL: link})
	if err != nil {
		return 0, err
	}
	return resp.Status, nil
}

// failure is an error in words, with the cause for errors.Is and As.
type failure struct {
	text  string
	cause error
}

func (f *failure) Error() string { return f.text }
func (f *failure) Unwrap() error { return f.cause }

// inWords says what went wrong without the URL, which has secrets in its query.
func inWords(err error, host string, deadline time.Duration) error {
	if err == nil {
		return nil
	}
	if ue, ok := errors.AsType[*url.Error](err); ok {
		err = ue.Err
	}
	text := err.Error()
	if blocked, ok := errors.AsType[*dial.BlockedError](err); ok {
		text = blocked.Error()
	}
	switch {
	case errors.Is(err, context.DeadlineExceeded):
		text = fmt.Sprintf("no answer within %s", deadline)
	case errors.Is(err, context.Canceled):
		text = "the call was broken off"
	case errors.Is(err, syscall.ECONNREFUSED):
		text = "nobody listens at " + host
	case errors.Is(err, io.EOF), errors.Is(err, io.ErrUnexpectedEOF):
		text = "the connection was closed before the answer was complete"
	}
	return &failure{text, err}
}
