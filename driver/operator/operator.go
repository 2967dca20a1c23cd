// Package operator tells the holder how a log that is followed is getting on: numbers for Prometheus, and whether it is alive
// and ready.
//
// The numbers are exact and stay inside: they belong on a port that only the operator reaches, never on that of page and API
// (privacy.md, section 16). They count rows and bins, and name no one.
package operator

import (
	"fmt"
	"net/http"
	"regexp"
	"sync"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/collectors"
	"github.com/prometheus/client_golang/prometheus/promhttp"

	"github.com/throng-stats/throng/driver"
	"github.com/throng-stats/throng/driver/live"
)

// Port is what the operator's port answers from: the last status that it was told. It is safe for use by several goroutines.
type Port struct {
	now func() time.Time

	mu     sync.Mutex
	status driver.LiveStatus
	told   time.Time
}

// New returns a port that was told nothing yet. now is the clock.
func New(now func() time.Time) *Port { return &Port{now: now} }

// Tell is for driver.LiveOptions.Status.
func (p *Port) Tell(s driver.LiveStatus) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.status, p.told = s, p.now()
}

func (p *Port) last() (driver.LiveStatus, time.Time) {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.status, p.told
}

// staleAfter is how long the loop may be silent before it is taken for dead: counting the largest bin takes less.
const staleAfter = 2 * time.Minute

// Handler answers /metrics, /healthz and /readyz.
func (p *Port) Handler() http.Handler {
	registry := prometheus.NewRegistry()
	live := collectors.GoRuntimeMetricsRule{Matcher: regexp.MustCompile("^/gc/heap/live:bytes$")}
	registry.MustRegister(collector{p}, collectors.NewGoCollector(collectors.WithGoCollectorRuntimeMetrics(live)))
	mux := http.NewServeMux()
	mux.Handle("GET /metrics", promhttp.HandlerFor(registry, promhttp.HandlerOpts{}))
	mux.HandleFunc("GET /healthz", p.health)
	mux.HandleFunc("GET /readyz", p.ready)
	return mux
}

// health answers 200 while the loop goes round.
func (p *Port) health(w http.ResponseWriter, _ *http.Request) {
	if _, told := p.last(); !told.IsZero() && p.now().Sub(told) > staleAfter {
		http.Error(w, fmt.Sprintf("nothing was done for %s", p.now().Sub(told).Round(time.Second)), http.StatusServiceUnavailable)
		return
	}
	fmt.Fprintln(w, "ok")
}

// ready answers 200 when every partition has been heard of and a bin can be published.
func (p *Port) ready(w http.ResponseWriter, _ *http.Request) {
	s, told := p.last()
	switch {
	case told.IsZero():
		http.Error(w, "starting", http.StatusServiceUnavailable)
	case s.Silent > 0:
		http.Error(w, fmt.Sprintf("%d partitions have not been heard of; a heartbeat is enough", s.Silent), http.StatusServiceUnavailable)
	default:
		fmt.Fprintln(w, "ok")
	}
}

// collector turns the last status into metrics.
type collector struct{ port *Port }

func metric(name, help string, labels ...string) *prometheus.Desc {
	return prometheus.NewDesc("throng_"+name, help, labels, nil)
}

var (
	clock      = metric("log_clock_seconds", "Clock of the partition that is furthest behind, seconds since 1970.")
	silent     = metric("partitions_silent", "Partitions of which nothing was heard yet.")
	lag        = metric("log_lag", "Entries that wait in the log; -1 when not known.")
	rows       = metric("rows_total", "Rows taken in.")
	left       = metric("rows_left_out_total", "Rows that were not used, by reason.", "reason")
	late       = metric("rows_late_total", "Rows that arrived too late to be counted live, by how late.", "age")
	back       = metric("log_clock_back_total", "Entries whose stamp lay before that of an earlier one.")
	devices    = metric("devices", "Devices that are kept.")
	waiting    = metric("rows_waiting", "Rows that wait for their bin to end.")
	bins       = metric("bins_published_total", "Bins published.")
	refused    = metric("releases_refused_total", "Releases for which too little was left of a cap: crashes have burnt it.")
	closing    = metric("bin_closing_seconds", "From ready to published, of the last bin.")
	published  = metric("last_published_seconds", "When the last bin was published, seconds since 1970.")
	older      = metric("notes_older_key", "Notes of workers and releaser under another key than the first; -1 when not known: the releaser counts them while it has several.")
	checkpoint = metric("last_checkpoint_seconds", "When the last checkpoint was written, seconds since 1970.")
)

// Describe lists the metrics.
func (c collector) Describe(to chan<- *prometheus.Desc) {
	for _, d := range []*prometheus.Desc{clock, silent, lag, rows, left, late, back, devices, waiting, bins, refused, closing, published, checkpoint, older} {
		to <- d
	}
}

// Collect reads the last status.
func (c collector) Collect(to chan<- prometheus.Metric) {
	s, told := c.port.last()
	if told.IsZero() {
		return
	}
	gauge := func(d *prometheus.Desc, v float64) { to <- prometheus.MustNewConstMetric(d, prometheus.GaugeValue, v) }
	count := func(d *prometheus.Desc, v int64, labels ...string) {
		to <- prometheus.MustNewConstMetric(d, prometheus.CounterValue, float64(v), labels...)
	}
	gauge(clock, float64(s.Clock)/1000)
	gauge(silent, float64(s.Silent))
	gauge(lag, float64(s.Lag))
	gauge(devices, float64(s.Devices))
	gauge(waiting, float64(s.Waiting))
	gauge(closing, float64(s.ClosingMS)/1000)
	gauge(published, seconds(s.LastAt))
	gauge(checkpoint, seconds(s.Checkpoint))
	gauge(older, float64(s.Older))
	count(rows, s.Rows)
	count(back, s.Counts.Back)
	count(bins, int64(s.Bins))
	count(refused, int64(s.Refused))
	for _, line := range s.Counts.Lines() {
		count(left, line.Count, line.Reason)
	}
	for i, n := range s.Counts.Late {
		count(late, n, live.LateNames[i])
	}
}

func seconds(t time.Time) float64 {
	if t.IsZero() {
		return 0
	}
	return float64(t.UnixMilli()) / 1000
}
