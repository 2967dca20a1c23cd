package follow

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/throng-stats/throng/event"
	"github.com/throng-stats/throng/feed"
	"github.com/throng-stats/throng/feed/feedtest"
)

// TestOrder: files come by their time and then by their name, stamps never go back, heartbeats move the clock only, and
// files in the making are left alone.
func TestOrder(t *testing.T) {
	w := newWorld(t)
	w.put("z.csv", rows("a", noon, 1), noon)
	w.put("b.csv", rows("b", noon, 2), noon+1000)
	w.put("a.csv", rows("c", noon, 3), noon+1000)
	w.put("e.csv", "user,at,cell\n", noon+3000)
	w.put("beat.heartbeat", "2026-02-02T12:00:02Z\n", noon+2500)
	w.put("_x.csv", "nonsense", noon)
	w.put(".x.csv", "nonsense", noon)
	w.put("other.txt", "nonsense", noon)
	f := w.open()
	steps := read(t, f, 0, door(t, 0), 6)
	w.put("beat.heartbeat", "2026-02-02T12:00:09Z\n", noon+9000)
	w.put("late.csv", rows("d", noon, 4), noon) // an old file, delivered late
	for _, n := range []int{0, 1} {             // what is taken while somebody waits
		f := f
		if n == 1 { // and after a restart
			f.Close()
			f = w.open()
		}
		steps = read(t, f, 0, door(t, 0), 10)
	}
	var got []string
	for _, s := range steps {
		got = append(got, fmt.Sprintf("%d rows, next %d:%d, clock +%d", len(s.rows), seqOf(s.mark.Next), rowOf(s.mark.Next), s.mark.Clock-noon))
		for _, a := range s.arrival {
			if a != s.mark.Clock {
				t.Errorf("a row arrived at %d while the clock was at %d", a, s.mark.Clock)
			}
		}
	}
	want := []string{"1 rows, next 1:0, clock +0", "3 rows, next 2:0, clock +1000", "2 rows, next 3:0, clock +1000", "0 rows, next 4:0, clock +2000",
		"0 rows, next 5:0, clock +3000", "0 rows, next 6:0, clock +9000", "4 rows, next 7:0, clock +9000"}
	// The last two may be taken in either order: by their times when both are seen at one look.
	other := append(slices.Clone(want[:5]), "4 rows, next 6:0, clock +3000", "0 rows, next 7:0, clock +9000")
	if got := got[:min(len(got), 7)]; !slices.Equal(got, want) && !slices.Equal(got, other[:len(got)]) {
		t.Errorf("got\n%s\nwant\n%s", strings.Join(got, "\n"), strings.Join(want, "\n"))
	}
}

// TestResume: from every mark the same rows come, through other doors too, and a part of the past is what Next gave.
func TestResume(t *testing.T) {
	w := newWorld(t)
	const n = 3*feed.BatchRows + 17
	w.put("a.csv", rows("a", noon, n), noon)
	w.put("b.csv", rows("b", noon, 5), noon+1000)
	f := w.open()
	d := door(t, 0)
	steps := read(t, f, 0, d, n+5)
	var all []feedtest.Row
	for _, s := range steps {
		all = append(all, s.rows...)
	}
	from, before := feed.Offset(0), 0
	for i, s := range steps {
		var again []feedtest.Row
		for _, s := range read(t, f, from, d, len(all)-before) {
			again = append(again, s.rows...)
		}
		if !slices.Equal(again, all[before:]) {
			t.Fatalf("from mark %d other rows came", i)
		}
		from, before = s.mark.Next, before+len(s.rows)
	}
	end := steps[len(steps)-1].mark.Next
	for _, c := range []struct {
		from, to   feed.Offset
		want, rows int
	}{
		{0, end, 0, n + 5}, {0, offsetOf(0, 10), 0, 10}, {offsetOf(0, 10), offsetOf(0, feed.BatchRows+3), 10, feed.BatchRows - 7},
		{offsetOf(0, n-2), offsetOf(1, 3), n - 2, 5}, {offsetOf(1, 1), end, n + 1, 4}, {end, end, n + 5, 0},
	} {
		p := f.Part(0, c.from, c.to, d)
		var got []feedtest.Row
		err := feed.Each(t.Context(), p, func(b *event.Batch) error { got = append(got, feedtest.Rows(b)...); return nil })
		if err != nil || !slices.Equal(got, all[c.want:c.want+c.rows]) || p.Rows() != int64(c.rows) {
			t.Errorf("part %d to %d: %d rows, says %d, want %d, and error %v", c.from, c.to, len(got), p.Rows(), c.rows, err)
		}
	}
}

