package driver

import (
	"math"
	"slices"
	"strings"

	"github.com/throng-stats/throng"
	pop "github.com/throng-stats/throng/population/present"
	"github.com/throng-stats/throng/privacy/account"
	"github.com/throng-stats/throng/privacy/result"
)

// plansLive reports whether the bins of a day are part of a plan.
func (j *Job) plansLive(p throng.Period) bool {
	return isDay(p) && slices.Contains(j.Contract.Products, presentLive) && len(j.quietOn(p.Name)) == 0
}

// binsOf are how many bins begin in a civil day, and into how many the day before is carried.
func (j *Job) binsOf(p throng.Period) (bins, carried uint64) {
	o := j.Contract.LiveOptions()
	n := p.Bins(o.Bin)
	return uint64(n), uint64(min(o.Carry, n))
}

// plannedLive lists the tables of the bins of a day, each as one: all cells of the day, and what all bins that one day of a unit is in
// change and cost together.
func (j *Job) plannedLive(p throng.Period) []PlannedTable {
	if !j.plansLive(p) {
		return nil
	}
	bins, carried := j.binsOf(p)
	var out []PlannedTable
	for _, t := range pop.NewLive(j.Ground, p, false).Tables() {
		name, whole := presentLive+"/"+t.Shape.Name, bins+2*carried
		one := PlannedTable{Name: name, Cells: t.Shape.Cells() * int(bins), D2: whole, Sigma: math.Sqrt(float64(account.Sigma2(whole, j.Plan[name]))), Times: 1}
		one.Rho = account.Decimal(j.chargeOf(one, p))
		out = append(out, one)
	}
	return out
}

// chargeOf is what a planned table books to a day. Bins book one by one, and each cost is rounded up: those of the day, in the carried
// ones 2, and those of the next day that it is carried into.
func (j *Job) chargeOf(t PlannedTable, p throng.Period) int64 {
	sigma2 := account.Sigma2(t.D2, j.Plan[t.Name])
	if !strings.HasPrefix(t.Name, presentLive+"/") {
		return account.Charge(t.D2, sigma2)
	}
	bins, carried := j.binsOf(p)
	return int64(bins)*account.Charge(1, sigma2) + int64(carried)*account.Charge(2, sigma2)
}

// liveErrors is the expected error of one bin.
func (j *Job) liveErrors(p throng.Period) ([]PlanError, error) {
	if !j.plansLive(p) {
		return nil, nil
	}
	bins, carried := j.binsOf(p)
	var zeros []result.Table
	for _, t := range pop.NewLive(j.Ground, p, false).Tables() {
		zeros = append(zeros, result.Table{Shape: t.Shape, Sigma2: account.Sigma2(bins+2*carried, j.Plan[presentLive+"/"+t.Shape.Name]), Raw: make([]int64, t.Shape.Cells())})
	}
	return j.presentErrors(presentLive, p, zeros)
}
