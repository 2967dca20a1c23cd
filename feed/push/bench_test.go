package push

import (
	"fmt"
	"strings"
	"syscall"
	"testing"

	"github.com/throng-stats/throng/feed"
	"github.com/throng-stats/throng/feed/rows"
)

// BenchmarkPush tells how many rows come from a sender to the disk in a second of processor time, that of the sender counted.
func BenchmarkPush(b *testing.B) {
	users, times, cells := make([]string, feed.BatchRows), make([]int64, feed.BatchRows), make([]string, feed.BatchRows)
	var lines strings.Builder
	for i := range users {
		users[i], times[i], cells[i] = fmt.Sprint("u", i*7919), noon+int64(i), "c1"
		fmt.Fprintf(&lines, `{"u":%q,"t":%d,"c":"c1"}`+"\n", users[i], times[i])
	}
	packed := rows.Pack(nil, rows.Column{Name: "u", Texts: users}, rows.Column{Name: "t", Wholes: times}, rows.Column{Name: "c", Texts: cells})
	for _, c := range []struct{ kind, body string }{{"application/vnd.throng.packed", string(packed)}, {"application/x-ndjson", lines.String()}} {
		b.Run(c.kind[strings.Index(c.kind, "/")+1:], func(b *testing.B) {
			w := newWorld(b, b.TempDir(), nil)
			before := cpuSeconds(b)
			for b.Loop() {
				for range 16 {
					r := w.request(c.body)
					r.Header.Set("Content-Type", c.kind)
					if a := w.send(r); a.taken.Accepted != feed.BatchRows {
						b.Fatal(a.text)
					}
				}
			}
			b.ReportMetric(float64(16*feed.BatchRows)*float64(b.N)/(cpuSeconds(b)-before)/1e6, "Mrows/cpu-s")
		})
	}
}

// cpuSeconds is what the process has used, so that a busy machine does not matter.
func cpuSeconds(b *testing.B) float64 {
	var u syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &u); err != nil {
		b.Fatal(err)
	}
	return float64(u.Utime.Nano()+u.Stime.Nano()) / 1e9
}
