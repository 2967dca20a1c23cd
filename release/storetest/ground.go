package storetest

import (
	"bytes"
	"fmt"
	"math"

	"github.com/throng-stats/throng"
	"github.com/throng-stats/throng/release"
)

// Side is the side of a tile of Geography in metres.
const Side = 500

// Geography draws a square geography with side*side leaves, four tiles each: one region, four counties and a
// municipality for every 3 by 3 leaves; blocks of 2 by 2 leaves, areas of 2 by 2 blocks. Leaves spill over their
// neighbours' tiles, and those at the edge over ground outside all zones. The same side and seed give the same
// geography; nothing in it is anybody's.
func Geography(side int, seed uint64) release.Geography {
	g := release.Geography{
		ID: "test", Version: fmt.Sprintf("%d-%d", side, seed), TimeZone: "Europe/Paris", Lat0: 48, Lon0: 7, FE: 1000, FN: -2000,
		CRS: "laea", Tile: Side,
	}
	draw := source(seed)
	g.Zones = zonesOf(side, &draw)
	g.Tree = treeOf(side, g.Zones, &draw)
	g.Shares = sharesOf(side, g.Zones, &draw)
	for _, z := range g.Zones.Finest() {
		for i, gender := range throng.Genders[:2] {
			for _, age := range []string{"0-17", "18+"} {
				g.Residents = append(g.Residents, release.Residents{Zone: g.Zones.At(z).ID, Gender: gender, Age: age, People: int64(200 + i*50 + draw.below(400))})
			}
		}
	}
	g.Places = []release.Place{{ID: "p1", Name: "Gare, \"centre\"", Kind: "station", Lat: 48.0123456, Lon: 7}, {ID: "p2", Name: "学校", Kind: "school", Lat: -1, Lon: -7.25}}
	g.Shapes = shapesOf(g.Zones)
	return g
}

// source is splitmix64: deterministic numbers without a clock and without a package of randomness.
type source uint64

func (s *source) next() uint64 {
	*s += 0x9e3779b97f4a7c15
	z := uint64(*s)
	z = (z ^ z>>30) * 0xbf58476d1ce4e5b9
	z = (z ^ z>>27) * 0x94d049bb133111eb
	return z ^ z>>31
}

func (s *source) below(n int) int { return int(s.next() % uint64(n)) }
func (s *source) unit() float64   { return float64(s.next()>>11) / (1 << 53) }

func zonesOf(side int, draw *source) throng.Zones {
	list := []throng.Zone{{ID: "R", Name: "Région", Level: 0}}
	for c := range 4 {
		list = append(list, throng.Zone{ID: fmt.Sprintf("C%d", c), Name: fmt.Sprintf("County %d", c), Parent: "R", Level: 1})
	}
	n := (side + 2) / 3
	for row := range n {
		for col := range n {
			county := 2*(2*row/n) + 2*col/n
			residents := int64(1000 + draw.below(4000))
			list = append(list, throng.Zone{
				ID: fmt.Sprintf("M%02d%02d", row, col), Name: "Commune", Parent: fmt.Sprintf("C%d", county), Level: 2,
				Residents: residents, Factor: 2 + draw.unit(),
			})
		}
	}
	zones, err := throng.NewZones(list)
	if err != nil {
		panic(err)
	}
	return zones
}

// zoneAt is the municipality of a leaf's place, -1 outside.
func zoneAt(side, row, col int, zones throng.Zones) int {
	if row < 0 || col < 0 || row >= side || col >= side {
		return -1
	}
	z, _ := zones.Index(fmt.Sprintf("M%02d%02d", row/3, col/3))
	return z
}

func treeOf(side int, zones throng.Zones, draw *source) throng.Tree {
	var t throng.Tree
	half, quarter := (side+1)/2, (side+3)/4
	for row := range quarter {
		for col := range quarter {
			t.Areas = append(t.Areas, throng.Block{ID: fmt.Sprintf("a%02d%02d", row, col), Up: -1})
		}
	}
	for row := range half {
		for col := range half {
			t.Blocks = append(t.Blocks, throng.Block{ID: fmt.Sprintf("b%02d%02d", row, col), Up: row/2*quarter + col/2})
		}
	}
	for row := range side {
		for col := range side {
			leaf := throng.Leaf{
				ID: fmt.Sprintf("l%02d%02d", row, col), Block: row/2*half + col/2, Zone: zoneAt(side, row, col, zones),
				X: float64(2*col+1) * Side, Y: float64(2*row+1) * Side, Area: 4 * Side * Side, Residents: float64(300 + draw.below(900)),
			}
			t.Leaves = append(t.Leaves, leaf)
			t.Blocks[leaf.Block].Residents += leaf.Residents
			t.Areas[t.Blocks[leaf.Block].Up].Residents += leaf.Residents
		}
	}
	return t
}

func sharesOf(side int, zones throng.Zones, draw *source) []throng.Share {
	var shares []throng.Share
	for row := range side {
		for col := range side {
			first, sum := len(shares), 0.0
			for n := 2*row - 1; n <= 2*row+2; n++ {
				for e := 2*col - 1; e <= 2*col+2; e++ {
					w := 0.2 + draw.unit()
					if n < 2*row || n > 2*row+1 || e < 2*col || e > 2*col+1 {
						w /= 6
					}
					zone := zoneAt(side, int(math.Floor(float64(n)/2)), int(math.Floor(float64(e)/2)), zones)
					shares = append(shares, throng.Share{Leaf: int32(row*side + col), E: int32(e * Side), N: int32(n * Side), Zone: int32(zone), Weight: w})
					sum += w
				}
			}
			for i := first; i < len(shares); i++ {
				shares[i].Weight /= sum
			}
		}
	}
	return shares
}

// shapesOf writes a feature a zone; stores keep these bytes as they are.
func shapesOf(zones throng.Zones) []byte {
	var b bytes.Buffer
	b.WriteString(`{"type":"FeatureCollection","features":[`)
	for i := range zones.Len() {
		if i > 0 {
			b.WriteByte(',')
		}
		fmt.Fprintf(&b, `{"type":"Feature","properties":{"id":%q},"geometry":{"type":"Point","coordinates":[7,48]}}`, zones.At(i).ID)
	}
	b.WriteString("]}\n")
	return b.Bytes()
}
