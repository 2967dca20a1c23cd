package main

import (
	"bytes"
	"context"
	"fmt"
	"math"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/throng-stats/throng/config"
	"github.com/throng-stats/throng/driver"
	"github.com/throng-stats/throng/privacy/ledger"
	"github.com/throng-stats/throng/release"
	"github.com/throng-stats/throng/release/disk"
)

// town is an invented town of two shops: who lives in a quarter, buys in one shop or in both, and pays.
const (
	quarters  = 200
	residents = 300 // of a quarter
	onlyA     = 120 // customers of a quarter
	onlyB     = 90
	withBoth  = 30
	mostToPay = 5000
)

const shopContract = `throng: 1
holder: {id: shop-%[1]s, name: Shop %[1]s}
agreement: {purpose: own-market, from: 2026-03-01, until: 2026-03-31}
data: synthetic
feed:
  id: till
  kind: purchases
  unit: buyer
  files: %[1]s.csv
  columns:
    member: {as: buyer, type: text}
    at: {as: purchase_time, format: yyyy-MM-dd, zone: Europe/Paris}
    quarter: {as: place}
    lives: {as: home}
    paid: {as: amount, type: decimal}
clock: Europe/Paris
cells: {file: quarters.csv}
zones: {from: cells, version: "1"}
products: [spending, market]
bounds: {cells: 1}
money: {currency: EUR, bound: 50.00, source: prices on the shelf}
privacy: {shares: {spending/total: .030, spending/buyers: .010, market/customers: .040}}
`

// writeTown writes the feeds of both shops, each with pseudonyms of its own, and returns customers and cents by quarter.
func writeTown(t *testing.T, dir string) (people, cents []float64) {
	t.Helper()
	random := rand.New(rand.NewPCG(7, 8))
	feeds := map[string]*strings.Builder{"a": {}, "b": {}}
	for _, f := range feeds {
		f.WriteString("member,at,quarter,lives,paid\n")
	}
	places := "id,name,latitude,longitude,parent\n"
	people, cents = make([]float64, quarters), make([]float64, quarters)
	for q := range quarters {
		places += fmt.Sprintf("q%03d,Quarter %d,%.3f,2.35,town\n", q, q, 48+float64(q)/1000)
		buy := func(shop string, person int) {
			paid := random.IntN(mostToPay + 1)
			cents[q] += float64(paid)
			fmt.Fprintf(feeds[shop], "%s-%d-%d,2026-03-%02d,q%03d,q%03d,%d.%02d\n", shop, q, person, 1+random.IntN(31), q, q, paid/100, paid%100)
		}
		for person := range onlyA + onlyB + withBoth {
			people[q]++
			if person < onlyA+withBoth {
				buy("a", person)
			}
			if person >= onlyA {
				buy("b", person)
			}
		}
	}
	texts := map[string]string{"quarters.csv": places, "a.yaml": fmt.Sprintf(shopContract, "a"), "b.yaml": fmt.Sprintf(shopContract, "b"),
		"shares.csv": fmt.Sprintf("holder,share\nshop-a-till,%g\nShop b,%g\nany,%g\n", float64(onlyA+withBoth)/residents, float64(onlyB+withBoth)/residents, float64(onlyA+onlyB+withBoth)/residents)}
	for shop, f := range feeds {
		texts[shop+".csv"] = f.String()
	}
	for name, text := range texts {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	return people, cents
}

// TestTwoHolders: two shops share one population and publish each under its own ledger; what is combined covers the truth, and each
// ledger verifies on its own.
func TestTwoHolders(t *testing.T) {
	dir := t.TempDir()
	people, cents := writeTown(t, dir)
	var outs []string
	for _, shop := range []string{"a", "b"} {
		contract, err := config.Read(filepath.Join(dir, shop+".yaml"))
		if err != nil {
			t.Fatal(err)
		}
		job, err := driver.Prepare(contract)
		if err != nil {
			t.Fatal(err)
		}
		out := filepath.Join(dir, "out-"+shop)
		if _, err := driver.Run(context.Background(), job, driver.RunOptions{Out: out, Now: func() time.Time { return time.Date(2026, 5, 1, 0, 0, 0, 0, time.UTC) }}); err != nil {
			t.Fatal(err)
		}
		footers, err := anchors(out, "shop-"+shop+"/till")
		if err != nil || len(footers) != 2 {
			t.Fatalf("%d releases, %v", len(footers), err)
		}
		report, err := ledger.Verify(ledger.Disk(filepath.Join(out+"-state", "ledger")), footers...)
		if err != nil || report.Err() != nil {
			t.Errorf("the ledger of shop %s: %v, %v", shop, err, report.Err())
		}
		outs = append(outs, out)
	}
	var said bytes.Buffer
	both := &combineCmd{Outs: outs, To: filepath.Join(dir, "both"), Shares: filepath.Join(dir, "shares.csv")}
	for range 2 { // the second time it is there already
		if err := both.Run(&screen{out: &said, err: &said}); err != nil {
			t.Fatal(err)
		}
	}
	store, err := disk.OpenReadOnly(both.To)
	if err != nil {
		t.Fatal(err)
	}
	covered(t, store, "market", "customers", people)
	covered(t, store, "spending", "total", cents)
	if !strings.Contains(said.String(), "market/customers: of the customers of all holders, added up, 0.8889 are different people") {
		t.Errorf("it does not say what it takes for granted:\n%s", said.String())
	}
}

// covered compares a combined table of the quarters with the truth.
func covered(t *testing.T, store release.Store, product, name string, truth []float64) {
	t.Helper()
	list, err := store.List()
	if err != nil || len(list) != 2 {
		t.Fatalf("%d releases are combined, %v; want 2", len(list), err)
	}
	for _, m := range list {
		if m.Product != product {
			continue
		}
		table, err := store.Table(m.ID, release.Linear, name)
		if err != nil {
			t.Fatal(err)
		}
		inside, sum := 0, 0.0
		for q := range quarters {
			at := indexOf(table, fmt.Sprintf("q%03d", q))
			off := (table.Estimate[at] - truth[q]) / table.NoiseSD[at]
			if math.Abs(off) <= 1.96 {
				inside++
			}
			sum += off
		}
		if share := float64(inside) / quarters; share < .95-4.9*math.Sqrt(.95*.05/quarters) {
			t.Errorf("%s/%s: the truth lies in %.3f of the intervals, want .95", product, name, share)
		}
		if mean := sum / quarters; math.Abs(mean) > 4.9/math.Sqrt(quarters) {
			t.Errorf("%s/%s: errors have the mean %.3f sd, want 0", product, name, mean)
		}
		t.Logf("%s/%s: the truth lies in %.3f of %d intervals, mean error %.3f sd", product, name, float64(inside)/quarters, quarters, sum/quarters)
		return
	}
	t.Errorf("no %s is combined", product)
}

func indexOf(t release.Table, zone string) int {
	for i, c := range t.Shape.Dims[0].Codes {
		if c == zone {
			return i
		}
	}
	return -1
}
