//go:build !oracle

package main

// builtIn are the commands that only a binary built with a tag has: none here. What prints stays, homes and trips of
// devices is never in a binary that a holder runs.
type builtIn struct{}