// TestDoor: when the door changes, so do the pseudonyms, from the next row on.
func TestDoor(t *testing.T) {
	w := newWorld(t)
	const n = 3 * feed.BatchRows
	w.put("a.csv", rows("a", noon, n), noon)
	f := w.open()
	doors := []*feed.Door{door(t, 0), door(t, 1), door(t, 0)}
	r, err := f.Open(t.Context(), 0, 0)
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	row := 0
	for i, d := range doors {
		var b event.Batch
		if _, err := r.Next(t.Context(), d, &b); err != nil {
			t.Fatal(err)
		}
		for k := range b.Len() {
			if want := d.Unit(d.Period(b.Time[k]), []byte(fmt.Sprintf("a%d", row%7))); b.Unit[k] != want {
				t.Fatalf("batch %d, row %d has the pseudonym of another door", i, row)
			}
			row++
		}
	}
	if row != n {
		t.Errorf("%d rows, want %d", row, n)
	}
}

// TestStill: a file that somebody still writes is not taken, and one that has changed since is read as it is then.
func TestStill(t *testing.T) {
	w := newWorld(t)
	w.opt.Still = time.Minute
	now := make(chan int64, 1)
	now <- noon
	w.opt.Now = func() time.Time { ms := <-now; now <- ms; return time.UnixMilli(ms) }
	w.put("a.csv", rows("a", noon, 1), noon-30_000)
	w.put("b.csv", rows("b", noon, 1), noon-61_000)
	f := w.open()
	read(t, f, 0, door(t, 0), 1)
	if f.waiting(0) != 1 {
		t.Error("a file was taken half a minute after it had changed")
	}
	w.put("a.csv", rows("a", noon, 3), noon-20_000)
	<-now
	now <- noon + 61_000
	if s := read(t, f, offsetOf(1, 0), door(t, 0), 3); len(s[0].rows) != 3 || s[0].mark.Clock != noon-20_000 {
		t.Errorf("got %+v", s)
	}
}

// TestRefused: what is wrong stops the log after all rows before it, tells how to go on, and tells nothing of a row.
func TestRefused(t *testing.T) {
	const secret = "4915112345678"
	for name, c := range map[string]struct {
		spoil func(w *world, f *Folder)
		want  string
	}{
		"column":   {func(w *world, _ *Folder) { w.put("b.csv", "user,at,cell,imsi\n1,2,c1,"+secret+"\n", noon+1) }, `column "imsi"`},
		"row":      {func(w *world, _ *Folder) { w.put("b.csv", rows("b", noon, 9)+secret+",x,c1\n", noon+1) }, "nothing of the file was counted"},
		"fields":   {func(w *world, _ *Folder) { w.put("b.csv", rows("b", noon, 9)+secret+"\n", noon+1) }, "row 10"},
		"phones":   {func(w *world, _ *Folder) { w.put("b.csv", "user,at,cell\n+"+secret+",0,c1\n", noon+1) }, "phone numbers"},
		"empty":    {func(w *world, _ *Folder) { w.put("b.csv", "", noon+1) }, "0 bytes"},
		"swapped":  {func(w *world, _ *Folder) { w.put("a.csv", rows("b", noon, 2), noon+1) }, "changed after it was taken"},
		"changed":  {func(w *world, _ *Folder) { w.put("a.csv", rows("a", noon, 3), noon) }, "changed after it was taken"},
		"no beat":  {func(w *world, _ *Folder) { w.put("b.heartbeat", secret, noon+1) }, "RFC 3339"},
		"far beat": {func(w *world, _ *Folder) { w.put("b.heartbeat", "2026-02-02T13:00:00Z", noon+1) }, "more than a minute after"},
		"name":     {func(w *world, _ *Folder) { w.put("b\n.csv", rows("b", noon, 3), noon+1) }, "cannot be printed"},
	} {
		w := newWorld(t)
		w.put("a.csv", rows("a", noon, 2), noon)
		f := w.open()
		read(t, f, 0, door(t, 0), 2)
		c.spoil(w, f)
		n, err := failure(t, f)
		var known *feed.Error
		before := 2
		if name == "changed" || name == "swapped" {
			before = 0 // because it is read again from its beginning
		}
		if n != before || !errors.As(err, &known) || !strings.Contains(err.Error(), c.want) || strings.Contains(err.Error(), secret) {
			t.Errorf("%s: got %d rows and %v, want %d and %q", name, n, err, before, c.want)
		}
	}
}

