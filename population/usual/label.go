package usual

import (
	"cmp"
	"slices"
)

// Period is a kind of days with hours of the day, for which a season has scores.
type Period uint8

// The periods that labels use.
const (
	AllDay  Period = iota // all days, all hours
	Nights                // all days, night
	Working               // workdays, working hours
	periods
)

// Score is what a season says of a place or of a device as a whole: slots and days. Known is false where it has no row.
type Score struct {
	Slots, Days float64
	Known       bool
}

// Place is one tile, or one country abroad, with its scores by period.
type Place struct {
	ID     uint32
	Scores [periods]Score
}

// Device is all that a season says of one device.
type Device struct {
	Places   []Place        // each once
	Observed [periods]Score // the device as a whole
}

// Label says what a place is to a device.
type Label uint8

// The labels.
const (
	Usual Label = iota
	Home
	Work
)

// Rule is by which rule a place has its label: its number among those of the label, from 1.
type Rule uint8

// Labelled is one place with one label.
type Labelled struct {
	Place uint32
	Label Label
	Rule  Rule
}

// Rules are the limits of labels. Percentages are of the observation of the device, or for UsualGap of its largest score.
type Rules struct {
	LeastSlots, LeastDays           float64 // devices seen less are left out; defaults 2 and 1
	UsualGap, UsualSlots, UsualDays float64 // percent; defaults 20, 70, 70
	HomeGap                         float64 // slots; default 1
	HomeSlots, HomeDays             float64 // percent; defaults 80, 80
	WorkGap                         float64 // slots; default 1
	WorkSlots, WorkDays             float64 // percent; defaults 80, 80
}

// UsualRules are the rules of methods.md, section 12. For half a year 1,500 slots and 50 days at least are advised.
func UsualRules() Rules {
	return Rules{LeastSlots: 2, LeastDays: 1, UsualGap: 20, UsualSlots: 70, UsualDays: 70,
		HomeGap: 1, HomeSlots: 80, HomeDays: 80, WorkGap: 1, WorkSlots: 80, WorkDays: 80}
}

// check is one rule: whether the slots or days of a period are at least a percentage of what was observed of the device.
type check struct {
	rule    Rule
	period  Period
	days    bool
	percent float64
}

func (r Rules) usual() []check {
	return []check{{1, AllDay, false, r.UsualSlots}, {2, Nights, false, r.UsualSlots}, {2, Working, false, r.UsualSlots},
		{3, AllDay, true, r.UsualDays}}
}

func (r Rules) home() []check {
	return []check{{1, AllDay, false, r.HomeSlots}, {2, Nights, false, r.HomeSlots}, {3, Nights, true, r.HomeDays}}
}

func (r Rules) work() []check {
	return []check{{1, Working, false, r.WorkSlots}, {2, Working, true, r.WorkDays}}
}

// of is the value that a check looks at.
func (c check) of(s [periods]Score) float64 {
	if c.days {
		return s[c.period].Days
	}
	return s[c.period].Slots
}

// met reports whether a place meets a check. The reference multiplies by a rounded share of the observation.
func (c check) met(p Place, d Device, reference bool) bool {
	if reference {
		return c.of(p.Scores) >= c.of(d.Observed)*(c.percent/100)
	}
	return 100*c.of(p.Scores) >= c.percent*c.of(d.Observed)
}

// Labels finds the labels of one device, alone: no other device may change them (D2). Places come in the order of labels,
// then rules, then their own.
func (r Rules) Labels(d Device) []Labelled {
	if r.tooLittle(d) {
		return nil
	}
	out, usual := r.usualPlaces(d, false)
	for _, l := range []Label{Home, Work} {
		left := r.candidates(d, usual, l, false)
		for _, c := range r.checks(l) {
			if !d.Observed[c.period].Known { // skips this rule only (D30)
				continue
			}
			if found, _ := c.apply(d, left, l, false); len(found) > 0 {
				out = append(out, found...)
				break
			}
		}
	}
	return out
}

func (r Rules) checks(l Label) []check {
	if l == Home {
		return r.home()
	}
	return r.work()
}

