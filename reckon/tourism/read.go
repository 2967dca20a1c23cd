package tourism

import (
	"encoding/csv"
	"fmt"
	"io"
	"math"
	"regexp"
	"slices"
	"strings"

	"github.com/throng-stats/throng"
	"github.com/throng-stats/throng/reckon/compare"
	"github.com/throng-stats/throng/release"
)

// Countries is a public table code,country: the country of an airport (IATA), of a place (UN/LOCODE, GTFS, UIC), of a zone, or of
// a code of a mobile network. Codes that it does not have are their own country (Of).
type Countries map[string]string

// ReadCountries reads the table.
func ReadCountries(from io.Reader) (Countries, error) {
	in := csv.NewReader(from)
	header, err := in.Read()
	code, country := slices.Index(header, "code"), slices.Index(header, "country")
	if err != nil || code < 0 || country < 0 {
		return nil, fmt.Errorf("tourism: countries: got the columns %.80q, want code,country", strings.Join(header, ","))
	}
	of := Countries{}
	for {
		row, err := in.Read()
		if err == io.EOF {
			return of, nil
		}
		if err != nil {
			return nil, fmt.Errorf("tourism: countries: %w", err)
		}
		line, _ := in.FieldPos(0)
		if _, twice := of[row[code]]; twice || row[code] == "" || row[country] == "" {
			return nil, fmt.Errorf("tourism: countries: line %d: %.40q stands there twice, or has no country", line, row[code])
		}
		of[row[code]] = row[country]
	}
}

// locode is a place of UN/LOCODE: the country, alpha-2 of ISO 3166, and three letters or digits.
var locode = regexp.MustCompile(`^[A-Z]{2}[A-Z2-9]{3}$`)

// Of is the country of a zone or code: as the table says, of the zone or of one above it; else the zone at the top above
// it; of a UN/LOCODE without one above its first two letters; else the code itself.
func (c Countries) Of(zones throng.Zones, code string) string {
	if country, ok := c[code]; ok {
		return country
	}
	z, ok := zones.Index(code)
	top := code
	for ok && zones.Parent(z) >= 0 {
		z = zones.Parent(z)
		top = zones.At(z).ID
		if country, ok := c[top]; ok {
			return country
		}
	}
	if top == code && locode.MatchString(code) {
		return code[:2]
	}
	return top
}

// Add adds the cells of a released estimate to numbers by key; cells with the key "" are left out. Zones above others are left out
// too, because they are sums: nothing is counted twice. The noise of cells is independent, so variances add.
func (n Numbers) Add(t release.Table, zones throng.Zones, factor float64, key func(codes map[string]string) string) {
	finest := map[string]bool{}
	for _, z := range zones.Finest() {
		finest[zones.At(z).ID] = true
	}
	at, codes := make([]int, len(t.Shape.Dims)), map[string]string{}
	for i, v := range t.Estimate {
		t.Shape.At(t.Cell(i), at)
		keep := true
		for k, d := range t.Shape.Dims {
			codes[d.Name] = d.Codes[at[k]]
			keep = keep && (d.Name != throng.DimZone || d.Level != throng.LevelZone || finest[codes[d.Name]])
		}
		if !keep {
			continue
		}
		if name := key(codes); name != "" {
			sum := n[name]
			n[name] = compare.Number{Value: sum.Value + v*factor, SD: math.Hypot(sum.SD, t.NoiseSD[i]*factor)}
		}
	}
}
