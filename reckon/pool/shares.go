package pool

import (
	"encoding/csv"
	"fmt"
	"io"
	"math"
	"slices"
	"strconv"
	"strings"
)

// AnyHolder is the name, in a table of shares, of all holders together.
const AnyHolder = "any"

// Share is a public share of the residents, above 0 and at most 1, with its standard deviation, NaN where it is not known.
type Share struct{ Value, SD float64 }

// Shares say which part of the residents is with each holder, and which part with one of them at least. They come from public
// data, never from the feeds.
type Shares struct {
	Of  map[string]Share // by holder: its name, or the id of its geographies
	Any Share            // who is with one of the holders at least; 0 where it is not known
}

// ReadShares reads a public table holder,share and, where it is known, sd. The row of the holder "any" tells the share of those
// who are with one of them at least; without it nothing is known about people who are with two.
func ReadShares(from io.Reader) (Shares, error) {
	out := Shares{Of: map[string]Share{}}
	in := csv.NewReader(from)
	header, err := in.Read()
	holder, share, sd := slices.Index(header, "holder"), slices.Index(header, "share"), slices.Index(header, "sd")
	if err != nil || holder < 0 || share < 0 {
		return out, fmt.Errorf("pool: shares: got the columns %.80q, want holder,share,sd", strings.Join(header, ","))
	}
	for {
		row, err := in.Read()
		if err == io.EOF {
			return out, out.check()
		}
		if err != nil {
			return out, fmt.Errorf("pool: shares: %w", err)
		}
		line, _ := in.FieldPos(0)
		one := Share{SD: math.NaN()}
		if one.Value, err = strconv.ParseFloat(row[share], 64); err != nil || !(one.Value > 0 && one.Value <= 1) {
			return out, fmt.Errorf("pool: shares: line %d: the share is %.20q, want a number above 0 and at most 1", line, row[share])
		}
		if sd >= 0 && row[sd] != "" {
			if one.SD, err = strconv.ParseFloat(row[sd], 64); err != nil || !(one.SD >= 0 && one.SD < 1) {
				return out, fmt.Errorf("pool: shares: line %d: the standard deviation is %.20q, want a number from 0 to 1", line, row[sd])
			}
		}
		if _, twice := out.Of[row[holder]]; twice || row[holder] == AnyHolder && out.Any.Value > 0 {
			return out, fmt.Errorf("pool: shares: line %d: %.40q stands there twice", line, row[holder])
		}
		if row[holder] == AnyHolder {
			out.Any = one
		} else {
			out.Of[row[holder]] = one
		}
	}
}

// check wants the share of all together to be possible: at least the largest, at most the sum.
func (s Shares) check() error {
	largest, sum := 0.0, 0.0
	for _, one := range s.Of {
		largest, sum = max(largest, one.Value), sum+one.Value
	}
	if any := s.Any.Value; any > 0 && (any < largest-1e-9 || any > sum+1e-9) {
		return fmt.Errorf("pool: shares: %g of the residents are with one holder at least; want at least the largest share, %g, and at most their sum, %g", any, largest, sum)
	}
	return nil
}

// of finds the share of a source.
func (s Shares) of(m source) (Share, bool) {
	if one, ok := s.Of[m.Manifest.Holder]; ok {
		return one, true
	}
	one, ok := s.Of[m.Manifest.Geo.ID]
	return one, ok
}

// overlap is the factor that takes people who are with two holders out of a sum: the share of those with one at least over the
// sum of the shares, with its standard deviation by the delta method, as if the shares erred independently; NaN where it is not
// known.
func (s Shares) overlap(of []Share) Share {
	sum, variance := 0.0, 0.0
	for _, one := range of {
		sum, variance = sum+one.Value, variance+one.SD*one.SD
	}
	f := s.Any.Value / sum
	return Share{f, f * math.Sqrt(s.Any.SD*s.Any.SD/(s.Any.Value*s.Any.Value)+variance/(sum*sum))}
}
