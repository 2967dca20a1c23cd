package drivertest

import (
	"math/rand/v2"
	"time"

	"github.com/throng-stats/throng"
	"github.com/throng-stats/throng/event"
)

// NewSales invents a scenario of purchases of two days, or two months, around a clock change: heavy buyers, huge amounts,
// refunds, two currencies, one buyer in all cells, buyers who move, rows that cannot be read.
func NewSales(seed uint64, month, net bool) *Scenario {
	r := rand.New(rand.NewPCG(seed, 8))
	s := New(seed, false)
	s.Rows, s.Sales, s.Month, s.Net = nil, true, month, net
	paris, err := time.LoadLocation("Europe/Paris")
	if err != nil {
		paris = time.FixedZone("+1", 3600)
	}
	if month {
		for i, name := range []string{"2026-02", "2026-03"} {
			s.Periods[i], _ = throng.MonthOf(name, paris)
		}
	}
	for range 150 {
		s.Rows = append(s.Rows, s.Buyer(r, r.Uint64()|1)...)
	}
	return s
}

// Buyer invents the rows of one unit of NewSales.
func (s *Scenario) Buyer(r *rand.Rand, unit uint64) []Row {
	var rows []Row
	home, heavy := uint32(r.IntN(24)), r.IntN(10) == 0
	span := s.Periods[1].End - s.Periods[0].Start
	n := 1 + r.IntN(8)
	if heavy {
		n = 60
	}
	for range n {
		row := Row{Unit: unit, Time: s.Periods[0].Start - 3600e3 + r.Int64N(span+7200e3), Place: uint32(r.IntN(24)), Origin: event.NoOrigin}
		row.Sale = event.Sale{Home: home, Origin: uint16(r.IntN(3)), Code: [2]uint16{uint16(r.IntN(3)), uint16(r.IntN(2))},
			Amount: r.Int32N(6000), Coin: uint8(r.IntN(2)), Nights: uint8(r.IntN(20))}
		switch r.IntN(12) {
		case 0:
			row.Sale.Amount = event.MostAmount // enormous
		case 1:
			row.Sale.Amount = -r.Int32N(9000) // given back
		case 2:
			row.Place, row.Bad = event.NoPlace, event.UnknownPlace
		case 3:
			row.Sale.Home, row.Sale.Origin = event.NoPlace, event.NoOrigin
		case 4:
			home = uint32(r.IntN(24)) // moves
		case 5:
			row.Sale.Amount = -event.MostAmount
		}
		rows = append(rows, row)
		if r.IntN(10) == 0 {
			rows = append(rows, row) // twice the same
		}
	}
	if heavy { // in all cells
		for place := range uint32(24) {
			for code := range uint16(3) {
				rows = append(rows, Row{Unit: unit, Time: s.Periods[1].Start + int64(place)*3600e3 + int64(code), Place: place, Origin: event.NoOrigin,
					Sale: event.Sale{Home: home, Code: [2]uint16{code, 0}, Amount: 1 << 30, Nights: 200}})
			}
		}
	}
	return rows
}

// appendSale appends what a sale says to the columns of a batch.
func appendSale(b *event.Batch, s event.Sale) {
	b.Home, b.Origin = append(b.Home, s.Home), append(b.Origin, s.Origin)
	b.Code[0], b.Code[1] = append(b.Code[0], s.Code[0]), append(b.Code[1], s.Code[1])
	b.Amount, b.Coin, b.Nights = append(b.Amount, s.Amount), append(b.Coin, s.Coin), append(b.Nights, s.Nights)
}
