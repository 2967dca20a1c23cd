package main

import (
	"context"
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"os"
	"strings"
	"time"

	"github.com/throng-stats/throng/attack"
	"github.com/throng-stats/throng/driver"
)

// auditCmd is throng audit.
type auditCmd struct {
	File    string  `name:"report" help:"Write everything that was found as JSON." placeholder:"FILE"`
	Picture string  `help:"Draw what was found: FILE.svg or FILE.png." placeholder:"FILE"`
	Seed    uint64  `help:"Seed of the invented worlds, so that a run can be repeated; 0 draws one. The noise is fresh every time."`
	People  int     `help:"People of the invented region." default:"20000"`
	Part    float64 `help:"Part of the sizes of docs/privacy/audit.md, 0.05 to 1; less is faster and sees less." default:"1"`
}

// layerA is where layer A runs: it needs the noise off, which no binary can do.
const layerA = "layer A (sensitivity, noise off) runs only in  go test ./privacy -run 'TestSensitivity|TestFlood'"

// report is what an audit found, as it is written.
type report struct {
	Code       string        `json:"code"`
	Seed       uint64        `json:"seed"`
	People     int           `json:"people"`
	Part       float64       `json:"part"`
	Seconds    float64       `json:"seconds"`
	LayerA     string        `json:"layer_a"`
	Layers     []layerReport `json:"layers"`
	Attacks    []attackLine  `json:"attacks"`
	Companies  []attackLine  `json:"attacks_on_companies"` // the same, and others, on each product of a company's feed
	FalseAlarm float64       `json:"false_alarm"`          // sum over all checks: most that a sound build fails with
	OK         bool          `json:"ok"`
	Failures   []string      `json:"failures"`
}

// layerReport is a layer whose checks are not attacks on publishers.
type layerReport struct {
	Layer  string       `json:"layer"`
	Checks []layerCheck `json:"checks"`
}

// Run audits this binary.
func (c *auditCmd) Run(ctx context.Context, out *screen) error {
	if c.Part < .05 || c.Part > 1 || c.People < 1000 {
		return &driver.Error{Kind: driver.Invalid, Text: fmt.Sprintf("got %d people and a part of %g, want at least 1,000 and .05 to 1", c.People, c.Part)}
	}
	if c.Seed == 0 {
		c.Seed = rand.Uint64()>>11 | 1
	}
	start := time.Now()
	r := &report{Code: code(), Seed: c.Seed, People: c.People, Part: c.Part, LayerA: layerA}
	out.say("audit      throng %s attacks its own releases; worlds from seed %d, noise fresh", r.Code, r.Seed)
	out.say("           %s; this build is %s", r.LayerA, r.Code)
	if err := c.run(ctx, out, r); err != nil {
		return err
	}
	r.Seconds = time.Since(start).Seconds()
	return c.finish(out, r)
}

// run runs the layers and the attacks.
func (c *auditCmd) run(ctx context.Context, out *screen, r *report) error {
	r.layer(out, "B", "sampler, fresh randomness", auditNoise(int(1_000_000*c.Part)))
	r.layer(out, "E", "ledger, random histories", auditLedger(int(1000*c.Part), c.Seed))
	size := attack.Size{Seed: c.Seed, People: c.People, Part: c.Part}
	ours := newOurs(ctx)
	devices, err := r.attacks(ctx, out, attack.Attacks(), ours, size)
	if err != nil {
		return err
	}
	companies, err := r.attacks(ctx, out, attack.OnCompanies(), ours, size)
	if err != nil {
		return err
	}
	r.Attacks, r.Companies = devices, companies
	leaks, err := auditLeaks(ctx)
	if err != nil {
		return err
	}
	r.layer(out, "10", "leak scan and non-interference", leaks)
	out.endProgress()
	for _, lines := range [][]attackLine{devices, companies} {
		tableOfAttacks(out, lines)
	}
	return nil
}

