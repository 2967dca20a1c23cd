package pack

import (
	"bytes"
	"encoding/csv"
	"fmt"
	"io"
	"math"
	"slices"
	"strconv"

	"github.com/throng-stats/throng"
	"github.com/throng-stats/throng/release"
)

// Files of a geography. geo.json is written last, because it holds the digests of all the others.
const (
	GeoPath       = "geo.json"
	shapesPath    = "zones.geojson"
	leavesPath    = "leaves.parquet"
	sharesPath    = "shares.parquet"
	residentsPath = "residents.csv"
	factorsPath   = "factors.csv"
	placesPath    = "places.csv"
)

// geoJSON is geo.json.
type geoJSON struct {
	ID       string         `json:"id"`
	Version  string         `json:"version"`
	TimeZone string         `json:"time_zone"`
	CRS      string         `json:"crs"`
	Lat0     float64        `json:"lat0"`
	Lon0     float64        `json:"lon0"`
	FE       float64        `json:"fe"`
	FN       float64        `json:"fn"`
	Tile     int            `json:"tile"`
	Zones    []zoneJSON     `json:"zones"`
	Areas    []blockJSON    `json:"areas"`
	Blocks   []blockJSON    `json:"blocks"`
	Leaves   int            `json:"leaves"`
	Shares   int            `json:"shares"`
	Files    []release.File `json:"files"`
}

type zoneJSON struct {
	ID        string  `json:"id"`
	Name      string  `json:"name"`
	Parent    string  `json:"parent,omitempty"`
	Level     int     `json:"level"`
	Residents int64   `json:"residents"`
	Factor    float64 `json:"factor"`
}

type blockJSON struct {
	ID        string  `json:"id"`
	Up        int     `json:"up"`
	Residents float64 `json:"residents"`
}

type leafRow struct {
	ID        string  `parquet:"id"`
	Block     int32   `parquet:"block"` // place in blocks of geo.json
	Zone      int32   `parquet:"zone"`  // place in zones of geo.json, -1 when none
	X         float64 `parquet:"x"`
	Y         float64 `parquet:"y"`
	Area      float64 `parquet:"area_m2"`
	Residents float64 `parquet:"residents"`
}

type shareRow struct {
	Leaf   int32   `parquet:"leaf"` // row of leaves.parquet, from 0
	E      int32   `parquet:"e"`
	N      int32   `parquet:"n"`
	Zone   int32   `parquet:"zone"` // place in zones of geo.json, -1 outside
	Weight float64 `parquet:"weight"`
}

// Geography makes the files of a geography, sorted by path with geo.json at the end.
func Geography(g release.Geography) ([]Content, error) {
	if err := checkGeography(g); err != nil {
		return nil, err
	}
	leaves, err := writeRows(len(g.Tree.Leaves), nil, func(i int) leafRow {
		l := g.Tree.Leaves[i]
		return leafRow{l.ID, int32(l.Block), int32(l.Zone), l.X, l.Y, l.Area, l.Residents}
	})
	if err != nil {
		return nil, fmt.Errorf("pack: %s: %w", leavesPath, err)
	}
	shares, err := writeRows(len(g.Shares), nil, func(i int) shareRow { return shareRow(g.Shares[i]) })
	if err != nil {
		return nil, fmt.Errorf("pack: %s: %w", sharesPath, err)
	}
	files := []Content{{leavesPath, leaves}}
	if g.Factors != nil {
		files = []Content{{factorsPath, factorsCSV(g.Factors)}, files[0]}
	}
	if g.Places != nil {
		files = append(files, Content{placesPath, placesCSV(g.Places)})
	}
	if g.Residents != nil {
		files = append(files, Content{residentsPath, residentsCSV(g.Residents)})
	}
	files = append(files, Content{sharesPath, shares}, Content{shapesPath, bytes.Clone(g.Shapes)})
	head := geoJSON{
		ID: g.ID, Version: g.Version, TimeZone: g.TimeZone, CRS: g.CRS, Lat0: g.Lat0, Lon0: g.Lon0, FE: g.FE, FN: g.FN, Tile: g.Tile,
		Leaves: len(g.Tree.Leaves), Shares: len(g.Shares), Files: digests(files),
	}
	for i := range g.Zones.Len() {
		head.Zones = append(head.Zones, zoneJSON(g.Zones.At(i)))
	}
	for _, b := range g.Tree.Areas {
		head.Areas = append(head.Areas, blockJSON(b))
	}
	for _, b := range g.Tree.Blocks {
		head.Blocks = append(head.Blocks, blockJSON(b))
	}
	text, err := marshal(head)
	return append(files, Content{GeoPath, text}), err
}

