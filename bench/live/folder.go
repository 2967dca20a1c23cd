package main

import (
	"cmp"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"time"

	"github.com/throng-stats/throng/synth"
	"github.com/throng-stats/throng/synth/signal"
)

// Times in milliseconds.
const (
	minute = 60_000
	slice  = 5 * minute
	bin    = 15 * minute
)

// folder is an invented region of few people, and beside its contract the files of many devices.
type folder struct {
	dir            string
	devices, hours int
}

func folderOf(o *options) *folder {
	return &folder{filepath.Join(o.dir, fmt.Sprintf("live-%d-devices-%d-hours", o.devices, o.hours)), o.devices, o.hours}
}

func (f *folder) done() string { return filepath.Join(f.dir, "complete") }

func (f *folder) isThere() bool {
	_, err := os.Stat(f.done())
	return err == nil
}

// region is the ground on which the devices are.
func (f *folder) region() (*synth.World, error) {
	return synth.New(synth.Options{Seed: 1, People: 2000, Days: 1})
}

// begin is the first instant of the delivery, three o'clock in the afternoon, and end that of the last file.
func (f *folder) begin(w *synth.World) int64 { return w.Period(0).Start + 15*60*minute }
func (f *folder) end(w *synth.World) int64   { return f.begin(w) + int64(f.hours)*60*minute }

// invent writes the files: rows of devices that stay where they are for an hour on average, seconds late.
func (f *folder) invent() error {
	w, err := f.region()
	if err != nil {
		return err
	}
	if err := os.MkdirAll(filepath.Join(f.dir, "in"), 0o755); err != nil {
		return err
	}
	if err := w.WriteRegion(f.dir); err != nil {
		return err
	}
	if err := w.WriteLiveContract(f.dir); err != nil {
		return err
	}
	rng := rand.New(rand.NewPCG(1, 1))
	cells := len(w.Cells())
	ids, at := make([]uint64, f.devices), make([]uint16, f.devices)
	for i := range ids {
		ids[i], at[i] = 1<<60|rng.Uint64()>>4, uint16(rng.IntN(cells))
	}
	for start := f.begin(w); start < f.end(w); start += slice {
		rows := f.devices / 4 // three an hour each
		first := int((start - f.begin(w)) / slice)
		if first < bin/slice {
			rows = f.devices / (bin / slice)
		}
		s := synth.Slice{Start: start, End: start + slice, Rows: make([]synth.Arrived, rows)}
		for i := range s.Rows {
			d := rng.IntN(f.devices)
			if first < bin/slice {
				d = first*rows + i
			}
			if rng.IntN(3) == 0 {
				at[d] = uint16(rng.IntN(cells))
			}
			when := start + rng.Int64N(slice-5000)
			s.Rows[i] = synth.Arrived{Event: signal.Event{ID: ids[d], Time: when, Cell: at[d], MCC: signal.Home}, Arrival: when + rng.Int64N(5000)}
		}
		slices.SortFunc(s.Rows, func(a, b synth.Arrived) int { return cmp.Compare(a.Arrival, b.Arrival) })
		if err := w.WriteSlice(f.dir, s); err != nil {
			return err
		}
	}
	// A last file without rows, long enough after to close every bin.
	last := f.end(w) + 60*minute
	if err := w.WriteSlice(f.dir, synth.Slice{Start: last - slice, End: last}); err != nil {
		return err
	}
	if err := f.stamp(); err != nil {
		return err
	}
	return os.WriteFile(f.done(), nil, 0o644)
}

// stamp gives the files times in their order, long ago.
func (f *folder) stamp() error {
	list, err := os.ReadDir(filepath.Join(f.dir, "in"))
	if err != nil {
		return err
	}
	base := time.Now().Add(-time.Hour)
	for i, e := range list {
		when := base.Add(time.Duration(i) * time.Second)
		if err := os.Chtimes(filepath.Join(f.dir, "in", e.Name()), when, when); err != nil {
			return err
		}
	}
	return nil
}
