package journal

import (
	"bufio"
	"bytes"
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/throng-stats/throng"
	"github.com/throng-stats/throng/event"
	"github.com/throng-stats/throng/feed"
	"github.com/throng-stats/throng/feed/feedtest"
)

// TestAppend: what was appended by many at once is there once, in the partition of its unit, from every mark on, and after
// a restart; with small files and large ones.
func TestAppend(t *testing.T) {
	for _, bytes := range []int64{1, 2000, 64 << 20} {
		dir, d := t.TempDir(), theDoor(t, 0)
		change := func(o *Options) { o.Partitions, o.SegmentBytes = 3, bytes }
		j := open(t, dir, change)
		j.Spread(d)
		var wait sync.WaitGroup
		want := map[uint64]int{}
		var lock sync.Mutex
		for w := range 4 {
			wait.Go(func() {
				for i := range 20 {
					users := []int64{int64(i), int64(100*w + i), 7}
					push(t, j, d, noon+int64(i), users...)
					lock.Lock()
					for _, u := range users {
						want[d.UnitInt(0, u)]++
					}
					lock.Unlock()
					if i%5 == 0 {
						if err := j.Beat(t.Context()); err != nil {
							t.Error(err)
						}
					}
				}
			})
		}
		wait.Wait()
		for restart := range 2 {
			where, got := map[uint64]int{}, map[uint64]int{}
			for p := range 3 {
				rows, marks, err := all(t, j, p, 0, d)
				if err != nil || len(rows) == 0 {
					t.Fatal(len(rows), err)
				}
				for _, r := range rows {
					if other, ok := where[r.Unit]; ok && other != p {
						t.Fatal("a unit is in two partitions")
					}
					where[r.Unit], got[r.Unit] = p, got[r.Unit]+1
				}
				for i, m := range marks {
					if i > 0 && (m.Next <= marks[i-1].Next || m.Clock < marks[i-1].Clock) {
						t.Error("a mark goes back")
					}
					rest, _, err := all(t, j, p, m.Next, d)
					if err != nil || !slices.Equal(rest, rows[len(rows)-len(rest):]) {
						t.Errorf("from %d: %v", m.Next, err)
					}
				}
				var again []feedtest.Row
				err = feed.Each(t.Context(), j.Part(p, 0, marks[len(marks)-1].Next, d), func(b *event.Batch) error { again = append(again, feedtest.Rows(b)...); return nil })
				if err != nil || !slices.Equal(again, rows) {
					t.Errorf("a part is other than what Next gave: %d and %d rows, %v", len(again), len(rows), err)
				}
			}
			if fmt.Sprint(got) != fmt.Sprint(want) {
				t.Errorf("restart %d: other rows came back", restart)
			}
			if err := j.Close(); err != nil {
				t.Fatal(err)
			}
			j = open(t, dir, change)
		}
	}
}

// TestSealed: nothing of a row can be read on disk, and the same rows never give the same bytes.
func TestSealed(t *testing.T) {
	dir, d := t.TempDir(), theDoor(t, 0)
	unit := d.UnitInt(0, 4711)
	for range 2 {
		j := open(t, dir, nil)
		push(t, j, d, noon, 4711)
		push(t, j, d, noon, 4711)
		j.Close()
	}
	seen := map[string]bool{}
	names, _ := os.ReadDir(dir)
	for _, n := range names {
		text, err := os.ReadFile(filepath.Join(dir, n.Name()))
		if err != nil {
			t.Fatal(err)
		}
		if info, _ := n.Info(); info.Mode().Perm() != 0o600 {
			t.Errorf("mode %v", info.Mode())
		}
		for _, v := range []uint64{unit, 4711, noon} {
			for _, b := range [][]byte{binary.LittleEndian.AppendUint64(nil, v), binary.BigEndian.AppendUint64(nil, v), []byte(fmt.Sprint(v))} {
				if v != noon && bytes.Contains(text, b) {
					t.Errorf("%s holds a value of a row", n.Name())
				}
			}
		}
		for b := text[segmentSize:]; len(b) > 0; {
			h, ok := readHead(b)
			if !ok {
				t.Fatal("no entry")
			}
			block := string(b[len(h.bytes):h.size])
			if seen[block] {
				t.Error("the same bytes twice")
			}
			seen[block], b = true, b[h.size:]
		}
	}
	if len(seen) != 4 {
		t.Errorf("%d entries, want 4", len(seen))
	}
}

