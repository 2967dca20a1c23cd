// Package follow reads a folder in which a holder puts files, one after the other, as a log.
//
// A file is taken when it is complete: when it has not changed for some seconds, which a file that was renamed into place
// fulfils at once. It is read once to its end before anything of it is counted, and then written into an index that lies
// in the state folder. So a file is in the log as a whole or not at all, and its place in the log never changes. Names that
// begin with a dot or an underscore or end in .tmp, .part, .partial or ~ are files in the making and are left alone.
//
// A file whose name ends in .heartbeat holds a time, in RFC 3339: what had arrived until then has been delivered. It moves
// the clock of the log and nothing else, and may be overwritten.
package follow

import (
	"context"
	"errors"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/throng-stats/throng/feed"
	"github.com/throng-stats/throng/locate"
)

// Options say which folder is followed, and how.
type Options struct {
	// Feed are the options of the feed. Its Files are patterns (path/filepath.Match) of the files to take; a file that
	// several match is taken once. Required.
	Feed feed.Options
	// ByColumn says that a column with the role arrival tells when a row arrived. Default: false, the time of the file.
	ByColumn bool
	// Ground knows the places. Required.
	Ground *locate.Ground
	// State is the state folder of the scope: the index lies in its folder follow, and inside/done.txt lists the files that
	// are not needed any more. Required. One process writes it at a time: whoever opens it holds the lock of the scope.
	State string
	// Now is the clock, by which a file is old enough. It decides nothing about a row. Required.
	Now func() time.Time
	// Still is how long a file must not have changed. Default: 5 seconds.
	Still time.Duration
	// Every is how often the folder is looked at. Default: a second.
	Every time.Duration
	// Note takes a sentence for the holder, with names of files and without anything of a row. Default: none.
	Note func(text string)
}

// Folder is a followed folder: a feed.Log of one partition.
//
// An offset is the number of a file in the index times 2^32, plus the number of the row in the file. The arrival of a row
// is that of its file: when it was last changed, as first seen, and not before that of the file before. The clock of
// Mark is the same; with Options.ByColumn, it is the latest arrival of the rows of the files that are read to their end, but
// not after the time of their files, so that no row can push it further. Lag counts files.
type Folder struct {
	opt    Options
	ctx    context.Context
	cancel context.CancelFunc
	done   chan struct{} // the watch has ended

	mu       sync.Mutex
	index    *index
	checked  map[int64]*checked // files that were checked by this process and not read since, checkedMost of them
	err      error              // why no more files are taken
	news     chan struct{}      // closed when one of the above changes
	isClosed bool
}

// New opens the index and begins to watch. Errors are of type *feed.Error, or those of the disk that holds the index. What is
// wrong with a file comes from the readers, after all rows of the files before it.
func New(opt Options) (*Folder, error) {
	if opt.Still == 0 {
		opt.Still = 5 * time.Second
	}
	if opt.Every == 0 {
		opt.Every = time.Second
	}
	if opt.Note == nil {
		opt.Note = func(string) {}
	}
	opt.Feed.Stamped = !opt.ByColumn
	if len(opt.Feed.Files) == 0 {
		return nil, &feed.Error{Kind: feed.Invalid, Got: "no pattern of files", Want: "at least one", Hint: "name the files under feed.files"}
	}
	if _, err := opt.Feed.Fields(); err != nil {
		return nil, err
	}
	x, err := openIndex(opt.State)
	if err != nil {
		return nil, err
	}
	f := &Folder{opt: opt, index: x, checked: map[int64]*checked{}, news: make(chan struct{}), done: make(chan struct{})}
	f.ctx, f.cancel = context.WithCancel(context.Background())
	go f.watch()
	return f, nil
}

// Name is the patterns of the files.
func (f *Folder) Name() string { return strings.Join(f.opt.Feed.Files, ", ") }

// Partitions is 1: a file holds rows of everybody.
func (f *Folder) Partitions() int { return 1 }

