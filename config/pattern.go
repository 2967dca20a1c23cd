package config

import (
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"time"
	"unicode/utf8"
)

// dayMark stands in a pattern for a civil day, 2006-01-02.
const dayMark = "{day}"

// dayPart is a mark, how it is written, what finds it in a folder, and what it looks like.
type dayPart struct{ mark, layout, glob, shape string }

// dayMarks stand in a pattern for a civil day or a part of it. Folders such as year=2026/month=2/day=3 name the parts one
// by one.
var dayMarks = []dayPart{
	{dayMark, "2006-01-02", "????-??-??", `(?P<y>\d{4})-(?P<m>\d{2})-(?P<d>\d{2})`},
	{"{yyyy}", "2006", "????", `(?P<y>\d{4})`},
	{"{MM}", "01", "??", `(?P<m>\d{2})`},
	{"{M}", "1", "*", `(?P<m>\d{1,2})`},
	{"{dd}", "02", "??", `(?P<d>\d{2})`},
	{"{d}", "2", "*", `(?P<d>\d{1,2})`},
}

// markNames lists the marks, for errors.
const markNames = "{day}, or {yyyy} with {MM} or {M} and {dd} or {d}"

// NamesDay reports whether a pattern of files says of which civil day a file is.
func NamesDay(pattern string) bool {
	has := func(marks ...string) bool {
		return slices.ContainsFunc(marks, func(m string) bool { return strings.Contains(pattern, m) })
	}
	return has(dayMark) || has("{yyyy}") && has("{MM}", "{M}") && has("{dd}", "{d}")
}

// hasMark reports whether any part of a day stands in a pattern.
func hasMark(pattern string) bool {
	return slices.ContainsFunc(dayMarks, func(m dayPart) bool { return strings.Contains(pattern, m.mark) })
}

// checkPattern refuses a pattern that no file can match.
func checkPattern(find *findings, pattern string) {
	if strings.Contains(pattern, "://") {
		find.invalid("feed.files", "%.80q is no pattern of files; a topic is feed.kafka, an address to push to is feed.push", pattern)
		return
	}
	rest := pattern
	for _, m := range dayMarks {
		rest = strings.ReplaceAll(rest, m.mark, "")
	}
	if strings.ContainsAny(rest, "{}") {
		find.invalid("feed.files", "%.80q has a { or } that is not %s", pattern, markNames)
	}
	if hasMark(pattern) && !NamesDay(pattern) {
		find.invalid("feed.files", "%.80q names a part of the day; want %s, or * where the file does not name its day", pattern, markNames)
	}
	if _, err := filepath.Match(pattern, ""); err != nil || pattern == "" {
		find.invalid("feed.files", "%.80q is no pattern; * stands for part of a name, ? for one letter, [ab] for one of some", pattern)
	}
}

// onDay writes a civil day, 2006-01-02, into a pattern; a day that is none leaves it as it is.
func onDay(pattern, day string) string {
	at, err := time.Parse(time.DateOnly, day)
	if err != nil {
		return pattern
	}
	for _, m := range dayMarks {
		pattern = strings.ReplaceAll(pattern, m.mark, at.Format(m.layout))
	}
	return pattern
}

// anyDay is the pattern of the files of all days, and some more.
func anyDay(pattern string) string {
	for _, m := range dayMarks {
		pattern = strings.ReplaceAll(pattern, m.mark, m.glob)
	}
	return pattern
}

// dayFinder reads the day of a path: the first one with which the pattern matches it.
type dayFinder struct {
	pattern string
	shape   *regexp.Regexp
}

// findDays prepares to read days by a pattern that NamesDay.
func findDays(pattern string) dayFinder {
	return dayFinder{pattern, regexp.MustCompile("^" + shapeOf(pattern) + "$")}
}

// shapeOf writes a pattern of filepath.Match as a regular expression that matches at least as much.
func shapeOf(pattern string) string {
	var b strings.Builder
pattern:
	for rest := pattern; rest != ""; {
		for _, m := range dayMarks {
			if after, ok := strings.CutPrefix(rest, m.mark); ok {
				b.WriteString(m.shape)
				rest = after
				continue pattern
			}
		}
		r, size := utf8.DecodeRuneInString(rest)
		rest = rest[size:]
		switch r {
		case '*':
			b.WriteString(".*?")
		case '?':
			b.WriteString(".")
		case '[':
			_, rest, _ = strings.Cut(rest, "]")
			b.WriteString(".")
		case '\\':
			b.WriteString(".")
			_, size := utf8.DecodeRuneInString(rest)
			rest = rest[size:]
		default:
			b.WriteString(regexp.QuoteMeta(string(r)))
		}
	}
	return b.String()
}

// in is the day of a path, 2006-01-02, or "".
func (f dayFinder) in(path string) string {
	found := f.shape.FindStringSubmatch(path)
	if found == nil {
		return ""
	}
	part := map[string]string{}
	for i, name := range f.shape.SubexpNames() {
		if name != "" && part[name] == "" {
			part[name] = found[i]
		}
	}
	at, err := time.Parse("2006-1-2", part["y"]+"-"+part["m"]+"-"+part["d"])
	if err != nil {
		return ""
	}
	day := at.Format(time.DateOnly)
	if ok, err := filepath.Match(onDay(f.pattern, day), path); !ok || err != nil {
		return ""
	}
	return day
}
