// Package privacy is the only door between what devices did and what may be known.
//
// A release is paid for in the ledger, durably, before its noise is drawn; the exact tables are taken out once, get exact
// integer discrete Gaussian noise under a key that exists for this release alone, and are wiped. What comes out is
// result.Table; nothing else does.
package privacy

import (
	"crypto/rand"
	"fmt"
	mrand "math/rand/v2"
	"time"

	"github.com/throng-stats/throng/privacy/account"
	"github.com/throng-stats/throng/privacy/count"
	"github.com/throng-stats/throng/privacy/ledger"
	"github.com/throng-stats/throng/privacy/noise"
	"github.com/throng-stats/throng/privacy/result"
)

// Door publishes the tables of one scope. It is safe for use by one release at a time.
type Door struct {
	ledger *ledger.Ledger
	cut    map[uint64]*noise.Discrete
}

// New returns the door of a ledger.
func New(l *ledger.Ledger) *Door { return &Door{ledger: l, cut: map[uint64]*noise.Discrete{}} }

// FalseCells is how many cells of nobody are accepted in the list of a sparse table, in expectation: it sets tau.
const FalseCells = 1000

// Mechanisms, as the ledger calls them: noise on every cell; the same, and cells below a public threshold struck out.
const (
	mechDense  = "dgauss"
	mechSparse = "dgauss+tau"
)

// Order is a release that somebody wants.
type Order struct {
	Product  string
	Period   string
	Revision int
	Spec     string // canonical text of everything that shapes the tables: same text, same question
	Contract string // SHA-256 of the contract
	Code     string // version and revision of the binary
	Input    []byte // digest of the input; the ledger keeps it under a key
	From, To string // civil days whose records can change the release, both included; each is charged
	Tables   []Table
	// Before is the civil day before, where its end is carried into this release: tables whose counts may move (D2 = 2) change
	// by at most one count when that day is taken away, and it is charged half (section 5.2, carry). "": nothing is carried.
	Before string
}

// Table is an exact table and its share of the privacy loss of each charged day, in nano-rho.
type Table struct {
	Exact *count.Table
	Share int64
	// Days is how many days one table sums: then somebody removed from all of them changes it by that many times the
	// norm of a day, and costs Days*Days*rho. Default 1.
	Days int64
	// Whole is D2 of all the releases of a day that share one budget, such as the bins of live presence: the noise of each is
	// that of the whole, and each is charged its own part (privacy.md, section 5.2). Default: of the table alone.
	Whole uint64
}

// Ticket is a release that is paid for and not yet published.
type Ticket struct {
	ledger.Ticket
	door  *Door
	order Order
	parts []ledger.Part
}

// Reserve pays for a release. What is published already answers *ledger.AlreadyReleased: its stored bytes are the
// answer. What does not fit the caps is refused; then nothing was drawn and nothing is charged.
func (d *Door) Reserve(o Order) (*Ticket, error) {
	t := &Ticket{door: d, order: o}
	var rho, span int64
	for _, table := range o.Tables {
		d2 := table.Exact.D2()
		sigma2 := account.Sigma2(max(d2, table.Whole), table.Share)
		part := ledger.Part{Table: table.Exact.Shape.Name, Mech: mechDense, D2: d2, Sigma2: sigma2, Rho: account.Charge(d2, sigma2)}
		if table.Exact.Sparse() {
			part.Mech = mechSparse
		}
		rho += part.Rho
		span += part.Rho * max(1, table.Days*table.Days)
		t.parts = append(t.parts, part)
	}
	var more []ledger.Charge
	if o.Before != "" {
		before := int64(0)
		for _, p := range t.parts {
			before += account.Charge(p.D2/2, p.Sigma2)
		}
		more = []ledger.Charge{{From: o.Before, To: o.Before, Rho: before}}
	}
	var err error
	t.Ticket, err = d.ledger.Reserve(ledger.Reservation{
		Product: o.Product, Period: o.Period, Revision: o.Revision, Spec: o.Spec, Contract: o.Contract, Code: o.Code, Input: o.Input,
		Parts: t.parts, From: o.From, To: o.To, RhoDay: rho, RhoSpan: span, More: more,
	})
	if err != nil {
		return nil, err
	}
	return t, nil
}

// Draw adds the noise and hands out the noisy tables, once. The exact ones are used up.
func (t *Ticket) Draw() []result.Table {
	if t.order.Tables == nil {
		panic("privacy: a release was drawn twice")
	}
	var key [32]byte
	rand.Read(key[:])
	words := mrand.NewChaCha8(key)
	clear(key[:])
	var noisy []result.Table
	for i, table := range t.order.Tables {
		noisy = append(noisy, t.door.noisy(table.Exact, t.parts[i], words))
	}
	t.order.Tables = nil
	return noisy
}

// noisy uses an exact table up.
func (d *Door) noisy(exact *count.Table, p ledger.Part, words noise.Words) result.Table {
	out := result.Table{Shape: exact.Shape, D2: p.D2, Sigma2: p.Sigma2, Rho: p.Rho}
	discrete := d.discrete(p.Sigma2)
	if !exact.Sparse() {
		out.Raw = exact.Noisy(func() int64 { return discrete.Draw(words) })
		return out
	}
	s := noise.NewSparse(discrete, uint64(exact.Shape.Cells()), FalseCells)
	out.Tau, out.False = s.Tau(), s.Expected()
	out.Cells, out.Raw = exact.NoisyCells(func(cells []uint64, counts []int64) ([]uint64, []int64) { return s.Draw(words, cells, counts) })
	if out.Cells == nil {
		out.Cells = []uint64{} // an empty list is still a list
	}
	return out
}

func (d *Door) discrete(sigma2 uint64) *noise.Discrete {
	if d.cut[sigma2] == nil {
		d.cut[sigma2] = noise.New(sigma2)
	}
	return d.cut[sigma2]
}

// Released says that the release is durably stored: the digest and size of its measured files, and when it may be read.
func (t *Ticket) Released(sha256 string, bytes int64, notBefore time.Time) error {
	return t.door.ledger.Released(t.Ticket, sha256, bytes, notBefore)
}

// Burnt says that the release could not be stored. What it cost stays spent.
func (t *Ticket) Burnt() error {
	if err := t.door.ledger.Burnt(t.Ticket, ledger.ReasonDisk); err != nil {
		return fmt.Errorf("privacy: a reserved release is neither stored nor marked as burnt: %w", err)
	}
	return nil
}
