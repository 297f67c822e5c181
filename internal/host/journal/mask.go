package journal

import (
	"encoding/json"
	"net/url"
	"regexp"
	"strings"
)

// Mask stands where a secret was.
const Mask = "***"

// secretHeaders are those whose value is a secret as a whole.
var secretHeaders = map[string]bool{
	"authorization": true, "proxy-authorization": true, "cookie": true, "set-cookie": true, "x-api-token": true,
}

// secretNames are the fields of forms, queries and JSON whose values are
// secrets. "code" is the OAuth authorization code; "sig" and its kind sign links.
// A name that ends in "_secret" or "_password" is secret too.
var secretNames = map[string]bool{
	"client_secret": true, "client_assertion": true, "code": true, "access_token": true, "refresh_token": true,
	"id_token": true, "password": true, "secret": true, "api_token": true, "api_key": true, "token": true, "jwt": true,
	"sig": true, "signature": true, "x_amz_signature": true, "x_amz_security_token": true,
}

// maskHeader is a header's value without secrets. The scheme of a credential and
// the name of a cookie are kept: they help and give nothing away.
func maskHeader(name, value string) string {
	name = strings.ToLower(name)
	if !secretHeaders[name] {
		return maskText(value)
	}
	switch name {
	case "authorization", "proxy-authorization":
		if scheme, rest, ok := strings.Cut(value, " "); ok && strings.TrimSpace(rest) != "" && isToken(scheme) {
			return scheme + " " + Mask
		}
		return Mask
	case "set-cookie":
		first, attributes, more := strings.Cut(value, ";")
		first, _, _ = strings.Cut(first, "=")
		if !more {
			return first + "=" + Mask
		}
		return first + "=" + Mask + ";" + attributes
	case "cookie":
		var names []string
		for c := range strings.SplitSeq(value, ";") {
			n, _, ok := strings.Cut(strings.TrimSpace(c), "=")
			if !ok {
				n = Mask
			}
			names = append(names, n+"="+Mask)
		}
		return strings.Join(names, "; ")
	}
	return Mask
}

// isToken reports whether s can be the name of an authorization scheme.
func isToken(s string) bool {
	for _, c := range s {
		if (c < 'a' || c > 'z') && (c < 'A' || c > 'Z') && c != '-' {
			return false
		}
	}
	return s != "" && len(s) <= 16
}

// MaskURL is a URL without secrets in its query, fragment or user part.
func MaskURL(raw string) string {
	raw = clean(raw)
	if scheme, rest, ok := strings.Cut(raw, "://"); ok {
		end := strings.IndexAny(rest, "/?#")
		if end < 0 {
			end = len(rest)
		}
		if at := strings.LastIndexByte(rest[:end], '@'); at >= 0 {
			raw = scheme + "://" + Mask + rest[at:]
		}
	}
	if head, query, ok := strings.Cut(raw, "?"); ok {
		query, fragment, hash := strings.Cut(query, "#")
		raw = head + "?" + maskForm(query)
		if hash {
			raw += "#" + fragment
		}
	}
	return maskText(raw)
}

// maskForm masks the values of secret fields in a query or form body.
func maskForm(form string) string {
	if !strings.Contains(form, "=") {
		return form
	}
	var b strings.Builder
	for i, field := range strings.Split(form, "&") {
		if i > 0 {
			b.WriteByte('&')
		}
		name, value, ok := strings.Cut(field, "=")
		if ok && value != "" && isSecretName(unescape(name)) {
			value = Mask
		}
		b.WriteString(name)
		if ok {
			b.WriteString("=" + value)
		}
	}
	return b.String()
}

func unescape(s string) string {
	if u, err := url.QueryUnescape(s); err == nil {
		return u
	}
	return s
}

func isSecretName(name string) bool {
	name = strings.TrimSpace(name)
	if i := strings.LastIndexByte(name, '['); i > 0 && strings.HasSuffix(name, "]") {
		name = name[i+1 : len(name)-1] // app[client_secret]
	}
	name = strings.ReplaceAll(strings.ToLower(name), "-", "_")
	return secretNames[name] || strings.HasSuffix(name, "_secret") || strings.HasSuffix(name, "_password")
}

// formField is the beginning of a form body that came without its type.
var formField = regexp.MustCompile(`^[A-Za-z0-9_.%-]+=[^\s=&]*(&|\s*$)`)

func looksLikeForm(text string) bool { return formField.MatchString(text) }

