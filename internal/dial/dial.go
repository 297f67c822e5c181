// Package dial makes HTTP clients for addresses that people typed: callback
// URLs, provider endpoints, attachment links. The address is checked when the
// connection is made, after the name was looked up, so that a name which changes
// its answer cannot lead inside. Redirects are not followed unless asked for,
// proxies in the environment are not used, and bodies are read up to a limit
// and watched for their end.
package dial

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/netip"
	"syscall"
	"time"
)

// Guard says which addresses may be dialled. The zero Guard allows public
// addresses only.
type Guard struct {
	// AllowLoopback allows this machine besides public addresses.
	AllowLoopback bool
	// LoopbackOnly allows this machine and nothing else. It is for demo mode,
	// which must work, and leak nothing, without a network.
	LoopbackOnly bool
	// AllowAny allows every address. It is for addresses from the operator's own
	// settings, which may well be on a private network, and for no others.
	AllowAny bool
	// Roots are the authorities whose certificates are believed. Default: the
	// machine's.
	Roots *x509.CertPool
}

// Options bound what one call may cost. Zero values mean the defaults.
type Options struct {
	// Timeout bounds a whole exchange, body included. Default 10 s; a context
	// with an earlier deadline wins.
	Timeout time.Duration
	// Redirects is how many redirects are followed. Default 0: the 3xx answer
	// itself is returned.
	Redirects int
	// Resolver looks names up. Default: the system's.
	Resolver *net.Resolver
	// PerHost bounds idle connections kept to one host. Default 32.
	PerHost int
}

const (
	defaultTimeout = 10 * time.Second
	connectTimeout = 5 * time.Second
	idleTimeout    = 90 * time.Second
	defaultPerHost = 32
	maxHeaderBytes = 64 << 10
)

// BlockedError says that an address may not be dialled.
type BlockedError struct {
	Addr string // the address after name lookup, with port
	Why  string
}

func (e *BlockedError) Error() string {
	return fmt.Sprintf("address %s may not be called: %s", e.Addr, e.Why)
}

// TooLargeError says that a body went over its limit.
type TooLargeError struct{ Limit int64 }

func (e *TooLargeError) Error() string {
	return fmt.Sprintf("body is larger than %d bytes", e.Limit)
}

// Client returns an HTTP client that dials only what g allows. Keep it and use
// it again: it holds the idle connections.
func Client(g Guard, o Options) *http.Client {
	if o.Timeout <= 0 {
		o.Timeout = defaultTimeout
	}
	if o.PerHost <= 0 {
		o.PerHost = defaultPerHost
	}
	d := &net.Dialer{
		Timeout:        connectTimeout,
		KeepAlive:      30 * time.Second,
		Resolver:       o.Resolver,
		ControlContext: g.control,
	}
	return &http.Client{
		Timeout: o.Timeout,
		Transport: &http.Transport{
			Proxy:                  nil, // a proxy would dial for us, unchecked
			DialContext:            d.DialContext,
			ForceAttemptHTTP2:      true,
			TLSClientConfig:        &tls.Config{RootCAs: g.Roots, MinVersion: tls.VersionTLS12},
			TLSHandshakeTimeout:    connectTimeout,
			ExpectContinueTimeout:  time.Second,
			IdleConnTimeout:        idleTimeout,
			MaxIdleConns:           4 * o.PerHost,
			MaxIdleConnsPerHost:    o.PerHost,
			MaxResponseHeaderBytes: maxHeaderBytes,
		},
		CheckRedirect: func(_ *http.Request, via []*http.Request) error {
			if len(via) > o.Redirects {
				return http.ErrUseLastResponse
			}
			return nil
		},
	}
}

// control runs for each address right before connect(2).
// spec: street.dial-guard
func (g Guard) control(_ context.Context, network, address string, _ syscall.RawConn) error {
	if network != "tcp4" && network != "tcp6" {
		return &BlockedError{address, "network " + network + " is not TCP"}
	}
	ap, err := netip.ParseAddrPort(address)
	if err != nil {
		return &BlockedError{address, "not an address and port"}
	}
	if why := g.refuse(ap.Addr()); why != "" {
		return &BlockedError{address, why}
	}
	return nil
}

