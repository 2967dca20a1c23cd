package synth

import (
	"bufio"
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/throng-stats/throng"
	"github.com/throng-stats/throng/synth/city"
	"github.com/throng-stats/throng/synth/trade"
)

// Folders of the feeds of companies and public bodies of the region, each with its contracts, its feed and its truth.
const (
	Tickets   = "tickets"   // a travel seller: tickets and bookings
	Purchases = "purchases" // shops with a card
	Bikes     = "bikes"     // a bicycle company: rides, and reports about parked bicycles
	Cases     = "cases"     // what public bodies do to people
	Registers = "registers" // public and exact: what bodies spend, whom they inspect
)

// company is one of these feeds.
type company struct {
	folder  string
	rows    string // file of its rows
	header  string
	deal    func(m *trade.Maker, person int)
	line    func(w *World, r *trade.Row) string
	reports bool // has a second feed, of reports
	public  func(w *World, dir string) error
}

var companies = []company{
	{folder: Tickets, rows: "sales.csv", header: "client,sold,begins,from,to,kind,amount,currency,nights,cancelled", deal: (*trade.Maker).Tickets, line: (*World).ticketLine, public: (*World).writeSeller},
	{folder: Purchases, rows: "purchases.csv", header: "member,bought,shop,home,sort,paid", deal: (*trade.Maker).Purchases, line: (*World).purchaseLine, public: (*World).writeShops},
	{folder: Bikes, rows: "rides.csv", header: "ride,start,end,from_dock,to_dock,vehicle", deal: (*trade.Maker).Rides, line: (*World).rideLine, reports: true, public: (*World).writeDocks},
	{folder: Cases, rows: "cases.csv", header: "person_concerned,at,district,authority,reason,waited", deal: (*trade.Maker).Cases, line: (*World).caseLine, public: (*World).writeBodies},
}

// HomeCountry is the code of the invented country in tickets/countries.csv, where its provinces are.
const HomeCountry = "AUR"

// Companies lists the folders that WriteCompanies writes.
func Companies() []string { return []string{Tickets, Purchases, Bikes, Cases, Registers} }

// WriteCompanies writes below dir what companies and public bodies of the region have in their books about all days of the world:
// in a folder each the contracts, the public lists, the feed and the truth (ReadCompany). Memory grows with people and days: about
// a hundred bytes a row.
func (w *World) WriteCompanies(ctx context.Context, dir string) error {
	for _, c := range companies {
		if err := w.writeCompany(ctx, filepath.Join(dir, c.folder), c); err != nil {
			return fmt.Errorf("synth: %s were not finished: %w", c.folder, err)
		}
	}
	return w.writeRegisters(filepath.Join(dir, Registers))
}

func (w *World) writeCompany(ctx context.Context, dir string, c company) error {
	rows, reports, book, err := w.trade(ctx, c.deal)
	if err != nil {
		return err
	}
	if err := c.public(w, dir); err != nil {
		return err
	}
	if err := writeLines(filepath.Join(dir, c.rows), c.header, rows, func(r *trade.Row) string { return c.line(w, r) }); err != nil {
		return err
	}
	if c.reports {
		if err := writeLines(filepath.Join(dir, "reports.csv"), "report,at,dock,reason,vehicle", reports, w.reportLine); err != nil {
			return err
		}
		if err := w.writeStatus(filepath.Join(dir, "station_status.jsonl"), rows); err != nil {
			return err
		}
	}
	return writeTable(filepath.Join(dir, "truth.csv"), companyColumns, w.companyRows(c.folder, book))
}

// trade lets everybody deal with one company: its rows in order of time, and what is true of them.
func (w *World) trade(ctx context.Context, deal func(m *trade.Maker, person int)) (rows, reports []trade.Row, book trade.Book, err error) {
	world := w.tradeWorld()
	makers := make([]*trade.Maker, workers())
	for i := range makers {
		makers[i] = world.Maker()
	}
	n := len(w.all.List)
	type part struct{ rows, reports []trade.Row }
	parts := make([]part, (n+chunkPeople-1)/chunkPeople)
	err = each(ctx, len(parts), func(worker, c int) {
		m := makers[worker]
		m.Rows, m.Reports = nil, nil
		for i := c * chunkPeople; i < min(n, (c+1)*chunkPeople); i++ {
			deal(m, i)
		}
		parts[c] = part{m.Rows, m.Reports}
	})
	book = makers[0].Book
	for _, m := range makers[1:] {
		book.Merge(m.Book)
	}
	for _, p := range parts {
		rows, reports = append(rows, p.rows...), append(reports, p.reports...)
	}
	for _, list := range [][]trade.Row{rows, reports} {
		slices.SortStableFunc(list, func(a, b trade.Row) int { return cmp.Compare(a.Time, b.Time) })
	}
	return rows, reports, book, err
}

