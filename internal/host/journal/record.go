package journal

import (
	"bytes"
	"fmt"
	"mime"
	"net/http"
	"strings"
	"unicode/utf8"
)

// headerLimit bounds the kept form of a message's headers.
const headerLimit = 16 << 10

// maskLimit is how much of a long text is looked at for secrets: more than is
// kept, because masking can make it shorter.
const maskLimit = 2 * BodyLimit

// newRecord masks and shortens e for writing.
func newRecord(e Exchange, headersOnly bool) record {
	r := record{Exchange: e}
	r.URL = clip(MaskURL(e.URL), 4096)
	r.Path = clip(clean(e.Path), 2048)
	r.Method, r.ClientID = clip(clean(e.Method), 32), clip(clean(e.ClientID), 200)
	r.Surface = clip(clean(e.Surface), 100)
	r.Err, r.Requirement = clip(maskText(clean(e.Err)), 1000), clip(clean(e.Requirement), 200)
	r.RequestSize = max(e.RequestSize, int64(len(e.RequestBody)))
	r.ResponseSize = max(e.ResponseSize, int64(len(e.ResponseBody)))
	r.requestHeader, r.responseHeader = keepHeader(e.RequestHeader), keepHeader(e.ResponseHeader)
	r.requestBody, r.RequestChanges = keepBody(e.RequestHeader.Get("Content-Type"), e.RequestBody, r.RequestSize, headersOnly)
	r.responseBody, r.ResponseChanges = keepBody(e.ResponseHeader.Get("Content-Type"), e.ResponseBody, r.ResponseSize, headersOnly)
	r.RequestBody, r.ResponseBody, r.RequestHeader, r.ResponseHeader = nil, nil, nil, nil
	return r
}

// keepHeader is h in the form it is written in: masked, and bounded.
func keepHeader(h http.Header) string {
	kept := http.Header{}
	size := 0
	for name, values := range h {
		for _, v := range values {
			v = clip(clean(maskHeader(name, v)), 4096)
			if size += len(name) + len(v); size > headerLimit {
				break
			}
			kept[clean(name)] = append(kept[clean(name)], v)
		}
	}
	return formatHeader(kept)
}

// keepBody is body in the form it is written in. wire is its size on the wire.
func keepBody(contentType string, body []byte, wire int64, headersOnly bool) (string, Changes) {
	if headersOnly {
		if wire == 0 {
			return "", 0
		}
		return "", Left
	}
	if len(body) == 0 {
		if wire > 0 {
			return "", Left // nobody read it
		}
		return "", 0
	}
	var ch Changes
	if int64(len(body)) < wire {
		ch |= Truncated
	}
	text, more := maskBody(contentType, body, ch.Has(Truncated))
	ch |= more
	text = clean(text)
	if len(text) > BodyLimit {
		text, ch = cut(text, BodyLimit), ch|Truncated
	}
	return text, ch
}

// maskBody returns body as text without secrets. partial says that its end is
// missing.
func maskBody(contentType string, body []byte, partial bool) (string, Changes) {
	media, params, err := mime.ParseMediaType(contentType)
	if err != nil {
		media, _, _ = strings.Cut(strings.ToLower(contentType), ";")
		media = strings.TrimSpace(media)
	}
	if strings.HasPrefix(media, "multipart/") && params["boundary"] != "" {
		return maskMultipart(body, params["boundary"])
	}
	if !isText(media, body, partial) {
		return summary(media, body), Summarised
	}
	var ch Changes
	if len(body) > maskLimit {
		body, ch = body[:maskLimit], Truncated
	}
	masked := maskAs(media, string(body))
	if masked != string(body) {
		ch |= Masked
	}
	return masked, ch
}

// maskAs masks text of a media type. A type may be wrong or missing, so what
// looks like JSON is treated as JSON whatever it is called.
func maskAs(media, text string) string {
	switch {
	case media == "application/x-www-form-urlencoded":
		text = maskForm(text)
	case looksLikeForm(text):
		text = maskForm(text)
	}
	return maskText(maskJSON(text))
}

// isText reports whether a body can be kept as it is. Text that is not valid
// UTF-8 is kept too when its type says it is text: what is wrong with it must be
// seen.
func isText(media string, body []byte, partial bool) bool {
	switch {
	case strings.HasPrefix(media, "text/"), strings.HasSuffix(media, "json"), strings.HasSuffix(media, "xml"),
		media == "application/x-www-form-urlencoded", media == "application/javascript":
		return true
	case media == "application/octet-stream", strings.HasPrefix(media, "image/"), strings.HasPrefix(media, "audio/"),
		strings.HasPrefix(media, "video/"), strings.HasPrefix(media, "font/"):
		return false
	}
	if bytes.IndexByte(body, 0) >= 0 {
		return false
	}
	if partial {
		body = body[:len(body)-brokenTail(body)]
	}
	return utf8.Valid(body)
}

// brokenTail is how many bytes at the end of b begin a character that was cut.
func brokenTail(b []byte) int {
	for n := 1; n < utf8.UTFMax && n <= len(b); n++ {
		c := b[len(b)-n]
		if utf8.RuneStart(c) {
			if c >= utf8.RuneSelf && !utf8.FullRune(b[len(b)-n:]) {
				return n
			}
			return 0
		}
	}
	return 0
}

// summary is the line that stands for binary content.
func summary(media string, body []byte) string {
	if media == "" {
		media = "binary"
	}
	return fmt.Sprintf("[%s, %d bytes, not kept]", media, len(body))
}

// clean makes s fit for a text column of either database.
func clean(s string) string {
	if strings.IndexByte(s, 0) >= 0 {
		s = strings.ReplaceAll(s, "\x00", "\uFFFD")
	}
	return strings.ToValidUTF8(s, "\uFFFD")
}

// cut shortens s to at most n bytes without breaking a character.
func cut(s string, n int) string {
	for n > 0 && !utf8.RuneStart(s[n]) {
		n--
	}
	return s[:n]
}

// clip is cut with a mark that something is missing.
func clip(s string, n int) string {
	if len(s) <= n {
		return s
	}
	return cut(s, n-3) + "…"
}
