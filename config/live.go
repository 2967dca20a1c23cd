package config

import (
	"crypto/ed25519"
	"encoding/base64"
	"fmt"
	"slices"
	"strings"
	"time"
)

// Live says how a feed without an end is counted while it runs. Source: privacy.md 2, 3, 15.
type Live struct {
	Lateness      string      `yaml:"lateness"`       // A record that arrives later than this after its own time is not in live tables, 1m..6h. Default: 10m.
	LatenessFinal string      `yaml:"lateness_final"` // The same for the tables of the day, which wait so long after its end, 1h..48h. Default: 6h.
	Bin           string      `yaml:"bin"`            // Length of a bin of present-live: 15m, 30m or 60m. Default: 15m.
	Carry         *int        `yaml:"carry"`          // Bins after midnight in which whoever was not heard yet is where yesterday ended, 0..16. Default: 8.
	Signatures    []Signature `yaml:"signatures"`     // Two, of LatenessMessage: by privacy-officer and by publisher. Required for a lateness below 10m.
}

// Bins are the lengths that a bin of present-live may have.
var Bins = []string{"15m", "30m", "60m"}

// Limits of live (privacy.md 2, 3 and 27.1).
const (
	shortLateness = 10 * time.Minute // below it two have signed, for the purpose safety alone
	maxCarry      = 16
	defaultCarry  = 8
)

// IsLive reports whether the contract is for throng live: its feed is a log, or a live table is asked for.
func (c *Contract) IsLive() bool { return c.IsLog() || slices.Contains(c.Products, PresentLive) }

// LiveOptions are the options of live with their defaults, as numbers.
type LiveOptions struct {
	Lateness, LatenessFinal, Bin time.Duration
	Carry                        int // bins
}

// LiveOptions are those of a contract that IsLive; the zero value otherwise.
func (c *Contract) LiveOptions() LiveOptions {
	if c.Live.Carry == nil {
		return LiveOptions{}
	}
	o := LiveOptions{Carry: *c.Live.Carry}
	o.Lateness, _ = time.ParseDuration(c.Live.Lateness)
	o.LatenessFinal, _ = time.ParseDuration(c.Live.LatenessFinal)
	o.Bin, _ = time.ParseDuration(c.Live.Bin)
	return o
}

// LatenessMessage is what the privacy officer and the publisher sign for a lateness below 10 minutes, a line each.
func (c *Contract) LatenessMessage() []byte {
	return fmt.Appendf(nil, "throng lateness 1\nscope %s\nlateness %s\n", c.Scope(), c.Live.Lateness)
}

func (c *Contract) setLiveDefaults() {
	if !c.IsLive() {
		return
	}
	l := &c.Live
	for _, f := range []struct {
		field *string
		value string
	}{{&l.Lateness, "10m"}, {&l.LatenessFinal, "6h"}, {&l.Bin, "15m"}} {
		if *f.field == "" {
			*f.field = f.value
		}
	}
	if l.Carry == nil {
		carry := defaultCarry
		l.Carry = &carry
	}
}

// checkLive checks the options of live. A contract that is not for throng live has none.
func (c *Contract) checkLive(find *findings) {
	l := &c.Live
	if !c.IsLive() {
		if l.Lateness != "" || l.LatenessFinal != "" || l.Bin != "" || l.Carry != nil || len(l.Signatures) > 0 {
			find.invalid("live", "nothing of this contract is live; ask for %s, read a log (feed.kafka, feed.push), or leave live out", PresentLive)
		}
		return
	}
	lateness := checkSpan(find, "live.lateness", l.Lateness, time.Minute, 6*time.Hour)
	final := checkSpan(find, "live.lateness_final", l.LatenessFinal, time.Hour, 48*time.Hour)
	if final > 0 && final < lateness {
		find.invalid("live.lateness_final", "got %s, which is less than live.lateness %s; the tables of the day wait longer", l.LatenessFinal, l.Lateness)
	}
	oneOf(find, "live.bin", l.Bin, Bins...)
	if *l.Carry < 0 || *l.Carry > maxCarry {
		find.invalid("live.carry", "got %d, want 0 to %d bins", *l.Carry, maxCarry)
	}
	if lateness > 0 && lateness < shortLateness {
		c.checkShort(find)
	} else if len(l.Signatures) > 0 {
		find.invalid("live.signatures", "a lateness of 10m or more needs none; leave them out")
	}
}

// checkSpan reads a time of whole minutes or hours, such as 10m.
func checkSpan(find *findings, key, text string, least, most time.Duration) time.Duration {
	d, err := time.ParseDuration(text)
	plain := err == nil && (text == fmt.Sprintf("%dm", int(d.Minutes())) || text == fmt.Sprintf("%dh", int(d.Hours())))
	if !plain || d < least || d > most {
		find.invalid(key, "got %.40q, want minutes or hours from %s to %s, such as %s", text, spanText(least), spanText(most), spanText(least))
		return 0
	}
	return d
}

func spanText(d time.Duration) string {
	if d%time.Hour == 0 {
		return fmt.Sprintf("%dh", int(d.Hours()))
	}
	return fmt.Sprintf("%dm", int(d.Minutes()))
}

// checkShort holds a lateness below 10 minutes against rule 27.1: for crowd safety alone, and signed by two.
func (c *Contract) checkShort(find *findings) {
	if len(c.Agreement.Purpose) != 1 || c.Agreement.Purpose[0] != purposeSafety {
		find.refuse("27.1", "live.lateness", "got %s; below 10m is for the purpose %s alone; write 10m", c.Live.Lateness, purposeSafety)
		return
	}
	if c.unsigned {
		return
	}
	by := map[string]bool{}
	for _, s := range c.Live.Signatures {
		if !slices.Contains(c.Keys, SigningKey{By: s.By, Key: s.Key}) {
			find.refuse("27.1", "live.signatures", "the signature by %.40s is not of a key that stands under keys", s.By)
			continue
		}
		key, err := publicKey(s.Key)
		sig, bad := base64.StdEncoding.DecodeString(s.Sig)
		if err != nil || bad != nil || !ed25519.Verify(key, c.LatenessMessage(), sig) {
			find.refuse("27.1", "live.signatures", "the signature by %.40s does not hold for %s", s.By, strings.ReplaceAll(strings.TrimSpace(string(c.LatenessMessage())), "\n", ", "))
			continue
		}
		by[s.By] = true
	}
	if len(c.Live.Signatures) != 2 || !by[ByOfficer] || !by[ByPublisher] {
		find.refuse("27.1", "live.signatures", "a lateness below 10m needs two signatures, one by %s and one by %s", ByOfficer, ByPublisher)
	}
}
