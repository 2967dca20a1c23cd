package main

import (
	"bytes"
	"crypto/sha256"
	"crypto/subtle"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"os"
	"regexp"
	"runtime"
	"slices"
	"strings"

	"github.com/throng-stats/throng/driver"
	"github.com/throng-stats/throng/serve/api"
)

// maxTokens is the most bytes of a file of tokens: some thousand clients.
const maxTokens = 1 << 20

// tokenFlags are those of commands that serve.
type tokenFlags struct {
	Tokens string `help:"Clients who may ask about small perimeters over the last 48 hours, and read private releases: a line each with name, sha256 of the token, purposes; mode 0600." type:"existingfile" and:"tokens" placeholder:"FILE"`
	Audit  string `help:"Log of what was asked with a token; it is made when it is not there." and:"tokens" placeholder:"FILE"`
}

// open lets those who have a token in, where there are tokens, until the log is closed.
func (f *tokenFlags) open(options *api.Options) (close func() error, err error) {
	if f.Tokens == "" {
		return func() error { return nil }, nil
	}
	known, err := openAccess(f.Tokens, f.Audit)
	if err != nil {
		return nil, err
	}
	options.Access = known
	return known.Close, nil
}

// client is a holder of a token: who it is, the digest of the token, and what it may ask for.
type client struct {
	name     string
	digest   []byte // SHA-256
	purposes []string
}

// access is what a server knows of tokens, with its audit log. It holds digests, never a token.
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
		err = &driver.Error{Kind: driver.Invalid, Text: fmt.Sprintf("tokens %s: got more than %d bytes, want a line for each client", path, maxTokens)}
	}
	return text, err
}

// clientName is what stands in the audit log.
var clientName = regexp.MustCompile(`^[a-z0-9][a-z0-9-]{0,63}$`)

// parseTokens reads a line for each client: its name, the SHA-256 of its token in hexadecimal, and its purposes, with blanks
// between them. Lines that are empty or begin with # say nothing. No error repeats a digest.
func parseTokens(text []byte) ([]client, error) {
	var clients []client
	for i, line := range strings.Split(string(text), "\n") {
		words := strings.Fields(line)
		if len(words) == 0 || strings.HasPrefix(words[0], "#") {
			continue
		}
		c, err := parseClient(words)
		if err != nil {
			return nil, fmt.Errorf("line %d: %w", i+1, err)
		}
		for _, other := range clients {
			if other.name == c.name || bytes.Equal(other.digest, c.digest) {
				return nil, fmt.Errorf("line %d: the client %s stands there twice, or shares its token with %s; give each its own", i+1, c.name, other.name)
			}
		}
		clients = append(clients, c)
	}
	if len(clients) == 0 {
		return nil, errors.New("got no client, want a line for each: name, sha256 of the token, purposes; without tokens leave --tokens out")
	}
	return clients, nil
}

func parseClient(words []string) (client, error) {
	if len(words) < 3 {
		return client{}, fmt.Errorf("got %d words, want a name, the sha256 of a token, and some of %s", len(words), strings.Join(api.Purposes(), " "))
	}
	c := client{name: words[0], purposes: words[2:]}
	if !clientName.MatchString(c.name) {
		return c, fmt.Errorf("got a name of %d characters, want 1 to 64 of a-z, 0-9 and -", len(c.name))
	}
	var err error
	if c.digest, err = hex.DecodeString(words[1]); err != nil || len(c.digest) != sha256.Size {
		return c, fmt.Errorf("client %s: the sha256 has %d characters, want the 64 that printf %%s TOKEN | sha256sum prints", c.name, len(words[1]))
	}
	for _, p := range c.purposes {
		if !slices.Contains(api.Purposes(), p) {
			return c, fmt.Errorf("client %s: got the purpose %.40q, want some of %s", c.name, p, strings.Join(api.Purposes(), " "))
		}
	}
	return c, nil
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
	case !slices.Contains(a.clients[found].purposes, purpose):
		return "", api.ErrPurpose
	}
	return a.clients[found].name, nil
}
