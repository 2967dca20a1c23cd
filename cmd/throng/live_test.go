package main

import (
	"bytes"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/alecthomas/kong"

	"github.com/throng-stats/throng/driver"
)

// TestSharedKeys: --key is given once or several times, in this order; each is a file of 32 bytes that only its owner reads, and no two
// are the same. No error holds what is in the file.
func TestSharedKeys(t *testing.T) {
	dir := t.TempDir()
	file := func(name string, fill byte, n int, mode os.FileMode) string {
		path := filepath.Join(dir, name)
		if err := os.WriteFile(path, bytes.Repeat([]byte{fill}, n), mode); err != nil {
			t.Fatal(err)
		}
		return path
	}
	old, next := file("cluster.key", 'o', 32, 0o600), file("next,1.key", 'n', 32, 0o600)
	for name, one := range map[string]struct {
		files []string
		first byte // of the key that seals
		kind  driver.Kind
		says  string
	}{
		"none":     {nil, 0, driver.Invalid, "need --key"},
		"one":      {[]string{old}, 'o', "", ""},
		"two":      {[]string{next, old}, 'n', "", ""},
		"twice":    {[]string{next, old, file("copy.key", 'n', 32, 0o600)}, 0, driver.Invalid, "hold the same key"},
		"open":     {[]string{next, file("open.key", 'x', 32, 0o644)}, 0, driver.Unsafe, "open.key can be read by others"},
		"too long": {[]string{next, file("long.key", 'x', 64, 0o600)}, 0, driver.Invalid, "long.key has 64 bytes, want 32"},
	} {
		t.Run(name, func(t *testing.T) {
			var c cli
			parser, err := kong.New(&c)
			if err != nil {
				t.Fatal(err)
			}
			args := []string{"live", "contract.yaml"}
			for _, path := range one.files {
				args = append(args, "--key", path)
			}
			if _, err := parser.Parse(args); err != nil {
				t.Fatal(err)
			}
			keys, err := sharedKeys(c.Live.Key)
			if one.kind == "" {
				if err != nil || len(keys) != len(one.files) || keys[0][0] != one.first {
					t.Errorf("got %d keys, %v", len(keys), err)
				}
				return
			}
			if driver.KindOf(err) != one.kind || !strings.Contains(err.Error(), one.says) {
				t.Errorf("got %v of kind %q, want %q of kind %q", err, driver.KindOf(err), one.says, one.kind)
			}
			if err != nil && (strings.Contains(err.Error(), "nnn") || strings.Contains(err.Error(), "xxx")) {
				t.Error("the error holds a key")
			}
		})
	}
}
