// Package api serves releases over HTTP: JSON, read only, every answer a pure function of the releases and the request.
//
// It holds a store of releases and nothing else: no route can reach personal data, and none has a budget argument,
// because questions about what is already public cost nothing. The description that machines read is openapi.json.
package api

import (
	"crypto/rand"
	"encoding/hex"
	"net/http"
	"regexp"
	"time"

	"github.com/throng-stats/throng/reckon/allot"
	"github.com/throng-stats/throng/release"
)

// Options say how the interface behaves. The zero value is ready for use.
type Options struct {
	// Version is the version of the binary, as /v1 tells it. Default "unknown".
	Version string
	// Now tells the time, which decides whether the not_before of a release has come. Default time.Now.
	Now func() time.Time
	// Log gets a message and pairs of key and value when the server, not the client, is at fault. It never gets a query
	// or an address. Default: nothing is logged.
	Log func(message string, args ...any)
	// IgnoreEmbargo answers releases before their not_before has come. It holds for synthetic and public data only;
	// an embargo on real data cannot be switched off. Default false.
	IgnoreEmbargo bool
	// Access knows the tokens, and keeps the audit log, of what is not free for everybody: small perimeters over the last 48
	// hours, and private releases. Default nil: neither is answered to anybody.
	Access Access
	// Beside are the releases of other holders: public residents and people present, where this holder tells none, are read from
	// them. Default: none.
	Beside []release.Store
	// Holders are other holders that the same server answers for; /v1 names them. Default: none.
	Holders []Holder
	// Done, when it is closed, ends the answers that never end by themselves, so that the server can stop. Default nil: never.
	Done <-chan struct{}
}

// Holder is another holder whose releases are served beside these, by an interface of its own.
type Holder struct {
	Name string `json:"name"` // short, such as tickets
	Path string `json:"path"` // before /v1, such as /holders/tickets
}

func (o Options) withDefaults() Options {
	if o.Version == "" {
		o.Version = "unknown"
	}
	if o.Now == nil {
		o.Now = time.Now
	}
	if o.Log == nil {
		o.Log = func(string, ...any) {}
	}
	return o
}

// server answers from a store.
type server struct {
	store  release.Store
	opt    Options
	mux    *http.ServeMux
	ground *cache[*ground]
	near   *cache[[]allot.Catchment]
	days   *cache[*day]

	happenings happenings
	pace       time.Duration // of looks at the store, for those who listen
}

// route is one operation of the interface.
type route struct {
	method, path string
	answer       func(*server, *http.Request) (answer, error)
}

// routes are all operations, in the order of openapi.json.
func routes() []route {
	return []route{
		{"GET", "/v1", (*server).root},
		{"GET", "/v1/openapi.json", (*server).openAPI},
		{"GET", "/v1/limits", (*server).limits},
		{"GET", "/v1/products", (*server).products},
		{"GET", "/v1/products/{id}", (*server).product},
		{"GET", "/v1/available", (*server).available},
		{"GET", "/v1/geographies", (*server).geographies},
		{"GET", "/v1/geographies/{id}/{version}", (*server).geography},
		{"GET", "/v1/releases", (*server).releases},
		{"GET", "/v1/releases/{id}", (*server).release},
		{"GET", "/v1/releases/{id}/manifest", (*server).manifest},
		{"GET", "/v1/releases/{id}/claim", (*server).claim},
		{"GET", "/v1/releases/{id}/quality", (*server).quality},
		{"GET", "/v1/releases/{id}/tables/{table}", (*server).table},
		{"POST", "/v1/queries", (*server).query},
		{"GET", "/v1/live", (*server).live},
		{"GET", "/v1/catchments", (*server).catchments},
		{"GET", "/v1/nowcast", (*server).nowcast},
		{"GET", "/v1/league", (*server).league},
		{"GET", "/v1/ledger", (*server).ledger},
		{"GET", "/v1/access", (*server).access},
		{"GET", "/problems/{code}", (*server).problem},
	}
}

// New returns a handler for everything below /v1 and for /problems, which explains error codes.
func New(store release.Store, opt Options) http.Handler {
	s := &server{store: store, opt: opt.withDefaults(), mux: http.NewServeMux(),
		ground: newCache[*ground](4), near: newCache[[]allot.Catchment](16), days: newCache[*day](224), pace: liveLook}
	for _, r := range routes() {
		s.mux.HandleFunc(r.method+" "+r.path, func(w http.ResponseWriter, req *http.Request) {
			a, err := r.answer(s, req)
			if err != nil {
				s.fail(w, req, err)
				return
			}
			s.send(w, req, a)
		})
	}
	s.mux.HandleFunc("/", func(w http.ResponseWriter, req *http.Request) { s.fail(w, req, s.noRoute(w, req)) })
	return s
}

// requestID is what is accepted as an id of a request from outside: it goes into a header and into errors.
var requestID = regexp.MustCompile(`^[A-Za-z0-9-]{1,64}$`)

// ServeHTTP gives each request an id and answers it. A panic becomes the answer "internal" with that id alone.
func (s *server) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	id := r.Header.Get("X-Request-Id")
	if !requestID.MatchString(id) {
		id = newID()
	}
	h := w.Header()
	h.Set("X-Request-Id", id)
	h.Set("X-Content-Type-Options", "nosniff")
	h.Set("Referrer-Policy", "no-referrer")
	defer func() {
		switch p := recover(); p {
		case nil:
		case http.ErrAbortHandler:
			panic(p)
		default:
			s.opt.Log("api: broken invariant", "request", id, "panic", p)
			s.fail(w, r, newProblem("internal", "an invariant broke; the log of the server knows the request by its id"))
		}
	}()
	s.mux.ServeHTTP(w, r)
}

func newID() string {
	var b [8]byte
	rand.Read(b[:]) // crypto/rand.Read never fails
	return hex.EncodeToString(b[:])
}

// noRoute tells a path that does not exist from a method that a path does not have.
func (s *server) noRoute(w http.ResponseWriter, r *http.Request) error {
	for _, method := range []string{"GET", "POST"} {
		other := r.Clone(r.Context())
		other.Method = method
		if _, pattern := s.mux.Handler(other); pattern != "" && pattern != "/" && method != r.Method {
			w.Header().Set("Allow", method)
			return newProblem("method-not-allowed", "got "+clip(r.Method)+", want "+method)
		}
	}
	p := newProblem("not-found", "nothing is served at "+clip(r.URL.Path))
	p.Hint = "GET /v1 lists what is served"
	return p
}
