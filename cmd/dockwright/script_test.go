package main

import (
	"context"
	"fmt"
	"net"
	"os"
	"os/signal"
	"syscall"
	"testing"
	"time"

	"github.com/rogpeppe/go-internal/testscript"

	"github.com/dockwright/dockwright/hosttest"
	"github.com/dockwright/dockwright/internal/app/messaging/webchat"
)

// TestMain lets the test binary stand in for the product: scripts call it as
// "dockwright", and the crash test starts it again as a process to kill.
func TestMain(m *testing.M) {
	if os.Getenv(execEnv) != "" {
		mode := os.Getenv(execEnv)
		if mode == execBare {
			os.Exit(bareHandler())
		}
		if mode == execMock {
			os.Exit(mockServer())
		}
		os.Exit(product(options{
			out: os.Stdout, log: os.Stderr, disableDedup: mode == execNoDedup, oneCommitPerWrite: mode == execOneCommit,
			chat: webchat.Options{PerSecond: -1, SessionsPerSecond: -1},
		}))
	}
	testscript.Main(m, map[string]func(){
		"dockwright": func() { os.Exit(product(options{out: os.Stdout, log: os.Stderr})) },
	})
}

// execEnv makes the test binary run as the product; its value plants a fault.
const (
	execEnv       = "DOCKWRIGHT_TEST_EXEC"
	execPlain     = "plain"
	execNoDedup   = "no-dedup"
	execOneCommit = "one-commit-per-write"
	execBare      = "bare"
	execMock      = "mock"
)

func product(o options) int {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	if err := run(ctx, os.Args[1:], o); err != nil {
		fmt.Fprintln(os.Stderr, "dockwright:", err)
		return 1
	}
	return 0
}

func TestScripts(t *testing.T) {
	t.Parallel()
	running := hosttest.New(t)
	testscript.Run(t, testscript.Params{
		Dir: "testdata/script",
		Setup: func(env *testscript.Env) error {
			// A port that is taken for as long as the script runs.
			l, err := net.Listen("tcp", "127.0.0.1:0")
			if err != nil {
				return err
			}
			env.Defer(func() { _ = l.Close() })
			env.Setenv("TAKEN", fmt.Sprint(l.Addr().(*net.TCPAddr).Port))
			env.Setenv("RUNNING", running.URL)
			return nil
		},
		Cmds: map[string]func(*testscript.TestScript, bool, []string){"waitfor": waitForFile},
	})
}

// waitForFile holds a script until a program in the background has made a file.
func waitForFile(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 1 {
		ts.Fatalf("usage: waitfor FILE")
	}
	end := time.After(time.Minute)
	tick := time.NewTicker(10 * time.Millisecond)
	defer tick.Stop()
	for {
		if _, err := os.Stat(ts.MkAbs(args[0])); err == nil {
			return
		}
		select {
		case <-tick.C:
		case <-end:
			ts.Fatalf("%s did not appear within a minute", args[0])
		}
	}
}
