package push

import (
	"bytes"
	"fmt"
	"io"
	"maps"
	"math/rand/v2"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/apache/arrow-go/v18/arrow/ipc"

	"github.com/throng-stats/throng/feed/journal"
)

// secret is planted in everything that is malformed.
const secret = "4915112345678SECRETzz"

// spoilt is one kind of malformed request: a good one that is spoilt, or bytes.
type spoilt struct {
	spoil func(r *http.Request, random *rand.Rand)
	raw   string
}

// kinds are sixty ways to send what cannot be taken. Every one holds the secret.
func kinds() map[string]spoilt {
	all := map[string]spoilt{}
	body := func(name, kind, encoding, text string) {
		all[name] = spoilt{spoil: func(r *http.Request, _ *rand.Rand) {
			setBody(r, text)
			r.Header.Set("Content-Type", kind)
			if encoding != "" {
				r.Header.Set("Content-Encoding", encoding)
			}
		}}
	}
	header := func(name, key, value string) {
		all[name] = spoilt{spoil: func(r *http.Request, _ *rand.Rand) { setBody(r, line(secret, noon)); r.Header.Set(key, value) }}
	}
	raw := func(name, text string) { all[name] = spoilt{raw: text} }
	const js, csv, packed, stream = "application/x-ndjson", "text/csv", "application/vnd.throng.packed", "application/vnd.apache.arrow.stream"
	good := line(secret, noon)
	cut := gzipped(good)
	zcut := zstandard(strings.Repeat(good, 100))

	body("no json", js, "", secret+"\n")
	body("half a line", js, "", good[:len(good)/2])
	body("array", js, "", `["`+secret+`"]`)
	body("nested", js, "", strings.Repeat(`{"`+secret+`":`, 2000))
	body("unknown field", js, "", `{"u":"`+secret+`","t":1,"c":"c1","`+secret+`":1}`)
	body("field twice", js, "", `{"u":"`+secret+`","u":"`+secret+`","t":1,"c":"c1"}`)
	body("bad escape", js, "", `{"u":"\u12x`+secret+`","t":1,"c":"c1"}`)
	body("not utf-8", js, "", "{\"u\":\"\xff\xfe"+secret+"\"}")
	body("zeros", js, "", "\x00\x00\x00"+secret)
	body("nothing", js, "", "")
	body("empty lines", js, "", strings.Repeat("\n", 500))
	body("an object as value", js, "", `{"u":{"x":"`+secret+`"},"t":1,"c":"c1"}`)
	body("long value", js, "", `{"u":"`+strings.Repeat(secret, 5000)+`"`)
	body("no header", csv, "", secret+","+secret+"\n"+secret+",1\n")
	body("unknown column", csv, "", "u,t,c,"+secret+"\n"+secret+",1,c1,1\n")
	body("missing column", csv, "", "u,t\n"+secret+",1\n")
	body("column twice", csv, "", "u,t,c,u\n"+secret+",1,c1,"+secret+"\n")
	body("open quote", csv, "", "u,t,\"c"+secret)
	body("quote in a field", csv, "", "u,t,c\n"+secret+",1\"2,c1\n")
	body("fields missing", csv, "", "u,t,c\n"+secret+"\n")
	body("header alone", csv, "", "u,t,c\n")
	body("json as csv", csv, "", good)
	body("csv as json", js, "", "u,t,c\n"+secret+",1,c1\n")
	body("no magic", packed, "", secret)
	body("magic alone", packed, "", "TPK1"+secret)
	body("rows beyond reason", packed, "", "TPK1\xff\xff\xff\xff\x01\x00\x01u\x03\xff\xff\xff\xff"+secret)
	body("length beyond the end", packed, "", "TPK1\x01\x00\x00\x00\x01\x00\x01u\x03\xff\x00\x00\x00"+secret)
	whole := arrowOf(secret)
	body("no arrow", stream, "", secret)
	body("arrow cut", stream, "", whole[:len(whole)-20])
	body("arrow without its end", stream, "", whole[:len(whole)-8])
	body("arrow and more", stream, "", whole+secret)
	body("arrow without a schema", stream, "", whole[8+int(whole[4])+int(whole[5])<<8:])
	body("arrow of long messages", stream, "", "\xff\xff\xff\xff\xff\xff\xff\x7f"+secret)
	body("arrow, compressed inside", stream, "", arrowOf(secret, ipc.WithZstd()))
	body("arrow column unknown", stream, "", strings.ReplaceAll(whole, "\x01\x00\x00\x00u\x00\x00\x00", "\x01\x00\x00\x00z\x00\x00\x00"))
	body("json as arrow", stream, "", good)
	body("arrow as packed", packed, "", whole)
	all["arrow, bytes changed"] = spoilt{spoil: func(r *http.Request, random *rand.Rand) {
		b := []byte(whole)
		for range 1 + random.IntN(20) {
			b[random.IntN(strings.Index(whole, secret))] ^= byte(1 + random.IntN(255))
		}
		setBody(r, string(b)+secret)
		r.Header.Set("Content-Type", stream)
	}}
	body("no gzip", js, "gzip", good)
	body("gzip cut", js, "gzip", cut[:len(cut)-6])
	body("gzip and more", js, "gzip", cut+secret)
	body("gzip of nonsense", js, "gzip", gzipped(secret))
	body("a bomb", js, "gzip", bomb())
	body("no zstd", js, "zstd", good)
	body("zstd cut", js, "zstd", zcut[:len(zcut)-4])
	body("zstd of nonsense", js, "zstd", zstandard(secret))
	body("unknown encoding", js, "br", good)
	body("encoding with a secret", js, secret, good)
	body("too long", js, "", strings.Repeat(good, 3000))
	header("no type", "Content-Type", "")
	header("type with a secret", "Content-Type", "text/"+secret)
	header("type that is none", "Content-Type", ";;"+secret)
	header("no token", "Authorization", "")
	header("wrong token", "Authorization", "Bearer "+secret)
	header("basic", "Authorization", "Basic "+secret)
	header("long key", "Idempotency-Key", strings.Repeat(secret, 20))
	all["path"] = spoilt{spoil: func(r *http.Request, _ *rand.Rand) { r.URL.Path = "//v1//events/" + secret; setBody(r, good) }}
	all["method"] = spoilt{spoil: func(r *http.Request, _ *rand.Rand) { r.Method = "PUT"; setBody(r, good); r.URL.RawQuery = secret }}
	raw("no http", secret+"\r\n\r\n")
	raw("length that lies", "POST /v1/events HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer "+theToken+"\r\nContent-Type: application/x-ndjson\r\nContent-Length: 4000\r\n\r\n"+good)
	raw("bad chunk", "POST /v1/events HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer "+theToken+"\r\nContent-Type: application/x-ndjson\r\nTransfer-Encoding: chunked\r\n\r\nzz"+secret+"\r\n")
	raw("bad header", "POST /v1/events HTTP/1.1\r\nHost: x\r\n"+secret+"\r\n\r\n")
	all["random bytes"] = spoilt{spoil: func(r *http.Request, random *rand.Rand) {
		b := make([]byte, random.IntN(300))
		for i := range b {
			b[i] = byte(random.Uint32())
		}
		setBody(r, string(b)+secret)
		r.Header.Set("Content-Type", []string{js, csv, packed, stream}[random.IntN(4)])
	}}
	return all
}

