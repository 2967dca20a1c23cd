package push

import (
	"bytes"
	"crypto/sha256"
	"crypto/subtle"
	"crypto/tls"
	"crypto/x509"
	"net/http"
	"os"
	"strings"

	"github.com/throng-stats/throng/feed"
)

// leastToken is how many signs a token has at least.
const leastToken = 32

func errToken(path string) error {
	return &feed.Error{Kind: feed.Invalid, File: path, Got: "a token that is too short, or not of one line", Want: "one line of at least 32 signs", Hint: "make one by: openssl rand -hex 32"}
}

// ReadToken reads the token of senders from a file that nobody else may read.
func ReadToken(path string) ([]byte, error) {
	info, err := os.Stat(path)
	if err != nil {
		return nil, &feed.Error{Kind: feed.Missing, File: path, Got: "no such file that can be read", Want: "the token of senders", Cause: err}
	}
	if info.Mode().Perm()&0o077 != 0 {
		return nil, &feed.Error{Kind: feed.Invalid, File: path, Got: "a token that others may read", Want: "mode 0600", Hint: "chmod 600 the file, and make a new token if others have seen it"}
	}
	text, err := os.ReadFile(path)
	if err != nil {
		return nil, &feed.Error{Kind: feed.Missing, File: path, Got: "a file that cannot be opened", Want: "the token of senders", Cause: err}
	}
	token := bytes.TrimSpace(text)
	if len(token) < leastToken || bytes.ContainsAny(token, " \t\r\n") {
		return nil, errToken(path)
	}
	return token, nil
}

// isSender compares the token of a request in a time that does not depend on it.
func (s *Server) isSender(r *http.Request) bool {
	scheme, token, _ := strings.Cut(r.Header.Get("Authorization"), " ")
	sum := sha256.Sum256([]byte(strings.TrimSpace(token)))
	return subtle.ConstantTimeCompare(sum[:], s.token[:]) == 1 && strings.EqualFold(scheme, "Bearer")
}

// Encryption reads certificate and key from PEM files. Where roots of senders are named, a sender must have a certificate of
// theirs, besides the token.
func Encryption(cert, key, roots string) (*tls.Config, error) {
	pair, err := tls.LoadX509KeyPair(cert, key)
	if err != nil {
		return nil, &feed.Error{Kind: feed.Invalid, File: cert, Got: "a certificate that cannot be used with its key", Want: "PEM files of both", Cause: err}
	}
	c := &tls.Config{Certificates: []tls.Certificate{pair}, MinVersion: tls.VersionTLS12, NextProtos: []string{"http/1.1"}}
	if roots == "" {
		return c, nil
	}
	text, err := os.ReadFile(roots)
	pool := x509.NewCertPool()
	if err != nil || !pool.AppendCertsFromPEM(text) {
		return nil, &feed.Error{Kind: feed.Invalid, File: roots, Got: "no certificates", Want: "the roots of senders, PEM", Cause: err}
	}
	c.ClientCAs, c.ClientAuth = pool, tls.RequireAndVerifyClientCert
	return c, nil
}
