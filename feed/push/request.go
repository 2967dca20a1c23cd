package push

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/binary"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"mime"
	"net/http"
	"time"

	"github.com/klauspost/compress/gzip"
	"github.com/klauspost/compress/zstd"

	"github.com/throng-stats/throng/event"
	"github.com/throng-stats/throng/feed"
	"github.com/throng-stats/throng/feed/journal"
	"github.com/throng-stats/throng/feed/rows"
)

// problem is an answer other than 200. Its words are fixed.
type problem struct {
	status int
	code   string
	text   string
}

// The problems, as docs/format/push.md lists them.
var (
	notSender   = &problem{http.StatusUnauthorized, "token", "show the token of this feed: Authorization: Bearer TOKEN"}
	notThere    = &problem{http.StatusNotFound, "path", "there are POST /v1/events, POST /v1/heartbeat and GET /healthz"}
	notThatWay  = &problem{http.StatusMethodNotAllowed, "method", "there are POST /v1/events, POST /v1/heartbeat and GET /healthz"}
	notType     = &problem{http.StatusUnsupportedMediaType, "type", "Content-Type is application/x-ndjson, text/csv, application/vnd.throng.packed or application/vnd.apache.arrow.stream, as the contract allows"}
	notEncoding = &problem{http.StatusUnsupportedMediaType, "encoding", "Content-Encoding is gzip, zstd or absent"}
	tooLarge    = &problem{http.StatusRequestEntityTooLarge, "size", "the batch is too large; send it in several"}
	notWhole    = &problem{http.StatusBadRequest, "body", "the body ends too early or cannot be unpacked"}
	notKey      = &problem{http.StatusBadRequest, "key", "Idempotency-Key has 1 to 255 printable signs"}
	otherBody   = &problem{http.StatusUnprocessableEntity, "key-used", "the key was used for another batch; use a new one"}
	notHeader   = &problem{http.StatusUnprocessableEntity, "header", "header line or schema do not have exactly the columns of the contract; nothing was taken"}
	noRow       = &problem{http.StatusUnprocessableEntity, "rows", "no row can be read; nothing was taken"}
	ofPeople    = &problem{http.StatusUnprocessableEntity, "identifiers", "the pseudonyms look like numbers of people; nothing was taken, and nothing will be"}
	comeAgain   = &problem{http.StatusTooManyRequests, "busy", "too much waits; send the same again later"}
	notTaking   = &problem{http.StatusServiceUnavailable, "closed", "nothing is taken; the batch may be there all the same: send it again later with its key"}
	ownFault    = &problem{http.StatusInternalServerError, "fault", "a fault of the program"}
)

// taken is the answer to a batch.
type taken struct {
	Batch    string         `json:"batch"`              // names it among all
	Arrival  string         `json:"arrival"`            // its stamp
	Accepted int            `json:"accepted"`           // rows without a reason to reject them
	Rejected int            `json:"rejected"`           // the others
	Reasons  map[string]int `json:"reasons,omitempty"`  // rows by reason; a row may have several. Not of a repeated batch
	Repeated bool           `json:"repeated,omitempty"` // the key was there before: nothing was taken
}

// ServeHTTP answers a request.
func (s *Server) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	w.Header().Set("Cache-Control", "no-store")
	w.Header().Set("X-Content-Type-Options", "nosniff")
	defer func() {
		if recover() != nil { // what it says may be of a row
			s.opt.Note("a request met a fault of the program and was not taken; please report it")
			refuse(w, ownFault)
		}
	}()
	answer, p := s.serve(w, r)
	if p != nil {
		refuse(w, p)
		return
	}
	write(w, http.StatusOK, answer)
}

func refuse(w http.ResponseWriter, p *problem) {
	switch p.status {
	case http.StatusTooManyRequests:
		w.Header().Set("Retry-After", "1")
	case http.StatusUnauthorized:
		w.Header().Set("WWW-Authenticate", "Bearer")
	}
	write(w, p.status, map[string]string{"error": p.code, "text": p.text})
}

func write(w http.ResponseWriter, status int, answer any) {
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(status)
	json.NewEncoder(w).Encode(answer)
}

// serve chooses by path. Paths are compared as they are: a redirect would repeat what was sent.
func (s *Server) serve(w http.ResponseWriter, r *http.Request) (any, *problem) {
	if r.URL.Path == "/healthz" {
		switch {
		case r.Method != http.MethodGet:
			return nil, notThatWay
		case s.hasFailed():
			return nil, notTaking
		}
		return map[string]string{"status": "ok"}, nil
	}
	if r.URL.Path != "/v1/events" && r.URL.Path != "/v1/heartbeat" {
		return nil, notThere
	}
	switch {
	case r.Method != http.MethodPost:
		return nil, notThatWay
	case !s.isSender(r):
		return nil, notSender
	case s.hasFailed():
		return nil, notTaking
	case r.URL.Path == "/v1/heartbeat":
		if err := s.opt.Journal.Beat(r.Context()); err != nil {
			return nil, s.problemOf(err)
		}
		return map[string]string{"status": "ok"}, nil
	}
	if !s.enter(r) {
		return nil, comeAgain
	}
	defer func() { <-s.room }()
	return s.take(w, r)
}

// enter waits for room to read a request. Until then nothing of its body is read, so its sender waits too.
func (s *Server) enter(r *http.Request) bool {
	select {
	case s.room <- struct{}{}:
		return true
	default:
	}
	patience := time.NewTimer(s.opt.Wait)
	defer patience.Stop()
	select {
	case s.room <- struct{}{}:
		return true
	case <-patience.C:
	case <-r.Context().Done():
	}
	return false
}

