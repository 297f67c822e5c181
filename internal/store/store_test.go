package store_test

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync"
	"testing"
	"testing/fstest"

	"github.com/dockwright/dockwright/internal/fault"
	"github.com/dockwright/dockwright/internal/store"
	"github.com/dockwright/dockwright/internal/store/storetest"
)

// things is a room with one table of every type that rooms use.
var things = store.Migrations{Room: "things", FS: fstest.MapFS{
	"schema/00001_things.sql": {Data: []byte(`-- +goose Up
CREATE TABLE thing (
    company_id BIGINT  NOT NULL,
    id         BIGINT  NOT NULL,
    name       TEXT    NOT NULL,
    body       BYTEA,
    done       BOOLEAN NOT NULL DEFAULT FALSE,
    PRIMARY KEY (company_id, id)
);
CREATE TABLE part (
    company_id BIGINT NOT NULL,
    id         BIGINT NOT NULL,
    thing_id   BIGINT NOT NULL,
    PRIMARY KEY (company_id, id),
    FOREIGN KEY (company_id, thing_id) REFERENCES thing (company_id, id)
);
`)},
	"schema/00002_log.sql": {Data: []byte(`-- +goose Up
CREATE TABLE line (seq BIGSERIAL PRIMARY KEY, said TEXT NOT NULL UNIQUE);
`)},
}}

func each(t *testing.T, fn func(t *testing.T, db *store.DB)) {
	t.Helper()
	t.Parallel()
	storetest.Each(t, func(t *testing.T, open func(ms ...store.Migrations) *store.DB) { fn(t, open(things)) })
}

func addThing(tx *store.Tx, name string) (int64, error) {
	id, err := tx.NextID("thing")
	if err != nil {
		return 0, err
	}
	_, err = tx.Exec(`INSERT INTO thing (company_id, id, name) VALUES (@company, ?, ?)`, id, name)
	return id, err
}

func say(db *store.DB, text string) error {
	return db.Update(context.Background(), func(tx *store.Tx) error {
		_, err := tx.Exec(`INSERT INTO line (said) VALUES (?)`, text)
		return err
	})
}

