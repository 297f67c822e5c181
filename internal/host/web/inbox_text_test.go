package web

import (
	"strings"
	"testing"
	"time"
)

func TestLinkify(t *testing.T) {
	t.Parallel()
	for _, tc := range []struct{ in, want string }{
		{"no link", "no link"},
		{"see https://a.example/x.", "see [https://a.example/x]."},
		{"(http://a.example/wiki_(x))", "([http://a.example/wiki_(x)])"},
		{"HTTPS://A.example", "[HTTPS://A.example]"},
		{"xhttps://a.example", "xhttps://a.example"},
		{"javascript:alert(1) data:text/html,x", "javascript:alert(1) data:text/html,x"},
		{"https://bank.example@evil.example/", "https://bank.example@evil.example/"},
		{"https://", "https://"},
		{"https://a.example/\"onclick=x", "[https://a.example/]\"onclick=x"},
		{"https://a.example/<b>", "[https://a.example/]<b>"},
		{"https://a.example/\u202egpj.exe", "[https://a.example/]\u202egpj.exe"},
		{"два https://a.example/ü три", "два [https://a.example/ü] три"},
		{"a https://a.example, https://b.example!", "a [https://a.example], [https://b.example]!"},
	} {
		var b strings.Builder
		for _, s := range linkify(tc.in) {
			if s.Href != "" {
				b.WriteString("[" + s.Text + "]")
			} else {
				b.WriteString(s.Text)
			}
		}
		if b.String() != tc.want { // spec: messaging.inbox.safe-links
			t.Errorf("linkify(%q) = %q, want %q", tc.in, b.String(), tc.want)
		}
	}
}

func FuzzLinkify(f *testing.F) {
	f.Add("see https://a.example/x.")
	f.Add("http://\xff(http://)")
	f.Fuzz(func(t *testing.T, in string) {
		var all strings.Builder
		for _, s := range linkify(in) {
			all.WriteString(s.Text)
			if s.Href != "" && !safeAddress(s.Href) {
				t.Errorf("unsafe address %q", s.Href)
			}
		}
		if all.String() != in {
			t.Errorf("pieces join to %q, want %q", all.String(), in)
		}
	})
}

func TestDisplayFileName(t *testing.T) {
	t.Parallel()
	long := strings.Repeat("ä", 300) + ".pdf"
	for _, tc := range []struct{ in, want string }{
		{"photo.jpg", "photo.jpg"},
		{"../../etc/passwd", "passwd"},
		{`C:\temp\a.txt`, "a.txt"},
		{"..", "file"},
		{"", "file"},
		{"/", "file"},
		{"a\r\nb\x00.txt", "ab.txt"},
		{"\u202egpj.exe", "gpj.exe"},
		{"<img src=x>.png", "<img src=x>.png"},
		{"bad\xffname.txt", "badname.txt"},
		{long, strings.Repeat("ä", longestFileName-5) + "….pdf"},
	} {
		if got := displayFileName(tc.in); got != tc.want { // spec: messaging.inbox.file-names
			t.Errorf("displayFileName(%q) = %q, want %q", tc.in, got, tc.want)
		}
	}
}

func TestDayLabelAndRemaining(t *testing.T) {
	t.Parallel()
	now := time.Date(2026, 3, 4, 10, 0, 0, 0, time.UTC)
	for _, tc := range []struct {
		at  time.Time
		day string
	}{
		{now.Add(-time.Hour), "Today"},
		{now.Add(time.Minute), "Today"},
		{now.Add(-11 * time.Hour), "Yesterday"},
		{now.AddDate(0, 0, -3), "Sunday, 1 March"},
		{now.AddDate(0, -2, 0), "Sunday, 4 January"},
		{now.AddDate(-1, 0, 0), "Tuesday, 4 March 2025"},
	} {
		if got := dayLabel(tc.at, now); got != tc.day {
			t.Errorf("dayLabel(%s) = %q, want %q", tc.at, got, tc.day)
		}
	}
	for d, want := range map[time.Duration]string{30 * time.Second: "less than a minute", 61 * time.Second: "1 minute",
		25 * time.Minute: "25 minutes", 90 * time.Minute: "1 hour", 23 * time.Hour: "23 hours", 72 * time.Hour: "3 days"} {
		if got := remaining(now.Add(d), now); got != want {
			t.Errorf("remaining %s = %q, want %q", d, got, want)
		}
	}
}

func TestFileKindAndSize(t *testing.T) {
	t.Parallel()
	for _, tc := range []struct{ name, mime, want string }{
		{"a.pdf", "", "PDF"}, {"noext", "audio/ogg", "OGG"}, {"x.verylong", "application/octet-stream", "FILE"}, {"a.<b", "", "FILE"},
	} {
		if got := fileKind(tc.name, tc.mime); got != tc.want {
			t.Errorf("fileKind(%q, %q) = %q, want %q", tc.name, tc.mime, got, tc.want)
		}
	}
	for n, want := range map[int64]string{0: "", 12: "12 B", 20480: "20 kB", 2_500_000: "2.5 MB"} {
		if got := displaySize(n); got != want {
			t.Errorf("displaySize(%d) = %q, want %q", n, got, want)
		}
	}
}
