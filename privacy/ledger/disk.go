package ledger

import (
	"io"
	"os"
	"path/filepath"
)

// Disk keeps the ledger in a folder of a local disk. The folder is made, with mode 0700, when something is first
// written, and no other mode is left in place; files have mode 0600.
func Disk(dir string) Files { return disk{dir} }

type disk struct{ dir string }

func (d disk) path(name string) string { return filepath.Join(d.dir, name) }

func (d disk) ReadFile(name string) ([]byte, error) { return os.ReadFile(d.path(name)) }

func (d disk) ReadEnd(name string, most int) (end []byte, size int, err error) {
	f, err := os.Open(d.path(name))
	if err != nil {
		return nil, 0, err
	}
	defer f.Close()
	info, err := f.Stat()
	if err != nil {
		return nil, 0, err
	}
	end = make([]byte, min(int64(most), info.Size()))
	_, err = f.ReadAt(end, info.Size()-int64(len(end)))
	return end, int(info.Size()), err
}

func (d disk) List() ([]string, error) {
	entries, err := os.ReadDir(d.dir) // sorted by name
	if err != nil {
		return nil, err
	}
	names := make([]string, len(entries))
	for i, e := range entries {
		names[i] = e.Name()
	}
	return names, nil
}

func (d disk) Create(name string) (File, error) {
	return d.open(name, os.O_WRONLY|os.O_CREATE|os.O_TRUNC)
}

func (d disk) OpenAppend(name string) (File, error) {
	return d.open(name, os.O_WRONLY|os.O_CREATE|os.O_APPEND)
}

func (d disk) open(name string, flags int) (*os.File, error) {
	if err := d.make(); err != nil {
		return nil, err
	}
	return os.OpenFile(d.path(name), flags, 0o600)
}

// make makes the folder and takes it away from everybody else.
func (d disk) make() error {
	if info, err := os.Stat(d.dir); err == nil && info.IsDir() {
		if info.Mode().Perm()&0o077 == 0 {
			return nil
		}
		return os.Chmod(d.dir, 0o700)
	}
	if err := os.MkdirAll(d.dir, 0o700); err != nil {
		return err
	}
	return syncDir(filepath.Dir(d.dir))
}

func (d disk) Rename(from, to string) error { return os.Rename(d.path(from), d.path(to)) }

func (d disk) SyncDir() error { return syncDir(d.dir) }

func syncDir(dir string) error {
	f, err := os.Open(dir)
	if err != nil {
		return err
	}
	defer f.Close()
	return f.Sync()
}

// Lock locks a file and then tries to lock it a second time: where that works, locks do not exclude anybody, as on some
// network file systems, and the ledger does not start.
func (d disk) Lock(name, owner string) (io.Closer, error) {
	first, err := d.open(name, os.O_RDWR|os.O_CREATE)
	if err != nil {
		return nil, err
	}
	if err := lock(first); err != nil {
		first.Close()
		return nil, err
	}
	second, err := d.open(name, os.O_RDWR)
	if err != nil {
		first.Close()
		return nil, err
	}
	defer second.Close()
	if lock(second) == nil {
		first.Close()
		return nil, ErrNoLocks
	}
	if err = first.Truncate(0); err == nil {
		_, err = first.WriteAt([]byte(owner+"\n"), 0)
	}
	if err != nil {
		first.Close()
		return nil, err
	}
	return first, nil
}
