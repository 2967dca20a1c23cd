package spool

import (
	"os"
	"strings"
	"testing"

	"github.com/throng-stats/throng/event"
)

// TestLargePagesAreGivenUp: no memory of this process wants large pages after a spool that wanted them is closed.
func TestLargePagesAreGivenUp(t *testing.T) {
	s := New(1, 1, Events, 1<<30, t.TempDir())
	w := s.Writer()
	wanted := func() int { return strings.Count(flags(t), " hg") }
	before := wanted()
	for i := range uint32(8 << 20 / int(Events)) {
		if err := w.Add(0, &event.Record{Unit: uint64(i), Time: i}); err != nil {
			t.Fatal(err)
		}
	}
	if wanted() == before {
		t.Skip("this system gives no large pages to who asks")
	}
	if err := w.Flush(); err != nil {
		t.Fatal(err)
	}
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	if n := wanted(); n != before {
		t.Errorf("%d regions want large pages after the spool was closed, %d before it was there", n, before)
	}
}

// flags are those of all memory of this process.
func flags(t *testing.T) string {
	text, err := os.ReadFile("/proc/self/smaps")
	if err != nil {
		t.Skip(err)
	}
	var all strings.Builder
	for line := range strings.Lines(string(text)) {
		if strings.HasPrefix(line, "VmFlags:") {
			all.WriteString(line)
		}
	}
	return all.String()
}
