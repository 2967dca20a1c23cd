package antenna

import (
	"encoding/csv"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/throng-stats/throng/locate/zone"
)

func TestBuildPlaces(t *testing.T) {
	rows := []PlaceRow{
		{ID: "2", Name: "Old", Lat: 37.0, Lon: -122.0, Parent: "San Jose"},
		{ID: "10", Name: "Market", Lat: 37.8, Lon: -122.4, Parent: "San Francisco", Clock: time.UTC},
		{ID: "2", Name: "New", Lat: 37.33, Lon: -121.89, Parent: "San Jose"},
		{ID: "2-5", Lat: 37.34, Lon: -121.88, Parent: "San Jose"},
	}
	g, set, report, err := BuildPlaces(rows, PlacesOptions{Tile: 500})
	if err != nil {
		t.Fatal(err)
	}
	checkGround(t, g)
	if report != (PlacesReport{Rows: 4, Places: 3, Parents: 2, Earlier: 1}) {
		t.Errorf("got %+v", report)
	}
	if got, want := strings.Join(g.Zones.IDs(), " "), "San-Francisco San-Jose 10 2 2-5"; got != want {
		t.Errorf("zones: got %s, want %s", got, want)
	}
	if got, want := strings.Join(g.Tree.LeafIDs(), " "), "10-01 2-01 2-5-01"; got != want {
		t.Errorf("leaves: got %s, want %s", got, want)
	}
	if got, want := strings.Join(g.Tree.BlockIDs(), " "), "10-b01 2-5-b01 2-b01"; got != want {
		t.Errorf("blocks: got %s, want %s", got, want)
	}
	i, _ := g.Place([]byte("2"))
	p := g.Places[i]
	leaf := g.Tree.Leaves[p.Leaf]
	block := g.Tree.Blocks[leaf.Block]
	if p.Lat != 37.33 || leaf.ID != "2-01" || block.ID != "2-b01" || g.Tree.Areas[block.Up].ID != "San-Jose-a01" || g.Zones.At(int(p.Zone)).Name != "New" {
		t.Errorf("place 2: got %+v, leaf %+v, block %+v", p, leaf, block)
	}
	if i, _ := g.Place([]byte("10")); g.Places[i].Clock != time.UTC || len(g.Near[i]) != 1 {
		t.Errorf("place 10: got the clock %v and near %v", g.Places[i].Clock, g.Near[i])
	}
	if _, err := zone.FromGeoJSON(set.GeoJSON(), zone.Options{}); err != nil {
		t.Errorf("the zones of places cannot be read back: %v", err)
	}
	for _, s := range g.Shares {
		x, y := g.Tree.Leaves[s.Leaf].X, g.Tree.Leaves[s.Leaf].Y
		if float64(s.E) > x || float64(s.E)+500 <= x || float64(s.N) > y || float64(s.N)+500 <= y {
			t.Errorf("leaf %d lies at %v, %v, its tile at E %d N %d", s.Leaf, x, y, s.E, s.N)
		}
	}
}

func TestPlacesWithoutParents(t *testing.T) {
	g, _, _, err := BuildPlaces([]PlaceRow{{ID: "b"}, {ID: "a"}}, PlacesOptions{})
	if err != nil {
		t.Fatal(err)
	}
	checkGround(t, g)
	if len(g.Tree.Areas) != 2 || g.Zones.At(0).Level != 0 {
		t.Errorf("got %d areas, level %d; want an area a place on level 0", len(g.Tree.Areas), g.Zones.At(0).Level)
	}
}

func TestParentsMayBeCalledAsPlacesAre(t *testing.T) {
	g, _, _, err := BuildPlaces([]PlaceRow{{ID: "Texas", Parent: "texas"}, {ID: "x", Parent: "Te xas"}, {ID: "y", Parent: "Te  xas"}, {ID: "z", Parent: "東京"}}, PlacesOptions{})
	if err != nil {
		t.Fatal(err)
	}
	checkGround(t, g)
	if got, want := strings.Join(g.Zones.IDs(), " "), "Te-xas Te-xas-2 texas-2 zone Texas x y z"; got != want {
		t.Errorf("got %s, want %s", got, want)
	}
}

func TestPlacesErrors(t *testing.T) {
	for _, c := range []struct {
		why, want string
		rows      []PlaceRow
	}{
		{"none", "empty", nil},
		{"no id", "row 2 has no id", []PlaceRow{{ID: "a"}, {}}},
		{"no degrees", "row 1", []PlaceRow{{ID: "a", Lat: 100}}},
		{"ids become one", `"a-b"`, []PlaceRow{{ID: "a b"}, {ID: "A-B"}}},
		{"nothing left of an id", `becomes ""`, []PlaceRow{{ID: "東"}}},
	} {
		if _, _, _, err := BuildPlaces(c.rows, PlacesOptions{}); err == nil || !strings.Contains(strings.ToLower(err.Error()), strings.ToLower(c.want)) {
			t.Errorf("%s: got %v, want %q in it", c.why, err, c.want)
		}
	}
	if _, _, _, err := BuildPlaces([]PlaceRow{{ID: "a"}}, PlacesOptions{Tile: 1}); err == nil {
		t.Error("tiles of 1 m were accepted")
	}
}

// The stations and airports that published feeds really have.
func TestRealPlaces(t *testing.T) {
	for _, c := range []struct {
		file                      string
		id, name, lat, lon, above string
	}{
		{"bikes/bay_area_2014_stations.csv", "station_id", "name", "lat", "long", "landmark"},
		{"flights/airports.csv", "airport", "name", "latitude", "longitude", "state"},
	} {
		f, err := os.Open(filepath.Join("..", "..", "..", "shared", "data", filepath.FromSlash(c.file)))
		if err != nil {
			t.Skipf("the published file %s does not lie in shared/data beside the repository", c.file)
		}
		defer f.Close()
		table, err := csv.NewReader(f).ReadAll()
		if err != nil {
			t.Fatal(err)
		}
		at := map[string]int{}
		for i, name := range table[0] {
			at[name] = i
		}
		var rows []PlaceRow
		for _, r := range table[1:] {
			lat, _ := strconv.ParseFloat(r[at[c.lat]], 64)
			lon, _ := strconv.ParseFloat(r[at[c.lon]], 64)
			rows = append(rows, PlaceRow{ID: r[at[c.id]], Name: r[at[c.name]], Lat: lat, Lon: lon, Parent: r[at[c.above]]})
		}
		g, _, report, err := BuildPlaces(rows, PlacesOptions{Tile: 500})
		if err != nil {
			t.Fatal(err)
		}
		checkGround(t, g)
		t.Logf("%s: %+v", c.file, report)
	}
}
