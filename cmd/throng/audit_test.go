package main

import (
	"bytes"
	"context"
	"encoding/json"
	"encoding/xml"
	"errors"
	"fmt"
	"io"
	"math"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/throng-stats/throng/attack"
	"github.com/throng-stats/throng/driver"
	"github.com/throng-stats/throng/release"
)

// TestAudit runs the whole audit at a twentieth of its size, on the real stages, ledger and door. Its noise is fresh: a
// sound build fails here with a probability of 9.3e-5, as docs/privacy/audit.md says.
func TestAudit(t *testing.T) {
	if testing.Short() {
		t.Skip("runs the whole audit")
	}
	dir := t.TempDir()
	c := auditCmd{Seed: 1, People: 20_000, Part: .05, File: filepath.Join(dir, "audit.json"), Picture: filepath.Join(dir, "audit.svg")}
	var said bytes.Buffer
	if err := c.Run(context.Background(), &screen{out: &said, err: io.Discard}); err != nil {
		t.Fatalf("%v\n%s", err, said.String())
	}
	text, err := os.ReadFile(c.File)
	if err != nil {
		t.Fatal(err)
	}
	var r report
	if err := json.Unmarshal(text, &r); err != nil {
		t.Fatal(err)
	}
	if !r.OK || r.FalseAlarm > 9.3e-5 || len(r.Attacks) != len(attack.Attacks()) || len(r.Companies) != len(attack.OnCompanies()) || len(r.Layers) != 3 {
		t.Errorf("the report says ok %v, false alarm %g, %d and %d attacks, %d layers", r.OK, r.FalseAlarm, len(r.Attacks), len(r.Companies), len(r.Layers))
	}
	for _, a := range append(r.Attacks, r.Companies...) {
		if a.Ours.Verdict != attack.Holds {
			t.Errorf("attack %s: ours %s", a.title(), a.Ours.Verdict)
		}
	}
	for _, want := range []string{"1 membership, strong adversary", "refused", "layer A (sensitivity, noise off) runs only in", "every bound holds"} {
		if !strings.Contains(said.String(), want) {
			t.Errorf("the screen does not say %q", want)
		}
	}
	drawing, err := os.ReadFile(c.Picture)
	if err != nil || xml.Unmarshal(drawing, new(struct{})) != nil {
		t.Errorf("the picture is no XML (%v)", err)
	}
}

// TestHeavyAndAlone runs the heavy contributor and the one-run audit on each product of companies, on the real stages, ledger and
// door: builds without noise, without the cut of amounts or without the bound of cells fail here (tools/mutants). Its noise is
// fresh: a sound build fails with a probability below 4e-6.
func TestHeavyAndAlone(t *testing.T) {
	ours := newOurs(context.Background())
	for _, a := range attack.OnCompanies() {
		if a.Number != "6" && a.Number != "D" {
			continue
		}
		f, err := a.Run(ours.publisher(), attack.Size{Seed: 1, Part: .1})
		if err != nil {
			t.Fatalf("attack %s on %s: %v", a.Number, a.On, err)
		}
		if f.Verdict() != attack.Holds {
			t.Errorf("attack %s on %s: %s with %.4f (bound %.4f + %.4f, least %.4f)", a.Number, a.On, f.Verdict(), f.Value, f.Bound, f.Slack, f.Least)
		}
		ours.forget()
	}
}

// TestWorldsBecomeRows: what the stages count of the rows of a world is the world. One irregular unit of two days is
// copied into 400 zones, at the smallest noise there is (variance 1); the mean of a cell over the copies is within 6
// standard errors, .3, of the truth. False alarm: 48 cells times 2e-9.
func TestWorldsBecomeRows(t *testing.T) {
	const copies = 400
	w := attack.World{Name: "rows", Product: attack.Present, Days: 2, Zones: 2 * copies, Rho: attack.Hours / 2}
	var truth [2][2 * attack.Hours]int // of the zones of a copy
	stays := []attack.Stay{{Zone: 0, From: 2, To: 3}, {Zone: 0, From: 4, To: 9}, {Zone: 1, From: 9, To: 10}, {Zone: 0, From: 23, To: 24},
		{Zone: 1, From: 24, To: 40}, {Zone: 0, From: 41, To: 42}}
	for _, s := range stays {
		for h := s.From; h < s.To; h++ {
			truth[s.Zone][h] = 1
		}
	}
	for c := range int32(copies) {
		var u attack.Unit
		for _, s := range stays {
			u.Stays = append(u.Stays, attack.Stay{Zone: 2*c + s.Zone, From: s.From, To: s.To})
		}
		w.Units = append(w.Units, u)
	}
	for day, table := range publishedBy(t, w) {
		if table.Sigma2 != 1 || len(table.Raw) != w.Zones*attack.Hours {
			t.Fatalf("day %d: variance %d and %d cells", day, table.Sigma2, len(table.Raw))
		}
		for zone := range 2 {
			for h := range attack.Hours {
				mean := 0.0
				for c := range copies {
					mean += float64(table.Raw[(2*c+zone)*attack.Hours+h]) / copies
				}
				if want := truth[zone][day*attack.Hours+h]; math.Abs(mean-float64(want)) > 6/math.Sqrt(copies) {
					t.Errorf("day %d, zone %d, hour %d: mean %.2f, want %d", day, zone, h, mean, want)
				}
			}
		}
	}
}

