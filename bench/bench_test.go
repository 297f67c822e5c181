package main

import (
	"fmt"
	"os"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/dockwright/dockwright/internal/store/storetest"
)

// TestMain makes sure that the run's PostgreSQL waits for the disk.
func TestMain(m *testing.M) { os.Exit(run(m)) }

func run(m *testing.M) int {
	if os.Getenv(storetest.EnvURL) == "" {
		s, err := storetest.StartServer(storetest.ServerOptions{Durable: true})
		if err != nil {
			fmt.Fprintln(os.Stderr, err)
			return 1
		}
		defer s.Stop()
		if err := os.Setenv(storetest.EnvURL, s.URL); err != nil {
			fmt.Fprintln(os.Stderr, err)
			return 1
		}
	}
	return m.Run()
}

// rounds is how often each configuration is measured, in turn, so that a slow
// moment of the machine hits all of them.
const rounds = 3

// median of some figures.
func median(of []float64) float64 {
	s := slices.Sorted(slices.Values(of))
	if len(s) == 0 {
		return 0
	}
	return s[len(s)/2]
}

// percentile p (0 to 1) of some durations, in milliseconds.
func percentile(of []time.Duration, p float64) float64 {
	s := slices.Sorted(slices.Values(of))
	if len(s) == 0 {
		return 0
	}
	return float64(s[int(p*float64(len(s)-1))].Microseconds()) / 1000
}

// table prints rows under a title, columns aligned.
func table(b *testing.B, title string, head []string, rows [][]string) {
	b.Helper()
	width := make([]int, len(head))
	for _, r := range append([][]string{head}, rows...) {
		for i, cell := range r {
			width[i] = max(width[i], len([]rune(cell)))
		}
	}
	var out strings.Builder
	fmt.Fprintf(&out, "\n%s\n", title)
	for _, r := range append([][]string{head}, rows...) {
		for i, cell := range r {
			pad := strings.Repeat(" ", width[i]-len([]rune(cell)))
			if i == 0 {
				fmt.Fprintf(&out, "  %s%s", cell, pad)
			} else {
				fmt.Fprintf(&out, "  %s%s", pad, cell)
			}
		}
		out.WriteString("\n")
	}
	fmt.Println(out.String())
}

func ratio(a, b float64) string {
	if b == 0 {
		return "-"
	}
	return fmt.Sprintf("%.2f", a/b)
}

func rate(x float64) string { return fmt.Sprintf("%.0f/s", x) }
