package main

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"time"

	"github.com/twmb/franz-go/pkg/kadm"
	"github.com/twmb/franz-go/pkg/kgo"

	"github.com/throng-stats/throng/bench/broker"
	"github.com/throng-stats/throng/bench/replay"
	"github.com/throng-stats/throng/config"
	"github.com/throng-stats/throng/driver"
)

// cluster is a broker, workers that share its topic, and a releaser, while they are broken.
type cluster struct {
	*trial
	broker   *broker.Broker
	admin    *kadm.Client
	stream   *stream
	keys     []string // files, of whoever is begun next; the first seals
	releaser *process
	workers  []*process
	gone     []*process // that were ended
}

const (
	topic = "signalling"
	group = "throng-signalling"
	pause = 20 * time.Millisecond // after a slice
)

// breakCluster replays a world into a topic and breaks, at random points of it, each of those who count it at least once.
func breakCluster(ctx context.Context, t *trial) (err error) {
	if err := t.world.folder(t.dir); err != nil {
		return err
	}
	c := &cluster{trial: t}
	if c.broker, err = broker.Start(ctx, filepath.Join(t.dir, "broker")); err != nil {
		return err
	}
	defer func() { err = errors.Join(err, c.end()) }()
	client, err := kgo.NewClient(kgo.SeedBrokers(c.broker.Address), kgo.RecordPartitioner(kgo.ManualPartitioner()), kgo.AlwaysRetryEOF(),
		kgo.DisableIdempotentWrite()) // what may have been written is written again: a record that comes twice is one of the faults
	if err != nil {
		return err
	}
	defer client.Close()
	c.admin = kadm.NewClient(client)
	if err := errors.Join(replay.Topic(ctx, client, topic, partitions), c.prepare()); err != nil {
		return err
	}
	t.figures.faults[backwards] = t.world.jumps
	c.stream = t.world.plan(topic, t.rng, t.figures)
	c.stream.client = client
	if err := errors.Join(c.release(ctx), c.work(ctx), c.work(ctx)); err != nil {
		return err
	}
	faults := []func(context.Context) error{c.killWorker, c.killWorker, c.killReleaser, c.killReleaser, c.killBroker, c.loseBroker, c.freeze, c.slow, c.join, c.rekey}
	t.rng.Shuffle(len(faults), func(i, j int) { faults[i], faults[j] = faults[j], faults[i] })
	for i, fault := range faults {
		begun, so := time.Now(), maps.Clone(t.figures.faults)
		if err := c.meanwhile(ctx, c.stream.left()/(len(faults)-i+1), fault); err != nil {
			return err
		}
		for kind, n := range t.figures.faults {
			if t.verbose && n > so[kind] {
				fmt.Fprintf(os.Stderr, "  %-15s  %5.1f s\n", kind, time.Since(begun).Seconds())
			}
		}
	}
	if err := c.stream.put(ctx, c.stream.left(), 0); err != nil {
		return err
	}
	for begun := time.Now(); !c.releaser.hasEnded(time.Second) || c.releaser.err != nil && c.releaser.foundNobody(); {
		if err := c.areWell(ctx); err != nil {
			return c.explain(err)
		}
		if time.Since(begun) > patience {
			return c.explain(fmt.Errorf("the releaser did not come to its end in %s", patience))
		}
	}
	if err := c.releaser.succeed(); err != nil {
		return c.explain(fmt.Errorf("releaser: %w", err))
	}
	for _, w := range c.workers {
		if err := w.leave(); err != nil {
			return fmt.Errorf("worker: %w", err)
		}
	}
	return nil
}

// prepare writes contract and key.
func (c *cluster) prepare() error {
	path := filepath.Join(c.dir, "contract.yaml")
	text, err := os.ReadFile(path)
	if err != nil {
		return err
	}
	key, err := c.drawKey("cluster.key")
	c.keys = []string{key}
	return errors.Join(err, os.WriteFile(path, []byte(replay.OnTopic(string(text), c.broker.Address, topic)), 0o644))
}

func (c *cluster) drawKey(name string) (path string, err error) {
	key := make([]byte, 32)
	for i := range key {
		key[i] = byte(c.rng.Uint32())
	}
	path = filepath.Join(c.dir, name)
	return path, os.WriteFile(path, key, 0o600)
}

func (c *cluster) live(ctx context.Context, args ...string) (*process, error) {
	c.figures.starts++
	for _, path := range c.keys {
		args = append(args, "--key", path)
	}
	return start(ctx, c.throng, append([]string{"live", filepath.Join(c.dir, "contract.yaml"), "--metrics="}, args...)...)
}

