package driver

import (
	"crypto/ed25519"
	"crypto/x509"
	"encoding/base64"
	"encoding/pem"
	"fmt"
	"os"

	"github.com/throng-stats/throng/config"
	"github.com/throng-stats/throng/privacy/ledger"
)

// CapsMessage is what the privacy officer and the publisher sign so that the caps of a contract rise. The contract is read
// as a draft: its signatures may be missing.
func CapsMessage(path string) ([]byte, error) {
	draft, err := config.ReadUnsigned(path)
	if err != nil {
		return nil, err
	}
	if !draft.Raises() {
		return nil, &Error{Kind: Invalid, Text: "the contract has no privacy.caps; write the caps that are to hold, and valid_from, then sign"}
	}
	r := (&Job{Contract: draft}).raise()
	return ledger.RaiseMessage(draft.Scope(), r.Caps, r.ValidFrom), nil
}

// Sign signs a message with an Ed25519 private key in a PEM file (PKCS 8), and returns public key and signature in base64.
func Sign(message []byte, path string) (key, sig string, err error) {
	text, err := os.ReadFile(path)
	if err != nil {
		return "", "", &Error{Kind: Missing, Text: fmt.Sprintf("key: %v", err)}
	}
	bad := &Error{Kind: Invalid, Text: "the file of the key holds no Ed25519 private key in PEM; make one with: openssl genpkey -algorithm ed25519"}
	block, _ := pem.Decode(text)
	if block == nil {
		return "", "", bad
	}
	parsed, err := x509.ParsePKCS8PrivateKey(block.Bytes)
	private, ok := parsed.(ed25519.PrivateKey)
	if err != nil || !ok {
		return "", "", bad
	}
	return base64.StdEncoding.EncodeToString(private.Public().(ed25519.PublicKey)), base64.StdEncoding.EncodeToString(ed25519.Sign(private, message)), nil
}
