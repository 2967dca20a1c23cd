package main

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/throng-stats/throng"
	"github.com/throng-stats/throng/attack"
	"github.com/throng-stats/throng/config"
	"github.com/throng-stats/throng/driver/embedded"
	"github.com/throng-stats/throng/event"
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

// forget drops the worlds of an attack that is done: names of worlds belong to one attack.
func (o *ourPublisher) forget() { clear(o.scopes) }

func (o *ourPublisher) publish(w attack.World) (release.Store, error) {
	return o.with(w, embedded.Tuning{Shards: 64})
}

// with publishes a world, or finds that it is published and gives out what is stored.
func (o *ourPublisher) with(w attack.World, tune embedded.Tuning) (release.Store, error) {
	if w.Product == attack.Areas || w.Product == attack.Visitors {
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
	if w.Product == attack.Live {
		return s.store, o.bins(s, w, ground)
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
		if err := s.publish(door, w, w.Period(day), counted[0]); err != nil {
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

// publish takes the exact tables of a period through the door, as the driver does.
func (s *scope) publish(door *privacy.Door, w attack.World, p throng.Period, c embedded.Counted) error {
	var tables []privacy.Table
	for _, t := range c.Tables {
		tables = append(tables, privacy.Table{Exact: t, Share: nano(w) / int64(len(c.Tables))})
	}
	return s.put(door, c.Product, p, p, tables)
}

// put publishes tables of a period whose rows are of these days, each of which is charged.
func (s *scope) put(door *privacy.Door, product string, p, of throng.Period, tables []privacy.Table) error {
	days := of.DaysOf(time.UTC)
	order := privacy.Order{Product: product, Period: p.Name, Spec: "audit", Contract: contractDigest, Code: code(), From: days[0].Name, To: days[len(days)-1].Name, Tables: tables}
	ticket, err := door.Reserve(order)
	if already := (*ledger.AlreadyReleased)(nil); errors.As(err, &already) {
		for _, t := range tables {
			t.Exact.Wipe()
		}
		return nil
	}
	if err != nil {
		return err
	}
	m := release.Manifest{ID: ticket.ReleaseID, Product: product, Data: "synthetic", Unit: "device-day", Geo: release.GeoRef{ID: "audit", Version: "1"},
		Code: code(), Ledger: release.LedgerRef{Seq: ticket.Seq, Head: ticket.Head},
		Period: release.Period{Name: p.Name, Start: time.UnixMilli(p.Start).UTC(), End: time.UnixMilli(p.End).UTC(), TimeZone: "UTC"}}
	draft := release.Draft{Manifest: m}
	for _, t := range ticket.Draw() {
		if t.Cells != nil {
			return errors.Join(fmt.Errorf("audit: a table of %s is so large that it is sparse; attacks want every cell", product), ticket.Burnt())
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
	if _, err := s.book.Reserve(ledger.Reservation{Product: w.Product, Spec: "audit", Period: w.Period(0).Name, From: attack.Day(0).Name,
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
	rows := make([]antenna.PlaceRow, w.Places())
	for i := range rows {
		rows[i] = antenna.PlaceRow{ID: attack.ZoneID(i), Lat: 48 + float64(i/500)*.002, Lon: 2 + float64(i%500)*.003}
	}
	ground, _, _, err := antenna.BuildPlaces(rows, antenna.PlacesOptions{})
	return ground, err
}

// passOf is the reading of a world's rows.
func passOf(w attack.World, ground *locate.Ground) embedded.Pass {
	pass := embedded.Pass{Ground: ground, Filter: filter.Options{Local: []uint16{home}, JumpSpeed: -1},
		Trips: ofTrips(w.Product), Sales: ofSales(w.Product),
		Statistics: func(p throng.Period) []population.Statistic { return []population.Statistic{statisticOf(w, ground, p)} },
		Classify:   func(uint64, uint16, bool) event.Attr { return event.Attr{} }}
	for day := range w.Days {
		pass.Periods = append(pass.Periods, w.Period(day))
	}
	return pass
}

// ofSales reports whether a product is made of the rows of a company's feed.
func ofSales(product string) bool {
	return slices.Contains([]string{config.Spending, config.Market, config.Bookings, config.Cases, config.Reports}, product)
}

// ofTrips reports whether the rows of a product are trips.
func ofTrips(product string) bool { return product == config.Vehicles || product == config.FlowsMonth }

// codeAt tells which of the two codes of a row a world's codes are: of a case the second, its reason; the first is the body.
func codeAt(product string) int {
	if product == config.Cases {
		return 1
	}
	return 0
}

// statisticOf is the product of a world, with the bounds that its contract declares.
func statisticOf(w attack.World, ground *locate.Ground, p throng.Period) population.Statistic {
	g := &market.Ground{Places: ground, Where: true, Weak: w.Product == config.Reports, Month: w.Month, Origins: attack.CodesOf(throng.DimOrigin, w.Codes)}
	switch {
	case w.Only == attack.Origin:
		g.Origins = attack.CodesOf(throng.DimOrigin, w.Zones*w.Codes)
	case w.Codes > 0:
		g.Codes[codeAt(w.Product)] = throng.Dim{Name: w.Of(), Codes: attack.CodesOf(w.Of(), w.Codes)}
	}
	if w.Coins > 0 {
		g.Coins = attack.CodesOf(throng.DimCurrency, w.Coins)
	}
	switch w.Product {
	case config.Spending:
		o := market.SpendingOptions{Cells: attack.BoundCells, Bound: attack.BoundCents, Sales: attack.BoundSales, Net: w.Net}
		if w.Net {
			o.Total = attack.BoundTotal
		}
		if w.Only == attack.Sizes {
			o.Sales, o.Classes, o.Exponent = 0, w.AmountClasses(), 2
		}
		return market.NewSpending(g, o)
	case config.Market:
		return market.NewCustomers(g, market.CustomersOptions{Homes: w.Only == "", Cells: attack.BoundCells, Origins: w.Only == attack.Origin})
	case config.Bookings:
		return market.NewBookings(g, market.BookingsOptions{Trips: attack.BoundTrips, Nights: attack.BoundNights, Origins: w.Codes > 0})
	case config.Cases:
		return market.NewCases(g, attack.BoundCases, true)
	case config.Reports:
		return market.NewReports(g)
	case config.Vehicles:
		return flow.Vehicles(ground, p)
	case config.FlowsMonth:
		return flow.Pairs(ground, nil)
	case config.FlowsDay:
		return flow.Daily(config.FlowsDay, ground, p, flow.Options{Consecutive: true})
	}
	return pop.New(ground, p, pop.Options{})
}
