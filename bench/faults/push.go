package main

import (
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/binary"
	"errors"
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"sync"
	"time"

	"github.com/throng-stats/throng/event"
	"github.com/throng-stats/throng/feed"
	"github.com/throng-stats/throng/feed/journal"
)

// taker is a process that takes in what is pushed, and its sender, while they are broken.
type taker struct {
	alone
	sender *sender
}

// breakPush pushes a world and breaks things at random points of it: each fault at least once.
func breakPush(ctx context.Context, t *trial) (err error) {
	f := &taker{alone: alone{trial: t}}
	f.launch = f.listen
	if err := f.prepare(); err != nil {
		return err
	}
	defer func() { err = errors.Join(err, f.room.leave()) }()
	if err := f.begin(ctx); err != nil {
		return err
	}
	var group sync.WaitGroup
	defer group.Wait()
	sending, stop := context.WithCancel(ctx)
	defer stop()
	defer func() { f.process.kill() }()
	group.Go(func() { f.sender.run(sending) })
	faults := []func(context.Context) error{f.kill, f.kill, f.killInFlight, f.killInFlight, f.killInFlight, f.tear, f.stopped, f.damage, f.damageJournal, f.misset}
	if f.room != nil {
		faults = append(faults, f.fill)
	}
	if t.figures.seed%5 == 0 { // it takes five seconds
		faults = append(faults, f.crowd)
	}
	t.rng.Shuffle(len(faults), func(i, j int) { faults[i], faults[j] = faults[j], faults[i] })
	for i, fault := range faults {
		n := f.sender.left() / (len(faults) - i + 1)
		f.sender.allow(n)
		begun := time.Now()
		if err := errors.Join(t.within(ctx, time.Duration(n)*rest), f.isWell()); err != nil {
			return err
		}
		if err := fault(ctx); err != nil {
			return err
		}
		if err := errors.Join(f.sender.reach(ctx, f.isWell), f.isWell()); err != nil {
			return fmt.Errorf("%w; so far %v", err, t.counted())
		}
		if t.verbose {
			fmt.Fprintf(os.Stderr, "  %2d of %d, %d slots, %.1f s: %v\n", i+1, len(faults), n, time.Since(begun).Seconds(), t.counted())
		}
	}
	f.sender.allow(f.sender.left())
	if err := f.sender.reach(ctx, f.isWell); err != nil {
		return err
	}
	if err := f.process.succeed(); err != nil {
		return err
	}
	return f.isInJournal(ctx)
}

// prepare makes the folder, contract and token, and what is sent.
func (f *taker) prepare() error {
	if err := f.world.folder(f.dir); err != nil {
		return err
	}
	path := filepath.Join(f.dir, "contract.yaml")
	text, err := os.ReadFile(path)
	if err != nil {
		return err
	}
	plan, err := f.world.schedule(f.rng, f.figures)
	if err != nil {
		return err
	}
	f.sender = newSender(f.trial, plan)
	f.limit()
	return errors.Join(os.WriteFile(path, []byte(pushed(string(text))), 0o644), os.WriteFile(filepath.Join(f.dir, "token"), []byte(token), 0o600),
		f.sender.setClock(plan[0].clock))
}

// listen begins a process that takes in.
func (f *taker) listen(ctx context.Context) (*process, error) {
	if err := os.Remove(f.address()); err != nil && !errors.Is(err, os.ErrNotExist) {
		return nil, err
	}
	self, err := os.Executable()
	if err != nil {
		return nil, err
	}
	return start(ctx, self, "-take", f.dir, "-until", strconv.FormatInt(f.world.until, 10))
}

func (f *taker) address() string { return filepath.Join(f.dir, addressFile) }

// listens waits until the process takes in.
func (f *taker) listens(ctx context.Context) error {
	for begun := time.Now(); !exists(f.address()); {
		if err := errors.Join(sleep(ctx, time.Millisecond), f.isWell()); err != nil {
			return err
		}
		if time.Since(begun) > patience {
			return fmt.Errorf("nothing was taken in within %s", patience)
		}
	}
	return nil
}

