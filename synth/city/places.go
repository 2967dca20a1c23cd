package city

import (
	"cmp"
	"math"
	"slices"

	"github.com/throng-stats/throng/synth/dice"
)

// Kind is why somebody is somewhere.
type Kind uint8

// The kinds of places that people choose by gravity; Kinds is their number.
const (
	Work Kind = iota
	School
	College
	Shop
	Leisure
	Sight
	Hotel
	Kinds
)

// kindRules says how many places of a kind there are, how unequal they are, how strongly distance deters, and how much
// more of them a city has than a village of the same people. Distance deterrence is exp(-d/scale): scales give medians
// near 6 km of straight line to work for all and 9 km from villages (Insee Première 1948, 2023: half of the rural employed
// travel more than 13 km by road); the other numbers are ours.
var kindRules = [Kinds]struct {
	count   int
	sigma   float64
	scale   float64 // metres
	central float64
}{
	Work:    {1400, 1.1, 7500, 1.5},
	School:  {130, .5, 2500, 1},
	College: {3, .3, 20000, 40},
	Shop:    {420, 1.0, 3500, 1.4},
	Leisure: {320, .9, 5000, 1.3},
	Sight:   {30, .8, 30000, 2},
	Hotel:   {60, .7, 40000, 4},
}

// Largest lists the n largest places of one kind, the largest first.
func (g *Gravity) Largest(n int) []Spot {
	type sized struct {
		at   Spot
		size float64
	}
	var all []sized
	for m := range g.spots {
		before := 0.0
		for i, at := range g.spots[m] {
			all = append(all, sized{at, g.sizes[m][i] - before})
			before = g.sizes[m][i]
		}
	}
	slices.SortStableFunc(all, func(a, b sized) int { return cmp.Compare(b.size, a.size) })
	var out []Spot
	for _, one := range all[:min(n, len(all))] {
		out = append(out, one.at)
	}
	return out
}

type settlement struct {
	centre Point
	sigma  float64 // metres
	weight float64
}

// Gravity chooses places of one kind: first a municipality, by size and distance, then a place in it, by size.
type Gravity struct {
	spots [Municipalities][]Spot
	sizes [Municipalities][]float64 // running sums
	from  [Municipalities][]float64 // running sums over municipalities
}

// Draw chooses a place for somebody who sets out from a municipality.
func (g *Gravity) Draw(from int16, d *dice.Dice) Spot {
	m := d.Find(g.from[from])
	return g.spots[m][d.Find(g.sizes[m])]
}

// settle decides how many people live where. The city holds 38 %, the three towns 7 % each; villages share the rest, with
// log-normal sizes (ours, after the rank-size look of French departments).
func (p *Plan) settle(d *dice.Dice) {
	p.towns = make([][]settlement, Finest)
	sum := 0.0
	for m := Counties; m < Municipalities; m++ {
		p.Weight[m] = max(.4, d.LogNormal(1, .5))
		sum += p.Weight[m]
	}
	for m := range Municipalities {
		switch {
		case m == 0:
			p.Weight[m] = .38
		case m < Counties:
			p.Weight[m] = .07
		default:
			p.Weight[m] *= (1 - .38 - 3*.07) / sum
		}
		sigma := math.Sqrt(p.Weight[m]/.38) * 2100
		p.towns[m] = []settlement{{p.centre[m], max(350, sigma), 5}}
		for range 3 + d.IntN(4) {
			cell := p.cellOf[m][d.IntN(len(p.cellOf[m]))]
			p.towns[m] = append(p.towns[m], settlement{p.host.centre(cell), 300, d.Between(.2, 1)})
		}
	}
	for i := Home; i < Provinces; i++ {
		var ground []int
		for cell, label := range p.homes[i].label {
			if label >= 0 {
				ground = append(ground, cell)
			}
		}
		for k := range homeSites {
			at := p.homes[i].centre(ground[(k*len(ground)+len(ground)/2)/homeSites])
			p.towns[HomeZone(i)] = append(p.towns[HomeZone(i)], settlement{at, 900, d.Between(.5, 2)})
		}
	}
}

