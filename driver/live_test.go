package driver_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"math"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/throng-stats/throng/driver"
	"github.com/throng-stats/throng/driver/embedded"
	"github.com/throng-stats/throng/feed"
	"github.com/throng-stats/throng/privacy/account"
	"github.com/throng-stats/throng/privacy/ledger"
	"github.com/throng-stats/throng/release"
	"github.com/throng-stats/throng/release/disk"
)

// delivered are files of a live feed: what arrived in every ten minutes of some days.
type delivered struct {
	dir   string
	start time.Time
	files []string // names, in order
	text  map[string]string
	end   int64
}

// deliver invents what phones say on two days and a bit, with delays of seconds, and a few of hours. The last file is a heartbeat
// long after.
func deliver(t *testing.T, dir string, seed uint64) *delivered { return deliverOf(t, dir, seed, 60) }

func deliverOf(t *testing.T, dir string, seed uint64, phones int) *delivered {
	t.Helper()
	rng := rand.New(rand.NewPCG(seed, 3))
	start := time.Date(2026, 2, 1, 23, 0, 0, 0, time.UTC) // midnight in Paris
	rows := map[int][]string{}
	ids := []string{"E1", "E2", "W1", "W2"}
	for phone := range phones {
		place := rng.IntN(16)
		for at := start.Add(time.Duration(rng.IntN(3600)) * time.Second); at.Before(start.Add(50 * time.Hour)); at = at.Add(time.Duration(60+rng.IntN(3600)) * time.Second) {
			if rng.IntN(4) == 0 {
				place = rng.IntN(16)
			}
			delay := time.Duration(rng.IntN(20)) * time.Second
			switch rng.IntN(60) {
			case 0:
				delay = time.Duration(rng.IntN(9*3600)) * time.Second
			case 1:
				delay = -time.Duration(rng.IntN(120)) * time.Second
			}
			arrival := at.Add(delay)
			slice := max(0, int(arrival.Sub(start)/(10*time.Minute)))
			row := fmt.Sprintf("u%03d,%s,%s-%d,%s\n", phone, at.Format(time.RFC3339), ids[place/4], place%4, arrival.Format(time.RFC3339))
			rows[slice] = append(rows[slice], row)
			if rng.IntN(40) == 0 {
				rows[slice] = append(rows[slice], row)
			}
		}
	}
	d := &delivered{dir: dir, start: start, text: map[string]string{}, end: start.Add(60 * time.Hour).UnixMilli()}
	for slice := range 60 * 6 {
		name := fmt.Sprintf("in/%04d.csv", slice)
		if len(rows[slice]) > 0 {
			d.text[name] = "user,at,cell,arrived\n" + strings.Join(rows[slice], "")
		} else {
			name = fmt.Sprintf("in/%04d.heartbeat", slice)
			d.text[name] = start.Add(time.Duration(slice+1)*10*time.Minute).Format(time.RFC3339) + "\n"
		}
		d.files = append(d.files, name)
	}
	return d
}

// join makes one file of n that are to come, from the k-th on. It has the time and name of the last.
func (d *delivered) join(k, n int) {
	last, text := d.files[k+n-1], "user,at,cell,arrived\n"
	for _, name := range d.files[k : k+n] {
		if rows, ok := strings.CutPrefix(d.text[name], "user,at,cell,arrived\n"); ok {
			text += rows
		}
	}
	d.text[last] = text
	d.files = slices.Delete(d.files, k, k+n-1)
}

// put delivers the next n files, each as a whole.
func (d *delivered) put(t *testing.T, n int) {
	t.Helper()
	for range min(n, len(d.files)) {
		name := d.files[0]
		path := filepath.Join(d.dir, name)
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path+".tmp", []byte(d.text[name]), 0o644); err != nil {
			t.Fatal(err)
		}
		var slice int
		fmt.Sscanf(filepath.Base(name), "%d", &slice)
		at := d.start.Add(time.Duration(slice+1) * 10 * time.Minute)
		if err := os.Chtimes(path+".tmp", at, at); err != nil {
			t.Fatal(err)
		}
		if err := os.Rename(path+".tmp", path); err != nil {
			t.Fatal(err)
		}
		d.files = d.files[1:]
	}
}

