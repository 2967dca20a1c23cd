// Command mutants breaks one thing at a time and wants the tests to notice.
//
//	go run -C tools ./mutants            every mutant
//	go run -C tools ./mutants -only NAME one of them
//	go run -C tools ./mutants -third N   a third of them, for checks that have to be short (N of any size)
//	go run -C tools ./mutants -applies   none: only says which of them the source does not have any more
//
// A mutant is a replacement of text in a source file, listed in mutants.txt. It is built with the compiler's overlay, so
// that nothing in the tree changes and no bug stands in the product's own code, not even behind a build tag. First the
// test that is named as its killer runs, and only if that passes everything else that could notice. A mutant that
// survives, or that no longer applies to the source, fails the command.
package main

import (
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"time"
)

// mutant is one broken build.
type mutant struct {
	name, breaks string
	edits        []edit
	pkg, test    string // the killer

}

type edit struct{ file, from, to string }

// everything is what could notice a mutant that its killer misses.
var everything = []string{"./privacy/...", "./driver/embedded/...", "./population/...", "./mobility", "./filter", "./config", "./reckon/...", "./feed/...", "./attack/..."}

func main() {
	only := flag.String("only", "", "name of one mutant")
	third := flag.Int64("third", -1, "run a third: those whose number is this modulo 3")
	applies := flag.Bool("applies", false, "run none, and look whether each still applies to the source")
	flag.Parse()
	root, err := filepath.Abs("..")
	if err != nil {
		fatal(err)
	}
	list, err := read(filepath.Join(root, "tools", "mutants", "mutants.txt"))
	if err != nil {
		fatal(err)
	}
	if *applies {
		if err := allApply(root, list); err != nil {
			fatal(err)
		}
		return
	}
	survived := 0
	for i, m := range list {
		if *only != "" && m.name != *only || *third >= 0 && int64(i%3) != *third%3 {
			continue
		}
		began := time.Now()
		verdict, killed, err := run(root, m)
		if err != nil {
			verdict = err.Error()
		}
		if !killed {
			survived++
		}
		fmt.Printf("%-12s %-62s %s (%.0f s)\n", m.name, m.breaks, verdict, time.Since(began).Seconds())
	}
	if survived > 0 {
		fatal(fmt.Errorf("%d mutants were not killed", survived))
	}
}

func fatal(err error) {
	fmt.Fprintln(os.Stderr, "mutants:", err)
	os.Exit(1)
}

// allApply looks whether the text that each mutant replaces is there, once.
func allApply(root string, list []mutant) error {
	dir, err := os.MkdirTemp("", "mutant-")
	if err != nil {
		return err
	}
	defer os.RemoveAll(dir)
	var stale []error
	for _, m := range list {
		if _, err := m.overlay(root, dir); err != nil {
			stale = append(stale, fmt.Errorf("%s: %w", m.name, err))
		}
	}
	return errors.Join(stale...)
}

// run builds a mutant and runs its killer.
func run(root string, m mutant) (verdict string, killed bool, err error) {
	dir, err := os.MkdirTemp("", "mutant-")
	if err != nil {
		return "", false, err
	}
	defer os.RemoveAll(dir)
	overlay, err := m.overlay(root, dir)
	if err != nil {
		return "", false, err
	}
	failed, out := test(root, overlay, []string{m.pkg}, m.test)
	if strings.Contains(out, "[build failed]") || strings.Contains(out, "no tests to run") || strings.Contains(out, "--- SKIP: "+m.test+" ") {
		return "", false, fmt.Errorf("does not build, or its killer is gone or skipped:\n%s", out)
	}
	if failed {
		return "killed by " + m.pkg + " " + m.test, true, nil
	}
	failed, out = test(root, overlay, everything, "")
	if strings.Contains(out, "[build failed]") {
		return "", false, fmt.Errorf("does not build:\n%s", out)
	}
	if failed {
		return "passed " + m.test + ", killed by " + first(out), true, nil
	}
	return "SURVIVED", false, nil
}

// first names the first test that failed.
func first(out string) string {
	for _, line := range strings.Split(out, "\n") {
		if strings.HasPrefix(line, "--- FAIL: ") {
			return strings.Fields(line)[2]
		}
	}
	return "a panic"
}

func test(root, overlay string, packages []string, name string) (failed bool, out string) {
	args := []string{"test", "-short", "-count=1", "-timeout=5m", "-overlay", overlay}
	if name != "" {
		args = append(args, "-v", "-run", "^("+name+")$") // -v: a test that is skipped is told of
	}
	cmd := exec.Command("go", append(args, packages...)...)
	cmd.Dir = root
	text, err := cmd.CombinedOutput()
	return err != nil, string(text)
}

// overlay writes the changed files and the map that tells the compiler of them.
func (m mutant) overlay(root, dir string) (string, error) {
	replace := map[string]string{}
	for i, e := range m.edits {
		path := filepath.Join(root, e.file)
		from := path
		if before := replace[path]; before != "" {
			from = before
		}
		text, err := os.ReadFile(from)
		if err != nil {
			return "", err
		}
		if n := strings.Count(string(text), e.from); n != 1 {
			return "", fmt.Errorf("%s has the text %d times, want once; mend mutants.txt:\n%s", e.file, n, e.from)
		}
		to := filepath.Join(dir, fmt.Sprintf("%d.go", i))
		if err := os.WriteFile(to, []byte(strings.Replace(string(text), e.from, e.to, 1)), 0o600); err != nil {
			return "", err
		}
		replace[path] = to
	}
	text, err := json.Marshal(map[string]any{"Replace": replace})
	if err != nil {
		return "", err
	}
	path := filepath.Join(dir, "overlay.json")
	return path, os.WriteFile(path, text, 0o600)
}

// read parses the list. A mutant is a block of lines:
//
//	mutant NAME: what it breaks
//	killer PACKAGE TEST
//	file PATH
//	- text that is taken out
//	+ text that is put in its place
func read(path string) ([]mutant, error) {
	text, err := os.ReadFile(path)
	if err != nil {
		return nil, err
	}
	var list []mutant
	for n, line := range strings.Split(string(text), "\n") {
		key, rest, _ := strings.Cut(line, " ")
		switch {
		case line == "" || strings.HasPrefix(line, "#"):
			continue
		case key == "mutant":
			name, breaks, _ := strings.Cut(rest, ": ")
			list = append(list, mutant{name: name, breaks: breaks})
			continue
		case len(list) == 0:
			return nil, fmt.Errorf("line %d: got %q before the first mutant", n+1, line)
		}
		m := &list[len(list)-1]
		switch key {
		case "killer":
			m.pkg, m.test, _ = strings.Cut(rest, " ")
		case "file":
			m.edits = append(m.edits, edit{file: rest})
		case "-", "+":
			if len(m.edits) == 0 {
				return nil, fmt.Errorf("line %d: got %q before a file", n+1, line)
			}
			e := &m.edits[len(m.edits)-1]
			if key == "-" {
				if e.to != "" {
					m.edits = append(m.edits, edit{file: e.file})
					e = &m.edits[len(m.edits)-1]
				}
				e.from += rest + "\n"
			} else {
				e.to += rest + "\n"
			}
		default:
			return nil, fmt.Errorf("line %d: got %q, want mutant, killer, file, - or +", n+1, line)
		}
	}
	return list, nil
}
