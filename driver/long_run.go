package driver

import (
	"context"
	"crypto/aes"
	"crypto/cipher"
	"crypto/sha256"
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"slices"

	"github.com/throng-stats/throng"
	"github.com/throng-stats/throng/driver/embedded"
	"github.com/throng-stats/throng/feed"
	"github.com/throng-stats/throng/population"
	"github.com/throng-stats/throng/release"
)

// keysOf returns the keys of pseudonyms of a pass: of a day whose month is counted as a whole that of the month, else one
// that is drawn for this pass alone. Pseudonyms have the scope of the longest window they serve (privacy.md, section 3).
func (r *runner) keysOf(periods []throng.Period) (*Keys, error) {
	names, lasting := make([]string, len(periods)), map[int][16]byte{}
	for i, p := range periods {
		names[i] = p.Name
		m, err := r.longOf(p)
		if err != nil {
			return nil, err
		}
		if m == nil || m.Counted {
			if r.follows { // who was live is who is counted at the end of the day
				if lasting[i], err = r.state.lasting(dayKey(p)); err != nil {
					return nil, err
				}
			}
			continue
		}
		if lasting[i], err = r.state.lasting(monthKey(m.period)); err != nil {
			return nil, err
		}
	}
	return r.state.NewKeys(names, lasting)
}

// Names of lasting keys.
func monthKey(month throng.Period) string       { return "month-" + month.Name }
func dayKey(day throng.Period) string           { return "day-" + day.Name }
func pairKey(before, now throng.Period) string  { return "pair-" + before.Name + "-" + now.Name }
func pairName(before, now throng.Period) string { return before.Name + " " + now.Name }
func (r *runner) bookDir(m throng.Period) string {
	return filepath.Join(r.state.Dir("checkpoint"), "pages-"+m.Name)
}
func (r *runner) homesPath(key, side string) string {
	return filepath.Join(r.state.Dir("checkpoint"), key+"-"+side+".homes")
}

// aeadOf is AES-256-GCM under a key that is worked out from a key of pseudonyms: who destroys that has destroyed what it seals.
func aeadOf(key [16]byte) cipher.AEAD {
	sum := sha256.Sum256(append([]byte("throng pages "), key[:]...))
	block, _ := aes.NewCipher(sum[:])
	aead, _ := cipher.NewGCM(block)
	return aead
}

// pair makes the door note the pseudonyms of both pairs of months in which a day's month is, where migration is asked for.
func (r *runner) pair(door *feed.Door, periods []throng.Period) error {
	if !slices.Contains(r.job.Contract.Products, productMigration) {
		return nil
	}
	for i, p := range periods {
		m, err := r.longOf(p)
		if err != nil {
			return err
		}
		if m == nil || m.Counted {
			continue
		}
		var keys [2][16]byte
		for k, name := range []string{pairKey(r.job.monthBefore(m.period), m.period), pairKey(m.period, r.job.monthAfter(m.period))} {
			if keys[k], err = r.state.lasting(name); err != nil {
				return err
			}
		}
		door.Pair(i, keys[0], keys[1])
		clear(keys[:])
	}
	return nil
}

// writing are the days of a pass that go into books.
type writing struct {
	door  *feed.Door
	days  map[int]*embedded.BookDay
	input string // keyed
}

// books opens the days of a pass whose pages are missing.
func (r *runner) books(door *feed.Door, periods []throng.Period, input string) (*writing, error) {
	w := &writing{door: door, days: map[int]*embedded.BookDay{}, input: input}
	for i, p := range periods {
		m, err := r.longOf(p)
		if err != nil {
			return nil, err
		}
		if m == nil || m.Counted {
			continue
		}
		book, err := r.bookOf(m)
		if err != nil {
			return nil, err
		}
		day := slices.Index(m.want, p.Name)
		if day < 0 || book.Has(day) {
			continue
		}
		if w.days[i], err = book.Day(day, input); err != nil {
			return nil, err
		}
	}
	return w, nil
}

// pages is the hook of a pass.
func (w *writing) pages(period int) (*embedded.BookDay, *feed.Kin) {
	return w.days[period], w.door.Kin(period)
}

