package account

import (
	"math"
	"math/big"
	"math/rand/v2"
	"testing"
)

// TestReferenceValues are the rows of privacy.md, section 5.5, by their numbers (row 13 belongs to package noise).
// Origins: cdp2adp.py and discretegauss.py of IBM discrete-gaussian-differential-privacy, OpenDP test.rs,
// rdp_privacy_accountant_test.py and privacy_loss_mechanism_test.py of google/differential-privacy, and publications.
// Tolerances as there: 1e-10 relative, and what the printed digits allow where there are fewer.
func TestReferenceValues(t *testing.T) {
	constant := func(float64) float64 { return 1.1 }
	var orders []float64
	for a := 2.0; a <= 32; a++ {
		orders = append(orders, a)
	}
	for _, c := range []struct {
		row       string
		got, want float64
		tolerance float64
	}{
		{"1", Epsilon(1./32, 1e-3), 0.6880024554878085, 1e-10},
		{"2", Delta(1./32, 0), 0.1508457845622862, 1e-10},
		{"3", Delta(.025, 1), 1.3361319064032213e-06, 1e-10},
		{"4", Epsilon(.025, 1e-6), 1.014074254726128, 1e-10},
		{"5", Rho(1, 1e-6), 0.024355970359538372, 1e-10},
		{"6a", Rho(.5, 1e-6), .00664152, 1e-6},
		{"6b", Rho(2, 1e-6), .08815269, 1e-7},
		{"6c", Rho(4, 1e-6), .31106495, 1e-7},
		{"6d", Rho(8, 1e-6), 1.05235800, 1e-8},
		{"7a", Rho(.5, 1e-9), .00395319, 2e-6},
		{"7b", Rho(1, 1e-9), .01497306, 1e-6},
		{"7c", Rho(2, 1e-9), .05613050, 1e-7},
		{"7d", Rho(4, 1e-9), .20631291, 1e-7},
		{"7e", Rho(8, 1e-9), .73283329, 1e-7},
		{"8a", BunSteinke(.015, 1e-7), .998405, 1e-6},
		{"8b", Epsilon(.015, 1e-7), .854605, 1e-6},
		{"9a", BunSteinke(4.96, 1e-10), 26.333649, 1e-6},
		{"9b", BunSteinke(7.70, 1e-10), 34.330738, 1e-6},
		{"9c", Epsilon(4.96, 1e-10), 25.412461, 1e-6},
		{"9d", Epsilon(7.70, 1e-10), 33.287411, 1e-6},
		{"10a", Epsilon(2.56, 1e-10), 17.158309, 1e-6},
		{"10b", Epsilon(2.555, 1e-10), 17.138757, 1e-6},
		{"11a", Gaussian(1, 0), .38292492, 1e-7},
		{"11b", Gaussian(1, 1), .12693674, 1e-7},
		{"11c", Gaussian(1, 2), .020923636, 1e-7},
		{"11d", Gaussian(1./3, 1), .78760074, 1e-7},
		{"11e", Gaussian(.344, 16), 1.01625e-05, 1e-5},
		{"12a", DiscreteGaussian(1, 0), .3989422782668618, 1e-10},
		{"12b", DiscreteGaussian(1, 1), .1413513394056219, 1e-10},
		{"12c", DiscreteGaussian(1, 2), .0248110518225277, 1e-10},
		{"12d", DiscreteGaussian(100, .1), .008762353923948, 1e-10},
		{"12e", Gaussian(10, .1), .008751768145810, 1e-10},
		{"14", GaussianSigma(1, 1e-6), 4.224678889326836, 1e-10},
		{"14, by zCDP", 1 / math.Sqrt(2*Rho(1, 1e-6)), 4.530877117, 1e-9},
		{"15", RenyiEpsilon(constant, orders, 1e-5), 1.32783806176, 1e-10},
		{"16a", float64(Sigma2(96, 21_000_000)), 2286, 0},
		{"16b", float64(Charge(1, 2286)), 218723, 0},
	} {
		if math.Abs(c.got/c.want-1) > c.tolerance {
			t.Errorf("row %s: got %.16g, want %.16g", c.row, c.got, c.want)
		}
	}
}

