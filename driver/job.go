package driver

import (
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"sort"
	"strings"
	"time"

	"github.com/throng-stats/throng"
	"github.com/throng-stats/throng/config"
	"github.com/throng-stats/throng/driver/embedded"
	"github.com/throng-stats/throng/event"
	"github.com/throng-stats/throng/filter"
	"github.com/throng-stats/throng/population"
	"github.com/throng-stats/throng/population/flow"
	pop "github.com/throng-stats/throng/population/present"
	"github.com/throng-stats/throng/privacy"
	"github.com/throng-stats/throng/privacy/account"
	"github.com/throng-stats/throng/privacy/count"
	"github.com/throng-stats/throng/release"
)

// statistics returns what is counted in a period, in the order of the contract: civil days for feeds of devices, civil
// months for feeds of trips, either for feeds of sales.
func (j *Job) statistics(p throng.Period) []population.Statistic {
	if j.sales != nil {
		return j.saleStatistics(p)
	}
	var out []population.Statistic
	ground := j.viewOf(p).ground
	for _, product := range j.Contract.Products {
		switch {
		case j.trips && product == flowsMonth:
			var origins []string
			if slices.Contains(j.Contract.Tables(product), "origin") {
				origins = j.Classes.Origin
			}
			out = append(out, flow.Pairs(ground, origins))
		case product == vehicles:
			out = append(out, flow.Vehicles(ground, p))
		case product == present:
			tables := j.Contract.Tables(product)
			out = append(out, pop.New(ground, p, pop.Options{Classes: j.Classes, Gender: slices.Contains(tables, "gender"),
				Age: slices.Contains(tables, "age"), Origin: slices.Contains(tables, "origin"), Role: slices.Contains(tables, "role"),
				Clock: j.Contract.Location(), Workday: j.isWorkday(p)}))
		case product == visitors:
			out = append(out, pop.NewVisitors(ground, p, j.Contract.Bounds.Visitors))
		case product == config.Arrivals:
			out = append(out, pop.NewArrivals(ground, p, j.Contract.Bounds.Visitors))
		case product == nights:
			tables := j.Contract.Tables(product)
			out = append(out, pop.NewNights(ground, p, pop.NightOptions{Classes: j.Classes, Gender: slices.Contains(tables, "gender"),
				Age: slices.Contains(tables, "age"), Origin: slices.Contains(tables, "origin"), Clock: j.Contract.Location()}))
		case product == flowsHour:
			out = append(out, flow.Hourly(ground, p, j.flows()))
		case product == flowsDay:
			o := j.flows()
			o.Purpose, o.Clock, o.Workday = j.Contract.Purposes, j.Contract.Location(), j.isWorkday(p)
			out = append(out, flow.Daily(flowsDay, ground, p, o))
		case product == flowsMonth:
			out = append(out, j.daily(p))
		}
	}
	return out
}

func (j *Job) flows() flow.Options {
	return flow.Options{Trips: j.Contract.Bounds.Trips, Consecutive: j.Contract.Flows == "consecutive", Silence: j.Contract.Silence()}
}

// daily is the day's part of the flows of its month.
func (j *Job) daily(day throng.Period) population.Statistic {
	return flow.Daily(flowsMonth, j.mutedGround(day), day, j.flows())
}

// pass is one reading of the feed.
func (j *Job) pass(periods []throng.Period, known func(unit uint64) event.Attr) embedded.Pass {
	p := embedded.Pass{Periods: periods, Ground: j.Ground, Trips: j.trips, Sales: j.sales != nil, Statistics: j.statistics,
		Segments: j.segments(),
		Filter:   filter.Options{Late: j.Contract.LiveOptions().LatenessFinal.Milliseconds()},
		Classify: func(unit uint64, sim uint16, inbound bool) event.Attr {
			a := known(unit)
			if inbound {
				a.Origin = j.abroad(sim)
			}
			return a
		},
	}
	for _, mcc := range j.Contract.Local {
		p.Filter.Local = append(p.Filter.Local, uint16(mcc))
	}
	if j.places {
		p.Filter.JumpSpeed = -1 // aircraft and trains are as fast as they are
	}
	return p
}

// segments reports whether a statistic of a day reads its segments.
func (j *Job) segments() bool {
	c := j.Contract
	byStay := c.Flows != "consecutive" && slices.ContainsFunc(c.Products, func(p string) bool { return strings.HasPrefix(p, "flows") })
	return !j.whole() && (byStay || slices.Contains(c.Tables(present), "role"))
}

// isWorkday reports whether a civil day is a working day: Monday to Friday and no holiday.
func (j *Job) isWorkday(day throng.Period) bool {
	at := time.UnixMilli(day.Start).In(j.Contract.Location())
	return at.Weekday() != time.Saturday && at.Weekday() != time.Sunday && !slices.Contains(j.holidays, at.Format(time.DateOnly))
}

func (j *Job) abroad(sim uint16) uint16 {
	if at, ok := j.foreign[sim]; ok {
		return at
	}
	return uint16(j.Classes.Origins() - 1)
}

