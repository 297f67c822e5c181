package main

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"os"
	"path"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/coder/websocket"
)

const (
	latencyRate    = 200 // messages a second
	latencyTime    = 15 * time.Second
	memoryMessages = 100_000
	memorySenders  = 64
	startRounds    = 7
)

// BenchmarkWebhookToInbox measures from the visitor's post to the notice in the
// agent's browser connection, at a steady 200 messages a second in as many
// conversations: archive, lane, the host's API, inbox, event, socket.
func BenchmarkWebhookToInbox(b *testing.B) {
	r := newCrashRig(b, "", execPlain)
	chat, err := installMessaging(b.Context(), r.at, nil)
	if err != nil {
		b.Fatal(err)
	}
	all := meet(b.Context(), b, r.at, chat, latencyRate)
	ear := newEar(b, r.at, all)
	for round := range b.N {
		var group sync.WaitGroup
		for i, k := range all {
			group.Go(func() {
				// Spread over the second, so that the rate is steady.
				pause(b.Context(), time.Duration(i)*time.Second/time.Duration(len(all)))
				for n := range int(latencyTime / time.Second) {
					began := time.Now()
					ear.expect(k, began)
					if err := k.write(b.Context(), utterance{'v', k.who, 10_000*(round+1) + n*7 + 1}); err != nil {
						b.Error(err)
						return
					}
					pause(b.Context(), time.Second-time.Since(began))
				}
			})
		}
		group.Wait()
	}
	took := ear.heard()
	b.ReportMetric(percentile(took, .5), "p50-ms")
	b.ReportMetric(percentile(took, .99), "p99-ms")
	fmt.Printf("\nVisitor's post to the agent's browser, %d messages a second: p50 %.1f ms, p99 %.1f ms (%d messages)\n\n",
		latencyRate, percentile(took, .5), percentile(took, .99), len(took))
}

// ear is an agent's live connection that notes when news of a conversation comes.
type ear struct {
	mu      sync.Mutex
	waiting map[string]time.Time // topic → when its message was posted
	took    []time.Duration
}

func newEar(b *testing.B, at addresses, all []*talker) *ear {
	b.Helper()
	e := &ear{waiting: map[string]time.Time{}}
	p, err := all[0].agent.get(b.Context(), at.Host+"/leads/messaging")
	if err != nil {
		b.Fatal(err)
	}
	seq := ""
	for n := range p.root.Descendants() {
		if n.Data == "html" {
			seq = attr(n, "data-seq")
		}
	}
	c, _, err := websocket.Dial(b.Context(), at.Host+"/_dockwright/live?since="+seq, &websocket.DialOptions{
		HTTPClient: &http.Client{Jar: all[0].agent.client.Jar}, HTTPHeader: http.Header{"Origin": {at.Host}},
	})
	if err != nil {
		b.Fatal(err)
	}
	b.Cleanup(func() { _ = c.CloseNow() })
	go e.listen(b.Context(), c)
	return e
}

func (e *ear) listen(ctx context.Context, c *websocket.Conn) {
	for {
		_, frame, err := c.Read(ctx)
		if err != nil {
			return
		}
		now := time.Now()
		var f struct{ Topics []string }
		if json.Unmarshal(frame, &f) != nil {
			continue
		}
		e.mu.Lock()
		for _, topic := range f.Topics {
			if began, ok := e.waiting[topic]; ok {
				e.took = append(e.took, now.Sub(began))
				delete(e.waiting, topic)
			}
		}
		e.mu.Unlock()
	}
}

func (e *ear) expect(k *talker, began time.Time) {
	e.mu.Lock()
	defer e.mu.Unlock()
	e.waiting["conversation:"+path.Base(k.thread)] = began
}

func (e *ear) heard() []time.Duration {
	e.mu.Lock()
	defer e.mu.Unlock()
	return e.took
}

// BenchmarkMemory measures the resident memory of both processes when idle and
// after 100,000 messages went all the way, and how fast they went.
func BenchmarkMemory(b *testing.B) {
	r := newCrashRig(b, "", execPlain)
	chat, err := installMessaging(b.Context(), r.at, nil)
	if err != nil {
		b.Fatal(err)
	}
	all := meet(b.Context(), b, r.at, chat, memorySenders)
	hostIdle, appIdle := r.host.memory(b), r.app.memory(b)
	began := time.Now()
	var next atomic.Int64
	var group sync.WaitGroup
	for _, k := range all {
		group.Go(func() {
			for n := next.Add(1); n <= memoryMessages; n = next.Add(1) {
				if err := k.write(b.Context(), utterance{'v', k.who, int(n)*7 + 1}); err != nil {
					b.Error(err)
					return
				}
			}
		})
	}
	group.Wait()
	acknowledged := time.Since(began)
	// The last of each conversation is the proof that all before it arrived.
	for _, k := range all {
		if err := k.write(b.Context(), utterance{'v', k.who, 9}); err != nil {
			b.Fatal(err)
		}
		last := utterance{'v', k.who, 9}.text()
		err := eventually(b.Context(), func() (bool, error) {
			p, err := k.agent.get(b.Context(), k.thread)
			return err == nil && strings.Contains(innerText(p.root), last), err
		})
		if err != nil {
			b.Fatal(err)
		}
	}
	arrived := time.Since(began)
	b.ReportMetric(r.host.memory(b), "host-MB")
	b.ReportMetric(r.app.memory(b), "app-MB")
	fmt.Printf("\nMemory: idle host %.0f MB, app %.0f MB; after %d messages host %.0f MB, app %.0f MB\n  acknowledged in %.0f s (%.0f/s), all in the inbox after %.0f s (%.0f/s)\n\n",
		hostIdle, appIdle, memoryMessages, r.host.memory(b), r.app.memory(b),
		acknowledged.Seconds(), memoryMessages/acknowledged.Seconds(), arrived.Seconds(), memoryMessages/arrived.Seconds())
}

// memory is what the process holds in memory now, in MB.
func (b *binary) memory(t testing.TB) float64 {
	t.Helper()
	b.mu.Lock()
	defer b.mu.Unlock()
	raw, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", b.cmd.Process.Pid))
	if err != nil {
		t.Fatalf("resident memory is read where Linux keeps it: %v", err)
	}
	for line := range strings.Lines(string(raw)) {
		var kb float64
		if n, _ := fmt.Sscanf(line, "VmRSS: %f kB", &kb); n == 1 {
			return kb / 1024
		}
	}
	t.Fatal("the process shows no resident memory")
	return 0
}

// BenchmarkStart measures from starting the program to its word that it is
// ready: a host on existing data, and the first "up" with demo data and install.
func BenchmarkStart(b *testing.B) {
	var again, first []time.Duration
	for range b.N {
		r := newCrashRig(b, "", execPlain)
		for range startRounds {
			r.host.stop()
			began := time.Now()
			r.host.start()
			again = append(again, time.Since(began))

			up := &binary{t: b, name: "up", mode: execPlain, log: &tail{}, word: "Dockwright is up",
				args: []string{"up", "--data", b.TempDir(), "--port", "0", "--messaging-port", "0", "--kitchensink-port", "0"}}
			began = time.Now()
			up.start()
			first = append(first, time.Since(began))
			up.kill()
		}
	}
	b.ReportMetric(percentile(again, .5), "again-ms")
	b.ReportMetric(percentile(first, .5), "first-up-ms")
	fmt.Printf("\nStart: host on existing data ready in %.0f ms (median); first up with demo data and install in %.0f ms\n\n", percentile(again, .5), percentile(first, .5))
}
