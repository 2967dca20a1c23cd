package tourism_test

import (
	"fmt"
	"math"
	"strings"
	"testing"
	"time"

	"github.com/throng-stats/throng/population/tourism"
)

// at reads "6-28 20:00": month, day and time of 2024, UTC.
func at(t *testing.T, text string) int64 {
	t.Helper()
	when, err := time.Parse("2006-1-2 15:04", "2024-"+text)
	if err != nil {
		t.Fatal(err)
	}
	return when.UnixMilli()
}

func nights(dates []tourism.Date) string {
	var out []string
	for _, d := range dates {
		out = append(out, time.Unix(int64(d)*86_400, 0).UTC().Format("1-2"))
	}
	return strings.Join(out, " ")
}

// The worked check of methods.md, section 14: nights.
func TestNights(t *testing.T) {
	east := time.FixedZone("east", 2*3600)
	for _, c := range []struct {
		start, end string
		clock      *time.Location
		rule       tourism.NightRule
		want       string
	}{
		{"6-3 21:00", "6-4 09:00", time.UTC, tourism.Night, "6-3"},
		{"6-3 21:00", "6-6 09:00", time.UTC, tourism.Night, "6-3 6-4 6-5"},
		{"6-4 04:30", "6-4 12:00", time.UTC, tourism.Night, ""},
		{"6-4 03:30", "6-4 08:29", time.UTC, tourism.Night, ""},
		{"6-4 03:30", "6-4 08:30", time.UTC, tourism.Night, "6-3"},
		{"6-4 04:00", "6-4 10:00", time.UTC, tourism.Night, "6-3"},
		{"6-3 21:00", "6-4 04:00", time.UTC, tourism.Night, ""},
		{"6-4 02:30", "6-4 12:00", east, tourism.Night, ""},
		{"6-4 01:59", "6-4 12:00", east, tourism.Night, "6-3"},
		{"6-30 22:00", "7-1 08:00", time.UTC, tourism.Night, "6-30"},
		{"8-1 18:30", "8-2 03:00", time.FixedZone("Tokyo", 9*3600), tourism.NightAbroad, "8-1"}, // section 15
		{"8-1 18:30", "8-2 03:00", time.UTC, tourism.NightAbroad, ""},
	} {
		if got := nights(c.rule.Nights(at(t, c.start), at(t, c.end), c.clock)); got != c.want {
			t.Errorf("%s - %s: got %q, want %q", c.start, c.end, got, c.want)
		}
	}
	if d := tourism.DateOf(time.Date(2024, 6, 30, 23, 0, 0, 0, time.UTC)); d.Month() != 202406 {
		t.Errorf("30 June: got the month %d", d.Month())
	}
}

// The night of the reference abroad: the first midnight after the start, the end included, the local clock.
func TestReferenceNight(t *testing.T) {
	for _, c := range []struct {
		start, end string
		clock      string
		want       bool
	}{
		{"8-1 18:30", "8-2 03:00", "Asia/Tokyo", true},
		{"8-1 18:30", "8-2 03:00", "UTC", false},
		{"6-4 04:00", "6-4 10:00", "UTC", false}, // begins at midnight
		{"6-3 21:00", "6-4 04:00", "UTC", true},  // ends at midnight
		{"6-4 03:00", "6-4 06:19", "UTC", false}, // 199 minutes
		{"6-4 03:00", "6-4 06:20", "UTC", true},
		// On 10 March clocks in New York go from 2 to 3: 150 minutes by the sun are 210 by the clock.
		{"3-10 06:30", "3-10 09:00", "America/New_York", true},
		{"3-9 06:30", "3-9 09:00", "America/New_York", false},
	} {
		clock, err := time.LoadLocation(c.clock)
		if err != nil {
			t.Skip("no time zones on this machine")
		}
		if got := tourism.NightAbroad.ReferenceNight(at(t, c.start), at(t, c.end), clock); got != c.want {
			t.Errorf("%s - %s %s: got %v, want %v", c.start, c.end, c.clock, got, c.want)
		}
	}
}

// stay reads "6-28 20:00 > 6-29 10:00 Z1 .8 Z2 .2".
func stay(t *testing.T, text string) tourism.Stay {
	t.Helper()
	from, rest, _ := strings.Cut(text, " > ")
	f := strings.Fields(rest)
	s := tourism.Stay{Start: at(t, from), End: at(t, f[0]+" "+f[1]), Clock: time.UTC}
	for i := 2; i+1 < len(f); i += 2 {
		var w float64
		fmt.Sscan(f[i+1], &w)
		s.Shares = append(s.Shares, tourism.Share{Zone: id(f[i]), Weight: w})
	}
	return s
}

// id packs a name into a number, in the order of names.
func id(name string) uint32 { return uint32(name[0])<<8 | uint32(name[len(name)-1]) }

func unpack(id uint32) string {
	if first, last := byte(id>>8), byte(id); first != last {
		return string([]byte{first, last})
	}
	return string([]byte{byte(id)})
}

type sums map[string]float64

