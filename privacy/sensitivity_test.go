package privacy_test

import (
	"flag"
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/throng-stats/throng/driver/drivertest"
	"github.com/throng-stats/throng/driver/drivertest/embeddedtest"
)

var seed = flag.Uint64("seed", 1, "seed of the sensitivity test; 0 draws one")

func theSeed(t testing.TB) uint64 {
	s := *seed
	if s == 0 {
		s = rand.Uint64()
	}
	t.Logf("seed %d (repeat with -seed %d)", s, s)
	return s
}

// TestSensitivity is layer A of privacy.md, section 19: the real stages, noise off, with and without one unit. The squared
// difference is at most D2, and the difference is what the unit alone would have counted, so that nobody else noticed.
func TestSensitivity(t *testing.T) {
	first := theSeed(t)
	for seed := first; seed < first+8; seed++ {
		for _, trips := range []bool{false, true} {
			sensitivity(t, drivertest.New(seed, trips), seed)
		}
	}
}

func FuzzSensitivity(f *testing.F) {
	f.Add(uint64(1), false)
	f.Add(uint64(2), true)
	f.Fuzz(func(t *testing.T, seed uint64, trips bool) { sensitivity(t, drivertest.New(seed, trips), seed) })
}

func sensitivity(t *testing.T, s *drivertest.Scenario, seed uint64) {
	r := rand.New(rand.NewPCG(seed, 99))
	with := s.Rows
	if len(with) == 0 {
		return
	}
	unit := with[r.IntN(len(with))].Unit
	only, without := *s, *s
	only.Rows, without.Rows = nil, nil
	for _, row := range with {
		if row.Unit == unit {
			only.Rows = append(only.Rows, row)
		} else {
			without.Rows = append(without.Rows, row)
		}
	}
	d := drivertest.Division{Shards: 5, Workers: 2, Batch: 50, Files: 3, Memory: 1 << 30}
	all, less, one := embeddedtest.Tables(t, s, d), embeddedtest.Tables(t, &without, d), embeddedtest.Tables(t, &only, d)
	for p := range all {
		for i, c := range all[p] {
			for k, table := range c.Tables {
				name, d2 := c.Product+"/"+table.Shape.Name, table.D2()
				a, b, own := table.Noisy(zero), less[p][i].Tables[k].Noisy(zero), one[p][i].Tables[k].Noisy(zero)
				var norm uint64
				for cell := range a {
					diff := a[cell] - b[cell]
					norm += uint64(diff * diff)
					if diff != own[cell] {
						t.Fatalf("seed %d: %s: removing one unit changed what others count", seed, name)
					}
				}
				if norm > d2 {
					t.Fatalf("seed %d: %s: one unit and period changed the table by a squared norm of %d, want at most %d", seed, name, norm, d2)
				}
			}
		}
	}
}

func zero() int64 { return 0 }

// TestFloodAndPingPong: the units that try hardest stay within the bound too.
func TestFloodAndPingPong(t *testing.T) {
	s := drivertest.New(3, false)
	day := s.Periods[1]
	for i := range int64(12_000) { // every second another zone
		s.Rows = append(s.Rows, drivertest.Row{Unit: 77, Time: day.Start + i*7000, Place: uint32(i%6) * 4})
	}
	for i := range int64(90) { // a stay of twenty minutes in another zone, all day
		for k := range int64(3) {
			s.Rows = append(s.Rows, drivertest.Row{Unit: 78, Time: day.Start + i*16*60e3 + k*460e3, Place: uint32(i%6) * 4})
		}
	}
	for _, unit := range []uint64{77, 78} {
		only := *s
		only.Rows = slices.DeleteFunc(slices.Clone(s.Rows), func(r drivertest.Row) bool { return r.Unit != unit })
		for _, c := range embeddedtest.Tables(t, &only, drivertest.Division{Shards: 1, Workers: 1, Batch: 1000, Files: 1, Memory: 1 << 30})[1] {
			for _, table := range c.Tables {
				var norm, d2 int64
				d2 = int64(table.D2())
				for _, v := range table.Noisy(zero) {
					norm += v * v
				}
				if norm > d2 {
					t.Errorf("unit %d: %s/%s: squared norm %d, want at most %d", unit, c.Product, table.Shape.Name, norm, d2)
				}
			}
		}
	}
}
