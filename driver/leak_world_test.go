package driver_test

import (
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/throng-stats/throng/config"
	"github.com/throng-stats/throng/driver"
)

// poison is what must not be found outside the input: pseudonyms, those who opted out, numbers in columns that are never
// read, regions of origin as the holder writes them, ids and coordinates of antennas and of protected places. Every one
// of them is made so that nothing else looks like it: a coordinate is a whole number of seven decimals, which noisy
// estimates of fifteen digits are not (a part of one of them would look like it once in some hundred runs).
var poison = regexp.MustCompile(`(?i)zqpseudo|zqopted|zqnumber|336987104471|zqorig|zqcell|zqsite|zqshelter|\b4[89]\.\d{3}31330*\b|\b2\.\d{3}71770*\b`)

// place is a poisoned coordinate near (lat, lon): its decimals 4 to 7 are 3133 and 7177.
func poisoned(lat, lon float64) (string, string) {
	return fmt.Sprintf("%.3f3133", lat), fmt.Sprintf("%.3f7177", lon)
}

// row is a record of the small world, as the feed says it.
type row struct {
	user, cell, rest string // rest: mcc,plmn,msisdn
	at               time.Time
}

// world is a small invented region on disk, with a feed of two days in which everything personal is poison.
type world struct {
	dir  string
	rows map[string][]row // by day
}

const (
	worldDays  = 2
	worldCells = 48
)

var worldClock = func() *time.Location { l, _ := time.LoadLocation("Europe/Paris"); return l }()

func worldDay(i int) string {
	return time.Date(2026, 2, 3+i, 0, 0, 0, 0, time.UTC).Format(time.DateOnly)
}

func user(i int) string { return fmt.Sprintf("zqpseudo-%03d-x", i) }

func cell(i int) string { return fmt.Sprintf("ZQCELL-%03d", i) }

// newWorld invents the rows; write puts them on disk.
func newWorld(t testing.TB) *world {
	t.Helper()
	w := &world{dir: t.TempDir(), rows: map[string][]row{}}
	r := rand.New(rand.NewPCG(7, 7))
	for d := range worldDays {
		day := worldDay(d)
		midnight, _ := time.ParseInLocation(time.DateOnly, day, worldClock)
		for u := range 90 {
			at, c := midnight.Add(time.Duration(r.IntN(7200))*time.Second), r.IntN(worldCells-2)
			mcc := []string{"208", "208", "310"}[u%3]
			for at.Before(midnight.Add(24 * time.Hour)) {
				w.rows[day] = append(w.rows[day], row{user(u), cell(c), mcc + ",,336987104471" + fmt.Sprintf("%02d", u), at})
				at = at.Add(time.Duration(600+r.IntN(3000)) * time.Second)
				if r.IntN(3) == 0 {
					c = r.IntN(worldCells - 2)
				}
			}
		}
		// One person who is alone at the last two antennas, one who opted out, one who floods, one abroad, one without attributes.
		for k := range 20 {
			at := midnight.Add(time.Duration(k) * 4000 * time.Second)
			w.rows[day] = append(w.rows[day], row{"zqpseudo-alone", cell(worldCells - 1 - k%2), "208,,336987104471999", at},
				row{"zqopted-1", cell(3), "208,,336987104471998", at}, row{"zqpseudo-abroad", "", "208,26201,336987104471997", at},
				row{"zqpseudo-unknown", cell(k), "208,,336987104471996", at}, row{"zqpseudo-lost", "ZQCELL-nowhere", "208,,336987104471995", at})
		}
		for k := range 400 {
			w.rows[day] = append(w.rows[day], row{"zqpseudo-flood", cell(k % 40), "208,,336987104471994", midnight.Add(time.Duration(k) * 200 * time.Second)})
		}
	}
	return w
}

// without is the world without the records of one user and day: a neighbour.
func (w *world) without(t testing.TB, user, day string) *world {
	t.Helper()
	out := &world{dir: t.TempDir(), rows: map[string][]row{}}
	removed := 0
	for d, rows := range w.rows {
		for _, r := range rows {
			if d == day && r.user == user {
				removed++
				continue
			}
			out.rows[d] = append(out.rows[d], r)
		}
	}
	if removed == 0 {
		t.Fatalf("%s has no record on %s; the test shows nothing", user, day)
	}
	return out
}

