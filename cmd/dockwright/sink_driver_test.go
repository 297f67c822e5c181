package main

import (
	"context"
	_ "embed"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/coder/websocket"

	"github.com/dockwright/dockwright/examples/kitchensink"
	"github.com/dockwright/dockwright/pipedrive/surfaceapi"
)

//go:embed testdata/sdk/driver.js
var driverScript []byte

// driverPatience is how long a page may take over an order.
const driverPatience = 45 * time.Second

// sinkDriver drives the kitchen sink's pages in their iframes. A browser keeps a
// test out of iframes of another origin, so each page has a script that takes
// orders from the app's own server.
type sinkDriver struct {
	mu     sync.Mutex
	frames []*sinkFrame  // in the order in which they came
	news   chan struct{} // closed and replaced whenever something has happened
}

// sinkFrame is one loaded page.
type sinkFrame struct {
	d       *sinkDriver
	surface surfaceapi.Surface
	id      string
	socket  *websocket.Conn
	gone    <-chan struct{}

	// Guarded by the driver's mu.
	last    int
	pending map[int]chan driverAnswer
	entries []sinkEntry
}

// sinkEntry is a line of a page's log.
type sinkEntry struct {
	Kind, Name, State string
	Number            int
	Payload           json.RawMessage
}

type driverAnswer struct {
	Value json.RawMessage
	Fault string
}

func newSinkDriver() *sinkDriver { return &sinkDriver{news: make(chan struct{})} }

// drive makes the kitchen sink of "up" obey, with another script as its SDK; nil
// leaves the kit's.
func (d *sinkDriver) drive(sdk []byte) func(*kitchensink.Config) {
	return func(c *kitchensink.Config) { c.SDK, c.Script, c.Driver = sdk, driverScript, d }
}

// ServeHTTP is one page, for as long as it is loaded.
func (d *sinkDriver) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	socket, err := websocket.Accept(w, r, nil)
	if err != nil {
		return
	}
	defer func() { _ = socket.CloseNow() }()
	socket.SetReadLimit(16 << 20)
	ctx, left := context.WithCancel(context.WithoutCancel(r.Context()))
	defer left()
	f := &sinkFrame{d: d, socket: socket, gone: ctx.Done(), pending: map[int]chan driverAnswer{}}
	for {
		_, raw, err := socket.Read(ctx)
		if err != nil {
			break
		}
		var m struct {
			Hello *struct{ Surface, ID string }
			Entry *sinkEntry
			N     int
			driverAnswer
		}
		if err := json.Unmarshal(raw, &m); err != nil {
			break
		}
		d.change(func() {
			switch {
			case m.Hello != nil:
				f.surface, f.id = surfaceapi.Surface(m.Hello.Surface), m.Hello.ID
				d.frames = append(d.frames, f)
			case m.Entry != nil:
				f.entries = append(f.entries, *m.Entry)
			case f.pending[m.N] != nil:
				f.pending[m.N] <- m.driverAnswer
				delete(f.pending, m.N)
			}
		})
	}
	left()
	d.change(func() {})
}

func (d *sinkDriver) change(how func()) {
	d.mu.Lock()
	defer d.mu.Unlock()
	how()
	close(d.news)
	d.news = make(chan struct{})
}

// until waits for something that ok sees, with the driver locked.
func (d *sinkDriver) until(t *testing.T, what string, ok func() bool) {
	t.Helper()
	patience := time.After(driverPatience)
	for {
		d.mu.Lock()
		done, news := ok(), d.news
		d.mu.Unlock()
		if done {
			return
		}
		select {
		case <-news:
		case <-patience:
			t.Fatalf("waited in vain for %s", what)
		}
	}
}

// loads is how many pages came so far.
func (d *sinkDriver) loads() int {
	d.mu.Lock()
	defer d.mu.Unlock()
	return len(d.frames)
}

// frame is the page of a surface that was loaded last and still is, among those
// that came after the first skip. It waits until the page has initialised.
func (d *sinkDriver) frame(t *testing.T, surface surfaceapi.Surface, skip int) *sinkFrame {
	t.Helper()
	var f *sinkFrame
	d.until(t, fmt.Sprintf("a %s to be loaded", surface), func() bool {
		for _, g := range slices.Backward(d.frames[min(skip, len(d.frames)):]) {
			if g.surface == surface && !g.left() {
				f = g
				return true
			}
		}
		return false
	})
	ctx, cancel := context.WithTimeout(t.Context(), driverPatience)
	defer cancel()
	err := eventually(ctx, func() (bool, error) {
		var state string
		err := f.order(ctx, map[string]any{"do": "root", "name": "sdk"}, &state)
		if state == "refused" {
			err = errors.New("the handshake was refused")
		}
		return state == "initialised", err
	})
	if err != nil {
		t.Fatalf("the %s did not initialise: %v", surface, err)
	}
	return f
}

func (f *sinkFrame) left() bool {
	select {
	case <-f.gone:
		return true
	default:
		return false
	}
}

// errLeft is returned when a page is left before it has answered.
var errLeft = errors.New("the page was left")

// order tells the page what to do and decodes what it answers.
func (f *sinkFrame) order(ctx context.Context, order map[string]any, into any) error {
	done := make(chan driverAnswer, 1)
	f.d.mu.Lock()
	f.last++
	order["n"] = f.last
	f.pending[f.last] = done
	f.d.mu.Unlock()
	raw, err := json.Marshal(order)
	if err != nil {
		return err
	}
	if err := f.socket.Write(ctx, websocket.MessageText, raw); err != nil {
		return errors.Join(errLeft, err)
	}
	select {
	case a := <-done:
		if a.Fault != "" {
			return fmt.Errorf("the page's driver: %s", a.Fault)
		}
		return json.Unmarshal(a.Value, into)
	case <-f.gone:
		return errLeft
	case <-ctx.Done():
		return ctx.Err()
	}
}

