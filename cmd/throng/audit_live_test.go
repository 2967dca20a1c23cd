package main

import (
	"testing"

	"github.com/throng-stats/throng/attack"
)

// TestLiveAttacks runs the attacks on live bins against our own. With fresh noise a sound build fails one of them with a probability of
// at most 5e-6.
func TestLiveAttacks(t *testing.T) {
	parts := map[string]float64{"7l": .25, "8l": .25, "Cl": .5}
	for _, a := range attack.Attacks() {
		part, isLive := parts[a.Number]
		if !isLive {
			continue
		}
		delete(parts, a.Number)
		f, err := a.Run(newOurs(t.Context()).publisher(), attack.Size{Seed: 7, Part: part})
		if err != nil {
			t.Fatal(err)
		}
		t.Logf("attack %s: %.3f, bound %.3f + %.3f, alarm %.1e; %s", a.Number, f.Value, f.Bound, f.Slack, f.Alarm, f.Detail)
		if f.Verdict() != attack.Holds {
			t.Errorf("attack %s: %s with %.3f, bound %.3f + %.3f, least %.3f, %v", a.Number, f.Verdict(), f.Value, f.Bound, f.Slack, f.Least, f.Extra)
		}
	}
	if len(parts) > 0 {
		t.Errorf("attacks that are gone: %v", parts)
	}
}
