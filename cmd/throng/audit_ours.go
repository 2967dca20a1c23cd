package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"time"

	"github.com/throng-stats/throng"
	"github.com/throng-stats/throng/attack"
	"github.com/throng-stats/throng/config"
	"github.com/throng-stats/throng/driver/embedded"
	"github.com/throng-stats/throng/event"
	"github.com/throng-stats/throng/feed"
	"github.com/throng-stats/throng/filter"
	"github.com/throng-stats/throng/locate"
	"github.com/throng-stats/throng/locate/antenna"
	"github.com/throng-stats/throng/population"
	"github.com/throng-stats/throng/population/flow"
	"github.com/throng-stats/throng/population/market"
	pop "github.com/throng-stats/throng/population/present"
	"github.com/throng-stats/throng/privacy"
	"github.com/throng-stats/throng/privacy/account"
	"github.com/throng-stats/throng/privacy/ledger"
	"github.com/throng-stats/throng/release"
	"github.com/throng-stats/throng/release/memory"
)

// home is the country of the SIMs of an audit, and abroad the network of a device that is nowhere.
const (
	home   = 208
	abroad = 26201
)

// ourPublisher publishes worlds by the stages, the ledger and the door of this program: everything between the feed's own
// door and the store, with fresh randomness. Each world has a ledger and a store of its own, in memory.
type ourPublisher struct {
	ctx    context.Context
	scopes map[string]*scope
}

// scope is what a holder keeps of one set of persons.
type scope struct {
	files *ledger.RAM
	store *memory.Store
	book  *ledger.Ledger // nil before the first question of a process
}

func newOurs(ctx context.Context) *ourPublisher { return &ourPublisher{ctx, map[string]*scope{}} }

// publisher is the value that attacks are given.
func (o *ourPublisher) publisher() attack.Publisher {
	return attack.Publisher{Name: "ours", Proven: true, Publish: o.publish,
		Expect: func(n int64) (float64, bool) { return float64(n), true },
		Again: []attack.Way{
			{Name: "after a restart", Ask: o.afterRestart},
			{Name: "by another division of the work", Ask: o.otherDivision},
			{Name: "after a crash before the noise", Ask: o.afterCrash},
		}}
}

func (o *ourPublisher) publish(w attack.World) (release.Store, error) {
	return o.with(w, embedded.Tuning{Shards: 64})
}

// with publishes a world, or finds that it is published and gives out what is stored.
func (o *ourPublisher) with(w attack.World, tune embedded.Tuning) (release.Store, error) {
	if w.Product != config.Present && w.Product != config.FlowsDay && w.Product != config.Spending {
		return nil, refusal(w.Product)
	}
	s := o.scopes[w.Name]
	if s == nil {
		s = &scope{files: ledger.Memory(), store: &memory.Store{}}
		o.scopes[w.Name] = s
	}
	if err := s.open(w); err != nil {
		return nil, err
	}
	ground, err := groundOf(w)
	if err != nil {
		return nil, err
	}
	engine := embedded.New(passOf(w, ground), tune)
	defer engine.Close()
	if err := engine.Read(o.ctx, partsOf(w)); err != nil {
		return nil, err
	}
	door := privacy.New(s.book)
	for day := range w.Days {
		counted, err := engine.Period(o.ctx, day)
		if err != nil {
			return nil, err
		}
		if err := s.publish(door, w, day, counted[0]); err != nil {
			return nil, err
		}
	}
	return s.store, nil
}

// nano is the loss of a world in the ledger's integers.
func nano(w attack.World) int64 { return int64(w.Rho*account.Nano + .5) }

// open opens the ledger of a scope, once a process, and settles what a crash left.
func (s *scope) open(w attack.World) (err error) {
	if s.book != nil {
		return nil
	}
	day := nano(w) * 2 // one burnt attempt fits
	s.book, err = ledger.Open(s.files, ledger.Options{Scope: w.Name, TimeZone: "UTC", Contract: contractDigest, Code: code(),
		Caps: ledger.Caps{Day: day, Days30: 30 * day, Days365: 365 * day}})
	if err != nil {
		return err
	}
	return s.book.Recover(s.found)
}

// restart ends the process of a scope; the next one finds what is durable.
func (s *scope) restart() {
	if s.book != nil {
		_ = s.book.Close()
	}
	s.files, s.book = s.files.Restart(), nil
}

// found says whether a release lies complete in the store.
func (s *scope) found(id string) (ledger.Found, bool) {
	m, err := s.store.Manifest(id)
	if err != nil {
		return ledger.Found{}, false
	}
	f := ledger.Found{Seq: m.Ledger.Seq, Head: m.Ledger.Head}
	f.SHA256, f.Bytes = release.MeasuredDigest(m)
	return f, true
}

// contractDigest stands for the contract of an audit.
var contractDigest = release.Digest([]byte("throng audit"))

