package driver_test

import (
	"cmp"
	"context"
	"crypto/ed25519"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/throng-stats/throng/config"
	"github.com/throng-stats/throng/driver"
	"github.com/throng-stats/throng/release"
	"github.com/throng-stats/throng/release/disk"
)

// region is a small invented country in a folder: region R of two counties E and W of two municipalities each, squares of
// ten kilometres with four antennas each, and the events of eighty phones on two days.
//
//	E1 E2 | W1 W2    40,000 residents each
type region struct {
	dir       string
	out       string // folder of releases; "" is out
	files     map[string]string
	edits     []string   // lines of the contract
	preparing sync.Mutex // for processes that begin side by side
}

const contractText = `throng: 1
holder: {id: op}
agreement: {id: a-1, purpose: transport, from: 2026-02-02, until: 2026-03-31}
review: {by: panel, date: 2026-01-01, text: macro-regions only}
data: synthetic
state: state
feed:
  id: phones
  kind: events
  unit: subscriber
  files: "in/{day}.csv"
  columns: {user: {as: subscriber, type: text}, at: {as: time}, cell: {as: cell, type: text}}
clock: Europe/Paris
cells: {file: cells.csv}
zones: {file: zones.geojson, version: "1"}
grid: {tile: 1000}
residents: residents.csv
products: [present, flows-day, flows-month]
publish: {licence: CC0-1.0}
`

func newRegion(t *testing.T) *region {
	t.Helper()
	r := &region{dir: t.TempDir(), files: map[string]string{}}
	var cells, features, residents strings.Builder
	cells.WriteString("cell_id,latitude,longitude\n")
	residents.WriteString("zone,gender,age,people\n")
	feature := func(id, parent string, level int, west, east float64) {
		fmt.Fprintf(&features, `,{"type":"Feature","properties":{"id":"%s","name":"%s","parent":"%s","level":%d},"geometry":{"type":"Polygon","coordinates":[[[%.3f,48],[%.3f,48],[%.3f,48.09],[%.3f,48.09],[%.3f,48]]]}}`,
			id, id, parent, level, west, east, east, west, west)
	}
	feature("R", "", 0, 2, 2.54)
	feature("E", "R", 1, 2, 2.27)
	feature("W", "R", 1, 2.27, 2.54)
	for i, id := range []string{"E1", "E2", "W1", "W2"} {
		west := 2 + .135*float64(i)
		feature(id, id[:1], 2, west, west+.135)
		fmt.Fprintf(&residents, "%s,F,25-44,20000\n%s,M,25-44,20000\n", id, id)
		for k := range 4 {
			fmt.Fprintf(&cells, "%s-%d,%.4f,%.4f\n", id, k, 48.022+.045*float64(k/2), west+.034+.067*float64(k%2))
		}
	}
	r.files["cells.csv"], r.files["residents.csv"] = cells.String(), residents.String()
	r.files["zones.geojson"] = `{"type":"FeatureCollection","features":[` + features.String()[1:] + `]}`
	for _, day := range []string{"2026-02-02", "2026-02-03"} {
		r.files["in/"+day+".csv"] = events(day, 80)
	}
	return r
}

// events are those of some phones, each for hours in one municipality and then in the next.
func events(day string, phones int) string {
	var b strings.Builder
	b.WriteString("user,at,cell\n")
	ids := []string{"E1", "E2", "W1", "W2"}
	for p := range phones {
		for hour := 6; hour < 20; hour++ {
			at := ids[(p+hour/7)%4]
			for _, minute := range []int{5, 25, 45} {
				fmt.Fprintf(&b, "u%03d,%sT%02d:%02d:00Z,%s-%d\n", p, day, hour, minute, at, p%4)
			}
		}
	}
	return b.String()
}

// set writes a key of the contract: "quiet: quiet.csv".
func (r *region) set(lines ...string) *region { r.edits = append(r.edits, lines...); return r }

