package journal

import (
	"context"
	"encoding/json"
	"errors"
	"net/http"
	"strings"
	"time"

	"github.com/dockwright/dockwright/internal/clock"
	"github.com/dockwright/dockwright/internal/fault"
	"github.com/dockwright/dockwright/internal/store"
)

// rowOverhead is what a row costs besides its texts: numbers and indexes.
const rowOverhead = 200

// record is an exchange as it is written: masked, shortened, texts only.
type record struct {
	Exchange
	seenBy                        int64
	requestHeader, responseHeader string
	requestBody, responseBody     string
}

func (r record) size() int64 {
	return int64(rowOverhead + len(r.URL) + len(r.Path) + len(r.ClientID) + len(r.Err) + len(r.Requirement) +
		len(r.requestHeader) + len(r.responseHeader) + len(r.requestBody) + len(r.responseBody))
}

// insert writes rows and drops the oldest ones when the whole has grown over
// maxBytes.
func insert(tx *store.Tx, rows []record, maxBytes int64) error {
	var added int64
	for _, r := range rows {
		if err := resolveReplay(tx, &r); err != nil {
			return err
		}
		var replayKey any
		if r.ReplayKey != "" {
			replayKey = r.ReplayKey
		}
		size := r.size()
		_, err := tx.Exec(`INSERT INTO exchange (at, direction, company_id, seen_by, user_id, client_id, method, url, path, status,
			duration_us, request_header, request_body, request_size, request_changes, response_header, response_body,
			response_size, response_changes, error, requirement, replay_of, replay_key, stored_size)
			VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`,
			clock.Micros(r.At), string(r.Direction), r.Company, r.seenBy, r.User, r.ClientID, r.Method, r.URL, r.Path, int64(r.Status),
			r.Duration.Microseconds(), r.requestHeader, r.requestBody, r.RequestSize, int64(r.RequestChanges),
			r.responseHeader, r.responseBody, r.ResponseSize, int64(r.ResponseChanges), r.Err, r.Requirement, r.ReplayOf, replayKey, size)
		if err != nil {
			return err
		}
		added += size
	}
	total, err := store.One(tx, store.Value[int64],
		`UPDATE exchange_total SET stored_size = stored_size + ? WHERE one = 1 RETURNING stored_size`, added)
	if err != nil {
		return err
	}
	return evict(tx, total, maxBytes)
}

// evict drops the oldest rows until total is under maxBytes. A little more is
// dropped than must be, so that not every batch has to.
func evict(tx *store.Tx, total, maxBytes int64) error {
	if total <= maxBytes {
		return nil
	}
	goal := maxBytes - maxBytes/50
	type row struct{ id, size int64 }
	for total > goal {
		oldest, err := store.Select(tx, func(s store.Scanner) (r row, err error) {
			return r, s.Scan(&r.id, &r.size)
		}, `SELECT id, stored_size FROM exchange ORDER BY id LIMIT 200`)
		if err != nil {
			return err
		}
		if len(oldest) == 0 {
			total = 0
			break
		}
		var upTo int64
		for _, r := range oldest {
			total -= r.size
			upTo = r.id
			if total <= goal {
				break
			}
		}
		if _, err := tx.Exec(`DELETE FROM exchange WHERE id <= ?`, upTo); err != nil {
			return err
		}
	}
	_, err := tx.Exec(`UPDATE exchange_total SET stored_size = ? WHERE one = 1`, total)
	return err
}

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
	Text        string // part of path, headers or bodies, upper or lower case
	ReplayOf    int64  // replays of this exchange
	Before      int64  // exchanges with a lower id
	Limit       int    // default 50
}

const columns = `id, at, direction, company_id, user_id, client_id, method, url, path, status, duration_us,
	request_size, request_changes, response_size, response_changes, error, requirement, replay_of`

func scanRow(s store.Scanner, e *Exchange, more ...any) error {
	var at, us, reqChanges, respChanges, status int64
	var dir string
	dest := []any{&e.ID, &at, &dir, &e.Company, &e.User, &e.ClientID, &e.Method, &e.URL, &e.Path, &status, &us,
		&e.RequestSize, &reqChanges, &e.ResponseSize, &respChanges, &e.Err, &e.Requirement, &e.ReplayOf}
	if err := s.Scan(append(dest, more...)...); err != nil {
		return err
	}
	e.At, e.Duration, e.Status = clock.FromMicros(at), time.Duration(us)*time.Microsecond, int(status)
	e.Direction, e.RequestChanges, e.ResponseChanges = Direction(dir), Changes(reqChanges), Changes(respChanges)
	return nil
}

