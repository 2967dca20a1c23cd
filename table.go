package throng

import (
	"fmt"
	"slices"
)

// Names of dimensions, as they stand in files and in the API.
const (
	DimZone   = "zone"
	DimZone2  = "zone2" // destination
	DimTime   = "time"
	DimGender = "gender"
	DimAge    = "age"
	DimOrigin = "origin"
	DimRole   = "role"

	DimPurpose = "purpose"   // of a trip: why people go there
	DimCountry = "country"   // visited, where DimOrigin is where people are from
	DimKind    = "direction" // of a journey: inbound, domestic or outbound
	DimNights  = "nights"    // of a journey: its length, in classes

	DimCategory  = "category"  // of what is bought or reported
	DimChannel   = "channel"   // over which it was bought
	DimAuthority = "authority" // public body that a case is about
	DimReason    = "reason"    // of a case or report
	DimCurrency  = "currency"  // ISO 4217
	DimAmount    = "amount"    // in classes (Amounts): what a unit spends in a period, or days that a case waits
)

// Dimensions lists all of them, in the order in which files have them as columns.
func Dimensions() []string {
	return []string{DimZone, DimZone2, DimTime, DimGender, DimAge, DimOrigin, DimRole, DimPurpose, DimCountry, DimKind, DimNights,
		DimCategory, DimChannel, DimAuthority, DimReason, DimCurrency, DimAmount}
}

// Levels of ground on which the zone dimension of a table can lie.
const (
	LevelLeaf  = "leaf"
	LevelBlock = "block"
	LevelArea  = "area"
	LevelZone  = "zone"
)

// Dim is one dimension of a table: a public list of codes, known before any data are read.
type Dim struct {
	Name  string   // DimZone, DimTime, ...
	Level string   // of a zone dimension: LevelLeaf, LevelBlock, LevelArea or LevelZone
	Codes []string // in the order of the cells
}

// Shape is the public domain of a table: all combinations of its codes, each a cell, whether anybody is in it or not.
// Cells are numbered row by row, the last dimension fastest.
type Shape struct {
	Name string // "total", "gender", "age", "origin", "role", or what a product calls its table, such as "home-work"
	Dims []Dim
}

// Cells is the number of cells.
func (s Shape) Cells() int {
	n := 1
	for _, d := range s.Dims {
		n *= len(d.Codes)
	}
	return n
}

// Cell returns the number of the cell at the given index of each dimension.
func (s Shape) Cell(at ...int) uint64 {
	if len(at) != len(s.Dims) {
		panic(fmt.Sprintf("throng: table %s has %d dimensions, got %d indexes", s.Name, len(s.Dims), len(at)))
	}
	cell := 0
	for i, d := range s.Dims {
		if at[i] < 0 || at[i] >= len(d.Codes) {
			panic(fmt.Sprintf("throng: index %d of dimension %s of table %s is outside its %d codes", at[i], d.Name, s.Name, len(d.Codes)))
		}
		cell = cell*len(d.Codes) + at[i]
	}
	return uint64(cell)
}

// At writes the index of each dimension of a cell into the slice, which has one place a dimension.
func (s Shape) At(cell uint64, into []int) {
	rest := int(cell)
	for i := len(s.Dims) - 1; i >= 0; i-- {
		n := len(s.Dims[i].Codes)
		into[i], rest = rest%n, rest/n
	}
}

// Dim returns the dimension of that name, or false.
func (s Shape) Dim(name string) (Dim, bool) {
	i := slices.IndexFunc(s.Dims, func(d Dim) bool { return d.Name == name })
	if i < 0 {
		return Dim{}, false
	}
	return s.Dims[i], true
}
