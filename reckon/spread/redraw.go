package spread

import "math"

// Redraws is how often noise is drawn again by default for the margins of EM (methods.md, section 8): the standard
// deviation of 100 draws is itself known to 1/sqrt(200), 7 %.
const Redraws = 100

// Redraw spreads the counts n times more, each time with another draw of noise of the deviation of the options on top of
// the counts, and shows each result. How far the results scatter is the margin of EM, which is not linear, so that the
// variance of the noise does not simply carry over. It asks for nothing but the published counts and their published
// variance. The noise is normal, for which the discrete Gaussian is close from a variance of 24 on (privacy.md, section
// 14); it protects nobody, so that it may come from a seed, and the same seed gives the same margins. The slice is valid
// until see returns.
func (m *Map) Redraw(counts []float64, o Options, n int, seed uint64, see func(people []float64)) {
	again, draw := make([]float64, len(counts)), normals{state: seed}
	for range n {
		for c, v := range counts {
			again[c] = v + o.SD*draw.next()
		}
		see(m.EM(again, o).People)
	}
}

// normals is a stream of standard normal numbers: SplitMix64 (Steele, Lea and Flood 2014) and the method of Box and
// Muller (1958).
type normals struct {
	state uint64
	spare float64
	has   bool
}

// uniform is a number above 0 and at most 1, with 53 bits.
func (n *normals) uniform() float64 {
	n.state += 0x9e3779b97f4a7c15
	z := n.state
	z = (z ^ z>>30) * 0xbf58476d1ce4e5b9
	z = (z ^ z>>27) * 0x94d049bb133111eb
	z ^= z >> 31
	return float64(z>>11+1) / (1 << 53)
}

func (n *normals) next() float64 {
	if n.has {
		n.has = false
		return n.spare
	}
	r := math.Sqrt(-2 * math.Log(n.uniform()))
	sin, cos := math.Sincos(2 * math.Pi * n.uniform())
	n.spare, n.has = r*sin, true
	return r * cos
}

// Mix makes a seed of its own for a part of a whole, such as an hour of a day, so that what is drawn for a part does not
// depend on which other parts are asked for.
func Mix(seed uint64, part int) uint64 {
	n := normals{state: seed ^ uint64(part+1)*0xd6e8feb86659fd93}
	n.uniform()
	return n.state ^ math.Float64bits(n.uniform())
}
