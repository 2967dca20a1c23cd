package disk

import (
	"crypto/sha256"
	"errors"
	"fmt"
	iofs "io/fs"
	"slices"

	"github.com/throng-stats/throng/release"
	"github.com/throng-stats/throng/release/internal/pack"
)

// List returns the manifests of all releases in the folder.
func (s *Store) List() ([]release.Manifest, error) {
	names, err := s.names()
	if err != nil {
		return nil, err
	}
	listed := s.allListed()
	heads, at := make([]release.Head, 0, len(names)), make(map[string]release.Manifest, len(names))
	for _, id := range names {
		m, err := s.manifestBy(id, listed[id].digest)
		if err != nil {
			return nil, err
		}
		heads, at[id] = append(heads, m.Head()), pack.Copy(m)
	}
	release.Order(heads)
	list := make([]release.Manifest, len(heads))
	for i, h := range heads {
		list[i] = at[h.ID]
	}
	return list, nil
}

// names are the releases in the folder, sorted.
func (s *Store) names() ([]string, error) {
	names, err := s.fs.ReadDir(s.path(releaseDir))
	if errors.Is(err, iofs.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, fmt.Errorf("disk: %w", err)
	}
	return slices.DeleteFunc(names, func(id string) bool { return !release.IsName(id) }), nil
}

// Manifest returns one manifest. Those that were asked for last are kept, up to 16 MiB of them: releases do not change.
func (s *Store) Manifest(id string) (release.Manifest, error) {
	m, err := s.manifest(id)
	return pack.Copy(m), err
}

func (s *Store) manifest(id string) (release.Manifest, error) {
	return s.manifestBy(id, func() (digest, bool) { return s.digest(id) })
}

// manifestBy returns a manifest, compared when it is read with the digest that is known of it, if one is.
func (s *Store) manifestBy(id string, known func() (digest, bool)) (release.Manifest, error) {
	s.reading.Lock()
	m, ok := s.manifests.find(id)
	s.reading.Unlock()
	if ok {
		return m, nil
	}
	text, err := s.manifestText(id, known)
	if err != nil {
		return release.Manifest{}, err
	}
	if m, err = pack.Manifest(text, id); err != nil {
		return release.Manifest{}, err
	}
	s.reading.Lock()
	s.manifests.keep(id, m)
	s.reading.Unlock()
	return m, nil
}

// manifestText reads a manifest and compares it with the digest that is known of it, if one is.
func (s *Store) manifestText(id string, known func() (digest, bool)) ([]byte, error) {
	if !release.IsName(id) {
		return nil, fmt.Errorf("disk: release %.80q: %w", id, release.ErrMissing)
	}
	text, err := s.fs.ReadFile(s.path(releaseDir, id, pack.ManifestPath))
	if errors.Is(err, iofs.ErrNotExist) {
		return nil, fmt.Errorf("disk: release %s: %w", id, release.ErrMissing)
	}
	if err != nil {
		return nil, fmt.Errorf("disk: release %s: %w", id, err)
	}
	if want, ok := known(); ok && sha256.Sum256(text) != want {
		return nil, fmt.Errorf("disk: manifest of release %s has digest %s, the catalogue says %x; restore it from a copy (%w)", id, release.Digest(text), want, release.ErrCorrupt)
	}
	return text, nil
}

// digest is that of a manifest as it was when Heads listed it, or by the catalogue; ok is false where neither knows it.
func (s *Store) digest(id string) (sha digest, ok bool) {
	s.reading.Lock()
	sha, ok = s.digests[id]
	s.reading.Unlock()
	if ok {
		return sha, true
	}
	return s.listed(id)
}

// file reads a file of a release and checks its digest.
func (s *Store) file(id, path string) ([]byte, error) {
	if path == pack.ManifestPath {
		return s.manifestText(id, func() (digest, bool) { return s.digest(id) })
	}
	m, err := s.manifest(id)
	if err != nil {
		return nil, err
	}
	f, ok := m.File(path)
	if !ok {
		return nil, fmt.Errorf("disk: release %s has no file %.80q: %w", id, path, release.ErrMissing)
	}
	content, err := readFileIn(s.fs, s.path(releaseDir, id), path)
	if errors.Is(err, iofs.ErrNotExist) {
		return nil, fmt.Errorf("disk: release %s has lost its file %s with digest %s; restore it from a copy (%w)", id, path, f.SHA256, release.ErrCorrupt)
	}
	if err == nil {
		err = f.Verify(content)
	}
	if err != nil {
		return nil, fmt.Errorf("disk: release %s: %w", id, err)
	}
	return content, nil
}

// Table returns one table; decoded tables are kept, up to 256 MiB of them.
func (s *Store) Table(id, method, name string) (release.Table, error) {
	path := release.TablePath(method, name)
	s.reading.Lock()
	t, ok := s.tables.find(id + "/" + path)
	s.reading.Unlock()
	if ok {
		return t, nil
	}
	content, err := s.file(id, path)
	if err != nil {
		return release.Table{}, err
	}
	if t, err = pack.ReadTable(content, id); err != nil {
		return release.Table{}, err
	}
	s.reading.Lock()
	s.tables.keep(id+"/"+path, t)
	s.reading.Unlock()
	return t, nil
}
