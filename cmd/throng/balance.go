package main

import (
	"encoding/json"
	"fmt"
	"io"
	"slices"
	"strings"
	"time"

	"github.com/throng-stats/throng"
	"github.com/throng-stats/throng/config"
	"github.com/throng-stats/throng/driver"
	"github.com/throng-stats/throng/reckon/compare"
	"github.com/throng-stats/throng/reckon/tourism"
	"github.com/throng-stats/throng/release"
	"github.com/throng-stats/throng/serve/export"
)

// balanceCmd is throng balance.
type balanceCmd struct {
	Dirs      []string `arg:"" name:"dir" help:"Folders of releases: of tickets or bookings, and of a mobile network." type:"existingdir"`
	Month     string   `help:"Month, such as 2026-03." required:"" placeholder:"MONTH"`
	Home      string   `help:"Country whose balance it is: its destinations are at home, the others abroad." placeholder:"COUNTRY"`
	Countries string   `help:"Countries of airports, places, zones and codes, CSV: code,country." type:"existingfile" placeholder:"FILE"`
	Currency  string   `help:"Currency of the balance; that of the spending when it has only one." placeholder:"CODE"`
	Rates     string   `help:"Public rates of exchange, CSV: currency,rate; units of the currency of the balance for one unit." type:"existingfile" placeholder:"FILE"`
	Event     string   `help:"Destination to which something happened before the month, such as a travel warning: what changed, against all others abroad." and:"event" placeholder:"COUNTRY"`
	Before    []string `help:"Month before the event (may be given several times)." and:"event" placeholder:"MONTH"`
	CSV       string   `name:"csv" help:"Also write every figure to this file, as CSV." placeholder:"FILE"`
}

// Help is what throng balance --help adds.
func (balanceCmd) Help() string {
	return `Sets what was published about a month beside each other: money, trips and nights by destination from tickets and bookings, with ranks
and shares; journeys abroad and nights of guests from a mobile network; and what goes out and comes in, with margins. It reads
published folders and public tables alone, and spends nothing. What it takes for granted is said below the numbers.

    throng balance tickets/out mobile/out --month 2026-03 --home FR --countries countries.csv
    throng balance tickets/out --month 2026-03 --csv balance.csv
    throng balance tickets/out --month 2026-05 --event DE --before 2026-03 --before 2026-04`
}

// found are the releases of a product and month in the folders: that of the month, or those of its days.
type found struct {
	folder
	releases []release.Manifest
}

// Run prints the balance.
func (c *balanceCmd) Run(out *screen) error {
	for _, month := range append([]string{c.Month}, c.Before...) {
		if _, err := time.Parse("2006-01", month); err != nil {
			return &driver.Error{Kind: driver.Invalid, Text: fmt.Sprintf("--month: got %.20q, want a month such as 2026-03", month)}
		}
	}
	folders, err := openAll(c.Dirs)
	if err != nil {
		return err
	}
	countries, err := readFile(c.Countries, tourism.ReadCountries)
	if err != nil {
		return err
	}
	b := balance{cmd: c, month: c.Month, folders: folders, countries: countries, in: tourism.Input{Home: c.Home}}
	for _, read := range []func() error{b.spending, b.bookings, b.abroad, b.guests} {
		if err := read(); err != nil {
			return err
		}
	}
	result, err := tourism.Balance(b.in)
	if err != nil {
		return &driver.Error{Kind: driver.Missing, Text: err.Error()}
	}
	if err := b.study(); err != nil {
		return err
	}
	result.Assumed = append(result.Assumed, b.notes...)
	if c.CSV != "" {
		if err := atOnce(c.CSV, func(w io.Writer) error { return b.csv(w, result) }); err != nil {
			return err
		}
	}
	b.say(out, result)
	return out.result(map[string]any{"month": c.Month, "home": c.Home, "currency": b.currency, "sources": b.sources, "figures": b.figures(result), "assumed": result.Assumed})
}

// balance gathers what was published.
type balance struct {
	cmd       *balanceCmd
	month     string // that is read
	studies   []studied
	folders   []folder
	countries tourism.Countries
	in        tourism.Input
	currency  string
	notes     []string
	sources   []release.Source
}

// studied is what changed after an event, of spending or of trips.
type studied struct {
	Figure string
	tourism.Study
}

