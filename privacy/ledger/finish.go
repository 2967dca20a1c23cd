package ledger

import (
	"cmp"
	"slices"
	"time"
)

// Released books that the release of a ticket lies, durable, at its final name: the digest and size of its files and the
// earliest time at which it may be served (the zero time: at once). Doing it again with the same digest changes
// nothing; with another one it is refused as Unsafe, because no release has two contents.
func (l *Ledger) Released(t Ticket, sha256 string, bytes int64, notBefore time.Time) error {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.failed != nil {
		return l.failed
	}
	e := l.state.entry(t.ReleaseID)
	if e != nil && e.status == released && e.last.seq == t.Seq {
		if e.digest() == sha256 && e.bytes == bytes {
			return nil
		}
		return errorf(Unsafe, "release %s is published with other bytes; keep those and throw these away", t.ReleaseID)
	}
	if _, err := l.state.ofOpen(t.ReleaseID, t.Seq); err != nil {
		return errorf(Invalid, "%w; a release is booked with the ticket that paid for it", err)
	}
	until := ""
	if !notBefore.IsZero() {
		until = notBefore.UTC().Format(time.RFC3339)
	}
	return l.append(KindReleased, &Published{t.ReleaseID, t.Seq, sha256, bytes, until})
}

// Burnt books that the release of a ticket will never exist. What it cost stays spent; a new attempt is a new booking.
// The reason is one of the Reason words for burning.
func (l *Ledger) Burnt(t Ticket, reason string) error {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.failed != nil {
		return l.failed
	}
	if _, err := l.state.ofOpen(t.ReleaseID, t.Seq); err != nil {
		return errorf(Invalid, "%w; only an open booking can be burnt", err)
	}
	if !slices.Contains(burnReasons, reason) {
		return errorf(Invalid, "the reason is %.20q, want one of %v", reason, burnReasons)
	}
	return l.append(KindBurnt, &Ended{t.ReleaseID, t.Seq, reason})
}

// Withdrawn books that a release is not to be used any more, or not to be published at all. What it cost stays spent,
// and its id is never booked again; a replacement has the next revision.
func (l *Ledger) Withdrawn(releaseID, reason string) error {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.failed != nil {
		return l.failed
	}
	if !slices.Contains(withdrawReasons, reason) {
		return errorf(Invalid, "the reason is %.20q, want one of %v", reason, withdrawReasons)
	}
	e := l.state.entry(releaseID)
	if e == nil || e.status == burnt || e.status == withdrawn {
		return errorf(Missing, "there is no release %.40q that could be withdrawn", releaseID)
	}
	return l.append(KindWithdrawn, &Ended{releaseID, e.last.seq, reason})
}

// OpenReservations lists the bookings of earlier processes that are neither published nor burnt, oldest first.
func (l *Ledger) OpenReservations() []Ticket {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.leftOpen()
}

func (l *Ledger) leftOpen() []Ticket {
	var left []Ticket
	for _, p := range l.state.open {
		if p.last.epoch < l.state.epoch {
			left = append(left, p.ticket(p.booking.ReleaseID))
		}
	}
	slices.SortFunc(left, func(a, b Ticket) int { return cmp.Compare(a.Seq, b.Seq) })
	return left
}

// Found is a release that lies complete at its final name, as its manifest describes it. The finder has checked every
// file against the digest in the manifest.
type Found struct {
	Seq       uint64 // anchor in the manifest
	Head      string
	SHA256    string
	Bytes     int64
	NotBefore time.Time
}

// Recover settles what earlier processes left open, and is called once after Open, before the first Reserve. find says
// whether the release of an id lies complete at its final name: then the crash came after the rename, and RELEASED is
// booked, without a second draw. Otherwise the booking is burnt. A release that lies there with the anchor of another
// booking is Unsafe. find may not call the ledger.
func (l *Ledger) Recover(find func(releaseID string) (Found, bool)) error {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.failed != nil {
		return l.failed
	}
	for _, t := range l.leftOpen() {
		found, ok := find(t.ReleaseID)
		var err error
		switch {
		case !ok:
			err = l.append(KindBurnt, &Ended{t.ReleaseID, t.Seq, ReasonCrash})
		case found.Seq != t.Seq || found.Head != t.Head:
			err = errorf(Unsafe, "release %s lies in its folder with the anchor of record %d, but record %d paid for it; move that folder away and start again", t.ReleaseID, found.Seq, t.Seq)
		default:
			until := ""
			if !found.NotBefore.IsZero() {
				until = found.NotBefore.UTC().Format(time.RFC3339)
			}
			err = l.append(KindReleased, &Published{t.ReleaseID, t.Seq, found.SHA256, found.Bytes, until})
		}
		if err != nil {
			return err
		}
	}
	return nil
}
