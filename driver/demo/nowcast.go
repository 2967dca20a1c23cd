package demo

import (
	"encoding/csv"
	"fmt"
	"html"
	"math"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"

	"github.com/throng-stats/throng"
	"github.com/throng-stats/throng/reckon/forecast"
	"github.com/throng-stats/throng/release"
)

// movers is the nowcast of one province of origin.
type movers struct {
	origin string
	weeks  []forecast.Change
}

// nowcast reads the nights by origin in the host from released days, and compares weeks, province by province. The host's own
// people and guests from abroad are left out: it is about workers and visitors from the provinces.
func nowcast(store release.Store, s *scores) ([]movers, error) {
	list, err := store.List()
	if err != nil {
		return nil, err
	}
	days := map[string][]forecast.Day{}
	for _, m := range list {
		if m.Product != "nights" {
			continue
		}
		t, err := store.Table(m.ID, release.Linear, "origin")
		if err != nil {
			return nil, err
		}
		for origin, v := range sums(t, throng.DimOrigin, s.host(t)) {
			days[origin] = append(days[origin], forecast.Day{Date: m.Period.Name, Value: v[0], NoiseSD: math.Sqrt(v[1])})
		}
	}
	var out []movers
	for _, origin := range s.provinces()[1:] {
		weeks, err := forecast.Weekly(days[origin])
		if err != nil {
			return nil, err
		}
		out = append(out, movers{origin, weeks})
	}
	return out, nil
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
	_ = out.Write([]string{"origin", "week", "nights_before", "nights", "change", "noise_sd"}) // to memory
	number := func(v float64) string { return strconv.FormatFloat(v, 'f', 1, 64) }
	for _, m := range all {
		for _, w := range m.weeks {
			_ = out.Write([]string{m.origin, w.Week, number(w.Before), number(w.Mean), number(w.Change), number(w.NoiseSD)})
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
