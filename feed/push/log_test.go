package push

import (
	"fmt"
	"io"
	"strings"
	"testing"

	"github.com/throng-stats/throng/event"
	"github.com/throng-stats/throng/feed"
)

var _ feed.Log = (*Log)(nil)

// TestLog: what is sent to a log comes out of it, and its readers end with it, or with what stopped it.
func TestLog(t *testing.T) {
	w := newWorld(t, t.TempDir(), nil)
	opt := w.server.opt
	opt.AtOnce = 1
	l, err := Listen(opt, "127.0.0.1:0", nil, w.door)
	if err != nil {
		t.Fatal(err)
	}
	w.url = "http://" + l.Addr().String()
	if a := w.send(w.request(line("a", noon))); a.status != 200 {
		t.Fatal(a.text)
	}
	if n := w.rows()[[2]int64{w.unit("a"), noon}]; n != 1 {
		t.Errorf("the row is there %d times", n)
	}
	r, err := l.Open(t.Context(), 0, 0)
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	var body strings.Builder
	for i := range 1000 {
		body.WriteString(line(fmt.Sprintf("+4915112%06d", i), noon))
	}
	if a := w.send(w.request(body.String())); a.code != "identifiers" {
		t.Errorf("got %d %s", a.status, a.text)
	}
	for {
		var b event.Batch
		if _, err := r.Next(t.Context(), w.door, &b); err != nil {
			if err == io.EOF || !strings.Contains(err.Error(), "look like phone numbers") {
				t.Errorf("got %v", err)
			}
			break
		}
	}
	if err := l.Close(); err == nil || strings.Count(err.Error(), "look like phone numbers") != 1 {
		t.Errorf("got %v", err)
	}
	if err := l.Close(); err == nil {
		t.Error("closed again without its error")
	}
}
