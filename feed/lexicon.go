package feed

import "github.com/throng-stats/throng/event"

// Lexicon is the dictionary of a column, mapped once: places and origins to their indexes, pseudonyms to their hashes
// of a period when they are first met. A row then costs one look-up in a slice. It lives with one Gate.
type Lexicon struct {
	values [][]byte
	mapped []uint32
	hashes map[int][]uint64 // by period; 0 where no row has asked yet
	out    []bool
}

// isNull is the mapped value of an empty text.
const isNull = event.NoPlace - 2

// Lexicon maps the values of a dictionary, which must stay as they are while the lexicon is used.
func (g *Gate) Lexicon(f *Field, values [][]byte) *Lexicon {
	lx := &Lexicon{values: values}
	switch f.role {
	case rolePlace, roleTo, roleOrigin:
		lx.mapped = make([]uint32, len(values))
		for k, v := range values {
			switch {
			case len(v) == 0:
				lx.mapped[k] = isNull
			case f.role == roleOrigin:
				lx.mapped[k] = uint32(f.originOf(v))
			default:
				lx.mapped[k] = g.lookup(v)
			}
		}
	case roleUnit:
		lx.hashes = map[int][]uint64{}
		lx.out = make([]bool, len(values))
		for k, v := range values {
			lx.out[k] = g.door.IsOut(v)
		}
	}
	return lx
}

// Codes takes the values of consecutive rows from i on by their numbers in a lexicon. It panics when a number is not in
// the lexicon, as it may be in a damaged file: whoever reads files recovers.
func (g *Gate) Codes(f *Field, i int, codes []int32, lx *Lexicon) error {
	switch {
	case lx.hashes != nil:
		g.unitCodes(f, i, codes, lx)
		return nil
	case lx.mapped == nil:
		for k, c := range codes {
			if err := g.Text(f, i+k, lx.values[c]); err != nil {
				return err
			}
		}
		return nil
	}
	if f.role == rolePlace || f.role == roleTo {
		g.placeCodes(f, i, codes, lx)
		return nil
	}
	for k, c := range codes {
		if m := lx.mapped[c]; m == isNull {
			g.Null(f, i+k)
		} else {
			g.origin(f, i+k, uint16(m))
		}
	}
	return nil
}

func (g *Gate) placeCodes(f *Field, i int, codes []int32, lx *Lexicon) {
	places := g.b.Place
	if f.role == roleTo {
		places = g.b.To
	}
	places = places[i : i+len(codes)]
	for k, c := range codes {
		switch m := lx.mapped[c]; {
		case m < isNull:
			places[k] = m
		case m == isNull:
			g.Null(f, i+k)
		default:
			g.place(f, i+k, m)
		}
	}
}

func (g *Gate) unitCodes(f *Field, i int, codes []int32, lx *Lexicon) {
	period := -1
	var hashes []uint64
	for k, c := range codes {
		v := lx.values[c]
		if len(v) == 0 {
			g.Null(f, i+k)
			continue
		}
		if lx.out[c] {
			g.flag(f, i+k, event.OptedOut)
			continue
		}
		p := g.periodOf(i + k)
		if p < 0 {
			continue
		}
		if p != period {
			if lx.hashes[p] == nil {
				lx.hashes[p] = make([]uint64, len(lx.values))
			}
			period, hashes = p, lx.hashes[p]
		}
		if hashes[c] == 0 {
			hashes[c] = g.door.Unit(p, v)
			if g.door.pairs != nil {
				g.kinText(p, hashes[c], v)
			}
		}
		g.b.Unit[i+k] = hashes[c]
		if g.door.carries(p, g.b.Time[i+k]) {
			g.b.Was[i+k] = g.door.Unit(p-1, v)
		}
		if g.door.spread > 1 {
			g.b.Shard[i+k] = g.door.shard(append(append(g.tagged[:0], v...), tagText))
		}
	}
}
