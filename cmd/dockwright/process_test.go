package main

import (
	"bufio"
	"cmp"
	"context"
	"fmt"
	"io"
	"net"
	"os"
	"os/exec"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"
)

// processTime is how long a process may take to say that it is ready.
const processTime = time.Minute

// binary is the product as a process of its own, on an address that stays the
// same when it is killed and started again.
type binary struct {
	t    testing.TB
	name string
	mode string // a value of execEnv
	word string // what its output says when it is ready; default "ready"
	args []string

	mu  sync.Mutex
	cmd *exec.Cmd
	log *tail
}

// start runs the process and returns once it has printed that it is ready.
func (b *binary) start() {
	b.t.Helper()
	b.mu.Lock()
	defer b.mu.Unlock()
	self, err := os.Executable()
	if err != nil {
		b.t.Fatal(err)
	}
	cmd := exec.Command(self, b.args...)
	cmd.Env = append(os.Environ(), execEnv+"="+b.mode)
	cmd.Stderr = b.log
	out, err := cmd.StdoutPipe()
	if err != nil {
		b.t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		b.t.Fatal(err)
	}
	ready := make(chan bool, 1)
	go func() {
		lines := bufio.NewScanner(out)
		for lines.Scan() {
			if strings.Contains(lines.Text(), cmp.Or(b.word, "ready")) {
				ready <- true
				break
			}
		}
		_, _ = io.Copy(io.Discard, out)
		close(ready)
	}()
	select {
	case ok := <-ready:
		if !ok {
			_ = cmd.Wait()
			b.t.Fatalf("%s ended before it was ready:\n%s", b.name, b.log)
		}
	case <-time.After(processTime):
		_ = cmd.Process.Kill()
		b.t.Fatalf("%s was not ready within %s:\n%s", b.name, processTime, b.log)
	}
	b.cmd = cmd
}

// kill ends the process as a power cut would, without a word.
func (b *binary) kill() { b.end(syscall.SIGKILL) }

// stop asks the process to end and waits for it.
func (b *binary) stop() { b.end(syscall.SIGTERM) }

func (b *binary) end(sig syscall.Signal) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.cmd == nil {
		return
	}
	_ = b.cmd.Process.Signal(sig)
	_ = b.cmd.Wait()
	b.cmd = nil
}

// freePort returns a port that nothing listens on now.
func freePort(t testing.TB) int {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	return l.Addr().(*net.TCPAddr).Port
}

// tail keeps the end of what a process logs, for the message of a failing test.
type tail struct {
	mu   sync.Mutex
	text []byte
}

func (l *tail) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.text = append(l.text, p...)
	if extra := len(l.text) - 16<<10; extra > 0 {
		l.text = l.text[extra:]
	}
	return len(p), nil
}

func (l *tail) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return string(l.text)
}

// crashRig is a host and an app as two processes, and everybody who uses them.
type crashRig struct {
	host, app *binary
	at        addresses
	database  string // "" for SQLite
	data      string
}

func newCrashRig(t testing.TB, database, mode string) *crashRig {
	t.Helper()
	r := &crashRig{database: database, data: t.TempDir()}
	hostPort, appPort := freePort(t), freePort(t)
	r.at = addresses{Host: fmt.Sprintf("http://localhost:%d", hostPort), Messaging: fmt.Sprintf("http://127.0.0.1:%d", appPort)}
	common := []string{"--data", r.data, "--demo", "--log-level", "warn"}
	if database != "" {
		common = append(common, "--database", database)
	}
	r.host = &binary{t: t, name: "host", mode: mode, log: &tail{},
		args: append([]string{"host", "--listen", fmt.Sprintf("127.0.0.1:%d", hostPort), "--base-url", r.at.Host}, common...)}
	r.app = &binary{t: t, name: "app", mode: mode, log: &tail{},
		args: append([]string{"app", "messaging", "--listen", fmt.Sprintf("127.0.0.1:%d", appPort), "--host", r.at.Host}, common...)}
	t.Cleanup(r.host.kill)
	t.Cleanup(r.app.kill)
	r.host.start()
	r.app.start()
	return r
}

// victims are what a round may kill.
func (r *crashRig) victims() map[string][]*binary {
	return map[string][]*binary{"host": {r.host}, "app": {r.app}, "both": {r.host, r.app}}
}

// eventually calls ok until it is true, at most for as long as ctx lasts.
func eventually(ctx context.Context, ok func() (bool, error)) error {
	tick := time.NewTicker(50 * time.Millisecond)
	defer tick.Stop()
	var last error
	for {
		done, err := ok()
		if done {
			return nil
		}
		if err != nil {
			last = err
		}
		select {
		case <-tick.C:
		case <-ctx.Done():
			return fmt.Errorf("%w (last: %v)", ctx.Err(), last)
		}
	}
}
