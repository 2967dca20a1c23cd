package api_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/throng-stats/throng/release"
	"github.com/throng-stats/throng/release/memory"
	"github.com/throng-stats/throng/serve/api"
	"github.com/throng-stats/throng/serve/servetest"
)

// desk is an Access with two clients, that remembers.
type desk struct {
	mu      sync.Mutex
	entries []api.Entry
	full    error // of Record
}

const (
	cityToken = "city-0123456789abcdefghijklmnop"
	ownToken  = "own-0123456789abcdefghijklmnopq"
)

func (d *desk) Allow(token, purpose string) (string, error) {
	may, ok := map[string][]string{cityToken: {"transport", "safety"}, ownToken: {"own-market"}}[token]
	switch {
	case !ok:
		return "", api.ErrToken
	case !slices.Contains(may, purpose):
		return "", api.ErrPurpose
	}
	return strings.Split(token, "-")[0], nil
}

func (d *desk) Record(e api.Entry) error {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.full == nil {
		d.entries = append(d.entries, e)
	}
	return d.full
}

func (d *desk) Months() ([]api.Month, error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	if len(d.entries) == 0 {
		return nil, nil
	}
	return []api.Month{{Month: d.entries[0].Time.Format("2006-01"), Small: len(d.entries)}}, nil
}

// edited is a store whose manifests say something else; those that edit does not keep are not there.
type edited struct {
	release.Store
	edit func(m *release.Manifest) (kept bool)
}

func (s edited) Heads() ([]release.Head, error) {
	list, err := s.Store.List()
	var out []release.Head
	for _, m := range list {
		if s.edit(&m) {
			out = append(out, m.Head())
		}
	}
	return out, err
}

func (s edited) Manifest(id string) (release.Manifest, error) {
	m, err := s.Store.Manifest(id)
	if err == nil && !s.edit(&m) {
		return release.Manifest{}, release.ErrMissing
	}
	return m, err
}

// newReal serves the region as if it were real, its flows private.
func newReal(t testing.TB, now time.Time, access api.Access) http.Handler {
	return api.New(edited{filled(t), func(m *release.Manifest) bool {
		m.Data = "real"
		if m.ID == servetest.Flows {
			m.Options = map[string]string{"publish.private": "true"}
		}
		return true
	}}, api.Options{Version: "v0-test", Now: func() time.Time { return now }, Access: access})
}

// small asks about a perimeter of four leaves.
func small(time string) string {
	return squares(`{"product":"present","area":{"polygon":square(0,0,3000,2000)},"time":"` + time + `"}`)
}

func codeOf(t *testing.T, w *httptest.ResponseRecorder) string {
	t.Helper()
	var p struct{ Type string }
	if err := json.Unmarshal(w.Body.Bytes(), &p); err != nil {
		t.Fatal(err, w.Body)
	}
	return strings.TrimPrefix(p.Type, "/problems/")
}

// TestSmallPerimeters: the clock is noon of 5 February, so bins that end after noon of the 3rd are watched.
func TestSmallPerimeters(t *testing.T) {
	for _, one := range []struct {
		data, body string
		now        time.Time
		want       string // without tokens at all
	}{
		{"real", small("2026-02-03T12:00:00Z/PT1H"), noon, "scope-missing"},
		{"public", small("2026-02-03T12:00:00Z/PT1H"), noon, "scope-missing"},
		{"a word that nobody knows", small("2026-02-03T12:00:00Z/PT1H"), noon, "scope-missing"},
		{"synthetic", small("2026-02-03T12:00:00Z/PT1H"), noon, ""},
		{"real", small("2026-02-03T11:00:00Z/PT1H"), noon, ""},                                // its bin ends at the instant
		{"real", small("2026-02-03T11:00:00Z/2026-02-03T12:00:00.1Z"), noon, "scope-missing"}, // has a part in the next bin
		{"real", small("2026-02-03T11:10:00Z/PT1M"), noon.Add(-time.Minute), "scope-missing"}, // the bin is watched, not the minute
		{"real", small("2026-02-03T12:00:00Z/PT1H"), noon.Add(time.Hour), ""},
		{"real", small("2026-02-03"), noon, "scope-missing"},
		{"real", small("2026-02-01T00:00:00Z/2026-03-01T00:00:00Z"), noon, "scope-missing"},
		{"real", small("2026-02-03"), noon.AddDate(0, 0, 3), ""},
		{"real", small("2026-02-03T12:00:00Z/PT1H"), noon.AddDate(0, 0, -1), "scope-missing"}, // a clock that is late watches more
		{"real", `{"product":"present","area":{"zones":["M1"]},"time":"2026-02-03"}`, noon, ""},
	} {
		h := api.New(edited{filled(t), func(m *release.Manifest) bool { m.Data = one.data; return true }}, api.Options{Now: func() time.Time { return one.now }})
		w := send(h, "POST", "/v1/queries", one.body)
		if got := codeOf(t, w); got != one.want || (w.Code == 200) != (one.want == "") || w.Code != 200 && strings.Contains(w.Body.String(), "estimate") {
			t.Errorf("%s at %v, %s: got %d %s, want %q", one.data, one.now, one.body, w.Code, w.Body, one.want)
		}
	}
}

