package main

import (
	"context"
	"fmt"
	"log/slog"
	"net/http"
	"net/http/cookiejar"
	"net/http/httptest"
	"testing"
	"time"

	"golang.org/x/sync/errgroup"

	"github.com/dockwright/dockwright/internal/host"
	"github.com/dockwright/dockwright/internal/host/records"
	"github.com/dockwright/dockwright/internal/host/route"
)

const pagesDeals = 50_000

// BenchmarkPages measures how long pages take over 100,000 people and 50,000
// deals, each beside the same page of the demo company as it is seeded.
func BenchmarkPages(b *testing.B) {
	small, large := newPages(b), newPages(b)
	fillPersons(b, large.data)
	fillDeals(b, large.data)
	small.open(b)
	large.open(b)
	fmt.Printf("\nPages over %d people and %d deals (SQLite)\n  %-34s %10s %10s %16s\n", restPersons, pagesDeals, "page", "p50", "p99", "of the demo's p50")
	for _, path := range []string{
		"/persons", "/persons?sort=update_time", "/persons/7", "/organizations", "/deals", "/deals/list", "/deals/7", "/leads", "/activities", "/search?term=tamm+123",
	} {
		before, now := small.times(b, path), large.times(b, path)
		p50 := percentile(now, .5)
		fmt.Printf("  %-34s %7.1f ms %7.1f ms %16.1f\n", path, p50, percentile(now, .99), p50/percentile(before, .5))
		b.ReportMetric(p50, "ms"+path)
	}
	fmt.Println()
}

// pages are a host of a data directory, asked as a browser asks.
type pages struct {
	data   string
	url    string
	client *http.Client
}

func newPages(b *testing.B) *pages { return &pages{data: b.TempDir()} }

func (p *pages) open(b *testing.B) {
	b.Helper()
	front := httptest.NewUnstartedServer(nil)
	p.url = "http://" + front.Listener.Addr().String()
	building, err := openHost(b.Context(), &process{ctx: b.Context(), logger: slog.New(slog.DiscardHandler)}, storage{Data: p.data}, host.Config{BaseURL: p.url, Demo: true})
	if err != nil {
		b.Fatal(err)
	}
	front.Config.Handler = building.host.Handler()
	front.Start()
	b.Cleanup(func() {
		front.Close()
		building.close()
	})
	jar, err := cookiejar.New(nil)
	if err != nil {
		b.Fatal(err)
	}
	p.client = &http.Client{Jar: jar}
}

func (p *pages) times(b *testing.B, path string) (took []time.Duration) {
	b.Helper()
	for range 30 {
		began := time.Now()
		resp, err := p.client.Get(p.url + path)
		if err != nil {
			b.Fatal(err)
		}
		_ = resp.Body.Close()
		if resp.StatusCode != http.StatusOK {
			b.Fatalf("%s: %s", path, resp.Status)
		}
		took = append(took, time.Since(began))
	}
	return took
}

// fillDeals adds many open deals to the demo company of a data directory, shared
// out among the stages.
func fillDeals(b *testing.B, data string) {
	b.Helper()
	building, err := openHost(b.Context(), &process{ctx: b.Context(), logger: slog.New(slog.DiscardHandler)}, storage{Data: data}, host.Config{BaseURL: "http://localhost", Demo: true})
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
	pipelines, err := rooms.Records.Pipelines(b.Context(), c)
	if err != nil || len(pipelines) == 0 {
		b.Fatal(err)
	}
	stages := pipelines[0].Stages
	var g errgroup.Group
	for w := range ingestConnections {
		g.Go(func() error {
			for i := w; i < pagesDeals; i += ingestConnections {
				_, err := rooms.Records.CreateDeal(context.Background(), c, records.Deal{
					Title: fmt.Sprintf("Order %d", i), Value: records.Units(int64(i%5000), "EUR"), Stage: records.Ref{ID: stages[i%len(stages)].ID},
					Person: records.Ref{ID: int64(1 + i%restPersons)},
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
}
