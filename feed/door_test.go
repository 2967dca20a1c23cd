package feed

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"

	"github.com/dchest/siphash"

	"github.com/throng-stats/throng"
	"github.com/throng-stats/throng/event"
)

func twoDays() *Door {
	days := []throng.Period{{Name: "2026-02-02", Start: 0, End: 1000}, {Name: "2026-02-03", Start: 1000, End: 2000}}
	return NewDoor(days, [][16]byte{{1}, {2}}, [][]byte{[]byte("gone"), []byte("77"), []byte("0011223344556677")})
}

// TestHash9 compares the unrolled hash with the library's.
func TestHash9(t *testing.T) {
	random := rand.New(rand.NewPCG(3, 0))
	for range 1000 {
		k0, k1, m := random.Uint64(), random.Uint64(), random.Uint64()
		b := append(binary.LittleEndian.AppendUint64(nil, m), tagInt)
		if got, want := hash9(k0, k1, m, tagInt), siphash.Hash(k0, k1, b); got != want {
			t.Fatalf("got %x, want %x", got, want)
		}
	}
}

func TestDoorPseudonyms(t *testing.T) {
	d := twoDays()
	for ms, want := range map[int64]int{-1: -1, 0: 0, 999: 0, 1000: 1, 1999: 1, 2000: -1} {
		if got := d.Period(ms); got != want {
			t.Errorf("period of %d: got %d, want %d", ms, got, want)
		}
	}
	if d.UnitInt(0, 1) == d.Unit(0, []byte("1")) {
		t.Error("the number 1 and the text 1 have one pseudonym")
	}
	if d.UnitInt(0, 1) == d.UnitInt(1, 1) || d.Unit(0, []byte("a")) == d.Unit(1, []byte("a")) {
		t.Error("pseudonyms of two periods can be linked")
	}
	if again := d.Unit(0, []byte("a")); again != d.Unit(0, bytes.Clone([]byte("a"))) || d.Unit(0, []byte(strings.Repeat("a", 100))) == 0 {
		t.Error("a pseudonym is not a function of its text")
	}
	want := binary.BigEndian.AppendUint64(nil, 5)
	if got, want := d.UnitInt(0, 5), siphash.Hash(1, 0, append(want, 'i')); got != want {
		t.Errorf("number 5: got %x, want the hash of its 8 big-endian bytes and the tag, %x", got, want)
	}
}

func TestDoorOptOut(t *testing.T) {
	d := twoDays()
	raw := []byte{0, 0x11, 0x22, 0x33, 0x44, 0x55, 0x66, 0x77}
	if !d.IsOut([]byte("gone")) || !d.IsOutInt(77) || !d.IsOut([]byte("77")) || !d.IsOut(raw) {
		t.Error("somebody who opted out is let in")
	}
	if d.IsOut([]byte("here")) || d.IsOutInt(78) || NewDoor(nil, nil, nil).IsOut([]byte("gone")) {
		t.Error("somebody who did not opt out is kept out")
	}
}

func TestDoorPanics(t *testing.T) {
	for name, make := range map[string]func(){
		"a key too few": func() { NewDoor([]throng.Period{{End: 1}}, nil, nil) },
		"overlap":       func() { NewDoor([]throng.Period{{Start: 0, End: 2}, {Start: 1, End: 3}}, [][16]byte{{}, {}}, nil) },
	} {
		func() {
			defer func() {
				if recover() == nil {
					t.Errorf("%s: got no panic", name)
				}
			}()
			make()
		}()
	}
}

