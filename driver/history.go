package driver

import (
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"time"

	"github.com/throng-stats/throng"
	"github.com/throng-stats/throng/filter"
	"github.com/throng-stats/throng/reckon/quality"
)

// historyName is the file in inside/ with the figures of the last days.
const historyName = "history.json"

// historyDays is how many days it holds at most; those before are forgotten.
const historyDays = 100

// historyWindows are the days before a day with which its figures are compared (methods.md, section 22).
var historyWindows = []int{7, 30, 90}

// inputDay is what reading the feed of a civil day was like: exact, for the holder alone.
type inputDay struct {
	Day     string           `json:"day"`
	Rows    int64            `json:"rows"`
	Used    int64            `json:"used"`
	Reasons map[string]int64 `json:"reasons,omitempty"` // rows that were left out, by why
}

// history is the figures of the last days, ascending by day. It lies in the state folder and never leaves it: neither the
// figures nor what is found in them are in releases, and nothing that is published depends on them.
type history struct {
	path string
	Days []inputDay `json:"days"`
}

// openHistory reads the history of a scope. One that cannot be read is begun anew: it only asks people to look.
func openHistory(s *State) (*history, error) {
	h := &history{path: filepath.Join(s.Dir("inside"), historyName)}
	text, err := os.ReadFile(h.path)
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return nil, fmt.Errorf("state: %w", err)
	}
	if json.Unmarshal(text, h) != nil {
		h.Days = nil
	}
	return h, nil
}

// keep notes the figures of a day, in place of earlier ones of the same day, and writes the last historyDays of them.
func (h *history) keep(day string, c filter.Counts) error {
	one := inputDay{Day: day, Rows: c.Rows, Used: c.Kept, Reasons: map[string]int64{}}
	for _, l := range c.Lines() {
		one.Reasons[l.Reason] = l.Count
	}
	i, found := slices.BinarySearchFunc(h.Days, day, func(d inputDay, day string) int {
		switch {
		case d.Day < day:
			return -1
		case d.Day > day:
			return 1
		}
		return 0
	})
	if found {
		h.Days[i] = one
	} else {
		h.Days = slices.Insert(h.Days, i, one)
	}
	h.Days = slices.Clone(h.Days[max(0, len(h.Days)-historyDays):])
	text, err := json.Marshal(h)
	if err != nil {
		return err
	}
	return writeDurably(h.path, append(text, '\n'), 0o600)
}

// judge compares a day with those before it and tells what a person should look at. The number of rows, and the share of them
// that is left out, have the hard limits of quality, single reasons the soft ones. Of several windows the shortest speaks.
func (h *history) judge(day string) []quality.Finding {
	at := slices.IndexFunc(h.Days, func(d inputDay) bool { return d.Day == day })
	if at < 0 {
		return nil
	}
	var found []quality.Finding
	judge := func(gate string, l quality.Limits, share bool, figure func(d inputDay) float64) {
		for _, window := range historyWindows {
			var past []float64
			for _, d := range h.Days[:at] {
				if d.Day >= daysBefore(day, window) {
					past = append(past, figure(d))
				}
			}
			if f := l.Judge(gate, past, figure(h.Days[at]), share); f.Level != quality.OK {
				found = append(found, f)
				return
			}
		}
	}
	judge("rows", quality.Hard, false, func(d inputDay) float64 { return float64(d.Rows) })
	judge("share left out", quality.Hard, true, func(d inputDay) float64 { return 1 - share(d.Used, d.Rows) })
	for _, reason := range h.reasons(at) {
		judge("share of: "+reason, quality.Soft, true, func(d inputDay) float64 { return share(d.Reasons[reason], d.Rows) })
	}
	return found
}

// reasons lists the reasons of a day and of those before it, sorted.
func (h *history) reasons(upTo int) []string {
	var all []string
	for _, d := range h.Days[:upTo+1] {
		for reason := range d.Reasons {
			all = append(all, reason)
		}
	}
	slices.Sort(all)
	return slices.Compact(all)
}

func share(part, all int64) float64 { return float64(part) / float64(max(all, 1)) }

func daysBefore(day string, n int) string {
	at, err := time.Parse(time.DateOnly, day)
	if err != nil {
		return ""
	}
	return at.AddDate(0, 0, -n).Format(time.DateOnly)
}

// remember keeps the figures of a reading of one civil day. A reading of several days has no figures by day.
func (r *runner) remember(periods []throng.Period, c filter.Counts) error {
	if len(periods) != 1 || !isDay(periods[0]) || r.job.trips {
		return nil
	}
	h, err := openHistory(r.state)
	if err != nil {
		return err
	}
	day := periods[0].Name
	if err := h.keep(day, c); err != nil {
		return err
	}
	for _, f := range h.judge(day) {
		r.sum.Look = append(r.sum.Look, Look{day, f})
	}
	return nil
}

// Look is a day of a feed that is unlike those before it. It is about exact figures: for the holder's own screen.
type Look struct {
	Day string
	quality.Finding
}