// tradeWorld is the world as trade sees it. Days from twice the longest lead before the world to 120 after it have an hour.
func (w *World) tradeWorld() *trade.World {
	const before, after = 100, 120
	periods := make([]throng.Period, before+w.options.Days+after)
	elapsed := make([]func(int32) int32, len(periods))
	for i := range periods {
		periods[i] = w.Period(i - before)
		elapsed[i] = clockOf(periods[i], w.clock)
	}
	month := func(day int) int16 {
		p := periods[day+before].Name
		year, _ := strconv.Atoi(p[:4]) // written by Period
		number, _ := strconv.Atoi(p[5:7])
		return int16(12*(year-w.start.Year()) + number - int(w.start.Month()))
	}
	return &trade.World{Seed: w.options.Seed, Plan: w.plan, All: w.all, Days: w.options.Days, Month: month, Clean: w.options.Clean,
		At: func(day int, second int32) int64 {
			p := periods[day+before]
			return min(p.Start+1000*int64(elapsed[day+before](second)), p.End-1)
		}}
}

// monthName is the name of a month by its number.
func (w *World) monthName(month int16) string {
	return time.Date(w.start.Year(), w.start.Month()+time.Month(month), 1, 0, 0, 0, 0, time.UTC).Format("2006-01")
}

// writeLines writes a CSV file whose values need no quotes.
func writeLines(path, header string, rows []trade.Row, line func(*trade.Row) string) error {
	return whole(path, func(f *os.File) error {
		out := bufio.NewWriterSize(f, 1<<20)
		fmt.Fprintln(out, header) // an error comes back at the flush
		for i := range rows {
			out.WriteString(line(&rows[i]))
			out.WriteByte('\n')
		}
		return out.Flush()
	})
}

// stamp is an instant in UTC, or nothing when the row has none.
func stamp(r *trade.Row, ms int64) string {
	if r.Bad == trade.NoTime {
		return ""
	}
	return time.UnixMilli(ms).UTC().Format("2006-01-02T15:04:05.000Z")
}

// unitID is the pseudonym or number of a row.
func unitID(r *trade.Row) string {
	if r.Bad == trade.NoUnit {
		return ""
	}
	return strconv.FormatUint(r.Unit, 10)
}

// placeID is the id of a place, or one that no list has.
func placeID(r *trade.Row, id string) string {
	if r.Bad == trade.NoSuchPlace {
		return "nowhere"
	}
	return id
}

// money is the amount of a row.
func money(r *trade.Row) string {
	if r.Bad == trade.Mistyped {
		return throng.FormatAmount(int64(r.Typed), 2)
	}
	return throng.FormatAmount(int64(r.Amount), 2)
}

// codeID is a value of a list, or one that no list has.
func codeID(r *trade.Row, list []string, at uint8) string {
	if r.Bad == trade.NoSuchCode {
		return "sundry"
	}
	return list[at]
}

func (w *World) ticketLine(r *trade.Row) string {
	coin := trade.Coins[r.Coin]
	if r.Bad == trade.NoSuchCoin {
		coin = "XTS" // ISO 4217: for tests
	}
	return strings.Join([]string{unitID(r), stamp(r, r.Time), stamp(r, r.Until), city.ProvinceID(city.Host), placeID(r, trade.Destinations[r.Place].ID),
		codeID(r, trade.TicketKinds, r.Code[0]), money(r), coin, strconv.Itoa(int(r.Nights)), strconv.FormatBool(r.Gone)}, ",")
}

func (w *World) purchaseLine(r *trade.Row) string {
	return strings.Join([]string{unitID(r), stamp(r, r.Time), placeID(r, w.plan.FinestID(int(r.Place))), w.plan.FinestID(int(r.Other)),
		codeID(r, trade.PurchaseKinds, r.Code[0]), money(r)}, ",")
}

func (w *World) rideLine(r *trade.Row) string {
	return strings.Join([]string{unitID(r), stamp(r, r.Time), stamp(r, r.Until), placeID(r, dockID(r.Place)), dockID(r.Other), trade.VehicleKinds[r.Code[0]]}, ",")
}

