package driver

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"runtime/debug"
	"slices"
	"strings"
	"sync"

	"github.com/throng-stats/throng"
	"github.com/throng-stats/throng/feed"
)

// doors are those of a log that is followed, by the span of their days. They hold keys.
type doors struct {
	mu sync.Mutex
	of map[string]*feed.Door
}

// daysFor lists the civil days from that before one instant to that after the other, as far as they are agreed and not done.
// Instants that are 0 are not known.
func (j *Job) daysFor(from, to int64, done string) []throng.Period {
	if from == 0 {
		from = to
	}
	if from == 0 {
		return nil
	}
	var days []throng.Period
	last := j.dayAt(max(from, to)).End
	for d := j.dayAt(j.dayAt(from).Start - 1); d.Start <= last; d = j.dayAt(d.End) {
		if j.agreedOn(d) && d.Name > done { // of a day that is done the key is destroyed
			days = append(days, d)
		}
	}
	return days
}

// get returns the door of some days; it is made once.
func (d *doors) get(j *Job, days []throng.Period, carry int64, keys func([]throng.Period) ([][16]byte, error)) (*feed.Door, error) {
	name := fmt.Sprint(days)
	d.mu.Lock()
	defer d.mu.Unlock()
	if door := d.of[name]; door != nil {
		return door, nil
	}
	all, err := keys(days)
	if err != nil {
		return nil, err
	}
	door := feed.NewDoor(days, all, j.optOut)
	door.Carry(carry)
	d.of[name] = door
	return door, nil
}

// forget overwrites the keys of a day in all doors.
func (d *doors) forget(day string) {
	d.mu.Lock()
	defer d.mu.Unlock()
	for name, door := range d.of {
		if i := slices.IndexFunc(door.Periods(), func(p throng.Period) bool { return p.Name == day }); i >= 0 {
			door.Forget(i)
			delete(d.of, name)
		}
	}
}

// door is that of crew, with keys that lie in the state folder.
func (l *liver) door(_ context.Context, from, to int64) (*feed.Door, error) {
	return l.doors.get(l.job, l.job.daysFor(from, to, l.lastDone()), l.opt.CarryFor(), func(days []throng.Period) ([][16]byte, error) {
		keys, err := l.keysOf(days)
		if err != nil {
			return nil, err
		}
		return keys.All(), nil
	})
}

// lastDone is that of crew.
func (l *liver) lastDone() string {
	done, _ := l.done.Load().(string)
	return done
}

// forgetDone destroys the keys of the days whose rows are all counted: that of the last one, and of one before it that a process has
// left when it was killed between the checkpoint and this.
func (l *liver) forgetDone() error {
	left, err := filepath.Glob(l.state.lastingPath(dayKey(throng.Period{Name: "*"})))
	for _, path := range left {
		name := strings.TrimSuffix(filepath.Base(path), ".key")
		day := strings.TrimPrefix(name, dayKey(throng.Period{}))
		if day > l.lastDone() {
			continue
		}
		l.doors.forget(day)
		err = errors.Join(err, l.state.forgetLasting(name))
	}
	return err
}

// countDay begins to make the final tables of a day whose longer lateness has passed in all partitions, and sees to the end
// of the one that is being made.
func (l *liver) countDay(ctx context.Context) error {
	if l.final != nil {
		select {
		case err := <-l.final:
			l.final = nil
			if err != nil {
				return err
			}
			return l.dayDone(ctx)
		default:
			return nil
		}
	}
	day, pieces, ok := l.nextDay()
	if !ok {
		return nil
	}
	l.finalDay = day.Name
	l.final = make(chan error, 1)
	if !l.isDaily() || day.Start < l.since {
		if day.Start < l.since && l.isDaily() {
			l.note("the log does not hold %s from its beginning; its final tables are not made", day.Name)
		}
		l.final <- nil
		return nil
	}
	go func() {
		l.busy.Lock()
		defer l.busy.Unlock()
		l.final <- l.countFinal(ctx, day, pieces)
	}()
	return nil
}

// isDaily reports whether the contract asks for more than bins.
func (l *liver) isDaily() bool {
	return slices.ContainsFunc(l.job.Contract.Products, func(p string) bool { return p != presentLive })
}

// nextDay is the earliest day that no partition will hear of again, and where its rows lie.
func (l *liver) nextDay() (day throng.Period, pieces []trailDay, ok bool) {
	for _, p := range l.parts {
		p.mu.Lock()
		var piece trailDay
		if len(p.trail) > 0 {
			piece = p.trail[0]
		}
		bin, _, due := p.crowd.Due()
		p.mu.Unlock()
		if piece.To == 0 {
			return day, nil, false
		}
		day, _ = throng.DayOf(piece.Day, l.job.Contract.Location())
		if due && bin.Start < day.End+l.opt.CarryFor() { // bins come first, and what is carried into the next day
			return day, nil, false
		}
		if len(pieces) > 0 && pieces[0].Day != piece.Day {
			return day, nil, false
		}
		pieces = append(pieces, piece)
	}
	return day, pieces, len(pieces) > 0
}

// logInput is a day of a log as the input of a pass.
type logInput struct {
	parts      []feed.Part
	name, kind string
}

func (i logInput) Parts() []feed.Part { return i.parts }
func (i logInput) Digest() string     { return i.name }
func (i logInput) Pseudonyms() string { return i.kind }

// countFinal publishes the final tables of a day, as Run does from files. They take many times the memory of a bin, once a day: it is given
// back at once, and not little by little over the hours in which nothing else does.
func (l *liver) countFinal(ctx context.Context, day throng.Period, pieces []trailDay) error {
	defer debug.FreeOSMemory()
	periods := []throng.Period{day}
	if err := l.job.refuseQuiet([][]throng.Period{periods}); err != nil {
		return err
	}
	l.runner.source = func(_ context.Context, _ []throng.Period, door *feed.Door) (input, error) {
		in := logInput{name: l.log.Name() + " " + day.Name, kind: l.job.pseudonyms()}
		for i, piece := range pieces {
			in.parts = append(in.parts, l.log.Part(i, piece.From, piece.To, door))
		}
		return in, nil
	}
	return l.pass(ctx, periods)
}

// pseudonyms is the type of the holder's pseudonyms, as the contract has it.
func (j *Job) pseudonyms() string {
	for _, c := range j.feed.Columns {
		if c.As == "subscriber" || c.As == "device" {
			if c.Type == "" {
				return "text"
			}
			return c.Type
		}
	}
	return "text"
}

// dayDone lets a day go: its key, and of the log what lies before the next. A checkpoint comes first, for one before it needs both.
func (l *liver) dayDone(ctx context.Context) error {
	day, _ := throng.DayOf(l.finalDay, l.job.Contract.Location())
	before := make([]feed.Offset, len(l.parts))
	for i, p := range l.parts {
		p.mu.Lock()
		p.trail = p.trail[1:]
		before[i] = p.crowd.Mark().Next
		if len(p.trail) > 0 {
			before[i] = p.trail[0].From
		}
		p.mu.Unlock()
	}
	l.done.Store(day.Name)
	l.finalDay = ""
	if err := l.save(); err != nil {
		return err
	}
	for i, at := range before {
		if err := l.log.Release(ctx, i, at); err != nil {
			return err
		}
	}
	return errors.Join(l.forgetDone(), l.noteDay(day))
}

// noteDay writes what was counted so far for the operator, and the summary of the ledger for everybody.
func (l *liver) noteDay(day throng.Period) error {
	l.busy.Lock()
	defer l.busy.Unlock()
	l.note("%s is done", day.Name)
	return l.finish()
}
