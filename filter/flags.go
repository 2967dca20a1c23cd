package filter

import (
	"math"

	"github.com/throng-stats/throng/locate/area"
)

// Flag is the one judgement on an event of a day (methods.md, section 4; the numbers are those of the reference).
type Flag uint8

// The flags.
const (
	FlagGood        Flag = iota // nothing is wrong with it
	FlagCellUnknown             // its cell is not in the plan of the day
	FlagCellInvalid             // before or after the time in which its cell is valid
	FlagIncorrect               // too far and too fast from both neighbours
	FlagSuspicious              // too far and too fast from one neighbour
	FlagManyPlaces              // several places at one instant
)

// Sighting is one event as the rules of a day see it.
type Sighting struct {
	Time        int64   // milliseconds since 1970 UTC
	Where       uint32  // a number for each distinct cell, coordinates and network of events
	Outbound    bool    // seen in a network abroad
	Known       bool    // its cell is in the plan; if not, the next four mean nothing
	From, Until int64   // when its cell is valid, both ends included; the least and the largest int64 for always
	Lat, Lon    float64 // of its cell, degrees
}

// FlagOptions are the rules.
type FlagOptions struct {
	JumpMetres, JumpSpeed float64 // a jump is farther (m) and faster (m/s), both strictly
	ManyPlaces            bool    // the rule of several places at one instant
	// Recheck judges suspicious events once more without the incorrect ones: the good events on both sides of one wrong
	// event are then good again.
	Recheck bool
	// Reference repeats multimno 1.0.0: of the events of one instant only those side by side are compared, and time
	// counts in whole seconds.
	Reference bool
	// SwappedAxes repeats its distances between (latitude, latitude), in which what lies due east is near (D1).
	SwappedAxes bool
}

// Flags judges the events of one device and day, in total order. It is the plain twin of Filter.Unit, which drops instead
// of flagging and is much faster; a test holds them together.
func Flags(events []Sighting, o FlagOptions) []Flag {
	flags := make([]Flag, len(events))
	left := make([]int, 0, len(events)) // without a flag so far
	many := manyPlaces(events, o)
	for i, e := range events {
		switch {
		case many[i]:
			flags[i] = FlagManyPlaces
		case e.Outbound:
		case !e.Known:
			flags[i] = FlagCellUnknown
		case e.Time < e.From || e.Time > e.Until:
			flags[i] = FlagCellInvalid
		default:
			left = append(left, i)
		}
	}
	judge := func(of []int, only func(int) bool) {
		for k, i := range of {
			if !only(i) {
				continue
			}
			bad := 0
			if k > 0 && o.jump(&events[of[k-1]], &events[i]) {
				bad++
			}
			if k+1 < len(of) && o.jump(&events[i], &events[of[k+1]]) {
				bad++
			}
			flags[i] = [...]Flag{FlagGood, FlagSuspicious, FlagIncorrect}[bad]
		}
	}
	judge(left, func(int) bool { return true })
	if o.Recheck {
		var rest []int
		suspects := make(map[int]bool)
		for _, i := range left {
			suspects[i] = flags[i] == FlagSuspicious
			if flags[i] != FlagIncorrect {
				rest = append(rest, i)
			}
		}
		judge(rest, func(i int) bool { return suspects[i] })
	}
	return flags
}

// manyPlaces finds the events of devices that are in several places at one instant.
func manyPlaces(events []Sighting, o FlagOptions) []bool {
	many := make([]bool, len(events))
	if !o.ManyPlaces {
		return many
	}
	for from := 0; from < len(events); {
		to, differ := from+1, false
		for ; to < len(events) && events[to].Time == events[from].Time; to++ {
			if events[to].Where != events[to-1].Where {
				differ = true
				many[to-1], many[to] = true, true
			}
		}
		for i := from; i < to && differ && !o.Reference; i++ {
			many[i] = true
		}
		from = to
	}
	return many
}

// jump reports a step that is too far and too fast; a step in no time is none.
func (o FlagOptions) jump(a, b *Sighting) bool {
	seconds := float64(b.Time-a.Time) / 1000
	if o.Reference {
		seconds = math.Floor(float64(b.Time)/1000) - math.Floor(float64(a.Time)/1000)
	}
	if seconds <= 0 {
		return false
	}
	lon1, lon2 := a.Lon, b.Lon
	if o.SwappedAxes {
		lon1, lon2 = a.Lat, b.Lat
	}
	d := area.Haversine(a.Lat, lon1, b.Lat, lon2)
	return d > o.JumpMetres && d/seconds > o.JumpSpeed
}
