package api_test

import (
	"bytes"
	"compress/gzip"
	"errors"
	"io"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/throng-stats/throng/release"
	"github.com/throng-stats/throng/release/memory"
	"github.com/throng-stats/throng/serve/api"
	"github.com/throng-stats/throng/serve/servetest"
)

const tablePath = "/v1/releases/" + servetest.Day + "/tables/"

func TestTags(t *testing.T) {
	h := newAPI(t, noon)
	tags := map[string]string{}
	for _, path := range []string{"/v1", "/v1/openapi.json", "/v1/releases", "/v1/geographies/toy/2026-01-01.json", tablePath + "total", tablePath + "total.csv",
		tablePath + "total?layout=columns", tablePath + "total?zone=M1", tablePath + "total?kind=measured", tablePath + "age"} {
		plain, packed := send(h, "GET", path, ""), send(h, "GET", path, "", "Accept-Encoding: gzip")
		if a, b := plain.Header().Get("ETag"), packed.Header().Get("ETag"); a == b && packed.Header().Get("Content-Encoding") != "" {
			t.Errorf("%s: both codings have the tag %s", path, a)
		}
		for coding, w := range map[string]string{"plain": plain.Header().Get("ETag"), "gzip": packed.Header().Get("ETag")} {
			if before, ok := tags[w]; ok && before != path {
				t.Errorf("%s and %s have the tag %s", path, before, w)
			}
			tags[w] = path
			again := send(h, "GET", path, "", "If-None-Match: \"other\", "+w, "Accept-Encoding: "+map[string]string{"plain": "identity", "gzip": "gzip"}[coding])
			if again.Code != 304 || again.Body.Len() != 0 || again.Header().Get("ETag") != w {
				t.Errorf("%s, %s: got %d with %d bytes and tag %s, want 304 with none and %s", path, coding, again.Code, again.Body.Len(), again.Header().Get("ETag"), w)
			}
		}
		if w := send(h, "GET", path, "", `If-None-Match: "other"`); w.Code != 200 {
			t.Errorf("%s: an unknown tag is answered %d", path, w.Code)
		}
		if vary := plain.Header().Get("Vary"); vary != "Accept, Accept-Encoding" {
			t.Errorf("%s: Vary is %q", path, vary)
		}
	}
}

func TestPacking(t *testing.T) {
	h := newAPI(t, noon)
	plain := send(h, "GET", tablePath+"age", "")
	for accept, packed := range map[string]bool{"gzip": true, "br, gzip;q=0.5": true, "*": true, "gzip;q=0": false, "br": false, "": false} {
		w := send(h, "GET", tablePath+"age", "", "Accept-Encoding: "+accept)
		if got := w.Header().Get("Content-Encoding") == "gzip"; got != packed {
			t.Errorf("Accept-Encoding %q: packed is %v, want %v", accept, got, packed)
			continue
		}
		body := w.Body.Bytes()
		if packed {
			z, err := gzip.NewReader(w.Body)
			if err != nil {
				t.Fatal(err)
			}
			if body, err = io.ReadAll(z); err != nil {
				t.Fatal(err)
			}
		}
		if !bytes.Equal(body, plain.Body.Bytes()) {
			t.Errorf("Accept-Encoding %q: another text", accept)
		}
	}
}

func TestHeaders(t *testing.T) {
	h := newAPI(t, noon)
	if w := send(h, "HEAD", tablePath+"total", ""); w.Code != 200 || w.Body.Len() != 0 || w.Header().Get("ETag") == "" {
		t.Errorf("HEAD: got %d with %d bytes, want 200, none, and a tag", w.Code, w.Body.Len())
	}
	for given, kept := range map[string]bool{"abc-1": true, "": false, "a b": false, strings.Repeat("a", 65): false, "x\"y": false} {
		got := send(h, "GET", "/v1", "", "X-Request-Id: "+given).Header().Get("X-Request-Id")
		if (got == given) != kept || got == "" {
			t.Errorf("X-Request-Id %q came back as %q", given, got)
		}
	}
	if got := send(h, "GET", "/v1", "").Header().Get("X-Content-Type-Options"); got != "nosniff" {
		t.Errorf("X-Content-Type-Options is %q", got)
	}
}

