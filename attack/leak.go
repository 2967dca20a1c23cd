package attack

import (
	"bytes"
	"encoding/base64"
	"encoding/binary"
	"encoding/hex"
	"fmt"
	"slices"
	"strconv"
)

// Poison is a value of the personal side by which a leak is recognised: a pseudonym, an antenna, a coordinate.
type Poison struct {
	What  string // what the value is; reports say this and never the value
	Value string
}

// prefix is how many bytes of a needle are looked up at once; shorter needles would be hit by chance.
const prefix = 6

// Scanner is the searching half of attack 10, the leak scan: it looks for poison in bytes that leave, in the forms in
// which values get out. What is searched (files, answers, notes, errors) is collected by whoever runs it. Needles lie in
// a table by their first six bytes, so that thousands of them cost one pass.
type Scanner struct {
	first [1 << 16]bool // of the first two bytes of needles
	table map[[prefix]byte][]needle
}

type needle struct {
	bytes []byte
	what  string
}

// NewScanner prepares to look for the values as text, in hexadecimal, in base64 from its own beginning, and, for numbers
// of more than 56 bits, as eight bytes in either order and as a hexadecimal number. Values of fewer than six bytes are
// left out.
func NewScanner(poison []Poison) *Scanner {
	s := &Scanner{table: map[[prefix]byte][]needle{}}
	for _, p := range poison {
		s.add([]byte(p.Value), p.What+" as text")
		s.add([]byte(hex.EncodeToString([]byte(p.Value))), p.What+" in hexadecimal")
		whole := len(p.Value) / 3 * 3 // what follows the value changes the base64 of a part of three
		s.add([]byte(base64.RawStdEncoding.EncodeToString([]byte(p.Value[:whole]))), p.What+" in base64")
		if n, err := strconv.ParseUint(p.Value, 10, 64); err == nil && n >= 1<<56 {
			s.add(binary.LittleEndian.AppendUint64(nil, n), p.What+" as a number, low byte first")
			s.add(binary.BigEndian.AppendUint64(nil, n), p.What+" as a number, high byte first")
			s.add([]byte(strconv.FormatUint(n, 16)), p.What+" as a hexadecimal number")
		}
	}
	return s
}

func (s *Scanner) add(content []byte, what string) {
	if len(content) < prefix {
		return
	}
	s.first[binary.BigEndian.Uint16(content)] = true
	key := [prefix]byte(content)
	s.table[key] = append(s.table[key], needle{content, what})
}

// Scan returns a line for each kind of hit, never with the value.
func (s *Scanner) Scan(where string, content []byte) []string {
	var hits []string
	for i := 0; i+prefix <= len(content); i++ {
		if !s.first[uint16(content[i])<<8|uint16(content[i+1])] {
			continue
		}
		for _, n := range s.table[[prefix]byte(content[i:])] {
			if !bytes.HasPrefix(content[i:], n.bytes) {
				continue
			}
			if line := fmt.Sprintf("%s holds %s", where, n.what); !slices.Contains(hits, line) {
				hits = append(hits, line)
			}
		}
	}
	return hits
}
