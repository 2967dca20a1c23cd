package attack

import (
	"fmt"
	"slices"
	"testing"
)

// TestSalesByHand counts what one heavy buyer does, with the bounds of the contract and without.
func TestSalesByHand(t *testing.T) {
	heavy := Unit{Sales: []Sale{
		{Zone: 0, Code: 0, Coin: 0, Cents: 1 << 40},                        // enormous
		{Zone: 0, Code: 0, Coin: 0, Cents: -500},                           // given back
		{Zone: 0, Code: 1, Coin: 1, Cents: 700, Nights: 200, Origin: 1},    // in another currency
		{Zone: 1, Code: 0, Coin: 0, Cents: 1}, {Zone: 1, Code: 0, Coin: 1}, // in all cells
		{Zone: 1, Code: 1, Coin: 0}, {Zone: 1, Code: 1, Coin: 1},
		{Day: 1, Zone: 1, Cents: 9},
	}}
	for _, c := range []struct {
		w               World
		bounded, anyhow [][]int64
	}{
		{World{Product: Spending, Codes: 2, Coins: 2},
			[][]int64{{20_000, 0, 0, 700, 1, 0, 0, 0}, {1, 0, 0, 1, 1, 1, 1, 0}, {1, 0, 0, 1, 1, 1, 1, 0}},
			[][]int64{{1 << 40, 0, 0, 700, 1, 0, 0, 0}, {1, 0, 0, 1, 1, 1, 1, 1}, {1, 0, 0, 1, 1, 1, 1, 1}}},
		{World{Product: Spending, Codes: 2, Coins: 2, Net: true},
			[][]int64{{19_500, 0, 0, 700, 1, 0, 0, 0}, {1, 0, 0, 1, 1, 1, 1, 0}, {1, 0, 0, 1, 1, 1, 1, 0}},
			[][]int64{{1<<40 - 500, 0, 0, 700, 1, 0, 0, 0}, {1, 0, 0, 1, 1, 1, 1, 1}, {1, 0, 0, 1, 1, 1, 1, 1}}},
		{World{Product: Market, Codes: 2}, [][]int64{{1, 0}, {1, 1, 0, 0}}, [][]int64{{1, 0}, {1, 1, 0, 0}}},
		{World{Product: Bookings, Codes: 2}, [][]int64{{1, 1}, {14, 0}, {1, 0, 1, 0}}, [][]int64{{1, 1}, {200, 0}, {1, 0, 1, 0}}},
		{World{Product: Cases, Codes: 2}, [][]int64{{1, 1, 1, 1}, {1, 0, 0, 0, 1, 1, 0, 0, 0, 0}}, [][]int64{{1, 1, 1, 1}, {1, 0, 0, 0, 1, 1, 0, 0, 0, 0}}},
		{World{Product: Reports, Codes: 2}, [][]int64{{1, 0, 0, 0}}, [][]int64{{1, 1, 1, 1}}},
	} {
		c.w.Zones, c.w.Days, c.w.Units = 2, 2, []Unit{heavy}
		if got := c.w.promised(0); !equal(got, c.bounded) {
			t.Errorf("%s, net %v: got %v, want %v", c.w.Product, c.w.Net, got, c.bounded)
		}
		if got := c.w.unbounded(0); !equal(got, c.anyhow) {
			t.Errorf("%s, net %v, without bounds: got %v, want %v", c.w.Product, c.w.Net, got, c.anyhow)
		}
	}
}

func equal(a, b [][]int64) bool {
	return slices.EqualFunc(a, b, func(x, y []int64) bool { return slices.Equal(x, y) })
}

// TestSubjects: the unit that is said to reach every bound does, in its copy alone, of a month its first day does, and the least one is
// somewhere. So a bound of an attack is the bound of the contract.
func TestSubjects(t *testing.T) {
	for _, s := range subjects() {
		effect, rest := s.effect(s.most), s.effect(s.without(s.most)...)
		for i, table := range s.world.tables() {
			sum := 0.0
			for k, v := range effect[i] {
				sum += float64((v - rest[i][k]) * (v - rest[i][k]))
			}
			if sum != table.limit.d2() {
				t.Errorf("%s/%s: the unit has a squared norm of %v, want D2 %v", s.name, table.name, sum, table.limit.d2())
			}
		}
		if s.touched() < 0 || equal(s.effect(s.least), s.effect(s.other)) {
			t.Errorf("%s: the least unit is nowhere, or says nothing", s.name)
		}
	}
}

