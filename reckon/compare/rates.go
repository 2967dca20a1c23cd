package compare

import (
	"encoding/csv"
	"fmt"
	"io"
	"math"
	"slices"
	"strconv"
	"strings"

	"github.com/throng-stats/throng"
)

// Rates are public rates of exchange: how much of one currency, the base, a unit of another is worth.
type Rates struct {
	Base string
	of   map[string]float64
}

// ReadRates reads a public table currency,rate: units of the base for one unit of the currency. The base itself is 1.
func ReadRates(base string, from io.Reader) (Rates, error) {
	r := Rates{base, map[string]float64{base: 1}}
	in := csv.NewReader(from)
	header, err := in.Read()
	code, rate := slices.Index(header, "currency"), slices.Index(header, "rate")
	if err != nil || code < 0 || rate < 0 {
		return r, fmt.Errorf("compare: rates: got the columns %.80q, want currency,rate", strings.Join(header, ","))
	}
	for {
		row, err := in.Read()
		if err == io.EOF {
			return r, nil
		}
		if err != nil {
			return r, fmt.Errorf("compare: rates: %w", err)
		}
		line, _ := in.FieldPos(0)
		v, err := strconv.ParseFloat(row[rate], 64)
		if !throng.IsCurrency(row[code]) || err != nil || !(v > 0) || math.IsInf(v, 1) {
			return r, fmt.Errorf("compare: rates: line %d: got %.20q at %.20q, want a code of ISO 4217 and a rate above 0", line, row[code], row[rate])
		}
		if _, twice := r.of[row[code]]; twice {
			return r, fmt.Errorf("compare: rates: line %d: %s stands there twice, or is the base", line, row[code])
		}
		r.of[row[code]] = v
	}
}

// Convert turns an amount in the smallest unit of a currency into units of the base, after the noise: a rate before it would
// multiply what one buyer can add. The rate is public and has no margin.
func (r Rates) Convert(currency string, amount Number) (Number, error) {
	rate, ok := r.of[currency]
	if !ok {
		return Number{}, fmt.Errorf("compare: there is no rate of %.10q in %s; add it to the table", currency, r.Base)
	}
	return amount.Times(rate / math.Pow10(throng.Exponent(currency))), nil
}
