package attack

import (
	"testing"
	"time"
)

// TestPublishers runs every attack at reduced size: publishers without a bound fall where the page says so, the stand-in
// holds.
func TestPublishers(t *testing.T) {
	size := Size{Seed: 7, Part: .25}
	for _, a := range Attacks() {
		for _, p := range append(Baselines(), keeps().publisher()) {
			start := time.Now()
			f, err := a.Run(p, size)
			if err != nil {
				t.Fatalf("attack %s on %s: %v", a.Number, p.Name, err)
			}
			t.Logf("%-3s %-6s %-8s %8.4f bound %7.4f slack %.4f least %.2f n=%d %s %v (%v)", a.Number, p.Name, f.Verdict(), f.Value, f.Bound, f.Slack, f.Least, f.Draws, f.Detail, f.Extra, time.Since(start).Round(time.Millisecond))
			if f.Fails() {
				t.Errorf("attack %s on %s: %s, got %.4f, bound %.4f + %.4f, least %.4f", a.Number, p.Name, f.Verdict(), f.Value, f.Bound, f.Slack, f.Least)
			}
		}
	}
}
