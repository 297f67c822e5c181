package main

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"golang.org/x/sync/errgroup"

	"github.com/dockwright/dockwright/internal/host"
	"github.com/dockwright/dockwright/internal/host/records"
	"github.com/dockwright/dockwright/internal/host/route"
)

const (
	restPersons     = 100_000
	restConnections = 16
	restTime        = 2 * time.Second
	restRounds      = 3 // of each server, in turn
)

// restCall is a request that the benchmark repeats; n rises.
type restCall struct {
	name, method string
	path         func(n int) string
	body         string
}

var restCalls = []restCall{
	{name: "GET persons/{id}", method: "GET", path: func(n int) string { return fmt.Sprintf("/api/v2/persons/%d", 1+n*7919%restPersons) }},
	{name: "GET persons?limit=100", method: "GET", path: func(int) string { return "/api/v2/persons?limit=100" }},
	{name: "GET persons/search", method: "GET", path: func(n int) string {
		return fmt.Sprintf("/api/v2/persons/search?term=Tamm+%d&limit=10", n*7919%restPersons)
	}},
	{name: "POST activities", method: "POST", path: func(int) string { return "/api/v2/activities" },
		body: `{"subject":"Call back","type":"call","due_date":"2026-12-01","person_id":7}`},
}

// BenchmarkREST measures four calls to a host with 100,000 persons, beside a
// server that answers the same bytes from memory, and beside a handler that
// answers two bytes. All are processes of their own that share the machine with
// the client.
func BenchmarkREST(b *testing.B) {
	data := b.TempDir()
	token := fillPersons(b, data)
	port := freePort(b)
	at := fmt.Sprintf("http://localhost:%d", port)
	p := &binary{t: b, name: "host", mode: execPlain, log: &tail{},
		args: []string{"host", "--listen", fmt.Sprintf("127.0.0.1:%d", port), "--base-url", at, "--data", data, "--demo", "--log-level", "warn"}}
	b.Cleanup(p.kill)
	p.start()
	mock := startMock(b, at, token)
	var rows [][]string
	for _, c := range restCalls {
		rates := map[string][]float64{}
		took := map[string][]time.Duration{}
		for range b.N * restRounds {
			for name, base := range map[string]string{"host": at, "mock": mock, "bare": mock + "/bare"} {
				rate, durations := hammer(b, base, token, c)
				rates[name] = append(rates[name], rate)
				took[name] = append(took[name], durations...)
			}
		}
		h, m, bare := median(rates["host"]), median(rates["mock"]), median(rates["bare"])
		b.ReportMetric(h/m, "x-mock-"+strings.ReplaceAll(c.name, " ", "-"))
		rows = append(rows, []string{c.name, fmt.Sprintf("%.0f/s", h), fmt.Sprintf("%.1f ms", percentile(took["host"], .5)),
			fmt.Sprintf("%.1f ms", percentile(took["host"], .99)), fmt.Sprintf("%.2f", h/m), fmt.Sprintf("%.2f", h/bare)})
	}
	fmt.Printf("\nREST with %d persons, %d connections (SQLite, durable)\n", restPersons, restConnections)
	fmt.Printf("  %-24s %10s %9s %9s %9s %9s\n", "call", "answered", "p50", "p99", "of mock", "of bare")
	for _, r := range rows {
		fmt.Printf("  %-24s %10s %9s %9s %9s %9s\n", r[0], r[1], r[2], r[3], r[4], r[5])
	}
	fmt.Println()
}

// fillPersons makes the demo company's data directory, with many persons in it,
// and returns a personal API token.
func fillPersons(b *testing.B, data string) string {
	b.Helper()
	quiet := &process{ctx: b.Context(), logger: slog.New(slog.DiscardHandler)}
	building, err := openHost(b.Context(), quiet, storage{Data: data}, host.Config{BaseURL: "http://localhost", Demo: true})
	if err != nil {
		b.Fatal(err)
	}
	defer building.close()
	rooms := building.host.Rooms()
	admin, err := rooms.Account.DemoAdmin(b.Context())
	if err != nil {
		b.Fatal(err)
	}
	c := route.Caller{Company: admin.Company, User: admin.ID, Admin: true}
	var g errgroup.Group
	for w := range ingestConnections {
		g.Go(func() error {
			for i := w; i < restPersons; i += ingestConnections {
				_, err := rooms.Records.CreatePerson(context.Background(), c, records.Person{
					Name:   fmt.Sprintf("Tamm %d", i),
					Emails: []records.Contact{{Label: "work", Value: fmt.Sprintf("p%d@example.test", i), Main: true}},
					Phones: []records.Contact{{Label: "work", Value: fmt.Sprintf("+372 %07d", i), Main: true}},
				})
				if err != nil {
					return err
				}
			}
			return nil
		})
	}
	if err := g.Wait(); err != nil {
		b.Fatal(err)
	}
	token, err := rooms.Authz.SetPersonalToken(b.Context(), admin.Company, admin.ID)
	if err != nil {
		b.Fatal(err)
	}
	return token
}