// release begins a releaser, which ends after the last bin that the stream closes.
func (c *cluster) release(ctx context.Context) (err error) {
	last := c.world.until - lateness
	last -= last % (15 * minute)
	c.releaser, err = c.live(ctx, "--role=releaser", "--out", filepath.Join(c.dir, "out"), "--listen=", "--until", time.UnixMilli(last).UTC().Format(time.RFC3339))
	return err
}

// work begins one more worker.
func (c *cluster) work(ctx context.Context) error {
	w, err := c.live(ctx, "--role=worker", "--checkpoint=500ms")
	if err == nil {
		c.workers = append(c.workers, w)
	}
	return err
}

// draw takes one of the workers away, whichever.
func (c *cluster) draw() *process { return c.take(c.rng.IntN(len(c.workers))) }

func (c *cluster) take(i int) *process {
	w := c.workers[i]
	c.workers = slices.Delete(c.workers, i, i+1)
	c.gone = append(c.gone, w)
	return w
}

// meanwhile breaks something while slices are sent, and wants all to be well after it.
func (c *cluster) meanwhile(ctx context.Context, n int, fault func(context.Context) error) error {
	sent := make(chan error, 1)
	go func() { sent <- c.stream.put(ctx, n, pause) }()
	if err := errors.Join(c.within(ctx, time.Duration(max(1, n))*pause), fault(ctx)); err != nil {
		return c.explain(err) // what is sent may wait for a broker that does not come back
	}
	return c.explain(errors.Join(<-sent, c.areWell(ctx)))
}

// areWell wants processes that have not complained. One that began while the broker was away has said so and ended, and is begun again
// as a service manager does.
func (c *cluster) areWell(ctx context.Context) error {
	for i, p := range append([]*process{c.releaser}, c.workers...) {
		switch {
		case !p.hasEnded(0) || p == c.releaser && p.err == nil:
		case !p.foundNobody():
			return fmt.Errorf("a process stopped by itself: %s", p.end())
		case p == c.releaser:
			return c.release(ctx)
		default:
			c.workers = slices.Delete(c.workers, i-1, i)
			return c.work(ctx)
		}
	}
	return nil
}

// explain writes down beside an error what all who still run do.
func (c *cluster) explain(err error) error {
	if err == nil {
		return nil
	}
	for i, p := range append([]*process{c.releaser}, c.workers...) {
		p.signal(syscall.SIGCONT)
		p.signal(syscall.SIGQUIT)
		if p.hasEnded(10 * time.Second) {
			err = errors.Join(err, os.WriteFile(filepath.Join(c.dir, fmt.Sprintf("process-%d.txt", i)), []byte(p.end()), 0o600))
		}
	}
	return fmt.Errorf("%w; what releaser (0) and workers did stands in process-*.txt", err)
}

// killWorker ends a worker as a power failure would, and begins another at once or after a while.
func (c *cluster) killWorker(ctx context.Context) error {
	c.figures.faults[workerKilled]++
	c.draw().kill()
	return errors.Join(c.within(ctx, 3*time.Second), c.work(ctx))
}

// killReleaser ends the releaser so, and begins it again after a while.
func (c *cluster) killReleaser(ctx context.Context) error {
	c.figures.faults[releaserKilled]++
	c.releaser.kill()
	c.gone = append(c.gone, c.releaser)
	return errors.Join(c.within(ctx, time.Second), c.release(ctx))
}

// killBroker ends the broker so, and starts it again on its data.
func (c *cluster) killBroker(ctx context.Context) error {
	c.figures.faults[brokerKilled]++
	return errors.Join(c.broker.Kill(), c.broker.Resume(ctx))
}

// soon is how long a worker may take to end whose broker is away: what it waits for the broker, and this machine at work.
const soon = time.Minute

// loseBroker does it with a while in between, in which a worker is told to stop, and ends.
func (c *cluster) loseBroker(ctx context.Context) error {
	c.figures.faults[brokerAway]++
	if err := c.broker.Kill(); err != nil {
		return err
	}
	c.figures.faults[leftAlone]++
	w := c.draw()
	w.signal(syscall.SIGINT)
	if !w.hasEnded(soon) {
		c.workers = append(c.workers, w)
		return fmt.Errorf("a worker that was told to stop while the broker was away goes on after %s", soon)
	}
	if err := w.leave(); err != nil {
		return fmt.Errorf("a worker that was told to stop while the broker was away: %w", err)
	}
	select {
	case <-ctx.Done():
		return ctx.Err()
	case <-time.After(c.away):
	}
	return errors.Join(c.broker.Resume(ctx), c.work(ctx))
}

