package main

import (
	"os/exec"
	"slices"
	"strings"
	"testing"

	"github.com/alecthomas/kong"
)

// commands lists what this binary can do.
func commands(t *testing.T) []string {
	parser, err := kong.New(&cli{})
	if err != nil {
		t.Fatal(err)
	}
	var names []string
	for _, c := range parser.Model.Children {
		names = append(names, c.Name)
	}
	return names
}

// The binary that a holder runs cannot print what it knows of a device: neither the command nor the package is in it, and
// both are with the tag.
func TestOracleOnlyWithItsTag(t *testing.T) {
	for _, c := range []struct {
		tags string
		want bool
	}{{"", false}, {"oracle", true}} {
		out, err := exec.Command("go", "list", "-deps", "-tags="+c.tags, ".").Output()
		if err != nil {
			t.Fatal(err)
		}
		if got := slices.Contains(strings.Fields(string(out)), "github.com/throng-stats/throng/driver/oracle"); got != c.want {
			t.Errorf("tags %q: driver/oracle linked in: %v, want %v", c.tags, got, c.want)
		}
	}
	if got := slices.Contains(commands(t), "oracle"); got != hasOracle {
		t.Errorf("throng oracle among the commands: %v, want %v", got, hasOracle)
	}
}
