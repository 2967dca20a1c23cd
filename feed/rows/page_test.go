package rows

import (
	"bytes"
	"encoding/hex"
	"os"
	"os/exec"
	"regexp"
	"strings"
	"testing"
)

// TestPage: the block of docs/format/packed.md is what Pack writes, and what the page's own writer writes.
func TestPage(t *testing.T) {
	page, err := os.ReadFile("../../docs/format/packed.md")
	if err != nil {
		t.Fatal(err)
	}
	shown := strings.Join(regexp.MustCompile(`(?m)^    ((?:[0-9a-f]{2})+(?: (?:[0-9a-f]{2})+)+)$`).FindAllString(string(page), -1), "")
	want, err := hex.DecodeString(strings.NewReplacer(" ", "", "\n", "").Replace(shown))
	if err != nil {
		t.Fatal(err)
	}
	got := Pack(nil, Column{Name: "u", Wholes: []int64{77, 78}}, Column{Name: "t", Wholes: []int64{1000, 2000}}, Column{Name: "c", Words: []string{"c1"}, Codes: []uint32{0, 0}})
	if !bytes.Equal(got, want) {
		t.Errorf("got %x, want %x as on the page", got, want)
	}
	python, err := exec.LookPath("python3")
	if err != nil {
		t.Skip("python3 is not there, so the page's writer is not run")
	}
	_, code, _ := strings.Cut(string(page), "    import struct")
	code = "import struct" + strings.ReplaceAll(code, "\n    ", "\n")
	code = strings.TrimRight(strings.Replace(code, "\nblock(2", "\nprint(block(2", 1), "\n") + ".hex())"
	out, err := exec.Command(python, "-c", code).Output()
	if err != nil {
		t.Fatal(err)
	}
	if written := strings.TrimSpace(string(out)); written != hex.EncodeToString(want) {
		t.Errorf("the page's writer gives %s, want %x", written, want)
	}
}
