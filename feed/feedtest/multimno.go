package feedtest

import (
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/parquet-go/parquet-go"
)

// MultimnoEvent is a row of the events of the European reference pipeline, with the columns and types of its bronze table
// (eurostat/multimno 1.0.0, bronze_event_data_object.py) as Spark writes them. Year, month and day are folders.
type MultimnoEvent struct {
	User      []byte   `parquet:"user_id,optional"`
	Timestamp *string  `parquet:"timestamp,optional"` // of the local clock, 2026-02-03 10:11:12
	MCC       *int32   `parquet:"mcc,optional"`
	MNC       *string  `parquet:"mnc,optional"`
	PLMN      *int32   `parquet:"plmn,optional"`
	Cell      *string  `parquet:"cell_id,optional"`
	Latitude  *float32 `parquet:"latitude,optional"`
	Longitude *float32 `parquet:"longitude,optional"`
	Error     *float32 `parquet:"loc_error,optional"`
}

// MultimnoCell is a row of its cell plan (bronze_network_physical_data_object.py).
type MultimnoCell struct {
	Cell        string   `parquet:"cell_id,optional"`
	Latitude    float32  `parquet:"latitude,optional"`
	Longitude   float32  `parquet:"longitude,optional"`
	Altitude    *float32 `parquet:"altitude,optional"`
	Height      *float32 `parquet:"antenna_height,optional"`
	Directional *int32   `parquet:"directionality,optional"`
	Azimuth     *float32 `parquet:"azimuth_angle,optional"`
	Elevation   *float32 `parquet:"elevation_angle,optional"`
	HBeam       *float32 `parquet:"horizontal_beam_width,optional"`
	VBeam       *float32 `parquet:"vertical_beam_width,optional"`
	Power       *float32 `parquet:"power,optional"`
	Range       *float32 `parquet:"range,optional"`
	Frequency   *int32   `parquet:"frequency,optional"`
	Technology  *string  `parquet:"technology,optional"`
	Start       *string  `parquet:"valid_date_start,optional"`
	End         *string  `parquet:"valid_date_end,optional"`
	Type        *string  `parquet:"cell_type,optional"`
}

// WriteHive writes rows as a cluster does: into the folder year=/month=/day= of a civil day below dir, in that many parts,
// with the checksums beside them that Hadoop leaves.
func WriteHive[R any](t testing.TB, dir, day string, rows []R, parts int) {
	t.Helper()
	at, err := time.Parse(time.DateOnly, day)
	if err != nil {
		t.Fatal(err)
	}
	dir = filepath.Join(dir, at.Format("year=2006/month=1/day=2"))
	if err := os.MkdirAll(dir, 0o755); err != nil {
		t.Fatal(err)
	}
	for p := range parts {
		name := "part-0000" + string(rune('0'+p)) + ".snappy.parquet"
		part := rows[p*len(rows)/parts : (p+1)*len(rows)/parts]
		if err := parquet.WriteFile(filepath.Join(dir, name), part, parquet.Compression(&parquet.Snappy)); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(filepath.Join(dir, "."+name+".crc"), []byte("crc"), 0o644); err != nil {
			t.Fatal(err)
		}
	}
}