// startMock starts a process that answers what the host answers, from memory.
func startMock(b *testing.B, at, token string) string {
	b.Helper()
	canned := map[string]string{}
	for _, c := range restCalls {
		_, raw, err := restDo(http.DefaultClient, at, token, c, 1)
		if err != nil {
			b.Fatal(err)
		}
		path, _, _ := strings.Cut(c.path(1), "?")
		canned[c.method+" "+path] = string(raw)
		if strings.HasSuffix(c.name, "{id}") {
			canned[c.method+" /api/v2/persons/{id}"] = string(raw)
		}
	}
	raw, err := json.Marshal(canned)
	if err != nil {
		b.Fatal(err)
	}
	file := filepath.Join(b.TempDir(), "canned.json")
	if err := os.WriteFile(file, raw, 0o600); err != nil {
		b.Fatal(err)
	}
	port := freePort(b)
	p := &binary{t: b, name: "mock", mode: execMock, log: &tail{}, args: []string{fmt.Sprint(port), file}}
	b.Cleanup(p.kill)
	p.start()
	return fmt.Sprintf("http://127.0.0.1:%d", port)
}

// mockServer answers canned bytes, and two bytes below /bare.
func mockServer() int {
	raw, err := os.ReadFile(os.Args[2])
	if err != nil {
		return 1
	}
	var canned map[string]string
	if err := json.Unmarshal(raw, &canned); err != nil {
		return 1
	}
	mux := http.NewServeMux()
	for pattern, body := range canned {
		mux.HandleFunc(pattern, func(w http.ResponseWriter, r *http.Request) {
			_, _ = io.Copy(io.Discard, r.Body)
			w.Header().Set("Content-Type", "application/json; charset=utf-8")
			_, _ = io.WriteString(w, body)
		})
	}
	mux.HandleFunc("/bare/", func(w http.ResponseWriter, _ *http.Request) { _, _ = io.WriteString(w, "{}") })
	l, err := listen("127.0.0.1:"+os.Args[1], "the first argument")
	if err != nil {
		return 1
	}
	fmt.Println("mock ready")
	_ = http.Serve(l, mux) // until it is killed
	return 0
}

// hammer repeats a call on all connections for a while, each waiting for its
// answer.
func hammer(b *testing.B, base, token string, c restCall) (rate float64, took []time.Duration) {
	b.Helper()
	client := &http.Client{Transport: &http.Transport{MaxIdleConnsPerHost: restConnections}}
	defer client.CloseIdleConnections()
	var mu sync.Mutex
	var group sync.WaitGroup
	end := time.Now().Add(restTime)
	for w := range restConnections {
		group.Go(func() {
			var mine []time.Duration
			for n := w; time.Now().Before(end); n += restConnections {
				began := time.Now()
				if status, raw, err := restDo(client, base, token, c, n); err != nil || status >= 300 {
					b.Errorf("%s: %d %.200s %v", c.name, status, raw, err)
					return
				}
				mine = append(mine, time.Since(began))
			}
			mu.Lock()
			defer mu.Unlock()
			took = append(took, mine...)
		})
	}
	group.Wait()
	return float64(len(took)) / restTime.Seconds(), took
}

func restDo(client *http.Client, base, token string, c restCall, n int) (int, []byte, error) {
	var body io.Reader
	if c.body != "" {
		body = bytes.NewReader([]byte(c.body))
	}
	req, err := http.NewRequest(c.method, base+c.path(n), body)
	if err != nil {
		return 0, nil, err
	}
	req.Header.Set("x-api-token", token)
	if c.body != "" {
		req.Header.Set("Content-Type", "application/json")
	}
	resp, err := client.Do(req)
	if err != nil {
		return 0, nil, err
	}
	defer resp.Body.Close()
	raw, err := io.ReadAll(resp.Body)
	return resp.StatusCode, raw, err
}
