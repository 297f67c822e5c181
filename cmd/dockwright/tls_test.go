package main

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"encoding/pem"
	"io"
	"net"
	"net/http"
	"net/netip"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// begin runs a command until the test ends and returns when it is ready.
func begin(t *testing.T, out io.Writer, args ...string) addresses {
	t.Helper()
	return beginWith(t, options{out: out}, args...)
}

// beginWith is begin with what a test plants.
func beginWith(t *testing.T, o options, args ...string) addresses {
	t.Helper()
	ctx, cancel := context.WithCancel(t.Context())
	up, ended := make(chan addresses, 1), make(chan error, 1)
	var log tail
	o.log, o.ready = &log, func(a addresses) { up <- a }
	go func() { ended <- run(ctx, args, o) }()
	t.Cleanup(func() {
		cancel()
		if err := <-ended; err != nil {
			t.Errorf("%s: %v\n%s", args[0], err, &log)
		}
	})
	select {
	case at := <-up:
		return at
	case err := <-ended:
		ended <- nil
		t.Fatalf("%s ended: %v\n%s", args[0], err, &log)
	case <-time.After(processTime):
		t.Fatalf("%s was not ready within %s\n%s", args[0], processTime, &log)
	}
	return addresses{}
}

// trustingClient trusts the authority in a file, and finds every name at one address.
func trustingClient(t *testing.T, ca, address string) *http.Client {
	t.Helper()
	raw, err := os.ReadFile(ca)
	if err != nil {
		t.Fatal(err)
	}
	pool := x509.NewCertPool()
	if !pool.AppendCertsFromPEM(raw) {
		t.Fatalf("%s is no certificate", ca)
	}
	tr := &http.Transport{ForceAttemptHTTP2: true, TLSClientConfig: &tls.Config{RootCAs: pool}}
	if address != "" {
		tr.DialContext = func(ctx context.Context, network, _ string) (net.Conn, error) {
			var d net.Dialer
			return d.DialContext(ctx, network, address)
		}
	}
	t.Cleanup(tr.CloseIdleConnections)
	return &http.Client{Transport: tr, CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
}

// Everything, over https: the app was registered, installed and given a channel
// through it.
// spec: host.local-authority
func TestUpOverTLS(t *testing.T) {
	t.Parallel()
	data := t.TempDir()
	var out tail
	at := begin(t, &out, "up", "--tls", "--port", "0", "--messaging-port", "0", "--kitchensink-port", "0", "--data", data)
	ca := filepath.Join(data, "ca.pem")
	if !strings.HasPrefix(at.Host, "https://localhost:") || !strings.HasPrefix(at.Messaging, "https://127.0.0.1:") || !strings.Contains(out.String(), "NODE_EXTRA_CA_CERTS="+ca) {
		t.Errorf("%+v\n%s", at, &out)
	}
	trusting := trustingClient(t, ca, "")
	for _, address := range []string{at.Host + "/leads", at.Messaging + "/status.json"} {
		resp, err := trusting.Get(address)
		if err != nil {
			t.Fatal(err)
		}
		body, _ := io.ReadAll(resp.Body)
		_ = resp.Body.Close()
		if resp.StatusCode != 200 || resp.ProtoMajor != 2 {
			t.Errorf("%s: %s by HTTP/%d: %.200s", address, resp.Status, resp.ProtoMajor, body)
		}
		for _, c := range resp.Cookies() {
			if !c.Secure {
				t.Errorf("the cookie %s is sent openly", c.Name)
			}
		}
	}
	if _, err := (&http.Client{Transport: &http.Transport{}}).Get(at.Host); err == nil {
		t.Error("a client that trusts nobody is answered")
	}
	if info, err := os.Stat(filepath.Join(data, "ca-key.pem")); err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("the authority's key: %v, %v", info, err)
	}
}

// A key that is stolen from a data directory signs for no other machine.
// spec: host.local-authority
func TestAuthorityIsBounded(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	for _, standIn := range []bool{false, true} {
		a, err := openAuthority(dir, standIn)
		if err != nil {
			t.Fatal(err)
		}
		again, err := openAuthority(dir, standIn)
		if err != nil || !again.cert.Equal(a.cert) {
			t.Fatalf("a second start makes another authority: %v", err)
		}
		cfg, err := again.config()
		if err != nil {
			t.Fatal(err)
		}
		leaf, err := x509.ParseCertificate(cfg.Certificates[0].Certificate[0])
		if err != nil {
			t.Fatal(err)
		}
		for name, want := range map[string]bool{
			"localhost": true, "127.0.0.1": true, "::1": true, "crm.example.com": false,
			"nordwind.pipedrive.com": standIn, "oauth.pipedrive.com": standIn, "api.pipedrive.com": standIn, "pipedrive.com": false,
		} {
			if _, err := leaf.Verify(x509.VerifyOptions{DNSName: name, Roots: a.roots()}); (err == nil) != want {
				t.Errorf("stand-in %v, %s: %v", standIn, name, err)
			}
		}
		foreign := *leaf
		foreign.DNSNames, foreign.IPAddresses = []string{"bank.example.com"}, nil
		der, err := x509.CreateCertificate(nil, &foreign, a.cert, leaf.PublicKey, a.key)
		if err != nil {
			t.Fatal(err)
		}
		if leaf, err = x509.ParseCertificate(der); err != nil {
			t.Fatal(err)
		}
		if _, err := leaf.Verify(x509.VerifyOptions{DNSName: "bank.example.com", Roots: a.roots()}); err == nil {
			t.Errorf("stand-in %v: the authority is good for any name", standIn)
		}
	}
}

