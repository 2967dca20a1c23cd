package antenna

import (
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"math"
	"slices"
	"strconv"
)

// touching is how far apart, in sides of a tile, the centres of two tiles may be for the grounds of their cells to touch:
// 200 m on tiles of 100 m (methods, section 7).
const touching = 2

// Near lists for each cell the cells whose ground touches its own, ascending, itself included. Tiles with the same cells
// form a group; each two groups are compared once.
func (f *Footprint) Near(cells int) [][]uint32 {
	group, members := f.groups()
	done := make(map[uint64]struct{})
	var lately [1024]uint64 // 1 + keys that are done: neighbours ask for the same again and again
	var links []uint64      // a<<32 | b with a < b
	for _, step := range halfDisc() {
		at := 0 // tiles ascend, and so do those a step away
		for t, tile := range f.Tiles {
			want := [2]int32{tile[0] + step[0]*f.Side, tile[1] + step[1]*f.Side}
			for at < len(f.Tiles) && compareTiles(f.Tiles[at], want) < 0 {
				at++
			}
			if at == len(f.Tiles) {
				break
			}
			if f.Tiles[at] != want {
				continue
			}
			a, b := min(group[t], group[at]), max(group[t], group[at])
			key := uint64(a)<<32 | uint64(b)
			late := &lately[(uint32(a)*31+uint32(b))%uint32(len(lately))]
			if *late == key+1 {
				continue
			}
			*late = key + 1
			if _, again := done[key]; again {
				continue
			}
			done[key] = struct{}{}
			links = appendLinks(links, members[a], members[b])
		}
	}
	return neighbours(links, cells)
}

// appendLinks appends each two different cells of two groups.
func appendLinks(links []uint64, one, other []int32) []uint64 {
	for _, a := range one {
		for _, b := range other {
			if a != b {
				links = append(links, uint64(min(a, b))<<32|uint64(max(a, b)))
			}
		}
	}
	return links
}

// Distance is how far apart, in metres, the grounds of two cells are; 0 when they touch. It asks every pair of tiles.
func (f *Footprint) Distance(a, b int32) float64 {
	least := math.Inf(1)
	hears := func(t int, cell int32) bool {
		return slices.ContainsFunc(f.Pairs[t], func(p Pair) bool { return p.Cell == cell })
	}
	for t, one := range f.Tiles {
		if !hears(t, a) {
			continue
		}
		for u, other := range f.Tiles {
			if hears(u, b) {
				least = math.Min(least, math.Hypot(float64(one[0]-other[0]), float64(one[1]-other[1])))
			}
		}
	}
	return math.Max(0, least-touching*float64(f.Side))
}

// GroupID names a set of tiles, given by their compact ids in any order, by what is in it.
func GroupID(tiles []uint32) string {
	tiles = slices.Clone(tiles)
	slices.Sort(tiles)
	var text []byte
	for i, id := range tiles {
		if i > 0 {
			text = append(text, ',')
		}
		text = strconv.AppendUint(text, uint64(id), 10)
	}
	sum := sha256.Sum256(text)
	return hex.EncodeToString(sum[:16])
}

// groups numbers the sets of cells that tiles have in common.
func (f *Footprint) groups() (group []int32, members [][]int32) {
	group = make([]int32, len(f.Pairs))
	number := make(map[string]int32)
	var key []byte
	for t, pairs := range f.Pairs {
		key = key[:0]
		for _, p := range pairs {
			key = binary.BigEndian.AppendUint32(key, uint32(p.Cell))
		}
		g, ok := number[string(key)]
		if !ok {
			g = int32(len(members))
			number[string(key)] = g
			set := make([]int32, len(pairs))
			for k, p := range pairs {
				set[k] = p.Cell
			}
			members = append(members, set)
		}
		group[t] = g
	}
	return group, members
}

// halfDisc lists the steps, in tiles, to all tiles that touch, one of each two opposite ones, and the step to itself.
func halfDisc() [][2]int32 {
	var steps [][2]int32
	for de := int32(0); de <= touching; de++ {
		for dn := int32(-touching); dn <= touching; dn++ {
			if (de > 0 || dn >= 0) && math.Hypot(float64(de), float64(dn)) <= touching {
				steps = append(steps, [2]int32{de, dn})
			}
		}
	}
	return steps
}

func neighbours(links []uint64, cells int) [][]uint32 {
	slices.Sort(links)
	links = slices.Compact(links)
	near := make([][]uint32, cells)
	for i := range near {
		near[i] = []uint32{uint32(i)}
	}
	for _, l := range links {
		a, b := uint32(l>>32), uint32(l)
		near[a] = append(near[a], b)
		near[b] = append(near[b], a)
	}
	for i := range near {
		slices.Sort(near[i])
	}
	return near
}
