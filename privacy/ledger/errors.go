package ledger

import (
	"errors"
	"fmt"
	"strings"
)

// Kinds of error: the words by which programs tell them apart. Invalid, Missing and Corrupt are mistakes in what was
// given; Refused is a privacy rule that says no; Busy asks to try again; Unsafe says that the state on disk does not
// match what is asked of it.
const (
	Invalid = "invalid"
	Refused = "refused"
	Missing = "missing"
	Corrupt = "corrupt"
	Busy    = "busy"
	Unsafe  = "unsafe"
)

// Error is an error of a kind.
type Error struct {
	kind  string
	text  string
	cause error
	spent bool
}

// Error says what was wanted, what was got, and what to do.
func (e *Error) Error() string { return "ledger: " + e.text }

// Kind is Invalid, Refused, Missing, Corrupt, Busy or Unsafe.
func (e *Error) Kind() string { return e.kind }

// Unwrap is the error below, or nil.
func (e *Error) Unwrap() error { return e.cause }

func errorf(kind, format string, args ...any) *Error {
	err := fmt.Errorf(format, args...)
	said, cause := err.Error(), errors.Unwrap(err)
	if inner, ok := cause.(*Error); ok { // the name of the package is said once
		said = strings.Replace(said, inner.Error(), inner.text, 1)
	}
	return &Error{kind: kind, text: said, cause: cause}
}

// KindOf is the kind of an error, of this package or of any whose errors have a method Kind; "" for others and for nil.
func KindOf(err error) string {
	var kind interface{ Kind() string }
	if errors.As(err, &kind) {
		return kind.Kind()
	}
	return ""
}

// IsSpent reports whether a reservation was refused because too little is left of a cap. For the days of that release it stays so.
func IsSpent(err error) bool {
	var e *Error
	return errors.As(err, &e) && e.spent
}

// AlreadyReleased answers a reservation of something that is published: there is nothing to draw, the stored bytes are
// the answer. Its kind is "released".
type AlreadyReleased struct{ Release Release }

// Error names the release.
func (a *AlreadyReleased) Error() string {
	return fmt.Sprintf("ledger: release %s (%s %s) is published; give out its stored bytes", a.Release.ID, a.Release.Product, a.Release.Period)
}

// Kind is "released".
func (*AlreadyReleased) Kind() string { return "released" }
