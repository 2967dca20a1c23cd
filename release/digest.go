package release

import (
	"cmp"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"slices"
	"strings"
)

// Digest is the SHA-256 of bytes in lower case hexadecimal.
func Digest(content []byte) string {
	sum := sha256.Sum256(content)
	return hex.EncodeToString(sum[:])
}

// Verify compares bytes with what a manifest says about them.
func (f File) Verify(content []byte) error {
	if got := Digest(content); got != f.SHA256 || int64(len(content)) != f.Bytes {
		return fmt.Errorf("%s has %d bytes with digest %s, want %d with %s; restore it from a copy, it is not repaired (%w)", f.Path, len(content), got, f.Bytes, f.SHA256, ErrCorrupt)
	}
	return nil
}

// File returns what the manifest says about a file, or false.
func (m Manifest) File(path string) (File, bool) {
	i := slices.IndexFunc(m.Files, func(f File) bool { return f.Path == path })
	if i < 0 {
		return File{}, false
	}
	return m.Files[i], true
}

// MeasuredDigest is what the ledger keeps of a release: the SHA-256 of one line "path sha256 bytes" for each measured
// file, sorted by path, and the sum of their sizes. Estimates may be made again; these may not.
func MeasuredDigest(m Manifest) (sha string, bytes int64) {
	files := slices.DeleteFunc(slices.Clone(m.Files), func(f File) bool { return !strings.HasPrefix(f.Path, Measured+"/") })
	slices.SortFunc(files, func(a, b File) int { return cmp.Compare(a.Path, b.Path) })
	var lines strings.Builder
	for _, f := range files {
		fmt.Fprintf(&lines, "%s %s %d\n", f.Path, f.SHA256, f.Bytes)
		bytes += f.Bytes
	}
	return Digest([]byte(lines.String())), bytes
}