// TestTwin: the same content under another name is not read again, also after a restart.
func TestTwin(t *testing.T) {
	w := newWorld(t)
	var notes []string
	w.opt.Note = func(text string) { notes = append(notes, text) }
	w.put("a.csv", rows("a", noon, 2), noon)
	f := w.open()
	read(t, f, 0, door(t, 0), 2)
	f.Close()
	w.put("b.csv", rows("a", noon, 2), noon+1)
	w.put("c.csv", rows("c", noon, 1), noon+2)
	f = w.open()
	if s := read(t, f, 0, door(t, 0), 3); len(s) != 3 || len(s[1].rows) != 0 || len(s[2].rows) != 1 {
		t.Errorf("got %+v", s)
	}
	f.Close()
	if len(notes) != 1 || !strings.Contains(notes[0], "b.csv has the same content") {
		t.Errorf("notes: %q", notes)
	}
}

// TestAgain: a file that is delivered again under its name, at another time, is not read again, also after a restart.
func TestAgain(t *testing.T) {
	w := newWorld(t)
	w.put("a.csv", rows("a", noon, 2), noon)
	f := w.open()
	read(t, f, 0, door(t, 0), 2)
	w.put("a.csv", rows("a", noon, 2), noon+5)
	w.put("c.csv", rows("c", noon, 1), noon+6)
	for range 2 {
		if s := read(t, f, 0, door(t, 0), 3); len(s[0].rows) != 2 || len(s[len(s)-1].rows) != 1 {
			t.Errorf("got %+v", s)
		}
		f.Close()
		f = w.open()
	}
}

// TestBeatAmongFiles: a heartbeat has the place of its file and not of the time in it, so that what was delivered before it is read
// before it, whenever that is looked at.
func TestBeatAmongFiles(t *testing.T) {
	w := newWorld(t)
	w.put("a.csv", rows("a", noon, 2), noon+20_000)
	w.put("b.heartbeat", "2026-02-02T12:00:10Z\n", noon+21_000)
	w.put("c.csv", rows("c", noon, 1), noon+22_000)
	var got []int
	for _, s := range read(t, w.open(), 0, door(t, 0), 3) {
		got = append(got, len(s.rows))
	}
	if want := []int{2, 0, 1}; !slices.Equal(got, want) {
		t.Errorf("rows %d, want %d", got, want)
	}
}

// TestChecked: a file that was read is let go, and one without rows, which nobody reads, is not kept at all.
func TestChecked(t *testing.T) {
	w := newWorld(t)
	w.put("a.csv", rows("a", noon, 2), noon+20_000)
	w.put("b.csv", rows("b", noon, 0), noon+21_000)
	w.put("c.csv", rows("c", noon, 1), noon+22_000)
	f := w.open()
	read(t, f, 0, door(t, 0), 3)
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.checked[0] != nil || f.checked[1] != nil {
		t.Errorf("%d files are kept", len(f.checked))
	}
}

