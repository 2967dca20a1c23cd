package main

import (
	"bytes"
	"io"
	"math"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// TestTree runs the experiment on a hamlet: every table is there, a counted device is given out once, and the page is
// written between its lines.
func TestTree(t *testing.T) {
	o := &options{people: 2000, days: 1, draws: 2, perimeters: 2, every: 12, seed: 1}
	w, err := invent(t.Context(), o, t.TempDir(), func(string, ...any) {})
	if err != nil {
		t.Fatal(err)
	}
	ways, err := w.ways()
	if err != nil {
		t.Fatal(err)
	}
	var all []score
	for _, u := range []*way{ways[2], ways[5]} {
		if err := w.count(t.Context(), u); err != nil {
			t.Fatal(err)
		}
		sum := 0.0
		for _, n := range u.exact[0][12] {
			sum += n
		}
		if sum < 300 || sum > 2000 {
			t.Errorf("%s: %v devices were counted at noon, of about 800", u.name, sum)
		}
		scores, err := w.compare(o, u)
		if err != nil {
			t.Fatal(err)
		}
		all = append(all, scores...)
	}
	for _, s := range all {
		if !(s.rmse() > 0) || math.Abs(s.method()*s.method()+s.noise()*s.noise()-s.rmse()*s.rmse()) > 1e-6*s.square && s.scatter < s.square {
			t.Errorf("%s by %s, %s: error %v, method %v, noise %v", s.size, s.way, s.by, s.rmse(), s.method(), s.noise())
		}
	}
	text := report(o, w, []*way{ways[2], ways[5]}, all)
	for _, want := range []string{"**Municipality**", "**Disc of 300 km2**", "| cluster of 150 | EM |", "| dominant zone | linear |", "rho 0.25"} {
		if !strings.Contains(text, want) {
			t.Errorf("the report lacks %q:\n%s", want, text)
		}
	}
}

// TestRefuses: numbers that make no experiment.
func TestRefuses(t *testing.T) {
	if err := run(t.Context(), &options{people: 10}, io.Discard, io.Discard); err == nil {
		t.Error("ten people were accepted")
	}
}

// TestInto: tables go between the two lines, everything else stays.
func TestInto(t *testing.T) {
	path := filepath.Join(t.TempDir(), "page.md")
	os.WriteFile(path, []byte("a\n<!-- 5 people -->\nold\n<!-- end -->\nb\n"), 0o644)
	if err := into(path, "<!-- 5 people -->\n", "new\n"); err != nil {
		t.Fatal(err)
	}
	if got, _ := os.ReadFile(path); !bytes.Equal(got, []byte("a\n<!-- 5 people -->\nnew\n<!-- end -->\nb\n")) {
		t.Errorf("the page is %q", got)
	}
	if err := into(path, "<!-- 6 people -->\n", ""); err == nil {
		t.Error("a page without the lines was written")
	}
}
