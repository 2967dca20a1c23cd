//go:build oracle

package oracle

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"reflect"
	"slices"
	"strings"

	"github.com/throng-stats/throng/driver"
)

// MostDevices is how many devices a case may have: enough to compare methods, too few for anything else.
const MostDevices = 10_000

// Case is one algorithm with its inputs. What is expected of it is not read.
type Case struct {
	Algorithm string          `json:"algorithm"`
	Inputs    json.RawMessage `json:"inputs"`
}

// algorithm reads its inputs and gives what it finds.
type algorithm func(inputs json.RawMessage) (any, error)

// algorithms by name. Arguments that a case leaves out have the values of the reference.
func algorithms() map[string]algorithm {
	return map[string]algorithm{
		"footprint.project":                  project,
		"footprint.angular_loss":             angularLoss,
		"footprint.beam_sigma":               beamSigma,
		"footprint.strength":                 strength,
		"footprint.dominance":                dominance,
		"footprint.footprint":                footprint,
		"footprint.land_prior":               landPrior,
		"footprint.connection_probabilities": connectionProbabilities,
		"population.devices_per_cell":        devicesPerCell,
		"population.spread":                  spreadDevices,
		"population.present_population":      presentPopulation,
		"segmentation.segment_day":           segmentDay,
		"segmentation.segment":               segment,
		"permanence.daily":                   dailyScores,
		"permanence.long_term":               longTerm,
		"labels.label":                       label,
		"migration.flows":                    migrationFlows,
		"tourism.bounds":                     monthBounds,
		"tourism.inbound":                    inbound,
		"tourism.spends_night":               spendsNight,
		"tourism.outbound":                   outbound,
		"indicators.inspire_zone":            inspireZone,
		"indicators.zone_totals":             zoneTotals,
		"indicators.scale":                   scale,
		"indicators.suppress":                suppress,
		"indicators.combine":                 combine,
		"semantic.distance":                  distance,
		"semantic.flags":                     semanticFlags,
	}
}

// Run reads one case and writes what its algorithm finds, as JSON.
func Run(in io.Reader, out io.Writer) error {
	var c Case
	d := json.NewDecoder(in)
	err := d.Decode(&c)
	if err == nil && d.More() {
		err = errors.New("there is more after the first value")
	}
	if err != nil {
		return invalid("the case is not one JSON object: %v; give {\"algorithm\": ..., \"inputs\": {...}}", err)
	}
	all := algorithms()
	run, ok := all[c.Algorithm]
	if !ok {
		return invalid("got the algorithm %.60q, want one of %s", c.Algorithm, strings.Join(slices.Sorted(maps.Keys(all)), ", "))
	}
	if len(c.Inputs) == 0 {
		return invalid("the case has no inputs; give {\"algorithm\": %q, \"inputs\": {...}}", c.Algorithm)
	}
	if n := devices(c.Inputs); n > MostDevices {
		return invalid("got a case of %d devices, want at most %d: this command compares methods, it does not process data", n, MostDevices)
	}
	result, err := run(c.Inputs)
	if err != nil {
		return invalid("%s: %v", c.Algorithm, err)
	}
	text, err := json.MarshalIndent(result, "", " ")
	if err != nil {
		return invalid("%s: the result cannot be written: %v", c.Algorithm, err)
	}
	_, err = out.Write(append(text, '\n'))
	return err
}

func invalid(format string, args ...any) error {
	return &driver.Error{Kind: driver.Invalid, Text: "oracle: " + fmt.Sprintf(format, args...)}
}

// devices counts the distinct devices that the rows of all inputs name.
func devices(inputs json.RawMessage) int {
	var columns map[string]json.RawMessage
	if json.Unmarshal(inputs, &columns) != nil {
		return 0
	}
	seen := make(map[name]struct{})
	for _, column := range columns {
		var rows []struct{ Device name }
		if json.Unmarshal(column, &rows) != nil {
			continue // not a list of rows
		}
		for _, r := range rows {
			if r.Device != "" {
				seen[r.Device] = struct{}{}
			}
		}
	}
	return len(seen)
}

// read fills the arguments of an algorithm; optional ones that are left out keep what they have.
func read[T any](inputs json.RawMessage, args T) (T, error) {
	if err := check(inputs, reflect.TypeFor[T](), top); err != nil {
		return args, err
	}
	err := json.Unmarshal(inputs, &args)
	return args, err
}
