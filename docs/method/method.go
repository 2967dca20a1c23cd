// Package method holds the pages that define what is published, and a list of them.
//
// The pages are part of the program, so that it can say by itself what its numbers mean: throng methods.
package method

import (
	"embed"
	"slices"
	"strings"
)

// Version is the version of the definitions; every manifest states it as its method.
const Version = "1"

//go:embed *.md
var pages embed.FS

// Parameter is a number or word that a definition leaves open.
type Parameter struct {
	Name    string `json:"name"`
	Default string `json:"default"`          // with its unit
	Source  string `json:"source,omitempty"` // where the default comes from; empty: ours
}

// Method is one definition: a product, or what is made from products.
type Method struct {
	Name       string      `json:"name"`              // of a product as contracts write it, else of the page
	Product    bool        `json:"product,omitempty"` // has releases of its own
	Line       string      `json:"line"`              // what it is
	Page       string      `json:"page"`              // file name in docs/method
	Parameters []Parameter `json:"parameters,omitempty"`
}

// All lists the methods whose page is there, in the order of the list: products first.
func All() []Method {
	return slices.DeleteFunc(slices.Clone(list), func(m Method) bool { return m.Text() == "" })
}

// Find returns the method of that name, or false.
func Find(name string) (Method, bool) {
	all := All()
	i := slices.IndexFunc(all, func(m Method) bool { return m.Name == name })
	if i < 0 {
		return Method{}, false
	}
	return all[i], true
}

// Text is the whole page, empty where there is none.
func (m Method) Text() string {
	text, err := pages.ReadFile(m.Page)
	if err != nil {
		return ""
	}
	return string(text)
}

// headings are the words under which pages say what every page says. Headings that begin with one of them count; the first of
// each list is what a new page writes.
var headings = map[string][]string{
	"Definition":     {"Definition", "What the truth says"},
	"Formula":        {"Formula", "Estimation", "What the truth says"},
	"Parameters":     {"Parameters", "What one device can add"},
	"Worked example": {"Worked example", "Example", "What the truth says"},
	"Limits":         {"Limits", "What it cannot say"},
	"Sources":        {"Sources"},
}

// Sections are the parts that every page has, in any order.
func Sections() []string {
	return []string{"Definition", "Formula", "Parameters", "Worked example", "Limits"}
}

// Section returns one part of the page, of Sections or "Sources", without its heading; empty where the page does not have it.
// Headings of the second and third level count.
func (m Method) Section(name string) string { return section(m.Text(), name) }

func section(text, name string) string {
	for _, word := range headings[name] {
		lines := strings.Split(text, "\n")
		for i, line := range lines {
			level := len(line) - len(strings.TrimLeft(line, "#"))
			if level < 2 || level > 3 || !strings.HasPrefix(strings.ToLower(strings.TrimLeft(line, "# ")), strings.ToLower(word)) {
				continue
			}
			end := i + 1
			for end < len(lines) && !ends(lines[end], level) {
				end++
			}
			return strings.TrimSpace(strings.Join(lines[i+1:end], "\n"))
		}
	}
	return ""
}

// ends reports whether a line is a heading of the same level or above.
func ends(line string, level int) bool {
	n := len(line) - len(strings.TrimLeft(line, "#"))
	return n > 0 && n <= level && strings.HasPrefix(line[n:], " ")
}
