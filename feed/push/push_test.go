package push

import (
	"bytes"
	"compress/gzip"
	"errors"
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"github.com/klauspost/compress/zstd"

	"github.com/throng-stats/throng/feed"
	"github.com/throng-stats/throng/feed/journal"
	"github.com/throng-stats/throng/feed/rows"
)

func gzipped(text string) string {
	var b bytes.Buffer
	z := gzip.NewWriter(&b)
	z.Write([]byte(text))
	z.Close()
	return b.String()
}

func zstandard(text string) string {
	z, _ := zstd.NewWriter(nil)
	return string(z.EncodeAll([]byte(text), nil))
}

// TestTaken: every format and packing, with rows that are rejected and counted by reason.
func TestTaken(t *testing.T) {
	w := newWorld(t, t.TempDir(), nil)
	packed := func(user string) string {
		return string(rows.Pack(nil, rows.Column{Name: "u", Texts: []string{user}}, rows.Column{Name: "t", Wholes: []int64{noon}}, rows.Column{Name: "c", Texts: []string{"c1"}}))
	}
	for i, c := range []struct{ kind, encoding, body string }{
		{"application/x-ndjson", "", line("a0", noon)},
		{"application/x-ndjson; charset=utf-8", "gzip", gzipped(line("a1", noon))},
		{"text/csv", "zstd", zstandard("t,u,note,c\n1770033600000,a2,,c1\n")},
		{"text/csv", "identity", "u,c,t\na3,c1,1770033600000\n"},
		{"application/vnd.throng.packed", "", packed("a4")},
		{"application/vnd.throng.packed", "gzip", gzipped(packed("a5"))},
		{"application/vnd.apache.arrow.stream", "", arrowOf("a6")},
		{"application/vnd.apache.arrow.stream", "zstd", zstandard(arrowOf("a7"))},
	} {
		r := w.request(c.body)
		r.Header.Set("Content-Type", c.kind)
		if c.encoding != "" {
			r.Header.Set("Content-Encoding", c.encoding)
		}
		a := w.send(r)
		if a.status != http.StatusOK || a.taken.Accepted != 1 || a.taken.Rejected != 0 || a.taken.Batch == "" || a.taken.Arrival != "2026-02-02T12:00:00.000Z" {
			t.Errorf("%d: got %d %s", i, a.status, a.text)
		}
	}
	a := w.send(w.request(line("b", noon) + "{}\n" + `{"u":"b","t":"x","c":"nowhere"}` + "\nnonsense\n" + `{"u":"b","t":1,"c":"c1","extra":1}` + "\n"))
	want := "map[entry that is no row:2 no place:1 no pseudonym:1 no time:1 place not in the cell plan:1 time not in the declared format:1]"
	if a.taken.Accepted != 1 || a.taken.Rejected != 4 || fmt.Sprint(a.taken.Reasons) != want {
		t.Errorf("got %+v", a.taken)
	}
	if a := w.send(mustRequest(t, "GET", w.url+"/healthz")); a.status != http.StatusOK {
		t.Errorf("health: %d", a.status)
	}
	beat := w.request("")
	beat.URL.Path = "/v1/heartbeat"
	if a := w.send(beat); a.status != http.StatusOK {
		t.Errorf("heartbeat: %d %s", a.status, a.text)
	}
	got := w.rows()
	for i := range 6 {
		if got[[2]int64{w.unit(fmt.Sprint("a", i)), noon}] != 1 {
			t.Errorf("row %d is not there once", i)
		}
	}
	if err := w.stop(); err != nil {
		t.Error(err)
	}
}

func mustRequest(t testing.TB, method, url string) *http.Request {
	r, err := http.NewRequest(method, url, nil)
	if err != nil {
		t.Fatal(err)
	}
	return r
}

// TestKey: a repeated batch counts once, at the same time and later, and its answer says so.
func TestKey(t *testing.T) {
	w := newWorld(t, t.TempDir(), nil)
	var wait sync.WaitGroup
	var mu sync.Mutex
	fresh, ids := 0, map[string]bool{}
	for range 8 {
		wait.Go(func() {
			r := w.request(line("a", noon))
			r.Header.Set("Idempotency-Key", "k1")
			a := w.send(r)
			mu.Lock()
			defer mu.Unlock()
			if ids[a.taken.Batch] = true; a.status != http.StatusOK || a.taken.Accepted != 1 {
				t.Errorf("got %d %s", a.status, a.text)
			}
			if !a.taken.Repeated {
				fresh++
			}
		})
	}
	wait.Wait()
	if fresh != 1 || len(ids) != 1 {
		t.Errorf("taken %d times as %d batches", fresh, len(ids))
	}
	r := w.request(line("b", noon))
	r.Header.Set("Idempotency-Key", "k1")
	if a := w.send(r); a.code != "key-used" {
		t.Errorf("got %d %s", a.status, a.text)
	}
	if n := w.rows()[[2]int64{w.unit("a"), noon}]; n != 1 {
		t.Errorf("the row is there %d times", n)
	}
}

