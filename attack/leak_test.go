package attack

import (
	"encoding/base64"
	"encoding/binary"
	"encoding/hex"
	"slices"
	"strings"
	"testing"
)

// TestScan hides a pseudonym in every form, in the middle of other bytes, and wants each found once and no value told.
func TestScan(t *testing.T) {
	const id = uint64(7777770001112223331)
	text := "7777770001112223331"
	s := NewScanner([]Poison{{"a pseudonym", text}, {"an antenna", "208890100064003"}, {"too short", "12345"}})
	for form, hiding := range map[string][]byte{
		"as text":                      []byte(text),
		"in hexadecimal":               []byte(hex.EncodeToString([]byte(text))),
		"in base64":                    []byte(base64.StdEncoding.EncodeToString([]byte(text + " and more"))),
		"as a number, low byte first":  binary.LittleEndian.AppendUint64(nil, id),
		"as a number, high byte first": binary.BigEndian.AppendUint64(nil, id),
		"as a hexadecimal number":      []byte("6bf0309b8cfbce63"),
	} {
		content := slices.Concat([]byte("a log line "), hiding, []byte(" ends; "), hiding)
		got := s.Scan("log", content)
		if len(got) != 1 || !strings.HasSuffix(got[0], form) {
			t.Errorf("hidden %s: got %q, want one line that ends so", form, got)
		}
		for _, line := range got {
			if strings.Contains(line, "77777") {
				t.Errorf("the report tells the value: %q", line)
			}
		}
	}
	if got := s.Scan("log", []byte("12345 people of 208890100064002 and 777777000111222333")); got != nil {
		t.Errorf("got %q from bytes without poison", got)
	}
	if got := s.Scan("log", []byte("x208890100064003")); len(got) != 1 {
		t.Errorf("poison at the very end: got %q, want one line", got)
	}
}
