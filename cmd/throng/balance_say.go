package main

import (
	"encoding/csv"
	"fmt"
	"io"
	"math"
	"strconv"

	"github.com/throng-stats/throng/reckon/compare"
	"github.com/throng-stats/throng/reckon/tourism"
)

// noFigure stands on the screen where nothing was published, or where the noise leaves nothing to show.
const noFigure = "-"

// say prints the balance: destinations, flows of money, classes, and what is taken for granted.
func (b *balance) say(out *screen, r tourism.Result) {
	rows := [][]string{{"country", " spent " + b.currency, " ± 95 %", " share %", " from", " to", " ranks", " tie", " trips", " nights", " per trip", " from", " to", " per night", " from", " to"}}
	for _, l := range r.Lines {
		ranks, tie := "home", ""
		if l.Rank.Best > 0 {
			ranks, tie = fmt.Sprintf("%d-%d", l.Rank.Best, l.Rank.Worst), strconv.Itoa(l.Rank.Group)
		}
		row := append([]string{l.Country}, value(l.Spending), margin(l.Spending))
		row = append(append(row, ratio(l.Share, 100)...), ranks, tie, value(l.Trips), value(l.Nights))
		rows = append(rows, append(append(row, ratio(l.PerTrip, 1)...), ratio(l.PerNight, 1)...))
	}
	out.table("balance", rows)
	if len(r.Exchanges) > 0 {
		rows = [][]string{{"country", " journeys", " ± 95 %", " outflow", " ± 95 %", " nights", " ± 95 %", " inflow", " ± 95 %", " in less out", " ± 95 %"}}
		all := r.Total
		all.Country = "all"
		for _, e := range append(r.Exchanges, all) {
			row := []string{e.Country}
			for _, n := range []*compare.Number{e.Journeys, e.Outflow, e.Nights, e.Inflow, e.Balance} {
				row = append(row, value(n), margin(n))
			}
			rows = append(rows, row)
		}
		out.table("flows", rows)
	}
	if len(r.Classes) > 0 {
		rows = [][]string{{"class abroad", " spent " + b.currency, " ± 95 %", " share %", " from", " to"}}
		for _, c := range r.Classes {
			rows = append(rows, append([]string{c.Code, value(&c.Spending), margin(&c.Spending)}, ratio(c.Share, 100)...))
		}
		out.table("classes", rows)
	}
	if len(b.studies) > 0 {
		b.sayEvent(out)
	}
	out.say("margins    of the noise, 95 %%; ranks hold for all destinations abroad at once; those of one tie may be in any order")
	label := "assumed"
	for _, text := range r.Assumed {
		out.say("%-9s  %s", label, text)
		label = ""
	}
}

// sayEvent prints what changed at a destination after an event, and elsewhere.
func (b *balance) sayEvent(out *screen) {
	rows := [][]string{{b.cmd.Event, " before", " after", " change", " ± 95 %", " change %", " from", " to", " elsewhere %", " from", " to", " net %", " from", " to"}}
	for _, s := range b.studies {
		row := []string{s.Figure, value(&s.There.Before), value(&s.There.After), value(&s.There.Difference), margin(&s.There.Difference)}
		for _, r := range []compare.Ratio{s.There.Relative, s.Elsewhere.Relative, s.Net} {
			row = append(row, ratio(r, 100)...)
		}
		rows = append(rows, row)
	}
	out.table("event", rows)
}

func value(n *compare.Number) string {
	if n == nil {
		return noFigure
	}
	return number(int64(math.Round(n.Value)))
}

func margin(n *compare.Number) string {
	if n == nil {
		return ""
	}
	_, hi := n.Margin()
	return number(int64(math.Round(hi - n.Value)))
}

func ratio(r compare.Ratio, times float64) []string {
	if !r.Shown {
		return []string{noFigure, "", ""}
	}
	f := func(v float64) string { return strconv.FormatFloat(v*times, 'f', 1, 64) }
	return []string{f(r.Value), f(r.Lo), f(r.Hi)}
}

