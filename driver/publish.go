package driver

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/throng-stats/throng"
	"github.com/throng-stats/throng/feed"
	"github.com/throng-stats/throng/privacy"
	"github.com/throng-stats/throng/privacy/count"
	"github.com/throng-stats/throng/privacy/ledger"
	"github.com/throng-stats/throng/privacy/result"
	"github.com/throng-stats/throng/reckon"
	"github.com/throng-stats/throng/reckon/allot"
	"github.com/throng-stats/throng/release"
	"github.com/throng-stats/throng/release/disk"
)

// methodVersion is the version of the definitions; it stands in every manifest.
const methodVersion = "1"

// runner is one run in the making.
type runner struct {
	job     *Job
	opt     RunOptions
	state   *State
	store   release.Store
	ledger  *ledger.Ledger
	door    *privacy.Door
	caps    capsInForce
	months  map[string]*month
	longs   map[string]*longMonth
	days    *dayBook
	sum     Summary
	first   string       // civil day of the first release of the scope
	busy    sync.Mutex   // held but while a pass reads and counts; a log is followed meanwhile
	refused atomic.Int64 // releases of a followed log for which too little was left
	follows bool         // a log is followed, and pseudonyms of a day last until it is counted
	source  func(ctx context.Context, periods []throng.Period, door *feed.Door) (input, error)

	once      map[string]string       // release of each published "product period"
	indexes   map[string]*allot.Index // by version of the geography
	rehearsed map[string]bool         // products and geographies that were reckoned with zeros
}

func newRunner(job *Job, opt RunOptions) (*runner, error) {
	if opt.Now == nil {
		opt.Now = time.Now
	}
	if err := job.ownState(opt.State); err != nil {
		return nil, err
	}
	if opt.State == "" {
		opt.State = job.stateDir(opt.Out)
	}
	if err := apart(opt.State, opt.Out); err != nil {
		return nil, err
	}
	store, err := disk.Open(opt.Out)
	if err != nil {
		return nil, err
	}
	r := &runner{job: job, opt: opt, store: store, months: map[string]*month{}, longs: map[string]*longMonth{}, caps: job.caps(), rehearsed: map[string]bool{}}
	r.source = r.files
	if err := r.open(); err != nil {
		r.close()
		return nil, err
	}
	return r, nil
}

// apart refuses a state folder among the releases, which anybody may be served, and releases inside the state folder.
func apart(state, out string) error {
	a, b := resolved(state), resolved(out)
	for _, pair := range [][2]string{{a, b}, {b, a}} {
		if rel, err := filepath.Rel(pair[0], pair[1]); err == nil && rel != ".." && !strings.HasPrefix(rel, ".."+string(filepath.Separator)) {
			return &Error{Kind: Unsafe, Text: fmt.Sprintf("the state folder %s and the releases %s lie within each other; ledger, keys and sums are never among what is served: name two folders apart", state, out)}
		}
	}
	return nil
}

// resolved is a path without links, as far as it exists.
func resolved(path string) string {
	abs, err := filepath.Abs(path)
	if err != nil {
		return path
	}
	for at, rest := abs, ""; ; {
		if real, err := filepath.EvalSymlinks(at); err == nil {
			return filepath.Join(real, rest)
		}
		up := filepath.Dir(at)
		if up == at {
			return abs
		}
		rest = filepath.Join(filepath.Base(at), rest)
		at = up
	}
}

// open takes the ledger, and with it the lock of the state folder, before anything else of the state is touched, for two
// runs that begin at once must not both make a key; then it opens the memory of the scope and publishes the geography.
func (r *runner) open() (err error) {
	if err := r.openLedger(); err != nil {
		return err
	}
	if r.state, err = OpenState(r.opt.State, r.opt.Now); err != nil {
		return err
	}
	if err := r.publishedOnce(); err != nil {
		return err
	}
	if err := r.state.sweep(); err != nil {
		return err
	}
	r.opt.Tuning.Scratch = r.state.Dir("checkpoint")
	if err := r.openDays(); err != nil {
		return err
	}
	if err := r.store.PutGeography(r.job.Geo); err != nil && !errors.Is(err, release.ErrExists) {
		return err
	}
	return nil
}

