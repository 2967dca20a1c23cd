package driver_test

import (
	"bytes"
	"compress/gzip"
	"context"
	"encoding/binary"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"math"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/parquet-go/parquet-go"

	"github.com/throng-stats/throng/config"
	"github.com/throng-stats/throng/driver"
	"github.com/throng-stats/throng/driver/embedded"
	"github.com/throng-stats/throng/release"
	"github.com/throng-stats/throng/release/disk"
	"github.com/throng-stats/throng/serve/api"
	"github.com/throng-stats/throng/serve/export"
)

// hits counts what was scanned and reports poison in it.
type hits struct {
	t     testing.TB
	mu    sync.Mutex
	texts int
	bytes int64
}

// scan looks for poison in bytes.
func (h *hits) scan(what string, content []byte) {
	h.mu.Lock()
	h.texts++
	h.bytes += int64(len(content))
	h.mu.Unlock()
	if at := poison.FindIndex(content); at != nil {
		h.t.Errorf("%s: byte %d holds %q", what, at[0], content[at[0]:at[1]])
	}
}

// numbers looks for coordinates of antennas as a binary file would hold them.
func (h *hits) numbers(what string, content []byte) {
	for i := range worldCells {
		lat, lon := poisoned(48.705+float64(i/8)*.032, 2.105+float64(i%8)*.024)
		for _, text := range []string{lat, lon} {
			var x float64
			fmt.Sscan(text, &x)
			for _, b := range [][]byte{binary.LittleEndian.AppendUint64(nil, math.Float64bits(x)), binary.BigEndian.AppendUint64(nil, math.Float64bits(x))} {
				if bytes.Contains(content, b) {
					h.t.Errorf("%s: holds a coordinate of an antenna as a number", what)
				}
			}
		}
	}
}

// folder scans every file below a folder, its name, and of Parquet every value, footer and statistic.
func (h *hits) folder(what, dir string) {
	err := filepath.WalkDir(dir, func(path string, d fs.DirEntry, err error) error {
		if errors.Is(err, fs.ErrNotExist) {
			return nil // a spill that ended meanwhile
		}
		if err != nil {
			return err
		}
		name, _ := filepath.Rel(dir, path)
		h.scan(what+": the name "+name, []byte(name))
		if d.IsDir() {
			return nil
		}
		content, err := os.ReadFile(path)
		if errors.Is(err, fs.ErrNotExist) {
			return nil
		}
		if err != nil {
			return err
		}
		h.scan(what+"/"+name, content)
		h.numbers(what+"/"+name, content)
		if strings.HasSuffix(name, ".parquet") {
			h.parquet(what+"/"+name, content)
		}
		return nil
	})
	if err != nil {
		h.t.Fatal(err)
	}
}

// parquet writes a whole file out as text, compressed pages, dictionaries, statistics and footers included, and scans it.
func (h *hits) parquet(what string, content []byte) {
	f, err := parquet.OpenFile(bytes.NewReader(content), int64(len(content)))
	if err != nil {
		h.t.Fatal(err)
	}
	var out bytes.Buffer
	fmt.Fprintf(&out, "%+v\n", f.Metadata())
	for _, kv := range f.Metadata().KeyValueMetadata {
		fmt.Fprintln(&out, kv.Key, kv.Value)
	}
	for _, group := range f.RowGroups() {
		for _, chunk := range group.ColumnChunks() {
			if index, err := chunk.ColumnIndex(); err == nil && index != nil {
				for i := range index.NumPages() {
					fmt.Fprintln(&out, index.MinValue(i), index.MaxValue(i))
				}
			}
			pages := chunk.Pages()
			for {
				page, err := pages.ReadPage()
				if err != nil {
					break
				}
				values := make([]parquet.Value, page.NumValues())
				n, _ := page.Values().ReadValues(values)
				for _, v := range values[:n] {
					fmt.Fprintln(&out, v)
				}
			}
			pages.Close()
		}
	}
	h.scan(what+" (values)", out.Bytes())
}

