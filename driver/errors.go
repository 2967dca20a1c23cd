package driver

import (
	"context"
	"errors"
	"io/fs"

	"github.com/throng-stats/throng/config"
	"github.com/throng-stats/throng/feed"
)

// Kind is what a program may ask about an error; the list is short and closed.
type Kind string

// The kinds.
const (
	Invalid Kind = "invalid" // the contract or the input is wrong
	Missing Kind = "missing" // a file is not there
	Corrupt Kind = "corrupt" // a file is damaged
	Refused Kind = "refused" // a privacy rule says no
	Busy    Kind = "busy"    // somebody else is publishing; try again
	Unsafe  Kind = "unsafe"  // the state on disk does not match
)

// Error is an error of the driver.
type Error struct {
	Kind Kind
	Text string // got, wanted; what to do
}

// Error is the sentence for whoever must act.
func (e *Error) Error() string { return "throng: " + e.Text }

// ExitCode is the exit code of a command that stops with err: 0 for nil, 130 when interrupted, 3 for what is wrong with
// contract or input, 4 for a refusal of privacy and for a state that does not match, 1 for a fault of the program.
func ExitCode(err error) int {
	if err == nil {
		return 0
	}
	if errors.Is(err, context.Canceled) {
		return 130
	}
	switch KindOf(err) {
	case Invalid, Missing, Corrupt:
		return 3
	case Refused, Busy, Unsafe:
		return 4
	}
	return 1
}

// KindOf finds the kind of an error of any stage; "" when it has none.
func KindOf(err error) Kind {
	if own := (*Error)(nil); errors.As(err, &own) {
		return own.Kind
	}
	if e := (*feed.Error)(nil); errors.As(err, &e) {
		return Kind(e.Kind)
	}
	if k := config.KindOf(err); k != 0 {
		return Kind(k.String())
	}
	var worded interface{ Kind() string } // of the ledger and the accounts
	if errors.As(err, &worded) {
		if kind := Kind(worded.Kind()); kind != Corrupt {
			return kind
		}
		return Unsafe // a damaged ledger is no input that can be sent again: nobody may go on with it
	}
	if path := (*fs.PathError)(nil); errors.As(err, &path) { // a folder that cannot be read or written
		return Missing
	}
	return ""
}
