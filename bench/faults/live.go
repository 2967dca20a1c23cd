package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"time"
)

// follower is throng live on the folder of a trial, while it is broken.
type follower struct {
	*trial
	deliver *delivery
	process *process
	room    *room // the disk that can be filled, or nil
}

// breakLive follows a delivery and breaks things at random points of it: each fault at least once.
func breakLive(ctx context.Context, t *trial) (err error) {
	if err := t.world.folder(t.dir); err != nil {
		return err
	}
	f := &follower{trial: t, deliver: t.world.deliver(t.dir)}
	t.figures.faults[shuffled] = f.deliver.shuffle(t.rng)
	t.figures.faults[backwards] = t.world.jumps
	name := []string{"state", "out"}[t.rng.IntN(2)]
	if f.room, err = smallDisk(filepath.Join(t.dir, name)); err != nil {
		t.figures.skipped[diskFull] = err.Error()
	}
	defer func() { err = errors.Join(err, f.room.leave()) }()
	if err := f.begin(ctx); err != nil {
		return err
	}
	defer func() { f.process.kill() }()
	faults := []func(context.Context) error{f.kill, f.kill, f.kill, f.kill, f.freeze, f.damage, f.again, f.again, f.again}
	if f.room != nil {
		faults = append(faults, f.fill)
	}
	t.rng.Shuffle(len(faults), func(i, j int) { faults[i], faults[j] = faults[j], faults[i] })
	for i, fault := range faults {
		part := (len(f.deliver.order) - f.deliver.at) / (len(faults) - i)
		for n := 0; n < part; n += 1 + part/4 { // a file appears while others are read
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

func (f *follower) begin(ctx context.Context) (err error) {
	f.figures.starts++
	f.process, err = live(ctx, f.throng, f.dir, f.world)
	return err
}

// isWell wants a process that has not complained.
func (f *follower) isWell() error {
	if f.process.hasEnded(0) && f.process.err != nil {
		return fmt.Errorf("it stopped by itself: %s", f.process.end())
	}
	return nil
}

// kill ends the process as a power failure would, and begins another.
func (f *follower) kill(ctx context.Context) error {
	if !f.process.hasEnded(0) {
		f.figures.faults[killed]++
	}
	f.process.kill()
	return f.begin(ctx)
}

// freeze stops the process for a while in which files come.
func (f *follower) freeze(ctx context.Context) error {
	f.figures.faults[frozen]++
	f.process.signal(syscall.SIGSTOP)
	defer f.process.signal(syscall.SIGCONT)
	return errors.Join(f.deliver.put(12), f.within(ctx, 3*time.Second))
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

// damage flips a few bits of a checkpoint, wants a refusal that tells what to do, and brings the copy back.
func (f *follower) damage(ctx context.Context) error {
	name := []string{"live-0000.sealed", "live.json"}[f.rng.IntN(2)]
	path := f.state("checkpoint/" + name)
	for wait := 0; !exists(f.state("checkpoint/live.json")); wait++ {
		if err := f.isWell(); err != nil || wait > int(patience/(10*time.Millisecond)) {
			return errors.Join(err, errors.New("no checkpoint was written"))
		}
		time.Sleep(10 * time.Millisecond)
	}
	f.process.kill()
	whole, err := os.ReadFile(path)
	if err != nil {
		return err
	}
	hurt := bytes.Clone(whole)
	for range 1 + f.rng.IntN(3) {
		hurt[f.rng.IntN(len(hurt))] ^= 1 << f.rng.IntN(8)
	}
	if bytes.Equal(hurt, whole) {
		hurt = hurt[:len(hurt)/2]
	}
	if err := os.WriteFile(path, hurt, 0o600); err != nil {
		return err
	}
	f.figures.faults[damaged]++
	if err := f.begin(ctx); err != nil {
		return err
	}
	if err := f.refuses("the checkpoint of this log"); err != nil {
		return fmt.Errorf("%s with flipped bits: %w", name, err)
	}
	if err := os.WriteFile(path, whole, 0o600); err != nil {
		return err
	}
	return f.begin(ctx)
}

// refuses wants the process to end by itself with a complaint that says what to do.
func (f *follower) refuses(words string) error {
	if !f.process.hasEnded(patience) {
		f.process.kill()
		return fmt.Errorf("want a refusal, got none in %s", patience)
	}
	if f.process.code() <= 0 || !strings.Contains(f.process.said.String(), words) {
		return fmt.Errorf("want a complaint with %q, got %s", words, f.process.end())
	}
	return nil
}

// fill leaves no room on the disk, wants the process to stop with a word about it, and makes room.
func (f *follower) fill(ctx context.Context) error {
	f.figures.faults[diskFull]++
	if err := f.room.fill(); err != nil {
		return err
	}
	for range 10 {
		if err := f.deliver.put(4); err != nil {
			return err
		}
		if f.process.hasEnded(2 * time.Second) {
			break
		}
	}
	if err := f.refuses("no space left on device"); err != nil {
		return fmt.Errorf("without room in %s: %w", filepath.Base(f.room.dir), err)
	}
	if err := f.room.empty(); err != nil {
		return err
	}
	return f.begin(ctx)
}
