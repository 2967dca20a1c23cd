package driver

import (
	"fmt"
	"math"
	"runtime"
	"slices"
	"strings"
	"time"

	"github.com/throng-stats/throng"
	"github.com/throng-stats/throng/population"
	"github.com/throng-stats/throng/privacy/account"
	"github.com/throng-stats/throng/privacy/ledger"
	"github.com/throng-stats/throng/privacy/result"
	"github.com/throng-stats/throng/reckon"
	"github.com/throng-stats/throng/reckon/allot"
	"github.com/throng-stats/throng/reckon/balance"
)

// PlanOptions say what is planned.
type PlanOptions struct {
	// From is the first civil day. Default: agreement.from, else a day of 24 hours.
	From string
	// Devices is about how many units a day has, for the guess of memory and time. Default 0: no guess.
	Devices int64
	// Events is about how many records a unit has in a day. Default 40, the mean of the invented region.
	Events int64
	// Memory is how many bytes of records a run keeps in memory. Default 512 MiB.
	Memory int64
}

// PlanReport is what a contract will cost in privacy, in error and in machine. It is made of public tables, before any
// data are read, and so may be shown to anybody who may see the contract.
type PlanReport struct {
	Scope, Unit, Profile string
	Day                  string // the civil day that is planned
	Tables               []PlanTable
	Errors               []PlanError
	Losses               []PlanLoss
	Caps                 []PlanCap
	Spent                int      // civil days that the ledger of the scope has charged already
	Quiet                []string // days with quiet areas, and what stands for them
	Machine              PlanMachine
}

// PlanTable is a table of a day and its noise.
type PlanTable struct {
	PlannedTable
	Share string // rho of the contract or the profile
}

// PlanError is the expected error that the noise makes in an estimate, as root mean square, in people. A field is 0 where
// nothing of that size is measured: the estimate is modelled, or there is none.
type PlanError struct {
	Table  string
	Leaf   float64 // one leaf
	Block  float64 // one block, the median of all
	Zone   float64 // one finest zone, the median of all
	Region float64 // everything
}

// PlanLoss is what one unit that is there every day loses in so many days.
type PlanLoss struct {
	Days     int
	Rho      string
	Epsilon9 float64 // at delta 1e-9
	Epsilon6 float64 // at delta 1e-6
}

// PlanCap is a cap and the first civil day on which it would refuse, "" when none of the next two years is one.
type PlanCap struct {
	Days    int
	Rho     string
	Refuses string
}

// PlanMachine is a guess of what a day needs, all 0 when the number of units was not given.
type PlanMachine struct {
	Rows     int64
	Memory   int64         // bytes
	Disk     int64         // bytes of records that do not fit into memory
	CPU      time.Duration // of one core
	Wall     time.Duration // on this machine
	OfTables int64         // of Memory: bytes of tables
}

// Plan works out what a contract costs. It reads no row; of the ledger, if there is one, it reads what is spent already.
func Plan(j *Job, opt PlanOptions) (*PlanReport, error) {
	day, err := j.planDay(opt.From)
	if err != nil {
		return nil, err
	}
	c := j.Contract
	out := &PlanReport{Scope: c.Scope(), Unit: c.UnitOfPrivacy(), Profile: c.Privacy.Profile, Day: day.Name}
	period := day
	if j.whole() {
		if period, err = throng.MonthOf(day.Name[:7], c.Location()); err != nil {
			return nil, err
		}
	}
	daily := int64(0)
	for _, t := range j.planned(period) {
		out.Tables = append(out.Tables, PlanTable{t, account.Decimal(j.Plan[t.Name])})
		daily += t.Times * j.chargeOf(t, period)
	}
	if out.Errors, err = j.planErrors(period); err != nil {
		return nil, err
	}
	for _, days := range []int{1, 7, 30, 365} {
		rho := daily * int64(days)
		out.Losses = append(out.Losses, PlanLoss{days, account.Decimal(rho), epsilonOf(rho, 1e-9), epsilonOf(rho, 1e-6)})
	}
	if err := out.caps(j, day.Name, daily); err != nil {
		return nil, err
	}
	out.Quiet = j.planQuiet()
	out.Machine = j.planMachine(period, opt)
	return out, nil
}

// epsilonOf is rounded up to two decimals, so what is shown is never less than what is proved.
func epsilonOf(rho int64, delta float64) float64 {
	return math.Ceil(account.Epsilon(float64(rho)/account.Nano, delta)*100) / 100
}

// planDay is the civil day that is planned.
func (j *Job) planDay(from string) (throng.Period, error) {
	if from == "" {
		from = j.Contract.Agreement.From
	}
	if from == "" {
		from = "2026-01-05"
	}
	day, err := throng.DayOf(from, j.Contract.Location())
	if err != nil {
		return day, &Error{Kind: Invalid, Text: err.Error()}
	}
	return day, nil
}

