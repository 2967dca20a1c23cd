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
	world *synth.World
	begin time.Time // at which the region's first day began
}

// NewRegion invents a region and writes its contract and its public tables.
func NewRegion(o LiveOptions) (*Region, error) {
	if o.Speed == 0 {
		o.Speed = 60
	}
	if o.Slice == 0 {
		o.Slice = 5 * time.Minute
	}
	world, err := synth.New(o.World)
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

// Deliver writes what the network delivers, file by file, as fast as Options.Speed says, until the days are over or ctx ends.
func (r *Region) Deliver(ctx context.Context) error {
	first := r.world.Period(0).Start
	err := r.world.Stream(ctx, 0, r.world.Options().Days, r.o.Slice, func(s synth.Slice) error {
		due := r.begin.Add(time.Duration(float64(s.End-first) / r.o.Speed * 1e6))
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-time.After(time.Until(due)):
		}
		return r.world.WriteSlice(r.o.Dir, s)
	})
	if errors.Is(err, context.Canceled) {
		return nil
	}
	return err
}
