package web

import (
	"fmt"
	"hash/fnv"
	"html/template"
	"net/url"
	"strings"
	"time"
	"unicode"

	"github.com/dockwright/dockwright/internal/host/records"
)

// funcs are what every template may call.
func (w *Web) funcs() template.FuncMap {
	return template.FuncMap{
		"asset":         w.assets.url,
		"icon":          w.icon,
		"dict":          dict,
		"initials":      initials,
		"tint":          tint,
		"rfc3339":       func(t time.Time) string { return t.UTC().Format(time.RFC3339Nano) },
		"utc":           func(t time.Time) string { return t.UTC().Format("2 Jan 2006 15:04 UTC") },
		"themes":        func() []theme { return themes },
		"providerIcon":  w.providerIcon,
		"providerName":  providerName,
		"plural":        plural,
		"add":           func(a, b int) int { return a + b },
		"money":         money,
		"day":           day,
		"recordURL":     recordURL,
		"contactLabels": contactLabels,
		"bytesIn":       bytesInWords,
		"richText":      func(s string) template.HTML { return template.HTML(records.CleanHTML(s)) },
	}
}

// icon is one of static/icons; an unknown name fails the page, so that tests
// find it.
func (w *Web) icon(name string) (template.HTML, error) {
	h, ok := w.icons[name]
	if !ok {
		return "", fmt.Errorf("no icon %q in static/icons", name)
	}
	return h, nil
}

// providerIcon is the sign of a network; kinds we have no sign for get the
// neutral one.

func (w *Web) providerIcon(kind string) template.HTML {
	if h, ok := w.icons["provider-"+kind]; ok {
		return h
	}
	return w.icons["provider-other"]
}

func providerName(kind string) string {
	switch kind {
	case "facebook":
		return "Facebook"
	case "whatsapp":
		return "WhatsApp"
	}
	return "Messages"
}

// dict makes a map from names and values, for handing several things to a
// component.
func dict(pairs ...any) (map[string]any, error) {
	if len(pairs)%2 != 0 {
		return nil, fmt.Errorf("dict: a name without a value")
	}
	m := make(map[string]any, len(pairs)/2)
	for i := 0; i < len(pairs); i += 2 {
		name, ok := pairs[i].(string)
		if !ok {
			return nil, fmt.Errorf("dict: name %d is %T, not a string", i/2, pairs[i])
		}
		m[name] = pairs[i+1]
	}
	return m, nil
}

// initials are the first letters of the first and the last word, "?" when there
// is no letter or digit at all.
func initials(name any) string {
	words := strings.FieldsFunc(fmt.Sprint(name), func(r rune) bool { return !unicode.IsLetter(r) && !unicode.IsDigit(r) })
	if len(words) == 0 {
		return "?"
	}
	first := []rune(words[0])[:1]
	if len(words) > 1 {
		first = append(first, []rune(words[len(words)-1])[0])
	}
	return strings.ToUpper(string(first))
}

// tint picks one of eight colours for a name, always the same one.
func tint(name any) int {
	h := fnv.New32a()
	_, _ = h.Write([]byte(fmt.Sprint(name))) // a hash does not fail
	return int(h.Sum32() % 8)
}

// plural is "1 deal" or "3 deals".
func plural(n int, one, many string) string {
	if n == 1 {
		return "1 " + one
	}
	return fmt.Sprintf("%d %s", n, many)
}

// encodeTitle makes a title fit for a header.
func encodeTitle(s string) string { return url.PathEscape(s) }
