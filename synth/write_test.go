package synth

import (
	"bytes"
	"context"
	"encoding/csv"
	"encoding/json"
	"errors"
	"fmt"
	"go/parser"
	"go/token"
	"io/fs"
	"math"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/parquet-go/parquet-go"

	"github.com/throng-stats/throng"
	"github.com/throng-stats/throng/synth/dice"
	"github.com/throng-stats/throng/synth/people"
)

func (w *World) newDice() *dice.Dice { return dice.New(w.options.Seed, 99) }

// writeDay writes a day into a new folder and returns the folder and its rows.
func writeDay(t *testing.T, w *World, day int) (string, []feedRow) {
	t.Helper()
	dir := t.TempDir()
	told := 0
	if err := w.WriteDay(context.Background(), dir, day, func(rows int) { told = rows }); err != nil {
		t.Fatal(err)
	}
	rows, err := parquet.ReadFile[feedRow](filepath.Join(dir, "in", w.DayName(day)+".parquet"))
	if err != nil {
		t.Fatal(err)
	}
	if told != len(rows) {
		t.Errorf("progress told of %d rows, the file has %d", told, len(rows))
	}
	return dir, rows
}

// The mean is over phones of people who were in sight all day; the tolerance holds 1.4 for the rhythm's constants and 1.5 for chance:
// with some 2,300 phones the standard error of the mean (log-normal, sd about 32) is 0.7.
func TestMeanEvents(t *testing.T) {
	w := small()
	_, rows := writeDay(t, w, 2)
	events := map[int64]float64{}
	for _, r := range rows {
		events[r.User]++
	}
	d := w.all.Diarist()
	sum, n, rarely := 0.0, 0.0, 0
	for i := range w.devices {
		dev := &w.devices[i]
		if dev.Person < 0 || slices.ContainsFunc(d.Day(int(dev.Person), 2), func(s people.Stay) bool { return s.Gone }) {
			continue
		}
		n++
		sum += events[int64(dev.ID)]
		if events[int64(dev.ID)] < 6 {
			rarely++
		}
	}
	near(t, "events a phone", sum/n, 40, 2.5)
	near(t, "phones with fewer than 6 events", float64(rarely)/n, .06, .025)
}

// Rows overtake each other by two seconds at most, jumps and times outside the day apart.
func TestRowsAreNearlyOrdered(t *testing.T) {
	w := must(Options{Seed: 3, People: 2000, Clean: true})
	_, rows := writeDay(t, w, 1)
	latest, overtaken := int64(0), 0
	for i, r := range rows {
		if r.Time < latest-overtakeMillis {
			t.Fatalf("row %d is %d ms late", i, latest-r.Time)
		}
		if r.Time < latest {
			overtaken++
		}
		latest = max(latest, r.Time)
		if !w.Period(1).Contains(r.Time) {
			t.Fatalf("row %d of a clean feed lies outside the day", i)
		}
	}
	if overtaken == 0 {
		t.Error("nobody overtakes; the feed is too well ordered")
	}
}

const overtakeMillis = 2000

// TestDirt finds every kind by what a reader can see. Rates are those of the signal package; the tolerance is a factor of two.
func TestDirt(t *testing.T) {
	w := small()
	_, rows := writeDay(t, w, 4)
	retired := map[string]bool{}
	known := map[string]bool{}
	for _, c := range w.plan.Cells {
		known[c.ID], retired[c.ID] = true, c.Retired
	}
	optedOut := map[int64]bool{}
	for _, d := range w.devices {
		optedOut[int64(d.ID)] = d.OptedOut
	}
	count := map[string]int{}
	seen, places := map[feedRow]bool{}, map[[2]int64]string{}
	for _, r := range rows {
		see := func(kind string, is bool) {
			if is {
				count[kind]++
			}
		}
		see("duplicate", seen[r])
		seen[r] = true
		key := [2]int64{r.User, r.Time}
		see("same instant", places[key] != "" && places[key] != r.Cell)
		places[key] = r.Cell
		see("unknown cell", r.Cell != "" && !known[r.Cell])
		see("retired cell", retired[r.Cell])
		see("bad SIM", r.MCC != 0 && (r.MCC < 100 || r.MCC > 999))
		see("bad network", r.Network != 0 && (r.Network < 10000 || r.Network > 999999))
		see("no pseudonym", r.User == 0)
		see("no time", r.Time == 0)
		see("no place", r.Cell == "" && r.Network == 0)
		see("outside the day", r.Time != 0 && !w.Period(4).Contains(r.Time))
		see("machine", r.Machine)
		see("opted out", optedOut[r.User])
		see("abroad", r.Network >= 10000 && r.Network <= 999999 && r.MCC == 208)
		see("roamer", r.MCC >= 100 && r.MCC != 208 && r.MCC <= 999 && !r.Machine)
	}
	for kind, rate := range map[string]float64{"duplicate": .01, "same instant": .001, "unknown cell": .001, "retired cell": .0003, "bad SIM": .0002, "outside the day": .0002} {
		got := float64(count[kind]) / float64(len(rows))
		if got < rate/2 || got > rate*2 {
			t.Errorf("%s: %.5f of rows, want about %.5f", kind, got, rate)
		}
	}
	for _, kind := range []string{"bad network", "no pseudonym", "no time", "no place", "machine", "opted out", "abroad", "roamer"} {
		if count[kind] == 0 {
			t.Errorf("no row of the kind %s among %d", kind, len(rows))
		}
	}
	if jumps := jumpsOf(w, rows); jumps < len(rows)/4000 {
		t.Errorf("%d impossible jumps among %d rows", jumps, len(rows))
	}
}