// openLedger opens the ledger of the scope, and finishes what a crash left: a release that is stored is completed, one
// that is not is burnt.
func (r *runner) openLedger() error {
	footers, err := r.anchors()
	if err != nil {
		return err
	}
	r.ledger, err = ledger.Open(ledger.Disk(filepath.Join(r.opt.State, "ledger")), ledger.Options{
		Scope: r.job.Contract.Scope(), TimeZone: r.job.Contract.Clock, Footers: footers, Now: r.opt.Now, Contract: r.job.Contract.SHA256(), Code: r.opt.Code,
		Caps: ledger.Caps{Day: r.caps.Day, Days30: r.caps.Days30, Days365: r.caps.Days365}, Raise: r.job.raise(), Keys: r.job.keys(),
	})
	if err != nil {
		return err
	}
	r.door = privacy.New(r.ledger)
	if err := r.leftReadable(); err != nil {
		return err
	}
	return r.ledger.Recover(func(id string) (ledger.Found, bool) {
		m, err := r.store.Manifest(id)
		if err != nil || r.verify(m) != nil {
			return ledger.Found{}, false
		}
		f := ledger.Found{Seq: m.Ledger.Seq, Head: m.Ledger.Head, NotBefore: instant(m.NotBefore)}
		f.SHA256, f.Bytes = release.MeasuredDigest(m)
		return f, true
	})
}

// anchors are what the releases of this scope say about the ledger that paid for them. The store that reads them is let go with what it
// keeps of every release: the one that publishes needs none of it.
func (r *runner) anchors() (footers []ledger.Footer, err error) {
	past, err := disk.OpenReadOnly(r.opt.Out)
	if err != nil {
		return nil, err
	}
	heads, err := past.Heads()
	if err != nil {
		return nil, err
	}
	for _, h := range heads {
		if h.Geo.ID != r.job.Geo.ID { // the geography is named after holder and feed, which are the scope
			continue
		}
		m, err := past.Manifest(h.ID)
		if err != nil {
			return nil, err
		}
		r.first = earlier(r.first, publishedOn(m, r.job.Contract.Location()))
		footers = append(footers, ledger.Footer{ReleaseID: m.ID, Seq: m.Ledger.Seq, Head: m.Ledger.Head})
	}
	return footers, nil
}

// leftReadable stops when a release that an earlier process left half-booked lies in the folder and cannot be read: it may be
// whole, and to burn it would pay for it twice.
func (r *runner) leftReadable() error {
	for _, t := range r.ledger.OpenReservations() {
		m, err := r.store.Manifest(t.ReleaseID)
		if errors.Is(err, release.ErrMissing) {
			continue
		}
		if err == nil {
			err = r.verify(m)
		}
		if err != nil {
			return &Error{Kind: Unsafe, Text: fmt.Sprintf("release %s was being published when an earlier run ended, and its folder cannot be read (%v); make it readable, restore it, or move that folder away, and run again", t.ReleaseID, err)}
		}
	}
	return nil
}

// verify reads every file of a release, which checks its digest.
func (r *runner) verify(m release.Manifest) error {
	for _, f := range m.Files {
		open, err := r.store.Open(m.ID, f.Path)
		if err != nil {
			return err
		}
		_, err = io.Copy(io.Discard, open)
		if err = errors.Join(err, open.Close()); err != nil {
			return err
		}
	}
	return nil
}

func instant(text string) time.Time {
	t, _ := time.Parse(time.RFC3339, text) // written by manifest
	return t
}

func (r *runner) note(format string, args ...any) {
	if r.opt.Note != nil {
		r.opt.Note(fmt.Sprintf(format, args...))
	}
}

