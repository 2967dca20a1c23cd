package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"slices"
	"strings"
	"time"

	"github.com/throng-stats/throng/driver"
	"github.com/throng-stats/throng/driver/demo"
	"github.com/throng-stats/throng/driver/embedded"
	"github.com/throng-stats/throng/driver/live"
	"github.com/throng-stats/throng/driver/operator"
	"github.com/throng-stats/throng/feed/kafka"
	"github.com/throng-stats/throng/release/disk"
	"github.com/throng-stats/throng/serve/api"
	"github.com/throng-stats/throng/synth"
)

// liveCmd is throng live.
type liveCmd struct {
	Contract      string        `arg:"" optional:"" help:"Contract, a YAML file (docs/format/contract.md)." type:"path"`
	Out           string        `help:"Folder of releases; it is made when it is not there." placeholder:"DIR"`
	State         string        `help:"The holder's folder of ledger, keys and checkpoints, instead of the contract's." placeholder:"DIR"`
	Listen        string        `help:"Address of page and API; none when it is empty." default:"127.0.0.1:8080" placeholder:"ADDR"`
	Metrics       string        `help:"Address of the operator's port: /metrics, /healthz, /readyz; none when it is empty." default:"127.0.0.1:9091" placeholder:"ADDR"`
	Memory        int64         `help:"Records of the day's final tables kept in memory, in MiB; the rest is written encrypted to the state folder." default:"512"`
	IgnoreEmbargo bool          `help:"Serve releases of invented or public data before their time."`
	Access        tokenFlags    `embed:""`
	Checkpoint    time.Duration `help:"How often what is kept is written down; what lies between is read again after a crash." default:"30s"`
	Until         string        `help:"End when the log has passed an instant and what was due then is published." placeholder:"TIME"`

	Role string   `help:"alone does everything in one process. Of several on one topic, a worker counts some of its partitions and the releaser publishes." enum:"alone,worker,releaser" default:"alone"`
	Key  []string `help:"File of 32 bytes, mode 0600, the same for all workers and the releaser; it seals what they tell each other. Given several times, while it is changed, the first seals and any opens." type:"existingfile" sep:"none" placeholder:"FILE"`

	Demo   bool    `help:"Invent a region whose network delivers files into a folder, and follow that."`
	People int     `help:"People of the demo's region." default:"20000"`
	Days   int     `help:"Whole days of the demo, which goes on for the night after them." default:"2"`
	Seed   uint64  `help:"Seed of the demo's region." default:"1"`
	Speed  float64 `help:"Seconds of the demo's region that pass in one of ours." default:"60"`
	Dir    string  `help:"Folder of the demo; a temporary one when it is not given." placeholder:"DIR"`
}

// Help is what throng live --help adds.
func (liveCmd) Help() string {
	return `Follows a feed for ever and publishes every bin of present-live when it is over, and the tables of a day when the day is, through
the same engine as throng run. Ctrl-C ends it cleanly; started again it goes on where it was, with nothing lost and nothing counted twice.

    throng live contract.yaml --out out          the files, the topic or the address that the contract names
    throng live --demo                           an invented region, sixty times as fast as life

Of a topic, several machines can share the work: start as many workers as you like, and one releaser, which has the ledger.

    throng live contract.yaml --role worker --key cluster.key
    throng live contract.yaml --role releaser --key cluster.key --out out

The page shows the last bin as it is published. The operator's port has exact numbers; let nobody else reach it.`
}

// Run follows until it is interrupted.
func (c *liveCmd) Run(ctx context.Context, out *screen) error {
	if c.Access.Tokens != "" && (c.Listen == "" || c.Role == "worker") {
		return &driver.Error{Kind: driver.Invalid, Text: "--tokens: nothing is served, for --listen is empty or this is a worker; leave the tokens to the process that has the page"}
	}
	if c.Demo {
		return c.demo(ctx, out)
	}
	if c.Contract == "" || c.Out == "" && c.Role != "worker" {
		return &driver.Error{Kind: driver.Invalid, Text: "live needs a contract and --out, or --demo; a worker needs a contract and --key"}
	}
	job, err := prepare(c.Contract, "")
	if err != nil {
		return err
	}
	return c.follow(ctx, out, job, api.Options{IgnoreEmbargo: c.IgnoreEmbargo})
}

