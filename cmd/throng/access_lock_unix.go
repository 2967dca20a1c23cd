//go:build unix && !solaris && !aix

package main

import (
	"os"
	"syscall"
)

// lockFile takes the exclusive lock of an open file without waiting. It ends when the file is closed, also by a crash.
func lockFile(f *os.File) error { return syscall.Flock(int(f.Fd()), syscall.LOCK_EX|syscall.LOCK_NB) }
