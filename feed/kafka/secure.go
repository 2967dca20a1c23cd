package kafka

import (
	"crypto/tls"
	"crypto/x509"
	"os"
	"strings"

	"github.com/twmb/franz-go/pkg/kgo"
	"github.com/twmb/franz-go/pkg/sasl/plain"
	"github.com/twmb/franz-go/pkg/sasl/scram"

	"github.com/throng-stats/throng/feed"
)

// Secure says how connections are encrypted and who we are. All secrets are files.
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

// options opens the files. Errors name them and tell nothing of what is in them.
func (s Secure) options() (opts []kgo.Opt, err error) {
	if s.CA != "" {
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
		opts = append(opts, kgo.DialTLSConfig(config))
	}
	if s.Mechanism == "" {
		return opts, nil
	}
	text, err := os.ReadFile(s.PasswordFile)
	if err != nil {
		return nil, missing(s.PasswordFile, "the password", err)
	}
	password, _, _ := strings.Cut(string(text), "\n")
	password = strings.TrimSuffix(password, "\r")
	switch s.Mechanism {
	case "plain":
		return append(opts, kgo.SASL(plain.Auth{User: s.User, Pass: password}.AsMechanism())), nil
	case "scram-sha-256":
		return append(opts, kgo.SASL(scram.Auth{User: s.User, Pass: password}.AsSha256Mechanism())), nil
	case "scram-sha-512":
		return append(opts, kgo.SASL(scram.Auth{User: s.User, Pass: password}.AsSha512Mechanism())), nil
	}
	return nil, &feed.Error{Kind: feed.Invalid, Got: "the mechanism " + s.Mechanism, Want: "plain, scram-sha-256 or scram-sha-512", Hint: "correct feed.kafka.sasl.mechanism"}
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
