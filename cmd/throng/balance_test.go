package main

import (
	"bytes"
	"encoding/json"
	"io"
	"math"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/throng-stats/throng"
	"github.com/throng-stats/throng/release"
	"github.com/throng-stats/throng/release/disk"
)

// put publishes an estimate of a product of March, or of one of its days, in a folder.
func put(t *testing.T, dir, product, table, period string, options map[string]string, sd float64, dims []throng.Dim, estimates ...float64) {
	t.Helper()
	store, err := disk.Open(dir)
	if err != nil {
		t.Fatal(err)
	}
	defer store.Close()
	zones, err := throng.NewZones([]throng.Zone{{ID: "FR", Level: 0}, {ID: "CDG", Parent: "FR", Level: 1}, {ID: "HAM", Level: 0}, {ID: "JFK", Level: 0}})
	if err != nil {
		t.Fatal(err)
	}
	geo := release.Geography{ID: "g", Version: "1", TimeZone: "Etc/UTC", CRS: "laea", Tile: 100, Zones: zones}
	if err := store.PutGeography(geo); err != nil {
		t.Fatal(err)
	}
	start := time.Date(2026, 3, 1, 0, 0, 0, 0, time.UTC)
	one := release.Table{Kind: release.Estimate, Method: release.Linear, Shape: throng.Shape{Name: table, Dims: dims}, Estimate: estimates}
	for range estimates {
		one.NoiseSD = append(one.NoiseSD, sd)
	}
	m := release.Manifest{ID: product + "-" + table + "-" + period, Product: product, Holder: "H", Data: "synthetic", Method: "1", Options: options,
		Period: release.Period{Name: period, Start: start, End: start.AddDate(0, 1, 0), TimeZone: "Etc/UTC"}, Geo: release.GeoRef{ID: "g", Version: "1"}}
	if _, err := store.Put(release.Draft{Manifest: m, Tables: []release.Table{one}}); err != nil {
		t.Fatal(err)
	}
}

// TestBalanceOfTwoFolders joins tickets with a mobile network by country, over codes of airports and of SIMs: what goes out and comes in.
func TestBalanceOfTwoFolders(t *testing.T) {
	tickets, mobile := filepath.Join(t.TempDir(), "tickets"), filepath.Join(t.TempDir(), "mobile")
	to := throng.Dim{Name: throng.DimZone, Level: throng.LevelZone, Codes: []string{"FR", "CDG", "HAM", "JFK"}} // FR is the sum of what lies in it
	put(t, tickets, "spending", "total", "2026-03", map[string]string{"money.currency": `["EUR"]`}, 150_000, []throng.Dim{to}, 9_000_000, 9_000_000, 6_000_000, 4_800_000)
	put(t, tickets, "bookings", "trips", "2026-03", nil, 5, []throng.Dim{to}, 300, 300, 100, 120)
	from := throng.Dim{Name: throng.DimOrigin, Codes: []string{"P1"}}
	put(t, mobile, "tourism", "abroad", "2026-03", nil, 60, []throng.Dim{{Name: throng.DimCountry, Codes: []string{"DEU", "USA"}}, from}, 1200, 1500)
	origin := throng.Dim{Name: throng.DimOrigin, Codes: []string{"P1", "DEU", "USA"}}
	for _, day := range []string{"2026-03-01", "2026-03-02"} {
		put(t, mobile, "nights", "origin", day, map[string]string{release.OptionAbroad: `["DEU","USA"]`}, 30, []throng.Dim{{Name: throng.DimZone, Level: throng.LevelZone, Codes: []string{"CDG"}}, origin}, 9999, 200, 100)
	}
	countries := filepath.Join(t.TempDir(), "countries.csv")
	if err := atOnce(countries, write("code,country\nHAM,DE\nJFK,US\nDEU,DE\nUSA,US\n")); err != nil {
		t.Fatal(err)
	}
	var said bytes.Buffer
	c := &balanceCmd{Dirs: []string{tickets, mobile}, Month: "2026-03", Home: "FR", Countries: countries}
	if err := c.Run(&screen{out: &said, err: &said, json: true}); err != nil {
		t.Fatal(err)
	}
	var got struct {
		Figures []figure
		Assumed []string
		Sources []release.Source
	}
	if err := json.Unmarshal(said.Bytes(), &got); err != nil {
		t.Fatal(err)
	}
	found := map[string]figure{}
	for _, f := range got.Figures {
		found[f.Figure+" "+f.Country] = f
	}
	for name, want := range map[string][2]float64{ // value, sd
		"spending DE":          {60_000, 1500},
		"trips FR":             {300, 5},
		"spending per trip DE": {600, 33.541020},
		"outflow DE":           {720_000, 54_037.486988},
		"outflow all":          {1_320_000, math.Hypot(54_037.486988, 39_422.392114)},
		"nights of guests DE":  {400, 30 * math.Sqrt2},
		"nights of guests all": {600, 60},
		"journeys abroad all":  {2700, 60 * math.Sqrt2},
		"share of spending DE": {60. / 108, math.Hypot(48_000*1500, 60_000*1500) / (108_000 * 108_000)},
		"spending FR":          {90_000, 1500},
		"spending per trip FR": {300, math.Hypot(1500, 300*5) / 300},
	} {
		if f, ok := found[name]; !ok || math.Abs(f.Value-want[0]) > 1e-4 || math.Abs(f.SD-want[1]) > 1e-4 {
			t.Errorf("%s: got %v (sd %v), want %v", name, f.Value, f.SD, want)
		}
	}
	if _, ok := found["inflow DE"]; ok || len(got.Sources) != 5 {
		t.Errorf("an inflow without nights at home, or %d sources; want 5", len(got.Sources))
	}
	if f := found["spending DE"]; f.Best != 1 || f.Worst != 1 || found["spending US"].Tie != 2 {
		t.Errorf("ranks %+v", f)
	}
	if text := said.String(); !bytes.Contains(said.Bytes(), []byte("nights: 2 of the 31 days of the month are published")) {
		t.Errorf("it does not say which days are not there: %s", text)
	}
	said.Reset()
	if err := c.Run(&screen{out: &said, err: &said}); err != nil || !bytes.Contains(said.Bytes(), []byte("flows      country  journeys")) {
		t.Errorf("got %v\n%s", err, said.String())
	}
}

