package feed

import (
	"encoding/binary"
	"errors"
	"fmt"
	"math/rand/v2"
	"sync"
	"testing"

	"github.com/dchest/siphash"

	"github.com/throng-stats/throng"
	"github.com/throng-stats/throng/event"
)

// pairedDays is a door of three days: two of one month, under one key, the last of the next.
func pairedDays() *Door {
	days := []throng.Period{{Name: "2026-02-27", Start: 0, End: 1000}, {Name: "2026-02-28", Start: 1000, End: 2000}, {Name: "2026-03-01", Start: 2000, End: 3000}}
	return NewDoor(days, [][16]byte{{1}, {1}, {2}}, [][]byte{[]byte("gone"), []byte("77")})
}

func pair(d *Door) *Door {
	d.Pair(0, [16]byte{10}, [16]byte{11})
	d.Pair(1, [16]byte{10}, [16]byte{11})
	d.Pair(2, [16]byte{11}, [16]byte{12})
	return d
}

// gateAt makes a gate that has read the times of a batch.
func gateAt(t *testing.T, d *Door, typ string, times []int64) (*Gate, *Field, *event.Batch) {
	t.Helper()
	opts := Options{Kind: Events, Columns: []Column{{Name: "u", As: "subscriber", Type: typ}, {Name: "t", As: "time", Type: "int"}, {Name: "c", As: "cell"}}}
	fields, err := opts.Fields()
	if err != nil {
		t.Fatal(err)
	}
	g, b := NewGate(opts, fields, somewhere(), d), &event.Batch{}
	g.Begin(b, 0, len(times))
	var unit *Field
	for _, f := range fields {
		switch f.role {
		case roleUnit:
			unit = f
		case roleTime:
			err = g.Ints(f, 0, times)
		}
	}
	if err != nil {
		t.Fatal(err)
	}
	return g, unit, b
}

// TestKin reads numbers, texts and a dictionary: every unit has the pseudonyms of its two pairs, those of one person meet
// in the pair of the two months and nowhere else, and people who opted out are in none.
func TestKin(t *testing.T) {
	number := func(key byte, v uint64) uint64 {
		return siphash.Hash(uint64(key), 0, append(binary.BigEndian.AppendUint64(nil, v), tagInt))
	}
	text := func(key byte, v string) uint64 { return siphash.Hash(uint64(key), 0, append([]byte(v), tagText)) }
	times := []int64{0, 1000, 2000, 500, 2500, -1}
	for name, c := range map[string]struct {
		give func(g *Gate, f *Field) error
		hash func(key byte) uint64
		typ  string
	}{
		"numbers": {func(g *Gate, f *Field) error { return g.Ints(f, 0, []int64{5, 5, 5, 77, 77, 5}) }, func(key byte) uint64 { return number(key, 5) }, "int"},
		"texts": {func(g *Gate, f *Field) (err error) {
			for i, v := range []string{"anna", "anna", "anna", "gone", "gone", "anna"} {
				err = errors.Join(err, g.Text(f, i, []byte(v)))
			}
			return err
		}, func(key byte) uint64 { return text(key, "anna") }, "text"},
		"dictionary": {func(g *Gate, f *Field) error {
			return g.Codes(f, 0, []int32{1, 1, 1, 0, 0, 1}, g.Lexicon(f, [][]byte{[]byte("gone"), []byte("anna")}))
		}, func(key byte) uint64 { return text(key, "anna") }, "text"},
	} {
		d := pair(pairedDays())
		g, unit, b := gateAt(t, d, c.typ, times)
		if err := c.give(g, unit); err != nil {
			t.Fatal(err)
		}
		for i, keys := range [][2]byte{{10, 11}, {10, 11}, {11, 12}} {
			before, after := d.Kin(i).Of(b.Unit[i])
			if b.Unit[i] == 0 || before != c.hash(keys[0]) || after != c.hash(keys[1]) {
				t.Errorf("%s: day %d: unit %x has %x and %x, want %x and %x", name, i, b.Unit[i], before, after, c.hash(keys[0]), c.hash(keys[1]))
			}
		}
		_, now := d.Kin(0).Of(b.Unit[0])
		then, _ := d.Kin(2).Of(b.Unit[2])
		if now != then || d.Kin(0) != d.Kin(1) || d.Kin(0).Len() != 1 || d.Kin(2).Len() != 1 {
			t.Errorf("%s: %d and %d units, and the months meet: %v", name, d.Kin(0).Len(), d.Kin(2).Len(), now == then)
		}
	}
}

