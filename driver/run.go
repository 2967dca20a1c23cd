package driver

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/throng-stats/throng"
	"github.com/throng-stats/throng/driver/embedded"
	"github.com/throng-stats/throng/event"
	"github.com/throng-stats/throng/feed"
	"github.com/throng-stats/throng/feed/files"
	"github.com/throng-stats/throng/filter"
	"github.com/throng-stats/throng/population"
	"github.com/throng-stats/throng/privacy/count"
	"github.com/throng-stats/throng/privacy/ledger"
	"github.com/throng-stats/throng/release"
)

// RunOptions say what a run covers and where its results go.
type RunOptions struct {
	// Out is the folder of releases. Required.
	Out string
	// State is the holder's folder of this scope. Default: that of the contract; for public and synthetic data OUT-state.
	State string
	// From and To bound the civil days, both included. Default: those of the agreement, or of the files.
	From, To string
	// Now is the clock, for information and for logs only. Default: the machine's.
	Now func() time.Time
	// Code is the version and revision of the binary. Default "unknown".
	Code string
	// Tuning says how the run uses its machine.
	Tuning embedded.Tuning
	// Note, if set, is told what the run is doing, for a person who waits.
	Note func(text string)
}

// Published is one release of a run.
type Published struct {
	ID, Product, Period string
	Tables, Cells       int
	Rho                 int64 // nano-rho of each charged day
	Already             bool  // published by an earlier run: nothing was spent, the stored bytes stand
	NotBefore           string
}

// Summary is what a run did. Counts are exact: they are for the holder's own screen and stay inside.
type Summary struct {
	Counts    filter.Counts
	Look      []Look // days whose feed is unlike those before it; inside, like the counts
	Published []Published
	Waiting   []string // months whose days are not all there yet
	Spilled   int64
	State     string // folder of ledger, keys and checkpoints
	Ledger    []byte // the public summary
}

// Run takes a feed from its files to published releases. What is published already is not published again: it costs
// nothing, and its bytes stay. A file that does not fit its contract stops the run before anything is published.
func Run(ctx context.Context, job *Job, opt RunOptions) (*Summary, error) {
	r, err := newRunner(job, opt)
	if err != nil {
		return nil, err
	}
	defer r.close()
	r.sum.State = r.opt.State
	passes, err := job.passes(opt.From, opt.To)
	if err != nil {
		return nil, err
	}
	if err := job.refuseQuiet(passes); err != nil {
		return nil, err
	}
	for _, periods := range passes {
		before := r.sum.Counts
		if err := r.pass(ctx, periods); err != nil {
			return nil, errors.Join(err, r.finish())
		}
		if job.sales != nil && before.Rows > 0 { // the same rows, once by day and once by month
			r.sum.Counts = before
		}
	}
	if err := r.finish(); err != nil {
		return nil, err
	}
	return &r.sum, nil
}

// pass reads a feed once and publishes its periods in order.
func (r *runner) pass(ctx context.Context, periods []throng.Period) (err error) {
	keys, err := r.keysOf(periods)
	if err != nil {
		return err
	}
	door := feed.NewDoor(periods, keys.All(), r.job.optOut)
	defer func() {
		for i := range periods {
			door.Forget(i)
		}
		err = errors.Join(err, keys.Destroy())
	}()
	if err := r.pair(door, periods); err != nil {
		return err
	}
	input, err := r.source(ctx, periods, door)
	if err != nil {
		return err
	}
	digest := input.Digest()
	if err := r.freshBudget(digest); err != nil {
		return err
	}
	todo, err := r.todo(periods, digest)
	if err != nil {
		return err
	}
	if !todo {
		return r.countMonths(ctx)
	}
	books, err := r.books(door, periods, r.state.Keyed(digest))
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, books.abort()) }()
	var people *feed.People
	pass := r.job.pass(periods, func(unit uint64) event.Attr { return r.job.attr(people, unit) })
	pass.Pages, pass.LeaveOut = books.pages, func(i int) []bool { return r.job.quietPlaces(periods[i]) }
	engine := embedded.New(pass, r.opt.Tuning)
	defer func() { err = errors.Join(err, engine.Close()) }()
	r.note("reading %s", span([]string{periods[0].Name, periods[len(periods)-1].Name}))
	if err := r.meanwhile(func() error { return engine.Read(ctx, input.Parts()) }); err != nil {
		return err
	}
	r.sum.Spilled += engine.Spilled()
	for i, p := range periods {
		if people, err = r.job.people(ctx, door, i, input.Pseudonyms()); err != nil {
			return err
		}
		var counted []embedded.Counted
		if err := r.meanwhile(func() (err error) { counted, err = engine.Period(ctx, i); return err }); err != nil {
			return err
		}
		if err := books.commit(i); err != nil {
			wipe(counted)
			return err
		}
		if err := r.publishPeriod(ctx, p, digest, counted); err != nil {
			return err
		}
		door.Forget(i)
	}
	r.sum.Counts.Merge(engine.Counts)
	if err := r.remember(periods, engine.Counts); err != nil {
		return err
	}
	return r.countMonths(ctx)
}

