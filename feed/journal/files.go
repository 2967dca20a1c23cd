package journal

import (
	"io"
	"os"
	"path/filepath"
)

// Files is everything the journal asks of a disk: one flat folder that nobody else may read. Names that do not exist answer
// fs.ErrNotExist. Tests put disks in its place that are full or broken.
type Files interface {
	List() ([]string, error)          // names in ascending order
	Create(name string) (File, error) // empty; it must not exist
	Open(name string) (Reader, error)
	Remove(name string) error
	Rename(from, to string) error // in place of what has that name
	SyncDir() error               // makes created, removed and changed names durable
}

// File is a file that is written from the front to the end.
type File interface {
	io.Writer
	Sync() error // makes what was written durable; never repeated after it failed
	Close() error
}

// Reader is a file that is read anywhere, also while it is written.
type Reader interface {
	io.ReaderAt
	Size() (int64, error)
	Close() error
}

// Disk keeps the journal in a folder of a local disk, made with mode 0700; files have mode 0600.
func Disk(dir string) Files { return disk{dir} }

type disk struct{ dir string }

func (d disk) List() ([]string, error) {
	if err := os.MkdirAll(d.dir, 0o700); err != nil {
		return nil, err
	}
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
	return os.OpenFile(filepath.Join(d.dir, name), os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
}

func (d disk) Open(name string) (Reader, error) {
	f, err := os.Open(filepath.Join(d.dir, name))
	if err != nil {
		return nil, err
	}
	return diskFile{f}, nil
}

func (d disk) Remove(name string) error { return os.Remove(filepath.Join(d.dir, name)) }

func (d disk) Rename(from, to string) error {
	return os.Rename(filepath.Join(d.dir, from), filepath.Join(d.dir, to))
}

func (d disk) SyncDir() error {
	f, err := os.Open(d.dir)
	if err != nil {
		return err
	}
	defer f.Close()
	return f.Sync()
}

type diskFile struct{ *os.File }

func (f diskFile) Size() (int64, error) {
	info, err := f.Stat()
	if err != nil {
		return 0, err
	}
	return info.Size(), nil
}
