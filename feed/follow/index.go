package follow

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/throng-stats/throng/feed"
)

// Kinds of lines of the index.
const (
	kindFile      = "file"
	kindTwin      = "twin"      // the same content as an earlier file: not read
	kindHeartbeat = "heartbeat" // moves the clock
	kindReleased  = "released"  // all numbers below seq are published
)

// entry is one line of the index (docs/format/follow.md).
type entry struct {
	V       int    `json:"v"`
	Kind    string `json:"kind"`
	Seq     int64  `json:"seq"`
	Name    string `json:"name,omitempty"`
	Size    int64  `json:"size,omitempty"`
	Changed int64  `json:"changed,omitempty"` // nanoseconds since 1970
	SHA256  string `json:"sha256,omitempty"`
	Arrival int64  `json:"arrival,omitempty"` // milliseconds since 1970
	Clock   int64  `json:"clock,omitempty"`   // of the log when the entry has been read
	Rows    int64  `json:"rows,omitempty"`
	IDs     string `json:"ids,omitempty"` // type of the pseudonyms
	Of      int64  `json:"of,omitempty"`  // twin: number of the other
}

// index is the list of what was taken, in memory and as lines of index.jsonl. Entries up to next are there, but for those that are gone.
type index struct {
	dir      string
	file     *os.File
	next     int64
	released int64 // numbers below it
	pruned   int64 // clock when entries were last left out
	entries  []entry
	byName   map[string]*entry // the latest of a name
	byDigest map[string]int64
	ids      string
}

// keep is how long an entry stays whose file is released and gone: its content is known until then, so that a file which
// is delivered again by mistake is not read again.
const keep = 48 * time.Hour

const indexName = "index.jsonl"

// indexVersion is the version of a line.
const indexVersion = 1

// openIndex reads the index in the state folder, cuts what a crash has left of a last line, and leaves out what nobody
// needs any more.
func openIndex(state string) (*index, error) {
	x := &index{dir: filepath.Join(state, "follow"), byName: map[string]*entry{}, byDigest: map[string]int64{}}
	if err := os.MkdirAll(x.dir, 0o700); err != nil {
		return nil, fmt.Errorf("follow: %w; name a state folder that this user may write", err)
	}
	text, err := os.ReadFile(x.path())
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return nil, fmt.Errorf("follow: %w", err)
	}
	text = text[:bytes.LastIndexByte(text, '\n')+1]
	n := 0
	for line := range bytes.Lines(text) {
		n++
		var e entry
		err := json.Unmarshal(line, &e)
		if err == nil && e.V > indexVersion {
			return nil, &feed.Error{Kind: feed.Unsafe, File: x.path(), Got: fmt.Sprintf("line %d of version %d", n, e.V), Want: fmt.Sprintf("version %d", indexVersion), Hint: "go on with the program that wrote it"}
		}
		if err != nil || !x.takes(&e) {
			return nil, &feed.Error{Kind: feed.Corrupt, File: x.path(), Got: fmt.Sprintf("line %d that is not an entry", n), Want: "the index as it was written",
				Hint: "restore the state folder from its copy", Cause: err}
		}
		x.add(e)
	}
	if err := x.rewrite(); err != nil {
		return nil, err
	}
	x.file, err = os.OpenFile(x.path(), os.O_APPEND|os.O_WRONLY, 0o600)
	if err != nil {
		return nil, fmt.Errorf("follow: %w", err)
	}
	return x, nil
}

func (x *index) path() string { return filepath.Join(x.dir, indexName) }

// takes reports whether an entry may follow.
func (x *index) takes(e *entry) bool {
	switch {
	case e.V != indexVersion:
		return false
	case e.Kind == kindReleased:
		return e.Seq >= x.released
	case e.Kind != kindFile && e.Kind != kindTwin && e.Kind != kindHeartbeat:
		return false
	}
	return (len(x.entries) == 0 && e.Seq >= 0 || e.Seq >= x.next) && e.Rows >= 0 && e.Rows < 1<<32 && e.Clock >= x.clock(e.Seq)
}

// add takes an entry into memory.
func (x *index) add(e entry) {
	if e.Kind == kindReleased {
		x.released = e.Seq
		x.next = max(x.next, e.Seq)
		return
	}
	x.entries = append(x.entries, e)
	x.next = e.Seq + 1
	x.byName[e.Name] = &e
	if e.Kind == kindFile {
		x.byDigest[e.SHA256] = e.Seq
		x.ids = e.IDs
	}
}

