//go:build !unix || solaris || aix

package main

import (
	"errors"
	"os"
)

// lockFile has no implementation here: without locks there is no audit log.
func lockFile(*os.File) error { return errors.New("this system has no file locks") }