func (r Rules) tooLittle(d Device) bool {
	all := d.Observed[AllDay]
	return all.Known && (all.Slots < r.LeastSlots || all.Days < r.LeastDays)
}

// usualPlaces are the places of the usual environment, each with the first rule that it meets. In the reference a device
// that was not observed in the period of a rule loses that rule and all later ones.
func (r Rules) usualPlaces(d Device, reference bool) (out []Labelled, places []Place) {
	left := cutAtGap(d.Places, AllDay, r.UsualGap, true, reference)
	for _, c := range r.usual() {
		if !d.Observed[c.period].Known {
			if reference {
				break
			}
			continue
		}
		var found []Labelled
		found, left = c.apply(d, left, Usual, reference)
		out = append(out, found...)
	}
	for _, p := range d.Places {
		if slices.ContainsFunc(out, func(l Labelled) bool { return l.Place == p.ID }) {
			places = append(places, p)
		}
	}
	return out, places
}

// candidates for home or work are the usual places up to the first gap.
func (r Rules) candidates(d Device, usual []Place, l Label, reference bool) []Place {
	if l == Home {
		return cutAtGap(usual, AllDay, r.HomeGap, false, reference)
	}
	return cutAtGap(usual, Working, r.WorkGap, false, reference)
}

// apply labels the places that meet a check and returns the others.
func (c check) apply(d Device, places []Place, l Label, reference bool) (found []Labelled, left []Place) {
	for _, p := range places {
		if c.met(p, d, reference) {
			found = append(found, Labelled{p.ID, l, c.rule})
		} else {
			left = append(left, p)
		}
	}
	return found, left
}

// cutAtGap sorts places by their slots in a period, largest first, and keeps those before the first drop of at least gap,
// which is in slots, or in percent of the largest. Equal places are never cut apart, so their order does not matter. In the
// reference the first place drops by 0 itself, so that a gap of 0 (also 20 % of 0 slots) leaves no place.
func cutAtGap(places []Place, p Period, gap float64, percent, reference bool) []Place {
	var list []Place
	for _, place := range places {
		if place.Scores[p].Known {
			list = append(list, place)
		}
	}
	slices.SortFunc(list, func(a, b Place) int {
		return cmp.Or(cmp.Compare(b.Scores[p].Slots, a.Scores[p].Slots), cmp.Compare(a.ID, b.ID))
	})
	if reference && len(list) > 0 && (gap <= 0 || percent && list[0].Scores[p].Slots <= 0) {
		return nil
	}
	for i := 1; i < len(list); i++ {
		drop, most := list[i-1].Scores[p].Slots-list[i].Scores[p].Slots, list[0].Scores[p].Slots
		cut := drop >= gap
		switch {
		case percent && reference:
			cut = drop >= most*(gap/100)
		case percent:
			cut = 100*drop >= gap*most
		}
		if cut {
			return list[:i]
		}
	}
	return list
}

// ReferenceLabels labels devices as multimno 1.0.0 does: a device that was not observed in the period of a rule takes no
// part in it nor in the later ones of the label (D30), and with batch a later rule for home or work is tried only while no
// device has the label (D2); without it each device is on its own.
func (r Rules) ReferenceLabels(devices []Device, batch bool) [][]Labelled {
	out := make([][]Labelled, len(devices))
	usual := make([][]Place, len(devices))
	for i, d := range devices {
		if !r.tooLittle(d) {
			out[i], usual[i] = r.usualPlaces(d, true)
		}
	}
	for _, l := range []Label{Home, Work} {
		left, done, any := make([][]Place, len(devices)), make([]bool, len(devices)), false
		for i, d := range devices {
			left[i] = r.candidates(d, usual[i], l, true)
		}
		for _, c := range r.checks(l) {
			if batch && any {
				break
			}
			for i, d := range devices {
				if !d.Observed[c.period].Known {
					left[i] = nil
				}
				if done[i] {
					continue
				}
				found, _ := c.apply(d, left[i], l, true)
				out[i] = append(out[i], found...)
				done[i] = len(found) > 0
				any = any || done[i]
			}
		}
	}
	return out
}
