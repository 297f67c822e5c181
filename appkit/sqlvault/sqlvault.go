// Package sqlvault keeps an app's tokens in a SQL database: SQLite for an app
// that runs alone, PostgreSQL for one that runs on several machines. It is
// written for database/sql; the app brings the driver.
//
//	db, err := sql.Open("sqlite", "file:app.db?_pragma=busy_timeout(5000)")
//	…
//	vault, err := sqlvault.Open(ctx, db, sqlvault.Options{Dialect: sqlvault.SQLite, Sealer: sealer})
//
// A [Vault] is an [appkit.Store], so an [appkit.Installer] can fill it, and an
// [appkit.Claimer], so that of several processes one alone refreshes a token.
package sqlvault

import (
	"cmp"
	"context"
	"crypto/sha256"
	"database/sql"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"regexp"
	"strconv"
	"strings"
	"time"

	"github.com/dockwright/dockwright/appkit"
)

// Dialect is how a database writes SQL.
type Dialect int

// The dialects.
const (
	SQLite Dialect = iota + 1
	PostgreSQL
)

// DefaultTable is where tokens are kept unless [Options] name another table.
const DefaultTable = "appkit_installation"

// Options are how a vault uses its database.
type Options struct {
	Dialect Dialect // must be given
	// Table is made if it is not there. Apps that share a database need different
	// ones. Default: [DefaultTable].
	Table string
	// Sealer encrypts tokens. Without one they stand in the database as they are,
	// for everybody who can read it or a copy of it. One may be given later: what
	// was stored before is read, and sealed when it is next refreshed.
	Sealer Sealer
	Now    func() time.Time
}

// A Sealer encrypts tokens at rest; [AESGCM] is one.
type Sealer interface {
	// Seal encrypts plain and binds it to place: Open of the same at another place
	// must fail.
	Seal(plain []byte, place string) ([]byte, error)
	Open(sealed []byte, place string) ([]byte, error)
}

// Vault keeps the tokens of one app.
type Vault struct {
	db    *sql.DB
	o     Options
	write *strings.Replacer
}

var (
	_ appkit.Store   = (*Vault)(nil)
	_ appkit.Claimer = (*Vault)(nil)
)

var tableName = regexp.MustCompile(`^[a-z_][a-z0-9_]{0,47}$`)

// Open makes the table if it is not there. The caller closes db.
func Open(ctx context.Context, db *sql.DB, o Options) (*Vault, error) {
	o.Table = cmp.Or(o.Table, DefaultTable)
	if o.Dialect != SQLite && o.Dialect != PostgreSQL {
		return nil, errors.New("sqlvault: Options.Dialect: expected SQLite or PostgreSQL")
	}
	if !tableName.MatchString(o.Table) {
		return nil, fmt.Errorf("sqlvault: Options.Table: expected lower-case letters, digits and underscores, got %q", o.Table)
	}
	v := &Vault{db: db, o: o, write: strings.NewReplacer("{table}", o.Table)}
	if err := v.create(ctx); err != nil {
		return nil, fmt.Errorf("sqlvault: create table %s: %w", o.Table, err)
	}
	return v, nil
}

// creation is the advisory lock under which PostgreSQL makes the table: two
// processes that start together would disturb each other.
const creation = 5071226430

func (v *Vault) create(ctx context.Context) error {
	tx, err := v.db.BeginTx(ctx, nil)
	if err != nil {
		return err
	}
	defer func() { _ = tx.Rollback() }() // of no effect after the commit
	if v.o.Dialect == PostgreSQL {
		if _, err := tx.ExecContext(ctx, `SELECT pg_advisory_xact_lock($1)`, creation); err != nil {
			return err
		}
	}
	_, err = tx.ExecContext(ctx, v.sql(`CREATE TABLE IF NOT EXISTS {table} (
		company_id BIGINT NOT NULL,
		user_id BIGINT NOT NULL,
		token TEXT NOT NULL,
		access_hash TEXT NOT NULL,
		claimed_until BIGINT NOT NULL,
		shared BOOLEAN NOT NULL,
		installed_at BIGINT NOT NULL,
		PRIMARY KEY (company_id, user_id)
	)`))
	if err != nil {
		return err
	}
	return tx.Commit()
}

