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

// alone is one process that does everything, while it is broken.
type alone struct {
	*trial
	launch  func(ctx context.Context) (*process, error)
	process *process
	room    *room // the disk that can be filled, or nil
}

// limit puts a small disk under the state or under the releases, where one can be mounted.
func (f *alone) limit() {
	var err error
	if f.room, err = smallDisk(filepath.Join(f.dir, []string{"state", "out"}[f.rng.IntN(2)])); err != nil {
		f.figures.skipped[diskFull] = err.Error()
	}
}

func (f *alone) begin(ctx context.Context) (err error) {
	f.figures.starts++
	f.process, err = f.launch(ctx)
	return err
}

// isWell wants a process that has not complained.
func (f *alone) isWell() error {
	if f.process.hasEnded(0) && f.process.err != nil {
		return fmt.Errorf("it stopped by itself: %s", f.process.end())
	}
	return nil
}

// kill ends the process as a power failure would, and begins another.
func (f *alone) kill(ctx context.Context) error {
	if !f.process.hasEnded(0) {
		f.count(killed)
	}
	f.process.kill()
	return f.begin(ctx)
}

// damage flips a few bits of a checkpoint, wants a refusal that tells what to do, and brings the copy back.
func (f *alone) damage(ctx context.Context) error {
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
	f.count(damaged)
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
func (f *alone) refuses(words string) error {
	if !f.process.hasEnded(patience) {
		f.process.kill()
		return fmt.Errorf("want a refusal, got none in %s", patience)
	}
	if f.process.code() <= 0 || !strings.Contains(f.process.said.String(), words) {
		return fmt.Errorf("want a complaint with %q, got %s", words, f.process.end())
	}
	return nil
}

// freeze stops the process for a while in which something comes.
func (f *alone) freeze(ctx context.Context, meanwhile func() error) error {
	f.count(frozen)
	f.process.signal(syscall.SIGSTOP)
	defer f.process.signal(syscall.SIGCONT)
	return errors.Join(meanwhile(), f.within(ctx, 3*time.Second))
}

// starve leaves no room on the disk while something comes, wants the process to stop with a word about it, and makes room.
func (f *alone) starve(ctx context.Context, meanwhile func() error) error {
	f.count(diskFull)
	if err := f.room.fill(); err != nil {
		return err
	}
	for range 10 {
		if err := meanwhile(); err != nil {
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
