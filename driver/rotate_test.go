package driver_test

import (
	"bytes"
	"crypto/hmac"
	"crypto/sha256"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/throng-stats/throng/driver"
	"github.com/throng-stats/throng/feed/journal"
)

// freshKey is a key that a test gives to Rotate.
var freshKey = bytes.Repeat([]byte{9}, 32)

// rotate gives the state of a region the fresh key, and answers copies of the folder as it was when the key was drawn, and when the old
// one was destroyed.
func rotate(t *testing.T, dir string) (r driver.Rotated, copies []string) {
	t.Helper()
	now := func() time.Time {
		to := t.TempDir()
		if err := os.CopyFS(to, os.DirFS(dir)); err != nil {
			t.Fatal(err)
		}
		copies = append(copies, to)
		return time.Unix(1770000000, 0)
	}
	r, err := driver.Rotate(dir, driver.RotateOptions{Now: now, Random: bytes.NewReader(freshKey)})
	if err != nil {
		t.Fatal(err)
	}
	if len(copies) != 2 {
		t.Fatalf("the log of keys has %d new lines, want 2", len(copies))
	}
	return r, copies
}

// put makes a folder a copy of another.
func put(t *testing.T, to, from string) {
	t.Helper()
	if err := errors.Join(os.RemoveAll(to), os.CopyFS(to, os.DirFS(from))); err != nil {
		t.Fatal(err)
	}
}

// under sets the key of a state that has nothing in it yet.
func under(t *testing.T, r *region, key []byte) *region {
	t.Helper()
	keyed(t, r)
	if err := os.WriteFile(filepath.Join(r.dir, "state/keys/state.key"), key, 0o600); err != nil {
		t.Fatal(err)
	}
	return r
}

// TestRotate: a log is followed, the key changes, and it is followed on, with the change whole and cut by a crash at each of its
// steps. All is counted and published once, the same as without; digests of tables are under the new key; nothing opens under the
// old one.
func TestRotate(t *testing.T) {
	early, end := 12*6, 18*6
	plain := func(key []byte) map[string]string {
		r := under(t, liveRegion(t), key)
		d := deliverOf(t, r.dir, 5, 15)
		d.put(t, end)
		return follow(t, r, "out", driver.LiveOptions{Until: d.delivered()})
	}
	before, after := plain(make([]byte, 32)), plain(freshKey)

	r := keyed(t, liveRegion(t))
	d := deliverOf(t, r.dir, 5, 15)
	d.put(t, early)
	first := follow(t, r, "out", driver.LiveOptions{Until: d.delivered()})
	state, old := filepath.Join(r.dir, "state"), t.TempDir()
	put(t, old, state)
	out := t.TempDir()
	put(t, out, filepath.Join(r.dir, "out"))
	done, copies := rotate(t, state)
	if done.Checkpoints != 1 || done.Sums != 0 || done.Segments != 0 {
		t.Errorf("sealed anew: %+v", done)
	}
	d.put(t, end-early)
	drawn, destroyed := copies[0], copies[1]
	half := t.TempDir() // the checkpoint is sealed anew, and a temporary file was left
	put(t, half, drawn)
	if err := os.CopyFS(filepath.Join(half, "checkpoint", "again"), os.DirFS(filepath.Join(destroyed, "checkpoint"))); err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{"live.json", "live-0000.sealed"} {
		if err := os.Rename(filepath.Join(half, "checkpoint/again", name), filepath.Join(half, "checkpoint", name)); err != nil {
			t.Fatal(err)
		}
	}
	whole := t.TempDir()
	put(t, whole, state)
	for name, from := range map[string]string{"the whole": whole, "the key is drawn": drawn, "the checkpoint is sealed": half, "the old key is destroyed": destroyed} {
		put(t, state, from)
		put(t, filepath.Join(r.dir, "out"), out)
		got := follow(t, r, "out", driver.LiveOptions{Until: d.delivered()})
		if len(got)+len(first) != len(before) || len(got) == 0 || len(first) == 0 {
			t.Errorf("%s: %d tables before and %d after, want %d", name, len(first), len(got), len(before))
		}
		for table, digests := range got {
			if digests != after[table] || first[table] != "" {
				t.Errorf("%s: %s differs, or was counted twice", name, table)
			}
		}
		for table, digests := range first {
			if digests != before[table] {
				t.Errorf("%s: %s differs before the change", name, table)
			}
		}
		if key, _ := os.ReadFile(filepath.Join(state, "keys/state.key")); !bytes.Equal(key, freshKey) {
			t.Errorf("%s: the key is not the new one", name)
		}
		if _, err := os.Stat(filepath.Join(state, "keys/state.key.next")); !errors.Is(err, fs.ErrNotExist) {
			t.Errorf("%s: the key to come is still there", name)
		}
	}

	put(t, filepath.Join(state, "keys"), filepath.Join(old, "keys")) // somebody has kept the old key
	job, err := r.prepare(t)
	if err != nil {
		t.Fatal(err)
	}
	_, err = driver.Live(t.Context(), job, driver.LiveOptions{RunOptions: driver.RunOptions{Out: filepath.Join(r.dir, "out")}, Until: d.delivered()})
	if driver.KindOf(err) != driver.Unsafe || !strings.Contains(err.Error(), "does not open with the key of this state folder") {
		t.Errorf("under the old key: %v", err)
	}
}