// standIn runs a host, in demo mode, that answers for the original's names with a
// certificate that the authority in a file has signed.
func standIn(t *testing.T) (at addresses, ca string) {
	t.Helper()
	data := t.TempDir()
	a, err := openAuthority(data, true)
	if err != nil {
		t.Fatal(err)
	}
	cfg, err := a.config()
	if err != nil {
		t.Fatal(err)
	}
	key, err := x509.MarshalPKCS8PrivateKey(cfg.Certificates[0].PrivateKey)
	if err != nil {
		t.Fatal(err)
	}
	cert, keyFile := filepath.Join(data, "cert.pem"), filepath.Join(data, "key.pem")
	for name, block := range map[string]*pem.Block{cert: {Type: "CERTIFICATE", Bytes: cfg.Certificates[0].Certificate[0]}, keyFile: {Type: "PRIVATE KEY", Bytes: key}} {
		if err := os.WriteFile(name, pem.EncodeToMemory(block), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	at = begin(t, io.Discard, "host", "--demo", "--listen", "127.0.0.1:0", "--data", data, "--company-url", "https://{company}.pipedrive.com", "--tls-cert", cert, "--tls-key", keyFile)
	return at, a.path
}

// Some clients know nothing newer than HTTP/1.0 and say so in the handshake.
// spec: host.http10
func TestTLSSpeaksHTTP10(t *testing.T) {
	t.Parallel()
	at, ca := standIn(t)
	roots := trustingClient(t, ca, "").Transport.(*http.Transport).TLSClientConfig.RootCAs
	address := strings.TrimPrefix(at.Host, "https://")
	d := tls.Dialer{Config: &tls.Config{RootCAs: roots, NextProtos: []string{"http/1.0"}, MinVersion: tls.VersionTLS12}}
	conn, err := d.DialContext(t.Context(), "tcp", address)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = conn.Close() })
	if _, err := io.WriteString(conn, "GET /v1/users/me HTTP/1.0\r\nHost: "+address+"\r\n\r\n"); err != nil {
		t.Fatal(err)
	}
	raw, err := io.ReadAll(conn)
	if err != nil || !strings.HasPrefix(string(raw), "HTTP/1.0 401 ") || !strings.HasSuffix(strings.TrimSpace(string(raw)), "}") {
		t.Errorf("%s, %v", raw, err)
	}
}

// A host with a certificate of the operator's stands in for the original's names.
// spec: host.company-origins
// spec: host.stand-in
func TestHostStandsIn(t *testing.T) {
	t.Parallel()
	at, ca := standIn(t)
	c := trustingClient(t, ca, strings.TrimPrefix(at.Host, "https://"))
	for address, want := range map[string]int{
		"https://oauth.pipedrive.com/leads": 200, "https://nordwind.pipedrive.com/leads": 200, "https://api.pipedrive.com/v1/users/me": 401,
		"https://nordwind.pipedrive.com/v1/users/me": 401, "https://acme.pipedrive.com/v1/users/me": 404, at.Host + "/leads": 200,
	} {
		resp, err := c.Get(address)
		if err != nil {
			t.Fatal(err)
		}
		_ = resp.Body.Close()
		if resp.StatusCode != want {
			t.Errorf("%s: %s, want %d", address, resp.Status, want)
		}
	}
}

// What cannot work is refused with what to do.
// spec: host.stand-in
func TestTLSRefusals(t *testing.T) {
	t.Parallel()
	original := func(context.Context, string, string) ([]netip.Addr, error) {
		return []netip.Addr{netip.MustParseAddr("192.0.2.1")}, nil
	}
	for want, args := range map[string][]string{
		"127.0.0.1 oauth.pipedrive.com api.pipedrive.com nordwind.pipedrive.com": {"up", "--tls", "--stand-in", "--port", "0", "--messaging-port", "0", "--kitchensink-port", "0"},
		"--stand-in needs --tls":                    {"up", "--stand-in", "--port", "0", "--messaging-port", "0", "--kitchensink-port", "0"},
		"--tls-cert and --tls-key belong together":  {"host", "--listen", "127.0.0.1:0", "--tls-cert", "nowhere.pem"},
		"nowhere.pem":                               {"host", "--listen", "127.0.0.1:0", "--tls-cert", "nowhere.pem", "--tls-key", "nowhere.pem"},
		"expected one such as https://{company}.ex": {"host", "--listen", "127.0.0.1:0", "--company-url", "https://example.com"},
		"expected http as in the base URL":          {"host", "--listen", "127.0.0.1:0", "--company-url", "https://{company}.example.com"},
	} {
		err := run(t.Context(), append(args, "--data", t.TempDir()), options{out: io.Discard, log: io.Discard, lookup: original})
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%q: %v", args, err)
		}
	}
}
