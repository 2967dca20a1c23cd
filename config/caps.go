package config

import (
	"crypto/ed25519"
	"encoding/base64"
	"slices"
)

// Those who sign that a cap rises (privacy.md 10.3).
const (
	ByOfficer   = "privacy-officer"
	ByPublisher = "publisher"
)

// checkKeys checks who may sign: each once, under keys that differ.
func (c *Contract) checkKeys(find *findings) {
	seen := map[string]bool{}
	for _, k := range c.Keys {
		if !oneOf(find, "keys", k.By, ByOfficer, ByPublisher) {
			continue
		}
		if _, err := publicKey(k.Key); err != nil {
			find.invalid("keys", "the key of %s %v", k.By, err)
		}
		if seen[k.By] || seen[k.Key] {
			find.refuse("10.3", "keys", "the privacy officer and the publisher are two persons with a key each; a key or a role stands there twice")
		}
		seen[k.By], seen[k.Key] = true, true
	}
}

// checkRaise checks the form of caps that rise. Whether the signatures hold and the day is late enough is found by the
// ledger, which keeps the keys and knows what is charged.
func (c *Contract) checkRaise(find *findings, day Nano) {
	r := &c.Privacy.Caps
	if isEmptyRaise(r) {
		return
	}
	if r.Day == 0 {
		r.Day = day
	}
	checkDay(find, "privacy.caps.valid_from", r.ValidFrom)
	for _, n := range []struct {
		key         string
		value, most Nano
	}{{"privacy.caps.day", r.Day, day}, {"privacy.caps.cap_30", r.Cap30, 30 * day}, {"privacy.caps.cap_365", r.Cap365, 365 * day}} {
		switch {
		case n.value == badNano:
			find.invalid(n.key, "%s", wantNano)
		case n.value == 0:
			find.invalid(n.key, "got nothing; caps that rise name cap_30 and cap_365")
		case n.value > n.most:
			find.refuse("9", n.key, "got %s, the profile %s allows at most %s; no signature goes beyond the profile", n.value, c.Privacy.Profile, n.most)
		}
	}
	if !c.unsigned {
		c.checkSigners(find)
	}
}

func (c *Contract) checkSigners(find *findings) {
	by := map[string]bool{}
	for _, s := range c.Privacy.Caps.Signatures {
		sig, err := base64.StdEncoding.DecodeString(s.Sig)
		if err != nil || len(sig) != ed25519.SignatureSize {
			find.invalid("privacy.caps.signatures", "the signature by %.40s is none of Ed25519, want 64 bytes in base64", s.By)
		}
		if !slices.Contains(c.Keys, SigningKey{By: s.By, Key: s.Key}) {
			find.refuse("10.3", "privacy.caps.signatures", "the signature by %.40s is not of a key that stands under keys", s.By)
		}
		by[s.By] = true
	}
	if len(c.Privacy.Caps.Signatures) != 2 || !by[ByOfficer] || !by[ByPublisher] {
		find.refuse("10.3", "privacy.caps.signatures", "caps rise with two signatures, one by %s and one by %s, and not otherwise", ByOfficer, ByPublisher)
	}
}

func isEmptyRaise(r *RaisedCaps) bool {
	return r.Day == 0 && r.Cap30 == 0 && r.Cap365 == 0 && r.ValidFrom == "" && len(r.Signatures) == 0
}

// Raises reports whether the contract asks for caps above those in force.
func (c *Contract) Raises() bool { return !isEmptyRaise(&c.Privacy.Caps) }