// delivered is the end of the last file that was put, less a margin for a stamp of the next.
func (d *delivered) delivered() int64 {
	slice := 60 * 6
	if len(d.files) > 0 {
		fmt.Sscanf(filepath.Base(d.files[0]), "%d", &slice)
	}
	return d.start.Add(time.Duration(slice-1) * 10 * time.Minute).UnixMilli()
}

// liveRegion is the small country under a contract of a live feed.
func liveRegion(t *testing.T) *region {
	t.Helper()
	r := newRegion(t).set("products: [present-live, present, flows-day]", "live: {bin: 60m, carry: 2}")
	for name := range r.files {
		if strings.HasPrefix(name, "in/") {
			delete(r.files, name)
		}
	}
	return r.set(`  files: "in/*.csv"`, "  unit: subscriber\n  arrival: column", "  columns: {user: {as: subscriber, type: text}, at: {as: time, type: text}, cell: {as: cell, type: text}, arrived: {as: arrival, type: text}}")
}

// follow runs live until the end of what is delivered, or for so many bins, and answers the digests of what it published.
func follow(t *testing.T, r *region, out string, opt driver.LiveOptions) map[string]string {
	t.Helper()
	c, err := r.write(t)
	if err != nil {
		t.Fatal(err)
	}
	job, err := driver.Prepare(c)
	if err != nil {
		t.Fatal(err)
	}
	opt.Out, opt.Tuning = filepath.Join(r.dir, out), embedded.Tuning{Workers: 2}
	if _, err := driver.Live(t.Context(), job, opt); err != nil && !errors.Is(err, context.Canceled) {
		t.Fatal(err)
	}
	return witnessed(t, r)
}

// witnessed are the digests of everything that was counted so far; what was counted twice must have been the same.
func witnessed(t *testing.T, r *region) map[string]string {
	t.Helper()
	text, err := os.ReadFile(filepath.Join(r.dir, "state/inside/digests.jsonl"))
	if err != nil {
		t.Fatal(err)
	}
	got := map[string]string{}
	for line := range strings.Lines(string(text)) {
		var w driver.Witnessed
		if err := json.Unmarshal([]byte(line), &w); err != nil {
			t.Fatal(err)
		}
		name, digests := w.Product+" "+w.Period, fmt.Sprint(w.Tables)
		if before, twice := got[name]; twice && before != digests {
			t.Errorf("%s was counted twice, differently", name)
		}
		got[name] = digests
	}
	return got
}

// keyed gives the state of a region a key that is the same in all of them, so that their digests can be compared.
func keyed(t *testing.T, r *region) *region {
	t.Helper()
	if err := os.MkdirAll(filepath.Join(r.dir, "state/keys"), 0o700); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(r.dir, "state/keys/state.key"), make([]byte, 32), 0o600); err != nil {
		t.Fatal(err)
	}
	return r
}

// TestLive follows a folder to the end of two days, in one go, and again with stops and a crash in between: each time every bin
// has the same tables before the noise and is published once, and the final tables are those of Run on the same files.
func TestLive(t *testing.T) {
	whole := keyed(t, liveRegion(t))
	d := deliver(t, whole.dir, 1)
	d.put(t, len(d.files))
	want := follow(t, whole, "out", driver.LiveOptions{Until: d.end - 600e3})
	wantLive(t, whole, want)

	batch := keyed(t, liveRegion(t))
	deliver(t, batch.dir, 1).put(t, 1<<20)
	for name, digests := range run(t, batch) {
		if want[name] != digests {
			t.Errorf("%s differs between Run and Live", name)
		}
	}

	torn := keyed(t, liveRegion(t))
	d = deliver(t, torn.dir, 1)
	got, crashes := map[string]string{}, 0
	rng := rand.New(rand.NewPCG(1, 9))
	checkpoint := filepath.Join(torn.dir, "state/checkpoint")
	for len(d.files) > 0 {
		d.put(t, 20+rng.IntN(80))
		crashed, keys := t.TempDir(), keysIn(t, torn)
		if rng.IntN(2) == 0 { // what was kept before this stretch is all that is left after it
			if err := os.CopyFS(crashed, os.DirFS(checkpoint)); err != nil && !errors.Is(err, fs.ErrNotExist) {
				t.Fatal(err)
			}
		}
		got = follow(t, torn, "out", driver.LiveOptions{Until: d.delivered()})
		// A checkpoint is written before the key of a day that is done is destroyed: no crash goes back beyond that.
		if names, _ := os.ReadDir(crashed); len(names) > 0 && isSubset(keys, keysIn(t, torn)) {
			crashes++
			os.RemoveAll(checkpoint)
			if err := os.CopyFS(checkpoint, os.DirFS(crashed)); err != nil {
				t.Fatal(err)
			}
		}
	}
	if crashes == 0 {
		t.Error("nothing crashed")
	}
	wantLive(t, torn, got)
	for name, digests := range want {
		if got[name] != digests {
			t.Errorf("%s differs after stops and crashes", name)
		}
	}
}

