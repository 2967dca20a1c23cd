package push

import (
	"context"
	"crypto/tls"
	"errors"
	"net"

	"github.com/throng-stats/throng/feed"
	"github.com/throng-stats/throng/feed/journal"
)

// Log is a server and the journal that it fills, as one feed.Log. When the server can take nothing any more, readers end
// with its error, behind what is durable.
type Log struct {
	*journal.Journal
	server *Server
	addr   net.Addr
	cancel context.CancelFunc
	ended  chan error
}

// Listen opens an address, such as 127.0.0.1:8081, and serves there through a door: see Server.Through. A nil config serves
// without encryption. The journal belongs to the log from then on.
func Listen(opt Options, address string, encryption *tls.Config, door *feed.Door) (*Log, error) {
	s, err := New(opt)
	if err != nil {
		return nil, err
	}
	s.Through(door)
	l, err := net.Listen("tcp", address)
	if err != nil {
		return nil, &feed.Error{Kind: feed.Invalid, Got: "the address " + address + " that cannot be listened at", Want: "one of this machine that is free", Hint: "correct feed.push.listen", Cause: err}
	}
	ctx, cancel := context.WithCancel(context.Background())
	log := &Log{Journal: opt.Journal, server: s, addr: l.Addr(), cancel: cancel, ended: make(chan error, 1)}
	go func() {
		err := s.Serve(ctx, l, encryption)
		if err != nil {
			opt.Journal.Stop(err)
		}
		log.ended <- err
	}()
	return log, nil
}

// Addr is where it listens.
func (l *Log) Addr() net.Addr { return l.addr }

// Through sets the door for the batches to come: see Server.Through.
func (l *Log) Through(d *feed.Door) { l.server.Through(d) }

// Close finishes the requests that have begun, and ends all readers.
func (l *Log) Close() error {
	l.cancel()
	served := <-l.ended
	l.ended <- served
	if err := l.Journal.Close(); err != nil && !errors.Is(served, err) {
		return errors.Join(served, err)
	}
	return served
}