func (s sums) check(t *testing.T, what string, want sums) {
	t.Helper()
	for k, v := range s {
		if v == 0 {
			delete(s, k)
		}
	}
	for k := range want {
		if math.Abs(s[k]-want[k]) > 1e-9 {
			t.Errorf("%s: got %v, want %v", what, s, want)
			return
		}
	}
	if len(s) != len(want) {
		t.Errorf("%s: got %v, want %v", what, s, want)
	}
}

// The worked check of methods.md, section 14: trips of inbound devices.
func TestInbound(t *testing.T) {
	devices := []struct {
		country string
		stays   []string
	}{
		{"FR", []string{"6-28 20:00 > 6-29 10:00 Z1 .8 Z2 .2", "6-29 13:00 > 7-1 09:00 Z3 1", "7-2 09:00 > 7-2 14:00 Z1 1"}},
		{"FR", []string{"6-30 08:00 > 6-30 12:00 Z1 .5 Z3 .5", "6-30 13:00 > 6-30 15:59 Z2 1"}},
		{"DE", []string{"6-30 22:00 > 7-1 07:00 Z1 1"}},
	}
	slept, overnight, sameDay := sums{}, sums{}, sums{}
	trips, zones, nights := sums{}, sums{}, sums{}
	early := ""
	for i, d := range devices {
		guest := tourism.NewTraveller(tourism.Inbound)
		for _, s := range d.stays {
			if _, ok := guest.Away(stay(t, s)); ok {
				t.Errorf("device %d: a trip ended between its stays", i+1)
			}
		}
		trip, ok := guest.Watermark(at(t, "7-2 20:00"))
		if ok {
			early += fmt.Sprint("d", i+1, " ")
		} else if trip, ok = guest.Watermark(at(t, "7-10 00:00")); !ok {
			t.Fatalf("device %d has no trip", i+1)
		}
		for _, n := range trip.ZoneNights {
			slept[fmt.Sprint(n.Date.Month()%100, " ", d.country, " ", unpack(n.Share.Zone))] += n.Share.Weight
		}
		month := time.UnixMilli(trip.End).UTC().Month()
		for _, z := range trip.Zones {
			key := fmt.Sprint(int(month), " ", d.country, " ", unpack(z.Zone))
			if trip.Overnight() {
				overnight[key] += z.Most
			} else {
				sameDay[key] += z.Most
			}
		}
		trips[d.country]++
		zones[d.country] += float64(trip.Destinations())
		nights[d.country] += float64(trip.Nights)
	}
	slept.check(t, "nights", sums{"6 FR Z1": .8, "6 FR Z2": .2, "6 FR Z3": 2, "6 DE Z1": 1})
	overnight.check(t, "departures, overnight", sums{"7 FR Z1": 1, "7 FR Z2": .2, "7 FR Z3": 1, "7 DE Z1": 1})
	sameDay.check(t, "departures, same day", sums{"6 FR Z1": .5, "6 FR Z3": .5})
	trips.check(t, "trips", sums{"FR": 2, "DE": 1})
	zones.check(t, "zones of all trips", sums{"FR": 4, "DE": 1})
	nights.check(t, "nights of all trips", sums{"FR": 3, "DE": 1})
	if early != "d2 d3 " {
		t.Errorf("finished on 2 July at 20:00: got %q, want d2 d3", early)
	}
}

// The worked check of methods.md, section 14: zones of a stay.
func TestZones(t *testing.T) {
	q := map[uint32]map[uint32]float64{'A': {1: .5, 2: .3, 3: .2}, 'B': {2: .6, 3: .4}, 'C': {9: 1}}
	posterior := func(c uint32, emit func(uint32, float64)) {
		for tile, p := range q[c] {
			emit(tile, p)
		}
	}
	zone := func(tile uint32) int32 { return map[uint32]int32{1: 1, 2: 1, 3: 2, 9: -1}[tile] }
	for _, c := range []struct {
		cells []uint32
		want  sums
	}{{[]uint32{'A'}, sums{"1": .8, "2": .2}}, {[]uint32{'A', 'B'}, sums{"1": .7, "2": .3}}, {[]uint32{'A', 'C'}, sums{"1": .4, "2": .1}}, {nil, sums{}}} {
		got := sums{}
		for _, s := range tourism.Zones(c.cells, posterior, zone) {
			got[fmt.Sprint(s.Zone)] = s.Weight
		}
		got.check(t, fmt.Sprint(c.cells), c.want)
	}
}

