package attack

import (
	"fmt"
	"math"
	"time"

	"github.com/throng-stats/throng"
	"github.com/throng-stats/throng/release"
	"github.com/throng-stats/throng/synth/dice"
)

// Bins is the number of live bins of a civil day of every world, and perHour that of an hour.
const (
	Bins    = 96
	perHour = Bins / Hours
)

// Bin is the k-th live bin of the first day of every world.
func Bin(k int) throng.Period {
	start := Day(0).Start + int64(k)*15*time.Minute.Milliseconds()
	return throng.Period{Name: time.UnixMilli(start).UTC().Format("2006-01-02T15:04Z"), Start: start, End: start + 15*time.Minute.Milliseconds()}
}

// bins publishes a world of one day and reads the table of each of its bins, as a day of so many bins for each zone.
func bins(p Publisher, w World) (published, error) {
	store, err := p.Publish(w)
	if err != nil {
		return published{}, err
	}
	all := published{value: make([]float64, w.Zones*Bins), shown: make([]bool, w.Zones*Bins)}
	list, err := store.List()
	if err != nil {
		return published{}, err
	}
	byName := map[string]release.Manifest{}
	for _, m := range list {
		byName[m.Period.Name] = m
	}
	for k := range Bins {
		m, ok := byName[Bin(k).Name]
		if !ok || m.Product != w.Product {
			return published{}, fmt.Errorf("attack: nothing was published of %s at %s", w.Product, Bin(k).Name)
		}
		t, err := tableOf(store, m.ID, throng.LevelLeaf, w)
		if err != nil {
			return published{}, err
		}
		for zone, v := range t.value {
			all.value[zone*Bins+k], all.shown[zone*Bins+k] = v, t.shown[zone]
		}
	}
	return all, nil
}

// live is a world whose days are told bin by bin, of the loss rho a day for all of its bins together.
func live(name string, zones int, rho float64) World {
	return World{Name: fmt.Sprintf("live-%s-%d", name, zones), Product: Live, Days: 1, Zones: zones, Rho: rho}
}

// sums adds the evidence of all bins of a zone that somebody is there all day among others.
func (p Publisher) sums(t published, others int64) []float64 {
	scores := make([]float64, len(t.value)/Bins)
	for cell := range t.value {
		scores[cell/Bins] += p.score(t.value[cell], t.shown[cell], others, 1)
	}
	return scores
}

// StreamLive is attack 8 on live bins: one device stays all day among 15 regulars whom the adversary knows, and each of 96 bins is a
// release. Statistic and bound as in StreamDay, 4,000 copies a side: all bins of a day together lose what was agreed for the day.
func StreamLive(p Publisher, s Size) (Finding, error) {
	s.EnsureDefaults()
	const regulars = 15
	draws := s.of(4000, 200)
	if !p.Proven {
		draws = 50
	}
	w := live("stream", 2*draws, .1)
	for zone := range w.Zones {
		n := int64(regulars)
		if zone < draws {
			n++
		}
		w.residents(int32(zone), n, 1)
	}
	t, err := bins(p, w)
	if err != nil {
		return refused(p, err)
	}
	scores := p.sums(t, regulars)
	return strong(p, scores[:draws], scores[draws:], w.Rho, Finding{}), nil
}

// AverageLive is attack 7 on live bins: who is in a place all day is in all of its 96 bins, and the mean of them has a tenth of the
// noise of one.
//
// Procedure: 4,000 empty zones, in each one device all day or none, by a fair coin, guessed from the mean of the bins. Statistic: share
// of right guesses. Bound: Phi(mu / 2) with mu = sqrt(2 rho), rho = .1 for the whole day; were each bin made for itself, nearly all
// guesses would be right.
func AverageLive(p Publisher, s Size) (Finding, error) {
	s.EnsureDefaults()
	zones := s.of(4000, 1000)
	if !p.Proven {
		zones = 200
	}
	w := live("average", zones, .1)
	in := w.coins(dice.New(s.Seed, streamLiveCoins), []Stay{{0, 0, Hours}})
	t, err := bins(p, w)
	if err != nil {
		return refused(p, err)
	}
	right := 0
	for zone, score := range p.sums(t, 0) {
		if (score > 0) == in[zone] {
			right++
		}
	}
	bound := bestAccuracy(w.Rho)
	f := Finding{Value: float64(right) / float64(zones), Draws: zones}
	return demand(p, f, bound, errors49*shareError(bound, zones), hides(p, .99)), nil
}

// DistinguishLive is layer C on live bins: a canary of an irregular pattern of hours, four bins an hour, alone in 4,000 zones, 4,000
// zones empty, rho = 2 for the day. Statistic and bound as in Distinguish, with a pattern of |x|^2 bins and D2 = 96: noise that bins share
// is seen by whitening.
func DistinguishLive(p Publisher, s Size) (Finding, error) {
	s.EnsureDefaults()
	n := s.of(4000, 1000)
	if !p.Proven {
		n = 500
	}
	hours, stays := irregular(dice.New(s.Seed, streamLiveCanary))
	pattern := make([]float64, Bins)
	for k := range pattern {
		pattern[k] = hours[k/perHour]
	}
	w := live("canaries", 2*n, 2)
	for z := range n {
		own := make([]Stay, len(stays))
		for i, st := range stays {
			own[i] = Stay{int32(z), st.From, st.To}
		}
		w.Units = append(w.Units, Unit{Stays: own})
	}
	t, err := bins(p, w)
	if err != nil {
		return refused(p, err)
	}
	vectors := make([][]float64, 2*n)
	for z := range vectors {
		vectors[z] = t.value[z*Bins : (z+1)*Bins]
	}
	claim := math.Sqrt(dot(pattern, pattern) * 2 * w.Rho / Bins)
	f, slack := canaries(vectors[:n], vectors[n:], pattern, claim, errors49, 1e-6)
	f = demand(p, f, claim, slack, hides(p, farAway))
	if !p.Proven {
		f.Extra, f.Detail = nil, ""
		return f, nil
	}
	f.Alarm = 2*oneSided + twoSided + 2e-6
	f.Extra = append(f.Extra, Check{Name: "all cells are published", OK: all(t.shown)})
	return f, nil
}
