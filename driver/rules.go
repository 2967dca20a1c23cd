package driver

import (
	"fmt"
	"path/filepath"

	"github.com/throng-stats/throng"
	"github.com/throng-stats/throng/config"
	"github.com/throng-stats/throng/privacy/ledger"
)

// ownState refuses another state folder than that of the contract for real data: a new folder would be a new budget
// (privacy.md 27.10).
func (j *Job) ownState(dir string) error {
	c := j.Contract
	if dir == "" || c.Data != config.DataReal || same(dir, c.StateDir()) {
		return nil
	}
	return &Error{Kind: Refused, Text: "real data keep the state folder that their contract names; another folder brings no new budget, leave --state out (rule 27.10)"}
}

func same(a, b string) bool {
	x, err := filepath.Abs(a)
	y, err2 := filepath.Abs(b)
	return err == nil && err2 == nil && x == y
}

// freshBudget refuses an input that was read under another state folder, where the contract names one. Public and invented
// data may keep their state beside the output, and then every output has a budget of its own.
func (r *runner) freshBudget(digest string) error {
	if r.job.Contract.State == "" {
		return nil
	}
	return r.state.elsewhere(digest)
}

// raise is the caps above those in force that the contract carries, or nil.
func (j *Job) raise() *ledger.Raise {
	c := j.Contract
	if !c.Raises() {
		return nil
	}
	up := c.Privacy.Caps
	r := &ledger.Raise{Caps: ledger.Caps{Day: int64(up.Day), Days30: int64(up.Cap30), Days365: int64(up.Cap365)}, ValidFrom: up.ValidFrom}
	for _, s := range up.Signatures {
		r.Signatures = append(r.Signatures, ledger.Signature(s))
	}
	return r
}

// keys are the public keys of those who may sign that a cap rises.
func (j *Job) keys() ledger.Keys {
	var k ledger.Keys
	for _, one := range j.Contract.Keys {
		switch one.By {
		case config.ByOfficer:
			k.Officer = one.Key
		case config.ByPublisher:
			k.Publisher = one.Key
		}
	}
	return k
}

// groupsOf are what the claim of a release says about groups and only the run can tell.
func (r *runner) groupsOf(product string, p throng.Period) []string {
	var notes []string
	if n := r.job.hidden; n > 0 {
		notes = append(notes, fmt.Sprintf("Groups of origin that are counted together with a neighbour to protect them: %d. Which ones is not published.", n))
	}
	first, _ := r.job.window(product, p)
	if hours, until := r.days.zoneHours(first); hours > 0 {
		notes = append(notes, fmt.Sprintf("Quiet areas: until %s, %d zone-hours were counted only together with at least 50,000 residents.", until, hours))
	}
	return notes
}

// openDays opens what the scope remembers of its days, and holds the contract against what the guardian has added.
func (r *runner) openDays() (err error) {
	if r.days, err = openDays(r.state, len(r.ledger.Summary("", "").Days) > 0); err != nil {
		return err
	}
	if err := r.days.guard(r.job.quiet); err != nil {
		return err
	}
	r.job.counted = r.days.quietOn
	return nil
}
