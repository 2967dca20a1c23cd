//go:build oracle

package oracle

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/throng-stats/throng/driver"
)

// The example cases that stand beside the repository: what is printed is what is expected, rows as sets, numbers within
// one millionth.
func TestCases(t *testing.T) {
	files, _ := filepath.Glob("../../../shared/reference/cases/*.json")
	if len(files) == 0 {
		t.Skip("no example cases beside the repository (../shared/reference/cases)")
	}
	for _, file := range files {
		t.Run(filepath.Base(file), func(t *testing.T) {
			text, err := os.ReadFile(file)
			if err != nil {
				t.Fatal(err)
			}
			var want struct{ Expected any }
			if err := json.Unmarshal(text, &want); err != nil {
				t.Fatal(err)
			}
			if err := same(runText(t, string(text)), want.Expected, "expected"); err != nil {
				t.Error(err)
			}
		})
	}
}

// runText runs a case that must succeed.
func runText(t *testing.T, text string) any {
	t.Helper()
	var out bytes.Buffer
	if err := Run(strings.NewReader(text), &out); err != nil {
		t.Fatal(err)
	}
	var got any
	if err := json.Unmarshal(out.Bytes(), &got); err != nil {
		t.Fatalf("%v in %s", err, out.String())
	}
	return got
}

// same compares two JSON values.
func same(got, want any, at string) error {
	switch w := want.(type) {
	case float64:
		g, ok := got.(float64)
		if !ok || math.Abs(g-w) > 1e-6*math.Max(math.Abs(w), 1e-9) {
			return fmt.Errorf("%s: got %v, want %v", at, got, w)
		}
		return nil
	case []any:
		g, ok := got.([]any)
		if !ok || len(g) != len(w) {
			return fmt.Errorf("%s: got %d rows, want %d%s", at, len(g), len(w), difference(g, w))
		}
		g, w = slices.Clone(g), slices.Clone(w)
		slices.SortFunc(g, func(a, b any) int { return strings.Compare(rough(a), rough(b)) })
		slices.SortFunc(w, func(a, b any) int { return strings.Compare(rough(a), rough(b)) })
		for i := range w {
			if err := same(g[i], w[i], fmt.Sprintf("%s[%d]", at, i)); err != nil {
				return fmt.Errorf("%w%s", err, difference(g, w))
			}
		}
		return nil
	case map[string]any:
		g, ok := got.(map[string]any)
		if !ok || len(g) != len(w) {
			return fmt.Errorf("%s: got %v, want %v", at, got, w)
		}
		for k, v := range w {
			if err := same(g[k], v, at+"."+k); err != nil {
				return err
			}
		}
		return nil
	}
	if got != want {
		return fmt.Errorf("%s: got %v, want %v", at, got, want)
	}
	return nil
}

// rough is a text by which equal rows sort alike: numbers are rounded.
func rough(v any) string {
	switch v := v.(type) {
	case float64:
		if v == math.Trunc(v) {
			return fmt.Sprintf("%.0f", v)
		}
		return fmt.Sprintf("%.4g", v)
	case []any:
		parts := make([]string, len(v))
		for i := range v {
			parts[i] = rough(v[i])
		}
		slices.Sort(parts)
		return strings.Join(parts, ",")
	case map[string]any:
		var exact, parts []string
		for k, x := range v {
			if f, ok := x.(float64); ok && f != math.Trunc(f) {
				parts = append(parts, k+":"+rough(x))
			} else {
				exact = append(exact, k+":"+rough(x))
			}
		}
		slices.Sort(exact)
		slices.Sort(parts)
		return strings.Join(exact, ";") + "|" + strings.Join(parts, ";")
	}
	return fmt.Sprint(v)
}

// difference lists some rows of either side that the other lacks.
func difference(got, want []any) string {
	count := map[string]int{}
	for _, r := range got {
		count[rough(r)]++
	}
	for _, r := range want {
		count[rough(r)]--
	}
	var lines []string
	for row, n := range count {
		if n != 0 {
			lines = append(lines, fmt.Sprintf("\n%+d %s", n, row))
		}
	}
	slices.Sort(lines)
	return strings.Join(lines[:min(12, len(lines))], "")
}