// killInFlight ends the process between a request and its answer: at once after the last byte was sent, or so many milliseconds later that
// the batch is being read, written, or there.
func (f *taker) killInFlight(ctx context.Context) error {
	written := make(chan struct{})
	once := sync.OnceFunc(func() { close(written) }) // the client may write a request twice
	f.sender.trap.Store(&once)
	defer f.sender.trap.Store(nil)
	f.sender.allow(1)
	select {
	case <-ctx.Done():
		return ctx.Err()
	case <-written:
	case <-time.After(patience):
		return fmt.Errorf("nothing was sent in %s", patience)
	}
	if err := sleep(ctx, time.Duration(f.rng.Int64N(int64(4*time.Millisecond)))); err != nil {
		return err
	}
	f.count(killedInFlight)
	f.process.kill()
	return f.begin(ctx)
}

// tear kills the process and leaves behind its last entry what a power failure may: the beginning of another.
func (f *taker) tear(ctx context.Context) error {
	if err := f.listens(ctx); err != nil { // it has begun a file
		return err
	}
	f.process.kill()
	names, err := f.segments()
	if err != nil {
		return err
	}
	file, err := os.OpenFile(names[len(names)-1], os.O_APPEND|os.O_WRONLY, 0)
	if err != nil {
		return err
	}
	f.count(torn)
	rest := []byte("tje\x01\x00\x00\x01\x00")
	for range f.rng.IntN(200) {
		rest = append(rest, byte(f.rng.Uint32()))
	}
	_, err = file.Write(rest)
	if err = errors.Join(err, file.Close()); err != nil {
		return err
	}
	return f.begin(ctx)
}

// segments are the files of the journal.
func (f *taker) segments() ([]string, error) {
	return filepath.Glob(f.state("journal/*.seg"))
}

// stopped stops the process while requests wait for it; some of them are given up.
func (f *taker) stopped(ctx context.Context) error {
	return f.freeze(ctx, func() error { f.sender.allow(1); return nil })
}

// fill leaves no room on the disk while requests come.
func (f *taker) fill(ctx context.Context) error {
	return f.starve(ctx, func() error { f.sender.allow(2); return nil })
}

// misset sets the clock of the machine back by more than the process puts up with, and wants to be told so: what it stamped before lies in the
// future then.
func (f *taker) misset(ctx context.Context) error {
	f.sender.turn.Lock()
	defer f.sender.turn.Unlock()
	if err := f.listens(ctx); err != nil {
		return err
	}
	f.count(wrongClock)
	text, err := os.ReadFile(filepath.Join(f.dir, clockFile))
	if err != nil {
		return err
	}
	now, err := strconv.ParseInt(string(text), 10, 64)
	if err != nil {
		return err
	}
	if err := f.sender.setClock(now - 60*minute); err != nil {
		return err
	}
	beating, stop := context.WithTimeout(ctx, time.Second)
	defer stop()
	_ = f.sender.beat(beating)
	if err := f.refuses("set the clocks right"); err != nil {
		return err
	}
	if err := f.sender.setClock(now); err != nil {
		return err
	}
	return f.begin(ctx)
}

// crowd has eight others send so slowly that nobody else is read for five seconds, and wants the next one to be told to come again; the sender waits too.
func (f *taker) crowd(ctx context.Context) error {
	if err := f.listens(ctx); err != nil {
		return err
	}
	for range 8 {
		c, err := f.sender.dial()
		if err != nil {
			return err
		}
		defer c.Close()
		fmt.Fprint(c, beginning(4000))
	}
	if err := sleep(ctx, 100*time.Millisecond); err != nil { // until they have the room of those who are read
		return err
	}
	f.sender.allow(1)
	waiting, stop := context.WithTimeout(ctx, patience)
	defer stop()
	q, err := f.sender.post(waiting, "/v1/events", nil)
	if err != nil {
		return err
	}
	answer, err := f.sender.client.Do(q)
	if err != nil {
		return err
	}
	defer answer.Body.Close()
	if answer.StatusCode != http.StatusTooManyRequests || answer.Header.Get("Retry-After") == "" {
		return fmt.Errorf("beside eight slow senders got the answer %s, want to be told to come again", answer.Status)
	}
	f.count(busy)
	return nil
}

