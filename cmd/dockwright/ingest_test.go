package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/dockwright/dockwright/internal/secret"
)

const (
	ingestConnections = 64
	ingestTime        = 3 * time.Second
	ingestRounds      = 3 // of each configuration, in turn: a slow moment hits all
)

// BenchmarkIngest measures walk 1 as far as the acknowledgement: a visitor's post
// with its token checked, archived, and the work of telling the host stored, all
// durable. It stands beside a handler that only reads and checks, beside one
// commit for each message, and beside what the disk can sync. The host is away
// while it runs, so that only the way in is measured.
func BenchmarkIngest(b *testing.B) {
	names := []string{execBare, execPlain, execOneCommit}
	targets := map[string]*target{}
	for _, name := range names {
		targets[name] = newTarget(b, name)
	}
	var syncs []float64
	rates, p50, p99 := map[string][]float64{}, map[string][]float64{}, map[string][]float64{}
	for range b.N * ingestRounds {
		syncs = append(syncs, syncRate(b))
		for _, name := range names {
			rate, took := targets[name].load(b)
			rates[name] = append(rates[name], rate)
			p50[name] = append(p50[name], percentile(took, .5))
			p99[name] = append(p99[name], percentile(took, .99))
		}
	}
	bare, full, single, disk := median(rates[execBare]), median(rates[execPlain]), median(rates[execOneCommit]), median(syncs)
	b.ReportMetric(full/bare, "x-bare")
	b.ReportMetric(full/single, "x-one-commit")
	fmt.Printf("\nDurable ingest by web chat, %d connections, 1 kB messages (acknowledged a second, p50, p99, share of bare)\n", ingestConnections)
	for _, name := range names {
		fmt.Printf("  %-24s %7.0f/s  %6.1f ms  %6.1f ms  %5.2f\n", name, median(rates[name]), median(p50[name]), median(p99[name]), median(rates[name])/bare)
	}
	fmt.Printf("  %-24s %7.0f/s\n", "the disk's own syncs", disk)
	fmt.Printf("  full path: %.2f of bare, %.2f of one commit per message, %.2f of the disk's syncs\n\n", full/bare, full/single, full/disk)
}

// target is a server that takes visitors' posts.
type target struct {
	chat   string
	tokens []string
	client *http.Client
	n      int // rounds so far, for ids that were not used before
}

func newTarget(b *testing.B, name string) *target {
	b.Helper()
	t := &target{client: &http.Client{Transport: &http.Transport{MaxIdleConnsPerHost: ingestConnections}}}
	if name == execBare {
		port := freePort(b)
		p := &binary{t: b, name: name, mode: execBare, log: &tail{}, args: []string{fmt.Sprint(port)}}
		b.Cleanup(p.kill)
		p.start()
		t.chat = fmt.Sprintf("http://127.0.0.1:%d/chat/bare", port)
	} else {
		r := newCrashRig(b, "", name)
		chat, err := installMessaging(b.Context(), r.at, nil)
		if err != nil {
			b.Fatal(err)
		}
		t.chat = chat
		r.host.stop()
	}
	for range ingestConnections {
		var s struct{ Token string }
		if err := t.post("/session", "", `{"name":"Load"}`, &s); err != nil {
			b.Fatal(err)
		}
		t.tokens = append(t.tokens, s.Token)
	}
	return t
}

func (t *target) post(path, token, body string, into any) error {
	req, err := http.NewRequest(http.MethodPost, t.chat+path, strings.NewReader(body))
	if err != nil {
		return err
	}
	req.Header.Set("Content-Type", "application/json")
	req.Header.Set("Authorization", "Bearer "+token)
	resp, err := t.client.Do(req)
	if err != nil {
		return err
	}
	defer resp.Body.Close()
	raw, err := io.ReadAll(resp.Body)
	if err != nil || resp.StatusCode != http.StatusOK {
		return fmt.Errorf("%s answered %s: %.200s (%w)", path, resp.Status, raw, errors.Join(err))
	}
	if into == nil {
		return nil
	}
	return json.Unmarshal(raw, into)
}

// load posts from all connections for a while, each waiting for its answer.
func (t *target) load(b *testing.B) (rate float64, took []time.Duration) {
	t.n++
	text := strings.Repeat("m", 900)
	var mu sync.Mutex
	var group sync.WaitGroup
	end := time.Now().Add(ingestTime)
	for w, token := range t.tokens {
		group.Go(func() {
			var mine []time.Duration
			for i := 0; time.Now().Before(end); i++ {
				began := time.Now()
				if err := t.post("/messages", token, fmt.Sprintf(`{"id":"m-%d-%d-%d","text":%q}`, t.n, w, i, text), nil); err != nil {
					b.Error(err)
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
	return float64(len(took)) / ingestTime.Seconds(), took
}

// bareHandler is the least that could be called a server of visitors' posts: it
// reads the body and checks the token. It stores nothing.
func bareHandler() int {
	keys, err := secret.NewKeyring(make([]byte, 32))
	if err != nil {
		return 1
	}
	mux := http.NewServeMux()
	mux.HandleFunc("POST /chat/{channel}/session", func(w http.ResponseWriter, r *http.Request) {
		id := secret.Random(8)
		fmt.Fprintf(w, `{"token":"%s.%s"}`, id, keys.MAC("visitor", r.PathValue("channel"), id))
	})
	mux.HandleFunc("POST /chat/{channel}/messages", func(w http.ResponseWriter, r *http.Request) {
		body, err := io.ReadAll(r.Body)
		token, _ := strings.CutPrefix(r.Header.Get("Authorization"), "Bearer ")
		id, mac, _ := strings.Cut(token, ".")
		if err != nil || len(body) == 0 || !secret.Equal(mac, keys.MAC("visitor", r.PathValue("channel"), id)) {
			w.WriteHeader(http.StatusUnauthorized)
			return
		}
		_, _ = w.Write([]byte(`{"ok":true}`))
	})
	l, err := listen("127.0.0.1:"+os.Args[1], "the first argument")
	if err != nil {
		return 1
	}
	fmt.Println("bare handler ready")
	_ = http.Serve(l, mux) // until it is killed
	return 0
}

// syncRate is how often a second the disk takes an appended record for good.
func syncRate(b *testing.B) float64 {
	b.Helper()
	f, err := os.Create(filepath.Join(b.TempDir(), "sync"))
	if err != nil {
		b.Fatal(err)
	}
	defer f.Close()
	record, n, began := make([]byte, 1000), 0, time.Now()
	for ; time.Since(began) < time.Second; n++ {
		if _, err := f.Write(record); err != nil {
			b.Fatal(err)
		}
		if err := f.Sync(); err != nil {
			b.Fatal(err)
		}
	}
	return float64(n) / time.Since(began).Seconds()
}

func median(of []float64) float64 {
	s := slices.Sorted(slices.Values(of))
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