// caps finds the first day on which each cap refuses, when from the first day on every day bears the same.
func (p *PlanReport) caps(j *Job, first string, daily int64) error {
	spent, err := j.spent()
	if err != nil {
		return err
	}
	p.Spent = len(spent)
	start, _ := time.Parse(time.DateOnly, first) // checked by planDay
	caps := j.caps()
	for _, c := range []struct {
		days int
		cap  int64
	}{{1, caps.Day}, {30, caps.Days30}, {365, caps.Days365}} {
		p.Caps = append(p.Caps, PlanCap{c.days, account.Decimal(c.cap), firstRefusal(start, c.days, c.cap, daily, spent)})
	}
	return nil
}

// planHorizon is how far ahead a refusal is looked for.
const planHorizon = 2 * 365

// firstRefusal books the same cost day after day beside what is spent, until any so many days in a row bear more than a cap.
// A day that bears something already is left out: its releases are published, and a run does not publish them again.
func firstRefusal(start time.Time, days int, limit, daily int64, spent map[string]int64) string {
	bears := make([]int64, planHorizon+2*days) // from so many days before the first
	for i := range bears {
		bears[i] = spent[start.AddDate(0, 0, i-days).Format(time.DateOnly)]
	}
	for d := days; d < days+planHorizon; d++ {
		if bears[d] > 0 {
			continue
		}
		bears[d] = daily
		sum := int64(0) // of the days that end on d, then of later ones
		for _, rho := range bears[d-days+1 : d+1] {
			sum += rho
		}
		for last := d; last < d+days; last++ {
			if sum > limit {
				return start.AddDate(0, 0, d-days).Format(time.DateOnly)
			}
			if last+1 < len(bears) {
				sum += bears[last+1] - bears[last+1-days]
			}
		}
	}
	return ""
}

