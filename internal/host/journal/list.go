package journal

import (
	"context"
	"errors"
	"maps"
	"net/http"
	"slices"
	"strings"
	"time"

	"github.com/dockwright/dockwright/internal/clock"
	"github.com/dockwright/dockwright/internal/fault"
	"github.com/dockwright/dockwright/internal/store"
)

// Viewer says whose exchanges may be seen: those of a company, and those with
// apps it owns in which no company was recognised, such as a token request with
// a wrong secret. The zero Viewer sees nothing.
type Viewer struct {
	Company int64
	// Unattributed adds exchanges in which neither a company nor a known app
	// was recognised. It is for demo mode, where there is one operator.
	Unattributed bool
}

// Filter chooses exchanges. Zero fields do not restrict.
type Filter struct {
	Viewer
	Direction   Direction
	ClientID    string
	Method      string
	StatusClass int    // 2 for 2xx and so on; -1: no response came
	Text        string // part of the address, surface, headers or bodies, in upper or lower case
	ReplayOf    int64  // replays of this exchange
	Before      int64  // exchanges with a lower id
	Limit       int    // default 50
}

const columns = `id, at, direction, company_id, user_id, client_id, method, url, path, status, duration_us,
	request_size, request_changes, response_size, response_changes, error, requirement, replay_of, surface`

func scanRow(s store.Scanner, e *Exchange, more ...any) error {
	var at, us, reqChanges, respChanges, status int64
	var dir string
	dest := []any{&e.ID, &at, &dir, &e.Company, &e.User, &e.ClientID, &e.Method, &e.URL, &e.Path, &status, &us,
		&e.RequestSize, &reqChanges, &e.ResponseSize, &respChanges, &e.Err, &e.Requirement, &e.ReplayOf, &e.Surface}
	if err := s.Scan(append(dest, more...)...); err != nil {
		return err
	}
	e.At, e.Duration, e.Status = clock.FromMicros(at), time.Duration(us)*time.Microsecond, int(status)
	e.Direction, e.RequestChanges, e.ResponseChanges = Direction(dir), Changes(reqChanges), Changes(respChanges)
	return nil
}

// Page is a part of a list.
type Page struct {
	Exchanges []Exchange // newest first, without headers and bodies
	// Next is the Filter.Before with which the list goes on, 0 at its end.
	Next int64
	// Partial says that the search for a text stopped before Limit was reached:
	// it looks at some thousand exchanges at a time.
	Partial bool
}

const (
	defaultLimit = 50
	searchWindow = 5000 // exchanges a search looks at in one go
	searchChunk  = 250
	searchTime   = 2 * time.Second
)

// List returns the newest exchanges that f chooses.
func (j *Journal) List(ctx context.Context, f Filter) (Page, error) {
	if f.Limit <= 0 {
		f.Limit = defaultLimit
	}
	f.Text = strings.ToLower(strings.TrimSpace(f.Text))
	if f.Text != "" {
		return j.search(ctx, f)
	}
	where, args := f.conditions()
	var p Page
	err := j.db.View(ctx, func(tx *store.Tx) (err error) {
		p.Exchanges, err = store.Select(tx, func(s store.Scanner) (e Exchange, err error) { return e, scanRow(s, &e) },
			`SELECT `+columns+` FROM exchange WHERE `+where+` ORDER BY id DESC LIMIT ?`, append(args, f.Limit+1)...)
		return err
	})
	if len(p.Exchanges) > f.Limit {
		p.Exchanges = p.Exchanges[:f.Limit]
		p.Next = p.Exchanges[f.Limit-1].ID
	}
	return p, err
}

// search looks into what was said, newest first. The texts are compared here and
// not in the database: the two engines fold letters differently, and it can stop
// when enough is found.
func (j *Journal) search(ctx context.Context, f Filter) (Page, error) {
	var p Page
	began := time.Now()
	for range searchWindow / searchChunk {
		where, args := f.conditions()
		var chunk []said
		err := j.db.View(ctx, func(tx *store.Tx) (err error) {
			chunk, err = store.Select(tx, scanSaid, `SELECT `+columns+`, request_header, request_body, response_header, response_body
				FROM exchange JOIN exchange_text ON exchange_id = id WHERE `+where+` ORDER BY id DESC LIMIT ?`, append(args, searchChunk)...)
			return err
		})
		if err != nil {
			return Page{}, err
		}
		for _, s := range chunk {
			f.Before = s.ID
			if !s.has(f.Text) {
				continue
			}
			if p.Exchanges = append(p.Exchanges, s.Exchange); len(p.Exchanges) == f.Limit {
				p.Next = s.ID
				return p, nil
			}
		}
		if len(chunk) < searchChunk {
			return p, nil
		}
		if time.Since(began) > searchTime {
			break
		}
	}
	p.Next, p.Partial = f.Before, true
	return p, nil
}

