package synth

import (
	"context"
	"encoding/csv"
	"encoding/json"
	"flag"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/throng-stats/throng"
)

var rewrite = flag.Bool("rewrite", false, "write the golden files again")

// companiesOf writes the companies of a world and returns their files by path.
func companiesOf(t *testing.T, o Options) (string, map[string]string) {
	t.Helper()
	dir, files := t.TempDir(), map[string]string{}
	if err := must(o).WriteCompanies(context.Background(), dir); err != nil {
		t.Fatal(err)
	}
	err := filepath.WalkDir(dir, func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		text, err := os.ReadFile(path)
		name, _ := filepath.Rel(dir, path)
		files[name] = string(text)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return dir, files
}

// TestCompaniesGolden: a small world writes the same on any number of processors and at any time: the contracts, the lists, the
// beginning of every other file and its number of lines.
func TestCompaniesGolden(t *testing.T) {
	o := Options{Seed: 5, People: 3000, Days: 3}
	_, files := companiesOf(t, o)
	defer runtime.GOMAXPROCS(runtime.GOMAXPROCS(1))
	_, alone := companiesOf(t, o)
	var text strings.Builder
	for _, name := range slices.Sorted(func(yield func(string) bool) {
		for name := range files {
			if !yield(name) {
				return
			}
		}
	}) {
		if alone[name] != files[name] {
			t.Errorf("%s depends on the number of processors", name)
		}
		lines := strings.SplitAfter(files[name], "\n")
		fmt.Fprintf(&text, "== %s, %d lines, %d bytes\n", name, len(lines)-1, len(files[name]))
		for i, line := range lines {
			if strings.HasSuffix(name, ".yaml") || i < 6 {
				text.WriteString(line[:min(len(line), 300)])
				if len(line) > 300 {
					text.WriteString("...\n")
				}
			}
		}
	}
	const golden = "testdata/companies.txt"
	if *rewrite {
		if err := os.WriteFile(golden, []byte(text.String()), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	if want, err := os.ReadFile(golden); err != nil || string(want) != text.String() {
		t.Errorf("%v; the companies differ from %s; look at the difference and run with -rewrite. Got\n%s", err, golden, text.String())
	}
}

// rowsOf reads a feed, by the names of its columns.
func rowsOf(t *testing.T, text string) (rows []map[string]string) {
	t.Helper()
	all, err := csv.NewReader(strings.NewReader(text)).ReadAll()
	if err != nil {
		t.Fatal(err)
	}
	for _, r := range all[1:] {
		row := map[string]string{}
		for i, name := range all[0] {
			row[name] = r[i]
		}
		rows = append(rows, row)
	}
	return rows
}

// TestCompanyTruthOfCleanFeeds adds the clean feeds of twelve days over the end of a month up again, by the text of their rows, and
// finds what is true of them: the feeds and the truth are two ways from the same people.
func TestCompanyTruthOfCleanFeeds(t *testing.T) {
	w := must(Options{Seed: 7, People: 4000, Days: 12, From: "2026-02-22", Clean: true})
	dir, files := companiesOf(t, w.options)
	for _, c := range []struct {
		folder, file string
		add          func(r map[string]string, add func(CompanyCell, int64), once func(CompanyCell, string))
	}{
		{Tickets, "sales.csv", func(r map[string]string, add func(CompanyCell, int64), once func(CompanyCell, string)) {
			v, err := throng.ParseAmount(r["amount"], 2)
			if err != nil || r["cancelled"] == "true" || v < 0 {
				return
			}
			if sold := w.dayOf(t, r["sold"]); sold >= w.DayName(0) && sold <= w.DayName(11) {
				cell := CompanyCell{Table: "spending/total", Period: sold[:7], Zone: r["to"], Class: r["kind"], Currency: r["currency"]}
				add(cell, v)
				cell.Table = "spending/sales"
				add(cell, 1)
				cell.Table = "spending/buyers"
				once(cell, r["client"])
			}
			if begins := w.dayOf(t, r["begins"]); begins >= w.DayName(0) && begins <= w.DayName(11) {
				cell := CompanyCell{Table: "bookings/nights", Period: begins[:7], Zone: r["to"]}
				var nights int64
				fmt.Sscan(r["nights"], &nights)
				add(cell, nights)
				cell.Table = "bookings/trips"
				once(cell, r["client"])
			}
		}},
		{Purchases, "purchases.csv", func(r map[string]string, add func(CompanyCell, int64), once func(CompanyCell, string)) {
			v, err := throng.ParseAmount(r["paid"], 2)
			if err != nil || v < 0 {
				return
			}
			cell := CompanyCell{Table: "spending/total", Period: w.dayOf(t, r["bought"]), Zone: r["shop"], Class: r["sort"]}
			add(cell, v)
			cell.Table = "spending/sales"
			add(cell, 1)
			cell.Table = "spending/buyers"
			once(cell, r["member"])
		}},
		{Bikes, "rides.csv", func(r map[string]string, add func(CompanyCell, int64), once func(CompanyCell, string)) {
			month := w.dayOf(t, r["start"])[:7]
			add(CompanyCell{Table: "flows-month/total", Period: month, Zone: r["from_dock"], Zone2: r["to_dock"]}, 1)
			add(CompanyCell{Table: "vehicles/departures", Period: month, Zone: r["from_dock"], Time: r["start"][:13] + ":00:00Z"}, 1)
			add(CompanyCell{Table: "vehicles/arrivals", Period: month, Zone: r["to_dock"], Time: r["end"][:13] + ":00:00Z"}, 1)
		}},
		{Bikes, "reports.csv", func(r map[string]string, add func(CompanyCell, int64), once func(CompanyCell, string)) {
			add(CompanyCell{Table: "reports/total", Period: w.dayOf(t, r["at"]), Zone: r["dock"], Class: r["reason"]}, 1)
		}},
		{Cases, "cases.csv", func(r map[string]string, add func(CompanyCell, int64), once func(CompanyCell, string)) {
			once(CompanyCell{Table: "cases/total", Period: w.dayOf(t, r["at"])[:7], Zone: r["district"], Class: r["authority"], Class2: r["reason"]}, r["person_concerned"])
			var days int
			fmt.Sscan(r["waited"], &days)
			class := map[bool]string{true: "0-1", false: "91+"}[days < 1]
			for _, c := range []struct {
				from, until int
				name        string
			}{{1, 8, "1-8"}, {8, 31, "8-31"}, {31, 91, "31-91"}} {
				if c.from <= days && days < c.until {
					class = c.name
				}
			}
			once(CompanyCell{Table: "cases/waits", Period: w.dayOf(t, r["at"])[:7], Zone: r["district"], Class: r["authority"], Class2: class}, r["person_concerned"])
		}},
	} {
		sums, seen := map[CompanyCell]int64{}, map[string]bool{}
		add := func(cell CompanyCell, v int64) { sums[cell] += v }
		rows := rowsOf(t, files[filepath.Join(c.folder, c.file)])
		for _, r := range rows {
			c.add(r, add, func(cell CompanyCell, unit string) {
				if key := fmt.Sprint(cell, unit); !seen[key] {
					seen[key] = true
					add(cell, 1)
				}
			})
		}
		truth, err := ReadCompany(dir, c.folder)
		if err != nil {
			t.Fatal(err)
		}
		tables, wrong := map[string]bool{}, 0
		for cell, v := range sums {
			tables[cell.Table] = true
			if is := truth.Of(cell).True; is != v {
				wrong++
				t.Logf("%+v: the rows say %d, the truth %d", cell, v, is)
			}
		}
		for cell, v := range truth.Cells {
			if _, ok := sums[cell]; !ok && tables[cell.Table] && v.True != 0 {
				wrong++
				t.Logf("%+v: the truth says %d, the rows nothing", cell, v.True)
			}
			if v.Within > v.True {
				t.Errorf("%+v: %d are within the bounds of a clean feed, of %d", cell, v.Within, v.True)
			}
		}
		if wrong > 0 || len(rows) < 30 || len(tables) == 0 {
			t.Errorf("%s: %d cells differ, of %d rows", c.file, wrong, len(rows))
		}
	}
}

// dayOf is the civil day of an instant.
func (w *World) dayOf(t *testing.T, instant string) string {
	t.Helper()
	for day := -100; day < w.options.Days+100; day++ {
		p := w.Period(day)
		if from, until := stampOf(p.Start), stampOf(p.End); from <= instant && instant < until {
			return p.Name
		}
	}
	t.Fatalf("the instant %q is far away", instant)
	return ""
}

func stampOf(ms int64) string { return time.UnixMilli(ms).UTC().Format("2006-01-02T15:04:05.000Z") }

// TestStatus: at every full hour every dock holds what it has room for, and after a night at four it holds half of it.
func TestStatus(t *testing.T) {
	_, files := companiesOf(t, Options{Seed: 5, People: 3000, Days: 2})
	lines := strings.Split(strings.TrimSpace(files["bikes/station_status.jsonl"]), "\n")
	if len(lines) != 48 {
		t.Fatalf("%d documents, want 48", len(lines))
	}
	moved := false
	for i, line := range lines {
		var doc gbfsStatus
		if err := json.Unmarshal([]byte(line), &doc); err != nil {
			t.Fatal(err)
		}
		for _, s := range doc.Data.Stations {
			if s.Vehicles < 0 || s.Docks < 0 || s.Vehicles+s.Docks != 24 || i%24 == 4 && s.Vehicles != 12 {
				t.Errorf("hour %d: %+v", i, s)
			}
			moved = moved || s.Vehicles != 12
		}
		if len(doc.Data.Stations) != 48 || doc.Version != "3.0" {
			t.Errorf("hour %d: %d docks of version %s", i, len(doc.Data.Stations), doc.Version)
		}
	}
	if !moved {
		t.Error("no bicycle ever moves")
	}
}

// TestRegisters: planted outliers spend far more a head than all other bodies, and foreign firms are penalised more often.
func TestRegisters(t *testing.T) {
	_, files := companiesOf(t, Options{Seed: 5, People: 400, Days: 60})
	expenses, outliers := rowsOf(t, files["registers/procurement.csv"]), rowsOf(t, files["registers/outliers.csv"])
	spent := map[[2]string]float64{} // per head
	for _, r := range expenses {
		amount, _ := throng.ParseAmount(r["amount"], 2)
		var staff float64
		fmt.Sscan(r["staff"], &staff)
		spent[[2]string{r["authority"], r["category"]}] += float64(amount) / 100 / staff
	}
	for _, o := range outliers {
		for at, v := range spent {
			if most := spent[[2]string{o["authority"], o["category"]}]; at[1] == o["category"] && at[0] != o["authority"] && v > most/5 {
				t.Errorf("outlier %v spends %.2f a head, %s %.2f", o, most, at[0], v)
			}
		}
	}
	n, penalties := map[string]float64{}, map[string]float64{}
	for _, r := range rowsOf(t, files["registers/inspections.csv"]) {
		n[r["class"]]++
		if r["fined"] == "true" {
			penalties[r["class"]]++
		}
	}
	// Some 300 inspections of foreign firms: the standard error is .024; the seed is fixed.
	near(t, "foreign", penalties["foreign"]/n["foreign"], .21, .07)
	near(t, "domestic", penalties["domestic"]/n["domestic"], .12, .05)
	if len(outliers) != 3 || len(expenses) < 3000 {
		t.Errorf("%d outliers of %d expenses", len(outliers), len(expenses))
	}
}
