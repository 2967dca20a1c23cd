package demo

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"time"

	"github.com/throng-stats/throng/config"
	"github.com/throng-stats/throng/driver"
	"github.com/throng-stats/throng/synth"
)

// LiveOptions are those of a region whose network is replayed.
type LiveOptions struct {
	// World is the region. Its network delivers Days whole days, at least one, and the night after them.
	World synth.Options
	// Dir is the folder of everything, as in Options. Required.
	Dir string
	// Speed is how many seconds of the region pass in one of ours. Default 60.
	Speed float64
	// Slice is how much of the region's time a file holds. Default 5 minutes.
	Slice time.Duration
	// Note is told what is going on.
	Note func(text string)
}

// Region is an invented region whose network delivers files into a folder.
type Region struct {
	Job *driver.Job
	Out string

	o     LiveOptions
	world *synth.World // lasts a day longer than the demo
	begin time.Time    // at which the region's first day began
}

// night is how long the network goes on delivering after the last whole day. By then nearly all that was late has come and the tables of
// that day are due; a region that ended with the day would be counted as one without people.
const night = 8 * time.Hour

// NewRegion invents a region and writes its contract and its public tables.
func NewRegion(o LiveOptions) (*Region, error) {
	if o.Speed == 0 {
		o.Speed = 60
	}
	if o.Slice == 0 {
		o.Slice = 5 * time.Minute
	}
	if o.World.Days < 1 {
		return nil, &driver.Error{Kind: driver.Invalid, Text: fmt.Sprintf("got %d days, want at least one", o.World.Days)}
	}
	of := o.World
	of.Days++
	world, err := synth.New(of)
	if err != nil {
		return nil, &driver.Error{Kind: driver.Invalid, Text: err.Error()}
	}
	o.Note(fmt.Sprintf("inventing a region of %d people with %d phones of the holder", world.People(), world.Devices()))
	if err := world.WriteRegion(o.Dir); err != nil {
		return nil, err
	}
	if err := world.WriteLiveContract(o.Dir); err != nil {
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
	return &Region{Job: job, Out: filepath.Join(o.Dir, "out"), o: o, world: world, begin: time.Now()}, nil
}

// Now is the time in the region.
func (r *Region) Now() time.Time {
	return time.UnixMilli(r.world.Period(0).Start).Add(time.Duration(float64(time.Since(r.begin)) * r.o.Speed))
}

// Deliver writes what the network delivers, file by file, as fast as Options.Speed says, until the days and the night after them are over or
// ctx ends.
func (r *Region) Deliver(ctx context.Context) error {
	first, end := r.world.Period(0).Start, r.world.Period(r.o.World.Days-1).End+night.Milliseconds()
	err := r.world.Stream(ctx, 0, r.world.Options().Days, r.o.Slice, func(s synth.Slice) error {
		if s.End > end {
			return errOver
		}
		due := r.begin.Add(time.Duration(float64(s.End-first) / r.o.Speed * 1e6))
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-time.After(time.Until(due)):
		}
		return r.world.WriteSlice(r.o.Dir, s)
	})
	if errors.Is(err, context.Canceled) || errors.Is(err, errOver) {
		return nil
	}
	return err
}

var errOver = errors.New("demo: the days are over")
