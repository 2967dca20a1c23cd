package feedtest

import (
	"testing"
)

// TestMemory: the log in memory is a log.
func TestMemory(t *testing.T) {
	RunLog(t, LogSubject{New: func(t *testing.T) *LogFixture {
		m := NewMemory("memory", 3, LogGround())
		stamp := int64(LogMonday)
		tick := func() int64 { stamp++; return stamp }
		return &LogFixture{
			Log:   m,
			Put:   func(t *testing.T, rows []LogRow) { m.Append(int(rows[0].Unit%3), tick(), rows...) },
			Break: func(t *testing.T) { m.AppendBroken(1, tick()) },
			Beat: func(t *testing.T) {
				for p := range 3 {
					m.Append(p, tick())
				}
			},
		}
	}})
}
