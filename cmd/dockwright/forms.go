package main

import (
	"bytes"
	"context"
	"crypto/tls"
	"crypto/x509"
	"fmt"
	"io"
	"mime/multipart"
	"net/http"
	"net/http/cookiejar"
	"net/url"
	"slices"
	"strings"

	"golang.org/x/net/html"
)

// visitor goes through pages as a person does: follows links, fills in forms,
// keeps cookies.
type visitor struct {
	client *http.Client
}

func newVisitor() *visitor {
	jar, _ := cookiejar.New(nil) // never fails without options
	return &visitor{client: &http.Client{Jar: jar}}
}

// trust makes the visitor believe these authorities; nil leaves the machine's.
func (v *visitor) trust(roots *x509.CertPool) {
	if roots != nil {
		v.client.Transport = &http.Transport{TLSClientConfig: &tls.Config{RootCAs: roots, MinVersion: tls.VersionTLS12}}
	}
}

// page is what a visitor sees after a request.
type page struct {
	url  *url.URL
	root *html.Node
}

func (v *visitor) get(ctx context.Context, address string) (*page, error) {
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, address, nil)
	if err != nil {
		return nil, err
	}
	return v.do(req)
}

func (v *visitor) do(req *http.Request) (*page, error) {
	resp, err := v.client.Do(req)
	if err != nil {
		return nil, err
	}
	defer resp.Body.Close()
	body, err := io.ReadAll(io.LimitReader(resp.Body, 8<<20))
	if err != nil {
		return nil, err
	}
	root, err := html.Parse(bytes.NewReader(body))
	if err != nil {
		return nil, err
	}
	p := &page{url: resp.Request.URL, root: root}
	if resp.StatusCode >= 400 {
		return nil, fmt.Errorf("%s %s answered %s: %s", req.Method, req.URL, resp.Status, p.text())
	}
	return p, nil
}

// text is the page's visible words, shortened, for an error message.
func (p *page) text() string {
	var words []string
	from := p.root
	for n := range p.root.Descendants() {
		if n.Type == html.ElementNode && n.Data == "main" {
			from = n
		}
	}
	for n := range from.Descendants() {
		if n.Type == html.TextNode && n.Parent.Data != "script" && n.Parent.Data != "style" {
			words = append(words, strings.Fields(n.Data)...)
		}
	}
	return strings.Join(words[:min(len(words), 60)], " ")
}

// form is a form of a page with the values it came with.
type form struct {
	action *url.URL
	method string
	values url.Values
	names  []string
}

// form finds the form that has all the named fields, or buttons with that name.
func (p *page) form(fields ...string) (*form, error) {
	for n := range p.root.Descendants() {
		if n.Type == html.ElementNode && n.Data == "form" {
			f := readForm(p.url, n)
			if !slices.ContainsFunc(fields, func(name string) bool { return !slices.Contains(f.names, name) }) {
				return f, nil
			}
		}
	}
	return nil, fmt.Errorf("%s has no form with the fields %s: %s", p.url, strings.Join(fields, ", "), p.text())
}

func readForm(base *url.URL, n *html.Node) *form {
	f := &form{method: strings.ToUpper(attr(n, "method")), values: url.Values{}}
	f.action, _ = base.Parse(attr(n, "action"))
	if f.action == nil {
		f.action = base
	}
	for c := range n.Descendants() {
		name := attr(c, "name")
		if c.Type != html.ElementNode || name == "" {
			continue
		}
		f.names = append(f.names, name)
		switch c.Data {
		case "input":
			kind := attr(c, "type")
			if ((kind == "checkbox" || kind == "radio") && !hasAttr(c, "checked")) || kind == "file" || kind == "submit" {
				continue
			}
			f.values.Add(name, attr(c, "value"))
		case "textarea":
			f.values.Add(name, innerText(c))
		case "select":
			f.values.Add(name, selected(c))
		}
	}
	return f
}

func selected(sel *html.Node) string {
	first, found := "", false
	for o := range sel.Descendants() {
		if o.Type != html.ElementNode || o.Data != "option" {
			continue
		}
		if hasAttr(o, "selected") {
			return attr(o, "value")
		}
		if !found {
			first, found = attr(o, "value"), true
		}
	}
	return first
}

// send submits the form with the values it has, in the encoding that servers
// accept for any form.
func (v *visitor) send(ctx context.Context, f *form) (*page, error) {
	req, err := http.NewRequestWithContext(ctx, f.method, f.action.String(), strings.NewReader(f.values.Encode()))
	if err != nil {
		return nil, err
	}
	req.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	return v.do(req)
}

// sendFiles submits the form with files, as browsers do for file fields.
func (v *visitor) sendFiles(ctx context.Context, f *form, files map[string]file) (*page, error) {
	var body bytes.Buffer
	w := multipart.NewWriter(&body)
	for name, values := range f.values {
		for _, value := range values {
			if err := w.WriteField(name, value); err != nil {
				return nil, err
			}
		}
	}
	for name, file := range files {
		part, err := w.CreateFormFile(name, file.name)
		if err != nil {
			return nil, err
		}
		if _, err := part.Write(file.body); err != nil {
			return nil, err
		}
	}
	if err := w.Close(); err != nil {
		return nil, err
	}
	req, err := http.NewRequestWithContext(ctx, f.method, f.action.String(), &body)
	if err != nil {
		return nil, err
	}
	req.Header.Set("Content-Type", w.FormDataContentType())
	return v.do(req)
}

// file is a file that a visitor picks in a form.
type file struct {
	name string
	body []byte
}

// value is what stands in the page's field of that name.
func (p *page) value(name string) (string, error) {
	for n := range p.root.Descendants() {
		if n.Type == html.ElementNode && n.Data == "input" && attr(n, "name") == name && attr(n, "value") != "" {
			return attr(n, "value"), nil
		}
	}
	return "", fmt.Errorf("%s does not show %s: %s", p.url, name, p.text())
}

func attr(n *html.Node, name string) string {
	for _, a := range n.Attr {
		if a.Key == name {
			return a.Val
		}
	}
	return ""
}

func hasAttr(n *html.Node, name string) bool {
	return slices.ContainsFunc(n.Attr, func(a html.Attribute) bool { return a.Key == name })
}

func innerText(n *html.Node) string {
	var b strings.Builder
	for c := range n.Descendants() {
		if c.Type == html.TextNode {
			b.WriteString(c.Data)
		}
	}
	return b.String()
}
