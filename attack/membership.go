package attack

import (
	"fmt"

	"github.com/throng-stats/throng/synth/dice"
)

// streams of dice, so that no two attacks share one.
const (
	streamMembership = 1 + iota
	streamGroups
	streamMargins
	streamWindows
	streamSupport
	streamTrajectories
	streamReconstruction
	streamSingleton
	streamCanary
	streamOneRun
	streamAveraging
	streamCompany
	streamLiveCoins
	streamLiveCanary
)

// perZone is how many people live in a zone of the strong adversary's region on average: enough that a threshold of 15
// hides less than 60 % of the cells.
const perZone = 30

// Membership is attack 1, the strong adversary of differential privacy: it knows everybody but one, and compares the day's
// presence with and without that target (AUC 1 without protection: Pyrgelis, Troncoso, De Cristofaro 2018).
//
// Procedure: 500 targets of a region of 20,000 people go through three zones in a day. Each target's zones are copied,
// with the people in them, eight times with the target and eight times without it, all in one release. The score is the
// optimal linear one. Statistic: area under the curve of hits against false alarms, 4,000 copies on either side; one copy
// a side for publishers without noise.
//
// Bound: presence of all 24 hours changes a table by D2 = 24, all of it, so two releases differ by a Gaussian shift of
// mu = sqrt(2 rho), and AUC <= Phi(mu / sqrt 2) = Phi(sqrt rho). The score is optimal, so the AUC must also reach the bound
// less 4.9 standard errors: well below it the attack would be too weak to prove anything.
func Membership(p Publisher, s Size) (Finding, error) {
	s.EnsureDefaults()
	targets, copies := s.of(500, 40), 8
	if !p.Proven {
		copies = 1
	}
	d := dice.New(s.Seed, streamMembership)
	region := make([]int64, max(3, s.People/perZone))
	for i := range region {
		region[i] = int64(d.LogNormal(perZone, .6))
	}
	w := World{Name: fmt.Sprintf("membership-%d", copies), Product: Present, Days: 1, Rho: .1}
	var others []int64 // of each zone of the world
	var plans [][2]int // of each target: when it leaves the first zone and when the second
	for range targets {
		visited := [3]int64{region[d.IntN(len(region))], region[d.IntN(len(region))], region[d.IntN(len(region))]}
		leave, back := 6+d.IntN(4), 15+d.IntN(5)
		for side := range 2 * copies {
			first := int32(len(others))
			for _, n := range visited {
				w.residents(int32(len(others)), n, 1)
				others = append(others, n)
			}
			if side < copies {
				w.Units = append(w.Units, Unit{Stays: []Stay{{first, 0, int16(leave)}, {first + 1, int16(leave), int16(back)}, {first + 2, int16(back), Hours}}})
			}
		}
		plans = append(plans, [2]int{leave, back})
	}
	w.Zones = len(others)
	seen, err := one(p, w, "total")
	if err != nil {
		return refused(p, err)
	}
	with, without := make([]float64, 0, targets*copies), make([]float64, 0, targets*copies)
	for t, plan := range plans {
		for side := range 2 * copies {
			score := 0.0
			for h := range Hours {
				zone := (t*2*copies + side) * 3
				if h >= plan[1] {
					zone += 2
				} else if h >= plan[0] {
					zone++
				}
				score += p.score(seen.value[zone*Hours+h], seen.shown[zone*Hours+h], others[zone], 1)
			}
			if side < copies {
				with = append(with, score)
			} else {
				without = append(without, score)
			}
		}
	}
	f := Finding{}
	if share := hiddenShare(p, others); share > 0 {
		f.Detail = fmt.Sprintf("%.0f %% of the cells with people are hidden", 100*share)
	}
	return strong(p, with, without, w.Rho, f), nil
}

// strong is the finding of an optimal test between two sets of scores at a loss of rho.
func strong(p Publisher, with, without []float64, rho float64, f Finding) Finding {
	f.Value, f.Draws = auc(with, without), len(with)
	slack := errors49 * aucError(len(with), len(without))
	f = demand(p, f, bestAUC(rho), slack, .95)
	if p.Proven {
		f.Least = f.Bound - slack
		f.Alarm = twoSided
	}
	return f
}

// hiddenShare is the share of counts that a publisher does not show.
func hiddenShare(p Publisher, counts []int64) float64 {
	n := 0
	for _, c := range counts {
		if _, shown := p.Expect(c); !shown {
			n++
		}
	}
	return float64(n) / float64(len(counts))
}

// residents adds n people who stay in a zone all day, on each of the days.
func (w *World) residents(zone int32, n int64, days int) {
	stays := make([]Stay, days)
	for i := range stays {
		stays[i] = Stay{zone, int16(i * Hours), int16((i + 1) * Hours)}
	}
	for range n {
		w.Units = append(w.Units, Unit{Stays: stays})
	}
}

// StreamDay is attack 8: one device stays all day among 15 regulars whom the adversary knows. It is the case that a
// threshold decides by itself: 15 are hidden, 16 are shown. Statistic and bound as in Membership, 4,000 copies a side.
func StreamDay(p Publisher, s Size) (Finding, error) { return stream(p, s, 1) }

// StreamWeek is the same device on seven linked days. Losses add: AUC <= Phi(sqrt(7 rho)).
func StreamWeek(p Publisher, s Size) (Finding, error) { return stream(p, s, 7) }

func stream(p Publisher, s Size, length int) (Finding, error) {
	s.EnsureDefaults()
	const regulars = 15
	draws := s.of(4000, 200)
	if !p.Proven {
		draws = min(draws, 200)
	}
	w := World{Name: fmt.Sprintf("stream-%d-%d", length, draws), Product: Present, Days: length, Rho: .1, Zones: 2 * draws}
	for zone := range w.Zones {
		n := int64(regulars)
		if zone < draws {
			n++
		}
		w.residents(int32(zone), n, length)
	}
	tables, err := days(p, w, "total")
	if err != nil {
		return refused(p, err)
	}
	scores := make([]float64, w.Zones)
	for _, t := range tables {
		for cell := range t.value {
			scores[cell/Hours] += p.score(t.value[cell], t.shown[cell], regulars, 1)
		}
	}
	return strong(p, scores[:draws], scores[draws:], w.Rho*float64(length), Finding{}), nil
}
