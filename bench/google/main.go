// Command google times a million noisy cells beside Google's library of differential privacy, in one process and in turn.
//
//	go run -C bench/google .
//
// It is a module of its own, so that the library is no part of the product. Both draw integer Gaussian noise of the same
// standard deviation from fresh randomness: ours is the discrete Gaussian, exact to the last bit; theirs rounds a sampled
// Gaussian to a lattice.
package main

import (
	"crypto/rand"
	"fmt"
	mrand "math/rand/v2"
	"os"
	"slices"
	"syscall"
	"time"

	google "github.com/google/differential-privacy/go/v3/noise"

	ours "github.com/throng-stats/throng/privacy/noise"
)

const (
	cells  = 1_000_000
	sigma2 = 1539 // an hour table of the standard profile
	runs   = 5
)

func main() {
	discrete := ours.New(sigma2)
	gauss := google.Gaussian()
	// Their noise takes epsilon and delta; these give a standard deviation near ours. The cost of a draw does not depend on it.
	theirs := func(n int) {
		for range n {
			if _, err := gauss.AddNoiseInt64(0, 1, 1, .1, 1e-6); err != nil {
				fmt.Fprintln(os.Stderr, err)
				os.Exit(1)
			}
		}
	}
	var a, b []float64
	for range runs {
		a = append(a, cpu(func() {
			var key [32]byte
			rand.Read(key[:])
			words := mrand.NewChaCha8(key)
			sum := int64(0)
			for range cells {
				sum += discrete.Draw(words)
			}
			sink = sum
		}))
		b = append(b, cpu(func() { theirs(cells / 20) })*20)
	}
	ratio := make([]float64, runs)
	for i := range ratio {
		ratio[i] = b[i] / a[i]
	}
	fmt.Printf("a million noisy cells, CPU seconds of one core, median of %d (least to most)\n", runs)
	fmt.Printf("  ours, discrete Gaussian by table, sigma2 %d   %s\n", sigma2, line(a))
	fmt.Printf("  google/differential-privacy go/v3 Gaussian      %s  (a twentieth was drawn)\n", line(b))
	fmt.Printf("  ratio theirs/ours, pair by pair                 %s\n", line(ratio))
	if slices.Min(a) >= .1 {
		fmt.Println("  above the aim of 0.1 s")
		os.Exit(1)
	}
}

var sink int64

func cpu(f func()) float64 {
	var before, after syscall.Rusage
	syscall.Getrusage(syscall.RUSAGE_SELF, &before)
	f()
	syscall.Getrusage(syscall.RUSAGE_SELF, &after)
	return seconds(after) - seconds(before)
}

func seconds(u syscall.Rusage) float64 {
	return (time.Duration(u.Utime.Nano()) + time.Duration(u.Stime.Nano())).Seconds()
}

func line(v []float64) string {
	s := slices.Sorted(slices.Values(v))
	return fmt.Sprintf("%7.3f (%.3f to %.3f)", s[len(s)/2], s[0], s[len(s)-1])
}
