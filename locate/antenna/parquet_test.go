package antenna

import (
	"bytes"
	"encoding/binary"
	"io"
	"math"
	"strings"
	"testing"
	"time"

	"github.com/parquet-go/parquet-go"
	"github.com/parquet-go/parquet-go/compress"
)

// networkRow is a row of the silver network topology of the reference pipeline; its bronze table has texts for dates.
type networkRow struct {
	CellID      string    `parquet:"cell_id,optional"`
	Latitude    float32   `parquet:"latitude"`
	Longitude   float32   `parquet:"longitude"`
	Height      *float32  `parquet:"antenna_height,optional"`
	Directional int32     `parquet:"directionality"`
	Azimuth     *float32  `parquet:"azimuth_angle,optional"`
	Frequency   int32     `parquet:"frequency"`
	Technology  string    `parquet:"technology,optional"`
	Type        string    `parquet:"cell_type,optional"`
	Start       time.Time `parquet:"valid_date_start,timestamp(microsecond)"`
	Vendor      string    `parquet:"vendor"`
}

func metres(v float32) *float32 { return &v }

// network is a plan of four rows: a directional cell, a bare one, a directional one without azimuth, one without id.
func network(t testing.TB) []byte { return packed(t, &parquet.Snappy) }

func packed(t testing.TB, codec compress.Codec) []byte {
	t.Helper()
	at := func(hour int) time.Time { return time.Date(2024, 5, 6, hour, 0, 0, 0, time.UTC) }
	var b bytes.Buffer
	w := parquet.NewGenericWriter[networkRow](&b, parquet.Compression(codec))
	_, err := w.Write([]networkRow{
		{"c2", 48.1, 2.25, metres(25), 1, metres(120), 1800, "LTE", "macrocell", at(22), "v"},
		{"c1", 48.125, 2.5, nil, 0, nil, 900, "GSM", "microcell", at(0), "v"},
		{"c3", 48, 2, nil, 1, nil, 900, "GSM", "macrocell", at(0), "v"},
		{"", 48, 2, nil, 0, nil, 900, "GSM", "macrocell", at(0), "v"},
	})
	if err != nil {
		t.Fatal(err)
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

func TestPlanFromParquetEqualsTheSamePlanAsCSV(t *testing.T) {
	paris, err := time.LoadLocation("Europe/Paris")
	if err != nil {
		t.Fatal(err)
	}
	csv := "cell_id,latitude,longitude,antenna_height,directionality,azimuth_angle,frequency,technology,cell_type,valid_date_start,vendor\n" +
		"c2,48.1,2.25,25,1,120,1800,LTE,macrocell,2024-05-07T00:00:00,v\n" + // an instant, written by the clock of the plan
		"c1,48.125,2.5,,0,,900,GSM,microcell,2024-05-06T02:00:00,v\n" +
		"c3,48,2,,1,,900,GSM,macrocell,2024-05-06T02:00:00,v\n" +
		",48,2,,0,,900,GSM,macrocell,2024-05-06T02:00:00,v\n"
	want, wantReport, err := ReadPlan(strings.NewReader(csv), "plan.csv", PlanOptions{Clock: paris})
	if err != nil {
		t.Fatal(err)
	}
	file := network(t)
	for how, r := range map[string]io.Reader{"a file": bytes.NewReader(file), "a stream": io.MultiReader(bytes.NewReader(file))} {
		got, report, err := ReadPlan(r, "plan.parquet", PlanOptions{Clock: paris})
		if err != nil {
			t.Fatalf("%s: %v", how, err)
		}
		if len(got) != 2 || len(want) != 2 {
			t.Fatalf("%s: got %d cells, as CSV %d, want c1 and c2", how, len(got), len(want))
		}
		for i := range want {
			a, b := want[i], got[i]
			if a.ID != b.ID || a.Lat != b.Lat || a.Lon != b.Lon || a.Directional != b.Directional || a.From != b.From || a.Until != b.Until ||
				a.Technology != b.Technology || a.Type != b.Type || !alike(a.Height, b.Height) || !alike(a.Azimuth, b.Azimuth) || a.Frequency != b.Frequency {
				t.Errorf("%s: cell %d: got %+v, as CSV %+v", how, i, b, a)
			}
		}
		if report.Rows != wantReport.Rows || report.Kept != wantReport.Kept || len(report.Counts) != len(wantReport.Counts) {
			t.Errorf("%s: got the report %+v, as CSV %+v", how, report, wantReport)
		}
		if len(report.Ignored) != 1 || report.Ignored[0] != "vendor" {
			t.Errorf("%s: ignored %v, want vendor", how, report.Ignored)
		}
	}
}

func alike(a, b float64) bool { return a == b || math.IsNaN(a) && math.IsNaN(b) }

func TestDamagedParquetIsAnErrorThatSaysWhichFile(t *testing.T) {
	file := network(t)
	for _, text := range [][]byte{file[:len(file)/2], file[:8], []byte("PAR1PAR1PAR1")} {
		_, _, err := ReadPlan(bytes.NewReader(text), "plan.parquet", PlanOptions{})
		if err == nil || !strings.Contains(err.Error(), "plan.parquet") || !strings.Contains(err.Error(), "copy it again") {
			t.Errorf("%d bytes: got %v, want an error that names the file and says what to do", len(text), err)
		}
	}
}

// TestPlanIsNotBelieved: neither a footer that is longer than the file nor a compression that the library cannot read safely.
func TestPlanIsNotBelieved(t *testing.T) {
	footer := network(t)
	binary.LittleEndian.PutUint32(footer[len(footer)-8:], 0xff000000)
	for want, text := range map[string][]byte{"a footer of 4278190080 bytes": footer, "compressed with LZ4_RAW": packed(t, &parquet.Lz4Raw)} {
		if _, _, err := ReadPlan(bytes.NewReader(text), "plan.parquet", PlanOptions{}); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("got %v, want %q in it", err, want)
		}
	}
}

// FuzzReadPlanFormats: whatever the bytes are, a plan is read or refused, and what is kept has an id and a position.
func FuzzReadPlanFormats(f *testing.F) {
	f.Add(network(f))
	f.Add([]byte(squares))
	f.Add([]byte("cell_id,latitude,longitude\na,1,2\n"))
	f.Fuzz(func(t *testing.T, text []byte) {
		cells, _, err := ReadPlan(bytes.NewReader(text), "plan", PlanOptions{})
		if err != nil {
			return
		}
		for _, c := range cells {
			if c.ID == "" || math.IsNaN(c.Lat) || math.IsNaN(c.Lon) {
				t.Fatalf("kept %+v", c)
			}
		}
	})
}
