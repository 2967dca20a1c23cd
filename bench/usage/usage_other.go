//go:build !unix

package usage

import (
	"os"
	"time"
)

// Peak is not known on this system.
func Peak(*os.ProcessState) int64 { return 0 }

// Used is not known on this system.
func Used() time.Duration { return 0 }
