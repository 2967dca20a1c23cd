package demo

import (
	"math"
	"testing"
	"time"

	"github.com/throng-stats/throng"
	"github.com/throng-stats/throng/reckon/forecast"
	"github.com/throng-stats/throng/release"
	"github.com/throng-stats/throng/synth"
)

// TestMoversAreRevised: moves across the border of the host are netted, and the rows before and after the revision are against
// the same arithmetic on the truth: where releases say the truth, nothing is wrong after it.
func TestMoversAreRevised(t *testing.T) {
	zones := []string{"P2", "M1", "M2"}
	moves := release.Table{Shape: throng.Shape{Name: "total", Dims: []throng.Dim{{Name: throng.DimZone, Codes: zones}, {Name: throng.DimZone2, Codes: zones}}},
		Estimate: []float64{9, 40, 20, 15, 0, 7, 5, 8, 0}, NoiseSD: []float64{3, 3, 3, 3, 3, 3, 3, 3, 3}}
	s := &scores{finest: []string{"M1", "M2"}, homes: map[string]map[synth.Pair]int64{}, days: map[string][]forecast.Day{}}
	net := s.netMoves("2026-03", moves)
	if m := net["P2"]; m.Net != 40+20-15-5 || math.Abs(m.NoiseSD-6) > 1e-12 || len(net) != 1 {
		t.Errorf("got %+v, want 40 net moves from P2 with the noise of four cells, 6", net)
	}
	var days []forecast.Day
	for i := range 56 {
		people := 1000.
		if i/7 == 2 || i/7 == 3 {
			people = 400
		}
		days = append(days, forecast.Day{Date: time.Date(2026, 2, 2+i, 0, 0, 0, 0, time.UTC).Format(time.DateOnly), Value: people})
	}
	s.days["P2"] = days
	s.homes["2026-03"] = map[synth.Pair]int64{{From: "P2", To: "M1"}: 50, {From: "M2", To: "P2"}: 10, {From: "M1", To: "M2"}: 99}
	for i := range moves.NoiseSD {
		moves.NoiseSD[i] = 0
	}
	net = s.netMoves("2026-03", moves)
	one, err := s.movers("P2", days, map[string]map[string]forecast.Moves{"2026-03": net, "2026-02": s.netMoves("2026-02", moves)})
	if err != nil || len(one.weeks) != 7 || len(one.revisions) != 1 || one.revisions[0].Month != "2026-03" {
		t.Fatalf("got %+v, %v, want seven weeks and the revision of March", one, err)
	}
	for table, wrong := range map[string]bool{"weeks": false, "moves of a month": true, "moves of a month, homes": false, "moves of a month, revised": false, "moves of weeks": true, "moves of weeks, revised": false} {
		row := s.of("nowcast", table)
		if row.n == 0 || (row.absolute > .5) != wrong {
			t.Errorf("%s: off by %v in %d cells, want something wrong: %v", table, row.absolute, row.n, wrong)
		}
	}
}
