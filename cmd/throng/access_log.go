package main

import (
	"bufio"
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/throng-stats/throng/driver"
	"github.com/throng-stats/throng/serve/api"
)

// auditLog is a file to which lines are appended, each with the digest of the one before. It is durable before Record
// returns.
type auditLog struct {
	mu    sync.Mutex
	file  durable
	state chain
	fault error // of the first entry that could not be kept: the log takes no further ones
}

// durable is a file as the log needs it.
type durable interface {
	io.WriteCloser
	Sync() error
}

// chain is what a log holds so far.
type chain struct {
	seq    uint64
	head   string // digest of the last line; zeros before the first
	months map[string]int
	bytes  int64 // of whole lines
}

// link is one line of the log without its digest, which is the last member of the line: the SHA-256 of this object.
type link struct {
	Seq uint64 `json:"seq"` // from 1
	api.Entry
	Before string `json:"before"` // digest of the line before
}

// openAudit opens or begins a log and verifies it whole. The end of a line that a crash has cut off is removed: its
// question was not answered.
func openAudit(path string) (*auditLog, error) {
	f, err := os.OpenFile(path, os.O_RDWR|os.O_CREATE|os.O_APPEND, 0o600)
	if err != nil {
		return nil, &driver.Error{Kind: driver.Invalid, Text: fmt.Sprintf("audit log: %v", err)}
	}
	log, err := beginAudit(f)
	if err != nil {
		f.Close()
		return nil, &driver.Error{Kind: driver.Unsafe, Text: fmt.Sprintf("audit log %s: %v", path, err)}
	}
	return log, nil
}

func beginAudit(f *os.File) (*auditLog, error) {
	if err := lockFile(f); err != nil {
		return nil, fmt.Errorf("another server writes to it (%w); give each server a log of its own", err)
	}
	state, err := readAudit(f)
	if err != nil {
		return nil, err
	}
	if err := f.Truncate(state.bytes); err != nil {
		return nil, err
	}
	dir, err := os.Open(filepath.Dir(f.Name()))
	if err != nil {
		return nil, err
	}
	defer dir.Close()
	if err := errors.Join(f.Sync(), dir.Sync()); err != nil {
		return nil, err
	}
	return &auditLog{file: f, state: state}, nil
}

// readAudit verifies a log from its first line. Text after the last end of a line is not counted.
func readAudit(r io.Reader) (chain, error) {
	c := chain{head: strings.Repeat("0", 2*sha256.Size), months: map[string]int{}}
	in := bufio.NewReader(r)
	for {
		line, err := in.ReadBytes('\n')
		if err == io.EOF {
			return c, nil
		}
		if err != nil {
			return c, err
		}
		l, hash, err := readLink(line[:len(line)-1])
		if err == nil && (l.Before != c.head || l.Seq != c.seq+1) {
			err = errors.New("it does not follow from the line before")
		}
		if err != nil {
			return c, fmt.Errorf("line %d: %w; keep the file as it is, find out who changed it, and begin another", c.seq+1, err)
		}
		c.add(l, hash, len(line))
	}
}

func (c *chain) add(l link, hash string, bytes int) {
	c.seq, c.head, c.bytes = l.Seq, hash, c.bytes+int64(bytes)
	c.months[monthOf(l.Time)]++
}

func monthOf(at time.Time) string { return at.UTC().Format("2006-01") }

// readLink reads one line and checks its digest.
func readLink(line []byte) (l link, hash string, err error) {
	const member = `,"hash":"`
	size := len(member) + 2*sha256.Size + len(`"}`)
	if len(line) <= size {
		return l, "", errors.New("it is no entry")
	}
	body := append(bytes.Clone(line[:len(line)-size]), '}')
	if err := json.Unmarshal(body, &l); err != nil {
		return l, "", errors.New("it is no entry")
	}
	again, hash, err := writeLink(l)
	if err == nil && !bytes.Equal(again, line) {
		err = errors.New("its content is not what its hash was made of")
	}
	return l, hash, err
}

// writeLink writes one line, without the end of the line.
func writeLink(l link) (line []byte, hash string, err error) {
	body, err := json.Marshal(l)
	if err != nil {
		return nil, "", err
	}
	sum := sha256.Sum256(body)
	hash = hex.EncodeToString(sum[:])
	return append(body[:len(body)-1], `,"hash":"`+hash+`"}`...), hash, nil
}

// Record implements api.Access.
func (a *auditLog) Record(e api.Entry) error {
	a.mu.Lock()
	defer a.mu.Unlock()
	if a.fault != nil {
		return fmt.Errorf("an entry could not be kept before: %w; start the server again", a.fault)
	}
	l := link{a.state.seq + 1, e, a.state.head}
	line, hash, err := writeLink(l)
	if err != nil {
		return err
	}
	line = append(line, '\n')
	if _, err = a.file.Write(line); err == nil {
		err = a.file.Sync()
	}
	if err != nil {
		a.fault = err
		return err
	}
	a.state.add(l, hash, len(line))
	return nil
}

// Months implements api.Access.
func (a *auditLog) Months() ([]api.Month, error) {
	a.mu.Lock()
	defer a.mu.Unlock()
	var months []api.Month
	for name, n := range a.state.months {
		months = append(months, api.Month{Month: name, Small: n})
	}
	slices.SortFunc(months, func(a, b api.Month) int { return strings.Compare(a.Month, b.Month) })
	return months, nil
}

// Close closes the file, and with it the lock.
func (a *auditLog) Close() error { return a.file.Close() }
