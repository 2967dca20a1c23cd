package main

import (
	"fmt"
	"html"
	"math"
	"os"
	"strings"

	"github.com/throng-stats/throng/attack"
	"github.com/throng-stats/throng/driver"
)

// Sizes of the picture, in pixels.
const (
	pictureWidth = 900
	labelWidth   = 250
	barHeight    = 11
	groupGap     = 16
)

// pictureColours of exact, T15, K5S and ours, far apart for colour-blind eyes (Okabe, Ito 2008).
var pictureColours = [4]string{"#999999", "#e69f00", "#56b4e9", "#009e73"}

// drawAudit draws a group of bars for each attack: how far each publisher gave way, from what a guess would find (0) to
// everything (1), and a line where our proven bound lies.
func drawAudit(path string, r *report) error {
	if !strings.HasSuffix(path, ".svg") {
		return &driver.Error{Kind: driver.Invalid, Text: fmt.Sprintf("--picture: got %.60q, want a name that ends with .svg", path)}
	}
	var b strings.Builder
	height := 92 + len(r.Attacks)*(4*barHeight+groupGap)
	fmt.Fprintf(&b, `<svg xmlns="http://www.w3.org/2000/svg" width="%d" height="%d" viewBox="0 0 %d %d" font-family="sans-serif" font-size="12">`+"\n",
		pictureWidth, height, pictureWidth, height)
	fmt.Fprintf(&b, `<title>What attacks find</title><rect width="100%%" height="100%%" fill="#ffffff"/>`+"\n")
	fmt.Fprintf(&b, `<text x="12" y="22" font-size="15" font-weight="bold">What attacks find: nothing more than a guess (left) to everything (right)</text>`+"\n")
	for i, name := range []string{"exact", "T15: more than 15 people", "K5S: scaled, then 5 or more", "ours"} {
		x := []int{labelWidth, labelWidth + 75, labelWidth + 265, labelWidth + 465}[i]
		fmt.Fprintf(&b, `<rect x="%d" y="34" width="12" height="12" fill="%s"/><text x="%d" y="44">%s</text>`+"\n", x, pictureColours[i], x+17, html.EscapeString(name))
	}
	fmt.Fprintf(&b, `<line x1="%d" y1="52" x2="%d" y2="66" stroke="#d00000" stroke-width="2"/><text x="%d" y="63">our proven bound, sampling error included</text>`+"\n",
		labelWidth+6, labelWidth+6, labelWidth+17)
	y := 78
	for _, a := range r.Attacks {
		drawAttack(&b, a, y)
		y += 4*barHeight + groupGap
	}
	fmt.Fprintf(&b, `<text x="12" y="%d" fill="#555555">%s, seed %d</text>`+"\n</svg>\n", height-6, html.EscapeString("throng "+r.Code), r.Seed)
	if err := os.WriteFile(path, []byte(b.String()), 0o644); err != nil {
		return &driver.Error{Kind: driver.Missing, Text: err.Error()}
	}
	return nil
}

func drawAttack(b *strings.Builder, a attackLine, y int) {
	const room = pictureWidth - labelWidth - 90
	fmt.Fprintf(b, `<text x="12" y="%d">%s</text><text x="12" y="%d" fill="#555555">%s</text>`+"\n", y+14,
		html.EscapeString(a.Number+"  "+a.Name), y+30, html.EscapeString(a.Statistic))
	if a.Ours.Bound != nil {
		x := labelWidth + room*a.given(*a.Ours.Bound+a.Ours.Slack)
		fmt.Fprintf(b, `<line x1="%.1f" y1="%d" x2="%.1f" y2="%d" stroke="#d00000" stroke-width="2"/>`+"\n", x, y-2, x, y+4*barHeight)
	}
	for i, f := range []finding{a.Exact, a.T15, a.K5S, a.Ours} {
		width := 1.0
		switch {
		case f.Verdict == attack.Falls && a.Statistic == answers:
			width = room
		case f.Value != nil:
			width = max(1, room*a.given(*f.Value))
		}
		top := y + i*barHeight
		fmt.Fprintf(b, `<rect x="%d" y="%d" width="%.1f" height="%d" fill="%s"/>`+"\n", labelWidth, top, width, barHeight-2, pictureColours[i])
		fmt.Fprintf(b, `<text x="%.1f" y="%d" font-size="10" stroke="#ffffff" stroke-width="3" paint-order="stroke">%s</text>`+"\n",
			labelWidth+width+4, top+8, html.EscapeString(a.cell(f)))
	}
	if a.Ours.Verdict == attack.Broken {
		fmt.Fprintf(b, `<text x="%d" y="%d" fill="#d00000" font-weight="bold">BROKEN</text>`+"\n", pictureWidth-70, y+28)
	}
}

// given puts a statistic on a scale from a guess, 0, to everything, 1.
func (a attackLine) given(value float64) float64 {
	low, high := 0.0, 1.0
	switch a.Statistic {
	case "AUC", "accuracy", "bits right", "right guesses":
		low = .5
	case "advantage":
		high = .25
	case "mu", "change of a cell":
		return min(1, max(0, math.Log10(1+value)/3))
	case answers:
		low, high = 1, 2
	}
	return min(1, max(0, (value-low)/(high-low)))
}
