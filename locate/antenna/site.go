package antenna

import (
	"math"
	"slices"
)

// sameSite is how near, in metres, cells are that stand on one site when the plan does not name sites.
const sameSite = 25

// sitesOf numbers the sites of cells that are sorted by id; sites are in the order of their first cell. Cells that name
// their site share it with all that name the same; the others are chained by distance.
func sitesOf(cells []Cell, x, y []float64) []int32 {
	up := make([]int32, len(cells))
	for i := range up {
		up[i] = int32(i)
	}
	root := func(i int32) int32 {
		for up[i] != i {
			up[i] = up[up[i]]
			i = up[i]
		}
		return i
	}
	join := func(i, k int32) {
		a, b := root(i), root(k)
		up[max(a, b)] = min(a, b)
	}
	named := make(map[string]int32)
	bins := make(map[[2]int32][]int32)
	for i := range cells {
		if name := cells[i].Site; name != "" {
			if first, ok := named[name]; ok {
				join(first, int32(i))
			} else {
				named[name] = int32(i)
			}
			continue
		}
		bx, by := int32(math.Floor(x[i]/sameSite)), int32(math.Floor(y[i]/sameSite))
		for dx := int32(-1); dx <= 1; dx++ {
			for dy := int32(-1); dy <= 1; dy++ {
				for _, k := range bins[[2]int32{bx + dx, by + dy}] {
					if math.Hypot(x[i]-x[k], y[i]-y[k]) <= sameSite {
						join(k, int32(i))
					}
				}
			}
		}
		bins[[2]int32{bx, by}] = append(bins[[2]int32{bx, by}], int32(i))
	}
	return number(up, root)
}

// number gives the roots consecutive numbers, in order.
func number(up []int32, root func(int32) int32) []int32 {
	site := make([]int32, len(up))
	next := int32(0)
	for i := range up {
		if r := root(int32(i)); r == int32(i) {
			site[i] = next
			next++
		} else {
			site[i] = site[r]
		}
	}
	return site
}

// countOf is one more than the largest number of a list, 0 for an empty one.
func countOf(numbers []int32) int {
	if len(numbers) == 0 {
		return 0
	}
	return int(slices.Max(numbers)) + 1
}
