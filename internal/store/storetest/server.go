package storetest

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/jackc/pgx/v5"
)

// EnvURL names a running server for a whole run of tests. Its user must be
// allowed to create databases.
const EnvURL = "DOCKWRIGHT_TEST_POSTGRES"

const startTimeout = 60 * time.Second

// errMissing says what to install, in words for whoever runs the tests.
var errMissing = errors.New("PostgreSQL is not installed: the tests need its initdb and postgres programs (Debian: apt-get install postgresql), or a server named by " + EnvURL)

// ServerOptions say what a test server is for.
type ServerOptions struct {
	// Durable leaves fsync on, for benches and crash tests.
	Durable bool
}

// A Server is a PostgreSQL that lives no longer than this process.
type Server struct {
	URL  string // of its database "postgres"
	hold *os.File
	cmd  *exec.Cmd
}

// started is the server of this process, or the run's. It stays reachable for as
// long as the process lives: collected as garbage it would let go of the pipe,
// and PostgreSQL would end in the middle of the tests.
var started = sync.OnceValues(func() (*Server, error) {
	if url := os.Getenv(EnvURL); url != "" {
		return &Server{URL: url}, nil
	}
	return StartServer(ServerOptions{})
})

// server is the address of the tests' server, started at the first wish.
func server() (string, error) {
	s, err := started()
	if err != nil {
		return "", err
	}
	return s.URL, nil
}

// supervise makes the database and keeps the server alive while somebody holds
// the other end of its standard input, and leaves nothing behind, however that
// somebody ended.
const supervise = `
dir=$1; initdb=$2; shift 2
pid=
if "$initdb" -D "$dir/data" -U dockwright -A trust --encoding=UTF8 --locale=C --no-sync --no-instructions >"$dir/log" 2>&1 </dev/null; then
	"$@" >>"$dir/log" 2>&1 </dev/null &
	pid=$!
else
	: >"$dir/failed"
fi
read -r _
if [ -n "$pid" ]; then
	kill -QUIT "$pid" 2>/dev/null
	wait "$pid"
fi
cd /
rm -rf "$dir"
`

// StartServer makes a PostgreSQL in a directory of its own, reachable by a Unix
// socket only, and starts it. As root it runs as the user postgres or nobody.
// The server and its directory vanish with this process, even if that is killed.
func StartServer(o ServerOptions) (*Server, error) {
	bin, err := programs()
	if err != nil {
		return nil, err
	}
	dir, err := os.MkdirTemp("/tmp", "dwpg") // short: a socket's path has 107 bytes at most
	if err != nil {
		return nil, err
	}
	s, err := launch(bin, dir, o)
	if err != nil {
		_ = os.RemoveAll(dir)
		return nil, err
	}
	return s, s.await(dir)
}

func launch(bin, dir string, o ServerOptions) (*Server, error) {
	who, err := servant(dir)
	if err != nil {
		return nil, err
	}
	read, hold, err := os.Pipe()
	if err != nil {
		return nil, err
	}
	defer read.Close()
	args := []string{"-c", supervise, "sh", dir, filepath.Join(bin, "initdb"), filepath.Join(bin, "postgres"), "-D", filepath.Join(dir, "data"), "-k", dir}
	for _, set := range settings(o) {
		args = append(args, "-c", set)
	}
	cmd := exec.Command("/bin/sh", args...)
	cmd.Stdin = read
	who.apply(cmd, dir)
	alone(cmd)
	if err := cmd.Start(); err != nil {
		_ = hold.Close()
		return nil, err
	}
	return &Server{URL: "postgres:///postgres?host=" + dir + "&user=dockwright&sslmode=disable", hold: hold, cmd: cmd}, nil
}

func settings(o ServerOptions) []string {
	set := []string{"listen_addresses=", "max_connections=300", "shared_buffers=64MB", "wal_level=minimal", "max_wal_senders=0", "max_wal_size=1GB", "unix_socket_permissions=0777"}
	if !o.Durable {
		set = append(set, "fsync=off", "full_page_writes=off", "synchronous_commit=off")
	}
	return set
}

// await waits until the server answers.
func (s *Server) await(dir string) error {
	ctx, cancel := context.WithTimeout(context.Background(), startTimeout)
	defer cancel()
	tick := time.NewTicker(20 * time.Millisecond)
	defer tick.Stop()
	for {
		c, err := pgx.Connect(ctx, s.URL)
		if err == nil {
			return c.Close(ctx)
		}
		select {
		case <-tick.C:
		case <-ctx.Done():
		}
		if _, gone := os.Stat(filepath.Join(dir, "failed")); gone == nil || ctx.Err() != nil {
			log, _ := os.ReadFile(filepath.Join(dir, "log"))
			s.Stop()
			return fmt.Errorf("PostgreSQL did not start: %w\n%s", err, log)
		}
	}
}

// Stop ends the server and removes its directory.
func (s *Server) Stop() {
	_ = s.hold.Close()
	_ = s.cmd.Wait()
}

// programs finds the directory of initdb and postgres: the newest of Debian's,
// else the search path's.
func programs() (string, error) {
	found, _ := filepath.Glob("/usr/lib/postgresql/*/bin/initdb")
	slices.SortFunc(found, func(a, b string) int { return version(b) - version(a) })
	if p, err := exec.LookPath("initdb"); err == nil {
		found = append(found, p)
	}
	for _, p := range found {
		dir := filepath.Dir(p)
		if _, err := os.Stat(filepath.Join(dir, "postgres")); err == nil {
			return dir, nil
		}
	}
	return "", errMissing
}

func version(path string) int {
	n, _ := strconv.Atoi(strings.Split(path, "/")[4])
	return n
}
