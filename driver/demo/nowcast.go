package demo

import (
	"encoding/csv"
	"fmt"
	"html"
	"maps"
	"math"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"

	"github.com/throng-stats/throng"
	"github.com/throng-stats/throng/reckon/forecast"
	"github.com/throng-stats/throng/release"
	"github.com/throng-stats/throng/synth"
)

// movers is the nowcast of one province of origin, and what became of it when months closed.
type movers struct {
	origin    string
	weeks     []forecast.Change
	revisions []forecast.Revision
}

// nowcast reads the nights by origin in the host from released days, and compares weeks, province by province. The host's own
// people and guests from abroad are left out: it is about workers and visitors from the provinces. Weeks between two months are
// revised by the release of moves of their homes. Both are compared with the same arithmetic on the truth.
func nowcast(store release.Store, s *scores) ([]movers, error) {
	list, err := store.List()
	if err != nil {
		return nil, err
	}
	days, closed := map[string][]forecast.Day{}, map[string]map[string]forecast.Moves{}
	for _, m := range list {
		table := map[string]string{"nights": "origin", "migration": "total"}[m.Product]
		if table == "" {
			continue
		}
		t, err := store.Table(m.ID, release.Linear, table)
		if err != nil {
			return nil, err
		}
		if m.Product == "migration" {
			closed[m.Period.Name] = s.netMoves(m.Period.Name, t)
			continue
		}
		for origin, v := range sums(t, throng.DimOrigin, s.host(t)) {
			days[origin] = append(days[origin], forecast.Day{Date: m.Period.Name, Value: v[0], NoiseSD: math.Sqrt(v[1])})
		}
	}
	var out []movers
	for _, origin := range s.provinces()[1:] {
		one, err := s.movers(origin, days[origin], closed)
		if err != nil {
			return nil, err
		}
		out = append(out, one)
	}
	return out, nil
}

// netMoves are moves from each province into the host less those from the host to it.
func (s *scores) netMoves(month string, t release.Table) map[string]forecast.Moves {
	out := map[string]forecast.Moves{}
	eachPair(t, func(p synth.Pair, estimate, sd float64) {
		if origin, sign := s.across(p); origin != "" {
			was := out[origin]
			out[origin] = forecast.Moves{Month: month, Net: was.Net + sign*estimate, NoiseSD: math.Hypot(was.NoiseSD, sd)}
		}
	})
	return out
}

// across says for a pair with one end in the host which zone the other is, and +1 for coming to the host, -1 for leaving it.
func (s *scores) across(p synth.Pair) (other string, sign float64) {
	from, to := slices.Contains(s.finest, p.From), slices.Contains(s.finest, p.To)
	switch {
	case to && !from:
		return p.From, 1
	case from && !to:
		return p.To, -1
	}
	return "", 0
}

// movers compares and revises the weeks of one origin.
func (s *scores) movers(origin string, days []forecast.Day, closed map[string]map[string]forecast.Moves) (movers, error) {
	one := movers{origin: origin}
	var err error
	if one.weeks, err = forecast.Weekly(days); err != nil {
		return one, err
	}
	truth, err := forecast.Weekly(s.days[origin])
	if err != nil {
		return one, err
	}
	for i, w := range one.weeks {
		s.of("nowcast", "weeks").add(w.Change, w.NoiseSD, truth[i].Change)
	}
	for _, month := range slices.Sorted(maps.Keys(closed)) {
		r, err := forecast.Revise(one.weeks, closed[month][origin])
		if err != nil {
			continue // a month without enough weeks before it
		}
		net := 0.0
		for p, n := range s.homes[month] {
			if other, sign := s.across(p); other == origin {
				net += sign * float64(n)
			}
		}
		really, err := forecast.Revise(truth, forecast.Moves{Month: month, Net: net})
		if err != nil {
			return one, err
		}
		one.revisions = append(one.revisions, r)
		s.revised(one.weeks, r, really)
	}
	return one, nil
}

// revised adds the rows of a month that closed: before and after, of the month and of its weeks.
func (s *scores) revised(weeks []forecast.Change, got, want forecast.Revision) {
	s.of("nowcast", "moves of a month").add(got.Nowcast.Net, got.Nowcast.NoiseSD, want.Closed.Net)
	s.of("nowcast", "moves of a month, homes").add(got.Closed.Net, got.Closed.NoiseSD, want.Closed.Net)
	s.of("nowcast", "moves of a month, revised").add(got.Revised.Net, got.Revised.NoiseSD, want.Closed.Net)
	for i, w := range got.Weeks {
		before := weeks[slices.IndexFunc(weeks, func(c forecast.Change) bool { return c.Week == w.Week })]
		s.of("nowcast", "moves of weeks").add(before.Change, before.NoiseSD, want.Weeks[i].Change)
		s.of("nowcast", "moves of weeks, revised").add(w.Change, w.NoiseSD, want.Weeks[i].Change)
	}
}

