package feed

import (
	"strconv"
	"strings"
)

// Kind says who must act on an error and decides the exit code of the command.
type Kind string

// The kinds of errors that a feed makes.
const (
	Invalid Kind = "invalid" // the contract or the input is not as agreed
	Refused Kind = "refused" // a rule of privacy says no
	Missing Kind = "missing" // a file is not there
	Corrupt Kind = "corrupt" // a file is damaged
	Unsafe  Kind = "unsafe"  // the state on disk is of another program
)

// Error says what was found in a feed, what was wanted and what to do. It never holds a value of a row: Got names a
// type, a length or a shape (see Shape).
type Error struct {
	Kind   Kind
	File   string // path as the contract gives it; empty when the contract itself is wrong
	Row    int64  // number of the row, the first after the header is 1; 0 when the file as a whole is meant
	Column string // source name of the column, empty when none is meant
	Got    string // what is there
	Want   string // what was agreed; may be empty
	Hint   string // what to do; may be empty
	Cause  error  // what a library reported, for programs only: its text may quote what it read and is not printed
}

// Error prints the place, then got, want and hint.
func (e *Error) Error() string {
	var s strings.Builder
	s.WriteString("feed: ")
	if e.File != "" {
		s.WriteString(e.File + ": ")
	}
	if e.Row > 0 {
		s.WriteString("row " + strconv.FormatInt(e.Row, 10) + ": ")
	}
	if e.Column != "" {
		s.WriteString("column " + strconv.Quote(e.Column) + ": ")
	}
	s.WriteString("got " + e.Got)
	if e.Want != "" {
		s.WriteString(", want " + e.Want)
	}
	if e.Hint != "" {
		s.WriteString("; " + e.Hint)
	}
	return s.String()
}

// Unwrap returns the cause.
func (e *Error) Unwrap() error { return e.Cause }

// maxShape is the longest pattern that an error prints.
const maxShape = 32

// Shape describes a value of a time or number column without telling it: its length, and the pattern of its signs with
// every digit as d and every letter as a. T between digits and Z after a digit stay, because they are what goes wrong
// in times. Signs outside ASCII become a, too.
func Shape(value []byte) string {
	if len(value) == 0 {
		return "nothing"
	}
	s := "text of " + strconv.Itoa(len(value)) + " characters"
	if len(value) == 1 {
		s = "text of 1 character"
	}
	pattern := make([]byte, 0, maxShape)
	for i, c := range value {
		if len(pattern) == maxShape {
			return s + " that begins with the pattern " + string(pattern)
		}
		afterDigit := i > 0 && isDigit(value[i-1])
		switch {
		case isDigit(c):
			c = 'd'
		case c == 'T' && afterDigit && i+1 < len(value) && isDigit(value[i+1]), c == 'Z' && afterDigit && i+1 == len(value):
		case c < ' ', c > '~', c >= 'a' && c <= 'z', c >= 'A' && c <= 'Z':
			c = 'a'
		}
		pattern = append(pattern, c)
	}
	return s + ", pattern " + string(pattern)
}

func isDigit(c byte) bool { return c-'0' < 10 }