// TestAttacksOnCompanies runs every attack on every product at a twentieth of its size: publishers without a bound fall, but for
// the one that hides single units; the stand-in that keeps the promise holds.
func TestAttacksOnCompanies(t *testing.T) {
	if testing.Short() {
		t.Skip("statistics of one goroutine, minutes under the race detector")
	}
	alarm := 0.0
	for _, a := range OnCompanies() {
		for _, p := range append(Baselines(), keeps().publisher()) {
			f, err := a.Run(p, Size{Seed: seed, Part: .05})
			if err != nil {
				t.Fatalf("attack %s on %s, %s: %v", a.Number, a.On, p.Name, err)
			}
			want := Falls
			switch {
			case p.Proven:
				want = Holds
			case p.Name == "T15" && slices.Contains([]string{"6", "11", "12", "C", "D"}, a.Number):
				want = Stands
			}
			if got := f.Verdict(); got != want {
				t.Errorf("attack %s on %s, %s: %s with %.4f (bound %.4f + %.4f, least %.4f) %v, want %s", a.Number, a.On, p.Name, got, f.Value, f.Bound, f.Slack, f.Least, f.Extra, want)
			}
			if p.Proven && f.Alarm > 1e-6 {
				t.Errorf("attack %s on %s: a sound publisher is called broken with a probability of %g", a.Number, a.On, f.Alarm)
			}
			alarm += f.Alarm
		}
	}
	if alarm > 1.3e-5 {
		t.Errorf("a sound publisher is called broken with a probability of %g in all", alarm)
	}
}

// TestBrokenCompanies breaks one thing of the stand-in at a time: the attack that is named must notice, on the product that is named.
func TestBrokenCompanies(t *testing.T) {
	if testing.Short() {
		t.Skip("statistics of one goroutine, minutes under the race detector")
	}
	no := func(b *standIn) { b.variance = 1e-30 }
	for _, c := range []struct {
		what   string
		change func(*standIn)
		by, on string
		part   float64
	}{
		{"no noise", no, "1", "spending", .05}, {"no noise", no, "3", "market", .05}, {"no noise", no, "3", "bookings", .05},
		{"no noise", no, "4p", "spending", .05}, {"no noise", no, "4h", "cases", .05}, {"no noise", no, "5", "bookings", .05},
		{"no noise", no, "8w", "reports", .05}, {"no noise", no, "11", "market", .05}, {"no noise", no, "12", "vehicles", .05},
		{"no noise", no, "C", "cases", .05}, {"no noise", no, "D", "bookings", .05},
		{"no noise", no, "1", "spending/sizes", .05}, {"no noise", no, "4p", "market/origin", .05}, {"no noise", no, "4h", "flows-month", .05},
		{"no noise", no, "8w", "spending/sizes", .05}, {"no noise", no, "11", "flows-month", .05}, {"no noise", no, "12", "market/origin", .05},
		{"no noise", no, "5", "bookings, month", .05}, {"no noise", no, "D", "spending, net, month", .05},
		{"half the variance", func(b *standIn) { b.variance = .5 }, "C", "spending/sizes", 1},
		{"a tenth of the variance", func(b *standIn) { b.variance = .1 }, "D", "market/origin", 1},
		{"a tenth of the variance", func(b *standIn) { b.variance = .1 }, "D", "flows-month", 1},
		{"a day moves nothing else", func(b *standIn) { b.still = true }, "C", "bookings, month", 1},
		{"a day moves nothing else", func(b *standIn) { b.still = true }, "C", "spending, net, month", 1},
		{"purchases by size, not buyers", func(b *standIn) { b.each = true }, "6", "spending/sizes", .1},
		{"in four times as many cells", func(b *standIn) { b.cells = true }, "6", "market/origin", 1},
		{"in four times as many cells", func(b *standIn) { b.cells = true }, "6", "bookings, month", 1},
		{"amounts are not cut", func(b *standIn) { b.clamp = true }, "6", "spending, net, month", .1},
		{"only cells with somebody published", func(b *standIn) { b.touched = true }, "C", "spending/sizes", .1},
		{"fresh noise for each question", func(b *standIn) { b.again = true }, "7", "market/origin", .1},
		{"sums without noise", func(b *standIn) { b.sums = true }, "5", "bookings", .1},
		{"sums without noise", func(b *standIn) { b.sums = true }, "5", "bookings, month", .1},
		{"half the variance", func(b *standIn) { b.variance = .5 }, "1", "market", 1},
		{"half the variance", func(b *standIn) { b.variance = .5 }, "C", "spending", 1},
		{"half the variance", func(b *standIn) { b.variance = .5 }, "D", "vehicles", 1},
		{"a tenth of the variance", func(b *standIn) { b.variance = .1 }, "3", "market", 1},
		{"a tenth of the variance", func(b *standIn) { b.variance = .1 }, "4p", "reports", 1},
		{"a tenth of the variance", func(b *standIn) { b.variance = .1 }, "12", "reports", 1},
		{"a tenth of the variance", func(b *standIn) { b.variance = .1 }, "11", "cases", 1},
		{"in four times as many cells", func(b *standIn) { b.cells = true }, "6", "spending", .3},
		{"in four times as many cells", func(b *standIn) { b.cells = true }, "6", "bookings", .3},
		{"in four times as many cells", func(b *standIn) { b.cells = true }, "6", "cases", .3},
		{"in four times as many cells", func(b *standIn) { b.cells = true }, "6", "reports", .3},
		{"in four times as many cells", func(b *standIn) { b.cells = true }, "6", "market", .3},
		{"amounts are not cut", func(b *standIn) { b.clamp = true }, "6", "spending", .1},
		{"amounts are not cut", func(b *standIn) { b.clamp = true }, "6", "spending, net", .1},
		{"amounts are not cut", func(b *standIn) { b.clamp = true }, "6", "bookings", .1},
		{"amounts are not cut", func(b *standIn) { b.clamp = true }, "1", "spending", .1},
		{"amounts are not cut", func(b *standIn) { b.clamp = true }, "D", "spending", .1},
		{"each table is charged as the only one", func(b *standIn) { b.tables = true }, "D", "cases", 1},
		{"each table is charged as the only one", func(b *standIn) { b.tables = true }, "8w", "bookings", 1},
		{"only cells with somebody published", func(b *standIn) { b.touched = true }, "12", "reports", .1},
		{"only cells with somebody published", func(b *standIn) { b.touched = true }, "C", "spending", .1},
		{"one draw for two cells", func(b *standIn) { b.shared = true }, "C", "spending", .3},
		{"fresh noise for each question", func(b *standIn) { b.again = true }, "7", "bookings", .1},
	} {
		t.Run(fmt.Sprintf("%s: attack %s on %s", c.what, c.by, c.on), func(t *testing.T) {
			i := slices.IndexFunc(OnCompanies(), func(a Attack) bool { return a.Number == c.by && a.On == c.on })
			f, err := OnCompanies()[i].Run(broken(c.change).publisher(), Size{Seed: seed, Part: c.part})
			if err != nil {
				t.Fatal(err)
			}
			if f.Verdict() != Broken {
				t.Errorf("%s with %.4f (bound %.4f + %.4f) %v %s, want %s", f.Verdict(), f.Value, f.Bound, f.Slack, f.Extra, f.Detail, Broken)
			}
		})
	}
}

