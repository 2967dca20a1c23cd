package main

import (
	"context"
	"fmt"
	"math"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"time"

	"github.com/paulmach/orb"

	"github.com/throng-stats/throng"
	"github.com/throng-stats/throng/config"
	"github.com/throng-stats/throng/locate/antenna"
	"github.com/throng-stats/throng/locate/area"
	"github.com/throng-stats/throng/locate/zone"
	"github.com/throng-stats/throng/synth"
	"github.com/throng-stats/throng/synth/city"
	"github.com/throng-stats/throng/synth/people"
)

// world is the invented region, what is publicly known of it, and what really happens.
type world struct {
	contract *config.Contract
	days     []throng.Period
	hours    []int // of each day: those that are compared
	set      *zone.Set
	opt      antenna.Options
	cells    []antenna.Cell // sorted by id
	ground   ground
	targets  []target
	bands    int // codes of the tables by age and by origin
	origins  int
}

// target is a piece of ground whose people are estimated.
type target struct {
	size   string
	weight []float64 // by tile: the part of it that lies inside, times people per device
	truth  []float64 // by day and compared hour: people present in the mean of the hour
}

// invent writes the region and its days and reads back what a holder would.
func invent(ctx context.Context, o *options, dir string, note func(string, ...any)) (*world, error) {
	so := synth.Options{Seed: o.seed, People: o.people, Days: o.days}
	region, err := synth.New(so)
	if err != nil {
		return nil, err
	}
	if err := region.WriteRegion(dir); err != nil {
		return nil, err
	}
	w := &world{}
	for hour := 0; hour < 24; hour += o.every {
		w.hours = append(w.hours, hour)
	}
	for day := range o.days {
		if err := region.WriteDay(ctx, dir, day, nil); err != nil {
			return nil, err
		}
		w.days = append(w.days, region.Period(day))
	}
	note("invented %d people with %d phones, %d days", region.People(), region.Devices(), o.days)
	if err := w.read(filepath.Join(dir, "contract.yaml")); err != nil {
		return nil, err
	}
	if err := w.municipalities(dir); err != nil {
		return nil, err
	}
	w.perimeters(o, region.Options())
	note("%d targets and their truth", len(w.targets))
	return w, nil
}

// read reads the contract and the public tables that it names.
func (w *world) read(path string) (err error) {
	if w.contract, err = config.Read(path); err != nil {
		return err
	}
	c := w.contract
	text, err := os.ReadFile(c.Path(c.Zones.File))
	if err != nil {
		return err
	}
	if w.set, err = zone.FromGeoJSON(text, zone.Options{ID: c.Zones.ID, Parent: c.Zones.Parent, Name: c.Zones.Name, Level: c.Zones.Level}); err != nil {
		return err
	}
	w.opt = antenna.Options{Tile: int32(c.Grid.Tile), Dedup: c.Scaling.Dedup, Share: map[string]float64{}, Plane: area.PlaneFor(w.set.Bound())}
	residents, err := c.ReadResidents()
	if err != nil {
		return err
	}
	for _, r := range residents {
		w.opt.Residents = append(w.opt.Residents, antenna.Residents(r))
	}
	shares, err := c.ReadShare()
	if err != nil {
		return err
	}
	for _, s := range shares {
		if s.Gender == "" && s.Age == "" {
			w.opt.Share[s.Zone] = s.Share
		}
	}
	if text, err = os.ReadFile(c.Path(c.Protected)); err != nil {
		return err
	}
	if w.opt.Protected, err = zone.Geometries(text); err != nil {
		return err
	}
	if err := w.codes(); err != nil {
		return err
	}
	return w.plan()
}

// codes counts the codes of the breakdowns: bands under 18 are counted as not known.
func (w *world) codes() error {
	origins, err := w.contract.ReadOrigins()
	if err != nil {
		return err
	}
	countries, err := w.contract.ReadCountries()
	if err != nil {
		return err
	}
	classes, _, _ := w.contract.Classes(origins, countries)
	w.bands, w.origins = len(w.contract.Bands()), len(classes.Origin)
	return nil
}

func (w *world) plan() error {
	c := w.contract
	f, err := os.Open(c.Path(c.Cells.File))
	if err != nil {
		return err
	}
	defer f.Close()
	columns := map[string]string{}
	for role, name := range c.PlanColumns() {
		columns[name] = role
	}
	if w.cells, _, err = antenna.ReadPlan(f, c.Cells.File, antenna.PlanOptions{Columns: columns, Clock: c.Location()}); err != nil {
		return err
	}
	slices.SortFunc(w.cells, func(a, b antenna.Cell) int {
		if a.ID < b.ID {
			return -1
		}
		return 1
	})
	w.ground, err = w.hear()
	return err
}

