package rows

import (
	"encoding/binary"
	"math/bits"
)

// zeros are eight digits of zero.
const zeros = 0x3030303030303030

// digitsIn says how many of eight bytes, from the lowest on, are digits before the first that is none.
func digitsIn(x uint64) int {
	x ^= zeros
	return bits.TrailingZeros64((x&0x7f7f7f7f7f7f7f7f+0x7676767676767676|x)&0x8080808080808080) >> 3
}

// valueOf is the number that the first n of eight bytes write, which are digits: pairs, then fours, then all are put together.
func valueOf(x uint64, n int) uint64 {
	x = x<<(64-8*n) | zeros>>(8*n)
	x -= zeros
	x = x*10 + x>>8
	return ((x&0x000000ff000000ff)*(100+1000000<<32) + (x>>16&0x000000ff000000ff)*(1+10000<<32)) >> 32
}

// tens are powers of ten.
var tens = [...]uint64{1, 1e1, 1e2, 1e3, 1e4, 1e5, 1e6, 1e7, 1e8}

// whole reads a number that is whole and has room in 64 bits, when it is wanted; else it reads nothing.
func (s *jsonScan) whole(isWanted bool) (v int64, ok bool) {
	at := s.at
	if !isWanted || at >= len(s.b) {
		return 0, false
	}
	isNegative := s.b[at] == '-'
	if isNegative {
		at++
	}
	from, sum := at, uint64(0)
	for at+8 <= len(s.b) && at-from <= 11 {
		x := binary.LittleEndian.Uint64(s.b[at:])
		n := digitsIn(x)
		sum = sum*tens[n] + valueOf(x, n)
		if at += n; n < 8 {
			break
		}
	}
	for at < len(s.b) && s.b[at]-'0' < 10 && at-from <= 19 {
		sum = sum*10 + uint64(s.b[at]-'0')
		at++
	}
	n := at - from
	if n == 0 || n > 19 || sum > 1<<63-1 || n > 1 && s.b[from] == '0' || at < len(s.b) && (s.b[at] == '.' || s.b[at]|0x20 == 'e') {
		return 0, false
	}
	s.at = at
	if isNegative {
		return -int64(sum), true
	}
	return int64(sum), true
}