// TestFreeQuestionsDoNotChange: what needs no token has the same bytes with and without tokens, purpose and access, and
// nothing of it is logged.
func TestFreeQuestionsDoNotChange(t *testing.T) {
	d := &desk{}
	closed, open := newReal(t, noon, nil), newReal(t, noon, d)
	for _, body := range []string{small("2026-02-03T08:00:00Z/PT3H"), `{"product":"present","area":{"zones":["M1","M2"]},"by":["time","age"]}`} {
		first := send(closed, "POST", "/v1/queries", body)
		for name, w := range map[string]*httptest.ResponseRecorder{
			"tokens":  send(open, "POST", "/v1/queries", body),
			"a token": send(open, "POST", "/v1/queries", body, "Authorization: Bearer "+cityToken),
			"no such": send(open, "POST", "/v1/queries", body, "Authorization: Bearer nobody"),
			"purpose": send(open, "POST", "/v1/queries?purpose=tourism", body),
		} {
			if first.Code != 200 || w.Code != 200 || w.Body.String() != first.Body.String() || w.Header().Get("ETag") != first.Header().Get("ETag") {
				t.Errorf("%s, with %s: got %d and other bytes than %d", body, name, w.Code, first.Code)
			}
		}
	}
	if len(d.entries) != 0 {
		t.Errorf("free questions are in the log: %v", d.entries)
	}
}

// TestSmallPerimetersAreLogged: one entry for each question, before its answer, and nothing of the perimeter in it.
func TestSmallPerimetersAreLogged(t *testing.T) {
	d := &desk{}
	h := newReal(t, noon, d)
	body := small("2026-02-03T12:00:00Z/PT1H")
	for i, purpose := range []string{"transport", "safety"} {
		w := send(h, "POST", "/v1/queries?purpose="+purpose, body, "Authorization: bearer  "+cityToken)
		if w.Code != 200 || w.Header().Get("Cache-Control") != "private, no-cache" {
			t.Fatalf("got %d %v %s", w.Code, w.Header(), w.Body)
		}
		var a struct{ ID string }
		if err := json.Unmarshal(w.Body.Bytes(), &a); err != nil {
			t.Fatal(err)
		}
		if len(d.entries) != i+1 || d.entries[i] != (api.Entry{Time: noon, Client: "city", Purpose: purpose, Query: a.ID, Leaves: 4, KM2: 6}) {
			t.Errorf("the log has %+v", d.entries)
		}
	}
	if got := strings.TrimSpace(send(h, "GET", "/v1/access", "").Body.String()); got != `{"months":[{"month":"2026-02","small_perimeters":2}]}` {
		t.Errorf("/v1/access is %s", got)
	}
	d.full = errors.New("disk full at /secret")
	w := send(h, "POST", "/v1/queries?purpose=safety", body, "Authorization: Bearer "+cityToken)
	if w.Code != 500 || strings.Contains(w.Body.String(), "estimate") || strings.Contains(w.Body.String(), "secret") {
		t.Errorf("an entry that cannot be kept: got %d %s, want 500 and no number", w.Code, w.Body)
	}
}