// linkParameter finds a secret parameter of a link inside other text. "&" may be
// written as JSON, HTML or a URL inside a URL write it. Where "=" is %-escaped,
// the value ends at an escaped delimiter.
var linkParameter = func() *regexp.Regexp {
	name := `((?:[?&#]|\\u0026|&amp;|%(?:25)*(?:26|3f|23))(?:` + strings.Join(names(), "|") + `)`
	plain := `[^\s"'<>\\&#%]`
	return regexp.MustCompile(`(?i)` +
		name + `(?:=|\\u003d))(?:` + plain + `|%[0-9a-f]{2})+` + `|` +
		name + `%(?:25)*3d)(?:` + plain + `|%(?:25)*(?:[013-9a-f][0-9a-f]|2[14789a-f]))+`)
}()

// names are the secret names as patterns.
func names() []string {
	all := []string{`[a-z0-9_-]*[_-](?:secret|password)`}
	for n := range secretNames {
		all = append(all, strings.ReplaceAll(n, "_", "[_-]"))
	}
	return all
}

// maskText masks the secret parameters of links in text.
func maskText(text string) string {
	if !strings.ContainsAny(text, "=%") && !strings.Contains(text, `\u003d`) {
		return text
	}
	return linkParameter.ReplaceAllString(text, "${1}${2}"+Mask)
}

// nameLimit is how long the quoted name of a secret can be, each letter escaped.
const nameLimit = 6*40 + 2

// maskJSON masks the values of secret members anywhere in text. It does not
// parse: text that was cut or is not JSON at all is masked as far as it looks
// like JSON, and what follows a secret's name to the end of its value is masked.
func maskJSON(text string) string {
	var b strings.Builder
	from := 0
	for i := 0; i < len(text); i++ {
		if text[i] != '"' {
			continue
		}
		end := i + stringEnd(text[i:min(len(text), i+nameLimit)], 0)
		value, ok := valueStart(text, end)
		if !ok {
			continue
		}
		key := jsonName(text[i:end])
		if !isSecretName(key) {
			continue
		}
		stop := valueEnd(text, value)
		if secretValue(key, text[value:stop]) {
			b.WriteString(text[from:value])
			b.WriteString(`"` + Mask + `"`)
			from = stop
		}
		i = stop - 1
	}
	b.WriteString(text[from:])
	return maskNestedJSON(b.String())
}

// nestedMember is a secret member in JSON that stands inside a JSON string.
var nestedMember = regexp.MustCompile(`(?i)(\\+"(?:` + strings.Join(names(), "|") + `)\\+"\s*:\s*\\+")((?:[^\\"]|\\+[^\\"])+)`)

func maskNestedJSON(text string) string {
	if !strings.Contains(text, `\"`) {
		return text
	}
	return nestedMember.ReplaceAllStringFunc(text, func(m string) string {
		parts := nestedMember.FindStringSubmatch(m)
		name := strings.Trim(parts[1][:strings.IndexByte(parts[1], ':')], `\" `)
		if !secretValue(strings.ToLower(name), `"`+parts[2]+`"`) {
			return m
		}
		return parts[1] + Mask
	})
}

// stringEnd is the index behind the JSON string that begins at i, or the text's
// length.
func stringEnd(text string, i int) int {
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

// valueStart is where the value begins that belongs to a name ending at i.
func valueStart(text string, i int) (int, bool) {
	i = skipSpace(text, i)
	if i >= len(text) || text[i] != ':' {
		return 0, false
	}
	i = skipSpace(text, i+1)
	return i, i < len(text)
}

func skipSpace(text string, i int) int {
	for i < len(text) && strings.IndexByte(" \t\r\n", text[i]) >= 0 {
		i++
	}
	return i
}

// valueEnd is the index behind the JSON value that begins at i: a string, an
// object or array with all inside, or a bare word.
func valueEnd(text string, i int) int {
	switch text[i] {
	case '"':
		return stringEnd(text, i)
	case '{', '[':
		depth := 0
		for i < len(text) {
			switch text[i] {
			case '"':
				i = stringEnd(text, i)
				continue
			case '{', '[':
				depth++
			case '}', ']':
				depth--
			}
			i++
			if depth == 0 {
				return i
			}
		}
		return len(text)
	}
	for i < len(text) && strings.IndexByte(",}] \t\r\n", text[i]) < 0 {
		i++
	}
	return i
}

// jsonName reads the name of a member as a JSON reader would.
func jsonName(quoted string) string {
	var s string
	if json.Unmarshal([]byte(quoted), &s) == nil {
		return s
	}
	return strings.Trim(quoted, `"`)
}

// plainCode is what error bodies call their codes: a word in capitals, or a
// number as short as an HTTP status.
var plainCode = regexp.MustCompile(`^("[A-Z][A-Z_]{2,40}"|[0-9]{1,3})$`)

// secretValue reports whether the value of a secret's name is worth masking.
func secretValue(name, value string) bool {
	switch value {
	case "null", "true", "false", `""`, `"` + Mask + `"`:
		return false
	}
	return name != "code" || !plainCode.MatchString(value)
}
