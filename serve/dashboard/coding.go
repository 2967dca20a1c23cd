package dashboard

import (
	"crypto/sha256"
	"encoding/hex"
	"strconv"
	"strings"
)

// choose picks the form to send: br before gzip before the file as it is, among those that exist and that the header
// accepts (RFC 9110, section 12.5.3). A coding with q=0 is refused; "*" stands for codings that are not named. When the
// header refuses everything the file is sent as it is, which every client can read.
func choose(header string, forms map[string][]byte) string {
	weights := accepted(header)
	best, weight := "", 0.0
	for _, coding := range []string{"br", "gzip"} {
		q, named := weights[coding]
		if !named {
			q = weights["*"]
		}
		if _, ok := forms[coding]; ok && q > weight {
			best, weight = coding, q
		}
	}
	if q, named := weights["identity"]; named && q > weight {
		return ""
	}
	return best
}

// accepted reads the codings of an Accept-Encoding header with their weights; what cannot be read has weight 0.
func accepted(header string) map[string]float64 {
	weights := make(map[string]float64)
	for one := range strings.SplitSeq(header, ",") {
		coding, rest, _ := strings.Cut(one, ";")
		coding = strings.ToLower(strings.TrimSpace(coding))
		if coding == "" {
			continue
		}
		if coding == "x-gzip" {
			coding = "gzip"
		}
		weights[coding] = quality(rest)
	}
	return weights
}

func quality(rest string) float64 {
	rest = strings.ToLower(strings.TrimSpace(rest))
	if rest == "" {
		return 1
	}
	text, ok := strings.CutPrefix(rest, "q=")
	if !ok {
		return 0
	}
	q, err := strconv.ParseFloat(strings.TrimSpace(text), 64)
	if err != nil || !(q >= 0 && q <= 1) {
		return 0
	}
	return q
}

// digest is the first 16 bytes of the SHA-256 of a file, in hexadecimal.
func digest(content []byte) string {
	sum := sha256.Sum256(content)
	return hex.EncodeToString(sum[:16])
}
