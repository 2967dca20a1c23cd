package main

import (
	"errors"
	"io"

	"github.com/throng-stats/throng/attack"
	"github.com/throng-stats/throng/driver/live"
	"github.com/throng-stats/throng/event"
	"github.com/throng-stats/throng/feed"
	"github.com/throng-stats/throng/filter"
	"github.com/throng-stats/throng/locate"
	"github.com/throng-stats/throng/population"
	pop "github.com/throng-stats/throng/population/present"
	"github.com/throng-stats/throng/privacy"
)

// bins publishes the live bins of a world's day, as throng live does: rows are kept by device, bins close by the log's clock, each goes
// through the door with its part of the day's loss. Yesterday is not carried on, for then a whole day is in all that was paid for and an
// attack can be as strong as its bound; and the whole loss is that of the leaves, which attackers read.
func (o *ourPublisher) bins(s *scope, w attack.World, ground *locate.Ground) error {
	day := attack.Day(0)
	options := live.Options{Ground: ground, Filter: filter.Options{Local: []uint16{home}, JumpSpeed: -1}, Carry: -1}
	options.EnsureDefaults()
	crowd := live.New(options)
	crowd.Begin(day)
	for _, part := range partsOf(w) {
		if err := o.fill(crowd, part); err != nil {
			return err
		}
	}
	crowd.Add(new(event.Batch), feed.Mark{Clock: day.End + options.Late})
	door := privacy.New(s.book)
	for {
		bin, _, ok := crowd.Due()
		if !ok || !crowd.Ready(bin) {
			return nil
		}
		tables, err := crowd.Close(bin, func() population.Statistic { return pop.NewLive(ground, bin, false) }, nil)
		if err != nil {
			return err
		}
		for _, t := range tables[1:] {
			t.Wipe()
		}
		leaves := privacy.Table{Exact: tables[0], Share: nano(w), Whole: uint64(day.Bins(options.Bin))}
		if err := s.put(door, attack.Live, bin, day, []privacy.Table{leaves}); err != nil {
			return err
		}
	}
}

// fill gives the rows of a part to a crowd, before its clock has begun.
func (o *ourPublisher) fill(crowd *live.Crowd, part feed.Part) (err error) {
	r, err := part.Open(o.ctx)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, r.Close()) }()
	var b event.Batch
	for {
		done, err := r.Read(o.ctx, &b)
		if err == io.EOF {
			return nil
		}
		if err != nil {
			return err
		}
		crowd.Add(&b, feed.Mark{})
		done()
	}
}