// freeze stops a worker until its partitions are with others, and lets it go on.
func (c *cluster) freeze(ctx context.Context) error {
	c.figures.faults[zombie]++
	if err := c.isShared(ctx, len(c.workers)); err != nil {
		return err
	}
	w := c.workers[c.rng.IntN(len(c.workers))]
	w.signal(syscall.SIGSTOP)
	defer w.signal(syscall.SIGCONT)
	return c.isShared(ctx, len(c.workers)-1)
}

// isShared waits until all partitions are shared out between so many members of the group.
func (c *cluster) isShared(ctx context.Context, members int) error {
	for begun := time.Now(); ; time.Sleep(100 * time.Millisecond) {
		groups, err := c.admin.DescribeGroups(ctx, group)
		if err == nil {
			g := groups[group]
			if g.State == "Stable" && len(g.Members) == members && len(g.AssignedPartitions()[topic]) == partitions {
				return nil
			}
		}
		if err := errors.Join(ctx.Err(), c.areWell(ctx)); err != nil {
			return err
		}
		if time.Since(begun) > patience {
			return fmt.Errorf("the partitions were not shared out between %d workers in %s", members, patience)
		}
	}
}

// slow lets a worker run a tenth of the time for a while, which is too short to be thought dead.
func (c *cluster) slow(ctx context.Context) error {
	c.figures.faults[slow]++
	w := c.workers[c.rng.IntN(len(c.workers))]
	for range 10 {
		w.signal(syscall.SIGSTOP)
		time.Sleep(270 * time.Millisecond)
		w.signal(syscall.SIGCONT)
		time.Sleep(30 * time.Millisecond)
	}
	return ctx.Err()
}

// join begins one more worker, and lets another leave in order.
func (c *cluster) join(ctx context.Context) error {
	c.figures.faults[joined]++
	if err := errors.Join(c.work(ctx), c.within(ctx, 3*time.Second)); err != nil {
		return err
	}
	c.figures.faults[left]++
	return c.draw().leave()
}

// leave is stop for a process of a cluster: one that began before the broker was back has ended already, and said so.
func (p *process) leave() error {
	if err := p.stop(); err != nil && !p.foundNobody() {
		return err
	}
	return nil
}

// foundNobody reports whether a process that has ended was begun while the broker was away, and said so.
func (p *process) foundNobody() bool {
	return strings.Contains(p.said.String(), "no broker that answers")
}

// rekey gives all a new key, in the rounds of docs/format/workers.md: each process is begun again three times.
func (c *cluster) rekey(ctx context.Context) error {
	c.figures.faults[rekeyed]++
	next, err := c.drawKey("next.key")
	if err != nil {
		return err
	}
	old := c.keys[0]
	for _, keys := range [][]string{{old, next}, {next, old}, {next}} {
		c.keys = keys
		if len(keys) == 1 {
			if err := c.isUnder(ctx, next); err != nil {
				return err
			}
		}
		for range c.workers {
			if err := errors.Join(c.take(0).leave(), c.work(ctx)); err != nil {
				return err
			}
		}
		if err := c.releaser.leave(); err != nil {
			return err
		}
		c.gone = append(c.gone, c.releaser)
		if err := c.release(ctx); err != nil {
			return err
		}
	}
	return nil
}

// isUnder waits until every note lies under a key.
func (c *cluster) isUnder(ctx context.Context, path string) (err error) {
	text, err := os.ReadFile(path)
	if err != nil {
		return err
	}
	contract, err := config.Read(filepath.Join(c.dir, "contract.yaml"))
	if err != nil {
		return err
	}
	job, err := driver.Prepare(contract)
	if err != nil {
		return err
	}
	log, err := job.OpenTopic(ctx, func(string) {})
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, log.Close()) }()
	board, err := job.OpenBoard(ctx, log, [][32]byte{[32]byte(text)})
	if err != nil {
		return err
	}
	defer board.Close()
	for begun := time.Now(); ; time.Sleep(100 * time.Millisecond) {
		n, err := board.Older(ctx, log.Partitions())
		if err = errors.Join(err, c.areWell(ctx)); err != nil || n == 0 {
			return err
		}
		if time.Since(begun) > patience {
			return fmt.Errorf("%d notes lie under the old key after %s", n, patience)
		}
	}
}

// end ends whatever still runs, and wants nothing to be left.
func (c *cluster) end() error {
	pid := c.broker.PID()
	for _, p := range append(c.workers, c.releaser) {
		if p != nil {
			p.kill()
			c.gone = append(c.gone, p)
		}
	}
	err := c.broker.Stop()
	if broker.IsRunning(pid) {
		err = errors.Join(err, fmt.Errorf("the broker still runs as process %d", pid))
	}
	for _, p := range c.gone {
		if broker.IsRunning(p.cmd.Process.Pid) {
			err = errors.Join(err, fmt.Errorf("process %d still runs", p.cmd.Process.Pid))
		}
	}
	return err
}