// The worked check of methods.md, section 15.
func TestOutbound(t *testing.T) {
	for _, c := range []struct{ in, want string }{
		{"8-1 14:00 > 8-4 09:00 FR 1; 8-4 10:00 > 8-4 16:00 CH 1; 8-4 17:00 > 8-6 11:00 FR 1; 8-9 12:00 > 8-9 20:00 FR 1",
			"FR 3, CH 0, FR 2 | FR 0"},
		{"8-5 07:00 > 8-5 18:00 ES 1; home 8-5 19:00 > 8-6 06:00; 8-6 07:00 > 8-6 18:00 ES 1; home 8-6 19:00 > 8-7 06:00; 8-7 07:00 > 8-8 08:00 ES 1",
			"ES 0 | ES 0 | ES 1"},
		{"8-5 07:00 > 8-5 18:00 ES 1; home 8-5 19:00 > 8-5 21:59; 8-5 23:00 > 8-6 08:00 ES 1; 8-6 09:00 > 8-6 11:59 FR 1", "ES 1"},
	} {
		away := tourism.NewTraveller(tourism.Outbound)
		var trips []string
		end := func(trip tourism.Trip, ok bool) {
			if !ok {
				return
			}
			var visits []string
			for _, v := range trip.Visits {
				visits = append(visits, fmt.Sprint(unpack(v.Zone), " ", v.Nights))
			}
			trips = append(trips, strings.Join(visits, ", "))
		}
		for _, one := range strings.Split(c.in, "; ") {
			if home, ok := strings.CutPrefix(one, "home "); ok {
				s := stay(t, home)
				end(away.Back(s.Start, s.End))
				continue
			}
			end(away.Away(stay(t, one)))
		}
		end(away.Watermark(at(t, "9-30 00:00")))
		if got := strings.Join(trips, " | "); got != c.want {
			t.Errorf("%s\n got %s\nwant %s", c.in, got, c.want)
		}
	}
}

// The worked check of methods.md, section 16. h is a stay inside the usual environment.
func TestDomestic(t *testing.T) {
	m := tourism.NewTraveller(tourism.Domestic)
	var trips []tourism.Trip
	for _, one := range []struct {
		usual float64
		text  string
	}{
		{.9, "8-1 20:00 > 8-2 07:00"}, {.1, "8-2 10:00 > 8-2 15:00 M 1"}, {0, "8-2 18:00 > 8-4 10:00 C .7 M .3"},
		{.49, "8-4 11:00 > 8-4 16:00 M .51 H .49"}, {.8, "8-4 19:00 > 8-5 07:00"},
		{0, "8-5 09:00 > 8-5 13:00 M 1"}, {1, "8-5 14:00 > 8-5 16:00"}, {0, "8-5 17:00 > 8-5 21:00 C 1"}, {0, "8-5 22:00 > 8-6 00:59 M 1"},
	} {
		s := stay(t, one.text)
		end := m.Away
		if one.usual >= tourism.UsualShare {
			end = func(s tourism.Stay) (tourism.Trip, bool) { return m.Back(s.Start, s.End) }
		}
		if trip, ok := end(s); ok {
			trips = append(trips, trip)
		}
	}
	if trip, ok := m.Watermark(at(t, "8-8 21:00")); ok {
		t.Errorf("a trip is finished when exactly the gap has passed: %v", trip)
	}
	if trip, ok := m.Watermark(at(t, "8-8 21:01")); ok {
		trips = append(trips, trip)
	}
	var lines []string
	for _, trip := range trips {
		main, _ := trip.Main()
		line := fmt.Sprintf("%s - %s, %d nights, main %s", time.UnixMilli(trip.Start).UTC().Format("1-2 15:04"), time.UnixMilli(trip.End).UTC().Format("1-2 15:04"), trip.Nights, unpack(main))
		for _, z := range trip.Zones {
			line += fmt.Sprintf("; %s %.4g nights %.4g h", unpack(z.Zone), z.Nights, z.Millis/3600e3)
		}
		lines = append(lines, line)
	}
	want := `8-2 10:00 - 8-4 16:00, 2 nights, main C; C 1.4 nights 28 h; H 0 nights 2.45 h; M 0.6 nights 19.55 h
8-5 09:00 - 8-5 13:00, 0 nights, main M; M 0 nights 4 h
8-5 17:00 - 8-5 21:00, 0 nights, main C; C 0 nights 4 h`
	if got := strings.Join(lines, "\n"); got != want {
		t.Errorf("got\n%s\nwant\n%s", got, want)
	}
}

// What is longer than a year is a move; a trip outside all zones has no main destination.
func TestOddTrips(t *testing.T) {
	m := tourism.NewTraveller(tourism.Domestic)
	start := at(t, "1-1 00:00")
	m.Away(tourism.Stay{Start: start, End: start + 366*24*3600e3, Clock: time.UTC})
	if trip, ok := m.Back(start+367*24*3600e3, start+367*24*3600e3); ok {
		t.Errorf("a trip of 366 days was kept: %d to %d", trip.Start, trip.End)
	}
	m.Away(tourism.Stay{Start: start, End: start + 24*3600e3, Clock: time.UTC})
	trip, ok := m.Back(start, start)
	if _, has := trip.Main(); !ok || has || trip.Destinations() != 0 || len(trip.Visits) != 0 {
		t.Errorf("a trip outside all zones: got %+v, %v", trip, ok)
	}
	if _, ok := m.Watermark(math.MaxInt64); ok {
		t.Error("a device without stays has a trip")
	}
}
