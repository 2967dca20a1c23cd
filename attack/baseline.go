package attack

import (
	"fmt"
	"sync"
	"time"

	"github.com/throng-stats/throng"
	"github.com/throng-stats/throng/release"
	"github.com/throng-stats/throng/release/memory"
)

// hidden is the status of a cell that a baseline does not show.
const hidden = "hidden"

// baselineMethod names the tables of baselines.
const baselineMethod = "rule"

// rule is what a baseline does with an exact count.
type rule struct {
	show  func(n int64) bool
	scale float64
}

// Exact publishes every count as it is: what an attack finds here is what there is to find.
func Exact() Publisher {
	return baseline("exact", rule{func(int64) bool { return true }, 1})
}

// T15 publishes a cell if more than 15 people (or events) are in it, and totals from the data before cells were left out:
// the rule and the layout of Flowminder/FlowKit inflows.py and of similar sets.
func T15() Publisher { return baseline("T15", rule{func(n int64) bool { return n > 15 }, 1}) }

// k5sScale is one device in people: a share of .95 times a factor of 5.4.
const k5sScale = .95 * 5.4

// K5S scales by .95 x 5.4 and then leaves out what is below 5 (output indicators of eurostat/multimno, read in its
// source): one device becomes 5.13 and is published.
func K5S() Publisher {
	return baseline("K5S", rule{func(n int64) bool { return k5sScale*float64(n) >= 5 }, k5sScale})
}

// Baselines are the publishers without a proven loss.
func Baselines() []Publisher { return []Publisher{Exact(), T15(), K5S()} }

func baseline(name string, r rule) Publisher {
	var mu sync.Mutex
	var last World
	var store *memory.Store
	publish := func(w World) (release.Store, error) {
		mu.Lock()
		defer mu.Unlock()
		if store != nil && last.Name == w.Name {
			return store, nil
		}
		fresh := &memory.Store{}
		drafts := r.bins(w)
		for day := range w.Days {
			if w.Product != Live {
				drafts = append(drafts, r.draft(w, day))
			}
		}
		for _, d := range drafts {
			if _, err := fresh.Put(d); err != nil {
				return nil, fmt.Errorf("attack: baseline %s: %w", name, err)
			}
		}
		last, store = w, fresh // one world is kept: attacks ask again at once or never
		return store, nil
	}
	return Publisher{Name: name, Publish: publish, Expect: func(n int64) (float64, bool) {
		if !r.show(n) {
			return 0, false
		}
		return float64(n) * r.scale, true
	}}
}

// bins are the releases of the live bins of the first day, where a world asks for them.
func (r rule) bins(w World) (list []release.Draft) {
	if w.Product != Live {
		return nil
	}
	counts := w.presence(0)
	for k := range Bins {
		now := binOf(counts, w.Zones, k)
		list = append(list, release.Draft{Manifest: binManifest(k), Tables: []release.Table{r.table(throng.LevelLeaf, now, zoneDim(w.Zones))}})
	}
	return list
}

// binOf are the counts of the zones in a bin, from those of hours.
func binOf(hours []int64, zones, bin int) []int64 {
	now := make([]int64, zones)
	for z := range now {
		now[z] = hours[z*Hours+bin/perHour]
	}
	return now
}

func binManifest(k int) release.Manifest {
	p := Bin(k)
	return release.Manifest{ID: fmt.Sprintf("%s-%02d", Live, k), Product: Live, Data: "synthetic", Unit: "device-day", Geo: release.GeoRef{ID: "audit", Version: "1"},
		Period: release.Period{Name: p.Name, Start: time.UnixMilli(p.Start).UTC(), End: time.UnixMilli(p.End).UTC(), TimeZone: "UTC"}}
}

// draft is the release of one day.
func (r rule) draft(w World, day int) release.Draft {
	p := w.Period(day)
	d := release.Draft{Manifest: release.Manifest{
		ID: fmt.Sprintf("%s-%s", w.Product, p.Name), Product: w.Product, Data: "synthetic", Unit: "device-day", Geo: release.GeoRef{ID: "audit", Version: "1"},
		Period: release.Period{Name: p.Name, Start: time.UnixMilli(p.Start).UTC(), End: time.UnixMilli(p.End).UTC(), TimeZone: "UTC"},
	}}
	switch w.Product {
	case Present:
		d.Tables = append(d.Tables, r.table("total", w.presence(day), zoneDim(w.Zones), hourDim(p)))
	case Flows:
		pairs, out, in := w.trips(day)
		d.Tables = append(d.Tables, r.table("total", pairs, zoneDim(w.Zones), zone2Dim(w.Zones)),
			r.all("departures", out, zoneDim(w.Zones)), r.all("arrivals", in, zoneDim(w.Zones)))
	case Areas:
		d.Tables = append(d.Tables, r.table("total", w.inAreas(), zoneDim(len(w.Areas))))
	case Visitors:
		d.Tables = append(d.Tables, r.table("total", w.visitors(day), zoneDim(w.Zones), hourDim(p)))
	default:
		d.Tables = append(d.Tables, r.sales(w, day)...)
	}
	return d
}

