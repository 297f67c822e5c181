package web

import (
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/dockwright/dockwright/internal/host/records"
)

var currencySigns = map[string]string{"EUR": "€", "USD": "$", "GBP": "£", "JPY": "¥"}

// money writes an amount as people read it: "€12,500", "SEK 1,200.50". Nothing
// is written where no amount is known.
func money(m records.Money) string {
	if m.Currency == "" {
		return ""
	}
	sign, a := "", m.Amount
	if a < 0 {
		sign, a = "−", -a
	}
	s := sign + thousands(a/10_000)
	if rest := a % 10_000; rest != 0 {
		s += strings.TrimRight(fmt.Sprintf(".%04d", rest), "0")
		if i := strings.IndexByte(s, '.'); len(s)-i == 2 {
			s += "0"
		}
	}
	if c := currencySigns[m.Currency]; c != "" {
		return c + s
	}
	return m.Currency + " " + s
}

func thousands(n int64) string {
	s := strconv.FormatInt(n, 10)
	for i := len(s) - 3; i > 0; i -= 3 {
		s = s[:i] + "," + s[i:]
	}
	return s
}

// day writes the wire's YYYY-MM-DD as "30 Nov 2026".
func day(s string) string {
	t, err := time.Parse(time.DateOnly, s)
	if err != nil {
		return s
	}
	return t.Format("2 Jan 2006")
}

func toString(v any) string { return fmt.Sprint(v) }
