package api

import (
	"slices"

	"github.com/throng-stats/throng/reckon/allot"
)

// locate allots the area of a question. A perimeter that meets no covered ground is outside; how little of it is covered
// otherwise is told by its covered share.
func (g *ground) locate(q query) (allot.Area, askedArea, error) {
	a, about, err := g.allot(q)
	if err != nil {
		return a, about, err
	}
	if len(a.Leaf) == 0 {
		p := newProblem("area-outside", "no part of the area is covered; the covered area lies between the corners in extent")
		p.Extent = g.extent[:]
		return a, about, p.hint("draw inside the extent")
	}
	about.KM2, about.Covered = round(about.KM2, 6), round(min(1, about.Covered), 4)
	about.Leaves, about.SmallerThanLeaf = len(a.Leaf), a.Smaller()
	if about.SmallerThanLeaf {
		l := g.leafOf(a)
		about.Leaf = &pageLeaf{l.ID, whole(l.X), whole(l.Y), round(l.Area/1e6, 3)}
	}
	return a, about, nil
}

func (g *ground) allot(q query) (allot.Area, askedArea, error) {
	if q.polygon != nil {
		p, err := g.index.Perimeter(q.polygon)
		if err != nil {
			return p.Area, askedArea{}, wrong("bad-area", "/area/polygon", err.Error(), "a perimeter that the plane of the geography can hold")
		}
		return p.Area, askedArea{KM2: p.KM2, Covered: p.Covered}, nil
	}
	finest, err := g.finestOf(q.zones)
	if err != nil {
		return allot.Area{}, askedArea{}, err
	}
	about, tiles := askedArea{}, 0.0
	var parts []allot.Area
	for _, z := range finest {
		parts = append(parts, g.index.Zone(z))
		about.KM2 += g.km2(z)
		tiles += g.tilesKM2(z)
	}
	if about.KM2 > 0 {
		about.Covered = tiles / about.KM2
	}
	return union(parts), about, nil
}

// union adds areas that do not overlap.
func union(parts []allot.Area) allot.Area {
	share, weight, part := map[int32]float64{}, map[int32]float64{}, map[int32]float64{}
	for _, p := range parts {
		for i, leaf := range p.Leaf {
			share[leaf] += p.Share[i]
			weight[leaf] += p.Weight[i]
		}
		for i, zone := range p.Zone {
			part[zone] += p.Part[i]
		}
	}
	var a allot.Area
	for leaf := range share {
		a.Leaf = append(a.Leaf, leaf)
	}
	for zone := range part {
		a.Zone = append(a.Zone, zone)
	}
	slices.Sort(a.Leaf)
	slices.Sort(a.Zone)
	for _, leaf := range a.Leaf {
		a.Share, a.Weight = append(a.Share, min(1, share[leaf])), append(a.Weight, weight[leaf])
	}
	for _, zone := range a.Zone {
		a.Part = append(a.Part, min(1, part[zone]))
	}
	return a
}
