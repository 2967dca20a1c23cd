package follow

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"github.com/throng-stats/throng/event"
	"github.com/throng-stats/throng/feed"
	"github.com/throng-stats/throng/feed/files"
)

// heartbeatEnd is how names of heartbeats end.
const heartbeatEnd = ".heartbeat"

// found is a file that may be taken.
type found struct {
	path    string
	size    int64
	changed time.Time
	beat    int64 // heartbeats: milliseconds since 1970
	isBeat  bool
}

// arrival is what the file itself says about when it came, in milliseconds since 1970.
func (c *found) arrival() int64 {
	if c.isBeat {
		return c.beat
	}
	return c.changed.UnixMilli()
}

// watch looks at the folder until it is closed or something is wrong.
func (f *Folder) watch() {
	defer close(f.done)
	tick := time.NewTicker(f.opt.Every)
	defer tick.Stop()
	for {
		if err := f.look(); err != nil {
			if f.ctx.Err() == nil {
				f.fail(err)
			}
			return
		}
		select {
		case <-tick.C:
		case <-f.ctx.Done():
			return
		}
	}
}

// look takes all files that are there and complete, by their time and then by their name. A heartbeat too has the place of its
// file, and not of the time in it: files that were there before it are delivered.
func (f *Folder) look() error {
	paths, err := f.paths()
	if err != nil {
		return err
	}
	var fresh []found
	for _, path := range paths {
		c, err := f.fresh(path)
		if err != nil {
			return err
		}
		if c != nil {
			fresh = append(fresh, *c)
		}
	}
	slices.SortFunc(fresh, func(a, b found) int {
		return cmp.Or(a.changed.Compare(b.changed), cmp.Compare(a.path, b.path))
	})
	for _, c := range fresh {
		if err := f.take(c); err != nil {
			return err
		}
	}
	return nil
}

// paths are the files that the patterns match, and the heartbeats beside them.
func (f *Folder) paths() ([]string, error) {
	var all []string
	for _, pattern := range f.opt.Feed.Files {
		for _, p := range []string{pattern, filepath.Join(filepath.Dir(pattern), "*"+heartbeatEnd)} {
			matches, err := filepath.Glob(p)
			if err != nil {
				return nil, &feed.Error{Kind: feed.Invalid, Got: fmt.Sprintf("the pattern %.80q", pattern), Want: "a pattern of files such as in/*.csv", Cause: err}
			}
			all = append(all, matches...)
		}
	}
	slices.Sort(all)
	return slices.DeleteFunc(slices.Compact(all), inTheMaking), nil
}

// fresh looks at one path: nil when it was taken before or is not complete.
func (f *Folder) fresh(path string) (*found, error) {
	if !utf8.ValidString(path) || strings.ContainsFunc(path, unicode.IsControl) {
		return nil, &feed.Error{Kind: feed.Invalid, Got: "the name of a file with signs that cannot be printed", Want: "names in UTF-8", Hint: "rename it"}
	}
	info, err := os.Stat(path)
	if errors.Is(err, os.ErrNotExist) {
		return nil, nil // removed between two looks
	}
	if err != nil {
		return nil, &feed.Error{Kind: feed.Missing, File: path, Got: "a file that cannot be looked at", Want: "one that can be read", Hint: "correct its permissions, and start again", Cause: err}
	}
	c := &found{path: path, size: info.Size(), changed: info.ModTime(), isBeat: strings.HasSuffix(path, heartbeatEnd)}
	f.mu.Lock()
	known := f.index.byName[path]
	f.mu.Unlock()
	isSame := known != nil && known.Size == c.size && known.Changed == c.changed.UnixNano()
	switch {
	case isSame, !info.Mode().IsRegular():
		return nil, nil
	case f.opt.Now().Sub(c.changed) < f.opt.Still:
		return nil, nil
	case known != nil && !c.isBeat && known.Size != c.size:
		return nil, changed(path)
	case c.isBeat:
		return c, c.readBeat()
	}
	return c, nil
}

// aheadMost is how far a heartbeat may be before the clock of the disk that holds it.
const aheadMost = time.Minute

func (c *found) readBeat() error {
	text, err := os.ReadFile(c.path)
	if err != nil {
		return &feed.Error{Kind: feed.Missing, File: c.path, Got: "a file that cannot be opened", Want: "one that can be read", Hint: "correct its permissions, and start again", Cause: err}
	}
	at, err := time.Parse(time.RFC3339, strings.TrimSpace(string(text[:min(len(text), 64)])))
	if err != nil {
		return &feed.Error{Kind: feed.Invalid, File: c.path, Got: feed.Shape(text), Want: "a time of RFC 3339, such as 2026-02-03T10:15:00Z", Hint: "correct the program that writes it, and start again"}
	}
	if at.After(c.changed.Add(aheadMost)) {
		return &feed.Error{Kind: feed.Invalid, File: c.path, Got: "a time more than a minute after that of the file", Want: "until when everything has been delivered", Hint: "set the clock of the program that writes it, and start again"}
	}
	c.beat = at.UnixMilli()
	return nil
}

