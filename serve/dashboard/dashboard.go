package dashboard

import (
	"bytes"
	"embed"
	"io/fs"
	"mime"
	"net/http"
	"path"
	"regexp"
	"strings"
	"time"
)

//go:embed dist
var built embed.FS

// Policy is the Content-Security-Policy of every answer: scripts, styles, pictures and requests from this origin only,
// no inline script or style, no markup made from text.
const Policy = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; font-src 'self'; " +
	"connect-src 'self'; worker-src 'self'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'; " +
	"require-trusted-types-for 'script'; trusted-types 'none'"

// permissions switches off what the page never asks for.
const permissions = "geolocation=(), camera=(), microphone=()"

// screen matches the paths at which the page opens: the root, and one word for each screen. Words that no version of
// the page knows open the first screen, so that a link of another version is never a dead end.
var screen = regexp.MustCompile(`^/([a-z][a-z-]{0,30})?$`)

// Handler serves the page at / and at a word for each screen, and its files below /assets/. Only GET and HEAD are
// answered. It holds no state and asks for no identity.
func Handler() http.Handler {
	files, err := load(built)
	if err != nil {
		panic("dashboard: the embedded files cannot be read: " + err.Error()) // they are part of the binary
	}
	return files
}

// file is one built file with its compressed forms.
type file struct {
	kind  string            // Content-Type
	forms map[string][]byte // by Content-Encoding; "" is the file as it is
	tag   string            // strong ETag without quotes; the encoding is appended
}

// site is the built files by their path below dist, such as "assets/app-0123.js".
type site map[string]file

func load(tree fs.FS) (site, error) {
	files := make(site)
	err := fs.WalkDir(tree, "dist", func(name string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		content, err := fs.ReadFile(tree, name)
		if err != nil {
			return err
		}
		files.add(strings.TrimPrefix(name, "dist/"), content)
		return nil
	})
	return files, err
}

func (s site) add(name string, content []byte) {
	coding := ""
	if ext := path.Ext(name); ext == ".br" || ext == ".gz" {
		name, coding = strings.TrimSuffix(name, ext), map[string]string{".br": "br", ".gz": "gzip"}[ext]
	}
	f, ok := s[name]
	if !ok {
		f = file{kind: contentType(name), forms: make(map[string][]byte)}
	}
	f.forms[coding] = content
	if coding == "" {
		f.tag = digest(content)
	}
	s[name] = f
}

// contentType is fixed for the kinds of file that a build makes, so that no table of the machine decides.
func contentType(name string) string {
	switch path.Ext(name) {
	case ".html":
		return "text/html; charset=utf-8"
	case ".js":
		return "text/javascript; charset=utf-8"
	case ".css":
		return "text/css; charset=utf-8"
	case ".svg":
		return "image/svg+xml"
	case ".txt":
		return "text/plain; charset=utf-8"
	}
	if kind := mime.TypeByExtension(path.Ext(name)); kind != "" {
		return kind
	}
	return "application/octet-stream"
}

// ServeHTTP answers with a built file, the page, 404 or 405.
func (s site) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	head := w.Header()
	guard(head)
	if r.Method != http.MethodGet && r.Method != http.MethodHead {
		head.Set("Allow", "GET, HEAD")
		http.Error(w, "dashboard: the page is read only; use GET", http.StatusMethodNotAllowed)
		return
	}
	name, cache := s.find(r.URL.Path)
	f, ok := s[name]
	if !ok {
		http.Error(w, "dashboard: no such page; begin at /", http.StatusNotFound)
		return
	}
	coding := choose(r.Header.Get("Accept-Encoding"), f.forms)
	head.Set("Content-Type", f.kind)
	head.Set("Cache-Control", cache)
	head.Set("Vary", "Accept-Encoding")
	head.Set("ETag", `"`+strings.TrimSuffix(f.tag+"-"+coding, "-")+`"`)
	if coding != "" {
		head.Set("Content-Encoding", coding)
	}
	http.ServeContent(w, r, name, time.Time{}, bytes.NewReader(f.forms[coding]))
}

// find gives the file for a path and how long it may be kept: names with a digest for ever, the page never unasked.
func (s site) find(at string) (name, cache string) {
	if screen.MatchString(at) {
		return "index.html", "no-cache"
	}
	name, below := strings.CutPrefix(at, "/assets/")
	if !below {
		return "", ""
	}
	return "assets/" + name, "public, max-age=31536000, immutable"
}

// guard sets the headers that every answer carries, errors too.
func guard(head http.Header) {
	head.Set("Content-Security-Policy", Policy)
	head.Set("X-Content-Type-Options", "nosniff")
	head.Set("Referrer-Policy", "no-referrer")
	head.Set("Cross-Origin-Opener-Policy", "same-origin")
	head.Set("Permissions-Policy", permissions)
}