// Release says that the rows before an offset are published, and tells the holder in inside/done.txt which files may be
// removed: those that lie before it as a whole. It removes none itself. Files that are gone leave the index some days later.
func (f *Folder) Release(_ context.Context, _ int, before feed.Offset) error {
	f.mu.Lock()
	defer f.mu.Unlock()
	seq := seqOf(before)
	if err := f.index.release(seq); err != nil {
		return err
	}
	for k := range f.checked {
		if k < seq {
			delete(f.checked, k)
		}
	}
	return f.index.writeDone(filepath.Join(f.opt.State, "inside"))
}

// Close ends the watch and all readers.
func (f *Folder) Close() error {
	f.cancel()
	<-f.done
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.isClosed {
		return nil
	}
	f.isClosed = true
	return f.index.close()
}

// tell wakes whoever waits for files; the lock is held.
func (f *Folder) tell() {
	close(f.news)
	f.news = make(chan struct{})
}

// fail ends the taking of files.
func (f *Folder) fail(err error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.err = err
	f.tell()
}

// errEnd says that a log has no entry of a number, because it was closed.
var errEnd = errors.New("the folder is not followed any more")

// entry waits for the entry of a number.
func (f *Folder) entry(ctx context.Context, seq int64) (*entry, error) {
	for {
		f.mu.Lock()
		e, news, err := f.index.at(seq), f.news, f.err
		f.mu.Unlock()
		switch {
		case e != nil:
			return e, nil
		case err != nil:
			return nil, err
		}
		select {
		case <-news:
		case <-ctx.Done():
			return nil, ctx.Err()
		case <-f.ctx.Done():
			return nil, errEnd
		}
	}
}

// waiting is how many entries there are from a number on.
func (f *Folder) waiting(seq int64) int64 {
	f.mu.Lock()
	defer f.mu.Unlock()
	return max(0, f.index.next-seq)
}

// file is the checked file of an entry; after a restart, when it was read before, and when it was delivered again, it is checked again.
func (f *Folder) file(ctx context.Context, e *entry) (*checked, error) {
	f.mu.Lock()
	c := f.checked[e.Seq]
	f.mu.Unlock()
	if c != nil && !c.found.isStale() {
		return c, nil
	}
	c, err := f.open(ctx, e.Name)
	if err != nil {
		return nil, err
	}
	if c.files.Digest() != e.SHA256 {
		return nil, changed(e.Name)
	}
	return c, nil
}

// checkedMost is how many checked files wait to be read: a few kilobytes each. What is further behind is checked again when it is read.
const checkedMost = 256

// keep holds a checked file until it is read; the lock is held.
func (f *Folder) keep(seq int64, c *checked) {
	if len(f.checked) < checkedMost {
		f.checked[seq] = c
	}
}

// wasRead lets go of a checked file: whoever reads it once more, as a part of the past, checks it again.
func (f *Folder) wasRead(seq int64) {
	f.mu.Lock()
	defer f.mu.Unlock()
	delete(f.checked, seq)
}

func seqOf(o feed.Offset) int64 { return int64(o) >> 32 }

func rowOf(o feed.Offset) int64 { return int64(o) & (1<<32 - 1) }

func offsetOf(seq, row int64) feed.Offset { return feed.Offset(seq<<32 + row) }

func changed(name string) error {
	return &feed.Error{Kind: feed.Corrupt, File: name, Got: "a file that changed after it was taken", Want: "files that stay as they are",
		Hint: "bring back what was there, and deliver what is new under another name"}
}

// inTheMaking reports whether a name is of a file that somebody still writes.
func inTheMaking(path string) bool {
	name := filepath.Base(path)
	return name[0] == '.' || name[0] == '_' || slices.ContainsFunc([]string{".tmp", ".part", ".partial", "~"}, func(end string) bool { return strings.HasSuffix(name, end) })
}
