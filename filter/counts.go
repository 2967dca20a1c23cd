package filter

import "github.com/throng-stats/throng/event"

// Reason is why a record was dropped, beyond the reasons of event.Bad for which a row cannot be read.
type Reason uint8

// The reasons, in the order of reports.
const (
	OutsidePeriod  Reason = iota // time outside every period of the run
	Ahead                        // time more than Options.Ahead after its own arrival
	Late                         // arrived more than Options.Late after the end of its period
	EndBeforeStart               // a trip that ends before it starts
	TooLong                      // a trip longer than Options.MaxTrip
	Flood                        // more than Options.MaxRecords of one unit
	Duplicate                    // equal to an earlier record
	ManyPlaces                   // several places at one instant: all of them (flag 5)
	PlaceNotValid                // outside the validity of its cell (flag 2)
	ImpossibleJump               // from both neighbours too far and too fast (flag 3)
	SuspiciousJump               // from one neighbour too far and too fast (flag 4)
	reasons
)

// ReasonNames are the words of reports, by reason.
var ReasonNames = []string{
	"time outside the period", "time after its arrival", "arrived too late", "end before start", "trip longer than a day", "beyond 10,000 rows of one unit", "duplicate",
	"several places at one instant", "cell not valid at that time", "impossible jump", "suspicious jump",
}

// Counts says how many rows were seen, used and dropped, and why. It is exact, so it stays inside the holder's machine.
type Counts struct {
	Rows     int64 // rows read
	Rejected int64 // rows that carry a reason of event.Bad, each once
	Bad      [16]int64
	Dropped  [reasons]int64
	Admitted int64 // rows that passed the door
	Kept     int64 // records that passed everything
}

func (c *Counts) add(r Reason) { c.Dropped[r]++ }

func (c *Counts) row(bad event.Bad) {
	c.Rejected++
	for bit := range c.Bad {
		if bad&(1<<bit) != 0 {
			c.Bad[bit]++
		}
	}
}

// Merge adds the counts of another worker.
func (c *Counts) Merge(o Counts) {
	c.Rows += o.Rows
	c.Rejected += o.Rejected
	c.Admitted += o.Admitted
	c.Kept += o.Kept
	for i := range c.Bad {
		c.Bad[i] += o.Bad[i]
	}
	for i := range c.Dropped {
		c.Dropped[i] += o.Dropped[i]
	}
}

// Line is one line of a report.
type Line struct {
	Reason string
	Count  int64
}

// Lines lists the reasons that occurred, in their fixed order.
func (c *Counts) Lines() []Line {
	var lines []Line
	for bit, name := range event.BadNames {
		if c.Bad[bit] > 0 {
			lines = append(lines, Line{name, c.Bad[bit]})
		}
	}
	for i, name := range ReasonNames {
		if c.Dropped[i] > 0 {
			lines = append(lines, Line{name, c.Dropped[i]})
		}
	}
	return lines
}