// TestTripsBecomeRows is the same for flows: 1,000 devices go from zone 0 to 1, 500 back, at a variance of 1.
func TestTripsBecomeRows(t *testing.T) {
	w := attack.World{Name: "trips", Product: attack.Flows, Days: 1, Zones: 3, Rho: 3}
	for i := range 1500 {
		a, b := int32(0), int32(1)
		if i >= 1000 {
			a, b = b, a
		}
		w.Units = append(w.Units, attack.Unit{Stays: []attack.Stay{{Zone: a, From: 7, To: 8}, {Zone: b, From: 8, To: 9}}})
	}
	table := publishedBy(t, w)[0]
	for cell, want := range []int64{0, 1000, 0, 500, 0, 0, 0, 0, 0} {
		if got := table.Raw[cell]; got < want-8 || got > want+8 { // P(|noise| > 8) at variance 1 is 1e-15
			t.Errorf("pair %d: got %d trips, want about %d", cell, got, want)
		}
	}
}

// TestSalesBecomeRows is the same for the products of companies: 1,000 copies of a unit that does several things, at a variance of a
// few. False alarm: 80 cells, each beyond eight standard deviations with 1e-15.
func TestSalesBecomeRows(t *testing.T) {
	sales := []attack.Sale{{Zone: 1, Home: 2, Origin: 1, Code: 1, Coin: 1, Cents: 1 << 40, Nights: 3}, {Zone: 0, Cents: -700}, {Zone: 0, Code: 0, Cents: 900, Nights: 200}}
	for _, c := range []struct {
		world attack.World
		unit  attack.Unit
		want  map[string]map[int]int64 // by table and cell; the rest is 0
	}{
		{attack.World{Product: attack.Spending, Codes: 2, Coins: 2}, attack.Unit{Sales: sales}, map[string]map[int]int64{"total": {7: 20_000, 0: 900}, "buyers": {7: 1, 0: 1}, "sales": {7: 1, 0: 1}}},
		{attack.World{Product: attack.Spending, Codes: 2, Coins: 2, Net: true}, attack.Unit{Sales: sales}, map[string]map[int]int64{"total": {7: 20_000, 0: 200}, "buyers": {7: 1, 0: 1}, "sales": {7: 1, 0: 1}}},
		{attack.World{Product: attack.Market, Codes: 2}, attack.Unit{Sales: sales}, map[string]map[int]int64{"customers": {2: 1}, "categories": {4: 1, 5: 1}}},
		{attack.World{Product: attack.Bookings, Codes: 2}, attack.Unit{Sales: sales}, map[string]map[int]int64{"trips": {0: 1, 1: 1}, "nights": {1: 3, 0: 14}, "origin": {1: 1, 3: 1}}},
		{attack.World{Product: attack.Cases, Codes: 2}, attack.Unit{Sales: sales}, map[string]map[int]int64{"total": {3: 1, 0: 1}, "waits": {0: 1, 4: 1, 6: 1}}},
		{attack.World{Product: attack.Reports, Codes: 2}, attack.Unit{Sales: sales}, map[string]map[int]int64{"total": {3: 1}}},
		{attack.World{Product: attack.Spending, Only: attack.Sizes, Classes: 3, Coins: 2}, attack.Unit{Sales: []attack.Sale{{Coin: 1, Cents: 1 << 40}, {Cents: -700}, {Cents: 900}}},
			map[string]map[int]int64{"total": {1: 20_000, 0: 900}, "buyers": {1: 1, 0: 1}, "sizes": {2: 1, 17: 1}}},
		{attack.World{Product: attack.Market, Only: attack.Origin, Codes: 2}, attack.Unit{Sales: []attack.Sale{{Origin: 4}, {Origin: 1}}}, map[string]map[int]int64{"origin": {4: 1}}},
		{attack.World{Product: attack.Bookings, Month: true, Codes: 2}, attack.Unit{Sales: []attack.Sale{{Nights: 200}, {Day: 20, Zone: 1, Origin: 1, Nights: 3}}},
			map[string]map[int]int64{"trips": {0: 1, 1: 1}, "nights": {0: 14, 1: 3}, "origin": {0: 1, 2: 1}}},
		{attack.World{Product: attack.FlowsMonth, Only: attack.Pairs, Month: true, Codes: 2}, attack.Unit{Stays: []attack.Stay{{Zone: 0, From: 7, To: 8}, {Zone: 2, From: 8, To: 9}}},
			map[string]map[int]int64{"total": {2: 1}}},
		{attack.World{Product: attack.Vehicles}, attack.Unit{Stays: []attack.Stay{{Zone: 0, From: 7, To: 8}, {Zone: 2, From: 8, To: 9}}},
			map[string]map[int]int64{"departures": {7: 1}, "arrivals": {56: 1}}},
	} {
		const copies = 1000
		c.world.Name, c.world.Days, c.world.Zones, c.world.Rho = c.world.Product+c.world.Only+fmt.Sprint(c.world.Net), 1, 3, 100
		for range copies {
			c.world.Units = append(c.world.Units, c.unit)
		}
		store, err := newOurs(context.Background()).publish(c.world)
		if err != nil {
			t.Fatal(err)
		}
		list, err := store.List()
		if err != nil || len(list[0].Parts) != len(c.want) {
			t.Fatalf("%s: %d tables (%v), want %d", c.world.Product, len(list[0].Parts), err, len(c.want))
		}
		for name, want := range c.want {
			table, err := store.Table(list[0].ID, "", name)
			if err != nil {
				t.Fatal(err)
			}
			for cell, got := range table.Raw {
				if math.Abs(float64(got-copies*want[cell])) > 8*math.Sqrt(float64(table.Sigma2)) {
					t.Errorf("%s/%s: cell %d is %d, want about %d", c.world.Product, name, cell, got, copies*want[cell])
				}
			}
		}
	}
}