// publish takes the exact tables of a day through the door, as the driver does.
func (s *scope) publish(door *privacy.Door, w attack.World, day int, c embedded.Counted) error {
	p := attack.Day(day)
	order := privacy.Order{Product: c.Product, Period: p.Name, Spec: "audit", Contract: contractDigest, Code: code(), From: p.Name, To: p.Name}
	for _, t := range c.Tables {
		order.Tables = append(order.Tables, privacy.Table{Exact: t, Share: nano(w) / int64(len(c.Tables))})
	}
	ticket, err := door.Reserve(order)
	if already := (*ledger.AlreadyReleased)(nil); errors.As(err, &already) {
		for _, t := range c.Tables {
			t.Wipe()
		}
		return nil
	}
	if err != nil {
		return err
	}
	m := release.Manifest{ID: ticket.ReleaseID, Product: c.Product, Data: "synthetic", Unit: "device-day", Geo: release.GeoRef{ID: "audit", Version: "1"},
		Code: code(), Ledger: release.LedgerRef{Seq: ticket.Seq, Head: ticket.Head},
		Period: release.Period{Name: p.Name, Start: time.UnixMilli(p.Start).UTC(), End: time.UnixMilli(p.End).UTC(), TimeZone: "UTC"}}
	draft := release.Draft{Manifest: m}
	for _, t := range ticket.Draw() {
		if t.Cells != nil {
			return errors.Join(fmt.Errorf("audit: world %s is so large that its table is sparse; attacks want every cell", w.Name), ticket.Burnt())
		}
		draft.Manifest.Parts = append(draft.Manifest.Parts, release.Part{Table: t.Shape.Name, D2: t.D2, Sigma2: t.Sigma2, Rho: t.Rho, Domain: release.Axes(t.Shape)})
		draft.Tables = append(draft.Tables, release.Table{Kind: release.Measured, Shape: t.Shape, Raw: t.Raw, Sigma2: t.Sigma2})
	}
	stored, err := s.store.Put(draft)
	if err != nil {
		return errors.Join(err, ticket.Burnt())
	}
	sha, bytes := release.MeasuredDigest(stored)
	return ticket.Released(sha, bytes, time.Time{})
}

// afterRestart is the next process: it finds what is durable.
func (o *ourPublisher) afterRestart(w attack.World) (release.Store, error) {
	if s := o.scopes[w.Name]; s != nil {
		s.restart()
	}
	return o.publish(w)
}

// otherDivision cuts the work in other ways: one worker, few shards, records on the disk.
func (o *ourPublisher) otherDivision(w attack.World) (release.Store, error) {
	return o.with(w, embedded.Tuning{Workers: 1, Shards: 3, Memory: 1})
}

// afterCrash publishes the same world as another scope that crashes between the booking and the noise, restarts, and
// is asked twice more. Its answers must agree; then the first scope is asked again.
func (o *ourPublisher) afterCrash(w attack.World) (release.Store, error) {
	other := w
	other.Name += "-crashed"
	s := &scope{files: ledger.Memory(), store: &memory.Store{}}
	o.scopes[other.Name] = s
	if err := s.open(other); err != nil {
		return nil, err
	}
	if _, err := s.book.Reserve(ledger.Reservation{Product: w.Product, Spec: "audit", Period: attack.Day(0).Name,
		Parts: []ledger.Part{{Table: "total", D2: attack.Hours, Sigma2: account.Sigma2(attack.Hours, nano(w))}}}); err != nil {
		return nil, err
	}
	s.files.CrashAt(s.files.Operations()+1, ledger.LoseHalf)
	s.restart()
	first, err := o.digests(other)
	if err != nil {
		return nil, err
	}
	if again, err := o.digests(other); err != nil || again != first {
		return nil, fmt.Errorf("audit: after a crash the same question had two answers (%v)", err)
	}
	return o.publish(w)
}

func (o *ourPublisher) digests(w attack.World) (string, error) {
	if _, err := o.publish(w); err != nil {
		return "", err
	}
	list, err := o.scopes[w.Name].store.List()
	text := ""
	for _, m := range list {
		sha, _ := release.MeasuredDigest(m)
		text += sha
	}
	return text, err
}

// refusal is what the contract answers to a product that is not one.
func refusal(product string) error {
	_, err := config.Parse([]byte("throng: 1\nholder: {id: audit, name: Audit}\ndata: synthetic\nproducts: ["+product+"]\n"), ".")
	for _, e := range config.All(err) {
		if e.Key == "products" {
			return fmt.Errorf("%s: %w", e.Text, attack.ErrRefused)
		}
	}
	return fmt.Errorf("audit: the contract did not refuse the product %s, which attacks may not have", product)
}