// checkGeography refuses what could not be read back or would be named outside its folder.
func checkGeography(g release.Geography) error {
	if !release.IsName(g.ID) || !release.IsName(g.Version) || g.Tile < 0 {
		return fmt.Errorf("pack: geography %.40q version %.40q with tiles of %d m; want names of ASCII letters, digits, dots, underscores and hyphens, and a tile of 0 m (none) or more", g.ID, g.Version, g.Tile)
	}
	for i, s := range g.Shares {
		if s.Leaf < 0 || int(s.Leaf) >= len(g.Tree.Leaves) || s.Zone < -1 || int(s.Zone) >= g.Zones.Len() || !(s.Weight >= 0 && s.Weight <= 1+1e-6) {
			return fmt.Errorf("pack: share %d of geography %s names leaf %d, zone %d with weight %v; want ones that exist and 0 to 1", i, g.ID, s.Leaf, s.Zone, s.Weight)
		}
	}
	for i, f := range g.Factors {
		if !(f.People > 0) || math.IsInf(f.People, 1) || f.SD < 0 || math.IsInf(f.SD, 1) {
			return fmt.Errorf("pack: factor %d of geography %s is %v people per device with a standard deviation of %v; want a positive and finite number, and one of at least 0 or NaN", i, g.ID, f.People, f.SD)
		}
	}
	for _, l := range g.Tree.Leaves {
		for _, v := range []float64{l.X, l.Y, l.Area, l.Residents} {
			if math.IsNaN(v) || math.IsInf(v, 0) {
				return fmt.Errorf("pack: leaf %s of geography %s has the number %v; want finite ones", l.ID, g.ID, v)
			}
		}
	}
	return nil
}

// ReadGeography reads a geography of that id and version; file returns the bytes of a file of its folder.
func ReadGeography(id, version string, file func(path string) ([]byte, error)) (release.Geography, error) {
	text, err := file(GeoPath)
	if err != nil {
		return release.Geography{}, err
	}
	var head geoJSON
	if err := unmarshal(text, &head); err != nil {
		return release.Geography{}, fmt.Errorf("pack: geography %s/%s: %w", id, version, err)
	}
	if head.ID != id || head.Version != version {
		return release.Geography{}, fmt.Errorf("pack: geography %s/%s says that it is %.80q/%.80q (%w)", id, version, head.ID, head.Version, release.ErrCorrupt)
	}
	parts := make(map[string][]byte, len(head.Files))
	for _, f := range head.Files {
		if !slices.Contains([]string{shapesPath, leavesPath, sharesPath, residentsPath, factorsPath, placesPath}, f.Path) {
			return release.Geography{}, fmt.Errorf("pack: geography %s/%s names the file %.80q (%w)", id, version, f.Path, release.ErrCorrupt)
		}
		if parts[f.Path], err = file(f.Path); err == nil {
			err = f.Verify(parts[f.Path])
		}
		if err != nil {
			return release.Geography{}, fmt.Errorf("pack: geography %s/%s: %w", id, version, err)
		}
	}
	return assemble(head, parts)
}

func assemble(head geoJSON, parts map[string][]byte) (g release.Geography, err error) {
	defer func() { // a library that meets bytes it did not expect may panic; the file is to blame
		if p := recover(); p != nil {
			g, err = release.Geography{}, fmt.Errorf("pack: geography %s/%s cannot be decoded: %v (%w)", head.ID, head.Version, p, release.ErrCorrupt)
		}
	}()
	g = release.Geography{
		ID: head.ID, Version: head.Version, TimeZone: head.TimeZone, CRS: head.CRS, Lat0: head.Lat0, Lon0: head.Lon0, FE: head.FE, FN: head.FN,
		Tile: head.Tile, Shapes: parts[shapesPath],
	}
	zones := make([]throng.Zone, len(head.Zones))
	for i, z := range head.Zones {
		zones[i] = throng.Zone(z)
	}
	if g.Zones, err = throng.NewZones(zones); err != nil {
		return g, err
	}
	for _, b := range head.Areas {
		g.Tree.Areas = append(g.Tree.Areas, throng.Block(b))
	}
	for _, b := range head.Blocks {
		g.Tree.Blocks = append(g.Tree.Blocks, throng.Block(b))
	}
	if g.Tree.Leaves, err = readLeaves(parts[leavesPath], head.Leaves); err != nil {
		return g, err
	}
	if g.Shares, err = readShares(parts[sharesPath], head.Shares); err != nil {
		return g, err
	}
	if text, ok := parts[residentsPath]; ok {
		if g.Residents, err = readResidents(text); err != nil {
			return g, err
		}
	}
	if text, ok := parts[placesPath]; ok {
		if g.Places, err = readPlaces(text); err != nil {
			return g, err
		}
	}
	if text, ok := parts[factorsPath]; ok {
		g.Factors, err = readFactors(text)
	}
	return g, err
}

