package driver_test

import (
	"cmp"
	"compress/gzip"
	"context"
	"encoding/csv"
	"math"
	"os"
	"path/filepath"
	"slices"
	"testing"
	"time"

	"github.com/throng-stats/throng/config"
	"github.com/throng-stats/throng/driver"
	"github.com/throng-stats/throng/privacy/noise"
	"github.com/throng-stats/throng/release"
	"github.com/throng-stats/throng/release/disk"
)

// shared finds real public data beside the repository, or skips.
func shared(t *testing.T, name string) string {
	t.Helper()
	dir := filepath.Join("..", "..", "shared", "data", name)
	if _, err := os.Stat(dir); err != nil {
		t.Skipf("real data are not here: put the public files of %s into %s to run this test", name, dir)
	}
	return dir
}

// rows reads a gzipped CSV by the standard library alone and hands each row to use, by the names of the header.
func rows(t *testing.T, path string, use func(get func(column string) string)) {
	t.Helper()
	f, err := os.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	z, err := gzip.NewReader(f)
	if err != nil {
		t.Fatal(err)
	}
	in := csv.NewReader(z)
	header, err := in.Read()
	if err != nil {
		t.Fatal(err)
	}
	at := map[string]int{}
	for i, name := range header {
		at[name] = i
	}
	for {
		row, err := in.Read()
		if row == nil {
			return
		}
		if err != nil {
			t.Fatal(err)
		}
		use(func(column string) string { return row[at[column]] })
	}
}

type pair struct{ month, from, to string }

// publish runs an example contract for the given products into a fresh folder.
func publish(t *testing.T, contract, input string, products ...string) release.Store {
	t.Helper()
	c, err := config.Read(filepath.Join("..", "examples", contract))
	if err != nil {
		t.Fatal(err)
	}
	c.Rebase(input)
	c.Products = products
	job, err := driver.Prepare(c)
	if err != nil {
		t.Fatal(err)
	}
	out := filepath.Join(t.TempDir(), "out")
	if _, err := driver.Run(context.Background(), job, driver.RunOptions{Out: out}); err != nil {
		t.Fatal(err)
	}
	store, err := disk.OpenReadOnly(out)
	if err != nil {
		t.Fatal(err)
	}
	return store
}

// flows reads the published estimates of flows-month with their margins.
func flows(t *testing.T, store release.Store) map[pair][2]float64 {
	t.Helper()
	list, err := store.List()
	if err != nil {
		t.Fatal(err)
	}
	got := map[pair][2]float64{}
	for _, m := range list {
		if m.Product != "flows-month" {
			continue
		}
		table, err := store.Table(m.ID, "linear", "total")
		if err != nil {
			t.Fatal(err)
		}
		at := make([]int, 2)
		for cell, estimate := range table.Estimate {
			table.Shape.At(uint64(cell), at)
			got[pair{m.Period.Name, table.Shape.Dims[0].Codes[at[0]], table.Shape.Dims[1].Codes[at[1]]}] = [2]float64{estimate, table.NoiseSD[cell]}
		}
	}
	return got
}

// covered wants the share of cells whose exact count lies within the stated margin to be what privacy.md, section 14,
// computes, within 4.9 standard errors: a run lies once in a million. It also wants no bias.
func covered(t *testing.T, name string, exact map[pair]int, got map[pair][2]float64, of []pair) {
	t.Helper()
	inside, sum := 0, 0.0
	var sd float64
	for _, p := range of {
		g, ok := got[p]
		if !ok {
			t.Fatalf("%s: a cell of the domain is not published", name)
		}
		sd = g[1]
		d := g[0] - float64(exact[p])
		sum += d / sd
		if math.Abs(d) <= 1.96*sd {
			inside++
		}
	}
	n := float64(len(of))
	want := noise.Coverage(uint64(math.Round(sd*sd)), int64(1.96*sd))
	share, margin := float64(inside)/n, 4.9*math.Sqrt(want*(1-want)/n)
	t.Logf("%s: %.2f %% of %d cells inside their margin (noise sd %.2f); computed %.2f %% ± %.2f", name, 100*share, len(of), sd, 100*want, 100*margin)
	if math.Abs(share-want) > margin {
		t.Errorf("%s: %.4f of the cells are inside their margin, want %.4f ± %.4f", name, share, want, margin)
	}
	if bias := sum / math.Sqrt(n); math.Abs(bias) > 4.9 {
		t.Errorf("%s: estimates are biased by %.1f standard errors", name, bias)
	}
}

