package main

import (
	"context"
	"fmt"
	"maps"
	"math/rand/v2"
	"os"
	"slices"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/dockwright/dockwright/internal/store/storetest"
)

const (
	crashRounds        = 20
	crashConversations = 24  // each has one message under way in each direction
	crashInFlight      = 20  // a kill waits until so many are, both ways
	crashAcked         = 500 // fewer acknowledged messages prove too little
	settleTime         = 3 * time.Minute
)

// TestCrash kills the host, the app or both, again and again, while visitors and
// agents write to each other, and compares what each was promised with what
// both databases, the agent's page and the visitor's page hold afterwards.
func TestCrash(t *testing.T) {
	t.Parallel()
	for _, engine := range []string{"sqlite", "postgres"} {
		t.Run(engine, func(t *testing.T) {
			t.Parallel()
			c := newCrash(t, engine, execPlain)
			c.rounds(crashRounds)
			found := c.settle()
			fmt.Printf("store=%s victims=%s rounds=%d acked=%d lost=%d doubled=%d reordered=%d\n",
				engine, c.tally(), crashRounds, c.ledger.count(), found.lost, found.doubled, found.reordered)
			if n := c.ledger.count(); n < crashAcked {
				t.Errorf("only %d messages were acknowledged, want at least %d", n, crashAcked)
			}
			if !found.clean() {
				t.Errorf("seed %d: %+v", c.seed, found)
			}
		})
	}
}

// TestCrashIsNoticed plants the fault that TestCrash looks for: with the check
// for repeated messages switched off, the judge must find doubled ones.
func TestCrashIsNoticed(t *testing.T) {
	t.Parallel()
	c := newCrash(t, "sqlite", execNoDedup)
	c.rounds(crashRounds / 2)
	if found := c.settle(); found.doubled == 0 {
		t.Errorf("seed %d: repeated messages were stored once although the check is off: %+v", c.seed, found)
	}
}

// crash is one run: two processes, the people who use them, and what they know.
type crash struct {
	t        *testing.T
	rig      *crashRig
	seed     uint64
	rand     *rand.Rand
	ledger   *ledger
	talkers  []*talker
	killed   map[string]int
	deadline context.Context
}

func newCrash(t *testing.T, engine, mode string) *crash {
	seed := uint64(time.Now().UnixNano())
	if s, err := strconv.ParseUint(os.Getenv("DOCKWRIGHT_CRASH_SEED"), 10, 64); err == nil {
		seed = s
	}
	t.Logf("seed %d (set DOCKWRIGHT_CRASH_SEED to repeat its choices)", seed)
	database := ""
	if engine == "postgres" {
		database = storetest.PostgresURL(t)
	}
	ctx, cancel := context.WithTimeout(t.Context(), 10*time.Minute)
	t.Cleanup(cancel)
	c := &crash{t: t, seed: seed, rand: rand.New(rand.NewPCG(seed, 0)), ledger: newLedger(),
		rig: newCrashRig(t, database, mode), killed: map[string]int{}, deadline: ctx}
	chat, err := installMessaging(ctx, c.rig.at, nil)
	if err != nil {
		t.Fatalf("install: %v\nhost: %s\napp: %s", err, c.rig.host.log, c.rig.app.log)
	}
	c.talkers = meet(ctx, t, c.rig.at, chat, crashConversations)
	return c
}

// rounds lets everybody talk, kills somebody at a random moment, starts them
// again, and repeats.
func (c *crash) rounds(n int) {
	victims := c.rig.victims()
	names := slices.Sorted(maps.Keys(victims))
	for range n {
		name := names[c.rand.IntN(len(names))]
		c.killed[name]++
		c.round(victims[name], time.Duration(c.rand.IntN(300))*time.Millisecond)
		if c.t.Failed() {
			c.t.FailNow()
		}
	}
}

// round is one kill. The talkers do not know about it: they repeat what was not
// acknowledged until it is.
func (c *crash) round(victims []*binary, after time.Duration) {
	ctx, cancel := context.WithCancel(c.deadline)
	defer cancel()
	var talk sync.WaitGroup
	var stop atomic.Bool
	traffic := &traffic{changed: make(chan struct{}, 1)}
	for _, k := range c.talkers {
		talk.Go(func() { k.talk(ctx, 'v', c.ledger, traffic, &stop) })
		talk.Go(func() { k.talk(ctx, 'a', c.ledger, traffic, &stop) })
	}
	// The moment is random, but never one in which nothing is at stake.
	timer := time.NewTimer(after)
	defer timer.Stop()
	<-timer.C
	if err := traffic.wait(ctx, crashInFlight); err != nil {
		c.t.Errorf("seed %d: never %d messages in flight both ways: %v", c.seed, crashInFlight, err)
	}
	for _, v := range victims {
		v.kill()
	}
	for _, v := range victims {
		v.start()
	}
	stop.Store(true)
	talk.Wait()
	if c.deadline.Err() != nil {
		for _, k := range c.talkers {
			if err := k.trouble.Load(); err != nil {
				c.t.Logf("conversation %d: %v", k.who, *err)
			}
		}
		c.t.Errorf("seed %d: not all messages were acknowledged in time\nhost: %s\napp: %s", c.seed, c.rig.host.log, c.rig.app.log)
	}
}

// tally says who was killed how often: "app:7,both:6,host:7".
func (c *crash) tally() string {
	var parts []string
	for _, name := range slices.Sorted(maps.Keys(c.killed)) {
		parts = append(parts, fmt.Sprintf("%s:%d", name, c.killed[name]))
	}
	return strings.Join(parts, ",")
}

// traffic counts messages that were begun and not yet acknowledged, by side.
type traffic struct {
	mu       sync.Mutex
	visitors int
	agents   int
	changed  chan struct{}
}

func (f *traffic) add(side byte, n int) {
	f.mu.Lock()
	if side == 'v' {
		f.visitors += n
	} else {
		f.agents += n
	}
	f.mu.Unlock()
	select {
	case f.changed <- struct{}{}:
	default:
	}
}

// wait returns once at least n messages are in flight in each direction.
func (f *traffic) wait(ctx context.Context, n int) error {
	for {
		f.mu.Lock()
		enough := f.visitors >= n && f.agents >= n
		v, a := f.visitors, f.agents
		f.mu.Unlock()
		if enough {
			return nil
		}
		select {
		case <-f.changed:
		case <-ctx.Done():
			return fmt.Errorf("%d from visitors, %d from agents: %w", v, a, ctx.Err())
		}
	}
}