// TestRotateMonth: the sum of a month waits under the new key; an input that was read under the old one is known.
func TestRotateMonth(t *testing.T) {
	months := func(key []byte) *region {
		return under(t, newRegion(t).set("products: [flows-month]", "agreement: {purpose: transport, from: 2026-02-02, until: 2026-02-03}"), key)
	}
	day := func(r *region, to string) error {
		job, err := r.prepare(t)
		if err != nil {
			t.Fatal(err)
		}
		_, err = driver.Run(t.Context(), job, driver.RunOptions{Out: filepath.Join(r.dir, "out"), From: "2026-02-02", To: to})
		return err
	}
	want := months(freshKey)
	if err := day(want, "2026-02-03"); err != nil {
		t.Fatal(err)
	}
	r := months(make([]byte, 32))
	if err := day(r, "2026-02-02"); err != nil {
		t.Fatal(err)
	}
	state := filepath.Join(r.dir, "state")
	done, copies := rotate(t, state)
	if done.Sums != 1 || done.Checkpoints != 0 {
		t.Errorf("sealed anew: %+v", done)
	}
	put(t, state, copies[0])
	sum := filepath.Join(state, "checkpoint/flows-month-2026-02.json")
	resting, err := os.ReadFile(sum)
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(sum, bytes.Replace(resting, []byte(`"version":2`), []byte(`"version":1`), 1), 0o600); err != nil {
		t.Fatal(err)
	}
	if err := day(r, "2026-02-03"); driver.KindOf(err) != driver.Unsafe || !strings.Contains(err.Error(), "finish the month with the program that wrote it") {
		t.Errorf("a sum of another version: %v", err)
	}
	put(t, state, copies[0])
	text := r.files["in/2026-02-02.csv"]
	r.files["in/2026-02-02.csv"] = events("2026-02-02", 79)
	if err := day(r, "2026-02-03"); driver.KindOf(err) != driver.Refused || !strings.Contains(err.Error(), "from another input") {
		t.Errorf("another input for a day that is in: %v", err)
	}
	r.files["in/2026-02-02.csv"] = text
	if err := day(r, "2026-02-03"); err != nil {
		t.Fatal(err)
	}
	if got, want := witnessed(t, r), witnessed(t, want); len(got) != 1 || got["flows-month 2026-02"] != want["flows-month 2026-02"] {
		t.Errorf("got %v, want %v", got, want)
	}
	if again, err := driver.Rotate(state, driver.RotateOptions{}); err != nil || again != (driver.Rotated{}) {
		t.Errorf("a month that is published is sealed anew: %+v, %v", again, err)
	}
	r.files["in/2026-02-03.csv"] = events("2026-02-03", 79)
	if err := day(r, "2026-02-03"); driver.KindOf(err) != driver.Refused {
		t.Errorf("after two changes of the key, another input for a published day: %v", err)
	}
}

