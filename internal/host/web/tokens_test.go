package web_test

import (
	"math"
	"os"
	"regexp"
	"strconv"
	"testing"
)

// The colours keep the contrast of WCAG 2.2 AA: 4.5 for text, 3 for the lines of
// inputs and the ring of the focus.
func TestColoursAreReadable(t *testing.T) {
	t.Parallel()
	css, err := os.ReadFile("static/css/tokens.css")
	if err != nil {
		t.Fatal(err)
	}
	light, dark := map[string]string{}, map[string]string{}
	for _, m := range regexp.MustCompile(`--([\w-]+): light-dark\((#[0-9a-f]{6}), (#[0-9a-f]{6})\)`).FindAllStringSubmatch(string(css), -1) {
		light[m[1]], dark[m[1]] = m[2], m[3]
	}
	type pair struct {
		ink, paper string
		least      float64
	}
	var pairs []pair
	for _, paper := range []string{"bg", "surface", "surface-2"} {
		for _, ink := range []string{"text", "muted", "accent", "danger"} {
			pairs = append(pairs, pair{ink, paper, 4.5})
		}
		pairs = append(pairs, pair{"line-strong", paper, 3}, pair{"focus", paper, 3})
	}
	for _, kind := range []string{"info", "success", "warning", "danger"} {
		pairs = append(pairs, pair{kind, kind + "-soft", 4.5}, pair{"text", kind + "-soft", 4.5})
	}
	pairs = append(pairs, pair{"on-accent", "accent", 4.5}, pair{"on-accent", "accent-strong", 4.5}, pair{"accent-strong", "accent-soft", 4.5},
		pair{"on-danger", "danger-solid", 4.5}, pair{"text", "bubble-in", 4.5}, pair{"text", "bubble-out", 4.5}, pair{"text", "surface-3", 4.5},
		pair{"muted", "surface-3", 4.5}, pair{"muted", "code-bg", 4.5})
	for theme, colours := range map[string]map[string]string{"light": light, "dark": dark} {
		for _, p := range pairs {
			if c := contrast(t, colours[p.ink], colours[p.paper]); c < p.least {
				t.Errorf("%s: %s on %s has %.2f, needs %.1f", theme, p.ink, p.paper, c, p.least)
			}
		}
	}
	tints := regexp.MustCompile(`--tint: light-dark\((\S+), (\S+)\); --on-tint: light-dark\((\S+), (\S+)\)`).FindAllStringSubmatch(string(css), -1)
	if len(tints) != 8 {
		t.Errorf("%d tints, want 8", len(tints))
	}
	for i, m := range tints {
		if a, b := contrast(t, m[1], m[3]), contrast(t, m[2], m[4]); a < 4.5 || b < 4.5 {
			t.Errorf("tint %d has %.2f and %.2f, needs 4.5", i, a, b)
		}
	}
}

// contrast of two colours as WCAG defines it.
func contrast(t *testing.T, a, b string) float64 {
	t.Helper()
	x, y := luminance(t, a), luminance(t, b)
	return (max(x, y) + .05) / (min(x, y) + .05)
}

func luminance(t *testing.T, hex string) float64 {
	t.Helper()
	if len(hex) != 7 {
		t.Fatalf("%q is no colour", hex)
	}
	sum := 0.0
	for i, weight := range []float64{.2126, .7152, .0722} {
		n, err := strconv.ParseUint(hex[1+2*i:3+2*i], 16, 8)
		if err != nil {
			t.Fatal(err)
		}
		c := float64(n) / 255
		if c <= .04045 {
			c /= 12.92
		} else {
			c = math.Pow((c+.055)/1.055, 2.4)
		}
		sum += weight * c
	}
	return sum
}