// jumpsOf counts pairs of successive rows of a unit that are more than 80 km and less than 4 minutes apart.
func jumpsOf(w *World, rows []feedRow) int {
	site := map[string]int{}
	for _, c := range w.plan.Cells {
		site[c.ID] = c.Site
	}
	byUser := map[int64][]feedRow{}
	for _, r := range rows {
		if _, ok := site[r.Cell]; ok && r.User != 0 && r.Time != 0 {
			byUser[r.User] = append(byUser[r.User], r)
		}
	}
	jumps := 0
	for _, list := range byUser {
		slices.SortFunc(list, func(a, b feedRow) int { return int(a.Time - b.Time) })
		for i := 1; i < len(list); i++ {
			a, b := list[i-1], list[i]
			far := w.plan.Sites[site[a.Cell]].At.Distance(w.plan.Sites[site[b.Cell]].At)
			if far > 80_000 && b.Time-a.Time < 240_000 {
				jumps++
			}
		}
	}
	return jumps
}

// A phone at rest is heard by several cells, and all of them are near.
func TestPhonesFlipBetweenCells(t *testing.T) {
	w := must(Options{Seed: 3, People: 2000, Clean: true})
	_, rows := writeDay(t, w, 1)
	cells := map[int64]map[string]bool{}
	for _, r := range rows {
		if r.Cell != "" {
			if cells[r.User] == nil {
				cells[r.User] = map[string]bool{}
			}
			cells[r.User][r.Cell] = true
		}
	}
	flips, things := 0, 0
	for _, dev := range w.things() {
		if len(cells[int64(dev.ID)]) > 0 {
			things++
		}
		if len(cells[int64(dev.ID)]) > 1 {
			flips++
		}
	}
	if things == 0 || flips*2 < things {
		t.Errorf("%d of %d things that never move are heard by more than one cell, want most", flips, things)
	}
}

// The same bytes from the same options, on one processor or many, with or without the days before.
func TestSameBytes(t *testing.T) {
	options := Options{Seed: 5, People: 3000, Days: 6}
	write := func(processors int, days ...int) map[string][]byte {
		old := runtime.GOMAXPROCS(processors)
		defer runtime.GOMAXPROCS(old)
		w, dir := must(options), t.TempDir()
		if err := w.WriteRegion(dir); err != nil {
			t.Fatal(err)
		}
		for _, day := range days {
			if err := w.WriteDay(context.Background(), dir, day, nil); err != nil {
				t.Fatal(err)
			}
		}
		return readAll(t, dir)
	}
	one, many := write(1, 0, 3), write(5, 3)
	if len(one) != 13+4 || len(many) != 13+2 {
		t.Errorf("%d and %d files, want 17 and 15", len(one), len(many))
	}
	for name, text := range many {
		if !bytes.Equal(text, one[name]) {
			t.Errorf("%s differs between one processor and five", name)
		}
	}
	options.Seed = 6
	for name, text := range write(2, 3) {
		if strings.HasPrefix(name, "in/") && bytes.Equal(text, one[name]) {
			t.Errorf("%s is the same for seeds 5 and 6", name)
		}
	}
}

