package attack

import (
	"bytes"
	"encoding/base64"
	"encoding/binary"
	"encoding/hex"
	"fmt"
	"strconv"
)

// Poison is a value that is put into the personal side so that it can be recognised wherever it should not be: a
// pseudonym, an attribute, a coordinate. Scan is the searching half of attack 10, the leak scan; what it searches (files,
// answers, logs, errors) is collected by whoever runs it.
type Poison struct {
	What  string // what the value is
	Value string
}

// Scan looks for poison in bytes that leave, in the forms in which values get out: as text, as a number in either order
// of bytes, in hexadecimal and in base64. It returns a line for each hit.
func Scan(where string, content []byte, poison []Poison) []string {
	var hits []string
	for _, p := range poison {
		for form, needle := range forms(p.Value) {
			if bytes.Contains(content, needle) {
				hits = append(hits, fmt.Sprintf("%s: %s as %s", where, p.What, form))
			}
		}
	}
	return hits
}

// forms are the ways in which a value may be written. Needles of fewer than six bytes would be hit by chance.
func forms(value string) map[string][]byte {
	of := map[string][]byte{
		"text":        []byte(value),
		"hexadecimal": []byte(hex.EncodeToString([]byte(value))),
		"base64":      []byte(base64.RawStdEncoding.EncodeToString([]byte(value))),
	}
	if n, err := strconv.ParseUint(value, 10, 64); err == nil && n > 1<<40 {
		of["number, low byte first"] = binary.LittleEndian.AppendUint64(nil, n)
		of["number, high byte first"] = binary.BigEndian.AppendUint64(nil, n)
		of["hexadecimal number"] = []byte(strconv.FormatUint(n, 16))
	}
	for form, needle := range of {
		if len(needle) < 6 {
			delete(of, form)
		}
	}
	return of
}
