package quality

import (
	"math"
	"strings"
	"testing"

	"github.com/throng-stats/throng"
	"github.com/throng-stats/throng/release"
)

// TestLimits is the worked check of methods.md, section 22.
func TestLimits(t *testing.T) {
	past := []float64{2.0, 2.4, 1.8, 2.2, 2.6, 2.1, 1.9}
	if m, s := meanSD(past); math.Abs(m-2.142857) > 1e-6 || math.Abs(s-.282) > 1e-4 {
		t.Errorf("mean %v, sd %v, want 2.142857 and .282000", m, s)
	}
	for _, c := range []struct {
		limits  Limits
		history []float64
		value   float64
		share   bool
		level   string
		says    string
	}{
		{Hard, past, 2.9, false, Warn, "1.57886 to 2.70686"},
		{Soft, past, 2.9, false, OK, ""},
		{Limits{9, .3, 1}, past, 2.9, false, Warn, "+35.33 %"},
		{Hard, []float64{10, 30, 20, 15, 25, 40, 0}, 24, false, OK, ""},
		{Hard, past[:2], 100, false, OK, "no history"},
		{Hard, past[:2], .21, true, Warn, "above 0.2"},
	} {
		if f := c.limits.Judge("gate", c.history, c.value, c.share); f.Level != c.level || !strings.Contains(f.Text, c.says) {
			t.Errorf("%v of %v: got %+v, want %s %q", c.value, c.history, f, c.level, c.says)
		}
	}
}

// valley has zones N and S below R.
func valley(t *testing.T) release.Geography {
	t.Helper()
	zones, err := throng.NewZones([]throng.Zone{{ID: "R", Residents: 300}, {ID: "N", Parent: "R", Level: 1, Residents: 100}, {ID: "S", Parent: "R", Level: 1, Residents: 200}})
	if err != nil {
		t.Fatal(err)
	}
	return release.Geography{Zones: zones}
}

func estimate(name string, sd float64, dims []throng.Dim, values ...float64) release.Table {
	e := release.Table{Kind: release.Estimate, Method: "linear", Shape: throng.Shape{Name: name, Dims: dims}, Estimate: values}
	for range values {
		e.NoiseSD = append(e.NoiseSD, sd)
	}
	return e
}

func findings(r Report) string {
	var b strings.Builder
	for _, f := range r.Findings {
		b.WriteString(f.Gate + ": " + f.Level + "; ")
	}
	return b.String()
}

// TestReport: the total counts nobody twice, homes are held against the register, matrices against their ways back, and totals
// against the same weekday of weeks before.
func TestReport(t *testing.T) {
	geo := valley(t)
	zone := []throng.Dim{{Name: throng.DimZone, Level: throng.LevelZone, Codes: []string{"R", "N", "S"}}}
	r := Of(release.Manifest{ID: "one", Product: "usual"}, geo, []release.Table{estimate("home", 2, zone, 310, 110, 200)}, nil)
	if r.Total != 310 || r.TotalSD != 2 || findings(r) != "homes by the register: ok; " || r.Tables[0].CV != [4]int{3, 0, 0, 0} || r.Tables[0].Reliable != 1 {
		t.Errorf("got %+v", r)
	}
	for values, want := range map[[3]float64]string{{310, 70, 200}: "warn", {310, 40, 200}: "alarm", {310, 80, 200}: "ok", {310, 215, 200}: "alarm"} {
		r := Of(release.Manifest{Product: "usual"}, geo, []release.Table{estimate("home", 2, zone, values[:]...)}, nil)
		if got := findings(r); got != "homes by the register: "+want+"; " {
			t.Errorf("homes %v: got %s, want %s", values, got, want)
		}
	}
	pairs := []throng.Dim{{Name: throng.DimZone, Level: throng.LevelZone, Codes: []string{"N", "S"}}, {Name: throng.DimZone2, Level: throng.LevelZone, Codes: []string{"N", "S"}}}
	for _, c := range []struct {
		there, back float64
		want        string
	}{{100, 104, "ok"}, {100, 300, "warn"}} {
		r := Of(release.Manifest{Product: "flows-day"}, geo, []release.Table{estimate("total", 5, pairs, 0, c.there, c.back, 0)}, nil)
		if got := findings(r); got != "asymmetry of total: "+c.want+"; " {
			t.Errorf("%v there, %v back: got %s, want %s", c.there, c.back, got, c.want)
		}
	}
	past := []Earlier{{100, 1}, {102, 1}, {98, 1}, {101, 1}}
	for total, want := range map[float64]string{101: "ok", 110: "warn", 130: "alarm", 90: "warn", 60: "alarm"} {
		r := Of(release.Manifest{}, geo, []release.Table{estimate("total", 1, zone, total, 1, 1)}, past)
		if got := findings(r); got != "same weekday: "+want+"; " {
			t.Errorf("total %v: got %s, want %s", total, got, want)
		}
	}
	if r := Of(release.Manifest{}, geo, []release.Table{estimate("total", 1, zone, 1000, 1, 1)}, past[:3]); len(r.Findings) != 0 {
		t.Errorf("three weeks said %v", r.Findings)
	}
}