// keysIn lists the keys of pseudonyms that exist.
func keysIn(t *testing.T, r *region) []string {
	t.Helper()
	list, err := filepath.Glob(filepath.Join(r.dir, "state/keys/*.key"))
	if err != nil {
		t.Fatal(err)
	}
	return list
}

func isSubset(of, all []string) bool {
	return !slices.ContainsFunc(of, func(name string) bool { return !slices.Contains(all, name) })
}

// wantLive wants every bin and the tables of both days, published once each.
func wantLive(t *testing.T, r *region, got map[string]string) {
	t.Helper()
	list, err := disk.OpenReadOnly(filepath.Join(r.dir, "out"))
	if err != nil {
		t.Fatal(err)
	}
	all, err := list.List()
	if err != nil {
		t.Fatal(err)
	}
	published := map[string]int{}
	for _, m := range all {
		published[m.Product+" "+m.Period.Name]++
	}
	for name := range got {
		if published[name] != 1 {
			t.Errorf("%s was published %d times", name, published[name])
		}
	}
	for _, name := range []string{"present 2026-02-02", "present 2026-02-03", "flows-day 2026-02-02", "flows-day 2026-02-03"} {
		if got[name] == "" {
			t.Errorf("%s was not counted", name)
		}
	}
	for at := time.Date(2026, 2, 1, 23, 0, 0, 0, time.UTC); at.Before(time.Date(2026, 2, 3, 23, 0, 0, 0, time.UTC)); at = at.Add(time.Hour) {
		if name := "present-live " + at.Format("2006-01-02T15:04Z"); got[name] == "" {
			t.Errorf("%s was not counted", name)
		}
	}
	report, err := ledger.Verify(ledger.Disk(filepath.Join(r.dir, "state/ledger")))
	if err != nil || report.Err() != nil {
		t.Errorf("the ledger does not verify: %v %v", err, report.Err())
	}
}

