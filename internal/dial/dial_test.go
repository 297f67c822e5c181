package dial

import (
	"context"
	"errors"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"net/url"
	"strings"
	"sync/atomic"
	"testing"

	"golang.org/x/net/dns/dnsmessage"
)

func TestGuard(t *testing.T) {
	t.Parallel()
	guards := map[string]Guard{
		"public":   {},
		"loopback": {AllowLoopback: true},
		"demo":     {LoopbackOnly: true},
	}
	for _, c := range []struct {
		addr    string
		allowed string // names of the guards that allow it
	}{
		{"93.184.216.34", "public loopback"},
		{"2606:2800:220:1:248:1893:25c8:1946", "public loopback"},
		{"::ffff:93.184.216.34", "public loopback"},
		{"127.0.0.1", "loopback demo"},
		{"127.8.9.10", "loopback demo"},
		{"::1", "loopback demo"},
		{"::ffff:127.0.0.1", "loopback demo"},
		{"0.0.0.0", ""}, // some systems take it for loopback
		{"::", ""},
		{"10.1.2.3", ""}, {"172.16.0.1", ""}, {"172.31.255.255", ""}, {"192.168.1.1", ""},
		{"::ffff:10.0.0.1", ""}, {"::ffff:169.254.169.254", ""},
		{"169.254.169.254", ""}, {"fe80::1", ""}, {"fe80::1%eth0", ""},
		{"100.64.0.1", ""}, {"100.127.255.255", ""}, {"100.128.0.1", "public loopback"},
		{"224.0.0.1", ""}, {"ff02::1", ""}, {"255.255.255.255", ""},
		{"64:ff9b::7f00:1", ""}, {"64:ff9b::a00:1", ""}, {"64:ff9b:1::1", ""},
		{"fc00::1", ""}, {"fd12:3456::1", ""}, {"fec0::1", ""},
		{"2002:7f00:1::", ""}, {"2001::1", ""}, {"::7f00:1", ""}, {"2001:db8::1", ""},
	} {
		for name, g := range guards {
			err := g.Check(netip.MustParseAddr(c.addr))
			want := false
			for _, n := range strings.Fields(c.allowed) {
				want = want || n == name
			}
			if got := err == nil; got != want {
				t.Errorf("guard %q, address %s: allowed %v, want %v (%v)", name, c.addr, got, want, err)
			}
		}
	}
	if err := (Guard{AllowAny: true}).Check(netip.MustParseAddr("10.0.0.1")); err != nil {
		t.Errorf("an operator's address: %v", err)
	}
	if (Guard{}).Check(netip.Addr{}) == nil {
		t.Error("the zero address was allowed")
	}
}

func TestClientRefusesAtConnect(t *testing.T) {
	t.Parallel()
	var hits atomic.Int64
	srv := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { hits.Add(1) }))
	defer srv.Close()

	_, err := Client(Guard{}, Options{}).Get(srv.URL)
	if _, ok := errors.AsType[*BlockedError](err); !ok {
		t.Fatalf("error is %v, want a BlockedError", err)
	}
	if hits.Load() != 0 {
		t.Fatal("the server was reached")
	}
	for _, g := range []Guard{{AllowLoopback: true}, {LoopbackOnly: true}} {
		resp, err := Client(g, Options{}).Get(srv.URL)
		if err != nil {
			t.Fatalf("%+v: %v", g, err)
		}
		_ = resp.Body.Close()
	}
}

// TestRebinding looks a name up that answers with a public address when it is
// first asked and with loopback afterwards. Whatever was checked before, the
// connection itself must be refused.
// spec: street.dial-guard
func TestRebinding(t *testing.T) {
	t.Parallel()
	var hits atomic.Int64
	srv := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { hits.Add(1) }))
	defer srv.Close()
	_, port, err := net.SplitHostPort(srv.Listener.Addr().String())
	if err != nil {
		t.Fatal(err)
	}

	names := &fakeDNS{answers: []netip.Addr{netip.MustParseAddr("93.184.216.34"), netip.MustParseAddr("127.0.0.1")}}
	res := &net.Resolver{PreferGo: true, Dial: names.dial}
	first, err := res.LookupNetIP(t.Context(), "ip4", "rebind.example.")
	if err != nil || (Guard{}).Check(first[0].Unmap()) != nil {
		t.Fatalf("first look-up: %v, %v; want an allowed address", first, err)
	}
	_, err = Client(Guard{}, Options{Resolver: res}).Get("http://" + net.JoinHostPort("rebind.example.", port))
	blocked, ok := errors.AsType[*BlockedError](err)
	if !ok || !strings.HasPrefix(blocked.Addr, "127.0.0.1:") {
		t.Fatalf("error is %v, want a BlockedError for 127.0.0.1", err)
	}
	if hits.Load() != 0 {
		t.Fatal("the server was reached")
	}
}

