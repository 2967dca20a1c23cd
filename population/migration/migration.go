// Package migration finds who moved within the country between two periods, and from where to where.
//
// It compares the home tiles of one device in two periods (methods.md, section 13). One device adds at most 1 to all flows
// of a pair of periods together: the shares of its homes by zone multiply to at most 1.
package migration

import (
	"maps"
	"slices"
)

// Threshold is the default overlap of homes from which on a device has not moved.
const Threshold = 0.5

// Ground tells what is known of tiles.
type Ground struct {
	// Zone is the zone of a tile; false for a tile without one.
	Zone func(tile uint32) (zone uint32, ok bool)
	// Weight is that of a tile by its land use; false for a tile without one. Nil: every tile has 1.
	Weight func(tile uint32) (weight float64, ok bool)
}

// Overlap is twice the tiles that two homes have in common over all their tiles; 0 for no tiles. Tiles of a home occur
// once each.
func Overlap(before, now []uint32) float64 {
	common := 0
	for _, t := range before {
		if slices.Contains(now, t) {
			common++
		}
	}
	if len(before)+len(now) == 0 {
		return 0
	}
	return 2 * float64(common) / float64(len(before)+len(now))
}

// Outcome is what a device of two periods comes to.
type Outcome uint8

// The outcomes, for the counters of a run.
const (
	Stayed   Outcome = iota // the homes overlap enough
	Unzoned                 // moved, but one of the homes lies outside all zones
	SameZone                // moved inside one zone
	Moved                   // moved from zone to zone
)

// Flow is what one device adds to one pair of different zones.
type Flow struct {
	From, To uint32
	Share    float64
}

// Flows are those of a device with homes in both periods that moved: its overlap is below the threshold. Pairs come in
// order; those within one zone are left out.
func (g Ground) Flows(before, now []uint32, threshold float64) ([]Flow, Outcome) {
	if Overlap(before, now) >= threshold {
		return nil, Stayed
	}
	p, q := g.shares(before), g.shares(now)
	if len(p) == 0 || len(q) == 0 {
		return nil, Unzoned
	}
	var flows []Flow
	for _, from := range slices.Sorted(maps.Keys(p)) {
		for _, to := range slices.Sorted(maps.Keys(q)) {
			if from != to {
				flows = append(flows, Flow{from, to, p[from] * q[to]})
			}
		}
	}
	if len(flows) == 0 {
		return nil, SameZone
	}
	return flows, Moved
}

// shares of a home by zone, over its tiles with a zone and a weight. Where all weights are 0 there is no share.
func (g Ground) shares(home []uint32) map[uint32]float64 {
	sums, total := make(map[uint32]float64), 0.0
	for _, t := range home {
		zone, ok := g.Zone(t)
		weight := 1.0
		if ok && g.Weight != nil {
			weight, ok = g.Weight(t)
		}
		if ok {
			sums[zone] += weight
			total += weight
		}
	}
	if total == 0 {
		return nil
	}
	for zone := range sums {
		sums[zone] /= total
	}
	return sums
}

// Main is the one flow that is counted when a device may add to one pair only: the largest share, ties to the smaller
// pair. False when it has none.
func Main(flows []Flow) (main Flow, ok bool) {
	for _, f := range flows {
		if !ok || f.Share > main.Share {
			main, ok = f, true
		}
	}
	return main, ok
}
