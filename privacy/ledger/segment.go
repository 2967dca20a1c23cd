package ledger

import (
	"bytes"
	"errors"
	"fmt"
	"io/fs"
	"regexp"
)

// Names of the files beside the segments.
const (
	lockFile = "ledger.lock" // names the writer that holds it
	tornFile = "ledger.torn" // halves of last lines that a crash left
	keyFile  = "input.key"   // 32 random bytes: key of the digests of inputs
)

// defaultSegment is the size at which the next record begins a new file. The whole last file is read before every
// append, so it stays small.
const defaultSegment = 1 << 20

var segmentName = regexp.MustCompile(`^ledger-[0-9]{6}\.jsonl$`)

func segmentOf(n int) string { return fmt.Sprintf("ledger-%06d.jsonl", n) }

// segments lists the segments, which are numbered from 1 without a gap. A folder that does not exist has none.
func segments(files Files) ([]string, error) {
	names, err := files.List()
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, errorf(Missing, "the folder of the ledger cannot be listed: %w", err)
	}
	var found []string
	for _, name := range names {
		if !segmentName.MatchString(name) {
			continue
		}
		found = append(found, name)
		if want := segmentOf(len(found)); name != want {
			return nil, errorf(Corrupt, "the folder has %s, but not %s; restore it from a copy", name, want)
		}
	}
	return found, nil
}

// loaded is a ledger as it lies in its files.
type loaded struct {
	state   *state
	last    string // name of the last segment, "" when there is none
	size    int    // bytes of whole lines in it
	torn    []byte // what follows them: a line that a crash has cut
	records int
}

// load reads every line of every segment and hands each record to see, which may be nil. A line that cannot be read or
// breaks a rule ends it with an error of kind Corrupt that names the record.
func load(files Files, see func(Record)) (*loaded, error) {
	names, err := segments(files)
	if err != nil {
		return nil, err
	}
	l := &loaded{state: newState()}
	for i, name := range names {
		content, err := files.ReadFile(name)
		if err != nil {
			return l, errorf(Missing, "%s cannot be read: %w", name, err)
		}
		whole := wholeLines(content)
		if whole < len(content) && i < len(names)-1 || whole == 0 && i < len(names)-1 {
			return l, errorf(Corrupt, "%s ends in the middle of a line although another file follows; restore it from a copy", name)
		}
		l.last, l.size, l.torn = name, whole, content[whole:]
		if err := l.read(content[:whole], see); err != nil {
			return l, err
		}
	}
	return l, nil
}

// wholeLines is the length of what a writer has finished: all lines but a last one without its newline, or one that
// holds zero bytes, which a crash leaves where a block of the disk was not written.
func wholeLines(content []byte) int {
	whole := bytes.LastIndexByte(content, '\n') + 1
	if whole == 0 {
		return 0
	}
	before := bytes.LastIndexByte(content[:whole-1], '\n') + 1
	if bytes.IndexByte(content[before:whole], 0) >= 0 {
		return before
	}
	return whole
}

func (l *loaded) read(content []byte, see func(Record)) error {
	for line := range bytes.Lines(content) {
		r, err := decode(line[:len(line)-1])
		if err == nil {
			err = l.state.apply(r)
		}
		if err != nil {
			return errorf(Corrupt, "record %d does not stand: %w; restore the ledger from a copy, throng will not repair it", l.state.seq+1, err)
		}
		l.records++
		if see != nil {
			see(r)
		}
	}
	return nil
}

// repair moves a torn last line to ledger.torn. Nothing had been drawn for it, because its writer never saw it synced.
func (l *loaded) repair(files Files) error {
	if len(l.torn) == 0 {
		return nil
	}
	content, err := files.ReadFile(l.last)
	if err != nil {
		return err
	}
	torn, err := files.OpenAppend(tornFile)
	if err != nil {
		return err
	}
	if err := writeSynced(torn, append(bytes.Clone(l.torn), '\n')); err != nil {
		return err
	}
	if err := replace(files, l.last, content[:l.size]); err != nil {
		return err
	}
	l.torn = nil
	return nil
}

// replace puts a file in place as a whole or not at all.
func replace(files Files, name string, content []byte) error {
	f, err := files.Create(name + ".tmp")
	if err != nil {
		return err
	}
	if err := writeSynced(f, content); err != nil {
		return err
	}
	if err := files.Rename(name+".tmp", name); err != nil {
		return err
	}
	return files.SyncDir()
}

func writeSynced(f File, content []byte) error {
	_, err := f.Write(content)
	if err == nil {
		err = f.Sync()
	}
	return errors.Join(err, f.Close())
}
