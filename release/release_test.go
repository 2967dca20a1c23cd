package release

import (
	"errors"
	"os"
	"strconv"
	"strings"
	"testing"
	"time"
)

// TestMeasuredDigestOfTheFormatPage reads the example of docs/format/release.md.
func TestMeasuredDigestOfTheFormatPage(t *testing.T) {
	page, err := os.ReadFile("../docs/format/release.md")
	if err != nil {
		t.Fatal(err)
	}
	m := Manifest{Files: []File{{Path: "claim.json", SHA256: "0", Bytes: 1}, {Path: "estimate/linear/total.parquet", SHA256: "0", Bytes: 1}}}
	want := ""
	for line := range strings.Lines(string(page)) {
		words := strings.Fields(line)
		if !strings.HasPrefix(line, "    ") {
			continue
		}
		if len(words) == 3 && strings.HasPrefix(words[0], Measured+"/") && len(words[1]) == 64 {
			n, err := strconv.ParseInt(words[2], 10, 64)
			if err != nil {
				t.Fatal(err)
			}
			m.Files = append([]File{{words[0], words[1], n}}, m.Files...) // the order of files does not matter
		}
		if len(words) == 2 && len(words[0]) == 64 {
			want = strings.Join(words, " ")
		}
	}
	sha, bytes := MeasuredDigest(m)
	if got := sha + " " + strconv.FormatInt(bytes, 10); got != want {
		t.Errorf("got %s, the page says %s", got, want)
	}
	m.Files[0].Bytes++
	if other, _ := MeasuredDigest(m); other == sha {
		t.Error("another size gave the same digest")
	}
}

func TestVerifyNamesGotAndWanted(t *testing.T) {
	f := File{Path: "a.json", SHA256: Digest([]byte("abc")), Bytes: 3}
	if err := f.Verify([]byte("abc")); err != nil {
		t.Error(err)
	}
	err := f.Verify([]byte("abd"))
	if !errors.Is(err, ErrCorrupt) || !strings.Contains(err.Error(), f.SHA256) || !strings.Contains(err.Error(), Digest([]byte("abd"))) {
		t.Errorf("got %v", err)
	}
}

func TestOrder(t *testing.T) {
	at := func(id string, day int, product string, revision int) Head {
		return Head{ID: id, Product: product, Revision: revision, Period: Period{Start: time.Date(2026, 2, day, 0, 0, 0, 0, time.UTC)}}
	}
	list := []Head{at("a", 1, "present", 0), at("b", 2, "present", 1), at("c", 2, "present", 0), at("d", 2, "flows-day", 3)}
	Order(list)
	got := ""
	for _, m := range list {
		got += m.ID
	}
	if got != "dcba" {
		t.Errorf("got %s, want dcba", got)
	}
}

func TestIsName(t *testing.T) {
	for word, want := range map[string]bool{
		"a": true, "2026-02-03": true, "A.b_c-9": true, "": false, ".": false, "..": false, ".a": false, "a/b": false, "a b": false, "ä": false, "-a": false,
		strings.Repeat("x", 128): true, strings.Repeat("x", 129): false,
	} {
		if IsName(word) != want {
			t.Errorf("%q: got %v, want %v", word, !want, want)
		}
	}
}

func TestStarts(t *testing.T) {
	got, err := Starts([]string{"2026-02-03T07:00:00Z", "2026-02-03T07:30:00Z"})
	if err != nil || got[1]-got[0] != 1800e3 {
		t.Errorf("got %v, %v", got, err)
	}
	for _, codes := range [][]string{{"2026-02-03"}, {"2026-02-03T07:00:00+01:00"}, {"2026-02-03T07:00:00.5Z"}, {"2026-02-03T07:00:00Z", "2026-02-03T07:00:00Z"}} {
		if _, err := Starts(codes); err == nil {
			t.Errorf("%v was taken", codes)
		}
	}
}