// damageJournal flips a bit of an entry that was acknowledged, wants a refusal that tells of it, and brings the copy back.
func (f *taker) damageJournal(ctx context.Context) error {
	path, err := f.older(ctx)
	if err != nil {
		return err
	}
	whole, err := os.ReadFile(path)
	if err != nil {
		return err
	}
	hurt := slices.Clone(whole)
	hurt[segmentHeader+f.rng.IntN(32)] ^= 1 << f.rng.IntN(8)
	if err := os.WriteFile(path, hurt, 0o600); err != nil {
		return err
	}
	f.count(damagedJournal)
	if err := f.begin(ctx); err != nil {
		return err
	}
	if err := f.refuses("a damaged entry at byte"); err != nil {
		return fmt.Errorf("%s with a flipped bit: %w", filepath.Base(path), err)
	}
	if err := os.WriteFile(path, whole, 0o600); err != nil {
		return err
	}
	return f.begin(ctx)
}

// segmentHeader is how many bytes stand before the entries of a file of the journal (docs/format/journal.md).
const segmentHeader = 72

// baseOf is where the entries of a file of the journal begin.
func baseOf(path string) (int64, error) {
	text, err := os.ReadFile(path)
	if err != nil {
		return 0, err
	}
	if len(text) < segmentHeader { // begun and never used
		return -1, nil
	}
	return int64(binary.BigEndian.Uint64(text[32:])), nil
}

// older kills the process and finds the youngest file with entries that is not the last: in the last, what is damaged may be what a crash has left.
// Where there is none, another process is begun, which has a file of its own. What is allowed is taken in before: a process that is killed as soon
// as it listens writes no entry, however often it is begun.
func (f *taker) older(ctx context.Context) (string, error) {
	if err := f.sender.reach(ctx, f.isWell); err != nil {
		return "", err
	}
	for {
		if err := f.listens(ctx); err != nil {
			return "", err
		}
		f.process.kill()
		names, err := f.segments()
		if err != nil {
			return "", err
		}
		next := int64(-1)
		for _, path := range slices.Backward(names) {
			base, err := baseOf(path)
			if err != nil {
				return "", err
			}
			if base < next {
				return path, nil
			}
			next = base
		}
		if err := f.begin(ctx); err != nil {
			return "", err
		}
	}
}

// isInJournal reads the journal as the process left it, and wants every row that was pushed in it once. Tables would not tell a row that is
// there twice: such rows count once anyhow.
func (f *taker) isInJournal(ctx context.Context) (err error) {
	dir := filepath.Join(f.dir, "journal-read")
	if err := os.CopyFS(dir, os.DirFS(f.state("journal"))); err != nil {
		return err
	}
	mac := hmac.New(sha256.New, make([]byte, 32)) // the key of the state: see folder
	fmt.Fprint(mac, "journal of what is pushed")
	j, err := journal.Open(journal.Options{Files: journal.Disk(dir), Key: [32]byte(mac.Sum(nil)), Partitions: readers, Now: time.Now})
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, j.Close()) }()
	if err := j.Beat(ctx); err != nil { // so that every partition has an end to read to
		return err
	}
	door, rows := feed.NewDoor(nil, nil, nil), int64(0)
	for part := range readers {
		r, err := j.Open(ctx, part, 0)
		if err != nil {
			return err
		}
		for lag := int64(1); lag > 0; {
			var b event.Batch
			mark, err := r.Next(ctx, door, &b)
			if err != nil {
				return errors.Join(err, r.Close())
			}
			lag = mark.Lag
			rows += int64(b.Len())
		}
		if err := r.Close(); err != nil {
			return err
		}
	}
	if rows != f.figures.rows {
		return fmt.Errorf("the journal holds %d rows, and %d were pushed", rows, f.figures.rows)
	}
	return nil
}
