package feed

import (
	"math"

	"github.com/throng-stats/throng"
	"github.com/throng-stats/throng/event"
)

// beginSales gives a batch of tickets, purchases, cases or reports its columns.
func (g *Gate) beginSales(n int) {
	b := g.b
	b.Home = grown(b.Home, n, g.has[roleHome])
	for i := range b.Home {
		b.Home[i] = event.NoPlace
	}
	b.Code[0], b.Code[1] = grown(b.Code[0], n, g.has[roleCode0]), grown(b.Code[1], n, g.has[roleCode1])
	b.Amount, b.Coin, b.Nights = grown(b.Amount, n, g.has[roleAmount]), grown(b.Coin, n, g.has[roleCoin]), grown(b.Nights, n, g.has[roleNights] || g.has[roleMoreNights] || g.rated)
}

// finishSales shortens these columns to the first n rows; an amount a night becomes that of all nights.
func (g *Gate) finishSales(n int) {
	b := g.b
	for i := range b.Amount {
		if g.rated {
			b.Amount[i] = clampAmount(int64(b.Amount[i]) * int64(b.Nights[i]))
		}
	}
	b.Home, b.Code[0], b.Code[1] = b.Home[:min(n, len(b.Home))], b.Code[0][:min(n, len(b.Code[0]))], b.Code[1][:min(n, len(b.Code[1]))]
	b.Amount, b.Coin, b.Nights = b.Amount[:min(n, len(b.Amount))], b.Coin[:min(n, len(b.Coin))], b.Nights[:min(n, len(b.Nights))]
}

// saleText takes a value of a column that only these rows have.
func (g *Gate) saleText(f *Field, i int, v []byte) error {
	switch f.role {
	case roleHome:
		if place, ok := g.ground.Place(v); ok { // where nobody knows it, the row counts all the same
			g.b.Home[i] = place
		}
	case roleCode0, roleCode1:
		g.b.Code[f.role-roleCode0][i] = f.originOf(v)
	case roleCoin:
		coin, ok := f.origin[string(v)]
		if !ok || coin >= f.other {
			g.flag(f, i, event.BadCurrency)
			return nil
		}
		g.b.Coin[i] = uint8(coin)
	case roleAmount:
		return g.amount(f, i, v)
	case roleCancelled:
		is, ok := parseBool(v)
		if !ok {
			return g.wrong(f, i, event.BadNumber, Shape(v), "true or false")
		}
		if is {
			g.flag(f, i, event.Cancelled)
		}
	default:
		return g.number(f, i, v)
	}
	return nil
}

// amount reads money: a whole number of the smallest unit, or a decimal with no more decimals than the currency of the row has.
// Nothing is rounded.
func (g *Gate) amount(f *Field, i int, v []byte) error {
	if f.Type == "int" {
		return g.number(f, i, v)
	}
	exponent := f.Exponents[0]
	if g.b.Coin != nil {
		exponent = f.Exponents[g.b.Coin[i]]
	}
	x, err := throng.ParseAmount(string(v), exponent)
	if err != nil {
		return g.wrong(f, i, event.BadNumber, Shape(v), "an amount such as "+throng.FormatAmount(1250, exponent))
	}
	g.b.Amount[i] = clampAmount(x)
	return nil
}

// clampAmount keeps an amount within what a record holds; bounds of contracts are smaller.
func clampAmount(v int64) int32 {
	return int32(max(-event.MostAmount, min(event.MostAmount, v)))
}

// saleInts takes whole numbers of consecutive rows from i on.
func (g *Gate) saleInts(f *Field, i int, vs []int64) error {
	for k, v := range vs {
		if f.As == "waited" {
			v = min(v, math.MaxUint8)
		}
		switch {
		case f.role == roleAmount:
			g.b.Amount[i+k] = clampAmount(v)
		case f.role == roleCancelled:
			if v != 0 {
				g.flag(f, i+k, event.Cancelled)
			}
		case v < 0 || v > math.MaxUint8-int64(g.b.Nights[i+k]):
			g.flag(f, i+k, event.BadNumber)
		default:
			g.b.Nights[i+k] += uint8(v)
		}
	}
	return nil
}
