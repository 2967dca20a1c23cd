package config

import (
	"fmt"
	"slices"
	"strings"
	"time"
)

// Folds are what may be done with a local time that exists twice when clocks go back.
var Folds = []string{"first", "last", "reject"}

// NumberFormats are the formats of a time that is a number since 1970 UTC.
var NumberFormats = []string{"epoch-s", "epoch-ms", "epoch-us"}

// letters are the parts of time formats.
var letters = []string{"yyyy", "MM", "dd", "HH", "mm", "ss", "SSSSSS", "SSS", "SS", "S", "XXX", "XX", "X", "M", "d", "H", "m", "s"}

// checkFormat checks the pattern of times in text: letters, signs, and text between apostrophes.
func checkFormat(format string) error {
	bad := fmt.Errorf("got the format %.60q, want the letters yyyy MM dd HH mm ss SSS XXX, signs, and text between apostrophes, such as yyyy-MM-dd HH:mm:ss; or epoch-s, epoch-ms, epoch-us", format)
	for rest := format; rest != ""; {
		if quoted, ok := strings.CutPrefix(rest, "'"); ok {
			_, after, closed := strings.Cut(quoted, "'")
			if !closed {
				return bad
			}
			rest = after
			continue
		}
		i := slices.IndexFunc(letters, func(l string) bool { return strings.HasPrefix(rest, l) })
		switch {
		case i >= 0:
			rest = rest[len(letters[i]):]
		case strings.ContainsAny(rest[:1], " -/.:,;_"):
			rest = rest[1:]
		default:
			return bad
		}
	}
	return nil
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

// hasOffset reports whether times of a column say by themselves which instant they are: numbers, the file's own
// timestamps, RFC 3339 (the default of text) and patterns with an offset.
func (col Column) hasOffset() bool {
	return col.Format == "" || col.Type == typeInt || slices.Contains(NumberFormats, col.Format) || strings.Contains(col.Format, "X")
}

// checkTime checks type, format, zone and fold of a time.
func (c *Contract) checkTime(find *findings, at string, col Column) {
	number := slices.Contains(NumberFormats, col.Format)
	switch {
	case col.Type == typeInt && col.Format != "" && !number:
		find.invalid(at+".format", "got %.40q for a number, want one of: %s", col.Format, strings.Join(NumberFormats, " "))
	case col.Type == typeTimestamp && col.Format != "":
		find.invalid(at+".format", "a timestamp is of the file's own type and has no format; leave it out, or write type: text")
	case col.Type == typeText && number:
		find.invalid(at+".format", "got %s for a text, want a pattern such as yyyy-MM-dd HH:mm:ss, or type: int", col.Format)
	case col.Format != "" && !number:
		if err := checkFormat(col.Format); err != nil {
			find.invalid(at+".format", "%v", err)
		}
	}
	if col.Zone != "" && col.Zone != zoneOfCell {
		if _, err := loadZone(col.Zone); err != nil {
			find.invalid(at+".zone", "%v, or cell for that of the row's place", err)
		}
	}
	if col.Zone == "" && !col.hasOffset() {
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
// many days after the last civil day of the period, and the days of the embargo later. Who reads the results earlier has
// them from the holder.
func (c *Contract) NotBefore(end time.Time) time.Time {
	days, hour, minute, _ := parseNotBefore(c.Publish.NotBefore)
	embargo, _ := parseEmbargo(c.Publish.Embargo)
	days += embargo
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

// checkSilence checks the unknown time that a move between stays may hold.
func (c *Contract) checkSilence(find *findings) {
	if c.FlowsSilence == "" {
		return
	}
	if c.Feed.Kind != kindEvents || c.Flows != "stay" {
		find.invalid("flows_silence", "it is the unknown time between two stays, and these flows have none; leave it out")
		return
	}
	if _, err := parseSilence(c.FlowsSilence); err != nil {
		find.invalid("flows_silence", "%v", err)
	}
}

// maxSilence is the longest silence that a stay may hold, in hours (methods.md, section 9): between stays no longer one is believed.
const maxSilence = 12

// parseSilence reads "none" or "4h".
func parseSilence(text string) (time.Duration, error) {
	if text == "none" {
		return 0, nil
	}
	var hours int
	n, err := fmt.Sscanf(text, "%dh", &hours)
	if n != 1 || err != nil || text != fmt.Sprintf("%dh", hours) || hours < 1 || hours > maxSilence {
		return 0, fmt.Errorf("got %.40q, want none, or whole hours from 1h to %dh", text, maxSilence)
	}
	return time.Duration(hours) * time.Hour, nil
}

// Silence is the most unknown time between the two stays of a move; 0 is none.
func (c *Contract) Silence() time.Duration {
	d, _ := parseSilence(c.FlowsSilence) // checked; empty where there are no stays
	return d
}