// said is an exchange with its texts as they are stored.
type said struct {
	Exchange
	requestHeader, requestBody, responseHeader, responseBody string
}

func scanSaid(s store.Scanner) (x said, err error) {
	return x, scanRow(s, &x.Exchange, &x.requestHeader, &x.requestBody, &x.responseHeader, &x.responseBody)
}

// has reports whether lower is in what was said, in upper or lower case.
func (s said) has(lower string) bool {
	for _, text := range []string{s.Method + " " + s.URL, s.Surface + " → " + s.Path, s.Err, s.Requirement, s.requestHeader, s.requestBody, s.responseHeader, s.responseBody} {
		if strings.Contains(strings.ToLower(text), lower) {
			return true
		}
	}
	return false
}

// Get returns one exchange with headers and bodies, or a fault.NotFound error
// when there is none or v may not see it.
func (j *Journal) Get(ctx context.Context, v Viewer, id int64) (Exchange, error) {
	where, args := Filter{Viewer: v}.conditions()
	var s said
	err := j.db.View(ctx, func(tx *store.Tx) (err error) {
		s, err = store.One(tx, scanSaid, `SELECT `+columns+`, request_header, request_body, response_header, response_body
			FROM exchange JOIN exchange_text ON exchange_id = id WHERE `+where+` AND id = ?`, append(args, id)...)
		return err
	})
	if errors.Is(err, store.ErrNoRows) {
		return Exchange{}, fault.Missing("exchange #%d is not in the journal; it keeps the newest ones only", id)
	}
	s.RequestHeader, s.ResponseHeader = parseHeader(s.requestHeader), parseHeader(s.responseHeader)
	s.RequestBody, s.ResponseBody = []byte(s.requestBody), []byte(s.responseBody)
	return s.Exchange, err
}

// conditions are f in SQL.
// spec: journal.own-company
func (f Filter) conditions() (where string, args []any) {
	var b strings.Builder
	and := func(cond string, a ...any) {
		b.WriteString(" AND " + cond)
		args = append(args, a...)
	}
	b.WriteString("seen_by <> 0 AND seen_by = ?")
	if f.Company != 0 && f.Unattributed {
		b.Reset()
		b.WriteString("seen_by IN (0, ?)")
	}
	args = append(args, f.Company)
	if f.Direction != "" {
		and("direction = ?", string(f.Direction))
	}
	if f.ClientID != "" {
		and("client_id = ?", f.ClientID)
	}
	if f.Method != "" {
		and("method = ?", strings.ToUpper(f.Method))
	}
	switch {
	case f.StatusClass < 0:
		and("status = 0 AND direction <> ?", string(SDK)) // messages have no status
	case f.StatusClass > 0:
		and("status >= ? AND status < ?", int64(f.StatusClass*100), int64(f.StatusClass*100+100))
	}
	if f.ReplayOf > 0 {
		and("replay_of <> 0 AND replay_of = ?", f.ReplayOf)
	}
	if f.Before > 0 {
		and("id < ?", f.Before)
	}
	return b.String(), args
}

// formatHeader writes a header as it looks on the wire, by name, so that a
// search for "Name: value" finds it.
func formatHeader(h http.Header) string {
	var b strings.Builder
	for _, name := range slices.Sorted(maps.Keys(h)) {
		for _, v := range h[name] {
			b.WriteString(oneLine.Replace(name) + ": " + oneLine.Replace(v) + "\n")
		}
	}
	return b.String()
}

var oneLine = strings.NewReplacer("\r", " ", "\n", " ")

// parseHeader is the inverse of formatHeader.
func parseHeader(text string) http.Header {
	h := http.Header{}
	for line := range strings.Lines(text) {
		name, value, _ := strings.Cut(strings.TrimSuffix(line, "\n"), ": ")
		h[name] = append(h[name], value)
	}
	return h
}
