package feed_test

import (
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/throng-stats/throng"
	"github.com/throng-stats/throng/event"
	"github.com/throng-stats/throng/feed"
	"github.com/throng-stats/throng/locate"
)

// saleColumns are the columns of the rows of TestSales, in their order.
var saleColumns = []feed.Column{
	{Name: "member", As: "traveller", Type: "text"}, {Name: "at", As: "travel_time", Format: "yyyy-MM-dd", Zone: "UTC"}, {Name: "shop", As: "place"},
	{Name: "lives", As: "home"}, {Name: "from", As: "residence", Domain: []string{"FRA"}}, {Name: "sort", As: "category", Domain: []string{"wine"}},
	{Name: "coin", As: "currency", Domain: []string{"EUR", "JPY"}}, {Name: "paid", As: "amount", Type: "decimal", Exponents: []int{2, 0}},
	{Name: "week", As: "nights"}, {Name: "weekend", As: "more_nights"}, {Name: "gone", As: "cancelled"},
}

func admit(t *testing.T, columns []feed.Column, row string) (*event.Batch, error) {
	t.Helper()
	options := feed.Options{Kind: feed.Tickets, Unit: "traveller", Columns: columns, Strict: true}
	fields, err := options.Fields()
	if err != nil {
		t.Fatal(err)
	}
	ground := &locate.Ground{Places: []locate.Place{{ID: "hill"}, {ID: "valley"}}}
	ground.Index()
	day, _ := throng.DayOf("2026-03-01", time.UTC)
	g := feed.NewGate(options, fields, ground, feed.NewDoor([]throng.Period{day}, [][16]byte{{1}}, nil))
	var b event.Batch
	g.Begin(&b, 0, 1)
	values := strings.Split(row, ",")
	for _, where := range []bool{true, false} {
		for _, f := range fields {
			if f.IsWhere() != where {
				continue
			}
			i := slices.IndexFunc(columns, func(c feed.Column) bool { return c.Name == f.Name })
			if err := g.Text(f, 0, []byte(values[i])); err != nil {
				return nil, err
			}
		}
		g.Places(0, 1)
	}
	g.Finish(1)
	return &b, nil
}

func TestSales(t *testing.T) {
	for _, c := range []struct {
		name, row string
		want      event.Sale // Home 9: nowhere
		bad       event.Bad
	}{
		{"a sale", "m1,2026-03-01,valley,hill,FRA,wine,EUR,12.50,3,1,0", event.Sale{Home: 0, Amount: 1250, Nights: 4}, 0},
		{"no decimals in Japan", "m1,2026-03-01,valley,hill,DEU,bread,JPY,1250,0,0,0", event.Sale{Home: 0, Origin: 1, Code: [2]uint16{1}, Amount: 1250, Coin: 1}, 0},
		{"given back", "m1,2026-03-01,valley,hill,,,EUR,-12.5,0,0,0", event.Sale{Home: 0, Origin: 2, Code: [2]uint16{2}, Amount: -1250}, 0},
		{"an enormous amount is kept as the largest", "m1,2026-03-01,valley,moon,FRA,wine,EUR,99999999999.00,0,0,0", event.Sale{Home: event.NoPlace, Amount: event.MostAmount}, 0},
		{"another currency", "m1,2026-03-01,valley,hill,FRA,wine,USD,12.50,0,0,0", event.Sale{Home: 0, Amount: 1250}, event.BadCurrency},
		{"no amount", "m1,2026-03-01,valley,hill,FRA,wine,EUR,,0,0,0", event.Sale{Home: 0}, event.BadNumber},
		{"taken back", "m1,2026-03-01,valley,hill,FRA,wine,EUR,1,0,0,true", event.Sale{Home: 0, Amount: 100}, event.Cancelled},
		{"nowhere", "m1,2026-03-01,moon,hill,FRA,wine,EUR,1,0,0,0", event.Sale{Home: 0, Amount: 100}, event.UnknownPlace},
		{"too many nights", "m1,2026-03-01,hill,hill,FRA,wine,EUR,1,200,100,0", event.Sale{Home: 0, Amount: 100, Nights: 200}, event.BadNumber},
	} {
		b, err := admit(t, saleColumns, c.row)
		if err != nil {
			t.Errorf("%s: %v", c.name, err)
			continue
		}
		got := event.Sale{Home: b.Home[0], Origin: b.Origin[0], Code: [2]uint16{b.Code[0][0]}, Amount: b.Amount[0], Coin: b.Coin[0], Nights: b.Nights[0]}
		if got != c.want || b.Bad[0] != c.bad || b.Unit[0] == 0 {
			t.Errorf("%s: got %+v, bad %b, unit %d; want %+v, bad %b", c.name, got, b.Bad[0], b.Unit[0], c.want, c.bad)
		}
		var r event.Record
		if r.Set(c.want); r.Sale() != c.want {
			t.Errorf("%s: a record gives %+v for %+v", c.name, r.Sale(), c.want)
		}
	}
	for _, row := range []string{"m1,2026-03-01,valley,hill,FRA,wine,EUR,12.505,0,0,0", "m1,2026-03-01,valley,hill,FRA,wine,JPY,12.5,0,0,0", "m1,2026-03-01,valley,hill,FRA,wine,EUR,1e3,0,0,0"} {
		if _, err := admit(t, saleColumns, row); err == nil || strings.Contains(err.Error(), "12.505") {
			t.Errorf("%s: got %v, want an error without the value", row, err)
		}
	}
	// An amount a night is that of all nights.
	rated := slices.Clone(saleColumns)
	rated[7] = feed.Column{Name: "paid", As: "rate", Type: "decimal", Exponents: []int{2, 0}}
	if b, err := admit(t, rated, "m1,2026-03-01,valley,hill,FRA,wine,EUR,75.50,3,1,0"); err != nil || b.Amount[0] != 30200 {
		t.Errorf("four nights of 75.50: got %v, %v, want 302.00", b, err)
	}
}

// TestMoneyIsNotFloatingPoint: a column of floating point is refused, whatever it holds.
func TestMoneyIsNotFloatingPoint(t *testing.T) {
	options := feed.Options{Kind: feed.Tickets, Unit: "ticket", Columns: []feed.Column{{Name: "at", As: "sale_time"}, {Name: "shop", As: "place"}, {Name: "paid", As: "amount", Exponents: []int{2}}}}
	fields, err := options.Fields()
	if err != nil {
		t.Fatal(err)
	}
	g := feed.NewGate(options, fields, &locate.Ground{}, nil)
	var b event.Batch
	g.Begin(&b, 0, 1)
	i := slices.IndexFunc(fields, func(f *feed.Field) bool { return f.As == "amount" })
	if err := g.Floats(fields[i], 0, []float64{12.5}); err == nil {
		t.Error("an amount in floating point is read")
	}
}
