package main

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"time"

	"github.com/throng-stats/throng/config"
	"github.com/throng-stats/throng/driver"
	"github.com/throng-stats/throng/driver/embedded"
)

// Files between a sender and the process that takes in. Both appear as a whole.
const (
	clockFile   = "clock"   // of the sender: what time it is, milliseconds since 1970 UTC
	addressFile = "address" // of the process: where it takes rows in
)

// readers is how many partitions the journal has.
const readers = 2

// take is throng live on the folder of a trial whose contract has rows pushed, as a process of this program. The rows are stamped by the clock
// of the machine, and a day of them has to pass in seconds: so its clock is the one that the sender sets. All else is what the command does.
func take(ctx context.Context, dir string, until int64) error {
	contract, err := config.Read(filepath.Join(dir, "contract.yaml"))
	if err != nil {
		return err
	}
	job, err := driver.Prepare(contract)
	if err != nil {
		return err
	}
	note := func(text string) {
		fmt.Fprintln(os.Stderr, text)
		if at, ok := strings.CutPrefix(text, "taking rows in at "); ok {
			address, _, _ := strings.Cut(at, ": ")
			if err := appear(filepath.Join(dir, addressFile), address); err != nil {
				fmt.Fprintln(os.Stderr, err)
			}
		}
	}
	_, err = driver.Live(ctx, job, driver.LiveOptions{Until: until, Checkpoint: 20 * time.Minute, // three times an hour of the region
		RunOptions: driver.RunOptions{Out: filepath.Join(dir, "out"), Code: "faults", Note: note, Now: clockOf(dir),
			Tuning: embedded.Tuning{Workers: readers, Memory: 512 << 20}}})
	return err
}

// clockOf reads the clock that the sender sets.
func clockOf(dir string) func() time.Time {
	return func() time.Time {
		text, err := os.ReadFile(filepath.Join(dir, clockFile))
		if err != nil {
			panic(err) // it was there before this process
		}
		ms, err := strconv.ParseInt(string(text), 10, 64)
		if err != nil {
			panic(err)
		}
		return time.UnixMilli(ms)
	}
}

// appear makes a file appear as a whole.
func appear(path, text string) error {
	if err := os.WriteFile(path+".tmp", []byte(text), 0o600); err != nil {
		return err
	}
	return os.Rename(path+".tmp", path)
}