func TestRefuseIdentifiers(t *testing.T) {
	many := func(format string, from, step int) (list []string) {
		for i := range 1000 {
			list = append(list, fmt.Sprintf(format, from+i*step))
		}
		return list
	}
	luhnList := func(digits, from int) (list []string) {
		for v := from; len(list) < 100; v++ {
			if s := fmt.Sprintf("%0*d", digits, v); luhn([]byte(s)) {
				list = append(list, s)
			}
		}
		return list
	}
	random := rand.New(rand.NewPCG(11, 0))
	var numbers, hexes, tails []string
	for i := range 1000 {
		numbers = append(numbers, fmt.Sprint(random.Int64()))
		hexes = append(hexes, fmt.Sprintf("%016x", random.Uint64()))
		tails = append(tails, fmt.Sprintf("N%d", i))
	}
	for _, c := range []struct {
		name   string
		values []string
		want   string
	}{
		{"international", many("+336%08d", 12345678, 77), "phone numbers"},
		{"with spaces", []string{"+33 6 12 34 56 78", "+1 (312) 555-0100"}, "phone numbers"},
		{"national", many("06%08d", 12345678, 77), "phone numbers"},
		{"bare", many("336%08d", 12345678, 77), "phone numbers"},
		{"IMSI", many("20801%010d", 12345678, 7919), "IMSI"},
		{"IMEI", luhnList(15, 990000862471854), "IMEI"},
		{"cards", luhnList(16, 4111111111111111), "card numbers"},
		{"a card, perhaps", luhnList(16, 4111111111111111)[:1], ""},
		{"four cards, perhaps", luhnList(16, 4111111111111111)[:4], ""},
		{"five cards", luhnList(16, 4111111111111111)[:5], "card numbers"},
		{"five cards of six", append(luhnList(16, 4111111111111111)[:5], "f00"), ""},
		{"ten cards of twenty", append(luhnList(16, 4111111111111111)[:10], hexes[:10]...), "card numbers"},
		{"one phone", []string{"+33612345678"}, "phone numbers"},
		{"half", append(many("+336%08d", 12345678, 77), hexes...), "phone numbers"},
		{"a few", append(many("+336%08d", 12345678, 77)[:400], hexes...), ""},
		{"whole numbers of 32 bits", many("%d", 3000000000, 1234567), ""},
		{"whole numbers with a country", many("336%08d", 12345678, 77), "phone numbers"},
		{"four in ten", append(many("+336%08d", 12345678, 77)[:400], hexes[:600]...), ""},
		{"random numbers of 63 bits", numbers, ""},
		{"hexadecimal", hexes, ""},
		{"aircraft", tails, ""},
		{"short numbers", many("%d", 1, 1), ""},
		{"nothing", nil, ""},
	} {
		err := RefuseIdentifiers("in.csv", "user_id", c.values, strings.Contains(c.name, "whole"))
		if (err == nil) != (c.want == "") || err != nil && !strings.Contains(err.Error(), "look like "+c.want) {
			t.Errorf("%s: got %v, want %q", c.name, err, c.want)
		}
		for _, v := range c.values {
			if err != nil && strings.Contains(err.Error(), v) {
				t.Errorf("%s: the error tells a value", c.name)
			}
		}
	}
}

func TestRefusePersonColumns(t *testing.T) {
	trips := Options{Kind: Trips, Unit: "trip"}
	for _, name := range []string{"rider_id", "card_no", "userId", "customer", "MemberNumber", "account_hash", "userid", "client-key"} {
		if trips.RefusePersonColumns("in.csv", []string{"start", name}) == nil {
			t.Errorf("%s: let in beside the unit trip", name)
		}
		if err := (Options{Kind: Events, Unit: "subscriber"}).RefusePersonColumns("in.csv", []string{name}); err != nil {
			t.Errorf("%s: got %v beside a declared person", name, err)
		}
	}
	for _, name := range []string{"bike_id", "trip_id", "subscription_type", "user_type", "start_station", "cardinal_direction", "id"} {
		if err := trips.RefusePersonColumns("in.csv", []string{name}); err != nil {
			t.Errorf("%s: got %v", name, err)
		}
	}
}

func TestPeopleTable(t *testing.T) {
	unknown := event.Attr{Gender: 2, Age: 5, Origin: 9}
	p := NewPeople(unknown)
	random := rand.New(rand.NewPCG(5, 0))
	want := map[uint64]event.Attr{}
	for range 10000 {
		u, a := random.Uint64()|1, event.Attr{Gender: uint8(random.IntN(3)), Origin: uint16(random.IntN(9))}
		if random.IntN(2) == 0 {
			u >>= 40 // close together, so that places collide
		}
		before, there := want[u]
		if differs := p.Add(u, a); differs != (there && before != a) {
			t.Fatal("a contradiction is not reported")
		}
		if !there && u != 0 {
			want[u] = a
		}
	}
	for u, a := range want {
		if p.Of(u) != a {
			t.Fatalf("got %v, want %v", p.Of(u), a)
		}
	}
	if p.Len() != len(want) || p.Of(0) != unknown || p.Of(2) != unknown && want[2] == (event.Attr{}) {
		t.Error("somebody is there who was not added")
	}
}

// TestDoorForgets: with the key gone, nobody makes the pseudonyms of that period again.
func TestDoorForgets(t *testing.T) {
	d := NewDoor([]throng.Period{{Name: "a", Start: 0, End: 10}, {Name: "b", Start: 10, End: 20}}, [][16]byte{{1}, {2}}, nil)
	before, other := d.UnitInt(0, 7), d.UnitInt(1, 7)
	d.Forget(0)
	if d.UnitInt(0, 7) == before || d.UnitInt(1, 7) != other {
		t.Error("a period was not forgotten, or another one was")
	}
}
