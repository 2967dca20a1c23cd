package ledger

import (
	"math"

	"github.com/throng-stats/throng/privacy/account"
)

// Summary is what everybody may know about a ledger: the file ledger.json beside the releases. Losses are nano-rho,
// epsilons are at delta 1e-9, rounded up.
//
// A day's loss is the guarantee for one user-day. The figures of 30 and 365 days add what days bear; they hold for
// somebody who is present on all of them where each table is about one day. For a table that sums days under one noise
// the removal of k days costs up to k times as much as their charges together.
type Summary struct {
	Scope      string  `json:"scope"`
	Profile    string  `json:"profile"`
	Unit       string  `json:"unit"`
	CapDay     int64   `json:"cap_day"`
	Cap30      int64   `json:"cap_30"`
	Cap365     int64   `json:"cap_365"`
	Days       []Spent `json:"days"`
	SpentTotal int64   `json:"spent_total"`
	Spent30    int64   `json:"spent_30"` // most in any 30 days
	Epsilon30  float64 `json:"epsilon_30"`
	Spent365   int64   `json:"spent_365"` // most in any 365 days
	Epsilon365 float64 `json:"epsilon_365"`
	Releases   int     `json:"releases"`  // published, withdrawn ones included
	Withdrawn  int     `json:"withdrawn"` // of these
	Head       string  `json:"head"`
	Seq        uint64  `json:"seq"`
}

// Spent is what one civil day bears.
type Spent struct {
	Day     string  `json:"day"`
	Spent   int64   `json:"spent"`
	Epsilon float64 `json:"epsilon_1e9"`
}

// Summary adds the ledger up. Unit says what a day of is counted, such as "subscriber-day"; both words come from the
// contract.
func (l *Ledger) Summary(unit, profile string) Summary {
	l.mu.Lock()
	defer l.mu.Unlock()
	s := l.state.summary()
	s.Unit, s.Profile = unit, profile
	return s
}

func (s *state) summary() Summary {
	caps := s.capsNow()
	out := Summary{Scope: s.genesis.Scope, CapDay: caps.Day, Cap30: caps.Days30, Cap365: caps.Days365, Days: []Spent{},
		SpentTotal: s.spent.total, Spent30: s.spent.worst(30), Spent365: s.spent.worst(365), Head: s.head, Seq: s.seq}
	epsilons := map[int64]float64{}
	for _, d := range s.spent.days() {
		rho := s.spent.day[d]
		if _, known := epsilons[rho]; !known {
			epsilons[rho] = epsilon(rho)
		}
		out.Days = append(out.Days, Spent{d.String(), rho, epsilons[rho]})
	}
	out.Epsilon30, out.Epsilon365 = epsilon(out.Spent30), epsilon(out.Spent365)
	for _, e := range s.entries {
		if e.published {
			out.Releases++
		}
		if e.published && e.status == withdrawn {
			out.Withdrawn++
		}
	}
	return out
}

// epsilon is rounded up to four decimals, so what is shown is never less than what is proved.
func epsilon(rho int64) float64 {
	return math.Ceil(account.Epsilon(float64(rho)/account.Nano, 1e-9)*1e4) / 1e4
}
