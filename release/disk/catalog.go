package disk

import (
	"bufio"
	"bytes"
	"encoding/hex"
	"encoding/json"
	"errors"
	"io"
	"slices"
	"strings"

	"github.com/throng-stats/throng/release"
	"github.com/throng-stats/throng/release/internal/pack"
)

// catalog is catalog.json: what a reader without a directory listing needs to find releases. Each release is a line of it.
type catalog struct {
	Format   int     `json:"format"`
	Releases []entry `json:"releases"`
}

type entry struct {
	ID        string         `json:"id"`
	Product   string         `json:"product"`
	Period    release.Period `json:"period"`
	Revision  int            `json:"revision"`
	Geo       release.GeoRef `json:"geo"`
	Manifest  string         `json:"manifest_sha256"`
	Data      string         `json:"data,omitempty"` // "" as an earlier version wrote it: then what follows is not known
	NotBefore string         `json:"not_before,omitempty"`
	Private   bool           `json:"private,omitempty"`
	Holiday   bool           `json:"holiday,omitempty"`
}

func newEntry(m release.Manifest, text []byte) entry {
	h := m.Head()
	return entry{h.ID, h.Product, h.Period, h.Revision, h.Geo, release.Digest(text), h.Data, h.NotBefore, h.Private, h.Holiday}
}

func (e entry) head() release.Head {
	return release.Head{ID: e.ID, Product: e.Product, Period: e.Period, Revision: e.Revision, Geo: e.Geo, Data: e.Data, NotBefore: e.NotBefore,
		Private: e.Private, Holiday: e.Holiday}
}

// The lines around those of releases.
const (
	opening = "{\n  \"format\": 1,\n  \"releases\": [\n"
	indent  = "    "
	closing = "  ]\n}\n"
)

// line is the line of a release, without what ends it.
func (e entry) line() []byte {
	text, _ := json.Marshal(e) // strings, numbers and times always encode
	return append([]byte(indent), text...)
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

// digest of the manifest; ok is false when it is none.
func (e entry) digest() (sha digest, ok bool) {
	n, err := hex.Decode(sha[:], []byte(e.Manifest))
	return sha, err == nil && n == len(sha)
}

// allListed are the entries of the catalogue by release; those without a digest are left out.
func (s *Store) allListed() map[string]entry {
	all := map[string]entry{}
	for _, e := range s.readCatalogue().Releases {
		if _, ok := e.digest(); ok {
			all[e.ID] = e
		}
	}
	return all
}

// longestLine is that of a release with room to spare: they have 400 bytes.
const longestLine = 1 << 20

// listed is the digest of one manifest by the catalogue; ok is false when it is not there. The newest releases stand first: no more
// lines are read than it takes.
func (s *Store) listed(id string) (sha digest, ok bool) {
	f, err := s.fs.Open(s.path(catalogPath))
	if err != nil {
		return sha, false
	}
	defer f.Close()
	text := bufio.NewReader(f)
	if !opens(text) {
		return s.allListed()[id].digest()
	}
	start := []byte(indent + `{"id":"` + id + `",`)
	lines := bufio.NewScanner(text)
	lines.Buffer(nil, longestLine)
	for lines.Scan() {
		if !bytes.HasPrefix(lines.Bytes(), start) {
			continue
		}
		e, err := readEntry(lines.Bytes())
		if err != nil {
			return sha, false
		}
		return e.digest()
	}
	return sha, false
}

// opens reads the lines before those of releases, and reports whether it is a catalogue of one release a line: earlier versions wrote
// several.
func opens(text *bufio.Reader) bool {
	got := make([]byte, len(opening))
	if _, err := io.ReadFull(text, got); err != nil || string(got) != opening {
		return false
	}
	next, _ := text.Peek(len(indent) + 2)
	return string(next) == indent+`{"` || strings.HasPrefix(closing, string(next))
}

func readEntry(line []byte) (e entry, err error) {
	err = json.Unmarshal(bytes.TrimSuffix(bytes.TrimSpace(line), []byte(",")), &e)
	return e, err
}

// enter adds a release to the catalogue. Where that does not work the whole is made again.
func (s *Store) enter(m release.Manifest, text []byte) error {
	s.writing.Lock()
	defer s.writing.Unlock()
	done, err := alone(s.dir)
	if err != nil {
		s.behind = true
		return err
	}
	defer done()
	if s.behind || s.insert(newEntry(m, text)) != nil {
		err = s.catalogue()
	}
	s.behind = err != nil
	return err
}

var errForm = errors.New("the catalogue is not one release a line")

// insert writes the catalogue anew with one release more. What stands behind its place, nearly always everything, is copied and not
// read: a bin is published every quarter of an hour, for ever.
func (s *Store) insert(e entry) error {
	f, err := s.fs.Open(s.path(catalogPath))
	if err != nil {
		return err
	}
	defer f.Close()
	text := bufio.NewReader(f)
	if !opens(text) {
		return errForm
	}
	before := bytes.NewBufferString(opening)
	for {
		line, err := text.ReadBytes('\n')
		if err != nil {
			return err
		}
		if strings.HasPrefix(closing, string(line)) { // there is no release after it
			if before.Len() > len(opening) {
				before.Truncate(before.Len() - 1)
				before.WriteString(",\n")
			}
			before.Write(append(e.line(), '\n'))
			return s.replace(catalogPath, io.MultiReader(before, bytes.NewReader(line), text))
		}
		o, err := readEntry(line)
		if err != nil {
			return err
		}
		if o.ID == e.ID { // another process saw it in the folder
			return nil
		}
		if e.head().Compare(o.head()) < 0 {
			before.Write(append(e.line(), ",\n"...))
			return s.replace(catalogPath, io.MultiReader(before, bytes.NewReader(line), text))
		}
		before.Write(line)
	}
}

// list brings the catalogue up to date with the folder.
func (s *Store) list() error {
	s.writing.Lock()
	defer s.writing.Unlock()
	done, err := alone(s.dir)
	if err != nil {
		return err
	}
	defer done()
	return s.catalogue()
}

// catalogue writes the list of all releases. Digests that were listed before are kept as they were, so that a manifest
// that changed since does not become the truth; one that cannot be read is left out.
func (s *Store) catalogue() error {
	names, err := s.names()
	if err != nil {
		return err
	}
	before := s.allListed()
	entries := make([]entry, 0, len(names))
	for _, id := range names {
		e, ok := before[id]
		if !ok || e.Data == "" {
			full, err := s.entryOf(id, e)
			if err != nil && !ok {
				continue
			}
			if err == nil {
				e = full
			}
		}
		entries = append(entries, e)
	}
	slices.SortFunc(entries, func(a, b entry) int { return a.head().Compare(b.head()) })
	text := bytes.NewBufferString(opening)
	for i, e := range entries {
		text.Write(e.line())
		if i < len(entries)-1 {
			text.WriteByte(',')
		}
		text.WriteByte('\n')
	}
	text.WriteString(closing)
	if old, err := s.fs.ReadFile(s.path(catalogPath)); err == nil && bytes.Equal(old, text.Bytes()) {
		return nil
	}
	return s.replace(catalogPath, text)
}

// entryOf makes the entry of a release from its manifest, which is the one that was listed before, if any was.
func (s *Store) entryOf(id string, before entry) (entry, error) {
	text, err := s.manifestText(id, before.digest)
	if err != nil {
		return entry{}, err
	}
	m, err := pack.Manifest(text, id)
	return newEntry(m, text), err
}
