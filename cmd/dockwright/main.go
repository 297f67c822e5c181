// Command dockwright is the whole house in one binary: the host (the CRM side of
// app extensions) and the apps that live in it. "dockwright up" runs everything
// with demo data; "dockwright host" and "dockwright app …" run one building.
package main

import (
	"context"
	"fmt"
	"os"
	"os/signal"
	"syscall"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	if err := run(ctx, os.Args[1:], options{out: os.Stdout, log: os.Stderr}); err != nil {
		fmt.Fprintln(os.Stderr, "dockwright:", err)
		os.Exit(1)
	}
}
