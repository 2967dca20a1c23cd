//go:build oracle

package oracle

import (
	"bytes"
	"encoding/json"
	"fmt"
	"maps"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
)

// Cases that can be worked out by hand, or that stand in methods.md.
func TestSmallCases(t *testing.T) {
	for _, c := range []struct{ algorithm, inputs, want string }{
		{"footprint.project", `{"latitude":50,"longitude":5}`, `[3962799.4509553, 2999718.85315]`},
		{"footprint.angular_loss", `{"angle":180,"sigma":71.1,"back_loss":-30}`, `-30`},
		{"footprint.beam_sigma", `{"width":9,"back_loss":-30}`, `8.46`},
		{"footprint.dominance", `{"dbm":-92.5,"steepness":0.2,"midpoint":-92.5}`, `0.5`},
		{"footprint.strength", `{"cell":{"cell":"a","latitude":52,"longitude":10,"height":30,"power":10,"path_loss":3.75,"range":9e3,"directional":false},"easting":4324000,"northing":3210000}`, `-90.392861`},
		{"footprint.footprint", `{"cells":[{"cell":"a","latitude":52,"longitude":10,"height":30,"power":10,"path_loss":3.75,"range":1000,"directional":false}],"tiles":[{"tile":1,"easting":4321850,"northing":3210000},{"tile":2,"easting":4322001,"northing":3210000}]}`,
			`[{"cell":"a","tile":1,"dominance":0.989306}]`},
		{"footprint.land_prior", `{"shares":{"1":{"urban":0.5,"water":0.5},"2":{"urban":0.5,"forest":0.5},"3":{}},"weights":{"urban":1,"forest":0.5,"water":0}}`, `{"1":0.4,"2":0.6,"3":0}`},
		{"footprint.connection_probabilities", `{"footprint":[{"cell":"A","tile":"1","dominance":0.8},{"cell":"B","tile":"1","dominance":0.2},{"cell":"A","tile":"2","dominance":1}],"prior":{"1":0.5}}`,
			`[{"cell":"A","tile":"1","probability":0.8,"posterior":1},{"cell":"B","tile":"1","probability":0.2,"posterior":1}]`},
		{"population.devices_per_cell", `{"events":[{"device":1,"time":0,"cell":"A"},{"device":1,"time":7200000,"cell":"B"},{"device":2,"time":1200000,"cell":"A"},{"device":2,"time":5400000,"cell":"B"},{"device":3,"time":-1,"cell":"A"}],"time":3600000,"tolerance":3600000}`,
			`[{"day":"1970-01-01","cell":"A","devices":1},{"day":"1970-01-01","cell":"B","devices":1}]`},
		{"population.spread", `{"devices":[{"day":"2024-05-06","cell":"A","devices":30},{"day":"2024-05-06","cell":"B","devices":10}],"tiles":[1,2,3,4,5,6,7,8],"probabilities":[{"day":"2024-05-06","cell":"A","tile":1,"probability":1},{"day":"2024-05-06","cell":"A","tile":2,"probability":0.6},{"day":"2024-05-06","cell":"B","tile":2,"probability":0.4},{"day":"2024-05-06","cell":"B","tile":3,"probability":0.75},{"day":"2024-05-07","cell":"A","tile":4,"probability":1},{"day":"2024-05-06","cell":"A","tile":9,"probability":1}]}`,
			`[1,[{"tile":1,"population":18.75},{"tile":2,"population":14.728260869565},{"tile":3,"population":6.5217391304348}]]`},
		{"segmentation.segment_day", `{"day":"2024-05-06","events":[{"time":1714982400000,"cell":"A","plmn":null,"abroad":false},{"time":1714983600000,"cell":"B","plmn":null,"abroad":false}],"previous":null,"overlaps":{"B":["A"]}}`,
			`[{"start":1714953600000,"end":1714982100000,"last_event":null,"cells":[],"plmn":null,"state":"unknown","is_last":false},{"start":1714982100000,"end":1714982400000,"last_event":1714982400000,"cells":["A"],"plmn":null,"state":"undetermined","is_last":false}]`},
		{"permanence.long_term", `{"rows":[{"device":"d","place":1,"kind":"grid","days":"all","hours":"all","month":"2024-01","score":3,"frequency":2},{"device":"d","place":1,"kind":"grid","days":"all","hours":"all","month":"2024-02","score":3,"frequency":2}],"months":["2024-02"]}`,
			`[{"device":"d","place":1,"kind":"grid","days":"all","hours":"all","score":3,"frequency":2,"frequency_mean":2,"frequency_sd":null}]`},
		{"tourism.bounds", `{"month":"2024-02"}`, `[1706745600000,1709164800000]`},
		{"tourism.spends_night", `{"start":1722537000000,"end":1722567600000,"timezone":"Asia/Tokyo","midnight_hour":4,"least":12000000}`, `true`},
		{"indicators.inspire_zone", `{"tile":42926547,"resolution":1000,"origin_east":2600000,"origin_north":1900000}`, `"1kmN1946E2665"`},
		{"indicators.suppress", `{"rows":[{"zone":1,"a":5,"b":4.99},{"zone":2,"a":6,"b":7}],"columns":["a","b"],"k":5,"drop":false}`, `[{"zone":1,"a":5,"b":-1},{"zone":2,"a":6,"b":7}]`},
		{"indicators.suppress", `{"rows":[{"zone":1,"a":5,"b":4.99},{"zone":2,"a":6,"b":7}],"columns":["a","b"],"k":5,"drop":true}`, `[{"zone":2,"a":6,"b":7}]`},
		{"indicators.scale", `{"rows":[{"country":"FR","n":1},{"country":"DE","n":null}],"columns":["n"],"deduplication":0.95,"population":4.2,"by_country":{"FR":{"deduplication":null,"population":2}}}`, `[{"country":"FR","n":1.9},{"country":"DE","n":null}]`},
		{"indicators.combine", `{"operators":[[{"z":1,"n":10}],[{"z":1,"n":-1},{"z":2,"n":4}]],"weights":[0.5,2],"columns":["n"]}`, `[{"z":1,"n":5},{"z":2,"n":8}]`},
		{"indicators.combine", `{"operators":[[{"z":1,"s":"1.0","n":10}],[{"z":1.0,"s":"1.0","n":3},{"z":1,"s":"1","n":4}]],"weights":[1,1],"columns":["n"]}`, `[{"z":1,"s":"1.0","n":13},{"z":1,"s":"1","n":4}]`},
		{"indicators.zone_totals", `{"rows":[{"tile":5,"h":1,"n":1},{"tile":5.0,"h":1.0,"n":2},{"tile":"5","h":1.5,"n":4}],"zones":{"5":"Z"},"columns":["n"]}`, `[{"zone":"Z","h":1,"n":3},{"zone":"Z","h":1.5,"n":4}]`},
		{"semantic.distance", `{"a":[60,10],"b":[60,11]}`, `55597.0108`},
		{"migration.flows", `{"previous":[{"device":"d","tile":1},{"device":"d","tile":4}],"new":[{"device":"d","tile":6}],"zones":[{"tile":1,"zones":["N"]},{"tile":4,"zones":["S"]},{"tile":6,"zones":["E"]}],"weights":[{"tile":1,"weight":1},{"tile":4,"weight":3},{"tile":6,"weight":1}]}`,
			`[{"previous_zone":"N","new_zone":"E","migration":0.25},{"previous_zone":"S","new_zone":"E","migration":0.75}]`},
	} {
		if c.algorithm == "segmentation.segment_day" { // the rest of the day is longer than it is worth writing down
			got := runText(t, `{"algorithm":"segmentation.segment_day","inputs":`+c.inputs+`}`).([]any)
			if len(got) != 3 || got[1].(map[string]any)["state"] != "stay" || fmt.Sprint(got[1].(map[string]any)["cells"]) != "[A B]" {
				t.Errorf("segment_day: got %v", got)
			}
			continue
		}
		var want any
		if err := json.Unmarshal([]byte(c.want), &want); err != nil {
			t.Fatal(err)
		}
		if err := same(runText(t, `{"algorithm":"`+c.algorithm+`","inputs":`+c.inputs+`}`), want, c.algorithm); err != nil {
			t.Error(err)
		}
	}
}

