package files

import (
	"context"
	"io"

	"github.com/throng-stats/throng/event"
	"github.com/throng-stats/throng/feed"
)

// People reads an attributes file: one row a pseudonym, of which gender, age band and group of origin are kept. The
// units are those of one period of the door, and so is the year for which ages are computed. Opts has Kind
// feed.Persons. It also returns how many rows contradict an earlier row of the same pseudonym and were left out.
//
// Want is what Files.Pseudonyms says of the feed whose people these are; empty asks for nothing.
func People(ctx context.Context, opts feed.Options, door *feed.Door, period int, a feed.Attributes, want string) (*feed.People, int64, error) {
	opts.Kind = feed.Persons
	fields, err := opts.Fields()
	if err != nil {
		return nil, 0, err
	}
	gate := feed.NewPeopleGate(opts, fields, door, period, a)
	f, err := open(ctx, opts, gate.Fields(), gate)
	if err != nil {
		return nil, 0, err
	}
	if got := f.Pseudonyms(); want != "" && got != want && (got == "int") != (want == "int") {
		return nil, 0, &feed.Error{Kind: feed.Invalid, File: f.sources[0].path, Got: "pseudonyms of type " + got, Want: want + " as in the feed", Hint: "nobody would be found; give both the same type"}
	}
	people := feed.NewPeople(gate.Unknown())
	differing := int64(0)
	for _, s := range f.sources {
		for _, p := range s.pieces {
			n, err := addPeople(ctx, people, &part{f, s, p})
			if err != nil {
				return nil, 0, err
			}
			differing += n
		}
	}
	return people, differing, nil
}

func addPeople(ctx context.Context, people *feed.People, p *part) (differing int64, err error) {
	r, err := p.open(ctx)
	if err != nil {
		return 0, err
	}
	defer r.Close()
	var b event.Batch
	for {
		_, err := r.Read(ctx, &b)
		if err == io.EOF {
			return differing, nil
		}
		if err != nil {
			return 0, err
		}
		for i, attr := range r.gate().Attrs(b.Len()) {
			if people.Add(b.Unit[i], attr) {
				differing++
			}
		}
	}
}