// input is what a pass reads.
type input interface {
	Parts() []feed.Part
	Digest() string     // of the whole
	Pseudonyms() string // their type: int, text or bytes
}

// files opens the files of the contract for the periods of a pass.
func (r *runner) files(ctx context.Context, periods []throng.Period, door *feed.Door) (input, error) {
	options := r.job.feed
	var err error
	if options.Files, err = r.job.Contract.FilesFor(dayOf(periods[0])); err != nil {
		return nil, err
	}
	return files.Open(ctx, options, r.job.Ground, door)
}

// meanwhile lets others publish while a pass reads and counts.
func (r *runner) meanwhile(work func() error) error {
	if r.follows {
		r.busy.Unlock()
		defer r.busy.Lock()
	}
	return work()
}

// publishPeriod publishes what is due when the tables of a period are there.
func (r *runner) publishPeriod(ctx context.Context, p throng.Period, digest string, counted []embedded.Counted) error {
	defer wipe(counted) // what was published is wiped already; this is for what was not
	if err := r.days.count(p, r.state.Keyed(digest), r.job.quietOn(p.Name), r.job.viewOf(p).within); err != nil {
		return err
	}
	for _, c := range counted {
		if err := ctx.Err(); err != nil {
			return err
		}
		if c.Product == flowsMonth && !r.job.whole() {
			if err := r.addToMonth(p, digest, c.Tables); err != nil {
				return err
			}
			continue
		}
		if err := r.publish(c.Product, p, digest, c.Tables, 1); err != nil {
			return err
		}
	}
	return nil
}

// addToMonth adds a day to the sum of its month, and publishes the month when it is complete.
func (r *runner) addToMonth(day throng.Period, digest string, tables []*count.Table) error {
	m, err := r.monthOf(day)
	if err != nil {
		return err
	}
	if m == nil { // published
		return nil
	}
	if err := m.add(day.Name, r.state.Keyed(digest), tables); err != nil {
		return err
	}
	if !m.complete() {
		return nil
	}
	if err := r.publish(flowsMonth, m.period, m.input(), m.tables, int64(len(m.want))); err != nil {
		return err
	}
	delete(r.months, m.period.Name)
	return m.forget()
}

// monthOf returns the sum of the month that a day is in, or nil when that month is published.
func (r *runner) monthOf(day throng.Period) (*month, error) {
	p, err := throng.MonthOf(day.Name[:7], r.job.Contract.Location())
	if err != nil {
		return nil, err
	}
	if m := r.months[p.Name]; m != nil {
		return m, nil
	}
	stat := r.job.daily(day)
	spec := r.job.spec(flowsMonth, p, tablesOf(stat.Tables()), r.job.Plan)
	id := r.ledger.ReleaseID(flowsMonth, spec, p.Name, 0)
	if done, ok := r.ledger.Lookup(id); ok {
		return nil, errors.Join(r.state.dropTables(flowsMonth, p.Name), r.stands(flowsMonth, p, id, done.SHA256))
	}
	if stands, err := r.standsAlready(flowsMonth, p); stands || err != nil {
		return nil, err
	}
	m, err := openMonth(r.state, flowsMonth, p, r.job.daysIn(p), release.Digest([]byte(spec)), stat.Tables())
	if err != nil {
		return nil, err
	}
	r.months[p.Name] = m
	return m, nil
}

