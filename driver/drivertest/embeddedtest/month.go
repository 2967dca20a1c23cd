package embeddedtest

import (
	"context"
	"crypto/aes"
	"crypto/cipher"
	"math/rand/v2"
	"path/filepath"
	"testing"

	"github.com/throng-stats/throng"
	"github.com/throng-stats/throng/driver/drivertest"
	"github.com/throng-stats/throng/driver/embedded"
	"github.com/throng-stats/throng/feed"
	"github.com/throng-stats/throng/filter"
	"github.com/throng-stats/throng/population"
)

// MonthTables reads all days of a month, in the order of the division, into pages in a folder of the test, and returns the
// exact tables of what is counted of them. Each function makes a statistic for one worker.
func MonthTables(t testing.TB, m *drivertest.Month, d drivertest.Division, statistics ...func() population.Monthly) []embedded.Counted {
	t.Helper()
	return count(t, Book(t, m, d), m, d, embedded.MonthPass{}, statistics)
}

// PairTables does the same with two months in a row, of which homes are kept, and returns the tables of their pairs.
func PairTables(t testing.TB, before, now *drivertest.Month, d drivertest.Division, homes func() population.Homes, statistics ...func() population.Paired) []embedded.Counted {
	t.Helper()
	var sides [2]*embedded.Homes
	for i, m := range []*drivertest.Month{before, now} {
		side := []embedded.Side{embedded.SideBefore, embedded.SideNow}[i]
		path := filepath.Join(t.TempDir(), string(side))
		w, err := embedded.NewHomes(path, key(t), "pair", side, "rule")
		if err != nil {
			t.Fatal(err)
		}
		pass := embedded.MonthPass{Homes: homes, After: w}
		if side == embedded.SideNow {
			pass = embedded.MonthPass{Homes: homes, Before: w}
		}
		count(t, Book(t, m, d), m, d, pass, nil)
		if err := w.Commit(); err != nil {
			t.Fatal(err)
		}
		if sides[i], err = embedded.OpenHomes(path, key(t), "pair", side); err != nil {
			t.Fatal(err)
		}
	}
	counted, err := embedded.Pairs(context.Background(), sides[0], sides[1],
		embedded.PairPass{Period: now.Period, Statistics: each(statistics)}, embedded.Tuning{Workers: d.Workers})
	if err != nil {
		t.Fatal(err)
	}
	return counted
}

func count(t testing.TB, book *embedded.Book, m *drivertest.Month, d drivertest.Division, pass embedded.MonthPass, statistics []func() population.Monthly) []embedded.Counted {
	t.Helper()
	pass.Period, pass.Ground, pass.Statistics = m.Period, m.Ground, each(statistics)
	counted, err := embedded.Month(context.Background(), book, pass, embedded.Tuning{Workers: d.Workers})
	if err != nil {
		t.Fatal(err)
	}
	return counted
}

// each makes one of each for a worker.
func each[S any](makers []func() S) func() []S {
	return func() []S {
		var out []S
		for _, one := range makers {
			out = append(out, one())
		}
		return out
	}
}

// Book reads all days of a month into a book in a folder of the test: shuffled divisions the days in another order, too.
func Book(t testing.TB, m *drivertest.Month, d drivertest.Division) *embedded.Book {
	t.Helper()
	book, err := embedded.OpenBook(t.TempDir(), key(t), embedded.BookMonth{Name: m.Period.Name, Days: m.Periods})
	if err != nil {
		t.Fatal(err)
	}
	days := make([]*embedded.BookDay, len(m.Periods))
	pass := embedded.Pass{Periods: m.Periods, Ground: m.Ground, Filter: filter.Options{Local: []uint16{208}}, Classify: m.Attr,
		Statistics: func(throng.Period) []population.Statistic { return nil },
		Pages:      func(period int) (*embedded.BookDay, *feed.Kin) { return days[period], m.Kin }}
	e := embedded.New(pass, embedded.Tuning{Workers: d.Workers, Shards: d.Shards, Memory: d.Memory, Scratch: t.TempDir()})
	defer e.Close()
	if err := e.Read(context.Background(), m.Parts(d)); err != nil {
		t.Fatal(err)
	}
	order := rand.New(rand.NewPCG(d.Shuffle, 1)).Perm(len(days))
	for i := range days {
		if d.Shuffle != 0 {
			i = order[i]
		}
		if days[i], err = book.Day(i, "rows in memory"); err != nil {
			t.Fatal(err)
		}
		if _, err := e.Period(context.Background(), i); err != nil {
			t.Fatal(err)
		}
		if err := days[i].Commit(); err != nil {
			t.Fatal(err)
		}
	}
	return book
}

// key is AES-256-GCM with a key that is not secret.
func key(t testing.TB) cipher.AEAD {
	t.Helper()
	block, err := aes.NewCipher(make([]byte, 32))
	if err != nil {
		t.Fatal(err)
	}
	aead, err := cipher.NewGCM(block)
	if err != nil {
		t.Fatal(err)
	}
	return aead
}
