package usual_test

import (
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/throng-stats/throng/population/usual"
)

// device reads "AA: t1 500/80, obs 720/90; AN: ...": slots/days by period (AA all, AN night, WW work) and tile.
func device(t *testing.T, text string) usual.Device {
	var d usual.Device
	for _, period := range strings.Split(text, "; ") {
		name, rows, ok := strings.Cut(period, ": ")
		p := usual.Period(strings.Index("AAANWW", name) / 2)
		if !ok {
			t.Fatalf("no rows in %q", period)
		}
		for _, row := range strings.Split(rows, ", ") {
			var who string
			s := usual.Score{Known: true}
			if _, err := fmt.Sscanf(strings.Replace(row, "/", " ", 1), "%s %g %g", &who, &s.Slots, &s.Days); err != nil {
				t.Fatalf("%q: %v", row, err)
			}
			if who == "obs" {
				d.Observed[p] = s
				continue
			}
			id := uint32(who[1] - '0')
			i := slices.IndexFunc(d.Places, func(p usual.Place) bool { return p.ID == id })
			if i < 0 {
				i = len(d.Places)
				d.Places = append(d.Places, usual.Place{ID: id})
			}
			d.Places[i].Scores[p] = s
		}
	}
	return d
}

func words(labels []usual.Labelled) string {
	var out []string
	for _, l := range labels {
		out = append(out, fmt.Sprintf("%s t%d %d", [...]string{"ue", "home", "work"}[l.Label], l.Place, l.Rule))
	}
	slices.Sort(out)
	return strings.Join(out, ", ")
}

const (
	first  = "AA: t1 500/80, t2 450/78, t3 200/70, t4 30/9, obs 720/90; AN: t1 300/78, t2 290/76, t3 10/6, obs 320/85; WW: t3 160/44, t1 20/9, t2 18/8, obs 200/50"
	second = "AA: t1 600/88, t2 600/88, t5 490/85, t6 380/60, obs 720/90; AN: t1 310/84, t2 310/84, t5 20/10, obs 320/85; WW: t5 175/48, t6 170/46, t1 5/3, obs 200/50"
	third  = "AA: t1 50/30, obs 100/36; WW: obs 20/10"
	fourth = "AA: t1 75/30, obs 100/36; AN: t1 95/29, obs 100/30"
	fifth  = "AA: t1 1/1, obs 1/1"
)

// The worked check of methods.md, section 12.
func TestLabels(t *testing.T) {
	for _, c := range []struct{ in, want, reference string }{
		{first, "home t1 2, ue t1 2, ue t2 2", "home t1 2, ue t1 2, ue t2 2"},
		{second, "home t1 1, home t2 1, ue t1 1, ue t2 1, ue t5 2, ue t6 2, work t5 1", "home t1 1, home t2 1, ue t1 1, ue t2 1, ue t5 2, ue t6 2, work t5 1"},
		{third, "ue t1 3", ""},
		{fourth, "home t1 2, ue t1 1", "home t1 2, ue t1 1"},
		{fifth, "", ""},
	} {
		d := device(t, c.in)
		if got := words(usual.UsualRules().Labels(d)); got != c.want {
			t.Errorf("%s\n got %s\nwant %s", c.in, got, c.want)
		}
		if got := words(usual.UsualRules().ReferenceLabels([]usual.Device{d}, true)[0]); got != c.reference {
			t.Errorf("reference: %s\n got %s\nwant %s", c.in, got, c.reference)
		}
	}
}

// Row 4 once more: in the reference a second device that is home by the first rule takes the home of the first away (D2).
func TestABatchChangesLabels(t *testing.T) {
	both := []usual.Device{device(t, fourth), device(t, second)}
	if got := words(usual.UsualRules().ReferenceLabels(both, true)[0]); got != "ue t1 1" {
		t.Errorf("batch: got %s, want no home", got)
	}
	if got := words(usual.UsualRules().ReferenceLabels(both, false)[0]); got != "home t1 2, ue t1 1" {
		t.Errorf("each device alone: got %s, want a home by rule 2", got)
	}
}