func bomb() string { return gzipped(strings.Repeat(secret+strings.Repeat("\n", 1000), 500)) }

func setBody(r *http.Request, text string) {
	r.Body, r.ContentLength = io.NopCloser(strings.NewReader(text)), int64(len(text))
}

// rawly writes bytes to the server, closes that side, and returns the answer.
func (w *world) rawly(text string) string {
	c, err := net.Dial("tcp", strings.TrimPrefix(w.url, "http://"))
	if err != nil {
		return ""
	}
	defer c.Close()
	c.SetDeadline(time.Now().Add(time.Minute))
	io.WriteString(c, text)
	c.(*net.TCPConn).CloseWrite()
	answer, _ := io.ReadAll(c)
	return string(answer)
}

// quick is a disk that is not made durable: the test takes copies and pulls no plug.
type quick struct{ journal.Files }

func (q quick) Create(name string) (journal.File, error) {
	f, err := q.Files.Create(name)
	return quickFile{f}, err
}

type quickFile struct{ journal.File }

func (quickFile) Sync() error { return nil }

// book is what senders remember.
type book struct {
	mu       sync.Mutex
	acked    []string // users of batches that were acknowledged
	again    []string // users of batches with a key that were not
	isKilled bool     // what is answered after that, nobody hears
	said     bytes.Buffer
	n        int
}

