package api

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"io"
	"net/http"
	"strconv"
	"strings"
	"sync"

	"github.com/klauspost/compress/gzip"
)

const (
	vary = "Accept, Accept-Encoding"

	cacheList      = "no-cache"                    // may change: ask again with the ETag
	cacheImmutable = "max-age=31536000, immutable" // never changes under its address

	cacheToken = "private, no-cache" // of a request with a token: no cache on the way keeps it

	minGzip = 1024 // bytes; below, a packed answer is not smaller
)

// answer is what a route wants to be sent: bytes, or a stream with a tag of its own.
type answer struct {
	mediaType string
	cache     string   // of cacheList, cacheImmutable; "" for cacheList
	releases  []string // ids of the releases that were used
	fileName  string   // when the answer is to be saved
	body      []byte
	stream    func(io.Writer) error
	tag       string                    // of a stream: names its content; of a body it is computed
	events    func(http.ResponseWriter) // writes the answer itself, and never ends it
}

// jsonAnswer encodes a value whose order of members is fixed.
func jsonAnswer(v any) (answer, error) {
	var b bytes.Buffer
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	if err := e.Encode(v); err != nil {
		return answer{}, err
	}
	return answer{mediaType: "application/json", body: b.Bytes()}, nil
}

// tagOf names content by its digest.
func tagOf(parts ...string) string {
	h := sha256.New()
	for _, p := range parts {
		io.WriteString(h, strconv.Itoa(len(p)))
		io.WriteString(h, ":")
		io.WriteString(h, p)
	}
	return hex.EncodeToString(h.Sum(nil)[:16])
}

// packers are used again: each holds some 100 kB of tables.
var packers = sync.Pool{New: func() any { w, _ := gzip.NewWriterLevel(nil, 5); return w }}

// send writes an answer: 304 when the client has it, packed when the client can unpack it. A stream that breaks ends the
// connection, so that half an answer is never taken for a whole one.
func (s *server) send(w http.ResponseWriter, r *http.Request, a answer) {
	if a.events != nil {
		a.events(w)
		return
	}
	packed := acceptsGzip(r.Header.Get("Accept-Encoding")) && (a.stream != nil || len(a.body) >= minGzip)
	tag := a.tag
	if a.stream == nil {
		tag = tagOf(string(a.body))
	}
	if packed {
		tag += "-gzip"
	}
	tag = `"` + tag + `"`
	setHeaders(w.Header(), a, tag, packed)
	if r.Header.Get("Authorization") != "" {
		w.Header().Set("Cache-Control", cacheToken)
	}
	if r.Method != http.MethodPost && hasTag(r.Header.Get("If-None-Match"), tag) {
		w.Header().Del("Content-Type")
		w.WriteHeader(http.StatusNotModified)
		return
	}
	if r.Method == http.MethodHead {
		return
	}
	out := io.Writer(w)
	if packed {
		z := packers.Get().(*gzip.Writer)
		z.Reset(w)
		defer func() { z.Close(); packers.Put(z) }()
		out = z
	}
	if a.stream == nil {
		out.Write(a.body)
		return
	}
	if err := a.stream(out); err != nil {
		s.opt.Log("api: stream broke", "request", w.Header().Get("X-Request-Id"), "error", err.Error())
		panic(http.ErrAbortHandler)
	}
}

func setHeaders(h http.Header, a answer, tag string, packed bool) {
	h.Set("Content-Type", a.mediaType)
	h.Set("ETag", tag)
	h.Set("Vary", vary)
	h.Set("Cache-Control", cacheList)
	if a.cache != "" {
		h.Set("Cache-Control", a.cache)
	}
	if len(a.releases) > 0 {
		h.Set("Throng-Releases", strings.Join(a.releases, ", "))
	}
	if a.fileName != "" {
		h.Set("Content-Disposition", `attachment; filename="`+a.fileName+`"`)
	}
	if packed {
		h.Set("Content-Encoding", "gzip")
	}
}

// acceptsGzip reads Accept-Encoding: gzip or * that is not refused by q=0.
func acceptsGzip(header string) bool {
	for _, one := range strings.Split(header, ",") {
		name, q, _ := strings.Cut(strings.ReplaceAll(strings.TrimSpace(one), " ", ""), ";q=")
		if name == "gzip" || name == "*" {
			weight, err := strconv.ParseFloat(q, 64)
			return q == "" || err == nil && weight > 0
		}
	}
	return false
}

// hasTag reads If-None-Match; weak tags are compared as strong ones (RFC 9110, section 13.1.2).
func hasTag(header, tag string) bool {
	for _, one := range strings.Split(header, ",") {
		one = strings.TrimPrefix(strings.TrimSpace(one), "W/")
		if one == tag || one == "*" {
			return true
		}
	}
	return false
}