// TestCut: a file that ends at any byte holds the whole entries before it, and the log goes on behind them.
func TestCut(t *testing.T) {
	dir, d := t.TempDir(), theDoor(t, 0)
	j := open(t, dir, nil)
	var ends []Offset
	for i := range 3 {
		push(t, j, d, noon, int64(i))
		ends = append(ends, j.end)
	}
	j.Close()
	path := filepath.Join(dir, segmentName(0))
	whole, _ := os.ReadFile(path)
	for n := range len(whole) {
		at := t.TempDir()
		if err := os.WriteFile(filepath.Join(at, segmentName(0)), whole[:n], 0o600); err != nil {
			t.Fatal(err)
		}
		want := 0
		for want < len(ends) && int64(ends[want])+segmentSize <= int64(n) {
			want++
		}
		j := open(t, at, nil)
		push(t, j, d, noon, 99)
		rows, _, err := all(t, j, 0, 0, d)
		if err != nil || len(rows) != want+1 || rows[want].Unit != d.UnitInt(0, 99) {
			t.Fatalf("cut at %d: %d rows, want %d and one, %v", n, len(rows), want, err)
		}
		j.Close()
	}
}

// TestDamage: a changed byte is found, wherever it is, before a row behind it is handed out; in the last group, where a
// crash can leave anything, it cuts the group.
func TestDamage(t *testing.T) {
	dir, d := t.TempDir(), theDoor(t, 0)
	j := open(t, dir, func(o *Options) { o.SegmentBytes = 300 })
	for i := range 5 {
		push(t, j, d, noon, int64(i))
	}
	j.Close()
	const seed = 3
	random := rand.New(rand.NewPCG(seed, 0))
	names, _ := os.ReadDir(dir)
	if len(names) < 3 {
		t.Fatalf("%d files, want several", len(names))
	}
	found, cut := 0, 0
	for _, name := range names {
		size, _ := name.Info()
		for range 60 {
			at := copyDir(t, dir)
			path := filepath.Join(at, name.Name())
			text, _ := os.ReadFile(path)
			pos := random.IntN(int(size.Size()))
			text[pos] ^= 1 << random.IntN(8)
			if err := os.WriteFile(path, text, 0o600); err != nil {
				t.Fatal(err)
			}
			j, err := try(at, func(o *Options) { o.SegmentBytes = 300 })
			var rows []feedtest.Row
			if err == nil {
				rows, _, err = all(t, j, 0, 0, d)
				j.Close()
			}
			for i, r := range rows {
				if r.Unit != d.UnitInt(0, int64(i)) {
					t.Fatalf("seed %d, %s byte %d: other rows", seed, name.Name(), pos)
				}
			}
			var known *feed.Error
			switch {
			case errors.As(err, &known) && known.Kind == feed.Corrupt:
				found++
			case err == nil && len(rows) == 4 && name.Name() == names[len(names)-1].Name():
				cut++
			default:
				t.Fatalf("seed %d, %s byte %d: %d rows and %v", seed, name.Name(), pos, len(rows), err)
			}
		}
	}
	if found == 0 || cut == 0 {
		t.Errorf("%d found and %d cut, want both", found, cut)
	}
}

