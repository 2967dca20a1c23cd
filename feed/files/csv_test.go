package files

import (
	"bytes"
	"encoding/csv"
	"fmt"
	"io"
	"slices"
	"strings"
	"testing"
	"testing/iotest"
	"time"

	"github.com/throng-stats/throng/feed"
	"github.com/throng-stats/throng/feed/feedtest"
)

// TestCSVFeed runs the suite over every packing, and over a file that is cut into pieces.
func TestCSVFeed(t *testing.T) {
	list := facts(20000)
	stamp := func(ms int64) string { return fmt.Sprint(ms) }
	text := csvOf(list, stamp)
	door := theDoor(t)
	want := rows(t, list, door.UnitInt)
	for _, c := range []struct {
		name, text string
		every      int64
	}{
		{"in.csv", text, 0}, {"in.csv.gz", text, 0}, {"in.csv.zst", text, 0},
		{"mark.csv", "\xef\xbb\xbf" + text, 0}, {"windows.csv", strings.ReplaceAll(text, "\n", "\r\n"), 0},
		{"quotes.csv", strings.ReplaceAll(text, "c1", `"c1"`), 0}, {"cut.csv", text, 50000}, {"unfinished.csv", strings.TrimSuffix(text, "\n"), 70000},
	} {
		t.Run(c.name, func(t *testing.T) {
			opts := feed.Options{Files: []string{write(t, c.name, c.text)}, Columns: eventColumns("int", "int", "", ""), Drop: []string{"loc_error"}, Strict: true}
			f := openTest(t, opts)
			if c.every > 0 {
				f.sources[0].pieces = cutEvery(c.text, c.every)
				if len(f.sources[0].pieces) < 5 {
					t.Fatalf("got %d pieces, want several", len(f.sources[0].pieces))
				}
			}
			feedtest.Run(t, feedtest.Subject{Parts: func(*testing.T) []feed.Part { return f.Parts() }, Want: want})
		})
	}
}

// cutEvery cuts a text as the digest pass does, reading it in uneven blocks.
func cutEvery(text string, every int64) []piece {
	s := newSeams(true)
	s.every, s.next = every, every
	for b := []byte(text); len(b) > 0; {
		n := min(len(b), 7001)
		s.look(b[:n])
		b = b[n:]
	}
	return s.pieces(int64(len(text)))
}

func TestSeams(t *testing.T) {
	text := "h\n" + strings.Repeat("row\n", 100)
	at, before := int64(0), int64(0)
	for k, p := range cutEvery(text, 10) {
		if p.from != at || k > 0 && (text[p.from-1] != '\n' || p.rowsBefore != before) {
			t.Fatalf("piece %d: got %+v, want a beginning at %d behind a line end and %d rows", k, p, at, before)
		}
		at, before = p.to, int64(strings.Count(text[:p.to], "\n"))-1
	}
	if at != int64(len(text)) {
		t.Errorf("got pieces up to byte %d, want %d", at, len(text))
	}
	for name, bad := range map[string]string{"quote": text + "\"a\n\"\n", "empty line": text + "\n" + text, "empty windows line": text + "\r\n" + text} {
		if n := len(cutEvery(bad, 10)); n != 1 {
			t.Errorf("%s: got %d pieces, want one", name, n)
		}
	}
}

// TestTextTimes reads local times of the place of each row.
func TestTextTimes(t *testing.T) {
	text := "who,local_time,airport\nN1,2011-01-01 00:01,houston\nN1,2011-01-01 00:01,denver\nN2,2011-03-13 02:30,denver\nN2,2011-01-01 00:01,c1\nN3,2011-01-01 00:01,mars\n"
	opts := feed.Options{Kind: feed.Events, Clock: zone(t, "Europe/Paris"), Strict: true, Files: []string{write(t, "in.csv", text)}, Columns: []feed.Column{
		{Name: "who", As: "device"}, {Name: "airport", As: "cell"}, {Name: "local_time", As: "time", Format: "yyyy-MM-dd HH:mm", Zone: "cell"}}}
	var got []string
	for _, r := range readRows(t, openTest(t, opts)) {
		got = append(got, fmt.Sprint(time.UnixMilli(r.Time).UTC().Format(time.RFC3339), " ", r.Bad))
	}
	want := []string{"2011-01-01T06:01:00Z 0", "2011-01-01T07:01:00Z 0", "1970-01-01T00:00:00Z 16", "2010-12-31T23:01:00Z 0", "2010-12-31T23:01:00Z 256"}
	if !slices.Equal(got, want) {
		t.Errorf("got %q, want %q", got, want)
	}
}

// rowsOf reads CSV with the scanner, or tells that it is not CSV.
func rowsOf(r io.Reader) (all [][]string, err error) {
	s := newScanner(r, 0)
	s.buf = make([]byte, 64)
	for {
		if err := s.next(); err == io.EOF {
			return all, nil
		} else if err != nil {
			return all, err
		}
		var row []string
		for _, f := range s.fields {
			row = append(row, string(f))
		}
		all = append(all, row)
	}
}

// sameAsLibrary compares the scanner with encoding/csv on one text, read in whole and byte by byte.
func sameAsLibrary(t *testing.T, text string) {
	t.Helper()
	want, wantErr := csv.NewReader(strings.NewReader(text)).ReadAll()
	for _, r := range []io.Reader{strings.NewReader(text), iotest.OneByteReader(strings.NewReader(text)), iotest.DataErrReader(strings.NewReader(text))} {
		got, err := rowsOf(r)
		if (err == nil) != (wantErr == nil) {
			t.Fatalf("%q: got error %v, want %v", text, err, wantErr)
		}
		if err == nil && !slices.EqualFunc(got, want, slices.Equal[[]string]) {
			t.Fatalf("%q: got %q, want %q", text, got, want)
		}
	}
}

func TestScannerAgainstLibrary(t *testing.T) {
	for _, text := range []string{"", "a", "a,b\n1,2\n", "a,b\r\n1,2\r\n", "a\n\n\nb\n", "a\r\n\r\nb", "\n", "\r\n", "\r", "a\r", "a,b\n1\n", "a\n1,2\n",
		"\"a\",b\n", "\"a,b\",c\n", "\"a\"\"b\",c\n", "\"a\nb\",c\n", "\"a\r\nb\",c\n", "\"a\",\"b\"\r\n\"c\",\"d\"", "\"\"\n", "\"\",\n", "a\"b\n", "\"a\"b\n", "\"a", "\"a\n",
		"\"a\"\r\n", "\"a\"\r", "\"a\r\"", "a,\"b\n", ",\n,\n", "a,b\n\"c\",d\ne,f\n", "x\ry,z\n", "\"x\ry\",z\n", "\"a\"\"", "é,ü\n\"ü\",é\n"} {
		sameAsLibrary(t, text)
	}
}

func FuzzScanner(f *testing.F) {
	for _, s := range []string{"a,b\n1,2\n", "\"a,b\",c\r\n", "\"a\"\"b\"\n", "\"a\r\nb\",\"c\r\"\n\n\nx,y"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, text string) {
		if strings.ContainsRune(text, 0) {
			t.Skip("a null byte is of no interest")
		}
		sameAsLibrary(t, text)
	})
}

// TestLongRows makes sure that a quote that is never closed does not take all memory.
func TestLongRows(t *testing.T) {
	_, err := rowsOf(io.MultiReader(strings.NewReader("a\n\""), bytes.NewReader(bytes.Repeat([]byte("x"), maxRow+1))))
	if err != errLong {
		t.Errorf("got %v, want %v", err, errLong)
	}
}