// TestTravelWarningPage prints the table of docs/example/travel-warning.md from published months.
func TestTravelWarningPage(t *testing.T) {
	page, err := os.ReadFile(filepath.Join("..", "..", "docs", "example", "travel-warning.md"))
	if err != nil {
		t.Fatal(err)
	}
	dir := filepath.Join(t.TempDir(), "out")
	to := throng.Dim{Name: throng.DimZone, Level: throng.LevelZone, Codes: []string{"CDG", "HAM", "JFK"}} // at home, SEA, ALP
	for month, of := range map[string][4]float64{"2026-03": {1000, 1500, 600_000, 900_000}, "2026-04": {1040, 1540, 623_000, 924_000}, "2026-05": {600, 1672, 355_000, 1_003_200}} {
		put(t, dir, "bookings", "trips", month, nil, 20, []throng.Dim{to}, 9999, of[0], of[1])
		put(t, dir, "spending", "total", month, map[string]string{"money.currency": `["EUR"]`}, 1_000_000, []throng.Dim{to}, 9e7, of[2]*100, of[3]*100)
	}
	countries := filepath.Join(t.TempDir(), "countries.csv")
	if err := atOnce(countries, write("code,country\nHAM,SEA\nJFK,ALP\nFR,HOME\n")); err != nil {
		t.Fatal(err)
	}
	var said bytes.Buffer
	c := &balanceCmd{Dirs: []string{dir}, Month: "2026-05", Home: "HOME", Countries: countries, Event: "SEA", Before: []string{"2026-03", "2026-04"}}
	if err := c.Run(&screen{out: &said, err: &said}); err != nil {
		t.Fatal(err)
	}
	marks := strings.NewReplacer("±", "", "|", "", "(", "", ")", "", "to", "", "+", "")
	for _, line := range strings.Split(string(page), "\n") {
		if figure, ok := strings.CutPrefix(line, "| spending"); ok || strings.HasPrefix(line, "| trips") {
			if want := strings.Join(strings.Fields(marks.Replace(line)), " "); !strings.Contains(strings.Join(strings.Fields(said.String()), " "), want) {
				t.Errorf("the page says %q (%s), the program\n%s", want, figure, said.String())
			}
		}
	}
	if !strings.Contains(said.String(), "event: without it the destination would have changed like all others abroad together") {
		t.Error("it does not say what it takes for granted")
	}
}

// write is what atOnce writes of a text.
func write(text string) func(w io.Writer) error {
	return func(w io.Writer) error {
		_, err := io.WriteString(w, text)
		return err
	}
}
