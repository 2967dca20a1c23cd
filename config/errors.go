package config

import (
	"errors"
	"fmt"
	"strings"
)

// Kind is what a program may ask about an error; the list is short and closed.
type Kind int

// The kinds of error of this package.
const (
	Invalid Kind = iota + 1 // the contract or a public table is wrong; exit code 3
	Missing                 // a file that the contract names is not there; exit code 3
	Refused                 // a privacy rule says no; exit code 4
)

// ExitCode is the exit code of a command that stops for an error of this kind.
func (k Kind) ExitCode() int {
	if k == Refused {
		return 4
	}
	return 3
}

// String is the word of the kind.
func (k Kind) String() string {
	switch k {
	case Refused:
		return "refused"
	case Missing:
		return "missing"
	}
	return "invalid"
}

// Error is one thing that is wrong with a contract or with a public table that it names.
type Error struct {
	Kind Kind
	Rule string // of a refusal: section of the privacy rules ("27.5") or of the input rules ("9.1"); else empty
	Key  string // dotted key of the contract, such as feed.columns.msisdn; of a table its path
	Line int    // line of the contract or of the table, from 1; 0 when there is none
	Text string // got, wanted; what to do
}

// Error is the sentence for whoever must act.
func (e *Error) Error() string {
	var b strings.Builder
	b.WriteString("config: ")
	if e.Kind == Refused {
		fmt.Fprintf(&b, "refused by rule %s: ", e.Rule)
	}
	if e.Line > 0 {
		fmt.Fprintf(&b, "line %d: ", e.Line)
	}
	if e.Key != "" {
		b.WriteString(e.Key + ": ")
	}
	b.WriteString(e.Text)
	return b.String()
}

// KindOf is the kind of an error of this package, Refused when one of several is a refusal, and 0 for other errors.
func KindOf(err error) Kind {
	var e *Error
	if errors.As(err, &e) {
		return e.Kind
	}
	return 0
}

// All lists the single errors that Parse and Read found, refusals first.
func All(err error) []*Error {
	var all []*Error
	if many, ok := err.(interface{ Unwrap() []error }); ok {
		for _, one := range many.Unwrap() {
			all = append(all, All(one)...)
		}
		return all
	}
	var e *Error
	if errors.As(err, &e) {
		all = append(all, e)
	}
	return all
}

// findings collects everything that is wrong with a contract, so that it is repaired in one go.
type findings struct {
	list  []*Error
	lines map[string]int // line of each dotted key that the contract has
}

// invalid adds an error of the contract at a key.
func (f *findings) invalid(key, format string, args ...any) {
	f.list = append(f.list, &Error{Kind: Invalid, Key: key, Line: f.line(key), Text: fmt.Sprintf(format, args...)})
}

// refuse adds a refusal by a privacy rule at a key.
func (f *findings) refuse(rule, key, format string, args ...any) {
	f.list = append(f.list, &Error{Kind: Refused, Rule: rule, Key: key, Line: f.line(key), Text: fmt.Sprintf(format, args...)})
}

// line is the line of a key, or that of the nearest key above it, or 0.
func (f *findings) line(key string) int {
	for {
		if n, ok := f.lines[key]; ok {
			return n
		}
		cut := strings.LastIndexByte(key, '.')
		if cut < 0 {
			return 0
		}
		key = key[:cut]
	}
}

// err joins the findings, refusals first, or is nil.
func (f *findings) err() error {
	var refused, others []error
	for _, e := range f.list {
		if e.Kind == Refused {
			refused = append(refused, e)
		} else {
			others = append(others, e)
		}
	}
	all := append(refused, others...)
	if len(all) == 1 {
		return all[0]
	}
	return errors.Join(all...)
}