// write puts the region, its contract and the feed on disk.
func (w *world) write(t testing.TB) {
	t.Helper()
	put := func(name, text string) {
		t.Helper()
		if err := os.MkdirAll(filepath.Dir(filepath.Join(w.dir, name)), 0o700); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(filepath.Join(w.dir, name), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	put("contract.yaml", worldContract)
	put("optout.txt", "zqopted-1\nzqopted-2\n")
	// Each region has fewer than 100,000 residents, and each group more: by day too, no region is told by its own code.
	put("origins.csv", "origin,group,residents\nZQORIG-1,North,90000\nZQORIG-5,North,90000\nZQORIG-2,South,90000\nZQORIG-6,South,60000\nZQORIG-3,Here,90000\nZQORIG-7,Here,90000\n")
	put("countries.csv", "mcc,country,group,residents\n310,US,Abroad,300000000\n208,FR,Here,60000000\n")
	put("zones.geojson", worldZones())
	lat, lon := poisoned(48.712, 2.112)
	put("protected.geojson", fmt.Sprintf(`{"type":"FeatureCollection","features":[{"type":"Feature","properties":{"name":"ZQSHELTER"},"geometry":{"type":"Polygon","coordinates":[[[%s,%s],[2.116,%s],[2.116,48.716],[%s,48.716],[%s,%s]]]}}]}`, lon, lat, lat, lon, lon, lat))
	var cells, residents, share, people strings.Builder
	cells.WriteString("cell_id,latitude,longitude,site_id,range\n")
	for i := range worldCells {
		lat, lon := poisoned(48.705+float64(i/8)*.032, 2.105+float64(i%8)*.024)
		fmt.Fprintf(&cells, "%s,%s,%s,ZQSITE-%03d,3000\n", cell(i), lat, lon, i)
	}
	residents.WriteString("zone,gender,age,people\n")
	share.WriteString("zone,share\n")
	for _, z := range []string{"NW", "NE", "SW", "SE"} {
		fmt.Fprintf(&share, "%s,0.4\n", z)
		for _, g := range []string{"F", "M"} {
			for _, a := range []string{"0-17", "18-24", "25-44", "45-64", "65+"} {
				fmt.Fprintf(&residents, "%s,%s,%s,6000\n", z, g, a)
			}
		}
	}
	people.WriteString("user_id,birth_year,sex,home\n")
	for u := range 90 {
		fmt.Fprintf(&people, "%s,%d,%s,ZQORIG-%d\n", user(u), 1931+u%70, []string{"F", "M"}[u%2], u%4)
	}
	people.WriteString("zqpseudo-alone,1951,F,ZQORIG-2\nzqpseudo-flood,1961,M,ZQORIG-1\n")
	put("cells.csv", cells.String())
	put("residents.csv", residents.String())
	put("share.csv", share.String())
	put("people.csv", people.String())
	for d, rows := range w.rows {
		var feed strings.Builder
		feed.WriteString("user_id,timestamp,cell_id,mcc,plmn,msisdn\n")
		for _, r := range rows {
			fmt.Fprintf(&feed, "%s,%s,%s,%s\n", r.user, r.at.UTC().Format("2006-01-02T15:04:05Z"), r.cell, r.rest)
		}
		put("in/"+d+".csv", feed.String())
	}
}

func worldZones() string {
	feature := func(id, parent string, level int, x0, y0, x1, y1 float64) string {
		return fmt.Sprintf(`{"type":"Feature","properties":{"id":%q,"name":"Zone %s","parent":%q,"level":%d},"geometry":{"type":"Polygon","coordinates":[[[%g,%g],[%g,%g],[%g,%g],[%g,%g],[%g,%g]]]}}`,
			id, id, parent, level, x0, y0, x1, y0, x1, y1, x0, y1, x0, y0)
	}
	return `{"type":"FeatureCollection","features":[` + strings.Join([]string{
		feature("R", "", 0, 2.1, 48.7, 2.3, 48.9), feature("SW", "R", 1, 2.1, 48.7, 2.2, 48.8), feature("SE", "R", 1, 2.2, 48.7, 2.3, 48.8),
		feature("NW", "R", 1, 2.1, 48.8, 2.2, 48.9), feature("NE", "R", 1, 2.2, 48.8, 2.3, 48.9)}, ",") + `]}`
}

const worldContract = `throng: 1
holder: {id: small, name: Small Mobile}
agreement: {id: agr-7, purpose: [planning, statistics], text: Who is where in a small region, from: 2026-02-03, until: 2026-02-04, signed: [holder-key]}
recipients: [statistics-office, public]
review: {by: The privacy officer, date: 2026-01-15, text: Origins are macro-regions of at least 100000 residents.}
data: synthetic
state: state
optout: optout.txt
feed:
  id: signalling
  kind: events
  unit: subscriber
  files: "in/{day}.csv"
  columns:
    user_id: {as: subscriber, type: text}
    timestamp: {as: time, type: text}
    cell_id: {as: cell, type: text}
    mcc: {as: sim_country, type: int}
    plmn: {as: visited_network, type: int}
  drop: [msisdn]
clock: Europe/Paris
local: [208]
cells: {file: cells.csv, kind: antennas}
zones: {file: zones.geojson, version: "2026"}
grid: {tile: 1000}
attributes:
  file: people.csv
  columns:
    user_id: {as: subscriber, type: text}
    birth_year: {as: age, type: int, bands: [0, 18, 25, 45, 65]}
    sex: {as: gender}
    home: {as: origin}
origins: origins.csv
countries: countries.csv
residents: residents.csv
share: share.csv
protected: protected.geojson
products: [present, visitors, arrivals, nights, flows-hour, flows-day, flows-month]
roles: same-day
purposes: true
flows: stay
privacy: {profile: standard}
publish: {not_before: "+1d06:00", licence: CC0-1.0}
`

// job reads the contract of the world and makes it ready.
func (w *world) job(t testing.TB) *driver.Job {
	t.Helper()
	c, err := config.Read(filepath.Join(w.dir, "contract.yaml"))
	if err != nil {
		t.Fatal(err)
	}
	j, err := driver.Prepare(c)
	if err != nil {
		t.Fatal(err)
	}
	return j
}

func (w *world) out() string   { return filepath.Join(w.dir, "out") }
func (w *world) state() string { return filepath.Join(w.dir, "state") }
