package storetest

import (
	"bufio"
	"context"
	"fmt"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"testing/fstest"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/dockwright/dockwright/internal/store"
)

// envChild makes the test binary a program that starts a server and waits.
const envChild = "DOCKWRIGHT_STORETEST_CHILD"

func TestMain(m *testing.M) {
	if os.Getenv(envChild) != "" {
		s, err := StartServer(ServerOptions{})
		if err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(1)
		}
		fmt.Println(s.URL)
		_, _ = bufio.NewReader(os.Stdin).ReadString('\n')
		s.Stop()
		os.Exit(0)
	}
	os.Exit(m.Run())
}

// A server leaves no directory and takes no calls after its process has ended,
// by itself or by kill -9.
func TestServerVanishes(t *testing.T) {
	t.Parallel()
	for name, end := range map[string]func(*exec.Cmd, func() error) error{
		"stopped": func(_ *exec.Cmd, done func() error) error { return done() },
		"killed":  func(c *exec.Cmd, _ func() error) error { return c.Process.Kill() },
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			child := exec.Command(os.Args[0])
			child.Env = append(os.Environ(), envChild+"=1")
			child.Stderr = os.Stderr
			in, err := child.StdinPipe()
			if err != nil {
				t.Fatal(err)
			}
			out, err := child.StdoutPipe()
			if err != nil {
				t.Fatal(err)
			}
			if err := child.Start(); err != nil {
				t.Fatal(err)
			}
			line, err := bufio.NewReader(out).ReadString('\n')
			if err != nil {
				t.Fatal(err)
			}
			address := strings.TrimSpace(line)
			u, err := url.Parse(address)
			if err != nil {
				t.Fatal(err)
			}
			dir := u.Query().Get("host")
			if _, err := os.Stat(filepath.Join(dir, "data")); err != nil {
				t.Fatal(err)
			}
			if err := end(child, in.Close); err != nil {
				t.Fatal(err)
			}
			_ = child.Wait()
			tick := time.NewTicker(20 * time.Millisecond)
			defer tick.Stop()
			for {
				if _, err := os.Stat(dir); os.IsNotExist(err) {
					break
				}
				<-tick.C
			}
			if c, err := pgx.Connect(context.Background(), address); err == nil {
				_ = c.Close(context.Background())
				t.Error("the server still answers")
			}
		})
	}
}

// Each test has its own database, with the tables of its own migrations.
func TestDatabasesAreApart(t *testing.T) {
	t.Parallel()
	notes := store.Migrations{Room: "notes", FS: fstest.MapFS{"schema/00001_notes.sql": {Data: []byte("-- +goose Up\nCREATE TABLE note (id BIGINT PRIMARY KEY);\n")}}}
	for range 3 {
		t.Run("one", func(t *testing.T) {
			t.Parallel()
			Each(t, func(t *testing.T, open func(ms ...store.Migrations) *store.DB) {
				for range 2 { // also twice in one test
					err := open(notes).Update(t.Context(), func(tx *store.Tx) error {
						_, err := tx.Exec(`INSERT INTO note (id) VALUES (1)`)
						return err
					})
					if err != nil {
						t.Error(err)
					}
				}
				err := open().View(t.Context(), func(tx *store.Tx) error {
					_, err := store.Select(tx, store.Value[int64], `SELECT id FROM note`)
					return err
				})
				if err == nil {
					t.Error("a database without the migration has its table")
				}
			})
		})
	}
}