// TestLiveClaims: the claim of every bin says what the ledger booked, which days, and what all bins of a day cost together.
func TestLiveClaims(t *testing.T) {
	r := liveRegion(t)
	r.set("holidays: holidays.csv")
	r.files["holidays.csv"] = "date,name\n2026-02-03,a feast\n"
	d := deliver(t, r.dir, 5)
	d.put(t, 6*31)
	follow(t, r, "out", driver.LiveOptions{Until: d.delivered()})
	store, err := disk.OpenReadOnly(filepath.Join(r.dir, "out"))
	if err != nil {
		t.Fatal(err)
	}
	records, err := ledger.Read(ledger.Disk(filepath.Join(r.dir, "state/ledger")))
	if err != nil {
		t.Fatal(err)
	}
	schema := readSchema(t, filepath.Join("..", "docs", "format", "claim.schema.json"))
	list, err := store.List()
	if err != nil {
		t.Fatal(err)
	}
	const whole = 24 + 2*2 // an hour a bin, two of them carried
	carried, byDay := 0, map[string]int64{}
	for _, m := range list {
		if m.Product != "present-live" {
			continue
		}
		text := read(t, store, m.ID, "claim.json")
		var any map[string]any
		if err := json.Unmarshal(text, &any); err != nil {
			t.Fatal(err)
		}
		for _, fault := range validate(schema, schema, any, m.Period.Name) {
			t.Error(fault)
		}
		var c struct {
			claimed
			AllBins  string `json:"rho_of_all_bins"`
			Products []struct {
				Within  string `json:"bound_period"`
				D2      uint64 `json:"d2"`
				Whole   uint64 `json:"d2_of_the_day"`
				Rho     string `json:"rho"`
				RhoDay  string `json:"rho_of_the_day"`
				Reach   string `json:"reach"`
				Sigma2  uint64 `json:"sigma2"`
				Cells   int    `json:"bound_cells"`
				PerCell int    `json:"bound_per_cell"`
			} `json:"products"`
		}
		if err := json.Unmarshal(text, &c); err != nil {
			t.Fatal(err)
		}
		i := slices.IndexFunc(records, func(r ledger.Record) bool { b, ok := r.Body.(*ledger.Booking); return ok && b.ReleaseID == m.ID })
		booked := records[i].Body.(*ledger.Booking)
		for _, charge := range booked.Charges {
			byDay[charge.From] += charge.Rho
		}
		hour := m.Period.Start.In(time.FixedZone("winter", 3600)).Hour()
		if feast := m.Options["holiday"] == "true"; feast != m.Period.Start.After(time.Date(2026, 2, 3, 0, 0, 0, 0, time.UTC).Add(-61*time.Minute)) {
			t.Errorf("%s: is it a holiday? %v", m.Period.Name, feast)
		}
		d2 := uint64(1)
		if hour < 2 {
			d2 = 2
		}
		all, wantRho := int64(0), int64(0)
		for k, p := range c.Products {
			all += whole * account.Charge(1, p.Sigma2)
			wantRho += account.Charge(d2, p.Sigma2)
			if p.D2 != d2 || p.Whole != whole || p.Within != "bin" || p.Cells != 1 || p.PerCell != 1 || p.Sigma2 != m.Parts[k].Sigma2 ||
				p.Rho != account.Decimal(account.Charge(d2, p.Sigma2)) || p.RhoDay != account.Decimal(whole*account.Charge(1, p.Sigma2)) {
				t.Errorf("%s: the claim of a table is %+v", m.Period.Name, p)
			}
		}
		if c.AllBins != account.Decimal(all) || c.RhoRelease != account.Decimal(wantRho) || len(c.Products) != 3 || !strings.Contains(c.SpanNote, c.AllBins) {
			t.Errorf("%s: rho %s, all bins %s, want %s and %s; %s", m.Period.Name, c.RhoRelease, c.AllBins, account.Decimal(wantRho), account.Decimal(all), c.SpanNote)
		}
		wantDays := int64(1)
		if hour < 2 && c.Period.To > "2026-02-02" { // the agreement begins on the second
			wantDays = 2
			carried++
			if half := booked.Charges[1].Rho; 2*half < booked.Charges[0].Rho || 2*half > booked.Charges[0].Rho+6 || !strings.Contains(c.Products[0].Reach, "the day before is charged half") {
				t.Errorf("%s: the day before is charged %d of %d, %s", m.Period.Name, half, booked.Charges[0].Rho, c.Products[0].Reach)
			}
		}
		if c.Period.Days != wantDays || int64(len(booked.Charges)) != wantDays {
			t.Errorf("%s: %d days, %d charges, want %d", m.Period.Name, c.Period.Days, len(booked.Charges), wantDays)
		}
		for _, language := range []string{"en", "fr", "zh"} {
			page := string(read(t, store, m.ID, "claim."+language+".md"))
			if !strings.Contains(page, c.AllBins) || strings.Contains(page, "<no value>") {
				t.Errorf("%s, %s: what all bins cost is not told", m.Period.Name, language)
			}
			if c.Period.To == "2026-02-03" && hour == 0 {
				goldenPage(t, "claim-present-live."+language+".md", page)
			}
		}
		if most := all; byDay["2026-02-02"] > most {
			t.Errorf("%s: the bins of a day have cost %d, claimed are %d", m.Period.Name, byDay["2026-02-02"], most)
		}
	}
	planned := int64(0)
	report := plan(t, r, driver.PlanOptions{From: "2026-02-02"})
	for _, p := range report.Tables {
		if strings.HasPrefix(p.Name, "present-live/") {
			rho, err := strconv.ParseFloat(p.Rho, 64)
			if err != nil || p.D2 != whole || p.Cells%24 != 0 {
				t.Errorf("planned %+v: %v", p, err)
			}
			planned += int64(math.Round(rho * account.Nano))
		}
	}
	if planned != byDay["2026-02-02"] || planned == 0 {
		t.Errorf("the bins of a day cost %d, planned are %d", byDay["2026-02-02"], planned)
	}
	i := slices.IndexFunc(report.Errors, func(e driver.PlanError) bool { return e.Table == "present-live/total" })
	newest := list[slices.IndexFunc(list, func(m release.Manifest) bool { return m.Product == "present-live" })]
	total, err := store.Table(newest.ID, "linear", "total")
	if err != nil || i < 0 || math.Abs(report.Errors[i].Region-total.NoiseSD[0]) > 1e-6 {
		t.Errorf("planned errors %+v, want that of the region to be %v (%v)", report.Errors, total.NoiseSD, err)
	}
	if carried != 2 {
		t.Errorf("%d bins carry a day that the agreement covers, want 2", carried)
	}
}

