package attack

import (
	"fmt"
	"math"

	"github.com/throng-stats/throng/synth/dice"
)

const (
	cityZones    = 120
	week         = 7
	groupTargets = 25
)

// Groups is attack 2, membership with a population prior (Knock-Knock style: Pyrgelis, Troncoso, De Cristofaro 2018): the
// adversary knows how people in general spend their week, and the target's own week, but nobody else's.
//
// Procedure: the week's presence of groups of 300 out of 20,000 people, 25 targets who are in about half of the groups;
// naive Bayes over the target's zone-hours, with the counts of strangers taken as Poisson. Statistic: AUC over targets and
// groups; groups of 1,000 beside it.
//
// Bound: AUC <= Phi(sqrt(7 rho)), whoever attacks. Exact counts must give .70. Nothing is asked of thresholds: publishing
// nothing about small groups looks good here, and attack 1 shows why that is no guarantee.
func Groups(p Publisher, s Size) (Finding, error) {
	s.EnsureDefaults()
	c := newCity(s)
	value, n, err := c.attack(p, s, 300, s.of(40, 12))
	if err != nil {
		return refused(p, err)
	}
	larger, _, err := c.attack(p, s, 1000, s.of(10, 2))
	if err != nil {
		return refused(p, err)
	}
	f := Finding{Value: value, Draws: n, Detail: fmt.Sprintf("groups of 1,000: %.2f", larger)}
	least := math.NaN()
	if p.Name == "exact" {
		least = .70
	}
	// Two targets of one group share noise only where their zone-hours meet, so the draws count as independent.
	return demand(p, f, bestAUC(week*.1), errors49*aucError(n, n), least), nil
}

// city is a population with weekly habits. The first groupTargets people are the targets.
type city struct {
	people [][]Stay
	mean   []float64 // people by zone and hour of the week
	d      *dice.Dice
}

func newCity(s Size) *city {
	c := &city{d: dice.New(s.Seed, streamGroups), mean: make([]float64, week*cityZones*Hours)}
	weight := make([]float64, cityZones)
	for i := range weight {
		weight[i] = c.d.LogNormal(1, .7)
	}
	sums := dice.Sums(weight)
	for range s.People {
		home, work, leisure := int32(c.d.Find(sums)), int32(c.d.Find(sums)), int32(c.d.Find(sums))
		leave, back := 6+c.d.IntN(4), 15+c.d.IntN(4)
		var stays []Stay
		for day := range week {
			stays = append(stays, c.day(day, home, work, leisure, leave+c.d.IntN(2), back+c.d.IntN(2))...)
		}
		c.people = append(c.people, stays)
		for _, st := range stays {
			for h := st.From; h < st.To; h++ {
				c.mean[c.cell(int(h), st.Zone)]++
			}
		}
	}
	return c
}

// cell is the index of a zone and hour of the week in mean.
func (c *city) cell(hour int, zone int32) int { return hour*cityZones + int(zone) }

// day is home, work, sometimes leisure, home; at weekends leisure alone.
func (c *city) day(day int, home, work, leisure int32, leave, back int) []Stay {
	at := func(h int) int16 { return int16(day*Hours + h) }
	middle := work
	if day >= 5 {
		middle = leisure
	}
	stays := []Stay{{home, at(0), at(leave)}, {middle, at(leave), at(back)}}
	if c.d.Chance(.4) {
		stays = append(stays, Stay{leisure, at(back), at(back + 2)}, Stay{home, at(back + 2), at(Hours)})
		return stays
	}
	return append(stays, Stay{home, at(back), at(Hours)})
}

// attack publishes groups of one size, each in zones of its own, and returns the AUC and the smaller number of draws.
func (c *city) attack(p Publisher, s Size, size, groups int) (float64, int, error) {
	size = min(size, len(c.people)/2)
	w := World{Name: fmt.Sprintf("groups-%d", size), Product: Present, Days: week, Rho: .1, Zones: groups * cityZones}
	member := make([][groupTargets]bool, groups)
	for g := range groups {
		left := size
		for t := range groupTargets {
			if member[g][t] = c.d.Chance(.5); member[g][t] {
				w.Units = append(w.Units, c.moved(t, g))
				left--
			}
		}
		for _, i := range c.d.Perm(len(c.people) - groupTargets)[:left] {
			w.Units = append(w.Units, c.moved(groupTargets+i, g))
		}
	}
	tables, err := days(p, w, "total")
	if err != nil {
		return 0, 0, err
	}
	var with, without []float64
	for g := range groups {
		for t := range groupTargets {
			if score := c.bayes(p, tables, t, g, size); member[g][t] {
				with = append(with, score)
			} else {
				without = append(without, score)
			}
		}
	}
	return auc(with, without), min(len(with), len(without)), nil
}

// moved is a person's week in the zones of a group.
func (c *city) moved(person, group int) Unit {
	stays := make([]Stay, len(c.people[person]))
	for i, st := range c.people[person] {
		st.Zone += int32(group * cityZones)
		stays[i] = st
	}
	return Unit{Stays: stays}
}

// bayes is the logarithm of the likelihood ratio of the target being in a group, its cells taken as independent.
func (c *city) bayes(p Publisher, tables []published, target, group, size int) float64 {
	sum := 0.0
	for _, st := range c.people[target] {
		for h := int(st.From); h < int(st.To); h++ {
			t := tables[h/Hours]
			cell := (group*cityZones+int(st.Zone))*Hours + h%Hours
			lambda := (c.mean[c.cell(h, st.Zone)] - 1) * float64(size) / float64(len(c.people)-1)
			sum += p.evidence(t.value[cell], t.shown[cell], max(lambda, 1e-3), math.Sqrt(t.sigma2))
		}
	}
	return sum
}

// evidence is ln P(value | n+1) - ln P(value | n) for n strangers, Poisson with mean lambda, under the publisher's rule
// and noise of standard deviation sigma.
func (p Publisher) evidence(value float64, shown bool, lambda, sigma float64) float64 {
	with, without := 1e-12, 1e-12
	prob := math.Exp(-lambda)
	for n := int64(0); n <= int64(lambda+8*math.Sqrt(lambda)+8); n++ {
		without += prob * p.likely(value, shown, n, sigma)
		with += prob * p.likely(value, shown, n+1, sigma)
		prob *= lambda / float64(n+1)
	}
	return math.Log(with) - math.Log(without)
}

// likely is the likelihood of a published value for a count of n.
func (p Publisher) likely(value float64, shown bool, n int64, sigma float64) float64 {
	want, show := p.Expect(n)
	switch {
	case show != shown:
		return 0
	case !show:
		return 1
	case sigma > 0:
		z := (value - want) / sigma
		return math.Exp(-z * z / 2)
	case math.Abs(value-want) < 1e-6:
		return 1
	}
	return 0
}
