package antenna

import (
	"math"
	"reflect"
	"testing"
)

// TestAnotherLongitude: the same plan and zones some degrees further east are the same ground: leaves, blocks, areas, the zone
// and leaf of every cell, who is near whom, and shares to a millionth. Each country has a plane of its own around its centre.
func TestAnotherLongitude(t *testing.T) {
	build := func(degrees float64) (any, any, []float64) {
		set := regionAt(t, 2+degrees, nil)
		plan := antennas(60)
		for i := range plan {
			plan[i].Lon += degrees
		}
		g, _, err := Build(plan, set, Options{Tile: 250, Residents: residents(40, 900, 1500, 2500, 4000, 9000)})
		if err != nil {
			t.Fatal(err)
		}
		type place struct {
			ID               string
			Leaf, Zone, Site int32
		}
		var places []place
		for _, p := range g.Places {
			places = append(places, place{p.ID, p.Leaf, p.Zone, p.Site})
		}
		var shares []float64
		for _, s := range g.Shares {
			shares = append(shares, s.Weight)
		}
		return places, g.Tree.LeafIDs(), shares
	}
	places, leaves, shares := build(60)
	otherPlaces, otherLeaves, otherShares := build(65)
	if !reflect.DeepEqual(places, otherPlaces) || !reflect.DeepEqual(leaves, otherLeaves) {
		t.Error("leaves or the zones of cells differ in another longitude")
	}
	if len(shares) != len(otherShares) {
		t.Fatalf("%d shares, and %d in another longitude", len(shares), len(otherShares))
	}
	for i := range shares {
		if math.Abs(shares[i]-otherShares[i]) > 1e-6 {
			t.Fatalf("share %d: %v, and %v in another longitude", i, shares[i], otherShares[i])
		}
	}
}
