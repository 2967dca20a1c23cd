package synth

import (
	"bufio"
	"cmp"
	"context"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/parquet-go/parquet-go"

	"github.com/throng-stats/throng/synth/dice"
	"github.com/throng-stats/throng/synth/signal"
)

// Arrived is a row of the feed as a network delivers it: some time after it happened.
type Arrived struct {
	signal.Event
	Arrival int64 // milliseconds since 1970 UTC
}

// Slice is what a network delivers in a stretch of time, [Start, End) in milliseconds since 1970 UTC, in the order of arrival.
type Slice struct {
	Start, End int64
	Rows       []Arrived
}

// How late rows are (ours): nearly all within seconds, some because a part of the network is slow, a few because one was cut off.
const (
	usualDelay = 4 * time.Second // mean
	slowShare  = .004
	slowDelay  = 25 * time.Minute // at most
	cutShare   = .0004
	cutDelay   = 8 * time.Hour // at most
)

// delay is how long after its time a row arrives, in milliseconds. It depends on the row alone.
func (w *World) delay(e *signal.Event) int64 {
	d := dice.New(w.options.Seed, 61, e.ID, uint64(e.Time))
	if w.options.Clean {
		return 1000
	}
	switch chance := d.Float64(); {
	case chance < cutShare:
		return d.Int64N(cutDelay.Milliseconds())
	case chance < cutShare+slowShare:
		return d.Int64N(slowDelay.Milliseconds())
	}
	return min(int64(d.ExpFloat64()*float64(usualDelay.Milliseconds())), 60_000)
}

// Stream makes the rows of days, counted from 0, in the order in which they arrive, in slices of the given width. Every slice
// comes, empty ones too; what arrives after the last day comes in slices behind it. Memory is bounded by people, and by what is late.
func (w *World) Stream(ctx context.Context, first, days int, width time.Duration, use func(Slice) error) error {
	step := width.Milliseconds()
	waiting := map[int64][]Arrived{} // by the start of their slice
	next := w.Period(first).Start
	flush := func(until int64) error {
		for ; next+step <= until; next += step {
			if err := ctx.Err(); err != nil {
				return err
			}
			rows := waiting[next]
			delete(waiting, next)
			slices.SortStableFunc(rows, func(a, b Arrived) int { return cmp.Or(cmp.Compare(a.Arrival, b.Arrival), cmp.Compare(a.ID, b.ID)) })
			if err := use(Slice{next, next + step, rows}); err != nil {
				return err
			}
		}
		return nil
	}
	last := next
	for day := first; day < first+days; day++ {
		period := w.Period(day)
		chunks, _, err := w.live(ctx, day, period)
		if err != nil {
			return err
		}
		hours, made := make(chan []signal.Event), make(chan error, 1)
		hourCtx, cancel := context.WithCancel(ctx)
		go func() {
			made <- w.makeHours(hourCtx, day, period, chunks, hours)
			close(hours)
		}()
		hour := period.Start
		for rows := range hours {
			for i := range rows {
				at := hour + int64(rows[i].Order) // not its time, which a wrong clock of a phone may have made
				at = max(at+w.delay(&rows[i]), next)
				start := at - (at-w.Period(first).Start)%step
				waiting[start] = append(waiting[start], Arrived{rows[i], at})
				last = max(last, at)
			}
			hour += time.Hour.Milliseconds()
			if err == nil {
				err = flush(hour - 1) // rows of the next hour arrive after it began
			}
			if err != nil {
				cancel()
			}
		}
		cancel()
		if e := <-made; err == nil {
			err = e
		}
		if err != nil {
			return err
		}
	}
	return flush(last + step)
}

// liveRow is a row of a slice in a Parquet file; zero values are null.
type liveRow struct {
	feedRow
	Arrival int64 `parquet:"arrival,timestamp(millisecond),delta"`
}

// WriteSlice writes what a network delivers in one stretch of time into a file below dir/in, named after the end of that stretch.
// The file appears as a whole. A stretch without rows is a heartbeat: what had arrived has been delivered.
func (w *World) WriteSlice(dir string, s Slice) error {
	name := filepath.Join(dir, "in", time.UnixMilli(s.End).UTC().Format("2006-01-02T150405Z"))
	if len(s.Rows) == 0 {
		return writeText(name+".heartbeat", time.UnixMilli(s.End).UTC().Format(time.RFC3339)+"\n")
	}
	return whole(name+"."+w.options.Format, func(f *os.File) error {
		if w.options.Format == CSV {
			return w.writeSliceCSV(f, s)
		}
		out := parquet.NewGenericWriter[liveRow](f, layout()...)
		rows := make([]liveRow, len(s.Rows))
		for i := range s.Rows {
			e := &s.Rows[i]
			rows[i] = liveRow{feedRow{User: int64(e.ID), Time: e.Time, MCC: int32(e.MCC), Network: int32(e.Network), Machine: e.Machine}, e.Arrival}
			if e.Cell != signal.NoCell {
				rows[i].Cell = w.names[e.Cell]
			}
		}
		if _, err := out.Write(rows); err != nil {
			return err
		}
		return out.Close()
	})
}

func (w *World) writeSliceCSV(f io.Writer, s Slice) error {
	out := bufio.NewWriterSize(f, 1<<20)
	out.WriteString("user_id,timestamp,cell_id,mcc,plmn,machine,arrival\n") // an error comes back at the flush
	sink := &csvSink{names: w.names, out: out}
	for i := range s.Rows {
		out.Write(strconv.AppendInt(append(sink.fields(&s.Rows[i].Event), ','), s.Rows[i].Arrival, 10))
		out.WriteByte('\n')
	}
	return out.Flush()
}

// WriteLiveContract writes the contract under which the slices of a world are followed, beside that of its days.
func (w *World) WriteLiveContract(dir string) error {
	path := filepath.Join(dir, "contract.yaml")
	if err := w.writeContract(path); err != nil {
		return err
	}
	text, err := os.ReadFile(path)
	if err != nil {
		return fmt.Errorf("synth: %w", err)
	}
	arrival := "{as: arrival, type: timestamp}"
	if w.options.Format == CSV {
		arrival = "{as: arrival, type: int, format: epoch-ms}"
	}
	return writeText(path, strings.NewReplacer(
		`"in/{day}.`, `"in/*.`,
		"arrival: file-time", "arrival: column",
		"    machine: {as: machine, type: bool}\n", "    machine: {as: machine, type: bool}\n    arrival: "+arrival+"\n",
		"products: [present, visitors, arrivals, nights, flows-hour, flows-day, flows-month, usual, migration, tourism]", "products: [present-live, present, nights, flows-hour, flows-day]",
		"roles: same-day\n", "", "purposes: true\n", "",
	).Replace(string(text)))
}

// CellName is the text by which rows name a cell; "" for signal.NoCell.
func (w *World) CellName(cell uint16) string {
	if cell == signal.NoCell {
		return ""
	}
	return w.names[cell]
}

// Cells are the texts by which rows name cells, by their numbers; the caller must not change them.
func (w *World) Cells() []string { return w.names }
