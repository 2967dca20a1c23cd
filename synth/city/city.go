// Package city invents the ground: provinces, counties, municipalities, where people live, work and go, and the radio
// network above them. It projects and places points by itself and uses nothing of the code that will be tested on it.
package city

import (
	"fmt"
	"math"

	"github.com/throng-stats/throng"
	"github.com/throng-stats/throng/synth/dice"
)

// Sizes of the invented country. They are the design's, except where noted.
const (
	Provinces      = 6  // the host and five home provinces of migrant workers
	Counties       = 4  // of the host
	Municipalities = 24 // of the host
	Finest         = Municipalities + Provinces - 1

	hostStep   = 1500.0 // metres; ours: fine enough for crooked borders
	hostX      = 30000.0
	hostY      = 25000.0
	homeStep   = 4000.0
	homeRadius = 20000.0
)

// Host is the number of the host province, and Home of the first home province.
const (
	Host = 0
	Home = 1
)

// hostCentre lies at about 46.8 N, 2.6 E.
var hostCentre = Point{3756000, 2654000}

// Zone is a zone of the published geography with its outline.
type Zone struct {
	throng.Zone
	Outline []Polygon
}

// Spot is a place where somebody can be: metres in the plane and the finest zone, -1 outside all.
type Spot struct {
	X, Y float32
	Zone int16
}

// Point is the position of a spot.
func (s Spot) Point() Point { return Point{float64(s.X), float64(s.Y)} }

// Plan is the invented ground. It does not change after New and may be read by many goroutines.
type Plan struct {
	Seed   uint64
	Zones  []Zone // country, provinces, counties, municipalities
	Weight [Municipalities]float64
	Places [Kinds]*Gravity // where people go, by kind
	Dorms  []Spot          // lodgings of migrant workers, beside industry
	Gates  []Spot          // station and airport: where long journeys leave the ground on foot
	Sites  []Site
	Cells  []Cell // sorted by id

	host   *lattice
	homes  [Provinces]*lattice // homes[0] is nil
	centre [Municipalities]Point
	county [Municipalities]int
	towns  [][]settlement // by finest zone
	finest [Finest]string
	cellOf [Municipalities][]int // lattice cells of a municipality
	middle [Provinces]Point
	raster []int8 // zones of the host by squares of rasterStep
	touch  [Municipalities][Municipalities]bool
}

// New invents a ground; the same seed gives the same ground.
func New(seed uint64) *Plan {
	p := &Plan{Seed: seed, middle: middles()}
	p.drawHost(dice.New(seed, 1))
	for i := Home; i < Provinces; i++ {
		p.drawHome(i, dice.New(seed, 2, uint64(i)))
	}
	p.nameZones()
	p.findTouching()
	p.settle(dice.New(seed, 3))
	p.furnish(dice.New(seed, 4))
	p.raiseAntennas(dice.New(seed, 5))
	return p
}

// FinestID is the id of the i-th finest zone: the municipalities, then the home provinces.
func (p *Plan) FinestID(i int) string { return p.finest[i] }

// Middle is the centre around which a municipality grew.
func (p *Plan) Middle(municipality int16) Point { return p.centre[municipality] }

// ProvinceMiddle is the middle of a province.
func (p *Plan) ProvinceMiddle(province int) Point { return p.middle[province] }

// HomeZone is the finest zone that a home province is.
func HomeZone(province int) int16 { return int16(Municipalities + province - Home) }

// ZoneAt is the finest zone that holds a point, -1 outside all.
func (p *Plan) ZoneAt(at Point) int16 {
	if math.Abs(at.X-hostCentre.X) < 60000 && math.Abs(at.Y-hostCentre.Y) < 60000 {
		return p.host.find(at)
	}
	for i := Home; i < Provinces; i++ {
		if c := p.middle[i]; math.Abs(at.X-c.X) < 40000 && math.Abs(at.Y-c.Y) < 40000 {
			if p.homes[i].find(at) >= 0 {
				return HomeZone(i)
			}
			return outside
		}
	}
	return outside
}

