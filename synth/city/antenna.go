package city

import (
	"fmt"
	"math"
	"slices"
	"strings"

	"github.com/throng-stats/throng/synth/dice"
)

// Sites of the radio network. 220 in the host become, with ten in each of five home provinces, about 190 leaves once sites
// with few residents are merged (the design wants about 190 leaves).
const (
	hostSites  = 220
	microSites = 40 // of them, in the city
	homeSites  = 10
)

// Site is one mast or wall with its cells.
type Site struct {
	ID     string
	At     Point
	Micro  bool
	Urban  bool // in the city or a town: more loss, smaller ranges
	Cells  []int
	Region int // province
}

// Cell is one row of the cell plan. Units are those of the plan: metres, degrees, watts, MHz.
type Cell struct {
	ID          string
	Site        int
	Azimuth     float64 // clockwise from north; of directional cells
	Directional bool
	Height      float64 // above ground
	Altitude    float64
	Tilt        float64 // down
	BeamH       float64
	BeamV       float64
	Power       float64
	Range       float64
	Frequency   float64
	Technology  string
	Type        string
	Retired     bool // was switched off before the first day; rows that name it are dirt
}

// raiseAntennas first covers the host (no point farther than about 4.5 km from a mast), then adds masts where people live,
// then walls in the city. Spacings are ours, near published inter-site distances: 200 m urban micro, 500 m urban macro
// (3GPP TR 38.901), several km in the country.
func (p *Plan) raiseAntennas(d *dice.Dice) {
	for far := math.Inf(1); far > 4500; {
		var at Point
		at, far = p.darkest()
		p.addSite(Site{At: at, Urban: p.urban(at)})
	}
	for tries := 0; len(p.Sites) < hostSites-microSites && tries < 40000; tries++ {
		m := d.Pick(p.Weight[:])
		at := p.Dwelling(int16(m), d).Point()
		gap := 1700.0
		if p.urban(at) {
			gap = 650
		}
		if p.nearest(at) > gap {
			p.addSite(Site{At: at, Urban: p.urban(at)})
		}
	}
	for tries := 0; len(p.Sites) < hostSites && tries < 40000; tries++ {
		at := p.inSettlement(0, d)
		if p.ZoneAt(at) == 0 && p.nearest(at) > 320 {
			p.addSite(Site{At: at, Micro: true, Urban: true})
		}
	}
	for i := Home; i < Provinces; i++ {
		for _, t := range p.towns[HomeZone(i)] {
			p.addSite(Site{At: t.centre, Region: i})
		}
	}
	for i := range p.Sites {
		p.equip(i, d)
	}
	slices.SortFunc(p.Cells, func(a, b Cell) int { return strings.Compare(a.ID, b.ID) })
	for i := range p.Cells {
		if !p.Cells[i].Retired {
			site := &p.Sites[p.Cells[i].Site]
			site.Cells = append(site.Cells, i)
		}
	}
}

func (p *Plan) addSite(s Site) {
	s.At = Point{math.Round(s.At.X), math.Round(s.At.Y)}
	s.ID = fmt.Sprintf("S%04d", len(p.Sites)+1)
	p.Sites = append(p.Sites, s)
}

func (p *Plan) nearest(at Point) float64 {
	far := math.Inf(1)
	for _, s := range p.Sites {
		far = min(far, s.At.Distance(at))
	}
	return far
}

// darkest is the lattice cell of the host that is farthest from every site, and how far.
func (p *Plan) darkest() (Point, float64) {
	var dark Point
	far := -1.0
	for cell, label := range p.host.label {
		if label < 0 {
			continue
		}
		if n := p.nearest(p.host.centre(cell)); n > far {
			dark, far = p.host.centre(cell), n
		}
		if math.IsInf(far, 1) {
			break
		}
	}
	return dark, far
}

// urban: within two spreads of the centre of the city or of a town.
func (p *Plan) urban(at Point) bool {
	for m := range Counties {
		if main := p.towns[m][0]; main.centre.Distance(at) < 2*main.sigma {
			return true
		}
	}
	return false
}

// equip gives a site its cells: a wall one wide sector; a mast three sectors of LTE, and in towns three of 5G as well.
// Powers, heights, tilts and beams are usual values of operators' plans (3GPP TR 38.901, table 7.8-1, and TR 36.814), rounded.
func (p *Plan) equip(i int, d *dice.Dice) {
	s := p.Sites[i]
	altitude := math.Round(180 + 120*math.Sin(s.At.X/17000)*math.Cos(s.At.Y/13000))
	cell := Cell{Site: i, Altitude: altitude, Directional: true, BeamH: 65, BeamV: 9, Type: "macrocell", Technology: "LTE"}
	if s.Micro {
		cell.Height, cell.Tilt, cell.Power, cell.Range, cell.Frequency = math.Round(d.Between(6, 11)), 3, 5, 900, 2600
		cell.Type, cell.BeamH, cell.BeamV, cell.Azimuth = "microcell", 90, 20, math.Round(d.Between(0, 359))
		if d.Chance(.3) {
			cell.Directional, cell.BeamH, cell.Azimuth = false, 360, 0
		}
		p.addCell(cell, 1)
		return
	}
	cell.Height, cell.Tilt, cell.Power, cell.Range, cell.Frequency = math.Round(d.Between(25, 45)), 2, 40, 12000, 800
	if s.Urban {
		cell.Height, cell.Tilt, cell.Power, cell.Range, cell.Frequency = math.Round(d.Between(22, 34)), math.Round(d.Between(5, 9)), 40, 4000, 1800
	}
	if s.Region != Host {
		cell.Range, cell.Tilt = 15000, 1
	}
	turn := d.Between(0, 120)
	for k := range 3 {
		cell.Azimuth = math.Mod(math.Round(turn+120*float64(k)+d.Normal(0, 6))+360, 360)
		p.addCell(cell, 1+k)
		if s.Urban {
			five := cell
			five.Technology, five.Frequency, five.Range, five.Power = "5G", 3500, 2000, 60
			p.addCell(five, 4+k)
		}
	}
	if i%60 == 7 {
		cell.Retired, cell.Technology, cell.Frequency = true, "UMTS", 2100
		p.addCell(cell, 9)
	}
}

// addCell names a cell like a global identity: country 208, an unassigned network 89, area, site and sector (15 digits).
func (p *Plan) addCell(c Cell, sector int) {
	s := p.Sites[c.Site]
	c.ID = fmt.Sprintf("20889%02d%05d%03d", s.Region+1, c.Site+1, sector)
	p.Cells = append(p.Cells, c)
}
