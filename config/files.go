package config

import (
	"bufio"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"
)

// Rebase says where the feed's files lie instead of beside the contract: in dir by their pattern, or by the last part of
// it. Other files that the contract names by a relative path are looked for beside the contract first, then there.
func (c *Contract) Rebase(dir string) { c.input = dir }

// FilesFor lists the files of a civil day, 2006-01-02, sorted, each once. A pattern that does not name the day gives the
// same files for every day. A day without a file is Missing.
func (c *Contract) FilesFor(day string) ([]string, error) {
	if _, err := time.Parse(time.DateOnly, day); err != nil {
		return nil, &Error{Kind: Invalid, Key: "feed.files", Text: fmt.Sprintf("got the day %.40q, want such as 2026-02-03", day)}
	}
	files, tried := c.glob(day)
	if len(files) == 0 {
		return nil, &Error{Kind: Missing, Key: "feed.files", Text: fmt.Sprintf("no file of %s matches %s; put it there or give its folder by --input", day, strings.Join(tried, " or "))}
	}
	return files, nil
}

// Daily reports whether every pattern names the day, so that a file holds one civil day.
func (c *Contract) Daily() bool {
	return !slices.ContainsFunc(c.Feed.Files, func(p string) bool { return !NamesDay(p) })
}

// Days lists the civil days for which there are files, ascending; nil when a pattern does not name the day.
func (c *Contract) Days() []string {
	if !c.Daily() {
		return nil
	}
	days := map[string]bool{}
	for _, pattern := range c.Feed.Files {
		for _, whole := range c.candidates(pattern) {
			found, err := filepath.Glob(anyDay(whole))
			if err != nil {
				continue // checked with the contract
			}
			finder := findDays(whole)
			for _, path := range found {
				if day := finder.in(path); day != "" {
					days[day] = true
				}
			}
		}
	}
	return slices.Sorted(maps.Keys(days))
}

// glob expands the patterns for a day, and lists what it tried.
func (c *Contract) glob(day string) (files, tried []string) {
	for _, pattern := range c.Feed.Files {
		for _, whole := range c.candidates(pattern) {
			whole = onDay(whole, day)
			tried = append(tried, whole)
			found, err := filepath.Glob(whole)
			if err == nil && len(found) > 0 {
				files = append(files, found...)
				break
			}
		}
	}
	slices.Sort(files)
	return slices.Compact(files), tried
}

// candidates are the places where a pattern of the feed is looked for; the first with a match counts.
func (c *Contract) candidates(pattern string) []string {
	if filepath.IsAbs(pattern) {
		return []string{pattern}
	}
	if c.input == "" {
		return []string{filepath.Join(c.dir, pattern)}
	}
	list := []string{filepath.Join(c.input, pattern)}
	if last := filepath.Base(pattern); NamesDay(last) == NamesDay(pattern) && last != pattern {
		list = append(list, filepath.Join(c.input, last)) // but not without the day, which folders may name
	}
	return list
}

// Path is where a file that the contract names lies: an absolute path itself; else beside the contract when it is there,
// else in the folder of Rebase by its path or by its name. It is "" for "".
func (c *Contract) Path(name string) string {
	if name == "" || filepath.IsAbs(name) {
		return name
	}
	beside := filepath.Join(c.dir, name)
	if c.input == "" || exists(beside) {
		return beside
	}
	for _, other := range []string{filepath.Join(c.input, name), filepath.Join(c.input, filepath.Base(name))} {
		if exists(other) {
			return other
		}
	}
	return beside
}

// PlanFiles lists the files of the plan of places, sorted: one, or all that match where cells.file is a pattern, such as
// the parts of a folder. They are looked for beside the contract first, then in the folder of Rebase by the pattern. No
// match is Missing.
func (c *Contract) PlanFiles() ([]string, error) {
	name := c.Cells.File
	if !strings.ContainsAny(name, "*?[") {
		return []string{c.Path(name)}, nil
	}
	tried := []string{name}
	if !filepath.IsAbs(name) {
		tried[0] = filepath.Join(c.dir, name)
		if c.input != "" {
			tried = append(tried, filepath.Join(c.input, name))
		}
	}
	for _, pattern := range tried {
		if files, err := filepath.Glob(pattern); err == nil && len(files) > 0 {
			return files, nil
		}
	}
	return nil, &Error{Kind: Missing, Key: "cells.file", Text: fmt.Sprintf("no file matches %s; put it there or give its folder by --input", strings.Join(tried, " or "))}
}

// StateDir is the folder of ledger, keys and checkpoints, or "" when the contract names none. It never follows Rebase.
func (c *Contract) StateDir() string {
	if c.State == "" || filepath.IsAbs(c.State) {
		return c.State
	}
	return filepath.Join(c.dir, c.State)
}

func exists(path string) bool {
	_, err := os.Stat(path)
	return err == nil
}

// ReadList reads a public list, one value a line: the domain of an origin. Empty lines and lines that begin with # are
// left out; a value that stands there twice is an error.
func ReadList(path string) ([]string, error) {
	var list []string
	seen := map[string]int{}
	err := eachLine(path, func(n int, value string) error {
		if before, twice := seen[value]; twice {
			return &Error{Kind: Invalid, Key: path, Line: n, Text: fmt.Sprintf("value stands on line %d already; keep one", before)}
		}
		seen[value] = n
		list = append(list, value)
		return nil
	})
	return list, err
}

// ReadOptOut reads the holder's pseudonyms that are removed at the door, one a line. Its errors name lines, never values.
func (c *Contract) ReadOptOut() ([]string, error) {
	if c.OptOut == "" {
		return nil, nil
	}
	var list []string
	err := eachLine(c.Path(c.OptOut), func(_ int, value string) error {
		list = append(list, value)
		return nil
	})
	return list, err
}

// eachLine calls each for every line of a file that is neither empty nor a remark (#).
func eachLine(path string, each func(n int, value string) error) error {
	file, err := openTable(path)
	if err != nil {
		return err
	}
	defer file.Close()
	lines := bufio.NewScanner(file)
	for n := 1; lines.Scan(); n++ {
		value := strings.TrimSpace(strings.TrimPrefix(lines.Text(), "\ufeff"))
		if value == "" || strings.HasPrefix(value, "#") {
			continue
		}
		if err := each(n, value); err != nil {
			return err
		}
	}
	if err := lines.Err(); err != nil {
		return &Error{Kind: Invalid, Key: path, Text: fmt.Sprintf("cannot be read: %v; want short lines of text", err)}
	}
	return nil
}

// Patterns are those of feed.files as they stand on this machine, any day for {day}: a folder that is followed is looked at
// for what matches them.
func (c *Contract) Patterns() []string {
	var all []string
	for _, pattern := range c.Feed.Files {
		for _, whole := range c.candidates(pattern) {
			all = append(all, anyDay(whole))
		}
	}
	return all
}
