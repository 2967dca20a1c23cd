package kafka

import (
	"context"
	"errors"
	"io"
	"net"
	"time"

	"github.com/twmb/franz-go/pkg/kerr"
	"github.com/twmb/franz-go/pkg/kgo"
)

// IsAway reports whether an error says no more than that no broker answers, or none that is ready: brokers that are restarted refuse
// connections, end them, and say that they are not in charge.
func IsAway(err error) bool {
	var network *net.OpError
	return errors.As(err, &network) || errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) || kerr.IsRetriable(err) || kgo.IsRetryableBrokerErr(err)
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