// commit makes the pages of a period durable, before anything of it is published.
func (w *writing) commit(period int) error {
	day := w.days[period]
	if day == nil {
		return nil
	}
	delete(w.days, period)
	return day.Commit()
}

// abort removes what was not committed.
func (w *writing) abort() error {
	var err error
	for _, day := range w.days {
		err = errors.Join(err, day.Abort())
	}
	return err
}

// bookOf opens the book of a month, once a run.
func (r *runner) bookOf(m *longMonth) (*embedded.Book, error) {
	if m.book != nil {
		return m.book, nil
	}
	key, err := r.state.lasting(monthKey(m.period))
	if err != nil {
		return nil, err
	}
	month := embedded.BookMonth{Name: m.period.Name, Spec: r.job.placesDigest()}
	for _, name := range m.want {
		day, err := throng.DayOf(name, r.job.Contract.Location())
		if err != nil {
			return nil, err
		}
		month.Days = append(month.Days, day)
	}
	if m.book, err = embedded.OpenBook(r.bookDir(m.period), aeadOf(key), month); err != nil {
		return nil, &Error{Kind: Unsafe, Text: err.Error()}
	}
	return m.book, nil
}

// countMonths counts the months whose days are all in, and publishes what is about them.
func (r *runner) countMonths(ctx context.Context) error {
	for _, name := range slices.Sorted(maps.Keys(r.longs)) {
		m := r.longs[name]
		if m.Counted { // a run may have ended before its pairs were
			if err := r.pairs(ctx, m.period); err != nil {
				return err
			}
			continue
		}
		book, err := r.bookOf(m)
		if err != nil {
			return err
		}
		if len(book.Missing()) > 0 {
			continue
		}
		if err := r.countMonth(ctx, m, book); err != nil {
			return err
		}
	}
	return nil
}

// countMonth publishes a month as a whole, and with its neighbours as pairs; then pages and keys are destroyed.
func (r *runner) countMonth(ctx context.Context, m *longMonth, book *embedded.Book) error {
	r.note("counting %s as a whole", m.period.Name)
	pass := embedded.MonthPass{Period: m.period, Ground: r.job.Ground, Statistics: func() []population.Monthly { return r.job.ofMonth(m.period) }}
	before, after, err := r.homes(m, &pass)
	if err != nil {
		return err
	}
	counted, err := embedded.Month(ctx, book, pass, r.opt.Tuning)
	if err == nil {
		err = r.publishLong(ctx, m.period, m.inputOf(book), counted)
	}
	if err != nil {
		return errors.Join(err, before.Abort(), after.Abort())
	}
	for _, w := range []*embedded.HomesWriting{before, after} {
		if w == nil {
			continue
		}
		if err := w.Commit(); err != nil {
			return err
		}
	}
	if err := m.counted(book); err != nil {
		return err
	}
	if err := errors.Join(r.state.forgetLasting(monthKey(m.period)), book.Remove()); err != nil {
		return err
	}
	return r.pairs(ctx, m.period)
}

// homes begins the files of homes of a month, when migration is asked for and the other month of the pair is or can be counted.
func (r *runner) homes(m *longMonth, pass *embedded.MonthPass) (before, after *embedded.HomesWriting, err error) {
	if !slices.Contains(r.job.Contract.Products, productMigration) {
		return nil, nil, nil
	}
	pass.Homes = func() population.Homes { return r.job.homes(m.period) }
	begin := func(first, second throng.Period, side embedded.Side) (*embedded.HomesWriting, error) {
		if other, err := r.long(map[embedded.Side]throng.Period{embedded.SideNow: first, embedded.SideBefore: second}[side]); other == nil || err != nil {
			return nil, err
		}
		key, err := r.state.lasting(pairKey(first, second))
		if err != nil {
			return nil, err
		}
		return embedded.NewHomes(r.homesPath(pairKey(first, second), string(side)), aeadOf(key), pairName(first, second), side, r.job.homesSpec())
	}
	if before, err = begin(r.job.monthBefore(m.period), m.period, embedded.SideNow); err != nil {
		return nil, nil, err
	}
	if after, err = begin(m.period, r.job.monthAfter(m.period), embedded.SideBefore); err != nil {
		return nil, nil, errors.Join(err, before.Abort())
	}
	pass.Before, pass.After = before, after
	return before, after, nil
}

