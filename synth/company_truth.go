package synth

import (
	"encoding/csv"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/throng-stats/throng"
	"github.com/throng-stats/throng/synth/trade"
)

// CompanyCell names a cell of the truth of a company's feed. What a table does not have is empty.
type CompanyCell struct {
	Table    string // product/table, as releases name them
	Period   string // civil day or month; of a month, its days in the world
	Zone     string // place: destination, town, dock, district; of customers where they live
	Zone2    string // of rides, the dock where they end
	Time     string // of departures and arrivals, start of the hour in UTC, RFC 3339
	Class    string // category, body, reason of a report, class of what is spent
	Class2   string // reason of a case, or class of the days that it waited
	Currency string // of spending of the travel seller
}

// CompanyValue is what is true of a cell: units, rows, nights, or money in the smallest unit of its currency.
type CompanyValue struct {
	// True is what happened. What is given back takes nothing off, and what is cancelled did not happen.
	True int64
	// Within is what a table can hold of it: rows that can be read, within the bounds of the contract.
	Within int64
}

// CompanyTruth is what is true of a company's feed, over the days of the world.
type CompanyTruth struct {
	Cells map[CompanyCell]CompanyValue
}

// Of is what is true of a cell; nothing where the truth has none.
func (t *CompanyTruth) Of(c CompanyCell) CompanyValue { return t.Cells[c] }

const companyColumns = "table,period,zone,zone2,time,class,class2,currency,true,within"

// companyTable says how the truth names a table: of which list its zones, classes and periods are.
type companyTable struct {
	name            string
	daily, hourly   bool
	zones           func(w *World, at int16) string
	zone2           bool
	classes         []string
	classes2        []string
	coins, anywhere bool // has currencies; has no zones
}

// companyTables are the tables by their number, of a feed.
func companyTables(folder string) map[trade.Table]companyTable {
	town := func(w *World, at int16) string { return w.plan.FinestID(int(at)) }
	dock := func(_ *World, at int16) string { return dockID(at) }
	switch folder {
	case Tickets:
		to := func(_ *World, at int16) string { return trade.Destinations[at].ID }
		return map[trade.Table]companyTable{
			trade.SpendingTotal:  {name: "spending/total", zones: to, classes: trade.TicketKinds, coins: true},
			trade.SpendingBuyers: {name: "spending/buyers", zones: to, classes: trade.TicketKinds, coins: true},
			trade.SpendingSales:  {name: "spending/sales", zones: to, classes: trade.TicketKinds, coins: true},
			trade.SpendingSizes:  {name: "spending/sizes", anywhere: true, classes: trade.TicketSizes.Codes(2), coins: true},
			trade.BookingsTrips:  {name: "bookings/trips", zones: to},
			trade.BookingsNights: {name: "bookings/nights", zones: to},
		}
	case Purchases:
		return map[trade.Table]companyTable{
			trade.SpendingTotal:    {name: "spending/total", zones: town, classes: trade.PurchaseKinds, daily: true},
			trade.SpendingBuyers:   {name: "spending/buyers", zones: town, classes: trade.PurchaseKinds, daily: true},
			trade.SpendingSales:    {name: "spending/sales", zones: town, classes: trade.PurchaseKinds, daily: true},
			trade.MarketCustomers:  {name: "market/customers", zones: town},
			trade.MarketCategories: {name: "market/categories", zones: town, classes: trade.PurchaseKinds},
		}
	case Bikes:
		return map[trade.Table]companyTable{
			trade.RidesTotal:      {name: "flows-month/total", zones: dock, zone2: true},
			trade.RidesDepartures: {name: "vehicles/departures", zones: dock, hourly: true},
			trade.RidesArrivals:   {name: "vehicles/arrivals", zones: dock, hourly: true},
			trade.ReportsTotal:    {name: "reports/total", zones: dock, classes: trade.ReportReasons, daily: true},
		}
	}
	return map[trade.Table]companyTable{
		trade.CasesTotal: {name: "cases/total", zones: town, classes: trade.Authorities, classes2: trade.CaseReasons},
		trade.CasesWaits: {name: "cases/waits", zones: town, classes: trade.Authorities, classes2: trade.CaseWaits.Codes(0)},
	}
}