// passes divides the periods of a run into readings of the feed: a day at a time where each file holds a day, else all at
// once.
func (j *Job) passes(from, to string) ([][]throng.Period, error) {
	c := j.Contract
	if c.IsLog() {
		return nil, &Error{Kind: Invalid, Text: "feed." + c.Source() + ": the feed is a log without an end, which throng live reads; throng run and check read feed.files"}
	}
	from, to, err := j.bounds(from, to)
	if err != nil {
		return nil, err
	}
	var periods []throng.Period
	if c.Daily() {
		for _, day := range c.Days() {
			if day >= from && day <= to {
				p, err := throng.DayOf(day, c.Location())
				if err != nil {
					return nil, err
				}
				periods = append(periods, p)
			}
		}
	} else {
		first, err := throng.DayOf(from, c.Location())
		if err != nil {
			return nil, &Error{Kind: Invalid, Text: "the files do not name their days, so the run needs its first and last day; give agreement.from and agreement.until, or --from and --to"}
		}
		last, err := throng.DayOf(to, c.Location())
		if err != nil {
			return nil, err
		}
		periods = throng.Period{Start: first.Start, End: last.End}.DaysOf(c.Location())
	}
	if j.trips {
		periods = j.agreed(months(periods, c.Location()))
	}
	if len(periods) == 0 {
		return nil, &Error{Kind: Missing, Text: fmt.Sprintf("there is no input from %s to %s; look at feed.files, or give the folder by --input", from, to)}
	}
	if j.sales != nil {
		return j.salePasses(periods), nil
	}
	if !c.Daily() {
		return [][]throng.Period{periods}, nil
	}
	var passes [][]throng.Period
	for _, p := range periods {
		passes = append(passes, []throng.Period{p})
	}
	return passes, nil
}

// bounds narrows what was asked for to what the agreement allows.
func (j *Job) bounds(from, to string) (string, string, error) {
	c := j.Contract
	for _, day := range []string{from, to} {
		if day != "" {
			if _, err := throng.DayOf(day, c.Location()); err != nil {
				return "", "", &Error{Kind: Invalid, Text: err.Error()}
			}
		}
	}
	from = max(from, c.Agreement.From)
	if to == "" || c.Agreement.Until != "" && c.Agreement.Until < to {
		to = c.Agreement.Until
	}
	if to == "" && c.Daily() {
		to = "9999-12-31"
	}
	return from, to, nil
}

func months(days []throng.Period, loc *time.Location) []throng.Period {
	var out []throng.Period
	for _, d := range days {
		if m, err := throng.MonthOf(d.Name[:7], loc); err == nil && (len(out) == 0 || out[len(out)-1].Name != m.Name) {
			out = append(out, m)
		}
	}
	return out
}

// agreed cuts off of the first and last month the days that the agreement does not cover.
func (j *Job) agreed(months []throng.Period) []throng.Period {
	for i := range months {
		if from, err := throng.DayOf(j.Contract.Agreement.From, j.Contract.Location()); err == nil {
			months[i].Start = max(months[i].Start, from.Start)
		}
		if until, err := throng.DayOf(j.Contract.Agreement.Until, j.Contract.Location()); err == nil {
			months[i].End = min(months[i].End, until.End)
		}
	}
	return months
}

// dayOf names a day of the period whose files are read.
func dayOf(p throng.Period) string { return (p.Name + "-01")[:10] }

// window names the first and last civil day whose records can change the release of a product and period.
func (j *Job) window(product string, p throng.Period) (from, to string) {
	if isMonth(p) && !j.whole() {
		days := j.inputDays(product, p)
		return days[0], days[len(days)-1]
	}
	days := p.DaysOf(j.Contract.Location())
	return days[0].Name, days[len(days)-1].Name
}

// inputDays lists the civil days whose records are in a release of a month: migration reads the month before too.
func (j *Job) inputDays(product string, month throng.Period) []string {
	if product != productMigration {
		return j.daysIn(month)
	}
	return append(j.daysIn(j.monthBefore(month)), j.daysIn(month)...)
}

// monthBefore is the civil month before another.
func (j *Job) monthBefore(month throng.Period) throng.Period { return j.monthAt(month.Start - 1) }

// monthAfter is the civil month after another.
func (j *Job) monthAfter(month throng.Period) throng.Period { return j.monthAt(month.End) }

// monthAt is the civil month that holds an instant.
func (j *Job) monthAt(ms int64) throng.Period {
	p, _ := throng.MonthOf(time.UnixMilli(ms).In(j.Contract.Location()).Format("2006-01"), j.Contract.Location())
	return p
}

// daysIn lists the civil days of a month that the agreement covers.
func (j *Job) daysIn(month throng.Period) []string {
	var days []string
	for _, d := range month.DaysOf(j.Contract.Location()) {
		if d.Name >= j.Contract.Agreement.From && (j.Contract.Agreement.Until == "" || d.Name <= j.Contract.Agreement.Until) {
			days = append(days, d.Name)
		}
	}
	return days
}

// tableSpec is what a release's identity says of one table.
type tableSpec struct {
	shape  throng.Shape
	d2     uint64
	sparse bool
	whole  uint64 // D2 of all releases of a day under one budget, when there are several
}