// summarise writes the public summary of the ledger.
func (r *runner) summarise() error {
	text, err := json.MarshalIndent(r.ledger.Summary(r.job.Contract.UnitOfPrivacy(), r.job.Contract.Privacy.Profile), "", "  ")
	if err != nil {
		return err
	}
	r.sum.Ledger = text
	return r.store.PutSummary(text)
}

// finish writes the public summary of the ledger, and what the run counted inside.
func (r *runner) finish() error {
	for _, m := range r.months {
		r.sum.Waiting = append(r.sum.Waiting, fmt.Sprintf("%s: %d of %d days", m.period.Name, len(m.days), len(m.want)))
	}
	r.sum.Waiting = append(r.sum.Waiting, r.waiting()...)
	inside, err := json.MarshalIndent(struct {
		Time   string
		Counts any
	}{r.opt.Now().UTC().Format(time.RFC3339), r.sum.Counts.Lines()}, "", "  ")
	if err != nil {
		return err
	}
	return errors.Join(r.summarise(),
		writeDurably(filepath.Join(r.state.Dir("inside"), "last-run.json"), append(inside, '\n'), 0o600))
}

func (r *runner) close() {
	if r.ledger != nil {
		_ = r.ledger.Close()
	}
	if store, ok := r.store.(io.Closer); ok {
		_ = store.Close()
	}
}

// outgoing is a release that is to be paid for, drawn and stored.
type outgoing struct {
	product  string
	period   throng.Period
	digest   string // of the input
	exact    []*count.Table
	days     int64  // that one table sums
	from, to string // civil days whose records can change it
	before   string // civil day that is carried into it, or ""
	whole    uint64 // D2 of all releases under one budget of a day, or 0
}

// publish takes the exact tables of a product and period through the door and stores the release.
func (r *runner) publish(product string, p throng.Period, digest string, exact []*count.Table, days int64) error {
	o := outgoing{product: product, period: p, digest: digest, exact: exact, days: days}
	o.from, o.to = r.job.window(product, p)
	return r.send(o)
}

func (r *runner) send(o outgoing) error {
	product, p, exact := o.product, o.period, o.exact
	if err := r.state.witness(product, p.Name, exact); err != nil {
		return err
	}
	shapes := shapesOf(exact)
	for i := range shapes {
		shapes[i].whole = o.whole
	}
	spec := r.job.spec(product, p, shapes, r.job.Plan)
	order := privacy.Order{Product: product, Period: p.Name, Spec: spec, Contract: r.job.Contract.SHA256(), Code: r.opt.Code, Input: []byte(o.digest),
		From: o.from, To: o.to, Before: o.before}
	if err := r.rehearse(product, r.job.viewOf(p).geo, exact); err != nil {
		return err
	}
	id := r.ledger.ReleaseID(product, spec, p.Name, 0)
	if _, released := r.ledger.Lookup(id); !released {
		if _, err := r.store.Manifest(id); err == nil {
			return &Error{Kind: Unsafe, Text: fmt.Sprintf("release %s of %s %s lies in %s, but the ledger does not know it as published; move that folder away", id, product, p.Name, r.opt.Out)}
		}
	}
	for _, t := range exact {
		order.Tables = append(order.Tables, privacy.Table{Exact: t, Share: r.job.Plan[product+"/"+t.Shape.Name], Days: o.days, Whole: o.whole})
	}
	bounds := boundsOf(exact, o.days, o.whole)
	ticket, err := r.door.Reserve(order)
	if already := (*ledger.AlreadyReleased)(nil); errors.As(err, &already) {
		for _, t := range exact {
			t.Wipe()
		}
		return r.stands(product, p, already.Release.ID, already.Release.SHA256)
	}
	if r.follows && ledger.IsSpent(err) { // it will not come back for this period; those after it have their own
		r.refused.Add(1)
		r.note("%s %s is not published: %v", product, p.Name, err)
		return nil
	}
	if err != nil {
		return err
	}
	m, err := r.keep(product, p, ticket, bounds)
	if err != nil {
		var there error
		if m, there = r.store.Manifest(ticket.ReleaseID); there != nil || m.Ledger.Seq != ticket.Seq || m.Ledger.Head != ticket.Head {
			return errors.Join(err, ticket.Burnt())
		} // stored all the same: the error came after the release was at its place
	}
	sha, bytes := release.MeasuredDigest(m)
	if err := ticket.Released(sha, bytes, instant(m.NotBefore)); err != nil {
		return err
	}
	r.once[product+" "+p.Name] = m.ID
	r.published(m, false)
	return nil
}

