package privacy_test

import (
	"errors"
	"fmt"
	"math"
	"strings"
	"testing"
	"time"

	"github.com/throng-stats/throng"
	"github.com/throng-stats/throng/privacy"
	"github.com/throng-stats/throng/privacy/account"
	"github.com/throng-stats/throng/privacy/count"
	"github.com/throng-stats/throng/privacy/ledger"
	"github.com/throng-stats/throng/privacy/result"
)

const cells = 100_000 // of each of two tables

func open(t *testing.T, files ledger.Files) *ledger.Ledger {
	t.Helper()
	l, err := ledger.Open(files, ledger.Options{Scope: "test/door", TimeZone: "Europe/Paris", Contract: strings.Repeat("a", 64),
		Caps: ledger.Caps{Day: 4e8, Days30: 12e9, Days365: 146e9}})
	if err != nil {
		t.Fatal(err)
	}
	if err := l.Recover(func(string) (ledger.Found, bool) { return ledger.Found{}, false }); err != nil {
		t.Fatal(err)
	}
	return l
}

// table has one dimension of n cells; a unit adds 1 to one of them.
func table(t *testing.T, name string, n int) *count.Table {
	t.Helper()
	codes := make([]string, n)
	for i := range codes {
		codes[i] = fmt.Sprint(i)
	}
	exact, err := count.New(throng.Shape{Name: name, Dims: []throng.Dim{{Name: throng.DimZone, Codes: codes}}}, count.Bound{Cells: 1, PerCell: 1})
	if err != nil {
		t.Fatal(err)
	}
	return exact
}

func order(t *testing.T, n int) privacy.Order {
	return privacy.Order{Product: "present", Period: "2026-02-03", Spec: "spec", From: "2026-02-03", To: "2026-02-03", Input: []byte("input"),
		Tables: []privacy.Table{{Exact: table(t, "total", n), Share: 5_000_000}, {Exact: table(t, "gender", n), Share: 2_000_000}}}
}

// publish takes an order through the door.
func publish(t *testing.T, l *ledger.Ledger, o privacy.Order) []result.Table {
	t.Helper()
	ticket, err := privacy.New(l).Reserve(o)
	if err != nil {
		t.Fatal(err)
	}
	noisy := ticket.Draw()
	if err := ticket.Released(strings.Repeat("b", 64), 1, time.Time{}); err != nil {
		t.Fatal(err)
	}
	return noisy
}

// TestNoiseOfTheDoor draws fresh randomness: the noise of empty tables has the variance that the release says, mean 0, no
// correlation between neighbours, between tables or between releases. Each of the eight checks lies once in a million
// runs (4.9 standard errors).
func TestNoiseOfTheDoor(t *testing.T) {
	first := publish(t, open(t, ledger.Memory()), order(t, cells))
	second := publish(t, open(t, ledger.Memory()), order(t, cells))
	sqrt := math.Sqrt(cells)
	for _, tab := range first {
		sd := math.Sqrt(float64(tab.Sigma2))
		var sum, square, lag float64
		for i, v := range tab.Raw {
			sum += float64(v)
			square += float64(v) * float64(v)
			if i > 0 {
				lag += float64(v) * float64(tab.Raw[i-1])
			}
		}
		within(t, tab.Shape.Name+": mean", sum/sd/sqrt)
		within(t, tab.Shape.Name+": variance", (square/float64(tab.Sigma2)/cells-1)*math.Sqrt(cells/2))
		within(t, tab.Shape.Name+": neighbours", lag/float64(tab.Sigma2)/sqrt)
		if tab.Rho < int64(tab.D2*account.Nano/(2*tab.Sigma2)) {
			t.Errorf("%s: rho %d booked for D2 %d and sigma2 %d", tab.Shape.Name, tab.Rho, tab.D2, tab.Sigma2)
		}
	}
	within(t, "two tables of a release", product(first[0], first[1]))
	within(t, "two releases", product(first[0], second[0]))
}

