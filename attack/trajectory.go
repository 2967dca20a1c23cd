package attack

import (
	"fmt"
	"math"

	"github.com/throng-stats/throng/synth/dice"
)

const (
	walkers   = 100
	walkZones = 200
	walkWide  = 20 // zones lie on a grid of 20 by 10
	walkDays  = 3
)

// walk is where somebody is, hour by hour of three days.
type walk [walkDays * Hours]int

// Trajectories is attack 9, the recovery of trajectories from hourly counts alone (after Xu, Tu, Li, Zhang, Fu, Jin 2017).
//
// Procedure: 100 people in 200 zones, three days, ten populations. The counts of an hour are taken for that many places;
// paths go on to the next hour's places by the assignment of least distance, at night from where they are, by day from
// where their last step would bring them; the days of one person are joined by least gain of entropy. Recovered and true
// paths are matched as well as possible. Statistic: the advantage, the share of right zone-hours less the same share
// against a population of strangers with the same habits, because regularity alone is right often. A publisher with a
// proven loss may have .02; exact and scaled counts must give .10. T15 hides everything here and need not fall.
func Trajectories(p Publisher, s Size) (Finding, error) {
	s.EnsureDefaults()
	seeds := s.of(10, 2)
	d := dice.New(s.Seed, streamTrajectories)
	w := World{Name: "trajectories", Product: Present, Days: walkDays, Zones: seeds * walkZones, Rho: .1}
	truth, strangers := make([][]walk, seeds), make([][]walk, seeds)
	for k := range seeds {
		truth[k], strangers[k] = population(d), population(d)
		for _, one := range truth[k] {
			w.Units = append(w.Units, one.unit(int32(k*walkZones)))
		}
	}
	tables, err := days(p, w, "total")
	if err != nil {
		return refused(p, err)
	}
	scale, _ := p.Expect(1000)
	advantage, accuracy := 0.0, 0.0
	for k := range seeds {
		found := pathsFrom(func(hour, zone int) float64 {
			t := tables[hour/Hours]
			cell := (k*walkZones+zone)*Hours + hour%Hours
			return t.value[cell] * 1000 / scale
		}, d)
		right := matched(found, truth[k])
		accuracy += right / float64(seeds)
		advantage += (right - matched(found, strangers[k])) / float64(seeds)
	}
	f := Finding{Value: advantage, Draws: seeds, Detail: fmt.Sprintf("accuracy %.2f", accuracy)}
	least := .10
	if p.Name == "T15" {
		least = math.NaN()
	}
	return demand(p, f, .02, 0, least), nil
}

// population invents people with a home, a work place, hours of their own, and ways that pass the zones between.
func population(d *dice.Dice) []walk {
	all := make([]walk, walkers)
	for i := range all {
		home, work, other := d.IntN(walkZones), d.IntN(walkZones), d.IntN(walkZones)
		leave, back := 6+d.IntN(4), 15+d.IntN(4)
		for day := range walkDays {
			out, in := leave+d.IntN(2), back+d.IntN(2)
			late := d.Chance(.3)
			for h := range Hours {
				at := home
				switch {
				case h == out || h == in:
					at = between(home, work)
				case h > out && h < in:
					at = work
				case late && h > in && h < in+3:
					at = other
				}
				all[i][day*Hours+h] = at
			}
		}
	}
	return all
}

func between(a, b int) int {
	return (a/walkWide+b/walkWide)/2*walkWide + (a%walkWide+b%walkWide)/2
}

// unit is a walk as a device.
func (w walk) unit(first int32) Unit {
	var u Unit
	for h := 0; h < len(w); {
		to := h + 1
		for to < len(w) && w[to] == w[h] && to%Hours != 0 {
			to++
		}
		u.Stays = append(u.Stays, Stay{first + int32(w[h]), int16(h), int16(to)})
		h = to
	}
	return u
}

// pathsFrom makes paths from counts.
func pathsFrom(count func(hour, zone int) float64, d *dice.Dice) []walk {
	paths := make([]walk, walkers)
	for hour := range walkDays * Hours {
		places := placesOf(count, hour, d)
		if hour%Hours == 0 { // a new day begins anywhere; days are joined below
			for i := range paths {
				paths[i][hour] = places[i]
			}
			continue
		}
		cost := square(func(i, k int) float64 {
			x, y := point(paths[i][hour-1])
			if h := hour % Hours; h > 6 { // momentum
				px, py := point(paths[i][hour-2])
				x, y = 2*x-px, 2*y-py
			}
			zx, zy := point(places[k])
			return math.Hypot(zx-x, zy-y)
		})
		for i, k := range assign(cost) {
			paths[i][hour] = places[k]
		}
	}
	for day := 1; day < walkDays; day++ {
		join(paths, day)
	}
	return paths
}