func readAll(t *testing.T, dir string) map[string][]byte {
	t.Helper()
	files := map[string][]byte{}
	err := filepath.WalkDir(dir, func(path string, entry fs.DirEntry, err error) error {
		if err != nil || entry.IsDir() {
			return err
		}
		name, err := filepath.Rel(dir, path)
		if err != nil {
			return err
		}
		files[filepath.ToSlash(name)], err = os.ReadFile(path)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return files
}

func TestCSVSaysTheSame(t *testing.T) {
	w := must(Options{Seed: 3, People: 1000})
	_, want := writeDay(t, w, 1)
	w.options.Format = CSV
	dir := t.TempDir()
	if err := w.WriteDay(context.Background(), dir, 1, nil); err != nil {
		t.Fatal(err)
	}
	f, err := os.Open(filepath.Join(dir, "in", w.DayName(1)+".csv"))
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	got, err := csv.NewReader(f).ReadAll()
	if err != nil {
		t.Fatal(err)
	}
	if strings.Join(got[0], ",") != "user_id,timestamp,cell_id,mcc,plmn,machine" || len(got) != len(want)+1 {
		t.Fatalf("header %v and %d rows, want %d", got[0], len(got)-1, len(want))
	}
	for i, r := range want {
		text := func(n int64) string {
			if n == 0 {
				return ""
			}
			return strconv.FormatInt(n, 10)
		}
		at := ""
		if r.Time != 0 {
			at = time.UnixMilli(r.Time).UTC().Format("2006-01-02 15:04:05.000")
		}
		line := []string{text(r.User), at, r.Cell, text(int64(r.MCC)), text(int64(r.Network)), fmt.Sprint(r.Machine)}
		if !slices.Equal(got[i+1], line) {
			t.Fatalf("row %d: got %v, want %v", i, got[i+1], line)
		}
	}
}

// What is written as zones reads as zones: closed rings in degrees inside the country, known parents.
func TestRegionFiles(t *testing.T) {
	w := small()
	dir := t.TempDir()
	if err := w.WriteRegion(dir); err != nil {
		t.Fatal(err)
	}
	files := readAll(t, dir)
	checkZones(t, files["zones.geojson"])
	if !json.Valid(files["protected.geojson"]) {
		t.Error("protected.geojson is no JSON")
	}
	contract := string(files["contract.yaml"])
	for name := range files {
		if name != "contract.yaml" && !strings.Contains(contract, name) {
			t.Errorf("the contract does not name %s", name)
		}
	}
	if strings.Contains(contract, "%!") {
		t.Errorf("the contract has a hole: %s", contract)
	}
	for name, rows := range map[string]int{"cells.csv": len(w.plan.Cells), "residents.csv": 29 * 2 * 5, "share.csv": 29 * 6, "origins.csv": 6, "countries.csv": 12, "holidays.csv": 3} {
		list, err := csv.NewReader(bytes.NewReader(files[name])).ReadAll()
		if err != nil || len(list) != rows+1 {
			t.Errorf("%s: %d rows, want %d (%v)", name, len(list)-1, rows, err)
		}
	}
	checkPeople(t, w, filepath.Join(dir, "people.parquet"), string(files["optout.txt"]))
}

func checkZones(t *testing.T, text []byte) {
	t.Helper()
	var file struct {
		Features []struct {
			Properties struct {
				ID, Name, Parent string
				Level            int
			}
			Geometry struct {
				Type        string
				Coordinates json.RawMessage
			}
		}
	}
	if err := json.Unmarshal(text, &file); err != nil {
		t.Fatal(err)
	}
	levels := map[int]int{}
	var list []throng.Zone
	for _, f := range file.Features {
		levels[f.Properties.Level]++
		list = append(list, throng.Zone{ID: f.Properties.ID, Name: f.Properties.Name, Parent: f.Properties.Parent, Level: f.Properties.Level})
		polygons := make([][][][2]float64, 1)
		into := any(&polygons)
		if f.Geometry.Type == "Polygon" {
			into = &polygons[0]
		}
		if err := json.Unmarshal(f.Geometry.Coordinates, into); err != nil {
			t.Fatal(err)
		}
		for _, polygon := range polygons {
			for _, ring := range polygon {
				if ring[0] != ring[len(ring)-1] || len(ring) < 5 {
					t.Errorf("zone %s: a ring of %d points is not closed", f.Properties.ID, len(ring))
				}
				for _, at := range ring {
					if math.Abs(at[0]-2.6) > 4 || math.Abs(at[1]-46.8) > 3 {
						t.Errorf("zone %s reaches %v", f.Properties.ID, at)
					}
				}
			}
		}
	}
	if levels[0] != 1 || levels[1] != 6 || levels[2] != 4 || levels[3] != 24 {
		t.Errorf("zones by level: %v, want 1, 6, 4, 24", levels)
	}
	if _, err := throng.NewZones(list); err != nil {
		t.Error(err)
	}
}

// checkPeople: domestic subscribers have a row, most of them; nobody else; ids tell nothing about their order of birth.
func checkPeople(t *testing.T, w *World, path, optOut string) {
	t.Helper()
	rows, err := parquet.ReadFile[personRow](path)
	if err != nil {
		t.Fatal(err)
	}
	domestic, out := 0, 0
	for _, d := range w.devices {
		if d.Person >= 0 && d.MCC == 208 {
			domestic++
		}
		if d.OptedOut {
			out++
		}
	}
	near(t, "rows of people.parquet a domestic subscriber", float64(len(rows))/float64(domestic), .98, .02)
	for i, r := range rows {
		if i > 0 && r.User <= rows[i-1].User || r.User < 1<<40 || r.Sex != "F" && r.Sex != "M" || r.Birth < 1925 || r.Birth > 2026 {
			t.Fatalf("row %d of people.parquet is wrong", i)
		}
	}
	if got := strings.Count(optOut, "\n"); got != out || out == 0 {
		t.Errorf("%d ids opted out, want %d", got, out)
	}
}

func TestTruthComesBack(t *testing.T) {
	w := small()
	dir, _ := writeDay(t, w, 2)
	got, err := ReadTruth(dir, w.DayName(2))
	if err != nil {
		t.Fatal(err)
	}
	want, err := w.Truth(context.Background(), 2)
	if err != nil {
		t.Fatal(err)
	}
	n := len(want.Rows)
	if len(got.Rows) <= n || !slices.Equal(got.Rows[:n], want.Rows) || got.Day != want.Day {
		t.Error("the truth that was read is not the truth that was written")
	}
	sums := map[string]int64{}
	for _, r := range got.Rows {
		sums[r.Table] += r.Count
	}
	trips, phones, heard := sums[TruthTrips], sums[TruthPhoneTrips], sums[TruthHeardTrips]
	if phones == 0 || phones >= trips || heard*10 < phones*5 || heard*10 > phones*9 {
		t.Errorf("%d trips, %d of phones, %d heard at both ends; want fewer of phones than of people, and five to nine of ten heard", trips, phones, heard)
	}
	visits, in, left := sums[TruthVisitors], sums[TruthPhoneVisits], sums[TruthHeardVisits]
	if in == 0 || in >= visits || left*10 < in*5 || left*10 > in*9 {
		t.Errorf("%d visits, %d of phones, %d left a record; want fewer of phones than of people, and five to nine of ten heard", visits, in, left)
	}
	one := got.Rows[len(got.Rows)-1]
	if a, b := got.HeardVisits(one.Zone); b != one.Count || b > a || a == 0 {
		t.Errorf("%s: %d phones, %d left a record, want %d of at least one", one.Zone, a, b, one.Count)
	}
	last := got.Rows[len(got.Rows)-1]
	for i := len(got.Rows) - 1; last.Table != TruthHeardTrips; i-- {
		last = got.Rows[i]
	}
	if a, b := got.Heard(last.Zone, last.Zone2); b != last.Count || b > a || a == 0 {
		t.Errorf("%s to %s: %d trips of phones, %d heard, want %d of at least one", last.Zone, last.Zone2, a, b, last.Count)
	}
	path := truthPath(dir, w.DayName(2))
	text, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, text[:len(text)/2], 0o644); err != nil {
		t.Fatal(err)
	}
	if _, err := ReadTruth(dir, w.DayName(2)); err == nil {
		t.Error("half a file was taken for the truth")
	}
	if _, err := ReadTruth(dir, "2025-01-01"); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("a missing day: got %v", err)
	}
}