func readLeaves(content []byte, n int) ([]throng.Leaf, error) {
	f, err := open(content)
	if err != nil || n == 0 {
		return nil, err
	}
	if int64(n) != f.NumRows() {
		return nil, fmt.Errorf("pack: %s has %d rows, want %d (%w)", leavesPath, f.NumRows(), n, release.ErrCorrupt)
	}
	ids, err := words(f, "id", n)
	if err != nil {
		return nil, err
	}
	block, err := int32s(f, "block", n)
	if err != nil {
		return nil, err
	}
	zone, err := int32s(f, "zone", n)
	if err != nil {
		return nil, err
	}
	var numbers [4][]float64
	for i, name := range []string{"x", "y", "area_m2", "residents"} {
		if numbers[i], err = doubles(f, name, n); err != nil {
			return nil, err
		}
	}
	leaves := make([]throng.Leaf, n)
	for i := range leaves {
		leaves[i] = throng.Leaf{ID: ids[i], Block: int(block[i]), Zone: int(zone[i]), X: numbers[0][i], Y: numbers[1][i], Area: numbers[2][i], Residents: numbers[3][i]}
	}
	return leaves, nil
}

func readShares(content []byte, n int) ([]throng.Share, error) {
	f, err := open(content)
	if err != nil || n == 0 {
		return nil, err
	}
	if int64(n) != f.NumRows() {
		return nil, fmt.Errorf("pack: %s has %d rows, want %d (%w)", sharesPath, f.NumRows(), n, release.ErrCorrupt)
	}
	var columns [4][]int32
	for i, name := range []string{"leaf", "e", "n", "zone"} {
		if columns[i], err = int32s(f, name, n); err != nil {
			return nil, err
		}
	}
	weight, err := doubles(f, "weight", n)
	if err != nil {
		return nil, err
	}
	shares := make([]throng.Share, n)
	for i := range shares {
		shares[i] = throng.Share{Leaf: columns[0][i], E: columns[1][i], N: columns[2][i], Zone: columns[3][i], Weight: weight[i]}
	}
	return shares, nil
}

var residentsHead = []string{"zone", "gender", "age", "people"}

func residentsCSV(rows []release.Residents) []byte {
	var b bytes.Buffer
	w := csv.NewWriter(&b)
	w.Write(residentsHead) // writing to memory does not fail
	for _, r := range rows {
		w.Write([]string{r.Zone, r.Gender, r.Age, strconv.FormatInt(r.People, 10)})
	}
	w.Flush()
	return b.Bytes()
}

func readResidents(text []byte) ([]release.Residents, error) {
	r := csv.NewReader(bytes.NewReader(text))
	r.FieldsPerRecord, r.ReuseRecord = len(residentsHead), true
	rows := []release.Residents{}
	for line := 1; ; line++ {
		record, err := r.Read()
		if err == io.EOF {
			return rows, nil
		}
		if err != nil {
			return nil, fmt.Errorf("pack: %s: %v (%w)", residentsPath, err, release.ErrCorrupt)
		}
		if line == 1 {
			if !slices.Equal(record, residentsHead) {
				return nil, fmt.Errorf("pack: %s begins with %.80q, want %q (%w)", residentsPath, record, residentsHead, release.ErrCorrupt)
			}
			continue
		}
		people, err := strconv.ParseInt(record[3], 10, 64)
		if err != nil {
			return nil, fmt.Errorf("pack: %s: record %d has no number of people (%w)", residentsPath, line, release.ErrCorrupt)
		}
		rows = append(rows, release.Residents{Zone: record[0], Gender: record[1], Age: record[2], People: people})
	}
}
