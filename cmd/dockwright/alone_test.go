package main

import (
	"context"
	"net/url"
	"regexp"
	"strings"
	"testing"
)

// TestHostAlone starts a host without demo data: it has nobody, makes its first
// company by the link that it prints, and asks for a password from then on.
func TestHostAlone(t *testing.T) {
	t.Parallel()
	ctx, cancel := context.WithCancel(t.Context())
	var out, log tail
	up, ended := make(chan addresses, 1), make(chan error, 1)
	go func() {
		ended <- run(ctx, []string{"host", "--listen", "127.0.0.1:0", "--data", t.TempDir()}, options{out: &out, log: &log, ready: func(a addresses) { up <- a }})
	}()
	t.Cleanup(func() {
		cancel()
		if err := <-ended; err != nil {
			t.Errorf("host: %v\n%s", err, &log)
		}
	})
	at := <-up
	link := regexp.MustCompile(`http://\S+/setup\?token=\S+`).FindString(out.String())
	if link == "" {
		t.Fatalf("no link for the first company in %q", out.String())
	}

	stranger := newVisitor()
	if p, err := stranger.get(ctx, at.Host+"/leads"); err != nil || p.url.Path != "/login" {
		t.Errorf("a stranger is led to %v, %v; want the sign-in", p, err)
	}
	owner := newVisitor()
	p, err := owner.get(ctx, link)
	if err != nil {
		t.Fatal(err)
	}
	f, err := p.form("token", "company", "name", "email", "password")
	if err != nil {
		t.Fatal(err)
	}
	for field, value := range map[string]string{"company": "Acme", "domain": "acme", "name": "Ada", "email": "ada@acme.test", "password": "correct horse battery"} {
		f.values.Set(field, value)
	}
	if p, err = owner.send(ctx, f); err != nil || p.url.Path == "/setup" {
		t.Fatalf("after set-up: %v, %v", p, err)
	}
	if p, err = owner.get(ctx, at.Host+"/leads"); err != nil || !strings.Contains(innerText(p.root), "Ada") || strings.Contains(innerText(p.root), "Helena") {
		t.Errorf("the owner is not signed in, or there is a demo user: %v", err)
	}
	if _, err := newVisitor().get(ctx, link); err == nil {
		t.Error("the link for the first company works twice")
	}

	for _, c := range []struct {
		password string
		in       bool
	}{{"wrong", false}, {"correct horse battery", true}} {
		v := newVisitor()
		p, err := v.get(ctx, at.Host+"/login?next="+url.QueryEscape("/deals"))
		if err != nil {
			t.Fatal(err)
		}
		f, err := p.form("email", "password")
		if err != nil {
			t.Fatal(err)
		}
		f.values.Set("email", "ada@acme.test")
		f.values.Set("password", c.password)
		p, err = v.send(ctx, f)
		if in := err == nil && p.url.Path == "/deals"; in != c.in {
			t.Errorf("password %q: signed in %t, want %t (%v)", c.password, in, c.in, err)
		}
	}
}
