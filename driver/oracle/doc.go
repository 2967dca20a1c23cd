// Package oracle runs one named algorithm on one small case, without noise.
//
// It is for those who compare the methods with their own: a case in, the exact figures out, in reference mode, which
// repeats multimno 1.0.0 with its defects. What prints the stays, homes and trips of devices is never in a binary that a
// holder runs: everything here but this page is behind the build tag oracle, and a case of more than 10,000 devices is
// refused.
package oracle
