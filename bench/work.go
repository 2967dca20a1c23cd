package main

import (
	"context"
	"crypto/rand"
	"encoding/csv"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"runtime"
	"runtime/pprof"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"github.com/parquet-go/parquet-go"

	"github.com/throng-stats/throng"
	"github.com/throng-stats/throng/bench/usage"
	"github.com/throng-stats/throng/config"
	"github.com/throng-stats/throng/driver"
	"github.com/throng-stats/throng/driver/embedded"
	"github.com/throng-stats/throng/event"
	"github.com/throng-stats/throng/feed"
	"github.com/throng-stats/throng/feed/files"
	"github.com/throng-stats/throng/locate"
)

// kind is a kind of work that is measured.
type kind int

// The kinds, from the least work to the most.
const (
	pages   kind = iota // the pages of the columns, decoded and thrown away
	batches             // rows behind the door: pseudonyms made, places found, times in milliseconds, reasons to reject noted
	whole               // driver.Run: from the contract to stored releases
	kinds
)

func names() []string { return []string{"pages", "decode", "whole"} }

// String is the word of the flag -do.
func (k kind) String() string { return names()[k] }

// columns are those that the contract admits; all are read.
var columns = []feed.Column{{Name: "user_id", As: "subscriber", Type: "int"}, {Name: "timestamp", As: "time", Type: "timestamp"}, {Name: "cell_id", As: "cell", Type: "text"},
	{Name: "mcc", As: "sim_country", Type: "int"}, {Name: "plmn", As: "visited_network", Type: "int"}, {Name: "machine", As: "machine", Type: "bool"}}

// said is what a child tells about its work.
type said struct {
	Rows     int64
	Ready    time.Duration // processor time until the first row
	Spilled  int64         // bytes
	Releases int
}

// child does one kind of work in this process and says what it was.
func child(ctx context.Context, o *options, d *day) error {
	if o.profile != "" {
		f, err := os.Create(o.profile)
		if err != nil {
			return err
		}
		defer f.Close()
		if err := pprof.StartCPUProfile(f); err != nil {
			return err
		}
		defer pprof.StopCPUProfile()
	}
	works := map[string]func() (said, error){
		pages.String():   func() (said, error) { return decodePages(d) },
		batches.String(): func() (said, error) { return decodeBatches(ctx, d) },
		whole.String():   func() (said, error) { return runWhole(ctx, o, d) },
	}
	work, ok := works[o.do]
	if !ok {
		return fmt.Errorf("-do: got %.20q, want one of %v", o.do, names())
	}
	s, err := work()
	if err != nil {
		return err
	}
	return json.NewEncoder(os.Stdout).Encode(s)
}

// decodePages decodes the pages of each column of each row group; groups are shared out among all cores.
func decodePages(d *day) (s said, err error) {
	file, err := os.Open(d.feed())
	if err != nil {
		return s, err
	}
	defer file.Close()
	info, err := file.Stat()
	if err != nil {
		return s, err
	}
	p, err := parquet.OpenFile(file, info.Size(), parquet.SkipPageIndex(true), parquet.SkipBloomFilters(true), parquet.ReadBufferSize(256<<10))
	if err != nil {
		return s, err
	}
	s = said{Rows: p.NumRows(), Ready: usage.Used()}
	groups := p.RowGroups()
	return s, each(len(groups), func(i int) error {
		for _, chunk := range groups[i].ColumnChunks() {
			if err := drain(chunk.Pages()); err != nil {
				return err
			}
		}
		return nil
	})
}

func drain(pages parquet.Pages) error {
	defer pages.Close()
	for {
		page, err := pages.ReadPage()
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return err
		}
		_ = page.Data()
		parquet.Release(page)
	}
}

// decodeBatches reads all parts through the door and throws the batches away.
func decodeBatches(ctx context.Context, d *day) (s said, err error) {
	clock, err := time.LoadLocation("Europe/Paris")
	if err != nil {
		return s, err
	}
	period, err := throng.DayOf(d.options.From, clock)
	if err != nil {
		return s, err
	}
	ground, err := groundOf(filepath.Join(d.dir, "cells.csv"))
	if err != nil {
		return s, err
	}
	var key [16]byte
	rand.Read(key[:])
	door := feed.NewDoor([]throng.Period{period}, [][16]byte{key}, nil)
	input, err := files.Open(ctx, feed.Options{Kind: feed.Events, Files: []string{d.feed()}, Columns: columns, Clock: clock, Strict: true}, ground, door)
	if err != nil {
		return s, err
	}
	parts := input.Parts()
	var rows atomic.Int64
	s.Ready = usage.Used()
	err = each(len(parts), func(i int) error {
		return feed.Each(ctx, parts[i], func(b *event.Batch) error { rows.Add(int64(b.Len())); return nil })
	})
	s.Rows = rows.Load()
	return s, err
}

// groundOf reads the names of the places and nothing else.
func groundOf(path string) (*locate.Ground, error) {
	file, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer file.Close()
	rows, err := csv.NewReader(file).ReadAll()
	if err != nil {
		return nil, err
	}
	g := &locate.Ground{}
	at := slices.Index(rows[0], "cell_id")
	if at < 0 {
		return nil, fmt.Errorf("%s has no column cell_id among %v", path, rows[0])
	}
	for _, row := range rows[1:] {
		g.Places = append(g.Places, locate.Place{ID: row[at]})
	}
	g.Index()
	return g, nil
}

// products are what a whole run publishes: presence with marginals, and flows. The other products of the invented region's
// contract come on top.
var products = config.Words{config.Present, config.FlowsHour, config.FlowsDay, config.FlowsMonth}

// runWhole runs the contract as throng run does, into a folder of its own.
func runWhole(ctx context.Context, o *options, d *day) (s said, err error) {
	out, err := os.MkdirTemp(d.dir, "run-")
	if err != nil {
		return s, err
	}
	if !o.keep {
		defer os.RemoveAll(out)
	}
	contract, err := config.Read(d.contract())
	if err != nil {
		return s, err
	}
	contract.Products, contract.Roles, contract.Purposes = products, "", false
	job, err := driver.Prepare(contract)
	if err != nil {
		return s, err
	}
	s.Ready = usage.Used()
	sum, err := driver.Run(ctx, job, driver.RunOptions{Out: filepath.Join(out, "out"), State: filepath.Join(out, "state"), From: d.options.From, To: d.options.From,
		Code: "bench", Tuning: embedded.Tuning{Memory: o.memory << 20}})
	if err != nil {
		return s, err
	}
	s.Rows, s.Spilled, s.Releases = sum.Counts.Rows, sum.Spilled, len(sum.Published)
	return s, nil
}

// each does n pieces of work on all cores.
func each(n int, work func(i int) error) error {
	var next atomic.Int64
	errs := make([]error, n)
	var group sync.WaitGroup
	for range runtime.GOMAXPROCS(0) {
		group.Go(func() {
			for i := int(next.Add(1)) - 1; i < n; i = int(next.Add(1)) - 1 {
				errs[i] = work(i)
			}
		})
	}
	group.Wait()
	return errors.Join(errs...)
}
