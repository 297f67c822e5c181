package web

import (
	"bytes"
	"encoding/json"
	"fmt"
	"mime"
	"net/http"
	"net/url"
	"strings"

	"github.com/dockwright/dockwright/internal/host/journal"
)

// bodyView is a body as it is shown: coloured JSON, the fields of a form, the
// parts of a multipart body, or plain text.
type bodyView struct {
	Size   string
	Notes  []string // how it differs from the one on the wire
	JSON   []jsonPiece
	Fields []pair
	Parts  []partView
	Text   string
	Raw    string // what is copied
}

// Empty reports whether there is nothing to show.
func (b bodyView) Empty() bool {
	return len(b.JSON) == 0 && len(b.Fields) == 0 && len(b.Parts) == 0 && b.Text == ""
}

// partView is a part of a multipart body.
type partView struct {
	Name, File, Type string
	JSON             []jsonPiece
	Text             string
}

func newBodyView(h http.Header, body []byte, size int64, ch journal.Changes) bodyView {
	v := bodyView{Notes: changeNotes(ch, size), Raw: string(body)}
	if size > 0 {
		v.Size = bytesInWords(size)
	}
	contentType := h.Get("Content-Type")
	if parts, ok := journal.SplitMultipart(contentType, body); ok {
		for _, p := range parts {
			part := partView{Name: p.Name, File: p.FileName, Type: p.ContentType}
			if part.JSON = prettyJSON([]byte(p.Body)); part.JSON == nil {
				part.Text = p.Body
			}
			v.Parts = append(v.Parts, part)
		}
		if len(parts) > 0 {
			return v
		}
	}
	if v.JSON = prettyJSON(body); v.JSON != nil {
		return v
	}
	media, _, err := mime.ParseMediaType(contentType)
	if err == nil && media == "application/x-www-form-urlencoded" && !ch.Has(journal.Truncated) {
		if v.Fields = formFields(string(body)); v.Fields != nil {
			return v
		}
	}
	v.Text = string(body)
	return v
}

// changeNotes say how a kept body differs from the one on the wire.
func changeNotes(ch journal.Changes, size int64) []string {
	var notes []string
	if ch.Has(journal.Masked) {
		notes = append(notes, "Secrets were masked before this was written.")
	}
	if ch.Has(journal.Summarised) {
		notes = append(notes, "Binary content is described, not kept.")
	}
	if ch.Has(journal.Truncated) {
		notes = append(notes, "The end is missing: the journal keeps 64 kB of a body.")
	}
	if ch.Has(journal.Left) {
		notes = append(notes, fmt.Sprintf("A body of %s was not read or not kept.", bytesInWords(size)))
	}
	return notes
}

func bytesInWords(n int64) string {
	switch {
	case n < 0:
		return "unknown size"
	case n < 1<<10:
		return fmt.Sprintf("%d bytes", n)
	case n < 1<<20:
		return fmt.Sprintf("%.1f kB", float64(n)/(1<<10))
	}
	return fmt.Sprintf("%.1f MB", float64(n)/(1<<20))
}

// formFields are the fields of a form body, or nil if it is none.
func formFields(body string) []pair {
	var out []pair
	for field := range strings.SplitSeq(body, "&") {
		name, value, _ := strings.Cut(field, "=")
		n, err := url.QueryUnescape(name)
		if err != nil {
			return nil
		}
		v, err := url.QueryUnescape(value)
		if err != nil {
			return nil
		}
		if field != "" {
			out = append(out, pair{n, v})
		}
	}
	return out
}

// jsonPiece is a stretch of indented JSON: a name, a text, a number or word, or
// ("") what stands between.
type jsonPiece struct{ Kind, Text string }

// prettyJSON indents and takes apart a JSON object or array; nil if body is
// neither.
func prettyJSON(body []byte) []jsonPiece {
	body = bytes.TrimSpace(body)
	if len(body) == 0 || body[0] != '{' && body[0] != '[' {
		return nil
	}
	var b bytes.Buffer
	if err := json.Indent(&b, body, "", "  "); err != nil {
		return nil
	}
	return jsonPieces(b.String())
}

// jsonPieces colours valid JSON.
func jsonPieces(text string) []jsonPiece {
	var out []jsonPiece
	from := 0
	add := func(to int, kind string) {
		if to > from {
			out = append(out, jsonPiece{kind, text[from:to]})
			from = to
		}
	}
	for i := 0; i < len(text); {
		switch c := text[i]; {
		case c == '"':
			end := jsonStringEnd(text, i)
			kind := "text"
			if strings.HasPrefix(text[end:], ":") {
				kind = "name"
			}
			add(i, "")
			add(end, kind)
			i = end
		case strings.IndexByte("-0123456789tfn", c) >= 0:
			end := i
			for end < len(text) && strings.IndexByte(",]} \n", text[end]) < 0 {
				end++
			}
			add(i, "")
			add(end, "word")
			i = end
		default:
			i++
		}
	}
	add(len(text), "")
	return out
}

// jsonStringEnd is the index behind the string that begins at i.
func jsonStringEnd(text string, i int) int {
	for i++; i < len(text); i++ {
		switch text[i] {
		case '\\':
			i++
		case '"':
			return i + 1
		}
	}
	return len(text)
}
