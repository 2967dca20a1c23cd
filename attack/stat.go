package attack

import (
	"math"
	"slices"
)

// Every check on noise allows 4.9 standard errors: a true bound is reported as broken with a probability of 4.8e-7 on one
// side, less than 1e-6 on two.
const (
	errors49 = 4.9
	oneSided = 4.8e-7
	twoSided = 9.6e-7
)

// phi is the normal distribution function.
func phi(x float64) float64 { return math.Erfc(-x/math.Sqrt2) / 2 }

// quantile is the inverse of phi, by bisection.
func quantile(p float64) float64 {
	lo, hi := -40.0, 40.0
	for range 200 {
		if mid := (lo + hi) / 2; phi(mid) < p {
			lo = mid
		} else {
			hi = mid
		}
	}
	return (lo + hi) / 2
}

// auc is the probability that a score of the first list is above one of the second, ties counted half (Mann-Whitney).
func auc(with, without []float64) float64 {
	type one struct {
		score float64
		in    bool
	}
	all := make([]one, 0, len(with)+len(without))
	for _, s := range with {
		all = append(all, one{s, true})
	}
	for _, s := range without {
		all = append(all, one{s, false})
	}
	slices.SortFunc(all, func(a, b one) int {
		switch {
		case a.score < b.score:
			return -1
		case a.score > b.score:
			return 1
		}
		return 0
	})
	sum, below := 0.0, 0.0
	for i := 0; i < len(all); {
		j, in, out := i, 0.0, 0.0
		for ; j < len(all) && all[j].score == all[i].score; j++ {
			if all[j].in {
				in++
			} else {
				out++
			}
		}
		sum += in * (below + out/2)
		below += out
		i = j
	}
	return sum / float64(len(with)) / float64(len(without))
}

// aucError is the standard error of auc for two samples of that size: sqrt((n+m+1) / 12nm), that of two equal
// distributions, which is the largest near one half and within 3 % of the true one up to .8 for shifted normals.
func aucError(n, m int) float64 {
	return math.Sqrt(float64(n+m+1) / (12 * float64(n) * float64(m)))
}

// shareError is the standard error of a share p of n independent draws.
func shareError(p float64, n int) float64 { return math.Sqrt(p * (1 - p) / float64(n)) }

// rareSlack is how far above p the share of n draws is with a probability of at most alpha: exact, since the normal
// approximation is too narrow for rare hits.
func rareSlack(p float64, n int, alpha float64) float64 {
	k := int(math.Ceil(p * float64(n)))
	for k < n && binomialTail(k+1, n, p) > alpha {
		k++
	}
	return float64(k)/float64(n) - p
}

// moments returns mean and variance.
func moments(x []float64) (mean, variance float64) {
	for _, v := range x {
		mean += v / float64(len(x))
	}
	for _, v := range x {
		variance += (v - mean) * (v - mean) / float64(max(1, len(x)-1))
	}
	return mean, variance
}

// clopperPearson is the exact lower (or upper) bound of a probability, of which hits of n were seen, at the given
// confidence of one side: bisection on the binomial tail.
func clopperPearson(hits, n int, alpha float64, upper bool) float64 {
	if upper {
		return 1 - clopperPearson(n-hits, n, alpha, false)
	}
	if hits == 0 {
		return 0
	}
	lo, hi := 0.0, float64(hits)/float64(n)
	for range 100 {
		if mid := (lo + hi) / 2; binomialTail(hits, n, mid) < alpha {
			lo = mid
		} else {
			hi = mid
		}
	}
	return lo
}

// binomialTail is P(X >= k) for X binomial (n, p), k above the mean: terms fall from k on.
func binomialTail(k, n int, p float64) float64 {
	if p <= 0 {
		return 0
	}
	lg := func(x int) float64 { v, _ := math.Lgamma(float64(x + 1)); return v }
	term := math.Exp(lg(n) - lg(k) - lg(n-k) + float64(k)*math.Log(p) + float64(n-k)*math.Log1p(-p))
	sum := 0.0
	for i := k; i <= n && (term > sum*1e-15 || sum == 0); i++ {
		sum += term
		term *= float64(n-i) / float64(i+1) * p / (1 - p)
	}
	return min(1, sum)
}

// epsilon is the claim in the usual words: the smallest epsilon at delta that a zero-concentrated loss of rho proves
// (Canonne, Kamath, Steinke 2020, proposition 12), computed here apart from the accountant whose claim it checks.
func epsilon(rho, delta float64) float64 {
	proves := func(eps float64) bool {
		best := math.Inf(1)
		for a := 1.001; a < 400; a *= 1.01 {
			best = min(best, (a-1)*(a*rho-eps)+a*math.Log1p(-1/a)-math.Log(a-1))
		}
		return best <= math.Log(delta)
	}
	lo, hi := 0.0, rho+2*math.Sqrt(rho*math.Log(1/delta))
	for range 60 {
		if mid := (lo + hi) / 2; proves(mid) {
			hi = mid
		} else {
			lo = mid
		}
	}
	return hi
}

// solve solves a x = b for a symmetric positive definite matrix, by Cholesky, in place; many right hand sides share one
// factor. Pivots below tiny are lifted to it, so that a singular covariance (noise that is shared) does not stop it.
type factor [][]float64

func cholesky(a [][]float64, tiny float64) factor {
	n := len(a)
	l := make(factor, n)
	for i := range l {
		l[i] = make([]float64, n)
		for j := range i + 1 {
			sum := a[i][j]
			for k := range j {
				sum -= l[i][k] * l[j][k]
			}
			if i == j {
				l[i][i] = math.Sqrt(max(sum, tiny))
			} else {
				l[i][j] = sum / l[j][j]
			}
		}
	}
	return l
}

func (l factor) solve(b []float64) []float64 {
	n := len(l)
	x := slices.Clone(b)
	for i := range n {
		for k := range i {
			x[i] -= l[i][k] * x[k]
		}
		x[i] /= l[i][i]
	}
	for i := n - 1; i >= 0; i-- {
		for k := i + 1; k < n; k++ {
			x[i] -= l[k][i] * x[k]
		}
		x[i] /= l[i][i]
	}
	return x
}

func dot(a, b []float64) float64 {
	sum := 0.0
	for i := range a {
		sum += a[i] * b[i]
	}
	return sum
}