// TestByColumn: the clock is that of the rows when their file is read to its end, and no row moves it beyond its file.
func TestByColumn(t *testing.T) {
	w := newWorld(t)
	w.byColumn()
	head := "user,at,cell,came\n"
	w.put("a.csv", head+fmt.Sprintf("a,%d,c1,%d\na,%d,c1,%d\n", int64(noon), int64(noon+500), int64(noon), int64(noon+300)), noon+1000)
	w.put("b.csv", head+fmt.Sprintf("a,%d,c1,%d\n", int64(noon), int64(noon+100)), noon+2000)
	w.put("c.csv", head+fmt.Sprintf("a,%d,c1,%d\n", int64(noon), int64(noon+1e9)), noon+3000)
	w.put("d.csv", head+fmt.Sprintf("a,%d,c1,\n", int64(noon)), noon+4000)
	steps := read(t, w.open(), 0, door(t, 0), 5)
	var got []int64
	for _, s := range steps {
		got = append(got, s.mark.Clock-noon)
	}
	if want := []int64{500, 500, 3000, 3000}; !slices.Equal(got, want) || steps[0].arrival[1] != noon+300 || steps[3].rows[0].Bad != event.NullArrival {
		t.Errorf("clocks %d, want %d; arrivals %d", got, want, steps[0].arrival)
	}
}

// TestRelease: what may be removed is listed, is gone from the index days later, and cannot be read from any more.
func TestRelease(t *testing.T) {
	w := newWorld(t)
	w.put("a.csv", rows("a", noon, 2), noon)
	w.put("b.csv", rows("b", noon, 2), noon+1)
	w.put("c.csv", rows("c", noon, 2), noon+2)
	f := w.open()
	read(t, f, 0, door(t, 0), 6)
	if err := f.Release(t.Context(), 0, offsetOf(1, 1)); err != nil {
		t.Fatal(err)
	}
	done := filepath.Join(w.state, "inside", "done.txt")
	if text, _ := os.ReadFile(done); string(text) != filepath.Join(w.in, "a.csv")+"\n" {
		t.Errorf("done.txt holds %q", text)
	}
	f.Close()
	if err := os.Remove(filepath.Join(w.in, "a.csv")); err != nil {
		t.Fatal(err)
	}
	f = w.open()
	read(t, f, offsetOf(1, 0), door(t, 0), 4)
	if e := f.index.at(0); e.Name == "" {
		t.Error("what is gone was forgotten at once")
	}
	f.Close()
	w.put("d.csv", rows("d", noon, 1), noon+3*24*3600e3)
	w.opt.Now = func() time.Time { return time.UnixMilli(noon + 4*24*3600e3) }
	f = w.open()
	read(t, f, offsetOf(1, 0), door(t, 0), 5)
	f.Close()
	f = w.open()
	if e := f.index.at(0); e.Name != "" || f.index.next != 4 {
		t.Errorf("got %+v and next %d", e, f.index.next)
	}
	read(t, f, offsetOf(1, 0), door(t, 0), 5)
	if _, err := f.Open(t.Context(), 0, 0); err == nil || !strings.Contains(err.Error(), "an index without the place") {
		t.Errorf("got %v", err)
	}
}

