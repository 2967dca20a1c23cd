package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"time"

	"github.com/throng-stats/throng"
	"github.com/throng-stats/throng/synth"
)

// Times of the delivery, in milliseconds. Whether a row is in time must not hang on how a delivery was disturbed: a delay is at most
// usual, or more than cut, and what a disturbance adds to the clock of the log or takes from it (files out of order, stamps that go
// back) is less than lateness less usual, and less than cut less lateness.
const (
	minute   = 60_000
	slice    = 5 * minute
	usual    = 20 * minute
	lateness = 45 * minute
	cut      = 70 * minute
	mostBack = 6 * minute
	block    = 3 // files that may come in any order
	tail     = 9 * 60 * minute
	final    = 6 * 60 * minute // after the end of the day, in which its tables wait
)

// days are those that are drawn from: one of 24 hours, one of 23 and one of 25.
var days = []string{"2024-09-02", "2024-03-31", "2024-10-27"}

// world is what a network delivers on one day and two hours, in files, and the contract under which it does.
type world struct {
	dir    string // contract, public tables, and in/ with all files
	region *synth.World
	day    throng.Period
	until  int64         // of the log, when everything was delivered
	slices []string      // names of files in in/, in order
	told   []synth.Slice // what is in them
	jumps  int
}

// invent makes the files of a seed.
func invent(ctx context.Context, people int, seed uint64, dir string) (*world, error) {
	rng := rand.New(rand.NewPCG(seed, 0))
	options := synth.Options{Seed: seed, People: people, Days: 2, From: days[rng.IntN(len(days))], Format: []string{synth.Parquet, synth.CSV}[rng.IntN(2)]}
	region, err := synth.New(options)
	if err != nil {
		return nil, err
	}
	if err := errors.Join(os.MkdirAll(filepath.Join(dir, "in"), 0o755), region.WriteRegion(dir), region.WriteLiveContract(dir)); err != nil {
		return nil, err
	}
	contract, err := os.OpenFile(filepath.Join(dir, "contract.yaml"), os.O_APPEND|os.O_WRONLY, 0)
	if err != nil {
		return nil, err
	}
	_, err = fmt.Fprintf(contract, "live: {lateness: %dm}\n", lateness/minute)
	if err = errors.Join(err, contract.Close(), cheapen(contract.Name())); err != nil {
		return nil, err
	}
	w := &world{dir: dir, region: region, day: region.Period(0), jumps: 1}
	end := w.day.End + 120*minute
	back := w.day.Start + rng.Int64N(end-w.day.Start) // for half an hour from here on the stamps go back
	by := 20_000 + rng.Int64N(mostBack)
	rows := map[int64][]synth.Arrived{}
	err = region.Stream(ctx, 0, 2, time.Hour, func(s synth.Slice) error {
		for _, r := range s.Rows {
			if r.Time >= end || r.Arrival >= end+tail {
				continue
			}
			if late := r.Arrival - r.Time; r.Time > 0 && late > usual && late <= cut {
				r.Arrival = r.Time + usual
			}
			start := r.Arrival - (r.Arrival-w.day.Start)%slice
			if start >= back && start < back+30*minute {
				r.Arrival -= by
				r.Time = min(r.Time, r.Arrival) // a push has other stamps: none of them may make a row come before its time
			}
			if last := w.day.End + final; r.Arrival > last-60*minute && r.Arrival <= last+90*minute {
				continue // they decide whether a row is in time for the day
			}
			rows[start] = append(rows[start], r)
		}
		return nil
	})
	if err != nil {
		return nil, err
	}
	for start := w.day.Start; start < end+tail; start += slice {
		s := synth.Slice{Start: start, End: start + slice, Rows: rows[start]}
		if len(s.Rows) == 0 && start > end && start%(60*minute) != 0 {
			continue // heartbeats of an empty night
		}
		slices.SortStableFunc(s.Rows, func(a, b synth.Arrived) int { return int(a.Arrival - b.Arrival) })
		w.told = append(w.told, s)
		w.until = s.End
	}
	w.told = append(w.told, synth.Slice{Start: w.until, End: w.until + slice}) // the last word is a heartbeat
	w.until += slice
	for _, s := range w.told {
		if err := region.WriteSlice(dir, s); err != nil {
			return nil, err
		}
	}
	return w, w.list()
}

