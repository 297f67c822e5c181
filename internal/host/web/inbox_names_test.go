package web

import (
	"fmt"
	"strings"
	"testing"
)

func TestSplitTemplate(t *testing.T) {
	t.Parallel()
	for in, want := range map[string]string{
		"plain":                   "plain ",
		"Hi {{1}}!":               "Hi [1]! 1",
		"{{1}}{{2}}{{1}}":         "[1][2][1] 1,2",
		"{{ name }} x":            "[name] x name",
		"{{}} {{a b}} {{1":        "{{}} {{a b}} {{1 ",
		"{{ {{1}} }}":             "{{ [1] }} 1",
		"":                        " ",
		"{{\"><script>}} {{äöü}}": "{{\"><script>}} {{äöü}} ",
	} {
		parts, places := splitTemplate(in)
		got := fillTemplate(parts, func(p string) string { return "[" + p + "]" }) + " " + strings.Join(places, ",")
		if got != want {
			t.Errorf("%q became %q, want %q", in, got, want)
		}
	}
}

func FuzzSplitTemplate(f *testing.F) {
	f.Add("Hi {{1}} {{")
	f.Fuzz(func(t *testing.T, in string) {
		parts, _ := splitTemplate(in)
		text := ""
		for _, p := range parts {
			if p.Place != "" && !isPlace(p.Place) {
				t.Errorf("place %q", p.Place)
			}
			text += p.Text
		}
		if strings.Join(strings.Fields(text), "") != strings.Join(strings.Fields(in), "") {
			t.Errorf("%q became %q", in, text)
		}
	})
}

func TestOnlyEmoji(t *testing.T) {
	t.Parallel()
	for in, want := range map[string]bool{"👍": true, "👋🏽 🙏": true, "❤️": true, "👍 ok": false, "": false, "…": false, "👍👍👍👍👍👍👍": false, "1": false} {
		if got := onlyEmoji(in); got != want {
			t.Errorf("onlyEmoji(%q) = %t", in, got)
		}
	}
}

func TestSafeLink(t *testing.T) {
	t.Parallel()
	for in, ok := range map[string]bool{
		"https://a.example/x": true, "http://127.0.0.1:8081/f": true, "/_dockwright/files/1": true,
		"javascript:alert(1)": false, "data:text/html,x": false, "//evil.example/x": false, "https://u:p@a.example": false, "": false, "x": false, "https://": false, "file:///etc/passwd": false,
	} {
		if got := safeLink(in); (got == in) != ok && !(in == "" && got == "") {
			t.Errorf("safeLink(%q) = %q", in, got)
		}
	}
}

func TestVersionOfChangesWithWhatIsShown(t *testing.T) {
	t.Parallel()
	a := bubble{ID: 1, Status: "sent"}
	b := a
	b.Status = "read"
	if versionOf(a) == versionOf(b) || versionOf(a) != versionOf(bubble{ID: 1, Status: "sent"}) {
		t.Error(fmt.Sprint("versions ", versionOf(a), versionOf(b)))
	}
}