func said(t *testing.T, db *store.DB) []string {
	t.Helper()
	var lines []string
	err := db.View(context.Background(), func(tx *store.Tx) (err error) {
		lines, err = store.Select(tx, store.Value[string], `SELECT said FROM line ORDER BY seq`)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return lines
}

func TestIdsRiseInEachCompany(t *testing.T) {
	each(t, func(t *testing.T, db *store.DB) {
		for _, company := range []int64{1, 2} {
			for want := int64(1); want <= 3; want++ {
				var got int64
				err := db.Company(company).Update(t.Context(), func(tx *store.Tx) (err error) {
					got, err = addThing(tx, "lamp")
					return err
				})
				if err != nil || got != want {
					t.Fatalf("company %d got id %d, want %d (%v)", company, got, want, err)
				}
			}
		}
		err := db.Company(1).Update(t.Context(), func(tx *store.Tx) error {
			if _, err := tx.Exec(`DELETE FROM thing WHERE company_id = @company`); err != nil {
				return err
			}
			id, err := addThing(tx, "lamp")
			if id != 4 {
				t.Errorf("id %d was given out again", id)
			}
			return err
		})
		if err != nil {
			t.Fatal(err)
		}
	})
}

// spec: store.own-company
func TestBoundStatementsNameTheCompany(t *testing.T) {
	each(t, func(t *testing.T, db *store.DB) {
		forgot := `SELECT COUNT(*) FROM thing`
		err := db.Company(1).View(t.Context(), func(tx *store.Tx) error {
			_, err := store.One(tx, store.Value[int64], forgot)
			return err
		})
		if err == nil || !strings.Contains(err.Error(), "@company") {
			t.Errorf("a statement that forgets the company: %v", err)
		}
		for _, hidden := range []string{`SELECT COUNT(*) FROM thing WHERE name = '@company'`, "SELECT COUNT(*) FROM thing -- @company"} {
			err := db.Company(1).View(t.Context(), func(tx *store.Tx) error {
				_, err := store.One(tx, store.Value[int64], hidden)
				return err
			})
			if err == nil {
				t.Errorf("%q passed", hidden)
			}
		}
		err = db.View(t.Context(), func(tx *store.Tx) error {
			if _, err := store.One(tx.Bind(1).Unbound(), store.Value[int64], forgot); err != nil {
				return err
			}
			_, err := store.One(tx, store.Value[int64], `SELECT COUNT(*) FROM thing WHERE company_id = @company`)
			return err
		})
		if err == nil || !strings.Contains(err.Error(), "without a company") {
			t.Errorf("@company in an unbound handle: %v", err)
		}
		if err := db.Company(0).Update(t.Context(), func(*store.Tx) error { return nil }); err == nil {
			t.Error("company 0 was taken")
		}
		err = db.View(t.Context(), func(tx *store.Tx) error {
			_, err := store.One(tx, store.Value[int64], `SELECT COUNT(*) FROM thing WHERE name = ?`)
			return err
		})
		if err == nil || !strings.Contains(err.Error(), "0 arguments for 1 places") {
			t.Errorf("a missing argument: %v", err)
		}
	})
}

func TestForeignKeysDoNotCrossCompanies(t *testing.T) {
	each(t, func(t *testing.T, db *store.DB) {
		err := db.Company(1).Update(t.Context(), func(tx *store.Tx) error {
			_, err := addThing(tx, "lamp")
			return err
		})
		if err != nil {
			t.Fatal(err)
		}
		part := func(tx *store.Tx) error {
			_, err := tx.Exec(`INSERT INTO part (company_id, id, thing_id) VALUES (@company, 1, 1)`)
			return err
		}
		if err := db.Company(2).Update(t.Context(), part); err == nil {
			t.Error("company 2 holds a part of company 1's thing")
		}
		if err := db.Company(1).Update(t.Context(), part); err != nil {
			t.Error(err)
		}
	})
}

func TestTypesComeBackAsTheyWent(t *testing.T) {
	each(t, func(t *testing.T, db *store.DB) {
		type row struct {
			name string
			body []byte
			done bool
		}
		for i, want := range []row{{"", nil, false}, {"émoji 🎈 'quoted' ? @company", []byte{0, 255, 10}, true}, {"-- x", []byte{}, true}} {
			err := db.Company(1).Update(t.Context(), func(tx *store.Tx) error {
				_, err := tx.Exec(`INSERT INTO thing (company_id, id, name, body, done) VALUES (@company, ?, ?, ?, ?)`, i+1, want.name, want.body, want.done)
				return err
			})
			if err != nil {
				t.Fatal(err)
			}
			var got row
			var null bool
			err = db.Company(1).View(t.Context(), func(tx *store.Tx) error {
				_, err := store.One(tx, func(s store.Scanner) (int, error) {
					return 0, s.Scan(&got.name, &got.body, &got.done, &null)
				}, `SELECT name, body, done, body IS NULL FROM thing WHERE company_id = @company AND id = ? AND done = ?`, i+1, want.done)
				return err
			})
			if err != nil || got.name != want.name || string(got.body) != string(want.body) || got.done != want.done || null != (want.body == nil) {
				t.Errorf("row %d is %+v (null %v), want %+v (%v)", i, got, null, want, err)
			}
		}
		err := db.Company(9).View(t.Context(), func(tx *store.Tx) error {
			_, err := store.One(tx, store.Value[string], `SELECT name FROM thing WHERE company_id = @company`)
			return err
		})
		if !errors.Is(err, store.ErrNoRows) {
			t.Errorf("nothing found gives %v", err)
		}
	})
}

// spec: store.batch-apart
func TestAFailingWriteTakesNothingWithIt(t *testing.T) {
	each(t, func(t *testing.T, db *store.DB) {
		poison := errors.New("poison")
		const writers = 60
		var group sync.WaitGroup
		errs := make([]error, writers)
		for i := range writers {
			group.Go(func() {
				errs[i] = db.Update(context.Background(), func(tx *store.Tx) error {
					if _, err := tx.Exec(`INSERT INTO line (said) VALUES (?)`, fmt.Sprint("line ", i)); err != nil {
						return err
					}
					switch i % 3 {
					case 1: // after something was written
						return poison
					case 2: // a statement fails
						_, err := tx.Exec(`INSERT INTO line (said) VALUES (?)`, fmt.Sprint("line ", i))
						return err
					}
					return nil
				})
			})
		}
		group.Wait()
		for i, err := range errs {
			if (err == nil) != (i%3 == 0) || (i%3 == 1 && !errors.Is(err, poison)) {
				t.Errorf("write %d: %v", i, err)
			}
		}
		if got := len(said(t, db)); got != writers/3 {
			t.Errorf("%d lines stored, want %d", got, writers/3)
		}
	})
}

func TestASwallowedFailureIsRefused(t *testing.T) {
	each(t, func(t *testing.T, db *store.DB) {
		err := db.Update(t.Context(), func(tx *store.Tx) error {
			if _, err := tx.Exec(`INSERT INTO line (said) VALUES ('a')`); err != nil {
				return err
			}
			_, _ = tx.Exec(`INSERT INTO line (said) VALUES ('a')`)
			return nil
		})
		if err == nil || fault.KindOf(err) != fault.Internal {
			t.Errorf("a transaction that went on after a failed statement: %v", err)
		}
		if lines := said(t, db); len(lines) != 0 {
			t.Errorf("stored %q", lines)
		}
	})
}

// spec: store.text
func TestTextThatNoEngineTakes(t *testing.T) {
	type word string
	each(t, func(t *testing.T, db *store.DB) {
		for _, text := range []any{"a\x00b", "\xff\xfe", word("a\x00b")} {
			err := db.Update(t.Context(), func(tx *store.Tx) error {
				_, err := tx.Exec(`INSERT INTO line (said) VALUES (?)`, text)
				return err
			})
			if fault.KindOf(err) != fault.Invalid || !strings.Contains(err.Error(), "UTF-8") {
				t.Errorf("storing %q: %v", text, err)
			}
			err = db.View(t.Context(), func(tx *store.Tx) error {
				_, err := store.Select(tx, store.Value[string], `SELECT said FROM line WHERE said = ?`, text)
				return err
			})
			if fault.KindOf(err) != fault.Invalid {
				t.Errorf("looking for %q: %v", text, err)
			}
		}
		if lines := said(t, db); len(lines) != 0 {
			t.Errorf("stored %q", lines)
		}
	})
}

func TestPanicBelongsToTheCaller(t *testing.T) {
	each(t, func(t *testing.T, db *store.DB) {
		func() {
			defer func() {
				if r := recover(); r != "boom" {
					t.Errorf("recovered %v", r)
				}
			}()
			_ = db.Update(t.Context(), func(tx *store.Tx) error {
				_, _ = tx.Exec(`INSERT INTO line (said) VALUES ('lost')`)
				panic("boom")
			})
		}()
		if err := say(db, "after"); err != nil {
			t.Fatal(err)
		}
		if lines := said(t, db); len(lines) != 1 || lines[0] != "after" {
			t.Errorf("stored %q", lines)
		}
	})
}

func TestAFunctionThatEndsItsGoroutine(t *testing.T) {
	each(t, func(t *testing.T, db *store.DB) {
		probe := &testing.T{}
		returned := true
		var group sync.WaitGroup
		group.Go(func() {
			returned = false
			_ = db.Update(context.Background(), func(tx *store.Tx) error {
				_, _ = tx.Exec(`INSERT INTO line (said) VALUES ('lost')`)
				probe.FailNow()
				return nil
			})
			returned = true
		})
		group.Wait()
		if returned {
			t.Error("Update came back")
		}
		if err := say(db, "after"); err != nil {
			t.Fatal(err)
		}
		if lines := said(t, db); len(lines) != 1 || lines[0] != "after" {
			t.Errorf("stored %q", lines)
		}
	})
}
