package files

import (
	"context"
	"io"

	"github.com/throng-stats/throng/event"
	"github.com/throng-stats/throng/feed"
	"github.com/throng-stats/throng/locate"
)

// Report says what a feed is like, for whoever holds it: its exact numbers must not leave the holder.
type Report struct {
	Files    int
	Bytes    int64
	Rows     int64
	Usable   int64       // rows without any reason to reject them
	Unknown  int64       // rows that name a place which the cell plan does not have
	Rejected []Rejection // reasons that occur, in the order of event.BadNames
	First    int64       // earliest time of a usable row, milliseconds since 1970 UTC; 0 when there is none
	Last     int64       // latest
	Digest   string
}

// Rejection is one reason, how many rows have it, and where the first of them is.
type Rejection struct {
	Why    event.Bad
	Name   string // event.BadNames
	Rows   int64
	File   string
	Row    int64 // the first after the header is 1
	Column string
}

// Check reads everything and counts what cannot be used. It needs no keys: a nil door makes no pseudonyms, a door
// without periods still knows who opted out.
func Check(ctx context.Context, opts feed.Options, ground *locate.Ground, door *feed.Door) (Report, error) {
	f, err := Open(ctx, opts, ground, door)
	if err != nil {
		return Report{}, err
	}
	r := Report{Files: len(f.sources), Bytes: f.Bytes(), Digest: f.Digest()}
	all := make([]Rejection, len(event.BadNames))
	for _, s := range f.sources {
		for _, p := range s.pieces {
			if err := r.add(ctx, &part{f, s, p}, all); err != nil {
				return Report{}, err
			}
		}
	}
	for bit, j := range all {
		if j.Rows > 0 {
			j.Why, j.Name = 1<<bit, event.BadNames[bit]
			r.Rejected = append(r.Rejected, j)
			if j.Why == event.UnknownPlace {
				r.Unknown = j.Rows
			}
		}
	}
	return r, nil
}

// add reads one part. Parts come in the order of files and rows, so the first offence that is met is the first.
func (r *Report) add(ctx context.Context, p *part, all []Rejection) error {
	read, err := p.open(ctx)
	if err != nil {
		return err
	}
	defer read.Close()
	var b event.Batch
	for {
		_, err := read.Read(ctx, &b)
		if err == io.EOF {
			break
		}
		if err != nil {
			return err
		}
		r.count(&b, all)
	}
	for bit, first := range read.gate().Offences() {
		if bit < len(all) && first.Row > 0 && all[bit].Row == 0 {
			all[bit].File, all[bit].Row, all[bit].Column = p.s.path, first.Row, first.Column
		}
	}
	return nil
}

func (r *Report) count(b *event.Batch, all []Rejection) {
	r.Rows += int64(b.Len())
	for i, bad := range b.Bad {
		if bad == 0 {
			if r.Usable == 0 {
				r.First, r.Last = b.Time[i], b.Time[i]
			}
			r.First, r.Last = min(r.First, b.Time[i]), max(r.Last, b.Time[i])
			r.Usable++
			continue
		}
		for bit := range all {
			if bad>>bit&1 == 1 {
				all[bit].Rows++
			}
		}
	}
}
