package config

import (
	"fmt"
	"slices"
	"strings"
	"time"
)

// Folds are what may be done with a local time that exists twice when clocks go back.
var Folds = []string{"first", "last", "reject"}

// numberFormats are the formats of a time that is a number since 1970 UTC.
var numberFormats = []string{"s", "ms", "us", "ns"}

// formatRFC3339 is the format of times such as 2026-02-03T04:05:06.789+01:00.
const formatRFC3339 = "rfc3339"

// patterns are the letters of time formats (CLDR) and what they are in layouts of Go, longest first.
var patterns = []struct{ cldr, layout string }{
	{"yyyy", "2006"}, {"MM", "01"}, {"dd", "02"}, {"HH", "15"}, {"mm", "04"}, {"ss", "05"},
	{"SSSSSS", "000000"}, {"SSS", "000"}, {"XXX", "Z07:00"}, {"XX", "Z0700"}, {"M", "1"}, {"d", "2"},
}

// Layout turns a time format such as "yyyy-MM-dd HH:mm:ss" into a layout of package time. Text between ' signs stands
// for itself. The letters are yyyy MM M dd d HH mm ss SSS SSSSSS XX XXX.
func Layout(format string) (string, error) {
	if format == formatRFC3339 {
		return time.RFC3339Nano, nil
	}
	var b strings.Builder
	for rest := format; rest != ""; {
		if quoted, ok := strings.CutPrefix(rest, "'"); ok {
			text, after, closed := strings.Cut(quoted, "'")
			if !closed || strings.ContainsAny(text, "0123456789") {
				return "", fmt.Errorf("got the format %.60q with a ' that is not closed, or digits between two; want such as yyyy-MM-dd'T'HH:mm:ss", format)
			}
			b.WriteString(text)
			rest = after
			continue
		}
		i := slices.IndexFunc(patterns, func(p struct{ cldr, layout string }) bool { return strings.HasPrefix(rest, p.cldr) })
		switch {
		case i >= 0:
			b.WriteString(patterns[i].layout)
			rest = rest[len(patterns[i].cldr):]
		case strings.ContainsAny(rest[:1], " -/.:,;_TZ"):
			b.WriteByte(rest[0])
			rest = rest[1:]
		default:
			return "", fmt.Errorf("got the format %.60q, want the letters yyyy MM dd HH mm ss SSS XXX and signs, such as yyyy-MM-dd HH:mm:ss, or %s, or for int s, ms, us, ns", format, formatRFC3339)
		}
	}
	return b.String(), nil
}

// loadZone loads an IANA time zone by its full name; names that depend on the machine are refused.
func loadZone(name string) (*time.Location, error) {
	bad := fmt.Errorf("got the time zone %.60q, want an IANA name such as Europe/Paris or UTC", name)
	if name == "" || name == "Local" {
		return nil, bad
	}
	loc, err := time.LoadLocation(name)
	if err != nil {
		return nil, bad
	}
	return loc, nil
}

// hasOffset reports whether times of a column say by themselves which instant they are.
func (col Column) hasOffset() bool {
	return col.Type == typeInt || col.Format == formatRFC3339 || strings.Contains(col.Format, "XX") || col.Type == typeTimestamp && col.Format == ""
}

// checkTime checks format, zone and fold of a time, or of the date of birth that becomes an age.
func (c *Contract) checkTime(find *findings, at string, col Column, isTime bool) {
	if col.Type == typeInt {
		if isTime && !slices.Contains(numberFormats, col.Format) {
			find.invalid(at+".format", "got %.40q for a number, want s, ms, us or ns since 1970 UTC", col.Format)
		}
	} else if col.Format != "" {
		if _, err := Layout(col.Format); err != nil {
			find.invalid(at+".format", "%v", err)
		}
	} else if col.Type == typeText {
		find.invalid(at+".format", "a time in text needs its format; add format: \"yyyy-MM-dd HH:mm:ss\" or as it is")
	}
	if col.Zone != "" && col.Zone != zoneOfCell {
		if _, err := loadZone(col.Zone); err != nil {
			find.invalid(at+".zone", "%v, or cell for that of the row's place", err)
		}
	}
	if isTime && col.Zone == "" && !col.hasOffset() {
		find.invalid(at+".zone", "a local time needs its time zone; add zone: %s, or zone: cell for that of the row's place", orWord(c.Clock, "Europe/Paris"))
	}
	if col.Fold != "" && !slices.Contains(Folds, col.Fold) {
		find.invalid(at+".fold", "unknown word %.40q; %s", col.Fold, didYouMean(col.Fold, Folds))
	}
}

func orWord(word, instead string) string {
	if word == "" {
		return instead
	}
	return word
}

// NotBefore is the instant before which a period that ends at end is not published: the hour of publish.not_before, so
// many days after the last civil day of the period.
func (c *Contract) NotBefore(end time.Time) time.Time {
	days, hour, minute, _ := parseNotBefore(c.Publish.NotBefore)
	last := end.Add(-time.Millisecond).In(c.clock)
	return time.Date(last.Year(), last.Month(), last.Day()+days, hour, minute, 0, 0, c.clock)
}

// parseNotBefore reads "+1d06:00".
func parseNotBefore(text string) (days, hour, minute int, err error) {
	bad := fmt.Errorf("got %.40q, want days after the period and the hour, such as +1d06:00", text)
	var rest string
	if n, scanErr := fmt.Sscanf(text, "+%dd%02d:%02d%s", &days, &hour, &minute, &rest); n != 3 || scanErr == nil {
		return 0, 0, 0, bad
	}
	if text != fmt.Sprintf("+%dd%02d:%02d", days, hour, minute) || days < 0 || days > 400 || hour > 23 || minute > 59 {
		return 0, 0, 0, bad
	}
	return days, hour, minute, nil
}