// Dwelling draws a place to live in a finest zone: around a settlement, one in seven anywhere else in it (ours).
func (p *Plan) Dwelling(zone int16, d *dice.Dice) Spot {
	for range 40 {
		var at Point
		if int(zone) < Municipalities && d.Chance(1./7) {
			cell := p.cellOf[zone][d.IntN(len(p.cellOf[zone]))]
			at = p.host.centre(cell)
			at.X += d.Between(-hostStep/2, hostStep/2)
			at.Y += d.Between(-hostStep/2, hostStep/2)
		} else {
			at = p.inSettlement(zone, d)
		}
		if spot := p.spot(at); spot.Zone == zone {
			return spot
		}
	}
	return p.anywhere(zone)
}

func (p *Plan) inSettlement(zone int16, d *dice.Dice) Point {
	towns := p.towns[zone]
	weights := make([]float64, 0, 12)
	for _, t := range towns {
		weights = append(weights, t.weight)
	}
	t := towns[d.Pick(weights)]
	return Point{t.centre.X + d.Normal(0, t.sigma), t.centre.Y + d.Normal(0, t.sigma)}
}

// anywhere is the middle of the calmest cell of a zone: always inside.
func (p *Plan) anywhere(zone int16) Spot {
	l, label := p.host, zone
	if int(zone) >= Municipalities {
		l, label = p.homes[int(zone)-Municipalities+Home], 0
	}
	for cell := range l.label {
		if spot := p.spot(l.centre(cell)); l.label[cell] == label && spot.Zone == zone {
			return spot
		}
	}
	panic("city: a zone without ground")
}

// spot rounds a position to what a Spot can hold and finds its zone after rounding.
func (p *Plan) spot(at Point) Spot {
	s := Spot{X: float32(at.X), Y: float32(at.Y)}
	s.Zone = p.ZoneAt(s.Point())
	return s
}

// furnish places work, schools, shops, leisure, sights, hotels, dormitories and gates.
func (p *Plan) furnish(d *dice.Dice) {
	for kind := range Kinds {
		rule := kindRules[kind]
		g := &Gravity{}
		pull := p.Weight
		for m := range Counties {
			pull[m] *= rule.central
		}
		var sizes [Municipalities][]float64
		for range rule.count {
			m := d.Pick(pull[:])
			at := p.spot(p.inSettlement(int16(m), d))
			if int(at.Zone) != m {
				at = p.Dwelling(int16(m), d)
			}
			g.spots[m] = append(g.spots[m], at)
			sizes[m] = append(sizes[m], d.LogNormal(1, rule.sigma))
		}
		p.connect(g, sizes, rule.scale)
		p.Places[kind] = g
	}
	for m := range Counties {
		for range []int{40, 12, 12, 12}[m] {
			at := p.Places[Work].Draw(int16(m), d)
			near := p.spot(Point{float64(at.X) + d.Normal(0, 500), float64(at.Y) + d.Normal(0, 500)})
			if near.Zone >= 0 {
				p.Dorms = append(p.Dorms, near)
			}
		}
	}
	p.Gates = []Spot{
		p.spot(Point{p.centre[0].X + 400, p.centre[0].Y - 600}),   // station
		p.spot(Point{p.centre[0].X - 7000, p.centre[0].Y + 2500}), // airport
	}
	for i, gate := range p.Gates {
		if gate.Zone < 0 {
			p.Gates[i] = p.Dwelling(0, d)
		}
	}
}

// connect fills the running sums of a gravity model: size of the target times exp(-distance/scale); a municipality is
// taken to be 2,500 m from itself (about half the radius of a median one).
func (p *Plan) connect(g *Gravity, sizes [Municipalities][]float64, scale float64) {
	var total [Municipalities]float64
	for m := range sizes {
		if g.sizes[m] = dice.Sums(sizes[m]); len(sizes[m]) > 0 {
			total[m] = g.sizes[m][len(sizes[m])-1]
		}
	}
	for from := range Municipalities {
		weights := make([]float64, Municipalities)
		for to := range Municipalities {
			far := max(2500, p.centre[from].Distance(p.centre[to]))
			weights[to] = total[to] * math.Exp(-far/scale)
		}
		g.from[from] = dice.Sums(weights)
	}
}
