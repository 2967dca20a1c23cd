package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptrace"
	"os"
	"path/filepath"
	"strconv"
	"sync"
	"sync/atomic"
	"time"
)

// token is what the sender shows.
const token = "of-an-invented-sender-of-an-invented-feed"

// senders is how many requests are on their way at the same time.
const senders = 3

// rest is how long it sends nothing after a slot.
const rest = 8 * time.Millisecond

// sender sends what is scheduled, slot by slot, each request until it is acknowledged, wherever the process that takes in listens now.
type sender struct {
	*trial
	plan    []slot
	spoilts []spoilt
	client  *http.Client

	turn  sync.Mutex             // held while a slot is sent
	limit atomic.Int64           // slots that may be sent
	at    atomic.Int64           // slots that were
	trap  atomic.Pointer[func()] // called when the next request has been written
	ended atomic.Pointer[error]  // why it sends no more
	mu    sync.Mutex
	acks  map[string]ack    // by the key of the batch
	names map[string]string // key, by the name that the batch was given
	last  string            // key that was acknowledged last
}

// ack is an answer that says that a batch is durable.
type ack struct {
	Batch    string
	Arrival  string
	Accepted int
	Rejected int
	Repeated bool
}

// refusal is an answer of another kind.
type refusal struct {
	Code string `json:"error"`
	Text string
}

// errAgain says that nothing was heard that says whether a request was taken.
var errAgain = errors.New("send it again")

func newSender(t *trial, plan []slot) *sender {
	return &sender{trial: t, plan: plan, spoilts: t.world.spoilts(), client: &http.Client{Transport: &http.Transport{MaxIdleConnsPerHost: senders}}, acks: map[string]ack{}, names: map[string]string{}}
}

// setClock says what time it is.
func (s *sender) setClock(ms int64) error {
	return appear(filepath.Join(s.dir, clockFile), strconv.FormatInt(ms, 10))
}

// run sends all slots, no further than is allowed.
func (s *sender) run(ctx context.Context) {
	err := func() error {
		for at := range s.plan {
			for int64(at) >= s.limit.Load() {
				if err := sleep(ctx, time.Millisecond); err != nil {
					return err
				}
			}
			if err := s.send(ctx, at); err != nil {
				return err
			}
			s.at.Add(1)
			if err := sleep(ctx, rest); err != nil {
				return err
			}
		}
		return nil
	}()
	s.ended.Store(&err)
}

func sleep(ctx context.Context, d time.Duration) error {
	select {
	case <-ctx.Done():
		return ctx.Err()
	case <-time.After(d):
		return nil
	}
}

// left is how many slots are to come.
func (s *sender) left() int { return len(s.plan) - int(s.limit.Load()) }

// allow lets the next n slots be sent.
func (s *sender) allow(n int) { s.limit.Add(int64(min(n, s.left()))) }

// reach waits until all that is allowed was acknowledged, by a process that is well.
func (s *sender) reach(ctx context.Context, isWell func() error) error {
	for begun := time.Now(); s.at.Load() < s.limit.Load(); {
		if err := s.ended.Load(); err != nil {
			return *err
		}
		if err := errors.Join(sleep(ctx, time.Millisecond), isWell()); err != nil {
			return err
		}
		if time.Since(begun) > patience {
			return fmt.Errorf("a slot was not acknowledged in %s", patience)
		}
	}
	return nil
}

// send sends a slot at its time: batches side by side, then those that come again, and what is malformed between; in silence a heartbeat.
func (s *sender) send(ctx context.Context, at int) error {
	s.turn.Lock()
	defer s.turn.Unlock()
	now := s.plan[at]
	if err := s.setClock(now.clock); err != nil || at == len(s.plan)-1 { // the last time is the end: the process beats by itself, and goes
		return err
	}
	work := make(chan func() error)
	failed := make(chan error, senders)
	var group sync.WaitGroup
	for range senders {
		group.Go(func() {
			for do := range work {
				if err := do(); err != nil {
					failed <- err
					for range work { // nothing more
					}
				}
			}
		})
	}
	for _, r := range now.requests {
		work <- func() error { return s.acknowledge(ctx, r) }
	}
	for _, r := range now.again {
		work <- func() error { return s.acknowledge(ctx, r) }
	}
	for _, n := range now.bad {
		work <- func() error { return s.spoil(ctx, n) }
	}
	if len(now.requests) == 0 {
		work <- func() error { return s.beat(ctx) }
	}
	close(work)
	group.Wait()
	select {
	case err := <-failed:
		return err
	default:
		return nil
	}
}

// again does something until its error is another than errAgain.
func again(ctx context.Context, do func() error) error {
	for {
		err := do()
		if !errors.Is(err, errAgain) {
			return err
		}
		if err := sleep(ctx, 5*time.Millisecond); err != nil {
			return err
		}
	}
}

