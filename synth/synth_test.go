package synth

import (
	"context"
	"math"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/throng-stats/throng/synth/city"
	"github.com/throng-stats/throng/synth/people"
)

// full is a world of the design's size. Seeds are fixed: a test that passes once passes always.
var full = sync.OnceValue(func() *World { return must(Options{Seed: 1}) })

// small is a world for tests that write days.
var small = sync.OnceValue(func() *World { return must(Options{Seed: 2, People: 6000, Days: 60}) })

func must(o Options) *World {
	w, err := New(o)
	if err != nil {
		panic(err)
	}
	return w
}

func near(t *testing.T, what string, got, want, tolerance float64) {
	t.Helper()
	if math.Abs(got-want) > tolerance {
		t.Errorf("%s: got %.4f, want %.4f ± %.4f", what, got, want, tolerance)
	}
}

func TestPopulation(t *testing.T) {
	w := full()
	roles, holders, men := map[people.Role]int{}, 0.0, 0.0
	bands := make([]float64, 6)
	for i := range w.all.List {
		p := &w.all.List[i]
		roles[p.Role]++
		if p.Holder {
			holders++
		}
		if p.Role == people.Resident {
			bands[p.Band(2026)]++
			if p.Sex == 'M' {
				men++
			}
		}
	}
	if roles[people.Resident] != 150_000 || roles[people.Worker] != 30_000 || roles[people.Visitor] != 10_000 || roles[people.Roamer] != 10_000 {
		t.Errorf("roles: got %v, want 150,000, 30,000 and 10,000 twice", roles)
	}
	near(t, "share", holders/200_000, .40, .004) // 1 %
	near(t, "men among residents", men/150_000, .49, .02)
	// Bands of France, within 3 points.
	for k, want := range []float64{.21, .08, .24, .26, .21} {
		near(t, "band "+w.tables()[2].codes[k], bands[k]/150_000, want, .03)
	}
}

// Shares by zone lie where the design puts them, and what was drawn agrees with what is published: five standard deviations
// of a binomial count in each of 24 zones.
func TestShareByZone(t *testing.T) {
	w := full()
	published, byAge := w.all.MarketShares()
	holders, all := make([]float64, city.Municipalities), make([]float64, city.Municipalities)
	lowest, highest := 1.0, 0.0
	for i := range w.all.List {
		p := &w.all.List[i]
		if z := p.Zone(); p.Role <= people.Worker {
			all[z]++
			if p.Holder {
				holders[z]++
			}
		}
	}
	for z := range all {
		s := published[z].Share
		near(t, "share of "+w.plan.FinestID(z), holders[z]/all[z], s, 5*math.Sqrt(s*(1-s)/all[z]))
		near(t, "sd of the share of "+w.plan.FinestID(z), published[z].SD, math.Sqrt(s*(1-s)/all[z]), .1*published[z].SD)
		if byAge[z][0].Share > .8*s || byAge[z][2].Share < s {
			t.Errorf("shares of %s by age are %v; children have fewer phones", w.plan.FinestID(z), byAge[z])
		}
		lowest, highest = min(lowest, s), max(highest, s)
	}
	if lowest < .28 || highest > .52 || highest-lowest < .08 {
		t.Errorf("shares go from %.3f to %.3f, want about 0.30 to 0.50", lowest, highest)
	}
}

// The survey figures stand in docs/method/synthetic-region.md with their sources; the tolerances say how near the model is
// meant to come.
func TestMobility(t *testing.T) {
	w := full()
	d := w.all.Diarist()
	for _, c := range []struct {
		day        int
		trips, tol float64
	}{{1, 3, .25}, {6, 2.8, .3}} {
		trips, minutes, persons := 0.0, 0.0, 0.0
		for i := range w.all.List {
			p := &w.all.List[i]
			if p.Role != people.Resident || 2026-int(p.Birth) < 6 {
				continue
			}
			persons++
			stays := d.Day(i, c.day)
			for k := 1; k < len(stays); k++ {
				if !stays[k].Gone && !stays[k-1].Gone {
					trips++
					minutes += float64(stays[k].From-stays[k-1].To) / 60
				}
			}
		}
		near(t, "trips a person, day "+w.DayName(c.day), trips/persons, c.trips, c.tol)
		near(t, "minutes a person, day "+w.DayName(c.day), minutes/persons, 55, 12)
	}
	sum, n := 0.0, 0.0
	for i := range w.all.List {
		if p := &w.all.List[i]; p.Role == people.Resident && 2026-int(p.Birth) >= 25 && p.Work != (city.Spot{}) {
			sum += p.Home.Point().Distance(p.Work.Point())
			n++
		}
	}
	near(t, "mean way to work, km", sum/n/1000, 10, 2)
	near(t, "employed of residents", n/150_000, .36, .04)
}