// study reads the months before the event and compares them with the month.
func (b *balance) study() error {
	if b.cmd.Event == "" {
		return nil
	}
	var spending, trips []tourism.Numbers
	for _, month := range b.cmd.Before {
		then := balance{cmd: b.cmd, month: month, folders: b.folders, countries: b.countries, currency: b.currency}
		for _, read := range []func() error{then.spending, then.bookings} {
			if err := read(); err != nil {
				return err
			}
		}
		spending, trips = append(spending, then.in.Spending), append(trips, then.in.Trips)
		b.notes, b.sources = append(b.notes, then.notes...), append(b.sources, then.sources...)
	}
	for _, one := range []struct {
		figure string
		before []tourism.Numbers
		after  tourism.Numbers
	}{{"spending", spending, b.in.Spending}, {"trips", trips, b.in.Trips}} {
		if one.after == nil {
			continue
		}
		s, err := tourism.Event(b.cmd.Event, b.cmd.Home, one.before, []tourism.Numbers{one.after})
		if err != nil {
			return &driver.Error{Kind: driver.Missing, Text: fmt.Sprintf("%s: %v", one.figure, err)}
		}
		b.studies = append(b.studies, studied{one.figure, s})
	}
	b.notes = append(b.notes, "event: without it the destination would have changed like all others abroad together")
	return nil
}

// find returns the releases of a product and month, of one folder: two holders are combined first.
func (b *balance) find(product string) (*found, error) {
	var one *found
	for _, f := range b.folders {
		var list []release.Head
		if m, ok := f.newest(product, b.month); ok {
			list = append(list, m)
		} else {
			for _, day := range daysOf(b.month) {
				if m, ok := f.newest(product, day); ok {
					list = append(list, m)
				}
			}
			if n := len(daysOf(b.month)); len(list) > 0 && len(list) < n {
				b.notes = append(b.notes, fmt.Sprintf("%s: %d of the %d days of the month are published, and nothing stands for the others", product, len(list), n))
			}
		}
		if len(list) == 0 {
			continue
		}
		if one != nil {
			return nil, &driver.Error{Kind: driver.Invalid, Text: fmt.Sprintf("%s of %s is in %s and in %s; combine the two first, or name one of them", product, b.month, here(one.dir), here(f.dir))}
		}
		releases, err := release.Manifests(f.store, list)
		if err != nil {
			return nil, err
		}
		one = &found{f, releases}
	}
	if one == nil {
		return nil, nil
	}
	for _, m := range one.releases {
		digest, err := manifestDigest(one.store, m.ID)
		if err != nil {
			return nil, err
		}
		b.sources = append(b.sources, release.Source{Holder: m.Holder, Release: m.ID, Geo: m.Geo, Manifest: digest})
	}
	return one, nil
}

// daysOf lists the civil days of a month.
func daysOf(month string) (days []string) {
	first, _ := time.Parse("2006-01", month)
	for day := first; day.Month() == first.Month(); day = day.AddDate(0, 0, 1) {
		days = append(days, day.Format(time.DateOnly))
	}
	return days
}

// each calls fn with a table of each release, where it is there, and its zones.
func (f *found) each(table string, fn func(m release.Manifest, t release.Table, zones throng.Zones) error) (any bool, err error) {
	if f == nil {
		return false, nil
	}
	for _, m := range f.releases {
		if !slices.Contains(export.Names(m), export.Name{Kind: release.Estimate, Method: release.Linear, Table: table}) {
			continue
		}
		t, err := f.store.Table(m.ID, release.Linear, table)
		if err != nil {
			return false, err
		}
		geo, err := f.store.Geography(m.Geo.ID, m.Geo.Version)
		if err != nil {
			return false, err
		}
		if err := fn(m, t, geo.Zones); err != nil {
			return false, err
		}
		any = true
	}
	return any, nil
}

