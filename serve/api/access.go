package api

import (
	"errors"
	"fmt"
	"math"
	"net/http"
	"regexp"
	"slices"
	"strings"
	"time"

	"github.com/throng-stats/throng/reckon/allot"
	"github.com/throng-stats/throng/release"
)

// A drawn perimeter of fewer than smallLeaves leaves whose numbers are younger than recent needs a token (privacy.md,
// section 27, rule 9).
const (
	smallLeaves = 10
	recent      = 48 * time.Hour
)

// Access knows who may ask what needs a token, and keeps the audit log. Its methods are called from many requests at once.
type Access interface {
	// Allow returns the name of the client whose token this is. It answers ErrToken for a token of nobody, and ErrPurpose
	// when the client may not ask for this purpose. It compares in constant time and keeps no token.
	Allow(token, purpose string) (client string, err error)
	// Record keeps an entry durably before it returns. A question whose entry cannot be kept is not answered.
	Record(e Entry) error
	// Months counts the entries by month, ascending.
	Months() ([]Month, error)
}

// Errors of Access.Allow.
var (
	ErrToken   = errors.New("no client has this token")
	ErrPurpose = errors.New("this client may not ask for this purpose")
)

// Entry is a question in the audit log. It has the id of the question, which the answer bears too, and never its perimeter.
type Entry struct {
	Time    time.Time `json:"time"`   // UTC
	Client  string    `json:"client"` // name of the token
	Purpose string    `json:"purpose"`
	Query   string    `json:"query"`  // id of the question
	Leaves  int       `json:"leaves"` // that the perimeter touches
	KM2     float64   `json:"km2"`    // rounded to tenths
}

// Month is how many small perimeters were asked about in a month of UTC.
type Month struct {
	Month string `json:"month"` // 2026-02
	Small int    `json:"small_perimeters"`
}

// Purposes are the words that a question may name as its purpose: the closed list of privacy.md 27.5.
func Purposes() []string {
	return []string{"transport", "planning", "statistics", "tourism", "health", "education", "disaster", "safety", "research", ownMarket}
}

// ownMarket is the only purpose whose releases may stay private (privacy.md 27.6).
const ownMarket = "own-market"

// private reports whether a release stays with its holder: its contract said so.
func private(h release.Head) bool { return h.Private }

// list returns the releases that whoever asks may know of. It is shared: do not change it.
func (s *server) list(r *http.Request) ([]release.Head, error) {
	list, err := s.store.Heads()
	if err != nil || !slices.ContainsFunc(list, private) || s.mayReadPrivate(r) {
		return list, err
	}
	return slices.DeleteFunc(slices.Clone(list), private), nil
}

// manifests reads the manifests of some releases.
func (s *server) manifests(heads []release.Head) ([]release.Manifest, error) {
	return release.Manifests(s.store, heads)
}

// mayReadPrivate reports whether a request bears a token of a client that works for the purpose own-market.
func (s *server) mayReadPrivate(r *http.Request) bool {
	token := bearer(r)
	if token == "" || s.opt.Access == nil {
		return false
	}
	_, err := s.opt.Access.Allow(token, ownMarket)
	return err == nil
}

// tokenPattern is the token68 of RFC 6750, cut to a length that nobody needs more of.
var tokenPattern = regexp.MustCompile(`^[A-Za-z0-9._~+/-]{1,512}=*$`)

// bearer reads the token of a request; "" when there is none, or none that can be read.
func bearer(r *http.Request) string {
	given := r.Header.Values("Authorization")
	if len(given) != 1 || len(given[0]) > 1024 {
		return ""
	}
	scheme, token, _ := strings.Cut(given[0], " ")
	if token = strings.TrimLeft(token, " "); !strings.EqualFold(scheme, "Bearer") || !tokenPattern.MatchString(token) {
		return ""
	}
	return token
}

// readPurpose reads the purpose of a question from its body or from its address, "" when it names none.
func (q *query) readPurpose(r *http.Request, body node) error {
	given := r.URL.Query().Get("purpose")
	pointer := "?purpose"
	if n, ok := body.field("purpose"); ok {
		if err := n.is("string"); err != nil {
			return err
		}
		if r.URL.Query().Has("purpose") && given != n.text {
			return wrong("bad-parameter", pointer, given, "the purpose once, in the body or in the address")
		}
		given, pointer = n.text, n.pointer
	} else if !r.URL.Query().Has("purpose") {
		return nil
	}
	if !slices.Contains(Purposes(), given) {
		return wrong("bad-parameter", pointer, given, "one of "+strings.Join(Purposes(), ", "))
	}
	q.purpose = given
	return nil
}