// Empty and null lists are no reason to stop: every algorithm that works on lists gives an empty result. Lists that are
// missing are.
func TestNothing(t *testing.T) {
	single := []string{"footprint.project", "footprint.angular_loss", "footprint.beam_sigma", "footprint.strength", "footprint.dominance",
		"tourism.spends_night", "indicators.inspire_zone", "semantic.distance"}
	for name := range algorithms() {
		for _, list := range []string{"[]", "null"} {
			if slices.Contains(single, name) {
				continue
			}
			inputs := `"day":"2024-05-06","month":"2024-05","time":0,"home_mcc":214,"shares":{},"countries":{}`
			for _, column := range []string{"cells", "tiles", "weights", "footprint", "prior", "events", "probabilities", "devices", "times", "overlaps", "existing", "days",
				"places", "rows", "months", "scores", "previous", "new", "stays", "trips", "segments", "columns", "operators"} {
				if strings.HasPrefix(name, "segmentation.") && column == "previous" {
					continue
				}
				if column != "weights" || name == "indicators.combine" {
					inputs += fmt.Sprintf(`,%q:%s`, column, list)
				}
			}
			zones := map[bool]string{true: "{}", false: list}[name == "indicators.zone_totals"]
			inputs += `,"zones":` + zones
			if name == "footprint.connection_probabilities" {
				inputs = strings.Replace(inputs, `"prior":[]`, `"prior":{}`, 1)
			}
			if name == "footprint.land_prior" {
				inputs += `,"weights":{}`
			}
			if name == "segmentation.segment_day" {
				inputs = strings.Replace(inputs, `"overlaps":[]`, `"overlaps":{}`, 1)
			}
			var out bytes.Buffer
			if err := Run(strings.NewReader(`{"algorithm":"`+name+`","inputs":{`+inputs+`}}`), &out); err != nil {
				t.Errorf("%s with lists %s: %v", name, list, err)
			}
		}
		var out bytes.Buffer
		if err := Run(strings.NewReader(`{"algorithm":"`+name+`","inputs":{}}`), &out); err == nil || !strings.Contains(err.Error(), "is missing") {
			t.Errorf("%s without inputs: got %v, want what is missing", name, err)
		}
	}
}