// TestHostileTokens sends what is no token of anybody. None is answered, logged or repeated.
func TestHostileTokens(t *testing.T) {
	d := &desk{}
	var logged strings.Builder
	h := api.New(edited{filled(t), func(m *release.Manifest) bool { m.Data = "real"; return true }}, api.Options{Now: func() time.Time { return noon }, Access: d,
		Log: func(message string, args ...any) { fmt.Fprintln(&logged, message, args) }})
	body := small("2026-02-03T12:00:00Z/PT1H")
	for _, header := range []string{"", "Bearer", "Bearer ", "Bearer  ", cityToken, "Basic " + cityToken, "Bearer" + cityToken, "Bearer " + cityToken[1:],
		"Bearer " + cityToken + "x", "Bearer " + cityToken + " " + cityToken, "Bearer " + cityToken + ", Bearer " + cityToken, "Bearer \"" + cityToken + "\"",
		"Bearer " + strings.ToUpper(cityToken), "Bearer " + strings.Repeat("a", 1<<20), "Bearer ../../etc/passwd", "Bearer \x00", "Bearer é", "Bearer null",
		"Bearer " + cityToken + "\x00", "Token " + cityToken, "Bearer\t" + cityToken, "Bearer ' OR 1=1 --", "Bearer ={}", "Bearer ===="} {
		r := httptest.NewRequest("POST", "/v1/queries?purpose=transport", strings.NewReader(body))
		r.Header["Content-Type"], r.Header["Authorization"] = []string{"application/json"}, []string{header}
		w := httptest.NewRecorder()
		h.ServeHTTP(w, r)
		if w.Code != 401 || codeOf(t, w) != "token-missing" || !strings.HasPrefix(w.Header().Get("WWW-Authenticate"), "Bearer") {
			t.Errorf("%.60q: got %d %s", header, w.Code, w.Body)
		}
		if strings.Contains(w.Body.String(), cityToken[1:]) {
			t.Errorf("%.60q: the answer repeats the token: %s", header, w.Body)
		}
	}
	r := httptest.NewRequest("POST", "/v1/queries?purpose=transport", strings.NewReader(body))
	r.Header["Content-Type"], r.Header["Authorization"] = []string{"application/json"}, []string{"Bearer " + cityToken, "Bearer " + cityToken}
	w := httptest.NewRecorder()
	if h.ServeHTTP(w, r); w.Code != 401 {
		t.Errorf("two headers: got %d, want 401", w.Code)
	}
	if len(d.entries) != 0 || logged.Len() != 0 {
		t.Errorf("in the log: %v %s", d.entries, &logged)
	}
}

func TestPurposes(t *testing.T) {
	h := newReal(t, noon, &desk{})
	with := func(purpose string) string {
		return strings.Replace(small("2026-02-03T12:00:00Z/PT1H"), `{"product"`, `{"purpose":`+purpose+`,"product"`, 1)
	}
	for _, one := range []struct{ address, body, want string }{
		{"", with(`"transport"`), ""},
		{"?purpose=transport", with(`"transport"`), ""},
		{"", small("2026-02-03T12:00:00Z/PT1H"), "bad-parameter"},
		{"?purpose=", small("2026-02-03T12:00:00Z/PT1H"), "bad-parameter"},
		{"?purpose=safety", with(`"transport"`), "bad-parameter"},
		{"?purpose=safety&purpose=safety", small("2026-02-03T12:00:00Z/PT1H"), "bad-parameter"},
		{"", with(`"policing"`), "bad-parameter"},
		{"", with(`"Transport"`), "bad-parameter"},
		{"", with(`7`), "bad-type"},
		{"", with(`["transport"]`), "bad-type"},
		{"", with(`"tourism"`), "scope-missing"},
		{"", with(`"own-market"`), "scope-missing"},
	} {
		w := send(h, "POST", "/v1/queries"+one.address, one.body, "Authorization: Bearer "+cityToken)
		if got := codeOf(t, w); got != one.want {
			t.Errorf("%s %.60s: got %d %s, want %q", one.address, one.body, w.Code, w.Body, one.want)
		}
	}
}