func zoneDim(n int) throng.Dim {
	return throng.Dim{Name: throng.DimZone, Level: throng.LevelZone, Codes: ids(n)}
}

func zone2Dim(n int) throng.Dim {
	return throng.Dim{Name: throng.DimZone2, Level: throng.LevelZone, Codes: ids(n)}
}

func hourDim(p throng.Period) throng.Dim {
	return throng.Dim{Name: throng.DimTime, Codes: p.BinCodes(time.Hour)}
}

func ids(n int) []string {
	list := make([]string, n)
	for i := range list {
		list[i] = ZoneID(i)
	}
	return list
}

// table applies the rule to every cell.
func (r rule) table(name string, counts []int64, dims ...throng.Dim) release.Table {
	t := r.all(name, counts, dims...)
	t.Status = make([]string, len(counts))
	for i, n := range counts {
		if !r.show(n) {
			t.Estimate[i], t.Status[i] = 0, hidden
		}
	}
	return t
}

// all publishes every cell: totals from unredacted data.
func (r rule) all(name string, counts []int64, dims ...throng.Dim) release.Table {
	t := release.Table{Kind: release.Estimate, Method: baselineMethod, Shape: throng.Shape{Name: name, Dims: dims},
		Estimate: make([]float64, len(counts)), NoiseSD: make([]float64, len(counts))}
	for i, n := range counts {
		t.Estimate[i] = float64(n) * r.scale
	}
	return t
}

// sales are the tables of a company's product: sums, such as money, wherever the number of units behind them is shown (a sum or a
// mean is protected by nothing else), totals from the data before cells were left out.
func (r rule) sales(w World, day int) []release.Table {
	list, counts := w.tables(), w.unbounded(day)
	var tables []release.Table
	for i, s := range list {
		t := r.all(s.name, counts[i], w.shape(s).Dims...)
		t.Status = make([]string, len(counts[i]))
		for k, people := range counts[s.people] {
			if !s.margin && !r.show(people) {
				t.Estimate[k], t.Status[k] = 0, hidden
			}
		}
		tables = append(tables, t)
	}
	return tables
}

// hoursOf calls fn for every zone and hour of a unit's day.
func (u Unit) hoursOf(day int, fn func(zone int32, hour int)) {
	for _, s := range u.Stays {
		for h := max(int(s.From), day*Hours); h < min(int(s.To), (day+1)*Hours); h++ {
			fn(s.Zone, h-day*Hours)
		}
	}
}

// presence counts people (or events) by zone and hour.
func (w World) presence(day int) []int64 {
	counts := make([]int64, w.Zones*Hours)
	for _, u := range w.Units {
		one := int64(1)
		if w.ByEvents {
			one = int64(max(1, u.Events))
		}
		u.hoursOf(day, func(zone int32, hour int) { counts[int(zone)*Hours+hour] += one })
	}
	return counts
}

// trips counts changes from one zone to another within a day.
func (w World) trips(day int) (pairs, out, in []int64) {
	pairs, out, in = make([]int64, w.Zones*w.Zones), make([]int64, w.Zones), make([]int64, w.Zones)
	for _, u := range w.Units {
		for i := 1; i < len(u.Stays); i++ {
			a, b := u.Stays[i-1], u.Stays[i]
			if a.Zone != b.Zone && int(a.From)/Hours == day && int(b.From)/Hours == day {
				pairs[int(a.Zone)*w.Zones+int(b.Zone)]++
				out[a.Zone]++
				in[b.Zone]++
			}
		}
	}
	return pairs, out, in
}

// inAreas counts people in unions of zones, in the first hour.
func (w World) inAreas() []int64 {
	zones := w.presence(0)
	counts := make([]int64, len(w.Areas))
	for i, area := range w.Areas {
		for _, z := range area {
			counts[i] += zones[int(z)*Hours]
		}
	}
	return counts
}

// visitors counts different people within the first k+1 hours of a day.
func (w World) visitors(day int) []int64 {
	counts := make([]int64, w.Zones*Hours)
	for _, u := range w.Units {
		first := map[int32]int{}
		u.hoursOf(day, func(zone int32, hour int) {
			if _, seen := first[zone]; !seen {
				first[zone] = hour
			}
		})
		for zone, hour := range first {
			for h := hour; h < Hours; h++ {
				counts[int(zone)*Hours+h]++
			}
		}
	}
	return counts
}