// TestCrash: whatever a crash leaves of the index, the same rows come in the same order.
func TestCrash(t *testing.T) {
	w := newWorld(t)
	w.put("a.csv", rows("a", noon, 2), noon)
	w.put("b.csv", rows("b", noon, 2), noon+1)
	f := w.open()
	read(t, f, 0, door(t, 0), 4)
	f.Close()
	path := filepath.Join(w.state, "follow", indexName)
	whole, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	last := bytes.LastIndexByte(whole[:len(whole)-1], '\n') // each byte of the second line, and some of the first
	for n := 0; n <= len(whole); n++ {
		if n < last {
			n = min(last-1, n+50)
		}
		if err := os.WriteFile(path, whole[:n], 0o600); err != nil {
			t.Fatal(err)
		}
		f := w.open()
		read(t, f, 0, door(t, 0), 4)
		f.Close()
		if again, _ := os.ReadFile(path); string(again) != string(whole) {
			t.Fatalf("cut at %d: the index is\n%s, want\n%s", n, again, whole)
		}
	}
	for spoilt, hint := range map[string]string{strings.Replace(string(whole), `"seq":1`, `"seq":0`, 1): "restore the state folder",
		strings.Replace(string(whole), `"v":1`, `"v":2`, 1): "the program that wrote it", "x\n" + string(whole): "restore the state folder"} {
		if err := os.WriteFile(path, []byte(spoilt), 0o600); err != nil {
			t.Fatal(err)
		}
		if _, err := New(w.opt); err == nil || !strings.Contains(err.Error(), hint) {
			t.Errorf("got %v for\n%s", err, spoilt)
		}
	}
}

// TestEnd: readers that wait end when told or when the folder is closed.
func TestEnd(t *testing.T) {
	f := newWorld(t).open()
	r, err := f.Open(t.Context(), 0, 0)
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	ctx, cancel := context.WithCancel(t.Context())
	go cancel()
	b := event.Batch{Time: []int64{1}}
	if _, err := r.Next(ctx, door(t, 0), &b); err != context.Canceled || b.Len() != 0 {
		t.Errorf("got %v", err)
	}
	go f.Close()
	if _, err := r.Next(t.Context(), door(t, 0), &b); err != io.EOF {
		t.Errorf("got %v, want io.EOF", err)
	}
}

// BenchmarkFolder tells how many rows of a folder come through in a second of processor time: checked, decoded and with
// pseudonyms.
func BenchmarkFolder(b *testing.B) {
	w := newWorld(b)
	const files, n = 8, 1 << 17
	for i := range files {
		w.put(fmt.Sprintf("%d.csv", i), rows(fmt.Sprint("u", i), noon, n), noon+int64(i))
	}
	before := cpuSeconds(b)
	for b.Loop() {
		w.opt.State = b.TempDir()
		f := w.open()
		read(b, f, 0, door(b, 0), files*n)
		f.Close()
	}
	b.ReportMetric(float64(files*n)*float64(b.N)/(cpuSeconds(b)-before)/1e6, "Mrows/cpu-s")
	b.ReportMetric(float64(files*n)*float64(b.N)/b.Elapsed().Seconds()/1e6, "Mrows/s")
}

// cpuSeconds is what the process has used, so that a busy machine does not matter.
func cpuSeconds(b *testing.B) float64 {
	var u syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &u); err != nil {
		b.Fatal(err)
	}
	return float64(u.Utime.Nano()+u.Stime.Nano()) / 1e9
}

// TestForgets: a process that follows for days keeps no entry of a file that is published and gone for longer than two days, and its
// place stays passed; a reader may hold what was forgotten.
func TestForgets(t *testing.T) {
	x, err := openIndex(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	defer x.close()
	const hours = 24 * 30
	var first *entry
	for seq := range int64(hours) {
		now := noon + seq*time.Hour.Milliseconds()
		e := entry{Kind: kindFile, Seq: seq, Name: fmt.Sprintf("/gone/%d.csv", seq), SHA256: fmt.Sprint(seq), Clock: now, Rows: 1, IDs: "text"}
		if err := errors.Join(x.append(e), x.release(seq)); err != nil {
			t.Fatal(err)
		}
		if first == nil {
			first = x.at(0)
		}
	}
	if n := len(x.entries); n > 52 || n < 48 || len(x.byName) != n || len(x.byDigest) != n {
		t.Errorf("after %d hours there are %d entries, %d names and %d digests, want those of the last two days", hours, n, len(x.byName), len(x.byDigest))
	}
	if first.Name != "/gone/0.csv" || x.at(0).Name != "" || x.at(hours-1).Name == "" || x.next != hours {
		t.Errorf("a reader holds %q, the first is %q, the last %q, the next %d", first.Name, x.at(0).Name, x.at(hours-1).Name, x.next)
	}
}