// groundOf makes each zone of a world a place, a leaf and a zone of its own, by the builder of lists of places.
func groundOf(w attack.World) (*locate.Ground, error) {
	rows := make([]antenna.PlaceRow, w.Zones)
	for i := range rows {
		rows[i] = antenna.PlaceRow{ID: attack.ZoneID(i), Lat: 48 + float64(i/500)*.002, Lon: 2 + float64(i%500)*.003}
	}
	ground, _, _, err := antenna.BuildPlaces(rows, antenna.PlacesOptions{})
	return ground, err
}

// spendingBound is the most that counts of one purchase, in cents.
const spendingBound = 20_000

// passOf is the reading of a world's rows.
func passOf(w attack.World, ground *locate.Ground) embedded.Pass {
	pass := embedded.Pass{Ground: ground, Filter: filter.Options{Local: []uint16{home}, JumpSpeed: -1},
		Statistics: func(p throng.Period) []population.Statistic {
			if w.Product == config.FlowsDay {
				return []population.Statistic{flow.Daily(config.FlowsDay, ground, p, flow.Options{Consecutive: true})}
			}
			return []population.Statistic{pop.New(ground, p, pop.Options{})}
		},
		Classify: func(uint64, uint16, bool) event.Attr { return event.Attr{} }}
	if w.Product == config.Spending {
		pass.Sales = true
		pass.Statistics = func(throng.Period) []population.Statistic {
			return []population.Statistic{market.NewSpending(&market.Ground{Places: ground, Where: true}, market.SpendingOptions{Bound: spendingBound})}
		}
	}
	for day := range w.Days {
		pass.Periods = append(pass.Periods, attack.Day(day))
	}
	return pass
}

var _ feed.Reader = (*worldReader)(nil)

// worldPart is a range of the units of a world as a piece of a feed, already behind the feed's door.
type worldPart struct {
	world    *attack.World
	from, to int
}

func partsOf(w attack.World) []feed.Part {
	const parts = 4
	var list []feed.Part
	for i := range parts {
		list = append(list, worldPart{&w, i * len(w.Units) / parts, (i + 1) * len(w.Units) / parts})
	}
	return list
}

// Name of the part.
func (worldPart) Name() string { return "an invented world" }

// Bytes of the part.
func (p worldPart) Bytes() int64 { return int64(p.to - p.from) }

// Rows of the part are not known before.
func (worldPart) Rows() int64 { return -1 }

// Open begins to read.
func (p worldPart) Open(context.Context) (feed.Reader, error) {
	return &worldReader{part: p, at: p.from}, nil
}

// worldReader makes the rows that tell where units are.
type worldReader struct {
	part worldPart
	at   int
}

// Close does nothing.
func (*worldReader) Close() error { return nil }

// Read makes the rows of as many units as fit.
func (r *worldReader) Read(ctx context.Context, b *event.Batch) (func(), error) {
	b.Reset()
	for ; r.at < r.part.to && b.Len() < feed.BatchRows/2; r.at++ {
		rowsOf(r.part.world, r.at, b)
	}
	if b.Len() == 0 {
		return nil, io.EOF
	}
	return func() {}, ctx.Err()
}

const hour = int64(3600e3)

// rowsOf appends the rows of a unit: one as it enters a zone, one as it leaves, one every twelve hours between, and, where
// it is nowhere before or after, a row from a network abroad, so that the silence is not taken for presence. For flows a
// row as it enters is enough.
func rowsOf(w *attack.World, i int, b *event.Batch) {
	u := &w.Units[i]
	start := attack.Day(0).Start
	row := func(at int64, place uint32, network uint32) {
		b.Unit, b.Time, b.Place = append(b.Unit, uint64(i)*0x9e3779b97f4a7c15|1), append(b.Time, start+at), append(b.Place, place)
		b.Bad, b.SIM, b.Network = append(b.Bad, 0), append(b.SIM, home), append(b.Network, network)
	}
	if w.Product == config.Spending {
		row(0, uint32(u.Stays[0].Zone), 0)
		b.Amount = append(b.Amount, int32(u.Cents))
		return
	}
	if w.Product == config.FlowsDay {
		for _, s := range u.Stays {
			row(int64(s.From)*hour, uint32(s.Zone), 0)
		}
		return
	}
	for k, s := range u.Stays {
		from, to := int64(s.From)*hour, int64(s.To)*hour
		if dayBegins := s.From%attack.Hours == 0; !dayBegins && (k == 0 || u.Stays[k-1].To != s.From) {
			row(from, event.NoPlace, abroad)
			from++ // half of the silence between the two rows is none, so it is in the zone from the hour on
		}
		step := 12 * hour
		if u.Events > 0 {
			step = hour / int64(u.Events)
		}
		for at := from; at < to; at += step {
			row(at, uint32(s.Zone), 0)
		}
		row(to-1, uint32(s.Zone), 0)
		if dayEnds := s.To%attack.Hours == 0; !dayEnds && (k == len(u.Stays)-1 || u.Stays[k+1].From != s.To) {
			row(to, event.NoPlace, abroad)
		}
	}
}