// Install implements [appkit.Store].
// spec: appkit.install
func (v *Vault) Install(ctx context.Context, a appkit.Account, t appkit.Token) error {
	token, err := v.seal(a, t)
	if err != nil {
		return err
	}
	_, err = v.exec(ctx, `INSERT INTO {table} (company_id, user_id, token, access_hash, claimed_until, shared, installed_at)
		VALUES (?, ?, ?, ?, 0, FALSE, ?)
		ON CONFLICT (company_id, user_id) DO UPDATE SET token = excluded.token, access_hash = excluded.access_hash,
			claimed_until = 0, installed_at = excluded.installed_at`,
		a.Company, a.User, token, hash(t.Access), v.now().UnixMicro())
	return err
}

// Uninstall implements [appkit.Store].
func (v *Vault) Uninstall(ctx context.Context, a appkit.Account) error {
	_, err := v.exec(ctx, `DELETE FROM {table} WHERE company_id = ? AND user_id = ?`, a.Company, a.User)
	return err
}

// Share notes whether everybody in the company uses the installation, as hosts
// tell the callback URL. Without an installation it does nothing.
func (v *Vault) Share(ctx context.Context, a appkit.Account, shared bool) error {
	_, err := v.exec(ctx, `UPDATE {table} SET shared = ? WHERE company_id = ? AND user_id = ?`, shared, a.Company, a.User)
	return err
}

// Load implements [appkit.Vault].
func (v *Vault) Load(ctx context.Context, a appkit.Account) (appkit.Token, error) {
	var token string
	err := v.db.QueryRowContext(ctx, v.sql(`SELECT token FROM {table} WHERE company_id = ? AND user_id = ?`), a.Company, a.User).Scan(&token)
	if errors.Is(err, sql.ErrNoRows) {
		return appkit.Token{}, appkit.ErrNotInstalled
	}
	if err != nil {
		return appkit.Token{}, fmt.Errorf("sqlvault: %w", err)
	}
	return v.open(a, token)
}

// Replace implements [appkit.Vault].
func (v *Vault) Replace(ctx context.Context, a appkit.Account, old, fresh appkit.Token) (bool, error) {
	token, err := v.seal(a, fresh)
	if err != nil {
		return false, err
	}
	n, err := v.exec(ctx, `UPDATE {table} SET token = ?, access_hash = ?, claimed_until = 0
		WHERE company_id = ? AND user_id = ? AND access_hash = ?`,
		token, hash(fresh.Access), a.Company, a.User, hash(old.Access))
	return n == 1, err
}

// Claim implements [appkit.Claimer]. The clocks of the app's machines should
// agree to some seconds.
func (v *Vault) Claim(ctx context.Context, a appkit.Account, seen appkit.Token, last time.Duration) (bool, error) {
	now := v.now()
	n, err := v.exec(ctx, `UPDATE {table} SET claimed_until = ?
		WHERE company_id = ? AND user_id = ? AND access_hash = ? AND claimed_until <= ?`,
		now.Add(last).UnixMicro(), a.Company, a.User, hash(seen.Access), now.UnixMicro())
	return n == 1, err
}

// Installed is an installation, without its token.
type Installed struct {
	appkit.Account
	Shared bool
	At     time.Time // of the newest consent, in UTC
}