// take reads a batch and makes it durable.
func (s *Server) take(w http.ResponseWriter, r *http.Request) (any, *problem) {
	format := formatOf(r.Header.Get("Content-Type"))
	decoders := s.formats[format]
	if decoders == nil {
		return nil, notType
	}
	key, p := keyOf(r)
	if p != nil {
		return nil, p
	}
	body, p := s.body(w, r)
	if p != nil {
		return nil, p
	}
	door := s.door.Load()
	b, p := s.decode(decoders, door, body)
	if p != nil {
		return nil, p
	}
	sum := sha256.Sum256(append([]byte(format+" "), body...))
	receipt, err := s.opt.Journal.Append(r.Context(), journal.Rows{Batch: b, Door: door, Key: key, Body: binary.BigEndian.Uint64(sum[:])})
	if err != nil {
		return nil, s.problemOf(err)
	}
	t := taken{Batch: fmt.Sprintf("batch-%d", receipt.Number), Arrival: time.UnixMilli(receipt.Arrival).UTC().Format("2006-01-02T15:04:05.000Z"),
		Accepted: receipt.Rows - receipt.Rejected, Rejected: receipt.Rejected, Repeated: receipt.Repeated}
	if !t.Repeated {
		t.Reasons = reasons(b)
	}
	return t, nil
}

func formatOf(contentType string) string {
	kind, _, err := mime.ParseMediaType(contentType)
	if err != nil {
		return ""
	}
	return map[string]string{"application/x-ndjson": rows.JSON, "text/csv": rows.CSV, "application/vnd.throng.packed": rows.Packed,
		"application/vnd.apache.arrow.stream": rows.Arrow}[kind]
}

// keyOf is a digest of the Idempotency-Key of a request.
func keyOf(r *http.Request) (key journal.Key, p *problem) {
	all := r.Header.Values("Idempotency-Key")
	if len(all) == 0 {
		return key, nil
	}
	if len(all) > 1 || len(all[0]) < 1 || len(all[0]) > 255 {
		return key, notKey
	}
	for _, c := range []byte(all[0]) {
		if c < ' ' || c > '~' {
			return key, notKey
		}
	}
	sum := sha256.Sum256([]byte("throng key of a batch " + all[0]))
	return journal.Key(sum[:16]), nil
}

// body reads and unpacks what was sent.
func (s *Server) body(w http.ResponseWriter, r *http.Request) ([]byte, *problem) {
	var plain io.Reader = http.MaxBytesReader(w, r.Body, s.opt.MaxBody)
	encodings := r.Header.Values("Content-Encoding")
	if len(encodings) > 1 {
		return nil, notEncoding
	}
	switch r.Header.Get("Content-Encoding") {
	case "", "identity":
	case "gzip":
		z, err := gzip.NewReader(plain)
		if err != nil {
			return nil, bodyProblem(err)
		}
		plain = z
	case "zstd":
		z, err := zstd.NewReader(plain, zstd.WithDecoderConcurrency(1), zstd.WithDecoderMaxWindow(8<<20), zstd.WithDecoderMaxMemory(uint64(s.opt.MaxPlain)+1))
		if err != nil {
			return nil, bodyProblem(err)
		}
		defer z.Close()
		plain = z
	default:
		return nil, notEncoding
	}
	var b bytes.Buffer
	if n, err := io.Copy(&b, io.LimitReader(plain, s.opt.MaxPlain+1)); err != nil {
		return nil, bodyProblem(err)
	} else if n > s.opt.MaxPlain {
		return nil, tooLarge
	}
	return b.Bytes(), nil
}

func bodyProblem(err error) *problem {
	var large *http.MaxBytesError
	if errors.As(err, &large) || errors.Is(err, zstd.ErrDecoderSizeExceeded) || errors.Is(err, zstd.ErrWindowSizeExceeded) {
		return tooLarge
	}
	return notWhole
}

// decode puts the rows of a body through the door.
func (s *Server) decode(decoders chan *rows.Decoder, door *feed.Door, body []byte) (*event.Batch, *problem) {
	d := <-decoders
	defer func() { decoders <- d }()
	if d.CheckHeader(body) != nil { // its text names columns that a sender made up
		return nil, notHeader
	}
	n := d.Rows(body)
	if n > journal.MaxRows {
		return nil, tooLarge
	}
	b := new(event.Batch)
	d.Begin(door, b, n)
	err := d.Put(0, n, body, 0)
	if err == nil {
		err = d.Finish(n)
	}
	if err != nil {
		s.fail(err)
		return nil, ofPeople
	}
	for _, bad := range b.Bad {
		if bad&event.Unreadable == 0 {
			return b, nil
		}
	}
	return nil, noRow
}

// problemOf says what an error of the journal means to a sender.
func (s *Server) problemOf(err error) *problem {
	switch {
	case errors.Is(err, journal.ErrBusy), errors.Is(err, journal.ErrFull):
		return comeAgain
	case errors.Is(err, journal.ErrKey):
		return otherBody
	case errors.Is(err, journal.ErrClosed):
		return notTaking
	}
	if !isOver(err) {
		s.fail(err)
	}
	return notTaking
}

// isOver reports whether a sender has gone away.
func isOver(err error) bool {
	return errors.Is(err, context.Canceled) || errors.Is(err, context.DeadlineExceeded)
}

// reasons counts rows by reason.
func reasons(b *event.Batch) map[string]int {
	counts := map[string]int{}
	for _, bad := range b.Bad {
		for bit := 0; bad != 0 && bit < len(event.BadNames); bit++ {
			if bad>>bit&1 == 1 {
				counts[event.BadNames[bit]]++
			}
		}
	}
	return counts
}