// cheapen asks for small shares of presence. A process that is killed between the ledger and the store burns what a release costs; at
// the shares of the profile one such burn in a large table leaves too little for the rest of the day, which is then refused, rightly.
func cheapen(contract string) error {
	text, err := os.ReadFile(contract)
	if err != nil {
		return err
	}
	cheap := "privacy: {profile: standard, shares: {present/total: .001, present/gender: .001, present/age: .001, present/origin: .001}}"
	return os.WriteFile(contract, bytes.Replace(text, []byte("privacy: {profile: standard}"), []byte(cheap), 1), 0o644)
}

func (w *world) list() error {
	entries, err := os.ReadDir(filepath.Join(w.dir, "in"))
	for _, e := range entries {
		w.slices = append(w.slices, e.Name())
	}
	return err
}

// folder makes a folder of its own with contract and public tables, and with the same key of the state in all of them, so that
// digests can be compared.
func (w *world) folder(dir string) error {
	entries, err := os.ReadDir(w.dir)
	if err != nil {
		return err
	}
	for _, sub := range []string{"in", "state/keys"} {
		if err := os.MkdirAll(filepath.Join(dir, sub), 0o700); err != nil {
			return err
		}
	}
	for _, e := range entries {
		if e.IsDir() {
			continue
		}
		if err := copyFile(filepath.Join(w.dir, e.Name()), filepath.Join(dir, e.Name())); err != nil {
			return err
		}
	}
	return os.WriteFile(filepath.Join(dir, "state/keys/state.key"), make([]byte, 32), 0o600)
}

func copyFile(from, to string) error {
	text, err := os.ReadFile(from)
	if err != nil {
		return err
	}
	return os.WriteFile(to, text, 0o644)
}

// delivery puts the files of a world into a folder, one after the other.
type delivery struct {
	world *world
	dir   string
	order []string
	at    int
	base  time.Time
}

// deliver begins a delivery in order.
func (w *world) deliver(dir string) *delivery {
	return &delivery{world: w, dir: filepath.Join(dir, "in"), order: slices.Clone(w.slices), base: time.Now().Add(-2 * time.Hour)}
}

// isSteady reports whether the block of slices from one on may come in any order. In the night after the end only heartbeats come, an
// hour apart: a block that reaches over such a gap would move the clock of the log by more than lateness allows.
func (w *world) isSteady(at int) bool {
	told := w.told[at:min(len(w.told), at+block)]
	return told[len(told)-1].End-told[0].Start <= block*slice
}

// shuffle changes the order within blocks and tells how many files moved.
func (d *delivery) shuffle(rng *rand.Rand) (moved int) {
	for at := 0; at < len(d.order); at += block {
		part := d.order[at:min(len(d.order), at+block)]
		if !d.world.isSteady(at) {
			continue
		}
		rng.Shuffle(len(part), func(i, j int) { part[i], part[j] = part[j], part[i] })
	}
	for i, name := range d.order {
		if name != d.world.slices[i] {
			moved++
		}
	}
	return moved
}

// put delivers the next n files. Each appears as a whole, and its time says in which order they came.
func (d *delivery) put(n int) error {
	for ; n > 0 && d.at < len(d.order); n-- {
		if err := d.copy(d.order[d.at], d.order[d.at], d.at); err != nil {
			return err
		}
		d.at++
	}
	return nil
}

// again delivers file k a second time: under its name at its time, under its name at another time, or under another name.
func (d *delivery) again(rng *rand.Rand, k int) error {
	switch name := d.order[k]; rng.IntN(3) {
	case 0:
		return d.copy(name, name, k)
	case 1:
		return d.copy(name, name, d.at)
	default:
		return d.copy(name, "again-"+name, d.at)
	}
}

func (d *delivery) copy(from, to string, at int) error {
	text, err := os.ReadFile(filepath.Join(d.world.dir, "in", from))
	if err != nil {
		return err
	}
	path := filepath.Join(d.dir, to)
	when := d.base.Add(time.Duration(at) * time.Second)
	if err := errors.Join(os.WriteFile(path+".tmp", text, 0o644), os.Chtimes(path+".tmp", when, when)); err != nil {
		return err
	}
	return os.Rename(path+".tmp", path)
}