// publishLong publishes the tables of a month and wipes what it could not.
func (r *runner) publishLong(ctx context.Context, p throng.Period, input string, counted []embedded.Counted) error {
	defer wipe(counted)
	for _, c := range counted {
		if err := ctx.Err(); err != nil {
			return err
		}
		if err := r.publish(c.Product, p, input, c.Tables, 1); err != nil {
			return err
		}
	}
	return nil
}

func wipe(counted []embedded.Counted) {
	for _, c := range counted {
		for _, t := range c.Tables {
			t.Wipe()
		}
	}
}

// pairs counts the pairs of months that a month completes: with the month before it, and, when months come out of order, with
// the month after it. Pairs that can no longer be completed, because a later month is counted, are destroyed.
func (r *runner) pairs(ctx context.Context, month throng.Period) error {
	if !slices.Contains(r.job.Contract.Products, productMigration) {
		return nil
	}
	before, after := r.job.monthBefore(month), r.job.monthAfter(month)
	for _, p := range [][2]throng.Period{{before, month}, {month, after}} {
		if err := r.countPair(ctx, p[0], p[1]); err != nil {
			return err
		}
	}
	return r.forgetPairs(r.job.monthBefore(before), before)
}

// countPair publishes a pair of months when both are counted, and destroys its homes and its key.
func (r *runner) countPair(ctx context.Context, before, now throng.Period) error {
	for _, p := range []throng.Period{before, now} {
		m, err := r.long(p)
		if err != nil {
			return err
		}
		if m == nil {
			return r.forgetPairs(before, now) // the agreement will never cover it
		}
		if !m.Counted {
			return nil
		}
	}
	name := pairKey(before, now)
	sides := [2]*embedded.Homes{}
	for i, side := range []embedded.Side{embedded.SideBefore, embedded.SideNow} {
		path := r.homesPath(name, string(side))
		if _, err := os.Stat(path); errors.Is(err, fs.ErrNotExist) {
			return nil // counted before, or the month was counted without migration
		}
		key, err := r.state.lasting(name)
		if err != nil {
			return err
		}
		if sides[i], err = embedded.OpenHomes(path, aeadOf(key), pairName(before, now), side); err != nil {
			return &Error{Kind: Unsafe, Text: err.Error()}
		}
	}
	counted, err := embedded.Pairs(ctx, sides[0], sides[1], embedded.PairPass{Period: now, Statistics: func() []population.Paired { return r.job.ofPair() }}, r.opt.Tuning)
	if err != nil {
		return &Error{Kind: Unsafe, Text: err.Error()}
	}
	if err := r.publishLong(ctx, now, r.longs[before.Name].input()+r.longs[now.Name].input(), counted); err != nil {
		return err
	}
	return r.forgetPairs(before, now)
}

// forgetPairs destroys the homes of a pair of months and their key.
func (r *runner) forgetPairs(before, now throng.Period) error {
	name := pairKey(before, now)
	err := r.state.forgetLasting(name)
	for _, side := range []embedded.Side{embedded.SideBefore, embedded.SideNow} {
		if gone := os.Remove(r.homesPath(name, string(side))); !errors.Is(gone, fs.ErrNotExist) {
			err = errors.Join(err, gone)
		}
	}
	return err
}

// waiting lists the months that are not counted as a whole yet.
func (r *runner) waiting() []string {
	var out []string
	for _, name := range slices.Sorted(maps.Keys(r.longs)) {
		if m := r.longs[name]; !m.Counted && m.book != nil {
			out = append(out, fmt.Sprintf("%s as a whole: %d of %d days", name, len(m.want)-len(m.book.Missing()), len(m.want)))
		}
	}
	return out
}

// placesDigest names the places that pages speak of, in their order.
func (j *Job) placesDigest() string {
	h := sha256.New()
	for _, p := range j.Ground.Places {
		h.Write(append([]byte(p.ID), 0))
	}
	return release.Digest(h.Sum(nil))
}

// homesSpec names everything that shapes a home.
func (j *Job) homesSpec() string {
	return release.Digest([]byte(j.Contract.Home + "\x00" + j.Geo.Version + "\x00" + j.placesDigest()))
}
