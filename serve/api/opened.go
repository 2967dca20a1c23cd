package api

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"regexp"
	"strconv"
	"time"

	"github.com/throng-stats/throng/release"
)

// pathID is what an id in a path may look like, so that no path of a store is ever built from anything else.
var pathID = regexp.MustCompile(`^[A-Za-z0-9_][A-Za-z0-9_.-]{0,127}$`)

// ledger passes the public summary of the ledger through as it was written.
func (s *server) ledger(*http.Request) (answer, error) {
	text, err := s.store.Summary()
	if err != nil {
		return answer{}, fmt.Errorf("summary of the ledger: %w", err)
	}
	return answer{mediaType: "application/json", body: text}, nil
}

// open reports whether the content of a release may be read: its not_before has come. A not_before that cannot be read
// keeps the release closed.
func (s *server) open(m release.Head) bool {
	if m.NotBefore == "" || s.opt.IgnoreEmbargo && (m.Data == "synthetic" || m.Data == "public") {
		return true
	}
	at, err := time.Parse(time.RFC3339, m.NotBefore)
	return err == nil && !s.opt.Now().Before(at)
}

// opened returns the manifest of a release that may be read.
func (s *server) opened(r *http.Request) (release.Manifest, error) {
	id := r.PathValue("id")
	if !pathID.MatchString(id) {
		return release.Manifest{}, newProblem("not-found", "no release is called "+clip(strconv.Quote(id))).hint("GET /v1/releases lists the releases")
	}
	m, err := s.store.Manifest(id)
	if errors.Is(err, release.ErrMissing) {
		return m, newProblem("not-found", "no release is called "+clip(id)).hint("GET /v1/releases lists the releases")
	}
	if err != nil {
		return m, err
	}
	if private(m.Head()) && !s.mayReadPrivate(r) {
		return release.Manifest{}, newProblem("not-found", "no release is called "+clip(id)).hint("GET /v1/releases lists the releases")
	}
	if !s.open(m.Head()) {
		return m, embargoed(m.Head())
	}
	return m, nil
}

func embargoed(m release.Head) error {
	return newProblem("embargoed", "release "+m.ID+" is published at "+clip(m.NotBefore)).hint("ask again then; the date does not depend on the content")
}

// keep is how long an answer about a release may be kept: for ever when the data are real. Of invented and public data
// people make releases again in another folder, with other noise under the same ids, so these are asked for again, which
// costs a 304.
func keep(m release.Head) string {
	if m.Data == "real" {
		return cacheImmutable
	}
	return cacheList
}

func (s *server) manifest(r *http.Request) (answer, error) {
	m, err := s.opened(r)
	if err != nil {
		return answer{}, err
	}
	a, err := jsonAnswer(m)
	a.cache, a.releases = keep(m.Head()), []string{m.ID}
	return a, err
}

func (s *server) claim(r *http.Request) (answer, error)   { return s.text(r, "claim.json") }
func (s *server) quality(r *http.Request) (answer, error) { return s.text(r, "quality.json") }

// text answers with a JSON file of a release as it was published.
func (s *server) text(r *http.Request, path string) (answer, error) {
	m, err := s.opened(r)
	if err != nil {
		return answer{}, err
	}
	f, err := s.store.Open(m.ID, path)
	if errors.Is(err, release.ErrMissing) {
		return answer{}, newProblem("not-found", "release "+m.ID+" has no "+path)
	}
	if err != nil {
		return answer{}, err
	}
	defer f.Close()
	body, err := io.ReadAll(f)
	if err == nil && !json.Valid(body) {
		err = fmt.Errorf("%s of release %s is not JSON: %w", path, m.ID, release.ErrCorrupt)
	}
	return answer{mediaType: "application/json", body: body, cache: keep(m.Head()), releases: []string{m.ID}}, err
}