// run publishes the same from the files as they lie, without following them.
func run(t *testing.T, r *region) map[string]string {
	t.Helper()
	job, err := r.prepare(t)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := driver.Run(t.Context(), job, driver.RunOptions{Out: filepath.Join(r.dir, "out"), From: "2026-02-02", To: "2026-02-03"}); err != nil {
		t.Fatal(err)
	}
	got := witnessed(t, r)
	if len(got) != 4 {
		t.Fatalf("Run published %d tables", len(got))
	}
	return got
}

// TestLiveUntil: what the log tells after the loop has found no more bins, and before it looks whether Until has passed, is counted.
func TestLiveUntil(t *testing.T) {
	begin := func() (*region, *delivered) {
		r := keyed(t, liveRegion(t))
		return r, deliverOf(t, r.dir, 5, 15)
	}
	r, d := begin()
	d.put(t, 12*6)
	until := d.delivered()
	want := follow(t, r, "out", driver.LiveOptions{Until: until})

	r, d = begin()
	d.put(t, 11*6)
	there, bins, added := d.delivered(), 0, false
	got := follow(t, r, "out", driver.LiveOptions{Until: until, Status: func(s driver.LiveStatus) {
		if s.Clock >= there && s.Bins == bins && !added {
			added = true
			d.put(t, 6)
			time.Sleep(3 * time.Second) // the folder is looked at meanwhile
		}
		bins = s.Bins
	}})
	if !added || len(want) < 10 || !maps.Equal(got, want) {
		t.Errorf("%d tables where the last hour came late, %d where it did not", len(got), len(want))
	}
}

// TestLiveLongFirst: a first file of more rows than a batch holds, whose clock is known at its end alone, is counted as a whole, and so
// is one that leaps over days.
func TestLiveLongFirst(t *testing.T) {
	for _, cut := range []int{150, 1} {
		live, batch := keyed(t, liveRegion(t)), keyed(t, liveRegion(t))
		d := deliverOf(t, live.dir, 4, 250)
		d.join(0, cut)
		d.join(1, 300-cut)
		for _, name := range d.files[:2] {
			if n := strings.Count(d.text[name], "\n"); n > 1000 && n < feed.BatchRows+1000 {
				t.Fatalf("%s has %d rows, which is not long", name, n)
			}
		}
		all := slices.Clone(d.files)
		d.put(t, len(d.files))
		want := follow(t, live, "out", driver.LiveOptions{Until: d.end - 600e3})
		d.dir, d.files = batch.dir, all
		d.put(t, len(all))
		for name, digests := range run(t, batch) {
			if want[name] != digests {
				t.Errorf("cut after %d: %s differs between Run and Live", cut, name)
			}
		}
		if want["present-live 2026-02-01T23:00Z"] == "" {
			t.Errorf("cut after %d: the bins do not begin with the log", cut)
		}
	}
}