// provinces lists the codes of origin of people of the country; the first is the host.
func (s *scores) provinces() []string {
	rows, err := s.job.Contract.ReadOrigins()
	if err != nil {
		return nil
	}
	var out []string
	for _, r := range rows {
		if slices.Contains(s.job.Classes.Regions(), r.Origin) {
			out = append(out, r.Origin)
		}
	}
	return out
}

// writeNowcast writes nowcast.csv and nowcast.svg into a folder.
func writeNowcast(dir string, all []movers) error {
	var text strings.Builder
	out := csv.NewWriter(&text)
	_ = out.Write([]string{"origin", "week", "nights_before", "nights", "change", "noise_sd", "closed", "revised", "revised_sd"}) // to memory
	number := func(v float64) string { return strconv.FormatFloat(v, 'f', 1, 64) }
	for _, m := range all {
		for _, w := range m.weeks {
			row := []string{m.origin, w.Week, number(w.Before), number(w.Mean), number(w.Change), number(w.NoiseSD), "", "", ""}
			for _, r := range m.revisions { // the last one that has the week
				for _, now := range r.Weeks {
					if now.Week == w.Week {
						row[6], row[7], row[8] = r.Month, number(now.Change), number(now.NoiseSD)
					}
				}
			}
			_ = out.Write(row)
		}
	}
	out.Flush()
	if err := os.WriteFile(filepath.Join(dir, "nowcast.csv"), []byte(text.String()), 0o644); err != nil {
		return fmt.Errorf("demo: %w", err)
	}
	if err := os.WriteFile(filepath.Join(dir, "nowcast.svg"), []byte(picture(all)), 0o644); err != nil {
		return fmt.Errorf("demo: %w", err)
	}
	return nil
}

// Sizes of the picture, pixels.
const (
	panelWidth  = 260
	panelHeight = 180
	columns     = 3
	border      = 34
)

// picture draws a panel a province: bars up are arrivals, down departures, with their 95 % margins. All panels have one scale.
func picture(all []movers) string {
	most := 1.0
	for _, m := range all {
		for _, w := range m.weeks {
			most = max(most, math.Abs(w.Change)+1.96*w.NoiseSD)
		}
	}
	rows := (len(all) + columns - 1) / columns
	var b strings.Builder
	fmt.Fprintf(&b, `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 %d %d" font-family="sans-serif" font-size="11">`, columns*panelWidth, rows*panelHeight+28)
	b.WriteString("\n<title>Movers by week and province of origin</title>\n<rect width=\"100%\" height=\"100%\" fill=\"#fff\"/>\n")
	b.WriteString(`<text x="10" y="18" font-size="13">People from each province in the host: mean nights of the week less those of the week before, with 95 % margins</text>` + "\n")
	for i, m := range all {
		panel(&b, m, float64(i%columns*panelWidth), float64(i/columns*panelHeight+28), most)
	}
	b.WriteString("</svg>\n")
	return b.String()
}

func panel(b *strings.Builder, m movers, left, top, most float64) {
	height := float64(panelHeight - 2*border)
	zero := top + border + height/2
	y := func(v float64) float64 { return zero - v/most*height/2 }
	width := float64(panelWidth-2*border) / float64(max(len(m.weeks), 1))
	fmt.Fprintf(b, `<g><text x="%.1f" y="%.1f">%s</text>`, left+border, top+22, html.EscapeString(m.origin))
	fmt.Fprintf(b, `<line x1="%.1f" x2="%.1f" y1="%.1f" y2="%.1f" stroke="#888"/>`, left+border, left+panelWidth-border, zero, zero)
	fmt.Fprintf(b, `<text x="%.1f" y="%.1f" text-anchor="end" fill="#555">%+.0f</text><text x="%.1f" y="%.1f" text-anchor="end" fill="#555">%+.0f</text>`, left+border-3, top+border+4, most, left+border-3, top+border+height, -most)
	for i, w := range m.weeks {
		x := left + border + (float64(i)+.5)*width
		colour := "#2b6cb0"
		if w.Change < 0 {
			colour = "#c05621"
		}
		fmt.Fprintf(b, `<rect x="%.1f" y="%.1f" width="%.1f" height="%.1f" fill="%s"><title>%s: %+.0f ± %.0f</title></rect>`, x-width*.35, min(zero, y(w.Change)), width*.7, math.Abs(y(w.Change)-zero), colour, w.Week, w.Change, 1.96*w.NoiseSD)
		fmt.Fprintf(b, `<line x1="%.1f" x2="%.1f" y1="%.1f" y2="%.1f" stroke="#222"/>`, x, x, y(w.Change-1.96*w.NoiseSD), y(w.Change+1.96*w.NoiseSD))
		if i%2 == 0 {
			fmt.Fprintf(b, `<text x="%.1f" y="%.1f" text-anchor="middle" font-size="9" fill="#555">%s</text>`, x, top+panelHeight-border+14, w.Week[5:])
		}
	}
	b.WriteString("</g>\n")
}