// TestNothingLeaks is attack 10 of privacy.md, section 20, on everything that the machine of the holder writes down or
// answers: the state folder at rest and while a run spills, temporary files, the releases, what a run and a check hand out,
// and every answer of the API, at rest, refused and packed. Nothing personal, and nothing of the cell plan or of protected
// places, may be in any of it.
func TestNothingLeaks(t *testing.T) {
	w := newWorld(t)
	w.write(t)
	h := &hits{t: t}
	temporary := filepath.Join(w.dir, "tmp")
	if err := os.Mkdir(temporary, 0o700); err != nil {
		t.Fatal(err)
	}
	t.Setenv("TMPDIR", temporary)
	spilled := 0
	sum, err := driver.Run(context.Background(), w.job(t), driver.RunOptions{Out: w.out(), Code: "test 1", Note: func(text string) { h.scan("note", []byte(text)) },
		Tuning: embedded.Tuning{Workers: 2, Memory: 1, Progress: func(int64, int64) {
			spilled++
			h.folder("state while it reads", w.state())
			h.folder("temporary files while it reads", temporary)
		}}})
	if err != nil {
		t.Fatal(err)
	}
	if spilled == 0 || sum.Spilled == 0 {
		t.Errorf("the run spilled %d bytes and was watched %d times; the test shows nothing", sum.Spilled, spilled)
	}
	text, err := json.Marshal(sum)
	if err != nil {
		t.Fatal(err)
	}
	h.scan("summary of the run", append(text, fmt.Sprintf("%+v", *sum)...))
	report, err := driver.Check(context.Background(), w.job(t), "", "", func(int64, int64) {})
	if err != nil {
		t.Fatal(err)
	}
	text, _ = json.Marshal(report)
	h.scan("report of the check", append(text, fmt.Sprintf("%+v", *report)...))
	for what, dir := range map[string]string{"state": w.state(), "temporary files": temporary, "releases": w.out()} {
		h.folder(what, dir)
	}
	store, err := disk.OpenReadOnly(w.out())
	if err != nil {
		t.Fatal(err)
	}
	answers(t, h, store)
	exports(t, h, store)
	t.Logf("%d texts and files with %d bytes were scanned", h.texts, h.bytes)
	if h.texts < 300 {
		t.Errorf("only %d texts were scanned", h.texts)
	}
}

