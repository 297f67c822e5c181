// Command bench runs the measurements of this directory and prints them as
// ratios taken in one run, because rates alone tell more about the machine than
// about the program. What is measured stands in the benchmarks beside this file, and in those
// of the binary, which start it:
//
//	make bench
//	go run ./bench -only Lanes
package main

import (
	"errors"
	"flag"
	"fmt"
	"os"
	"os/exec"
)

func main() {
	only := flag.String("only", ".", "run only the benchmarks whose names match")
	flag.Parse()
	cmd := exec.Command("go", "test", "-run", "^$", "-bench", *only, "-benchtime", "1x", "-timeout", "60m", "./bench", "./cmd/dockwright")
	cmd.Stdout, cmd.Stderr = os.Stdout, os.Stderr
	if err := cmd.Run(); err != nil {
		if exit, ok := errors.AsType[*exec.ExitError](err); ok {
			os.Exit(exit.ExitCode())
		}
		fmt.Fprintln(os.Stderr, "bench:", err)
		os.Exit(1)
	}
}