// acknowledge sends a batch until it is acknowledged, and wants the same answer each time.
func (s *sender) acknowledge(ctx context.Context, r *request) error {
	hangsUp, patience := r.hangsUp, r.patience
	return again(ctx, func() error {
		got, err := s.offer(ctx, r, hangsUp, patience)
		if hangsUp, patience = 0, 10*time.Second; err != nil {
			return err
		}
		if err := s.note(r, got); err != nil {
			return err
		}
		if r.isDropped {
			r.isDropped = false
			s.count(answerLost)
			return errAgain
		}
		return nil
	})
}

// note compares an answer with what was answered to the same batch before.
func (s *sender) note(r *request, got ack) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if got.Accepted+got.Rejected != r.rows {
		return fmt.Errorf("%s has %d rows, and %+v was answered", r.key, r.rows, got)
	}
	before, isKnown := s.acks[r.key]
	if !isKnown {
		if got.Repeated {
			s.count(takenBefore)
		}
		if other := s.names[got.Batch]; other != "" {
			return fmt.Errorf("%s and %s were both named %s", other, r.key, got.Batch)
		}
		s.acks[r.key], s.names[got.Batch], s.last = got, r.key, r.key
		return nil
	}
	if !got.Repeated {
		return fmt.Errorf("%s was acknowledged as %+v, and was taken again as %+v", r.key, before, got)
	}
	before.Repeated = true
	if got != before {
		return fmt.Errorf("%s was acknowledged as %+v, and then as %+v", r.key, before, got)
	}
	return nil
}

// offer sends a batch once.
func (s *sender) offer(ctx context.Context, r *request, hangsUp, patience time.Duration) (got ack, err error) {
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	if hangsUp > 0 {
		s.count(hungUp)
		ctx = httptrace.WithClientTrace(ctx, &httptrace.ClientTrace{WroteRequest: func(httptrace.WroteRequestInfo) { time.AfterFunc(hangsUp, cancel) }})
	}
	q, err := s.post(ctx, "/v1/events", r.body)
	if err != nil {
		return got, err
	}
	q.Header.Set("Content-Type", r.kind)
	q.Header.Set("Idempotency-Key", r.key)
	if r.packing != "" {
		q.Header.Set("Content-Encoding", r.packing)
	}
	return got, s.exchange(q, &got)
}

// beat sends a heartbeat until it is taken.
func (s *sender) beat(ctx context.Context) error {
	return again(ctx, func() error {
		ctx, cancel := context.WithTimeout(ctx, 10*time.Second)
		defer cancel()
		q, err := s.post(ctx, "/v1/heartbeat", nil)
		if err != nil {
			return err
		}
		return s.exchange(q, &struct{}{})
	})
}

// post makes a request to where the process listens now.
func (s *sender) post(ctx context.Context, path string, body []byte) (*http.Request, error) {
	address, err := os.ReadFile(filepath.Join(s.dir, addressFile))
	if err != nil {
		return nil, errAgain // it has not begun to listen
	}
	q, err := http.NewRequestWithContext(ctx, http.MethodPost, "http://"+string(address)+path, bytes.NewReader(body))
	if err != nil {
		return nil, err
	}
	q.Header.Set("Authorization", "Bearer "+token)
	return q, nil
}

// exchange sends a request and reads the answer into got. It is errAgain when there was none, or one that says to come again.
func (s *sender) exchange(q *http.Request, got any) error {
	if trap := s.trap.Swap(nil); trap != nil {
		q = q.WithContext(httptrace.WithClientTrace(q.Context(), &httptrace.ClientTrace{WroteRequest: func(httptrace.WroteRequestInfo) { (*trap)() }}))
	}
	answer, err := s.client.Do(q)
	if err != nil {
		return errAgain
	}
	defer answer.Body.Close()
	switch answer.StatusCode {
	case http.StatusOK:
		if json.NewDecoder(answer.Body).Decode(got) != nil {
			return errAgain // the answer was cut
		}
		return nil
	case http.StatusTooManyRequests:
		s.count(busy)
		wait, err := strconv.Atoi(answer.Header.Get("Retry-After"))
		if err != nil {
			return fmt.Errorf("a busy process does not say when to come again: %w", err)
		}
		_ = sleep(q.Context(), time.Duration(wait)*time.Second)
		return errAgain
	case http.StatusServiceUnavailable:
		return errAgain
	}
	var why refusal
	_ = json.NewDecoder(answer.Body).Decode(&why)
	return fmt.Errorf("a good request was answered with %d %s: %s", answer.StatusCode, why.Code, why.Text)
}
