package throng

import (
	"fmt"
	"strconv"
)

// Unknown is the code of "not known" in every breakdown: a category of its own, never a dropped row.
const Unknown = "U"

// Other is the code of everything that a public domain list does not name.
const Other = "other"

// Genders are the codes of gender in their order.
var Genders = []string{"F", "M", Unknown}

// Bands are age bands by their lower bounds in years, ascending from 0.
type Bands []int

// DefaultBands are the bands of the demo and of contracts that name none.
var DefaultBands = Bands{0, 18, 25, 45, 65}

// Check refuses bounds that do not ascend from 0.
func (b Bands) Check() error {
	if len(b) == 0 || b[0] != 0 {
		return fmt.Errorf("age bands: got %v, want lower bounds that begin with 0, such as [0, 18, 25, 45, 65]", []int(b))
	}
	for i := 1; i < len(b); i++ {
		if b[i] <= b[i-1] {
			return fmt.Errorf("age bands: %d follows %d; bounds ascend", b[i], b[i-1])
		}
	}
	return nil
}

// Codes names the bands "0-17", "18-24", ..., "65+" and then Unknown.
func (b Bands) Codes() []string {
	codes := make([]string, 0, len(b)+1)
	for i, from := range b {
		if i+1 < len(b) {
			codes = append(codes, strconv.Itoa(from)+"-"+strconv.Itoa(b[i+1]-1))
		} else {
			codes = append(codes, strconv.Itoa(from)+"+")
		}
	}
	return append(codes, Unknown)
}

// Of returns the index in Codes of an age in years; ages below 0 or above 130 are Unknown.
func (b Bands) Of(age int) int {
	if age < 0 || age > 130 {
		return len(b)
	}
	for i := len(b) - 1; i > 0; i-- {
		if age >= b[i] {
			return i
		}
	}
	return 0
}

// Classes are the public code lists of the breakdowns of one feed. Every list ends with Unknown or Other; nothing
// outside a list is ever published.
type Classes struct {
	Gender []string // Genders
	Age    []string // Bands.Codes
	Origin []string // groups of regions and countries with at least 100,000 residents each (privacy.md, section 27)

	// Region are the finer groups of tables by day or longer: provinces and single countries with at least 100,000 residents
	// each. Nil: the same as Origin.
	Region []string
	// Finest lists what a pseudonym's origin can be: of each, its group in Origin and in Region. Nil: the groups of Origin.
	Finest []OriginOf
}

// OriginOf says to which groups one origin belongs, as indexes into Classes.Origin and Classes.Region.
type OriginOf struct{ Origin, Region uint16 }

// Origins is the number of origins that a pseudonym can have; the last but one is Other, the last Unknown.
func (c Classes) Origins() int {
	if c.Finest == nil {
		return len(c.Origin)
	}
	return len(c.Finest)
}

// OriginAt is the index in Origin of a pseudonym's origin.
func (c Classes) OriginAt(origin uint16) int {
	if c.Finest == nil {
		return int(origin)
	}
	return int(c.Finest[origin].Origin)
}

// Regions are the codes of Region.
func (c Classes) Regions() []string {
	if c.Region == nil {
		return c.Origin
	}
	return c.Region
}

// RegionAt is the index in Regions of a pseudonym's origin.
func (c Classes) RegionAt(origin uint16) int {
	if c.Finest == nil {
		return int(origin)
	}
	return int(c.Finest[origin].Region)
}
