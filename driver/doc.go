// Package driver runs the stages in order; on the personal side it alone owns goroutines, clocks and checkpoints.
//
// Prepare turns a contract into a Job: the ground, the code lists and the feed. Run takes a Job from files to published
// releases. How the stages are run on a machine is a package below: embedded is one process.
package driver
