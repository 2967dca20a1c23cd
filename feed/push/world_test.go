package push

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/apache/arrow-go/v18/arrow"
	"github.com/apache/arrow-go/v18/arrow/array"
	"github.com/apache/arrow-go/v18/arrow/ipc"
	"github.com/apache/arrow-go/v18/arrow/memory"

	"github.com/throng-stats/throng"
	"github.com/throng-stats/throng/event"
	"github.com/throng-stats/throng/feed"
	"github.com/throng-stats/throng/feed/journal"
	"github.com/throng-stats/throng/locate"
)

// noon is 2026-02-02 12:00 UTC in milliseconds.
const noon = 1769990400000 + 12*3600e3

const theToken = "0123456789abcdef0123456789abcdef"

func theDoor(t testing.TB) *feed.Door {
	t.Helper()
	day, err := throng.DayOf("2026-02-02", time.UTC)
	if err != nil {
		t.Fatal(err)
	}
	return feed.NewDoor([]throng.Period{day}, [][16]byte{{1}}, nil)
}

// world is a server with its journal.
type world struct {
	t       testing.TB
	dir     string
	door    *feed.Door
	journal *journal.Journal
	server  *Server
	url     string
	stop    func() error

	mu    sync.Mutex
	notes []string
}

func newWorld(t testing.TB, dir string, change func(*Options, *journal.Options)) *world {
	t.Helper()
	w := &world{t: t, dir: dir, door: theDoor(t)}
	jo := journal.Options{Files: journal.Disk(dir), Key: [32]byte{3}, Partitions: 2, SegmentBytes: 50_000, Now: func() time.Time { return time.UnixMilli(noon) }}
	g := &locate.Ground{Places: []locate.Place{{ID: "c0"}, {ID: "c1"}}}
	g.Index()
	o := Options{Ground: g, Token: []byte(theToken), Feed: feed.Options{Kind: feed.Events, Drop: []string{"note"}, Columns: []feed.Column{
		{Name: "u", As: "subscriber", Type: "text"}, {Name: "t", As: "time", Type: "int"}, {Name: "c", As: "cell", Type: "text"}}},
		Note: func(text string) { w.mu.Lock(); defer w.mu.Unlock(); w.notes = append(w.notes, text) }}
	if change != nil {
		change(&o, &jo)
	}
	var err error
	if w.journal, err = journal.Open(jo); err != nil {
		t.Fatal(err)
	}
	o.Journal = w.journal
	if w.server, err = New(o); err != nil {
		t.Fatal(err)
	}
	w.server.Through(w.door)
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	ended := make(chan error, 1)
	go func() { ended <- w.server.Serve(ctx, l, nil) }()
	w.url = "http://" + l.Addr().String()
	w.stop = sync.OnceValue(func() error {
		cancel()
		err := <-ended
		if closing := w.journal.Close(); err == nil {
			err = closing
		}
		return err
	})
	t.Cleanup(func() { w.stop() })
	return w
}

// request is a good one until a test spoils it.
func (w *world) request(body string) *http.Request {
	r, err := http.NewRequest(http.MethodPost, w.url+"/v1/events", strings.NewReader(body))
	if err != nil {
		w.t.Fatal(err)
	}
	r.Header.Set("Authorization", "Bearer "+theToken)
	r.Header.Set("Content-Type", "application/x-ndjson")
	return r
}

// reply is an answer with everything that was said.
type reply struct {
	status int
	text   string // headers and body
	taken  taken
	code   string
}

func (w *world) send(r *http.Request) reply {
	w.t.Helper()
	a, err := http.DefaultTransport.RoundTrip(r)
	if err != nil {
		return reply{text: err.Error()} // the client's own words
	}
	defer a.Body.Close()
	body, _ := io.ReadAll(a.Body)
	var head bytes.Buffer
	a.Header.Write(&head)
	out := reply{status: a.StatusCode, text: head.String() + string(body)}
	json.Unmarshal(body, &out.taken)
	var p struct{ Error string }
	json.Unmarshal(body, &p)
	out.code = p.Error
	return out
}

// line is a row as JSON.
func line(user string, ms int64) string {
	return fmt.Sprintf(`{"u":%q,"t":%d,"c":"c1","note":"x"}`+"\n", user, ms)
}

// arrowOf is a stream of one row.
func arrowOf(user string, options ...ipc.Option) string {
	schema := arrow.NewSchema([]arrow.Field{{Name: "u", Type: arrow.BinaryTypes.String}, {Name: "t", Type: arrow.PrimitiveTypes.Int64}, {Name: "c", Type: arrow.BinaryTypes.String}}, nil)
	b := array.NewRecordBuilder(memory.DefaultAllocator, schema)
	b.Field(0).(*array.StringBuilder).Append(user)
	b.Field(1).(*array.Int64Builder).Append(noon)
	b.Field(2).(*array.StringBuilder).Append("c1")
	var text bytes.Buffer
	w := ipc.NewWriter(&text, append(options, ipc.WithSchema(schema))...)
	if err := errors.Join(w.Write(b.NewRecordBatch()), w.Close()); err != nil {
		panic(err)
	}
	return text.String()
}

// rows counts what the journal holds, by pseudonym and time; rejected rows under pseudonym 0.
func (w *world) rows() map[[2]int64]int {
	w.t.Helper()
	counts := map[[2]int64]int{}
	if err := w.journal.Beat(w.t.Context()); err != nil { // so that every partition has an end to read to
		w.t.Fatal(err)
	}
	for p := range 2 {
		r, err := w.journal.Open(w.t.Context(), p, 0)
		if err != nil {
			w.t.Fatal(err)
		}
		for lag := int64(1); lag > 0; {
			var b event.Batch
			mark, err := r.Next(w.t.Context(), w.door, &b)
			if err != nil {
				w.t.Fatal(err)
			}
			lag = mark.Lag
			for i := range b.Len() {
				k := [2]int64{int64(b.Unit[i]), b.Time[i]}
				if b.Bad[i] != 0 {
					k[0] = 0
				}
				counts[k]++
			}
		}
		r.Close()
	}
	return counts
}

func (w *world) unit(user string) int64 { return int64(w.door.Unit(0, []byte(user))) }
