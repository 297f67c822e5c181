package records

import (
	"slices"
	"strconv"
	"strings"

	"github.com/dockwright/dockwright/internal/fault"
)

// Money is an amount in ten-thousandths of its currency's unit: exact for every
// currency, and for what programs send with too many places.
type Money struct {
	Amount   int64
	Currency string // three letters; empty: no amount is known
}

const moneyScale = 10_000

// Units is a whole number of a currency's unit.
func Units(n int64, currency string) Money { return Money{n * moneyScale, currency} }

// Decimal is the amount in units, without needless zeros: "480", "480.5".
func (m Money) Decimal() string {
	sign, n := "", uint64(m.Amount)
	if m.Amount < 0 {
		sign, n = "-", -n
	}
	s := sign + strconv.FormatUint(n/moneyScale, 10)
	if part := n % moneyScale; part != 0 {
		s += "." + strings.TrimRight(strconv.FormatUint(moneyScale+part, 10)[1:], "0")
	}
	return s
}

// Share is so many hundredths of m, rounded down towards zero.
func (m Money) Share(percent int) Money {
	whole, rest := m.Amount/100, m.Amount%100
	return Money{whole*int64(percent) + rest*int64(percent)/100, m.Currency}
}

// Text is m as people read it: "€1,480.50", "CHF 480".
func (m Money) Text() string {
	number, sign := m.Decimal(), ""
	if rest, negative := strings.CutPrefix(number, "-"); negative {
		number, sign = rest, "-"
	}
	whole, part, _ := strings.Cut(number, ".")
	for i := len(whole) - 3; i > 0; i -= 3 {
		whole = whole[:i] + "," + whole[i:]
	}
	if part != "" {
		whole += "." + part + strings.Repeat("0", max(0, 2-len(part)))
	}
	symbol := m.Currency + " "
	if c, ok := CurrencyOf(m.Currency); ok && c.Symbol != c.Code {
		symbol = c.Symbol
	}
	return sign + symbol + whole
}

// ParseAmount reads a decimal number of units, such as "480.5" or "1e3", and
// refuses what ten-thousandths cannot hold exactly.
// spec: rest.money.exact
func ParseAmount(field, s string) (int64, error) {
	if s == "" {
		return 0, nil
	}
	wrong := fault.New(fault.Invalid, field, "Expected an amount with at most 4 decimal places below 900,000,000,000,000, got %s.", shorten(s))
	digits, exponent, ok := splitDecimal(s)
	if !ok {
		return 0, wrong
	}
	sign := ""
	if rest, negative := strings.CutPrefix(digits, "-"); negative {
		digits, sign = rest, "-"
	}
	digits = strings.TrimLeft(digits, "0")
	if digits == "" {
		return 0, nil
	}
	for exponent < -4 && strings.HasSuffix(digits, "0") {
		digits, exponent = digits[:len(digits)-1], exponent+1
	}
	if exponent < -4 || len(digits)+exponent > 15 {
		return 0, wrong
	}
	n, err := strconv.ParseInt(sign+digits+strings.Repeat("0", exponent+4), 10, 64)
	if err != nil || n > maxAmount || n < -maxAmount {
		return 0, wrong
	}
	return n, nil
}

const maxAmount = 900_000_000_000_000 * moneyScale

// splitDecimal takes a number apart: its digits with the sign, and the power of
// ten that they are multiplied with.
func splitDecimal(s string) (digits string, exponent int, ok bool) {
	mantissa, power, scientific := strings.Cut(strings.ToLower(strings.TrimPrefix(s, "+")), "e")
	if scientific {
		n, err := strconv.Atoi(power)
		if err != nil || n > 400 || n < -400 {
			return "", 0, false
		}
		exponent = n
	}
	whole, part, _ := strings.Cut(mantissa, ".")
	exponent -= len(part)
	plain := strings.TrimPrefix(whole, "-") + part
	if plain == "" || strings.Trim(plain, "0123456789") != "" {
		return "", 0, false
	}
	return whole + part, exponent, true
}

func shorten(s string) string {
	if len(s) > 40 {
		return s[:40] + "…"
	}
	return s
}

// Currency is a kind of money.
type Currency struct {
	Code, Name, Symbol string // the symbol is the code where there is no shorter one
	Places             int    // of its amounts after the point
}

// CurrencyOf finds a currency by its three letters.
func CurrencyOf(code string) (Currency, bool) {
	i, ok := slices.BinarySearchFunc(currencies, code, func(c Currency, code string) int { return strings.Compare(c.Code, code) })
	if !ok {
		return Currency{}, false
	}
	return currencies[i], true
}

// Currencies are those that amounts can be in, by code.
func Currencies() []Currency { return slices.Clone(currencies) }

// checkCurrency refuses what is not one of ISO 4217's.
// spec: rest.money.currency
func checkCurrency(field, code string) error {
	if _, ok := CurrencyOf(code); !ok {
		return fault.New(fault.Invalid, field, "Expected the three letters of a currency, such as EUR, got %q.", shorten(code))
	}
	return nil
}