// answers asks the API everything it can be asked, and what it must refuse, as a client would over HTTP.
func answers(t *testing.T, h *hits, store release.Store) {
	t.Helper()
	var log bytes.Buffer
	server := httptest.NewServer(api.New(store, api.Options{IgnoreEmbargo: true, Log: func(m string, args ...any) { fmt.Fprintln(&log, append([]any{m}, args...)...) }}))
	defer server.Close()
	paths := []string{"/v1", "/v1/openapi.json", "/v1/limits", "/v1/products", "/v1/products/present", "/v1/available?product=present", "/v1/geographies", "/v1/releases", "/v1/ledger",
		"/v1/releases/nothing", "/v1/releases/..%2f..%2fstate", "/v1/nowhere", "/problems/bad-area", "/v1/releases?from=yesterday",
		"/v1/nowcast", "/v1/nowcast?by=age", "/v1/nowcast?zone=nowhere", "/v1/catchments", "/v1/catchments?radius=5000&overlap=true", "/v1/catchments?place=nothing", "/v1/league", "/v1/league?product=nothing"}
	list, err := store.List()
	if err != nil {
		t.Fatal(err)
	}
	for _, m := range list {
		at := "/v1/releases/" + m.ID
		league := "/v1/league?product=" + m.Product + "&period=" + m.Period.Name
		paths = append(paths, league, league+"&by=zone&over=residents", league+"&over=buyers", league+"&by=zone&over=present", league+"&zone=nowhere", league+"&table=nothing&before=2020-01")
		paths = append(paths, at, at+"/manifest", at+"/claim", at+"/quality", at+"/tables/total?zone=nowhere", at+"/tables/nothing", at+"/tables/total?kind=exact")
		for _, n := range export.Names(m) {
			for _, suffix := range []string{".json?kind=" + n.Kind, ".json?layout=columns&kind=" + n.Kind, ".csv?labels=both&kind=" + n.Kind, ".geojson?kind=" + n.Kind} {
				paths = append(paths, at+"/tables/"+n.Table+suffix)
			}
		}
		paths = append(paths, "/v1/geographies/"+m.Geo.ID+"/"+m.Geo.Version, "/v1/geographies/"+m.Geo.ID+"/"+m.Geo.Version+".geojson")
	}
	for _, path := range paths {
		for _, coding := range []string{"identity", "gzip"} {
			ask(t, h, "GET", server.URL+path, "", coding)
		}
	}
	for _, body := range []string{
		`{"product":"present","area":{"zones":["SW"]},"by":["role"],"compare":"usual-day","forecast":7,"pyramid":true}`,
		`{"product":"present","area":{"zones":["SW"]},"by":["time","gender"]}`, `{"product":"present","area":{"zones":["R"]},"by":["origin"]}`,
		`{"product":"present","area":{"polygon":{"type":"Polygon","coordinates":[[[2.11,48.71],[2.118,48.71],[2.118,48.718],[2.11,48.718],[2.11,48.71]]]}}}`, // around the shelter
		`{"product":"present","area":{"polygon":{"type":"Polygon","coordinates":[[[9,9],[9.1,9],[9.1,9.1],[9,9]]]}}}`, `{"product":"secret"}`, `{`, `[]`,
	} {
		ask(t, h, "POST", server.URL+"/v1/queries", body, "identity")
	}
	h.scan("log of the server", log.Bytes())
}

