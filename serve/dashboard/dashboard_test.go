package dashboard

import (
	"bytes"
	"compress/gzip"
	"io"
	"io/fs"
	"net/http"
	"net/http/httptest"
	"regexp"
	"strings"
	"testing"
)

func get(t *testing.T, method, path, accept string) *http.Response {
	t.Helper()
	r := httptest.NewRequest(method, path, nil)
	if accept != "" {
		r.Header.Set("Accept-Encoding", accept)
	}
	w := httptest.NewRecorder()
	Handler().ServeHTTP(w, r)
	return w.Result()
}

func body(t *testing.T, r *http.Response) []byte {
	t.Helper()
	content, err := io.ReadAll(r.Body)
	if err != nil {
		t.Fatal(err)
	}
	return content
}

// plain lists the built files without their compressed forms.
func plain(t *testing.T) []string {
	t.Helper()
	var names []string
	err := fs.WalkDir(built, "dist", func(name string, d fs.DirEntry, err error) error {
		if err == nil && !d.IsDir() && !strings.HasSuffix(name, ".br") && !strings.HasSuffix(name, ".gz") {
			names = append(names, strings.TrimPrefix(name, "dist/"))
		}
		return err
	})
	if err != nil || len(names) < 4 {
		t.Fatalf("got %d built files (%v), want the page, its script, style and icon; run node web/build.mjs", len(names), err)
	}
	return names
}

func TestPolicyIsExact(t *testing.T) {
	want := "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; font-src 'self'; connect-src 'self'; worker-src 'self'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'; require-trusted-types-for 'script'; trusted-types 'none'"
	for _, path := range []string{"/", "/flows", "/assets/none.js", "/no/such"} {
		head := get(t, "GET", path, "").Header
		for name, value := range map[string]string{
			"Content-Security-Policy":    want,
			"X-Content-Type-Options":     "nosniff",
			"Referrer-Policy":            "no-referrer",
			"Cross-Origin-Opener-Policy": "same-origin",
			"Permissions-Policy":         "geolocation=(), camera=(), microphone=()",
		} {
			if got := head.Get(name); got != value {
				t.Errorf("%s: %s is %q, want %q", path, name, got, value)
			}
		}
	}
}

func TestEveryFileIsServed(t *testing.T) {
	for _, name := range plain(t) {
		path, cache := "/"+name, "public, max-age=31536000, immutable"
		if name == "index.html" {
			path, cache = "/", "no-cache"
		}
		want, err := built.ReadFile("dist/" + name)
		if err != nil {
			t.Fatal(err)
		}
		for accept, coding := range map[string]string{"": "", "gzip": "gzip", "gzip, deflate, br, zstd": "br", "br;q=0, gzip;q=.5": "gzip"} {
			r := get(t, "GET", path, accept)
			got := body(t, r)
			if r.StatusCode != 200 || r.Header.Get("Content-Encoding") != coding || r.Header.Get("Cache-Control") != cache || r.Header.Get("Vary") != "Accept-Encoding" {
				t.Errorf("%s with %q: status %d, headers %v", path, accept, r.StatusCode, r.Header)
			}
			if r.Header.Get("Content-Type") != contentType(name) || r.Header.Get("ETag") == "" {
				t.Errorf("%s: type %q, tag %q", path, r.Header.Get("Content-Type"), r.Header.Get("ETag"))
			}
			if coding == "gzip" {
				got = unzip(t, got)
			}
			if coding != "br" && !bytes.Equal(got, want) {
				t.Errorf("%s as %q: %d bytes, want the %d of the file", path, coding, len(got), len(want))
			}
		}
	}
}

func unzip(t *testing.T, content []byte) []byte {
	t.Helper()
	z, err := gzip.NewReader(bytes.NewReader(content))
	if err != nil {
		t.Fatal(err)
	}
	out, err := io.ReadAll(z)
	if err != nil {
		t.Fatal(err)
	}
	return out
}

func TestAssetNamesHoldTheirDigest(t *testing.T) {
	named := regexp.MustCompile(`^assets/[a-z]+-([0-9a-f]{16})\.[a-z]+$`)
	for _, name := range plain(t) {
		if name == "index.html" {
			continue
		}
		m := named.FindStringSubmatch(name)
		content, err := built.ReadFile("dist/" + name)
		if err != nil || m == nil || m[1] != digest(content)[:16] {
			t.Errorf("%s: name does not hold the digest %s of its content (%v); run node web/build.mjs", name, digest(content)[:16], err)
		}
	}
}

