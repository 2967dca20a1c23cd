package mobility

import "github.com/throng-stats/throng/locate"

// mostDense is for how many places the answers are kept as bits, 2 MiB at most; beyond, the ground is asked each time.
const mostDense = 4096

// nearness answers locate.Ground.IsNear, which is asked for nearly every record, by one look where it can.
type nearness struct {
	ground *locate.Ground
	words  int      // of each place
	bits   []uint64 // nil where there are too many places
}

func newNearness(ground *locate.Ground) nearness {
	n := nearness{ground: ground, words: (len(ground.Places) + 63) / 64}
	if len(ground.Places) > mostDense || len(ground.Near) != len(ground.Places) {
		return n
	}
	n.bits = make([]uint64, n.words*len(ground.Places))
	for a, list := range ground.Near {
		row := n.bits[a*n.words : (a+1)*n.words]
		row[a/64] |= 1 << (a % 64) // itself in any case
		for _, b := range list {
			row[b/64] |= 1 << (b % 64)
		}
	}
	return n
}

// of reports whether the grounds of places a and b touch.
func (n *nearness) of(a, b uint32) bool {
	if n.bits == nil {
		return n.ground.IsNear(a, b)
	}
	w := int(b / 64)
	return w < n.words && n.bits[int(a)*n.words+w]>>(b%64)&1 != 0 // no place is near none
}
