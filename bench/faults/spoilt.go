package main

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"time"
)

// spoilt is one kind of malformed request and its answer (docs/format/push.md). Those that were good but for one thing hold a row that would be
// counted.
type spoilt struct {
	path, kind, packing, key, token, body string
	status                                int
	code                                  string
}

// usedKey stands for the key that was acknowledged last.
const usedKey = "used"

// spoilts are twenty kinds. Sixty, and what is said of them, stand in the tests of feed/push.
func (w *world) spoilts() []spoilt {
	const js, csv, arrow = "application/x-ndjson", "text/csv", "application/vnd.apache.arrow.stream"
	one := w.told[0].Rows[:1]
	row, table := string(w.ndjson(one)), string(w.csv(one))
	stream, _ := w.arrow(one)
	zip, _ := packed("gzip", []byte(row))
	zst, _ := packed("zstd", []byte(strings.Repeat(row, 50)))
	return []spoilt{
		{token: "another token that is long enough to be one", kind: js, body: row, status: 401, code: "token"},
		{path: "/v1/event", kind: js, body: row, status: 404, code: "path"},
		{kind: "application/json", body: row, status: 415, code: "type"},
		{kind: "", body: row, status: 415, code: "type"},
		{kind: js, packing: "br", body: row, status: 415, code: "encoding"},
		{kind: js, packing: "gzip", body: row, status: 400, code: "body"},
		{kind: js, packing: "gzip", body: string(zip[:len(zip)-6]), status: 400, code: "body"},
		{kind: js, packing: "zstd", body: row, status: 400, code: "body"},
		{kind: js, packing: "zstd", body: string(zst[:len(zst)-4]), status: 400, code: "body"},
		{kind: js, key: strings.Repeat("long", 64), body: row, status: 400, code: "key"},
		{kind: js, key: "umläut", body: row, status: 400, code: "key"},
		{kind: csv, body: "user_id,timestamp\n1,1\n", status: 422, code: "header"},
		{kind: csv, body: strings.Replace(table, "machine", "engine", 1), status: 422, code: "header"},
		{kind: csv, body: row, status: 422, code: "header"},
		{kind: js, body: row[:len(row)/2], status: 422, code: "rows"},
		{kind: js, body: table, status: 422, code: "rows"},
		{kind: js, body: "", status: 422, code: "rows"},
		{kind: arrow, body: string(stream[:len(stream)-8]), status: 422, code: "rows"},
		{kind: arrow, body: row, status: 422, code: "rows"},
		{kind: js, key: usedKey, body: row + row, status: 422, code: "key-used"},
	}
}

// spoil sends a malformed request, or one that is cut, and wants it to be refused for what is wrong with it. Nobody sends it again.
func (s *sender) spoil(ctx context.Context, n int) error {
	if n%8 == 0 {
		return s.cut()
	}
	c := s.spoilts[n/8%len(s.spoilts)]
	if c.key == usedKey {
		s.mu.Lock()
		c.key = s.last
		s.mu.Unlock()
		if c.key == "" {
			return nil
		}
	}
	ctx, cancel := context.WithTimeout(ctx, time.Second)
	defer cancel()
	path := c.path
	if path == "" {
		path = "/v1/events"
	}
	q, err := s.post(ctx, path, []byte(c.body))
	if err != nil {
		return nil
	}
	for key, value := range map[string]string{"Content-Type": c.kind, "Content-Encoding": c.packing, "Idempotency-Key": c.key} {
		if value != "" {
			q.Header.Set(key, value)
		}
	}
	if c.token != "" {
		q.Header.Set("Authorization", "Bearer "+c.token)
	}
	answer, err := s.client.Do(q)
	if err != nil {
		return nil
	}
	defer answer.Body.Close()
	var why refusal
	switch answer.StatusCode {
	case http.StatusTooManyRequests, http.StatusServiceUnavailable:
		return nil
	case c.status:
		if json.NewDecoder(answer.Body).Decode(&why) != nil || why.Code == c.code {
			s.count(malformed)
			return nil
		}
	}
	return fmt.Errorf("a malformed request was answered with %d %s, want %d %s", answer.StatusCode, why.Code, c.status, c.code)
}

// cut sends a request whose body ends before its length.
func (s *sender) cut() error {
	c, err := s.dial()
	if err != nil {
		return nil
	}
	defer c.Close()
	_ = c.SetDeadline(time.Now().Add(time.Second))
	fmt.Fprint(c, beginning(4000), string(s.world.ndjson(s.world.told[0].Rows[:1])))
	_ = c.(*net.TCPConn).CloseWrite()
	answer, _ := io.ReadAll(c)
	if strings.HasPrefix(string(answer), "HTTP/1.1 200") {
		return fmt.Errorf("a request that was cut was taken: %s", answer)
	}
	if strings.HasPrefix(string(answer), "HTTP/1.1 400") {
		s.count(malformed)
	}
	return nil
}

// beginning is all of a request that stands before its body.
func beginning(length int) string {
	return fmt.Sprintf("POST /v1/events HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer %s\r\nContent-Type: application/x-ndjson\r\nContent-Length: %d\r\n\r\n", token, length)
}

func (s *sender) dial() (net.Conn, error) {
	address, err := os.ReadFile(filepath.Join(s.dir, addressFile))
	if err != nil {
		return nil, err
	}
	return net.DialTimeout("tcp", string(address), time.Second)
}
