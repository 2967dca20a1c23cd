package main

import (
	"crypto/sha256"
	"crypto/subtle"
	"encoding/hex"
	"fmt"
	"io"
	"os"
	"regexp"
	"runtime"
	"slices"
	"strings"

	"github.com/goccy/go-yaml"

	"github.com/throng-stats/throng/driver"
	"github.com/throng-stats/throng/serve/api"
)

// maxTokens is the most bytes of a file of tokens: some thousand clients.
const maxTokens = 1 << 20

// client is a holder of a token: who it is, the digest of the token, and what it may ask for.
type client struct {
	Name     string   `yaml:"name"`
	SHA256   string   `yaml:"sha256"`
	Purposes []string `yaml:"purposes"`

	digest []byte
}

// access is what throng serve knows of tokens, with its audit log. It holds digests, never a token.
type access struct {
	*auditLog
	clients []client
	equal   func(x, y []byte) int // subtle.ConstantTimeCompare
}

// openAccess reads the tokens and opens the audit log.
func openAccess(tokens, audit string) (*access, error) {
	text, err := readTokens(tokens)
	if err != nil {
		return nil, err
	}
	clients, err := parseTokens(text)
	if err != nil {
		return nil, &driver.Error{Kind: driver.Invalid, Text: fmt.Sprintf("tokens %s: %v", tokens, err)}
	}
	log, err := openAudit(audit)
	if err != nil {
		return nil, err
	}
	return &access{auditLog: log, clients: clients, equal: subtle.ConstantTimeCompare}, nil
}

// readTokens reads the file of tokens, which nobody but its owner may read or write.
func readTokens(path string) ([]byte, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, &driver.Error{Kind: driver.Missing, Text: fmt.Sprintf("tokens: %v", err)}
	}
	defer f.Close()
	info, err := f.Stat()
	if err != nil {
		return nil, err
	}
	if mode := info.Mode().Perm(); mode&0o077 != 0 && runtime.GOOS != "windows" {
		return nil, &driver.Error{Kind: driver.Unsafe, Text: fmt.Sprintf("tokens %s: got mode %04o, want 0600: others may read or change it; run chmod 600 on it", path, mode)}
	}
	text, err := io.ReadAll(io.LimitReader(f, maxTokens+1))
	if err == nil && len(text) > maxTokens {
		err = &driver.Error{Kind: driver.Invalid, Text: fmt.Sprintf("tokens %s: got more than %d bytes, want a list of clients", path, maxTokens)}
	}
	return text, err
}

// clientName is what stands in the audit log.
var clientName = regexp.MustCompile(`^[a-z0-9][a-z0-9-]{0,63}$`)

// parseTokens reads a YAML list of clients. No error repeats a digest.
func parseTokens(text []byte) ([]client, error) {
	var clients []client
	if err := yaml.UnmarshalWithOptions(text, &clients, yaml.Strict()); err != nil {
		return nil, fmt.Errorf("it is no list of clients with name, sha256 and purposes (docs/format/api.md)")
	}
	if len(clients) == 0 {
		return nil, fmt.Errorf("got no client, want at least one with name, sha256 and purposes; without tokens leave --tokens out")
	}
	names, digests := map[string]bool{}, map[string]bool{}
	for i := range clients {
		c := &clients[i]
		digest, err := hex.DecodeString(c.SHA256)
		c.digest = digest
		switch at := i + 1; {
		case !clientName.MatchString(c.Name):
			return nil, fmt.Errorf("client %d: got a name of %d characters, want 1 to 64 of a-z, 0-9 and -", at, len(c.Name))
		case names[c.Name]:
			return nil, fmt.Errorf("client %d: the name %s stands there twice", at, c.Name)
		case err != nil || len(digest) != sha256.Size:
			return nil, fmt.Errorf("client %s: sha256 has %d characters, want the 64 that printf %%s TOKEN | sha256sum prints", c.Name, len(c.SHA256))
		case digests[string(digest)]:
			return nil, fmt.Errorf("client %s: another client has the same token; give each its own", c.Name)
		case len(c.Purposes) == 0:
			return nil, fmt.Errorf("client %s: got no purposes, want some of %s", c.Name, strings.Join(api.Purposes(), " "))
		}
		for _, p := range c.Purposes {
			if !slices.Contains(api.Purposes(), p) {
				return nil, fmt.Errorf("client %s: got the purpose %.40q, want some of %s", c.Name, p, strings.Join(api.Purposes(), " "))
			}
		}
		names[c.Name], digests[string(digest)] = true, true
	}
	return clients, nil
}

// minToken is the fewest characters of a token. The file has digests without salt, so a token must not be guessable:
// 24 characters at random have 140 bits.
const minToken = 24

// Allow implements api.Access. It compares the digest of the token with that of every client, each in constant time, so how
// long it takes tells neither who is near nor where a client stands in the file.
func (a *access) Allow(token, purpose string) (string, error) {
	sum := sha256.Sum256([]byte(token))
	found := -1
	for i, c := range a.clients {
		found = subtle.ConstantTimeSelect(a.equal(sum[:], c.digest), i, found)
	}
	switch {
	case found < 0 || len(token) < minToken:
		return "", api.ErrToken
	case !slices.Contains(a.clients[found].Purposes, purpose):
		return "", api.ErrPurpose
	}
	return a.clients[found].Name, nil
}
