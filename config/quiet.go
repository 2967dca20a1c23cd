package config

import (
	"crypto/ed25519"
	"encoding/base64"
	"fmt"
	"os"
	"strings"
)

// QuietRow is one row of a table of quiet areas: a zone of any level and the civil days on which it is quiet, both ends
// included.
type QuietRow struct {
	Area, From, To string
	Guardian       bool // added by the guardian outside the holder, so that the holder cannot take it away
}

// On reports whether the area is quiet on a civil day, 2006-01-02.
func (r QuietRow) On(day string) bool { return r.From <= day && day <= r.To }

// ReadQuiet reads the quiet areas of the holder and those of the guardian, whose file must carry the guardian's signature.
// No file gives no rows.
func (c *Contract) ReadQuiet() ([]QuietRow, error) {
	var rows []QuietRow
	if c.Quiet != "" {
		own, err := readQuiet(c.Path(c.Quiet), false)
		if err != nil {
			return nil, err
		}
		rows = own
	}
	if c.Guardian.File == "" {
		return rows, nil
	}
	if err := c.verifyGuardian(); err != nil {
		return nil, err
	}
	added, err := readQuiet(c.Path(c.Guardian.File), true)
	return append(rows, added...), err
}

func readQuiet(path string, guardian bool) ([]QuietRow, error) {
	var rows []QuietRow
	err := readTable(path, []string{"area", "from", "to"}, func(t *table) {
		r := QuietRow{Area: t.text(0), From: t.day(1), To: t.day(2), Guardian: guardian}
		if r.From > r.To {
			t.fail(2, "a day that is not before "+r.From)
		}
		rows = append(rows, r)
	})
	return rows, err
}

// verifyGuardian checks the signature of the guardian's file: Ed25519 over its bytes, as openssl pkeyutl -sign -rawin makes
// it.
func (c *Contract) verifyGuardian() error {
	path := c.Path(c.Guardian.File)
	key, err := publicKey(c.Guardian.Key)
	if err != nil {
		return &Error{Kind: Invalid, Key: "quiet_guardian.key", Text: err.Error()}
	}
	text, err := readPublic(path)
	if err != nil {
		return err
	}
	signed, err := readPublic(c.Path(c.Guardian.Signature))
	if err != nil {
		return err
	}
	sig, err := base64.StdEncoding.DecodeString(strings.TrimSpace(string(signed)))
	if err != nil || len(sig) != ed25519.SignatureSize {
		return &Error{Kind: Invalid, Key: c.Path(c.Guardian.Signature), Text: "is no Ed25519 signature, want 64 bytes in base64"}
	}
	if !ed25519.Verify(key, text, sig) {
		return &Error{Kind: Refused, Rule: "27.4", Key: path, Text: "does not carry the signature of the guardian; put back the file and the signature as the guardian made them"}
	}
	return nil
}

func readPublic(path string) ([]byte, error) {
	file, err := openTable(path)
	if err != nil {
		return nil, err
	}
	file.Close()
	text, err := os.ReadFile(path)
	if err != nil {
		return nil, &Error{Kind: Invalid, Key: path, Text: fmt.Sprintf("cannot be read: %v", err)}
	}
	return text, nil
}

// publicKey reads an Ed25519 public key.
func publicKey(text string) (ed25519.PublicKey, error) {
	key, err := base64.StdEncoding.DecodeString(text)
	if err != nil || len(key) != ed25519.PublicKeySize {
		return nil, fmt.Errorf("is no Ed25519 public key, want 32 bytes in base64")
	}
	return key, nil
}
