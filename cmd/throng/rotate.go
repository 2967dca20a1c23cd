package main

import "github.com/throng-stats/throng/driver"

// rotateCmd is throng rotate.
type rotateCmd struct {
	Dir string `arg:"" help:"State folder of a scope: that of the contract, or OUT-state." type:"existingdir"`
}

// Help is what throng rotate --help adds.
func (rotateCmd) Help() string {
	return `Draws a new key, seals with it what waits in the state folder (checkpoints of throng live, pushed rows that are not published yet,
months of which not all days are in), and destroys the old one. What was published stands, and what was read before is known as
before. Stop what publishes under this folder first. After a crash the same command, or the next start, goes on.

    throng rotate out-state`
}

// Run gives the folder its key.
func (c *rotateCmd) Run(out *screen) error {
	r, err := driver.Rotate(c.Dir, driver.RotateOptions{})
	if err != nil {
		return err
	}
	out.say("rotated    %s of a log, %s, %s of pushed rows; the old key is destroyed", plural(int64(r.Checkpoints), "checkpoint"), plural(int64(r.Sums), "monthly sum"), plural(int64(r.Segments), "file"))
	return out.result(r)
}
