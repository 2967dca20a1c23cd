package driver_test

import (
	"math"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/throng-stats/throng/config"
	"github.com/throng-stats/throng/driver"
)

// sharing is the world of the leak tests with another table of shares.
func sharing(t *testing.T, shares string) (*driver.Job, error) {
	t.Helper()
	w := newWorld(t)
	w.write(t)
	if err := os.WriteFile(filepath.Join(w.dir, "share.csv"), []byte(shares), 0o600); err != nil {
		t.Fatal(err)
	}
	c, err := config.Read(filepath.Join(w.dir, "contract.yaml"))
	if err != nil {
		t.Fatal(err)
	}
	return driver.Prepare(c)
}

// TestSharesByClass: shares by age become factors of the geography, under a version of its own; that of everybody of a zone is the
// mean over its residents, a fifth of each band; zones that are not listed have the rows of the zone above.
func TestSharesByClass(t *testing.T) {
	plain, err := sharing(t, "zone,share\nNW,.4\nNE,.4\nSW,.4\nSE,.4\n")
	if err != nil {
		t.Fatal(err)
	}
	j, err := sharing(t, "zone,age,share,sd\nNW,0-17,.1,.01\nNW,18-24,.5,.02\nNW,25-44,.5,.02\nNW,45-64,.5,.02\nNW,65+,.4,.02\nR,,.4,\n")
	if err != nil {
		t.Fatal(err)
	}
	if plain.Geo.Factors != nil || len(j.Geo.Factors) != 9 || plain.Geo.Version == j.Geo.Version {
		t.Errorf("%d factors without classes and %d with, version %s and %s; want none, 9, and two versions", len(plain.Geo.Factors), len(j.Geo.Factors), plain.Geo.Version, j.Geo.Version)
	}
	for zone, want := range map[string]float64{"NW": 2.5, "SE": 2.5} {
		z, _ := j.Geo.Zones.Index(zone)
		if f := j.Geo.Zones.At(z).Factor; math.Abs(f-want) > 1e-9 {
			t.Errorf("a device of %s stands for %v people, want %v", zone, f, want)
		}
	}
	for _, f := range j.Geo.Factors {
		if f.Zone == "NW" && f.Age == "0-17" && (math.Abs(f.People-10) > 1e-9 || math.Abs(f.SD-1) > 1e-9) {
			t.Errorf("a child's device stands for %v people (sd %v), want 10 and 1", f.People, f.SD)
		}
	}
	for shares, want := range map[string]string{
		"zone,age,share\nNW,,.4\nXX,65+,.4\n": `share.csv: calibrate: row 2 of the shares names the zone "XX"`,
		"zone,age,share\nNW,,.4\n,65+,.4\n":   `column zone`,
		"zone,age,share\nNW,65+,.4\n":         `neither zone`,
	} {
		if _, err := sharing(t, shares); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("got %v, want %q", err, want)
		}
	}
}

// TestSharesOfAQuietDay: on a day on which E1 and E2 are counted together their factors are one, by class, people by
// devices of both: 80,000 / (40,000/2 + 40,000/4), and of the old, of whom nobody is known to live there, 2 / (1/4 + 1/8).
func TestSharesOfAQuietDay(t *testing.T) {
	r := newRegion(t).set("quiet: quiet.csv").set("share: share.csv")
	r.files["quiet.csv"] = "area,from,to\nE1,2026-02-03,2026-02-03\n"
	r.files["share.csv"] = "zone,age,share,sd\nE1,,.5,.01\nE1,65+,.25,.01\nE2,,.25,.01\nE2,65+,.125,.01\nW,,.4,\n"
	store, err := r.run(t, "2026-02-02", "2026-02-03")
	if err != nil {
		t.Fatal(err)
	}
	m := manifest(t, store, "present", "2026-02-03")
	geo, err := store.Geography(m.Geo.ID, m.Geo.Version)
	if err != nil {
		t.Fatal(err)
	}
	found := map[string]float64{}
	for _, f := range geo.Factors {
		found[f.Zone+" "+f.Age] = f.People
	}
	z, _ := geo.Zones.Index("E")
	all, old := found["E "], found["E 65+"]
	if len(found) != 4 || math.Abs(all-geo.Zones.At(z).Factor) > 1e-9 || math.Abs(all-8./3) > 1e-9 || math.Abs(old-16./3) > 1e-9 || found["W1 "] != 2.5 {
		t.Errorf("factors are %v, the zone E has %v; want 8/3 and 16/3 of E, as its zone says", found, geo.Zones.At(z).Factor)
	}
}
