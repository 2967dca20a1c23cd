package feed

import (
	"strconv"
	"strings"
	"testing"
	"time"
)

// TestTimerText reads times as an operator writes them and compares instants written in RFC 3339.
func TestTimerText(t *testing.T) {
	const none = "bad"
	const skip = "no such time"
	for _, c := range []struct{ format, zone, fold, text, want string }{
		{"yyyy-MM-dd HH:mm:ss", "UTC", "", "2026-02-03 08:15:30", "2026-02-03T08:15:30Z"},
		{"yyyy-MM-dd HH:mm", "Europe/Paris", "", "2026-02-03 08:15", "2026-02-03T07:15:00Z"},
		{"yyyyMMddHHmmss", "UTC", "", "20260203081530", "2026-02-03T08:15:30Z"},
		{"dd/MM/yyyy HH:mm", "UTC", "", "03/02/2026 08:15", "2026-02-03T08:15:00Z"},
		{"d/M/yyyy H:mm", "UTC", "", "3/2/2026 8:15", "2026-02-03T08:15:00Z"},
		{"d/M/yyyy H:mm", "UTC", "", "13/12/2026 18:15", "2026-12-13T18:15:00Z"},
		{"yyyy-MM-dd'T'HH:mm:ss.SSS", "UTC", "", "2026-02-03T08:15:30.250", "2026-02-03T08:15:30.25Z"},
		{"yyyy-MM-dd HH:mm:ssXXX", "", "", "2026-02-03 08:15:30+05:30", "2026-02-03T02:45:30Z"},
		{"", "", "", "2026-02-03T08:15:30+01:00", "2026-02-03T07:15:30Z"},
		{"", "", "", "2018-07-30T02:00:23Z", "2018-07-30T02:00:23Z"},
		{"", "", "", "2018-07-30T02:00:23.123456Z", "2018-07-30T02:00:23.123Z"},
		{"", "", "", "1969-12-31T23:59:59.5-00:30", "1970-01-01T00:29:59.5Z"},
		{"", "", "", "2000-02-29T00:00:00Z", "2000-02-29T00:00:00Z"},
		{"", "", "", "1900-02-29T00:00:00Z", none},
		{"", "", "", "2026-02-03T08:15:30", none},
		{"", "", "", "2026-02-03T24:00:00Z", none},
		{"", "", "", "2026-02-03T08:15:30Zx", none},
		{"yyyy-MM-dd HH:mm:ss", "UTC", "", "03/02/2026 08:15", none},
		{"yyyy-MM-dd HH:mm:ss", "UTC", "", "2026-13-03 08:15:30", none},
		{"yyyy-MM-dd HH:mm:ss", "UTC", "", "", none},
		{"epoch-s", "", "", "1770106530", "2026-02-03T08:15:30Z"},
		{"epoch-ms", "", "", "-1", "1969-12-31T23:59:59.999Z"},
		{"epoch-us", "", "", "-1", "1969-12-31T23:59:59.999Z"},
		{"epoch-s", "", "", "9223372036854775807", none},
		// Paris goes from 02:00 to 03:00 on 2026-03-29 and back from 03:00 to 02:00 on 2026-10-25.
		{"yyyy-MM-dd HH:mm", "Europe/Paris", "", "2026-03-29 01:59", "2026-03-29T00:59:00Z"},
		{"yyyy-MM-dd HH:mm", "Europe/Paris", "", "2026-03-29 02:30", skip},
		{"yyyy-MM-dd HH:mm", "Europe/Paris", "first", "2026-03-29 02:30", "2026-03-29T01:30:00Z"},
		{"yyyy-MM-dd HH:mm", "Europe/Paris", "last", "2026-03-29 02:30", "2026-03-29T00:30:00Z"},
		{"yyyy-MM-dd HH:mm", "Europe/Paris", "", "2026-03-29 03:00", "2026-03-29T01:00:00Z"},
		{"yyyy-MM-dd HH:mm", "Europe/Paris", "reject", "2026-10-25 02:30", skip},
		{"yyyy-MM-dd HH:mm", "Europe/Paris", "first", "2026-10-25 02:30", "2026-10-25T00:30:00Z"},
		{"yyyy-MM-dd HH:mm", "Europe/Paris", "last", "2026-10-25 02:30", "2026-10-25T01:30:00Z"},
		{"yyyy-MM-dd HH:mm", "Europe/Paris", "", "2026-10-25 03:00", "2026-10-25T02:00:00Z"},
		// Chicago goes forward on 2011-03-13 and back on 2011-11-06, both at 02:00.
		{"yyyy-MM-dd HH:mm", "America/Chicago", "", "2011-03-13 02:00", skip},
		{"yyyy-MM-dd HH:mm", "America/Chicago", "", "2011-03-13 03:00", "2011-03-13T08:00:00Z"},
		{"yyyy-MM-dd HH:mm", "America/Chicago", "", "2011-11-06 00:59", "2011-11-06T05:59:00Z"},
		{"yyyy-MM-dd HH:mm", "America/Chicago", "", "2011-11-06 01:00", skip},
		{"yyyy-MM-dd HH:mm", "America/Chicago", "last", "2011-11-06 01:00", "2011-11-06T07:00:00Z"},
		// Lord Howe Island moves its clocks by half an hour: 2026-04-05 at 02:00 back to 01:30, 2026-10-04 at 02:00 to 02:30.
		{"yyyy-MM-dd HH:mm", "Australia/Lord_Howe", "", "2026-04-05 01:29", "2026-04-04T14:29:00Z"},
		{"yyyy-MM-dd HH:mm", "Australia/Lord_Howe", "", "2026-04-05 01:45", skip},
		{"yyyy-MM-dd HH:mm", "Australia/Lord_Howe", "first", "2026-04-05 01:45", "2026-04-04T14:45:00Z"},
		{"yyyy-MM-dd HH:mm", "Australia/Lord_Howe", "last", "2026-04-05 01:45", "2026-04-04T15:15:00Z"},
		{"yyyy-MM-dd HH:mm", "Australia/Lord_Howe", "", "2026-04-05 02:00", "2026-04-04T15:30:00Z"},
		{"yyyy-MM-dd HH:mm", "Australia/Lord_Howe", "", "2026-10-04 02:15", skip},
		{"yyyy-MM-dd HH:mm", "Australia/Lord_Howe", "", "2026-10-04 02:30", "2026-10-03T15:30:00Z"},
	} {
		timer, err := NewTimer(Column{Name: "t", Format: c.format, Zone: c.zone, Fold: c.fold})
		if err != nil {
			t.Fatal(err)
		}
		got := none
		if ms, local, ok := timer.Text([]byte(c.text)); ok {
			if local {
				ms, ok = new(clocks).instant(timer.zone, ms, timer.fold)
			}
			if got = skip; ok {
				got = time.UnixMilli(ms).UTC().Format(time.RFC3339Nano)
			}
		}
		if got != c.want {
			t.Errorf("%q as %q in %q with fold %q: got %s, want %s", c.text, c.format, c.zone, c.fold, got, c.want)
		}
	}
}

