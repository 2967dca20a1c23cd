package main

import (
	"bytes"
	"crypto/sha256"
	"crypto/subtle"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/throng-stats/throng/config"
	"github.com/throng-stats/throng/driver"
	"github.com/throng-stats/throng/serve/api"
)

func digestOf(token string) string {
	sum := sha256.Sum256([]byte(token))
	return hex.EncodeToString(sum[:])
}

// token is a token of the tests, different for each name.
func token(name string) string { return name + "-0123456789abcdefghijklmnop" }

func tokensFile(names ...string) string {
	var b strings.Builder
	for _, name := range names {
		fmt.Fprintf(&b, "%s %s transport safety\n", name, digestOf(token(name)))
	}
	return b.String()
}

// TestPurposesAreThoseOfTheContract: serve may not import config, so the closed list stands twice.
func TestPurposesAreThoseOfTheContract(t *testing.T) {
	if !slices.Equal(api.Purposes(), config.Purposes) {
		t.Errorf("serve has %v, config has %v", api.Purposes(), config.Purposes)
	}
}

func TestAllow(t *testing.T) {
	clients, err := parseTokens([]byte(tokensFile("city", "county", "zoo") + "\n# a weak one\n  short\t" + digestOf("short") + "  safety"))
	if err != nil {
		t.Fatal(err)
	}
	a := &access{clients: clients, equal: subtle.ConstantTimeCompare}
	for _, one := range []struct {
		token, purpose, client string
		err                    error
	}{
		{token("city"), "transport", "city", nil},
		{token("zoo"), "safety", "zoo", nil},
		{token("zoo"), "tourism", "", api.ErrPurpose},
		{token("zoo"), "", "", api.ErrPurpose},
		{token("nobody"), "transport", "", api.ErrToken},
		{"", "transport", "", api.ErrToken},
		{digestOf(token("city")), "transport", "", api.ErrToken}, // the file is not enough to ask
		{token("city") + "x", "transport", "", api.ErrToken},
		{"short", "safety", "", api.ErrToken},
	} {
		client, err := a.Allow(one.token, one.purpose)
		if client != one.client || !errors.Is(err, one.err) || (err == nil) != (one.err == nil) {
			t.Errorf("%q for %q: got %q, %v, want %q, %v", one.token, one.purpose, client, err, one.client, one.err)
		}
	}
}

// TestComparingTakesTheSameTime: whichever token comes, every client's digest is compared, whole, by the one function that
// takes the same time for all of them.
func TestComparingTakesTheSameTime(t *testing.T) {
	dir := t.TempDir()
	path := filepath.Join(dir, "tokens.txt")
	if err := os.WriteFile(path, []byte(tokensFile("a", "b", "c", "d")), 0o600); err != nil {
		t.Fatal(err)
	}
	a, err := openAccess(path, filepath.Join(dir, "audit.jsonl"))
	if err != nil {
		t.Fatal(err)
	}
	defer a.Close()
	if reflect.ValueOf(a.equal).Pointer() != reflect.ValueOf(subtle.ConstantTimeCompare).Pointer() {
		t.Error("tokens are not compared by subtle.ConstantTimeCompare")
	}
	compared := 0
	a.equal = func(x, y []byte) int {
		if len(x) != sha256.Size || len(y) != sha256.Size {
			t.Errorf("%d and %d bytes are compared, want digests", len(x), len(y))
		}
		compared++
		return subtle.ConstantTimeCompare(x, y)
	}
	for _, text := range []string{token("a"), token("d"), token("nobody"), "", "x"} {
		compared = 0
		a.Allow(text, "transport")
		if compared != 4 {
			t.Errorf("token %q: %d clients are compared, want all 4", text, compared)
		}
	}
}

func TestTokensThatAreWrong(t *testing.T) {
	good := tokensFile("city")
	for name, text := range map[string]string{
		"nothing":          "",
		"a comment alone":  "# " + good,
		"no purpose":       "city " + digestOf(token("city")),
		"a name twice":     good + "city " + digestOf(token("zoo")) + " safety",
		"the same token":   good + strings.Replace(good, "city", "zoo", 1),
		"a hostile name":   strings.Replace(good, "city", `"a"`, 1),
		"a long name":      strings.Replace(good, "city", strings.Repeat("a", 65), 1),
		"a short digest":   strings.Replace(good, digestOf(token("city")), "abcd", 1),
		"a token in place": strings.Replace(good, digestOf(token("city")), token("city"), 1),
		"another purpose":  strings.Replace(good, "safety", "policing", 1),
		"a comma":          strings.Replace(good, "transport ", "transport, ", 1),
		"NUL":              good + "\x00",
	} {
		_, err := parseTokens([]byte(text))
		if err == nil {
			t.Errorf("%s: is accepted", name)
		} else if strings.Contains(err.Error(), digestOf(token("city"))) || strings.Contains(err.Error(), token("city")) {
			t.Errorf("%s: the error repeats what is secret: %v", name, err)
		}
	}
}

