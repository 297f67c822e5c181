package web

import (
	"fmt"
	"net/url"
	"path"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"
)

// segment is a piece of a stranger's text: plain, or a link if Href is set.
type segment struct {
	Text string
	Href string
}

// linkify cuts text into plain pieces and the http and https addresses in it.
// Everything else a stranger writes stays plain text, which the template
// escapes.
//
// spec: messaging.inbox.safe-links
func linkify(text string) []segment {
	var out []segment
	plain := 0
	for i := 0; i < len(text); {
		if !startsAddress(text, i) {
			i++
			continue
		}
		addr := addressAt(text[i:])
		if !safeAddress(addr) {
			i++
			continue
		}
		if plain < i {
			out = append(out, segment{Text: text[plain:i]})
		}
		out = append(out, segment{Text: addr, Href: addr})
		i += len(addr)
		plain = i
	}
	if plain < len(text) {
		out = append(out, segment{Text: text[plain:]})
	}
	return out
}

// startsAddress tells whether an address begins at text[i]: at a word's start,
// so that "xhttps://" is no link.
func startsAddress(text string, i int) bool {
	rest := text[i:]
	if !hasPrefixFold(rest, "http://") && !hasPrefixFold(rest, "https://") {
		return false
	}
	if i == 0 {
		return true
	}
	r, _ := utf8.DecodeLastRuneInString(text[:i])
	return !unicode.IsLetter(r) && !unicode.IsDigit(r)
}

func hasPrefixFold(s, prefix string) bool {
	return len(s) >= len(prefix) && strings.EqualFold(s[:len(prefix)], prefix)
}

// addressAt returns the address s begins with, without the punctuation that
// closes the sentence around it.
func addressAt(s string) string {
	end := strings.IndexFunc(s, func(r rune) bool {
		return unicode.IsSpace(r) || unicode.IsControl(r) || unicode.Is(unicode.Cf, r) || strings.ContainsRune("<>\"`{}|\\^", r)
	})
	if end >= 0 {
		s = s[:end]
	}
	for s != "" {
		last := s[len(s)-1]
		switch {
		case strings.IndexByte(".,;:!?'*_", last) >= 0:
		case last == ')' && strings.Count(s, "(") < strings.Count(s, ")"):
		case last == ']' && strings.Count(s, "[") < strings.Count(s, "]"):
		default:
			return s
		}
		s = s[:len(s)-1]
	}
	return s
}

// safeAddress refuses what only looks like a link, and addresses with a user
// name, which are there to make one host look like another.
func safeAddress(addr string) bool {
	u, err := url.Parse(addr)
	return err == nil && (u.Scheme == "http" || u.Scheme == "https") && u.Hostname() != "" && u.User == nil
}

// longestFileName is how many characters of a file's name a person is shown.
const longestFileName = 120

// displayFileName is a file name from outside as it may be shown and offered for
// saving: no folders, no control characters, nothing that turns the reading
// direction round to hide the ending.
//
// spec: messaging.inbox.file-names
func displayFileName(name string) string {
	name = strings.ToValidUTF8(name, "")
	name = path.Base(strings.ReplaceAll(name, `\`, "/"))
	name = strings.Map(func(r rune) rune {
		if unicode.IsControl(r) || unicode.Is(unicode.Cf, r) && r != '\u200d' || r == '\u2028' || r == '\u2029' {
			return -1
		}
		return r
	}, name)
	name = strings.TrimSpace(name)
	if strings.Trim(name, "./ ") == "" {
		return "file"
	}
	if rs := []rune(name); len(rs) > longestFileName {
		ext := []rune(path.Ext(name))
		if len(ext) > 12 {
			ext = nil
		}
		name = string(rs[:longestFileName-1-len(ext)]) + "…" + string(ext)
	}
	return name
}

// displaySize is a file's size in a person's units; "" when it is not known.
func displaySize(bytes int64) string {
	switch {
	case bytes <= 0:
		return ""
	case bytes < 1000:
		return fmt.Sprintf("%d B", bytes)
	case bytes < 1_000_000:
		return fmt.Sprintf("%d kB", (bytes+500)/1000)
	default:
		return fmt.Sprintf("%.1f MB", float64(bytes)/1e6)
	}
}

// fileKind is the short word on a file's chip: "PDF", "MP3", else "FILE".
func fileKind(name, mime string) string {
	if ext := strings.TrimPrefix(path.Ext(name), "."); ext != "" && len(ext) <= 4 && isWord(ext) {
		return strings.ToUpper(ext)
	}
	if _, sub, ok := strings.Cut(mime, "/"); ok && len(sub) <= 4 && isWord(sub) {
		return strings.ToUpper(sub)
	}
	return "FILE"
}

func isWord(s string) bool {
	for _, r := range s {
		if r > unicode.MaxASCII || !unicode.IsLetter(r) && !unicode.IsDigit(r) {
			return false
		}
	}
	return s != ""
}

// dayLabel names a day for its separator.
func dayLabel(t, now time.Time) string {
	t, now = t.UTC(), now.UTC()
	switch days := daysBetween(t, now); {
	case days == 0:
		return "Today"
	case days == 1:
		return "Yesterday"
	case t.Year() == now.Year():
		return t.Format("Monday, 2 January")
	default:
		return t.Format("Monday, 2 January 2006")
	}
}

// daysBetween counts the midnights (UTC) from t to now.
func daysBetween(t, now time.Time) int {
	day := func(t time.Time) time.Time { return t.Truncate(24 * time.Hour) }
	return int(day(now).Sub(day(t)) / (24 * time.Hour))
}

// remaining says in words how long it is until t: "3 hours", "25 minutes".
func remaining(t, now time.Time) string {
	d := t.Sub(now)
	switch {
	case d < time.Minute:
		return "less than a minute"
	case d < 2*time.Minute:
		return "1 minute"
	case d < time.Hour:
		return fmt.Sprintf("%d minutes", int(d.Minutes()))
	case d < 2*time.Hour:
		return "1 hour"
	case d < 48*time.Hour:
		return fmt.Sprintf("%d hours", int(d.Hours()))
	default:
		return fmt.Sprintf("%d days", int(d.Hours()/24))
	}
}