// companyRows turns a book into rows of a file, sorted.
func (w *World) companyRows(folder string, book trade.Book) [][]string {
	tables := companyTables(folder)
	var rows [][]string
	for c, v := range book {
		n := w.companyCell(tables[c.Table], c)
		rows = append(rows, []string{n.Table, n.Period, n.Zone, n.Zone2, n.Time, n.Class, n.Class2, n.Currency, strconv.FormatInt(v.True, 10), strconv.FormatInt(v.Within, 10)})
	}
	slices.SortFunc(rows, slices.Compare)
	return rows
}

func (w *World) companyCell(t companyTable, c trade.Cell) CompanyCell {
	class := func(list []string, at uint8) string {
		switch {
		case list == nil:
			return ""
		case at == trade.Other:
			return throng.Other
		}
		return list[at]
	}
	n := CompanyCell{Table: t.name, Class: class(t.classes, c.Code[0]), Class2: class(t.classes2, c.Code[1])}
	if n.Period = w.monthName(c.Period); t.daily {
		n.Period = w.DayName(int(c.Period))
	}
	if !t.anywhere {
		n.Zone = t.zones(w, c.Zone)
	}
	if t.zone2 {
		n.Zone2 = t.zones(w, c.Zone2)
	}
	if t.hourly {
		n.Time = time.Unix(3600*int64(c.Hour), 0).UTC().Format(time.RFC3339)
	}
	if t.coins {
		n.Currency = trade.Coins[c.Coin]
	}
	return n
}

// ReadCompany reads the truth of a feed, one of Tickets, Purchases, Bikes and Cases, from the folder in which a world was written.
func ReadCompany(dir, folder string) (*CompanyTruth, error) {
	f, err := os.Open(filepath.Join(dir, folder, "truth.csv"))
	if err != nil {
		return nil, fmt.Errorf("synth: the truth of %.20q is missing; write the companies first: %w", folder, err)
	}
	defer f.Close()
	rows, err := csv.NewReader(f).ReadAll()
	if err != nil || len(rows) == 0 || len(rows[0]) != 10 {
		return nil, fmt.Errorf("synth: the truth of %.20q is no table of ten columns; write the companies again: %w", folder, err)
	}
	t := &CompanyTruth{Cells: make(map[CompanyCell]CompanyValue, len(rows))}
	for i, r := range rows[1:] {
		is, err1 := strconv.ParseInt(r[8], 10, 64)
		within, err2 := strconv.ParseInt(r[9], 10, 64)
		if err1 != nil || err2 != nil {
			return nil, fmt.Errorf("synth: the truth of %.20q has no number in line %d; write the companies again", folder, i+2)
		}
		t.Cells[CompanyCell{r[0], r[1], r[2], r[3], r[4], r[5], r[6], r[7]}] = CompanyValue{is, within}
	}
	return t, nil
}

// CompanyTables lists the tables of the truth of a feed, by product/table.
func CompanyTables(folder string) (names []string) {
	for _, t := range companyTables(folder) {
		names = append(names, t.name)
	}
	slices.Sort(names)
	return names
}

// RegisterTruth is what was planted in the public registers.
type RegisterTruth struct {
	Outliers [][2]string        // authority and category of those who spend far more a head than all others
	Rates    map[string]float64 // by class of firm: how often an inspection ends in a fine, before chance
}

// ReadRegisters reads what was planted in the registers of a folder in which a world was written.
func ReadRegisters(dir string) (*RegisterTruth, error) {
	t := &RegisterTruth{Rates: map[string]float64{}}
	for name, take := range map[string]func(r []string) error{
		"outliers.csv": func(r []string) error { t.Outliers = append(t.Outliers, [2]string{r[0], r[1]}); return nil },
		"penalty-rates.csv": func(r []string) (err error) {
			t.Rates[r[0]], err = strconv.ParseFloat(r[1], 64)
			return err
		},
	} {
		text, err := os.ReadFile(filepath.Join(dir, Registers, name))
		if err != nil {
			return nil, fmt.Errorf("synth: the truth of the registers is missing; write the companies first: %w", err)
		}
		rows, err := csv.NewReader(strings.NewReader(string(text))).ReadAll()
		for i := 1; i < len(rows) && err == nil; i++ {
			err = take(rows[i])
		}
		if err != nil || len(rows) < 2 {
			return nil, fmt.Errorf("synth: %s cannot be read; write the companies again: %w", name, err)
		}
	}
	return t, nil
}
