package demo_test

import (
	"bytes"
	"os"
	"path/filepath"
	"testing"

	"github.com/throng-stats/throng/driver/demo"
	"github.com/throng-stats/throng/synth"
)

// TestRegionGoesOn: the network of a region is as busy in the morning after its last day as in the morning of that day. Else the last that
// is counted of it is a region in which nobody is.
func TestRegionGoesOn(t *testing.T) {
	dir := t.TempDir()
	r, err := demo.NewRegion(demo.LiveOptions{World: synth.Options{Seed: 1, People: 1000, Days: 1, Format: synth.CSV}, Dir: dir, Speed: 1e9,
		Note: func(string) {}})
	if err != nil {
		t.Fatal(err)
	}
	if err := r.Deliver(t.Context()); err != nil {
		t.Fatal(err)
	}
	rows := func(pattern string) (n int) {
		names, err := filepath.Glob(filepath.Join(dir, "in", pattern))
		if err != nil {
			t.Fatal(err)
		}
		for _, name := range names {
			text, err := os.ReadFile(name)
			if err != nil {
				t.Fatal(err)
			}
			n += bytes.Count(text, []byte("\n"))
		}
		return n
	}
	before, after := rows("2026-02-02T06*.csv"), rows("2026-02-03T06*.csv") // from 7 to 8 o'clock; files are named after their end
	if before < 100 || after < before/2 || after > 2*before {
		t.Errorf("got %d rows in the morning of the day and %d in the next, want about as many", before, after)
	}
	if n := rows("2026-02-03T070[1-9]*") + rows("2026-02-03T07[1-5]*") + rows("2026-02-03T0[89]*") + rows("2026-02-03T[12]*"); n > 0 {
		t.Errorf("got %d rows after the night, want none", n)
	}
}
