// Package export writes released tables in the file formats that statisticians use.
//
// It reads a store and nothing else. A number is shown by one function, Display, here and in the API, so that files and
// answers agree.
package export

import (
	"fmt"
	"io"
	"math"
	"time"

	"github.com/throng-stats/throng"
	"github.com/throng-stats/throng/release"
)

// Formats that Write knows.
const (
	CSV     = "csv"
	GeoJSON = "geojson"
)

// Options say what to write. The zero value writes the whole estimate as CSV with ids.
type Options struct {
	Format string // CSV (default) or GeoJSON
	Kind   string // release.Estimate (default) or release.Measured
	Method string // of an estimate; default: linear
	Labels string // "" ids; "name" names of zones in place of ids; "both" ids and a column of names
	BOM    bool   // begin CSV with a byte order mark, which old spreadsheets need to see UTF-8
	Where  Where  // codes that are wanted; default: all
	Over   string // CSV alone: what each number is divided by, see Per; default: nothing
}

// Check refuses options that Write does not know.
func (o Options) Check() error {
	switch {
	case o.Format != "" && o.Format != CSV && o.Format != GeoJSON:
		return fmt.Errorf("export: format %.20q is not written here; want %s or %s", o.Format, CSV, GeoJSON)
	case o.Kind != "" && o.Kind != release.Estimate && o.Kind != release.Measured:
		return fmt.Errorf("export: kind %.20q does not exist; want %s or %s", o.Kind, release.Estimate, release.Measured)
	case o.Over != "" && o.Format == GeoJSON:
		return fmt.Errorf("export: what numbers are divided by is written as csv alone; leave one of the two out")
	case o.Labels != "" && o.Labels != "name" && o.Labels != "both":
		return fmt.Errorf("export: labels %.20q is not known; want name or both, or leave it out for ids", o.Labels)
	}
	return nil
}

// Write writes one table of a release. It answers an error that wraps release.ErrMissing when the release or the table
// does not exist, BadCode for a code outside the table, and ErrTooLarge for GeoJSON of more than MaxFeatures features.
func Write(w io.Writer, store release.Store, id, table string, o Options) error {
	if err := o.Check(); err != nil {
		return err
	}
	v, err := Load(store, id, o.Kind, o.Method, table)
	if err != nil {
		return err
	}
	if v, err = v.Select(o.Where); err != nil {
		return err
	}
	geo, err := store.Geography(v.Manifest.Geo.ID, v.Manifest.Geo.Version)
	if err != nil {
		return fmt.Errorf("geography of release %.80q: %w", id, err)
	}
	if o.Over != "" {
		if v, err = v.per(store, geo, o); err != nil {
			return err
		}
	}
	if o.Format == GeoJSON {
		return WriteGeoJSON(w, v, geo, o)
	}
	return WriteCSV(w, v, geo, o)
}

// FileName tells product, table, geography, period and revision: "present_total_demo_2026-02-03_r0".
func FileName(m release.Manifest, table string) string {
	return fmt.Sprintf("%s_%s_%s_%s_r%d", m.Product, table, m.Geo.ID, m.Period.Name, m.Revision)
}

func sigma(t release.Table) float64 { return math.Sqrt(float64(t.Sigma2)) }

// clock is the time dimension of a table, or the whole period where it has none.
type clock struct {
	dim   int // place of the time dimension, -1 when there is none
	start []string
	secs  []int64
}

func clockOf(v View) clock {
	c := clock{dim: -1, start: []string{v.Manifest.Period.Start.UTC().Format(time.RFC3339)},
		secs: []int64{int64(v.Manifest.Period.End.Sub(v.Manifest.Period.Start).Seconds())}}
	for i, d := range v.Table.Shape.Dims {
		if d.Name == throng.DimTime {
			c = clock{dim: i, start: d.Codes, secs: durations(d.Codes, v.Manifest.Period)}
		}
	}
	return c
}

// durations are the lengths of bins in seconds: from one start to the next, the last as long as the one before (a bin
// that starts in the period may end after it), a single bin to the end of the period.
func durations(codes []string, p release.Period) []int64 {
	secs := make([]int64, len(codes))
	starts := make([]time.Time, len(codes))
	for i, c := range codes {
		starts[i], _ = time.Parse(time.RFC3339, c)
	}
	for i := range secs {
		switch {
		case i+1 < len(secs):
			secs[i] = int64(starts[i+1].Sub(starts[i]).Seconds())
		case i > 0:
			secs[i] = secs[i-1]
		default:
			secs[i] = int64(p.End.Sub(starts[i]).Seconds())
		}
	}
	return secs
}

func (c clock) at(at []int) (start string, secs int64) {
	if c.dim < 0 {
		return c.start[0], c.secs[0]
	}
	return c.start[at[c.dim]], c.secs[at[c.dim]]
}