// ask orders what must not fail.
func ask[T any](t *testing.T, f *sinkFrame, order map[string]any) T {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), driverPatience)
	defer cancel()
	var v T
	if err := f.order(ctx, order, &v); err != nil {
		t.Fatalf("%v in a %s: %v", order, f.surface, err)
	}
	return v
}

// sinkAnswer is how a form of the page ended.
type sinkAnswer struct {
	State string // resolved, rejected or threw
	Text  string // the answer as JSON, or the error
}

// json decodes the answer.
func (a sinkAnswer) json(t *testing.T, into any) {
	t.Helper()
	if err := json.Unmarshal([]byte(a.Text), into); a.State != "resolved" || err != nil {
		t.Fatalf("the answer is %+v", a)
	}
}

// is compares the answer with a state, and with a value as JSON unless it is "".
func (a sinkAnswer) is(t *testing.T, state, value string) {
	t.Helper()
	if a.State != state || value != "" && !sameJSON(a.Text, value) {
		t.Errorf("the answer is %s %s, want %s %s", a.State, a.Text, state, value)
	}
}

func sameJSON(a, b string) bool {
	var x, y any
	if json.Unmarshal([]byte(a), &x) != nil || json.Unmarshal([]byte(b), &y) != nil {
		return a == b
	}
	p, _ := json.Marshal(x) // what was decoded encodes again
	q, _ := json.Marshal(y)
	return string(p) == string(q)
}

// void is how the page shows a command that is answered with nothing.
const void = "undefined"

// run sends a form and waits for its answer. args is JSON, or "" for none.
func (f *sinkFrame) run(t *testing.T, form, args string) sinkAnswer {
	t.Helper()
	return ask[sinkAnswer](t, f, map[string]any{"do": "run", "name": form, "args": args})
}

// command runs a command of the SDK.
func (f *sinkFrame) command(t *testing.T, c surfaceapi.Command, args string) sinkAnswer {
	t.Helper()
	return f.run(t, "command-"+string(c), args)
}

// begin runs a command that is answered later, when somebody has done something.
// A page that is left meanwhile gives errLeft.
func (f *sinkFrame) begin(t *testing.T, c surfaceapi.Command, args string) (wait func() (sinkAnswer, error)) {
	t.Helper()
	type result struct {
		answer sinkAnswer
		err    error
	}
	done := make(chan result, 1)
	// Who waits may be a later subtest. The order ends with its page at the latest.
	ctx, cancel := context.WithCancel(context.WithoutCancel(t.Context()))
	go func() {
		defer cancel()
		var r result
		r.err = f.order(ctx, map[string]any{"do": "run", "name": "command-" + string(c), "args": args}, &r.answer)
		done <- r
	}()
	return func() (sinkAnswer, error) {
		select {
		case r := <-done:
			return r.answer, r.err
		case <-time.After(driverPatience):
			cancel()
			return sinkAnswer{}, fmt.Errorf("%s was not answered within %s", c, driverPatience)
		}
	}
}

// fact is what the page says of who looks at what.
func (f *sinkFrame) fact(t *testing.T, name string) string {
	t.Helper()
	return ask[string](t, f, map[string]any{"do": "fact", "name": name})
}

// size is that of the iframe, in pixels.
func (f *sinkFrame) size(t *testing.T) (width, height int) {
	t.Helper()
	s := ask[[2]int](t, f, map[string]any{"do": "size"})
	return s[0], s[1]
}

// untilSize waits for a size; 0 is any.
func (f *sinkFrame) untilSize(t *testing.T, width, height int) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 10*time.Second)
	defer cancel()
	var w, h int
	if err := eventually(ctx, func() (bool, error) {
		w, h = f.size(t)
		return (width == 0 || w == width) && (height == 0 || h == height), nil
	}); err != nil {
		t.Errorf("the iframe is %d × %d, want %d × %d", w, h, width, height)
	}
}

// heard is how many entries the page has logged; see event.
func (f *sinkFrame) heard() int {
	f.d.mu.Lock()
	defer f.d.mu.Unlock()
	return len(f.entries)
}

// event waits for an event that the page logs after the first since entries, and
// returns what came with it.
func (f *sinkFrame) event(t *testing.T, name surfaceapi.Event, since int) string {
	t.Helper()
	payload := ""
	f.d.until(t, fmt.Sprintf("%s in a %s", name, f.surface), func() bool {
		all := f.events(name, since)
		if len(all) > 0 {
			payload = all[0]
		}
		return len(all) > 0
	})
	return payload
}

// hears waits for an event with a payload, as JSON. Others of its name may come
// before: a page logs in its own time.
func (f *sinkFrame) hears(t *testing.T, name surfaceapi.Event, since int, want string) {
	t.Helper()
	f.d.until(t, fmt.Sprintf("%s %s in a %s", name, want, f.surface), func() bool {
		return slices.ContainsFunc(f.events(name, since), func(got string) bool { return sameJSON(got, want) })
	})
}

// events are the payloads of an event after the first since entries. The driver is
// locked.
func (f *sinkFrame) events(name surfaceapi.Event, since int) []string {
	var all []string
	for _, e := range f.entries[since:] {
		if e.Kind == "event" && e.Name == string(name) {
			all = append(all, string(e.Payload))
		}
	}
	return all
}
