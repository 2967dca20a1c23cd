package main

import (
	"encoding/binary"
	"fmt"
	"strconv"

	"github.com/throng-stats/throng/bench/replay"
	"github.com/throng-stats/throng/synth"
	"github.com/throng-stats/throng/synth/signal"
)

// encoders make a record of rows, by the name of its format; nil where a record holds one row at most.
var encoders = map[string]func(w *synth.World, list []synth.Arrived) []byte{"packed": replay.Pack, "json": asJSON, "avro": asAvro}

// asJSON writes an object a line. What is missing is left out.
func asJSON(w *synth.World, list []synth.Arrived) []byte {
	var to []byte
	for _, r := range list {
		to = fmt.Appendf(to, `{"user_id":%d,"timestamp":%d,"arrival":%d,"machine":%d`, r.ID, r.Time, r.Arrival, number(r.Machine))
		if r.Cell != signal.NoCell {
			to = strconv.AppendQuote(append(to, `,"cell_id":`...), w.CellName(r.Cell))
		}
		if r.MCC != 0 {
			to = fmt.Appendf(to, `,"mcc":%d`, r.MCC)
		}
		if r.Network != 0 {
			to = fmt.Appendf(to, `,"plmn":%d`, r.Network)
		}
		to = append(to, "}\n"...)
	}
	return to
}

// avroSchema is the schema of asAvro.
const avroSchema = `{"type": "record", "name": "row", "fields": [
	{"name": "user_id", "type": "long"}, {"name": "timestamp", "type": "long"}, {"name": "cell_id", "type": ["null", "string"]},
	{"name": "mcc", "type": ["null", "int"]}, {"name": "plmn", "type": ["null", "int"]}, {"name": "machine", "type": "int"},
	{"name": "arrival", "type": "long"}]}`

// asAvro writes one bare record.
func asAvro(w *synth.World, list []synth.Arrived) []byte {
	r := list[0]
	to := binary.AppendVarint(binary.AppendVarint(nil, int64(r.ID)), r.Time)
	if r.Cell == signal.NoCell {
		to = append(to, 0)
	} else {
		name := w.CellName(r.Cell)
		to = append(binary.AppendVarint(append(to, 2), int64(len(name))), name...)
	}
	for _, v := range []int64{int64(r.MCC), int64(r.Network)} {
		if v == 0 {
			to = append(to, 0)
		} else {
			to = binary.AppendVarint(append(to, 2), v)
		}
	}
	return binary.AppendVarint(binary.AppendVarint(to, int64(number(r.Machine))), r.Arrival)
}

func number(is bool) int {
	if is {
		return 1
	}
	return 0
}