// Workers go home for the feast and are seen there.
func TestFestival(t *testing.T) {
	w := full()
	in := func(day int) (host, home float64) {
		truth, err := w.Truth(context.Background(), day)
		if err != nil {
			t.Fatal(err)
		}
		hour := w.Period(day).BinCodes(time.Hour)[3]
		for z := range city.Finest {
			for _, group := range []string{"north", "south", "east"} {
				mean, _, ok := truth.Present(TruthOrigin, w.plan.FinestID(z), hour, group)
				if !ok {
					t.Fatalf("no origin %s in zone %d", group, z)
				}
				if z < city.Municipalities {
					host += mean
				} else {
					home += mean
				}
			}
		}
		return host, home
	}
	before, homeBefore := in(2)
	feast, homeFeast := in(15)
	if feast > .45*before || homeFeast < homeBefore+.5*before {
		t.Errorf("host has %.0f of the home provinces before and %.0f at the feast, the home provinces %.0f and %.0f", before, feast, homeBefore, homeFeast)
	}
}

// Two days that are made apart fit together at midnight.
func TestMidnight(t *testing.T) {
	w := small()
	d := w.all.Diarist()
	for i := range w.all.List {
		var last people.Stay
		for day := 8; day < 22; day++ {
			stays := d.Day(i, day)
			first := stays[0]
			if day > 8 && (first.Spot != last.Spot || first.Gone != last.Gone || first.Network != last.Network) {
				t.Fatalf("person %d is at %v when day %d ends and at %v when the next begins", i, last, day-1, first)
			}
			for k, s := range stays {
				if s.From >= s.To || k > 0 && s.From < stays[k-1].To || !s.Gone && s.Zone < 0 && s.To-s.From > longStay {
					t.Fatalf("person %d, day %d: stays %v", i, day, stays)
				}
			}
			if last = stays[len(stays)-1]; stays[0].From != 0 || last.To != 86400 {
				t.Fatalf("person %d, day %d: from %d to %d", i, day, stays[0].From, last.To)
			}
		}
	}
}

// Days 54 to 56 hold the change of clocks: 24, 23 and 24 hours.
func TestTruthSumsToPeople(t *testing.T) {
	w := small()
	for _, day := range []int{0, 15, 54, 55} {
		truth, err := w.Truth(context.Background(), day)
		if err != nil {
			t.Fatal(err)
		}
		hours := w.Period(day).BinCodes(time.Hour)
		if want := map[bool]int{true: 23, false: 24}[day == 55]; len(hours) != want {
			t.Fatalf("day %d has %d hours, want %d", day, len(hours), want)
		}
		for _, table := range w.tables() {
			mean, count := map[string]float64{}, map[string]int64{}
			for _, r := range truth.Rows {
				if r.Table == table.name {
					mean[r.Time] += r.Mean
					count[r.Time] += r.Count
				}
			}
			for _, h := range hours {
				near(t, table.name+" at "+h, mean[h], float64(w.People()), 1e-6)
				if count[h] != int64(w.People()) {
					t.Errorf("%s at %s: %d persons have a dominant zone, want %d", table.name, h, count[h], w.People())
				}
			}
		}
	}
}

// Trips leave and enter by the same truth: from midnight to midnight, arrivals minus departures of a zone are not larger than
// the change of people present plus those who came without a trip (from elsewhere).
func TestTripsArePlausible(t *testing.T) {
	w := full()
	truth, err := w.Truth(context.Background(), 1)
	if err != nil {
		t.Fatal(err)
	}
	total, city, peak := int64(0), int64(0), map[string]int64{}
	for _, r := range truth.Rows {
		if r.Table != TruthTrips {
			continue
		}
		if r.Zone == r.Zone2 {
			t.Errorf("a trip from %s to itself", r.Zone)
		}
		total += r.Count
		peak[r.Time[11:13]] += r.Count
		if r.Zone2 == w.plan.FinestID(0) {
			city += r.Count
		}
	}
	if total < 100_000 || total > 260_000 {
		t.Errorf("%d trips between zones, want about one a person", total)
	}
	if city < total/6 {
		t.Errorf("only %d of %d trips lead to the city", city, total)
	}
	if peak["07"]+peak["06"] < 10*peak["02"] {
		t.Errorf("no morning peak: %v", peak)
	}
	if got := truth.Trips("M101", "M101", "x"); got != 0 {
		t.Errorf("an unknown cell holds %d trips", got)
	}
}

