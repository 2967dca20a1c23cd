// Command livedemo shows the live way as a whole on one machine: a broker, a region that is replayed into a topic, two workers, and a
// releaser with its page. It prints how far they are, and stops everything when it is interrupted.
package main

import (
	"bufio"
	"context"
	"crypto/rand"
	"flag"
	"fmt"
	"io"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"sync"
	"syscall"
	"time"

	"github.com/twmb/franz-go/pkg/kgo"

	"github.com/throng-stats/throng/bench/broker"
	"github.com/throng-stats/throng/bench/replay"
	"github.com/throng-stats/throng/synth"
)

func main() {
	people := flag.Int("people", 20_000, "people of the region")
	days := flag.Int("days", 2, "days")
	speed := flag.Float64("speed", 60, "seconds of the region that pass in one of ours")
	listen := flag.String("listen", "127.0.0.1:8080", "address of page and API")
	seconds := flag.Int("seconds", 0, "end after so many seconds; 0: when interrupted")
	flag.Parse()
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	if *seconds > 0 {
		var cancel context.CancelFunc
		ctx, cancel = context.WithTimeout(ctx, time.Duration(*seconds)*time.Second)
		defer cancel()
	}
	if err := show(ctx, synth.Options{Seed: 1, People: *people, Days: *days}, *speed, *listen); err != nil && ctx.Err() == nil {
		fmt.Fprintln(os.Stderr, "livedemo:", err)
		os.Exit(1)
	}
	say("stopped    broker, workers, releaser and page have ended; their folder is gone")
}

const (
	topic      = "signalling"
	partitions = 4
)

func show(ctx context.Context, o synth.Options, speed float64, listen string) (err error) {
	dir, err := os.MkdirTemp("", "throng-livedemo-")
	if err != nil {
		return err
	}
	defer os.RemoveAll(dir)
	throng := filepath.Join(dir, "throng")
	say("building throng")
	if out, err := exec.CommandContext(ctx, "go", "build", "-o", throng, "./cmd/throng").CombinedOutput(); err != nil {
		return fmt.Errorf("%w: %s", err, out)
	}
	say("starting a broker (its jars are fetched the first time)")
	kafka, err := broker.Start(ctx, filepath.Join(dir, "broker"))
	if err != nil {
		return err
	}
	defer kafka.Stop()
	say("inventing a region of %d people", o.People)
	world, err := synth.New(o)
	if err != nil {
		return err
	}
	contract, err := replay.Contract(world, filepath.Join(dir, "region"), kafka.Address, topic)
	if err != nil {
		return err
	}
	client, err := kgo.NewClient(kgo.SeedBrokers(kafka.Address), kgo.RecordPartitioner(kgo.ManualPartitioner()))
	if err != nil {
		return err
	}
	defer client.Close()
	if err := replay.Topic(ctx, client, topic, partitions); err != nil {
		return err
	}
	key, secret := filepath.Join(dir, "cluster.key"), make([]byte, 32)
	rand.Read(secret)
	if err := os.WriteFile(key, secret, 0o600); err != nil {
		return err
	}
	ctx, cancel := context.WithCancel(ctx)
	var running sync.WaitGroup
	defer running.Wait()
	defer cancel()
	ended := make(chan error, 4)
	start := func(name string, args ...string) {
		running.Go(func() { ended <- process(ctx, name, throng, append([]string{"live", contract}, args...)...) })
	}
	start("releaser", "--role", "releaser", "--key", key, "--out", filepath.Join(dir, "out"), "--listen", listen, "--metrics", "127.0.0.1:9091", "--ignore-embargo")
	start("worker 1", "--role", "worker", "--key", key, "--metrics", "127.0.0.1:9092")
	start("worker 2", "--role", "worker", "--key", key, "--metrics", "127.0.0.1:9093")
	running.Go(func() {
		last := time.Now()
		err := replay.Run(ctx, replay.Options{World: world, Client: client, Topic: topic, Partitions: partitions, Speed: speed, Sent: func(at time.Time, rows int64) {
			if time.Since(last) > 5*time.Second {
				last = time.Now()
				say("sent       %d rows; in the region it is %s", rows, at.UTC().Format("2006-01-02 15:04"))
			}
		}})
		if err != nil && ctx.Err() == nil {
			ended <- err
		}
	})
	say("page       http://%s/; Ctrl-C ends everything", listen)
	select {
	case <-ctx.Done():
	case err = <-ended:
	}
	say("stopping")
	return err
}

func say(format string, args ...any) { fmt.Printf(format+"\n", args...) }

// process runs one process to its end, or interrupts it when ctx ends; its lines come out under its name.
func process(ctx context.Context, name, path string, args ...string) error {
	cmd := exec.CommandContext(ctx, path, args...)
	cmd.Cancel = func() error { return cmd.Process.Signal(os.Interrupt) }
	cmd.WaitDelay = 20 * time.Second
	r, w := io.Pipe()
	cmd.Stdout, cmd.Stderr = w, w
	go func() {
		for lines := bufio.NewScanner(r); lines.Scan(); {
			say("%-9s  %s", name, lines.Text())
		}
	}()
	err := cmd.Run()
	w.Close()
	if ctx.Err() != nil {
		return nil
	}
	return fmt.Errorf("%s ended: %w", name, err)
}