// write writes the files and reads the contract. A line of set takes the place of the line with the same key.
func (r *region) write(t *testing.T) (*config.Contract, error) {
	t.Helper()
	lines := strings.Split(contractText, "\n")
	for _, edit := range r.edits {
		key, _, _ := strings.Cut(edit, ":")
		found := false
		for i, line := range lines {
			if strings.HasPrefix(line, key+":") {
				lines[i], found = edit, true
			}
		}
		if !found {
			lines = append(lines, edit)
		}
	}
	r.files["contract.yaml"] = strings.Join(lines, "\n")
	for name, text := range r.files {
		path := filepath.Join(r.dir, name)
		if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	return config.Read(filepath.Join(r.dir, "contract.yaml"))
}

// prepare reads the contract and everything public.
func (r *region) prepare(t *testing.T) (*driver.Job, error) {
	t.Helper()
	r.preparing.Lock()
	defer r.preparing.Unlock()
	c, err := r.write(t)
	if err != nil {
		return nil, err
	}
	return driver.Prepare(c)
}

// run publishes what is due, with the clock at noon of 2026-02-04.
func (r *region) run(t *testing.T, from, to string) (release.Store, error) {
	t.Helper()
	job, err := r.prepare(t)
	if err != nil {
		return nil, err
	}
	out := filepath.Join(r.dir, cmp.Or(r.out, "out"))
	now := func() time.Time { return time.Date(2026, 2, 4, 12, 0, 0, 0, time.UTC) }
	if _, err := driver.Run(context.Background(), job, driver.RunOptions{Out: out, From: from, To: to, Now: now}); err != nil {
		return nil, err
	}
	return disk.OpenReadOnly(out)
}

// refused wants a refusal of a rule, which ends a command with 4.
func refused(t *testing.T, what string, err error, says ...string) {
	t.Helper()
	if driver.ExitCode(err) != 4 {
		t.Errorf("%s: got %v, want a refusal", what, err)
		return
	}
	for _, part := range says {
		if !strings.Contains(err.Error(), part) {
			t.Errorf("%s: %q does not say %q", what, err, part)
		}
	}
}

// manifest finds the one release of a product and period.
func manifest(t *testing.T, store release.Store, product, period string) release.Manifest {
	t.Helper()
	list, err := store.List()
	if err != nil {
		t.Fatal(err)
	}
	var found []release.Manifest
	for _, m := range list {
		if m.Product == product && m.Period.Name == period {
			found = append(found, m)
		}
	}
	if len(found) != 1 {
		t.Fatalf("there are %d releases of %s %s, want one", len(found), product, period)
	}
	return found[0]
}

// domain is the codes of the zone dimension of a measured table.
func domain(t *testing.T, store release.Store, m release.Manifest, table string) string {
	t.Helper()
	got, err := store.Table(m.ID, "", table)
	if err != nil {
		t.Fatal(err)
	}
	return strings.Join(got.Shape.Dims[0].Codes, " ")
}

// TestQuietAreaIsCountedWithFiftyThousand: E1 has 40,000 residents, its county 80,000. On its day the county is one leaf
// and one zone; the day before it is four antennas a municipality.
func TestQuietAreaIsCountedWithFiftyThousand(t *testing.T) {
	r := newRegion(t).set("quiet: quiet.csv")
	r.files["quiet.csv"] = "area,from,to\nE1,2026-02-03,2026-02-03\n"
	store, err := r.run(t, "2026-02-02", "2026-02-03")
	if err != nil {
		t.Fatal(err)
	}
	plain, quiet := manifest(t, store, "present", "2026-02-02"), manifest(t, store, "present", "2026-02-03")
	if got := domain(t, store, plain, "total"); !strings.Contains(got, "E1-04") || !strings.Contains(got, "E2-04") {
		t.Errorf("the day before: leaves %s, want those of the sites", got)
	}
	got := domain(t, store, quiet, "total")
	if !strings.Contains(got, "E-q01") || strings.Contains(got, "E1") || strings.Contains(got, "E2") || !strings.Contains(got, "W2-04") {
		t.Errorf("the quiet day: leaves %s, want one for the county E and those of the sites of W2", got)
	}
	if quiet.Geo.Version == plain.Geo.Version || quiet.Options["quiet.joined"] != "E" || plain.Options["quiet.joined"] != "" {
		t.Errorf("geographies %s and %s, joined %q and %q", plain.Geo, quiet.Geo, plain.Options["quiet.joined"], quiet.Options["quiet.joined"])
	}
	geo, err := store.Geography(quiet.Geo.ID, quiet.Geo.Version)
	if err != nil {
		t.Fatal(err)
	}
	if ids := strings.Join(geo.Zones.IDs(), " "); ids != "R E W W1 W2" || strings.Contains(string(geo.Shapes), `"E1"`) {
		t.Errorf("zones of the quiet day: %s, want none below E", ids)
	}
	for _, leaf := range geo.Tree.Leaves {
		if strings.HasPrefix(leaf.ID, "E") && leaf.Residents < 50_000 {
			t.Errorf("leaf %s hears %.0f residents, want 50,000", leaf.ID, leaf.Residents)
		}
	}
	if got := domain(t, store, manifest(t, store, "flows-day", "2026-02-03"), "total"); got != "E W1 W2" {
		t.Errorf("flows of the quiet day are between %s, want E W1 W2", got)
	}
	if got := domain(t, store, manifest(t, store, "flows-day", "2026-02-02"), "total"); got != "E1 E2 W1 W2" {
		t.Errorf("flows of the day before are between %s", got)
	}
	for _, name := range []string{"total", "leaf"} { // estimates are there for every zone and leaf
		if _, err := store.Table(quiet.ID, "linear", name); err != nil {
			t.Error(err)
		}
	}
}

// TestWhatWasQuietStaysQuiet: the list of a day that is counted changes nothing any more, in either direction, and no day
// is published a second time.
func TestWhatWasQuietStaysQuiet(t *testing.T) {
	r := newRegion(t).set("quiet: quiet.csv")
	r.files["quiet.csv"] = "area,from,to\nE1,2026-02-03,2026-02-03\n"
	if _, err := r.run(t, "2026-02-02", "2026-02-03"); err != nil {
		t.Fatal(err)
	}
	r.files["quiet.csv"] = "area,from,to\nW1,2026-02-02,2026-02-02\n"
	store, err := r.run(t, "2026-02-02", "2026-02-03")
	if err != nil {
		t.Fatal(err)
	}
	if got := manifest(t, store, "present", "2026-02-03").Options["quiet.joined"]; got != "E" {
		t.Errorf("joined %q, want E", got)
	}
	if got := manifest(t, store, "present", "2026-02-02").Options["quiet.joined"]; got != "" {
		t.Errorf("joined %q afterwards, want none", got)
	}
}

func TestQuietAreasThatCannotBe(t *testing.T) {
	r := newRegion(t).set("quiet: quiet.csv")
	r.files["quiet.csv"] = "area,from,to\nnowhere,2026-02-03,2026-02-03\n"
	if _, err := r.prepare(t); driver.KindOf(err) != driver.Invalid {
		t.Errorf("an unknown area: got %v", err)
	}
	r.files["quiet.csv"] = "area,from,to\nE1,2026-02-03,2026-02-03\n"
	r.files["residents.csv"] = strings.ReplaceAll(r.files["residents.csv"], "20000", "5000") // 40,000 in the region
	_, err := r.run(t, "2026-02-02", "2026-02-03")
	refused(t, "a region of 40,000", err, "2026-02-03", "27.4")
	if _, err = r.run(t, "2026-02-02", "2026-02-02"); err != nil {
		t.Errorf("the day before: %v", err)
	}
}

// seal signs the guardian's file of a region.
func (r *region) seal(text string) {
	key := ed25519.NewKeyFromSeed([]byte("a guardian of a test, 32 bytes.."))
	r.files["guardian.csv"] = text
	r.files["guardian.sig"] = base64.StdEncoding.EncodeToString(ed25519.Sign(key, []byte(text)))
	r.set("quiet_guardian: {file: guardian.csv, signature: guardian.sig, key: " + base64.StdEncoding.EncodeToString(key.Public().(ed25519.PublicKey)) + "}")
}

// TestHolderCannotRemoveWhatTheGuardianAdded: neither the entry, nor the file.
func TestHolderCannotRemoveWhatTheGuardianAdded(t *testing.T) {
	r := newRegion(t)
	r.seal("area,from,to\nE1,2026-02-03,2026-02-03\nW1,2026-02-20,2026-02-20\n")
	store, err := r.run(t, "2026-02-02", "2026-02-03")
	if err != nil {
		t.Fatal(err)
	}
	if got := manifest(t, store, "present", "2026-02-03").Options["quiet.joined"]; got != "E" {
		t.Errorf("joined %q, want E", got)
	}
	r.seal("area,from,to\nE1,2026-02-03,2026-02-03\n")
	_, err = r.run(t, "2026-02-02", "2026-02-03")
	refused(t, "an entry less", err, "the guardian's entry for area W1 was removed", "27.4")
	r.seal("area,from,to\nE1,2026-02-03,2026-02-03\nW1,2026-02-21,2026-02-21\n")
	_, err = r.run(t, "2026-02-02", "2026-02-03")
	refused(t, "another day", err, "area W1 was removed")
	r.edits = nil
	_, err = r.run(t, "2026-02-02", "2026-02-03")
	refused(t, "no guardian", err, "was removed")
	r.seal("area,from,to\nW1,2026-02-20,2026-02-20\nE2,2026-02-25,2026-02-25\nE1,2026-02-03,2026-02-03\n")
	if _, err = r.run(t, "2026-02-02", "2026-02-03"); err != nil {
		t.Errorf("an entry more, in another order: %v", err)
	}
	os.Remove(filepath.Join(r.dir, "state", "inside", "days.json"))
	_, err = r.run(t, "2026-02-02", "2026-02-03")
	refused(t, "the memory removed", err, "days.json is gone")
}

// TestQuietHoursAreTold: thirty days later, in the claim, and not before.
func TestQuietHoursAreTold(t *testing.T) {
	r := newRegion(t).set("quiet: quiet.csv")
	r.files["quiet.csv"] = "area,from,to\nE1,2026-02-02,2026-02-03\n"
	for _, day := range []string{"2026-03-03", "2026-03-04", "2026-03-05"} {
		r.files["in/"+day+".csv"] = events(day, 10)
	}
	store, err := r.run(t, "", "")
	if err != nil {
		t.Fatal(err)
	}
	for day, want := range map[string]string{"2026-02-03": "", "2026-03-03": "", "2026-03-04": "until 2026-02-02, 48 zone-hours", "2026-03-05": "until 2026-02-03, 96 zone-hours"} {
		got := strings.Join(groups(t, store, manifest(t, store, "present", day)), "\n")
		if !strings.Contains(got, want) || want == "" && strings.Contains(got, "zone-hours") {
			t.Errorf("%s: the claim says %q, want %q", day, got, want)
		}
	}
}

// groups is what the claim of a release says about groups.
func groups(t *testing.T, store release.Store, m release.Manifest) []string {
	t.Helper()
	f, err := store.Open(m.ID, "claim.json")
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	var claim struct {
		Groups []string `json:"what_this_may_show_about_groups"`
	}
	if err := json.NewDecoder(f).Decode(&claim); err != nil {
		t.Fatal(err)
	}
	return claim.Groups
}

// TestMonthLeavesQuietFlowsOut: the domain of a month stays, and its manifest says which days lack which zones.
func TestMonthLeavesQuietFlowsOut(t *testing.T) {
	r := newRegion(t).set("quiet: quiet.csv", "agreement: {id: a-1, purpose: transport, from: 2026-02-02, until: 2026-02-03}")
	r.files["quiet.csv"] = "area,from,to\nE1,2026-02-03,2026-02-03\n"
	for _, day := range []string{"2026-02-02", "2026-02-03"} {
		r.files["in/"+day+".csv"] = events(day, 1200)
	}
	store, err := r.run(t, "2026-02-02", "2026-02-03")
	if err != nil {
		t.Fatal(err)
	}
	m := manifest(t, store, "flows-month", "2026-02")
	// Half of 1,200 phones go from E1 to E2 on each day, at 7 or at 14, and half from W1 to W2. The noise has a standard
	// deviation of 21, so that 900 lies fourteen of them from what is wanted and from what is not.
	table, err := store.Table(m.ID, "", "total")
	if err != nil {
		t.Fatal(err)
	}
	at := func(from, to int) int64 { return table.Raw[from*4+to] }
	if e, w := at(0, 1), at(2, 3); e > 900 || e < 300 || w < 900 {
		t.Errorf("E1 to E2 has %d, W1 to W2 %d; want about 600 of the one day that was not quiet, and 1,200 of both", e, w)
	}
	if got := domain(t, store, m, "total"); got != "E1 E2 W1 W2" || m.Options["quiet.left_out"] != "2026-02-03: E1" {
		t.Errorf("flows of the month are between %s, left out %q", got, m.Options["quiet.left_out"])
	}
}

// TestNoFreshBudget: the same files under another scope, name or folder beside the first are refused; other files are not.
func TestNoFreshBudget(t *testing.T) {
	r := newRegion(t)
	if _, err := r.run(t, "2026-02-02", "2026-02-03"); err != nil {
		t.Fatal(err)
	}
	if _, err := r.run(t, "2026-02-02", "2026-02-03"); err != nil {
		t.Errorf("the same scope again: %v", err)
	}
	r.out = "out-b"
	_, err := r.set("state: state-b").run(t, "2026-02-02", "2026-02-02")
	refused(t, "another folder", err, "27.10", "state folder state already")
	_, err = r.set("holder: {id: other}", "state: state-c").run(t, "2026-02-02", "2026-02-02")
	refused(t, "another scope", err, "27.10")
	r.files["in/2026-02-02.csv"] = events("2026-02-02", 79)
	if _, err := r.run(t, "2026-02-02", "2026-02-02"); err != nil {
		t.Errorf("other files: %v", err)
	}
}

// TestRealDataKeepTheirState: --state is not a way to a new budget.
func TestRealDataKeepTheirState(t *testing.T) {
	job, err := newRegion(t).set("data: real", "agreement: {id: a-1, purpose: transport, from: 2026-02-02, until: 2026-03-31, signed: [k1, k2]}").prepare(t)
	if err != nil {
		t.Fatal(err)
	}
	_, err = driver.Run(context.Background(), job, driver.RunOptions{Out: t.TempDir(), State: t.TempDir()})
	refused(t, "another state", err, "27.10")
}

// TestGrain: what only the public tables can tell.
func TestGrain(t *testing.T) {
	people := "attributes: {file: people.csv, columns: {user: {as: subscriber, type: text}, born: {as: age, type: int}, home: {as: origin, type: text}}}"
	table := func(groups int, residents int) string {
		text := "origin,group,residents\n"
		for i := range groups {
			text += fmt.Sprintf("p%d,province %d,%d\n", i, i, residents)
		}
		return text
	}
	byAge := func(r *region) { r.set(strings.Replace(people, ", home: {as: origin, type: text}", "", 1)) }
	for name, one := range map[string]struct {
		change func(r *region)
		says   []string
	}{
		"a zone of 900 residents by age": {func(r *region) {
			byAge(r)
			r.files["residents.csv"] = "zone,gender,age,people\nE1,F,25-44,900\n"
		}, []string{"27.1", "fewer than 2,000"}},
		"a region of 100 people": {func(r *region) { r.files["residents.csv"] = "zone,gender,age,people\nE1,F,25-44,100\n" }, []string{"27.1", "fewer than 150"}},
		"a region of 4,000 by origin": {func(r *region) {
			r.set(people, "origins: origins.csv")
			r.files["origins.csv"] = table(3, 900_000)
			r.files["residents.csv"] = "zone,gender,age,people\nE1,F,25-44,4000\n"
		}, []string{"27.1", "fewer than 5,000"}},
		"nights by origin in a region of 19,000": {func(r *region) {
			r.set(people, "origins: origins.csv", "products: [nights]")
			r.files["origins.csv"] = table(3, 900_000)
			r.files["residents.csv"] = "zone,gender,age,people\nE1,F,25-44,19000\n"
		}, []string{"27.1", "fewer than 20000"}},
		"journeys in a region of 4,900": {func(r *region) {
			r.set("products: [tourism]")
			r.files["residents.csv"] = "zone,gender,age,people\nE1,F,25-44,4900\n"
		}, []string{"27.1", "fewer than 5000"}},
		"by age without residents": {func(r *region) { byAge(r); r.set("residents: \"\"") }, []string{"27.1", "no table of residents"}},
		"thirteen provinces by hour": {func(r *region) {
			r.set(people, "origins: origins.csv")
			r.files["origins.csv"] = table(13, 900_000)
		}, []string{"27.1", "13 groups", "macro-region"}},
		"a removed guardian signature": {func(r *region) {
			r.seal("area,from,to\nE1,2026-02-03,2026-02-03\n")
			r.files["guardian.csv"] = "area,from,to\n"
		}, []string{"27.4", "signature of the guardian"}},
	} {
		r := newRegion(t)
		one.change(r)
		_, err := r.prepare(t)
		refused(t, name, err, one.says...)
	}
	// A municipality of 900 within a county is never counted by itself: its block has 2,000.
	r := newRegion(t)
	byAge(r)
	r.files["residents.csv"] = "zone,gender,age,people\nE1,F,25-44,900\nE2,F,25-44,30000\nW1,F,25-44,30000\nW2,F,25-44,30000\n"
	job, err := r.prepare(t)
	if err != nil {
		t.Fatal(err)
	}
	for _, b := range job.Ground.Tree.Blocks {
		if b.Residents < 2000 {
			t.Errorf("block %s has %.0f residents", b.ID, b.Residents)
		}
	}
	// A group of 20,000 has no code of its own.
	r = newRegion(t).set(people, "origins: origins.csv")
	r.files["origins.csv"] = table(3, 900_000) + "tiny,valley,20000\n"
	if job, err = r.prepare(t); err != nil {
		t.Fatal(err)
	}
	if codes := strings.Join(job.Classes.Origin, " "); strings.Contains(codes, "valley") {
		t.Errorf("codes of origin are %s", codes)
	}
}

// TestProtectedLeavesNoTrace: neither places nor groups that are protected show in what is published; the number of groups does.
func TestProtectedLeavesNoTrace(t *testing.T) {
	r := newRegion(t).set("protected: hidden.geojson", "protected_origins: hidden.csv", "origins: origins.csv",
		"attributes: {file: people.csv, columns: {user: {as: subscriber, type: text}, home: {as: origin, type: text}}}")
	r.files["hidden.geojson"] = `{"type":"FeatureCollection","features":[{"type":"Feature","properties":{"name":"Hidden House"},"geometry":{"type":"Point","coordinates":[2.034,48.022]}}]}`
	r.files["origins.csv"] = "origin,group,residents\na,north,900000\nb,south,900000\nc,east,900000\n"
	r.files["hidden.csv"] = "group,neighbour\nsouth,north\n"
	r.files["people.csv"] = "user,home\nu001,a\nu002,b\n"
	store, err := r.run(t, "2026-02-02", "2026-02-02")
	if err != nil {
		t.Fatal(err)
	}
	m := manifest(t, store, "present", "2026-02-02")
	told := strings.Join(groups(t, store, m), "\n")
	if !strings.Contains(told, "to protect them: 1.") {
		t.Errorf("the claim says %q, want how many groups are protected", told)
	}
	err = filepath.WalkDir(filepath.Join(r.dir, "out"), func(path string, d os.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		text, err := os.ReadFile(path)
		for _, trace := range []string{"idden", "protected_origins", `"protected"`} {
			if strings.Contains(string(text), trace) {
				t.Errorf("%s has %q in it", filepath.Base(path), trace)
			}
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
}

// TestPublicPlaces: a public list is in the geography and in its version; one that names a protected place is refused.
func TestPublicPlaces(t *testing.T) {
	r := newRegion(t)
	bare, err := r.prepare(t)
	if err != nil {
		t.Fatal(err)
	}
	r.set("places: places.csv")
	r.files["places.csv"] = "id,name,kind,latitude,longitude\nb,Lycée,school,48.022,2.034\na,Halt,station,48.05,2.4\n"
	job, err := r.prepare(t)
	if err != nil || len(job.Geo.Places) != 2 || job.Geo.Places[0].ID != "a" || job.Geo.Version == bare.Geo.Version {
		t.Fatalf("got %v, %v, version %s after %s", job.Geo.Places, err, job.Geo.Version, bare.Geo.Version)
	}
	r.set("protected: hidden.geojson")
	for _, shape := range []string{`{"type":"Point","coordinates":[2.0341,48.022]}`, `{"type":"Polygon","coordinates":[[[2.03,48.02],[2.04,48.02],[2.04,48.03],[2.03,48.02]]]}`} {
		r.files["hidden.geojson"] = `{"type":"FeatureCollection","features":[{"type":"Feature","properties":{},"geometry":` + shape + `}]}`
		if _, err := r.prepare(t); err == nil || !strings.Contains(err.Error(), "place 2 by id lies in a protected place") {
			t.Errorf("%s: got %v", shape, err)
		}
	}
}

// TestCapsRiseUnderAContract: the keys of the contract, the message of the ledger, and refusal by the ledger's own rules.
func TestCapsRiseUnderAContract(t *testing.T) {
	r := newRegion(t)
	key := func(name string) (string, ed25519.PrivateKey) {
		seed := make([]byte, 32)
		copy(seed, name)
		k := ed25519.NewKeyFromSeed(seed)
		return base64.StdEncoding.EncodeToString(k.Public().(ed25519.PublicKey)), k
	}
	officer, officerKey := key("officer")
	publisher, publisherKey := key("publisher")
	r.set("keys: [{by: privacy-officer, key: "+officer+"}, {by: publisher, key: "+publisher+"}]", "privacy: {profile: standard, cap_30: .5, cap_365: .5}")
	if _, err := r.run(t, "2026-02-02", "2026-02-02"); err != nil {
		t.Fatal(err)
	}
	raise := func(from string) string {
		message := fmt.Appendf(nil, "throng caps 1\nscope op/phones\nday 100000000\n30 days 1000000000\n365 days 2000000000\ndelta 0\nvalid_from %s\n", from)
		sign := func(k ed25519.PrivateKey) string { return base64.StdEncoding.EncodeToString(ed25519.Sign(k, message)) }
		return fmt.Sprintf("privacy: {profile: standard, cap_30: .5, cap_365: .5, caps: {cap_30: 1, cap_365: 2, valid_from: %s, signatures: [{by: privacy-officer, key: %s, sig: %s}, {by: publisher, key: %s, sig: %s}]}}",
			from, officer, sign(officerKey), publisher, sign(publisherKey))
	}
	_, err := r.set(raise("2026-02-06")).run(t, "2026-02-03", "2026-02-03")
	refused(t, "two days ahead", err, "seven days")
	r.edits = r.edits[:len(r.edits)-1]
	if _, err := r.set(raise("2026-02-20")).run(t, "2026-02-03", "2026-02-03"); err != nil {
		t.Errorf("in order: %v", err)
	}
}

// TestKindOfAQuietRefusal: a wrapped refusal keeps its exit code.
func TestKindOfAQuietRefusal(t *testing.T) {
	err := fmt.Errorf("2026-02-03: %w", &driver.Error{Kind: driver.Refused, Text: "no"})
	if driver.ExitCode(err) != 4 || errors.Unwrap(err) == nil {
		t.Errorf("exit %d", driver.ExitCode(err))
	}
}
