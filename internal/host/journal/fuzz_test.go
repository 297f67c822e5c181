package journal

import (
	"strings"
	"testing"
	"unicode/utf8"
)

// planted stands in the fuzzed bodies where a secret is.
const planted = "5e21aa77c0ffee"

// FuzzMask plants a secret in bodies with anything around it. Whatever comes,
// the kept text holds no secret, fits both databases and stays within its bound.
func FuzzMask(f *testing.F) {
	for _, s := range []string{
		"", `{"a":1}`, `"`, `\"`, `{"a":"\`, "a=1&b=2", "?sig=", "\x00", "\xff", "--B\r\n", "--B--", "\r\n\r\n", "--B\nContent-Disposition: form-data; name=\"a\"\n\nx\n",
	} {
		f.Add(s, s)
	}
	f.Fuzz(func(t *testing.T, before, after string) {
		before, after = strings.ReplaceAll(before, planted, ""), strings.ReplaceAll(after, planted, "")
		for _, c := range []struct{ contentType, body string }{
			{"application/json", jsonSafe(before) + `{"access_token":"` + planted + `"}` + after},
			{"application/x-www-form-urlencoded", before + "&client_secret=" + planted + "&" + after},
			{"text/plain", before + "https://x/y?sig=" + planted + " " + after},
			{"multipart/form-data; boundary=B", "--B\r\nContent-Disposition: form-data; name=\"password\"\r\n\r\n" + planted + "\r\n--B\r\n" + after},
		} {
			got, _ := keepBody(c.contentType, []byte(c.body), int64(len(c.body)), false)
			if strings.Contains(got, planted) {
				t.Errorf("%s: secret kept: %q", c.contentType, got)
			}
			if !utf8.ValidString(got) || strings.ContainsRune(got, 0) || len(got) > BodyLimit {
				t.Errorf("%s: not fit for storing: %q", c.contentType, got)
			}
		}
	})
}

// jsonSafe takes out what makes a secret's name part of another string: a quote
// or backslash right before it begins something else.
func jsonSafe(s string) string { return strings.NewReplacer(`"`, "", `\`, "").Replace(s) }

// FuzzSplitMultipart splits anything. The parts are made of the body's own bytes
// and masking keeps a body without secrets as it was.
func FuzzSplitMultipart(f *testing.F) {
	for _, s := range []string{
		"", "--B", "--B--", "--B\r\n\r\n--B--", "x\r\n--B\r\nA: b\r\n\r\nbody\r\n--B--\r\nend", "--B\nA: b\n c\n\nbody\n--BB\n--B  \n\n",
		"--B\r\nContent-Disposition: form-data; name=\"f\"; filename=\"a.png\"\r\nContent-Type: image/png\r\n\r\n\x89PNG\r\n--B--",
	} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, body string) {
		preamble, parts, end := splitParts(body, "B")
		joined := preamble
		for _, p := range parts {
			joined += "--B" + p.head + p.body
		}
		if end != "" {
			joined += "--B" + end
		}
		if joined != body {
			t.Fatalf("joined again: %q, was %q", joined, body)
		}
		masked, ch := maskMultipart([]byte(body), "B")
		if ch == 0 && masked != body {
			t.Errorf("changed without saying so: %q, was %q", masked, body)
		}
		_, again, _ := splitParts(masked, "B")
		if ch == 0 && len(again) != len(parts) {
			t.Errorf("%d parts, after masking %d", len(parts), len(again))
		}
	})
}
