package records

import (
	"regexp"
	"strings"
	"unicode/utf8"

	"github.com/microcosm-cc/bluemonday"

	"github.com/dockwright/dockwright/internal/fault"
)

// htmlPolicy is what may stand in notes and comments: text with structure,
// links and pictures from the web. Scripts, styles, forms, frames, classes, ids
// and event handlers are taken out.
// spec: rest.notes.sanitized
var htmlPolicy = newHTMLPolicy()

func newHTMLPolicy() *bluemonday.Policy {
	p := bluemonday.NewPolicy()
	p.AllowElements(
		"p", "div", "span", "br", "hr", "b", "strong", "i", "em", "u", "s", "strike", "del", "ins", "sub", "sup", "small", "mark",
		"h1", "h2", "h3", "h4", "h5", "h6", "blockquote", "pre", "code", "ul", "ol", "li",
		"table", "caption", "thead", "tbody", "tfoot", "tr", "th", "td", "a", "img",
	)
	number := regexp.MustCompile(`^[0-9]{1,4}$`)
	p.AllowAttrs("colspan", "rowspan").Matching(number).OnElements("td", "th")
	p.AllowAttrs("start").Matching(number).OnElements("ol")
	p.AllowAttrs("href").Matching(regexp.MustCompile(`(?i)^(https?|mailto|tel|callto):`)).OnElements("a")
	p.AllowAttrs("target").Matching(regexp.MustCompile(`^_blank$`)).OnElements("a")
	p.AllowAttrs("title").Matching(bluemonday.Paragraph).OnElements("a", "img")
	p.AllowAttrs("src").Matching(regexp.MustCompile(`(?i)^https?://`)).OnElements("img")
	p.AllowAttrs("alt").Matching(bluemonday.Paragraph).OnElements("img")
	p.AllowAttrs("width", "height").Matching(number).OnElements("img")
	p.AllowURLSchemes("http", "https", "mailto", "tel", "callto")
	p.RequireParseableURLs(true)
	return p
}

// CleanHTML takes out of s whatever may not stand in a note. What it returns may
// be shown on a page as it is, and is left alone by a second call.
func CleanHTML(s string) string { return readableQuotes(htmlPolicy.Sanitize(s)) }

// readableQuotes writes quotation marks between tags as they are, so that plain
// text comes back as it was sent. Inside of tags they stay as they were.
func readableQuotes(s string) string {
	if !strings.Contains(s, "&#3") {
		return s
	}
	plain := strings.NewReplacer("&#34;", `"`, "&#39;", "'")
	var b strings.Builder
	for s != "" {
		text, rest, tag := strings.Cut(s, "<")
		b.WriteString(plain.Replace(text))
		if !tag {
			break
		}
		end := strings.IndexByte(rest, '>') + 1
		b.WriteString("<" + rest[:end])
		s = rest[end:]
	}
	return b.String()
}

const maxHTML = 100_000 // characters

// cleanText checks and cleans the text of a note or comment.
func cleanText(field, s string) (string, error) {
	if !utf8.ValidString(s) {
		return "", fault.New(fault.Invalid, field, "Expected text in UTF-8, got other bytes.")
	}
	if n := utf8.RuneCountInString(s); n > maxHTML {
		return "", fault.New(fault.Invalid, field, "Expected 1 to %d characters, got %d.", maxHTML, n)
	}
	s = strings.TrimSpace(CleanHTML(s))
	if s == "" {
		return "", fault.New(fault.Invalid, field, "Expected some text, got none that may stand in a note.")
	}
	return s, nil
}