// The raster of the host, for ZoneNear.
const (
	rasterStep = 100.0 // metres
	rasterSide = 800   // squares
)

// fillRaster notes the zone of the middle of every square.
func (p *Plan) fillRaster() {
	p.raster = make([]int8, rasterSide*rasterSide)
	for k := range p.raster {
		p.raster[k] = int8(p.host.find(Point{
			hostCentre.X + rasterStep*(float64(k%rasterSide-rasterSide/2)+.5), hostCentre.Y + rasterStep*(float64(k/rasterSide-rasterSide/2)+.5),
		}))
	}
}

// ZoneNear is ZoneAt to a hundred metres, for points on the way: in the host it is ten times as fast.
func (p *Plan) ZoneNear(at Point) int16 {
	i, j := int((at.X-hostCentre.X)/rasterStep+rasterSide/2), int((at.Y-hostCentre.Y)/rasterStep+rasterSide/2)
	if i >= 0 && j >= 0 && i < rasterSide && j < rasterSide {
		return int16(p.raster[j*rasterSide+i])
	}
	return p.ZoneAt(at)
}

// middles puts the home provinces 130 to 230 km from the host, in five directions (ours: so far that workers do not
// commute, so near that they go home for a feast).
func middles() [Provinces]Point {
	all := [Provinces]Point{hostCentre}
	for i, far := range [Provinces]float64{0, 150000, 190000, 135000, 225000, 165000} {
		sin, cos := math.Sincos((float64(i)*72 - 40) * radian)
		all[i] = Point{math.Round(hostCentre.X + far*sin), math.Round(hostCentre.Y + far*cos)}
	}
	return all
}

// roughness is a closed curve around 1 that makes a circle look like a province.
func roughness(d *dice.Dice) func(angle float64) float64 {
	var phase, size [5]float64
	for k := range phase {
		phase[k], size[k] = d.Between(0, 2*math.Pi), d.Between(.2, 1)*.12/float64(k+1)
	}
	return func(angle float64) float64 {
		r := 1.0
		for k := range phase {
			r += size[k] * math.Sin(float64(k+2)*angle+phase[k])
		}
		return r
	}
}

func (p *Plan) drawHost(d *dice.Dice) {
	l := newLattice(hostCentre, hostStep, 50, 44, d)
	rough := roughness(d)
	var ground []int
	for cell := range l.label {
		at := l.centre(cell)
		x, y := (at.X-hostCentre.X)/hostX, (at.Y-hostCentre.Y)/hostY
		if math.Hypot(x, y) < rough(math.Atan2(y, x)) {
			ground = append(ground, cell)
		}
	}
	p.chooseCentres(l, ground, d)
	for _, cell := range ground {
		best := math.Inf(1)
		for m, c := range p.centre {
			if far := c.Distance(l.centre(cell)) + d.Between(-900, 900); far < best {
				best, l.label[cell] = far, int16(m)
			}
		}
	}
	p.host = l
	l.tidy(func(label int16) int16 {
		if label < 0 {
			return outside
		}
		return int16(p.county[label])
	})
	p.fillRaster()
	for cell, m := range l.label {
		if m >= 0 {
			p.cellOf[m] = append(p.cellOf[m], cell)
		}
	}
}

// chooseCentres spreads 24 centres (each the farthest of ten random candidates from those before), the city in the
// middle, and makes the three that lie farthest from it and from each other the seats of the other counties.
func (p *Plan) chooseCentres(l *lattice, ground []int, d *dice.Dice) {
	p.centre[0] = Point{hostCentre.X + d.Between(-3000, 3000), hostCentre.Y + d.Between(-3000, 3000)}
	farthest := func(known []Point, tries int, distance func(a, b Point) float64) Point {
		var best Point
		far := -1.0
		for range tries {
			at := l.centre(ground[d.IntN(len(ground))])
			nearest := math.Inf(1)
			for _, k := range known {
				nearest = min(nearest, distance(at, k))
			}
			if nearest > far {
				best, far = at, nearest
			}
		}
		return best
	}
	for m := 1; m < Municipalities; m++ {
		p.centre[m] = farthest(p.centre[:m], 10, Point.Distance)
	}
	for seat := 1; seat < Counties; seat++ {
		best, far := seat, -1.0
		for m := seat; m < Municipalities; m++ {
			nearest := math.Inf(1)
			for _, k := range p.centre[:seat] {
				nearest = min(nearest, p.centre[m].Distance(k))
			}
			if nearest > far {
				best, far = m, nearest
			}
		}
		p.centre[seat], p.centre[best] = p.centre[best], p.centre[seat]
	}
	for m, c := range p.centre {
		for seat := range Counties {
			if c.Distance(p.centre[seat]) < c.Distance(p.centre[p.county[m]]) {
				p.county[m] = seat
			}
		}
	}
}

