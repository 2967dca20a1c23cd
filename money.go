package throng

import (
	"fmt"
	"regexp"
	"slices"
	"strconv"
	"strings"
)

// exponents are the currencies of ISO 4217 whose smallest unit is not a hundredth.
var exponents = map[string]int{
	"BIF": 0, "CLP": 0, "DJF": 0, "GNF": 0, "ISK": 0, "JPY": 0, "KMF": 0, "KRW": 0, "PYG": 0, "RWF": 0, "UGX": 0, "UYI": 0, "VND": 0, "VUV": 0,
	"XAF": 0, "XOF": 0, "XPF": 0,
	"BHD": 3, "IQD": 3, "JOD": 3, "KWD": 3, "LYD": 3, "OMR": 3, "TND": 3, "CLF": 4, "UYW": 4,
}

var currencyCode = regexp.MustCompile(`^[A-Z]{3}$`)

// IsCurrency reports whether a word is written like a code of ISO 4217: three capitals.
func IsCurrency(code string) bool { return currencyCode.MatchString(code) }

// Exponent is how many decimals the smallest unit of a currency has: 2 of EUR, 0 of JPY, 3 of KWD (ISO 4217).
func Exponent(currency string) int {
	if e, ok := exponents[currency]; ok {
		return e
	}
	return 2
}

// mostDigits keeps amounts far from the end of their integers.
const mostDigits = 15

// ParseAmount reads a decimal such as -12.50 as a whole number of the smallest unit, without rounding: with more decimals than
// the exponent it is refused, and so is anything but digits, one point and a sign before them.
func ParseAmount(text string, exponent int) (int64, error) {
	digits, negative := strings.CutPrefix(text, "-")
	whole, part, point := strings.Cut(digits, ".")
	if len(part) > exponent && strings.Trim(part[exponent:], "0") == "" {
		part = part[:exponent]
	}
	all := whole + part + strings.Repeat("0", max(0, exponent-len(part)))
	if whole == "" || point && digits[len(digits)-1] == '.' || len(part) > exponent || len(all) > mostDigits || strings.Trim(all, "0123456789") != "" {
		return 0, fmt.Errorf("amount: want a decimal of at most %d digits with at most %d of them after the point, such as 12%s", mostDigits, exponent, FormatAmount(0, exponent)[1:])
	}
	v, err := strconv.ParseInt(all, 10, 64)
	if negative {
		v = -v
	}
	return v, err
}

// FormatAmount writes a whole number of the smallest unit as a decimal: 1250 with exponent 2 is 12.50.
func FormatAmount(v int64, exponent int) string {
	sign := ""
	if v < 0 {
		sign, v = "-", -v
	}
	text := fmt.Sprintf("%0*d", exponent+1, v)
	if exponent == 0 {
		return sign + text
	}
	at := len(text) - exponent
	return sign + text[:at] + "." + text[at:]
}

// Amounts are the lower bounds of classes of what a unit spends in a period, ascending from 0, in the smallest unit of a
// currency. The last class is open.
type Amounts []int64

// Check refuses classes that do not ascend from 0.
func (a Amounts) Check() error {
	if len(a) < 2 || a[0] != 0 || !slices.IsSorted(a) || len(slices.Compact(slices.Clone(a))) != len(a) {
		return fmt.Errorf("got %d classes, want at least two that ascend from 0", len(a))
	}
	return nil
}

// Codes names the classes: "0.00-10.00", ..., "100.00+". The lower bound is in its class, the upper one in the next.
func (a Amounts) Codes(exponent int) []string {
	codes := make([]string, len(a))
	for i, low := range a {
		codes[i] = FormatAmount(low, exponent) + "+"
		if i+1 < len(a) {
			codes[i] = FormatAmount(low, exponent) + "-" + FormatAmount(a[i+1], exponent)
		}
	}
	return codes
}

// Of returns the class of an amount; what is below 0 is in the first.
func (a Amounts) Of(v int64) int {
	i, found := slices.BinarySearch(a, v)
	if found {
		return i
	}
	return max(0, i-1)
}
