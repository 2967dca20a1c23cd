package pack

import (
	"bytes"
	"encoding/csv"
	"fmt"
	"math"
	"slices"
	"strconv"

	"github.com/throng-stats/throng/release"
)

var placesHead = []string{"id", "name", "kind", "latitude", "longitude"}

func placesCSV(places []release.Place) []byte {
	var b bytes.Buffer
	w := csv.NewWriter(&b)
	w.Write(placesHead) // writing to memory does not fail
	for _, p := range places {
		w.Write([]string{p.ID, p.Name, p.Kind, strconv.FormatFloat(p.Lat, 'f', -1, 64), strconv.FormatFloat(p.Lon, 'f', -1, 64)})
	}
	w.Flush()
	return b.Bytes()
}

func readPlaces(text []byte) ([]release.Place, error) {
	r := csv.NewReader(bytes.NewReader(text))
	r.FieldsPerRecord = len(placesHead)
	records, err := r.ReadAll()
	if err != nil || len(records) == 0 || !slices.Equal(records[0], placesHead) {
		return nil, fmt.Errorf("pack: %s is not a table of %q: %v (%w)", placesPath, placesHead, err, release.ErrCorrupt)
	}
	places := []release.Place{}
	for i, record := range records[1:] {
		p := release.Place{ID: record[0], Name: record[1], Kind: record[2]}
		for k, v := range []*float64{&p.Lat, &p.Lon} {
			if *v, err = strconv.ParseFloat(record[3+k], 64); err != nil || math.IsNaN(*v) || math.Abs(*v) > 180 {
				return nil, fmt.Errorf("pack: %s: record %d has no degrees (%w)", placesPath, i+1, release.ErrCorrupt)
			}
		}
		places = append(places, p)
	}
	return places, nil
}