func (w *World) reportLine(r *trade.Row) string {
	return strings.Join([]string{unitID(r), stamp(r, r.Time), placeID(r, dockID(r.Place)), trade.ReportReasons[r.Code[0]], trade.VehicleKinds[r.Code[1]]}, ",")
}

func (w *World) caseLine(r *trade.Row) string {
	return strings.Join([]string{unitID(r), stamp(r, r.Time), placeID(r, w.plan.FinestID(int(r.Place))), codeID(r, trade.Authorities, r.Code[0]), trade.CaseReasons[r.Code[1]], strconv.Itoa(int(r.Nights))}, ",")
}

func dockID(i int16) string { return fmt.Sprintf("D%02d", i+1) }

// municipalities lists the municipalities as places, with a point inside each.
func (w *World) municipalities() (rows [][]string) {
	for _, z := range w.plan.Zones {
		if z.Level != 3 {
			continue
		}
		for m := range int16(city.Municipalities) {
			if w.plan.FinestID(int(m)) == z.ID {
				at := city.Unproject(w.plan.Middle(m))
				rows = append(rows, []string{z.ID, z.Name, degrees(at.Lat), degrees(at.Lon), z.Parent})
			}
		}
	}
	return rows
}

const placeColumns = "id,name,latitude,longitude,parent"

func (w *World) writeSeller(dir string) error {
	var rows [][]string
	for i, to := range trade.Destinations {
		at, parent := (city.Degrees{Lat: to.Lat, Lon: to.Lon}), ""
		if i >= len(city.Countries) {
			at, parent = city.Unproject(w.plan.ProvinceMiddle(i-len(city.Countries)+city.Home)), HomeCountry
		}
		rows = append(rows, []string{to.ID, to.ID, degrees(at.Lat), degrees(at.Lon), parent})
	}
	var rates [][]string
	for i, coin := range trade.Coins[1:] { // the first is the base
		rates = append(rates, []string{coin, strconv.FormatFloat(trade.Rates[i+1], 'f', -1, 64)})
	}
	if err := writeTable(filepath.Join(dir, "destinations.csv"), placeColumns, rows); err != nil {
		return err
	}
	if err := writeTable(filepath.Join(dir, "rates.csv"), "currency,rate", rates); err != nil {
		return err
	}
	var home [][]string
	for i := range city.Provinces {
		home = append(home, []string{city.ProvinceID(i), HomeCountry})
	}
	if err := writeTable(filepath.Join(dir, "countries.csv"), "code,country", home); err != nil {
		return err
	}
	if err := w.writeAgreed(dir, "trips.yaml", bookingsText); err != nil {
		return err
	}
	return w.writeAgreed(dir, "contract.yaml", ticketsText)
}

func (w *World) writeShops(dir string) error {
	if err := writeTable(filepath.Join(dir, "towns.csv"), placeColumns, w.municipalities()); err != nil {
		return err
	}
	return w.writeAgreed(dir, "contract.yaml", purchasesText)
}

func (w *World) writeBodies(dir string) error {
	if err := writeTable(filepath.Join(dir, "districts.csv"), placeColumns, w.municipalities()); err != nil {
		return err
	}
	return w.writeAgreed(dir, "contract.yaml", casesText)
}

func (w *World) writeDocks(dir string) error {
	var rows [][]string
	for i, dock := range w.tradeWorld().Docks() {
		at := city.Unproject(dock.Point())
		rows = append(rows, []string{dockID(int16(i)), "Dock " + strconv.Itoa(i+1), degrees(at.Lat), degrees(at.Lon), w.plan.FinestID(int(dock.Zone))})
	}
	if err := writeTable(filepath.Join(dir, "docks.csv"), placeColumns, rows); err != nil {
		return err
	}
	if err := w.writeAgreed(dir, "reports.yaml", reportsText); err != nil {
		return err
	}
	return w.writeAgreed(dir, "contract.yaml", ridesText)
}

// writeAgreed writes a contract over the days of the world.
func (w *World) writeAgreed(dir, name, text string) error {
	return writeText(filepath.Join(dir, name), fmt.Sprintf(text, w.DayName(0), w.DayName(w.options.Days-1)))
}

