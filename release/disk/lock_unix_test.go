//go:build unix

package disk

import (
	"os"
	"path/filepath"
	"syscall"
	"testing"
)

// TestAloneLocksAFile: on NFS only a file that is open for writing can be locked for one alone, so the folder itself is not.
func TestAloneLocksAFile(t *testing.T) {
	dir := t.TempDir()
	s, err := Open(dir)
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	done, err := alone(dir)
	if err != nil {
		t.Fatal(err)
	}
	free := func(name string) bool {
		t.Helper()
		f, err := os.Open(filepath.Join(dir, working, name))
		if err != nil {
			t.Fatal(err)
		}
		defer f.Close()
		return syscall.Flock(int(f.Fd()), syscall.LOCK_EX|syscall.LOCK_NB) == nil
	}
	if !free(".") {
		t.Error("the folder is locked")
	}
	if free("catalog.lock") {
		t.Error("the file is not locked")
	}
	done()
	if !free("catalog.lock") {
		t.Error("the file is locked still")
	}
}