// TestPrivateReleases: without a token for own-market, everything reads as if a private release did not exist.
func TestPrivateReleases(t *testing.T) {
	store := &memory.Store{}
	if err := errors.Join(servetest.Fill(store), servetest.FillQuiet(store)); err != nil {
		t.Fatal(err)
	}
	real := func(keep bool) edited {
		return edited{store, func(m *release.Manifest) bool {
			m.Data = "real"
			if m.ID == servetest.Flows {
				m.Options, m.Geo.Version = map[string]string{"publish.private": "true"}, servetest.QuietVersion // a geography of its own
			}
			return m.ID != servetest.Quiet && (keep || m.ID != servetest.Flows)
		}}
	}
	options := api.Options{Now: func() time.Time { return noon }, Access: &desk{}}
	h, without := api.New(real(true), options), api.New(real(false), options)
	paths := []string{"/v1", "/v1/products", "/v1/products/flows-day", "/v1/available?product=flows-day", "/v1/available?product=present", "/v1/geographies",
		"/v1/releases", "/v1/releases?product=flows-day"}
	for _, suffix := range []string{"", "/manifest", "/claim", "/quality", "/tables/total", "/tables/total.csv", "/tables/nothing"} {
		paths = append(paths, "/v1/releases/"+servetest.Flows+suffix)
	}
	for _, path := range paths {
		for _, token := range []string{"", "Bearer nobody", "Bearer " + cityToken} {
			got, want := send(h, "GET", path, "", "Authorization: "+token), send(without, "GET", path, "", "Authorization: "+token)
			if got.Code != want.Code || got.Body.String() != want.Body.String() || got.Header().Get("ETag") != want.Header().Get("ETag") {
				t.Errorf("%s with %q: got %d %s\nwant %d %s", path, token, got.Code, got.Body, want.Code, want.Body)
			}
		}
	}
	body := `{"product":"flows-day","area":{"zones":["M1"]}}`
	if got, want := send(h, "POST", "/v1/queries", body).Body.String(), send(without, "POST", "/v1/queries", body).Body.String(); got != want {
		t.Errorf("a query: got %s, want %s", got, want)
	}
	ground := "/v1/geographies/toy/" + servetest.QuietVersion + ".geojson"
	if got, want := send(h, "GET", ground, ""), send(h, "GET", "/v1/geographies/toy/x.geojson", ""); got.Code != 404 || got.Body.String() != strings.Replace(want.Body.String(), "version x", "version "+servetest.QuietVersion, 1) {
		t.Errorf("the geography of a private release: got %d %s, want %s", got.Code, got.Body, want.Body)
	}
	if w := send(h, "GET", ground, "", "Authorization: Bearer "+ownToken); w.Code != 200 {
		t.Errorf("the geography of a private release with a token: got %d", w.Code)
	}
	for _, path := range []string{"/v1/releases", "/v1/products", "/v1/geographies", "/v1/releases/" + servetest.Flows, "/v1/releases/" + servetest.Flows + "/tables/total"} {
		w := send(h, "GET", path, "", "Authorization: Bearer "+ownToken)
		if w.Code != 200 || !strings.Contains(w.Body.String(), "flows-day") && !strings.Contains(w.Body.String(), servetest.QuietVersion) || w.Header().Get("Cache-Control") != "private, no-cache" {
			t.Errorf("%s with a token: got %d %s %s", path, w.Code, w.Header().Get("Cache-Control"), w.Body)
		}
	}
}

// TestPrivateWords: only an empty word and false are public.
func TestPrivateWords(t *testing.T) {
	for word, want := range map[string]int{"": 200, "false": 200, "true": 404, "True": 404, "1": 404, "no": 404} {
		h := api.New(edited{filled(t), func(m *release.Manifest) bool { m.Options = map[string]string{"publish.private": word}; return true }}, api.Options{Now: func() time.Time { return noon }})
		if w := send(h, "GET", tablePath+"total", ""); w.Code != want {
			t.Errorf("publish.private %q: got %d, want %d", word, w.Code, want)
		}
	}
}
