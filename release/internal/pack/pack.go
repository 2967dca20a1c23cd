// Package pack turns releases and geographies into the bytes of their files, and reads them back.
//
// Equal input gives equal bytes. Stores differ in where they keep the bytes, never in what the bytes are.
package pack

import (
	"bytes"
	"cmp"
	"encoding/json"
	"fmt"
	"io"
	"maps"
	"slices"

	"github.com/throng-stats/throng/release"
)

// Content is one file: its path in the folder of a release or geography, and its bytes.
type Content struct {
	Path  string
	Bytes []byte
}

// ManifestPath is the manifest's file in the folder of a release. It is written last, because it holds the digests of
// all the others.
const ManifestPath = "manifest.json"

// Release checks a draft and makes all its files, sorted by path with the manifest at the end, and the manifest with
// their digests.
func Release(d release.Draft) (release.Manifest, []Content, error) {
	if err := d.Check(); err != nil {
		return release.Manifest{}, nil, err
	}
	var files []Content
	for _, t := range d.Tables {
		b, err := Table(t, d.Manifest)
		if err != nil {
			return release.Manifest{}, nil, fmt.Errorf("pack: table %s: %w", t.Path(), err)
		}
		files = append(files, Content{t.Path(), b})
	}
	for path, text := range d.Texts {
		files = append(files, Content{path, bytes.Clone(text)})
	}
	slices.SortFunc(files, func(a, b Content) int { return cmp.Compare(a.Path, b.Path) })
	m := d.Manifest
	m.Files = digests(files)
	text, err := marshal(m)
	if err != nil {
		return release.Manifest{}, nil, fmt.Errorf("pack: manifest: %w", err)
	}
	m, err = Manifest(text, m.ID)
	return m, append(files, Content{ManifestPath, text}), err
}

func digests(files []Content) []release.File {
	list := make([]release.File, len(files))
	for i, f := range files {
		list[i] = release.File{Path: f.Path, SHA256: release.Digest(f.Bytes), Bytes: int64(len(f.Bytes))}
	}
	return list
}

// Manifest reads a manifest and refuses one that belongs to another release.
func Manifest(text []byte, id string) (release.Manifest, error) {
	var m release.Manifest
	if err := unmarshal(text, &m); err != nil {
		return m, fmt.Errorf("pack: manifest of %s: %w", id, err)
	}
	if m.ID != id {
		return m, fmt.Errorf("pack: manifest of %s says that it is %.80q (%w)", id, m.ID, release.ErrCorrupt)
	}
	return m, nil
}

// Copy is a manifest that shares nothing that can be changed with the one it was made from.
func Copy(m release.Manifest) release.Manifest {
	m.Parts, m.Files, m.Options, m.Sources = slices.Clone(m.Parts), slices.Clone(m.Files), maps.Clone(m.Options), slices.Clone(m.Sources)
	for i := range m.Parts {
		m.Parts[i].Domain = slices.Clone(m.Parts[i].Domain)
	}
	return m
}

// marshal writes JSON as it stands in files: two spaces, no escapes for HTML, a newline at the end.
func marshal(v any) ([]byte, error) {
	var b bytes.Buffer
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	e.SetIndent("", "  ")
	err := e.Encode(v)
	return b.Bytes(), err
}

// unmarshal reads one JSON value that has no unknown fields and nothing after it.
func unmarshal(text []byte, into any) error {
	d := json.NewDecoder(bytes.NewReader(text))
	d.DisallowUnknownFields()
	if err := d.Decode(into); err != nil {
		return fmt.Errorf("%d bytes of JSON cannot be read: %v (%w)", len(text), err, release.ErrCorrupt)
	}
	if _, err := d.Token(); err != io.EOF {
		return fmt.Errorf("JSON goes on after its end at byte %d of %d (%w)", d.InputOffset(), len(text), release.ErrCorrupt)
	}
	return nil
}
