package kafka

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"io"
	"net"
	"strings"
	"time"

	"github.com/twmb/franz-go/pkg/kerr"
	"github.com/twmb/franz-go/pkg/kgo"

	"github.com/throng-stats/throng/feed"
)

// IsAway reports whether an error says no more than that no broker answers, none that is ready, or none that lets us in: brokers that are
// restarted refuse connections, end them, and say that they are not in charge; and a password or a certificate may be changed on one
// side first. At the beginning all of it is an error; once we have been let in it is waited for.
func IsAway(err error) bool {
	var network *net.OpError
	return errors.As(err, &network) || errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) || kerr.IsRetriable(err) || kgo.IsRetryableBrokerErr(err) || refused(err) != nil
}

// refusal is why a broker and we do not come together, without a secret, and what to do.
type refusal struct{ got, hint string }

// refused tells an error of TLS or of who we are; nil is another one.
func refused(err error) *refusal {
	var (
		ofFile   *feed.Error
		protocol *kerr.Error
		root     x509.UnknownAuthorityError
		name     x509.HostnameError
		invalid  x509.CertificateInvalidError
		verify   *tls.CertificateVerificationError
		header   tls.RecordHeaderError
		network  *net.OpError
	)
	switch {
	case err == nil:
		return nil
	case errors.As(err, &ofFile):
		return &refusal{ofFile.Got + " in " + ofFile.File, ofFile.Hint}
	case errors.As(err, &protocol):
		switch protocol {
		case kerr.SaslAuthenticationFailed:
			return &refusal{"a user or password that the broker does not accept", "correct feed.kafka.sasl: user and password_file, or the mechanism with which the broker knows the user"}
		case kerr.UnsupportedSaslMechanism:
			return &refusal{"a broker that does not have this mechanism", "write one that it has into feed.kafka.sasl.mechanism"}
		case kerr.IllegalSaslState:
			return &refusal{"a broker that asks nobody for a password at this address", "correct the port in feed.kafka.brokers, or leave feed.kafka.sasl out"}
		}
	case errors.As(err, &root):
		return &refusal{"a certificate of the broker that no trusted root has signed", "put the broker's root into the file of feed.kafka.tls.ca"}
	case errors.As(err, &name):
		return &refusal{"a certificate of the broker for another name", "write the name of its certificate into feed.kafka.brokers, and into advertised.listeners of the broker"}
	case errors.As(err, &invalid) && invalid.Reason == x509.Expired:
		return &refusal{"a certificate of the broker that has expired, or is not valid yet", "renew it, or set the clock of this machine right"}
	case errors.As(err, &verify):
		return &refusal{"a certificate of the broker that does not hold", "correct it, or feed.kafka.tls.ca"}
	case errors.As(err, &header):
		return &refusal{"an answer without TLS", "correct the port in feed.kafka.brokers, or leave feed.kafka.tls out"}
	case errors.As(err, &network) && network.Op == "remote error": // an alert of TLS, one of a fixed list
		return &refusal{"a broker that ends TLS: " + strings.TrimPrefix(network.Err.Error(), "tls: "), "give a certificate that it accepts in feed.kafka.tls.cert and key"}
	case strings.Contains(err.Error(), "tls alert"): // the client has no type for it
		return &refusal{"a broker that wants TLS at this address", "add feed.kafka.tls.ca, or correct the port in feed.kafka.brokers"}
	}
	return nil
}

// Persist does something again and again while brokers are away, until it is done, fails otherwise, or ctx ends.
func Persist(ctx context.Context, do func() error) error {
	for failures := 1; ; failures++ {
		err := do()
		if err == nil || !IsAway(err) {
			return err
		}
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-time.After(backoff(failures)):
		}
	}
}