// rehearse reckons with tables of zeros, once a product and geography, so that a geography that cannot be reckoned with
// stops the run before anything is paid for.
func (r *runner) rehearse(product string, geo release.Geography, exact []*count.Table) error {
	if r.rehearsed[product+" "+geo.Version] {
		return nil
	}
	var zeros []result.Table
	for _, t := range exact {
		zero := result.Table{Shape: t.Shape, Sigma2: 1}
		if t.Sparse() {
			zero.Cells, zero.Tau = []uint64{}, 1
		} else {
			zero.Raw = make([]int64, t.Shape.Cells())
		}
		zeros = append(zeros, zero)
	}
	options, err := r.reckoning(product, geo)
	if err != nil {
		return err
	}
	options.Redraws = 10 // nobody reads these margins
	if _, err := reckon.EstimatesWith(product, geo, zeros, options); err != nil {
		return &Error{Kind: Invalid, Text: err.Error()}
	}
	if err := r.store.PutGeography(geo); err != nil && !errors.Is(err, release.ErrExists) {
		return err
	}
	r.rehearsed[product+" "+geo.Version] = true
	return nil
}

// reckoning is how a product is estimated. The index of a geography is made once: a bin of a log would else wait for it longer than for
// all the rest.
func (r *runner) reckoning(product string, geo release.Geography) (reckon.Options, error) {
	o := r.job.reckoning()
	if product != reckon.ProductLive && product != reckon.ProductPresent {
		return o, nil
	}
	if r.indexes[geo.Version] == nil {
		index, err := allot.NewIndex(geo)
		if err != nil {
			return o, &Error{Kind: Invalid, Text: err.Error()}
		}
		r.indexes = map[string]*allot.Index{geo.Version: index} // those of quiet days come and go
	}
	o.Index = r.indexes[geo.Version]
	return o, nil
}

// keep draws the noise, reckons, and stores the release as a whole.
func (r *runner) keep(product string, p throng.Period, ticket *privacy.Ticket, bounds map[string]unitBound) (release.Manifest, error) {
	noisy := ticket.Draw()
	draft := release.Draft{Manifest: r.job.manifest(product, p)}
	m := &draft.Manifest
	m.ID, m.Code = ticket.ReleaseID, r.opt.Code
	m.Ledger = release.LedgerRef{Seq: ticket.Seq, Head: ticket.Head}
	for _, t := range noisy {
		m.Parts = append(m.Parts, release.Part{Table: t.Shape.Name, D2: t.D2, Sigma2: t.Sigma2, Rho: t.Rho, Domain: release.Axes(t.Shape), Tau: t.Tau, False: t.False})
	}
	draft.Tables = reckon.Measured(noisy)
	geo := r.job.viewOf(p).geo
	options, err := r.reckoning(product, geo)
	if err != nil {
		return *m, err
	}
	estimates, err := reckon.EstimatesWith(product, geo, noisy, options)
	if err != nil {
		return *m, err
	}
	draft.Tables = append(draft.Tables, estimates...)
	if draft.Texts, err = r.claims(*m, bounds, r.groupsOf(product, p)...); err != nil {
		return *m, err
	}
	if draft.Texts["quality.json"], err = r.quality(*m, p, estimates); err != nil {
		return *m, err
	}
	if text := r.job.clamping(product, estimates); text != nil {
		draft.Texts["clamping.json"] = text
	}
	return r.store.Put(draft)
}
