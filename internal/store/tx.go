package store

import (
	"context"
	"errors"
	"fmt"
	"reflect"
	"slices"
	"strings"
	"sync"
	"time"
	"unicode/utf8"

	"github.com/dockwright/dockwright/internal/fault"
)

// ErrNoRows is returned by One when the query found nothing.
var ErrNoRows = errors.New("store: no rows")

// Scanner is a row that can be read into variables.
type Scanner interface {
	Scan(dest ...any) error
}

// rows is what both drivers offer for a result.
type rows interface {
	Scanner
	Next() bool
	Err() error
	Close()
}

// conn runs statements of one transaction on one of the drivers.
type conn interface {
	exec(ctx context.Context, query string, args []any) (int64, error)
	query(ctx context.Context, query string, args []any) (rows, error)
	// explain marks an error that is the server's fault, not the statement's.
	explain(err error) error
}

// Tx is a transaction. It carries the context it was begun with, because on
// SQLite many requests share one transaction and a single request's
// cancellation must not undo its neighbours.
type Tx struct {
	ctx     context.Context
	db      *DB
	conn    conn
	dialect Dialect
	company int64 // 0: not bound
	free    bool  // statements need not name @company
	shared  *state
}

// state is shared by all views of one transaction.
type state struct {
	last   []hook
	after  []func()
	local  map[any]any
	wrote  bool  // a statement that may write has succeeded
	failed error // of the first statement that failed
	ended  bool
}

type hook struct {
	name string
	fn   func(*Tx) error
}

func newTx(ctx context.Context, db *DB, c conn, company int64) *Tx {
	return &Tx{ctx: ctx, db: db, conn: c, dialect: db.dialect, company: company, shared: &state{}}
}

// Company is the id the transaction is bound to, 0 if it is not.
func (tx *Tx) Company() int64 { return tx.company }

// Unbound returns the same transaction without the rule that each statement
// names @company. Its callers are a list kept by internal/arch.
func (tx *Tx) Unbound() *Tx {
	u := *tx
	u.free = true
	return &u
}

// Bind returns the same transaction bound to a company. It is for sign-in and
// OAuth, which learn the company inside the transaction.
func (tx *Tx) Bind(company int64) *Tx {
	b := *tx
	b.company, b.free = company, false
	return &b
}

// Exec runs a statement and returns the number of rows it changed.
func (tx *Tx) Exec(query string, args ...any) (int64, error) {
	q, args, err := tx.prepare(query, args)
	if err != nil {
		return 0, err
	}
	n, err := tx.conn.exec(tx.ctx, q, args)
	if err != nil {
		return 0, tx.fail(err, query)
	}
	tx.shared.wrote = true
	return n, nil
}

// fail remembers that a statement failed. PostgreSQL refuses to go on after
// that; the transaction is refused on SQLite too, so that both behave alike.
func (tx *Tx) fail(err error, query string) error {
	err = fmt.Errorf("%w in %q", tx.conn.explain(err), brief(query))
	if tx.shared.failed == nil {
		tx.shared.failed = err
	}
	return err
}

// Select runs a query and calls scan for each row.
func Select[T any](tx *Tx, scan func(Scanner) (T, error), query string, args ...any) ([]T, error) {
	q, args, err := tx.prepare(query, args)
	if err != nil {
		return nil, err
	}
	rs, err := tx.conn.query(tx.ctx, q, args)
	if err != nil {
		return nil, tx.fail(err, query)
	}
	defer rs.Close()
	tx.shared.wrote = tx.shared.wrote || !reads(q)
	var out []T
	for rs.Next() {
		v, err := scan(rs)
		if err != nil {
			return nil, fmt.Errorf("%w in %q", err, brief(query))
		}
		out = append(out, v)
	}
	if err := rs.Err(); err != nil {
		return nil, tx.fail(err, query)
	}
	return out, nil
}

// reads reports whether a statement surely changes nothing.
func reads(query string) bool {
	return strings.HasPrefix(strings.TrimLeft(query, " \t\n"), "SELECT")
}

// One runs a query and returns its first row, or ErrNoRows.
func One[T any](tx *Tx, scan func(Scanner) (T, error), query string, args ...any) (T, error) {
	all, err := Select(tx, scan, query, args...)
	if err != nil {
		var zero T
		return zero, err
	}
	if len(all) == 0 {
		var zero T
		return zero, ErrNoRows
	}
	return all[0], nil
}

// Value reads the single column of a query's row, for use as a scan function.
func Value[T any](s Scanner) (T, error) {
	var v T
	err := s.Scan(&v)
	return v, err
}

// Dialect names the engine below the transaction.
func (tx *Tx) Dialect() Dialect { return tx.dialect }

// ForUpdate is the suffix that locks the rows a SELECT reads. SQLite needs none:
// it has one writer.
func (tx *Tx) ForUpdate() string {
	if tx.dialect == Postgres {
		return " FOR UPDATE"
	}
	return ""
}

// ForUpdateSkipLocked is ForUpdate that passes over rows another node holds.
func (tx *Tx) ForUpdateSkipLocked() string {
	if tx.dialect == Postgres {
		return " FOR UPDATE SKIP LOCKED"
	}
	return ""
}

// Now is the moment by the database's clock.
func (tx *Tx) Now() time.Time { return tx.db.clock.Now() }

