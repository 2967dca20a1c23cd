package files

import (
	"fmt"
	"math/rand/v2"
	"path/filepath"
	"syscall"
	"testing"

	"github.com/parquet-go/parquet-go"

	"github.com/throng-stats/throng/event"
	"github.com/throng-stats/throng/feed"
)

// Benchmarks tell rows a second of processor time, from the file to batches with pseudonyms.
func BenchmarkParquet(b *testing.B) {
	random := rand.New(rand.NewPCG(2, 0))
	users := make([]int64, 200000)
	for i := range users {
		users[i] = random.Int64()
	}
	list := make([]benchRow, 1<<20)
	for i := range list {
		list[i] = benchRow{User: users[random.IntN(len(users))], Time: monday + int64(i)*80, Cell: fmt.Sprintf("c%d", random.IntN(10)), MCC: 208}
		if random.IntN(40) == 0 {
			list[i].MCC = 262
		}
	}
	path := filepath.Join(b.TempDir(), "in.parquet")
	if err := parquet.WriteFile(path, list, parquet.Compression(&parquet.Zstd)); err != nil {
		b.Fatal(err)
	}
	benchmark(b, path, eventColumns("", "", "", ""), len(list))
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

func benchmark(b *testing.B, path string, columns []feed.Column, rows int) {
	f := openTest(b, feed.Options{Files: []string{path}, Columns: columns, Drop: []string{"loc_error"}, Strict: true})
	before := cpuSeconds(b)
	for b.Loop() {
		for _, p := range f.Parts() {
			if err := feed.Each(b.Context(), p, func(*event.Batch) error { return nil }); err != nil {
				b.Fatal(err)
			}
		}
	}
	b.ReportMetric(float64(rows)*float64(b.N)/(cpuSeconds(b)-before)/1e6, "Mrows/cpu-s")
}

// cpuSeconds is what the process has used, so that a busy machine does not matter.
func cpuSeconds(b *testing.B) float64 {
	var u syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &u); err != nil {
		b.Fatal(err)
	}
	return float64(u.Utime.Nano()+u.Stime.Nano()) / 1e9
}
