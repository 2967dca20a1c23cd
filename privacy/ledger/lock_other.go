//go:build !(linux || darwin || freebsd || netbsd || openbsd || dragonfly)

package ledger

import "os"

// lock has no implementation here: without locks the ledger does not start.
func lock(*os.File) error { return ErrNoLocks }
