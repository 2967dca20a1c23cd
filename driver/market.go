package driver

import (
	"cmp"
	"fmt"
	"path/filepath"
	"slices"

	"github.com/throng-stats/throng"
	"github.com/throng-stats/throng/config"
	"github.com/throng-stats/throng/locate/zone"
	"github.com/throng-stats/throng/reckon/calibrate"
	"github.com/throng-stats/throng/release"
)

// market reads the table of market shares: into share, by finest zone, and where it tells classes or how uncertain it is, as
// factors of the geography. A table of zones and shares alone has no factors.
func (j *Job) market(zones throng.Zones, share map[string]float64) ([]release.Factor, error) {
	rows, err := j.Contract.ReadShare()
	if err != nil {
		return nil, err
	}
	plain := func(r config.ShareRow) bool { return r.Gender == "" && r.Age == "" && r.SD == 0 }
	if !slices.ContainsFunc(rows, func(r config.ShareRow) bool { return !plain(r) }) {
		for _, r := range rows {
			share[r.Zone] = r.Share
		}
		return nil, nil
	}
	var of []calibrate.Share
	for _, r := range rows {
		of = append(of, calibrate.Share{Zone: zone.PlainID(r.Zone), Gender: r.Gender, Age: r.Age, Share: r.Share, SD: r.SD})
	}
	residents := slices.Clone(j.Geo.Residents)
	for i := range residents {
		residents[i].Zone = zone.PlainID(residents[i].Zone)
	}
	factors, err := calibrate.Factors(zones, of, residents, j.Contract.Scaling.Dedup)
	if err != nil {
		return nil, &Error{Kind: Invalid, Text: fmt.Sprintf("share: %s: %v", filepath.Base(j.Contract.Share), err)}
	}
	for _, f := range factors {
		if f.Gender == "" && f.Age == "" {
			share[f.Zone] = j.Contract.Scaling.Dedup / f.People
		}
	}
	return factors, nil
}

// joinedFactors are the factors on a ground where some zones are one: by class the people of all of them by their devices. As
// in calibrate.Means, their errors count as equal in sign.
func joinedFactors(base release.Geography, stands func(zone int) string) []release.Factor {
	type class struct{ zone, gender, age string }
	type sum struct{ people, devices, spread float64 }
	residents := map[class]float64{}
	for _, r := range base.Residents {
		for _, c := range []class{{r.Zone, "", ""}, {r.Zone, r.Gender, ""}, {r.Zone, "", r.Age}, {r.Zone, r.Gender, r.Age}} {
			residents[c] += float64(r.People)
		}
	}
	sums, one := map[class]*sum{}, map[class][]release.Factor{}
	var order []class
	for _, f := range base.Factors {
		z, ok := base.Zones.Index(f.Zone)
		if !ok {
			continue
		}
		at := class{stands(z), f.Gender, f.Age}
		if sums[at] == nil {
			sums[at] = &sum{}
			order = append(order, at)
		}
		n := max(residents[class{f.Zone, f.Gender, f.Age}], 1)
		sums[at].people += n
		sums[at].devices += n / f.People
		sums[at].spread += n / f.People * f.SD / f.People
		one[at] = append(one[at], f)
	}
	slices.SortFunc(order, func(a, b class) int {
		return cmp.Or(cmp.Compare(a.zone, b.zone), cmp.Compare(a.gender, b.gender), cmp.Compare(a.age, b.age))
	})
	var of []release.Factor
	for _, at := range order {
		s, f := sums[at], release.Factor{Zone: at.zone, Gender: at.gender, Age: at.age}
		f.People = s.people / s.devices
		f.SD = f.People * s.spread / s.devices
		if len(one[at]) == 1 { // exactly, not up to rounding
			f.People, f.SD = one[at][0].People, one[at][0].SD
		}
		of = append(of, f)
	}
	return of
}
