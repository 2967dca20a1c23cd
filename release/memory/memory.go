// Package memory keeps releases in memory, for tests and for attacks that publish thousands of them.
//
// It holds the same bytes that release/disk would write, so digests and errors are the same.
package memory

import (
	"bytes"
	"fmt"
	"io"
	"sync"

	"github.com/throng-stats/throng/release"
	"github.com/throng-stats/throng/release/internal/pack"
)

// Store is a release.Store in memory, safe for several goroutines. The zero value is empty and ready.
type Store struct {
	mu       sync.RWMutex
	releases map[string]stored
	grounds  map[string]map[string][]byte // by id/version: bytes by path
	summary  []byte
}

type stored struct {
	manifest release.Manifest
	files    map[string][]byte
}

var _ release.Store = (*Store)(nil)

// Put publishes a draft.
func (s *Store) Put(d release.Draft) (release.Manifest, error) {
	m, files, err := pack.Release(d)
	if err != nil {
		return release.Manifest{}, err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if _, ok := s.releases[m.ID]; ok {
		return release.Manifest{}, fmt.Errorf("memory: release %s: %w", m.ID, release.ErrExists)
	}
	if s.releases == nil {
		s.releases = map[string]stored{}
	}
	s.releases[m.ID] = stored{m, byPath(files)}
	return pack.Copy(m), nil
}

func byPath(files []pack.Content) map[string][]byte {
	of := make(map[string][]byte, len(files))
	for _, f := range files {
		of[f.Path] = f.Bytes
	}
	return of
}

// Heads lists all releases.
func (s *Store) Heads() ([]release.Head, error) {
	s.mu.RLock()
	defer s.mu.RUnlock()
	list := make([]release.Head, 0, len(s.releases))
	for _, one := range s.releases {
		list = append(list, one.manifest.Head())
	}
	release.Order(list)
	return list, nil
}

// List returns all manifests.
func (s *Store) List() ([]release.Manifest, error) {
	heads, err := s.Heads()
	if err != nil {
		return nil, err
	}
	return release.Manifests(s, heads)
}

func (s *Store) one(id string) (stored, error) {
	s.mu.RLock()
	defer s.mu.RUnlock()
	one, ok := s.releases[id]
	if !ok {
		return stored{}, fmt.Errorf("memory: release %.80q: %w", id, release.ErrMissing)
	}
	return one, nil
}

// Manifest returns one manifest.
func (s *Store) Manifest(id string) (release.Manifest, error) {
	one, err := s.one(id)
	return pack.Copy(one.manifest), err
}

// Table decodes one table.
func (s *Store) Table(id, method, name string) (release.Table, error) {
	content, err := s.file(id, release.TablePath(method, name))
	if err != nil {
		return release.Table{}, err
	}
	return pack.ReadTable(content, id)
}

// Open returns a file of a release.
func (s *Store) Open(id, path string) (io.ReadCloser, error) {
	content, err := s.file(id, path)
	if err != nil {
		return nil, err
	}
	return io.NopCloser(bytes.NewReader(content)), nil
}

func (s *Store) file(id, path string) ([]byte, error) {
	one, err := s.one(id)
	if err != nil {
		return nil, err
	}
	content, ok := one.files[path]
	if !ok {
		return nil, fmt.Errorf("memory: release %s has no file %.80q: %w", id, path, release.ErrMissing)
	}
	return content, nil
}

// PutGeography keeps a geography.
func (s *Store) PutGeography(g release.Geography) error {
	files, err := pack.Geography(g)
	if err != nil {
		return err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	key := g.ID + "/" + g.Version
	if before, ok := s.grounds[key]; ok {
		if !bytes.Equal(before[pack.GeoPath], byPath(files)[pack.GeoPath]) {
			return fmt.Errorf("memory: geography %s has other content; give it a new version (%w)", key, release.ErrExists)
		}
		return nil
	}
	if s.grounds == nil {
		s.grounds = map[string]map[string][]byte{}
	}
	s.grounds[key] = byPath(files)
	return nil
}

// Geography returns a geography.
func (s *Store) Geography(id, version string) (release.Geography, error) {
	s.mu.RLock()
	files, ok := s.grounds[id+"/"+version]
	s.mu.RUnlock()
	if !ok {
		return release.Geography{}, fmt.Errorf("memory: geography %.80q: %w", id+"/"+version, release.ErrMissing)
	}
	return pack.ReadGeography(id, version, func(path string) ([]byte, error) {
		if content, ok := files[path]; ok {
			return content, nil
		}
		return nil, fmt.Errorf("memory: geography %s/%s has no file %s: %w", id, version, path, release.ErrMissing)
	})
}

// PutSummary keeps the public summary of the ledger.
func (s *Store) PutSummary(text []byte) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.summary = bytes.Clone(text)
	return nil
}

// Summary returns the public summary of the ledger.
func (s *Store) Summary() ([]byte, error) {
	s.mu.RLock()
	defer s.mu.RUnlock()
	if s.summary == nil {
		return nil, fmt.Errorf("memory: summary of the ledger: %w", release.ErrMissing)
	}
	return bytes.Clone(s.summary), nil
}
