// Command gen writes docs/COMPATIBILITY.md from the requirement register.
package main

import (
	"flag"
	"fmt"
	"os"

	"github.com/dockwright/dockwright/spec"
)

func main() {
	out := flag.String("o", "docs/COMPATIBILITY.md", "the file to write")
	flag.Parse()
	if err := run(*out); err != nil {
		fmt.Fprintln(os.Stderr, "gen:", err)
		os.Exit(1)
	}
}

func run(out string) error {
	all, err := spec.Load()
	if err != nil {
		return err
	}
	built, err := spec.Exchanges()
	if err != nil {
		return err
	}
	missing, err := spec.Unbuilt()
	if err != nil {
		return err
	}
	if err := os.WriteFile(out, []byte(spec.Markdown(all, built, missing)), 0o644); err != nil {
		return fmt.Errorf("write the compatibility page: %w", err)
	}
	return nil
}
