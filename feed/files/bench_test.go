package files

import (
	"fmt"
	"testing"

	"github.com/parquet-go/parquet-go"

	"github.com/throng-stats/throng/event"
	"github.com/throng-stats/throng/feed"
)

// Benchmarks tell rows a second of one core, from the file to batches with pseudonyms.
func BenchmarkParquet(b *testing.B) {
	list := facts(1 << 20)
	benchmark(b, writeParquet(b, list, benchOf, &parquet.Zstd), eventColumns("", "", "", ""), len(list))
}

func BenchmarkCSV(b *testing.B) {
	list := facts(1 << 20)
	text := csvOf(list, func(ms int64) string { return fmt.Sprint(ms) })
	benchmark(b, write(b, "in.csv", text), eventColumns("int", "int", "", ""), len(list))
}

// benchRow is what the invented region writes.
type benchRow struct {
	User    int64   `parquet:"user_id"`
	Time    int64   `parquet:"timestamp,timestamp(millisecond),delta"`
	Cell    string  `parquet:"cell_id,dict"`
	MCC     int32   `parquet:"mcc,dict"`
	PLMN    int32   `parquet:"plmn,dict"`
	Machine bool    `parquet:"machine"`
	Error   float64 `parquet:"loc_error"`
}

func benchOf(f fact) benchRow {
	return benchRow{f.user + 1, f.ms, f.cell, f.mcc, f.plmn, f.machine, 1}
}

func benchmark(b *testing.B, path string, columns []feed.Column, rows int) {
	f := openTest(b, feed.Options{Files: []string{path}, Columns: columns, Drop: []string{"loc_error"}, Strict: true})
	for b.Loop() {
		for _, p := range f.Parts() {
			if err := feed.Each(b.Context(), p, func(*event.Batch) error { return nil }); err != nil {
				b.Fatal(err)
			}
		}
	}
	b.ReportMetric(float64(rows)*float64(b.N)/b.Elapsed().Seconds()/1e6, "Mrows/s")
}
