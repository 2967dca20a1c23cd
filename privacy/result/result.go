// Package result holds noisy counts and says how noisy they are. It is all that leaves the door.
package result

import "github.com/throng-stats/throng"

// Table is a noisy table: for every cell of its public domain the count of units plus integer noise. Values are signed
// and unbiased; nothing is clipped, rounded or left out.
//
// Of a large sparse domain only the cells whose noisy count is at least Tau are listed, as if every cell had got its noise
// and the others had been struck out. Sums over listed cells are therefore biased: totals come from tables of their own.
type Table struct {
	Shape  throng.Shape
	Cells  []uint64 // of a sparse table: the cells that are listed, ascending; nil when every cell is there
	Raw    []int64  // one a cell, in the order of Shape, or of Cells
	D2     uint64   // squared sensitivity: most that one unit can change the table, in the square of the L2 norm
	Sigma2 uint64   // variance of the noise of each cell
	Rho    int64    // privacy loss in nano-rho (1e-9 zCDP), rounded up: D2 / 2 Sigma2
	Tau    int64    // of a sparse table: the least noisy count that is listed
	False  float64  // of a sparse table: how many cells of nobody are expected in the list, were every cell one
}
