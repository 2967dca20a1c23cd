package trade

import (
	"math"
	"slices"

	"github.com/throng-stats/throng/synth/dice"
)

// Public registers: what bodies spend on themselves and whom they inspect. They name bodies and classes of firms, nobody else, and
// they are public, so everything about them is exact.

// Bodies are the public bodies whose registers are published, with their staff, and the words of these registers.
var (
	Bodies      = []string{"prefecture", "town-hall", "police", "registry", "tax-office", "clinic", "schools-board", "roads-office"}
	Staff       = []int{420, 180, 650, 90, 240, 310, 60, 130}
	Spent       = []string{"drinks", "travel", "gifts", "meals", "office"}
	FirmClasses = []string{"domestic", "foreign", "small"}
)

// Expense is a row of the register of procurement and representation.
type Expense struct {
	Day    int
	Body   int // of Bodies
	Kind   int // of Spent
	Firm   string
	Amount int64 // hundredths of a euro
}

// Outliers are bodies and kinds that are planted: what they spend on each is Lavish times what others of their size do.
var Outliers = [][2]int{{1, 0}, {4, 2}, {7, 1}}

// Lavish is how much more a planted outlier spends.
const Lavish = 15

// Inspection is a row of the register of inspections.
type Inspection struct {
	Day     int
	Body    string
	Firm    string
	Penalty int64 // hundredths of a euro, 0 for none
	Award   bool  // the firm got a contract of the body in the same quarter
}

// meanOf is what an expense of a kind costs in the mean, euros.
var meanOf = []float64{60, 320, 45, 110, 800}

// penaltyRate is how often an inspection ends in a penalty, by class of firm: foreign ones are penalised more often, which the rates
// must show (ours).
var penaltyRate = []float64{.12, .21, .14}

// Expenses are the expenses of the world's days, in the order of their days: one of twenty of the staff has one on a day.
func (w *World) Expenses() []Expense {
	d := dice.New(w.Seed, streamRegister, 1)
	var list []Expense
	for day := range w.Days {
		for body := range Bodies {
			for range d.Poisson(float64(Staff[body]) / 20) {
				kind := d.Pick([]float64{2, 2, 1, 3, 3})
				one := Expense{Day: day, Body: body, Kind: kind, Firm: FirmClasses[d.Pick([]float64{5, 2, 4})], Amount: int64(math.Round(100 * d.LogNormal(meanOf[kind], .5)))}
				if slices.Contains(Outliers, [2]int{body, kind}) {
					one.Amount *= Lavish
				}
				list = append(list, one)
			}
		}
	}
	return list
}

// Inspections are the inspections of the world's days, in the order of their days.
func (w *World) Inspections() []Inspection {
	d := dice.New(w.Seed, streamRegister, 2)
	var list []Inspection
	for day := range w.Days {
		if !w.All.Calendar.Workday(day) {
			continue
		}
		for range d.Poisson(40) {
			firm := d.Pick([]float64{5, 2, 4})
			one := Inspection{Day: day, Body: Bodies[[]int{1, 4, 5, 7}[d.IntN(4)]], Firm: FirmClasses[firm], Award: d.Chance(.2)}
			if d.Chance(penaltyRate[firm]) {
				one.Penalty = int64(math.Round(100 * d.LogNormal(450, .8)))
			}
			list = append(list, one)
		}
	}
	return list
}

// PenaltyRate is how often inspections of a class of firms end in a penalty, before chance.
func PenaltyRate(firm string) float64 { return penaltyRate[slices.Index(FirmClasses, firm)] }
