package messaging

import (
	"context"
	"encoding/json"
	"log/slog"
	"net/http"
	"strconv"
	"strings"
	"time"

	"github.com/dockwright/dockwright/internal/clock"
	"github.com/dockwright/dockwright/internal/fault"
	"github.com/dockwright/dockwright/internal/store"
)

const (
	logKept  = 1000 // lines in the table
	logQueue = 256  // lines that may wait; a flood of bad input loses the rest
	logShown = 50
	logBatch = 64
)

// logLine is a request that was refused. It names fields, never what was in them.
type logLine struct {
	At      time.Time
	Status  int
	Place   string // method and path
	Field   string
	Message string
}

// appLog is the app's own record of bad input, for the operator. Lines are
// written off the request's path, several in one transaction.
type appLog struct {
	db    *store.DB
	log   *slog.Logger // for failures of the app itself
	lines chan logLine
}

func newAppLog(db *store.DB, log *slog.Logger) *appLog {
	return &appLog{db: db, log: log, lines: make(chan logLine, logQueue)}
}

// refuse notes a fault of whoever sent r. Failures of the app itself go to its
// logger instead.
// spec: app.messaging.log-bad-input
func (l *appLog) refuse(r *http.Request, err error) {
	f, ok := fault.As(err)
	if !ok || f.Kind.Status() >= 500 {
		if r.Context().Err() == nil && (!ok || f.Err != nil || f.Kind == fault.Internal) {
			l.log.Error("request failed", "method", r.Method, "path", r.URL.Path, "err", err)
		}
		return
	}
	line := logLine{At: l.db.Now(), Status: f.Kind.Status(), Place: clip(r.Method+" "+r.URL.Path, 200), Field: clip(f.Field, 100), Message: clip(f.Message, 500)}
	select {
	case l.lines <- line:
	default:
	}
}

func clip(s string, most int) string {
	s = strings.ReplaceAll(strings.ToValidUTF8(s, "\uFFFD"), "\x00", "\uFFFD") // PostgreSQL's text has no NUL
	if r := []rune(s); len(r) > most {
		return string(r[:most-1]) + "…"
	}
	return s
}

// run writes lines until ctx is done, and then those that wait. A line that
// cannot be stored is lost: the app goes on without it.
func (l *appLog) run(ctx context.Context) error {
	for {
		select {
		case line := <-l.lines:
			l.keep(ctx, line)
		case <-ctx.Done():
			for len(l.lines) > 0 {
				l.keep(ctx, <-l.lines)
			}
			return nil
		}
	}
}

// keep is write that only warns.
func (l *appLog) keep(ctx context.Context, first logLine) {
	if err := l.write(context.WithoutCancel(ctx), first); err != nil {
		l.log.Warn("lines of the app's log not stored", "err", err)
	}
}

// write stores a line and those behind it, and takes the oldest away.
func (l *appLog) write(ctx context.Context, first logLine) error {
	batch := []logLine{first}
	for len(batch) < logBatch && len(l.lines) > 0 {
		batch = append(batch, <-l.lines)
	}
	return l.db.Update(ctx, func(tx *store.Tx) error {
		var last int64
		for _, line := range batch {
			var err error
			if last, err = store.One(tx, store.Value[int64], `INSERT INTO app_log (at, status, place, field, message) VALUES (?, ?, ?, ?, ?) RETURNING id`,
				clock.Micros(line.At), line.Status, line.Place, line.Field, line.Message); err != nil {
				return err
			}
		}
		_, err := tx.Exec(`DELETE FROM app_log WHERE id <= ?`, last-logKept)
		return err
	})
}

// recent returns the newest lines, the newest first.
func (l *appLog) recent(ctx context.Context) (all []logLine, err error) {
	err = l.db.View(ctx, func(tx *store.Tx) (err error) {
		all, err = store.Select(tx, func(r store.Scanner) (line logLine, err error) {
			var at int64
			err = r.Scan(&at, &line.Status, &line.Place, &line.Field, &line.Message)
			line.At = clock.FromMicros(at)
			return line, err
		}, `SELECT at, status, place, field, message FROM app_log ORDER BY id DESC LIMIT ?`, logShown)
		return err
	})
	return all, err
}

// faultBody is an error for the pages of customers.
type faultBody struct {
	Error faultReason `json:"error"`
}

type faultReason struct {
	Field   string `json:"field,omitempty"`
	Message string `json:"message"`
}

// writeFault answers with the status of err's kind. What is not a fault is
// internal and shown to nobody.
func writeFault(w http.ResponseWriter, err error) {
	status, reason := http.StatusInternalServerError, faultReason{Message: "something went wrong here; try again in a moment"}
	if f, ok := fault.As(err); ok && f.Kind != fault.Internal {
		status, reason = f.Kind.Status(), faultReason{Field: f.Field, Message: f.Message}
		if f.After > 0 {
			w.Header().Set("Retry-After", strconv.Itoa(int((f.After+time.Second-1)/time.Second)))
		}
	}
	writeJSON(w, status, faultBody{reason})
}

func writeJSON(w http.ResponseWriter, status int, body any) {
	raw, err := json.Marshal(body)
	if err != nil {
		http.Error(w, "cannot write the answer", http.StatusInternalServerError)
		return
	}
	w.Header().Set("Content-Type", "application/json; charset=utf-8")
	w.Header().Set("Cache-Control", "no-store")
	w.WriteHeader(status)
	_, _ = w.Write(raw)
}
