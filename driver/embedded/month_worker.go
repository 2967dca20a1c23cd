package embedded

import (
	"fmt"
	"slices"

	"github.com/throng-stats/throng/driver/embedded/internal/pages"
	"github.com/throng-stats/throng/event"
	"github.com/throng-stats/throng/mobility"
	"github.com/throng-stats/throng/population"
)

// monthWorker turns the pages of a unit into its month and counts it.
type monthWorker struct {
	*tally
	book          *Book
	places        uint32 // of the ground
	machine       *mobility.Machine
	stats         []population.Monthly
	homes         population.Homes
	before, after *pages.HomesWriter
	at            population.Month // at hand
	from, until   int64            // of the window
}

func newMonthWorker(book *Book, pass MonthPass) (*monthWorker, error) {
	w := &monthWorker{book: book, places: uint32(len(pass.Ground.Places)), machine: mobility.New(pass.Mobility, pass.Ground)}
	if pass.Statistics != nil {
		w.stats = pass.Statistics()
	}
	var err error
	if w.tally, err = newTally(w.stats); err != nil {
		return nil, err
	}
	if pass.Homes != nil {
		w.homes = pass.Homes()
		if pass.Before != nil {
			w.before = pass.Before.Writer()
		}
		if pass.After != nil {
			w.after = pass.After.Writer()
		}
	}
	days := book.Month().Days
	w.at = population.Month{Period: pass.Period, Days: days}
	w.from, w.until = days[0].Start, days[len(days)-1].End
	return w, nil
}

// shard runs the units of one shard.
func (w *monthWorker) shard(i int) error {
	all, err := w.book.Shard(i)
	if err != nil {
		return err
	}
	for from := 0; from < len(all); {
		end := from + 1
		for end < len(all) && all[end].Unit == all[from].Unit {
			end++
		}
		if err := w.unit(all[from:end]); err != nil {
			return err
		}
		from = end
	}
	return nil
}

// unit runs one unit: its days together, one machine over the month, statistics, bounded count, homes.
func (w *monthWorker) unit(days []population.Page) error {
	m, first := &w.at, &days[0]
	m.Attr, m.SIM, m.Inbound = first.Attr, first.SIM, first.Inbound
	m.Active, m.Seen = m.Active[:0], m.Seen[:0]
	for i := range days {
		m.Active = append(m.Active, days[i].Day)
		m.Seen = append(m.Seen, days[i].Seen...)
	}
	if slices.ContainsFunc(m.Seen, func(s mobility.Seen) bool { return s.Place != event.NoPlace && s.Place >= w.places }) {
		return fmt.Errorf("month %s: its pages name places that the cell plan does not have; bring back the cell plan under which its days were read", m.Period.Name)
	}
	m.Segments, m.Spans = w.machine.Month(m.Seen, w.from, w.until)
	for i, s := range w.stats {
		w.tally.unit(i, func(emit population.Emit) { s.Contribute(m, emit) })
	}
	if w.homes == nil {
		return nil
	}
	return w.keep(first, w.homes.Home(m))
}

// keep writes the home of a unit under its pseudonyms of the two pairs of months.
func (w *monthWorker) keep(p *population.Page, home population.Home) error {
	if w.before != nil && p.Before != 0 {
		if err := w.before.Add(pages.Home{Unit: p.Before, Attr: p.Attr, Home: home}); err != nil {
			return err
		}
	}
	if w.after != nil && p.After != 0 {
		return w.after.Add(pages.Home{Unit: p.After, Attr: p.Attr, Home: home})
	}
	return nil
}

// end hands over the homes that are left.
func (w *monthWorker) end() error {
	for _, h := range []*pages.HomesWriter{w.before, w.after} {
		if h != nil {
			if err := h.Flush(); err != nil {
				return err
			}
		}
	}
	return nil
}

// pairWorker joins the homes of two months and counts the pairs.
type pairWorker struct {
	*tally
	before, now *Homes
	stats       []population.Paired
	at          population.Pair // at hand
}

func newPairWorker(before, now *Homes, pass PairPass) (*pairWorker, error) {
	w := &pairWorker{before: before, now: now, stats: pass.Statistics(), at: population.Pair{Period: pass.Period}}
	var err error
	w.tally, err = newTally(w.stats)
	return w, err
}

// shard joins one shard: both files are divided by the pseudonym of the pair.
func (w *pairWorker) shard(i int) error {
	before, err := w.before.Shard(i)
	if err != nil {
		return err
	}
	now, err := w.now.Shard(i)
	if err != nil {
		return err
	}
	pages.Join(before, now, func(b, n *pages.Home) {
		w.at.Attr, w.at.Before, w.at.Now = n.Attr, b.Home, n.Home
		for k, s := range w.stats {
			w.tally.unit(k, func(emit population.Emit) { s.Contribute(&w.at, emit) })
		}
	})
	return nil
}

func (w *pairWorker) end() error { return nil }
