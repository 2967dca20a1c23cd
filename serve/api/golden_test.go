package api_test

import (
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/cockroachdb/datadriven"

	"github.com/throng-stats/throng/release/memory"
	"github.com/throng-stats/throng/serve/api"
	"github.com/throng-stats/throng/serve/servetest"
)

// noon is the clock of the tests: the embargoed release comes the next morning.
var noon = time.Date(2026, 2, 5, 12, 0, 0, 0, time.UTC)

func newAPI(t testing.TB, now time.Time) http.Handler {
	t.Helper()
	return api.New(filled(t), api.Options{Version: "v0-test", Now: func() time.Time { return now }})
}

// region is a store with the region, filled once: nobody can change what is published.
var region = sync.OnceValues(func() (*memory.Store, error) {
	store := &memory.Store{}
	return store, servetest.Fill(store)
})

// filled is a store with the region.
func filled(t testing.TB) *memory.Store {
	t.Helper()
	store, err := region()
	if err != nil {
		t.Fatal(err)
	}
	return store
}

// send is one request; headers are "Name: value".
func send(h http.Handler, method, target, body string, headers ...string) *httptest.ResponseRecorder {
	r := httptest.NewRequest(method, target, strings.NewReader(body))
	r.Header.Set("X-Request-Id", "test")
	if method == "POST" {
		r.Header.Set("Content-Type", "application/json")
	}
	for _, one := range headers {
		name, value, _ := strings.Cut(one, ": ")
		r.Header.Set(name, value)
	}
	w := httptest.NewRecorder()
	h.ServeHTTP(w, r)
	return w
}

// TestTranscripts replays requests and compares whole answers. Run with -rewrite after a wanted change.
//
//	get [header=Name:value] [token=T] [lines=N]     the input is the path
//	query [token=T] [purpose=P]                     the input is the body
//
// lines says how many lines of the answer are kept. A body may hold square(x0,y0,x1,y1), a perimeter in metres of the plane.
func TestTranscripts(t *testing.T) {
	datadriven.Walk(t, "testdata/transcripts", func(t *testing.T, path string) {
		h := served(t, filepath.Base(path))
		datadriven.RunTest(t, path, func(t *testing.T, d *datadriven.TestData) string {
			var headers []string
			show, method, path, body, address := 40, strings.ToUpper(d.Cmd), d.Input, "", ""
			for _, arg := range d.CmdArgs {
				switch arg.Key {
				case "header":
					headers = append(headers, strings.Replace(arg.Vals[0], ":", ": ", 1))
				case "token":
					headers = append(headers, "Authorization: Bearer "+arg.Vals[0])
				case "purpose":
					address = "?purpose=" + arg.Vals[0]
				case "lines":
					d.ScanArgs(t, "lines", &show)
				}
			}
			if d.Cmd == "query" {
				method, path, body = "POST", "/v1/queries"+address, squares(d.Input)
			}
			return transcript(send(h, method, path, body, headers...), show)
		})
	})
}

// served is the interface that a file of transcripts asks: the region; in "access" the same as real data, its flows
// private; in "quiet" with a day before on which the southern county was counted as one; in "weeks" with weeks before, in "live" with bins of a Tuesday
// after them, in "sales" and "sold" with what companies and public bodies publish.
func served(t testing.TB, file string) http.Handler {
	switch file {
	case "access":
		return newReal(t, noon, &desk{})
	case "quiet":
		store := &memory.Store{}
		if err := errors.Join(servetest.Fill(store), servetest.FillQuiet(store)); err != nil {
			t.Fatal(err)
		}
		return api.New(store, api.Options{Version: "v0-test", Now: func() time.Time { return noon }})
	case "weeks":
		return newWeeks(t)
	case "sales", "sold":
		store := &memory.Store{}
		if err := errors.Join(servetest.Fill(store), servetest.FillSales(store)); err != nil {
			t.Fatal(err)
		}
		return api.New(store, api.Options{Version: "v0-test", Now: func() time.Time { return noon }})
	case "live":
		return newLive(t, "synthetic", servetest.LiveAt, nil)
	}
	return newAPI(t, noon)
}

// newWeeks is the interface on the region with past weeks of people present and of nights.
func newWeeks(t testing.TB) http.Handler {
	store := &memory.Store{}
	if err := errors.Join(servetest.Fill(store), servetest.FillWeeks(store)); err != nil {
		t.Fatal(err)
	}
	return api.New(store, api.Options{Version: "v0-test", Now: func() time.Time { return noon }})
}

// newLive is the interface on the region with past weeks and bins of a live count.
func newLive(t testing.TB, data string, now time.Time, access api.Access) http.Handler {
	store := &memory.Store{}
	if err := errors.Join(servetest.Fill(store), servetest.FillWeeks(store), servetest.FillLive(store, data)); err != nil {
		t.Fatal(err)
	}
	return api.New(store, api.Options{Version: "v0-test", Now: func() time.Time { return now }, Access: access})
}

func transcript(w *httptest.ResponseRecorder, show int) string {
	var b strings.Builder
	fmt.Fprintf(&b, "%d\n", w.Code)
	for _, name := range []string{"Content-Type", "Cache-Control", "WWW-Authenticate", "Throng-Releases", "Content-Disposition", "Allow"} {
		if v := w.Header().Get(name); v != "" {
			fmt.Fprintf(&b, "%s: %s\n", name, v)
		}
	}
	lines := strings.Split(strings.TrimRight(strings.ReplaceAll(w.Body.String(), "\r\n", "\n"), "\n"), "\n")
	for i, line := range lines {
		if i == show {
			fmt.Fprintf(&b, "... %d lines more\n", len(lines)-i)
			break
		}
		if len(line) > 2400 {
			line = line[:2400] + fmt.Sprintf("... %d bytes more", len(line)-2400)
		}
		b.WriteString(line + "\n")
	}
	return b.String()
}

// squares replaces square(x0,y0,x1,y1).
func squares(body string) string {
	for {
		from := strings.Index(body, "square(")
		if from < 0 {
			return body
		}
		to := from + strings.Index(body[from:], ")")
		var x0, y0, x1, y1 float64
		if _, err := fmt.Sscanf(body[from:to+1], "square(%g,%g,%g,%g)", &x0, &y0, &x1, &y1); err != nil {
			panic(err)
		}
		body = body[:from] + servetest.Square(x0, y0, x1, y1) + body[to+1:]
	}
}