// role is the work of this process.
func (c *liveCmd) role(ctx context.Context, job *driver.Job, opt driver.LiveOptions) (*driver.Summary, error) {
	if c.Role == "alone" {
		return driver.Live(ctx, job, opt)
	}
	keys, err := sharedKeys(c.Key)
	if err != nil {
		return nil, err
	}
	log, err := job.OpenTopic(ctx, opt.Note)
	if err != nil {
		return nil, err
	}
	board, err := job.OpenBoard(ctx, log, keys)
	if err != nil {
		return nil, errors.Join(err, log.Close())
	}
	defer board.Close()
	if c.Role == "releaser" {
		return driver.Release(ctx, job, driver.ReleaserOptions{RunOptions: opt.RunOptions, Log: log, Board: board, Status: opt.Status, Until: opt.Until})
	}
	join := func(ctx context.Context, s kafka.Share) (io.Closer, error) { return log.Join(ctx, s) }
	return nil, driver.Work(ctx, job, driver.WorkerOptions{Log: log, Join: join, Checkpoint: opt.Checkpoint, Board: board, Workers: opt.Tuning.Workers, Note: opt.Note, Status: opt.Status})
}

// sharedKeys reads the keys that workers and releaser share.
func sharedKeys(paths []string) (keys [][32]byte, err error) {
	if len(paths) == 0 {
		return nil, &driver.Error{Kind: driver.Invalid, Text: "workers and releaser need --key, a file of 32 random bytes that all of them have: head -c 32 /dev/urandom > cluster.key"}
	}
	for _, path := range paths {
		key, err := sharedKey(path)
		if err != nil {
			return nil, err
		}
		if i := slices.Index(keys, key); i >= 0 {
			return nil, &driver.Error{Kind: driver.Invalid, Text: fmt.Sprintf("--key: %s and %s hold the same key; a new one is drawn: head -c 32 /dev/urandom > next.key", paths[i], path)}
		}
		keys = append(keys, key)
	}
	return keys, nil
}

// sharedKey reads one of them.
func sharedKey(path string) (key [32]byte, err error) {
	info, err := os.Stat(path)
	if err != nil {
		return key, err
	}
	if info.Mode().Perm()&0o077 != 0 {
		return key, &driver.Error{Kind: driver.Unsafe, Text: path + " can be read by others; chmod 600"}
	}
	text, err := os.ReadFile(path)
	if err != nil || len(text) != len(key) {
		return key, &driver.Error{Kind: driver.Invalid, Text: fmt.Sprintf("%s has %d bytes, want %d random ones", path, len(text), len(key))}
	}
	return [32]byte(text), nil
}

// demo invents a region and follows it.
func (c *liveCmd) demo(ctx context.Context, out *screen) error {
	dir := c.Dir
	if dir == "" {
		var err error
		if dir, err = os.MkdirTemp("", "throng-live-"); err != nil {
			return err
		}
		defer os.RemoveAll(dir)
	}
	r, err := demo.NewRegion(demo.LiveOptions{World: synth.Options{Seed: c.Seed, People: c.People, Days: c.Days}, Dir: dir, Speed: c.Speed,
		Note: func(text string) { out.say("%s", text) }})
	if err != nil {
		return err
	}
	c.Out = r.Out
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	delivered := make(chan error, 1)
	go func() {
		err := r.Deliver(ctx)
		if err != nil {
			cancel(err)
		}
		delivered <- err
	}()
	err = c.follow(ctx, out, r.Job, api.Options{IgnoreEmbargo: true, Now: r.Now})
	cancel(nil)
	return errors.Join(err, <-delivered)
}

