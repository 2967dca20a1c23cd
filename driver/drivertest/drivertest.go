// Package drivertest holds the suite that every driver passes: the same tables before the noise, bit for bit, under any
// division of the work.
package drivertest

import (
	"context"
	"fmt"
	"io"
	"math/rand/v2"
	"slices"
	"testing"
	"time"

	"github.com/throng-stats/throng"
	"github.com/throng-stats/throng/event"
	"github.com/throng-stats/throng/feed"
	"github.com/throng-stats/throng/locate"
)

// Scenario is an input in memory: a small ground and the rows of some days.
type Scenario struct {
	Seed    uint64
	Periods []throng.Period
	Ground  *locate.Ground
	Classes throng.Classes
	Trips   bool
	Sales   bool // rows are tickets, purchases, cases or reports; of months where Month is set, else of days
	Month   bool
	Net     bool // refunds count below zero, and cells with few businesses are merged
	Rows    []Row
}

// Row is one row of a scenario, already behind the door.
type Row struct {
	Unit        uint64
	Time, End   int64
	Place, To   uint32
	SIM, Origin uint16
	Network     uint32
	Bad         event.Bad
	Sale        event.Sale
}

// Division says how the work is cut; nothing of it may change a table.
type Division struct {
	Shards, Workers, Batch, Files int
	Memory                        int64
	Shuffle                       uint64 // seed of the order of rows, 0: as they are
}

// String names the division.
func (d Division) String() string {
	return fmt.Sprintf("%d shards, %d workers, %d files, batches of %d, %d bytes, order %d", d.Shards, d.Workers, d.Files, d.Batch, d.Memory, d.Shuffle)
}

// Driver runs a scenario under a division and returns the keyed digest of each table, by "period/product/table". The key
// of the digests is fixed.
type Driver func(t *testing.T, s *Scenario, d Division) map[string]string

// Run is the suite: one seed, many divisions, one answer.
func Run(t *testing.T, seed uint64, driver Driver) {
	for name, s := range map[string]*Scenario{"events": New(seed, false), "trips": New(seed, true), "sales": NewSales(seed, false, false), "sales-month": NewSales(seed, true, true)} {
		t.Run(fmt.Sprintf("%s/seed=%d", name, seed), func(t *testing.T) {
			want := driver(t, s, Division{Shards: 1, Workers: 1, Batch: 1000, Files: 1, Memory: 1 << 30})
			for _, d := range []Division{
				{Shards: 2, Workers: 2, Batch: 17, Files: 3, Memory: 1 << 30, Shuffle: seed + 1},
				{Shards: 7, Workers: 1, Batch: 1, Files: 1, Memory: 1 << 30, Shuffle: seed + 2},
				{Shards: 7, Workers: 4, Batch: 4096, Files: 9, Memory: 0, Shuffle: seed + 3},
				{Shards: 64, Workers: 3, Batch: 100, Files: 5, Memory: 20_000, Shuffle: seed + 4},
			} {
				got := driver(t, s, d)
				for table, digest := range want {
					if got[table] != digest {
						t.Errorf("seed %d: %s differs with %s", seed, table, d)
					}
				}
				if len(got) != len(want) {
					t.Errorf("seed %d: %d tables with %s, want %d", seed, len(got), d, len(want))
				}
			}
		})
	}
}

// New invents a scenario of two days around a clock change, with everything that a feed can do wrong.
func New(seed uint64, trips bool) *Scenario {
	r := rand.New(rand.NewPCG(seed, 7))
	paris, err := time.LoadLocation("Europe/Paris")
	if err != nil {
		paris = time.FixedZone("+1", 3600)
	}
	s := &Scenario{Seed: seed, Ground: Ground(24), Trips: trips,
		Classes: throng.Classes{Gender: throng.Genders, Age: throng.DefaultBands.Codes(), Origin: []string{"home", "abroad", throng.Other, throng.Unknown}}}
	for _, day := range []string{"2026-03-28", "2026-03-29"} {
		p, _ := throng.DayOf(day, paris)
		s.Periods = append(s.Periods, p)
	}
	for range 120 {
		s.unit(r, r.Uint64()|1)
	}
	return s
}

