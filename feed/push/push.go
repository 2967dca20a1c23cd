// Package push takes rows in by HTTP.
//
//	POST /v1/events     a batch of rows: NDJSON, CSV with a header line, packed, or an Arrow stream
//	POST /v1/heartbeat  the clock of the log goes on, although nothing came
//	GET  /healthz       whether anything is taken
//
// An answer 200 to a batch means that it is durable in the journal. Answers hold counts, names of reasons and fixed words,
// never anything of what was sent; nothing is logged of a request.
package push

import (
	"context"
	"crypto/sha256"
	"crypto/tls"
	"errors"
	"io"
	"log"
	"net"
	"net/http"
	"sync"
	"sync/atomic"
	"time"

	"github.com/throng-stats/throng/feed"
	"github.com/throng-stats/throng/feed/journal"
	"github.com/throng-stats/throng/feed/rows"
	"github.com/throng-stats/throng/locate"
)

// Options say what is taken in.
type Options struct {
	// Journal keeps it. Required.
	Journal *journal.Journal
	// Feed are the options of the feed: one of events. Required.
	Feed feed.Options
	// Ground knows the places. Required.
	Ground *locate.Ground
	// Token is what senders show: Authorization: Bearer TOKEN. See ReadToken. Required.
	Token []byte
	// Formats are what bodies may be, formats of package rows. Default: JSON, CSV, packed and Arrow.
	Formats []string
	// MaxBody is how many bytes a request may have as it comes. Default: 16 MiB.
	MaxBody int64
	// MaxPlain is how many bytes it may have when it is unpacked. Default: 64 MiB.
	MaxPlain int64
	// AtOnce is how many requests are read at the same time; others wait without being read. Default: 8.
	AtOnce int
	// Wait is how long a request waits for that before it is told to come again. Default: 5 seconds.
	Wait time.Duration
	// Note takes a sentence for the holder, with nothing of a row. Default: none.
	Note func(text string)
}

// Server takes batches in.
type Server struct {
	opt     Options
	token   [sha256.Size]byte
	door    atomic.Pointer[feed.Door]
	room    chan struct{}                 // one for each request that may be read
	formats map[string]chan *rows.Decoder // as many as may be used at the same time: each looks at its pseudonyms for long enough

	mu     sync.Mutex
	err    error         // why nothing is taken any more
	failed chan struct{} // closed with it
}

// New checks that bodies can fit the contract. Call Through before the first request. The errors are of type *feed.Error.
func New(opt Options) (*Server, error) {
	if opt.MaxBody == 0 {
		opt.MaxBody = 16 << 20
	}
	if opt.MaxPlain == 0 {
		opt.MaxPlain = 64 << 20
	}
	if opt.AtOnce == 0 {
		opt.AtOnce = 8
	}
	if opt.Wait == 0 {
		opt.Wait = 5 * time.Second
	}
	if opt.Note == nil {
		opt.Note = func(string) {}
	}
	if len(opt.Formats) == 0 {
		opt.Formats = []string{rows.JSON, rows.CSV, rows.Packed, rows.Arrow}
	}
	if opt.Feed.Kind != feed.Events {
		return nil, &feed.Error{Kind: feed.Invalid, Got: "a feed of " + opt.Feed.Kind, Want: "events: nothing else is live", Hint: "deliver it in files"}
	}
	if len(opt.Token) < leastToken {
		return nil, errToken("")
	}
	opt.Feed.Stamped = true
	s := &Server{opt: opt, token: sha256.Sum256(opt.Token), room: make(chan struct{}, opt.AtOnce), formats: map[string]chan *rows.Decoder{}, failed: make(chan struct{})}
	for _, format := range opt.Formats {
		d, err := rows.New(opt.Feed, rows.Options{Format: format, Note: opt.Note}, opt.Ground)
		if err != nil {
			return nil, err
		}
		s.formats[format] = make(chan *rows.Decoder, opt.AtOnce)
		for range opt.AtOnce {
			s.formats[format] <- d.Clone()
		}
	}
	return s, nil
}

// Through sets the door for the batches to come. It must know the days of rows before they come: the day before, this
// one, and the next one well before midnight. The door is prepared for the journal.
func (s *Server) Through(d *feed.Door) {
	s.opt.Journal.Spread(d)
	s.door.Store(d)
}

// Serve answers at a listener until the context ends, and then finishes what has begun. A nil config serves without
// encryption. It returns the error after which nothing is taken any more: the journal failed, or pseudonyms are numbers of
// people.
func (s *Server) Serve(ctx context.Context, l net.Listener, encryption *tls.Config) error {
	if encryption != nil {
		l = tls.NewListener(l, encryption)
	}
	h := &http.Server{Handler: s, ReadHeaderTimeout: 10 * time.Second, ReadTimeout: time.Minute, WriteTimeout: 2 * time.Minute, IdleTimeout: 2 * time.Minute,
		MaxHeaderBytes: 16 << 10, ErrorLog: log.New(io.Discard, "", 0)}
	ended := make(chan error, 1)
	go func() { ended <- h.Serve(l) }()
	select {
	case err := <-ended:
		return err
	case <-ctx.Done():
	case <-s.failed:
	}
	patience, cancel := context.WithTimeout(context.WithoutCancel(ctx), 10*time.Second)
	defer cancel()
	err := h.Shutdown(patience)
	if err != nil {
		err = h.Close()
	}
	if served := <-ended; err == nil && !errors.Is(served, http.ErrServerClosed) {
		err = served
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	return errors.Join(s.err, err)
}

// fail ends the taking.
func (s *Server) fail(err error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.err == nil {
		s.err = err
		close(s.failed)
	}
}

func (s *Server) hasFailed() bool {
	select {
	case <-s.failed:
		return true
	default:
		return false
	}
}