// follow runs log, page and operator's port together, and ends all when one ends.
func (c *liveCmd) follow(ctx context.Context, out *screen, job *driver.Job, page api.Options) error {
	out.say("contract   %s, %s, for %s", job.Contract.Holder.Name, job.Contract.Feed.ID, strings.Join(job.Contract.Agreement.Purpose, ", "))
	for _, note := range job.Notes {
		out.say("note       %s", note)
	}
	opt := driver.LiveOptions{Checkpoint: c.Checkpoint, RunOptions: driver.RunOptions{Out: c.Out, State: c.State, Code: code(), Tuning: embedded.Tuning{Memory: c.Memory << 20},
		Note: func(text string) { out.say("log        %s", text) }}}
	if c.Until != "" {
		at, err := time.Parse(time.RFC3339, c.Until)
		if err != nil {
			return &driver.Error{Kind: driver.Invalid, Text: fmt.Sprintf("--until: got %.40q, want an instant such as 2026-02-03T08:15:00+01:00", c.Until)}
		}
		opt.Until = at.UnixMilli()
	}
	close, err := c.Access.open(&page)
	if err != nil {
		return err
	}
	defer close()
	port := operator.New(time.Now)
	told := c.teller(out)
	opt.Status = func(s driver.LiveStatus) { port.Tell(s); told(s) }

	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	ended := make(chan error, 3)
	running := 0
	start := func(work func() error) { running++; go func() { ended <- work() }() }
	start(func() error {
		sum, err := c.role(ctx, job, opt)
		if sum != nil {
			sayCounts(out, sum.Counts)
			saySpent(out, sum.Ledger)
		}
		return err
	})
	if c.Metrics != "" {
		start(func() error { return operatorPort(ctx, out, c.Metrics, port) })
	}
	if c.Listen != "" && c.Role != "worker" {
		if err := os.MkdirAll(c.Out, 0o755); err != nil {
			return err
		}
		store, err := disk.OpenReadOnly(c.Out)
		if err != nil {
			return err
		}
		start(func() error { return serve(ctx, out, store, c.Listen, page) })
	}
	for range running {
		err = errors.Join(err, <-ended)
		cancel()
	}
	return err
}

// teller prints what this process does.
func (c *liveCmd) teller(out *screen) func(driver.LiveStatus) {
	switch c.Role {
	case "worker":
		return tellWork(out)
	case "releaser":
		return tellReleases(out)
	}
	return tellBins(out)
}

// tellReleases prints a line for every bin that the releaser has published.
func tellReleases(out *screen) func(driver.LiveStatus) {
	last := ""
	return func(s driver.LiveStatus) {
		if s.Last != last {
			last = s.Last
			out.say("published  %s after %d ms; workers have counted up to %s", s.Last, s.ClosingMS, time.UnixMilli(s.Clock).UTC().Format("2006-01-02 15:04"))
		}
	}
}

// tellWork prints now and then how far a worker is.
func tellWork(out *screen) func(driver.LiveStatus) {
	var last time.Time
	return func(s driver.LiveStatus) {
		if now := time.Now(); now.Sub(last) >= 10*time.Second {
			last = now
			out.say("following  log at %s, lag %s, %s, %s handed over", time.UnixMilli(s.Clock).UTC().Format("2006-01-02 15:04:05"), plural(s.Lag, "record"),
				plural(int64(s.Devices), "device"), plural(int64(s.Bins), "bin"))
		}
	}
}

// tellBins prints a line for every bin that was published.
func tellBins(out *screen) func(driver.LiveStatus) {
	last, late := "", int64(-1)
	return func(s driver.LiveStatus) {
		if s.Last == last {
			return
		}
		last = s.Last
		line := fmt.Sprintf("published  %s after %d ms; log at %s, %s waiting in it, %s", s.Last, s.ClosingMS, time.UnixMilli(s.Clock).UTC().Format("15:04:05"),
			waitingWords(s.Lag), plural(int64(s.Devices), "device"))
		if n := lateRows(s.Counts); n != late {
			late = n
			line += ", " + plural(n, "row") + " too late so far"
		}
		out.say("%s", line)
	}
}

func waitingWords(lag int64) string {
	if lag < 0 {
		return "an unknown number"
	}
	return number(lag)
}

func lateRows(c live.Counts) (n int64) {
	for _, l := range c.Late {
		n += l
	}
	return n
}

// operatorPort answers on the operator's port until ctx ends.
func operatorPort(ctx context.Context, out *screen, listen string, port *operator.Port) error {
	listener, err := net.Listen("tcp", listen)
	if err != nil {
		return &driver.Error{Kind: driver.Busy, Text: fmt.Sprintf("%v; choose another address with --metrics", err)}
	}
	server := &http.Server{Handler: port.Handler(), ReadHeaderTimeout: 10 * time.Second, ReadTimeout: 30 * time.Second, IdleTimeout: time.Minute}
	out.say("operator   http://%s/metrics, /healthz, /readyz; exact numbers, for the holder alone", listener.Addr())
	stop := context.AfterFunc(ctx, func() { server.Close() })
	defer stop()
	if err := server.Serve(listener); !errors.Is(err, http.ErrServerClosed) {
		return err
	}
	return nil
}
