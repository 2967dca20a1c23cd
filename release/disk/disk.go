// Package disk keeps releases in a folder that any web server can serve as it is.
//
// A release is written under a working name that is not part of the served tree, synced file by file, and renamed into
// place: a reader sees all of it or nothing. Every read is checked against its digest. docs/format/release.md describes
// the folder. This is the one package of release that touches the world.
package disk

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	iofs "io/fs"
	"os"
	"path"
	"path/filepath"
	"sync"

	"github.com/throng-stats/throng/release"
	"github.com/throng-stats/throng/release/internal/pack"
)

// Names in the folder. working is where drafts are written; its dot keeps web servers from listing it.
const (
	working     = ".new"
	releaseDir  = "release"
	geoDir      = "geo"
	catalogPath = "catalog.json"
	summaryPath = "ledger.json"

	writersLock = "lock" // in the folder of drafts, as the next
	catalogLock = "catalog.lock"
)

// Store is a release.Store on a folder, safe for several goroutines, and for several processes as far as the file system
// renames atomically. Tables that it returns are shared: do not change their slices.
type Store struct {
	dir      string
	fs       files
	readOnly bool
	held     *os.File

	writing sync.Mutex // one catalogue and summary at a time; guards behind
	behind  bool       // the catalogue lacks a release, which the next Put or Open adds

	listing sync.Mutex // one listing of the folder at a time; guards index
	index   index

	reading   sync.Mutex        // guards what follows
	digests   map[string]digest // of manifests, by release that Heads has listed
	manifests cache[release.Manifest]
	tables    cache[release.Table]
}

var _ release.Store = (*Store)(nil)

// Open opens a folder for publishing and reading, makes it when it is not there, sweeps what a crash left behind, and
// brings the catalogue up to date.
func Open(dir string) (*Store, error) { return openOn(real{}, dir) }

// OpenReadOnly opens a folder for reading alone: nothing in it is made, swept or changed, and every Put is refused. It
// may lie on a medium that cannot be written. Releases that others publish appear.
func OpenReadOnly(dir string) (*Store, error) {
	if _, err := os.ReadDir(dir); err != nil {
		return nil, fmt.Errorf("disk: %w; give a folder that was published by run, live or demo", err)
	}
	s := newStore(real{}, dir)
	s.readOnly = true
	return s, nil
}

func newStore(fs files, dir string) *Store {
	return &Store{dir: dir, fs: fs, index: index{words: map[string]string{}}, digests: map[string]digest{},
		manifests: newCache(manifestBytes, sizeOfManifest), tables: newCache(tableBytes, sizeOfTable)}
}

func openOn(fs files, dir string) (*Store, error) {
	s := newStore(fs, dir)
	for _, d := range []string{working, releaseDir, geoDir} {
		if err := fs.MkdirAll(filepath.Join(dir, d)); err != nil {
			return nil, fmt.Errorf("disk: %w", err)
		}
	}
	held, alone, err := lock(dir)
	if err != nil {
		return nil, fmt.Errorf("disk: %w", err)
	}
	s.held = held
	if alone {
		err = s.sweep()
	}
	if err == nil && held != nil {
		err = share(held)
	}
	if err == nil {
		err = s.list()
	}
	if err != nil {
		s.Close()
		return nil, fmt.Errorf("disk: %w", err)
	}
	return s, nil
}

// Close gives the mark of a writer back; a store that was opened for reading has nothing to close.
func (s *Store) Close() error {
	if s.held == nil {
		return nil
	}
	return s.held.Close()
}

// sweep removes drafts that were being written when a process ended.
func (s *Store) sweep() error {
	names, err := s.fs.ReadDir(filepath.Join(s.dir, working))
	if err != nil {
		return err
	}
	for _, name := range names {
		if name == writersLock || name == catalogLock {
			continue
		}
		if err := s.fs.RemoveAll(filepath.Join(s.dir, working, name)); err != nil {
			return err
		}
	}
	return nil
}

func (s *Store) path(elem ...string) string {
	return filepath.Join(append([]string{s.dir}, elem...)...)
}

// Put publishes a draft. When it answers with an error other than ErrExists the release is not there, unless the last
// step, syncing the folder, failed: then ask Manifest.
func (s *Store) Put(d release.Draft) (release.Manifest, error) {
	m, contents, err := pack.Release(d)
	if err != nil {
		return release.Manifest{}, err
	}
	if s.readOnly {
		return release.Manifest{}, errReadOnly
	}
	if err := s.publish(contents, s.path(releaseDir, m.ID)); err != nil {
		return release.Manifest{}, fmt.Errorf("disk: release %s: %w", m.ID, err)
	}
	// The release is published. The catalogue is a list of what the folder holds; one that could not be written is
	// written by the next Put or Open, and stores do not need it.
	_ = s.enter(m, contents[len(contents)-1].Bytes)
	return pack.Copy(m), nil
}

var errReadOnly = errors.New("disk: the folder is open for reading alone; open it for publishing")

