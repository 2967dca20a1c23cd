package api_test

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"
	"unicode/utf8"
)

// hostile is a body and the answer that it must get.
type hostile struct {
	body string
	code string
}

func hostiles() []hostile {
	deep := func(n int) string { return strings.Repeat("[", n) + strings.Repeat("]", n) }
	poly := func(coordinates string) string {
		return `{"product":"present","area":{"polygon":{"type":"Polygon","coordinates":` + coordinates + `}}}`
	}
	many := func(n int) string {
		var b strings.Builder
		for i := range n {
			fmt.Fprintf(&b, "[%.4f,%.4f],", 2+float64(i)*0.0001, 49.0)
		}
		return `[[` + b.String() + `[2.5,49.5],[2,49]]]`
	}
	m1 := `"area":{"zones":["M1"]}`
	return []hostile{
		{``, "bad-json"},
		{`null`, "bad-json"},
		{`[]`, "bad-type"},
		{`"present"`, "bad-type"},
		{`7`, "bad-type"},
		{`{`, "bad-json"},
		{`{"product":"present",}`, "bad-json"},
		{`{'product':'present'}`, "bad-json"},
		{`{"product":"present",` + m1 + `} {}`, "bad-json"},
		{`{"product":"present",` + m1 + `} x`, "bad-json"},
		{`{"product":"present","product":"present",` + m1 + `}`, "bad-json"},
		{`{"product":"present","area":{"zones":["M1"],"zones":["M2"]}}`, "bad-json"},
		{`{"product":null,` + m1 + `}`, "bad-json"},
		{`{"product":"present","time":null,` + m1 + `}`, "bad-json"},
		{`{"product":"present","area":{"zones":[null]}}`, "bad-json"},
		{"{\"product\":\"pre\xffsent\"," + m1 + "}", "bad-json"},
		{`{"product":"\ud800",` + m1 + `}`, "bad-json"},
		{"{\"product\":\"pre\nsent\"," + m1 + "}", "bad-json"},
		{`{"product":NaN,` + m1 + `}`, "bad-json"},
		{`{"product":"present","area":{"polygon":` + deep(20) + `}}`, "bad-json"},
		{deep(100_000), "bad-json"},
		{`{"product":"present","area":` + strings.Repeat(`{"area":`, 9000), "bad-json"},
		{`{"product":"` + strings.Repeat("a", 1<<20) + `"}`, "too-large"},
		{`{"Product":"present",` + m1 + `}`, "unknown-field"},
		{`{"product":"present","AREA":{"zones":["M1"]}}`, "unknown-field"},
		{`{"product":"present",` + m1 + `,"epsilon":5}`, "unknown-field"},
		{`{"product":"present",` + m1 + `,"budget":1,"noise":false}`, "unknown-field"},
		{`{"product":"present","area":{"zones":["M1"],"protected":true}}`, "unknown-field"},
		{`{"product":"present","area":{"polygon":{"type":"Polygon","coordinates":[],"crs":"EPSG:3857"}}}`, "unknown-field"},
		{`{"product":7,` + m1 + `}`, "bad-type"},
		{`{` + m1 + `}`, "bad-type"},
		{`{"product":"present","area":[]}`, "bad-type"},
		{`{"product":"present","area":{"zones":"M1"}}`, "bad-type"},
		{`{"product":"present","area":{"zones":[1]}}`, "bad-type"},
		{`{"product":"present","by":"time",` + m1 + `}`, "bad-type"},
		{`{"product":"present","time":20260203,` + m1 + `}`, "bad-type"},
		{`{"product":"present","geography":1,` + m1 + `}`, "bad-type"},
		{`{"product":"present"}`, "bad-area"},
		{`{"product":"present","area":{}}`, "bad-area"},
		{`{"product":"present","area":{"zones":[]}}`, "bad-area"},
		{`{"product":"present","area":{"zones":["../../etc/passwd"]}}`, "bad-area"},
		{`{"product":"present","area":{"zones":["M1"],"polygon":{"type":"Polygon","coordinates":[]}}}`, "bad-area"},
		{`{"product":"present","area":{"polygon":{"type":"Point","coordinates":[2,49]}}}`, "bad-area"},
		{`{"product":"present","area":{"polygon":{"type":"MultiPolygon"}}}`, "bad-area"},
		{`{"product":"present","area":{"polygon":{}}}`, "bad-area"},
		{poly(`[]`), "bad-area"},
		{poly(`[[]]`), "bad-area"},
		{poly(`[[[2,49]]]`), "bad-area"},
		{poly(`[[[2,49],[2.1,49],[2.1,49.1],[2,49.1]]]`), "bad-area"},                         // not closed
		{poly(`[[[2,49],[2.1,49.1],[2.1,49],[2,49.1],[2,49]]]`), "bad-area"},                  // crosses itself
		{poly(`[[[2,49],[2.1,49],[2.2,49],[2,49]]]`), "bad-area"},                             // a line
		{poly(`[[[2,49],[2,49],[2,49],[2,49]]]`), "bad-area"},                                 // a point
		{poly(`[[[2,49],[2.1,49],[2.1,91],[2,49]]]`), "bad-area"},                             // beyond the pole
		{poly(`[[[2,49],[181,49],[2.1,49.1],[2,49]]]`), "bad-area"},                           // beyond the antimeridian
		{poly(`[[[-179,49],[179,49],[179,50],[-179,49]]]`), "bad-area"},                       // over the antimeridian
		{poly(`[[[2,49],[1e999,49],[2.1,49.1],[2,49]]]`), "bad-area"},                         // no number of this machine
		{poly(`[[[2,49,7],[2.1,49,7],[2.1,49.1,7],[2,49,7]]]`), "bad-area"},                   // heights
		{poly(`[[["2","49"],["3","49"],["3","50"],["2","49"]]]`), "bad-area"},                 // strings
		{poly(`[[{"x":2},{"x":3},{"x":4},{"x":2}]]`), "bad-area"},                             // objects
		{poly(`[[[2,49],[2.1,49],[2.1,49.1],[2,49]],[[5,5],[6,5],[6,6],[5,5]]]`), "bad-area"}, // a hole outside
		{poly(`[[[2,49],[2.00000001,49],[2.00000001,49.00000001],[2,49]]]`), "bad-area"},      // nothing after rounding
		{poly(many(1000)), "too-large"},
		{`{"product":"present","area":{"zones":[` + strings.Repeat(`"M1",`, 1000) + `"M1"]}}`, "too-large"},
		{`{"product":"present","time":"yesterday",` + m1 + `}`, "bad-time"},
		{`{"product":"present","time":"",` + m1 + `}`, "bad-time"},
		{`{"product":"present","time":"2026-02-03T00:00:00/2026-02-04T00:00:00",` + m1 + `}`, "bad-time"},        // no zone
		{`{"product":"present","time":"2026-02-04T00:00:00Z/2026-02-03T00:00:00Z",` + m1 + `}`, "bad-time"},      // backwards
		{`{"product":"present","time":"2026-02-03T00:00:00Z/2026-02-03T00:00:00Z",` + m1 + `}`, "bad-time"},      // empty
		{`{"product":"present","time":"2026-02-03T00:00:00,5Z/2026-02-04T00:00:00Z",` + m1 + `}`, "bad-time"},    // comma
		{`{"product":"present","time":"2026-02-03T0:00:00Z/2026-02-04T00:00:00Z",` + m1 + `}`, "bad-time"},       // one digit
		{`{"product":"present","time":"2026-02-03T00:00:00+24:00/2026-02-04T00:00:00Z",` + m1 + `}`, "bad-time"}, // offset
		{`{"product":"present","time":"2026-02-30T00:00:00Z/2026-03-04T00:00:00Z",` + m1 + `}`, "bad-time"},      // no such day
		{`{"product":"present","time":"2026-02-03T00:00:00Z/P",` + m1 + `}`, "bad-time"},                         // no length
		{`{"product":"present","time":"2026-02-03T00:00:00Z/P1DT",` + m1 + `}`, "bad-time"},                      // no length after T
		{`{"product":"present","time":"2026-02-03T00:00:00Z/P-1D",` + m1 + `}`, "bad-time"},                      // negative
		{`{"product":"present","time":"2026-02-03T00:00:00Z/P99999DT999999H/x",` + m1 + `}`, "bad-time"},         // more parts
		{`{"product":"present","by":[],` + m1 + `}`, "bad-parameter"},
		{`{"product":"present","by":["religion"],` + m1 + `}`, "bad-parameter"},
		{`{"product":"present","by":["subscriber"],` + m1 + `}`, "bad-parameter"},
		{`{"product":"present","by":[` + strings.Repeat(`"time",`, 99) + `"time"],` + m1 + `}`, "too-large"},
		{`{"product":"present","by":["gender,age"],` + m1 + `}`, "cross-not-released"},
		{`{"product":"present","by":["time×gender"],` + m1 + `}`, "cross-not-released"},
		{`{"product":"` + strings.Repeat("é", 500) + `",` + m1 + `}`, "not-a-product"},
		{`{"product":"present'; drop table releases; --",` + m1 + `}`, "not-a-product"},
		{`{"product":"flows-day",` + m1 + `}`, "not-a-product"},
		{`{"product":"present","geography":"mars",` + m1 + `}`, "period-missing"},
		{`{"product":"present","time":"1970-01-01",` + m1 + `}`, "period-missing"},
		{poly(`[[[0,0],[1,0],[1,1],[0,1],[0,0]]]`), "area-outside"},
		{poly(`[[[-180,-90],[-179,-90],[-179,-89],[-180,-90]]]`), "area-outside"},
	}
}

