package people

import "github.com/throng-stats/throng/synth/city"

// Travel is an absence of a resident or worker: nights in a row in one country or one home province.
type Travel struct {
	Day     int   // on which it begins: the day before the first night
	Nights  int   // at most longTravel
	Network int32 // abroad: the PLMN visited; else 0
	Zone    int16 // in a home province: its finest zone; else -1
}

// longTravel ends the count of nights: nobody books more in one piece (ours).
const longTravel = 60

// Travels lists the absences of person i that begin on a day from first up to until, in their order. Where nobody sees the person
// there is none, and neither is a home in a province one. The slice is valid until the next call.
func (w *Diarist) Travels(i, first, until int) []Travel {
	w.travels = w.travels[:0]
	if w.all.List[i].Role > Worker {
		return nil
	}
	before := w.away(i, first)
	for day := first; day < until; day++ {
		next := w.away(i, day+1)
		if next != before && next != (Travel{}) {
			w.travels = append(w.travels, Travel{Day: day, Network: next.Network, Zone: next.Zone})
		}
		before = next
	}
	for k := range w.travels {
		t := &w.travels[k]
		for to := (Travel{Network: t.Network, Zone: t.Zone}); t.Nights < longTravel && w.away(i, t.Day+1+t.Nights) == to; {
			t.Nights++
		}
	}
	return w.travels
}

// away is where the person is at the midnight with which a day begins, as a Travel without days; the zero value is at home or out
// of sight.
func (w *Diarist) away(i, day int) Travel {
	switch n := w.night(i, day); {
	case n.at == abroad:
		return Travel{Network: n.network, Zone: nowhere}
	case n.at == atAway && n.spot.Zone >= city.Municipalities && !w.dwells(i, day, n.spot):
		return Travel{Zone: n.spot.Zone}
	}
	return Travel{}
}

// dwells reports whether a resident has moved to the spot: that is no travel.
func (w *Diarist) dwells(i, day int, at city.Spot) bool {
	p := &w.all.List[i]
	return p.Role == Resident && w.all.homeOn(p, day) == at
}

// Here is the municipality in which the person's dwelling or lodging is on a day, and whether he is there, or at work, at both
// midnights of it.
func (w *Diarist) Here(i, day int) (zone int16, ok bool) {
	for _, midnight := range [2]int{day + 1, day} {
		if n := w.night(i, midnight); n.at != atHome && n.at != atWork {
			return nowhere, false
		}
	}
	home := w.all.homeOn(&w.all.List[i], day).Zone
	return home, home >= 0 && home < city.Municipalities
}