func ask(t *testing.T, h *hits, method, url, body, coding string) {
	t.Helper()
	r, err := http.NewRequest(method, url, strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	r.Header.Set("Accept-Encoding", coding)
	r.Header.Set("Content-Type", "application/json")
	answer, err := http.DefaultTransport.RoundTrip(r)
	if err != nil {
		t.Fatal(err)
	}
	defer answer.Body.Close()
	var content io.Reader = answer.Body
	if answer.Header.Get("Content-Encoding") == "gzip" {
		if content, err = gzip.NewReader(answer.Body); err != nil {
			t.Fatal(err)
		}
	}
	text, err := io.ReadAll(content)
	if err != nil {
		t.Fatal(err)
	}
	name := method + " " + r.URL.Path + "?" + r.URL.RawQuery + " " + body
	h.scan(name, text)
	h.scan(name+" (head)", []byte(fmt.Sprint(answer.Header)))
	if answer.StatusCode >= 500 {
		t.Errorf("%s: the server is at fault: %s", name, text)
	}
}

func exports(t *testing.T, h *hits, store release.Store) {
	t.Helper()
	list, err := store.List()
	if err != nil {
		t.Fatal(err)
	}
	for _, m := range list {
		for _, n := range export.Names(m) {
			var out bytes.Buffer
			if err := export.Write(&out, store, m.ID, n.Table, export.Options{Kind: n.Kind, Labels: "both"}); err != nil {
				t.Fatal(err)
			}
			h.scan("export of "+m.Product+"/"+n.Table, out.Bytes())
		}
	}
}

// TestErrorsTellNoValue spoils the input in every way that a row can be wrong, with poison as the wrong value, and scans
// what run and check answer, wrapped causes printed as people print errors.
func TestErrorsTellNoValue(t *testing.T) {
	in := "in/" + worldDay(0) + ".csv"
	line := func(text string) func(string) string { return func(s string) string { return s + text + "\n" } }
	replace := func(old, now string) func(string) string {
		return func(s string) string {
			if !strings.Contains(s, old) {
				t.Fatalf("%q is not there to be spoilt", old)
			}
			return strings.Replace(s, old, now, 1)
		}
	}
	for _, c := range []struct {
		name, file string
		spoil      func(string) string
		fails      bool
	}{
		{"a time that is none", in, line("zqpseudo-1,zqpseudo-time,ZQCELL-001,208,,336987104471"), false},
		{"a time of another form", in, line("zqpseudo-1,03/02/2026 zqpseudo,ZQCELL-001,208,,336987104471"), false},
		{"a country that is none", in, line("zqpseudo-1,2026-02-03T10:00:00Z,ZQCELL-001,zqnumber,,336987104471"), false},
		{"a number that is too long", in, line("zqpseudo-1,2026-02-03T10:00:00Z,ZQCELL-001,336987104471336987104471,,336987104471"), false},
		{"a network that is none", in, line("zqpseudo-1,2026-02-03T10:00:00Z,ZQCELL-001,208,zqnumber,336987104471"), false},
		{"no pseudonym", in, line(",2026-02-03T10:00:00Z,ZQCELL-001,208,,336987104471"), false},
		{"a long pseudonym", in, line(strings.Repeat("zqpseudo", 5000) + ",2026-02-03T10:00:00Z,ZQCELL-001,208,,336987104471"), false},
		{"too few fields", in, line("zqpseudo-1,2026-02-03T10:00:00Z"), true},
		{"too many fields", in, line("zqpseudo-1,2026-02-03T10:00:00Z,ZQCELL-001,208,,336987104471,zqnumber,zqnumber"), true},
		{"an open quote", in, line(`"zqpseudo-1,2026-02-03T10:00:00Z,ZQCELL-001,208,,336987104471`), true},
		{"a quote inside", in, line(`zqpseudo"-1,2026-02-03T10:00:00Z,ZQCELL-001,208,,336987104471`), false},
		{"bytes that are no text", in, line("zqpseudo-\xff\xfe,2026-02-03T10:00:00Z,ZQCELL-\xff,208,,336987104471"), false},
		{"a zero byte", in, line("zqpseudo-\x00,2026-02-03T10:00:00Z,ZQCELL-001,208,,336987104471"), false},
		{"a column nobody agreed to", in, replace("msisdn", "imei"), true},
		{"phone numbers as pseudonyms", in, func(s string) string {
			return regexp.MustCompile(`zqpseudo-(\d{3})-x`).ReplaceAllString(s, "+336987104471$1")
		}, true},
		{"an empty file", in, func(string) string { return "" }, true},
		{"a person twice", "people.csv", line(user(1) + ",1950,F,ZQORIG-1"), false},
		{"a birth that is none", "people.csv", line("zqpseudo-x,zqpseudo-year,F,ZQORIG-1"), false},
		{"a gender that is none", "people.csv", line("zqpseudo-y,1950,zqpseudo,ZQORIG-1"), false},
		{"a person with too few fields", "people.csv", line("zqpseudo-z"), true},
		{"an opt-out with spaces", "optout.txt", line("  zqopted-3  \t zqopted-4"), false},
		{"a protected place that is none", "protected.geojson", replace(`"Polygon"`, `"ZQSHELTER"`), true},
		{"a protected place cut short", "protected.geojson", func(s string) string { return s[:len(s)/2] }, true},
		{"an antenna without a position", "cells.csv", line("ZQCELL-999,,2.1237177,ZQSITE-999,3000"), false},
		{"an antenna at a word", "cells.csv", line("ZQCELL-998,zqsite,2.1237177,ZQSITE-998,3000"), false},
		{"an antenna far away", "cells.csv", line("ZQCELL-997,148.7053133,2.1237177,ZQSITE-997,3000"), false},
		{"an antenna twice", "cells.csv", line("ZQCELL-001,48.7053133,2.1237177,ZQSITE-996,3000"), false},
	} {
		t.Run(c.name, func(t *testing.T) {
			w := newWorld(t)
			w.write(t)
			path := filepath.Join(w.dir, c.file)
			text, err := os.ReadFile(path)
			if err != nil {
				t.Fatal(err)
			}
			if err := os.WriteFile(path, []byte(c.spoil(string(text))), 0o600); err != nil {
				t.Fatal(err)
			}
			h := &hits{t: t}
			failed := false
			say := func(what string, err error) {
				if err != nil {
					failed = true
					h.scan(what, fmt.Appendf(nil, "%v\n%+v\n%s", err, err, err))
				}
			}
			contract, err := config.Read(filepath.Join(w.dir, "contract.yaml"))
			if err != nil {
				t.Fatal(err)
			}
			contract.Products = config.Words{"present", "flows-day"}
			job, err := driver.Prepare(contract)
			say("prepare", err)
			if err == nil {
				h.scan("notes", []byte(strings.Join(job.Notes, "\n")))
				report, err := driver.Check(context.Background(), job, "", "", func(int64, int64) {})
				say("check", err)
				h.scan("report", fmt.Appendf(nil, "%+v", report))
				if !c.fails && c.file != "people.csv" {
					return // the readers are the same, and a run is not cheap
				}
				sum, err := driver.Run(context.Background(), job, driver.RunOptions{Out: w.out(), To: worldDay(0), Note: func(text string) { h.scan("note", []byte(text)) }})
				say("run", err)
				h.scan("summary", fmt.Appendf(nil, "%+v", sum))
				h.folder("state", w.state())
				h.folder("releases", w.out())
			}
			if c.fails && !failed {
				t.Error("nothing failed; the test shows nothing")
			}
		})
	}
}

// TestCommandsTellNothing runs the program as its holder does, and scans what it prints on both of its outputs.
func TestCommandsTellNothing(t *testing.T) {
	if testing.Short() {
		t.Skip("builds the program")
	}
	binary := filepath.Join(t.TempDir(), "throng")
	if out, err := exec.Command("go", "build", "-o", binary, "../cmd/throng").CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	w := newWorld(t)
	w.write(t)
	h := &hits{t: t}
	ctx, cancel := context.WithTimeout(context.Background(), 2*time.Minute)
	defer cancel()
	contract := filepath.Join(w.dir, "contract.yaml")
	for _, c := range []struct {
		args []string
		code int
	}{
		{[]string{"check", contract}, 3}, // rows of one device name an antenna that is not in the plan
		{[]string{"check", contract, "--json"}, 3},
		{[]string{"run", contract, "--out", w.out()}, 0},
		{[]string{"run", contract, "--out", w.out(), "--json"}, 0},
		{[]string{"ledger", "show", w.state()}, 0},
		{[]string{"ledger", "show", w.state(), "--json"}, 0},
		{[]string{"ledger", "verify", w.state(), "--releases", w.out()}, 0},
		{[]string{"export", w.out(), "present", worldDay(0), "age"}, 0},
		{[]string{"export", w.out(), "present", worldDay(0), "--format", "geojson"}, 0},
		{[]string{"export", w.out(), "flows-month", "2026-02", "--kind", "measured"}, 0},
		{[]string{"export", w.out(), "present", "1999-01-01"}, 3},
		{[]string{"run", contract, "--out", filepath.Join(w.dir, "other")}, 4}, // another folder is no fresh budget
	} {
		cmd := exec.CommandContext(ctx, binary, c.args...)
		out, err := cmd.CombinedOutput()
		if code := cmd.ProcessState.ExitCode(); code != c.code && !(c.args[0] == "check" && code == 0) {
			t.Errorf("throng %s: exit %d (%v), want %d\n%s", strings.Join(c.args, " "), code, err, c.code, out)
		}
		h.scan("throng "+strings.Join(c.args, " "), out)
	}
	t.Logf("%d bytes of output were scanned", h.bytes)
}
