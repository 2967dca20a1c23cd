package ledger

import (
	"bytes"
	"time"

	"github.com/throng-stats/throng/privacy/account"
)

// decimal writes nano-rho as rho.
func decimal(nano int64) string { return account.Decimal(nano) }

// append writes one record and makes it durable. When it returns nil the record is on the disk and in the state. An
// error of kind Invalid leaves the ledger as it was; after any other the ledger is finished.
func (l *Ledger) append(kind string, body Body) error {
	if l.failed != nil {
		return l.failed
	}
	r := l.next(kind, body)
	if err := r.check(); err != nil {
		return errorf(Invalid, "a record of kind %s: %w", kind, err)
	}
	line := append(r.Line(), '\n')
	if len(line) > maxLine {
		return errorf(Invalid, "a record of kind %s has %d bytes, want at most %d; publish fewer tables at once", kind, len(line), maxLine)
	}
	if err := l.fence(); err != nil {
		return l.fail(err)
	}
	if err := l.write(line); err != nil {
		return l.fail(errorf(Unsafe, "record %d may not be durable: %w; end this process, look after the disk, start again", r.Seq, err))
	}
	r.Hash = hashOf(line[:len(line)-1])
	if err := l.state.apply(r); err != nil {
		panic("ledger: a record that was checked does not apply: " + err.Error())
	}
	return nil
}

// next is the record that follows the last one.
func (l *Ledger) next(kind string, body Body) Record {
	r := Record{Version: formatVersion, Seq: l.state.seq + 1, Kind: kind, Prev: l.state.head, Epoch: l.state.epoch, Writer: l.opt.Writer, Body: body}
	if kind == KindOpen {
		r.Epoch++
	}
	if l.opt.Now != nil {
		r.Time = l.opt.Now().UTC().Format(time.RFC3339)
	}
	return r
}

// fail makes an error final. A failed sync is never repeated: the system may have thrown away what it could not write,
// and would answer the second one as if all were well.
func (l *Ledger) fail(err error) error {
	l.failed = err
	return err
}

// fence compares the end of the files with the head in memory before every append, so that a second writer whom no lock
// has stopped is noticed, and so is a folder that was put back under the feet of this one.
func (l *Ledger) fence() error {
	names, err := segments(l.files)
	if err != nil {
		return err
	}
	if len(names) != l.number {
		return errorf(Busy, "the ledger has %d files, this writer knows %d: another writer has gone on; end one of the two", len(names), l.number)
	}
	if l.number == 0 {
		return nil
	}
	line, size, err := lastLine(l.files, names[len(names)-1])
	if err != nil {
		return errorf(Missing, "%s cannot be read: %w", names[len(names)-1], err)
	}
	if size < l.size {
		return errorf(Unsafe, "%s has %d bytes, this writer has written %d: the folder was put back while the ledger was open; start again", names[len(names)-1], size, l.size)
	}
	if size == l.size && (l.size == 0 || hashOf(line) == l.state.head) {
		return nil
	}
	other := "unknown"
	if r, err := decode(line); err == nil {
		other = r.Writer
	}
	return errorf(Busy, "writer %s has gone on with this ledger; end one of the two", other)
}

// lastLine is the last line of a file that has an end, or all of a file without any, and the size of the file. Only as much of the file is read as that takes: it is done
// before every append.
func lastLine(files Files, name string) (line []byte, size int, err error) {
	for most := 4 << 10; ; most *= 16 {
		end, size, err := files.ReadEnd(name, most)
		if err != nil {
			return nil, 0, err
		}
		isWhole := len(end) >= size
		if to := bytes.LastIndexByte(end, '\n'); to >= 0 {
			if from := bytes.LastIndexByte(end[:to], '\n') + 1; from > 0 || isWhole {
				return end[from:to], size, nil
			}
		} else if isWhole {
			return end, size, nil
		}
	}
}

// write puts a line at the end of the last file, or into a new file when that one is full.
func (l *Ledger) write(line []byte) error {
	if l.segment == nil || l.size > 0 && l.size+len(line) > l.opt.SegmentBytes {
		f, err := l.files.Create(segmentOf(l.number + 1))
		if err != nil {
			return err
		}
		if l.segment != nil {
			l.segment.Close()
		}
		l.segment, l.number, l.size = f, l.number+1, 0
		if err := l.files.SyncDir(); err != nil {
			return err
		}
	}
	if _, err := l.segment.Write(line); err != nil {
		return err
	}
	l.size += len(line)
	return l.segment.Sync()
}