// watched counts the leaves of a question that needs a token: a drawn perimeter of fewer than ten leaves, asked of a bin of
// real or public data that ends in the last 48 hours or later. Where days have different ground, the fewest leaves count. Of the
// releases that a comparison or a forecast is made of, every bin is asked: who knows the older weeks could work the newest out.
func (s *server) watched(q query, list, past []release.Manifest, areas map[release.GeoRef]allot.Area) (leaves int, needed bool, err error) {
	if q.polygon == nil {
		return 0, false, nil
	}
	since := s.opt.Now().Add(-recent)
	for i, m := range slices.Concat(list, past) {
		n := len(areas[m.Geo].Leaf)
		if m.Data == "synthetic" || n >= smallLeaves || !m.Period.End.After(since) {
			continue
		}
		d, err := s.day(m)
		if err != nil {
			return 0, false, err
		}
		for bin, start := range d.starts {
			if (i >= len(list) || d.meets(bin, q)) && start.Add(d.width).After(since) && (!needed || n < leaves) {
				leaves, needed = n, true
			}
		}
	}
	return leaves, needed, nil
}

// admit lets a question pass that needs no token, or has one; then it is in the audit log before it is answered.
func (s *server) admit(r *http.Request, q query, list, past []release.Manifest, areas map[release.GeoRef]allot.Area, a *asked) error {
	leaves, needed, err := s.watched(q, list, past, areas)
	if err != nil || !needed {
		return err
	}
	return s.permit(r, "a drawn perimeter", Entry{Purpose: q.purpose, Query: a.ID, Leaves: leaves, KM2: math.Round(a.Area.KM2*10) / 10})
}

// permit answers whether whoever asks may have the numbers of a small area over the last hours, and keeps the entry.
func (s *server) permit(r *http.Request, what string, e Entry) error {
	why := fmt.Sprintf("%s of fewer than %d leaves over the last %d hours is answered to the holder of a token, with a purpose, and is counted in public; this one touches %d",
		what, smallLeaves, int(recent.Hours()), e.Leaves)
	free := fmt.Sprintf("free for everybody: a perimeter of %d leaves or more, whole zones, or hours that ended by %s", smallLeaves,
		s.opt.Now().Add(-recent).UTC().Format(time.RFC3339))
	if s.opt.Access == nil {
		return newProblem("scope-missing", why+"; this server has no tokens").hint(free)
	}
	token := bearer(r)
	if token == "" {
		return newProblem("token-missing", why).hint("send Authorization: Bearer TOKEN and a purpose; " + free)
	}
	if e.Purpose == "" {
		return wrong("bad-parameter", "/purpose", "nothing", "one of "+strings.Join(Purposes(), ", ")).hint(free)
	}
	client, err := s.opt.Access.Allow(token, e.Purpose)
	switch {
	case errors.Is(err, ErrToken):
		return newProblem("token-missing", why+"; nobody here has the token that was sent").hint(free)
	case errors.Is(err, ErrPurpose):
		return newProblem("scope-missing", why+"; this token is not for the purpose "+e.Purpose).hint(free)
	case err != nil:
		return fmt.Errorf("access: %w", err)
	}
	e.Time, e.Client = s.opt.Now().UTC(), client
	if err := s.opt.Access.Record(e); err != nil {
		return fmt.Errorf("access: the audit log: %w", err)
	}
	return nil
}

// access answers how many small perimeters were asked about, month by month. A month that is not there has none.
func (s *server) access(r *http.Request) (answer, error) {
	if err := onlyParameters(r); err != nil {
		return answer{}, err
	}
	out := struct {
		Months []Month `json:"months"`
	}{[]Month{}}
	if s.opt.Access != nil {
		months, err := s.opt.Access.Months()
		if err != nil {
			return answer{}, fmt.Errorf("access: %w", err)
		}
		out.Months = append(out.Months, months...)
	}
	return jsonAnswer(out)
}
