package trade

import (
	"fmt"
	"slices"
	"testing"

	"github.com/throng-stats/throng/synth/city"
	"github.com/throng-stats/throng/synth/dice"
	"github.com/throng-stats/throng/synth/people"
)

// bare is a maker of a world of nothing: months of 30 days, days of 24 hours.
func bare(days int) *Maker {
	w := &World{Seed: 1, Days: days, Month: func(day int) int16 { return int16((day + 60) / 30) }, At: func(day int, second int32) int64 { return int64(day)*86400e3 + int64(second)*1000 }}
	return &Maker{w: w, d: dice.New(1), Book: Book{}}
}

// lines writes a book as table period zone code: true within, summed over the rest.
func lines(b Book) (out []string) {
	sums := map[string]Value{}
	for c, v := range b {
		name := fmt.Sprintf("%d p%d z%d c%d", c.Table, c.Period, c.Zone, c.Code[0])
		sums[name] = Value{sums[name].True + v.True, sums[name].Within + v.Within}
	}
	for name, v := range sums {
		out = append(out, fmt.Sprintf("%s: %d %d", name, v.True, v.Within))
	}
	slices.Sort(out)
	return out
}

// TestSpend: two rows in a cell are 400.00 and 300.00, cut to 600.00 together; a row of another cell is typed too large,
// 590.00, so that 10.00 of 1,200.00 are left for the next; the fifth cell lies beyond the bound of four; a row without a pseudonym happened and is not read; what is given back counts
// as nothing, and what is cancelled did not happen.
func TestSpend(t *testing.T) {
	m := bare(30)
	rows := []Row{
		{Day: 0, Place: 1, Amount: 400_00}, {Day: 1, Place: 1, Amount: 300_00}, {Day: 2, Place: 2, Amount: 50_00, Typed: 590_00, Bad: Mistyped},
		{Day: 3, Place: 3, Amount: 10_00, Bad: NoUnit}, {Day: 4, Place: 3, Amount: 20_00, Code: [2]uint8{1}, Bad: NoSuchCode}, {Day: 5, Place: 4, Amount: 7_00},
		{Day: 6, Place: 5, Amount: 8_00}, {Day: 7, Place: 1, Amount: -100_00}, {Day: 8, Place: 6, Amount: 1, Gone: true},
	}
	m.spend(rows, 0, TicketBounds, func(*Row) bool { return true })
	want := []string{
		"0 p0 z1 c0: 70000 60000", "0 p0 z2 c0: 5000 59000", "0 p0 z3 c0: 1000 0", "0 p0 z3 c1: 2000 0", "0 p0 z3 c255: 0 1000", "0 p0 z4 c0: 700 0", "0 p0 z5 c0: 800 0",
		"1 p0 z1 c0: 1 1", "1 p0 z2 c0: 1 1", "1 p0 z3 c0: 1 0", "1 p0 z3 c1: 1 0", "1 p0 z3 c255: 0 1", "1 p0 z4 c0: 1 1", "1 p0 z5 c0: 1 0",
		"2 p0 z1 c0: 2 2", "2 p0 z2 c0: 1 1", "2 p0 z3 c0: 1 0", "2 p0 z3 c1: 1 0", "2 p0 z3 c255: 0 1", "2 p0 z4 c0: 1 1", "2 p0 z5 c0: 1 0",
	}
	if got := lines(m.Book); !slices.Equal(got, want) {
		t.Errorf("got\n%q, want\n%q", got, want)
	}
}

// TestJourneys: of one unit in a month four destinations count, 7 nights at each and 31 at all; flights have no nights.
func TestJourneys(t *testing.T) {
	m := bare(30)
	var rows []Row
	for place, nights := range []uint8{3, 20, 12, 9, 2} {
		rows = append(rows, Row{Begins: place, Until: int64(place), Place: int16(place)}, Row{Begins: place, Until: int64(place), Place: int16(place), Nights: nights})
	}
	m.bookJourneys(append(rows, Row{Begins: 40, Until: 40, Place: 1}))
	want := []string{"4 p2 z0 c0: 1 1", "4 p2 z1 c0: 1 1", "4 p2 z2 c0: 1 1", "4 p2 z3 c0: 1 1", "4 p2 z4 c0: 1 0",
		"5 p2 z0 c0: 3 3", "5 p2 z1 c0: 20 7", "5 p2 z2 c0: 12 7", "5 p2 z3 c0: 9 7", "5 p2 z4 c0: 2 0"}
	if got := lines(m.Book); !slices.Equal(got, want) {
		t.Errorf("got\n%q, want\n%q", got, want)
	}
}

// TestCustomer: a member is a customer where the first row of the month says, once, and there of each kind; who only gives back is none.
func TestCustomer(t *testing.T) {
	m := bare(60)
	m.bookCustomers([]Row{{Day: 0, Other: 3, Amount: 5}, {Day: 1, Other: 4, Amount: 5, Code: [2]uint8{1}}, {Day: 2, Other: 4, Amount: 5}, {Day: 40, Other: 4, Amount: -5}})
	want := []string{"6 p2 z3 c0: 1 1", "7 p2 z3 c0: 1 1", "7 p2 z3 c1: 1 1"}
	if got := lines(m.Book); !slices.Equal(got, want) {
		t.Errorf("got\n%q, want\n%q", got, want)
	}
}

// TestCaseBound: the same case twice in a month counts once, and the fifth cell not at all; two waits of it are two
// cells where they are of two classes.
func TestCaseBound(t *testing.T) {
	m := bare(60)
	m.bookCases([]Row{{Place: 1}, {Place: 1, Nights: 9}, {Place: 2}, {Place: 3}, {Place: 4}, {Place: 5}, {Day: 31, Place: 1}})
	want := []string{"12 p2 z1 c0: 1 1", "12 p2 z2 c0: 1 1", "12 p2 z3 c0: 1 1", "12 p2 z4 c0: 1 1", "12 p2 z5 c0: 1 0", "12 p3 z1 c0: 1 1",
		"13 p2 z1 c0: 2 2", "13 p2 z2 c0: 1 1", "13 p2 z3 c0: 1 1", "13 p2 z4 c0: 1 0", "13 p2 z5 c0: 1 0", "13 p3 z1 c0: 1 1"}
	if got := lines(m.Book); !slices.Equal(got, want) {
		t.Errorf("got\n%q, want\n%q", got, want)
	}
}

// TestDestinations: every country and home province has a fare, and is found from where a journey leads.
func TestDestinations(t *testing.T) {
	for i, c := range city.Countries {
		if at := destinationOf(people.Travel{Network: int32(c.Network), Zone: -1}); int(at) != i || Destinations[at].ID != c.Code || Destinations[at].fare == 0 {
			t.Errorf("%s is destination %d, %+v", c.Code, at, Destinations[max(at, 0)])
		}
	}
	for p := city.Home; p < city.Provinces; p++ {
		if at := destinationOf(people.Travel{Zone: city.HomeZone(p)}); Destinations[at].ID != city.ProvinceID(p) || Destinations[at].night == 0 {
			t.Errorf("%s is destination %d, %+v", city.ProvinceID(p), at, Destinations[at])
		}
	}
}
