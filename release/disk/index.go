package disk

import (
	"crypto/sha256"
	"time"

	"github.com/throng-stats/throng/release"
	"github.com/throng-stats/throng/release/internal/pack"
)

// digest is the SHA-256 of a manifest.
type digest = [sha256.Size]byte

// index is what a store keeps of every release, some hundred bytes of each: what lists say of it. Manifests are read when they are
// wanted.
type index struct {
	heads   []release.Head    // in their order. It is given out: replaced, never changed
	words   map[string]string // what many heads say, each once
	changed time.Time         // when the folder had last changed, as it was listed
	listed  time.Time         // when; zero where the listing was not finished
}

// A folder is listed anew when it says that it has changed since. One that had changed just before it was listed may have changed once
// more within the same tick of its clock; and not every file system tells.
const (
	tick = 3 * time.Second
	anew = time.Minute
)

func (x *index) holds(changed time.Time) bool {
	return changed.Equal(x.changed) && x.listed.Sub(changed) > tick && time.Since(x.listed) < anew
}

// few new releases are looked up in the catalogue one by one; for more of them all of it is read.
const few = 16

// Heads lists all releases in the folder. The manifest of each is read once.
func (s *Store) Heads() ([]release.Head, error) {
	s.listing.Lock()
	defer s.listing.Unlock()
	changed, err := s.fs.Changed(s.path(releaseDir))
	if err == nil && s.index.holds(changed) {
		return s.index.heads, nil
	}
	began := time.Now()
	names, err := s.names()
	if err != nil {
		return nil, err
	}
	if err := s.take(names); err != nil {
		return nil, err
	}
	s.index.changed, s.index.listed = changed, began
	return s.index.heads, nil
}

// take makes the index one of the named releases. Those that were read before one that cannot be read stay in it.
func (s *Store) take(names []string) error {
	there := make(map[string]bool, len(names)) // and in the index
	for _, id := range names {
		there[id] = false
	}
	heads := make([]release.Head, 0, len(names))
	for _, h := range s.index.heads {
		if _, ok := there[h.ID]; ok {
			there[h.ID] = true
			heads = append(heads, h)
		}
	}
	if len(heads) == len(names) && len(heads) == len(s.index.heads) {
		return nil
	}
	var listed map[string]entry
	if len(names)-len(heads) > few {
		listed = s.allListed()
	}
	var failed error
	for _, id := range names {
		if there[id] {
			continue
		}
		h, err := s.head(id, listed)
		if err != nil {
			failed = err
			break
		}
		heads = append(heads, h)
	}
	release.Order(heads)
	s.index.heads = heads
	return failed
}

// head is the head of a release by its entry in the catalogue, or by its manifest where that is not given or says too little. The digest
// of the manifest is kept: what is read later is compared with it.
func (s *Store) head(id string, listed map[string]entry) (release.Head, error) {
	e, ok := listed[id]
	sha, _ := e.digest()
	if !ok || e.Data == "" {
		known := e.digest
		if listed == nil {
			known = func() (digest, bool) { return s.listed(id) }
		}
		text, err := s.manifestText(id, known)
		if err != nil {
			return release.Head{}, err
		}
		m, err := pack.Manifest(text, id)
		if err != nil {
			return release.Head{}, err
		}
		e, sha = newEntry(m, text), sha256.Sum256(text)
	}
	h := e.head()
	for _, word := range []*string{&h.Product, &h.Period.TimeZone, &h.Geo.ID, &h.Geo.Version, &h.Data} {
		if _, ok := s.index.words[*word]; !ok {
			s.index.words[*word] = *word
		}
		*word = s.index.words[*word]
	}
	s.reading.Lock()
	defer s.reading.Unlock()
	s.digests[h.ID] = sha
	return h, nil
}