// figure is one number of the balance, as it stands in the CSV file and in JSON.
type figure struct {
	Figure   string  `json:"figure"`
	Country  string  `json:"country,omitempty"` // "all" for the sum
	Class    string  `json:"class,omitempty"`
	Value    float64 `json:"value"`
	SD       float64 `json:"sd"` // of the noise
	Lo       float64 `json:"lo"` // 95 %
	Hi       float64 `json:"hi"`
	Reliable bool    `json:"reliable"`
	Best     int     `json:"rank_best,omitempty"`
	Worst    int     `json:"rank_worst,omitempty"`
	Tie      int     `json:"tie,omitempty"`
}

// figures lists what is known; nothing stands for what is not.
func (b *balance) figures(r tourism.Result) []figure {
	list := []figure{}
	add := func(name, country, class string, n *compare.Number) *figure {
		if n == nil {
			return &figure{}
		}
		lo, hi := n.Margin()
		list = append(list, figure{Figure: name, Country: country, Class: class, Value: n.Value, SD: n.SD, Lo: lo, Hi: hi, Reliable: n.SD <= .3*max(math.Abs(n.Value), 1)})
		return &list[len(list)-1]
	}
	addRatio := func(name, country, class string, r compare.Ratio) {
		if r.Shown {
			list = append(list, figure{Figure: name, Country: country, Class: class, Value: r.Value, SD: r.SD, Lo: r.Lo, Hi: r.Hi, Reliable: r.Reliable})
		}
	}
	for _, l := range r.Lines {
		ranked := "spending"
		if l.Spending == nil {
			ranked = "trips"
		}
		for _, n := range []struct {
			name string
			of   *compare.Number
		}{{"spending", l.Spending}, {"trips", l.Trips}, {"nights", l.Nights}} {
			if f := add(n.name, l.Country, "", n.of); n.name == ranked {
				f.Best, f.Worst, f.Tie = l.Rank.Best, l.Rank.Worst, l.Rank.Group
			}
		}
		addRatio("share of "+ranked, l.Country, "", l.Share)
		addRatio("spending per trip", l.Country, "", l.PerTrip)
		addRatio("spending per night", l.Country, "", l.PerNight)
	}
	all := r.Total
	all.Country = "all"
	for _, e := range append(r.Exchanges, all) {
		add("journeys abroad", e.Country, "", e.Journeys)
		add("outflow", e.Country, "", e.Outflow)
		add("nights of guests", e.Country, "", e.Nights)
		add("inflow", e.Country, "", e.Inflow)
		add("inflow less outflow", e.Country, "", e.Balance)
	}
	for _, s := range b.studies {
		add(s.Figure+" before", s.Country, "", &s.There.Before)
		add(s.Figure+" after", s.Country, "", &s.There.After)
		add("change of "+s.Figure, s.Country, "", &s.There.Difference)
		addRatio("relative change of "+s.Figure, s.Country, "", s.There.Relative)
		addRatio("relative change of "+s.Figure, "elsewhere", "", s.Elsewhere.Relative)
		addRatio("net change of "+s.Figure, s.Country, "", s.Net)
	}
	for _, c := range r.Classes {
		add("spending", "", c.Code, &c.Spending)
		addRatio("share of spending", "", c.Code, c.Share)
	}
	return list
}

// csv writes the figures, RFC 4180.
func (b *balance) csv(to io.Writer, r tourism.Result) error {
	out := csv.NewWriter(to)
	out.UseCRLF = true
	f := func(v float64) string { return strconv.FormatFloat(v, 'f', 3, 64) }
	whole := func(n int) string {
		if n == 0 {
			return ""
		}
		return strconv.Itoa(n)
	}
	_ = out.Write([]string{"month", "figure", "country", "class", "currency", "value", "sd", "lo", "hi", "reliable", "rank_best", "rank_worst", "tie"})
	for _, one := range b.figures(r) {
		_ = out.Write([]string{b.month, one.Figure, one.Country, one.Class, b.currency, f(one.Value), f(one.SD), f(one.Lo), f(one.Hi), strconv.FormatBool(one.Reliable),
			whole(one.Best), whole(one.Worst), whole(one.Tie)})
	}
	out.Flush()
	return out.Error() // the first one of all writes
}
