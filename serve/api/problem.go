package api

import (
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"strconv"
	"time"
	"unicode/utf8"

	"github.com/throng-stats/throng/release"
	"github.com/throng-stats/throng/serve/export"
)

// maxEcho is how many characters of a request an error repeats.
const maxEcho = 200

// problem is an error as RFC 9457 writes it.
type problem struct {
	Type     string  `json:"type"`
	Title    string  `json:"title"`
	Status   int     `json:"status"`
	Detail   string  `json:"detail"`
	Instance string  `json:"instance"`
	Errors   []fault `json:"errors,omitempty"`
	Hint     string  `json:"hint,omitempty"`
	Extent   []coord `json:"extent,omitempty"` // of area-outside: lower left and upper right corner, degrees

	code  string
	retry time.Duration // after which it may be asked again; 0: not said
}

// fault is one place of a request that is not as it should be.
type fault struct {
	Pointer string `json:"pointer"` // JSON pointer into the body, or ?name of a parameter
	Got     string `json:"got"`
	Want    string `json:"want"`
}

// coord is a number of degrees, written with seven decimals.
type coord [2]float64

// Error makes a problem an error.
func (p *problem) Error() string { return p.code + ": " + p.Detail }

// kinds are the codes of problems with their status and what they mean, in words for /problems/CODE.
var kinds = map[string]struct {
	status int
	title  string
	help   string
}{
	"bad-json":           {400, "The body is not strict JSON", "One JSON object is wanted: no duplicate names, no null, nothing after it, at most 16 levels, UTF-8."},
	"unknown-field":      {400, "The body has a field that is not known", "Names are exact, also in their case. The description at /v1/openapi.json lists them."},
	"bad-type":           {400, "A field has the wrong type", "The description at /v1/openapi.json says which type each field has."},
	"bad-time":           {400, "The time cannot be read", "Write start/end in RFC 3339 with a zone, such as 2026-02-03T00:00:00+01:00/2026-02-04T00:00:00+01:00."},
	"bad-area":           {400, "The area cannot be used", "A perimeter is a GeoJSON Polygon or MultiPolygon in longitude, latitude: closed, simple, with an area, at most 1,000 vertices."},
	"bad-parameter":      {400, "A parameter cannot be used", "The description at /v1/openapi.json lists the parameters of each path."},
	"token-missing":      {401, "This needs a token", "Small drawn perimeters over the last 48 hours are asked with the header Authorization: Bearer and a purpose. The holder of the data gives out tokens; larger areas, zones and older times need none."},
	"scope-missing":      {403, "This is not free for everybody", "A drawn perimeter of fewer than ten leaves over the last 48 hours could watch a crowd, so it is answered to known clients for a purpose of the closed list, logged, and counted at /v1/access. Free: ten leaves or more, whole zones, older times, and synthetic data."},
	"embargoed":          {403, "The release has not been published yet", "A release is read from its not_before on, which is fixed by the calendar and not by its content."},
	"not-found":          {404, "There is no such thing", "Lists: /v1/products, /v1/releases, /v1/geographies."},
	"method-not-allowed": {405, "The path does not have this method", "The interface is read only; queries are sent by POST to /v1/queries."},
	"not-acceptable":     {406, "This representation is not served", "Use a suffix, which wins over Accept: .json, .csv, .geojson."},
	"too-large":          {413, "The request or its answer is too large", "The limits are at /v1/limits. Ask for a shorter time, fewer zones, or write a file with throng export."},
	"bad-media":          {415, "The body has the wrong media type", "Send application/json."},
	"not-a-product":      {422, "This cannot be answered for this product", "Drawn perimeters are answered for present and present-live; flows and vehicles are read from their tables; money, customers, bookings, cases and reports too, and ranked at /v1/league."},
	"cross-not-released": {422, "This breakdown is not released", "Breakdowns are released one at a time, each with the total; their cross is not measured."},
	"area-outside":       {422, "The perimeter lies outside the covered area", "The extent of the covered area is in the answer."},
	"period-missing":     {422, "Nothing was released for this time", "The released periods are at /v1/available?product=."},
	"rate-limited":       {429, "Too many ask at a time", "Ask again after the seconds of Retry-After."},
	"internal":           {500, "The server is at fault", "Nothing was lost. The log of the server knows the request by its id."},
}