func TestIndexNamesOnlyWhatExists(t *testing.T) {
	page := string(body(t, get(t, "GET", "/", "")))
	links := regexp.MustCompile(`(?:src|href)="([^"]*)"`).FindAllStringSubmatch(page, -1)
	if len(links) < 3 {
		t.Fatalf("got %d links in index.html, want script, style and icon", len(links))
	}
	for _, link := range links {
		if strings.HasPrefix(link[1], "/v1") {
			continue
		}
		if r := get(t, "GET", link[1], ""); r.StatusCode != 200 {
			t.Errorf("index.html names %s, which answers %d", link[1], r.StatusCode)
		}
	}
}

func TestIndexHasNothingInline(t *testing.T) {
	page := string(body(t, get(t, "GET", "/", "")))
	for _, tag := range regexp.MustCompile(`(?s)<script[^>]*>.*?</script>`).FindAllString(page, -1) {
		if !strings.Contains(tag, " src=") || !strings.HasSuffix(tag, "></script>") {
			t.Errorf("inline script: %.60q", tag)
		}
	}
	if found := regexp.MustCompile(`(?i)<style|\sstyle=|\son[a-z]+=|javascript:`).FindString(page); found != "" {
		t.Errorf("index.html holds %q, which the policy refuses", found)
	}
}

func TestScreensAndDeadEnds(t *testing.T) {
	for path, want := range map[string]int{
		"/": 200, "/flows": 200, "/privacy": 200, "/of-a-later-version": 200,
		"/index.html": 404, "/dist/index.html": 404, "/flows/": 404, "/assets/": 404, "/assets/../index.html": 404, "/Flows": 404, "/a/b": 404,
	} {
		if got := get(t, "GET", path, "").StatusCode; got != want {
			t.Errorf("%s: status %d, want %d", path, got, want)
		}
	}
	if r := get(t, "POST", "/", ""); r.StatusCode != 405 || r.Header.Get("Allow") != "GET, HEAD" {
		t.Errorf("POST: status %d, Allow %q", r.StatusCode, r.Header.Get("Allow"))
	}
	if r := get(t, "HEAD", "/", ""); r.StatusCode != 200 || len(body(t, r)) != 0 {
		t.Errorf("HEAD: status %d", r.StatusCode)
	}
}

func TestUnchangedPageIsNotSentAgain(t *testing.T) {
	tag := get(t, "GET", "/", "gzip").Header.Get("ETag")
	r := httptest.NewRequest("GET", "/", nil)
	r.Header.Set("Accept-Encoding", "gzip")
	r.Header.Set("If-None-Match", tag)
	w := httptest.NewRecorder()
	Handler().ServeHTTP(w, r)
	if w.Code != http.StatusNotModified {
		t.Errorf("status %d for the same tag %s, want 304", w.Code, tag)
	}
	if other := get(t, "GET", "/", "br").Header.Get("ETag"); other == tag {
		t.Errorf("br and gzip have the same tag %s; a strong tag names the bytes", tag)
	}
}

// The budget of the first load: script 500 kB minified and 155 kB compressed, style 15 kB compressed.
func TestWeight(t *testing.T) {
	for _, name := range plain(t) {
		small, err := built.ReadFile("dist/" + name + ".gz")
		if err != nil {
			t.Fatal(err)
		}
		whole, err := built.ReadFile("dist/" + name)
		if err != nil {
			t.Fatal(err)
		}
		if strings.HasSuffix(name, ".js") && (len(whole) > 500_000 || len(small) > 155_000) {
			t.Errorf("%s: %d bytes, %d compressed; want at most 500,000 and 155,000", name, len(whole), len(small))
		}
		if strings.HasSuffix(name, ".css") && len(small) > 15_000 {
			t.Errorf("%s: %d bytes compressed, want at most 15,000", name, len(small))
		}
	}
}

func TestChoose(t *testing.T) {
	all := map[string][]byte{"": nil, "br": nil, "gzip": nil}
	for header, want := range map[string]string{
		"": "", "identity": "", "gzip": "gzip", "br": "br", "gzip, br": "br", "br;q=.2, gzip;q=.8": "gzip", "*": "br", "*;q=0": "",
		"br;q=0, *": "gzip", "BR": "br", "x-gzip": "gzip", "gzip;q=2": "", "gzip;q=NaN": "", "gzip;level=9": "", "identity;q=1, gzip;q=.5": "", ",;,": "",
	} {
		if got := choose(header, all); got != want {
			t.Errorf("Accept-Encoding %q: chose %q, want %q", header, got, want)
		}
	}
	if got := choose("br, gzip", map[string][]byte{"": nil}); got != "" {
		t.Errorf("chose %q of a file without compressed forms", got)
	}
}

func FuzzChoose(f *testing.F) {
	f.Add("gzip;q=1.0, *;q=0.5")
	f.Fuzz(func(t *testing.T, header string) {
		forms := map[string][]byte{"": nil, "gzip": nil}
		if _, ok := forms[choose(header, forms)]; !ok {
			t.Errorf("%q chose a form that does not exist", header)
		}
	})
}
