package disk

import (
	"io"
	"os"
	"path/filepath"
	"time"
)

// files is all that a store asks of a file system, so that tests can let each step fail.
type files interface {
	MkdirAll(dir string) error
	MkdirTemp(dir string) (string, error)
	WriteFile(path string, content io.Reader) error // written and on the disk when it returns
	Rename(from, to string) error
	SyncDir(dir string) error
	RemoveAll(path string) error
	ReadFile(path string) ([]byte, error)
	Open(path string) (io.ReadCloser, error)
	ReadDir(dir string) ([]string, error)  // names, sorted
	Changed(dir string) (time.Time, error) // when a name was last added or taken away
}

// real is the file system of the machine.
type real struct{}

func (real) MkdirAll(dir string) error               { return os.MkdirAll(dir, 0o755) }
func (real) Rename(from, to string) error            { return os.Rename(from, to) }
func (real) RemoveAll(path string) error             { return os.RemoveAll(path) }
func (real) ReadFile(path string) ([]byte, error)    { return os.ReadFile(path) }
func (real) Open(path string) (io.ReadCloser, error) { return os.Open(path) }
func (real) MkdirTemp(dir string) (string, error) {
	name, err := os.MkdirTemp(dir, "put-")
	if err != nil {
		return "", err
	}
	return name, os.Chmod(name, 0o755)
}

func (real) WriteFile(path string, content io.Reader) error {
	f, err := os.OpenFile(path, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o644)
	if err != nil {
		return err
	}
	if _, err = io.Copy(f, content); err == nil {
		err = f.Sync()
	}
	if closing := f.Close(); err == nil {
		err = closing
	}
	return err
}

func (real) SyncDir(dir string) error {
	d, err := os.Open(dir)
	if err != nil {
		return err
	}
	err = d.Sync()
	if closing := d.Close(); err == nil {
		err = closing
	}
	return err
}

func (real) ReadDir(dir string) ([]string, error) {
	entries, err := os.ReadDir(dir)
	if err != nil {
		return nil, err
	}
	names := make([]string, len(entries))
	for i, e := range entries {
		names[i] = e.Name()
	}
	return names, nil
}

func (real) Changed(dir string) (time.Time, error) {
	info, err := os.Stat(dir)
	if err != nil {
		return time.Time{}, err
	}
	return info.ModTime(), nil
}

// readFileIn reads a file below a folder; paths come from manifests, which are checked to stay inside.
func readFileIn(fs files, dir, path string) ([]byte, error) {
	return fs.ReadFile(filepath.Join(dir, filepath.FromSlash(path)))
}