// TestParseInt compares the reading of eight digits at once with package strconv.
func TestParseInt(t *testing.T) {
	for _, s := range []string{"", "-", "+", "0", "-0", "7", "+7", "12345678", "123456789", "1234567812345678", "9223372036854775807", "9223372036854775808",
		"-9223372036854775808", "-9223372036854775809", "99999999999999999999", "1234567:", "/2345678", "1234 678", "12345678a", "\xb1\xb2\xb3\xb4\xb5\xb6\xb7\xb8"} {
		want, err := strconv.ParseInt(s, 10, 64)
		if got, ok := parseInt([]byte(s)); ok != (err == nil) || ok && got != want {
			t.Errorf("%q: got %d %v, want %d %v", s, got, ok, want, err)
		}
	}
	for i := range 8 * 256 {
		b := []byte("31415926")
		b[i/256] = byte(i)
		want, err := strconv.ParseInt(string(b), 10, 64)
		if got, ok := parseInt(b); ok != (err == nil) || ok && got != want {
			t.Errorf("%q: got %d %v, want %d %v", b, got, ok, want, err)
		}
	}
}

func TestTimerRefusesFormats(t *testing.T) {
	for _, c := range []struct{ column, want string }{
		{"yyyy-MM-dd HH:mm", "local times without a zone"},
		{"yyyy-MM-dd hh:mm a|UTC", "hh is not known"},
		{"yyyy-MM-dd|UTC", "H is missing"},
		{"yy-MM-dd HH|UTC", "yy is not known"},
		{"yyyy-MM-dd dd HH|UTC", "d stands twice"},
		{"yyyy-MM-dd'T HH|UTC", "apostrophe"},
		{"yyyy-MM-dd HH:mm|Paris", `zone "Paris"`},
		{"yyyy-MM-dd HH:mm|Local", `zone "Local"`},
	} {
		format, zone, _ := strings.Cut(c.column, "|")
		if _, err := NewTimer(Column{Name: "t", Format: format, Zone: zone}); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: got %v, want an error about %s", c.column, err, c.want)
		}
	}
	if timer, err := NewTimer(Column{Name: "t", Type: "timestamp", Format: "yyyy-MM-dd HH:mm", Zone: "UTC"}); err != nil || !(&Field{timer: timer}).IsPattern() {
		t.Errorf("a timestamp of a pattern: got %v", err)
	}
	if _, err := NewTimer(Column{Name: "t", Type: "int", Format: "yyyy-MM-dd HH:mm", Zone: "UTC"}); err == nil {
		t.Error("a pattern of type int: got no error")
	}
	if _, err := NewTimer(Column{Name: "t", Fold: "both"}); err == nil {
		t.Error("fold both: got no error")
	}
}

