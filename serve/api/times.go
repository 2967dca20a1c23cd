package api

import (
	"errors"
	"regexp"
	"strconv"
	"strings"
	"time"
)

// time.Parse accepts a comma before fractions, one-digit hours and offsets of a day, which RFC 3339 does not have: a
// pattern stands before it.
var (
	instantPattern  = regexp.MustCompile(`^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}(\.\d{1,9})?(Z|[+-]([01]\d|2[0-3]):[0-5]\d)$`)
	dayPattern      = regexp.MustCompile(`^\d{4}-\d{2}-\d{2}$`)
	durationPattern = regexp.MustCompile(`^P(?:(\d{1,4})W|(?:(\d{1,5})D)?(?:T(?:(\d{1,6})H)?(?:(\d{1,7})M)?)?)$`)
)

func instant(text string) (time.Time, error) {
	if !instantPattern.MatchString(text) {
		return time.Time{}, errors.New("not an instant of RFC 3339")
	}
	return time.Parse(time.RFC3339, text)
}

// interval reads start/end or start/duration; durations are in weeks, days of 24 hours, hours and minutes. It is
// half-open and not empty.
func interval(text string) (from, to time.Time, err error) {
	want := errors.New("start/end or start/duration")
	first, second, ok := strings.Cut(text, "/")
	if !ok {
		return from, to, want
	}
	if from, err = instant(first); err != nil {
		return from, to, want
	}
	if to, err = instant(second); err != nil {
		d, ok := duration(second)
		if !ok {
			return from, to, want
		}
		to = from.Add(d)
	}
	if !from.Before(to) {
		return from, to, errors.New("an end after the start")
	}
	return from.UTC(), to.UTC(), nil
}

func duration(text string) (time.Duration, bool) {
	parts := durationPattern.FindStringSubmatch(text)
	if parts == nil || strings.HasSuffix(text, "T") {
		return 0, false
	}
	total := time.Duration(0)
	for i, unit := range []time.Duration{7 * 24 * time.Hour, 24 * time.Hour, time.Hour, time.Minute} {
		n, _ := strconv.Atoi(parts[i+1]) // digits or nothing, by the pattern
		total += time.Duration(n) * unit
	}
	return total, total > 0
}
