package throng_test

import (
	"slices"
	"testing"

	"github.com/throng-stats/throng"
)

func TestParseAmount(t *testing.T) {
	for _, c := range []struct {
		text     string
		exponent int
		want     int64
		ok       bool
	}{
		{"12.50", 2, 1250, true}, {"-12.5", 2, -1250, true}, {"12", 2, 1200, true}, {"12.500", 2, 1250, true}, {"0", 2, 0, true},
		{"12", 0, 12, true}, {"12.0", 0, 12, true}, {"1.234", 3, 1234, true},
		{"12.505", 2, 0, false}, {"12.5", 0, 0, false}, {".50", 2, 0, false}, {"12.", 2, 0, false}, {"1e3", 2, 0, false}, {"", 2, 0, false},
		{"--1", 2, 0, false}, {"+1", 2, 0, false}, {"1.2.3", 2, 0, false}, {"1 000", 2, 0, false}, {"1,50", 2, 0, false}, {"12345678901234", 2, 0, false},
	} {
		got, err := throng.ParseAmount(c.text, c.exponent)
		if got != c.want && c.ok || (err == nil) != c.ok {
			t.Errorf("%q with exponent %d: got %d, %v", c.text, c.exponent, got, err)
		}
		if c.ok {
			if again, err := throng.ParseAmount(throng.FormatAmount(got, c.exponent), c.exponent); again != got || err != nil {
				t.Errorf("%d is written as %q and read as %d, %v", got, throng.FormatAmount(got, c.exponent), again, err)
			}
		}
	}
}

func TestExponent(t *testing.T) {
	for currency, want := range map[string]int{"EUR": 2, "CNY": 2, "JPY": 0, "KWD": 3, "CLF": 4} {
		if got := throng.Exponent(currency); got != want {
			t.Errorf("%s: got %d, want %d", currency, got, want)
		}
	}
	if !throng.IsCurrency("EUR") || throng.IsCurrency("eur") || throng.IsCurrency("EURO") {
		t.Error("EUR alone is written like a currency")
	}
}

func TestAmounts(t *testing.T) {
	a := throng.Amounts{0, 1000, 5000}
	if got := a.Codes(2); !slices.Equal(got, []string{"0.00-10.00", "10.00-50.00", "50.00+"}) {
		t.Errorf("got %q", got)
	}
	for v, want := range map[int64]int{-5: 0, 0: 0, 999: 0, 1000: 1, 4999: 1, 5000: 2, 1 << 40: 2} {
		if got := a.Of(v); got != want {
			t.Errorf("%d: class %d, want %d", v, got, want)
		}
	}
	for _, bad := range []throng.Amounts{nil, {0}, {1, 2}, {0, 2, 2}, {0, 3, 2}} {
		if bad.Check() == nil {
			t.Errorf("%v is accepted", bad)
		}
	}
}