// In the reference a gap of 0 leaves no place, and so does 20 % of no slots at all: the first place is taken to drop by 0.
func TestReferenceGapOfNothing(t *testing.T) {
	noHomeGap := usual.UsualRules()
	noHomeGap.HomeGap = 0
	for _, c := range []struct {
		rules           usual.Rules
		in              string
		want, reference string
	}{
		{usual.UsualRules(), "AA: t1 0/30, obs 100/36", "ue t1 3", ""},
		{usual.UsualRules(), "AA: t1 1/30, obs 100/36", "ue t1 3", "ue t1 3"},
		{noHomeGap, "AA: t1 90/30, obs 100/36", "home t1 1, ue t1 1", "ue t1 1"},
	} {
		d := device(t, c.in+"; AN: obs 9/9; WW: obs 9/9")
		if got := words(c.rules.Labels(d)); got != c.want {
			t.Errorf("%s\n got %s\nwant %s", c.in, got, c.want)
		}
		if got := words(c.rules.ReferenceLabels([]usual.Device{d}, false)[0]); got != c.reference {
			t.Errorf("reference: %s\n got %s\nwant %s", c.in, got, c.reference)
		}
	}
}

// One device in a batch of one is as good as alone, and the default equals the reference where every period was observed
// and no limit is hit exactly.
func TestBatchOfOne(t *testing.T) {
	for seed := range uint64(300) {
		r := rand.New(rand.NewPCG(seed, 12))
		var d usual.Device
		for p := range usual.Period(3) {
			d.Observed[p] = usual.Score{Slots: 500 + 500*r.Float64(), Days: 50 + 50*r.Float64(), Known: true}
		}
		for i := range uint32(r.IntN(8)) {
			place := usual.Place{ID: i}
			for p := range usual.Period(3) {
				if r.IntN(3) > 0 {
					place.Scores[p] = usual.Score{Slots: 900 * r.Float64(), Days: 100 * r.Float64(), Known: true}
				}
			}
			d.Places = append(d.Places, place)
		}
		alone, batch := words(usual.UsualRules().Labels(d)), words(usual.UsualRules().ReferenceLabels([]usual.Device{d}, true)[0])
		each := words(usual.UsualRules().ReferenceLabels([]usual.Device{d}, false)[0])
		if alone != batch || alone != each {
			t.Fatalf("seed %d: alone %s; batch %s; each %s", seed, alone, batch, each)
		}
	}
}

// The worked check of methods.md, section 12, row 6.
func TestWeights(t *testing.T) {
	landUse := func(tile uint32) float64 { return [...]float64{0, 1, .5, .1, 0}[tile] }
	for _, c := range []struct {
		weight func(uint32) float64
		want   []float64
	}{{nil, []float64{.75, 1.75, .25, .25}}, {landUse, []float64{1.291667, 1.645833, .0625, 0}}} {
		sums := make([]float64, 4)
		for _, tiles := range [][]uint32{{1, 2}, {2}, {1, 2, 3, 4}} {
			for i, w := range usual.Weights(tiles, c.weight) {
				sums[tiles[i]-1] += w
			}
		}
		for i := range sums {
			if math.Abs(sums[i]-c.want[i]) > 1e-6 {
				t.Errorf("got %v, want %v", sums, c.want)
				break
			}
		}
	}
	if got := usual.Weights([]uint32{4, 4}, landUse); got[0] != .5 || got[1] != .5 {
		t.Errorf("all weights 0: got %v, want evenly", got)
	}
}