func TestCancelLeavesNothing(t *testing.T) {
	w := small()
	ctx, cancel := context.WithCancel(context.Background())
	dir := t.TempDir()
	err := w.WriteDay(ctx, dir, 1, func(int) { cancel() })
	if !errors.Is(err, context.Canceled) {
		t.Errorf("got %v, want a cancelled context", err)
	}
	if files := readAll(t, dir); len(files) != 0 {
		t.Errorf("%d files were left behind", len(files))
	}
	if err := w.WriteDay(context.Background(), dir, 60, nil); err == nil {
		t.Error("a day after the last was written")
	}
}

// The truth must not be computed by the code under test.
func TestImportsNothingUnderTest(t *testing.T) {
	const module = "github.com/throng-stats/throng"
	err := filepath.WalkDir(".", func(path string, entry fs.DirEntry, err error) error {
		if err != nil || entry.IsDir() || !strings.HasSuffix(path, ".go") {
			return err
		}
		file, err := parser.ParseFile(token.NewFileSet(), path, nil, parser.ImportsOnly)
		if err != nil {
			return err
		}
		for _, spec := range file.Imports {
			name := strings.Trim(spec.Path.Value, `"`)
			rest, ours := strings.CutPrefix(name, module)
			if ours && rest != "" && rest != "/event" && !strings.HasPrefix(rest, "/synth") {
				t.Errorf("%s imports %s", path, name)
			}
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
}