func TestTokensOfOthersToRead(t *testing.T) {
	dir := t.TempDir()
	path := filepath.Join(dir, "tokens.txt")
	for mode, safe := range map[os.FileMode]bool{0o600: true, 0o400: true, 0o640: false, 0o604: false, 0o620: false, 0o666: false} {
		if err := errors.Join(os.WriteFile(path, []byte(tokensFile("city")), 0o600), os.Chmod(path, mode)); err != nil {
			t.Fatal(err)
		}
		a, err := openAccess(path, filepath.Join(dir, "audit.jsonl"))
		if (err == nil) != safe || !safe && (driver.KindOf(err) != driver.Unsafe || driver.ExitCode(err) != 4) {
			t.Errorf("mode %04o: got %v", mode, err)
		}
		if err == nil {
			a.Close()
		}
		os.Remove(path)
	}
}

var asked = time.Date(2026, 2, 28, 23, 59, 59, 0, time.UTC)

// entry is the i-th entry of the tests: one a second, over the end of February.
func entry(i int) api.Entry {
	return api.Entry{Time: asked.Add(time.Duration(i) * time.Second), Client: "city", Purpose: "transport",
		Query: fmt.Sprintf("q%026d", i), Leaves: 4 + i, KM2: 1.5}
}

// written is a log of three entries, closed.
func written(t *testing.T) (path string) {
	t.Helper()
	path = filepath.Join(t.TempDir(), "audit.jsonl")
	log, err := openAudit(path)
	if err != nil {
		t.Fatal(err)
	}
	for i := range 3 {
		if err := log.Record(entry(i)); err != nil {
			t.Fatal(err)
		}
	}
	if err := log.Close(); err != nil {
		t.Fatal(err)
	}
	return path
}

// TestAuditChain recomputes the chain from the bytes alone, as docs/format/api.md describes it.
func TestAuditChain(t *testing.T) {
	text, err := os.ReadFile(written(t))
	if err != nil {
		t.Fatal(err)
	}
	before := strings.Repeat("0", 64)
	lines := strings.Split(strings.TrimSuffix(string(text), "\n"), "\n")
	if len(lines) != 3 {
		t.Fatalf("%d lines, want 3:\n%s", len(lines), text)
	}
	for i, line := range lines {
		var l struct {
			Seq          int
			Before, Hash string
			Query        string
		}
		if err := json.Unmarshal([]byte(line), &l); err != nil {
			t.Fatal(err)
		}
		object := strings.Replace(line, `,"hash":"`+l.Hash+`"`, "", 1)
		if l.Seq != i+1 || l.Before != before || l.Hash != digestOf(object) || l.Query != entry(i).Query {
			t.Errorf("line %d does not follow: %s", i+1, line)
		}
		before = l.Hash
	}
}

// TestAuditGoesOn: a log that is opened again goes on, counts its months, and loses no more than a line that a crash cut.
func TestAuditGoesOn(t *testing.T) {
	path := written(t)
	f, err := os.OpenFile(path, os.O_APPEND|os.O_WRONLY, 0)
	if err != nil {
		t.Fatal(err)
	}
	f.WriteString(`{"seq":4,"time":"2026-03-0`)
	f.Close()
	log, err := openAudit(path)
	if err != nil {
		t.Fatal(err)
	}
	if err := log.Record(entry(3)); err != nil {
		t.Fatal(err)
	}
	if _, err := openAudit(path); driver.KindOf(err) != driver.Unsafe {
		t.Errorf("a second server opens the same log: %v", err)
	}
	months, err := log.Months()
	if want := []api.Month{{Month: "2026-02", Small: 1}, {Month: "2026-03", Small: 3}}; err != nil || !slices.Equal(months, want) {
		t.Errorf("months %v, %v, want %v", months, err, want)
	}
	log.Close()
	if log, err = openAudit(path); err != nil || log.state.seq != 4 {
		t.Fatalf("opened again: %v", err)
	}
	log.Close()
	if info, err := os.Stat(path); err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("the log has mode %v, %v", info.Mode(), err)
	}
}

