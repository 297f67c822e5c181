package journal

import (
	"mime"
	"net/textproto"
	"regexp"
	"strings"
)

// Part is one part of a kept multipart body.
type Part struct {
	Name, FileName, ContentType string
	Body                        string
}

// rawPart is a part as it stands in the body.
type rawPart struct {
	header textproto.MIMEHeader
	head   string // the header's lines, with the empty line
	body   string
}

// SplitMultipart takes a kept multipart body apart. It shows what is there even
// if the body was cut or is not well formed.
func SplitMultipart(contentType string, body []byte) ([]Part, bool) {
	media, params, err := mime.ParseMediaType(contentType)
	if err != nil || !strings.HasPrefix(media, "multipart/") || params["boundary"] == "" {
		return nil, false
	}
	_, raws, _ := splitParts(string(body), params["boundary"])
	var parts []Part
	for _, r := range raws {
		p := Part{ContentType: r.header.Get("Content-Type")}
		p.Body, _ = splitLineEnd(r.body)
		p.Name, p.FileName = r.names()
		parts = append(parts, p)
	}
	return parts, true
}

// names are a part's field and file name.
func (r rawPart) names() (field, file string) {
	_, params, err := mime.ParseMediaType(r.header.Get("Content-Disposition"))
	if err != nil {
		d := r.header.Get("Content-Disposition")
		return looseParameter(looseName, d), looseParameter(looseFile, d)
	}
	return params["name"], params["filename"]
}

// A disposition that cannot be parsed may still name a secret.
var (
	looseName = regexp.MustCompile(`(?i)\bname\*?\s*=\s*"?([^";]*)`)
	looseFile = regexp.MustCompile(`(?i)\bfilename\*?\s*=\s*"?([^";]*)`)
)

func looseParameter(p *regexp.Regexp, disposition string) string {
	if m := p.FindStringSubmatch(disposition); m != nil {
		return m[1]
	}
	return ""
}

// splitParts cuts body at its boundary lines. end is what follows the last
// boundary, closing dashes included. A body without a boundary line is all
// preamble.
func splitParts(body, boundary string) (preamble string, parts []rawPart, end string) {
	pieces := cutAtBoundaries(body, "--"+boundary)
	preamble = pieces[0]
	for _, p := range pieces[1:] {
		if strings.HasPrefix(p, "--") {
			return preamble, parts, p
		}
		parts = append(parts, parsePart(p))
	}
	return preamble, parts, ""
}

// Bounds of what is taken apart. Who sends more does not mean it to be read.
const (
	maxParts    = 500
	maxPartHead = 8 << 10
)

// cutAtBoundaries splits body at each delimiter that begins a line, up to
// maxParts; the rest is the last piece. Line ends stay with the text before and
// behind.
func cutAtBoundaries(body, delimiter string) []string {
	var pieces []string
	from := 0
	for at := 0; ; {
		i := strings.Index(body[at:], delimiter)
		if i < 0 || len(pieces) > maxParts {
			return append(pieces, body[from:])
		}
		i += at
		at = i + len(delimiter)
		if i > 0 && body[i-1] != '\n' || !endsBoundary(body[at:]) {
			continue
		}
		pieces = append(pieces, body[from:i])
		from = at
	}
}

// endsBoundary reports whether rest can follow a delimiter: it is not the
// beginning of a longer one.
func endsBoundary(rest string) bool {
	rest = strings.TrimPrefix(rest, "--")
	rest = strings.TrimLeft(rest, " \t")
	return rest == "" || rest[0] == '\r' || rest[0] == '\n'
}

// parsePart splits what stands between two boundaries into header and body.
func parsePart(text string) rawPart {
	r := rawPart{header: textproto.MIMEHeader{}}
	split := len(text)
	for _, gap := range []string{"\r\n\r\n", "\n\n"} {
		if i := strings.Index(text, gap); i >= 0 && i+len(gap) <= split {
			split = i + len(gap)
		}
	}
	r.head, r.body = text[:split], text[split:]
	last := ""
	for line := range strings.SplitSeq(r.head[:min(len(r.head), maxPartHead)], "\n") {
		line = strings.TrimRight(line, "\r")
		if last != "" && (strings.HasPrefix(line, " ") || strings.HasPrefix(line, "\t")) {
			values := r.header[last]
			values[len(values)-1] += " " + strings.TrimSpace(line)
			continue
		}
		name, value, ok := strings.Cut(line, ":")
		if !ok {
			continue
		}
		last = textproto.CanonicalMIMEHeaderKey(strings.TrimSpace(name))
		r.header.Add(last, strings.TrimSpace(value))
	}
	return r
}

// maskMultipart masks the secret text parts of a multipart body and puts a line
// in the place of each file. The form of the body is kept, so that it can be
// taken apart again.
func maskMultipart(body []byte, boundary string) (string, Changes) {
	preamble, parts, end := splitParts(string(body), boundary)
	var ch Changes
	var b strings.Builder
	note := func(was, is string, c Changes) {
		if was != is {
			ch |= c
		}
		b.WriteString(is)
	}
	note(preamble, maskRest(preamble), Masked)
	for i, p := range parts {
		if i == maxParts || len(p.head) > maxPartHead {
			return b.String(), ch | Truncated
		}
		b.WriteString("--" + boundary)
		note(p.head, maskPartHead(p.head), Masked)
		text, tail := splitLineEnd(p.body)
		is, c := maskPart(p, text)
		note(text, is, c)
		b.WriteString(tail)
	}
	if end != "" {
		b.WriteString("--" + boundary)
		note(end, maskRest(end), Masked)
	}
	return b.String(), ch
}

// maskRest is what stands before the first or behind the last part.
func maskRest(text string) string {
	return maskAs("", clean(text[:min(len(text), maskLimit)]))
}

// maskPartHead masks links in a part's header lines.
func maskPartHead(head string) string { return maskText(clean(head)) }

// maskPart is a part's content without secrets.
func maskPart(p rawPart, text string) (string, Changes) {
	name, file := p.names()
	media, _, _ := mime.ParseMediaType(p.header.Get("Content-Type"))
	switch {
	case text == "":
		return "", 0
	case isSecretName(name):
		return Mask, Masked
	case file != "" || !isText(media, []byte(text), false):
		return summary(media, []byte(text)), Summarised
	}
	if len(text) > maskLimit {
		return maskAs(media, clean(text[:maskLimit])), Masked | Truncated
	}
	return maskAs(media, text), Masked
}

// splitLineEnd takes the line end off that belongs to the next boundary.
func splitLineEnd(s string) (text, end string) {
	for _, e := range []string{"\r\n", "\n"} {
		if t, ok := strings.CutSuffix(s, e); ok {
			return t, e
		}
	}
	return s, ""
}
