package servetest

import (
	"github.com/throng-stats/throng"
	"github.com/throng-stats/throng/release"
)

// QuietVersion is the version of the geography of the release Quiet.
const QuietVersion = "2026-01-01-quiet"

// JoinedRegion is the region on a day on which the southern county is counted as one: no M1 and M2, one leaf for both.
func JoinedRegion() release.Geography {
	g := Region()
	var list []throng.Zone
	for i := range g.Zones.Len() {
		if z := g.Zones.At(i); z.Parent != "C1" {
			if z.ID == "C1" {
				z.Factor = 2.125
			}
			list = append(list, z)
		}
	}
	zones, err := throng.NewZones(list)
	if err != nil {
		panic(err)
	}
	south, _ := zones.Index("C1")
	old := g.Zones
	g.Version, g.Zones = QuietVersion, zones
	blocks, leaves := g.Tree.Blocks, g.Tree.Leaves
	g.Tree.Blocks = append([]throng.Block{{ID: "b12", Up: 0, Residents: 17000}}, blocks[2:]...)
	g.Tree.Leaves = []throng.Leaf{{ID: "l1234", Block: 0, Zone: south, Area: 8e6, X: 2000, Y: 1000, Residents: 17000}}
	for _, l := range leaves[4:] {
		l.Block--
		l.Zone, _ = zones.Index(old.At(l.Zone).ID)
		g.Tree.Leaves = append(g.Tree.Leaves, l)
	}
	g.Shares = joinShares(g.Shares, func(zone int32) int32 {
		if zone < 0 {
			return zone
		}
		z := old.At(int(zone))
		if i, ok := zones.Index(z.ID); ok {
			return int32(i)
		}
		return int32(south)
	})
	g.Shapes = shapes(false)
	for i := range g.Residents {
		if z := g.Residents[i].Zone; z == "M1" || z == "M2" {
			g.Residents[i].Zone = "C1"
		}
	}
	return g
}

// joinShares gives the first four leaves to the first one, a quarter each; a tile that two of them share is one row.
func joinShares(shares []throng.Share, zoneOf func(int32) int32) []throng.Share {
	var out []throng.Share
	at := map[throng.Share]int{}
	for _, s := range shares {
		w := s.Weight
		if s.Leaf < 4 {
			s.Leaf, w = 0, w/4
		} else {
			s.Leaf -= 3
		}
		s.Zone, s.Weight = zoneOf(s.Zone), 0
		i, ok := at[s]
		if !ok {
			i = len(out)
			at[s] = i
			out = append(out, s)
		}
		out[i].Weight += w
	}
	return out
}

// FillQuiet publishes the joined region and a day of present population on it, the day before Day.
func FillQuiet(store release.Store) error {
	g := JoinedRegion()
	if err := store.PutGeography(g); err != nil {
		return err
	}
	d, err := presentOf(g, "2026-02-02", "")
	if err != nil {
		return err
	}
	d.Manifest.Options = map[string]string{"quiet.joined": "C1"}
	_, err = store.Put(d)
	return err
}