// TestMalformed sends 10,000 malformed requests of sixty kinds between good ones, kills the process eight times, and wants
// every acknowledged row once and the secret nowhere: in no answer, no error, no note.
func TestMalformed(t *testing.T) {
	const seed, rounds, workers, each = 11, 8, 4, 313
	all := kinds()
	names := slices.Sorted(maps.Keys(all))
	if len(names) < 60 {
		t.Fatalf("%d kinds, want sixty", len(names))
	}
	dir := t.TempDir()
	var b book
	accepted := map[string]int{}
	for round := range rounds {
		w := newWorld(t, dir, func(o *Options, j *journal.Options) {
			o.MaxBody, o.MaxPlain, j.Files = 100_000, 400_000, quick{j.Files}
		})
		b.isKilled = false
		again := b.again
		b.again = nil
		for _, user := range again {
			b.good(w, user, true)
		}
		var wait sync.WaitGroup
		for k := range workers {
			wait.Go(func() {
				random := rand.New(rand.NewPCG(seed, uint64(round*workers+k)))
				for i := range each {
					name := names[(i+k*13+round*7)%len(names)]
					n := b.bad(w, all[name], random)
					b.mu.Lock()
					b.n++
					accepted[name] += n
					b.mu.Unlock()
					if i%8 == 0 {
						b.good(w, fmt.Sprintf("u%d-%d-%d", round, k, i), i%16 == 0)
					}
				}
			})
		}
		for { // the plug is pulled while they send
			b.mu.Lock()
			if b.n >= (round+1)*workers*each-workers*each/10 || round == rounds-1 && b.n == rounds*workers*each {
				b.isKilled = true
				b.mu.Unlock()
				break
			}
			b.mu.Unlock()
			time.Sleep(time.Millisecond)
		}
		next := killed(t, dir)
		wait.Wait()
		if err := w.stop(); err != nil {
			t.Fatal(err)
		}
		fmt.Fprint(&b.said, w.notes)
		dir = next
	}
	b.check(t, dir)
	for name, n := range accepted {
		if n > 0 {
			t.Errorf("seed %d: %d rows of %q were accepted", seed, n, name)
		}
	}
	if b.n < 10_000 || len(b.acked) < 500 {
		t.Errorf("%d malformed requests and %d good batches", b.n, len(b.acked))
	}
}

// bad sends a malformed request, keeps what was said, and returns how many rows were accepted.
func (b *book) bad(w *world, s spoilt, random *rand.Rand) int {
	var text string
	accepted := 0
	if s.raw != "" {
		text = w.rawly(s.raw)
	} else {
		r := w.request("")
		s.spoil(r, random)
		a := w.send(r)
		text, accepted = a.text, a.taken.Accepted
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	b.said.WriteString(text)
	return accepted
}

// good sends a batch of three rows, and twice when it has a key.
func (b *book) good(w *world, user string, hasKey bool) {
	times := 1
	if hasKey {
		times = 2
	}
	for range times {
		r := w.request(line(user, noon) + line(user, noon+1) + "{}\n" + line(user, noon+2))
		if hasKey {
			r.Header.Set("Idempotency-Key", user)
		}
		a := w.send(r)
		b.mu.Lock()
		if !b.isKilled && a.status == http.StatusOK {
			if !slices.Contains(b.acked, user) {
				b.acked = append(b.acked, user)
			}
		} else if hasKey && !slices.Contains(b.acked, user) && !slices.Contains(b.again, user) {
			b.again = append(b.again, user)
		}
		b.mu.Unlock()
	}
}

// killed is the journal as the next process finds it: what was on disk, and half an entry behind it.
func killed(t *testing.T, dir string) string {
	next := t.TempDir()
	names, err := os.ReadDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	for i, n := range names {
		text, err := os.ReadFile(filepath.Join(dir, n.Name()))
		if err != nil {
			t.Fatal(err)
		}
		if i == len(names)-1 {
			text = append(text, "tje\x01\x00\x00\x01\x00 half an entry"...)
		}
		if err := os.WriteFile(filepath.Join(next, n.Name()), text, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	return next
}

// check reads the journal that is left.
func (b *book) check(t *testing.T, dir string) {
	w := newWorld(t, dir, nil)
	got := w.rows()
	for _, user := range b.acked {
		for ms := range int64(3) {
			if n := got[[2]int64{w.unit(user), noon + ms}]; n != 1 {
				t.Fatalf("a row that was acknowledged is there %d times", n)
			}
		}
	}
	if got[[2]int64{w.unit(secret), noon}] != 0 {
		t.Error("rows of malformed requests were taken")
	}
	for _, part := range []string{secret, secret[:13], secret[13:], theToken} {
		if strings.Contains(b.said.String(), part) {
			at := strings.Index(b.said.String(), part)
			t.Errorf("an answer or a note holds %q: %.200q", part, b.said.String()[max(0, at-100):])
		}
	}
}
