package main

import (
	"context"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"runtime/pprof"
	"sync"
	"sync/atomic"
	"time"

	"github.com/throng-stats/throng"
	"github.com/throng-stats/throng/bench/usage"
	"github.com/throng-stats/throng/config"
	"github.com/throng-stats/throng/driver"
	"github.com/throng-stats/throng/event"
	"github.com/throng-stats/throng/feed"
	"github.com/throng-stats/throng/feed/files"
)

// said is what a child tells about its work.
type said struct {
	Rows    int64
	Ready   time.Duration // processor time of contract and ground, before the first row
	Wall    time.Duration // from then on
	Closing []int64       // of each bin, from ready to published, in milliseconds
	Devices int           // kept, at most
}

// columns are those that the contract admits; all are read.
var columns = []feed.Column{{Name: "user_id", As: "subscriber", Type: "int"}, {Name: "timestamp", As: "time", Type: "timestamp"}, {Name: "cell_id", As: "cell", Type: "text"},
	{Name: "mcc", As: "sim_country", Type: "int"}, {Name: "plmn", As: "visited_network", Type: "int"}, {Name: "machine", As: "machine", Type: "bool"},
	{Name: "arrival", As: "arrival", Type: "timestamp"}}

// child does one kind of work in this process and says what it was.
func child(ctx context.Context, o *options, f *folder) error {
	job, err := f.job()
	if err != nil {
		return err
	}
	if o.profile != "" {
		file, err := os.Create(o.profile)
		if err != nil {
			return err
		}
		defer file.Close()
		if err := pprof.StartCPUProfile(file); err != nil {
			return err
		}
		defer pprof.StopCPUProfile()
	}
	s := said{Ready: usage.Used()}
	began := time.Now()
	if o.do == "decode" {
		s.Rows, err = f.decode(ctx, job)
	} else {
		err = f.follow(ctx, job, &s)
	}
	if err != nil {
		return err
	}
	s.Wall = time.Since(began)
	return json.NewEncoder(os.Stdout).Encode(s)
}

func (f *folder) job() (*driver.Job, error) {
	contract, err := config.Read(filepath.Join(f.dir, "contract.yaml"))
	if err != nil {
		return nil, err
	}
	contract.Products = config.Words{config.PresentLive}
	return driver.Prepare(contract)
}

// decode reads every file once through a door, on all cores.
func (f *folder) decode(ctx context.Context, job *driver.Job) (int64, error) {
	names, err := filepath.Glob(filepath.Join(f.dir, "in", "*.parquet"))
	if err != nil {
		return 0, err
	}
	w, err := f.region()
	if err != nil {
		return 0, err
	}
	door := feed.NewDoor([]throng.Period{w.Period(0)}, [][16]byte{{1}}, nil)
	var rows, next atomic.Int64
	var group sync.WaitGroup
	errs := make(chan error, len(names))
	for range runtime.GOMAXPROCS(0) {
		group.Go(func() {
			for i := int(next.Add(1)) - 1; i < len(names); i = int(next.Add(1)) - 1 {
				one, err := files.Open(ctx, feed.Options{Kind: feed.Events, Files: names[i : i+1], Columns: columns, Clock: time.UTC}, job.Ground, door)
				if err != nil {
					errs <- err
					return
				}
				for _, p := range one.Parts() {
					if err := feed.Each(ctx, p, func(b *event.Batch) error { rows.Add(int64(b.Len())); return nil }); err != nil {
						errs <- err
					}
				}
			}
		})
	}
	group.Wait()
	select {
	case err := <-errs:
		return 0, err
	default:
		return rows.Load(), nil
	}
}

// follow follows the folder until every bin of it is published, into folders of its own.
func (f *folder) follow(ctx context.Context, job *driver.Job, s *said) error {
	w, err := f.region()
	if err != nil {
		return err
	}
	out, err := os.MkdirTemp(f.dir, "run-")
	if err != nil {
		return err
	}
	defer os.RemoveAll(out)
	last := ""
	opt := driver.LiveOptions{RunOptions: driver.RunOptions{Out: filepath.Join(out, "out"), State: filepath.Join(out, "state"), Code: "bench"}, Until: f.end(w) + 60*minute,
		Status: func(l driver.LiveStatus) {
			s.Rows, s.Devices = l.Rows, max(s.Devices, l.Devices)
			if l.Last != last {
				last, s.Closing = l.Last, append(s.Closing, l.ClosingMS)
			}
		}}
	if _, err := driver.Live(ctx, job, opt); err != nil {
		return err
	}
	if len(s.Closing) < f.hours*4 {
		return fmt.Errorf("%d bins were told, want at least %d", len(s.Closing), f.hours*4)
	}
	return nil
}
