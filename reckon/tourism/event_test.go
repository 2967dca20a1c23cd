package tourism_test

import (
	"math"
	"math/rand/v2"
	"strings"
	"testing"

	"github.com/throng-stats/throng/reckon/compare"
	"github.com/throng-stats/throng/reckon/tourism"
)

// warned are trips to SEA before and after a travel warning, and elsewhere, which grows by a tenth (docs/example/travel-warning.md).
func warned(add func(n compare.Number) compare.Number) (before, after []numbers) {
	of := func(sea, alp float64) numbers {
		return numbers{"SEA": add(num(sea, 20)), "ALP": add(num(alp, 20)), "HOME": num(9999, 20)}
	}
	return []numbers{of(1000, 1500), of(1040, 1540)}, []numbers{of(600, 1672)}
}

// TestEvent: 1,020 to 600 there, 1,520 to 1,672 elsewhere: -41.2 %, +10 %, and less what changed elsewhere -46.5 %. Home is elsewhere to nobody.
func TestEvent(t *testing.T) {
	before, after := warned(func(n compare.Number) compare.Number { return n })
	s, err := tourism.Event("SEA", "HOME", before, after)
	if err != nil {
		t.Fatal(err)
	}
	near(t, "there", s.There.Difference.Value, -420)
	near(t, "elsewhere", s.Elsewhere.Difference.Value, 152)
	near(t, "net", s.Net.Value, 600./1020/1.1-1)
	sd := math.Sqrt(400/600./600 + 200/1020./1020 + 400/1672./1672 + 200/1520./1520)
	near(t, "lo", s.Net.Lo, 600./1020/1.1*math.Exp(-1.959963984540054*sd)-1)
	near(t, "sd", s.Net.SD, 600./1020/1.1*sd)
	if !s.Net.Shown || !s.Net.Reliable || !s.There.Relative.Shown {
		t.Errorf("got %+v", s.Net)
	}
	after[0]["SEA"] = num(30, 20) // may be nothing
	if s, err := tourism.Event("SEA", "HOME", before, after); err != nil || s.Net.Shown {
		t.Errorf("a change to what may be nothing: %+v, %v", s.Net, err)
	}
	if _, err := tourism.Event("MOON", "", before, after); err == nil || !strings.Contains(err.Error(), `no "MOON"`) {
		t.Errorf("got %v", err)
	}
	if _, err := tourism.Event("SEA", "", before, nil); err == nil {
		t.Error("an event without a period after")
	}
}

// TestEventCovers: of 20,000 draws the margin of the net change holds the truth in 95 % within 4.9 standard errors; it lies once in a
// million runs.
func TestEventCovers(t *testing.T) {
	r := rand.New(rand.NewPCG(41, 42))
	const n = 20_000
	inside := 0
	for range n {
		before, after := warned(func(n compare.Number) compare.Number { return num(n.Value+r.NormFloat64()*n.SD, n.SD) })
		s, err := tourism.Event("SEA", "HOME", before, after)
		if err != nil {
			t.Fatal(err)
		}
		if truth := 600./1020/1.1 - 1; s.Net.Lo <= truth && truth <= s.Net.Hi {
			inside++
		}
	}
	if share := float64(inside) / n; math.Abs(share-.95) > 4.9*math.Sqrt(.95*.05/n) {
		t.Errorf("the margin holds the truth in %.4f of the draws, want .95", share)
	}
}
