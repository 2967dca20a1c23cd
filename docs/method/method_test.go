package method

import (
	"io/fs"
	"os"
	"slices"
	"strings"
	"testing"
)

// TestEveryPageIsListed: a page that nobody lists is not found, and a page without its parts explains nothing.
func TestEveryPageIsListed(t *testing.T) {
	files, err := fs.Glob(pages, "*.md")
	if err != nil || len(files) < 3 {
		t.Fatalf("%d pages, %v", len(files), err)
	}
	for _, file := range files {
		if file == "README.md" {
			continue
		}
		i := slices.IndexFunc(list, func(m Method) bool { return m.Page == file })
		if i < 0 {
			t.Errorf("%s: no method of list.go has this page; add it", file)
			continue
		}
		for _, part := range Sections() {
			if list[i].Section(part) == "" {
				t.Errorf("%s: has no section %q (or %q); write it", file, part, strings.Join(headings[part][1:], `", "`))
			}
		}
	}
	for _, m := range list {
		if m.Text() == "" {
			t.Logf("%s: its page %s is not there, so it is not shown", m.Name, m.Page)
		}
	}
}

// TestList: names are there once, every method says in a line what it is, and the page of the list names each page.
func TestList(t *testing.T) {
	readme, err := pages.ReadFile("README.md")
	if err != nil {
		t.Fatal(err)
	}
	seen := map[string]bool{}
	for _, m := range All() {
		if seen[m.Name] || m.Line == "" || strings.HasSuffix(m.Line, ".") {
			t.Errorf("%s: is there twice, or its line %q is none", m.Name, m.Line)
		}
		seen[m.Name] = true
		if !strings.Contains(string(readme), "("+m.Page+")") {
			t.Errorf("docs/method/README.md does not name %s", m.Page)
		}
	}
	if _, ok := Find("present"); !ok {
		t.Error("present is not found")
	}
	if _, ok := Find("nothing"); ok {
		t.Error("nothing is found")
	}
}

// TestVersion: the version of the definitions is what manifests state.
func TestVersion(t *testing.T) {
	text, err := os.ReadFile("../../driver/publish.go")
	if err != nil {
		t.Fatal(err)
	}
	if want := `methodVersion = "` + Version + `"`; !strings.Contains(string(text), want) {
		t.Errorf("the driver does not say %s; raise both", want)
	}
}

// TestSection: from a heading to the next of its level or above, older words too.
func TestSection(t *testing.T) {
	const page = "# Title\n\n## Definition\n\none\n\n### detail\n\ntwo\n\n## Example: five devices\n\nthree\n## Sources\nfour\n"
	for name, want := range map[string]string{"Definition": "one\n\n### detail\n\ntwo", "Worked example": "three", "Sources": "four", "Limits": ""} {
		if got := section(page, name); got != want {
			t.Errorf("%s: got %q, want %q", name, got, want)
		}
	}
}
