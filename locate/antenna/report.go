package antenna

import (
	"cmp"
	"fmt"
	"slices"
)

// maxValues is how many different wrong values a report tells apart; more are counted together by field.
const maxValues = 10_000

// Report says what is wrong with a plan. It is for whoever keeps the plan, never published.
type Report struct {
	Rows    int      // read
	Kept    int      // cells
	Counts  []Count  // by field and flag, in that order
	Errors  []Error  // by value, most frequent first
	Ignored []string // columns of the file that are no fields of a plan
}

// Count is how often a flag was raised for a field.
type Count struct {
	Field, Flag string
	Count       int
}

// Error is one wrong value, how often it came and the line on which it did first, of which file where the
// plan has several (0 and "" for duplicates).
type Error struct {
	Flag
	Count, Row int
	File       string
}

// String says the error in words.
func (e Error) String() string {
	what := fmt.Sprintf("got %.40q, want %s", e.Value, wanted(e.Field))
	switch e.Flag.Flag {
	case Null:
		what = "got nothing, want " + wanted(e.Field)
	case Duplicate:
		return fmt.Sprintf("column %s: %d more rows of %.40q; the latest start counts", e.Field, e.Count, e.Value)
	}
	in := ""
	if e.File != "" {
		in = e.File + ": "
	}
	return fmt.Sprintf("%srow %d, column %s: %s (%d times)", in, e.Row, e.Field, what, e.Count)
}

// wanted says what a field holds.
func wanted(field string) string {
	switch field {
	case fieldID:
		return "the id of the cell"
	case fieldLat, fieldLon:
		return "degrees inside the box of the plan"
	case fieldDirectional:
		return "0 (omnidirectional) or 1"
	case fieldAzimuth, fieldHBeam, fieldVBeam:
		return "degrees from 0 to 360"
	case fieldTilt:
		return "degrees from -90 to 90"
	case fieldHeight:
		return "metres above 0"
	case fieldTechnology:
		return "5G, LTE, UMTS or GSM"
	case fieldType:
		return "macrocell, microcell, picocell or femtocell"
	case fieldStart, fieldEnd:
		return "a local time such as 2024-01-01T00:00:00"
	case fieldDates:
		return "a start that is not after the end"
	}
	return "a number that is not below 0"
}

// MostFrequent lists the fewest errors that together make the given share, in percent, of all.
func (r Report) MostFrequent(percent float64) []Error {
	total, sum := 0, 0
	for _, e := range r.Errors {
		total += e.Count
	}
	for i, e := range r.Errors {
		if sum += e.Count; float64(sum)*100 >= percent*float64(total) {
			return r.Errors[:i+1]
		}
	}
	return r.Errors
}

// ReferenceMostFrequent is the list as the European reference pipeline makes it, for comparison with it alone: all errors
// whose cumulative share is at most the given one, and one more.
func (r Report) ReferenceMostFrequent(percent float64) []Error {
	total, sum := 0, 0
	for _, e := range r.Errors {
		total += e.Count
	}
	for i, e := range r.Errors {
		if sum += e.Count; float64(sum)*100 > percent*float64(total) {
			return r.Errors[:i+1]
		}
	}
	return r.Errors
}

// First lists the k most frequent errors.
func (r Report) First(k int) []Error { return r.Errors[:min(k, len(r.Errors))] }

// firstFatal is the most frequent error that drops rows.
func (r Report) firstFatal() string {
	for _, e := range r.Errors {
		switch e.Field {
		case fieldID, fieldLat, fieldLon, fieldDirectional, fieldAzimuth:
			return "; " + e.String()
		}
	}
	return ""
}

// counter counts flags while a plan is read.
type counter struct {
	report Report
	fields map[Flag]int // with an empty value
	values map[Flag]*Error
}

func newCounter() *counter {
	return &counter{fields: make(map[Flag]int), values: make(map[Flag]*Error)}
}

func (c *counter) add(flag Flag, file string, line int) {
	c.fields[Flag{Field: flag.Field, Flag: flag.Flag}]++
	e, ok := c.values[flag]
	if !ok && len(c.values) >= maxValues {
		flag.Value = "(other values)"
		e, ok = c.values[flag]
	}
	if !ok {
		e = &Error{Flag: flag, Row: line, File: file}
		c.values[flag] = e
	}
	e.Count++
}

func (c *counter) finish(kept int) Report {
	r := c.report
	r.Kept = kept
	for flag, n := range c.fields {
		r.Counts = append(r.Counts, Count{flag.Field, flag.Flag, n})
	}
	slices.SortFunc(r.Counts, func(a, b Count) int { return cmp.Or(cmp.Compare(a.Field, b.Field), cmp.Compare(a.Flag, b.Flag)) })
	for _, e := range c.values {
		r.Errors = append(r.Errors, *e)
	}
	slices.SortFunc(r.Errors, func(a, b Error) int {
		return cmp.Or(cmp.Compare(b.Count, a.Count), cmp.Compare(a.Field+"="+a.Value, b.Field+"="+b.Value), cmp.Compare(a.Flag.Flag, b.Flag.Flag))
	})
	return r
}
