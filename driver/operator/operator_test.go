package operator_test

import (
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/throng-stats/throng/driver"
	"github.com/throng-stats/throng/driver/live"
	"github.com/throng-stats/throng/driver/operator"
)

// TestPort: what the operator reads, before anything was said, in good times, with a silent partition, and when the loop hangs.
func TestPort(t *testing.T) {
	now := time.Date(2026, 2, 3, 12, 0, 0, 0, time.UTC)
	p := operator.New(func() time.Time { return now })
	get := func(path string) (int, string) {
		w := httptest.NewRecorder()
		p.Handler().ServeHTTP(w, httptest.NewRequest("GET", path, nil))
		return w.Code, w.Body.String()
	}
	want := func(path string, code int, says ...string) {
		t.Helper()
		got, text := get(path)
		if got != code {
			t.Errorf("%s: %d, want %d: %s", path, got, code, text)
		}
		for _, s := range says {
			if !strings.Contains(text, s) {
				t.Errorf("%s does not say %q:\n%s", path, s, text)
			}
		}
	}
	want("/healthz", 200)
	want("/readyz", 503, "starting")
	want("/metrics", 200)
	s := driver.LiveStatus{Clock: 1770120000000, Silent: 1, Rows: 7, Bins: 3, Older: 4, Counts: live.Counts{Late: [5]int64{2}, Back: 1}}
	p.Tell(s)
	want("/readyz", 503, "1 partitions")
	s.Silent = 0
	p.Tell(s)
	want("/readyz", 200)
	want("/metrics", 200, "throng_rows_total 7", "throng_bins_published_total 3", `throng_rows_late_total{age="under 15 minutes"} 2`, "throng_log_clock_seconds 1.77012e+09", "throng_notes_older_key 4")
	now = now.Add(time.Hour)
	want("/healthz", 503, "1h0m0s")
}