// municipalities are targets: the finest zones of the deepest level. The others the region sees by ten sites only.
func (w *world) municipalities(dir string) error {
	zones, deepest := w.ground.zones, 0
	for _, z := range zones.Finest() {
		deepest = max(deepest, zones.At(z).Level)
	}
	for _, z := range zones.Finest() {
		if zones.At(z).Level < deepest {
			continue
		}
		t := target{size: "municipality", weight: make([]float64, len(w.ground.zone))}
		for i, of := range w.ground.zone {
			if int(of) == z {
				t.weight[i] = zones.At(z).Factor
			}
		}
		w.targets = append(w.targets, t)
	}
	for _, day := range w.days {
		truth, err := synth.ReadTruth(dir, day.Name)
		if err != nil {
			return err
		}
		codes, at := day.BinCodes(time.Hour), 0
		for _, z := range zones.Finest() {
			if zones.At(z).Level < deepest {
				continue
			}
			for _, hour := range w.hours {
				mean, _, ok := truth.Present(synth.TruthTotal, zones.At(z).ID, codes[hour], "")
				if !ok {
					return fmt.Errorf("the truth of %s has no zone %s", day.Name, zones.At(z).ID)
				}
				w.targets[at].truth = append(w.targets[at].truth, mean)
			}
			at++
		}
	}
	return nil
}

// sizes are the radii, in metres, of the drawn perimeters.
var sizes = []struct {
	name   string
	radius float64
}{{"disc of 3 km2", 977}, {"disc of 30 km2", 3090}, {"disc of 300 km2", 9772}}

// perimeters draws discs around dwellings of residents, so that they hold people.
func (w *world) perimeters(o *options, so synth.Options) {
	start, _ := time.Parse(time.DateOnly, so.From)
	plan := city.New(so.Seed)
	calendar := people.Calendar{Year: start.Year(), Weekday: int(start.Weekday()), Festival: so.FestivalDay}
	all := people.New(so.Seed, plan, so.People, calendar, so.Share)
	r := rand.New(rand.NewPCG(so.Seed, 71))
	var discs []disc
	for _, size := range sizes {
		for range o.perimeters {
			home := all.List[r.IntN(len(all.List))]
			for home.Role != people.Resident {
				home = all.List[r.IntN(len(all.List))]
			}
			at := home.Home.Point()
			away, turn := size.radius*math.Sqrt(r.Float64()), 2*math.Pi*r.Float64()
			d := disc{x: at.X + away*math.Cos(turn), y: at.Y + away*math.Sin(turn), radius: size.radius}
			discs = append(discs, d)
			w.targets = append(w.targets, target{size: size.name, weight: w.ground.disc(d, w.opt.Plane)})
		}
	}
	from := len(w.targets) - len(discs)
	for day := range w.days {
		truth := presence(all, day, discs)
		for i := range discs {
			for _, hour := range w.hours {
				w.targets[from+i].truth = append(w.targets[from+i].truth, truth[i][hour])
			}
		}
	}
}

// disc is a round piece of ground in the plane of the invented region.
type disc struct{ x, y, radius float64 }

func (d disc) holds(p city.Point) bool {
	return (p.X-d.x)*(p.X-d.x)+(p.Y-d.y)*(p.Y-d.y) <= d.radius*d.radius
}

// outline is the disc as a polygon of 64 corners of the same ground, in degrees.
func (d disc) outline() orb.MultiPolygon {
	const corners = 64
	r := d.radius * math.Sqrt(2*math.Pi/corners/math.Sin(2*math.Pi/corners))
	var ring orb.Ring
	for i := range corners + 1 {
		turn := 2 * math.Pi * float64(i%corners) / corners
		at := city.Unproject(city.Point{X: d.x + r*math.Cos(turn), Y: d.y + r*math.Sin(turn)})
		ring = append(ring, orb.Point{at.Lon, at.Lat})
	}
	return orb.MultiPolygon{{ring}}
}

// presence is how many people are in each disc in the mean of each hour of a day: by the second while they stay, by the middle
// of each minute on the way. Days have 24 hours here; the region's first weeks hold no clock change.
func presence(all *people.All, day int, discs []disc) [][24]float64 {
	truth := make([][24]float64, len(discs))
	diarist := all.Diarist()
	add := func(at city.Point, from, to int32) {
		for i := range discs {
			if !discs[i].holds(at) {
				continue
			}
			for t := from; t < to; {
				end := min(to, (t/3600+1)*3600)
				truth[i][min(t/3600, 23)] += float64(end-t) / 3600
				t = end
			}
		}
	}
	for i := range all.List {
		stays := diarist.Day(i, day)
		for k, s := range stays {
			if !s.Gone {
				add(s.Point(), s.From, s.To)
			}
			if k+1 == len(stays) || s.Gone || stays[k+1].Gone {
				continue
			}
			next := &stays[k+1]
			for at := s.To; at < next.From; at += 60 {
				end := min(at+60, next.From)
				add(people.Between(s.Spot, next.Spot, (float64(at+end)/2-float64(s.To))/float64(next.From-s.To)), at, end)
			}
		}
	}
	return truth
}
