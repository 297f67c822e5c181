package records_test

import (
	"testing"

	"github.com/dockwright/dockwright/internal/host/records"
)

// spec: rest.money.exact
func TestAmounts(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		in    string
		want  int64 // ten-thousandths
		again string
	}{
		{"", 0, "0"}, {"0", 0, "0"}, {"-0.0", 0, "0"}, {"480", 4_800_000, "480"}, {"480.5", 4_805_000, "480.5"}, {"-12.0001", -120_001, "-12.0001"},
		{"1e3", 10_000_000, "1000"}, {"1.5E-2", 150, "0.015"}, {".5", 5_000, "0.5"}, {"007.10", 71_000, "7.1"}, {"1.10000000", 11_000, "1.1"},
		{"900000000000000", 9_000_000_000_000_000_000, "900000000000000"}, {"+3", 30_000, "3"},
	} {
		got, err := records.ParseAmount("value", tt.in)
		if err != nil || got != tt.want {
			t.Errorf("%q: got %d, %v; want %d", tt.in, got, err, tt.want)
		}
		if s := (records.Money{Amount: got}).Decimal(); s != tt.again {
			t.Errorf("%q is written %q, want %q", tt.in, s, tt.again)
		}
	}
	for _, in := range []string{"x", "1.00001", "900000000000000.1", "1e15", "1e999", "1e", ".", "-", "--1", "1,5", "NaN", "Inf", "0x10", "1_000", "٣", "1e-9"} {
		if got, err := records.ParseAmount("value", in); err == nil {
			t.Errorf("%q was taken as %d, want a refusal", in, got)
		}
	}
}

func TestMoneyInWords(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		m    records.Money
		want string
	}{
		{records.Units(1_234_567, "EUR"), "€1,234,567"}, {records.Money{Amount: 4_805_000, Currency: "USD"}, "$480.50"},
		{records.Money{Amount: -10_001, Currency: "CHF"}, "-CHF 1.0001"}, {records.Units(100, "JPY"), "¥100"},
	} {
		if got := tt.m.Text(); got != tt.want {
			t.Errorf("got %q, want %q", got, tt.want)
		}
	}
	if got := records.Units(480, "EUR").Share(25); got != records.Units(120, "EUR") {
		t.Errorf("a quarter of 480 is %v", got)
	}
}

// spec: rest.money.currency
func TestCurrencies(t *testing.T) {
	t.Parallel()
	if c, ok := records.CurrencyOf("JPY"); !ok || c.Places != 0 || c.Symbol != "¥" {
		t.Errorf("got %v, %v", c, ok)
	}
	for _, code := range []string{"", "eur", "EURO", "XXX"} {
		if _, ok := records.CurrencyOf(code); ok {
			t.Errorf("%q is a currency", code)
		}
	}
}