// attacks runs attacks on all publishers.
func (r *report) attacks(ctx context.Context, out *screen, list []attack.Attack, ours *ourPublisher, size attack.Size) ([]attackLine, error) {
	publishers := append(attack.Baselines(), ours.publisher())
	var lines []attackLine
	for i, a := range list {
		line := attackLine{Number: a.Number, Name: a.Name, On: a.On, Statistic: a.Statistic}
		for _, p := range publishers {
			out.progress("attacking")(int64(i), int64(len(list)))
			if err := ctx.Err(); err != nil {
				return nil, err
			}
			f, err := a.Run(p, size)
			if err != nil {
				return nil, fmt.Errorf("audit: attack %s on %s: %w", line.title(), p.Name, err)
			}
			line.add(p.Name, f)
		}
		ours.forget()
		r.judge(line)
		lines = append(lines, line)
	}
	return lines, nil
}

// tableOfAttacks prints what attacks found, and what else was seen of those on devices.
func tableOfAttacks(out *screen, lines []attackLine) {
	rows := [][]string{{"attack", "statistic", " exact", " T15", " K5S", " ours", " our bound", "verdict"}}
	for _, line := range lines {
		rows = append(rows, line.row())
	}
	out.say("")
	out.table("", rows)
	for _, line := range lines {
		if line.On != "" {
			continue
		}
		if detail := line.Ours.Detail; detail != "" {
			out.say("           %s: %s", line.Number, detail)
		}
		if detail := line.T15.Detail; detail != "" && detail != line.Ours.Detail {
			out.say("           %s, T15: %s", line.Number, detail)
		}
	}
}

// layer adds the checks of a layer.
func (r *report) layer(out *screen, number, name string, checks []layerCheck) {
	r.Layers = append(r.Layers, layerReport{number, checks})
	good := 0
	for _, check := range checks {
		r.FalseAlarm += check.Alarm
		if check.OK {
			good++
		} else {
			r.Failures = append(r.Failures, fmt.Sprintf("layer %s: %s: got %s, want %s", number, check.Name, check.Value, check.Limit))
		}
	}
	out.say("layer %-4s %s: %d of %d checks hold", number, name, good, len(checks))
	if number != "B" {
		for _, check := range checks {
			out.say("           %-4s %s%s", map[bool]string{true: "ok", false: "FAIL"}[check.OK], check.Name, aside(check.Value))
		}
	}
}

func aside(text string) string {
	if text == "" {
		return ""
	}
	return " (" + text + ")"
}

// judge adds up false alarms and notes what an attack found that must not be.
func (r *report) judge(line attackLine) {
	for _, f := range []finding{line.Exact, line.T15, line.K5S, line.Ours} {
		r.FalseAlarm += f.Alarm
		if f.why != "" {
			r.Failures = append(r.Failures, fmt.Sprintf("attack %s: %s", line.title(), f.why))
		}
	}
}

// finish writes the report and the picture, and decides.
func (c *auditCmd) finish(out *screen, r *report) error {
	r.OK = len(r.Failures) == 0
	out.say("")
	out.say("took       %.0f s; a sound build fails with a probability of at most %.2g", r.Seconds, r.FalseAlarm)
	text, err := json.MarshalIndent(r, "", "  ")
	if err != nil {
		return err
	}
	if c.File != "" {
		if err := os.WriteFile(c.File, append(text, '\n'), 0o644); err != nil {
			return &driver.Error{Kind: driver.Missing, Text: err.Error()}
		}
		out.say("report     %s", c.File)
	}
	if c.Picture != "" {
		if err := drawAudit(c.Picture, r); err != nil {
			return err
		}
		out.say("picture    %s", c.Picture)
	}
	if err := out.result(r); err != nil {
		return err
	}
	if !r.OK {
		return &driver.Error{Kind: driver.Refused, Text: "audit: " + strings.Join(r.Failures, "\naudit: ")}
	}
	out.say("verdict    every bound holds, and every attack works where there is no protection")
	return nil
}
