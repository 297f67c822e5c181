// Package rest is how the platform's REST endpoints speak, whatever they are
// about: the envelope around answers, refusals, parameters, bodies, pages and
// cursors, in the ways of version 1 and of version 2.
//
// Handlers are written against [Call] and return an [Answer] or an error; a
// [fault.Kind] decides the status of the refusal.
package rest

import (
	"context"
	"encoding/json"
	"errors"
	"io"
	"log/slog"
	"maps"
	"math"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"

	"github.com/dockwright/dockwright/internal/fault"
	"github.com/dockwright/dockwright/internal/host/route"
	"github.com/dockwright/dockwright/pipedrive/crmapi"
)

// Version is the generation of the API that a call is written for.
type Version int

// The generations: v1 is lenient about types, v2 is strict.
const (
	V1 Version = 1
	V2 Version = 2
)

// Call is one request of an app.
type Call struct {
	Request *http.Request
	Caller  route.Caller
	Version Version

	w     http.ResponseWriter
	query url.Values
}

// Context ends when the caller hangs up.
func (c *Call) Context() context.Context { return c.Request.Context() }

// Header is that of the answer.
func (c *Call) Header() http.Header { return c.w.Header() }

// Answer is what a handler gives back. The zero Answer is 200 with data null.
type Answer struct {
	Status     int // 200 when 0
	Data       any
	Additional any // additional_data, left out when nil
	Related    any // related_objects, left out when nil
	// Body replaces the envelope where the platform writes another form.
	Body any
	// Stream replaces everything: it writes header and body itself.
	Stream func(w http.ResponseWriter)
}

// OK is the answer 200 around data.
func OK(data any) Answer { return Answer{Data: data} }

// Created is the answer 201 around data, as version 1 gives it to most posts.
func Created(data any) Answer { return Answer{Status: http.StatusCreated, Data: data} }

// Removed is what most deletions answer: the id of what is gone.
func Removed(id any) Answer { return OK(map[string]any{"id": id}) }

// Handler answers one call.
type Handler func(c *Call) (Answer, error)

// Serve makes of h what a route table wants. It is for Token routes: there is
// always a caller. What goes wrong here is logged and told to nobody.
func Serve(log *slog.Logger, h Handler) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		who, _ := route.CallerFrom(r.Context())
		c := &Call{Request: r, Caller: who, Version: VersionOf(r.URL.Path), w: w, query: r.URL.Query()}
		err := c.unreadable()
		var a Answer
		if err == nil {
			a, err = h(c)
		}
		if err != nil {
			refuse(w, r, log, err)
			return
		}
		if a.Stream != nil {
			a.Stream(w)
			return
		}
		write(w, r, a)
	}
}

// unreadable refuses paths and parameters that no database can be asked about.
// spec: rest.no-nul
func (c *Call) unreadable() error {
	if !readable(c.Request.URL.Path) {
		return fault.Missing("There is nothing at this path: it is not text in UTF-8.")
	}
	for _, name := range slices.Sorted(maps.Keys(c.query)) {
		for _, value := range c.query[name] {
			if !readable(name + value) {
				return fault.New(fault.Invalid, strings.ToValidUTF8(name, ""), "Expected text in UTF-8 without the character NUL.")
			}
		}
	}
	return nil
}

// VersionOf is the version whose prefix a path has.
func VersionOf(path string) Version {
	if strings.HasPrefix(path, "/api/v2/") || strings.HasPrefix(path, "/v2/") {
		return V2
	}
	return V1
}

func write(w http.ResponseWriter, r *http.Request, a Answer) {
	if a.Status == 0 {
		a.Status = http.StatusOK
	}
	body := a.Body
	if body == nil {
		body = crmapi.Envelope{Success: true, Data: selected(r.Context(), a.Data), AdditionalData: a.Additional, RelatedObjects: a.Related}
	}
	WriteJSON(w, a.Status, body)
}

