package ledger

import (
	"bytes"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"
	"time"
)

// suite is what every implementation of Files does.
func suite(t *testing.T, files Files) {
	if names, err := files.List(); err == nil && len(names) != 0 {
		t.Errorf("a new folder has %v", names)
	}
	if _, err := files.ReadFile("none"); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("a file that is not there: got %v, want fs.ErrNotExist", err)
	}
	if _, _, err := files.ReadEnd("none", 1); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("the end of a file that is not there: got %v, want fs.ErrNotExist", err)
	}
	for _, text := range []string{"first, and longer", "second"} {
		if err := replace(files, "b", []byte(text)); err != nil {
			t.Fatal(err)
		}
	}
	for _, text := range []string{"one ", "two"} {
		f, err := files.OpenAppend("a")
		if err != nil {
			t.Fatal(err)
		}
		if err := writeSynced(f, []byte(text)); err != nil {
			t.Fatal(err)
		}
	}
	for name, want := range map[string]string{"a": "one two", "b": "second"} {
		if got, err := files.ReadFile(name); err != nil || string(got) != want {
			t.Errorf("%s holds %q, %v, want %q", name, got, err, want)
		}
		for most := range len(want) + 3 {
			if end, size, err := files.ReadEnd(name, most); err != nil || size != len(want) || string(end) != want[max(0, len(want)-most):] {
				t.Errorf("the last %d of %s: got %q of %d, %v", most, name, end, size, err)
			}
		}
	}
	lock, err := files.Lock(lockFile, "me")
	if err != nil {
		t.Fatal(err)
	}
	if _, err := files.Lock(lockFile, "you"); !errors.Is(err, ErrLocked) {
		t.Errorf("a second lock: got %v, want ErrLocked", err)
	}
	if owner, err := files.ReadFile(lockFile); err != nil || string(owner) != "me\n" {
		t.Errorf("the lock names %q, %v", owner, err)
	}
	lock.Close()
	again, err := files.Lock(lockFile, "a longer name, then a short one")
	if err != nil {
		t.Fatalf("after it was closed: %v", err)
	}
	again.Close()
	if again, err = files.Lock(lockFile, "x"); err != nil {
		t.Fatal(err)
	}
	if owner, _ := files.ReadFile(lockFile); string(owner) != "x\n" {
		t.Errorf("the lock names %q, want x", owner)
	}
	again.Close()
	if names, err := files.List(); err != nil || len(names) != 3 {
		t.Errorf("the folder has %v, %v, want a, b and the lock", names, err)
	}
	if err := files.Rename("none", "c"); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("renaming nothing: got %v, want fs.ErrNotExist", err)
	}
}

func TestMemoryIsFiles(t *testing.T) { suite(t, Memory()) }

func TestDiskIsFiles(t *testing.T) {
	skipWithoutLocks(t)
	suite(t, Disk(filepath.Join(t.TempDir(), "state", "ledger")))
}

func skipWithoutLocks(t *testing.T) {
	t.Helper()
	switch runtime.GOOS {
	case "linux", "darwin", "freebsd", "netbsd", "openbsd", "dragonfly":
	default:
		t.Skip("no file locks on this system, so the ledger does not open on its disks")
	}
}

// TestDiskModes: nobody else may read the folder or a file in it, even where the folder was there before.
func TestDiskModes(t *testing.T) {
	skipWithoutLocks(t)
	dir := filepath.Join(t.TempDir(), "ledger")
	if err := os.Mkdir(dir, 0o755); err != nil {
		t.Fatal(err)
	}
	l := open(t, Disk(dir), "w")
	reserve(t, l, present("2026-02-03", 1_000_000))
	if err := l.Close(); err != nil {
		t.Fatal(err)
	}
	err := filepath.WalkDir(dir, func(path string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		info, err := d.Info()
		if err == nil && info.Mode().Perm()&0o077 != 0 {
			t.Errorf("%s has mode %v, want nothing for others", path, info.Mode())
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
}

// TestDiskLikeMemory: the same releases give the same bytes on a disk and in memory.
func TestDiskLikeMemory(t *testing.T) {
	skipWithoutLocks(t)
	dir := filepath.Join(t.TempDir(), "ledger")
	var texts [][]byte
	for _, files := range []Files{Disk(dir), Memory()} {
		l := open(t, files, "w1")
		ticket := reserve(t, l, present("2026-02-03", 1_000_000))
		if _, err := Open(files, options("w2")); KindOf(err) != Busy {
			t.Errorf("a second writer: got %v, want Busy", err)
		}
		if err := l.Released(ticket, digest("x"), 1, time.Time{}); err != nil {
			t.Fatal(err)
		}
		l.Close()
		open(t, files, "w2").Close()
		text, err := files.ReadFile(segmentOf(1))
		if err != nil {
			t.Fatal(err)
		}
		texts = append(texts, text)
	}
	if !bytes.Equal(texts[0], texts[1]) {
		t.Errorf("on the disk\n%s\nin memory\n%s", texts[0], texts[1])
	}
	if report, err := Verify(Disk(dir)); err != nil || !report.OK() {
		t.Errorf("verify: %+v, %v", report, err)
	}
	if _, err := Verify(Disk(filepath.Join(dir, "none"))); KindOf(err) != Missing {
		t.Errorf("verify of a folder that is not there: got %v, want Missing", err)
	}
}

// TestLastLine: whatever the lengths of the lines, the last one is found, and no more of a long file is read than it takes.
func TestLastLine(t *testing.T) {
	for _, last := range []int{0, 1, 100, 4 << 10, 4<<10 - 2, 70 << 10, 2 << 20} {
		for _, before := range []string{"", "x\n", strings.Repeat("line\n", 1<<18)} {
			for _, end := range []string{"\n", "\ntorn", ""} {
				if end == "" && before != "" {
					continue
				}
				files, want := Memory(), strings.Repeat("y", last)
				if err := replace(files, "a", []byte(before+want+end)); err != nil {
					t.Fatal(err)
				}
				line, size, err := lastLine(files, "a")
				if err != nil || string(line) != want || size != len(before)+last+len(end) {
					t.Errorf("%d behind %d, end %q: got %d of %d, %v", last, len(before), end, len(line), size, err)
				}
			}
		}
	}
}