// List returns the installations in a company, the oldest first: who may be asked
// for data of a colleague who has not installed the app is among the shared.
func (v *Vault) List(ctx context.Context, company int64) ([]Installed, error) {
	rows, err := v.db.QueryContext(ctx, v.sql(`SELECT company_id, user_id, shared, installed_at FROM {table}
		WHERE company_id = ? ORDER BY installed_at, user_id`), company)
	if err != nil {
		return nil, fmt.Errorf("sqlvault: %w", err)
	}
	defer func() { _ = rows.Close() }() // rows.Err has told
	var all []Installed
	for rows.Next() {
		var i Installed
		var at int64
		if err := rows.Scan(&i.Company, &i.User, &i.Shared, &at); err != nil {
			return nil, fmt.Errorf("sqlvault: %w", err)
		}
		i.At = time.UnixMicro(at).UTC()
		all = append(all, i)
	}
	if err := rows.Err(); err != nil {
		return nil, fmt.Errorf("sqlvault: %w", err)
	}
	return all, nil
}

// Count is how many installations there are, in all companies.
func (v *Vault) Count(ctx context.Context) (int, error) {
	var n int
	if err := v.db.QueryRowContext(ctx, v.sql(`SELECT COUNT(*) FROM {table}`)).Scan(&n); err != nil {
		return 0, fmt.Errorf("sqlvault: %w", err)
	}
	return n, nil
}

func (v *Vault) exec(ctx context.Context, statement string, args ...any) (int64, error) {
	res, err := v.db.ExecContext(ctx, v.sql(statement), args...)
	if err != nil {
		return 0, fmt.Errorf("sqlvault: %w", err)
	}
	return res.RowsAffected()
}

// sql names the table and, for PostgreSQL, numbers the places.
func (v *Vault) sql(statement string) string {
	statement = v.write.Replace(statement)
	if v.o.Dialect == SQLite {
		return statement
	}
	var b strings.Builder
	n := 0
	for part := range strings.SplitSeq(statement, "?") {
		if n > 0 {
			b.WriteString("$" + strconv.Itoa(n))
		}
		b.WriteString(part)
		n++
	}
	return b.String()
}

func (v *Vault) now() time.Time {
	if v.o.Now == nil {
		return time.Now()
	}
	return v.o.Now()
}

// What stands before a stored token.
const (
	markClear  = "clear:"
	markSealed = "sealed:"
)

func (v *Vault) seal(a appkit.Account, t appkit.Token) (string, error) {
	raw, err := json.Marshal(t)
	if err != nil {
		return "", fmt.Errorf("sqlvault: %w", err)
	}
	if v.o.Sealer == nil {
		return markClear + string(raw), nil
	}
	if raw, err = v.o.Sealer.Seal(raw, v.place(a)); err != nil {
		return "", fmt.Errorf("sqlvault: seal a token: %w", err)
	}
	return markSealed + base64.StdEncoding.EncodeToString(raw), nil
}

func (v *Vault) open(a appkit.Account, stored string) (t appkit.Token, err error) {
	raw := []byte(strings.TrimPrefix(stored, markClear))
	if text, ok := strings.CutPrefix(stored, markSealed); ok {
		if v.o.Sealer == nil {
			return t, errors.New("sqlvault: the tokens are sealed; give Options.Sealer the key that sealed them")
		}
		if raw, err = base64.StdEncoding.DecodeString(text); err == nil {
			raw, err = v.o.Sealer.Open(raw, v.place(a))
		}
		if err != nil {
			return t, fmt.Errorf("sqlvault: open the token of company %d, user %d: %w", a.Company, a.User, err)
		}
	}
	if err := json.Unmarshal(raw, &t); err != nil {
		return appkit.Token{}, fmt.Errorf("sqlvault: read the token of company %d, user %d: %w", a.Company, a.User, err)
	}
	return t, nil
}

// place binds a sealed token to its row: copied to another it does not open.
func (v *Vault) place(a appkit.Account) string {
	return fmt.Sprintf("%s/%d/%d", v.o.Table, a.Company, a.User)
}

// hash stands for an access token where tokens are compared.
func hash(access string) string {
	sum := sha256.Sum256([]byte(access))
	return hex.EncodeToString(sum[:])
}
