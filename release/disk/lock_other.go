//go:build !unix

package disk

import "os"

// lock knows no marks here: one store writes to a folder at a time.
func lock(string) (held *os.File, alone bool, err error) { return nil, true, nil }

func share(*os.File) error { return nil }

func alone(string) (done func(), err error) { return func() {}, nil }