// todo reports whether anything of these periods is not published yet, and refuses another input for what is.
func (r *runner) todo(periods []throng.Period, digest string) (bool, error) {
	todo := false
	for _, p := range periods {
		if m, err := r.longOf(p); err != nil {
			return false, err
		} else if m != nil {
			missing, err := r.missing(m, p.Name, r.state.Keyed(digest))
			if err != nil {
				return false, err
			}
			todo = todo || missing
		}
		for _, s := range r.job.statistics(p) {
			if s.Product() == flowsMonth && !r.job.whole() {
				m, err := r.monthOf(p)
				if err != nil {
					return false, err
				}
				if m == nil {
					if err := r.state.publishedDay(flowsMonth, p.Name, r.state.Keyed(digest)); err != nil {
						return false, err
					}
				} else {
					in, err := m.has(p.Name, r.state.Keyed(digest))
					if err != nil {
						return false, err
					}
					todo = todo || !in || m.complete() // all days are in, and an earlier run could not publish it
				}
				continue
			}
			done, err := r.already(s, p, digest)
			if err != nil {
				return false, err
			}
			todo = todo || !done
		}
	}
	return todo, nil
}

// standsAlready reports whether a product and period is published under another share, plan or geography. It stands: the same
// counts are not given a second noise because a contract has changed since.
func (r *runner) standsAlready(product string, p throng.Period) (bool, error) {
	id, ok := r.once[product+" "+p.Name]
	if !ok {
		return false, nil
	}
	done, _ := r.ledger.Lookup(id)
	r.note("%s of %s was published under an earlier form of the contract, its plan or its zones; it stands", product, p.Name)
	return true, r.stands(product, p, id, done.SHA256)
}

// publishedOnce lists the release of every product and period that is published and not withdrawn, from the ledger.
func (r *runner) publishedOnce() error {
	r.once = map[string]string{}
	records, err := r.ledger.Records()
	if err != nil {
		return err
	}
	for _, rec := range records {
		if b, ok := rec.Body.(*ledger.Booking); ok {
			if done, ok := r.ledger.Lookup(b.ReleaseID); ok && !done.Withdrawn {
				r.once[b.Product+" "+b.Period] = b.ReleaseID
			}
		}
	}
	return nil
}

// already reports whether the release of a statistic and period is published, and refuses another input for it.
func (r *runner) already(s population.Statistic, p throng.Period, digest string) (bool, error) {
	id := r.ledger.ReleaseID(s.Product(), r.job.spec(s.Product(), p, tablesOf(s.Tables()), r.job.Plan), p.Name, 0)
	done, ok := r.ledger.Lookup(id)
	if !ok {
		other, stands := r.once[s.Product()+" "+p.Name]
		if !stands {
			return false, nil
		}
		id = other
	}
	if was, _ := r.ledger.InputOf(id); was != r.ledger.Input([]byte(digest)) {
		return false, &Error{Kind: Refused, Text: fmt.Sprintf("%s of %s is published, and the input for it has changed since; a period is published once: bring back the input of then, or publish a revision under a share of its own", s.Product(), p.Name)}
	}
	if !ok {
		return r.standsAlready(s.Product(), p)
	}
	return true, r.stands(s.Product(), p, id, done.SHA256)
}

// stands reports a release as published before, when its bytes are here and are those of the ledger.
func (r *runner) stands(product string, p throng.Period, id, sha string) error {
	m, err := r.store.Manifest(id)
	if err != nil {
		return &Error{Kind: Unsafe, Text: fmt.Sprintf("%s of %s is published and paid for, but release %s is not in %s; name the folder it was published into by --out, or copy the release here: it is not drawn a second time",
			product, p.Name, id, r.opt.Out)}
	}
	if got, _ := release.MeasuredDigest(m); got != sha {
		return &Error{Kind: Unsafe, Text: fmt.Sprintf("the stored release %s is not the one in the ledger (digest %.12s, want %.12s); restore it from a copy", id, got, sha)}
	}
	r.published(m, true)
	return nil
}

func (r *runner) published(m release.Manifest, already bool) {
	if r.follows && m.Product == presentLive {
		return // a hundred a day, for ever
	}
	p := Published{ID: m.ID, Product: m.Product, Period: m.Period.Name, Tables: len(m.Parts), Already: already, NotBefore: m.NotBefore}
	for _, part := range m.Parts {
		cells := 1
		for _, axis := range part.Domain {
			cells *= axis.Codes
		}
		p.Cells += cells
		p.Rho += part.Rho
	}
	for _, q := range r.sum.Published {
		if q.ID == p.ID {
			return
		}
	}
	r.sum.Published = append(r.sum.Published, p)
}
