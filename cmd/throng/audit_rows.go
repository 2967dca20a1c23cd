package main

import (
	"context"
	"io"

	"github.com/throng-stats/throng/attack"
	"github.com/throng-stats/throng/config"
	"github.com/throng-stats/throng/event"
	"github.com/throng-stats/throng/feed"
)

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
	if ofTrips(w.Product) {
		from, to := u.Stays[0], u.Stays[1]
		row(int64(from.From)*hour, uint32(from.Zone), 0)
		b.End, b.To, b.Origin = append(b.End, start+int64(to.From)*hour), append(b.To, uint32(to.Zone)), append(b.Origin, event.NoOrigin)
		return
	}
	if ofSales(w.Product) {
		for k, s := range u.Sales { // a second apart, so that their order is that of the world
			row(int64(s.Day)*attack.Hours*hour+int64(k)*1000, uint32(s.Zone), 0)
			b.Home, b.Origin = append(b.Home, uint32(s.Home)), append(b.Origin, s.Origin)
			code := [2]uint16{}
			code[codeAt(w.Product)] = s.Code
			b.Code[0], b.Code[1] = append(b.Code[0], code[0]), append(b.Code[1], code[1])
			b.Amount = append(b.Amount, int32(max(-event.MostAmount, min(event.MostAmount, s.Cents))))
			b.Coin, b.Nights = append(b.Coin, s.Coin), append(b.Nights, s.Nights)
		}
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