// checked is a file that can be read.
type checked struct {
	found found // as it was then
	files *files.Files
	rows  int64
	last  int64 // latest arrival of a row, by its column
}

// open checks the columns of a file, and what its pseudonyms look like.
func (f *Folder) open(ctx context.Context, path string) (*checked, error) {
	opts := f.opt.Feed
	opts.Files = []string{path}
	c := &checked{found: found{path: path}}
	if info, err := os.Stat(path); err == nil { // what is wrong with it, Open says
		c.found.size, c.found.changed = info.Size(), info.ModTime()
	}
	var err error
	c.files, err = files.Open(ctx, opts, f.opt.Ground, nil)
	return c, err
}

// readAll reads a file to its end without keys.
func (c *checked) readAll(ctx context.Context) error {
	for _, p := range c.files.Parts() {
		err := feed.Each(ctx, p, func(b *event.Batch) error {
			c.rows += int64(b.Len())
			for i, ms := range b.Arrival {
				if b.Bad[i]&event.NullArrival == 0 {
					c.last = max(c.last, ms)
				}
			}
			return nil
		})
		if err != nil {
			return err
		}
	}
	return nil
}

// take checks a file to its end and puts it into the index.
func (f *Folder) take(c found) error {
	f.mu.Lock()
	seq, before, ids := f.index.next, f.index.clock(f.index.next), f.index.ids
	f.mu.Unlock()
	e := entry{Kind: kindHeartbeat, Seq: seq, Name: c.path, Size: c.size, Changed: c.changed.UnixNano(), Arrival: max(before, c.arrival())}
	e.Clock = e.Arrival
	if c.isBeat {
		return f.put(e, nil)
	}
	file, err := f.open(f.ctx, c.path)
	if err == nil {
		err = file.readAll(f.ctx)
	}
	if c.isStale() { // somebody still writes it, or has taken it away: look again
		return nil
	}
	if err != nil {
		return refused(err)
	}
	e.Kind, e.SHA256, e.Rows, e.IDs = kindFile, file.files.Digest(), file.rows, file.files.Pseudonyms()
	if f.opt.ByColumn {
		e.Clock = max(before, min(c.arrival(), file.last))
	}
	if e.Rows >= 1<<32 {
		return &feed.Error{Kind: feed.Invalid, File: c.path, Got: fmt.Sprintf("%d rows", e.Rows), Want: "fewer than 4,294,967,296", Hint: "deliver it in several files"}
	}
	if ids != "" && e.IDs != ids {
		return &feed.Error{Kind: feed.Invalid, File: c.path, Got: "pseudonyms of type " + e.IDs, Want: ids + " as in the files before it", Hint: "a person must have the same pseudonym in all files"}
	}
	f.mu.Lock()
	twin, isTwin := f.index.byDigest[e.SHA256]
	known := f.index.byName[c.path]
	f.mu.Unlock()
	if known != nil && known.SHA256 != e.SHA256 { // delivered again under its name, a file is a twin of itself
		return changed(c.path)
	}
	if isTwin {
		e.Kind, e.Of, e.Rows, e.Clock = kindTwin, twin, 0, before
		f.opt.Note(fmt.Sprintf("%s has the same content as a file that was read before; it is not counted again", c.path))
	}
	return f.put(e, file)
}

// isStale reports whether the file is not any more what was found.
func (c *found) isStale() bool {
	info, err := os.Stat(c.path)
	return err != nil || info.Size() != c.size || !info.ModTime().Equal(c.changed)
}

// isChanged reports whether the file of an entry is there and is not any more what was taken.
func (e *entry) isChanged() bool {
	info, err := os.Stat(e.Name)
	return err == nil && (info.Size() != e.Size || info.ModTime().UnixNano() != e.Changed)
}

func (f *Folder) put(e entry, file *checked) error {
	f.mu.Lock()
	defer f.mu.Unlock()
	if err := f.index.append(e); err != nil {
		return err
	}
	if e.Kind == kindFile && e.Rows > 0 { // one without rows is never read
		f.keep(e.Seq, file)
	}
	f.tell()
	return nil
}

// refused adds to what is wrong with a file how to go on.
func refused(err error) error {
	var e *feed.Error
	if !errors.As(err, &e) || errors.Is(err, io.EOF) {
		return err
	}
	told := *e
	if told.Hint != "" {
		told.Hint += "; "
	}
	told.Hint += "nothing of the file was counted: correct it or move it away, and start again"
	return &told
}
