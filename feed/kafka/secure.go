package kafka

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"net"
	"os"
	"strings"
	"time"

	"github.com/twmb/franz-go/pkg/kgo"
	"github.com/twmb/franz-go/pkg/sasl/plain"
	"github.com/twmb/franz-go/pkg/sasl/scram"

	"github.com/throng-stats/throng/feed"
)

// Secure says how connections are encrypted and who we are. All secrets are files, which are read anew for every connection.
type Secure struct {
	// CA is the file of the roots that are trusted, PEM, or "system". Default: no encryption.
	CA string
	// Cert and Key are the files of our own certificate and its key, PEM. Default: none.
	Cert, Key string
	// Mechanism is plain, scram-sha-256 or scram-sha-512. Default: we do not say who we are.
	Mechanism string
	// User is our name. Required with Mechanism.
	User string
	// PasswordFile holds the password in its first line. Required with Mechanism.
	PasswordFile string
}

// options looks at the files, and makes connections that read them anew: who renews a password or a certificate need not start us again.
// Errors name files and tell nothing of what is in them.
func (s Secure) options() (opts []kgo.Opt, err error) {
	if s.CA != "" {
		if _, err := s.encryption(); err != nil {
			return nil, err
		}
		opts = append(opts, kgo.Dialer(s.dial))
	}
	if s.Mechanism == "" {
		return opts, nil
	}
	if _, err := s.password(); err != nil {
		return nil, err
	}
	switch s.Mechanism {
	case "plain":
		return append(opts, kgo.SASL(plain.Plain(func(context.Context) (plain.Auth, error) {
			password, err := s.password()
			return plain.Auth{User: s.User, Pass: password}, err
		}))), nil
	case "scram-sha-256":
		return append(opts, kgo.SASL(scram.Sha256(s.scram))), nil
	case "scram-sha-512":
		return append(opts, kgo.SASL(scram.Sha512(s.scram))), nil
	}
	return nil, &feed.Error{Kind: feed.Invalid, Got: "the mechanism " + s.Mechanism, Want: "plain, scram-sha-256 or scram-sha-512", Hint: "correct feed.kafka.sasl.mechanism"}
}

func (s Secure) scram(context.Context) (scram.Auth, error) {
	password, err := s.password()
	return scram.Auth{User: s.User, Pass: password}, err
}

// password is the first line of its file.
func (s Secure) password() (string, error) {
	text, err := os.ReadFile(s.PasswordFile)
	if err != nil {
		return "", missing(s.PasswordFile, "the password", err)
	}
	if info, err := os.Stat(s.PasswordFile); err == nil && info.Mode().Perm()&0o077 != 0 {
		return "", &feed.Error{Kind: feed.Invalid, File: s.PasswordFile, Got: "a password that others may read", Want: "mode 0600", Hint: "chmod 600 the file, and change the password if others have seen it"}
	}
	password, _, _ := strings.Cut(string(text), "\n")
	if password = strings.TrimSuffix(password, "\r"); password == "" {
		return "", &feed.Error{Kind: feed.Invalid, File: s.PasswordFile, Got: "nothing in the first line", Want: "the password", Hint: "write it there, or correct feed.kafka.sasl.password_file"}
	}
	return password, nil
}

// encryption reads roots, certificate and key.
func (s Secure) encryption() (*tls.Config, error) {
	config := &tls.Config{MinVersion: tls.VersionTLS12}
	if s.CA != "system" {
		text, err := os.ReadFile(s.CA)
		if err != nil {
			return nil, missing(s.CA, "the roots that are trusted", err)
		}
		if config.RootCAs = x509.NewCertPool(); !config.RootCAs.AppendCertsFromPEM(text) {
			return nil, &feed.Error{Kind: feed.Invalid, File: s.CA, Got: "no certificate", Want: "roots in PEM", Hint: "correct feed.kafka.tls.ca"}
		}
	}
	if s.Cert != "" {
		pair, err := tls.LoadX509KeyPair(s.Cert, s.Key)
		if err != nil {
			return nil, &feed.Error{Kind: feed.Invalid, File: s.Cert, Got: "no certificate and key that belong together", Want: "both in PEM", Hint: "correct feed.kafka.tls", Cause: err}
		}
		config.Certificates = []tls.Certificate{pair}
	}
	return config, nil
}

// dialTimeout is how long a connection may take to be there, encrypted.
const dialTimeout = 10 * time.Second

// dial makes an encrypted connection.
func (s Secure) dial(ctx context.Context, network, address string) (net.Conn, error) {
	config, err := s.encryption()
	if err != nil {
		return nil, err
	}
	return (&tls.Dialer{NetDialer: &net.Dialer{Timeout: dialTimeout}, Config: config}).DialContext(ctx, network, address)
}

func missing(path, what string, err error) error {
	return &feed.Error{Kind: feed.Missing, File: path, Got: "no file that can be read", Want: what, Hint: "correct the path, or its rights", Cause: err}
}

// Reach are the options of a client that reaches the brokers of a topic as Open has done, for other topics that belong to it.
func Reach(opt Options) ([]kgo.Opt, error) {
	secure, err := opt.Secure.options()
	if err != nil {
		return nil, err
	}
	return append(append(secure, opt.Client...), kgo.SeedBrokers(opt.Brokers...), kgo.ClientID("throng"), kgo.RetryBackoffFn(backoff), kgo.AlwaysRetryEOF()), nil
}
