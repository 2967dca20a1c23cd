package main

import (
	"encoding/json"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"

	"github.com/schollz/progressbar/v3"
	"golang.org/x/term"
)

// screen is where a command prints: results to out, progress to err and only when that is a terminal.
type screen struct {
	out, err    io.Writer
	quiet, json bool
	bar         *progressbar.ProgressBar
}

// say prints a line for people.
func (s *screen) say(format string, args ...any) {
	if !s.quiet && !s.json {
		s.endProgress()
		fmt.Fprintf(s.out, format+"\n", args...)
	}
}

// result prints an object when JSON was asked for.
func (s *screen) result(v any) error {
	if !s.json {
		return nil
	}
	enc := json.NewEncoder(s.out)
	enc.SetIndent("", "  ")
	return enc.Encode(v)
}

// progress returns a function that draws a bar on a terminal, and does nothing in a pipe.
func (s *screen) progress(title string) func(done, of int64) {
	f, ok := s.err.(*os.File)
	if s.quiet || s.json || !ok || !term.IsTerminal(int(f.Fd())) {
		return func(int64, int64) {}
	}
	s.endProgress()
	return func(done, of int64) {
		if s.bar == nil {
			s.bar = progressbar.NewOptions64(of, progressbar.OptionSetWriter(s.err), progressbar.OptionSetDescription(title),
				progressbar.OptionClearOnFinish(), progressbar.OptionSetWidth(30), progressbar.OptionThrottle(100e6))
		}
		s.bar.ChangeMax64(of)
		_ = s.bar.Set64(done)
	}
}

func (s *screen) endProgress() {
	if s.bar != nil {
		_ = s.bar.Finish()
		s.bar = nil
	}
}

// table prints rows in columns under a label; the first row is the header. Columns whose header begins with a space are
// numbers.
func (s *screen) table(label string, rows [][]string) {
	if len(rows) == 0 {
		return
	}
	width, isNumber := make([]int, len(rows[0])), make([]bool, len(rows[0]))
	for i, c := range rows[0] {
		isNumber[i] = strings.HasPrefix(c, " ")
		rows[0][i] = strings.TrimPrefix(c, " ")
	}
	for _, r := range rows {
		for i, c := range r {
			width[i] = max(width[i], len([]rune(c)))
		}
	}
	for _, r := range rows {
		b := fmt.Sprintf("%-9s", label)
		for i, c := range r {
			pad := strings.Repeat(" ", width[i]-len([]rune(c)))
			if isNumber[i] {
				b += "  " + pad + c
			} else {
				b += "  " + c + pad
			}
		}
		s.say("%s", strings.TrimRight(b, " "))
		label = ""
	}
}

// plural writes a number with its noun: 1 file, 2 files.
func plural(n int64, noun string) string {
	if n != 1 {
		noun += "s"
	}
	return number(n) + " " + noun
}

// here shortens a path to one from the current folder when it lies below it.
func here(path string) string {
	at, err := os.Getwd()
	if err != nil {
		return path
	}
	if rel, err := filepath.Rel(at, path); err == nil && !strings.HasPrefix(rel, "..") {
		return rel
	}
	return path
}

// number writes a whole number in groups: 1,234,567.
func number(n int64) string {
	s := fmt.Sprint(n)
	from := 0
	if n < 0 {
		from = 1
	}
	for i := len(s) - 3; i > from; i -= 3 {
		s = s[:i] + "," + s[i:]
	}
	return s
}
