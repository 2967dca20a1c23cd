package account

import (
	"errors"
	"maps"
	"math"
	"slices"
	"strings"
	"testing"
)

func profile(t *testing.T, name string) Profile {
	t.Helper()
	p, err := Named(name)
	if err != nil {
		t.Fatal(err)
	}
	return p
}

// TestSharesFitTheCap: everything that a profile lists fits at once.
func TestSharesFitTheCap(t *testing.T) {
	want := map[string]int64{"standard": 99_400_000, "strict": 19_880_000, "trips": 100_000_000, "purchases": 100_000_000, "purchases-strict": 20_000_000}
	for _, name := range Names() {
		p, sum := profile(t, name), int64(0)
		for table, share := range p.Shares {
			if share <= 0 {
				t.Errorf("%s: share of %s is %d", name, table, share)
			}
			sum += share
		}
		if sum != want[name] || sum > p.CapDay {
			t.Errorf("%s: shares sum to %d, want %d within %d", name, sum, want[name], p.CapDay)
		}
		if _, err := p.Plan(p.tables()[:0], nil); err != nil {
			t.Errorf("%s: an empty plan: %v", name, err)
		}
		all := slices.DeleteFunc(slices.Collect(maps.Keys(p.Shares)), func(s string) bool { return s == Reserve })
		if _, err := p.Plan(all, nil); err != nil {
			t.Errorf("%s: everything listed: %v", name, err)
		}
	}
}

// TestVariances are the variances of privacy.md, section 9.
func TestVariances(t *testing.T) {
	for _, c := range []struct {
		profile, table string
		d2, sigma2     uint64
	}{
		{"standard", "present-live/leaf", 96, 2286}, {"standard", "present-live/leaf", 92, 2191}, {"standard", "present-live/leaf", 100, 2381},
		{"standard", "present-live/leaf", 112, 2667}, {"standard", "present-live/block", 112, 12445},
		{"standard", "present-live/block", 96, 10667}, {"standard", "present-live/area", 96, 10667},
		{"standard", "present/total", 24, 1539}, {"standard", "present/origin", 24, 1539},
		{"standard", "visitors/total", 10, 1000}, {"standard", "nights/origin", 1, 250}, {"standard", "nights/age", 1, 1000},
		{"standard", "flows-hour/total", 6, 429}, {"standard", "flows-day/total", 6, 417}, {"standard", "flows-month/total", 6, 417},
		{"standard", "usual/home", 2, 500}, {"standard", "migration/total", 2, 1000},
		{"standard", "tourism/trips", 8, 6667}, {"standard", "tourism/abroad", 8, 10000}, {"standard", "tourism/length", 8, 10000}, {"standard", "tourism/absences", 2, 2500},
		{"strict", "present-live/leaf", 24, 2858}, {"strict", "present/total", 24, 7693}, {"strict", "nights/origin", 1, 1250},
		{"strict", "flows-hour/total", 6, 2143}, {"strict", "flows-day/total", 6, 2084}, {"strict", "usual/home", 2, 2500},
		{"strict", "migration/total", 2, 5000}, {"strict", "tourism/trips", 8, 33334},
		{"trips", "vehicles/departures", 1, 27}, {"purchases", "spending/buyers", 5, 125}, {"purchases", "market/customers", 2, 50},
	} {
		p := profile(t, c.profile)
		if got := Sigma2(c.d2, p.Shares[c.table]); got != c.sigma2 {
			t.Errorf("%s, %s with squared sensitivity %d: variance %d, want %d", c.profile, c.table, c.d2, got, c.sigma2)
		}
	}
}

// TestBookedInStandard: with roles in the place of flows by month, what is really booked on a day of 96 bins is the sum
// that privacy.md, section 9, prints: 98,970,823 nano-rho beside the reserve.
func TestBookedInStandard(t *testing.T) {
	p, booked := profile(t, "standard"), int64(0)
	d2 := map[string]uint64{
		"present-live": 96, "present": 24, "visitors": 10, "nights": 1, "flows-hour": 6, "flows-day": 6, "usual": 2, "migration": 2, "tourism": 8,
	}
	shares := maps.Clone(p.Shares)
	delete(shares, "flows-month/total")
	delete(shares, Reserve)
	shares["present/role"] = p.Instead["present/role"]
	shares["tourism/trips"] += shares["tourism/abroad"] // one table there
	delete(shares, "tourism/abroad")
	for table, share := range shares {
		product, _, _ := strings.Cut(table, "/")
		d := d2[product]
		switch {
		case table == "tourism/absences":
			booked += Charge(2, Sigma2(2, share))
		case product == "present-live": // bin by bin
			booked += int64(d) * Charge(1, Sigma2(d, share))
		default:
			booked += Charge(d, Sigma2(d, share))
		}
	}
	if booked != 98_970_823 {
		t.Errorf("booked %d nano-rho, want 98970823", booked)
	}
}