// TestClocksAgainstLibrary walks over local times around a clock change in steps of 5 minutes, in both directions, and
// compares the remembered stretches with what package time says about every candidate instant.
func TestClocksAgainstLibrary(t *testing.T) {
	for _, c := range []struct{ zone, from string }{
		{"Europe/Paris", "2026-03-27"}, {"Europe/Paris", "2026-10-23"}, {"Australia/Lord_Howe", "2026-04-03"},
		{"Australia/Lord_Howe", "2026-10-02"}, {"America/Chicago", "2011-11-04"}, {"Pacific/Apia", "2011-12-28"}, {"UTC", "2026-01-01"},
	} {
		zone, err := time.LoadLocation(c.zone)
		if err != nil {
			t.Fatal(err)
		}
		from, _ := time.Parse(time.DateOnly, c.from)
		var cl clocks
		const step = 5 * 60 * 1000
		n := int64(4 * 24 * 12)
		for k := -n; k < n; k++ {
			local := from.UnixMilli() + max(k, -k)*step
			want := instants(zone, local)
			got, ok := cl.instant(zone, local, "")
			if ok != (len(want) == 1) || ok && got != want[0] {
				t.Fatalf("%s, local %s: got %d %v, want one of %v", c.zone, time.UnixMilli(local).UTC(), got, ok, want)
			}
		}
	}
}

// instants lists all instants whose clock on the wall shows the local time, by trying every offset of a quarter hour.
func instants(zone *time.Location, local int64) (found []int64) {
	for quarter := int64(14 * 4); quarter >= -14*4; quarter-- {
		ms := local - quarter*900000
		if _, offset := time.UnixMilli(ms).In(zone).Zone(); int64(offset)*1000 == quarter*900000 {
			found = append(found, ms)
		}
	}
	return found
}

// FuzzTimer looks for texts on which the compiled pattern and package time disagree.
func FuzzTimer(f *testing.F) {
	for _, s := range []string{"2026-02-03 08:15:30", "2000-02-29 23:59:59", "1900-02-29 00:00:00", "0000-01-01 00:00:00", "2026-02-3 08:15:30 ", ""} {
		f.Add(s)
	}
	timer, err := NewTimer(Column{Name: "t", Format: "yyyy-MM-dd HH:mm:ss", Zone: "UTC"})
	if err != nil {
		f.Fatal(err)
	}
	free, err := NewTimer(Column{Name: "t"})
	if err != nil {
		f.Fatal(err)
	}
	f.Fuzz(func(t *testing.T, s string) {
		free.Text([]byte(s))
		ms, _, ok := timer.Text([]byte(s))
		want, err := time.Parse(time.DateTime, s)
		// Package time also takes fractions that the layout does not have, hours of one digit and blanks before them.
		if wanted := err == nil && want.Format(time.DateTime) == s; ok != wanted || ok && ms != want.UnixMilli() {
			t.Fatalf("%q: got %d %v, want %v %v", s, ms, ok, want.UnixMilli(), err)
		}
	})
}