// TestSmallSupportBroken: attack 5 on spending notices a publisher whose counts have noise and whose sums of money have none, and one
// without any.
func TestSmallSupportBroken(t *testing.T) {
	for what, change := range map[string]func(*standIn){
		"sums without noise": func(b *standIn) { b.sums = true }, "no noise": func(b *standIn) { b.variance = 1e-30 },
	} {
		f, err := Support(broken(change).publisher(), Size{Seed: seed, Part: .1})
		if err != nil {
			t.Fatal(err)
		}
		if f.Verdict() != Broken {
			t.Errorf("%s: %s with %.4f (bound %.4f + %.4f), want %s", what, f.Verdict(), f.Value, f.Bound, f.Slack, Broken)
		}
	}
}

// TestWideByHand counts, with bounds and without, what a unit adds to tables that have no zones: one that spends 2.50 and gives 1.00
// back, in cents of two currencies, in copy 1 of 2; one that comes from two places; a trip in pair 3 of 4.
func TestWideByHand(t *testing.T) {
	for _, c := range []struct {
		w               World
		unit            Unit
		bounded, anyhow []int64
	}{
		{World{Product: Spending, Only: Sizes, Classes: 3, Coins: 2}, Unit{Sales: []Sale{{Cents: 250}, {Cents: 0, Coin: 1}, {Cents: 20}, {Cents: -100}}},
			[]int64{0, 0, 0, 0, 0, 0, 0, 1, 1, 0, 0, 0}, []int64{0, 0, 0, 0, 0, 0, 1, 1, 0, 0, 1, 0}},
		{World{Product: Market, Only: Origin, Codes: 2}, Unit{Sales: []Sale{{Origin: 1}, {Origin: 0}}}, []int64{0, 0, 0, 1}, []int64{0, 0, 1, 1}},
		{World{Product: FlowsMonth, Only: Pairs, Month: true, Codes: 2}, Unit{Stays: []Stay{{1, 8, 9}, {0, 9, 10}}}, []int64{0, 0, 0, 1}, []int64{0, 0, 0, 1}},
	} {
		c.w.Zones, c.w.Days = 2, 1
		c.w.put(c.unit, 1, 1)
		if got := c.w.promised(0)[0]; !slices.Equal(got, c.bounded) {
			t.Errorf("%s: got %v, want %v", c.w.Product, got, c.bounded)
		}
		if got := c.w.unbounded(0)[0]; !slices.Equal(got, c.anyhow) {
			t.Errorf("%s, without bounds: got %v, want %v", c.w.Product, got, c.anyhow)
		}
	}
}