// spent is what each civil day bears in the ledger of the scope, or nothing when there is none yet.
func (j *Job) spent() (map[string]int64, error) {
	dir := j.Contract.StateDir()
	if dir == "" {
		return nil, nil
	}
	report, err := ledger.Verify(ledger.Disk((&State{dir: dir}).Dir("ledger")))
	if KindOf(err) == Missing {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	if err := report.Err(); err != nil {
		return nil, err
	}
	bears := map[string]int64{}
	for _, d := range report.Summary.Days {
		bears[d.Day] = d.Spent
	}
	return bears, nil
}

// planErrors reckons with tables of zeros: the noise of an estimate does not depend on the counts.
func (j *Job) planErrors(p throng.Period) ([]PlanError, error) {
	var out []PlanError
	for _, s := range j.allStatistics(p) {
		var zeros []result.Table
		for _, t := range s.Tables() {
			zero := result.Table{Shape: t.Shape, Sigma2: account.Sigma2(t.D2(), j.Plan[s.Product()+"/"+t.Shape.Name])}
			if s.Product() != present {
				out = append(out, j.flatError(s.Product(), zero))
				continue
			}
			zero.Raw = make([]int64, t.Shape.Cells())
			zeros = append(zeros, zero)
		}
		if s.Product() != present {
			continue
		}
		list, err := j.presentErrors(present, p, zeros)
		if err != nil {
			return nil, err
		}
		out = append(out, list...)
	}
	flat := func(product string, tables []population.Table) {
		for _, t := range tables {
			out = append(out, j.flatError(product, result.Table{Shape: t.Shape, Sigma2: account.Sigma2(t.D2(), j.Plan[product+"/"+t.Shape.Name])}))
		}
	}
	for _, s := range j.ofMonth(p) {
		flat(s.Product(), s.Tables())
	}
	if j.isPaired(p) {
		for _, s := range j.ofPair() {
			flat(s.Product(), s.Tables())
		}
	}
	bins, err := j.liveErrors(p)
	return append(out, bins...), err
}

// flatError is the error of a table whose cells are measured one by one: flows and counts.
func (j *Job) flatError(product string, t result.Table) PlanError {
	factor := 1.0
	if product != vehicles && j.sales == nil {
		var factors []float64
		for _, z := range j.Ground.Zones.Finest() {
			factors = append(factors, max(j.Ground.Zones.At(z).Factor, 0))
		}
		if f := median(factors); f > 0 {
			factor = f
		}
	}
	return PlanError{Table: product + "/" + t.Shape.Name, Zone: factor * math.Sqrt(float64(t.Sigma2))}
}

// presentErrors asks the reckoner of the real measurement tree.
func (j *Job) presentErrors(product string, p throng.Period, zeros []result.Table) ([]PlanError, error) {
	geo := j.viewOf(p).geo
	index, err := allot.NewIndex(geo)
	if err != nil {
		return nil, &Error{Kind: Invalid, Text: err.Error()}
	}
	r, err := balance.NewReckoner(index, reckon.Measured(zeros))
	if err != nil {
		return nil, &Error{Kind: Invalid, Text: err.Error()}
	}
	var top []int
	for z := range geo.Zones.Len() {
		if geo.Zones.Parent(z) < 0 {
			top = append(top, z)
		}
	}
	var leaves, zones []allot.Area
	blocks := make([]allot.Area, len(geo.Tree.Blocks))
	for i, leaf := range geo.Tree.Leaves {
		leaves = append(leaves, allot.Area{Leaf: []int32{int32(i)}, Share: []float64{1}, Weight: []float64{index.Factor(leaf.Zone)}})
		b := &blocks[leaf.Block]
		b.Leaf, b.Share, b.Weight = append(b.Leaf, int32(i)), append(b.Share, 1), append(b.Weight, index.Factor(leaf.Zone))
	}
	for _, z := range geo.Zones.Finest() {
		zones = append(zones, index.Zone(z))
	}
	region := []allot.Area{index.Together(top)}
	out := []PlanError{{product + "/total", totalSD(r, leaves), totalSD(r, blocks), totalSD(r, zones), totalSD(r, region)}}
	for _, name := range r.Tables() {
		one := PlanError{Table: product + "/" + name}
		for _, to := range []struct {
			field *float64
			areas []allot.Area
		}{{&one.Zone, zones}, {&one.Region, region}} {
			if *to.field, err = classSD(r, name, to.areas); err != nil {
				return nil, &Error{Kind: Invalid, Text: err.Error()}
			}
		}
		out = append(out, one)
	}
	return out, nil
}

// totalSD is the error of a total, the median of all areas that are measured and not modelled.
func totalSD(r *balance.Reckoner, areas []allot.Area) float64 {
	var sd []float64
	for _, a := range areas {
		if t := r.Total(a); t.Status == "" {
			sd = append(sd, t.NoiseSD)
		}
	}
	return median(sd)
}

// classSD is the error of the noisiest class, the median of all areas that are measured and not modelled.
func classSD(r *balance.Reckoner, table string, areas []allot.Area) (float64, error) {
	var sd []float64
	for _, a := range areas {
		b, err := r.Breakdown(a, table)
		if err != nil {
			return 0, err
		}
		if b.Status == "" {
			sd = append(sd, slices.Max(b.NoiseSD))
		}
	}
	return median(sd), nil
}

// planQuiet lists the quiet areas and what stands for each, or why nothing can.
func (j *Job) planQuiet() []string {
	var list []string
	for _, row := range j.quiet {
		v := j.joinedView([]string{row.Area})
		who := "holder"
		if row.Guardian {
			who = "guardian"
		}
		text := fmt.Sprintf("%s, %s (%s): ", row.Area, span(slices.Compact([]string{row.From, row.To})), who)
		if v.err != nil {
			text += v.err.Error()
		} else {
			text += "counted with " + strings.Join(v.joined, " ")
		}
		list = append(list, text)
	}
	return list
}

// What a run needs, for guesses: measured by bench on an invented day of 2,000,000 rows with present population by gender,
// age and origin, and flows by hour, day and month; rows per second are two thirds of what was measured there.
const (
	rowsPerSecond = 1_000_000 // of one core
	bytesPerRow   = 28        // of a packed record that waits
	bytesPerUnit  = 40        // of attributes
	bytesPerCell  = 8
	bytesAtLeast  = 110 << 20 // of a program that does nothing yet: reading, decoding, noise tables
	mostDense     = 8 << 20   // cells of a table above which most are not kept
)

// planMachine guesses memory and time of a day.
func (j *Job) planMachine(p throng.Period, opt PlanOptions) PlanMachine {
	if opt.Devices <= 0 {
		return PlanMachine{}
	}
	events, memory := opt.Events, opt.Memory
	if events == 0 {
		events = 40
	}
	if memory == 0 {
		memory = 512 << 20
	}
	if j.whole() {
		events = 1
	}
	m := PlanMachine{Rows: opt.Devices * events}
	cores := int64(runtime.GOMAXPROCS(0))
	for _, t := range j.planned(p) {
		m.OfTables += bytesPerCell * min(int64(t.Cells), mostDense) * (cores + 1)
	}
	waiting := m.Rows * bytesPerRow
	m.Disk = max(0, waiting-memory)
	m.Memory = bytesAtLeast + min(waiting, memory) + m.OfTables
	if j.persons.Files != nil {
		m.Memory += opt.Devices * bytesPerUnit
	}
	m.CPU = time.Duration(float64(m.Rows) / rowsPerSecond * float64(time.Second))
	m.Wall = m.CPU / time.Duration(cores)
	return m
}
