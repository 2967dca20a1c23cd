package kafkatest

import (
	"context"
	"io"
	"net"
	"os"
	"sync"
	"sync/atomic"
	"syscall"

	"github.com/twmb/franz-go/pkg/kgo"
)

// Gate is the network between a client and its brokers, for tests of brokers that are away. It is open at first.
type Gate struct {
	lock    sync.Mutex
	how     Away
	open    map[net.Conn]bool
	turned  int
	changed chan struct{}
}

// Away says what connections meet.
type Away int

const (
	Here    Away = iota // brokers that answer
	Refused             // no listener, as on a machine whose broker was killed
	Ended               // connections that end after the first answer, as of a broker that comes or goes
	Silent              // connections on which nobody answers, as of a machine that hangs
)

// NewGate returns a network, open.
func NewGate() *Gate { return &Gate{open: map[net.Conn]bool{}, changed: make(chan struct{})} }

// Option makes a client go through it.
func (g *Gate) Option() kgo.Opt { return kgo.Dialer(g.dial) }

// Set says what connections meet from now on. Those that are there end.
func (g *Gate) Set(how Away) {
	g.lock.Lock()
	defer g.lock.Unlock()
	g.how, g.turned = how, 0
	for c := range g.open {
		c.Close()
	}
	clear(g.open)
}

// AwaitTurned waits until so many connections were turned away since Set.
func (g *Gate) AwaitTurned(ctx context.Context, n int) error {
	for {
		g.lock.Lock()
		turned, changed := g.turned, g.changed
		g.lock.Unlock()
		if turned >= n {
			return nil
		}
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-changed:
		}
	}
}

func (g *Gate) dial(ctx context.Context, network, address string) (net.Conn, error) {
	g.lock.Lock()
	defer g.lock.Unlock()
	if g.how != Here {
		g.turned++
		close(g.changed)
		g.changed = make(chan struct{})
	}
	if g.how == Refused {
		return nil, &net.OpError{Op: "dial", Net: network, Err: os.NewSyscallError("connect", syscall.ECONNREFUSED)}
	}
	if g.how == Silent {
		c, other := net.Pipe()
		go io.Copy(io.Discard, other)
		g.open[c] = true
		return c, nil
	}
	c, err := (&net.Dialer{}).DialContext(ctx, network, address)
	if err == nil {
		g.open[c] = true
	}
	if err == nil && g.how == Ended {
		c = &ending{Conn: c}
	}
	return c, err
}

// ending is a connection that ends when it is asked for more than versions.
type ending struct {
	net.Conn
	asked int
	ended atomic.Bool
}

func (e *ending) Write(request []byte) (int, error) {
	if e.asked++; e.asked == 1 {
		return e.Conn.Write(request)
	}
	e.ended.Store(true)
	e.Close()
	return len(request), nil
}

func (e *ending) Read(answer []byte) (int, error) {
	n, err := e.Conn.Read(answer)
	if e.ended.Load() {
		return 0, io.EOF
	}
	return n, err
}