// By hand: two hours at home in zone 0, half an hour on the way, ten minutes at a shop of zone 1 (too short for a stay), work in
// zone 2 from 3:05, and abroad from 12:00.
func TestTallyByHand(t *testing.T) {
	w := small()
	tally := w.newTally()
	at := func(zone int16) city.Spot { return w.plan.Dwelling(zone, w.newDice()) }
	home, shop, work := at(0), at(1), at(2)
	stays := []people.Stay{
		{From: 0, To: 7200, Spot: home}, {From: 9000, To: 9600, Spot: shop}, {From: 11100, To: 43200, Spot: work},
		{From: 43200, To: 86400, Spot: city.Spot{Zone: -1}, Gone: true},
	}
	tally.live(w.plan, stays, persona{columns: [4]int{0, 1, 3, 8}, workday: true}, func(s int32) int32 { return s })
	seconds, dominant := int64(0), int64(0)
	for z := range tally.zones {
		for h := range 24 {
			seconds += tally.seconds[tally.at(z, h)]
			dominant += tally.dominant[tally.at(z, h)]
		}
	}
	if seconds != 86400 || dominant != 24 {
		t.Errorf("the day has %d seconds and %d hours, want 86,400 and 24", seconds, dominant)
	}
	for _, c := range []struct{ zone, hour, want int }{{0, 0, 3600}, {0, 1, 3600}, {2, 11, 3600}, {elsewhere, 12, 3600}, {2, 12, 0}} {
		if got := tally.seconds[tally.at(c.zone, c.hour)+3]; got != int64(c.want) {
			t.Errorf("zone %d, hour %d: %d seconds, want %d", c.zone, c.hour, got, c.want)
		}
	}
	sum := int64(0)
	for _, n := range tally.trips {
		sum += n
	}
	if sum != 1 || tally.trips[(0*tally.zones+2)*maxHours+2] != 1 {
		t.Errorf("%d trips, want one from zone 0 to 2 in hour 2", sum)
	}
}

// By hand: home in zone 0 until 06:30, a way to work in zone 2 until 07:00, work until 12:30, 10 minutes at a shop in zone 1, work again
// from 13:00 to 17:00, zone 3 from 17:30 to 18:30, home from 19:00.
func TestHabitsByHand(t *testing.T) {
	w := small()
	at := func(zone int16) city.Spot { return w.plan.Dwelling(zone, w.newDice()) }
	home, shop, work, friend := at(0), at(1), at(2), at(3)
	const minute = 60
	stays := []people.Stay{{From: 0, To: 390 * minute, Spot: home}, {From: 420 * minute, To: 750 * minute, Spot: work},
		{From: 755 * minute, To: 765 * minute, Spot: shop}, {From: 780 * minute, To: 1020 * minute, Spot: work},
		{From: 1050 * minute, To: 1110 * minute, Spot: friend}, {From: 1140 * minute, To: 1440 * minute, Spot: home}}
	live := func(one persona) *tally {
		tally := w.newTally()
		one.columns = [4]int{0, 1, 3, 8}
		tally.live(w.plan, stays, one, func(s int32) int32 { return s })
		return tally
	}
	tally := live(persona{workday: true, origin: 2})
	for _, c := range []struct{ zone, hour, role, want int }{{0, 3, roleResident, 3600}, {0, 20, roleResident, 3600}, {2, 8, roleCommuter, 3600}, {2, 15, roleCommuter, 3600},
		{3, 17, roleVisitor, 1800}, {1, 12, roleTransit, 600}, {2, 12, roleCommuter, 1800}, {2, 8, roleVisitor, 0}} {
		got := tally.seconds[tally.at(c.zone, c.hour)+tally.roles+c.role]
		if c.hour == 12 || c.hour == 17 { // and what is passed on the way
			if got < int64(c.want) || got > int64(c.want)+1800 {
				t.Errorf("zone %d, hour %d, %s: %d seconds, want %d and the way", c.zone, c.hour, Roles[c.role], got, c.want)
			}
		} else if got != int64(c.want) {
			t.Errorf("zone %d, hour %d, %s: %d seconds, want %d", c.zone, c.hour, Roles[c.role], got, c.want)
		}
	}
	pair := func(from, to, purpose int) int64 { return tally.purposes[(from*tally.zones+to)*len(Purposes)+purpose] }
	if pair(0, 2, purposeWork) != 1 || pair(2, 3, purposeOther) != 1 || pair(3, 0, purposeHome) != 1 {
		t.Errorf("purposes are %d to work, %d other, %d home, want 1 each", pair(0, 2, purposeWork), pair(2, 3, purposeOther), pair(3, 0, purposeHome))
	}
	for zone, arrivals := range []int64{0, 1, 1, 1} {
		sum := int64(0)
		for h := range maxHours {
			sum += tally.arrive[zone*maxHours+h]
		}
		if tally.visits[zone] != 1 || sum != arrivals {
			t.Errorf("zone %d: %d visitors, %d arrivals, want 1 and %d", zone, tally.visits[zone], sum, arrivals)
		}
	}
	if tally.beyond[beyondHour]+tally.beyond[beyondDay] != 0 {
		t.Errorf("%v are beyond the bounds, want no trip", tally.beyond)
	}
	if tally.nights[0*tally.origins+2] != 1 || tally.sleepers[1] != 1 || tally.sleepers[3] != 1 {
		t.Error("the night is not booked")
	}
	if tally = live(persona{workday: true, guest: true}); tally.seconds[tally.at(2, 8)+tally.roles+roleVisitor] != 3600 || pair(3, 0, purposeOther) != 1 {
		t.Error("a guest lives or works here")
	}
	if tally = live(persona{}); tally.seconds[tally.at(2, 8)+tally.roles+roleVisitor] != 3600 {
		t.Error("somebody works on a day of rest")
	}
}

