package signal

import "github.com/throng-stats/throng/synth/city"

// Kind is a way in which a row is wrong.
type Kind uint8

// The kinds of dirt. SIMs of things and subscribers who opted out are kinds of devices, not of rows.
const (
	Duplicate   Kind = iota // the row twice
	UnknownCell             // a cell that the plan does not name
	RetiredCell             // a cell that was switched off before
	BadSIM                  // a mobile country code outside 100..999
	BadNetwork              // a visited network outside 10000..999999
	NullUnit                // no pseudonym
	NullTime                // no time
	NullCell                // neither a cell nor a visited network
	Jump                    // a second row, minutes away, hundreds of kilometres off
	SameInstant             // a second row at the same time in another cell
	OutsideDay              // a time in the future or the past
	kinds
	strangers = 8 // cells that no plan names
)

// rates are shares of rows that are made dirty in each way (ours; data-quality reports of operators are not public).
var rates = [kinds]float64{
	Duplicate: .01, UnknownCell: .001, RetiredCell: .0003, BadSIM: .0002, BadNetwork: .0001, NullUnit: .0001, NullTime: .0001,
	NullCell: .0002, Jump: .0005, SameInstant: .001, OutsideDay: .0002,
}

// dirt holds running sums of the rates and the cells that spoiling needs.
type dirt struct {
	upTo    [kinds]float64
	total   float64
	cells   int   // of the plan
	retired []int // cells
	region  []int // of a cell
	host    []int // cells of the host
	homes   []int // cells of the home provinces
}

func newDirt(plan *city.Plan, scale float64) dirt {
	d := dirt{cells: len(plan.Cells)}
	for k, r := range rates {
		d.total += r * scale
		d.upTo[k] = d.total
	}
	for i, c := range plan.Cells {
		region := plan.Sites[c.Site].Region
		d.region = append(d.region, region)
		switch {
		case c.Retired:
			d.retired = append(d.retired, i)
		case region == city.Host:
			d.host = append(d.host, i)
		default:
			d.homes = append(d.homes, i)
		}
	}
	return d
}

// spoil appends a row in the way that chance, below total, names.
func (m *Maker) spoil(e Event, in uint32, chance float64, rows []Event) []Event {
	kind := Kind(0)
	for chance >= m.dirt.upTo[kind] {
		kind++
	}
	switch kind {
	case Duplicate:
		again := e
		again.Order = in + uint32(m.d.IntN(overtake))
		return append(rows, e, again)
	case UnknownCell:
		e.Cell = uint16(m.dirt.cells + m.d.IntN(strangers))
	case RetiredCell:
		e.Cell = uint16(m.dirt.retired[m.d.IntN(len(m.dirt.retired))])
	case BadSIM:
		e.MCC = []uint16{7, 46, 1001, 2080}[m.d.IntN(4)]
	case BadNetwork:
		e.Network = []uint32{208, 9999, 1_000_000}[m.d.IntN(3)]
	case NullUnit:
		e.ID = 0
	case NullTime:
		e.Time = 0
	case NullCell:
		e.Cell, e.Network = NoCell, 0
	case Jump:
		return append(rows, e, m.elsewhere(e, in))
	case SameInstant:
		return append(rows, e, m.besides(e, in))
	case OutsideDay:
		e.Time += []int64{1, -2, 365}[m.d.IntN(3)] * 86_400_000
	}
	return append(rows, e)
}

// elsewhere is a row one to three minutes away on the other side of the country.
func (m *Maker) elsewhere(e Event, in uint32) Event {
	shift := uint32(60_000 + m.d.IntN(120_000))
	far := e
	if in+shift < 3_600_000 {
		in += shift
		far.Time += int64(shift)
	} else {
		in -= shift
		far.Time -= int64(shift)
	}
	far.Order, far.Network = in, 0
	if e.Cell != NoCell && m.dirt.region[e.Cell] == city.Host {
		far.Cell = uint16(m.dirt.homes[m.d.IntN(len(m.dirt.homes))])
	} else {
		far.Cell = uint16(m.dirt.host[m.d.IntN(len(m.dirt.host))])
	}
	return far
}

// besides is a row at the same instant in another cell of the host.
func (m *Maker) besides(e Event, in uint32) Event {
	other := e
	other.Order, other.Network = in, 0
	for other.Cell == e.Cell {
		other.Cell = uint16(m.dirt.host[m.d.IntN(len(m.dirt.host))])
	}
	return other
}