// The worked check of methods.md, section 11: 9 May 2024 is a holiday.
func TestMonth(t *testing.T) {
	at := func(month time.Month, d, h int) int64 {
		return time.Date(2024, month, d, h, 0, 0, 0, time.UTC).UnixMilli()
	}
	var rows []usual.Slot
	add := func(month time.Month, d, from, to int, groups ...uint32) {
		for h := from; h <= to; h++ {
			s := usual.Slot{Start: at(month, d, h), Kind: usual.Grid, Groups: groups}
			if groups == nil {
				s.Kind = usual.Nowhere
			}
			rows = append(rows, s)
		}
	}
	add(5, 7, 19, 23, 1)
	add(5, 8, 0, 7, 1, 2)
	add(5, 8, 9, 16, 3)
	add(5, 8, 17, 17)
	add(5, 8, 18, 18, 1)
	add(5, 9, 10, 14, 3)
	add(6, 1, 1, 2, 1)
	tiles := func(group uint32) []uint32 { return map[uint32][]uint32{1: {11, 12}, 2: {13}, 3: {21}}[group] }
	holiday := func(d usual.Date) bool { return int64(d)*86_400_000 == at(5, 9, 0) }
	for _, c := range []struct {
		name     string
		days     usual.Days
		hours    usual.Hours
		want     map[uint32]usual.Monthly
		observed usual.Monthly
	}{
		{"all, all", usual.AllDays, usual.AllHours, map[uint32]usual.Monthly{11: {16, 3}, 12: {16, 3}, 13: {8, 2}, 21: {13, 2}}, usual.Monthly{Slots: 29, Days: 4}},
		{"all, night", usual.AllDays, usual.NightHours, map[uint32]usual.Monthly{11: {16, 3}, 12: {16, 3}, 13: {8, 1}}, usual.Monthly{Slots: 16, Days: 3}},
		{"workdays, work", usual.Workdays, usual.WorkHours, map[uint32]usual.Monthly{21: {8, 1}}, usual.Monthly{Slots: 8, Days: 1}},
		{"holidays, all", usual.Holidays, usual.AllHours, map[uint32]usual.Monthly{21: {5, 1}}, usual.Monthly{Slots: 5, Days: 1}},
		{"Thursdays, work", usual.Weekday(time.Thursday), usual.WorkHours, map[uint32]usual.Monthly{21: {5, 1}}, usual.Monthly{Slots: 5, Days: 1}},
		{"weekends, all", usual.Weekends, usual.AllHours, map[uint32]usual.Monthly{}, usual.Monthly{}},
		{"all, evening", usual.AllDays, usual.EveningHours, map[uint32]usual.Monthly{11: {4, 2}, 12: {4, 2}, 21: {1, 1}}, usual.Monthly{Slots: 5, Days: 2}},
	} {
		m := usual.NewMonth(2024, time.May, c.days, c.hours, holiday)
		for _, s := range rows {
			m.Add(s, 3600e3)
		}
		got := m.ByTile(tiles, false)
		if fmt.Sprint(got) != fmt.Sprint(c.want) {
			t.Errorf("%s: got %v, want %v", c.name, got, c.want)
		}
		if o := (usual.Monthly{Slots: m.Observed.Slots, Days: m.Observed.Days()}); o != c.observed {
			t.Errorf("%s: observed %v, want %v", c.name, o, c.observed)
		}
	}
}

// A tile in two groups on one day: one day; two in the reference (D25). A holiday is a workday abroad.
func TestMonthCorners(t *testing.T) {
	day := time.Date(2024, 5, 8, 10, 0, 0, 0, time.UTC).UnixMilli()
	m := usual.NewMonth(2024, time.May, usual.Workdays, usual.WorkHours, func(usual.Date) bool { return false })
	m.Add(usual.Slot{Start: day, Kind: usual.Grid, Groups: []uint32{1}}, 3600e3)
	m.Add(usual.Slot{Start: day + 3600e3, Kind: usual.Grid, Groups: []uint32{2}}, 3600e3)
	tiles := func(uint32) []uint32 { return []uint32{11} }
	if got := m.ByTile(tiles, false)[11]; got != (usual.Monthly{Slots: 2, Days: 1}) {
		t.Errorf("got %v, want 2 slots on 1 day", got)
	}
	if got := m.ByTile(tiles, true)[11]; got != (usual.Monthly{Slots: 2, Days: 2}) {
		t.Errorf("reference: got %v, want 2 slots on 2 days", got)
	}
	h := usual.NewMonth(2024, time.May, usual.Workdays, usual.WorkHours, func(usual.Date) bool { return true })
	h.Add(usual.Slot{Start: day, Kind: usual.Grid, Groups: []uint32{1}}, 3600e3)
	h.Add(usual.Slot{Start: day, Kind: usual.Away, Country: 208}, 3600e3)
	if len(h.Groups) != 0 || h.Countries[208].Slots != 1 || h.Observed.Slots != 1 {
		t.Errorf("a holiday: got groups %v, countries %v, observed %d; want only the slot abroad", h.Groups, h.Countries, h.Observed.Slots)
	}
}

// The last lines of the same check.
func TestSeason(t *testing.T) {
	for _, c := range []struct {
		slots, days []int64
		mean, sd    float64
		ok          bool
	}{
		{[]int64{200, 150, 260}, []int64{12, 9, 15}, 12, 3, true},
		{[]int64{1, 1}, []int64{10, 14}, 12, 2.828427, true},
		{[]int64{5}, []int64{7}, 7, 0, false},
		{[]int64{5, 5, 5}, []int64{7, 7, 7}, 7, 0, true},
	} {
		var s usual.Season
		for i := range c.slots {
			s.Add(c.slots[i], c.days[i])
		}
		mean, sd, ok := s.Frequency()
		if math.Abs(mean-c.mean) > 1e-6 || math.Abs(sd-c.sd) > 1e-6 || ok != c.ok {
			t.Errorf("%v: got %v, %v, %v; want %v, %v, %v", c.days, mean, sd, ok, c.mean, c.sd, c.ok)
		}
		if c.slots[0] == 200 && (s.Slots != 610 || s.Days != 36) {
			t.Errorf("got %d slots on %d days, want 610 on 36", s.Slots, s.Days)
		}
	}
}
