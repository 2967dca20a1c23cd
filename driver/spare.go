package driver

import (
	"runtime/debug"
	"time"
)

// spare gives back to the machine what the bins took beyond what is kept. Between two bins of a live count there is a quarter of an hour in which
// little else is allocated: what Go would collect then, and hand back little by little, is wanted by others now. Who makes up for lost time
// publishes many bins a minute, and keeps its memory for the next.
type spare struct {
	bins int       // that were published when it was given back
	at   time.Time // when
}

// giveBack does so when bins were published since, at most once a minute.
func (s *spare) giveBack(bins int, now time.Time) {
	if bins == s.bins || now.Sub(s.at) < time.Minute {
		return
	}
	s.bins, s.at = bins, now
	debug.FreeOSMemory()
}