// Ground is a chain of n places, each its own leaf; three leaves a block, two blocks an area, four places a zone.
func Ground(n int) *locate.Ground {
	g := &locate.Ground{}
	var zones []throng.Zone
	for i := range (n + 3) / 4 {
		zones = append(zones, throng.Zone{ID: fmt.Sprintf("z%02d", i), Level: 1})
	}
	g.Zones, _ = throng.NewZones(zones)
	for i := range n {
		g.Places = append(g.Places, locate.Place{ID: fmt.Sprintf("p%03d", i), Lat: 48 + float64(i)*.02, Lon: 2, Until: 1 << 60, Leaf: int32(i), Zone: int32(i / 4)})
		g.Tree.Leaves = append(g.Tree.Leaves, throng.Leaf{ID: fmt.Sprintf("l%03d", i), Block: i / 3, Zone: i / 4})
		near := []uint32{}
		for k := max(0, i-1); k <= min(n-1, i+1); k++ {
			near = append(near, uint32(k))
		}
		g.Near = append(g.Near, near)
	}
	for i := range (n + 2) / 3 {
		g.Tree.Blocks = append(g.Tree.Blocks, throng.Block{ID: fmt.Sprintf("b%02d", i), Up: i / 2})
	}
	for i := range (len(g.Tree.Blocks) + 1) / 2 {
		g.Tree.Areas = append(g.Tree.Areas, throng.Block{ID: fmt.Sprintf("a%02d", i), Up: -1})
	}
	g.Index()
	return g
}

// unit adds the rows of one unit: a walk over the chain with silences, repetitions, jumps and times outside the days.
func (s *Scenario) unit(r *rand.Rand, unit uint64) {
	at, place, sim := s.Periods[0].Start-3600e3, r.IntN(24), uint16([]int{0, 208, 208, 310}[r.IntN(4)])
	for range r.IntN(60) {
		at += r.Int64N(100) * r.Int64N(100) * 1000
		place = max(0, min(23, place+r.IntN(5)-2))
		row := Row{Unit: unit, Time: at, Place: uint32(place), SIM: sim, Origin: event.NoOrigin}
		switch r.IntN(20) {
		case 0:
			row.Place = uint32(r.IntN(24)) // a jump
		case 1:
			row.Place, row.Bad = event.NoPlace, event.UnknownPlace
		case 2:
			row.Place, row.Network, row.Bad = event.NoPlace, 26201, event.NullPlace // abroad
		case 3:
			row.Bad = event.BadTime
		}
		if s.Trips {
			row.Unit, row.Network, row.SIM = r.Uint64()|1, 0, 0
			row.End, row.To, row.Origin = at+r.Int64N(7200e3)-60e3, uint32(r.IntN(24)), uint16(r.IntN(3))
		}
		s.Rows = append(s.Rows, row)
		if r.IntN(10) == 0 {
			s.Rows = append(s.Rows, row) // a duplicate
		}
	}
}

// Parts cuts the rows into files as a division says.
func (s *Scenario) Parts(d Division) []feed.Part {
	rows := slices.Clone(s.Rows)
	if d.Shuffle != 0 {
		rand.New(rand.NewPCG(d.Shuffle, 0)).Shuffle(len(rows), func(i, j int) { rows[i], rows[j] = rows[j], rows[i] })
	}
	var parts []feed.Part
	for i := range d.Files {
		lo, hi := i*len(rows)/d.Files, (i+1)*len(rows)/d.Files
		parts = append(parts, part{rows[lo:hi], d.Batch, s.Trips, s.Sales})
	}
	return parts
}

// Attr gives each unit attributes that depend on nothing but itself.
func (s *Scenario) Attr(unit uint64, _ uint16, inbound bool) event.Attr {
	if inbound {
		return event.Attr{Gender: 2, Age: uint8(len(s.Classes.Age) - 1), Origin: 1}
	}
	return event.Attr{Gender: uint8(unit >> 8 % 3), Age: uint8(unit >> 16 % 6), Origin: uint16(unit >> 24 % 4)}
}

type part struct {
	rows  []Row
	batch int
	trips bool
	sales bool
}

// Name of the part.
func (p part) Name() string { return "rows in memory" }

// Bytes of the part.
func (p part) Bytes() int64 { return int64(len(p.rows)) }

// Rows of the part.
func (p part) Rows() int64 { return int64(len(p.rows)) }

// Open begins to read.
func (p part) Open(context.Context) (feed.Reader, error) { return &reader{part: p}, nil }

type reader struct {
	part
	at int
}

// Close does nothing.
func (r *reader) Close() error { return nil }

// Read hands out the next batch.
func (r *reader) Read(ctx context.Context, b *event.Batch) (func(), error) {
	b.Reset()
	if r.at == len(r.rows) {
		return nil, io.EOF
	}
	for ; r.at < len(r.rows) && b.Len() < r.batch; r.at++ {
		row := r.rows[r.at]
		b.Unit, b.Time, b.Place, b.Bad = append(b.Unit, row.Unit), append(b.Time, row.Time), append(b.Place, row.Place), append(b.Bad, row.Bad)
		if r.sales {
			appendSale(b, row.Sale)
		} else if r.trips {
			b.End, b.To, b.Origin = append(b.End, row.End), append(b.To, row.To), append(b.Origin, row.Origin)
		} else {
			b.SIM, b.Network = append(b.SIM, row.SIM), append(b.Network, row.Network)
		}
	}
	return func() {}, nil
}
