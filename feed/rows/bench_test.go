package rows

import (
	"fmt"
	"math/rand/v2"
	"testing"

	"github.com/throng-stats/throng/event"
	"github.com/throng-stats/throng/feed"
	"github.com/throng-stats/throng/feed/feedtest"
)

// BenchmarkEntries decodes entries of one row each, through a door.
func BenchmarkEntries(b *testing.B) {
	rng := rand.New(rand.NewPCG(1, 1))
	of := map[string][][]byte{}
	for i := range feed.BatchRows {
		r := drawnRow{1<<60 + rng.Int64N(1<<40), feedtest.LogMonday + int64(i)*40, fmt.Sprintf("c%d", rng.IntN(10))}
		of[Packed] = append(of[Packed], packRows([]drawnRow{r}, true, false))
		of[JSON] = append(of[JSON], fmt.Appendf(nil, `{"u":%d,"t":%d,"c":%q}`, r.unit, r.time, r.cell))
		of[Avro] = append(of[Avro], plainRecord(r))
		of[CSV] = append(of[CSV], fmt.Appendf(nil, "%d,%d,%s", r.unit, r.time, r.cell))
	}
	for _, format := range []string{Packed, Avro, JSON, CSV} {
		b.Run(format, func(b *testing.B) {
			d, door := decoder(b, Options{Format: format, Header: []string{"u", "t", "c"}, Schema: []byte(plainSchema)}), feedtest.LogDoor(0)
			var batch event.Batch
			b.ReportAllocs()
			for b.Loop() {
				d.Begin(door, &batch, feed.BatchRows)
				for i, e := range of[format] {
					if err := d.Put(i, 1, e, 1000); err != nil {
						b.Fatal(err)
					}
				}
				if err := d.Finish(feed.BatchRows); err != nil {
					b.Fatal(err)
				}
			}
			b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/feed.BatchRows, "ns/row")
		})
	}
}