func TestRefusals(t *testing.T) {
	crowd := func(n int) string {
		rows := make([]string, n)
		for i := range rows {
			rows[i] = fmt.Sprintf(`{"device":"d%d","tile":"1"}`, i)
		}
		return `{"algorithm":"migration.flows","inputs":{"previous":[` + strings.Join(rows, ",") + `],"new":[],"zones":[],"level":1}}`
	}
	var out bytes.Buffer
	if err := Run(strings.NewReader(crowd(MostDevices)), &out); err != nil {
		t.Errorf("%d devices: %v", MostDevices, err)
	}
	for _, c := range []struct{ in, want string }{
		{crowd(MostDevices + 1), "got a case of 10001 devices, want at most 10000"},
		{`{"algorithm":"permanence.weekly","inputs":{}}`, `got the algorithm "permanence.weekly", want one of footprint.angular_loss,`},
		{`{"algorithm":`, "the case is not one JSON object"},
		{``, "the case is not one JSON object"},
		{`[]`, "the case is not one JSON object"},
		{`{"algorithm":"tourism.bounds","inputs":{"month":"2024-05"}} {}`, "there is more after the first value"},
		{`{"algorithm":5,"inputs":{}}`, "the case is not one JSON object"},
		{`{"algorithm":"tourism.bounds"}`, "the case has no inputs"},
		{`{"algorithm":"tourism.bounds","inputs":null}`, "inputs: got null, want an object"},
		{`{"algorithm":"tourism.bounds","inputs":[]}`, "inputs: want an object"},
		{`{"algorithm":"tourism.bounds","inputs":{"month":5}}`, "month: got a value of the kind number, want a text"},
		{`{"algorithm":"tourism.bounds","inputs":{"month":"2024-13"}}`, "got the day or month"},
		{`{"algorithm":"labels.label","inputs":{"scores":3}}`, "labels.label: scores: want a list"},
		{`{"algorithm":"labels.label","inputs":{"scores":[],"fallback":"both"}}`, `got the fallback "both", want device or batch`},
		{`{"algorithm":"labels.label","inputs":{"scores":[{"device":"d","tile":1,"days":"all","hours":"all","score":1,"frequency":1,"kind":"land"}]}}`, `scores[0].kind: got "land", want one of grid,`},
		{`{"algorithm":"tourism.inbound","inputs":{"stays":[],"months":["March"]}}`, `got the day or month "March"`},
		{`{"algorithm":"tourism.inbound","inputs":{"stays":[{"stay":1,"device":"d","start":0,"country":"FR","overnight":true,"zones":[]}],"months":[]}}`, `stays[0]: "end" is missing`},
		{`{"algorithm":"tourism.inbound","inputs":{"stays":[{"stay":1,"device":"d","start":0,"end":1,"country":"FR","overnight":true,"zones":[{"path":["A"],"weight":"1"}]}],"months":[]}}`, "stays[0].zones[0].weight: got a value of the kind string, want a number"},
		{`{"algorithm":"tourism.outbound","inputs":{"segments":[],"months":[],"countries":{"208":{"country":"FR","timezone":"Mars/Base"}}}}`, "got the time zone"},
		{`{"algorithm":"segmentation.segment","inputs":{"events":[{"device":null,"time":0,"cell":"a","abroad":false}],"days":[]}}`, "events[0]: \"device\" is missing"},
		{`{"algorithm":"segmentation.segment","inputs":{"events":[],"days":[],"existing":[{"start":0,"end":1,"cells":[],"state":"stay","is_last":true}]}}`, "existing[0]: \"device\" is missing"},
		{`{"algorithm":"population.present_population","inputs":{"events":[{"device":"d","time":0.5,"cell":"a"}],"probabilities":[],"tiles":[],"times":[]}}`, "events[0].time: want a whole number"},
		{`{"algorithm":"population.present_population","inputs":{"events":[],"probabilities":[{"day":"2024-02-30","cell":"a","tile":"t","probability":1}],"tiles":[],"times":[]}}`, "probabilities[0].day: want a day such as"},
		{`{"algorithm":"footprint.footprint","inputs":{"cells":[{"cell":"a","latitude":1,"longitude":1,"height":1,"power":1,"path_loss":1,"range":1,"directional":"yes"}],"tiles":[]}}`, "cells[0].directional: want true or false"},
		{`{"algorithm":"footprint.footprint","inputs":{"cells":[{"cell":"a","latitude":1,"longitude":1,"height":1,"power":1,"path_loss":1,"range":1,"directional":true,"azimuth":null}],"tiles":[]}}`, "cells[0]: a directional cell wants azimuth"},
		{`{"algorithm":"semantic.flags","inputs":{"events":[{"event":1,"device":"d","time":0,"domain":"home","cell":"a"}],"cells":[]}}`, `events[0].domain: got "home", want one of domestic,`},
		{`{"algorithm":"indicators.zone_totals","inputs":{"rows":[{"n":1}],"zones":{},"columns":["n"]}}`, `a row has no column "tile"`},
		{`{"algorithm":"indicators.scale","inputs":{"rows":[{"n":1}],"columns":["m"]}}`, `a row has no column "m"`},
		{`{"algorithm":"semantic.distance","inputs":{"a":[1,2,3],"b":[1,2]}}`, "a: want a list of 2"},
	} {
		out.Reset()
		err := Run(strings.NewReader(c.in), &out)
		var own *driver.Error
		if !errors.As(err, &own) || driver.ExitCode(err) != 3 || !strings.Contains(err.Error(), c.want) {
			t.Errorf("got %v, exit %d; want %q and exit 3", err, driver.ExitCode(err), c.want)
		}
		if out.Len() > 0 {
			t.Errorf("a refused case printed %q", out.String())
		}
	}
}
