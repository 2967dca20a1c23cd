package ledger

import "fmt"

// Report is what an auditor finds who has the files of a ledger and, where they are shown, the anchors of releases.
type Report struct {
	LedgerID   string
	TimeZone   string
	Records    int
	Open       int      // bookings that are neither published nor burnt
	Torn       int      // bytes of a last line that a crash has cut; not a violation
	Violations []string // of the chain at most the first, because nothing after it can be trusted
	Summary    Summary  // up to there
}

// OK reports whether nothing was violated.
func (r Report) OK() bool { return len(r.Violations) == 0 }

// Err is an error of kind Unsafe with the first violation, or nil.
func (r Report) Err() error {
	if r.OK() {
		return nil
	}
	return errorf(Unsafe, "%s", r.Violations[0])
}

// Verify recomputes a ledger from its bytes, without a lock: the chain; the cost of every part from its d2 and sigma2,
// which may not exceed what was booked; the sums of every day, of 30 and of 365 days against the caps in force at that
// record; one content for each release; and of every anchor that is given whether it lies on the chain and whether the
// digest is the booked one. The error is for files that cannot be read.
func Verify(files Files, footers ...Footer) (Report, error) {
	l, err := load(files, nil)
	if err != nil && KindOf(err) != Corrupt {
		return Report{}, err
	}
	if l == nil {
		return Report{Violations: []string{err.Error()}}, nil
	}
	if err == nil && l.last == "" {
		return Report{}, errorf(Missing, "there is no ledger in this folder; name the folder that holds ledger-000001.jsonl")
	}
	s := l.state
	r := Report{LedgerID: s.genesis.LedgerID, TimeZone: s.genesis.Zone, Records: l.records, Open: len(s.open), Torn: len(l.torn), Summary: s.summary()}
	if err != nil {
		r.Violations = append(r.Violations, err.Error())
		return r, nil
	}
	r.Violations = append(s.footers(footers), s.digests(footers)...)
	return r, nil
}

// digests compares what releases hold with what was booked.
func (s *state) digests(footers []Footer) []string {
	var broken []string
	for _, f := range footers {
		e := s.entry(f.ReleaseID)
		if e == nil || f.SHA256 == "" {
			continue
		}
		if e.digest() != f.SHA256 {
			broken = append(broken, fmt.Sprintf("release %s has the digest %.12s, booked is %.12s", f.ReleaseID, f.SHA256, e.digest()))
		}
	}
	return broken
}

// Read returns all records of a ledger, without a lock, for people to read. A broken chain gives the records before the
// break and an error of kind Corrupt.
func Read(files Files) ([]Record, error) {
	var records []Record
	l, err := load(files, func(r Record) { records = append(records, r) })
	if err == nil && l.last == "" {
		return nil, errorf(Missing, "there is no ledger in this folder; name the folder that holds ledger-000001.jsonl")
	}
	return records, err
}

// Records returns all records of the open ledger.
func (l *Ledger) Records() ([]Record, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return Read(l.files)
}