func newProblem(code, detail string) *problem {
	k, ok := kinds[code]
	if !ok {
		panic("api: problem code " + code + " has no meaning in kinds")
	}
	return &problem{Type: "/problems/" + code, Title: k.title, Status: k.status, Detail: detail, code: code}
}

// at adds the place of the fault. What was got is cut to what may be echoed.
func (p *problem) at(pointer, got, want string) *problem {
	p.Errors = append(p.Errors, fault{clip(pointer), clip(got), want})
	return p
}

func (p *problem) hint(text string) *problem {
	p.Hint = text
	return p
}

// wrong is the common problem: one place, what stands there and what is wanted.
func wrong(code, pointer, got, want string) *problem {
	return newProblem(code, fmt.Sprintf("%s: want %s", clip(pointer), want)).at(pointer, got, want)
}

// clip cuts text from outside to what an error may repeat, at a whole character.
func clip(text string) string {
	n := 0
	for i := range text {
		if n == maxEcho {
			return text[:i]
		}
		n++
	}
	if !utf8.ValidString(text) {
		return fmt.Sprintf("%d bytes that are not UTF-8", len(text))
	}
	return text
}

// asProblem says which problem an error of the store or of the export is. Whatever it does not know is internal: the
// client sees the id of the request and nothing else.
func (s *server) asProblem(id string, err error) *problem {
	var p *problem
	var bad export.BadCode
	switch {
	case errors.As(err, &p):
		copied := *p
		return &copied
	case errors.As(err, &bad):
		return wrong("bad-parameter", "?"+bad.Dim, bad.Got, bad.Want)
	case errors.Is(err, release.ErrMissing):
		return newProblem("not-found", "there is no such release, table, geography or file").hint("GET /v1/releases and /v1/geographies list what there is")
	case errors.Is(err, export.ErrTooLarge):
		return newProblem("too-large", clip(err.Error())).hint("the suffix .csv has no limit")
	case errors.Is(err, export.ErrNoShape):
		return newProblem("not-acceptable", clip(err.Error())).hint("use the suffix .csv")
	}
	s.opt.Log("api: answer failed", "request", id, "error", err.Error())
	return newProblem("internal", "the answer could not be made; the log of the server knows the request by its id")
}

// fail answers with a problem.
func (s *server) fail(w http.ResponseWriter, r *http.Request, err error) {
	id := w.Header().Get("X-Request-Id")
	p := s.asProblem(id, err)
	p.Instance = id
	body, _ := json.Marshal(p) // strings and numbers always encode
	h := w.Header()
	for _, name := range []string{"Content-Encoding", "Content-Disposition", "ETag", "Throng-Releases"} {
		h.Del(name) // of an answer that broke before its first byte
	}
	h.Set("Content-Type", "application/problem+json")
	h.Set("Cache-Control", "no-store")
	h.Set("Vary", vary)
	if p.Status == http.StatusUnauthorized {
		h.Set("WWW-Authenticate", "Bearer")
		if r.Header.Get("Authorization") != "" {
			h.Set("WWW-Authenticate", `Bearer error="invalid_token"`)
		}
	}
	if p.retry > 0 {
		h.Set("Retry-After", strconv.Itoa(int(p.retry.Seconds())))
	}
	w.WriteHeader(p.Status)
	if r.Method != http.MethodHead {
		w.Write(append(body, '\n'))
	}
}

// problem explains a code: the page that "type" points to.
func (s *server) problem(r *http.Request) (answer, error) {
	code := r.PathValue("code")
	k, ok := kinds[code]
	if !ok {
		return answer{}, newProblem("not-found", "no problem is called "+clip(code))
	}
	return jsonAnswer(map[string]any{"code": code, "title": k.title, "status": k.status, "help": k.help})
}