func TestPlan(t *testing.T) {
	p := profile(t, "standard")
	for _, c := range []struct {
		name   string
		tables string
		custom map[string]int64
		want   map[string]int64
		refuse string // part of a refusal
		wrong  string // part of an invalid
	}{
		{name: "defaults", tables: "present/total flows-day/total", want: map[string]int64{"present/total": 7_800_000, "flows-day/total": 7_200_000}},
		{name: "one table may have all but the reserve", tables: "present/total", custom: map[string]int64{"present/total": 99_000_000},
			want: map[string]int64{"present/total": 99_000_000}},
		{name: "but not more", tables: "present/total", custom: map[string]int64{"present/total": 99_000_001},
			refuse: "present/total 0.099000001 + reserve 0.001 sum to rho 0.100000001 a day, but profile standard allows 0.1"},
		{name: "without a reserve", tables: "present/total", custom: map[string]int64{"present/total": 100_000_000, Reserve: 0},
			want: map[string]int64{"present/total": 100_000_000}},
		{name: "roles beside a few", tables: "present/role present/total", want: map[string]int64{"present/role": 7_800_000, "present/total": 7_800_000}},
		{name: "one share above the cap", tables: "present/total", custom: map[string]int64{"present/total": math.MaxInt64}, refuse: "alone"},
		{name: "unknown", tables: "present/religion", wrong: "no share for"},
		{name: "the reserve is no table", tables: "reserve", wrong: "no share for"},
		{name: "twice", tables: "present/total present/total", wrong: "twice"},
		{name: "negative", tables: "present/total", custom: map[string]int64{"present/total": -1}, wrong: "positive"},
		{name: "zero", tables: "present/total", custom: map[string]int64{"present/total": 0}, wrong: "positive"},
		{name: "for nothing", tables: "present/total", custom: map[string]int64{"present/age": 1}, wrong: "no product with that table"},
		{name: "a table of its own", tables: "present/x", custom: map[string]int64{"present/x": 5}, want: map[string]int64{"present/x": 5}},
	} {
		got, err := p.Plan(strings.Fields(c.tables), c.custom)
		var refused Refused
		var invalid Invalid
		switch {
		case c.refuse != "":
			if !errors.As(err, &refused) || !strings.Contains(err.Error(), c.refuse) {
				t.Errorf("%s: got %v, want a refusal with %q", c.name, err, c.refuse)
			}
		case c.wrong != "":
			if !errors.As(err, &invalid) || !strings.Contains(err.Error(), c.wrong) {
				t.Errorf("%s: got %v, want invalid with %q", c.name, err, c.wrong)
			}
		case err != nil || !maps.Equal(got, c.want):
			t.Errorf("%s: got %v, %v, want %v", c.name, got, err, c.want)
		}
	}
}

// TestRolesTakeThePlaceOfFlowsByMonth: both beside everything else do not fit, either one does.
func TestRolesTakeThePlaceOfFlowsByMonth(t *testing.T) {
	for _, name := range []string{"standard", "strict"} {
		p := profile(t, name)
		extra := []string{"arrivals/total", "flows-day/purpose", "nights/total", "tourism/ends"}
		all := slices.DeleteFunc(p.tables(), func(s string) bool { return slices.Contains(extra, s) })
		var refused Refused
		if _, err := p.Plan(all, nil); !errors.As(err, &refused) {
			t.Errorf("%s: roles and flows by month beside all others: got %v, want a refusal", name, err)
		}
		for _, without := range []string{"present/role", "flows-month/total"} {
			rest := slices.DeleteFunc(slices.Clone(all), func(s string) bool { return s == without })
			if _, err := p.Plan(rest, nil); err != nil {
				t.Errorf("%s without %s: %v", name, without, err)
			}
		}
	}
}

func TestNamedUnknown(t *testing.T) {
	var invalid Invalid
	if _, err := Named("generous"); !errors.As(err, &invalid) {
		t.Errorf("got %v, want Invalid", err)
	}
	p := profile(t, "standard")
	p.Shares["present/total"] = 1
	if again := profile(t, "standard"); again.Shares["present/total"] == 1 {
		t.Error("a profile that was changed changed all others; want a copy")
	}
}

func TestDecimal(t *testing.T) {
	for nano, want := range map[int64]string{0: "0", 1: "0.000000001", 7_800_000: "0.0078", 3_000_000_000: "3", -400_000_000: "-0.4", 1_250_000_000: "1.25"} {
		if got := Decimal(nano); got != want {
			t.Errorf("%d: got %s, want %s", nano, got, want)
		}
	}
}