// spending reads money by destination and by class of expenditure, in the currency of the balance.
func (b *balance) spending() error {
	f, err := b.find(config.Spending)
	if err != nil {
		return err
	}
	where, classes := tourism.Numbers{}, tourism.Numbers{}
	have, err := f.each("total", func(m release.Manifest, t release.Table, zones throng.Zones) error {
		coins, err := currencies(m, t)
		if err != nil {
			return err
		}
		rates, err := b.rates(coins)
		if err != nil {
			return err
		}
		for _, coin := range coins {
			one, err := rates.Convert(coin, compare.Number{Value: 1})
			if err != nil {
				return &driver.Error{Kind: driver.Invalid, Text: err.Error()}
			}
			of := func(codes map[string]string) string {
				if len(coins) > 1 && codes[throng.DimCurrency] != coin {
					return ""
				}
				return b.countries.Of(zones, codes[throng.DimZone])
			}
			where.Add(t, zones, one.Value, of)
			classes.Add(t, zones, one.Value, func(codes map[string]string) string {
				if country := of(codes); country == "" || country == b.cmd.Home {
					return ""
				}
				return codes[throng.DimCategory]
			})
		}
		return nil
	})
	if have {
		b.in.Spending = where
	}
	if len(classes) > 0 {
		b.in.Classes = classes
		if !slices.ContainsFunc(config.SpendingClasses, func(c string) bool { _, ok := classes[c]; return ok }) {
			b.notes = append(b.notes, "classes: they are the holder's own, not the eight of IRTS 2008")
		}
	}
	return err
}

// currencies of the amounts of a table: its codes, or the one of the contract.
func currencies(m release.Manifest, t release.Table) ([]string, error) {
	if d, ok := t.Shape.Dim(throng.DimCurrency); ok {
		return d.Codes, nil
	}
	text := m.Options["money.currency"]
	var list []string
	if json.Unmarshal([]byte(text), &list) != nil {
		list = []string{text}
	}
	if len(list) != 1 || !throng.IsCurrency(list[0]) {
		return nil, &driver.Error{Kind: driver.Corrupt, Text: fmt.Sprintf("release %s does not say in which currency its spending is", m.ID)}
	}
	return list, nil
}

// rates reads the rates of exchange; of one currency none are needed.
func (b *balance) rates(coins []string) (compare.Rates, error) {
	b.currency = b.cmd.Currency
	if b.currency == "" && len(coins) == 1 {
		b.currency = coins[0]
	}
	if !throng.IsCurrency(b.currency) {
		return compare.Rates{}, &driver.Error{Kind: driver.Invalid, Text: fmt.Sprintf("spending is in %s; choose the currency of the balance, such as  --currency %s --rates rates.csv", strings.Join(coins, ", "), coins[0])}
	}
	if b.cmd.Rates == "" {
		return compare.ReadRates(b.currency, strings.NewReader("currency,rate\n"))
	}
	return readFile(b.cmd.Rates, func(from io.Reader) (compare.Rates, error) { return compare.ReadRates(b.currency, from) })
}

// bookings reads trips and nights by destination.
func (b *balance) bookings() error {
	f, err := b.find(config.Bookings)
	if err != nil {
		return err
	}
	for table, into := range map[string]*tourism.Numbers{"trips": &b.in.Trips, "nights": &b.in.Nights} {
		sum := tourism.Numbers{}
		have, err := f.each(table, func(_ release.Manifest, t release.Table, zones throng.Zones) error {
			sum.Add(t, zones, 1, func(codes map[string]string) string { return b.countries.Of(zones, codes[throng.DimZone]) })
			return nil
		})
		if err != nil {
			return err
		}
		if have {
			*into = sum
		}
	}
	return nil
}

// abroad reads the journeys of residents by country.
func (b *balance) abroad() error {
	f, err := b.find("tourism")
	if err != nil {
		return err
	}
	sum := tourism.Numbers{}
	have, err := f.each("abroad", func(_ release.Manifest, t release.Table, zones throng.Zones) error {
		sum.Add(t, zones, 1, func(codes map[string]string) string { return b.countries.Of(zones, codes[throng.DimCountry]) })
		return nil
	})
	if have {
		b.in.Abroad = sum
	}
	return err
}

// guests reads the nights of guests by country of their SIM.
func (b *balance) guests() error {
	f, err := b.find("nights")
	if err != nil {
		return err
	}
	sum := tourism.Numbers{}
	have, err := f.each("origin", func(m release.Manifest, t release.Table, zones throng.Zones) error {
		var foreign []string
		if err := json.Unmarshal([]byte(m.Options[release.OptionAbroad]), &foreign); err != nil {
			return &driver.Error{Kind: driver.Corrupt, Text: fmt.Sprintf("release %s does not say which origins are countries", m.ID)}
		}
		sum.Add(t, zones, 1, func(codes map[string]string) string {
			if !slices.Contains(foreign, codes[throng.DimOrigin]) {
				return ""
			}
			return b.countries.Of(zones, codes[throng.DimOrigin])
		})
		return nil
	})
	if have {
		b.in.Guests = sum
	}
	return err
}