// fakeDNS answers A questions with one address after the other; the last stays.
type fakeDNS struct {
	answers []netip.Addr
	asked   atomic.Int64
}

func (f *fakeDNS) dial(context.Context, string, string) (net.Conn, error) {
	client, server := net.Pipe()
	go func() {
		defer server.Close()
		for f.answer(server) == nil {
		}
	}()
	return client, nil
}

// answer reads one question in TCP framing and answers it.
func (f *fakeDNS) answer(c net.Conn) error {
	var size [2]byte
	if _, err := io.ReadFull(c, size[:]); err != nil {
		return err
	}
	q := make([]byte, int(size[0])<<8|int(size[1]))
	if _, err := io.ReadFull(c, q); err != nil {
		return err
	}
	var m dnsmessage.Message
	if err := m.Unpack(q); err != nil {
		return err
	}
	m.Response, m.RCode, m.Additionals = true, dnsmessage.RCodeSuccess, nil
	if m.Questions[0].Type == dnsmessage.TypeA {
		n := min(int(f.asked.Add(1)), len(f.answers)) - 1
		m.Answers = []dnsmessage.Resource{{
			Header: dnsmessage.ResourceHeader{Name: m.Questions[0].Name, Class: dnsmessage.ClassINET, TTL: 0},
			Body:   &dnsmessage.AResource{A: f.answers[n].As4()},
		}}
	}
	out, err := m.Pack()
	if err != nil {
		return err
	}
	_, err = c.Write(append([]byte{byte(len(out) >> 8), byte(len(out))}, out...))
	return err
}

func TestRedirects(t *testing.T) {
	t.Parallel()
	mux := http.NewServeMux()
	mux.Handle("/a", http.RedirectHandler("/b", http.StatusFound))
	mux.Handle("/b", http.RedirectHandler("/c", http.StatusFound))
	mux.HandleFunc("/c", func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusTeapot) })
	mux.Handle("/out", http.RedirectHandler("http://10.0.0.1/", http.StatusFound))
	srv := httptest.NewServer(mux)
	defer srv.Close()

	for redirects, want := range map[int]int{0: http.StatusFound, 1: http.StatusFound, 2: http.StatusTeapot} {
		resp, err := Client(Guard{AllowLoopback: true}, Options{Redirects: redirects}).Get(srv.URL + "/a")
		if err != nil {
			t.Fatal(err)
		}
		_ = resp.Body.Close()
		if resp.StatusCode != want {
			t.Errorf("%d redirects: status %d, want %d", redirects, resp.StatusCode, want)
		}
	}
	_, err := Client(Guard{AllowLoopback: true}, Options{Redirects: 3}).Get(srv.URL + "/out")
	if _, ok := errors.AsType[*BlockedError](err); !ok {
		t.Errorf("redirect inside: %v, want a BlockedError", err)
	}
}

func TestNoProxyFromEnvironment(t *testing.T) {
	t.Parallel()
	tr := Client(Guard{}, Options{}).Transport.(*http.Transport)
	if tr.Proxy != nil {
		u, _ := url.Parse("http://example.com")
		p, _ := tr.Proxy(&http.Request{URL: u})
		t.Fatalf("the client asks a proxy: %v", p)
	}
}

func TestReadAll(t *testing.T) {
	t.Parallel()
	if b, err := ReadAll(strings.NewReader("12345"), 5); err != nil || string(b) != "12345" {
		t.Errorf("at the limit: %q, %v", b, err)
	}
	b, err := ReadAll(strings.NewReader("123456"), 5)
	if _, ok := errors.AsType[*TooLargeError](err); !ok || string(b) != "12345" {
		t.Errorf("over the limit: %q, %v", b, err)
	}
}