func tablesOf(tables []population.Table) []tableSpec {
	var out []tableSpec
	for _, t := range tables {
		out = append(out, tableSpec{shape: t.Shape, d2: t.D2(), sparse: t.Sparse})
	}
	return out
}

func shapesOf(exact []*count.Table) []tableSpec {
	var out []tableSpec
	for _, t := range exact {
		out = append(out, tableSpec{shape: t.Shape, d2: t.D2(), sparse: t.Sparse()})
	}
	return out
}

// spec is the canonical text of everything that shapes the measured tables of a product: the same text is the same
// question, and has the same release.
func (j *Job) spec(product string, p throng.Period, tables []tableSpec, plan map[string]int64) string {
	var b strings.Builder
	geo := j.viewOf(p).geo
	fmt.Fprintf(&b, "product %s\nmethod %s\ngeography %s %s\nunit %s\nflows %s\nlocal %v\nclock %s\n", product, methodVersion, geo.ID, geo.Version,
		j.Contract.UnitOfPrivacy(), j.Contract.Flows, j.Contract.Local, j.Contract.Clock)
	if isMonth(p) && !j.whole() { // a month is made of these days, and each of them is charged
		fmt.Fprintf(&b, "days %s\n", strings.Join(j.inputDays(product, p), " "))
	}
	if config.IsLong(product) {
		fmt.Fprintf(&b, "home %s\nholidays %s\n", j.Contract.Home, strings.Join(j.holidays, " "))
	}
	if j.sales != nil {
		b.WriteString(j.saleSpec())
	}
	for _, t := range tables {
		var codes strings.Builder
		for _, d := range t.shape.Dims {
			fmt.Fprintln(&codes, d.Name, d.Level, strings.Join(d.Codes, "\x1f"))
		}
		fmt.Fprintf(&b, "table %s d2 %d sigma2 %d domain %s\n", t.shape.Name, t.d2, account.Sigma2(max(t.d2, t.whole), plan[product+"/"+t.shape.Name]),
			release.Digest([]byte(codes.String())))
		if t.sparse {
			fmt.Fprintf(&b, "sparse %s false cells %d\n", t.shape.Name, privacy.FalseCells)
		}
	}
	return b.String()
}

// secret are keys of the contract that tell where something lies on the holder's machine; they stay out of manifests.
var secret = []string{"state", "optout", "protected", "protected_origins", "feed.files", "cells.file", "attributes.file"}

// manifest begins the manifest of a release.
func (j *Job) manifest(product string, p throng.Period) release.Manifest {
	c := j.Contract
	options := c.Options()
	for key := range options {
		if slices.ContainsFunc(secret, func(s string) bool { return key == s || strings.HasPrefix(key, s+".") }) {
			delete(options, key)
		}
	}
	maps.Copy(options, j.quietOptions(p))
	if product == nights || product == productTourism {
		abroad, _ := json.Marshal(j.originsAbroad()) // texts always encode
		options[release.OptionAbroad] = string(abroad)
	}
	if day := j.dayAt(p.Start).Name; (isDay(p) || product == presentLive) && slices.Contains(j.holidays, day) {
		options["holiday"] = "true"
	}
	geo := j.viewOf(p).geo
	return release.Manifest{
		Product: product, Method: methodVersion, ContractSHA: c.SHA256(), Holder: c.Holder.Name, Data: c.Data,
		Purpose: strings.Join(c.Agreement.Purpose, ", "), Licence: c.Publish.Licence, Unit: c.UnitOfPrivacy(),
		Period: release.Period{Name: p.Name, Start: time.UnixMilli(p.Start).UTC(), End: time.UnixMilli(p.End).UTC(), TimeZone: c.Clock},
		Geo:    release.GeoRef{ID: geo.ID, Version: geo.Version}, Options: options,
		NotBefore: j.notBefore(product, p).UTC().Format(time.RFC3339),
	}
}

// notBefore is when a release may be read. What tells provinces and countries comes two days after the period at the
// earliest (privacy.md 27.1).
func (j *Job) notBefore(product string, p throng.Period) time.Time {
	if product == presentLive {
		return time.UnixMilli(p.End).Add(j.liveHold())
	}
	at := j.Contract.NotBefore(time.UnixMilli(p.End))
	byOrigin := j.sales != nil && slices.Contains(j.Contract.Tables(product), "origin")
	if product == nights || product == productTourism || byOrigin {
		if later := time.UnixMilli(p.End).In(j.Contract.Location()).AddDate(0, 0, 2); at.Before(later) {
			return later
		}
	}
	return at
}

// stateDir is the holder's folder of this scope: that of the contract, or beside the output for data that are public or
// invented.
func (j *Job) stateDir(out string) string {
	if dir := j.Contract.StateDir(); dir != "" {
		return dir
	}
	return strings.TrimRight(out, "/\\") + "-state"
}

func median(values []float64) float64 {
	if len(values) == 0 {
		return 0
	}
	sorted := slices.Clone(values)
	sort.Float64s(sorted)
	return sorted[len(sorted)/2]
}
