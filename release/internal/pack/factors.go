package pack

import (
	"bytes"
	"encoding/csv"
	"fmt"
	"io"
	"math"
	"slices"
	"strconv"

	"github.com/throng-stats/throng/release"
)

var factorsHead = []string{"zone", "gender", "age", "people", "sd"}

// factorsCSV writes factors; an sd that is not known is an empty field.
func factorsCSV(rows []release.Factor) []byte {
	var b bytes.Buffer
	w := csv.NewWriter(&b)
	w.Write(factorsHead) // writing to memory does not fail
	for _, f := range rows {
		sd := ""
		if !math.IsNaN(f.SD) {
			sd = strconv.FormatFloat(f.SD, 'g', -1, 64)
		}
		w.Write([]string{f.Zone, f.Gender, f.Age, strconv.FormatFloat(f.People, 'g', -1, 64), sd})
	}
	w.Flush()
	return b.Bytes()
}

// readFactors refuses text that factorsCSV would not write: other columns, and numbers that are not positive and finite.
func readFactors(text []byte) ([]release.Factor, error) {
	r := csv.NewReader(bytes.NewReader(text))
	r.FieldsPerRecord, r.ReuseRecord = len(factorsHead), true
	rows := []release.Factor{}
	for line := 1; ; line++ {
		record, err := r.Read()
		if err == io.EOF && line > 1 {
			return rows, nil
		}
		if err != nil {
			return nil, fmt.Errorf("pack: %s: %v (%w)", factorsPath, err, release.ErrCorrupt)
		}
		if line == 1 {
			if !slices.Equal(record, factorsHead) {
				return nil, fmt.Errorf("pack: %s begins with %.80q, want %q (%w)", factorsPath, record, factorsHead, release.ErrCorrupt)
			}
			continue
		}
		f := release.Factor{Zone: record[0], Gender: record[1], Age: record[2], SD: math.NaN()}
		if f.People, err = strconv.ParseFloat(record[3], 64); err == nil && record[4] != "" {
			f.SD, err = strconv.ParseFloat(record[4], 64)
			if err == nil && !(f.SD >= 0 && !math.IsInf(f.SD, 1)) {
				err = strconv.ErrRange
			}
		}
		if err != nil || !(f.People > 0) || math.IsInf(f.People, 1) {
			return nil, fmt.Errorf("pack: %s: record %d has no positive number of people and standard deviation (%w)", factorsPath, line, release.ErrCorrupt)
		}
		rows = append(rows, f)
	}
}
