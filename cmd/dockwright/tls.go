package main

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"errors"
	"fmt"
	"io/fs"
	"math/big"
	"net"
	"os"
	"path/filepath"
	"sync"
	"time"
)

// certificate is the flag group for answering over https.
type certificate struct {
	TLSCert string `name:"tls-cert" help:"Certificate with its chain, in PEM; the host then answers over https only. Read again when it changes." type:"path" env:"DOCKWRIGHT_TLS_CERT"`
	TLSKey  string `name:"tls-key" help:"Private key of --tls-cert, in PEM." type:"path" env:"DOCKWRIGHT_TLS_KEY"`
}

// config is nil without a certificate.
func (c certificate) config() (*tls.Config, error) {
	if c.TLSCert == "" && c.TLSKey == "" {
		return nil, nil
	}
	if c.TLSCert == "" || c.TLSKey == "" {
		return nil, errors.New("--tls-cert and --tls-key belong together: give both, or none")
	}
	r := &renewed{files: c}
	if _, err := r.get(nil); err != nil {
		return nil, fmt.Errorf("--tls-cert and --tls-key: %w", err)
	}
	return &tls.Config{GetCertificate: r.get, MinVersion: tls.VersionTLS12, NextProtos: protocols()}, nil
}

// protocols are what is spoken over TLS. A client that offers HTTP/1.0 alone is
// refused in the handshake unless that is named.
// spec: host.http10
func protocols() []string { return []string{"h2", "http/1.1", "http/1.0"} }

// renewed is a certificate whose file may be replaced while the host runs.
type renewed struct {
	files certificate
	mu    sync.Mutex
	at    time.Time
	pair  *tls.Certificate
}

// get reads the files again when the certificate's has changed. A pair that does
// not fit together, because one file is not written yet, leaves the old one.
func (r *renewed) get(*tls.ClientHelloInfo) (*tls.Certificate, error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	info, err := os.Stat(r.files.TLSCert)
	if err == nil && !info.ModTime().Equal(r.at) {
		var pair tls.Certificate
		if pair, err = tls.LoadX509KeyPair(r.files.TLSCert, r.files.TLSKey); err == nil {
			r.pair, r.at = &pair, info.ModTime()
		}
	}
	if r.pair == nil {
		return nil, err
	}
	return r.pair, nil
}

// secured wraps listeners so that they answer over https; nil leaves them.
func secured(cfg *tls.Config, ls ...net.Listener) []net.Listener {
	if cfg == nil {
		return ls
	}
	var out []net.Listener
	for _, l := range ls {
		out = append(out, tls.NewListener(l, cfg))
	}
	return out
}

// standInDomain is the original's, whose names a host can stand in for.
// spec: host.stand-in
const standInDomain = "pipedrive.com"

const (
	authorityLife   = 5 * 365 * 24 * time.Hour
	certificateLife = 365 * 24 * time.Hour
)

// authority signs certificates for this machine. Its key lies in the data
// directory, so it is made to be worth nothing elsewhere: it may name this machine
// and, for a stand-in, the names that it stands in for.
type authority struct {
	path string // of the certificate to trust
	cert *x509.Certificate
	key  *ecdsa.PrivateKey
}

// openAuthority reads the authority of a data directory, or makes it.
// spec: host.local-authority
func openAuthority(dir string, standIn bool) (*authority, error) {
	name := "ca"
	if standIn {
		name = "ca-stand-in"
	}
	a := &authority{path: filepath.Join(dir, name+".pem")}
	pair, err := tls.LoadX509KeyPair(a.path, filepath.Join(dir, name+"-key.pem"))
	if errors.Is(err, fs.ErrNotExist) {
		if err = makeAuthority(dir, name, standIn); err == nil {
			pair, err = tls.LoadX509KeyPair(a.path, filepath.Join(dir, name+"-key.pem"))
		}
	}
	if err != nil {
		return nil, fmt.Errorf("the local certificate authority in %s: %w", dir, err)
	}
	key, ok := pair.PrivateKey.(*ecdsa.PrivateKey)
	if !ok {
		return nil, fmt.Errorf("%s-key.pem in %s is no key of this program; delete it and %s.pem to get new ones", name, dir, name)
	}
	if a.cert, err = x509.ParseCertificate(pair.Certificate[0]); err != nil {
		return nil, err
	}
	a.key = key
	return a, nil
}

func makeAuthority(dir, name string, standIn bool) error {
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return err
	}
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return err
	}
	_, four, _ := net.ParseCIDR("127.0.0.0/8")
	_, six, _ := net.ParseCIDR("::1/128")
	template, err := newCertificate("Dockwright on this machine", authorityLife)
	if err != nil {
		return err
	}
	template.IsCA, template.BasicConstraintsValid, template.MaxPathLenZero = true, true, true
	template.KeyUsage = x509.KeyUsageCertSign
	template.PermittedDNSDomainsCritical = true
	template.PermittedDNSDomains = []string{"localhost"}
	template.PermittedIPRanges = []*net.IPNet{four, six}
	if standIn {
		template.Subject.CommonName = "Dockwright standing in on this machine"
		template.PermittedDNSDomains = append(template.PermittedDNSDomains, standInDomain)
	}
	der, err := x509.CreateCertificate(rand.Reader, template, template, key.Public(), key)
	if err != nil {
		return err
	}
	raw, err := x509.MarshalPKCS8PrivateKey(key)
	if err != nil {
		return err
	}
	if err := os.WriteFile(filepath.Join(dir, name+"-key.pem"), pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: raw}), 0o600); err != nil {
		return err
	}
	return os.WriteFile(filepath.Join(dir, name+".pem"), pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der}), 0o644)
}

func newCertificate(name string, life time.Duration) (*x509.Certificate, error) {
	serial, err := rand.Int(rand.Reader, new(big.Int).Lsh(big.NewInt(1), 120))
	if err != nil {
		return nil, err
	}
	now := time.Now()
	return &x509.Certificate{
		SerialNumber: serial, Subject: pkix.Name{CommonName: name, Organization: []string{"Dockwright"}},
		NotBefore: now.Add(-time.Hour), NotAfter: now.Add(life),
	}, nil
}

// config answers with a new certificate for this machine, and for the names that
// the authority may stand in for.
func (a *authority) config() (*tls.Config, error) {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return nil, err
	}
	template, err := newCertificate("localhost", certificateLife)
	if err != nil {
		return nil, err
	}
	template.KeyUsage, template.ExtKeyUsage = x509.KeyUsageDigitalSignature, []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth}
	template.DNSNames = []string{"localhost"}
	template.IPAddresses = []net.IP{net.IPv4(127, 0, 0, 1), net.IPv6loopback}
	if a.standsIn() {
		template.DNSNames = append(template.DNSNames, "*."+standInDomain, "oauth."+standInDomain, "api."+standInDomain)
	}
	der, err := x509.CreateCertificate(rand.Reader, template, a.cert, key.Public(), a.key)
	if err != nil {
		return nil, err
	}
	return &tls.Config{
		Certificates: []tls.Certificate{{Certificate: [][]byte{der, a.cert.Raw}, PrivateKey: key}},
		MinVersion:   tls.VersionTLS12, NextProtos: protocols(),
	}, nil
}

func (a *authority) standsIn() bool { return len(a.cert.PermittedDNSDomains) > 1 }

// roots are the authorities that this program's own calls trust.
func (a *authority) roots() *x509.CertPool {
	pool := x509.NewCertPool()
	pool.AddCert(a.cert)
	return pool
}
