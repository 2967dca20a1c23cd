package trade

import (
	"github.com/throng-stats/throng"
	"github.com/throng-stats/throng/synth/city"
	"github.com/throng-stats/throng/synth/people"
)

// Authorities are the public bodies of the town, and CaseReasons what their books say of a person concerned.
var (
	Authorities = []string{"police", "registry", "tax-office", "clinic"}
	CaseReasons = []string{"stop", "complaint-conduct", "refused", "application"}
)

// CaseWaits are the classes of the days that a case waited.
var CaseWaits = throng.Amounts{0, 1, 8, 31, 91}

const stop = 0

// caseMix is how often each body has each reason (ours).
var caseMix = [...][]float64{{6, 2, 1, 1}, {0, 1, 2, 8}, {0, 1, 2, 6}, {0, 1, 1, 10}}

// meanWait is how many days a case waits with each body, in the mean; it is exponential (ours). A stop waits for nothing.
var meanWait = []float64{15, 20, 35, 10}

// bodyMix is how often each body is met.
var bodyMix = []float64{4, 3, 2, 4}

const (
	// caseChance is how often somebody has a case on a day, in the mean over people; it is log-normal with 1 (ours).
	caseChance = .003
	// CaseBound is the most cells of a person in a month that count.
	CaseBound = 4
)

// Cases makes the cases of person i: what public bodies did, and how long they let people wait. No official is in them.
func (m *Maker) Cases(i int) {
	p := &m.w.All.List[i]
	if p.Role > people.Worker {
		return
	}
	from := len(m.Rows)
	m.d.Reset(m.w.Seed, streamCase, uint64(i))
	chance := min(.5, m.d.LogNormal(caseChance, 1))
	for day := range m.w.Days {
		if !m.d.Chance(chance) {
			continue
		}
		zone, ok := m.diarist.Here(i, day)
		if !ok {
			continue
		}
		if work := p.Work.Zone; m.d.Chance(.4) && p.Work != (city.Spot{}) && work >= 0 && work < city.Municipalities {
			zone = work
		}
		body := m.d.Pick(bodyMix)
		row := Row{Unit: m.w.pseudonym(streamCase, i), Day: day, Time: m.w.At(day, int32(m.d.Between(8*3600, 19*3600))), Place: zone,
			Code: [2]uint8{uint8(body), uint8(m.d.Pick(caseMix[body]))}}
		if row.Code[1] != stop {
			row.Nights = uint8(min(255, m.d.ExpFloat64()*meanWait[body]))
		}
		m.Rows = append(m.Rows, row)
	}
	if i == m.w.Heavy() {
		m.allBodies(i)
	}
	rows := m.Rows[from:]
	m.finish(streamCase, i, rows, NoUnit, NoTime, NoSuchPlace, NoSuchCode)
	m.bookCases(rows)
}

// allBodies is the person who has a case with every body in every district, in the middle of the world.
func (m *Maker) allBodies(i int) {
	day := m.w.Days / 2
	for zone := range city.Municipalities {
		for body := range Authorities {
			m.Rows = append(m.Rows, Row{Unit: m.w.pseudonym(streamCase, i), Day: day, Time: m.w.At(day, int32(36000+60*len(Authorities)*zone+60*body)), Place: int16(zone),
				Code: [2]uint8{uint8(body), 1}, Nights: 40})
		}
	}
}

// bookCases books the cases of one person and how long they waited: the same cell once a month.
func (m *Maker) bookCases(rows []Row) {
	for k := 0; k < len(rows); {
		month, from := m.w.Month(rows[k].Day), k
		for k < len(rows) && m.w.Month(rows[k].Day) == month {
			k++
		}
		m.firstCases(rows[from:k], func(r *Row) Cell { return Cell{Table: CasesTotal, Period: month, Zone: r.Place, Code: r.Code} })
		m.firstCases(rows[from:k], func(r *Row) Cell {
			return Cell{Table: CasesWaits, Period: month, Zone: r.Place, Code: [2]uint8{r.Code[0], uint8(CaseWaits.Of(int64(r.Nights)))}}
		})
	}
}

// firstCases books the cells of one person in a month.
func (m *Maker) firstCases(rows []Row, cellOf func(*Row) Cell) {
	all, read := firsts{most: CaseBound}, firsts{most: CaseBound}
	for k := range rows {
		r := &rows[k]
		cell := cellOf(r)
		if fresh, _ := all.take(cell); fresh {
			m.Book.add(cell, 1, 0)
		}
		if r.Bad == NoSuchCode {
			cell.Code[0] = Other
		} else if r.Bad != Good {
			continue
		}
		if fresh, in := read.take(cell); fresh && in {
			m.Book.add(cell, 0, 1)
		}
	}
}
