//go:build unix

package disk

import (
	"os"
	"path/filepath"
	"syscall"
)

// lock marks a folder as being written to by this store, and reports whether it is the only one. Writers share the
// folder; only one that is alone may sweep what others left. The mark goes with the process, however it ends.
func lock(dir string) (held *os.File, alone bool, err error) {
	f, err := os.OpenFile(filepath.Join(dir, working, writersLock), os.O_RDWR|os.O_CREATE, 0o644)
	if err != nil {
		return nil, false, err
	}
	alone = syscall.Flock(int(f.Fd()), syscall.LOCK_EX|syscall.LOCK_NB) == nil
	return f, alone, nil
}

// share lets other writers in.
func share(held *os.File) error { return syscall.Flock(int(held.Fd()), syscall.LOCK_SH) }

// alone waits until no other process writes the catalogue of a folder, and keeps others from it until done is called. On NFS such a lock
// needs a file that is open for writing.
func alone(dir string) (done func(), err error) {
	f, err := os.OpenFile(filepath.Join(dir, working, catalogLock), os.O_RDWR|os.O_CREATE, 0o644)
	if err != nil {
		return nil, err
	}
	if err := syscall.Flock(int(f.Fd()), syscall.LOCK_EX); err != nil {
		f.Close()
		return nil, err
	}
	return func() { f.Close() }, nil
}