// TestEmbargo reads a release just before and at its not_before.
func TestEmbargo(t *testing.T) {
	before, after := newAPI(t, servetest.EmbargoAt.Add(-time.Nanosecond)), newAPI(t, servetest.EmbargoAt)
	for _, path := range []string{"", "/manifest", "/claim", "/quality", "/tables/total", "/tables/total.csv", "/tables/total?kind=measured", "/tables/nothing"} {
		if w := send(before, "GET", "/v1/releases/"+servetest.Embargo+path, ""); w.Code != 403 {
			t.Errorf("%s before: got %d, want 403", path, w.Code)
		}
		if w := send(after, "GET", "/v1/releases/"+servetest.Embargo+path, ""); w.Code != 200 && path != "/tables/nothing" {
			t.Errorf("%s after: got %d, want 200", path, w.Code)
		}
	}
	body := `{"product":"present","area":{"zones":["M1"]},"time":"2026-02-03T12:00:00Z/2026-02-05T00:00:00Z"}`
	if w := send(before, "POST", "/v1/queries", body); strings.Contains(w.Body.String(), servetest.Embargo) {
		t.Errorf("a query before shows the embargoed release: %s", w.Body)
	}
	if w := send(after, "POST", "/v1/queries", body); w.Header().Get("Throng-Releases") != servetest.Day+", "+servetest.Embargo {
		t.Errorf("a query after uses %q", w.Header().Get("Throng-Releases"))
	}
}

// marked is a store whose releases say another word about their data, or a not_before that cannot be read.
type marked struct {
	release.Store
	data, notBefore string
}

func (s marked) Manifest(id string) (release.Manifest, error) {
	m, err := s.Store.Manifest(id)
	m.Data, m.NotBefore = s.data, s.notBefore
	return m, err
}

func TestIgnoreEmbargoIsForDataOfNobody(t *testing.T) {
	for _, one := range []struct {
		data, notBefore string
		ignore          bool
		want            int
	}{
		{"synthetic", "2099-01-01T00:00:00Z", true, 200},
		{"public", "2099-01-01T00:00:00Z", true, 200},
		{"real", "2099-01-01T00:00:00Z", true, 403},
		{"synthetic", "2099-01-01T00:00:00Z", false, 403},
		{"real", "soon", false, 403},
		{"real", "", false, 200},
		{"real", "2026-02-05T11:59:59Z", false, 200},
	} {
		h := api.New(marked{filled(t), one.data, one.notBefore}, api.Options{Now: func() time.Time { return noon }, IgnoreEmbargo: one.ignore})
		w := send(h, "GET", tablePath+"total", "")
		if w.Code != one.want {
			t.Errorf("%+v: got %d", one, w.Code)
		}
		if cache := w.Header().Get("Cache-Control"); w.Code == 200 && strings.Contains(cache, "immutable") != (one.data == "real") {
			t.Errorf("%+v: Cache-Control is %q", one, cache)
		}
	}
}

// broken is a store that fails.
type broken struct{ release.Store }

func (broken) Heads() ([]release.Head, error) {
	return nil, errors.New("/secret/path: disk on fire")
}
func (broken) Manifest(string) (release.Manifest, error) {
	panic("a broken invariant with a secret")
}

// TestFaultsOfTheServerStayInside: the client sees an id, the log sees the reason.
func TestFaultsOfTheServerStayInside(t *testing.T) {
	var logged strings.Builder
	h := api.New(broken{}, api.Options{Log: func(message string, args ...any) {
		logged.WriteString(message)
		for _, a := range args {
			if err, ok := a.(string); ok {
				logged.WriteString(" " + err)
			}
		}
	}})
	for _, path := range []string{"/v1", "/v1/releases/x/claim"} {
		w := send(h, "GET", path, "")
		if w.Code != http.StatusInternalServerError || strings.Contains(w.Body.String(), "secret") || !strings.Contains(w.Body.String(), `"instance":"test"`) {
			t.Errorf("%s: got %d %s", path, w.Code, w.Body)
		}
	}
	if !strings.Contains(logged.String(), "disk on fire") || strings.Count(logged.String(), "secret") != 2 {
		t.Errorf("the log has %q", logged.String())
	}
}

// TestEmptyStore is the first minute of an installation.
func TestEmptyStore(t *testing.T) {
	h := api.New(&memory.Store{}, api.Options{})
	for path, want := range map[string]int{"/v1": 200, "/v1/products": 200, "/v1/releases": 200, "/v1/geographies": 200, "/v1/ledger": 404} {
		if w := send(h, "GET", path, ""); w.Code != want {
			t.Errorf("%s: got %d %s, want %d", path, w.Code, w.Body, want)
		}
	}
	if w := send(h, "POST", "/v1/queries", `{"product":"present","area":{"zones":["M1"]}}`); w.Code != 422 {
		t.Errorf("a query: got %d, want 422", w.Code)
	}
}