// at is the entry of a number: nil when it is not there yet. One that has left the index has no name and no rows.
func (x *index) at(seq int64) *entry {
	if seq >= x.next {
		return nil
	}
	for i := max(0, len(x.entries)-int(x.next-seq)); i < len(x.entries); i++ {
		if x.entries[i].Seq == seq {
			return &x.entries[i]
		}
		if x.entries[i].Seq > seq {
			break
		}
	}
	return &entry{Kind: kindTwin, Seq: seq, Clock: x.clock(seq)}
}

// clock is that of the log before an entry.
func (x *index) clock(seq int64) int64 {
	for i := len(x.entries) - 1; i >= 0; i-- {
		if x.entries[i].Seq < seq {
			return x.entries[i].Clock
		}
	}
	return 0
}

// append writes an entry durably and takes it.
func (x *index) append(e entry) error {
	e.V = indexVersion
	line, _ := json.Marshal(e)
	_, err := x.file.Write(append(line, '\n'))
	if err == nil {
		err = x.file.Sync()
	}
	if err != nil {
		return fmt.Errorf("follow: %w; free room or mend the disk of the state folder, and start again", err)
	}
	x.add(e)
	return nil
}

// release notes that all numbers below one are published, and once an hour of the clock of the log forgets what nobody needs any more,
// so that memory does not grow for as long as a folder is followed. The file is made new when it is opened.
func (x *index) release(seq int64) error {
	if seq <= x.released {
		return nil
	}
	if err := x.append(entry{Kind: kindReleased, Seq: seq}); err != nil {
		return err
	}
	if now := x.clock(x.next); now-x.pruned >= time.Hour.Milliseconds() {
		x.prune()
		x.pruned = now
	}
	return nil
}

// prune leaves out the entries whose files are released, gone, and old. Readers hold entries of the list before, which stays as it is.
func (x *index) prune() {
	old := x.clock(x.next) - keep.Milliseconds()
	var kept []entry
	for i, e := range x.entries {
		if e.Seq < x.released && e.Clock < old && i < len(x.entries)-1 && (e.Kind == kindHeartbeat && x.isOld(e) || !exists(e.Name)) {
			if !x.isOld(e) {
				delete(x.byName, e.Name)
			}
			if x.byDigest[e.SHA256] == e.Seq {
				delete(x.byDigest, e.SHA256)
			}
			continue
		}
		kept = append(kept, e)
	}
	x.entries = kept
}

// isOld reports whether another entry of the name came later.
func (x *index) isOld(e entry) bool {
	latest := x.byName[e.Name]
	return latest != nil && latest.Seq != e.Seq
}

// rewrite makes the file new without what nobody needs any more.
func (x *index) rewrite() error {
	x.prune()
	var text bytes.Buffer
	write := func(e entry) {
		line, _ := json.Marshal(e)
		text.Write(append(line, '\n'))
	}
	for _, e := range x.entries {
		write(e)
	}
	if x.released > 0 {
		write(entry{V: 1, Kind: kindReleased, Seq: x.released})
	}
	return writeDurably(x.path(), text.Bytes())
}

func exists(path string) bool {
	_, err := os.Stat(path)
	return err == nil
}

// writeDone lists the files that are published and still there, one a line.
func (x *index) writeDone(dir string) error {
	var s strings.Builder
	for _, e := range x.entries {
		if e.Seq < x.released && e.Kind != kindHeartbeat && !x.isOld(e) && exists(e.Name) {
			s.WriteString(e.Name + "\n")
		}
	}
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return fmt.Errorf("follow: %w", err)
	}
	return writeDurably(filepath.Join(dir, "done.txt"), []byte(s.String()))
}

func (x *index) close() error { return x.file.Close() }

// writeDurably writes a file whole or not at all.
func writeDurably(path string, text []byte) error {
	f, err := os.OpenFile(path+".tmp", os.O_CREATE|os.O_TRUNC|os.O_WRONLY, 0o600)
	if err != nil {
		return fmt.Errorf("follow: %w", err)
	}
	_, err = f.Write(text)
	if err = errors.Join(err, f.Sync(), f.Close()); err == nil {
		err = os.Rename(path+".tmp", path)
	}
	if err != nil {
		os.Remove(path + ".tmp")
		return fmt.Errorf("follow: %w; free room or mend the disk of the state folder", err)
	}
	d, err := os.Open(filepath.Dir(path))
	if err != nil {
		return fmt.Errorf("follow: %w", err)
	}
	return errors.Join(d.Sync(), d.Close())
}
