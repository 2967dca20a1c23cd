// Package demo runs an invented region and compares each release with its truth.
//
// It is the only place where truth and releases meet. It never sees an exact count of the feed: what the method alone
// gets wrong is worked out from published numbers, because the size of their noise is public.
package demo

import (
	"context"
	"fmt"
	"os"
	"path/filepath"

	"github.com/throng-stats/throng/config"
	"github.com/throng-stats/throng/driver"
	"github.com/throng-stats/throng/driver/embedded"
	"github.com/throng-stats/throng/filter"
	"github.com/throng-stats/throng/release"
	"github.com/throng-stats/throng/release/disk"
	"github.com/throng-stats/throng/synth"
)

// Options of a demo.
type Options struct {
	// World says what is invented.
	World synth.Options
	// Dir is the folder of everything: the region's files, the releases in out, the state in state. Required.
	Dir string
	// Keep leaves the feed's files where they are; otherwise a day is deleted when it is published.
	Keep bool
	// Code is the version of the binary.
	Code string
	// Note is told what is going on; Progress is told how much of a step is done.
	Note     func(text string)
	Progress func(title string) func(done, of int64)
}

// nowcastDays is the least number of days of a demo that draws the weeks of movers, into nowcast.csv and nowcast.svg.
const nowcastDays = 21

// Result is what a demo did.
type Result struct {
	People, Devices int
	Job             *driver.Job
	Counts          filter.Counts
	Summary         *driver.Summary // of the last day, with everything published
	Scores          []Score
	Notes           []string // what the truths count, where that needs a word
	Companies       []Score  // of the feeds of companies and public bodies
	CompanyNotes    []string
	Out             string
}

// Run invents the region, then day by day writes the feed, publishes it and compares. Days are deleted one by one, so
// that the demo of sixty days needs the disk of one.
func Run(ctx context.Context, o Options) (*Result, error) {
	world, err := synth.New(o.World)
	if err != nil {
		return nil, &driver.Error{Kind: driver.Invalid, Text: err.Error()}
	}
	o.Note(fmt.Sprintf("inventing a region of %d people with %d phones of the holder", world.People(), world.Devices()))
	if err := world.WriteRegion(o.Dir); err != nil {
		return nil, err
	}
	contract, err := config.Read(filepath.Join(o.Dir, "contract.yaml"))
	if err != nil {
		return nil, err
	}
	job, err := driver.Prepare(contract)
	if err != nil {
		return nil, err
	}
	r := &Result{People: world.People(), Devices: world.Devices(), Job: job, Out: filepath.Join(o.Dir, "out"), Summary: &driver.Summary{}}
	scores, months := newScores(job), newMonths(world)
	for day := range world.Options().Days {
		if err := r.day(ctx, o, world, day, scores, months); err != nil {
			return nil, err
		}
	}
	if world.Options().Days >= nowcastDays {
		if err := r.nowcast(o.Dir, scores); err != nil {
			return nil, err
		}
	}
	if err := r.companies(ctx, o, world, scores); err != nil {
		return nil, err
	}
	r.Scores, r.Notes = scores.all(), append(append([]string{scores.boundsNote()}, scores.heard()...), months.notes...)
	return r, nil
}

// nowcast compares the weeks of movers and writes them.
func (r *Result) nowcast(dir string, scores *scores) error {
	store, err := disk.OpenReadOnly(r.Out)
	if err != nil {
		return err
	}
	moves, err := nowcast(store, scores)
	if err != nil {
		return err
	}
	return writeNowcast(dir, moves)
}

// day writes, publishes, compares and deletes one day.
func (r *Result) day(ctx context.Context, o Options, world *synth.World, day int, scores *scores, months *months) error {
	name := world.Period(day).Name
	o.Note(name + ": inventing what the phones of the day report")
	if err := world.WriteDay(ctx, o.Dir, day, nil); err != nil {
		return err
	}
	o.Note(name + ": reading, counting, publishing")
	sum, err := driver.Run(ctx, r.Job, driver.RunOptions{Out: r.Out, From: name, To: name, Code: o.Code,
		Tuning: embedded.Tuning{Progress: o.Progress("reading " + name)}})
	if err != nil {
		return err
	}
	r.Counts.Merge(sum.Counts)
	r.Summary.Published = append(r.Summary.Published, sum.Published...)
	r.Summary.Waiting, r.Summary.Ledger = sum.Waiting, sum.Ledger
	truth, err := synth.ReadTruth(o.Dir, name)
	if err != nil {
		return err
	}
	store, err := disk.OpenReadOnly(r.Out)
	if err != nil {
		return err
	}
	if err := scores.add(store, name, truth); err != nil {
		return err
	}
	if err := months.add(ctx, store, scores); err != nil {
		return err
	}
	if day == 0 {
		if err := r.again(ctx, o, name, store, scores); err != nil {
			return err
		}
	}
	if o.Keep {
		return nil
	}
	return removeDay(o.Dir, name)
}

// again publishes a day a second time, with noise and a ledger of its own, compares the two and deletes the second. For people who
// live that would be a second loss, and with their data the state folder of the contract is the only one; here nobody loses.
func (r *Result) again(ctx context.Context, o Options, name string, first release.Store, scores *scores) error {
	o.Note(name + ": publishing it once more, to see how often the margins hold the noise")
	dir := filepath.Join(o.Dir, "again")
	out := filepath.Join(dir, "out")
	defer os.RemoveAll(dir)
	_, err := driver.Run(ctx, r.Job, driver.RunOptions{Out: out, State: filepath.Join(dir, "state"), From: name, To: name, Code: o.Code,
		Tuning: embedded.Tuning{Progress: o.Progress("reading " + name)}})
	if err != nil {
		return err
	}
	second, err := disk.OpenReadOnly(out)
	if err != nil {
		return err
	}
	return scores.again(first, second, name)
}

// removeDay deletes the feed of a day; the truth stays.
func removeDay(dir, name string) error {
	files, err := filepath.Glob(filepath.Join(dir, "in", name+".*"))
	if err != nil {
		return err
	}
	for _, f := range files {
		if err := os.Remove(f); err != nil {
			return fmt.Errorf("demo: %w", err)
		}
	}
	return nil
}
