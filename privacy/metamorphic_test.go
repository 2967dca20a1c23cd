package privacy_test

import (
	"fmt"
	"math/bits"
	"slices"
	"strings"
	"testing"

	"github.com/throng-stats/throng"
	"github.com/throng-stats/throng/driver/drivertest"
	"github.com/throng-stats/throng/driver/drivertest/embeddedtest"
	"github.com/throng-stats/throng/driver/embedded"
	"github.com/throng-stats/throng/feed"
)

// Metamorphic tests of every statistic of the exact side: who is who, and when it was, is not in the tables. The same over
// files, shards and workers is in driver/drivertest, over the order of zones and cells in locate/antenna.

// renamed gives every unit another pseudonym.
func renamed(s drivertest.Scenario) drivertest.Scenario {
	s.Rows = slices.Clone(s.Rows)
	for i := range s.Rows {
		s.Rows[i].Unit = bits.Reverse64(s.Rows[i].Unit) | 1<<63
	}
	return s
}

// shifted moves rows and periods by whole weeks.
func shifted(s drivertest.Scenario, weeks int) drivertest.Scenario {
	by := int64(weeks) * 7 * 24 * 3600e3
	s.Rows, s.Periods = slices.Clone(s.Rows), slices.Clone(s.Periods)
	for i := range s.Rows {
		s.Rows[i].Time += by
	}
	for i, p := range s.Periods {
		s.Periods[i] = throng.Period{Name: fmt.Sprintf("day %d", i), Start: p.Start + by, End: p.End + by}
	}
	return s
}

// drawnOf lists the values of all tables, by product and name; a name that is there twice has its number.
func drawnOf(counted []embedded.Counted) map[string]string {
	out := map[string]string{}
	for i, c := range counted {
		for _, t := range c.Tables {
			out[fmt.Sprintf("%d %s/%s", i, c.Product, t.Shape.Name)] = fmt.Sprint(t.Noisy(zero))
		}
	}
	return out
}

func sameTables(t *testing.T, what string, got, want map[string]string) {
	t.Helper()
	counts := false
	for name, values := range want {
		counts = counts || strings.ContainsAny(values, "123456789")
		if got[name] != values {
			t.Errorf("%s: %s differs", what, name)
		}
	}
	if len(got) != len(want) || !counts {
		t.Errorf("%s: %d tables, want %d with something in them", what, len(got), len(want))
	}
}

// TestDaysDoNotKnowWhoOrWhen: another pseudonym for everybody, and the same day two weeks earlier, give the same tables.
func TestDaysDoNotKnowWhoOrWhen(t *testing.T) {
	seed := theSeed(t)
	s := *drivertest.New(seed, false)
	s.Periods = s.Periods[:1] // the other day has 23 hours
	s.Rows = slices.DeleteFunc(s.Rows, func(r drivertest.Row) bool { return !s.Periods[0].Contains(r.Time) })
	tables := func(s drivertest.Scenario) map[string]string { return drawnOf(embeddedtest.Tables(t, &s, plain)[0]) }
	want := tables(s)
	earlier := shifted(s, -2)
	sameTables(t, fmt.Sprintf("seed %d: two weeks earlier", seed), tables(earlier), want)
	// Attributes of a scenario hang on the pseudonym, so only tables without them can be compared.
	bare := func(of map[string]string) map[string]string {
		for name := range of {
			if strings.HasSuffix(name, "/gender") || strings.HasSuffix(name, "/age") || strings.HasSuffix(name, "/origin") {
				delete(of, name)
			}
		}
		return of
	}
	sameTables(t, fmt.Sprintf("seed %d: other pseudonyms", seed), bare(tables(renamed(s))), bare(tables(s)))
}

// TestMonthsDoNotKnowWhoOrWhen does the same with statistics of months: February of 2026 is four whole weeks of winter time.
func TestMonthsDoNotKnowWhoOrWhen(t *testing.T) {
	seed := theSeed(t)
	m, _ := drivertest.NewMonths(seed)
	tables := func(s drivertest.Scenario, p throng.Period) map[string]string {
		one := &drivertest.Month{Scenario: s, Period: p, Kin: &feed.Kin{}}
		return drawnOf(embeddedtest.MonthTables(t, one, plain, monthly(one)...))
	}
	want := tables(m.Scenario, m.Period)
	earlier := shifted(m.Scenario, -4)
	period := throng.Period{Name: "2026-01", Start: earlier.Periods[0].Start, End: earlier.Periods[len(earlier.Periods)-1].End}
	sameTables(t, fmt.Sprintf("seed %d: four weeks earlier", seed), tables(earlier, period), want)
	bare := func(of map[string]string) map[string]string {
		for name := range of { // by region of residence, which hangs on the pseudonym
			if strings.Contains(name, "tourism/") && !strings.HasSuffix(name, "/length") {
				delete(of, name)
			}
		}
		return of
	}
	sameTables(t, fmt.Sprintf("seed %d: other pseudonyms", seed), bare(tables(renamed(m.Scenario), m.Period)), bare(tables(m.Scenario, m.Period)))
}

// scaled puts every place of the ground farther from the first, by a factor. The places of a scenario are a chain to the north, so
// their distances are larger by the factor but for rounding.
func scaled(s drivertest.Scenario, factor float64) drivertest.Scenario {
	ground := *s.Ground
	ground.Places = slices.Clone(ground.Places)
	for i := range ground.Places {
		p := &ground.Places[i]
		p.Lat = ground.Places[0].Lat + factor*(p.Lat-s.Ground.Places[0].Lat)
	}
	ground.Index()
	s.Ground = &ground
	return s
}

// TestDaysDoNotKnowHowLarge: where all places lie three times as far apart, or at a third of it, and a jump is as much farther and
// faster, the tables are the same. The ground itself, whose leaves and neighbours come from footprints, is the same under a scale by
// the test of locate/antenna. Without other thresholds the tables differ: distances do count.
func TestDaysDoNotKnowHowLarge(t *testing.T) {
	seed := theSeed(t)
	s := *drivertest.New(seed, false)
	tables := func(factor, thresholds float64) map[string]string {
		one := scaled(s, factor)
		pass := embeddedtest.Pass(&one)
		pass.Filter.JumpMetres, pass.Filter.JumpSpeed = 10_000*thresholds, 55*thresholds
		return drawnOf(embeddedtest.TablesOf(t, &one, plain, pass)[0])
	}
	want := tables(1, 1)
	for _, factor := range []float64{3, 1. / 3} {
		sameTables(t, fmt.Sprintf("seed %d: %.2f times as large", seed, factor), tables(factor, factor), want)
	}
	other, differ := tables(3, 1), false
	for name, values := range want {
		differ = differ || other[name] != values
	}
	if !differ {
		t.Errorf("seed %d: places three times as far apart, with the thresholds of before, give the same tables; the test sees nothing", seed)
	}
}