// placesOf takes the counts of an hour for the places of all people: the zone with most people left gives the next place.
// Where nothing is left to tell, a place is guessed.
func placesOf(count func(hour, zone int) float64, hour int, d *dice.Dice) []int {
	left := make([]float64, walkZones)
	for z := range left {
		left[z] = count(hour, z)
	}
	places := make([]int, walkers)
	for i := range places {
		best := d.IntN(walkZones)
		for z := range left {
			if left[z] > left[best] {
				best = z
			}
		}
		if left[best] < .5 {
			best = d.IntN(walkZones)
		}
		places[i] = best
		left[best]--
	}
	return places
}

func point(zone int) (x, y float64) { return float64(zone % walkWide), float64(zone / walkWide) }

func square(cost func(i, k int) float64) [][]float64 {
	m := make([][]float64, walkers)
	for i := range m {
		m[i] = make([]float64, walkers)
		for k := range m[i] {
			m[i][k] = cost(i, k)
		}
	}
	return m
}

// join gives each path the day of least gain of entropy: the entropy of the zones of both together less the mean of both.
func join(paths []walk, day int) {
	before, after := make([]map[int]int, walkers), make([]map[int]int, walkers)
	own, next := make([]float64, walkers), make([]float64, walkers)
	for i := range paths {
		before[i], after[i] = tally(paths[i][:day*Hours]), tally(paths[i][day*Hours:(day+1)*Hours])
		own[i], next[i] = entropy(before[i], nil), entropy(after[i], nil)
	}
	cost := square(func(i, k int) float64 { return entropy(before[i], after[k]) - (own[i]+next[k])/2 })
	old := make([]walk, walkers)
	copy(old, paths)
	for i, k := range assign(cost) {
		copy(paths[i][day*Hours:(day+1)*Hours], old[k][day*Hours:(day+1)*Hours])
	}
}

func tally(zones []int) map[int]int {
	n := map[int]int{}
	for _, z := range zones {
		n[z]++
	}
	return n
}

// entropy is that of two tallies together. The terms are added in the order of the zones, so that it is repeatable.
func entropy(a, b map[int]int) float64 {
	total, sum := 0, 0.0
	for _, n := range a {
		total += n
	}
	for _, n := range b {
		total += n
	}
	for z := range walkZones {
		if n := a[z] + b[z]; n > 0 {
			share := float64(n) / float64(total)
			sum -= share * math.Log(share)
		}
	}
	return sum
}

// matched is the share of right zone-hours under the best matching of paths to people.
func matched(found, people []walk) float64 {
	same := func(i, k int) float64 {
		n := 0
		for h := range found[i] {
			if found[i][h] == people[k][h] {
				n++
			}
		}
		return float64(n)
	}
	sum := 0.0
	for i, k := range assign(square(func(i, k int) float64 { return -same(i, k) })) {
		sum += same(i, k)
	}
	return sum / walkers / (walkDays * Hours)
}

// assign solves the assignment problem by shortest augmenting paths (Kuhn-Munkres in the form of Jonker and Volgenant
// 1987): the column of each row of least total cost.
func assign(cost [][]float64) []int {
	n := len(cost)
	rowPrice, columnPrice := make([]float64, n+1), make([]float64, n+1)
	owner, way := make([]int, n+1), make([]int, n+1) // of columns 1..n; column 0 is the start
	least, used := make([]float64, n+1), make([]bool, n+1)
	for row := 1; row <= n; row++ {
		owner[0] = row
		for k := range least {
			least[k], used[k] = math.Inf(1), false
		}
		at := 0
		for {
			used[at] = true
			r, delta, next := owner[at], math.Inf(1), 0
			for k := 1; k <= n; k++ {
				if used[k] {
					continue
				}
				if reduced := cost[r-1][k-1] - rowPrice[r] - columnPrice[k]; reduced < least[k] {
					least[k], way[k] = reduced, at
				}
				if least[k] < delta {
					delta, next = least[k], k
				}
			}
			for k := range least {
				if used[k] {
					rowPrice[owner[k]] += delta
					columnPrice[k] -= delta
				} else {
					least[k] -= delta
				}
			}
			if at = next; owner[at] == 0 {
				break
			}
		}
		for at != 0 {
			owner[at] = owner[way[at]]
			at = way[at]
		}
	}
	of := make([]int, n)
	for k := 1; k <= n; k++ {
		of[owner[k]-1] = k - 1
	}
	return of
}