// WriteJSON writes a body without an envelope of its own.
func WriteJSON(w http.ResponseWriter, status int, body any) {
	w.Header().Set("Content-Type", "application/json; charset=utf-8")
	w.WriteHeader(status)
	enc := json.NewEncoder(w)
	enc.SetEscapeHTML(false)
	_ = enc.Encode(body) // whoever hung up hears nothing
}

// Refusal is an error with a body of its own, for endpoints whose refusals do not
// have the usual form.
type Refusal struct {
	Status int
	Body   any
}

func (e *Refusal) Error() string { return "refused with status " + strconv.Itoa(e.Status) }

// refuse answers an error.
// spec: rest.errors
func refuse(w http.ResponseWriter, r *http.Request, log *slog.Logger, err error) {
	if own, ok := errors.AsType[*Refusal](err); ok {
		WriteJSON(w, own.Status, own.Body)
		return
	}
	told, ok := fault.As(err)
	if !ok {
		if r.Context().Err() == nil {
			log.ErrorContext(r.Context(), "REST", "method", r.Method, "path", r.URL.Path, "err", err)
		}
		WriteJSON(w, http.StatusInternalServerError, crmapi.NewError("Internal Server Error"))
		return
	}
	if told.After > 0 {
		w.Header().Set("Retry-After", strconv.Itoa(int(math.Ceil(told.After.Seconds()))))
	}
	text := told.Message
	if told.Field != "" {
		text = told.Field + ": " + text
	}
	WriteJSON(w, told.Kind.Status(), crmapi.NewError(text))
}

// MaxBody is the longest JSON or form body that is read.
const MaxBody = 8 << 20

// readAll reads a body of at most MaxBody bytes.
func (c *Call) readAll() ([]byte, error) {
	raw, err := io.ReadAll(http.MaxBytesReader(c.w, c.Request.Body, MaxBody))
	if _, large := errors.AsType[*http.MaxBytesError](err); large {
		return nil, fault.New(fault.TooLarge, "", "Expected a body of at most %d bytes (8 MB), got more.", MaxBody)
	}
	if err != nil {
		return nil, fault.New(fault.Invalid, "", "Expected a whole body, but it ended early: %v.", err)
	}
	return raw, nil
}

type selectorKey struct{}

// WithSelector takes the field selector of version 1, "/v1/deals:(id,title)",
// off the path, so that the route tables see "/v1/deals"; the answer's data is
// reduced to those fields.
// spec: rest.v1-selector
func WithSelector(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		path, list, found := strings.Cut(r.URL.Path, ":(")
		if !found || !strings.HasSuffix(list, ")") || VersionOf(path) != V1 {
			next.ServeHTTP(w, r)
			return
		}
		fields := map[string]bool{}
		for f := range strings.SplitSeq(strings.TrimSuffix(list, ")"), ",") {
			fields[strings.TrimSpace(f)] = true
		}
		r = r.WithContext(context.WithValue(r.Context(), selectorKey{}, fields))
		u := *r.URL
		u.Path, u.RawPath = path, ""
		r.URL = &u
		next.ServeHTTP(w, r)
	})
}

// selected reduces data to the fields that the path selected, if it did.
func selected(ctx context.Context, data any) any {
	fields, ok := ctx.Value(selectorKey{}).(map[string]bool)
	if !ok {
		return data
	}
	raw, err := json.Marshal(data)
	if err != nil {
		return data
	}
	reduce := func(row map[string]json.RawMessage) {
		for name := range row {
			if !fields[name] {
				delete(row, name)
			}
		}
	}
	var rows []map[string]json.RawMessage
	if json.Unmarshal(raw, &rows) == nil {
		for _, row := range rows {
			reduce(row)
		}
		return rows
	}
	var row map[string]json.RawMessage
	if json.Unmarshal(raw, &row) == nil {
		reduce(row)
		return row
	}
	return data
}