// The days of segmentation one by one, each with what is known before it, give the segments of all days at once.
func TestSegmentDayBySegment(t *testing.T) {
	for seed := range uint64(40) {
		r := rand.New(rand.NewPCG(seed, 1))
		const start, day = int64(1714953600000), int64(24 * 3600e3)
		var events []event
		for at := start + r.Int64N(40_000)*1000; at < start+3*day; at += (1 + r.Int64N(1+r.Int64N(40_000))) * 1000 {
			e := event{Device: named("d"), Time: whole(at), Cell: named(string(rune('A' + r.IntN(4))))}
			if r.IntN(5) == 0 {
				e.Abroad, e.Plmn = true, "20801"
			}
			events = append(events, e)
		}
		overlaps := map[string][]name{`A`: {named("B")}, `B`: {named("A"), named("C")}}
		days := []string{"2024-05-06", "2024-05-07", "2024-05-08"}
		var table []overlap
		for _, d := range days {
			for cell, others := range overlaps {
				table = append(table, overlap{date(d), named(cell), others})
			}
		}
		all := call(t, "segmentation.segment", map[string]any{"events": events, "overlaps": table, "days": days})
		var parts []piece
		for i, d := range days {
			from, to := start+int64(i)*day, start+int64(i+1)*day
			var own []event
			for _, e := range events {
				if int64(e.Time) >= from && (int64(e.Time) < to || len(own) > 0 && int64(own[len(own)-1].Time) < to || len(own) == 0 && int64(e.Time) < to+day) {
					own = append(own, e)
				}
			}
			var previous *piece
			for k, p := range parts {
				if (p.IsLast && int64(p.Start) >= from-day && int64(p.Start) < from || int64(p.Start) >= from) && (previous == nil || p.End > previous.End) {
					previous = &parts[k]
				}
			}
			parts = append(parts, call(t, "segmentation.segment_day", map[string]any{"day": d, "events": own, "previous": previous, "overlaps": overlaps})...)
		}
		for i := range all {
			all[i].Device = ""
		}
		a, _ := json.Marshal(all)
		b, _ := json.Marshal(parts)
		if !bytes.Equal(a, b) {
			t.Fatalf("seed %d: at once\n%s\nday by day\n%s", seed, a, b)
		}
	}
}

