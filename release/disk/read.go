package disk

import (
	"encoding/json"
	"errors"
	"fmt"
	iofs "io/fs"

	"github.com/throng-stats/throng/release"
	"github.com/throng-stats/throng/release/internal/pack"
)

// List returns the manifests of all releases in the folder.
func (s *Store) List() ([]release.Manifest, error) {
	names, err := s.fs.ReadDir(s.path(releaseDir))
	if errors.Is(err, iofs.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, fmt.Errorf("disk: %w", err)
	}
	list := make([]release.Manifest, 0, len(names))
	for _, id := range names {
		if !release.IsName(id) {
			continue
		}
		m, err := s.Manifest(id)
		if err != nil {
			return nil, err
		}
		list = append(list, m)
	}
	release.Order(list)
	return list, nil
}

// Manifest returns one manifest. It is read once: releases do not change.
func (s *Store) Manifest(id string) (release.Manifest, error) {
	m, err := s.manifest(id)
	return pack.Copy(m), err
}

func (s *Store) manifest(id string) (release.Manifest, error) {
	s.reading.Lock()
	m, ok := s.known[id]
	s.reading.Unlock()
	if ok {
		return m, nil
	}
	text, err := s.manifestText(id)
	if err != nil {
		return release.Manifest{}, err
	}
	if m, err = pack.Manifest(text, id); err != nil {
		return release.Manifest{}, err
	}
	s.reading.Lock()
	s.known[id] = m
	s.reading.Unlock()
	return m, nil
}

// manifestText reads a manifest and compares it with the catalogue, when that lists it.
func (s *Store) manifestText(id string) ([]byte, error) {
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
	if got, want := release.Digest(text), s.listed(id); want != "" && got != want {
		return nil, fmt.Errorf("disk: manifest of release %s has digest %s, the catalogue says %s; restore it from a copy (%w)", id, got, want, release.ErrCorrupt)
	}
	return text, nil
}

// listed is the digest of a manifest by the catalogue, "" when it is not there. The catalogue is read again when it is
// asked for a release that it did not list before.
func (s *Store) listed(id string) string {
	s.reading.Lock()
	defer s.reading.Unlock()
	if s.digests[id] == "" {
		for _, e := range s.readCatalogue().Releases {
			s.digests[e.ID] = e.Manifest
		}
	}
	return s.digests[id]
}

// file reads a file of a release and checks its digest.
func (s *Store) file(id, path string) ([]byte, error) {
	if path == pack.ManifestPath {
		return s.manifestText(id)
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

// catalog is catalog.json: what a reader without a directory listing needs to find releases.
type catalog struct {
	Format   int     `json:"format"`
	Releases []entry `json:"releases"`
}

type entry struct {
	ID       string         `json:"id"`
	Product  string         `json:"product"`
	Period   release.Period `json:"period"`
	Revision int            `json:"revision"`
	Geo      release.GeoRef `json:"geo"`
	Manifest string         `json:"manifest_sha256"`
}

// readCatalogue answers with an empty list when there is none: the folder is the truth.
func (s *Store) readCatalogue() catalog {
	var c catalog
	text, err := s.fs.ReadFile(s.path(catalogPath))
	if err != nil || json.Unmarshal(text, &c) != nil {
		return catalog{}
	}
	return c
}

// catalogue writes the list of all releases. Digests that were listed before are kept as they were, so that a manifest
// that changed since does not become the truth; one that cannot be read is left out.
func (s *Store) catalogue() error {
	s.writing.Lock()
	defer s.writing.Unlock()
	names, err := s.fs.ReadDir(s.path(releaseDir))
	if err != nil {
		return err
	}
	before := map[string]entry{}
	for _, e := range s.readCatalogue().Releases {
		before[e.ID] = e
	}
	var list []release.Manifest
	entries := map[string]entry{}
	for _, id := range names {
		e, ok := before[id]
		if !ok {
			text, err := s.manifestText(id)
			if err != nil {
				continue
			}
			m, err := pack.Manifest(text, id)
			if err != nil {
				continue
			}
			e = entry{m.ID, m.Product, m.Period, m.Revision, m.Geo, release.Digest(text)}
		}
		entries[id] = e
		list = append(list, release.Manifest{ID: e.ID, Product: e.Product, Period: e.Period, Revision: e.Revision})
	}
	release.Order(list)
	c := catalog{Format: 1, Releases: make([]entry, len(list))}
	for i, m := range list {
		c.Releases[i] = entries[m.ID]
	}
	text, err := json.MarshalIndent(c, "", "  ")
	if err != nil {
		return err
	}
	text = append(text, '\n')
	if old, err := s.fs.ReadFile(s.path(catalogPath)); err == nil && string(old) == string(text) {
		return nil
	}
	return s.replace(catalogPath, text)
}