// To and fro between two zones, four trips an hour for two hours; and a day through twelve zones.
func TestBeyondTheBounds(t *testing.T) {
	tally := small().newTally()
	pair := []int{1*tally.zones + 2, 2*tally.zones + 1}
	for k := range 8 {
		tally.trip(pair[k%2], 8+k/4, purposeOther)
	}
	for z := range int32(12) {
		tally.cut = append(tally.cut, piece{zone: z, from: 60 * z, to: 60 * (z + 1)})
	}
	tally.visited()
	// By hour the third and fourth trip repeat the first two, and the last two are beyond the sixth; by day all but the first two repeat.
	if want := []int64{2, 1, 4, 6}; !slices.Equal(tally.beyond, want) {
		t.Errorf("%v are beyond the bounds, want %v", tally.beyond, want)
	}
}

// Nobody is lost: everybody has one night zone or none, of one class each, and who arrives is a visitor.
func TestTruthOfTheDayAgrees(t *testing.T) {
	w := small()
	truth, err := w.Truth(context.Background(), 1)
	if err != nil {
		t.Fatal(err)
	}
	sum := map[string]int64{}
	for _, r := range truth.Rows {
		sum[r.Table] += r.Count
		if r.Table == TruthArrivals && r.Count > truth.Count(TruthVisitors, r.Zone, "", "", "") {
			t.Errorf("zone %s: more people arrive than are there", r.Zone)
		}
	}
	people := int64(w.People())
	if n := sum[TruthNights]; n < people*8/10 || n > people || sum[TruthNightsGender] != n || sum[TruthNightsAge] != n {
		t.Errorf("%d nights of %d people, %d by gender and %d by age", n, people, sum[TruthNightsGender], sum[TruthNightsAge])
	}
	if sum[TruthPurpose] != sum[TruthTrips] || sum[TruthTrips] == 0 {
		t.Errorf("%d trips, %d by purpose", sum[TruthTrips], sum[TruthPurpose])
	}
	if visits := sum[TruthVisitors]; visits < sum[TruthNights] || visits > 8*people || sum[TruthArrivals] == 0 || sum[TruthArrivals] >= visits {
		t.Errorf("%d visitors, %d arrivals, %d nights", visits, sum[TruthArrivals], sum[TruthNights])
	}
}

func TestClockChanges(t *testing.T) {
	w := small()
	spring := clockOf(w.Period(55), w.clock) // 2026-03-29
	for _, c := range [][2]int32{{0, 0}, {7199, 7199}, {7200, 7200}, {9000, 7200}, {10800, 7200}, {86400, 82800}} {
		if got := spring(c[0]); got != c[1] {
			t.Errorf("spring: clock %d is second %d, want %d", c[0], got, c[1])
		}
	}
	autumn := must(Options{People: 400, From: "2026-10-25", Days: 1})
	back := clockOf(autumn.Period(0), autumn.clock)
	for _, c := range [][2]int32{{0, 0}, {7200, 7200}, {10799, 10799}, {10800, 14400}, {86400, 90000}} {
		if got := back(c[0]); got != c[1] {
			t.Errorf("autumn: clock %d is second %d, want %d", c[0], got, c[1])
		}
	}
	truth, err := autumn.Truth(context.Background(), 0)
	if err != nil {
		t.Fatal(err)
	}
	sum := 0.0
	for _, r := range truth.Rows {
		if r.Table == TruthTotal {
			sum += r.Mean
		}
	}
	near(t, "person-hours of a day of 25", sum, 25*400, 1e-6)
}

func TestOptionsAreChecked(t *testing.T) {
	for name, o := range map[string]Options{
		"people": {People: 10}, "days": {Days: -1}, "share": {Share: 2}, "events": {EventsPerDevice: 1}, "format": {Format: "orc"}, "from": {From: "02/02/2026"},
		"nan": {Share: math.NaN()},
	} {
		if _, err := New(o); err == nil {
			t.Errorf("%s: %+v was taken", name, o)
		}
	}
}
