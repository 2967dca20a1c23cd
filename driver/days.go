package driver

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"time"

	"github.com/throng-stats/throng"
	"github.com/throng-stats/throng/config"
)

// quietDelay is after how many days the claim tells how much was counted together in quiet areas (privacy.md 27.4).
const quietDelay = 30

// dayBook is what a scope remembers of what it has counted: from which input, with which quiet areas, and what the guardian
// has added. It lies inside, in inside/days.json, and a ledger with bookings does not open without it.
type dayBook struct {
	path string

	Version  int                    `json:"version"`
	Guardian []guarded              `json:"guardian"`
	Periods  map[string]*dayCounted `json:"periods"`
}

// guarded is an entry of the guardian, by its digest and the area, which is public.
type guarded struct {
	SHA256 string `json:"sha256"`
	Area   string `json:"area"`
}

// dayCounted is a civil day, or of trips a month.
type dayCounted struct {
	Quiet  []string `json:"quiet,omitempty"`  // areas that were quiet when it was first counted
	Zones  int      `json:"zones,omitempty"`  // finest zones that were counted together
	Hours  int      `json:"hours,omitempty"`  // in the day
	Inputs []string `json:"inputs,omitempty"` // keyed digests of the files that were read
}

const dayBookName = "days.json"

// openDays reads the book, or begins one for a ledger without bookings.
func openDays(s *State, booked bool) (*dayBook, error) {
	b := &dayBook{path: filepath.Join(s.Dir("inside"), dayBookName), Version: 1, Periods: map[string]*dayCounted{}}
	text, err := os.ReadFile(b.path)
	if errors.Is(err, fs.ErrNotExist) {
		if booked {
			return nil, &Error{Kind: Unsafe, Text: "inside/days.json is gone, so nobody can tell which inputs were read and what the guardian of quiet areas has added; restore the state folder from its copy"}
		}
		return b, b.write()
	}
	if err != nil {
		return nil, fmt.Errorf("state: %w", err)
	}
	return b, b.read(text)
}

func (b *dayBook) read(text []byte) error {
	b.Version = 0
	switch err := json.Unmarshal(text, b); {
	case err == nil && b.Version > 1:
		return &Error{Kind: Unsafe, Text: fmt.Sprintf("inside/days.json has version %d, and this program writes 1; go on with the program that wrote it", b.Version)}
	case err != nil || b.Version != 1 || b.Periods == nil:
		return &Error{Kind: Unsafe, Text: "inside/days.json cannot be read; restore the state folder from its copy"}
	}
	return nil
}

func (b *dayBook) write() error {
	text, err := json.Marshal(b)
	if err != nil {
		return err
	}
	return writeDurably(b.path, append(text, '\n'), 0o600)
}

// quietOn returns the areas with which a day was first counted.
func (b *dayBook) quietOn(day string) ([]string, bool) {
	d, ok := b.Periods[day]
	if !ok {
		return nil, false
	}
	return d.Quiet, true
}

// guard refuses a contract that lacks what the guardian has added once, and remembers what it has added since.
func (b *dayBook) guard(rows []config.QuietRow) error {
	have := map[string]bool{}
	added := 0
	for _, r := range rows {
		if !r.Guardian {
			continue
		}
		sum := digestOf(r)
		have[sum] = true
		if !slices.ContainsFunc(b.Guardian, func(g guarded) bool { return g.SHA256 == sum }) {
			b.Guardian = append(b.Guardian, guarded{sum, r.Area})
			added++
		}
	}
	for _, g := range b.Guardian {
		if !have[g.SHA256] {
			return &Error{Kind: Refused, Text: fmt.Sprintf("the guardian's entry for area %s was removed; the holder cannot take away what the guardian has added, bring the guardian's file back (rule 27.4)", g.Area)}
		}
	}
	if added == 0 {
		return nil
	}
	return b.write()
}

// digestOf names an entry: fields by their lengths, so that no two entries run together alike.
func digestOf(r config.QuietRow) string {
	sum := sha256.Sum256(fmt.Appendf(nil, "%d:%s %s %s", len(r.Area), r.Area, r.From, r.To))
	return hex.EncodeToString(sum[:])
}

// count notes, durably and before anything is paid for, that a period is counted from an input with these quiet areas.
func (b *dayBook) count(p throng.Period, input string, areas []string, within int) error {
	d := b.Periods[p.Name]
	if d == nil {
		d = &dayCounted{Quiet: areas, Zones: within}
		if within > 0 {
			d.Hours = int((p.End - p.Start) / time.Hour.Milliseconds())
		}
		b.Periods[p.Name] = d
	}
	if slices.Contains(d.Inputs, input) {
		return nil
	}
	d.Inputs = append(d.Inputs, input)
	return b.write()
}

// zoneHours adds up the zone-hours in quiet areas on days that lie quietDelay days or more before a civil day, and names
// the last day that is in the sum.
func (b *dayBook) zoneHours(day string) (hours int, until string) {
	at, err := time.Parse(time.DateOnly, day)
	if err != nil {
		return 0, ""
	}
	until = at.AddDate(0, 0, -quietDelay).Format(time.DateOnly)
	for name, d := range b.Periods {
		if len(name) == len(until) && name <= until {
			hours += d.Zones * d.Hours
		}
	}
	return hours, until
}

// has reports whether an input was read.
func (b *dayBook) has(input string) (string, bool) {
	for name, d := range b.Periods {
		if slices.Contains(d.Inputs, input) {
			return name, true
		}
	}
	return "", false
}

// elsewhere refuses an input that was read under another state folder beside this one: a new folder, scope or name brings
// no new budget (privacy.md 27.10). A digest is compared under the key of the other folder, so that no folder holds
// anything that could be tried against the files without its key.
func (s *State) elsewhere(digest string) error {
	here, err := os.Stat(s.dir)
	if err != nil {
		return fmt.Errorf("state: %w", err)
	}
	books, err := filepath.Glob(filepath.Join(filepath.Dir(filepath.Clean(s.dir)), "*", "inside", dayBookName))
	if err != nil {
		return fmt.Errorf("state: %w", err)
	}
	for _, path := range books {
		dir := filepath.Dir(filepath.Dir(path))
		if info, err := os.Stat(dir); err != nil || os.SameFile(here, info) {
			continue
		}
		other, _, err := readKeys(dir, s.now)
		if err != nil {
			return &Error{Kind: Unsafe, Text: fmt.Sprintf("the state folder %s beside this one cannot be read, so nobody can tell whether it has read the same input; make it readable or move it away", filepath.Base(dir))}
		}
		book, err := openDays(other, true)
		if err != nil {
			return err
		}
		if period, found := book.has(other.Keyed(digest)); found {
			return &Error{Kind: Refused, Text: fmt.Sprintf("this input (%s) was read under the state folder %s already; another scope, folder or name brings no new budget for the same people, go on under that one (rule 27.10)", period, filepath.Base(dir))}
		}
	}
	return nil
}
