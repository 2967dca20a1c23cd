package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"time"
)

// follower is throng live on the folder of a trial, while it is broken.
type follower struct {
	alone
	deliver *delivery
}

// breakLive follows a delivery and breaks things at random points of it: each fault at least once.
func breakLive(ctx context.Context, t *trial) (err error) {
	if err := t.world.folder(t.dir); err != nil {
		return err
	}
	f := &follower{alone: alone{trial: t, launch: func(ctx context.Context) (*process, error) { return live(ctx, t.throng, t.dir, t.world) }}, deliver: t.world.deliver(t.dir)}
	t.figures.faults[shuffled] = f.deliver.shuffle(t.rng)
	t.figures.faults[backwards] = t.world.jumps
	f.limit()
	defer func() { err = errors.Join(err, f.room.leave()) }()
	if err := f.begin(ctx); err != nil {
		return err
	}
	defer func() { f.process.kill() }()
	faults := []func(context.Context) error{f.kill, f.kill, f.kill, f.kill, f.stopped, f.damage, f.again, f.again, f.again}
	if f.room != nil {
		faults = append(faults, f.fill)
	}
	t.rng.Shuffle(len(faults), func(i, j int) { faults[i], faults[j] = faults[j], faults[i] })
	for i, fault := range faults {
		part := (len(f.deliver.order) - f.deliver.at) / (len(faults) - i + 1) // the last file, with which it ends, comes after the last fault
		for n := 0; n < part; n += 1 + part/4 {                               // a file appears while others are read
			if err := errors.Join(f.deliver.put(1+part/4), t.within(ctx, 300*time.Millisecond)); err != nil {
				return err
			}
		}
		if err := errors.Join(t.within(ctx, 2*time.Second), f.isWell()); err != nil {
			return err
		}
		if err := fault(ctx); err != nil {
			return err
		}
	}
	if err := f.deliver.put(len(f.deliver.order)); err != nil {
		return err
	}
	return f.process.succeed()
}

// stopped stops the process while files come.
func (f *follower) stopped(ctx context.Context) error {
	return f.freeze(ctx, func() error { return f.deliver.put(12) })
}

// fill leaves no room on the disk while files come.
func (f *follower) fill(ctx context.Context) error {
	return f.starve(ctx, func() error { return f.deliver.put(4) })
}

// again delivers a file that was read before. One that was not would come at its new time and no other, and that late.
func (f *follower) again(ctx context.Context) error {
	f.figures.faults[twice]++
	k := f.rng.IntN(f.deliver.at)
	for wait := 0; !f.hasTaken(f.deliver.order[k]); wait++ {
		if err := f.isWell(); err != nil || wait > int(patience/(10*time.Millisecond)) {
			return errors.Join(err, fmt.Errorf("%s was not read", f.deliver.order[k]))
		}
		if ctx.Err() != nil {
			return ctx.Err()
		}
		time.Sleep(10 * time.Millisecond)
	}
	return f.deliver.again(f.rng, k)
}

// hasTaken reports whether a file stands in the index of the log.
func (f *follower) hasTaken(name string) bool {
	index, _ := os.ReadFile(f.state("follow/index.jsonl"))
	return bytes.Contains(index, []byte("/"+name+`"`))
}