// gbfsStation is a station of a station_status document of GBFS 3.0.
type gbfsStation struct {
	ID        string `json:"station_id"`
	Vehicles  int    `json:"num_vehicles_available"`
	Docks     int    `json:"num_docks_available"`
	Installed bool   `json:"is_installed"`
	Renting   bool   `json:"is_renting"`
	Returning bool   `json:"is_returning"`
	Reported  string `json:"last_reported"`
}

type gbfsStatus struct {
	Updated string `json:"last_updated"`
	TTL     int    `json:"ttl"`
	Version string `json:"version"`
	Data    struct {
		Stations []gbfsStation `json:"stations"`
	} `json:"data"`
}

// writeStatus writes how full the docks are at every full hour, a document of GBFS 3.0 a line. It is about docks, so it is public and
// exact. Every night at four the company brings all docks to half; who finds one full leaves the bicycle beside it.
func (w *World) writeStatus(path string, rides []trade.Row) error {
	full := make([]int, len(w.tradeWorld().Docks()))
	type move struct {
		at       int64
		dock, by int
	}
	var moves []move
	for i := range rides {
		moves = append(moves, move{rides[i].Time, int(rides[i].Place), -1}, move{rides[i].Until, int(rides[i].Other), 1})
	}
	slices.SortStableFunc(moves, func(a, b move) int { return cmp.Compare(a.at, b.at) })
	return whole(path, func(f *os.File) error {
		out := bufio.NewWriter(f)
		lines := json.NewEncoder(out)
		first, last := w.Period(0).Start, w.Period(w.options.Days-1).End
		for hour := first; hour < last; hour += time.Hour.Milliseconds() {
			for len(moves) > 0 && moves[0].at < hour {
				full[moves[0].dock] = max(0, min(trade.DockRoom, full[moves[0].dock]+moves[0].by))
				moves = moves[1:]
			}
			if hour == first || time.UnixMilli(hour).In(w.clock).Hour() == 4 {
				for i := range full {
					full[i] = trade.DockRoom / 2
				}
			}
			doc := gbfsStatus{Updated: time.UnixMilli(hour).UTC().Format(time.RFC3339), TTL: 3600, Version: "3.0"}
			for i, n := range full {
				doc.Data.Stations = append(doc.Data.Stations, gbfsStation{dockID(int16(i)), n, trade.DockRoom - n, true, n > 0, n < trade.DockRoom, doc.Updated})
			}
			if err := lines.Encode(doc); err != nil {
				return err
			}
		}
		return out.Flush()
	})
}

// writeRegisters writes the public registers and what is true of them.
func (w *World) writeRegisters(dir string) error {
	world := w.tradeWorld()
	var spent, inspected, outliers, rates [][]string
	for i, e := range world.Expenses() {
		spent = append(spent, []string{strconv.Itoa(i + 1), w.DayName(e.Day), trade.Bodies[e.Body], strconv.Itoa(trade.Staff[e.Body]), trade.Spent[e.Kind], e.Firm, throng.FormatAmount(e.Amount, 2)})
	}
	for _, o := range trade.Outliers {
		outliers = append(outliers, []string{trade.Bodies[o[0]], trade.Spent[o[1]], strconv.Itoa(trade.Lavish)})
	}
	for i, one := range world.Inspections() {
		inspected = append(inspected, []string{strconv.Itoa(i + 1), w.DayName(one.Day), one.Body, one.Firm, strconv.FormatBool(one.Penalty > 0), throng.FormatAmount(one.Penalty, 2), strconv.FormatBool(one.Award)})
	}
	for _, firm := range trade.FirmClasses {
		rates = append(rates, []string{firm, strconv.FormatFloat(trade.PenaltyRate(firm), 'f', -1, 64)})
	}
	for name, text := range map[string]string{"procurement.yaml": procurementText, "inspections.yaml": inspectionsText} {
		if err := writeText(filepath.Join(dir, name), text); err != nil {
			return fmt.Errorf("synth: registers were not finished: %w", err)
		}
	}
	for _, t := range []struct {
		name, header string
		rows         [][]string
	}{
		{"procurement.csv", "id,date,authority,staff,category,class,amount", spent}, {"outliers.csv", "authority,category,times", outliers},
		{"inspections.csv", "id,date,authority,class,fined,fine,award", inspected}, {"penalty-rates.csv", "class,rate", rates},
	} {
		if err := writeTable(filepath.Join(dir, t.name), t.header, t.rows); err != nil {
			return fmt.Errorf("synth: registers were not finished: %w", err)
		}
	}
	return nil
}
