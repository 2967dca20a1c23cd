package synth

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"time"

	"github.com/throng-stats/throng"
	"github.com/throng-stats/throng/synth/signal"
)

// sink takes rows in the order of the file.
type sink interface {
	write(rows []signal.Event) error
	close() error
}

// writeRows makes the rows of a day hour by hour, while another goroutine writes the hour before.
func (w *World) writeRows(ctx context.Context, dir string, day int, period throng.Period, chunks []chunk, progress func(int)) error {
	path := filepath.Join(dir, "in", period.Name+"."+w.options.Format)
	return whole(path, func(f *os.File) error {
		out := w.newSink(f)
		hours, written := make(chan []signal.Event), make(chan error, 1)
		go func() {
			rows := 0
			var err error
			for hour := range hours {
				if err == nil {
					err = out.write(hour)
				}
				if rows += len(hour); progress != nil && err == nil {
					progress(rows)
				}
			}
			written <- err
		}()
		err := w.makeHours(ctx, day, period, chunks, hours)
		close(hours)
		if e := <-written; err == nil {
			err = e
		}
		if err != nil {
			return fmt.Errorf("synth: day %s was not finished: %w", period.Name, err)
		}
		return out.close()
	})
}

// makeHours sends the rows of each hour in their order.
func (w *World) makeHours(ctx context.Context, day int, period throng.Period, chunks []chunk, hours chan<- []signal.Event) error {
	makers := make([]*signal.Maker, workers())
	for i := range makers {
		scale := 1.0
		if w.options.Clean {
			scale = 0
		}
		makers[i] = w.radio.NewMaker(w.options.Seed, scale)
	}
	parts := make([][]signal.Event, len(chunks))
	for index := range period.Bins(time.Hour) {
		start := period.Start + int64(index)*3_600_000
		hour := signal.Hour{Day: day, Index: index, Start: start, Clock: time.UnixMilli(start).In(w.clock).Hour()}
		err := each(ctx, len(chunks), func(worker, c int) {
			rows := parts[c][:0]
			for i := range chunks[c].phones {
				p, before := &chunks[c].phones[i], len(rows)
				rows = makers[worker].Make(p.device, chunks[c].stays[p.from:p.to], hour, rows)
				chunks[c].hear(w.plan, p, rows[before:], period.Start)
			}
			parts[c] = rows
		})
		if err != nil {
			return err
		}
		hours <- inOrder(parts)
	}
	return nil
}

// inOrder joins the parts and sorts them by Order, equal ones as they stand: two passes of a radix sort over 22 bits.
func inOrder(parts [][]signal.Event) []signal.Event {
	n := 0
	for _, p := range parts {
		n += len(p)
	}
	rows, sorted := make([]signal.Event, 0, n), make([]signal.Event, n)
	for _, p := range parts {
		rows = append(rows, p...)
	}
	const digit = 11
	for shift := 0; shift < 2*digit; shift += digit {
		var at [1 << digit]int
		for i := range rows {
			at[rows[i].Order>>shift&(1<<digit-1)]++
		}
		sum := 0
		for i, count := range at {
			at[i], sum = sum, sum+count
		}
		for i := range rows {
			d := rows[i].Order >> shift & (1<<digit - 1)
			sorted[at[d]] = rows[i]
			at[d]++
		}
		rows, sorted = sorted, rows
	}
	return rows
}

// whole writes a file beside its place and renames it when it is complete.
func whole(path string, write func(f *os.File) error) error {
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		return fmt.Errorf("synth: %w", err)
	}
	f, err := os.CreateTemp(filepath.Dir(path), ".part-*")
	if err != nil {
		return fmt.Errorf("synth: %w", err)
	}
	defer os.Remove(f.Name()) // nothing is left to remove after the rename
	if err := write(f); err != nil {
		f.Close()
		return err
	}
	if err := f.Chmod(0o644); err != nil {
		f.Close()
		return fmt.Errorf("synth: %w", err)
	}
	if err := f.Close(); err != nil {
		return fmt.Errorf("synth: %w", err)
	}
	if err := os.Rename(f.Name(), path); err != nil {
		return fmt.Errorf("synth: %w", err)
	}
	return nil
}