func product(a, b result.Table) float64 {
	sum := 0.0
	for i := range a.Raw {
		sum += float64(a.Raw[i]) * float64(b.Raw[i])
	}
	return sum / math.Sqrt(float64(a.Sigma2)*float64(b.Sigma2)*float64(len(a.Raw)))
}

func within(t *testing.T, what string, z float64) {
	t.Helper()
	if math.Abs(z) > 4.9 {
		t.Errorf("%s: %.1f standard errors away from what is claimed", what, z)
	}
}

// TestCountsStand: the noise is added to the counts and to nothing else.
func TestCountsStand(t *testing.T) {
	o := order(t, 2)
	for range 1_000_000 {
		o.Tables[0].Exact.Unit([]uint64{1})
	}
	noisy := publish(t, open(t, ledger.Memory()), o)
	if v := noisy[0].Raw[1]; v < 1_000_000-200 || v > 1_000_000+200 { // sigma 10: 20 standard deviations
		t.Errorf("a count of 1,000,000 came out as %d", v)
	}
}

// TestOnce: a second draw panics, the same question is answered by the ledger, and exact tables are used up.
func TestOnce(t *testing.T) {
	l := open(t, ledger.Memory())
	o := order(t, 10)
	exact := o.Tables[0].Exact
	ticket, err := privacy.New(l).Reserve(o)
	if err != nil {
		t.Fatal(err)
	}
	ticket.Draw()
	for name, again := range map[string]func(){"draw": func() { ticket.Draw() }, "count": func() { exact.Unit([]uint64{1}) }} {
		func() {
			defer func() {
				if recover() == nil {
					t.Errorf("%s: a taken table was used again", name)
				}
			}()
			again()
		}()
	}
	if err := ticket.Released(strings.Repeat("b", 64), 1, time.Time{}); err != nil {
		t.Fatal(err)
	}
	var already *ledger.AlreadyReleased
	if _, err := privacy.New(l).Reserve(order(t, 10)); !errors.As(err, &already) {
		t.Errorf("the same question again: got %v, want the stored release", err)
	}
}

// TestPaidBefore: when the ledger cannot write, nothing is drawn; when the caps do not allow it, nothing is booked.
func TestPaidBefore(t *testing.T) {
	o := order(t, 10)
	o.Tables[0].Share = 2e9 // more than a day
	l := open(t, ledger.Memory())
	before := l.Summary("", "").SpentTotal
	_, err := privacy.New(l).Reserve(o)
	if ledger.KindOf(err) != ledger.Refused {
		t.Errorf("got %v, want a refusal", err)
	}
	if after := l.Summary("", "").SpentTotal; after != before {
		t.Errorf("a refused release cost %d", after-before)
	}
}

// TestBurntStaysSpent: what was paid for and not stored is not given back.
func TestBurntStaysSpent(t *testing.T) {
	l := open(t, ledger.Memory())
	ticket, err := privacy.New(l).Reserve(order(t, 10))
	if err != nil {
		t.Fatal(err)
	}
	paid := l.Summary("", "").SpentTotal
	if err := ticket.Burnt(); err != nil {
		t.Fatal(err)
	}
	if left := l.Summary("", "").SpentTotal; left != paid || paid == 0 {
		t.Errorf("paid %d, after burning %d", paid, left)
	}
}

// TestMonthSpan: a table that sums the days of a month says in the ledger what somebody costs who is removed from all.
func TestMonthSpan(t *testing.T) {
	l := open(t, ledger.Memory())
	o := order(t, 10)
	o.Product, o.Period, o.From, o.To = "flows-month", "2026-02", "2026-02-01", "2026-02-28"
	o.Tables = o.Tables[:1]
	o.Tables[0].Days = 28
	publish(t, l, o)
	records, err := l.Records()
	if err != nil {
		t.Fatal(err)
	}
	for _, r := range records {
		if b, ok := r.Body.(*ledger.Booking); ok && b.RhoSpan != 28*28*b.Charges[0].Rho {
			t.Errorf("span %d for 28 days of %d", b.RhoSpan, b.Charges[0].Rho)
		}
	}
}