func TestHostileBodies(t *testing.T) {
	h := newAPI(t, noon)
	list := hostiles()
	if len(list) < 50 {
		t.Fatalf("%d hostile bodies, want at least 50", len(list))
	}
	for _, one := range list {
		w := send(h, "POST", "/v1/queries", one.body)
		var p struct {
			Type   string
			Status int
			Detail string
			Hint   string
			Errors []struct{ Pointer, Got, Want string }
		}
		if err := json.Unmarshal(w.Body.Bytes(), &p); err != nil {
			t.Fatalf("%.100s: the answer is no JSON: %s", one.body, w.Body)
		}
		if p.Type != "/problems/"+one.code || p.Status != w.Code || w.Header().Get("Content-Type") != "application/problem+json" {
			t.Errorf("%.120s\ngot %d %s (%s %v), want %s", one.body, w.Code, p.Type, p.Detail, p.Errors, one.code)
		}
		for _, e := range p.Errors {
			if utf8.RuneCountInString(e.Got) > 200 || utf8.RuneCountInString(e.Pointer) > 200 {
				t.Errorf("%.120s: the error echoes more than 200 characters: %v", one.body, e)
			}
		}
		if utf8.RuneCountInString(p.Detail) > 400 {
			t.Errorf("%.120s: the detail has %d characters", one.body, utf8.RuneCountInString(p.Detail))
		}
	}
}

