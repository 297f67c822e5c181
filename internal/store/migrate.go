package store

import (
	"bytes"
	"context"
	"database/sql"
	"fmt"
	"io/fs"
	"regexp"

	"github.com/pressly/goose/v3"
	"github.com/pressly/goose/v3/database"
)

// migrate brings the tables of each room up to date.
func migrate(ctx context.Context, db *sql.DB, d Dialect, ms []Migrations) error {
	dialect := database.DialectSQLite3
	if d == Postgres {
		dialect = database.DialectPostgres
	}
	for _, m := range append([]Migrations{own}, ms...) {
		store, err := database.NewStore(dialect, "schema_version_"+m.Room)
		if err != nil {
			return err
		}
		files, err := fs.Sub(m.FS, "schema")
		if err != nil {
			return err
		}
		files = dialectWords{files, d}
		p, err := goose.NewProvider("", db, files, goose.WithStore(store), goose.WithDisableGlobalRegistry(true))
		if err != nil {
			return fmt.Errorf("migrations of %s: %w", m.Room, err)
		}
		if _, err := p.Up(ctx); err != nil {
			// One that was cut off was rolled back, and goose does not say why.
			if ctx.Err() != nil {
				err = ctx.Err()
			}
			return fmt.Errorf("migrate %s: %w", m.Room, err)
		}
	}
	return nil
}

// dialectWords shows migration files in the words of a database: what is SQLite's
// own is put into its words, and a line "-- +sqlite …" or "-- +postgres …" counts
// for that database only.
type dialectWords struct {
	fs.FS
	dialect Dialect
}

var toSQLite = []struct {
	word *regexp.Regexp
	is   string
}{
	{regexp.MustCompile(`\bBYTEA\b`), "BLOB"},
	{regexp.MustCompile(`\bBIGSERIAL PRIMARY KEY\b`), "INTEGER PRIMARY KEY AUTOINCREMENT"},
}

func (w dialectWords) Open(name string) (fs.File, error) {
	f, err := w.FS.Open(name)
	if err != nil {
		return nil, err
	}
	info, err := f.Stat()
	if err != nil || info.IsDir() {
		return f, err
	}
	defer f.Close()
	text, err := fs.ReadFile(w.FS, name)
	if err != nil {
		return nil, err
	}
	if w.dialect == SQLite {
		for _, t := range toSQLite {
			text = t.word.ReplaceAll(text, []byte(t.is))
		}
	}
	text = bytes.ReplaceAll(text, []byte("\n-- +"+string(w.dialect)+" "), []byte("\n"))
	return &textFile{Reader: bytes.NewReader(text), info: info}, nil
}

type textFile struct {
	*bytes.Reader
	info fs.FileInfo
}

func (f *textFile) Stat() (fs.FileInfo, error) { return f.info, nil }
func (f *textFile) Close() error               { return nil }