func (p *Plan) drawHome(i int, d *dice.Dice) {
	centre := p.middle[i]
	l := newLattice(centre, homeStep, 16, 16, d)
	rough := roughness(d)
	for cell := range l.label {
		at := l.centre(cell)
		if at.Distance(centre)/homeRadius < rough(math.Atan2(at.Y-centre.Y, at.X-centre.X)) {
			l.label[cell] = 0
		}
	}
	l.tidy(func(label int16) int16 { return label })
	p.homes[i] = l
}

func (p *Plan) nameZones() {
	country := Zone{Zone: throng.Zone{ID: countryID, Name: countryName}}
	var provinces, counties, municipalities []Zone
	for i := range Provinces {
		z := Zone{Zone: throng.Zone{ID: ProvinceID(i), Name: provinceNames[i], Parent: countryID, Level: 1}}
		if i == Host {
			z.Outline = p.host.outline(func(label int16) bool { return label >= 0 })
		} else {
			z.Outline = p.homes[i].outline(func(label int16) bool { return label >= 0 })
			p.finest[HomeZone(i)] = z.ID
		}
		country.Outline = append(country.Outline, z.Outline...)
		provinces = append(provinces, z)
	}
	for c := range Counties {
		counties = append(counties, Zone{
			Zone:    throng.Zone{ID: fmt.Sprintf("C1%d", c+1), Name: countyNames[c], Parent: ProvinceID(Host), Level: 2},
			Outline: p.host.outline(func(label int16) bool { return label >= 0 && p.county[label] == c }),
		})
	}
	for m := range Municipalities {
		z := Zone{
			Zone:    throng.Zone{ID: fmt.Sprintf("M1%02d", m+1), Name: municipalityNames[m], Parent: counties[p.county[m]].ID, Level: 3},
			Outline: p.host.outline(func(label int16) bool { return int(label) == m }),
		}
		p.finest[m] = z.ID
		municipalities = append(municipalities, z)
	}
	p.Zones = append(append(append([]Zone{country}, provinces...), counties...), municipalities...)
}

// findTouching notes which municipalities share an edge: an edge of one is, reversed, an edge of the other.
func (p *Plan) findTouching() {
	edges := map[[2]Point]int{}
	each := func(see func(m int, a, b Point)) {
		for m, z := range p.Zones[len(p.Zones)-Municipalities:] {
			for _, polygon := range z.Outline {
				for _, ring := range polygon {
					for i := range ring {
						see(m, ring[i], ring[(i+1)%len(ring)])
					}
				}
			}
		}
	}
	each(func(m int, a, b Point) { edges[[2]Point{a, b}] = m })
	each(func(m int, a, b Point) {
		if o, ok := edges[[2]Point{b, a}]; ok {
			p.touch[m][o] = true
		}
	})
}

// Touch reports whether two finest zones share a border. The home provinces touch nothing.
func (p *Plan) Touch(a, b int16) bool {
	return a >= 0 && b >= 0 && a < Municipalities && b < Municipalities && p.touch[a][b]
}

// ProvinceID is the code of a province in attributes and zones.
func ProvinceID(i int) string { return fmt.Sprintf("P%d", i+1) }

// ProvinceGroup is the macro-region of origin of a province.
func ProvinceGroup(i int) string { return provinceGroups[i] }

// ProvinceResidents is the census of a province in the invented public tables, in people.
func ProvinceResidents(i int) int64 { return provinceResidents[i] }
