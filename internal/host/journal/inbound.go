package journal

import (
	"context"
	"io"
	"net/http"
	"sync"
	"time"
)

// attribution is what a room learns about a request while it is answered.
type attribution struct {
	mu          sync.Mutex
	company     int64
	user        int64
	clientID    string
	requirement string
}

type attributionKey struct{}

// Attribute tells the journal whose exchange a request belongs to, and under
// which requirement it falls. Zero values keep what was said before. Without
// [Journal.Inbound] around the handler it does nothing.
func Attribute(ctx context.Context, company int64, clientID, requirement string) {
	a, ok := ctx.Value(attributionKey{}).(*attribution)
	if !ok {
		return
	}
	a.mu.Lock()
	defer a.mu.Unlock()
	if company != 0 {
		a.company = company
	}
	if clientID != "" {
		a.clientID = clientID
	}
	if requirement != "" {
		a.requirement = requirement
	}
}

// AttributeUser tells the journal on whose behalf an app called, so that a
// replay can be made for the same user.
func AttributeUser(ctx context.Context, user int64) {
	if a, ok := ctx.Value(attributionKey{}).(*attribution); ok {
		a.mu.Lock()
		a.user = user
		a.mu.Unlock()
	}
}

// Inbound records what passes through next.
func (j *Journal) Inbound(next http.Handler) http.Handler {
	if j == nil {
		return next
	}
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		a := &attribution{}
		start, began := j.now(), time.Now()
		limit := BodyLimit
		if j.o.HeadersOnly {
			limit = 0
		}
		body := &tee{from: r.Body, kept: keep{limit: limit}}
		out := &recorder{ResponseWriter: w, kept: keep{limit: limit}}
		header := r.Header.Clone()
		u := requestURL(r)
		replayKey := header.Get(ReplayKeyHeader)
		header.Del(ReplayKeyHeader)
		inner := r.WithContext(context.WithValue(r.Context(), attributionKey{}, a))
		if r.Body != nil && r.Body != http.NoBody {
			inner.Body = body
		}
		finished := false
		defer func() {
			err, status := "", out.code()
			if !finished {
				err, status = "the handler broke off", out.status
			}
			a.mu.Lock()
			defer a.mu.Unlock()
			j.Record(Exchange{
				At: start, Duration: time.Since(began), Direction: In,
				Company: a.company, User: a.user, ClientID: a.clientID, Requirement: a.requirement,
				Method: r.Method, URL: u, Path: r.URL.Path, Status: status, Err: err,
				RequestHeader: header, RequestBody: body.kept.b, RequestSize: max(r.ContentLength, body.size),
				ResponseHeader: out.header(), ResponseBody: out.kept.b, ResponseSize: out.size,
				ReplayKey: replayKey,
			})
		}()
		next.ServeHTTP(out, inner)
		finished = true
	})
}

// requestURL is the request's URL as the app wrote it.
func requestURL(r *http.Request) string {
	scheme := "http"
	if r.TLS != nil {
		scheme = "https"
	}
	return scheme + "://" + r.Host + r.URL.RequestURI()
}

// keep holds the beginning of a body.
type keep struct {
	b     []byte
	limit int
}

func (k *keep) add(p []byte) {
	if room := k.limit - len(k.b); room > 0 {
		k.b = append(k.b, p[:min(room, len(p))]...)
	}
}

// tee keeps what a handler reads of a request's body.
type tee struct {
	from io.ReadCloser
	kept keep
	size int64
}

func (t *tee) Read(p []byte) (int, error) {
	n, err := t.from.Read(p)
	t.kept.add(p[:n])
	t.size += int64(n)
	return n, err
}

func (t *tee) Close() error { return t.from.Close() }

// recorder keeps what a handler answers.
type recorder struct {
	http.ResponseWriter
	status int
	sent   http.Header // as it stood when the status went out
	kept   keep
	size   int64
}

// Unwrap is for http.ResponseController.
func (w *recorder) Unwrap() http.ResponseWriter { return w.ResponseWriter }

func (w *recorder) WriteHeader(status int) {
	if w.status == 0 && status >= 200 {
		w.status, w.sent = status, w.Header().Clone()
	}
	w.ResponseWriter.WriteHeader(status)
}

func (w *recorder) Write(p []byte) (int, error) {
	if w.status == 0 {
		w.WriteHeader(http.StatusOK)
	}
	n, err := w.ResponseWriter.Write(p)
	w.kept.add(p[:n])
	w.size += int64(n)
	return n, err
}

// code is the status that was or will be sent.
func (w *recorder) code() int {
	if w.status == 0 {
		return http.StatusOK
	}
	return w.status
}

func (w *recorder) header() http.Header {
	if w.sent == nil {
		return w.Header().Clone()
	}
	return w.sent
}