// publish writes files to a working folder and renames it. It answers ErrExists when the place is taken.
func (s *Store) publish(contents []pack.Content, to string) error {
	if _, err := s.fs.ReadDir(to); err == nil {
		return release.ErrExists
	}
	temp, err := s.fs.MkdirTemp(s.path(working))
	if err != nil {
		return err
	}
	if err = s.fill(temp, contents); err == nil {
		err = s.fs.Rename(temp, to)
	}
	if err != nil {
		s.fs.RemoveAll(temp) // what stays is swept by the next Open
		if _, taken := s.fs.ReadDir(to); taken == nil {
			return release.ErrExists
		}
		return err
	}
	return s.fs.SyncDir(filepath.Dir(to))
}

// fill writes and syncs all files, then the folders from the inside out.
func (s *Store) fill(temp string, contents []pack.Content) error {
	var dirs []string
	made := map[string]bool{".": true}
	for _, c := range contents {
		for d := path.Dir(c.Path); !made[d]; d = path.Dir(d) {
			made[d] = true
			dirs = append(dirs, d)
		}
		if dir := path.Dir(c.Path); dir != "." {
			if err := s.fs.MkdirAll(filepath.Join(temp, filepath.FromSlash(dir))); err != nil {
				return err
			}
		}
		if err := s.fs.WriteFile(filepath.Join(temp, filepath.FromSlash(c.Path)), bytes.NewReader(c.Bytes)); err != nil {
			return err
		}
	}
	for _, d := range dirs {
		if err := s.fs.SyncDir(filepath.Join(temp, filepath.FromSlash(d))); err != nil {
			return err
		}
	}
	return s.fs.SyncDir(temp)
}

// replace writes one file of the folder anew: a reader sees the old text or the new one.
func (s *Store) replace(name string, text io.Reader) error {
	temp, err := s.fs.MkdirTemp(s.path(working))
	if err != nil {
		return err
	}
	defer s.fs.RemoveAll(temp)
	if err := s.fs.WriteFile(filepath.Join(temp, name), text); err != nil {
		return err
	}
	if err := s.fs.Rename(filepath.Join(temp, name), s.path(name)); err != nil {
		return err
	}
	return s.fs.SyncDir(s.dir)
}

// PutGeography keeps a geography. Geography id and version are a folder in a folder, so both are made.
func (s *Store) PutGeography(g release.Geography) error {
	contents, err := pack.Geography(g)
	if err != nil {
		return err
	}
	if s.readOnly {
		return errReadOnly
	}
	parent := s.path(geoDir, g.ID)
	if err := s.fs.MkdirAll(parent); err != nil {
		return fmt.Errorf("disk: %w", err)
	}
	if err := s.fs.SyncDir(s.path(geoDir)); err != nil {
		return fmt.Errorf("disk: %w", err)
	}
	err = s.publish(contents, filepath.Join(parent, g.Version))
	if !errors.Is(err, release.ErrExists) {
		if err != nil {
			err = fmt.Errorf("disk: geography %s/%s: %w", g.ID, g.Version, err)
		}
		return err
	}
	before, err := readFileIn(s.fs, filepath.Join(parent, g.Version), pack.GeoPath)
	if err != nil {
		return fmt.Errorf("disk: geography %s/%s: %w", g.ID, g.Version, err)
	}
	if !bytes.Equal(before, contents[len(contents)-1].Bytes) {
		return fmt.Errorf("disk: geography %s/%s has other content; give it a new version (%w)", g.ID, g.Version, release.ErrExists)
	}
	return nil
}

// Geography returns a geography, every file of it checked against its digest.
func (s *Store) Geography(id, version string) (release.Geography, error) {
	if !release.IsName(id) || !release.IsName(version) {
		return release.Geography{}, fmt.Errorf("disk: geography %.80q: %w", id+"/"+version, release.ErrMissing)
	}
	dir := s.path(geoDir, id, version)
	return pack.ReadGeography(id, version, func(file string) ([]byte, error) {
		content, err := readFileIn(s.fs, dir, file)
		if errors.Is(err, iofs.ErrNotExist) {
			if file == pack.GeoPath {
				return nil, fmt.Errorf("disk: geography %s/%s: %w", id, version, release.ErrMissing)
			}
			return nil, fmt.Errorf("disk: geography %s/%s has lost its file %s; restore it from a copy (%w)", id, version, file, release.ErrCorrupt)
		}
		return content, err
	})
}

// PutSummary keeps the public summary of the ledger.
func (s *Store) PutSummary(text []byte) error {
	if s.readOnly {
		return errReadOnly
	}
	s.writing.Lock()
	defer s.writing.Unlock()
	if err := s.replace(summaryPath, bytes.NewReader(text)); err != nil {
		return fmt.Errorf("disk: %s: %w", summaryPath, err)
	}
	return nil
}

// Summary returns the public summary of the ledger.
func (s *Store) Summary() ([]byte, error) {
	text, err := s.fs.ReadFile(s.path(summaryPath))
	if errors.Is(err, iofs.ErrNotExist) {
		return nil, fmt.Errorf("disk: %s: %w", summaryPath, release.ErrMissing)
	}
	return text, err
}

// Open returns a file of a release; it has been read and checked when this returns.
func (s *Store) Open(id, file string) (io.ReadCloser, error) {
	content, err := s.file(id, file)
	if err != nil {
		return nil, err
	}
	return io.NopCloser(bytes.NewReader(content)), nil
}