// publishedBy publishes a world by the real stages and returns the table of each day.
func publishedBy(t *testing.T, w attack.World) []release.Table {
	t.Helper()
	store, err := newOurs(context.Background()).publish(w)
	if err != nil {
		t.Fatal(err)
	}
	list, err := store.List()
	if err != nil || len(list) != w.Days {
		t.Fatalf("%d releases (%v), want one a day", len(list), err)
	}
	tables := make([]release.Table, w.Days)
	for _, m := range list {
		for day := range tables {
			if m.Period.Name == attack.Day(day).Name {
				if tables[day], err = store.Table(m.ID, "", "total"); err != nil {
					t.Fatal(err)
				}
			}
		}
	}
	return tables
}

// TestRefusals: what attacks ask for and no contract may have.
func TestRefusals(t *testing.T) {
	ours := newOurs(context.Background())
	for _, product := range []string{attack.Areas, attack.Visitors} {
		_, err := ours.publish(attack.World{Name: product, Product: product, Days: 1, Zones: 1, Rho: .1})
		if !errors.Is(err, attack.ErrRefused) {
			t.Errorf("%s: got %v, want a refusal of the contract", product, err)
		}
	}
	if err := refusal("present"); errors.Is(err, attack.ErrRefused) {
		t.Errorf("present is a product, and was refused: %v", err)
	}
}

// TestAuditFails: a finding above its bound, a baseline that does not fall and a check of a layer that does not hold each
// end the audit with exit code 4 and name themselves.
func TestAuditFails(t *testing.T) {
	no := math.NaN()
	sound := attack.Finding{Value: .62, Bound: .624, Slack: .03, Least: no}
	falls := attack.Finding{Value: 1, Bound: no, Least: .95}
	for name, c := range map[string]struct {
		ours, exact attack.Finding
		check       layerCheck
		want        string
	}{
		"sound":  {sound, falls, layerCheck{Name: "x", OK: true}, ""},
		"ours":   {attack.Finding{Value: .7, Bound: .624, Slack: .03, Least: no}, falls, layerCheck{OK: true}, "ours gives 0.7000, above its bound 0.6240 + 0.0300"},
		"attack": {sound, attack.Finding{Value: .5, Bound: no, Least: .95}, layerCheck{OK: true}, "the attack is broken, not the world safe"},
		"layer":  {sound, falls, layerCheck{Name: "variance", Value: "9 SE", Limit: "4.9 SE"}, "layer B: variance: got 9 SE, want 4.9 SE"},
	} {
		r, out := &report{}, &screen{out: io.Discard, err: io.Discard}
		r.layer(out, "B", "sampler", []layerCheck{c.check})
		line := attackLine{Number: "1", Name: "membership", Statistic: "AUC"}
		line.add("exact", c.exact)
		line.add("T15", falls)
		line.add("K5S", falls)
		line.add("ours", c.ours)
		r.judge(line)
		err := (&auditCmd{}).finish(out, r)
		if c.want == "" {
			if err != nil {
				t.Errorf("%s: got %v, want no error", name, err)
			}
			continue
		}
		if err == nil || !strings.Contains(err.Error(), c.want) || driver.ExitCode(err) != 4 {
			t.Errorf("%s: got %v (exit code %d), want %q and 4", name, err, driver.ExitCode(err), c.want)
		}
	}
}

// TestPictureWantsSVG: other names are refused, with what to do.
func TestPictureWantsSVG(t *testing.T) {
	if err := drawAudit(filepath.Join(t.TempDir(), "audit.gif"), &report{}); driver.ExitCode(err) != 3 {
		t.Errorf("got %v, want exit code 3", err)
	}
}