// List returns the newest exchanges that f chooses, newest first, without
// headers and bodies.
func (j *Journal) List(ctx context.Context, f Filter) ([]Exchange, error) {
	where, args := f.conditions()
	limit := f.Limit
	if limit <= 0 {
		limit = 50
	}
	var out []Exchange
	err := j.db.View(ctx, func(tx *store.Tx) error {
		var err error
		out, err = store.Select(tx, func(s store.Scanner) (e Exchange, err error) { return e, scanRow(s, &e) },
			`SELECT `+columns+` FROM exchange WHERE `+where+` ORDER BY id DESC LIMIT ?`, append(args, limit)...)
		return err
	})
	return out, err
}

// Get returns one exchange with headers and bodies, or a fault.NotFound error
// when there is none or v may not see it.
func (j *Journal) Get(ctx context.Context, v Viewer, id int64) (Exchange, error) {
	where, args := Filter{Viewer: v}.conditions()
	var e Exchange
	err := j.db.View(ctx, func(tx *store.Tx) error {
		var err error
		e, err = store.One(tx, scanWhole, `SELECT `+columns+`, request_header, request_body, response_header, response_body
			FROM exchange WHERE `+where+` AND id = ?`, append(args, id)...)
		return err
	})
	if errors.Is(err, store.ErrNoRows) {
		return Exchange{}, fault.Missing("exchange #%d is not in the journal; it keeps the newest ones only", id)
	}
	return e, err
}

func scanWhole(s store.Scanner) (e Exchange, err error) {
	var reqHeader, reqBody, respHeader, respBody string
	if err := scanRow(s, &e, &reqHeader, &reqBody, &respHeader, &respBody); err != nil {
		return e, err
	}
	e.RequestBody, e.ResponseBody = []byte(reqBody), []byte(respBody)
	if e.RequestHeader, err = parseHeader(reqHeader); err != nil {
		return e, err
	}
	e.ResponseHeader, err = parseHeader(respHeader)
	return e, err
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
		and("status = 0")
	case f.StatusClass > 0:
		and("status >= ? AND status < ?", int64(f.StatusClass*100), int64(f.StatusClass*100+100))
	}
	if f.ReplayOf > 0 {
		and("replay_of <> 0 AND replay_of = ?", f.ReplayOf)
	}
	if f.Before > 0 {
		and("id < ?", f.Before)
	}
	if t := strings.TrimSpace(f.Text); t != "" {
		cond, a := textCondition(t)
		and(cond, a...)
	}
	return b.String(), args
}

// textCondition looks for t in what an exchange said. SQLite lowers ASCII only,
// so the text is also looked for as it was typed.
func textCondition(t string) (cond string, args []any) {
	escape := strings.NewReplacer(`\`, `\\`, `%`, `\%`, `_`, `\_`)
	asTyped := "%" + escape.Replace(t) + "%"
	lower := "%" + escape.Replace(strings.ToLower(t)) + "%"
	var or []string
	for _, c := range []string{"url", "error", "requirement", "request_header", "response_header", "request_body", "response_body"} {
		or = append(or, "LOWER("+c+`) LIKE ? ESCAPE '\'`, c+` LIKE ? ESCAPE '\'`)
		args = append(args, lower, asTyped)
	}
	return "(" + strings.Join(or, " OR ") + ")", args
}

func formatHeader(h http.Header) string {
	if len(h) == 0 {
		return "{}"
	}
	var b strings.Builder
	enc := json.NewEncoder(&b)
	enc.SetEscapeHTML(false) // "&" must be found by a text search
	if err := enc.Encode(h); err != nil {
		return "{}" // cannot be: a map of strings always has a JSON form
	}
	return strings.TrimSuffix(b.String(), "\n")
}

func parseHeader(text string) (http.Header, error) {
	h := http.Header{}
	err := json.Unmarshal([]byte(text), &h)
	return h, err
}
