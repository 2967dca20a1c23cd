//go:build oracle

package main

import (
	"bufio"
	"os"

	"github.com/throng-stats/throng/driver/oracle"
)

// builtIn are the commands that only a binary built with a tag has.
type builtIn struct {
	Oracle oracleCmd `cmd:"" help:"Run the algorithm that a case on the standard input names, without noise."`
}

// oracleCmd is throng oracle.
type oracleCmd struct{}

// Run reads one case and prints what its algorithm finds; at most 10,000 devices.
func (oracleCmd) Run(out *screen) error {
	return oracle.Run(bufio.NewReader(os.Stdin), out.out)
}