// TestKinForgets: after Forget nothing is noted any more, what was noted stays, and a door without pairs knows nobody.
func TestKinForgets(t *testing.T) {
	d := pair(pairedDays())
	g, unit, b := gateAt(t, d, "int", []int64{0, 0})
	if err := g.Ints(unit, 0, []int64{5}); err != nil {
		t.Fatal(err)
	}
	first := b.Unit[0]
	d.Forget(0)
	if d.pairs[0].before != [2]uint64{} || d.pairs[0].after != [2]uint64{} {
		t.Error("a key of a pair is still there")
	}
	if err := g.Ints(unit, 1, []int64{6}); err != nil {
		t.Fatal(err)
	}
	if d.Kin(0).Len() != 1 {
		t.Errorf("%d units were noted, want 1", d.Kin(0).Len())
	}
	if before, after := d.Kin(0).Of(first); before == 0 || after == 0 {
		t.Error("what was noted is gone")
	}
	if before, after := d.Kin(0).Of(99); before != 0 || after != 0 || pairedDays().Kin(0) != nil {
		t.Error("somebody who was not seen has pseudonyms")
	}
	if before, after := pairedDays().Kin(0).Of(first); before != 0 || after != 0 {
		t.Error("a door without pairs knows somebody")
	}
}

// TestKinMany: many gates at once, many units each several times, with what was noted lately overwritten often.
func TestKinMany(t *testing.T) {
	const seed, units = 6, 30_000
	d := pair(pairedDays())
	var group sync.WaitGroup
	for k := range uint64(4) {
		times := make([]int64, BatchRows)
		for i := range times {
			times[i] = int64(i%3) * 1000 % 3000
		}
		g, unit, _ := gateAt(t, d, "int", times)
		group.Go(func() {
			r := rand.New(rand.NewPCG(seed, k))
			for range 12 {
				vs := make([]int64, BatchRows)
				for i := range vs {
					vs[i] = r.Int64N(units)
				}
				if err := g.Ints(unit, 0, vs); err != nil {
					t.Error(err)
				}
			}
		})
	}
	group.Wait()
	found := 0
	for v := range int64(units) {
		before, _ := d.Kin(0).Of(d.UnitInt(0, v))
		if before != 0 {
			found++
			if want := NewDoor(d.periods[:1], [][16]byte{{10}}, nil).UnitInt(0, v); before != want {
				t.Fatalf("number %d: got %x, want %x", v, before, want)
			}
		}
	}
	if found != d.Kin(0).Len() || found < units*9/10 {
		t.Errorf("%d of %d units are found, %d were noted", found, units, d.Kin(0).Len())
	}
}

// TestKinOfPeople: a list of people is not a sign of life.
func TestKinOfPeople(t *testing.T) {
	d := pair(pairedDays())
	opts := Options{Kind: Persons, Columns: []Column{{Name: "u", As: "subscriber", Type: "int"}}}
	fields, err := opts.Fields()
	if err != nil {
		t.Fatal(err)
	}
	g := NewPeopleGate(opts, fields, d, 1, Attributes{})
	var b event.Batch
	g.Begin(&b, 0, 2)
	if err := g.Ints(fields[0], 0, []int64{5, 6}); err != nil || b.Unit[0] == 0 {
		t.Fatal(fmt.Sprint(err, " or no unit"))
	}
	if n := d.Kin(1).Len(); n != 0 {
		t.Errorf("%d people were noted, want none", n)
	}
}