// TestWhatRhoMeans is the table of privacy.md, section 5.4, to the digits that it prints.
func TestWhatRhoMeans(t *testing.T) {
	days := []float64{1, 7, 30, 365}
	for _, c := range []struct {
		rho       float64
		nine, six [4]float64
	}{
		{.01, [4]float64{.81, 2.25, 4.90, 20.2}, [4]float64{.62, 1.76, 3.92, 16.9}},
		{.02, [4]float64{1.16, 3.25, 7.16, 30.8}, [4]float64{.90, 2.57, 5.79, 26.2}},
		{.05, [4]float64{1.88, 5.33, 12.0, 55.8}, [4]float64{1.47, 4.27, 9.85, 48.5}},
		{.10, [4]float64{2.72, 7.80, 18.0, 89.9}, [4]float64{2.14, 6.32, 15.0, 79.7}},
		{.25, [4]float64{4.44, 13.1, 31.4, 176}, [4]float64{3.54, 10.8, 26.7, 160}},
	} {
		for i, n := range days {
			step := .0051 // half a unit of the last digit printed
			if c.nine[i] >= 10 {
				step = .051
			}
			if c.nine[i] >= 100 {
				step = .51
			}
			if got := Epsilon(c.rho*n, 1e-9); math.Abs(got-c.nine[i]) > step {
				t.Errorf("rho %g, %g days, delta 1e-9: epsilon %.4f, want %g", c.rho, n, got, c.nine[i])
			}
			if got := Epsilon(c.rho*n, 1e-6); math.Abs(got-c.six[i]) > step*10 {
				t.Errorf("rho %g, %g days, delta 1e-6: epsilon %.4f, want %g", c.rho, n, got, c.six[i])
			}
		}
	}
}

// TestAdversary: the bounds of layer C and of attacks 1 and 8 of privacy.md, sections 19 and 20.
func TestAdversary(t *testing.T) {
	for name, c := range map[string]struct{ got, want, tolerance float64 }{
		"AUC of a day at .1":      {AUC(.1), .624, .0005},
		"AUC of seven days at .1": {AUC(.7), .799, .0005},
		"accuracy at .1":          {Accuracy(.1), .5885, .00005},
		"AUC without loss":        {AUC(0), .5, 1e-15},
	} {
		if math.Abs(c.got-c.want) > c.tolerance {
			t.Errorf("%s: got %.5f, want %.4f", name, c.got, c.want)
		}
	}
}

// TestIntegersAgainstBig: rounding is upwards to the last unit, for random and for extreme numbers.
func TestIntegersAgainstBig(t *testing.T) {
	r := rand.New(rand.NewPCG(5, 2))
	ceil := func(d2, by uint64) *big.Int {
		x := new(big.Int).Mul(new(big.Int).SetUint64(d2), big.NewInt(Nano))
		y := new(big.Int).Mul(new(big.Int).SetUint64(by), big.NewInt(2))
		q, m := x.QuoRem(x, y, new(big.Int))
		if m.Sign() > 0 {
			q.Add(q, big.NewInt(1))
		}
		return q
	}
	for range 50_000 {
		d2, by := r.Uint64()>>r.IntN(64), r.Uint64()>>r.IntN(64)
		if by == 0 {
			continue
		}
		want := ceil(d2, by)
		if got := Charge(d2, by); want.IsInt64() && got != want.Int64() || !want.IsInt64() && got != math.MaxInt64 {
			t.Fatalf("charge of %d at variance %d: got %d, want %v", d2, by, got, want)
		}
		if rho := int64(by >> 1); rho > 0 && ceil(d2, uint64(rho)).IsUint64() {
			if got, want := Sigma2(d2, rho), ceil(d2, uint64(rho)); want.Uint64() != got {
				t.Fatalf("variance for %d at %d nano-rho: got %d, want %v", d2, rho, got, want)
			}
		}
	}
	if got := Charge(1, 0); got != math.MaxInt64 {
		t.Errorf("charge without noise is %d, want the most there is", got)
	}
}

// TestChargeStaysWithinTheShare: noise chosen for a share never costs more than the share.
func TestChargeStaysWithinTheShare(t *testing.T) {
	r := rand.New(rand.NewPCG(5, 3))
	for range 50_000 {
		d2, share := 1+r.Uint64N(10_000), 1+r.Int64N(Nano)
		if got := Charge(d2, Sigma2(d2, share)); got > share || got <= 0 {
			t.Fatalf("squared sensitivity %d: %d nano-rho booked from a share of %d", d2, got, share)
		}
	}
}

func TestSigma2Panics(t *testing.T) {
	for _, c := range []struct {
		d2  uint64
		rho int64
	}{{1, 0}, {1, -1}, {math.MaxUint64, 1}} {
		func() {
			defer func() {
				if recover() == nil {
					t.Errorf("Sigma2(%d, %d) returned; want a panic", c.d2, c.rho)
				}
			}()
			Sigma2(c.d2, c.rho)
		}()
	}
}
