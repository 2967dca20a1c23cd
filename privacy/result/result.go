// Package result holds noisy counts and says how noisy they are. It is all that leaves the door.
package result

import "github.com/throng-stats/throng"

// Table is a noisy table: for every cell of its public domain the count of units plus integer noise. Values are signed
// and unbiased; nothing is clipped, rounded or left out.
type Table struct {
	Shape  throng.Shape
	Raw    []int64 // one a cell, in the order of Shape
	D2     uint64  // squared sensitivity: most that one unit can change the table, in the square of the L2 norm
	Sigma2 uint64  // variance of the noise of each cell
	Rho    int64   // privacy loss in nano-rho (1e-9 zCDP), rounded up: D2 / 2 Sigma2
}