func call(t *testing.T, algorithm string, inputs any) (out []piece) {
	t.Helper()
	text, err := json.Marshal(map[string]any{"algorithm": algorithm, "inputs": inputs})
	if err != nil {
		t.Fatal(err)
	}
	var b bytes.Buffer
	if err := Run(bytes.NewReader(text), &b); err != nil {
		t.Fatal(err)
	}
	if err := json.Unmarshal(b.Bytes(), &out); err != nil {
		t.Fatal(err)
	}
	return out
}

// Whatever a case holds, the answer is a result or a sentence.
func FuzzRun(f *testing.F) {
	for _, name := range slices.Sorted(maps.Keys(algorithms())) {
		f.Add(name, `{"day":"2024-05-06","month":"2024-05","months":["2024-05","2024-06"],"levels":[1,9],"slots":7,"time":0,"times":[1714982400000],"days":["2024-05-06"],"home_mcc":214,
"events":[{"event":1,"device":"d","time":1714982400000,"cell":"A","plmn":"20801","day":"2024-05-06","domain":"domestic","abroad":true},{"event":2,"device":"d","time":1714982400000,"cell":null,"day":"2024-05-06","domain":"inbound","abroad":false}],
"cells":[{"cell":"A","latitude":1,"longitude":2,"height":0,"power":0,"path_loss":0,"range":9e9,"directional":0}],"tiles":[{"tile":1,"easting":0,"northing":0}],"places":[],"probabilities":[],"countries":{},"segments":[],"rows":[{"n":-1}],"columns":["n"],"operators":[[{"n":-1}]],"weights":[1],"zones":{},
"stays":[{"stay":1,"device":"d","start":5,"end":4,"country":null,"overnight":true,"zones":[{"path":[],"weight":1},{"path":["Z"],"weight":0}]}]}`)
	}
	f.Add("segmentation.segment", `{"days":["2024-05-06"],"existing":[{"device":"d","start":1714953600000,"end":1714953600000,"cells":[],"is_last":false,"state":"move"}],"events":[{"device":"d","time":1714953600000,"cell":"A","abroad":false}],"rules":{"pad":9e15}}`)
	f.Add("footprint.footprint", `{"cells":[{"cell":"a","latitude":1,"longitude":1,"height":0,"power":-1,"path_loss":1,"range":-1,"directional":true,"azimuth":1e300,"tilt":0,"horizontal_beam":0,"vertical_beam":-1,"back_loss_azimuth":0,"back_loss_elevation":3}],"tiles":[{"tile":1,"easting":0,"northing":0}],"most_cells":-1}`)
	f.Add("tourism.outbound", `{"segments":[{"segment":1,"device":1,"start":-9e15,"end":9e15,"state":"abroad","plmn":1}],"months":["0001-01"],"countries":{"1":{"country":"A","timezone":"Europe/Paris"}},"trip_gap":-1}`)
	f.Fuzz(func(t *testing.T, algorithm, inputs string) {
		var b bytes.Buffer
		if err := Run(strings.NewReader(fmt.Sprintf(`{"algorithm":%q,"inputs":%s}`, algorithm, inputs)), &b); err == nil && !json.Valid(b.Bytes()) {
			t.Fatalf("printed what is not JSON: %s", b.String())
		}
	})
}