// TestLimits: what is too large, too much at once, and a disk that is full.
func TestLimits(t *testing.T) {
	w := newWorld(t, t.TempDir(), func(o *Options, j *journal.Options) {
		o.MaxBody, o.MaxPlain, o.AtOnce, o.Wait, j.MaxBytes = 5000, 20000, 1, 1, 40_000
	})
	for name, c := range map[string]struct{ encoding, body string }{
		"body": {"", strings.Repeat(line("a", noon), 200)}, "gzip": {"gzip", gzipped(strings.Repeat("\n", 30_000))}, "zstd": {"zstd", zstandard(strings.Repeat("\n", 30_000))},
	} {
		r := w.request(c.body)
		r.Header.Set("Content-Encoding", c.encoding)
		if a := w.send(r); a.status != http.StatusRequestEntityTooLarge {
			t.Errorf("%s: got %d %s", name, a.status, a.text)
		}
	}
	w.server.room <- struct{}{} // somebody sends slowly
	if a := w.send(w.request(line("a", noon))); a.status != http.StatusTooManyRequests || !strings.Contains(a.text, "Retry-After: 1") {
		t.Errorf("got %d %s", a.status, a.text)
	}
	<-w.server.room
	full, n := 0, 0
	for ; full == 0 && n < 2000; n++ {
		if a := w.send(w.request(line("a", noon))); a.status == http.StatusTooManyRequests {
			full++
		} else if a.status != http.StatusOK {
			t.Fatalf("got %d %s", a.status, a.text)
		}
	}
	if full == 0 || w.rows()[[2]int64{w.unit("a"), noon}] != n-1 {
		t.Errorf("%d batches and never full, or not all there", n)
	}
}

// brokenDisk fails when it is told to.
type brokenDisk struct {
	journal.Files
	isBroken *bool
	mu       *sync.Mutex
}

func (d brokenDisk) Create(name string) (journal.File, error) {
	f, err := d.Files.Create(name)
	return brokenFile{f, d}, err
}

type brokenFile struct {
	journal.File
	d brokenDisk
}

func (f brokenFile) Sync() error {
	f.d.mu.Lock()
	defer f.d.mu.Unlock()
	if *f.d.isBroken {
		return errors.New("input/output error")
	}
	return f.File.Sync()
}

// TestDisk: when a fsync fails, the batch is not acknowledged, the server ends with the reason, and the next has all that was.
func TestDisk(t *testing.T) {
	dir, isBroken, mu := t.TempDir(), false, new(sync.Mutex)
	w := newWorld(t, dir, func(_ *Options, j *journal.Options) { j.Files = brokenDisk{j.Files, &isBroken, mu} })
	if a := w.send(w.request(line("a", noon))); a.status != http.StatusOK {
		t.Fatal(a.text)
	}
	mu.Lock()
	isBroken = true
	mu.Unlock()
	if a := w.send(w.request(line("b", noon))); a.status != http.StatusServiceUnavailable {
		t.Errorf("got %d %s", a.status, a.text)
	}
	if a := w.send(mustRequest(t, "GET", w.url+"/healthz")); a.status == http.StatusOK {
		t.Error("it says that it is well")
	}
	if err := w.stop(); err == nil || !strings.Contains(err.Error(), "input/output error") {
		t.Errorf("got %v", err)
	}
	w = newWorld(t, dir, nil)
	if w.rows()[[2]int64{w.unit("a"), noon}] != 1 {
		t.Error("an acknowledged row is gone")
	}
}

// TestPeople: phone numbers in place of pseudonyms end the server, with the reason and without a number.
func TestPeople(t *testing.T) {
	w := newWorld(t, t.TempDir(), func(o *Options, _ *journal.Options) { o.AtOnce = 1 })
	var body strings.Builder
	for i := range 1200 {
		body.WriteString(line(fmt.Sprintf("+4915112%06d", i), noon))
	}
	if a := w.send(w.request(body.String())); a.code != "identifiers" {
		t.Errorf("got %d %s", a.status, a.text)
	}
	if err := w.stop(); err == nil || !strings.Contains(err.Error(), "look like phone numbers") || strings.Contains(err.Error(), "4915112") {
		t.Errorf("got %v", err)
	}
}

// TestOptions: tokens and contracts that cannot be.
func TestOptions(t *testing.T) {
	path := filepath.Join(t.TempDir(), "token")
	for _, c := range []struct {
		text string
		mode os.FileMode
		want string
	}{{theToken + "\n", 0o600, ""}, {"short", 0o600, "at least 32 signs"}, {theToken + " x", 0o600, "one line"}, {theToken, 0o644, "mode 0600"}} {
		os.Remove(path)
		if err := os.WriteFile(path, []byte(c.text), c.mode); err != nil {
			t.Fatal(err)
		}
		token, err := ReadToken(path)
		if c.want == "" && string(token) != theToken || c.want != "" && (err == nil || !strings.Contains(err.Error(), c.want) || strings.Contains(err.Error(), theToken[:8])) {
			t.Errorf("%q: got %v", c.text, err)
		}
	}
	if _, err := New(Options{Feed: feed.Options{Kind: feed.Trips}, Token: []byte(theToken)}); err == nil {
		t.Error("trips are not live")
	}
	if _, err := Encryption(path, path, ""); err == nil || strings.Contains(err.Error(), theToken) {
		t.Errorf("got %v", err)
	}
}
