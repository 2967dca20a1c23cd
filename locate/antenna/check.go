package antenna

import (
	"math"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"
)

// Fields of a cell plan, in the order of the standards, section 9.2.
const (
	fieldID          = "cell_id"
	fieldLat         = "latitude"
	fieldLon         = "longitude"
	fieldSite        = "site_id"
	fieldAltitude    = "altitude"
	fieldHeight      = "antenna_height"
	fieldDirectional = "directionality"
	fieldAzimuth     = "azimuth_angle"
	fieldTilt        = "elevation_angle"
	fieldHBeam       = "horizontal_beam_width"
	fieldVBeam       = "vertical_beam_width"
	fieldPower       = "power"
	fieldRange       = "range"
	fieldFrequency   = "frequency"
	fieldTechnology  = "technology"
	fieldType        = "cell_type"
	fieldStart       = "valid_date_start"
	fieldEnd         = "valid_date_end"
	fieldDates       = "dates" // of flags alone: start and end together
)

var planFields = []string{fieldID, fieldLat, fieldLon, fieldSite, fieldAltitude, fieldHeight, fieldDirectional, fieldAzimuth,
	fieldTilt, fieldHBeam, fieldVBeam, fieldPower, fieldRange, fieldFrequency, fieldTechnology, fieldType, fieldStart, fieldEnd}

// What can be wrong with a value.
const (
	Null       = "NULL"       // empty
	Unparsable = "UNPARSABLE" // no number, no date
	OutOfRange = "RANGE"      // outside what is possible
	Duplicate  = "DUPLICATE"  // a second row of the same id
)

// Flag is one thing that is wrong with one row.
type Flag struct{ Field, Flag, Value string }

// checker checks the fields of one row; flags gathers what is wrong.
type checker struct {
	opt    PlanOptions
	at     map[string]int
	record []string
	flags  []Flag
}

// row checks all fields. The row is kept when id, position, directionality and azimuth are without error; other values
// that are wrong become missing. A column that the file lacks is missing without a flag.
func (c *checker) row() (cell Cell, keep bool) {
	cell = NewCell("", math.NaN(), math.NaN())
	cell.ID = c.id()
	south := c.opt.Box.Min[1]
	if c.opt.Reference {
		south = -90
	}
	cell.Lat = c.number(fieldLat, south, c.opt.Box.Max[1])
	cell.Lon = c.longitude()
	cell.Site, _ = c.text(fieldSite)
	directional, known := c.directional()
	cell.Directional = directional
	if directional {
		cell.Azimuth = c.number(fieldAzimuth, 0, 360)
		known = known && !math.IsNaN(cell.Azimuth)
	}
	cell.From, cell.Until = c.dates()
	cell.Altitude = c.number(fieldAltitude, math.Inf(-1), math.Inf(1))
	cell.Height = c.number(fieldHeight, math.SmallestNonzeroFloat64, math.Inf(1))
	cell.Tilt = c.number(fieldTilt, -90, 90)
	cell.HBeam = c.number(fieldHBeam, 0, 360)
	cell.VBeam = c.number(fieldVBeam, 0, 360)
	cell.Power = c.number(fieldPower, 0, math.Inf(1))
	cell.Range = c.number(fieldRange, 0, math.Inf(1))
	cell.Frequency = c.number(fieldFrequency, 0, math.Inf(1))
	cell.Technology = c.oneOf(fieldTechnology, "5G", "LTE", "UMTS", "GSM")
	cell.Type = c.oneOf(fieldType, macrocell, microcell, picocell, femtocell)
	return cell, cell.ID != "" && !math.IsNaN(cell.Lat) && !math.IsNaN(cell.Lon) && known
}

// text is the value of a field, and whether the file has the column.
func (c *checker) text(field string) (string, bool) {
	i, ok := c.at[field]
	if !ok {
		return "", false
	}
	return strings.TrimSpace(c.record[i]), true
}

func (c *checker) flag(field, flag, value string) {
	c.flags = append(c.flags, Flag{field, flag, value})
}

// value is the text of a field that is there; an empty one is flagged.
func (c *checker) value(field string) (string, bool) {
	text, has := c.text(field)
	if has && text == "" {
		c.flag(field, Null, "")
	}
	return text, text != ""
}

func (c *checker) id() string {
	id, ok := c.value(fieldID)
	if !ok {
		return ""
	}
	if n := utf8.RuneCountInString(id); c.opt.LongIDs && n != 14 && n != 15 || n > 200 {
		c.flag(fieldID, OutOfRange, id)
		return ""
	}
	return id
}

// parse reads a number; NaN when there is none.
func (c *checker) parse(field string) (float64, string) {
	text, ok := c.value(field)
	if !ok {
		return math.NaN(), ""
	}
	v, err := strconv.ParseFloat(text, 64)
	if err != nil || math.IsNaN(v) || math.IsInf(v, 0) {
		c.flag(field, Unparsable, text)
		return math.NaN(), ""
	}
	return v, text
}

func (c *checker) number(field string, low, high float64) float64 {
	v, text := c.parse(field)
	if v < low || v > high {
		c.flag(field, OutOfRange, text)
		return math.NaN()
	}
	return v
}

// longitude may lie in a box that crosses the antimeridian.
func (c *checker) longitude() float64 {
	low, high := c.opt.Box.Min[0], c.opt.Box.Max[0]
	if c.opt.Reference {
		low = -180
	}
	v, text := c.parse(fieldLon)
	inside := v >= low && v <= high
	if low > high {
		inside = v >= low || v <= high
	}
	if math.IsNaN(v) || inside && math.Abs(v) <= 180 {
		return v
	}
	c.flag(fieldLon, OutOfRange, text)
	return math.NaN()
}

// directional reads 0 or 1. Without the column every cell is omnidirectional.
func (c *checker) directional() (directional, known bool) {
	if _, has := c.text(fieldDirectional); !has {
		return false, true
	}
	v := c.number(fieldDirectional, 0, 1)
	if v > 0 && v < 1 {
		text, _ := c.text(fieldDirectional)
		c.flag(fieldDirectional, OutOfRange, text)
		return false, false
	}
	return v == 1, v == 0 || v == 1
}

func (c *checker) oneOf(field string, words ...string) string {
	text, ok := c.value(field)
	if !ok {
		return ""
	}
	if !slices.Contains(words, text) {
		c.flag(field, OutOfRange, text)
		return ""
	}
	return text
}

// dates reads the validity. An empty end means open, though it is counted.
func (c *checker) dates() (from, until int64) {
	start, hasStart := c.date(fieldStart)
	end, hasEnd := c.date(fieldEnd)
	from, until = 0, math.MaxInt64
	if hasStart && hasEnd && start > end {
		c.flag(fieldDates, OutOfRange, "")
		return from, until
	}
	if hasStart {
		from = start
	}
	if hasEnd {
		until = end
	}
	return from, until
}

func (c *checker) date(field string) (int64, bool) {
	const layout = "2006-01-02T15:04:05"
	text, ok := c.value(field)
	if !ok {
		return 0, false
	}
	t, err := time.ParseInLocation(layout, text, c.opt.Clock)
	if err != nil || len(text) != len(layout) {
		c.flag(field, Unparsable, text)
		return 0, false
	}
	return t.UnixMilli(), true
}