// largest lists the pairs of places with the most trips of the year, in every month.
func largest(exact map[pair]int, most int) []pair {
	year, months := map[pair]int{}, map[string]bool{}
	for p, n := range exact {
		year[pair{"", p.from, p.to}] += n
		months[p.month] = true
	}
	var list []pair
	for p := range year {
		list = append(list, p)
	}
	slices.SortFunc(list, func(a, b pair) int {
		return cmp.Or(cmp.Compare(year[b], year[a]), cmp.Compare(a.from, b.from), cmp.Compare(a.to, b.to))
	})
	var out []pair
	for _, p := range list[:min(most, len(list))] {
		for m := range months {
			out = append(out, pair{m, p.from, p.to})
		}
	}
	return out
}

// TestBikes: a real year of bike-share trips, published and compared with counts that are made here, by other means.
func TestBikes(t *testing.T) {
	dir := shared(t, "bikes")
	exact := map[pair]int{}
	clock, err := time.LoadLocation("America/Los_Angeles")
	if err != nil {
		t.Fatal(err)
	}
	seen := map[string]bool{}
	rows(t, filepath.Join(dir, "bay_area_2014_trips.csv.gz"), func(get func(string) string) {
		start, err1 := time.ParseInLocation(time.DateTime, get("start_date"), clock)
		end, err2 := time.ParseInLocation(time.DateTime, get("end_date"), clock)
		if err1 != nil || err2 != nil {
			t.Fatal(err1, err2)
		}
		if length := end.Sub(start); length < 0 || length > 24*time.Hour || seen[get("trip_id")] {
			return
		}
		seen[get("trip_id")] = true
		exact[pair{start.Format("2006-01"), get("start_terminal"), get("end_terminal")}]++
	})
	store := publish(t, "bay-area-bikes.yaml", dir, "flows-month", "vehicles")
	covered(t, "the 1,000 largest station pairs x 12 months", exact, flows(t, store), largest(exact, 1000))
	list, _ := store.List()
	if len(list) != 24 {
		t.Errorf("%d releases, want 24", len(list))
	}
}

// TestFlights: aircraft-days of a real year; every pair of airports and month against exact counts after the declared
// bounds: at most ten legs a day, a pair once a day.
func TestFlights(t *testing.T) {
	dir := shared(t, "flights")
	store := publish(t, "houston-flights.yaml", dir, "flows-month")
	exact := legs(t, dir)
	got := flows(t, store)
	covered(t, "the 500 largest airport pairs x 12 months", exact, got, largest(exact, 500))
	var all []pair
	for p := range got {
		all = append(all, p)
	}
	covered(t, "every airport pair x 12 months", exact, got, all)
}

type mark struct {
	at      int64
	airport string
}

// legs counts the legs of each aircraft and day of Chicago, by the rules of the contract, in the plainest way.
func legs(t *testing.T, dir string) map[pair]int {
	clocks := map[string]*time.Location{}
	f, err := os.Open(filepath.Join(dir, "airports.csv"))
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	airports, err := csv.NewReader(f).ReadAll()
	if err != nil {
		t.Fatal(err)
	}
	for _, a := range airports[1:] {
		if clocks[a[0]], err = time.LoadLocation(a[6]); err != nil {
			t.Fatal(err)
		}
	}
	houston, _ := time.LoadLocation("America/Chicago")
	days := map[[2]string][]mark{}
	rows(t, filepath.Join(dir, "houston_2011_events.csv.gz"), func(get func(string) string) {
		at, err := time.ParseInLocation("2006-01-02 15:04", get("local_time"), clocks[get("airport")])
		if err != nil {
			t.Fatal(err)
		}
		key := [2]string{get("aircraft"), at.In(houston).Format(time.DateOnly)}
		days[key] = append(days[key], mark{at.Unix(), get("airport")})
	})
	exact := map[pair]int{}
	for key, marks := range days {
		if key[1][:4] != "2011" {
			continue
		}
		slices.SortFunc(marks, func(a, b mark) int { return cmp.Or(cmp.Compare(a.at, b.at), cmp.Compare(a.airport, b.airport)) })
		marks = slices.Compact(marks)
		places := map[int64]int{}
		for _, m := range marks {
			places[m.at]++
		}
		marks = slices.DeleteFunc(marks, func(m mark) bool { return places[m.at] > 1 })
		once, trips := map[pair]bool{}, 0
		for i := 1; i < len(marks) && trips < 10; i++ {
			if from, to := marks[i-1].airport, marks[i].airport; from != to {
				trips++
				p := pair{key[1][:7], from, to}
				if !once[p] {
					once[p] = true
					exact[p]++
				}
			}
		}
	}
	return exact
}