// Check returns a *BlockedError if g does not allow ip. It is for telling a
// person early; what counts is the check at connect time.
func (g Guard) Check(ip netip.Addr) error {
	if why := g.refuse(ip); why != "" {
		return &BlockedError{ip.String(), why}
	}
	return nil
}

// refuse returns why ip may not be called, or "".
func (g Guard) refuse(ip netip.Addr) string {
	if !ip.IsValid() {
		return "not an address"
	}
	if g.AllowAny {
		return ""
	}
	ip = ip.WithZone("").Unmap() // ::ffff:127.0.0.1 is 127.0.0.1
	if ip.IsLoopback() {
		if g.AllowLoopback || g.LoopbackOnly {
			return ""
		}
		return "it is this machine (loopback)"
	}
	if g.LoopbackOnly {
		return "demo mode calls this machine only"
	}
	for _, r := range reserved {
		if r.prefix.Contains(ip) {
			return "it is " + r.is
		}
	}
	return ""
}

// reserved are the networks that are not the public internet: the IANA
// special-purpose registries of IPv4 and IPv6.
var reserved = []struct {
	prefix netip.Prefix
	is     string
}{
	{netip.MustParsePrefix("0.0.0.0/8"), "this network"},
	{netip.MustParsePrefix("10.0.0.0/8"), "a private network"},
	{netip.MustParsePrefix("100.64.0.0/10"), "a carrier's shared network"},
	{netip.MustParsePrefix("169.254.0.0/16"), "a link-local address"},
	{netip.MustParsePrefix("172.16.0.0/12"), "a private network"},
	{netip.MustParsePrefix("192.0.0.0/24"), "reserved for protocols"},
	{netip.MustParsePrefix("192.0.2.0/24"), "reserved for documentation"},
	{netip.MustParsePrefix("192.88.99.0/24"), "a retired relay network"},
	{netip.MustParsePrefix("192.168.0.0/16"), "a private network"},
	{netip.MustParsePrefix("198.18.0.0/15"), "reserved for benchmarks"},
	{netip.MustParsePrefix("198.51.100.0/24"), "reserved for documentation"},
	{netip.MustParsePrefix("203.0.113.0/24"), "reserved for documentation"},
	{netip.MustParsePrefix("224.0.0.0/4"), "a multicast address"},
	{netip.MustParsePrefix("240.0.0.0/4"), "reserved"},
	{netip.MustParsePrefix("::/96"), "an IPv4-compatible address"},
	{netip.MustParsePrefix("64:ff9b::/96"), "a NAT64 address"},
	{netip.MustParsePrefix("64:ff9b:1::/48"), "a local NAT64 address"},
	{netip.MustParsePrefix("100::/64"), "a discard address"},
	{netip.MustParsePrefix("2001::/23"), "reserved for protocols"},
	{netip.MustParsePrefix("2001:db8::/32"), "reserved for documentation"},
	{netip.MustParsePrefix("2002::/16"), "a 6to4 address"},
	{netip.MustParsePrefix("3fff::/20"), "reserved for documentation"},
	{netip.MustParsePrefix("5f00::/16"), "reserved for segment routing"},
	{netip.MustParsePrefix("fc00::/7"), "a private network"},
	{netip.MustParsePrefix("fe80::/10"), "a link-local address"},
	{netip.MustParsePrefix("fec0::/10"), "a site-local address"},
	{netip.MustParsePrefix("ff00::/8"), "a multicast address"},
}

// ReadAll reads r to its end, or returns a *TooLargeError after limit bytes.
// What was read until then is returned with the error.
func ReadAll(r io.Reader, limit int64) ([]byte, error) {
	b, err := io.ReadAll(io.LimitReader(r, limit+1))
	if err == nil && int64(len(b)) > limit {
		return b[:limit], &TooLargeError{limit}
	}
	return b, err
}