// BeforeCommit runs fn as one of the last steps of the transaction. A second
// call with the same name is ignored until the first has run, so that a log can
// gather what a transaction appends and number it once.
func (tx *Tx) BeforeCommit(name string, fn func(*Tx) error) {
	for _, h := range tx.shared.last {
		if h.name == name {
			return
		}
	}
	tx.shared.last = append(tx.shared.last, hook{name, fn})
}

// AfterCommit runs fn once the transaction is durable, and not if it failed.
func (tx *Tx) AfterCommit(fn func()) { tx.shared.after = append(tx.shared.after, fn) }

// Notify is [DB.Notify] after the commit.
func (tx *Tx) Notify(topic, payload string) {
	tx.AfterCommit(func() { tx.db.Notify(topic, payload) })
}

// Local returns what an earlier call with the same key made in this
// transaction, else makes it. Key is of a type of the caller's own. A new try of
// the transaction begins with nothing.
func (tx *Tx) Local(key any, make func() any) any {
	v, ok := tx.shared.local[key]
	if !ok {
		if tx.shared.local == nil {
			tx.shared.local = map[any]any{}
		}
		v = make()
		tx.shared.local[key] = v
	}
	return v
}

// run calls fn and then what it asked to be done last.
func (tx *Tx) run(fn func(*Tx) error) error {
	defer func() { tx.shared.ended = true }()
	if err := fn(tx); err != nil {
		return err
	}
	for len(tx.shared.last) > 0 {
		h := tx.shared.last[0]
		tx.shared.last = tx.shared.last[1:]
		if err := h.fn(tx); err != nil {
			return err
		}
	}
	if tx.shared.failed != nil {
		return fmt.Errorf("store: the transaction went on after a statement failed: %w", tx.shared.failed)
	}
	return nil
}

func (tx *Tx) committed() {
	for _, fn := range tx.shared.after {
		fn()
	}
}

func (tx *Tx) prepare(query string, args []any) (string, []any, error) {
	if tx.shared.ended {
		return "", nil, fmt.Errorf("store: the transaction has ended: %q", brief(query))
	}
	st := parse(query)
	// spec: store.own-company
	if tx.company != 0 && !tx.free && !st.company {
		return "", nil, fmt.Errorf("store: statement does not name @company: %q", brief(query))
	}
	if st.args != len(args) {
		return "", nil, fmt.Errorf("store: %d arguments for %d places in %q", len(args), st.args, brief(query))
	}
	// spec: store.text
	if slices.ContainsFunc(args, unstorable) {
		return "", nil, fault.New(fault.Invalid, "", "expected text in UTF-8 without the character U+0000; take out what is neither")
	}
	if st.company {
		if tx.company == 0 {
			return "", nil, fmt.Errorf("store: @company without a company in %q", brief(query))
		}
		args = append(args[:len(args):len(args)], tx.company)
	}
	if tx.dialect == Postgres {
		return st.postgres, args, nil
	}
	return st.sqlite, args, nil
}

// Storable reports whether both engines can hold s as text. PostgreSQL takes
// neither bytes that are no UTF-8 nor U+0000; SQLite would, and is kept from it.
func Storable(s string) bool { return utf8.ValidString(s) && strings.IndexByte(s, 0) < 0 }

func unstorable(arg any) bool {
	switch a := arg.(type) {
	case string:
		return !Storable(a)
	case nil, int64, int, bool, []byte:
		return false
	}
	v := reflect.ValueOf(arg) // a string type of a room's own
	return v.Kind() == reflect.String && !Storable(v.String())
}

// statement is a query as each engine wants it.
type statement struct {
	sqlite, postgres string
	args             int
	company          bool
}

var statements sync.Map // query text → statement

// parse numbers the places of a query. Quoted text and comments are left alone.
// The texts are constants of the program, so the cache does not grow for ever.
func parse(query string) statement {
	if st, ok := statements.Load(query); ok {
		return st.(statement)
	}
	var st statement
	total := 0
	scanPlaces(query, func(place string) string {
		if place == "?" {
			total++
		}
		return ""
	})
	number := func(sign string) string {
		n := 0
		return scanPlaces(query, func(place string) string {
			if place == "?" {
				n++
				return fmt.Sprintf("%s%d", sign, n)
			}
			st.company = true
			return fmt.Sprintf("%s%d", sign, total+1)
		})
	}
	st.args = total
	st.sqlite, st.postgres = number("?"), number("$")
	statements.Store(query, st)
	return st
}

const companyPlace = "@company"

// scanPlaces copies query with each "?" and "@company" outside quotes and
// comments replaced by what place returns.
func scanPlaces(query string, place func(string) string) string {
	var b strings.Builder
	for i := 0; i < len(query); {
		switch c := query[i]; {
		case c == '\'' || c == '"':
			end := strings.IndexByte(query[i+1:], c)
			if end < 0 {
				b.WriteString(query[i:])
				return b.String()
			}
			b.WriteString(query[i : i+end+2])
			i += end + 2
		case strings.HasPrefix(query[i:], "--"):
			end := strings.IndexByte(query[i:], '\n')
			if end < 0 {
				return b.String()
			}
			i += end
		case c == '?':
			b.WriteString(place("?"))
			i++
		case strings.HasPrefix(query[i:], companyPlace):
			b.WriteString(place(companyPlace))
			i += len(companyPlace)
		default:
			b.WriteByte(c)
			i++
		}
	}
	return b.String()
}

// brief is a query on one line, short enough for a log.
func brief(query string) string {
	s := strings.Join(strings.Fields(query), " ")
	if len(s) > 120 {
		s = s[:120] + "…"
	}
	return s
}