// TestRotateRefuses: what is damaged is found before a key is drawn; a folder that is no state, or in use, has no key to change.
func TestRotateRefuses(t *testing.T) {
	r := keyed(t, liveRegion(t))
	d := deliverOf(t, r.dir, 6, 5)
	d.put(t, 40)
	follow(t, r, "out", driver.LiveOptions{Until: d.delivered()})
	state := filepath.Join(r.dir, "state")
	mac := hmac.New(sha256.New, make([]byte, 32))
	fmt.Fprint(mac, "journal of what is pushed")
	j, err := journal.Open(journal.Options{Files: journal.Disk(filepath.Join(state, "journal")), Key: [32]byte(mac.Sum(nil)), Now: time.Now})
	if err != nil {
		t.Fatal(err)
	}
	if err := errors.Join(j.Beat(t.Context()), j.Close()); err != nil {
		t.Fatal(err)
	}
	kept := t.TempDir()
	put(t, kept, state)
	for _, c := range []struct {
		what string
		do   func(text []byte) []byte
		file string
		kind driver.Kind
		say  string
	}{
		{"a bit of a checkpoint", func(b []byte) []byte { b[len(b)-1] ^= 1; return b }, "checkpoint/live-0000.sealed", driver.Unsafe, "live-0000.sealed does not open"},
		{"the end of a checkpoint", func(b []byte) []byte { return b[:5] }, "checkpoint/live-0000.sealed", driver.Unsafe, "ends early"},
		{"a later version", func(b []byte) []byte { return bytes.Replace(b, []byte(`"version":2`), []byte(`"version":3`), 1) }, "checkpoint/live.json", driver.Unsafe, "go on with the program that wrote it"},
		{"a journal of a later version", func(b []byte) []byte { b[7] = 2; return b }, "journal/000000.seg", driver.Unsafe, "go on with the program that wrote it"},
		{"a journal under another key", func(b []byte) []byte { b[24] ^= 1; return b }, "journal/000000.seg", driver.Corrupt, "restore the state folder from its copy"},
		{"half a key", func(b []byte) []byte { return b[:16] }, "keys/state.key", driver.Corrupt, "keys/state.key has 16 bytes"},
	} {
		put(t, state, kept)
		path := filepath.Join(state, c.file)
		text, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, c.do(text), 0o600); err != nil {
			t.Fatal(err)
		}
		_, err = driver.Rotate(state, driver.RotateOptions{})
		if driver.KindOf(err) != c.kind || err == nil || !strings.Contains(err.Error(), c.say) {
			t.Errorf("%s: got %v", c.what, err)
		}
		if _, err := os.Stat(filepath.Join(state, "keys/state.key.next")); !errors.Is(err, fs.ErrNotExist) {
			t.Errorf("%s: a key was drawn", c.what)
		}
	}
	put(t, state, kept)
	if done, err := driver.Rotate(state, driver.RotateOptions{}); err != nil || done.Checkpoints != 1 || done.Segments != 1 {
		t.Errorf("sealed anew: %+v, %v", done, err)
	}
	if _, err := driver.Rotate(r.dir, driver.RotateOptions{}); driver.KindOf(err) != driver.Missing {
		t.Errorf("a folder that is no state: %v", err)
	}
	if err := os.Remove(filepath.Join(state, "keys/state.key")); err != nil {
		t.Fatal(err)
	}
	if _, err := driver.OpenState(state, time.Now); driver.KindOf(err) != driver.Corrupt {
		t.Errorf("without the key: %v", err)
	}
}

// TestStateVersions: files of a state that another version has written are refused with what to do.
func TestStateVersions(t *testing.T) {
	r := keyed(t, liveRegion(t).set("products: [present-live]"))
	d := deliverOf(t, r.dir, 7, 5)
	d.put(t, 40)
	follow(t, r, "out", driver.LiveOptions{Until: d.delivered()})
	for file, change := range map[string][2]string{
		"checkpoint/live.json": {`"version":2`, `"version":3`},
		"inside/days.json":     {`"version":1`, `"version":2`},
		"follow/index.jsonl":   {`"v":1`, `"v":2`},
	} {
		path := filepath.Join(r.dir, "state", file)
		text, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		changed := bytes.Replace(text, []byte(change[0]), []byte(change[1]), 1)
		if bytes.Equal(changed, text) {
			t.Fatalf("%s has no %s", file, change[0])
		}
		if err := os.WriteFile(path, changed, 0o600); err != nil {
			t.Fatal(err)
		}
		job, err := r.prepare(t)
		if err != nil {
			t.Fatal(err)
		}
		_, err = driver.Live(t.Context(), job, driver.LiveOptions{RunOptions: driver.RunOptions{Out: filepath.Join(r.dir, "out")}, Until: d.delivered()})
		if driver.KindOf(err) != driver.Unsafe || !strings.Contains(err.Error(), "the program that wrote it") {
			t.Errorf("%s of another version: %v", file, err)
		}
		if err := os.WriteFile(path, text, 0o600); err != nil {
			t.Fatal(err)
		}
	}
}