// TestLiveDayDone: when a process is killed while a day is let go, the checkpoint knows that it is done, and the next process destroys
// its key and counts it no more.
func TestLiveDayDone(t *testing.T) {
	r := keyed(t, liveRegion(t))
	d := deliver(t, r.dir, 2)
	d.put(t, len(d.files))
	job, err := r.prepare(t)
	if err != nil {
		t.Fatal(err)
	}
	inTheWay := filepath.Join(r.dir, "state/inside/done.txt")
	if err := os.MkdirAll(inTheWay, 0o700); err != nil {
		t.Fatal(err)
	}
	opt := driver.LiveOptions{RunOptions: driver.RunOptions{Out: filepath.Join(r.dir, "out")}, Until: d.end - 600e3}
	if _, err := driver.Live(t.Context(), job, opt); err == nil || !strings.Contains(err.Error(), "done.txt") {
		t.Fatalf("got %v, want it to end where the files of a day are let go", err)
	}
	if err := os.Remove(inTheWay); err != nil {
		t.Fatal(err)
	}
	text, err := os.ReadFile(filepath.Join(r.dir, "state/checkpoint/live.json"))
	if err != nil || !strings.Contains(string(text), `"done":"2026-02-02"`) {
		t.Errorf("the checkpoint is %s (%v), want it to know that the day is done", text, err)
	}
	key := filepath.Join(r.dir, "state/keys/day-2026-02-02.key")
	if _, err := os.Stat(key); err != nil {
		t.Errorf("the test does not reach the point before a key is destroyed: %v", err)
	}
	before := witnessed(t, r)
	follow(t, r, "out", driver.LiveOptions{Until: d.start.Add(time.Minute).UnixMilli()})
	if _, err := os.Stat(key); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("the key of a day that is done is there after the next start: %v", err)
	}
	if after := witnessed(t, r); len(after) < len(before) {
		t.Errorf("%d tables, then %d", len(before), len(after))
	}
}

// TestLiveCheckpointDamaged: bits that flip in what all partitions have in common are noticed, digits too.
func TestLiveCheckpointDamaged(t *testing.T) {
	r := keyed(t, liveRegion(t))
	d := deliver(t, r.dir, 3)
	d.put(t, 40)
	follow(t, r, "out", driver.LiveOptions{Until: d.delivered()})
	path := filepath.Join(r.dir, "state/checkpoint/live.json")
	whole, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	for _, change := range [][2]string{{`"since":1`, `"since":2`}, {`"done":""`, `"done":"2026-02-02"`}, {`"partitions":1`, `"partitions":3`}, {"{", ""}, {`"log"`, `"Log"`}} {
		if err := os.WriteFile(path, []byte(strings.Replace(string(whole), change[0], change[1], 1)), 0o600); err != nil {
			t.Fatal(err)
		}
		job, err := r.prepare(t)
		if err != nil {
			t.Fatal(err)
		}
		_, err = driver.Live(t.Context(), job, driver.LiveOptions{RunOptions: driver.RunOptions{Out: filepath.Join(r.dir, "out")}, Until: d.delivered()})
		if driver.KindOf(err) != driver.Unsafe || !strings.Contains(err.Error(), "restore checkpoint/live.json from its copy") {
			t.Errorf("%s for %s: got %v", change[1], change[0], err)
		}
	}
}

// TestLiveSpent: when too little is left of a cap for one release, that is said and the log is followed on; what is affordable later
// is published.
func TestLiveSpent(t *testing.T) {
	r := keyed(t, liveRegion(t).set("privacy: {profile: standard, cap_30: .0215}"))
	d := deliver(t, r.dir, 1)
	d.put(t, len(d.files))
	var notes []string
	opt := driver.LiveOptions{Until: d.end - 600e3}
	opt.Note = func(text string) { notes = append(notes, text) }
	refused := 0
	opt.Status = func(s driver.LiveStatus) { refused = s.Refused }
	got := follow(t, r, "out", opt)
	if got["present 2026-02-02"] == "" || got["flows-day 2026-02-03"] == "" {
		t.Errorf("not everything was counted: %d tables", len(got))
	}
	list, err := disk.OpenReadOnly(filepath.Join(r.dir, "out"))
	if err != nil {
		t.Fatal(err)
	}
	all, err := list.List()
	if err != nil {
		t.Fatal(err)
	}
	said := 0
	for _, n := range notes {
		if strings.Contains(n, "is not published: ledger: this release costs") {
			said++
		}
	}
	if len(all) == 0 || refused == 0 || said != refused || len(all)+refused != len(got) {
		t.Errorf("%d tables were counted, %d releases published, %d refused and %d said so", len(got), len(all), refused, said)
	}
}
