package ledger

import (
	"bytes"
	"encoding/json"
	"flag"
	"os"
	"strings"
	"testing"
	"time"
)

var rewrite = flag.Bool("rewrite", false, "rewrite the golden files with what the code does")

// golden compares with a file below testdata.
func golden(t *testing.T, name, got string) {
	t.Helper()
	path := "testdata/" + name
	if *rewrite {
		if err := os.WriteFile(path, []byte(got), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if got != string(want) {
		t.Errorf("%s: got\n%s\nwant\n%s\nlook at the difference; -rewrite accepts it", path, got, want)
	}
}

// TestOperations holds the sequence of operations on the disk, because the order is the promise: a sync that is missing
// or comes late shows here.
func TestOperations(t *testing.T) {
	files := Memory()
	files.Note("a new ledger is opened")
	l := open(t, files, "6d9f1c02ab37e4d5")
	files.Note("a release is reserved")
	ticket := reserve(t, l, present("2026-02-03", 7_800_000))
	files.Note("reserved: noise may be drawn from here on, and the release is written, synced and renamed elsewhere")
	if err := l.Released(ticket, digest("files"), 48213, time.Time{}); err != nil {
		t.Fatal(err)
	}
	files.Note("released")
	l.Close()
	files.Note("closed; the next writer opens it and finds a torn line")
	content, _ := files.ReadFile(segmentOf(1))
	torn := files.Restart()
	torn.WriteFile(segmentOf(1), append(content, `{"v":"1","seq":"6"`...))
	open(t, torn, "0e55c1a7720b9f84")
	golden(t, "release.operations", strings.Join(append(files.Log(), torn.Log()...), "\n")+"\n")
}

// page is the description of the format, with an example in it.
const page = "../../docs/format/ledger.md"

// TestFormatPage: the example in the documentation is what the code writes, and it verifies.
func TestFormatPage(t *testing.T) {
	text, err := os.ReadFile(page)
	if err != nil {
		t.Fatal(err)
	}
	before, rest, ok1 := bytes.Cut(text, []byte("```jsonl\n"))
	shown, after, ok2 := bytes.Cut(rest, []byte("```\n"))
	if !ok1 || !ok2 {
		t.Fatalf("%s has no block of jsonl", page)
	}
	want := exampleText(t)
	if *rewrite {
		out := bytes.Join([][]byte{before, []byte("```jsonl\n"), want, []byte("```\n"), after}, nil)
		if err := os.WriteFile(page, out, 0o644); err != nil {
			t.Fatal(err)
		}
		shown = want
	}
	if !bytes.Equal(shown, want) {
		t.Errorf("%s shows\n%s\nthe code writes\n%s", page, shown, want)
	}
	files := Memory()
	files.WriteFile(segmentOf(1), shown)
	report, err := Verify(files)
	if err != nil || !report.OK() || report.Records != 10 {
		t.Errorf("the example: %+v, %v, want 10 records that verify", report, err)
	}
}

// TestSummary holds the public summary of the example.
func TestSummary(t *testing.T) {
	o := options("w")
	o.Caps.Day = 50_000_000
	l, err := Open(example(t), o)
	if err != nil {
		t.Fatal(err)
	}
	golden(t, "summary.json", summaryText(t, l.Summary("subscriber-day", "standard")))
}

func summaryText(t *testing.T, s Summary) string {
	t.Helper()
	text, err := json.MarshalIndent(s, "", " ")
	if err != nil {
		t.Fatal(err)
	}
	return string(text) + "\n"
}
