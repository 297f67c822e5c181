package store

import (
	"strings"
	"sync"
)

// bus hands notices to the listeners of this process.
type bus struct {
	mu   sync.RWMutex
	next int
	subs map[string]map[int]func(string)
}

func newBus() *bus { return &bus{subs: map[string]map[int]func(string){}} }

func (b *bus) subscribe(topic string, fn func(string)) func() {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.next++
	id := b.next
	if b.subs[topic] == nil {
		b.subs[topic] = map[int]func(string){}
	}
	b.subs[topic][id] = fn
	return func() {
		b.mu.Lock()
		defer b.mu.Unlock()
		delete(b.subs[topic], id)
	}
}

func (b *bus) publish(topic, payload string) {
	b.mu.RLock()
	defer b.mu.RUnlock()
	for _, fn := range b.subs[topic] {
		fn(payload)
	}
}

// publishRemote takes a notice apart that came through PostgreSQL. A node hears
// its own notices again; they are hints, so that does no harm.
func (b *bus) publishRemote(raw, schema string) {
	parts := strings.SplitN(raw, "\x1f", 3)
	if len(parts) == 3 && parts[0] == schema {
		b.publish(parts[1], parts[2])
	}
}