func TestMediaTypeOfQueries(t *testing.T) {
	h := newAPI(t, noon)
	body := `{"product":"present","area":{"zones":["M1"]}}`
	for media, want := range map[string]int{"application/json": 200, "application/json; charset=utf-8": 200, "text/plain": 415,
		"application/x-www-form-urlencoded": 415, "": 415, ";": 415} {
		if w := send(h, "POST", "/v1/queries", body, "Content-Type: "+media); w.Code != want {
			t.Errorf("Content-Type %q: got %d, want %d", media, w.Code, want)
		}
	}
}

// TestNothingPointsAtProtectedPlaces looks for words that may stand in no answer, and asks for places as small as a
// building: they are answered like any area smaller than its leaf.
func TestNothingPointsAtProtectedPlaces(t *testing.T) {
	h := newAPI(t, noon)
	texts := []string{
		send(h, "GET", "/v1/geographies/toy/2026-01-01.json", "").Body.String(),
		send(h, "GET", "/v1/openapi.json", "").Body.String(),
	}
	for i := range 10 {
		x := 1003.0 + float64(i)*290
		texts = append(texts, send(h, "POST", "/v1/queries", squares(fmt.Sprintf(`{"product":"present","area":{"polygon":square(%g,1500,%g,1520)}}`, x, x+20))).Body.String())
	}
	for i, text := range texts {
		for _, word := range []string{"protect", "shelter", "merged", "antenna", "suppressed\"}"} {
			if strings.Contains(text, word) {
				t.Errorf("text %d has the word %s", i, word)
			}
		}
		if i >= 2 && (!strings.Contains(text, `"smaller_than_leaf":true`) || !strings.Contains(text, `"status":"modelled"`)) {
			t.Errorf("a place of 20 m is not answered like a share of a leaf: %.300s", text)
		}
	}
}

func FuzzQueryBody(f *testing.F) {
	for _, one := range hostiles() {
		if len(one.body) < 4096 {
			f.Add(one.body)
		}
	}
	f.Add(`{"product":"present","area":{"polygon":{"type":"Polygon","coordinates":[[[2,49],[2.02,49],[2.02,49.02],[2,49]]]}},"by":["time","age"]}`)
	h := newAPI(f, noon)
	allowed := map[int]bool{200: true, 400: true, 403: true, 413: true, 422: true}
	f.Fuzz(func(t *testing.T, body string) {
		w := send(h, "POST", "/v1/queries", body)
		if !allowed[w.Code] || !json.Valid(w.Body.Bytes()) {
			t.Errorf("got %d %s", w.Code, w.Body)
		}
	})
}
