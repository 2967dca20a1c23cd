package main

import (
	"fmt"
	"math"

	"github.com/throng-stats/throng/attack"
)

// attackLine is what one attack found on the four publishers.
type attackLine struct {
	Number    string  `json:"attack"`
	Name      string  `json:"name"`
	On        string  `json:"on,omitempty"`
	Statistic string  `json:"statistic"`
	Exact     finding `json:"exact"`
	T15       finding `json:"t15"`
	K5S       finding `json:"k5s"`
	Ours      finding `json:"ours"`
}

// finding is an attack.Finding as it is written: what is not there is null.
type finding struct {
	Value   *float64        `json:"value"`
	Bound   *float64        `json:"bound"`
	Slack   float64         `json:"slack"`
	Least   *float64        `json:"least"`
	Alarm   float64         `json:"false_alarm"`
	Draws   int             `json:"draws"`
	Verdict attack.Verdict  `json:"verdict"`
	Detail  string          `json:"detail,omitempty"`
	Checks  map[string]bool `json:"checks,omitempty"`
	why     string
}

func number64(x float64) *float64 {
	if math.IsNaN(x) {
		return nil
	}
	return &x
}

// add puts a finding into its column.
func (l *attackLine) add(publisher string, f attack.Finding) {
	w := finding{Value: &f.Value, Bound: number64(f.Bound), Slack: f.Slack, Least: number64(f.Least), Alarm: f.Alarm, Draws: f.Draws,
		Verdict: f.Verdict(), Detail: f.Detail}
	if f.Refuse != "" {
		w.Value, w.Detail = nil, "refused: "+f.Refuse
	}
	for _, c := range f.Extra {
		if w.Checks == nil {
			w.Checks = map[string]bool{}
		}
		w.Checks[c.Name] = c.OK
		if !c.OK {
			w.why = fmt.Sprintf("%s: not true: %s", publisher, c.Name)
		}
	}
	switch w.Verdict {
	case attack.Broken:
		if w.why == "" {
			w.why = fmt.Sprintf("%s gives %.4f, above its bound %.4f + %.4f", publisher, f.Value, f.Bound, f.Slack)
		}
	case attack.Weak:
		if w.why == "" {
			w.why = fmt.Sprintf("%s gives %.4f, less than %.4f: the attack is broken, not the world safe", publisher, f.Value, f.Least)
		}
	default:
		w.why = ""
	}
	switch publisher {
	case "exact":
		l.Exact = w
	case "T15":
		l.T15 = w
	case "K5S":
		l.K5S = w
	default:
		l.Ours = w
	}
}

// title names an attack and what it is run on.
func (l attackLine) title() string {
	if l.On != "" {
		return l.Number + " " + l.Name + ": " + l.On
	}
	return l.Number + " " + l.Name
}

// row is the line of the table.
func (l attackLine) row() []string {
	bound := "-"
	if l.Ours.Bound != nil {
		bound = "<= " + short4(*l.Ours.Bound)
		if l.Ours.Slack > 0 {
			bound += " + " + short4(l.Ours.Slack)
		}
	}
	return []string{l.title(), l.Statistic, l.cell(l.Exact), l.cell(l.T15), l.cell(l.K5S), l.cell(l.Ours), bound, l.verdict()}
}

// verdict is that of ours, unless the attack does not do what it must.
func (l attackLine) verdict() string {
	for _, f := range []finding{l.Exact, l.T15, l.K5S} {
		if f.Verdict == attack.Weak {
			return "ATTACK BROKEN"
		}
	}
	if l.Ours.Verdict == attack.Weak {
		return "ATTACK BROKEN"
	}
	return string(l.Ours.Verdict)
}

// answers is the statistic of attack 7, in which publishers without noise give the truth away at the first question.
const answers = "different answers"

func (l attackLine) cell(f finding) string {
	switch {
	case l.Statistic == answers && f.Verdict == attack.Falls:
		return "truth"
	case f.Value == nil:
		return "refused"
	case f.Verdict == attack.Stands:
		return "(" + short4(*f.Value) + ")"
	}
	return short4(*f.Value)
}

// short4 writes a statistic with the digits that mean something.
func short4(x float64) string {
	switch {
	case math.Abs(x) >= 1000:
		return fmt.Sprintf(">= %.0f", x)
	case math.Abs(x) >= 100:
		return fmt.Sprintf("%.0f", x)
	case math.Abs(x) >= 2:
		return fmt.Sprintf("%.2f", x)
	}
	return fmt.Sprintf("%.3f", x)
}
