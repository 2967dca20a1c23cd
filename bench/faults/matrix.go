package main

import (
	"context"
	"fmt"
	"maps"
	"math/rand/v2"
	"path/filepath"
	"sync"
	"time"
)

// setup is one way to run the engine, which has to reach the truth whatever happens to it: start counts a folder undisturbed, run counts
// what was delivered while it breaks it. A setup without start has to reach what those with one have counted.
type setup struct {
	name  string
	bins  bool // it publishes bins beside the tables of the day
	start func(ctx context.Context, throng, dir string, w *world) (*process, error)
	run   func(ctx context.Context, t *trial) error
}

var setups = []setup{
	{name: "run", start: batch, run: breakRun},
	{name: "live", bins: true, start: live, run: breakLive},
	{name: "kafka", bins: true, run: breakCluster},
	{name: "push", bins: true, run: breakPush},
}

// Names of faults, as they stand in the table.
const (
	killed    = "kill -9"
	frozen    = "stopped"
	diskFull  = "disk full"
	damaged   = "damaged checkpoint"
	twice     = "delivered again"
	shuffled  = "out of order"
	backwards = "stamps back"

	workerKilled   = "worker killed"
	releaserKilled = "releaser killed"
	brokerKilled   = "broker killed"
	brokerAway     = "broker away"
	zombie         = "zombie"
	slow           = "slow worker"
	joined         = "worker joins"
	left           = "worker leaves"
	leftAlone      = "leaves when away"
	rekeyed        = "new key"

	killedInFlight = "killed before an answer"
	torn           = "torn write"
	damagedJournal = "damaged journal"
	answerLost     = "answer lost"
	hungUp         = "sender hangs up"
	takenBefore    = "was there already"
	malformed      = "malformed"
	leaps          = "clock leaps"
	wrongClock     = "wrong clock"
	busy           = "busy"
)

// trial is one setup under one seed.
type trial struct {
	world   *world
	throng  string
	dir     string
	rng     *rand.Rand
	figures *figures
	wholly  time.Duration // that an undisturbed process took
	away    time.Duration // for how long a broker is away
	verbose bool

	mu sync.Mutex // of the faults among the figures, where they are counted side by side
}

// count notes that something happened.
func (t *trial) count(kind string) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.figures.faults[kind]++
}

// counted is what happened so far.
func (t *trial) counted() map[string]int {
	t.mu.Lock()
	defer t.mu.Unlock()
	return maps.Clone(t.figures.faults)
}

// within waits for a random part of a span.
func (t *trial) within(ctx context.Context, span time.Duration) error {
	select {
	case <-ctx.Done():
		return ctx.Err()
	case <-time.After(time.Duration(t.rng.Int64N(int64(span)))):
		return nil
	}
}

// breakRun kills throng run at random points of its time, and lets it end in the end.
func breakRun(ctx context.Context, t *trial) error {
	if err := t.world.folder(t.dir); err != nil {
		return err
	}
	d := t.world.deliver(t.dir)
	t.figures.faults[shuffled] = d.shuffle(t.rng)
	t.figures.faults[backwards] = t.world.jumps
	if err := d.put(len(d.order)); err != nil {
		return err
	}
	for range 4 {
		p, err := batch(ctx, t.throng, t.dir, t.world)
		if err != nil {
			return err
		}
		t.figures.starts++
		if err := t.within(ctx, t.wholly); err != nil {
			return err
		}
		if !p.hasEnded(0) {
			t.figures.faults[killed]++
		}
		p.kill()
		if p.code() > 0 {
			return fmt.Errorf("want an end by signal or without complaint, got %s", p.end())
		}
	}
	p, err := batch(ctx, t.throng, t.dir, t.world)
	if err != nil {
		return err
	}
	t.figures.starts++
	return p.succeed()
}

func (t *trial) state(name string) string { return filepath.Join(t.dir, "state", name) }
