package calibrate

import (
	"fmt"
	"math"
	"slices"

	"github.com/throng-stats/throng"
	"github.com/throng-stats/throng/release"
)

// Share is one row of the public table of market shares: which part of the residents of a zone, of one gender and age band,
// are customers of the holder.
type Share struct {
	Zone        string  // any level; a finest zone without rows has those of the nearest zone above it
	Gender, Age string  // "" for all
	Share       float64 // customers per resident, above 0 and at most 1
	SD          float64 // standard deviation of Share, 0 when it is not known
}

// Factors turns shares into people per device, dedup / share, class by class (methods.md, section 22), for
// release.Geography.Factors: of every finest zone the classes of the nearest zone that has rows. Where a zone has rows of
// classes and none of all, the share of all is the mean over its residents; the sd of that mean takes errors of classes
// to be independent. dedup is people per device of a customer, in (0, 1]. It refuses unknown zones, rows that are there
// twice, shares outside (0, 1] and finest zones that nothing covers.
func Factors(zones throng.Zones, shares []Share, residents []release.Residents, dedup float64) ([]release.Factor, error) {
	if !(dedup > 0 && dedup <= 1) {
		return nil, fmt.Errorf("calibrate: dedup is %v, want more than 0 and at most 1: people per device", dedup)
	}
	rows, err := byZone(zones, shares)
	if err != nil {
		return nil, err
	}
	people := make([][]release.Residents, zones.Len())
	for _, r := range residents {
		if z, ok := zones.Index(r.Zone); ok {
			people[z] = append(people[z], r)
		}
	}
	var of []release.Factor
	for _, z := range zones.Finest() {
		at := z
		for at >= 0 && len(rows[at]) == 0 {
			at = zones.Parent(at)
		}
		if at < 0 {
			return nil, fmt.Errorf("calibrate: neither zone %s nor a zone above it is in the table of shares; add one", zones.At(z).ID)
		}
		list := rows[at]
		if list[0].Gender != "" || list[0].Age != "" {
			all := meanShare(list, people[z])
			list = append([]Share{all}, list...)
		}
		for _, s := range list {
			f := release.Factor{Zone: zones.At(z).ID, Gender: s.Gender, Age: s.Age, People: dedup / s.Share, SD: math.NaN()}
			if s.SD > 0 {
				f.SD = f.People * s.SD / s.Share
			}
			of = append(of, f)
		}
	}
	return of, nil
}

// byZone checks rows and sorts those of a zone: all, then by gender and age.
func byZone(zones throng.Zones, shares []Share) ([][]Share, error) {
	rows := make([][]Share, zones.Len())
	for i, s := range shares {
		z, ok := zones.Index(s.Zone)
		if !ok {
			return nil, fmt.Errorf("calibrate: row %d of the shares names the zone %.40q, which the geography does not have; use its ids", i+1, s.Zone)
		}
		if !(s.Share > 0 && s.Share <= 1) || !(s.SD >= 0 && s.SD <= 1) {
			return nil, fmt.Errorf("calibrate: row %d of the shares has %v with a standard deviation of %v; want more than 0 and at most 1, and 0 to 1", i+1, s.Share, s.SD)
		}
		for _, o := range rows[z] {
			if o.Gender == s.Gender && o.Age == s.Age {
				return nil, fmt.Errorf("calibrate: row %d of the shares is the second of its class in zone %s; keep one", i+1, s.Zone)
			}
		}
		rows[z] = append(rows[z], s)
	}
	for _, list := range rows {
		slices.SortFunc(list, func(a, b Share) int {
			return slices.Compare([]string{a.Gender, a.Age}, []string{b.Gender, b.Age})
		})
	}
	return rows, nil
}

// meanShare is the share of all residents from the shares of classes. A resident of several rows, such as one of gender
// and one of age, is taken by the most exact one; residents of no row do not count. Without residents classes are equal.
func meanShare(rows []Share, residents []release.Residents) Share {
	weight, total := make([]float64, len(rows)), 0.0
	for _, r := range residents {
		if i := classOf(rows, r.Gender, r.Age); i >= 0 {
			weight[i] += float64(r.People)
			total += float64(r.People)
		}
	}
	all, square := Share{Zone: rows[0].Zone}, 0.0
	for i, s := range rows {
		w := 1 / float64(len(rows))
		if total > 0 {
			w = weight[i] / total
		}
		all.Share += w * s.Share
		square += w * w * s.SD * s.SD
		if s.SD == 0 && w > 0 {
			square = math.NaN()
		}
	}
	if square > 0 {
		all.SD = math.Sqrt(square)
	}
	return all
}

// classOf is the most exact row of a class: gender and age, then age, then gender, then all; -1 for none.
func classOf(rows []Share, gender, age string) int {
	for _, want := range [][2]string{{gender, age}, {"", age}, {gender, ""}, {"", ""}} {
		if i := slices.IndexFunc(rows, func(s Share) bool { return s.Gender == want[0] && s.Age == want[1] }); i >= 0 {
			return i
		}
	}
	return -1
}

// Mean is how many people a device stands for, and the standard deviation of that; NaN where it is not known.
type Mean struct{ People, SD float64 }

// Means gives the factor of any set of zones. It does not change and may be used by several goroutines.
type Means struct {
	zones  throng.Zones
	factor []float64
	sd     []float64
}

// NewMeans reads the factors of finest zones and, where rows of factors say it, how uncertain they are.
func NewMeans(zones throng.Zones, factors []release.Factor) (*Means, error) {
	m := &Means{zones: zones, factor: make([]float64, zones.Len()), sd: make([]float64, zones.Len())}
	for z := range m.factor {
		if m.factor[z] = zones.At(z).Factor; m.factor[z] == 0 {
			m.factor[z] = 1
		}
		if m.sd[z] = math.NaN(); !(m.factor[z] > 0) || math.IsInf(m.factor[z], 1) {
			return nil, fmt.Errorf("zone %s has %v people per device; want a positive number", zones.At(z).ID, m.factor[z])
		}
	}
	for _, f := range factors {
		if z, ok := zones.Index(f.Zone); ok && f.Gender == "" && f.Age == "" && f.SD > 0 {
			m.sd[z] = f.SD
		}
	}
	return m, nil
}

// Of is the mean over the residents of some zones: people per device of all of them together, sum R / sum (R/F) over the
// finest zones in or below them. Where nobody is known to live, all finest zones weigh the same. Its sd treats the errors
// of the zones as equal in sign, which is right for a bias of the source of shares and too large for anything else. A
// zone that is named twice counts once.
func (m *Means) Of(zones ...int) Mean {
	var parts []int
	for _, f := range m.zones.Finest() {
		if slices.ContainsFunc(zones, func(z int) bool { return m.zones.Within(f, z) }) {
			parts = append(parts, f)
		}
	}
	if len(parts) == 1 { // exactly, not up to rounding
		return Mean{m.factor[parts[0]], m.sd[parts[0]]}
	}
	known := slices.ContainsFunc(parts, func(f int) bool { return m.zones.At(f).Residents > 0 })
	people, devices, spread := 0.0, 0.0, 0.0
	for _, f := range parts {
		r := 1.0
		if known {
			r = float64(m.zones.At(f).Residents)
		}
		if r == 0 {
			continue
		}
		people += r
		devices += r / m.factor[f]
		spread += r / m.factor[f] * m.sd[f] / m.factor[f]
	}
	if devices == 0 {
		return Mean{1, math.NaN()}
	}
	return Mean{people / devices, people / devices * spread / devices}
}
