// Command serve starts one PostgreSQL for a run of tests, runs the command that
// follows with its address in the environment, and stops it:
//
//	go run ./internal/store/storetest/serve -- go test ./...
package main

import (
	"errors"
	"flag"
	"fmt"
	"os"
	"os/exec"

	"github.com/dockwright/dockwright/internal/store/storetest"
)

func main() {
	durable := flag.Bool("durable", false, "wait for the disk, as benches must")
	flag.Parse()
	code, err := run(*durable, flag.Args())
	if err != nil {
		fmt.Fprintln(os.Stderr, "serve:", err)
	}
	os.Exit(code)
}

// run returns the command's exit code. A server that is named in the environment
// already is used as it is.
func run(durable bool, args []string) (int, error) {
	if len(args) == 0 {
		return 2, errors.New("expected the command to run after --")
	}
	if os.Getenv(storetest.EnvURL) == "" {
		s, err := storetest.StartServer(storetest.ServerOptions{Durable: durable})
		if err != nil {
			return 1, err
		}
		defer s.Stop()
		if err := os.Setenv(storetest.EnvURL, s.URL); err != nil {
			return 1, err
		}
	}
	cmd := exec.Command(args[0], args[1:]...)
	cmd.Stdin, cmd.Stdout, cmd.Stderr = os.Stdin, os.Stdout, os.Stderr
	if err := cmd.Run(); err != nil {
		if exit, ok := errors.AsType[*exec.ExitError](err); ok {
			return exit.ExitCode(), nil
		}
		return 1, err
	}
	return 0, nil
}
