package present

// Nearest is the state of one device and one instant: the record nearest to it so far, for the count of devices present at
// an instant (methods.md, section 8). It takes records in any order and gives the same. One device adds 1 to one place at
// most.
type Nearest struct {
	at, tolerance int64
	time          int64
	place         uint32
	has           bool
}

// NearestTo starts a look for the record nearest to an instant, at most tolerance away, both ends included, in
// milliseconds. The default of the methods is 3,600,000.
func NearestTo(at, tolerance int64) Nearest { return Nearest{at: at, tolerance: tolerance} }

// Add takes a record. Of two equally near the earlier counts, of two at the same time the one at the smaller place.
func (n *Nearest) Add(time int64, place uint32) {
	away := distance(time, n.at)
	if away > n.tolerance {
		return
	}
	best := distance(n.time, n.at)
	if !n.has || away < best || away == best && (time < n.time || time == n.time && place < n.place) {
		n.time, n.place, n.has = time, place, true
	}
}

// Best is the time and place of the record that counts, or false when none is near.
func (n *Nearest) Best() (time int64, place uint32, ok bool) { return n.time, n.place, n.has }

func distance(a, b int64) int64 {
	if a < b {
		return b - a
	}
	return a - b
}