// TestMiddle: a damaged entry with a later group behind it, in one file.
func TestMiddle(t *testing.T) {
	dir, d := t.TempDir(), theDoor(t, 0)
	j := open(t, dir, nil)
	for i := range 3 {
		push(t, j, d, noon, int64(i))
	}
	j.Close()
	path := filepath.Join(dir, segmentName(0))
	text, _ := os.ReadFile(path)
	text[segmentSize+5] ^= 1
	if err := os.WriteFile(path, text, 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := try(dir, nil); err == nil || !strings.Contains(err.Error(), "a damaged entry at byte 72") {
		t.Errorf("got %v", err)
	}
}

// TestFaults: whichever operation of the disk fails, by error, short write or fsync, nothing is lost that was acknowledged,
// nothing is acknowledged after it, and the next start goes on.
func TestFaults(t *testing.T) {
	failed := 0
	for _, how := range []string{"error", "short", "sync"} {
		for at := 1; at < 40; at++ {
			dir, d := t.TempDir(), theDoor(t, 0)
			f := &faulty{Files: quick{Disk(dir)}, at: at, how: how}
			j, err := try(dir, func(o *Options) { o.Files, o.SegmentBytes = f, 500 })
			if err != nil {
				failed++
				if j = open(t, dir, nil); j.end != 0 {
					t.Error("something is there")
				}
				continue
			}
			var acked []uint64
			isBroken := false
			for i := range 8 {
				_, err := j.Append(t.Context(), Rows{Batch: through(t, d, noon, int64(i)), Door: d})
				if err == nil && isBroken {
					t.Fatal("acknowledged after a failure")
				}
				if err == nil {
					acked = append(acked, d.UnitInt(0, int64(i)))
				}
				isBroken = isBroken || err != nil
			}
			if isBroken {
				failed++
				rows, _, _ := all(t, j, 0, 0, d)
				if !slices.Equal(units(rows), acked) {
					t.Errorf("%s %d: before the restart %d rows, want %d", how, at, len(rows), len(acked))
				}
				if _, err := j.Append(t.Context(), Rows{Batch: through(t, d, noon, 1), Door: d}); err == nil || !strings.Contains(err.Error(), "nothing was acknowledged that is not durable") {
					t.Errorf("got %v", err)
				}
			}
			j.Close()
			j = open(t, dir, nil)
			push(t, j, d, noon, 99)
			rows, _, err := all(t, j, 0, 0, d)
			got := units(rows)
			if err != nil || len(got) <= len(acked) || len(got) > len(acked)+2 || !slices.Equal(got[:len(acked)], acked) || got[len(got)-1] != d.UnitInt(0, 99) {
				t.Fatalf("%s %d: %d rows after %d were acknowledged, %v", how, at, len(got), len(acked), err)
			}
			j.Close()
		}
	}
	if failed < 20 {
		t.Errorf("only %d faults", failed)
	}
}

// TestKeys: a batch of a key counts once, at once, after a restart, when its file is released, and for a day; another body
// under the same key is refused, and so are more keys than can be remembered.
func TestKeys(t *testing.T) {
	dir, d, now := t.TempDir(), theDoor(t, 0), newClock()
	change := func(o *Options) { o.SegmentBytes, o.Now, o.Keys = 1, now.now, 2 }
	j := open(t, dir, change)
	send := func(key, body byte) (Receipt, error) {
		return j.Append(t.Context(), Rows{Batch: through(t, d, noon, int64(key)), Door: d, Key: Key{key}, Body: uint64(body)})
	}
	var wait sync.WaitGroup
	fresh := make(chan Receipt, 8)
	for range 8 {
		wait.Go(func() {
			if r, err := send(1, 1); err != nil {
				t.Error(err)
			} else if !r.Repeated {
				fresh <- r
			}
		})
	}
	wait.Wait()
	if len(fresh) != 1 {
		t.Fatalf("taken %d times", len(fresh))
	}
	first := <-fresh
	push(t, j, d, noon, 50)
	for i := range 4 {
		if r, err := send(1, 1); err != nil || !r.Repeated || r.Number != first.Number || r.Rows != 1 || r.Arrival != first.Arrival {
			t.Fatalf("round %d: got %+v and %v, want that of %+v", i, r, err, first)
		}
		if _, err := send(1, 2); err != ErrKey {
			t.Errorf("got %v, want ErrKey", err)
		}
		if err := j.Release(t.Context(), 0, j.end); err != nil {
			t.Fatal(err)
		}
		j.Close()
		now.ms.Add(3600e3)
		j = open(t, dir, change)
	}
	if rows, _, err := all(t, j, 0, j.segments[0].base, d); err != nil || len(rows) != 0 {
		t.Errorf("%d rows are left, %v", len(rows), err)
	}
	if _, err := send(2, 1); err != nil {
		t.Error(err)
	}
	if _, err := send(3, 1); err != ErrFull {
		t.Errorf("got %v, want ErrFull", err)
	}
	now.ms.Add(21 * 3600e3)
	if r, err := send(1, 1); err != nil || r.Repeated {
		t.Errorf("after a day: got %+v and %v", r, err)
	}
}

// TestRelease: files go when no partition needs them, and what was released is not silently skipped.
func TestRelease(t *testing.T) {
	dir, d := t.TempDir(), theDoor(t, 0)
	j := open(t, dir, func(o *Options) { o.SegmentBytes, o.Partitions = 1, 2 })
	j.Spread(d)
	for i := range 4 {
		push(t, j, d, noon, int64(i))
	}
	files := func() int { names, _ := os.ReadDir(dir); return len(names) }
	before := files()
	if err := j.Release(t.Context(), 0, j.end); err != nil || files() != before {
		t.Errorf("%d files, want %d: the other partition needs them; %v", files(), before, err)
	}
	if err := j.Release(t.Context(), 1, j.segments[2].base); err != nil || files() != before-2 {
		t.Errorf("%d files, want two fewer; %v", files(), err)
	}
	if _, err := j.Open(t.Context(), 0, 0); err == nil || !strings.Contains(err.Error(), "without the place") {
		t.Errorf("got %v", err)
	}
	if _, err := j.Open(t.Context(), 0, j.end+1); err == nil {
		t.Error("opened behind the end")
	}
	n := 0
	for p := range 2 {
		rows, _, err := all(t, j, p, j.segments[0].base, d)
		if n += len(rows); err != nil {
			t.Error(err)
		}
	}
	if n != 2 {
		t.Errorf("%d rows are left, want 2", n)
	}
}

// TestDoors: rows of other keys are refused, those of a destroyed key lose their pseudonym, those of no day are of none.
func TestDoors(t *testing.T) {
	dir, d := t.TempDir(), theDoor(t, 0)
	j := open(t, dir, nil)
	const midnight = noon + 12*3600e3
	push(t, j, d, noon, 1)
	push(t, j, d, midnight+1, 1)
	push(t, j, d, midnight+24*3600e3, 1) // of no day of the door
	read := func(d *feed.Door) ([]feedtest.Row, error) { rows, _, err := all(t, j, 0, 0, d); return rows, err }
	rows, err := read(theDoor(t, 0))
	if err != nil || rows[0].Unit != d.UnitInt(0, 1) || rows[1].Unit != d.UnitInt(1, 1) || rows[2].Unit != 0 || rows[2].Bad != 0 {
		t.Errorf("got %+v and %v", rows, err)
	}
	if _, err := read(theDoor(t, 1)); err == nil || !strings.Contains(err.Error(), "rows of 2026-02-02 under another key") {
		t.Errorf("got %v", err)
	}
	gone := theDoor(t, 0)
	gone.Forget(0)
	rows, err = read(gone)
	if err != nil || rows[0].Unit != 0 || rows[0].Bad != event.NullUnit || rows[1].Unit != d.UnitInt(1, 1) {
		t.Errorf("got %+v and %v", rows, err)
	}
	third, _ := throng.DayOf("2026-02-04", time.UTC)
	later := feed.NewDoor([]throng.Period{d.Periods()[1], third}, [][16]byte{{2, 0}, {3}}, nil)
	rows, err = read(later)
	if err != nil || rows[0].Unit != 0 || rows[0].Bad != 0 || rows[1].Unit != d.UnitInt(1, 1) || rows[2].Bad != event.NullUnit {
		t.Errorf("got %+v and %v", rows, err)
	}
	paired := theDoor(t, 0)
	paired.Pair(0, [16]byte{1}, [16]byte{2})
	if _, err := read(paired); err == nil || !strings.Contains(err.Error(), "pairs of months") {
		t.Errorf("got %v", err)
	}
}

// TestCarry: rows after midnight keep the pseudonym of the day before for doors that carry, and only for these.
func TestCarry(t *testing.T) {
	d := theDoor(t, 0)
	j := open(t, t.TempDir(), nil)
	const midnight = noon + 12*3600e3
	push(t, j, d, midnight-1, 5)
	push(t, j, d, midnight, 5)
	push(t, j, d, midnight+2*3600e3, 5)
	for _, carries := range []int64{2 * 3600e3, 0} {
		now := theDoor(t, 0)
		now.Carry(carries)
		r, _ := j.Open(t.Context(), 0, 0)
		var b event.Batch
		if _, err := r.Next(t.Context(), now, &b); err != nil {
			t.Fatal(err)
		}
		if carries == 0 && b.Was != nil || carries > 0 && !slices.Equal(b.Was, []uint64{0, d.UnitInt(0, 5), 0}) {
			t.Errorf("carry of %d: got %d", carries, len(b.Was))
		}
		r.Close()
	}
}

// TestForgotten: a destroyed key makes no pseudonyms that anybody could make, and the day after it keeps its own.
func TestForgotten(t *testing.T) {
	d := theDoor(t, 0)
	j := open(t, t.TempDir(), nil)
	const midnight = noon + 12*3600e3
	d.Forget(0)
	push(t, j, d, noon, 5)
	push(t, j, d, midnight+1, 5)
	c := cursor{j: j}
	defer c.close()
	for i := range 2 {
		e, err := c.entry(0)
		if err != nil {
			t.Fatal(err)
		}
		var b event.Batch
		if _, err := readRows(e.rows, &b); err != nil {
			t.Fatal(err)
		}
		if want := []uint64{0, d.UnitInt(1, 5)}[i]; b.Unit[0] != want || len(b.Was) > 0 && b.Was[0] != 0 {
			t.Errorf("row %d is kept under a hash without a key", i)
		}
	}
}

// TestBusy: what does not fit into the queue or on the disk is refused and not lost.
func TestBusy(t *testing.T) {
	d := theDoor(t, 0)
	j := open(t, t.TempDir(), func(o *Options) { o.MaxBytes, o.SegmentBytes = 1200, 1 })
	n := 0
	var err error
	for ; err == nil; n++ {
		_, err = j.Append(t.Context(), Rows{Batch: through(t, d, noon, 1), Door: d})
	}
	if err != ErrBusy || n < 3 {
		t.Fatalf("after %d: %v", n, err)
	}
	if err := j.Beat(t.Context()); err != nil {
		t.Error(err)
	}
	if err := j.Release(t.Context(), 0, j.end); err != nil {
		t.Fatal(err)
	}
	push(t, j, d, noon, 1)
}

// TestEnd: the clock of a computer that goes back does not take the log with it, and readers that wait end.
func TestEnd(t *testing.T) {
	d, now := theDoor(t, 0), newClock()
	j := open(t, t.TempDir(), func(o *Options) { o.Now = now.now })
	push(t, j, d, noon, 1)
	now.ms.Add(-5000)
	if r := push(t, j, d, noon, 1); r.Arrival != noon {
		t.Errorf("arrived at %d", r.Arrival)
	}
	r, err := j.Open(t.Context(), 0, j.end)
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	ctx, cancel := context.WithCancel(t.Context())
	go cancel()
	var b event.Batch
	if _, err := r.Next(ctx, d, &b); err != context.Canceled {
		t.Errorf("got %v", err)
	}
	go j.Close()
	if _, err := r.Next(t.Context(), d, &b); err != io.EOF {
		t.Errorf("got %v", err)
	}
	if _, err := j.Append(t.Context(), Rows{Batch: through(t, d, noon, 1), Door: d}); err != ErrClosed {
		t.Errorf("got %v", err)
	}
}

// TestKill ends a process by SIGKILL while it appends, five times over: everything that it has told is there once, in order,
// and of what it had not told at most what it was at.
func TestKill(t *testing.T) {
	dir, d := t.TempDir(), theDoor(t, 0)
	told := 0
	for round := range 5 {
		c := exec.Command(os.Args[0], "-test.run=^TestKillChild$")
		c.Env = append(os.Environ(), "THRONG_JOURNAL="+dir, fmt.Sprint("THRONG_FROM=", told))
		out, err := c.StdoutPipe()
		if err != nil {
			t.Fatal(err)
		}
		if err := c.Start(); err != nil {
			t.Fatal(err)
		}
		lines := bufio.NewScanner(out)
		for until := told + 20 + 7*round; told < until && lines.Scan(); {
			if n, err := strconv.Atoi(lines.Text()); err == nil {
				told = n
			}
		}
		c.Process.Kill()
		for lines.Scan() { // what it told before it died
			if n, err := strconv.Atoi(lines.Text()); err == nil {
				told = n
			}
		}
		c.Wait()
		j := open(t, dir, func(o *Options) { o.SegmentBytes = 1000 })
		rows, _, err := all(t, j, 0, 0, d)
		if err != nil || told == 0 || len(rows) < told || len(rows) > told+1 {
			t.Fatalf("round %d: %d rows, %d were told, %v", round, len(rows), told, err)
		}
		for i, r := range rows {
			if r.Unit != d.UnitInt(0, int64(i)) {
				t.Fatalf("round %d: row %d is another", round, i)
			}
		}
		told = len(rows)
		j.Close()
	}
}

// TestKillChild is the process that is killed.
func TestKillChild(t *testing.T) {
	dir := os.Getenv("THRONG_JOURNAL")
	if dir == "" {
		t.Skip("only as a child of TestKill")
	}
	d := theDoor(t, 0)
	j := open(t, dir, func(o *Options) { o.Files, o.SegmentBytes = Disk(dir), 1000 })
	from, _ := strconv.Atoi(os.Getenv("THRONG_FROM"))
	for i := from; i < from+100_000; i++ {
		push(t, j, d, noon, int64(i))
		fmt.Println(i + 1)
	}
}
