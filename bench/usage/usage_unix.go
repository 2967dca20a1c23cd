//go:build unix

package usage

import (
	"os"
	"runtime"
	"syscall"
	"time"
)

// Peak is the most memory that a finished process had at once, in bytes: ru_maxrss, which counts KiB but on a Mac.
func Peak(p *os.ProcessState) int64 {
	u, ok := p.SysUsage().(*syscall.Rusage)
	switch {
	case !ok:
		return 0
	case runtime.GOOS == "darwin":
		return int64(u.Maxrss)
	}
	return int64(u.Maxrss) << 10
}

// Used is the processor time of this process so far.
func Used() time.Duration {
	var u syscall.Rusage
	if syscall.Getrusage(syscall.RUSAGE_SELF, &u) != nil {
		return 0
	}
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}