// TestAuditNoticesEveryByte changes each byte of a log, and takes out, doubles and swaps its lines.
func TestAuditNoticesEveryByte(t *testing.T) {
	text, err := os.ReadFile(written(t))
	if err != nil {
		t.Fatal(err)
	}
	for i := range len(text) - 1 { // the last one is the end of the last line: without it, the line was not kept
		changed := bytes.Clone(text)
		changed[i] ^= 1
		if _, err := readAudit(bytes.NewReader(changed)); err == nil {
			t.Errorf("byte %d is changed from %q to %q, and nobody notices", i, text[i], changed[i])
		}
	}
	l := bytes.SplitAfter(text, []byte("\n"))
	for name, lines := range map[string][][]byte{"without the first": {l[1], l[2]}, "without the second": {l[0], l[2]}, "swapped": {l[1], l[0], l[2]},
		"doubled": {l[0], l[0], l[1], l[2]}, "an empty line": {l[0], []byte("\n"), l[1]}} {
		if _, err := readAudit(bytes.NewReader(bytes.Join(lines, nil))); err == nil {
			t.Errorf("%s: nobody notices", name)
		}
	}
	for name, l := range map[string]link{"another seq": {4, entry(0), strings.Repeat("0", 64)}, "another before": {1, entry(0), strings.Repeat("1", 64)}} {
		line, _, err := writeLink(l) // its own hash fits
		if err != nil {
			t.Fatal(err)
		}
		if _, err := readAudit(bytes.NewReader(append(line, '\n'))); err == nil {
			t.Errorf("%s: nobody notices", name)
		}
	}
	path := filepath.Join(t.TempDir(), "audit.jsonl")
	text[10] ^= 1
	if err := os.WriteFile(path, text, 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := openAudit(path); driver.ExitCode(err) != 4 || !strings.Contains(err.Error(), "line 1") {
		t.Errorf("a changed log is opened with %v", err)
	}
	if now, err := os.ReadFile(path); err != nil || !bytes.Equal(now, text) {
		t.Error("a changed log is not left as it is")
	}
}

// full is a file that fails to write, or to keep what was written.
type full struct{ write, sync error }

func (f full) Write(b []byte) (int, error) { return len(b) / 2, f.write }
func (f full) Sync() error                 { return f.sync }
func (full) Close() error                  { return nil }

func TestAuditThatCannotBeKept(t *testing.T) {
	for _, file := range []full{{write: errors.New("no space")}, {sync: errors.New("no space")}} {
		log := &auditLog{file: file, state: chain{months: map[string]int{}}}
		for range 2 {
			if err := log.Record(entry(0)); err == nil || !strings.Contains(err.Error(), "no space") {
				t.Errorf("got %v, want the error of the disk, also the second time", err)
			}
		}
		if months, _ := log.Months(); len(months) != 0 {
			t.Errorf("an entry that was not kept is counted: %v", months)
		}
	}
}

func TestAuditFromManyRequests(t *testing.T) {
	path := filepath.Join(t.TempDir(), "audit.jsonl")
	log, err := openAudit(path)
	if err != nil {
		t.Fatal(err)
	}
	var all sync.WaitGroup
	for i := range 20 {
		all.Go(func() {
			if err := log.Record(entry(i)); err != nil {
				t.Error(err)
			}
			log.Months()
		})
	}
	all.Wait()
	log.Close()
	if log, err = openAudit(path); err != nil || log.state.seq != 20 {
		t.Fatalf("20 entries at once leave no chain: %v", err)
	}
	log.Close()
}

func FuzzTokens(f *testing.F) {
	f.Add([]byte(tokensFile("city", "zoo")))
	f.Add([]byte("# nobody\n\na  b c\n"))
	f.Fuzz(func(t *testing.T, text []byte) {
		clients, err := parseTokens(text)
		for _, c := range clients {
			if err == nil && (len(c.digest) != sha256.Size || !clientName.MatchString(c.name) || len(c.purposes) == 0) {
				t.Errorf("accepted %+v", c)
			}
		}
	})
}

func FuzzAudit(f *testing.F) {
	line, _, err := writeLink(link{1, entry(0), strings.Repeat("0", 64)})
	if err != nil {
		f.Fatal(err)
	}
	f.Add(append(line, '\n'))
	f.Add([]byte("{}\n\n"))
	f.Fuzz(func(t *testing.T, text []byte) {
		c, err := readAudit(bytes.NewReader(text))
		if err == nil && c.bytes > int64(len(text)) {
			t.Errorf("%d of %d bytes are whole lines", c.bytes, len(text))
		}
	})
}
